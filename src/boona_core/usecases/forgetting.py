"""Forget what nobody needs any more: events that the bus has had for long, answers that nobody may ask for again.

What is not published is never forgotten, however old it is.  Whoever dies in between leaves the rest for the next time;
two that forget at the same time divide what there is.
"""

from collections.abc import Callable
from datetime import timedelta

from attrs import field, frozen
from attrs.validators import ge, optional

from boona_core.api_ports import OpenApiUnit
from boona_core.event_ports import OpenRunningUnit

BATCH = 1_000
"""What is forgotten in one transaction."""


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
        return 0 if self.keep is None else _in_batches(self._some, self.batch, stop)

    def _some(self) -> int:
        with self.open_unit() as unit:
            forgotten = unit.relay.forget(published_before=unit.now() - (self.keep or timedelta(0)), limit=self.batch)
            self.checkpoint("events_forgotten")
            unit.commit()
        self.checkpoint("forgetting_committed")
        return forgotten


@frozen(kw_only=True)
class ForgetAnswers:
    """Forget the answers to calls with a key that are older than a day, in small transactions.

    They hold what was shown, patients' data included.

    Attributes:
        batch: Answers in one transaction at most; at least 1.
    """

    open_unit: OpenApiUnit
    batch: int = field(default=BATCH, validator=ge(1))

    def __call__(self, *, stop: Callable[[], bool] = lambda: False) -> int:
        """Forget what is old enough; returns how many answers that were.

        Args:
            stop: Asked between two transactions.

        Raises:
            StoreError: the store failed; what was forgotten before stays forgotten.
        """
        return _in_batches(self._some, self.batch, stop)

    def _some(self) -> int:
        with self.open_unit() as unit:
            forgotten = unit.replays.forget(now=unit.now(), limit=self.batch)
            unit.commit()
        return forgotten


def _in_batches(some: Callable[[], int], batch: int, stop: Callable[[], bool]) -> int:
    """Forget some again and again, until there are fewer than a batch of them."""
    total = 0
    while not stop():
        forgotten = some()
        total += forgotten
        if forgotten < batch:
            break
    return total
