"""What geocoder and router said, and whose turn it is to ask them, in memory."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from attrs import frozen

from boona_adapters.memory.rows import Tables
from boona_adapters.memory.transactions import Transaction
from boona_core.geo import Point
from boona_core.geocoding import Address, Located, Service
from boona_core.patients import TravelMode
from boona_core.ways import Route, Routes, Way, spot


@frozen
class MemoryAddresses:
    """The answers of a geocoder, of one unit."""

    _tables: Tables
    _transaction: Transaction

    def get_many(self, keys: Collection[str], *, now: datetime) -> Mapping[str, Located]:
        """Keep the promise of ``geocoding_ports.KnownAddresses``."""
        with self._transaction.turn:
            found = {key: self._transaction.get(self._tables.addresses, key) for key in set(keys)}
        return {key: each for key, each in found.items() if each is not None and now < each.provenance.ends_at}

    def put(self, address: Address, located: Located) -> None:
        """Keep the promise of ``geocoding_ports.KnownAddresses``."""
        with self._transaction.turn:
            self._transaction.put(self._tables.addresses, address.key, located)

    def forget_ended(self, *, now: datetime) -> None:
        """Keep the promise of ``geocoding_ports.KnownAddresses``."""
        with self._transaction.turn:
            for key, located in sorted(self._tables.addresses.rows.items()):
                if located.provenance.ends_at <= now:
                    self._transaction.remove(self._tables.addresses, key)


@frozen
class MemoryRoutes:
    """The answers of a router, of one unit."""

    _tables: Tables
    _transaction: Transaction

    def known(self, *, homes: Collection[Point] = (), places: Collection[Point] = (), now: datetime) -> Routes:
        """Keep the promise of ``geocoding_ports.KnownRoutes``."""
        table, where = self._tables.routes, self._transaction.where
        with self._transaction.turn:
            rows = [row for each in {spot(home) for home in homes} for row in where(table, "home", each)]
            rows += (row for each in {spot(place) for place in places} for row in where(table, "place", each))
        return {way: route for way, route in rows if now < route.provenance.ends_at}

    def begun(self, *, now: datetime) -> Collection[tuple[Point, TravelMode]]:
        """Keep the promise of ``geocoding_ports.KnownRoutes``."""
        with self._transaction.turn:
            rows = self._transaction.rows(self._tables.routes)
            return {(way.here, way.mode) for way, route in rows if now < route.provenance.ends_at}

    def put(self, routes: Mapping[Way, Route]) -> None:
        """Keep the promise of ``geocoding_ports.KnownRoutes``; in the order of the ways."""
        with self._transaction.turn:
            for way, route in sorted(routes.items(), key=lambda row: _order(row[0])):
                self._transaction.put(self._tables.routes, way, (way, route))

    def forget_ended(self, *, now: datetime) -> None:
        """Keep the promise of ``geocoding_ports.KnownRoutes``."""
        with self._transaction.turn:
            ended = [way for way, route in self._tables.routes.rows.values() if route.provenance.ends_at <= now]
            for way in sorted(ended, key=_order):
                self._transaction.remove(self._tables.routes, way)


def _order(way: Way) -> tuple[float, float, float, float, str]:
    return way.here.latitude, way.here.longitude, way.there.latitude, way.there.longitude, way.mode


@frozen
class MemoryTurns:
    """The turns of one unit.

    Args:
        clock: The store's, as it is at the moment: whoever waited for a turn comes later than their unit began.
    """

    _tables: Tables
    _transaction: Transaction
    _clock: Callable[[], datetime]

    def reserve(self, service: Service, *, spacing: timedelta, patience: timedelta) -> timedelta | None:
        """Keep the promise of ``geocoding_ports.Turns``."""
        with self._transaction.turn:
            following = self._transaction.lock(self._tables.service_turns, service)
            now = self._clock()
            turn = now if following is None else max(now, following)
            if turn - now > patience:
                return None
            self._transaction.put(self._tables.service_turns, service, turn + spacing)
            return turn - now

    def rest(self, service: Service, *, span: timedelta) -> None:
        """Keep the promise of ``geocoding_ports.Turns``."""
        with self._transaction.turn:
            following = self._transaction.lock(self._tables.service_turns, service)
            rested = self._clock() + span
            self._transaction.put(
                self._tables.service_turns, service, rested if following is None else max(following, rested)
            )
