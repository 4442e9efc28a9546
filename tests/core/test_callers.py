"""A caller has a name that every store can keep, weekly hours, and absences of whole days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.callers import Absence, Caller, CallerHours
from boona_core.errors import InvalidValue, InvalidValues
from boona_core.ids import CallerId

MONDAY = date(2026, 3, 23)
DAY = timedelta(days=1)


def test_an_absence_holds_its_first_day_and_not_the_first_day_back() -> None:
    absence = Absence(MONDAY, MONDAY + 2 * DAY)

    assert [absence.holds(MONDAY + each * DAY) for each in (-1, 0, 1, 2)] == [False, True, True, False]


@pytest.mark.parametrize("ends", [MONDAY, MONDAY - DAY])
def test_an_absence_without_a_day_is_refused(ends: date) -> None:
    with pytest.raises(InvalidValue, match=r"^ends: "):
        Absence(MONDAY, ends)


def test_absences_stand_in_the_order_of_their_first_days() -> None:
    late, early = Absence(MONDAY + 7 * DAY, MONDAY + 8 * DAY), Absence(MONDAY, MONDAY + DAY)

    assert CallerHours(absences=(late, early)).absences == (early, late)


def test_absences_that_share_a_day_are_one() -> None:
    ill, on_holiday = Absence(MONDAY, MONDAY + 3 * DAY), Absence(MONDAY, MONDAY + DAY)

    assert CallerHours(absences=(ill, on_holiday)).absences == (ill,)


def test_absences_that_only_touch_stay_two() -> None:
    ill, on_holiday = Absence(MONDAY, MONDAY + DAY), Absence(MONDAY + DAY, MONDAY + 2 * DAY)

    assert CallerHours(absences=(ill, on_holiday)).absences == (ill, on_holiday)


runs = st.builds(
    lambda begins, days: Absence(MONDAY + begins * DAY, MONDAY + (begins + days) * DAY),
    st.integers(0, 20),
    st.integers(1, 8),
)


@given(st.lists(runs, max_size=6))
def test_a_caller_is_absent_on_the_days_of_any_absence_and_each_day_is_in_one(absences: list[Absence]) -> None:
    days = [MONDAY + each * DAY for each in range(-1, 30)]
    away = {day for each in absences for day in days if each.begins <= day < each.ends}

    hours = CallerHours(absences=tuple(absences))

    assert {day for day in days if hours.is_absent_on(day)} == away
    assert sum((each.ends - each.begins).days for each in hours.absences) == len(away)


@pytest.mark.parametrize("name", ["", "   "])
def test_a_caller_without_a_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match=r"^name: "):
        Caller(id=CallerId(1), name=name)


@pytest.mark.parametrize("name", ["x" * 101, " " + "x" * 100, "A\x00da", "\ud800"])
def test_a_name_that_no_store_can_keep_is_refused_without_being_told(name: str) -> None:
    with pytest.raises(InvalidValues, match=r"^name: ") as refused:
        Caller(id=CallerId(1), name=name)

    assert name not in str(refused.value)


def test_a_name_of_a_hundred_characters_is_kept() -> None:
    assert Caller(id=CallerId(1), name="x" * 100).name == "x" * 100


def test_the_representation_of_a_caller_does_not_tell_the_name() -> None:
    assert "Ada" not in repr(Caller(id=CallerId(1), name="Ada"))
