"""Placement requests in memory: each in at most one outstanding email."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from attrs import evolve, frozen

from boona_adapters.memory.rows import ALIVE, RequestRow, Tables
from boona_adapters.memory.therapists import MemoryTherapists, is_unanswered
from boona_adapters.memory.transactions import Transaction
from boona_core.batching import Candidate, candidate_of
from boona_core.contact import ContactPolicy
from boona_core.emails import EmailState
from boona_core.errors import UnknownId
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.instants import days_after
from boona_core.requests import PlacementRequest, RequestStatus


@frozen
class MemoryRequests:
    """The placement requests of one unit."""

    _tables: Tables
    _transaction: Transaction
    _therapists: MemoryTherapists

    def get(self, request_id: PlacementRequestId) -> PlacementRequest:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            return self._value(self._row(request_id))

    def of_therapist(self, therapist_id: TherapistId) -> Sequence[PlacementRequest]:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            rows = self._transaction.where(self._tables.requests, "therapist", therapist_id)
            return self._values(row for row in rows if row.status in ALIVE)

    def of_email(self, email_id: EmailId) -> Sequence[PlacementRequest]:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            row = self._transaction.get(self._tables.emails, email_id)
            items = row.email.included if row else ()
            return tuple(self._value(self._row(item.placement_request_id)) for item in items)

    def holder(self, request_id: PlacementRequestId) -> EmailId | None:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            return self._row(request_id).held_by

    def candidates(
        self,
        policy: ContactPolicy,
        *,
        today: date,
        therapist_ids: Collection[TherapistId] | None = None,
    ) -> Iterable[Candidate]:
        """Keep the promise of ``ports.Requests``, by asking the rule itself."""
        with self._transaction.turn:
            waiting: dict[TherapistId, list[PlacementRequest]] = {}
            for row in self._transaction.where(self._tables.requests, "open_of", "all"):
                if therapist_ids is None or row.therapist_id in therapist_ids:
                    waiting.setdefault(row.therapist_id, []).append(self._value(row))
            therapists = self._therapists.get_many(waiting)
            histories = self._therapists.histories(waiting, policy, today=today)
            return tuple(
                candidate_of(
                    histories[therapist_id],
                    requests,
                    policy,
                    today=today,
                    potentially_available=therapists[therapist_id].potentially_available,
                )
                for therapist_id, requests in sorted(waiting.items())
            )

    def take(self, requests: Mapping[PlacementRequestId, EmailId]) -> frozenset[PlacementRequestId]:
        """Keep the promise of ``ports.Requests``."""
        taken = set()
        with self._transaction.turn:
            for request_id, email_id in sorted(requests.items()):
                row = self._transaction.lock(self._tables.requests, request_id)
                if row is not None and row.status is RequestStatus.OPEN:
                    self._put(evolve(row, status=RequestStatus.IN_PROGRESS, held_by=email_id))
                    taken.add(request_id)
        return frozenset(taken)

    def give_back(self, email_ids: Collection[EmailId]) -> Sequence[PlacementRequest]:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            held = [
                row.id
                for email_id in set(email_ids)
                for row in self._transaction.where(self._tables.requests, "held_by", email_id)
            ]
            return self._open(held, only_through=frozenset(email_ids))

    def release(self, request_ids: Collection[PlacementRequestId]) -> Sequence[PlacementRequest]:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            return self._open(request_ids, only_through=None)

    def by_id(self, request_ids: Collection[PlacementRequestId]) -> Sequence[PlacementRequest]:
        """Those of these requests that exist, by id."""
        with self._transaction.turn:
            rows = (self._transaction.get(self._tables.requests, each) for each in set(request_ids))
            return self._values(row for row in rows if row is not None)

    def silent_emails(self, policy: ContactPolicy, *, today: date) -> Mapping[EmailId, TherapistId]:
        """Keep the promise of ``ports.Requests``."""
        newest = days_after(today, -policy.follow_up_after_days)
        with self._transaction.turn:
            silent = {}
            for row in self._transaction.where(self._tables.emails, "state", EmailState.SENT):
                requests = self._transaction.where(self._tables.requests, "held_by", row.email.id)
                if requests and is_unanswered(row, requests) and row.marked_on and row.marked_on <= newest:
                    silent[row.email.id] = row.email.therapist_id
            return silent

    def _open(
        self, request_ids: Iterable[PlacementRequestId], *, only_through: frozenset[EmailId] | None
    ) -> Sequence[PlacementRequest]:
        opened = []
        for request_id in sorted(set(request_ids)):
            row = self._transaction.lock(self._tables.requests, request_id)
            if row is None or row.status is not RequestStatus.IN_PROGRESS:
                continue
            if only_through is not None and row.held_by not in only_through:
                continue
            opened.append(self._put(evolve(row, status=RequestStatus.OPEN, held_by=None)))
        return self._values(opened)

    def _row(self, request_id: PlacementRequestId) -> RequestRow:
        row = self._transaction.get(self._tables.requests, request_id)
        if row is None:
            raise UnknownId("placement request", request_id)
        return row

    def _put(self, row: RequestRow) -> RequestRow:
        self._transaction.put(self._tables.requests, row.id, row)
        return row

    def _values(self, rows: Iterable[RequestRow]) -> tuple[PlacementRequest, ...]:
        return tuple(self._value(row) for row in sorted(rows, key=lambda row: row.id))

    def _value(self, row: RequestRow) -> PlacementRequest:
        patient = self._transaction.get(self._tables.patients, row.patient_id)
        if patient is None:
            raise UnknownId("patient", row.patient_id)
        pair = self._transaction.where(self._tables.requests, "pair", (row.patient_id, row.therapist_id))
        rests = (one.next_contact_after for one in pair)
        return PlacementRequest(
            id=row.id,
            patient_id=row.patient_id,
            therapist_id=row.therapist_id,
            status=row.status,
            priority=row.priority,
            registered_on=patient.registered_on,
            offered=row.email_contact_date is not None,
            patient_status=patient.status,
            paused_until=patient.search_paused_until,
            excluded=row.therapist_id in patient.excluded_therapists,
            resting_until=max((day for day in rests if day is not None), default=None),
        )
