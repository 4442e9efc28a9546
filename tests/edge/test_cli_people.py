"""The commands `boona patient` and `boona therapist`."""

import json
from collections.abc import Iterator

import pytest

from boona_core.patients import PatientStatus
from tests.edge.office import Office, office_on


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as office:
        yield office


def test_a_patient_starts_to_search(office: Office) -> None:
    patient = office.seed.patient(status=PatientStatus.OPEN, diagnosis="F32.1", registered_on=None)

    said = office.boona("patient", patient, "start")

    assert said.status == 0
    assert f"patient {patient}: searching (registered_on, status)" in said.out
    assert office.one("SELECT status FROM patient_service.patients") == "searching"


def test_what_is_missing_for_a_search_is_told(office: Office) -> None:
    patient = office.seed.patient(status=PatientStatus.OPEN, diagnosis=None)

    said = office.boona("patient", patient, "start")

    assert said.status == 1
    assert "cannot search yet: diagnosis is missing" in said.err


def test_a_pause_ends_on_a_day(office: Office) -> None:
    patient = office.seed.patient()

    said = office.boona("patient", patient, "pause", "--until", "2099-01-01", "--json")

    assert json.loads(said.out)["changed"] == ["search_paused_until"]
    assert str(office.one("SELECT search_paused_until FROM patient_service.patients")) == "2099-01-01"


def test_a_therapist_is_blocked_and_unblocked(office: Office) -> None:
    therapist = office.seed.therapist()

    blocked = office.boona("therapist", therapist, "block", "--reason", "parental leave")
    status = office.one("SELECT status FROM therapist_service.therapists")
    unblocked = office.boona("therapist", therapist, "unblock")

    assert (blocked.status, status, unblocked.status) == (0, "blocked", 0)
    assert office.one("SELECT status FROM therapist_service.therapists") == "active"


def test_a_block_needs_a_reason(office: Office) -> None:
    said = office.boona("therapist", office.seed.therapist(), "block")

    assert said.status == 1
    assert "reason: is missing" in said.err


def test_a_dry_run_changes_nothing(office: Office) -> None:
    said = office.boona("therapist", office.seed.therapist(), "do-not-contact", "--dry-run")

    assert "would be active (do_not_contact)" in said.out
    assert office.one("SELECT do_not_contact FROM therapist_service.therapists") is False


def test_a_step_from_elsewhere_is_refused(office: Office) -> None:
    said = office.boona("patient", office.seed.patient(), "complete")

    assert said.status == 1
    assert "cannot be completed" in said.err
