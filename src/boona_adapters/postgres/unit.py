"""One transaction over all stores of a Postgres."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from attrs import field, frozen

from boona_adapters.postgres.answers import PostgresAnswers
from boona_adapters.postgres.callers import PostgresCallers, PostgresClosures
from boona_adapters.postgres.calls import PostgresCalls
from boona_adapters.postgres.connection import Connection, Timeouts
from boona_adapters.postgres.emails import PostgresEmails
from boona_adapters.postgres.errors import store_error
from boona_adapters.postgres.outbox import PostgresOutbox
from boona_adapters.postgres.patients import PostgresPatients
from boona_adapters.postgres.requests import PostgresRequests
from boona_adapters.postgres.sending import PostgresSending
from boona_adapters.postgres.therapists import PostgresTherapists
from boona_core.errors import BoonaError, StoreError


class UnitNotOpen(BoonaError):
    """A unit was used outside of its ``with`` block."""


class PostgresUnit:
    """A unit, as ``boona_core.ports.Unit`` promises it; not for two threads at once.

    Entering takes a connection from the pool, leaving gives it back.

    Args:
        checkpoint: Told before and after each commit; chaos tests end the process there.
    """

    def __init__(
        self, engine: sa.Engine, timeouts: Timeouts, checkpoint: Callable[[str], None] = lambda _: None
    ) -> None:
        self._engine = engine
        self._timeouts = timeouts
        self._checkpoint = checkpoint
        self._opened: sa.Connection | None = None
        self._now: datetime | None = None

    @cached_property
    def _connection(self) -> Connection:
        if self._opened is None:
            raise UnitNotOpen("a unit works inside of its with block only")
        return Connection(self._opened, self._timeouts)

    @cached_property
    def therapists(self) -> PostgresTherapists:
        """The therapists."""
        return PostgresTherapists(self._connection)

    @cached_property
    def patients(self) -> PostgresPatients:
        """The patients."""
        return PostgresPatients(self._connection)

    @cached_property
    def requests(self) -> PostgresRequests:
        """The placement requests."""
        return PostgresRequests(self._connection)

    @cached_property
    def emails(self) -> PostgresEmails:
        """The emails."""
        return PostgresEmails(self._connection)

    @cached_property
    def sending(self) -> PostgresSending:
        """The queue of emails."""
        return PostgresSending(self._connection)

    @cached_property
    def calls(self) -> PostgresCalls:
        """The calls."""
        return PostgresCalls(self._connection)

    @cached_property
    def callers(self) -> PostgresCallers:
        """Who makes calls."""
        return PostgresCallers(self._connection)

    @cached_property
    def closures(self) -> PostgresClosures:
        """The days without calls."""
        return PostgresClosures(self._connection)

    @cached_property
    def answers(self) -> PostgresAnswers:
        """What therapists said."""
        return PostgresAnswers(self._connection)

    @cached_property
    def outbox(self) -> PostgresOutbox:
        """The events that go with the change."""
        return PostgresOutbox(self._connection)

    def now(self) -> datetime:
        """The instant at which the unit's first transaction began, by the database's clock."""
        if self._now is None:
            self._now = self._connection.began_at()
        return self._now

    def commit(self) -> None:
        """Make everything lasting, all of it or nothing."""
        self._checkpoint("commit_begun")
        self._connection.commit()
        self._checkpoint("commit_done")

    def __enter__(self) -> Self:
        failure: StoreError
        try:
            self._opened = self._engine.connect()
        except sa.exc.SQLAlchemyError as error:
            failure = store_error(error)
        else:
            return self
        raise failure

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        opened, self._opened = self._opened, None
        if "_connection" in self.__dict__:
            self._connection.end()
        if opened is not None:
            opened.close()


@frozen
class OpenPostgresUnit:
    """Opens units on one engine: a ``boona_core.ports.OpenUnit``."""

    engine: sa.Engine
    timeouts: Timeouts = field(factory=Timeouts)

    def __call__(self) -> PostgresUnit:
        """A unit, to be entered once."""
        return PostgresUnit(self.engine, self.timeouts)
