"""What a row of a file changes, and what an empty value leaves alone."""

from datetime import date
from typing import Any

import pytest

from boona_core.importing import (
    Counts,
    Departure,
    FieldChange,
    ImportKind,
    RowChange,
    RowFault,
    departure_of_patient,
    departure_of_therapist,
    merge,
    moves_mailbox,
    shown,
)

TODAY = date(2026, 3, 2)
TOMORROW = "2026-03-03"

THERAPIST: dict[str, Any] = {
    "external_id": "T1",
    "first_name": "Ada",
    "last_name": "Beispiel",
    "email": "ada@example.org",
    "mailbox": "ada@example.org",
    "phone": "030 1",
    "status": "active",
    "do_not_contact": True,
    "potentially_available": True,
    "blocked_until": None,
}
PATIENT: dict[str, Any] = {
    "external_id": "P1",
    "first_name": "Eva",
    "last_name": "Muster",
    "status": "searching",
    "contracts_signed": True,
    "consultation_attended": False,
    "diagnosis": "F32.1",
    "registered_on": "2026-01-01",
    "search_paused_until": None,
    "excluded_therapists": [],
}


def therapist_after(given: dict[str, Any]) -> dict[str, Any]:
    return dict(merge(ImportKind.THERAPISTS, THERAPIST, given, today=TODAY).values)


def test_an_absent_column_changes_nothing() -> None:
    merged = merge(ImportKind.THERAPISTS, THERAPIST, {"external_id": "T1"}, today=TODAY)

    assert merged.changes == ()
    assert merged.values == THERAPIST


@pytest.mark.parametrize(
    "name", ["email", "mailbox", "status", "do_not_contact", "potentially_available", "first_name"]
)
def test_an_empty_value_leaves_these_fields_of_a_therapist_as_they_are(name: str) -> None:
    assert therapist_after({name: None}) == THERAPIST


@pytest.mark.parametrize("name", ["email", "status", "contracts_signed", "consultation_attended", "registered_on"])
def test_an_empty_value_leaves_these_fields_of_a_patient_as_they_are(name: str) -> None:
    stored = {**PATIENT, "email": "eva@example.org"}

    assert merge(ImportKind.PATIENTS, stored, {name: None}, today=TODAY).values == stored


def test_an_empty_value_empties_any_other_field() -> None:
    merged = merge(ImportKind.THERAPISTS, THERAPIST, {"phone": None}, today=TODAY)

    assert merged.changes == (FieldChange("phone", "030 1", None),)
    assert merged.values["phone"] is None


def test_a_mailbox_is_not_told_as_a_change_of_its_own() -> None:
    given = {"email": "neu@example.org", "mailbox": "neu@example.org"}

    merged = merge(ImportKind.THERAPISTS, THERAPIST, given, today=TODAY)

    assert merged.changes == (FieldChange("email", "ada@example.org", "neu@example.org"),)
    assert moves_mailbox(THERAPIST, merged.values)


def test_another_spelling_of_the_same_address_moves_no_mailbox() -> None:
    after = therapist_after({"email": "Ada@Example.org", "mailbox": "ada@example.org"})

    assert after["email"] == "Ada@Example.org"
    assert not moves_mailbox(THERAPIST, after)


def test_a_new_therapist_starts_active() -> None:
    merged = merge(ImportKind.THERAPISTS, None, {"external_id": "T2", "last_name": "Neu", "status": None}, today=TODAY)

    assert merged.faults == ()
    assert merged.changes == ()
    assert merged.values["status"] == "active"
    assert merged.values["do_not_contact"] is False


def test_a_new_row_without_a_name_is_refused() -> None:
    merged = merge(ImportKind.PATIENTS, None, {"external_id": "P2", "last_name": None}, today=TODAY)

    assert merged.faults == (
        ("first_name", "is missing: a new row needs it"),
        ("last_name", "must not be empty"),
    )


def test_a_name_that_would_be_emptied_is_refused() -> None:
    merged = merge(ImportKind.THERAPISTS, THERAPIST, {"last_name": None}, today=TODAY)

    assert merged.faults == (("last_name", "must not be empty"),)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"contracts_signed": False}, "searching needs contracts_signed"),
        ({"diagnosis": None}, "searching needs a diagnosis"),
    ],
)
def test_a_searching_patient_needs_contracts_and_a_diagnosis(given: dict[str, Any], fault: str) -> None:
    assert merge(ImportKind.PATIENTS, PATIENT, given, today=TODAY).faults == (("status", fault),)


def test_a_search_that_began_without_contracts_does_not_stop_other_changes() -> None:
    stored = {**PATIENT, "contracts_signed": False}

    merged = merge(ImportKind.PATIENTS, stored, {"last_name": "Neu"}, today=TODAY)

    assert merged.faults == ()


