"""One transaction over everything that is kept in this process."""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType, TracebackType
from typing import Self

from attrs import evolve, frozen

from boona_adapters.memory.access import MemoryReplays, MemoryTokens
from boona_adapters.memory.answers import MemoryAnswers
from boona_adapters.memory.callers import MemoryCallers, MemoryClosures
from boona_adapters.memory.calls import MemoryCalls
from boona_adapters.memory.drafting import MemoryDrafting
from boona_adapters.memory.emails import MemoryEmails
from boona_adapters.memory.geocoding import MemoryAddresses, MemoryRoutes, MemoryTurns
from boona_adapters.memory.imports import MemoryImports
from boona_adapters.memory.listings import MemoryListings
from boona_adapters.memory.matching import MemoryMatching
from boona_adapters.memory.merges import MemoryMerges
from boona_adapters.memory.people import MemoryPeople
from boona_adapters.memory.postal_codes import MemoryPostalCodes
from boona_adapters.memory.requests import MemoryRequests
from boona_adapters.memory.reservations import Reservations
from boona_adapters.memory.rows import Tables
from boona_adapters.memory.running import (
    MemoryHighWater,
    MemoryInbound,
    MemoryLeases,
    MemoryRelay,
    MemoryRests,
    MemorySchedule,
)
from boona_adapters.memory.sending import MemorySending
from boona_adapters.memory.therapists import MemoryPatients, MemoryTherapists
from boona_adapters.memory.transactions import Transaction, Transactions
from boona_core.events import Event
from boona_core.instants import utc

Datum = int | str | bool | list[int] | None
"""What an event's data may hold."""


@frozen
class MemoryOutbox:
    """The events of one unit."""

    _tables: Tables
    _transaction: Transaction
    _now: Callable[[], datetime]

    def put(self, events: Iterable[Event]) -> None:
        """Keep the promise of ``ports.Outbox``."""
        with self._transaction.turn:
            for event in events:
                kept = evolve(event, data=MappingProxyType(_copy(event.data)))
                number = next(self._tables.event_ids)
                self._transaction.put(self._tables.outbox, number, kept)
                self._transaction.put(self._tables.stored_at, number, (number, self._now()))


class MemoryUnit:
    """A unit of a :class:`MemoryStore`; one thread works with it at a time."""

    def __init__(self, tables: Tables, transaction: Transaction, clock: Callable[[], datetime]) -> None:
        self._transaction = transaction
        self._clock = clock
        reservations = Reservations(tables, transaction)
        self.therapists = MemoryTherapists(tables, transaction)
        self.patients = MemoryPatients(tables, transaction)
        self.requests = MemoryRequests(tables, transaction, self.therapists)
        self.emails = MemoryEmails(tables, transaction, reservations)
        self.sending = MemorySending(tables, transaction, reservations)
        self.calls = MemoryCalls(tables, transaction, self.now)
        self.callers = MemoryCallers(tables, transaction)
        self.closures = MemoryClosures(tables, transaction)
        self.answers = MemoryAnswers(tables, transaction, self.requests)
        self.imports = MemoryImports(tables, transaction, self.now)
        self.merges = MemoryMerges(tables, transaction, self.now)
        self.addresses = MemoryAddresses(tables, transaction)
        self.routes = MemoryRoutes(tables, transaction)
        self.turns = MemoryTurns(tables, transaction, clock)
        self.matching = MemoryMatching(tables, transaction, self.now)
        self.postal_codes = MemoryPostalCodes(tables, transaction)
        self.outbox = MemoryOutbox(tables, transaction, self.now)
        self.leases = MemoryLeases(tables, transaction)
        self.relay = MemoryRelay(tables, transaction)
        self.inbound = MemoryInbound(tables, transaction, self.now)
        self.schedule = MemorySchedule(tables, transaction)
        self.rests = MemoryRests(tables, transaction)
        self.high_water = MemoryHighWater(tables, transaction)
        self.listings = MemoryListings(tables, transaction, self.imports)
        self.people = MemoryPeople(tables, transaction, self.imports)
        self.drafting = MemoryDrafting(tables, transaction)
        self.tokens = MemoryTokens(tables, transaction, self.now)
        self.replays = MemoryReplays(tables, transaction)

    def now(self) -> datetime:
        """Keep the promise of ``ports.Unit``."""
        return self._now

    @cached_property
    def _now(self) -> datetime:
        return utc(self._clock())

    def commit(self) -> None:
        """Keep the promise of ``ports.Unit``."""
        with self._transaction.turn:
            self._transaction.commit()

    def __enter__(self) -> Self:
        with self._transaction.turn:
            self._transaction.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._transaction.turn:
            self._transaction.close()


class MemoryStore:
    """All stores in this process: nothing outlives it, and it keeps every promise of the ports.

    Units may be opened by any number of threads.

    Args:
        clock: Tells the store's own instant, aware.
        patience: How long a unit waits for another one before it fails.

    Attributes:
        tables: The committed rows; written from outside only while no unit is open.
    """

    def __init__(self, clock: Callable[[], datetime], *, patience: timedelta = timedelta(seconds=60)) -> None:
        self.tables = Tables()
        self._clock = clock
        self._transactions = Transactions(patience.total_seconds())

    def open_unit(self) -> MemoryUnit:
        """A unit, to be entered; it ends when it is left."""
        return MemoryUnit(self.tables, Transaction(self._transactions), self._clock)

    def waiting(self) -> int:
        """How many units wait for another one at this moment."""
        with self._transactions.turn:
            return sum(transaction.is_waiting for transaction in self._transactions.open)

    def events(self) -> tuple[Event, ...]:
        """The events that were committed, in order, each with data of its own."""
        with self._transactions.turn:
            committed = sorted(self.tables.outbox.rows.items())
        return tuple(evolve(event, data=_copy(event.data)) for _, event in committed)


def _copy(data: Mapping[str, Datum]) -> dict[str, Datum]:
    return deepcopy(dict(data))
