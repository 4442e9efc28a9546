"""Eight processes book, move and cancel calls at random, and die while they do it."""

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve, field, frozen

from tests.chaos.booking import CALLERS, OPERATIONS_A_LINE, THERAPISTS, book
from tests.chaos.judge import query, wait_for_the_dead
from tests.chaos.processes import Crew, kill_at_random, moments_along, stop_all, until
from tests.chaos.seeds import drop_constraints_of_calls, therapists_and_callers
from tests.chaos.worker import Orders, drop_connections, tell

pytestmark = pytest.mark.chaos

PROCESSES = 8
KILLS = 25
MOMENTS_A_DROP = 5
"""At so many kills the server ends all connections once."""

OPERATIONS = 5_000
"""In the short form."""

_PLANNED = """
SELECT id, caller_id, therapist_id, line_id, scheduled_date,
       extract(hour FROM scheduled_time) * 60 + extract(minute FROM scheduled_time), duration_minutes
  FROM communication_service.phone_calls WHERE status = 'scheduled'
"""


@frozen(kw_only=True)
class Verdict:
    """What was found.

    Attributes:
        operations: How many were told of.
        planned: How many calls are planned in the end.
        overlapping: For each of caller, therapist and number: the pairs of calls at one time.
        lost: The calls that were acknowledged and are not there.
    """

    operations: int
    planned: int
    overlapping: dict[str, list[tuple[int, int]]] = field(factory=dict)
    lost: list[int] = field(factory=list)

    @property
    def sound(self) -> bool:
        """Whether nobody is in two calls at once, and nothing is lost."""
        return not any(self.overlapping.values()) and not self.lost

    def __str__(self) -> str:
        twice = ", ".join(f"{len(pairs)} of one {who}" for who, pairs in self.overlapping.items())
        return f"{self.operations} operations, {self.planned} planned, at one time: {twice}, lost: {len(self.lost)}"


def lines_of(orders: Orders) -> list[dict[str, Any]]:
    """What was told so far."""
    return [json.loads(line) for line in orders.report.read_text().splitlines()] if orders.report.exists() else []


def operations_of(orders: Orders) -> int:
    """How many operations were told of so far."""
    return sum(line.get("operations", 0) for line in lines_of(orders))


def judge(orders: Orders) -> Verdict:
    """Look once everything has come to rest, by an arithmetic of its own."""
    wait_for_the_dead(orders.libpq_url)
    told = lines_of(orders)
    there = {number for (number,) in query(orders.libpq_url, "SELECT id FROM communication_service.phone_calls")}
    rows = query(orders.libpq_url, _PLANNED)
    verdict = Verdict(
        operations=operations_of(orders),
        planned=len(rows),
        overlapping={who: overlaps(rows, place) for place, who in ((1, "caller"), (2, "therapist"), (3, "number"))},
        lost=sorted({number for line in told for number in line.get("booked", ())} - there),
    )
    print(f"\n{verdict}")  # noqa: T201
    return verdict


def overlaps(rows: list[tuple[Any, ...]], place: int) -> list[tuple[int, int]]:
    """The pairs of calls that share somebody and a minute: sorted by start, one begins before the last has ended."""
    days: dict[Any, list[tuple[int, int, int]]] = defaultdict(list)
    for row in rows:
        number, day, start, minutes = row[0], row[4], int(row[5]), row[6]
        if row[place] is not None:
            days[row[place], day].append((start, start + minutes, number))
    return [
        (one[2], other[2]) for calls in days.values() for one, other in pairwise(sorted(calls)) if other[0] < one[1]
    ]


def test_nobody_is_in_two_calls_at_once_and_no_booking_is_lost_under_kills(
    orders: Orders, crew: Crew, chaos_length: int
) -> None:
    therapists_and_callers(orders.libpq_url, therapists=THERAPISTS, callers=CALLERS)
    posts = [(book, evolve(orders, seed=place)) for place in range(PROCESSES)]
    wanted = OPERATIONS * chaos_length
    lines = wanted // OPERATIONS_A_LINE
    moments = moments_along(KILLS * chaos_length, orders.told, end=lines, seed=1)

    workers = kill_at_random(crew, posts, moments=dropping_connections(moments, orders), seed=1)
    until(lambda: orders.told() >= lines and operations_of(orders) >= wanted, "nothing moves on")
    stop_all(workers)
    verdict = judge(orders)

    assert verdict.sound, verdict
    assert verdict.operations >= wanted
    assert verdict.planned > 0


def dropping_connections(moments: Iterator[None], orders: Orders) -> Iterator[None]:
    """The same moments; at some of them the server ends every connection first."""
    for number, _ in enumerate(moments, start=1):
        if number % MOMENTS_A_DROP == 0:
            drop_connections(orders.libpq_url)
        yield


def test_without_the_constraints_the_judge_sees_people_in_two_calls_at_once(orders: Orders, crew: Crew) -> None:
    therapists_and_callers(orders.libpq_url, therapists=THERAPISTS, callers=CALLERS)
    drop_constraints_of_calls(orders.libpq_url)

    _ = [crew.start(book, evolve(orders, seed=place, checks=place % 2 == 0)) for place in range(PROCESSES)]
    seen = first_overlap(orders)
    crew.end()

    assert seen


def test_the_judge_misses_a_call_that_was_acknowledged_and_is_not_there(orders: Orders) -> None:
    tell(orders, operations=1, booked=[999_999])

    verdict = judge(orders)

    assert verdict.lost == [999_999]
    assert not verdict.sound


def first_overlap(orders: Orders) -> list[tuple[int, int]]:
    """Wait until the judge's arithmetic sees somebody in two planned calls; others may take it apart again."""
    seen: list[tuple[int, int]] = []

    def look() -> bool:
        rows = query(orders.libpq_url, _PLANNED)
        seen.extend(pair for place in (1, 2, 3) for pair in overlaps(rows, place))
        return bool(seen)

    until(look, "no overlap was seen")
    return seen
