"""Which instant, and which local day?

Instants are aware datetimes, UTC inside; days are local dates of the agency's zone.  "Seven days after" is the same
local date plus seven, never 168 hours: a rolling span would drift with the hour of the day and slip at a clock change.
Nothing here reads a clock.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from boona_core.errors import NaiveInstant

BERLIN = ZoneInfo("Europe/Berlin")


def utc(value: datetime) -> datetime:
    """The same instant in UTC; an attrs converter.

    Raises:
        NaiveInstant: *value* has no UTC offset.
    """
    if value.utcoffset() is None:
        raise NaiveInstant(f"an instant needs a UTC offset, got {value!r}")
    return value.astimezone(UTC)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The date on the wall in *zone* at *instant*.

    Raises:
        NaiveInstant: *instant* has no UTC offset.
    """
    return utc(instant).astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC.

    Where midnight does not exist (some zones change their clocks then) it is the first instant that does.
    """
    # In a gap, and where midnight comes twice, fold 0 reads the clock with the offset before the change: that is the
    # instant of the change, or the earlier midnight.
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def days_after(day: date, days: int) -> date:
    """The local date *days* later (0 is the day itself); beyond the calendar's end, or its beginning, it stops there.

    A day that somebody wrote, though it be 9999-12-31, must not keep anybody else's from being counted.
    """
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min
