"""The one way from the repositories to the database: statements in, rows out, no raw error.

Nothing here knows a table.  A transaction begins with its timeouts, its instant and a look at which plans the
connection has, in one round trip; nothing is set for longer than the transaction.  A glance is a transaction of one
statement, and of one round trip.

Statements that run for every email are ``Planned`` and go to the driver as they are: what SQLAlchemy does for a
statement costs as much as such a statement does.  For the same reason the transaction is begun and ended here and not
by the driver, which spends a round trip of its own on BEGIN.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import psycopg2
import sqlalchemy as sa
from attrs import frozen
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

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
    """How long one statement, and silence, may take; to the millisecond, 0 is for ever.

    Attributes:
        lock: Waiting for the lock of another transaction.
        statement: In all.
        silence: Between two statements of a transaction.  Whoever is silent for longer is frozen or cut off, and the
            server takes back what it has locked; longer than anything that is computed in between.
    """

    lock: timedelta = timedelta(minutes=1)
    statement: timedelta = timedelta(minutes=10)
    silence: timedelta = timedelta(minutes=5)


class Connection:
    """One transaction after another on one connection; ``end`` gives it back as it was.

    Raises:
        StoreError: from every method, when the database failed or refused.  The transaction is lost then, unless it
            was refused within a savepoint.
    """

    def __init__(self, connection: sa.Connection, timeouts: Timeouts) -> None:
        self._connection = connection
        self._driver = cast("psycopg2.extensions.connection", connection.connection.driver_connection)
        self._cursor = self._begun()
        settings = (
            f" SET LOCAL lock_timeout = {timeouts.lock // timedelta(milliseconds=1)};"
            f" SET LOCAL statement_timeout = {timeouts.statement // timedelta(milliseconds=1)};"
            f" SET LOCAL idle_in_transaction_session_timeout = {timeouts.silence // timedelta(milliseconds=1)};"
            " SET LOCAL plan_cache_mode = force_generic_plan;"
        ).encode()
        self._begin = b"BEGIN ISOLATION LEVEL READ COMMITTED;" + settings
        # statements sent together are one transaction to Postgres, which ends with the last of them
        self._alone = b"SET TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY;" + settings
        self._plans: set[str] = set()
        self._waiting: list[bytes] = []
        self._began_at: datetime | None = None
        self._lost = False

    def _begun(self) -> "psycopg2.extensions.cursor":
        """A cursor; the server may have ended the connection while nobody used it."""
        failure: StoreError
        try:
            self._driver.autocommit = True
            return self._driver.cursor()
        except psycopg2.Error as error:
            failure = store_error(error)
            self._connection.invalidate()
        raise failure

    def glance(self, statement: Planned, values: Values) -> Sequence[Any]:
        """Every row of a statement that changes and locks nothing.

        Where nothing has begun it is a transaction of its own, over with its answer: one round trip and not three.
        """
        if self._began_at is not None:
            return self.rows(statement, values)
        try:
            return self._guarded(lambda: self._answered(self._alone + self._cursor.mogrify(statement.execute, values)))
        except StoreError as error:
            if error.sqlstate != _NO_SUCH_PLAN:
                raise
        self._guarded(self._undo)
        return self.rows(statement, values)

    def began_at(self) -> datetime:
        """The instant at which the transaction began, by the database's clock, UTC."""
        if self._began_at is None:
            return self._guarded(self._open)
        return self._began_at

    def rows(self, statement: Statement, values: Values | None = None) -> Sequence[Any]:
        """Every row that *statement* gives; those of a planned one are plain tuples."""
        if isinstance(statement, Planned):
            self._run(statement, values)
            return self._guarded(self._cursor.fetchall)
        return self._guarded(lambda: self._execute(statement, values).all())

    def row(self, statement: Statement, values: Values | None = None) -> Any:
        """The first row that *statement* gives, None when there is none."""
        rows = self.rows(statement, values)
        return rows[0] if rows else None

    def column(self, statement: Statement, values: Values | None = None) -> list[Any]:
        """The first value of every row that *statement* gives."""
        return [row[0] for row in self.rows(statement, values)]

    def run(self, statement: Statement, values: Values | Sequence[Values] | None = None) -> int:
        """Run a statement whose rows nobody wants; returns how many it touched."""
        if isinstance(statement, Planned):
            self._run(statement, values)
            return int(self._cursor.rowcount)
        return self._guarded(lambda: self._execute(statement, values).rowcount)

    def begin_with(self, statement: Planned, values: Values) -> None:
        """Run a statement of which nobody wants anything, together with the beginning of the transaction.

        Where the connection has no plan for it, which only the database can tell, the transaction is begun once more.
        """
        if self._began_at is not None:
            self._run(statement, values)
            return
        try:
            self._guarded(lambda: self._open(self._cursor.mogrify(statement.execute, values)))
        except StoreError as error:
            if error.sqlstate != _NO_SUCH_PLAN:
                raise
        else:
            return
        self._guarded(self._undo)
        self._run(statement, values)

    def later(self, statement: Planned, values: Values) -> None:
        """Run a statement of which nobody wants anything, in one round trip with whatever comes next, be it the commit.

        A failure of it is raised there.
        """
        self.began_at()
        self._guarded(lambda: self._make_plan(statement))
        self._waiting.append(self._guarded(lambda: self._cursor.mogrify(statement.execute, values)))

    def commit(self) -> None:
        """Make lasting what was done; the next statement begins a new transaction."""
        if self._lost:  # Postgres would answer a commit with a rollback, and not call it an error
            raise StoreError("25P02")
        if self._began_at is not None:
            self._guarded(lambda: self._send(b"COMMIT"))
        self._began_at = None

    def end(self) -> None:
        """Undo what was not committed, and leave the connection as the pool knows it.

        One that cannot be told to undo is closed, which undoes it too.
        """
        try:
            self._undo()
            self._driver.autocommit = False
        except psycopg2.Error:
            self._connection.invalidate()

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
            self._waiting.clear()
            self.run(_UNDO)
            raise
        self.run(_KEEP)

    def _open(self, first: bytes = b"SELECT") -> datetime:
        self._cursor.execute(self._begin + first + b"; " + _LOOK)
        ((instant, plans),) = self._cursor.fetchall()
        self._plans = set(plans)
        self._began_at = instant.astimezone(UTC)
        return self._began_at

    def _answered(self, statements: bytes) -> list[tuple[Any, ...]]:
        self._cursor.execute(statements)
        return self._cursor.fetchall()

    def _undo(self) -> None:
        self._waiting.clear()
        self._began_at, self._lost = None, False
        if not self._driver.closed and self._driver.info.transaction_status != TRANSACTION_STATUS_IDLE:
            self._cursor.execute("ROLLBACK")

    def _run(self, statement: Planned, values: Values | Sequence[Values] | None) -> None:
        self.began_at()
        self._guarded(lambda: self._make_plan(statement))
        self._guarded(lambda: self._send(self._cursor.mogrify(statement.execute, values)))

    def _send(self, statement: bytes) -> None:
        everything, self._waiting = [*self._waiting, statement], []
        self._cursor.execute(b"; ".join(everything))

    def _make_plan(self, statement: Planned) -> None:
        if statement.name not in self._plans:
            self._cursor.execute(statement.prepare)
            self._plans.add(statement.name)

    def _execute(self, statement: sa.Executable, values: Values | Sequence[Values] | None) -> sa.CursorResult[Any]:
        self.began_at()
        if self._waiting:
            self._send(b"SELECT")
        return self._connection.execute(statement, values)

    def _guarded(self, work: Callable[[], _T]) -> _T:
        failure: StoreError
        try:
            return work()
        except (sa.exc.SQLAlchemyError, psycopg2.Error) as error:
            failure = store_error(error)
            if self._driver.closed:
                self._connection.invalidate()
        self._lost = True
        raise failure  # outside of the except block: the raw error is not even its context


_LOOK = b"SELECT now(), ARRAY(SELECT CAST(name AS text) FROM pg_prepared_statements)"
_NO_SUCH_PLAN = "26000"
_SAVEPOINT = sa.text("SAVEPOINT one_row")
_UNDO = sa.text("ROLLBACK TO SAVEPOINT one_row")
_KEEP = sa.text("RELEASE SAVEPOINT one_row")
