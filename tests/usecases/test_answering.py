"""What a therapist answers, and what follows from it for the requests, the patients, the emails and the calls."""

from datetime import date, timedelta
from typing import Any

import pytest

from boona_core.calls import CallStatus, Cause, Outcome
from boona_core.contact import Channel, Reason
from boona_core.delivery import NoAnswer
from boona_core.emails import EmailState
from boona_core.errors import IllegalTransition, InvalidValue, UnknownId
from boona_core.events import EventType
from boona_core.ids import EmailId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.letters import Template
from boona_core.patients import PatientStatus
from boona_core.ports import Holding
from boona_core.requests import RequestStatus
from boona_core.therapists import TherapistStatus
from tests.situations import TODAY
from tests.usecases.house import House, house
from tests.usecases.mail_server import Turn

OPEN, IN_PROGRESS, CANCELED = RequestStatus.OPEN, RequestStatus.IN_PROGRESS, RequestStatus.CANCELED
ACCEPTED, REJECTED = RequestStatus.ACCEPTED, RequestStatus.REJECTED
YES, NO, MORE = Outcome.ACCEPTED, Outcome.REJECTED, Outcome.NEEDS_FOLLOW_UP
DAY = timedelta(days=1)


def sent(agency: House, size: int = 1, **fields: Any) -> tuple[TherapistId, EmailId, list[PlacementRequestId]]:
    """A therapist to whom an email about so many patients was sent on TODAY."""
    therapist = agency.seed.therapist(**{"phone": "030 12345", **fields})
    requests = agency.requests_to(therapist, *["Sorge"] * size)
    agency.plan()
    agency.drain()
    email = agency.emails()[-1]
    return therapist, email.id, [item.placement_request_id for item in email.included] if requests else []


def offered(agency: House, request: PlacementRequestId, **fields: Any) -> tuple[TherapistId, PlacementRequestId]:
    """The patient of a request, offered to another therapist too."""
    therapist = agency.seed.therapist(**fields)
    return therapist, agency.seed.request(agency.patient_of(request).id, therapist)


def sent_to_two(agency: House) -> tuple[list[EmailId], list[PlacementRequestId]]:
    """One patient, in sent emails to two therapists."""
    first, second = agency.seed.therapist(), agency.seed.therapist()
    patient = agency.seed.patient()
    requests = [agency.seed.request(patient, each) for each in (first, second)]
    agency.plan()
    agency.drain()
    return [email.id for email in agency.emails()], requests


# -- outcomes ----------------------------------------------------------------------------------------------------------


def test_numbers_are_those_of_the_letter() -> None:
    agency = house()
    _, email, requests = sent(agency, 3)

    agency.answer(email, numbers={YES: [1], NO: [2, 3]})

    assert agency.statuses(requests) == [ACCEPTED, REJECTED, REJECTED]
    assert [item.outcome for item in agency.email(email).included] == [YES, NO, NO]


def test_requests_can_be_named_themselves() -> None:
    agency = house()
    _, email, requests = sent(agency, 2)

    agency.answer(email, requests={requests[1]: NO}, numbers={YES: [1]})

    assert agency.statuses(requests) == [ACCEPTED, REJECTED]


@pytest.mark.parametrize("number", [0, 3])
def test_a_number_that_is_not_in_the_letter_is_named_and_nothing_is_recorded(number: int) -> None:
    agency = house()
    _, email, requests = sent(agency, 2)

    with pytest.raises(InvalidValue, match=f"accepted: {number} is not in the letter of email {email}"):
        agency.answer(email, numbers={NO: [1], YES: [number]})

    assert agency.statuses(requests) == [IN_PROGRESS, IN_PROGRESS]
    assert not agency.email(email).response_received


def test_a_number_with_two_outcomes_is_refused() -> None:
    agency = house()
    _, email, _ = sent(agency, 2)

    with pytest.raises(InvalidValue, match="2 is named as accepted, too"):
        agency.answer(email, numbers={YES: [1, 2], NO: [2]})


def test_a_request_with_another_outcome_by_its_number_is_refused() -> None:
    agency = house()
    _, email, requests = sent(agency, 2)

    with pytest.raises(InvalidValue, match="named twice"):
        agency.answer(email, numbers={YES: [1]}, requests={requests[0]: NO})


def test_a_request_of_another_email_is_refused() -> None:
    agency = house()
    _, email, _ = sent(agency)
    _, _, (other,) = sent(agency)

    with pytest.raises(InvalidValue, match=f"request {other} is not in the letter"):
        agency.answer(email, requests={other: YES})


def test_an_email_that_was_not_sent_has_no_answer() -> None:
    agency = house()
    agency.requests_to(agency.seed.therapist(), "Sorge")
    agency.plan()

    with pytest.raises(IllegalTransition, match="queued: it cannot be answered"):
        agency.answer(agency.emails()[0].id, numbers={YES: [1]})


def test_an_answer_proves_that_an_uncertain_email_arrived() -> None:
    agency = house()
    (request,) = agency.requests_to(agency.seed.therapist(), "Sorge")
    agency.plan()
    agency.server.then(Turn(at_dot=NoAnswer("connection lost")))
    agency.drain()
    email = agency.emails()[0].id

    agency.answer(email, numbers={NO: [1]})

    assert agency.state(email) is EmailState.SENT
    assert agency.statuses([request]) == [REJECTED]


