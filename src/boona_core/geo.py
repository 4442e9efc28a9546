"""How far is it from here to there, and how long does it take?

Coordinates are degrees on the WGS 84 ellipsoid, distances kilometres along its surface, times whole minutes one way.  A
distance or a time is a number or ``UNKNOWN``, never a number that stands for "unknown": what nobody knows is neither
zero nor near.  Nothing here looks anything up.

The distance is Lambert's: the great circle on the auxiliary sphere, corrected for the flattening of the earth to first
order.  It is exact to some ten metres in a thousand kilometres, where the plain sphere may be wrong by 0.56 %, and has
no iteration that might not end.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from itertools import pairwise
from math import acos, asin, atan, ceil, cos, degrees, isfinite, pi, radians, sin, sqrt, tan
from typing import Any, Final, Literal

from attrs import Attribute, field, frozen

from boona_core.errors import InvalidValue
from boona_core.patients import TravelMode

_EQUATORIAL_KM = 6378.137
_FLATTENING = 1 / 298.257223563
_SHORTEST_DEGREE_KM = 110.574
"""Of a meridian, at the equator; nowhere is a degree of latitude shorter."""


class Unknown(Enum):
    """What a distance or a time is when nobody knows it; it has no order and adds to nothing."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN

Kilometres = float | Literal[Unknown.UNKNOWN]
"""A distance, at least 0, or ``UNKNOWN``."""

Minutes = int | Literal[Unknown.UNKNOWN]
"""A time one way, at least 0, or ``UNKNOWN``."""


def _within(limit: float) -> Callable[[Any, "Attribute[float]", float], None]:
    def check(_: object, attribute: "Attribute[float]", value: float) -> None:
        if not isfinite(value) or abs(value) > limit:
            raise InvalidValue(attribute.name, f"is not between -{limit:g} and {limit:g}")

    return check


@frozen
class Point:
    """A place on the earth.

    Attributes:
        latitude: Degrees north of the equator, -90 to 90.
        longitude: Degrees east of Greenwich, -180 to 180.

    Raises:
        InvalidValue: a coordinate lies outside of its bounds; the value is not repeated, it may be a home.
    """

    latitude: float = field(validator=_within(90))
    longitude: float = field(validator=_within(180))


def distance(here: Point | None, there: Point | None) -> Kilometres:
    """The distance in kilometres; ``UNKNOWN`` where one of the places is (None)."""
    if here is None or there is None:
        return UNKNOWN
    return kilometres(here, there)


def kilometres(here: Point, there: Point) -> float:
    """The distance in kilometres between two known places, at least 0, the same both ways."""
    lower, upper = (atan((1 - _FLATTENING) * tan(radians(point.latitude))) for point in (here, there))
    middle, half = (lower + upper) / 2, (upper - lower) / 2
    aside = sin(radians(there.longitude - here.longitude) / 2)
    angle = 2 * asin(min(1.0, sqrt(sin(half) ** 2 + cos(lower) * cos(upper) * aside**2)))
    if angle == 0:
        return 0.0
    if pi - angle < 1e-9:  # the other side of the earth: any way is as long, and the correction has no value there
        return _EQUATORIAL_KM * (1 - _FLATTENING) * pi
    along = (angle - sin(angle)) * (sin(middle) * cos(half) / cos(angle / 2)) ** 2
    across = (angle + sin(angle)) * (cos(middle) * sin(half) / sin(angle / 2)) ** 2
    return _EQUATORIAL_KM * (angle - _FLATTENING / 2 * (along + across))


@frozen
class Box:
    """Degrees between which every place near a point lies; a place inside need not be near.

    Attributes:
        west: May be below -180 or *east* above 180 where the box crosses the date line.
    """

    south: float
    north: float
    west: float
    east: float

    def holds(self, point: Point) -> bool:
        """Whether a place lies in it, on its edge included."""
        turns = (point.longitude - 360, point.longitude, point.longitude + 360)
        return self.south <= point.latitude <= self.north and any(self.west <= turn <= self.east for turn in turns)


def box_around(centre: Point, radius_km: float) -> Box:
    """A box that holds every place within *radius_km*, with half a percent and ten metres to spare."""
    reach = (radius_km * 1.005 + 0.01) / _SHORTEST_DEGREE_KM
    south, north = max(-90.0, centre.latitude - reach), min(90.0, centre.latitude + reach)
    if reach >= 90 or abs(centre.latitude) + reach >= 90:  # a pole inside: every meridian is near
        return Box(south, north, -180.0, 180.0)
    # The meridian that only touches the circle: sin(width) = sin(radius) / cos(latitude).
    width = degrees(acos(sqrt(max(0.0, 1 - (sin(radians(reach)) / cos(radians(centre.latitude))) ** 2))))
    width *= 1 + _FLATTENING * 2
    return Box(south, north, centre.longitude - width, centre.longitude + width)


@frozen(kw_only=True)
class Travel:
    """How long a way takes by one means: an assumption, written down.

    Attributes:
        detour: Kilometres on the way for one as the crow flies, at least 1.
        fixed_minutes: What every way takes besides moving: walking to a stop, waiting, parking, locking.
        speeds: Kilometres an hour by the kilometres of the way from which on they hold, the first from 0, rising.
    """

    detour: float
    fixed_minutes: float
    speeds: tuple[tuple[float, float], ...]

    def minutes(self, crow_km: float) -> int:
        """Whole minutes, rounded up, for a distance as the crow flies; the way to nowhere takes none."""
        if crow_km == 0:
            return 0
        way, taken = crow_km * self.detour, self.fixed_minutes
        for (start, speed), (end, _) in pairwise((*self.speeds, (float("inf"), 0.0))):
            taken += max(0.0, min(way, end) - start) / speed * 60
        return ceil(taken - 1e-9)

    def reach_km(self, minutes: int) -> float:
        """The greatest distance as the crow flies that takes no more than *minutes*."""
        left, way = (minutes - self.fixed_minutes) / 60, 0.0
        for (start, speed), (end, _) in pairwise((*self.speeds, (float("inf"), 0.0))):
            if left <= 0:
                break
            way = start + min(end - start, left * speed)
            left -= (end - start) / speed
        return way / self.detour


ESTIMATES: Mapping[TravelMode, Travel] = {
    TravelMode.CAR: Travel(detour=1.3, fixed_minutes=6, speeds=((0, 26), (8, 50), (40, 85))),
    TravelMode.TRANSIT: Travel(detour=1.35, fixed_minutes=12, speeds=((0, 18), (8, 38), (40, 70))),
    TravelMode.BIKE: Travel(detour=1.25, fixed_minutes=2, speeds=((0, 15),)),
    TravelMode.FOOT: Travel(detour=1.2, fixed_minutes=0, speeds=((0, 4.8),)),
}
"""What is assumed about each means of travel: door to door in and around a German town on a weekday, no timetable.

Ways of some kilometres are mostly town, longer ones mostly road or rail.  Whoever needs it exact asks a router; an
estimate says whether a way is worth asking about.
"""


def travel_minutes(crow_km: Kilometres, mode: TravelMode | None) -> Minutes:
    """Estimated minutes one way; ``UNKNOWN`` where the distance or the means (None) is."""
    if crow_km is UNKNOWN or mode is None:
        return UNKNOWN
    return ESTIMATES[mode].minutes(crow_km)


def reach_km(minutes: int, mode: TravelMode | None) -> Kilometres:
    """How far one gets in so many minutes as the crow flies; ``UNKNOWN`` by unknown means (None)."""
    return UNKNOWN if mode is None else ESTIMATES[mode].reach_km(minutes)
