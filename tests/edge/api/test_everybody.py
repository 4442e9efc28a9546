"""All waiting patients over HTTP, a part at a time: nobody is missed, nobody twice, and no pair gets two requests."""

from typing import Any

import httpx
import pytest

from boona_core.access import Role, Scope
from tests.edge.api.conftest import Api
from tests.edge.api.test_conversation import paths, problem
from tests.edge.api.test_matches import a_patient, berlin, farther, near, total

__all__ = ["berlin"]


def parts(client: httpx.Client, **body: Any) -> list[dict[str, Any]]:
    """Every part, as a program goes through all of them."""
    found: list[dict[str, Any]] = []
    after: int | None = None
    while not found or after is not None:
        told = client.post("/api/matches", json={**body, "after": after})
        assert told.status_code == 200, told.text
        found.append(told.json())
        after = found[-1]["next_after"]
    return found


def test_waiting_patients_are_listed_by_id_each_with_how_many_fit(client: httpx.Client, berlin: Api) -> None:
    first, second, nowhere = a_patient(berlin), a_patient(berlin), a_patient(berlin, postal_code=None)
    a_patient(berlin, status="open")
    near(berlin)
    farther(berlin)

    told = client.get("/api/matches").json()

    assert told == {
        "data": [
            {"patient_id": first, "place_known": True, "fitting": 2},
            {"patient_id": second, "place_known": True, "fitting": 2},
            {"patient_id": nowhere, "place_known": False, "fitting": 0},
        ],
        "next_after": None,
    }


def test_parts_follow_each_other_and_the_last_one_says_so(client: httpx.Client, berlin: Api) -> None:
    patients = [a_patient(berlin) for _ in range(5)]

    first = client.get("/api/matches", params={"limit": 2}).json()
    second = client.get("/api/matches", params={"limit": 2, "after": first["next_after"]}).json()
    last = client.get("/api/matches", params={"limit": 2, "after": second["next_after"]}).json()
    behind = client.get("/api/matches", params={"after": patients[-1]}).json()

    shown = [row["patient_id"] for part in (first, second, last) for row in part["data"]]
    assert shown == patients
    assert (first["next_after"], last["next_after"]) == (patients[1], None)
    assert behind == {"data": [], "next_after": None}


def test_everybody_is_offered_to_the_first_that_fit_and_again_to_nobody_new(client: httpx.Client, berlin: Api) -> None:
    patients = [a_patient(berlin) for _ in range(3)]
    farther(berlin)
    nearest = near(berlin)

    once = parts(client, first=1, limit=2)
    created = [(row["patient_id"], row["therapist_id"]) for part in once for row in part["created"]]
    again = parts(client, first=5, limit=2)
    rest = parts(client, first=5, limit=2)

    assert created == [(patient, nearest) for patient in patients]
    assert [row["fitting"] for part in once for row in part["patients"]] == [2, 2, 2]
    assert sum(len(part["created"]) for part in again) == 3
    assert sum(len(part["created"]) for part in rest) == 0
    assert total(client) == 6


def test_a_dry_run_says_what_would_be_created_and_creates_nothing(client: httpx.Client, berlin: Api) -> None:
    patient, therapist = a_patient(berlin), near(berlin)

    told = client.post("/api/matches", json={"first": 2, "dry_run": True}).json()

    assert told["dry_run"]
    assert told["created"] == [{"patient_id": patient, "therapist_id": therapist, "placement_request_id": None}]
    assert total(client) == 0


def test_a_part_that_is_asked_for_twice_with_one_key_is_offered_once(client: httpx.Client, berlin: Api) -> None:
    a_patient(berlin)
    near(berlin)
    key = {"Idempotency-Key": "part-1"}

    first = client.post("/api/matches", json={"first": 1}, headers=key)
    again = client.post("/api/matches", json={"first": 1}, headers=key)

    assert first.json() == again.json()
    assert len(again.json()["created"]) == 1
    assert total(client) == 1


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "first"),
        ({"first": 0}, "first"),
        ({"first": 21}, "first"),
        ({"first": 1, "limit": 51}, "limit"),
        ({"first": 1, "after": -1}, "after"),
        ({"first": 1, "priority": "high"}, "priority"),
    ],
)
def test_what_cannot_be_is_refused_and_named(client: httpx.Client, body: dict[str, Any], place: str) -> None:
    told = problem(client.post("/api/matches", json=body), 422)

    assert paths(told) == [place]


def test_who_only_reads_counts_and_offers_nobody(api: Api) -> None:
    with api.client(Role.READER) as reader:
        assert reader.get("/api/matches").status_code == 200
        problem(reader.post("/api/matches", json={"first": 1}), 403)
    with api.client(scopes=[Scope.PATIENTS]) as narrow:
        assert narrow.get("/api/matches").status_code == 200
        problem(narrow.post("/api/matches", json={"first": 1}), 403)
