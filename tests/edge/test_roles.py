"""`boona worker`, `sweep` and `relay`: one role each, as processes, with and without Redis."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from boona_adapters.embedded import EmbeddedRedis
from boona_adapters.roles import event_source
from boona_adapters.settings import read_settings
from boona_adapters.streams.redis import connect
from tests.edge.office import Office, until
from tests.sink import Rule, Sink

ALWAYS = {"BOONA_SCHEDULE__SEND": "* * * * *", "BOONA_SCHEDULE__SWEEP": "0.3"}
NO_REDIS = {**ALWAYS, "BOONA_REDIS_URL": None}
AWAY = {**ALWAYS, "BOONA_REDIS_URL": "redis://127.0.0.1:1/0"}


@pytest.fixture
def settings(emptied: EmbeddedRedis) -> dict[str, str | None]:
    """Settings with a Redis, emptied before."""
    return {**ALWAYS, "BOONA_REDIS_URL": emptied.url}


def queue(office: Office, number: int) -> None:
    patient = office.seed.patient()
    for _ in range(number):
        office.seed.request(patient, office.seed.therapist())
    assert office.boona("plan", "emails").status == 0


def is_sent(office: Office, number: int) -> bool:
    return bool(office.one("SELECT count(*) = :n FROM communication_service.emails WHERE status = 'sent'", n=number))


def make_due(office: Office, work: str) -> None:
    """Let a periodic work have been due for three days, as soon as it is known."""
    known = "SELECT count(*) = 1 FROM communication_service.schedule WHERE name = :name"
    until(lambda: office.one(known, name=work), f"{work} is not known")
    with office.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE communication_service.schedule SET next_at = now() - interval '3 days' WHERE name = :name"),
            {"name": work},
        )


def test_a_worker_does_what_the_sweep_rings_for(
    office: Office, sink: Sink, settings: dict[str, str | None], outputs: Path
) -> None:
    queue(office, 5)

    with (
        office.started("worker", folder=outputs, **settings) as worker,
        office.started("sweep", folder=outputs, **settings) as sweep,
    ):
        until(lambda: is_sent(office, 5), "they were not sent")
        ended = [worker.end(), sweep.end()]

    assert [status for status, _ in ended] == [0, 0]
    assert max(seconds for _, seconds in ended) < 10
    assert len(sink.accepted()) == 5
    assert '"event": "emails"' in worker.said()


@pytest.mark.parametrize("surroundings", [NO_REDIS, AWAY], ids=["no Redis named", "Redis away"])
def test_without_redis_the_sweep_plans_and_sends_by_itself(
    office: Office, sink: Sink, outputs: Path, surroundings: dict[str, str | None]
) -> None:
    office.seed.request(None, office.seed.therapist())

    with office.started("sweep", folder=outputs, **surroundings) as sweep:
        make_due(office, "emails")
        until(lambda: is_sent(office, 1), "it was not sent")
        status, seconds = sweep.end()

    assert (status, seconds < 10) == (0, True)
    assert len(sink.accepted()) == 1
    next_run = "SELECT next_at > now() AND token IS NULL FROM communication_service.schedule WHERE name = 'emails'"
    assert office.one(next_run)


def test_what_was_published_a_month_ago_is_forgotten_by_itself(office: Office, outputs: Path) -> None:
    with office.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO communication_service.outbox (type, key, data, created_at, published_at)"
                " SELECT 'therapist.created', days, '{}', now() - interval '90 days',"
                "        CASE WHEN days > 0 THEN now() - make_interval(days => days) END"
                "   FROM unnest(ARRAY[0, 29, 31]) AS days"
            )
        )

    with office.started("sweep", folder=outputs, **NO_REDIS):
        make_due(office, "forget")
        until(lambda: office.one("SELECT count(*) = 2 FROM communication_service.outbox"), "nothing was forgotten")

    assert office.one("SELECT array_agg(key ORDER BY key) FROM communication_service.outbox") == [0, 29]


def test_a_ring_that_nobody_answers_is_answered_by_the_sweep(
    office: Office, settings: dict[str, str | None], outputs: Path
) -> None:
    queue(office, 2)

    with office.started("sweep", folder=outputs, **settings):
        until(lambda: is_sent(office, 2), "they were not sent")


def test_outside_of_its_hours_nothing_is_sent_by_itself(office: Office, sink: Sink, outputs: Path) -> None:
    queue(office, 1)
    never = {**NO_REDIS, "BOONA_SCHEDULE__SEND": "0 0 29 2 0"}

    with office.started("sweep", folder=outputs, **never):
        office.seed.request(None, office.seed.therapist())
        make_due(office, "emails")
        planned = "SELECT count(*) = 2 FROM communication_service.emails WHERE status = 'queued'"
        until(lambda: office.one(planned), "the sweep did not plan")

    assert sink.accepted() == []


def test_an_email_in_hand_is_finished_when_a_worker_is_told_to_end(office: Office, sink: Sink, outputs: Path) -> None:
    sink.behave(rules=(Rule(at="dot", stall=2.0),))
    queue(office, 3)

    with office.started("sweep", folder=outputs, **NO_REDIS) as sweep:
        until(lambda: len(sink.accepted()) == 1, "nothing was sent")
        status, _ = sweep.end()

    states = "SELECT array_agg(status || '' ORDER BY status) FROM communication_service.emails"
    assert status == 0
    assert set(office.one(states)) <= {"sent", "queued"}


def test_a_relay_publishes_what_happened_and_takes_in_what_others_say(
    office: Office, settings: dict[str, str | None], outputs: Path, redis: EmbeddedRedis
) -> None:
    queue(office, 2)
    patient, therapist = office.seed.patient(), office.seed.therapist()
    client: Any = connect(redis.url, patience=5)

    with office.started("relay", folder=outputs, **settings) as relay:
        until(lambda: client.xlen("communication-events") == 4, "not all events arrived")
        client.xadd("matching-events", {"key": "1", "event": offer(patient, therapist)})
        client.xadd("matching-events", {"key": "1", "event": "poison"})
        requests = (
            "SELECT count(*) = 1 FROM matching_service.placement_requests WHERE patient_id = :id AND priority = 9"
        )
        until(lambda: office.one(requests, id=patient), "the offer was not taken in")
        until(
            lambda: office.one("SELECT count(*) = 1 FROM communication_service.set_aside"), "poison was not set aside"
        )
        status, seconds = relay.end()
    shown = json.loads(office.boona("events", "--json").out)

    assert (status, seconds < 10) == (0, True)
    assert [(each["stream"], each["reason"]) for each in shown["set_aside"]] == [("matching-events", "it is no JSON")]
    assert "matching-events" in office.boona("events").out


def test_an_acceptance_that_another_system_tells_of_places_the_patient(
    office: Office, settings: dict[str, str | None], outputs: Path, redis: EmbeddedRedis
) -> None:
    patient, therapist, another = office.seed.patient(), office.seed.therapist(), office.seed.therapist()
    other_request = office.seed.request(patient, another)
    client: Any = connect(redis.url, patience=5)

    with office.started("relay", folder=outputs, **settings):
        client.xadd("matching-events", {"event": offer(patient, therapist)})
        client.xadd("matching-events", {"event": envelope("2", "match.status_changed", ACCEPTED)})
        placed = "SELECT status = 'in_therapy' FROM patient_service.patients WHERE id = :id"
        until(lambda: office.one(placed, id=patient), "the patient was not placed")

    assert office.request_status(other_request) == "canceled"


ACCEPTED = {"match_id": "M1", "new_status": "accepted"}


def offer(patient: int, therapist: int) -> str:
    data = {"match_id": "M1", "patient_id": patient, "therapist_id": therapist, "priority": 9}
    return envelope("1", "match.created", data)


def envelope(event_id: str, kind: str, data: object) -> str:
    return json.dumps({"specversion": "1.0", "id": event_id, "source": "/matching", "type": kind, "data": data})


def test_a_relay_starts_while_the_bus_is_away(office: Office, outputs: Path) -> None:
    queue(office, 1)

    with office.started("relay", folder=outputs, **AWAY) as relay:
        relay.wait_for("the bus is away")
        status, _ = relay.end()

    assert status == 0
    assert json.loads(office.boona("events", "--json").out)["unpublished"] > 0


def test_a_relay_without_a_bus_says_so(office: Office) -> None:
    said = office.process("relay", BOONA_EVENTS__BUS="none")

    assert said.status == 1
    assert "BOONA_EVENTS__BUS" in said.err


def test_a_worker_without_redis_says_so(office: Office) -> None:
    said = office.process("worker", BOONA_REDIS_URL=None)

    assert said.status == 1
    assert "BOONA_REDIS_URL" in said.err


# After a restore


def restored(office: Office) -> None:
    """Let the database have forgotten what was sent, as a backup has."""
    with office.engine.begin() as connection:
        connection.execute(sa.text("UPDATE communication_service.high_water SET mark = 0"))


def test_after_a_restore_nothing_is_sent_until_a_person_releases_it(office: Office, sink: Sink, tmp_path: Path) -> None:
    mark = {"BOONA_HIGH_WATER_FILE": str(tmp_path / "mark"), "BOONA_REDIS_URL": None}
    queue(office, 1)
    first = office.boona("send", **mark)
    restored(office)
    office.seed.request(None, office.seed.therapist())
    office.boona("plan", "emails", **mark)

    held = office.boona("send", **mark)
    dry = office.boona("release-hold", "--dry-run", "--json", **mark)
    released = office.boona("release-hold", "--json", **mark)
    after = office.boona("send", **mark)

    assert (first.status, held.status, after.status) == (0, 1, 0)
    assert "boona release-hold" in held.err
    assert (json.loads(dry.out)["released"], json.loads(released.out)["released"]) == (False, True)
    assert json.loads(released.out)["hold"] == {"outside": 2, "inside": 0}
    assert len(sink.accepted()) == 2
    assert office.boona("release-hold", **mark).out == "nothing is on hold\n"


def test_an_empty_bus_is_not_taken_for_one_that_is_away_however_short_the_patience(redis: EmbeddedRedis) -> None:
    told = read_settings({"BOONA_REDIS_URL": redis.url, "BOONA_EVENTS__PATIENCE": "0.2"})
    source = event_source(told)

    received = source.receive(10)
    source.close()

    assert received == []