def test_an_answer_is_told_with_its_day_and_what_moved() -> None:
    agency = house()
    therapist, email, (request,) = sent(agency)
    since = len(agency.events())

    agency.answer(email, numbers={NO: [1]})

    moved, received = agency.events(since=since)
    assert (moved.type, moved.data["match_id"], moved.data["new_status"]) == (
        EventType.MATCH_STATUS_CHANGED,
        request,
        "rejected",
    )
    assert (received.type, received.key) == (EventType.RESPONSE_RECEIVED, therapist)
    assert received.data == {"email_id": email, "therapist_id": therapist, "response_date": str(TODAY)}


def test_what_is_only_tried_changes_nothing() -> None:
    agency = house()
    _, email, requests = sent(agency)
    since = len(agency.events())

    answered = agency.answer(email, numbers={YES: [1]}, dry_run=True)

    assert answered.recorded.moved == {requests[0]: ACCEPTED}
    assert agency.statuses(requests) == [IN_PROGRESS]
    assert agency.events(since=since) == []


def test_the_words_of_an_answer_are_kept_with_its_email() -> None:
    agency = house()
    _, email, _ = sent(agency)

    agency.answer(email, content="Gern, ab Mai.", notes="im Mai erinnern")
    agency.answer(email, numbers={YES: [1]})

    assert agency.email(email).response_content == "Gern, ab Mai."
    assert agency.email(email).follow_up_notes == "im Mai erinnern"


def test_requests_that_an_answer_says_nothing_about_are_open_again_once_it_decides_others() -> None:
    agency = house()
    _, email, requests = sent(agency, 3)

    answered = agency.answer(email, numbers={NO: [2]})

    assert agency.statuses(requests) == [OPEN, REJECTED, OPEN]
    assert answered.recorded.moved == {requests[0]: OPEN, requests[1]: REJECTED, requests[2]: OPEN}


def test_an_answer_without_an_outcome_leaves_all_in_progress_and_goes_to_a_person() -> None:
    agency = house(fallback_phone_hours=None)
    _, email, requests = sent(agency, 2)

    answered = agency.answer(email, content="Ich melde mich.")

    agency.clock.days_pass(30)
    with agency.open_unit() as unit:
        silent = unit.requests.silent_emails(agency.policy, today=agency.clock.today)
    assert answered.for_person
    assert agency.statuses(requests) == [IN_PROGRESS, IN_PROGRESS]
    assert [each.id for each in agency.waiting_answers().without_outcome] == [email]
    assert silent == {}


def test_outcomes_settle_an_answer_that_waited_for_a_person() -> None:
    agency = house()
    _, email, requests = sent(agency, 2)
    agency.answer(email)

    agency.answer(email, numbers={YES: [1]})

    assert agency.waiting_answers().without_outcome == []
    assert agency.statuses(requests) == [ACCEPTED, OPEN]


def test_an_answer_without_an_outcome_after_one_with_some_goes_to_a_person_too() -> None:
    agency = house()
    _, email, requests = sent(agency, 2)
    agency.answer(email, numbers={YES: [1], MORE: [2]})

    answered = agency.answer(email, content="Bitte nicht mehr anrufen.")

    assert answered.for_person
    assert agency.statuses(requests) == [ACCEPTED, IN_PROGRESS]


def test_a_person_can_lay_an_answer_aside() -> None:
    agency = house()
    _, email, requests = sent(agency)
    agency.answer(email)

    agency.answer.settle(email)

    assert agency.waiting_answers().without_outcome == []
    assert agency.statuses(requests) == [IN_PROGRESS]


def test_what_was_not_answered_cannot_be_laid_aside() -> None:
    agency = house()
    _, email, _ = sent(agency)

    with pytest.raises(IllegalTransition, match="not answered"):
        agency.answer.settle(email)


def test_an_email_without_requests_can_be_answered_and_a_person_sees_it() -> None:
    agency = house()
    email = agency.seed.sent_email(agency.seed.therapist(), on=TODAY)

    answered = agency.answer(email, content="Danke")

    assert answered.for_person
    assert agency.email(email).response_received


def test_a_late_answer_decides_a_request_that_is_open_again() -> None:
    agency = house()
    _, email, requests = sent(agency, 2)
    agency.answer(email, numbers={NO: [1]})

    agency.answer(email, numbers={YES: [2]})

    assert agency.statuses(requests) == [REJECTED, ACCEPTED]


# -- days --------------------------------------------------------------------------------------------------------------


def test_the_cooldown_counts_from_the_day_of_the_answer_and_not_of_its_recording() -> None:
    agency = house()
    therapist, email, _ = sent(agency)
    agency.clock.days_pass(10)

    agency.answer(email, numbers={NO: [1]}, on=TODAY + 2 * DAY)

    explained = agency.explain(therapist).decisions[Channel.PHONE]
    assert [hold.until for hold in explained.holds if hold.reason is Reason.COOLDOWN] == [TODAY + 30 * DAY]


