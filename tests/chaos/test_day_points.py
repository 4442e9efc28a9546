"""The agency's day, by a sweep and a worker: whoever dies at whichever point, everything in it is done once."""

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from boona_adapters.settings import ScheduleSettings
from tests.chaos.days import Agency, judge_day
from tests.chaos.judge import Verdict, query
from tests.chaos.processes import Crew, Worker, kill_at_random, stop_all, until
from tests.chaos.roles import run_role
from tests.chaos.worker import Orders
from tests.contract.buses import redis_server
from tests.sink import Sink

pytestmark = pytest.mark.chaos

ROLES = ("sweep", "worker")
OF_SWEEP = ("sweep_looked", "sweep_middle", "hint_begun", "hint_sent")
OF_WORKER = (
    "hint_received",
    "work_begun",
    "calls_written",
    "calls_committed",
    "plan_written",
    "plan_committed",
    "work_done",
    "work_ended",
    "claimed",
    "marker_committed",
    "result_committed",
)
OF_COMMIT = ("commit_begun", "commit_done")
OF_FORGETTING = ("events_forgotten", "forgetting_committed")
POINTS = OF_SWEEP + OF_WORKER
OLD_EVENTS = 2_500
NO_REDIS = "redis://127.0.0.1:1/0"


@pytest.fixture
def day(orders: Orders) -> Agency:
    """An agency whose day has begun: some are to be asked by email, some to be called."""
    agency = Agency(libpq_url=orders.libpq_url, emails=10, calls=4)
    agency.found()
    agency.comes_in(0, 1)
    agency.time_comes()
    return agency


@pytest.fixture
def told(orders: Orders, redis_url: str, sink: Sink) -> Orders:
    """What sweep, worker and relay are told."""
    return evolve(orders, redis_url=redis_url, smtp_port=sink.port)


def start(told: Orders, crew: Crew, *roles: str, **faults: Any) -> list[Worker]:
    """These roles, all with the fault: who of them comes to the point is a matter of speed."""
    return [crew.start(run_role, evolve(told, role=role, **faults)) for role in roles]


def ended_day(told: Orders, day: Agency, sink: Sink, crew: Crew, what: str, *, awake: Sequence[Worker] = ()) -> Verdict:
    """Let a fresh sweep, worker and relay finish what is left, and judge; who freezes of *awake* is woken at once."""
    fresh = start(told, crew, *ROLES, "relay")

    def is_over() -> bool:
        for each in awake:
            each.go_on()
        return day.is_over()

    until(is_over, "the day does not end")
    stop_all(fresh)
    crew.end()
    return judge_day(told, day, sink, what)


def old_events(told: Orders) -> None:
    """Events that were published long ago; it is time to forget them."""
    query(
        told.libpq_url,
        "INSERT INTO communication_service.outbox (type, key, data, created_at, published_at)"
        " SELECT 'communication.email_sent', 1, '{}', now() - interval '50 days', now() - interval '40 days'"
        f" FROM generate_series(1, {OLD_EVENTS})",
    )
    query(
        told.libpq_url,
        "INSERT INTO communication_service.schedule (name, expression, next_at) VALUES (%s, %s, now())",
        ("forget", ScheduleSettings().forget),
    )


def has_forgotten(told: Orders) -> bool:
    """Whether somebody has come to the end of forgetting what there was to forget."""
    return query(
        told.libpq_url, "SELECT next_at > now() FROM communication_service.schedule WHERE name = 'forget'"
    ) == [(True,)]


def is_forgotten(told: Orders) -> bool:
    """Whether nothing is left of what was published long ago."""
    old = "SELECT count(*) FROM communication_service.outbox WHERE published_at < now() - interval '31 days'"
    return query(told.libpq_url, old) == [(0,)]


@pytest.mark.parametrize("point", POINTS + OF_COMMIT)
def test_a_killed_sweep_or_worker_leaves_a_day_that_is_done_once(
    told: Orders, day: Agency, sink: Sink, crew: Crew, point: str
) -> None:
    team = start(told, crew, *ROLES, faults=f"{point}:kill@1")
    until(lambda: not all(each.alive for each in team), "nobody died")

    verdict = ended_day(told, day, sink, crew, f"killed at {point}")

    assert verdict.sound, verdict
    assert verdict.accepted + verdict.uncertain >= day.emails


@pytest.mark.parametrize("point", POINTS + OF_COMMIT)
def test_a_frozen_one_that_wakes_after_its_lease_does_nothing_twice(
    told: Orders, day: Agency, sink: Sink, crew: Crew, point: str
) -> None:
    team = start(told, crew, *ROLES, faults=f"{point}:stop@1")
    until(lambda: any(each.is_frozen for each in team), "nobody froze")
    time.sleep(2)  # longer than its lease

    verdict = ended_day(told, day, sink, crew, f"frozen at {point}", awake=team)

    assert verdict.sound, verdict
    assert verdict.accepted == day.emails


