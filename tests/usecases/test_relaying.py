"""What waits in the outbox reaches the bus: all of it, in order, by one relay at a time."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import define, field, frozen

from boona_adapters.memory import MemoryStore
from boona_adapters.streams.memory import MemoryBus
from boona_core.cloud_events import read_event
from boona_core.event_ports import BusDown
from boona_core.events import Event, EventType
from boona_core.usecases.relaying import LEASE, RelayEvents, RelayPolicy
from tests.situations import OTHER_WORKER, WORKER
from tests.usecases.house import Clock

STREAM = "communication-events"
POLICY = RelayPolicy(lease=timedelta(seconds=60), batch=3)


@define(eq=False)
class Office:
    """A store with events, a bus, and relays on both."""

    clock: Clock = field(factory=Clock)
    bus: MemoryBus = field(factory=MemoryBus)
    store: MemoryStore = field(init=False)
    reached: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.store = MemoryStore(self.clock)

    def relay(self, token: object = WORKER, checkpoint: Callable[[str], None] | None = None) -> RelayEvents:
        """A relay; without a *checkpoint* what it reaches is kept."""
        return RelayEvents(
            open_unit=self.store.open_unit,
            bus=self.bus,
            policy=POLICY,
            token=token,  # type: ignore[arg-type]
            source="/agency",
            checkpoint=checkpoint or self.reached.append,
        )

    def happens(self, *numbers: int) -> None:
        """Let these things happen, to two therapists in turn."""
        with self.store.open_unit() as unit:
            unit.outbox.put(
                Event(type=EventType.EMAIL_SENT, key=number % 2 + 1, data={"n": number}) for number in numbers
            )
            unit.commit()

    def arrived(self) -> list[int]:
        """What arrived, in order."""
        read = [read_event(message.body) for message in self.bus.published(STREAM)]
        return [each.data["n"] for each in read]  # type: ignore[union-attr]

    def waiting(self) -> int:
        """How many events wait."""
        with self.store.open_unit() as unit:
            return unit.relay.backlog().count


def test_everything_that_waits_arrives_in_order_over_several_batches() -> None:
    office = Office()
    office.happens(*range(8))

    done = office.relay()()

    assert (done.published, done.down, done.elsewhere) == (8, None, False)
    assert office.arrived() == list(range(8))
    assert office.waiting() == 0


def test_a_second_look_publishes_nothing_twice() -> None:
    office = Office()
    office.happens(1, 2)
    office.relay()()

    assert office.relay()().published == 0
    assert office.arrived() == [1, 2]


def test_while_the_bus_is_away_everything_waits_and_later_arrives() -> None:
    office = Office()
    office.happens(1, 2)
    office.bus.away = True

    away = office.relay()()
    office.bus.away = False
    back = office.relay()()

    assert (away.published, away.down) == (0, BusDown("away"))
    assert back.published == 2
    assert office.arrived() == [1, 2]


def test_while_one_relay_has_the_lease_another_does_nothing() -> None:
    office = Office()
    office.relay()()
    office.happens(1)

    done = office.relay(OTHER_WORKER)()

    assert done.elsewhere
    assert office.arrived() == []


def test_a_relay_whose_lease_is_over_is_succeeded() -> None:
    office = Office()
    office.relay()()
    office.happens(1)
    office.clock.passes(seconds=60)

    assert office.relay(OTHER_WORKER)().published == 1


def test_a_relay_that_ends_lets_another_begin_at_once() -> None:
    office = Office()
    office.relay()()
    office.happens(1)

    office.relay().release()

    assert office.relay(OTHER_WORKER)().published == 1


def test_a_relay_stops_between_batches() -> None:
    office = Office()
    office.happens(*range(8))
    asked = iter([False, False, True])

    done = office.relay()(stop=lambda: next(asked))

    assert done.published == 6
    assert office.waiting() == 2


class Died(Exception):
    """A process that ends at a point."""


@frozen
class DiesAt:
    """Ends whoever comes to a point."""

    point: str

    def __call__(self, point: str) -> None:
        """The relay has come to *point*."""
        if point == self.point:
            raise Died


@pytest.mark.parametrize(
    ("point", "arrived"),
    [
        ("relay_read", [0, 1, 2, 3, 4]),
        ("relay_published", [0, 1, 2, 0, 1, 2, 3, 4]),
        ("relay_marked", [0, 1, 2, 3, 4]),
    ],
)
def test_a_relay_that_dies_loses_nothing_and_repeats_at_most_one_batch(point: str, arrived: list[int]) -> None:
    office = Office()
    office.happens(*range(5))

    with pytest.raises(Died):
        office.relay(checkpoint=DiesAt(point))()
    office.clock.passes(seconds=60)
    office.relay(OTHER_WORKER)()

    assert office.arrived() == arrived
    assert office.waiting() == 0


def test_a_frozen_relay_that_wakes_beside_its_successor_brings_no_event_out_of_order_for_the_first_time() -> None:
    office = Office()
    office.happens(*range(5))

    def successor_works(point: str) -> None:
        if point == "relay_read":
            office.clock.passes(seconds=60)
            office.relay(OTHER_WORKER)()

    woken = office.relay(checkpoint=successor_works)()

    assert woken.elsewhere
    assert list(dict.fromkeys(office.arrived())) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("failures", "jitter", "seconds"), [(1, 1.0, 0.2), (1, 0.0, 0.1), (3, 1.0, 0.8), (6, 1.0, 5.0), (500, 1.0, 5.0)]
)
def test_the_wait_doubles_up_to_its_bound(failures: int, jitter: float, seconds: float) -> None:
    assert RelayPolicy().wait_after(failures, jitter=jitter).total_seconds() == pytest.approx(seconds)


def test_the_lease_has_the_name_that_operators_know() -> None:
    assert LEASE == "relay"
