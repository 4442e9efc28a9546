"""What a person does with one call: plan it, move it, cancel it, or say that nobody answered.

Each asks the rules again under a lock on the therapist's row.  A call that failed plans its next attempt at once, in
the next window that has a free block; when there is none it stays due.
"""

from collections.abc import Collection, Sequence
from datetime import date

from attrs import evolve, field, frozen

from boona_core.call_ports import NewCall
from boona_core.calls import (
    CallStatus,
    CallStep,
    CallTime,
    Cause,
    Moment,
    PhoneCall,
    after,
    call_minutes,
    earliest_retry,
    is_last_attempt,
)
from boona_core.contact import ContactDecision, Hold, Reason, decide, hours_of
from boona_core.emails import EmailState
from boona_core.errors import InvalidValue, UnknownId
from boona_core.events import EventType
from boona_core.follow_ups import decide_call
from boona_core.ids import CallerId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.phones import line_of
from boona_core.ports import Holding, OpenUnit, Unit
from boona_core.requests import MOST_REQUESTS, RequestStatus
from boona_core.therapists import Therapist
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.finding_slots import check_given, find_slot, free_at, is_within
from boona_core.usecases.telling import call_event, requests_moved
from boona_core.usecases.withdrawing_calls import cancel_call


@frozen(kw_only=True)
class Scheduling:
    """Whether a call is planned now, and if not, why not.

    Attributes:
        decision: Every reason that holds it.
        call: As it is planned; None: it is not.
        closed: The requests that were asked for and may not go into it (``request_closed``).
    """

    decision: ContactDecision
    call: PhoneCall | None = None
    closed: tuple[PlacementRequestId, ...] = ()


@frozen(kw_only=True)
class _Wish:
    """What a person asks for when a call is planned; the fields as ``ScheduleCall`` takes them."""

    therapist: Therapist
    time: CallTime | None
    caller_id: CallerId | None
    request_ids: tuple[PlacementRequestId, ...]
    notes: str | None = field(repr=False)


@frozen(kw_only=True)
class ScheduleCall:
    """Plan one call, at a time that a person gives or at the earliest that there is."""

    open_unit: OpenUnit
    switchboard: Switchboard

    def __call__(
        self,
        therapist_id: TherapistId,
        *,
        time: CallTime | None = None,
        caller_id: CallerId | None = None,
        request_ids: Sequence[PlacementRequestId] = (),
        notes: str | None = None,
        dry_run: bool = False,
    ) -> Scheduling:
        """Plan a call with this therapist.

        A request that is open, or waits in a silent or answered email, is in progress through the call from now on.

        Args:
            time: It may lie outside of the phone hours, which is noted, but not on a day without calls; None: the
                earliest slot, as long as the policy says.
            caller_id: Who makes it; None: whoever is free, nobody in particular where no callers are recorded.
            request_ids: In the order in which to ask; none: the call is about none of them.

        Raises:
            UnknownId: there is no such therapist, caller or request.
            InvalidValue: the time is past, or on a day without calls; a request belongs to another therapist.
        """
        with self.open_unit() as unit:
            therapist = unit.therapists.get(therapist_id)
            unit.therapists.lock([therapist_id])
            unit.calls.take_turns()
            if caller_id is not None:
                unit.callers.get(caller_id)
            wish = _Wish(
                therapist=therapist, time=time, caller_id=caller_id, request_ids=tuple(request_ids), notes=notes
            )
            scheduling = self._schedule(unit, wish)
            if scheduling.call is not None and not dry_run:
                unit.commit()
        return scheduling

    def _schedule(self, unit: Unit, wish: _Wish) -> Scheduling:
        board, therapist = self.switchboard, wish.therapist
        today = board.today(unit)
        closed = _closed(unit, therapist.id, wish.request_ids)
        history = unit.therapists.histories([therapist.id], board.policy, today=today)[therapist.id]
        day = today if wish.time is None else wish.time.day
        also = [Hold(Reason.REQUEST_CLOSED)] if closed else []
        decision = decide_call(history, board.policy, cause=Cause.PERSON, today=day, also=also)
        if wish.time is not None:
            check_given(unit, board, therapist, wish.time)
            decision = without_hours(decision, today=day)
        if decision.next_allowed_on is None or (wish.time is not None and not decision.allowed):
            return Scheduling(decision=decision, closed=closed)
        if wish.time is not None:
            found = free_at(unit, board, therapist, wish.time, wish.caller_id)
        else:
            minutes = call_minutes(len(wish.request_ids), board.policy)
            begin = Moment(decision.next_allowed_on)
            found = find_slot(unit, board, therapist, history, minutes, not_before=begin, caller_id=wish.caller_id)
        if isinstance(found, Reason):
            return Scheduling(decision=decide((*decision.holds, Hold(found)), today=day))
        hours = hours_of(history, board.policy)
        new = NewCall(
            therapist_id=therapist.id,
            time=found.time,
            cause=Cause.PERSON,
            caller_id=wish.caller_id if wish.caller_id is not None else next(iter(found.callers), None),
            number=line_of(therapist.phone),
            request_ids=wish.request_ids,
            notes=wish.notes,
            outside_hours=not is_within(hours, found.time),
            assumed_hours=history.phone_hours is None and hours is not None,
        )
        call = _add(unit, new)
        if call is None:
            return Scheduling(decision=decide((Hold(Reason.NO_FREE_SLOT),), today=day))
        for exhausted in unit.calls.find(therapist_id=therapist.id, exhausted=True):  # a person has looked at them
            unit.calls.put(evolve(exhausted, exhausted=False))
        return Scheduling(decision=decide((), today=day), call=call)


