"""Phone calls and their batch rows over HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, time
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any

from attrs import frozen

from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Asked, Created, Done, Operation, Outcome, Refused, Shown
from boona_adapters.http.places import places_named
from boona_adapters.http.problems import ProblemRaised
from boona_adapters.http.shaping import PageQuery, list_of, part, wanted_by
from boona_adapters.http.texts import Id, Line255, Prose, Whole
from boona_core.access import Role
from boona_core.api_ports import CallFilter
from boona_core.calls import CallItem, CallStatus, CallTime, Cause, Moment, PhoneCall, call_minutes
from boona_core.calls import Outcome as SaidOutcome
from boona_core.errors import IllegalTransition, InvalidValue, InvalidValues, UnknownId
from boona_core.ids import CallerId, PhoneCallBatchId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.usecases.changing_calls import Scheduling
from boona_core.windows import clock

Minutes = Annotated[int, Whole(1, 240)]


@frozen(kw_only=True)
class PhoneCallBatchShape:
    """One placement request in one call.

    Attributes:
        priority: The rank, higher is more important: the first of n has n, the last 1.
        included: False: taken out before the call was made; the row stays.
        discussed: It came up in the call.
        outcome: What the therapist said about it; null: nothing yet.
        follow_up_required: Somebody of the staff has to look at it.
        follow_up_notes: What was promised.
    """

    id: int
    phone_call_id: int
    placement_request_id: int
    priority: int
    included: bool
    discussed: bool
    outcome: SaidOutcome | None
    follow_up_required: bool
    follow_up_notes: str | None


@frozen(kw_only=True)
class PhoneCallShape:
    """A planned or made call; dates and times are local wall time of the agency.

    Attributes:
        caller_id: Who makes it; null: nobody in particular.
        phone: The number that is rung.
        cause: Why it is made.
        outcome: What came of it, in words of the staff.
        retry_after: The first day on which the therapist may be tried again, as a person said.
        exhausted: It failed as the last of its attempts, and a person has not looked at it yet.
        attempt: The first is 1.
        previous_id: The attempt before this one.
        outside_hours: A person chose a time outside of the phone hours.
        batches: Its placement requests, first to be asked first.
    """

    id: int
    therapist_id: int
    caller_id: int | None
    phone: str | None
    scheduled_date: date
    scheduled_time: time
    duration_minutes: int
    status: CallStatus
    cause: Cause
    actual_date: date | None
    actual_time: time | None
    outcome: str | None
    notes: str | None
    retry_after: date | None
    exhausted: bool
    attempt: int
    previous_id: int | None
    outside_hours: bool
    batches: tuple[PhoneCallBatchShape, ...]


@frozen(kw_only=True)
class NewPhoneCall:
    """A call to be planned; where no time is given the earliest slot is taken.

    Attributes:
        caller_id: Where nothing is said whoever is free.
        scheduled_date: Together with *scheduled_time*; perhaps outside of the phone hours, never on a day without
            calls.
        duration_minutes: As long as the rules say where nothing is said.
        placement_request_ids: In the order in which to ask.
    """

    therapist_id: Id
    caller_id: Id = UNNAMED
    scheduled_date: date = UNNAMED
    scheduled_time: time = UNNAMED
    duration_minutes: Minutes = UNNAMED
    placement_request_ids: tuple[Id, ...] = UNNAMED
    notes: Prose = UNNAMED


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


@frozen(kw_only=True)
class PhoneCallBatchChange:
    """What is to be corrected about a placement request in a call that was held.

    Attributes:
        outcome: What the therapist said about it.
        follow_up_notes: What was promised.
    """

    outcome: SaidOutcome = UNNAMED
    follow_up_notes: Prose = UNNAMED


@frozen(kw_only=True)
class PhoneCallQuery(PageQuery):
    """Which calls.

    Attributes:
        scheduled_date: Planned on this local day.
    """

    therapist_id: Id = UNNAMED
    caller_id: Id = UNNAMED
    status: CallStatus = UNNAMED
    scheduled_date: date = UNNAMED


def call_shape(call: PhoneCall) -> PhoneCallShape:
    """A call, to be shown."""
    return PhoneCallShape(
        id=call.id,
        therapist_id=call.therapist_id,
        caller_id=call.caller_id,
        phone=call.number,
        scheduled_date=call.time.day,
        scheduled_time=_on_the_clock(call.time.start),
        duration_minutes=call.time.minutes,
        status=call.status,
        cause=call.cause,
        actual_date=call.actual_on,
        actual_time=None if call.actual_at is None else _on_the_clock(call.actual_at),
        outcome=call.outcome,
        notes=call.notes,
        retry_after=call.retry_after,
        exhausted=call.exhausted,
        attempt=call.attempt,
        previous_id=call.previous_id,
        outside_hours=call.outside_hours,
        batches=tuple(batch_shape(call, item) for item in call.items),
    )


def batch_shape(call: PhoneCall, item: CallItem) -> PhoneCallBatchShape:
    """A batch row, to be shown."""
    return PhoneCallBatchShape(
        id=item.id,
        phone_call_id=call.id,
        placement_request_id=item.placement_request_id,
        priority=item.rank,
        included=item.included,
        discussed=item.discussed,
        outcome=item.outcome,
        follow_up_required=item.follow_up_required,
        follow_up_notes=item.follow_up_notes,
    )


def _on_the_clock(minute: int) -> Any:
    """A minute of a day as it is written: the seconds of a ``time`` would be too many."""
    return clock(minute)


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


_PLACES: Mapping[str, str] = {
    "therapist": "therapist_id",
    "caller": "caller_id",
    "placement request": "placement_request_ids",
}


@contextmanager
def _named_in_the_body() -> Iterator[None]:
    """Who is unknown and was named in a body is a fault of the body, not of the path."""
    try:
        yield
    except UnknownId as unknown:
        if unknown.kind not in _PLACES:
            raise
        raise InvalidValues([InvalidValue(_PLACES[unknown.kind], f"no {unknown.kind} has this id")]) from None


def _own(asked: Asked, call: PhoneCall) -> PhoneCall:
    """The call, unless a caller asks for somebody else's.

    Raises:
        ProblemRaised: it is not theirs.
    """
    if asked.token.role is Role.CALLER and (asked.token.caller is None or call.caller_id != asked.token.caller):
        raise ProblemRaised(403, "a caller's token sees and tells of the calls of its own caller")
    return call


def _show(asked: Asked, *, hold: bool = False) -> PhoneCallShape:
    return call_shape(_own(asked, asked.application.show.call(PhoneCallId(asked.number), hold=hold)))


def _held(asked: Asked) -> PhoneCallShape:
    return _show(asked, hold=True)


def find(asked: Asked) -> Outcome:
    """List calls."""
    told = wanted_by(asked.query)
    cut = asked.query.cut()
    if asked.token.role is Role.CALLER:
        if told.get("caller_id", asked.token.caller) != asked.token.caller or asked.token.caller is None:
            raise ProblemRaised(403, "a caller's token sees and tells of the calls of its own caller")
        told["caller_id"] = CallerId(asked.token.caller)
    found = asked.application.show.calls(CallFilter(day=told.pop("scheduled_date", None), **told), cut)
    return Shown(part(PhoneCallShape, [call_shape(row) for row in found.rows], cut, found.total))


def show(asked: Asked) -> Outcome:
    """Show one call."""
    return Shown(_show(asked), etag=True)


def create(asked: Asked) -> Outcome:
    """Plan a call, or say why not."""
    told = named(asked.body)
    requests = tuple(map(PlacementRequestId, told.get("placement_request_ids", ())))
    when = {name for name in ("scheduled_date", "scheduled_time") if name in told}
    if len(when) == 1 or ("duration_minutes" in told and not when):
        missing = {"scheduled_date", "scheduled_time"} - when
        raise InvalidValues([InvalidValue(name, "is missing: a time needs its day") for name in sorted(missing)])
    schedule = asked.application.schedule_call
    planned = None
    if when:
        minutes = told.get("duration_minutes", call_minutes(len(requests), schedule.switchboard.policy))
        with places_named(time="scheduled_time"):
            planned = CallTime(told["scheduled_date"], _minute(told["scheduled_time"]), minutes)
    with _named_in_the_body():
        scheduling = schedule(
            TherapistId(told["therapist_id"]),
            time=planned,
            caller_id=None if "caller_id" not in told else CallerId(told["caller_id"]),
            request_ids=requests,
            notes=told.get("notes"),
        )
    if scheduling.call is None:
        return _refused(scheduling)
    return Created(
        call_shape(asked.application.show.call(scheduling.call.id)), f"/api/phone-calls/{scheduling.call.id}"
    )


_OF_THE_PLAN = frozenset({"scheduled_date", "scheduled_time", "duration_minutes", "caller_id"})
_OF_A_STATUS = frozenset({"actual_date", "actual_time", "outcome", "retry_after"})
_OF_A_CALL_MADE = _OF_A_STATUS - {"outcome"}


def change(asked: Asked) -> Outcome:
    """Move a call, or say what came of it."""
    told = named(asked.body)
    call_id = PhoneCallId(asked.number)
    _own(asked, asked.application.show.call(call_id))
    status = told.pop("status", None)
    if asked.token.role is Role.CALLER and (status is NextStatus.CANCELED or _OF_THE_PLAN & told.keys()):
        raise ProblemRaised(403, "a caller says what came of a call: the plan is a coordinator's")
    if status is not NextStatus.COMPLETED and "outcomes" in told:
        raise InvalidValues([InvalidValue("outcomes", "has a meaning with completed only")])
    if status is None and (lost := sorted(_OF_A_STATUS & told.keys())):
        raise InvalidValues([InvalidValue(name, "has a meaning with a status only") for name in lost])
    if status is NextStatus.CANCELED and (lost := sorted(_OF_A_CALL_MADE & told.keys())):
        raise InvalidValues([InvalidValue(name, "has no meaning for a call that is off") for name in lost])
    if _OF_THE_PLAN & told.keys() or (status in (None, NextStatus.CANCELED) and "notes" in told):
        scheduling = _move(asked, call_id, told)
        if scheduling.call is None:
            return _refused(scheduling)
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
    return Shown(_show(asked), etag=True)


def _complete(asked: Asked, call_id: PhoneCallId, told: Mapping[str, Any]) -> None:
    said: dict[PlacementRequestId, SaidOutcome] = {}
    promised: dict[PlacementRequestId, str] = {}
    for place, each in enumerate(told.get("outcomes", ())):
        request_id = PlacementRequestId(each.placement_request_id)
        if request_id in said:
            raise InvalidValues([InvalidValue(f"outcomes[{place}].placement_request_id", "stands twice")])
        said[request_id] = each.outcome
        if each.follow_up_notes is not UNNAMED:
            promised[request_id] = each.follow_up_notes
    asked.application.complete_call(
        call_id,
        said,
        at=_made(told),
        outcome=told.get("outcome"),
        notes=told.get("notes"),
        follow_up_notes=promised,
        retry_after=told.get("retry_after"),
    )


def _move(asked: Asked, call_id: PhoneCallId, told: Mapping[str, Any]) -> Scheduling:
    before = asked.application.show.call(call_id, hold=True).time  # what is not named stays as it is now
    start = told.get("scheduled_time")
    with places_named(time="scheduled_time"):
        moved = CallTime(
            told.get("scheduled_date", before.day),
            before.start if start is None else _minute(start),
            told.get("duration_minutes", before.minutes),
        )
    with _named_in_the_body():
        return asked.application.move_call(
            call_id,
            time=None if moved == before else moved,
            caller_id=None if "caller_id" not in told else CallerId(told["caller_id"]),
            notes=told.get("notes"),
        )


def _made(told: Mapping[str, Any]) -> Moment | None:
    """When a call was made; None: now."""
    given = [name for name in ("actual_date", "actual_time") if name in told]
    if not given:
        return None
    if len(given) == 1:
        missing = "actual_time" if given == ["actual_date"] else "actual_date"
        raise InvalidValues([InvalidValue(missing, "is missing: a time needs its day")])
    return Moment(told["actual_date"], _minute(told["actual_time"]))


def _refused(scheduling: Scheduling) -> Refused:
    return Refused(decision=scheduling.decision, closed=scheduling.closed)


def cancel(asked: Asked) -> Outcome:
    """Cancel a planned call."""
    asked.application.cancel_call(PhoneCallId(asked.number))
    return Done()


def _batch(asked: Asked, *, hold: bool = False) -> PhoneCallBatchShape:
    call = _own(asked, asked.application.show.call_of_batch(PhoneCallBatchId(asked.number), hold=hold))
    for item in call.items:
        if item.id == asked.number:
            return batch_shape(call, item)
    raise ProblemRaised(404, f"no phone call batch has the id {asked.number}")


def _held_batch(asked: Asked) -> PhoneCallBatchShape:
    return _batch(asked, hold=True)


def show_batch(asked: Asked) -> Outcome:
    """Show one placement request in one call."""
    return Shown(_batch(asked), etag=True)


def change_batch(asked: Asked) -> Outcome:
    """Correct what was said about one request in a call that was held."""
    told = named(asked.body)
    call = _own(asked, asked.application.show.call_of_batch(PhoneCallBatchId(asked.number), hold=True))
    item = next(each for each in call.items if each.id == asked.number)
    if call.status is not CallStatus.COMPLETED:
        raise IllegalTransition(f"call {call.id}", call.status.value, "corrected: it was not held")
    if not item.included:
        raise IllegalTransition(f"call batch {item.id}", "taken out of its call", "corrected")
    outcome = told.get("outcome", item.outcome)
    if outcome is not None and told:
        notes = {} if "follow_up_notes" not in told else {item.placement_request_id: told["follow_up_notes"]}
        said = {item.placement_request_id: outcome}
        asked.application.complete_call(call.id, said, follow_up_notes=notes)
    return Shown(_batch(asked), etag=True)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/phone-calls",
        name="listPhoneCalls",
        summary="List calls",
        description="Newest first.",
        tag="calls",
        act=find,
        query=PhoneCallQuery,
        answer=list_of(PhoneCallShape),
    ),
    Operation(
        method="POST",
        path="/api/phone-calls",
        name="createPhoneCall",
        summary="Plan a call",
        description="At the time that is given, or at the earliest slot inside of the phone hours.",
        tag="calls",
        act=create,
        body=NewPhoneCall,
        answer=PhoneCallShape,
        status=HTTPStatus.CREATED,
        refuses=True,
        example={"therapist_id": 1, "notes": "bittet um Rückruf"},
    ),
    Operation(
        method="GET",
        path="/api/phone-calls/{id}",
        name="getPhoneCall",
        summary="Show a call",
        tag="calls",
        act=show,
        answer=PhoneCallShape,
    ),
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
    Operation(
        method="GET",
        path="/api/phone-call-batches/{id}",
        name="getPhoneCallBatch",
        summary="Show a placement request in a call",
        tag="calls",
        act=show_batch,
        answer=PhoneCallBatchShape,
    ),
    Operation(
        method="PUT",
        path="/api/phone-call-batches/{id}",
        name="changePhoneCallBatch",
        summary="Correct what was said about a placement request in a call",
        description="Of a call that was held.",
        tag="calls",
        act=change_batch,
        body=PhoneCallBatchChange,
        answer=PhoneCallBatchShape,
        refuses=True,
        current=_held_batch,
        example={"outcome": "rejected"},
    ),
)
