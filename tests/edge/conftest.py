"""An office whose mail goes into a sink, and a Redis, for whoever starts processes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from boona_adapters.embedded import EmbeddedRedis
from boona_adapters.streams.redis import connect
from tests.contract.buses import redis_server
from tests.edge.office import Office, office_on
from tests.sink import Sink, running_sink


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with running_sink(tmp_path / "sink") as ready:
        yield ready


@pytest.fixture
def office(database_url: str, sink: Sink) -> Iterator[Office]:
    """An office on a fresh database, which sends into the sink."""
    with office_on(database_url, smtp_port=sink.port) as ready:
        yield ready


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def emptied(redis: EmbeddedRedis) -> EmbeddedRedis:
    """The Redis of the module, with nothing in it."""
    client: Any = connect(redis.url, patience=5)
    client.flushall()
    return redis


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """Where the processes of a test write."""
    folder = tmp_path / "outputs"
    folder.mkdir()
    return folder
