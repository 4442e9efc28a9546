"""An email moves only along its lifecycle: nothing twice, nothing lost, and a person decides what nobody can know."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from boona_core.contact import Reason
from boona_core.emails import (
    OUTSTANDING,
    BatchItem,
    Email,
    EmailState,
    EmailStep,
    SendingPolicy,
    after,
    states_before,
)
from boona_core.errors import BoonaError, IllegalTransition, NaiveInstant
from boona_core.ids import EmailBatchId, EmailId, MailboxId, PlacementRequestId, TherapistId

ID = EmailId(17)
NOW = datetime(2026, 3, 23, 13, 37, tzinfo=UTC)

DRAFT, QUEUED, CLAIMED, HANDOFF = EmailState.DRAFT, EmailState.QUEUED, EmailState.CLAIMED, EmailState.HANDOFF
SENT, FAILED, UNCERTAIN, CANCELED = EmailState.SENT, EmailState.FAILED, EmailState.UNCERTAIN, EmailState.CANCELED

# Written out by hand from the rules, row by row: from, step, to.
LIFECYCLE = [
    # draft → queued → sending (claimed, then handoff)
    (DRAFT, EmailStep.QUEUED, QUEUED),
    (QUEUED, EmailStep.CLAIMED, CLAIMED),
    (CLAIMED, EmailStep.MARKED, HANDOFF),
    # the lease ran out, or a temporary error before the dot
    (CLAIMED, EmailStep.RETURNED, QUEUED),
    # a permanent refusal
    (CLAIMED, EmailStep.REFUSED, FAILED),
    (HANDOFF, EmailStep.REFUSED, FAILED),
    # the server answered 2xx, or 4xx
    (HANDOFF, EmailStep.ACCEPTED, SENT),
    (HANDOFF, EmailStep.DEFERRED, QUEUED),
    # no answer
    (HANDOFF, EmailStep.LOST_SIGHT_OF, UNCERTAIN),
    # the Message-ID is found, or a person says so
    (UNCERTAIN, EmailStep.FOUND, SENT),
    # a person says that it did not arrive and shall not be sent
    (UNCERTAIN, EmailStep.DROPPED, FAILED),
    # a person says "send again"
    (UNCERTAIN, EmailStep.SENT_AGAIN, QUEUED),
    (FAILED, EmailStep.SENT_AGAIN, QUEUED),
    # a person, a block, an acceptance elsewhere, or the decision asked again
    (DRAFT, EmailStep.CANCELED, CANCELED),
    (QUEUED, EmailStep.CANCELED, CANCELED),
    (CLAIMED, EmailStep.CANCELED, CANCELED),
]
FOLLOWING = {(state, step): following for state, step, following in LIFECYCLE}
IMPOSSIBLE = [(state, step) for state in EmailState for step in EmailStep if (state, step) not in FOLLOWING]

A_PERSON = {EmailStep.QUEUED, EmailStep.FOUND, EmailStep.DROPPED, EmailStep.SENT_AGAIN, EmailStep.CANCELED}
A_CERTAIN_ANSWER = {EmailStep.ACCEPTED, EmailStep.DEFERRED, EmailStep.REFUSED}


def email(**fields: Any) -> Email:
    return evolve(Email(id=ID, therapist_id=TherapistId(5), mailbox_id=MailboxId(2)), **fields)


# The table


@pytest.mark.parametrize(("state", "step", "following"), LIFECYCLE)
def test_an_email_moves_along_its_lifecycle(state: EmailState, step: EmailStep, following: EmailState) -> None:
    assert after(ID, state, step) is following


@pytest.mark.parametrize(("state", "step"), IMPOSSIBLE)
def test_an_email_moves_in_no_other_way(state: EmailState, step: EmailStep) -> None:
    with pytest.raises(IllegalTransition) as caught:
        after(ID, state, step)

    assert isinstance(caught.value, BoonaError)
    assert (caught.value.subject, caught.value.state, caught.value.step) == ("email 17", state, step)
    assert str(caught.value) == f"email 17 is {state}: it cannot be {step}"


@pytest.mark.parametrize("step", EmailStep)
def test_the_states_before_a_step_are_those_that_it_leads_out_of(step: EmailStep) -> None:
    assert states_before(step) == {state for state, possible, _ in LIFECYCLE if possible is step}


def test_sent_and_canceled_are_the_end() -> None:
    assert {state for state in EmailState if not any(state is start for start, _, _ in LIFECYCLE)} == {SENT, CANCELED}


def test_only_claimed_and_handoff_are_called_sending() -> None:
    assert {state: state.status for state in EmailState} == {
        DRAFT: "draft",
        QUEUED: "queued",
        CLAIMED: "sending",
        HANDOFF: "sending",
        SENT: "sent",
        FAILED: "failed",
        UNCERTAIN: "uncertain",
        CANCELED: "canceled",
    }


def test_an_email_is_outstanding_from_the_queue_until_its_fate_is_known() -> None:
    assert {QUEUED, CLAIMED, HANDOFF, UNCERTAIN} == OUTSTANDING


class LifeOfAnEmail(RuleBasedStateMachine):
    """Any steps in any order; a server counts beside it what it may have been given.

    From the marker on only the server knows whether the email went out. So between a marker and the queue there is
    always a certain answer or a person.
    """

    def __init__(self) -> None:
        super().__init__()
        self.state = DRAFT
        self.steps_since_marker: list[EmailStep] | None = None
        self.accepted = 0
        self.never_queued = True

    @rule(step=st.sampled_from(EmailStep))
    def try_anything(self, step: EmailStep) -> None:
        """Any step at any time."""
        self.take(step)

    @rule(step=st.sampled_from([EmailStep.QUEUED, EmailStep.CLAIMED, EmailStep.MARKED, EmailStep.LOST_SIGHT_OF]))
    def go_towards_the_dot(self, step: EmailStep) -> None:
        """The steps on the way to the dangerous place, more often."""
        self.take(step)

    def take(self, step: EmailStep) -> None:
        """Take a step if there is one, and keep book."""
        try:
            following = after(ID, self.state, step)
        except IllegalTransition:
            assert (self.state, step) in IMPOSSIBLE
            return
        assert following is FOLLOWING[self.state, step]
        if step is EmailStep.MARKED:
            self.steps_since_marker = []
        elif self.steps_since_marker is not None:
            self.steps_since_marker.append(step)
        if following is QUEUED and self.steps_since_marker is not None:
            assert set(self.steps_since_marker) & {EmailStep.DEFERRED, EmailStep.SENT_AGAIN}
            self.steps_since_marker = None
        self.accepted += step is EmailStep.ACCEPTED
        self.never_queued = self.never_queued and following is not QUEUED
        self.state = following

    @invariant()
    def once_in_handoff_never_queued_without_a_certain_answer_or_a_person(self) -> None:
        """The promise that no process's death can break."""
        told = set(self.steps_since_marker or ()) & (A_PERSON | A_CERTAIN_ANSWER)
        assert told or self.steps_since_marker is None or self.state in (HANDOFF, UNCERTAIN)

    @invariant()
    def the_server_takes_it_at_most_once(self) -> None:
        """What a server took is sent, and stays so."""
        assert self.accepted <= 1
        assert self.accepted == 0 or self.state is SENT

    @invariant()
    def what_was_queued_ends_where_a_person_sees_it_or_is_outstanding(self) -> None:
        """Nothing queued goes back into a drawer."""
        assert self.never_queued or self.state in OUTSTANDING | {SENT, FAILED, CANCELED}

    @invariant()
    def nothing_is_sent_that_was_never_queued(self) -> None:
        """The queue is the only way out."""
        assert not self.never_queued or self.state in (DRAFT, CANCELED)


