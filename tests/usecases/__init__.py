"""The use cases on the memory adapter: no server, no database, and a clock that a test sets."""
