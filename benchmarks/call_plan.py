"""The plan of calls: of one block beside a maximum flow of ortools, of 5, 10 and 15 minutes beside HiGHS.

Both sides begin with the values that a plan is made from.  Beside ortools both end with calls that have a time and a
caller (:mod:`benchmarks.flow_peer`).
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product

from attrs import frozen

from benchmarks.flow_peer import by_pairs, by_windows
from benchmarks.measuring import Figure, in_turn
from boona_core.call_planning import CallPlan, DueCall, PlacedCall, Unplaced, WhyUnplaced, plan_calls
from tests.core.call_planning_oracle import faults_of
from tests.oracles.linear_program import best_by_mip, bound, program
from tests.oracles.random_agencies import Size, agency

_ONE_BLOCK = Size(callers=5, days=20, blocks=96)
_SMALL = [Size(callers=2, days=5, blocks=96)] * 4
_LARGER = [Size(callers=5, days=5, blocks=96), Size(callers=10, days=5, blocks=96)]
_LOADS = (0.6, 0.9, 1.1)
_LARGE = (Size(callers=10, days=20, blocks=96), 10_000)
_MINUTES = (1, 2, 3)
_MIP_SECONDS = 10.0
"""The time limit of one MIP; most of those in uniform hours run into it."""


def rows() -> Iterator[Figure]:
    """Calls of one block, then of mixed lengths: with few callers, with more, for a large agency."""
    yield from _exact()
    yield from _mixed("2 callers", _SMALL, wanted=0.98)
    yield from _mixed("5 and 10 callers", _LARGER, wanted=0.99)
    yield from _large()


def _exact() -> Iterator[Figure]:
    calls, callers = agency(_ONE_BLOCK, load=10_000 / 9_600, clustered=True, seed=1, classes=1)
    calls = calls[:10_000]
    ours: list[CallPlan] = []
    pairs: list[list[PlacedCall]] = []
    windows: list[list[PlacedCall]] = []
    seconds = in_turn(
        11,
        {
            "ours": lambda: ours.append(plan_calls(calls, callers)),
            "ortools": lambda: pairs.append(by_pairs(calls, callers)),
            "ortools, windows as nodes": lambda: windows.append(by_windows(calls, callers)),
        },
    )
    most = len(ours[-1].placed)
    for peer in (pairs[-1], windows[-1]):
        assert len(peer) == most, "the plan is not the maximum"
        assert faults_of(CallPlan(placed=tuple(peer), unplaced=_left(calls, peer)), calls, callers) == []
    yield Figure(
        work=f"plan of {len(calls):,} calls of one block, 5 callers, 20 days, clustered",
        beside="ortools SimpleMaxFlow end to end",
        ratio=seconds["ortools"] / seconds["ours"],
        wanted=4,
        seconds=seconds,
        note=f"{most:,} placed by all; {seconds['ours'] / seconds['ortools']:.2f} of its time (limit 0.25)",
    )
    yield Figure(
        work="the same",
        beside="ortools SimpleMaxFlow, a node for each of the windows, of which many calls have the same",
        ratio=seconds["ortools, windows as nodes"] / seconds["ours"],
        wanted=None,
        seconds=seconds,
    )


def _left(calls: Sequence[DueCall], placed: Sequence[PlacedCall]) -> tuple[Unplaced, ...]:
    """Those whom a peer did not place."""
    made = {call.key for call in placed}
    return tuple(Unplaced(call.key, WhyUnplaced.NO_FREE_SLOT) for call in calls if call.key not in made)


@frozen
class _Case:
    """One agency: which part of the bound was placed, by us and by the MIP, and the seconds of both."""

    ours: float
    mip: float
    our_seconds: float
    mip_seconds: float


def _case(size: Size, load: float, clustered: bool, seed: int) -> _Case:
    calls, callers = agency(size, load=load, clustered=clustered, seed=seed, lengths=_MINUTES, classes=1)
    pairs = program(calls, callers)
    most = bound(pairs)
    begun = time.perf_counter()
    plan = plan_calls(calls, callers)
    planned = time.perf_counter()
    best = best_by_mip(pairs, seconds=_MIP_SECONDS)
    solved = time.perf_counter()
    return _Case(len(plan.placed) / most, best / most, planned - begun, solved - planned)


def _mixed(what: str, sizes: Sequence[Size], *, wanted: float) -> Iterator[Figure]:
    """The worst part of the bound over many agencies, and the time beside the MIP's over all of them."""
    for shape, clustered in (("clustered", True), ("uniform", False)):
        cases = [_case(size, load, clustered, seed) for (seed, size), load in product(enumerate(sizes), _LOADS)]
        parts = [case.ours for case in cases]
        seconds = {
            "ours": statistics.median(case.our_seconds for case in cases),
            "MIP": statistics.median(case.mip_seconds for case in cases),
        }
        time_part = statistics.median(case.our_seconds / case.mip_seconds for case in cases)
        yield Figure(
            work=f"calls of 5, 10, 15 minutes, 5 days, {what}, {shape}: the worst of {len(cases)} agencies",
            beside="the linear-programming bound",
            ratio=min(parts),
            wanted=wanted,
            seconds=seconds,
            note=f"median {statistics.median(parts):.4f}; MIP {min(case.mip for case in cases):.4f} to "
            f"{max(case.mip for case in cases):.4f}, within {_MIP_SECONDS:g} s each",
        )
        yield Figure(
            work="the same, time",
            beside="a MIP solver (HiGHS)",
            ratio=1 / time_part,
            wanted=20,
            seconds=seconds,
            note=f"{time_part:.3f} of its time (median; limit 0.05), at most "
            f"{max(case.our_seconds / case.mip_seconds for case in cases):.3f}",
        )


def _large() -> Iterator[Figure]:
    size, number = _LARGE
    for shape, clustered in (("clustered", True), ("uniform", False)):
        calls, callers = agency(size, load=1.2, clustered=clustered, seed=1, lengths=_MINUTES, classes=1)
        calls = calls[:number]
        seconds = in_turn(3, {"ours": partial(plan_calls, calls, callers)})
        plan = plan_calls(calls, callers)
        yield Figure(
            work=f"{len(calls):,} calls of 5, 10, 15 minutes, 10 callers, 20 days, {shape}",
            beside="2.5 seconds",
            ratio=2.5 / seconds["ours"],
            wanted=1,
            seconds=seconds,
            note=f"{len(plan.placed):,} placed, {len(plan.placed) / plan.upper_bound:.4f} of the plan's own bound",
        )
