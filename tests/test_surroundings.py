"""What the other tests stand on: databases of their own, and no silence about what is missing in CI."""

import os

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from tests.databases import URL_VARIABLE, PostgresServer
from tests.needs import missing, needs


def answer(url: str, question: str) -> object:
    """The first column of the first row."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return connection.execute(text(question)).scalar_one()


def test_what_is_missing_skips_on_a_laptop() -> None:
    with pytest.raises(pytest.skip.Exception, match="needs a browser"):
        missing("a browser", fails=False)


def test_what_is_missing_fails_in_ci() -> None:
    with pytest.raises(pytest.fail.Exception, match="needs a browser"):
        missing("a browser", fails=True)


def test_what_is_there_is_given_back() -> None:
    assert needs("/usr/bin/true", "a program") == "/usr/bin/true"


def test_a_program_that_a_test_starts_does_not_find_the_test_server() -> None:
    assert URL_VARIABLE not in os.environ


def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"

    assert answer(empty_database_url, tables) == 0


def test_a_migrated_database_has_a_revision_and_no_rows(database_url: str) -> None:
    assert answer(database_url, "SELECT count(*) FROM public.alembic_version") == 1
    assert answer(database_url, "SELECT count(*) FROM therapist_service.therapists") == 0


def test_a_database_is_gone_when_its_test_is_over(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as url:
        assert answer(url, "SELECT 1") == 1

    with pytest.raises(OperationalError, match="does not exist"):
        answer(url, "SELECT 1")


def test_a_connection_left_open_does_not_keep_a_database_alive(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as url:
        engine = create_engine(url, poolclass=NullPool)
        left_open = engine.connect()
        assert left_open.execute(text("SELECT 1")).scalar_one() == 1

    with pytest.raises(OperationalError):
        left_open.execute(text("SELECT 1"))
    left_open.invalidate()


def test_the_server_is_new_enough(postgres_server: PostgresServer) -> None:
    version = answer(postgres_server.url, "SELECT current_setting('server_version_num')::int")

    assert isinstance(version, int)
    assert version >= 150000
