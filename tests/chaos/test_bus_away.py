"""The bus goes away while a hundred things happen in a second, and comes back."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from attrs import evolve, frozen

from boona_adapters.embedded import EmbeddedRedis, embedded_redis
from tests.chaos.judge import query
from tests.chaos.outbox import STREAM, Delivery, happen, judge_delivery, keys, redis_bodies, relay_on
from tests.chaos.processes import Crew, stop_all, until
from tests.chaos.worker import Orders
from tests.contract.buses import mock_kafka, read_topic

pytestmark = pytest.mark.chaos

AWAY_SECONDS = 5.0
"""In the short form; 120 with ``--chaos-length 24``."""

MAKERS = 4
CAUGHT_UP_WITHIN = 10.0


@frozen
class Restartable:
    """A Redis on one folder, one port and one password."""

    folder: Path
    _running: ExitStack

    def start(self, port: int | None = None) -> EmbeddedRedis:
        """Run it, on the same port as before where one is given."""
        if port is None:
            return self._running.enter_context(embedded_redis(self.folder))
        return self._running.enter_context(embedded_redis(self.folder, choose_port=lambda: port))

    def stop(self) -> None:
        """End it."""
        self._running.close()


@pytest.fixture
def restartable(tmp_path: Path) -> Iterator[Restartable]:
    with ExitStack() as stack:
        yield Restartable(tmp_path / "redis", stack)


def unpublished(orders: Orders) -> int:
    found = query(orders.libpq_url, "SELECT count(*) FROM communication_service.outbox WHERE published_at IS NULL")
    return int(found[0][0])


def away(
    orders: Orders, crew: Crew, seconds: float, goes: Callable[[], None], comes_back: Callable[[], Orders]
) -> tuple[int, float]:
    """Let the bus be away for so long; how many events waited then, and how long it took to catch up."""
    makers = [crew.start(happen, evolve(orders, seed=number, rate=100 / MAKERS)) for number in range(MAKERS)]
    relay = crew.start(relay_on, orders)
    until(lambda: unpublished(orders) < 10 and len(made(orders)) > 50, "nothing happens")
    goes()
    time.sleep(seconds)
    waiting = unpublished(orders)
    back = comes_back()
    begun = time.monotonic()
    if back is not orders:
        stop_all([relay])
        relay = crew.start(relay_on, back)
    until(lambda: unpublished(orders) < 20, "it does not catch up")
    took = time.monotonic() - begun
    stop_all(makers)
    until(lambda: unpublished(orders) == 0, "something is left")
    stop_all([relay])
    return waiting, took


def made(orders: Orders) -> list[tuple[object, ...]]:
    return query(orders.libpq_url, "SELECT id FROM communication_service.outbox LIMIT 100")


def test_while_redis_is_away_events_wait_and_are_caught_up_within_seconds(
    orders: Orders, crew: Crew, restartable: Restartable, chaos_length: int
) -> None:
    keys(orders.libpq_url)
    server = restartable.start()
    seconds = AWAY_SECONDS * chaos_length
    urls = [server.url]

    def comes_back() -> Orders:
        urls.append(restartable.start(server.port).url)  # with another password
        return evolve(orders, redis_url=urls[-1])

    waiting, took = away(evolve(orders, redis_url=server.url), crew, seconds, restartable.stop, comes_back)
    verdict: Delivery = judge_delivery(
        orders.libpq_url, redis_bodies(urls[-1]), f"Redis away for {seconds:.0f} s, {waiting} waited, {took:.1f} s"
    )

    assert verdict.sound, verdict
    assert waiting > 60 * seconds
    assert took < CAUGHT_UP_WITHIN


def test_while_kafka_is_frozen_events_wait_and_are_caught_up_within_seconds(
    orders: Orders, crew: Crew, chaos_length: int
) -> None:
    keys(orders.libpq_url)
    seconds = AWAY_SECONDS * chaos_length
    with mock_kafka() as kafka:
        told = evolve(orders, kafka=kafka.servers)

        def comes_back() -> Orders:
            kafka.thaw()
            return told

        waiting, took = away(told, crew, seconds, kafka.freeze, comes_back)
        bodies = read_topic({"bootstrap.servers": kafka.servers}, STREAM)
    verdict = judge_delivery(
        orders.libpq_url, bodies, f"Kafka frozen for {seconds:.0f} s, {waiting} waited, {took:.1f} s"
    )

    assert verdict.sound, verdict
    assert waiting > 60 * seconds
    assert took < CAUGHT_UP_WITHIN
