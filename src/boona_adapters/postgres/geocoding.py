"""What geocoder and router said, and whose turn it is to ask them, in Postgres."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.connection import Connection
from boona_core.geo import Point
from boona_core.geocoding import Address, Located, Provenance, Service
from boona_core.patients import TravelMode
from boona_core.ways import NoRoad, Road, Route, Routes, Way, spot

_ROAD = "road"

_ADDRESSES = sa.text("""
SELECT address_key, latitude, longitude, source, asked_at, ends_at FROM geocoding_service.addresses
 WHERE address_key = ANY(CAST(:keys AS text[])) AND ends_at > :now
""")
_PUT_ADDRESS = sa.text("""
INSERT INTO geocoding_service.addresses (address_key, postal_code, latitude, longitude, source, asked_at, ends_at)
VALUES (:key, :postal_code, :latitude, :longitude, :source, :asked_at, :ends_at)
    ON CONFLICT (address_key) DO UPDATE
   SET latitude = excluded.latitude, longitude = excluded.longitude, source = excluded.source,
       asked_at = excluded.asked_at, ends_at = excluded.ends_at, updated_at = now()
""")
_FORGET_ADDRESSES = sa.text("""
WITH ended AS (
    SELECT address_key FROM geocoding_service.addresses WHERE ends_at <= :now ORDER BY address_key FOR UPDATE
)
DELETE FROM geocoding_service.addresses AS a USING ended WHERE a.address_key = ended.address_key
""")

_COLUMNS = """from_latitude, from_longitude, to_latitude, to_longitude, travel_mode, outcome, km, minutes, source,
       asked_at, ends_at"""
_ROUTES = f"""
SELECT {_COLUMNS} FROM geocoding_service.routes
 WHERE (%s_latitude, %s_longitude) IN (
           SELECT * FROM unnest(CAST(:latitudes AS double precision[]), CAST(:longitudes AS double precision[])))
   AND ends_at > :now
"""
_ROUTES_FROM = sa.text(_ROUTES % ("from", "from"))
_ROUTES_TO = sa.text(_ROUTES % ("to", "to"))
_BEGUN = sa.text("""
SELECT DISTINCT from_latitude, from_longitude, travel_mode FROM geocoding_service.routes WHERE ends_at > :now
""")
_PUT_ROUTES = sa.text(f"""
INSERT INTO geocoding_service.routes ({_COLUMNS})
SELECT {_COLUMNS}
  FROM jsonb_to_recordset(CAST(:routes AS jsonb)) AS new
       (from_latitude double precision, from_longitude double precision, to_latitude double precision,
        to_longitude double precision, travel_mode text, outcome text, km double precision, minutes integer,
        source text, asked_at timestamptz, ends_at timestamptz)
 ORDER BY from_latitude, from_longitude, to_latitude, to_longitude, travel_mode
    ON CONFLICT (from_latitude, from_longitude, to_latitude, to_longitude, travel_mode) DO UPDATE
   SET outcome = excluded.outcome, km = excluded.km, minutes = excluded.minutes, source = excluded.source,
       asked_at = excluded.asked_at, ends_at = excluded.ends_at, updated_at = now()
""")
_FORGET_ROUTES = sa.text("""
WITH ended AS (
    SELECT ctid FROM geocoding_service.routes WHERE ends_at <= :now
     ORDER BY from_latitude, from_longitude, to_latitude, to_longitude, travel_mode FOR UPDATE
)
DELETE FROM geocoding_service.routes AS r USING ended WHERE r.ctid = ended.ctid
""")

# The clock and not the transaction's instant: whoever waited for the row comes later than their transaction began.
_RESERVE = sa.text("""
INSERT INTO geocoding_service.service_turns AS t (service, next_at) VALUES (:service, clock_timestamp() + :spacing)
    ON CONFLICT (service) DO UPDATE SET next_at = greatest(t.next_at, clock_timestamp()) + :spacing
 WHERE t.next_at <= clock_timestamp() + :patience
RETURNING greatest(next_at - :spacing - clock_timestamp(), interval '0') AS wait
""")
_REST = sa.text("""
INSERT INTO geocoding_service.service_turns AS t (service, next_at) VALUES (:service, clock_timestamp() + :span)
    ON CONFLICT (service) DO UPDATE SET next_at = greatest(t.next_at, clock_timestamp() + :span)
