"""A phone call changed over HTTP: moved, canceled, or told what came of it."""

from collections.abc import Mapping
from datetime import date, time
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from attrs import frozen

from boona_adapters.http.call_shapes import Minutes, PhoneCallShape, call_shape
from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Done, Operation, Outcome, Shown, Understood, refusal_of
from boona_adapters.http.own_calls import call_seen
from boona_adapters.http.places import by_request, places_named, refuse_fields, unknown_named
from boona_adapters.http.problems import ProblemRaised
from boona_adapters.http.texts import Id, Line255, Prose
from boona_core.access import Role
from boona_core.calls import CallTime, Moment
from boona_core.calls import Outcome as SaidOutcome
from boona_core.ids import CallerId, PhoneCallId, PlacementRequestId
from boona_core.usecases.changing_calls import Scheduling
from boona_core.windows import minute_of_day


class NextStatus(StrEnum):
    """What came of a planned call; ``failed``: nobody answered."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


@frozen(kw_only=True)
class CallOutcomeShape:
    """What was said in a call about one placement request.

    Attributes:
        follow_up_notes: What was promised.
    """

    placement_request_id: Id
    outcome: SaidOutcome
    follow_up_notes: Prose = UNNAMED


@frozen(kw_only=True)
class PhoneCallChange:
    """What is to change about a call, or what came of it.

    A date, a time, a length or a caller moves a planned call. With a status it is told what came of it, together with
    *actual_date*, *actual_time*, *outcome* and *retry_after*.

    Attributes:
        status: ``completed``: it was held, also again, to correct what was said; ``failed``: nobody answered, and the
            next attempt is planned; ``canceled``: it is off.
        outcome: What came of it, in words.
        outcomes: With ``completed``, what was said about each request; those that are not named were not discussed.
        retry_after: Not tried again before this day.
    """

    caller_id: Id = UNNAMED
    scheduled_date: date = UNNAMED
    scheduled_time: time = UNNAMED
    duration_minutes: Minutes = UNNAMED
    notes: Prose = UNNAMED
    status: NextStatus = UNNAMED
    actual_date: date = UNNAMED
    actual_time: time = UNNAMED
    outcome: Line255 = UNNAMED
    outcomes: tuple[CallOutcomeShape, ...] = UNNAMED
    retry_after: date = UNNAMED


def _held(asked: Understood) -> PhoneCallShape:
    return call_shape(call_seen(asked, hold=True))


_OF_THE_PLAN = frozenset({"scheduled_date", "scheduled_time", "duration_minutes", "caller_id"})
_OF_A_STATUS = frozenset({"actual_date", "actual_time", "outcome", "retry_after"})
_OF_A_CALL_MADE = _OF_A_STATUS - {"outcome"}


def change(asked: Understood) -> Outcome:
    """Move a call, or say what came of it."""
    told = named(asked.body)
    call_id = PhoneCallId(asked.number)
    call_seen(asked)
    status = told.pop("status", None)
    if asked.token.role is Role.CALLER and (status is NextStatus.CANCELED or _OF_THE_PLAN & told.keys()):
        raise ProblemRaised(403, "a caller says what came of a call: the plan is a coordinator's")
    if status is not NextStatus.COMPLETED:
        refuse_fields({"outcomes"} & told.keys(), "has a meaning with completed only")
    if status is None:
        refuse_fields(_OF_A_STATUS & told.keys(), "has a meaning with a status only")
    if status is NextStatus.CANCELED:
        refuse_fields(_OF_A_CALL_MADE & told.keys(), "has no meaning for a call that is off")
    if _OF_THE_PLAN & told.keys() or (status in (None, NextStatus.CANCELED) and "notes" in told):
        scheduling = _move(asked, call_id, told)
        if scheduling.call is None:
            return refusal_of(scheduling)
    if status is NextStatus.CANCELED:
        asked.application.cancel_call(call_id, words=told.get("outcome"))
    elif status is NextStatus.FAILED:
        asked.application.fail_call(
            call_id,
            at=_made(told),
            notes=told.get("notes"),
            outcome=told.get("outcome"),
            retry_after=told.get("retry_after"),
        )
    elif status is NextStatus.COMPLETED:
        _complete(asked, call_id, told)
    return Shown(call_shape(call_seen(asked)), etag=True)


def _complete(asked: Understood, call_id: PhoneCallId, told: Mapping[str, Any]) -> None:
    said: Mapping[PlacementRequestId, CallOutcomeShape] = by_request("outcomes", told.get("outcomes", ()))
    asked.application.complete_call(
        call_id,
        {request_id: each.outcome for request_id, each in said.items()},
        at=_made(told),
        outcome=told.get("outcome"),
        notes=told.get("notes"),
        follow_up_notes={
            request_id: each.follow_up_notes for request_id, each in said.items() if each.follow_up_notes is not UNNAMED
        },
        retry_after=told.get("retry_after"),
    )


def _move(asked: Understood, call_id: PhoneCallId, told: Mapping[str, Any]) -> Scheduling:
    before = asked.application.show.call(call_id, hold=True).time  # what is not named stays as it is now
    start = told.get("scheduled_time")
    with places_named(time="scheduled_time"):
        moved = CallTime(
            told.get("scheduled_date", before.day),
            before.start if start is None else minute_of_day(start),
            told.get("duration_minutes", before.minutes),
        )
    with unknown_named({"caller": "caller_id"}):
        return asked.application.move_call(
            call_id,
            time=None if moved == before else moved,
            caller_id=None if "caller_id" not in told else CallerId(told["caller_id"]),
            notes=told.get("notes"),
        )


def _made(told: Mapping[str, Any]) -> Moment | None:
    """When a call was made; None: now."""
    missing = {"actual_date", "actual_time"} - told.keys()
    if len(missing) == 2:
        return None
    refuse_fields(missing, "is missing: a time needs its day")
    return Moment(told["actual_date"], minute_of_day(told["actual_time"]))


def cancel(asked: Understood) -> Outcome:
    """Cancel a planned call."""
    asked.application.cancel_call(PhoneCallId(asked.number))
    return Done()


OPERATIONS = (
    Operation(
        method="PUT",
        path="/api/phone-calls/{id}",
        name="changePhoneCall",
        summary="Move a call, or say what came of it",
        tag="calls",
        act=change,
        body=PhoneCallChange,
        answer=PhoneCallShape,
        refuses=True,
        current=_held,
        example={"status": "failed", "notes": "Anrufbeantworter"},
    ),
    Operation(
        method="DELETE",
        path="/api/phone-calls/{id}",
        name="cancelPhoneCall",
        summary="Cancel a planned call",
        description="Its requests are open again. A call that was made stays (409).",
        tag="calls",
        act=cancel,
        status=HTTPStatus.NO_CONTENT,
        refuses=True,
        current=_held,
    ),
)
