"""What exists of a day's windows, and when, on both nights of a clock change and on the days between."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boona_core.instants import BERLIN
from boona_core.wall_clock import ClockChange, clock_change, existing, instant_of, unbroken
from boona_core.windows import WeeklyWindows, Window, weekday_of
from tests.core.strategies import weekly_windows

SPRING = date(2026, 3, 29)
AUTUMN = date(2026, 10, 25)
SUNDAY = date(2026, 6, 14)
MINUTE = timedelta(minutes=1)

ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/Havana",
        "America/Sao_Paulo",
        "Asia/Beirut",
        "Australia/Lord_Howe",
        "Antarctica/Troll",
    )
]

zones = st.sampled_from(ZONES)
days = st.dates(min_value=date(2015, 1, 1), max_value=date(2030, 12, 30)) | st.sampled_from(
    [SPRING, AUTUMN, date(2018, 11, 4), date(2026, 4, 5), date(2024, 3, 31)]
)


def first_instants(day: date, zone: ZoneInfo) -> dict[int, datetime]:
    """The oracle: let time pass, look at the clock on the wall each minute, and note when it first shows each."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    seen: dict[int, datetime] = {}
    for ahead in range(54 * 60):
        instant = start + ahead * MINUTE
        shown = instant.astimezone(zone)
        if shown.date() == day:
            seen.setdefault(shown.hour * 60 + shown.minute, instant)
    return seen


def minutes_of(windows: tuple[Window, ...]) -> list[int]:
    return [minute for window in windows for minute in range(window.start, window.end)]


def span(window: Window, day: date) -> tuple[str, str]:
    """Start and end of a window as UTC."""
    return tuple(f"{instant_of(day, minute, BERLIN):%d %H:%M}" for minute in (window.start, window.end))  # type: ignore[return-value]


def hours(start: float, end: float) -> Window:
    return Window(int(start * 60), int(end * 60))


# Ordinary days


def test_an_ordinary_sunday_keeps_its_windows() -> None:
    night = (hours(1, 4),)

    assert clock_change(SUNDAY, BERLIN) is None
    assert existing(night, SUNDAY, BERLIN) == unbroken(night, SUNDAY, BERLIN) == night
    assert span(night[0], SUNDAY) == ("13 23:00", "14 02:00")


def test_a_day_ends_at_the_next_midnight() -> None:
    assert instant_of(SUNDAY, 1440, BERLIN) == instant_of(SUNDAY + timedelta(days=1), 0, BERLIN)


# The night in spring: 02:00 to 03:00 does not exist


def test_in_spring_an_hour_is_missing() -> None:
    assert clock_change(SPRING, BERLIN) == ClockChange(gap=hours(2, 3), seam=180)


@pytest.mark.parametrize("window", [hours(2, 3), hours(2, 2.5), hours(2.25, 2.5), hours(2.5, 3)])
def test_a_window_inside_the_gap_is_skipped_as_a_whole(window: Window) -> None:
    assert existing((window,), SPRING, BERLIN) == ()
    assert unbroken((window,), SPRING, BERLIN) == ()


@pytest.mark.parametrize(
    ("window", "left"),
    [
        (hours(1, 2), (hours(1, 2),)),
        (hours(1, 2.5), (hours(1, 2),)),
        (hours(2.5, 4), (hours(3, 4),)),
        (hours(3, 4), (hours(3, 4),)),
        (hours(1, 4), (hours(1, 2), hours(3, 4))),
    ],
)
def test_a_window_shrinks_to_what_exists(window: Window, left: tuple[Window, ...]) -> None:
    assert existing((window,), SPRING, BERLIN) == left
    assert unbroken((window,), SPRING, BERLIN) == left


def test_what_is_left_around_the_gap_is_as_long_as_the_night_was() -> None:
    before, after = existing((hours(1, 4),), SPRING, BERLIN)

    assert span(before, SPRING) == ("29 00:00", "29 01:00")
    assert span(after, SPRING) == ("29 01:00", "29 02:00")


# The night in autumn: 02:00 to 03:00 comes twice


def test_in_autumn_nothing_is_missing() -> None:
    assert clock_change(AUTUMN, BERLIN) == ClockChange(gap=None, seam=180)
    assert existing((hours(1, 4),), AUTUMN, BERLIN) == (hours(1, 4),)


def test_a_repeated_hour_counts_once_as_its_first() -> None:
    (window,) = unbroken((hours(2, 3),), AUTUMN, BERLIN)

    assert instant_of(AUTUMN, window.start, BERLIN) == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    assert instant_of(AUTUMN, window.end - 1, BERLIN) == datetime(2026, 10, 25, 0, 59, tzinfo=UTC)
    assert instant_of(AUTUMN, window.end, BERLIN) == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)


def test_a_window_over_the_repeated_hour_falls_into_two_parts() -> None:
    assert unbroken((hours(2.5, 3.5),), AUTUMN, BERLIN) == (hours(2.5, 3), hours(3, 3.5))


# Zones that change at midnight, and by half an hour


def test_a_gap_at_midnight_takes_the_beginning_of_the_day() -> None:
    beirut = ZoneInfo("Asia/Beirut")

    assert clock_change(date(2024, 3, 31), beirut) == ClockChange(gap=hours(0, 1), seam=60)


def test_a_gap_may_be_half_an_hour() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")

    assert clock_change(date(2026, 10, 4), lord_howe) == ClockChange(gap=hours(2, 2.5), seam=150)


# Laws


@given(weekly_windows(), days, zones)
@example(WeeklyWindows({weekday_of(SPRING): (Window(0, 1440),)}), SPRING, BERLIN)
@example(WeeklyWindows({weekday_of(AUTUMN): (Window(0, 1440),)}), AUTUMN, BERLIN)
def test_the_minutes_that_exist_are_those_that_the_wall_shows(weekly: WeeklyWindows, day: date, zone: ZoneInfo) -> None:
    windows = weekly.on(weekday_of(day))
    shown = first_instants(day, zone)

    there = minutes_of(existing(windows, day, zone))

    assert there == [minute for minute in minutes_of(windows) if minute in shown]
    assert there == minutes_of(unbroken(windows, day, zone))
    assert {minute: instant_of(day, minute, zone) for minute in there} == {minute: shown[minute] for minute in there}


@given(days, zones)
@example(SPRING, BERLIN)
@example(AUTUMN, BERLIN)
def test_in_an_unbroken_part_a_minute_on_the_wall_is_a_minute_of_time(day: date, zone: ZoneInfo) -> None:
    shown = first_instants(day, zone)

    parts = unbroken((Window(0, 1440),), day, zone)

    assert [shown[part.end - 1] - shown[part.start] for part in parts] == [
        (part.end - 1 - part.start) * MINUTE for part in parts
    ]
