"""Which bit is which block?  A set of blocks, or of starts, is one integer.

The blocks of all days are laid in a row, those only in which somebody can be on the phone, and numbered; bit *n* of an
integer is the block *n*.  So a question about a whole horizon (is there a free start in these windows?) is one machine
operation on some dozens of words, and the pairs of calls and starts are never listed.

The row has no gaps between days.  It needs none: starts are made window by window, so no start is ever allowed from
which a call would run over the end of a day.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import groupby
from operator import or_
from typing import NamedTuple

from boona_core.call_planning.values import CallerTime, DueCall, Span


def lowest(blocks: int) -> int:
    """The first block of a set that has one."""
    return (blocks & -blocks).bit_length() - 1


def each(blocks: int) -> Iterator[int]:
    """The blocks of a set, ascending."""
    while blocks:
        low = blocks & -blocks
        yield low.bit_length() - 1
        blocks ^= low


def runs(blocks: int, length: int) -> int:
    """The blocks from which *length* blocks in a row lie in the set."""
    starts = blocks
    for step in range(1, length):
        starts &= blocks >> step
    return starts


def covered(starts: int, length: int) -> int:
    """The blocks that calls of this length touch from these starts."""
    blocks = starts
    for step in range(1, length):
        blocks |= starts << step
    return blocks


def by_start(start_of: Mapping[int, int]) -> list[int]:
    """The calls by start, and those that begin together by number."""
    return sorted(sorted(start_of), key=start_of.__getitem__)


class Shift(NamedTuple):
    """A caller's unbroken time, in bits of the timeline, half open."""

    start: int
    end: int
    caller_id: int


class Timeline:
    """The row of blocks, over the days and hours that *spans* touch."""

    def __init__(self, spans: Iterable[Span]) -> None:
        edges: dict[int, tuple[int, int]] = {}
        for day, start, end in spans:
            first, last = edges.get(day, (start, end))
            edges[day] = (min(first, start), max(last, end))
        self._days: dict[int, tuple[int, int, int]] = {}
        self.places: list[tuple[int, int]] = []
        """Bit to day and block."""
        for day, (first, last) in sorted(edges.items()):
            self._days[day] = (first, last, len(self.places) - first)
            self.places.extend((day, block) for block in range(first, last))

    @property
    def size(self) -> int:
        """How many blocks there are."""
        return len(self.places)

    def bits(self, span: Span) -> tuple[int, int]:
        """The part of a span that lies on the row, as two bits, half open; the second may lie before the first."""
        day, start, end = span
        if day not in self._days:
            return 0, 0
        first, last, offset = self._days[day]
        return max(start, first) + offset, min(end, last) + offset


class Starts(dict[Span, int]):
    """Where a call of one length may start inside a window, and a caller make it: each window is worked out once."""

    def __init__(self, timeline: Timeline, shifts: Sequence[Shift] | None, length: int) -> None:
        super().__init__()
        self._timeline = timeline
        self._length = length
        self._staffed = _within_one(shifts, length, timeline)

    def __missing__(self, span: Span) -> int:
        start, end = self._timeline.bits(span)
        last = end - self._length + 1
        self[span] = starts = ((1 << last) - (1 << start)) & self._staffed if start < last else 0
        return starts


def shifts_of(callers: Iterable[CallerTime], timeline: Timeline) -> list[Shift]:
    """The unbroken times of all callers, by start; spans of one caller that overlap or touch are one."""
    shifts: list[Shift] = []
    for caller in callers:
        for _, spans in groupby(sorted(caller.spans), key=lambda span: span.day):
            merged: list[Shift] = []
            for span in spans:
                start, end = timeline.bits(span)
                if merged and start <= merged[-1].end:
                    merged[-1] = merged[-1]._replace(end=max(end, merged[-1].end))
                else:
                    merged.append(Shift(start, end, caller.caller_id))
            shifts += merged
    return sorted(shifts)


def callers_per_block(shifts: Iterable[Shift], timeline: Timeline) -> list[int]:
    """How many callers there are in each block."""
    change = [0] * (timeline.size + 1)
    for shift in shifts:
        change[shift.start] += 1
        change[shift.end] -= 1
    here = 0
    return [here := here + step for step in change[:-1]]


def starts_of(calls: Sequence[DueCall], timeline: Timeline, shifts: Sequence[Shift] | None) -> list[int]:
    """The feasible starts of each call: inside one window and, where there are shifts, inside one of those as well."""
    inside = {length: Starts(timeline, shifts, length).__getitem__ for length in {call.blocks for call in calls}}
    return [reduce(or_, map(inside[call.blocks], call.windows), 0) for call in calls]


def _within_one(shifts: Sequence[Shift] | None, length: int, timeline: Timeline) -> int:
    """The starts from which one caller can make the whole call."""
    if shifts is None:
        return (1 << timeline.size) - 1
    starts = 0
    for shift in shifts:
        if shift.end - shift.start >= length:
            starts |= (1 << (shift.end - length + 1)) - (1 << shift.start)
    return starts
