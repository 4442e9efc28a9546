"""What went wrong in the database, without a word of what stood in its rows?

The texts of psycopg2 and SQLAlchemy repeat row values and parameters.  Of a failure only the sqlstate and the name of
the constraint leave this package; the original error is left behind, not even as the context of the new one.
"""

import psycopg2
import sqlalchemy as sa

from boona_core.errors import StoreError, StoreUnavailable

EXCLUSION_VIOLATION = "23P01"

_PASSING = ("08", "53", "57P", "25P03")
"""How a sqlstate begins that says that the server is away, going, out of room, or has ended a silent connection."""


def store_error(error: sa.exc.SQLAlchemyError | psycopg2.Error) -> StoreError:
    """The same failure as an error that may be shown; to be raised outside of the ``except`` that caught *error*."""
    if isinstance(error, sa.exc.TimeoutError):  # no connection became free in time
        return StoreUnavailable(None)
    original = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if not isinstance(original, psycopg2.Error):
        return StoreError(None)
    sqlstate = original.pgcode
    constraint = original.diag.constraint_name
    lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    gone = sqlstate is None and isinstance(original, psycopg2.OperationalError | psycopg2.InterfaceError)
    if lost or gone or (sqlstate or "").startswith(_PASSING):
        return StoreUnavailable(sqlstate, constraint)
    return StoreError(sqlstate, constraint)
