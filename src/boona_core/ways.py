"""How long is a way, by what a router has said about it before?

Ways go from place to place, to the metre, by some means; there and back may differ.  Distances are kilometres, times
whole minutes one way.  Nothing here asks anybody.
"""

from collections.abc import Mapping
from enum import StrEnum
from math import ceil
from types import MappingProxyType
from typing import Any

from attrs import Attribute, field, frozen

from boona_core.errors import InvalidValue
from boona_core.geo import ESTIMATES, UNKNOWN, Kilometres, Minutes, Point, travel_minutes
from boona_core.geocoding import Provenance
from boona_core.patients import TravelMode

_DECIMALS = 5
"""Of a degree; a metre."""

_FARTHEST = 100_000
"""Kilometres, or minutes, of no way on earth."""


def spot(point: Point) -> Point:
    """The same place to a metre, so that equal ways are found again."""
    latitude, longitude = round(point.latitude, _DECIMALS), round(point.longitude, _DECIMALS)
    if latitude == point.latitude and longitude == point.longitude:
        return point  # as most of a table's are, and making one costs more than a look at it
    return Point(latitude, longitude)


@frozen
class Way:
    """From one place to another by some means, to the metre."""

    here: Point = field(converter=spot, repr=False)
    there: Point = field(converter=spot, repr=False)
    mode: TravelMode


def _on_earth(_: object, attribute: "Attribute[Any]", value: float) -> None:
    if not 0 <= value <= _FARTHEST:
        raise InvalidValue(attribute.name, f"is not a number from 0 to {_FARTHEST}")


@frozen
class Road:
    """How long a way is when one moves along it.

    Attributes:
        minutes: On the move only; walking to the car and looking for a place for it come on top.

    Raises:
        InvalidValue: a number is negative, none, or more than any way on earth has.
    """

    km: float = field(validator=_on_earth)
    minutes: int = field(validator=_on_earth)


class NoRoad(StrEnum):
    """Why a router names no road."""

    NO_WAY = "no_way"  # both places are on its map, and nothing joins them
    OFF_MAP = "off_map"  # one of them is not: it has said nothing about the way


@frozen
class Route:
    """What a router said about a way."""

    found: Road | NoRoad
    provenance: Provenance


Routes = Mapping[Way, Route]

NO_ROUTES: Routes = MappingProxyType({})
"""Nothing is known about any way."""


def by_home(routes: Routes) -> Mapping[Point, Routes]:
    """The same, by where each way begins."""
    homes: dict[Point, dict[Way, Route]] = {}
    for way, route in routes.items():
        homes.setdefault(way.here, {})[way] = route
    return homes


def route_between(here: Point | None, there: Point | None, mode: TravelMode | None, known: Routes) -> Route | None:
    """What is known about the way; None: nothing, the estimate stands."""
    if not known or here is None or there is None or mode is None:
        return None
    route = known.get(Way(here, there, mode))
    return None if route is None or route.found is NoRoad.OFF_MAP else route


def by_place(here: Point | None, mode: TravelMode | None, known: Routes) -> Mapping[Point, Route]:
    """The same for all ways from one place at once, by the spots to which they lead."""
    if not known or here is None or mode is None:
        return {}
    home = spot(here)
    return {
        way.there: route
        for way, route in known.items()
        if way.mode is mode and way.here == home and route.found is not NoRoad.OFF_MAP
    }


def way_minutes(crow_km: Kilometres, mode: TravelMode | None, route: Route | None) -> Minutes:
    """Minutes one way, door to door: by the router where it was asked, else estimated.

    What every way takes besides moving is added to the router's time, so that both mean the same.  ``UNKNOWN`` where
    the router knows that nothing joins the two, whatever an estimate would say.
    """
    if route is None or mode is None:
        return travel_minutes(crow_km, mode)
    if isinstance(route.found, NoRoad):
        return travel_minutes(crow_km, mode) if route.found is NoRoad.OFF_MAP else UNKNOWN
    return route.found.minutes + ceil(ESTIMATES[mode].fixed_minutes)
