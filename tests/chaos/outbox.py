"""Programs that make events and relay them, the broken relays that the judge must see through, and the judge.

Each event carries its place among those of its key, counted under the lock of the key's row: so what arrived can be
held against what happened without a word of the relay.
"""

import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg2
import sqlalchemy as sa
from attrs import field, frozen

from boona_adapters.postgres.engine import create_engine
from boona_adapters.postgres.running import OpenPostgresRunningUnit
from boona_adapters.streams.kafka import KafkaBus
from boona_adapters.streams.redis import RedisBus, connect
from boona_core.cloud_events import StoredEvent, message_of
from boona_core.errors import StoreUnavailable
from boona_core.event_ports import EventBus
from boona_core.events import Event, EventType
from boona_core.usecases.relaying import RelayEvents, RelayPolicy
from tests.chaos.judge import query
from tests.chaos.worker import Orders, checkpoint_of_orders, told_to_stop

STREAM = EventType.EMAIL_SENT.stream
KEYS = 20
LEASE = timedelta(seconds=1)
PATIENCE = 0.8
POLICY = RelayPolicy(lease=LEASE, batch=20, first_wait=timedelta(milliseconds=50), longest_wait=timedelta(seconds=1))


# -- making events ---------------------------------------------------------------------------------------------------

_COUNT = sa.text("SELECT count(*) FROM communication_service.outbox WHERE key = :key")


def keys(libpq_url: str) -> None:
    """The therapists whose events are made."""
    query(
        libpq_url,
        "INSERT INTO therapist_service.therapists (id, first_name, last_name)"
        f" SELECT n, 'Uta', 'Beispiel' || n FROM generate_series(1, {KEYS}) AS n",
    )


def make_events(libpq_url: str, count: int) -> None:
    """So many events at once, spread over the keys."""
    query(
        libpq_url,
        "INSERT INTO communication_service.outbox (type, key, data)"
        f" SELECT 'communication.email_sent', 1 + n %% {KEYS}, jsonb_build_object('place', n / {KEYS})"
        " FROM generate_series(0, %s - 1) AS n ORDER BY n",
        (count,),
    )


def happen(orders: Orders) -> None:
    """Let things happen until told to stop; some transactions take longer than others that began later."""
    told = told_to_stop()
    rng = random.Random(orders.seed)  # noqa: S311 - a test may be repeatable
    engine = create_engine(orders.database_url, connections=1)
    open_unit = OpenPostgresRunningUnit(engine)
    pause = 1 / orders.rate
    while not told.is_set():
        begun = time.monotonic()
        key = rng.randint(1, KEYS)
        try:
            with open_unit() as unit:
                unit.therapists.lock([key])  # type: ignore[list-item]
                place = int(unit._connection.row(_COUNT, {"key": key})[0])
                unit.outbox.put([Event(type=EventType.EMAIL_SENT, key=key, data={"place": place})])
                unit._connection.row(_COUNT, {"key": key})  # the event has its number from here on
                if rng.random() < 0.2:
                    time.sleep(rng.uniform(0, 0.05))
                unit.commit()
        except StoreUnavailable:
            time.sleep(0.05)
        told.wait(max(0.0, pause - (time.monotonic() - begun)))
    engine.dispose()


# -- relaying --------------------------------------------------------------------------------------------------------


def bus_of(orders: Orders) -> EventBus:
    """The bus that is told, Redis or Kafka."""
    if orders.kafka:
        return KafkaBus({"bootstrap.servers": orders.kafka, "log_level": 0, "reconnect.backoff.max.ms": 200}, PATIENCE)
    return RedisBus(connect(orders.redis_url, patience=PATIENCE))


def relay_all(orders: Orders) -> None:
    """Relay until nothing waits."""
    with _relay(orders) as (relay, open_unit):
        while True:
            try:
                done = relay()
                with open_unit() as unit:
                    if unit.relay.backlog().count == 0:
                        return
            except StoreUnavailable:
                done = None
            time.sleep(0.02 if done is None or done.elsewhere else 0.005)


def relay_on(orders: Orders) -> None:
    """Relay whatever happens, until told to stop."""
    told = told_to_stop()
    failures = 0
    with _relay(orders) as (relay, _):
        while not told.is_set():
            try:
                failures = failures + 1 if relay(stop=told.is_set).down else 0
            except StoreUnavailable:
                failures += 1
            told.wait(POLICY.wait_after(failures, jitter=1.0).total_seconds() if failures else 0.02)


