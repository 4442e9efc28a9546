"""Forget the events that the bus has had for long, so that the outbox does not grow for ever.

What is not published is never forgotten, however old it is.  Whoever dies in between leaves the rest for the next time;
two that forget at the same time divide what there is.
"""

from collections.abc import Callable
from datetime import timedelta

from attrs import field, frozen
from attrs.validators import ge, optional

from boona_core.event_ports import OpenRunningUnit

BATCH = 1_000
"""Events that are forgotten in one transaction."""


@frozen(kw_only=True)
class ForgetEvents:
    """Forget events, in small transactions.

    Attributes:
        keep: How long an event is kept after it was published; None: for ever.
        batch: Events in one transaction at most; at least 1.
        checkpoint: Told the name of each point that is reached; chaos tests end the process there.
    """

    open_unit: OpenRunningUnit
    keep: timedelta | None = field(validator=optional(ge(timedelta(0))))
    batch: int = field(default=BATCH, validator=ge(1))
    checkpoint: Callable[[str], None] = lambda _: None

    def __call__(self, *, stop: Callable[[], bool] = lambda: False) -> int:
        """Forget what is old enough; returns how many events that were.

        Args:
            stop: Asked between two transactions.

        Raises:
            StoreError: the store failed; what was forgotten before stays forgotten.
        """
        total = 0
        while self.keep is not None and not stop():
            with self.open_unit() as unit:
                forgotten = unit.relay.forget(published_before=unit.now() - self.keep, limit=self.batch)
                self.checkpoint("events_forgotten")
                unit.commit()
            self.checkpoint("forgetting_committed")
            total += forgotten
            if forgotten < self.batch:
                break
        return total
