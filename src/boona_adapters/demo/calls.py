"""Who makes calls in the demo, and what would they have to do?

Nothing is planned for good: whoever looks at the demo plans the calls with a command, and sees them appear.
"""

from collections import Counter
from collections.abc import Mapping

from attrs import field, frozen

from boona_core.application import Application
from boona_core.callers import CallerHours
from boona_core.windows import WEEK, WeeklyWindows, Window

_WORKDAYS = WEEK[:5]
CALLERS = {
    "Svenja Lindenhof": CallerHours(
        working_hours=WeeklyWindows(dict.fromkeys(_WORKDAYS, (Window(8 * 60, 14 * 60),))),
        breaks=WeeklyWindows(dict.fromkeys(_WORKDAYS, (Window(10 * 60, 10 * 60 + 15),))),
    ),
    "Emre Lindenhof": CallerHours(
        working_hours=WeeklyWindows(dict.fromkeys(_WORKDAYS, (Window(12 * 60, 18 * 60),))),
    ),
}


@frozen(kw_only=True)
class CallsAhead:
    """The calls that a plan would make at this moment.

    Attributes:
        callers: How many make them.
        days: Within how many days from today.
        by_cause: How many, for each cause.
        without_time: Therapists who are due and would find no time.
    """

    callers: int
    days: int
    by_cause: Mapping[str, int] = field(factory=dict)
    without_time: int = 0

    @property
    def possible(self) -> int:
        """How many calls, whatever they are made for."""
        return sum(self.by_cause.values())

    def to_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "callers": self.callers,
            "days": self.days,
            "possible": self.possible,
            "by_cause": dict(self.by_cause),
            "without_time": self.without_time,
        }


def calls_ahead(application: Application) -> CallsAhead:
    """What a plan of calls would be; the callers are added where there are none."""
    keep = application.keep_callers
    if not keep.all():
        for name, hours in CALLERS.items():
            keep.add(name, hours)
    run = application.plan_calls(dry_run=True)
    return CallsAhead(
        callers=len(keep.all(active=True)),
        days=application.plan_calls.switchboard.policy.call_horizon_days,
        by_cause=dict(Counter(call.due.cause.value for call in run.planned).most_common()),
        without_time=len(run.unplaced),
    )
