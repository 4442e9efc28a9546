"""What has passed with many therapists: three readings, however many they are."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from boona_adapters.postgres.connection import Connection, storable
from boona_core.calls import Outcome
from boona_core.contact import Channel
from boona_core.ids import EmailId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.past_contacts import PastContact, newest_first

# Each side of the union is cut by an index that begins with the therapist before anything is sorted together.
_CONTACTS = sa.text("""
SELECT wanted.id AS therapist_id, past.*
  FROM unnest(CAST(:ids AS integer[])) AS wanted (id)
 CROSS JOIN LATERAL (
    (SELECT 'email' AS channel, e.id, e.marked_on AS day, e.bounced_at IS NULL AS reached,
            e.response_date AS answered_on, NULL AS words, e.follow_up_notes AS promise
       FROM communication_service.emails AS e
      WHERE e.therapist_id = wanted.id AND e.status = 'sent' AND e.marked_on IS NOT NULL
        AND e.template IS DISTINCT FROM 'confirmation'
      ORDER BY e.marked_on DESC, e.id DESC LIMIT :limit)
    UNION ALL
    (SELECT 'phone', c.id, coalesce(c.actual_date, c.scheduled_date), c.status = 'completed',
            CASE WHEN c.status = 'completed' THEN coalesce(c.actual_date, c.scheduled_date) END,
            nullif(concat_ws('; ', c.outcome, c.notes), ''), NULL
       FROM communication_service.phone_calls AS c
      WHERE c.therapist_id = wanted.id AND c.status IN ('completed', 'failed')
      ORDER BY coalesce(c.actual_date, c.scheduled_date) DESC, c.id DESC LIMIT :limit)
 ) AS past
""")
_OF_EMAILS = sa.text("""
SELECT email_id AS contact_id, placement_request_id, response_outcome AS outcome, NULL AS promise
  FROM communication_service.email_batches
 WHERE email_id = ANY(CAST(:ids AS integer[])) AND included ORDER BY email_id, priority DESC, id
""")
_OF_CALLS = sa.text("""
SELECT phone_call_id AS contact_id, placement_request_id, outcome, follow_up_notes AS promise
  FROM communication_service.phone_call_batches
 WHERE phone_call_id = ANY(CAST(:ids AS integer[])) AND included ORDER BY phone_call_id, priority DESC, id
""")


def read_past_contacts(
    connection: Connection, therapist_ids: Collection[TherapistId], *, limit: int
) -> Mapping[TherapistId, Sequence[PastContact]]:
    """As ``ports.Therapists.past_contacts`` promises."""
    rows = connection.rows(_CONTACTS, {"ids": storable(frozenset(therapist_ids)), "limit": limit})
    items = {
        channel: _items(connection, statement, [row.id for row in rows if row.channel == channel])
        for channel, statement in ((Channel.EMAIL, _OF_EMAILS), (Channel.PHONE, _OF_CALLS))
    }
    found: dict[TherapistId, list[PastContact]] = defaultdict(list)
    for row in rows:
        found[TherapistId(row.therapist_id)].append(_contact(row, items[Channel(row.channel)].get(row.id, ())))
    return {therapist_id: newest_first(contacts, limit=limit) for therapist_id, contacts in sorted(found.items())}


def _items(
    connection: Connection, statement: sa.TextClause, ids: Collection[int]
) -> Mapping[int, Sequence[sa.Row[Any]]]:
    items: dict[int, list[sa.Row[Any]]] = defaultdict(list)
    for row in connection.rows(statement, {"ids": list(ids)}) if ids else ():
        items[row.contact_id].append(row)
    return items


def _contact(row: sa.Row[Any], items: Sequence[sa.Row[Any]]) -> PastContact:
    channel = Channel(row.channel)
    return PastContact(
        channel=channel,
        id=EmailId(row.id) if channel is Channel.EMAIL else PhoneCallId(row.id),
        day=row.day,
        reached=row.reached,
        answered_on=row.answered_on,
        outcomes={PlacementRequestId(i.placement_request_id): i.outcome and Outcome(i.outcome) for i in items},
        words=row.words,
        promises=tuple(text for text in (row.promise, *(item.promise for item in items)) if text),
    )
