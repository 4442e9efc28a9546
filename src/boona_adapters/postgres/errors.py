"""What went wrong in the database, without a word of what stood in its rows?

The texts of psycopg2 and SQLAlchemy repeat row values and parameters.  Of a failure only the sqlstate and the name of
the constraint leave this package; the original error is left behind, not even as the context of the new one.
"""

import sqlalchemy as sa

from boona_core.errors import StoreError, StoreUnavailable

EXCLUSION_VIOLATION = "23P01"

_PASSING = ("08", "53", "57P")
"""The classes of sqlstate that say that the server is away, going, or out of room."""


def store_error(error: sa.exc.SQLAlchemyError) -> StoreError:
    """The same failure as an error that may be shown; to be raised outside of the ``except`` that caught *error*."""
    if isinstance(error, sa.exc.TimeoutError):  # no connection became free in time
        return StoreUnavailable(None)
    if not isinstance(error, sa.exc.DBAPIError):
        return StoreError(None)
    sqlstate: str | None = getattr(error.orig, "pgcode", None)
    constraint: str | None = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    lost = error.connection_invalidated or (sqlstate is None and isinstance(error, sa.exc.OperationalError))
    if lost or (sqlstate or "").startswith(_PASSING):
        return StoreUnavailable(sqlstate, constraint)
    return StoreError(sqlstate, constraint)
