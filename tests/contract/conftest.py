"""The stores that every contract test runs on, and how a test sees that one unit waits for another."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.api import OpenPostgresApiUnit
from boona_adapters.postgres.engine import create_engine
from tests.contract.postgres_seeds import PostgresSeeds, empty
from tests.databases import PostgresServer
from tests.situations import Store, memory_store


@frozen
class Second:
    """Does things in a unit of another thread while the test keeps its own unit open."""

    _store: Store
    _pool: ThreadPoolExecutor

    def does(self, work: Any, *arguments: Any, **named: Any) -> "Future[Any]":
        """Start *work*, which opens a unit of its own."""
        return self._pool.submit(work, *arguments, **named)

    def waits(self, work: "Future[Any]") -> bool:
        """Whether *work* has come to wait for another unit (or, False, has ended instead)."""
        while not self._store.seed.waiting():
            if wait([work], timeout=0.01).done:
                return False
        return True


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store."""
    if request.param == "memory":
        return memory_store()
    postgres: Store = request.getfixturevalue("postgres_store")
    return postgres


@pytest.fixture(scope="session")
def contract_engine(postgres_server: PostgresServer, migrated_template: str) -> Iterator[sa.Engine]:
    """An engine on a migrated database that all contract tests share, one after the other."""
    with postgres_server.database(template=migrated_template) as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture
def postgres_store(contract_engine: sa.Engine) -> Store:
    """An empty store in Postgres."""
    empty(contract_engine)
    return Store(open_unit=OpenPostgresApiUnit(contract_engine), seed=PostgresSeeds(contract_engine))


@pytest.fixture
def second(store: Store) -> Iterator[Second]:
    """Somebody else who works with the same store."""
    with ThreadPoolExecutor() as pool:
        yield Second(store, pool)
