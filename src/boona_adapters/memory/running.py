"""What runs by itself, kept in memory: the outbox's other end, leases, other systems' events, periodic work."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen

from boona_adapters.memory.rows import ScheduleRow, Tables
from boona_adapters.memory.transactions import Transaction
from boona_core.cloud_events import StoredEvent
from boona_core.event_ports import Backlog, PlannedWork, SetAside
from boona_core.ids import PatientId, PlacementRequestId
from boona_core.patients import Patient

_ONLY = 1
_IDS = 2**64
"""Added to an event's number, so that its id looks like no small number."""


@frozen
class MemoryLeases:
    """The leases of one unit."""

    _tables: Tables
    _transaction: Transaction

    def take(self, name: str, *, token: UUID, now: datetime, lease: timedelta) -> bool:
        """Keep the promise of ``event_ports.Leases``."""
        with self._transaction.turn:
            held = self._transaction.lock(self._tables.leases, name)
            if held is not None and held[0] != token and held[1] > now:
                return False
            self._transaction.put(self._tables.leases, name, (token, now + lease))
            return True

    def release(self, name: str, *, token: UUID) -> None:
        """Keep the promise of ``event_ports.Leases``."""
        with self._transaction.turn:
            held = self._transaction.lock(self._tables.leases, name)
            if held is not None and held[0] == token:
                self._transaction.remove(self._tables.leases, name)


@frozen
class MemoryRelay:
    """The outbox of one unit, from its other end."""

    _tables: Tables
    _transaction: Transaction

    def unpublished(self, limit: int) -> Sequence[StoredEvent]:
        """Keep the promise of ``event_ports.Relay``."""
        return self._waiting()[:limit]

    def mark_published(self, numbers: Collection[int], *, now: datetime) -> None:
        """Keep the promise of ``event_ports.Relay``."""
        with self._transaction.turn:
            for number in sorted(numbers):
                if self._transaction.lock(self._tables.published, number) is None:
                    self._transaction.put(self._tables.published, number, now)

    def forget(self, *, published_before: datetime, limit: int) -> int:
        """Keep the promise of ``event_ports.Relay``."""
        tables = self._tables
        with self._transaction.turn:
            old = sorted(
                (at, number)
                for number, _ in self._transaction.rows(tables.stored_at)
                if (at := self._transaction.get(tables.published, number)) is not None
                and at < published_before
                and self._transaction.other_holder(tables.outbox, number) is None
            )[:limit]
            for _, number in old:
                self._transaction.remove(tables.outbox, number)
                self._transaction.remove(tables.stored_at, number)
                self._transaction.remove(tables.published, number)
        return len(old)

    def backlog(self) -> Backlog:
        """Keep the promise of ``event_ports.Relay``."""
        waiting = self._waiting()
        return Backlog(count=len(waiting), oldest=min((each.at for each in waiting), default=None))

    def _waiting(self) -> list[StoredEvent]:
        with self._transaction.turn:
            return [
                StoredEvent(number=number, id=UUID(int=_IDS + number), event=event, at=at)
                for number, at in sorted(self._transaction.rows(self._tables.stored_at))
                if self._transaction.get(self._tables.published, number) is None
                and (event := self._transaction.get(self._tables.outbox, number)) is not None
            ]


@frozen
class MemoryInbound:
    """What one unit remembers of other systems' events."""

    _tables: Tables
    _transaction: Transaction
    _now: Callable[[], datetime]

    def note(self, source: str, event_id: str) -> bool:
        """Keep the promise of ``event_ports.Inbound``."""
        with self._transaction.turn:
            known = self._transaction.lock(self._tables.processed_events, (source, event_id))
            if known is not None:
                return False
            self._transaction.put(self._tables.processed_events, (source, event_id), self._now())
            return True

    def request_of(self, source: str, match_id: str) -> PlacementRequestId | None:
        """Keep the promise of ``event_ports.Inbound``."""
        with self._transaction.turn:
            return self._transaction.get(self._tables.foreign_matches, (source, match_id))

    def remember_match(self, source: str, match_id: str, request_id: PlacementRequestId) -> None:
        """Keep the promise of ``event_ports.Inbound``."""
        with self._transaction.turn:
            self._transaction.put(self._tables.foreign_matches, (source, match_id), request_id)

    def set_aside(self, stream: str, reason: str, *, place: str, body: bytes) -> None:  # noqa: ARG002 - nobody reads it here
        """Keep the promise of ``event_ports.Inbound``."""
        with self._transaction.turn:
            number = next(self._tables.set_aside_ids)
            row = SetAside(id=number, source=stream, reason=reason, place=place, at=self._now())
            self._transaction.put(self._tables.set_aside, number, row)

    def waiting(self, limit: int) -> Sequence[SetAside]:
        """Keep the promise of ``event_ports.Inbound``."""
        with self._transaction.turn:
            rows = self._transaction.rows(self._tables.set_aside)
        return sorted(rows, key=lambda row: row.id, reverse=True)[:limit]


