"""Dramatiq as a doorbell: a message says "look", carries nothing, and may be lost.

A name that was rung and not answered yet is not rung again, so that messages never pile up.  Nothing is retried and
nothing is waited for: the sweep finds what no message told of.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import StrEnum
from typing import Any

import dramatiq
import redis
from attrs import define, field
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import BrokerConnectionError
from dramatiq.middleware import AgeLimit, Retries

from boona_adapters.workers.looks import LookName

QUEUE = "boona"

_OLDEST_HINT_MS = 10 * 60 * 1000
_KEPT_DEAD_MS = 60 * 60 * 1000
_RUNG_SECONDS = 10 * 60
AWAY = (redis.ConnectionError, redis.TimeoutError, redis.ResponseError, BrokerConnectionError, OSError)
"""What a client raises while Redis is away."""


class Rung(StrEnum):
    """What became of a ring."""

    RUNG = "rung"
    UNANSWERED = "an earlier one waits"
    AWAY = "Redis is away"


@define
class Doorbell:
    """Tells workers to look.

    Attributes:
        broker: Where workers listen.
        checkpoint: Told the name of each point that is reached; chaos tests end the process there.
    """

    broker: RedisBroker
    _client: Any = field(repr=False)
    checkpoint: Callable[[str], None] = lambda _: None
    _actors: "dict[str, dramatiq.Actor[[], None]]" = field(factory=dict, init=False)

    def declare(self, names: Iterable[LookName], answer: Callable[[LookName], object]) -> None:
        """Let *answer* be called for each message, in a worker."""
        for name in names:
            declare = dramatiq.actor(
                actor_name=f"look_{name}",
                queue_name=QUEUE,
                broker=self.broker,
                max_retries=0,
                max_age=_OLDEST_HINT_MS,
            )
            self._actors[name] = declare(self._answering(name, answer))

    def ring(self, name: LookName) -> Rung:
        """Tell some worker to look, unless one was told already and has not begun."""
        self.checkpoint("hint_begun")
        try:
            if not self._client.set(_key(name), b"1", nx=True, ex=_RUNG_SECONDS):
                return Rung.UNANSWERED
            self._actors[name].send()
        except AWAY:
            return Rung.AWAY
        self.checkpoint("hint_sent")
        return Rung.RUNG

    def is_there(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(self._client.ping())
        except AWAY:
            return False

    def _answering(self, name: LookName, answer: Callable[[LookName], object]) -> Callable[[], None]:
        def look() -> None:
            with suppress(*AWAY):  # then it ends by itself
                self._client.delete(_key(name))
            self.checkpoint("hint_received")
            answer(name)

        return look


def bell_of(client: Any, *, checkpoint: Callable[[str], None] = lambda _: None) -> Callable[[LookName], bool]:
    """Rings for workers elsewhere, from a process that is none; False: Redis is away."""
    doorbell = open_doorbell(client, checkpoint=checkpoint)
    doorbell.declare(LookName, lambda _: None)  # a worker's business: no message is read here
    return lambda name: doorbell.ring(name) is not Rung.AWAY


def open_doorbell(client: Any, *, checkpoint: Callable[[str], None] = lambda _: None) -> Doorbell:
    """A doorbell on a Redis, which need not be there yet."""
    broker = RedisBroker(  # type: ignore[no-untyped-call]
        client=client,
        namespace="boona:dramatiq",
        middleware=[AgeLimit(max_age=_OLDEST_HINT_MS), Retries(max_retries=0)],
        dead_message_ttl=_KEPT_DEAD_MS,
    )
    return Doorbell(broker, client, checkpoint)


def _key(name: LookName) -> str:
    return f"boona:rung:{name}"
