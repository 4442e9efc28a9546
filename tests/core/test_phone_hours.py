"""Phone hours answer the two questions of the agency's first documents, for a week, a date and a moment."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.errors import InvalidValue
from boona_core.phone_hours import PhoneHours
from boona_core.windows import Weekday, WeeklyWindows, Window, clock, weekday_of
from tests.core.strategies import weekly_windows

MONDAY = date(2026, 3, 23)
SPRING = date(2026, 3, 29)
AUTUMN = date(2026, 10, 25)
MORNING = Window(9 * 60, 12 * 60)
EVENING = Window(23 * 60, 24 * 60)
NIGHT = Window(2 * 60, 3 * 60)

HOURS = PhoneHours(
    WeeklyWindows({Weekday.SUNDAY: (NIGHT,), Weekday.WEDNESDAY: (EVENING,), Weekday.MONDAY: (EVENING, MORNING)})
)


def test_without_a_date_every_day_with_windows_is_named() -> None:
    assert HOURS.get_available_slots() == {
        "monday": (MORNING, EVENING),
        "wednesday": (EVENING,),
        "sunday": (NIGHT,),
    }


def test_a_date_stands_for_its_day_only() -> None:
    assert HOURS.get_available_slots(MONDAY) == {"monday": (MORNING, EVENING)}


def test_a_date_without_windows_has_none() -> None:
    assert HOURS.get_available_slots(MONDAY + timedelta(days=1)) == {"tuesday": ()}


def test_on_the_night_in_spring_the_hour_that_is_skipped_has_no_window() -> None:
    assert HOURS.get_available_slots(SPRING) == {"sunday": ()}
    assert not HOURS.is_available_at(SPRING, "02:30")


@pytest.mark.parametrize("ordinary", [AUTUMN, SPRING - timedelta(days=7), SPRING + timedelta(days=7)])
def test_on_the_night_in_autumn_and_on_ordinary_sundays_the_window_is_whole(ordinary: date) -> None:
    assert HOURS.get_available_slots(ordinary) == {"sunday": (NIGHT,)}
    assert HOURS.is_available_at(ordinary, "02:30")


@pytest.mark.parametrize(
    ("at", "available"),
    [
        ("08:59", False),
        ("09:00", True),
        ("11:59", True),
        ("12:00", False),
        ("22:59", False),
        ("23:00", True),
        ("23:59", True),
        ("24:00", False),
        ("00:00", False),
        (time(9, 0), True),
        (time(11, 59, 59), True),
        (time(12, 0), False),
        (time(8, 59, 59, 999_999), False),
    ],
)
def test_somebody_answers_from_the_start_up_to_the_end(at: time | str, available: bool) -> None:
    assert HOURS.is_available_at(MONDAY, at) is available


@pytest.mark.parametrize("at", ["25:00", "9:00", "", "morgens", "24:01"])
def test_a_text_that_is_no_time_is_refused(at: str) -> None:
    with pytest.raises(InvalidValue, match=r"time: '.*' is not a time"):
        HOURS.is_available_at(MONDAY, at)


def test_nobody_answers_where_there_are_no_hours() -> None:
    never = PhoneHours(WeeklyWindows())

    assert never.get_available_slots() == {}
    assert not never.is_available_at(MONDAY, "10:00")


@given(weekly_windows(), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_the_minutes_at_which_somebody_answers_are_those_of_the_windows(weekly: WeeklyWindows, day: date) -> None:
    hours = PhoneHours(weekly)
    inside = {
        minute
        for window in hours.get_available_slots(day)[weekday_of(day)]
        for minute in range(window.start, window.end)
    }

    answered = {minute for minute in range(1440) if hours.is_available_at(day, clock(minute))}

    assert answered == inside
