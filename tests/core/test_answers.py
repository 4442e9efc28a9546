"""What follows for a request from what was said: numbers, days, corrections, and what is still true later."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.answers import (
    SAID,
    check_day,
    check_requests,
    holds_still,
    is_correction,
    is_too_late,
    numbers_of,
    outcomes_by_number,
    outcomes_of_call,
    pair_rests_until,
    retry_day,
    undecided,
)
from boona_core.calls import CallItem, CallTime, Cause, Outcome, PhoneCall
from boona_core.contact import ContactPolicy
from boona_core.emails import BatchItem, Email, EmailState
from boona_core.errors import InvalidValue
from boona_core.ids import EmailBatchId, EmailId, PhoneCallBatchId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.requests import RequestStatus

MONDAY = date(2026, 3, 2)
YES, NO, MORE, NOTHING = Outcome.ACCEPTED, Outcome.REJECTED, Outcome.NEEDS_FOLLOW_UP, Outcome.NOT_DISCUSSED


def request(number: int) -> PlacementRequestId:
    return PlacementRequestId(number)


def letter(
    *outcomes: Outcome | None,
    left_out: tuple[int, ...] = (),
    state: EmailState = EmailState.SENT,
    bounced: bool = False,
    answered: bool = False,
) -> Email:
    """A letter about requests 11, 12 … with these outcomes."""
    items = tuple(
        BatchItem(
            id=EmailBatchId(place),
            placement_request_id=request(11 + place),
            rank=len(outcomes) - place,
            included=11 + place not in left_out,
            outcome=outcome,
        )
        for place, outcome in enumerate(outcomes)
    )
    return Email(
        id=EmailId(7),
        therapist_id=TherapistId(3),
        state=state,
        bounced_at=datetime(2026, 3, 3, tzinfo=UTC) if bounced else None,
        response_received=answered,
        items=items,
    )


# -- numbers -----------------------------------------------------------------------------------------------------------


def test_the_first_in_the_letter_has_the_number_one() -> None:
    assert numbers_of(letter(None, None)) == {1: 11, 2: 12}


def test_who_was_taken_out_before_the_sending_has_no_number() -> None:
    assert numbers_of(letter(None, None, None, left_out=(12,))) == {1: 11, 2: 13}


def test_outcomes_are_those_of_the_numbers() -> None:
    said = outcomes_by_number(letter(None, None, None), {YES: [3], NO: [1]})

    assert said == {13: YES, 11: NO}


def test_a_number_may_be_named_twice_under_one_outcome() -> None:
    assert outcomes_by_number(letter(None), {YES: [1, 1]}) == {11: YES}


def test_of_a_call_the_numbers_stay_when_a_request_is_taken_out() -> None:
    items = tuple(
        CallItem(
            id=PhoneCallBatchId(place),
            placement_request_id=PlacementRequestId(10 + place),
            rank=4 - place,
            included=place != 2,
        )
        for place in (1, 2, 3)
    )
    call = PhoneCall(
        id=PhoneCallId(7),
        therapist_id=TherapistId(1),
        time=CallTime(date(2026, 3, 2), 540, 5),
        cause=Cause.SILENT,
        first_id=PhoneCallId(7),
        items=items,
    )

    said = outcomes_of_call(call, {Outcome.ACCEPTED: (3,), Outcome.REJECTED: (1,)})

    assert said == {11: Outcome.REJECTED, 13: Outcome.ACCEPTED}
    with pytest.raises(InvalidValue, match="accepted: 2 is not in call 7: it has the numbers 1, 3"):
        outcomes_of_call(call, {Outcome.ACCEPTED: (2,)})


@pytest.mark.parametrize("number", [-1, 0, 3])
def test_an_unknown_number_is_named_with_those_that_there_are(number: int) -> None:
    with pytest.raises(InvalidValue, match=f"rejected: {number} is not in the letter of email 7: .* 1 to 2"):
        outcomes_by_number(letter(None, None), {NO: [number]})


def test_a_letter_about_nobody_has_no_numbers() -> None:
    with pytest.raises(InvalidValue, match="it has no numbers"):
        outcomes_by_number(letter(), {NO: [1]})


def test_a_number_under_two_outcomes_is_refused() -> None:
    with pytest.raises(InvalidValue, match="rejected: 1 is named as accepted, too"):
        outcomes_by_number(letter(None), {YES: [1], NO: [1]})


def test_a_request_that_was_taken_out_is_not_in_the_letter() -> None:
    with pytest.raises(InvalidValue, match="request 12 is not in the letter of email 7"):
        check_requests(letter(None, None, left_out=(12,)), {request(12): YES})


def test_an_answer_does_not_say_that_nothing_was_discussed() -> None:
    with pytest.raises(InvalidValue, match="not_discussed is nothing that an answer says"):
        check_requests(letter(None), {request(11): NOTHING})


# -- days --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [0, 3])
def test_an_answer_is_given_between_its_email_and_today(ahead: int) -> None:
    check_day(MONDAY + timedelta(days=ahead), sent_on=MONDAY, today=MONDAY + timedelta(days=3))


def test_an_answer_to_no_email_may_be_as_old_as_it_likes() -> None:
    check_day(date(2001, 1, 1), sent_on=None, today=MONDAY)


def test_an_answer_before_its_email_is_refused() -> None:
    with pytest.raises(InvalidValue, match="2026-03-01 is before the day of the email, 2026-03-02"):
        check_day(MONDAY - timedelta(days=1), sent_on=MONDAY, today=MONDAY)


def test_an_answer_of_tomorrow_is_refused() -> None:
    with pytest.raises(InvalidValue, match="2026-03-03 is not over: today is 2026-03-02"):
        check_day(MONDAY + timedelta(days=1), sent_on=MONDAY, today=MONDAY)


def test_a_pair_rests_from_the_answer_for_the_cooldown() -> None:
    assert pair_rests_until(MONDAY, ContactPolicy(cooldown_days=28)) == date(2026, 3, 30)


def test_a_call_is_asked_for_on_the_next_working_day() -> None:
    assert retry_day(MONDAY, retry_after=None, next_working_day=lambda day: day + timedelta(days=3)) == date(2026, 3, 5)


def test_a_call_is_asked_for_when_the_therapist_wishes() -> None:
    asked = retry_day(MONDAY, retry_after=date(2026, 6, 1), next_working_day=lambda day: day)

    assert asked == date(2026, 6, 1)


def test_a_call_is_asked_for_tomorrow_where_no_working_day_is_known() -> None:
    assert retry_day(MONDAY, retry_after=None, next_working_day=lambda _: None) == date(2026, 3, 3)


# -- what an outcome means ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", RequestStatus)
@pytest.mark.parametrize("outcome", Outcome)
def test_only_a_yes_to_what_is_canceled_is_too_late(outcome: Outcome, status: RequestStatus) -> None:
    assert is_too_late(outcome, status) is ((outcome, status) == (YES, RequestStatus.CANCELED))


CORRECTIONS = {
    *((outcome, RequestStatus.ACCEPTED) for outcome in (NO, MORE, NOTHING)),
    *((outcome, RequestStatus.REJECTED) for outcome in (YES, MORE, NOTHING)),
}


@pytest.mark.parametrize("status", RequestStatus)
@pytest.mark.parametrize("outcome", Outcome)
def test_another_outcome_than_the_one_that_decided_corrects_it(outcome: Outcome, status: RequestStatus) -> None:
    assert is_correction(outcome, status) is ((outcome, status) in CORRECTIONS)


# -- what an answer leaves over ----------------------------------------------------------------------------------------


def test_requests_that_nothing_was_said_about_are_left_over() -> None:
    assert undecided(letter(None, NO, None), {request(11): YES}) == (13,)


def test_an_answer_without_an_outcome_leaves_nothing_over() -> None:
    assert undecided(letter(None, NO, None), {}) == ()


@given(
    earlier=st.lists(st.sampled_from([None, *SAID]), max_size=6),
    now=st.sets(st.integers(0, 5)),
)
def test_whatever_was_said_once_is_not_left_over(earlier: list[Outcome | None], now: set[int]) -> None:
    email = letter(*earlier)
    said = {request(11 + place): NO for place in now if place < len(earlier)}

    left = undecided(email, said)

    ever = set(said) | {request(11 + place) for place, outcome in enumerate(earlier) if outcome is not None}
    everything = {request(11 + place) for place in range(len(earlier))}
    assert set(left) == (everything - ever if said else set())


# -- what would still be in progress -----------------------------------------------------------------------------------


def test_a_request_is_still_held_by_an_email_that_waits_for_its_answer() -> None:
    assert holds_still(letter(None, None), request(11), followed_up=False)


def test_a_call_takes_over_what_a_silent_email_held() -> None:
    assert not holds_still(letter(None, None), request(11), followed_up=True)


def test_an_answer_that_waits_for_a_person_holds_all_of_its_requests() -> None:
    assert holds_still(letter(None, None, answered=True), request(11), followed_up=True)


def test_an_answer_about_others_holds_none_of_which_it_said_nothing() -> None:
    assert not holds_still(letter(None, NO, answered=True), request(11), followed_up=False)


def test_a_request_that_the_therapist_wants_to_talk_about_is_held() -> None:
    assert holds_still(letter(MORE, NO, answered=True), request(11), followed_up=True)


@pytest.mark.parametrize("state", set(EmailState) - {EmailState.SENT})
def test_an_email_that_is_not_sent_holds_nothing_afterwards(state: EmailState) -> None:
    assert not holds_still(letter(None, state=state), request(11), followed_up=False)


def test_a_bounced_email_holds_nothing() -> None:
    assert not holds_still(letter(None, bounced=True), request(11), followed_up=False)


def test_a_request_that_was_taken_out_is_not_held() -> None:
    assert not holds_still(letter(None, None, left_out=(11,)), request(11), followed_up=False)
