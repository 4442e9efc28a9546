"""Everybody who is due for a call gets one, once, in their hours; what was silent is asked again by a person."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from boona_core.callers import Absence, CallerHours
from boona_core.calls import CallStatus, CallTime, Cause
from boona_core.contact import Reason
from boona_core.events import EventType
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.requests import RequestStatus
from boona_core.therapists import TherapistStatus
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.situations import NOW, TODAY
from tests.usecases.house import House, house

OPEN, IN_PROGRESS = RequestStatus.OPEN, RequestStatus.IN_PROGRESS
NINE, TEN = 9 * 60, 10 * 60
MONDAYS = WeeklyWindows({Weekday.MONDAY: (Window(NINE, TEN),)})
EVERY_DAY = WeeklyWindows({day: (Window(8 * 60, 18 * 60),) for day in Weekday})
LAST_MONDAY = TODAY - timedelta(days=7)
NEXT_MONDAY = TODAY + timedelta(days=7)


def silent(agency: House, *concerns: str, **fields: Any) -> tuple[TherapistId, EmailId, list[PlacementRequestId]]:
    """A therapist with Monday hours whom an email reached a week ago, and who has said nothing."""
    therapist = agency.seed.therapist(**{"phone": f"030 {len(agency.emails())}1", "phone_hours": MONDAYS, **fields})
    requests = agency.requests_to(therapist, *(concerns or ("Sorge",)))
    email = agency.seed.sent_email(therapist, requests, on=LAST_MONDAY)
    return therapist, email, requests


# -- silent emails -----------------------------------------------------------------------------------------------------


def test_a_silent_email_is_followed_up_by_a_call_in_the_hours_of_the_therapist() -> None:
    agency = house()
    therapist, _, requests = silent(agency, "a", "b")

    run = agency.plan_calls()

    (call,) = agency.calls()
    assert run.call_ids == (call.id,)
    assert (call.therapist_id, call.cause, call.status) == (therapist, Cause.SILENT, CallStatus.SCHEDULED)
    assert call.time == CallTime(TODAY, NINE, 5)
    assert [item.placement_request_id for item in call.included] == requests


def test_the_call_takes_the_requests_over_from_the_email() -> None:
    agency = house()
    _, _, requests = silent(agency)

    agency.plan_calls()

    assert agency.statuses(requests) == [IN_PROGRESS]
    assert agency.holders(requests) == [None]
    assert agency.calls_of(requests) == [agency.calls()[0].id]


def test_an_email_is_followed_up_once_however_often_the_plan_is_made() -> None:
    agency = house()
    silent(agency)
    agency.plan_calls()

    again = agency.plan_calls()

    assert again.planned == ()
    assert len(agency.calls()) == 1


def test_a_canceled_follow_up_opens_its_requests_and_the_email_is_not_followed_up_again() -> None:
    agency = house()
    _, _, requests = silent(agency)
    agency.plan_calls()
    agency.cancel_call(agency.calls()[0].id)

    again = agency.plan_calls()

    assert again.planned == ()
    assert agency.statuses(requests) == [OPEN]


def test_an_email_of_yesterday_is_not_due_yet() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=MONDAYS)
    agency.seed.sent_email(therapist, agency.requests_to(therapist, "a"), on=TODAY - timedelta(days=6))

    assert agency.plan_calls().planned == ()


def test_a_silent_email_without_requests_is_followed_up_too_and_once() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=MONDAYS)
    agency.seed.sent_email(therapist, on=LAST_MONDAY)

    first, second = agency.plan_calls(), agency.plan_calls()

    assert [call.due.therapist_id for call in first.planned] == [therapist]
    assert second.planned == ()


def test_while_the_follow_up_is_planned_no_email_goes_out_and_after_it_was_canceled_one_may() -> None:
    agency = house(quiet_days_before_call=0)
    silent(agency, phone_hours=WeeklyWindows({Weekday.FRIDAY: (Window(NINE, TEN),)}))
    agency.plan_calls()

    held = agency.plan()
    agency.cancel_call(agency.calls()[0].id)
    allowed = agency.plan()

    assert held.plan.emails == ()
    assert len(allowed.plan.emails) == 1


def test_open_requests_fill_a_call_up_after_the_silent_ones() -> None:
    agency = house(max_requests_per_call=2)
    therapist, _, (waiting,) = silent(agency)
    new, left = agency.requests_to(therapist, "neu", "zu viel")

    agency.plan_calls()

    (call,) = agency.calls()
    assert [item.placement_request_id for item in call.included] == [waiting, new]
    assert agency.statuses([waiting, new, left]) == [IN_PROGRESS, IN_PROGRESS, OPEN]
    assert agency.told().count(EventType.MATCH_STATUS_CHANGED) == 1


def test_what_an_email_held_beyond_the_size_of_a_call_is_open_again() -> None:
    agency = house(max_requests_per_call=1)
    _, _, requests = silent(agency, "a", "b")

    agency.plan_calls()

    assert agency.statuses(requests) == [IN_PROGRESS, OPEN]


def test_two_silent_emails_to_a_therapist_are_followed_up_by_one_call() -> None:
    agency = house()
    therapist, _, requests = silent(agency)
    later = agency.requests_to(therapist, "b")
    agency.seed.sent_email(therapist, later, on=LAST_MONDAY - timedelta(days=7))

    agency.plan_calls()

    (call,) = agency.calls()
    assert {item.placement_request_id for item in call.included} == {*requests, *later}


# -- other causes ------------------------------------------------------------------------------------------------------


def test_a_therapist_without_an_address_is_called_about_open_requests() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=MONDAYS, mailbox_id=None)
    requests = agency.requests_to(therapist, "a")

    agency.plan_calls()

    assert [call.cause for call in agency.calls()] == [Cause.NO_ADDRESS]
    assert agency.statuses(requests) == [IN_PROGRESS]


def test_a_therapist_with_an_address_is_not_called_about_open_requests() -> None:
    agency = house()
    agency.requests_to(agency.seed.therapist(phone="030 1", phone_hours=MONDAYS, potentially_available=True), "a")

    assert agency.plan_calls().planned == ()


def test_follow_ups_alone_call_nobody_for_want_of_an_address() -> None:
    agency = house()
    agency.requests_to(agency.seed.therapist(phone="030 1", phone_hours=MONDAYS, mailbox_id=None), "a")

    assert agency.follow_up().planned == ()


def test_a_call_that_was_asked_for_is_made_from_its_day_on_although_the_last_one_was_yesterday() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=EVERY_DAY, last_call_on=TODAY - timedelta(days=1))
    (request,) = agency.requests_to(therapist, "a")
    agency.seed.sent_email(therapist, [request], on=LAST_MONDAY, response_received=True)
    agency.change_request(request, call_asked_from=TODAY + timedelta(days=2))

    agency.plan_calls()

    (call,) = agency.calls()
    assert (call.cause, call.time) == (Cause.ASKED_FOR, CallTime(TODAY + timedelta(days=2), 8 * 60, 5))


# -- who must not be called --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": TherapistStatus.BLOCKED}, Reason.BLOCKED),
        ({"status": TherapistStatus.INACTIVE}, Reason.INACTIVE),
        ({"do_not_contact": True}, Reason.DO_NOT_CONTACT),
        ({"phone": None}, Reason.NO_PHONE_NUMBER),
        ({"phone_hours": None}, Reason.NO_PHONE_HOURS),
        ({"absent_until": TODAY + timedelta(days=60)}, Reason.ABSENT),
        ({"last_call_on": TODAY - timedelta(days=1), "phone_hours": WeeklyWindows()}, Reason.RECENT_CALL),
    ],
)
def test_who_must_not_be_called_is_refused_with_the_reason_and_stays_due(
    fields: dict[str, Any], reason: Reason
) -> None:
    agency = house()
    therapist, _, _ = silent(agency, **fields)

    run = agency.plan_calls()

    assert agency.calls() == []
    assert [refusal.therapist_id for refusal in run.refusals] == [therapist]
    assert reason in run.refusals[0].decision.reasons


def test_who_is_absent_is_called_after_the_return() -> None:
    agency = house()
    silent(agency, absent_until=TODAY + timedelta(days=1))

    agency.plan_calls()

    assert [call.time.day for call in agency.calls()] == [NEXT_MONDAY]


def test_a_closed_day_has_no_calls() -> None:
    agency = house()
    silent(agency)
    agency.close_days.close(TODAY)

    agency.plan_calls()

    assert [call.time.day for call in agency.calls()] == [NEXT_MONDAY]


def test_hours_that_are_unknown_are_assumed_where_the_policy_says_so_and_that_is_noted() -> None:
    agency = house(fallback_phone_hours=MONDAYS)
    silent(agency, phone_hours=None)

    agency.plan_calls()

    assert [call.assumed_hours for call in agency.calls()] == [True]


# -- callers -----------------------------------------------------------------------------------------------------------


def test_every_planned_call_has_a_caller_where_there_are_any_and_no_caller_has_two_at_once() -> None:
    agency = house()
    caller = agency.keep_callers.add("Ada", CallerHours(working_hours=EVERY_DAY))
    silent(agency)
    silent(agency)

    agency.plan_calls()

    assert [(call.caller_id, call.time.start) for call in agency.calls()] == [(caller.id, NINE), (caller.id, NINE + 5)]


def test_two_practices_with_one_number_are_called_one_after_the_other() -> None:
    agency = house()
    silent(agency, phone="030 / 123")
    silent(agency, phone="+49 30 123")

    agency.plan_calls()

    assert [call.time.start for call in agency.calls()] == [NINE, NINE + 5]


def test_two_practices_are_called_at_once_where_nobody_in_particular_calls() -> None:
    agency = house()
    silent(agency)
    silent(agency)

    agency.plan_calls()

    assert [(call.caller_id, call.time.start) for call in agency.calls()] == [(None, NINE), (None, NINE)]


def test_who_finds_no_time_stays_due_and_the_plan_says_what_would_help() -> None:
    agency = house(call_horizon_days=1)
    quarter = CallerHours(working_hours=WeeklyWindows({Weekday.MONDAY: (Window(NINE, NINE + 5),)}))
    agency.keep_callers.add("Ada", quarter)
    first, _, _ = silent(agency)
    second, _, requests = silent(agency)

    run = agency.plan_calls()

    assert [call.due.therapist_id for call in run.planned] == [first]
    assert [(call.due.therapist_id, call.reason) for call in run.unplaced] == [(second, Reason.NO_FREE_SLOT)]
    assert (run.relief.placed_with_one_more, run.relief.callers_for_all) == (2, 1)
    assert agency.holders(requests) != [None]


def test_the_potentially_available_come_first_when_there_is_not_room_for_all() -> None:
    agency = house(call_horizon_days=1)
    hours = CallerHours(working_hours=WeeklyWindows({Weekday.MONDAY: (Window(NINE, NINE + 5),)}))
    agency.keep_callers.add("Ada", hours)
    silent(agency)
    flagged, _, _ = silent(agency, potentially_available=True)

    run = agency.plan_calls()

    assert [call.due.therapist_id for call in run.planned] == [flagged]


def test_an_absent_caller_gets_no_calls() -> None:
    agency = house()
    absence = Absence(TODAY, TODAY + timedelta(days=1))
    agency.keep_callers.add("Ada", CallerHours(working_hours=EVERY_DAY, absences=(absence,)))
    silent(agency)

    agency.plan_calls()

    assert [call.time.day for call in agency.calls()] == [NEXT_MONDAY]


# -- the run itself ----------------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_be_planned_and_plans_nothing() -> None:
    agency = house()
    therapist, _, requests = silent(agency)

    run = agency.plan_calls(dry_run=True)

    assert [call.due.therapist_id for call in run.planned] == [therapist]
    assert agency.calls() == []
    assert agency.holders(requests) != [None]


def test_an_answer_that_comes_between_plan_and_storing_is_seen() -> None:
    agency = house()
    _, email, _ = silent(agency)

    def answered() -> None:
        table = agency.memory.tables.emails
        row = table.rows[email]
        table.put(email, evolve(row, email=evolve(row.email, response_received=True)))

    agency.watch.before.extend([lambda: None, answered])

    run = agency.plan_calls()

    assert agency.calls() == []
    assert len(run.taken) == 1


def test_calls_are_stored_a_few_therapists_at_a_time() -> None:
    agency = house(chunk=1)
    silent(agency)
    silent(agency)
    dealt_with: list[tuple[int, int]] = []

    agency.plan_calls(on_stored=lambda done, of: dealt_with.append((done, of)))

    assert dealt_with == [(1, 2), (2, 2)]


def test_a_planned_call_is_told_without_a_word_about_anybody() -> None:
    agency = house()
    therapist, _, _ = silent(agency)

    agency.plan_calls()

    (event,) = [event for event in agency.events() if event.type is EventType.CALL_SCHEDULED]
    assert event.key == therapist
    assert event.data == {
        "call_id": agency.calls()[0].id,
        "therapist_id": therapist,
        "caller_id": None,
        "scheduled_date": TODAY.isoformat(),
        "scheduled_time": "09:00",
    }


def test_no_call_begins_before_now_and_the_lead() -> None:
    agency = house(now=NOW + timedelta(hours=1, minutes=1), call_lead_minutes=10)
    silent(agency)

    agency.plan_calls()

    assert [call.time.start for call in agency.calls()] == [NINE + 15]