@pytest.mark.parametrize("point", POINTS + OF_COMMIT)
def test_one_that_loses_its_database_goes_on(told: Orders, day: Agency, sink: Sink, crew: Crew, point: str) -> None:
    team = start(told, crew, *ROLES, "relay", drop_at=point, drop_times=2)
    until(day.is_over, "the day does not end")
    stop_all(team)
    verdict = ended_day(told, day, sink, crew, f"cut off at {point}")

    assert [each.end() for each in team] == [0, 0, 0]
    assert verdict.sound, verdict
    assert verdict.accepted == day.emails


@pytest.mark.parametrize("faults", [f"{point}:{deed}@1" for point in OF_FORGETTING for deed in ("kill", "stop")])
def test_whoever_dies_or_freezes_while_it_forgets_forgets_what_was_published_and_nothing_else(
    told: Orders, day: Agency, sink: Sink, crew: Crew, faults: str
) -> None:
    old_events(told)
    (team,) = start(evolve(told, redis_url=NO_REDIS), crew, "sweep", faults=faults)
    until(lambda: not team.alive or team.is_frozen, "nobody came to the point")
    successor = start(told, crew, "sweep")
    until(lambda: has_forgotten(told), "nobody goes on forgetting")
    team.go_on()  # who froze before a commit has some of them in hand
    until(lambda: is_forgotten(told), "what is old is not forgotten")
    stop_all(successor)

    verdict = ended_day(told, day, sink, crew, f"forgetting, {faults}")

    assert verdict.sound, verdict


@pytest.mark.parametrize("point", OF_FORGETTING)
def test_one_that_loses_its_database_while_it_forgets_goes_on(
    told: Orders, day: Agency, sink: Sink, crew: Crew, point: str
) -> None:
    old_events(told)
    team = start(evolve(told, redis_url=NO_REDIS), crew, "sweep", drop_at=point, drop_times=2)
    until(lambda: is_forgotten(told), "what is old is not forgotten")
    stop_all(team)
    verdict = ended_day(told, day, sink, crew, f"cut off while forgetting, at {point}")

    assert [each.end() for each in team] == [0]
    assert verdict.sound, verdict
    assert verdict.accepted == day.emails


def test_with_redis_gone_from_the_start_the_day_still_happens(
    told: Orders, day: Agency, sink: Sink, crew: Crew
) -> None:
    gone = evolve(told, redis_url=NO_REDIS)
    alone = start(gone, crew, "sweep")
    until(day.is_done, "the day does not happen")
    stop_all(alone)

    verdict = ended_day(told, day, sink, crew, "Redis gone from the start")

    assert verdict.sound, verdict
    assert verdict.accepted == day.emails


def test_a_redis_that_dies_in_the_middle_and_forgets_everything_changes_nothing(
    told: Orders, day: Agency, sink: Sink, crew: Crew, tmp_path: Path
) -> None:
    sink.behave(delay_reply=0.1)
    with redis_server(tmp_path / "redis") as server:
        through = evolve(told, redis_url=server.url, more={"BOONA_EVENTS__BUS": "none"})
        team = start(through, crew, *ROLES)
        until(lambda: len(sink.accepted()) > 0, "nothing is sent")
    shutil.rmtree(tmp_path / "redis")

    until(day.is_done, "the day does not happen")
    stop_all(team)
    verdict = ended_day(told, day, sink, crew, "Redis dies in the middle")

    assert verdict.sound, verdict
    assert verdict.accepted == day.emails


def test_three_sweeps_at_once_plan_the_day_once(told: Orders, day: Agency, sink: Sink, crew: Crew) -> None:
    sweeps = start(evolve(told, redis_url=NO_REDIS), crew, "sweep", "sweep", "sweep")
    until(day.is_done, "the day does not happen")
    stop_all(sweeps)

    verdict = ended_day(told, day, sink, crew, "three sweeps at once")
    runs = query(
        told.libpq_url,
        "SELECT count(DISTINCT batch_id) FROM communication_service.emails WHERE batch_id IS NOT NULL",
    )

    assert verdict.sound, verdict
    assert runs == [(1,)]
    assert verdict.accepted == day.emails


def test_a_day_under_random_kills_of_everything_is_done_once(
    told: Orders, day: Agency, sink: Sink, crew: Crew, chaos_length: int
) -> None:
    posts = [(run_role, evolve(told, role=role, seed=n)) for n, role in enumerate([*ROLES, "relay", "worker"])]
    kills = 12 * chaos_length

    def moments() -> Iterator[None]:
        for _ in range(kills):
            time.sleep(0.4)
            yield

    stop_all(kill_at_random(crew, posts, moments=moments(), seed=5))
    verdict = ended_day(told, day, sink, crew, f"{kills} random kills of sweep, workers and relay")

    assert verdict.sound, verdict
    assert verdict.accepted + verdict.uncertain >= day.emails
