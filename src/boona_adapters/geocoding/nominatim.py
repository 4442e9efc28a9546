"""Where is an address, by Nominatim?

What it answers is believed within limits only: a place in Germany, not in quite another region than the postal code
that was asked about, not so large that its middle says nothing, and of a town without a code the only one of its name.
"""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from boona_adapters.geocoding.asking import JsonService
from boona_core.errors import InvalidValue
from boona_core.geo import Point, kilometres
from boona_core.geocoding import Address
from boona_core.postal_codes import postal_code_of

LARGEST_KM = 30
"""From corner to corner of a place; the middle of a larger one may be more than 15 km from where somebody is."""


@frozen
class Nominatim:
    """A geocoder, as ``boona_core.geocoding_ports.Geocoder`` promises it."""

    _asked: JsonService

    @property
    def source(self) -> str:
        """Who it is."""
        return self._asked.source

    def locate(self, address: Address) -> Point | None:
        """Ask where it is; None: it knows no such place, or nothing finer than a region.

        Raises:
            ServiceFault: there was no answer that makes sense.
        """
        parts = {"street": address.street, "postalcode": address.postal_code, "city": address.city}
        answer = self._asked.ask(
            "/search",
            {
                **{name: part for name, part in parts.items() if part is not None},
                "countrycodes": "de",
                "format": "jsonv2",
                "addressdetails": "1",
                "limit": "10",
            },
        )
        try:
            return point_in(answer, address)
        except (InvalidValue, KeyError, TypeError, ValueError, OverflowError):
            pass
        raise self._asked.fault("answered what is no place")


def point_in(answer: Any, address: Address) -> Point | None:
    """The place in an answer; None: there is none, or none that is believed.

    Raises:
        InvalidValue, KeyError, TypeError, ValueError, OverflowError: it is no answer to such a question.
    """
    if not isinstance(answer, list):
        raise TypeError
    points = [Point(_degrees(place["lat"]), _degrees(place["lon"])) for place in answer]
    if not points:
        return None
    best, point = answer[0], points[0]
    south, north, west, east = map(_degrees, best["boundingbox"])
    across = kilometres(Point(south, west), Point(north, east))
    details = best["address"]
    if not isinstance(details, Mapping):
        raise TypeError
    elsewhere = details.get("country_code") != "de" or _is_another_region(details.get("postcode"), address.postal_code)
    one_of_many = address.postal_code is None and any(kilometres(point, other) > LARGEST_KM for other in points)
    return None if elsewhere or one_of_many or across > LARGEST_KM else point


def _degrees(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    return float(value)


def _is_another_region(found: Any, asked: str | None) -> bool:
    """Whether the first two digits of both codes are known and differ: a street of the same name elsewhere."""
    code = postal_code_of(found) if isinstance(found, str) else None
    return code is not None and asked is not None and code[:2] != asked[:2]
