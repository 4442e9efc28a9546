"""The clients of Nominatim and OSRM, against a server that answers well, badly, and out of malice."""

import gzip
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_adapters.geocoding.asking import LONGEST_REST, JsonService, rest_of
from boona_adapters.geocoding.nominatim import Nominatim, point_in
from boona_adapters.geocoding.osrm import Osrm, roads_in
from boona_core.errors import InvalidValue
from boona_core.geo import Point
from boona_core.geocoding import Address, Service
from boona_core.geocoding_ports import ServiceFault
from boona_core.patients import TravelMode
from boona_core.ways import NoRoad, Road
from tests.map_server import Answer, MapServer, map_server, said

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
MITTE = Point(52.532, 13.3849)
STEGLITZ = Point(52.4602, 13.3195)
POTSDAM = Point(52.4, 13.06)
OFFICE = Address(street="Kanarienweg 1", postal_code="10115", city="Berlin")
CONTACT = "it@agency.example"
SENSELESS = (InvalidValue, KeyError, TypeError, ValueError, OverflowError)

PLACE: dict[str, Any] = {
    "lat": "52.532",
    "lon": "13.3849",
    "boundingbox": ["52.531", "52.533", "13.384", "13.386"],
    "address": {"country_code": "de", "postcode": "10115"},
}


@pytest.fixture
def server() -> Iterator[MapServer]:
    with map_server(said([PLACE])) as running:
        yield running


def asked(server: MapServer, service: Service = Service.NOMINATIM, **fields: Any) -> JsonService:
    return JsonService(service=service, url=server.url, contact=CONTACT, **{"timeout": 5.0, **fields})


def geocoder(server: MapServer, **fields: Any) -> Nominatim:
    return Nominatim(asked(server, **fields))


def router(server: MapServer) -> Osrm:
    return Osrm({TravelMode.CAR: asked(server, Service.OSRM), TravelMode.FOOT: asked(server, Service.OSRM)})


def table(*roads: tuple[Any, Any], **fields: Any) -> dict[str, Any]:
    """What OSRM answers about the ways from MITTE to STEGLITZ and POTSDAM, or to the first of them."""
    places = [MITTE, STEGLITZ, POTSDAM]
    waypoints = [{"location": [place.longitude, place.latitude], "distance": 3.1, "name": ""} for place in places]
    answer = {
        "code": "Ok",
        "sources": waypoints[:1],
        "destinations": waypoints[1 : len(roads) + 1],
        "durations": [[duration for duration, _ in roads]],
        "distances": [[distance for _, distance in roads]],
    }
    return {**answer, **fields}


# What is asked


def test_an_address_is_asked_about_by_its_parts_and_with_who_asks(server: MapServer) -> None:
    point = geocoder(server).locate(OFFICE)

    (question,) = server.questions
    assert point == MITTE
    assert question.path == "/search"
    assert question.values == {
        "street": "Kanarienweg 1",
        "postalcode": "10115",
        "city": "Berlin",
        "countrycodes": "de",
        "format": "jsonv2",
        "addressdetails": "1",
        "limit": "10",
    }
    assert question.headers["User-Agent"].startswith("Boona/")
    assert question.headers["User-Agent"].endswith(f"({CONTACT})")


def test_of_a_postal_code_nothing_but_the_code_is_asked(server: MapServer) -> None:
    geocoder(server).locate(Address(postal_code="10115"))

    assert server.questions[0].values.keys() == {"postalcode", "countrycodes", "format", "addressdetails", "limit"}


def test_an_answer_says_who_gave_it_and_not_with_which_key(server: MapServer) -> None:
    told = JsonService(service=Service.OSRM, url="https://maps.example/key-123/osrm", contact=CONTACT)

    assert told.source == "osrm at maps.example"
    assert "key-123" not in repr(told)
    assert geocoder(server).source == "nominatim at 127.0.0.1"
    assert router(server).source == "osrm at 127.0.0.1"


