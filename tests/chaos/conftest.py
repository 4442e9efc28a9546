"""What every chaos test may ask for: a database, a mail server that tells the truth, and processes that may die."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.processes import Crew, crew_in
from tests.chaos.worker import Orders
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


@pytest.fixture
def orders(database_url: str, tmp_path: Path) -> Orders:
    """What every process of the test is told: a fresh database, and where to report."""
    return Orders(database_url=database_url, report=tmp_path / "report.jsonl")
