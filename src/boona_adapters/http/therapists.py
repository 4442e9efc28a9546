"""Therapists over HTTP: their data, why they may be contacted or not, and what contacts there were."""

from datetime import date, time
from http import HTTPStatus
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import attrs
from attrs import frozen

from boona_adapters.addresses import mailbox_of
from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Created, Done, Operation, Outcome, Shown, Understood
from boona_adapters.http.problems import DecisionShape, decision_shape
from boona_adapters.http.shaping import NumberedPageQuery, PageQuery, body_of, list_of, part, plain, wanted_by
from boona_adapters.http.texts import Address, Line50, Line100, Line255, Prose, Text, Whole
from boona_core.api_ports import TherapistFilter
from boona_core.calls import PhoneCall
from boona_core.contact import Channel
from boona_core.diagnoses import read_group
from boona_core.emails import Email
from boona_core.errors import InvalidValue
from boona_core.ids import TherapistId
from boona_core.instants import local_day
from boona_core.patients import Gender, PreferredGender
from boona_core.slots import Slot
from boona_core.therapists import GroupTherapy, Therapist, TherapistStatus
from boona_core.windows import WeeklyWindows, clock

OLDEST = 120


def _group(value: str) -> None:
    if read_group(value) is None:
        raise InvalidValue("", "is no ICD-10 code and no group such as F32 or F30-F39")


Name = Annotated[str, Text(100, least=1)]
DiagnosisGroup = Annotated[str, Text(100, check=_group)]
KEPT_BY_THE_SYSTEM = ("id", "last_email_on", "last_call_on", "last_conversation_on", "merged_into")


@frozen(kw_only=True)
class TherapistShape:
    """A therapist; null is unknown, unless said otherwise.

    Attributes:
        external_id: The id in another system or list; imports refer by it.
        phone_hours: When the phone is answered; null: unknown, empty: never.
        other_addresses: Where sessions take place besides, each in one line; one without a postal code is at an
            unknown place.
        languages: Languages besides German.
        potentially_available: Somebody heard that there may be places: puts first in the order.
        blocked_on: Since when the therapist is blocked or inactive; the day of that change where nothing else is said.
        blocked_until: The first day after the block; null while blocked: for good.
        do_not_contact: No contact on any channel.
        absent_until: The first day back from a known absence.
        availability: Weekly hours in which sessions are possible.
        patient_age_from: The youngest patients taken, in years; null: no lower bound.
        patient_age_to: The oldest patients taken, in years; null: no upper bound.
        accepted_diagnoses: ICD-10 codes or groups, such as ``F32.1`` or ``F30-F39``; empty: all.
        refused_diagnoses: Likewise; empty: none.
        last_email_on: The day of the last email; kept by the system.
        last_call_on: The day of the last call; kept by the system.
        last_conversation_on: The day of the last personal conversation; kept by the system.
        merged_into: The entry that is kept of a person who was entered twice; null: this one was not merged.
    """

    id: int
    external_id: Line100 | None
    salutation: Line50 | None
    title: Line50 | None
    first_name: Line100
    last_name: Name
    gender: Gender | None
    street: Line255 | None
    postal_code: Annotated[str, Text(10)] | None
    city: Line100 | None
    other_addresses: tuple[Line255, ...]
    phone: Line50 | None
    fax: Line50 | None
    email: Address | None
    website: Line255 | None
    insurance_seat: bool | None
    phone_hours: WeeklyWindows | None
    languages: tuple[Line100, ...]
    therapy_methods: tuple[Line100, ...]
    qualifications: Prose | None
    special_services: Prose | None
    potentially_available: bool
    potentially_available_notes: Prose | None
    status: TherapistStatus
    blocked_reason: Prose | None
    blocked_on: date | None
    blocked_until: date | None
    do_not_contact: bool
    absent_until: date | None
    individual_places_from: date | None
    group_places_from: date | None
    availability: WeeklyWindows | None
    patient_age_from: Annotated[int, Whole(0, OLDEST)] | None
    patient_age_to: Annotated[int, Whole(0, OLDEST)] | None
    patient_gender: PreferredGender | None
    accepted_diagnoses: tuple[DiagnosisGroup, ...]
    refused_diagnoses: tuple[DiagnosisGroup, ...]
    group_therapy: GroupTherapy | None
    last_email_on: date | None
    last_call_on: date | None
    last_conversation_on: date | None
    merged_into: int | None


NewTherapist: type[Any] = body_of(
    "NewTherapist", "A therapist to be created.", TherapistShape, without=KEPT_BY_THE_SYSTEM, required=("last_name",)
)
TherapistChange: type[Any] = body_of(
    "TherapistChange",
    "The fields of a therapist that change; null empties one.",
    TherapistShape,
    without=KEPT_BY_THE_SYSTEM,
)

_NAMES = tuple(each.name for each in attrs.fields(TherapistShape))