@frozen(kw_only=True)
class MoveCall:
    """Give a planned call another time, or another caller."""

    open_unit: OpenUnit
    switchboard: Switchboard

    def __call__(
        self,
        call_id: PhoneCallId,
        *,
        time: CallTime | None = None,
        caller_id: CallerId | None = None,
        notes: str | None = None,
        dry_run: bool = False,
    ) -> Scheduling:
        """Move one call; what is not given stays as it is.

        Raises:
            UnknownId: there is no such call or caller.
            IllegalTransition: it is not planned any more.
            InvalidValue: the time is past, or on a day without calls.
        """
        with self.open_unit() as unit:
            therapist = unit.therapists.get(unit.calls.get(call_id).therapist_id)
            unit.therapists.lock([therapist.id])
            unit.calls.take_turns()
            call = unit.calls.lock(call_id)
            after(call.id, call.status, CallStep.MOVED)
            scheduling = self._move(unit, therapist, call, time or call.time, caller_id or call.caller_id)
            if scheduling.call is not None and notes is not None:
                unit.calls.put(evolve(scheduling.call, notes=notes))
            if scheduling.call is not None and not dry_run:
                unit.commit()
        return scheduling

    def _move(
        self, unit: Unit, therapist: Therapist, call: PhoneCall, time: CallTime, caller_id: CallerId | None
    ) -> Scheduling:
        board = self.switchboard
        if caller_id is not None:
            unit.callers.get(caller_id)
        if time != call.time:
            check_given(unit, board, therapist, time)
        history = unit.therapists.histories([therapist.id], board.policy, today=board.today(unit))[therapist.id]
        decision = decide_call(history, board.policy, cause=call.cause, today=time.day, leaving_out=call.time.day)
        decision = without_hours(decision, today=time.day)
        if not decision.allowed:
            return Scheduling(decision=decision)
        found = free_at(unit, board, therapist, time, caller_id, leaving_out=call.id)
        if isinstance(found, Reason) or not unit.calls.move(
            call.id,
            time=time,
            caller_id=caller_id if caller_id is not None else next(iter(found.callers), None),
            number=line_of(therapist.phone),
            outside_hours=not is_within(hours_of(history, board.policy), time),
        ):
            return Scheduling(decision=decide((Hold(Reason.NO_FREE_SLOT),), today=time.day))
        moved = unit.calls.get(call.id)
        unit.outbox.put([call_event(EventType.CALL_SCHEDULED, moved)])
        return Scheduling(decision=decision, call=moved)


