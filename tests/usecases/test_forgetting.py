"""What the bus has had for long leaves the outbox, in small transactions; what waits stays."""

from datetime import timedelta

import pytest
from attrs import define, field

from boona_adapters.memory import MemoryStore
from boona_core.api_ports import StoredAnswer
from boona_core.events import Event, EventType
from boona_core.ids import AccessTokenId
from boona_core.usecases.forgetting import ForgetAnswers, ForgetEvents
from tests.usecases.house import Clock

DAY = timedelta(days=1)
KEPT = 30 * DAY


@define(eq=False)
class Office:
    """A store with events and a clock."""

    clock: Clock = field(factory=Clock)
    reached: list[str] = field(factory=list)
    store: MemoryStore = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.store = MemoryStore(self.clock)

    def published(self, *numbers: int) -> None:
        """These things happened, and the bus has been told."""
        self.happened(*numbers)
        with self.store.open_unit() as unit:
            unit.relay.mark_published([each.number for each in unit.relay.unpublished(1000)], now=unit.now())
            unit.commit()

    def happened(self, *numbers: int) -> None:
        """These things happened, and nobody has been told."""
        with self.store.open_unit() as unit:
            unit.outbox.put(Event(type=EventType.EMAIL_SENT, key=1, data={"n": number}) for number in numbers)
            unit.commit()

    def forget(self, keep: timedelta | None = KEPT, *, batch: int = 1000) -> ForgetEvents:
        """The use case."""
        return ForgetEvents(open_unit=self.store.open_unit, keep=keep, batch=batch, checkpoint=self.reached.append)

    def kept(self) -> list[object]:
        """What is still there."""
        return [event.data["n"] for event in self.store.events()]


@pytest.fixture
def office() -> Office:
    return Office()


def test_an_event_is_kept_for_its_time_after_it_was_published_and_then_forgotten(office: Office) -> None:
    office.published(1)

    office.clock.now += KEPT
    on_the_instant = office.forget()()
    office.clock.now += timedelta(microseconds=1)
    after_it = office.forget()()

    assert (on_the_instant, after_it) == (0, 1)
    assert office.kept() == []


def test_the_time_counts_from_when_it_was_published_not_from_when_it_happened(office: Office) -> None:
    office.happened(1)
    office.clock.now += 2 * KEPT
    office.published(2)

    assert office.forget()() == 0
    assert office.kept() == [1, 2]


def test_what_was_never_published_is_kept_for_ever(office: Office) -> None:
    office.published(1)
    office.happened(2)
    office.clock.now += 1000 * KEPT

    assert office.forget()() == 1
    assert office.kept() == [2]


def test_without_a_time_nothing_is_forgotten_and_nothing_is_asked(office: Office) -> None:
    office.published(1)
    office.clock.now += 1000 * KEPT

    assert office.forget(None)() == 0
    assert office.kept() == [1]
    assert office.reached == []


@pytest.mark.parametrize(("count", "transactions"), [(0, 1), (5, 2), (6, 3), (7, 3)])
def test_many_are_forgotten_in_small_transactions(office: Office, count: int, transactions: int) -> None:
    office.published(*range(count))
    office.clock.now += 2 * KEPT

    assert office.forget(batch=3)() == count
    assert office.reached == ["events_forgotten", "forgetting_committed"] * transactions


def test_whoever_dies_before_a_commit_leaves_that_part_for_the_next_time(office: Office) -> None:
    office.published(*range(5))
    office.clock.now += 2 * KEPT
    dying = _DiesAt("events_forgotten", times=2)
    forget = ForgetEvents(open_unit=office.store.open_unit, keep=KEPT, batch=2, checkpoint=dying)

    with pytest.raises(KeyboardInterrupt):
        forget()
    left = len(office.kept())

    assert left == 3
    assert office.forget()() == 3


def test_it_ends_between_two_transactions_when_it_is_told_to(office: Office) -> None:
    office.published(*range(5))
    office.clock.now += 2 * KEPT

    done = office.forget(batch=2)(stop=lambda: len(office.reached) >= 2)

    assert done == 2
    assert len(office.kept()) == 3


def test_answers_to_calls_with_a_key_are_forgotten_after_their_day(office: Office) -> None:
    answer = StoredAnswer(request_hash=b"hash", status=201, headers={}, body=b"{}")
    with office.store.open_unit() as unit:
        for key in "abc":
            unit.replays.put(AccessTokenId(1), key, answer, now=unit.now())
        unit.commit()
    forget = ForgetAnswers(open_unit=office.store.open_unit, batch=2)

    office.clock.now += DAY - timedelta(microseconds=1)
    before = forget()
    office.clock.now += timedelta(microseconds=1)

    assert (before, forget(), forget()) == (0, 3, 0)


@define
class _DiesAt:
    """A checkpoint at which the process ends."""

    point: str
    times: int

    def __call__(self, point: str) -> None:
        self.times -= point == self.point
        if point == self.point and not self.times:
            raise KeyboardInterrupt
