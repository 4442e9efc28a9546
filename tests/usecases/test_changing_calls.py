"""What a person does with one call, and what follows from a call that nobody answered."""

from datetime import timedelta
from typing import Any

import pytest

from boona_core.callers import CallerHours
from boona_core.calls import CallStatus, CallTime, Cause, Moment, PhoneCall
from boona_core.contact import Channel, Reason
from boona_core.errors import IllegalTransition, InvalidValue, UnknownId
from boona_core.events import EventType
from boona_core.ids import CallerId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.requests import RequestStatus
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.situations import NOW, TODAY
from tests.usecases.house import House, house

OPEN, IN_PROGRESS = RequestStatus.OPEN, RequestStatus.IN_PROGRESS
NINE, TEN, TWO = 9 * 60, 10 * 60, 14 * 60
TWICE_ON_MONDAYS = WeeklyWindows({Weekday.MONDAY: (Window(NINE, TEN), Window(TWO, TWO + 30))})
EVERY_DAY = WeeklyWindows({day: (Window(8 * 60, 18 * 60),) for day in Weekday})
TOMORROW = TODAY + timedelta(days=1)
NEXT_MONDAY = TODAY + timedelta(days=7)
TEN_PAST_NINE = Moment(TODAY, NINE + 10)


def followed_up(
    agency: House, *concerns: str, **fields: Any
) -> tuple[TherapistId, PhoneCall, list[PlacementRequestId]]:
    """A therapist with a follow-up call today at nine."""
    therapist = agency.seed.therapist(**{"phone": "030 1", "phone_hours": TWICE_ON_MONDAYS, **fields})
    requests = agency.requests_to(therapist, *(concerns or ("Sorge",)))
    agency.seed.sent_email(therapist, requests, on=TODAY - timedelta(days=7))
    agency.plan_calls()
    return therapist, agency.calls()[-1], requests


def failed_at_nine(agency: House, call: PhoneCall, **said: Any) -> PhoneCall:
    """The call after nobody answered it at ten past nine."""
    agency.clock.now = NOW + timedelta(hours=1, minutes=10)
    agency.fail_call(call.id, at=TEN_PAST_NINE, **said)
    return agency.call(call.id)


# -- nobody answered ---------------------------------------------------------------------------------------------------


def test_a_failed_call_is_tried_again_in_the_next_window_of_the_same_day() -> None:
    agency = house()
    _, call, requests = followed_up(agency)

    failed_at_nine(agency, call)

    first, second = agency.calls()
    assert (first.status, first.actual_on, first.actual_at) == (CallStatus.FAILED, TODAY, NINE + 10)
    assert (second.time, second.cause, second.attempt) == (CallTime(TODAY, TWO, 5), Cause.RETRY, 2)
    assert (second.previous_id, second.first_id) == (call.id, call.id)
    assert agency.calls_of(requests) == [second.id]


def test_a_failed_call_is_not_tried_again_before_the_day_that_was_named() -> None:
    agency = house()
    _, call, _ = followed_up(agency)

    failed_at_nine(agency, call, retry_after=TOMORROW)

    assert agency.calls()[1].time == CallTime(NEXT_MONDAY, NINE, 5)


def test_after_the_last_attempt_the_requests_are_open_and_a_person_sees_it() -> None:
    agency = house(max_call_attempts=1)
    therapist, call, requests = followed_up(agency)

    failing = agency.fail_call(call.id)

    assert failing.exhausted
    assert agency.call(call.id).exhausted
    assert agency.statuses(requests) == [OPEN]
    with agency.open_unit() as unit:
        assert [each.therapist_id for each in unit.calls.find(exhausted=True)] == [therapist]


def test_used_up_attempts_hold_the_next_call_but_not_the_next_email() -> None:
    agency = house(max_call_attempts=1)
    therapist, call, _ = followed_up(agency)
    agency.fail_call(call.id)

    by_phone, by_email = (agency.explain(therapist).decisions[channel] for channel in (Channel.PHONE, Channel.EMAIL))

    assert Reason.ATTEMPTS_EXHAUSTED in by_phone.reasons
    assert by_email.allowed


def test_once_a_person_has_looked_at_them_used_up_attempts_hold_nothing() -> None:
    agency = house(max_call_attempts=1)
    therapist, call, _ = followed_up(agency)
    agency.fail_call(call.id)

    agency.settle_exhausted(call.id)

    assert agency.explain(therapist).decisions[Channel.PHONE].allowed


