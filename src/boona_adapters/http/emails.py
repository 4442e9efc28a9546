"""Emails and their batch rows over HTTP."""

from datetime import date, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any

from attrs import frozen

from boona_adapters.addresses import mailbox_of
from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Asked, Created, Done, Operation, Outcome, Refused, Shown
from boona_adapters.http.places import places_named
from boona_adapters.http.problems import ProblemRaised
from boona_adapters.http.shaping import PageQuery, list_of, part, wanted_by
from boona_adapters.http.texts import Address, Id, Line255, LongBody, Priority, Prose, Text
from boona_core.api_ports import EmailFilter
from boona_core.calls import Outcome as RequestOutcome
from boona_core.contact import Reason
from boona_core.emails import BatchItem, Email, EmailState, EmailStep
from boona_core.errors import IllegalTransition, InvalidValue, InvalidValues
from boona_core.ids import EmailBatchId, EmailId, PlacementRequestId, TherapistId
from boona_core.letters import Template
from boona_core.usecases.arranging import Arranged
from boona_core.usecases.deciding import Queuing, Settlement
from boona_core.usecases.writing import Rewritten, Written

_OVERRIDES_WHEN_QUEUED = "has a meaning with the status queued only"

Subject = Annotated[str, Text(255, least=1)]


class EmailStatus(StrEnum):
    """Where an email stands."""

    DRAFT = "draft"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELED = "canceled"


class FirstStatus(StrEnum):
    """Where an email begins."""

    QUEUED = "queued"
    DRAFT = "draft"


@frozen(kw_only=True)
class EmailBatchShape:
    """One placement request in one email.

    Attributes:
        priority: The rank, higher is more important: the first of n has n, the last 1.
        included: False: taken out before sending; the row stays.
        response_outcome: What the therapist said about it; null: nothing yet.
    """

    id: int
    email_id: int
    placement_request_id: int
    priority: int
    included: bool
    response_outcome: str | None
    response_notes: str | None


@frozen(kw_only=True)
class EmailShape:
    """An email to a therapist.

    Attributes:
        template: The letter of the agency that it is; null: the text came from outside.
        batch_id: The plan run, or whatever made it.
        body_provided: The text came from outside and is never composed anew.
        retry_count: Tries used up by temporary failures.
        sent_at: When it was handed over and taken; null: it was not.
        error_message: The mail server's words, or why it was canceled.
        bounced_at: When the address turned out to refuse mail for good.
        overridden: The reasons that a person overrode, with *override_reason*.
        response_received: The therapist has answered.
        follow_up_required: Somebody of the staff has to look at it.
        batches: Its placement requests, first of the letter first.
    """

    id: int
    therapist_id: int
    status: EmailStatus
    template: Template | None
    subject: str
    body_html: str
    body_text: str
    recipient_email: str
    recipient_name: str
    sender_email: str
    sender_name: str
    batch_id: str | None
    body_provided: bool
    queued_at: datetime | None
    sent_at: datetime | None
    error_message: str | None
    retry_count: int
    bounced_at: datetime | None
    overridden: tuple[Reason, ...]
    override_reason: str | None
    response_received: bool
    response_date: date | None
    response_content: str | None
    follow_up_required: bool
    follow_up_notes: str | None
    batches: tuple[EmailBatchShape, ...]


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


