"""Answers over HTTP: by email, by call, request by request, corrected and undone."""

from datetime import date
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from boona_adapters.http.call_list import wants_calendar
from boona_core.access import Role
from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from tests.edge.api.conftest import Api, api_on
from tests.edge.api.test_conversation import OPEN_ALL_WEEK, paths, problem

MONDAY = date(2026, 11, 2)


def sent(api: Api, *, patients: int = 2) -> tuple[TherapistId, int, list[PlacementRequestId], list[PatientId]]:
    """A sent email about some patients who search."""
    therapist = api.seed.therapist(phone="030 1")
    people = [api.seed.patient() for _ in range(patients)]
    requests = [api.seed.request(person, therapist) for person in people]
    return therapist, api.seed.sent_email(therapist, requests, on=MONDAY), requests, people


def said(request: int, outcome: str) -> dict[str, Any]:
    return {"placement_request_id": request, "response_outcome": outcome}


def test_an_answer_decides_its_requests_and_places_a_patient(client: httpx.Client, api: Api) -> None:
    _, email, (first, second), (placed, _) = sent(api)
    elsewhere = api.seed.request(placed, api.seed.therapist())
    body = {
        "response_date": "2026-11-04",
        "response_content": "Den ersten gern.",
        "outcomes": [said(first, "accepted"), said(second, "rejected")],
    }

    answer = client.post(f"/api/emails/{email}/response", json=body)

    told = answer.json()
    assert (answer.status_code, told["response_received"], told["response_date"]) == (200, True, "2026-11-04")
    assert [batch["response_outcome"] for batch in told["batches"]] == ["accepted", "rejected"]
    assert client.get(f"/api/emails/{email}/response").json() == told
    assert client.get(f"/api/patients/{placed}").json()["status"] == "in_therapy"
    statuses = [client.get(f"/api/placement-requests/{each}").json()["status"] for each in (first, second, elsewhere)]
    assert statuses == ["accepted", "rejected", "canceled"]


def test_the_fields_of_a_response_in_a_put_are_an_answer(german: httpx.Client, api: Api) -> None:
    therapist, email, _, _ = sent(api)

    answer = german.put(
        f"/api/emails/{email}",
        json={"antwort_erhalten": True, "antwortdatum": "2026-11-05", "antwortinhalt": "Rufen Sie an."},
    ).json()

    assert (answer["antwort_erhalten"], answer["antwortdatum"]) == (True, "2026-11-05")
    assert (answer["antwortinhalt"], answer["nachverfolgung_erforderlich"]) == ("Rufen Sie an.", True)
    looked_at = german.put(f"/api/emails/{email}", json={"nachverfolgung_erforderlich": False}).json()
    assert looked_at["nachverfolgung_erforderlich"] is False
    assert looked_at["antwortinhalt"] == "Rufen Sie an."
    assert german.get(f"/api/therapists/{therapist}/contact-decision").status_code == 200


def test_a_note_or_another_day_for_a_decided_answer_is_nothing_to_look_at(client: httpx.Client, api: Api) -> None:
    _, email, requests, _ = sent(api)
    outcomes = [said(each, "rejected") for each in requests]
    client.post(f"/api/emails/{email}/response", json={"response_date": "2026-11-04", "outcomes": outcomes})

    noted = client.put(f"/api/emails/{email}", json={"follow_up_notes": "freundlich"}).json()
    moved = client.put(f"/api/emails/{email}", json={"response_date": "2026-11-05"}).json()

    assert (noted["follow_up_notes"], noted["follow_up_required"]) == ("freundlich", False)
    assert (moved["response_date"], moved["follow_up_required"]) == ("2026-11-05", False)
    assert [batch["response_outcome"] for batch in moved["batches"]] == ["rejected", "rejected"]


