"""Draining the queue: what becomes of an email after every answer that a mail server can give."""

from datetime import timedelta

import pytest

from boona_core.contact import Reason
from boona_core.delivery import Accepted, NoAnswer, Refused, ServerDown, Step
from boona_core.emails import EmailState, SendingPolicy
from boona_core.errors import StoreError
from boona_core.events import EventType
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.letters import Template
from boona_core.requests import RequestStatus
from boona_core.therapists import TherapistStatus
from boona_core.usecases.sending import Drained
from tests.situations import NOW, TODAY
from tests.usecases.house import House, house
from tests.usecases.mail_server import Turn

OPEN, IN_PROGRESS = RequestStatus.OPEN, RequestStatus.IN_PROGRESS
LATER = Refused(reply="451 4.7.1 later", permanent=False, of_recipient=False)
NEVER = Refused(reply="554 5.7.1 not this message", permanent=True, of_recipient=False)
NOBODY_NOW = Refused(reply="450 4.2.1 mailbox busy", permanent=False, of_recipient=True)
NOBODY = Refused(reply="550 5.1.1 no such mailbox", permanent=True, of_recipient=True)
SILENCE = NoAnswer("connection lost")


def queued(agency: House, *concerns: str) -> tuple[TherapistId, EmailId, list[PlacementRequestId]]:
    """A therapist with one email in the queue, composed and sealed by a plan run."""
    therapist = agency.seed.therapist()
    requests = agency.requests_to(therapist, *(concerns or ("Sorge",)))
    agency.plan()
    return therapist, agency.emails()[-1].id, requests


def events_of(agency: House) -> list[EventType]:
    """What was told since the plan."""
    made = (EventType.EMAIL_CREATED, EventType.EMAIL_QUEUED)
    return [
        event.type
        for event in agency.events()
        if event.type not in made and event.data.get("new_status") != "in_progress"
    ]


# -- accepted ----------------------------------------------------------------------------------------------------------


def test_what_the_server_took_is_sent_and_reserved_from_the_day_of_its_marker() -> None:
    agency = house()
    therapist, email, requests = queued(agency)
    agency.clock.days_pass(2)

    drained = agency.drain()

    window = agency.window(email)
    assert drained == Drained(sent=1)
    assert agency.state(email) is EmailState.SENT
    assert agency.email(email).sent_at == agency.clock.now
    assert (window.begins, window.ends) == (TODAY, TODAY + timedelta(days=2 + 7))
    assert agency.memory.tables.therapists.rows[therapist].last_email_on == TODAY + timedelta(days=2)
    assert agency.request(requests[0]).offered
    assert agency.statuses(requests) == [IN_PROGRESS]
    assert events_of(agency) == [EventType.EMAIL_SENT]


def test_what_is_sent_is_what_was_stored_byte_for_byte() -> None:
    agency = house()
    _, email, _ = queued(agency, "Sorge", "Ängste")
    stored = agency.message(email)

    agency.drain()

    (letter,) = agency.server.delivered
    assert letter.message == stored
    assert letter.recipient == agency.email(email).recipient_email
    assert letter.sender == "vermittlung@example.org"


def test_a_second_drain_sends_nothing() -> None:
    agency = house()
    queued(agency)
    agency.drain()

    again = agency.drain()

    assert again == Drained()
    assert len(agency.server.delivered) == 1


def test_emails_go_out_in_the_order_of_the_queue_over_one_connection() -> None:
    agency = house(sending=SendingPolicy(claim_size=2))
    therapists = [agency.seed.therapist() for _ in range(5)]
    [agency.seed.request(None, therapist) for therapist in therapists]
    agency.plan()
    heard: list[int] = []

    drained = agency.drain(on_result=lambda: heard.append(len(agency.server.delivered)))

    assert drained == Drained(sent=5)
    assert agency.server.recipients() == [email.recipient_email for email in agency.emails()]
    assert (agency.server.connections, agency.server.open) == (1, 0)
    assert len(heard) == 5


def test_the_result_of_one_email_and_the_marker_of_the_next_share_a_commit() -> None:
    def commits(emails: int) -> int:
        agency = house()
        [agency.seed.request(None, agency.seed.therapist()) for _ in range(emails)]
        agency.plan()
        agency.watch.commits = 0
        agency.drain()
        return agency.watch.commits

    assert [commits(emails + 1) - commits(emails) for emails in (1, 2, 3)] == [1, 1, 1]


