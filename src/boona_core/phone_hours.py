"""When does a practice answer the phone, in general, on one date, at one moment?

Phone hours are weekly windows on the wall of a zone.  Asked about a date they are what exists of them on it: a window
inside the gap of a spring night is not there.  Holidays and closures are not known here: the calendar has those.
"""

from collections.abc import Mapping
from datetime import date as Date  # noqa: N812 - the questions have a parameter of that name
from datetime import time as Time  # noqa: N812
from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.errors import InvalidValue
from boona_core.instants import BERLIN
from boona_core.wall_clock import existing
from boona_core.windows import Weekday, WeeklyWindows, Window, minute_of_day, minutes_of, weekday_of


@frozen
class PhoneHours:
    """The phone hours of one practice.

    Attributes:
        weekly: Its windows; none when nobody ever answers.
        zone: Whose wall they are on.
    """

    weekly: WeeklyWindows
    zone: ZoneInfo = BERLIN

    def get_available_slots(self, date: Date | None = None) -> Mapping[Weekday, tuple[Window, ...]]:
        """Day name to windows, Monday first.

        Args:
            date: Only this day, with what exists of its windows on this date, and none if there are none; None: every
                day of the week that has windows.
        """
        if date is None:
            return dict(self.weekly.days())
        return {weekday_of(date): self.on(date)}

    def is_available_at(self, date: Date, time: Time | str) -> bool:
        """Whether *time* on *date* lies in a window: true from its start up to, not including, its end.

        Args:
            time: On the wall, a ``time`` or ``"HH:MM"``.  What comes twice counts as its first, what is skipped lies in
                no window.

        Raises:
            InvalidValue: *time* is a text, and not a time.
        """
        minute = minutes_of(time) if isinstance(time, str) else minute_of_day(time)
        if minute is None:
            raise InvalidValue("time", f"{str(time)[:20]!r} is not a time")
        return any(window.start <= minute < window.end for window in self.on(date))

    def on(self, date: Date) -> tuple[Window, ...]:
        """The windows that exist on *date*, in order."""
        return existing(self.weekly.on(weekday_of(date)), date, self.zone)
