"""Offer a patient to a therapist by hand, and change such an offer."""

from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.api_ports import ApiUnit, OpenApiUnit
from boona_core.errors import IllegalTransition, InvalidValue, InvalidValues
from boona_core.events import Event, EventType
from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from boona_core.import_ports import NewRequest
from boona_core.instants import local_day
from boona_core.requests import RequestStatus, RequestStep, after
from boona_core.usecases.composing import Stationery
from boona_core.usecases.telling import requests_moved
from boona_core.usecases.withdrawing import WITHDRAWN, take_out_of_unsent
from boona_core.usecases.withdrawing_calls import take_out_of_call


@frozen(kw_only=True)
class KeepRequest:
    """Create placement requests, change what is noted about them, and withdraw them."""

    open_unit: OpenApiUnit
    stationery: Stationery
    zone: ZoneInfo

    def create(
        self, patient_id: PatientId, therapist_id: TherapistId, *, priority: int = 1, notes: str | None = None
    ) -> PlacementRequestId | None:
        """Create an open request; None: the pair has one that is open or in progress.

        Raises:
            InvalidValues: there is no such patient or therapist, or one was erased, or merged into another entry.
        """
        with self.open_unit() as unit:
            unit.patients.lock([patient_id])
            unit.therapists.lock([therapist_id])
            self._check(unit, patient_id, therapist_id)
            created = unit.imports.create_requests([NewRequest(patient_id, therapist_id, priority)])
            request_id = created.get((patient_id, therapist_id))
            if request_id is None:
                return None
            if notes is not None:
                unit.drafting.note(request_id, notes)
            data: dict[str, int] = {
                "match_id": request_id,
                "patient_id": patient_id,
                "therapist_id": therapist_id,
                "priority": priority,
            }
            unit.outbox.put([Event(type=EventType.MATCH_CREATED, key=therapist_id, data=dict(data))])
            unit.commit()
        return request_id

    def change(
        self,
        request_id: PlacementRequestId,
        *,
        priority: int | None = None,
        notes: str | None = None,
        note: bool = False,
    ) -> None:
        """Change the priority (None: it stays) and, with *note*, the notes (None: emptied).

        Raises:
            IllegalTransition: another priority for a request that is neither open nor in progress.
            UnknownId: there is no such request.
        """
        with self.open_unit() as unit:
            unit.therapists.lock([unit.requests.get(request_id).therapist_id])
            request = unit.requests.get(request_id)
            if priority is not None and priority != request.priority:
                if request.status not in (RequestStatus.OPEN, RequestStatus.IN_PROGRESS):
                    raise IllegalTransition(
                        f"placement request {request_id}", request.status.value, "given another priority"
                    )
                unit.imports.set_priorities({request_id: priority})
            if note:
                unit.drafting.note(request_id, notes)
            unit.commit()

    def withdraw(self, request_id: PlacementRequestId) -> None:
        """Cancel a request; unsent emails are written anew without it, or canceled when nothing is left.

        Raises:
            IllegalTransition: it is neither open nor in progress, or its email is being handed over at this moment.
            UnknownId: there is no such request.
        """
        with self.open_unit() as unit:
            unit.therapists.lock([unit.requests.get(request_id).therapist_id])
            request = unit.requests.get(request_id)
            after(request.id, request.status, RequestStep.WITHDRAWN)
            now = unit.now()
            unit.outbox.put(requests_moved(unit.requests.cancel([request_id]), RequestStatus.CANCELED))
            today = local_day(now, self.zone)
            take_out_of_unsent(unit, self.stationery, [request_id], now=now, today=today, words=WITHDRAWN)
            for call_id in unit.calls.with_requests([request_id]):
                take_out_of_call(unit, unit.calls.lock(call_id), [request_id])
            unit.commit()

    def _check(self, unit: ApiUnit, patient_id: PatientId, therapist_id: TherapistId) -> None:
        patient = unit.patients.get_many([patient_id]).get(patient_id)
        therapist = unit.therapists.get_many([therapist_id]).get(therapist_id)
        faults = [
            InvalidValue(name, f"no {word} has this id" if person is None else "belongs to somebody who was erased")
            for name, word, person in (
                ("patient_id", "patient", patient),
                ("therapist_id", "therapist", therapist),
            )
            if person is None or person.erased_at is not None
        ]
        if therapist is not None and therapist.merged_into is not None:
            faults.append(InvalidValue("therapist_id", f"was merged into therapist {therapist.merged_into}"))
        if faults:
            raise InvalidValues(faults)
