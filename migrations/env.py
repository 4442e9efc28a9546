"""Runs one migration step on the connection that `boona_adapters.postgres.migrating` hands over.

The connection's transaction, its lock and its end belong to the caller: one step is one transaction.
"""

from alembic import context
from sqlalchemy import Connection

connection = context.config.attributes.get("connection")
if not isinstance(connection, Connection):
    raise TypeError("migrations run through boona_adapters.postgres.migrating, which opens the connection")

context.configure(connection=connection, version_table_schema="public")
with context.begin_transaction():
    context.run_migrations()