@frozen(kw_only=True)
class CancelCall:
    """Take a planned call off the list; its requests are open again."""

    open_unit: OpenUnit

    def __call__(self, call_id: PhoneCallId, *, words: str | None = None, dry_run: bool = False) -> None:
        """Cancel one call.

        Args:
            words: Why, for the staff; None: nobody said.

        Raises:
            UnknownId: there is no such call.
            IllegalTransition: it is not planned any more.
        """
        with self.open_unit() as unit:
            unit.therapists.lock([unit.calls.get(call_id).therapist_id])
            cancel_call(unit, unit.calls.lock(call_id), words=words)
            if not dry_run:
                unit.commit()


@frozen(kw_only=True)
class Failing:
    """What follows from a call that nobody answered.

    Attributes:
        retry: The next attempt, planned; None: it is not.
        due: The next attempt is due as soon as there is a free block.
        exhausted: That was the last attempt: a person decides.
    """

    call: PhoneCall
    retry: PhoneCall | None = None
    due: bool = False
    exhausted: bool = False


@frozen(kw_only=True)
class FailCall:
    """Record that nobody answered, and plan the next attempt."""

    open_unit: OpenUnit
    switchboard: Switchboard

    def __call__(
        self,
        call_id: PhoneCallId,
        *,
        at: Moment | None = None,
        notes: str | None = None,
        outcome: str | None = None,
        retry_after: date | None = None,
        dry_run: bool = False,
    ) -> Failing:
        """Record one failed attempt.

        After the last one the requests are open again, and the call waits for a person.

        Args:
            at: When it was made; None: now.
            retry_after: Not before this day; None: in the next window.

        Raises:
            UnknownId: there is no such call.
            IllegalTransition: it is not planned any more.
            InvalidValue: it was made in the future.
        """
        with self.open_unit() as unit:
            therapist = unit.therapists.get(unit.calls.get(call_id).therapist_id)
            unit.therapists.lock([therapist.id])
            unit.calls.take_turns()
            call = unit.calls.lock(call_id)
            status = after(call.id, call.status, CallStep.FAILED)
            made = self.switchboard.made_at(unit, at)
            exhausted = is_last_attempt(call.attempt, self.switchboard.policy)
            failed = evolve(
                call,
                status=status,
                actual_on=made.day,
                actual_at=made.minute,
                notes=notes or call.notes,
                outcome=outcome,
                retry_after=retry_after,
                retry_due=not exhausted,
                exhausted=exhausted,
            )
            unit.calls.put(failed)
            unit.outbox.put([call_event(EventType.CALL_FAILED, failed)])
            failing = self._exhausted(unit, failed) if exhausted else self._tried_again(unit, therapist, failed)
            if not dry_run:
                unit.commit()
        return failing

    def _exhausted(self, unit: Unit, call: PhoneCall) -> Failing:
        opened = unit.requests.give_back(call_ids=[call.id])
        unit.outbox.put(requests_moved(opened, RequestStatus.OPEN))
        return Failing(call=call, exhausted=True)

    def _tried_again(self, unit: Unit, therapist: Therapist, call: PhoneCall) -> Failing:
        board = self.switchboard
        history = unit.therapists.histories([therapist.id], board.policy, today=board.today(unit))[therapist.id]
        begin = earliest_retry(call, hours_of(history, board.policy))
        decision = decide_call(history, board.policy, cause=Cause.RETRY, today=max(begin.day, board.today(unit)))
        if decision.next_allowed_on is None:
            return Failing(call=call, due=True)
        begin = max(begin, Moment(decision.next_allowed_on))
        held = unit.requests.held(call_ids=[call.id])
        minutes = call_minutes(len(held), board.policy)
        slot = find_slot(unit, board, therapist, history, minutes, not_before=begin, caller_id=None)
        if isinstance(slot, Reason):
            return Failing(call=call, due=True)
        asked = [item.placement_request_id for item in call.included]
        new = NewCall(
            therapist_id=therapist.id,
            time=slot.time,
            cause=Cause.RETRY,
            caller_id=call.caller_id if call.caller_id in slot.callers else next(iter(slot.callers), None),
            number=line_of(therapist.phone),
            request_ids=tuple(each for each in asked if each in {one.request.id for one in held}),
            attempt=call.attempt + 1,
            previous_id=call.id,
            first_id=call.first_id,
            assumed_hours=history.phone_hours is None,
        )
        retry = _add(unit, new)
        if retry is None:
            return Failing(call=call, due=True)
        settled = evolve(call, retry_due=False)
        unit.calls.put(settled)
        return Failing(call=settled, retry=retry)


