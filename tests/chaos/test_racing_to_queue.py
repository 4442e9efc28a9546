"""Eight processes queue emails to the same therapists, half of whom share mailboxes, and die while they do it."""

import pytest
from attrs import evolve

from tests.chaos.judge import Verdict, deadlocks_in, judge_queuing, overlaps, read_reports, wait_for_the_dead
from tests.chaos.processes import Crew, Program, kill_at_random, moments_along, stop_all, until
from tests.chaos.seeds import agency, drop_constraints
from tests.chaos.variants import Variant
from tests.chaos.worker import Orders, plan, reserve

pytestmark = pytest.mark.chaos

THERAPISTS = 200
PROCESSES = 8
KILLS = 30


def verdict_of(orders: Orders, what: str) -> Verdict:
    """Judge once everything has come to rest, and say what was found."""
    wait_for_the_dead(orders.libpq_url)
    reports = read_reports(orders.report)
    verdict = judge_queuing(orders.libpq_url, reports)
    acknowledged = len(reports.queued) + sum(map(len, reports.batches.values()))
    print(f"\n{what}: {acknowledged} acknowledged, refused {dict(reports.refused)}; {verdict}")  # noqa: T201
    return verdict


def race(crew: Crew, orders: Orders, programs: list[Program], *, kills: int, seed: int) -> None:
    """Let them race under random kills, then stop them."""
    posts = [(program, evolve(orders, seed=place, checks=place % 2 == 0)) for place, program in enumerate(programs)]
    moments = moments_along(kills, orders.told, end=2 * kills, seed=seed)
    stop_all(kill_at_random(crew, posts, moments=moments, seed=seed))


def start_all(crew: Crew, orders: Orders) -> None:
    """Let eight processes reserve until the test is over."""
    for seed in range(PROCESSES):
        crew.start(reserve, evolve(orders, seed=seed))


@pytest.mark.parametrize(
    "programs",
    [[plan] * PROCESSES, [reserve] * PROCESSES, [plan, reserve] * (PROCESSES // 2)],
    ids=["planning", "reserving directly", "both"],
)
def test_processes_that_race_to_queue_never_overlap_nor_deadlock_nor_lose_what_they_acknowledged(
    orders: Orders, crew: Crew, programs: list[Program], chaos_length: int
) -> None:
    agency(orders.libpq_url, therapists=THERAPISTS, patients=PROCESSES, sharing=THERAPISTS // 2)
    kills = KILLS * chaos_length

    race(crew, orders, programs, kills=kills, seed=1)
    verdict = verdict_of(orders, f"{PROCESSES} processes under {kills} kills")

    assert verdict.sound, verdict
    assert sum(verdict.states.values()) > THERAPISTS


def test_without_the_sort_processes_deadlock(orders: Orders, crew: Crew) -> None:
    agency(orders.libpq_url, therapists=THERAPISTS, patients=PROCESSES, sharing=THERAPISTS // 2)

    start_all(crew, evolve(orders, variant=Variant.NO_SORT))
    until(lambda: deadlocks_in(orders.libpq_url) > 0, "no deadlock was seen")
    crew.end()

    assert verdict_of(orders, "without the sort").count("deadlocks") > 0


def test_without_the_constraints_windows_overlap_although_everybody_looks_first(orders: Orders, crew: Crew) -> None:
    agency(orders.libpq_url, therapists=THERAPISTS, patients=PROCESSES, sharing=THERAPISTS // 2)
    drop_constraints(orders.libpq_url)

    start_all(crew, evolve(orders, checks=True))
    until(lambda: len(overlaps(orders.libpq_url)) > 0, "no overlap was seen")
    crew.end()

    assert verdict_of(orders, "without the constraints").count("overlapping") > 0
