"""What is kept of each thing besides its value, and the tables that keep it."""

from collections.abc import Hashable, Iterable, Mapping
from datetime import date, datetime
from itertools import count
from typing import Any
from uuid import UUID

from attrs import evolve, field, frozen

from boona_adapters.memory.transactions import Table
from boona_core.access import AccessToken
from boona_core.api_ports import StoredAnswer
from boona_core.callers import Caller
from boona_core.calls import Outcome, PhoneCall
from boona_core.emails import Email, EmailState
from boona_core.event_ports import SetAside
from boona_core.events import Event
from boona_core.geocoding import Located, Service
from boona_core.ids import (
    AccessTokenId,
    CallerId,
    EmailId,
    MailboxId,
    PatientId,
    PhoneCallId,
    PlacementRequestId,
    TherapistId,
)
from boona_core.importing import Counts, ImportKind, ImportRunId, RowFault, Values
from boona_core.merge_ports import Merge
from boona_core.patients import Patient
from boona_core.ports import Pause
from boona_core.postal_codes import PostalPlace
from boona_core.requests import RequestStatus
from boona_core.therapists import Therapist
from boona_core.ways import Route, Way

ALIVE = (RequestStatus.OPEN, RequestStatus.IN_PROGRESS)
"""The states of a request of which a pair has one at most."""

MAILBOX_ADDRESS = "uq_mailboxes_address"
THERAPIST_EXTERNAL_ID = "uq_therapists_external_id"
PATIENT_EXTERNAL_ID = "uq_patients_external_id"
LIVE_PAIR = "uq_placement_requests_pair"
PLACE = "uq_placement_requests_place"
MESSAGE_ID = "uq_emails_message_id"
NEXT_ATTEMPT = "uq_phone_calls_previous_call_id"
CONFIRMATION = "uq_emails_confirmation"


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
        held_by_call: The call through which it is in progress.
        call_asked_from: The therapist wants a call about it, from this day on.
        email_contact_date: Day of the last sent email that held it; None: never offered.
        phone_contact_date: Day of the last call in which it came up.
        response: What was said, in words.
        response_date: Day of the answer.
        next_contact_after: First day on which the pair may be offered again.
        answer: What was said about it, wherever it stands.
        cooldown_from: The answer's day, or that of what settled its follow-up.
        status_before: Of one that has ended: where it stood, with the email that held it and the day of the call that
            was asked for.
        canceled_by: The request whose placement canceled it.
        places: It is the one by which its patient has a place.
        too_late: It was accepted when it was canceled already, and nobody has looked at it yet.
    """

    id: PlacementRequestId
    patient_id: PatientId
    therapist_id: TherapistId
    status: RequestStatus = RequestStatus.OPEN
    priority: int = 1
    held_by: EmailId | None = None
    held_by_call: PhoneCallId | None = None
    call_asked_from: date | None = None
    email_contact_date: date | None = None
    phone_contact_date: date | None = None
    response: str | None = field(default=None, repr=False)
    response_date: date | None = None
    next_contact_after: date | None = None
    notes: str | None = field(default=None, repr=False)
    answer: Outcome | None = None
    cooldown_from: date | None = None
    status_before: RequestStatus | None = None
    held_before: EmailId | None = None
    call_asked_before: date | None = None
    canceled_by: PlacementRequestId | None = None
    places: bool = False
    too_late: bool = False


def taken_anew(row: RequestRow) -> RequestRow:
    """The same request, in progress anew: what an earlier answer wanted to talk about is not waited for any more."""
    answer = None if row.answer is Outcome.NEEDS_FOLLOW_UP else row.answer
    return evolve(row, status=RequestStatus.IN_PROGRESS, answer=answer)


def ended(row: RequestRow, status: RequestStatus) -> RequestRow:
    """The same request, accepted, rejected or canceled; where it stood is kept."""
    return evolve(
        row,
        status=status,
        held_by=None,
        held_by_call=None,
        call_asked_from=None,
        status_before=row.status,
        held_before=row.held_by,
        call_asked_before=row.call_asked_from,
    )


@frozen(kw_only=True)
class EmailRow:
    """An email with what only its sending needs.

    Attributes:
        message: The bytes that will be sent; None: a draft.
        token: Whose claim it is; None: nobody's.
        marked_on: The agency's local day of the marker.
        touched: A person has changed it since it was made.
        follow_up_call: The first call that followed up its silence.
    """

    email: Email
    message: bytes | None = field(default=None, repr=False)
    token: UUID | None = None
    lease_until: datetime | None = None
    marked_on: date | None = None
    touched: bool = False
    follow_up_call: PhoneCallId | None = None


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


@frozen(kw_only=True)
class ImportRunRow:
    """An entry in the history of imports."""

    id: ImportRunId
    kind: ImportKind
    sha256: str
    begun_at: datetime
    undoes: ImportRunId | None = None
    counts: Counts = field(factory=Counts)


@frozen(kw_only=True)
class ImportChangeRow:
    """What an import did to one row.

    Attributes:
        row_id: Of the table that the run's kind names.
        name: The field that changed; None: the row was created.
    """

    run_id: ImportRunId
    row_id: int
    name: str | None = None
    old: Any = field(default=None, repr=False)
    new: Any = field(default=None, repr=False)


@frozen
class ImportFaultRow:
    """Why an import refused a row."""

    run_id: ImportRunId
    fault: RowFault


@frozen(kw_only=True)
class MergeRow:
    """A merge, with what it moved and changed.

    Attributes:
        losers: The requests that it canceled, as they were before.
        released: The emails whose windows it released.
        excluded: The patients who got the kept one among those that they do not want.
        contacts: The days of the last contacts of the kept one, before and after.
    """

    id: int
    merge: Merge
    losers: tuple[RequestRow, ...] = ()
    requests: tuple[PlacementRequestId, ...] = ()
    emails: tuple[EmailId, ...] = ()
    calls: tuple[PhoneCallId, ...] = ()
    windows: tuple[EmailId, ...] = ()
    released: tuple[EmailId, ...] = ()
    excluded: tuple[PatientId, ...] = ()
    contacts: Mapping[str, tuple[date | None, date | None]] = field(factory=dict)
    undone_at: datetime | None = None


@frozen(kw_only=True)
class ScheduleRow:
    """A periodic work.

    Attributes:
        token: Who is at it; None: nobody.
    """

    name: str
    expression: str
    next_at: datetime
    token: UUID | None = None
    lease_until: datetime | None = None
    ended_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether it is to be begun, by whoever asks."""
        return self.next_at <= now and not self.in_hand(now)

    def in_hand(self, now: datetime) -> bool:
        """Whether somebody is at it."""
        return self.lease_until is not None and now < self.lease_until


