"""The calls in memory: no caller, therapist or number is in two planned ones at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime

from attrs import evolve, frozen

from boona_adapters.memory.rows import NEXT_ATTEMPT, Tables
from boona_adapters.memory.transactions import Transaction
from boona_core.call_ports import NewCall
from boona_core.calls import Booked, CallItem, CallStatus, CallStep, CallTime, PhoneCall, after
from boona_core.errors import UnknownId
from boona_core.ids import CallerId, EmailId, PhoneCallBatchId, PhoneCallId, PlacementRequestId, TherapistId

_TURN = "calls"


@frozen
class MemoryCalls:
    """The calls of one unit."""

    _tables: Tables
    _transaction: Transaction
    _now: Callable[[], datetime]

    def take_turns(self) -> None:
        """Keep the promise of ``call_ports.Calls``."""
        with self._transaction.turn:
            self._transaction.lock(self._tables.turns, _TURN)

    def get(self, call_id: PhoneCallId) -> PhoneCall:
        """Keep the promise of ``call_ports.Calls``."""
        with self._transaction.turn:
            return _known(self._transaction.get(self._tables.calls, call_id), call_id)

    def lock(self, call_id: PhoneCallId) -> PhoneCall:
        """Keep the promise of ``call_ports.Calls``."""
        with self._transaction.turn:
            return _known(self._transaction.lock(self._tables.calls, call_id), call_id)

    def find(
        self,
        *,
        statuses: Collection[CallStatus] = (),
        therapist_id: TherapistId | None = None,
        caller_id: CallerId | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
        exhausted: bool | None = None,
        limit: int = 1000,
    ) -> Sequence[PhoneCall]:
        """Keep the promise of ``call_ports.Calls``."""
        with self._transaction.turn:
            found = [
                call
                for call in self._transaction.rows(self._tables.calls)
                if (not statuses or call.status in statuses)
                and therapist_id in (None, call.therapist_id)
                and caller_id in (None, call.caller_id)
                and (first_day is None or call.time.day >= first_day)
                and (last_day is None or call.time.day <= last_day)
                and exhausted in (None, call.exhausted)
            ]
        return sorted(found, key=_by_time)[:limit]

    def booked(self, *, first_day: date, last_day: date) -> Sequence[Booked]:
        """Keep the promise of ``call_ports.Calls``."""
        with self._transaction.turn:
            planned = [
                call
                for call in self._transaction.rows(self._tables.calls)
                if call.status is CallStatus.SCHEDULED and first_day <= call.time.day <= last_day
            ]
        return [
            Booked(
                id=call.id,
                therapist_id=call.therapist_id,
                caller_id=call.caller_id,
                number=call.number,
                time=call.time,
            )
            for call in sorted(planned, key=_by_time)
        ]

    def retries_due(self, therapist_ids: Collection[TherapistId] | None = None) -> Sequence[PhoneCall]:
        """Keep the promise of ``call_ports.Calls``."""
        with self._transaction.turn:
            found = [
                call
                for call in self._transaction.rows(self._tables.calls)
                if call.retry_due and (therapist_ids is None or call.therapist_id in therapist_ids)
            ]
        return sorted(found, key=lambda call: call.id)

    def with_requests(self, request_ids: Collection[PlacementRequestId]) -> Sequence[PhoneCallId]:
        """Keep the promise of ``call_ports.Calls``."""
        with self._transaction.turn:
            found = {
                call.id
                for request_id in set(request_ids)
                for call in self._transaction.where(self._tables.calls, "request", request_id)
                if call.status is CallStatus.SCHEDULED
            }
        return sorted(found)

    def new_ids(self, count: int) -> Sequence[PhoneCallId]:
        """Keep the promise of ``call_ports.Calls``."""
        with self._transaction.turn:
            return [PhoneCallId(next(self._tables.call_ids)) for _ in range(count)]

    def add(self, calls: Mapping[PhoneCallId, NewCall]) -> frozenset[PhoneCallId]:
        """Keep the promise of ``call_ports.Calls``."""
        stored = set()
        with self._transaction.turn:
            for call_id, new in sorted(calls.items(), key=_in_turn):
                call = self._made(call_id, new)
                if self._is_free(call) and self._is_next(call):
                    self._transaction.put(self._tables.calls, call_id, call)
                    stored.add(call_id)
        return frozenset(stored)

    def move(
        self,
        call_id: PhoneCallId,
        *,
        time: CallTime,
        caller_id: CallerId | None,
        number: str | None,
        outside_hours: bool = False,
    ) -> bool:
        """Keep the promise of ``call_ports.Calls``."""
        with self._transaction.turn:
            call = self.lock(call_id)
            after(call_id, call.status, CallStep.MOVED)
            moved = evolve(
                call,
                time=time,
                caller_id=caller_id,
                number=number,
                outside_hours=outside_hours,
                revision=call.revision + 1,
                changed_at=self._now(),
            )
            if not self._is_free(moved):
                return False
            self._transaction.put(self._tables.calls, call_id, moved)
            return True

    def put(self, call: PhoneCall) -> None:
        """Keep the promise of ``call_ports.Calls``."""
        with self._transaction.turn:
            kept = self.lock(call.id)
            written = evolve(
                call,
                time=kept.time,
                caller_id=kept.caller_id,
                number=kept.number,
                outside_hours=kept.outside_hours,
                revision=kept.revision + 1,
                changed_at=self._now(),
            )
            self._transaction.put(self._tables.calls, call.id, written)

    def follow_up(self, emails: Mapping[EmailId, PhoneCallId]) -> frozenset[EmailId]:
        """Keep the promise of ``call_ports.Calls``."""
        noted = set()
        with self._transaction.turn:
            for email_id, call_id in sorted(emails.items()):
                row = self._transaction.lock(self._tables.emails, email_id)
                if row is not None and row.follow_up_call is None:
                    self._transaction.put(self._tables.emails, email_id, evolve(row, follow_up_call=call_id))
                    noted.add(email_id)
        return frozenset(noted)

    def contacted(self, therapist_id: TherapistId, request_ids: Collection[PlacementRequestId], *, on: date) -> None:
        """Keep the promise of ``call_ports.Calls``."""
        with self._transaction.turn:
            therapist = self._transaction.lock(self._tables.therapists, therapist_id)
            if therapist is not None:
                called = evolve(therapist, last_call_on=max(on, therapist.last_call_on or on))
                if request_ids:
                    called = evolve(called, last_conversation_on=max(on, called.last_conversation_on or on))
                self._transaction.put(self._tables.therapists, therapist_id, called)
            for request_id in sorted(set(request_ids)):
                request = self._transaction.lock(self._tables.requests, request_id)
                if request is not None:
                    latest = max(on, request.phone_contact_date or on)
                    self._transaction.put(self._tables.requests, request_id, evolve(request, phone_contact_date=latest))

    def _is_free(self, wanted: PhoneCall) -> bool:
        """Whether nothing planned is in the way, once nobody is about to plan or to give up what would be."""
        while True:
            rivals = [call for call in self._neighbours(wanted) if _is_in_the_way(call, wanted)]
            holders = [self._transaction.other_holder(self._tables.calls, call.id) for call in rivals]
            if None in holders:
                return False
            about_to = (
                other
                for other, call in self._transaction.written_by_others(self._tables.calls)
                if _is_in_the_way(call, wanted)
            )
            other = next((holder for holder in (*holders, *about_to) if holder is not None), None)
            if other is None:
                return True
            self._transaction.wait_for(other)

    def _is_next(self, call: PhoneCall) -> bool:
        """Whether no other attempt follows the same call, once nobody is about to make one or to give it up."""
        previous = call.previous_id
        owner = self._transaction.settled_owner
        return previous is None or owner(self._tables.calls, NEXT_ATTEMPT, previous) is None

    def _neighbours(self, call: PhoneCall) -> list[PhoneCall]:
        where, calls = self._transaction.where, self._tables.calls
        found = where(calls, "therapist", call.therapist_id)
        if call.caller_id is not None:
            found += where(calls, "caller", call.caller_id)
        if call.number is not None:
            found += where(calls, "number", call.number)
        return found

    def _made(self, call_id: PhoneCallId, new: NewCall) -> PhoneCall:
        items = tuple(
            CallItem(
                id=PhoneCallBatchId(next(self._tables.call_batch_ids)),
                placement_request_id=request_id,
                rank=len(new.request_ids) - place,
            )
            for place, request_id in enumerate(new.request_ids)
        )
        return PhoneCall(
            id=call_id,
            therapist_id=new.therapist_id,
            time=new.time,
            caller_id=new.caller_id,
            number=new.number,
            cause=new.cause,
            notes=new.notes,
            attempt=new.attempt,
            first_id=new.first_id or call_id,
            previous_id=new.previous_id,
            outside_hours=new.outside_hours,
            assumed_hours=new.assumed_hours,
            changed_at=self._now(),
            items=items,
        )


def _known(call: PhoneCall | None, call_id: PhoneCallId) -> PhoneCall:
    if call is None:
        raise UnknownId("call", call_id)
    return call


def _in_turn(entry: tuple[PhoneCallId, NewCall]) -> tuple[bool, int, CallTime, PhoneCallId]:
    """Calls without a caller come last: of two for one minute the earlier is stored."""
    call_id, new = entry
    return (new.caller_id is None, new.caller_id or 0, new.time, call_id)


def _by_time(call: PhoneCall) -> tuple[date, int, PhoneCallId]:
    return (call.time.day, call.time.start, call.id)


def _is_in_the_way(one: PhoneCall, other: PhoneCall) -> bool:
    """Whether both are planned for the same minute, and the same caller, therapist or number."""
    if one.id == other.id or CallStatus.SCHEDULED is not one.status or CallStatus.SCHEDULED is not other.status:
        return False
    same_caller = one.caller_id is not None and one.caller_id == other.caller_id
    same_number = one.number is not None and one.number == other.number
    return (same_caller or same_number or one.therapist_id == other.therapist_id) and one.time.overlaps(other.time)