def test_only_the_emails_that_are_named_are_sent() -> None:
    agency = house()
    queued(agency)
    _, wanted, _ = queued(agency)

    drained = agency.drain(only=[wanted])

    assert drained == Drained(sent=1)
    assert agency.states() == [EmailState.QUEUED, EmailState.SENT]


def test_no_connection_is_opened_for_an_empty_queue() -> None:
    agency = house()

    drained = agency.drain()

    assert drained == Drained()
    assert agency.server.connections == 0


# -- refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [Turn(before_dot=LATER), Turn(at_dot=LATER), Turn(before_dot=NOBODY_NOW)])
def test_a_temporary_refusal_puts_the_email_back_with_one_try_used(turn: Turn) -> None:
    agency = house()
    _, email, requests = queued(agency)
    agency.server.then(turn)

    drained = agency.drain()

    back = agency.email(email)
    assert drained == Drained(deferred=1)
    assert (back.state, back.retry_count, back.marked_at) == (EmailState.QUEUED, 1, None)
    assert back.not_before == NOW + timedelta(minutes=5)
    assert back.error_message in (LATER.reply, NOBODY_NOW.reply)
    assert agency.reserves(email)
    assert agency.statuses(requests) == [IN_PROGRESS]
    assert events_of(agency) == []


def test_a_deferred_email_is_not_tried_before_its_time_and_then_goes_out_unchanged() -> None:
    agency = house()
    _, email, _ = queued(agency)
    stored = agency.message(email)
    agency.server.then(Turn(at_dot=LATER))
    agency.drain()
    agency.clock.passes(minutes=4, seconds=59)
    too_early = agency.drain()
    agency.clock.passes(seconds=1)

    in_time = agency.drain()

    assert (too_early, in_time) == (Drained(), Drained(sent=1))
    assert [letter.message for letter in agency.server.delivered] == [stored]


def test_waits_double_with_each_try_and_are_spread_over_the_upper_half() -> None:
    agency = house()
    _, email, _ = queued(agency)
    agency.server.then(Turn(before_dot=LATER), Turn(before_dot=LATER))
    agency.drain()
    agency.clock.passes(minutes=5)
    agency.jitter[0] = 0.0

    agency.drain()

    assert agency.email(email).not_before == agency.clock.now + timedelta(minutes=5)
    assert agency.email(email).retry_count == 2


@pytest.mark.parametrize("turn", [Turn(before_dot=NEVER), Turn(at_dot=NEVER)])
def test_a_message_refused_for_good_fails_frees_its_days_and_keeps_its_requests(turn: Turn) -> None:
    agency = house()
    therapist, email, requests = queued(agency)
    agency.server.then(turn)

    drained = agency.drain()

    failed = agency.email(email)
    mailbox = agency.memory.tables.therapists.rows[therapist].mailbox_id
    assert drained == Drained(failed=1)
    assert (failed.state, failed.error_message, failed.bounced_at) == (EmailState.FAILED, NEVER.reply, None)
    assert not agency.reserves(email)
    assert agency.holders(requests) == [email]
    assert agency.mailbox(mailbox or 0).bounced_at is None  # type: ignore[arg-type]
    assert events_of(agency) == [EventType.EMAIL_FAILED]


@pytest.mark.parametrize("turn", [Turn(before_dot=NOBODY), Turn(at_dot=NOBODY)])
def test_a_recipient_refused_for_good_opens_the_requests_and_the_address_is_not_used(turn: Turn) -> None:
    agency = house()
    therapist, email, requests = queued(agency)
    agency.server.then(turn)

    drained = agency.drain()

    run = agency.plan()
    assert drained == Drained(failed=1)
    assert agency.email(email).bounced_at == NOW
    assert agency.statuses(requests) == [OPEN]
    assert events_of(agency) == [EventType.EMAIL_FAILED, EventType.EMAIL_BOUNCED, EventType.MATCH_STATUS_CHANGED]
    assert [set(refusal.decision.reasons) for refusal in run.plan.refusals] == [{Reason.BOUNCED_ADDRESS}]
    assert agency.explain(therapist).next_requests == tuple(requests)


