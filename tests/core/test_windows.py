"""Weekly windows are read strictly, kept merged, and say whether a whole call lies inside."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.errors import BoonaError, InvalidValue, InvalidValues
from boona_core.windows import WEEK, Weekday, WeeklyWindows, Window, clock, minutes_of, weekday_of
from tests.core.strategies import weekly_windows, windows

MONDAY = date(2026, 3, 23)
MINUTES = range(24 * 60)


def minutes_in(windows: tuple[Window, ...]) -> set[int]:
    """The oracle's form of a day: every minute that lies in a window."""
    return {minute for window in windows for minute in range(window.start, window.end)}


def fits_by_scanning(open_minutes: set[int], *, minutes: int, grid: int) -> bool:
    """The oracle of `has_block_on`: try every start of the day, and look at each minute of the call."""
    starts = [minute for minute in MINUTES if minute % grid == 0]
    return any(set(range(start, start + minutes)) <= open_minutes for start in starts)


def on_monday(*spans: tuple[int, int]) -> WeeklyWindows:
    return WeeklyWindows({Weekday.MONDAY: tuple(Window(start, end) for start, end in spans)})


def faults_of(value: object) -> list[str]:
    with pytest.raises(InvalidValues) as caught:
        WeeklyWindows.from_json(value)
    return [str(fault) for fault in caught.value.faults]


def window(start: object = "09:00", end: object = "12:00") -> dict[str, list[dict[str, object]]]:
    return {"monday": [{"start": start, "end": end}]}


# Times


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("00:00", 0), ("00:01", 1), ("09:00", 540), ("12:30", 750), ("19:59", 1199), ("23:59", 1439), ("24:00", 1440)],
)
def test_a_time_is_hours_and_minutes_up_to_midnight(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes


NO_TIMES = [
    "",
    "9:00",
    "09:0",
    "0900",
    "09.00",
    "09:60",
    "24:01",
    "25:00",
    "-1:00",
    "09:00:00",
    " 09:00",
    "09:00 ",
    "09:00\n",
    "09:0\u0663",
    "\u0660\u0669:00",
    "0\uff19:00",
    "noon",
]


@pytest.mark.parametrize("text", NO_TIMES)
def test_nothing_else_is_a_time(text: str) -> None:
    assert minutes_of(text) is None


@given(st.integers(0, 1440))
def test_a_time_that_is_written_is_read_back(minutes: int) -> None:
    assert minutes_of(clock(minutes)) == minutes


@given(st.text(max_size=6))
def test_what_is_read_as_a_time_is_written_the_same(text: str) -> None:
    assert text in {clock(minutes) for minutes in range(1441)} or minutes_of(text) is None


# Windows


@pytest.mark.parametrize(("start", "end"), [(540, 540), (541, 540), (-1, 60), (0, 1441), (1440, 1440), (1440, 1500)])
def test_a_window_ends_after_its_start_and_on_its_day(start: int, end: int) -> None:
    with pytest.raises(InvalidValue, match="does not end after its start"):
        Window(start, end)


def test_a_window_may_be_the_whole_day() -> None:
    assert str(Window(0, 1440)) == "00:00-24:00"


@given(windows())
def test_a_window_is_written_as_its_two_times(window: Window) -> None:
    assert [minutes_of(part) for part in str(window).split("-")] == [window.start, window.end]


# Reading


def test_the_stored_form_is_read() -> None:
    hours = WeeklyWindows.from_json(
        {
            "wednesday": [{"start": "14:00", "end": "16:30"}, {"end": "09:00", "start": "08:00"}],
            "monday": [{"start": "09:00", "end": "12:00"}],
            "sunday": [],
        }
    )

    assert list(hours.days()) == [
        (Weekday.MONDAY, (Window(540, 720),)),
        (Weekday.WEDNESDAY, (Window(480, 540), Window(840, 990))),
    ]


def test_midnight_as_an_end_is_24_00() -> None:
    hours = WeeklyWindows.from_json(window("22:00", "24:00"))

    assert hours.on(Weekday.MONDAY) == (Window(22 * 60, 24 * 60),)
    assert hours.to_json() == window("22:00", "24:00")


@pytest.mark.parametrize("text", ["09:00-12:00", " 09:00 - 12:00 ", "09:00–12:00"])
def test_a_window_may_be_one_string(text: str) -> None:
    assert WeeklyWindows.from_json({"monday": [text]}) == on_monday((540, 720))


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"monday": ["09:00-10:00", {"start": "11:00", "end": "25:00"}]}, "monday[1].end: '25:00' is not a time"),
        (window("9:00"), "monday[0].start: '9:00' is not a time"),
        (window(end="00:00"), "monday[0].end: 00:00 is not after 09:00"),
        (window("12:00", "12:00"), "monday[0].end: 12:00 is not after 12:00"),
        (window("24:00", "24:00"), "monday[0].end: 24:00 is not after 24:00"),
        (window(540), "monday[0].start: '540' is not a time"),
        (window(None), "monday[0].start: 'None' is not a time"),
        (window("09:0\u0663"), "monday[0].start: '09:0\u0663' is not a time"),
        (window(end="x" * 50), f"monday[0].end: '{'x' * 20}' is not a time"),
        ({"monday": [{"start": "09:00"}]}, "monday[0].end: is missing"),
        ({"monday": [{"end": "09:00"}]}, "monday[0].start: is missing"),
        ({"monday": [{"start": "09:00", "end": "10:00", "till": 1}]}, "monday[0].till: is not known"),
        ({"monday": [{"start": "09:00", "end": "10:00", 5: 1}]}, "monday[0].5: is not known"),
        ({"friday": ["9-12"]}, 'friday[0]: expected {"start": "HH:MM", "end": "HH:MM"}'),
        ({"friday": ["09:00-12:00, 13:00-14:00"]}, 'friday[0]: expected {"start": "HH:MM", "end": "HH:MM"}'),
        ({"friday": [None]}, 'friday[0]: expected {"start": "HH:MM", "end": "HH:MM"}'),
        ({"friday": [[540, 720]]}, 'friday[0]: expected {"start": "HH:MM", "end": "HH:MM"}'),
        ({"friday": ["12:00-09:00"]}, "friday[0].end: 09:00 is not after 12:00"),
        ({"friday": ["25:00-26:00"]}, "friday[0].start: '25:00' is not a time"),
        ({"friday": "09:00-12:00"}, "friday: expected a list of windows"),
        ({"friday": None}, "friday: expected a list of windows"),
        ({"friday": {"start": "09:00", "end": "10:00"}}, "friday: expected a list of windows"),
        ({"Monday": []}, "Monday: is not a weekday"),
        ({"montag": []}, "montag: is not a weekday"),
        ({1: []}, "1: is not a weekday"),
        ([], "expected days with windows, got list"),
        ("monday", "expected days with windows, got str"),
        (None, "expected days with windows, got NoneType"),
    ],
)
def test_a_fault_names_its_place(value: object, fault: str) -> None:
    assert faults_of(value)[0] == fault


