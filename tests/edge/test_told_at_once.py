"""What a request or a command made due is done at once, the sweep an hour away; and nothing hangs on Redis."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from boona_adapters.embedded import EmbeddedRedis
from tests.edge.api.conftest import Api, api_on
from tests.edge.api.processes import free_port, serving
from tests.edge.office import Office, Started, until
from tests.sink import Sink

AN_HOUR_AWAY = {"BOONA_SCHEDULE__SEND": "* * * * *", "BOONA_SCHEDULE__SWEEP": "3600"}
WEBER = {"last_name": "Weber", "email": "praxis@weber.example"}
EMAIL = {"therapist_id": 1, "subject": "Anfrage", "body_text": "Guten Tag", "body_html": "<p>Guten Tag</p>"}


@pytest.fixture
def told(emptied: EmbeddedRedis) -> dict[str, str]:
    """Settings with an emptied Redis and a sweep that looks once an hour."""
    return {**AN_HOUR_AWAY, "BOONA_REDIS_URL": emptied.url}


@pytest.fixture
def workers(office: Office, told: dict[str, str], outputs: Path) -> Iterator[Started]:
    """A worker and a sweep that has looked already."""
    looked = "SELECT count(*) > 0 FROM communication_service.schedule"
    with (
        office.started("worker", folder=outputs, **told) as worker,
        office.started("sweep", folder=outputs, **told),
    ):
        until(lambda: office.one(looked), "the sweep did not look")
        yield worker


def is_sent(office: Office) -> bool:
    return bool(office.one("SELECT count(*) = 1 FROM communication_service.emails WHERE status = 'sent'"))


def is_published(office: Office) -> bool:
    return bool(office.one("SELECT bool_and(published_at IS NOT NULL) FROM communication_service.outbox"))


def posted(api: Api, **more: str) -> httpx.Response:
    """An email to a new therapist."""
    with api.client() as client:
        client.post("/api/therapists", json=WEBER)
        return client.post("/api/emails", json=EMAIL, headers=more)


def planned(office: Office, **told: str | None) -> float:
    """One email, planned by a command; how many seconds that took."""
    office.seed.request(None, office.seed.therapist())
    begun = time.monotonic()
    said = office.boona("plan", "emails", **told)
    assert (said.status, said.err) == (0, "")
    return time.monotonic() - begun


# Over HTTP


def test_an_email_over_http_is_sent_though_the_sweep_is_an_hour_away(
    office: Office, sink: Sink, told: dict[str, str], workers: Started
) -> None:
    with api_on(office.url, BOONA_SMTP__PORT=str(sink.port), **told) as api:
        answer = posted(api)

        until(lambda: is_sent(office), "nobody told the worker", seconds=20)

    assert answer.status_code == 201
    assert [message.recipients for message in sink.accepted()] == [("praxis@weber.example",)]


def test_without_the_ring_it_would_wait_for_the_sweep(
    office: Office, sink: Sink, told: dict[str, str], workers: Started
) -> None:
    with api_on(office.url, BOONA_SMTP__PORT=str(sink.port), **AN_HOUR_AWAY) as api:
        answer = posted(api)
        time.sleep(3)

    assert answer.status_code == 201
    assert not is_sent(office)


def test_events_are_published_though_there_is_neither_a_relay_nor_a_sweep_soon(
    office: Office, told: dict[str, str], workers: Started
) -> None:
    with api_on(office.url, **told) as api, api.client() as client:
        client.post("/api/therapists", json=WEBER)

        until(lambda: is_published(office), "nobody told the worker to relay", seconds=20)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis://192.0.2.1:6379/0"], ids=["refused", "no answer"])
def test_a_redis_that_is_away_is_not_felt(office: Office, url: str) -> None:
    with api_on(office.url, **AN_HOUR_AWAY, BOONA_REDIS_URL=url) as api:
        posted(api)
        begun = time.monotonic()
        statuses = [answer(api) for answer in [_therapist] * 10]
        took = time.monotonic() - begun

    assert statuses == [201] * 10
    assert took < 2


def _therapist(api: Api) -> int:
    with api.client() as client:
        return client.post("/api/therapists", json=WEBER).status_code


# By commands


def test_what_a_command_queued_is_sent_though_the_sweep_is_an_hour_away(
    office: Office, told: dict[str, str], workers: Started
) -> None:
    planned(office, **told)

    until(lambda: is_sent(office), "nobody told the worker", seconds=20)


def test_what_was_on_hold_is_sent_as_soon_as_it_is_released(
    office: Office, told: dict[str, str], outputs: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    mark.write_text("5", encoding="ascii")  # the database knows of nothing that was sent
    held = {**told, "BOONA_HIGH_WATER_FILE": str(mark)}
    with (
        office.started("worker", folder=outputs, **held) as worker,
        office.started("sweep", folder=outputs, **held),
    ):
        planned(office, **held)
        worker.wait_for("on hold")

        released = office.boona("release-hold", "--json", **held)

        until(lambda: is_sent(office), "nobody told the worker", seconds=20)
    assert json.loads(released.out)["released"] is True


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis://192.0.2.1:6379/0"], ids=["refused", "no answer"])
def test_a_command_ends_soon_where_redis_is_away(office: Office, url: str) -> None:
    assert planned(office, **AN_HOUR_AWAY, BOONA_REDIS_URL=url) < 5
    assert office.one("SELECT count(*) = 1 FROM communication_service.emails WHERE status = 'queued'")


# Killed beside the ring


@pytest.mark.slow
@pytest.mark.parametrize("point", ["hint_begun", "hint_sent"])
def test_a_command_that_is_killed_beside_its_ring_has_done_its_work_once(
    office: Office, sink: Sink, told: dict[str, str], outputs: Path, point: str
) -> None:
    office.seed.request(None, office.seed.therapist())

    killed = office.process("plan", "emails", **told, BOONA_FAULTS=f"{point}:kill@1")
    again = office.process("plan", "emails", **told)
    with (
        office.started("worker", folder=outputs, **told),
        office.started("sweep", folder=outputs, **{**told, "BOONA_SCHEDULE__SWEEP": "0.3"}),
    ):
        until(lambda: is_sent(office), "it was not sent")

    assert (killed.status, again.status) == (-9, 0)
    assert len(sink.accepted()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("point", ["hint_begun", "hint_sent"])
def test_an_api_that_is_killed_beside_its_ring_has_done_its_work_once(
    office: Office, sink: Sink, told: dict[str, str], outputs: Path, point: str
) -> None:
    office.seed.therapist()
    secret = office.boona("token", "create", "test", "--role", "coordinator").out.strip()
    port = free_port()

    with serving(office, port, **told, BOONA_FAULTS=f"{point}:kill@1") as first:
        _ask_past_the_end(port, secret)
        status = first.wait(30)
    with serving(office, port, **told):
        answer = _ask(port, secret)
    with (
        office.started("worker", folder=outputs, **told),
        office.started("sweep", folder=outputs, **{**told, "BOONA_SCHEDULE__SWEEP": "0.3"}),
    ):
        until(lambda: is_sent(office), "it was not sent")

    assert status == -9
    assert (answer.status_code, answer.headers["idempotency-replayed"]) == (201, "true")
    assert len(sink.accepted()) == 1


def _ask(port: int, secret: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "once"}
    return httpx.post(f"http://127.0.0.1:{port}/api/emails", json=EMAIL, headers=headers, timeout=30)


def _ask_past_the_end(port: int, secret: str) -> None:
    """Ask; the service may die before it answers."""
    with suppress(httpx.TransportError):
        _ask(port, secret)