def test_an_email_out_of_tries_fails_and_keeps_its_requests_for_a_person() -> None:
    agency = house(sending=SendingPolicy(max_tries=2))
    _, email, requests = queued(agency)
    agency.server.then(Turn(before_dot=SILENCE), Turn(before_dot=NOBODY_NOW))
    first = agency.drain()
    agency.clock.passes(minutes=5)

    second = agency.drain()

    assert (first, second) == (Drained(deferred=1), Drained(failed=1))
    assert (agency.state(email), agency.email(email).retry_count) == (EmailState.FAILED, 2)
    assert agency.holders(requests) == [email]
    assert not agency.reserves(email)


def test_after_a_refusal_the_next_email_goes_out_over_the_same_connection() -> None:
    agency = house()
    [queued(agency) for _ in range(3)]
    agency.server.then(Turn(before_dot=NOBODY), Turn(at_dot=LATER))

    drained = agency.drain()

    assert drained == Drained(failed=1, deferred=1, sent=1)
    assert agency.states() == [EmailState.FAILED, EmailState.QUEUED, EmailState.SENT]
    assert agency.server.connections == 1


# -- no answer ---------------------------------------------------------------------------------------------------------


def test_a_connection_lost_before_the_dot_is_safe_to_try_again() -> None:
    agency = house()
    _, email, _ = queued(agency)
    agency.server.then(Turn(before_dot=SILENCE))

    drained = agency.drain()

    assert drained == Drained(deferred=1)
    assert (agency.state(email), agency.email(email).ever_uncertain) == (EmailState.QUEUED, False)


@pytest.mark.parametrize("taken", [True, False])
def test_without_an_answer_after_the_dot_nobody_knows_and_it_is_not_sent_again(taken: bool) -> None:
    agency = house()
    _, email, requests = queued(agency)
    agency.server.then(Turn(at_dot=SILENCE, taken=taken))
    drained = agency.drain()
    agency.clock.days_pass(30)

    later = agency.drain()

    assert (drained, later) == (Drained(uncertain=1), Drained())
    assert (agency.state(email), agency.email(email).ever_uncertain) == (EmailState.UNCERTAIN, True)
    assert agency.reserves(email)
    assert agency.holders(requests) == [email]
    assert events_of(agency) == [EventType.EMAIL_UNCERTAIN]
    assert len(agency.server.delivered) == taken


# -- the server as a whole ---------------------------------------------------------------------------------------------


def test_a_server_that_cannot_be_reached_pauses_the_queue_and_uses_up_nobodys_tries() -> None:
    agency = house()
    [queued(agency) for _ in range(3)]
    agency.server.is_down("no connection")

    drained = agency.drain()

    assert drained.pause == agency.pause()
    assert drained.pause is not None
    assert (drained.pause.until, drained.pause.words) == (NOW + timedelta(minutes=2), "no connection")
    assert [(email.state, email.retry_count) for email in agency.emails()] == [(EmailState.QUEUED, 0)] * 3


def test_a_server_that_fails_in_the_middle_keeps_what_it_took_and_the_rest_waits() -> None:
    agency = house()
    [queued(agency) for _ in range(3)]
    agency.server.then(Turn(), Turn(before_dot=ServerDown("421 shutting down")))

    drained = agency.drain()

    assert (drained.sent, drained.deferred) == (1, 0)
    assert drained.pause is not None
    assert agency.states() == [EmailState.SENT, EmailState.QUEUED, EmailState.QUEUED]
    assert [email.retry_count for email in agency.emails()] == [0, 0, 0]
    assert agency.pause() is not None


def test_nobody_sends_during_a_pause() -> None:
    agency = house()
    queued(agency)
    agency.server.is_down("no connection")
    agency.drain()
    agency.clock.passes(minutes=1, seconds=59)

    drained = agency.drain()

    assert (drained.sent, drained.pause) == (0, agency.pause())
    assert agency.server.connections == 0


def test_a_person_may_try_despite_the_pause_and_success_ends_it() -> None:
    agency = house()
    queued(agency)
    agency.server.is_down("no connection")
    agency.drain()

    drained = agency.drain(despite_pause=True)

    assert drained == Drained(sent=1)
    assert agency.pause() is None


def test_after_the_pause_the_queue_goes_on_by_itself_and_the_pause_is_forgotten() -> None:
    agency = house()
    queued(agency)
    agency.server.is_down("no connection")
    agency.drain()
    agency.clock.passes(minutes=2)

    drained = agency.drain()

    assert drained == Drained(sent=1)
    assert agency.pause() is None


