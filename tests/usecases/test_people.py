"""Making, changing and erasing one therapist or patient, and what follows from it."""

from typing import Any

import pytest

from boona_core.calls import CallStatus
from boona_core.emails import EmailState
from boona_core.errors import IllegalTransition, InvalidValues, UnknownId
from boona_core.events import EventType
from boona_core.ids import PatientId, TherapistId
from boona_core.importing import ImportKind
from boona_core.patients import PatientStatus
from boona_core.requests import RequestStatus
from boona_core.usecases.deciding import Settlement
from boona_core.usecases.people import KeepPerson
from tests.situations import TODAY
from tests.usecases.house import STATIONERY, House, house

OPEN, IN_PROGRESS, CANCELED = RequestStatus.OPEN, RequestStatus.IN_PROGRESS, RequestStatus.CANCELED
WEBER = {"last_name": "Weber", "email": "praxis@weber.example", "mailbox": "praxis@weber.example"}
MUSTER = {"first_name": "Kim", "last_name": "Muster"}


def kept(agency: House, kind: ImportKind) -> KeepPerson:
    return KeepPerson(
        open_unit=agency.memory.open_unit, kind=kind, stationery=STATIONERY, switchboard=agency.switchboard
    )


def therapists(agency: House) -> KeepPerson:
    return kept(agency, ImportKind.THERAPISTS)


def patients(agency: House) -> KeepPerson:
    return kept(agency, ImportKind.PATIENTS)


def faults(error: pytest.ExceptionInfo[InvalidValues]) -> list[str]:
    return [fault.place for fault in error.value.faults]


def therapist(agency: House, number: int) -> Any:
    return agency.memory.tables.therapists.rows[TherapistId(number)]


def patient(agency: House, number: int) -> Any:
    return agency.memory.tables.patients.rows[PatientId(number)]


# -- make --------------------------------------------------------------------------------------------------------------


def test_a_therapist_who_was_made_can_be_written_to() -> None:
    agency = house()
    number = therapists(agency).create(WEBER)
    agency.requests_to(TherapistId(number), "Sorge")

    agency.plan()

    assert agency.emails()[0].recipient_email == "praxis@weber.example"
    assert agency.told()[0] is EventType.THERAPIST_CREATED


def test_a_therapist_without_a_name_is_not_made() -> None:
    agency = house()

    with pytest.raises(InvalidValues) as refused:
        therapists(agency).create({"last_name": " ", "status": None})

    assert faults(refused) == ["last_name", "status"]
    assert agency.told() == []


def test_an_external_id_belongs_to_one() -> None:
    agency = house()
    therapists(agency).create({**WEBER, "external_id": "T-1"})

    with pytest.raises(InvalidValues) as refused:
        therapists(agency).create({**WEBER, "external_id": "T-1"})

    assert faults(refused) == ["external_id"]


def test_a_patient_who_begins_to_search_is_registered_on_that_day() -> None:
    agency = house()

    number = patients(agency).create({**MUSTER, "status": "searching", "contracts_signed": True, "diagnosis": "F32.1"})

    assert patient(agency, number).registered_on == TODAY


def test_the_day_of_registration_is_not_emptied() -> None:
    agency = house()
    number = patients(agency).create({**MUSTER, "status": "searching", "contracts_signed": True, "diagnosis": "F32.1"})

    patients(agency).change(number, {"registered_on": None})

    assert patient(agency, number).registered_on == TODAY


def test_a_patient_without_contracts_or_diagnosis_does_not_search() -> None:
    agency = house()

    with pytest.raises(InvalidValues) as refused:
        patients(agency).create({**MUSTER, "status": "searching"})

    assert faults(refused) == ["contracts_signed", "diagnosis"]


def test_a_therapist_who_does_not_exist_is_not_excluded() -> None:
    agency = house()
    known = agency.seed.therapist()

    with pytest.raises(InvalidValues) as refused:
        patients(agency).create({**MUSTER, "excluded_therapists": [known, 99]})

    assert faults(refused) == ["excluded_therapists[1]"]


# -- change ------------------------------------------------------------------------------------------------------------


