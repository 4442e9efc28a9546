"""What the API answers: records, lists, problems, tags, keys, and what it writes into the log."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from boona_core.access import Names
from boona_core.emails import EmailState
from boona_core.ids import TherapistId
from boona_core.requests import RequestStatus
from tests.edge.api.conftest import Api, api_on

WEBER = {"last_name": "Weber", "email": "praxis@weber.example"}
MUSTER = {
    "first_name": "Kim",
    "last_name": "Muster",
    "status": "searching",
    "contracts_signed": True,
    "diagnosis": "F32.1",
}
JSON = {"Content-Type": "application/json"}


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem that an answer is."""
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == told["request_id"]
    return told


def paths(told: dict[str, Any]) -> list[str]:
    return [fault["path"] for fault in told["faults"]]


# Emails


def test_an_email_in_german_is_created_and_queued_under_the_policy(german: httpx.Client, api: Api) -> None:
    german.post("/api/therapists", json={"nachname": "Weber", "email": "praxis@weber.example"})

    answer = german.post(
        "/api/emails",
        json={
            "therapist_id": 1,
            "betreff": "Anfrage",
            "body_html": "<p>Guten Tag</p>",
            "body_text": "Guten Tag",
            "empfaenger_email": "Praxis@Weber.example",
            "empfaenger_name": "Praxis Weber",
        },
    )

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/emails/{answer.json()['id']}"
    assert (answer.json()["status"], answer.json()["empfaenger_name"]) == ("queued", "Praxis Weber")
    with api.wired.engine.connect() as connection:
        window = connection.scalar(sa.text("SELECT count(*) FROM communication_service.contact_windows"))
    assert window == 1


def test_placement_requests_make_batch_rows(client: httpx.Client) -> None:
    client.post("/api/therapists", json=WEBER)
    client.post("/api/patients", json=MUSTER)
    request = client.post("/api/placement-requests", json={"patient_id": 1, "therapist_id": 1}).json()

    email = client.post("/api/emails", json={"therapist_id": 1, "placement_request_ids": [request["id"]]}).json()

    (batch,) = client.get(f"/api/emails/{email['id']}/batches").json()["data"]
    assert (batch["placement_request_id"], batch["priority"], batch["included"]) == (request["id"], 1, True)
    assert client.get(f"/api/email-batches/{batch['id']}").json() == batch
    assert client.get(f"/api/placement-requests/{request['id']}").json()["email_ids"] == [email["id"]]


