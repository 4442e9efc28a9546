"""Who is due for a call, why, and about which requests."""

from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from boona_core.calls import CallStatus, CallTime, Cause, Moment, PhoneCall
from boona_core.contact import ContactHistory, ContactPolicy, Reason
from boona_core.follow_ups import CallCandidate, Retry, Silence, Wanted, decide_call, due_calls
from boona_core.ids import EmailId, MailboxId, PatientId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.requests import PlacementRequest, RequestStatus
from boona_core.windows import Weekday, WeeklyWindows, Window

TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)
A_WEEK_AGO = TODAY - 7 * DAY
HOURS = WeeklyWindows({Weekday.MONDAY: (Window(9 * 60, 10 * 60), Window(14 * 60, 15 * 60))})
POLICY = ContactPolicy()


def history(therapist: int = 1, **fields: Any) -> ContactHistory:
    usual = {"mailbox_id": MailboxId(therapist), "has_phone": True, "phone_hours": HOURS}
    return ContactHistory(therapist_id=TherapistId(therapist), **{**usual, **fields})


def request(number: int, status: RequestStatus = RequestStatus.IN_PROGRESS) -> PlacementRequest:
    return PlacementRequest(
        id=PlacementRequestId(number), patient_id=PatientId(number), therapist_id=TherapistId(1), status=status
    )


def silence(*numbers: int, email: int = 1, day: date = A_WEEK_AGO) -> Silence:
    return Silence(email_id=EmailId(email), day=day, requests=tuple(map(request, numbers)))


def failed_call(**fields: Any) -> PhoneCall:
    usual: dict[str, Any] = {
        "id": PhoneCallId(5),
        "therapist_id": TherapistId(1),
        "time": CallTime(TODAY, 9 * 60, 5),
        "cause": Cause.SILENT,
        "status": CallStatus.FAILED,
        "first_id": PhoneCallId(5),
        "retry_due": True,
    }
    return PhoneCall(**{**usual, **fields})


def causes_of(*candidates: CallCandidate, policy: ContactPolicy = POLICY) -> list[Cause]:
    return [call.cause for call in due_calls(candidates, policy, today=TODAY).calls]


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({"silences": (silence(1),)}, Cause.SILENT),
        ({"wanted": (Wanted(request=request(1), from_day=TODAY),)}, Cause.ASKED_FOR),
        ({"retry": Retry(call=failed_call())}, Cause.RETRY),
        ({"without_address": True, "open_requests": (request(1),)}, Cause.NO_ADDRESS),
        ({"silences": (silence(1),), "retry": Retry(call=failed_call())}, Cause.RETRY),
    ],
)
def test_each_reason_makes_due(facts: dict[str, Any], cause: Cause) -> None:
    assert causes_of(CallCandidate(history=history(), **facts)) == [cause]


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"potentially_available": True},
        {"open_requests": (request(1),)},
        {"without_address": True},
        {"potentially_available": True, "open_requests": (request(1),)},
    ],
)
def test_a_flag_and_open_requests_make_nobody_due(facts: dict[str, Any]) -> None:
    assert causes_of(CallCandidate(history=history(), **facts)) == []


def test_silent_requests_come_before_those_that_fill_the_call_up() -> None:
    candidate = CallCandidate(
        history=history(), silences=(silence(7, 8),), open_requests=tuple(request(n) for n in (1, 2, 3, 4))
    )

    (call,) = due_calls([candidate], POLICY, today=TODAY).calls

    assert [each.id for each in call.requests] == [7, 8, 1, 2, 3]


def test_a_second_email_that_does_not_find_room_stays_silent() -> None:
    candidate = CallCandidate(
        history=history(),
        silences=(silence(1, 2, 3), silence(4, 5, 6, email=2, day=A_WEEK_AGO + DAY)),
    )

    (call,) = due_calls([candidate], POLICY, today=TODAY).calls

    assert call.email_ids == (1,)
    assert call.surplus == ()


def test_an_email_with_more_requests_than_a_call_holds_gives_the_rest_back() -> None:
    candidate = CallCandidate(history=history(), silences=(silence(1, 2, 3),))

    (call,) = due_calls([candidate], ContactPolicy(max_requests_per_call=2), today=TODAY).calls

    assert ([each.id for each in call.requests], [each.id for each in call.surplus]) == ([1, 2], [3])


def test_a_longer_call_takes_its_extra_minutes() -> None:
    policy = ContactPolicy(call_minutes=5, call_minutes_per_extra_request=2)
    candidate = CallCandidate(history=history(), silences=(silence(1, 2, 3),))

    (call,) = due_calls([candidate], policy, today=TODAY).calls

    assert call.minutes == 9


def test_a_retry_begins_after_the_window_in_which_nobody_answered() -> None:
    candidate = CallCandidate(history=history(), retry=Retry(call=failed_call(), requests=(request(1),)))

    (call,) = due_calls([candidate], POLICY, today=TODAY).calls

    assert call.earliest == Moment(TODAY, 10 * 60)
    assert call.attempt == 2


