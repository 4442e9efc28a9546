"""Matches over HTTP: who fits whom, why others do not, and one request for each pair whoever asks for it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from boona_core.access import Role, Scope
from boona_core.patients import Gender, PreferredGender, TravelMode
from tests.edge.api.conftest import Api
from tests.edge.api.test_conversation import paths, problem

CLIENTS = 12
PLACES = sa.text(
    "INSERT INTO geocoding_service.postal_codes (postal_code, place, land, latitude, longitude)"
    " VALUES ('10115', 'Berlin', 'BE', 52.532, 13.3849), ('12163', 'Berlin', 'BE', 52.4602, 13.3195)"
)


@pytest.fixture
def berlin(api: Api) -> Api:
    """An agency that knows where two postal codes are."""
    with api.wired.engine.begin() as connection:
        connection.execute(PLACES)
    return api


def a_patient(api: Api, **fields: Any) -> int:
    usual = {"postal_code": "10115", "first_name": "Kanarienvogel", "registered_on": date(2026, 1, 5)}
    return api.seed.patient(**{**usual, **fields})


def near(api: Api, **fields: Any) -> int:
    return api.seed.therapist(**{"postal_code": "10115", **fields})


def farther(api: Api, **fields: Any) -> int:
    return api.seed.therapist(**{"postal_code": "12163", **fields})


def total(client: httpx.Client) -> int:
    number: int = client.get("/api/placement-requests").json()["total"]
    return number


# Looking


def test_a_patient_is_told_who_fits_the_nearer_ones_first(client: httpx.Client, berlin: Api) -> None:
    patient, second, first = a_patient(berlin), farther(berlin), near(berlin)

    told = client.get(f"/api/patients/{patient}/matches").json()

    assert [row["therapist_id"] for row in told["data"]] == [first, second]
    assert (told["page"], told["limit"], told["total"], told["place_known"]) == (1, 20, 2, True)
    assert told["data"][0] == {
        "patient_id": patient,
        "therapist_id": first,
        "fits": True,
        "distance_km": 0.0,
        "way_minutes": told["data"][0]["way_minutes"],
        "way_source": None,
        "way_asked_at": None,
        "road_km": None,
        "likelihood": 0.1,
        "waiting_since": "2026-01-05",
        "limit_assumed": True,
        "reasons": [],
    }
    assert 9 < told["data"][1]["distance_km"] < 10


def test_a_way_is_told_with_who_says_how_long_it_is(client: httpx.Client, berlin: Api) -> None:
    patient, therapist = a_patient(berlin, travel_mode=TravelMode.CAR), farther(berlin)
    estimated = client.get(f"/api/patients/{patient}/matches").json()["data"][0]
    with berlin.wired.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO geocoding_service.routes (from_latitude, from_longitude, to_latitude, to_longitude,"
                " travel_mode, outcome, km, minutes, source, asked_at, ends_at) SELECT here.latitude, here.longitude,"
                " there.latitude, there.longitude, 'car', 'road', 12.3, 31, 'osrm at maps.example', '2026-11-01Z',"
                " '2126-01-01Z' FROM geocoding_service.postal_codes here, geocoding_service.postal_codes there"
                " WHERE here.postal_code = '10115' AND there.postal_code = '12163'"
            )
        )

    routed = client.get(f"/api/therapists/{therapist}/matches").json()["data"][0]

    names = ("way_minutes", "way_source", "way_asked_at", "road_km")
    assert [estimated[name] for name in names[1:]] == ["estimate", None, None]
    assert [routed[name] for name in names] == [37, "osrm at maps.example", "2026-11-01T00:00:00Z", 12.3]


def test_those_who_do_not_fit_are_shown_when_asked_for_with_every_reason(client: httpx.Client, berlin: Api) -> None:
    patient = a_patient(berlin, preferred_therapist_gender=PreferredGender.FEMALE)
    man = near(berlin, gender=Gender.MALE, do_not_contact=True)
    unknown = farther(berlin, gender=None)

    told = client.get(f"/api/patients/{patient}/matches", params={"fits": "false"}).json()

    reasons = {
        row["therapist_id"]: [(each["reason"], each["unknown"]) for each in row["reasons"]] for row in told["data"]
    }
    assert reasons == {
        man: [("do_not_contact", False), ("therapist_gender", False)],
        unknown: [("therapist_gender", True)],
    }
    assert client.get(f"/api/patients/{patient}/matches").json()["total"] == 0


def test_a_therapist_is_told_which_waiting_patients_fit_the_longest_waiting_first(
    client: httpx.Client, berlin: Api
) -> None:
    later = a_patient(berlin, registered_on=date(2026, 2, 1))
    earlier = a_patient(berlin, registered_on=date(2025, 2, 1))
    therapist = near(berlin)

    answer = client.get(f"/api/therapists/{therapist}/matches")

    assert [row["patient_id"] for row in answer.json()["data"]] == [earlier, later]
    assert "Kanarienvogel" not in answer.text


def test_the_list_is_read_in_parts(client: httpx.Client, berlin: Api) -> None:
    patient = a_patient(berlin)
    ids = [near(berlin) for _ in range(3)]

    told = client.get(f"/api/patients/{patient}/matches", params={"page": 2, "limit": 2}).json()

    assert ([row["therapist_id"] for row in told["data"]], told["total"]) == (ids[2:], 3)


def test_where_nobody_knows_where_somebody_is_nothing_is_within_reach_and_it_is_said(
    client: httpx.Client, berlin: Api
) -> None:
    patient = a_patient(berlin, postal_code="99999")
    near(berlin)

    told = client.get(f"/api/patients/{patient}/matches").json()

    assert (told["data"], told["place_known"]) == ([], False)


def test_one_pair_is_judged_near_or_far(client: httpx.Client, berlin: Api) -> None:
    patient, far_away = a_patient(berlin), near(berlin, postal_code=None)

    asked = {"therapist_id": far_away}
    told = client.get(f"/api/patients/{patient}/matches", params=asked).json()
    turned = client.get(f"/api/therapists/{far_away}/matches", params={"patient_id": patient}).json()
    left_out = client.get(f"/api/patients/{patient}/matches", params={**asked, "fits": "true"}).json()

    assert [(row["fits"], row["distance_km"], row["reasons"][0]["unknown"]) for row in told["data"]] == [
        (False, None, True)
    ]
    assert turned == told
    assert (told["place_known"], left_out["total"]) == (None, 0)


@pytest.mark.parametrize("query", ["therapist_id=4711", "therapist_id=4711&fits=false"])
def test_a_pair_with_somebody_who_is_not_there_is_an_empty_list(client: httpx.Client, berlin: Api, query: str) -> None:
    answer = client.get(f"/api/patients/{a_patient(berlin)}/matches?{query}")

    assert (answer.status_code, answer.json()["data"]) == (200, [])


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("side", ["patients", "therapists"])
def test_somebody_who_was_erased_has_no_matches(client: httpx.Client, berlin: Api, side: str, verb: str) -> None:
    ids = {"patients": a_patient(berlin), "therapists": near(berlin)}
    client.delete(f"/api/{side}/{ids[side]}").raise_for_status()

    answer = client.request(verb, f"/api/{side}/{ids[side]}/matches", json={"first": 1})

    problem(answer, 404)


# Offering


def test_the_first_that_fit_get_requests(client: httpx.Client, berlin: Api) -> None:
    patient, second, first = a_patient(berlin), farther(berlin), near(berlin)
    third = farther(berlin)

    told = client.post(f"/api/patients/{patient}/matches", json={"first": 2, "priority": 5}).json()

    pairs = [(each["patient_id"], each["therapist_id"]) for each in told["created"]]
    assert sorted(pairs) == sorted([(patient, first), (patient, second)])
    assert (told["dry_run"], told["refused"]) == (False, [])
    stored = client.get(f"/api/placement-requests/{told['created'][0]['placement_request_id']}").json()
    assert (stored["status"], stored["priority"], stored["patient_id"]) == ("open", 5, patient)
    assert [row["therapist_id"] for row in client.get(f"/api/patients/{patient}/matches").json()["data"]] == [third]


def test_each_pair_is_judged_by_itself(client: httpx.Client, berlin: Api) -> None:
    patient, fits, blocked = a_patient(berlin), near(berlin), near(berlin, do_not_contact=True)

    answer = client.post(f"/api/patients/{patient}/matches", json={"therapist_ids": [blocked, fits]})

    told = answer.json()
    assert answer.status_code == 200
    assert [each["therapist_id"] for each in told["created"]] == [fits]
    assert [(each["therapist_id"], each["reasons"][0]["reason"]) for each in told["refused"]] == [
        (blocked, "do_not_contact")
    ]
    assert total(client) == 1


def test_a_pair_never_has_two_open_requests(client: httpx.Client, berlin: Api) -> None:
    patient, therapist = a_patient(berlin), near(berlin)
    body = {"patient_ids": [patient, patient]}
    client.post(f"/api/therapists/{therapist}/matches", json=body).raise_for_status()

    told = client.post(f"/api/therapists/{therapist}/matches", json=body).json()

    assert told["created"] == []
    assert [each["reason"] for each in told["refused"][0]["reasons"]] == ["request_open"]
    assert total(client) == 1


def test_a_dry_run_says_what_would_be_and_does_nothing(client: httpx.Client, berlin: Api) -> None:
    patient, therapist = a_patient(berlin), near(berlin)

    told = client.post(f"/api/patients/{patient}/matches", json={"first": 5, "dry_run": True}).json()

    assert told["created"] == [{"patient_id": patient, "therapist_id": therapist, "placement_request_id": None}]
    assert (told["dry_run"], total(client)) == (True, 0)


def test_an_id_that_nobody_has_refuses_the_whole(client: httpx.Client, berlin: Api) -> None:
    patient, therapist = a_patient(berlin), near(berlin)

    answer = client.post(f"/api/patients/{patient}/matches", json={"therapist_ids": [therapist, 4711]})

    assert paths(problem(answer, 422)) == ["therapist_ids[1]"]
    assert total(client) == 0


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "therapist_ids"),
        ({"therapist_ids": [1], "first": 1}, "therapist_ids"),
        ({"therapist_ids": list(range(1, 102))}, "therapist_ids"),
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
        ({"patient_ids": [1]}, "patient_ids"),
    ],
)
def test_what_cannot_be_meant_is_refused(client: httpx.Client, berlin: Api, body: dict[str, Any], path: str) -> None:
    answer = client.post(f"/api/patients/{a_patient(berlin)}/matches", json=body)

    assert paths(problem(answer, 422)) == [path]


def test_with_a_key_the_first_that_fit_are_offered_once(client: httpx.Client, berlin: Api) -> None:
    patient = a_patient(berlin)
    for_each = [near(berlin), near(berlin)]
    key = {"Idempotency-Key": "first"}

    first = client.post(f"/api/patients/{patient}/matches", json={"first": 1}, headers=key)
    again = client.post(f"/api/patients/{patient}/matches", json={"first": 1}, headers=key)

    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    assert (total(client), len(for_each)) == (1, 2)


def test_of_many_who_offer_the_same_pairs_at_once_each_pair_gets_one_request(client: httpx.Client, berlin: Api) -> None:
    patient = a_patient(berlin)
    therapists = [near(berlin) for _ in range(3)]
    orders = [therapists, therapists[::-1]]

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(
            pool.map(
                lambda turn: client.post(f"/api/patients/{patient}/matches", json={"therapist_ids": orders[turn % 2]}),
                range(CLIENTS),
            )
        )

    assert Counter(answer.status_code for answer in answers) == {200: CLIENTS}
    created = Counter(pair["therapist_id"] for answer in answers for pair in answer.json()["created"])
    assert created == dict.fromkeys(therapists, 1)
    told = [len(answer.json()["created"]) + len(answer.json()["refused"]) for answer in answers]
    assert told == [len(therapists)] * CLIENTS
    assert total(client) == len(therapists)


def test_both_sides_at_once_make_one_request(client: httpx.Client, berlin: Api) -> None:
    patient, therapist = a_patient(berlin), near(berlin)
    calls = [
        (f"/api/patients/{patient}/matches", {"therapist_ids": [therapist]}),
        (f"/api/therapists/{therapist}/matches", {"patient_ids": [patient]}),
        ("/api/placement-requests", {"patient_id": patient, "therapist_id": therapist}),
    ] * 4

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = list(pool.map(lambda call: client.post(call[0], json=call[1]).status_code, calls))

    assert set(statuses) <= {200, 201, 409}
    assert total(client) == 1


def test_a_token_for_therapists_sees_no_waiting_patients(berlin: Api) -> None:
    therapist = near(berlin)

    with berlin.client(Role.READER, scopes=(Scope.THERAPISTS,)) as narrowed:
        answer = narrowed.get(f"/api/therapists/{therapist}/matches")

    problem(answer, 403)
