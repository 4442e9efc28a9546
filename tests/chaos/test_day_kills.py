"""The agency's day in full motion, and anything may die at any moment: processes, Redis, database connections."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest
from attrs import evolve

from boona_adapters.embedded import EmbeddedRedis
from tests.chaos.days import Agency, judge_day
from tests.chaos.forgetful import forgetful_redis
from tests.chaos.judge import Verdict
from tests.chaos.outbox import relay_beside_others
from tests.chaos.processes import Crew, Program, kill_at_random, stop_all, until
from tests.chaos.roles import run_role
from tests.chaos.test_pgbouncer import pooled
from tests.chaos.variants import Variant
from tests.chaos.worker import Orders, drop_connections
from tests.sink import Sink

pytestmark = pytest.mark.chaos

# In the short form; ``--chaos-length 20`` is ten minutes with 5,000 emails and 2,000 calls in motion.
SECONDS = 30
EMAILS = 250
CALLS = 100
KILLS_A_SECOND = 1.5
HOUR = 0.8
"""Seconds after which the time of the works comes again."""

RELAY: Sequence[tuple[Program, str]] = ((run_role, "relay"), (run_role, "relay"))
BROKEN_RELAY: Sequence[tuple[Program, str]] = ((relay_beside_others, ""),) * 3


def moments(day: Agency, *, seconds: float, kills: int, hour: float, seed: int) -> Iterator[None]:
    """So many moments; between them more and more comes in, and now and then the time of the works comes."""
    rng = random.Random(seed)  # noqa: S311 - a test may be repeatable
    begun = came = time.monotonic()
    for number in range(kills):
        day.comes_in(number / kills, (number + 1) / kills)
        if time.monotonic() - came > hour:
            came = time.monotonic()
            day.time_comes()
        yield
        time.sleep(max(0.0, begun + seconds * (number + rng.random()) / kills - time.monotonic()))


def campaign(
    day: Agency,
    told: Orders,
    sink: Sink,
    crew: Crew,
    like: EmbeddedRedis,
    *,
    seconds: float,
    hour: float = HOUR,
    relay: Sequence[tuple[Program, str]] = RELAY,
    seed: int,
) -> None:
    """Let the day happen under random kills, and end in peace.

    The doorbell is a Redis that is killed and forgets; the events go to one that is not, or nobody could tell which of
    them had arrived.
    """
    kills = round(seconds * KILLS_A_SECOND)
    sink.behave(delay_reply=0.15)
    with forgetful_redis(like) as doorbell:
        inside = evolve(told, redis_url=doorbell.url, more={"BOONA_EVENTS__BUS": "none"})
        posts: list[tuple[Program, Orders]] = [
            *((run_role, evolve(inside, role=role, seed=n)) for n, role in enumerate(["sweep", "worker", "worker"])),
            *((program, evolve(told, role=role, seed=n)) for n, (program, role) in enumerate(relay, start=3)),
        ]
        mishaps: list[Callable[[], None]] = [
            doorbell.is_replaced,
            partial(drop_connections, day.libpq_url),
            partial(drop_connections, day.libpq_url, share=0.3),
        ]
        at = moments(day, seconds=seconds, kills=kills, hour=hour, seed=seed)
        stop_all(kill_at_random(crew, posts, moments=at, seed=seed, mishaps=mishaps))
        day.time_comes()
        peace = evolve(told, variant=Variant.SOUND)
        last = [crew.start(run_role, evolve(peace, role=role)) for role in ("sweep", "worker", "relay")]
        until(day.is_over, "the day does not end")
        stop_all(last)
        crew.end()


def judged(day: Agency, told: Orders, sink: Sink) -> Verdict:
    """What is found when everything has come to rest."""
    return judge_day(told, day, sink, f"{day.emails} emails and {day.calls} calls in motion")


def agency(told: Orders, *, emails: int, calls: int) -> Agency:
    """An agency to whom nothing has come in yet."""
    day = Agency(libpq_url=told.libpq_url, emails=emails, calls=calls)
    day.found(callers=10)
    return day


@pytest.fixture
def told(orders: Orders, redis_url: str, sink: Sink) -> Orders:
    """What everybody is told; this Redis is the bus."""
    return evolve(orders, redis_url=redis_url, smtp_port=sink.port)


def test_a_day_in_which_anything_may_die_is_done_once_and_told_in_order(
    told: Orders, sink: Sink, crew: Crew, chaos_redis: EmbeddedRedis, chaos_length: int
) -> None:
    day = agency(told, emails=EMAILS * chaos_length, calls=CALLS * chaos_length)

    campaign(day, told, sink, crew, chaos_redis, seconds=SECONDS * chaos_length, seed=1)
    verdict = judged(day, told, sink)

    assert verdict.sound, verdict
    assert verdict.states["sent"] + verdict.uncertain == day.emails
    assert verdict.states["sent"] > day.emails // 2


def test_the_same_behind_a_pooler(
    told: Orders, sink: Sink, crew: Crew, chaos_redis: EmbeddedRedis, chaos_length: int
) -> None:
    day = agency(told, emails=100 * chaos_length, calls=40 * chaos_length)

    with pooled(told) as through:
        campaign(day, through, sink, crew, chaos_redis, seconds=12 * chaos_length, seed=2)
    verdict = judged(day, told, sink)

    assert verdict.sound, verdict
    assert verdict.states["sent"] + verdict.uncertain == day.emails


def test_where_the_guards_are_taken_out_the_judge_sees_it(
    told: Orders, sink: Sink, crew: Crew, chaos_redis: EmbeddedRedis
) -> None:
    day = agency(told, emails=400, calls=80)
    broken = evolve(told, variant=Variant.BLIND)

    campaign(day, broken, sink, crew, chaos_redis, seconds=40, hour=2, relay=BROKEN_RELAY, seed=5)
    verdict = judged(day, told, sink)

    assert verdict.count("doubled") > 0
    assert verdict.count("called twice") > 0
    assert verdict.count("events out of order") > 0
