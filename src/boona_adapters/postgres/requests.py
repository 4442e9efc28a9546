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
from boona_core.ids import EmailId, PatientId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.patients import PatientStatus
from boona_core.ports import CallAskedFor, Held, Holding, SilentEmail
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
_HOLDER = sa.text("SELECT held_by_email_id, held_by_call_id FROM matching_service.placement_requests WHERE id = :id")
_HELD = sa.text("""
SELECT id, held_by_email_id, held_by_call_id FROM matching_service.placement_requests
 WHERE (held_by_email_id = ANY(CAST(:emails AS integer[])) OR held_by_call_id = ANY(CAST(:calls AS integer[]))
        OR id = ANY(CAST(:requests AS integer[]))) AND status = 'in_progress'
 ORDER BY id
""")

_TAKE = sa.text("""
WITH wanted AS (
    SELECT * FROM unnest(CAST(:requests AS integer[]), CAST(:emails AS integer[])) AS wanted (id, email_id)
), locked AS (
    SELECT r.id FROM matching_service.placement_requests AS r
     WHERE r.id = ANY(CAST(:requests AS integer[])) AND r.status = 'open' ORDER BY r.id FOR NO KEY UPDATE
)
UPDATE matching_service.placement_requests AS r
   SET status = 'in_progress', held_by_email_id = wanted.email_id,
       answer = nullif(r.answer, 'needs_follow_up'), updated_at = now()
  FROM locked JOIN wanted USING (id)
 WHERE r.id = locked.id AND r.status = 'open'
RETURNING r.id
""")
# A request that is taken over must be in progress through exactly what it was seen in; any other must be open.
_TAKE_FOR_CALLS = sa.text("""
WITH wanted AS (
    SELECT * FROM unnest(CAST(:requests AS integer[]), CAST(:calls AS integer[]), CAST(:held AS boolean[]),
                         CAST(:from_emails AS integer[]), CAST(:from_calls AS integer[]))
               AS wanted (id, call_id, held, from_email, from_call)
), locked AS (
    SELECT r.id FROM matching_service.placement_requests AS r
     WHERE r.id = ANY(CAST(:requests AS integer[])) ORDER BY r.id FOR NO KEY UPDATE
)
UPDATE matching_service.placement_requests AS r
   SET status = 'in_progress', held_by_email_id = NULL, held_by_call_id = wanted.call_id, call_asked_from = NULL,
       answer = CASE WHEN wanted.held THEN r.answer ELSE nullif(r.answer, 'needs_follow_up') END, updated_at = now()
  FROM locked JOIN wanted USING (id)
 WHERE r.id = locked.id
   AND r.status = CASE WHEN wanted.held THEN 'in_progress' ELSE 'open' END
   AND r.held_by_email_id IS NOT DISTINCT FROM wanted.from_email
   AND r.held_by_call_id IS NOT DISTINCT FROM wanted.from_call
RETURNING r.id
""")
_ASK_FOR_CALL = sa.text("""
WITH locked AS (
    SELECT id FROM matching_service.placement_requests
     WHERE id = ANY(CAST(:ids AS integer[])) AND status = 'in_progress' ORDER BY id FOR NO KEY UPDATE
)
UPDATE matching_service.placement_requests AS r SET call_asked_from = :day, updated_at = now()
  FROM locked WHERE r.id = locked.id
""")
_ASKED_FOR = """
SELECT id, therapist_id, call_asked_from FROM matching_service.placement_requests
 WHERE call_asked_from <= :until{of_therapists} ORDER BY id
"""
_ASKED_FOR_BY_ALL = sa.text(_ASKED_FOR.format(of_therapists=""))
_ASKED_FOR_BY_SOME = sa.text(_ASKED_FOR.format(of_therapists=" AND therapist_id = ANY(CAST(:therapists AS integer[]))"))
_WITHOUT_ADDRESS = """
SELECT t.id
  FROM therapist_service.therapists AS t LEFT JOIN therapist_service.mailboxes AS m ON m.id = t.mailbox_id
 WHERE (t.mailbox_id IS NULL OR m.bounced_at IS NOT NULL) AND coalesce(t.phone, '') <> ''{of_therapists}
   AND EXISTS (SELECT FROM matching_service.placement_requests AS r WHERE r.therapist_id = t.id AND r.status = 'open')
"""
_WITHOUT_ADDRESS_ALL = sa.text(_WITHOUT_ADDRESS.format(of_therapists=""))
_WITHOUT_ADDRESS_SOME = sa.text(
    _WITHOUT_ADDRESS.format(of_therapists=" AND t.id = ANY(CAST(:therapists AS integer[]))")
)
_OPEN_AGAIN = """
WITH locked AS (
    SELECT id FROM matching_service.placement_requests
     WHERE ({which}) AND status = 'in_progress' ORDER BY id FOR NO KEY UPDATE
)
UPDATE matching_service.placement_requests AS r
   SET status = 'open', held_by_email_id = NULL, held_by_call_id = NULL, call_asked_from = NULL, updated_at = now()
  FROM locked WHERE r.id = locked.id
RETURNING r.id
"""
# Where it stood is kept, for the way back.
_CANCEL = sa.text("""
WITH locked AS (
    SELECT id FROM matching_service.placement_requests
     WHERE id = ANY(CAST(:ids AS integer[])) AND status IN ('open', 'in_progress') ORDER BY id FOR NO KEY UPDATE
)
UPDATE matching_service.placement_requests AS r
   SET status = 'canceled', status_before = r.status, held_before_email_id = r.held_by_email_id,
       call_asked_before = r.call_asked_from, canceled_by_request_id = CAST(:by AS integer),
       held_by_email_id = NULL, held_by_call_id = NULL, call_asked_from = NULL, updated_at = now()
  FROM locked WHERE r.id = locked.id
RETURNING r.id
""")
_MOVABLE = sa.text("""
SELECT id FROM matching_service.placement_requests
 WHERE status IN ('open', 'in_progress')
   AND (patient_id = ANY(CAST(:patients AS integer[])) OR therapist_id = ANY(CAST(:therapists AS integer[])))
""")
_GIVE_BACK = sa.text(
    _OPEN_AGAIN.format(
        which="held_by_email_id = ANY(CAST(:emails AS integer[])) OR held_by_call_id = ANY(CAST(:calls AS integer[]))"
    )
)
_RELEASE = sa.text(_OPEN_AGAIN.format(which="id = ANY(CAST(:ids AS integer[]))"))