TestTheLifeOfAnEmail = LifeOfAnEmail.TestCase


@pytest.mark.parametrize("step", sorted(set(EmailStep) - A_PERSON))
def test_only_a_person_or_a_find_moves_an_uncertain_email(step: EmailStep) -> None:
    with pytest.raises(IllegalTransition):
        after(ID, UNCERTAIN, step)


def test_an_email_in_handoff_cannot_be_canceled() -> None:
    assert HANDOFF not in states_before(EmailStep.CANCELED)


# The value


def test_a_new_email_is_a_draft_that_nobody_has_tried_to_send() -> None:
    new = email()

    assert (new.state, new.retry_count, new.marked_at, new.message_id) == (DRAFT, 0, None, None)


def test_instants_become_utc() -> None:
    in_berlin = NOW.astimezone(timezone(timedelta(hours=1)))

    moved = email(
        not_before=in_berlin, queued_at=in_berlin, marked_at=in_berlin, sent_at=in_berlin, bounced_at=in_berlin
    )

    instants = [moved.not_before, moved.queued_at, moved.marked_at, moved.sent_at, moved.bounced_at]
    assert instants == [NOW] * 5
    assert [instant and instant.tzinfo for instant in instants] == [UTC] * 5


@pytest.mark.parametrize("name", ["not_before", "queued_at", "marked_at", "sent_at", "bounced_at"])
def test_a_naive_instant_is_refused(name: str) -> None:
    with pytest.raises(NaiveInstant):
        email(**{name: datetime(2026, 3, 23, 13, 37)})  # noqa: DTZ001 - the subject


