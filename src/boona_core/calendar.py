"""Is this a day for calls?

A working day is one on which nobody is kept from the phone by law or by the agency: no public holiday in the Land of
the therapist, and no closure.  Without a known Land a day is closed if any Land has a holiday on it.  Sundays and
Saturdays are days like others: hours on them stand in the calendar of those practices only that wrote them down; an
agency that rests on one says so.  Days are local dates.
"""

from collections.abc import Iterable, Set
from datetime import date
from typing import Protocol

from attrs import frozen

from boona_core.instants import days_after
from boona_core.lands import Land
from boona_core.windows import Weekday, weekday_of


class PublicHolidays(Protocol):
    """The public holidays of a Land, as somebody knows them; called often, so the answer should be at hand."""

    def __call__(self, land: Land, year: int) -> frozenset[date]:
        """Every date of *year* that is a public holiday anywhere in *land*.

        A holiday of some municipalities is one of the whole Land here: a call on a holiday is worse than a call a day
        later.
        """
        ...


@frozen(kw_only=True)
class Calendar:
    """On which days there are calls.

    Attributes:
        holidays: Who knows the public holidays.
        closures: Days on which the agency makes no calls; at least those that will be asked about.
        rest_days: Days of the week on which it makes none; none by itself.
    """

    holidays: PublicHolidays
    closures: Set[date] = frozenset()
    rest_days: Set[Weekday] = frozenset()

    def is_working_day(self, day: date, land: Land | None) -> bool:
        """Whether there are calls on *day*.

        Args:
            land: The therapist's; None: it is not known, and a holiday anywhere closes the day.
        """
        if day in self.closures or weekday_of(day) in self.rest_days:
            return False
        lands: Iterable[Land] = Land if land is None else (land,)
        return not any(day in self.holidays(each, day.year) for each in lands)

    def next_working_day(self, day: date, land: Land | None) -> date | None:
        """The first working day after *day*; None when there is none within a year."""
        days = (days_after(day, ahead) for ahead in range(1, 367))
        return next((each for each in days if self.is_working_day(each, land)), None)