@frozen(kw_only=True)
class SettleExhausted:
    """A person has looked at a therapist whom all attempts did not reach: calls may be planned again."""

    open_unit: OpenUnit

    def __call__(self, call_id: PhoneCallId, *, dry_run: bool = False) -> None:
        """Settle the last attempt of a chain.

        Raises:
            UnknownId: there is no such call.
            InvalidValue: it is not the last attempt of a chain that waits for a person.
        """
        with self.open_unit() as unit:
            unit.therapists.lock([unit.calls.get(call_id).therapist_id])
            call = unit.calls.lock(call_id)
            if not call.exhausted:
                raise InvalidValue("call", f"call {call_id} does not wait for a person")
            unit.calls.put(evolve(call, exhausted=False))
            if not dry_run:
                unit.commit()


def without_hours(decision: ContactDecision, *, today: date) -> ContactDecision:
    """The decision about a time that a person has chosen: unknown phone hours do not hold it."""
    return decide((hold for hold in decision.holds if hold.reason is not Reason.NO_PHONE_HOURS), today=today)


def _add(unit: Unit, new: NewCall) -> PhoneCall | None:
    """Store a call whose therapist the unit has locked, and take its requests; None: its time is taken."""
    (call_id,) = unit.calls.new_ids(1)
    if not unit.calls.add({call_id: new}):
        return None
    held = {each.request.id: each for each in unit.requests.held(request_ids=new.request_ids)}
    unit.requests.take_for_calls(
        dict.fromkeys(new.request_ids, call_id), held={each: one.holding for each, one in held.items()}
    )
    call = unit.calls.get(call_id)
    unit.outbox.put([call_event(EventType.CALL_SCHEDULED, call)])
    opened = (unit.requests.get(each) for each in new.request_ids if each not in held)
    unit.outbox.put(requests_moved(opened, RequestStatus.IN_PROGRESS))
    return call


def _closed(
    unit: Unit, therapist_id: TherapistId, request_ids: Collection[PlacementRequestId]
) -> tuple[PlacementRequestId, ...]:
    """Those of these requests that may not go into a call: decided, or in an email or call that is still under way."""
    if len(request_ids) > MOST_REQUESTS:
        raise InvalidValue("placement_request_ids", f"names more than {MOST_REQUESTS} requests")
    there = {request.id: request for request in unit.requests.by_id(request_ids)}
    seen: set[PlacementRequestId] = set()
    closed = []
    for request_id in request_ids:
        if request_id not in there:
            raise UnknownId("placement request", request_id)
        if request_id in seen:
            raise InvalidValue("placement_request_ids", f"request {request_id} stands twice")
        seen.add(request_id)
        request = there[request_id]
        if request.therapist_id != therapist_id:
            raise InvalidValue("placement_request_ids", f"request {request_id} belongs to another therapist")
        if request.status is RequestStatus.OPEN:
            continue
        if request.status is not RequestStatus.IN_PROGRESS or not _waits(unit, unit.requests.holder(request_id)):
            closed.append(request_id)
    return tuple(closed)


def _waits(unit: Unit, holding: Holding) -> bool:
    """Whether what a request is in progress through has been sent, or held: nothing is under way any more."""
    if holding.email_id is not None:
        return unit.emails.get(holding.email_id).state is EmailState.SENT
    if holding.call_id is not None:
        return unit.calls.get(holding.call_id).status is not CallStatus.SCHEDULED
    return True
