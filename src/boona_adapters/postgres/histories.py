"""What decides about a contact with each of many therapists, in one statement.

Only what can still hold something today is looked at: emails sent within the interval, answers within the cooldown,
windows that lie ahead, calls that are planned.  An email that nobody answered counts however old it is; one that a call
follows up, as long as an attempt at it is planned or due.  Attempts that are used up count until the next email is sent
or a person has looked at them.

An answer begins no cooldown while a request of the same email or call waits for a decision (``needs_follow_up``); then
the cooldown counts from the day on which that one was decided, which the requests keep as ``cooldown_from``.  What was
said about a request that was canceled meanwhile counts like anything else that was said.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.planned import Planned
from boona_adapters.postgres.readings import weekly_windows
from boona_core.contact import ContactHistory, ContactPolicy, CooldownTrigger
from boona_core.ids import EmailId, TherapistId
from boona_core.therapists import TherapistStatus

# One arm for each kind of fact, gathered per therapist: arms are planned one by one, where as many joins would cost
# more to plan than to run, and the drain asks this before each email.  In the first hour of an agency the database
# knows of no sent email and believes that it costs nothing to read all of them by an index of the sent ones.  So the
# first arm asks for more states than any such index holds, and LIMIT binds the one for the mailbox to its mailbox, and
# what an email still waits for to the email: as EXISTS it could be answered by reading whole tables.
_HISTORIES = """
WITH fact AS (
    SELECT e.therapist_id, CASE e.status WHEN 'sent' THEN 'email' ELSE 'outstanding' END AS kind, e.marked_on AS day,
           e.status = 'sent' AND NOT e.response_received AND e.bounced_at IS NULL
           AND CASE WHEN e.follow_up_call_id IS NULL
                    THEN coalesce((SELECT true FROM matching_service.placement_requests AS r
                                    WHERE r.held_by_email_id = e.id LIMIT 1),
                                  (SELECT false FROM communication_service.email_batches AS b
                                    WHERE b.email_id = e.id AND b.included LIMIT 1), true)
                    ELSE coalesce((SELECT true FROM communication_service.phone_calls AS c
                                    WHERE c.first_call_id = e.follow_up_call_id
                                      AND (c.status = 'scheduled' OR c.retry_due) LIMIT 1), false) END AS unanswered
      FROM communication_service.emails AS e
     WHERE e.therapist_id {asked} AND e.status IN ('queued', 'sending', 'uncertain', 'sent')
       AND (e.status <> 'sent' OR e.marked_on > :emails_after OR NOT e.response_received AND e.bounced_at IS NULL)
       AND e.template IS DISTINCT FROM 'confirmation' AND e.id {kept}
    UNION ALL
    SELECT t.id, 'mailbox outstanding', NULL, NULL
      FROM therapist_service.therapists AS t JOIN communication_service.emails AS e ON e.mailbox_id = t.mailbox_id
     WHERE t.id {asked} AND e.therapist_id <> t.id
       AND e.status IN ('queued', 'sending', 'uncertain')
       AND e.template IS DISTINCT FROM 'confirmation' AND e.id {kept}
    UNION ALL
    SELECT t.id, 'mailbox email', e.marked_on, NULL
      FROM therapist_service.therapists AS t,
           LATERAL (SELECT e.marked_on FROM communication_service.emails AS e
                     WHERE e.mailbox_id = t.mailbox_id AND e.status = 'sent' AND e.marked_on > :emails_after
                       AND e.template IS DISTINCT FROM 'confirmation' AND e.id {kept}
                     ORDER BY e.marked_on DESC LIMIT 1) AS e
     WHERE t.id {asked}
    UNION ALL
    SELECT w.therapist_id, 'window', upper(w.contact_window), NULL FROM communication_service.contact_windows AS w
     WHERE w.therapist_id {asked} AND w.released_at IS NULL AND upper(w.contact_window) > :today
       AND w.email_id {kept}
    UNION ALL
    SELECT t.id, 'mailbox window', upper(w.contact_window), NULL
      FROM therapist_service.therapists AS t
      JOIN communication_service.contact_windows AS w ON w.mailbox_id = t.mailbox_id
     WHERE t.id {asked} AND w.released_at IS NULL AND upper(w.contact_window) > :today
       AND w.email_id {kept}
    UNION ALL
    SELECT r.therapist_id, 'answer', r.cooldown_from, NULL FROM matching_service.placement_requests AS r
     WHERE r.therapist_id {asked} AND r.cooldown_from > :answers_after
       AND coalesce(r.answer, r.status) = ANY(CAST(:answers AS text[]))
       AND (r.status <> 'in_progress' OR r.answer <> 'needs_follow_up')
       AND NOT EXISTS (
           SELECT FROM communication_service.email_batches AS mine
             JOIN communication_service.email_batches AS other ON other.email_id = mine.email_id
             JOIN matching_service.placement_requests AS undecided ON undecided.id = other.placement_request_id
            WHERE mine.placement_request_id = r.id AND mine.response_outcome IS NOT NULL
              AND other.response_outcome = 'needs_follow_up' AND undecided.status = 'in_progress'
              AND undecided.answer = 'needs_follow_up')
       AND NOT EXISTS (
           SELECT FROM communication_service.phone_call_batches AS mine
             JOIN communication_service.phone_call_batches AS other ON other.phone_call_id = mine.phone_call_id
             JOIN matching_service.placement_requests AS undecided ON undecided.id = other.placement_request_id
            WHERE mine.placement_request_id = r.id AND mine.discussed
              AND other.outcome = 'needs_follow_up' AND undecided.status = 'in_progress'
              AND undecided.answer = 'needs_follow_up')
    UNION ALL
    SELECT c.therapist_id, 'planned call', c.scheduled_date, NULL FROM communication_service.phone_calls AS c
     WHERE c.therapist_id {asked} AND c.status = 'scheduled'
    UNION ALL
    SELECT c.therapist_id, 'exhausted', NULL, NULL FROM communication_service.phone_calls AS c
     WHERE c.therapist_id {asked} AND c.exhausted
       AND NOT EXISTS (SELECT FROM communication_service.emails AS e
                        WHERE e.therapist_id = c.therapist_id AND e.status = 'sent'
                          AND e.marked_on > coalesce(c.actual_date, c.scheduled_date)
                          AND e.template IS DISTINCT FROM 'confirmation' AND e.id {kept})
), known AS (
    SELECT therapist_id,
           bool_or(kind = 'outstanding') AS email_outstanding,
           bool_or(kind = 'mailbox outstanding') AS mailbox_outstanding,
           max(day) FILTER (WHERE kind = 'email' AND day > :emails_after) AS last_email_on,
           max(day) FILTER (WHERE kind = 'mailbox email') AS mailbox_last_email_on,
           max(day) FILTER (WHERE kind = 'window') AS reserved_until,
           max(day) FILTER (WHERE kind = 'mailbox window') AS mailbox_reserved_until,
           min(day) FILTER (WHERE unanswered) AS first_unanswered_on,
           max(day) FILTER (WHERE unanswered) AS last_unanswered_on,
           max(day) FILTER (WHERE kind = 'answer') AS last_answer_on,
           array_agg(day ORDER BY day) FILTER (WHERE kind = 'planned call') AS planned_calls,
           bool_or(kind = 'exhausted') AS attempts_exhausted
      FROM fact GROUP BY therapist_id
)
SELECT t.id AS therapist_id, t.mailbox_id, coalesce(t.phone, '') <> '' AS has_phone,
       CAST(t.phone_hours AS text) AS phone_hours, t.status, t.blocked_until,
       t.do_not_contact OR coalesce(m.do_not_contact, false) AS do_not_contact,
       t.erased_at IS NOT NULL AS erased, t.absent_until, m.bounced_at IS NOT NULL AS bounced, t.last_call_on,
       coalesce(known.email_outstanding, false) AS email_outstanding,
       coalesce(known.mailbox_outstanding, false) AS mailbox_outstanding,
       known.last_email_on, known.mailbox_last_email_on, known.reserved_until, known.mailbox_reserved_until,
       known.first_unanswered_on, known.last_unanswered_on, known.last_answer_on, known.planned_calls,
       coalesce(known.attempts_exhausted, false) AS attempts_exhausted
  FROM therapist_service.therapists AS t
  LEFT JOIN therapist_service.mailboxes AS m ON m.id = t.mailbox_id
  LEFT JOIN known ON known.therapist_id = t.id
 WHERE t.id {asked}
 ORDER BY t.id
