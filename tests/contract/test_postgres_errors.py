"""What leaves the Postgres adapter when something goes wrong: places and names, never what stands in a row."""

import traceback
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from attrs import evolve

from boona_adapters.postgres.connection import Timeouts
from boona_adapters.postgres.engine import create_engine, driver_url
from boona_adapters.postgres.unit import OpenPostgresUnit, UnitNotOpen
from boona_core.contact import ContactPolicy
from boona_core.errors import InvalidValue, StoreError, StoreUnavailable, UnknownId
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from tests.contract.acts import LEASE, add, content, new_email, request_of
from tests.situations import NOW, TODAY, WORKER, Store

CANARY = "Kanarienvogel"
HUGE = 2**40


@pytest.fixture
def engine(postgres_store: Store, contract_engine: sa.Engine) -> Iterator[sa.Engine]:
    """An engine of the test's own with one connection, on the database of the store."""
    engine = create_engine(contract_engine.url.render_as_string(hide_password=False), connections=1)
    yield engine
    engine.dispose()


def everything_said(error: BaseException) -> str:
    """The error as a program shows it at its most talkative: with its causes, contexts and arguments."""
    shown = "".join(traceback.TracebackException.from_exception(error, compact=False).format())
    return "\n".join((shown, repr(error), repr(error.args), repr(error.__cause__), repr(error.__context__)))


def test_a_refusal_of_the_database_names_its_constraint_and_no_value(postgres_store: Store) -> None:
    store = postgres_store
    one, two = store.seed.therapist(), store.seed.therapist()

    with store.open_unit() as unit:
        add(unit, one, content=content(message_id="<same@example.org>"))
        with pytest.raises(StoreError) as caught:
            add(unit, two, content=content(message_id="<same@example.org>", body_text=CANARY, subject=CANARY))

    assert (caught.value.sqlstate, caught.value.constraint) == ("23505", "uq_emails_message_id")
    assert CANARY not in everything_said(caught.value)
    assert caught.value.__context__ is None


def test_the_words_of_a_server_are_kept_whatever_is_in_them(postgres_store: Store) -> None:
    store = postgres_store
    email = store.seed.queued_email(store.seed.therapist())

    with store.open_unit() as unit:
        unit.sending.claim(token=WORKER, now=NOW, lease=LEASE, limit=1)
        unit.sending.record_failed(email, token=WORKER, now=NOW, tries=1, words="550 \x00\ud800", bounced=False)
        words = unit.emails.get(email).error_message

    assert words == "550 \N{REPLACEMENT CHARACTER}?"


@pytest.mark.parametrize("number", [HUGE, 0, -1])
def test_an_id_that_no_row_can_have_is_unknown_and_no_failure(postgres_store: Store, number: int) -> None:
    with postgres_store.open_unit() as unit:
        with pytest.raises(UnknownId):
            unit.therapists.get(TherapistId(number))
        with pytest.raises(UnknownId):
            unit.requests.get(PlacementRequestId(number))
        with pytest.raises(UnknownId):
            unit.requests.holder(PlacementRequestId(number))
        with pytest.raises(UnknownId):
            unit.emails.get(EmailId(number))
        with pytest.raises(UnknownId):
            unit.emails.lock(EmailId(number))

        unit.therapists.lock([TherapistId(number)])
        assert unit.therapists.histories([TherapistId(number)], ContactPolicy(), today=TODAY) == {}
        assert unit.requests.of_email(EmailId(number)) == []
        assert unit.requests.take({PlacementRequestId(number): EmailId(1)}) == frozenset()
        assert unit.emails.cancel([EmailId(number)], now=NOW) == frozenset()
        assert unit.emails.find(therapist_id=TherapistId(number)) == []
        assert not unit.sending.mark(EmailId(number), token=WORKER, now=NOW, day=TODAY, lease=LEASE)
        assert not unit.sending.record_sent(EmailId(number), token=WORKER, now=NOW, interval_days=7, words="")


