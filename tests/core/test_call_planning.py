"""Who is called when and by whom: examples and laws of the plan of calls."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from boona_core.call_planning import (
    CallerTime,
    CallPlan,
    DueCall,
    PlacedCall,
    Relief,
    Span,
    Unplaced,
    WhyUnplaced,
    more_callers,
    plan_calls,
)
from boona_core.errors import InvalidValue
from tests.core.call_planning_oracle import (
    best_counts,
    blocks_of_call,
    counts_by_class,
    faults_of,
    most_at_all,
    who_could_begin_earlier,
)

MONDAY, TUESDAY = 0, 1
MORNING = Span(MONDAY, 108, 144)  # 9 to 12 on a grid of five minutes


def due(key: int, *windows: Span, **more: Any) -> DueCall:
    return DueCall(key=key, windows=windows, **more)


def caller(caller_id: int, *spans: Span) -> CallerTime:
    return CallerTime(caller_id=caller_id, spans=spans)


def blocks(start: int, end: int, *, day: int = MONDAY) -> Span:
    return Span(day, start, end)


def times(plan: CallPlan) -> dict[int, tuple[int, int]]:
    """Who is called on which day at which block."""
    return {call.key: (call.day, call.start) for call in plan.placed}


def callers_of(plan: CallPlan) -> dict[int, int | None]:
    return {call.key: call.caller_id for call in plan.placed}


def keys(plan: CallPlan) -> set[int]:
    return {call.key for call in plan.placed}


# Situations


@st.composite
def spans(draw: DrawFn, *, days: int = 2, day_length: int = 8) -> Span:
    start = draw(st.integers(0, day_length - 1))
    return Span(draw(st.integers(0, days - 1)), start, draw(st.integers(start + 1, day_length)))


def window_lists(most: int) -> SearchStrategy[tuple[Span, ...]]:
    return st.lists(spans(), max_size=most).map(tuple)


@st.composite
def due_calls(draw: DrawFn, *, most: int = 14, lengths: tuple[int, ...] = (1, 2, 3)) -> list[DueCall]:
    """Calls in crowded windows, some of which share a number."""
    lines = st.sampled_from((None, None, "030 1", "030 2"))
    calls = st.builds(
        DueCall,
        key=st.integers(1, 99),
        windows=window_lists(3),
        blocks=st.sampled_from(lengths),
        priority_class=st.integers(0, 3),
        line=lines,
    )
    return draw(st.lists(calls, max_size=most, unique_by=lambda call: call.key))


def staffs() -> SearchStrategy[list[CallerTime] | None]:
    """No callers recorded, none at work, or some with hours of their own."""
    callers = st.builds(CallerTime, caller_id=st.integers(1, 9), spans=window_lists(3))
    return st.none() | st.lists(callers, max_size=3, unique_by=lambda caller: caller.caller_id)


ONE_BLOCK = due_calls(lengths=(1,))


# What a plan keeps


@given(due_calls(), staffs())
def test_a_plan_does_nothing_forbidden_and_forgets_nobody(
    calls: list[DueCall], callers: list[CallerTime] | None
) -> None:
    plan = plan_calls(calls, callers)

    assert faults_of(plan, calls, callers) == []


@given(due_calls(), staffs(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    calls: list[DueCall], callers: list[CallerTime] | None, chance: Any
) -> None:
    shuffled = chance.sample(calls, len(calls))
    staff = None if callers is None else chance.sample(callers, len(callers))

    assert plan_calls(shuffled, staff) == plan_calls(calls, callers)


@given(due_calls(), staffs())
def test_no_plan_exceeds_the_upper_bound(calls: list[DueCall], callers: list[CallerTime] | None) -> None:
    assert plan_calls(calls, callers).distance >= 0


@given(due_calls(), staffs())
def test_the_reason_is_phone_hours_exactly_where_no_window_holds_the_call(
    calls: list[DueCall], callers: list[CallerTime] | None
) -> None:
    reasons = {call.key: call.reason for call in plan_calls(calls, callers).unplaced}
    hopeless = {
        call.key for call in calls if max((end - start for _, start, end in call.windows), default=0) < call.blocks
    }

    assert {key for key, reason in reasons.items() if reason is WhyUnplaced.NO_PHONE_HOURS} == hopeless


@given(ONE_BLOCK, st.lists(window_lists(2), max_size=3))
def test_no_call_of_one_block_could_begin_earlier_by_itself(
    calls: list[DueCall], hours: list[tuple[Span, ...]]
) -> None:
    callers = [caller(number, *spans) for number, spans in enumerate(hours)]

    assert who_could_begin_earlier(plan_calls(calls, callers), calls, callers) == []


@given(due_calls(), st.integers(0, 3))
def test_no_call_could_begin_earlier_by_itself_where_all_callers_work_at_the_same_time(
    calls: list[DueCall], number: int
) -> None:
    callers = [caller(each, blocks(1, 7), blocks(2, 8, day=TUESDAY)) for each in range(number)]

    assert who_could_begin_earlier(plan_calls(calls, callers), calls, callers) == []


@given(due_calls())
def test_where_no_callers_are_recorded_every_call_in_phone_hours_has_a_time_and_no_caller(calls: list[DueCall]) -> None:
    plan = plan_calls([evolve(call, line=None) for call in calls], None)

    assert plan.reasons[WhyUnplaced.NO_FREE_SLOT] == 0
    assert set(callers_of(plan).values()) <= {None}


# How good it is


@st.composite
def tiny(draw: DrawFn, *, lengths: tuple[int, ...]) -> tuple[list[DueCall], list[CallerTime]]:
    """So few calls in so few blocks, with callers of one kind, that every plan can be tried."""
    calls = st.builds(
        DueCall,
        key=st.integers(1, 99),
        windows=st.lists(spans(days=1, day_length=4), max_size=2).map(tuple),
        blocks=st.sampled_from(lengths),
        priority_class=st.integers(0, 3),
        line=st.sampled_from((None, "030 1", "030 2")),
    )
    callers = [caller(number, blocks(0, 4)) for number in range(draw(st.integers(0, 2)))]
    return draw(st.lists(calls, max_size=5, unique_by=lambda call: call.key)), callers


@given(tiny(lengths=(1,)))
def test_of_calls_of_one_block_there_are_as_many_as_can_be_in_each_class(
    situation: tuple[list[DueCall], list[CallerTime]],
) -> None:
    calls, callers = situation

    plan = plan_calls(calls, callers)

    assert counts_by_class(plan, calls) == best_counts(calls, callers)
    assert len(plan.placed) == most_at_all(calls, callers) == plan.upper_bound


@given(tiny(lengths=(1, 2, 3)))
def test_the_upper_bound_is_never_below_the_best_plan(situation: tuple[list[DueCall], list[CallerTime]]) -> None:
    calls, callers = situation

    assert plan_calls(calls, callers).upper_bound >= most_at_all(calls, callers)


def test_a_call_makes_room_through_a_chain_of_others() -> None:
    calls = [due(1, blocks(0, 1)), due(2, blocks(0, 2)), due(3, blocks(1, 3)), due(4, blocks(2, 4))]

    plan = plan_calls(reversed(calls), [caller(7, blocks(0, 4))])

    assert times(plan) == {1: (0, 0), 2: (0, 1), 3: (0, 2), 4: (0, 3)}


def test_the_more_important_class_comes_first() -> None:
    calls = [due(1, blocks(0, 1), priority_class=3), due(2, blocks(0, 1), priority_class=1)]

    plan = plan_calls(calls, [caller(7, MORNING, blocks(0, 1))])

    assert keys(plan) == {2}
    assert plan.unplaced == (Unplaced(1, WhyUnplaced.NO_FREE_SLOT),)


def test_one_important_call_of_three_blocks_outweighs_three_of_one() -> None:
    calls = [due(1, blocks(0, 3), blocks=3), *(due(key, blocks(0, 3), priority_class=1) for key in (2, 3, 4))]

    plan = plan_calls(calls, [caller(7, blocks(0, 3))])

    assert keys(plan) == {1}
    assert plan.upper_bound == 3


def test_a_long_call_is_placed_by_moving_short_ones_together() -> None:
    calls = [due(1, blocks(1, 2)), due(2, blocks(0, 3)), due(3, blocks(2, 5), blocks=2), due(4, blocks(3, 8), blocks=3)]

    plan = plan_calls(calls, [caller(7, blocks(0, 8))])

    assert times(plan) == {2: (0, 0), 1: (0, 1), 3: (0, 2), 4: (0, 4)}
    assert plan.distance == 0


def test_a_longer_call_slides_by_a_block_for_a_short_one() -> None:
    calls = [due(1, blocks(0, 3), blocks=2), due(2, blocks(0, 1), priority_class=1)]

    plan = plan_calls(calls, [caller(7, blocks(0, 3))])

    assert times(plan) == {1: (0, 1), 2: (0, 0)}


def test_longer_calls_change_places_in_a_chain_for_a_short_one() -> None:
    first = due(1, blocks(0, 2), blocks(2, 4), blocks=2)
    second = due(2, blocks(2, 4), blocks(4, 6), blocks=2)

    plan = plan_calls([first, second, due(3, blocks(0, 1), priority_class=1)], [caller(7, blocks(0, 6))])

    assert times(plan) == {3: (0, 0), 1: (0, 2), 2: (0, 4)}


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_calls_that_fill_the_day_to_the_last_block_are_all_placed(length: int) -> None:
    calls = [due(key, blocks(0, 30), blocks=length) for key in range(30 // length)]

    plan = plan_calls(calls, [caller(7, blocks(0, 30))])

    assert len(plan.placed) == 30 // length


def test_another_seed_gives_a_plan_that_is_as_repeatable() -> None:
    calls = [due(key, blocks(key % 5, key % 5 + 4), blocks=1 + key % 3, priority_class=0) for key in range(12)]
    callers = [caller(7, blocks(0, 9))]

    plans = [plan_calls(calls, callers, seed=seed) for seed in (1, 1, 2)]

    assert plans[0] == plans[1]
    assert faults_of(plans[2], calls, callers) == []


def test_without_effort_there_is_a_plan_all_the_same() -> None:
    calls = [due(key, blocks(0, 9), blocks=1 + key % 3) for key in range(12)]
    callers = [caller(7, blocks(0, 9))]

    plan = plan_calls(calls, callers, effort=0)

    assert faults_of(plan, calls, callers) == []
    assert len(plan.placed) == 6


# Windows


def test_a_call_lies_wholly_inside_one_window() -> None:
    plan = plan_calls([due(1, blocks(0, 1), blocks(1, 2), blocks=2)], [caller(7, blocks(0, 9))])

    assert plan.unplaced == (Unplaced(1, WhyUnplaced.NO_PHONE_HOURS),)


def test_a_call_does_not_run_from_one_day_into_the_next() -> None:
    calls = [due(1, blocks(2, 4), blocks(0, 1, day=TUESDAY), blocks=3)]

    assert keys(plan_calls(calls, [caller(7, blocks(0, 4), blocks(0, 4, day=TUESDAY))])) == set()


def test_windows_that_overlap_are_two_chances_for_one_call() -> None:
    plan = plan_calls([due(1, blocks(0, 3), blocks(2, 5), blocks=3)], [caller(7, blocks(2, 9))])

    assert times(plan) == {1: (0, 2)}


def test_phone_hours_in_which_nobody_works_are_no_free_slot() -> None:
    plan = plan_calls([due(1, blocks(0, 3))], [caller(7, blocks(3, 9))])

    assert plan.unplaced == (Unplaced(1, WhyUnplaced.NO_FREE_SLOT),)


def test_a_day_on_which_nobody_works_has_no_capacity() -> None:
    plan = plan_calls([due(1, MORNING), due(2)], [caller(7)])

    assert plan.placed == ()
    assert plan.reasons == {WhyUnplaced.NO_FREE_SLOT: 1, WhyUnplaced.NO_PHONE_HOURS: 1}


def test_nobody_due_is_an_empty_plan() -> None:
    assert plan_calls([], [caller(7, MORNING)]) == plan_calls([], None) == CallPlan()


# One number for several therapists


@pytest.mark.parametrize("length", [1, 2])
def test_therapists_with_one_number_are_called_one_after_the_other(length: int) -> None:
    calls = [due(key, blocks(0, 2 * length), blocks=length, line="030 1") for key in (1, 2)]

    plan = plan_calls(calls, None)

    assert sorted(times(plan).values()) == [(0, 0), (0, length)]


def test_a_colleague_on_the_same_number_moves_so_that_both_can_be_called() -> None:
    calls = [due(1, blocks(0, 2), line="030 1"), due(2, blocks(0, 1), line="030 1"), due(3, blocks(1, 2))]

    plan = plan_calls(calls, [caller(7, blocks(0, 2)), caller(8, blocks(1, 2))])

    assert times(plan) == {2: (0, 0), 1: (0, 1), 3: (0, 1)}


def test_a_therapist_who_shares_a_number_moves_for_one_who_does_not() -> None:
    sharing = [due(1, blocks(0, 2), line="030 1"), due(2, blocks(5, 6), line="030 1")]

    plan = plan_calls([*sharing, due(3, blocks(1, 2), priority_class=1)], [caller(7, blocks(0, 6))])

    assert times(plan) == {1: (0, 0), 3: (0, 1), 2: (0, 5)}


def test_a_number_whose_hours_are_too_short_for_all_is_no_free_slot() -> None:
    plan = plan_calls([due(key, blocks(0, 1), line="030 1") for key in (1, 2)], None)

    assert plan.unplaced == (Unplaced(2, WhyUnplaced.NO_FREE_SLOT),)


# Callers


def test_callers_with_equal_hours_share_the_calls() -> None:
    plan = plan_calls([due(key, blocks(0, 2)) for key in range(4)], [caller(7, blocks(0, 2)), caller(8, blocks(0, 2))])

    assert sorted(callers_of(plan).values(), key=str) == [7, 7, 8, 8]


def test_a_call_that_no_single_caller_can_finish_is_not_made() -> None:
    plan = plan_calls([due(1, blocks(3, 5), blocks=2)], [caller(7, blocks(0, 4)), caller(8, blocks(4, 8))])

    assert plan.unplaced == (Unplaced(1, WhyUnplaced.NO_FREE_SLOT),)
    assert plan.upper_bound == 0


def test_a_call_may_cross_spans_of_one_caller_that_touch() -> None:
    plan = plan_calls([due(1, blocks(3, 5), blocks=2)], [caller(7, blocks(4, 8), blocks(0, 4))])

    assert plan.placed == (PlacedCall(1, 0, 3, 2, 7),)


def test_spans_of_one_caller_that_overlap_are_one_caller() -> None:
    plan = plan_calls([due(1, blocks(3, 4)), due(2, blocks(3, 4))], [caller(7, blocks(0, 4), blocks(2, 8))])

    assert len(plan.placed) == 1


def test_a_call_for_which_a_shift_change_leaves_nobody_gets_another_start() -> None:
    crossing = [due(key, blocks(3, 5), blocks(6, 8), blocks=2) for key in (1, 2)]
    callers = [caller(7, blocks(0, 8)), caller(8, blocks(0, 4)), caller(9, blocks(4, 8))]

    plan = plan_calls(crossing, callers)

    assert faults_of(plan, crossing, callers) == []
    assert times(plan) == {1: (0, 6), 2: (0, 3)} or times(plan) == {1: (0, 3), 2: (0, 6)}


def test_a_caller_with_a_gap_gets_a_call_that_shift_changes_left_over() -> None:
    calls = [
        due(1, blocks(4, 10), blocks=2),
        due(2, blocks(0, 10), blocks=3),
        due(3, blocks(2, 5), blocks(5, 8), blocks=3),
        due(4, blocks(2, 9), blocks=3),
    ]
    callers = [caller(7, blocks(3, 9)), caller(8, blocks(6, 7)), caller(9, blocks(5, 6))]

    plan = plan_calls(calls, callers)

    assert faults_of(plan, calls, callers) == []
    assert len(plan.placed) == 2


def test_a_break_is_kept_free() -> None:
    calls = [due(key, blocks(0, 9)) for key in range(9)]

    plan = plan_calls(calls, [caller(7, blocks(0, 4), blocks(6, 9))])

    assert {(0, 4), (0, 5)} & set(times(plan).values()) == set()
    assert len(plan.placed) == 7


# The rest of a day, planned anew


DAY = [due(key, blocks(0, 6), priority_class=key % 2) for key in range(1, 9)]


def rest_of(plan: CallPlan, *, now: int) -> list[DueCall]:
    """Those whose call has not begun, and those without a time, in what is left of their windows."""
    made = {call.key for call in plan.placed if call.start < now}
    return [evolve(call, windows=(blocks(now, 6),)) for call in DAY if call.key not in made]


def test_after_a_call_that_ran_over_the_rest_is_planned_around_it() -> None:
    before = plan_calls(DAY, [caller(7, blocks(0, 4)), caller(8, blocks(0, 4))])
    rest = rest_of(before, now=2)
    callers = [caller(7, blocks(3, 4)), caller(8, blocks(2, 4))]

    after = plan_calls(rest, callers)

    assert faults_of(after, rest, callers) == []
    assert len(before.placed) == 8
    assert len(after.placed) == 3
    assert [call.reason for call in after.unplaced] == [WhyUnplaced.NO_FREE_SLOT]


def test_when_a_caller_falls_ill_the_others_take_the_more_important_calls() -> None:
    before = plan_calls(DAY, [caller(7, blocks(0, 4)), caller(8, blocks(0, 4))])
    rest = rest_of(before, now=1)
    callers = [caller(8, blocks(1, 4))]

    after = plan_calls(rest, callers)

    assert sorted(call.priority_class for call in rest) == [0, 0, 0, 0, 1, 1]
    assert set(callers_of(after).values()) == {8}
    assert counts_by_class(after, rest)[:2] == [3, 0]


def test_calls_already_planned_keep_their_caller_busy() -> None:
    first = plan_calls([due(1, blocks(0, 2), blocks=2)], [caller(7, blocks(0, 4))])
    cut_out = set(blocks_of_call(first.placed[0]))

    plan = plan_calls([due(2, blocks(0, 4))], [caller(7, blocks(2, 4))])

    assert cut_out & {block for call in plan.placed for block in blocks_of_call(call)} == set()
    assert times(plan) == {2: (0, 2)}


# What would help


def test_one_more_caller_doubles_a_block() -> None:
    calls = [due(key, blocks(0, 1)) for key in range(3)]
    callers = [caller(7, blocks(0, 1))]

    relief = more_callers(calls, callers, plan_calls(calls, callers))

    assert relief == Relief(placed_with_one_more=2, callers_for_all=2)


def test_a_caller_at_other_hours_helps_those_with_phone_hours_when_nobody_works() -> None:
    calls = [due(1, blocks(0, 1)), due(2, blocks(5, 6))]
    callers = [caller(7, blocks(0, 1))]

    relief = more_callers(calls, callers, plan_calls(calls, callers))

    assert relief == Relief(placed_with_one_more=1, callers_for_all=1)


def test_no_number_of_callers_helps_against_a_busy_number() -> None:
    calls = [due(key, blocks(0, 1), line="030 1") for key in (1, 2)]
    callers = [caller(7, blocks(0, 1))]

    relief = more_callers(calls, callers, plan_calls(calls, callers))

    assert relief == Relief(placed_with_one_more=1, callers_for_all=None)


def test_where_all_have_a_time_nobody_more_is_needed() -> None:
    calls = [due(1, blocks(0, 1)), due(2)]

    relief = more_callers(calls, [caller(7, MORNING)], plan_calls(calls, [caller(7, blocks(0, 1))]))

    assert relief == Relief(placed_with_one_more=1, callers_for_all=0)


def test_where_no_callers_are_recorded_no_caller_can_help() -> None:
    calls = [due(key, blocks(0, 1), line="030 1") for key in (1, 2)]

    relief = more_callers(calls, None, plan_calls(calls, None))

    assert relief == Relief(placed_with_one_more=1, callers_for_all=None)


@settings(max_examples=30)
@given(ONE_BLOCK, st.lists(window_lists(2), max_size=2))
def test_what_would_help_is_what_a_new_plan_with_more_callers_has(
    calls: list[DueCall], hours: list[tuple[Span, ...]]
) -> None:
    callers = [caller(number, *spans) for number, spans in enumerate(hours)]
    plan = plan_calls(calls, callers)
    wanted = len(plan.placed) + plan.reasons[WhyUnplaced.NO_FREE_SLOT]
    whenever = [span for spans in hours for span in spans]
    ever = [span for call in calls for span in call.windows]
    sizes = [len(plan_calls(calls, [*callers, *(caller(50 + n, *ever) for n in range(k))]).placed) for k in range(15)]

    relief = more_callers(calls, callers, plan)

    assert relief.placed_with_one_more == len(plan_calls(calls, [*callers, caller(50, *whenever)]).placed)
    assert relief.callers_for_all == next((k for k, size in enumerate(sizes) if size == wanted), None)


@settings(max_examples=30)
@given(due_calls(), st.lists(window_lists(2), max_size=2))
def test_with_one_more_caller_there_are_never_fewer_calls(calls: list[DueCall], hours: list[tuple[Span, ...]]) -> None:
    callers = [caller(number, *spans) for number, spans in enumerate(hours)]
    plan = plan_calls(calls, callers)

    assert more_callers(calls, callers, plan).placed_with_one_more >= len(plan.placed)


# Misuse


def test_a_therapist_is_due_once() -> None:
    with pytest.raises(InvalidValue, match=r"calls: \[1\] come twice"):
        plan_calls([due(1, MORNING), due(1)], None)


def test_a_caller_has_one_time() -> None:
    with pytest.raises(InvalidValue, match=r"callers: \[7\] come twice"):
        plan_calls([], [caller(7, MORNING), caller(7)])


@pytest.mark.parametrize("span", [Span(0, 3, 3), Span(0, 4, 3), Span(0, -1, 3), Span(-1, 0, 3)])
def test_a_span_has_a_length_and_lies_in_the_horizon(span: Span) -> None:
    with pytest.raises(InvalidValue, match="is no span"):
        due(1, MORNING, span)
    with pytest.raises(InvalidValue, match="is no span"):
        caller(1, span)


def test_a_call_takes_at_least_one_block_and_has_a_class() -> None:
    with pytest.raises(ValueError, match="blocks"):
        due(1, MORNING, blocks=0)
    with pytest.raises(ValueError, match="priority_class"):
        due(1, MORNING, priority_class=-1)