def test_a_server_that_is_still_down_begins_a_new_pause() -> None:
    agency = house()
    queued(agency)
    agency.server.is_down("no connection", times=2)
    agency.drain()
    agency.clock.passes(minutes=2)

    drained = agency.drain()

    assert drained.pause is not None
    assert drained.pause.until == NOW + timedelta(minutes=4)


# -- stopping and leases -----------------------------------------------------------------------------------------------


def test_asked_to_stop_it_finishes_what_is_in_hand_and_gives_the_rest_back() -> None:
    agency = house()
    [queued(agency) for _ in range(3)]

    drained = agency.drain(stop=lambda: len(agency.server.delivered) == 1)

    assert drained == Drained(sent=1)
    assert agency.states() == [EmailState.SENT, EmailState.QUEUED, EmailState.QUEUED]
    assert [email.retry_count for email in agency.emails()] == [0, 0, 0]
    assert agency.server.open == 0


def test_asked_to_stop_before_it_began_it_claims_nothing() -> None:
    agency = house()
    queued(agency)
    commits = agency.watch.commits

    drained = agency.drain(stop=lambda: True)

    assert drained == Drained()
    assert agency.watch.commits == commits


def slow(agency: House, *, seconds: int) -> None:
    """So much time passes in the whole world."""
    agency.clock.passes(seconds=seconds)
    agency.ticks[0] += seconds


def test_a_slow_conversation_keeps_its_claim_by_renewing_the_lease() -> None:
    agency = house()
    queued(agency)
    others: list[Drained] = []

    def somebody_else_looks() -> None:
        slow(agency, seconds=50)
        others.append(agency.drain())

    agency.server.then(
        Turn(meanwhile={Step.SENDER_ACCEPTED: somebody_else_looks, Step.RECIPIENT_ACCEPTED: somebody_else_looks})
    )

    drained = agency.drain()

    assert drained == Drained(sent=1)
    assert others == [Drained(), Drained()]
    assert len(agency.server.delivered) == 1


def test_a_worker_that_slept_past_its_lease_does_not_send_what_another_has_taken_over() -> None:
    agency = house()
    queued(agency)
    others: list[Drained] = []

    def frozen() -> None:
        agency.clock.passes(seconds=60)
        others.append(agency.drain())

    agency.server.then(Turn(meanwhile={Step.BODY_SENT: frozen}))

    drained = agency.drain()

    assert others == [Drained(sent=1)]
    assert drained == Drained()
    assert (len(agency.server.delivered), agency.server.abandoned) == (1, 1)


def test_an_answer_that_comes_after_it_was_given_up_as_uncertain_is_kept() -> None:
    agency = house()
    _, email, _ = queued(agency)
    states: list[EmailState] = []

    def given_up() -> None:
        agency.clock.passes(minutes=11)
        agency.drain()
        states.append(agency.state(email))

    agency.server.then(Turn(meanwhile={Step.DOT_SENT: given_up}))

    drained = agency.drain()

    assert states == [EmailState.UNCERTAIN]
    assert drained == Drained(sent=1)
    assert agency.state(email) is EmailState.SENT
    assert agency.window(email).ends == TODAY + timedelta(days=7)
    assert events_of(agency) == [EventType.EMAIL_UNCERTAIN, EventType.EMAIL_SENT]


def test_what_a_dead_worker_left_behind_is_sent_if_only_claimed_and_uncertain_if_marked() -> None:
    agency = house()
    therapists = [agency.seed.therapist() for _ in range(3)]
    claimed = agency.seed.queued_email(therapists[0], state=EmailState.CLAIMED, lease_until=NOW)
    marked = agency.seed.queued_email(therapists[1], state=EmailState.HANDOFF, lease_until=NOW)
    alive = agency.seed.queued_email(
        therapists[2], state=EmailState.CLAIMED, lease_until=NOW + timedelta(microseconds=1)
    )

    drained = agency.drain()

    assert drained == Drained(sent=1)
    assert [agency.state(email) for email in (claimed, marked, alive)] == [
        EmailState.SENT,
        EmailState.UNCERTAIN,
        EmailState.CLAIMED,
    ]
    assert agency.told() == [EventType.EMAIL_UNCERTAIN, EventType.EMAIL_SENT]