@pytest.mark.parametrize("number", [HUGE, 17])
def test_an_email_to_an_unknown_therapist_or_about_an_unknown_request_is_refused(
    postgres_store: Store, number: int
) -> None:
    store = postgres_store
    therapist = store.seed.therapist()

    with store.open_unit() as unit:
        (email,) = unit.emails.new_ids(1)
        with pytest.raises(UnknownId) as request:
            add(unit, therapist, [PlacementRequestId(number)])
        stranger = evolve(new_email(unit, therapist), therapist_id=TherapistId(number))
        with pytest.raises(UnknownId) as therapist_error:
            unit.emails.add({email: stranger}, now=NOW)

    assert (request.value.kind, request.value.id) == ("placement request", number)
    assert (therapist_error.value.kind, therapist_error.value.id) == ("therapist", number)


def test_a_lost_connection_is_a_store_that_is_away_and_the_next_unit_works(database_url: str) -> None:
    engine, other = create_engine(database_url, connections=1), create_engine(database_url, connections=1)
    open_unit = OpenPostgresUnit(engine)

    with open_unit() as unit:
        unit.now()
        with other.begin() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        with pytest.raises(StoreUnavailable):
            unit.emails.counts()
    other.dispose()

    with open_unit() as unit:
        assert unit.emails.counts() == {}
    engine.dispose()


def test_a_server_that_is_not_there_is_a_store_that_is_away() -> None:
    engine = create_engine("postgresql://nobody:secret@127.0.0.1:1/nothing")

    with pytest.raises(StoreUnavailable) as caught:
        OpenPostgresUnit(engine)().__enter__()

    assert "secret" not in everything_said(caught.value)


def test_a_unit_that_finds_no_free_connection_says_that_the_store_is_away(database_url: str) -> None:
    engine = create_engine(database_url, connections=1, wait=0.05)
    open_unit = OpenPostgresUnit(engine)

    with open_unit(), pytest.raises(StoreUnavailable):
        open_unit().__enter__()
    engine.dispose()


def test_a_unit_waits_for_a_lock_no_longer_than_it_may(postgres_store: Store, engine: sa.Engine) -> None:
    store = postgres_store
    therapist = store.seed.therapist()
    impatient = OpenPostgresUnit(engine, Timeouts(lock=timedelta(milliseconds=50)))

    with store.open_unit() as unit:
        unit.therapists.lock([therapist])
        with impatient() as other, pytest.raises(StoreError) as caught:
            other.therapists.lock([therapist])

    assert caught.value.sqlstate == "55P03"


def test_what_a_silent_unit_has_locked_is_taken_back(postgres_store: Store, engine: sa.Engine) -> None:
    store = postgres_store
    therapist = store.seed.therapist()
    silent = OpenPostgresUnit(engine, Timeouts(silence=timedelta(milliseconds=200)))

    with silent() as frozen:
        frozen.therapists.lock([therapist])
        with store.open_unit() as unit:
            unit.therapists.lock([therapist])
        with pytest.raises(StoreUnavailable):
            frozen.commit()


def test_a_unit_works_inside_of_its_block_only(engine: sa.Engine) -> None:
    unit = OpenPostgresUnit(engine)()

    with pytest.raises(UnitNotOpen):
        unit.now()


@pytest.mark.parametrize("url", ["postgresql://u@h/d", "postgres://u@h/d", "postgresql+psycopg2://u@h/d"])
def test_every_way_to_write_the_url_means_the_one_driver(url: str) -> None:
    assert driver_url(url).drivername == "postgresql+psycopg2"


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "nonsense:secret", ""])
def test_another_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        driver_url(url)

    assert "secret" not in everything_said(caught.value)


def test_what_a_failed_unit_took_is_open_again(postgres_store: Store) -> None:
    store = postgres_store
    request = store.seed.request(None, store.seed.therapist())

    with store.open_unit() as unit:
        unit.requests.take({request: EmailId(4711)})
        with pytest.raises(StoreError) as caught:
            unit.commit()

    assert caught.value.constraint == "fk_placement_requests_held_by_email_id"
    assert request_of(store, request).status == "open"
