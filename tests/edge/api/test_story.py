"""One patient from the first call to the first session, all of it over HTTP."""

import socket
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import httpx
from attrs import evolve

from boona_adapters import serving
from boona_core.access import Role
from tests.edge.api.conftest import settings_for
from tests.journeys.virtual import MovedStore, on_the_wall
from tests.sink import Sink, running_sink

MONDAY = date(2026, 11, 2)
PLACES = (
    "postal_code,place,state,latitude,longitude\n10115,Berlin,BE,52.5323,13.3846\n12163,Berlin,BE,52.4602,13.3195\n"
)
THERAPISTS = """external_id;anrede;vorname;nachname;geschlecht;email;plz
T1;Frau;Ada;Nah;female;nah@example.org;10115
T2;Frau;Eva;Weit;female;weit@example.org;12163
T3;Herr;Udo;Nah;male;mann@example.org;10115
"""
CSV = {"Content-Type": "text/csv"}
NEXT_WEEK = timedelta(days=7)


def recipients(sink: Sink) -> list[str]:
    return sorted(address for message in sink.accepted() for address in message.recipients)


def done(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_patient_is_matched_offered_accepted_and_in_therapy_and_nobody_is_told_twice(
    database_url: str, tmp_path: Path
) -> None:
    with (
        running_sink(tmp_path) as sink,
        serving.wired(settings_for(database_url, BOONA_SMTP__PORT=str(sink.port))) as wired,
        socket.create_server(("127.0.0.1", 0)) as on,
    ):
        store = MovedStore(wired.open_unit)
        store.set_to(on_the_wall(MONDAY, time(9)))
        moved = evolve(wired, open_unit=store, application=wired.applications(store))
        secret = moved.application.keep_tokens.issue("story", Role.COORDINATOR, lasts=timedelta(days=30)).secret
        url = f"http://127.0.0.1:{on.getsockname()[1]}"
        headers = {"Authorization": f"Bearer {secret}"}
        with serving.served(moved, on), httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            client.post("/api/postal-codes", content=PLACES, headers=CSV).raise_for_status()
            client.post("/api/imports?kind=therapists", content=THERAPISTS, headers=CSV).raise_for_status()
            kim = {"first_name": "Kim", "last_name": "Muster", "postal_code": "10115", "diagnosis": "F32.1"}
            kim |= {"preferred_therapist_gender": "female"}
            patient = done(client, "/api/patients", kim)["id"]
            too_early = client.post(f"/api/patients/{patient}/steps", json={"step": "start"})
            client.put(f"/api/patients/{patient}", json={"contracts_signed": True}).raise_for_status()
            searching = done(client, f"/api/patients/{patient}/steps", {"step": "start"})
            matches = client.get(f"/api/patients/{patient}/matches").json()
            others = client.get(f"/api/patients/{patient}/matches", params={"fits": "false"}).json()
            offered = done(client, f"/api/patients/{patient}/matches", {"first": 5})
            done(client, "/api/email-plans", {})
            moved.application.drain_queue()
            asked = recipients(sink)

            email = client.get("/api/emails", params={"therapist_id": matches["data"][0]["therapist_id"]}).json()
            accepted = offered["created"][0]
            outcome = {"placement_request_id": accepted["placement_request_id"], "response_outcome": "accepted"}
            done(client, f"/api/emails/{email['data'][0]['id']}/response", {"outcomes": [outcome]})
            placed = client.get(f"/api/patients/{patient}").json()
            requests = client.get("/api/placement-requests").json()["data"]

            store.set_to(on_the_wall(MONDAY + NEXT_WEEK, time(9)))
            plan = done(client, "/api/email-plans", {})
            moved.application.drain_queue()
            again = done(client, f"/api/patients/{patient}/matches", {"therapist_ids": [2]})
            completed = done(client, f"/api/patients/{patient}/steps", {"step": "complete"})

        assert (too_early.status_code, searching["registered_on"]) == (409, MONDAY.isoformat())
        assert [row["therapist_id"] for row in matches["data"]] == [1, 2]
        assert [(row["therapist_id"], row["reasons"][0]["reason"]) for row in others["data"]] == [
            (3, "therapist_gender")
        ]
        assert asked == ["nah@example.org", "weit@example.org"]
        assert (placed["status"], placed["first_place_on"]) == ("in_therapy", MONDAY.isoformat())
        assert {row["therapist_id"]: row["status"] for row in requests} == {1: "accepted", 2: "canceled"}
        assert (plan["emails"], recipients(sink)) == ([], asked)
        assert [each["reason"] for each in again["refused"][0]["reasons"]] == ["patient_not_searching"]
        assert completed["status"] == "therapy_completed"
