"""A consumer that is killed, frozen or cut off at each point of its way does each thing once."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve, frozen

from boona_adapters.postgres.engine import create_engine
from boona_adapters.postgres.running import OpenPostgresRunningUnit, PostgresInbound, PostgresRunningUnit
from boona_adapters.streams.redis import RedisSource, connect
from boona_core.errors import StoreUnavailable
from boona_core.event_ports import OpenRunningUnit, RunningUnit
from boona_core.events import Event, EventType
from boona_core.ids import PlacementRequestId
from boona_core.requests import RequestStatus
from boona_core.usecases.consuming import STREAM, ConsumeMatches, ConsumerPolicy
from tests.chaos.judge import query
from tests.chaos.processes import Crew
from tests.chaos.worker import ZONE, Orders, checkpoint_of_orders, stationery

pytestmark = pytest.mark.chaos

MATCHES = 12
POINTS = ("event_taken_in", "event_committed", "event_set_aside", "events_acknowledged")
LEASE = timedelta(seconds=1)


def consume_all(orders: Orders) -> None:
    """Take in until nothing comes any more."""
    _consume_all(orders, OpenPostgresRunningUnit(create_engine(orders.database_url, connections=1)))


def consume_without_notes(orders: Orders) -> None:
    """Broken: nothing is remembered of an event."""
    engine = create_engine(orders.database_url, connections=1)
    sound = OpenPostgresRunningUnit(engine)
    _consume_all(orders, lambda: _Forgetful(engine, sound.timeouts))


@frozen
class _NotesNothing(PostgresInbound):
    def note(self, *_: str) -> bool:
        return True


class _Forgetful(PostgresRunningUnit):
    @property
    def inbound(self) -> PostgresInbound:
        return _NotesNothing(self._connection)


def _consume_all(orders: Orders, open_unit: OpenRunningUnit) -> None:
    consume = ConsumeMatches(
        open_unit=open_unit,
        source=RedisSource(connect(orders.redis_url, patience=2), STREAM, wait_seconds=0.05),
        record=_record,
        stationery=stationery(),
        zone=ZONE,
        policy=ConsumerPolicy(lease=LEASE, batch=5),
        token=uuid4(),
        own_source="/agency",
        checkpoint=checkpoint_of_orders(orders),
    )
    quiet = 0
    while quiet < 3:
        try:
            done = consume()
            quiet = 0 if done.received or done.elsewhere else quiet + 1
        except StoreUnavailable:
            quiet = 0
    consume.release()


def _record(unit: RunningUnit, request_id: PlacementRequestId, outcome: RequestStatus) -> str | None:
    """An answer leaves one line for each time that it is recorded."""
    key = unit.requests.get(request_id).therapist_id
    unit.therapists.lock([key])
    unit.outbox.put([Event(type=EventType.EMAIL_BOUNCED, key=key, data={"new_status": outcome.value})])
    return None


@pytest.fixture
def told(orders: Orders, redis_url: str) -> Orders:
    """A stream with offers, then with answers to them, and with poison in between."""
    query(
        orders.libpq_url,
        "INSERT INTO therapist_service.therapists (id, first_name, last_name)"
        f" SELECT n, 'Uta', 'Beispiel' || n FROM generate_series(1, {MATCHES}) AS n",
    )
    query(
        orders.libpq_url,
        "INSERT INTO patient_service.patients (id, first_name, last_name, status) VALUES (1, 'K', 'M', 'searching')",
    )
    client: Any = connect(redis_url, patience=5)
    for number in range(1, MATCHES + 1):
        offer = {"match_id": number, "patient_id": 1, "therapist_id": number}
        client.xadd(STREAM, {"event": envelope(f"o{number}", "match.created", offer)})
    client.xadd(STREAM, {"event": b"poison"})
    client.xadd(STREAM, {"event": b"more poison"})
    for number in range(1, MATCHES + 1):
        answer = {"match_id": number, "new_status": "accepted" if number % 2 else "canceled"}
        client.xadd(STREAM, {"event": envelope(f"a{number}", "match.status_changed", answer)})
    return evolve(orders, redis_url=redis_url)


def envelope(event_id: str, kind: str, data: object) -> str:
    return json.dumps({"specversion": "1.0", "id": event_id, "source": "/matching", "type": kind, "data": data})


@contextmanager
def printed(what: str) -> Iterator[dict[str, int]]:
    """Counts that are told at the end."""
    counts: dict[str, int] = {}
    yield counts
    print(f"\n{what}: {counts}")  # noqa: T201 - the figures are wanted


def found(told: Orders, what: str) -> dict[str, int]:
    """What stands in the rows: requests, recorded answers, canceled ones, and what was set aside."""
    with printed(what) as counts:
        for name, question in {
            "offered": "SELECT count(*) FROM matching_service.placement_requests",
            "told": "SELECT count(*) FROM communication_service.outbox WHERE type = 'match.created'",
            "recorded": "SELECT count(*) FROM communication_service.outbox WHERE type = 'communication.email_bounced'",
            "canceled": "SELECT count(*) FROM matching_service.placement_requests WHERE status = 'canceled'",
            "set aside": "SELECT count(*) FROM communication_service.set_aside",
        }.items():
            counts[name] = query(told.libpq_url, question)[0][0]
    return counts


ONCE = {
    "offered": MATCHES,
    "told": MATCHES,
    "recorded": MATCHES // 2,
    "canceled": MATCHES // 2,
    "set aside": 2,
}


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_consumer_does_everything_once(told: Orders, crew: Crew, point: str) -> None:
    died = crew.start(consume_all, evolve(told, faults=f"{point}:kill@2")).end()
    ended = crew.start(consume_all, told).end()

    assert (died, ended) == (-9, 0)
    assert found(told, f"consumer killed at {point}") == ONCE


@pytest.mark.parametrize("point", POINTS)
def test_a_frozen_consumer_that_wakes_beside_its_successor_does_nothing_twice(
    told: Orders, crew: Crew, point: str
) -> None:
    frozen = crew.start(consume_all, evolve(told, faults=f"{point}:stop@2"))
    frozen.wait_until_frozen()
    successor = crew.start(consume_all, told)
    time.sleep(2 * LEASE.total_seconds())
    frozen.go_on()

    assert (frozen.end(), successor.end()) == (0, 0)
    assert found(told, f"consumer frozen at {point}") == ONCE


@pytest.mark.parametrize("point", POINTS)
def test_a_consumer_that_loses_its_database_does_everything_once(told: Orders, crew: Crew, point: str) -> None:
    ended = crew.start(consume_all, evolve(told, drop_at=point)).end()

    assert ended == 0
    assert found(told, f"consumer cut off at {point}") == ONCE


def test_the_judge_sees_what_is_done_twice_without_notes(told: Orders, crew: Crew) -> None:
    crew.start(consume_without_notes, evolve(told, faults="event_committed:kill@16")).end()
    crew.start(consume_without_notes, told).end()

    assert found(told, "without notes")["recorded"] > ONCE["recorded"]
