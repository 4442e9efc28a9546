"""A sender that is killed, frozen or cut off at each point of its way loses nothing and sends nothing twice."""

import pytest
from attrs import evolve

from tests.chaos.judge import query, settled_verdict
from tests.chaos.processes import Crew
from tests.chaos.seeds import queue_of
from tests.chaos.worker import Orders, drain
from tests.sink import Sink

pytestmark = pytest.mark.chaos

EMAILS = 8

# Where the fault comes, and which email (counted from 1) nobody knows about then.  The result of one email and the
# marker of the next share a commit: until the third is marked, the second is marked without a result; with the third's
# result the fourth is marked.
POINTS = {
    "claimed@1": None,
    "sender_accepted@1": None,
    "sender_accepted@3": 2,
    "recipient_accepted@1": None,
    "recipient_accepted@3": 2,
    "body_sent@1": None,
    "body_sent@3": 2,
    "marker_committed@3": 3,
    "dot_sent@3": 3,
    "reply_read@3": 3,
    "result_committed@3": 4,
    f"result_committed@{EMAILS}": None,
}
NAMES = (
    "claimed",
    "sender_accepted",
    "recipient_accepted",
    "body_sent",
    "marker_committed",
    "dot_sent",
    "reply_read",
    "result_committed",
)


def fault(point: str, deed: str) -> str:
    """As ``BOONA_FAULTS`` has it."""
    return point.replace("@", f":{deed}@")


def uncertain_emails(orders: Orders) -> list[str]:
    """The Message-IDs of the emails that wait for a person."""
    rows = query(
        orders.libpq_url, "SELECT message_id FROM communication_service.emails WHERE status = 'uncertain' ORDER BY id"
    )
    return [row[0] for row in rows]


@pytest.mark.parametrize(("point", "in_hand"), POINTS.items(), ids=POINTS.keys())
def test_a_killed_sender_leaves_in_doubt_only_what_it_had_handed_over(
    orders: Orders, sink: Sink, crew: Crew, point: str, in_hand: int | None
) -> None:
    queued = queue_of(orders.libpq_url, emails=EMAILS)
    orders = evolve(orders, smtp_port=sink.port)

    died = crew.start(drain, evolve(orders, faults=fault(point, "kill"))).end()
    ended = crew.start(drain, orders).end()
    verdict = settled_verdict(orders, sink, queued, f"killed at {point}")

    assert (died, ended) == (-9, 0)
    assert verdict.sound, verdict
    assert uncertain_emails(orders) == ([] if in_hand is None else [queued[in_hand - 1]])


@pytest.mark.parametrize("point", [f"{name}@3" for name in NAMES[1:]] + ["claimed@1"])
def test_a_frozen_sender_that_wakes_after_its_lease_sends_nothing_twice(
    orders: Orders, sink: Sink, crew: Crew, point: str
) -> None:
    queued = queue_of(orders.libpq_url, emails=EMAILS)
    orders = evolve(orders, smtp_port=sink.port)

    frozen = crew.start(drain, evolve(orders, faults=fault(point, "stop")))
    frozen.wait_until_frozen()
    ended = crew.start(drain, orders).end()
    frozen.go_on()
    woken = frozen.end()
    verdict = settled_verdict(orders, sink, queued, f"frozen at {point}")

    assert (ended, woken) == (0, 0)
    assert verdict.sound, verdict
    assert verdict.states == {"sent": EMAILS}


@pytest.mark.parametrize("point", NAMES)
def test_a_lost_connection_to_the_database_turns_no_answer_into_a_doubt(
    orders: Orders, sink: Sink, crew: Crew, point: str
) -> None:
    queued = queue_of(orders.libpq_url, emails=EMAILS)
    orders = evolve(orders, smtp_port=sink.port)

    ended = crew.start(drain, evolve(orders, drop_at=point, hurried=True)).end()
    verdict = settled_verdict(orders, sink, queued, f"cut off at {point}")

    assert ended == 0
    assert verdict.sound, verdict
    assert verdict.states == {"sent": EMAILS}
