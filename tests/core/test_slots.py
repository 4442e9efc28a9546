"""The slot that is found is the earliest, in windows of every kind and on both nights of a clock change."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from boona_core.caller_time import free_time
from boona_core.callers import Absence, CallerHours
from boona_core.calls import CallTime
from boona_core.contact import ContactPolicy, Reason
from boona_core.errors import InvalidValue, NaiveInstant
from boona_core.ids import CallerId
from boona_core.instants import BERLIN
from boona_core.slots import FreeOn, Slot, SlotSearch, earliest_slot, slots_between
from boona_core.windows import Weekday, WeeklyWindows, Window, weekday_of
from tests.core.strategies import weekly_windows

MONDAY = date(2026, 3, 23)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
NEXT_MONDAY = MONDAY + timedelta(days=7)
SPRING = date(2026, 3, 29)
AUTUMN = date(2026, 10, 25)
ORDINARY_SUNDAY = date(2026, 6, 14)
POLICY = ContactPolicy()
MINUTE = timedelta(minutes=1)
ANNA, BEN = CallerId(1), CallerId(2)


def always(_: date) -> bool:
    return True


def at(day: date, clock: str) -> datetime:
    """An instant, by the clock on the wall in Berlin; of an hour that comes twice the first."""
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=BERLIN)


def weekly(**days: str) -> WeeklyWindows:
    """``monday="09:00-12:00 14:00-16:00"``."""
    return WeeklyWindows.from_json({day: windows.split() for day, windows in days.items()})


def search(hours: WeeklyWindows | None, minutes: int = 5, *, busy: tuple[CallTime, ...] = ()) -> SlotSearch:
    return SlotSearch(hours=hours, minutes=minutes, is_working_day=always, busy=busy)


def found(searched: SlotSearch, now: datetime, policy: ContactPolicy = POLICY) -> str:
    """The earliest slot as it is written, or the reason why there is none."""
    answer = earliest_slot(searched, policy, now=now)
    return answer.value if isinstance(answer, Reason) else str(answer.time)


def working(hours: WeeklyWindows, *booked: CallTime, absences: tuple[Absence, ...] = ()) -> FreeOn:
    """When a caller is free."""
    caller = CallerHours(working_hours=hours, absences=absences)
    return lambda day: free_time(caller, day, booked)


MORNINGS = weekly(monday="09:00-12:00", wednesday="09:00-12:00")
DAYTIME = weekly(**{day.value: "08:00-18:00" for day in Weekday})


# Windows and the grid


def test_the_first_slot_is_at_the_beginning_of_the_next_window() -> None:
    assert found(search(MORNINGS), at(MONDAY, "07:13")) == "2026-03-23 09:00"


def test_within_a_window_the_first_slot_is_the_next_on_the_grid() -> None:
    assert found(search(MORNINGS), at(MONDAY, "09:00")) == "2026-03-23 09:00"
    assert found(search(MORNINGS), at(MONDAY, "09:00:01")) == "2026-03-23 09:05"
    assert found(search(MORNINGS), at(MONDAY, "09:05")) == "2026-03-23 09:05"


def test_the_last_slot_of_a_window_ends_with_it() -> None:
    assert found(search(MORNINGS), at(MONDAY, "11:55")) == "2026-03-23 11:55"
    assert found(search(MORNINGS), at(MONDAY, "11:56")) == "2026-03-25 09:00"
    assert found(search(MORNINGS, 10), at(MONDAY, "11:55")) == "2026-03-25 09:00"


def test_a_window_off_the_grid_begins_at_the_next_grid_time() -> None:
    assert found(search(weekly(monday="09:02-09:11")), at(MONDAY, "07:00")) == "2026-03-23 09:05"
    assert found(search(weekly(monday="09:02-09:09")), at(MONDAY, "07:00")) == "no_free_slot"


def test_a_window_shorter_than_the_call_holds_none() -> None:
    assert found(search(weekly(monday="09:00-09:14", tuesday="10:00-10:15"), 15), at(MONDAY, "07:00")) == (
        "2026-03-24 10:00"
    )


def test_two_short_windows_do_not_hold_one_call() -> None:
    assert found(search(weekly(monday="09:00-09:10 09:15-09:25"), 15), at(MONDAY, "07:00")) == "no_free_slot"


def test_overlapping_windows_are_one() -> None:
    assert found(search(weekly(monday="09:10-09:25 09:00-09:15"), 25), at(MONDAY, "07:00")) == "2026-03-23 09:00"


def test_a_window_up_to_midnight_holds_a_call_that_ends_then() -> None:
    late = search(weekly(monday="23:00-24:00"))

    assert found(late, at(MONDAY, "12:00")) == "2026-03-23 23:00"
    assert found(late, at(MONDAY, "23:55")) == "2026-03-23 23:55"
    assert found(late, at(MONDAY, "23:56")) == "2026-03-30 23:00"


def test_a_call_does_not_reach_over_midnight() -> None:
    around = search(weekly(monday="23:00-24:00", tuesday="00:00-01:00"), 10)

    assert found(around, at(MONDAY, "23:51")) == "2026-03-24 00:00"


# Now, lead, horizon


def test_no_slot_is_earlier_than_now_plus_the_lead() -> None:
    lead = ContactPolicy(call_lead_minutes=60)

    assert found(search(MORNINGS), at(MONDAY, "08:30"), lead) == "2026-03-23 09:30"
    assert found(search(MORNINGS), at(MONDAY, "11:30"), lead) == "2026-03-25 09:00"


def test_the_last_day_of_the_horizon_counts_and_the_next_does_not() -> None:
    late_on_monday = at(MONDAY, "12:00")
    mondays = search(weekly(monday="09:00-12:00"))

    assert found(mondays, late_on_monday, ContactPolicy(call_horizon_days=7)) == "2026-03-30 09:00"
    assert found(mondays, late_on_monday, ContactPolicy(call_horizon_days=6)) == "no_free_slot"


def test_a_lead_does_not_move_the_horizon() -> None:
    policy = ContactPolicy(call_horizon_days=1, call_lead_minutes=24 * 60)

    assert found(search(MORNINGS), at(MONDAY, "10:00"), policy) == "no_free_slot"


def test_no_slot_is_earlier_than_asked() -> None:
    answer = earliest_slot(search(MORNINGS), POLICY, now=at(MONDAY, "07:00"), not_before=at(MONDAY, "10:01"))

    assert answer == Slot(CallTime(MONDAY, 10 * 60 + 5, 5))


def test_what_is_asked_does_not_undo_the_lead() -> None:
    answer = earliest_slot(search(MORNINGS), POLICY, now=at(MONDAY, "11:00"), not_before=at(MONDAY, "09:00"))

    assert answer == Slot(CallTime(MONDAY, 11 * 60, 5))


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(NaiveInstant):
        earliest_slot(search(MORNINGS), POLICY, now=datetime(2026, 3, 23, 8))  # noqa: DTZ001 - the subject


def test_a_call_without_a_length_is_refused() -> None:
    with pytest.raises(InvalidValue, match="a call takes at least a minute, not 0"):
        search(MORNINGS, 0)


# What stands in the way


@pytest.mark.parametrize("hours", [None, WeeklyWindows()])
def test_who_never_answers_has_no_phone_hours(hours: WeeklyWindows | None) -> None:
    assert found(search(hours), at(MONDAY, "07:00")) == "no_phone_hours"


def test_a_closed_day_has_no_slot() -> None:
    closed_on_monday = evolve(search(MORNINGS), is_working_day=lambda day: day != MONDAY)

    assert found(closed_on_monday, at(MONDAY, "07:00")) == "2026-03-25 09:00"


def test_when_every_day_is_closed_there_is_no_free_slot() -> None:
    assert found(evolve(search(MORNINGS), is_working_day=lambda _: False), at(MONDAY, "07:00")) == "no_free_slot"


def test_a_planned_call_takes_its_time_and_no_more() -> None:
    assert found(search(MORNINGS, busy=(CallTime(MONDAY, 540, 5),)), at(MONDAY, "07:00")) == "2026-03-23 09:05"
    assert found(search(MORNINGS, busy=(CallTime(MONDAY, 541, 5),)), at(MONDAY, "07:00")) == "2026-03-23 09:10"
    assert found(search(MORNINGS, busy=(CallTime(MONDAY, 545, 5),)), at(MONDAY, "07:00")) == "2026-03-23 09:00"
    assert found(search(MORNINGS, 10, busy=(CallTime(MONDAY, 545, 5),)), at(MONDAY, "07:00")) == "2026-03-23 09:10"


def test_planned_calls_may_come_in_any_order_and_overlap() -> None:
    busy = (CallTime(MONDAY, 560, 10), CallTime(MONDAY, 540, 10), CallTime(MONDAY, 545, 10), CallTime(TUESDAY, 540, 60))

    assert listed(search(MORNINGS, 5, busy=busy), at(MONDAY, "07:00"), MONDAY, MONDAY)[:2] == [
        "2026-03-23 09:15",
        "2026-03-23 09:30",
    ]


def test_a_day_that_is_booked_out_has_a_capacity_of_zero() -> None:
    assert found(search(MORNINGS, busy=(CallTime(MONDAY, 0, 1440),)), at(MONDAY, "07:00")) == "2026-03-25 09:00"


# Callers


def with_callers(**callers: FreeOn) -> SlotSearch:
    ids = {"anna": ANNA, "ben": BEN}
    return evolve(search(MORNINGS), callers={ids[name]: free for name, free in callers.items()})


def test_a_slot_leaves_a_caller_free_and_says_who() -> None:
    both = with_callers(ben=working(DAYTIME), anna=working(DAYTIME, CallTime(MONDAY, 0, 550)))

    slots = list(slots_between(both, POLICY, now=at(MONDAY, "07:00"), first=MONDAY, last=MONDAY))

    assert slots[0] == Slot(CallTime(MONDAY, 540, 5), (BEN,))
    assert slots[2] == Slot(CallTime(MONDAY, 550, 5), (ANNA, BEN))


def test_a_call_is_held_by_one_caller_from_beginning_to_end() -> None:
    relay = evolve(
        with_callers(anna=working(DAYTIME, CallTime(MONDAY, 545, 895)), ben=working(DAYTIME, CallTime(MONDAY, 0, 545))),
        minutes=10,
    )

    assert earliest_slot(relay, POLICY, now=at(MONDAY, "07:00")) == Slot(CallTime(MONDAY, 545, 10), (BEN,))


def test_where_all_callers_are_away_the_day_has_a_capacity_of_zero() -> None:
    away = with_callers(anna=working(DAYTIME, absences=(Absence(MONDAY, WEDNESDAY),)))

    assert found(away, at(MONDAY, "07:00")) == "2026-03-25 09:00"


def test_where_there_are_callers_and_none_can_there_is_no_free_slot() -> None:
    assert found(with_callers(), at(MONDAY, "07:00")) == "no_free_slot"
    assert found(with_callers(anna=working(WeeklyWindows())), at(MONDAY, "07:00")) == "no_free_slot"


def test_without_callers_nobody_is_needed() -> None:
    assert earliest_slot(search(MORNINGS), POLICY, now=at(MONDAY, "07:00")) == Slot(CallTime(MONDAY, 540, 5), ())


# Spans of days


def listed(searched: SlotSearch, now: datetime, first: date, last: date) -> list[str]:
    return [str(slot.time) for slot in slots_between(searched, POLICY, now=now, first=first, last=last)]


def test_a_span_of_days_lists_every_slot() -> None:
    short = search(weekly(monday="09:00-09:10", wednesday="09:58-10:05"))

    assert listed(short, at(MONDAY, "07:00"), MONDAY, NEXT_MONDAY) == [
        "2026-03-23 09:00",
        "2026-03-23 09:05",
        "2026-03-25 10:00",
        "2026-03-30 09:00",
        "2026-03-30 09:05",
    ]


def test_a_span_of_days_is_cut_by_the_lead_and_the_horizon() -> None:
    short = search(weekly(monday="09:00-09:10"))

    assert listed(short, at(MONDAY, "09:02"), date(2026, 1, 1), date(2027, 1, 1)) == [
        "2026-03-23 09:05",
        "2026-03-30 09:00",
        "2026-03-30 09:05",
        "2026-04-06 09:00",
        "2026-04-06 09:05",
    ]


def test_a_span_that_ends_before_it_begins_has_no_slot() -> None:
    assert listed(search(MORNINGS), at(MONDAY, "07:00"), TUESDAY, MONDAY) == []


# Clock changes

NIGHT = "02:00-03:00"


def on_sundays(windows: str, minutes: int = 5) -> SlotSearch:
    return search(weekly(sunday=windows), minutes)


def test_on_an_ordinary_sunday_the_night_has_its_hours() -> None:
    assert found(on_sundays(NIGHT), at(ORDINARY_SUNDAY, "00:00")) == "2026-06-14 02:00"
    assert found(on_sundays("01:00-04:00", 180), at(ORDINARY_SUNDAY, "00:00")) == "2026-06-14 01:00"


@pytest.mark.parametrize("window", [NIGHT, "02:15-02:45"])
def test_a_window_in_the_gap_is_skipped_as_a_whole(window: str) -> None:
    assert found(on_sundays(window), at(SPRING, "00:00")) == f"2026-04-05 {window[:5]}"


@pytest.mark.parametrize(
    ("window", "minutes", "slot"),
    [
        ("01:30-02:30", 30, "2026-03-29 01:30"),
        ("02:30-03:30", 30, "2026-03-29 03:00"),
        ("01:30-02:30", 35, "2026-04-05 01:30"),
        ("01:30-03:30", 35, "2026-04-05 01:30"),
        ("01:50-03:30", 15, "2026-03-29 03:00"),
    ],
)
def test_a_window_that_reaches_into_the_gap_shrinks_to_what_exists(window: str, minutes: int, slot: str) -> None:
    assert found(on_sundays(window, minutes), at(SPRING, "00:00")) == slot


def test_after_the_gap_the_clock_is_an_hour_ahead() -> None:
    assert found(on_sundays("01:00-04:00"), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)) == "2026-03-29 03:00"


def test_a_repeated_hour_counts_once_as_its_first() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    assert found(on_sundays(NIGHT), first) == "2026-10-25 02:30"
    assert found(on_sundays(NIGHT), second) == "2026-11-01 02:00"
    assert found(on_sundays("02:00-04:00"), second) == "2026-10-25 03:00"


def test_a_call_does_not_reach_over_the_repeated_hour() -> None:
    assert found(on_sundays("02:50-03:30", 15), at(AUTUMN, "00:00")) == "2026-10-25 03:00"


def test_each_slot_of_the_repeated_hour_is_listed_once() -> None:
    slots = listed(on_sundays("02:50-03:10"), at(AUTUMN, "00:00"), AUTUMN, AUTUMN)

    assert [slot[-5:] for slot in slots] == ["02:50", "02:55", "03:00", "03:05"]


# The law: the slot that is found is the earliest


def scan(searched: SlotSearch, policy: ContactPolicy, now: datetime) -> Iterator[tuple[date, int, set[CallerId]]]:
    """The oracle: let time pass minute by minute, and try to begin a call at each."""
    today = now.astimezone(BERLIN).date()
    begin = now + policy.call_lead_minutes * MINUTE
    minute = begin.replace(second=0, microsecond=0) + (MINUTE if begin.second or begin.microsecond else timedelta())
    walls: list[datetime] = []
    while (wall := minute.astimezone(BERLIN)).date() <= today + timedelta(days=policy.call_horizon_days + 1):
        walls.append(wall)
        minute += MINUTE
    answered = {
        (day, m) for day, windows in (searched.hours or WeeklyWindows()).days() for w in windows for m in spread(w)
    }
    taken = {(call.day, m) for call in searched.busy for m in range(call.start, call.end)}
    days = {wall.date() for wall in walls}
    free = {
        caller: {(day, m) for day in days for window in free_on(day) for m in spread(window)}
        for caller, free_on in (searched.callers or {}).items()
    }
    for place, wall in enumerate(walls):
        start = wall.hour * 60 + wall.minute
        call = walls[place : place + searched.minutes]
        spots = [(each.date(), each.hour * 60 + each.minute) for each in call if each.fold == 0]
        wanted = [(wall.date(), start + ahead) for ahead in range(searched.minutes)]
        if (
            start % policy.call_grid_minutes
            or wall.date() > today + timedelta(days=policy.call_horizon_days)
            or not searched.is_working_day(wall.date())
            or spots != wanted
            or any((weekday_of(day), m) not in answered or (day, m) in taken for day, m in spots)
        ):
            continue
        those = {caller for caller, minutes in free.items() if minutes.issuperset(spots)}
        if searched.callers is None or those:
            yield wall.date(), start, those


def spread(window: Window) -> range:
    return range(window.start, window.end)


@st.composite
def situations(draw: DrawFn) -> tuple[SlotSearch, ContactPolicy, datetime]:
    """A search on some days, often around a clock change, with all that may stand in its way."""
    first = draw(st.sampled_from([MONDAY, SPRING - timedelta(days=1), SPRING, AUTUMN - timedelta(days=1), AUTUMN]))
    days = [first + timedelta(days=ahead) for ahead in range(4)]
    hours = draw(weekly_windows()) if draw(st.booleans()) else draw(nights())
    busy = st.builds(CallTime, st.sampled_from(days), st.integers(0, 1380), st.integers(1, 60))
    closed = draw(st.sets(st.sampled_from(days), max_size=2))
    callers = draw(st.none() | st.dictionaries(st.sampled_from([ANNA, BEN]), free_times(days), max_size=2))
    return (
        SlotSearch(
            hours=hours,
            minutes=draw(st.integers(1, 90)),
            is_working_day=lambda day: day not in closed,
            busy=tuple(draw(st.lists(busy, max_size=4))),
            callers=callers,
        ),
        ContactPolicy(
            call_grid_minutes=draw(st.integers(1, 60)),
            call_lead_minutes=draw(st.integers(0, 300)),
            call_horizon_days=draw(st.integers(1, 2)),
        ),
        datetime.combine(first, time(0), tzinfo=BERLIN).astimezone(UTC)
        + timedelta(seconds=draw(st.integers(0, 26 * 3600))),
    )


@st.composite
def nights(draw: DrawFn) -> WeeklyWindows:
    """Hours in the small ones of Sunday, where the clocks change, and some on the next days."""
    starts = draw(st.lists(st.integers(0, 240), min_size=1, max_size=3))
    sunday = tuple(Window(start, start + draw(st.integers(1, 120))) for start in starts)
    return WeeklyWindows({**draw(weekly_windows()).by_day, Weekday.SUNDAY: sunday})


def free_times(days: list[date]) -> st.SearchStrategy[FreeOn]:
    """When a caller is free: mostly, with some calls in between."""
    booked = st.lists(st.builds(CallTime, st.sampled_from(days), st.integers(0, 1200), st.integers(1, 240)), max_size=3)
    hours = st.one_of(st.just(WeeklyWindows(dict.fromkeys(Weekday, (Window(0, 1440),)))), weekly_windows())
    return st.builds(lambda weekly, calls: working(weekly, *calls), hours, booked)


SPRING_NIGHT = (on_sundays("01:00-04:00", 30), ContactPolicy(call_horizon_days=1), at(SPRING, "01:31").astimezone(UTC))
AUTUMN_NIGHT = (on_sundays("01:00-04:00", 30), ContactPolicy(call_horizon_days=1), at(AUTUMN, "02:31").astimezone(UTC))


@given(situations())
@example(SPRING_NIGHT)
@example(AUTUMN_NIGHT)
def test_the_slot_that_is_found_is_the_earliest(situation: tuple[SlotSearch, ContactPolicy, datetime]) -> None:
    searched, policy, now = situation
    first = next(scan(searched, policy, now), None)

    answer = earliest_slot(searched, policy, now=now)

    assert (None if isinstance(answer, Reason) else (answer.time.day, answer.time.start, set(answer.callers))) == first


@given(situations())
@example(SPRING_NIGHT)
@example(AUTUMN_NIGHT)
def test_the_slots_that_are_listed_are_all_that_there_are(
    situation: tuple[SlotSearch, ContactPolicy, datetime],
) -> None:
    searched, policy, now = situation
    today = now.astimezone(BERLIN).date()

    slots = slots_between(searched, policy, now=now, first=today, last=today + timedelta(days=9))

    assert [(slot.time.day, slot.time.start, set(slot.callers)) for slot in slots] == list(scan(searched, policy, now))


@given(st.integers(0, 1439), st.integers(1, 60))
def test_a_slot_starts_on_the_grid_counted_from_midnight(minute: int, grid: int) -> None:
    answer = earliest_slot(
        search(weekly(monday="00:00-24:00", tuesday="00:00-24:00")),
        ContactPolicy(call_grid_minutes=grid),
        now=datetime.combine(MONDAY, time(minute // 60, minute % 60), tzinfo=BERLIN),
    )

    assert isinstance(answer, Slot)
    assert answer.time.start % grid == 0
    assert (answer.time.day, answer.time.start) >= (MONDAY, minute)
