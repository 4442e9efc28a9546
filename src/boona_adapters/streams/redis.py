"""Events on Redis Streams: a stream for each subject, one field ``event`` with the envelope and one ``key``.

A pipeline appends in its order and ends where the connection does, so what is missing after a failure is always the
rest.  The reader is one name in one group: who takes over reads first what its predecessor had not acknowledged.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import redis
from attrs import define, field
from redis.backoff import NoBackoff
from redis.retry import Retry

from boona_core.cloud_events import Message
from boona_core.event_ports import BusDown, Published, Received

GROUP = "boona"
CONSUMER = "boona"

_FIRST = "0"
_NEWER = ">"

_Answer = TypeVar("_Answer")
_FAILURES = (redis.ConnectionError, redis.TimeoutError, redis.ResponseError, OSError)


def connect(url: str, *, patience: float) -> "redis.Redis":
    """A client that gives up after *patience* seconds and retries nothing by itself.

    Raises:
        ValueError: *url* is none of a Redis.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=patience,
        socket_connect_timeout=patience,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


@define
class RedisBus:
    """Keeps the port ``EventBus`` on Redis Streams; for one thread.

    Attributes:
        keep: Of each stream so many of the newest messages are kept at least; None: all.
    """

    _client: "redis.Redis"
    keep: int | None = None

    def publish(self, messages: Sequence[Message]) -> Published:
        """Append messages to their streams in one pipeline."""
        pipeline = self._client.pipeline(transaction=False)
        for message in messages:
            fields: Any = {"key": message.key, "event": message.body}
            pipeline.xadd(message.stream, fields, maxlen=self.keep, approximate=True)
        try:
            answers = pipeline.execute(raise_on_error=False)
        except _FAILURES as failure:
            return Published(numbers=frozenset(), down=BusDown(type(failure).__name__))
        taken: list[int] = []
        for message, answer in zip(messages, answers, strict=True):
            if isinstance(answer, Exception):  # none of the later ones counts: one of them may have the same key
                return Published(numbers=frozenset(taken), down=BusDown(type(answer).__name__))
            taken.append(message.number)
        return Published(numbers=frozenset(taken))

    def close(self) -> None:
        """Let go of every connection."""
        self._client.close()


@define
class RedisSource:
    """Keeps the port ``EventSource`` on one Redis stream.

    Attributes:
        wait_seconds: How long ``receive`` waits for a message; shorter than the client's patience.
    """

    _client: "redis.Redis"
    stream: str
    wait_seconds: float = 1.0
    _ready: bool = field(default=False, init=False)
    _left_behind: str | None = field(default=_FIRST, init=False)

    def receive(self, limit: int) -> Sequence[Received] | BusDown:
        """The next messages; first those that were received before and not acknowledged."""
        return self._guarded(lambda: self._receive(limit))

    def acknowledge(self, received: Sequence[Received]) -> BusDown | None:
        """These are done with."""
        places = [each.place for each in received]
        answer = self._guarded(lambda: self._client.xack(self.stream, GROUP, *places)) if places else None
        return answer if isinstance(answer, BusDown) else None

    def close(self) -> None:
        """Let go of every connection; what was not acknowledged comes first when it is used again."""
        self._ready, self._left_behind = False, _FIRST
        self._client.close()

    def _receive(self, limit: int) -> Sequence[Received]:
        if not self._ready:
            self._make_group()
        if self._left_behind is not None:
            again = self._read(self._left_behind, limit)
            self._left_behind = again[-1].place if again else None
            if again:
                return again
        return self._read(_NEWER, limit)

    def _read(self, after: str, limit: int) -> Sequence[Received]:
        block = max(1, int(self.wait_seconds * 1000)) if after == _NEWER else None
        answer: Any = self._client.xreadgroup(GROUP, CONSUMER, {self.stream: after}, count=limit, block=block)
        streams = answer.values() if isinstance(answer, dict) else [entries for _, entries in answer or ()]
        return [
            Received(place.decode(), (fields or {}).get(b"event", b""))
            for entries in streams
            for place, fields in _flat(entries)
        ]

    def _make_group(self) -> None:
        try:
            self._client.xgroup_create(self.stream, GROUP, id="0", mkstream=True)
        except redis.ResponseError as refused:
            if not str(refused).startswith("BUSYGROUP"):
                raise
        self._ready = True

    def _guarded(self, work: Callable[[], _Answer]) -> _Answer | BusDown:
        """The answer; after a failure everything is looked at anew, the group and what was not acknowledged."""
        try:
            return work()
        except _FAILURES as failure:
            self._ready, self._left_behind = False, _FIRST
            return BusDown(type(failure).__name__)


def _flat(entries: Any) -> Sequence[Any]:
    """The entries of a stream: a newer protocol puts them into a list of their own."""
    return entries[0] if entries and isinstance(entries[0], list) else entries