@frozen
class TokenRow:
    """A token of the API with the hash of its secret."""

    token: AccessToken
    digest: bytes = field(repr=False)


def _external_id(row: Therapist | Patient) -> Iterable[Hashable]:
    return () if row.external_id is None else (row.external_id,)


def _email_of_mailbox(row: EmailRow) -> Iterable[Hashable]:
    return () if row.email.mailbox_id is None else (row.email.mailbox_id,)


def _answered_email(row: EmailRow) -> Iterable[Hashable]:
    answered = row.email.answered_email_id
    return () if answered is None or row.email.state is EmailState.CANCELED else (answered,)


class Tables:
    """Everything that a store in memory holds; written directly only while no unit is open."""

    def __init__(self) -> None:
        self.mailboxes: Table[MailboxId, MailboxRow] = Table({MAILBOX_ADDRESS: lambda row: (row.address,)})
        self.therapists: Table[TherapistId, Therapist] = Table({THERAPIST_EXTERNAL_ID: _external_id})
        self.patients: Table[PatientId, Patient] = Table({PATIENT_EXTERNAL_ID: _external_id})
        self.requests: Table[PlacementRequestId, RequestRow] = Table(
            {
                LIVE_PAIR: lambda row: ((row.patient_id, row.therapist_id),) if row.status in ALIVE else (),
                PLACE: lambda row: (row.patient_id,) if row.places else (),
            },
            patient=lambda row: (row.patient_id,),
            therapist=lambda row: (row.therapist_id,),
            pair=lambda row: ((row.patient_id, row.therapist_id),),
            held_by=lambda row: () if row.held_by is None else (row.held_by,),
            held_by_call=lambda row: () if row.held_by_call is None else (row.held_by_call,),
            open_of=lambda row: ("all",) if row.status is RequestStatus.OPEN else (),
            canceled_by=lambda row: () if row.canceled_by is None else (row.canceled_by,),
        )
        self.emails: Table[EmailId, EmailRow] = Table(
            {
                MESSAGE_ID: lambda row: () if row.email.message_id is None else (row.email.message_id,),
                CONFIRMATION: _answered_email,
            },
            state=lambda row: (row.email.state,),
            therapist=lambda row: (row.email.therapist_id,),
            mailbox=_email_of_mailbox,
            request=lambda row: (item.placement_request_id for item in row.email.items),
        )
        self.windows: Table[EmailId, WindowRow] = Table(
            therapist=lambda row: (row.therapist_id,),
            mailbox=lambda row: () if row.mailbox_id is None else (row.mailbox_id,),
        )
        self.calls: Table[PhoneCallId, PhoneCall] = Table(
            {NEXT_ATTEMPT: lambda call: () if call.previous_id is None else (call.previous_id,)},
            therapist=lambda call: (call.therapist_id,),
            caller=lambda call: () if call.caller_id is None else (call.caller_id,),
            number=lambda call: () if call.number is None else (call.number,),
            request=lambda call: (item.placement_request_id for item in call.included),
            chain=lambda call: (call.first_id,),
        )
        self.callers: Table[CallerId, Caller] = Table()
        self.closures: Table[date, tuple[date, str | None]] = Table()
        self.email_days: Table[date, int] = Table()
        self.pauses: Table[int, Pause] = Table()
        self.outbox: Table[int, Event] = Table()
        self.stored_at: Table[int, tuple[int, datetime]] = Table()
        self.published: Table[int, datetime] = Table()
        self.leases: Table[str, tuple[UUID, datetime]] = Table()
        self.processed_events: Table[tuple[str, str], datetime] = Table()
        self.foreign_matches: Table[tuple[str, str], PlacementRequestId] = Table()
        self.set_aside: Table[int, SetAside] = Table()
        self.schedule: Table[str, ScheduleRow] = Table()
        self.high_water: Table[int, int] = Table()
        self.import_runs: Table[ImportRunId, ImportRunRow] = Table()
        self.import_changes: Table[int, ImportChangeRow] = Table()
        self.import_faults: Table[int, ImportFaultRow] = Table()
        self.merges: Table[int, MergeRow] = Table(merged=lambda row: (row.merge.merged_id,))
        self.no_duplicates: Table[tuple[TherapistId, TherapistId], tuple[TherapistId, TherapistId]] = Table()
        self.postal_codes: Table[str, PostalPlace] = Table()
        self.addresses: Table[str, Located] = Table()
        self.routes: Table[Way, tuple[Way, Route]] = Table(
            home=lambda row: (row[0].here,), place=lambda row: (row[0].there,)
        )
        self.service_turns: Table[Service, datetime] = Table()
        self.import_bases: Table[tuple[ImportKind, int], Values] = Table()
        self.turns: Table[str, None] = Table()
        self.tokens: Table[AccessTokenId, TokenRow] = Table(digest=lambda row: (row.digest,))
        self.answers: Table[tuple[AccessTokenId, str], tuple[datetime, StoredAnswer]] = Table()
        self.mailbox_ids = count(1)
        self.therapist_ids = count(1)
        self.patient_ids = count(1)
        self.request_ids = count(1)
        self.import_run_ids = count(1)
        self.import_change_ids = count(1)
        self.import_fault_ids = count(1)
        self.email_ids = count(1)
        self.batch_ids = count(1)
        self.call_ids = count(1)
        self.call_batch_ids = count(1)
        self.caller_ids = count(1)
        self.token_ids = count(1)
        self.event_ids = count(1)
        self.merge_ids = count(1)
        self.set_aside_ids = count(1)
