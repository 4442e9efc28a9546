"""How a test puts things in place before it acts: the same words for every store.

A seed writes past the ports, straight into the store's own tables, and what it wrote is committed.  It says yes to
whatever the store's constraints allow: a situation that no use case would lead to is a fair situation to ask about.
Seed only while no unit is open.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Protocol
from uuid import UUID

from attrs import evolve, field, frozen

from boona_adapters.memory import MemoryStore
from boona_adapters.memory.rows import EmailRow, MailboxRow, RequestRow, WindowRow
from boona_core.api_ports import OpenApiUnit
from boona_core.callers import Caller, CallerHours
from boona_core.calls import CallItem, CallTime, Cause, PhoneCall
from boona_core.emails import BatchItem, Email, EmailState
from boona_core.events import Event
from boona_core.ids import (
    CallerId,
    EmailBatchId,
    EmailId,
    MailboxId,
    PatientId,
    PhoneCallBatchId,
    PhoneCallId,
    PlacementRequestId,
    TherapistId,
)
from boona_core.importing import Counts, ImportKind
from boona_core.patients import Patient, PatientStatus
from boona_core.requests import RequestStatus
from boona_core.therapists import Therapist

TODAY = date(2026, 3, 2)
"""The Monday on which the situations of the tests take place."""

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
"""Eight o'clock of that Monday in Berlin."""

WORKER = UUID("00000000-0000-4000-8000-00000000000a")
"""The token of one worker's claims."""

OTHER_WORKER = UUID("00000000-0000-4000-8000-00000000000b")
"""The token of another's."""


class Seeds(Protocol):
    """Puts rows into a store."""

    def mailbox(self, *, do_not_contact: bool = False, bounced_at: datetime | None = None) -> MailboxId:
        """An address that no other mailbox has."""

    def therapist(self, **fields: Any) -> TherapistId:
        """An active therapist; *fields* as in ``Therapist``.

        Without ``mailbox_id`` among them a mailbox of their own is made; ``mailbox_id=None`` means no address.
        """

    def patient(self, **fields: Any) -> PatientId:
        """A patient who has been searching since 1 January 2026; *fields* as in ``Patient``."""

    def request(self, patient: PatientId | None, therapist: TherapistId, **fields: Any) -> PlacementRequestId:
        """An open request; *fields* as in the table ``placement_requests`` (``held_by``: the email's id).

        Without a patient a new one is made.
        """

    def email(
        self,
        therapist: TherapistId,
        requests: Sequence[PlacementRequestId] = (),
        *,
        left_out: Sequence[PlacementRequestId] = (),
        marked_on: date | None = None,
        lease_until: datetime | None = None,
        token: UUID = WORKER,
        touched: bool = False,
        follow_up_call: PhoneCallId | None = None,
        **fields: Any,
    ) -> EmailId:
        """An email as it stands, without window and without a hold on its requests; *fields* as in ``Email``.

        It is queued unless ``state`` says otherwise, and goes to the therapist's mailbox unless ``mailbox_id`` does.

        Args:
            left_out: Those of *requests* that were taken out of it.
            touched: A person has changed it since it was made.
            follow_up_call: The first call that followed up its silence.
        """

    def caller(self, **fields: Any) -> CallerId:
        """An active caller without working hours; *fields* as in ``Caller``."""

    def call(
        self,
        therapist: TherapistId,
        requests: Sequence[PlacementRequestId] = (),
        *,
        left_out: Sequence[PlacementRequestId] = (),
        **fields: Any,
    ) -> PhoneCallId:
        """A call as it stands, without a hold on its requests; *fields* as in ``PhoneCall``.

        It is planned for five minutes from nine o'clock of TODAY, the first of its attempts, unless *fields* say
        otherwise.

        Args:
            left_out: Those of *requests* that were taken out of it.
        """

    def window(self, email: EmailId, begins: date, ends: date | None = None) -> None:
        """The contact window of an email, for its therapist and its mailbox; *ends* None: open."""

    def hold(self, email: EmailId, requests: Sequence[PlacementRequestId]) -> None:
        """Put requests into progress through an email."""

    def hold_by_call(self, call: PhoneCallId, requests: Sequence[PlacementRequestId]) -> None:
        """Put requests into progress through a call."""

    def contacted(self, therapist: TherapistId, requests: Sequence[PlacementRequestId], *, on: date) -> None:
        """Write the day of a contact to a therapist and to requests."""

    def queued_email(
        self, therapist: TherapistId, requests: Sequence[PlacementRequestId] = (), **fields: Any
    ) -> EmailId:
        """An email as a plan leaves it: queued, its window open from TODAY on, its requests in progress."""

    def sent_email(
        self,
        therapist: TherapistId,
        requests: Sequence[PlacementRequestId] = (),
        *,
        on: date,
        interval_days: int = 7,
        **fields: Any,
    ) -> EmailId:
        """An email as sending leaves it: sent, its window closed, its requests contacted and in progress."""

    def events(self) -> Sequence[Event]:
        """The events that were committed, in their order."""

    def called_about(self, request: PlacementRequestId) -> date | None:
        """The day of the last call in which a request came up, as it was committed."""

    def imports(self) -> Sequence["KeptImport"]:
        """The history of imports that was committed, in its order."""

    def waiting(self) -> int:
        """How many units wait for another one at this moment."""


