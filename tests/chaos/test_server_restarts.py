"""The database server is restarted while the mail server thinks about its answer."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from attrs import frozen

from boona_adapters.embedded import EmbeddedPostgres, embedded_postgres
from boona_adapters.postgres.migrating import upgrade
from tests.chaos.judge import settled_verdict
from tests.chaos.processes import Crew, until
from tests.chaos.seeds import queue_of
from tests.chaos.worker import Orders, drain
from tests.databases import FORGETFUL
from tests.sink import Rule, Sink

pytestmark = pytest.mark.chaos


@frozen
class Restartable:
    """A database server on one folder and one port."""

    folder: Path
    _running: ExitStack

    def start(self, port: int | None = None) -> EmbeddedPostgres:
        """Run it, on the same port as before where one is given."""
        server: AbstractContextManager[EmbeddedPostgres] = embedded_postgres(self.folder, settings=FORGETFUL)
        if port is not None:
            server = embedded_postgres(self.folder, settings=FORGETFUL, choose_port=lambda: port)
        return self._running.enter_context(server)

    def stop(self) -> None:
        """End it."""
        self._running.close()


@pytest.fixture
def restartable(tmp_path: Path) -> Iterator[Restartable]:
    """A server that is not running yet."""
    with ExitStack() as stack:
        yield Restartable(tmp_path / "postgres", stack)


def test_a_server_that_restarts_between_the_dot_and_the_answer_turns_no_answer_into_a_doubt(
    restartable: Restartable, sink: Sink, crew: Crew, tmp_path: Path
) -> None:
    server = restartable.start()
    upgrade(server.url)
    report = tmp_path / "report.jsonl"
    orders = Orders(database_url=server.url, report=report, smtp_port=sink.port, hurried=True, tells_points=True)
    queued = queue_of(orders.libpq_url, emails=8)
    sink.behave(rules=(Rule(at="dot", who="praxis3@", stall=1.0),))

    worker = crew.start(drain, orders)
    until(lambda: len(sink.accepted()) == 3, "the third email was not accepted")
    restartable.stop()
    until(lambda: report.read_text().count("reply_read") == 3, "the third answer did not come")
    restartable.start(server.port)
    ended = worker.end()
    verdict = settled_verdict(orders, sink, queued, "restarted between dot and answer")

    assert ended == 0
    assert verdict.sound, verdict
    assert verdict.states == {"sent": 8}