class SaidOutcome(StrEnum):
    """What a therapist said about one placement request."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NEEDS_FOLLOW_UP = "needs_follow_up"


@frozen(kw_only=True)
class SaidShape:
    """What a therapist said about one placement request."""

    placement_request_id: Id
    response_outcome: SaidOutcome


@frozen(kw_only=True)
class NewResponse:
    """An answer to an email; recorded again with other outcomes it is corrected.

    Attributes:
        response_date: The local day on which it was given; today where nothing is said.
        response_content: Its own words.
        outcomes: What it says about which request; about none: all stay in progress, and a person has to look.
        follow_up_notes: What the staff should know about it.
        retry_after: The first day for the call that a ``needs_follow_up`` asks for.
    """

    response_date: date = UNNAMED
    response_content: Prose = UNNAMED
    outcomes: tuple[SaidShape, ...] = UNNAMED
    follow_up_notes: Prose = UNNAMED
    retry_after: date = UNNAMED


@frozen(kw_only=True)
class ResponseShape:
    """The answer to an email.

    Attributes:
        response_received: False: there is none yet.
        follow_up_required: Somebody of the staff has to look at it.
        batches: The placement requests in the email, with what was said about each.
    """

    email_id: int
    response_received: bool
    response_date: date | None
    response_content: str | None
    follow_up_required: bool
    follow_up_notes: str | None
    batches: tuple[EmailBatchShape, ...]


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


@frozen(kw_only=True)
class NewEmailBatch:
    """A placement request to be put into an email.

    Attributes:
        priority: The rank; at the end of the letter where nothing is said.
    """

    placement_request_id: Id
    priority: Priority = UNNAMED


@frozen(kw_only=True)
class EmailBatchChange:
    """What is to change about a placement request in an email.

    Attributes:
        included: As long as nobody has claimed the email.
        priority: The rank, likewise.
        response_outcome: What the therapist said about it: an answer to the email.
        response_notes: What the staff notes about that.
    """

    included: bool = UNNAMED
    priority: Priority = UNNAMED
    response_outcome: SaidOutcome = UNNAMED
    response_notes: Prose | None = UNNAMED


@frozen(kw_only=True)
class EmailBatchesShape:
    """The placement requests in an email, first of the letter first."""

    data: tuple[EmailBatchShape, ...]


def email_shape(email: Email) -> EmailShape:
    """An email, to be shown."""
    return EmailShape(
        id=email.id,
        therapist_id=email.therapist_id,
        status=EmailStatus(email.state.status),
        template=email.template,
        subject=email.subject,
        body_html=email.body_html,
        body_text=email.body_text,
        recipient_email=email.recipient_email,
        recipient_name=email.recipient_name,
        sender_email=email.sender_email,
        sender_name=email.sender_name,
        batch_id=email.batch_id,
        body_provided=email.body_provided,
        queued_at=email.queued_at,
        sent_at=email.sent_at,
        error_message=email.error_message,
        retry_count=email.retry_count,
        bounced_at=email.bounced_at,
        overridden=tuple(sorted(email.overridden)),
        override_reason=email.override_reason,
        response_received=email.response_received,
        response_date=email.response_date,
        response_content=email.response_content,
        follow_up_required=email.follow_up_required,
        follow_up_notes=email.follow_up_notes,
        batches=tuple(batch_shape(email, item) for item in email.items),
    )


def batch_shape(email: Email, item: BatchItem) -> EmailBatchShape:
    """A batch row, to be shown."""
    return EmailBatchShape(
        id=item.id,
        email_id=email.id,
        placement_request_id=item.placement_request_id,
        priority=item.rank,
        included=item.included,
        response_outcome=item.outcome,
        response_notes=item.notes,
    )


def _show(asked: Asked, *, hold: bool = False) -> EmailShape:
    return email_shape(asked.application.show.email(EmailId(asked.number), hold=hold))


def _held(asked: Asked) -> EmailShape:
    return _show(asked, hold=True)


def find(asked: Asked) -> Outcome:
    """List emails."""
    told = wanted_by(asked.query)
    statuses = frozenset(status.value for status in told.pop("status", ()))
    cut = asked.query.cut()
    found = asked.application.show.emails(EmailFilter(statuses=statuses, **told), cut)
    return Shown(part(EmailShape, [email_shape(row) for row in found.rows], cut, found.total))


def show(asked: Asked) -> Outcome:
    """Show one email."""
    return Shown(_show(asked), etag=True)


def create(asked: Asked) -> Outcome:
    """Create an email and queue it, or say why not."""
    told = named(asked.body)
    address = told.pop("recipient_email", None)
    draft = told.pop("status", FirstStatus.QUEUED) is FirstStatus.DRAFT
    if draft and "override_reason" in told:
        raise InvalidValues([InvalidValue("override_reason", _OVERRIDES_WHEN_QUEUED)])
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
        return _refused(queuing)
    email = asked.application.show.email(queuing.email_id)
    return Created(email_shape(email), f"/api/emails/{email.id}")


def change(asked: Asked) -> Outcome:
    """Change a draft's text, or take an email a step further."""
    told = named(asked.body)
    status = told.pop("status", None)
    override = told.pop("override_reason", None)
    if override is not None and status is not EmailStatus.QUEUED:
        raise InvalidValues([InvalidValue("override_reason", _OVERRIDES_WHEN_QUEUED)])
    email_id = EmailId(asked.number)
    said = {name: told.pop(name) for name in _RESPONSE_FIELDS if name in told}
    if said:
        _held(asked)  # an answer is corrected from where it stands, and locks patients before therapists
    if told:
        asked.application.rewrite_email(email_id, Rewritten(**told))
    if said:
        _answer_fields(asked, email_id, said)
    if status is not None:
        queuing = _step(asked, email_id, status, override)
        if queuing is not None and not queuing.queued:
            return _refused(queuing)
    return Shown(_show(asked), etag=True)


