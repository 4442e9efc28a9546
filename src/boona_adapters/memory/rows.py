"""What is kept of each thing besides its value, and the tables that keep it."""

from collections.abc import Hashable, Iterable
from datetime import date, datetime
from itertools import count
from uuid import UUID

from attrs import field, frozen

from boona_adapters.memory.transactions import Table
from boona_core.emails import Email
from boona_core.events import Event
from boona_core.ids import EmailId, MailboxId, PatientId, PlacementRequestId, TherapistId
from boona_core.patients import Patient
from boona_core.ports import Pause
from boona_core.requests import RequestStatus
from boona_core.therapists import Therapist


@frozen(kw_only=True)
class MailboxRow:
    """An address that is written to.

    Attributes:
        bounced_at: Since when it refuses mail for good; None: it does not.
    """

    id: MailboxId
    address: str = field(repr=False)
    do_not_contact: bool = False
    bounced_at: datetime | None = None


@frozen(kw_only=True)
class RequestRow:
    """A placement request as it is stored; what follows from its patient is not.

    Attributes:
        held_by: The email through which it is in progress.
        email_contact_date: Day of the last sent email that held it; None: never offered.
        response_date: Day of the answer.
        next_contact_after: First day on which the pair may be offered again.
    """

    id: PlacementRequestId
    patient_id: PatientId
    therapist_id: TherapistId
    status: RequestStatus = RequestStatus.OPEN
    priority: int = 1
    held_by: EmailId | None = None
    email_contact_date: date | None = None
    response_date: date | None = None
    next_contact_after: date | None = None


@frozen(kw_only=True)
class EmailRow:
    """An email with what only its sending needs.

    Attributes:
        message: The bytes that will be sent; None: a draft.
        token: Whose claim it is; None: nobody's.
        marked_on: The agency's local day of the marker.
        touched: A person has changed it since it was made.
    """

    email: Email
    message: bytes | None = field(default=None, repr=False)
    token: UUID | None = None
    lease_until: datetime | None = None
    marked_on: date | None = None
    touched: bool = False


@frozen(kw_only=True)
class WindowRow:
    """The local days that one email keeps free of others, from *begins* up to, not including, *ends*.

    Attributes:
        ends: None while the email is outstanding.
        released: It keeps nothing free any more.
    """

    email_id: EmailId
    therapist_id: TherapistId
    mailbox_id: MailboxId | None
    begins: date
    ends: date | None = None
    released: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no day is left of it."""
        return self.ends is not None and self.ends <= self.begins

    def is_in_the_way_of(self, other: "WindowRow") -> bool:
        """Whether both keep a day of the same therapist or mailbox, for different emails."""
        if self.released or other.released or self.is_empty or other.is_empty or self.email_id == other.email_id:
            return False
        same_mailbox = self.mailbox_id is not None and self.mailbox_id == other.mailbox_id
        if self.therapist_id != other.therapist_id and not same_mailbox:
            return False
        return (self.ends is None or other.begins < self.ends) and (other.ends is None or self.begins < other.ends)


def _email_of_mailbox(row: EmailRow) -> Iterable[Hashable]:
    return () if row.email.mailbox_id is None else (row.email.mailbox_id,)


class Tables:
    """Everything that a store in memory holds; written directly only while no unit is open."""

    def __init__(self) -> None:
        self.mailboxes: Table[MailboxId, MailboxRow] = Table()
        self.therapists: Table[TherapistId, Therapist] = Table()
        self.patients: Table[PatientId, Patient] = Table()
        self.requests: Table[PlacementRequestId, RequestRow] = Table(
            therapist=lambda row: (row.therapist_id,),
            pair=lambda row: ((row.patient_id, row.therapist_id),),
            held_by=lambda row: () if row.held_by is None else (row.held_by,),
            open_of=lambda row: ("all",) if row.status is RequestStatus.OPEN else (),
        )
        self.emails: Table[EmailId, EmailRow] = Table(
            state=lambda row: (row.email.state,),
            therapist=lambda row: (row.email.therapist_id,),
            mailbox=_email_of_mailbox,
            request=lambda row: (item.placement_request_id for item in row.email.items),
        )
        self.windows: Table[EmailId, WindowRow] = Table(
            therapist=lambda row: (row.therapist_id,),
            mailbox=lambda row: () if row.mailbox_id is None else (row.mailbox_id,),
        )
        self.email_days: Table[date, int] = Table()
        self.pauses: Table[int, Pause] = Table()
        self.outbox: Table[int, Event] = Table()
        self.email_ids = count(1)
        self.batch_ids = count(1)
        self.event_ids = count(1)
