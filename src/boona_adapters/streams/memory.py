"""A bus in this process: what was published is kept in a list, and may be received again."""

from collections.abc import Sequence
from threading import Lock

from attrs import define, field

from boona_core.cloud_events import Message
from boona_core.event_ports import BusDown, Published, Received


@define
class MemoryBus:
    """Keeps the port ``EventBus`` on lists; nothing outlives it.

    Attributes:
        away: While it is true the bus cannot be used.
        acknowledged: The places that the one reader is done with, in the stream that it reads.
    """

    away: bool = False
    _streams: dict[str, list[Message]] = field(factory=dict)
    acknowledged: set[str] = field(factory=set)
    _lock: Lock = field(factory=Lock)

    def publish(self, messages: Sequence[Message]) -> Published:
        """Keep the promise of ``EventBus``."""
        with self._lock:
            if self.away:
                return Published(numbers=frozenset(), down=BusDown("away"))
            for message in messages:
                self._streams.setdefault(message.stream, []).append(message)
            return Published(numbers=frozenset(message.number for message in messages))

    def close(self) -> None:
        """Nothing is held open."""

    def published(self, stream: str) -> tuple[Message, ...]:
        """What stands in a stream, in order."""
        with self._lock:
            return tuple(self._streams.get(stream, ()))


@define
class MemorySource:
    """Keeps the port ``EventSource`` on one stream of a ``MemoryBus``."""

    _bus: MemoryBus
    stream: str
    _next: int = field(default=0, init=False)

    def receive(self, limit: int) -> Sequence[Received] | BusDown:
        """Keep the promise of ``EventSource``."""
        if self._bus.away:
            return BusDown("away")
        messages = self._bus.published(self.stream)
        waiting = [n for n in range(self._next, len(messages)) if str(n) not in self._bus.acknowledged][:limit]
        self._next = waiting[-1] + 1 if waiting else self._next
        return [Received(str(place), messages[place].body) for place in waiting]

    def acknowledge(self, received: Sequence[Received]) -> BusDown | None:
        """Keep the promise of ``EventSource``."""
        if self._bus.away:
            return BusDown("away")
        self._bus.acknowledged.update(each.place for each in received)
        return None

    def close(self) -> None:
        """What was not acknowledged comes first when it is used again."""
        self._next = 0
