"""The call list over HTTP: for programs, and for calendars."""

import re
from collections.abc import Iterator
from datetime import date, time
from typing import Any

from attrs import frozen

from boona_adapters.calendars import calendar
from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Operation, Outcome, Shown, Understood, Written
from boona_adapters.http.own_calls import caller_seen
from boona_adapters.http.places import unknown_named
from boona_adapters.http.responses import JSON
from boona_adapters.http.texts import Id
from boona_core.calls import CallStatus
from boona_core.contact import Channel
from boona_core.past_contacts import PastContact
from boona_core.patients import Gender
from boona_core.usecases.composing import name_of
from boona_core.usecases.listing_calls import ListCalls, ListedCall
from boona_core.windows import clock

CALENDAR = "text/calendar"
_WEIGHT = re.compile(r"(0(\.[0-9]{0,3})?|1(\.0{0,3})?)")


@frozen(kw_only=True)
class CallListQuery:
    """Which calls.

    Attributes:
        date_: The local day; today where nothing is said.
        caller: Of this caller only.
    """

    date_: date = UNNAMED
    caller: Id = UNNAMED


@frozen(kw_only=True)
class ListedPatientShape:
    """A patient in a call, without a name.

    Attributes:
        number: Under which the answer is recorded.
        age: In years, on the day of the list.
        diagnoses: As codes.
    """

    number: int
    placement_request_id: int
    age: int | None
    gender: Gender | None
    diagnoses: tuple[str, ...]


@frozen(kw_only=True)
class PastContactShape:
    """A contact with the therapist before.

    Attributes:
        reached: The email did not bounce; somebody answered the call.
        answered_on: The day of the answer; null: there is none.
        promises: What was promised.
    """

    channel: Channel
    day: date
    reached: bool
    answered_on: date | None
    promises: tuple[str, ...]


@frozen(kw_only=True)
class ListedCallShape:
    """A call with all that the caller needs to know.

    Attributes:
        caller: The caller's name; null: nobody in particular.
        therapist: Title and name.
        phone: The number as it was given.
        attempts: After so many failed attempts a person decides.
        words: What to say, in German.
        history: The last contacts before, the newest first.
    """

    phone_call_id: int
    caller_id: int | None
    caller: str | None
    therapist_id: int
    therapist: str
    phone: str | None
    scheduled_date: date
    scheduled_time: time
    duration_minutes: int
    status: CallStatus
    attempt: int
    attempts: int
    words: str
    patients: tuple[ListedPatientShape, ...]
    history: tuple[PastContactShape, ...]


@frozen(kw_only=True)
class CallListShape:
    """The calls of a day, by caller and time, those that were canceled included."""

    data: tuple[ListedCallShape, ...]


def listed_shape(use: ListCalls, listed: ListedCall) -> ListedCallShape:
    """A call on the list, to be shown."""
    call = listed.call
    start: Any = clock(call.time.start)
    return ListedCallShape(
        phone_call_id=call.id,
        caller_id=call.caller_id,
        caller=None if listed.caller is None else listed.caller.name,
        therapist_id=call.therapist_id,
        therapist=name_of(listed.therapist),
        phone=listed.therapist.phone,
        scheduled_date=call.time.day,
        scheduled_time=start,
        duration_minutes=call.time.minutes,
        status=call.status,
        attempt=call.attempt,
        attempts=listed.attempts,
        words=use.words(listed),
        patients=tuple(
            ListedPatientShape(
                number=each.number,
                placement_request_id=each.item.placement_request_id,
                age=each.profile.age,
                gender=each.profile.gender,
                diagnoses=tuple(one.code for one in each.profile.diagnoses),
            )
            for each in listed.patients
        ),
        history=tuple(map(_past, listed.history)),
    )


def _past(contact: PastContact) -> PastContactShape:
    return PastContactShape(
        channel=contact.channel,
        day=contact.day,
        reached=contact.reached,
        answered_on=contact.answered_on,
        promises=contact.promises,
    )


def wants_calendar(accepts: str) -> bool:
    """Whether a client wants a calendar at least as much as JSON, by its ``Accept`` header."""
    wanted = dict(_wanted(accepts))
    calendar_ = wanted.get(CALENDAR, 0.0)
    return calendar_ > 0 and calendar_ >= wanted.get(JSON, 0.0)


def _wanted(accepts: str) -> Iterator[tuple[str, float]]:
    """The media types and how much each is wanted, 0 to 1; a weight that cannot be read counts as 1."""
    for part in accepts.lower().split(","):
        media_type, *parameters = (each.strip() for each in part.split(";"))
        weight = next((each.removeprefix("q=") for each in parameters if each.startswith("q=")), "1")
        yield media_type, float(weight) if _WEIGHT.fullmatch(weight) else 1.0


def show(asked: Understood) -> Outcome:
    """Show the calls of a day."""
    told = named(asked.query)
    caller = caller_seen(asked.token, told.get("caller"))
    use = asked.application.list_calls
    with unknown_named({"caller": "caller"}):
        listed = use(on=told.get("date_"), caller_id=caller)
    if wants_calendar(asked.accepts):
        host = asked.application.write_email.stationery.sender.email.rpartition("@")[2]
        return Written(CALENDAR, calendar(use.entries(listed), host=host))
    return Shown(CallListShape(data=tuple(listed_shape(use, each) for each in listed.calls)))


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/call-list",
        name="getCallList",
        summary="The calls of a day, with all that a caller needs to know",
        description="With `Accept: text/calendar` as a calendar, which names no patient.",
        tag="calls",
        act=show,
        query=CallListQuery,
        answer=CallListShape,
        media_types=(CALENDAR,),
    ),
)
