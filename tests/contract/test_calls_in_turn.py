"""Why whoever plans several calls takes turns: caller, therapist and number have no order that all could keep."""

from functools import partial

from boona_core.call_ports import NewCall
from boona_core.calls import CallTime, Cause
from boona_core.ids import TherapistId
from boona_core.ports import Unit
from tests.contract.acts import refusal_of
from tests.contract.conftest import Second
from tests.situations import TODAY, Store

DEADLOCK = "40P01"


def plan(unit: Unit, therapist: TherapistId) -> int:
    """Plan a call to the therapist for nine o'clock; how many were stored."""
    (call_id,) = unit.calls.new_ids(1)
    call = NewCall(therapist_id=therapist, time=CallTime(TODAY, 540, 5), cause=Cause.PERSON)
    return len(unit.calls.add({call_id: call}))


def test_units_that_take_turns_plan_the_same_in_opposite_orders(store: Store, second: Second) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()

    def plans_backwards() -> list[int]:
        with store.open_unit() as unit:
            unit.calls.take_turns()
            stored = [plan(unit, two), plan(unit, one)]
            unit.commit()
        return stored

    with store.open_unit() as unit:
        unit.calls.take_turns()
        first = plan(unit, one)
        other = second.does(plans_backwards)
        assert second.waits(other)
        stored = [first, plan(unit, two)]
        unit.commit()

    assert stored == [1, 1]
    assert other.result() == [0, 0]


def test_of_units_that_do_not_take_turns_and_want_each_others_time_one_is_refused(store: Store, second: Second) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()

    def plans_backwards() -> str | None:
        with store.open_unit() as unit:
            plan(unit, two)
            return refusal_of(partial(plan, unit, one))

    with store.open_unit() as unit:
        plan(unit, one)
        other = second.does(plans_backwards)
        assert second.waits(other)
        mine = refusal_of(partial(plan, unit, two))

    assert {mine, other.result()} == {DEADLOCK, None}