def test_ways_are_asked_about_at_once_from_one_place_to_many(server: MapServer) -> None:
    server.answer = lambda _: said(table((1260.2, 12840.4), (2400, 34000)))

    roads = router(server).roads(MITTE, [STEGLITZ, POTSDAM], TravelMode.CAR)

    (question,) = server.questions
    assert roads == [Road(12.84, 22), Road(34.0, 40)]
    assert question.path == "/table/v1/driving/13.38490,52.53200;13.31950,52.46020;13.06000,52.40000"
    assert question.values == {"sources": "0", "destinations": "1;2", "annotations": "duration,distance"}


def test_each_means_of_travel_is_asked_of_its_own_server(server: MapServer) -> None:
    with map_server(said(table((9300, 12000)))) as walking:
        both = Osrm({TravelMode.CAR: asked(server), TravelMode.FOOT: asked(walking, Service.OSRM)})

        roads = both.roads(MITTE, [STEGLITZ], TravelMode.FOOT)

    assert roads == [Road(12.0, 155)]
    assert set(both.modes) == {TravelMode.CAR, TravelMode.FOOT}
    assert walking.questions[0].path.startswith("/table/v1/walking/")
    assert server.questions == []


# What is believed


def test_no_place_is_an_answer(server: MapServer) -> None:
    server.answer = lambda _: said([])

    assert geocoder(server).locate(OFFICE) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"address": {"country_code": "fr", "postcode": "10115"}},
        {"address": {"postcode": "10115"}},
        {"address": {"country_code": "de", "postcode": "80331"}},
        {"boundingbox": ["47.2", "55.1", "5.8", "15.1"]},
    ],
    ids=["abroad", "no country", "another region", "all of Germany"],
)
def test_a_place_that_cannot_be_meant_is_none(changes: dict[str, Any]) -> None:
    assert point_in([{**PLACE, **changes}], OFFICE) is None


def test_a_town_of_whose_name_there_are_several_is_not_guessed() -> None:
    town, elsewhere = Address(city="Neustadt"), {**PLACE, "lat": "50.0", "lon": "8.1"}

    assert point_in([PLACE, elsewhere], town) is None
    assert point_in([PLACE, {**PLACE, "lat": "52.54"}], town) == MITTE
    assert point_in([PLACE, elsewhere], OFFICE) == MITTE


def test_a_neighbouring_code_and_one_that_is_not_told_are_believed() -> None:
    neighbour = {"country_code": "de", "postcode": "10117"}

    assert point_in([{**PLACE, "address": neighbour}], OFFICE) == MITTE
    assert point_in([{**PLACE, "address": {"country_code": "de"}}], OFFICE) == MITTE
    assert point_in([PLACE], Address(city="Berlin")) == MITTE


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        "here",
        [None],
        [{}],
        [[PLACE]],
        [PLACE, {"lat": "50.0"}],
        [{**PLACE, "lat": "north"}],
        [{**PLACE, "lat": "91"}],
        [{**PLACE, "lat": "nan"}],
        [{**PLACE, "lat": True}],
        [{**PLACE, "lon": None}],
        [{**PLACE, "boundingbox": ["1", "2", "3"]}],
        [{**PLACE, "boundingbox": None}],
        [{**PLACE, "address": "Berlin"}],
    ],
)
def test_an_answer_that_is_no_place_is_a_fault_and_not_a_place(server: MapServer, answer: Any) -> None:
    server.answer = lambda _: said(answer)

    with pytest.raises(ServiceFault, match="nominatim: answered what is no place"):
        geocoder(server).locate(OFFICE)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*PLACE, *table()]), inner, max_size=4),
    max_leaves=8,
)


@given(json_values, st.sampled_from([*PLACE]))
def test_whatever_stands_in_an_answer_is_a_place_or_none_or_senseless(value: Any, name: str) -> None:
    point: Any = None
    with suppress(*SENSELESS):
        point = point_in([{**PLACE, name: value}], OFFICE)

    assert point is None or isinstance(point, Point)


@given(json_values, st.sampled_from([*table()]))
def test_whatever_stands_in_a_table_there_are_roads_or_none_or_it_is_senseless(value: Any, name: str) -> None:
    roads: Any = [NoRoad.NO_WAY]
    with suppress(*SENSELESS):
        roads = roads_in(table((1260, 12840), **{name: value}), MITTE, [STEGLITZ])

    assert all(isinstance(road, Road | NoRoad) for road in roads)
    assert len(roads) == 1


