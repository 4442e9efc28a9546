"""Which fields may a file give, and how is each of them read?

The lengths are those of the columns in which the values are kept; a test holds the two against each other.
"""

from collections.abc import Mapping

from boona_adapters.imports.values import (
    LONGEST_NAME,
    Reader,
    address,
    addresses,
    availability,
    day,
    diagnosis_groups,
    flag,
    names,
    one_of,
    phone_hours,
    prose,
    text,
    travel_limit,
    whole_number,
    years,
)
from boona_core.importing import ImportKind
from boona_core.patients import Gender, PatientStatus, PreferredGender, TravelMode
from boona_core.therapists import GroupTherapy, TherapistStatus

_PERSON: Mapping[str, Reader] = {
    "external_id": text(LONGEST_NAME),
    "salutation": text(50),
    "title": text(50),
    "first_name": text(100),
    "last_name": text(100),
    "gender": one_of(Gender),
    "street": text(255),
    "postal_code": text(10),
    "city": text(100),
    "phone": text(50),
}

_THERAPIST: Mapping[str, Reader] = {
    **_PERSON,
    "email": text(255),  # its mailbox is looked for with the row
    "fax": text(50),
    "website": text(255),
    "insurance_seat": flag,
    "phone_hours": phone_hours,
    "languages": names,
    "therapy_methods": names,
    "qualifications": prose,
    "special_services": prose,
    "potentially_available": flag,
    "potentially_available_notes": prose,
    "status": one_of(TherapistStatus),
    "blocked_reason": prose,
    "blocked_on": day,
    "blocked_until": day,
    "do_not_contact": flag,
    "absent_until": day,
    "individual_places_from": day,
    "group_places_from": day,
    "availability": availability,
    "other_addresses": addresses,
    "patient_age_from": years,
    "patient_age_to": years,
    "patient_gender": one_of(PreferredGender),
    "accepted_diagnoses": diagnosis_groups,
    "refused_diagnoses": diagnosis_groups,
    "group_therapy": one_of(GroupTherapy),
}

_PATIENT: Mapping[str, Reader] = {
    **_PERSON,
    "email": address,
    "birth_date": day,
    "general_practitioner": text(255),
    "insurer": text(100),
    "insurance_number": text(50),
    "diagnosis": text(50),
    "contracts_signed": flag,
    "consultation_attended": flag,
    "registered_on": day,
    "first_place_on": day,
    "lasting_place_on": day,
    "status": one_of(PatientStatus),
    "search_paused_until": day,
    "referred_by": prose,
    "availability": availability,
    "travel_limit": travel_limit,
    "travel_mode": one_of(TravelMode),
    "open_to_group_therapy": flag,
    "open_to_digital_therapy": flag,
    "last_contact_on": day,
    "therapy_experience": flag,
    "inpatient_treatment": flag,
    "occupation": prose,
    "family_status": text(50),
    "symptoms": prose,
    "symptoms_since": day,
    "earlier_treatments": prose,
    "physical_illnesses": prose,
    "medication": prose,
    "stressors": prose,
    "support": prose,
    "reason_for_search": prose,
    "expectations": prose,
    "goals": prose,
    "earlier_therapies": prose,
    "preferred_therapist_gender": one_of(PreferredGender),
    "languages": names,
    "therapy_methods": names,
    "excluded_therapists": names,
}

_REQUEST: Mapping[str, Reader] = {
    "patient_external_id": text(LONGEST_NAME),
    "therapist_external_id": text(LONGEST_NAME),
    "priority": whole_number,
}

FIELDS: Mapping[ImportKind, Mapping[str, Reader]] = {
    ImportKind.THERAPISTS: _THERAPIST,
    ImportKind.PATIENTS: _PATIENT,
    ImportKind.REQUESTS: _REQUEST,
}
"""English field name to its reader, for each kind of file."""

IDS: Mapping[ImportKind, tuple[str, ...]] = {
    ImportKind.THERAPISTS: ("external_id",),
    ImportKind.PATIENTS: ("external_id",),
    ImportKind.REQUESTS: ("patient_external_id", "therapist_external_id"),
}
"""The fields that every row has."""

KEPT_BY_THE_SYSTEM = frozenset({"last_email_on", "last_call_on", "last_conversation_on"})
"""Fields of therapists that the service writes itself."""
