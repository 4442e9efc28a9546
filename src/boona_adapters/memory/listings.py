"""Parts of lists in memory, with how many rows there are in all."""

from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import frozen

from boona_adapters.memory.imports import MemoryImports
from boona_adapters.memory.rows import EmailRow, RequestRow, Tables
from boona_adapters.memory.transactions import Table, Transaction
from boona_core.api_ports import (
    CallFilter,
    Cut,
    EmailFilter,
    ImportFilter,
    Listing,
    PatientFilter,
    RequestFilter,
    TherapistFilter,
)
from boona_core.calls import PhoneCall
from boona_core.emails import Email
from boona_core.errors import UnknownId
from boona_core.ids import EmailBatchId, EmailId, PhoneCallBatchId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.import_ports import ImportLine, ImportRun
from boona_core.importing import ImportRunId, RowFault
from boona_core.instants import local_day
from boona_core.patients import Patient
from boona_core.requests import RequestRecord
from boona_core.therapists import Therapist

T = TypeVar("T")
Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")


@frozen
class MemoryListings:
    """Parts of lists of one unit."""

    _tables: Tables
    _transaction: Transaction
    _imports: MemoryImports

    def emails(self, wanted: EmailFilter, cut: Cut) -> Listing[Email]:
        """Keep the promise of ``api_ports.Listings``."""
        rows = [row for row in self._rows(self._tables.emails) if _fits_email(wanted, row)]
        return _part([row.email for row in rows], cut, falling=True)

    def therapists(self, wanted: TherapistFilter, cut: Cut) -> Listing[Therapist]:
        """Keep the promise of ``api_ports.Listings``."""
        names = ("status", "postal_code", "potentially_available", "external_id")
        found = [row for row in self._rows(self._tables.therapists) if _fits(wanted, row, names)]
        return _part([row for row in found if row.erased_at is None], cut)

    def patients(self, wanted: PatientFilter, cut: Cut) -> Listing[Patient]:
        """Keep the promise of ``api_ports.Listings``."""
        found = [row for row in self._rows(self._tables.patients) if _fits(wanted, row, ("status", "external_id"))]
        return _part([row for row in found if row.erased_at is None], cut)

    def requests(self, wanted: RequestFilter, cut: Cut) -> Listing[RequestRecord]:
        """Keep the promise of ``api_ports.Listings``."""
        names = ("patient_id", "therapist_id", "status")
        found = [row for row in self._rows(self._tables.requests) if _fits(wanted, row, names)]
        part = _part(found, cut)
        return Listing([self._record(row) for row in part.rows], part.total)

    def calls(self, wanted: CallFilter, cut: Cut) -> Listing[PhoneCall]:
        """Keep the promise of ``api_ports.Listings``."""
        names = ("therapist_id", "caller_id", "status")
        found = [row for row in self._rows(self._tables.calls) if _fits(wanted, row, names)]
        return _part([row for row in found if wanted.day in (None, row.time.day)], cut, falling=True)

    def call_of_batch(self, batch_id: PhoneCallBatchId) -> PhoneCallId:
        """Keep the promise of ``api_ports.Listings``."""
        for row in self._rows(self._tables.calls):
            if any(item.id == batch_id for item in row.items):
                return row.id
        raise UnknownId("phone call batch", batch_id)

    def contacts(self, therapist_id: TherapistId, cut: Cut, *, zone: ZoneInfo) -> Listing[Email | PhoneCall]:
        """Keep the promise of ``api_ports.Listings``."""
        emails = [row for row in self._rows(self._tables.emails) if row.email.therapist_id == therapist_id]
        calls = [row for row in self._rows(self._tables.calls) if row.therapist_id == therapist_id]
        found: list[tuple[date, int, int, Email | PhoneCall]] = []
        found += [(_day_of(row, zone), 0, row.email.id, row.email) for row in emails]
        found += [(call.time.day, 1, call.id, call) for call in calls]
        ordered = sorted(found, key=lambda each: each[:3], reverse=True)
        return _page([contact for *_, contact in ordered], cut)

    def imports(self, wanted: ImportFilter, cut: Cut) -> Listing[ImportRun]:
        """Keep the promise of ``api_ports.Listings``."""
        found = [run for run in self._imports.all_runs() if _fits(wanted, run, ("kind", "sha256"))]
        found = [run for run in found if wanted.undone in (None, run.undone_by is not None)]
        return _part([run for run in found if wanted.undo in (None, run.undoes is not None)], cut, falling=True)

    def import_lines(self, run_id: ImportRunId, cut: Cut) -> Listing[ImportLine]:
        """Keep the promise of ``api_ports.Listings``."""
        return _page(self._imports.lines(run_id), cut)

    def import_faults(self, run_id: ImportRunId, cut: Cut) -> Listing[RowFault]:
        """Keep the promise of ``api_ports.Listings``."""
        return _page(self._imports.faults(run_id), cut)

    def hold(self, subject: str, number: int) -> None:
        """Keep the promise of ``api_ports.Listings``."""
        with self._transaction.turn:
            self._transaction.lock(self._tables.turns, f"{subject} {number}")

    def request(self, request_id: PlacementRequestId) -> RequestRecord:
        """Keep the promise of ``api_ports.Listings``."""
        with self._transaction.turn:
            row = self._transaction.get(self._tables.requests, request_id)
        if row is None:
            raise UnknownId("placement request", request_id)
        return self._record(row)

    def email_of_batch(self, batch_id: EmailBatchId) -> EmailId:
        """Keep the promise of ``api_ports.Listings``."""
        for row in self._rows(self._tables.emails):
            if any(item.id == batch_id for item in row.email.items):
                return row.email.id
        raise UnknownId("email batch", batch_id)

    def _rows(self, table: Table[Key, Row]) -> list[Row]:
        with self._transaction.turn:
            return self._transaction.rows(table)

    def _record(self, row: RequestRow) -> RequestRecord:
        with self._transaction.turn:
            emails = self._transaction.where(self._tables.emails, "request", row.id)
        return RequestRecord(
            id=row.id,
            patient_id=row.patient_id,
            therapist_id=row.therapist_id,
            status=row.status,
            priority=row.priority,
            email_contact_date=row.email_contact_date,
            phone_contact_date=row.phone_contact_date,
            response=row.response,
            response_date=row.response_date,
            next_contact_after=row.next_contact_after,
            notes=row.notes,
            email_ids=tuple(sorted(each.email.id for each in emails)),
            phone_call_ids=tuple(
                sorted(
                    call.id
                    for call in self._rows(self._tables.calls)
                    if row.id in {item.placement_request_id for item in call.items}
                )
            ),
        )


