"""Emails over HTTP."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any

from attrs import frozen

from boona_adapters.addresses import mailbox_of
from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.email_responses import RESPONSE_FIELDS, record_fields
from boona_adapters.http.email_shapes import EmailShape, EmailStatus, email_shape
from boona_adapters.http.operations import Created, Operation, Outcome, Shown, Understood, refusal_of
from boona_adapters.http.places import refuse_fields
from boona_adapters.http.shaping import PageQuery, list_of, part, wanted_by
from boona_adapters.http.texts import Address, Id, Line255, LongBody, Prose, Text
from boona_core.api_ports import EmailFilter
from boona_core.emails import EmailState, EmailStep
from boona_core.errors import IllegalTransition
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.usecases.deciding import Queuing, Settlement
from boona_core.usecases.writing import Rewritten, Written

Subject = Annotated[str, Text(255, least=1)]


class FirstStatus(StrEnum):
    """Where an email begins."""

    QUEUED = "queued"
    DRAFT = "draft"


@frozen(kw_only=True)
class NewEmail:
    """An email to be created, and queued under the rules.

    With a text of its own it needs a subject, and one of both bodies; without one the agency's letter about its
    placement requests is written.

    Attributes:
        recipient_email: The therapist's own address, or left out.
        recipient_name: The therapist's name where left out.
        sender_email: The agency's own address, or left out.
        sender_name: The agency's own name, or left out.
        batch_id: A name for those that belong together.
        placement_request_ids: In the order of the letter; each for this therapist, and open.
        status: ``queued`` where nothing is said.
        override_reason: A person's reason to override an interval, a recent or planned call, or the daily cap.
    """

    therapist_id: Id
    subject: Subject = UNNAMED
    body_html: LongBody = UNNAMED
    body_text: LongBody = UNNAMED
    recipient_email: Address = UNNAMED
    recipient_name: Line255 = UNNAMED
    sender_email: Address = UNNAMED
    sender_name: Line255 = UNNAMED
    batch_id: Annotated[str, Text(50)] = UNNAMED
    placement_request_ids: tuple[Id, ...] = UNNAMED
    status: FirstStatus = UNNAMED
    override_reason: Annotated[str, Text(2000, lines=True, least=1)] = UNNAMED


@frozen(kw_only=True)
class EmailChange:
    """What is to change about an email.

    Texts change as long as it is a draft. A status asks for a step: ``queued`` of a draft, or of a failed or uncertain
    email that is to be sent again; ``sent`` or ``failed`` of an uncertain one, as a person found out; ``canceled`` of
    one that was not handed over. The fields of a response record an answer, as POST of its response does.

    Attributes:
        override_reason: With ``queued``, a person's reason to override what may be overridden.
        response_received: True: the therapist has answered; an answer is corrected, never taken back.
        response_date: The local day of the answer; today where nothing is said.
        follow_up_required: False: a person has looked at the answer.
        follow_up_notes: What the staff should know about it.
    """

    subject: Subject = UNNAMED
    body_html: Annotated[str, Text(500_000, lines=True, least=1)] = UNNAMED
    body_text: Annotated[str, Text(500_000, lines=True, least=1)] = UNNAMED
    recipient_name: Line255 = UNNAMED
    status: EmailStatus = UNNAMED
    override_reason: Annotated[str, Text(2000, lines=True, least=1)] = UNNAMED
    response_received: bool = UNNAMED
    response_date: date = UNNAMED
    response_content: Prose = UNNAMED
    follow_up_required: bool = UNNAMED
    follow_up_notes: Prose = UNNAMED


@frozen(kw_only=True)
class EmailQuery(PageQuery):
    """Which emails.

    Attributes:
        status: May be given several times.
        sent_from: Handed over on this local day or later.
        sent_to: Handed over on this local day or earlier.
    """

    therapist_id: Id = UNNAMED
    status: tuple[EmailStatus, ...] = UNNAMED
    response_received: bool = UNNAMED
    batch_id: Annotated[str, Text(50)] = UNNAMED
    sent_from: date = UNNAMED
    sent_to: date = UNNAMED


def _show(asked: Understood, *, hold: bool = False) -> EmailShape:
    return email_shape(asked.application.show.email(EmailId(asked.number), hold=hold))


def _held(asked: Understood) -> EmailShape:
    return _show(asked, hold=True)


def find(asked: Understood) -> Outcome:
    """List emails."""
    told = wanted_by(asked.query)
    statuses = frozenset(status.value for status in told.pop("status", ()))
    cut = asked.query.cut()
    found = asked.application.show.emails(EmailFilter(statuses=statuses, **told), cut)
    return Shown(part(EmailShape, [email_shape(row) for row in found.rows], cut, found.total))


def show(asked: Understood) -> Outcome:
    """Show one email."""
    return Shown(_show(asked), etag=True)


def create(asked: Understood) -> Outcome:
    """Create an email and queue it, or say why not."""
    told = named(asked.body)
    address = told.pop("recipient_email", None)
    draft = told.pop("status", FirstStatus.QUEUED) is FirstStatus.DRAFT
    if draft:
        _refuse_override(told)
    queuing = asked.application.write_email(
        Written(
            therapist_id=TherapistId(told.pop("therapist_id")),
            request_ids=tuple(map(PlacementRequestId, told.pop("placement_request_ids", ()))),
            draft=draft,
            recipient_mailbox=None if address is None else mailbox_of(address),
            **told,
        )
    )
    if not queuing.queued:
        return refusal_of(queuing)
    email = asked.application.show.email(queuing.email_id)
    return Created(email_shape(email), f"/api/emails/{email.id}")


def _refuse_override(told: Mapping[str, Any]) -> None:
    refuse_fields({"override_reason"} & told.keys(), "has a meaning with the status queued only")


def change(asked: Understood) -> Outcome:
    """Change a draft's text, or take an email a step further."""
    told = named(asked.body)
    status = told.pop("status", None)
    if status is not EmailStatus.QUEUED:
        _refuse_override(told)
    override = told.pop("override_reason", None)
    email_id = EmailId(asked.number)
    said = {name: told.pop(name) for name in RESPONSE_FIELDS if name in told}
    if said:
        _held(asked)  # an answer is corrected from where it stands, and locks patients before therapists
    if told:
        asked.application.rewrite_email(email_id, Rewritten(**told))
    if said:
        record_fields(asked, email_id, said)
    if status is not None:
        queuing = _step(asked, email_id, status, override)
        if queuing is not None and not queuing.queued:
            return refusal_of(queuing)
    return Shown(_show(asked), etag=True)


