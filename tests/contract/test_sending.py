"""Between claim and result every step is a write with the token of the claim: who lost it changes nothing any more."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from boona_core.contact import Reason
from boona_core.emails import EmailState
from boona_core.ids import EmailId
from boona_core.letters import Template
from boona_core.ports import Claimed, Pause, Reaped
from tests.contract.acts import (
    DAY,
    LEASE,
    claim,
    email_of,
    history_of,
    mark,
    may_be_written_to,
    record_failed,
    record_sent,
    record_uncertain,
    request_of,
    return_to_queue,
    state_of,
)
from tests.contract.conftest import Second
from tests.situations import NOW, OTHER_WORKER, TODAY, WORKER, Store, message_of

SECOND = timedelta(seconds=1)
UNKNOWN = EmailId(999_999)
Record = Callable[..., bool]
results = pytest.mark.parametrize("record", [return_to_queue, record_sent, record_failed, record_uncertain])


def queued(store: Store, **fields: Any) -> EmailId:
    """A queued email to a therapist of its own."""
    return store.seed.queued_email(store.seed.therapist(), **fields)


def claimed(store: Store, **fields: Any) -> EmailId:
    """An email that WORKER has claimed on NOW."""
    email = queued(store, **fields)
    claim(store)
    return email


def marked(store: Store, **fields: Any) -> EmailId:
    """An email that WORKER has marked on TODAY."""
    email = claimed(store, **fields)
    mark(store, email)
    return email


def reap(store: Store, *emails: EmailId, now: datetime) -> Reaped:
    with store.open_unit() as unit:
        reaped = unit.sending.reap(emails, now=now)
        unit.commit()
    return reaped


def expired(store: Store, *, now: datetime) -> set[EmailId]:
    with store.open_unit() as unit:
        return set(unit.sending.expired(now=now))


def renew(store: Store, *, now: datetime) -> None:
    with store.open_unit() as unit:
        unit.sending.renew(token=WORKER, now=now, lease=LEASE)
        unit.commit()


def pause(store: Store) -> Pause | None:
    with store.open_unit() as unit:
        return unit.sending.pause()


def test_a_claimed_email_comes_with_all_that_its_sending_needs(store: Store) -> None:
    therapist = store.seed.therapist()
    email = store.seed.email(
        therapist,
        retry_count=2,
        template=Template.FOLLOW_UP,
        overridden=frozenset({Reason.RECENT_CALL}),
        recipient_email="praxis@example.org",
        sender_email="agentur@example.org",
    )

    with store.open_unit() as unit:
        found = unit.sending.claim(token=WORKER, now=NOW, lease=LEASE, limit=1)

    assert list(found) == [
        Claimed(
            id=email,
            therapist_id=therapist,
            sender_email="agentur@example.org",
            recipient_email="praxis@example.org",
            message=message_of(email),
            tries=2,
            overridden=frozenset({Reason.RECENT_CALL}),
            template=Template.FOLLOW_UP,
        )
    ]


def test_a_claimed_email_is_claimed(store: Store) -> None:
    assert state_of(store, claimed(store)) is EmailState.CLAIMED


def test_a_claim_that_was_not_committed_never_was(store: Store) -> None:
    email = queued(store)

    with store.open_unit() as unit:
        unit.sending.claim(token=WORKER, now=NOW, lease=LEASE, limit=1)

    assert state_of(store, email) is EmailState.QUEUED


def test_the_longest_queued_are_claimed_first(store: Store) -> None:
    newest = queued(store, queued_at=NOW - SECOND)
    oldest = queued(store, queued_at=NOW - 3 * SECOND)
    middle = queued(store, queued_at=NOW - 2 * SECOND)

    assert claim(store, limit=2) == [oldest, middle]
    assert claim(store, limit=2) == [newest]


def test_of_emails_queued_at_the_same_instant_the_lower_id_is_claimed_first(store: Store) -> None:
    ids = [queued(store) for _ in range(4)]

    assert claim(store) == ids


def test_no_more_than_the_limit_are_claimed(store: Store) -> None:
    [queued(store) for _ in range(3)]

    assert len(claim(store, limit=2)) == 2


@pytest.mark.parametrize(
    ("not_before", "due"), [(None, True), (NOW - SECOND, True), (NOW, True), (NOW + SECOND, False)]
)
def test_only_what_is_due_is_claimed(store: Store, not_before: datetime | None, due: bool) -> None:
    email = queued(store, not_before=not_before)

    assert claim(store) == ([email] if due else [])


@pytest.mark.parametrize("state", [state for state in EmailState if state is not EmailState.QUEUED])
def test_only_what_is_queued_is_claimed(store: Store, state: EmailState) -> None:
    store.seed.email(store.seed.therapist(), state=state)

    assert claim(store) == []


def test_a_claim_may_be_limited_to_some_emails(store: Store) -> None:
    one, _two, three = (queued(store) for _ in range(3))

    assert claim(store, only=(three, one, UNKNOWN)) == [one, three]


def test_a_claim_limited_to_nothing_claims_nothing(store: Store) -> None:
    queued(store)

    assert claim(store, only=()) == []


def test_what_one_has_claimed_no_other_claims(store: Store) -> None:
    email = queued(store)

    first, another = claim(store), claim(store, token=OTHER_WORKER)

    assert (first, another) == ([email], [])


def test_an_email_that_another_unit_is_claiming_is_passed_over_and_not_waited_for(store: Store, second: Second) -> None:
    mine = queued(store, queued_at=NOW - 2 * SECOND)
    theirs = queued(store, queued_at=NOW - SECOND)

    with store.open_unit() as unit:
        unit.sending.claim(token=WORKER, now=NOW, lease=LEASE, limit=1)
        other = second.does(claim, store, token=OTHER_WORKER, limit=1)
        assert other.result() == [theirs]
        unit.commit()

    assert mark(store, mine)


def test_an_email_that_another_unit_holds_locked_is_passed_over_and_not_waited_for(
    store: Store, second: Second
) -> None:
    held, free = queued(store), queued(store)

    with store.open_unit() as unit:
        unit.emails.lock(held)

        assert second.does(claim, store).result() == [free]


def test_a_confirmation_is_claimed_like_any_other(store: Store) -> None:
    email = store.seed.email(store.seed.therapist(), template=Template.CONFIRMATION)

    assert claim(store) == [email]


def test_the_marker_is_set_with_instant_and_day(store: Store) -> None:
    email = claimed(store)

    assert mark(store, email)
    after = email_of(store, email)
    assert (after.state, after.marked_at) == (EmailState.HANDOFF, NOW)


def test_a_foreign_token_sets_no_marker(store: Store) -> None:
    email = claimed(store)

    assert not mark(store, email, token=OTHER_WORKER)
    assert (state_of(store, email), email_of(store, email).marked_at) == (EmailState.CLAIMED, None)


def test_a_marker_is_set_once(store: Store) -> None:
    email = marked(store)

    assert not mark(store, email, now=NOW + SECOND, day=TODAY + DAY)
    assert email_of(store, email).marked_at == NOW


def test_a_claim_that_was_taken_over_sets_no_marker_any_more(store: Store) -> None:
    email = claimed(store)
    reap(store, email, now=NOW + LEASE)
    claim(store, token=OTHER_WORKER, now=NOW + LEASE)

    assert not mark(store, email)
    assert mark(store, email, token=OTHER_WORKER)


def test_an_unknown_email_is_not_marked(store: Store) -> None:
    assert not mark(store, UNKNOWN)


@results
def test_a_foreign_token_records_nothing(store: Store, record: Record) -> None:
    email = marked(store)
    before = email_of(store, email)

    assert not record(store, email, token=OTHER_WORKER)
    assert email_of(store, email) == before
    assert mark_is_kept(store, email)


@results
def test_after_the_claim_was_taken_over_its_first_owner_records_nothing(store: Store, record: Record) -> None:
    email = claimed(store)
    reap(store, email, now=NOW + LEASE)
    claim(store, token=OTHER_WORKER, now=NOW + LEASE)
    mark(store, email, token=OTHER_WORKER)
    before = email_of(store, email)

    assert not record(store, email)
    assert email_of(store, email) == before


@pytest.mark.parametrize("record", [return_to_queue, record_failed, record_uncertain])
@pytest.mark.parametrize("state", [EmailState.SENT, EmailState.FAILED, EmailState.CANCELED, EmailState.UNCERTAIN])
def test_what_is_over_stays_as_it_is(store: Store, record: Record, state: EmailState) -> None:
    email = store.seed.email(store.seed.therapist(), state=state, marked_at=NOW, marked_on=TODAY)
    before = email_of(store, email)

    assert not record(store, email)
    assert email_of(store, email) == before


@results
def test_an_unknown_email_has_no_result(store: Store, record: Record) -> None:
    assert not record(store, UNKNOWN)


@pytest.mark.parametrize("record", [record_sent, record_uncertain])
def test_without_a_marker_an_email_is_neither_sent_nor_uncertain(store: Store, record: Record) -> None:
    email = claimed(store)

    assert not record(store, email)
    assert state_of(store, email) is EmailState.CLAIMED


def test_a_sent_email_is_sent(store: Store) -> None:
    email = marked(store)

    assert record_sent(store, email)
    assert (state_of(store, email), email_of(store, email).sent_at) == (EmailState.SENT, NOW)


def test_a_sent_email_contacted_its_requests_and_its_therapist_on_the_day_of_the_marker(store: Store) -> None:
    therapist = store.seed.therapist()
    included, left_out = store.seed.request(None, therapist), store.seed.request(None, therapist)
    email = store.seed.email(therapist, (included, left_out), left_out=(left_out,))
    claim(store)
    mark(store, email, day=TODAY - DAY)

    record_sent(store, email)

    assert request_of(store, included).offered
    assert not request_of(store, left_out).offered
    with store.open_unit() as unit:
        assert unit.therapists.get(therapist).last_email_on == TODAY - DAY
    assert history_of(store, therapist).last_email_on == TODAY - DAY


def test_a_sent_email_leaves_its_requests_in_progress(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.queued_email(therapist, (request,))
    claim(store)
    mark(store, email)

    record_sent(store, email)

    assert request_of(store, request).status.value == "in_progress"


def test_until_it_is_sent_an_email_contacted_nobody(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.queued_email(therapist, (request,))
    claim(store)
    mark(store, email)

    assert not request_of(store, request).offered
    assert history_of(store, therapist).last_email_on is None


@pytest.mark.parametrize("token", [WORKER, OTHER_WORKER])
def test_an_answer_that_comes_late_settles_an_uncertain_email_as_sent(store: Store, token: Any) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.queued_email(therapist, (request,))
    claim(store)
    mark(store, email)
    reap(store, email, now=NOW + LEASE)

    assert record_sent(store, email, token=token)
    assert state_of(store, email) is EmailState.SENT
    assert request_of(store, request).offered
    assert may_be_written_to(store, therapist, day=TODAY + 7 * DAY)


def test_a_refused_email_has_failed_and_keeps_the_servers_words_and_the_tries(store: Store) -> None:
    email = marked(store)

    assert record_failed(store, email)
    after = email_of(store, email)
    assert (after.state, after.error_message, after.retry_count) == (EmailState.FAILED, "550 no", 3)


def test_an_email_may_be_refused_before_its_marker(store: Store) -> None:
    email = claimed(store)

    assert record_failed(store, email)
    assert state_of(store, email) is EmailState.FAILED


def test_a_refused_recipient_bounces_the_email_and_the_mailbox(store: Store) -> None:
    mailbox = store.seed.mailbox()
    therapist, colleague = store.seed.therapist(mailbox_id=mailbox), store.seed.therapist(mailbox_id=mailbox)
    email = store.seed.queued_email(therapist)
    claim(store)

    record_failed(store, email, bounced=True)

    assert email_of(store, email).bounced_at == NOW
    assert history_of(store, therapist).bounced
    assert history_of(store, colleague).bounced


def test_another_refusal_bounces_nothing(store: Store) -> None:
    therapist = store.seed.therapist()
    email = store.seed.queued_email(therapist)
    claim(store)

    record_failed(store, email, bounced=False)

    assert email_of(store, email).bounced_at is None
    assert not history_of(store, therapist).bounced


def test_a_refused_recipient_without_mailbox_bounces_the_email_alone(store: Store) -> None:
    email = store.seed.email(store.seed.therapist(mailbox_id=None))
    claim(store)

    assert record_failed(store, email, bounced=True)
    assert email_of(store, email).bounced_at == NOW


def test_an_email_without_an_answer_is_uncertain_once_and_for_ever(store: Store) -> None:
    email = marked(store)

    assert record_uncertain(store, email)
    after = email_of(store, email)
    assert (after.state, after.ever_uncertain, after.error_message) == (
        EmailState.UNCERTAIN,
        True,
        "connection lost",
    )


@pytest.mark.parametrize("before", [claimed, marked])
def test_an_email_goes_back_to_the_queue_until_an_instant(store: Store, before: Callable[[Store], EmailId]) -> None:
    email = before(store)

    assert return_to_queue(store, email, not_before=NOW + 5 * SECOND, tries=4)
    after = email_of(store, email)
    assert (after.state, after.retry_count, after.error_message) == (EmailState.QUEUED, 4, "451 later")
    assert (after.not_before, after.marked_at) == (NOW + 5 * SECOND, None)
    assert claim(store, now=NOW + 4 * SECOND) == []
    assert claim(store, now=NOW + 5 * SECOND) == [email]


def test_an_email_that_went_back_can_be_marked_again(store: Store) -> None:
    email = marked(store)
    return_to_queue(store, email)
    claim(store, token=OTHER_WORKER)

    assert mark(store, email, token=OTHER_WORKER, now=NOW + SECOND)
    assert email_of(store, email).marked_at == NOW + SECOND


def test_an_email_that_went_back_keeps_its_place_in_the_queue(store: Store) -> None:
    first = queued(store, queued_at=NOW - 2 * SECOND)
    another = queued(store, queued_at=NOW - SECOND)
    claim(store, limit=1)

    return_to_queue(store, first)

    assert claim(store) == [first, another]


def test_a_lease_runs_out_at_its_instant(store: Store) -> None:
    email = claimed(store)

    assert expired(store, now=NOW + LEASE - SECOND) == set()
    assert expired(store, now=NOW + LEASE) == {email}


def test_whose_the_expired_emails_are_is_told(store: Store) -> None:
    therapist = store.seed.therapist()
    email = store.seed.queued_email(therapist)
    claim(store)

    with store.open_unit() as unit:
        assert unit.sending.expired(now=NOW + LEASE) == {email: therapist}


@pytest.mark.parametrize("state", [each for each in EmailState if each.status != "sending"])
def test_what_is_not_sending_has_no_lease(store: Store, state: EmailState) -> None:
    store.seed.email(store.seed.therapist(), state=state)

    assert expired(store, now=NOW + 30 * DAY) == set()


def test_a_claimed_email_whose_lease_ran_out_is_queued_again_with_no_try_used(store: Store) -> None:
    email = claimed(store, retry_count=2)

    assert reap(store, email, now=NOW + LEASE) == Reaped(returned=(email,))
    after = email_of(store, email)
    assert (after.state, after.retry_count, after.ever_uncertain) == (EmailState.QUEUED, 2, False)
    assert claim(store, token=OTHER_WORKER, now=NOW + LEASE) == [email]


def test_a_marked_email_whose_lease_ran_out_is_uncertain(store: Store) -> None:
    email = marked(store)

    assert reap(store, email, now=NOW + LEASE) == Reaped(uncertain=(email,))
    after = email_of(store, email)
    assert (after.state, after.ever_uncertain, after.marked_at) == (EmailState.UNCERTAIN, True, NOW)
    assert not may_be_written_to(store, after.therapist_id, day=TODAY + 30 * DAY)


def test_what_still_has_its_lease_is_not_reaped(store: Store) -> None:
    first, another = claimed(store), marked(store)

    assert reap(store, first, another, now=NOW + LEASE - SECOND) == Reaped()
    assert (state_of(store, first), state_of(store, another)) == (EmailState.CLAIMED, EmailState.HANDOFF)


def test_only_these_emails_are_reaped(store: Store) -> None:
    email, another = queued(store), queued(store)
    claim(store)

    assert reap(store, email, UNKNOWN, now=NOW + LEASE) == Reaped(returned=(email,))
    assert state_of(store, another) is EmailState.CLAIMED


def test_renewing_extends_the_lease_of_all_that_the_token_has_claimed(store: Store) -> None:
    one, two = queued(store), queued(store)
    claim(store)

    renew(store, now=NOW + 30 * SECOND)

    assert expired(store, now=NOW + 30 * SECOND + LEASE - SECOND) == set()
    assert expired(store, now=NOW + 30 * SECOND + LEASE) == {one, two}


def test_renewing_leaves_marked_emails_and_those_of_others(store: Store) -> None:
    theirs = queued(store)
    claim(store, token=OTHER_WORKER)
    mine = marked(store)

    renew(store, now=NOW + 30 * SECOND)

    assert expired(store, now=NOW + LEASE) == {theirs, mine}


def test_the_marker_has_a_lease_of_its_own(store: Store) -> None:
    email = claimed(store)

    mark(store, email, now=NOW + 30 * SECOND)

    assert expired(store, now=NOW + LEASE) == set()
    assert expired(store, now=NOW + 30 * SECOND + LEASE) == {email}


def test_marking_waits_for_who_holds_the_email_and_sees_that_the_claim_is_gone(store: Store, second: Second) -> None:
    email = claimed(store)

    with store.open_unit() as unit:
        unit.emails.cancel((email,), now=NOW)
        other = second.does(mark, store, email)
        assert second.waits(other)
        unit.commit()

    assert not other.result()
    assert state_of(store, email) is EmailState.CANCELED


def test_canceling_waits_for_the_marker_and_comes_too_late(store: Store, second: Second) -> None:
    email = claimed(store)

    def cancels() -> frozenset[EmailId]:
        with store.open_unit() as unit:
            canceled = unit.emails.cancel((email,), now=NOW)
            unit.commit()
        return canceled

    with store.open_unit() as unit:
        unit.sending.mark(email, token=WORKER, now=NOW, day=TODAY, lease=LEASE)
        other = second.does(cancels)
        assert second.waits(other)
        unit.commit()

    assert other.result() == frozenset()
    assert state_of(store, email) is EmailState.HANDOFF


def test_a_new_queue_has_never_paused(store: Store) -> None:
    assert pause(store) is None


def test_a_pause_is_told_with_its_end_and_the_words_also_when_it_is_over(store: Store) -> None:
    begun = Pause(until=NOW - DAY, words="connection refused")

    with store.open_unit() as unit:
        unit.sending.begin_pause(begun)
        unit.commit()

    assert pause(store) == begun


def test_a_later_pause_replaces_the_earlier(store: Store) -> None:
    later = Pause(until=NOW + DAY, words="login refused")

    with store.open_unit() as unit:
        unit.sending.begin_pause(Pause(until=NOW, words="connection refused"))
        unit.sending.begin_pause(later)
        unit.commit()

    assert pause(store) == later


def test_a_pause_that_was_ended_is_forgotten(store: Store) -> None:
    with store.open_unit() as unit:
        unit.sending.begin_pause(Pause(until=NOW, words="connection refused"))
        unit.sending.end_pause()
        unit.commit()

    assert pause(store) is None


def test_ending_a_pause_that_never_began_changes_nothing(store: Store) -> None:
    with store.open_unit() as unit:
        unit.sending.end_pause()
        unit.commit()

    assert pause(store) is None


def test_the_result_of_one_email_and_the_marker_of_the_next_share_a_commit(store: Store) -> None:
    first, then = queued(store), queued(store)
    claim(store)
    mark(store, first)

    with store.open_unit() as unit:
        unit.sending.record_sent(first, token=WORKER, now=NOW, interval_days=7, words="250 ok")
        unit.sending.mark(then, token=WORKER, now=NOW, day=TODAY, lease=LEASE)
        unit.commit()

    assert (state_of(store, first), state_of(store, then)) == (EmailState.SENT, EmailState.HANDOFF)


def mark_is_kept(store: Store, email: EmailId) -> bool:
    """Whether the claim still serves its own token."""
    return record_sent(store, email)
