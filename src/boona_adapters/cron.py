"""When does a cron expression name the next time, in the agency's zone?

Clock changes are cronsim's: a fixed time that does not exist on a day in spring comes right after the gap, and one that
comes twice on a day in autumn counts once.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen
from cronsim import CronSim, CronSimError

from boona_core.errors import InvalidValue


@frozen
class Cron:
    """A ``boona_core.usecases.scheduling.NextTime``."""

    zone: ZoneInfo

    def __call__(self, expression: str, after: datetime) -> datetime:
        """The first instant after *after* that *expression* names, UTC."""
        return next(CronSim(expression, after.astimezone(self.zone))).astimezone(UTC)

    def names(self, expression: str, at: datetime) -> bool:
        """Whether *expression* names the minute of *at*: so it tells a time of day, too (``* 8-17 * * 1-5``)."""
        minute = at.astimezone(UTC).replace(second=0, microsecond=0)
        return self(expression, minute - timedelta(microseconds=1)) == minute


def check_expression(text: str) -> None:
    """Make sure that *text* is a cron expression of five fields that names some time.

    Raises:
        InvalidValue: it is none; the text is not repeated.
    """
    try:
        readable = len(text.split()) == 5 and next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)), None) is not None
    except CronSimError:
        readable = False
    if not readable:
        raise InvalidValue("", "expected a cron expression of five fields, such as 30 7 * * 1-5")