def _step(asked: Understood, email_id: EmailId, status: EmailStatus, override: str | None) -> Queuing | None:
    state = asked.application.show.email(email_id).state
    if status is EmailStatus.QUEUED:
        step = EmailStep.QUEUED if state is EmailState.DRAFT else EmailStep.SENT_AGAIN
        return asked.application.queue_email(email_id, override=override, step=step)
    if status is EmailStatus.CANCELED:
        asked.application.cancel_email(email_id)
    elif status is EmailStatus.SENT:
        asked.application.settle_email(email_id, Settlement.SENT)
    elif status is EmailStatus.FAILED:
        asked.application.settle_email(email_id, Settlement.DROP)
    else:
        raise IllegalTransition(f"email {email_id}", state.value, f"made {status.value}")
    return None


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/emails",
        name="listEmails",
        summary="List emails",
        description="Newest first.",
        tag="emails",
        act=find,
        query=EmailQuery,
        answer=list_of(EmailShape),
    ),
    Operation(
        method="POST",
        path="/api/emails",
        name="createEmail",
        summary="Create an email and queue it",
        description="Under the rules of the agency: refused with every reason, and the first day on which it would be "
        "allowed. A refused email is not stored.",
        tag="emails",
        act=create,
        body=NewEmail,
        answer=EmailShape,
        status=HTTPStatus.CREATED,
        refuses=True,
        example={"therapist_id": 1, "subject": "Anfrage", "body_text": "Guten Tag …", "status": "queued"},
    ),
    Operation(
        method="GET",
        path="/api/emails/{id}",
        name="getEmail",
        summary="Show an email",
        tag="emails",
        act=show,
        answer=EmailShape,
    ),
    Operation(
        method="PUT",
        path="/api/emails/{id}",
        name="changeEmail",
        summary="Change an email",
        tag="emails",
        act=change,
        body=EmailChange,
        answer=EmailShape,
        refuses=True,
        current=_held,
        example={"status": "canceled"},
    ),
)
