"""Which days does an email keep free of others, for its therapist and for its mailbox?

Two exclusion constraints decide, whoever races.  Many windows are reserved by one statement that sorts them by mailbox,
then therapist: two such statements cannot wait for each other in a circle.  A single window is changed under a
savepoint.
"""

from collections.abc import Collection, Mapping
from datetime import date

import sqlalchemy as sa

from boona_adapters.postgres.connection import Connection
from boona_adapters.postgres.errors import EXCLUSION_VIOLATION
from boona_core.errors import StoreError
from boona_core.ids import EmailId, MailboxId, TherapistId
from boona_core.ports import NewEmail

_RESERVE = sa.text("""
INSERT INTO communication_service.contact_windows (email_id, therapist_id, mailbox_id, contact_window)
SELECT wanted.email_id, wanted.therapist_id, wanted.mailbox_id, daterange(wanted.day, NULL)
  FROM unnest(CAST(:emails AS integer[]), CAST(:therapists AS integer[]), CAST(:mailboxes AS integer[]),
              CAST(:days AS date[])) AS wanted (email_id, therapist_id, mailbox_id, day)
 ORDER BY wanted.mailbox_id, wanted.therapist_id, wanted.email_id
    ON CONFLICT DO NOTHING
RETURNING email_id
""")

_RESERVE_ONE = sa.text("""
INSERT INTO communication_service.contact_windows AS w (email_id, therapist_id, mailbox_id, contact_window)
SELECT e.id, e.therapist_id, CASE WHEN :moved THEN t.mailbox_id ELSE e.mailbox_id END, daterange(:day, NULL)
  FROM communication_service.emails AS e JOIN therapist_service.therapists AS t ON t.id = e.therapist_id
 WHERE e.id = :email
    ON CONFLICT (email_id) DO UPDATE
   SET therapist_id = excluded.therapist_id, mailbox_id = excluded.mailbox_id, released_at = NULL, updated_at = now(),
       contact_window = CASE WHEN w.released_at IS NULL AND upper_inf(w.contact_window) THEN w.contact_window
                             ELSE excluded.contact_window END
""")

_END = sa.text("""
WITH ending AS (
    SELECT email_id FROM communication_service.contact_windows
     WHERE released_at IS NULL AND upper(contact_window) > :day
       AND (therapist_id = :therapist OR mailbox_id = :mailbox)
     ORDER BY mailbox_id, therapist_id, email_id FOR UPDATE
)
UPDATE communication_service.contact_windows AS w
   SET contact_window = daterange(least(lower(w.contact_window), :day), :day), updated_at = now()
  FROM ending WHERE w.email_id = ending.email_id AND upper(w.contact_window) > :day
""")

_RELEASE = sa.text("""
WITH freed AS (
    SELECT email_id FROM communication_service.contact_windows
     WHERE email_id = ANY(CAST(:emails AS integer[])) AND released_at IS NULL
     ORDER BY mailbox_id, therapist_id, email_id FOR UPDATE
)
UPDATE communication_service.contact_windows AS w SET released_at = now(), updated_at = now()
  FROM freed WHERE w.email_id = freed.email_id
""")

# Nothing is waited for: a window that somebody else holds is released another time.
_RELEASE_BEFORE = sa.text("""
WITH over AS (
    SELECT email_id FROM communication_service.contact_windows
     WHERE released_at IS NULL AND upper(contact_window) <= :day
     ORDER BY mailbox_id, therapist_id, email_id FOR UPDATE SKIP LOCKED
)
UPDATE communication_service.contact_windows AS w SET released_at = now(), updated_at = now()
  FROM over WHERE w.email_id = over.email_id
""")


def reserve(connection: Connection, emails: Mapping[EmailId, NewEmail]) -> frozenset[EmailId]:
    """Keep therapist and mailbox of each email from its day on; returns those that found them free."""
    ids = sorted(emails)
    values = {
        "emails": ids,
        "therapists": [emails[each].therapist_id for each in ids],
        "mailboxes": [emails[each].mailbox_id for each in ids],
        "days": [emails[each].day for each in ids],
    }
    return frozenset(map(EmailId, connection.column(_RESERVE, values))) if ids else frozenset()


def reserve_one(connection: Connection, email_id: EmailId, day: date, *, moved: bool = False) -> bool:
    """Keep therapist and mailbox of a stored email from *day* on; False, and nothing done, when they are taken.

    What it keeps already it goes on to keep.

    Args:
        moved: The mailbox is that of the therapist today, not that of the email when it was made.
    """
    try:
        with connection.savepoint():
            connection.run(_RESERVE_ONE, {"email": email_id, "day": day, "moved": moved})
    except StoreError as error:
        if error.sqlstate != EXCLUSION_VIOLATION:
            raise
        return False
    return True


def end_before(connection: Connection, therapist_id: TherapistId, mailbox_id: MailboxId | None, day: date) -> None:
    """End the closed windows of this therapist and this mailbox before *day*."""
    connection.run(_END, {"therapist": therapist_id, "mailbox": mailbox_id, "day": day})


def release(connection: Connection, email_ids: Collection[EmailId]) -> None:
    """Let these emails keep nothing any more."""
    connection.run(_RELEASE, {"emails": sorted(email_ids)})


def release_before(connection: Connection, day: date) -> int:
    """Let the windows that ended before *day* leave the constraints; returns how many."""
    return connection.run(_RELEASE_BEFORE, {"day": day})
