"""What is asked about addresses and ways, and what the answers are worth."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.errors import InvalidValue, NaiveInstant
from boona_core.geo import ESTIMATES, UNKNOWN, Point, travel_minutes
from boona_core.geocoding import (
    Address,
    GeocodingPolicy,
    Located,
    Provenance,
    Sought,
    addresses_of_home,
    addresses_of_line,
    addresses_of_practice,
    next_question,
    place_of,
)
from boona_core.patients import TravelMode
from boona_core.postal_codes import postal_code_in
from boona_core.ways import NoRoad, Road, Route, Way, route_between, way_minutes

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
PROVENANCE = Provenance(source="maps", asked_at=NOW, ends_at=NOW + timedelta(days=180))
MITTE = Point(52.532, 13.3849)
DRESDEN = Point(51.0547, 13.7269)
FINE = Address(street="Lindenstraße 1", postal_code="10115", city="Berlin")
COARSE = Address(postal_code="10115", city="Berlin")
CAR = TravelMode.CAR

words = st.text(st.characters(codec="utf-8"), max_size=30)
modes = st.sampled_from(TravelMode)


# Addresses


@pytest.mark.parametrize(
    "street", ["lindenstrasse 1", "Lindenstr. 1", " LINDENSTR  1 ", "Lindenstrasse, 1", "Lindenstraße 1"]
)
def test_spellings_of_one_street_ask_the_same(street: str) -> None:
    assert Address(street=street, postal_code="D-10115", city="berlin").key == FINE.key


@pytest.mark.parametrize(
    "other",
    [
        Address(street="Lindenstraße 11", postal_code="10115", city="Berlin"),
        Address(street="Lindenstraße 1", postal_code="10117", city="Berlin"),
        Address(street="Lindenstraße 1", postal_code="10115", city="Berlin Mitte"),
        Address(street="Lindenstraße 1", city="Berlin"),
        COARSE,
    ],
)
def test_what_differs_asks_something_else(other: Address) -> None:
    assert other.key != FINE.key


def test_a_town_is_not_taken_for_a_street() -> None:
    assert Address(street="Linden", postal_code="10115").key != Address(postal_code="10115", city="Linden").key


@given(words, words)
def test_a_key_is_a_hash_and_says_nothing_of_the_address(street: str, city: str) -> None:
    key = Address(street=street, postal_code="10115", city=city).key

    assert len(key) == 64
    assert set(key) <= set("0123456789abcdef")


@given(st.text(st.characters(max_codepoint=0x17F), max_size=30))
def test_case_and_spaces_make_no_difference(street: str) -> None:
    spaced = Address(street=f"  {street.casefold()} ", postal_code="10115")

    assert spaced.key == Address(street=street, postal_code="10115").key


@pytest.mark.parametrize(("code", "city"), [(None, None), ("", "  "), ("A-1010", None)])
def test_a_street_alone_is_no_address(code: str | None, city: str | None) -> None:
    with pytest.raises(InvalidValue):
        Address(street="Lindenstraße 1", postal_code=code, city=city)
    assert addresses_of_practice("Lindenstraße 1", code, city) == ()


def test_an_address_is_not_shown_by_accident() -> None:
    assert repr(FINE) == "Address()"
    assert "52" not in repr(Located(MITTE, PROVENANCE))
    assert "52" not in repr(Way(MITTE, DRESDEN, CAR))


def test_a_practice_is_asked_about_by_its_street_first_and_then_without() -> None:
    assert addresses_of_practice("Lindenstraße 1", "10115", "Berlin") == (FINE, COARSE)
    assert addresses_of_practice(" ", "10115", "Berlin") == (COARSE,)
    assert addresses_of_practice(None, None, "Berlin") == (Address(city="Berlin"),)


def test_a_home_is_asked_about_by_its_postal_code_and_nothing_else() -> None:
    assert addresses_of_home("D-10115") == (Address(postal_code="10115"),)
    assert addresses_of_home(None) == ()
    assert addresses_of_home("somewhere") == ()


@pytest.mark.parametrize(
    "line",
    [
        "Lindenstraße 1, 10115 Berlin",
        "Lindenstraße 1 10115 Berlin",
        " Lindenstr. 1,D-10115  Berlin, Deutschland",
        "Praxis Beispiel, Lindenstraße 1, Hinterhaus, 10115 Berlin",
        "Lindenstraße 1; 10115 Berlin",
        "10115 Berlin, Lindenstraße 1",
        "Hof A99999, Lindenstraße 1, 10115 Berlin",
    ],
)
def test_a_line_is_asked_about_as_the_practice_that_it_stands_for(line: str) -> None:
    assert [each.key for each in addresses_of_line(line)] == [FINE.key, COARSE.key]


@pytest.mark.parametrize("line", ["", "Lindenstraße 1, Berlin", "Weg 12345, 10115 Berlin", "1011 Berlin"])
def test_a_line_without_one_postal_code_is_asked_nothing_about(line: str) -> None:
    assert addresses_of_line(line) == ()


def test_of_a_line_without_a_street_or_a_town_the_rest_is_asked_about() -> None:
    assert addresses_of_line("10115 Berlin") == (COARSE,)
    assert addresses_of_line("10115") == (Address(postal_code="10115"),)
    assert addresses_of_line("Am Markt, 10115 Berlin") == (
        Address(street="Am Markt", postal_code="10115", city="Berlin"),
        COARSE,
    )


@given(
    st.text("abß ", min_size=1).filter(str.strip), st.integers(1, 999), st.text("abü-", min_size=1), st.integers(0, 99)
)
def test_what_is_joined_to_a_line_is_asked_about_as_it_was(street: str, house: int, city: str, code: int) -> None:
    parts = {"street": f"{street} {house}", "postal_code": f"100{code:02}", "city": city}

    assert addresses_of_line("{street}, {postal_code} {city}".format(**parts)) == addresses_of_practice(**parts)


@given(st.text(max_size=60))
def test_whatever_stands_in_a_line_all_that_is_asked_has_its_postal_code(line: str) -> None:
    assert {each.postal_code for each in addresses_of_line(line)} <= {postal_code_in(line)} - {None}


def test_somebody_can_be_asked_about_if_one_of_the_unknown_places_can() -> None:
    assert Sought(places=((), (COARSE,))).can_be_asked_about
    assert not Sought(places=((),)).can_be_asked_about
    assert "Berlin" not in repr(Sought(places=((COARSE,),)))


# Answers


def test_the_coarser_address_is_asked_about_once_the_finer_one_is_known_to_be_unknown() -> None:
    nowhere, somewhere = Located(None, PROVENANCE), Located(MITTE, PROVENANCE)
    asked = (FINE, COARSE)

    assert next_question(asked, {}) == FINE
    assert next_question(asked, {FINE.key: somewhere}) is None
    assert next_question(asked, {COARSE.key: somewhere}) == FINE
    assert next_question(asked, {FINE.key: nowhere}) == COARSE
    assert next_question(asked, {FINE.key: nowhere, COARSE.key: nowhere}) is None
    assert next_question((), {}) is None


def test_a_place_is_that_of_the_finest_address_that_is_known() -> None:
    nowhere = Located(None, PROVENANCE)

    assert place_of((FINE, COARSE), {}) is None
    assert place_of((FINE, COARSE), {FINE.key: nowhere, COARSE.key: Located(MITTE, PROVENANCE)}) == MITTE
    assert (
        place_of((FINE, COARSE), {FINE.key: Located(DRESDEN, PROVENANCE), COARSE.key: Located(MITTE, PROVENANCE)})
        == DRESDEN
    )
    assert place_of((FINE,), {FINE.key: nowhere}) is None


def test_instants_of_an_answer_are_aware() -> None:
    with pytest.raises(NaiveInstant):
        Provenance(source="maps", asked_at=datetime(2026, 3, 2), ends_at=NOW)  # noqa: DTZ001


# Ways


@given(st.floats(-0.0000049, 0.0000049), st.floats(-0.0000049, 0.0000049))
def test_ways_are_equal_to_the_metre(north: float, east: float) -> None:
    moved = Point(MITTE.latitude + north, MITTE.longitude + east)

    assert Way(moved, DRESDEN, CAR) == Way(MITTE, DRESDEN, CAR)
    assert hash(Way(DRESDEN, moved, CAR)) == hash(Way(DRESDEN, MITTE, CAR))


def test_the_way_there_is_not_the_way_back_nor_by_other_means() -> None:
    assert Way(MITTE, DRESDEN, CAR) != Way(DRESDEN, MITTE, CAR)
    assert Way(MITTE, DRESDEN, CAR) != Way(MITTE, DRESDEN, TravelMode.FOOT)


@pytest.mark.parametrize(
    ("km", "minutes"), [(-0.1, 1), (float("nan"), 1), (float("inf"), 1), (1.0, -1), (1.0, 2**40), (10.0**9, 1)]
)
def test_a_road_of_no_way_on_earth_is_refused(km: float, minutes: int) -> None:
    with pytest.raises(InvalidValue):
        Road(km, minutes)


def test_a_known_way_is_found_and_one_that_is_off_the_map_is_not() -> None:
    way, back = Way(MITTE, DRESDEN, CAR), Way(DRESDEN, MITTE, CAR)
    road = Route(Road(193.0, 118), PROVENANCE)
    known = {way: road, back: Route(NoRoad.OFF_MAP, PROVENANCE)}

    assert route_between(MITTE, DRESDEN, CAR, known) == road
    assert route_between(DRESDEN, MITTE, CAR, known) is None
    assert route_between(MITTE, DRESDEN, TravelMode.BIKE, known) is None
    assert route_between(MITTE, DRESDEN, None, known) is None
    assert route_between(None, DRESDEN, CAR, known) is None
    assert route_between(MITTE, None, CAR, known) is None
    assert route_between(MITTE, DRESDEN, CAR, {}) is None


@given(modes, st.integers(0, 10_000))
def test_what_every_way_takes_besides_comes_on_top_of_the_routers_time(mode: TravelMode, minutes: int) -> None:
    way = way_minutes(12.0, mode, Route(Road(14.0, minutes), PROVENANCE))

    assert isinstance(way, int)
    assert minutes <= way < minutes + ESTIMATES[mode].fixed_minutes + 1
    assert way - minutes >= ESTIMATES[mode].fixed_minutes


@given(st.floats(0, 1000), modes)
def test_without_an_answer_about_the_way_the_estimate_stands(far: float, mode: TravelMode) -> None:
    assert way_minutes(far, mode, None) == travel_minutes(far, mode)
    assert way_minutes(far, mode, Route(NoRoad.OFF_MAP, PROVENANCE)) == travel_minutes(far, mode)


def test_where_nothing_joins_two_places_the_way_is_unknown_whatever_the_estimate_says() -> None:
    assert way_minutes(3.0, CAR, Route(NoRoad.NO_WAY, PROVENANCE)) is UNKNOWN


def test_an_unknown_distance_or_means_is_an_unknown_way() -> None:
    assert way_minutes(UNKNOWN, CAR, None) is UNKNOWN
    assert way_minutes(3.0, None, Route(Road(3.0, 5), PROVENANCE)) is UNKNOWN


@pytest.mark.parametrize("name", ["keep_days", "keep_unknown_days", "nearest", "failures"])
def test_a_policy_refuses_less_than_one(name: str) -> None:
    with pytest.raises(InvalidValue, match=name):
        GeocodingPolicy(**{name: 0})
