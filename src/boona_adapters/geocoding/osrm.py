"""How long are the ways from one place to others, by OSRM?

A server of OSRM knows one means of travel, whatever the question says: each means has a server of its own, or none.
It takes the nearest road for the place that it was asked about, however far that is: where it is too far, the place is
off its map and the answer is none.
"""

from collections.abc import Collection, Mapping, Sequence
from math import ceil
from typing import Any

from attrs import field, frozen

from boona_adapters.geocoding.asking import JsonService
from boona_core.errors import InvalidValue
from boona_core.geo import Point, kilometres
from boona_core.patients import TravelMode
from boona_core.ways import NoRoad, Road

PROFILES: Mapping[TravelMode, str] = {
    TravelMode.CAR: "driving",
    TravelMode.BIKE: "cycling",
    TravelMode.FOOT: "walking",
}
"""What OSRM calls the means of travel; it knows no timetable."""

OFF_ROAD_KM = 2.0
"""A place that is farther from the nearest road is not on the map."""

FASTEST_KM_A_MINUTE = 5

_REFUSED = 400
"""The status with which OSRM says that there is no road."""


@frozen
class Osrm:
    """A router, as ``boona_core.geocoding_ports.Router`` promises it.

    Attributes:
        largest: Places in one question; OSRM takes 100 unless it was told otherwise.
    """

    _asked: Mapping[TravelMode, JsonService]
    source: str = field(init=False)
    largest: int = 50

    @source.default
    def _source(self) -> str:
        return " and ".join(dict.fromkeys(each.source for each in self._asked.values()))[:200]

    @property
    def modes(self) -> Collection[TravelMode]:
        """The means of travel that it knows."""
        return self._asked.keys()

    def roads(self, here: Point, theres: Sequence[Point], mode: TravelMode) -> Sequence[Road | NoRoad]:
        """Ask for the ways from one place to each of these, at most ``largest``; an answer for each, in their order.

        Raises:
            ServiceFault: there was no answer that makes sense.
        """
        asked = self._asked[mode]
        places = ";".join(f"{point.longitude:.5f},{point.latitude:.5f}" for point in (here, *theres))
        answer = asked.ask(
            f"/table/v1/{PROFILES[mode]}/{places}",
            {
                "sources": "0",
                "destinations": ";".join(str(number) for number in range(1, len(theres) + 1)),
                "annotations": "duration,distance",
            },
            also={_REFUSED},
        )
        try:
            return roads_in(answer, here, theres)
        except _Refused:
            fault = asked.fault("refuses the question")
        except (InvalidValue, KeyError, TypeError, ValueError, OverflowError):
            fault = asked.fault("answered what are no roads")
        raise fault


class _Refused(ValueError):
    """It says that the question is wrong."""


def roads_in(answer: Any, here: Point, theres: Sequence[Point]) -> Sequence[Road | NoRoad]:
    """The roads in an answer, one for each of *theres*.

    Raises:
        InvalidValue, KeyError, TypeError, ValueError, OverflowError: it is no answer to such a question.
    """
    code = answer["code"]  # where one place is off the map, nothing is said about the others: they stay estimated
    if code in ("NoSegment", "NoTable"):
        return [NoRoad.OFF_MAP if code == "NoSegment" else NoRoad.NO_WAY] * len(theres)
    if code != "Ok":
        raise _Refused
    (source,), (durations,), (distances,) = answer["sources"], answer["durations"], answer["distances"]
    known_here = _is_near(source, here)
    return [
        _road(duration, distance, kilometres(here, there)) if known_here and _is_near(place, there) else NoRoad.OFF_MAP
        for there, place, duration, distance in zip(theres, answer["destinations"], durations, distances, strict=True)
    ]


def _is_near(snapped: Any, point: Point) -> bool:
    longitude, latitude = snapped["location"]
    return kilometres(point, Point(_number(latitude), _number(longitude))) <= OFF_ROAD_KM


def _road(seconds: Any, metres: Any, crow_km: float) -> Road | NoRoad:
    if seconds is None or metres is None:
        return NoRoad.NO_WAY
    road = Road(round(_number(metres) / 1000, 3), ceil(_number(seconds) / 60))
    # A road is no shorter than the crow's, wherever on it one begins, and nobody is faster than a fast train.
    if road.km + 2 * OFF_ROAD_KM < crow_km or road.km > FASTEST_KM_A_MINUTE * max(road.minutes, 1):
        raise ValueError
    return road


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)