# -- the rules, asked again --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"do_not_contact": True}, Reason.DO_NOT_CONTACT),
        ({"status": TherapistStatus.BLOCKED}, Reason.BLOCKED),
        ({"status": TherapistStatus.INACTIVE}, Reason.INACTIVE),
        ({"absent_until": TODAY + timedelta(days=1)}, Reason.ABSENT),
        ({"last_call_on": TODAY}, Reason.RECENT_CALL),
    ],
)
@pytest.mark.parametrize("at", [None, Step.SENDER_ACCEPTED, Step.BODY_SENT])
def test_an_email_that_is_not_allowed_any_more_is_canceled_whenever_that_happened(
    at: Step | None, change: dict[str, object], reason: Reason
) -> None:
    agency = house()
    therapist, email, requests = queued(agency)

    def changes() -> None:
        agency.change_therapist(therapist, **change)

    agency.server.then(Turn(meanwhile={} if at is None else {at: changes}))
    [act() for act in [changes] * (at is None)]

    drained = agency.drain()

    assert drained == Drained(canceled=1)
    assert (agency.state(email), agency.email(email).error_message) == (EmailState.CANCELED, reason.value)
    assert agency.statuses(requests) == [OPEN]
    assert not agency.reserves(email)
    assert agency.server.delivered == []
    assert agency.server.abandoned == (at is not None)
    assert events_of(agency) == [EventType.EMAIL_CANCELED, EventType.MATCH_STATUS_CHANGED]


@pytest.mark.parametrize("at", [Step.SENDER_ACCEPTED, Step.BODY_SENT])
def test_a_no_that_comes_in_while_the_email_is_under_way_stops_it(at: Step) -> None:
    agency = house()
    therapist, email, requests = queued(agency)
    earlier = agency.seed.request(None, therapist)

    def says_no() -> None:
        agency.change_request(earlier, status=RequestStatus.REJECTED, response_date=TODAY, cooldown_from=TODAY)

    agency.server.then(Turn(meanwhile={at: says_no}))

    drained = agency.drain()

    assert drained == Drained(canceled=1)
    assert agency.email(email).error_message == Reason.COOLDOWN.value
    assert agency.statuses(requests) == [OPEN]
    assert agency.server.delivered == []


def test_when_a_whole_claim_is_refused_the_next_one_goes_out() -> None:
    agency = house(sending=SendingPolicy(claim_size=2))
    [agency.seed.queued_email(agency.seed.therapist(do_not_contact=True)) for _ in range(4)]
    agency.seed.queued_email(agency.seed.therapist())

    drained = agency.drain()

    assert drained == Drained(canceled=4, sent=1)


def test_a_thousand_refused_claims_in_a_row_are_no_problem() -> None:
    agency = house(sending=SendingPolicy(claim_size=1))
    [agency.seed.queued_email(agency.seed.therapist(do_not_contact=True)) for _ in range(1_100)]

    drained = agency.drain()

    assert drained == Drained(canceled=1_100)


def test_what_a_person_has_overridden_is_not_asked_again() -> None:
    agency = house()
    therapist, email, _ = queued(agency)
    agency.drain()
    draft = agency.seed.email(therapist, agency.requests_to(therapist, "Kummer"), state=EmailState.DRAFT)
    agency.queue(draft, override="sie hat am Telefon darum gebeten")

    drained = agency.drain()

    assert drained == Drained(sent=1)
    assert [agency.state(each) for each in (email, draft)] == [EmailState.SENT, EmailState.SENT]


def test_what_nobody_has_overridden_is_asked_again_for_an_overridden_email_too() -> None:
    agency = house()
    therapist, _, _ = queued(agency)
    agency.drain()
    draft = agency.seed.email(therapist, agency.requests_to(therapist, "Kummer"), state=EmailState.DRAFT)
    agency.queue(draft, override="sie hat am Telefon darum gebeten")
    agency.change_therapist(therapist, do_not_contact=True)

    drained = agency.drain()

    assert drained == Drained(canceled=1)
    assert agency.email(draft).error_message == Reason.DO_NOT_CONTACT.value


def test_a_confirmation_goes_out_within_the_interval_and_reserves_nothing() -> None:
    agency = house()
    therapist, _, _ = queued(agency)
    agency.drain()
    confirmation = agency.seed.email(therapist, template=Template.CONFIRMATION)

    drained = agency.drain()

    assert drained == Drained(sent=1)
    assert confirmation not in agency.memory.tables.windows.rows


# -- requests that leave -----------------------------------------------------------------------------------------------


