"""The answer to an email over HTTP, and the letter that confirms it."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from attrs import frozen

from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.email_shapes import EmailBatchShape, EmailShape, batch_shape, email_shape
from boona_adapters.http.operations import Created, Operation, Outcome, Shown, Understood, refusal_of
from boona_adapters.http.places import by_request, places_named
from boona_adapters.http.texts import Id, Prose
from boona_core.calls import Outcome as RequestOutcome
from boona_core.emails import Email
from boona_core.errors import InvalidValue, InvalidValues
from boona_core.ids import EmailId, PlacementRequestId


class SaidOutcome(StrEnum):
    """What a therapist said about one placement request."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NEEDS_FOLLOW_UP = "needs_follow_up"


@frozen(kw_only=True)
class SaidShape:
    """What a therapist said about one placement request."""

    placement_request_id: Id
    response_outcome: SaidOutcome


@frozen(kw_only=True)
class NewResponse:
    """An answer to an email; recorded again with other outcomes it is corrected.

    Attributes:
        response_date: The local day on which it was given; today where nothing is said.
        response_content: Its own words.
        outcomes: What it says about which request; about none: all stay in progress, and a person has to look.
        follow_up_notes: What the staff should know about it.
        retry_after: The first day for the call that a ``needs_follow_up`` asks for.
    """

    response_date: date = UNNAMED
    response_content: Prose = UNNAMED
    outcomes: tuple[SaidShape, ...] = UNNAMED
    follow_up_notes: Prose = UNNAMED
    retry_after: date = UNNAMED


@frozen(kw_only=True)
class ResponseShape:
    """The answer to an email.

    Attributes:
        response_received: False: there is none yet.
        follow_up_required: Somebody of the staff has to look at it.
        batches: The placement requests in the email, with what was said about each.
    """

    email_id: int
    response_received: bool
    response_date: date | None
    response_content: str | None
    follow_up_required: bool
    follow_up_notes: str | None
    batches: tuple[EmailBatchShape, ...]


RESPONSE_FIELDS = (
    "response_received",
    "response_date",
    "response_content",
    "follow_up_required",
    "follow_up_notes",
)
"""The fields of an email that are an answer to it."""

_MARKS = frozenset({"response_received", "follow_up_required"})
"""Those that say nothing about what was answered."""


def record_fields(asked: Understood, email_id: EmailId, said: Mapping[str, Any]) -> None:
    """Record an answer by its fields; those that are not named stay as they are."""
    faults = []
    if said.get("response_received") is False:
        faults.append(InvalidValue("response_received", "an answer is corrected, never taken back"))
    if said.get("follow_up_required") is True:
        faults.append(InvalidValue("follow_up_required", "follows from the answer: it can be said to be done only"))
    if faults:
        raise InvalidValues(faults)
    before = asked.application.show.email(email_id)
    if said.keys() - _MARKS or not before.response_received:
        with places_named(on="response_date"):
            asked.application.record_answer(
                email_id,
                on=said.get("response_date", before.response_date),
                content=said.get("response_content"),
                notes=said.get("follow_up_notes"),
            )
    if said.get("follow_up_required") is False:
        asked.application.record_answer.settle(email_id)


def _response(email: Email) -> ResponseShape:
    return ResponseShape(
        email_id=email.id,
        response_received=email.response_received,
        response_date=email.response_date,
        response_content=email.response_content,
        follow_up_required=email.follow_up_required,
        follow_up_notes=email.follow_up_notes,
        batches=tuple(batch_shape(email, item) for item in email.items),
    )


def show_response(asked: Understood) -> Outcome:
    """Show the answer to an email."""
    return Shown(_response(asked.application.show.email(EmailId(asked.number))))


def record_response(asked: Understood) -> Outcome:
    """Record an answer to an email, request by request."""
    told = named(asked.body)
    said: Mapping[PlacementRequestId, SaidShape] = by_request("outcomes", told.get("outcomes", ()))
    with places_named(on="response_date"):
        asked.application.record_answer(
            EmailId(asked.number),
            requests={request_id: RequestOutcome(each.response_outcome.value) for request_id, each in said.items()},
            on=told.get("response_date"),
            content=told.get("response_content"),
            notes=told.get("follow_up_notes"),
            retry_after=told.get("retry_after"),
        )
    return Shown(_response(asked.application.show.email(EmailId(asked.number))))


def confirm(asked: Understood) -> Outcome:
    """Release the confirmation of an answer that accepts somebody."""
    released = asked.application.release_confirmation(EmailId(asked.number))
    if not released.queuing.queued:
        return refusal_of(released.queuing)
    email = asked.application.show.email(released.queuing.email_id)
    return Created(email_shape(email), f"/api/emails/{email.id}")


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/emails/{id}/response",
        name="getResponse",
        summary="Show the answer to an email",
        tag="emails",
        act=show_response,
        answer=ResponseShape,
    ),
    Operation(
        method="POST",
        path="/api/emails/{id}/response",
        name="recordResponse",
        summary="Record the answer to an email",
        description="Request by request, with all that follows: a patient who was accepted is placed and withdrawn "
        "everywhere else, a rejection lets the therapist rest. Recorded again it is corrected.",
        tag="emails",
        act=record_response,
        body=NewResponse,
        answer=ResponseShape,
        refuses=True,
        example={
            "response_date": "2026-11-02",
            "response_content": "Den ersten Patienten nehme ich gern.",
            "outcomes": [{"placement_request_id": 1, "response_outcome": "accepted"}],
        },
    ),
    Operation(
        method="POST",
        path="/api/emails/{id}/confirmation",
        name="releaseConfirmation",
        summary="Release the confirmation of an answer",
        description="Once for each answer that accepts somebody; it names numbers of the letter and no patient.",
        tag="emails",
        act=confirm,
        answer=EmailShape,
        status=HTTPStatus.CREATED,
        refuses=True,
    ),
)
