"""Where a test gets its Postgres from: one server per run, one migrated database per test.

The server is the one that `BOONA_TEST_DATABASE_URL` names (any of its databases; the user must be allowed
to create others), else the embedded one, started for this run and ended with it. A template is migrated
once, by the same function as `boona db upgrade`, and copied for each test (about 25 ms), so that no test
sees another's rows.
"""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from attrs import field, frozen
from sqlalchemy import NullPool, create_engine, make_url, text

from boona_core.errors import BoonaError
from tests.needs import missing

URL_VARIABLE = "BOONA_TEST_DATABASE_URL"

# The data of a test run is worth nothing: the server may forget it when the machine stops.
FORGETFUL: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "100",
}

_given_url = pytest.StashKey[str | None]()


def pytest_configure(config: pytest.Config) -> None:
    """Take the server's URL out of the environment: no program that a test starts is to find it there."""
    config.stash[_given_url] = os.environ.pop(URL_VARIABLE, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use a database, so that they can be run again on another server."""
    for item in items:
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


@frozen
class PostgresServer:
    """A running Postgres on which tests make and drop databases of their own.

    `url` names a database that always exists, as SQLAlchemy writes it for psycopg2.
    """

    url: str = field(repr=False)
    embedded: bool = field(kw_only=True)

    def url_of(self, database: str) -> str:
        """The URL of another database on this server."""
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def run(self, statement: str) -> None:
        """Run one statement outside of any transaction, in the database that `url` names."""
        engine = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    @contextmanager
    def database(self, *, template: str = "template0") -> Iterator[str]:
        """Make a copy of `template`, yield its URL, and drop it with whoever is still connected."""
        name = f"boona_test_{secrets.token_hex(8)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        try:
            yield self.url_of(name)
        finally:
            self.run(f'DROP DATABASE "{name}" WITH (FORCE)')


def for_psycopg2(url: str) -> str:
    """The same URL with the driver named (for SQLAlchemy 2.1 plain `postgresql://` is psycopg 3)."""
    return make_url(url).set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)


@contextmanager
def embedded_server() -> Iterator[PostgresServer]:
    """Start the embedded Postgres in a folder of its own, and end both.

    Skips where it cannot start, fails in CI.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="boona-test-", ignore_cleanup_errors=True))
        try:
            from boona_adapters.embedded import embedded_postgres  # noqa: PLC0415 - absent is an answer here

            server = stack.enter_context(embedded_postgres(Path(folder) / "postgres", settings=FORGETFUL))
        except (BoonaError, ImportError, OSError) as error:
            missing("postgres", f"none named by {URL_VARIABLE}, and the embedded one says: {error!r}")
        yield PostgresServer(for_psycopg2(server.url), embedded=True)


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """The Postgres of this test run."""
    given = request.config.stash[_given_url]
    with ExitStack() as stack:
        if given:
            yield PostgresServer(for_psycopg2(given), embedded=False)
        else:
            yield stack.enter_context(embedded_server())


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a database at the newest revision, to be copied and never connected to."""
    from boona_adapters.postgres.migrating import upgrade  # noqa: PLC0415 - tests without a database do without it

    with postgres_server.database() as url:
        name = make_url(url).database
        assert name is not None
        upgrade(url)
        postgres_server.run(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        yield name


@pytest.fixture
def database_url(postgres_server: PostgresServer, migrated_template: str) -> Iterator[str]:
    """A fresh database at the newest revision, without rows; dropped after the test."""
    with postgres_server.database(template=migrated_template) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh database with nothing in it, no revision either; dropped after the test."""
    with postgres_server.database() as url:
        yield url
