"""A relay that is killed, frozen or cut off at each point of its way loses no event and turns no order round."""

import pytest
from attrs import evolve

from tests.chaos.outbox import (
    Delivery,
    happen,
    judge_delivery,
    keys,
    make_events,
    redis_bodies,
    relay_above_a_mark,
    relay_all,
    relay_beside_others,
    relay_on,
)
from tests.chaos.processes import Crew, kill_at_random, moments_along, stop_all, until
from tests.chaos.worker import Orders

pytestmark = pytest.mark.chaos

EVENTS = 100
POINTS = ("relay_read", "relay_published", "relay_marked")


@pytest.fixture
def told(orders: Orders, redis_url: str) -> Orders:
    """Orders with a Redis, and the keys in place."""
    keys(orders.libpq_url)
    return evolve(orders, redis_url=redis_url)


def verdict_on(told: Orders, what: str) -> Delivery:
    return judge_delivery(told.libpq_url, redis_bodies(told.redis_url), what)


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_relay_loses_nothing(told: Orders, crew: Crew, point: str) -> None:
    make_events(told.libpq_url, EVENTS)

    died = crew.start(relay_all, evolve(told, faults=f"{point}:kill@2")).end()
    ended = crew.start(relay_all, told).end()
    verdict = verdict_on(told, f"relay killed at {point}")

    assert (died, ended) == (-9, 0)
    assert verdict.sound, verdict
    assert verdict.arrived == EVENTS + (20 if point == "relay_published" else 0)


@pytest.mark.parametrize("point", POINTS)
def test_a_frozen_relay_that_wakes_beside_its_successor_turns_no_order_round(
    told: Orders, crew: Crew, point: str
) -> None:
    make_events(told.libpq_url, EVENTS)

    frozen = crew.start(relay_all, evolve(told, faults=f"{point}:stop@2"))
    frozen.wait_until_frozen()
    ended = crew.start(relay_all, told).end()
    frozen.go_on()
    woken = frozen.end()
    verdict = verdict_on(told, f"relay frozen at {point}")

    assert (ended, woken) == (0, 0)
    assert verdict.sound, verdict


@pytest.mark.parametrize("point", POINTS)
def test_a_relay_that_loses_its_database_goes_on_where_it_was(told: Orders, crew: Crew, point: str) -> None:
    make_events(told.libpq_url, EVENTS)

    ended = crew.start(relay_all, evolve(told, drop_at=point)).end()
    verdict = verdict_on(told, f"relay cut off at {point}")

    assert ended == 0
    assert verdict.sound, verdict


def campaign(told: Orders, crew: Crew, program: object, *, kills: int, seed: int) -> Delivery:
    """Let things happen from four places while two relays are killed at random; then relay the rest in peace."""
    makers = [crew.start(happen, evolve(told, seed=number, rate=60.0)) for number in range(4)]
    posts = [(program, evolve(told, seed=number)) for number in range(2)]

    def progress() -> int:
        return len(redis_bodies(told.redis_url))

    moments = moments_along(kills, progress, end=kills * 20, seed=seed)
    relays = kill_at_random(crew, posts, moments=moments, seed=seed)  # type: ignore[arg-type]
    stop_all(makers)
    if program is relay_on:
        crew.start(relay_all, told).end()
    stop_all(relays)
    return verdict_on(told, f"{kills} random kills, {getattr(program, '__name__', '')}")


def test_no_event_is_lost_or_out_of_order_under_random_kills(told: Orders, crew: Crew, chaos_length: int) -> None:
    verdict = campaign(told, crew, relay_on, kills=30 * chaos_length, seed=1)

    assert verdict.sound, verdict
    assert verdict.happened > 200


def test_the_judge_sees_what_a_mark_loses(told: Orders, crew: Crew) -> None:
    verdict = campaign(told, crew, relay_above_a_mark, kills=3, seed=2)

    assert verdict.lost


def test_the_judge_sees_the_order_that_two_relays_at_once_break(told: Orders, crew: Crew) -> None:
    make_events(told.libpq_url, 600)
    relays = [crew.start(relay_beside_others, evolve(told, seed=seed)) for seed in range(3)]
    until(lambda: len(redis_bodies(told.redis_url)) >= 600, "they do not relay")
    stop_all(relays)

    verdict = verdict_on(told, "three relays at once")

    assert verdict.out_of_order
