"""Take requests out of an email that has not been sent, whatever the reason.

A queued or claimed email is written anew without them, in the same transaction, and a claim on it is revoked; one that
would be left empty, or whose text may not change any more, is canceled and its other requests are open again.  An email
in handoff is not touched: only the server knows about it.
"""

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum

from boona_core.emails import Email, EmailState
from boona_core.events import EventType
from boona_core.ids import PlacementRequestId
from boona_core.letters import Template
from boona_core.ports import Unit
from boona_core.requests import PlacementRequest, RequestStatus
from boona_core.usecases.composing import Stationery
from boona_core.usecases.telling import email_event, requests_moved

WITHDRAWN = "a request in it was withdrawn"
"""Why a draft was canceled whose request a person, or another system, withdrew."""


class Withdrawal(StrEnum):
    """What became of the email."""

    RECOMPOSED = "recomposed"
    CANCELED = "canceled"
    UNTOUCHED = "untouched"


def take_out(
    unit: Unit,
    stationery: Stationery,
    email: Email,
    leaving_out: Collection[PlacementRequestId],
    *,
    now: datetime,
    today: date,
) -> Withdrawal:
    """Take requests out of *email*, which the unit has locked together with its therapist.

    The requests themselves are left as they are, unless the email is canceled: then all that it still holds are open.
    """
    if email.state not in (EmailState.QUEUED, EmailState.CLAIMED):
        return Withdrawal.UNTOUCHED
    remaining = [request for request in unit.requests.of_email(email.id) if request.id not in frozenset(leaving_out)]
    if not remaining or not email.may_be_recomposed or email.template is None:
        cancel(unit, email, now=now)
        return Withdrawal.CANCELED
    therapist = unit.therapists.get(email.therapist_id)
    patients = unit.patients.get_many({request.patient_id for request in remaining})
    template = _template_for(email.template, remaining)
    letter = stationery.write(
        template,
        therapist,
        [patients[request.patient_id] for request in remaining],
        today=today,
    )
    content = stationery.seal(letter, therapist, now=now, message_id=email.message_id)
    unit.emails.recompose(email.id, content, leaving_out=leaving_out, template=template)
    return Withdrawal.RECOMPOSED


def take_out_of_unsent(
    unit: Unit,
    stationery: Stationery,
    request_ids: Collection[PlacementRequestId],
    *,
    now: datetime,
    today: date,
    words: str,
) -> None:
    """Take requests out of every email that is not sent yet; the unit has locked the therapists.

    A draft that holds one of them is canceled: the next plan makes another.  What is still in progress through an email
    that goes on without it is open.

    Args:
        words: Why, kept with a draft.
    """
    gone = frozenset(request_ids)
    for email_id in unit.emails.unsent(request_ids=gone):
        email = unit.emails.lock(email_id)
        theirs = [item.placement_request_id for item in email.included if item.placement_request_id in gone]
        if email.state is EmailState.DRAFT:
            cancel(unit, email, now=now, words=words)
        elif take_out(unit, stationery, email, theirs, now=now, today=today) is Withdrawal.RECOMPOSED:
            unit.outbox.put(requests_moved(unit.requests.release(theirs), RequestStatus.OPEN))


def cancel(unit: Unit, email: Email, *, now: datetime, words: str | None = None) -> bool:
    """Cancel an email that the unit has locked with its therapist, and open its requests; False when it is too late."""
    if email.id not in unit.emails.cancel([email.id], now=now, words=words):
        return False
    opened = unit.requests.give_back([email.id])
    unit.outbox.put([email_event(EventType.EMAIL_CANCELED, email.id, email.therapist_id)])
    unit.outbox.put(requests_moved(opened, RequestStatus.OPEN))
    return True


def _template_for(template: Template, requests: Collection[PlacementRequest]) -> Template:
    """A letter that shrank to one patient is no batch any more; a reminder stays one."""
    if template is Template.BATCH_REQUEST and len(requests) == 1:
        return Template.INITIAL_CONTACT
    return template
