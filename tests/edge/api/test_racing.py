"""Many clients at once, and a server that dies between what it did and what it said."""

import json
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil
import pytest

from boona_adapters.http.asking import COMMITTED
from tests.chaos.judge import query
from tests.chaos.worker import drop_connections
from tests.edge.api.conftest import Api, api_on
from tests.edge.api.processes import free_port, serving, wait_until_it_answers
from tests.edge.office import Office, office_on, until

CLIENTS = 16
ROUNDS = 12
FIELDS = ("title", "salutation", "street", "city", "fax", "website", "postal_code", "phone")


def edited_under_tags(api: Api, number: int) -> int:
    """A client that adds its marks to one field, looking again whenever somebody else was faster; returns how many."""
    done = 0
    with api.client() as client:
        while done < ROUNDS:
            seen = client.get("/api/therapists/1")
            notes = f"{seen.json()['qualifications'] or ''}<{number}.{done}>"
            headers = {"If-Match": seen.headers["etag"]}
            answer = client.put("/api/therapists/1", json={"qualifications": notes}, headers=headers)
            assert answer.status_code in (200, 412), answer.text
            done += answer.status_code == 200
    return done


def test_sixteen_clients_with_tags_lose_no_update(database_url: str) -> None:
    with api_on(database_url, BOONA_API__REQUESTS_PER_MINUTE="0") as api, api.client() as client:
        client.post("/api/therapists", json={"last_name": "Weber"})
        with ThreadPoolExecutor(CLIENTS) as pool:
            done = sum(pool.map(lambda number: edited_under_tags(api, number), range(CLIENTS)))

        notes = client.get("/api/therapists/1").json()["qualifications"]

    marks = [mark for mark in notes.split("<") if mark]
    assert done == CLIENTS * ROUNDS
    assert sorted(marks) == sorted(f"{number}.{turn}>" for number in range(CLIENTS) for turn in range(ROUNDS))


def blindly_edited(api: Api, number: int) -> str:
    """A client that writes one field again and again without looking; returns what it wrote last."""
    name = FIELDS[number % len(FIELDS)]
    with api.client() as client:
        for turn in range(ROUNDS):
            answer = client.put("/api/therapists/1", json={name: f"{number}.{turn}"})
            assert answer.status_code == 200, answer.text
    return f"{number}.{ROUNDS - 1}"


def test_sixteen_clients_without_tags_change_nothing_that_they_did_not_name(database_url: str) -> None:
    with api_on(database_url, BOONA_API__REQUESTS_PER_MINUTE="0") as api, api.client() as client:
        before = client.post("/api/therapists", json={"last_name": "Weber", "qualifications": "Trauma"}).json()
        with ThreadPoolExecutor(CLIENTS) as pool:
            last = list(pool.map(lambda number: blindly_edited(api, number), range(CLIENTS)))

        after = client.get("/api/therapists/1").json()

    assert {name: after[name] for name in before if name not in FIELDS} == {
        name: before[name] for name in before if name not in FIELDS
    }
    assert {name: after[name] in (last[place], last[place + len(FIELDS)]) for place, name in enumerate(FIELDS)} == (
        dict.fromkeys(FIELDS, True)
    )


def test_two_posts_of_one_key_at_once_have_one_effect(database_url: str) -> None:
    with api_on(database_url) as api, api.client() as client, ThreadPoolExecutor(CLIENTS) as pool:
        headers = {"Idempotency-Key": "k"}
        answers = list(
            pool.map(lambda _: client.post("/api/therapists", json={"last_name": "Weber"}, headers=headers), range(64))
        )

        total = client.get("/api/therapists").json()["total"]

    assert total == 1
    assert Counter(answer.status_code for answer in answers).keys() <= {201, 409}
    assert {answer.json()["id"] for answer in answers if answer.status_code == 201} == {1}


def test_of_many_who_write_to_one_therapist_one_gets_through(database_url: str) -> None:
    with api_on(database_url) as api, ThreadPoolExecutor(CLIENTS) as pool, api.client() as client:
        body = {"therapist_id": api.seed.therapist(), "subject": "x", "body_text": "y"}
        answers = list(pool.map(lambda _: client.post("/api/emails", json=body), range(CLIENTS)))

        total = client.get("/api/emails").json()["total"]

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CLIENTS - 1}
    assert total == 1


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as opened:
        yield opened


