"""What would place the calls that have no time: one more caller, or how many?

The plan is continued, not made anew: its calls keep their places or change them, and those left over are added with
more callers on the phone.  For calls of one block that gives the exact numbers, since adding calls one by one ends with
the most there can be wherever it begins (:mod:`boona_core.call_planning.chains`).
"""

from collections.abc import Callable, Iterable, Sequence

from attrs import frozen

from boona_core.call_planning.callers import share_out
from boona_core.call_planning.mixed import Board
from boona_core.call_planning.one_block import Blocks
from boona_core.call_planning.problem import problem_of
from boona_core.call_planning.values import CallerTime, CallPlan, DueCall, Span, WhyUnplaced


@frozen(kw_only=True)
class Relief:
    """What more callers would do.

    Attributes:
        placed_with_one_more: How many calls a plan has if one more caller works whenever any does; of calls with
            several lengths, at least so many.
        callers_for_all: The fewest more callers, free in all windows, with whom every call that has phone hours has a
            time; of calls with several lengths, as many as suffice.  0: they all have one.  None: no number helps,
            since therapists share a number and its hours are too short for all of them, or no callers are recorded.
    """

    placed_with_one_more: int
    callers_for_all: int | None


def more_callers(calls: Iterable[DueCall], callers: Iterable[CallerTime] | None, plan: CallPlan) -> Relief:
    """Say what more callers would do for the calls that *plan*, made of these calls and callers, leaves without a time.

    Raises:
        InvalidValue: two calls have one key, or two callers one id.
    """
    due = tuple(calls)
    wanted = len(plan.placed) + plan.reasons[WhyUnplaced.NO_FREE_SLOT]
    if callers is None or wanted == len(plan.placed):
        return Relief(placed_with_one_more=len(plan.placed), callers_for_all=0 if wanted == len(plan.placed) else None)
    staff = tuple(callers)
    now = tuple({span for caller in staff for span in caller.spans})
    ever = tuple({span for call in due for span in call.windows})

    def placed_with(spans: tuple[Span, ...], number: int) -> int:
        first = max((caller.caller_id for caller in staff), default=0) + 1
        more = [CallerTime(caller_id=first + place, spans=spans) for place in range(number)]
        return _continued(due, [*staff, *more], plan)

    return Relief(
        placed_with_one_more=placed_with(now, 1),
        callers_for_all=_fewest(wanted - len(plan.placed), lambda number: placed_with(ever, number) == wanted),
    )


def _fewest(limit: int, suffices: Callable[[int], bool]) -> int | None:
    """The least number from 1 to *limit* that suffices, if all above it do as well; None: not even the limit does."""
    low, high = 0, 1
    while not suffices(high):
        if high == limit:
            return None
        low, high = high, min(limit, high * 2)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


def _continued(calls: Sequence[DueCall], callers: Sequence[CallerTime], plan: CallPlan) -> int:
    """How many calls have a time when those left over are added to the plan, with these callers."""
    problem = problem_of(calls, callers)
    number_of = {call.key: number for number, call in enumerate(problem.calls)}
    several = max(problem.lengths) > 1
    board = Board(problem.starts, problem.lengths, problem.callers, problem.lines) if several else None
    state = board or Blocks(problem.starts, problem.callers, problem.lines)
    for placed in plan.placed:
        state.put(number_of[placed.key], problem.timeline.bits(Span(placed.day, placed.start, placed.start + 1))[0])
    for unplaced in plan.unplaced:
        state.place(number_of[unplaced.key])
    return len(share_out(problem, state.start_of, board).calls)