def _fits(wanted: object, row: object, names: Iterable[str]) -> bool:
    return all(getattr(wanted, name) in (None, getattr(row, name)) for name in names)


def _fits_email(wanted: EmailFilter, row: EmailRow) -> bool:
    if not _fits(wanted, row.email, ("therapist_id", "response_received", "batch_id")):
        return False
    if wanted.statuses and row.email.state.status not in wanted.statuses:
        return False
    if wanted.sent_from is not None and (row.marked_on is None or row.marked_on < wanted.sent_from):
        return False
    return wanted.sent_to is None or (row.marked_on is not None and row.marked_on <= wanted.sent_to)


def _day_of(row: EmailRow, zone: ZoneInfo) -> date:
    """The day of an email in the list of contacts; one without a day comes first."""
    queued = row.email.queued_at
    return row.marked_on or (date.max if queued is None else local_day(queued, zone))


def _page(ordered: Sequence[T], cut: Cut) -> Listing[T]:
    return Listing(ordered[cut.offset : cut.offset + cut.limit], len(ordered))


def _part(found: list[T], cut: Cut, *, falling: bool = False) -> Listing[T]:
    sign = -1 if falling else 1
    ordered = sorted(found, key=lambda row: sign * _id_of(row))
    after = cut.after
    rest = ordered[cut.offset :] if after is None else [row for row in ordered if sign * _id_of(row) > sign * after]
    return Listing(rest[: cut.limit], len(found))


def _id_of(row: object) -> int:
    number: int = getattr(row, "id")  # noqa: B009 - whatever is listed has one
    return number
