"""Which events tell of a change: ids, states and dates only."""

from collections.abc import Iterable, Iterator
from datetime import date

from boona_core.calls import PhoneCall
from boona_core.events import Event, EventType
from boona_core.ids import EmailId, PatientId, PlacementRequestId, TherapistId
from boona_core.patients import PatientStatus
from boona_core.requests import PlacementRequest, RequestStatus
from boona_core.windows import clock


def email_event(kind: EventType, email_id: EmailId, therapist_id: TherapistId) -> Event:
    """What happened to one email, in the order of its therapist."""
    return Event(type=kind, key=therapist_id, data={"email_id": email_id, "therapist_id": therapist_id})


def response_received(email_id: EmailId, therapist_id: TherapistId, day: date) -> Event:
    """An email was answered on a local day."""
    return Event(
        type=EventType.RESPONSE_RECEIVED,
        key=therapist_id,
        data={"email_id": email_id, "therapist_id": therapist_id, "response_date": day.isoformat()},
    )


def patient_moved(patient_id: PatientId, status: PatientStatus) -> Event:
    """A patient stands somewhere else now."""
    return Event(
        type=EventType.PATIENT_STATUS_CHANGED,
        key=patient_id,
        data={"patient_id": patient_id, "new_status": status.value},
    )


def call_event(kind: EventType, call: PhoneCall) -> Event:
    """What happened to one call, in the order of its therapist."""
    return Event(
        type=kind,
        key=call.therapist_id,
        data={
            "call_id": call.id,
            "therapist_id": call.therapist_id,
            "caller_id": call.caller_id,
            "scheduled_date": call.time.day.isoformat(),
            "scheduled_time": clock(call.time.start),
        },
    )


def requests_moved(requests: Iterable[PlacementRequest], status: RequestStatus) -> Iterator[Event]:
    """One event for each request that has moved to *status*."""
    return (
        Event(
            type=EventType.MATCH_STATUS_CHANGED,
            key=request.therapist_id,
            data={
                "match_id": request.id,
                "patient_id": request.patient_id,
                "therapist_id": request.therapist_id,
                "new_status": status.value,
            },
        )
        for request in requests
    )


def match_created(
    request_id: PlacementRequestId, patient_id: PatientId, therapist_id: TherapistId, *, priority: int
) -> Event:
    """A patient is offered to a therapist."""
    data: dict[str, int | str | bool | list[int] | None] = {
        "match_id": request_id,
        "patient_id": patient_id,
        "therapist_id": therapist_id,
        "priority": priority,
    }
    return Event(type=EventType.MATCH_CREATED, key=therapist_id, data=data)
