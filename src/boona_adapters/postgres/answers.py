"""What therapists said, in Postgres: the guard is ``UPDATE … WHERE status = 'in_progress'``."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.requests import PostgresRequests
from boona_core.answer_ports import EmailAnswer, Standing
from boona_core.calls import Outcome
from boona_core.errors import UnknownId
from boona_core.ids import EmailId, PatientId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.requests import PlacementRequest, RequestStatus

_STANDINGS = """
SELECT id, patient_id, therapist_id, status, held_by_email_id, held_by_call_id, answer, response_date, status_before,
       held_before_email_id, call_asked_before, canceled_by_request_id, places, too_late
  FROM matching_service.placement_requests WHERE {which} ORDER BY id{limit}
"""
_BY_ID = sa.text(_STANDINGS.format(which="id = ANY(CAST(:ids AS integer[]))", limit=""))
_CANCELED_BY = sa.text(_STANDINGS.format(which="canceled_by_request_id = :id", limit=""))
_TOO_LATE = sa.text(_STANDINGS.format(which="too_late", limit=" LIMIT :limit"))

_WRITE_EMAIL = sa.text("""
UPDATE communication_service.emails
   SET response_received = true, response_date = :day, response_content = coalesce(:content, response_content),
       follow_up_required = :required, follow_up_notes = coalesce(:notes, follow_up_notes), updated_at = now()
 WHERE id = :id
""")
_WRITE_OUTCOMES = sa.text("""
UPDATE communication_service.email_batches AS b SET response_outcome = said.outcome, updated_at = now()
  FROM unnest(CAST(:requests AS integer[]), CAST(:outcomes AS text[])) AS said (request_id, outcome)
 WHERE b.email_id = :email AND b.placement_request_id = said.request_id
""")
_SETTLE_EMAIL = sa.text("""
UPDATE communication_service.emails SET follow_up_required = false, updated_at = now() WHERE id = :id
""")
_IN_EMAIL = sa.text("SELECT placement_request_id FROM communication_service.email_batches WHERE email_id = :id")

# Every change of requests begins so: several units lock them in one order.
_LOCKED = """
WITH locked AS (
    SELECT id FROM matching_service.placement_requests
     WHERE id = ANY(CAST(:ids AS integer[])){which} ORDER BY id FOR NO KEY UPDATE
)
UPDATE matching_service.placement_requests AS r SET {changes}, updated_at = now()
  FROM locked{said} WHERE r.id = locked.id
RETURNING r.id
"""
_NOTE = sa.text(
    _LOCKED.format(
        which="",
        changes="answer = said.outcome, response_date = :day, cooldown_from = :day,"
        " response = coalesce(:words, r.response), next_contact_after ="
        " CASE said.outcome WHEN 'rejected' THEN CAST(:pair_rests_until AS date) ELSE r.next_contact_after END",
        said=" JOIN unnest(CAST(:ids AS integer[]), CAST(:outcomes AS text[])) AS said (id, outcome) USING (id)",
    )
)
_FORGET = sa.text(
    _LOCKED.format(
        which="",
        changes="answer = NULL, response_date = NULL, cooldown_from = NULL, next_contact_after = NULL",
        said="",
    )
)
_TOGETHER = sa.text("""
SELECT other.placement_request_id
  FROM communication_service.email_batches AS mine
  JOIN communication_service.email_batches AS other ON other.email_id = mine.email_id
 WHERE mine.placement_request_id = ANY(CAST(:ids AS integer[])) AND mine.response_outcome = 'needs_follow_up'
   AND other.response_outcome IS NOT NULL
UNION
SELECT other.placement_request_id
  FROM communication_service.phone_call_batches AS mine
  JOIN communication_service.phone_call_batches AS other ON other.phone_call_id = mine.phone_call_id
 WHERE mine.placement_request_id = ANY(CAST(:ids AS integer[])) AND mine.outcome = 'needs_follow_up'
   AND other.outcome <> 'not_discussed'
