"""Hand what waits in the outbox to the bus, in order, and again until the bus has it.

One relay works at a time, by a lease.  Should it be frozen past its lease and woken beside its successor, an event may
arrive twice, with the same id; no event arrives for the first time after a later one of its key: each relay publishes
what is unpublished of a key from the first on.  An event that becomes visible late is not missed, because nothing is
remembered but which events are published.
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from attrs import frozen

from boona_core.cloud_events import OWN_SOURCE, message_of
from boona_core.event_ports import BusDown, EventBus, OpenRunningUnit

LEASE = "relay"


@frozen(kw_only=True)
class RelayPolicy:
    """How the relay works and waits.

    Attributes:
        lease: How long a relay that says nothing keeps others out; longer than the bus takes for one batch.
        batch: Events in one hand-over; at least 1.
        first_wait: Wait after the first failure of the bus; it doubles with each further one.
        longest_wait: Bound of that wait.
    """

    lease: timedelta = timedelta(seconds=60)
    batch: int = 500
    first_wait: timedelta = timedelta(milliseconds=200)
    longest_wait: timedelta = timedelta(seconds=5)

    def wait_after(self, failures: int, *, jitter: float) -> timedelta:
        """How long to wait after so many failures in a row (1: the first), with *jitter* from 0 to 1."""
        doubled: timedelta = min(self.first_wait * 2 ** min(failures - 1, 20), self.longest_wait)
        return doubled * (0.5 + 0.5 * jitter)


@frozen(kw_only=True)
class Relayed:
    """What one call of ``RelayEvents`` did.

    Attributes:
        published: How many events the bus took.
        elsewhere: Another relay is at it.
        down: Why not all of it; None: nothing waits any more, or somebody asked to stop.
    """

    published: int = 0
    elsewhere: bool = False
    down: BusDown | None = None


@frozen(kw_only=True)
class RelayEvents:
    """Publish what waits until nothing does, or until the bus is away.

    Attributes:
        source: Who says it, as CloudEvents want it.
        token: Of this process; no other has it.
        checkpoint: Told the name of each point that is reached; chaos tests end the process there.
    """

    open_unit: OpenRunningUnit
    bus: EventBus
    policy: RelayPolicy
    token: UUID
    source: str = OWN_SOURCE
    checkpoint: Callable[[str], None] = lambda _: None

    def __call__(self, *, stop: Callable[[], bool] = lambda: False) -> Relayed:
        """Relay one batch after another.

        Args:
            stop: Asked between batches; what is in hand is finished.
        """
        total = 0
        while not stop():
            with self.open_unit() as unit:
                if not unit.leases.take(LEASE, token=self.token, now=unit.now(), lease=self.policy.lease):
                    return Relayed(published=total, elsewhere=True)
                waiting = unit.relay.unpublished(self.policy.batch)
                unit.commit()
            self.checkpoint("relay_read")
            if not waiting:
                break
            done = self.bus.publish([message_of(event, source=self.source) for event in waiting])
            self.checkpoint("relay_published")
            with self.open_unit() as unit:
                unit.relay.mark_published(done.numbers, now=unit.now())
                unit.commit()
            self.checkpoint("relay_marked")
            total += len(done.numbers)
            if done.down is not None:
                return Relayed(published=total, down=done.down)
        return Relayed(published=total)

    def release(self) -> None:
        """Let another relay begin at once: this one ends."""
        with self.open_unit() as unit:
            unit.leases.release(LEASE, token=self.token)
            unit.commit()
