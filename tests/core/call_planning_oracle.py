"""A slow second opinion on plans of calls, written otherwise than the code: sets, not bits; all plans, not one."""

from collections.abc import Hashable, Iterable
from itertools import product

from boona_core.call_planning import CallerTime, CallPlan, DueCall, PlacedCall, Span

Block = tuple[int, int]
"""A day and a block of it."""


def blocks_of(spans: Iterable[Span]) -> set[Block]:
    """All blocks of some spans."""
    return {(day, block) for day, start, end in spans for block in range(start, end)}


def blocks_of_call(call: PlacedCall) -> list[Block]:
    """The blocks of a call with a time."""
    return [(call.day, block) for block in range(call.start, call.start + call.blocks)]


def faults_of(plan: CallPlan, calls: Iterable[DueCall], callers: Iterable[CallerTime] | None) -> list[str]:
    """All that is forbidden and done in a plan all the same."""
    due = {call.key: call for call in calls}
    working = None if callers is None else {caller.caller_id: blocks_of(caller.spans) for caller in callers}
    faults = []
    if sorted([call.key for call in plan.placed] + [call.key for call in plan.unplaced]) != sorted(due):
        faults.append("a call comes twice, or not at all")
    busy: set[tuple[str, Hashable, Block]] = set()
    for placed in plan.placed:
        call = due[placed.key]
        blocks = blocks_of_call(placed)
        if len(blocks) != call.blocks:
            faults.append(f"{placed.key} has another length")
        if not any(set(blocks) <= blocks_of([window]) for window in call.windows):
            faults.append(f"{placed.key} lies outside a window")
        if working is not None and (placed.caller_id is None or not set(blocks) <= working[placed.caller_id]):
            faults.append(f"{placed.key} has a caller who does not work")
        held: list[tuple[str, Hashable, Block]] = []
        held += [("caller", placed.caller_id, block) for block in blocks if placed.caller_id is not None]
        held += [("line", call.line, block) for block in blocks if call.line is not None]
        faults += [
            f"{what} {which} is in two calls at {block}" for what, which, block in sorted(set(held) & busy, key=str)
        ]
        busy.update(held)
    return faults


def counts_by_class(plan: CallPlan, calls: Iterable[DueCall]) -> list[int]:
    """How many calls of each class from 0 to 3 have a time."""
    class_of = {call.key: call.priority_class for call in calls}
    classes = [class_of[call.key] for call in plan.placed]
    return [classes.count(number) for number in range(4)]


def best_counts(calls: Iterable[DueCall], callers: Iterable[CallerTime] | None) -> list[int]:
    """The best there can be, by trying every choice of starts; a caller is a number per block."""
    due = list(calls)
    staff = None if callers is None else [blocks_of(caller.spans) for caller in callers]
    choices = [[None, *_starts(call)] for call in due]
    allowed = (choice for choice in product(*choices) if _is_allowed(choice, due, staff))
    return max(_counts(choice, due) for choice in allowed)


def most_at_all(calls: Iterable[DueCall], callers: Iterable[CallerTime] | None) -> int:
    """The most calls there can be, of whatever class."""
    return sum(best_counts([_without_class(call) for call in calls], callers))


def who_could_begin_earlier(plan: CallPlan, calls: Iterable[DueCall], callers: Iterable[CallerTime]) -> list[int]:
    """The calls that could begin earlier than they do, while all others stay; a caller is a number per block."""
    due = {call.key: call for call in calls}
    staff = [blocks_of(caller.spans) for caller in callers]
    starts = {call.key: (call.day, call.start) for call in plan.placed}
    return [
        key
        for key, start in starts.items()
        for earlier in _starts(due[key])
        if earlier < start and _is_allowed([*(starts | {key: earlier}).values()], [due[each] for each in starts], staff)
    ]


def _without_class(call: DueCall) -> DueCall:
    return DueCall(key=call.key, windows=call.windows, blocks=call.blocks, line=call.line)


def _starts(call: DueCall) -> list[Block]:
    return sorted({(day, at) for day, start, end in call.windows for at in range(start, end - call.blocks + 1)})


def _counts(choice: Iterable[Block | None], due: list[DueCall]) -> list[int]:
    classes = [call.priority_class for call, start in zip(due, choice, strict=True) if start is not None]
    return [classes.count(number) for number in range(4)]


def _is_allowed(choice: Iterable[Block | None], due: list[DueCall], staff: list[set[Block]] | None) -> bool:
    calls: dict[Block, int] = {}
    lines: set[tuple[Hashable, Block]] = set()
    for call, start in zip(due, choice, strict=True):
        for block in _covered(call, start):
            calls[block] = calls.get(block, 0) + 1
            if staff is not None and calls[block] > sum(block in hours for hours in staff):
                return False
            if call.line is not None and (call.line, block) in lines:
                return False
            lines.add((call.line, block))
    return True


def _covered(call: DueCall, start: Block | None) -> list[Block]:
    return [] if start is None else [(start[0], start[1] + step) for step in range(call.blocks)]