@frozen
class MemorySchedule:
    """The periodic work of one unit."""

    _tables: Tables
    _transaction: Transaction

    def know(self, name: str, expression: str, *, following: datetime) -> None:
        """Keep the promise of ``event_ports.Schedule``."""
        with self._transaction.turn:
            row = self._transaction.lock(self._tables.schedule, name)
            if row is None:
                row = ScheduleRow(name=name, expression=expression, next_at=following)
            elif row.expression != expression:
                row = evolve(row, expression=expression, next_at=following)
            self._transaction.put(self._tables.schedule, name, row)

    def begin(self, name: str, *, token: UUID, now: datetime, lease: timedelta) -> datetime | None:
        """Keep the promise of ``event_ports.Schedule``."""
        with self._transaction.turn:
            row = self._transaction.lock(self._tables.schedule, name)
            if row is None or not row.is_due(now):
                return None
            self._transaction.put(self._tables.schedule, name, evolve(row, token=token, lease_until=now + lease))
            return row.next_at

    def renew(self, name: str, *, token: UUID, now: datetime, lease: timedelta) -> bool:
        """Keep the promise of ``event_ports.Schedule``."""
        return self._change(name, token, lambda row: evolve(row, lease_until=now + lease))

    def end(self, name: str, *, token: UUID, due_since: datetime, following: datetime, now: datetime) -> bool:
        """Keep the promise of ``event_ports.Schedule``."""

        def ended(row: ScheduleRow) -> ScheduleRow:
            next_at = following if row.next_at == due_since else row.next_at
            return evolve(row, next_at=next_at, token=None, lease_until=None, ended_at=now)

        return self._change(name, token, ended)

    def fail(self, name: str, *, token: UUID, again: datetime) -> None:
        """Keep the promise of ``event_ports.Schedule``."""
        self._change(name, token, lambda row: evolve(row, next_at=again, token=None, lease_until=None))

    def hasten(self, name: str, *, now: datetime) -> None:
        """Keep the promise of ``event_ports.Schedule``."""
        with self._transaction.turn:
            row = self._transaction.lock(self._tables.schedule, name)
            if row is not None and (now < row.next_at or row.in_hand(now)):
                self._transaction.put(self._tables.schedule, name, evolve(row, next_at=now))

    def drop(self, name: str, *, now: datetime) -> None:
        """Keep the promise of ``event_ports.Schedule``."""
        with self._transaction.turn:
            row = self._transaction.lock(self._tables.schedule, name)
            if row is not None and not row.in_hand(now):
                self._transaction.remove(self._tables.schedule, name)

    def planned(self, name: str, *, now: datetime) -> PlannedWork | None:
        """Keep the promise of ``event_ports.Schedule``."""
        with self._transaction.turn:
            row = self._transaction.get(self._tables.schedule, name)
        if row is None:
            return None
        return PlannedWork(next_at=row.next_at, in_hand=row.in_hand(now), ended_at=row.ended_at)

    def due(self, *, now: datetime) -> Mapping[str, datetime]:
        """Keep the promise of ``event_ports.Schedule``."""
        with self._transaction.turn:
            return {row.name: row.next_at for row in self._transaction.rows(self._tables.schedule) if row.is_due(now)}

    def _change(self, name: str, token: UUID, changed: Callable[[ScheduleRow], ScheduleRow]) -> bool:
        """Change a work that is this token's."""
        with self._transaction.turn:
            row = self._transaction.lock(self._tables.schedule, name)
            if row is None or row.token != token:
                return False
            self._transaction.put(self._tables.schedule, name, changed(row))
            return True


@frozen
class MemoryRests:
    """What rested until a day, of one unit."""

    _tables: Tables
    _transaction: Transaction

    def end_pauses(self, today: date) -> Sequence[PatientId]:
        """Keep the promise of ``event_ports.Rests``."""
        with self._transaction.turn:
            paused = sorted(row.id for row in self._transaction.rows(self._tables.patients) if _is_over(row, today))
            ended = [row for patient in paused if (row := self._transaction.lock(self._tables.patients, patient))]
            for row in ended:
                self._transaction.put(self._tables.patients, row.id, evolve(row, search_paused_until=None))
        return [row.id for row in ended]


def _is_over(patient: Patient, today: date) -> bool:
    return patient.search_paused_until is not None and patient.search_paused_until <= today


@frozen
class MemoryHighWater:
    """How far the store of one unit has come."""

    _tables: Tables
    _transaction: Transaction

    def mark(self) -> int:
        """Keep the promise of ``event_ports.HighWater``."""
        with self._transaction.turn:
            return self._transaction.get(self._tables.high_water, _ONLY) or 0

    def rise(self, *, above: int = 0) -> int:
        """Keep the promise of ``event_ports.HighWater``."""
        with self._transaction.turn:
            mark = max(self._transaction.lock(self._tables.high_water, _ONLY) or 0, above) + 1
            self._transaction.put(self._tables.high_water, _ONLY, mark)
            return mark
