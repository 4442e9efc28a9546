"""Placement requests in memory: each in at most one outstanding email."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from attrs import evolve, frozen

from boona_adapters.memory.rows import ALIVE, RequestRow, Tables, ended, taken_anew
from boona_adapters.memory.therapists import MemoryTherapists
from boona_adapters.memory.transactions import Transaction
from boona_core.batching import Candidate, candidate_of
from boona_core.contact import ContactPolicy
from boona_core.emails import EmailState
from boona_core.errors import UnknownId
from boona_core.ids import EmailId, PatientId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.instants import days_after
from boona_core.ports import CallAskedFor, Held, Holding, SilentEmail
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

    def movable(
        self, *, patient_ids: Collection[PatientId] = (), therapist_ids: Collection[TherapistId] = ()
    ) -> Sequence[PlacementRequest]:
        """Keep the promise of ``ports.Requests``."""
        table, where = self._tables.requests, self._transaction.where
        with self._transaction.turn:
            found = [row for each in set(patient_ids) for row in where(table, "patient", each)]
            found += (row for each in set(therapist_ids) for row in where(table, "therapist", each))
            return self.by_id({row.id for row in found if row.status in ALIVE})

    def cancel(
        self, request_ids: Collection[PlacementRequestId], *, by: PlacementRequestId | None = None
    ) -> Sequence[PlacementRequest]:
        """Keep the promise of ``ports.Requests``."""
        canceled = []
        with self._transaction.turn:
            for request_id in sorted(set(request_ids)):
                row = self._transaction.lock(self._tables.requests, request_id)
                if row is not None and row.status in ALIVE:
                    canceled.append(self._put(evolve(ended(row, RequestStatus.CANCELED), canceled_by=by)))
            return self._values(canceled)

    def holder(self, request_id: PlacementRequestId) -> Holding:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            return holding_of(self._row(request_id))

    def held(
        self,
        *,
        email_ids: Collection[EmailId] = (),
        call_ids: Collection[PhoneCallId] = (),
        request_ids: Collection[PlacementRequestId] = (),
    ) -> Sequence[Held]:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            named = (self._transaction.get(self._tables.requests, each) for each in set(request_ids))
            found = [*self._held(email_ids, call_ids), *(row for row in named if row is not None)]
            in_progress = {row.id: row for row in found if row.status is RequestStatus.IN_PROGRESS}
            rows = [row for _, row in sorted(in_progress.items())]
            return [Held(request=self._value(row), holding=holding_of(row)) for row in rows]

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
                    self._put(evolve(taken_anew(row), held_by=email_id))
                    taken.add(request_id)
        return frozenset(taken)

    def take_for_calls(
        self, requests: Mapping[PlacementRequestId, PhoneCallId], *, held: Mapping[PlacementRequestId, Holding]
    ) -> frozenset[PlacementRequestId]:
        """Keep the promise of ``ports.Requests``."""
        taken = set()
        with self._transaction.turn:
            for request_id, call_id in sorted(requests.items()):
                row = self._transaction.lock(self._tables.requests, request_id)
                wanted = RequestStatus.IN_PROGRESS if request_id in held else RequestStatus.OPEN
                before = held.get(request_id, Holding())
                if row is not None and row.status is wanted and holding_of(row) == before:
                    self._put(
                        evolve(
                            row if request_id in held else taken_anew(row),
                            held_by=None,
                            held_by_call=call_id,
                            call_asked_from=None,
                        )
                    )
                    taken.add(request_id)
        return frozenset(taken)

    def ask_for_call(self, request_ids: Collection[PlacementRequestId], *, from_day: date) -> None:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            for request_id in sorted(set(request_ids)):
                row = self._transaction.lock(self._tables.requests, request_id)
                if row is not None and row.status is RequestStatus.IN_PROGRESS:
                    self._put(evolve(row, call_asked_from=from_day))

    def asked_for_call(
        self, *, until: date, therapist_ids: Collection[TherapistId] | None = None
    ) -> Mapping[PlacementRequestId, CallAskedFor]:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            rows = sorted(self._transaction.rows(self._tables.requests), key=lambda row: row.id)
        return {
            row.id: CallAskedFor(therapist_id=row.therapist_id, from_day=row.call_asked_from)
            for row in rows
            if row.call_asked_from is not None
            and row.call_asked_from <= until
            and (therapist_ids is None or row.therapist_id in therapist_ids)
        }

    def without_address(self, therapist_ids: Collection[TherapistId] | None = None) -> frozenset[TherapistId]:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            waiting = {row.therapist_id for row in self._transaction.where(self._tables.requests, "open_of", "all")}
            asked = waiting if therapist_ids is None else waiting & frozenset(therapist_ids)
            therapists = self._therapists.get_many(asked).values()
            return frozenset(one.id for one in therapists if one.phone and not self._therapists.has_address(one))

    def give_back(
        self, email_ids: Collection[EmailId] = (), *, call_ids: Collection[PhoneCallId] = ()
    ) -> Sequence[PlacementRequest]:
        """Keep the promise of ``ports.Requests``."""
        through = {*(Holding(email_id=each) for each in email_ids), *(Holding(call_id=each) for each in call_ids)}
        with self._transaction.turn:
            return self._open([row.id for row in self._held(email_ids, call_ids)], only_through=frozenset(through))

    def release(self, request_ids: Collection[PlacementRequestId]) -> Sequence[PlacementRequest]:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            return self._open(request_ids, only_through=None)

    def by_id(self, request_ids: Collection[PlacementRequestId]) -> Sequence[PlacementRequest]:
        """Keep the promise of ``ports.Requests``."""
        with self._transaction.turn:
            rows = (self._transaction.get(self._tables.requests, each) for each in set(request_ids))
            return self._values(row for row in rows if row is not None)

    def silent_emails(
        self, policy: ContactPolicy, *, today: date, therapist_ids: Collection[TherapistId] | None = None
    ) -> Mapping[EmailId, SilentEmail]:
        """Keep the promise of ``ports.Requests``."""
        newest = days_after(today, -policy.follow_up_after_days)
        with self._transaction.turn:
            silent = {}
            for row in self._transaction.where(self._tables.emails, "state", EmailState.SENT):
                if row.marked_on is None or row.marked_on > newest or row.follow_up_call is not None:
                    continue
                whose = row.email.therapist_id
                if (therapist_ids is None or whose in therapist_ids) and self._therapists.is_unanswered(row):
                    silent[row.email.id] = SilentEmail(therapist_id=whose, day=row.marked_on)
            return dict(sorted(silent.items()))

    def _held(self, email_ids: Collection[EmailId], call_ids: Collection[PhoneCallId]) -> list[RequestRow]:
        where, requests = self._transaction.where, self._tables.requests
        found = [row for each in set(email_ids) for row in where(requests, "held_by", each)]
        return [*found, *(row for each in set(call_ids) for row in where(requests, "held_by_call", each))]

    def _open(
        self, request_ids: Iterable[PlacementRequestId], *, only_through: frozenset[Holding] | None
    ) -> Sequence[PlacementRequest]:
        opened = []
        for request_id in sorted(set(request_ids)):
            row = self._transaction.lock(self._tables.requests, request_id)
            if row is None or row.status is not RequestStatus.IN_PROGRESS:
                continue
            if only_through is not None and holding_of(row) not in only_through:
                continue
            free = evolve(row, status=RequestStatus.OPEN, held_by=None, held_by_call=None, call_asked_from=None)
            opened.append(self._put(free))
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


def holding_of(row: RequestRow) -> Holding:
    """Through what a request is in progress."""
    return Holding(email_id=row.held_by, call_id=row.held_by_call)
