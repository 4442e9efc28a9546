"""Every fact that decides about a contact, each from a situation that sets just this one."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve

from boona_core.calls import CallStatus, CallTime
from boona_core.contact import ContactHistory, ContactPolicy, CooldownTrigger
from boona_core.emails import EmailState
from boona_core.ids import PhoneCallId, TherapistId
from boona_core.letters import Template
from boona_core.requests import RequestStatus
from boona_core.therapists import TherapistStatus
from boona_core.windows import WeeklyWindows
from tests.contract.acts import DAY, POLICY, history_of
from tests.situations import NOW, TODAY, Store

HOURS = WeeklyWindows.from_json({"friday": [{"start": "10:00", "end": "11:00"}]})
ANY_RESPONSE = ContactPolicy(cooldown_trigger=CooldownTrigger.ANY_RESPONSE)
OUTSTANDING = [EmailState.QUEUED, EmailState.CLAIMED, EmailState.HANDOFF, EmailState.UNCERTAIN]
OVER = [EmailState.DRAFT, EmailState.SENT, EmailState.FAILED, EmailState.CANCELED]
SILENT_LONG_AGO = TODAY - 30 * DAY


def nothing_but(store: Store, therapist: TherapistId, **facts: Any) -> ContactHistory:
    """The history of a therapist with a mailbox of whom only *facts* are known."""
    with store.open_unit() as unit:
        mailbox_id = unit.therapists.get(therapist).mailbox_id
    return evolve(ContactHistory(therapist_id=therapist, mailbox_id=mailbox_id), **facts)


def colleagues(store: Store) -> tuple[TherapistId, TherapistId]:
    """Two therapists of one mailbox."""
    mailbox = store.seed.mailbox()
    return store.seed.therapist(mailbox_id=mailbox), store.seed.therapist(mailbox_id=mailbox)


def test_of_a_new_therapist_nothing_is_known_but_the_mailbox(store: Store) -> None:
    therapist = store.seed.therapist()

    assert history_of(store, therapist) == nothing_but(store, therapist)


def test_without_an_address_there_is_no_mailbox(store: Store) -> None:
    therapist = store.seed.therapist(mailbox_id=None)

    assert history_of(store, therapist) == ContactHistory(therapist_id=therapist)


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        ({"phone": "0241 1"}, {"has_phone": True}),
        ({"phone": ""}, {"has_phone": False}),
        ({"phone_hours": HOURS}, {"phone_hours": HOURS}),
        ({"phone_hours": WeeklyWindows()}, {"phone_hours": WeeklyWindows()}),
        ({"status": TherapistStatus.BLOCKED}, {"status": TherapistStatus.BLOCKED}),
        ({"status": TherapistStatus.INACTIVE}, {"status": TherapistStatus.INACTIVE}),
        ({"blocked_until": TODAY + DAY}, {"blocked_until": TODAY + DAY}),
        ({"do_not_contact": True}, {"do_not_contact": True}),
        ({"erased_at": NOW}, {"erased": True}),
        ({"absent_until": TODAY + DAY}, {"absent_until": TODAY + DAY}),
        ({"last_call_on": TODAY - DAY}, {"last_call_on": TODAY - DAY}),
        ({"last_email_on": TODAY - DAY}, {}),
    ],
)
def test_a_field_of_the_therapist_is_a_fact(store: Store, fields: dict[str, Any], facts: dict[str, Any]) -> None:
    therapist = store.seed.therapist(**fields)

    assert history_of(store, therapist) == nothing_but(store, therapist, **facts)


def test_do_not_contact_of_the_mailbox_holds_for_its_therapist(store: Store) -> None:
    therapist = store.seed.therapist(mailbox_id=store.seed.mailbox(do_not_contact=True))

    assert history_of(store, therapist) == nothing_but(store, therapist, do_not_contact=True)


def test_a_mailbox_that_bounced_is_a_fact(store: Store) -> None:
    therapist = store.seed.therapist(mailbox_id=store.seed.mailbox(bounced_at=NOW))

    assert history_of(store, therapist) == nothing_but(store, therapist, bounced=True)


@pytest.mark.parametrize("state", OUTSTANDING)
def test_an_email_on_its_way_is_outstanding(store: Store, state: EmailState) -> None:
    therapist = store.seed.therapist()
    store.seed.email(therapist, state=state)

    assert history_of(store, therapist) == nothing_but(store, therapist, email_outstanding=True)


@pytest.mark.parametrize("state", OVER)
def test_an_email_that_is_not_on_its_way_is_not_outstanding(store: Store, state: EmailState) -> None:
    therapist = store.seed.therapist()
    store.seed.email(therapist, state=state, response_received=True)

    assert history_of(store, therapist) == nothing_but(store, therapist)


def test_an_email_to_an_earlier_mailbox_is_outstanding_for_its_therapist(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.email(therapist, mailbox_id=store.seed.mailbox())

    assert history_of(store, therapist) == nothing_but(store, therapist, email_outstanding=True)


@pytest.mark.parametrize("state", OUTSTANDING)
def test_a_colleagues_email_to_the_same_mailbox_is_outstanding_there(store: Store, state: EmailState) -> None:
    therapist, colleague = colleagues(store)
    store.seed.email(colleague, state=state)

    assert history_of(store, therapist) == nothing_but(store, therapist, mailbox_outstanding=True)


def test_emails_to_both_colleagues_are_outstanding_for_each_as_own_and_as_the_others(store: Store) -> None:
    therapist, colleague = colleagues(store)
    store.seed.email(therapist)
    store.seed.email(colleague)

    both = {"email_outstanding": True, "mailbox_outstanding": True}
    assert history_of(store, therapist) == nothing_but(store, therapist, **both)
    assert history_of(store, colleague) == nothing_but(store, colleague, **both)


def test_an_email_to_a_stranger_is_no_fact(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.queued_email(store.seed.therapist())

    assert history_of(store, therapist) == nothing_but(store, therapist)


def test_a_confirmation_is_never_outstanding(store: Store) -> None:
    therapist, colleague = colleagues(store)
    store.seed.email(therapist, template=Template.CONFIRMATION)
    store.seed.email(colleague, template=Template.CONFIRMATION)

    assert history_of(store, therapist) == nothing_but(store, therapist)


def test_the_day_of_the_last_sent_email_is_that_of_its_marker(store: Store) -> None:
    therapist = store.seed.therapist()
    sent: dict[str, Any] = {"state": EmailState.SENT, "response_received": True, "sent_at": NOW}
    store.seed.email(therapist, marked_on=TODAY - 3 * DAY, **sent)
    store.seed.email(therapist, marked_on=TODAY - 2 * DAY, **sent)

    facts = {"last_email_on": TODAY - 2 * DAY, "mailbox_last_email_on": TODAY - 2 * DAY}
    assert history_of(store, therapist) == nothing_but(store, therapist, **facts)


def test_a_sent_email_to_a_colleague_counts_for_the_mailbox_only(store: Store) -> None:
    therapist, colleague = colleagues(store)
    store.seed.email(colleague, state=EmailState.SENT, marked_on=TODAY - 2 * DAY, response_received=True)

    assert history_of(store, therapist) == nothing_but(store, therapist, mailbox_last_email_on=TODAY - 2 * DAY)


def test_a_sent_email_to_an_earlier_mailbox_counts_for_the_therapist_only(store: Store) -> None:
    therapist = store.seed.therapist()
    sent: dict[str, Any] = {"state": EmailState.SENT, "response_received": True, "mailbox_id": store.seed.mailbox()}
    store.seed.email(therapist, marked_on=TODAY - 2 * DAY, **sent)

    assert history_of(store, therapist) == nothing_but(store, therapist, last_email_on=TODAY - 2 * DAY)


@pytest.mark.parametrize(("days_ago", "counts"), [(6, True), (7, False)])
def test_a_sent_email_counts_while_it_is_within_the_interval(store: Store, days_ago: int, counts: bool) -> None:
    therapist = store.seed.therapist()
    day = TODAY - days_ago * DAY
    store.seed.email(therapist, state=EmailState.SENT, marked_on=day, response_received=True)

    assert history_of(store, therapist).last_email_on == (day if counts else None)
    assert history_of(store, therapist).mailbox_last_email_on == (day if counts else None)


def test_a_sent_confirmation_is_no_last_email(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.email(therapist, state=EmailState.SENT, marked_on=TODAY - DAY, template=Template.CONFIRMATION)

    assert history_of(store, therapist) == nothing_but(store, therapist)


def test_a_failed_email_is_no_last_email_although_it_was_marked(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.email(therapist, state=EmailState.FAILED, marked_on=TODAY - DAY, marked_at=NOW - DAY)

    assert history_of(store, therapist) == nothing_but(store, therapist)


def test_a_closed_window_reserves_until_its_end_for_therapist_and_mailbox(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.window(store.seed.email(therapist, state=EmailState.FAILED), TODAY - DAY, TODAY + 3 * DAY)

    facts = {"reserved_until": TODAY + 3 * DAY, "mailbox_reserved_until": TODAY + 3 * DAY}
    assert history_of(store, therapist) == nothing_but(store, therapist, **facts)


def test_the_last_of_several_closed_windows_counts(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.window(store.seed.email(therapist, state=EmailState.FAILED), TODAY + 5 * DAY, TODAY + 9 * DAY)
    store.seed.window(store.seed.email(therapist, state=EmailState.FAILED), TODAY - DAY, TODAY + 3 * DAY)

    assert history_of(store, therapist).reserved_until == TODAY + 9 * DAY


def test_a_colleagues_closed_window_reserves_the_mailbox_only(store: Store) -> None:
    therapist, colleague = colleagues(store)
    store.seed.window(store.seed.email(colleague, state=EmailState.FAILED), TODAY - DAY, TODAY + 3 * DAY)

    assert history_of(store, therapist) == nothing_but(store, therapist, mailbox_reserved_until=TODAY + 3 * DAY)


def test_a_window_that_ended_by_today_reserves_nothing(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.window(store.seed.email(therapist, state=EmailState.FAILED), TODAY - 7 * DAY, TODAY)

    assert history_of(store, therapist) == nothing_but(store, therapist)


def test_an_open_window_has_no_end_to_wait_for(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.window(store.seed.email(therapist), TODAY)

    assert history_of(store, therapist) == nothing_but(store, therapist, email_outstanding=True)


def test_a_window_that_was_freed_reserves_nothing(store: Store) -> None:
    therapist = store.seed.therapist()
    email = store.seed.email(therapist)
    store.seed.window(email, TODAY, TODAY + 9 * DAY)

    with store.open_unit() as unit:
        unit.emails.cancel((email,), now=NOW)
        unit.commit()

    assert history_of(store, therapist) == nothing_but(store, therapist)


def test_an_email_with_requests_in_progress_through_it_is_unanswered(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.email(therapist, (request,), state=EmailState.SENT, marked_on=SILENT_LONG_AGO)
    store.seed.hold(email, (request,))

    facts = {"first_unanswered_on": SILENT_LONG_AGO, "last_unanswered_on": SILENT_LONG_AGO}
    assert history_of(store, therapist) == nothing_but(store, therapist, **facts)


def test_an_email_without_requests_is_unanswered(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.email(therapist, state=EmailState.SENT, marked_on=SILENT_LONG_AGO)

    facts = {"first_unanswered_on": SILENT_LONG_AGO, "last_unanswered_on": SILENT_LONG_AGO}
    assert history_of(store, therapist) == nothing_but(store, therapist, **facts)


def test_the_oldest_and_the_newest_unanswered_email_are_told_apart(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.email(therapist, state=EmailState.SENT, marked_on=SILENT_LONG_AGO)
    store.seed.email(therapist, state=EmailState.SENT, marked_on=SILENT_LONG_AGO + 9 * DAY)

    facts = {"first_unanswered_on": SILENT_LONG_AGO, "last_unanswered_on": SILENT_LONG_AGO + 9 * DAY}
    assert history_of(store, therapist) == nothing_but(store, therapist, **facts)


@pytest.mark.parametrize(
    "fields",
    [
        {"response_received": True},
        {"bounced_at": NOW},
        {"template": Template.CONFIRMATION},
        {"state": EmailState.FAILED},
        {"state": EmailState.CANCELED},
    ],
)
def test_what_is_answered_bounced_or_no_question_is_not_unanswered(store: Store, fields: dict[str, Any]) -> None:
    therapist = store.seed.therapist()
    store.seed.email(therapist, marked_on=SILENT_LONG_AGO, **{"state": EmailState.SENT, **fields})

    assert history_of(store, therapist) == nothing_but(store, therapist)


@pytest.mark.parametrize(
    "status", [RequestStatus.OPEN, RequestStatus.ACCEPTED, RequestStatus.REJECTED, RequestStatus.CANCELED]
)
def test_an_email_whose_requests_are_all_settled_is_not_unanswered(store: Store, status: RequestStatus) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist, status=status)
    store.seed.email(therapist, (request,), state=EmailState.SENT, marked_on=SILENT_LONG_AGO)

    assert history_of(store, therapist) == nothing_but(store, therapist)


def test_a_request_in_progress_through_another_email_leaves_the_first_answered(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    store.seed.email(therapist, (request,), state=EmailState.SENT, marked_on=SILENT_LONG_AGO)
    later = store.seed.email(therapist, (request,), state=EmailState.SENT, marked_on=SILENT_LONG_AGO + 9 * DAY)
    store.seed.hold(later, (request,))

    assert history_of(store, therapist).first_unanswered_on == SILENT_LONG_AGO + 9 * DAY


@pytest.mark.parametrize(
    ("status", "policy", "begins"),
    [
        (RequestStatus.REJECTED, POLICY, True),
        (RequestStatus.REJECTED, ANY_RESPONSE, True),
        (RequestStatus.ACCEPTED, POLICY, False),
        (RequestStatus.ACCEPTED, ANY_RESPONSE, True),
        (RequestStatus.OPEN, ANY_RESPONSE, False),
        (RequestStatus.IN_PROGRESS, ANY_RESPONSE, False),
        (RequestStatus.CANCELED, ANY_RESPONSE, False),
    ],
)
def test_which_answer_begins_a_cooldown_is_the_policys(
    store: Store, status: RequestStatus, policy: ContactPolicy, begins: bool
) -> None:
    therapist = store.seed.therapist()
    store.seed.request(None, therapist, status=status, response_date=TODAY - 3 * DAY)

    answered_on = TODAY - 3 * DAY if begins else None
    assert history_of(store, therapist, policy) == nothing_but(store, therapist, last_answer_on=answered_on)


def test_the_last_of_several_answers_counts(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.request(None, therapist, status=RequestStatus.REJECTED, response_date=TODAY - 3 * DAY)
    store.seed.request(None, therapist, status=RequestStatus.REJECTED, response_date=TODAY - 9 * DAY)

    assert history_of(store, therapist).last_answer_on == TODAY - 3 * DAY


@pytest.mark.parametrize(("days_ago", "counts"), [(27, True), (28, False)])
def test_an_answer_counts_while_it_is_within_the_cooldown(store: Store, days_ago: int, counts: bool) -> None:
    therapist = store.seed.therapist()
    day = TODAY - days_ago * DAY
    store.seed.request(None, therapist, status=RequestStatus.REJECTED, response_date=day)

    assert history_of(store, therapist).last_answer_on == (day if counts else None)


def test_an_answer_of_another_therapist_is_no_fact(store: Store) -> None:
    therapist, colleague = colleagues(store)
    store.seed.request(None, colleague, status=RequestStatus.REJECTED, response_date=TODAY)

    assert history_of(store, therapist) == nothing_but(store, therapist)


def test_an_email_that_is_left_out_counts_as_not_there(store: Store) -> None:
    therapist, colleague = colleagues(store)
    email = store.seed.queued_email(therapist)

    left_out = history_of(store, therapist, leaving_out=(email,))
    for_the_colleague = history_of(store, colleague, leaving_out=(email,))

    assert left_out == nothing_but(store, therapist)
    assert for_the_colleague == nothing_but(store, colleague)


def test_a_sent_email_that_is_left_out_counts_as_not_there(store: Store) -> None:
    therapist, colleague = colleagues(store)
    email = store.seed.sent_email(therapist, on=TODAY - DAY)

    left_out = history_of(store, therapist, leaving_out=(email,))
    for_the_colleague = history_of(store, colleague, leaving_out=(email,))

    assert left_out == nothing_but(store, therapist)
    assert for_the_colleague == nothing_but(store, colleague)


def test_what_is_not_left_out_still_counts(store: Store) -> None:
    therapist = store.seed.therapist()
    email = store.seed.email(therapist)
    store.seed.email(therapist)

    assert history_of(store, therapist, leaving_out=(email,)).email_outstanding


def test_histories_of_many_therapists_are_told_apart(store: Store) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()
    store.seed.email(one)

    with store.open_unit() as unit:
        histories = unit.therapists.histories((one, two, TherapistId(999_999)), POLICY, today=TODAY)

    assert {each: history.email_outstanding for each, history in histories.items()} == {one: True, two: False}


def test_a_history_sees_what_its_unit_has_done(store: Store) -> None:
    therapist = store.seed.therapist()
    email = store.seed.queued_email(therapist)

    with store.open_unit() as unit:
        unit.emails.cancel((email,), now=datetime(2026, 3, 2, tzinfo=UTC))
        history = unit.therapists.histories((therapist,), POLICY, today=date(2026, 3, 2))[therapist]

    assert history == nothing_but(store, therapist)


# Calls


def test_the_days_of_planned_calls_are_facts_also_those_that_are_over(store: Store) -> None:
    therapist, other = store.seed.therapist(), store.seed.therapist()
    store.seed.call(therapist, time=CallTime(TODAY + 3 * DAY, 540, 5))
    store.seed.call(therapist, time=CallTime(TODAY - DAY, 540, 5))
    store.seed.call(therapist, time=CallTime(TODAY, 540, 5))
    store.seed.call(other, time=CallTime(TODAY + DAY, 540, 5))

    facts = {"planned_calls": (TODAY - DAY, TODAY, TODAY + 3 * DAY)}
    assert history_of(store, therapist) == nothing_but(store, therapist, **facts)


def test_two_planned_calls_of_one_day_are_two_facts(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.call(therapist, time=CallTime(TODAY, 540, 5))
    store.seed.call(therapist, time=CallTime(TODAY, 600, 5))

    assert history_of(store, therapist) == nothing_but(store, therapist, planned_calls=(TODAY, TODAY))


@pytest.mark.parametrize("status", [CallStatus.COMPLETED, CallStatus.FAILED, CallStatus.CANCELED])
def test_a_call_that_is_not_planned_any_more_is_no_fact(store: Store, status: CallStatus) -> None:
    therapist = store.seed.therapist()
    store.seed.call(therapist, status=status)

    assert history_of(store, therapist) == nothing_but(store, therapist)


def test_the_day_of_the_last_call_is_that_of_the_therapist(store: Store) -> None:
    therapist = store.seed.therapist(last_call_on=TODAY - 90 * DAY)

    assert history_of(store, therapist) == nothing_but(store, therapist, last_call_on=TODAY - 90 * DAY)


def exhausted_call(store: Store, therapist: TherapistId, **fields: Any) -> PhoneCallId:
    """A call that failed yesterday as the last of its attempts."""
    usual = {"status": CallStatus.FAILED, "exhausted": True, "time": CallTime(TODAY - DAY, 540, 5)}
    return store.seed.call(therapist, **{**usual, **fields})


def test_attempts_that_are_used_up_are_a_fact(store: Store) -> None:
    therapist, other = store.seed.therapist(), store.seed.therapist()
    exhausted_call(store, therapist)

    assert history_of(store, therapist) == nothing_but(store, therapist, attempts_exhausted=True)
    assert history_of(store, other) == nothing_but(store, other)


def test_attempts_are_a_fact_until_a_person_has_settled_it(store: Store) -> None:
    therapist = store.seed.therapist()
    call = exhausted_call(store, therapist)

    with store.open_unit() as unit:
        unit.calls.put(evolve(unit.calls.lock(call), exhausted=False))
        unit.commit()

    assert history_of(store, therapist) == nothing_but(store, therapist)


@pytest.mark.parametrize(("sent_on", "exhausted"), [(TODAY - 2 * DAY, True), (TODAY - DAY, True), (TODAY, False)])
def test_attempts_are_a_fact_until_the_next_email_is_sent(store: Store, sent_on: date, exhausted: bool) -> None:
    therapist = store.seed.therapist()
    exhausted_call(store, therapist)
    store.seed.email(therapist, state=EmailState.SENT, marked_on=sent_on, response_received=True)

    assert history_of(store, therapist).attempts_exhausted is exhausted


def test_an_email_after_the_day_for_which_a_call_was_planned_and_before_it_was_made_changes_nothing(
    store: Store,
) -> None:
    therapist = store.seed.therapist()
    exhausted_call(store, therapist, time=CallTime(TODAY - 5 * DAY, 540, 5), actual_on=TODAY - DAY, actual_at=600)
    store.seed.email(therapist, state=EmailState.SENT, marked_on=TODAY - 3 * DAY, response_received=True)

    assert history_of(store, therapist).attempts_exhausted


@pytest.mark.parametrize(
    "fields",
    [
        {"template": Template.CONFIRMATION},
        {"state": EmailState.QUEUED},
        {"state": EmailState.UNCERTAIN},
        {"state": EmailState.FAILED},
        {"state": EmailState.CANCELED},
    ],
)
def test_an_email_that_is_no_new_contact_leaves_the_attempts_used_up(store: Store, fields: dict[str, Any]) -> None:
    therapist = store.seed.therapist()
    exhausted_call(store, therapist)
    store.seed.email(therapist, marked_on=TODAY, **{"state": EmailState.SENT, **fields})

    assert history_of(store, therapist).attempts_exhausted


def test_an_email_to_a_colleague_leaves_the_attempts_used_up(store: Store) -> None:
    therapist, colleague = colleagues(store)
    exhausted_call(store, therapist)
    store.seed.email(colleague, state=EmailState.SENT, marked_on=TODAY)

    assert history_of(store, therapist).attempts_exhausted


def test_a_later_email_that_is_left_out_counts_as_not_there_for_the_attempts(store: Store) -> None:
    therapist = store.seed.therapist()
    exhausted_call(store, therapist)
    email = store.seed.email(therapist, state=EmailState.SENT, marked_on=TODAY)

    assert history_of(store, therapist, leaving_out=(email,)).attempts_exhausted


@pytest.mark.parametrize(
    ("fields", "waits"),
    [
        ({"status": CallStatus.SCHEDULED}, True),
        ({"status": CallStatus.FAILED, "retry_due": True}, True),
        ({"status": CallStatus.FAILED}, False),
        ({"status": CallStatus.FAILED, "exhausted": True}, False),
        ({"status": CallStatus.COMPLETED}, False),
        ({"status": CallStatus.CANCELED}, False),
    ],
)
def test_an_email_that_a_call_follows_up_is_unanswered_while_an_attempt_is_planned_or_due(
    store: Store, fields: dict[str, Any], waits: bool
) -> None:
    therapist = store.seed.therapist()
    call = store.seed.call(therapist, **fields)
    store.seed.email(therapist, state=EmailState.SENT, marked_on=SILENT_LONG_AGO, follow_up_call=call)

    day = SILENT_LONG_AGO if waits else None
    history = history_of(store, therapist)
    assert (history.first_unanswered_on, history.last_unanswered_on) == (day, day)


@pytest.mark.parametrize(("status", "waits"), [(CallStatus.SCHEDULED, True), (CallStatus.COMPLETED, False)])
def test_a_later_attempt_keeps_the_email_unanswered_as_the_first_did(
    store: Store, status: CallStatus, waits: bool
) -> None:
    therapist = store.seed.therapist()
    first = store.seed.call(therapist, status=CallStatus.FAILED)
    store.seed.call(therapist, status=status, attempt=2, previous_id=first, first_id=first)
    store.seed.email(therapist, state=EmailState.SENT, marked_on=SILENT_LONG_AGO, follow_up_call=first)

    assert (history_of(store, therapist).first_unanswered_on is not None) is waits


def test_a_planned_call_of_another_chain_does_not_keep_an_email_unanswered(store: Store) -> None:
    therapist = store.seed.therapist()
    made = store.seed.call(therapist, status=CallStatus.COMPLETED)
    store.seed.call(therapist, time=CallTime(TODAY + DAY, 540, 5))
    store.seed.email(therapist, state=EmailState.SENT, marked_on=SILENT_LONG_AGO, follow_up_call=made)

    assert history_of(store, therapist).first_unanswered_on is None


def test_an_answer_ends_the_wait_also_when_a_call_is_planned(store: Store) -> None:
    therapist = store.seed.therapist()
    call = store.seed.call(therapist)
    store.seed.email(
        therapist, state=EmailState.SENT, marked_on=SILENT_LONG_AGO, follow_up_call=call, response_received=True
    )

    assert history_of(store, therapist).first_unanswered_on is None


def test_the_requests_of_an_email_that_a_call_follows_up_do_not_keep_it_unanswered(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    call = store.seed.call(therapist, (request,), status=CallStatus.COMPLETED)
    email = store.seed.email(
        therapist, (request,), state=EmailState.SENT, marked_on=SILENT_LONG_AGO, follow_up_call=call
    )
    store.seed.hold(email, (request,))

    assert history_of(store, therapist).first_unanswered_on is None
