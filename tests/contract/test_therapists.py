"""Therapists and patients are read as values, and a locked therapist is nobody else's to decide about."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any

import pytest

from boona_core.errors import UnknownId
from boona_core.ids import PatientId, TherapistId
from boona_core.patients import Gender, Patient, PatientStatus, PreferredGender, TravelLimit, TravelMode
from boona_core.therapists import Therapist, TherapistStatus
from boona_core.windows import WeeklyWindows
from tests.contract.acts import add_for_good
from tests.contract.conftest import Second
from tests.situations import Store

HOURS = WeeklyWindows.from_json({"tuesday": [{"start": "09:00", "end": "12:00"}]})
NOBODY = TherapistId(999_999)


def lock(store: Store, therapists: Collection[TherapistId]) -> str:
    with store.open_unit() as unit:
        unit.therapists.lock(therapists)
    return "went on"


def test_a_therapist_is_read_with_every_field(store: Store) -> None:
    fields: dict[str, Any] = {
        "external_id": "T-1",
        "salutation": "Frau",
        "title": "Dr.",
        "first_name": "Uta",
        "last_name": "Beispiel",
        "gender": Gender.FEMALE,
        "street": "Weg 1",
        "postal_code": "52062",
        "city": "Aachen",
        "phone": "0241 1",
        "fax": "0241 2",
        "email": "Uta@Example.org",
        "mailbox_id": store.seed.mailbox(),
        "website": "https://example.org",
        "insurance_seat": True,
        "phone_hours": HOURS,
        "languages": ("Englisch", "Türkisch"),
        "therapy_methods": ("Verhaltenstherapie",),
        "qualifications": "EMDR",
        "special_services": "Gruppen",
        "potentially_available": True,
        "potentially_available_notes": "ab Mai",
        "status": TherapistStatus.BLOCKED,
        "blocked_reason": "Umzug",
        "blocked_on": date(2026, 1, 1),
        "blocked_until": date(2026, 5, 1),
        "do_not_contact": True,
        "absent_until": date(2026, 4, 1),
        "individual_places_from": date(2026, 6, 1),
        "group_places_from": date(2026, 7, 1),
        "last_email_on": date(2025, 12, 1),
        "last_call_on": date(2025, 12, 2),
        "last_conversation_on": date(2025, 12, 3),
        "erased_at": datetime(2026, 2, 1, tzinfo=UTC),
    }
    therapist = store.seed.therapist(**fields)

    with store.open_unit() as unit:
        assert unit.therapists.get(therapist) == Therapist(id=therapist, **fields)


def test_what_is_unknown_of_a_therapist_is_none(store: Store) -> None:
    therapist = store.seed.therapist(mailbox_id=None, first_name="Uta", last_name="Beispiel")

    with store.open_unit() as unit:
        assert unit.therapists.get(therapist) == Therapist(id=therapist, first_name="Uta", last_name="Beispiel")


@pytest.mark.parametrize("number", [0, 999_999, 2**40])
def test_an_unknown_therapist_is_an_error_with_the_id(store: Store, number: int) -> None:
    with pytest.raises(UnknownId) as caught, store.open_unit() as unit:
        unit.therapists.get(TherapistId(number))

    assert (caught.value.kind, caught.value.id) == ("therapist", number)


def test_of_many_therapists_those_that_exist_are_given(store: Store) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()
    store.seed.therapist()

    with store.open_unit() as unit:
        found = unit.therapists.get_many((one, two, NOBODY))

    assert {therapist_id: therapist.id for therapist_id, therapist in found.items()} == {one: one, two: two}


def test_a_second_unit_waits_for_a_locked_therapist_and_then_goes_on(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()

    with store.open_unit() as unit:
        unit.therapists.lock((therapist,))
        other = second.does(lock, store, (therapist,))

        assert second.waits(other)
    assert other.result() == "went on"


def test_a_commit_lets_the_waiting_unit_go_on(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()

    with store.open_unit() as unit:
        unit.therapists.lock((therapist,))
        other = second.does(lock, store, (therapist,))
        assert second.waits(other)
        unit.commit()

        assert other.result() == "went on"


def test_who_waited_for_a_therapist_sees_what_the_first_unit_did(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    email = store.seed.email(therapist)

    def locks_and_looks() -> bool:
        with store.open_unit() as unit:
            unit.therapists.lock((therapist,))
            return unit.emails.get(email).state.value == "canceled"

    with store.open_unit() as unit:
        unit.therapists.lock((therapist,))
        other = second.does(locks_and_looks)
        assert second.waits(other)
        unit.emails.cancel((email,), now=unit.now())
        unit.commit()

    assert other.result()


def test_another_therapist_is_not_waited_for(store: Store, second: Second) -> None:
    therapist, another = store.seed.therapist(), store.seed.therapist()

    with store.open_unit() as unit:
        unit.therapists.lock((therapist,))

        assert second.does(lock, store, (another,)).result() == "went on"


def test_one_locked_therapist_among_several_is_waited_for(store: Store, second: Second) -> None:
    one, two, three = store.seed.therapist(), store.seed.therapist(), store.seed.therapist()

    with store.open_unit() as unit:
        unit.therapists.lock((two,))
        other = second.does(lock, store, (one, two, three))

        assert second.waits(other)
    assert other.result() == "went on"


def test_a_locked_therapist_can_be_read_by_others(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()

    def reads() -> TherapistId:
        with store.open_unit() as unit:
            return unit.therapists.get(therapist).id

    with store.open_unit() as unit:
        unit.therapists.lock((therapist,))

        assert second.does(reads).result() == therapist


def test_an_email_to_a_locked_therapist_is_stored_without_waiting(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()

    with store.open_unit() as unit:
        unit.therapists.lock((therapist,))

        assert second.does(add_for_good, store, therapist).result()


def test_locks_are_taken_by_mailbox_and_then_by_id(store: Store, second: Second) -> None:
    low, high = store.seed.mailbox(), store.seed.mailbox()
    last = store.seed.therapist(mailbox_id=high)
    first = store.seed.therapist(mailbox_id=low)

    with store.open_unit() as unit:
        unit.therapists.lock((first,))
        other = second.does(lock, store, (last, first))
        assert second.waits(other)

        unit.therapists.lock((last,))
    assert other.result() == "went on"


def test_within_a_mailbox_locks_are_taken_by_id(store: Store, second: Second) -> None:
    mailbox = store.seed.mailbox()
    first, last = store.seed.therapist(mailbox_id=mailbox), store.seed.therapist(mailbox_id=mailbox)

    with store.open_unit() as unit:
        unit.therapists.lock((first,))
        other = second.does(lock, store, (last, first))
        assert second.waits(other)

        unit.therapists.lock((last,))
    assert other.result() == "went on"


def test_unknown_ids_are_passed_over_when_locking(store: Store) -> None:
    assert lock(store, (NOBODY,)) == "went on"


def test_a_patient_is_read_with_every_field(store: Store) -> None:
    fields: dict[str, Any] = {
        "external_id": "P-1",
        "status": PatientStatus.SEARCHING,
        "salutation": "Herr",
        "title": "Dr.",
        "first_name": "Kim",
        "last_name": "Muster",
        "gender": Gender.DIVERSE,
        "birth_date": date(1990, 1, 1),
        "street": "Weg 2",
        "postal_code": "52064",
        "city": "Aachen",
        "email": "kim@example.org",
        "phone": "0241 3",
        "general_practitioner": "Dr. Haus",
        "insurer": "Kasse",
        "insurance_number": "A1",
        "diagnosis": "F32.1",
        "contracts_signed": True,
        "consultation_attended": True,
        "registered_on": date(2026, 1, 2),
        "first_place_on": date(2026, 1, 3),
        "lasting_place_on": date(2026, 1, 4),
        "referred_by": "Praxis",
        "last_contact_on": date(2026, 1, 5),
        "availability": HOURS,
        "travel_limit": TravelLimit(max_km=10, max_minutes=30),
        "travel_mode": TravelMode.BIKE,
        "open_to_group_therapy": True,
        "open_to_digital_therapy": False,
        "therapy_experience": True,
        "inpatient_treatment": False,
        "occupation": "Lehrerin",
        "family_status": "ledig",
        "symptoms": "Sorgen",
        "symptoms_since": date(2025, 1, 1),
        "earlier_treatments": "keine",
        "physical_illnesses": "keine",
        "medication": "keine",
        "stressors": "Arbeit",
        "support": "Familie",
        "reason_for_search": "Rat",
        "expectations": "Hilfe",
        "goals": "Ruhe",
        "earlier_therapies": "2019",
        "excluded_therapists": frozenset({store.seed.therapist()}),
        "preferred_therapist_gender": PreferredGender.ANY,
        "search_paused_until": date(2026, 4, 1),
        "erased_at": datetime(2026, 2, 1, tzinfo=UTC),
    }
    patient = store.seed.patient(**fields)

    with store.open_unit() as unit:
        assert unit.patients.get_many((patient,)) == {patient: Patient(id=patient, **fields)}


def test_of_many_patients_those_that_exist_are_given(store: Store) -> None:
    one, two = store.seed.patient(), store.seed.patient()
    store.seed.patient()

    with store.open_unit() as unit:
        found = unit.patients.get_many((one, two, PatientId(999_999)))

    assert set(found) == {one, two}
