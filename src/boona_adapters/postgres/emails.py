"""The emails in Postgres, with their batch rows and their contact windows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres import reservations
from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.planned import Planned
from boona_adapters.postgres.sending import note_sent
from boona_adapters.postgres.tables import email_batches, emails, therapists
from boona_adapters.postgres.texts import storable_words
from boona_core.contact import Reason
from boona_core.emails import BatchItem, Email, EmailState, EmailStep
from boona_core.emails import after as state_after
from boona_core.errors import IllegalTransition, InvalidValue, UnknownId
from boona_core.ids import EmailBatchId, EmailId, MailboxId, PlacementRequestId, TherapistId
from boona_core.letters import Template
from boona_core.ports import Content, NewEmail

_COLUMNS = (
    emails.c.id,
    emails.c.therapist_id,
    emails.c.mailbox_id,
    emails.c.status,
    emails.c.template,
    emails.c.subject,
    emails.c.body_html,
    emails.c.body_text,
    emails.c.recipient_email,
    emails.c.recipient_name,
    emails.c.sender_email,
    emails.c.sender_name,
    emails.c.batch_id,
    emails.c.body_provided,
    emails.c.ever_uncertain,
    emails.c.retry_count,
    emails.c.not_before,
    emails.c.queued_at,
    emails.c.marked_at,
    emails.c.sent_at,
    emails.c.message_id,
    emails.c.error_message,
    emails.c.overridden,
    emails.c.override_reason,
    emails.c.bounced_at,
    emails.c.response_received,
    emails.c.response_date,
    emails.c.response_content,
    emails.c.follow_up_required,
    emails.c.follow_up_notes,
    emails.c.answered_email_id,
)
_NAMES = tuple(column.name for column in _COLUMNS)
_ONE = Planned(
    f"""
SELECT {", ".join(f"e.{name}" for name in _NAMES)},
       (SELECT json_agg(json_build_object(
                   'id', b.id, 'placement_request_id', b.placement_request_id, 'rank', b.priority,
                   'included', b.included, 'outcome', b.response_outcome, 'notes', b.response_notes)
               ORDER BY b.priority DESC, b.id)
          FROM communication_service.email_batches AS b WHERE b.email_id = e.id)
  FROM communication_service.emails AS e WHERE e.id = :id
""",
    {"id": "integer"},
)
_ONE_LOCKED = (
    sa.select(*_COLUMNS)
    .where(emails.c.id == sa.bindparam("id"))
    .with_for_update(key_share=True)  # a batch row may refer to it meanwhile
)
_MANY = (
    sa.select(*_COLUMNS)
    .where(emails.c.id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Integer))))
    .order_by(emails.c.id.desc())
)
_ITEMS = (
    sa.select(
        email_batches.c.email_id,
        email_batches.c.id,
        email_batches.c.placement_request_id,
        email_batches.c.priority,
        email_batches.c.included,
        email_batches.c.response_outcome,
        email_batches.c.response_notes,
    )
    .where(email_batches.c.email_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Integer))))
    .order_by(email_batches.c.email_id, email_batches.c.priority.desc(), email_batches.c.id)
)
_STATE = sa.case(
    (emails.c.status != "sending", emails.c.status),
    (emails.c.marked_at.is_(None), EmailState.CLAIMED.value),
    else_=EmailState.HANDOFF.value,
)
_COUNTS = sa.select(_STATE.label("state"), sa.func.count().label("emails")).group_by(sa.text("state"))

_NEW_IDS = sa.text("""
SELECT nextval(pg_get_serial_sequence('communication_service.emails', 'id')) FROM generate_series(1, :count)
""")
# Many rows in one statement, each column a list: as many rows of parameters would take several times as long.
_INSERT = sa.text("""
INSERT INTO communication_service.emails
       (id, therapist_id, mailbox_id, template, batch_id, answered_email_id, status, queued_at, body_provided,
        overridden, override_reason, subject, body_html, body_text, recipient_email, recipient_name, sender_email,
        sender_name, message_id, message)
