"""What decides about a contact with each of many therapists, in one statement.

Only what can still hold something today is looked at: emails sent within the interval, answers within the cooldown,
windows that lie ahead.  An email that nobody answered counts however old it is.  Calls are not kept yet, but for the
day of the last one.

An answer begins no cooldown while another request of the same email waits for a decision (``needs_follow_up``); the day
on which that one is decided does.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.planned import Planned
from boona_adapters.postgres.readings import weekly_windows
from boona_core.contact import ContactHistory, ContactPolicy, CooldownTrigger
from boona_core.ids import EmailId, MailboxId, TherapistId
from boona_core.therapists import TherapistStatus

# One arm for each kind of fact, gathered per therapist: arms are planned one by one, where as many joins would cost
# more to plan than to run, and the drain asks this before each email.
_HISTORIES = Planned(
    """
WITH fact AS (
    SELECT e.therapist_id, 'outstanding' AS kind, CAST(NULL AS date) AS day FROM communication_service.emails AS e
     WHERE e.therapist_id = ANY(CAST(:ids AS integer[])) AND e.status IN ('queued', 'sending', 'uncertain')
       AND e.template IS DISTINCT FROM 'confirmation' AND NOT e.id = ANY(CAST(:leaving_out AS integer[]))
    UNION ALL
    SELECT t.id, 'mailbox outstanding', NULL
      FROM therapist_service.therapists AS t JOIN communication_service.emails AS e ON e.mailbox_id = t.mailbox_id
     WHERE t.id = ANY(CAST(:ids AS integer[])) AND e.therapist_id <> t.id
       AND e.status IN ('queued', 'sending', 'uncertain')
       AND e.template IS DISTINCT FROM 'confirmation' AND NOT e.id = ANY(CAST(:leaving_out AS integer[]))
    UNION ALL
    SELECT e.therapist_id, 'email', e.marked_on FROM communication_service.emails AS e
     WHERE e.therapist_id = ANY(CAST(:ids AS integer[])) AND e.status = 'sent' AND e.marked_on > :emails_after
       AND e.template IS DISTINCT FROM 'confirmation' AND NOT e.id = ANY(CAST(:leaving_out AS integer[]))
    UNION ALL
    SELECT t.id, 'mailbox email', e.marked_on
      FROM therapist_service.therapists AS t JOIN communication_service.emails AS e ON e.mailbox_id = t.mailbox_id
     WHERE t.id = ANY(CAST(:ids AS integer[])) AND e.status = 'sent' AND e.marked_on > :emails_after
       AND e.template IS DISTINCT FROM 'confirmation' AND NOT e.id = ANY(CAST(:leaving_out AS integer[]))
    UNION ALL
    SELECT w.therapist_id, 'window', upper(w.contact_window) FROM communication_service.contact_windows AS w
     WHERE w.therapist_id = ANY(CAST(:ids AS integer[])) AND w.released_at IS NULL AND upper(w.contact_window) > :today
       AND NOT w.email_id = ANY(CAST(:leaving_out AS integer[]))
    UNION ALL
    SELECT t.id, 'mailbox window', upper(w.contact_window)
      FROM therapist_service.therapists AS t
      JOIN communication_service.contact_windows AS w ON w.mailbox_id = t.mailbox_id
     WHERE t.id = ANY(CAST(:ids AS integer[])) AND w.released_at IS NULL AND upper(w.contact_window) > :today
       AND NOT w.email_id = ANY(CAST(:leaving_out AS integer[]))
    UNION ALL
    SELECT e.therapist_id, 'unanswered', e.marked_on FROM communication_service.emails AS e
     WHERE e.therapist_id = ANY(CAST(:ids AS integer[])) AND e.status = 'sent' AND NOT e.response_received
       AND e.bounced_at IS NULL AND e.template IS DISTINCT FROM 'confirmation'
       AND NOT e.id = ANY(CAST(:leaving_out AS integer[]))
       AND (EXISTS (SELECT FROM matching_service.placement_requests AS r WHERE r.held_by_email_id = e.id)
            OR (SELECT count(*) FROM communication_service.email_batches AS b
                 WHERE b.email_id = e.id AND b.included) = 0)
    UNION ALL
    SELECT r.therapist_id, 'answer', r.response_date FROM matching_service.placement_requests AS r
     WHERE r.therapist_id = ANY(CAST(:ids AS integer[])) AND r.response_date > :answers_after
       AND r.status = ANY(CAST(:answers AS text[]))
       AND NOT EXISTS (
           SELECT FROM communication_service.email_batches AS mine
             JOIN communication_service.email_batches AS other ON other.email_id = mine.email_id
             JOIN matching_service.placement_requests AS undecided ON undecided.id = other.placement_request_id
            WHERE mine.placement_request_id = r.id AND mine.response_outcome IN ('accepted', 'rejected')
              AND other.response_outcome = 'needs_follow_up' AND undecided.status = 'in_progress')
), known AS (
    SELECT therapist_id,
           bool_or(kind = 'outstanding') AS email_outstanding,
           bool_or(kind = 'mailbox outstanding') AS mailbox_outstanding,
           max(day) FILTER (WHERE kind = 'email') AS last_email_on,
           max(day) FILTER (WHERE kind = 'mailbox email') AS mailbox_last_email_on,
           max(day) FILTER (WHERE kind = 'window') AS reserved_until,
           max(day) FILTER (WHERE kind = 'mailbox window') AS mailbox_reserved_until,
           min(day) FILTER (WHERE kind = 'unanswered') AS first_unanswered_on,
           max(day) FILTER (WHERE kind = 'unanswered') AS last_unanswered_on,
           max(day) FILTER (WHERE kind = 'answer') AS last_answer_on
      FROM fact GROUP BY therapist_id
)
SELECT t.id, t.mailbox_id, coalesce(t.phone, '') <> '' AS has_phone, CAST(t.phone_hours AS text) AS phone_hours,
       t.status, t.blocked_until, t.do_not_contact OR coalesce(m.do_not_contact, false) AS do_not_contact,
       t.erased_at IS NOT NULL AS erased, t.absent_until, m.bounced_at IS NOT NULL AS bounced, t.last_call_on,
       coalesce(known.email_outstanding, false) AS email_outstanding,
       coalesce(known.mailbox_outstanding, false) AS mailbox_outstanding,
       known.last_email_on, known.mailbox_last_email_on, known.reserved_until, known.mailbox_reserved_until,
       known.first_unanswered_on, known.last_unanswered_on, known.last_answer_on
  FROM therapist_service.therapists AS t
  LEFT JOIN therapist_service.mailboxes AS m ON m.id = t.mailbox_id
  LEFT JOIN known ON known.therapist_id = t.id
 WHERE t.id = ANY(CAST(:ids AS integer[]))
 ORDER BY t.id
