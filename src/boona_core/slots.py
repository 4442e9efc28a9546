"""When can this therapist be called, and if never, why not?

A slot starts on the grid, counted in minutes from midnight, and lies wholly inside one window of the phone hours on a
working day: not before now plus the lead, not after the horizon, over no call of this therapist or to this number, and
where there are callers, in the free time of one of them.  Slots are local wall time; a window that a clock change cuts
is two, because a call must not reach over the change.  Nothing here reads a clock or a store.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter
from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.calls import CallTime
from boona_core.contact import ContactPolicy, Reason
from boona_core.errors import InvalidValue
from boona_core.free_windows import shared, without
from boona_core.ids import CallerId
from boona_core.instants import BERLIN, days_after, local_day, utc
from boona_core.wall_clock import instant_of, unbroken
from boona_core.windows import WeeklyWindows, Window, weekday_of

FreeOn = Callable[[date], Sequence[Window]]
"""The windows of a day in which a caller is free, in order; see `boona_core.caller_time`."""

_MINUTE = timedelta(minutes=1)
_START = attrgetter("start")


@frozen(kw_only=True)
class SlotSearch:
    """For whom a slot is looked for, and what stands in its way.

    Attributes:
        hours: The phone hours, those of the policy where they are unknown and it has some; None or empty: nobody ever
            answers.
        minutes: Length of the call, at least 1.
        is_working_day: Whether there are calls on a day, in the Land of the therapist.
        busy: The planned calls of this therapist and to this number.
        callers: When each caller is free; None: there are no callers, and nobody is needed; empty: there are, and
            none can.
        zone: Whose wall the hours are on.

    Raises:
        InvalidValue: the call has no length.
    """

    hours: WeeklyWindows | None
    minutes: int
    is_working_day: Callable[[date], bool]
    busy: Sequence[CallTime] = ()
    callers: Mapping[CallerId, FreeOn] | None = None
    zone: ZoneInfo = BERLIN

    def __attrs_post_init__(self) -> None:
        if self.minutes < 1:
            raise InvalidValue("minutes", f"a call takes at least a minute, not {self.minutes}")


@frozen
class Slot:
    """A time at which the call can be made.

    Attributes:
        callers: Who is free then, by id; empty when there are no callers.
    """

    time: CallTime
    callers: tuple[CallerId, ...] = ()


def earliest_slot(
    search: SlotSearch, policy: ContactPolicy, *, now: datetime, not_before: datetime | None = None
) -> Slot | Reason:
    """The first slot from now plus the lead until the end of the horizon's last day; or why there is none.

    Args:
        not_before: No slot earlier than this instant either (a retry, a day on which the contact is allowed); None: no
            such limit.

    Returns:
        ``no_phone_hours`` when nobody ever answers, ``no_free_slot`` when somebody does and no slot is left.

    Raises:
        NaiveInstant: an instant has no UTC offset.
    """
    if not search.hours:
        return Reason.NO_PHONE_HOURS
    today = local_day(now, search.zone)
    slots = slots_between(
        search, policy, now=now, first=today, last=days_after(today, policy.call_horizon_days), not_before=not_before
    )
    return next(slots, Reason.NO_FREE_SLOT)


def slots_between(
    search: SlotSearch,
    policy: ContactPolicy,
    *,
    now: datetime,
    first: date,
    last: date,
    not_before: datetime | None = None,
) -> Iterator[Slot]:
    """Every slot from *first* to *last*, both included, in order; those before the lead or after the horizon left out.

    Raises:
        NaiveInstant: an instant has no UTC offset.
    """
    begin = utc(now) + policy.call_lead_minutes * _MINUTE
    if not_before is not None:
        begin = max(begin, utc(not_before))
    begin_day = local_day(begin, search.zone)
    day = max(first, begin_day)
    until = min(last, days_after(local_day(now, search.zone), policy.call_horizon_days))
    busy = _by_day(search.busy)
    while day <= until:
        windows = _windows_of(search, day)
        if day == begin_day:
            windows = tuple(_from_instant(windows, day, begin, search.zone))
        if windows and (calls := busy.get(day)):
            windows = without(windows, sorted([Window(call.start, call.end) for call in calls], key=_START))
        for start, callers in _starts(search, windows, day, policy.call_grid_minutes):
            yield Slot(CallTime(day, start, search.minutes), callers)
        day = days_after(day, 1)


def _windows_of(search: SlotSearch, day: date) -> tuple[Window, ...]:
    """The phone hours of a day that is a working day, as far as they exist."""
    windows = search.hours.on(weekday_of(day)) if search.hours else ()
    if not windows or not search.is_working_day(day):
        return ()
    return unbroken(windows, day, search.zone)


def _from_instant(windows: Iterable[Window], day: date, begin: datetime, zone: ZoneInfo) -> Iterator[Window]:
    """What of *windows* lies at or after an instant.  Of an hour that comes twice only the first counts."""
    for window in windows:
        # Rounded up to a whole minute; within an unbroken window minutes on the wall are minutes of time.
        late = -((instant_of(day, window.start, zone) - begin) // _MINUTE)
        if window.start + late < window.end:
            yield Window(window.start + max(late, 0), window.end)


def _starts(
    search: SlotSearch, windows: Sequence[Window], day: date, grid: int
) -> Iterator[tuple[int, tuple[CallerId, ...]]]:
    """The minutes at which the call can begin, in order, with those who are free for it."""
    if not windows:
        return
    if search.callers is None:
        for start in _on_grid(windows, search.minutes, grid):
            yield start, ()
        return
    each = (
        _of_caller(shared(windows, free_on(day)), search.minutes, grid, caller)
        for caller, free_on in search.callers.items()
    )
    # Of pairs that begin with the same minute, the merge gives the smallest caller first.
    for start, those in groupby(merge(*each), key=itemgetter(0)):
        yield start, tuple(caller for _, caller in those)


def _of_caller(windows: Sequence[Window], minutes: int, grid: int, caller: CallerId) -> Iterator[tuple[int, CallerId]]:
    return ((start, caller) for start in _on_grid(windows, minutes, grid))


def _on_grid(windows: Iterable[Window], minutes: int, grid: int) -> Iterator[int]:
    for window in windows:
        yield from range(-(-window.start // grid) * grid, window.end - minutes + 1, grid)


def _by_day(busy: Iterable[CallTime]) -> dict[date, list[CallTime]]:
    """The calls of each day.  Those to one number may overlap when a person planned them so."""
    by_day: dict[date, list[CallTime]] = {}
    for call in busy:
        by_day.setdefault(call.day, []).append(call)
    return by_day
