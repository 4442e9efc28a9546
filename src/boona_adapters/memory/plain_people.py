"""A therapist or patient as the plain values of a file, and back.

Plain values are texts, whole numbers, booleans, dates as ``YYYY-MM-DD``, lists, and weekly windows as their JSON; the
mailbox and the excluded therapists, which are rows of their own elsewhere, are left to the caller.
"""

from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from typing import Any

from attrs import NOTHING, fields

from boona_core.importing import ImportKind, Values
from boona_core.patients import Gender, Patient, PatientStatus, PreferredGender, TravelLimit, TravelMode
from boona_core.therapists import GroupTherapy, Therapist, TherapistStatus
from boona_core.windows import WeeklyWindows

_NOT_GIVEN = frozenset(
    {"id", "mailbox_id", "last_email_on", "last_call_on", "last_conversation_on", "erased_at", "merged_into"}
    | {"excluded_therapists"}
)
_DEFAULTS: Mapping[ImportKind, Values] = {
    kind: {
        each.name: "" if each.default is NOTHING else each.default
        for each in fields(person)
        if each.name not in _NOT_GIVEN
    }
    for kind, person in ((ImportKind.THERAPISTS, Therapist), (ImportKind.PATIENTS, Patient))
}
_DAYS = (
    "blocked_on",
    "blocked_until",
    "absent_until",
    "individual_places_from",
    "group_places_from",
    "birth_date",
    "registered_on",
    "first_place_on",
    "lasting_place_on",
    "last_contact_on",
    "symptoms_since",
    "search_paused_until",
)
_READ: Mapping[str, Callable[[Any], object]] = {
    **dict.fromkeys(_DAYS, date.fromisoformat),
    "gender": Gender,
    "phone_hours": WeeklyWindows.from_json,
    "languages": tuple,
    "therapy_methods": tuple,
    "other_addresses": tuple,
    "travel_mode": TravelMode,
    "travel_limit": lambda limits: TravelLimit(**limits),
    "availability": WeeklyWindows.from_json,
    "preferred_therapist_gender": PreferredGender,
    "patient_gender": PreferredGender,
    "accepted_diagnoses": tuple,
    "refused_diagnoses": tuple,
    "group_therapy": GroupTherapy,
}
_STATUS: Mapping[ImportKind, Callable[[str], object]] = {
    ImportKind.THERAPISTS: TherapistStatus,
    ImportKind.PATIENTS: PatientStatus,
}


def plain_values(kind: ImportKind, person: Therapist | Patient) -> dict[str, Any]:
    """Every field that a file may give."""
    return {name: _plain(getattr(person, name)) for name in _DEFAULTS[kind]}


def person_fields(kind: ImportKind, values: Values) -> dict[str, Any]:
    """Every field that a file may give, as a person has it; what is empty or absent is as the class has it."""
    return {
        name: default if values.get(name) is None else _read(kind, name, values[name])
        for name, default in _DEFAULTS[kind].items()
    }


def _read(kind: ImportKind, name: str, value: Any) -> object:
    read = _STATUS[kind] if name == "status" else _READ.get(name)
    return value if read is None else read(value)


def _plain(value: Any) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, WeeklyWindows):
        return value.to_json()
    if isinstance(value, TravelLimit):
        limits = {"max_km": value.max_km, "max_minutes": value.max_minutes}
        return {name: limit for name, limit in limits.items() if limit is not None}
    if isinstance(value, tuple):
        return list(value) or None
    return value
