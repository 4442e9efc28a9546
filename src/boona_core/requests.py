"""What may happen to a placement request, and may it go into an email today?

A placement request offers one patient to one therapist.  Days are local dates of the agency; nothing here reads a
clock.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from attrs import field, frozen

from boona_core.contact import ContactDecision, Hold, Reason, decide
from boona_core.errors import IllegalTransition
from boona_core.ids import EmailId, PatientId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.patients import PatientStatus

MOST_REQUESTS = 100
"""Requests that a person may name for one email or call; how many are sent or asked for at once is the policy's."""


class RequestStatus(StrEnum):
    """Where a placement request stands."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELED = "canceled"


class RequestStep(StrEnum):
    """What can happen to a placement request; ``corrected`` leads back to the state before."""

    TAKEN = "taken"
    GIVEN_BACK = "given back"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"


_STEPS = {
    (RequestStatus.OPEN, RequestStep.TAKEN): RequestStatus.IN_PROGRESS,
    (RequestStatus.IN_PROGRESS, RequestStep.GIVEN_BACK): RequestStatus.OPEN,
    (RequestStatus.IN_PROGRESS, RequestStep.ACCEPTED): RequestStatus.ACCEPTED,
    (RequestStatus.IN_PROGRESS, RequestStep.REJECTED): RequestStatus.REJECTED,
    (RequestStatus.OPEN, RequestStep.WITHDRAWN): RequestStatus.CANCELED,
    (RequestStatus.IN_PROGRESS, RequestStep.WITHDRAWN): RequestStatus.CANCELED,
}
_ENDED = (RequestStatus.ACCEPTED, RequestStatus.REJECTED, RequestStatus.CANCELED)


def after(
    request_id: PlacementRequestId,
    status: RequestStatus,
    step: RequestStep,
    *,
    before: RequestStatus | None = None,
) -> RequestStatus:
    """The status after *step*.

    Args:
        before: The status that a correction restores, open or in progress; asked for by ``corrected`` only.

    Raises:
        IllegalTransition: the lifecycle has no such step from *status*.
    """
    if step is RequestStep.CORRECTED:
        if status in _ENDED and before in (RequestStatus.OPEN, RequestStatus.IN_PROGRESS):
            return before
    elif following := _STEPS.get((status, step)):
        return following
    raise IllegalTransition(f"placement request {request_id}", status.value, step.value)


@frozen(kw_only=True)
class PlacementRequest:
    """One patient offered to one therapist, with what decides whether it may go into an email.

    Attributes:
        priority: Higher is more important.
        registered_on: Since when the patient searches; None sorts last.
        offered: It stood in a sent email to this therapist.
        paused_until: The first day on which the patient searches again; None: not paused.
        excluded: The patient does not want this therapist.
        resting_until: The first day on which this pair may be offered again; None: it does not rest.
    """

    id: PlacementRequestId
    patient_id: PatientId
    therapist_id: TherapistId
    status: RequestStatus = RequestStatus.OPEN
    priority: int = 1
    registered_on: date | None = None
    offered: bool = False
    patient_status: PatientStatus = PatientStatus.SEARCHING
    paused_until: date | None = None
    excluded: bool = False
    resting_until: date | None = None


@frozen(kw_only=True)
class RequestRecord:
    """A placement request as it is stored, for whoever looks at it.

    Attributes:
        email_contact_date: The day of the last sent email that held it; None: never offered by email.
        phone_contact_date: The day of the last call that discussed it; None: none did.
        response: What the therapist said, as it was noted.
        next_contact_after: The first day on which this pair may be offered again; None: it does not rest.
        email_ids: The emails that have a batch row for it, by id.
        phone_call_ids: The calls that have a batch row for it, by id.
    """

    id: PlacementRequestId
    patient_id: PatientId
    therapist_id: TherapistId
    status: RequestStatus = RequestStatus.OPEN
    priority: int = 1
    email_contact_date: date | None = None
    phone_contact_date: date | None = None
    response: str | None = field(default=None, repr=False)
    response_date: date | None = None
    next_contact_after: date | None = None
    notes: str | None = field(default=None, repr=False)
    email_ids: tuple[EmailId, ...] = ()
    phone_call_ids: tuple[PhoneCallId, ...] = ()


def decide_request(request: PlacementRequest, *, today: date) -> ContactDecision:
    """Decide whether a request may go into an email on *today*, whatever its therapist's own holds are."""
    return decide(_request_holds(request), today=today)


def _request_holds(request: PlacementRequest) -> Iterator[Hold]:
    if request.status is not RequestStatus.OPEN:
        yield Hold(Reason.REQUEST_CLOSED)
    if request.patient_status is not PatientStatus.SEARCHING:
        yield Hold(Reason.PATIENT_NOT_SEARCHING)
    if request.paused_until:
        yield Hold(Reason.PATIENT_NOT_SEARCHING, request.paused_until)
    if request.excluded:
        yield Hold(Reason.PATIENT_EXCLUDED_THERAPIST)
    if request.resting_until:
        yield Hold(Reason.PAIR_RESTING, request.resting_until)
