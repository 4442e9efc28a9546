"""A therapist answers the phone at other hours: planned calls that lie outside of them now are planned anew.

A call that a person put outside of the old hours stays where it is, and so do all of them when no hours are known any
more: nothing says then that nobody answers.
"""

from collections.abc import Mapping
from datetime import date

from attrs import frozen

from boona_core.ids import TherapistId
from boona_core.ports import Unit
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.finding_slots import is_within
from boona_core.usecases.replanning import Replanning, replan
from boona_core.windows import WeeklyWindows


@frozen
class NewHours:
    """The phone hours in force before and after a change; None: unknown, and the policy has none to assume."""

    before: WeeklyWindows | None
    after: WeeklyWindows | None


def replan_outside_of(unit: Unit, board: Switchboard, changed: Mapping[TherapistId, NewHours]) -> Replanning:
    """Plan the calls anew that were inside of the hours before and are not any more; the unit has locked everybody."""
    changed = {number: hours for number, hours in changed.items() if hours.after is not None}
    if not changed:
        return Replanning()
    unit.calls.take_turns()
    stranded = [
        call
        for call in board.booked(unit, also=date.max)
        if call.therapist_id in changed
        if is_within(changed[call.therapist_id].before, call.time)
        if not is_within(changed[call.therapist_id].after, call.time)
    ]
    return replan(unit, board, stranded)
