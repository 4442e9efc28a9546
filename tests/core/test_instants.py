"""Instants are aware and become UTC; days are local dates, and each has a first instant."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boona_core.errors import BoonaError, NaiveInstant
from boona_core.instants import BERLIN, days_after, local_day, start_of_day, utc

NOW = datetime(2026, 3, 23, 13, 37, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)

ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/Sao_Paulo",
        "America/Havana",
        "America/Toronto",
        "Africa/Cairo",
        "Asia/Beirut",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Pacific/Kiritimati",
        "Antarctica/Troll",
    )
]

zones = st.sampled_from(ZONES)
days = st.dates(min_value=date(1990, 1, 1), max_value=date(2037, 12, 30))
offsets = st.timedeltas(min_value=timedelta(hours=-23), max_value=timedelta(hours=23)).map(timezone)
instants = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2037, 12, 30), timezones=offsets)  # noqa: DTZ001 - bounds


def first_instant_by_looking(day: date, zone: ZoneInfo) -> datetime:
    """The oracle of `start_of_day`: look at every minute around, and take the first that shows *day* or a later one."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    minutes = (noon + timedelta(minutes=minute) for minute in range(-48 * 60, 48 * 60))
    return next(minute for minute in minutes if minute.astimezone(zone).date() >= day)


def test_an_instant_becomes_utc() -> None:
    in_berlin = datetime(2026, 3, 23, 14, 37, tzinfo=BERLIN)

    converted = utc(in_berlin)

    assert converted == NOW
    assert converted.tzinfo is UTC


@pytest.mark.parametrize("naive", [datetime(2026, 3, 23, 14, 37), datetime.min, datetime.max])  # noqa: DTZ001, DTZ901 - the subject
def test_a_naive_instant_is_refused(naive: datetime) -> None:
    with pytest.raises(NaiveInstant, match="needs a UTC offset"):
        utc(naive)


def test_a_naive_instant_has_no_local_day() -> None:
    with pytest.raises(NaiveInstant):
        local_day(datetime(2026, 3, 23, 14, 37), BERLIN)  # noqa: DTZ001 - the subject


def test_a_refused_instant_is_an_error_of_boona_and_a_value_error() -> None:
    assert issubclass(NaiveInstant, BoonaError)
    assert issubclass(NaiveInstant, ValueError)


@given(instants)
def test_conversion_keeps_the_instant(instant: datetime) -> None:
    converted = utc(instant)

    assert converted == instant
    assert converted.utcoffset() == timedelta(0)
    assert utc(converted) == converted


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-03-23T22:59:59.999999+00:00", date(2026, 3, 23)),
        ("2026-03-23T23:00:00+00:00", date(2026, 3, 24)),
        ("2026-03-29T21:59:59.999999+00:00", date(2026, 3, 29)),
        ("2026-03-29T22:00:00+00:00", date(2026, 3, 30)),
        ("2026-12-31T23:00:00+00:00", date(2027, 1, 1)),
        ("2026-03-23T14:37:00-11:00", date(2026, 3, 24)),
    ],
)
def test_the_local_day_is_the_date_on_the_wall_in_berlin(instant: str, day: date) -> None:
    assert local_day(datetime.fromisoformat(instant), BERLIN) == day


@pytest.mark.parametrize(
    ("zone", "day", "first"),
    [
        ("Europe/Berlin", date(2026, 3, 28), "2026-03-27T23:00+00:00"),
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00+00:00"),
        ("Europe/Berlin", date(2026, 3, 30), "2026-03-29T22:00+00:00"),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-24T22:00+00:00"),
        ("Europe/Berlin", date(2026, 10, 26), "2026-10-25T23:00+00:00"),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00+00:00"),
        ("Africa/Cairo", date(2023, 4, 28), "2023-04-27T22:00+00:00"),
        ("Asia/Beirut", date(2026, 3, 29), "2026-03-28T22:00+00:00"),
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00+00:00"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00+00:00"),
    ],
    ids=str,
)
def test_a_day_begins_at_its_first_instant(zone: str, day: date, first: str) -> None:
    assert start_of_day(day, ZoneInfo(zone)) == datetime.fromisoformat(first)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4)),
        ("Africa/Cairo", date(2023, 4, 28)),
        ("Asia/Beirut", date(2026, 3, 29)),
    ],
)
def test_where_midnight_does_not_exist_the_day_begins_at_one(zone: str, day: date) -> None:
    start = start_of_day(day, ZoneInfo(zone))

    assert start.astimezone(ZoneInfo(zone)).isoformat()[:16] == f"{day}T01:00"
    assert local_day(start - TICK, ZoneInfo(zone)) == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 26), 24)],
)
def test_a_day_in_berlin_is_an_hour_shorter_or_longer_when_the_clocks_change(day: date, hours: int) -> None:
    length = start_of_day(days_after(day, 1), BERLIN) - start_of_day(day, BERLIN)

    assert length == timedelta(hours=hours)


