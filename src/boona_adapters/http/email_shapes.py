"""What an email and its batch rows look like on the wire."""

from datetime import date, datetime
from enum import StrEnum

from attrs import frozen

from boona_core.contact import Reason
from boona_core.emails import BatchItem, Email
from boona_core.letters import Template


class EmailStatus(StrEnum):
    """Where an email stands."""

    DRAFT = "draft"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELED = "canceled"


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