def test_the_pair_rests_from_the_day_of_the_answer_on() -> None:
    agency = house(cooldown_days=14)
    _, email, (request,) = sent(agency)
    agency.clock.days_pass(3)

    agency.answer(email, numbers={NO: [1]}, on=TODAY + DAY)

    assert agency.request(request).resting_until == TODAY + 15 * DAY


@pytest.mark.parametrize(("days", "fault"), [(1, "is not over"), (-1, "is before the day of the email")])
def test_an_answer_from_before_its_email_or_from_tomorrow_is_refused(days: int, fault: str) -> None:
    agency = house()
    _, email, _ = sent(agency)

    with pytest.raises(InvalidValue, match=fault):
        agency.answer(email, numbers={YES: [1]}, on=TODAY + days * DAY)


def test_a_follow_up_delays_the_cooldown_until_the_day_that_settles_it() -> None:
    agency = house()
    therapist, email, _ = sent(agency, 2)
    agency.answer(email, numbers={NO: [1], MORE: [2]})
    waiting = agency.explain(therapist).decisions[Channel.PHONE].reasons
    agency.clock.days_pass(5)

    agency.answer(email, numbers={YES: [2]})

    held = agency.explain(therapist).decisions[Channel.PHONE].holds
    assert Reason.COOLDOWN not in waiting
    assert [hold.until for hold in held if hold.reason is Reason.COOLDOWN] == [TODAY + 33 * DAY]


def test_a_follow_up_that_is_settled_by_nobody_counts_from_the_answer() -> None:
    agency = house()
    therapist, email, requests = sent(agency, 2)
    agency.answer(email, numbers={NO: [1], MORE: [2]})
    agency.clock.days_pass(5)

    agency.release(requests[1])

    held = agency.explain(therapist).decisions[Channel.PHONE].holds
    assert [hold.until for hold in held if hold.reason is Reason.COOLDOWN] == [TODAY + 28 * DAY]


def test_a_yes_in_a_later_email_settles_nothing_of_an_earlier_answer() -> None:
    agency = house()
    therapist, email, requests = sent(agency, 2)
    agency.answer(email, numbers={NO: [1], MORE: [2]})
    agency.release(requests[1])
    agency.clock.days_pass(28)
    agency.plan()
    agency.drain()

    agency.answer(agency.emails()[-1].id, numbers={YES: [1]})

    assert agency.statuses(requests) == [REJECTED, ACCEPTED]
    assert Reason.COOLDOWN not in agency.explain(therapist).decisions[Channel.PHONE].reasons


def test_a_no_about_a_patient_who_was_placed_meanwhile_begins_the_cooldown_all_the_same() -> None:
    agency = house()
    (first, second), (_, other) = sent_to_two(agency)
    agency.answer(first, numbers={YES: [1]})

    agency.answer(second, numbers={NO: [1]})

    held = agency.explain(agency.request(other).therapist_id).decisions[Channel.EMAIL].reasons
    assert Reason.COOLDOWN in held
    assert agency.statuses([other]) == [CANCELED]


@pytest.mark.parametrize(("trigger", "rests"), [("rejection", False), ("any_response", True)])
def test_a_yes_alone_begins_a_cooldown_under_any_response_only(trigger: str, rests: bool) -> None:
    agency = house(cooldown_trigger=trigger)
    therapist, email, _ = sent(agency)

    agency.answer(email, numbers={YES: [1]})

    assert (Reason.COOLDOWN in agency.explain(therapist).decisions[Channel.EMAIL].reasons) is rests


# -- follow-ups --------------------------------------------------------------------------------------------------------


def test_a_follow_up_asks_for_a_call_on_the_next_working_day() -> None:
    agency = house()
    _, email, requests = sent(agency)
    agency.clock.days_pass(7)

    agency.answer(email, numbers={MORE: [1]})  # Monday the 9th; the 10th is a holiday

    with agency.open_unit() as unit:
        asked = unit.requests.asked_for_call(until=TODAY + 30 * DAY)
    assert {request: ask.from_day for request, ask in asked.items()} == {requests[0]: date(2026, 3, 11)}
    assert agency.statuses(requests) == [IN_PROGRESS]


def test_an_answer_of_a_friday_asks_for_a_call_on_monday() -> None:
    agency = house()
    _, email, requests = sent(agency)
    agency.clock.days_pass(4)

    agency.answer(email, numbers={MORE: [1]})

    assert agency.row(requests[0]).call_asked_from == date(2026, 3, 9)


def test_a_follow_up_is_asked_for_from_the_day_that_the_therapist_wished() -> None:
    agency = house()
    _, email, requests = sent(agency)

    agency.answer(email, numbers={MORE: [1]}, retry_after=date(2026, 5, 4))

    assert agency.row(requests[0]).call_asked_from == date(2026, 5, 4)


def test_a_planned_follow_up_call_is_canceled_when_nothing_is_left_to_ask() -> None:
    agency = house()
    therapist, email, requests = sent(agency, 2)
    held = dict.fromkeys(requests, Holding(email_id=email))
    call = agency.planned_call(therapist, held, TODAY + 8 * DAY)

    answered = agency.answer(email, numbers={YES: [1]})

    assert agency.call(call).status is CallStatus.CANCELED
    assert answered.recorded.canceled_calls == (call,)
    assert agency.statuses(requests) == [ACCEPTED, OPEN]


