"""What matching asks of the memory."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime

from attrs import frozen

from boona_adapters.memory.geocoding import MemoryAddresses
from boona_adapters.memory.rows import ALIVE, RequestRow, Tables
from boona_adapters.memory.transactions import Transaction
from boona_core.geo import Box, Point
from boona_core.geocoding import Address, addresses_of_home, addresses_of_practice, place_of
from boona_core.ids import PatientId, TherapistId
from boona_core.pairing import Pair, Practice, Seeker
from boona_core.patients import Patient, PatientStatus
from boona_core.postal_codes import postal_code_in, postal_code_of
from boona_core.requests import RequestStatus
from boona_core.therapists import Therapist

_ANSWERED = (RequestStatus.ACCEPTED, RequestStatus.REJECTED)


@frozen
class MemoryMatching:
    """The patients and therapists of one unit, as matching sees them."""

    _tables: Tables
    _transaction: Transaction
    _now: Callable[[], datetime]

    def seekers(self, patient_ids: Collection[PatientId]) -> Mapping[PatientId, Seeker]:
        """Keep the promise of ``matching_ports.Matching``."""
        with self._transaction.turn:
            found = (self._transaction.get(self._tables.patients, each) for each in sorted(set(patient_ids)))
            return {patient.id: self._seeker(patient) for patient in found if patient is not None}

    def waiting(self) -> Sequence[Seeker]:
        """Keep the promise of ``matching_ports.Matching``."""
        with self._transaction.turn:
            patients = sorted(self._transaction.rows(self._tables.patients), key=lambda patient: patient.id)
            return [self._seeker(patient) for patient in patients if patient.status is PatientStatus.SEARCHING]

    def practices(self, therapist_ids: Collection[TherapistId]) -> Mapping[TherapistId, Practice]:
        """Keep the promise of ``matching_ports.Matching``."""
        with self._transaction.turn:
            found = (self._transaction.get(self._tables.therapists, each) for each in sorted(set(therapist_ids)))
            return {therapist.id: self._practice(therapist) for therapist in found if therapist is not None}

    def practices_in(self, box: Box) -> Sequence[Practice]:
        """Keep the promise of ``matching_ports.Matching``."""
        return [each for each in self.all_practices() if any(map(box.holds, each.places))]

    def all_practices(self) -> Sequence[Practice]:
        """Keep the promise of ``matching_ports.Matching``."""
        with self._transaction.turn:
            therapists = sorted(self._transaction.rows(self._tables.therapists), key=lambda each: each.id)
            return [self._practice(therapist) for therapist in therapists if therapist.erased_at is None]

    def pairs(
        self, *, patient_ids: Collection[PatientId] = (), therapist_ids: Collection[TherapistId] = ()
    ) -> Mapping[tuple[PatientId, TherapistId], Pair]:
        """Keep the promise of ``matching_ports.Matching``."""
        table, where = self._tables.requests, self._transaction.where
        with self._transaction.turn:
            rows = [row for each in set(patient_ids) for row in where(table, "patient", each)]
            rows += (row for each in set(therapist_ids) for row in where(table, "therapist", each))
        of_pair: dict[tuple[PatientId, TherapistId], list[RequestRow]] = {}
        for row in rows:
            of_pair.setdefault((row.patient_id, row.therapist_id), []).append(row)
        pairs = {each: _pair(requests) for each, requests in of_pair.items()}
        return {each: pair for each, pair in pairs.items() if pair != Pair()}

    def _seeker(self, patient: Patient) -> Seeker:
        return Seeker(patient=patient, home=self._place(patient.postal_code, addresses_of_home(patient.postal_code)))

    def _practice(self, therapist: Therapist) -> Practice:
        mailbox = None
        if therapist.mailbox_id is not None:
            mailbox = self._transaction.get(self._tables.mailboxes, therapist.mailbox_id)
        requests = self._transaction.where(self._tables.requests, "therapist", therapist.id)
        addresses = addresses_of_practice(therapist.street, therapist.postal_code, therapist.city)
        answers = [row.status for row in requests if row.response_date is not None and row.status in _ANSWERED]
        return Practice(
            therapist=therapist,
            place=self._place(therapist.postal_code, addresses),
            elsewhere=tuple(filter(None, map(self._point, map(postal_code_in, therapist.other_addresses)))),
            mailbox_closed=mailbox is not None and mailbox.do_not_contact,
            answered=len(answers),
            accepted=answers.count(RequestStatus.ACCEPTED),
        )

    def _point(self, code: str | None) -> Point | None:
        place = None if code is None else self._transaction.get(self._tables.postal_codes, code)
        return None if place is None else place.point

    def _place(self, written: str | None, addresses: Sequence[Address]) -> Point | None:
        point = self._point(postal_code_of(written))
        if point is not None:
            return point
        answers = MemoryAddresses(self._tables, self._transaction)
        return place_of(addresses, answers.get_many([each.key for each in addresses], now=self._now()))


def _pair(requests: Sequence[RequestRow]) -> Pair:
    days = [row.next_contact_after for row in requests if row.next_contact_after is not None]
    last: date | None = max(days, default=None)
    return Pair(request_open=any(row.status in ALIVE for row in requests), resting_until=last)
