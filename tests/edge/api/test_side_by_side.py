"""Two changes at the same instant, neither under a tag: each changes what it names, and nothing of the other's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from boona_adapters.postgres.calls import TURN
from tests.edge.api.conftest import Api
from tests.edge.api.test_answers import held_call, sent
from tests.edge.office import until

THERAPISTS = "SELECT id FROM therapist_service.therapists FOR UPDATE"
PATIENTS = "SELECT id FROM patient_service.patients FOR UPDATE"
TURNS = f"SELECT pg_advisory_xact_lock({TURN})"


def at_once(api: Api, lock: str, *changes: Callable[[], httpx.Response]) -> list[int]:
    """The statuses of changes that have all begun, in this order, before the first can end."""
    with ThreadPoolExecutor(len(changes)) as pool:
        with api.wired.engine.connect() as connection:
            connection.execute(sa.text(lock))
            begun = [_begun(api, pool, number, change) for number, change in enumerate(changes, 1)]
            connection.rollback()
        return [each.result().status_code for each in begun]


def _begun(api: Api, pool: ThreadPoolExecutor, number: int, change: Callable[[], httpx.Response]) -> Any:
    work = pool.submit(change)
    until(lambda: api.seed.waiting() >= number, "it does not wait", seconds=20)
    return work


def test_a_repeated_look_at_a_plan_while_its_answer_is_being_kept_is_told_so(client: httpx.Client, api: Api) -> None:
    kept = "LOCK TABLE communication_service.api_answers IN SHARE MODE"  # it can be looked at, and nothing is added
    body, key = {"dry_run": True}, {"Idempotency-Key": "k"}

    with api.wired.engine.connect() as connection, ThreadPoolExecutor(1) as pool:
        connection.execute(sa.text(kept))
        first = _begun(api, pool, 1, lambda: client.post("/api/email-plans", json=body, headers=key))
        second = client.post("/api/email-plans", json=body, headers=key)
        connection.rollback()

    again = client.post("/api/email-plans", json=body, headers=key)
    assert (first.result().status_code, second.status_code, again.status_code) == (200, 409, 200)
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("subject", ["therapists", "patients"])
def test_of_two_who_take_one_external_id_the_second_is_told(client: httpx.Client, api: Api, subject: str) -> None:
    names = ({"first_name": "Kim", "last_name": name} for name in ("Weber", "Wolff"))
    one, two = (client.post(f"/api/{subject}", json=each).json()["id"] for each in names)
    table = f"{subject.removesuffix('s')}_service.{subject}"

    statuses = at_once(
        api,
        f"LOCK TABLE {table} IN SHARE MODE",  # it can be looked at, and not changed
        lambda: client.put(f"/api/{subject}/{one}", json={"external_id": "X-1"}),
        lambda: client.put(f"/api/{subject}/{two}", json={"external_id": "X-1"}),
    )

    assert sorted(statuses) == [200, 422]
    assert client.get(f"/api/{subject}", params={"external_id": "X-1"}).json()["total"] == 1


def test_the_name_and_the_hours_of_a_caller(client: httpx.Client, api: Api) -> None:
    caller = f"/api/callers/{client.post('/api/callers', json={'name': 'Mia'}).json()['id']}"
    hours = {"monday": [{"start": "09:00", "end": "16:00"}]}

    statuses = at_once(
        api,
        TURNS,
        lambda: client.put(caller, json={"name": "Mia Neu"}),
        lambda: client.put(caller, json={"working_hours": hours}),
    )

    after = client.get(caller).json()
    assert statuses == [200, 200]
    assert (after["name"], after["working_hours"]) == ("Mia Neu", hours)


def test_the_day_and_the_notes_of_an_answer(client: httpx.Client, api: Api) -> None:
    _, number, _, _ = sent(api)
    email = f"/api/emails/{number}"
    client.put(email, json={"response_date": "2026-11-04", "response_content": "Vielleicht."})

    statuses = at_once(
        api,
        THERAPISTS,
        lambda: client.put(email, json={"response_date": "2026-11-05", "response_content": "Rufen Sie an."}),
        lambda: client.put(email, json={"follow_up_notes": "freundlich"}),
    )

    after = client.get(email).json()
    assert statuses == [200, 200]
    assert (after["response_date"], after["response_content"]) == ("2026-11-05", "Rufen Sie an.")
    assert after["follow_up_notes"] == "freundlich"


def test_what_was_said_about_two_requests_of_an_email(client: httpx.Client, api: Api) -> None:
    _, number, _, _ = sent(api)
    one, two = (f"/api/email-batches/{row['id']}" for row in client.get(f"/api/emails/{number}/batches").json()["data"])
    client.put(one, json={"response_outcome": "rejected"})

    statuses = at_once(
        api,
        THERAPISTS,
        lambda: client.put(one, json={"response_outcome": "accepted"}),
        lambda: client.put(two, json={"response_outcome": "rejected"}),
    )

    said = [client.get(each).json()["response_outcome"] for each in (one, two)]
    assert statuses == [200, 200]
    assert said == ["accepted", "rejected"]


def test_the_outcome_and_the_promise_of_a_request_in_a_call(client: httpx.Client, api: Api) -> None:
    call, (first, _) = held_call(client, api)
    outcomes = [{"placement_request_id": first, "outcome": "accepted"}]
    client.put(f"/api/phone-calls/{call['id']}", json={"status": "completed", "outcomes": outcomes})
    row = f"/api/phone-call-batches/{call['batches'][0]['id']}"

    statuses = at_once(
        api,
        PATIENTS,
        lambda: client.put(row, json={"outcome": "rejected"}),
        lambda: client.put(row, json={"follow_up_notes": "ab Mai wieder fragen"}),
    )

    after = client.get(row).json()
    assert statuses == [200, 200]
    assert (after["outcome"], after["follow_up_notes"]) == ("rejected", "ab Mai wieder fragen")


def test_the_day_and_the_time_of_a_call(client: httpx.Client, api: Api) -> None:
    planned, _ = held_call(client, api)
    call = f"/api/phone-calls/{planned['id']}"
    slots = client.get(f"/api/therapists/{planned['therapist_id']}/slots").json()["data"]
    before, day = sorted({slot["scheduled_date"] for slot in slots})[-2:]
    client.put(call, json={"scheduled_date": before, "scheduled_time": "10:00"})

    statuses = at_once(
        api,
        THERAPISTS,
        lambda: client.put(call, json={"scheduled_time": "11:30"}),
        lambda: client.put(call, json={"scheduled_date": day}),
    )

    after = client.get(call).json()
    assert statuses == [200, 200]
    assert (after["scheduled_date"], after["scheduled_time"]) == (day, "11:30")