def test_a_follow_up_call_that_has_more_to_ask_stays() -> None:
    agency = house()
    therapist, email, requests = sent(agency)
    (other,) = agency.requests_to(therapist, "noch eine")
    call = agency.planned_call(therapist, {requests[0]: Holding(email_id=email), other: Holding()}, TODAY + 8 * DAY)

    agency.answer(email, numbers={YES: [1]})

    assert agency.call(call).status is CallStatus.SCHEDULED
    assert [item.placement_request_id for item in agency.call(call).included] == [other]
    assert agency.statuses([other]) == [IN_PROGRESS]


def test_a_follow_up_call_about_no_request_is_canceled_by_an_answer() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 12345")
    email = agency.seed.sent_email(therapist, on=TODAY)
    call = agency.planned_call(therapist, {}, TODAY + 8 * DAY)
    with agency.open_unit() as unit:
        unit.calls.follow_up({email: call})
        unit.commit()

    agency.answer(email)

    assert agency.call(call).status is CallStatus.CANCELED


def followed_up_about_nothing(agency: House, therapist: TherapistId) -> tuple[EmailId, PhoneCallId]:
    """An email without requests, whose follow-up call nobody answered: it is tried again."""
    email = agency.seed.sent_email(therapist, on=TODAY)
    call = agency.planned_call(therapist, {}, TODAY)
    with agency.open_unit() as unit:
        unit.calls.follow_up({email: call})
        unit.commit()
    fail(agency, call)
    return email, call


def test_an_attempt_about_no_request_is_given_up_when_its_email_is_answered() -> None:
    agency = house()
    email, call = followed_up_about_nothing(agency, agency.seed.therapist(phone="030 12345"))

    agency.answer(email)

    assert not agency.call(call).retry_due


def test_an_attempt_about_no_request_goes_on_when_another_email_is_answered() -> None:
    agency = house()
    therapist, email, _ = sent(agency)
    _, call = followed_up_about_nothing(agency, agency.seed.therapist(phone="030 12345"))
    agency.change_call(call, therapist_id=therapist)

    agency.answer(email, numbers={YES: [1]})

    assert agency.call(call).retry_due


def test_a_call_that_comes_too_soon_for_the_therapist_does_not_ask_about_it() -> None:
    agency = house()
    therapist, email, requests = sent(agency)
    call = agency.planned_call(therapist, {requests[0]: Holding(email_id=email)}, TODAY + 8 * DAY)

    agency.answer(email, numbers={MORE: [1]}, retry_after=TODAY + 20 * DAY)

    assert agency.call(call).status is CallStatus.CANCELED
    assert agency.statuses(requests) == [IN_PROGRESS]
    assert agency.row(requests[0]).call_asked_from == TODAY + 20 * DAY


def test_a_call_that_is_planned_late_enough_asks_about_it() -> None:
    agency = house()
    therapist, email, requests = sent(agency)
    call = agency.planned_call(therapist, {requests[0]: Holding(email_id=email)}, TODAY + 8 * DAY)

    agency.answer(email, numbers={MORE: [1]}, retry_after=TODAY + 3 * DAY)

    assert agency.call(call).status is CallStatus.SCHEDULED
    assert agency.row(requests[0]).held_by_call == call
    assert agency.row(requests[0]).call_asked_from is None


def test_a_no_cancels_the_planned_calls_of_its_therapist() -> None:
    agency = house()
    therapist, email, _ = sent(agency)
    (other,) = agency.requests_to(therapist, "eine andere")
    call = agency.planned_call(therapist, {other: Holding()}, TODAY + 3 * DAY, cause=Cause.PERSON)

    agency.answer(email, numbers={NO: [1]})

    assert agency.call(call).status is CallStatus.CANCELED
    assert agency.statuses([other]) == [OPEN]


def test_a_no_puts_off_a_call_that_the_therapist_asked_for() -> None:
    agency = house()
    therapist, email, _ = sent(agency)
    (other,) = agency.requests_to(therapist, "eine andere")
    call = agency.planned_call(therapist, {other: Holding()}, TODAY + 3 * DAY, cause=Cause.ASKED_FOR)

    agency.answer(email, numbers={NO: [1]})

    assert agency.call(call).status is CallStatus.CANCELED
    assert agency.statuses([other]) == [IN_PROGRESS]
    assert agency.row(other).call_asked_from == TODAY + 28 * DAY


def test_a_no_with_a_follow_up_leaves_the_call_about_it_where_it_is() -> None:
    agency = house()
    therapist, email, requests = sent(agency, 2)
    call = agency.planned_call(
        therapist, {requests[1]: Holding(email_id=email)}, TODAY + 8 * DAY, cause=Cause.ASKED_FOR
    )

    agency.answer(email, numbers={NO: [1], MORE: [2]})

    assert agency.call(call).status is CallStatus.SCHEDULED


# -- places ------------------------------------------------------------------------------------------------------------


