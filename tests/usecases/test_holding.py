"""A store that was restored from before something was sent sends nothing until a person says so."""

from datetime import timedelta

import pytest
from attrs import define, evolve, field

from boona_adapters.memory.transactions import Table
from boona_core.emails import EmailState
from boona_core.ids import EmailId
from boona_core.usecases.holding import Hold, WatchHighWater
from boona_core.usecases.sending import Drained, DrainQueue
from tests.usecases.house import House, house


@define
class Kept:
    """A mark that is kept in a list, with everything that was noted."""

    noted: list[int] = field(factory=list)

    def read(self) -> int | None:
        """The highest."""
        return max(self.noted, default=None)

    def note(self, mark: int) -> None:
        """Keep it."""
        self.noted.append(mark)


@pytest.fixture
def office() -> House:
    return house()


@pytest.fixture
def kept() -> Kept:
    return Kept()


def watch(office: House, kept: Kept) -> WatchHighWater:
    return WatchHighWater(open_unit=office.memory.open_unit, outside=kept)


def drain(office: House, kept: Kept) -> DrainQueue:
    return evolve(office.drain, high_water=watch(office, kept))


def queued(office: House) -> EmailId:
    therapist = office.seed.therapist()
    return office.seed.queued_email(therapist, [office.seed.request(None, therapist)])


def backup(office: House) -> "dict[str, dict[object, object]]":
    """A copy of every table."""
    return {name: dict(table.rows) for name, table in vars(office.memory.tables).items() if isinstance(table, Table)}


def restore(office: House, copy: "dict[str, dict[object, object]]") -> None:
    """Put back what a copy holds."""
    tables = office.memory.tables
    for name, rows in copy.items():
        table = getattr(tables, name)
        for key in list(table.rows):
            table.remove(key)
        for key, row in rows.items():
            table.put(key, row)


def test_a_store_that_was_never_restored_sends(office: House, kept: Kept) -> None:
    email = queued(office)

    drained = drain(office, kept)()

    assert drained == Drained(sent=1)
    assert office.state(email) is EmailState.SENT
    assert kept.noted == [1, 2]


def test_a_store_restored_from_before_a_sending_sends_nothing(office: House, kept: Kept) -> None:
    email = queued(office)
    copy = backup(office)
    drain(office, kept)()
    restore(office, copy)

    drained = drain(office, kept)()

    assert (drained.sent, drained.hold) == (0, Hold(outside=2, inside=0))
    assert office.state(email) is EmailState.QUEUED
    assert len(office.server.delivered) == 1


def test_a_store_restored_from_the_middle_of_a_sending_sends_nothing(office: House, kept: Kept) -> None:
    copies: list[dict[str, dict[object, object]]] = []
    queued(office)
    use = drain(office, kept)

    def copy_at(point: str) -> None:
        if point == "marker_committed":
            copies.append(backup(office))

    evolve(use, checkpoint=copy_at)()
    restore(office, copies[0])
    office.clock.now += timedelta(hours=1)

    drained = drain(office, kept)()

    assert drained.hold is not None
    assert len(office.server.delivered) == 1


def test_after_a_person_released_the_hold_emails_leave_again(office: House, kept: Kept) -> None:
    email = queued(office)
    copy = backup(office)
    drain(office, kept)()
    restore(office, copy)

    released = watch(office, kept).release()
    again = watch(office, kept).release()

    assert (released, again) == (Hold(outside=2, inside=0), None)
    assert drain(office, kept)() == Drained(sent=1)
    assert office.state(email) is EmailState.SENT
    assert kept.noted[-1] > 2


def test_while_it_is_on_hold_the_mark_does_not_rise(office: House, kept: Kept) -> None:
    kept.note(7)

    watch(office, kept).rise()

    assert watch(office, kept).hold() == Hold(outside=7, inside=0)


def test_without_a_mark_outside_nothing_is_on_hold(office: House, kept: Kept) -> None:
    assert watch(office, kept).hold() is None


def test_a_drain_that_sends_nothing_leaves_the_mark_as_it_is(office: House, kept: Kept) -> None:
    drain(office, kept)()

    assert kept.noted == []
