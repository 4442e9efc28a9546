"""What relaying, consuming, periodic work and the hold after a restore ask of the world, as promises.

The bus and what comes from it are ports of their own.  The rest is kept by the store in the unit that also keeps
``boona_core.ports``: what is remembered about an event shares the transaction of its effect.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from attrs import field, frozen

from boona_core.cloud_events import Message, StoredEvent
from boona_core.ids import PatientId, PlacementRequestId
from boona_core.import_ports import ImportUnit


@frozen
class BusDown:
    """The bus cannot be used at the moment: the same may succeed later.

    Attributes:
        words: The kind of failure; nothing of what was sent.
    """

    words: str


@frozen(kw_only=True)
class Published:
    """What became of messages.

    Attributes:
        numbers: Those that the bus has for good; of one key always the first ones.
        down: Why it does not have the others; None: it has all.
    """

    numbers: frozenset[int]
    down: BusDown | None = None


class EventBus(Protocol):
    """The way out for events.

    A bus that is away is a value, at once or after a bounded wait; nobody waits for it to come back.
    """

    def publish(self, messages: Sequence[Message]) -> Published:
        """Append messages to their streams, of one key in this order.

        A message counts as published once the bus confirmed it.  One that was not confirmed may have arrived all the
        same; a later one of its key has not.  Two calls with the same message append it twice.
        """

    def close(self) -> None:
        """Let go of every connection; doing it twice is harmless."""


@frozen
class Received:
    """A message from the bus.

    Attributes:
        place: Where it stands there, as the source writes it.
    """

    place: str
    body: bytes = field(repr=False)


class EventSource(Protocol):
    """The way in for events of other systems, for one reader at a time."""

    def receive(self, limit: int) -> Sequence[Received] | BusDown:
        """The next messages, in the order of their keys, at most *limit*; none after a short wait without any.

        What was received and not acknowledged is received again by whoever opens the source next, before newer ones.
        """

    def acknowledge(self, received: Sequence[Received]) -> BusDown | None:
        """These are done with: nobody receives them again, unless the bus is away at this very moment."""

    def close(self) -> None:
        """Let go of every connection; doing it twice is harmless."""


class Leases(Protocol):
    """Who does what only one may do: by a row with a token, so that it holds behind any pooler."""

    def take(self, name: str, *, token: UUID, now: datetime, lease: timedelta) -> bool:
        """Take the lease *name*, or extend it; False: somebody else's is not over yet.

        A lease is over at its instant.
        """

    def release(self, name: str, *, token: UUID) -> None:
        """Let go of the lease if it is this token's."""


@frozen(kw_only=True)
class Backlog:
    """What waits in the outbox.

    Attributes:
        count: How many events.
        oldest: When the first of them was stored; None: there are none.
    """

    count: int
    oldest: datetime | None


class Relay(Protocol):
    """The outbox, seen from its other end."""

    def unpublished(self, limit: int) -> Sequence[StoredEvent]:
        """The first *limit* events that are not published, by number.

        An event that becomes visible late, with a lower number than others that are published already, is returned too:
        there is no mark below which nothing is looked for.
        """

    def mark_published(self, numbers: Collection[int], *, now: datetime) -> None:
        """Never return these again; one that was marked before stays published since then."""

    def forget(self, *, published_before: datetime, limit: int) -> int:
        """Forget the events that were published before an instant, the longest published first, at most *limit*.

        Returns how many that were.  What is not published stays.  Two units that forget at the same time do not wait
        for each other and forget different ones.
        """

    def backlog(self) -> Backlog:
        """What waits."""


@frozen(kw_only=True)
class SetAside:
    """A message that a person has to look at.

    Attributes:
        source: The stream it came from.
        reason: Why nothing was done with it.
        place: Where it stands in the stream.
    """

    id: int
    source: str
    reason: str
    place: str | None
    at: datetime