def test_a_yes_places_the_patient_on_the_day_of_the_answer() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    agency.clock.days_pass(3)
    since = len(agency.events())

    answered = agency.answer(email, numbers={YES: [1]}, on=TODAY + DAY)

    patient = agency.patient_of(request)
    assert (patient.status, patient.first_place_on) == (PatientStatus.IN_THERAPY, TODAY + DAY)
    assert answered.recorded.placed == (patient.id,)
    assert [event.data for event in agency.events(since=since) if event.type is EventType.PATIENT_STATUS_CHANGED] == [
        {"patient_id": patient.id, "new_status": "in_therapy"}
    ]


def test_a_place_cancels_the_other_requests_of_the_patient_open_and_in_progress() -> None:
    agency = house()
    (first, second), requests = sent_to_two(agency)
    _, waiting = offered(agency, requests[0])

    answered = agency.answer(first, numbers={YES: [1]})

    assert agency.statuses([*requests, waiting]) == [ACCEPTED, CANCELED, CANCELED]
    assert answered.recorded.moved == {requests[0]: ACCEPTED, requests[1]: CANCELED, waiting: CANCELED}
    assert agency.state(second) is EmailState.SENT


def test_a_place_takes_the_patient_out_of_an_email_that_was_not_sent() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    therapist, elsewhere = offered(agency, request)
    (kept,) = agency.requests_to(therapist, "bleibt im Brief")
    agency.plan()
    queued = agency.emails()[-1].id

    agency.answer(email, numbers={YES: [1]})

    letter = agency.email(queued)
    assert letter.state is EmailState.QUEUED
    assert [item.placement_request_id for item in letter.included] == [kept]
    assert (letter.template, "bleibt im Brief" in letter.body_text) == (Template.INITIAL_CONTACT, True)
    assert agency.statuses([elsewhere, kept]) == [CANCELED, IN_PROGRESS]


def test_an_unsent_email_about_nobody_else_is_canceled_and_frees_its_therapist() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    offered(agency, request)
    agency.plan()
    queued = agency.emails()[-1].id

    agency.answer(email, numbers={YES: [1]})

    assert agency.state(queued) is EmailState.CANCELED
    assert not agency.reserves(queued)


def test_a_draft_about_a_patient_who_was_placed_is_canceled() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    therapist, elsewhere = offered(agency, request)
    draft = agency.seed.email(therapist, [elsewhere], state=EmailState.DRAFT)

    agency.answer(email, numbers={YES: [1]})

    assert agency.state(draft) is EmailState.CANCELED


def test_a_place_takes_the_patient_out_of_the_calls_of_others() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    therapist, elsewhere = offered(agency, request, phone="030 99999")
    call = agency.planned_call(therapist, {elsewhere: Holding()}, TODAY + DAY, cause=Cause.NO_ADDRESS)

    answered = agency.answer(email, numbers={YES: [1]})

    assert agency.call(call).status is CallStatus.CANCELED
    assert answered.recorded.canceled_calls == (call,)
    assert agency.statuses([elsewhere]) == [CANCELED]


def test_an_attempt_that_is_due_and_has_nothing_left_to_ask_is_given_up() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    therapist, elsewhere = offered(agency, request, phone="030 99999")
    call = agency.planned_call(therapist, {elsewhere: Holding()}, TODAY + DAY, cause=Cause.NO_ADDRESS)
    fail(agency, call)

    agency.answer(email, numbers={YES: [1]})

    assert not agency.call(call).retry_due


def fail(agency: House, call: PhoneCallId) -> None:
    """Nobody answered a call, and the next attempt at it is due."""
    agency.change_call(call, status=CallStatus.FAILED, retry_due=True)


def test_a_second_yes_is_kept_as_too_late_and_put_before_a_person() -> None:
    agency = house()
    (first, second), requests = sent_to_two(agency)
    agency.answer(first, numbers={YES: [1]})

    answered = agency.answer(second, numbers={YES: [1]})

    (late,) = agency.waiting_answers().late_acceptances
    assert answered.recorded.too_late == (requests[1],)
    assert (late.id, late.canceled_by, late.answer) == (requests[1], requests[0], YES)
    assert agency.statuses(requests) == [ACCEPTED, CANCELED]
    assert agency.email(second).included[0].outcome is YES


def test_a_yes_for_a_patient_who_gave_up_is_too_late() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    agency.change_patient_of(request, status=PatientStatus.SEARCH_ABORTED)

    answered = agency.answer(email, numbers={YES: [1]})

    assert answered.recorded.too_late == (request,)
    assert agency.statuses([request]) == [CANCELED]
    assert agency.patient_of(request).status is PatientStatus.SEARCH_ABORTED


def test_a_person_can_lay_a_late_yes_aside() -> None:
    agency = house()
    (first, second), _ = sent_to_two(agency)
    agency.answer(first, numbers={YES: [1]})
    agency.answer(second, numbers={YES: [1]})

    agency.answer.settle(second)

    assert agency.waiting_answers().late_acceptances == []


