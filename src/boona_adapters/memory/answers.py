"""What therapists said, in memory, and the places that came of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date

from attrs import evolve, frozen

from boona_adapters.memory.requests import MemoryRequests
from boona_adapters.memory.rows import LIVE_PAIR, EmailRow, RequestRow, Tables, ended, taken_anew
from boona_adapters.memory.transactions import Transaction
from boona_core.answer_ports import EmailAnswer, Standing
from boona_core.calls import Outcome
from boona_core.emails import EmailState
from boona_core.errors import UnknownId
from boona_core.ids import EmailId, PatientId, PhoneCallId, PlacementRequestId
from boona_core.patients import PatientStatus
from boona_core.requests import PlacementRequest, RequestStatus

_ENDED = (RequestStatus.ACCEPTED, RequestStatus.REJECTED, RequestStatus.CANCELED)


@frozen
class MemoryAnswers:
    """The answers of one unit."""

    _tables: Tables
    _transaction: Transaction
    _requests: MemoryRequests

    def standings(self, request_ids: Collection[PlacementRequestId]) -> Mapping[PlacementRequestId, Standing]:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            rows = (self._transaction.get(self._tables.requests, each) for each in sorted(set(request_ids)))
            return {row.id: _standing(row) for row in rows if row is not None}

    def canceled_by(self, request_id: PlacementRequestId) -> Sequence[Standing]:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            rows = self._transaction.where(self._tables.requests, "canceled_by", request_id)
        return [_standing(row) for row in sorted(rows, key=lambda row: row.id)]

    def write_email(self, email_id: EmailId, answer: EmailAnswer) -> None:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            row = self._transaction.lock(self._tables.emails, email_id)
            if row is None:
                raise UnknownId("email", email_id)
            email = evolve(
                row.email,
                response_received=True,
                response_date=answer.day,
                response_content=row.email.response_content if answer.content is None else answer.content,
                follow_up_required=answer.follow_up_required,
                follow_up_notes=row.email.follow_up_notes if answer.follow_up_notes is None else answer.follow_up_notes,
            )
            self._put_email(evolve(row, email=email))
            self.write_outcomes(email_id, answer.outcomes)

    def write_outcomes(self, email_id: EmailId, outcomes: Mapping[PlacementRequestId, Outcome]) -> None:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            row = self._transaction.lock(self._tables.emails, email_id)
            if row is not None:
                items = tuple(
                    evolve(item, outcome=outcomes.get(item.placement_request_id, item.outcome))
                    for item in row.email.items
                )
                self._put_email(evolve(row, email=evolve(row.email, items=items)))

    def settle(self, email_id: EmailId) -> None:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            row = self._transaction.lock(self._tables.emails, email_id)
            if row is not None:
                self._put_email(evolve(row, email=evolve(row.email, follow_up_required=False)))
                self.mark_too_late([item.placement_request_id for item in row.email.items], too_late=False)

    def note(
        self,
        outcomes: Mapping[PlacementRequestId, Outcome],
        *,
        day: date,
        pair_rests_until: date,
        words: str | None = None,
    ) -> None:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            for row in self._locked(outcomes):
                said = outcomes[row.id]
                noted = evolve(
                    row,
                    answer=said,
                    response_date=day,
                    cooldown_from=day,
                    response=row.response if words is None else words,
                    next_contact_after=pair_rests_until if said is Outcome.REJECTED else row.next_contact_after,
                )
                self._put(noted)

    def forget(self, request_ids: Collection[PlacementRequestId]) -> None:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            for row in self._locked(request_ids):
                self._put(
                    evolve(row, answer=None, response_date=None, cooldown_from=None, next_contact_after=None),
                )

    def count_from(self, day: date, *, settled: Collection[PlacementRequestId]) -> None:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            together = {
                each
                for request_id in settled
                for said in self._answers_about(request_id)
                if said.get(request_id) is Outcome.NEEDS_FOLLOW_UP
                for each in said
            }
            for row in self._locked(together):
                if row.cooldown_from is not None and row.cooldown_from < day:
                    self._put(evolve(row, cooldown_from=day))

    def take(self, request_ids: Collection[PlacementRequestId]) -> frozenset[PlacementRequestId]:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            rows = [row for row in self._locked(request_ids) if row.status is RequestStatus.OPEN]
            for row in rows:
                self._put(taken_anew(row))
            return frozenset(row.id for row in rows)

    def decide(self, request_ids: Collection[PlacementRequestId], status: RequestStatus) -> Sequence[PlacementRequest]:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            rows = [row for row in self._locked(request_ids) if row.status is RequestStatus.IN_PROGRESS]
            for row in rows:
                self._put(ended(row, status))
            return self._requests.by_id([row.id for row in rows])

    def restore(self, requests: Mapping[PlacementRequestId, RequestStatus]) -> Sequence[PlacementRequest]:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            restored = []
            for row in self._locked(requests):
                pair = (row.patient_id, row.therapist_id)
                rival = self._transaction.settled_owner(self._tables.requests, LIVE_PAIR, pair)
                if row.status not in _ENDED or rival is not None:
                    continue
                held = requests[row.id] is RequestStatus.IN_PROGRESS
                self._put(
                    evolve(
                        row,
                        status=requests[row.id],
                        held_by=row.held_before if held else None,
                        call_asked_from=row.call_asked_before if held else None,
                        status_before=None,
                        held_before=None,
                        call_asked_before=None,
                        canceled_by=None,
                        places=False,
                    )
                )
                restored.append(row.id)
            return self._requests.by_id(restored)

    def mark_too_late(self, request_ids: Collection[PlacementRequestId], *, too_late: bool) -> None:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            for row in self._locked(request_ids):
                self._put(evolve(row, too_late=too_late))

    def place(self, request_id: PlacementRequestId, *, on: date) -> None:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            row = self._known(request_id)
            for other in self._locked(self.placing([row.patient_id]).values()):
                self._put(evolve(other, places=False))
            self._put(evolve(self._known(request_id), places=True))
            self._move_patient(row.patient_id, PatientStatus.IN_THERAPY, placed_on=on)

    def displace(self, request_id: PlacementRequestId, *, placed_on: date | None) -> None:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            row = self._known(request_id)
            self._put(evolve(row, places=False))
            self._move_patient(row.patient_id, PatientStatus.SEARCHING, placed_on=placed_on)

    def placing(self, patient_ids: Collection[PatientId]) -> Mapping[PatientId, PlacementRequestId]:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            found = [
                row
                for each in set(patient_ids)
                for row in self._transaction.where(self._tables.requests, "patient", each)
            ]
        return {row.patient_id: row.id for row in found if row.places}

    def follow_up_calls(self, email_ids: Collection[EmailId]) -> Mapping[EmailId, PhoneCallId]:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            rows = (self._transaction.get(self._tables.emails, each) for each in sorted(set(email_ids)))
            return {row.email.id: row.follow_up_call for row in rows if row is not None and row.follow_up_call}

    def confirmation_of(self, email_id: EmailId) -> EmailId | None:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            found = [
                row.email.id
                for row in self._transaction.rows(self._tables.emails)
                if row.email.answered_email_id == email_id and row.email.state is not EmailState.CANCELED
            ]
        return next(iter(found), None)

    def accepted_in(self, request_id: PlacementRequestId) -> Sequence[EmailId]:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            rows = self._transaction.where(self._tables.emails, "request", request_id)
            return sorted(row.email.id for row in rows if _outcomes(row).get(request_id) is Outcome.ACCEPTED)

    def waiting_emails(self, *, limit: int = 100) -> Sequence[EmailId]:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            rows = self._transaction.rows(self._tables.emails)
        return sorted(row.email.id for row in rows if row.email.follow_up_required)[:limit]

    def late_acceptances(self, *, limit: int = 100) -> Sequence[Standing]:
        """Keep the promise of ``answer_ports.Answers``."""
        with self._transaction.turn:
            rows = [row for row in self._transaction.rows(self._tables.requests) if row.too_late]
        return [_standing(row) for row in sorted(rows, key=lambda row: row.id)][:limit]

    def _answers_about(self, request_id: PlacementRequestId) -> Iterator[Mapping[PlacementRequestId, Outcome]]:
        """What was said in each email and each call that holds a request."""
        for row in self._transaction.where(self._tables.emails, "request", request_id):
            yield _outcomes(row)
        for call in self._transaction.where(self._tables.calls, "request", request_id):
            yield {item.placement_request_id: item.outcome for item in call.items if item.outcome and item.discussed}

    def _locked(self, request_ids: Iterable[PlacementRequestId]) -> list[RequestRow]:
        rows = (self._transaction.lock(self._tables.requests, each) for each in sorted(set(request_ids)))
        return [row for row in rows if row is not None]

    def _known(self, request_id: PlacementRequestId) -> RequestRow:
        for row in self._locked((request_id,)):
            return row
        raise UnknownId("placement request", request_id)

    def _put(self, row: RequestRow) -> None:
        self._transaction.put(self._tables.requests, row.id, row)

    def _put_email(self, row: EmailRow) -> None:
        self._transaction.put(self._tables.emails, row.email.id, row)

    def _move_patient(self, patient_id: PatientId, status: PatientStatus, *, placed_on: date | None) -> None:
        patient = self._transaction.lock(self._tables.patients, patient_id)
        if patient is None:
            return
        first = patient.first_place_on
        if status is PatientStatus.IN_THERAPY:
            first = first or placed_on
        elif first == placed_on:
            first = None
        self._transaction.put(self._tables.patients, patient_id, evolve(patient, status=status, first_place_on=first))


def _outcomes(row: EmailRow) -> Mapping[PlacementRequestId, Outcome]:
    return {item.placement_request_id: item.outcome for item in row.email.items if item.outcome is not None}


def _standing(row: RequestRow) -> Standing:
    return Standing(
        id=row.id,
        patient_id=row.patient_id,
        therapist_id=row.therapist_id,
        status=row.status,
        held_by_email=row.held_by,
        held_by_call=row.held_by_call,
        answer=row.answer,
        answered_on=row.response_date,
        before=row.status_before,
        held_before=row.held_before,
        call_asked_before=row.call_asked_before,
        canceled_by=row.canceled_by,
        places=row.places,
        too_late=row.too_late,
    )