def test_a_request_that_left_during_the_handoff_is_taken_out_before_the_next_try() -> None:
    agency = house()
    _, email, (gone, stays) = queued(agency, "Kummer", "Sorge")

    def leaves() -> None:
        agency.change_request(gone, status=RequestStatus.CANCELED, held_by=None)

    agency.server.then(Turn(at_dot=LATER, meanwhile={Step.DOT_SENT: leaves}))
    first = agency.drain()
    agency.clock.passes(minutes=5)

    second = agency.drain()

    (letter,) = agency.server.delivered
    assert (first, second) == (Drained(deferred=1), Drained(sent=1))
    assert [item.placement_request_id for item in agency.email(email).included] == [stays]
    assert b"Kummer" not in letter.message
    assert b"Sorge" in letter.message
    assert agency.email(email).message_id in letter.message.decode()  # type: ignore[operator]


def test_when_every_request_has_left_a_deferred_email_is_canceled() -> None:
    agency = house()
    therapist, email, (request,) = queued(agency)

    def leaves() -> None:
        agency.change_request(request, status=RequestStatus.CANCELED, held_by=None)

    agency.server.then(Turn(at_dot=LATER, meanwhile={Step.DOT_SENT: leaves}))

    drained = agency.drain()

    assert drained == Drained(deferred=1)
    assert agency.state(email) is EmailState.CANCELED
    assert agency.explain(therapist).decisions["email"].allowed  # type: ignore[index]


def test_a_deferred_email_whose_address_has_changed_is_canceled() -> None:
    agency = house()
    therapist, email, (request,) = queued(agency)

    def moves() -> None:
        agency.change_therapist(therapist, email="neu@example.org", mailbox_id=agency.seed.mailbox())

    agency.server.then(Turn(at_dot=LATER, meanwhile={Step.DOT_SENT: moves}))

    drained = agency.drain()

    assert drained == Drained(deferred=1)
    assert agency.state(email) is EmailState.CANCELED
    assert agency.statuses([request]) == [RequestStatus.OPEN]


# -- the store is away -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loses", ["lose", "lose_answer"])
def test_when_the_store_is_away_at_the_marker_the_dot_is_not_sent_and_the_email_goes_out_once(loses: str) -> None:
    agency = house()
    _, email, _ = queued(agency)
    agency.server.then(Turn(meanwhile={Step.BODY_SENT: getattr(agency.watch, loses)}))
    first = agency.drain()
    taken_at_first = len(agency.server.delivered)
    agency.clock.passes(seconds=5)

    second = agency.drain()

    assert (first, second) == (Drained(deferred=1), Drained(sent=1))
    assert taken_at_first == 0
    assert (agency.state(email), len(agency.server.delivered)) == (EmailState.SENT, 1)
    assert events_of(agency) == [EventType.EMAIL_SENT]


def test_a_store_that_is_away_uses_up_nobodys_tries() -> None:
    agency = house(sending=SendingPolicy(max_tries=1))
    _, email, _ = queued(agency)
    agency.server.then(Turn(meanwhile={Step.BODY_SENT: agency.watch.lose}))
    agency.drain()
    agency.clock.passes(seconds=5)

    drained = agency.drain()

    assert drained == Drained(sent=1)
    assert agency.state(email) is EmailState.SENT


@pytest.mark.parametrize("loses", ["lose", "lose_answer"])
def test_an_answer_that_waits_for_the_commit_of_the_next_marker_is_not_lost_with_it(loses: str) -> None:
    agency = house()
    _, first, _ = queued(agency)
    _, second, _ = queued(agency)
    agency.server.then(Turn(), Turn(meanwhile={Step.BODY_SENT: getattr(agency.watch, loses)}))

    drained = agency.drain()

    assert drained == Drained(sent=1, deferred=1)
    assert (agency.state(first), agency.state(second)) == (EmailState.SENT, EmailState.QUEUED)
    assert len(agency.server.delivered) == 1
    assert events_of(agency) == [EventType.EMAIL_SENT]


