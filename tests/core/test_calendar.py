"""Working days: what closes a day, for a Land that is known and for one that is not."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from boona_core.calendar import Calendar
from boona_core.lands import Land
from boona_core.windows import Weekday

MONDAY = date(2026, 3, 23)
TUESDAY, WEDNESDAY, SATURDAY, SUNDAY = (MONDAY + timedelta(days=ahead) for ahead in (1, 2, 5, 6))
NEW_YEAR = date(2027, 1, 1)


def in_bavaria_on(*days: date) -> Calendar:
    """A calendar in which these are the only holidays, and only in Bavaria."""

    def holidays(land: Land, year: int) -> frozenset[date]:
        return frozenset(day for day in days if land is Land.BAVARIA and day.year == year)

    return Calendar(holidays=holidays)


NO_HOLIDAYS = in_bavaria_on()


def test_a_holiday_closes_the_day_in_its_land_only() -> None:
    calendar = in_bavaria_on(TUESDAY)

    assert not calendar.is_working_day(TUESDAY, Land.BAVARIA)
    assert calendar.is_working_day(TUESDAY, Land.BERLIN)
    assert calendar.is_working_day(WEDNESDAY, Land.BAVARIA)


def test_where_the_land_is_not_known_a_holiday_anywhere_closes_the_day() -> None:
    calendar = in_bavaria_on(TUESDAY)

    assert not calendar.is_working_day(TUESDAY, None)
    assert calendar.is_working_day(WEDNESDAY, None)


def test_a_closure_closes_its_days_everywhere() -> None:
    calendar = Calendar(holidays=NO_HOLIDAYS.holidays, closures={TUESDAY, WEDNESDAY})

    days = [MONDAY + timedelta(days=ahead) for ahead in range(4)]

    assert [calendar.is_working_day(day, Land.BERLIN) for day in days] == [True, False, False, True]
    assert [calendar.is_working_day(day, None) for day in days] == [True, False, False, True]


def test_a_weekend_is_open_unless_the_agency_rests() -> None:
    resting = Calendar(holidays=NO_HOLIDAYS.holidays, rest_days={Weekday.SUNDAY})

    assert [NO_HOLIDAYS.is_working_day(day, Land.BERLIN) for day in (SATURDAY, SUNDAY)] == [True, True]
    assert [resting.is_working_day(day, Land.BERLIN) for day in (SATURDAY, SUNDAY)] == [True, False]


def test_the_next_working_day_is_never_the_day_itself() -> None:
    assert NO_HOLIDAYS.next_working_day(MONDAY, Land.BERLIN) == TUESDAY
    assert in_bavaria_on(TUESDAY).next_working_day(MONDAY, Land.BAVARIA) == WEDNESDAY


def test_the_next_working_day_may_lie_in_the_next_year() -> None:
    assert in_bavaria_on(NEW_YEAR).next_working_day(date(2026, 12, 31), None) == date(2027, 1, 2)


def test_an_agency_that_closes_for_good_has_no_next_working_day() -> None:
    closed = Calendar(holidays=NO_HOLIDAYS.holidays, closures={MONDAY + timedelta(days=ahead) for ahead in range(400)})

    assert closed.next_working_day(MONDAY, Land.BERLIN) is None


@given(
    st.sets(st.integers(0, 40)),
    st.sets(st.integers(0, 40)),
    st.sets(st.sampled_from(Weekday), max_size=6),
    st.sampled_from([*Land, None]),
)
def test_the_next_working_day_is_the_first_that_is_one(
    holidays: set[int], closures: set[int], rest_days: set[Weekday], land: Land | None
) -> None:
    calendar = Calendar(
        holidays=in_bavaria_on(*(MONDAY + timedelta(days=ahead) for ahead in holidays)).holidays,
        closures={MONDAY + timedelta(days=ahead) for ahead in closures},
        rest_days=rest_days,
    )

    found = calendar.next_working_day(MONDAY, land)

    assert found is not None
    assert calendar.is_working_day(found, land)
    between = [MONDAY + timedelta(days=ahead) for ahead in range(1, (found - MONDAY).days)]
    assert not any(calendar.is_working_day(day, land) for day in between)
