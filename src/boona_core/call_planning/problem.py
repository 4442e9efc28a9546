"""The calls and callers of a plan as numbers and sets of bits, in one order whatever theirs was."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter

from attrs import frozen

from boona_core.call_planning.timeline import Shift, Timeline, callers_per_block, shifts_of, starts_of
from boona_core.call_planning.values import CallerTime, DueCall
from boona_core.errors import InvalidValue


@frozen(kw_only=True)
class Problem:
    """A plan's question; calls are numbers from 0 by their keys.

    Attributes:
        keys: Of each call its key, ascending.
        shifts: None where no callers are recorded.
        callers: How many callers there are in each block of the timeline.
        starts: Of each call its feasible starts.
        lengths: Of each call its blocks.
        classes: Of each call the rank of its priority class among those there are, from 0.
        lines: Of each call that shares its number with others who are due, that number.
    """

    calls: Sequence[DueCall]
    keys: Sequence[int]
    timeline: Timeline
    shifts: Sequence[Shift] | None
    callers: Sequence[int]
    starts: Sequence[int]
    lengths: Sequence[int]
    classes: Sequence[int]
    lines: Mapping[int, Hashable]

    def possible(self) -> list[int]:
        """The calls that have a feasible start."""
        return [call for call, starts in enumerate(self.starts) if starts]

    def has_phone_hours(self, call: int) -> bool:
        """Whether any window is long enough for the call, whoever makes it."""
        if self.starts[call]:
            return True
        due = self.calls[call]
        return any(span.end - span.start >= due.blocks for span in due.windows)


def problem_of(calls: Iterable[DueCall], callers: Iterable[CallerTime] | None) -> Problem:
    """Number the calls and lay the time in a row.

    Raises:
        InvalidValue: two calls have one key, or two callers one id.
    """
    ordered = sorted(calls, key=attrgetter("key"))
    keys = [call.key for call in ordered]
    _refuse_twins("calls", keys)
    lengths = [call.blocks for call in ordered]
    if callers is None:
        timeline = Timeline(span for call in ordered for span in call.windows)
        shifts = None
        capacity = [len(ordered)] * timeline.size
    else:
        staff = sorted(callers, key=attrgetter("caller_id"))
        _refuse_twins("callers", [caller.caller_id for caller in staff])
        timeline = Timeline(span for caller in staff for span in caller.spans)
        shifts = shifts_of(staff, timeline)
        capacity = callers_per_block(shifts, timeline)
    rank = {each: place for place, each in enumerate(sorted({call.priority_class for call in ordered}))}
    lines = {number: call.line for number, call in enumerate(ordered) if call.line is not None}
    sharing = Counter(lines.values())
    return Problem(
        calls=ordered,
        keys=keys,
        timeline=timeline,
        shifts=shifts,
        callers=capacity,
        starts=starts_of(ordered, timeline, shifts),
        lengths=lengths,
        classes=[rank[call.priority_class] for call in ordered],
        lines={number: line for number, line in lines.items() if sharing[line] > 1},
    )


def _refuse_twins(place: str, ids: list[int]) -> None:
    """Refuse an id that comes twice; *ids* are sorted.

    Raises:
        InvalidValue: with the ids in question.
    """
    if len(set(ids)) < len(ids):
        twins = sorted({one for one, other in pairwise(ids) if one == other})
        raise InvalidValue(place, f"{twins} come twice")