def test_a_searching_patient_without_a_day_of_registration_is_registered_today() -> None:
    merged = merge(ImportKind.PATIENTS, None, {**PATIENT, "registered_on": None}, today=TODAY)

    assert merged.values["registered_on"] == "2026-03-02"


def test_a_patient_who_does_not_search_is_not_registered() -> None:
    merged = merge(ImportKind.PATIENTS, None, {**PATIENT, "status": "open", "registered_on": None}, today=TODAY)

    assert merged.values.get("registered_on") is None


def test_the_same_row_twice_changes_nothing_the_second_time() -> None:
    given = {**PATIENT, "registered_on": None}
    first = merge(ImportKind.PATIENTS, None, given, today=TODAY)

    again = merge(ImportKind.PATIENTS, first.values, given, today=date(2026, 4, 1))

    assert again.changes == ()


@pytest.mark.parametrize("status", ["open", "in_therapy", "therapy_completed", "search_aborted", "therapy_aborted"])
def test_who_stops_searching_leaves(status: str) -> None:
    assert departure_of_patient(PATIENT, {**PATIENT, "status": status}, today=TODAY) is Departure.LEAVES


@pytest.mark.parametrize(
    ("before", "after", "departure"),
    [
        (None, TOMORROW, Departure.RESTS),
        (None, "2026-03-02", Departure.NONE),
        (TOMORROW, "2026-05-01", Departure.NONE),
        (TOMORROW, None, Departure.NONE),
    ],
)
def test_a_pause_that_begins_lets_the_requests_rest(before: str, after: str, departure: Departure) -> None:
    stored, becomes = ({**PATIENT, "search_paused_until": day} for day in (before, after))

    assert departure_of_patient(stored, becomes, today=TODAY) is departure


@pytest.mark.parametrize(
    ("given", "departure"),
    [
        ({"status": "blocked"}, Departure.RESTS),
        ({"status": "blocked", "blocked_until": TOMORROW}, Departure.RESTS),
        ({"status": "blocked", "blocked_until": "2026-03-02"}, Departure.NONE),
        ({"status": "inactive"}, Departure.LEAVES),
        ({"do_not_contact": True}, Departure.LEAVES),
        ({"phone": "030 2"}, Departure.NONE),
    ],
)
def test_what_a_change_of_a_therapist_means_for_the_requests(given: dict[str, Any], departure: Departure) -> None:
    before = {**THERAPIST, "do_not_contact": False}

    assert departure_of_therapist(before, {**before, **given}, today=TODAY) is departure


def test_who_has_left_does_not_leave_again() -> None:
    assert departure_of_therapist(THERAPIST, {**THERAPIST, "status": "inactive"}, today=TODAY) is Departure.NONE


def test_values_of_patients_are_not_shown() -> None:
    change = RowChange(2, 17, created=False, fields=(FieldChange("diagnosis", "F32.1", "F33.0"),))

    assert shown(ImportKind.PATIENTS, change).fields == (FieldChange("diagnosis", None, None),)
    assert shown(ImportKind.THERAPISTS, change) == change


def test_no_value_stands_in_a_representation() -> None:
    merged = merge(ImportKind.PATIENTS, PATIENT, {"last_name": "Canary"}, today=TODAY)

    assert "Canary" not in repr(merged)
    assert "Canary" not in repr(merged.changes)


def test_a_fault_names_row_and_field() -> None:
    assert str(RowFault(17, "phone_hours", "monday[1].end: '25:00' is not a time")) == (
        "row 17, phone_hours: monday[1].end: '25:00' is not a time"
    )
    assert str(RowFault(17, None, "has 3 cells, the header has 4")) == "row 17: has 3 cells, the header has 4"


def test_counts_add_up() -> None:
    both = Counts(created=1, refused=2) + Counts(changed=3, unchanged=4)

    assert both == Counts(created=1, changed=3, unchanged=4, refused=2)
    assert both.total == 10


@pytest.mark.parametrize(("stored", "given"), [([], None), (None, []), ((), []), ([], ())])
def test_no_names_are_the_same_however_they_are_written(stored: Any, given: Any) -> None:
    merged = merge(ImportKind.THERAPISTS, {**THERAPIST, "languages": stored}, {"languages": given}, today=TODAY)

    assert merged.changes == ()


@pytest.mark.parametrize(("stored", "given"), [(None, {}), ({}, None), (None, False), (["A"], []), (None, "")])
def test_unknown_differs_from_what_is_known_to_be_nothing(stored: Any, given: Any) -> None:
    merged = merge(ImportKind.THERAPISTS, {**THERAPIST, "field": stored}, {"field": given}, today=TODAY)

    assert merged.changes == (FieldChange("field", stored, given),)
