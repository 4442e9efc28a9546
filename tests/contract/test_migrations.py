"""The migrations: from nothing, and from the first generation of this system, to the model, and back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from boona_adapters.postgres import migrating
from boona_adapters.postgres.migrating import FIRST, Standing
from boona_adapters.postgres.tables import SCHEMAS, metadata
from boona_core.errors import StoreError, StoreUnavailable
from boona_core.instants import BERLIN
from boona_core.windows import WeeklyWindows
from tests.contract.catalog import catalog
from tests.databases import PostgresServer

ROWS = (Path(__file__).parent / "first_generation" / "rows.sql").read_text(encoding="utf-8")

STEPS = (
    (FIRST, "17c4e0a9d2b3"),
    ("17c4e0a9d2b3", "2b8e51f7ac04"),
    ("2b8e51f7ac04", "3e97d20c6b15"),
    ("3e97d20c6b15", "48a1f6b35d27"),
    ("48a1f6b35d27", "5cb20e94f738"),
    ("5cb20e94f738", "61d4a87b0c49"),
    ("61d4a87b0c49", "7fe3195c2a5b"),
    ("7fe3195c2a5b", "83a6d1f04be7"),
    ("83a6d1f04be7", "96c3d5b1a740"),
    ("96c3d5b1a740", "a4f1c92e6d58"),
    ("a4f1c92e6d58", "9d04b7e3f1c8"),
    ("9d04b7e3f1c8", "a41c0d5e9b72"),
    ("a41c0d5e9b72", "b52d1f6c0a83"),
    ("b52d1f6c0a83", "c63e2a7d1b94"),
    ("c63e2a7d1b94", "c3f1a95d7e20"),
    ("c3f1a95d7e20", "d4a26f1b8e93"),
    ("d4a26f1b8e93", "e2b70f94c1a6"),
    ("e2b70f94c1a6", "d5e90b27c4f8"),
    ("d5e90b27c4f8", "d27e8b41c6f5"),
)

LATER_REVISIONS = ("6fbc92a7b7e9", "7bfc93a7c8e9", "8bfc94a7d8f9", "be3c0220ee8c", "9cfc95b8e9f9")

MADE = "created_at,updated_at,released_at"
"""When a row was made by the migration is no part of what it says."""

HIDDEN = {"communication_service.set_aside": f"id,{MADE}"}
"""Nor is, of what was set aside, its number."""


def run(url: str, script: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(script.replace("\\", "\\\\").replace(":", "\\:").replace("\\:\\:", "::")))


def read(url: str, query: str) -> list[Any]:
    """The rows of *query*: a value each where it has one column, else a tuple."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(sa.text(query))]
    return [row[0] if len(row) == 1 else row for row in rows]


def contents(url: str) -> dict[str, list[str]]:
    """Every row of every table, as sorted text."""
    tables = read(
        url,
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND n.nspname LIKE '%\\_service' ORDER BY 1",
    )
    return {
        table: read(
            url, f"SELECT (to_jsonb(t) - '{{{HIDDEN.get(table, MADE)}}}'::text[])::text FROM {table} t ORDER BY 1"
        )
        for table in tables
    }


def today() -> date:
    return datetime.now(UTC).astimezone(BERLIN).date()


def ago(days: int) -> date:
    return today() - timedelta(days=days)


@pytest.fixture
def old_url(empty_database_url: str) -> str:
    """A database of the first generation, with rows."""
    migrating.upgrade(empty_database_url, FIRST)
    run(empty_database_url, ROWS)
    return empty_database_url


