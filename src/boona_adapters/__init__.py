"""What binds the rules of ``boona_core`` to the world: Postgres, SMTP, letters, files, the command line."""
