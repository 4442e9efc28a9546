"""One slot for one therapist in 14 days, beside a scan of all minutes and beside ``dateutil.rrule``."""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial

from attrs import frozen
from dateutil.rrule import MINUTELY, WEEKLY, rrule, rruleset

from benchmarks.agency import BERLIN, POLICY
from benchmarks.measuring import Figure, in_turn
from boona_core.calls import CallTime
from boona_core.contact import Reason
from boona_core.slots import SlotSearch, earliest_slot
from boona_core.windows import WEEK, WeeklyWindows, Window, weekday_of

_THERAPISTS = 400
_NOW = datetime(2026, 3, 23, 9, 2, tzinfo=UTC)
_LOCAL = _NOW.astimezone(BERLIN).replace(tzinfo=None)
_TODAY = _LOCAL.date()
_DAYS = [_TODAY + timedelta(days=ahead) for ahead in range(POLICY.call_horizon_days + 1)]
_END = datetime(_DAYS[-1].year, _DAYS[-1].month, _DAYS[-1].day, 23, 59)  # noqa: DTZ001 - the peers count on the wall
_HOLIDAYS = {date(2026, 4, 3), date(2026, 4, 6)}
_MINUTE = timedelta(minutes=1)
_CALL = timedelta(minutes=POLICY.call_minutes)


@frozen
class _Therapist:
    hours: WeeklyWindows
    busy: tuple[CallTime, ...]


Find = Callable[[_Therapist], datetime | None]


def rows() -> Iterator[Figure]:
    """Room in the next window, and none for nine days; for each the peers in turn."""
    dice = random.Random(13)
    for work, therapists in (
        ("a few calls planned", [_therapist(dice, taken_until=0) for _ in range(_THERAPISTS)]),
        ("taken for nine days", [_therapist(dice, taken_until=9) for _ in range(_THERAPISTS)]),
    ):
        sides = {
            "ours": _ours,
            "rrule": _by_rule,
            "rrule with hours": _by_hours,
            "weekly rrules": _by_weeks,
            "minute scan": _scan,
        }
        answers = {name: [find(each) for each in therapists] for name, find in sides.items()}
        assert all(found == answers["minute scan"] for found in answers.values()), "a slot is not the earliest"
        turns = {name: partial(_each, find, therapists) for name, find in sides.items()}
        seconds = in_turn(5, turns)
        found = sum(slot is not None for slot in answers["ours"])
        for side, wanted, beside in (
            ("rrule", 60, "dateutil.rrule: every time on the grid"),
            ("rrule with hours", None, "dateutil.rrule: the same, with the days and hours of the windows in the rule"),
            ("weekly rrules", None, "dateutil.rruleset: a weekly rule for each window"),
            ("minute scan", None, "a scan of all minutes"),
        ):
            yield Figure(
                work=f"the earliest slot for each of {_THERAPISTS} therapists, {work}",
                beside=beside,
                ratio=seconds[side] / seconds["ours"],
                wanted=wanted,
                seconds={name: seconds[name] for name in ("ours", side)},
                note=f"{found} slots, all equal to those of the scan",
            )


def _each(find: Find, therapists: list[_Therapist]) -> list[datetime | None]:
    return [find(each) for each in therapists]


def _therapist(dice: random.Random, *, taken_until: int) -> _Therapist:
    """One to four windows a week, and planned calls: a few, or all the time on the first days."""
    windows: dict[int, list[Window]] = {}
    for _ in range(dice.randint(1, 4)):
        start = dice.randrange(8 * 60, 17 * 60, 5)
        windows.setdefault(dice.randrange(5), []).append(Window(start, start + dice.choice((30, 50, 60, 90, 120))))
    hours = WeeklyWindows({WEEK[day]: tuple(those) for day, those in windows.items()})
    busy = [
        CallTime(day, start, 10)
        for day in _DAYS[:taken_until]
        for window in hours.on(weekday_of(day))
        for start in range(window.start, window.end, 10)
    ]
    some = [CallTime(dice.choice(_DAYS), dice.randrange(8 * 60, 18 * 60, 5), 5) for _ in range(4)]
    return _Therapist(hours, tuple(busy + some))


def _working(day: date) -> bool:
    return day not in _HOLIDAYS


def _ours(therapist: _Therapist) -> datetime | None:
    search = SlotSearch(
        hours=therapist.hours,
        minutes=POLICY.call_minutes,
        is_working_day=_working,
        busy=therapist.busy,
        zone=BERLIN,
    )
    slot = earliest_slot(search, POLICY, now=_NOW)
    return None if isinstance(slot, Reason) else _at(slot.time.day, slot.time.start)


def _by_rule(therapist: _Therapist) -> datetime | None:
    """One rule for every time on the grid."""
    rule = rrule(MINUTELY, interval=POLICY.call_grid_minutes, dtstart=_at(_TODAY, 0), until=_END)
    return _first(rule.xafter(_LOCAL, inc=True), therapist)


def _by_hours(therapist: _Therapist) -> datetime | None:
    """The same, that leaves out the days and hours in which there is no window."""
    days = [WEEK.index(day) for day, _ in therapist.hours.days()]
    hours = {hour for _, windows in therapist.hours.days() for window in windows for hour in _hours(window)}
    step = POLICY.call_grid_minutes
    rule = rrule(MINUTELY, interval=step, dtstart=_at(_TODAY, 0), until=_END, byweekday=days, byhour=sorted(hours))
    return _first(rule.xafter(_LOCAL, inc=True), therapist)


def _by_weeks(therapist: _Therapist) -> datetime | None:
    """Each window as a weekly rule of its grid times, merged by the library."""
    rules = rruleset()
    minutes = range(0, 60, POLICY.call_grid_minutes)
    for day, windows in therapist.hours.days():
        for window in windows:
            rules.rrule(
                rrule(
                    WEEKLY,
                    dtstart=_at(_TODAY, 0),
                    until=_END,
                    byweekday=WEEK.index(day),
                    byhour=_hours(window),
                    byminute=minutes,
                    bysecond=0,
                )
            )
    return _first(rules.xafter(_LOCAL, inc=True), therapist)


def _hours(window: Window) -> range:
    return range(window.start // 60, (window.end - 1) // 60 + 1)


def _first(starts: Iterable[datetime], therapist: _Therapist) -> datetime | None:
    """The first in which nothing stands: wholly inside a window, on a working day, over no planned call."""
    taken = [(_at(call.day, call.start), _at(call.day, call.end)) for call in therapist.busy]
    for start in starts:
        end = start + _CALL
        minute = start.hour * 60 + start.minute
        inside = any(
            window.start <= minute and minute + POLICY.call_minutes <= window.end
            for window in therapist.hours.on(weekday_of(start.date()))
        )
        if inside and _working(start.date()) and not any(a < end and start < b for a, b in taken):
            return start
    return None


def _scan(therapist: _Therapist) -> datetime | None:
    """Every minute of 14 days: is it on the grid, is each minute of the call inside a window and free?"""
    taken = {(call.day, minute) for call in therapist.busy for minute in range(call.start, call.end)}
    for day in _DAYS:
        inside = {m for w in therapist.hours.on(weekday_of(day)) for m in range(w.start, w.end)}
        for minute in range(24 * 60):
            call = range(minute, minute + POLICY.call_minutes)
            if (
                minute % POLICY.call_grid_minutes == 0
                and _at(day, minute) >= _LOCAL
                and _working(day)
                and all(each in inside and (day, each) not in taken for each in call)
            ):
                return _at(day, minute)
    return None


def _at(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day) + minute * _MINUTE  # noqa: DTZ001 - on the wall
