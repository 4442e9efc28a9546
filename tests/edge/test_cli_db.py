"""The commands that migrate the database, and those that need it migrated."""

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.edge.office import Office, office_on

FIRST = "5dfc91e6b6f9"


@pytest.fixture
def office(empty_database_url: str) -> Iterator[Office]:
    """An office whose database has nothing in it."""
    with office_on(empty_database_url) as ready:
        yield ready


def test_an_empty_database_is_taken_up_and_down_again(office: Office) -> None:
    up = office.boona("db", "upgrade")
    checked = office.boona("db", "check")
    down = office.boona("db", "downgrade", "base")

    assert (up.status, up.err) == (0, "")
    assert up.out.startswith("was at nothing, is at ")
    assert checked.status == 0
    assert (down.status, down.out.endswith("is at nothing\n")) == (0, True)


def test_programs_are_told_where_it_was_and_where_it_is(office: Office) -> None:
    up = json.loads(office.boona("db", "upgrade", "--json").out)
    down = json.loads(office.boona("db", "downgrade", FIRST, "--json").out)

    assert (up["before"], up["after"]) == (None, up["goal"])
    assert (down["before"], down["after"], down["dry_run"]) == (up["after"], FIRST, False)


def test_showing_a_migration_changes_nothing(office: Office) -> None:
    said = office.boona("db", "upgrade", "--dry-run")

    assert said.status == 0
    assert said.out.startswith("would go from nothing to ")
    assert office.one("SELECT to_regclass('public.alembic_version')") is None


def test_a_database_that_is_behind_fails_the_check(office: Office) -> None:
    said, program = office.boona("db", "check"), office.boona("db", "check", "--json")

    assert (said.status, program.status) == (1, 1)
    assert "run `boona db upgrade`" in said.out
    assert json.loads(program.out)["standing"] == "empty"


def test_a_revision_that_nobody_knows_is_one_line(office: Office) -> None:
    said = office.boona("db", "downgrade", "0123456789ab")

    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("boona: the revision 0123456789ab is unknown")
    assert said.err.count("\n") == 1


def test_commands_on_a_database_without_tables_say_what_to_do(office: Office) -> None:
    said = office.boona("plan", "emails")

    assert (said.status, said.out) == (1, "")
    assert said.err == "boona: the database has no tables yet: run `boona db upgrade`\n"


def test_migrating_needs_the_database_and_nothing_else(office: Office) -> None:
    nothing = dict.fromkeys(
        [
            "BOONA_SMTP__PORT",
            "BOONA_SENDER__EMAIL",
            "BOONA_SENDER__NAME",
            "BOONA_AGENCY__NAME",
            "BOONA_AGENCY__ADDRESS",
        ]
    )

    assert office.boona("db", "upgrade", **nothing).status == 0


# A newer version's schema


def revision_of_the_future(office: Office) -> None:
    """Migrate, and let the version table name a revision that nobody knows here."""
    assert office.boona("db", "upgrade").status == 0
    with office.engine.begin() as connection:
        connection.execute(sa.text("UPDATE public.alembic_version SET version_num = 'ffffffffffff'"))


def test_a_schema_that_a_newer_version_has_widened_is_worked_on(office: Office) -> None:
    revision_of_the_future(office)
    with office.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE communication_service.emails ADD COLUMN of_the_future integer"))

    assert office.boona("send", "--dry-run").status == 0


def test_a_schema_of_another_revision_that_lacks_something_is_refused(office: Office) -> None:
    revision_of_the_future(office)
    with office.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE communication_service.outbox DROP COLUMN published_at"))

    said = office.boona("send", "--dry-run")

    assert said.status == 1
    assert "ffffffffffff" in said.err
