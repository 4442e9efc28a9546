"""What every chaos test may ask for: a database, a mail server that tells the truth, and processes that may die."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from boona_adapters.embedded import EmbeddedRedis
from boona_adapters.streams.redis import connect
from tests.chaos.processes import Crew, crew_in
from tests.chaos.worker import Orders
from tests.contract.buses import redis_server
from tests.sink import Sink, running_sink


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    """Nobody yet; whoever is left at the end is killed."""
    with crew_in(tmp_path) as crew:
        yield crew


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    """A mail server of the test's own."""
    with running_sink(tmp_path / "sink") as sink:
        yield sink


@pytest.fixture(scope="session")
def chaos_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A Redis that nobody kills."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_url(chaos_redis: EmbeddedRedis) -> str:
    """An empty Redis."""
    client: Any = connect(chaos_redis.url, patience=10)
    client.flushall()
    return chaos_redis.url


@pytest.fixture
def orders(database_url: str, tmp_path: Path) -> Orders:
    """What every process of the test is told: a fresh database, and where to report."""
    return Orders(database_url=database_url, report=tmp_path / "report.jsonl")
