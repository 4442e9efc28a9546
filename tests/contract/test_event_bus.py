"""Every bus appends in order, says what it has for good, and gives again what was not acknowledged."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from attrs import evolve

from boona_adapters.embedded import EmbeddedRedis
from boona_adapters.streams.kafka import waves
from boona_adapters.streams.redis import connect
from boona_core.cloud_events import Message
from boona_core.event_ports import BusDown, EventBus, EventSource, Published, Received
from tests.contract.buses import MATCHING, BusUnderTest, memory_bus, message, mock_kafka, redis_bus, redis_server


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    folder: Path = tmp_path_factory.mktemp("redis")
    with redis_server(folder) as server:
        yield server


@pytest.fixture(params=["memory", "redis", "kafka"])
def bus(request: pytest.FixtureRequest) -> Iterator[BusUnderTest]:
    with ExitStack() as stack:
        if request.param == "memory":
            under_test = memory_bus()
        elif request.param == "redis":
            under_test = redis_bus(request.getfixturevalue("redis").url)
        else:
            under_test = stack.enter_context(mock_kafka()).under_test()
        yield under_test
        under_test.bus.close()


def received(source: EventSource, count: int) -> list[Received]:
    """The next messages, so many of them, as soon as they are there."""
    found: list[Received] = []
    for _ in range(100):
        answer = source.receive(count - len(found))
        assert not isinstance(answer, BusDown), answer
        found += answer
        if len(found) >= count:
            break
    return found


def bodies(messages: Sequence[Received]) -> list[bytes]:
    return [each.body for each in messages]


def test_messages_of_one_key_are_appended_in_their_order(bus: BusUnderTest) -> None:
    done = bus.bus.publish([message(3), message(1), message(2)])

    assert done.numbers == {1, 2, 3}
    assert done.down is None
    assert bus.read(MATCHING) == [b"3", b"1", b"2"]


def test_each_stream_has_its_own_messages(bus: BusUnderTest) -> None:
    bus.bus.publish([message(1), message(2, stream="patient-events"), message(3)])

    assert bus.read(MATCHING) == [b"1", b"3"]
    assert bus.read("patient-events") == [b"2"]


def test_publishing_nothing_appends_nothing(bus: BusUnderTest) -> None:
    done = bus.bus.publish([])

    assert (done.numbers, done.down) == (frozenset(), None)


def test_the_same_message_twice_is_there_twice(bus: BusUnderTest) -> None:
    bus.bus.publish([message(1)])
    bus.bus.publish([message(1)])

    assert bus.read(MATCHING) == [b"1", b"1"]


def test_many_messages_of_many_keys_keep_the_order_of_each_key(bus: BusUnderTest) -> None:
    bus.bus.publish([message(number, key=number % 5) for number in range(100)])

    there = [int(body) for body in bus.read(MATCHING)]
    assert [[number for number in there if number % 5 == key] for key in range(5)] == [
        list(range(key, 100, 5)) for key in range(5)
    ]


def test_what_was_published_is_received_in_order(bus: BusUnderTest) -> None:
    bus.bus.publish([message(number) for number in range(3)])
    source = bus.open_source()

    messages = received(source, 3)
    source.close()

    assert bodies(messages) == [b"0", b"1", b"2"]


def test_what_was_not_acknowledged_is_received_first_by_whoever_opens_the_source_next(bus: BusUnderTest) -> None:
    bus.bus.publish([message(number) for number in range(3)])
    first = bus.open_source()
    messages = received(first, 3)
    first.acknowledge(messages[:1])
    first.close()
    bus.bus.publish([message(3)])

    second = bus.open_source()
    again = received(second, 3)
    second.close()

    assert bodies(again) == [b"1", b"2", b"3"]


def test_what_was_acknowledged_is_never_received_again(bus: BusUnderTest) -> None:
    bus.bus.publish([message(0), message(1)])
    first = bus.open_source()
    first.acknowledge(received(first, 2))
    first.close()
    bus.bus.publish([message(2)])

    second = bus.open_source()
    messages = received(second, 1)
    second.close()

    assert bodies(messages) == [b"2"]


def test_closing_twice_is_harmless(bus: BusUnderTest) -> None:
    source = bus.open_source()
    source.receive(1)

    source.close()
    source.close()
    bus.bus.close()
    bus.bus.close()

    assert bus.bus.publish([message(1)]).down is None


# What is away


def test_a_redis_that_is_away_is_said_and_nothing_counts_as_published(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        under_test = redis_bus(server.url)
        source = under_test.open_source()
        source.receive(1)

    done = under_test.bus.publish([message(1)])

    assert (done.numbers, done.down) == (frozenset(), BusDown("ConnectionError"))
    assert isinstance(source.receive(1), BusDown)
    assert isinstance(source.acknowledge([Received("1-0", b"")]), BusDown)
    source.close()
    under_test.bus.close()


def test_what_a_redis_refuses_keeps_back_everything_after_it(redis: EmbeddedRedis) -> None:
    under_test = redis_bus(redis.url)
    connect(redis.url, patience=5.0).set("patient-events", "no stream")

    done = under_test.bus.publish([message(1), evolve(message(2), stream="patient-events"), message(3)])

    assert done == Published(numbers=frozenset({1}), down=BusDown("ResponseError"))


def test_a_kafka_that_is_frozen_is_said_and_what_comes_later_is_published_in_order() -> None:
    with mock_kafka() as kafka:
        bus = kafka.bus(patience=1.0)
        bus.publish([message(1)])
        kafka.freeze()

        frozen = bus.publish([message(2), message(3), message(4, key=8)])
        kafka.thaw()
        after = published_at_last(bus, [message(2), message(3), message(4, key=8)])
        bus.close()
        there = kafka.under_test().read(MATCHING)

    assert (frozen.numbers, after) == (frozenset(), {2, 3, 4})
    assert isinstance(frozen.down, BusDown)
    assert list(dict.fromkeys(body for body in there if body != b"4")) == [b"1", b"2", b"3"]


def test_a_wave_holds_each_key_of_a_stream_once_and_the_next_begins_after_it() -> None:
    first, other_key, second = message(1), message(2, key=8), message(3)
    other_stream = message(4, stream="patient-events")

    assert waves([first, other_key, second, other_stream]) == [[first, other_key, other_stream], [second]]
    assert waves([]) == []


def published_at_last(bus: EventBus, messages: Sequence[Message]) -> set[int]:
    """What has been published once the bus is back, trying again and again."""
    taken: set[int] = set()
    for _ in range(60):
        taken |= bus.publish([each for each in messages if each.number not in taken]).numbers
        if len(taken) == len(messages):
            break
    return taken
