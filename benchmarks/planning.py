"""Planning 50,000 therapists with 1,000,000 open requests, beside fetching all open rows."""

from collections.abc import Iterator

import sqlalchemy as sa

from benchmarks.agency import BERLIN, POLICY, agency
from benchmarks.measuring import Figure, in_turn
from boona_adapters.postgres.candidates import waiting
from boona_adapters.postgres.connection import Connection, Timeouts
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
    """Two rows: the statements by which the database plans, and the whole plan with histories and values."""
    with agency(therapists=_THERAPISTS, each=20) as bound:
        with bound.open_unit() as unit:
            today = local_day(unit.now(), BERLIN)

        def step() -> None:
            with bound.engine.connect() as opened:
                connection = Connection(opened, Timeouts())
                assert sum(len(page) for page in waiting(connection, POLICY, today=today)) == _THERAPISTS
                connection.end()

        def everything() -> None:
            with bound.engine.connect() as opened:
                connection = Connection(opened, Timeouts())
                assert len(connection.rows(_ALL_OPEN)) == _THERAPISTS * 20
                connection.end()

        def plan() -> None:
            with bound.open_unit() as unit:
                planned = plan_emails(unit.requests.candidates(POLICY, today=today), POLICY, today=today)
                assert len(planned.emails) == _THERAPISTS

        seconds = in_turn(5, {"SQL step": step, "plan": plan, "all open rows": everything})
    peer = seconds["all open rows"]
    work = "planning 50,000 therapists, 1,000,000 open requests"
    yield Figure(
        work=f"{work}: SQL step, its rows fetched",
        beside="fetching all open rows",
        ratio=peer / seconds["SQL step"],
        wanted=5,
        seconds={name: seconds[name] for name in ("SQL step", "all open rows")},
    )
    yield Figure(
        work=f"{work}: the whole, histories and values and rules included",
        beside="fetching all open rows, without a decision",
        ratio=peer / seconds["plan"],
        wanted=None,
        seconds={name: seconds[name] for name in ("plan", "all open rows")},
    )