def test_a_refusal_says_every_reason_and_the_first_day(client: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist()
    with api.wired.open_unit() as unit:
        today = unit.now().date()
    api.seed.sent_email(therapist, on=today)

    told = problem(client.post("/api/emails", json={"therapist_id": therapist, "subject": "x", "body_text": "y"}), 409)

    decision = told["decision"]
    assert decision["allowed"] is False
    assert {"email_interval", "mailbox_interval"} <= {reason["reason"] for reason in decision["reasons"]}
    assert date.fromisoformat(decision["next_allowed_on"]) > today
    assert client.get("/api/emails").json()["total"] == 1


def test_requests_that_are_closed_are_named(client: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist()
    closed = api.seed.request(None, therapist, status=RequestStatus.CANCELED)

    answer = client.post("/api/emails", json={"therapist_id": therapist, "placement_request_ids": [closed]})

    assert problem(answer, 409)["closed_requests"] == [closed]


def test_an_override_is_recorded_and_shown(client: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist()
    with api.wired.open_unit() as unit:
        api.seed.sent_email(therapist, on=unit.now().date())

    body = {"therapist_id": therapist, "subject": "x", "body_text": "y", "override_reason": "bat darum"}
    email = client.post("/api/emails", json=body).json()

    assert email["override_reason"] == "bat darum"
    assert email["overridden"] == ["email_interval", "mailbox_interval"]


def test_a_draft_is_changed_queued_and_canceled_by_its_status(client: httpx.Client, api: Api) -> None:
    body = {"therapist_id": api.seed.therapist(), "subject": "x", "body_text": "y", "status": "DRAFT"}
    draft = client.post("/api/emails", json=body).json()
    path = f"/api/emails/{draft['id']}"

    rewritten = client.put(path, json={"subject": "neu"}).json()
    queued = client.put(path, json={"status": "queued"}).json()
    canceled = client.put(path, json={"status": "canceled"}).json()

    assert draft["status"] == "draft"
    assert (rewritten["subject"], rewritten["body_text"]) == ("neu", "y")
    assert (queued["status"], canceled["status"]) == ("queued", "canceled")


@pytest.mark.parametrize(("step", "state"), [("sent", "sent"), ("failed", "failed"), ("queued", "queued")])
def test_what_became_of_an_uncertain_email_is_said_by_its_status(
    client: httpx.Client, api: Api, step: str, state: str
) -> None:
    therapist = api.seed.therapist()
    day = date(2026, 1, 5)
    marked: dict[str, Any] = {"marked_on": day, "marked_at": datetime(2026, 1, 5, 8, tzinfo=UTC)}
    email = api.seed.email(therapist, state=EmailState.UNCERTAIN, ever_uncertain=True, **marked)
    api.seed.window(email, day)

    answer = client.put(f"/api/emails/{email}", json={"status": step})

    assert (answer.status_code, answer.json()["status"]) == (200, state)


@pytest.mark.parametrize("step", ["draft", "sending", "sent", "failed", "canceled"])
def test_a_step_that_does_not_exist_is_refused(client: httpx.Client, api: Api, step: str) -> None:
    email = api.seed.sent_email(api.seed.therapist(), on=date(2026, 1, 5))

    assert problem(client.put(f"/api/emails/{email}", json={"status": step}), 409)["decision"] is None


def test_half_of_a_refused_change_is_not_done(client: httpx.Client, api: Api) -> None:
    body = {"therapist_id": api.seed.therapist(do_not_contact=True), "subject": "x", "body_text": "y"}
    draft = client.post("/api/emails", json={**body, "status": "draft"}).json()

    answer = client.put(f"/api/emails/{draft['id']}", json={"subject": "neu", "status": "queued"})

    assert problem(answer, 409)["decision"]["reasons"][0]["reason"] == "do_not_contact"
    assert client.get(f"/api/emails/{draft['id']}").json()["subject"] == "x"


def test_a_batch_row_is_added_changed_and_deleted_before_the_claim(client: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist()
    first, second = (api.seed.request(None, therapist) for _ in range(2))
    email = client.post("/api/emails", json={"therapist_id": therapist, "placement_request_ids": [first]}).json()

    added = client.post(f"/api/emails/{email['id']}/batches", json={"placement_request_id": second})
    moved = client.put(added.headers["location"], json={"priority": 9}).json()
    order = [each["placement_request_id"] for each in client.get(f"/api/emails/{email['id']}").json()["batches"]]
    deleted = client.delete(added.headers["location"])

    assert (added.status_code, moved["priority"], order) == (201, 9, [second, first])
    assert deleted.status_code == 204
    assert problem(client.get(added.headers["location"]), 404)
    assert client.get(f"/api/placement-requests/{second}").json()["status"] == "open"


def test_a_batch_row_of_a_sent_email_stays(client: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist()
    email = api.seed.sent_email(therapist, [api.seed.request(None, therapist)], on=date(2026, 1, 5))
    (batch,) = client.get(f"/api/emails/{email}/batches").json()["data"]

    assert problem(client.delete(f"/api/email-batches/{batch['id']}"), 409)


def test_a_dry_run_shows_what_doing_would_do_and_does_nothing(client: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist()
    request = api.seed.request(None, therapist)

    dry = client.post("/api/email-plans", json={"dry_run": True}).json()
    before = client.get("/api/emails").json()["total"]
    done = client.post("/api/email-plans", json={}).json()

    assert (dry["dry_run"], before) == (True, 0)
    assert dry["emails"] == done["emails"]
    assert done["emails"] == [
        {"therapist_id": therapist, "template": "initial_contact", "placement_request_ids": [request]}
    ]
    assert client.get(f"/api/emails?batch_id={done['batch_id']}").json()["total"] == 1


# People


def test_an_erased_person_is_not_found_and_the_contact_facts_stay(client: httpx.Client, api: Api) -> None:
    client.post("/api/therapists", json=WEBER)
    email = api.seed.sent_email(api.seed.therapist(), on=date(2026, 1, 5))
    therapist = client.get(f"/api/emails/{email}").json()["therapist_id"]

    erased = client.delete(f"/api/therapists/{therapist}")

    assert erased.status_code == 204
    assert problem(client.get(f"/api/therapists/{therapist}"), 404)
    assert problem(client.put(f"/api/therapists/{therapist}", json={"title": "x"}), 404)
    assert problem(client.delete(f"/api/therapists/{therapist}"), 404)
    assert problem(client.get(f"/api/therapists/{therapist}/slots"), 404)
    (contact,) = client.get(f"/api/therapists/{therapist}/history").json()["data"]
    assert (contact["email_id"], contact["status"]) == (email, "sent")
    decision = client.get(f"/api/therapists/{therapist}/contact-decision?channel=email").json()["decision"]
    assert "erased" in {reason["reason"] for reason in decision["reasons"]}


def test_a_pair_has_one_request_in_the_works(client: httpx.Client, api: Api) -> None:
    pair = {"patient_id": api.seed.patient(), "therapist_id": api.seed.therapist()}

    first = client.post("/api/placement-requests", json=pair)
    second = client.post("/api/placement-requests", json=pair)

    assert first.status_code == 201
    assert problem(second, 409)["detail"]


def test_a_request_is_given_back_or_withdrawn_by_its_status(client: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist()
    request = api.seed.request(None, therapist)
    client.post("/api/emails", json={"therapist_id": therapist, "placement_request_ids": [request]})
    path = f"/api/placement-requests/{request}"

    given_back = client.put(path, json={"status": "open"}).json()["status"]
    canceled = client.put(path, json={"status": "canceled", "notes": "andere Praxis"}).json()

    assert (given_back, canceled["status"], canceled["notes"]) == ("open", "canceled", "andere Praxis")
    assert problem(client.put(path, json={"status": "open"}), 409)


# Lists


def test_a_list_has_its_part_and_how_many_there_are(client: httpx.Client, api: Api) -> None:
    ids = [api.seed.therapist() for _ in range(5)]

    second = client.get("/api/therapists?limit=2&page=2").json()
    rest = client.get(f"/api/therapists?limit=2&after={ids[3]}").json()

    assert ([each["id"] for each in second["data"]], second["page"], second["limit"]) == (ids[2:4], 2, 2)
    assert second["total"] == rest["total"] == 5
    assert [each["id"] for each in rest["data"]] == ids[4:]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("limit=101", "limit"),
        ("limit=0", "limit"),
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=1&page=2", "page"),
        ("page=2&after=1", "after"),
        ("nobody=1", "nobody"),
        ("status=nowhere", "status"),
        ("potentially_available=maybe", "potentially_available"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named(client: httpx.Client, query: str, path: str) -> None:
    assert paths(problem(client.get(f"/api/therapists?{query}"), 422)) == [path]


# Problems


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (lambda c: c.get("/nowhere"), 404),
        (lambda c: c.get("/api/emails/99"), 404),
        (lambda c: c.get("/api/emails/x"), 404),
        (lambda c: c.get("/api/emails/99999999999999999999"), 404),
        (lambda c: c.patch("/api/emails/1"), 405),
        (lambda c: c.request("TRACE", "/api/emails"), 405),
        (lambda c: c.post("/api/therapists", content="{", headers=JSON), 400),
        (lambda c: c.post("/api/therapists", content=b'{"last_name": "\xff"}', headers=JSON), 400),
        (lambda c: c.post("/api/therapists", content='{"a": 1, "a": 2}', headers=JSON), 400),
        (lambda c: c.post("/api/therapists", content="[" * 100_000, headers=JSON), 400),
        (lambda c: c.post("/api/therapists", content='{"last_name": NaN}', headers=JSON), 400),
        (lambda c: c.post("/api/therapists", content="[]", headers=JSON), 422),
        (lambda c: c.post("/api/therapists", content="last_name=x"), 415),
        (lambda c: c.post("/api/therapists", json={"last_name": "x" * 3_000_000}), 413),
        (lambda c: c.post("/api/therapists", json=WEBER, headers={"Idempotency-Key": "x" * 256}), 422),
    ],
)
def test_every_error_is_a_problem(
    client: httpx.Client, act: Callable[[httpx.Client], httpx.Response], status: int
) -> None:
    assert problem(act(client), status)["type"].startswith("urn:boona:problem:")


def test_a_body_that_is_streamed_is_cut_off_where_it_is_too_large(client: httpx.Client) -> None:
    parts = (b" " * 100_000 for _ in range(40))

    assert problem(client.post("/api/therapists", content=parts, headers=JSON), 413)


def test_a_405_names_the_methods_that_there_are(client: httpx.Client) -> None:
    assert client.patch("/api/emails/1").headers["allow"] == "GET, PUT"
    assert client.request("OPTIONS", "/api/emails/1").headers["allow"] == "GET, PUT, OPTIONS"


def test_all_faults_of_a_body_are_told_at_once_and_no_value(client: httpx.Client) -> None:
    body = {"first_name": "Geheim\n", "geburtsdatum": "1.1.1980", "diagnosis": 7, "availability": {"Geheim": []}}

    answer = client.post("/api/patients", json={**body, "Geheimes Feld": 1})

    assert sorted(paths(problem(answer, 422))) == [
        "a key",
        "availability.a key",
        "diagnosis",
        "first_name",
        "geburtsdatum",
        "last_name",
    ]
    assert "Geheim" not in answer.text


def test_an_error_that_nobody_foresaw_tells_nothing(api: Api, capfd: pytest.CaptureFixture[str]) -> None:
    with api.client() as client:
        client.post("/api/patients", json=MUSTER)
        with api.wired.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE patient_service.patients RENAME COLUMN city TO gone"))

        answer = client.get("/api/patients/1")

    assert problem(answer, 500)["detail"].startswith("nobody foresaw this")
    assert "Muster" not in answer.text + capfd.readouterr().out


# Tags


def test_a_change_under_the_tag_that_was_seen_is_done_once(client: httpx.Client) -> None:
    seen = client.post("/api/therapists", json=WEBER).headers["etag"]

    first = client.put("/api/therapists/1", json={"title": "Dr."}, headers={"If-Match": seen})
    second = client.put("/api/therapists/1", json={"title": "Prof."}, headers={"If-Match": seen})

    assert first.status_code == 200
    assert problem(second, 412)
    assert client.get("/api/therapists/1").json()["title"] == "Dr."
    assert client.get("/api/therapists/1").headers["etag"] == first.headers["etag"] != seen


@pytest.mark.parametrize(("tag", "status"), [("*", 200), ('"x", {seen}', 200), ("W/{seen}", 412), ("", 412)])
def test_a_tag_is_compared_strongly(client: httpx.Client, tag: str, status: int) -> None:
    seen = client.post("/api/therapists", json=WEBER).headers["etag"]

    answer = client.put("/api/therapists/1", json={"title": "Dr."}, headers={"If-Match": tag.format(seen=seen)})

    assert answer.status_code == status


def test_a_deletion_asks_for_the_tag_too(client: httpx.Client) -> None:
    client.post("/api/therapists", json=WEBER)

    assert problem(client.delete("/api/therapists/1", headers={"If-Match": '"x"'}), 412)
    assert client.get("/api/therapists/1").status_code == 200


def test_where_the_setting_asks_a_change_needs_a_tag(database_url: str) -> None:
    with api_on(database_url, BOONA_API__REQUIRE_IF_MATCH="true") as api, api.client() as client:
        seen = client.post("/api/therapists", json=WEBER).headers["etag"]
        without = client.put("/api/therapists/1", json={"title": "Dr."})
        with_tag = client.put("/api/therapists/1", json={"title": "Dr."}, headers={"If-Match": seen})

    assert problem(without, 428)
    assert with_tag.status_code == 200


# Keys


def test_a_repeated_post_has_its_effect_once_and_the_same_answer(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "a key"}

    first = client.post("/api/therapists", json=WEBER, headers=key)
    again = client.post("/api/therapists", json=WEBER, headers=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again.headers["location"]) == (first.content, first.headers["location"])
    assert again.headers["idempotency-replayed"] == "true"
    assert client.get("/api/therapists").json()["total"] == 1


def test_a_key_is_for_one_body_one_path_and_one_token(client: httpx.Client, german: httpx.Client) -> None:
    key = {"Idempotency-Key": "k"}
    client.post("/api/therapists", json=WEBER, headers=key)

    other_body = client.post("/api/therapists", json={"last_name": "Kurz"}, headers=key)
    other_path = client.post("/api/patients", json=MUSTER, headers=key)
    other_token = german.post("/api/therapists", json=WEBER, headers=key)

    assert paths(problem(other_body, 422)) == ["Idempotency-Key"]
    assert paths(problem(other_path, 422)) == ["Idempotency-Key"]
    assert other_token.status_code == 201


def test_a_refused_post_may_be_tried_again_with_its_key(client: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist(do_not_contact=True)
    body = {"therapist_id": therapist, "subject": "x", "body_text": "y"}
    key = {"Idempotency-Key": "k"}

    refused = client.post("/api/emails", json=body, headers=key)
    client.put(f"/api/therapists/{therapist}", json={"do_not_contact": False})
    allowed = client.post("/api/emails", json=body, headers=key)

    assert (refused.status_code, allowed.status_code) == (409, 201)


def test_a_dry_run_with_a_key_gets_the_same_answer(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "k"}

    first = client.post("/api/email-plans", json={"dry_run": True}, headers=key)
    again = client.post("/api/email-plans", json={"dry_run": True}, headers=key)

    assert first.json() == again.json()


def test_a_plan_with_a_key_is_made_once(client: httpx.Client, api: Api) -> None:
    api.seed.request(None, api.seed.therapist())
    key = {"Idempotency-Key": "k"}

    first = client.post("/api/email-plans", json={}, headers=key)
    again = client.post("/api/email-plans", json={}, headers=key)

    assert first.json() == again.json()
    assert len(first.json()["emails"]) == 1
    assert client.get("/api/emails").json()["total"] == 1


def test_a_draft_overrides_nothing(client: httpx.Client) -> None:
    client.post("/api/therapists", json=WEBER)
    body = {"therapist_id": 1, "subject": "x", "body_text": "y", "status": "draft", "override_reason": "eilig"}

    answer = client.post("/api/emails", json=body)

    assert paths(problem(answer, 422)) == ["override_reason"]
    assert client.get("/api/emails").json()["total"] == 0


def test_what_was_answered_before_an_erasure_is_not_told_again_and_nothing_is_done_twice(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "once"}
    patient = client.post("/api/patients", json=MUSTER, headers=key).json()["id"]
    client.delete(f"/api/patients/{patient}")

    again = client.post("/api/patients", json=MUSTER, headers=key)

    assert "erased" in problem(again, 409)["detail"]
    assert "Muster" not in again.text
    assert client.get("/api/patients").json()["total"] == 0


# The service itself


def test_the_log_has_a_line_for_each_request_without_what_was_in_it(
    api: Api, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = api.token(names=Names.GERMAN)
    with httpx.Client(base_url=api.url, headers={"Authorization": f"Bearer {secret}"}) as client:
        client.post("/api/patients", json={**MUSTER, "city": "Geheimstadt"}, headers={"X-Request-Id": "mine-1"})
        client.get("/api/patients?external_id=Geheimnummer")

    told = "".join(capfd.readouterr())
    assert "mine-1" in told
    assert "/api/patients" in told
    assert "Geheim" not in told
    assert secret not in told


@pytest.mark.parametrize(
    ("path", "cache"),
    [
        ("/api/therapists", "no-store"),
        ("/api/therapists/1", "no-store"),
        ("/api/therapists/99", "no-store"),
        ("/api/nowhere", "no-store"),
        ("/reference", "no-cache"),
    ],
)
def test_nobody_on_the_way_keeps_what_is_answered(client: httpx.Client, path: str, cache: str) -> None:
    client.post("/api/therapists", json=WEBER)

    assert client.get(path).headers["cache-control"] == cache


def test_a_request_id_that_could_be_anything_is_replaced(client: httpx.Client) -> None:
    answer = client.get("/health/live", headers={"X-Request-Id": "Kim Muster <x>"})

    assert "Muster" not in answer.headers["x-request-id"]


def test_readiness_says_which_part_is_not(api: Api) -> None:
    ready = httpx.get(f"{api.url}/health/ready")
    with api.wired.engine.begin() as connection:
        connection.execute(sa.text("UPDATE public.alembic_version SET version_num = '83a6d1f04be7'"))

    behind = httpx.get(f"{api.url}/health/ready")

    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert behind.status_code == 503
    assert {part["name"]: part["ready"] for part in behind.json()["parts"]} == {"database": True, "migrations": False}
    assert httpx.get(f"{api.url}/health/live").status_code == 200


def test_documents_are_json(client: httpx.Client) -> None:
    assert json.loads(client.get("/openapi.json").content)["openapi"].startswith("3.1")
    assert "betreff" in client.get("/openapi.de.json").text


# Calls

OPEN_ALL_WEEK = {
    day: [{"start": "08:00", "end": "18:00"}]
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}


def reachable(client: httpx.Client) -> int:
    """A therapist who picks up all day."""
    body = {"last_name": "Weber", "phone": "030 1234567", "phone_hours": OPEN_ALL_WEEK}
    number: int = client.post("/api/therapists", json=body).json()["id"]
    return number


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ({"placement_request_ids": [1, 1]}, "placement_request_ids"),
        ({"placement_request_ids": list(range(1, 102))}, "placement_request_ids"),
        ({"placement_request_ids": [2]}, "placement_request_ids"),
        (
            {"scheduled_date": "2026-12-01", "scheduled_time": "23:50", "duration_minutes": 20},
            "scheduled_time",
        ),
    ],
    ids=["twice", "too many", "unknown", "past midnight"],
)
def test_a_call_that_cannot_be_is_refused_with_its_place(
    client: httpx.Client, api: Api, told: dict[str, Any], path: str
) -> None:
    therapist = reachable(client)
    api.seed.request(api.seed.patient(), TherapistId(therapist))

    answer = client.post("/api/phone-calls", json={"therapist_id": therapist, **told})

    assert paths(problem(answer, 422)) == [path]
    assert client.get("/api/phone-calls").json()["total"] == 0


def test_a_call_with_a_therapist_and_notes_finds_its_slot(client: httpx.Client, german: httpx.Client) -> None:
    therapist = reachable(client)
    (first, *_) = client.get(f"/api/therapists/{therapist}/slots").json()["data"]

    call = german.post("/api/phone-calls", json={"therapist_id": therapist, "notizen": "bittet um Rückruf"}).json()

    assert (call["geplantes_datum"], call["geplante_zeit"]) == (first["scheduled_date"], first["scheduled_time"])
    assert (call["status"], call["notizen"], call["dauer_minuten"]) == ("scheduled", "bittet um Rückruf", 5)
    after = client.get(f"/api/therapists/{therapist}/slots").json()["data"]
    assert (first["scheduled_date"], first["scheduled_time"]) not in {
        (slot["scheduled_date"], slot["scheduled_time"]) for slot in after
    }


def test_slots_of_some_days_and_of_some_length(client: httpx.Client) -> None:
    therapist = reachable(client)
    days = sorted({slot["scheduled_date"] for slot in client.get(f"/api/therapists/{therapist}/slots").json()["data"]})

    answer = client.get(f"/api/therapists/{therapist}/slots?from={days[1]}&to={days[1]}&duration=60").json()["data"]

    assert {slot["scheduled_date"] for slot in answer} == {days[1]}
    assert answer[-1]["scheduled_time"] == "17:00"
    assert {slot["duration_minutes"] for slot in answer} == {60}
    assert paths(problem(client.get(f"/api/therapists/{therapist}/slots?from=x"), 422)) == ["from"]


def test_a_call_is_moved_failed_and_tried_again(client: httpx.Client) -> None:
    therapist = reachable(client)
    call = client.post("/api/phone-calls", json={"therapist_id": therapist}).json()
    path = f"/api/phone-calls/{call['id']}"
    later = client.get(f"/api/therapists/{therapist}/slots").json()["data"][-1]

    moved = client.put(
        path, json={"scheduled_date": later["scheduled_date"], "scheduled_time": later["scheduled_time"]}
    ).json()
    failed = client.put(path, json={"status": "failed", "notes": "Anrufbeantworter"}).json()

    assert (moved["scheduled_date"], moved["scheduled_time"]) == (later["scheduled_date"], later["scheduled_time"])
    assert (failed["status"], failed["notes"]) == ("failed", "Anrufbeantworter")
    (retry, *_) = client.get(f"/api/phone-calls?therapist_id={therapist}").json()["data"]
    assert retry["previous_id"] in (None, call["id"])
    assert problem(client.delete(path), 409)


def test_a_planned_call_is_canceled_by_deleting_it(client: httpx.Client) -> None:
    call = client.post("/api/phone-calls", json={"therapist_id": reachable(client)}).json()

    deleted = client.delete(f"/api/phone-calls/{call['id']}")

    assert deleted.status_code == 204
    assert client.get(f"/api/phone-calls/{call['id']}").json()["status"] == "canceled"
    assert client.get("/api/phone-calls?status=scheduled").json()["total"] == 0


def test_a_call_about_requests_has_batch_rows(client: httpx.Client, api: Api) -> None:
    therapist = reachable(client)
    request = api.seed.request(None, TherapistId(therapist))

    body = {"therapist_id": therapist, "placement_request_ids": [request]}
    (batch,) = client.post("/api/phone-calls", json=body).json()["batches"]

    assert client.get(f"/api/phone-call-batches/{batch['id']}").json() == batch
    assert (batch["placement_request_id"], batch["discussed"], batch["outcome"]) == (request, False, None)
    assert client.get(f"/api/placement-requests/{request}").json()["status"] == "in_progress"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"therapist_id": 99}, "therapist_id"),
        ({"therapist_id": 1, "caller_id": 99}, "caller_id"),
        ({"therapist_id": 1, "placement_request_ids": [99]}, "placement_request_ids"),
        ({"therapist_id": 1, "scheduled_date": "2030-01-07"}, "scheduled_time"),
        ({"therapist_id": 1, "scheduled_date": "2020-01-06", "scheduled_time": "09:00"}, "scheduled_time"),
        ({"therapist_id": 1, "scheduled_date": "2030-01-07", "scheduled_time": "9:00"}, "scheduled_time"),
    ],
)
def test_a_call_that_cannot_be_planned_says_where_it_is_wrong(
    client: httpx.Client, body: dict[str, Any], path: str
) -> None:
    reachable(client)

    assert paths(problem(client.post("/api/phone-calls", json=body), 422)) == [path]


def test_a_therapist_without_hours_has_no_slot(client: httpx.Client) -> None:
    client.post("/api/therapists", json={"last_name": "Weber", "phone": "030 1"})

    told = problem(client.post("/api/phone-calls", json={"therapist_id": 1}), 409)

    assert "no_phone_hours" in {reason["reason"] for reason in told["decision"]["reasons"]}


def test_callers_are_kept_and_their_calls_planned_anew(client: httpx.Client) -> None:
    mia = client.post("/api/callers", json={"name": "Mia", "working_hours": OPEN_ALL_WEEK}).json()
    call = client.post("/api/phone-calls", json={"therapist_id": reachable(client)}).json()
    kai = client.post("/api/callers", json={"name": "Kai", "working_hours": OPEN_ALL_WEEK}).json()

    changed = client.put(
        f"/api/callers/{mia['id']}", json={"absences": [{"begins": "2020-01-01", "ends": "2040-01-01"}]}
    )
    moved = client.get(f"/api/phone-calls/{call['id']}").json()["caller_id"]
    removed = client.delete(f"/api/callers/{mia['id']}")

    assert (call["caller_id"], moved) == (mia["id"], kai["id"])
    assert changed.json()["name"] == "Mia"
    assert removed.status_code == 204
    assert problem(client.get(f"/api/callers/{mia['id']}"), 404)
    assert [each["id"] for each in client.get("/api/callers").json()["data"]] == [kai["id"]]


def test_an_absence_that_holds_no_day_is_refused(client: httpx.Client) -> None:
    body = {"name": "Mia", "absences": [{"begins": "2026-01-02", "ends": "2026-01-02"}]}

    assert paths(problem(client.post("/api/callers", json=body), 422)) == ["absences[0].ends"]


def test_calls_of_those_who_are_due_are_planned_as_the_dry_run_said(client: httpx.Client, api: Api) -> None:
    therapist = TherapistId(reachable(client))
    api.seed.sent_email(therapist, [api.seed.request(None, therapist)], on=date(2026, 1, 5))

    dry = client.post("/api/call-plans", json={"dry_run": True}).json()
    done = client.post("/api/call-plans", json={"follow_ups": True}).json()

    assert [{**call, "phone_call_id": None} for call in done["calls"]] == dry["calls"]
    assert client.get("/api/phone-calls").json()["total"] == 1
    assert [each["channel"] for each in client.get(f"/api/therapists/{therapist}/history").json()["data"]] == [
        "phone",
        "email",
    ]