@given(days, zones)
def test_the_first_instant_of_a_day_shows_its_date_and_the_one_before_does_not(day: date, zone: ZoneInfo) -> None:
    start = start_of_day(day, zone)

    assert start.tzinfo is UTC
    assert local_day(start, zone) >= day
    assert local_day(start - TICK, zone) < day


@given(days, st.sampled_from([zone for zone in ZONES if zone.key != "Pacific/Apia"]))
def test_local_day_undoes_start_of_day(day: date, zone: ZoneInfo) -> None:
    assert local_day(start_of_day(day, zone), zone) == day


@given(instants, zones)
@example(datetime(2026, 3, 29, 1, tzinfo=UTC), BERLIN)
@example(datetime(2026, 10, 25, 1, tzinfo=UTC), BERLIN)
def test_an_instant_lies_between_the_start_of_its_day_and_that_of_the_next(instant: datetime, zone: ZoneInfo) -> None:
    day = local_day(instant, zone)

    assert start_of_day(day, zone) <= instant < start_of_day(days_after(day, 1), zone)


@given(days, zones)
@example(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo"))
@example(date(2011, 12, 30), ZoneInfo("Pacific/Apia"))
@example(date(2026, 3, 29), BERLIN)
def test_the_start_of_a_day_is_the_first_minute_that_shows_it(day: date, zone: ZoneInfo) -> None:
    assert start_of_day(day, zone) == first_instant_by_looking(day, zone)


@given(days, st.integers(0, 4000), zones)
def test_later_days_begin_later(day: date, more: int, zone: ZoneInfo) -> None:
    later = date.fromordinal(day.toordinal() + more)

    assert days_after(day, more) == later
    assert start_of_day(day, zone) <= start_of_day(later, zone)


@pytest.mark.parametrize(
    ("day", "days", "later"),
    [
        (date(2026, 3, 23), 0, date(2026, 3, 23)),
        (date(2026, 3, 23), 7, date(2026, 3, 30)),
        (date(2026, 12, 28), 7, date(2027, 1, 4)),
        (date(2028, 2, 28), 1, date(2028, 2, 29)),
        (date(2026, 3, 1), -1, date(2026, 2, 28)),
    ],
)
def test_days_are_counted_as_dates(day: date, days: int, later: date) -> None:
    assert days_after(day, days) == later


@pytest.mark.parametrize(
    ("day", "days", "last"),
    [
        (date(9999, 12, 31), 1, date.max),
        (date(9999, 12, 30), 7, date.max),
        (date(2026, 3, 1), 10**12, date.max),
        (date(1, 1, 1), -1, date.min),
        (date(2026, 3, 1), -(10**12), date.min),
        (date(9999, 12, 31), -1, date(9999, 12, 30)),
    ],
)
def test_no_day_lies_beyond_the_calendar(day: date, days: int, last: date) -> None:
    assert days_after(day, days) == last


def test_seven_days_in_the_week_of_the_change_are_not_168_hours() -> None:
    start = start_of_day(date(2026, 3, 23), BERLIN)

    week_later = start_of_day(days_after(date(2026, 3, 23), 7), BERLIN)

    assert week_later - start == timedelta(hours=167)
    assert local_day(start + timedelta(hours=167) - MINUTE, BERLIN) == date(2026, 3, 29)
