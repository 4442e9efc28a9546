"""Which therapists have open requests, and which of these would go into an email?

The database sorts the requests out and keeps them ranked as ``boona_core.batching`` does; only the head of each
therapist's list leaves it.  Therapists come in pages, so that fifty thousand of them with a million requests need the
memory of one page.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import lru_cache
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

_PAGE_ENDS = sa.text("""
SELECT max(id) FROM (SELECT id FROM therapist_service.therapists WHERE id > :after ORDER BY id LIMIT :page) AS next
""")

# Most requests have nothing said about them: those that have are found from the few patients, pairs and days that say
# it.  The others are neither joined nor sorted: one index counts them and hands out the first of each therapist in the
# order of the ranking, without a look at their rows.  Numbers come as text, which reads faster than arrays; a day is
# its ordinal, 0 is none.
_WAITING = """
WITH said AS MATERIALIZED (
    SELECT therapist_id, id, bool_or(not_searching) AS not_searching, bool_or(excluded) AS excluded,
           bool_or(resting) AS resting, bool_or(not_searching OR excluded OR resting) AS held,
           coalesce(max(paused_until) - date '0001-01-01' + 1, 0) AS paused_until,
           coalesce(max(resting_until) - date '0001-01-01' + 1, 0) AS resting_until
      FROM (
        SELECT r.therapist_id, r.id, p.status <> 'searching' OR coalesce(p.search_paused_until > :today, false)
               AS not_searching, false AS excluded, false AS resting, p.search_paused_until AS paused_until,
               CAST(NULL AS date) AS resting_until
          FROM patient_service.patients AS p JOIN matching_service.placement_requests AS r ON r.patient_id = p.id
         WHERE (p.status <> 'searching' OR p.search_paused_until IS NOT NULL)
           AND r.status = 'open' AND r.therapist_id {of_page}
        UNION ALL
        SELECT therapist_id, r.id, false, true, false, NULL, NULL
          FROM patient_service.excluded_therapists AS x
          JOIN matching_service.placement_requests AS r USING (therapist_id, patient_id)
         WHERE r.status = 'open' AND therapist_id {of_page}
        UNION ALL
        SELECT therapist_id, r.id, false, false, rest.until > :today, NULL, rest.until
          FROM (SELECT therapist_id, patient_id, max(next_contact_after) AS until
                  FROM matching_service.placement_requests
                 WHERE next_contact_after IS NOT NULL AND therapist_id {of_page}
                 GROUP BY therapist_id, patient_id) AS rest
          JOIN matching_service.placement_requests AS r USING (therapist_id, patient_id)
         WHERE r.status = 'open'
      ) AS each GROUP BY therapist_id, id
), summary AS (
    SELECT therapist_id, count(*) FILTER (WHERE held) AS held,
           count(*) FILTER (WHERE not_searching) AS not_searching, count(*) FILTER (WHERE excluded) AS excluded,
           count(*) FILTER (WHERE resting) AS resting,
           string_agg(concat_ws(' ', id, paused_until, resting_until), ' ') FILTER (WHERE NOT held) AS past
      FROM said GROUP BY therapist_id
), counted AS (
    SELECT therapist_id, count(*) AS requests FROM matching_service.placement_requests
     WHERE status = 'open' AND therapist_id {of_page} GROUP BY therapist_id
)
SELECT t.id AS therapist_id, t.potentially_available, counted.requests - coalesce(summary.held, 0) AS eligible,
       summary.not_searching, summary.excluded, summary.resting, summary.past, head.requests, head.never_offered
  FROM counted JOIN therapist_service.therapists AS t ON t.id = counted.therapist_id
  LEFT JOIN summary ON summary.therapist_id = t.id
 CROSS JOIN LATERAL (
    SELECT string_agg(concat_ws(' ', id, patient_id, priority, coalesce(registered_on - date '0001-01-01' + 1, 0)), ' ')
           AS requests, count(*) FILTER (WHERE email_contact_date IS NULL) AS never_offered
      FROM (SELECT id, patient_id, priority, registered_on, email_contact_date
              FROM matching_service.placement_requests AS r
             WHERE r.therapist_id = t.id AND r.status = 'open' AND r.id NOT IN (SELECT id FROM said WHERE held)
             ORDER BY (email_contact_date IS NOT NULL), priority DESC, registered_on, id
             LIMIT :size) AS first
) AS head
 ORDER BY t.id
"""
_WAITING_BETWEEN = sa.text(_WAITING.format(of_page="BETWEEN :first AND :last"))
_WAITING_OF = sa.text(_WAITING.format(of_page="= ANY(CAST(:ids AS integer[]))"))

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
    for rows in waiting(connection, policy, today=today, therapist_ids=therapist_ids):
        histories = read_histories(connection, [row.therapist_id for row in rows], policy, today=today)
        for row in rows:
            yield _candidate_of(row, histories[row.therapist_id])


def waiting(
    connection: Connection,
    policy: ContactPolicy,
    *,
    today: date,
    therapist_ids: Collection[TherapistId] | None = None,
) -> Iterator[Sequence[sa.Row[Any]]]:
    """The rows behind the candidates, a page at a time: what the database does of the planning."""
    facts = {"today": today, "size": policy.max_requests_per_email}
    if therapist_ids is None:
        for first, last in _every_page(connection):
            yield connection.rows(_WAITING_BETWEEN, {"first": first, "last": last, **facts})
    else:
        ids = storable(therapist_ids)
        for start in range(0, len(ids), PAGE):
            yield connection.rows(_WAITING_OF, {"ids": ids[start : start + PAGE], **facts})


def _every_page(connection: Connection) -> Iterator[tuple[int, int]]:
    """The first and the last id that a page may have."""
    after = 0
    while last := connection.column(_PAGE_ENDS, {"after": after, "page": PAGE})[0]:
        yield after + 1, last
        after = last


def _candidate_of(row: sa.Row[Any], history: ContactHistory) -> Candidate:
    past = {number: (_day(paused), _day(resting)) for number, paused, resting in _numbers(row.past, 3)}
    return Candidate(
        history=history,
        potentially_available=row.potentially_available,
        head=tuple(
            PlacementRequest(
                id=PlacementRequestId(number),
                patient_id=PatientId(patient_id),
                therapist_id=history.therapist_id,
                priority=priority,
                registered_on=_day(registered_on),
                offered=place >= row.never_offered,
                patient_status=PatientStatus.SEARCHING,
                paused_until=past[number][0] if number in past else None,
                resting_until=past[number][1] if number in past else None,
            )
            for place, (number, patient_id, priority, registered_on) in enumerate(_numbers(row.requests, 4))
        ),
        eligible=row.eligible,
        held={reason: count for name, reason in _HELD if (count := getattr(row, name))},
    )


def _numbers(text: str | None, together: int) -> Iterator[tuple[int, ...]]:
    """The numbers of *text*, so many together; None has none."""
    each = map(int, text.split(" ")) if text else iter(())
    return zip(*(each,) * together, strict=True)


@lru_cache(maxsize=4096)
def _day(ordinal: int) -> date | None:
    return date.fromordinal(ordinal) if ordinal else None
