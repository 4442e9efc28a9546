"""The postal codes in Postgres."""

import json
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.connection import Connection
from boona_core.geo import Point
from boona_core.postal_codes import PostalPlace, is_postal_code

_KNOWN = sa.text("""
SELECT postal_code, place, land, latitude, longitude FROM geocoding_service.postal_codes
 WHERE postal_code = ANY(CAST(:codes AS text[]))
""")
_PUT = sa.text("""
INSERT INTO geocoding_service.postal_codes (postal_code, place, land, latitude, longitude)
SELECT postal_code, place, land, latitude, longitude
  FROM jsonb_to_recordset(CAST(:places AS jsonb)) AS new
       (postal_code text, place text, land text, latitude double precision, longitude double precision)
 ORDER BY postal_code
    ON CONFLICT (postal_code) DO UPDATE
   SET place = excluded.place, land = excluded.land, latitude = excluded.latitude, longitude = excluded.longitude,
       updated_at = now()
""")


@frozen
class PostgresPostalCodes:
    """The postal codes, as ``boona_core.matching_ports.PostalCodes`` promises them."""

    _connection: Connection

    def get_many(self, codes: Collection[str]) -> Mapping[str, PostalPlace]:
        """What is known about these codes, by code; one that is not known is left out."""
        asked = sorted(filter(is_postal_code, set(codes)))
        rows = self._connection.rows(_KNOWN, {"codes": asked}) if asked else ()
        return {
            row.postal_code: PostalPlace(row.postal_code, row.place, row.land, Point(row.latitude, row.longitude))
            for row in rows
        }

    def put(self, places: Collection[PostalPlace]) -> None:
        """Keep these places, each in the place of what was known about its code."""
        if places:
            self._connection.run(_PUT, {"places": json.dumps([_row(place) for place in places])})


def _row(place: PostalPlace) -> dict[str, object]:
    return {
        "postal_code": place.code,
        "place": place.name,
        "land": place.land,
        "latitude": place.point.latitude,
        "longitude": place.point.longitude,
    }
