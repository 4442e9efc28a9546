"""Events on Kafka: a topic for each subject, the key as Kafka's, the envelope as the value.

Messages go out in waves that hold each key once, and a wave is confirmed before the next begins: so what is missing of
a key after a failure is always the rest, however the client's own retries went.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, field
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from boona_core.cloud_events import CONTENT_TYPE, Message
from boona_core.event_ports import BusDown, Published, Received

GROUP = "boona"

_HEADERS: list[tuple[str, str | bytes | None]] = [("content-type", CONTENT_TYPE.encode())]


@define
class KafkaBus:
    """Keeps the port ``EventBus`` on Kafka; for one thread.

    Attributes:
        patience: Seconds that one wave may take.
    """

    _configuration: Mapping[str, Any] = field(repr=False)
    patience: float = 10.0
    _producer: Producer | None = field(default=None, init=False)

    def publish(self, messages: Sequence[Message]) -> Published:
        """Append messages to their topics, wave by wave."""
        taken: set[int] = set()
        for wave in waves(messages):
            down = self._publish_wave(wave, taken)
            if down is not None:
                self._start_anew()
                return Published(numbers=frozenset(taken), down=down)
        return Published(numbers=frozenset(taken))

    def close(self) -> None:
        """Let go of every connection; what was not confirmed is given up."""
        self._start_anew()

    def _publish_wave(self, wave: Sequence[Message], taken: set[int]) -> BusDown | None:
        failures: list[str] = []
        try:
            producer = self._open()
            for message in wave:
                producer.produce(
                    message.stream,
                    key=message.key.encode(),
                    value=message.body,
                    headers=_HEADERS,
                    on_delivery=_noting(message.number, taken, failures),
                )
            left = producer.flush(self.patience)
        except (KafkaException, BufferError) as failure:
            return BusDown(_words(failure))
        if left:
            return BusDown("not confirmed in time")
        return BusDown(failures[0]) if failures else None

    def _open(self) -> Producer:
        if self._producer is None:
            self._producer = Producer(
                {
                    "acks": "all",
                    "enable.idempotence": True,
                    "linger.ms": 5,
                    "message.timeout.ms": int(self.patience * 1000),
                    "partitioner": "murmur2_random",
                    **self._configuration,
                }
            )
        return self._producer

    def _start_anew(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.purge()
            producer.flush(0)


@define
class KafkaSource:
    """Keeps the port ``EventSource`` on one Kafka topic.

    Attributes:
        wait_seconds: How long ``receive`` waits for a message.
    """

    _configuration: Mapping[str, Any] = field(repr=False)
    topic: str
    wait_seconds: float = 1.0
    _consumer: Consumer | None = field(default=None, init=False)

    def receive(self, limit: int) -> Sequence[Received] | BusDown:
        """The next messages after the last that were acknowledged."""
        try:
            messages = self._open().consume(limit, self.wait_seconds)
        except (KafkaException, RuntimeError) as failure:
            self.close()
            return BusDown(_words(failure))
        failed = next((error for message in messages if (error := message.error()) is not None), None)
        if failed is not None and failed.code() != KafkaError._PARTITION_EOF:
            self.close()  # and with it what was received beside: it is received again
            return BusDown(failed.name())
        return [
            Received(f"{message.partition()}:{message.offset()}", message.value() or b"")
            for message in messages
            if message.error() is None
        ]

    def acknowledge(self, received: Sequence[Received]) -> BusDown | None:
        """Everything up to these is done with."""
        furthest: dict[int, int] = {}
        for each in received:
            partition, offset = map(int, each.place.split(":"))
            furthest[partition] = max(furthest.get(partition, 0), offset + 1)
        if not furthest:
            return None
        places = [TopicPartition(self.topic, partition, offset) for partition, offset in furthest.items()]
        try:
            self._open().commit(offsets=places, asynchronous=False)
        except (KafkaException, RuntimeError) as failure:
            self.close()
            return BusDown(_words(failure))
        return None

    def close(self) -> None:
        """Leave the group."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()

    def _open(self) -> Consumer:
        if self._consumer is None:
            consumer = Consumer(
                {
                    "group.id": GROUP,
                    "enable.auto.commit": False,
                    "auto.offset.reset": "earliest",
                    "allow.auto.create.topics": True,
                    **self._configuration,
                }
            )
            consumer.subscribe([self.topic])
            self._consumer = consumer
        return self._consumer


def waves(messages: Sequence[Message]) -> Sequence[Sequence[Message]]:
    """The messages in waves: of one key the n-th message is in the n-th wave."""
    waves: list[list[Message]] = []
    seen: dict[tuple[str, str], int] = {}
    for message in messages:
        place = seen.get((message.stream, message.key), 0)
        seen[message.stream, message.key] = place + 1
        if place == len(waves):
            waves.append([])
        waves[place].append(message)
    return waves


def _noting(number: int, taken: set[int], failures: list[str]) -> Any:
    def note(error: KafkaError | None, _: object) -> None:
        if error is None:
            taken.add(number)
        else:
            failures.append(error.name())

    return note


def _words(failure: Exception) -> str:
    """The kind of a failure, without its text."""
    first = failure.args[0] if failure.args else None
    return first.name() if isinstance(first, KafkaError) else type(failure).__name__
