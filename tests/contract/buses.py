"""The buses that the contract of the bus is tested on: one in this process, a Redis, and a Kafka without a broker.

The Redis is the embedded one, the Kafka the mock cluster that confluent's client brings.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import field, frozen
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from boona_adapters.embedded import EmbeddedRedis, embedded_redis
from boona_adapters.streams.kafka import KafkaBus, KafkaSource
from boona_adapters.streams.memory import MemoryBus, MemorySource
from boona_adapters.streams.redis import RedisBus, RedisSource, connect
from boona_core.cloud_events import Message
from boona_core.errors import BoonaError
from boona_core.event_ports import EventBus, EventSource
from tests.needs import missing

MATCHING = "matching-events"
PATIENCE = 5.0


@frozen(kw_only=True)
class BusUnderTest:
    """A bus, and how a test looks at it past the port.

    Attributes:
        open_source: A reader of ``matching-events`` in the one group.
        read: The bodies in a stream, in order.
    """

    bus: EventBus
    open_source: Callable[[], EventSource]
    read: Callable[[str], list[bytes]] = field(repr=False)


def memory_bus() -> BusUnderTest:
    """A bus in this process."""
    bus = MemoryBus()
    return BusUnderTest(
        bus=bus,
        open_source=lambda: MemorySource(bus, MATCHING),
        read=lambda stream: [message.body for message in bus.published(stream)],
    )


@contextmanager
def redis_server(folder: Path) -> Iterator[EmbeddedRedis]:
    """An embedded Redis; skips where it cannot start, fails in CI."""
    try:
        server = embedded_redis(folder)
        running = server.__enter__()
    except (BoonaError, OSError) as error:
        missing("redis", f"the embedded one says: {error!r}")
    try:
        yield running
    finally:
        server.__exit__(None, None, None)


def redis_bus(url: str) -> BusUnderTest:
    """The bus on a Redis, emptied before."""
    looking: Any = connect(url, patience=PATIENCE)
    looking.flushall()
    return BusUnderTest(
        bus=RedisBus(connect(url, patience=PATIENCE)),
        open_source=lambda: RedisSource(connect(url, patience=PATIENCE), MATCHING, wait_seconds=0.05),
        read=lambda stream: [fields[b"event"] for _, fields in looking.xrange(stream)],
    )


_CLUSTER = """
import sys
from confluent_kafka import Producer
keeper = Producer({"bootstrap.servers": "ignored:1", "test.mock.num.brokers": 1, "log_level": 0})
print(*(f"{broker.host}:{broker.port}" for broker in keeper.list_topics(timeout=10).brokers.values()), flush=True)
sys.stdin.read()
"""


@frozen
class MockKafka:
    """A cluster in a process of its own, which ends with its standard input.

    Attributes:
        servers: Where clients find it.
    """

    servers: str
    _process: "subprocess.Popen[str]"

    def bus(self, *, patience: float = PATIENCE) -> KafkaBus:
        """The bus on it."""
        return KafkaBus({"bootstrap.servers": self.servers, "log_level": 0, "reconnect.backoff.max.ms": 500}, patience)

    def under_test(self) -> BusUnderTest:
        """The bus on it, and how to look at it."""
        told = {"bootstrap.servers": self.servers}
        quick: dict[str, Any] = {**told, "session.timeout.ms": 6000, "heartbeat.interval.ms": 500}
        return BusUnderTest(
            bus=self.bus(),
            open_source=lambda: KafkaSource(quick, MATCHING, wait_seconds=0.5),
            read=lambda stream: read_topic(told, stream),
        )

    def freeze(self) -> None:
        """Let it answer nothing any more; its connections stay."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)  # its threads stop one after another, and answer until then

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def mock_kafka() -> Iterator[MockKafka]:
    """A fresh cluster of one broker."""
    process = subprocess.Popen(
        [sys.executable, "-c", _CLUSTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield MockKafka(process.stdout.readline().strip(), process)
    finally:
        process.kill()
        process.communicate()


def read_topic(told: dict[str, str], topic: str) -> list[bytes]:
    """Everything in a topic, partition by partition."""
    known = AdminClient(dict(told)).list_topics(timeout=10).topics
    if topic not in known:
        return []
    consumer = Consumer({**told, "group.id": "a look", "enable.auto.commit": False})
    bodies: list[bytes] = []
    for partition in sorted(known[topic].partitions):
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
        deadline = time.monotonic() + 20
        wanted = high - low
        while wanted > 0 and time.monotonic() < deadline:
            message = consumer.poll(0.2)
            if message is not None and message.error() is None:
                bodies.append(message.value() or b"")
                wanted -= 1
    consumer.close()
    return bodies


def message(number: int, key: int = 7, *, stream: str = MATCHING) -> Message:
    """A message whose body is its number."""
    return Message(number=number, stream=stream, key=str(key), body=str(number).encode())
