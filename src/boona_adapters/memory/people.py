"""Single therapists and patients in memory: made by hand, and erased."""

from datetime import datetime

from attrs import evolve, frozen

from boona_adapters.memory.imports import MemoryImports
from boona_adapters.memory.rows import EmailRow, ImportChangeRow, RequestRow, Tables
from boona_adapters.memory.transactions import Transaction
from boona_core.calls import CallStatus, PhoneCall
from boona_core.emails import EmailState
from boona_core.ids import MailboxId, PatientId, PlacementRequestId, TherapistId
from boona_core.importing import ImportKind, Values
from boona_core.patients import Patient
from boona_core.therapists import Therapist

_ON_THE_WAY = (EmailState.QUEUED, EmailState.CLAIMED, EmailState.HANDOFF)


@frozen
class MemoryPeople:
    """Single people of one unit."""

    _tables: Tables
    _transaction: Transaction
    _imports: MemoryImports

    def create(self, kind: ImportKind, values: Values) -> int | None:
        """Keep the promise of ``api_ports.People``."""
        return self._imports.create_one(kind, values)

    def erase(self, kind: ImportKind, number: int, *, now: datetime) -> None:
        """Keep the promise of ``api_ports.People``."""
        with self._transaction.turn:
            if kind is ImportKind.THERAPISTS:
                self._erase_therapist(TherapistId(number), now)
            else:
                self._erase_patient(PatientId(number), now)
            for row in self._requests(kind, number):
                self._transaction.lock(self._tables.requests, row.id)
                self._transaction.put(self._tables.requests, row.id, evolve(row, response=None, notes=None))
            for email in self._emails(kind, number):
                self._empty(kind, email, {row.id for row in self._requests(kind, number)})
            for call in self._calls(kind, number):
                self._transaction.put(self._tables.calls, call.id, call)
            for key, change in self._changes(kind, number):
                self._transaction.put(self._tables.import_changes, key, evolve(change, old=None, new=None))
            self._transaction.remove(self._tables.import_bases, (kind, number))
            self._forget_merges(kind, number)
            self._empty_answers()

    def being_handed_over(self, kind: ImportKind, number: int) -> bool:
        """Keep the promise of ``api_ports.People``."""
        with self._transaction.turn:
            return any(row.email.state is EmailState.HANDOFF for row in self._emails(kind, number))

    def _erase_therapist(self, therapist_id: TherapistId, now: datetime) -> None:
        known = self._transaction.lock(self._tables.therapists, therapist_id)
        if known is None:
            return
        kept = {"status", "do_not_contact", "last_email_on", "last_call_on", "last_conversation_on", "mailbox_id"}
        kept |= {"merged_into"}
        emptied = Therapist(id=therapist_id, erased_at=now, **{name: getattr(known, name) for name in kept})
        self._transaction.put(self._tables.therapists, therapist_id, emptied)
        self._forget_mailbox(known.mailbox_id)

    def _forget_merges(self, kind: ImportKind, number: int) -> None:
        """What a merge filled in is a person's data, too."""
        for key, row in list(self._tables.merges.rows.items()):
            if kind is ImportKind.THERAPISTS and number in (row.merge.merged_id, row.merge.kept_id):
                self._transaction.put(self._tables.merges, key, evolve(row, merge=evolve(row.merge, filled=())))

    def _empty_answers(self) -> None:
        for key in sorted(self._tables.answers.rows):
            kept = self._transaction.lock(self._tables.answers, key)
            if kept is not None:
                self._transaction.put(self._tables.answers, key, (kept[0], evolve(kept[1], headers={}, body=b"")))

    def _forget_mailbox(self, mailbox_id: MailboxId | None) -> None:
        """Unless somebody else has it, or asked not to be written to."""
        row = None if mailbox_id is None else self._transaction.lock(self._tables.mailboxes, mailbox_id)
        others = (each for each in self._transaction.rows(self._tables.therapists) if each.erased_at is None)
        if row is not None and not row.do_not_contact and row.id not in {each.mailbox_id for each in others}:
            self._transaction.put(self._tables.mailboxes, row.id, evolve(row, address=f"erased-{row.id}"))

    def _erase_patient(self, patient_id: PatientId, now: datetime) -> None:
        known = self._transaction.lock(self._tables.patients, patient_id)
        if known is None:
            return
        emptied = Patient(
            id=patient_id,
            first_name="",
            last_name="",
            status=known.status,
            contracts_signed=False,
            consultation_attended=False,
            registered_on=known.registered_on,
            first_place_on=known.first_place_on,
            lasting_place_on=known.lasting_place_on,
            erased_at=now,
        )
        self._transaction.put(self._tables.patients, patient_id, emptied)

    def _requests(self, kind: ImportKind, number: int) -> list[RequestRow]:
        index = "therapist" if kind is ImportKind.THERAPISTS else "patient"
        return self._transaction.where(self._tables.requests, index, number)

    def _emails(self, kind: ImportKind, number: int) -> list[EmailRow]:
        if kind is ImportKind.THERAPISTS:
            return self._transaction.where(self._tables.emails, "therapist", number)
        found = {
            row.email.id: row
            for request in self._requests(kind, number)
            for row in self._transaction.where(self._tables.emails, "request", request.id)
        }
        return [found[email_id] for email_id in sorted(found)]

    def _empty(self, kind: ImportKind, row: EmailRow, requests: set[PlacementRequestId]) -> None:
        items = tuple(
            evolve(item, notes=None) if item.placement_request_id in requests else item for item in row.email.items
        )
        email = evolve(row.email, items=items)
        if row.email.state not in _ON_THE_WAY:
            email = evolve(
                email,
                subject="",
                body_html="",
                body_text="",
                response_content=None,
                follow_up_notes=None,
                override_reason=None,
            )
            if kind is ImportKind.THERAPISTS:
                email = evolve(email, recipient_email="", recipient_name="")
            row = evolve(row, message=None)
        self._transaction.put(self._tables.emails, email.id, evolve(row, email=email))

    def _calls(self, kind: ImportKind, number: int) -> list[PhoneCall]:
        """The calls of this therapist, or about this patient, without what was said in them."""
        requests = {row.id for row in self._requests(kind, number)}
        return [
            evolve(
                call,
                notes=None,
                outcome=None,
                number=None if kind is ImportKind.THERAPISTS else call.number,
                items=tuple(evolve(item, follow_up_notes=None) for item in call.items),
            )
            for call in self._transaction.rows(self._tables.calls)
            if call.status is not CallStatus.SCHEDULED
            and (
                call.therapist_id == number
                if kind is ImportKind.THERAPISTS
                else any(item.placement_request_id in requests for item in call.items)
            )
        ]

    def _changes(self, kind: ImportKind, number: int) -> list[tuple[int, ImportChangeRow]]:
        runs = {run.id for run in self._transaction.rows(self._tables.import_runs) if run.kind is kind}
        return [
            (key, change)
            for key, change in self._tables.import_changes.rows.items()
            if change.run_id in runs and change.row_id == number
        ]
