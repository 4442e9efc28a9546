"""Who sees and who changes which row, when several units are open at once?

Rows are frozen values in dictionaries.  A transaction keeps what it writes to itself until it commits; what it reads is
its own writing over the newest committed rows.  A row that one transaction has locked or written makes every other that
wants to lock or write it wait.  Two that would wait for each other are told so: the second gets a ``StoreError``.

Some values only one row of a table may have.  Who gives such a value to a row, or takes it from one, holds it like a
row until the end.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from threading import Condition
from typing import Any, Generic, TypeVar

from boona_core.errors import StoreError

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")

DEADLOCK = "40P01"
LOCK_NOT_AVAILABLE = "55P03"
CONNECTION_CLOSED = "08003"
UNIQUE_VIOLATION = "23505"
TRANSACTION_LOST = "25P02"

Place = tuple[str, Hashable]
"""An index and a value in it."""


class Table(Generic[Key, Row]):
    """Committed rows by key, and which of them belong to a value (``where("therapist", 7)``).

    Args:
        unique: By the name of the constraint the values that only one row may have.
        indexes: For each index how a row's values in it follow from the row.
    """

    def __init__(
        self,
        unique: Mapping[str, Callable[[Row], Iterable[Hashable]]] | None = None,
        **indexes: Callable[[Row], Iterable[Hashable]],
    ) -> None:
        self.rows: dict[Key, Row] = {}
        self._unique = unique or {}
        self._indexes = {**indexes, **self._unique}
        self._keys: dict[Place, dict[Key, None]] = {}

    def put(self, key: Key, row: Row) -> None:
        """Make a row what stands under *key*.

        Raises:
            StoreError: another row has a value that only one may have.
        """
        for name, value in self.unique_places(row):
            if self.keys(name, value).keys() - {key}:
                raise StoreError(UNIQUE_VIOLATION, name)
        self.remove(key)
        self.rows[key] = row
        for place in self.places(row):
            self._keys.setdefault(place, {})[key] = None

    def remove(self, key: Key) -> None:
        """Leave nothing under *key*."""
        row = self.rows.pop(key, None)
        if row is None:
            return
        for place in self.places(row):
            del self._keys[place][key]

    def places(self, row: Row) -> Iterator[Place]:
        """Where the indexes show this row."""
        for name, values in self._indexes.items():
            for value in values(row):
                yield name, value

    def unique_places(self, row: Row | None) -> set[Place]:
        """The values of this row that only one row may have; of no row none."""
        if row is None:
            return set()
        return {(name, value) for name, values in self._unique.items() for value in values(row)}

    def keys(self, index: str, value: Hashable) -> Mapping[Key, None]:
        """The keys of the committed rows with this value."""
        return self._keys.get((index, value), {})


class Transactions:
    """What all transactions of one store share: who is open, who holds which row, and whose turn it is.

    Attributes:
        turn: Held by whoever looks at anything; let go while waiting for another transaction.
        patience: Seconds that a transaction waits for another one.
    """

    def __init__(self, patience: float) -> None:
        self.turn = Condition()
        self.patience = patience
        self.open: dict[Transaction, None] = {}
        self.holders: dict[tuple[Table[Any, Any], Hashable], Transaction] = {}


class Transaction:
    """One unit's view of the rows; every method expects that the caller holds ``turn``."""

    def __init__(self, shared: Transactions) -> None:
        self._shared = shared
        self._waits_for: Transaction | None = None
        self._written: dict[Table[Any, Any], dict[Any, Any]] = {}
        self._held: dict[tuple[Table[Any, Any], Hashable], None] = {}
        self._owners: dict[tuple[Table[Any, Any], Place], Any] = {}
        self._lost = False

    @property
    def turn(self) -> Condition:
        """The turn that every operation takes."""
        return self._shared.turn

    @property
    def is_waiting(self) -> bool:
        """Whether it sleeps until another transaction ends."""
        return self._waits_for is not None

    def begin(self) -> None:
        """Count as open from now on."""
        self._shared.open[self] = None

    def get(self, table: Table[Key, Row], key: Key) -> Row | None:
        """The row as this transaction sees it; None: there is none."""
        self._check_open()
        written: dict[Key, Row | None] = self._written.get(table, {})
        return written[key] if key in written else table.rows.get(key)

    def rows(self, table: Table[Key, Row]) -> list[Row]:
        """All rows that this transaction sees."""
        self._check_open()
        written: dict[Key, Row | None] = self._written.get(table, {})
        committed = [row for key, row in table.rows.items() if key not in written]
        return [*committed, *(row for row in written.values() if row is not None)]

    def where(self, table: Table[Key, Row], index: str, value: Hashable) -> list[Row]:
        """The rows that this transaction sees and that have this value."""
        self._check_open()
        written: dict[Key, Row | None] = self._written.get(table, {})
        committed = [table.rows[key] for key in table.keys(index, value) if key not in written]
        own = [row for row in written.values() if row is not None and (index, value) in table.places(row)]
        return [*committed, *own]

    def lock(self, table: Table[Key, Row], key: Key) -> Row | None:
        """Wait until nobody else holds the row, keep it until the end, and look at it then.

        Raises:
            StoreError: the other one waits for this transaction already.
        """
        self._check_open()
        while (holder := self.other_holder(table, key)) is not None:
            self.wait_for(holder)
        self._shared.holders[table, key] = self
        self._held[table, key] = None
        return self.get(table, key)

    def owner(self, table: Table[Key, Row], constraint: str, value: Hashable) -> Key | None:
        """Whose a value is that only one row may have; None: nobody's."""
        self._check_open()
        place = (constraint, value)
        if (table, place) in self._owners:
            mine: Key | None = self._owners[table, place]
            return mine
        return next(iter(table.keys(constraint, value)), None)

    def settled_owner(self, table: Table[Key, Row], constraint: str, value: Hashable) -> Key | None:
        """The same, once nobody else is about to give the value to a row or to take it from one."""
        self._check_open()
        while (holder := self.other_holder(table, (constraint, value))) is not None:
            self.wait_for(holder)
        return self.owner(table, constraint, value)

    def other_holder(self, table: Table[Any, Any], key: Hashable) -> "Transaction | None":
        """Who else has locked or written this row; None: nobody."""
        holder = self._shared.holders.get((table, key))
        return None if holder is self else holder

    def put(self, table: Table[Key, Row], key: Key, row: Row) -> None:
        """Write a row, waiting for whoever holds it.

        Raises:
            StoreError: another row has a value that only one may have.
        """
        self._own(table, key, table.unique_places(self.lock(table, key)), table.unique_places(row))
        self._written.setdefault(table, {})[key] = row

    def remove(self, table: Table[Key, Row], key: Key) -> None:
        """Delete a row, waiting for whoever holds it."""
        self._own(table, key, table.unique_places(self.lock(table, key)), set())
        self._written.setdefault(table, {})[key] = None

    def written_by_others(self, table: Table[Key, Row]) -> Iterator[tuple["Transaction", Row]]:
        """The rows that others have written and not committed, and who it was."""
        for other in self._shared.open:
            if other is not self:
                written: dict[Key, Row | None] = other._written.get(table, {})
                yield from ((other, row) for row in written.values() if row is not None)

    def wait_for(self, other: "Transaction") -> None:
        """Sleep until something has ended; the caller looks again, whatever it was.

        Raises:
            StoreError: *other* waits for this transaction, by itself or through others, or nothing has ended for as
                long as patience lasts.
        """
        following: Transaction | None = other
        while following is not None:
            if following is self:
                self._lost = True
                raise StoreError(DEADLOCK)
            following = following._waits_for
        self._waits_for = other
        try:
            if not self._shared.turn.wait(self._shared.patience):
                self._lost = True
                raise StoreError(LOCK_NOT_AVAILABLE)
        finally:
            self._waits_for = None

    def commit(self) -> None:
        """Make what was written the committed rows, let go of every row, and begin anew.

        Raises:
            StoreError: something was refused before: all is lost.
        """
        self._check_open()
        for table, written in self._written.items():
            for key in written:  # first, so that rows may exchange what only one of them may have
                table.remove(key)
            for key, row in written.items():
                if row is not None:
                    table.put(key, row)
        self._let_go()

    def close(self) -> None:
        """Forget what was written since the last commit; nothing more goes through this transaction."""
        self._let_go()
        self._shared.open.pop(self, None)

    def _own(self, table: Table[Key, Row], key: Key, before: set[Place], after: set[Place]) -> None:
        for constraint, value in after - before:
            if self.settled_owner(table, constraint, value) not in (None, key):
                self._lost = True
                raise StoreError(UNIQUE_VIOLATION, constraint)
        for place in before ^ after:
            self._shared.holders[table, place] = self
            self._held[table, place] = None
            self._owners[table, place] = key if place in after else None

    def _let_go(self) -> None:
        self._owners.clear()
        self._written.clear()
        for place in self._held:
            del self._shared.holders[place]
        self._held.clear()
        self._shared.turn.notify_all()

    def _check_open(self) -> None:
        if self not in self._shared.open:
            raise StoreError(CONNECTION_CLOSED)
        if self._lost:
            raise StoreError(TRANSACTION_LOST)
