"""Turns to ask a service hold behind a PgBouncer that gives every transaction another session."""

import pytest

from tests.chaos.test_pgbouncer import pooled
from tests.chaos.worker import Orders
from tests.edge.test_asking_in_turn import asked_by_processes

pytestmark = pytest.mark.chaos


def test_processes_behind_a_pooler_ask_once_a_second_together(orders: Orders) -> None:
    with pooled(orders) as through:
        server = asked_by_processes(through.database_url, processes=4)

    assert len(server.questions) == 8
    assert min(server.gaps()) >= 1.0