""")


@frozen
class PostgresAddresses:
    """The answers of a geocoder, as ``boona_core.geocoding_ports.KnownAddresses`` promises them."""

    _connection: Connection

    def get_many(self, keys: Collection[str], *, now: datetime) -> Mapping[str, Located]:
        """What is known under these keys; an answer that has ended by *now* is left out."""
        rows = self._connection.rows(_ADDRESSES, {"keys": sorted(set(keys)), "now": now}) if keys else ()
        return {row.address_key: Located(_point_of(row), _provenance_of(row)) for row in rows}

    def put(self, address: Address, located: Located) -> None:
        """Keep an answer, in the place of an earlier one; of the address only its key and its postal code."""
        point = located.point
        self._connection.run(
            _PUT_ADDRESS,
            {
                "key": address.key,
                "postal_code": address.postal_code,
                "latitude": None if point is None else point.latitude,
                "longitude": None if point is None else point.longitude,
                "source": located.provenance.source,
                "asked_at": located.provenance.asked_at,
                "ends_at": located.provenance.ends_at,
            },
        )

    def forget_ended(self, *, now: datetime) -> None:
        """Delete the answers that have ended by *now*."""
        self._connection.run(_FORGET_ADDRESSES, {"now": now})


@frozen
class PostgresRoutes:
    """The answers of a router, as ``boona_core.geocoding_ports.KnownRoutes`` promises them."""

    _connection: Connection

    def known(self, *, homes: Collection[Point] = (), places: Collection[Point] = (), now: datetime) -> Routes:
        """Every way from one of *homes*, or to one of *places*, whose answer has not ended by *now*."""
        return {
            _way_of(row): Route(_found_of(row), _provenance_of(row))
            for statement, points in ((_ROUTES_FROM, homes), (_ROUTES_TO, places))
            if points
            for row in self._connection.rows(statement, {**_sides({spot(point) for point in points}), "now": now})
        }

    def begun(self, *, now: datetime) -> Collection[tuple[Point, TravelMode]]:
        """Where ways begin, and by which means, whose answer has not ended by *now*."""
        rows = self._connection.rows(_BEGUN, {"now": now})
        return {(Point(row.from_latitude, row.from_longitude), TravelMode(row.travel_mode)) for row in rows}

    def put(self, routes: Mapping[Way, Route]) -> None:
        """Keep these answers, each in the place of an earlier one."""
        if routes:
            self._connection.run(_PUT_ROUTES, {"routes": json.dumps([_row(*each) for each in routes.items()])})

    def forget_ended(self, *, now: datetime) -> None:
        """Delete the answers that have ended by *now*."""
        self._connection.run(_FORGET_ROUTES, {"now": now})


@frozen
class PostgresTurns:
    """The turns, as ``boona_core.geocoding_ports.Turns`` promises them.

    A row that is written, and no lock of a session: a pooler in transaction mode gives every transaction another one.
    """

    _connection: Connection

    def reserve(self, service: Service, *, spacing: timedelta, patience: timedelta) -> timedelta | None:
        """Take the next turn; in how long it comes.  None: later than *patience* from now, and none was taken."""
        values = {"service": service.value, "spacing": spacing, "patience": patience}
        row = self._connection.row(_RESERVE, values)
        return None if row is None else row.wait

    def rest(self, service: Service, *, span: timedelta) -> None:
        """Let no turn come for so long from now on, and none sooner than was reserved."""
        self._connection.run(_REST, {"service": service.value, "span": span})


def _sides(points: Collection[Point]) -> dict[str, list[float]]:
    return {"latitudes": [each.latitude for each in points], "longitudes": [each.longitude for each in points]}


def _point_of(row: sa.Row[Any]) -> Point | None:
    return None if row.latitude is None else Point(row.latitude, row.longitude)


def _provenance_of(row: sa.Row[Any]) -> Provenance:
    return Provenance(source=row.source, asked_at=row.asked_at, ends_at=row.ends_at)


def _way_of(row: sa.Row[Any]) -> Way:
    here, there = Point(row.from_latitude, row.from_longitude), Point(row.to_latitude, row.to_longitude)
    return Way(here, there, TravelMode(row.travel_mode))


def _found_of(row: sa.Row[Any]) -> Road | NoRoad:
    return Road(row.km, row.minutes) if row.outcome == _ROAD else NoRoad(row.outcome)


def _row(way: Way, route: Route) -> dict[str, object]:
    found, provenance = route.found, route.provenance
    road = found if isinstance(found, Road) else None
    return {
        "from_latitude": way.here.latitude,
        "from_longitude": way.here.longitude,
        "to_latitude": way.there.latitude,
        "to_longitude": way.there.longitude,
        "travel_mode": way.mode.value,
        "outcome": _ROAD if isinstance(found, Road) else found.value,
        "km": None if road is None else road.km,
        "minutes": None if road is None else road.minutes,
        "source": provenance.source,
        "asked_at": provenance.asked_at.isoformat(),
        "ends_at": provenance.ends_at.isoformat(),
    }