@frozen(kw_only=True)
class KeptImport:
    """An entry in the history of imports.

    Attributes:
        lines: The id of the row, the field (None: created), and its value before and after.
    """

    id: int
    kind: ImportKind
    sha256: str
    counts: Counts = field(factory=Counts)
    lines: tuple[tuple[int, str | None, Any, Any], ...] = ()


@frozen(kw_only=True)
class Store:
    """One adapter under test."""

    open_unit: OpenApiUnit
    seed: Seeds


def memory_store(clock: Callable[[], datetime] = lambda: NOW) -> Store:
    """An empty store in memory whose clock says what *clock* says."""
    memory = MemoryStore(clock)
    return Store(open_unit=memory.open_unit, seed=MemorySeeds(memory))


_numbers = count(1)


def therapist_of(number: int, fields: Mapping[str, Any]) -> Therapist:
    """The therapist that a seed makes."""
    values: dict[str, Any] = {"first_name": "Uta", "last_name": f"Beispiel{number}", **fields}
    if values.get("mailbox_id") is not None:
        values.setdefault("email", f"praxis{number}@example.org")
    return Therapist(id=TherapistId(number), **values)


def patient_of(number: int, fields: Mapping[str, Any]) -> Patient:
    """The patient that a seed makes."""
    usual: dict[str, Any] = {
        "first_name": "Kim",
        "last_name": f"Muster{number}",
        "status": PatientStatus.SEARCHING,
        "registered_on": date(2026, 1, 1),
        "contracts_signed": True,
        "consultation_attended": False,
    }
    return Patient(id=PatientId(number), **{**usual, **fields})


def email_of(
    number: int,
    therapist: TherapistId,
    requests: Sequence[PlacementRequestId],
    *,
    mailbox_id: MailboxId | None,
    left_out: Sequence[PlacementRequestId],
    fields: Mapping[str, Any],
) -> Email:
    """The email that a seed makes; its batch rows have no ids yet."""
    state = fields.get("state", EmailState.QUEUED)
    usual: dict[str, Any] = {
        "mailbox_id": mailbox_id,
        "state": state,
        "subject": "Anfrage",
        "body_html": "<p>Guten Tag</p>",
        "body_text": "Guten Tag",
        "recipient_email": f"praxis{therapist}@example.org",
        "recipient_name": "Uta Beispiel",
        "sender_email": "agentur@example.org",
        "sender_name": "Agentur",
    }
    if state is not EmailState.DRAFT:
        usual |= {"message_id": f"<{number}.{next(_numbers)}@example.org>", "queued_at": NOW - timedelta(hours=1)}
    if state is EmailState.HANDOFF:
        usual["marked_at"] = NOW
    items = tuple(
        BatchItem(
            id=EmailBatchId(0),
            placement_request_id=request_id,
            rank=len(requests) - place,
            included=request_id not in left_out,
        )
        for place, request_id in enumerate(requests)
    )
    return Email(id=EmailId(number), therapist_id=therapist, items=items, **{**usual, **fields})


