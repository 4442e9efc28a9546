"""What staff changed by hand, and what a directory drops and lists again, when files keep arriving."""

from datetime import date
from typing import Any

import pytest
from attrs import evolve

from boona_core.importing import NOT_IN_DIRECTORY, Counts, ImportKind, ImportReport, PersonRow, merge
from boona_core.patients import PatientStatus
from boona_core.therapists import Therapist, TherapistStatus
from tests.situations import TODAY
from tests.usecases.house import house
from tests.usecases.test_importing import EVA, Agency, Listed

ADA: dict[str, Any] = {"external_id": "T1", "last_name": "Ada", "phone": "030 1", "city": "Berlin"}


@pytest.fixture
def agency() -> Agency:
    return Agency(house())


def by_hand(agency: Agency, **fields: Any) -> None:
    """A person changes the only therapist there is."""
    (therapist,) = agency.all_therapists()
    agency.house.memory.tables.therapists.put(therapist.id, evolve(therapist, **fields))


def ada(agency: Agency) -> Therapist:
    (therapist,) = agency.all_therapists()
    return therapist


def drops(agency: Agency, row: dict[str, Any]) -> ImportReport:
    """A directory drops somebody."""
    gone = PersonRow(row=1, external_id=row["external_id"], values=row, deleted=True)
    return agency.brings_in(Listed(ImportKind.THERAPISTS, [gone]))


def test_what_was_changed_by_hand_stays_when_the_same_file_comes_again(agency: Agency) -> None:
    agency.therapists(ADA)
    by_hand(agency, phone="030 2")

    report = agency.therapists(ADA)

    assert ada(agency).phone == "030 2"
    assert report.counts == Counts(unchanged=1)
    assert report.kept_counts == {}


def test_what_was_changed_by_hand_stays_when_a_file_says_something_new_and_it_is_told(agency: Agency) -> None:
    agency.therapists(ADA)
    by_hand(agency, phone="030 2")

    report = agency.therapists({**ADA, "phone": "030 3", "city": "Potsdam"})

    assert (ada(agency).phone, ada(agency).city) == ("030 2", "Potsdam")
    assert report.kept_counts == {"phone": 1}
    assert report.field_counts == {"city": 1}


def test_the_file_wins_where_that_is_asked_for(agency: Agency) -> None:
    agency.therapists(ADA)
    by_hand(agency, phone="030 2")

    report = agency.therapists({**ADA, "phone": "030 3"}, overwrite=True)
    again = agency.therapists({**ADA, "phone": "030 4"})

    assert report.field_counts == {"phone": 1}
    assert again.field_counts == {"phone": 1}
    assert ada(agency).phone == "030 4"


def test_a_file_that_agrees_with_what_was_changed_by_hand_is_followed_from_then_on(agency: Agency) -> None:
    agency.therapists(ADA)
    by_hand(agency, phone="030 2")
    agency.therapists({**ADA, "phone": "030 2"})

    agency.therapists({**ADA, "phone": "030 3"})

    assert ada(agency).phone == "030 3"


def test_an_address_changed_by_hand_keeps_its_mailbox(agency: Agency) -> None:
    written = {"email": "a@example.org", "mailbox": "a@example.org"}
    agency.therapists({**ADA, **written})
    mailbox = agency.house.seed.mailbox()
    by_hand(agency, email="by-hand@example.org", mailbox_id=mailbox)

    agency.therapists({**ADA, "city": "Potsdam", "email": "b@example.org", "mailbox": "b@example.org"})

    assert (ada(agency).email, ada(agency).mailbox_id) == ("by-hand@example.org", mailbox)
    assert ada(agency).city == "Potsdam"


def test_an_address_that_a_file_never_wiped_follows_the_next_file(agency: Agency) -> None:
    agency.therapists({**ADA, "email": "a@example.org", "mailbox": "a@example.org"})
    agency.therapists({**ADA, "email": None, "mailbox": None})

    agency.therapists({**ADA, "email": "b@example.org", "mailbox": "b@example.org"})

    assert ada(agency).email == "b@example.org"


