"""The plan of calls of one block by ortools' maximum flow, from the same values to the same ones.

As numpy makes it fast: windows become arrays at once, and so do arcs.  Flow goes from a source (0) through calls, and
through blocks, to a sink (1); every call of the flow then gets a caller who works in its block.
"""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from ortools.graph.python.max_flow import SimpleMaxFlow

from boona_core.call_planning import CallerTime, DueCall, PlacedCall

Numbers = NDArray[np.int64]


def by_pairs(calls: Sequence[DueCall], callers: Sequence[CallerTime]) -> list[PlacedCall]:
    """Plan with an arc from each call to each of its blocks: the graph as one thinks of it."""
    read = _Read.of(calls, callers)
    lengths = read.last - read.first
    tails, heads = np.repeat(read.call, lengths), _all_between(read.first, lengths)
    first_block = 2 + len(calls)
    flow = SimpleMaxFlow()
    _add_source(flow, len(calls))
    arcs = flow.add_arcs_with_capacity(tails + 2, heads + first_block, np.ones(len(tails), dtype=np.int64))
    _add_sink(flow, first_block, read.capacity)
    assert flow.solve(0, 1) == flow.OPTIMAL
    used = np.flatnonzero(flow.flows(arcs))
    return _named(calls, callers, tails[used], heads[used], read.per_day)


def by_windows(calls: Sequence[DueCall], callers: Sequence[CallerTime]) -> list[PlacedCall]:
    """Plan with a node for each window, however many calls have it: a tenth of the arcs, where many have the same."""
    read = _Read.of(calls, callers)
    blocks = len(read.capacity)
    codes, window = np.unique(read.first * (blocks + 1) + read.last, return_inverse=True)
    first, last = np.divmod(codes, blocks + 1)
    tails, heads = np.repeat(np.arange(len(codes)), last - first), _all_between(first, last - first)
    first_window, first_block = 2 + len(calls), 2 + len(calls) + len(codes)
    flow = SimpleMaxFlow()
    _add_source(flow, len(calls))
    ones = np.ones(len(window), dtype=np.int64)
    into = flow.add_arcs_with_capacity(read.call + 2, window + first_window, ones)
    out = flow.add_arcs_with_capacity(tails + first_window, heads + first_block, read.capacity[heads])
    _add_sink(flow, first_block, read.capacity)
    assert flow.solve(0, 1) == flow.OPTIMAL
    used = np.flatnonzero(flow.flows(into))
    by_window = used[np.argsort(window[used], kind="stable")]
    return _named(calls, callers, read.call[by_window], np.repeat(heads, flow.flows(out)), read.per_day)


@frozen
class _Read:
    """All windows (whose, from which block up to which) and how many callers there are in each block."""

    call: Numbers
    first: Numbers
    last: Numbers
    capacity: Numbers
    per_day: int

    @classmethod
    def of(cls, calls: Sequence[DueCall], callers: Sequence[CallerTime]) -> "_Read":
        windows = [call.windows for call in calls]
        spans = np.fromiter(chain.from_iterable(chain.from_iterable(windows)), dtype=np.int64)
        days, starts, ends = spans.reshape(-1, 3).T
        per_day = max(span.end for caller in callers for span in caller.spans)
        capacity = np.zeros((1 + max(span.day for caller in callers for span in caller.spans)) * per_day, np.int64)
        for caller in callers:
            for day, start, end in caller.spans:
                capacity[day * per_day + start : day * per_day + end] += 1
        whose = np.repeat(np.arange(len(calls)), [len(each) for each in windows])
        return cls(whose, days * per_day + starts, days * per_day + ends, capacity, per_day)


def _all_between(first: Numbers, lengths: Numbers) -> Numbers:
    """Of each range its numbers, in a row."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths - first, lengths)


def _add_source(flow: SimpleMaxFlow, calls: int) -> None:
    flow.add_arcs_with_capacity(np.zeros(calls, np.int64), np.arange(2, 2 + calls), np.ones(calls, np.int64))


def _add_sink(flow: SimpleMaxFlow, first_block: int, capacity: Numbers) -> None:
    blocks = len(capacity)
    flow.add_arcs_with_capacity(np.arange(blocks) + first_block, np.ones(blocks, np.int64), capacity)


def _named(
    calls: Sequence[DueCall], callers: Sequence[CallerTime], call: Numbers, block: Numbers, per_day: int
) -> list[PlacedCall]:
    """Calls with their blocks, by time, each with one of the callers who work then."""
    working: dict[int, list[int]] = {}
    for caller in callers:
        for day, start, end in caller.spans:
            for each in range(day * per_day + start, day * per_day + end):
                working.setdefault(each, []).append(caller.caller_id)
    by_time = np.lexsort((call, block))
    placed = []
    for number, at in zip(call[by_time].tolist(), block[by_time].tolist(), strict=True):
        day, start = divmod(at, per_day)
        placed.append(PlacedCall(calls[number].key, day, start, 1, working[at].pop()))
    return placed
