"""The tables as SQLAlchemy Core sees them; a test holds them against the migrations.

Constraint names follow the convention below, because a name is how one refusal of the database is told from another.
Instants are ``timestamptz``; enumerated columns hold the values of the core's enums, kept by checks.  The service
deletes no email and no request (drafts excepted); the cascades from the parents of a batch row are for an operator's
hand.
"""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from boona_core.access import Names, Role, Scope
from boona_core.calls import CallStatus, Cause, Outcome
from boona_core.contact import Reason
from boona_core.emails import EmailState
from boona_core.geocoding import Service
from boona_core.letters import Template
from boona_core.patients import Gender, PatientStatus, PreferredGender, TravelMode
from boona_core.requests import RequestStatus
from boona_core.therapists import GroupTherapy, TherapistStatus
from boona_core.ways import NoRoad

NAMES = {
    "pk": "%(table_name)s_pkey",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

metadata = sa.MetaData(naming_convention=NAMES)

THERAPISTS = "therapist_service"
PATIENTS = "patient_service"
MATCHING = "matching_service"
COMMUNICATION = "communication_service"
GEOCODING = "geocoding_service"
SCHEMAS = (THERAPISTS, PATIENTS, MATCHING, COMMUNICATION, GEOCODING)

EMAIL_STATUSES = tuple(dict.fromkeys(state.status for state in EmailState))
ANSWERS = tuple(outcome.value for outcome in Outcome if outcome is not Outcome.NOT_DISCUSSED)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _stamps() -> tuple[sa.Column[object], sa.Column[object]]:
    return (
        sa.Column("created_at", pg.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", pg.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
    )


def _one_of(column: str, values: type[StrEnum] | tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def _instant(name: str) -> sa.Column[object]:
    return sa.Column(name, pg.TIMESTAMP(timezone=True))


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


mailboxes = sa.Table(
    "mailboxes",
    metadata,
    _id(),
    sa.Column("address", sa.String(320), nullable=False, unique=True),
    _flag("do_not_contact"),
    _instant("bounced_at"),
    *_stamps(),
    schema=THERAPISTS,
)

phone_lines = sa.Table(
    "phone_lines",
    metadata,
    _id(),
    sa.Column("number", sa.String(50), nullable=False, unique=True),
    *_stamps(),
    schema=THERAPISTS,
)

therapists = sa.Table(
    "therapists",
    metadata,
    _id(),
    sa.Column("external_id", sa.String(100), unique=True),
    sa.Column("salutation", sa.String(50)),
    sa.Column("title", sa.String(50)),
    sa.Column("first_name", sa.String(100), nullable=False),
    sa.Column("last_name", sa.String(100), nullable=False),
    sa.Column("gender", sa.String(20)),
    sa.Column("street", sa.String(255)),
    sa.Column("postal_code", sa.String(10)),
    sa.Column("city", sa.String(100)),
    sa.Column("phone", sa.String(50)),
    sa.Column("fax", sa.String(50)),
    sa.Column("email", sa.String(255)),
    sa.Column("mailbox_id", sa.Integer, sa.ForeignKey(mailboxes.c.id), index=True),
    sa.Column("website", sa.String(255)),
    sa.Column("insurance_seat", sa.Boolean),
    sa.Column("phone_hours", pg.JSONB(none_as_null=True)),
    sa.Column("languages", pg.JSONB(none_as_null=True)),
    sa.Column("therapy_methods", pg.JSONB(none_as_null=True)),
    sa.Column("qualifications", sa.Text),
    sa.Column("special_services", sa.Text),
    _flag("potentially_available"),
    sa.Column("potentially_available_notes", sa.Text),
    sa.Column("status", sa.String(20), nullable=False, server_default=TherapistStatus.ACTIVE.value),
    sa.Column("blocked_reason", sa.Text),
    sa.Column("blocked_on", sa.Date),
    sa.Column("blocked_until", sa.Date),
    _flag("do_not_contact"),
    sa.Column("absent_until", sa.Date),
    sa.Column("individual_places_from", sa.Date),
    sa.Column("group_places_from", sa.Date),
    sa.Column("last_email_on", sa.Date),
    sa.Column("last_call_on", sa.Date),
    sa.Column("last_conversation_on", sa.Date),
    sa.Column("availability", pg.JSONB(none_as_null=True)),
    sa.Column("patient_age_from", sa.Integer),
    sa.Column("patient_age_to", sa.Integer),
    sa.Column("patient_gender", sa.String(20)),
    sa.Column("accepted_diagnoses", pg.JSONB(none_as_null=True)),
    sa.Column("refused_diagnoses", pg.JSONB(none_as_null=True)),
    sa.Column("group_therapy", sa.String(20)),
    sa.Column("other_addresses", pg.JSONB(none_as_null=True)),
    sa.Column("merged_into", sa.Integer, sa.ForeignKey("therapist_service.therapists.id")),
    _instant("erased_at"),
    *_stamps(),
    _one_of("gender", Gender),
    _one_of("status", TherapistStatus),
    _one_of("patient_gender", PreferredGender),
    _one_of("group_therapy", GroupTherapy),
    sa.Index("ix_therapists_postal_code", "postal_code"),
    sa.Index("ix_therapists_other_addresses", "id", postgresql_where=sa.text("other_addresses IS NOT NULL")),
    sa.Index("ix_therapists_merged_into", "merged_into", postgresql_where=sa.text("merged_into IS NOT NULL")),
    sa.Index(  # as written into an address, and to be read before it is compared
        "ix_therapists_odd_postal_code", "id", postgresql_where=sa.text("postal_code !~ '^[0-9]{5}$'")
    ),
    schema=THERAPISTS,
)

merges = sa.Table(
    "merges",
    metadata,
    _id(),
    sa.Column("merged_id", sa.Integer, sa.ForeignKey(therapists.c.id), nullable=False),
    sa.Column("kept_id", sa.Integer, sa.ForeignKey(therapists.c.id), nullable=False, index=True),
    sa.Column("record", pg.JSONB, nullable=False),  # what it moved and changed, so that it can be undone
    _instant("undone_at"),
    *_stamps(),
    sa.Index("uq_merges_merged_id", "merged_id", unique=True, postgresql_where=sa.text("undone_at IS NULL")),
    schema=THERAPISTS,
)

no_duplicates = sa.Table(
    "no_duplicates",
    metadata,
    sa.Column("first_id", sa.Integer, sa.ForeignKey(therapists.c.id), primary_key=True),
    sa.Column("second_id", sa.Integer, sa.ForeignKey(therapists.c.id), primary_key=True, index=True),
    *_stamps(),
    sa.CheckConstraint("first_id < second_id", name="ordered"),
    schema=THERAPISTS,
)

patients = sa.Table(
    "patients",
    metadata,
    _id(),
    sa.Column("external_id", sa.String(100), unique=True),
    sa.Column("salutation", sa.String(50)),
    sa.Column("title", sa.String(50)),
    sa.Column("first_name", sa.String(100), nullable=False),
    sa.Column("last_name", sa.String(100), nullable=False),
    sa.Column("gender", sa.String(20)),
    sa.Column("birth_date", sa.Date),
    sa.Column("street", sa.String(255)),
    sa.Column("postal_code", sa.String(10)),
    sa.Column("city", sa.String(100)),
    sa.Column("email", sa.String(255)),
    sa.Column("phone", sa.String(50)),
    sa.Column("general_practitioner", sa.String(255)),
    sa.Column("insurer", sa.String(100)),
    sa.Column("insurance_number", sa.String(50)),
    sa.Column("diagnosis", sa.String(50)),
    _flag("contracts_signed"),
    _flag("consultation_attended"),
    sa.Column("registered_on", sa.Date),
    sa.Column("first_place_on", sa.Date),
    sa.Column("lasting_place_on", sa.Date),
    sa.Column("status", sa.String(20), nullable=False, server_default=PatientStatus.OPEN.value),
    sa.Column("search_paused_until", sa.Date),
    sa.Column("referred_by", sa.Text),
    sa.Column("availability", pg.JSONB(none_as_null=True)),
    sa.Column("travel_limit", pg.JSONB(none_as_null=True)),
    sa.Column("travel_mode", sa.String(50)),
    sa.Column("open_to_group_therapy", sa.Boolean),
    sa.Column("open_to_digital_therapy", sa.Boolean),
    sa.Column("last_contact_on", sa.Date),
    sa.Column("therapy_experience", sa.Boolean),
    sa.Column("inpatient_treatment", sa.Boolean),
    sa.Column("occupation", sa.Text),
    sa.Column("family_status", sa.String(50)),
    sa.Column("symptoms", sa.Text),
    sa.Column("symptoms_since", sa.Date),
    sa.Column("earlier_treatments", sa.Text),
    sa.Column("physical_illnesses", sa.Text),
    sa.Column("medication", sa.Text),
    sa.Column("stressors", sa.Text),
    sa.Column("support", sa.Text),
    sa.Column("reason_for_search", sa.Text),
    sa.Column("expectations", sa.Text),
    sa.Column("goals", sa.Text),
    sa.Column("earlier_therapies", sa.Text),
    sa.Column("preferred_therapist_gender", sa.String(20)),
    sa.Column("languages", pg.JSONB(none_as_null=True)),
    sa.Column("therapy_methods", pg.JSONB(none_as_null=True)),
    _instant("erased_at"),
    *_stamps(),
    _one_of("gender", Gender),
    _one_of("status", PatientStatus),
    _one_of("travel_mode", TravelMode),
    _one_of("preferred_therapist_gender", PreferredGender),
    sa.Index("ix_patients_searching", "id", postgresql_where=sa.text("status = 'searching'")),
    schema=PATIENTS,
)

excluded_therapists = sa.Table(
    "excluded_therapists",
    metadata,
    sa.Column("patient_id", sa.Integer, sa.ForeignKey(patients.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "therapist_id",
        sa.Integer,
        sa.ForeignKey(therapists.c.id, ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    schema=PATIENTS,
)

emails = sa.Table(
    "emails",
    metadata,
    _id(),
    sa.Column("therapist_id", sa.Integer, sa.ForeignKey(therapists.c.id), nullable=False),
    sa.Column("mailbox_id", sa.Integer, sa.ForeignKey(mailboxes.c.id)),
    sa.Column("template", sa.String(20)),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("body_html", sa.Text, nullable=False),
    sa.Column("body_text", sa.Text, nullable=False),
    sa.Column("recipient_email", sa.String(255), nullable=False),
    sa.Column("recipient_name", sa.String(255), nullable=False),
    sa.Column("sender_email", sa.String(255), nullable=False),
    sa.Column("sender_name", sa.String(255), nullable=False),
    sa.Column("batch_id", sa.String(50)),
    _flag("response_received"),
    sa.Column("response_date", sa.Date),
    sa.Column("response_content", sa.Text),
    _flag("follow_up_required"),
    sa.Column("follow_up_notes", sa.Text),
    sa.Column("status", sa.String(20), nullable=False, server_default=EmailState.DRAFT.value),
    _instant("queued_at"),
    _instant("sent_at"),
    sa.Column("error_message", sa.Text),
    sa.Column("retry_count", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("message_id", sa.String(255), unique=True),
    sa.Column("message", sa.LargeBinary),  # the stored bytes; null for a draft
    _instant("not_before"),
    sa.Column("claim_token", sa.Uuid),
    _instant("lease_until"),
    _instant("marked_at"),
    sa.Column("marked_on", sa.Date),  # the agency's local day of marked_at: the day of the email
    _flag("body_provided"),
    _flag("ever_uncertain"),
    _instant("bounced_at"),
    sa.Column("overridden", pg.ARRAY(sa.String(30)), nullable=False, server_default=sa.text("'{}'")),
    sa.Column("override_reason", sa.Text),
    sa.Column("answered_email_id", sa.Integer, sa.ForeignKey("communication_service.emails.id")),
    sa.Column(  # the first call that followed up its silence: an email is followed up once
        "follow_up_call_id",
        sa.Integer,
        sa.ForeignKey("communication_service.phone_calls.id"),
    ),
    *_stamps(),
    _one_of("status", EMAIL_STATUSES),
    _one_of("template", Template),
    sa.CheckConstraint(
        f"overridden <@ ARRAY[{', '.join(repr(r.value) for r in Reason)}]::varchar[]", name="overridden"
    ),
    sa.CheckConstraint("(status = 'sending') = (claim_token IS NOT NULL)", name="claim"),
    sa.CheckConstraint("status <> 'sending' OR lease_until IS NOT NULL", name="lease"),
    sa.CheckConstraint(
        "status NOT IN ('queued', 'sending') OR (message IS NOT NULL AND message_id IS NOT NULL)",
        name="message",
    ),
    sa.Index("ix_emails_therapist_id_status", "therapist_id", "status", "marked_on"),
    sa.Index("ix_emails_batch_id", "batch_id", postgresql_where=sa.text("batch_id IS NOT NULL")),
    sa.Index("ix_emails_queue", "queued_at", "id", postgresql_where=sa.text("status = 'queued'")),
    sa.Index("ix_emails_leases", "lease_until", postgresql_where=sa.text("status = 'sending'")),
    sa.Index(
        "ix_emails_outstanding",
        "mailbox_id",
        "therapist_id",
        postgresql_where=sa.text("status IN ('queued', 'sending', 'uncertain')"),
    ),
    sa.Index("ix_emails_mailbox_sent", "mailbox_id", "marked_on", postgresql_where=sa.text("status = 'sent'")),
    sa.Index(
        "ix_emails_unanswered",
        "therapist_id",
        "marked_on",
        postgresql_where=sa.text("status = 'sent' AND NOT response_received AND bounced_at IS NULL"),
    ),
    sa.Index("ix_emails_status", "status", "id", postgresql_where=sa.text("status <> 'sent'")),
    sa.Index(
        "ix_emails_silent",
        "marked_on",
        postgresql_where=sa.text(
            "status = 'sent' AND NOT response_received AND bounced_at IS NULL AND follow_up_call_id IS NULL"
        ),
    ),
    sa.Index("ix_emails_follow_up_required", "id", postgresql_where=sa.text("follow_up_required")),
    sa.Index(
        "uq_emails_confirmation",
        "answered_email_id",
        unique=True,
        postgresql_where=sa.text("answered_email_id IS NOT NULL AND status <> 'canceled'"),
    ),
    sa.Index(
        "ix_emails_follow_up_call_id",
        "follow_up_call_id",
        postgresql_where=sa.text("follow_up_call_id IS NOT NULL"),
    ),
    schema=COMMUNICATION,
)

callers = sa.Table(
    "callers",
    metadata,
    _id(),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("working_hours", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),
    sa.Column("breaks", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    *_stamps(),
    schema=COMMUNICATION,
)

caller_absences = sa.Table(
    "caller_absences",
    metadata,
    sa.Column("caller_id", sa.Integer, sa.ForeignKey(callers.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("begins", sa.Date, primary_key=True),
    sa.Column("ends", sa.Date, nullable=False),  # the first day back
    sa.CheckConstraint("ends > begins", name="ends"),
    schema=COMMUNICATION,
)

closures = sa.Table(
    "closures",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("words", sa.String(255)),
    *_stamps(),
    schema=COMMUNICATION,
)

phone_calls = sa.Table(
    "phone_calls",
    metadata,
    _id(),
    sa.Column("therapist_id", sa.Integer, sa.ForeignKey(therapists.c.id), nullable=False),
    sa.Column("caller_id", sa.Integer, sa.ForeignKey(callers.c.id)),
    sa.Column("line_id", sa.Integer, sa.ForeignKey(phone_lines.c.id)),
    sa.Column("scheduled_date", sa.Date, nullable=False),  # local wall time of the agency
    sa.Column("scheduled_time", sa.Time, nullable=False),
    sa.Column("duration_minutes", sa.Integer, nullable=False, server_default=sa.text("5")),
    sa.Column(
        "local_span",
        pg.TSRANGE,
        sa.Computed(
            "tsrange((scheduled_date + scheduled_time),"  # as the database writes it
            " ((scheduled_date + scheduled_time) + ((duration_minutes)::double precision * '00:01:00'::interval)))",
            persisted=True,
        ),
        nullable=False,
    ),
    sa.Column("actual_date", sa.Date),
    sa.Column("actual_time", sa.Time),
    sa.Column("status", sa.String(20), nullable=False, server_default=CallStatus.SCHEDULED.value),
    sa.Column("cause", sa.String(20), nullable=False),
    sa.Column("outcome", sa.String(255)),
    sa.Column("notes", sa.Text),
    sa.Column("retry_after", sa.Date),
    _flag("retry_due"),
    _flag("exhausted"),
    sa.Column("attempt", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.Column("first_call_id", sa.Integer, sa.ForeignKey("communication_service.phone_calls.id"), nullable=False),
    sa.Column("previous_call_id", sa.Integer, sa.ForeignKey("communication_service.phone_calls.id"), unique=True),
    _flag("outside_hours"),
    _flag("assumed_hours"),
    sa.Column("revision", sa.Integer, nullable=False, server_default=sa.text("0")),
    *_stamps(),
    _one_of("status", CallStatus),
    _one_of("cause", Cause),
    sa.CheckConstraint("duration_minutes BETWEEN 1 AND 1440", name="duration"),
    sa.CheckConstraint(
        "attempt >= 1 AND (attempt = 1) = (previous_call_id IS NULL) AND (attempt = 1) = (first_call_id = id)",
        name="attempt",
    ),
    sa.CheckConstraint("status = 'failed' OR NOT retry_due AND NOT exhausted", name="failed"),
    *(
        pg.ExcludeConstraint(
            (sa.text(f"int8range({one}_id, {one}_id, '[]')"), "&&"),
            (sa.text("local_span"), "&&"),
            name=f"ex_phone_calls_{one}",
            using="gist",
            where=sa.text(f"status = 'scheduled'{'' if one == 'therapist' else f' AND {one}_id IS NOT NULL'}"),
        )
        for one in ("caller", "therapist", "line")
    ),
    sa.Index("ix_phone_calls_therapist_id", "therapist_id", "id"),
    sa.Index("ix_phone_calls_first_call_id", "first_call_id"),
    sa.Index("ix_phone_calls_scheduled_date", "scheduled_date", "scheduled_time", "id"),
    sa.Index("ix_phone_calls_caller_id", "caller_id", "scheduled_date"),
    sa.Index(
        "ix_phone_calls_planned",
        "therapist_id",
        "scheduled_date",
        postgresql_where=sa.text("status = 'scheduled'"),
    ),
    sa.Index("ix_phone_calls_retry", "therapist_id", postgresql_where=sa.text("retry_due")),
    sa.Index("ix_phone_calls_exhausted", "therapist_id", postgresql_where=sa.text("exhausted")),
    sa.Index("ix_phone_calls_status", "status", "id"),
    schema=COMMUNICATION,
)

placement_requests = sa.Table(
    "placement_requests",
    metadata,
    _id(),
    sa.Column("patient_id", sa.Integer, sa.ForeignKey(patients.c.id), nullable=False, index=True),
    sa.Column("therapist_id", sa.Integer, sa.ForeignKey(therapists.c.id), nullable=False),
    sa.Column("status", sa.String(20), nullable=False, server_default=RequestStatus.OPEN.value),
    sa.Column("priority", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.Column("registered_on", sa.Date),  # the patient's, copied by the database, for the index that ranks
    sa.Column(  # through which it is in progress; a plan takes requests before it stores their emails
        "held_by_email_id",
        sa.Integer,
        sa.ForeignKey(emails.c.id, deferrable=True, initially="DEFERRED"),
    ),
    sa.Column(
        "held_by_call_id",
        sa.Integer,
        sa.ForeignKey(phone_calls.c.id, deferrable=True, initially="DEFERRED"),
    ),
    sa.Column("call_asked_from", sa.Date),  # the therapist wants a call about it, from this day on
    sa.Column("email_contact_date", sa.Date),  # day of the last sent email that held it; null: never offered
    sa.Column("phone_contact_date", sa.Date),
    sa.Column("response", sa.Text),
    sa.Column("response_date", sa.Date),
    sa.Column("next_contact_after", sa.Date),
    sa.Column("notes", sa.Text),
    sa.Column("answer", sa.String(20)),  # what was said about it, wherever it stands
    sa.Column("cooldown_from", sa.Date),  # the answer's day, or that of what settled its follow-up
    sa.Column("status_before", sa.String(20)),  # of one that has ended: where a correction leads back to
    sa.Column("held_before_email_id", sa.Integer, sa.ForeignKey(emails.c.id, ondelete="SET NULL")),
    sa.Column("call_asked_before", sa.Date),
    sa.Column("canceled_by_request_id", sa.Integer, sa.ForeignKey("matching_service.placement_requests.id")),
    _flag("places"),  # it is the one by which the patient has a place
    _flag("too_late"),  # accepted when it was canceled already, and nobody has looked at it yet
    *_stamps(),
    _one_of("status", RequestStatus),
    _one_of("answer", ANSWERS),
    _one_of("status_before", (RequestStatus.OPEN.value, RequestStatus.IN_PROGRESS.value)),
    sa.CheckConstraint(
        "(status_before IS NULL AND held_before_email_id IS NULL AND call_asked_before IS NULL"
        " OR status IN ('accepted', 'rejected', 'canceled'))"
        " AND (canceled_by_request_id IS NULL OR status = 'canceled') AND (NOT places OR status = 'accepted')",
        name="before",
    ),
    sa.CheckConstraint(
        "(held_by_email_id IS NULL AND held_by_call_id IS NULL AND call_asked_from IS NULL OR status = 'in_progress')"
        " AND (held_by_email_id IS NULL OR held_by_call_id IS NULL)",
        name="held",
    ),
    sa.Index(
        "uq_placement_requests_pair",
        "therapist_id",
        "patient_id",
        unique=True,
        postgresql_where=sa.text("status IN ('open', 'in_progress')"),
    ),
    sa.Index(  # in the order in which requests go into an email; nothing else is read to rank or to count them
        "ix_placement_requests_waiting",
        "therapist_id",
        sa.text("(email_contact_date IS NOT NULL)"),
        sa.text("priority DESC"),
        "registered_on",
        "id",
        postgresql_include=("patient_id", "email_contact_date"),
        postgresql_where=sa.text("status = 'open'"),
    ),
    sa.Index(
        "ix_placement_requests_answers",
        "therapist_id",
        "cooldown_from",
        postgresql_where=sa.text("cooldown_from IS NOT NULL"),
    ),
    sa.Index("uq_placement_requests_place", "patient_id", unique=True, postgresql_where=sa.text("places")),
    sa.Index(
        "ix_placement_requests_canceled_by",
        "canceled_by_request_id",
        postgresql_where=sa.text("canceled_by_request_id IS NOT NULL"),
    ),
    sa.Index("ix_placement_requests_too_late", "id", postgresql_where=sa.text("too_late")),
    sa.Index(
        "ix_placement_requests_resting",
        "therapist_id",
        "patient_id",
        postgresql_where=sa.text("next_contact_after IS NOT NULL"),
    ),
    sa.Index(
        "ix_placement_requests_held",
        "held_by_email_id",
        postgresql_where=sa.text("held_by_email_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_placement_requests_held_by_call",
        "held_by_call_id",
        postgresql_where=sa.text("held_by_call_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_placement_requests_call_asked",
        "call_asked_from",
        "therapist_id",
        postgresql_where=sa.text("call_asked_from IS NOT NULL"),
    ),
    schema=MATCHING,
)

email_batches = sa.Table(
    "email_batches",
    metadata,
    _id(),
    sa.Column("email_id", sa.Integer, sa.ForeignKey(emails.c.id, ondelete="CASCADE"), nullable=False),
    sa.Column(
        "placement_request_id",
        sa.Integer,
        sa.ForeignKey(placement_requests.c.id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("included", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("response_outcome", sa.String(20)),
    sa.Column("response_notes", sa.Text),
    *_stamps(),
    sa.UniqueConstraint("email_id", "placement_request_id"),
    _one_of("response_outcome", ANSWERS),
    schema=COMMUNICATION,
)

phone_call_batches = sa.Table(
    "phone_call_batches",
    metadata,
    _id(),
    sa.Column("phone_call_id", sa.Integer, sa.ForeignKey(phone_calls.c.id, ondelete="CASCADE"), nullable=False),
    sa.Column(
        "placement_request_id",
        sa.Integer,
        sa.ForeignKey(placement_requests.c.id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("included", sa.Boolean, nullable=False, server_default=sa.true()),
    _flag("discussed"),
    sa.Column("outcome", sa.String(20)),
    _flag("follow_up_required"),
    sa.Column("follow_up_notes", sa.Text),
    *_stamps(),
    sa.UniqueConstraint("phone_call_id", "placement_request_id"),
    _one_of("outcome", Outcome),
    schema=COMMUNICATION,
)

contact_windows = sa.Table(
    "contact_windows",
    metadata,
    sa.Column(  # a window is reserved before its email is stored: who gets none is not stored at all
        "email_id",
        sa.Integer,
        sa.ForeignKey(emails.c.id, ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
        primary_key=True,
    ),
    sa.Column("therapist_id", sa.Integer, sa.ForeignKey(therapists.c.id), nullable=False),
    sa.Column("mailbox_id", sa.Integer, sa.ForeignKey(mailboxes.c.id)),
    sa.Column("contact_window", pg.DATERANGE, nullable=False),  # the agency's local days, open-ended while outstanding
    sa.Column("released_at", pg.TIMESTAMP(timezone=True)),  # out of the constraints from then on
    *_stamps(),
    pg.ExcludeConstraint(
        (sa.text("int8range(therapist_id, therapist_id, '[]')"), "&&"),
        (sa.text("contact_window"), "&&"),
        name="ex_contact_windows_therapist",
        using="gist",
        where=sa.text("released_at IS NULL"),
    ),
    pg.ExcludeConstraint(
        (sa.text("int8range(mailbox_id, mailbox_id, '[]')"), "&&"),
        (sa.text("contact_window"), "&&"),
        name="ex_contact_windows_mailbox",
        using="gist",
        where=sa.text("released_at IS NULL AND mailbox_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_contact_windows_therapist_id",
        "therapist_id",
        postgresql_where=sa.text("released_at IS NULL"),
    ),
    sa.Index(
        "ix_contact_windows_mailbox_id",
        "mailbox_id",
        postgresql_where=sa.text("released_at IS NULL"),
    ),
    sa.Index(
        "ix_contact_windows_over",
        sa.text("upper(contact_window)"),
        postgresql_where=sa.text("released_at IS NULL"),
    ),
    schema=COMMUNICATION,
)

email_days = sa.Table(
    "email_days",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),  # the agency's local day
    sa.Column("queued", sa.Integer, nullable=False, server_default=sa.text("0")),
    schema=COMMUNICATION,
)

dispatch = sa.Table(
    "dispatch",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),  # one row, 1
    sa.Column("paused_until", pg.TIMESTAMP(timezone=True)),
    sa.Column("words", sa.Text),  # why, in the server's words
    sa.CheckConstraint("id = 1", name="one_row"),
    schema=COMMUNICATION,
)

postal_codes = sa.Table(
    "postal_codes",
    metadata,
    sa.Column("postal_code", sa.String(10), primary_key=True),
    sa.Column("place", sa.String(200), nullable=False),
    sa.Column("land", sa.String(2)),
    sa.Column("latitude", sa.Double, nullable=False),  # degrees, WGS 84
    sa.Column("longitude", sa.Double, nullable=False),
    *_stamps(),
    sa.Index("ix_postal_codes_latitude", "latitude", "longitude"),
    schema=GEOCODING,
)

addresses = sa.Table(
    "addresses",
    metadata,
    sa.Column("address_key", sa.String(64), primary_key=True),  # a hash: the address itself is kept nowhere
    sa.Column("postal_code", sa.String(10)),
    sa.Column("latitude", sa.Double),  # degrees, WGS 84; null: nobody knows
    sa.Column("longitude", sa.Double),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("asked_at", pg.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("ends_at", pg.TIMESTAMP(timezone=True), nullable=False, index=True),
    *_stamps(),
    sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="place"),
    sa.Index("ix_addresses_latitude", "latitude", "longitude", postgresql_where=sa.text("latitude IS NOT NULL")),
    schema=GEOCODING,
)

routes = sa.Table(
    "routes",
    metadata,
    sa.Column("from_latitude", sa.Double, primary_key=True),  # degrees, to the metre
    sa.Column("from_longitude", sa.Double, primary_key=True),
    sa.Column("to_latitude", sa.Double, primary_key=True),
    sa.Column("to_longitude", sa.Double, primary_key=True),
    sa.Column("travel_mode", sa.String(20), primary_key=True),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("km", sa.Double),
    sa.Column("minutes", sa.Integer),  # on the move, one way
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("asked_at", pg.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("ends_at", pg.TIMESTAMP(timezone=True), nullable=False, index=True),
    *_stamps(),
    _one_of("travel_mode", TravelMode),
    _one_of("outcome", ("road", *(each.value for each in NoRoad))),
    sa.CheckConstraint(
        "(outcome = 'road') = (km IS NOT NULL) AND (outcome = 'road') = (minutes IS NOT NULL)", name="road"
    ),
    sa.CheckConstraint("km >= 0 AND minutes >= 0", name="amount"),
    sa.Index("ix_routes_to_latitude", "to_latitude", "to_longitude"),
    schema=GEOCODING,
)

service_turns = sa.Table(
    "service_turns",
    metadata,
    sa.Column("service", sa.String(20), primary_key=True),
    sa.Column("next_at", pg.TIMESTAMP(timezone=True), nullable=False),  # nobody asks before
    _one_of("service", Service),
    schema=GEOCODING,
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("event_id", sa.Uuid, nullable=False, unique=True, server_default=sa.func.gen_random_uuid()),
    sa.Column("type", sa.String(50), nullable=False),
    sa.Column("key", sa.Integer, nullable=False),
    sa.Column("data", pg.JSONB, nullable=False),
    sa.Column("created_at", pg.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("published_at", pg.TIMESTAMP(timezone=True)),
    sa.Index("ix_outbox_unpublished", "id", postgresql_where=sa.text("published_at IS NULL")),
    sa.Index("ix_outbox_published_at", "published_at", postgresql_where=sa.text("published_at IS NOT NULL")),
    schema=COMMUNICATION,
)

import_runs = sa.Table(
    "import_runs",
    metadata,
    _id(),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("created", sa.Integer, nullable=False),
    sa.Column("changed", sa.Integer, nullable=False),
    sa.Column("unchanged", sa.Integer, nullable=False),
    sa.Column("refused", sa.Integer, nullable=False),
    sa.Column("undoes", sa.Integer, sa.ForeignKey("matching_service.import_runs.id"), unique=True),
    *_stamps(),
    _one_of("kind", ("therapists", "patients", "requests")),
    schema=MATCHING,
)

import_changes = sa.Table(
    "import_changes",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column(
        "run_id",
        sa.Integer,
        sa.ForeignKey(import_runs.c.id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("row_id", sa.Integer, nullable=False),  # of the table that the run's kind names
    sa.Column("field", sa.String(50)),  # null: the row was created
    sa.Column("old", pg.JSONB(none_as_null=True)),
    sa.Column("new", pg.JSONB(none_as_null=True)),
    schema=MATCHING,
)

import_faults = sa.Table(
    "import_faults",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column(
        "run_id",
        sa.Integer,
        sa.ForeignKey(import_runs.c.id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("file_row", sa.Integer, nullable=False),
    sa.Column("field", sa.Text),  # as the file names it; null: the row as a whole
    sa.Column("fault", sa.Text, nullable=False),
    schema=MATCHING,
)

import_bases = sa.Table(
    "import_bases",
    metadata,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=False),  # of the table that the kind names
    sa.Column("values", pg.JSONB, nullable=False),  # as they were stored when a file said so
    *_stamps(),
    _one_of("kind", ("therapists", "patients")),
    schema=MATCHING,
)

access_tokens = sa.Table(
    "access_tokens",
    metadata,
    _id(),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),  # of the secret, which is kept nowhere
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("scopes", pg.ARRAY(sa.String(20)), nullable=False, server_default=sa.text("'{}'")),
    sa.Column("names", sa.String(2), nullable=False, server_default=Names.ENGLISH.value),
    sa.Column("caller", sa.Integer),  # whose list a caller's token shows
    sa.Column("expires_at", pg.TIMESTAMP(timezone=True), nullable=False),
    _instant("last_used_at"),
    _instant("revoked_at"),
    *_stamps(),
    _one_of("role", Role),
    _one_of("names", Names),
    sa.CheckConstraint(f"scopes <@ ARRAY[{', '.join(repr(s.value) for s in Scope)}]::varchar[]", name="scopes"),
    schema=COMMUNICATION,
)

api_answers = sa.Table(
    "api_answers",
    metadata,
    sa.Column("token_id", sa.Integer, sa.ForeignKey(access_tokens.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("request_hash", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("headers", pg.JSONB, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created_at", pg.TIMESTAMP(timezone=True), nullable=False, index=True),
    schema=COMMUNICATION,
)

set_aside = sa.Table(
    "set_aside",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("source", sa.String(100), nullable=False),  # the table, column or stream it came from
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("row", pg.JSONB, nullable=False),
    sa.Column("created_at", pg.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
    schema=COMMUNICATION,
)

# -- what runs by itself -----------------------------------------------------------------------------------------------

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(50), primary_key=True),
    sa.Column("token", sa.Uuid, nullable=False),
    sa.Column("lease_until", pg.TIMESTAMP(timezone=True), nullable=False),
    schema=COMMUNICATION,
)

processed_events = sa.Table(
    "processed_events",
    metadata,
    sa.Column("source", sa.String(200), primary_key=True),
    sa.Column("event_id", sa.String(200), primary_key=True),
    sa.Column("created_at", pg.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
    schema=COMMUNICATION,
)

foreign_matches = sa.Table(
    "foreign_matches",
    metadata,
    sa.Column("source", sa.String(200), primary_key=True),
    sa.Column("match_id", sa.String(200), primary_key=True),
    sa.Column(
        "placement_request_id",
        sa.Integer,
        sa.ForeignKey(placement_requests.c.id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("created_at", pg.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
    schema=MATCHING,
)

schedule = sa.Table(
    "schedule",
    metadata,
    sa.Column("name", sa.String(50), primary_key=True),
    sa.Column("expression", sa.String(200), nullable=False),  # cron, in the agency's zone
    sa.Column("next_at", pg.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("token", sa.Uuid),  # null: nobody is at it
    _instant("lease_until"),
    _instant("ended_at"),
    sa.Column("failures", sa.Integer, nullable=False, server_default=sa.text("0")),  # since it was last done
    sa.CheckConstraint("(token IS NULL) = (lease_until IS NULL)", name="lease"),
    schema=COMMUNICATION,
)

high_water = sa.Table(
    "high_water",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),  # one row, 1
    sa.Column("mark", sa.BigInteger, nullable=False),
    sa.CheckConstraint("id = 1", name="one_row"),
    schema=COMMUNICATION,
)

# Whoever makes a request waits for a change of its patient: neither of both misses the other.  The changes of many
# patients lock their requests in one order.
_REGISTERED_ON = """
CREATE FUNCTION matching_service.take_registered_on() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            SELECT registered_on INTO NEW.registered_on FROM patient_service.patients WHERE id = NEW.patient_id
               FOR SHARE;
            RETURN NEW;
        END $$;
CREATE TRIGGER take_registered_on BEFORE INSERT OR UPDATE OF patient_id, registered_on
    ON matching_service.placement_requests FOR EACH ROW EXECUTE FUNCTION matching_service.take_registered_on();
CREATE FUNCTION matching_service.pass_on_registered_on() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE matching_service.placement_requests AS r SET registered_on = moved.registered_on
              FROM (SELECT stale.id, after.registered_on
                      FROM before JOIN after USING (id)
                      JOIN matching_service.placement_requests AS stale ON stale.patient_id = after.id
                     WHERE after.registered_on IS DISTINCT FROM before.registered_on
                     ORDER BY stale.id FOR NO KEY UPDATE OF stale) AS moved
             WHERE r.id = moved.id;
            RETURN NULL;
        END $$;
CREATE TRIGGER pass_on_registered_on AFTER UPDATE ON patient_service.patients
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION matching_service.pass_on_registered_on();
"""
sa.event.listen(metadata, "after_create", sa.DDL(_REGISTERED_ON))  # type: ignore[no-untyped-call]

# Whoever is erased, by whichever way, leaves nothing behind in what files have said, nor in what a merge has filled.
_FORGET = """
CREATE FUNCTION matching_service.forget_imported() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM matching_service.import_bases WHERE kind = TG_ARGV[0] AND row_id = NEW.id;
            IF TG_ARGV[0] = 'therapists' THEN
                UPDATE therapist_service.merges SET record = jsonb_set(record, '{filled}', '[]')
                 WHERE NEW.id IN (kept_id, merged_id);
            END IF;
            RETURN NULL;
        END $$;
CREATE TRIGGER forget_imported AFTER UPDATE OF erased_at ON therapist_service.therapists FOR EACH ROW
    WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION matching_service.forget_imported('therapists');
CREATE TRIGGER forget_imported AFTER UPDATE OF erased_at ON patient_service.patients FOR EACH ROW
    WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION matching_service.forget_imported('patients');
"""
sa.event.listen(metadata, "after_create", sa.DDL(_FORGET))  # type: ignore[no-untyped-call]
