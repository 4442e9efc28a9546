"""Who makes calls, and on which days do they not?

Working hours and breaks are weekly windows of local wall time; an absence is a run of whole days.  How many minutes of
a day are left for a call is asked elsewhere.
"""

from collections.abc import Iterable
from datetime import date

from attrs import field, frozen

from boona_core.errors import InvalidValue
from boona_core.ids import CallerId
from boona_core.texts import check_texts
from boona_core.windows import WeeklyWindows

LONGEST_NAME = 100
"""Characters of a caller's name."""


@frozen(order=True)
class Absence:
    """Days on which a caller makes no calls.

    Attributes:
        begins: The first day.
        ends: The first day back.

    Raises:
        InvalidValue: it holds no day.
    """

    begins: date
    ends: date

    def __attrs_post_init__(self) -> None:
        if self.ends <= self.begins:
            raise InvalidValue("ends", f"{self.ends} is not after {self.begins}")

    def holds(self, day: date) -> bool:
        """Whether *day* is one of its days."""
        return self.begins <= day < self.ends


def _merged(absences: Iterable[Absence]) -> tuple[Absence, ...]:
    merged: list[Absence] = []
    for absence in sorted(absences):
        if merged and absence.begins < merged[-1].ends:
            merged[-1] = Absence(merged[-1].begins, max(merged[-1].ends, absence.ends))
        else:
            merged.append(absence)
    return tuple(merged)


@frozen(kw_only=True)
class CallerHours:
    """When a caller could make calls.

    Attributes:
        working_hours: Empty: never.
        breaks: Taken out of the working hours.
        absences: In the order of their first days; those that share a day are one.
    """

    working_hours: WeeklyWindows = field(factory=WeeklyWindows)
    breaks: WeeklyWindows = field(factory=WeeklyWindows)
    absences: tuple[Absence, ...] = field(default=(), converter=_merged)

    def is_absent_on(self, day: date) -> bool:
        """Whether no call is made on *day*."""
        return any(absence.holds(day) for absence in self.absences)


@frozen(kw_only=True)
class Caller:
    """A member of staff who makes calls, one at a time.

    Attributes:
        name: As the staff know them, 1 to 100 characters, not only spaces.
        active: False: they make no calls any more; their past ones keep their name.

    Raises:
        InvalidValue: the name is empty.
        InvalidValues: no store can keep it.
    """

    id: CallerId
    name: str = field(repr=False)
    hours: CallerHours = field(factory=CallerHours)
    active: bool = True

    def __attrs_post_init__(self) -> None:
        check_name(self.name)


def check_name(name: str) -> None:
    """Check the name of a caller.

    Raises:
        InvalidValue: it is empty.
        InvalidValues: no store can keep it; the name is not told.
    """
    if not name.strip():
        raise InvalidValue("name", f"expected 1 to {LONGEST_NAME} characters")
    check_texts((("name", name, LONGEST_NAME),))
