"""An invented agency and a mail server that keeps what it gets: Boona at work without anybody real."""