@pytest.fixture(scope="module")
def carried_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The same at the newest revision; only to be looked at."""
    with postgres_server.database() as url:
        migrating.upgrade(url, FIRST)
        run(url, ROWS)
        migrating.upgrade(url)
        yield url


# From nothing


def test_the_first_revision_is_the_first_generations_schema(
    empty_database_url: str, postgres_server: PostgresServer, shared_folder: Path
) -> None:
    given = (shared_folder / "data" / "first_generation.sql").read_text(encoding="utf-8")

    migrating.upgrade(empty_database_url, FIRST)

    with postgres_server.database() as given_url:
        run(given_url, given)
        assert catalog(empty_database_url) == catalog(given_url)


def test_the_version_table_is_the_first_generations(
    empty_database_url: str, postgres_server: PostgresServer, shared_folder: Path
) -> None:
    given = (shared_folder / "data" / "first_generation.sql").read_text(encoding="utf-8")
    columns = (
        "SELECT column_name, data_type, character_maximum_length, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = 'alembic_version'"
    )

    migrating.upgrade(empty_database_url, FIRST)

    with postgres_server.database() as given_url:
        run(given_url, given)
        assert read(empty_database_url, columns) == read(given_url, columns)


def test_a_database_of_the_first_generation_is_upgraded_from_where_it_is(
    empty_database_url: str, shared_folder: Path
) -> None:
    run(empty_database_url, (shared_folder / "data" / "first_generation.sql").read_text(encoding="utf-8"))
    run(empty_database_url, f"INSERT INTO public.alembic_version VALUES ('{FIRST}')")
    run(empty_database_url, ROWS)

    migrating.upgrade(empty_database_url)

    assert migrating.check(empty_database_url) is Standing.AT_HEAD


def test_an_empty_database_has_no_revision(empty_database_url: str) -> None:
    assert migrating.current(empty_database_url) is None
    assert migrating.check(empty_database_url) is Standing.EMPTY


def test_a_database_between_is_behind(empty_database_url: str) -> None:
    migrating.upgrade(empty_database_url, FIRST)

    assert migrating.current(empty_database_url) == FIRST
    assert migrating.check(empty_database_url) is Standing.BEHIND


def test_a_url_without_driver_means_psycopg2(empty_database_url: str) -> None:
    plain = sa.make_url(empty_database_url).set(drivername="postgresql").render_as_string(hide_password=False)

    migrating.upgrade(plain)

    assert migrating.current(plain) == migrating.head()


def test_an_upgrade_at_the_newest_revision_changes_nothing(database_url: str) -> None:
    before = catalog(database_url)

    migrating.upgrade(database_url)

    assert catalog(database_url) == before


def test_an_upgrade_to_an_earlier_revision_changes_nothing(database_url: str) -> None:
    migrating.upgrade(database_url, FIRST)

    assert migrating.current(database_url) == migrating.head()


# Model and migrations


def test_autogenerate_finds_no_difference_between_model_and_migrations(database_url: str) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    options = {
        "compare_type": True,
        "compare_server_default": True,
        "include_schemas": True,
        "include_name": lambda name, kind, _: not (kind == "table" and name == "alembic_version"),
    }

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)

        assert compare_metadata(context, metadata) == []


def test_a_migrated_database_is_made_of_the_same_as_one_made_from_the_model(
    database_url: str, empty_database_url: str
) -> None:
    engine = sa.create_engine(empty_database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for schema in SCHEMAS:
            connection.execute(sa.schema.CreateSchema(schema))
        metadata.create_all(connection)

    assert catalog(database_url) == catalog(empty_database_url)


# Up and down


def test_the_steps_of_these_tests_are_all_that_there_are() -> None:
    assert STEPS[-1][1] == migrating.head()


@pytest.mark.parametrize(("below", "above"), STEPS)
def test_a_step_goes_down_to_what_was_there_and_up_again_to_the_same_rows(old_url: str, below: str, above: str) -> None:
    migrating.upgrade(old_url, below)
    made_of = catalog(old_url)
    migrating.upgrade(old_url, "+1")
    rows = contents(old_url)

    migrating.downgrade(old_url, "-1")
    made_of_again = catalog(old_url)
    migrating.upgrade(old_url, "+1")

    assert migrating.current(old_url) == above
    assert made_of_again == made_of
    assert contents(old_url) == rows


def test_what_services_of_maps_said_is_forgotten_on_the_way_down_and_nothing_else(old_url: str) -> None:
    migrating.upgrade(old_url, "d4a26f1b8e93")
    rows = contents(old_url)
    run(
        old_url,
        "INSERT INTO geocoding_service.addresses VALUES ('0', '10115', 52.5, 13.4, 's', now(), now());"
        "INSERT INTO geocoding_service.routes VALUES (1, 1, 2, 2, 'car', 'road', 5, 7, 's', now(), now());"
        "INSERT INTO geocoding_service.service_turns VALUES ('osrm', now())",
    )

    migrating.downgrade(old_url, "-1")
    migrating.upgrade(old_url, "+1")

    assert contents(old_url) == rows


def test_all_the_way_down_is_the_first_generations_schema_and_up_again_the_same_rows(old_url: str) -> None:
    made_of = catalog(old_url)
    migrating.upgrade(old_url)
    rows = contents(old_url)

    migrating.downgrade(old_url, FIRST)
    made_of_again = catalog(old_url)
    migrating.upgrade(old_url)

    assert made_of_again == made_of
    assert contents(old_url) == rows


def test_no_row_of_the_first_generation_is_lost_on_the_way_up_and_down(old_url: str) -> None:
    ids = {
        table: read(old_url, f"SELECT id FROM {table} ORDER BY id")
        for table in (
            "therapist_service.therapists",
            "patient_service.patients",
            "matching_service.placement_requests",
            "communication_service.emails",
        )
    }
    lists = (
        "SELECT id, placement_request_ids FROM communication_service.emails WHERE id IN (1, 2, 12, 13, 14) ORDER BY id"
    )
    listed = read(old_url, lists)
    excluded = read(
        old_url, "SELECT id, ausgeschlossene_therapeuten FROM patient_service.patients WHERE id <= 3 ORDER BY id"
    )
    migrating.upgrade(old_url)

    migrating.downgrade(old_url, FIRST)

    assert {table: read(old_url, f"SELECT id FROM {table} ORDER BY id") for table in ids} == ids
    assert read(old_url, lists) == listed
    assert (
        read(old_url, "SELECT id, ausgeschlossene_therapeuten FROM patient_service.patients WHERE id <= 3 ORDER BY id")
        == excluded
    )


def test_the_labels_of_the_first_generation_come_back(old_url: str) -> None:
    migrating.upgrade(old_url)

    migrating.downgrade(old_url, FIRST)

    assert read(
        old_url, "SELECT id, status::text FROM communication_service.emails WHERE id IN (1, 3, 10, 12, 27) ORDER BY id"
    ) == [(1, "gesendet"), (3, "fehlgeschlagen"), (10, "entwurf"), (12, "entwurf"), (27, "wird_gesendet")]
    assert read(
        old_url,
        "SELECT id, status::text FROM matching_service.placement_requests WHERE id IN (1, 3, 9, 14) ORDER BY id",
    ) == [(1, "IN_PROGRESS"), (3, "ACCEPTED"), (9, "OPEN"), (14, "IN_PROGRESS")]
    assert read(
        old_url, "SELECT id, geschlecht, status::text FROM therapist_service.therapists WHERE id <= 4 ORDER BY id"
    ) == [(1, "weiblich", "ACTIVE"), (2, "männlich", "BLOCKED"), (3, "divers", "INACTIVE"), (4, "unbekannt", "ACTIVE")]


def test_what_is_new_comes_down_as_what_the_first_generation_must_not_send_or_offer(database_url: str) -> None:
    run(
        database_url,
        """
        INSERT INTO therapist_service.mailboxes (id, address, do_not_contact)
            VALUES (1, 'a@b.de', true), (2, 'c@d.de', false);
        INSERT INTO therapist_service.therapists (id, salutation, first_name, last_name, mailbox_id, do_not_contact)
            VALUES (1, 'Sehr geehrte', 'A', 'B', 1, false), (2, NULL, 'C', 'D', 2, true), (3, NULL, 'E', 'F', 2, false);
        INSERT INTO patient_service.patients (id, first_name, last_name, preferred_therapist_gender)
            VALUES (1, 'G', 'H', 'diverse');
        INSERT INTO matching_service.placement_requests (id, patient_id, therapist_id, status)
            VALUES (1, 1, 3, 'canceled');
        INSERT INTO communication_service.emails (id, therapist_id, mailbox_id, subject, body_html, body_text,
                recipient_email, recipient_name, sender_email, sender_name, status, message, message_id, claim_token,
                lease_until)
            SELECT n, 3, 2, 's', 'h', 't', 'c@d.de', 'n', 'f@g.de', 'n', status, 'x', 'id' || n, token::uuid, now()
            FROM (VALUES (1, 'canceled', NULL), (2, 'queued', NULL),
                (3, 'sending', '00000000-0000-0000-0000-000000000001')) AS rows (n, status, token);
        INSERT INTO communication_service.email_batches (email_id, placement_request_id, priority, included)
            VALUES (2, 1, 1, false);
        INSERT INTO communication_service.contact_windows (email_id, therapist_id, mailbox_id, contact_window)
            VALUES (2, 3, 2, '[2026-01-01,)');
        INSERT INTO communication_service.email_days (day, queued) VALUES ('2026-01-01', 1);
        INSERT INTO communication_service.dispatch (id) VALUES (1);
        INSERT INTO communication_service.outbox (type, key, data) VALUES ('t', 1, '{}');
        INSERT INTO communication_service.set_aside (source, reason, row) VALUES ('s', 'r', '{}');
        INSERT INTO matching_service.import_runs (id, kind, sha256, created, changed, unchanged, refused)
            VALUES (1, 'patients', 'x', 1, 0, 0, 0);
        INSERT INTO matching_service.import_changes (run_id, row_id) VALUES (1, 1);
        """,
    )

    migrating.downgrade(database_url, FIRST)

    assert read(database_url, "SELECT id, status::text FROM communication_service.emails ORDER BY id") == [
        (1, "fehlgeschlagen"),
        (2, "in_warteschlange"),
        (3, "wird_gesendet"),
    ]
    assert read(database_url, "SELECT id, status::text, anrede FROM therapist_service.therapists ORDER BY id") == [
        (1, "BLOCKED", "Sehr geehr"),
        (2, "BLOCKED", None),
        (3, "ACTIVE", None),
    ]
    assert read(database_url, "SELECT status::text FROM matching_service.placement_requests") == ["REJECTED"]
    assert read(database_url, "SELECT bevorzugtes_therapeutengeschlecht FROM patient_service.patients") == [None]
    assert read(database_url, "SELECT placement_request_ids FROM communication_service.emails") == [None, None, None]


def test_a_token_for_imports_alone_opens_nothing_after_its_scope_went_down(database_url: str) -> None:
    run(
        database_url,
        """
        INSERT INTO communication_service.access_tokens (name, digest, role, scopes, expires_at) VALUES
            ('alone', 'a', 'coordinator', '{imports}', '2999-01-01'),
            ('beside', 'b', 'coordinator', '{emails,imports}', '2999-01-01'),
            ('other', 'c', 'coordinator', '{emails}', '2999-01-01');
        """,
    )

    migrating.downgrade(database_url, "c3f1a95d7e20")

    tokens = "SELECT name, scopes, revoked_at IS NOT NULL FROM communication_service.access_tokens ORDER BY id"
    assert read(database_url, tokens) == [
        ("alone", [], True),
        ("beside", ["emails"], False),
        ("other", ["emails"], False),
    ]
    migrating.upgrade(database_url)
    assert read(database_url, tokens)[0] == ("alone", [], True)


def test_an_outstanding_email_is_reserved_again_after_its_windows_went_down_and_up(database_url: str) -> None:
    run(
        database_url,
        """
        INSERT INTO therapist_service.therapists (id, first_name, last_name) VALUES (1, 'A', 'B');
        INSERT INTO communication_service.emails (id, therapist_id, subject, body_html, body_text, recipient_email,
                recipient_name, sender_email, sender_name, status, queued_at, message, message_id)
            VALUES (1, 1, 's', 'h', 't', 'c@d.de', 'n', 'f@g.de', 'n', 'queued', '2026-01-01 23:30+00', 'x', 'id');
        """,
    )

    migrating.downgrade(database_url, "5cb20e94f738")
    migrating.upgrade(database_url)

    assert read(database_url, "SELECT email_id, contact_window::text FROM communication_service.contact_windows") == [
        (1, "[2026-01-02,)")
    ]


def test_when_calls_go_down_only_what_a_call_holds_is_open_again_and_up_again_there_is_room_for_new_ones(
    database_url: str,
) -> None:
    run(
        database_url,
        """
        INSERT INTO therapist_service.phone_lines (id, number) VALUES (1, '+49301');
        INSERT INTO therapist_service.therapists (id, first_name, last_name) VALUES (1, 'A', 'B');
        INSERT INTO patient_service.patients (id, first_name, last_name)
            VALUES (1, 'C', 'D'), (2, 'E', 'F'), (3, 'G', 'H'), (4, 'I', 'J');
        INSERT INTO communication_service.callers (id, name, working_hours)
            VALUES (1, 'K', '{"monday": [{"start": "09:00", "end": "12:00"}]}');
        INSERT INTO communication_service.caller_absences (caller_id, begins, ends)
            VALUES (1, '2026-03-02', '2026-03-03');
        INSERT INTO communication_service.closures (day, words) VALUES ('2026-03-04', 'w');
        INSERT INTO communication_service.phone_calls (id, therapist_id, caller_id, line_id, scheduled_date,
                scheduled_time, status, cause, attempt, first_call_id, previous_call_id)
            VALUES (1, 1, 1, 1, '2026-03-02', '09:00', 'failed', 'silent', 1, 1, NULL),
                (2, 1, NULL, 1, '2026-03-03', '23:55', 'scheduled', 'retry', 2, 1, 1);
        INSERT INTO communication_service.emails (id, therapist_id, subject, body_html, body_text, recipient_email,
                recipient_name, sender_email, sender_name, status, message, message_id, sent_at, marked_on,
                follow_up_call_id)
            VALUES (1, 1, 's', 'h', 't', 'c@d.de', 'n', 'f@g.de', 'n', 'sent', 'x', 'id', '2026-02-20 09:00+00',
                '2026-02-20', 1);
        INSERT INTO matching_service.placement_requests (id, patient_id, therapist_id, status, held_by_email_id,
                held_by_call_id, call_asked_from)
            VALUES (1, 1, 1, 'in_progress', NULL, 2, '2026-03-05'), (2, 2, 1, 'in_progress', 1, NULL, '2026-03-05'),
                (3, 3, 1, 'in_progress', NULL, NULL, '2026-03-05'), (4, 4, 1, 'accepted', NULL, NULL, NULL);
        INSERT INTO communication_service.phone_call_batches (phone_call_id, placement_request_id, priority)
            VALUES (2, 1, 1);
        """,
    )

    migrating.downgrade(database_url, "83a6d1f04be7")
    below = read(
        database_url, "SELECT id, status, held_by_email_id FROM matching_service.placement_requests ORDER BY id"
    )
    migrating.upgrade(database_url)

    assert below == [(1, "open", None), (2, "in_progress", 1), (3, "in_progress", None), (4, "accepted", None)]
    assert read(
        database_url,
        "SELECT id, status, held_by_email_id, held_by_call_id, call_asked_from"
        " FROM matching_service.placement_requests ORDER BY id",
    ) == [(*row, None, None) for row in below]
    assert read(database_url, "SELECT follow_up_call_id FROM communication_service.emails") == [None]
    assert read(database_url, "SELECT id FROM communication_service.phone_calls") == []


# Below the first revision


def test_without_rows_nothing_is_left_below_the_first_revision(database_url: str) -> None:
    migrating.downgrade(database_url, "base")

    assert catalog(database_url) == ["schema public"]
    assert migrating.current(database_url) is None


def test_with_rows_nothing_goes_down_below_the_first_revision(carried_url: str) -> None:
    with pytest.raises(migrating.RowsLeft) as caught:
        migrating.downgrade(carried_url, "base")

    assert "therapist_service.therapists" in caught.value.tables
    assert migrating.current(carried_url) == migrating.head()


def test_a_single_step_below_the_first_revision_is_refused_with_rows(old_url: str) -> None:
    with pytest.raises(migrating.RowsLeft):
        migrating.downgrade(old_url, "-1")

    assert migrating.current(old_url) == FIRST


# Databases that these migrations do not know


@pytest.mark.parametrize("revision", LATER_REVISIONS)
def test_a_later_revision_of_the_first_generation_is_refused_with_what_to_do(
    empty_database_url: str, revision: str
) -> None:
    migrating.upgrade(empty_database_url, FIRST)
    run(empty_database_url, f"UPDATE public.alembic_version SET version_num = '{revision}'")

    with pytest.raises(migrating.UnknownRevision, match=f"{revision}.*downgrade the database to {FIRST}") as caught:
        migrating.upgrade(empty_database_url)

    assert caught.value.revision == revision


def test_a_revision_of_a_newer_boona_is_refused(database_url: str) -> None:
    run(database_url, "UPDATE public.alembic_version SET version_num = 'ffffffffffff'")

    with pytest.raises(migrating.UnknownRevision, match="ffffffffffff"):
        migrating.check(database_url)


def test_a_revision_that_the_caller_invents_is_refused(empty_database_url: str) -> None:
    with pytest.raises(migrating.UnknownRevision, match="nonsense"):
        migrating.upgrade(empty_database_url, "nonsense")


def test_schemas_without_a_revision_are_not_touched(empty_database_url: str) -> None:
    run(empty_database_url, "CREATE SCHEMA patient_service")

    with pytest.raises(migrating.UnversionedDatabase) as caught:
        migrating.upgrade(empty_database_url)

    assert caught.value.schemas == ("patient_service",)


def test_a_version_table_with_two_revisions_is_refused(empty_database_url: str) -> None:
    migrating.upgrade(empty_database_url, FIRST)
    run(empty_database_url, "INSERT INTO public.alembic_version VALUES ('17c4e0a9d2b3')")

    with pytest.raises(migrating.AmbiguousRevision) as caught:
        migrating.current(empty_database_url)

    assert caught.value.revisions == ("17c4e0a9d2b3", FIRST)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        migrating.current("postgresql://nobody@127.0.0.1:1/nothing")


# Steps are whole, and taken in turns


def test_a_step_that_fails_leaves_the_steps_before_it_and_nothing_of_itself(old_url: str) -> None:
    run(old_url, "CREATE VIEW public.mine AS SELECT status FROM matching_service.placement_requests")

    with pytest.raises(StoreError) as caught:
        migrating.upgrade(old_url)

    assert migrating.current(old_url) == "2b8e51f7ac04"
    assert read(old_url, "SELECT count(*) FROM matching_service.placement_requests") == [16]
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_an_upgrade_waits_for_another_that_holds_the_lock(empty_database_url: str) -> None:
    engine = sa.create_engine(empty_database_url, poolclass=sa.NullPool)

    with ThreadPoolExecutor() as pool, engine.connect() as other:
        other.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": migrating.LOCK})
        waiting = pool.submit(migrating.upgrade, empty_database_url)
        assert wait([waiting], timeout=0.5).not_done
        other.rollback()
        waiting.result(timeout=60)

    assert migrating.check(empty_database_url) is Standing.AT_HEAD


def test_two_upgrades_at_once_both_arrive(old_url: str) -> None:
    with ThreadPoolExecutor() as pool:
        upgrades = [pool.submit(migrating.upgrade, old_url) for _ in range(2)]
        for upgrade in upgrades:
            upgrade.result(timeout=60)

    assert migrating.check(old_url) is Standing.AT_HEAD


# What is carried over: therapists


def test_phone_hours_of_one_reading_are_written_in_the_strict_form(carried_url: str) -> None:
    found = dict(read(carried_url, "SELECT id, phone_hours FROM therapist_service.therapists"))

    assert found == {
        1: {"monday": [{"start": "09:00", "end": "12:00"}]},
        2: {"monday": [{"start": "09:00", "end": "14:00"}]},
        3: None,
        4: None,
        5: None,
        6: None,
        7: {},
        8: None,
        9: None,
    }


def test_phone_hours_that_are_carried_over_are_read_by_the_application(carried_url: str) -> None:
    stored = read(carried_url, "SELECT phone_hours FROM therapist_service.therapists WHERE phone_hours IS NOT NULL")

    assert [WeeklyWindows.from_json(hours).to_json() for hours in stored] == stored


def test_what_cannot_be_read_of_a_therapist_is_set_aside_in_full(carried_url: str) -> None:
    found = read(
        carried_url,
        "SELECT split_part(source, '.', 3), row FROM communication_service.set_aside"
        " WHERE source LIKE 'therapist_service.%' ORDER BY source, id",
    )

    assert found == [
        ("email", {"id": 4, "email": "keine Adresse"}),
        ("fremdsprachen", {"id": 3, "fremdsprachen": "Englisch"}),
        ("geschlecht", {"id": 4, "geschlecht": "unbekannt"}),
        ("psychotherapieverfahren", {"id": 3, "psychotherapieverfahren": ["VT", 7]}),
        ("psychotherapieverfahren", {"id": 4, "psychotherapieverfahren": {}}),
        (
            "telefonische_erreichbarkeit",
            {"id": 3, "telefonische_erreichbarkeit": {"monday": [{"start": "12:00", "end": "09:00"}]}},
        ),
        ("telefonische_erreichbarkeit", {"id": 4, "telefonische_erreichbarkeit": "Mo-Do 8-12 Uhr"}),
        (
            "telefonische_erreichbarkeit",
            {"id": 6, "telefonische_erreichbarkeit": {"montag": ["09:00-10:00"], "monday": ["11:00-12:00"]}},
        ),
    ]


def test_colleagues_who_share_an_address_share_a_mailbox_however_it_was_written(carried_url: str) -> None:
    found = read(
        carried_url,
        "SELECT t.id, m.address FROM therapist_service.therapists t"
        " LEFT JOIN therapist_service.mailboxes m ON m.id = t.mailbox_id ORDER BY t.id",
    )

    assert found == [
        (1, "praxis@xn--bcher-mhle-9dbg.de"),
        (2, "praxis@xn--bcher-mhle-9dbg.de"),
        (3, "drei@praxis-drei.de"),
        (4, None),
        (5, None),
        (6, "sechs@praxis-sechs.de"),
        (7, "sieben@praxis-sieben.de"),
        (8, "acht@praxis-acht.de"),
        (9, "acht@praxis-acht.de"),
    ]


def test_an_address_that_cannot_be_read_stays_as_text_and_an_empty_one_is_none(carried_url: str) -> None:
    assert read(carried_url, "SELECT email FROM therapist_service.therapists WHERE id IN (1, 4, 5) ORDER BY id") == [
        " Praxis@Bücher-Mühle.DE ",
        "keine Adresse",
        None,
    ]


def test_genders_and_states_of_therapists_become_lower_case_values(carried_url: str) -> None:
    assert read(
        carried_url, "SELECT gender, status FROM therapist_service.therapists WHERE id NOT IN (6, 7) ORDER BY id"
    ) == [
        ("female", "active"),
        ("male", "blocked"),
        ("diverse", "inactive"),
        (None, "active"),
        (None, "active"),
        ("male", "active"),
        (None, "active"),
    ]


def test_a_date_becomes_the_first_instant_of_that_day_in_berlin(carried_url: str) -> None:
    assert read(carried_url, "SELECT created_at, updated_at FROM therapist_service.therapists WHERE id = 1") == [
        (datetime(2024, 3, 30, 23, tzinfo=UTC), datetime(2024, 10, 26, 22, tzinfo=UTC))
    ]


def test_the_unused_schema_goes_unless_somebody_keeps_something_in_it(
    old_url: str, postgres_server: PostgresServer
) -> None:
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname = 'scraping_service'"
    run(old_url, "CREATE TABLE scraping_service.found (id integer); INSERT INTO scraping_service.found VALUES (1)")

    migrating.upgrade(old_url)
    migrating.downgrade(old_url, FIRST)

    assert read(old_url, "SELECT id FROM scraping_service.found") == [1]
    with postgres_server.database() as unused_url:
        migrating.upgrade(unused_url)
        assert read(unused_url, schemas) == []


# Patients


def test_a_searching_patient_without_a_registration_date_gets_the_day_of_its_row_or_today(carried_url: str) -> None:
    assert read(carried_url, "SELECT id, status, registered_on FROM patient_service.patients ORDER BY id") == [
        (1, "searching", date(2024, 2, 29)),
        (2, "searching", date(2024, 3, 3)),
        (3, "open", None),
        (4, "searching", today()),
        (5, "search_aborted", None),
    ]


def test_what_can_be_read_of_a_patient_gets_values_of_today(carried_url: str) -> None:
    assert read(
        carried_url,
        "SELECT gender, travel_mode, availability, travel_limit, preferred_therapist_gender, contracts_signed"
        " FROM patient_service.patients ORDER BY id",
    ) == [
        (
            "female",
            "transit",
            {"tuesday": [{"start": "08:00", "end": "24:00"}]},
            {"max_km": 20, "max_minutes": None},
            "female",
            True,
        ),
        ("male", None, None, None, "any", False),
        (None, None, None, None, None, False),
        (None, "foot", None, None, "male", True),
        (None, "car", None, {}, None, True),
    ]


def test_excluded_therapists_become_rows(carried_url: str) -> None:
    assert read(
        carried_url, "SELECT patient_id, therapist_id FROM patient_service.excluded_therapists ORDER BY 1, 2"
    ) == [
        (1, 2),
        (1, 3),
        (2, 3),
    ]


def test_what_cannot_be_read_of_a_patient_is_set_aside_in_full(carried_url: str) -> None:
    found = read(
        carried_url,
        "SELECT split_part(source, '.', 3), row FROM communication_service.set_aside"
        " WHERE source LIKE 'patient_service.%' ORDER BY source, id",
    )

    assert found == [
        ("ausgeschlossene_therapeuten", {"id": 2, "entry": 3}),
        ("ausgeschlossene_therapeuten", {"id": 2, "entry": 99}),
        ("ausgeschlossene_therapeuten", {"id": 2, "entry": "1"}),
        ("ausgeschlossene_therapeuten", {"id": 2, "entry": None}),
        ("ausgeschlossene_therapeuten", {"id": 2, "entry": 2.5}),
        ("ausgeschlossene_therapeuten", {"id": 3, "entry": "alle"}),
        ("raeumliche_verfuegbarkeit", {"id": 2, "raeumliche_verfuegbarkeit": {"max_km": "weit"}}),
        ("raeumliche_verfuegbarkeit", {"id": 3, "raeumliche_verfuegbarkeit": "nah"}),
        ("verkehrsmittel", {"id": 2, "verkehrsmittel": "Rakete"}),
        ("zeitliche_verfuegbarkeit", {"id": 2, "zeitliche_verfuegbarkeit": {"someday": []}}),
        ("zeitliche_verfuegbarkeit", {"id": 3, "zeitliche_verfuegbarkeit": []}),
    ]


# Requests


def test_requests_and_emails_without_the_other_side_are_set_aside_in_full(carried_url: str) -> None:
    found = read(
        carried_url,
        "SELECT source, row ->> 'id', row ->> 'status', row -> 'placement_request_ids'"
        " FROM communication_service.set_aside"
        " WHERE source IN ('matching_service.placement_requests', 'communication_service.emails') ORDER BY id",
    )

    assert found == [
        ("matching_service.placement_requests", "6", "OPEN", None),
        ("matching_service.placement_requests", "7", "IN_PROGRESS", None),
        ("communication_service.emails", "14", "in_warteschlange", [1, 2]),
    ]


def test_a_request_in_progress_is_held_by_its_newest_email_or_open_again(carried_url: str) -> None:
    assert read(
        carried_url,
        "SELECT id, status, held_by_email_id, priority FROM matching_service.placement_requests ORDER BY id",
    ) == [
        (1, "in_progress", 28, 3),
        (2, "in_progress", 1, 1),
        (3, "accepted", None, 1),
        (4, "rejected", None, 1),
        (5, "open", None, 1),
        (8, "in_progress", 27, 1),
        (9, "canceled", None, 1),
        (10, "open", None, 1),
        (11, "rejected", None, 1),
        (12, "canceled", None, 1),
        (13, "in_progress", 27, 1),
        (14, "open", None, 1),
        (15, "in_progress", 17, 1),
        (1000000, "open", None, 1),
    ]


def test_a_request_that_was_opened_or_canceled_is_reported(carried_url: str) -> None:
    assert read(
        carried_url,
        "SELECT row FROM communication_service.set_aside"
        " WHERE source = 'matching_service.placement_requests.status' ORDER BY (row ->> 'id')::integer",
    ) == [
        {"id": 9, "status": "open", "became": "canceled", "stays": 10},
        {"id": 12, "status": "open", "became": "canceled", "stays": 13},
        {"id": 14, "status": "in_progress", "became": "open"},
    ]


def test_a_request_was_offered_on_the_local_day_of_its_last_sent_email(carried_url: str) -> None:
    assert read(
        carried_url,
        "SELECT id, email_contact_date FROM matching_service.placement_requests WHERE id <= 5 ORDER BY id",
    ) == [
        (1, date(2024, 7, 1)),
        (2, date(2024, 7, 1)),
        (3, date(2024, 1, 16)),
        (4, date(2024, 1, 16)),
        (5, None),
    ]


def test_new_rows_get_ids_above_those_that_were_set_aside(carried_url: str) -> None:
    assert read(carried_url, "SELECT last_value FROM matching_service.placement_requests_id_seq") == [1000000]
    assert read(carried_url, "SELECT last_value FROM communication_service.emails_id_seq") == [29]


# Emails


def test_nothing_of_the_old_queue_is_sent_and_what_was_being_sent_is_uncertain(carried_url: str) -> None:
    assert read(
        carried_url,
        "SELECT status, ever_uncertain, array_agg(id ORDER BY id) FROM communication_service.emails"
        " GROUP BY status, ever_uncertain ORDER BY status",
    ) == [
        ("draft", False, [10, 11, 12, 13]),
        ("failed", False, [3]),
        ("sent", False, [1, 2, 15, 16, 17, 20, 21, 22, 23, 24, 25, 26, 29]),
        ("uncertain", True, [27, 28]),
    ]


def test_naive_times_are_utc_and_the_day_of_an_email_is_local(carried_url: str) -> None:
    assert read(
        carried_url, "SELECT queued_at, sent_at, marked_at, marked_on FROM communication_service.emails WHERE id = 1"
    ) == [
        (
            datetime(2024, 7, 1, 8, tzinfo=UTC),
            datetime(2024, 6, 30, 22, 30, tzinfo=UTC),
            datetime(2024, 6, 30, 22, 30, tzinfo=UTC),
            date(2024, 7, 1),
        )
    ]


def test_an_email_sent_nobody_knows_when_or_in_the_future_has_the_day_of_its_last_change(carried_url: str) -> None:
    assert read(
        carried_url, "SELECT id, marked_on FROM communication_service.emails WHERE id IN (15, 16, 17) ORDER BY id"
    ) == [(15, date(2024, 1, 8)), (16, today()), (17, date(2024, 1, 1))]
    assert read(
        carried_url,
        "SELECT (row ->> 'id')::integer FROM communication_service.set_aside"
        " WHERE source = 'communication_service.emails.sent_at' ORDER BY 1",
    ) == [15, 16]


def test_an_email_has_the_mailbox_that_it_was_written_to(carried_url: str) -> None:
    assert read(
        carried_url,
        "SELECT e.id, m.address FROM communication_service.emails e"
        " LEFT JOIN therapist_service.mailboxes m ON m.id = e.mailbox_id WHERE e.id IN (1, 2, 16) ORDER BY e.id",
    ) == [(1, "praxis@xn--bcher-mhle-9dbg.de"), (2, "alt@praxis-eins.de"), (16, None)]


def test_the_list_of_requests_becomes_batches_the_first_with_the_highest_rank(carried_url: str) -> None:
    assert read(
        carried_url,
        "SELECT email_id, placement_request_id, priority, included, response_outcome"
        " FROM communication_service.email_batches WHERE email_id IN (1, 2, 12, 13, 27)"
        " ORDER BY email_id, priority DESC",
    ) == [
        (1, 2, 2, True, None),
        (1, 1, 1, True, None),
        (2, 1, 3, True, None),
        (2, 3, 2, True, None),
        (2, 4, 1, True, None),
        (12, 9, 2, True, None),
        (12, 10, 1, True, None),
        (27, 8, 2, True, None),
        (27, 13, 1, True, None),
    ]


def test_entries_that_are_no_request_are_set_aside_with_their_place(carried_url: str) -> None:
    assert read(
        carried_url,
        "SELECT reason, row FROM communication_service.set_aside"
        " WHERE source = 'communication_service.emails.placement_request_ids' ORDER BY id",
    ) == [
        ("repeated", {"email_id": 12, "place": 2, "entry": 9}),
        ("no request has this id", {"email_id": 12, "place": 3, "entry": 12345}),
        ("no request has this id", {"email_id": 12, "place": 4, "entry": 6}),
        ("not a whole number", {"email_id": 12, "place": 5, "entry": "8"}),
        ("not a whole number", {"email_id": 12, "place": 6, "entry": None}),
        ("not a whole number", {"email_id": 12, "place": 7, "entry": 10.5}),
        ("a request of another therapist", {"email_id": 12, "place": 8, "entry": 1}),
        ("no request has this id", {"email_id": 12, "place": 10, "entry": -1}),
        ("no request has this id", {"email_id": 12, "place": 11, "entry": 99999999999999}),
        ("not a list", {"email_id": 13, "entry": {"ids": [9]}}),
    ]


# Windows


def test_recent_emails_are_closed_windows_of_which_the_earlier_ends_where_the_later_begins(carried_url: str) -> None:
    assert read(
        carried_url,
        "SELECT email_id, lower(contact_window), upper(contact_window) FROM communication_service.contact_windows"
        " WHERE released_at IS NULL AND NOT upper_inf(contact_window) ORDER BY email_id",
    ) == [
        (16, today(), ago(-7)),
        (20, ago(5), ago(3)),
        (22, ago(3), ago(-4)),
        (24, ago(6), ago(-1)),
        (25, ago(6), ago(4)),
        (26, ago(4), ago(-3)),
    ]


def test_of_uncertain_emails_one_per_therapist_and_mailbox_has_no_end(carried_url: str) -> None:
    assert read(
        carried_url,
        "SELECT email_id, lower(contact_window) FROM communication_service.contact_windows"
        " WHERE released_at IS NULL AND upper_inf(contact_window)",
    ) == [(27, ago(40))]


def test_windows_that_would_be_second_on_a_day_or_beside_an_open_one_are_released(carried_url: str) -> None:
    assert read(
        carried_url,
        "SELECT email_id FROM communication_service.contact_windows WHERE released_at IS NOT NULL ORDER BY email_id",
    ) == [21, 28, 29]


# Answers

PEOPLE = """
INSERT INTO therapist_service.therapists (id, first_name, last_name) VALUES (1, 'Uta', 'Eins'), (2, 'Udo', 'Zwei');
INSERT INTO patient_service.patients (id, first_name, last_name, status) VALUES
    (1, 'Kim', 'Eins', 'in_therapy'), (2, 'Kai', 'Zwei', 'searching'), (3, 'Kay', 'Drei', 'in_therapy');
