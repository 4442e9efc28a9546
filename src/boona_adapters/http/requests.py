"""Placement requests over HTTP."""

from datetime import date
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import attrs
from attrs import frozen

from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Created, Operation, Outcome, Refused, Shown, Understood
from boona_adapters.http.places import places_named, refuse_fields
from boona_adapters.http.shaping import PageQuery, list_of, part, wanted_by
from boona_adapters.http.texts import Id, Priority, Prose
from boona_core.api_ports import RequestFilter
from boona_core.calls import Outcome as SaidOutcome
from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from boona_core.requests import RequestRecord, RequestStatus


class AskedStatus(StrEnum):
    """What a person may ask of a request: ``open`` gives it back or undoes a placement, ``canceled`` withdraws it."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELED = "canceled"


@frozen(kw_only=True)
class PlacementRequestShape:
    """One patient offered to one therapist.

    Attributes:
        priority: Higher is more important.
        email_contact_date: The day of the last sent email that held it; null: never offered by email.
        phone_contact_date: The day of the last call that discussed it; null: none did.
        next_contact_after: The first day on which this pair may be offered again; null: it does not rest.
        email_ids: The emails that have a batch row for it.
        phone_call_ids: The calls that have a batch row for it.
    """

    id: int
    patient_id: int
    therapist_id: int
    status: RequestStatus
    priority: int
    email_contact_date: date | None
    phone_contact_date: date | None
    response: str | None
    response_date: date | None
    next_contact_after: date | None
    notes: str | None
    email_ids: tuple[int, ...]
    phone_call_ids: tuple[int, ...]


@frozen(kw_only=True)
class NewPlacementRequest:
    """A patient to be offered to a therapist.

    Attributes:
        priority: 1 where nothing is said; higher is more important.
    """

    patient_id: Id
    therapist_id: Id
    priority: Priority = UNNAMED
    notes: Prose | None = UNNAMED


@frozen(kw_only=True)
class PlacementRequestChange:
    """What is to change about a placement request.

    Attributes:
        status: ``open`` gives a request in progress back, or undoes the placement by an accepted one; ``canceled``
            withdraws it; ``accepted`` and ``rejected`` record what the therapist said by some other way.
        response: With ``accepted`` or ``rejected``, what was said.
        response_date: Likewise, on which local day; today where nothing is said.
    """

    priority: Priority = UNNAMED
    notes: Prose | None = UNNAMED
    status: AskedStatus = UNNAMED
    response: Prose = UNNAMED
    response_date: date = UNNAMED


@frozen(kw_only=True)
class PlacementRequestQuery(PageQuery):
    """Which placement requests."""

    patient_id: Id = UNNAMED
    therapist_id: Id = UNNAMED
    status: RequestStatus = UNNAMED


_NAMES = tuple(each.name for each in attrs.fields(PlacementRequestShape))


def request_shape(record: RequestRecord) -> PlacementRequestShape:
    """A placement request, to be shown."""
    values: dict[str, Any] = {name: getattr(record, name) for name in _NAMES}
    return PlacementRequestShape(**values)


def _show(asked: Understood, *, hold: bool = False) -> PlacementRequestShape:
    return request_shape(asked.application.show.request(PlacementRequestId(asked.number), hold=hold))


def _held(asked: Understood) -> PlacementRequestShape:
    return _show(asked, hold=True)


def find(asked: Understood) -> Outcome:
    """List placement requests."""
    cut = asked.query.cut()
    found = asked.application.show.requests(RequestFilter(**wanted_by(asked.query)), cut)
    return Shown(part(PlacementRequestShape, [request_shape(row) for row in found.rows], cut, found.total))


def show(asked: Understood) -> Outcome:
    """Show one placement request."""
    return Shown(_show(asked), etag=True)


def create(asked: Understood) -> Outcome:
    """Offer a patient to a therapist."""
    told = named(asked.body)
    request_id = asked.application.keep_request.create(
        PatientId(told["patient_id"]),
        TherapistId(told["therapist_id"]),
        priority=told.get("priority", 1),
        notes=told.get("notes"),
    )
    if request_id is None:
        return Refused(decision=None, detail="this pair has a request that is open or in progress")
    return Created(request_shape(asked.application.show.request(request_id)), f"/api/placement-requests/{request_id}")


def change(asked: Understood) -> Outcome:
    """Change the fields that are named, give the request back or withdraw it."""
    told = named(asked.body)
    request_id = PlacementRequestId(asked.number)
    asked.application.show.request(request_id, hold=True)  # patients before therapists, as an answer locks them
    if {"priority", "notes"} & told.keys():
        asked.application.keep_request.change(
            request_id, priority=told.get("priority"), notes=told.get("notes"), note="notes" in told
        )
    status = told.get("status")
    if status not in (AskedStatus.ACCEPTED, AskedStatus.REJECTED):
        refuse_fields({"response", "response_date"} & told.keys(), "has a meaning with accepted or rejected only")
    if status is not None:
        _step(asked, request_id, status, told)
    return Shown(_show(asked), etag=True)


def _step(asked: Understood, request_id: PlacementRequestId, status: AskedStatus, told: dict[str, Any]) -> None:
    application = asked.application
    if status is AskedStatus.OPEN:
        if application.show.request(request_id).status is RequestStatus.ACCEPTED:
            application.undo_placement(request_id)
        else:
            application.release_request(request_id)
    elif status is AskedStatus.CANCELED:
        application.keep_request.withdraw(request_id)
    else:
        with places_named(on="response_date"):
            application.record_answer.of_request(
                request_id, SaidOutcome(status.value), on=told.get("response_date"), words=told.get("response")
            )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/placement-requests",
        name="listPlacementRequests",
        summary="List placement requests",
        tag="placement-requests",
        act=find,
        query=PlacementRequestQuery,
        answer=list_of(PlacementRequestShape),
    ),
    Operation(
        method="POST",
        path="/api/placement-requests",
        name="createPlacementRequest",
        summary="Offer a patient to a therapist",
        description="A pair has one request at most that is open or in progress.",
        tag="placement-requests",
        act=create,
        body=NewPlacementRequest,
        answer=PlacementRequestShape,
        status=HTTPStatus.CREATED,
        refuses=True,
        example={"patient_id": 1, "therapist_id": 1, "priority": 1},
        leads_to={"createEmailBatch": "placement_request_id"},
    ),
    Operation(
        method="GET",
        path="/api/placement-requests/{id}",
        name="getPlacementRequest",
        summary="Show a placement request",
        tag="placement-requests",
        act=show,
        answer=PlacementRequestShape,
    ),
    Operation(
        method="PUT",
        path="/api/placement-requests/{id}",
        name="changePlacementRequest",
        summary="Change a placement request",
        tag="placement-requests",
        act=change,
        body=PlacementRequestChange,
        answer=PlacementRequestShape,
        refuses=True,
        current=_held,
        example={"priority": 3},
    ),
)
