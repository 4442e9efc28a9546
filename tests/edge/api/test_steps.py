"""The steps of a lifecycle over HTTP: what the command line can do, and what a PUT of the same fields does."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from boona_core.instants import BERLIN, local_day
from boona_core.lifecycles import PatientStep, TherapistStep
from boona_core.patients import PatientStatus
from boona_core.therapists import TherapistStatus
from tests.edge.api.conftest import Api
from tests.edge.api.test_conversation import paths, problem

CLIENTS = 8
LATER = "2099-01-15"


def today(api: Api) -> date:
    with api.wired.open_unit() as unit:
        return local_day(unit.now(), BERLIN)


def step(client: httpx.Client, side: str, number: int, **body: Any) -> httpx.Response:
    return client.post(f"/api/{side}/{number}/steps", json=body)


def shown(client: httpx.Client, side: str, number: int) -> dict[str, Any]:
    told: dict[str, Any] = client.get(f"/api/{side}/{number}").json()
    return told


# Patients


def test_a_patient_starts_to_search_and_is_registered_on_that_day(client: httpx.Client, api: Api) -> None:
    patient = api.seed.patient(status=PatientStatus.OPEN, diagnosis="F32.1", registered_on=None)

    answer = step(client, "patients", patient, step="start")

    told = answer.json()
    assert (answer.status_code, told["status"], told["registered_on"]) == (200, "searching", today(api).isoformat())
    assert shown(client, "patients", patient) == told
    assert answer.headers["etag"] == client.get(f"/api/patients/{patient}").headers["etag"]


def test_what_a_search_lacks_is_named(client: httpx.Client, api: Api) -> None:
    patient = api.seed.patient(status=PatientStatus.OPEN, diagnosis=None, contracts_signed=False)

    told = problem(step(client, "patients", patient, step="start"), 409)

    assert [each["reason"] for each in told["obstacles"]] == ["contracts_signed", "diagnosis"]
    assert shown(client, "patients", patient)["status"] == "open"


@pytest.mark.parametrize(
    ("begins", "asked", "ends"),
    [
        ("open", "start", "searching"),
        ("search_aborted", "start", "searching"),
        ("therapy_aborted", "start", "searching"),
        ("searching", "resume", "searching"),
        ("open", "abort", "search_aborted"),
        ("searching", "abort", "search_aborted"),
        ("searching", "place", "in_therapy"),
        ("in_therapy", "complete", "therapy_completed"),
        ("in_therapy", "break-off", "therapy_aborted"),
    ],
)
def test_every_step_of_a_patient_leads_where_the_lifecycle_says(
    client: httpx.Client, api: Api, begins: str, asked: str, ends: str
) -> None:
    patient = api.seed.patient(status=PatientStatus(begins), diagnosis="F32.1")

    assert step(client, "patients", patient, step=asked).json()["status"] == ends


@pytest.mark.parametrize(
    ("begins", "asked"),
    [("searching", "start"), ("in_therapy", "start"), ("searching", "complete"), ("open", "resume")],
)
def test_a_step_that_does_not_begin_where_a_patient_is_is_refused(
    client: httpx.Client, api: Api, begins: str, asked: str
) -> None:
    patient = api.seed.patient(status=PatientStatus(begins))

    told = problem(step(client, "patients", patient, step=asked), 409)

    assert f"patient {patient} is {begins}" in told["detail"]
    assert shown(client, "patients", patient)["status"] == begins


def test_a_pause_takes_a_patient_out_of_what_was_not_sent_and_leaves_the_requests(
    client: httpx.Client, api: Api
) -> None:
    patient, therapist = api.seed.patient(), api.seed.therapist()
    request = api.seed.request(patient, therapist)
    email = api.seed.queued_email(therapist, [request])

    told = step(client, "patients", patient, step="pause", until=LATER).json()
    resumed = step(client, "patients", patient, step="resume").json()

    assert (told["search_paused_until"], resumed["search_paused_until"]) == (LATER, None)
    assert client.get(f"/api/emails/{email}").json()["status"] == "canceled"
    assert client.get(f"/api/placement-requests/{request}").json()["status"] == "open"


def test_whoever_stops_searching_has_no_open_requests_any_more(client: httpx.Client, api: Api) -> None:
    patient = api.seed.patient()
    request = api.seed.request(patient, api.seed.therapist())

    step(client, "patients", patient, step="abort").raise_for_status()

    assert client.get(f"/api/placement-requests/{request}").json()["status"] == "canceled"


def test_a_pause_has_an_end_that_lies_ahead_and_no_other_step_has_one(client: httpx.Client, api: Api) -> None:
    patient = api.seed.patient()
    past = (today(api) - timedelta(days=1)).isoformat()

    for_ever = step(client, "patients", patient, step="pause")
    over = step(client, "patients", patient, step="pause", until=past)
    no_pause = step(client, "patients", patient, step="abort", until=LATER)

    assert [paths(problem(answer, 422)) for answer in (for_ever, over, no_pause)] == [["until"]] * 3
    assert shown(client, "patients", patient)["search_paused_until"] is None


# Therapists


def test_a_block_has_reason_and_days_and_leaves_the_requests_open(client: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist()
    request = api.seed.request(api.seed.patient(), therapist)
    email = api.seed.queued_email(therapist, [request])

    told = step(client, "therapists", therapist, step="block", reason="Elternzeit", until=LATER).json()

    assert (told["status"], told["blocked_reason"]) == ("blocked", "Elternzeit")
    assert (told["blocked_on"], told["blocked_until"]) == (today(api).isoformat(), LATER)
    assert client.get(f"/api/emails/{email}").json()["status"] == "canceled"
    assert client.get(f"/api/placement-requests/{request}").json()["status"] == "open"


@pytest.mark.parametrize(
    ("begins", "body", "ends"),
    [
        ("active", {"step": "block", "reason": "x"}, "blocked"),
        ("blocked", {"step": "block", "reason": "y"}, "blocked"),
        ("blocked", {"step": "unblock"}, "active"),
        ("active", {"step": "deactivate"}, "inactive"),
        ("blocked", {"step": "deactivate", "reason": "Ruhestand"}, "inactive"),
        ("inactive", {"step": "activate"}, "active"),
        ("active", {"step": "do-not-contact"}, "active"),
        ("inactive", {"step": "may-contact"}, "inactive"),
    ],
)
def test_every_step_of_a_therapist_leads_where_the_lifecycle_says(
    client: httpx.Client, api: Api, begins: str, body: dict[str, Any], ends: str
) -> None:
    therapist = api.seed.therapist(status=TherapistStatus(begins))

    told = step(client, "therapists", therapist, **body).json()

    assert (told["status"], told["blocked_reason"]) == (ends, body.get("reason"))


def test_whoever_wishes_no_contact_is_left_alone_until_they_may_be_contacted(client: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist()
    request = api.seed.request(api.seed.patient(), therapist)

    silent = step(client, "therapists", therapist, step="do-not-contact").json()
    again = step(client, "therapists", therapist, step="may-contact").json()

    assert (silent["do_not_contact"], again["do_not_contact"]) == (True, False)
    assert client.get(f"/api/placement-requests/{request}").json()["status"] == "canceled"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"step": "block"}, "reason"),
        ({"step": "block", "reason": ""}, "reason"),
        ({"step": "unblock", "reason": "x"}, "reason"),
        ({"step": "block", "reason": "x", "until": "2020-01-01"}, "until"),
        ({"step": "deactivate", "until": LATER}, "until"),
        ({"step": "leave"}, "step"),
        ({}, "step"),
    ],
)
def test_what_does_not_fit_a_step_is_named(client: httpx.Client, api: Api, body: dict[str, Any], path: str) -> None:
    therapist = api.seed.therapist()

    assert paths(problem(step(client, "therapists", therapist, **body), 422)) == [path]
    assert shown(client, "therapists", therapist)["status"] == "active"


# Both


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k"}])
def test_a_dry_run_shows_somebody_as_they_would_be_and_changes_nothing(
    client: httpx.Client, api: Api, key: dict[str, str]
) -> None:
    therapist = api.seed.therapist()
    before = shown(client, "therapists", therapist)
    body = {"step": "block", "reason": "Umzug", "dry_run": True}

    answer = client.post(f"/api/therapists/{therapist}/steps", json=body, headers=key)

    assert (answer.json()["status"], "etag" in answer.headers) == ("blocked", False)
    assert shown(client, "therapists", therapist) == before


@pytest.mark.parametrize(("side", "asked"), [("patients", "abort"), ("therapists", "deactivate")])
def test_somebody_who_is_not_there_or_was_erased_takes_no_step(
    client: httpx.Client, api: Api, side: str, asked: str
) -> None:
    erased = {"patients": api.seed.patient, "therapists": api.seed.therapist}[side]()
    client.delete(f"/api/{side}/{erased}").raise_for_status()

    problem(step(client, side, 4711, step=asked), 404)
    problem(step(client, side, erased, step=asked), 404)


def test_of_many_who_start_a_search_at_once_one_does(client: httpx.Client, api: Api) -> None:
    patient = api.seed.patient(status=PatientStatus.OPEN, diagnosis="F32.1")

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda _: step(client, "patients", patient, step="start"), range(CLIENTS)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: CLIENTS - 1}


def test_the_steps_are_those_of_the_command_line(client: httpx.Client) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]

    assert schemas["PatientStep"]["enum"] == [each.value for each in PatientStep]
    assert schemas["TherapistStep"]["enum"] == [each.value for each in TherapistStep]


def test_a_put_of_a_status_says_since_when_and_forgets_it_again(client: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist()

    blocked = client.put(f"/api/therapists/{therapist}", json={"status": "blocked", "blocked_reason": "x"}).json()
    active = client.put(f"/api/therapists/{therapist}", json={"status": "active"}).json()

    assert (blocked["blocked_on"], blocked["blocked_reason"]) == (today(api).isoformat(), "x")
    assert (active["blocked_on"], active["blocked_reason"]) == (None, None)