def call_of(
    number: int,
    therapist: TherapistId,
    requests: Sequence[PlacementRequestId],
    *,
    left_out: Sequence[PlacementRequestId],
    fields: Mapping[str, Any],
) -> PhoneCall:
    """The call that a seed makes; its batch rows have no ids yet."""
    usual: dict[str, Any] = {
        "time": CallTime(TODAY, 9 * 60, 5),
        "cause": Cause.SILENT,
        "first_id": PhoneCallId(number),
    }
    items = tuple(
        CallItem(
            id=PhoneCallBatchId(0),
            placement_request_id=request_id,
            rank=len(requests) - place,
            included=request_id not in left_out,
        )
        for place, request_id in enumerate(requests)
    )
    return PhoneCall(id=PhoneCallId(number), therapist_id=therapist, items=items, **{**usual, **fields})


class Composed:
    """What every seed makes out of its simpler words."""

    def queued_email(
        self: Seeds, therapist: TherapistId, requests: Sequence[PlacementRequestId] = (), **fields: Any
    ) -> EmailId:
        """Keep the promise of ``Seeds``."""
        email = self.email(therapist, requests, **fields)
        self.window(email, TODAY)
        self.hold(email, requests)
        return email

    def sent_email(
        self: Seeds,
        therapist: TherapistId,
        requests: Sequence[PlacementRequestId] = (),
        *,
        on: date,
        interval_days: int = 7,
        **fields: Any,
    ) -> EmailId:
        """Keep the promise of ``Seeds``."""
        at = datetime(on.year, on.month, on.day, 8, tzinfo=UTC)
        usual = {"state": EmailState.SENT, "queued_at": at, "marked_at": at, "sent_at": at}
        email = self.email(therapist, requests, marked_on=on, **{**usual, **fields})
        self.window(email, on, on + timedelta(days=interval_days))
        self.hold(email, requests)
        self.contacted(therapist, requests, on=on)
        return email


