"""Patients over HTTP."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

import attrs
from attrs import frozen

from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Created, Done, Operation, Outcome, Shown, Understood
from boona_adapters.http.shaping import PageQuery, body_of, list_of, part, plain, wanted_by
from boona_adapters.http.texts import LARGEST_PRIORITY, Address, Id, Line50, Line100, Line255, Prose, Text, Whole
from boona_core.api_ports import PatientFilter
from boona_core.ids import PatientId
from boona_core.patients import Gender, Patient, PatientStatus, PreferredGender, TravelMode
from boona_core.windows import WeeklyWindows

Name = Annotated[str, Text(100, least=1)]
KEPT_BY_THE_SYSTEM = ("id",)


@frozen(kw_only=True)
class TravelLimitShape:
    """How far a patient can travel; both limits hold where both are given.

    Attributes:
        max_km: Kilometres; null or left out: no limit by distance.
        max_minutes: Minutes one way; null or left out: no limit by time.
    """

    max_km: Annotated[int, Whole(1, LARGEST_PRIORITY)] | None = UNNAMED
    max_minutes: Annotated[int, Whole(1, LARGEST_PRIORITY)] | None = UNNAMED


@frozen(kw_only=True)
class PatientShape:
    """A patient; null is unknown, unless said otherwise.

    Attributes:
        external_id: The id in another system or list; imports refer by it.
        diagnosis: An ICD-10 code.
        contracts_signed: Needed, with a diagnosis, before the search begins.
        registered_on: First day of the search; the oldest are served first.
        first_place_on: Day on which a therapist accepted.
        lasting_place_on: Day from which the place is known to last.
        search_paused_until: The search rests before this day; null: it does not rest.
        availability: Weekly hours in which sessions are possible.
        languages: Languages in which therapy would be possible; empty: no wish.
        therapy_methods: The methods that would be accepted; empty: no wish.
        excluded_therapists: The ids of therapists to whom this patient is never offered.
    """

    id: int
    external_id: Line100 | None
    status: PatientStatus
    salutation: Line50 | None
    title: Line50 | None
    first_name: Name
    last_name: Name
    gender: Gender | None
    birth_date: date | None
    street: Line255 | None
    postal_code: Annotated[str, Text(10)] | None
    city: Line100 | None
    email: Address | None
    phone: Line50 | None
    general_practitioner: Line255 | None
    insurer: Line100 | None
    insurance_number: Line50 | None
    diagnosis: Line50 | None
    contracts_signed: bool
    consultation_attended: bool
    registered_on: date | None
    first_place_on: date | None
    lasting_place_on: date | None
    referred_by: Prose | None
    last_contact_on: date | None
    availability: WeeklyWindows | None
    travel_limit: TravelLimitShape | None
    travel_mode: TravelMode | None
    open_to_group_therapy: bool | None
    open_to_digital_therapy: bool | None
    therapy_experience: bool | None
    inpatient_treatment: bool | None
    occupation: Prose | None
    family_status: Line50 | None
    symptoms: Prose | None
    symptoms_since: date | None
    earlier_treatments: Prose | None
    physical_illnesses: Prose | None
    medication: Prose | None
    stressors: Prose | None
    support: Prose | None
    reason_for_search: Prose | None
    expectations: Prose | None
    goals: Prose | None
    earlier_therapies: Prose | None
    excluded_therapists: tuple[Id, ...]
    preferred_therapist_gender: PreferredGender | None
    languages: tuple[Line100, ...]
    therapy_methods: tuple[Line100, ...]
    search_paused_until: date | None


NewPatient: type[Any] = body_of(
    "NewPatient",
    "A patient to be created.",
    PatientShape,
    without=KEPT_BY_THE_SYSTEM,
    required=("first_name", "last_name"),
)
PatientChange: type[Any] = body_of(
    "PatientChange", "The fields of a patient that change; null empties one.", PatientShape, without=KEPT_BY_THE_SYSTEM
)

_NAMES = tuple(each.name for each in attrs.fields(PatientShape))


def patient_shape(patient: Patient) -> PatientShape:
    """A patient, to be shown."""
    values = {name: getattr(patient, name) for name in _NAMES}
    hours, limit = patient.availability, patient.travel_limit
    values["availability"] = None if hours is None else hours.to_json()
    values["travel_limit"] = limit and TravelLimitShape(max_km=limit.max_km, max_minutes=limit.max_minutes)
    values["excluded_therapists"] = tuple(sorted(patient.excluded_therapists))
    values["contracts_signed"] = bool(patient.contracts_signed)
    values["consultation_attended"] = bool(patient.consultation_attended)
    return PatientShape(**values)


@frozen(kw_only=True)
class PatientQuery(PageQuery):
    """Which patients."""

    status: PatientStatus = UNNAMED
    external_id: Line100 = UNNAMED


def _values(body: Any) -> dict[str, Any]:
    values = {name: plain(value) for name, value in named(body).items()}
    if values.get("excluded_therapists"):
        values["excluded_therapists"] = sorted(set(values["excluded_therapists"]))
    if values.get("travel_limit") == {}:
        values["travel_limit"] = None
    return values


def _show(asked: Understood, *, hold: bool = False) -> PatientShape:
    return patient_shape(asked.application.show.patient(PatientId(asked.number), hold=hold))


def _held(asked: Understood) -> PatientShape:
    return _show(asked, hold=True)


def find(asked: Understood) -> Outcome:
    """List patients."""
    cut = asked.query.cut()
    found = asked.application.show.patients(PatientFilter(**wanted_by(asked.query)), cut)
    return Shown(part(PatientShape, [patient_shape(row) for row in found.rows], cut, found.total))


def show(asked: Understood) -> Outcome:
    """Show one patient."""
    return Shown(_show(asked), etag=True)


def create(asked: Understood) -> Outcome:
    """Create a patient."""
    number = asked.application.keep_patient.create(_values(asked.body))
    return Created(patient_shape(asked.application.show.patient(PatientId(number))), f"/api/patients/{number}")


def change(asked: Understood) -> Outcome:
    """Change the fields that are named."""
    asked.application.keep_patient.change(asked.number, _values(asked.body))
    return Shown(_show(asked), etag=True)


def erase(asked: Understood) -> Outcome:
    """Erase a patient."""
    asked.application.keep_patient.erase(asked.number)
    return Done()


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/patients",
        name="listPatients",
        summary="List patients",
        tag="patients",
        act=find,
        query=PatientQuery,
        answer=list_of(PatientShape),
    ),
    Operation(
        method="POST",
        path="/api/patients",
        name="createPatient",
        summary="Create a patient",
        tag="patients",
        act=create,
        body=NewPatient,
        answer=PatientShape,
        status=HTTPStatus.CREATED,
        example={
            "first_name": "Kim",
            "last_name": "Muster",
            "gender": "diverse",
            "birth_date": "1990-05-17",
            "diagnosis": "F32.1",
            "contracts_signed": True,
            "status": "searching",
            "availability": {"wednesday": [{"start": "15:00", "end": "19:00"}]},
        },
        leads_to={"createPlacementRequest": "patient_id"},
    ),
    Operation(
        method="GET",
        path="/api/patients/{id}",
        name="getPatient",
        summary="Show a patient",
        tag="patients",
        act=show,
        answer=PatientShape,
    ),
    Operation(
        method="PUT",
        path="/api/patients/{id}",
        name="changePatient",
        summary="Change a patient",
        description="Changes the fields that the body names. Whoever stops searching or pauses is withdrawn: taken out "
        "of unsent emails in the same transaction.",
        tag="patients",
        act=change,
        body=PatientChange,
        answer=PatientShape,
        refuses=True,
        current=_held,
        example={"search_paused_until": "2027-01-15"},
    ),
    Operation(
        method="DELETE",
        path="/api/patients/{id}",
        name="erasePatient",
        summary="Erase a patient",
        description="Empties the personal fields everywhere; the contact facts stay.",
        tag="patients",
        act=erase,
        status=HTTPStatus.NO_CONTENT,
        refuses=True,
        current=_held,
    ),
)
