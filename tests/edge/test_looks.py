"""What is due, by how everything stands: in the order of the day, and only within its hours."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

from boona_adapters.cron import Cron
from boona_adapters.memory import MemoryStore
from boona_adapters.settings import ScheduleSettings
from boona_adapters.streams.memory import MemoryBus
from boona_adapters.workers.looks import LookName, given_up_look, periodic_look, reap_look, relay_look, send_look
from boona_core.events import Event, EventType
from boona_core.instants import BERLIN
from boona_core.usecases.relaying import Relayed, RelayEvents, RelayPolicy
from boona_core.usecases.scheduling import RunDue
from boona_core.usecases.sending import DrainQueue
from boona_core.workload import Workload, WorkStanding
from tests.situations import WORKER
from tests.usecases.house import house

NINE = datetime(2026, 3, 2, 9, tzinfo=BERLIN)
QUIET = Workload(at=NINE)
CRON = Cron(BERLIN)
LATE = WorkStanding(late=60.0)
DONE = WorkStanding(late=0.0)


def nothing(*_: Any) -> Any:
    raise AssertionError("nobody was to do anything")


def send(drain: DrainQueue | None = None, called: Callable[[], object] = nothing) -> Any:
    return send_look(drain or house().drain, ScheduleSettings(), CRON, called)


def emails(**works: WorkStanding) -> bool:
    run_due = RunDue(open_unit=nothing, next_time=CRON, new_token=nothing, elapsed=nothing)
    look = periodic_look(LookName.EMAILS, "30 7 * * 1-5", nothing, run_due, after=(LookName.FOLLOW_UPS, LookName.CALLS))
    return look.is_due(evolve(QUIET, works=works))


def test_emails_that_are_due_are_sent_within_the_hours() -> None:
    assert send().is_due(evolve(QUIET, due_emails=1))
    assert not send().is_due(QUIET)


@pytest.mark.parametrize(
    "load",
    [
        Workload(at=NINE.replace(hour=7), due_emails=1),
        Workload(at=NINE.replace(day=8), due_emails=1),
        Workload(at=NINE, due_emails=1, pauses=1),
    ],
    ids=["before eight", "on a Sunday", "while the server rests"],
)
def test_emails_that_are_due_wait_outside_of_the_hours_and_in_a_pause(load: Workload) -> None:
    assert not send().is_due(load)


def test_a_look_outside_of_the_hours_sends_nothing() -> None:
    office = house(now=datetime(2026, 3, 2, 3, tzinfo=UTC))
    office.seed.queued_email(office.seed.therapist())

    send(office.drain).do(lambda: False)

    assert office.server.delivered == []


def test_a_look_within_the_hours_sends_and_calls_help_when_there_is_much() -> None:
    office = house(now=NINE)
    _ = [office.seed.queued_email(office.seed.therapist()) for _ in range(21)]
    called: list[str] = []

    send(office.drain, lambda: called.append("help")).do(lambda: False)

    assert len(office.server.delivered) == 21
    assert called == ["help"]


def test_a_work_that_nobody_knows_yet_is_to_be_known() -> None:
    assert emails()


def test_a_work_is_due_when_its_time_has_come_and_nobody_is_at_it() -> None:
    assert emails(emails=LATE)
    assert not emails(emails=DONE)
    assert not emails(emails=evolve(LATE, in_hand=True))


@pytest.mark.parametrize("first", ["follow_ups", "calls"])
def test_emails_are_planned_after_the_calls_where_both_are_due(first: str) -> None:
    assert not emails(emails=LATE, **{first: LATE})
    assert not emails(emails=LATE, **{first: evolve(DONE, in_hand=True)})
    assert emails(emails=LATE, **{first: DONE})


def test_emails_do_not_wait_for_calls_that_fail() -> None:
    assert emails(emails=LATE, calls=evolve(LATE, failures=1))


def test_lapsed_leases_and_late_events_are_looked_after() -> None:
    relay = relay_look(RelayEvents(open_unit=nothing, bus=MemoryBus(), policy=RelayPolicy(), token=WORKER))
    reap = reap_look(nothing)

    assert reap.is_due(evolve(QUIET, lapsed_leases=1))
    assert relay.is_due(evolve(QUIET, oldest_unpublished_event=6.0))
    assert not reap.is_due(QUIET)
    assert not relay.is_due(evolve(QUIET, oldest_unpublished_event=4.0))


def test_a_work_that_nobody_here_does_is_given_up_once_nobody_has_begun_it_for_a_while() -> None:
    store = MemoryStore(lambda: NINE)
    with store.open_unit() as unit:
        unit.schedule.know("geocode", "15 1-4 * * *", following=NINE)
        unit.commit()
    look = given_up_look(LookName.GEOCODE, store.open_unit)
    long_late = WorkStanding(late=3601.0)

    look.do(lambda: False)

    assert not look.is_rung
    assert look.is_due(evolve(QUIET, works={"geocode": long_late}))
    assert not look.is_due(QUIET)
    assert not look.is_due(evolve(QUIET, works={"geocode": LATE}))
    assert not look.is_due(evolve(QUIET, works={"geocode": evolve(long_late, in_hand=True)}))
    with store.open_unit() as unit:
        assert unit.schedule.planned("geocode", now=NINE) is None


def test_two_looks_of_one_process_do_not_relay_at_the_same_time() -> None:
    store = MemoryStore(lambda: NINE)
    with store.open_unit() as unit:
        unit.outbox.put([Event(type=EventType.EMAIL_QUEUED, key=1)])
        unit.commit()
    relay = RelayEvents(open_unit=store.open_unit, bus=MemoryBus(), policy=RelayPolicy(), token=WORKER)
    second = relay_look(relay)
    meanwhile: dict[str, Any] = {}
    first = relay_look(evolve(relay, checkpoint=lambda at: meanwhile.setdefault(at, second.do(lambda: False))))

    done = first.do(lambda: False)

    assert meanwhile["relay_read"] == Relayed(elsewhere=True)
    assert done == Relayed(published=1)
