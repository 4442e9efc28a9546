"""Seeds of a store in Postgres: rows straight into the tables."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum
from typing import Any
from uuid import UUID

import attrs
import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.dialects import postgresql as pg

from boona_adapters.postgres import tables as t
from boona_adapters.postgres.errors import store_error
from boona_core.callers import CallerHours
from boona_core.emails import EmailState
from boona_core.events import Event, EventType
from boona_core.ids import CallerId, EmailId, MailboxId, PatientId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.importing import Counts, ImportKind
from boona_core.patients import TravelLimit
from boona_core.requests import RequestStatus
from boona_core.windows import WeeklyWindows
from tests.situations import (
    NOW,
    WORKER,
    Composed,
    KeptImport,
    call_of,
    email_of,
    message_of,
    patient_of,
    therapist_of,
)

_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)

_EMPTY = sa.text(
    "; ".join(
        [
            "SET LOCAL lock_timeout = '10s'",
            *(f"DELETE FROM {table.fullname}" for table in reversed(t.metadata.sorted_tables)),
            "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence",
        ]
    )
)


def empty(engine: sa.Engine) -> None:
    """Leave no row of an earlier test, and let every id begin anew; the schema stays as the migrations made it."""
    with engine.begin() as connection:
        connection.execute(_EMPTY)


@frozen
class PostgresSeeds(Composed):
    """Seeds of a store in Postgres; every row is committed at once."""

    _engine: sa.Engine

    def mailbox(self, *, do_not_contact: bool = False, bounced_at: datetime | None = None) -> MailboxId:
        """Keep the promise of ``Seeds``."""
        number = self._number(t.mailboxes)
        row = {"address": f"mailbox{number}@example.org", "do_not_contact": do_not_contact, "bounced_at": bounced_at}
        self._insert(t.mailboxes, {"id": number, **row})
        return MailboxId(number)

    def therapist(self, **fields: Any) -> TherapistId:
        """Keep the promise of ``Seeds``."""
        if "mailbox_id" not in fields:
            fields["mailbox_id"] = self.mailbox()
        therapist = therapist_of(self._number(t.therapists), fields)
        self._insert(t.therapists, _values(therapist))
        return therapist.id

    def patient(self, **fields: Any) -> PatientId:
        """Keep the promise of ``Seeds``."""
        patient = patient_of(self._number(t.patients), fields)
        values = _values(patient)
        excluded = values.pop("excluded_therapists")
        self._insert(t.patients, values)
        for therapist in excluded:
            self._insert(t.excluded_therapists, {"patient_id": patient.id, "therapist_id": therapist})
        return patient.id

    def request(self, patient: PatientId | None, therapist: TherapistId, **fields: Any) -> PlacementRequestId:
        """Keep the promise of ``Seeds``."""
        number = self._number(t.placement_requests)
        fields = {"cooldown_from": fields.get("response_date"), **fields}
        values = {("held_by_email_id" if name == "held_by" else name): _plain(value) for name, value in fields.items()}
        patient_id = self.patient() if patient is None else patient
        self._insert(
            t.placement_requests, {"id": number, "patient_id": patient_id, "therapist_id": therapist, **values}
        )
        return PlacementRequestId(number)

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
        mailbox_id = self._one(sa.select(t.therapists.c.mailbox_id).where(t.therapists.c.id == therapist))
        number = self._number(t.emails)
        email = email_of(number, therapist, requests, mailbox_id=mailbox_id, left_out=left_out, fields=fields)
        values = _values(email)
        del values["items"], values["state"]
        sending = email.state in (EmailState.CLAIMED, EmailState.HANDOFF)
        values |= {
            "status": email.state.status,
            "overridden": sorted(reason.value for reason in email.overridden),
            "message": None if email.message_id is None else message_of(email.id),
            "claim_token": token if sending else None,
            "lease_until": (lease_until or NOW) if sending else None,
            "marked_on": marked_on,
            "follow_up_call_id": follow_up_call,
        }
        self._insert(t.emails, values)
        if touched:
            later = t.emails.c.created_at + sa.text("interval '1 hour'")
            self._run(sa.update(t.emails).where(t.emails.c.id == number).values(updated_at=later))
        for item in email.items:
            self._insert(
                t.email_batches,
                {
                    "email_id": email.id,
                    "placement_request_id": item.placement_request_id,
                    "priority": item.rank,
                    "included": item.included,
                },
            )
        return email.id

    def caller(self, **fields: Any) -> CallerId:
        """Keep the promise of ``Seeds``."""
        number = self._number(t.callers)
        values = {"id": number, "name": f"Anruferin {number}", **fields}
        hours = values.pop("hours", CallerHours())
        weekly = {"working_hours": _plain(hours.working_hours), "breaks": _plain(hours.breaks)}
        self._insert(t.callers, {**values, **weekly})
        for absence in hours.absences:
            self._insert(t.caller_absences, {"caller_id": number, **_values(absence)})
        return CallerId(number)

    def call(
        self,
        therapist: TherapistId,
        requests: Sequence[PlacementRequestId] = (),
        *,
        left_out: Sequence[PlacementRequestId] = (),
        **fields: Any,
    ) -> PhoneCallId:
        """Keep the promise of ``Seeds``."""
        call = call_of(self._number(t.phone_calls), therapist, requests, left_out=left_out, fields=fields)
        values = _values(call)
        del values["items"], values["time"], values["number"], values["actual_on"], values["actual_at"]
        values |= {
            "line_id": None if call.number is None else self._line(call.number),
            "scheduled_date": call.time.day,
            "scheduled_time": _clock(call.time.start),
            "duration_minutes": call.time.minutes,
            "actual_date": call.actual_on,
            "actual_time": None if call.actual_at is None else _clock(call.actual_at),
            "first_call_id": values.pop("first_id"),
            "previous_call_id": values.pop("previous_id"),
        }
        self._insert(t.phone_calls, values)
        for item in call.items:
            self._insert(
                t.phone_call_batches,
                {
                    "phone_call_id": call.id,
                    "placement_request_id": item.placement_request_id,
                    "priority": item.rank,
                    "included": item.included,
                },
            )
        return call.id

    def window(self, email: EmailId, begins: date, ends: date | None = None) -> None:
        """Keep the promise of ``Seeds``."""
        self._run(
            sa.text(
                "INSERT INTO communication_service.contact_windows (email_id, therapist_id, mailbox_id, contact_window)"
                " SELECT id, therapist_id, mailbox_id, daterange(:begins, :ends)"
                " FROM communication_service.emails WHERE id = :email"
            ).bindparams(sa.bindparam("begins", type_=sa.Date), sa.bindparam("ends", type_=sa.Date)),
            {"email": email, "begins": begins, "ends": ends},
        )

    def hold(self, email: EmailId, requests: Sequence[PlacementRequestId]) -> None:
        """Keep the promise of ``Seeds``."""
        self._run(
            sa.update(t.placement_requests)
            .where(t.placement_requests.c.id.in_(requests))
            .values(status=RequestStatus.IN_PROGRESS.value, held_by_email_id=email)
        )

    def hold_by_call(self, call: PhoneCallId, requests: Sequence[PlacementRequestId]) -> None:
        """Keep the promise of ``Seeds``."""
        self._run(
            sa.update(t.placement_requests)
            .where(t.placement_requests.c.id.in_(requests))
            .values(status=RequestStatus.IN_PROGRESS.value, held_by_email_id=None, held_by_call_id=call)
        )

    def contacted(self, therapist: TherapistId, requests: Sequence[PlacementRequestId], *, on: date) -> None:
        """Keep the promise of ``Seeds``."""
        self._run(sa.update(t.therapists).where(t.therapists.c.id == therapist).values(last_email_on=on))
        self._run(
            sa.update(t.placement_requests).where(t.placement_requests.c.id.in_(requests)).values(email_contact_date=on)
        )

    def events(self) -> Sequence[Event]:
        """Keep the promise of ``Seeds``."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(t.outbox).order_by(t.outbox.c.id)).all()
        return tuple(Event(type=EventType(row.type), key=row.key, data=row.data) for row in rows)

    def called_about(self, request: PlacementRequestId) -> date | None:
        """Keep the promise of ``Seeds``."""
        day: date | None = self._one(
            sa.select(t.placement_requests.c.phone_contact_date).where(t.placement_requests.c.id == request)
        )
        return day

    def imports(self) -> Sequence[KeptImport]:
        """Keep the promise of ``Seeds``."""
        with self._engine.connect() as connection:
            runs = connection.execute(sa.select(t.import_runs).order_by(t.import_runs.c.id)).all()
            changes = connection.execute(sa.select(t.import_changes).order_by(t.import_changes.c.id)).all()
        return [
            KeptImport(
                id=run.id,
                kind=ImportKind(run.kind),
                sha256=run.sha256,
                counts=Counts(created=run.created, changed=run.changed, unchanged=run.unchanged, refused=run.refused),
                lines=tuple((each.row_id, each.field, each.old, each.new) for each in changes if each.run_id == run.id),
            )
            for run in runs
        ]

    def waiting(self) -> int:
        """Keep the promise of ``Seeds``."""
        return int(self._one(_WAITING))

    def _line(self, number: str) -> int:
        made = pg.insert(t.phone_lines).values(number=number)
        same = made.on_conflict_do_update(index_elements=["number"], set_={"number": number})
        return int(self._one(same.returning(t.phone_lines.c.id)))

    def _number(self, table: sa.Table) -> int:
        sequence = sa.func.pg_get_serial_sequence(table.fullname, "id")
        return int(self._one(sa.select(sa.func.nextval(sequence))))

    def _one(self, statement: sa.Executable) -> Any:
        with self._engine.begin() as connection:
            return connection.execute(statement).scalar_one()

    def _insert(self, table: sa.Table, values: Mapping[str, Any]) -> None:
        self._run(sa.insert(table), values)

    def _run(self, statement: sa.Executable, values: Mapping[str, Any] | None = None) -> None:
        try:
            with self._engine.begin() as connection:
                connection.execute(statement, values)
        except sa.exc.IntegrityError as error:
            raise store_error(error) from None


def _clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


def _values(value: attrs.AttrsInstance) -> dict[str, Any]:
    fields = attrs.asdict(value, recurse=False)
    return {name: _plain(each) for name, each in fields.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, WeeklyWindows):
        return value.to_json()
    if isinstance(value, TravelLimit):
        return attrs.asdict(value)
    if isinstance(value, tuple | frozenset):
        return list(value)
    return value