_RESPONSE_FIELDS = (
    "response_received",
    "response_date",
    "response_content",
    "follow_up_required",
    "follow_up_notes",
)


def _answer_fields(asked: Asked, email_id: EmailId, said: dict[str, Any]) -> None:
    """Record an answer by its fields; those that are not named stay as they are."""
    faults = []
    if said.pop("response_received", True) is False:
        faults.append(InvalidValue("response_received", "an answer is corrected, never taken back"))
    settled = said.pop("follow_up_required", None)
    if settled is True:
        faults.append(InvalidValue("follow_up_required", "follows from the answer: it can be said to be done only"))
    if faults:
        raise InvalidValues(faults)
    before = asked.application.show.email(email_id)
    if said or not before.response_received:
        with places_named(on="response_date"):
            asked.application.record_answer(
                email_id,
                on=said.get("response_date", before.response_date),
                content=said.get("response_content"),
                notes=said.get("follow_up_notes"),
            )
    if settled is False:
        asked.application.record_answer.settle(email_id)


def _response(email: Email) -> ResponseShape:
    return ResponseShape(
        email_id=email.id,
        response_received=email.response_received,
        response_date=email.response_date,
        response_content=email.response_content,
        follow_up_required=email.follow_up_required,
        follow_up_notes=email.follow_up_notes,
        batches=tuple(batch_shape(email, item) for item in email.items),
    )


def show_response(asked: Asked) -> Outcome:
    """Show the answer to an email."""
    return Shown(_response(asked.application.show.email(EmailId(asked.number))))


def record_response(asked: Asked) -> Outcome:
    """Record an answer to an email, request by request."""
    told = named(asked.body)
    outcomes: dict[PlacementRequestId, RequestOutcome] = {}
    for place, each in enumerate(told.get("outcomes", ())):
        if each.placement_request_id in outcomes:
            fault = InvalidValue(f"outcomes[{place}].placement_request_id", "stands twice")
            raise InvalidValues([fault])
        outcomes[PlacementRequestId(each.placement_request_id)] = RequestOutcome(each.response_outcome.value)
    with places_named(on="response_date"):
        asked.application.record_answer(
            EmailId(asked.number),
            requests=outcomes,
            on=told.get("response_date"),
            content=told.get("response_content"),
            notes=told.get("follow_up_notes"),
            retry_after=told.get("retry_after"),
        )
    return Shown(_response(asked.application.show.email(EmailId(asked.number))))


def confirm(asked: Asked) -> Outcome:
    """Release the confirmation of an answer that accepts somebody."""
    released = asked.application.release_confirmation(EmailId(asked.number))
    if not released.queuing.queued:
        return _refused(released.queuing)
    email = asked.application.show.email(released.queuing.email_id)
    return Created(email_shape(email), f"/api/emails/{email.id}")


def _step(asked: Asked, email_id: EmailId, status: EmailStatus, override: str | None) -> Queuing | None:
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


def _refused(queuing: Queuing) -> Refused:
    return Refused(decision=queuing.decision, closed=queuing.closed)


def list_batches(asked: Asked) -> Outcome:
    """List the placement requests in an email."""
    return Shown(EmailBatchesShape(data=_show(asked).batches))


def add_batch(asked: Asked) -> Outcome:
    """Put a placement request into an email that nobody has claimed."""
    told = named(asked.body)
    arranged = asked.application.arrange_email.put_in(
        EmailId(asked.number), PlacementRequestId(told["placement_request_id"]), rank=told.get("priority")
    )
    if not arranged.decision.allowed or arranged.batch_id is None:
        return Refused(decision=arranged.decision)
    return Created(_batch(asked, arranged.batch_id), f"/api/email-batches/{arranged.batch_id}")


def _batch(asked: Asked, batch_id: EmailBatchId, *, hold: bool = False) -> EmailBatchShape:
    email = asked.application.show.email_of_batch(batch_id, hold=hold)
    for item in email.items:
        if item.id == batch_id:
            return batch_shape(email, item)
    raise ProblemRaised(404, f"no email batch has the id {batch_id}")


def _held_batch(asked: Asked) -> EmailBatchShape:
    return _batch(asked, EmailBatchId(asked.number), hold=True)


