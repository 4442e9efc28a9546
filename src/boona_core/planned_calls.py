"""Which of those who are due are called on which day, at what time, by whom?

The plan itself is made in blocks of the agency's grid, counted on days without a name; here dates, phone hours,
holidays and calls already planned become blocks, and blocks become times again.  Nothing here reads a clock or a store.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from attrs import field, frozen

from boona_core.call_planning import (
    CallerTime,
    CallPlan,
    DueCall,
    Relief,
    Span,
    WhyUnplaced,
    more_callers,
    plan_calls,
)
from boona_core.caller_time import free_time
from boona_core.callers import Caller
from boona_core.calls import Booked, CallTime, Moment
from boona_core.contact import ContactPolicy, Reason
from boona_core.follow_ups import CallDue
from boona_core.free_windows import without
from boona_core.ids import CallerId, TherapistId
from boona_core.instants import days_after
from boona_core.lands import Land
from boona_core.wall_clock import unbroken
from boona_core.windows import WeeklyWindows, Window, weekday_of

IsWorkingDay = Callable[[date, Land | None], bool]
"""Whether there are calls on a day in a Land; None: it is not known."""


@frozen(kw_only=True)
class Practice:
    """Where a therapist is called.

    Attributes:
        number: The line that rings; None: unknown.
        land: Whose holidays hold; None: unknown.
    """

    number: str | None = field(default=None, repr=False)
    land: Land | None = None


@frozen(kw_only=True)
class PlannedCall:
    """A call and its time; *caller_id* is None where no callers are recorded."""

    due: CallDue
    time: CallTime
    caller_id: CallerId | None = None


@frozen(kw_only=True)
class UnplacedCall:
    """A call that found no time and stays due."""

    due: CallDue
    reason: Reason


@frozen(kw_only=True)
class PlannedCalls:
    """A plan of calls.

    Attributes:
        placed: By time, then therapist.
        unplaced: By class, then therapist.
        upper_bound: No plan of these calls has more.
        relief: What more callers would do for those without a time.
    """

    placed: tuple[PlannedCall, ...] = ()
    unplaced: tuple[UnplacedCall, ...] = ()
    upper_bound: int
    relief: Relief


@frozen(kw_only=True)
class Surroundings:
    """What a plan of calls has to go around.

    Attributes:
        now: No call begins before, the lead not yet added.
        callers: Those who make calls; empty: nobody in particular does, and calls may overlap.
        booked: The calls that are planned already, and stay.
    """

    now: Moment
    callers: Sequence[Caller]
    booked: Sequence[Booked]
    is_working_day: IsWorkingDay
    zone: ZoneInfo
    policy: ContactPolicy


def plan_due_calls(
    due: Sequence[CallDue],
    practices: Mapping[TherapistId, Practice],
    around: Surroundings,
) -> PlannedCalls:
    """Plan as many of these calls as possible, the more important classes first, each as early as may be."""
    by_therapist = {call.therapist_id: call for call in due}
    spans = _Spans(around, due)
    calls = [spans.of(call, practices.get(call.therapist_id, Practice())) for call in due]
    callers = _caller_times(around, spans.days) if around.callers else None
    plan = plan_calls(calls, callers)
    return _read(plan, by_therapist, spans, more_callers(calls, callers, plan))


class _Spans:
    """The windows of each call in blocks of the grid; many practices keep the same hours, and are worked out once."""

    def __init__(self, around: Surroundings, due: Sequence[CallDue]) -> None:
        self._around = around
        self.grid = around.policy.call_grid_minutes
        first = around.now.day
        last = max((call.latest_day for call in due), default=first)
        self.days = [days_after(first, ahead) for ahead in range((last - first).days + 1)]
        self._begin = _later(around.now, around.policy.call_lead_minutes)
        self._on_line: dict[tuple[str, date], list[Window]] = defaultdict(list)
        for call in around.booked:
            if call.number is not None:
                self._on_line[call.number, call.time.day].append(Window(call.time.start, call.time.end))
        self._known: dict[tuple[WeeklyWindows, Land | None, Moment, date, int], tuple[Span, ...]] = {}

    def of(self, call: CallDue, practice: Practice) -> DueCall:
        """The call as a plan of blocks knows it."""
        begin = max(self._begin, call.earliest)
        known = (call.hours, practice.land, begin, call.latest_day, call.minutes)
        busy = {
            day: self._on_line[practice.number, day]
            for day in self.days
            if practice.number is not None and (practice.number, day) in self._on_line
        }
        if busy:
            windows = self._windows(call, practice.land, begin, busy)
        elif known in self._known:
            windows = self._known[known]
        else:
            windows = self._known[known] = self._windows(call, practice.land, begin, {})
        return DueCall(
            key=call.therapist_id,
            windows=windows,
            blocks=self.blocks(call.minutes),
            priority_class=call.priority_class,
            line=practice.number,
        )

    def blocks(self, minutes: int) -> int:
        """How many blocks of the grid a call takes."""
        return -(-minutes // self.grid)

    def _windows(
        self, call: CallDue, land: Land | None, begin: Moment, busy: Mapping[date, Sequence[Window]]
    ) -> tuple[Span, ...]:
        spans = []
        for place, day in enumerate(self.days):
            if day < begin.day or day > call.latest_day or not self._around.is_working_day(day, land):
                continue
            windows = unbroken(call.hours.on(weekday_of(day)), day, self._around.zone)
            if day in busy:
                windows = without(windows, sorted(busy[day]))
            for window in windows:
                start = max(window.start, begin.minute if day == begin.day else 0)
                # Up to the last start from which the call ends inside of the window, on the grid or off it.
                first, last = -(-start // self.grid), (window.end - call.minutes) // self.grid
                if first <= last:
                    spans.append(Span(place, first, last + self.blocks(call.minutes)))
        return tuple(spans)


def _caller_times(around: Surroundings, days: Sequence[date]) -> list[CallerTime]:
    grid = around.policy.call_grid_minutes
    booked: dict[CallerId, list[CallTime]] = defaultdict(list)
    for call in around.booked:
        if call.caller_id is not None:
            booked[call.caller_id].append(call.time)
    times = []
    for caller in around.callers:
        spans = []
        for place, day in enumerate(days):
            for window in unbroken(free_time(caller.hours, day, booked[caller.id]), day, around.zone):
                first, last = -(-window.start // grid), window.end // grid
                if first < last:
                    spans.append(Span(place, first, last))
        times.append(CallerTime(caller_id=caller.id, spans=tuple(spans)))
    return times


def _read(plan: CallPlan, due: Mapping[TherapistId, CallDue], spans: _Spans, relief: Relief) -> PlannedCalls:
    placed = []
    for call in plan.placed:
        whose = due[TherapistId(call.key)]
        time = CallTime(spans.days[call.day], call.start * spans.grid, whose.minutes)
        caller_id = None if call.caller_id is None else CallerId(call.caller_id)
        placed.append(PlannedCall(due=whose, time=time, caller_id=caller_id))
    return PlannedCalls(
        placed=tuple(sorted(placed, key=lambda call: (call.time, call.due.therapist_id))),
        unplaced=tuple(
            UnplacedCall(due=due[TherapistId(call.key)], reason=_WHY[call.reason]) for call in plan.unplaced
        ),
        upper_bound=plan.upper_bound,
        relief=relief,
    )


_WHY = {WhyUnplaced.NO_PHONE_HOURS: Reason.NO_PHONE_HOURS, WhyUnplaced.NO_FREE_SLOT: Reason.NO_FREE_SLOT}


def _later(moment: Moment, minutes: int) -> Moment:
    days, minute = divmod(moment.minute + minutes, 24 * 60)
    return Moment(days_after(moment.day, days), minute)
