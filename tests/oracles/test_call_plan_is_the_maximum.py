"""Plans of calls of one block beside maximum flows: in every class there are as many calls as there can be."""

from itertools import accumulate, product

import pytest

from boona_core.call_planning import plan_calls
from tests.core.call_planning_oracle import counts_by_class, faults_of
from tests.oracles.flows import most_calls
from tests.oracles.random_agencies import Size, agency

SIZES = (
    *[Size(callers=1, days=1, blocks=12)] * 9,
    *[Size(callers=2, days=2, blocks=24)] * 9,
    *[Size(callers=3, days=5, blocks=48)] * 9,
    *[Size(callers=2, days=10, blocks=96)] * 5,
    Size(callers=4, days=10, blocks=96),
    Size(callers=5, days=19, blocks=96),
)
"""From a dozen therapists to ten thousand; the larger, the fewer."""

INSTANCES = [
    pytest.param(size, load, clustered, seed, id=f"{size}-{load:.0%}-{'clustered' if clustered else 'uniform'}-{seed}")
    for (seed, size), load, clustered in product(enumerate(SIZES), (0.6, 0.9, 1.1), (True, False))
]


def test_there_are_two_hundred_instances() -> None:
    assert len(INSTANCES) >= 200


@pytest.mark.slow
@pytest.mark.parametrize(("size", "load", "clustered", "seed"), INSTANCES)
def test_a_plan_is_exact_in_number_and_in_every_class(size: Size, load: float, clustered: bool, seed: int) -> None:
    calls, callers = agency(size, load=load, clustered=clustered, seed=seed)

    plan = plan_calls(calls, callers)

    most = [most_calls([call for call in calls if call.priority_class <= last], callers) for last in range(4)]
    assert list(accumulate(counts_by_class(plan, calls))) == most
    assert plan.distance == 0
    assert faults_of(plan, calls, callers) == []


@pytest.mark.parametrize("shared", [0.3, 1.0])
@pytest.mark.parametrize("size", SIZES[::5][:5], ids=str)
@pytest.mark.parametrize("load", [0.6, 0.9, 1.1])
def test_it_is_exact_where_therapists_share_their_numbers(size: Size, load: float, shared: float) -> None:
    calls, callers = agency(size, load=load, clustered=True, seed=size.blocks, shared=shared)

    plan = plan_calls(calls, callers)

    most = [most_calls([call for call in calls if call.priority_class <= last], callers) for last in range(4)]
    assert list(accumulate(counts_by_class(plan, calls))) == most
    assert faults_of(plan, calls, callers) == []
