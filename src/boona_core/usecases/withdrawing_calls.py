"""Take requests out of a call that has not been made, or take the call off the plan.

A call that would be left with nothing to ask is canceled, and frees its time.  What a canceled call had not decided is
open again; but a therapist who asked for the call is called all the same, from the first day on which that is allowed.
"""

from collections.abc import Collection, Mapping
from datetime import date

from attrs import evolve

from boona_core.calls import CallStatus, CallStep, Cause, PhoneCall, after
from boona_core.contact import ENDS_A_PLANNED_CALL, ContactHistory, ContactPolicy, decide
from boona_core.events import EventType
from boona_core.follow_ups import decide_call
from boona_core.ids import PhoneCallId, PlacementRequestId, TherapistId
from boona_core.ports import Unit
from boona_core.requests import RequestStatus
from boona_core.usecases.telling import call_event, requests_moved
from boona_core.usecases.withdrawing import Withdrawal


def take_out_of_call(unit: Unit, call: PhoneCall, leaving_out: Collection[PlacementRequestId]) -> Withdrawal:
    """Take requests out of *call*, which the unit has locked together with its therapist.

    The requests themselves are left as they are, unless the call is canceled: then all that it still holds are open.
    """
    gone = frozenset(leaving_out)
    if call.status is not CallStatus.SCHEDULED or gone.isdisjoint(item.placement_request_id for item in call.included):
        return Withdrawal.UNTOUCHED
    items = tuple(evolve(i, included=i.included and i.placement_request_id not in gone) for i in call.items)
    if not any(item.included for item in items):
        cancel_call(unit, call)
        return Withdrawal.CANCELED
    unit.calls.put(evolve(call, items=items))
    return Withdrawal.RECOMPOSED


def cancel_call(unit: Unit, call: PhoneCall, *, words: str | None = None, due_again_from: date | None = None) -> None:
    """Take a call off the plan, which the unit has locked together with its therapist.

    Args:
        words: Why, for the staff; without any person's data.
        due_again_from: The requests stay in progress, and a call about them is asked for from this day on; None: they
            are open again.

    Raises:
        IllegalTransition: it is not planned any more.
    """
    status = after(call.id, call.status, CallStep.CANCELED)
    canceled = evolve(call, status=status, outcome=words)
    unit.calls.put(canceled)
    unit.outbox.put([call_event(EventType.CALL_CANCELED, canceled)])
    if due_again_from is None:
        unit.outbox.put(requests_moved(unit.requests.give_back(call_ids=[call.id]), RequestStatus.OPEN))
    else:
        held = unit.requests.held(call_ids=[call.id])
        unit.requests.ask_for_call([each.request.id for each in held], from_day=due_again_from)


def cancel_refused_calls(
    unit: Unit, policy: ContactPolicy, therapist_ids: Collection[TherapistId], *, today: date
) -> tuple[PhoneCallId, ...]:
    """Cancel the planned calls of these therapists, locked by the unit, that the rules do not allow any more.

    And with them the attempts that are due: who must not be called is not tried again.
    """
    if not therapist_ids:
        return ()
    histories = unit.therapists.histories(therapist_ids, policy, today=today)
    canceled: list[PhoneCallId] = []
    for therapist_id, history in sorted(histories.items()):
        for call in unit.calls.find(statuses=(CallStatus.SCHEDULED,), therapist_id=therapist_id):
            canceled += _cancel_if_refused(unit, policy, history, unit.calls.lock(call.id))
    _give_up_retries(unit, policy, histories, today=today)
    return tuple(canceled)


def _cancel_if_refused(
    unit: Unit, policy: ContactPolicy, history: ContactHistory, call: PhoneCall
) -> tuple[PhoneCallId, ...]:
    if call.status is not CallStatus.SCHEDULED:
        return ()
    decision = decide_call(history, policy, cause=call.cause, today=call.time.day, leaving_out=call.time.day)
    holds = [hold for hold in decision.holds if hold.reason in ENDS_A_PLANNED_CALL]
    if not holds:
        return ()
    wanted = unit.calls.get(call.first_id).cause is Cause.ASKED_FOR  # also when this is a later attempt at it
    cancel_call(
        unit,
        call,
        words=", ".join(hold.reason for hold in holds),
        due_again_from=decide(holds, today=call.time.day).next_allowed_on if wanted else None,
    )
    return (call.id,)


def _give_up_retries(
    unit: Unit, policy: ContactPolicy, histories: Mapping[TherapistId, ContactHistory], *, today: date
) -> None:
    for due in unit.calls.retries_due(frozenset(histories)):
        decision = decide_call(histories[due.therapist_id], policy, cause=due.cause, today=today)
        holds = [hold for hold in decision.holds if hold.reason in ENDS_A_PLANNED_CALL]
        if holds:
            call = unit.calls.lock(due.id)
            unit.calls.put(evolve(call, retry_due=False))
            unit.outbox.put(requests_moved(unit.requests.give_back(call_ids=[call.id]), RequestStatus.OPEN))
