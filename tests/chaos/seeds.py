"""What stands in the database before a chaos test begins: many rows, by a few statements."""

import random
from collections.abc import Mapping

import psycopg2

_TODAY = "(now() AT TIME ZONE 'Europe/Berlin')::date"

_THERAPISTS = """
INSERT INTO therapist_service.mailboxes (id, address)
SELECT n, 'praxis' || n || '@example.org' FROM generate_series(1, %(therapists)s) AS n;
INSERT INTO therapist_service.therapists (id, first_name, last_name, email, mailbox_id)
SELECT n, 'Uta', 'Beispiel' || n, 'praxis' || n || '@example.org', n FROM generate_series(1, %(therapists)s) AS n;
INSERT INTO patient_service.patients (id, first_name, last_name, status, registered_on, contracts_signed)
SELECT n, 'Kim', 'Muster' || n, 'searching', '2026-01-01', true FROM generate_series(1, %(patients)s) AS n;
INSERT INTO matching_service.placement_requests (patient_id, therapist_id)
SELECT p.id, t.id FROM patient_service.patients AS p, therapist_service.therapists AS t ORDER BY p.id, t.id;
ANALYZE;
"""

_EMAILS = f"""
INSERT INTO communication_service.emails (therapist_id, mailbox_id, template, subject, body_html, body_text,
       recipient_email, recipient_name, sender_email, sender_name, status, queued_at, message_id, message)
SELECT t.id, t.mailbox_id, 'initial_contact', 'Anfrage', '<p>Guten Tag</p>', 'Guten Tag', t.email, 'Uta Beispiel',
       'vermittlung@agentur.example', 'Vermittlung', 'queued', now() - interval '1 hour' + t.id * interval '1 second',
       '<' || t.id || '@agentur.example>',
       convert_to('From: vermittlung@agentur.example' || E'\\r\\nMessage-ID: <' || t.id || E'@agentur.example>\\r\\n'
                  || E'Subject: Anfrage\\r\\n\\r\\nGuten Tag\\r\\n.\\r\\nund tschuess\\r\\n', 'UTF8')
  FROM therapist_service.therapists AS t ORDER BY t.id;
INSERT INTO communication_service.contact_windows (email_id, therapist_id, mailbox_id, contact_window)
SELECT id, therapist_id, mailbox_id, daterange({_TODAY}, NULL) FROM communication_service.emails;
INSERT INTO communication_service.email_batches (email_id, placement_request_id, priority)
SELECT e.id, r.id, 1 FROM communication_service.emails AS e
  JOIN matching_service.placement_requests AS r USING (therapist_id);
UPDATE matching_service.placement_requests AS r SET status = 'in_progress', held_by_email_id = e.id
  FROM communication_service.emails AS e WHERE e.therapist_id = r.therapist_id;
ANALYZE;
"""

_DRAFTS = """
INSERT INTO communication_service.emails (therapist_id, mailbox_id, template, subject, body_html, body_text,
       recipient_email, recipient_name, sender_email, sender_name, status)
SELECT t.id, t.mailbox_id, 'initial_contact', 'Anfrage', '<p>Guten Tag</p>', 'Guten Tag', t.email, 'Uta Beispiel',
       'vermittlung@agentur.example', 'Vermittlung', 'draft'
  FROM therapist_service.therapists AS t WHERE t.id > %(from)s ORDER BY t.id;
INSERT INTO communication_service.email_batches (email_id, placement_request_id, priority)
SELECT e.id, min(r.id), 1 FROM communication_service.emails AS e
  JOIN matching_service.placement_requests AS r USING (therapist_id) GROUP BY e.id;
"""

_WITHOUT_CONSTRAINTS = """
ALTER TABLE communication_service.contact_windows DROP CONSTRAINT ex_contact_windows_therapist;
ALTER TABLE communication_service.contact_windows DROP CONSTRAINT ex_contact_windows_mailbox;
"""


def queue_of(libpq_url: str, *, emails: int) -> list[str]:
    """So many therapists, each with one queued email that holds a request; the Message-IDs in the queue's order."""
    run(libpq_url, _THERAPISTS, {"therapists": emails, "patients": 1})
    run(libpq_url, _EMAILS)
    return [f"<{number}@agentur.example>" for number in range(1, emails + 1)]


def agency(libpq_url: str, *, therapists: int, patients: int, sharing: int = 0, seed: int = 0) -> None:
    """Therapists with an open request for each patient; *sharing* of them share mailboxes in random pairs."""
    run(libpq_url, _THERAPISTS, {"therapists": therapists, "patients": patients})
    chosen = random.Random(seed).sample(range(1, therapists + 1), sharing)  # noqa: S311 - a test may be repeatable
    for first, second in zip(chosen[::2], chosen[1::2], strict=True):
        run(
            libpq_url,
            "UPDATE therapist_service.therapists SET mailbox_id = %(to)s, email = 'praxis' || %(to)s || '@example.org'"
            " WHERE id = %(who)s",
            {"to": first, "who": second},
        )


def drafts_after(libpq_url: str, therapist_id: int) -> None:
    """A draft for every therapist whose id is higher."""
    run(libpq_url, _DRAFTS, {"from": therapist_id})


def drop_constraints(libpq_url: str) -> None:
    """Take the two exclusion constraints away."""
    run(libpq_url, _WITHOUT_CONSTRAINTS)


def therapists_and_callers(libpq_url: str, *, therapists: int, callers: int) -> None:
    """Who is called, and who calls."""
    run(libpq_url, _THERAPISTS, {"therapists": therapists, "patients": 1})
    run(
        libpq_url,
        "INSERT INTO communication_service.callers (id, name)"
        " SELECT n, 'Caller ' || n FROM generate_series(1, %(callers)s) AS n",
        {"callers": callers},
    )


def drop_constraints_of_calls(libpq_url: str) -> None:
    """Take the three exclusion constraints of calls away."""
    for one in ("caller", "therapist", "line"):
        run(libpq_url, f"ALTER TABLE communication_service.phone_calls DROP CONSTRAINT ex_phone_calls_{one}")


def run(libpq_url: str, statements: str, values: Mapping[str, object] | None = None) -> None:
    connection = psycopg2.connect(libpq_url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statements, values)
    finally:
        connection.close()
