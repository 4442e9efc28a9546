"""What was said in a call is recorded once, request by request, and can be corrected."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from boona_core.calls import CallStatus, CallTime, Cause, Moment, Outcome, PhoneCall
from boona_core.errors import IllegalTransition, InvalidValue, InvalidValues
from boona_core.events import EventType
from boona_core.ids import PlacementRequestId, TherapistId
from boona_core.instants import BERLIN
from boona_core.patients import PatientStatus
from boona_core.requests import RequestStatus
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.situations import NOW, TODAY
from tests.usecases.house import House, house

OPEN, IN_PROGRESS = RequestStatus.OPEN, RequestStatus.IN_PROGRESS
ACCEPTED, REJECTED = RequestStatus.ACCEPTED, RequestStatus.REJECTED
NINE = 9 * 60
EVERY_DAY = WeeklyWindows({day: (Window(NINE, 18 * 60),) for day in Weekday})


def called(agency: House, *concerns: str, **fields: Any) -> tuple[TherapistId, PhoneCall, list[PlacementRequestId]]:
    """A therapist with a follow-up call at nine, and it is ten past nine."""
    therapist = agency.seed.therapist(**{"phone": "030 1", "phone_hours": EVERY_DAY, **fields})
    requests = agency.requests_to(therapist, *(concerns or ("a", "b")))
    agency.seed.sent_email(therapist, requests, on=TODAY - timedelta(days=7))
    agency.plan_calls()
    agency.clock.now = NOW + timedelta(hours=1, minutes=10)
    return therapist, agency.calls()[-1], requests


def test_each_request_goes_the_way_of_its_outcome_and_what_nobody_names_is_open_again() -> None:
    agency = house()
    _, call, (yes, no, later, unsaid) = called(agency, "a", "b", "c", "d")

    agency.complete_call(
        call.id, {yes: Outcome.ACCEPTED, no: Outcome.REJECTED, later: Outcome.NEEDS_FOLLOW_UP}, at=Moment(TODAY, NINE)
    )

    held = agency.call(call.id)
    assert agency.statuses([yes, no, later, unsaid]) == [ACCEPTED, REJECTED, IN_PROGRESS, OPEN]
    assert (held.status, held.actual_on, held.actual_at) == (CallStatus.COMPLETED, TODAY, NINE)
    assert [item.outcome for item in held.items] == [
        Outcome.ACCEPTED,
        Outcome.REJECTED,
        Outcome.NEEDS_FOLLOW_UP,
        Outcome.NOT_DISCUSSED,
    ]


def test_a_call_that_was_held_is_a_contact_and_is_told() -> None:
    agency = house()
    therapist, call, _ = called(agency)

    agency.complete_call(call.id, {})

    assert agency.memory.tables.therapists.rows[therapist].last_call_on == TODAY
    assert EventType.CALL_COMPLETED in agency.told()


def test_a_call_that_is_recorded_in_the_last_minute_of_a_day_was_held_in_it() -> None:
    agency = house()
    _, call, _ = called(agency)
    agency.clock.now = datetime(TODAY.year, TODAY.month, TODAY.day, 23, 59, 30, tzinfo=BERLIN)

    completion = agency.complete_call(call.id, {})

    assert (completion.call.actual_on, completion.call.actual_at) == (TODAY, 23 * 60 + 59)


def test_what_needs_a_follow_up_is_called_about_again_on_the_next_working_day() -> None:
    agency = house()
    _, call, (request, _) = called(agency)
    agency.complete_call(call.id, {request: Outcome.NEEDS_FOLLOW_UP}, follow_up_notes={request: "ab Mai frei"})

    agency.plan_calls()

    again = agency.calls()[-1]
    assert (again.cause, again.time) == (Cause.ASKED_FOR, CallTime(TODAY + timedelta(days=1), NINE, 5))
    assert agency.call(call.id).items[0].follow_up_notes == "ab Mai frei"
    assert agency.calls_of([request]) == [again.id]


def test_an_acceptance_places_the_patient() -> None:
    agency = house()
    _, call, (request, _) = called(agency)

    completion = agency.complete_call(call.id, {request: Outcome.ACCEPTED})

    patient = agency.memory.tables.patients.rows[agency.request(request).patient_id]
    assert completion.recorded.placed == (patient.id,)
    assert patient.status is PatientStatus.IN_THERAPY


def test_a_call_that_was_recorded_wrongly_is_corrected() -> None:
    agency = house()
    _, call, (first, second) = called(agency)
    agency.complete_call(call.id, {first: Outcome.ACCEPTED, second: Outcome.REJECTED})

    agency.complete_call(call.id, {first: Outcome.REJECTED})

    patient = agency.memory.tables.patients.rows[agency.request(first).patient_id]
    assert agency.statuses([first, second]) == [REJECTED, REJECTED]
    assert patient.status is PatientStatus.SEARCHING
    assert agency.told().count(EventType.CALL_COMPLETED) == 1


def test_a_request_that_is_not_in_the_call_is_an_error_that_names_it_and_changes_nothing() -> None:
    agency = house()
    _, call, _ = called(agency)
    (strange,) = agency.requests_to(agency.seed.therapist(), "x")

    with pytest.raises(InvalidValue, match=f"request {strange} is not in call"):
        agency.complete_call(call.id, {strange: Outcome.ACCEPTED})

    assert agency.call(call.id).status is CallStatus.SCHEDULED


@pytest.mark.parametrize("words", [{"outcome": "x" * 256}, {"notes": "a\x00b"}])
def test_texts_that_no_store_can_keep_are_refused_by_their_field(words: dict[str, str]) -> None:
    agency = house()
    _, call, _ = called(agency)

    with pytest.raises(InvalidValues) as caught:
        agency.complete_call(call.id, {}, **words)  # type: ignore[arg-type] # each is one of its texts

    assert [fault.place for fault in caught.value.faults] == list(words)


def test_a_call_that_failed_cannot_be_completed() -> None:
    agency = house()
    _, call, _ = called(agency)
    agency.fail_call(call.id)

    with pytest.raises(IllegalTransition):
        agency.complete_call(call.id, {})


def test_a_dry_run_records_nothing() -> None:
    agency = house()
    _, call, (request, _) = called(agency)

    completion = agency.complete_call(call.id, {request: Outcome.ACCEPTED}, dry_run=True)

    assert completion.recorded.placed
    assert agency.call(call.id).status is CallStatus.SCHEDULED
    assert agency.statuses([request]) == [IN_PROGRESS]
