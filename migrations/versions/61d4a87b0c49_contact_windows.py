"""Who was written to in the last seven days, or may have been, is reserved.

An email that was sent gets the days from its own up to seven days later; one that is outstanding has no end.  No two of
a therapist or of a mailbox may overlap: the earlier ends where the later begins.  Of several on one day, or beside one
without an end, one stays; the others are stored as released, which reserves nothing.
"""

from datetime import date, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "61d4a87b0c49"
down_revision = "5cb20e94f738"
branch_labels = None
depends_on = None

EMAIL_INTERVAL_DAYS = 7


class Contact(NamedTuple):
    """An email that reserves: *day* is the agency's local day on which it was handed over."""

    email_id: int
    therapist_id: int
    mailbox_id: int | None
    day: date
    settled: bool


class Span(NamedTuple):
    """What an email reserves; *end* is the first free day, None without an end."""

    end: date | None
    released: bool


def upgrade() -> None:
    op.execute("""
        CREATE TABLE communication_service.contact_windows (
            email_id integer NOT NULL CONSTRAINT contact_windows_pkey PRIMARY KEY CONSTRAINT fk_contact_windows_email_id
                REFERENCES communication_service.emails (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            therapist_id integer NOT NULL CONSTRAINT fk_contact_windows_therapist_id
                REFERENCES therapist_service.therapists (id),
            mailbox_id integer CONSTRAINT fk_contact_windows_mailbox_id REFERENCES therapist_service.mailboxes (id),
            contact_window daterange NOT NULL,
            released_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT ex_contact_windows_therapist EXCLUDE USING gist
                (int8range(therapist_id, therapist_id, '[]') WITH &&, contact_window WITH &&)
                    WHERE (released_at IS NULL),
            CONSTRAINT ex_contact_windows_mailbox EXCLUDE USING gist
                (int8range(mailbox_id, mailbox_id, '[]') WITH &&, contact_window WITH &&)
                WHERE (released_at IS NULL AND mailbox_id IS NOT NULL)
        );
        CREATE INDEX ix_contact_windows_therapist_id ON communication_service.contact_windows (therapist_id)
            WHERE released_at IS NULL;
        CREATE INDEX ix_contact_windows_mailbox_id ON communication_service.contact_windows (mailbox_id)
            WHERE released_at IS NULL;
    """)
    reserve()


def downgrade() -> None:
    """The windows follow from the emails: going up again makes them anew."""
    op.execute("DROP TABLE communication_service.contact_windows")


def reserve() -> None:
    """A week's emails are thousands, not millions: they are compared here, where the rule can be read."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("""
            SELECT id, therapist_id, mailbox_id,
                coalesce(marked_on, (coalesce(queued_at, created_at) AT TIME ZONE 'Europe/Berlin')::date),
                status = 'sent'
            FROM communication_service.emails
            WHERE template IS DISTINCT FROM 'confirmation' AND (status IN ('queued', 'sending', 'uncertain')
                OR status = 'sent' AND marked_on > (now() AT TIME ZONE 'Europe/Berlin')::date - CAST(:days AS integer))
        """),
        {"days": EMAIL_INTERVAL_DAYS},
    )
    contacts = [Contact(*row) for row in rows]
    found = spans(contacts)
    if contacts:
        connection.execute(
            sa.text("""
                INSERT INTO communication_service.contact_windows
                    (email_id, therapist_id, mailbox_id, contact_window, released_at)
                VALUES (:email_id, :therapist_id, :mailbox_id, daterange(:day, :end),
                    CASE WHEN :released THEN now() END)
            """),
            [{**contact._asdict(), **found[contact.email_id]._asdict()} for contact in contacts],
        )


def spans(contacts: list[Contact]) -> dict[int, Span]:
    """What each email reserves: first the oldest of those without an end, then the sent ones from the newest back."""
    found: dict[int, Span] = {}
    begins: dict[tuple[str, int], date] = {}
    endless: dict[tuple[str, int], date] = {}
    order = [
        *sorted((c for c in contacts if not c.settled), key=lambda c: (c.day, c.email_id)),
        *sorted((c for c in contacts if c.settled), key=lambda c: (c.day, c.email_id), reverse=True),
    ]
    for contact in order:
        keys = [("therapist", contact.therapist_id)]
        if contact.mailbox_id is not None:
            keys.append(("mailbox", contact.mailbox_id))
        later = [begins[key] for key in keys if key in begins]
        if not contact.settled:
            found[contact.email_id] = Span(None, released=bool(later))
        else:
            end = contact.day + timedelta(days=EMAIL_INTERVAL_DAYS)
            taken = contact.day in later or any(endless[key] <= contact.day for key in keys if key in endless)
            found[contact.email_id] = Span(end if taken else min([end, *later]), released=taken)
        if not found[contact.email_id].released:
            for key in keys:
                begins[key] = contact.day
                if not contact.settled:
                    endless[key] = contact.day
    return found
