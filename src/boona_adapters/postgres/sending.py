"""The queue of emails in Postgres, between claim and result.

Every statement here runs once for each email that is sent: texts without anything to compile, one round trip each.  A
claim is its token; a marked email is one with ``marked_at``.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.planned import Planned
from boona_adapters.postgres.texts import storable_words
from boona_core.contact import Reason
from boona_core.ids import EmailId, TherapistId
from boona_core.letters import Template
from boona_core.ports import Claimed, Pause, Reaped

_PAUSE = sa.text("SELECT paused_until, words FROM communication_service.dispatch WHERE paused_until IS NOT NULL")
_BEGIN_PAUSE = sa.text("""
INSERT INTO communication_service.dispatch (id, paused_until, words) VALUES (1, :until, :words)
    ON CONFLICT (id) DO UPDATE SET paused_until = excluded.paused_until, words = excluded.words
""")
_END_PAUSE = sa.text("""
UPDATE communication_service.dispatch SET paused_until = NULL, words = NULL WHERE paused_until IS NOT NULL
""")

_EXPIRED = sa.text("""
SELECT id, therapist_id FROM communication_service.emails
 WHERE status = 'sending' AND lease_until <= :now ORDER BY id
""")

_REAP = sa.text("""
WITH lapsed AS (
    SELECT id FROM communication_service.emails
     WHERE id = ANY(CAST(:ids AS integer[])) AND status = 'sending' AND lease_until <= :now
     ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE communication_service.emails AS e
   SET status = CASE WHEN e.marked_at IS NULL THEN 'queued' ELSE 'uncertain' END,
       ever_uncertain = e.ever_uncertain OR e.marked_at IS NOT NULL,
       claim_token = NULL, lease_until = NULL, updated_at = now()
  FROM lapsed WHERE e.id = lapsed.id
RETURNING e.id, e.status
""")

_CLAIM = """
WITH due AS (
    SELECT id FROM communication_service.emails
     WHERE status = 'queued' AND (not_before IS NULL OR not_before <= :now) {only}
     ORDER BY queued_at, id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE communication_service.emails AS e
   SET status = 'sending', claim_token = :token, lease_until = :until, updated_at = now()
  FROM due WHERE e.id = due.id
RETURNING e.id, e.therapist_id, e.sender_email, e.recipient_email, e.message, e.retry_count, e.overridden, e.template,
          e.queued_at
"""
_CLAIM_ANY = sa.text(_CLAIM.format(only=""))
_CLAIM_ONLY = sa.text(_CLAIM.format(only="AND id = ANY(CAST(:only AS integer[]))"))

_RENEW = sa.text("""
WITH mine AS (
    SELECT id FROM communication_service.emails
     WHERE status = 'sending' AND claim_token = :token AND marked_at IS NULL ORDER BY id FOR NO KEY UPDATE
)
UPDATE communication_service.emails AS e SET lease_until = :until, updated_at = now() FROM mine WHERE e.id = mine.id
""")

_MARK = Planned(
    """
UPDATE communication_service.emails
   SET marked_at = :now, marked_on = :day, lease_until = :until, updated_at = now()
 WHERE id = :id AND claim_token = :token AND status = 'sending' AND marked_at IS NULL
""",
    {"id": "bigint", "token": "uuid", "now": "timestamptz", "day": "date", "until": "timestamptz"},
)

_RETURN = sa.text("""
UPDATE communication_service.emails
   SET status = 'queued', claim_token = NULL, lease_until = NULL, marked_at = NULL, marked_on = NULL,
       not_before = :not_before, retry_count = :tries, error_message = coalesce(:words, error_message),
       updated_at = now()
 WHERE id = :id AND claim_token = :token AND status = 'sending'
""")

# The requests are locked before the email, as everywhere; the therapist is locked by whoever decides about the result.
_SENT = """
WITH held AS MATERIALIZED (
    SELECT r.id FROM matching_service.placement_requests AS r
     WHERE r.id IN (SELECT b.placement_request_id FROM communication_service.email_batches AS b
                     WHERE b.email_id = :id AND b.included)
     ORDER BY r.id FOR NO KEY UPDATE
), sent AS (
    UPDATE communication_service.emails
       SET status = 'sent', sent_at = :now, claim_token = NULL, lease_until = NULL, updated_at = now()
     WHERE id = :id AND marked_at IS NOT NULL AND {condition} AND (SELECT count(*) FROM held) >= 0
    RETURNING id, therapist_id, marked_on
), therapist AS (
    UPDATE therapist_service.therapists AS t
       SET last_email_on = greatest(t.last_email_on, sent.marked_on), updated_at = now()
      FROM sent WHERE t.id = sent.therapist_id
), requests AS (
    UPDATE matching_service.placement_requests AS r
       SET email_contact_date = greatest(r.email_contact_date, sent.marked_on), updated_at = now()
      FROM sent, held WHERE r.id = held.id
), closed AS (
    UPDATE communication_service.contact_windows AS w
       SET contact_window = daterange(lower(w.contact_window),
                                      greatest(lower(w.contact_window), sent.marked_on + CAST(:days AS integer))),
           updated_at = now()
      FROM sent WHERE w.email_id = :id AND w.released_at IS NULL AND upper_inf(w.contact_window)
)
SELECT id FROM sent
"""
_SENT_BY_TOKEN = Planned(
    _SENT.format(condition="(status = 'sending' AND claim_token = :token OR status = 'uncertain')"),
    {"id": "bigint", "token": "uuid", "now": "timestamptz", "days": "integer"},
)
_SENT_AS_FOUND = sa.text(_SENT.format(condition="status = 'uncertain'"))

_FAILED = sa.text("""
WITH failed AS (
    UPDATE communication_service.emails
       SET status = 'failed', claim_token = NULL, lease_until = NULL, retry_count = :tries, error_message = :words,
           bounced_at = CASE WHEN :bounced THEN CAST(:now AS timestamptz) ELSE bounced_at END, updated_at = now()
     WHERE id = :id AND claim_token = :token AND status = 'sending'
    RETURNING id, mailbox_id
), freed AS (
    UPDATE communication_service.contact_windows AS w SET released_at = :now, updated_at = now()
      FROM failed WHERE w.email_id = failed.id AND w.released_at IS NULL
), refused AS (
    UPDATE therapist_service.mailboxes AS m SET bounced_at = :now, updated_at = now()
      FROM failed WHERE m.id = failed.mailbox_id AND :bounced
)
SELECT id FROM failed
""")

_UNCERTAIN = sa.text("""
UPDATE communication_service.emails
   SET status = 'uncertain', ever_uncertain = true, claim_token = NULL, lease_until = NULL, error_message = :words,
       updated_at = now()
 WHERE id = :id AND claim_token = :token AND status = 'sending' AND marked_at IS NOT NULL
""")


def note_sent(
    connection: Connection, email_id: EmailId, *, token: UUID | None, now: datetime, interval_days: int
) -> bool:
    """Record that an email was taken, with all that follows from it.

    Args:
        token: Of the claim, for an email that is marked with it or uncertain; None: for an uncertain one.
    """
    values: dict[str, object] = {"id": email_id, "now": now, "days": interval_days}
    if token is None:
        return connection.row(_SENT_AS_FOUND, values) is not None
    return connection.row(_SENT_BY_TOKEN, {**values, "token": token}) is not None


@frozen
class PostgresSending:
    """The queue of emails, as ``boona_core.ports.Sending`` promises it."""

    _connection: Connection

    def pause(self) -> Pause | None:
        """The pause in force or over, None when the last server failure is forgotten."""
        row = self._connection.row(_PAUSE)
        return None if row is None else Pause(until=row.paused_until.astimezone(UTC), words=row.words or "")

    def begin_pause(self, pause: Pause) -> None:
        """Rest until the instant of *pause*."""
        self._connection.run(_BEGIN_PAUSE, {"until": pause.until, "words": storable_words(pause.words)})

    def end_pause(self) -> None:
        """The server works again."""
        self._connection.run(_END_PAUSE)

    def expired(self, *, now: datetime) -> Mapping[EmailId, TherapistId]:
        """The emails that are sending with a lease that ran out, and whose they are."""
        rows = self._connection.rows(_EXPIRED, {"now": now})
        return {EmailId(row.id): TherapistId(row.therapist_id) for row in rows}

    def reap(self, email_ids: Collection[EmailId], *, now: datetime) -> Reaped:
        """Take back those whose lease ran out; emails that another unit holds are passed over."""
        rows = sorted(self._connection.rows(_REAP, {"ids": storable(email_ids), "now": now}))
        return Reaped(
            returned=tuple(EmailId(row.id) for row in rows if row.status == "queued"),
            uncertain=tuple(EmailId(row.id) for row in rows if row.status == "uncertain"),
        )

    def claim(
        self, *, token: UUID, now: datetime, lease: timedelta, limit: int, only: Collection[EmailId] | None = None
    ) -> Sequence[Claimed]:
        """Claim queued emails that are due, the longest queued first; two claims never share an email."""
        values: dict[str, object] = {"token": token, "now": now, "until": now + lease, "limit": limit}
        if only is None:
            rows = self._connection.rows(_CLAIM_ANY, values)
        else:
            rows = self._connection.rows(_CLAIM_ONLY, {**values, "only": storable(only)})
        return [
            Claimed(
                id=EmailId(row.id),
                therapist_id=TherapistId(row.therapist_id),
                sender_email=row.sender_email,
                recipient_email=row.recipient_email,
                message=bytes(row.message),
                tries=row.retry_count,
                overridden=frozenset(map(Reason, row.overridden)),
                template=None if row.template is None else Template(row.template),
            )
            for row in sorted(rows, key=lambda row: (row.queued_at, row.id))
        ]

    def renew(self, *, token: UUID, now: datetime, lease: timedelta) -> None:
        """Extend the lease of every email claimed, not marked, with this token."""
        self._connection.run(_RENEW, {"token": token, "until": now + lease})

    def mark(self, email_id: EmailId, *, token: UUID, now: datetime, day: date, lease: timedelta) -> bool:
        """Set the handoff marker; False when the claim is not this token's any more."""
        values = {"id": email_id, "token": token, "now": now, "day": day, "until": now + lease}
        return self._connection.run(_MARK, values) == 1

    def return_to_queue(
        self, email_id: EmailId, *, token: UUID, not_before: datetime, tries: int, words: str | None
    ) -> bool:
        """Put a claimed or marked email back, not to be claimed before an instant; False when the claim is lost."""
        values = {
            "id": email_id,
            "token": token,
            "not_before": not_before,
            "tries": tries,
            "words": storable_words(words),
        }
        return self._connection.run(_RETURN, values) == 1

    def record_sent(self, email_id: EmailId, *, token: UUID, now: datetime, interval_days: int, words: str) -> bool:  # noqa: ARG002 - not kept of a success
        """The server took it; False when it is neither marked with this token nor uncertain."""
        return note_sent(self._connection, email_id, token=token, now=now, interval_days=interval_days)

    def record_failed(
        self, email_id: EmailId, *, token: UUID, now: datetime, tries: int, words: str, bounced: bool
    ) -> bool:
        """The server refused it for good: failed, its window freed; False when the claim is lost."""
        values = {
            "id": email_id,
            "token": token,
            "now": now,
            "tries": tries,
            "words": storable_words(words),
            "bounced": bounced,
        }
        return self._connection.row(_FAILED, values) is not None

    def record_uncertain(self, email_id: EmailId, *, token: UUID, words: str) -> bool:
        """Nobody knows whether the server took it; its window stays. False when the marker is not this token's."""
        return self._connection.run(_UNCERTAIN, {"id": email_id, "token": token, "words": storable_words(words)}) == 1
