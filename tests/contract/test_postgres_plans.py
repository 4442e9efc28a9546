"""The statements that run all the time read by an index, and are planned once for a connection."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from boona_adapters.postgres import (
    calls,
    candidates,
    emails,
    geocoding,
    histories,
    matching,
    requests,
    reservations,
    running,
    sending,
)
from boona_adapters.postgres.connection import Timeouts
from boona_adapters.postgres.engine import create_engine
from boona_adapters.postgres.planned import Planned
from boona_adapters.postgres.unit import OpenPostgresUnit
from boona_core.contact import ContactPolicy
from boona_core.emails import EmailState
from boona_core.errors import StoreError
from boona_core.events import EventType
from boona_core.ids import EmailId, TherapistId
from boona_core.usecases.telling import email_event
from tests.situations import NOW, TODAY, WORKER, Store

LATER = NOW + timedelta(minutes=1)
EARLIER = TODAY - timedelta(days=7)
HISTORY = {
    "today": TODAY,
    "emails_after": EARLIER,
    "answers_after": EARLIER,
    "answers": ["rejected"],
}


@pytest.fixture
def engine(postgres_store: Store, contract_engine: sa.Engine) -> Iterator[sa.Engine]:
    """An engine of the test's own with one connection, on the database of the store."""
    engine = create_engine(contract_engine.url.render_as_string(hide_password=False), connections=1)
    yield engine
    engine.dispose()


@pytest.fixture
def unknown(database_url: str) -> Iterator[sa.Engine]:
    """An engine on a database that knows nothing of the sizes of its tables."""
    engine = create_engine(database_url, connections=1)
    yield engine
    engine.dispose()


def plan_of(engine: sa.Engine, statement: sa.TextClause | Planned, values: dict[str, Any]) -> str:
    """The plan on tables so large that no reading of the whole table is worth it."""
    text = statement.anew if isinstance(statement, Planned) else statement
    with engine.connect() as connection:
        connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        return "\n".join(connection.execute(sa.text(f"EXPLAIN {text.text}"), values).scalars())


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (running._UNPUBLISHED, {"limit": 500}),
        (running._FORGET, {"before": NOW, "limit": 1000}),
        (sending._EXPIRED, {"now": NOW}),
        (sending._REAP, {"ids": [1], "now": NOW}),
        (sending._CLAIM_ANY, {"token": WORKER, "now": NOW, "until": LATER, "limit": 20}),
        (sending._RENEW, {"token": WORKER, "until": LATER}),
        (sending._MARK, {"id": 1, "token": WORKER, "now": NOW, "day": TODAY, "until": LATER}),
        (sending._SENT_BY_TOKEN, {"id": 1, "token": WORKER, "now": NOW, "days": 7}),
        (histories._ONE, {**HISTORY, "id": 1, "leaving_out": 0}),
        (histories._MANY, {**HISTORY, "ids": [1], "leaving_out": []}),
        (candidates._WAITING_OF, {"ids": [1], "today": TODAY, "size": 5}),
        (candidates._WAITING_BETWEEN, {"first": 1, "last": 10, "today": TODAY, "size": 5}),
        (candidates._PAGE_ENDS, {"after": 0, "page": 10}),
        (requests._TAKE, {"requests": [1], "emails": [1]}),
        (requests._GIVE_BACK, {"emails": [1], "calls": [1]}),
        (requests._HELD, {"emails": [1], "calls": [1], "requests": [1]}),
        (requests._ASKED_FOR_BY_ALL, {"until": TODAY}),
        (requests._ASKED_FOR_BY_SOME, {"until": TODAY, "therapists": [1]}),
        (requests._OF_THERAPIST, {"id": 1}),
        (requests._OF_EMAIL, {"id": 1}),
        (requests._SILENT_TO_ALL, {"latest": TODAY}),
        (requests._SILENT_TO_SOME, {"latest": TODAY, "therapists": [1]}),
        (
            requests._TAKE_FOR_CALLS,
            {"requests": [1], "calls": [1], "held": [True], "from_emails": [1], "from_calls": [None]},
        ),
        (requests._ASK_FOR_CALL, {"ids": [1], "day": TODAY}),
        (requests._WITHOUT_ADDRESS_ALL, {}),
        (requests._WITHOUT_ADDRESS_SOME, {"therapists": [1]}),
        (calls._BOOKED, {"first": TODAY, "last": TODAY}),
        (calls._ITEMS, {"ids": [1]}),
        (calls._FOLLOW_UP, {"emails": [1], "calls": [1]}),
        (calls._WITH_REQUESTS, {"ids": [1]}),
        (sa.text("SELECT id FROM communication_service.phone_calls WHERE retry_due"), {}),
        (reservations._RELEASE_BEFORE, {"day": TODAY}),
        (reservations._END, {"therapist": 1, "mailbox": 1, "day": TODAY}),
        (emails._ONE, {"id": 1}),
        (emails._CANCEL, {"ids": [1], "words": None}),
        (emails._DELETE_DRAFTS, {}),
        (geocoding._ADDRESSES, {"keys": ["0"], "now": NOW}),
        (geocoding._FORGET_ADDRESSES, {"now": NOW}),
        (geocoding._ROUTES_FROM, {"latitudes": [52.5], "longitudes": [13.4], "now": NOW}),
        (geocoding._ROUTES_TO, {"latitudes": [52.5], "longitudes": [13.4], "now": NOW}),
        (geocoding._FORGET_ROUTES, {"now": NOW}),
        (matching._ADDRESSES_IN, {"south": 52.3, "north": 52.7, "west": 13.0, "east": 13.8, "now": NOW}),
        (matching._CODES_IN, {"south": 52.3, "north": 52.7, "west": 13.0, "east": 13.8}),
        (matching._KNOWS_ADDRESSES, {"now": NOW}),
    ],
)
def test_no_statement_reads_a_whole_table(
    unknown: sa.Engine, statement: sa.TextClause | Planned, values: dict[str, Any]
) -> None:
    assert "Seq Scan" not in plan_of(unknown, statement, values)