@frozen
class MemorySeeds(Composed):
    """Seeds of a store in memory."""

    _store: MemoryStore

    def mailbox(self, *, do_not_contact: bool = False, bounced_at: datetime | None = None) -> MailboxId:
        """Keep the promise of ``Seeds``."""
        mailbox_id = MailboxId(next(self._store.tables.mailbox_ids))
        row = MailboxRow(
            id=mailbox_id,
            address=f"mailbox{mailbox_id}@example.org",
            do_not_contact=do_not_contact,
            bounced_at=bounced_at,
        )
        self._store.tables.mailboxes.put(mailbox_id, row)
        return mailbox_id

    def therapist(self, **fields: Any) -> TherapistId:
        """Keep the promise of ``Seeds``."""
        if "mailbox_id" not in fields:
            fields["mailbox_id"] = self.mailbox()
        therapist = therapist_of(next(self._store.tables.therapist_ids), fields)
        self._store.tables.therapists.put(therapist.id, therapist)
        return therapist.id

    def patient(self, **fields: Any) -> PatientId:
        """Keep the promise of ``Seeds``."""
        patient = patient_of(next(self._store.tables.patient_ids), fields)
        self._store.tables.patients.put(patient.id, patient)
        return patient.id

    def request(self, patient: PatientId | None, therapist: TherapistId, **fields: Any) -> PlacementRequestId:
        """Keep the promise of ``Seeds``."""
        row = RequestRow(
            id=PlacementRequestId(next(self._store.tables.request_ids)),
            patient_id=self.patient() if patient is None else patient,
            therapist_id=therapist,
            **{"cooldown_from": fields.get("response_date"), **fields},
        )
        self._store.tables.requests.put(row.id, row)
        return row.id

    def email(
        self,
        therapist: TherapistId,
        requests: Sequence[PlacementRequestId] = (),
        *,
        left_out: Sequence[PlacementRequestId] = (),
        marked_on: date | None = None,
        lease_until: datetime | None = None,
        token: UUID = WORKER,
        touched: bool = False,
        follow_up_call: PhoneCallId | None = None,
        **fields: Any,
    ) -> EmailId:
        """Keep the promise of ``Seeds``."""
        tables = self._store.tables
        mailbox_id = tables.therapists.rows[therapist].mailbox_id
        email = email_of(
            next(tables.email_ids), therapist, requests, mailbox_id=mailbox_id, left_out=left_out, fields=fields
        )
        items = tuple(evolve(item, id=EmailBatchId(next(tables.batch_ids))) for item in email.items)
        sending = email.state in (EmailState.CLAIMED, EmailState.HANDOFF)
        row = EmailRow(
            email=evolve(email, items=items),
            message=None if email.message_id is None else message_of(email.id),
            token=token if sending else None,
            lease_until=(lease_until or NOW) if sending else None,
            marked_on=marked_on,
            touched=touched,
            follow_up_call=follow_up_call,
        )
        tables.emails.put(email.id, row)
        return email.id

    def caller(self, **fields: Any) -> CallerId:
        """Keep the promise of ``Seeds``."""
        caller_id = CallerId(next(self._store.tables.caller_ids))
        values = {"name": f"Anruferin {caller_id}", "hours": CallerHours(), **fields}
        self._store.tables.callers.put(caller_id, Caller(id=caller_id, **values))
        return caller_id

    def call(
        self,
        therapist: TherapistId,
        requests: Sequence[PlacementRequestId] = (),
        *,
        left_out: Sequence[PlacementRequestId] = (),
        **fields: Any,
    ) -> PhoneCallId:
        """Keep the promise of ``Seeds``."""
        tables = self._store.tables
        call = call_of(next(tables.call_ids), therapist, requests, left_out=left_out, fields=fields)
        items = tuple(evolve(item, id=PhoneCallBatchId(next(tables.call_batch_ids))) for item in call.items)
        tables.calls.put(call.id, evolve(call, items=items))
        return call.id

    def window(self, email: EmailId, begins: date, ends: date | None = None) -> None:
        """Keep the promise of ``Seeds``."""
        known = self._store.tables.emails.rows[email].email
        row = WindowRow(
            email_id=email, therapist_id=known.therapist_id, mailbox_id=known.mailbox_id, begins=begins, ends=ends
        )
        self._store.tables.windows.put(email, row)

    def hold(self, email: EmailId, requests: Sequence[PlacementRequestId]) -> None:
        """Keep the promise of ``Seeds``."""
        table = self._store.tables.requests
        for request_id in requests:
            table.put(request_id, evolve(table.rows[request_id], status=RequestStatus.IN_PROGRESS, held_by=email))

    def hold_by_call(self, call: PhoneCallId, requests: Sequence[PlacementRequestId]) -> None:
        """Keep the promise of ``Seeds``."""
        table = self._store.tables.requests
        for request_id in requests:
            held = evolve(table.rows[request_id], status=RequestStatus.IN_PROGRESS, held_by=None, held_by_call=call)
            table.put(request_id, held)

    def contacted(self, therapist: TherapistId, requests: Sequence[PlacementRequestId], *, on: date) -> None:
        """Keep the promise of ``Seeds``."""
        tables = self._store.tables
        tables.therapists.put(therapist, evolve(tables.therapists.rows[therapist], last_email_on=on))
        for request_id in requests:
            tables.requests.put(request_id, evolve(tables.requests.rows[request_id], email_contact_date=on))

    def events(self) -> Sequence[Event]:
        """Keep the promise of ``Seeds``."""
        return self._store.events()

    def called_about(self, request: PlacementRequestId) -> date | None:
        """Keep the promise of ``Seeds``."""
        return self._store.tables.requests.rows[request].phone_contact_date

    def imports(self) -> Sequence[KeptImport]:
        """Keep the promise of ``Seeds``."""
        changes = [each for _, each in sorted(self._store.tables.import_changes.rows.items())]
        return [
            KeptImport(
                id=run.id,
                kind=run.kind,
                sha256=run.sha256,
                counts=run.counts,
                lines=tuple((each.row_id, each.name, each.old, each.new) for each in changes if each.run_id == run.id),
            )
            for _, run in sorted(self._store.tables.import_runs.rows.items())
        ]

    def waiting(self) -> int:
        """Keep the promise of ``Seeds``."""
        return self._store.waiting()


def message_of(email_id: EmailId) -> bytes:
    """The stored bytes of a seeded email."""
    return b"Subject: Anfrage %d\r\n\r\nGuten Tag\r\n" % email_id
