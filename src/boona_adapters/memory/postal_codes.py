"""The postal codes in memory."""

from collections.abc import Collection, Mapping

from attrs import frozen

from boona_adapters.memory.rows import Tables
from boona_adapters.memory.transactions import Transaction
from boona_core.postal_codes import PostalPlace


@frozen
class MemoryPostalCodes:
    """The postal codes of one unit."""

    _tables: Tables
    _transaction: Transaction

    def get_many(self, codes: Collection[str]) -> Mapping[str, PostalPlace]:
        """Keep the promise of ``matching_ports.PostalCodes``."""
        with self._transaction.turn:
            found = (self._transaction.get(self._tables.postal_codes, code) for code in set(codes))
            return {place.code: place for place in found if place is not None}

    def put(self, places: Collection[PostalPlace]) -> None:
        """Keep the promise of ``matching_ports.PostalCodes``; in the order of the codes."""
        with self._transaction.turn:
            for place in sorted(places, key=lambda place: place.code):
                self._transaction.put(self._tables.postal_codes, place.code, place)
