"""What a contract test does with a store, in one line each."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from boona_core.contact import ContactHistory, ContactPolicy
from boona_core.emails import Email, EmailState
from boona_core.errors import StoreError
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.ports import Content, NewEmail, Unit
from boona_core.requests import PlacementRequest, RequestStatus
from tests.situations import NOW, TODAY, WORKER, Store

POLICY = ContactPolicy()
DAY = timedelta(days=1)
LEASE = timedelta(minutes=1)


def content(**fields: Any) -> Content:
    """What stands in a queued email, with a Message-ID that no other has."""
    usual: dict[str, Any] = {
        "subject": "Anfrage",
        "body_html": "<p>Guten Tag</p>",
        "body_text": "Guten Tag",
        "recipient_email": "praxis@example.org",
        "recipient_name": "Uta Beispiel",
        "sender_email": "agentur@example.org",
        "sender_name": "Agentur",
        "message_id": f"<{uuid4()}@example.org>",
        "message": b"Subject: Anfrage\r\n\r\nGuten Tag\r\n",
    }
    return Content(**{**usual, **fields})


def draft_content(**fields: Any) -> Content:
    """What stands in a draft."""
    return content(message_id=None, message=None, **fields)


def new_email(
    unit: Unit, therapist: TherapistId, requests: Sequence[PlacementRequestId] = (), **fields: Any
) -> NewEmail:
    """An email to the therapist's mailbox, queued on TODAY unless *fields* say otherwise."""
    usual: dict[str, Any] = {
        "mailbox_id": unit.therapists.get(therapist).mailbox_id,
        "content": content(),
        "state": EmailState.QUEUED,
        "day": TODAY,
    }
    return NewEmail(therapist_id=therapist, request_ids=tuple(requests), **{**usual, **fields})


def add(unit: Unit, therapist: TherapistId, requests: Sequence[PlacementRequestId] = (), **fields: Any) -> bool:
    """Add one email; whether it was stored."""
    (email_id,) = unit.emails.new_ids(1)
    return unit.emails.add({email_id: new_email(unit, therapist, requests, **fields)}, now=NOW) == {email_id}


def add_for_good(
    store: Store, therapist: TherapistId, requests: Sequence[PlacementRequestId] = (), **fields: Any
) -> bool:
    """Add one email in a unit of its own; whether it was stored."""
    with store.open_unit() as unit:
        stored = add(unit, therapist, requests, **fields)
        unit.commit()
    return stored


def take_for_good(store: Store, requests: Collection[PlacementRequestId], email: EmailId) -> Collection[int]:
    """Take requests in a unit of its own."""
    with store.open_unit() as unit:
        taken = unit.requests.take(dict.fromkeys(requests, email))
        unit.commit()
    return taken


def claim(store: Store, *, token: UUID = WORKER, now: datetime = NOW, **named: Any) -> list[EmailId]:
    """Claim up to ten emails in a unit of its own; their ids in the order of the claim."""
    with store.open_unit() as unit:
        claimed = unit.sending.claim(token=token, now=now, lease=LEASE, **{"limit": 10, **named})
        unit.commit()
    return [email.id for email in claimed]


def mark(store: Store, email: EmailId, *, token: UUID = WORKER, now: datetime = NOW, day: date = TODAY) -> bool:
    """Set the marker in a unit of its own."""
    with store.open_unit() as unit:
        marked = unit.sending.mark(email, token=token, now=now, day=day, lease=LEASE)
        unit.commit()
    return marked


def record_sent(store: Store, email: EmailId, *, token: UUID = WORKER, interval_days: int = 7) -> bool:
    """Record success in a unit of its own."""
    with store.open_unit() as unit:
        done = unit.sending.record_sent(email, token=token, now=NOW, interval_days=interval_days, words="250 ok")
        unit.commit()
    return done


def record_failed(store: Store, email: EmailId, *, token: UUID = WORKER, bounced: bool = False) -> bool:
    """Record a refusal in a unit of its own."""
    with store.open_unit() as unit:
        done = unit.sending.record_failed(email, token=token, now=NOW, tries=3, words="550 no", bounced=bounced)
        unit.commit()
    return done


def record_uncertain(store: Store, email: EmailId, *, token: UUID = WORKER) -> bool:
    """Record a lost answer in a unit of its own."""
    with store.open_unit() as unit:
        done = unit.sending.record_uncertain(email, token=token, words="connection lost")
        unit.commit()
    return done


def return_to_queue(
    store: Store, email: EmailId, *, token: UUID = WORKER, not_before: datetime = NOW, tries: int = 1
) -> bool:
    """Put an email back in a unit of its own."""
    with store.open_unit() as unit:
        done = unit.sending.return_to_queue(email, token=token, not_before=not_before, tries=tries, words="451 later")
        unit.commit()
    return done


def email_of(store: Store, email: EmailId) -> Email:
    """The email as it was committed."""
    with store.open_unit() as unit:
        return unit.emails.get(email)


def state_of(store: Store, email: EmailId) -> EmailState:
    """Where the email stands."""
    return email_of(store, email).state


def request_of(store: Store, request: PlacementRequestId) -> PlacementRequest:
    """The request as it was committed."""
    with store.open_unit() as unit:
        return unit.requests.get(request)


def status_of(store: Store, request: PlacementRequestId) -> RequestStatus:
    """Where the request stands."""
    return request_of(store, request).status


def holder_of(store: Store, request: PlacementRequestId) -> EmailId | None:
    """Through which email the request is in progress."""
    with store.open_unit() as unit:
        return unit.requests.holder(request).email_id


def history_of(
    store: Store,
    therapist: TherapistId,
    policy: ContactPolicy = POLICY,
    *,
    leaving_out: Collection[EmailId] = (),
) -> ContactHistory:
    """What decides about a contact with the therapist on TODAY."""
    with store.open_unit() as unit:
        return unit.therapists.histories((therapist,), policy, today=TODAY, leaving_out=leaving_out)[therapist]


def may_be_written_to(store: Store, therapist: TherapistId, *, day: date) -> bool:
    """Whether nothing is reserved in the way of an email queued on *day*; nothing is kept of the attempt."""
    with store.open_unit() as unit:
        return add(unit, therapist, day=day)


def count_of_emails(store: Store) -> int:
    """How many emails there are, in whatever state."""
    with store.open_unit() as unit:
        return sum(unit.emails.counts().values())


def refusal_of(act: Callable[[], object]) -> str | None:
    """The sqlstate with which the store refuses *act*; None: it does not."""
    try:
        act()
    except StoreError as error:
        return error.sqlstate
    return None