def test_a_late_yes_becomes_a_place_when_the_earlier_one_has_fallen_through() -> None:
    agency = house()
    (first, second), requests = sent_to_two(agency)
    agency.answer(first, numbers={YES: [1]})
    agency.answer(second, numbers={YES: [1]})
    agency.undo(requests[0])

    answered = agency.answer(second, numbers={YES: [1]})

    assert answered.recorded.placed == (agency.patient_of(requests[1]).id,)
    assert agency.statuses(requests) == [CANCELED, ACCEPTED]
    assert agency.waiting_answers().late_acceptances == []


# -- corrections -------------------------------------------------------------------------------------------------------


def test_a_yes_that_was_a_no_undoes_the_placement() -> None:
    agency = house()
    (first, second), requests = sent_to_two(agency)
    agency.answer(first, numbers={YES: [1]})

    answered = agency.answer(first, numbers={NO: [1]})

    patient = agency.patient_of(requests[0])
    assert answered.recorded.displaced == (patient.id,)
    assert (patient.status, patient.first_place_on) == (PatientStatus.SEARCHING, None)
    assert agency.statuses(requests) == [REJECTED, IN_PROGRESS]
    assert agency.holders([requests[1]]) == [second]


def test_a_no_that_was_a_yes_places_the_patient_and_ends_the_rest() -> None:
    agency = house()
    therapist, email, (request,) = sent(agency)
    agency.answer(email, numbers={NO: [1]})

    agency.answer(email, numbers={YES: [1]})

    assert agency.statuses([request]) == [ACCEPTED]
    assert agency.request(request).resting_until is None
    assert Reason.COOLDOWN not in agency.explain(therapist).decisions[Channel.PHONE].reasons


def test_a_no_that_was_a_wish_for_a_call_is_in_progress_again() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    agency.answer(email, numbers={NO: [1]})

    agency.answer(email, numbers={MORE: [1]})

    assert agency.statuses([request]) == [IN_PROGRESS]
    assert agency.holders([request]) == [email]
    assert agency.row(request).call_asked_from == TODAY + DAY


def test_the_same_answer_with_another_day_corrects_the_day() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    agency.clock.days_pass(5)
    agency.answer(email, numbers={NO: [1]})

    agency.answer(email, numbers={NO: [1]}, on=TODAY + DAY)

    assert agency.email(email).response_date == TODAY + DAY
    assert agency.request(request).resting_until == TODAY + 29 * DAY


def test_an_answer_cannot_be_corrected_once_the_pair_has_another_request() -> None:
    agency = house()
    therapist, email, (request,) = sent(agency)
    agency.answer(email, numbers={NO: [1]})
    agency.seed.request(agency.patient_of(request).id, therapist)

    with pytest.raises(IllegalTransition, match="rejected: it cannot be corrected"):
        agency.answer(email, numbers={YES: [1]})


def test_the_other_requests_of_the_letter_stay_as_they_are_when_one_is_corrected() -> None:
    agency = house()
    _, email, requests = sent(agency, 3)
    agency.answer(email, numbers={YES: [1], NO: [2]})

    agency.answer(email, numbers={NO: [1]})

    assert agency.statuses(requests) == [REJECTED, REJECTED, OPEN]


# -- undoing -----------------------------------------------------------------------------------------------------------


def test_undoing_a_placement_lets_the_patient_search_from_the_old_day_on() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    registered = agency.patient_of(request).registered_on
    agency.answer(email, numbers={YES: [1]})
    agency.clock.days_pass(10)
    since = len(agency.events())

    undone = agency.undo(request)

    patient = agency.patient_of(request)
    assert (patient.status, patient.registered_on, patient.first_place_on) == (
        PatientStatus.SEARCHING,
        registered,
        None,
    )
    assert undone.patient_id == patient.id
    assert agency.statuses([request]) == [OPEN]
    assert agency.told(since=since) == [EventType.PATIENT_STATUS_CHANGED, EventType.MATCH_STATUS_CHANGED]


def test_what_a_placement_canceled_is_as_before() -> None:
    agency = house()
    (first, second), requests = sent_to_two(agency)
    _, waiting = offered(agency, requests[0])
    agency.answer(first, numbers={YES: [1]})

    undone = agency.undo(requests[0])

    assert undone.restored == {requests[1]: IN_PROGRESS, waiting: OPEN}
    assert agency.statuses([requests[1], waiting]) == [IN_PROGRESS, OPEN]
    assert agency.holders([requests[1]]) == [second]


def test_a_request_whose_email_was_never_sent_is_open_after_the_undoing() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    _, elsewhere = offered(agency, request)
    agency.plan()
    agency.answer(email, numbers={YES: [1]})

    agency.undo(request)

    assert agency.statuses([elsewhere]) == [OPEN]


def test_a_call_that_was_asked_for_is_asked_for_again_after_the_undoing() -> None:
    agency = house()
    (first, second), requests = sent_to_two(agency)
    agency.answer(second, numbers={MORE: [1]}, retry_after=TODAY + 9 * DAY)
    agency.answer(first, numbers={YES: [1]})

    agency.undo(requests[0])

    assert agency.statuses([requests[1]]) == [IN_PROGRESS]
    assert agency.row(requests[1]).call_asked_from == TODAY + 9 * DAY


