"""What an import asks of the memory, many rows at a time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from boona_adapters.memory.plain_people import person_fields, plain_values
from boona_adapters.memory.rows import (
    ALIVE,
    LIVE_PAIR,
    MAILBOX_ADDRESS,
    PATIENT_EXTERNAL_ID,
    THERAPIST_EXTERNAL_ID,
    ImportChangeRow,
    ImportFaultRow,
    ImportRunRow,
    MailboxRow,
    RequestRow,
    Tables,
)
from boona_adapters.memory.transactions import Transaction
from boona_core.errors import StoreError, UnknownId
from boona_core.ids import MailboxId, PatientId, PlacementRequestId, TherapistId
from boona_core.import_ports import ImportLine, ImportRun, NewRequest, Pair, StoredRow
from boona_core.importing import Counts, ImportKind, ImportRunId, RowChange, RowFault, Values
from boona_core.patients import Patient
from boona_core.therapists import Therapist

FOREIGN_KEY_VIOLATION = "23503"


@frozen
class MemoryImports:
    """The imports of one unit."""

    _tables: Tables
    _transaction: Transaction
    _now: Callable[[], datetime]

    def take_turns(self) -> None:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            self._transaction.lock(self._tables.turns, "import")

    def begin(self, kind: ImportKind, sha256: str, *, undoes: ImportRunId | None = None) -> ImportRunId:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            number = ImportRunId(next(self._tables.import_run_ids))
            row = ImportRunRow(id=number, kind=kind, sha256=sha256, undoes=undoes, begun_at=self._now())
            self._transaction.put(self._tables.import_runs, row.id, row)
            return row.id

    def runs(self, *, limit: int) -> Sequence[ImportRun]:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            rows = sorted(self._transaction.rows(self._tables.import_runs), key=lambda row: row.id, reverse=True)
            return [self._run(row) for row in rows[:limit]]

    def run(self, run_id: ImportRunId) -> ImportRun:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            row = self._transaction.get(self._tables.import_runs, run_id)
            if row is None:
                raise UnknownId("import run", run_id)
            return self._run(row)

    def lines(self, run_id: ImportRunId) -> Sequence[ImportLine]:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            rows = self._transaction.rows(self._tables.import_changes)
            return [
                ImportLine(row.row_id, row.name, *deepcopy((row.old, row.new))) for row in rows if row.run_id == run_id
            ]

    def record(
        self, run_id: ImportRunId, counts: Counts, changes: Sequence[RowChange], faults: Sequence[RowFault] = ()
    ) -> None:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            run = self._transaction.lock(self._tables.import_runs, run_id)
            if run is None:
                raise UnknownId("import run", run_id)
            self._transaction.put(self._tables.import_runs, run_id, evolve(run, counts=run.counts + counts))
            for change in changes:
                if change.created:
                    self._keep(ImportChangeRow(run_id=run_id, row_id=change.id))
                for each in change.fields:
                    old, new = deepcopy((each.old, each.new))
                    self._keep(ImportChangeRow(run_id=run_id, row_id=change.id, name=each.name, old=old, new=new))
            for fault in faults:
                row = ImportFaultRow(run_id, fault)
                self._transaction.put(self._tables.import_faults, next(self._tables.import_fault_ids), row)

    def faults(self, run_id: ImportRunId) -> Sequence[RowFault]:
        """Why a run refused rows, in its order."""
        with self._transaction.turn:
            return [row.fault for row in self._transaction.rows(self._tables.import_faults) if row.run_id == run_id]

    def all_runs(self) -> Sequence[ImportRun]:
        """Every entry of the history."""
        with self._transaction.turn:
            return [self._run(row) for row in self._transaction.rows(self._tables.import_runs)]

    def ids(self, kind: ImportKind, external_ids: Collection[str]) -> Mapping[str, int]:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            found = ((external_id, self._id(kind, external_id)) for external_id in external_ids)
            return {external_id: number for external_id, number in found if number is not None}

    def bases(self, kind: ImportKind, ids: Collection[int]) -> Mapping[int, Values]:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            found = {number: self._transaction.get(self._tables.import_bases, (kind, number)) for number in set(ids)}
            people = {number: self._person(kind, number) for number in found}
            return {
                number: deepcopy(values)
                for number, values in found.items()
                if values is not None and (person := people[number]) is not None and person.erased_at is None
            }

    def keep_bases(self, kind: ImportKind, rows: Mapping[int, Values]) -> None:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            for number in sorted(rows):
                self._transaction.put(self._tables.import_bases, (kind, number), deepcopy(dict(rows[number])))

    def stored(self, kind: ImportKind, ids: Collection[int]) -> Mapping[int, StoredRow]:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            people = (self._person(kind, number) for number in set(ids))
            return {person.id: self._stored(kind, person) for person in people if person is not None}

    def standing_for_others(self, therapist_ids: Collection[int]) -> Collection[int]:
        """Keep the promise of ``import_ports.Imports``."""
        asked = frozenset(therapist_ids)
        with self._transaction.turn:
            rows = self._transaction.rows(self._tables.therapists) if asked else ()
            return frozenset(row.merged_into for row in rows if row.merged_into in asked)

    def kept(self, external_ids: Collection[str]) -> Mapping[str, TherapistId]:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            found = ((external_id, self._kept(external_id)) for external_id in external_ids)
            return {external_id: number for external_id, number in found if number is not None}

    def create(self, kind: ImportKind, rows: Sequence[Values]) -> Mapping[str, int]:
        """Keep the promise of ``import_ports.Imports``; in the order of the external ids."""
        created = {}
        with self._transaction.turn:
            mailboxes = self._mailboxes(rows)
            for row in sorted(rows, key=lambda row: str(row["external_id"])):
                number = self._create(kind, row, mailboxes)
                if number is not None:
                    created[str(row["external_id"])] = number
        return created

    def create_one(self, kind: ImportKind, values: Values) -> int | None:
        """Create one therapist or patient, perhaps without external id; None: somebody else has it."""
        with self._transaction.turn:
            return self._create(kind, values, self._mailboxes([values]))

    def update(self, kind: ImportKind, rows: Mapping[int, Values]) -> None:
        """Keep the promise of ``import_ports.Imports``; in the order of the ids."""
        with self._transaction.turn:
            mailboxes = self._mailboxes(rows.values())
            for number in sorted(rows):
                if kind is ImportKind.THERAPISTS:
                    therapist = self._transaction.lock(self._tables.therapists, TherapistId(number))
                    if therapist is not None:
                        self._put_therapist(evolve(therapist, **_therapist_fields(rows[number], mailboxes)))
                else:
                    patient = self._transaction.lock(self._tables.patients, PatientId(number))
                    if patient is not None:
                        self._put_patient(evolve(patient, **_patient_fields(rows[number])))

    def pairs(self, external_ids: Sequence[tuple[str, str]]) -> Sequence[Pair]:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            return [self._pair(patient, therapist) for patient, therapist in external_ids]

    def create_requests(
        self, requests: Sequence[NewRequest]
    ) -> Mapping[tuple[PatientId, TherapistId], PlacementRequestId]:
        """Keep the promise of ``import_ports.Imports``; in the order of therapist, patient."""
        created = {}
        with self._transaction.turn:
            for new in sorted(requests, key=lambda new: (new.therapist_id, new.patient_id)):
                self._refuse_strangers(new)
                pair = (new.patient_id, new.therapist_id)
                if self._transaction.settled_owner(self._tables.requests, LIVE_PAIR, pair) is not None:
                    continue
                row = RequestRow(
                    id=PlacementRequestId(next(self._tables.request_ids)),
                    patient_id=new.patient_id,
                    therapist_id=new.therapist_id,
                    priority=new.priority,
                )
                self._transaction.put(self._tables.requests, row.id, row)
                created[pair] = row.id
        return created

    def set_priorities(self, priorities: Mapping[PlacementRequestId, int]) -> None:
        """Keep the promise of ``import_ports.Imports``."""
        with self._transaction.turn:
            for row in self._lock_alive(priorities):
                self._transaction.put(self._tables.requests, row.id, evolve(row, priority=priorities[row.id]))

    def _run(self, row: ImportRunRow) -> ImportRun:
        others = self._transaction.rows(self._tables.import_runs)
        return ImportRun(
            id=row.id,
            kind=row.kind,
            sha256=row.sha256,
            begun_at=row.begun_at,
            counts=row.counts,
            undoes=row.undoes,
            undone_by=next((other.id for other in others if other.undoes == row.id), None),
        )

    def _create(self, kind: ImportKind, row: Values, mailboxes: Mapping[str, MailboxId]) -> int | None:
        external_id = row.get("external_id")
        if external_id is not None and self._is_taken(kind, str(external_id)):
            return None
        if kind is ImportKind.THERAPISTS:
            therapist_id = TherapistId(next(self._tables.therapist_ids))
            self._put_therapist(Therapist(id=therapist_id, **_therapist_fields(row, mailboxes)))
            return int(therapist_id)
        patient_id = PatientId(next(self._tables.patient_ids))
        self._put_patient(Patient(id=patient_id, **_patient_fields(row)))
        return int(patient_id)

    def _keep(self, change: ImportChangeRow) -> None:
        self._transaction.put(self._tables.import_changes, next(self._tables.import_change_ids), change)

    def _id(self, kind: ImportKind, external_id: str) -> int | None:
        if kind is ImportKind.THERAPISTS:
            return self._transaction.owner(self._tables.therapists, THERAPIST_EXTERNAL_ID, external_id)
        return self._transaction.owner(self._tables.patients, PATIENT_EXTERNAL_ID, external_id)

    def _person(self, kind: ImportKind, number: int | None) -> Therapist | Patient | None:
        if number is None:
            return None
        if kind is ImportKind.THERAPISTS:
            return self._transaction.get(self._tables.therapists, TherapistId(number))
        return self._transaction.get(self._tables.patients, PatientId(number))

    def _living_patient(self, external_id: str) -> PatientId | None:
        patient = self._person(ImportKind.PATIENTS, self._id(ImportKind.PATIENTS, external_id))
        return None if patient is None or patient.erased_at is not None else PatientId(patient.id)

    def _kept(self, external_id: str) -> TherapistId | None:
        number = self._id(ImportKind.THERAPISTS, external_id)
        therapist = None if number is None else self._transaction.get(self._tables.therapists, TherapistId(number))
        while therapist is not None and therapist.merged_into is not None:
            therapist = self._transaction.get(self._tables.therapists, therapist.merged_into)
        return None if therapist is None or therapist.erased_at is not None else therapist.id

    def _stored(self, kind: ImportKind, person: Therapist | Patient) -> StoredRow:
        values = plain_values(kind, person)
        if isinstance(person, Patient):
            values["excluded_therapists"] = sorted(person.excluded_therapists)
        else:
            mailbox = None
            if person.mailbox_id is not None:
                mailbox = self._transaction.get(self._tables.mailboxes, person.mailbox_id)
            values["mailbox"] = mailbox and mailbox.address
        merged = isinstance(person, Therapist) and person.merged_into is not None
        return StoredRow(person.id, values, erased=person.erased_at is not None, merged=merged)

    def _mailboxes(self, rows: Collection[Values]) -> Mapping[str, MailboxId]:
        """The mailboxes that these rows name; those not known yet are created."""
        table = self._tables.mailboxes
        found = {}
        for address in sorted({row["mailbox"] for row in rows if row.get("mailbox")}):
            known = self._transaction.settled_owner(table, MAILBOX_ADDRESS, address)
            if known is None:
                known = MailboxId(next(self._tables.mailbox_ids))
                self._transaction.put(table, known, MailboxRow(id=known, address=address))
            found[address] = known
        return found

    def _is_taken(self, kind: ImportKind, external_id: str) -> bool:
        owner: int | None
        if kind is ImportKind.THERAPISTS:
            owner = self._transaction.settled_owner(self._tables.therapists, THERAPIST_EXTERNAL_ID, external_id)
        else:
            owner = self._transaction.settled_owner(self._tables.patients, PATIENT_EXTERNAL_ID, external_id)
        return owner is not None

    def _put_therapist(self, therapist: Therapist) -> None:
        self._transaction.put(self._tables.therapists, therapist.id, therapist)

    def _put_patient(self, patient: Patient) -> None:
        self._transaction.put(self._tables.patients, patient.id, patient)

    def _pair(self, patient: str, therapist: str) -> Pair:
        patient_id = self._living_patient(patient)
        therapist_id = self._kept(therapist)
        rows = self._transaction.where(self._tables.requests, "pair", (patient_id, therapist_id))
        last = max(rows, key=lambda row: (row.status in ALIVE, row.id), default=None)
        return Pair(
            patient_id,
            therapist_id,
            None if last is None else last.id,
            movable=last is not None and last.status in ALIVE,
            priority=None if last is None else last.priority,
        )

    def _refuse_strangers(self, new: NewRequest) -> None:
        if self._transaction.get(self._tables.patients, new.patient_id) is None:
            raise StoreError(FOREIGN_KEY_VIOLATION, "fk_placement_requests_patient_id")
        if self._transaction.get(self._tables.therapists, new.therapist_id) is None:
            raise StoreError(FOREIGN_KEY_VIOLATION, "fk_placement_requests_therapist_id")

    def _lock_alive(self, request_ids: Collection[PlacementRequestId]) -> list[RequestRow]:
        locked = (self._transaction.lock(self._tables.requests, each) for each in sorted(set(request_ids)))
        return [row for row in locked if row is not None and row.status in ALIVE]


def _therapist_fields(row: Values, mailboxes: Mapping[str, MailboxId]) -> dict[str, Any]:
    address = row.get("mailbox")
    mailbox_id = mailboxes[address] if address else None
    return {**person_fields(ImportKind.THERAPISTS, row), "mailbox_id": mailbox_id}


def _patient_fields(row: Values) -> dict[str, Any]:
    excluded = frozenset(map(TherapistId, row.get("excluded_therapists") or ()))
    return {**person_fields(ImportKind.PATIENTS, row), "excluded_therapists": excluded}