# LIMIT keeps each question at its index: as EXISTS beside an OR, both would read their tables whole.
_SILENT = """
SELECT e.id, e.therapist_id, e.marked_on
  FROM communication_service.emails AS e
 WHERE e.status = 'sent' AND NOT e.response_received AND e.bounced_at IS NULL AND e.follow_up_call_id IS NULL
   AND e.template IS DISTINCT FROM 'confirmation' AND e.marked_on <= :latest{of_therapists}
   AND coalesce(
       (SELECT true FROM matching_service.placement_requests AS r WHERE r.held_by_email_id = e.id LIMIT 1),
       (SELECT false FROM communication_service.email_batches AS b WHERE b.email_id = e.id AND b.included LIMIT 1),
       true)
 ORDER BY e.id
"""
_SILENT_TO_ALL = sa.text(_SILENT.format(of_therapists=""))
_SILENT_TO_SOME = sa.text(_SILENT.format(of_therapists=" AND e.therapist_id = ANY(CAST(:therapists AS integer[]))"))


def request_of(row: sa.Row[Any]) -> PlacementRequest:
    """The value of one row."""
    values = dict(row._mapping)
    values["status"] = RequestStatus(row.status)
    values["patient_status"] = PatientStatus(row.patient_status)
    return PlacementRequest(**values)


