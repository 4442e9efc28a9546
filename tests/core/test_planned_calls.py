"""From those who are due to times on the wall, around holidays, callers, other calls and clock changes."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from boona_core.caller_time import free_time
from boona_core.callers import Caller, CallerHours
from boona_core.calls import Booked, CallTime, Cause, Moment
from boona_core.contact import ContactPolicy, Reason
from boona_core.follow_ups import CallDue
from boona_core.ids import CallerId, PhoneCallId, TherapistId
from boona_core.instants import BERLIN
from boona_core.lands import Land
from boona_core.planned_calls import PlannedCall, PlannedCalls, Practice, Surroundings, plan_due_calls
from boona_core.windows import Weekday, WeeklyWindows, Window, weekday_of

MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)
EIGHT, NINE, TEN = 8 * 60, 9 * 60, 10 * 60
MORNINGS = WeeklyWindows({day: (Window(NINE, TEN),) for day in Weekday})
BERLINER = Practice(number="+4930111", land=Land.BERLIN)


def every_day(day: date, land: Land | None) -> bool:
    return True


def due(therapist: int = 1, **fields: Any) -> CallDue:
    usual: dict[str, Any] = {
        "cause": Cause.SILENT,
        "requests": (),
        "priority_class": 3,
        "earliest": Moment(date.min),
        "latest_day": MONDAY + 14 * DAY,
        "minutes": 5,
        "hours": MORNINGS,
    }
    return CallDue(therapist_id=TherapistId(therapist), **{**usual, **fields})


def around(**fields: Any) -> Surroundings:
    usual: dict[str, Any] = {
        "now": Moment(MONDAY, EIGHT),
        "callers": (),
        "booked": (),
        "is_working_day": every_day,
        "zone": BERLIN,
        "policy": ContactPolicy(),
    }
    return Surroundings(**{**usual, **fields})


def times(plan: PlannedCalls) -> list[tuple[date, int]]:
    return [(call.time.day, call.time.start) for call in plan.placed]


def planned(*calls: CallDue, practices: dict[TherapistId, Practice] | None = None, **fields: Any) -> PlannedCalls:
    return plan_due_calls(calls, practices or {}, around(**fields))


def caller(number: int, *windows: Window) -> Caller:
    hours = CallerHours(working_hours=WeeklyWindows(dict.fromkeys(Weekday, windows)))
    return Caller(id=CallerId(number), name=f"Caller {number}", hours=hours)


def test_the_first_block_of_the_first_window_is_taken() -> None:
    assert times(planned(due())) == [(MONDAY, NINE)]


@pytest.mark.parametrize(
    ("now", "lead", "start"),
    [
        (Moment(MONDAY, NINE), 0, (MONDAY, NINE)),
        (Moment(MONDAY, NINE + 1), 0, (MONDAY, NINE + 5)),
        (Moment(MONDAY, NINE + 1), 10, (MONDAY, NINE + 15)),
        (Moment(MONDAY, TEN - 4), 0, (MONDAY + DAY, NINE)),
        (Moment(MONDAY, NINE), 24 * 60, (MONDAY + DAY, NINE)),
    ],
)
def test_nothing_begins_before_now_and_the_lead(now: Moment, lead: int, start: tuple[date, int]) -> None:
    assert times(planned(due(), now=now, policy=ContactPolicy(call_lead_minutes=lead))) == [start]


def test_a_retry_waits_for_its_moment() -> None:
    assert times(planned(due(earliest=Moment(MONDAY + DAY, NINE + 30)))) == [(MONDAY + DAY, NINE + 30)]


def test_a_day_without_calls_in_the_land_of_the_practice_is_passed_over() -> None:
    plan = planned(
        due(1),
        due(2),
        practices={TherapistId(1): BERLINER},
        is_working_day=lambda day, land: not (day == MONDAY and land is Land.BERLIN),
    )

    assert [(call.due.therapist_id, call.time.day) for call in plan.placed] == [(2, MONDAY), (1, MONDAY + DAY)]


def test_a_call_that_is_planned_to_the_same_number_is_gone_around() -> None:
    other = Booked(
        id=PhoneCallId(9),
        therapist_id=TherapistId(9),
        caller_id=None,
        number=BERLINER.number,
        time=CallTime(MONDAY, NINE, 10),
    )

    plan = planned(due(), practices={TherapistId(1): BERLINER}, booked=(other,))

    assert times(plan) == [(MONDAY, NINE + 10)]


def test_two_who_share_a_number_are_called_one_after_the_other() -> None:
    shared = {TherapistId(1): BERLINER, TherapistId(2): BERLINER}

    assert times(planned(due(1), due(2), practices=shared)) == [(MONDAY, NINE), (MONDAY, NINE + 5)]


def test_a_caller_in_another_call_is_not_given_a_second_one() -> None:
    busy = Booked(
        id=PhoneCallId(9),
        therapist_id=TherapistId(9),
        caller_id=CallerId(1),
        number=None,
        time=CallTime(MONDAY, NINE, 20),
    )

    plan = planned(due(), callers=[caller(1, Window(EIGHT, TEN))], booked=(busy,))

    assert [(call.time.start, call.caller_id) for call in plan.placed] == [(NINE + 20, 1)]


def test_a_call_longer_than_every_window_is_unplaced_for_want_of_phone_hours() -> None:
    plan = planned(due(minutes=90))

    assert [call.reason for call in plan.unplaced] == [Reason.NO_PHONE_HOURS]


def test_a_call_that_is_no_multiple_of_the_grid_may_end_with_its_window() -> None:
    hours = WeeklyWindows({Weekday.MONDAY: (Window(NINE, NINE + 7),)})

    plan = planned(due(hours=hours, minutes=7, latest_day=MONDAY))

    assert times(plan) == [(MONDAY, NINE)]


def test_a_window_that_a_clock_change_skips_holds_no_call() -> None:
    sunday = date(2026, 3, 29)
    at_night = WeeklyWindows({Weekday.SUNDAY: (Window(2 * 60, 3 * 60),)})

    plan = planned(due(hours=at_night, latest_day=sunday), now=Moment(sunday - DAY, 0))

    assert plan.placed == ()


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[CallDue], list[Caller], list[Booked], dict[TherapistId, Practice]]:
    """Some due calls of one to three blocks, callers with hours of their own, calls that are planned already."""
    window = st.builds(lambda start, length: Window(start, start + length), st.integers(540, 600), st.integers(1, 40))
    hours = st.builds(WeeklyWindows, st.dictionaries(st.sampled_from(Weekday), st.tuples(window)))
    calls = [
        due(
            number,
            hours=draw(hours),
            minutes=draw(st.integers(1, 15)),
            latest_day=MONDAY + draw(st.integers(0, 4)) * DAY,
        )
        for number in range(1, draw(st.integers(1, 6)) + 1)
    ]
    callers = [caller(number, draw(window)) for number in range(1, draw(st.integers(0, 3)) + 1)]
    booked = [
        Booked(
            id=PhoneCallId(100 + number),
            therapist_id=TherapistId(100 + number),
            caller_id=each.id,
            number="+491",
            time=CallTime(MONDAY, draw(st.integers(540, 600)), 5),
        )
        for number, each in enumerate(callers)
    ]
    practices = {call.therapist_id: Practice(number=draw(st.sampled_from([None, "+491", "+492"]))) for call in calls}
    return calls, callers, booked, practices


@given(situations())
def test_every_planned_call_keeps_every_rule(
    situation: tuple[list[CallDue], list[Caller], list[Booked], dict[TherapistId, Practice]],
) -> None:
    calls, callers, booked, practices = situation

    plan = plan_due_calls(calls, practices, around(callers=callers, booked=booked, now=Moment(MONDAY, NINE)))

    assert len(plan.placed) + len(plan.unplaced) == len(calls)
    assert all((call.caller_id is None) == (not callers) for call in plan.placed)
    assert all(_is_in_the_hours(call) for call in plan.placed)
    assert all(_has_its_caller(call, callers, booked) for call in plan.placed)
    assert not any(_rings_at_the_same_time(one, other, practices) for one, other in combinations(plan.placed, 2))
    assert not any(
        call.time.overlaps(other.time) and practices[call.due.therapist_id].number == other.number
        for call in plan.placed
        for other in booked
    )


@given(situations())
def test_the_order_of_those_who_are_due_changes_nothing(
    situation: tuple[list[CallDue], list[Caller], list[Booked], dict[TherapistId, Practice]],
) -> None:
    calls, callers, booked, practices = situation
    rest = around(callers=callers, booked=booked)

    assert plan_due_calls(calls, practices, rest) == plan_due_calls(
        calls[::-1], practices, evolve(rest, callers=callers[::-1])
    )


def _is_in_the_hours(call: PlannedCall) -> bool:
    """Whether a call lies on the grid, in one window of its therapist, neither too early nor too late."""
    windows = call.due.hours.on(weekday_of(call.time.day))
    inside = any(w.start <= call.time.start and call.time.end <= w.end for w in windows)
    in_time = (call.time.day, call.time.start) >= (MONDAY, NINE) and call.time.day <= call.due.latest_day
    return inside and in_time and call.time.start % 5 == 0


def _has_its_caller(call: PlannedCall, callers: Sequence[Caller], booked: Sequence[Booked]) -> bool:
    """Whether the caller, if there is one, is free throughout."""
    own = [other.time for other in booked if other.caller_id == call.caller_id]
    free = [free_time(each.hours, call.time.day, own) for each in callers if each.id == call.caller_id]
    return not callers or any(w.start <= call.time.start and call.time.end <= w.end for w in free[0])


def _rings_at_the_same_time(one: PlannedCall, other: PlannedCall, practices: dict[TherapistId, Practice]) -> bool:
    """Whether two calls share a minute, and a caller or a number."""
    numbers = {practices[call.due.therapist_id].number for call in (one, other)}
    same_caller = one.caller_id is not None and one.caller_id == other.caller_id
    return one.time.overlaps(other.time) and (same_caller or (len(numbers) == 1 and None not in numbers))
