"""The placement requests in Postgres: the guard is ``UPDATE … WHERE status = 'open'``."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.candidates import read_candidates
from boona_adapters.postgres.connection import Connection, storable
from boona_core.batching import Candidate
from boona_core.contact import ContactPolicy
from boona_core.errors import UnknownId
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.patients import PatientStatus
from boona_core.requests import PlacementRequest, RequestStatus

_REQUESTS = """
SELECT r.id, r.patient_id, r.therapist_id, r.status, r.priority, p.registered_on,
       r.email_contact_date IS NOT NULL AS offered, p.status AS patient_status, p.search_paused_until AS paused_until,
       EXISTS (SELECT FROM patient_service.excluded_therapists AS x
                WHERE x.patient_id = r.patient_id AND x.therapist_id = r.therapist_id) AS excluded,
       (SELECT max(pair.next_contact_after) FROM matching_service.placement_requests AS pair
         WHERE pair.therapist_id = r.therapist_id AND pair.patient_id = r.patient_id
           AND pair.next_contact_after IS NOT NULL) AS resting_until
  FROM matching_service.placement_requests AS r JOIN patient_service.patients AS p ON p.id = r.patient_id
"""
_BY_ID = sa.text(f"{_REQUESTS} WHERE r.id = ANY(CAST(:ids AS integer[])) ORDER BY r.id")
_OF_THERAPIST = sa.text(f"{_REQUESTS} WHERE r.therapist_id = :id AND r.status IN ('open', 'in_progress') ORDER BY r.id")
_OF_EMAIL = sa.text(f"""{_REQUESTS}
  JOIN communication_service.email_batches AS b ON b.placement_request_id = r.id
 WHERE b.email_id = :id AND b.included ORDER BY b.priority DESC, r.id""")
_HOLDER = sa.text("SELECT held_by_email_id FROM matching_service.placement_requests WHERE id = :id")

_TAKE = sa.text("""
WITH wanted AS (
    SELECT * FROM unnest(CAST(:requests AS integer[]), CAST(:emails AS integer[])) AS wanted (id, email_id)
), locked AS (
    SELECT r.id FROM matching_service.placement_requests AS r
     WHERE r.id = ANY(CAST(:requests AS integer[])) AND r.status = 'open' ORDER BY r.id FOR NO KEY UPDATE
)
UPDATE matching_service.placement_requests AS r
   SET status = 'in_progress', held_by_email_id = wanted.email_id, updated_at = now()
  FROM locked JOIN wanted USING (id)
 WHERE r.id = locked.id AND r.status = 'open'
RETURNING r.id
""")
_OPEN_AGAIN = """
WITH locked AS (
    SELECT id FROM matching_service.placement_requests
     WHERE {which} = ANY(CAST(:ids AS integer[])) AND status = 'in_progress' ORDER BY id FOR NO KEY UPDATE
)
UPDATE matching_service.placement_requests AS r
   SET status = 'open', held_by_email_id = NULL, updated_at = now()
  FROM locked WHERE r.id = locked.id
RETURNING r.id
"""
_GIVE_BACK = sa.text(_OPEN_AGAIN.format(which="held_by_email_id"))
_RELEASE = sa.text(_OPEN_AGAIN.format(which="id"))

_SILENT = sa.text("""
SELECT DISTINCT e.id, e.therapist_id
  FROM matching_service.placement_requests AS r JOIN communication_service.emails AS e ON e.id = r.held_by_email_id
 WHERE r.status = 'in_progress' AND e.status = 'sent' AND NOT e.response_received AND e.bounced_at IS NULL
   AND e.template IS DISTINCT FROM 'confirmation' AND e.marked_on <= :latest
 ORDER BY e.id
""")


def request_of(row: sa.Row[Any]) -> PlacementRequest:
    """The value of one row."""
    values = dict(row._mapping)
    values["status"] = RequestStatus(row.status)
    values["patient_status"] = PatientStatus(row.patient_status)
    return PlacementRequest(**values)


@frozen
class PostgresRequests:
    """The placement requests, as ``boona_core.ports.Requests`` promises them."""

    _connection: Connection

    def get(self, request_id: PlacementRequestId) -> PlacementRequest:
        """The request with the facts that decide about it.

        Raises:
            UnknownId: there is none.
        """
        for request in self.by_id((request_id,)):
            return request
        raise UnknownId("placement request", request_id)

    def of_therapist(self, therapist_id: TherapistId) -> Sequence[PlacementRequest]:
        """All requests of a therapist that are open or in progress, by id."""
        return self._read(_OF_THERAPIST, therapist_id)

    def of_email(self, email_id: EmailId) -> Sequence[PlacementRequest]:
        """The requests whose batch rows are included in an email, in the order of its letter."""
        return self._read(_OF_EMAIL, email_id)

    def holder(self, request_id: PlacementRequestId) -> EmailId | None:
        """The email through which a request is in progress; None: it is not, or through no email.

        Raises:
            UnknownId: there is no such request.
        """
        row = self._connection.row(_HOLDER, {"id": request_id}) if storable((request_id,)) else None
        if row is None:
            raise UnknownId("placement request", request_id)
        return None if row[0] is None else EmailId(row[0])

    def candidates(
        self,
        policy: ContactPolicy,
        *,
        today: date,
        therapist_ids: Collection[TherapistId] | None = None,
    ) -> Iterator[Candidate]:
        """A candidate for each therapist with open requests, or for those of *therapist_ids* that have some."""
        return read_candidates(self._connection, policy, today=today, therapist_ids=therapist_ids)

    def take(self, requests: Mapping[PlacementRequestId, EmailId]) -> frozenset[PlacementRequestId]:
        """Move open requests to in progress through these emails; returns those that were open."""
        wanted = storable(requests)
        values = {"requests": wanted, "emails": [requests[PlacementRequestId(number)] for number in wanted]}
        return frozenset(map(PlacementRequestId, self._connection.column(_TAKE, values)))

    def give_back(self, email_ids: Collection[EmailId]) -> Sequence[PlacementRequest]:
        """Open every request that is in progress through one of these emails; returns them, by id."""
        return self.by_id(self._connection.column(_GIVE_BACK, {"ids": storable(email_ids)}))

    def release(self, request_ids: Collection[PlacementRequestId]) -> Sequence[PlacementRequest]:
        """Open those of these requests that are in progress; returns them, by id."""
        return self.by_id(self._connection.column(_RELEASE, {"ids": storable(request_ids)}))

    def silent_emails(self, policy: ContactPolicy, *, today: date) -> Mapping[EmailId, TherapistId]:
        """The sent emails with requests in progress that are silent on *today*, and whose they are."""
        rows = self._connection.rows(_SILENT, {"latest": today - timedelta(days=policy.follow_up_after_days)})
        return {EmailId(row.id): TherapistId(row.therapist_id) for row in rows}

    def by_id(self, ids: Collection[int]) -> Sequence[PlacementRequest]:
        """Those of these requests that exist, by id."""
        wanted = storable(ids)
        return [request_of(row) for row in self._connection.rows(_BY_ID, {"ids": wanted})] if wanted else []

    def _read(self, statement: sa.TextClause, number: int) -> Sequence[PlacementRequest]:
        if not storable((number,)):
            return []
        return [request_of(row) for row in self._connection.rows(statement, {"id": number})]
