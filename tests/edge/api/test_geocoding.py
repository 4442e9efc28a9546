"""How much is not known about places, over HTTP, and a run that is asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from boona_core.access import Role
from tests.edge.api.conftest import Api, api_on
from tests.edge.api.test_conversation import problem

NAMED = {"BOONA_GEOCODING__NOMINATIM_URL": "http://127.0.0.1:1", "BOONA_GEOCODING__CONTACT": "karten@agentur.example"}


@pytest.fixture
def mapped(database_url: str) -> Iterator[Api]:
    """An API of an agency that names a geocoder, which nothing here asks."""
    with api_on(database_url, **NAMED) as running:
        yield running


def age(told: str) -> timedelta:
    return abs(datetime.now(UTC) - datetime.fromisoformat(told))


def test_what_is_not_known_is_counted_and_nobody_is_named(mapped: Api) -> None:
    mapped.seed.therapist(street="Kanarienweg 1", postal_code="10115", city="Berlin")
    mapped.seed.therapist(postal_code=None, city=None)
    mapped.seed.patient(postal_code="10115", street="Geheimgasse 7")

    with mapped.client() as client:
        answer = client.get("/api/geocoding")

    assert answer.json() == {
        "geocoder": True,
        "router": False,
        "without_place": 3,
        "with_unknown_place": 0,
        "places_without_question": 1,
        "place_questions": 2,
        "waiting": 1,
        "ways_without_question": 1,
        "ways_not_asked": 0,
        "run": None,
    }
    assert not {"Kanarienweg", "Geheimgasse", "10115"} & set(answer.text.replace('"', " ").split())


def test_a_run_that_is_asked_for_is_due_now_and_shown(mapped: Api) -> None:
    with mapped.client() as client:
        dry = client.post("/api/geocoding/runs", json={"dry_run": True})
        before = client.get("/api/geocoding").json()["run"]
        told = client.post("/api/geocoding/runs", json={}, headers={"Idempotency-Key": "tonight"})
        again = client.post("/api/geocoding/runs", json={}, headers={"Idempotency-Key": "tonight"})
        after = client.get("/api/geocoding").json()["run"]

    assert (dry.status_code, before) == (202, None)
    assert (told.status_code, again.status_code) == (202, 202)
    assert told.json() == again.json() == after
    assert (after["in_hand"], after["ended_at"]) == (False, None)
    assert age(after["due_at"]) < timedelta(minutes=1)


def test_where_nobody_is_named_no_run_begins(client: httpx.Client) -> None:
    told = problem(client.post("/api/geocoding/runs", json={}), 409)

    assert told["detail"] == "neither a geocoder nor a router is named in the settings"
    assert client.get("/api/geocoding").json()["run"] is None


def test_who_only_reads_asks_for_no_run(api: Api) -> None:
    with api.client(Role.READER) as reader:
        assert reader.get("/api/geocoding").status_code == 200
        problem(reader.post("/api/geocoding/runs", json={}), 403)