def test_new_words_without_an_outcome_are_put_before_a_person(client: httpx.Client, api: Api) -> None:
    _, email, requests, _ = sent(api)
    outcomes = [said(each, "rejected") for each in requests]
    client.post(f"/api/emails/{email}/response", json={"outcomes": outcomes})

    words = client.put(f"/api/emails/{email}", json={"response_content": "Doch, einen."}).json()
    noted = client.put(f"/api/emails/{email}", json={"follow_up_notes": "anrufen"}).json()

    assert [words["follow_up_required"], noted["follow_up_required"]] == [True, True]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"response_received": False}, "response_received"),
        ({"follow_up_required": True}, "follow_up_required"),
        ({"response_date": "2026-10-01"}, "response_date"),
        ({"response_date": "2999-01-01"}, "response_date"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(client: httpx.Client, api: Api, body: dict[str, Any], path: str) -> None:
    _, email, _, _ = sent(api)

    assert paths(problem(client.put(f"/api/emails/{email}", json=body), 422)) == [path]


def test_an_outcome_of_a_batch_row_is_an_answer_and_leaves_the_others(client: httpx.Client, api: Api) -> None:
    _, email, (first, second), _ = sent(api)
    one, two = client.get(f"/api/emails/{email}/batches").json()["data"]

    client.put(f"/api/email-batches/{one['id']}", json={"response_outcome": "rejected", "response_notes": "knapp"})
    client.put(f"/api/email-batches/{two['id']}", json={"response_outcome": "needs_follow_up"})
    corrected = client.put(f"/api/email-batches/{one['id']}", json={"response_outcome": "accepted"}).json()

    assert (corrected["response_outcome"], corrected["response_notes"]) == ("accepted", "knapp")
    assert client.get(f"/api/placement-requests/{first}").json()["status"] == "accepted"
    assert client.get(f"/api/email-batches/{two['id']}").json()["response_outcome"] == "needs_follow_up"
    assert client.get(f"/api/placement-requests/{second}").json()["status"] == "in_progress"


def test_an_email_that_was_not_sent_has_no_answer(client: httpx.Client, api: Api) -> None:
    email = api.seed.queued_email(api.seed.therapist())

    assert problem(client.post(f"/api/emails/{email}/response", json={}), 409)


def test_a_request_that_is_not_in_the_letter_is_refused(client: httpx.Client, api: Api) -> None:
    _, email, (first, _), _ = sent(api)
    body = {"outcomes": [said(first, "accepted"), said(first, "rejected")]}

    assert paths(problem(client.post(f"/api/emails/{email}/response", json=body), 422)) == [
        "outcomes[1].placement_request_id"
    ]
    other = {"outcomes": [said(99, "accepted")]}
    assert paths(problem(client.post(f"/api/emails/{email}/response", json=other), 422)) == ["outcomes"]


def test_a_confirmation_is_released_once(client: httpx.Client, api: Api) -> None:
    _, email, (first, _), _ = sent(api)
    before = client.post(f"/api/emails/{email}/confirmation")
    client.post(f"/api/emails/{email}/response", json={"outcomes": [said(first, "accepted")]})

    released = client.post(f"/api/emails/{email}/confirmation")
    again = client.post(f"/api/emails/{email}/confirmation")

    assert problem(before, 409)
    assert (released.status_code, released.json()["template"], released.json()["status"]) == (
        201,
        "confirmation",
        "queued",
    )
    assert problem(again, 409)


def test_a_placement_is_undone_by_opening_its_request(client: httpx.Client, api: Api) -> None:
    _, email, (first, _), (placed, _) = sent(api)
    elsewhere = api.seed.request(placed, api.seed.therapist())
    client.post(f"/api/emails/{email}/response", json={"outcomes": [said(first, "accepted")]})

    undone = client.put(f"/api/placement-requests/{first}", json={"status": "open"}).json()

    assert undone["status"] == "open"
    assert client.get(f"/api/patients/{placed}").json()["status"] == "searching"
    assert client.get(f"/api/placement-requests/{elsewhere}").json()["status"] == "open"


def test_what_was_said_some_other_way_is_recorded_at_the_request(client: httpx.Client, api: Api) -> None:
    request = api.seed.request(api.seed.patient(), api.seed.therapist())

    body = {"status": "rejected", "response": "am Telefon", "response_date": "2026-11-03"}
    told = client.put(f"/api/placement-requests/{request}", json=body).json()

    assert (told["status"], told["response"], told["response_date"]) == ("rejected", "am Telefon", "2026-11-03")
    only = client.put(f"/api/placement-requests/{request}", json={"response": "x"})
    assert paths(problem(only, 422)) == ["response"]


def held_call(client: httpx.Client, api: Api) -> tuple[dict[str, Any], list[PlacementRequestId]]:
    """A planned call about two patients."""
    body = {"last_name": "Weber", "phone": "030 1", "phone_hours": OPEN_ALL_WEEK}
    therapist = TherapistId(client.post("/api/therapists", json=body).json()["id"])
    requests = [api.seed.request(api.seed.patient(), therapist) for _ in range(2)]
    call = client.post("/api/phone-calls", json={"therapist_id": therapist, "placement_request_ids": requests}).json()
    return call, requests


def test_an_outcome_for_a_row_that_was_taken_out_is_a_fault_of_that_field(client: httpx.Client, api: Api) -> None:
    therapist = api.seed.therapist()
    kept, gone = (api.seed.request(api.seed.patient(), therapist) for _ in range(2))
    email = api.seed.sent_email(therapist, [kept, gone], left_out=[gone], on=MONDAY)
    (row,) = [each for each in client.get(f"/api/emails/{email}/batches").json()["data"] if not each["included"]]

    answer = client.put(f"/api/email-batches/{row['id']}", json={"response_outcome": "accepted"})

    assert paths(problem(answer, 422)) == ["response_outcome"]


def test_from_a_request_one_reaches_its_emails_and_its_calls(client: httpx.Client, api: Api) -> None:
    call, (first, _) = held_call(client, api)

    request = client.get(f"/api/placement-requests/{first}").json()
    listed = client.get("/api/placement-requests").json()["data"][0]

    assert (request["email_ids"], request["phone_call_ids"]) == ([], [call["id"]])
    assert listed == request


def test_the_day_of_an_email_in_a_history_is_the_agencys(database_url: str) -> None:
    with api_on(database_url, BOONA_ZONE="Pacific/Pago_Pago") as far, far.client() as client:
        therapist, *_ = sent(far)  # at eight in the morning, UTC

        (contact,) = client.get(f"/api/therapists/{therapist}/history").json()["data"]

    assert contact["day"] == "2026-11-01"


def test_a_call_at_the_end_of_the_calendar_stops_nothing(client: httpx.Client, api: Api) -> None:
    last = "9999-12-31"
    call, _ = held_call(client, api)
    moved = client.put(f"/api/phone-calls/{call['id']}", json={"scheduled_date": last, "scheduled_time": "10:00"})
    therapist = api.seed.therapist()
    api.seed.request(api.seed.patient(), therapist)

    listed = client.get("/api/call-list", params={"date": last})
    decided = client.get(f"/api/therapists/{call['therapist_id']}/contact-decision")
    calls = client.post("/api/call-plans", json={})
    emails = client.post("/api/email-plans", json={})

    assert moved.status_code == 200
    assert [each.status_code for each in (listed, decided, calls, emails)] == [200] * 4
    assert [each["therapist_id"] for each in emails.json()["emails"]] == [therapist]


def test_a_call_that_was_held_has_an_outcome_for_each_request(client: httpx.Client, api: Api) -> None:
    call, (first, second) = held_call(client, api)
    outcomes = [{"placement_request_id": first, "outcome": "accepted", "follow_up_notes": "ab Montag"}]

    held = client.put(
        f"/api/phone-calls/{call['id']}",
        json={"status": "completed", "outcome": "ein Platz", "outcomes": outcomes, "notes": "freundlich"},
    ).json()

    assert (held["status"], held["outcome"], held["notes"]) == ("completed", "ein Platz", "freundlich")
    assert [batch["outcome"] for batch in held["batches"]] == ["accepted", "not_discussed"]
    assert held["batches"][0]["follow_up_notes"] == "ab Montag"
    statuses = [client.get(f"/api/placement-requests/{each}").json()["status"] for each in (first, second)]
    assert statuses == ["accepted", "open"]
    assert problem(client.delete(f"/api/phone-calls/{call['id']}"), 409)


def test_what_was_said_in_a_call_is_corrected_at_its_row(client: httpx.Client, api: Api) -> None:
    call, (first, _) = held_call(client, api)
    row = f"/api/phone-call-batches/{call['batches'][0]['id']}"
    too_early = client.put(row, json={"outcome": "rejected"})
    client.put(
        f"/api/phone-calls/{call['id']}",
        json={"status": "completed", "outcomes": [{"placement_request_id": first, "outcome": "accepted"}]},
    )

    corrected = client.put(row, json={"outcome": "rejected"}).json()

    assert problem(too_early, 409)
    assert (corrected["outcome"], corrected["discussed"]) == ("rejected", True)
    assert client.get(f"/api/placement-requests/{first}").json()["status"] == "rejected"


def test_outcomes_belong_to_a_call_that_was_held(client: httpx.Client, api: Api) -> None:
    call, (first, _) = held_call(client, api)
    outcomes = [{"placement_request_id": first, "outcome": "accepted"}]
    path = f"/api/phone-calls/{call['id']}"

    assert paths(problem(client.put(path, json={"status": "failed", "outcomes": outcomes}), 422)) == ["outcomes"]
    assert paths(problem(client.put(path, json={"outcome": "x"}), 422)) == ["outcome"]


def test_why_a_call_is_off_is_noted_and_nothing_is_said_of_when_it_was_made(client: httpx.Client, api: Api) -> None:
    call, _ = held_call(client, api)
    path = f"/api/phone-calls/{call['id']}"

    refused = client.put(path, json={"status": "canceled", "retry_after": "2027-01-01", "actual_time": "10:00"})
    canceled = client.put(path, json={"status": "canceled", "notes": "Urlaub", "outcome": "abgesagt"}).json()

    assert paths(problem(refused, 422)) == ["actual_time", "retry_after"]
    assert (canceled["status"], canceled["notes"], canceled["outcome"]) == ("canceled", "Urlaub", "abgesagt")


def test_a_request_that_was_taken_out_of_a_call_is_not_corrected(client: httpx.Client, api: Api) -> None:
    call, (first, second) = held_call(client, api)
    client.put(f"/api/placement-requests/{second}", json={"status": "open"})
    outcomes = [{"placement_request_id": first, "outcome": "rejected"}]
    client.put(f"/api/phone-calls/{call['id']}", json={"status": "completed", "outcomes": outcomes})

    answer = client.put(f"/api/phone-call-batches/{call['batches'][1]['id']}", json={"follow_up_notes": "ab Mai"})

    assert problem(answer, 409)


def test_a_caller_sees_and_tells_of_the_own_calls_only(client: httpx.Client, api: Api) -> None:
    mia = client.post("/api/callers", json={"name": "Mia", "working_hours": OPEN_ALL_WEEK}).json()["id"]
    call, _ = held_call(client, api)
    path = f"/api/phone-calls/{call['id']}"

    with api.client(Role.CALLER, caller=mia) as own, api.client(Role.CALLER, caller=mia + 1) as other:
        listed = own.get("/api/phone-calls").json()["total"]
        elsewhere = other.get("/api/phone-calls").json()["total"]
        refused = [
            other.get(path),
            other.put(path, json={"status": "failed"}),
            other.get("/api/phone-calls?caller_id=" + str(mia)),
            other.get(f"/api/phone-call-batches/{call['batches'][0]['id']}"),
            own.put(path, json={"status": "canceled"}),
            own.put(path, json={"caller_id": mia}),
        ]
        told = own.put(path, json={"status": "completed"})

    assert (listed, elsewhere) == (1, 0)
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert told.status_code == 200


def test_the_list_of_a_day_has_what_a_caller_needs_and_names_no_patient(client: httpx.Client, api: Api) -> None:
    mia = client.post("/api/callers", json={"name": "Mia", "working_hours": OPEN_ALL_WEEK}).json()["id"]
    call, (first, second) = held_call(client, api)
    day = call["scheduled_date"]

    (listed,) = client.get(f"/api/call-list?date={day}&caller={mia}").json()["data"]

    assert (listed["phone_call_id"], listed["caller"], listed["therapist"]) == (call["id"], "Mia", "Weber")
    assert [each["placement_request_id"] for each in listed["patients"]] == [first, second]
    assert "Muster" not in listed["words"]
    assert client.get("/api/call-list?date=2020-01-06").json() == {"data": []}
    assert paths(problem(client.get("/api/call-list?caller=99"), 422)) == ["caller"]
    with api.client(Role.CALLER, caller=mia) as own, api.client(Role.CALLER, caller=mia + 1) as other:
        assert own.get(f"/api/call-list?date={day}").json()["data"] == [listed]
        assert other.get(f"/api/call-list?caller={mia}").status_code == 403


@pytest.mark.parametrize(
    ("accepts", "calendar"),
    [
        ("text/calendar", True),
        ("Text/Calendar; charset=utf-8", True),
        ("text/calendar, application/json", True),
        ("application/json;q=0.5, text/calendar;q=0.9", True),
        ("application/json, text/calendar;q=0.9", False),
        ("text/calendar;q=0, */*", False),
        ("application/json", False),
        ("*/*", False),
        ("", False),
        ("text/calendar;q=nonsense", True),
    ],
)
def test_a_calendar_is_for_whoever_wants_one_at_least_as_much_as_json(accepts: str, calendar: bool) -> None:
    assert wants_calendar(accepts) is calendar


def test_a_calendar_program_gets_the_list_as_a_calendar(client: httpx.Client, api: Api) -> None:
    call, _ = held_call(client, api)

    answer = client.get(f"/api/call-list?date={call['scheduled_date']}", headers={"Accept": "text/calendar"})

    assert answer.headers["content-type"].startswith("text/calendar")
    assert "Accept" in answer.headers["vary"]
    entries = Calendar.from_ical(answer.content).walk("VEVENT")
    assert len(entries) == 1
    assert "Muster" not in answer.text
