"""A caller is free within working hours, but for breaks, absences and the calls that are planned."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from boona_core.caller_time import free_time
from boona_core.callers import Absence, CallerHours
from boona_core.calls import CallTime
from boona_core.windows import Weekday, WeeklyWindows, Window, weekday_of
from tests.core.strategies import weekly_windows

MONDAY = date(2026, 3, 23)
TUESDAY = MONDAY + timedelta(days=1)
HOURS = CallerHours(
    working_hours=WeeklyWindows({Weekday.MONDAY: (Window(480, 960),)}),
    breaks=WeeklyWindows({Weekday.MONDAY: (Window(720, 750),), Weekday.TUESDAY: (Window(720, 750),)}),
)


def test_a_break_parts_the_working_hours() -> None:
    assert free_time(HOURS, MONDAY) == (Window(480, 720), Window(750, 960))


def test_a_day_without_working_hours_has_no_free_time() -> None:
    assert free_time(HOURS, TUESDAY) == ()


def test_a_day_of_absence_has_no_free_time_and_the_first_day_back_has() -> None:
    absent = CallerHours(
        working_hours=WeeklyWindows(dict.fromkeys(Weekday, (Window(480, 960),))),
        absences=(Absence(MONDAY, TUESDAY),),
    )

    assert free_time(absent, MONDAY) == ()
    assert free_time(absent, TUESDAY) == (Window(480, 960),)


def test_a_planned_call_takes_its_minutes_on_its_day_only() -> None:
    booked = [CallTime(MONDAY, 900, 60), CallTime(MONDAY, 480, 5), CallTime(TUESDAY, 500, 60)]

    assert free_time(HOURS, MONDAY, booked) == (Window(485, 720), Window(750, 900))


def test_a_day_that_is_booked_out_has_no_free_time() -> None:
    assert free_time(HOURS, MONDAY, [CallTime(MONDAY, 0, 1440)]) == ()


times = st.builds(CallTime, st.sampled_from([MONDAY, TUESDAY]), st.integers(0, 1300), st.integers(1, 140))


@given(weekly_windows(), weekly_windows(), st.lists(times, max_size=5))
def test_free_minutes_are_those_of_work_without_a_break_or_a_call(
    working: WeeklyWindows, breaks: WeeklyWindows, booked: list[CallTime]
) -> None:
    day = weekday_of(MONDAY)

    free = free_time(CallerHours(working_hours=working, breaks=breaks), MONDAY, booked)

    expected = [
        minute
        for minute in range(1440)
        if any(w.start <= minute < w.end for w in working.on(day))
        and not any(w.start <= minute < w.end for w in breaks.on(day))
        and not any(c.day == MONDAY and c.start <= minute < c.start + c.minutes for c in booked)
    ]
    assert [minute for window in free for minute in range(window.start, window.end)] == expected