def test_what_was_asked_for_later_than_the_horizon_is_not_due_yet() -> None:
    wanted = Wanted(request=request(1), from_day=TODAY + 15 * DAY)

    due = due_calls([CallCandidate(history=history(), wanted=(wanted,))], POLICY, today=TODAY)

    assert due.calls == ()
    assert due.refusals == ()


def test_a_call_that_will_be_allowed_within_the_horizon_is_due_from_that_day_on() -> None:
    candidate = CallCandidate(history=history(last_call_on=TODAY - DAY), silences=(silence(1),))

    (call,) = due_calls([candidate], POLICY, today=TODAY).calls

    assert call.earliest == Moment(TODAY + 6 * DAY)


def test_who_is_held_longer_than_the_horizon_is_refused_with_every_reason() -> None:
    held = history(last_answer_on=TODAY, absent_until=TODAY + 90 * DAY)

    (refusal,) = due_calls([CallCandidate(history=held, silences=(silence(1),))], POLICY, today=TODAY).refusals

    assert set(refusal.decision.reasons) == {Reason.COOLDOWN, Reason.ABSENT}
    assert refusal.decision.next_allowed_on == TODAY + 90 * DAY


def test_classes_run_from_available_over_wanted_and_unreachable_to_the_oldest_silence() -> None:
    old, new = A_WEEK_AGO - DAY, A_WEEK_AGO
    candidates = [
        CallCandidate(history=history(1), silences=(silence(1, day=new),)),
        CallCandidate(history=history(2), silences=(silence(2, day=old),)),
        CallCandidate(history=history(3), without_address=True, open_requests=(request(3),)),
        CallCandidate(history=history(4), retry=Retry(call=failed_call())),
        CallCandidate(history=history(5), silences=(silence(5, day=new),), potentially_available=True),
    ]

    calls = due_calls(candidates, POLICY, today=TODAY).calls

    assert [(call.therapist_id, call.priority_class) for call in calls] == [(5, 0), (4, 1), (3, 2), (2, 3), (1, 4)]


@given(st.permutations(range(6)))
def test_the_order_of_the_input_changes_nothing(order: list[int]) -> None:
    candidates = [
        CallCandidate(history=history(n), silences=(silence(n, day=A_WEEK_AGO - (n % 3) * DAY),)) for n in range(1, 7)
    ]

    due = due_calls([candidates[place] for place in order], POLICY, today=TODAY)

    assert due == due_calls(candidates, POLICY, today=TODAY)


@given(
    st.lists(st.integers(0, 4), max_size=4),
    st.integers(0, 8),
    st.integers(1, 6),
)
def test_no_call_holds_more_than_it_may_and_no_silent_request_is_lost(
    sizes: list[int], waiting: int, room: int
) -> None:
    numbers = iter(range(1, 1000))
    silences = tuple(
        silence(*(next(numbers) for _ in range(size)), email=place, day=A_WEEK_AGO - place * DAY)
        for place, size in enumerate(sizes, start=1)
    )
    open_requests = tuple(request(next(numbers), RequestStatus.OPEN) for _ in range(waiting))
    candidate = CallCandidate(history=history(), silences=silences, open_requests=open_requests)

    due = due_calls([candidate], ContactPolicy(max_requests_per_call=room), today=TODAY)

    followed = {each for call in due.calls for each in call.email_ids}
    of_the_emails = {each.id for one in silences if one.email_id in followed for each in one.requests}
    dealt_with = {each.id for call in due.calls for each in (*call.requests, *call.surplus)}
    assert all(len(call.requests) <= room for call in due.calls)
    assert of_the_emails <= dealt_with
    assert bool(due.calls) == bool(sizes)


def test_a_planned_call_does_not_hold_itself() -> None:
    planned = history(planned_calls=(TODAY,))

    decision = decide_call(planned, POLICY, cause=Cause.SILENT, today=TODAY, leaving_out=TODAY)

    assert decision.allowed
    assert not decide_call(planned, POLICY, cause=Cause.SILENT, today=TODAY).allowed


@pytest.mark.parametrize(("cause", "allowed"), [(Cause.SILENT, False), (Cause.RETRY, True), (Cause.PERSON, True)])
def test_used_up_attempts_hold_new_chains_but_neither_retries_nor_a_person(cause: Cause, allowed: bool) -> None:
    decision = decide_call(history(attempts_exhausted=True), POLICY, cause=cause, today=TODAY)

    assert decision.allowed is allowed


@pytest.mark.parametrize("cause", [Cause.RETRY, Cause.ASKED_FOR])
def test_neither_a_recent_call_nor_an_open_answer_holds_a_call_that_was_asked_for(cause: Cause) -> None:
    busy = history(last_call_on=TODAY, last_unanswered_on=TODAY, email_outstanding=True)

    assert decide_call(busy, POLICY, cause=cause, today=TODAY).allowed
    assert not decide_call(busy, POLICY, cause=Cause.SILENT, today=TODAY).allowed


def test_the_hours_of_the_policy_are_marked_as_assumed() -> None:
    candidate = CallCandidate(history=evolve(history(), phone_hours=None), silences=(silence(1),))

    (call,) = due_calls([candidate], ContactPolicy(fallback_phone_hours=HOURS), today=TODAY).calls

    assert call.assumed_hours
    assert call.hours == HOURS