def test_where_nothing_joins_two_places_there_is_no_way() -> None:
    assert roads_in(table((None, None), (2400, 34000)), MITTE, [STEGLITZ, POTSDAM]) == [NoRoad.NO_WAY, Road(34.0, 40)]
    assert roads_in({"code": "NoTable"}, MITTE, [STEGLITZ]) == [NoRoad.NO_WAY]


def test_a_place_far_from_every_road_is_off_the_map(server: MapServer) -> None:
    far = {"location": [13.3195, 52.50], "distance": 4400.0}
    server.answer = lambda _: said({"code": "NoSegment", "message": "no"}, status=400)

    assert roads_in(table((60, 9000), destinations=[far]), MITTE, [STEGLITZ]) == [NoRoad.OFF_MAP]
    assert roads_in(table((60, 9000), sources=[far]), MITTE, [STEGLITZ]) == [NoRoad.OFF_MAP]
    assert router(server).roads(MITTE, [STEGLITZ], TravelMode.CAR) == [NoRoad.OFF_MAP]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        None,
        table((1260, 12840), durations=[]),
        table((1260, 12840), durations=[[]]),
        table((1260, 12840), durations=[[1260, 5]]),
        table((1260, 12840), distances=None),
        table((1260, 12840), destinations=[]),
        table((1260, 12840), sources=[{}]),
        table((-1, 12840)),
        table(("1260", 12840)),
        table((True, 12840)),
        table((0, 0)),
        table((1260, 3000)),
        table((0, 12840)),
        table((10**12, 12840)),
    ],
)
def test_an_answer_that_holds_no_roads_is_a_fault_and_not_a_road(server: MapServer, answer: Any) -> None:
    server.answer = lambda _: said(answer)

    with pytest.raises(ServiceFault, match="osrm: answered what are no roads"):
        router(server).roads(MITTE, [STEGLITZ], TravelMode.CAR)


def test_a_question_that_the_router_refuses_is_a_fault(server: MapServer) -> None:
    server.answer = lambda _: said({"code": "TooBig", "message": "13.38,52.53"}, status=400)

    with pytest.raises(ServiceFault, match=r"^osrm: refuses the question$"):
        router(server).roads(MITTE, [STEGLITZ], TravelMode.CAR)


# What a server may do besides answering


HOSTILE = {
    "HTML": (Answer(body=b"<html>Kanarienweg"), "something else than JSON"),
    "nothing": (Answer(), "something else than JSON"),
    "half": (Answer(body=b'[{"lat": "52'), "something else than JSON"),
    "no text": (Answer(body=b'"\xff\xfe"'), "something else than JSON"),
    "no number": (Answer(body=b'[{"lat": NaN}]'), "something else than JSON"),
    "a tower": (Answer(body=b"[" * 200_000), "something else than JSON"),
    "a long number": (Answer(body=b"[" + b"9" * 10_000 + b"]"), "something else than JSON"),
    "too much": (Answer(body=b" " * 1_100_000), "more than 1,000,000 bytes"),
    "compressed": (Answer(body=gzip.compress(b"[]"), headers={"Content-Encoding": "gzip"}), "compressed, unasked"),
    "cut off": (Answer(body=b"[]", length=500), "broke off"),
    "another protocol": (Answer(body=b"SSH-2.0-OpenSSH_9.2\r\n", raw=True), "does not speak HTTP"),
    "headers without end": (
        Answer(body=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000, raw=True),
        "does not speak HTTP",
    ),
    "a hang-up": (Answer(raw=True), "does not speak HTTP"),
    "redirect": (Answer(status=302, headers={"Location": "https://elsewhere.example/"}), r"redirects elsewhere \(302"),
    "forbidden": (Answer(status=403, body=b"Kanarienweg"), r"refuses the question \(403\)"),
    "bad": (Answer(status=400, body=b"[]"), r"refuses the question \(400\)"),
    "broken": (Answer(status=500, body=b"Kanarienweg"), r"failed \(500\)"),
    "created": (Answer(status=204), r"refuses the question \(204\)"),
}


