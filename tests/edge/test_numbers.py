"""What Prometheus is shown: counts, ages and names, and nothing of anybody; alerts name only what is shown."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from prometheus_client import generate_latest

from boona_adapters.http.health import Metrics
from boona_adapters.postgres.workload import workload_of
from boona_adapters.workers.doing import Hands
from boona_adapters.workers.looks import Look, LookName, by_name
from boona_adapters.workers.numbers import Numbers
from boona_core.batching import EmailPlan, Refusal
from boona_core.contact import ContactDecision, Hold, Reason
from boona_core.errors import StoreUnavailable
from boona_core.ids import EmailId, TherapistId
from boona_core.ports import Reaped
from boona_core.usecases.planning import PlanRun
from boona_core.usecases.relaying import Relayed
from boona_core.usecases.sending import Drained
from boona_core.workload import Workload, WorkStanding
from tests.contract.postgres_seeds import PostgresSeeds
from tests.situations import TODAY

ALERTS = Path(__file__).resolve().parent.parent.parent / "deploy" / "prometheus" / "alerts.yaml"


def shown(numbers: Numbers) -> dict[str, float]:
    """Every line that Prometheus reads, by its name and labels."""
    text = generate_latest(numbers.registry).decode()
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def hands(numbers: Numbers, done: Any) -> Hands:
    """Hands that know one look, which answers or raises *done*."""

    def do(_: Any) -> Any:
        if isinstance(done, Exception):
            raise done
        return done

    look = Look(name=LookName.SEND, do=do, is_due=lambda _: True)
    return Hands(looks=by_name(look), numbers=numbers, stop=lambda: False)


def test_what_a_look_did_is_counted() -> None:
    numbers = Numbers()

    hands(numbers, Drained(sent=3, failed=1, canceled=2)).look(LookName.SEND)

    counts = shown(numbers)
    assert counts['boona_looks_total{look="send",outcome="done"}'] == 1
    assert counts['boona_emails_total{outcome="sent"}'] == 3
    assert counts['boona_emails_total{outcome="canceled"}'] == 2


def test_reaped_leases_and_published_events_are_counted() -> None:
    numbers = Numbers()

    hands(numbers, Reaped(returned=(EmailId(1),), uncertain=(EmailId(2), EmailId(3)))).look(LookName.SEND)
    hands(numbers, Relayed(published=7)).look(LookName.SEND)

    counts = shown(numbers)
    assert (counts["boona_leases_reaped_total"], counts["boona_events_published_total"]) == (3, 7)


def test_refusals_are_counted_by_their_reason() -> None:
    numbers = Numbers()
    decision = ContactDecision(holds=(Hold(Reason.COOLDOWN, TODAY), Hold(Reason.ABSENT, TODAY)), next_allowed_on=TODAY)
    refusal = Refusal(therapist_id=TherapistId(1), decision=decision, waiting=1)
    run = PlanRun(batch_id="p", plan=EmailPlan(day=TODAY, refusals=(refusal, refusal)))

    numbers.count_refusals(run)

    counts = shown(numbers)
    assert counts['boona_refusals_total{reason="cooldown"}'] == 2
    assert counts['boona_refusals_total{reason="absent"}'] == 2


def test_an_error_is_counted_by_its_type_and_the_others_go_on() -> None:
    numbers = Numbers()

    went_well = hands(numbers, StoreUnavailable(None)).look(LookName.SEND)

    counts = shown(numbers)
    assert not went_well
    assert counts['boona_errors_total{type="StoreUnavailable"}'] == 1
    assert counts['boona_looks_total{look="send",outcome="failed"}'] == 1


def test_how_everything_stands_is_shown_when_it_is_asked_for() -> None:
    numbers = Numbers()
    load = Workload(
        at=datetime(2026, 3, 2, tzinfo=UTC),
        due_emails=4,
        uncertain_emails=2,
        oldest_unpublished_event=90.5,
        works={"emails": WorkStanding(late=120.0, failures=3), "geocode": WorkStanding(late=9000.0, in_hand=True)},
    )
    numbers.watch(lambda: load, lambda: True)

    counts = shown(numbers)

    assert counts["boona_emails_due"] == 4
    assert counts["boona_emails_uncertain"] == 2
    assert counts["boona_event_oldest_unpublished_seconds"] == 90.5
    assert counts['boona_work_late_seconds{work="emails"}'] == 120
    assert counts['boona_work_late_seconds{work="geocode"}'] == 0
    assert counts['boona_work_failures{work="emails"}'] == 3
    assert (counts["boona_on_hold"], counts["boona_database_up"]) == (1, 1)


def test_a_database_that_is_away_is_shown_as_away() -> None:
    numbers = Numbers()

    def away() -> Workload:
        raise StoreUnavailable(None)

    numbers.watch(away, lambda: False)

    assert shown(numbers)["boona_database_up"] == 0


# The reading


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(database_url)
    yield engine
    engine.dispose()


def test_the_database_tells_what_waits(engine: sa.Engine) -> None:
    seed = PostgresSeeds(engine)
    seed.queued_email(seed.therapist())
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO communication_service.outbox (type, key, data, created_at)"
                " VALUES ('match.created', 1, '{}', now() - interval '1 minute');"
                "INSERT INTO communication_service.schedule (name, expression, next_at)"
                " VALUES ('emails', '* * * * *', now() - interval '2 minutes'), ('calls', '* * * * *', now())"
            )
        )

    load = workload_of(engine)

    assert (load.due_emails, load.unpublished_events, load.uncertain_emails) == (1, 1, 0)
    assert 60 <= load.oldest_unpublished_event < 90
    assert load.works["emails"].is_due
    assert 120 <= load.works["emails"].late < 150


# The alerts


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\bboona_\w+", expression))


def test_every_alert_names_what_is_shown_and_says_what_to_do() -> None:
    numbers = Numbers()
    works = {"emails": WorkStanding(late=1.0)}
    numbers.watch(lambda: Workload(at=datetime(2026, 3, 2, tzinfo=UTC), works=works), lambda: False)
    numbers.errors.labels("x")
    numbers.looks.labels("send", "done")
    numbers.emails.labels("sent")
    numbers.refused.labels("cooldown")
    numbers.consumed.labels("done")
    http = Metrics(dict)
    http.count("GET", "/api/emails", 200, 0.01)
    there = {name.partition("{")[0] for name in (*shown(numbers), *http.written().decode().splitlines())}
    rules = [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]

    unknown = {rule["alert"]: names_in(rule["expr"]) - there for rule in rules if names_in(rule["expr"]) - there}
    silent = [rule["alert"] for rule in rules if not {"summary", "description"} <= rule["annotations"].keys()]

    assert len(rules) >= 10
    assert unknown == {}
    assert silent == []