def test_an_email_shows_no_person_and_no_text() -> None:
    canary = "Canary"
    item = BatchItem(id=EmailBatchId(1), placement_request_id=PlacementRequestId(2), rank=1, notes=canary)

    shown = repr(
        email(
            subject=canary,
            body_html=canary,
            body_text=canary,
            recipient_email=canary,
            recipient_name=canary,
            sender_email=canary,
            sender_name=canary,
            error_message=canary,
            override_reason=canary,
            overridden=frozenset({Reason.EMAIL_INTERVAL}),
            items=(item,),
        )
    )

    assert canary not in shown
    assert "id=17" in shown


def test_an_email_is_a_value() -> None:
    with pytest.raises(FrozenInstanceError):
        email().state = SENT  # type: ignore[misc]


def test_the_letter_holds_the_rows_that_were_not_taken_out_in_their_order() -> None:
    rows = [
        BatchItem(
            id=EmailBatchId(number),
            placement_request_id=PlacementRequestId(number),
            rank=4 - number,
            included=number != 2,
        )
        for number in (1, 2, 3)
    ]

    letter = email(items=tuple(rows))

    assert letter.included == (rows[0], rows[2])
    assert letter.items == tuple(rows)


def test_a_row_is_in_the_letter_until_it_is_taken_out() -> None:
    row = BatchItem(id=EmailBatchId(1), placement_request_id=PlacementRequestId(1), rank=1)

    assert email(items=(row,)).included == (row,)


@pytest.mark.parametrize(
    ("body_provided", "ever_uncertain", "may"),
    [(False, False, True), (True, False, False), (False, True, False), (True, True, False)],
)
def test_a_text_changes_only_if_it_is_ours_and_surely_never_went_out(
    body_provided: bool, ever_uncertain: bool, may: bool
) -> None:
    assert email(body_provided=body_provided, ever_uncertain=ever_uncertain).may_be_recomposed is may


# Backoff

jitters = st.floats(0, 1)
tries = st.integers(1, 40)

ROUNDING = timedelta(microseconds=2)
"""Three roundings to whole microseconds lie between a wait and the exact number."""


def test_the_first_waits_are_five_ten_and_twenty_minutes_at_most() -> None:
    waits = [SendingPolicy().wait_after(number, jitter=1) for number in (1, 2, 3, 4)]

    assert waits == [timedelta(minutes=minutes) for minutes in (5, 10, 20, 40)]


def test_a_wait_is_at_least_half_of_its_bound() -> None:
    waits = [SendingPolicy().wait_after(number, jitter=0) for number in (1, 2, 3)]

    assert waits == [timedelta(minutes=2.5), timedelta(minutes=5), timedelta(minutes=10)]


@pytest.mark.parametrize("number", [8, 9, 25, 10_000])
def test_no_wait_is_longer_than_the_longest(number: int) -> None:
    assert SendingPolicy().wait_after(number, jitter=1) == timedelta(hours=6)


@given(tries, jitters)
def test_a_wait_lies_between_half_of_its_bound_and_the_whole(number: int, jitter: float) -> None:
    whole = min(5 * 60 * 2.0 ** (number - 1), 6 * 60 * 60)

    seconds = SendingPolicy().wait_after(number, jitter=jitter).total_seconds()

    assert whole / 2 <= seconds <= whole


@given(st.integers(1, 20), jitters)
def test_a_wait_doubles_until_it_reaches_its_bound(number: int, jitter: float) -> None:
    unbounded = SendingPolicy(longest_wait=timedelta(days=10_000))

    once, twice = (unbounded.wait_after(each, jitter=jitter) for each in (number, number + 1))

    assert abs(twice - 2 * once) <= ROUNDING


@given(tries, tries, jitters)
def test_more_tries_never_shorten_the_wait(one: int, two: int, jitter: float) -> None:
    policy = SendingPolicy()

    shorter, longer = (policy.wait_after(number, jitter=jitter) for number in sorted((one, two)))

    assert shorter <= longer


@given(tries, jitters, jitters)
def test_more_jitter_never_shortens_the_wait(number: int, one: float, two: float) -> None:
    policy = SendingPolicy()

    shorter, longer = (policy.wait_after(number, jitter=jitter) for jitter in sorted((one, two)))

    assert shorter <= longer


def test_a_marker_waits_longer_for_its_answer_than_a_socket_does() -> None:
    assert SendingPolicy().handoff_lease > timedelta(seconds=600)
    assert SendingPolicy().claim_lease == timedelta(seconds=60)
