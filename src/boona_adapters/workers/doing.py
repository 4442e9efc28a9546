"""Carry out looks, whoever asked for one: count what was done, tell of what failed, and go on."""

from collections import Counter
from threading import get_ident
from uuid import uuid4

from attrs import field, frozen

from boona_adapters import logs
from boona_adapters.workers.looks import LookName, Looks, ShallStop
from boona_adapters.workers.numbers import Numbers
from boona_core.errors import StoreUnavailable
from boona_core.ports import Reaped
from boona_core.usecases.relaying import Relayed
from boona_core.usecases.scheduling import Turn
from boona_core.usecases.sending import Drained


@frozen(kw_only=True)
class Hands:
    """Whoever does the work of this process.

    Attributes:
        stop: Whether the process is to end: what is in hand is finished, nothing is begun.
    """

    looks: Looks
    numbers: Numbers
    stop: ShallStop
    _told: set[str] = field(factory=set)
    _looking: Counter[int] = field(factory=Counter)

    @property
    def in_hand(self) -> bool:
        """Whether some thread is in the middle of a look."""
        return any(list(self._looking.values()))

    def look(self, name: LookName) -> bool:
        """Look once; False: it failed, and the log says how."""
        thread = get_ident()
        self._looking[thread] += 1
        try:
            return self.stop() or self._look(name)
        finally:
            self._looking[thread] -= 1

    def _look(self, name: LookName) -> bool:
        try:
            done = self.looks[name].do(self.stop)
        except Exception as error:  # whatever it is, the others go on
            self._tell(name, error)
            return False
        self.count(name, done)
        return True

    def count(self, name: LookName, done: object) -> None:
        """Count what a look did."""
        self.numbers.looks.labels(name, done.value if isinstance(done, Turn) else "done").inc()
        if isinstance(done, Drained):
            self._count_drained(done)
        if isinstance(done, Reaped):
            self.numbers.reaped.inc(len(done.returned) + len(done.uncertain))
        if isinstance(done, Relayed):
            self.numbers.published.inc(done.published)

    def _count_drained(self, drained: Drained) -> None:
        for outcome in ("sent", "failed", "deferred", "uncertain", "canceled"):
            self.numbers.emails.labels(outcome).inc(getattr(drained, outcome))
        if any((drained.sent, drained.failed, drained.uncertain, drained.canceled)):
            logs.logger().info(
                "emails",
                sent=drained.sent,
                failed=drained.failed,
                uncertain=drained.uncertain,
                canceled=drained.canceled,
            )
        self._once("on hold: the database was restored; see `boona release-hold`", drained.hold is not None)
        self._once("the mail server failed, sending rests", drained.pause is not None)

    def _once(self, words: str, so: bool) -> None:
        """Say it when it begins, not at every look."""
        if so and words not in self._told:
            logs.logger().warning(words)
        (self._told.add if so else self._told.discard)(words)

    def _tell(self, name: LookName, error: Exception) -> None:
        self.numbers.error(error)
        self.numbers.looks.labels(name, "failed").inc()
        if isinstance(error, StoreUnavailable):
            logs.logger().warning("the database is away", look=name.value)
            return
        logs.logger().error("a look failed", look=name.value, reference=uuid4().hex[:12], **logs.places_of(error))
