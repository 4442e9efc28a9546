"""Parts of lists out of Postgres, with how many rows there are in all."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import attrs
import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.calls import PostgresCalls
from boona_adapters.postgres.connection import LARGEST_ID, Connection, storable
from boona_adapters.postgres.emails import PostgresEmails
from boona_adapters.postgres.imports import RUNS, line_of, run_of
from boona_adapters.postgres.patients import PATIENTS, patient_of
from boona_adapters.postgres.tables import (
    email_batches,
    emails,
    import_changes,
    import_faults,
    import_runs,
    patients,
    phone_call_batches,
    phone_calls,
    placement_requests,
    therapists,
)
from boona_adapters.postgres.therapists import THERAPISTS, therapist_of
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
from boona_core.patients import Patient
from boona_core.requests import RequestRecord, RequestStatus
from boona_core.therapists import Therapist

T = TypeVar("T")

_REQUESTS = sa.select(
    *(
        placement_requests.c[name]
        for name in ("id", "patient_id", "therapist_id", "status", "priority", "email_contact_date")
    ),
    *(placement_requests.c[name] for name in ("phone_contact_date", "response", "response_date")),
    *(placement_requests.c[name] for name in ("next_contact_after", "notes")),
    sa.func.array(
        sa.select(email_batches.c.email_id)
        .where(email_batches.c.placement_request_id == placement_requests.c.id)
        .order_by(email_batches.c.email_id)
        .scalar_subquery()
    ).label("email_ids"),
    sa.func.array(
        sa.select(phone_call_batches.c.phone_call_id)
        .where(phone_call_batches.c.placement_request_id == placement_requests.c.id)
        .order_by(phone_call_batches.c.phone_call_id)
        .scalar_subquery()
    ).label("phone_call_ids"),
)
_REQUESTS_BY_ID = _REQUESTS.where(placement_requests.c.id.in_(sa.bindparam("ids", expanding=True)))
_HOLD = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")
_CALL_OF_BATCH = sa.select(phone_call_batches.c.phone_call_id).where(phone_call_batches.c.id == sa.bindparam("id"))
_CONTACTS = sa.text("""
SELECT id AS email_id, CAST(NULL AS integer) AS call_id,
       coalesce(marked_on, CAST(queued_at AT TIME ZONE :zone AS date)) AS day, id
  FROM communication_service.emails WHERE therapist_id = :id
UNION ALL
SELECT NULL, id, scheduled_date, id FROM communication_service.phone_calls WHERE therapist_id = :id
 ORDER BY day DESC NULLS FIRST, call_id DESC NULLS LAST, id DESC LIMIT :limit OFFSET :offset
""")
_COUNT_CONTACTS = sa.text("""
SELECT (SELECT count(*) FROM communication_service.emails WHERE therapist_id = :id)
       + (SELECT count(*) FROM communication_service.phone_calls WHERE therapist_id = :id)
