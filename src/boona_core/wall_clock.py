"""Which minutes of a local day are there, and which instant is a minute on the wall?

Phone hours, working hours and planned calls are wall-clock time: a local date and minutes since its midnight, 0 to
1440.  When the clocks go forward some minutes of a day do not exist, and a window shrinks to those that do.  When they
go back some come twice, and count once, as their first.  Nothing here reads a clock.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.windows import Window

MINUTES_A_DAY = 24 * 60
_MINUTE = timedelta(minutes=1)


@frozen
class ClockChange:
    """What a change of the clocks does to the minutes of one day.

    Attributes:
        gap: The minutes that do not exist on this day; None when the clocks go back.
        seam: The minute at which wall and time part: the end of the gap, or of the minutes that come twice.
    """

    gap: Window | None
    seam: int


def clock_change(day: date, zone: ZoneInfo) -> ClockChange | None:
    """What happens to the clocks of *zone* on *day*; None on an ordinary day.

    A zone that changes its clocks twice on one day, there and back, is taken for one that does not.
    """
    before, after = _offset(day, 0, zone), _offset(day, MINUTES_A_DAY, zone)
    if before == after:
        return None
    # Read as their first, the minutes before the seam have the old offset and those from it on have the new one.
    low, high = 0, MINUTES_A_DAY
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(day, middle, zone) == before:
            low = middle
        else:
            high = middle
    skipped = (after - before) // _MINUTE
    return ClockChange(Window(max(high - skipped, 0), high) if skipped > 0 else None, high)


def existing(windows: Iterable[Window], day: date, zone: ZoneInfo) -> tuple[Window, ...]:
    """What there is of *windows* on *day*: each loses the minutes that are skipped, and may vanish."""
    change = clock_change(day, zone)
    if change is None or change.gap is None:
        return tuple(windows)
    gap = change.gap
    return tuple(part for window in windows for part in _parts(window, gap.start, gap.end))


def unbroken(windows: Iterable[Window], day: date, zone: ZoneInfo) -> tuple[Window, ...]:
    """What there is of *windows* on *day*, in parts in which a minute on the wall is a minute of time.

    A call must not reach over a change of the clocks: begun at 02:55 on the night on which 02:00 to 03:00 comes twice,
    after ten minutes it is 02:05 again.
    """
    change = clock_change(day, zone)
    if change is None:
        return tuple(windows)
    start, end = (change.gap.start, change.gap.end) if change.gap else (change.seam, change.seam)
    return tuple(part for window in windows for part in _parts(window, start, end))


def instant_of(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which the clocks of *zone* show *minute* of *day* (1440: the next midnight).

    Of a minute that comes twice it is the first; of one that is skipped, the instant so long after the last minute
    before the gap.
    """
    return _wall(day, minute, zone).astimezone(UTC)


def _parts(window: Window, start: int, end: int) -> Iterator[Window]:
    """What of *window* lies before *start*, and what from *end* on."""
    if window.start < start:
        yield Window(window.start, min(window.end, start))
    if window.end > end:
        yield Window(max(window.start, end), window.end)


def _wall(day: date, minute: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone) + minute * _MINUTE


def _offset(day: date, minute: int, zone: ZoneInfo) -> timedelta:
    offset = _wall(day, minute, zone).utcoffset()
    return timedelta() if offset is None else offset