INSERT INTO matching_service.placement_requests (id, patient_id, therapist_id, status, response_date) VALUES
    (1, 1, 1, 'accepted', '2026-02-01'), (2, 1, 2, 'accepted', '2026-01-01'), (3, 2, 1, 'accepted', '2026-02-01'),
    (4, 3, 1, 'rejected', '2026-02-02'), (5, 3, 2, 'accepted', NULL);
"""


def test_of_a_patient_in_therapy_the_request_that_was_accepted_last_places_them(empty_database_url: str) -> None:
    migrating.upgrade(empty_database_url, "96c3d5b1a740")
    run(empty_database_url, PEOPLE)

    migrating.upgrade(empty_database_url)

    placing = read(empty_database_url, "SELECT id FROM matching_service.placement_requests WHERE places ORDER BY id")
    assert placing == [1, 5]


def test_the_cooldown_of_an_answer_that_there_was_counts_from_its_day(empty_database_url: str) -> None:
    migrating.upgrade(empty_database_url, "96c3d5b1a740")
    run(empty_database_url, PEOPLE)

    migrating.upgrade(empty_database_url)

    days = read(
        empty_database_url, "SELECT cooldown_from, response_date FROM matching_service.placement_requests ORDER BY id"
    )
    assert [counts for counts, _ in days] == [day for _, day in days]
    assert days[3] == (date(2026, 2, 2), date(2026, 2, 2))
