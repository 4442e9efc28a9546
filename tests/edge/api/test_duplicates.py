"""Therapists who were entered twice, over HTTP: suggested, dismissed, merged and parted again."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from boona_core.emails import EmailState
from boona_core.ids import TherapistId
from tests.edge.api.conftest import Api
from tests.edge.api.test_conversation import paths, problem

CLIENTS = 8

Pair = tuple[TherapistId, TherapistId]


@pytest.fixture
def both(api: Api) -> Pair:
    """The entry to be kept, and the other."""
    kept = api.seed.therapist(first_name="Null", last_name="Tietz", phone="030 1234567")
    merged = api.seed.therapist(first_name="Anna", last_name="Tietz -Roder", phone="+49 30 1234567", city="Berlin")
    return kept, merged


def suggestions(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get("/api/duplicates", params=query).json()["data"]
    return rows


# Suggestions


def test_suggestions_say_what_they_rest_on(client: httpx.Client, both: Pair) -> None:
    assert suggestions(client) == [
        {
            "first": both[0],
            "second": both[1],
            "names": ["Null Tietz", "Anna Tietz -Roder"],
            "signs": ["name_joined", "same_number"],
        }
    ]


def test_suggestions_are_read_in_parts_and_about_one_entry(client: httpx.Client, api: Api, both: Pair) -> None:
    other = [api.seed.therapist(first_name="Uta", last_name="Weber", phone="040 7654321") for _ in range(2)]

    second = client.get("/api/duplicates", params={"page": 2, "limit": 1}).json()
    about = suggestions(client, therapist_id=other[1])

    assert ([row["first"] for row in second["data"]], second["total"]) == ([other[0]], 2)
    assert [(row["first"], row["second"]) for row in about] == [(other[0], other[1])]
    assert suggestions(client, therapist_id=4711) == []


def test_a_dismissed_pair_is_not_suggested_again(client: httpx.Client, both: Pair) -> None:
    body = {"first": both[1], "second": both[0]}

    dry = client.post("/api/duplicates/dismissals", json={**body, "dry_run": True}).json()
    after_dry = len(suggestions(client))
    done = client.post("/api/duplicates/dismissals", json=body).json()
    again = client.post("/api/duplicates/dismissals", json=body)

    assert dry == {"first": both[0], "second": both[1], "dry_run": True}
    assert (after_dry, done["dry_run"], again.status_code) == (1, False, 200)
    assert suggestions(client) == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"first": 1, "second": 1}, "second"),
        ({"first": 1, "second": 4711}, "second"),
        ({"first": 4711, "second": 1}, "first"),
        ({"first": 1}, "second"),
    ],
)
def test_only_two_who_exist_are_dismissed(client: httpx.Client, both: Pair, body: dict[str, int], path: str) -> None:
    assert both[0] == 1
    assert paths(problem(client.post("/api/duplicates/dismissals", json=body), 422)) == [path]


# Merging


def test_two_entries_are_merged_and_parted_again(client: httpx.Client, api: Api, both: Pair) -> None:
    kept, merged = both
    request = api.seed.request(api.seed.patient(), merged)
    before = [client.get(f"/api/therapists/{each}").json() for each in both]

    told = client.post(f"/api/therapists/{kept}/merge", json={"merged_id": merged}).json()
    joined = [client.get(f"/api/therapists/{each}").json() for each in both]
    owner = client.get(f"/api/placement-requests/{request}").json()["therapist_id"]
    parted = client.post(f"/api/therapists/{merged}/unmerge", json={}).json()

    assert told == {
        "kept_id": kept,
        "merged_id": merged,
        "dry_run": False,
        "filled": {"first_name": "Anna", "city": "Berlin", **told["filled"]},
        "canceled_requests": [],
    }
    assert (joined[0]["first_name"], joined[0]["merged_into"]) == ("Anna", None)
    assert (joined[1]["status"], joined[1]["merged_into"], owner) == ("inactive", kept, kept)
    assert parted == {"kept_id": kept, "merged_id": merged, "dry_run": False, "live_again_requests": []}
    assert [client.get(f"/api/therapists/{each}").json() for each in both] == before
    assert client.get(f"/api/placement-requests/{request}").json()["therapist_id"] == merged


def test_of_two_requests_of_a_patient_one_is_canceled_and_comes_back(
    client: httpx.Client, api: Api, both: Pair
) -> None:
    kept, merged = both
    patient = api.seed.patient()
    api.seed.request(patient, kept)
    lost = api.seed.request(patient, merged)

    told = client.post(f"/api/therapists/{kept}/merge", json={"merged_id": merged}).json()
    status = client.get(f"/api/placement-requests/{lost}").json()["status"]
    parted = client.post(f"/api/therapists/{merged}/unmerge", json={}).json()

    assert (told["canceled_requests"], status) == ([lost], "canceled")
    assert parted["live_again_requests"] == [lost]
    assert client.get(f"/api/placement-requests/{lost}").json()["status"] == "open"


@pytest.mark.parametrize("keys", [({}, {}), ({"Idempotency-Key": "k1"}, {"Idempotency-Key": "k2"})])
def test_a_dry_run_merges_and_parts_nothing(
    client: httpx.Client, both: Pair, keys: tuple[dict[str, str], dict[str, str]]
) -> None:
    kept, merged = both

    dry = client.post(
        f"/api/therapists/{kept}/merge", json={"merged_id": merged, "dry_run": True}, headers=keys[0]
    ).json()
    still_two = client.get(f"/api/therapists/{merged}").json()["merged_into"]
    client.post(f"/api/therapists/{kept}/merge", json={"merged_id": merged}).raise_for_status()
    client.post(f"/api/therapists/{merged}/unmerge", json={"dry_run": True}, headers=keys[1]).raise_for_status()

    assert (dry["dry_run"], dry["filled"]["city"], still_two) == (True, "Berlin", None)
    assert client.get(f"/api/therapists/{merged}").json()["merged_into"] == kept


def test_a_wish_for_no_contact_is_settled_first(client: httpx.Client, both: Pair) -> None:
    kept, merged = both
    client.put(f"/api/therapists/{merged}", json={"do_not_contact": True}).raise_for_status()

    told = problem(client.post(f"/api/therapists/{kept}/merge", json={"merged_id": merged}), 409)

    assert told["obstacles"] == [{"reason": "standing", "email_ids": [], "phone_call_ids": []}]
    assert client.get(f"/api/therapists/{merged}").json()["merged_into"] is None


def test_unsettled_emails_and_calls_are_named(client: httpx.Client, api: Api, both: Pair) -> None:
    kept, merged = both
    draft = api.seed.email(merged, state=EmailState.DRAFT)
    call = api.seed.call(merged)

    told = problem(client.post(f"/api/therapists/{kept}/merge", json={"merged_id": merged}), 409)

    assert told["obstacles"] == [{"reason": "unsettled", "email_ids": [draft], "phone_call_ids": [call]}]
    assert told["decision"] is None


def test_who_was_erased_or_merged_already_is_not_merged(client: httpx.Client, api: Api, both: Pair) -> None:
    kept, merged = both
    erased = api.seed.therapist()
    client.delete(f"/api/therapists/{erased}").raise_for_status()
    client.post(f"/api/therapists/{kept}/merge", json={"merged_id": merged}).raise_for_status()

    with_erased = problem(client.post(f"/api/therapists/{kept}/merge", json={"merged_id": erased}), 409)
    again = problem(client.post(f"/api/therapists/{kept}/merge", json={"merged_id": merged}), 409)

    assert [each["reason"] for each in with_erased["obstacles"]] == ["erased"]
    assert "merged_already" in [each["reason"] for each in again["obstacles"]]


def test_a_later_merge_is_parted_first(client: httpx.Client, api: Api, both: Pair) -> None:
    kept, merged = both
    third = api.seed.therapist()
    client.post(f"/api/therapists/{kept}/merge", json={"merged_id": merged}).raise_for_status()
    client.post(f"/api/therapists/{third}/merge", json={"merged_id": kept}).raise_for_status()

    told = problem(client.post(f"/api/therapists/{merged}/unmerge", json={}), 409)

    assert "undo that first" in told["detail"]


def test_ids_that_make_no_sense_are_told_apart(client: httpx.Client, both: Pair) -> None:
    kept, merged = both

    itself = client.post(f"/api/therapists/{kept}/merge", json={"merged_id": kept})
    nobody = client.post(f"/api/therapists/{kept}/merge", json={"merged_id": 4711})

    assert paths(problem(itself, 422)) == paths(problem(nobody, 422)) == ["merged_id"]
    problem(client.post("/api/therapists/4711/merge", json={"merged_id": merged}), 404)
    problem(client.post(f"/api/therapists/{merged}/unmerge", json={}), 404)


def test_what_was_filled_is_named_in_german(german: httpx.Client, both: Pair) -> None:
    told = german.post(f"/api/therapists/{both[0]}/merge", json={"merged_id": both[1]}).json()

    assert (told["filled"]["vorname"], told["filled"]["ort"]) == ("Anna", "Berlin")


def test_of_many_who_merge_two_entries_both_ways_at_once_one_gets_through(client: httpx.Client, both: Pair) -> None:
    calls = [both, both[::-1]] * (CLIENTS // 2)

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(
            pool.map(lambda pair: client.post(f"/api/therapists/{pair[0]}/merge", json={"merged_id": pair[1]}), calls)
        )

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: CLIENTS - 1}
    merged = [client.get(f"/api/therapists/{each}").json()["merged_into"] for each in both]
    assert sorted(each is None for each in merged) == [False, True]


def test_of_many_who_part_two_entries_at_once_one_gets_through(client: httpx.Client, both: Pair) -> None:
    kept, merged = both
    client.post(f"/api/therapists/{kept}/merge", json={"merged_id": merged}).raise_for_status()

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda _: client.post(f"/api/therapists/{merged}/unmerge", json={}), range(CLIENTS)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 404: CLIENTS - 1}
    assert client.get(f"/api/therapists/{merged}").json()["status"] == "active"
