"""Which therapists have open requests, and which of these would go into an email?

The database sorts the requests out and ranks them as ``boona_core.batching`` does; only the head of each therapist's
list leaves it.  Therapists come in pages, so that fifty thousand of them with a million requests need the memory of one
page.
"""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa

from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.histories import read_histories
from boona_core.batching import Candidate
from boona_core.contact import ContactHistory, ContactPolicy, Reason
from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from boona_core.patients import PatientStatus
from boona_core.requests import PlacementRequest

PAGE = 5_000
"""Therapists read at once."""

_NEXT_PAGE = sa.text("""
SELECT t.id FROM therapist_service.therapists AS t
 WHERE t.id > :after
   AND EXISTS (SELECT FROM matching_service.placement_requests AS r WHERE r.therapist_id = t.id AND r.status = 'open')
 ORDER BY t.id LIMIT :page
""")

# What holds requests back is rare, so it is looked for on its own, and a million requests are joined, sorted and
# counted without it.  The keys of the ranking but the id fit into one number of 55 bits, which sorts in half the time:
# whether it was offered, the priority downwards (32 bits), the day of registration (22 bits), none last.
_WAITING = sa.text("""
WITH waiting AS NOT MATERIALIZED (
    SELECT id, therapist_id, patient_id, priority, email_contact_date FROM matching_service.placement_requests
     WHERE status = 'open' AND therapist_id = ANY(CAST(:ids AS integer[]))
), rest AS MATERIALIZED (
    SELECT therapist_id, patient_id, max(next_contact_after) AS until FROM matching_service.placement_requests
     WHERE next_contact_after IS NOT NULL AND therapist_id = ANY(CAST(:ids AS integer[]))
     GROUP BY therapist_id, patient_id
), hold AS MATERIALIZED (
    SELECT w.therapist_id, w.id, 'not searching' AS reason
      FROM waiting AS w JOIN patient_service.patients AS p ON p.id = w.patient_id
     WHERE p.status <> 'searching' OR p.search_paused_until > :today
     UNION ALL
    SELECT therapist_id, w.id, 'excluded'
      FROM waiting AS w JOIN patient_service.excluded_therapists USING (therapist_id, patient_id)
     UNION ALL
    SELECT therapist_id, w.id, 'resting'
      FROM waiting AS w JOIN rest USING (therapist_id, patient_id) WHERE rest.until > :today
), held AS (
    SELECT therapist_id, count(DISTINCT id) AS requests,
           count(*) FILTER (WHERE reason = 'not searching') AS not_searching,
           count(*) FILTER (WHERE reason = 'excluded') AS excluded,
           count(*) FILTER (WHERE reason = 'resting') AS resting
      FROM hold GROUP BY therapist_id
), counted AS (
    SELECT therapist_id, count(*) AS requests FROM waiting GROUP BY therapist_id
), ranked AS (
    SELECT w.*, p.registered_on, p.search_paused_until AS paused_until,
           row_number() OVER (
               PARTITION BY w.therapist_id
               ORDER BY (CAST(CAST(w.email_contact_date IS NOT NULL AS integer) AS bigint) << 54)
                        + ((2147483647 - CAST(w.priority AS bigint)) << 22)
                        + (coalesce(p.registered_on, date '9999-12-31') - date '0001-01-01'),
                        w.id
           ) AS place
      FROM waiting AS w JOIN patient_service.patients AS p ON p.id = w.patient_id
     WHERE w.id NOT IN (SELECT id FROM hold)
), head AS (
    SELECT therapist_id, array_agg(id ORDER BY place) AS ids, array_agg(patient_id ORDER BY place) AS patient_ids,
           array_agg(priority ORDER BY place) AS priorities,
           array_agg(registered_on ORDER BY place) AS registered_on,
           count(*) FILTER (WHERE email_contact_date IS NULL) AS never_offered,
           CASE WHEN count(paused_until) > 0 THEN array_agg(paused_until ORDER BY place) END AS paused_until,
           CASE WHEN count(rest.until) > 0 THEN array_agg(rest.until ORDER BY place) END AS resting_until
      FROM ranked LEFT JOIN rest USING (therapist_id, patient_id)
     WHERE place <= :size GROUP BY therapist_id
)
SELECT t.id AS therapist_id, t.potentially_available, counted.requests - coalesce(held.requests, 0) AS eligible,
       held.not_searching, held.excluded, held.resting,
       head.ids, head.patient_ids, head.priorities, head.registered_on, head.never_offered,
       head.paused_until, head.resting_until
  FROM counted JOIN therapist_service.therapists AS t ON t.id = counted.therapist_id
  LEFT JOIN held ON held.therapist_id = t.id
  LEFT JOIN head ON head.therapist_id = t.id
 ORDER BY t.id
""")

_HELD = (
    ("not_searching", Reason.PATIENT_NOT_SEARCHING),
    ("excluded", Reason.PATIENT_EXCLUDED_THERAPIST),
    ("resting", Reason.PAIR_RESTING),
)


def read_candidates(
    connection: Connection,
    policy: ContactPolicy,
    *,
    today: date,
    therapist_ids: Collection[TherapistId] | None = None,
) -> Iterator[Candidate]:
    """The candidates, by therapist; each page is read when it is asked for."""
    pages = _every_page(connection) if therapist_ids is None else _pages_of(storable(therapist_ids))
    for page in pages:
        values = {"ids": page, "today": today, "size": policy.max_requests_per_email}
        rows = connection.rows(_WAITING, values)
        histories = read_histories(connection, [row.therapist_id for row in rows], policy, today=today)
        for row in rows:
            yield _candidate_of(row, histories[row.therapist_id])


def _every_page(connection: Connection) -> Iterator[list[int]]:
    after = 0
    while page := connection.column(_NEXT_PAGE, {"after": after, "page": PAGE}):
        yield page
        after = page[-1]


def _pages_of(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), PAGE):
        yield ids[start : start + PAGE]


def _candidate_of(row: sa.Row[Any], history: ContactHistory) -> Candidate:
    ids = row.ids or ()
    nothing = (None,) * len(ids)
    heads = zip(
        ids,
        row.patient_ids or (),
        row.priorities or (),
        row.registered_on or (),
        row.paused_until or nothing,
        row.resting_until or nothing,
        strict=True,
    )
    return Candidate(
        history=history,
        potentially_available=row.potentially_available,
        head=tuple(
            PlacementRequest(
                id=PlacementRequestId(number),
                patient_id=PatientId(patient_id),
                therapist_id=history.therapist_id,
                priority=priority,
                registered_on=registered_on,
                offered=place >= row.never_offered,
                patient_status=PatientStatus.SEARCHING,
                paused_until=paused_until,
                resting_until=resting_until,
            )
            for place, (number, patient_id, priority, registered_on, paused_until, resting_until) in enumerate(heads)
        ),
        eligible=row.eligible,
        held={reason: count for name, reason in _HELD if (count := getattr(row, name))},
    )