def therapist_shape(therapist: Therapist) -> TherapistShape:
    """A therapist, to be shown."""
    values = {name: getattr(therapist, name) for name in _NAMES}
    hours = therapist.phone_hours
    values["phone_hours"] = None if hours is None else hours.to_json()
    values["availability"] = None if therapist.availability is None else therapist.availability.to_json()
    return TherapistShape(**values)


@frozen(kw_only=True)
class TherapistQuery(PageQuery):
    """Which therapists."""

    status: TherapistStatus = UNNAMED
    postal_code: Annotated[str, Text(10)] = UNNAMED
    potentially_available: bool = UNNAMED
    external_id: Line100 = UNNAMED


@frozen(kw_only=True)
class DecisionQuery:
    """On which channel.

    Attributes:
        channel: ``email`` where nothing is said.
    """

    channel: Channel = UNNAMED


@frozen(kw_only=True)
class ContactDecisionShape:
    """Whether a therapist may be contacted today, and what would stand in the next email.

    Attributes:
        next_requests: The placement requests that the next email would hold, in order.
        outstanding: The emails that are queued, sending or uncertain.
    """

    therapist_id: int
    channel: Channel
    decision: DecisionShape
    next_requests: tuple[int, ...]
    outstanding: tuple[int, ...]


@frozen(kw_only=True)
class OutcomeShape:
    """What was said about one placement request."""

    placement_request_id: int
    outcome: str | None


@frozen(kw_only=True)
class ContactShape:
    """One contact, or attempt at one: an email or a call.

    Attributes:
        email_id: The email; null: it was a call.
        phone_call_id: The call; null: it was an email.
        day: The local day of the call, or on which the email was handed over; null: it was not, or not yet.
        status: Where it stands.
        outcomes: The placement requests in it, in order, with what was said about each.
    """

    channel: Channel
    email_id: int | None
    phone_call_id: int | None
    day: date | None
    status: str
    outcomes: tuple[OutcomeShape, ...]


@frozen(kw_only=True)
class SlotQuery:
    """In which days.

    Attributes:
        from_: The first day; today where nothing is said.
        to: The last day; the end of the horizon where nothing is said.
        duration: Minutes of the call; as long as one about one request where nothing is said.
    """

    from_: date = UNNAMED
    to: date = UNNAMED
    duration: Annotated[int, Whole(1, 240)] = UNNAMED


@frozen(kw_only=True)
class SlotShape:
    """A time at which a call can be made, local wall time.

    Attributes:
        caller_ids: Who is free then; empty where no callers are recorded.
    """

    scheduled_date: date
    scheduled_time: time
    duration_minutes: int
    caller_ids: tuple[int, ...]


@frozen(kw_only=True)
class SlotsShape:
    """The free times of a therapist, in order."""

    data: tuple[SlotShape, ...]


def _values(body: Any) -> dict[str, Any]:
    values = {name: plain(value) for name, value in named(body).items()}
    if "email" in values:
        values["mailbox"] = None if values["email"] is None else mailbox_of(values["email"])
    return values


def _show(asked: Understood, *, hold: bool = False) -> TherapistShape:
    return therapist_shape(asked.application.show.therapist(TherapistId(asked.number), hold=hold))


def _held(asked: Understood) -> TherapistShape:
    return _show(asked, hold=True)


def find(asked: Understood) -> Outcome:
    """List therapists."""
    cut = asked.query.cut()
    found = asked.application.show.therapists(TherapistFilter(**wanted_by(asked.query)), cut)
    return Shown(part(TherapistShape, [therapist_shape(row) for row in found.rows], cut, found.total))


def show(asked: Understood) -> Outcome:
    """Show one therapist."""
    return Shown(_show(asked), etag=True)


def create(asked: Understood) -> Outcome:
    """Create a therapist."""
    number = asked.application.keep_therapist.create(_values(asked.body))
    return Created(therapist_shape(asked.application.show.therapist(TherapistId(number))), f"/api/therapists/{number}")


def change(asked: Understood) -> Outcome:
    """Change the fields that are named."""
    asked.application.keep_therapist.change(asked.number, _values(asked.body))
    return Shown(_show(asked), etag=True)


def erase(asked: Understood) -> Outcome:
    """Erase a therapist."""
    asked.application.keep_therapist.erase(asked.number)
    return Done()


def decide(asked: Understood) -> Outcome:
    """Say whether, and from when on, a therapist may be contacted."""
    channel = Channel.EMAIL if asked.query.channel is UNNAMED else asked.query.channel
    told = asked.application.explain_contact(TherapistId(asked.number))
    return Shown(
        ContactDecisionShape(
            therapist_id=told.therapist_id,
            channel=channel,
            decision=decision_shape(told.decisions[channel]),
            next_requests=told.next_requests,
            outstanding=tuple(email.id for email in told.outstanding),
        )
    )