SELECT id, therapist_id, mailbox_id, template, batch_id, answered_email_id, status, queued_at, body_provided,
       string_to_array(overridden, ' '), override_reason,
       subject, body_html, body_text, recipient_email, recipient_name, sender_email, sender_name, message_id, message
  FROM unnest(CAST(:id AS integer[]), CAST(:therapist_id AS integer[]), CAST(:mailbox_id AS integer[]),
              CAST(:template AS text[]), CAST(:batch_id AS text[]), CAST(:answered_email_id AS integer[]),
              CAST(:status AS text[]), CAST(:queued_at AS timestamptz[]), CAST(:body_provided AS boolean[]),
              CAST(:overridden AS text[]), CAST(:override_reason AS text[]), CAST(:subject AS text[]),
              CAST(:body_html AS text[]), CAST(:body_text AS text[]), CAST(:recipient_email AS text[]),
              CAST(:recipient_name AS text[]), CAST(:sender_email AS text[]), CAST(:sender_name AS text[]),
              CAST(:message_id AS text[]), CAST(:message AS bytea[]))
       AS new (id, therapist_id, mailbox_id, template, batch_id, answered_email_id, status, queued_at, body_provided,
               overridden, override_reason, subject, body_html, body_text, recipient_email, recipient_name,
               sender_email, sender_name, message_id, message)
""")
_INSERT_ITEMS = sa.text("""
INSERT INTO communication_service.email_batches (email_id, placement_request_id, priority)
SELECT email_id, placement_request_id, priority
  FROM unnest(CAST(:email_id AS integer[]), CAST(:placement_request_id AS integer[]), CAST(:priority AS integer[]))
       WITH ORDINALITY AS new (email_id, placement_request_id, priority, place)
 ORDER BY place
""")
_STRANGERS = sa.text("""
SELECT 'therapist' AS kind, wanted.id FROM unnest(CAST(:therapists AS bigint[])) AS wanted (id)
 WHERE NOT EXISTS (SELECT FROM therapist_service.therapists AS t WHERE t.id = wanted.id)
UNION ALL
SELECT 'placement request', wanted.id FROM unnest(CAST(:requests AS bigint[])) AS wanted (id)
 WHERE NOT EXISTS (SELECT FROM matching_service.placement_requests AS r WHERE r.id = wanted.id)
LIMIT 1
""")
_UNSENT = sa.text("""
SELECT e.id FROM communication_service.emails AS e
 WHERE (e.status IN ('draft', 'queued') OR e.status = 'sending' AND e.marked_at IS NULL)
   AND (e.therapist_id = ANY(CAST(:therapists AS integer[]))
        OR e.id IN (SELECT b.email_id FROM communication_service.email_batches AS b
                     WHERE b.included AND b.placement_request_id = ANY(CAST(:requests AS integer[]))))
 ORDER BY e.id
""")
_CANCEL = sa.text("""
WITH unsent AS (
    SELECT id FROM communication_service.emails
     WHERE id = ANY(CAST(:ids AS integer[]))
       AND (status IN ('draft', 'queued') OR status = 'sending' AND marked_at IS NULL)
     ORDER BY id FOR NO KEY UPDATE
)
UPDATE communication_service.emails AS e
   SET status = 'canceled', claim_token = NULL, lease_until = NULL,
       error_message = coalesce(:words, e.error_message), updated_at = now()
  FROM unsent WHERE e.id = unsent.id
RETURNING e.id
""")
_DELETE_DRAFTS = sa.text("""
WITH untouched AS (
    SELECT id FROM communication_service.emails
     WHERE status = 'draft' AND batch_id IS NOT NULL AND updated_at = created_at ORDER BY id FOR UPDATE
)
DELETE FROM communication_service.emails AS e USING untouched WHERE e.id = untouched.id
""")
_LEAVE_OUT = sa.text("""
UPDATE communication_service.email_batches SET included = false, updated_at = now()
 WHERE email_id = :id AND placement_request_id = ANY(CAST(:requests AS integer[])) AND included
""")
_DROP = sa.text("UPDATE communication_service.emails SET status = 'failed', updated_at = now() WHERE id = :id")
# The conflicting update changes nothing: it is there for its lock.
_LOCK_DAY = sa.text("""
INSERT INTO communication_service.email_days AS d (day) VALUES (:day)
    ON CONFLICT (day) DO UPDATE SET queued = d.queued RETURNING d.queued
