"""Do a periodic work when its time has come: once, whoever looks, and once for all the times that were missed.

When a work is due next stands in the store; whoever begins it has a lease on it.  Several schedulers may look at the
same time.  The next time is found from the end of the work on, so a machine that slept for a week begins once.

A work may take longer than its lease: whenever it asks whether it is to stop, the lease is renewed where a third of it
is over.  One that finds that another has begun the work meanwhile is told to stop.
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
    UNFINISHED = "unfinished"


@frozen(kw_only=True)
class Periodic:
    """A work and its times.

    Attributes:
        expression: Cron, five fields.
        work: Does it; told what to ask whether it is to stop, between two steps.  Answers ``Turn.UNFINISHED`` where it
            stopped before its end: it is due again at once, for whoever goes on with it.
    """

    name: str
    expression: str
    work: Callable[[Callable[[], bool]], object]


@frozen(kw_only=True)
class RunDue:
    """Begin a periodic work if it is due and nobody is at it.

    Attributes:
        elapsed: Seconds of a clock that only goes on.
        lease: How long a work may say nothing before another begins it again: whoever began it is taken for dead.
        again_after: How long after a failure it is tried again.
        checkpoint: Told the name of each point that is reached; chaos tests end the process there.
    """

    open_unit: OpenRunningUnit
    next_time: NextTime
    new_token: Callable[[], UUID]
    elapsed: Callable[[], float]
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
            done = periodic.work(self._renewing(periodic.name, token, stop))
        except Exception:
            self._fail(periodic, token)
            raise
        self.checkpoint("work_done")
        with self.open_unit() as unit:
            now = unit.now()
            following = now if done is Turn.UNFINISHED else self.next_time(periodic.expression, now)
            ended = unit.schedule.end(periodic.name, token=token, due_since=due_since, following=following, now=now)
            unit.commit()
        self.checkpoint("work_ended")
        if not ended:
            return Turn.TAKEN_OVER
        return Turn.UNFINISHED if done is Turn.UNFINISHED else Turn.DONE

    def _renewing(self, name: str, token: UUID, stop: Callable[[], bool]) -> Callable[[], bool]:
        """What a work asks whether it is to stop, which renews its lease in time."""
        renewed_at = self.elapsed()
        is_mine = True

        def asked() -> bool:
            nonlocal renewed_at, is_mine
            if is_mine and self.elapsed() - renewed_at >= self.lease.total_seconds() / 3:
                renewed_at = self.elapsed()
                with self.open_unit() as unit:
                    is_mine = unit.schedule.renew(name, token=token, now=unit.now(), lease=self.lease)
                    unit.commit()
            return not is_mine or stop()

        return asked

    def _fail(self, periodic: Periodic, token: UUID) -> None:
        with self.open_unit() as unit:
            unit.schedule.fail(periodic.name, token=token, again=unit.now() + self.again_after)
            unit.commit()
