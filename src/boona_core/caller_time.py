"""Which minutes of a day does a caller have free for a call?

The working hours of that weekday, less the breaks, less the calls that are planned already; none at all on a day of
absence.  Local wall time, half open; minutes that a clock change skips are left to whoever asks, who knows the zone.
"""

from collections.abc import Iterable
from datetime import date

from boona_core.callers import CallerHours
from boona_core.calls import CallTime
from boona_core.free_windows import without
from boona_core.windows import Window, weekday_of


def free_time(hours: CallerHours, day: date, booked: Iterable[CallTime] = ()) -> tuple[Window, ...]:
    """The windows of *day* in which the caller is free, in order.

    Args:
        booked: Their planned calls, of this day and of others.
    """
    if hours.is_absent_on(day):
        return ()
    weekday = weekday_of(day)
    present = without(hours.working_hours.on(weekday), hours.breaks.on(weekday))
    return without(present, sorted(Window(call.start, call.end) for call in booked if call.day == day))
