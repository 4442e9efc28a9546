"""Plans of calls of 5, 10 and 15 minutes beside the linear program, which no plan can exceed."""

import pytest

from boona_core.call_planning import plan_calls
from tests.core.call_planning_oracle import faults_of
from tests.oracles.linear_program import bound, program
from tests.oracles.random_agencies import Size, agency

LOADS = (0.6, 0.8, 0.9, 1.0, 1.1)
SHAPES = pytest.mark.parametrize("clustered", [True, False], ids=["clustered", "uniform"])


@SHAPES
@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("seed", range(4))
def test_two_callers_make_98_of_100_possible_calls_or_more(load: float, clustered: bool, seed: int) -> None:
    size = Size(callers=2, days=5, blocks=96)
    calls, callers = agency(size, load=load, clustered=clustered, seed=seed, lengths=(1, 2, 3), classes=1)

    plan = plan_calls(calls, callers)

    most = bound(program(calls, callers))
    assert len(plan.placed) >= 0.98 * most
    assert plan.upper_bound > most - 1
    assert faults_of(plan, calls, callers) == []


@SHAPES
@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("callers", [5, 10])
def test_five_callers_or_more_make_99_of_100_possible_calls_or_more(callers: int, load: float, clustered: bool) -> None:
    size = Size(callers=callers, days=5, blocks=96)
    calls, staff = agency(size, load=load, clustered=clustered, seed=callers, lengths=(1, 2, 3), classes=1)

    plan = plan_calls(calls, staff)

    most = bound(program(calls, staff))
    assert len(plan.placed) >= 0.99 * most
    assert plan.upper_bound > most - 1
    assert faults_of(plan, calls, staff) == []
