"""Who waits for a place, and what is known about them?

A patient is a value.  Nothing in it says what may happen next: the moves of the status and
the contact with therapists are decided elsewhere.  Dates are local dates of the agency.
Health data lives here: the ``repr`` of a patient shows its id and nothing else, so that no
log line and no traceback carries a name or a diagnosis.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from attrs import Attribute, converters, field, frozen

from boona_core.errors import InvalidValue
from boona_core.ids import PatientId, TherapistId
from boona_core.instants import utc
from boona_core.windows import WeeklyWindows


class Gender(StrEnum):
    """The gender of a person."""

    FEMALE = "female"
    MALE = "male"
    DIVERSE = "diverse"


class PreferredGender(StrEnum):
    """Which gender a patient wishes the therapist to have; ``any`` is a wish that was asked for."""

    FEMALE = "female"
    MALE = "male"
    DIVERSE = "diverse"
    ANY = "any"


class PatientStatus(StrEnum):
    """Where a patient stands: only ``searching`` patients are offered to therapists."""

    OPEN = "open"
    SEARCHING = "searching"
    IN_THERAPY = "in_therapy"
    THERAPY_COMPLETED = "therapy_completed"
    SEARCH_ABORTED = "search_aborted"
    THERAPY_ABORTED = "therapy_aborted"


class TravelMode(StrEnum):
    """How a patient gets to the practice."""

    CAR = "car"
    TRANSIT = "transit"
    BIKE = "bike"
    FOOT = "foot"


def _at_least_one(_: object, attribute: "Attribute[int | None]", value: int | None) -> None:
    if value is not None and value < 1:
        raise InvalidValue(attribute.name, "must be at least 1")


@frozen(kw_only=True)
class TravelLimit:
    """How far a patient can travel; both limits hold where both are given.

    Attributes:
        max_km: Kilometres, at least 1; None means no limit by distance.
        max_minutes: Minutes one way, at least 1; None means no limit by time.

    Raises:
        InvalidValue: a limit is below 1.
    """

    max_km: int | None = field(default=None, validator=_at_least_one)
    max_minutes: int | None = field(default=None, validator=_at_least_one)


def _hidden_from_repr(_: type, attributes: "list[Attribute[Any]]") -> "list[Attribute[Any]]":
    """attrs field transformer: keep every field but the id out of the ``repr``."""
    return [attribute.evolve(repr=attribute.name == "id") for attribute in attributes]


@frozen(kw_only=True, field_transformer=_hidden_from_repr)
class Patient:
    """A person who waits for a therapy place.

    None means unknown everywhere, unless said otherwise below.

    Attributes:
        id: Given by the store.
        external_id: The id in the agency's own lists; imports refer by it.
        first_name: Empty once the patient is erased.
        last_name: Empty once the patient is erased.
        diagnosis: An ICD-10 code as text, such as ``F32.1``.
        contracts_signed: Needed, with a diagnosis, before a search starts.
        registered_on: First day of the search; the oldest are served first.  It is set once.
        first_place_on: Day on which a therapist accepted.
        lasting_place_on: Day from which the place is known to last.
        availability: Weekly hours in which the patient can attend sessions.
        open_to_digital_therapy: Whether a digital health application would be used meanwhile.
        symptoms_since: First day of the complaints, as exact as the patient could say.
        therapy_experience: Whether there was any psychotherapy before.
        excluded_therapists: Therapists to whom this patient is never offered.
        languages: Languages in which therapy would be possible, as names; empty: no wish.
        therapy_methods: The methods that would be accepted, as names; empty: no wish.
        search_paused_until: The search rests before this day; None means that it does not rest.
        erased_at: When the personal fields were emptied; None means not erased.
    """

    id: PatientId
    external_id: str | None = None
    status: PatientStatus = PatientStatus.OPEN

    salutation: str | None = None
    title: str | None = None
    first_name: str
    last_name: str
    gender: Gender | None = None
    birth_date: date | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    email: str | None = None
    phone: str | None = None

    general_practitioner: str | None = None
    insurer: str | None = None
    insurance_number: str | None = None

    diagnosis: str | None = None
    contracts_signed: bool | None = None
    consultation_attended: bool | None = None
    registered_on: date | None = None
    first_place_on: date | None = None
    lasting_place_on: date | None = None
    referred_by: str | None = None
    last_contact_on: date | None = None

    availability: WeeklyWindows | None = None
    travel_limit: TravelLimit | None = None
    travel_mode: TravelMode | None = None
    open_to_group_therapy: bool | None = None
    open_to_digital_therapy: bool | None = None

    therapy_experience: bool | None = None
    inpatient_treatment: bool | None = None
    occupation: str | None = None
    family_status: str | None = None
    symptoms: str | None = None
    symptoms_since: date | None = None
    earlier_treatments: str | None = None
    physical_illnesses: str | None = None
    medication: str | None = None
    stressors: str | None = None
    support: str | None = None
    reason_for_search: str | None = None
    expectations: str | None = None
    goals: str | None = None
    earlier_therapies: str | None = None

    excluded_therapists: frozenset[TherapistId] = frozenset()
    preferred_therapist_gender: PreferredGender | None = None
    languages: tuple[str, ...] = ()
    therapy_methods: tuple[str, ...] = ()
    search_paused_until: date | None = None
    erased_at: datetime | None = field(default=None, converter=converters.optional(utc))

    def is_paused_on(self, today: date) -> bool:
        """Whether the search rests on *today*; on ``search_paused_until`` itself it no longer does."""
        return self.search_paused_until is not None and today < self.search_paused_until
