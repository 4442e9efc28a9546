"""When can one call be made, around everything that is planned already?

Used inside the unit that it is given, which has locked the therapist and taken its turn at planning.
"""

from collections.abc import Sequence
from datetime import date

from boona_core.caller_time import free_time
from boona_core.callers import CallerHours
from boona_core.calls import CallTime, Moment
from boona_core.contact import ContactHistory, Reason, hours_of
from boona_core.errors import InvalidValue
from boona_core.ids import CallerId, PhoneCallId
from boona_core.lands import land_of
from boona_core.phones import line_of
from boona_core.ports import Unit
from boona_core.slots import FreeOn, Slot, SlotSearch, earliest_slot
from boona_core.therapists import Therapist
from boona_core.usecases.calling import Switchboard, moment_of
from boona_core.wall_clock import instant_of, unbroken
from boona_core.windows import WeeklyWindows, Window, weekday_of


def find_slot(
    unit: Unit,
    board: Switchboard,
    therapist: Therapist,
    history: ContactHistory,
    minutes: int,
    *,
    not_before: Moment,
    caller_id: CallerId | None = None,
) -> Slot | Reason:
    """The earliest slot of this therapist, not before a local moment; with a caller: one of theirs."""
    search = slot_search(unit, board, therapist, history, minutes, caller_id=caller_id)
    begin = instant_of(not_before.day, not_before.minute, board.zone)
    return earliest_slot(search, board.policy, now=unit.now(), not_before=begin)


def slot_search(
    unit: Unit,
    board: Switchboard,
    therapist: Therapist,
    history: ContactHistory,
    minutes: int,
    *,
    caller_id: CallerId | None = None,
) -> SlotSearch:
    """For whom a slot is looked for, and what stands in its way, as of this unit."""
    calendar, land = board.calendar(unit), land_of(therapist.postal_code)
    booked, number = board.booked(unit), line_of(therapist.phone)
    callers = unit.callers.all(active=True)
    free = {
        caller.id: _free_on(caller.hours, [call.time for call in booked if call.caller_id == caller.id])
        for caller in callers
        if caller_id in (None, caller.id)
    }
    return SlotSearch(
        hours=hours_of(history, board.policy),
        minutes=minutes,
        is_working_day=lambda day: calendar.is_working_day(day, land),
        busy=[call.time for call in booked if call.therapist_id == therapist.id or (number and call.number == number)],
        callers=free if callers else None,
        zone=board.zone,
    )


def free_at(
    unit: Unit,
    board: Switchboard,
    therapist: Therapist,
    time: CallTime,
    caller_id: CallerId | None,
    *,
    leaving_out: PhoneCallId | None = None,
) -> Slot | Reason:
    """The time that a person has chosen, with those who are free then; ``no_free_slot``: somebody is in another call.

    A caller whom the person names need not be at work then, only free.
    """
    number = line_of(therapist.phone)
    others = [call for call in board.booked(unit, also=time.day) if call.id != leaving_out]
    at_that_time = [call for call in others if call.time.overlaps(time)]
    if any(call.therapist_id == therapist.id or (number and call.number == number) for call in at_that_time):
        return Reason.NO_FREE_SLOT
    busy = {call.caller_id for call in at_that_time}
    if caller_id is not None:
        return Reason.NO_FREE_SLOT if caller_id in busy else Slot(time, (caller_id,))
    callers = unit.callers.all(active=True)
    wanted = Window(time.start, time.end)
    free = [
        caller.id
        for caller in callers
        if caller.id not in busy and _holds(unbroken(free_time(caller.hours, time.day), time.day, board.zone), wanted)
    ]
    return Slot(time, tuple(free)) if free or not callers else Reason.NO_FREE_SLOT


def check_given(unit: Unit, board: Switchboard, therapist: Therapist, time: CallTime) -> None:
    """Make sure that a time that a person has chosen is still to come, and not on a day without calls.

    Raises:
        InvalidValue: it is not so.
    """
    now = moment_of(unit.now(), board.zone)
    if (time.day, time.start) < (now.day, now.minute):
        raise InvalidValue("scheduled_time", f"{time} is past")
    if not board.calendar(unit).is_working_day(time.day, land_of(therapist.postal_code)):
        raise InvalidValue("scheduled_date", f"{time.day} is a day without calls: a holiday, or the agency is closed")


def is_within(hours: WeeklyWindows | None, time: CallTime) -> bool:
    """Whether a call lies wholly inside of one window of the phone hours."""
    return hours is not None and _holds(hours.on(weekday_of(time.day)), Window(time.start, time.end))


def _holds(windows: Sequence[Window], wanted: Window) -> bool:
    return any(window.start <= wanted.start and wanted.end <= window.end for window in windows)


def _free_on(hours: CallerHours, booked: Sequence[CallTime]) -> FreeOn:
    def free_on(day: date) -> Sequence[Window]:
        return free_time(hours, day, booked)

    return free_on