def test_a_failed_call_without_a_free_block_stays_due_and_the_next_plan_finds_it() -> None:
    agency = house(call_horizon_days=1)
    therapist, call, requests = followed_up(agency, phone_hours=WeeklyWindows({Weekday.MONDAY: (Window(NINE, TEN),)}))

    failing = agency.fail_call(call.id)
    agency.clock.days_pass(7)
    run = agency.plan_calls()

    assert failing.due
    assert [(planned.due.therapist_id, planned.due.attempt) for planned in run.planned] == [(therapist, 2)]
    assert agency.calls_of(requests) == [agency.calls()[-1].id]
    assert not agency.call(call.id).retry_due


def test_a_call_fails_once() -> None:
    agency = house()
    _, call, _ = followed_up(agency)
    agency.fail_call(call.id)

    with pytest.raises(IllegalTransition):
        agency.fail_call(call.id)


def test_a_call_has_not_failed_in_the_future() -> None:
    agency = house()
    _, call, _ = followed_up(agency)

    with pytest.raises(InvalidValue, match="still to come"):
        agency.fail_call(call.id, at=Moment(TOMORROW))


def test_a_failed_call_tells_of_the_failure_and_of_the_next_attempt() -> None:
    agency = house()
    _, call, _ = followed_up(agency)
    before = len(agency.told())

    agency.fail_call(call.id)

    assert agency.told(since=before) == [EventType.CALL_FAILED, EventType.CALL_SCHEDULED]


def test_a_dry_run_of_a_failure_changes_nothing() -> None:
    agency = house()
    _, call, _ = followed_up(agency)

    failing = agency.fail_call(call.id, dry_run=True)

    assert failing.retry is not None
    assert [each.status for each in agency.calls()] == [CallStatus.SCHEDULED]


# -- canceled ----------------------------------------------------------------------------------------------------------


def test_a_canceled_call_opens_its_requests_and_frees_its_time() -> None:
    agency = house()
    therapist, call, requests = followed_up(agency)

    agency.cancel_call(call.id, words="the practice is closed for good")
    again = agency.schedule_call(therapist, time=call.time)

    assert agency.statuses(requests) == [OPEN]
    assert agency.call(call.id).status is CallStatus.CANCELED
    assert again.call is not None


def test_a_call_that_was_made_cannot_be_canceled() -> None:
    agency = house()
    _, call, _ = followed_up(agency)
    agency.fail_call(call.id)

    with pytest.raises(IllegalTransition):
        agency.cancel_call(call.id)


# -- planned by a person -----------------------------------------------------------------------------------------------


def test_a_person_plans_a_call_and_the_earliest_slot_is_found() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=TWICE_ON_MONDAYS)
    (request,) = agency.requests_to(therapist, "a")

    scheduling = agency.schedule_call(therapist, request_ids=[request], notes="bitte nachfragen")

    assert scheduling.call is not None
    assert (scheduling.call.time, scheduling.call.notes) == (CallTime(TODAY, NINE, 5), "bitte nachfragen")
    assert agency.calls_of([request]) == [scheduling.call.id]


def test_a_time_outside_of_the_phone_hours_is_taken_and_noted() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=TWICE_ON_MONDAYS)

    scheduling = agency.schedule_call(therapist, time=CallTime(TOMORROW, 20 * 60, 5))

    assert scheduling.call is not None
    assert scheduling.call.outside_hours


def test_a_time_on_a_day_without_calls_is_an_error_that_names_the_field() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=EVERY_DAY)
    agency.close_days.close(TOMORROW)

    with pytest.raises(InvalidValue) as caught:
        agency.schedule_call(therapist, time=CallTime(TOMORROW, NINE, 5))

    assert caught.value.place == "scheduled_date"


def test_a_time_that_is_past_is_an_error_that_names_the_field() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=EVERY_DAY)

    with pytest.raises(InvalidValue) as caught:
        agency.schedule_call(therapist, time=CallTime(TODAY, 7 * 60, 5))

    assert caught.value.place == "scheduled_time"


def test_a_time_at_which_the_number_is_in_another_call_is_refused() -> None:
    agency = house()
    _, call, _ = followed_up(agency, phone="030 / 55")
    colleague = agency.seed.therapist(phone="+49 30 55", phone_hours=EVERY_DAY)

    scheduling = agency.schedule_call(colleague, time=call.time)

    assert scheduling.call is None
    assert scheduling.decision.reasons == (Reason.NO_FREE_SLOT,)


def test_a_request_in_an_email_that_is_under_way_is_closed_for_a_call() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=EVERY_DAY)
    (request,) = agency.requests_to(therapist, "a")
    agency.plan()

    scheduling = agency.schedule_call(therapist, request_ids=[request])

    assert scheduling.closed == (request,)
    assert Reason.REQUEST_CLOSED in scheduling.decision.reasons