def test_the_claim_takes_the_queue_in_the_order_of_its_index(unknown: sa.Engine) -> None:
    values = {"token": WORKER, "now": NOW, "until": LATER, "limit": 20}

    plan = plan_of(unknown, sending._CLAIM_ANY, values)

    assert "ix_emails_queue" in plan
    assert "Sort" not in plan


def test_a_result_finds_its_window_by_its_email_and_not_among_all_that_are_open(unknown: sa.Engine) -> None:
    values = {"id": 1, "token": WORKER, "now": NOW, "days": 7}

    plan = plan_of(unknown, sending._SENT_BY_TOKEN, values)

    assert "contact_windows_therapist" not in plan


def plans_kept(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM pg_prepared_statements")).scalar_one())


def ask(engine: sa.Engine, therapist: TherapistId) -> bool:
    with OpenPostgresUnit(engine)() as unit:
        return therapist in unit.therapists.histories([therapist], ContactPolicy(), today=TODAY)


def test_a_statement_is_planned_once_for_a_connection(postgres_store: Store, engine: sa.Engine) -> None:
    therapist = postgres_store.seed.therapist()

    found = [ask(engine, therapist), ask(engine, therapist)]

    assert found == [True, True]
    assert plans_kept(engine) == 1


def test_a_connection_without_the_plan_makes_it_again(postgres_store: Store, engine: sa.Engine) -> None:
    therapist = postgres_store.seed.therapist()
    ask(engine, therapist)
    with engine.connect() as connection:
        connection.execute(sa.text("DEALLOCATE ALL"))

    found = ask(engine, therapist)

    assert found


def test_a_lock_on_a_connection_without_its_plan_holds_all_the_same(
    postgres_store: Store, engine: sa.Engine, contract_engine: sa.Engine
) -> None:
    therapist = postgres_store.seed.therapist()
    impatient = OpenPostgresUnit(contract_engine, Timeouts(lock=timedelta(milliseconds=50)))
    with OpenPostgresUnit(engine)() as unit:
        unit.therapists.lock([therapist])
    with engine.connect() as connection:
        connection.execute(sa.text("DEALLOCATE ALL"))

    with OpenPostgresUnit(engine)() as unit:
        unit.therapists.lock([therapist])
        with impatient() as other, pytest.raises(StoreError) as caught:
            other.therapists.lock([therapist])

    assert caught.value.sqlstate == "55P03"


def test_a_look_at_one_email_leaves_no_transaction_open(
    postgres_store: Store, engine: sa.Engine, contract_engine: sa.Engine
) -> None:
    email = postgres_store.seed.email(postgres_store.seed.therapist())
    transaction = sa.text("SELECT state, xact_start FROM pg_stat_activity WHERE pid = :pid")
    with engine.connect() as connection:
        pid = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    with OpenPostgresUnit(engine)() as unit:
        unit.emails.get(email)

    with OpenPostgresUnit(engine)() as unit:
        found = unit.emails.get(email)
        with contract_engine.connect() as other:
            left = other.execute(transaction, {"pid": pid}).one()

    assert found.id == email
    assert tuple(left) == ("idle", None)


def test_a_look_sees_what_its_own_unit_wrote(postgres_store: Store, engine: sa.Engine) -> None:
    email = postgres_store.seed.email(postgres_store.seed.therapist())

    with OpenPostgresUnit(engine)() as unit:
        unit.emails.cancel([email], now=NOW)
        found = unit.emails.get(email)

    assert found.state is EmailState.CANCELED


def test_a_look_on_a_connection_without_its_plan_makes_it_again(postgres_store: Store, engine: sa.Engine) -> None:
    email = postgres_store.seed.email(postgres_store.seed.therapist())
    with OpenPostgresUnit(engine)() as unit:
        unit.emails.get(email)
    with engine.connect() as connection:
        connection.execute(sa.text("DEALLOCATE ALL"))

    with OpenPostgresUnit(engine)() as unit:
        found = unit.emails.get(email)
        unit.commit()

    assert found.id == email


def test_a_look_waits_no_longer_than_a_unit_may(
    postgres_store: Store, engine: sa.Engine, contract_engine: sa.Engine
) -> None:
    email = postgres_store.seed.email(postgres_store.seed.therapist())
    with OpenPostgresUnit(engine)() as unit:
        unit.emails.get(email)
    impatient = OpenPostgresUnit(engine, Timeouts(lock=timedelta(milliseconds=50)))

    with contract_engine.connect() as other, impatient() as unit:
        other.execute(sa.text("LOCK TABLE communication_service.emails"))
        with pytest.raises(StoreError) as caught:
            unit.emails.get(email)

    assert caught.value.sqlstate == "55P03"


def test_what_runs_with_the_next_statement_fails_with_it(engine: sa.Engine) -> None:
    with OpenPostgresUnit(engine)() as unit:
        unit.outbox.put([email_event(EventType.EMAIL_SENT, EmailId(1), TherapistId(2**40))])
        with pytest.raises(StoreError) as caught:
            unit.commit()

    assert caught.value.sqlstate == "22003"


def test_a_plan_outlives_the_unit_that_failed(postgres_store: Store, engine: sa.Engine) -> None:
    therapist = postgres_store.seed.therapist()
    with OpenPostgresUnit(engine)() as unit:
        unit.therapists.lock([therapist])

    with OpenPostgresUnit(engine)() as unit:
        unit.therapists.lock([therapist])

    assert plans_kept(engine) == 1


def test_a_unit_leaves_no_setting_behind(postgres_store: Store, engine: sa.Engine) -> None:
    email = postgres_store.seed.email(postgres_store.seed.therapist())
    with OpenPostgresUnit(engine)() as unit:
        unit.emails.get(email)
        unit.commit()
    with OpenPostgresUnit(engine)() as unit:
        unit.emails.get(email)

    with engine.connect() as connection:
        settings = connection.execute(
            sa.text(
                "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'),"
                " current_setting('plan_cache_mode')"
            )
        ).one()

    assert tuple(settings) == ("0", "0", "auto")
