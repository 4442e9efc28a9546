"""What a plan of calls is made from, and what it says.

Time is counted in blocks of the agency's grid: a day is a number (0 is the first of the horizon; days without calls
have no spans), a block is counted from midnight.  Spans are half open.  Nothing here knows a date, a minute or a
person: who hands in the values cuts phone hours, lead, absences and calls already planned out of them before.
"""

from collections import Counter
from collections.abc import Hashable, Mapping
from enum import StrEnum
from typing import NamedTuple

from attrs import field, frozen
from attrs.validators import ge

from boona_core.errors import InvalidValue


class Span(NamedTuple):
    """Blocks of one day, from *start* up to, not including, *end*.

    A named tuple, since a plan for ten thousand therapists reads some hundred thousand of them.
    """

    day: int
    start: int
    end: int


def _checked(spans: tuple[Span, ...]) -> None:
    """Refuse spans that end before they begin, or lie before the horizon.

    Raises:
        InvalidValue: the first of them.
    """
    for place, (day, start, end) in enumerate(spans):
        if day < 0 or not 0 <= start < end:
            raise InvalidValue(f"[{place}]", f"day {day}, blocks {start} to {end}, is no span")


@frozen(kw_only=True)
class DueCall:
    """One therapist who is due for a call.

    Attributes:
        key: The therapist's id; one call a therapist in a plan.
        windows: Where the call may lie: wholly inside one of them.  Windows that touch are two: merge them before if a
            call may cross.
        blocks: Its length, at least 1.
        priority_class: 0 is the most important.
        line: What can hold one call at a time besides the therapist: the phone number.  None: nobody shares it.
    """

    key: int
    windows: tuple[Span, ...]
    blocks: int = field(default=1, validator=ge(1))
    priority_class: int = field(default=0, validator=ge(0))
    line: Hashable | None = None

    def __attrs_post_init__(self) -> None:
        _checked(self.windows)


@frozen(kw_only=True)
class CallerTime:
    """When one caller can be on the phone: breaks, absences and calls already planned are cut out.

    Attributes:
        spans: In any order; a call may cross from one into another that touches it.
    """

    caller_id: int
    spans: tuple[Span, ...]

    def __attrs_post_init__(self) -> None:
        _checked(self.spans)


class PlacedCall(NamedTuple):
    """A call with its time; *caller_id* is None where no callers are recorded."""

    key: int
    day: int
    start: int
    blocks: int
    caller_id: int | None


class WhyUnplaced(StrEnum):
    """Why a call has no time."""

    NO_PHONE_HOURS = "no_phone_hours"
    """No window is long enough for the call, whoever makes it."""

    NO_FREE_SLOT = "no_free_slot"
    """There are windows, but no caller is left in them (or the number is taken)."""


class Unplaced(NamedTuple):
    """A call without a time: it stays due."""

    key: int
    reason: WhyUnplaced


@frozen(kw_only=True)
class CallPlan:
    """Who is called when and by whom, and who is not.

    Attributes:
        placed: By day, start and key.
        unplaced: By class and key.
        upper_bound: No plan of these calls has more; equal to the number placed where all calls have one block.
    """

    placed: tuple[PlacedCall, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    upper_bound: int = 0

    @property
    def distance(self) -> int:
        """How many calls a better plan could have more, at the very most; 0 proves that there is none."""
        return self.upper_bound - len(self.placed)

    @property
    def reasons(self) -> Mapping[WhyUnplaced, int]:
        """How many calls are unplaced for each reason."""
        return Counter(call.reason for call in self.unplaced)