""")
_COUNT = sa.text("""
INSERT INTO communication_service.email_days AS d (day, queued) VALUES (:day, :count)
    ON CONFLICT (day) DO UPDATE SET queued = d.queued + excluded.queued
""")


def email_of(row: Mapping[str, Any], items: Sequence[BatchItem]) -> Email:
    """The value of one row and its batch rows."""
    values = dict(row)
    template = values["template"]
    values["state"] = _state_of(values.pop("status"), values["marked_at"])
    values["template"] = None if template is None else Template(template)
    values["overridden"] = frozenset(map(Reason, values["overridden"]))
    values["items"] = tuple(items)
    return Email(**values)


def _state_of(status: str, marked_at: datetime | None) -> EmailState:
    if status == "sending":
        return EmailState.CLAIMED if marked_at is None else EmailState.HANDOFF
    return EmailState(status)


@frozen
class PostgresEmails:
    """The emails, as ``boona_core.ports.Emails`` promises them."""

    _connection: Connection

    def get(self, email_id: EmailId) -> Email:
        """The email with its batch rows.

        Raises:
            UnknownId: there is none.
        """
        rows = self._connection.glance(_ONE, {"id": email_id}) if storable((email_id,)) else ()
        for *values, items in rows:
            return email_of(dict(zip(_NAMES, values, strict=True)), [BatchItem(**item) for item in items or ()])
        raise UnknownId("email", email_id)

    def lock(self, email_id: EmailId) -> Email:
        """The email, and no other unit changes it until this one ends.

        Raises:
            UnknownId: there is none.
        """
        rows = self._connection.rows(_ONE_LOCKED, {"id": email_id}) if storable((email_id,)) else ()
        for email in self._read(rows):
            return email
        raise UnknownId("email", email_id)

    def find(
        self,
        *,
        states: Collection[EmailState] = (),
        therapist_id: TherapistId | None = None,
        batch_id: str | None = None,
        after: EmailId | None = None,
        limit: int = 100,
    ) -> Sequence[Email]:
        """Emails in one of *states* (empty: all), newest first, with ids below *after*, at most *limit*."""
        query = sa.select(*_COLUMNS).order_by(emails.c.id.desc()).limit(limit)
        if states:
            query = query.where(emails.c.status.in_({state.status for state in states}))
            if EmailState.CLAIMED not in states:
                query = query.where((emails.c.status != "sending") | emails.c.marked_at.is_not(None))
            if EmailState.HANDOFF not in states:
                query = query.where((emails.c.status != "sending") | emails.c.marked_at.is_(None))
        if therapist_id is not None:
            query = query.where(emails.c.therapist_id == therapist_id)
        if batch_id is not None:
            query = query.where(emails.c.batch_id == batch_id)
        if after is not None:
            query = query.where(emails.c.id < after)
        return self._read(self._connection.rows(query))

    def many(self, email_ids: Sequence[int]) -> Sequence[Email]:
        """Those of these emails that exist, newest first."""
        if not email_ids:
            return []
        return self._read(self._connection.rows(_MANY, {"ids": list(email_ids)}))

    def counts(self) -> Mapping[EmailState, int]:
        """How many emails stand in each state; states without any are left out."""
        return {EmailState(row.state): row.emails for row in self._connection.rows(_COUNTS)}

    def unsent(
        self, *, therapist_ids: Collection[TherapistId] = (), request_ids: Collection[PlacementRequestId] = ()
    ) -> Sequence[EmailId]:
        """The drafts and the emails queued or sending, not in handoff, to these therapists or with these requests."""
        if not therapist_ids and not request_ids:
            return []
        values = {"therapists": storable(therapist_ids), "requests": storable(request_ids)}
        return [EmailId(number) for number in self._connection.column(_UNSENT, values)]

    def new_ids(self, count: int) -> Sequence[EmailId]:
        """So many fresh ids, rising; never given twice, also when the unit is undone."""
        return sorted(map(EmailId, self._connection.column(_NEW_IDS, {"count": count})))

    def add(self, emails: Mapping[EmailId, NewEmail], *, now: datetime) -> frozenset[EmailId]:  # the port's own word
        """Store emails with their batch rows; returns those whose therapist and mailbox were not taken.

        Raises:
            InvalidValue: an email begins neither as draft nor as queued.
            UnknownId: there is no such therapist or request.
        """
        for new in emails.values():
            if new.state not in (EmailState.DRAFT, EmailState.QUEUED):
                raise InvalidValue("state", f"an email begins as draft or queued, not as {new.state.value}")
        self._refuse_strangers(emails.values())
        reserving = {each: new for each, new in emails.items() if _reserves(new.state, new.template)}
        taken = reserving.keys() - reservations.reserve(self._connection, reserving)
        stored = {each: emails[each] for each in sorted(emails.keys() - taken)}
        if stored:
            self._connection.run(_INSERT, _columns([_email_row(each, new, now) for each, new in stored.items()]))
        if items := [item for each, new in stored.items() for item in _item_rows(each, new)]:
            self._connection.run(_INSERT_ITEMS, _columns(items))
        return frozenset(stored)

    def queue(
        self,
        email_id: EmailId,
        content: Content | None,
        *,
        day: date,
        now: datetime,
        overridden: frozenset[Reason] = frozenset(),
        override_reason: str | None = None,
    ) -> bool:
        """Put a stored email into the queue and reserve with an open end; False, and nothing done, when taken.

        Raises:
            IllegalTransition: it is neither a draft nor to be sent again.
            UnknownId: there is no such email.
        """
        email = self.lock(email_id)
        step = EmailStep.QUEUED if email.state is EmailState.DRAFT else EmailStep.SENT_AGAIN
        state = state_after(email_id, email.state, step)
        moved = content is not None  # it is written to the address that the therapist has today
        if _reserves(state, email.template) and not reservations.reserve_one(
            self._connection, email_id, day, moved=moved
        ):
            return False
        if content is not None:
            mailbox = sa.select(therapists.c.mailbox_id).where(therapists.c.id == email.therapist_id).scalar_subquery()
            self._update(email_id, **content_values(content), mailbox_id=mailbox)
        self._update(
            email_id,
            status=state.value,
            queued_at=now,
            not_before=None,
            retry_count=0,
            error_message=None,
            marked_at=None,
            marked_on=None,
        )
        if overridden:
            self._update(email_id, overridden=sorted(overridden), override_reason=storable_words(override_reason))
        return True

    def end_windows(self, therapist_id: TherapistId, mailbox_id: MailboxId | None, *, day: date) -> None:
        """End the closed windows of this therapist and this mailbox before *day*, possibly leaving nothing of them."""
        reservations.end_before(self._connection, therapist_id, mailbox_id, day)

    def release_windows_before(self, day: date) -> int:
        """Release the windows that ended before *day*; returns how many."""
        return reservations.release_before(self._connection, day)

    def recompose(
        self,
        email_id: EmailId,
        content: Content,
        *,
        leaving_out: Collection[PlacementRequestId],
        template: Template | None = None,
    ) -> None:
        """Replace the texts of a queued or claimed email and take requests out of it.

        Raises:
            IllegalTransition: it is neither queued nor claimed.
            UnknownId: there is no such email.
        """
        email = self.lock(email_id)
        if email.state not in (EmailState.QUEUED, EmailState.CLAIMED):
            raise IllegalTransition(f"email {email_id}", email.state.value, "composed anew")
        self._update(
            email_id,
            **content_values(content),
            template=template or email.template,
            status=EmailState.QUEUED.value,
            claim_token=None,
            lease_until=None,
        )
        self._connection.run(_LEAVE_OUT, {"id": email_id, "requests": storable(leaving_out)})

    def cancel(self, email_ids: Collection[EmailId], *, now: datetime, words: str | None = None) -> frozenset[EmailId]:  # noqa: ARG002 - when it was is kept by updated_at
        """Cancel those of these emails that are drafts, queued or claimed, and free their windows; returns them."""
        values = {"ids": storable(email_ids), "words": storable_words(words)}
        canceled = frozenset(map(EmailId, self._connection.column(_CANCEL, values)))
        if canceled:
            reservations.release(self._connection, canceled)
        return canceled

    def delete_drafts_of_earlier_runs(self) -> int:
        """Delete the drafts that a plan run made and nobody has touched since; returns how many."""
        return self._connection.run(_DELETE_DRAFTS)

    def settle(
        self,
        email_id: EmailId,
        state: EmailState,
        *,
        now: datetime,
        interval_days: int,
    ) -> None:
        """Move an uncertain or failed email to *state* as a person said.

        Raises:
            IllegalTransition: it is not uncertain, or *state* is neither ``sent`` nor ``failed``.
            UnknownId: there is no such email.
        """
        email = self.get(email_id) if state is EmailState.SENT else self.lock(email_id)
        steps = {EmailState.SENT: EmailStep.FOUND, EmailState.FAILED: EmailStep.DROPPED}
        if state not in steps:
            raise IllegalTransition(f"email {email_id}", email.state.value, f"settled as {state.value}")
        state_after(email_id, email.state, steps[state])
        if state is EmailState.SENT:
            if not note_sent(self._connection, email_id, token=None, now=now, interval_days=interval_days):
                raise IllegalTransition(f"email {email_id}", self.get(email_id).state.value, EmailStep.FOUND.value)
        else:
            self._connection.run(_DROP, {"id": email_id})
            reservations.release(self._connection, (email_id,))

    def queued_on(self, day: date) -> int:
        """How many emails were queued on a local day, confirmations excepted; locks the day's counter."""
        queued: int = self._connection.column(_LOCK_DAY, {"day": day})[0]
        return queued

    def count_queued(self, day: date, count: int) -> None:
        """Add to the day's counter; locks it until this unit ends."""
        self._connection.run(_COUNT, {"day": day, "count": count})

    def _read(self, rows: Sequence[sa.Row[Any]]) -> Sequence[Email]:
        if not rows:
            return []
        items: dict[int, list[BatchItem]] = {row.id: [] for row in rows}
        for item in self._connection.rows(_ITEMS, {"ids": list(items)}):
            items[item.email_id].append(_item_of(item))
        return [email_of(row._asdict(), items[row.id]) for row in rows]

    def _update(self, email_id: EmailId, **values: object) -> None:
        statement = emails.update().where(emails.c.id == email_id).values(**values, updated_at=sa.func.now())
        self._connection.run(statement)

    def _refuse_strangers(self, new_emails: Collection[NewEmail]) -> None:
        values = {
            "therapists": sorted({new.therapist_id for new in new_emails}),
            "requests": sorted({request_id for new in new_emails for request_id in new.request_ids}),
        }
        if stranger := self._connection.row(_STRANGERS, values):
            raise UnknownId(stranger.kind, stranger.id)