@pytest.mark.parametrize(("answer", "words"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_answer_is_a_fault_that_says_what_it_was(server: MapServer, answer: Answer, words: str) -> None:
    server.answer = lambda _: answer

    with pytest.raises(ServiceFault, match=words) as fault:
        geocoder(server).locate(OFFICE)

    assert fault.value.retry_after is None
    assert "Kanarien" not in str(fault.value)


def test_a_redirect_is_not_followed(server: MapServer) -> None:
    with map_server(said([PLACE])) as elsewhere:
        server.answer = lambda _: Answer(status=307, headers={"Location": f"{elsewhere.url}/search"})

        with pytest.raises(ServiceFault, match="not followed"):
            geocoder(server).locate(OFFICE)

    assert elsewhere.questions == []


@pytest.mark.parametrize(
    ("status", "header", "rest"),
    [(429, "17", 17), (429, None, 60), (429, "soon", 60), (503, "30", 30), (429, "99999999999", 86_400)],
)
def test_a_service_that_wants_to_be_left_alone_says_for_how_long(
    server: MapServer, status: int, header: str | None, rest: int
) -> None:
    headers = {} if header is None else {"Retry-After": header}
    server.answer = lambda _: Answer(status=status, headers=headers)

    with pytest.raises(ServiceFault) as fault:
        geocoder(server).locate(OFFICE)

    assert fault.value.retry_after == timedelta(seconds=rest)


def test_a_service_that_is_away_without_a_word_asks_for_no_rest(server: MapServer) -> None:
    server.answer = lambda _: Answer(status=503)

    with pytest.raises(ServiceFault, match="is away") as fault:
        geocoder(server).locate(OFFICE)

    assert fault.value.retry_after is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b" " * 200, pause=0.05),
        Answer(body=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40, pause=0.05, raw=True),
        Answer(pause=3.0),
    ],
    ids=["dripping", "dripping headers", "silent"],
)
def test_a_whole_answer_has_to_come_in_time_however_it_comes(server: MapServer, answer: Answer) -> None:
    server.answer = lambda _: answer
    begun = time.monotonic()

    with pytest.raises(ServiceFault, match=r"no whole answer within 0\.5 seconds"):
        geocoder(server, timeout=0.5).locate(OFFICE)

    assert time.monotonic() - begun < 2


def test_a_server_that_is_not_there_is_a_fault() -> None:
    with map_server(said([])) as gone:
        pass

    with pytest.raises(ServiceFault, match="cannot be reached"):
        geocoder(gone).locate(OFFICE)


def test_what_was_asked_and_answered_stands_in_no_log(server: MapServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.answer = lambda _: Answer(status=500, body=b"Kanarienweg")

    with pytest.raises(ServiceFault) as fault:
        geocoder(server).locate(OFFICE)

    assert "anarien" not in caplog.text
    assert "10115" not in caplog.text
    assert fault.value.__context__ is None


def test_an_error_of_the_connection_does_not_bring_the_address_along() -> None:
    with map_server(said([])) as gone:
        pass

    with pytest.raises(ServiceFault) as fault:
        geocoder(gone).locate(OFFICE)

    assert fault.value.__context__ is None
    assert fault.value.__cause__ is None


# Retry-After


def test_a_date_is_read_as_the_time_until_then() -> None:
    assert rest_of("Mon, 02 Mar 2026 07:02:00 GMT", now=NOW) == timedelta(minutes=2)
    assert rest_of("Mon, 02 Mar 2026 06:00:00 GMT", now=NOW) == timedelta(0)
    assert rest_of("Mon, 02 Mar 2096 06:00:00 GMT", now=NOW) == LONGEST_REST


@pytest.mark.parametrize("header", [None, "", " ", "-5", "1.5", "²", "never", "Mon, 99 Mar 2026"])
def test_what_cannot_be_read_says_nothing(header: str | None) -> None:
    assert rest_of(header, now=NOW) is None


@given(st.text(max_size=40) | st.integers().map(str) | st.datetimes().map(lambda each: f"{each:%a, %d %b %Y %X}"))
def test_no_header_asks_for_less_than_nothing_or_more_than_a_day(header: str) -> None:
    rest = rest_of(header, now=NOW)

    assert rest is None or timedelta(0) <= rest <= LONGEST_REST
