"""The command `boona geocode`, on a database and against a server of maps."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import frozen

from boona_core.patients import TravelLimit, TravelMode
from tests.edge.office import Office, Said, office_on, until
from tests.map_server import Answer, MapServer, Question, map_server, said

CONTACT = "it@agency.example"
MITTE = (52.532, 13.3849)
STEGLITZ = (52.4602, 13.3195)
HAMBURG = {
    "lat": "53.5511",
    "lon": "10.0014",
    "boundingbox": ["53.55", "53.552", "10.0", "10.002"],
    "address": {"country_code": "de", "postcode": "20095"},
}


def both(question: Question) -> Answer:
    """Nominatim, which puts everything into Hamburg, and OSRM, by whose roads everything is 31 minutes away."""
    if question.path == "/search":
        return said([HAMBURG])
    places = [tuple(map(float, each.split(","))) for each in question.path.rsplit("/", 1)[1].split(";")]
    theres = places[1:]
    return said(
        {
            "code": "Ok",
            "sources": [{"location": places[0]}],
            "destinations": [{"location": place} for place in theres],
            "durations": [[1841.0] * len(theres)],
            "distances": [[12300.0] * len(theres)],
        }
    )


@frozen
class Agency:
    """An office that may ask a server of maps."""

    office: Office
    maps: MapServer

    @property
    def settings(self) -> dict[str, str | None]:
        """Where the maps are."""
        return {
            "BOONA_GEOCODING__NOMINATIM_URL": self.maps.url,
            "BOONA_GEOCODING__OSRM_URL": f"{self.maps.url}/car",
            "BOONA_GEOCODING__CONTACT": CONTACT,
        }

    def boona(self, *arguments: str | int, **changes: str | None) -> Said:
        """Run one command."""
        return self.office.boona(*arguments, **{**self.settings, **changes})

    def told(self, *arguments: str | int, **changes: str | None) -> Any:
        """What `geocode` tells a program."""
        return json.loads(self.boona("geocode", "--json", *arguments, **changes).out)


@pytest.fixture
def agency(database_url: str) -> Iterator[Agency]:
    with office_on(database_url) as office, map_server(both) as maps:
        with office.engine.begin() as connection:
            connection.execute(
                sa.text(
                    "INSERT INTO geocoding_service.postal_codes (postal_code, place, latitude, longitude)"
                    f" VALUES ('10115', 'Berlin', {MITTE[0]}, {MITTE[1]}), ('12163', 'Berlin', {STEGLITZ[0]},"
                    f" {STEGLITZ[1]})"
                )
            )
        yield Agency(office, maps)


@pytest.fixture
def patient(agency: Agency) -> int:
    return agency.office.seed.patient(
        first_name="Nachtigall",
        street="Nachtigallenweg 3",
        postal_code="10115",
        travel_mode=TravelMode.CAR,
        travel_limit=TravelLimit(max_minutes=60),
    )


@pytest.fixture
def therapist(agency: Agency) -> int:
    return agency.office.seed.therapist(postal_code="12163")


def lost(agency: Agency, count: int = 1) -> None:
    """So many therapists whose place the table of postal codes does not know."""
    for number in range(count):
        agency.office.seed.therapist(street=f"Kanarienweg {number + 1}", postal_code="20095", city="Hamburg")


ASKED: Mapping[str, Any] = {
    "people": 1,
    "without_question": 0,
    "questions": 1,
    "found": 1,
    "unknown": 0,
    "elsewhere": 0,
    "failed": 0,
    "limited": False,
    "stopped": None,
}


def test_a_program_is_told_what_was_asked_and_found(agency: Agency, patient: int, therapist: int) -> None:
    lost(agency)

    first = agency.told()
    second = agency.told()

    assert first == {"dry_run": False, "places": ASKED, "ways": ASKED}
    assert second == {
        "dry_run": False,
        "places": {**ASKED, "people": 0, "questions": 0, "found": 0},
        "ways": {**ASKED, "questions": 0, "found": 0},
    }
    assert [question.path.split("/")[1] for question in agency.maps.questions] == ["search", "car"]


def test_a_person_is_told_how_many_and_of_nobody_who(agency: Agency, patient: int, therapist: int) -> None:
    lost(agency)

    told = agency.boona("geocode")

    assert told.status == 0
    assert (
        "places: 1 person with a place that is not known\n  1 question asked: 1 found, 0 not known, 0 failed"
        in told.out
    )
    assert "ways: 1 person searching\n  1 question asked: 1 found" in told.out
    assert "Kanarien" not in told.out + told.err
    assert "20095" not in told.out + told.err


def test_of_a_patient_no_name_and_no_street_leaves_the_house(agency: Agency, patient: int, therapist: int) -> None:
    agency.office.seed.patient(street="Nachtigallenweg 4", postal_code="20095", city="Hamburg")

    agency.boona("geocode")

    asked = [f"{question.path} {question.values} {question.headers}" for question in agency.maps.questions]
    assert len(asked) == 2
    assert "achtigall" not in "".join(asked)
    assert "Hamburg" not in "".join(asked)
    assert agency.maps.questions[0].headers["User-Agent"].endswith(f"({CONTACT})")


def test_matching_says_who_told_it_how_long_a_way_is(agency: Agency, patient: int, therapist: int) -> None:
    before = json.loads(agency.boona("match", patient, "--json").out)["fitting"][0]
    agency.boona("geocode", "--patient", patient)

    after = json.loads(agency.boona("match", patient, "--json").out)["fitting"][0]
    pair = agency.boona("match", patient, "--therapist", therapist)
    table = agency.boona("match", patient)

    assert (before["way_source"], before["way_asked_at"], before["road_km"]) == ("estimate", None, None)
    assert (after["way_minutes"], after["way_source"], after["road_km"]) == (37, "osrm at 127.0.0.1", 12.3)
    assert after["way_asked_at"] is not None
    assert "37 minutes (osrm at 127.0.0.1, 20" in pair.out
    assert "osrm at 127.0.0.1" in table.out


def test_without_an_answer_matching_says_that_it_estimates(agency: Agency, patient: int, therapist: int) -> None:
    pair = agency.boona("match", patient, "--therapist", therapist)

    assert "minutes (estimate)" in pair.out
    assert agency.maps.questions == []


def test_where_no_way_leads_matching_says_so(agency: Agency, patient: int, therapist: int) -> None:
    agency.maps.answer = lambda _: said({"code": "NoTable"}, status=400)
    agency.boona("geocode", "--patient", patient)

    pair = agency.boona("match", patient, "--therapist", therapist)
    told = json.loads(agency.boona("match", patient, "--therapist", therapist, "--json").out)["match"]

    assert pair.status == 1
    assert "no way (osrm at 127.0.0.1, 20" in pair.out
    assert "too long on the way (not known)" in pair.out
    assert (told["way_minutes"], told["way_source"], told["road_km"]) == (None, "osrm at 127.0.0.1", None)


def test_a_dry_run_asks_nobody_and_changes_nothing(agency: Agency, patient: int, therapist: int) -> None:
    lost(agency, 2)

    told = agency.boona("geocode", "--dry-run")

    assert told.status == 0
    assert "2 questions would be asked" in told.out
    assert "1 question would be asked" in told.out
    assert agency.maps.questions == []
    assert agency.office.one("SELECT count(*) FROM geocoding_service.service_turns") == 0


def test_a_limit_is_one_of_places_and_ways_together(agency: Agency, patient: int, therapist: int) -> None:
    lost(agency, 2)

    first = agency.told("--limit", 1)
    second = agency.told("--limit", 2)

    assert (first["places"]["questions"], first["places"]["limited"]) == (1, True)
    assert (first["ways"]["questions"], first["ways"]["limited"]) == (0, True)
    assert (second["places"]["questions"], second["ways"]["questions"]) == (1, 1)


def test_one_part_alone_can_be_asked_about(agency: Agency, patient: int, therapist: int) -> None:
    lost(agency)

    ways = agency.told("--only", "ways")
    places = agency.told("--only", "places")

    assert (ways["places"], ways["ways"]["questions"]) == (None, 1)
    assert (places["places"]["questions"], places["ways"]) == (1, None)


def test_with_nobody_to_ask_it_fails_and_says_how_somebody_is_named(agency: Agency) -> None:
    nobody = dict.fromkeys(agency.settings)

    told = agency.boona("geocode", **nobody)

    assert told.status == 1
    assert "BOONA_GEOCODING__NOMINATIM_URL" in told.err
    assert "BOONA_GEOCODING__OSRM_URL" in told.err


def test_with_one_of_both_it_asks_that_one(agency: Agency) -> None:
    lost(agency)

    told = agency.boona("geocode", BOONA_GEOCODING__OSRM_URL=None)
    ways = agency.boona("geocode", "--only", "ways", BOONA_GEOCODING__OSRM_URL=None)

    assert told.status == 0
    assert len(agency.maps.questions) == 1
    assert ways.status == 1
    assert "BOONA_GEOCODING__OSRM_URL" in ways.err


@pytest.mark.parametrize(
    "arguments", [("--patient", "1", "--only", "places"), ("--only", "people"), ("--limit", "0"), ("--patient", "x")]
)
def test_wrong_usage_ends_with_2(agency: Agency, arguments: tuple[str, ...]) -> None:
    assert agency.boona("geocode", *arguments).status == 2


def test_without_its_library_it_is_said_which_extra_brings_it(agency: Agency) -> None:
    blocked = "import sys; sys.modules['httpx'] = None; from boona_adapters import cli; "

    ended = subprocess.run(
        [sys.executable, "-c", f"{blocked} sys.exit(cli.main(['geocode']))"],
        env=agency.office.plain_environ(agency.settings),
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert "install boona[geocoding]" in ended.stderr


def test_a_patient_who_is_not_there_is_named(agency: Agency) -> None:
    told = agency.boona("geocode", "--patient", 99)

    assert told.status == 1
    assert "no patient has the id 99" in told.err


def test_a_service_that_answers_nonsense_is_told_without_what_was_asked(agency: Agency) -> None:
    lost(agency)
    agency.maps.answer = lambda _: Answer(body=b"<html>Kanarienweg 1")

    told = agency.boona("geocode", "--only", "places")

    assert told.status == 1
    assert "1 failed" in told.out
    assert "Kanarien" not in told.out + told.err
    assert agency.office.one("SELECT count(*) FROM geocoding_service.addresses") == 0


def test_a_service_that_wants_to_be_left_alone_is_left_alone_by_the_next_run_too(agency: Agency) -> None:
    lost(agency, 2)
    agency.maps.answer = lambda _: Answer(status=429, headers={"Retry-After": "3600"})

    first = agency.boona("geocode", "--only", "places")
    second = agency.boona("geocode", "--only", "places")

    assert (first.status, second.status) == (1, 1)
    assert "ended early: nominatim: was asked too often" in first.err
    assert "ended early: nominatim is to be left alone for a while" in second.err
    assert len(agency.maps.questions) == 1


def test_a_run_that_is_killed_is_begun_again_and_asks_nothing_twice_that_was_answered(agency: Agency) -> None:
    lost(agency, 3)
    once = [said([HAMBURG])]
    agency.maps.answer = lambda _: once.pop() if once else Answer(pause=20.0)
    process = subprocess.Popen(
        [sys.executable, "-m", "boona_adapters.cli", "geocode", "--only", "places"],
        env=agency.office.plain_environ(agency.settings),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    until(lambda: len(agency.maps.questions) == 2, "no second question was asked")
    process.kill()
    process.wait()
    agency.maps.answer = both

    soon = agency.told("--only", "places")["places"]
    with agency.office.engine.begin() as connection:  # three minutes later
        connection.execute(sa.text("UPDATE communication_service.leases SET lease_until = now()"))
    later = agency.told("--only", "places")["places"]

    streets = [question.values["street"] for question in agency.maps.questions]
    assert (soon["questions"], soon["found"], soon["elsewhere"]) == (1, 1, 1)
    assert (later["people"], later["questions"], later["found"]) == (1, 1, 1)
    assert streets == ["Kanarienweg 1", "Kanarienweg 2", "Kanarienweg 3", "Kanarienweg 2"]