@pytest.mark.parametrize("loses", ["lose", "lose_answer"])
@pytest.mark.parametrize(
    ("turn", "outcome"),
    [
        (Turn(), Drained(sent=1)),
        (Turn(at_dot=LATER), Drained(deferred=1)),
        (Turn(at_dot=NEVER), Drained(failed=1)),
        (Turn(at_dot=SILENCE), Drained(uncertain=1)),
    ],
)
def test_a_known_answer_outlives_a_store_that_is_away_for_a_moment(turn: Turn, outcome: Drained, loses: str) -> None:
    agency = house()
    _, email, _ = queued(agency)
    agency.server.then(Turn(at_dot=turn.at_dot, meanwhile={Step.REPLY_READ: getattr(agency.watch, loses)}))

    drained = agency.drain()

    assert drained == outcome
    assert agency.slept == [0.1]
    assert agency.state(email) not in (EmailState.CLAIMED, EmailState.HANDOFF)
    assert len(events_of(agency)) == (outcome.deferred == 0)


@pytest.mark.parametrize("sqlstate", ["40P01", "55P03", "57014", "40001"])
def test_a_known_answer_outlives_another_unit_that_was_in_the_way(sqlstate: str) -> None:
    agency = house()
    _, email, _ = queued(agency)
    agency.watch.error = StoreError(sqlstate)
    agency.server.then(Turn(meanwhile={Step.REPLY_READ: agency.watch.lose}))

    drained = agency.drain()

    assert drained == Drained(sent=1)
    assert agency.state(email) is EmailState.SENT


def test_a_refusal_of_the_store_that_will_not_pass_is_not_tried_again() -> None:
    agency = house()
    queued(agency)
    agency.watch.error = StoreError("23514", "ck_emails_claim")
    agency.server.then(Turn(meanwhile={Step.REPLY_READ: lambda: agency.watch.lose(times=2)}))

    with pytest.raises(StoreError, match="ck_emails_claim"):
        agency.drain()

    assert agency.slept == []


def test_an_answer_does_not_wait_for_a_server_that_is_slow_with_the_next_email() -> None:
    agency = house()
    _, first, _ = queued(agency)
    queued(agency)
    seen: list[EmailState] = []

    agency.server.then(
        Turn(),
        Turn(
            meanwhile={
                Step.SENDER_ACCEPTED: lambda: slow(agency, seconds=2),
                Step.BODY_SENT: lambda: seen.append(agency.state(first)),
            }
        ),
    )

    drained = agency.drain()

    assert drained == Drained(sent=2)
    assert seen == [EmailState.SENT]


def test_a_store_that_stays_away_leaves_a_doubt_and_never_a_second_email() -> None:
    agency = house()
    _, email, _ = queued(agency)

    def goes_away() -> None:
        agency.watch.lose(times=100)

    agency.server.then(Turn(meanwhile={Step.REPLY_READ: goes_away}))
    with pytest.raises(Exception, match="the store failed"):
        agency.drain()
    agency.watch.losses.clear()
    agency.clock.passes(minutes=11)

    later = agency.drain()

    assert later == Drained()
    assert agency.state(email) is EmailState.UNCERTAIN
    assert len(agency.server.delivered) == 1
    assert agency.server.open == 0


def test_a_lease_that_cannot_be_renewed_ends_the_conversation_with_nothing_taken() -> None:
    agency = house()
    _, email, _ = queued(agency)

    def away_at_renewal() -> None:
        slow(agency, seconds=30)
        agency.watch.lose()

    agency.server.then(Turn(meanwhile={Step.SENDER_ACCEPTED: away_at_renewal}))
    with pytest.raises(Exception, match="the store failed"):
        agency.drain()
    agency.clock.passes(minutes=1)

    later = agency.drain()

    assert later == Drained(sent=1)
    assert agency.email(email).retry_count == 0
    assert len(agency.server.delivered) == 1


def test_the_points_of_a_drain_are_named_in_their_order() -> None:
    agency = house()
    queued(agency)

    agency.drain()

    assert agency.reached == [
        "claimed",
        "sender_accepted",
        "recipient_accepted",
        "body_sent",
        "marker_committed",
        "dot_sent",
        "reply_read",
        "result_committed",
        "claimed",
    ]


def test_words_of_the_server_are_kept_in_one_line_without_control_characters() -> None:
    agency = house()
    _, email, _ = queued(agency)
    words = "451 later\r\n\x1b[31mred\x00"
    agency.server.then(Turn(before_dot=Refused(reply=words, permanent=False, of_recipient=False)))

    agency.drain()

    assert agency.email(email).error_message == "451 later   [31mred"


def test_an_accepted_answer_is_bounded_too() -> None:
    assert Accepted("250 " + "x" * 1_000).reply == "250 " + "x" * 496