def post(port: int, secret: str, path: str, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(
        f"http://127.0.0.1:{port}{path}",
        json=body,
        headers={"Authorization": f"Bearer {secret}", **headers},
        timeout=30,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/emails", {"therapist_id": 1, "subject": "x", "body_text": "y"}),
        ("/api/placement-requests", {"patient_id": 1, "therapist_id": 1}),
        ("/api/therapists", {"last_name": "Weber"}),
        ("/api/email-plans", {}),
        ("/api/imports?kind=therapists", [{"external_id": "T1", "last_name": "Weber"}]),
        ("/api/therapists/1/steps", {"step": "block", "reason": "Umzug"}),
        ("/api/therapists/1/merge", {"merged_id": 2}),
    ],
)
def test_a_post_whose_server_died_after_the_commit_is_repeated_without_a_second_effect(
    office: Office, path: str, body: Any
) -> None:
    therapist = office.seed.therapist()
    office.seed.request(office.seed.patient(), office.seed.therapist())
    assert therapist == 1
    secret = office.boona("token", "create", "x", "--role", "coordinator").out.strip()
    key = {"Idempotency-Key": "k"}
    port = free_port()
    with serving(office, port, BOONA_FAULTS=f"{COMMITTED}:kill@1") as process:
        with pytest.raises(httpx.TransportError):
            post(port, secret, path, body, **key)
        died = process.wait(30)
    after_the_kill = rows(office)

    with serving(office, port):
        answer = post(port, secret, path, body, **key)

    assert died == -signal.SIGKILL
    assert answer.status_code in (200, 201)
    assert answer.headers["idempotency-replayed"] == "true"
    assert rows(office) == after_the_kill


@pytest.mark.slow
def test_a_server_that_freezes_after_the_commit_and_is_cut_off_answers_when_it_wakes(office: Office) -> None:
    secret = office.boona("token", "create", "x", "--role", "coordinator").out.strip()
    key, weber = {"Idempotency-Key": "k"}, {"last_name": "Weber"}
    port, other_port = free_port(), free_port()
    libpq_url = office.url.replace("+psycopg2", "", 1)
    with (
        serving(office, port, BOONA_FAULTS=f"{COMMITTED}:stop@1") as process,
        serving(office, other_port),
        ThreadPoolExecutor(1) as pool,
    ):
        waiting = pool.submit(post, port, secret, "/api/therapists", weber, **key)
        until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED, "nobody froze")
        meanwhile = post(other_port, secret, "/api/therapists", weber, **key)
        drop_connections(libpq_url)
        process.send_signal(signal.SIGCONT)
        answer = waiting.result(30)
        until(lambda: post(port, secret, "/api/therapists", {"last_name": "Wolff"}).status_code == 201, "still away")

    made = query(libpq_url, "SELECT last_name FROM therapist_service.therapists ORDER BY id")
    assert (answer.status_code, meanwhile.status_code) == (201, 201)
    assert meanwhile.headers["idempotency-replayed"] == "true"
    assert made == [("Weber",), ("Wolff",)]


@pytest.mark.slow
def test_without_a_key_a_repeated_post_has_a_second_effect(office: Office) -> None:
    secret = office.boona("token", "create", "x", "--role", "coordinator").out.strip()
    port = free_port()
    with serving(office, port, BOONA_FAULTS=f"{COMMITTED}:kill@1"), pytest.raises(httpx.TransportError):
        post(port, secret, "/api/therapists", {"last_name": "Weber"})

    with serving(office, port):
        post(port, secret, "/api/therapists", {"last_name": "Weber"})

    assert office.one("SELECT count(*) FROM therapist_service.therapists") == 2


def rows(office: Office) -> dict[str, int]:
    """How many rows there are of what a POST makes."""
    tables = (
        "therapist_service.therapists",
        "matching_service.placement_requests",
        "communication_service.emails",
        "communication_service.outbox",
        "communication_service.contact_windows",
        "matching_service.import_runs",
        "therapist_service.merges",
    )
    return {table: office.one(f"SELECT count(*) FROM {table}") for table in tables}


def test_the_command_listens_on_this_machine_alone_and_says_where(office: Office) -> None:
    port = free_port()
    command = [sys.executable, "-m", "boona_adapters.cli", "api", "--port", str(port)]
    process = subprocess.Popen(command, env=office.plain_environ({}), stderr=subprocess.PIPE)
    wait_until_it_answers(process, port)

    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert f"http://127.0.0.1:{port}/api".encode() in said
    assert b"other machines" not in said


def test_a_port_that_is_taken_is_told_in_a_line(office: Office) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = office.process("api", "--port", taken.getsockname()[1])

    assert said.status == 1
    assert "cannot listen on 127.0.0.1" in said.err
    assert "Traceback" not in said.err


def test_a_token_is_json_for_programs(office: Office) -> None:
    told = json.loads(office.boona("token", "create", "x", "--role", "reader", "--json").out)

    assert told["token"].startswith("boona_")