def test_a_patient_who_found_a_place_does_not_search_again_because_of_an_old_file(agency: Agency) -> None:
    agency.patients(EVA)
    (patient,) = agency.all_patients()
    placed = evolve(patient, status=PatientStatus.IN_THERAPY, first_place_on=TODAY)
    agency.house.memory.tables.patients.put(patient.id, placed)

    agency.patients(EVA)

    assert agency.all_patients() == [placed]


def test_what_no_file_ever_said_is_not_by_hand(agency: Agency) -> None:
    agency.house.seed.therapist(external_id="T1", last_name="By hand", phone="030 9")

    agency.therapists(ADA)

    assert (ada(agency).last_name, ada(agency).phone) == ("Ada", "030 1")


def test_a_dry_run_remembers_nothing_of_what_the_file_says(agency: Agency) -> None:
    agency.therapists(ADA)
    agency.therapists({**ADA, "phone": "030 2"}, dry_run=True)

    report = agency.therapists({**ADA, "phone": "030 2"})

    assert report.field_counts == {"phone": 1}


@pytest.mark.parametrize("name", ["first_name", "title", "languages"])
def test_merging_tells_edited_fields_from_those_that_the_file_changed(name: str) -> None:
    stored, base, given = {name: "by hand"}, {name: "file"}, {name: "new"}

    edited = merge(ImportKind.THERAPISTS, stored, given, today=TODAY, base=base)
    untouched = merge(ImportKind.THERAPISTS, base, given, today=TODAY, base=base)

    assert (edited.values[name], edited.kept, edited.base) == ("by hand", (name,), base)
    assert (untouched.values[name], untouched.kept, untouched.base) == ("new", (), given)


# Directories


def test_whom_a_directory_drops_is_inactive_and_a_person_sees_why(agency: Agency) -> None:
    agency.therapists(ADA)

    report = drops(agency, {"external_id": "T1"})

    assert report.counts == Counts(changed=1)
    assert (ada(agency).status, ada(agency).blocked_reason) == (TherapistStatus.INACTIVE, NOT_IN_DIRECTORY)
    assert ada(agency).last_name == "Ada"


def test_dropping_again_or_somebody_unknown_changes_nothing(agency: Agency) -> None:
    agency.therapists(ADA)
    drops(agency, ADA)

    again = drops(agency, ADA)
    unknown = drops(agency, {**ADA, "external_id": "T2"})

    assert again.counts == unknown.counts == Counts(unchanged=1)
    assert len(agency.all_therapists()) == 1


def test_whom_a_directory_lists_again_is_active_again(agency: Agency) -> None:
    agency.therapists(ADA)
    drops(agency, ADA)

    agency.therapists({**ADA, "phone": "030 2"})

    assert (ada(agency).status, ada(agency).blocked_reason) == (TherapistStatus.ACTIVE, None)
    assert ada(agency).phone == "030 2"


def test_whom_a_person_made_inactive_stays_so_when_a_directory_lists_them(agency: Agency) -> None:
    agency.therapists(ADA)
    by_hand(agency, status=TherapistStatus.INACTIVE, blocked_reason="retired", blocked_on=date(2026, 1, 1))

    agency.therapists(ADA)

    assert (ada(agency).status, ada(agency).blocked_reason) == (TherapistStatus.INACTIVE, "retired")


def test_the_requests_of_whom_a_directory_drops_are_withdrawn(agency: Agency) -> None:
    agency.therapists(ADA)
    agency.patients(EVA)
    agency.requests(("P1", "T1"))

    drops(agency, ADA)

    assert [row.status.value for row in agency.all_requests()] == ["canceled"]


def test_who_is_dropped_stays_active_while_the_entry_stands_for_another(agency: Agency) -> None:
    agency.therapists(ADA)
    agency.house.seed.therapist(external_id="T2", status=TherapistStatus.INACTIVE, merged_into=ada(agency).id)

    report = drops(agency, ADA)

    assert agency.all_therapists()[0].status is TherapistStatus.ACTIVE
    assert [str(fault) for fault in report.faults] == [
        "row 1: is gone, but another entry was merged into it: a person decides whether it is inactive"
    ]
