"""The agency's day, by a sweep and a worker: whoever dies at whichever point, it is planned and sent once."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from tests.chaos.judge import Verdict, query, settled_verdict
from tests.chaos.processes import Crew, Worker, kill_at_random, stop_all, until
from tests.chaos.roles import run_role
from tests.chaos.seeds import agency
from tests.chaos.worker import Orders
from tests.contract.buses import redis_server
from tests.sink import Sink

pytestmark = pytest.mark.chaos

THERAPISTS = 10
OF_SWEEP = ("sweep_looked", "sweep_middle", "hint_begun", "hint_sent")
OF_WORKER = ("hint_received", "work_begun", "plan_written", "plan_committed", "work_done", "work_ended")


@pytest.fixture
def told(orders: Orders, redis_url: str, sink: Sink) -> Orders:
    """An agency with open requests, whose day has begun."""
    agency(orders.libpq_url, therapists=THERAPISTS, patients=1)
    query(
        orders.libpq_url,
        "INSERT INTO communication_service.schedule (name, expression, next_at)"
        " VALUES ('emails', '30 7 * * 1-5', now() - interval '2 days')",
    )
    return evolve(orders, redis_url=redis_url, smtp_port=sink.port)


def day_is_over(told: Orders) -> bool:
    """Whether the day's emails are planned, sent and told, and nobody is at it."""
    (found,) = query(
        told.libpq_url,
        "SELECT (SELECT count(*) FROM communication_service.emails WHERE status IN ('sent', 'uncertain')),"
        " (SELECT count(*) FROM communication_service.emails WHERE status IN ('queued', 'sending')),"
        " (SELECT bool_and(next_at > now() AND token IS NULL) FROM communication_service.schedule)",
    )
    sent, waiting, done = found
    return bool(sent >= THERAPISTS and not waiting and done)


def ended_day(told: Orders, sink: Sink, crew: Crew, what: str) -> Verdict:
    """Let a fresh sweep and worker finish what is left, and judge."""
    fresh = [crew.start(run_role, evolve(told, role=role)) for role in ("sweep", "worker")]
    until(lambda: day_is_over(told), "the day does not end")
    stop_all(fresh)
    crew.end()
    return settled_verdict(told, sink, [], what)


def both(told: Orders, crew: Crew, **faults: Any) -> list[Worker]:
    """A sweep and a worker, both with the fault: who of them comes to the point is a matter of speed."""
    return [crew.start(run_role, evolve(told, role=role, **faults)) for role in ("sweep", "worker")]


@pytest.mark.parametrize("point", OF_SWEEP + OF_WORKER)
def test_a_killed_sweep_or_worker_leaves_a_day_that_is_done_once(
    told: Orders, sink: Sink, crew: Crew, point: str
) -> None:
    team = both(told, crew, faults=f"{point}:kill@1")
    until(lambda: not all(each.alive for each in team), "nobody died")

    verdict = ended_day(told, sink, crew, f"killed at {point}")

    assert verdict.sound, verdict
    assert verdict.accepted == THERAPISTS


@pytest.mark.parametrize("point", ["sweep_middle", "work_begun", "work_done"])
def test_a_frozen_one_that_wakes_after_its_lease_does_nothing_twice(
    told: Orders, sink: Sink, crew: Crew, point: str
) -> None:
    team = both(told, crew, faults=f"{point}:stop@1")
    until(lambda: any(each.is_frozen for each in team), "nobody froze")
    time.sleep(2)  # longer than its lease
    team[0].go_on()
    team[1].go_on()

    verdict = ended_day(told, sink, crew, f"frozen at {point}")

    assert verdict.sound, verdict
    assert verdict.accepted == THERAPISTS


@pytest.mark.parametrize("point", ["sweep_looked", "hint_received"])
def test_one_that_loses_its_database_goes_on(told: Orders, sink: Sink, crew: Crew, point: str) -> None:
    team = both(told, crew, drop_at=point, drop_times=2)
    until(lambda: day_is_over(told), "the day does not end")
    stop_all(team)
    verdict = ended_day(told, sink, crew, f"cut off at {point}")

    assert [each.end() for each in team] == [0, 0]
    assert verdict.sound, verdict
    assert verdict.accepted == THERAPISTS


def test_with_redis_gone_from_the_start_the_day_still_happens(told: Orders, sink: Sink, crew: Crew) -> None:
    gone = evolve(told, redis_url="redis://127.0.0.1:1/0")
    sweep = crew.start(run_role, evolve(gone, role="sweep"))

    until(lambda: day_is_over(told), "the day does not end")
    stop_all([sweep])
    verdict = settled_verdict(told, sink, [], "Redis gone from the start")

    assert verdict.sound, verdict
    assert verdict.accepted == THERAPISTS


def test_a_redis_that_dies_in_the_middle_and_forgets_everything_changes_nothing(
    told: Orders, sink: Sink, crew: Crew, tmp_path: Path
) -> None:
    sink.behave(delay_reply=0.1)
    with redis_server(tmp_path / "redis") as server:
        through = evolve(told, redis_url=server.url)
        team = [crew.start(run_role, evolve(through, role=role)) for role in ("sweep", "worker", "relay")]
        until(lambda: len(sink.accepted()) > 0, "nothing is sent")
    shutil.rmtree(tmp_path / "redis")

    until(lambda: day_is_over(told), "the day does not end")
    stop_all(team)
    verdict = settled_verdict(told, sink, [], "Redis dies in the middle")

    assert verdict.sound, verdict
    assert verdict.accepted == THERAPISTS


def test_two_sweeps_at_once_plan_the_day_once(told: Orders, sink: Sink, crew: Crew) -> None:
    sweeps = [crew.start(run_role, evolve(told, role="sweep", redis_url="redis://127.0.0.1:1/0")) for _ in range(3)]

    until(lambda: day_is_over(told), "the day does not end")
    stop_all(sweeps)
    verdict = settled_verdict(told, sink, [], "three sweeps at once")
    runs = query(told.libpq_url, "SELECT count(DISTINCT batch_id) FROM communication_service.emails")

    assert verdict.sound, verdict
    assert runs == [(1,)]
    assert verdict.accepted == THERAPISTS


def test_a_day_under_random_kills_of_everything_is_done_once(
    told: Orders, sink: Sink, crew: Crew, chaos_length: int
) -> None:
    posts = [
        (run_role, evolve(told, role=role, seed=n)) for n, role in enumerate(["sweep", "worker", "relay", "worker"])
    ]
    kills = 12 * chaos_length

    def moments() -> Iterator[None]:
        for _ in range(kills):
            time.sleep(0.4)
            yield

    stop_all(kill_at_random(crew, posts, moments=moments(), seed=5))
    verdict = ended_day(told, sink, crew, f"{kills} random kills of sweep, workers and relay")

    assert verdict.sound, verdict
    assert verdict.accepted + verdict.uncertain >= THERAPISTS
