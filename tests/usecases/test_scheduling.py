"""A periodic work is done once when its time has come, whoever looks and however many times were missed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from attrs import define, field

from boona_adapters.memory import MemoryStore
from boona_core.usecases.scheduling import Periodic, RunDue, Turn
from tests.usecases.house import Clock

HOUR = timedelta(hours=1)


class Stumbled(Exception):
    """Whatever may go wrong in a work."""


def every_hour(expression: str, after: datetime) -> datetime:
    """The next full hour, whatever the expression."""
    return after.replace(minute=0, second=0, microsecond=0) + HOUR


@define(eq=False)
class Office:
    """A store, and a work that counts.

    Attributes:
        answer: What the work answers.
        stop: What it asks whether it is to stop.
    """

    clock: Clock = field(factory=Clock)
    store: MemoryStore = field(init=False)
    done: list[datetime] = field(factory=list)
    fails: bool = False
    answer: Turn | None = None
    meanwhile: Callable[[], object] = lambda: None
    stop: Callable[[], bool] = lambda: False
    _numbers: "count[int]" = field(factory=lambda: count(1))

    def __attrs_post_init__(self) -> None:
        self.store = MemoryStore(self.clock)

    def looks(self, expression: str = "0 * * * *") -> Turn:
        """Somebody looks whether the work is due."""
        run = RunDue(
            open_unit=self.store.open_unit,
            next_time=every_hour,
            new_token=lambda: UUID(int=next(self._numbers)),
            elapsed=self._elapsed,
        )
        return run(Periodic(name="count", expression=expression, work=self._work))

    def _elapsed(self) -> float:
        return self.clock.now.timestamp()

    def asks_for(self) -> None:
        """Somebody asks for the work."""
        with self.store.open_unit() as unit:
            unit.schedule.hasten("count", now=unit.now())
            unit.commit()

    def _work(self, stop: Callable[[], bool]) -> Turn | None:
        self.done.append(self.clock.now)
        self.stop = stop
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if self.fails:
            raise Stumbled
        return self.answer


@pytest.fixture
def office() -> Office:
    """An office that knows the work: it is due in an hour."""
    office = Office()
    office.looks()
    return office


def test_a_work_that_is_new_is_not_done_before_its_time(office: Office) -> None:
    office.clock.passes(minutes=59)

    assert office.looks() is Turn.NOT_DUE
    assert office.done == []


def test_a_work_is_done_at_its_time_and_once(office: Office) -> None:
    office.clock.passes(hours=1)

    assert [office.looks(), office.looks()] == [Turn.DONE, Turn.NOT_DUE]
    assert len(office.done) == 1


def test_many_missed_times_are_caught_up_once(office: Office) -> None:
    office.clock.passes(days=7)

    assert [office.looks(), office.looks()] == [Turn.DONE, Turn.NOT_DUE]
    office.clock.passes(hours=1)
    assert office.looks() is Turn.DONE


def test_while_one_is_at_it_another_does_nothing(office: Office) -> None:
    seen: list[Turn] = []
    office.meanwhile = lambda: seen.append(office.looks())
    office.clock.passes(hours=1)

    assert office.looks() is Turn.DONE
    assert seen == [Turn.NOT_DUE]


def test_a_work_whose_beginner_says_nothing_is_begun_again_after_its_lease(office: Office) -> None:
    seen: list[Turn] = []

    def long_after() -> None:
        office.clock.passes(minutes=10)
        seen.append(office.looks())

    office.meanwhile = long_after
    office.clock.passes(hours=1)

    assert office.looks() is Turn.TAKEN_OVER
    assert seen == [Turn.DONE]


def test_a_work_that_asks_whether_it_is_to_stop_keeps_its_lease_however_long_it_takes(office: Office) -> None:
    seen: list[object] = []

    def long() -> None:
        for _ in range(5):
            office.clock.passes(minutes=9)
            seen.append(office.stop())
            seen.append(office.looks())

    office.meanwhile = long
    office.clock.passes(hours=1)

    assert office.looks() is Turn.DONE
    assert seen == [False, Turn.NOT_DUE] * 5
    assert len(office.done) == 1


def test_whoever_finds_the_work_taken_over_is_told_to_stop(office: Office) -> None:
    seen: list[object] = []

    def frozen() -> None:
        office.clock.passes(minutes=10)
        mine, theirs = office.stop, office.looks()
        seen.extend([theirs, mine()])

    office.meanwhile = frozen
    office.clock.passes(hours=1)

    assert office.looks() is Turn.TAKEN_OVER
    assert seen == [Turn.DONE, True]


def test_a_work_that_stopped_before_its_end_is_due_again_at_once(office: Office) -> None:
    office.clock.passes(hours=1)
    office.answer = Turn.UNFINISHED
    first = office.looks()
    office.answer = None

    assert [first, office.looks(), office.looks()] == [Turn.UNFINISHED, Turn.DONE, Turn.NOT_DUE]


def test_a_work_that_is_asked_for_is_done_now_and_once_more_where_somebody_was_at_it(office: Office) -> None:
    def in_its_middle() -> None:
        office.clock.passes(minutes=1)
        office.asks_for()

    office.asks_for()
    office.meanwhile = in_its_middle

    assert [office.looks(), office.looks(), office.looks()] == [Turn.DONE, Turn.DONE, Turn.NOT_DUE]


def test_a_work_that_fails_is_tried_again_a_minute_later(office: Office) -> None:
    office.clock.passes(hours=1)
    office.fails = True

    with pytest.raises(Stumbled):
        office.looks()
    office.fails = False

    assert office.looks() is Turn.NOT_DUE
    office.clock.passes(minutes=1)
    assert office.looks() is Turn.DONE


def test_another_expression_begins_anew(office: Office) -> None:
    office.clock.passes(hours=1)

    assert office.looks("5 * * * *") is Turn.NOT_DUE
    office.clock.passes(hours=1)
    assert office.looks("5 * * * *") is Turn.DONE
