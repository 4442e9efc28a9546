"""Workers are told what a change made due: after its commit, once, and in nobody's way."""

from collections.abc import Callable, Iterator
from threading import Event as Signal
from typing import Any

import pytest
from attrs import define, field

from boona_adapters.memory import MemoryStore
from boona_adapters.workers.looks import LookName
from boona_adapters.workers.ringing import Ringer, due_after, ringing_units
from boona_core.api_ports import OpenApiUnit
from boona_core.events import Event, EventType
from boona_core.usecases.joining import JoinedUnits
from tests.edge.office import until
from tests.situations import NOW

QUEUED = Event(type=EventType.EMAIL_QUEUED, key=1)
CREATED = Event(type=EventType.EMAIL_CREATED, key=1)
BOTH = [LookName.SEND, LookName.RELAY]


@define
class Bell:
    """A bell whose rings are kept.

    Attributes:
        heard: Whether somebody could hear it.
        held: While it is not set, ringing takes that long.
    """

    heard: bool = True
    held: Signal = field(factory=Signal)
    rung: list[LookName] = field(factory=list)
    fault: Exception | None = None

    def __attrs_post_init__(self) -> None:
        self.held.set()

    def __call__(self, name: LookName) -> bool:
        """Ring."""
        self.rung.append(name)
        self.held.wait(10)
        if self.fault is not None:
            raise self.fault
        return self.heard


@define
class Time:
    """Seconds, as a test sets them."""

    seconds: float = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.seconds


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def elapsed() -> Time:
    return Time()


@pytest.fixture
def ringer(bell: Bell, elapsed: Time) -> Iterator[Ringer]:
    made = Ringer(open_bell=lambda: bell, elapsed=elapsed, rest=5.0)
    yield made
    bell.held.set()
    made.close()


@pytest.fixture
def open_unit(ringer: Ringer) -> OpenApiUnit:
    return ringing_units(MemoryStore(lambda: NOW).open_unit, ringer, relayed=True)


def put(open_unit: OpenApiUnit, *events: Event) -> None:
    """A change that tells of these events."""
    with open_unit() as unit:
        unit.outbox.put(iter(events))
        unit.commit()


def put_often(open_unit: OpenApiUnit) -> None:
    """Fifty changes, one after another."""
    for _ in range(50):
        put(open_unit, QUEUED)


def waits(condition: Callable[[], object]) -> None:
    until(lambda: bool(condition()), "it did not ring", seconds=5)


# What a change made due


def test_a_queued_email_can_be_sent_and_its_event_relayed() -> None:
    assert due_after([EventType.EMAIL_QUEUED], relayed=True) == {LookName.SEND, LookName.RELAY}


def test_where_events_go_nowhere_nobody_is_told_to_relay() -> None:
    assert due_after([EventType.EMAIL_QUEUED], relayed=False) == {LookName.SEND}


def test_a_change_without_an_event_makes_nothing_due() -> None:
    assert due_after([], relayed=True) == frozenset()


@pytest.mark.parametrize("kind", sorted(set(EventType) - {EventType.EMAIL_QUEUED}))
def test_no_other_event_makes_an_email_due(kind: EventType) -> None:
    assert due_after([kind], relayed=True) == {LookName.RELAY}


# When it is told


def test_it_rings_after_the_commit_and_the_events_are_stored(open_unit: OpenApiUnit, bell: Bell) -> None:
    put(open_unit, CREATED, QUEUED)

    waits(lambda: bell.rung == BOTH)

    with open_unit() as unit:
        assert [each.event.type for each in unit.relay.unpublished(10)] == [CREATED.type, QUEUED.type]


def test_what_is_not_committed_rings_nothing(open_unit: OpenApiUnit, ringer: Ringer, bell: Bell) -> None:
    with open_unit() as unit:
        unit.outbox.put([QUEUED])

    ringer.close()
    assert bell.rung == []


