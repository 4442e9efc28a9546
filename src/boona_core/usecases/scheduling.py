"""Do a periodic work when its time has come: once, whoever looks, and once for all the times that were missed.

When a work is due next stands in the store; whoever begins it has a lease on it.  Several schedulers may look at the
same time.  The next time is found from the end of the work on, so a machine that slept for a week begins once.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from boona_core.event_ports import OpenRunningUnit

NextTime = Callable[[str, datetime], datetime]
"""The first instant after a given one that a cron expression names, in the agency's zone."""


class Turn(StrEnum):
    """What became of a look at a periodic work."""

    DONE = "done"
    NOT_DUE = "not due"
    TAKEN_OVER = "taken over"


@frozen(kw_only=True)
class Periodic:
    """A work and its times.

    Attributes:
        expression: Cron, five fields.
        work: Does it; told what to ask whether it is to stop, between two steps.
    """

    name: str
    expression: str
    work: Callable[[Callable[[], bool]], object]


@frozen(kw_only=True)
class RunDue:
    """Begin a periodic work if it is due and nobody is at it.

    Attributes:
        lease: How long a work may take before another begins it again: whoever began it is taken for dead.
        again_after: How long after a failure it is tried again.
        checkpoint: Told the name of each point that is reached; chaos tests end the process there.
    """

    open_unit: OpenRunningUnit
    next_time: NextTime
    new_token: Callable[[], UUID]
    lease: timedelta = timedelta(minutes=10)
    again_after: timedelta = timedelta(minutes=1)
    checkpoint: Callable[[str], None] = lambda _: None

    def __call__(self, periodic: Periodic, *, stop: Callable[[], bool] = lambda: False) -> Turn:
        """Look at one work, and do it if it is due.

        Raises:
            Exception: what the work raised; it is due again after a while.
        """
        token = self.new_token()
        with self.open_unit() as unit:
            now = unit.now()
            following = self.next_time(periodic.expression, now)
            unit.schedule.know(periodic.name, periodic.expression, following=following)
            due_since = unit.schedule.begin(periodic.name, token=token, now=now, lease=self.lease)
            unit.commit()
        if due_since is None:
            return Turn.NOT_DUE
        self.checkpoint("work_begun")
        try:
            periodic.work(stop)
        except Exception:
            self._fail(periodic, token)
            raise
        self.checkpoint("work_done")
        with self.open_unit() as unit:
            now = unit.now()
            ended = unit.schedule.end(
                periodic.name, token=token, following=self.next_time(periodic.expression, now), now=now
            )
            unit.commit()
        self.checkpoint("work_ended")
        return Turn.DONE if ended else Turn.TAKEN_OVER

    def _fail(self, periodic: Periodic, token: UUID) -> None:
        with self.open_unit() as unit:
            unit.schedule.fail(periodic.name, token=token, again=unit.now() + self.again_after)
            unit.commit()
