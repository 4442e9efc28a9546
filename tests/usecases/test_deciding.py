"""What a person decides about one email or one request, and what follows from it."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from boona_core.contact import Channel, Reason
from boona_core.delivery import NoAnswer, Refused, Step
from boona_core.emails import EmailState, SendingPolicy
from boona_core.errors import IllegalTransition, InvalidValue, UnknownId
from boona_core.events import EventType
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.letters import Template
from boona_core.requests import RequestStatus
from boona_core.therapists import TherapistStatus
from boona_core.usecases.deciding import Settlement
from boona_core.usecases.sending import Drained
from tests.situations import NOW, TODAY, WORKER
from tests.usecases.house import House, house
from tests.usecases.mail_server import Turn

OPEN, IN_PROGRESS, CANCELED = RequestStatus.OPEN, RequestStatus.IN_PROGRESS, RequestStatus.CANCELED
NEVER = Refused(reply="554 5.7.1 not this message", permanent=True, of_recipient=False)
WORDS = "sie hat am Telefon darum gebeten"
TOMORROW = TODAY + timedelta(days=1)


def drafted(agency: House, *concerns: str, **fields: Any) -> tuple[TherapistId, EmailId, list[PlacementRequestId]]:
    """A therapist with a draft of a letter that a plan run has written."""
    therapist = agency.seed.therapist(**fields)
    requests = agency.requests_to(therapist, *(concerns or ("Sorge",)))
    evolve(agency.plan, approval=True)()
    return therapist, agency.emails()[-1].id, requests


def queued(agency: House, *concerns: str, **fields: Any) -> tuple[TherapistId, EmailId, list[PlacementRequestId]]:
    """A therapist with an email in the queue that a plan run has put there."""
    therapist = agency.seed.therapist(**fields)
    requests = agency.requests_to(therapist, *(concerns or ("Sorge",)))
    agency.plan()
    return therapist, agency.emails()[-1].id, requests


def uncertain(agency: House, *concerns: str) -> tuple[TherapistId, EmailId, list[PlacementRequestId]]:
    """A therapist with an email of which nobody knows whether it arrived; the server has not taken it."""
    made = queued(agency, *concerns)
    agency.server.then(Turn(at_dot=NoAnswer("connection lost")))
    agency.drain()
    return made


def failed(agency: House, *concerns: str) -> tuple[TherapistId, EmailId, list[PlacementRequestId]]:
    """A therapist with an email that the server has refused, for no fault of the recipient."""
    made = queued(agency, *concerns)
    agency.server.then(Turn(at_dot=NEVER))
    agency.drain()
    return made


# -- queue a draft -----------------------------------------------------------------------------------------------------


def test_a_draft_that_a_person_queues_is_sealed_as_it_was_read_and_sent() -> None:
    agency = house()
    _, draft, requests = drafted(agency)
    read = agency.email(draft).body_text

    queuing = agency.queue(draft)

    agency.drain()
    sent = agency.email(draft)
    assert queuing.queued
    assert (sent.state, sent.body_text) == (EmailState.SENT, read)
    assert agency.holders(requests) == [draft]
    assert agency.server.delivered[0].message == agency.message(draft)


def test_queuing_a_draft_reserves_takes_its_requests_and_is_told() -> None:
    agency = house()
    _, draft, requests = drafted(agency)

    agency.queue(draft)

    assert agency.state(draft) is EmailState.QUEUED
    assert agency.reserves(draft)
    assert agency.statuses(requests) == [IN_PROGRESS]
    assert agency.told(since=1) == [EventType.EMAIL_QUEUED, EventType.MATCH_STATUS_CHANGED]


def test_a_dry_run_says_what_would_be_and_queues_nothing() -> None:
    agency = house()
    _, draft, requests = drafted(agency)

    queuing = agency.queue(draft, dry_run=True)

    assert queuing.queued
    assert agency.state(draft) is EmailState.DRAFT
    assert agency.statuses(requests) == [OPEN]


def test_a_draft_whose_requests_are_not_open_is_refused_and_they_are_named() -> None:
    agency = house()
    _, draft, (first, second, third) = drafted(agency, "a", "b", "c")
    agency.change_request(first, status=CANCELED)
    agency.change_request(third, status=RequestStatus.REJECTED)

    queuing = agency.queue(draft)

    assert queuing.closed == (first, third)
    assert queuing.decision.reasons == (Reason.REQUEST_CLOSED,)
    assert queuing.decision.next_allowed_on is None
    assert agency.state(draft) is EmailState.DRAFT
    assert agency.statuses([second]) == [OPEN]


def test_a_request_in_another_email_to_another_draft_is_closed_too() -> None:
    agency = house()
    therapist, draft, requests = drafted(agency)
    other = agency.seed.email(therapist, state=EmailState.CANCELED)
    agency.seed.hold(other, requests)

    queuing = agency.queue(draft, override=WORDS)

    assert queuing.closed == tuple(requests)


def under_interval(agency: House, therapist: TherapistId) -> None:
    agency.seed.sent_email(therapist, on=TODAY - timedelta(days=1), response_received=True)


def colleague_written_to(agency: House, therapist: TherapistId) -> None:
    mailbox = agency.memory.tables.therapists.rows[therapist].mailbox_id
    agency.seed.sent_email(agency.seed.therapist(mailbox_id=mailbox), on=TODAY)


def called_yesterday(agency: House, therapist: TherapistId) -> None:
    agency.change_therapist(therapist, last_call_on=TODAY - timedelta(days=1))


def cap_reached(agency: House, therapist: TherapistId) -> None:
    agency.memory.tables.email_days.put(TODAY, 3)


@pytest.mark.parametrize(
    ("holds", "reasons"),
    [
        (under_interval, {Reason.EMAIL_INTERVAL, Reason.MAILBOX_INTERVAL}),
        (colleague_written_to, {Reason.MAILBOX_INTERVAL}),
        (called_yesterday, {Reason.RECENT_CALL}),
        (cap_reached, {Reason.DAILY_CAP}),
    ],
)
def test_a_person_may_override_what_may_be_overridden_and_it_is_recorded(holds: Any, reasons: set[Reason]) -> None:
    agency = house(max_emails_per_day=3)
    therapist, draft, _ = drafted(agency)
    holds(agency, therapist)
    refused = agency.queue(draft)

    queuing = agency.queue(draft, override=WORDS)

    email = agency.email(draft)
    assert set(refused.decision.reasons) == reasons
    assert queuing.queued
    assert queuing.overridden == email.overridden == reasons
    assert (email.state, email.override_reason) == (EmailState.QUEUED, WORDS)
    assert agency.drain() == Drained(sent=1)


def blocked(agency: House, therapist: TherapistId) -> None:
    agency.change_therapist(therapist, status=TherapistStatus.BLOCKED)


def not_to_be_contacted(agency: House, therapist: TherapistId) -> None:
    agency.change_therapist(therapist, do_not_contact=True)


def has_said_no(agency: House, therapist: TherapistId) -> None:
    agency.seed.request(None, therapist, status=RequestStatus.REJECTED, response_date=TODAY)


def is_away(agency: House, therapist: TherapistId) -> None:
    agency.change_therapist(therapist, absent_until=TOMORROW)


def has_another_in_the_queue(agency: House, therapist: TherapistId) -> None:
    agency.seed.queued_email(therapist)


def colleague_has_one_in_the_queue(agency: House, therapist: TherapistId) -> None:
    mailbox = agency.memory.tables.therapists.rows[therapist].mailbox_id
    agency.seed.queued_email(agency.seed.therapist(mailbox_id=mailbox))


@pytest.mark.parametrize(
    ("holds", "reason"),
    [
        (blocked, Reason.BLOCKED),
        (not_to_be_contacted, Reason.DO_NOT_CONTACT),
        (has_said_no, Reason.COOLDOWN),
        (is_away, Reason.ABSENT),
        (has_another_in_the_queue, Reason.EMAIL_OUTSTANDING),
        (colleague_has_one_in_the_queue, Reason.EMAIL_OUTSTANDING),
    ],
)
def test_the_other_reasons_are_never_overridden(holds: Any, reason: Reason) -> None:
    agency = house()
    therapist, draft, requests = drafted(agency)
    under_interval(agency, therapist)
    holds(agency, therapist)
    window = agency.window(agency.emails()[1].id)

    queuing = agency.queue(draft, override=WORDS)

    assert reason in queuing.decision.reasons
    assert Reason.EMAIL_INTERVAL not in queuing.decision.reasons
    assert agency.state(draft) is EmailState.DRAFT
    assert agency.statuses(requests) == [OPEN]
    assert agency.window(agency.emails()[1].id) == window


def test_an_overridden_email_counts_for_what_comes_after_it() -> None:
    agency = house()
    therapist, draft, _ = drafted(agency)
    agency.seed.sent_email(therapist, on=TODAY - timedelta(days=6), response_received=True)
    agency.queue(draft, override=WORDS)
    agency.drain()

    explanation = agency.explain(therapist)

    decision = explanation.decisions[Channel.EMAIL]
    assert decision.next_allowed_on == TODAY + timedelta(days=7)
    assert Reason.EMAIL_INTERVAL in decision.reasons


def test_overriding_leaves_nothing_of_a_window_of_the_same_day_and_its_day_can_still_be_read() -> None:
    agency = house()
    therapist, draft, _ = drafted(agency)
    sent = agency.seed.sent_email(therapist, on=TODAY, response_received=True)

    agency.queue(draft, override=WORDS)

    assert agency.window(sent).is_empty
    assert agency.memory.tables.emails.rows[sent].marked_on == TODAY


@pytest.mark.parametrize("words", ["", "  ", "\n"])
def test_an_override_needs_a_reason_in_words(words: str) -> None:
    agency = house()
    _, draft, _ = drafted(agency)

    with pytest.raises(InvalidValue, match="needs a reason"):
        agency.queue(draft, override=words)


def test_a_queued_draft_counts_under_the_daily_cap() -> None:
    agency = house(max_emails_per_day=1)
    _, first, _ = drafted(agency)
    second = agency.seed.email(agency.seed.therapist(), state=EmailState.DRAFT)
    agency.queue(first)

    queuing = agency.queue(second)

    assert queuing.decision.reasons == (Reason.DAILY_CAP,)
    assert queuing.decision.next_allowed_on == TOMORROW


def test_a_draft_whose_days_were_reserved_in_the_same_moment_is_refused_whole() -> None:
    agency = house()
    therapist, draft, requests = drafted(agency)
    mailbox = agency.memory.tables.therapists.rows[therapist].mailbox_id
    rival = agency.seed.email(agency.seed.therapist(), state=EmailState.CANCELED, mailbox_id=mailbox)
    agency.seed.window(rival, TODAY)  # seen by nobody before the reserving itself

    queuing = agency.queue(draft)

    assert queuing.decision.reasons == (Reason.EMAIL_OUTSTANDING,)
    assert agency.state(draft) is EmailState.DRAFT
    assert agency.statuses(requests) == [OPEN]


def test_a_draft_that_cannot_be_sealed_stays_as_it_is_and_the_place_is_named() -> None:
    agency = house()
    _, draft, requests = drafted(agency, last_name="Beispiel\nBcc: everybody@example.org")

    with pytest.raises(InvalidValue) as refused:
        agency.queue(draft)

    assert (refused.value.place, refused.value.fault) == ("To", "has a control character")
    assert agency.state(draft) is EmailState.DRAFT
    assert agency.statuses(requests) == [OPEN]
    assert not agency.reserves(draft)


@pytest.mark.parametrize("state", [EmailState.QUEUED, EmailState.SENT, EmailState.CANCELED, EmailState.FAILED])
def test_only_a_draft_is_queued(state: EmailState) -> None:
    agency = house()
    email = agency.seed.email(agency.seed.therapist(), state=state)

    with pytest.raises(IllegalTransition):
        agency.queue(email)


def test_an_email_that_does_not_exist_is_named_by_its_id() -> None:
    agency = house()

    with pytest.raises(UnknownId, match="no email has the id 7"):
        agency.queue(EmailId(7))


# -- settle ------------------------------------------------------------------------------------------------------------


def test_an_uncertain_email_that_was_found_is_sent_on_the_day_of_its_marker() -> None:
    agency = house()
    therapist, email, requests = uncertain(agency)
    agency.clock.days_pass(3)

    agency.settle(email, Settlement.SENT)

    assert agency.state(email) is EmailState.SENT
    assert agency.window(email).ends == TODAY + timedelta(days=7)
    assert agency.memory.tables.therapists.rows[therapist].last_email_on == TODAY
    assert agency.holders(requests) == [email]
    assert agency.told()[-1] is EventType.EMAIL_SENT


def test_an_uncertain_email_that_is_dropped_frees_its_therapist_and_its_requests() -> None:
    agency = house()
    therapist, email, requests = uncertain(agency)

    agency.settle(email, Settlement.DROP)

    assert agency.state(email) is EmailState.FAILED
    assert agency.statuses(requests) == [OPEN]
    assert agency.told()[-2:] == [EventType.EMAIL_FAILED, EventType.MATCH_STATUS_CHANGED]
    assert agency.explain(therapist).decisions[Channel.EMAIL].allowed


def test_an_uncertain_email_is_sent_again_with_the_same_message_id_and_the_same_bytes() -> None:
    agency = house()
    _, email, _ = uncertain(agency)
    before = (agency.email(email).message_id, agency.message(email))
    agency.clock.days_pass(1)

    queuing = agency.settle(email, Settlement.AGAIN)

    assert queuing is not None
    assert queuing.queued
    assert agency.email(email).retry_count == 0
    assert agency.drain() == Drained(sent=1)
    assert (agency.email(email).message_id, agency.message(email)) == before
    assert [letter.message for letter in agency.server.delivered] == [before[1]]


@pytest.mark.parametrize("status", [CANCELED, OPEN, RequestStatus.REJECTED])
def test_an_uncertain_email_is_not_sent_again_once_a_request_of_it_has_changed(status: RequestStatus) -> None:
    agency = house()
    _, email, (gone, _) = uncertain(agency, "Sorge", "Kummer")
    agency.change_request(gone, status=status, held_by=None)

    queuing = agency.settle(email, Settlement.AGAIN)

    assert queuing is not None
    assert queuing.closed == (gone,)
    assert Reason.REQUEST_CLOSED in queuing.decision.reasons
    assert agency.state(email) is EmailState.UNCERTAIN


@pytest.mark.parametrize("dropped_first", [False, True])
def test_what_was_ever_uncertain_is_not_sent_again_once_the_address_has_changed(dropped_first: bool) -> None:
    agency = house()
    therapist, email, _ = uncertain(agency)
    [agency.settle(email, Settlement.DROP) for _ in range(dropped_first)]
    agency.change_therapist(therapist, mailbox_id=agency.seed.mailbox(), email="neu@example.org")

    with pytest.raises(IllegalTransition, match="its address has changed"):
        agency.settle(email, Settlement.AGAIN)


def test_what_was_ever_uncertain_and_dropped_is_sent_again_as_it_is_stored() -> None:
    agency = house()
    _, email, requests = uncertain(agency)
    stored = agency.message(email)
    agency.settle(email, Settlement.DROP)
    agency.clock.days_pass(1)

    agency.settle(email, Settlement.AGAIN)

    assert agency.drain() == Drained(sent=1)
    assert [letter.message for letter in agency.server.delivered] == [stored]
    assert agency.holders(requests) == [email]


def test_a_failed_email_is_sent_again_and_keeps_its_message_id() -> None:
    agency = house()
    _, email, requests = failed(agency)
    message_id = agency.email(email).message_id

    agency.settle(email, Settlement.AGAIN)

    assert agency.reserves(email)
    assert agency.drain() == Drained(sent=1)
    assert agency.email(email).message_id == message_id
    assert agency.holders(requests) == [email]


def test_a_failed_email_reserves_anew_and_may_be_refused() -> None:
    agency = house()
    therapist, email, requests = failed(agency)
    agency.requests_to(therapist, "Kummer")
    agency.plan()

    queuing = agency.settle(email, Settlement.AGAIN)

    assert queuing is not None
    assert queuing.decision.reasons == (Reason.EMAIL_OUTSTANDING,)
    assert agency.state(email) is EmailState.FAILED
    assert agency.holders(requests) == [email]


def test_a_failed_email_that_is_dropped_opens_its_requests() -> None:
    agency = house()
    _, email, requests = failed(agency)

    agency.settle(email, Settlement.DROP)

    assert agency.state(email) is EmailState.FAILED
    assert agency.statuses(requests) == [OPEN]


@pytest.mark.parametrize("settlement", list(Settlement))
def test_a_dry_run_settles_nothing(settlement: Settlement) -> None:
    agency = house()
    _, email, requests = uncertain(agency)
    told = len(agency.events())

    agency.settle(email, settlement, dry_run=True)

    assert agency.state(email) is EmailState.UNCERTAIN
    assert agency.statuses(requests) == [IN_PROGRESS]
    assert agency.events(since=told) == []


@pytest.mark.parametrize("settlement", list(Settlement))
@pytest.mark.parametrize(
    "state",
    [
        EmailState.DRAFT,
        EmailState.QUEUED,
        EmailState.CLAIMED,
        EmailState.HANDOFF,
        EmailState.SENT,
        EmailState.CANCELED,
    ],
)
def test_nothing_else_is_settled(state: EmailState, settlement: Settlement) -> None:
    agency = house()
    email = agency.seed.email(agency.seed.therapist(), state=state, lease_until=NOW + timedelta(minutes=1))

    with pytest.raises(IllegalTransition):
        agency.settle(email, settlement)

    assert agency.state(email) is state


def test_a_failed_email_is_not_said_to_have_been_sent() -> None:
    agency = house()
    _, email, _ = failed(agency)

    with pytest.raises(IllegalTransition):
        agency.settle(email, Settlement.SENT)


# -- cancel ------------------------------------------------------------------------------------------------------------


def test_a_canceled_email_frees_its_therapist_and_its_requests() -> None:
    agency = house()
    therapist, email, requests = queued(agency)

    agency.cancel(email)

    assert agency.state(email) is EmailState.CANCELED
    assert agency.statuses(requests) == [OPEN]
    assert agency.told()[-2:] == [EventType.EMAIL_CANCELED, EventType.MATCH_STATUS_CHANGED]
    assert [planned.therapist_id for planned in agency.plan().plan.emails] == [therapist]


def test_canceling_a_claimed_email_revokes_the_claim() -> None:
    agency = house()
    _, email, _ = queued(agency)
    agency.server.then(Turn(meanwhile={Step.BODY_SENT: lambda: agency.cancel(email)}))

    drained = agency.drain()

    assert drained == Drained()
    assert agency.state(email) is EmailState.CANCELED
    assert agency.server.delivered == []


def test_a_dry_run_cancels_nothing() -> None:
    agency = house()
    _, email, requests = queued(agency)

    agency.cancel(email, dry_run=True)

    assert agency.state(email) is EmailState.QUEUED
    assert agency.statuses(requests) == [IN_PROGRESS]


@pytest.mark.parametrize(
    "state", [EmailState.HANDOFF, EmailState.SENT, EmailState.FAILED, EmailState.UNCERTAIN, EmailState.CANCELED]
)
def test_what_has_been_handed_over_is_not_canceled(state: EmailState) -> None:
    agency = house()
    email = agency.seed.email(agency.seed.therapist(), state=state)

    with pytest.raises(IllegalTransition):
        agency.cancel(email)


# -- release -----------------------------------------------------------------------------------------------------------


def test_a_released_request_is_taken_out_and_the_letter_is_written_anew() -> None:
    agency = house()
    _, email, (first, second, third) = queued(agency, "Sorge", "Kummer", "Trauer")
    before = agency.email(email)

    agency.release(second)

    after = agency.email(email)
    message = agency.message(email) or b""
    assert agency.statuses([first, second, third]) == [IN_PROGRESS, OPEN, IN_PROGRESS]
    assert [item.placement_request_id for item in after.included] == [first, third]
    assert (after.state, after.message_id, after.retry_count) == (EmailState.QUEUED, before.message_id, 0)
    assert "Kummer" not in after.body_text
    assert "Kummer" not in after.body_html
    assert b"Kummer" not in message
    assert before.subject.replace("3", "2") == after.subject
    assert agency.told()[-1] is EventType.MATCH_STATUS_CHANGED


def test_the_patients_of_a_letter_written_anew_are_numbered_from_one_again() -> None:
    agency, fresh = house(), house()
    _, email, (first, _, _) = queued(agency, "Sorge", "Kummer", "Trauer")
    _, model, _ = queued(fresh, "Kummer", "Trauer")

    agency.release(first)

    assert agency.email(email).body_text == fresh.email(model).body_text


def test_a_letter_that_shrank_to_one_patient_is_no_batch_any_more() -> None:
    agency, fresh = house(), house()
    _, email, (first, _) = queued(agency, "Sorge", "Kummer")
    _, model, _ = queued(fresh, "Kummer")

    agency.release(first)

    assert agency.email(email).body_text == fresh.email(model).body_text
    assert agency.email(email).subject == fresh.email(model).subject


def test_releasing_from_a_claimed_email_revokes_the_claim_and_uses_up_no_try() -> None:
    agency = house()
    _, email, (first, second) = queued(agency, "Sorge", "Kummer")
    agency.server.then(Turn(meanwhile={Step.BODY_SENT: lambda: agency.release(first)}))

    drained = agency.drain()

    (letter,) = agency.server.delivered
    assert drained == Drained(sent=1)
    assert (agency.server.abandoned, agency.email(email).retry_count) == (1, 0)
    assert b"Sorge" not in letter.message
    assert b"Kummer" in letter.message
    assert agency.statuses([first, second]) == [OPEN, IN_PROGRESS]


def test_a_claim_that_was_revoked_marks_nothing_any_more() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    first, second = agency.requests_to(therapist, "Sorge", "Kummer")
    email = agency.seed.queued_email(
        therapist,
        [first, second],
        state=EmailState.CLAIMED,
        template=Template.BATCH_REQUEST,
        lease_until=NOW + timedelta(minutes=1),
    )

    agency.release(first)

    with agency.open_unit() as unit:
        marked = unit.sending.mark(email, token=WORKER, now=NOW, day=TODAY, lease=timedelta(minutes=11))
    assert not marked
    assert agency.state(email) is EmailState.QUEUED


def test_releasing_the_last_request_cancels_the_email() -> None:
    agency = house()
    therapist, email, requests = queued(agency)

    agency.release(requests[0])

    assert agency.state(email) is EmailState.CANCELED
    assert agency.statuses(requests) == [OPEN]
    assert agency.told()[-2:] == [EventType.EMAIL_CANCELED, EventType.MATCH_STATUS_CHANGED]
    assert agency.explain(therapist).decisions[Channel.EMAIL].allowed


def test_nothing_is_taken_out_of_an_email_in_handoff() -> None:
    agency = house()
    _, _, requests = queued(agency, "Sorge", "Kummer")
    refusals: list[IllegalTransition] = []

    def tries_to_release() -> None:
        with pytest.raises(IllegalTransition) as refused:
            agency.release(requests[0])
        refusals.append(refused.value)

    agency.server.then(Turn(meanwhile={Step.DOT_SENT: tries_to_release}))

    agency.drain()

    assert [refusal.subject for refusal in refusals] == [f"placement request {requests[0]}"]
    assert agency.statuses(requests) == [IN_PROGRESS, IN_PROGRESS]


@pytest.mark.parametrize("field", ["ever_uncertain", "body_provided"])
def test_what_may_not_be_written_anew_is_canceled_and_its_other_requests_are_open_again(field: str) -> None:
    agency = house()
    therapist = agency.seed.therapist()
    requests = agency.requests_to(therapist, "Sorge", "Kummer")
    email = agency.seed.queued_email(therapist, requests, **{field: True})

    agency.release(requests[0])

    assert agency.state(email) is EmailState.CANCELED
    assert agency.statuses(requests) == [OPEN, OPEN]
    assert agency.told() == [EventType.EMAIL_CANCELED, *[EventType.MATCH_STATUS_CHANGED] * 2]


@pytest.mark.parametrize("made", [uncertain, failed])
def test_a_request_released_from_an_email_that_is_not_in_the_queue_leaves_the_email_alone(made: Any) -> None:
    agency = house()
    _, email, (first, second) = made(agency, "Sorge", "Kummer")
    before = agency.email(email)

    agency.release(first)

    assert agency.email(email) == before
    assert agency.statuses([first, second]) == [OPEN, IN_PROGRESS]


def test_a_request_released_from_a_sent_email_goes_out_in_the_next_one() -> None:
    agency = house()
    _, _, requests = queued(agency)
    agency.drain()
    agency.release(requests[0])
    agency.clock.days_pass(7)

    run = agency.plan()

    assert [[request.id for request in email.requests] for email in run.plan.emails] == [requests]


def test_a_dry_run_releases_nothing() -> None:
    agency = house()
    _, email, requests = queued(agency, "Sorge", "Kummer")
    before = agency.email(email)

    agency.release(requests[0], dry_run=True)

    assert agency.email(email) == before
    assert agency.statuses(requests) == [IN_PROGRESS, IN_PROGRESS]


@pytest.mark.parametrize("status", [OPEN, CANCELED, RequestStatus.ACCEPTED, RequestStatus.REJECTED])
def test_only_what_is_in_progress_is_released(status: RequestStatus) -> None:
    agency = house()
    request = agency.seed.request(None, agency.seed.therapist(), status=status)

    with pytest.raises(IllegalTransition):
        agency.release(request)


def test_a_request_that_does_not_exist_is_named_by_its_id() -> None:
    agency = house()

    with pytest.raises(UnknownId, match="no placement request has the id 7"):
        agency.release(PlacementRequestId(7))


# -- explain and find --------------------------------------------------------------------------------------------------


def test_why_says_for_each_channel_what_holds_and_from_which_day_it_would_not() -> None:
    agency = house(max_requests_per_email=1)
    therapist, email, requests = queued(agency)
    waiting, full = agency.requests_to(therapist, "Kummer", "Trauer")

    explanation = agency.explain(therapist)

    assert set(explanation.decisions) == set(Channel)
    assert explanation.decisions[Channel.EMAIL].reasons == (Reason.EMAIL_OUTSTANDING,)
    assert explanation.decisions[Channel.PHONE].reasons == (
        Reason.NO_PHONE_NUMBER,
        Reason.NO_PHONE_HOURS,
        Reason.EMAIL_OUTSTANDING,
    )
    assert explanation.next_requests == (waiting,)
    assert {each: decision.reasons for each, decision in explanation.request_decisions.items()} == {
        requests[0]: (Reason.REQUEST_CLOSED,),
        full: (Reason.EMAIL_FULL,),
    }
    assert [one.id for one in explanation.outstanding] == [email]


def test_why_asks_for_a_therapist_that_exists() -> None:
    agency = house()

    with pytest.raises(UnknownId, match="no therapist has the id 7"):
        agency.explain(TherapistId(7))


def test_emails_are_found_newest_first_by_state_therapist_and_run() -> None:
    agency = house(sending=SendingPolicy(claim_size=1))
    one, first, _ = queued(agency)
    other, second, _ = queued(agency)
    agency.drain(only=[first])
    run = agency.email(second).batch_id

    assert [email.id for email in agency.find()] == [second, first]
    assert [email.id for email in agency.find(states=[EmailState.SENT])] == [first]
    assert [email.id for email in agency.find(therapist_id=other)] == [second]
    assert [email.id for email in agency.find(batch_id=run)] == [second]
    assert [email.id for email in agency.find(after=second)] == [first]
    assert [email.id for email in agency.find(limit=1)] == [second]
    assert agency.find.one(first).therapist_id == one
    assert agency.find.counts() == {EmailState.SENT: 1, EmailState.QUEUED: 1}
