"""Which events tell of a change: ids, states and dates only."""

from collections.abc import Iterable, Iterator, Mapping

from boona_core.calls import PhoneCall
from boona_core.events import Event, EventType
from boona_core.ids import EmailId, PatientId, PlacementRequestId, TherapistId
from boona_core.import_ports import NewRequest
from boona_core.requests import PlacementRequest, RequestStatus
from boona_core.windows import clock


def email_event(kind: EventType, email_id: EmailId, therapist_id: TherapistId) -> Event:
    """What happened to one email, in the order of its therapist."""
    return Event(type=kind, key=therapist_id, data={"email_id": email_id, "therapist_id": therapist_id})


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


def requests_created(
    requests: Iterable[NewRequest], ids: Mapping[tuple[PatientId, TherapistId], PlacementRequestId]
) -> Iterator[Event]:
    """One event for each of these requests that was created, and so has an id."""
    return (
        Event(
            type=EventType.MATCH_CREATED,
            key=request.therapist_id,
            data={
                "match_id": ids[request.patient_id, request.therapist_id],
                "patient_id": request.patient_id,
                "therapist_id": request.therapist_id,
                "priority": request.priority,
            },
        )
        for request in requests
        if (request.patient_id, request.therapist_id) in ids
    )
