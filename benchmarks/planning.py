"""Planning 50,000 therapists with 1,000,000 open requests, beside fetching all open rows."""

from collections.abc import Iterator

import sqlalchemy as sa

from benchmarks.agency import BERLIN, POLICY, agency
from benchmarks.measuring import Figure, in_turn
from boona_core.batching import plan_emails
from boona_core.instants import local_day

_THERAPISTS = 50_000
_ALL_OPEN = sa.text("""
SELECT r.id, r.patient_id, r.therapist_id, r.priority, r.email_contact_date, r.next_contact_after, p.status,
       p.registered_on, p.search_paused_until
  FROM matching_service.placement_requests r JOIN patient_service.patients p ON p.id = r.patient_id
 WHERE r.status = 'open'
""")


def rows() -> Iterator[Figure]:
    """Two rows: the reading of all candidates with their histories, and the whole plan on top of it."""
    with agency(therapists=_THERAPISTS, each=20) as bound:

        def candidates() -> int:
            with bound.open_unit() as unit:
                today = local_day(unit.now(), BERLIN)
                return sum(1 for _ in unit.requests.candidates(POLICY, today=today))

        def plan() -> None:
            with bound.open_unit() as unit:
                today = local_day(unit.now(), BERLIN)
                planned = plan_emails(unit.requests.candidates(POLICY, today=today), POLICY, today=today)
                assert len(planned.emails) == _THERAPISTS

        def everything() -> None:
            with bound.engine.connect() as connection:
                assert len(connection.execute(_ALL_OPEN).all()) == _THERAPISTS * 20

        seconds = in_turn(3, {"candidates": candidates, "plan": plan, "all open rows": everything})
    peer = seconds["all open rows"]
    work = "planning 50,000 therapists, 1,000,000 open requests"
    yield Figure(
        work=f"{work}: SQL step, histories and values included",
        beside="fetching all open rows",
        ratio=peer / seconds["candidates"],
        wanted=5,
        seconds={name: seconds[name] for name in ("candidates", "all open rows")},
    )
    yield Figure(
        work=f"{work}: the whole plan",
        beside="fetching all open rows",
        ratio=peer / seconds["plan"],
        wanted=None,
        seconds={name: seconds[name] for name in ("plan", "all open rows")},
    )
