"""Give calls that cannot stay where they are another time or another caller, around everything else that is planned.

The rest of a day is planned by the same rule as all of them: as many as possible, the earliest first.  A call that
finds no place is canceled and due again from the next day on: nobody is forgotten.
"""

from collections.abc import Sequence
from datetime import date

from attrs import evolve, frozen

from boona_core.calls import Booked, Cause, Moment, PhoneCall
from boona_core.contact import ContactHistory, hours_of
from boona_core.events import EventType
from boona_core.follow_ups import CallDue, decide_call
from boona_core.ids import PhoneCallId
from boona_core.instants import days_after
from boona_core.phones import line_of
from boona_core.planned_calls import PlannedCall, plan_due_calls
from boona_core.ports import Unit
from boona_core.usecases.calling import Switchboard, practice_of, surroundings
from boona_core.usecases.telling import call_event
from boona_core.usecases.withdrawing_calls import cancel_call


@frozen(kw_only=True)
class Replanning:
    """What became of calls that could not stay as they were planned.

    Attributes:
        moved: The calls that another caller makes, or that are made at another time.
        due_again: The calls that found no place: canceled, and due again from the next day on.
    """

    moved: tuple[PhoneCallId, ...] = ()
    due_again: tuple[PhoneCallId, ...] = ()


def replan(
    unit: Unit, board: Switchboard, stranded: Sequence[Booked], *, also_busy: Sequence[Booked] = ()
) -> Replanning:
    """Plan these calls anew; the unit has locked their therapists and taken its turn at planning.

    Args:
        also_busy: What takes a caller's time besides the calls that are planned.
    """
    if not stranded:
        return Replanning()
    today = board.today(unit)
    calls = {call.therapist_id: unit.calls.lock(call.id) for call in sorted(stranded, key=lambda each: each.id)}
    histories = unit.therapists.histories(calls, board.policy, today=today)
    therapists = unit.therapists.get_many(calls)
    due = [_due(board, call, histories[call.therapist_id], today=today) for call in calls.values()]
    around = surroundings(unit, board)
    going = {call.id for call in stranded}
    around = evolve(around, booked=[*(b for b in around.booked if b.id not in going), *also_busy])
    practices = {each: practice_of(therapist) for each, therapist in therapists.items()}
    plan = plan_due_calls([each for each in due if each is not None], practices, around)
    placed = {call.due.therapist_id: call for call in plan.placed}
    moved, due_again = [], []
    for therapist_id, call in calls.items():
        number = line_of(therapists[therapist_id].phone)
        if therapist_id in placed and _moves(unit, call, placed[therapist_id], number):
            moved.append(call.id)
        else:
            cancel_call(unit, call, words="no other time was left", due_again_from=days_after(today, 1))
            due_again.append(call.id)
    return Replanning(moved=tuple(sorted(moved)), due_again=tuple(sorted(due_again)))


def _moves(unit: Unit, call: PhoneCall, planned: PlannedCall, number: str | None) -> bool:
    if not unit.calls.move(call.id, time=planned.time, caller_id=planned.caller_id, number=number):
        return False
    unit.outbox.put([call_event(EventType.CALL_SCHEDULED, unit.calls.get(call.id))])
    return True


def _due(board: Switchboard, call: PhoneCall, history: ContactHistory, *, today: date) -> CallDue | None:
    """The call as one that is due; None: the rules do not allow it any more."""
    decision = decide_call(history, board.policy, cause=call.cause, today=today, leaving_out=call.time.day)
    hours = hours_of(history, board.policy)
    if decision.next_allowed_on is None or hours is None:
        return None
    return CallDue(
        therapist_id=call.therapist_id,
        cause=call.cause,
        requests=(),
        priority_class=0 if call.cause in (Cause.ASKED_FOR, Cause.RETRY) else 1,
        earliest=Moment(decision.next_allowed_on),
        latest_day=days_after(today, board.policy.call_horizon_days),
        minutes=call.time.minutes,
        hours=hours,
    )
