"""Who makes calls, and the days without any, in memory."""

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import frozen

from boona_adapters.memory.rows import Tables
from boona_adapters.memory.transactions import Transaction
from boona_core.call_ports import check_words
from boona_core.callers import Caller, CallerHours
from boona_core.errors import UnknownId
from boona_core.ids import CallerId


@frozen
class MemoryCallers:
    """The callers of one unit."""

    _tables: Tables
    _transaction: Transaction

    def get(self, caller_id: CallerId) -> Caller:
        """Keep the promise of ``call_ports.Callers``."""
        with self._transaction.turn:
            return _known(self._transaction.get(self._tables.callers, caller_id), caller_id)

    def all(self, *, active: bool | None = None) -> Sequence[Caller]:
        """Keep the promise of ``call_ports.Callers``."""
        with self._transaction.turn:
            callers = self._transaction.rows(self._tables.callers)
        found = (caller for caller in callers if active in (None, caller.active))
        return sorted(found, key=lambda caller: caller.id)

    def add(self, name: str, hours: CallerHours) -> CallerId:
        """Keep the promise of ``call_ports.Callers``."""
        with self._transaction.turn:
            caller = Caller(id=CallerId(next(self._tables.caller_ids)), name=name, hours=hours)
            self._transaction.put(self._tables.callers, caller.id, caller)
            return caller.id

    def put(self, caller: Caller) -> None:
        """Keep the promise of ``call_ports.Callers``."""
        with self._transaction.turn:
            _known(self._transaction.lock(self._tables.callers, caller.id), caller.id)
            self._transaction.put(self._tables.callers, caller.id, caller)


@frozen
class MemoryClosures:
    """The closed days of one unit."""

    _tables: Tables
    _transaction: Transaction

    def days(self, *, first: date, last: date) -> Mapping[date, str | None]:
        """Keep the promise of ``call_ports.Closures``."""
        with self._transaction.turn:
            closed = self._transaction.rows(self._tables.closures)
        return {day: words for day, words in sorted(closed) if first <= day <= last}

    def add(self, day: date, words: str | None = None) -> bool:
        """Keep the promise of ``call_ports.Closures``."""
        check_words(words)
        with self._transaction.turn:
            before = self._transaction.lock(self._tables.closures, day)
            self._transaction.put(self._tables.closures, day, (day, words))
            return before is None

    def remove(self, day: date) -> bool:
        """Keep the promise of ``call_ports.Closures``."""
        with self._transaction.turn:
            if self._transaction.lock(self._tables.closures, day) is None:
                return False
            self._transaction.remove(self._tables.closures, day)
            return True


def _known(caller: Caller | None, caller_id: CallerId) -> Caller:
    if caller is None:
        raise UnknownId("caller", caller_id)
    return caller
