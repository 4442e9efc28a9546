"""An agency on real services whose database's clock a test sets: everything else is as in production.

The clock is moved where the use cases read it, in ``Unit.now``; what is stored is stored by Postgres itself.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self, cast

import sqlalchemy as sa
from attrs import define, field, frozen

from boona_adapters import wiring
from boona_adapters.postgres.api import OpenPostgresApiUnit
from boona_adapters.settings import WHOLE_APPLICATION, read_settings
from boona_core.api_ports import ApiUnit, OpenApiUnit
from boona_core.application import Application
from boona_core.instants import BERLIN
from boona_core.usecases.planning import PlanRun
from boona_core.usecases.sending import Drained
from tests.contract.postgres_seeds import PostgresSeeds
from tests.sink import Sink

AGENCY = {
    "BOONA_SENDER__EMAIL": "vermittlung@example.org",
    "BOONA_SENDER__NAME": "Vermittlung Beispiel",
    "BOONA_AGENCY__NAME": "Vermittlung Beispiel",
    "BOONA_AGENCY__ADDRESS": "Beispielweg 1, 10115 Berlin",
}


class MovedUnit:
    """A unit whose clock is so much ahead of its database's; everything else is the unit's own."""

    def __init__(self, within: ApiUnit, ahead: timedelta) -> None:
        self._within = within
        self._ahead = ahead

    def __getattr__(self, name: str) -> Any:
        return getattr(self._within, name)

    def now(self) -> datetime:
        """The database's instant, moved."""
        return self._within.now() + self._ahead

    def __enter__(self) -> Self:
        self._within.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._within.__exit__(kind, error, trace)


@define
class MovedStore:
    """Opens units whose clock can be set.

    Attributes:
        ahead: How far it is ahead of the database's.
    """

    within: OpenApiUnit
    ahead: timedelta = timedelta()

    def __call__(self) -> ApiUnit:
        """A unit."""
        return cast(ApiUnit, MovedUnit(self.within(), self.ahead))

    def set_to(self, instant: datetime) -> None:
        """It is *instant* now, by the database's clock and by no other."""
        with self.within() as unit:
            self.ahead = instant - unit.now()


@frozen(kw_only=True)
class Agency:
    """The application as it is wired in production, on a store whose clock can be set.

    Attributes:
        seed: Puts rows into the database.
    """

    application: Application
    store: MovedStore
    seed: PostgresSeeds
    engine: sa.Engine = field(repr=False)

    def run_at(self, instant: datetime) -> tuple[PlanRun, Drained]:
        """A run of the agency: plan the emails, and send what is queued."""
        self.store.set_to(instant)
        return self.application.plan_emails(), self.application.drain_queue()

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(question))]


@contextmanager
def agency_on(url: str, *, smtp_port: int, **settings: str) -> Iterator[Agency]:
    """An agency whose database is at *url*; *settings* are variables of the environment."""
    told = {"BOONA_DATABASE_URL": url, "BOONA_SMTP__PORT": str(smtp_port), **AGENCY, **settings}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BOONA_")}
    with wiring.build(read_settings({**ours, **told}, needs=WHOLE_APPLICATION), environ={}) as wired:
        store = MovedStore(OpenPostgresApiUnit(wired.engine))
        yield Agency(
            application=wiring.application(wired.settings, store, wiring.mail_server(wired.settings)),
            store=store,
            seed=PostgresSeeds(wired.engine),
            engine=wired.engine,
        )


def on_the_wall(day: date, hour: time) -> datetime:
    """The instant at which the clocks in Berlin show *hour* on *day*."""
    return datetime.combine(day, hour, tzinfo=BERLIN)


def parsed_messages(sink: Sink) -> list[EmailMessage]:
    """What the sink got, as a mail program reads it, in order; the sink keeps contents."""
    assert sink.contents is not None
    return [
        message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(sink.contents.glob("*.eml"))
    ]
