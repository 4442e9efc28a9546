"""Patients are values, and their repr shows nothing of them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from boona_core.errors import InvalidValue, NaiveInstant
from boona_core.ids import PatientId
from boona_core.patients import (
    Gender,
    Patient,
    PatientStatus,
    PreferredGender,
    TravelLimit,
    TravelMode,
)

TODAY = date(2026, 11, 23)
CANARY = "Zxqvcanary"


def test_the_repr_of_a_patient_shows_the_id_and_nothing_else() -> None:
    patient = Patient(
        id=PatientId(17), first_name=CANARY, last_name=CANARY, diagnosis=CANARY, birth_date=date(1980, 1, 2)
    )

    assert repr(patient) == "Patient(id=17)"
    assert str(patient) == "Patient(id=17)"


def test_every_field_but_the_id_is_hidden_from_the_repr() -> None:
    shown = [field.name for field in fields(Patient) if field.repr]

    assert shown == ["id"]


def test_a_patient_needs_only_an_id_and_a_name() -> None:
    patient = Patient(id=PatientId(1), first_name="Anna", last_name="Lang")

    assert patient.status is PatientStatus.OPEN
    assert patient.diagnosis is None
    assert patient.excluded_therapists == frozenset()


def test_the_stored_words_of_a_patient_are_the_agreed_ones() -> None:
    assert [status.value for status in PatientStatus] == [
        "open",
        "searching",
        "in_therapy",
        "therapy_completed",
        "search_aborted",
        "therapy_aborted",
    ]
    assert [gender.value for gender in Gender] == ["female", "male", "diverse"]
    assert [gender.value for gender in PreferredGender] == ["female", "male", "diverse", "any"]
    assert [mode.value for mode in TravelMode] == ["car", "transit", "bike", "foot"]


@pytest.mark.parametrize("limit", [{"max_km": 0}, {"max_minutes": 0}, {"max_km": -5, "max_minutes": 30}])
def test_a_travel_limit_below_one_is_refused(limit: dict[str, int]) -> None:
    with pytest.raises(InvalidValue, match="must be at least 1"):
        TravelLimit(**limit)


def test_the_moment_of_erasure_becomes_utc() -> None:
    erased = datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=1)))

    patient = Patient(id=PatientId(1), first_name="", last_name="", erased_at=erased)

    assert patient.erased_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert patient.erased_at is not None
    assert patient.erased_at.tzinfo is UTC


def test_a_moment_of_erasure_without_an_offset_is_refused() -> None:
    naive = datetime(2026, 11, 23, 9, 0)  # noqa: DTZ001 - the fault under test

    with pytest.raises(NaiveInstant):
        Patient(id=PatientId(1), first_name="", last_name="", erased_at=naive)


@given(days=st.integers(min_value=1, max_value=2_000))
def test_a_pause_holds_before_its_day_and_no_longer_on_it(days: int) -> None:
    patient = Patient(id=PatientId(1), first_name="A", last_name="B", search_paused_until=TODAY + timedelta(days=days))

    assert patient.is_paused_on(TODAY)
    assert patient.is_paused_on(TODAY + timedelta(days=days - 1))
    assert not patient.is_paused_on(TODAY + timedelta(days=days))


def test_a_patient_without_a_pause_is_never_paused() -> None:
    patient = Patient(id=PatientId(1), first_name="A", last_name="B")

    assert not patient.is_paused_on(TODAY)