""",
    {
        "ids": "integer[]",
        "leaving_out": "integer[]",
        "today": "date",
        "emails_after": "date",
        "answers_after": "date",
        "answers": "text[]",
    },
)
_FEW = 20

_ANSWERS = {
    CooldownTrigger.REJECTION: ["rejected"],
    CooldownTrigger.ANY_RESPONSE: ["accepted", "rejected"],
}


def read_histories(
    connection: Connection,
    therapist_ids: Collection[TherapistId],
    policy: ContactPolicy,
    *,
    today: date,
    leaving_out: Collection[EmailId] = (),
) -> dict[TherapistId, ContactHistory]:
    """The histories of those of these therapists that exist, by id."""
    wanted = storable(therapist_ids)
    if not wanted:
        return {}
    rows = connection.rows(
        _HISTORIES if len(wanted) <= _FEW else _HISTORIES.anew,
        {
            "ids": wanted,
            "leaving_out": storable(leaving_out),
            "today": today,
            "emails_after": today - timedelta(days=policy.email_interval_days),
            "answers_after": today - timedelta(days=policy.cooldown_days),
            "answers": _ANSWERS[policy.cooldown_trigger],
        },
    )
    return {TherapistId(row.id): _history_of(row) for row in rows}


def _history_of(row: sa.Row[Any]) -> ContactHistory:
    values = dict(row._mapping)
    values["therapist_id"] = TherapistId(values.pop("id"))
    values["mailbox_id"] = None if row.mailbox_id is None else MailboxId(row.mailbox_id)
    values["status"] = TherapistStatus(row.status)
    values["phone_hours"] = weekly_windows(row.phone_hours)
    return ContactHistory(**values)