class Inbound(Protocol):
    """What is remembered of other systems' events."""

    def note(self, source: str, event_id: str) -> bool:
        """Remember an event; False when it was remembered already.

        Two units that note the same event: the second waits for the first, and is told False once that is committed.
        """

    def request_of(self, source: str, match_id: str) -> PlacementRequestId | None:
        """The request that stands for another system's match; None: none does."""

    def remember_match(self, source: str, match_id: str, request_id: PlacementRequestId) -> None:
        """From now on this request stands for that match."""

    def set_aside(self, stream: str, reason: str, *, place: str, body: bytes) -> None:
        """Keep a message for a person; of a long one the beginning."""

    def waiting(self, limit: int) -> Sequence[SetAside]:
        """The messages kept for a person, newest first."""


@frozen(kw_only=True)
class PlannedWork:
    """A periodic work as it stands.

    Attributes:
        next_at: When it is due, or since when.
        in_hand: Somebody is at it.
        ended_at: When it was done last; None: never.
    """

    next_at: datetime
    in_hand: bool = False
    ended_at: datetime | None = None


class Schedule(Protocol):
    """When each periodic work is due next, and who is at it."""

    def know(self, name: str, expression: str, *, following: datetime) -> None:
        """Know of a work from now on; one that is new, or whose *expression* is another now, is due at *following*."""

    def begin(self, name: str, *, token: UUID, now: datetime, lease: timedelta) -> datetime | None:
        """Begin the work *name* if it is due and nobody is at it; returns since when it was due, None: not now.

        A work whose lease is over was given up by who began it: it is begun again.
        """

    def renew(self, name: str, *, token: UUID, now: datetime, lease: timedelta) -> bool:
        """Let the lease begin at *now*; False, and nothing done, when another has the work, or nobody."""

    def end(self, name: str, *, token: UUID, due_since: datetime, following: datetime, now: datetime) -> bool:
        """The work is done, and due next at *following*; False, and nothing done, when another has it now.

        A work that is not due since *due_since* any more was asked for while it was done: it is due when it was asked
        for.
        """

    def hasten(self, name: str, *, now: datetime) -> None:
        """Let a work that is known be due at *now*, at the latest; one that somebody is at, once more after it."""

    def drop(self, name: str, *, now: datetime) -> None:
        """Know no more of a work, unless somebody is at it."""

    def planned(self, name: str, *, now: datetime) -> PlannedWork | None:
        """How the work stands; None: nobody knows of it."""

    def fail(self, name: str, *, token: UUID, again: datetime) -> None:
        """The work failed, and is due again at *again*, if it is still this token's."""

    def due(self, *, now: datetime) -> Mapping[str, datetime]:
        """The works that are due and that nobody is at, and since when."""


class Rests(Protocol):
    """What rested until a day."""

    def end_pauses(self, today: date) -> Sequence[PatientId]:
        """Take away the pauses of patients that are over on *today*; returns whose, by id.

        A pause is over on its day.  Patients that are erased have none.
        """


class HighWater(Protocol):
    """How far this store has come: a number that rises with everything that leaves the house."""

    def mark(self) -> int:
        """The number as of this unit, 0 at the beginning."""

    def rise(self, *, above: int = 0) -> int:
        """Make it higher than it was, and higher than *above*; returns it."""


class RunningUnit(ImportUnit, Protocol):
    """A unit that also remembers what runs by itself."""

    @property
    def leases(self) -> Leases:
        """Who does what only one may do."""

    @property
    def relay(self) -> Relay:
        """The outbox from its other end."""

    @property
    def inbound(self) -> Inbound:
        """Other systems' events."""

    @property
    def schedule(self) -> Schedule:
        """Periodic work."""

    @property
    def rests(self) -> Rests:
        """What rested until a day."""

    @property
    def high_water(self) -> HighWater:
        """How far the store has come."""


OpenRunningUnit = Callable[[], RunningUnit]
"""Opens a unit that also remembers what runs by itself."""


class OutsideMark(Protocol):
    """The high-water mark where a restore of the store does not reach."""

    def read(self) -> int | None:
        """The highest mark that was noted; None: none was, or no place can be asked at the moment."""

    def note(self, mark: int) -> None:
        """Keep *mark* unless a higher one is kept; on the disk, where it is a file, before this returns."""