def history(asked: Understood) -> Outcome:
    """List the contacts with a therapist, newest first."""
    cut = asked.query.cut()
    therapist = asked.application.show.therapist(TherapistId(asked.number), erased=True)
    zone = asked.application.write_email.zone
    found = asked.application.show.contacts(therapist.id, cut, zone=zone)
    return Shown(part(ContactShape, [_contact(row, zone) for row in found.rows], cut, found.total))


def _contact(contact: Email | PhoneCall, zone: ZoneInfo) -> ContactShape:
    outcomes = tuple(
        OutcomeShape(placement_request_id=item.placement_request_id, outcome=item.outcome) for item in contact.included
    )
    if isinstance(contact, Email):
        day = None if contact.marked_at is None else local_day(contact.marked_at, zone)
        return ContactShape(
            channel=Channel.EMAIL,
            email_id=contact.id,
            phone_call_id=None,
            day=day,
            status=contact.state.status,
            outcomes=outcomes,
        )
    return ContactShape(
        channel=Channel.PHONE,
        email_id=None,
        phone_call_id=contact.id,
        day=contact.time.day,
        status=contact.status.value,
        outcomes=outcomes,
    )


def list_slots(asked: Understood) -> Outcome:
    """List the times at which a therapist can be called."""
    told = named(asked.query)
    therapist = asked.application.show.therapist(TherapistId(asked.number))
    slots = asked.application.list_slots(
        therapist.id, first=told.get("from_"), last=told.get("to"), minutes=told.get("duration")
    )
    return Shown(SlotsShape(data=tuple(map(_slot, slots))))


def _slot(slot: Slot) -> SlotShape:
    start: Any = clock(slot.time.start)
    return SlotShape(
        scheduled_date=slot.time.day,
        scheduled_time=start,
        duration_minutes=slot.time.minutes,
        caller_ids=slot.callers,
    )


_EXAMPLE = {
    "salutation": "Frau",
    "first_name": "Uta",
    "last_name": "Beispiel",
    "email": "praxis@beispiel.example",
    "phone": "030 1234567",
    "postal_code": "10115",
    "phone_hours": {"tuesday": [{"start": "12:00", "end": "13:00"}]},
}

OPERATIONS = (
    Operation(
        method="GET",
        path="/api/therapists",
        name="listTherapists",
        summary="List therapists",
        tag="therapists",
        act=find,
        query=TherapistQuery,
        answer=list_of(TherapistShape),
    ),
    Operation(
        method="POST",
        path="/api/therapists",
        name="createTherapist",
        summary="Create a therapist",
        tag="therapists",
        act=create,
        body=NewTherapist,
        answer=TherapistShape,
        status=HTTPStatus.CREATED,
        example=_EXAMPLE,
        leads_to={"createEmail": "therapist_id", "createPlacementRequest": "therapist_id"},
    ),
    Operation(
        method="GET",
        path="/api/therapists/{id}",
        name="getTherapist",
        summary="Show a therapist",
        tag="therapists",
        act=show,
        answer=TherapistShape,
    ),
    Operation(
        method="PUT",
        path="/api/therapists/{id}",
        name="changeTherapist",
        summary="Change a therapist",
        description="Changes the fields that the body names. Whoever is blocked, inactive or not to be contacted from "
        "now on is withdrawn: unsent emails are canceled in the same transaction.",
        tag="therapists",
        act=change,
        body=TherapistChange,
        answer=TherapistShape,
        refuses=True,
        current=_held,
        example={"phone_hours": {"monday": [{"start": "09:00", "end": "11:30"}]}, "potentially_available": True},
    ),
    Operation(
        method="DELETE",
        path="/api/therapists/{id}",
        name="eraseTherapist",
        summary="Erase a therapist",
        description="Empties the personal fields everywhere; the contact facts stay.",
        tag="therapists",
        act=erase,
        status=HTTPStatus.NO_CONTENT,
        refuses=True,
        current=_held,
    ),
    Operation(
        method="GET",
        path="/api/therapists/{id}/contact-decision",
        name="decideContact",
        summary="May this therapist be contacted?",
        description="Every reason against it, and the first day on which it would be allowed.",
        tag="therapists",
        act=decide,
        query=DecisionQuery,
        answer=ContactDecisionShape,
    ),
    Operation(
        method="GET",
        path="/api/therapists/{id}/history",
        name="listContacts",
        summary="The contacts with a therapist",
        tag="therapists",
        act=history,
        query=NumberedPageQuery,
        answer=list_of(ContactShape),
    ),
    Operation(
        method="GET",
        path="/api/therapists/{id}/slots",
        name="listSlots",
        summary="When can this therapist be called?",
        description="Free times inside of the phone hours, on working days, around every planned call.",
        tag="therapists",
        act=list_slots,
        query=SlotQuery,
        answer=SlotsShape,
    ),
)