def _holding(row: sa.Row[Any]) -> Holding:
    return Holding(
        email_id=None if row.held_by_email_id is None else EmailId(row.held_by_email_id),
        call_id=None if row.held_by_call_id is None else PhoneCallId(row.held_by_call_id),
    )


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

    def movable(
        self, *, patient_ids: Collection[PatientId] = (), therapist_ids: Collection[TherapistId] = ()
    ) -> Sequence[PlacementRequest]:
        """The requests of these patients and of these therapists that are open or in progress, by id."""
        if not patient_ids and not therapist_ids:
            return []
        values = {"patients": storable(patient_ids), "therapists": storable(therapist_ids)}
        return self.by_id(self._connection.column(_MOVABLE, values))

    def cancel(
        self, request_ids: Collection[PlacementRequestId], *, by: PlacementRequestId | None = None
    ) -> Sequence[PlacementRequest]:
        """Cancel those of these requests that are open or in progress; returns them, by id."""
        if not request_ids:
            return []
        return self.by_id(self._connection.column(_CANCEL, {"ids": storable(request_ids), "by": by}))

    def holder(self, request_id: PlacementRequestId) -> Holding:
        """The email or call through which a request is in progress; neither: it is not, or through none.

        Raises:
            UnknownId: there is no such request.
        """
        row = self._connection.row(_HOLDER, {"id": request_id}) if storable((request_id,)) else None
        if row is None:
            raise UnknownId("placement request", request_id)
        return _holding(row)

    def held(
        self,
        *,
        email_ids: Collection[EmailId] = (),
        call_ids: Collection[PhoneCallId] = (),
        request_ids: Collection[PlacementRequestId] = (),
    ) -> Sequence[Held]:
        """The requests in progress through one of these emails or calls, and those of *request_ids*, by id."""
        values = {
            "emails": storable(email_ids),
            "calls": storable(call_ids),
            "requests": storable(request_ids),
        }
        rows = self._connection.rows(_HELD, values)
        holdings = {row.id: _holding(row) for row in rows}
        return [Held(request=request, holding=holdings[request.id]) for request in self.by_id(holdings)]

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

    def take_for_calls(
        self, requests: Mapping[PlacementRequestId, PhoneCallId], *, held: Mapping[PlacementRequestId, Holding]
    ) -> frozenset[PlacementRequestId]:
        """Move requests to in progress through these calls; returns those that were."""
        wanted = [PlacementRequestId(number) for number in storable(requests)]
        before = [held.get(each, Holding()) for each in wanted]
        values = {
            "requests": wanted,
            "calls": [requests[each] for each in wanted],
            "held": [each in held for each in wanted],
            "from_emails": [holding.email_id for holding in before],
            "from_calls": [holding.call_id for holding in before],
        }
        return frozenset(map(PlacementRequestId, self._connection.column(_TAKE_FOR_CALLS, values)))

    def ask_for_call(self, request_ids: Collection[PlacementRequestId], *, from_day: date) -> None:
        """Note that the therapist wants to be called about those of these requests that are in progress."""
        self._connection.run(_ASK_FOR_CALL, {"ids": storable(request_ids), "day": from_day})

    def asked_for_call(
        self, *, until: date, therapist_ids: Collection[TherapistId] | None = None
    ) -> Mapping[PlacementRequestId, CallAskedFor]:
        """The requests that a call is asked for on *until* or earlier; None: of all therapists."""
        rows = self._of_some(_ASKED_FOR_BY_ALL, _ASKED_FOR_BY_SOME, therapist_ids, until=until)
        return {
            PlacementRequestId(row.id): CallAskedFor(
                therapist_id=TherapistId(row.therapist_id), from_day=row.call_asked_from
            )
            for row in rows
        }

    def without_address(self, therapist_ids: Collection[TherapistId] | None = None) -> frozenset[TherapistId]:
        """The therapists with open requests who have a number and no usable address."""
        rows = self._of_some(_WITHOUT_ADDRESS_ALL, _WITHOUT_ADDRESS_SOME, therapist_ids)
        return frozenset(TherapistId(row.id) for row in rows)

    def give_back(
        self, email_ids: Collection[EmailId] = (), *, call_ids: Collection[PhoneCallId] = ()
    ) -> Sequence[PlacementRequest]:
        """Open every request that is in progress through one of these emails or calls; returns them, by id."""
        values = {"emails": storable(email_ids), "calls": storable(call_ids)}
        return self.by_id(self._connection.column(_GIVE_BACK, values))

    def release(self, request_ids: Collection[PlacementRequestId]) -> Sequence[PlacementRequest]:
        """Open those of these requests that are in progress; returns them, by id."""
        return self.by_id(self._connection.column(_RELEASE, {"ids": storable(request_ids)}))

    def silent_emails(
        self, policy: ContactPolicy, *, today: date, therapist_ids: Collection[TherapistId] | None = None
    ) -> Mapping[EmailId, SilentEmail]:
        """The emails that are silent on *today* and that no call has followed up; None: of all therapists."""
        latest = today - timedelta(days=policy.follow_up_after_days)
        rows = self._of_some(_SILENT_TO_ALL, _SILENT_TO_SOME, therapist_ids, latest=latest)
        return {
            EmailId(row.id): SilentEmail(therapist_id=TherapistId(row.therapist_id), day=row.marked_on) for row in rows
        }

    def by_id(self, ids: Collection[int]) -> Sequence[PlacementRequest]:
        """Those of these requests that exist, by id."""
        wanted = storable(ids)
        return [request_of(row) for row in self._connection.rows(_BY_ID, {"ids": wanted})] if wanted else []

    def _of_some(
        self,
        of_all: sa.TextClause,
        of_some: sa.TextClause,
        therapist_ids: Collection[TherapistId] | None,
        **values: object,
    ) -> Sequence[Any]:
        if therapist_ids is None:
            return self._connection.rows(of_all, values)
        return self._connection.rows(of_some, {**values, "therapists": storable(therapist_ids)})

    def _read(self, statement: sa.TextClause, number: int) -> Sequence[PlacementRequest]:
        if not storable((number,)):
            return []
        return [request_of(row) for row in self._connection.rows(statement, {"id": number})]
