"""Planning, composing and storing a day's emails, beside one query and one commit per therapist.

Both sides decide by the same rules, write the same letters and keep the same constraints; what differs is how often
they ask and how often they commit.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from benchmarks.agency import BERLIN, POLICY, Bound, agency, forget_everything_sent
from benchmarks.measuring import Figure, in_turn
from boona_core.instants import local_day
from boona_core.usecases.planning import PlanEmails

_THERAPISTS = 1_000


def one_by_one(bound: Bound) -> int:
    """The plain way: for each therapist ask, decide, write, commit."""
    with bound.engine.connect() as connection:
        therapists = (
            connection.execute(
                sa.text("SELECT DISTINCT therapist_id FROM matching_service.placement_requests WHERE status = 'open'")
            )
            .scalars()
            .all()
        )
    plan = bound.plan
    return sum(_one(bound, plan, therapist) for therapist in therapists)


def _one(bound: Bound, plan: PlanEmails, therapist: int) -> int:
    with bound.open_unit() as unit:
        local_day(unit.now(), BERLIN)
        part, stored = plan._queue_chunk(unit, "benchmark", [therapist])  # type: ignore[list-item]
        unit.commit()
    assert len(part.emails) == len(stored.ids)
    return len(stored.ids)


def rows() -> Iterator[Figure]:
    """One row."""
    assert POLICY.max_requests_per_email == 5
    with agency(therapists=_THERAPISTS, each=20) as bound:

        def forget() -> None:
            forget_everything_sent(bound.engine)

        def ours() -> None:
            assert len(bound.plan().plan.emails) == _THERAPISTS

        def theirs() -> None:
            assert one_by_one(bound) == _THERAPISTS

        seconds = in_turn(3, {"ours": ours, "one by one": theirs}, before={"ours": forget, "one by one": forget})
    yield Figure(
        work=f"plan, compose and store {_THERAPISTS:,} emails",
        beside="one query and commit per therapist",
        ratio=seconds["one by one"] / seconds["ours"],
        wanted=10,
        seconds=seconds,
    )
