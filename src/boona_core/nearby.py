"""Which of many places are near a point, without looking at all of them?

Places stand in cells of a tenth of a degree, some 7 by 11 kilometres in Germany.  The answer leaves out nothing that is
near and may hold some that are not: who needs it exact measures.
"""

from collections.abc import Iterable, Iterator
from math import floor
from typing import Generic, TypeVar

from boona_core.geo import Point, box_around

_CELLS_PER_DEGREE = 10
_ROUND = 360 * _CELLS_PER_DEGREE

T = TypeVar("T")


class Nearby(Generic[T]):
    """Things by the place at which each of them is."""

    def __init__(self, things: Iterable[tuple[Point, T]]) -> None:
        self._cells: dict[tuple[int, int], list[T]] = {}
        for point, thing in things:
            self._cells.setdefault(_cell(point.latitude, point.longitude), []).append(thing)

    def within(self, centre: Point, radius_km: float) -> Iterator[T]:
        """All things within *radius_km*, and some beyond."""
        box = box_around(centre, radius_km)
        south, west = floor(box.south * _CELLS_PER_DEGREE), floor(box.west * _CELLS_PER_DEGREE)
        north, east = floor(box.north * _CELLS_PER_DEGREE), floor(box.east * _CELLS_PER_DEGREE)
        columns = range(west, min(east, west + _ROUND - 1) + 1)
        rows = range(south, north + 1)
        if len(columns) * len(rows) > len(self._cells):
            yield from (thing for things in self._cells.values() for thing in things)
            return
        for row in rows:
            for column in columns:
                yield from self._cells.get((row, column % _ROUND), ())


def _cell(latitude: float, longitude: float) -> tuple[int, int]:
    return floor(latitude * _CELLS_PER_DEGREE), floor(longitude * _CELLS_PER_DEGREE) % _ROUND
