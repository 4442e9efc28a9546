"""Those who make calls, over HTTP."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from attrs import evolve, frozen

from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Created, Done, Operation, Outcome, Shown, Understood
from boona_adapters.http.shaping import PageQuery, list_of, part
from boona_adapters.http.texts import Text
from boona_core.callers import Absence, Caller, CallerHours
from boona_core.errors import InvalidValue, InvalidValues
from boona_core.ids import CallerId
from boona_core.windows import WeeklyWindows

Name = Annotated[str, Text(100, least=1)]


@frozen(kw_only=True)
class AbsenceShape:
    """Days on which a caller makes no calls.

    Attributes:
        begins: The first day.
        ends: The first day back.
    """

    begins: date
    ends: date


@frozen(kw_only=True)
class CallerShape:
    """A member of staff who makes calls.

    Attributes:
        breaks: Taken out of the working hours.
        absences: In the order of their first days.
    """

    id: int
    name: str
    working_hours: WeeklyWindows
    breaks: WeeklyWindows
    absences: tuple[AbsenceShape, ...]


@frozen(kw_only=True)
class NewCaller:
    """A caller to be added.

    Attributes:
        working_hours: Where nothing is said: never.
    """

    name: Name
    working_hours: WeeklyWindows = UNNAMED
    breaks: WeeklyWindows = UNNAMED
    absences: tuple[AbsenceShape, ...] = UNNAMED


@frozen(kw_only=True)
class CallerChange:
    """What is to change about a caller; planned calls that do not fit any more are planned anew."""

    name: Name = UNNAMED
    working_hours: WeeklyWindows = UNNAMED
    breaks: WeeklyWindows = UNNAMED
    absences: tuple[AbsenceShape, ...] = UNNAMED


def caller_shape(caller: Caller) -> CallerShape:
    """A caller, to be shown."""
    hours: Any = caller.hours.working_hours.to_json()
    breaks: Any = caller.hours.breaks.to_json()
    return CallerShape(
        id=caller.id,
        name=caller.name,
        working_hours=hours,
        breaks=breaks,
        absences=tuple(AbsenceShape(begins=each.begins, ends=each.ends) for each in caller.hours.absences),
    )


def _hours(body: Any, before: CallerHours) -> CallerHours:
    told = named(body)
    told.pop("name", None)
    if "absences" in told:
        told["absences"] = tuple(_absence(place, each) for place, each in enumerate(told["absences"]))
    return evolve(before, **told)


def _absence(place: int, shape: AbsenceShape) -> Absence:
    try:
        return Absence(shape.begins, shape.ends)
    except InvalidValue as fault:
        raise InvalidValues([InvalidValue(f"absences[{place}].{fault.place}", fault.fault)]) from None


def _show(asked: Understood, *, hold: bool = False) -> CallerShape:
    return caller_shape(asked.application.show.caller(CallerId(asked.number), hold=hold))


def _held(asked: Understood) -> CallerShape:
    return _show(asked, hold=True)


def find(asked: Understood) -> Outcome:
    """List callers."""
    cut = asked.query.cut()
    callers = asked.application.keep_callers.all(active=True)
    begin = cut.offset if cut.after is None else sum(caller.id <= cut.after for caller in callers)
    rows = callers[begin : begin + cut.limit]
    return Shown(part(CallerShape, [caller_shape(each) for each in rows], cut, len(callers)))


def show(asked: Understood) -> Outcome:
    """Show one caller."""
    return Shown(_show(asked), etag=True)


def create(asked: Understood) -> Outcome:
    """Add a caller."""
    caller = asked.application.keep_callers.add(asked.body.name, _hours(asked.body, CallerHours()))
    return Created(caller_shape(caller), f"/api/callers/{caller.id}")


def change(asked: Understood) -> Outcome:
    """Change the fields that are named."""
    caller = asked.application.show.caller(CallerId(asked.number), hold=True)

    def becomes(before: Caller) -> Caller:
        return evolve(before, name=named(asked.body).get("name", before.name), hours=_hours(asked.body, before.hours))

    asked.application.keep_callers.change(caller.id, becomes)
    return Shown(_show(asked), etag=True)


def remove(asked: Understood) -> Outcome:
    """Let a caller make no calls any more."""
    asked.application.keep_callers.remove(CallerId(asked.number))
    return Done()


_EXAMPLE = {
    "name": "Mia",
    "working_hours": {"monday": [{"start": "09:00", "end": "16:00"}]},
    "breaks": {"monday": [{"start": "12:00", "end": "12:30"}]},
    "absences": [{"begins": "2027-01-04", "ends": "2027-01-09"}],
}

OPERATIONS = (
    Operation(
        method="GET",
        path="/api/callers",
        name="listCallers",
        summary="List callers",
        tag="calls",
        act=find,
        query=PageQuery,
        answer=list_of(CallerShape),
    ),
    Operation(
        method="POST",
        path="/api/callers",
        name="createCaller",
        summary="Add a caller",
        tag="calls",
        act=create,
        body=NewCaller,
        answer=CallerShape,
        status=HTTPStatus.CREATED,
        example=_EXAMPLE,
    ),
    Operation(
        method="GET",
        path="/api/callers/{id}",
        name="getCaller",
        summary="Show a caller",
        tag="calls",
        act=show,
        answer=CallerShape,
    ),
    Operation(
        method="PUT",
        path="/api/callers/{id}",
        name="changeCaller",
        summary="Change a caller",
        description="Planned calls that do not fit into the new hours are given to somebody else or another time, or "
        "are due again.",
        tag="calls",
        act=change,
        body=CallerChange,
        answer=CallerShape,
        current=_held,
        example={"absences": [{"begins": "2027-01-04", "ends": "2027-01-09"}]},
    ),
    Operation(
        method="DELETE",
        path="/api/callers/{id}",
        name="deleteCaller",
        summary="Let a caller make no calls any more",
        description="Past calls keep the name; planned ones are given to somebody else or another time, or are due "
        "again.",
        tag="calls",
        act=remove,
        status=HTTPStatus.NO_CONTENT,
        current=_held,
    ),
)
