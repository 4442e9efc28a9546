"""The one way from the repositories to the database: statements in, rows out, no raw error.

Nothing here knows a table.  The first statement of each transaction sets its timeouts and reads its instant, in one
round trip, and looks which plans the connection has; nothing is set for longer than the transaction.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.errors import store_error
from boona_adapters.postgres.planned import Planned
from boona_core.errors import StoreError

LARGEST_ID = 2**31 - 1

Values = Mapping[str, Any]
Statement = sa.Executable | Planned
_T = TypeVar("_T")


def storable(ids: Collection[int]) -> list[int]:
    """Those of these ids that a row can have, rising; the others are unknown without asking."""
    return sorted({number for number in ids if 0 < number <= LARGEST_ID})


@frozen(kw_only=True)
class Timeouts:
    """How long one statement may take; to the millisecond, 0 is for ever.

    Attributes:
        lock: Waiting for the lock of another transaction.
        statement: In all.
    """

    lock: timedelta = timedelta(minutes=1)
    statement: timedelta = timedelta(minutes=10)


class Connection:
    """One transaction after another on one connection.

    Raises:
        StoreError: from every method, when the database failed or refused.  The transaction is lost then, unless it
            was refused within a savepoint.
    """

    def __init__(self, connection: sa.Connection, timeouts: Timeouts) -> None:
        self._connection = connection
        self._begin = (
            f"SET LOCAL lock_timeout = {timeouts.lock // timedelta(milliseconds=1)};"
            f" SET LOCAL statement_timeout = {timeouts.statement // timedelta(milliseconds=1)};"
            " SET LOCAL plan_cache_mode = force_generic_plan;"
            " SELECT now(), ARRAY(SELECT CAST(name AS text) FROM pg_prepared_statements)"
        )
        self._plans: set[str] = set()
        self._began_at: datetime | None = None
        self._lost = False

    def began_at(self) -> datetime:
        """The instant at which the transaction began, by the database's clock, UTC."""
        if self._began_at is None:
            instant, plans = self._guarded(lambda: self._connection.exec_driver_sql(self._begin).one())
            self._plans = set(plans)
            self._began_at = instant.astimezone(UTC)
        return self._began_at

    def rows(self, statement: Statement, values: Values | None = None) -> Sequence[sa.Row[Any]]:
        """Every row that *statement* gives."""
        self.began_at()
        return self._guarded(lambda: self._execute(statement, values).all())

    def row(self, statement: Statement, values: Values | None = None) -> sa.Row[Any] | None:
        """The first row that *statement* gives, None when there is none."""
        rows = self.rows(statement, values)
        return rows[0] if rows else None

    def column(self, statement: Statement, values: Values | None = None) -> list[Any]:
        """The first value of every row that *statement* gives."""
        return [row[0] for row in self.rows(statement, values)]

    def run(self, statement: Statement, values: Values | Sequence[Values] | None = None) -> int:
        """Run a statement whose rows nobody wants; returns how many it touched."""
        self.began_at()
        return self._guarded(lambda: self._execute(statement, values).rowcount)

    def commit(self) -> None:
        """Make lasting what was done; the next statement begins a new transaction."""
        if self._lost:  # Postgres would answer a commit with a rollback, and not call it an error
            raise StoreError("25P02")
        self._guarded(self._connection.commit)
        self._began_at = None

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What fails inside is undone alone, and the transaction goes on.

        Raises:
            StoreError: what failed inside.
        """
        self.run(_SAVEPOINT)
        try:
            yield
        except StoreError:
            self._lost = False
            self.run(_UNDO)
            raise
        self.run(_KEEP)

    def _execute(self, statement: Statement, values: Values | Sequence[Values] | None) -> sa.CursorResult[Any]:
        if not isinstance(statement, Planned):
            return self._connection.execute(statement, values)
        if statement.name not in self._plans:
            self._connection.exec_driver_sql(statement.prepare)
            self._plans.add(statement.name)
        return self._connection.exec_driver_sql(statement.execute, values)

    def _guarded(self, work: Callable[[], _T]) -> _T:
        failure: StoreError
        try:
            return work()
        except sa.exc.SQLAlchemyError as error:
            failure = store_error(error)
        self._lost = True
        raise failure  # outside of the except block: the raw error is not even its context


_SAVEPOINT = sa.text("SAVEPOINT one_row")
_UNDO = sa.text("ROLLBACK TO SAVEPOINT one_row")
_KEEP = sa.text("RELEASE SAVEPOINT one_row")