def show_batch(asked: Asked) -> Outcome:
    """Show one placement request in one email."""
    return Shown(_batch(asked, EmailBatchId(asked.number)), etag=True)


def change_batch(asked: Asked) -> Outcome:
    """Take a placement request out of an email or back in, give it another rank, or say what was said about it."""
    told = named(asked.body)
    batch_id = EmailBatchId(asked.number)
    if "response_outcome" in told:
        _held_batch(asked)
    if {"included", "priority"} & told.keys():
        arranged: Arranged = asked.application.arrange_email.move(
            batch_id, included=told.get("included"), rank=told.get("priority")
        )
        if not arranged.decision.allowed:
            return Refused(decision=arranged.decision)
    if "response_notes" in told:
        asked.application.arrange_email.note(batch_id, told["response_notes"])
    if "response_outcome" in told:
        _say(asked, batch_id, told["response_outcome"])
    return Shown(_batch(asked, batch_id), etag=True)


def _say(asked: Asked, batch_id: EmailBatchId, outcome: SaidOutcome) -> None:
    """An answer about one request of an email; what was said about the others stays."""
    email = asked.application.show.email_of_batch(batch_id)
    item = next(each for each in email.items if each.id == batch_id)
    said = {item.placement_request_id: RequestOutcome(outcome.value)}
    with places_named(on="response_date", outcomes="response_outcome"):
        asked.application.record_answer(email.id, requests=said, on=email.response_date)


def remove_batch(asked: Asked) -> Outcome:
    """Delete a placement request from an email that nobody has claimed."""
    asked.application.arrange_email.take_out(EmailBatchId(asked.number))
    return Done()


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
    Operation(
        method="GET",
        path="/api/emails/{id}/response",
        name="getResponse",
        summary="Show the answer to an email",
        tag="emails",
        act=show_response,
        answer=ResponseShape,
    ),
    Operation(
        method="POST",
        path="/api/emails/{id}/response",
        name="recordResponse",
        summary="Record the answer to an email",
        description="Request by request, with all that follows: a patient who was accepted is placed and withdrawn "
        "everywhere else, a rejection lets the therapist rest. Recorded again it is corrected.",
        tag="emails",
        act=record_response,
        body=NewResponse,
        answer=ResponseShape,
        refuses=True,
        example={
            "response_date": "2026-11-02",
            "response_content": "Den ersten Patienten nehme ich gern.",
            "outcomes": [{"placement_request_id": 1, "response_outcome": "accepted"}],
        },
    ),
    Operation(
        method="POST",
        path="/api/emails/{id}/confirmation",
        name="releaseConfirmation",
        summary="Release the confirmation of an answer",
        description="Once for each answer that accepts somebody; it names numbers of the letter and no patient.",
        tag="emails",
        act=confirm,
        answer=EmailShape,
        status=HTTPStatus.CREATED,
        refuses=True,
    ),
    Operation(
        method="GET",
        path="/api/emails/{id}/batches",
        name="listEmailBatches",
        summary="The placement requests in an email",
        tag="emails",
        act=list_batches,
        answer=EmailBatchesShape,
    ),
    Operation(
        method="POST",
        path="/api/emails/{id}/batches",
        name="createEmailBatch",
        summary="Put a placement request into an email",
        description="As long as nobody has claimed the email; the letter is written anew.",
        tag="emails",
        act=add_batch,
        body=NewEmailBatch,
        answer=EmailBatchShape,
        status=HTTPStatus.CREATED,
        refuses=True,
        example={"placement_request_id": 1},
    ),
    Operation(
        method="GET",
        path="/api/email-batches/{id}",
        name="getEmailBatch",
        summary="Show a placement request in an email",
        tag="emails",
        act=show_batch,
        answer=EmailBatchShape,
    ),
    Operation(
        method="PUT",
        path="/api/email-batches/{id}",
        name="changeEmailBatch",
        summary="Change a placement request in an email",
        description="Taken out, its request is open again; the letter is written anew without it.",
        tag="emails",
        act=change_batch,
        body=EmailBatchChange,
        answer=EmailBatchShape,
        refuses=True,
        current=_held_batch,
        example={"included": False},
    ),
    Operation(
        method="DELETE",
        path="/api/email-batches/{id}",
        name="deleteEmailBatch",
        summary="Delete a placement request from an email",
        tag="emails",
        act=remove_batch,
        status=HTTPStatus.NO_CONTENT,
        refuses=True,
        current=_held_batch,
    ),
)