def test_a_commit_without_events_rings_nothing(open_unit: OpenApiUnit, ringer: Ringer, bell: Bell) -> None:
    with open_unit() as unit:
        unit.schedule.due(now=NOW)
        unit.commit()

    ringer.close()
    assert bell.rung == []


def test_a_second_commit_of_a_unit_does_not_ring_for_the_first(open_unit: OpenApiUnit, ringer: Ringer) -> None:
    told: list[Any] = []
    listening = ringing_units(open_unit, _Told(told), relayed=True)  # type: ignore[arg-type]

    with listening() as unit:
        unit.outbox.put([QUEUED])
        unit.commit()
        unit.outbox.put([CREATED])
        unit.commit()

    assert told == [{LookName.SEND, LookName.RELAY}, {LookName.RELAY}]


def test_joined_units_ring_when_the_whole_is_lasting(open_unit: OpenApiUnit) -> None:
    told: list[Any] = []
    listening = ringing_units(open_unit, _Told(told), relayed=False)  # type: ignore[arg-type]

    with JoinedUnits(listening) as units:
        put(units.open, QUEUED)
        before = list(told)
        units.keep()

    assert before == []
    assert told == [{LookName.SEND}]


# In nobody's way


def test_whoever_tells_does_not_wait_for_the_bell(open_unit: OpenApiUnit, bell: Bell) -> None:
    bell.held.clear()

    put(open_unit, QUEUED)
    waits(lambda: bell.rung)
    put(open_unit, QUEUED)

    assert bell.rung == [LookName.SEND]


def test_what_comes_while_it_rings_is_told_together(open_unit: OpenApiUnit, ringer: Ringer, bell: Bell) -> None:
    bell.held.clear()
    put(open_unit, QUEUED)
    waits(lambda: bell.rung)

    put_often(open_unit)
    bell.held.set()
    ringer.close()

    assert bell.rung == BOTH * 2


def test_a_redis_that_is_away_is_asked_once_and_then_left_alone(
    open_unit: OpenApiUnit, ringer: Ringer, bell: Bell, elapsed: Time
) -> None:
    bell.heard = False
    put(open_unit, QUEUED)
    waits(lambda: ringer.rests)

    put_often(open_unit)
    elapsed.seconds = 4.9
    put(open_unit, QUEUED)
    ringer.close()

    assert bell.rung == [LookName.SEND]


def test_after_its_rest_it_rings_again_for_what_comes_then(
    open_unit: OpenApiUnit, ringer: Ringer, bell: Bell, elapsed: Time
) -> None:
    bell.heard = False
    put(open_unit, QUEUED)
    waits(lambda: ringer.rests)
    bell.heard = True
    elapsed.seconds = 5.0

    put(open_unit, CREATED)
    ringer.close()

    assert bell.rung == [LookName.SEND, LookName.RELAY]


def test_a_bell_that_breaks_is_left_alone_too_and_the_change_is_done(
    open_unit: OpenApiUnit, ringer: Ringer, bell: Bell, capfd: pytest.CaptureFixture[str]
) -> None:
    bell.fault = ValueError("geheim")

    put(open_unit, QUEUED)
    waits(lambda: ringer.rests)

    said = "".join(capfd.readouterr())
    assert "the doorbell failed" in said
    assert "geheim" not in said


def test_what_was_told_is_rung_for_before_the_end(bell: Bell) -> None:
    ringer = Ringer(open_bell=lambda: bell)

    ringer.tell({LookName.SEND})
    ringer.close()

    assert bell.rung == [LookName.SEND]


def test_an_end_without_anything_told_opens_no_bell() -> None:
    def open_bell() -> Any:
        raise AssertionError("nobody was to ring")

    ringer = Ringer(open_bell=open_bell)

    ringer.close()
    ringer.tell({LookName.SEND})

    assert not ringer.rests


class _Told:
    """Keeps what it is told."""

    def __init__(self, told: list[Any]) -> None:
        self._told = told

    def tell(self, names: frozenset[LookName]) -> None:
        self._told.append(set(names))