def _columns(rows: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """The values of several rows, column by column."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def _reserves(state: EmailState, template: Template | None) -> bool:
    return state is not EmailState.DRAFT and template is not Template.CONFIRMATION


def content_values(content: Content) -> dict[str, object]:
    """What an email says, column by column."""
    return {
        "subject": content.subject,
        "body_html": content.body_html,
        "body_text": content.body_text,
        "recipient_email": content.recipient_email,
        "recipient_name": content.recipient_name,
        "sender_email": content.sender_email,
        "sender_name": content.sender_name,
        "message_id": content.message_id,
        "message": content.message,
    }


def _email_row(email_id: EmailId, new: NewEmail, now: datetime) -> dict[str, object]:
    return {
        "id": email_id,
        "therapist_id": new.therapist_id,
        "mailbox_id": new.mailbox_id,
        "template": new.template and new.template.value,
        "batch_id": new.batch_id,
        "answered_email_id": new.answered_email_id,
        "status": new.state.value,
        "queued_at": now if new.state is EmailState.QUEUED else None,
        "body_provided": new.body_provided,
        "overridden": " ".join(sorted(reason.value for reason in new.overridden)),
        "override_reason": new.override_reason,
        **content_values(new.content),
    }


def _item_rows(email_id: EmailId, new: NewEmail) -> list[dict[str, object]]:
    return [
        {"email_id": email_id, "placement_request_id": request_id, "priority": len(new.request_ids) - place}
        for place, request_id in enumerate(new.request_ids)
    ]


def _item_of(row: sa.Row[Any]) -> BatchItem:
    return BatchItem(
        id=EmailBatchId(row.id),
        placement_request_id=PlacementRequestId(row.placement_request_id),
        rank=row.priority,
        included=row.included,
        outcome=row.response_outcome,
        notes=row.response_notes,
    )
