"""A queue is drained by several processes with several connections each, and any of them may die at any moment."""

import pytest
from attrs import evolve

from tests.chaos.judge import Verdict, settled_verdict
from tests.chaos.processes import Crew, kill_at_random, moments_along, stop_all
from tests.chaos.seeds import agency, queue_of
from tests.chaos.variants import Variant
from tests.chaos.worker import Orders, drain, drain_on, plan
from tests.sink import Rule, Sink

pytestmark = pytest.mark.chaos

WORKERS = 3
CONNECTIONS = 3  # of each worker


# Some recipients are unknown (praxis7@, 17@ ...), some are asked to come back later, some answers get lost after the
# message was taken, some connections before, and now and then the server as a whole is away.
BAD_WEATHER = (
    Rule(at="greeting", reply="421 4.3.2 not now", close=True, times=10),
    Rule(at="rcpt", who="7@", reply="550 5.1.1 nobody of this name"),
    Rule(at="rcpt", who="2@", reply="451 4.7.1 greylisted", times=20),
    Rule(at="dot", who="3@", reply="451 4.3.0 later", times=20),
    Rule(at="dot", who="5@", close=True, taken=True, times=5),
    Rule(at="dot", who="6@", close=True, times=5),
    Rule(at="body", who="8@", close=True, times=10),
)


def accepted_count(sink: Sink) -> int:
    """How many messages the sink has accepted, quickly."""
    return sink.log.read_bytes().count(b"\n")


def campaign(
    orders: Orders, sink: Sink, crew: Crew, *, emails: int, kills: int, seed: int, rules: tuple[Rule, ...] = ()
) -> Verdict:
    """Drain a queue under so many random kills, then drain what is left in peace, and judge."""
    sink.behave(delay_reply=0.01, rules=rules)
    queued = queue_of(orders.libpq_url, emails=emails)
    posts = [
        (drain, evolve(orders, smtp_port=sink.port, connections=CONNECTIONS, seed=number)) for number in range(WORKERS)
    ]
    moments = moments_along(kills, lambda: accepted_count(sink), end=emails * 4 // 5, seed=seed)
    for worker in kill_at_random(crew, posts, moments=moments, seed=seed):
        worker.end()
    crew.start(*posts[0]).end()
    return settled_verdict(orders, sink, queued, f"{emails} emails under {kills} random kills, seed {seed}")


def test_no_email_is_lost_or_doubled_under_random_kills(
    orders: Orders, sink: Sink, crew: Crew, chaos_length: int
) -> None:
    emails, kills = 500 * chaos_length, 100 * chaos_length

    verdict = campaign(orders, sink, crew, emails=emails, kills=kills, seed=1)

    assert verdict.sound, verdict
    assert sum(verdict.states.values()) == emails
    assert verdict.states["sent"] + verdict.uncertain == emails
    assert (
        verdict.uncertain <= kills * CONNECTIONS
    )  # at most the one that each connection of the killed had handed over


def test_every_email_ends_somewhere_also_when_the_mail_server_has_a_bad_day(
    orders: Orders, sink: Sink, crew: Crew, chaos_length: int
) -> None:
    emails, kills = 200 * chaos_length, 40 * chaos_length

    verdict = campaign(orders, sink, crew, emails=emails, kills=kills, seed=3, rules=BAD_WEATHER)

    assert verdict.sound, verdict
    assert verdict.states["sent"] + verdict.states["failed"] + verdict.uncertain == emails
    assert verdict.states["failed"] == emails // 10


def test_emails_are_planned_canceled_and_sent_at_once_and_none_is_sent_that_was_canceled(
    orders: Orders, sink: Sink, crew: Crew, chaos_length: int
) -> None:
    agency(orders.libpq_url, therapists=600 * chaos_length, patients=2, sharing=300 * chaos_length)
    sink.behave(delay_reply=0.01)
    orders = evolve(orders, smtp_port=sink.port)
    posts = [(program, evolve(orders, seed=seed)) for seed, program in enumerate([plan, drain_on] * WORKERS)]
    kills = 40 * chaos_length
    moments = moments_along(kills, lambda: accepted_count(sink), end=350 * chaos_length, seed=4)

    stop_all(kill_at_random(crew, posts, moments=moments, seed=4))
    crew.start(drain, orders).end()
    verdict = settled_verdict(orders, sink, [], f"planned, canceled and sent at once under {kills} kills")

    assert verdict.sound, verdict
    assert verdict.states["canceled"] > 0
    assert verdict.states["sent"] > 0


def test_where_leases_alone_decide_emails_are_doubled(orders: Orders, sink: Sink, crew: Crew) -> None:
    broken = evolve(orders, variant=Variant.NO_MARKER)

    verdict = campaign(broken, sink, crew, emails=300, kills=80, seed=2)

    assert verdict.count("doubled") > 0


def test_a_frozen_sender_whose_marker_protects_nothing_doubles_an_email(orders: Orders, sink: Sink, crew: Crew) -> None:
    queued = queue_of(orders.libpq_url, emails=4)
    broken = evolve(orders, variant=Variant.NO_MARKER, smtp_port=sink.port)

    frozen = crew.start(drain, evolve(broken, faults="body_sent:stop@2"))
    frozen.wait_until_frozen()
    crew.start(drain, broken).end()
    frozen.go_on()
    frozen.end()
    verdict = settled_verdict(orders, sink, queued, "frozen before the dot, leases alone")

    assert verdict.count("doubled") > 0