@contextmanager
def _relay(orders: Orders) -> Iterator[tuple[RelayEvents, OpenPostgresRunningUnit]]:
    engine = create_engine(orders.database_url, connections=1)
    bus = bus_of(orders)
    open_unit = OpenPostgresRunningUnit(engine)
    try:
        yield (
            RelayEvents(
                open_unit=open_unit, bus=bus, policy=POLICY, token=uuid4(), checkpoint=checkpoint_of_orders(orders)
            ),
            open_unit,
        )
    finally:
        bus.close()
        engine.dispose()


def relay_above_a_mark(orders: Orders) -> None:
    """Broken: ask for what is above the highest number that was published."""
    told = told_to_stop()
    bus = bus_of(orders)
    mark = 0
    while not told.wait(0.002):
        rows = query(
            orders.libpq_url,
            "SELECT id, event_id, type, key, data, created_at FROM communication_service.outbox WHERE id > %s"
            " ORDER BY id LIMIT 20",
            (mark,),
        )
        _publish(bus, rows)
        mark = max([mark, *(row[0] for row in rows)])


def relay_beside_others(orders: Orders) -> None:
    """Broken: several at once, each with what nobody else has locked."""
    told = told_to_stop()
    bus = bus_of(orders)
    rng = random.Random(orders.seed)  # noqa: S311 - a network
    while not told.wait(0.002):
        with suppress(psycopg2.OperationalError), closing(psycopg2.connect(orders.libpq_url)) as connection:
            while not told.wait(0.002):
                _publish_what_nobody_has(connection, bus, rng)


def _publish_what_nobody_has(connection: Any, bus: EventBus, rng: random.Random) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, event_id, type, key, data, created_at FROM communication_service.outbox"
            " WHERE published_at IS NULL ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED"
        )
        rows = cursor.fetchall()
        time.sleep(rng.uniform(0, 0.2))
        _publish(bus, rows)
        cursor.execute(
            "UPDATE communication_service.outbox SET published_at = now() WHERE id = ANY(%s)",
            ([row[0] for row in rows],),
        )
    connection.commit()


def _publish(bus: EventBus, rows: Sequence[tuple[Any, ...]]) -> None:
    stored = [
        StoredEvent(number=number, id=event_id, event=Event(type=EventType(kind), key=key, data=data), at=at)
        for number, event_id, kind, key, data, at in rows
    ]
    bus.publish([message_of(each) for each in stored])


# -- the judge -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Delivery:
    """What became of the events.

    Attributes:
        happened: How many there are.
        arrived: Messages in the stream, those that came twice counted twice.
        lost: Events that are not there.
        out_of_order: Events that came for the first time after a later one of their key.
        unmarked: Events that the outbox still takes for unpublished.
    """

    happened: int
    arrived: int
    lost: list[str] = field(factory=list)
    out_of_order: list[tuple[int, int]] = field(factory=list)
    unmarked: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing is lost, out of order or forgotten."""
        return not self.lost and not self.out_of_order and not self.unmarked

    def __str__(self) -> str:
        again = self.arrived + len(self.lost) - self.happened
        return (
            f"{self.happened} events, {len(self.lost)} lost, {len(self.out_of_order)} out of order, {again} twice,"
            f" {self.unmarked} unmarked"
        )


def judge_delivery(libpq_url: str, bodies: Sequence[bytes], what: str) -> Delivery:
    """Hold what is in the stream against the rows."""
    rows = query(libpq_url, "SELECT event_id::text, published_at IS NULL FROM communication_service.outbox")
    read = [json.loads(body) for body in bodies]
    first: dict[str, Any] = {}
    for each in read:
        first.setdefault(each["id"], each)
    places: dict[int, list[int]] = defaultdict(list)
    for each in first.values():
        places[int(each["subject"])].append(each["data"]["place"])
    verdict = Delivery(
        happened=len(rows),
        arrived=len(read),
        lost=sorted({event_id for event_id, _ in rows} - first.keys()),
        out_of_order=[
            (key, place)
            for key, seen in places.items()
            for before, place in zip([-1, *seen], seen, strict=False)
            if place < before
        ],
        unmarked=sum(unpublished for _, unpublished in rows),
    )
    print(f"\n{what}: {verdict}")  # noqa: T201 - the figures are wanted
    return verdict


def redis_bodies(url: str, stream: str = STREAM) -> list[bytes]:
    """What stands in a stream."""
    client: Any = connect(url, patience=10)
    return [fields[b"event"] for _, fields in client.xrange(stream)]