"""
_ON = {"today": "date", "emails_after": "date", "answers_after": "date", "answers": "text[]"}
_MANY = Planned(
    _HISTORIES.format(
        asked="= ANY(CAST(:ids AS integer[]))",
        kept="<> ALL(CAST(:leaving_out AS integer[]))",
    ),
    {"ids": "integer[]", "leaving_out": "integer[]", **_ON},
)
_ONE = Planned(
    _HISTORIES.format(asked="= :id", kept="<> :leaving_out"), {"id": "integer", "leaving_out": "integer", **_ON}
)
# A list of thousands is looked at in the planning of each arm; its two ends are not.
_RANGE = sa.text(_HISTORIES.format(asked="BETWEEN :first AND :last", kept="<> ALL(CAST(:leaving_out AS integer[]))"))
_NO_EMAIL = 0
_FEW = 20
_COLUMNS = (
    "therapist_id",
    "mailbox_id",
    "has_phone",
    "phone_hours",
    "status",
    "blocked_until",
    "do_not_contact",
    "erased",
    "absent_until",
    "bounced",
    "last_call_on",
    "email_outstanding",
    "mailbox_outstanding",
    "last_email_on",
    "mailbox_last_email_on",
    "reserved_until",
    "mailbox_reserved_until",
    "first_unanswered_on",
    "last_unanswered_on",
    "last_answer_on",
    "planned_calls",
    "attempts_exhausted",
)

_ANSWERS = {
    CooldownTrigger.REJECTION: ["rejected"],
    CooldownTrigger.ANY_RESPONSE: ["accepted", "rejected", "needs_follow_up"],
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
    ignored = storable(leaving_out)
    on: dict[str, object] = {
        "today": today,
        "emails_after": today - timedelta(days=policy.email_interval_days),
        "answers_after": today - timedelta(days=policy.cooldown_days),
        "answers": _ANSWERS[policy.cooldown_trigger],
    }
    if len(wanted) == 1 and len(ignored) <= 1:
        rows = connection.rows(_ONE, {"id": wanted[0], "leaving_out": ignored[0] if ignored else _NO_EMAIL, **on})
    elif len(wanted) > _FEW and wanted[-1] - wanted[0] < 2 * len(wanted):
        in_between = connection.rows(_RANGE, {"first": wanted[0], "last": wanted[-1], "leaving_out": ignored, **on})
        asked = frozenset(wanted)
        rows = [row for row in in_between if row[0] in asked]
    else:
        statement = _MANY if len(wanted) <= _FEW else _MANY.anew
        rows = connection.rows(statement, {"ids": wanted, "leaving_out": ignored, **on})
    return {history.therapist_id: history for history in map(_history_of, rows)}


def _history_of(row: Sequence[Any]) -> ContactHistory:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["status"] = TherapistStatus(values["status"])
    values["phone_hours"] = weekly_windows(values["phone_hours"])
    values["planned_calls"] = tuple(values["planned_calls"] or ())
    return ContactHistory(**values)
