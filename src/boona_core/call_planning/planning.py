"""Who is called when and by whom, and who is not?

The same input gives the same plan, whatever its order.  Calls already planned are no input: they are cut out of the
time of their caller, and out of the windows of their therapist and number, before.  So planning the rest of a day anew,
when a call ran over or a caller fell ill, is the same question with less time.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from random import Random

from boona_core.call_planning.bound import upper_bound
from boona_core.call_planning.callers import Sharing, share_out
from boona_core.call_planning.mixed import Board
from boona_core.call_planning.one_block import Blocks
from boona_core.call_planning.problem import Problem, problem_of
from boona_core.call_planning.values import CallerTime, CallPlan, DueCall, PlacedCall, Unplaced, WhyUnplaced

_RUNS = ((15, Fraction(985, 1000)), (5, Fraction(995, 1000)))
"""For calls of several lengths: so many orders are tried while a plan has no more than this part of the bound."""

_PASSES = 3
"""So often those that found no room are tried again in one order, as long as some then do."""


def plan_calls(
    calls: Iterable[DueCall], callers: Iterable[CallerTime] | None, *, seed: int = 0, effort: int = 1_000_000
) -> CallPlan:
    """Plan as many calls as possible, the more important classes first, and early among equals.

    Where all calls have one block the plan is exact: no other has more calls of the first class, or as many and more of
    the second, and so on; nor more in all.  Otherwise it is found by search, and no farther from the best than its
    ``distance``.  In the end no call could begin earlier by itself (unless a shift change is in its way);
    a plan in which all are earlier together may exist.

    Args:
        callers: None where no callers are recorded: then any number of calls may be made at once.
        seed: Chooses the orders that are tried for calls of several lengths.
        effort: For those, how many starts are looked at in all before no better plan is searched for; 1,000,000 are
            about a second.

    Raises:
        InvalidValue: two calls have one key, or two callers one id.
    """
    problem = problem_of(calls, callers)
    if max(problem.lengths, default=1) == 1:
        blocks = _exact(problem)
        return _told(problem, share_out(problem, blocks.start_of), len(blocks.start_of))
    most = upper_bound(problem.starts, problem.lengths, problem.callers)
    board = _searched(problem, most, Random(seed), effort)  # noqa: S311 - a plan is no secret, and repeatable
    return _told(problem, share_out(problem, board.start_of, board), most)


def _exact(problem: Problem) -> Blocks:
    """The best plan of calls of one block."""
    blocks = Blocks(problem.starts, problem.callers, problem.lines)
    size = problem.timeline.size + 1
    order = [each * size + starts.bit_count() for each, starts in zip(problem.classes, problem.starts, strict=True)]
    for call in sorted(problem.possible(), key=order.__getitem__):
        blocks.place(call)
    blocks.move_earlier()
    return blocks


def _searched(problem: Problem, most: int, chance: Random, effort: int) -> Board:
    """The best of several plans of calls of several lengths."""
    reachable = min(most, len(problem.possible()))
    best, counts = _one_run(problem, [1.0] * len(problem.calls), effort)
    left = effort - best.steps
    runs = 1
    while left > 0 and any(runs < most_runs and sum(counts) < part * reachable for most_runs, part in _RUNS):
        board, others = _one_run(problem, [chance.uniform(0.5, 1.5) for _ in problem.calls], left)
        left -= board.steps
        runs += 1
        if others > counts:
            best, counts = board, others
    best.move_earlier()
    return best


def _one_run(problem: Problem, scatter: Sequence[float], effort: int) -> tuple[Board, list[int]]:
    """One plan of calls of several lengths, and how many of each class it has."""
    board = Board(problem.starts, problem.lengths, problem.callers, problem.lines, effort=effort)
    waiting = [call for call in _order(problem, scatter) if not board.place(call)]
    for _ in range(_PASSES):
        if not waiting or board.steps >= effort:
            break
        board.forget_failures()
        before, waiting = waiting, [call for call in waiting if not board.place(call)]
        if len(waiting) == len(before):
            break
    placed = Counter(problem.classes[call] for call in board.start_of)
    return board, [placed[each] for each in range(len(set(problem.classes)))]


def _order(problem: Problem, scatter: Sequence[float]) -> list[int]:
    """Important ones first, then the short, then those with few starts, more or less."""
    return sorted(
        problem.possible(),
        key=lambda call: (
            problem.classes[call], problem.lengths[call], problem.starts[call].bit_count() * scatter[call]
        ),
    )  # fmt: skip


def _told(problem: Problem, sharing: Sharing, most: int) -> CallPlan:
    """The plan in words."""
    keys, places, lengths = problem.keys, problem.timeline.places, problem.lengths
    placed = []
    for call, start, caller_id in zip(sharing.calls, sharing.starts, sharing.caller_ids, strict=True):
        day, block = places[start]
        placed.append(PlacedCall(keys[call], day, block, lengths[call], caller_id))
    made = set(sharing.calls)
    left = [call for call in range(len(keys)) if call not in made]
    unplaced = [
        Unplaced(keys[call], WhyUnplaced.NO_FREE_SLOT if problem.has_phone_hours(call) else WhyUnplaced.NO_PHONE_HOURS)
        for call in sorted(left, key=problem.classes.__getitem__)
    ]
    return CallPlan(placed=tuple(placed), unplaced=tuple(unplaced), upper_bound=most)