def test_only_what_is_named_changes_and_none_empties() -> None:
    agency = house()
    number = therapists(agency).create({**WEBER, "title": "Dr.", "phone": "030 1"})

    therapists(agency).change(number, {"title": None, "city": "Berlin"})

    changed = therapist(agency, number)
    assert (changed.title, changed.city) == (None, "Berlin")
    assert (changed.last_name, changed.phone, changed.email) == ("Weber", "030 1", "praxis@weber.example")
    assert agency.told() == [EventType.THERAPIST_CREATED, EventType.THERAPIST_UPDATED]


def test_who_is_blocked_is_so_since_that_day_and_nothing_of_it_is_left_when_active_again() -> None:
    agency = house()
    number = therapists(agency).create(WEBER)

    therapists(agency).change(number, {"status": "blocked", "blocked_reason": "Umzug", "blocked_until": "2099-01-01"})
    blocked = therapist(agency, number)
    therapists(agency).change(number, {"status": "active"})
    active = therapist(agency, number)

    assert (blocked.blocked_on, blocked.blocked_reason, str(blocked.blocked_until)) == (TODAY, "Umzug", "2099-01-01")
    assert (active.blocked_on, active.blocked_reason, active.blocked_until) == (None, None, None)


def test_who_becomes_inactive_out_of_a_block_is_so_for_good_since_that_day() -> None:
    agency = house()
    number = therapists(agency).create(
        {**WEBER, "status": "blocked", "blocked_on": "2020-01-01", "blocked_until": "2099-01-01"}
    )
    began = therapist(agency, number).blocked_on

    therapists(agency).change(number, {"status": "inactive"})

    assert str(began) == "2020-01-01"
    assert (therapist(agency, number).blocked_on, therapist(agency, number).blocked_until) == (TODAY, None)


def test_what_is_said_about_a_block_is_kept_as_it_is_said() -> None:
    agency = house()
    number = therapists(agency).create({**WEBER, "status": "blocked", "blocked_on": "2020-01-01"})

    therapists(agency).change(number, {"title": "Dr."})
    untouched = therapist(agency, number)
    therapists(agency).change(number, {"status": "active", "blocked_reason": "war im Urlaub"})

    assert str(untouched.blocked_on) == "2020-01-01"
    assert (therapist(agency, number).blocked_on, therapist(agency, number).blocked_reason) == (None, "war im Urlaub")


def test_a_change_that_changes_nothing_is_not_told() -> None:
    agency = house()
    number = therapists(agency).create(WEBER)

    therapists(agency).change(number, {"last_name": "Weber", "languages": []})

    assert agency.told() == [EventType.THERAPIST_CREATED]


def test_an_external_id_of_somebody_else_is_refused() -> None:
    agency = house()
    therapists(agency).create({**WEBER, "external_id": "T-1"})
    other = therapists(agency).create({"last_name": "Kurz", "external_id": "T-2"})

    with pytest.raises(InvalidValues):
        therapists(agency).change(other, {"external_id": "T-1"})

    assert therapist(agency, other).external_id == "T-2"


@pytest.mark.parametrize(
    ("values", "request_becomes"),
    [
        ({"status": "blocked"}, OPEN),
        ({"status": "inactive"}, CANCELED),
        ({"do_not_contact": True}, CANCELED),
        ({"email": "neu@weber.example", "mailbox": "neu@weber.example"}, OPEN),
        ({"email": None, "mailbox": None}, OPEN),
    ],
)
def test_a_therapist_who_leaves_rests_or_moves_gets_no_email_that_was_queued(
    values: dict[str, Any], request_becomes: RequestStatus
) -> None:
    agency = house()
    number = therapists(agency).create(WEBER)
    requests = agency.requests_to(TherapistId(number), "Sorge")
    agency.plan()

    therapists(agency).change(number, values)

    assert agency.states() == [EmailState.CANCELED]
    assert agency.statuses(requests) == [request_becomes]


