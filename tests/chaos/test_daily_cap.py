"""Eight processes queue emails under one cap for the day."""

import time

import pytest
from attrs import evolve

from tests.chaos.judge import query
from tests.chaos.processes import Crew, Program
from tests.chaos.seeds import agency, drafts_after
from tests.chaos.variants import Variant
from tests.chaos.worker import Orders, plan_once, queue_drafts

pytestmark = pytest.mark.chaos

CAP = 100
HEAD_START = 1.0  # seconds until all of them have come to the line


def queued(orders: Orders) -> int:
    """How many emails are queued."""
    return int(
        query(orders.libpq_url, "SELECT count(*) FROM communication_service.emails WHERE status = 'queued'")[0][0]
    )


def race(crew: Crew, orders: Orders, programs: list[Program]) -> list[int]:
    """Let them begin together, and wait for all; their exit codes."""
    together = evolve(orders, begin_at=time.monotonic() + HEAD_START)
    workers = [crew.start(program, evolve(together, seed=seed)) for seed, program in enumerate(programs)]
    return [worker.end() for worker in workers]


def most_over_the_cap(crew: Crew, orders: Orders, caps: list[int]) -> int:
    """Race to one cap after the other until one is passed; by how much."""
    over = 0
    for cap in caps:
        race(crew, evolve(orders, cap=cap), [queue_drafts] * 8)
        over = max(over, queued(orders) - cap)
        if over > 0:
            break
    print(f"\nwithout the counter's lock: {over} over the cap")  # noqa: T201 - the figures are wanted
    return over


def test_a_cap_holds_however_many_queue_at_once(orders: Orders, crew: Crew) -> None:
    agency(orders.libpq_url, therapists=300, patients=1)
    drafts_after(orders.libpq_url, 150)

    ended = race(crew, evolve(orders, cap=CAP, chunk=5), [plan_once, queue_drafts] * 4)

    assert ended == [0] * 8
    assert queued(orders) == CAP
    assert query(orders.libpq_url, "SELECT sum(queued) FROM communication_service.email_days") == [(CAP,)]


def test_without_the_lock_on_the_counter_the_cap_is_passed(orders: Orders, crew: Crew) -> None:
    agency(orders.libpq_url, therapists=400, patients=1)
    drafts_after(orders.libpq_url, 0)

    over = most_over_the_cap(crew, evolve(orders, variant=Variant.NO_COUNTER), [50, 100, 150, 200, 250, 300])

    assert over > 0