def test_a_request_of_another_therapist_is_an_error() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=EVERY_DAY)
    (strange,) = agency.requests_to(agency.seed.therapist(), "a")

    with pytest.raises(InvalidValue, match="another therapist"):
        agency.schedule_call(therapist, request_ids=[strange])


def test_a_person_may_call_again_although_the_attempts_are_used_up_and_that_settles_them() -> None:
    agency = house(max_call_attempts=1)
    therapist, call, _ = followed_up(agency, phone_hours=EVERY_DAY)
    agency.fail_call(call.id)

    scheduling = agency.schedule_call(therapist)

    assert scheduling.call is not None
    assert not agency.call(call.id).exhausted


def test_a_blocked_therapist_is_not_called_by_a_person_either() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=EVERY_DAY, do_not_contact=True)

    scheduling = agency.schedule_call(therapist)

    assert scheduling.decision.reasons == (Reason.DO_NOT_CONTACT,)
    assert agency.calls() == []


@pytest.mark.parametrize("caller", [CallerId(77)])
def test_an_unknown_caller_is_an_error_with_the_id(caller: CallerId) -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=EVERY_DAY)

    with pytest.raises(UnknownId) as caught:
        agency.schedule_call(therapist, caller_id=caller)

    assert (caught.value.kind, caught.value.id) == ("caller", 77)


# -- moved -------------------------------------------------------------------------------------------------------------


def test_a_moved_call_keeps_its_requests_and_counts_a_revision() -> None:
    agency = house()
    _, call, requests = followed_up(agency)

    moved = agency.move_call(call.id, time=CallTime(TODAY, TWO, 5)).call

    assert moved is not None
    assert (moved.time.start, moved.revision) == (TWO, call.revision + 1)
    assert agency.calls_of(requests) == [call.id]


def test_a_call_is_not_moved_into_another_call_of_its_caller() -> None:
    agency = house()
    ada = agency.keep_callers.add("Ada", CallerHours(working_hours=EVERY_DAY))
    _, first, _ = followed_up(agency, phone="030 1")
    _, second, _ = followed_up(agency, phone="030 2")

    refused = agency.move_call(second.id, time=first.time, caller_id=ada.id)

    assert refused.decision.reasons == (Reason.NO_FREE_SLOT,)
    assert agency.call(second.id).time == second.time


def test_a_call_that_nobody_knows_cannot_be_moved() -> None:
    with pytest.raises(UnknownId):
        house().move_call(PhoneCallId(9), time=CallTime(TODAY, NINE, 5))


# -- callers and days that change --------------------------------------------------------------------------------------


def test_the_calls_of_a_caller_who_falls_ill_are_made_by_somebody_else() -> None:
    agency = house()
    ada = agency.keep_callers.add("Ada", CallerHours(working_hours=EVERY_DAY))
    _, call, _ = followed_up(agency)
    bea = agency.keep_callers.add("Bea", CallerHours(working_hours=EVERY_DAY))

    done = agency.keep_callers.remove(ada.id)

    assert done.moved == (call.id,)
    assert (agency.call(call.id).caller_id, agency.call(call.id).time) == (bea.id, call.time)


def test_calls_that_nobody_can_make_are_canceled_and_due_again_tomorrow() -> None:
    agency = house()
    ada = agency.keep_callers.add("Ada", CallerHours(working_hours=EVERY_DAY))
    agency.keep_callers.add("Bea", CallerHours())
    therapist, call, requests = followed_up(agency)

    done = agency.keep_callers.remove(ada.id)

    assert done.due_again == (call.id,)
    assert agency.statuses(requests) == [IN_PROGRESS]
    with agency.open_unit() as unit:
        (asked,) = unit.requests.asked_for_call(until=TOMORROW).values()
    assert (asked.therapist_id, asked.from_day) == (therapist, TOMORROW)


def test_closing_a_day_moves_its_calls_to_another() -> None:
    agency = house()
    _, call, _ = followed_up(agency)

    agency.close_days.close(TODAY, "Betriebsausflug")

    assert agency.call(call.id).time == CallTime(NEXT_MONDAY, NINE, 5)


def test_the_rest_of_a_day_is_planned_anew_when_a_call_runs_over() -> None:
    agency = house()
    ada = agency.keep_callers.add("Ada", CallerHours(working_hours=EVERY_DAY))
    _, first, _ = followed_up(agency, phone="030 1", phone_hours=EVERY_DAY)
    _, second, _ = followed_up(agency, phone="030 2", phone_hours=EVERY_DAY)
    agency.clock.now = NOW + timedelta(minutes=2)

    done = agency.replan_day(ada.id, until=Moment(TODAY, 8 * 60 + 30))

    assert done.moved == (first.id, second.id)
    assert sorted(agency.call(each).time.start for each in done.moved) == [8 * 60 + 30, 8 * 60 + 35]