""")
_COUNT_FROM = sa.text(_LOCKED.format(which=" AND cooldown_from < :day", changes="cooldown_from = :day", said=""))
_TAKE = sa.text(
    _LOCKED.format(
        which=" AND status = 'open'",
        changes="status = 'in_progress', answer = nullif(r.answer, 'needs_follow_up')",
        said="",
    )
)
_DECIDE = sa.text(
    _LOCKED.format(
        which=" AND status = 'in_progress'",
        changes="status = :status, status_before = r.status, held_before_email_id = r.held_by_email_id,"
        " call_asked_before = r.call_asked_from, held_by_email_id = NULL, held_by_call_id = NULL,"
        " call_asked_from = NULL",
        said="",
    )
)
_RESTORE = sa.text(
    _LOCKED.format(
        which=" AND status IN ('accepted', 'rejected', 'canceled')",
        changes="status = said.status,"
        " held_by_email_id = CASE said.status WHEN 'in_progress' THEN r.held_before_email_id END,"
        " call_asked_from = CASE said.status WHEN 'in_progress' THEN r.call_asked_before END,"
        " status_before = NULL, held_before_email_id = NULL, call_asked_before = NULL, canceled_by_request_id = NULL,"
        " places = false",
        said=" JOIN unnest(CAST(:ids AS integer[]), CAST(:statuses AS text[])) AS said (id, status) USING (id)",
    ).replace(
        "WHERE r.id = locked.id",
        """WHERE r.id = locked.id AND NOT EXISTS (
    SELECT FROM matching_service.placement_requests AS rival
     WHERE rival.therapist_id = r.therapist_id AND rival.patient_id = r.patient_id
       AND rival.status IN ('open', 'in_progress'))""",
    )
)
_MARK_TOO_LATE = sa.text(_LOCKED.format(which=" AND too_late <> :too_late", changes="too_late = :too_late", said=""))
_PLACING = sa.text("""
SELECT patient_id, id FROM matching_service.placement_requests
 WHERE patient_id = ANY(CAST(:patients AS integer[])) AND places
""")
_PLACES = sa.text(_LOCKED.format(which="", changes="places = :places", said=""))
_MOVE_IN = sa.text("""
UPDATE patient_service.patients
   SET status = 'in_therapy', first_place_on = coalesce(first_place_on, :day), updated_at = now()
 WHERE id = :patient
""")
_MOVE_OUT = sa.text("""
UPDATE patient_service.patients
   SET status = 'searching', first_place_on = nullif(first_place_on, CAST(:day AS date)), updated_at = now()
 WHERE id = :patient
""")
_FOLLOW_UP_CALLS = sa.text("""
SELECT id, follow_up_call_id FROM communication_service.emails
 WHERE id = ANY(CAST(:ids AS integer[])) AND follow_up_call_id IS NOT NULL ORDER BY id
""")
_CONFIRMATION = sa.text("""
SELECT id FROM communication_service.emails WHERE answered_email_id = :id AND status <> 'canceled'
""")
_ACCEPTED_IN = sa.text("""
SELECT email_id FROM communication_service.email_batches
 WHERE placement_request_id = :id AND response_outcome = 'accepted' ORDER BY email_id
