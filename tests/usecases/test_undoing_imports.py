"""An import is taken back, as far as it is still so, and the taking back as well."""

from typing import Any

import pytest
from attrs import evolve

from boona_adapters.addresses import mailbox_of
from boona_core.errors import UnknownId
from boona_core.import_ports import OpenImportUnit
from boona_core.importing import Counts, ImportRunId
from boona_core.patients import PatientStatus
from boona_core.requests import RequestStatus
from boona_core.therapists import Therapist, TherapistStatus
from boona_core.usecases.joining import JoinedUnits
from boona_core.usecases.undoing_imports import UndoImport, Undone
from tests.usecases.house import STATIONERY, house
from tests.usecases.test_importing import EVA, Agency

ADA: dict[str, Any] = {
    "external_id": "T1",
    "last_name": "Ada",
    "phone": "030 1",
    "email": "a@example.org",
    "mailbox": "a@example.org",
}


@pytest.fixture
def agency() -> Agency:
    return Agency(house())


def undo(agency: Agency, run: int | None, open_unit: OpenImportUnit | None = None, **options: Any) -> Undone:
    use = UndoImport(
        open_unit=open_unit or agency.house.memory.open_unit,
        stationery=STATIONERY,
        switchboard=agency.house.switchboard,
        mailbox_of=mailbox_of,
    )
    return use(ImportRunId(run or 0), **options)


def ada(agency: Agency) -> Therapist:
    return agency.all_therapists()[0]


def test_what_a_file_changed_is_as_before(agency: Agency) -> None:
    agency.therapists(ADA)
    before = agency.all_therapists()
    run = agency.therapists({**ADA, "phone": "030 2", "email": "b@example.org", "mailbox": "b@example.org"}).run_id
    changed = agency.all_therapists()

    undone = undo(agency, run)

    assert (undone.rows, undone.kept) == (1, 0)
    assert changed != before
    assert agency.all_therapists() == before


def test_undoing_the_undoing_is_as_after_the_import(agency: Agency) -> None:
    agency.therapists(ADA)
    run = agency.therapists({**ADA, "phone": "030 2"}).run_id
    after = agency.all_therapists()

    undone = undo(agency, run)
    undo(agency, undone.undo_id)

    assert agency.all_therapists() == after


def test_what_was_changed_since_the_import_stays(agency: Agency) -> None:
    agency.therapists(ADA)
    run = agency.therapists({**ADA, "phone": "030 2", "last_name": "Ida"}).run_id
    table = agency.house.memory.tables.therapists
    table.put(ada(agency).id, evolve(ada(agency), phone="030 3"))

    undone = undo(agency, run)

    assert (undone.rows, undone.kept) == (1, 1)
    assert (ada(agency).phone, ada(agency).last_name) == ("030 3", "Ada")


def test_who_was_created_is_out_of_the_way_and_not_deleted(agency: Agency) -> None:
    therapists = agency.therapists(ADA).run_id
    patients = agency.patients(EVA).run_id

    undo(agency, therapists)
    undo(agency, patients)

    assert ada(agency).status is TherapistStatus.INACTIVE
    assert ada(agency).blocked_reason == f"import {therapists} was undone"
    assert agency.all_patients()[0].status is PatientStatus.SEARCH_ABORTED


def test_requests_that_a_file_brought_are_canceled_and_priorities_are_as_before(agency: Agency) -> None:
    agency.therapists(ADA)
    agency.patients(EVA, {**EVA, "external_id": "P2"})
    agency.requests(("P1", "T1"))
    run = agency.requests(("P1", "T1"), ("P2", "T1"), priority=5).run_id

    undone = undo(agency, run)

    assert undone.rows == 2
    assert [(row.status, row.priority) for row in agency.all_requests()] == [
        (RequestStatus.OPEN, 1),
        (RequestStatus.CANCELED, 5),
    ]


def test_undoing_twice_changes_nothing_twice(agency: Agency) -> None:
    agency.therapists(ADA)
    run = agency.therapists({**ADA, "phone": "030 2"}).run_id
    first = undo(agency, run)

    again = undo(agency, run)

    assert (again.rows, again.undo_id) == (0, first.undo_id)


def test_an_import_that_was_undone_does_not_come_back_with_the_same_file(agency: Agency) -> None:
    agency.therapists(ADA)
    file = {**ADA, "phone": "030 2"}
    undo(agency, agency.therapists(file).run_id)

    report = agency.therapists(file)

    assert report.counts == Counts(unchanged=1)
    assert ada(agency).phone == "030 1"


def test_what_a_file_says_otherwise_after_its_undoing_comes_in(agency: Agency) -> None:
    agency.therapists(ADA)
    undo(agency, agency.therapists({**ADA, "phone": "030 2", "last_name": "Ida"}).run_id)

    report = agency.therapists({**ADA, "phone": "030 3", "last_name": "Ida"})

    assert (ada(agency).phone, ada(agency).last_name) == ("030 3", "Ada")
    assert report.field_counts == {"phone": 1}
    assert report.kept_counts == {"last_name": 1}


def test_what_a_person_changed_after_an_undoing_stays(agency: Agency) -> None:
    agency.therapists(ADA)
    undo(agency, agency.therapists({**ADA, "phone": "030 2"}).run_id)
    table = agency.house.memory.tables.therapists
    table.put(ada(agency).id, evolve(ada(agency), phone="030 4"))

    agency.therapists({**ADA, "phone": "030 3"})

    assert ada(agency).phone == "030 4"


def test_who_was_created_wrongly_comes_back_with_a_file_that_says_it_otherwise(agency: Agency) -> None:
    undo(agency, agency.therapists(ADA).run_id)
    agency.therapists(ADA)
    still_out_of_the_way = ada(agency).status

    agency.therapists({**ADA, "last_name": "Ida"})

    assert still_out_of_the_way is TherapistStatus.INACTIVE
    assert (ada(agency).status, ada(agency).blocked_reason) == (TherapistStatus.ACTIVE, None)


def test_a_dry_run_says_the_same_and_changes_nothing(agency: Agency) -> None:
    agency.therapists(ADA)
    run = agency.therapists({**ADA, "phone": "030 2"}).run_id
    runs = len(agency.house.memory.tables.import_runs.rows)

    undone = undo(agency, run, dry_run=True)

    assert (undone.rows, undone.undo_id) == (1, None)
    assert ada(agency).phone == "030 2"
    assert len(agency.house.memory.tables.import_runs.rows) == runs


def test_a_dry_run_that_is_joined_with_others_leaves_nothing_to_keep(agency: Agency) -> None:
    run = agency.therapists(ADA).run_id

    with JoinedUnits(agency.house.memory.open_unit) as units:
        undo(agency, run, units.open, dry_run=True)
        dry = units.done
    with JoinedUnits(agency.house.memory.open_unit) as units:
        undo(agency, run, units.open)
        wet = units.done

    assert dry == 0
    assert wet > 0


def test_only_a_run_of_the_history_is_undone(agency: Agency) -> None:
    with pytest.raises(UnknownId):
        undo(agency, 99)
