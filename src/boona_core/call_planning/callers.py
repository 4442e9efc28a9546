"""Which caller makes which call?

A block never has more calls than callers.  Where all callers' unbroken times end together, handing them out in order of
time therefore never fails.  Where they do not, a call that crosses the change of a shift may find nobody who can make
all of it, although in each of its blocks somebody is free: then it is given another start and all is handed out again.
"""

from bisect import bisect_left, insort
from collections.abc import Hashable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import pairwise

from attrs import frozen

from boona_core.call_planning.mixed import Board
from boona_core.call_planning.problem import Problem
from boona_core.call_planning.timeline import Shift, by_start, lowest, runs

_ROUNDS = 20
"""So often calls without a caller are given other starts."""


@frozen
class Sharing:
    """Who begins when, and with whom.

    Attributes:
        calls: Those that have a time, by start; those that begin together by number.
        starts: When each of them begins.
        caller_ids: Who makes each of them; None where no callers are recorded.
    """

    calls: Sequence[int]
    starts: Sequence[int]
    caller_ids: Sequence[int | None]


def share_out(problem: Problem, start_of: Mapping[int, int], board: Board | None = None) -> Sharing:
    """Give each call a caller.

    Args:
        board: Where calls for which nobody is found get another start; None: all calls have one block, and a block
            never has more of them than callers who are there.
    """
    if problem.shifts is None:
        return Sharing(by_start(start_of), sorted(start_of.values()), [None] * len(start_of))
    if board is None:
        starts = sorted(start_of.values())
        return Sharing(by_start(start_of), starts, _dealt(problem.shifts, starts))
    shift_of = _swept(problem, problem.shifts, start_of)
    for _ in range(_ROUNDS):
        stranded = [call for call in start_of if call not in shift_of]
        if not stranded:
            break
        for call in stranded:
            board.ban(board.take(call), problem.lengths[call])
        for call in sorted(stranded, key=lambda call: (problem.classes[call], problem.lengths[call], call)):
            board.place(call)
        start_of = board.start_of
        shift_of = _swept(problem, problem.shifts, start_of)
    kept = {call: start for call, start in start_of.items() if call in shift_of}
    _fit_in(problem, kept, shift_of)
    calls = by_start(kept)
    return Sharing(calls, sorted(kept.values()), [shift_of[call].caller_id for call in calls])


def _dealt(shifts: Sequence[Shift], starts: Sequence[int]) -> list[int]:
    """Give calls, by start, to those who are there, in turns, so that the work is spread."""
    caller_ids: list[int] = []
    here: list[Shift] = []
    begun = 0
    for now, change in pairwise(sorted({edge for shift in shifts for edge in (shift.start, shift.end)})):
        here = [shift for shift in here if shift.end > now]
        while begun < len(shifts) and shifts[begun].start == now:
            here.append(shifts[begun])
            begun += 1
        turns = range(len(caller_ids), bisect_left(starts, change))
        caller_ids += [here[turn % len(here)].caller_id for turn in turns]
    return caller_ids


def _swept(problem: Problem, shifts: Sequence[Shift], start_of: Mapping[int, int]) -> dict[int, Shift]:
    """Go through the calls by start and give each the free shift that ends first and covers it; some may find none."""
    shift_of: dict[int, Shift] = {}
    free: list[tuple[int, int, int]] = []  # by end, then those with fewer calls, so that the work is spread
    busy: list[tuple[int, int, int]] = []
    begun = 0
    for call in by_start(start_of):
        start = start_of[call]
        while begun < len(shifts) and shifts[begun].start <= start:
            insort(free, (shifts[begun].end, 0, begun))
            begun += 1
        while busy and busy[0][0] <= start:
            _, made, number = heappop(busy)
            insort(free, (shifts[number].end, made, number))
        while free and free[0][0] <= start:
            del free[0]
        end = start + problem.lengths[call]
        place = 0
        while place < len(free) and free[place][0] < end:
            place += 1
        if place < len(free):
            _, made, number = free.pop(place)
            shift_of[call] = shifts[number]
            heappush(busy, (end, made + 1, number))
    return shift_of


def _fit_in(problem: Problem, start_of: dict[int, int], shift_of: dict[int, Shift]) -> None:
    """Put calls that have no caller into the first gap that suits them."""
    stranded = [call for call in problem.possible() if call not in start_of]
    gaps = {shift: (1 << shift.end) - (1 << shift.start) for shift in problem.shifts or ()}
    taken: dict[Hashable, int] = {}
    for call, start in start_of.items():
        _occupy(problem, call, start, shift_of[call], gaps=gaps, taken=taken)
    for call in sorted(stranded, key=lambda call: (problem.classes[call], problem.lengths[call], call)):
        length = problem.lengths[call]
        mine = problem.starts[call] & runs(~taken.get(problem.lines.get(call), 0), length)
        found = [(lowest(here), shift) for shift, gap in gaps.items() if (here := runs(gap, length) & mine)]
        if found:
            start_of[call], shift_of[call] = min(found)
            _occupy(problem, call, start_of[call], shift_of[call], gaps=gaps, taken=taken)


def _occupy(
    problem: Problem, call: int, start: int, shift: Shift, *, gaps: dict[Shift, int], taken: dict[Hashable, int]
) -> None:
    """Take the blocks of a call out of its caller's gaps and out of its line's time."""
    blocks = ((1 << problem.lengths[call]) - 1) << start
    gaps[shift] &= ~blocks
    if (line := problem.lines.get(call)) is not None:
        taken[line] = taken.get(line, 0) | blocks