def test_every_fault_is_reported_at_once() -> None:
    value = {
        "someday": [],
        "monday": [{"start": "25:00", "end": "99:99", "note": ""}, "10:00-09:00"],
        "friday": 5,
        "sunday": ["09:00-10:00"],
    }

    assert faults_of(value) == [
        "someday: is not a weekday",
        "monday[0].note: is not known",
        "monday[0].start: '25:00' is not a time",
        "monday[0].end: '99:99' is not a time",
        "monday[1].end: 09:00 is not after 10:00",
        "friday: expected a list of windows",
    ]


def test_a_fault_carries_its_place_and_is_an_error_of_boona() -> None:
    with pytest.raises(InvalidValues) as caught:
        WeeklyWindows.from_json(window(end="25:00"))

    assert isinstance(caught.value, BoonaError)
    assert isinstance(caught.value, ValueError)
    assert [(fault.place, fault.fault) for fault in caught.value.faults] == [
        ("monday[0].end", "'25:00' is not a time"),
    ]


def test_a_place_is_bounded_in_length() -> None:
    assert faults_of({"x" * 10_000: []}) == [f"{'x' * 40}: is not a weekday"]
    assert len(faults_of({"monday": [{"y" * 10_000: 1}]})[0]) < 80


def read_or_faults(value: object) -> WeeklyWindows | tuple[InvalidValue, ...]:
    """What comes of reading; any other error passes through."""
    try:
        return WeeklyWindows.from_json(value)
    except InvalidValues as refused:
        return refused.faults or (InvalidValue("", ""),)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["09:00", "24:00", "08:00-09:00"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*WEEK, "start", "end", "day"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(anything)
def test_whatever_comes_in_is_read_or_refused_with_faults(value: Any) -> None:
    read = read_or_faults(value)

    assert read == WeeklyWindows.from_json(read.to_json()) if isinstance(read, WeeklyWindows) else all(map(str, read))


# Meaning


@pytest.mark.parametrize(
    ("spans", "merged"),
    [
        ([(540, 600), (600, 660)], [(540, 660)]),
        ([(540, 600), (601, 660)], [(540, 600), (601, 660)]),
        ([(600, 660), (540, 620)], [(540, 660)]),
        ([(540, 900), (600, 660)], [(540, 900)]),
        ([(540, 600), (540, 600)], [(540, 600)]),
    ],
)
def test_overlapping_and_touching_windows_are_one(spans: list[tuple[int, int]], merged: list[tuple[int, int]]) -> None:
    assert [(each.start, each.end) for each in on_monday(*spans).on(Weekday.MONDAY)] == merged


@given(st.lists(windows(), max_size=8).map(tuple))
def test_merging_keeps_every_minute_and_adds_none(spans: tuple[Window, ...]) -> None:
    merged = WeeklyWindows({Weekday.FRIDAY: spans}).on(Weekday.FRIDAY)

    assert minutes_in(merged) == minutes_in(spans)
    assert list(merged) == sorted(merged)
    assert all(one.end < two.start for one, two in pairwise(merged))


@given(st.lists(windows(grid=60), max_size=5).map(tuple), st.lists(windows(grid=60), max_size=5).map(tuple))
def test_two_values_are_equal_when_they_mean_the_same(one: tuple[Window, ...], two: tuple[Window, ...]) -> None:
    left, right = (WeeklyWindows({Weekday.MONDAY: spans}) for spans in (one, two))

    assert (left == right) == (minutes_in(one) == minutes_in(two))
    assert (hash(left) == hash(right)) or left != right


@given(weekly_windows())
def test_what_is_stored_is_read_back(hours: WeeklyWindows) -> None:
    assert WeeklyWindows.from_json(hours.to_json()) == hours


@given(weekly_windows())
def test_the_order_of_the_days_changes_nothing(hours: WeeklyWindows) -> None:
    backwards = WeeklyWindows(dict(reversed(list(hours.days()))))

    assert list(backwards.days()) == list(hours.days())
    assert [day for day, _ in hours.days()] == [day for day in WEEK if hours.on(day)]


def test_a_week_without_windows_is_false() -> None:
    assert not WeeklyWindows()
    assert not WeeklyWindows({Weekday.MONDAY: ()})
    assert on_monday((0, 1))


def test_a_day_without_windows_has_none() -> None:
    assert on_monday((540, 600)).on(Weekday.TUESDAY) == ()


@given(st.dates())
def test_a_weekday_is_named_as_the_calendar_names_it(day: date) -> None:
    assert weekday_of(day).value == day.strftime("%A").lower()


# Room for a call


@pytest.mark.parametrize(
    ("span", "minutes", "grid", "fits"),
    [
        ((540, 545), 5, 5, True),
        ((540, 544), 5, 5, False),
        ((541, 546), 5, 5, False),
        ((541, 550), 5, 5, True),
        ((541, 546), 5, 1, True),
        ((1435, 1440), 5, 5, True),
        ((1436, 1440), 5, 5, False),
        ((1381, 1440), 30, 60, False),
        ((0, 60), 60, 60, True),
    ],
)
def test_a_call_begins_on_the_grid_and_lies_wholly_inside(
    span: tuple[int, int], minutes: int, grid: int, fits: bool
) -> None:
    assert on_monday(span).has_block_on(MONDAY, minutes=minutes, grid=grid) is fits


def test_two_short_windows_do_not_make_room_for_one_call() -> None:
    assert not on_monday((540, 560), (561, 580)).has_block_on(MONDAY, minutes=30, grid=5)
    assert on_monday((540, 560), (560, 580)).has_block_on(MONDAY, minutes=30, grid=5)


@given(weekly_windows(), st.integers(0, 6), st.integers(1, 90), st.integers(1, 60))
def test_there_is_room_where_a_scan_of_all_minutes_finds_it(
    hours: WeeklyWindows, ahead: int, minutes: int, grid: int
) -> None:
    day = MONDAY + timedelta(days=ahead)

    found = hours.has_block_on(day, minutes=minutes, grid=grid)

    assert found == fits_by_scanning(minutes_in(hours.on(weekday_of(day))), minutes=minutes, grid=grid)


@given(st.integers(0, 30), st.integers(1, 30), st.integers(1, 30), st.integers(1, 15))
def test_a_narrow_window_has_room_where_a_scan_finds_it(start: int, length: int, minutes: int, grid: int) -> None:
    hours = on_monday((start, start + length))

    found = hours.has_block_on(MONDAY, minutes=minutes, grid=grid)

    assert found == fits_by_scanning(set(range(start, start + length)), minutes=minutes, grid=grid)