""")
_IMPORT_LINES = sa.select(
    import_changes.c.row_id,
    import_changes.c.field,
    sa.cast(import_changes.c.old, sa.Text).label("old"),
    sa.cast(import_changes.c.new, sa.Text).label("new"),
)
_IMPORT_FAULTS = sa.select(import_faults.c.file_row, import_faults.c.field, import_faults.c.fault)
_EMAIL_OF_BATCH = sa.select(email_batches.c.email_id).where(email_batches.c.id == sa.bindparam("id"))


@frozen
class PostgresListings:
    """What is stored, as ``boona_core.api_ports.Listings`` promises it."""

    _connection: Connection

    def emails(self, wanted: EmailFilter, cut: Cut) -> Listing[Email]:
        """Emails, newest first."""
        more: list[sa.ColumnElement[bool]] = []
        if wanted.statuses:
            more.append(emails.c.status.in_(sorted(wanted.statuses)))
        if wanted.sent_from is not None:
            more.append(emails.c.marked_on >= wanted.sent_from)
        if wanted.sent_to is not None:
            more.append(emails.c.marked_on <= wanted.sent_to)
        return self._listed(emails, wanted, cut, PostgresEmails(self._connection).many, more, falling=True)

    def therapists(self, wanted: TherapistFilter, cut: Cut) -> Listing[Therapist]:
        """Therapists, by id."""
        return self._listed(
            therapists, wanted, cut, self._by_id(THERAPISTS, therapist_of), [therapists.c.erased_at.is_(None)]
        )

    def patients(self, wanted: PatientFilter, cut: Cut) -> Listing[Patient]:
        """Patients, by id."""
        return self._listed(patients, wanted, cut, self._by_id(PATIENTS, patient_of), [patients.c.erased_at.is_(None)])

    def requests(self, wanted: RequestFilter, cut: Cut) -> Listing[RequestRecord]:
        """Placement requests, by id."""
        return self._listed(placement_requests, wanted, cut, self._by_id(_REQUESTS_BY_ID, _record_of))

    def calls(self, wanted: CallFilter, cut: Cut) -> Listing[PhoneCall]:
        """Calls, newest first."""
        more = [] if wanted.day is None else [phone_calls.c.scheduled_date == wanted.day]
        return self._listed(phone_calls, wanted, cut, PostgresCalls(self._connection).many, more, falling=True)

    def call_of_batch(self, batch_id: PhoneCallBatchId) -> PhoneCallId:
        """The call that has this batch row.

        Raises:
            UnknownId: none has.
        """
        row = self._connection.row(_CALL_OF_BATCH, {"id": batch_id}) if storable((batch_id,)) else None
        if row is None:
            raise UnknownId("phone call batch", batch_id)
        return PhoneCallId(row[0])

    def contacts(self, therapist_id: TherapistId, cut: Cut, *, zone: ZoneInfo) -> Listing[Email | PhoneCall]:
        """The emails and calls of a therapist, newest first."""
        if not storable((therapist_id,)):
            return Listing([], 0)
        values = {
            "id": therapist_id,
            "zone": zone.key,
            "limit": cut.limit,
            "offset": min(cut.offset, LARGEST_ID),
        }
        rows = self._connection.rows(_CONTACTS, values)
        total = self._connection.column(_COUNT_CONTACTS, {"id": therapist_id})[0]
        read_emails = PostgresEmails(self._connection).many([row.email_id for row in rows if row.email_id is not None])
        read_calls = PostgresCalls(self._connection).many([row.call_id for row in rows if row.call_id is not None])
        found: dict[tuple[int | None, int | None], Email | PhoneCall] = {(each.id, None): each for each in read_emails}
        found |= {(None, each.id): each for each in read_calls}
        return Listing([found[row.email_id, row.call_id] for row in rows], total)

    def imports(self, wanted: ImportFilter, cut: Cut) -> Listing[ImportRun]:
        """The history of imports, newest first."""
        more: list[sa.ColumnElement[bool]] = []
        if wanted.undone is not None:
            undoing = import_runs.alias()
            undone = sa.exists().where(undoing.c.undoes == import_runs.c.id)
            more.append(undone if wanted.undone else ~undone)
        if wanted.undo is not None:
            more.append(import_runs.c.undoes.isnot(None) if wanted.undo else import_runs.c.undoes.is_(None))

        def read(ids: list[int]) -> Sequence[ImportRun]:
            return [run_of(row) for row in self._connection.rows(RUNS, {"ids": ids})]

        return self._listed(import_runs, wanted, cut, read, more, falling=True)

    def import_lines(self, run_id: ImportRunId, cut: Cut) -> Listing[ImportLine]:
        """What a run did, in its order."""
        rows, total = self._of_run(import_changes, _IMPORT_LINES, run_id, cut)
        return Listing([line_of(row) for row in rows], total)

    def import_faults(self, run_id: ImportRunId, cut: Cut) -> Listing[RowFault]:
        """Why rows were refused by a run, in its order."""
        rows, total = self._of_run(import_faults, _IMPORT_FAULTS, run_id, cut)
        return Listing([RowFault(row.file_row, row.field, row.fault) for row in rows], total)

    def hold(self, subject: str, number: int) -> None:
        """Keep other units that hold the same from going on until this one ends."""
        self._connection.rows(_HOLD, {"what": f"boona {subject} {number}"})

    def request(self, request_id: PlacementRequestId) -> RequestRecord:
        """One placement request.

        Raises:
            UnknownId: there is none.
        """
        query = _REQUESTS.where(placement_requests.c.id == request_id)
        row = self._connection.row(query) if storable((request_id,)) else None
        if row is None:
            raise UnknownId("placement request", request_id)
        return _record_of(row)

    def email_of_batch(self, batch_id: EmailBatchId) -> EmailId:
        """The email that has this batch row.

        Raises:
            UnknownId: none has.
        """
        row = self._connection.row(_EMAIL_OF_BATCH, {"id": batch_id}) if storable((batch_id,)) else None
        if row is None:
            raise UnknownId("email batch", batch_id)
        return EmailId(row[0])

    def _listed(
        self,
        table: sa.Table,
        wanted: attrs.AttrsInstance,
        cut: Cut,
        read: Callable[[list[int]], Sequence[T]],
        more: Sequence[sa.ColumnElement[bool]] = (),
        *,
        falling: bool = False,
    ) -> Listing[T]:
        """The part of a table that is wanted, by id, and how many rows there are in all.

        Args:
            wanted: A filter: those of its fields that are columns are compared; None: any.
            read: The records with these ids, in the same order.
            more: What else has to be true of a row.
        """
        conditions = [*_equal(table, wanted), *more]
        total = self._connection.column(sa.select(sa.func.count()).select_from(table).where(*conditions))[0]
        order = table.c.id.desc() if falling else table.c.id
        query = sa.select(table.c.id).where(*conditions).order_by(order).limit(cut.limit)
        if cut.after is not None:
            known = min(cut.after, LARGEST_ID)
            query = query.where(table.c.id < known if falling else table.c.id > known)
        elif cut.offset:
            query = query.offset(min(cut.offset, LARGEST_ID))
        ids = self._connection.column(query) if total else []
        return Listing(read(ids) if ids else [], total)

    def _by_id(self, statement: sa.Select[Any], value_of: Callable[[Any], T]) -> Callable[[list[int]], Sequence[T]]:
        """Reads rows with some ids by a statement that takes them as *ids*."""

        def read(ids: list[int]) -> Sequence[T]:
            rows = {row.id: row for row in self._connection.rows(statement, {"ids": ids})}
            return [value_of(rows[number]) for number in ids if number in rows]

        return read

    def _of_run(
        self, table: sa.Table, statement: sa.Select[Any], run_id: ImportRunId, cut: Cut
    ) -> tuple[Sequence[sa.Row[Any]], int]:
        """The part of what is kept of a run, and how many rows there are of it in all."""
        if not storable((run_id,)):
            return [], 0
        of_run = table.c.run_id == run_id
        total = self._connection.column(sa.select(sa.func.count()).select_from(table).where(of_run))[0]
        query = statement.where(of_run).order_by(table.c.id).limit(cut.limit).offset(min(cut.offset, LARGEST_ID))
        return self._connection.rows(query), total


def _equal(table: sa.Table, wanted: attrs.AttrsInstance) -> list[sa.ColumnElement[bool]]:
    """One condition for each field of a filter that is a column and says something."""
    told = attrs.asdict(wanted, recurse=False)
    return [table.c[name] == value for name, value in told.items() if value is not None and name in table.c]


def _record_of(row: sa.Row[Any]) -> RequestRecord:
    values = dict(row._mapping)
    values["status"] = RequestStatus(row.status)
    values["email_ids"] = tuple(map(EmailId, row.email_ids))
    values["phone_call_ids"] = tuple(map(PhoneCallId, row.phone_call_ids))
    return RequestRecord(**values)
