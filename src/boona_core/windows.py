"""When in a week: windows of wall-clock time, one list a day.

Phone hours, working hours and weekly availability share this form.  A window is half open, ``[start, end)``, in minutes
since local midnight, 0 to 1440 (``24:00``).  Windows of a day are sorted, and overlapping or touching ones are merged,
so two values are equal when they mean the same.  Reading is strict: what cannot be read is an error that names the
place.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from enum import StrEnum
from typing import Self

from attrs import field, frozen

from boona_core.errors import InvalidValue, InvalidValues

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
_RANGE = re.compile(r"\s*(\d\d:\d\d)\s*[-–]\s*(\d\d:\d\d)\s*", re.ASCII)
_KEYS = frozenset({"start", "end"})


class Weekday(StrEnum):
    """The days of a week, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WEEK = tuple(Weekday)


def weekday_of(day: date) -> Weekday:
    """The weekday of a date."""
    return WEEK[day.weekday()]


def minutes_of(text: str) -> int | None:
    """Minutes since midnight of ``HH:MM`` (up to ``24:00``); None when *text* is no such time."""
    if _TIME.fullmatch(text) is None:
        return None
    return int(text[:2]) * 60 + int(text[3:])


def clock(minutes: int) -> str:
    """Minutes since midnight as ``HH:MM``; 1440 is ``24:00``."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def minute_of_day(at: time) -> int:
    """The minute of the day in which a time lies, 0 to 1439."""
    return at.hour * 60 + at.minute


@frozen(order=True)
class Window:
    """A span of one day, from *start* up to, not including, *end*; minutes since midnight.

    Raises:
        InvalidValue: the end is not after the start, or one lies outside 0 to 1440.
    """

    start: int
    end: int

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.start < self.end <= 24 * 60:
            raise InvalidValue("", f"{clock(self.start)}-{clock(self.end)} does not end after its start")

    def __str__(self) -> str:
        return f"{clock(self.start)}-{clock(self.end)}"


@frozen
class WeeklyWindows:
    """Windows per weekday, sorted and merged; days without any are left out.

    Attributes:
        by_day: Weekday to its windows, Monday first.
    """

    by_day: Mapping[Weekday, tuple[Window, ...]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        merged = {day: _merged(self.by_day.get(day, ())) for day in WEEK}
        object.__setattr__(self, "by_day", {day: windows for day, windows in merged.items() if windows})

    def __bool__(self) -> bool:
        return bool(self.by_day)

    def __hash__(self) -> int:
        return hash(tuple(self.by_day.items()))

    def days(self) -> Iterator[tuple[Weekday, tuple[Window, ...]]]:
        """The days that have windows, Monday first."""
        return iter(self.by_day.items())

    def on(self, day: Weekday) -> tuple[Window, ...]:
        """The windows of one weekday, in order; empty when there are none."""
        return self.by_day.get(day, ())

    def has_block_on(self, day: date, *, minutes: int, grid: int) -> bool:
        """Whether a call of so many *minutes*, begun on the *grid* after midnight, fits into one window of *day*."""
        return any(-(-w.start // grid) * grid + minutes <= w.end for w in self.on(weekday_of(day)))

    def to_json(self) -> dict[str, list[dict[str, str]]]:
        """The stored form, ``{"monday": [{"start": "09:00", "end": "12:00"}]}``."""
        return {
            day.value: [{"start": clock(w.start), "end": clock(w.end)} for w in windows] for day, windows in self.days()
        }

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read the stored form strictly; a window may also be one string, ``"09:00-12:00"``.

        Raises:
            InvalidValues: every fault found, each with its place: unknown days, unknown keys, times that are not
                ``HH:MM``, an end that is not after its start.
        """
        faults: list[InvalidValue] = []
        by_day: dict[Weekday, tuple[Window, ...]] = {}
        if not isinstance(value, Mapping):
            raise InvalidValues([InvalidValue("", f"expected days with windows, got {type(value).__name__}")])
        for name, windows in value.items():
            if name not in WEEK:
                faults.append(InvalidValue(str(name)[:40], "is not a weekday"))
            elif not isinstance(windows, list):
                faults.append(InvalidValue(name, "expected a list of windows"))
            else:
                read = [_read(window, f"{name}[{place}]", faults) for place, window in enumerate(windows)]
                by_day[Weekday(name)] = tuple(window for window in read if window)
        if faults:
            raise InvalidValues(faults)
        return cls(by_day)


def _read(value: object, place: str, faults: list[InvalidValue]) -> Window | None:
    """One window, or None with its faults noted."""
    if isinstance(value, str) and (parts := _RANGE.fullmatch(value)):
        value = {"start": parts[1], "end": parts[2]}
    if not isinstance(value, Mapping):
        faults.append(InvalidValue(place, 'expected {"start": "HH:MM", "end": "HH:MM"}'))
        return None
    faults.extend(InvalidValue(f"{place}.{str(key)[:40]}", "is not known") for key in value if key not in _KEYS)
    start, end = (_read_time(value, key, place, faults) for key in ("start", "end"))
    if start is None or end is None:
        return None
    if end <= start:
        faults.append(InvalidValue(f"{place}.end", f"{clock(end)} is not after {clock(start)}"))
        return None
    return Window(start, end)


def _read_time(window: Mapping[object, object], key: str, place: str, faults: list[InvalidValue]) -> int | None:
    """Minutes of one time, or None with its fault noted."""
    if key not in window:
        faults.append(InvalidValue(f"{place}.{key}", "is missing"))
        return None
    text = window[key]
    minutes = minutes_of(text) if isinstance(text, str) else None
    if minutes is None:
        faults.append(InvalidValue(f"{place}.{key}", f"{str(text)[:20]!r} is not a time"))
    return minutes


def _merged(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """Sorted, with overlapping and touching windows made one."""
    merged: list[Window] = []
    for window in sorted(windows):
        if merged and window.start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(merged[-1].end, window.end))
        else:
            merged.append(window)
    return tuple(merged)
