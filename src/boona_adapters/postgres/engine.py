"""How Boona connects to its Postgres.

A unit of work needs one connection, and nothing is expected of a connection from one transaction to the next: no
session settings, no temporary tables; a plan that it does not have is made again.  So a pooler in transaction mode may
stand in between.
"""

from contextlib import suppress

import sqlalchemy as sa

from boona_core.errors import InvalidValue

_DRIVER = "postgresql+psycopg2"
_ALIASES = frozenset({"postgres", "postgresql", _DRIVER})


def driver_url(url: str) -> sa.URL:
    """The URL with its driver: plain ``postgresql://`` is read as psycopg2.

    Raises:
        InvalidValue: it is no URL of a Postgres; the text is not repeated, it may hold a password.
    """
    parsed: sa.URL | None = None
    with suppress(sa.exc.ArgumentError):
        parsed = sa.make_url(url)
    if parsed is None or parsed.drivername not in _ALIASES:
        raise InvalidValue("database URL", "expected postgresql://user:password@host:port/database")
    return parsed.set(drivername=_DRIVER)


def create_engine(url: str, *, connections: int = 5, connect_timeout: int = 10, wait: float = 30.0) -> sa.Engine:
    """An engine with a pool that keeps its connections.

    Each unit begins its transactions with their isolation; were it set here, it would be a setting of the connection.

    Args:
        connections: At most so many, all of them kept; at least 1.
        connect_timeout: Seconds until a server that does not answer counts as away.
        wait: Seconds that a unit waits for a free connection.

    Raises:
        InvalidValue: *url* is no URL of a Postgres.
    """
    return sa.create_engine(
        driver_url(url),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=wait,
        hide_parameters=True,
        use_native_hstore=False,
        connect_args={"connect_timeout": connect_timeout, "application_name": "boona"},
    )
