"""Planning, composing and storing a day's emails, beside one query and one commit per therapist.

Both sides decide by the same rules, write the same letters and keep the same constraints; what differs is how often
they ask and how often they commit.  The peer asks once for each kind of thing (what waits, what holds the therapist,
who the therapist is, who the patients are) and writes once into each table; it takes no locks, counts nothing and does
not ask a second time.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from benchmarks.agency import BERLIN, POLICY, Bound, agency, forget_everything_sent
from benchmarks.measuring import Figure, in_turn
from boona_core.batching import plan_emails
from boona_core.emails import EmailState
from boona_core.events import EventType
from boona_core.ids import EmailId, TherapistId
from boona_core.instants import local_day
from boona_core.ports import NewEmail
from boona_core.requests import RequestStatus
from boona_core.usecases.composing import Stationery
from boona_core.usecases.telling import email_event, requests_moved

_THERAPISTS = 1_000


def one_by_one(bound: Bound) -> int:
    """The plain way: for each therapist ask, decide, write, store, commit."""
    with bound.engine.connect() as connection:
        waiting = sa.text("SELECT DISTINCT therapist_id FROM matching_service.placement_requests WHERE status = 'open'")
        therapists = connection.execute(waiting).scalars().all()
    with bound.open_unit() as unit:
        ids = unit.emails.new_ids(len(therapists))
    stationery = bound.stationery
    return sum(
        _one(bound, stationery, email_id, TherapistId(therapist))
        for email_id, therapist in zip(ids, therapists, strict=True)
    )


def _one(bound: Bound, stationery: Stationery, email_id: EmailId, therapist_id: TherapistId) -> int:
    with bound.open_unit() as unit:
        now = unit.now()
        today = local_day(now, BERLIN)
        candidates = unit.requests.candidates(POLICY, today=today, therapist_ids=[therapist_id])
        (email,) = plan_emails(candidates, POLICY, today=today).emails
        therapist = unit.therapists.get(therapist_id)
        patients = unit.patients.get_many([request.patient_id for request in email.requests])
        offered = [patients[request.patient_id] for request in email.requests]
        letter = stationery.write(email.template, therapist, offered, today=today)
        new = NewEmail(
            therapist_id=therapist_id,
            mailbox_id=email.mailbox_id,
            request_ids=tuple(request.id for request in email.requests),
            content=stationery.seal(letter, therapist, now=now),
            state=EmailState.QUEUED,
            day=today,
            template=email.template,
            batch_id="benchmark",
        )
        unit.requests.take(dict.fromkeys(new.request_ids, email_id))
        stored = unit.emails.add({email_id: new}, now=now)
        kinds = (EventType.EMAIL_CREATED, EventType.EMAIL_QUEUED)
        unit.outbox.put(
            [
                *(email_event(kind, email_id, therapist_id) for kind in kinds),
                *requests_moved(email.requests, RequestStatus.IN_PROGRESS),
            ]
        )
        unit.commit()
    return len(stored)


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
