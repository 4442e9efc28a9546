"""What matching asks of the memory."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from attrs import frozen

from boona_adapters.memory.geocoding import MemoryAddresses
from boona_adapters.memory.rows import ALIVE, RequestRow, Tables
from boona_adapters.memory.transactions import Transaction
from boona_core.geo import Box, Point
from boona_core.geocoding import (
    Address,
    Sought,
    addresses_of_home,
    addresses_of_line,
    addresses_of_practice,
    place_of,
)
from boona_core.ids import PatientId, TherapistId
from boona_core.pairing import Pair, Practice, Seeker
from boona_core.patients import Patient, PatientStatus
from boona_core.postal_codes import postal_code_in, postal_code_of
from boona_core.requests import RequestStatus
from boona_core.therapists import Therapist, TherapistStatus

_ANSWERED = (RequestStatus.ACCEPTED, RequestStatus.REJECTED)


class _Spot(NamedTuple):
    """Where somebody is, as it was written: by its postal code, and what may be asked about it."""

    code: str | None
    addresses: tuple[Address, ...]


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

    def waiting(self, *, after: PatientId | None = None, limit: int | None = None) -> Sequence[Seeker]:
        """Keep the promise of ``matching_ports.Matching``."""
        with self._transaction.turn:
            patients = sorted(self._transaction.rows(self._tables.patients), key=lambda patient: patient.id)
            searching = [
                each
                for each in patients
                if each.status is PatientStatus.SEARCHING and (after is None or each.id > after)
            ]
            return [self._seeker(patient) for patient in searching[:limit]]

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

    def sought(self) -> Sequence[Sought]:
        """Keep the promise of ``matching_ports.Matching``."""
        with self._transaction.turn:
            practices = [
                self._sought(_spots(each.therapist)) for each in self.all_practices() if _may_be_asked(each.therapist)
            ]
            homes = [self._sought([_home(seeker.patient)]) for seeker in self.waiting()]
        return [each for each in (*practices, *homes) if each.places]

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
        return Seeker(patient=patient, home=self._place(*_home(patient)))

    def _practice(self, therapist: Therapist) -> Practice:
        mailbox = None
        if therapist.mailbox_id is not None:
            mailbox = self._transaction.get(self._tables.mailboxes, therapist.mailbox_id)
        requests = self._transaction.where(self._tables.requests, "therapist", therapist.id)
        place, *elsewhere = (self._place(*spot) for spot in _spots(therapist))
        answers = [row.status for row in requests if row.response_date is not None and row.status in _ANSWERED]
        return Practice(
            therapist=therapist,
            place=place,
            elsewhere=tuple(each for each in elsewhere if each is not None),
            mailbox_closed=mailbox is not None and mailbox.do_not_contact,
            answered=len(answers),
            accepted=answers.count(RequestStatus.ACCEPTED),
        )

    def _point(self, code: str | None) -> Point | None:
        place = None if code is None else self._transaction.get(self._tables.postal_codes, code)
        return None if place is None else place.point

    def _sought(self, spots: Sequence[_Spot]) -> Sought:
        places = [self._place(*spot) for spot in spots]
        unknown = tuple(spot.addresses for spot, place in zip(spots, places, strict=True) if place is None)
        return Sought(places=unknown, is_somewhere=len(unknown) < len(spots))

    def _place(self, code: str | None, addresses: Sequence[Address]) -> Point | None:
        point = self._point(code)
        if point is not None:
            return point
        answers = MemoryAddresses(self._tables, self._transaction)
        return place_of(addresses, answers.get_many([each.key for each in addresses], now=self._now()))


def _home(patient: Patient) -> _Spot:
    return _Spot(postal_code_of(patient.postal_code), addresses_of_home(patient.postal_code))


def _spots(therapist: Therapist) -> list[_Spot]:
    """Where there are sessions, the usual place first."""
    usual = addresses_of_practice(therapist.street, therapist.postal_code, therapist.city)
    others = [_Spot(postal_code_in(line), addresses_of_line(line)) for line in therapist.other_addresses]
    return [_Spot(postal_code_of(therapist.postal_code), usual), *others]


def _may_be_asked(therapist: Therapist) -> bool:
    return therapist.status is not TherapistStatus.INACTIVE and not therapist.do_not_contact


def _pair(requests: Sequence[RequestRow]) -> Pair:
    days = [row.next_contact_after for row in requests if row.next_contact_after is not None]
    last: date | None = max(days, default=None)
    return Pair(request_open=any(row.status in ALIVE for row in requests), resting_until=last)
