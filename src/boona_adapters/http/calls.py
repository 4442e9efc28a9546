"""Phone calls over HTTP: listed, shown, planned and canceled."""

from datetime import date, time
from http import HTTPStatus

from attrs import frozen

from boona_adapters.http.call_shapes import Minutes, PhoneCallShape, call_shape
from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Created, Operation, Outcome, Shown, Understood, refusal_of
from boona_adapters.http.own_calls import call_seen, caller_seen
from boona_adapters.http.places import places_named, refuse_fields, unknown_named
from boona_adapters.http.shaping import PageQuery, list_of, part, wanted_by
from boona_adapters.http.texts import Id, Prose
from boona_core.api_ports import CallFilter
from boona_core.calls import CallStatus, CallTime, call_minutes
from boona_core.ids import CallerId, PlacementRequestId, TherapistId
from boona_core.windows import minute_of_day


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


_UNKNOWN = {
    "therapist": "therapist_id",
    "caller": "caller_id",
    "placement request": "placement_request_ids",
}


def find(asked: Understood) -> Outcome:
    """List calls."""
    told = wanted_by(asked.query)
    cut = asked.query.cut()
    told["caller_id"] = caller_seen(asked.token, told.get("caller_id"))
    found = asked.application.show.calls(CallFilter(day=told.pop("scheduled_date", None), **told), cut)
    return Shown(part(PhoneCallShape, [call_shape(row) for row in found.rows], cut, found.total))


def show(asked: Understood) -> Outcome:
    """Show one call."""
    return Shown(call_shape(call_seen(asked)), etag=True)


def create(asked: Understood) -> Outcome:
    """Plan a call, or say why not."""
    told = named(asked.body)
    requests = tuple(map(PlacementRequestId, told.get("placement_request_ids", ())))
    when = {name for name in ("scheduled_date", "scheduled_time") if name in told}
    if len(when) == 1 or ("duration_minutes" in told and not when):
        refuse_fields({"scheduled_date", "scheduled_time"} - when, "is missing: a time needs its day")
    schedule = asked.application.schedule_call
    planned = None
    if when:
        minutes = told.get("duration_minutes", call_minutes(len(requests), schedule.switchboard.policy))
        with places_named(time="scheduled_time"):
            planned = CallTime(told["scheduled_date"], minute_of_day(told["scheduled_time"]), minutes)
    with unknown_named(_UNKNOWN):
        scheduling = schedule(
            TherapistId(told["therapist_id"]),
            time=planned,
            caller_id=None if "caller_id" not in told else CallerId(told["caller_id"]),
            request_ids=requests,
            notes=told.get("notes"),
        )
    if scheduling.call is None:
        return refusal_of(scheduling)
    return Created(
        call_shape(asked.application.show.call(scheduling.call.id)), f"/api/phone-calls/{scheduling.call.id}"
    )


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
)
