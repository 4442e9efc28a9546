"""The store with one of its guards taken out: what the tests must see when they look for what it prevents.

Each variant breaks one thing and leaves everything else as it is.
"""

import random
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from uuid import UUID

import sqlalchemy as sa
from attrs import evolve, frozen

from boona_adapters.postgres import reservations
from boona_adapters.postgres.connection import Connection, Timeouts
from boona_adapters.postgres.emails import PostgresEmails
from boona_adapters.postgres.running import PostgresSchedule
from boona_adapters.postgres.sending import PostgresSending
from boona_adapters.postgres.unit import OpenPostgresUnit, PostgresUnit
from boona_core.ids import EmailId, PhoneCallId
from boona_core.planned_calls import PlannedCall
from boona_core.ports import OpenUnit, Reaped, Unit
from boona_core.usecases.planning_calls import PlanCalls, store_calls


class Variant(StrEnum):
    """What is broken."""

    SOUND = "nothing"
    NO_MARKER = "a marked email whose lease ran out is sent again"
    NO_SORT = "windows are reserved in the order in which they come"
    NO_COUNTER = "the day's counter is read without its lock"
    BLIND = "leases alone decide, every plan is begun by everybody, and stored without asking again"


def open_unit_of(engine: sa.Engine, variant: Variant) -> OpenUnit:
    """Opens units of the store, sound or broken."""
    if variant is Variant.SOUND:
        return OpenPostgresUnit(engine)
    if variant is Variant.NO_SORT:
        _unsort()
        return OpenPostgresUnit(engine)
    kind = {Variant.NO_MARKER: _WithoutMarker, Variant.NO_COUNTER: _WithoutCounter}[variant]
    return lambda: kind(engine, Timeouts())


_SINCE = sa.text("SELECT next_at FROM communication_service.schedule WHERE name = :name AND next_at <= :now")
_FOLLOWING = sa.text("UPDATE communication_service.schedule SET next_at = :following WHERE name = :name")
_A_MOMENT = 1.0  # seconds


def weaken(variant: Variant) -> None:
    """Take guards out of whatever this process runs by itself, for the rest of it."""
    if variant is Variant.BLIND:
        PostgresUnit.sending = property(lambda unit: _LeasesAlone(unit._connection, unit._connection))  # type: ignore[assignment]
        PostgresSchedule.begin = _begin_blindly  # type: ignore[assignment, method-assign]
        PostgresSchedule.renew = _renew_blindly  # type: ignore[assignment, method-assign]
        PostgresSchedule.end = _end_blindly  # type: ignore[assignment, method-assign]
        PlanCalls._store = _store_blindly  # type: ignore[assignment, method-assign]


def _begin_blindly(
    schedule: PostgresSchedule,
    name: str,
    *,
    token: UUID,
    now: datetime,
    lease: timedelta,
) -> datetime | None:
    """Whoever sees that a work is due begins it."""
    row = schedule._connection.row(_SINCE, {"name": name, "now": now})
    return None if row is None else row.next_at


def _renew_blindly(schedule: PostgresSchedule, name: str, *, token: UUID, now: datetime, lease: timedelta) -> bool:
    """Whoever is at a work goes on with it."""
    return True


def _end_blindly(
    schedule: PostgresSchedule,
    name: str,
    *,
    token: UUID,
    due_since: datetime,
    following: datetime,
    now: datetime,
) -> bool:
    """Whoever has done a work says when it is due next."""
    return schedule._connection.run(_FOLLOWING, {"name": name, "following": following}) == 1


def _store_blindly(plan: PlanCalls, unit: Unit, planned: Sequence[PlannedCall]) -> Mapping[PhoneCallId, PlannedCall]:
    """What was planned is stored a moment later, whatever has happened since; no two runs plan the same."""
    time.sleep(_A_MOMENT)
    minutes = 5 * random.randrange(12)  # noqa: S311 - runs differ
    moved = [evolve(call, time=evolve(call.time, start=call.time.start + minutes)) for call in planned]
    practices = plan._practices(unit, [call.due for call in moved])
    return store_calls(unit, moved, {each: practice.number for each, practice in practices.items()})


def _unsort() -> None:
    """Take the order out of the one statement that reserves, for the rest of this process."""
    sound = str(reservations._RESERVE)
    unsorted = sound.replace("ORDER BY wanted.mailbox_id, wanted.therapist_id, wanted.email_id", "")
    assert unsorted != sound
    reservations._RESERVE = sa.text(unsorted)


_SEND_AGAIN = sa.text("""
UPDATE communication_service.emails
   SET status = 'queued', marked_at = NULL, marked_on = NULL, claim_token = NULL, lease_until = NULL
 WHERE id = ANY(CAST(:ids AS integer[])) AND status = 'sending' AND lease_until <= :now
RETURNING id
""")
_LOOK = sa.text("SELECT queued FROM communication_service.email_days WHERE day = :day")


@frozen
class _LeasesAlone(PostgresSending):
    """Leases alone decide: who has a lease sends, whose lease is over has not sent."""

    _mine: Connection

    def reap(self, email_ids: Collection[EmailId], *, now: datetime) -> Reaped:
        rows = self._mine.rows(_SEND_AGAIN, {"ids": sorted(email_ids), "now": now})
        return Reaped(returned=tuple(EmailId(row.id) for row in rows))

    def mark(self, email_id: EmailId, *, token: UUID, now: datetime, day: date, lease: timedelta) -> bool:
        super().mark(email_id, token=token, now=now, day=day, lease=lease)
        return True


@frozen
class _CountThenInsert(PostgresEmails):
    """Counts what is queued and locks nothing."""

    _mine: Connection

    def queued_on(self, day: date) -> int:
        row = self._mine.row(_LOOK, {"day": day})
        return 0 if row is None else int(row.queued)


class _WithoutMarker(PostgresUnit):
    @cached_property
    def sending(self) -> PostgresSending:
        return _LeasesAlone(self._connection, self._connection)


class _WithoutCounter(PostgresUnit):
    @cached_property
    def emails(self) -> PostgresEmails:
        return _CountThenInsert(self._connection, self._connection)
