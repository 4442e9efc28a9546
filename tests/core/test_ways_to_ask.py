"""About which ways it is worth asking a router."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.geo import UNKNOWN, Point, kilometres
from boona_core.geocoding import Provenance
from boona_core.matching import decide_match
from boona_core.mismatches import MatchReason
from boona_core.pairing import MatchingPolicy, Pair, Practice, Seeker
from boona_core.patients import PatientStatus, TravelLimit, TravelMode
from boona_core.ways import NO_ROUTES, NoRoad, Road, Route, Routes, Way, spot
from boona_core.ways_to_ask import asking_radius, ways_to_ask
from tests.core.test_matching import FAR, HOME, NEAR, NOW, TODAY, hours, pairs, practice, practices, seeker, seekers

POLICY = MatchingPolicy()
MIDDLE = Point(52.6, 13.5)
HURRIED = seeker(travel_limit=TravelLimit(max_minutes=20))
KNOWN = Provenance(source="osrm", asked_at=NOW, ends_at=NOW)


def asked(one: Seeker, *others: Practice, pair: Pair | None = None, known: Routes = NO_ROUTES) -> list[Point]:
    """Where the ways lead that are asked about."""
    between = {} if pair is None else {(one.patient.id, other.therapist.id): pair for other in others}
    ways = ways_to_ask(one, others, between, known, policy=POLICY, nearest=2, today=TODAY)
    return [way.there for way in ways]


def test_the_nearest_come_first_and_each_place_once() -> None:
    assert asked(HURRIED, practice(FAR), practice(MIDDLE, 2), practice(NEAR, 3), practice(NEAR, 4)) == [NEAR, MIDDLE]


def test_what_is_known_is_not_asked_and_makes_no_room_for_another() -> None:
    known = {Way(HOME, NEAR, TravelMode.CAR): Route(NoRoad.OFF_MAP, KNOWN)}

    assert asked(HURRIED, practice(FAR), practice(MIDDLE, 2), practice(NEAR, 3), known=known) == [MIDDLE]


def test_next_door_and_nowhere_are_no_ways() -> None:
    next_door = Point(HOME.latitude + 0.000001, HOME.longitude)

    assert asked(HURRIED, practice(next_door), practice(None, 2)) == []


def test_a_way_that_is_estimated_too_long_for_the_hours_of_both_is_asked_about() -> None:
    free = seeker(availability=hours(monday="09:05-10:15"))
    other = practice(availability=hours(monday="09:15-10:05"))

    estimated = decide_match(free, other, policy=POLICY, today=TODAY)

    assert estimated.reasons == (MatchReason.HOURS,)
    assert asked(free, other) == [NEAR]


@pytest.mark.parametrize(
    "one",
    [
        seeker(None),
        seeker(travel_mode=None),
        seeker(status=PatientStatus.IN_THERAPY),
        seeker(travel_limit=TravelLimit(max_km=1)),
    ],
    ids=["no home", "no means", "not searching", "too far by distance"],
)
def test_nothing_is_asked_about_whom_no_answer_would_help(one: Seeker) -> None:
    assert asked(one, practice()) == []


def test_a_pair_that_has_a_request_is_not_asked_about() -> None:
    assert asked(HURRIED, practice(), pair=Pair(request_open=True)) == []


def test_the_radius_is_half_as_much_again_as_the_estimate_reaches() -> None:
    assert asking_radius(seeker(travel_limit=TravelLimit(max_km=10)), POLICY) == 15
    assert asking_radius(seeker(travel_limit=None), POLICY) == 75
    unlimited = seeker(travel_limit=TravelLimit(max_minutes=60), travel_mode=None)
    assert asking_radius(unlimited, MatchingPolicy(allow_unknown_distance=True)) is UNKNOWN


@given(seekers, st.lists(practices, max_size=6), pairs)
def test_whoever_would_fit_if_the_way_took_no_time_is_asked_about(
    one: Seeker, others: list[Practice], pair: Pair
) -> None:
    between = {(one.patient.id, other.therapist.id): pair for other in others}

    ways = ways_to_ask(one, others, between, NO_ROUTES, policy=POLICY, nearest=100, today=TODAY)

    assert {way.there for way in ways} >= helped(one, others, pair)


def helped(one: Seeker, others: list[Practice], pair: Pair) -> set[Point]:
    """Where those are who would fit this patient if one were there in no time; next door is nowhere to go."""
    mode = one.patient.travel_mode
    if one.home is None or mode is None:
        return set()
    at_once = Route(Road(0.0, 0), KNOWN)
    return {
        spot(other.place)
        for other in others
        if other.place is not None
        and spot(other.place) != spot(one.home)
        and decide_match(
            one, other, pair, policy=POLICY, today=TODAY, routes={Way(one.home, other.place, mode): at_once}
        ).fits
    }


@given(seekers, st.lists(practices, max_size=6))
def test_ways_lead_from_home_to_elsewhere_the_nearer_first(one: Seeker, others: list[Practice]) -> None:
    ways = ways_to_ask(one, others, {}, NO_ROUTES, policy=POLICY, nearest=100, today=TODAY)

    far = [kilometres(way.here, way.there) for way in ways]
    assert all(one.home is not None and way.here == spot(one.home) != way.there for way in ways)
    assert all(nearer <= farther + 0.01 for nearer, farther in pairwise(far))
    assert len(set(ways)) == len(ways)
