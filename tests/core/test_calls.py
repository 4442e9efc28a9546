"""The life of a call, how long it takes, and from when on a failed one is tried again."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.calls import (
    CallItem,
    CallStatus,
    CallStep,
    CallTime,
    Cause,
    Moment,
    Outcome,
    PhoneCall,
    after,
    call_minutes,
    check_outcomes,
    earliest_retry,
    is_last_attempt,
)
from boona_core.contact import ContactPolicy
from boona_core.errors import IllegalTransition, InvalidValue, InvalidValues
from boona_core.ids import PhoneCallBatchId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.windows import WEEK, Weekday, WeeklyWindows, Window
from tests.core.strategies import weekly_windows

MONDAY = date(2026, 3, 23)
TUESDAY = MONDAY + timedelta(days=1)
CALL = PhoneCallId(7)
NINE, NOON, TWO, FOUR, MIDNIGHT = 9 * 60, 12 * 60, 14 * 60, 16 * 60, 24 * 60
HOURS = WeeklyWindows({Weekday.MONDAY: (Window(NINE, NOON), Window(TWO, FOUR))})


def call(day: date = MONDAY, start: int = NINE, minutes: int = 5, **fields: Any) -> PhoneCall:
    usual: dict[str, Any] = {"cause": Cause.SILENT, "status": CallStatus.FAILED, "first_id": CALL}
    return PhoneCall(id=CALL, therapist_id=TherapistId(1), time=CallTime(day, start, minutes), **{**usual, **fields})


def item(request: int, **fields: Any) -> CallItem:
    return CallItem(
        id=PhoneCallBatchId(request), placement_request_id=PlacementRequestId(request), rank=10 - request, **fields
    )


@pytest.mark.parametrize(
    ("status", "step", "following"),
    [
        ("scheduled", "completed", "completed"),
        ("scheduled", "failed", "failed"),
        ("scheduled", "canceled", "canceled"),
        ("scheduled", "moved", "scheduled"),
        ("completed", "corrected", "completed"),
    ],
)
def test_a_step_leads_to_the_next_status(status: str, step: str, following: str) -> None:
    assert after(CALL, CallStatus(status), CallStep(step)) is CallStatus(following)


@pytest.mark.parametrize(
    ("status", "step"),
    [
        ("scheduled", "corrected"),
        *(("completed", step) for step in ("completed", "failed", "canceled", "moved")),
        *(("failed", step) for step in ("completed", "failed", "canceled", "moved", "corrected")),
        *(("canceled", step) for step in ("completed", "failed", "canceled", "moved", "corrected")),
    ],
)
def test_every_other_step_is_an_error_that_names_the_call(status: str, step: str) -> None:
    with pytest.raises(IllegalTransition, match=rf"^call 7 is {status}: it cannot be {step}$"):
        after(CALL, CallStatus(status), CallStep(step))


@pytest.mark.parametrize(("start", "minutes"), [(-1, 5), (0, 0), (1439, 2), (1440, 1), (0, 1441)])
def test_a_time_that_does_not_lie_within_its_day_is_refused(start: int, minutes: int) -> None:
    with pytest.raises(InvalidValue, match=r"^time: "):
        CallTime(MONDAY, start, minutes)


@pytest.mark.parametrize(("start", "minutes", "end"), [(0, 1440, 1440), (1439, 1, 1440), (NINE, 5, NINE + 5)])
def test_a_time_ends_on_its_day_at_the_latest_at_midnight(start: int, minutes: int, end: int) -> None:
    assert CallTime(MONDAY, start, minutes).end == end


def test_a_time_reads_as_a_day_and_a_clock() -> None:
    assert str(CallTime(MONDAY, NINE + 5, 5)) == "2026-03-23 09:05"


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        (CallTime(MONDAY, NINE, 10), True),
        (CallTime(MONDAY, NINE + 9, 1), True),
        (CallTime(MONDAY, 0, 1440), True),
        (CallTime(MONDAY, NINE + 10, 5), False),
        (CallTime(MONDAY, NINE - 5, 5), False),
        (CallTime(TUESDAY, NINE, 10), False),
    ],
)
def test_times_overlap_when_they_share_a_minute(other: CallTime, overlaps: bool) -> None:
    time = CallTime(MONDAY, NINE, 10)

    assert (time.overlaps(other), other.overlaps(time)) == (overlaps, overlaps)


@pytest.mark.parametrize(("requests", "minutes"), [(0, 5), (1, 5), (2, 8), (4, 14)])
def test_a_call_takes_longer_with_each_further_request(requests: int, minutes: int) -> None:
    assert call_minutes(requests, ContactPolicy(call_minutes=5, call_minutes_per_extra_request=3)) == minutes


@pytest.mark.parametrize(("attempt", "last"), [(1, False), (2, False), (3, True), (4, True)])
def test_the_last_attempt_is_the_policys(attempt: int, last: bool) -> None:
    assert is_last_attempt(attempt, ContactPolicy(max_call_attempts=3)) is last


def test_a_failed_call_is_tried_again_after_its_window() -> None:
    assert earliest_retry(call(), HOURS) == Moment(MONDAY, NOON)


@pytest.mark.parametrize("start", [NINE, NOON - 5])
def test_the_whole_window_is_passed_over_wherever_in_it_the_call_was(start: int) -> None:
    assert earliest_retry(call(start=start), HOURS) == Moment(MONDAY, NOON)


def test_a_call_that_was_made_in_a_later_window_is_tried_again_after_that_one() -> None:
    made_later = call(actual_on=MONDAY, actual_at=TWO + 1)

    assert earliest_retry(made_later, HOURS) == Moment(MONDAY, FOUR)


def test_a_call_that_was_made_before_its_window_is_still_tried_after_it() -> None:
    made_earlier = call(start=TWO, actual_on=MONDAY, actual_at=NINE)

    assert earliest_retry(made_earlier, HOURS) == Moment(MONDAY, FOUR)


def test_a_call_that_was_made_on_a_later_day_is_tried_again_after_that_day() -> None:
    made_tomorrow = call(actual_on=TUESDAY, actual_at=NINE)

    assert earliest_retry(made_tomorrow, HOURS) == Moment(TUESDAY, NINE + 1)


@pytest.mark.parametrize("hours", [HOURS, None])
def test_a_call_outside_of_the_hours_is_tried_again_any_time_after_its_end(hours: WeeklyWindows | None) -> None:
    assert earliest_retry(call(start=NOON, minutes=15), hours) == Moment(MONDAY, NOON + 15)


def test_a_call_that_lasts_beyond_its_window_is_tried_again_after_its_end() -> None:
    assert earliest_retry(call(start=NOON - 5, minutes=15), HOURS) == Moment(MONDAY, NOON + 10)


@pytest.mark.parametrize("start", [MIDNIGHT - 5, MIDNIGHT - 60])
def test_a_window_that_ends_at_midnight_is_over_at_the_beginning_of_the_next_day(start: int) -> None:
    late = WeeklyWindows({Weekday.MONDAY: (Window(22 * 60, MIDNIGHT),)})

    assert earliest_retry(call(start=start), late) == Moment(TUESDAY, 0)


def test_a_call_until_midnight_outside_of_the_hours_is_tried_again_on_the_next_day() -> None:
    assert earliest_retry(call(start=MIDNIGHT - 5), None) == Moment(TUESDAY, 0)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (TUESDAY, Moment(TUESDAY, 0)),
        (MONDAY, Moment(MONDAY, NOON)),
        (MONDAY - timedelta(days=3), Moment(MONDAY, NOON)),
    ],
)
def test_a_person_puts_it_off_to_a_day_and_never_into_the_same_window(asked: date, expected: Moment) -> None:
    assert earliest_retry(call(), HOURS, retry_after=asked) == expected
    assert earliest_retry(call(retry_after=asked), HOURS) == expected


def test_the_day_that_is_asked_for_now_goes_before_the_one_that_the_call_has() -> None:
    kept = call(retry_after=MONDAY + timedelta(days=9))

    assert earliest_retry(kept, HOURS, retry_after=TUESDAY) == Moment(TUESDAY, 0)


@st.composite
def failed_calls(draw: st.DrawFn) -> PhoneCall:
    """Calls of a week, made when planned, at another time, or nobody knows when."""
    start = draw(st.integers(0, 1439))
    planned = call(MONDAY + timedelta(days=draw(st.integers(0, 6))), start, draw(st.integers(1, min(30, 1440 - start))))
    made = draw(st.none() | st.tuples(st.integers(0, 3), st.integers(0, 1439)))
    if made is None:
        return planned
    day = planned.time.day + timedelta(days=made[0])
    return call(planned.time.day, planned.time.start, planned.time.minutes, actual_on=day, actual_at=made[1])


@given(failed_calls(), weekly_windows())
def test_no_minute_of_a_window_in_which_nobody_answered_is_early_enough(
    failed: PhoneCall, hours: WeeklyWindows
) -> None:
    made_at = failed.time.start if failed.actual_at is None else failed.actual_at
    tried = {(failed.time.day, failed.time.start), (failed.actual_on or failed.time.day, made_at)}
    in_vain = {
        (day, minute)
        for day, at in tried
        for window in hours.on(WEEK[day.weekday()])
        for minute in range(window.start, window.end)
        if window.start <= at < window.end
    }

    earliest = earliest_retry(failed, hours)

    assert all(Moment(day, minute) < earliest for day, minute in in_vain)
    assert earliest >= Moment(failed.time.day, failed.time.start + 1)
    assert 0 <= earliest.minute < MIDNIGHT


def test_an_outcome_is_there_for_every_request_what_is_not_named_was_not_discussed() -> None:
    asked = call(items=(item(1), item(2)))

    assert check_outcomes(asked, {PlacementRequestId(2): Outcome.REJECTED}) == {
        PlacementRequestId(1): Outcome.NOT_DISCUSSED,
        PlacementRequestId(2): Outcome.REJECTED,
    }


@pytest.mark.parametrize("request_id", [2, 3])
def test_an_outcome_for_what_is_not_in_the_call_or_was_taken_out_is_refused(request_id: int) -> None:
    asked = call(items=(item(1), item(2, included=False)))

    with pytest.raises(InvalidValue, match=rf"^outcomes: request {request_id} is not in call 7$"):
        check_outcomes(asked, {PlacementRequestId(request_id): Outcome.ACCEPTED})


def test_a_call_about_nothing_has_no_outcomes() -> None:
    assert check_outcomes(call(), {}) == {}


def test_what_was_taken_out_is_not_included() -> None:
    kept, out = item(1), item(2, included=False)

    assert call(items=(kept, out)).included == (kept,)


@pytest.mark.parametrize(
    ("outcome", "discussed"),
    [(None, False), (Outcome.NOT_DISCUSSED, False), (Outcome.ACCEPTED, True), (Outcome.NEEDS_FOLLOW_UP, True)],
)
def test_a_request_came_up_when_something_was_said_about_it(outcome: Outcome | None, discussed: bool) -> None:
    assert item(1, outcome=outcome).discussed is discussed


@pytest.mark.parametrize(
    ("cause", "asked_for"),
    [("asked_for", True), ("retry", True), ("silent", False), ("no_address", False), ("person", False)],
)
def test_a_call_is_asked_for_by_the_therapist_or_by_the_attempt_before_it(cause: str, asked_for: bool) -> None:
    assert call(cause=Cause(cause)).asked_for is asked_for


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"outcome": "x" * 256}, "outcome: is longer than 255 characters"),
        ({"outcome": "\x00"}, "outcome: holds a NUL character"),
        ({"notes": "\ud800"}, "notes: holds half of a surrogate pair"),
    ],
)
def test_texts_that_no_store_can_keep_are_refused_with_their_field(fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidValues, match=rf"^{fault}$"):
        call(**fields)


def test_notes_of_a_request_that_no_store_can_keep_are_refused() -> None:
    with pytest.raises(InvalidValues, match=r"^follow_up_notes: holds a NUL character$"):
        item(1, follow_up_notes="Mai\x00")


def test_the_representation_shows_neither_number_nor_text() -> None:
    secret = call(number="+4930123", outcome="verzogen", notes="Frau A", items=(item(1, follow_up_notes="Herr B"),))

    assert not [word for word in ("4930123", "verzogen", "Frau A", "Herr B") if word in repr(secret)]