@pytest.mark.parametrize(
    ("values", "request_becomes"),
    [({"status": "search_aborted"}, CANCELED), ({"search_paused_until": "2030-01-01"}, OPEN)],
)
def test_a_patient_who_leaves_or_rests_is_taken_out_of_what_was_not_sent(
    values: dict[str, Any], request_becomes: RequestStatus
) -> None:
    agency = house()
    whom = agency.seed.therapist()
    requests = agency.requests_to(whom, "Angst", "Trauer")
    agency.plan()
    leaving = agency.memory.tables.requests.rows[requests[0]].patient_id

    patients(agency).change(leaving, values)

    assert agency.states() == [EmailState.QUEUED]
    assert "Angst" not in agency.emails()[0].body_text
    assert agency.statuses(requests) == [request_becomes, IN_PROGRESS]


def test_nobody_is_changed_who_is_not_there() -> None:
    with pytest.raises(UnknownId):
        therapists(house()).change(99, {"title": "Dr."})


# -- erase -------------------------------------------------------------------------------------------------------------


def test_an_erased_patient_is_withdrawn_and_empty() -> None:
    agency = house()
    whom = agency.seed.therapist()
    requests = agency.requests_to(whom, "Angst", "Trauer")
    agency.plan()
    leaving = agency.memory.tables.requests.rows[requests[0]].patient_id

    patients(agency).erase(leaving)

    erased = patient(agency, leaving)
    assert (erased.first_name, erased.symptoms, erased.status) == ("", None, PatientStatus.SEARCH_ABORTED)
    assert "Angst" not in agency.emails()[0].body_text
    assert agency.statuses(requests) == [CANCELED, IN_PROGRESS]
    assert EventType.PATIENT_ERASED in agency.told()


def test_an_erased_therapist_gets_nothing_and_is_empty() -> None:
    agency = house()
    number = therapists(agency).create(WEBER)
    requests = agency.requests_to(TherapistId(number), "Sorge")
    agency.plan()

    therapists(agency).erase(number)

    assert (therapist(agency, number).last_name, therapist(agency, number).email) == ("", None)
    assert (agency.states(), agency.statuses(requests)) == ([EmailState.CANCELED], [CANCELED])
    assert agency.emails()[0].body_text == ""
    assert EventType.THERAPIST_ERASED in agency.told()


def test_an_erased_therapist_is_not_called() -> None:
    agency = house()
    hours = {"monday": [{"start": "09:00", "end": "12:00"}]}
    number = therapists(agency).create({"last_name": "Weber", "phone": "030 1", "phone_hours": hours})
    agency.schedule_call(TherapistId(number), notes="bat um Rückruf")

    therapists(agency).erase(number)

    (call,) = agency.calls()
    assert (call.status, call.number, call.notes) == (CallStatus.CANCELED, None, None)


def test_erasing_twice_is_told_once() -> None:
    agency = house()
    number = therapists(agency).create(WEBER)

    therapists(agency).erase(number)
    therapists(agency).erase(number)

    assert agency.told().count(EventType.THERAPIST_ERASED) == 1


def test_nobody_is_erased_while_an_email_is_being_handed_over() -> None:
    agency = house()
    number = therapists(agency).create(WEBER)
    agency.seed.email(TherapistId(number), state=EmailState.HANDOFF)

    with pytest.raises(IllegalTransition):
        therapists(agency).erase(number)

    assert therapist(agency, number).last_name == "Weber"


def test_an_erased_person_is_not_changed() -> None:
    agency = house()
    number = therapists(agency).create(WEBER)
    therapists(agency).erase(number)

    with pytest.raises(UnknownId):
        therapists(agency).change(number, {"title": "Dr."})


def test_an_uncertain_email_about_an_erased_patient_is_not_sent_again() -> None:
    agency = house()
    whom = agency.seed.therapist()
    (request,) = agency.requests_to(whom, "Angst")
    email = agency.seed.email(whom, [request], state=EmailState.UNCERTAIN, ever_uncertain=True)
    agency.seed.window(email, TODAY)
    agency.seed.hold(email, [request])

    patients(agency).erase(agency.memory.tables.requests.rows[request].patient_id)

    assert agency.email(email).body_text == ""
    queuing = agency.settle(email, Settlement.AGAIN)
    assert queuing is not None
    assert not queuing.queued