def test_a_call_that_was_asked_for_in_a_call_is_asked_for_again_after_the_undoing() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    therapist, elsewhere = offered(agency, request, phone="030 99999")
    call = agency.planned_call(therapist, {elsewhere: Holding()}, TODAY, cause=Cause.NO_ADDRESS)
    agency.complete_call(call, {elsewhere: MORE}, retry_after=TODAY + 9 * DAY)
    agency.answer(email, numbers={YES: [1]})

    agency.undo(request)

    assert agency.statuses([elsewhere]) == [IN_PROGRESS]
    assert agency.row(elsewhere).call_asked_from == TODAY + 9 * DAY


def test_a_request_whose_email_was_answered_about_others_meanwhile_is_open_after_the_undoing() -> None:
    agency = house()
    _, first, (request,) = sent(agency)
    therapist, elsewhere = offered(agency, request)
    agency.requests_to(therapist, "eine andere")
    agency.plan()
    agency.drain()
    second = agency.emails()[-1]
    agency.answer(first, numbers={YES: [1]})
    other = next(item.placement_request_id for item in second.included if item.placement_request_id != elsewhere)
    agency.answer(second.id, requests={other: NO})

    agency.undo(request)

    assert agency.statuses([elsewhere, other]) == [OPEN, REJECTED]


def test_a_placement_is_undone_once() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    agency.answer(email, numbers={YES: [1]})
    agency.undo(request)

    with pytest.raises(IllegalTransition, match="places nobody"):
        agency.undo(request)


def test_a_rejected_request_places_nobody() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    agency.answer(email, numbers={NO: [1]})

    with pytest.raises(IllegalTransition, match="rejected and places nobody: it cannot be undone"):
        agency.undo(request)


def test_a_therapy_that_was_completed_is_not_undone() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    agency.answer(email, numbers={YES: [1]})
    agency.change_patient_of(request, status=PatientStatus.THERAPY_COMPLETED)

    with pytest.raises(IllegalTransition, match="cannot be undone"):
        agency.undo(request)

    assert agency.patient_of(request).status is PatientStatus.THERAPY_COMPLETED


def test_undoing_is_only_tried_in_a_dry_run() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    agency.answer(email, numbers={YES: [1]})

    agency.undo(request, dry_run=True)

    assert agency.patient_of(request).status is PatientStatus.IN_THERAPY


def test_a_day_of_an_earlier_place_is_kept_through_placing_and_undoing() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    agency.change_patient_of(request, first_place_on=date(2025, 5, 5))

    agency.answer(email, numbers={YES: [1]})
    agency.undo(request)

    assert agency.patient_of(request).first_place_on == date(2025, 5, 5)


# -- any other way -----------------------------------------------------------------------------------------------------


def test_an_answer_about_one_request_decides_it_and_leaves_the_rest_of_its_email_alone() -> None:
    agency = house()
    _, email, requests = sent(agency, 2)

    agency.answer.of_request(requests[0], NO, words="am Rande einer Tagung")

    assert agency.statuses(requests) == [REJECTED, IN_PROGRESS]
    assert not agency.email(email).response_received
    assert agency.email(email).included[0].outcome is NO
    assert agency.row(requests[0]).response == "am Rande einer Tagung"


def test_an_answer_about_a_request_that_nothing_holds_decides_it() -> None:
    agency = house()
    (request,) = agency.requests_to(agency.seed.therapist(), "Sorge")

    answered = agency.answer.of_request(request, YES)

    assert answered.recorded.placed == (agency.patient_of(request).id,)
    assert agency.statuses([request]) == [ACCEPTED]


def test_an_answer_about_a_request_in_a_planned_call_takes_it_out() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 12345")
    (request,) = agency.requests_to(therapist, "Sorge")
    call = agency.planned_call(therapist, {request: Holding()}, TODAY + DAY)

    agency.answer.of_request(request, YES)

    assert agency.call(call).status is CallStatus.CANCELED
    assert agency.statuses([request]) == [ACCEPTED]


def test_an_answer_about_a_request_in_a_queued_email_takes_it_out() -> None:
    agency = house()
    requests = agency.requests_to(agency.seed.therapist(), "eine", "andere")
    agency.plan()

    agency.answer.of_request(requests[0], NO)

    (email,) = agency.emails()
    assert [item.placement_request_id for item in email.included] == [requests[1]]


def test_an_answer_about_one_request_says_something() -> None:
    agency = house()
    (request,) = agency.requests_to(agency.seed.therapist(), "Sorge")

    with pytest.raises(InvalidValue, match="not_discussed is nothing that an answer says"):
        agency.answer.of_request(request, Outcome.NOT_DISCUSSED)


def test_a_wish_for_a_call_takes_a_request_out_of_an_email_that_was_not_sent() -> None:
    agency = house()
    requests = agency.requests_to(agency.seed.therapist(), "eine", "andere")
    agency.plan()

    agency.answer.of_request(requests[0], MORE)

    (email,) = agency.emails()
    assert [item.placement_request_id for item in email.included] == [requests[1]]
    assert agency.statuses(requests) == [IN_PROGRESS, IN_PROGRESS]
    assert agency.row(requests[0]).call_asked_from == TODAY + DAY