""")
_WAITING = sa.text("SELECT id FROM communication_service.emails WHERE follow_up_required ORDER BY id LIMIT :limit")


@frozen
class PostgresAnswers:
    """The answers, as ``boona_core.answer_ports.Answers`` promises them."""

    _connection: Connection

    def standings(self, request_ids: Collection[PlacementRequestId]) -> Mapping[PlacementRequestId, Standing]:
        """Where those of these requests stand that exist, by id."""
        rows = self._connection.rows(_BY_ID, {"ids": storable(request_ids)})
        return {standing.id: standing for standing in map(_standing, rows)}

    def canceled_by(self, request_id: PlacementRequestId) -> Sequence[Standing]:
        """The requests that the placement by this one canceled, by id."""
        return [_standing(row) for row in self._connection.rows(_CANCELED_BY, {"id": request_id})]

    def write_email(self, email_id: EmailId, answer: EmailAnswer) -> None:
        """Write an answer to its email and to the batch rows: from now on the email is answered.

        Raises:
            UnknownId: there is no such email.
        """
        values = {
            "id": email_id,
            "day": answer.day,
            "content": answer.content,
            "required": answer.follow_up_required,
            "notes": answer.follow_up_notes,
        }
        if not storable((email_id,)) or not self._connection.run(_WRITE_EMAIL, values):
            raise UnknownId("email", email_id)
        self.write_outcomes(email_id, answer.outcomes)

    def write_outcomes(self, email_id: EmailId, outcomes: Mapping[PlacementRequestId, Outcome]) -> None:
        """Write to batch rows of an email what was said about their requests by another way."""
        if outcomes:
            values = {"email": email_id, "requests": list(outcomes), "outcomes": [o.value for o in outcomes.values()]}
            self._connection.run(_WRITE_OUTCOMES, values)

    def settle(self, email_id: EmailId) -> None:
        """A person has looked at the answer of an email: it waits for nobody, nor does what came too late by it."""
        self.mark_too_late(self._connection.column(_IN_EMAIL, {"id": email_id}), too_late=False)
        self._connection.run(_SETTLE_EMAIL, {"id": email_id})

    def note(
        self,
        outcomes: Mapping[PlacementRequestId, Outcome],
        *,
        day: date,
        pair_rests_until: date,
        words: str | None = None,
    ) -> None:
        """Keep with each request what was said about it on a local day, and that its cooldown counts from there."""
        ids = storable(outcomes)
        said = [outcomes[PlacementRequestId(number)].value for number in ids]
        self._change(_NOTE, ids, outcomes=said, day=day, pair_rests_until=pair_rests_until, words=words)

    def forget(self, request_ids: Collection[PlacementRequestId]) -> None:
        """Nothing was said about these requests after all, and their pairs do not rest."""
        self._change(_FORGET, request_ids)

    def count_from(self, day: date, *, settled: Collection[PlacementRequestId]) -> None:
        """Let the cooldowns count from *day*, unless they do from a later one, of the answers that left these open."""
        if settled:
            together = self._connection.column(_TOGETHER, {"ids": storable(settled)})
            self._change(_COUNT_FROM, together, day=day)

    def take(self, request_ids: Collection[PlacementRequestId]) -> frozenset[PlacementRequestId]:
        """Move open requests to in progress through no email and no call; returns those that were open."""
        return frozenset(map(PlacementRequestId, self._change(_TAKE, request_ids)))

    def decide(self, request_ids: Collection[PlacementRequestId], status: RequestStatus) -> Sequence[PlacementRequest]:
        """Accept or reject those of these requests that are in progress; returns them, by id."""
        return self._requests(self._change(_DECIDE, request_ids, status=status.value))

    def restore(self, requests: Mapping[PlacementRequestId, RequestStatus]) -> Sequence[PlacementRequest]:
        """Lead accepted, rejected and canceled requests back to open or in progress; returns those led back, by id."""
        ids = storable(requests)
        statuses = [requests[PlacementRequestId(number)].value for number in ids]
        return self._requests(self._change(_RESTORE, ids, statuses=statuses))

    def mark_too_late(self, request_ids: Collection[PlacementRequestId], *, too_late: bool) -> None:
        """Put these acceptances before a person, or take them from there."""
        self._change(_MARK_TOO_LATE, request_ids, too_late=too_late)

    def place(self, request_id: PlacementRequestId, *, on: date) -> None:
        """The patient of an accepted request has a place by it, and nothing else places them any more.

        Raises:
            UnknownId: there is no such request.
        """
        patient_id = self._known(request_id).patient_id
        self._change(_PLACES, self.placing([patient_id]).values(), places=False)
        self._change(_PLACES, (request_id,), places=True)
        self._connection.run(_MOVE_IN, {"patient": patient_id, "day": on})

    def displace(self, request_id: PlacementRequestId, *, placed_on: date | None) -> None:
        """The patient of a request has no place by it after all, and searches again.

        Raises:
            UnknownId: there is no such request.
        """
        patient_id = self._known(request_id).patient_id
        self._change(_PLACES, (request_id,), places=False)
        self._connection.run(_MOVE_OUT, {"patient": patient_id, "day": placed_on})

    def placing(self, patient_ids: Collection[PatientId]) -> Mapping[PatientId, PlacementRequestId]:
        """The requests by which these patients have a place; those who have none are left out."""
        rows = self._connection.rows(_PLACING, {"patients": storable(patient_ids)})
        return {PatientId(row.patient_id): PlacementRequestId(row.id) for row in rows}

    def follow_up_calls(self, email_ids: Collection[EmailId]) -> Mapping[EmailId, PhoneCallId]:
        """The first call that followed up each of these emails; those that none followed up are left out."""
        rows = self._connection.rows(_FOLLOW_UP_CALLS, {"ids": storable(email_ids)})
        return {EmailId(row.id): PhoneCallId(row.follow_up_call_id) for row in rows}

    def confirmation_of(self, email_id: EmailId) -> EmailId | None:
        """The confirmation of an email's answer that is not canceled; None: there is none."""
        row = self._connection.row(_CONFIRMATION, {"id": email_id})
        return None if row is None else EmailId(row.id)

    def accepted_in(self, request_id: PlacementRequestId) -> Sequence[EmailId]:
        """The emails whose answers accepted this request, by id."""
        return [EmailId(number) for number in self._connection.column(_ACCEPTED_IN, {"id": request_id})]

    def waiting_emails(self, *, limit: int = 100) -> Sequence[EmailId]:
        """The emails whose answers wait for a person, by id."""
        return [EmailId(number) for number in self._connection.column(_WAITING, {"limit": limit})]

    def late_acceptances(self, *, limit: int = 100) -> Sequence[Standing]:
        """The acceptances that came too late and wait for a person, by id."""
        return [_standing(row) for row in self._connection.rows(_TOO_LATE, {"limit": limit})]

    def _change(self, statement: sa.TextClause, ids: Collection[int], **values: object) -> list[int]:
        """Change those of these requests that the statement means; returns them."""
        wanted = storable(ids)
        return self._connection.column(statement, {"ids": wanted, **values}) if wanted else []

    def _known(self, request_id: PlacementRequestId) -> Standing:
        for standing in self.standings((request_id,)).values():
            return standing
        raise UnknownId("placement request", request_id)

    def _requests(self, ids: Collection[int]) -> Sequence[PlacementRequest]:
        return PostgresRequests(self._connection).by_id(ids)


def _standing(row: sa.Row[Any]) -> Standing:
    def email(number: int | None) -> EmailId | None:
        return None if number is None else EmailId(number)

    return Standing(
        id=PlacementRequestId(row.id),
        patient_id=PatientId(row.patient_id),
        therapist_id=TherapistId(row.therapist_id),
        status=RequestStatus(row.status),
        held_by_email=email(row.held_by_email_id),
        held_by_call=None if row.held_by_call_id is None else PhoneCallId(row.held_by_call_id),
        answer=None if row.answer is None else Outcome(row.answer),
        answered_on=row.response_date,
        before=None if row.status_before is None else RequestStatus(row.status_before),
        held_before=email(row.held_before_email_id),
        call_asked_before=row.call_asked_before,
        canceled_by=None if row.canceled_by_request_id is None else PlacementRequestId(row.canceled_by_request_id),
        places=row.places,
        too_late=row.too_late,
    )
