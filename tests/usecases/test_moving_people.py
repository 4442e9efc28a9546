"""Patients and therapists take their steps, and whoever leaves is withdrawn at once."""

from datetime import UTC, date, datetime

import pytest

from boona_core.emails import EmailState
from boona_core.errors import IllegalTransition, UnknownId
from boona_core.events import EventType
from boona_core.ids import PatientId, TherapistId
from boona_core.lifecycles import Missing, PatientStep, TherapistStep
from boona_core.patients import PatientStatus
from boona_core.requests import RequestStatus
from boona_core.therapists import TherapistStatus
from boona_core.usecases.moving_people import Moved, MovePeople
from tests.situations import TODAY
from tests.usecases.house import STATIONERY, House, house

OPEN, IN_PROGRESS, CANCELED = RequestStatus.OPEN, RequestStatus.IN_PROGRESS, RequestStatus.CANCELED
LATER = date(2026, 4, 1)


@pytest.fixture
def office() -> House:
    return house()


def move(office: House) -> MovePeople:
    return MovePeople(open_unit=office.memory.open_unit, stationery=STATIONERY, switchboard=office.switchboard)


def status(office: House, patient: PatientId) -> PatientStatus:
    return office.memory.tables.patients.rows[patient].status


def test_a_patient_who_starts_to_search_is_registered_today_and_told_of(office: House) -> None:
    patient = office.seed.patient(status=PatientStatus.OPEN, registered_on=None, diagnosis="F32.1")

    moved = move(office).patient(patient, PatientStep.START)

    assert moved == Moved(status="searching", changed=frozenset({"status", "registered_on"}))
    assert office.memory.tables.patients.rows[patient].registered_on == TODAY
    assert office.told() == [EventType.PATIENT_UPDATED, EventType.PATIENT_STATUS_CHANGED]


def test_a_search_that_cannot_begin_says_what_is_missing_and_changes_nothing(office: House) -> None:
    patient = office.seed.patient(status=PatientStatus.OPEN, diagnosis=None, contracts_signed=False)

    moved = move(office).patient(patient, PatientStep.START)

    assert moved.missing == (Missing.CONTRACTS_SIGNED, Missing.DIAGNOSIS)
    assert status(office, patient) is PatientStatus.OPEN
    assert office.told() == []


def test_the_requests_of_a_search_that_is_aborted_leave_unsent_emails(office: House) -> None:
    therapist = office.seed.therapist()
    requests = office.requests_to(therapist, "one", "other")
    email = office.seed.queued_email(therapist, requests)
    patient = office.memory.tables.requests.rows[requests[0]].patient_id

    move(office).patient(patient, PatientStep.ABORT)

    assert office.statuses(requests) == [CANCELED, OPEN]
    assert office.state(email) is EmailState.CANCELED


def test_who_found_a_place_elsewhere_leaves_unsent_emails(office: House) -> None:
    therapist = office.seed.therapist()
    requests = office.requests_to(therapist, "one", "other")
    office.seed.queued_email(therapist, requests)
    patient = office.memory.tables.requests.rows[requests[0]].patient_id

    moved = move(office).patient(patient, PatientStep.PLACE)

    assert moved == Moved(status="in_therapy", changed=frozenset({"status", "first_place_on"}))
    assert office.statuses(requests) == [CANCELED, OPEN]


def test_a_pause_lets_the_requests_rest_and_ends_by_itself(office: House) -> None:
    therapist = office.seed.therapist()
    (request,) = office.requests_to(therapist, "one")
    patient = office.memory.tables.requests.rows[request].patient_id

    move(office).patient(patient, PatientStep.PAUSE, until=LATER)
    paused = office.plan().plan.emails
    office.clock.days_pass((LATER - TODAY).days)
    ended = office.plan().plan.emails

    assert office.statuses([request]) == [IN_PROGRESS]
    assert (len(paused), len(ended)) == (0, 1)


def test_a_block_cancels_unsent_emails_and_leaves_the_requests_open(office: House) -> None:
    therapist = office.seed.therapist()
    requests = office.requests_to(therapist, "one")
    email = office.seed.queued_email(therapist, requests)

    moved = move(office).therapist(therapist, TherapistStep.BLOCK, reason="parental leave", until=LATER)

    assert moved.status == "blocked"
    assert office.statuses(requests) == [OPEN]
    assert office.state(email) is EmailState.CANCELED
    stored = office.memory.tables.therapists.rows[therapist]
    assert (stored.blocked_reason, stored.blocked_on, stored.blocked_until) == ("parental leave", TODAY, LATER)


def test_a_block_and_its_end_are_told(office: House) -> None:
    therapist = office.seed.therapist()

    move(office).therapist(therapist, TherapistStep.BLOCK, reason="x", until=LATER)
    move(office).therapist(therapist, TherapistStep.UNBLOCK)

    assert [(event.type, event.data.get("until")) for event in office.events()] == [
        (EventType.THERAPIST_UPDATED, None),
        (EventType.THERAPIST_STATUS_CHANGED, None),
        (EventType.THERAPIST_BLOCKED, "2026-04-01"),
        (EventType.THERAPIST_UPDATED, None),
        (EventType.THERAPIST_STATUS_CHANGED, None),
        (EventType.THERAPIST_UNBLOCKED, None),
    ]


def test_who_leaves_for_good_out_of_a_block_is_not_told_as_unblocked(office: House) -> None:
    therapist = office.seed.therapist(status=TherapistStatus.BLOCKED)

    move(office).therapist(therapist, TherapistStep.DEACTIVATE, reason="retired")

    assert office.told() == [EventType.THERAPIST_UPDATED, EventType.THERAPIST_STATUS_CHANGED]


@pytest.mark.parametrize("step", [TherapistStep.DEACTIVATE, TherapistStep.SILENCE])
def test_who_is_left_alone_has_no_requests_any_more(office: House, step: TherapistStep) -> None:
    therapist = office.seed.therapist()
    requests = office.requests_to(therapist, "one")

    move(office).therapist(therapist, step)

    assert office.statuses(requests) == [CANCELED]


def test_a_step_that_changes_nothing_tells_nothing(office: House) -> None:
    therapist = office.seed.therapist()

    moved = move(office).therapist(therapist, TherapistStep.UNSILENCE)

    assert moved == Moved(status="active")
    assert office.told() == []


def test_a_dry_run_says_the_same_and_changes_nothing(office: House) -> None:
    therapist = office.seed.therapist()

    moved = move(office).therapist(therapist, TherapistStep.DEACTIVATE, reason="retired", dry_run=True)

    assert moved.status == "inactive"
    assert office.memory.tables.therapists.rows[therapist].status is TherapistStatus.ACTIVE
    assert office.told() == []


def test_nobody_unknown_and_nobody_erased_takes_a_step(office: House) -> None:
    erased = office.seed.therapist(erased_at=datetime(2026, 1, 1, tzinfo=UTC))

    with pytest.raises(UnknownId):
        move(office).therapist(erased, TherapistStep.DEACTIVATE)
    with pytest.raises(UnknownId):
        move(office).therapist(TherapistId(99), TherapistStep.DEACTIVATE)
    with pytest.raises(UnknownId):
        move(office).patient(PatientId(99), PatientStep.START)


def test_a_step_that_the_lifecycle_has_not_is_refused(office: House) -> None:
    with pytest.raises(IllegalTransition):
        move(office).patient(office.seed.patient(), PatientStep.COMPLETE)