def test_an_answer_about_an_unknown_request_is_a_misuse() -> None:
    with pytest.raises(UnknownId, match="no placement request has the id 77"):
        house().answer.of_request(PlacementRequestId(77), YES)


# -- what calls share --------------------------------------------------------------------------------------------------


def test_what_a_call_did_not_discuss_is_open_again_and_the_call_itself_is_left_alone() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 12345")
    requests = agency.requests_to(therapist, "a", "b", "c")
    call = agency.planned_call(therapist, dict.fromkeys(requests, Holding()), TODAY + DAY)
    said = dict(zip(requests, (YES, MORE, Outcome.NOT_DISCUSSED), strict=True))

    with agency.open_unit() as unit:
        agency.record_outcomes.lock(unit, therapist, said)
        recorded = agency.record_outcomes(unit, therapist, said, day=TODAY, through=Holding(call_id=call))
        unit.commit()

    assert agency.statuses(requests) == [ACCEPTED, IN_PROGRESS, OPEN]
    assert agency.row(requests[1]).call_asked_from == TODAY + DAY
    assert agency.call(call).status is CallStatus.SCHEDULED
    assert [item.placement_request_id for item in agency.call(call).included] == requests
    assert recorded.canceled_calls == ()


def test_a_corrected_call_does_not_open_what_another_email_holds_by_now() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 12345")
    (request,) = agency.requests_to(therapist, "Sorge")
    call = agency.planned_call(therapist, {request: Holding()}, TODAY)
    agency.complete_call(call, {})
    agency.clock.days_pass(8)
    agency.plan()

    agency.complete_call(call, {request: Outcome.NOT_DISCUSSED})

    assert agency.statuses([request]) == [IN_PROGRESS]
    assert agency.holders([request]) == [agency.emails()[0].id]


def test_a_correction_about_a_patient_who_was_placed_meanwhile_leaves_the_request_canceled() -> None:
    agency = house()
    (first, second), requests = sent_to_two(agency)
    agency.answer(second, numbers={NO: [1]})
    agency.answer(first, numbers={YES: [1]})

    agency.answer(second, numbers={MORE: [1]})

    assert agency.statuses(requests) == [ACCEPTED, CANCELED]
    assert agency.row(requests[1]).canceled_by == requests[0]


# -- confirmations -----------------------------------------------------------------------------------------------------


def test_a_confirmation_says_which_numbers_were_accepted_and_is_sent_at_once() -> None:
    agency = house(max_emails_per_day=1)
    _, email, _ = sent(agency, 3)
    answered = agency.answer(email, numbers={YES: [1, 3], NO: [2]})

    released = agency.confirm(email)
    agency.drain()

    letter = agency.email(released.queuing.email_id)
    assert answered.confirmation_offered
    assert (letter.state, letter.template) == (EmailState.SENT, Template.CONFIRMATION)
    assert (letter.answered_email_id, letter.items) == (email, ())
    assert "die Nummern 1 und 3" in letter.body_text
    assert "2. März 2026" in letter.body_text


def test_a_confirmation_reserves_nothing_and_holds_nobody() -> None:
    agency = house()
    therapist, email, _ = sent(agency)
    agency.answer(email, numbers={YES: [1]})

    released = agency.confirm(email)

    assert not agency.reserves(released.queuing.email_id)
    assert Reason.EMAIL_OUTSTANDING not in agency.explain(therapist).decisions[Channel.EMAIL].reasons


def test_an_answer_is_confirmed_once() -> None:
    agency = house()
    _, email, _ = sent(agency)
    agency.answer(email, numbers={YES: [1]})
    agency.confirm(email)

    with pytest.raises(IllegalTransition, match="cannot be confirmed"):
        agency.confirm(email)

    assert not agency.answer(email, numbers={YES: [1]}).confirmation_offered


def test_an_answer_without_a_yes_that_holds_is_not_confirmed() -> None:
    agency = house()
    (first, second), _ = sent_to_two(agency)
    agency.answer(first, numbers={YES: [1]})
    late = agency.answer(second, numbers={YES: [1]})

    with pytest.raises(IllegalTransition, match="without an acceptance that holds"):
        agency.confirm(second)

    assert not late.confirmation_offered


def test_what_stops_a_confirmation_is_told_and_nothing_is_queued() -> None:
    agency = house()
    therapist, email, _ = sent(agency)
    agency.answer(email, numbers={YES: [1]})
    agency.change_therapist(therapist, status=TherapistStatus.INACTIVE)

    released = agency.confirm(email)

    assert released.queuing.decision.reasons == (Reason.INACTIVE,)
    assert len(agency.emails()) == 1


def test_a_confirmation_is_only_tried_in_a_dry_run() -> None:
    agency = house()
    _, email, _ = sent(agency)
    agency.answer(email, numbers={YES: [1]})

    assert agency.confirm(email, dry_run=True).queuing.queued
    assert len(agency.emails()) == 1


def test_a_confirmation_that_was_not_sent_is_canceled_with_the_placement() -> None:
    agency = house()
    _, email, (request,) = sent(agency)
    agency.answer(email, numbers={YES: [1]})
    released = agency.confirm(email)

    agency.undo(request)

    assert agency.state(released.queuing.email_id) is EmailState.CANCELED
