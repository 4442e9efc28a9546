"""One email at a time to a therapist and to a mailbox: each guard is tested where the other one says nothing."""

from datetime import date

import pytest

from boona_core.contact import Reason
from boona_core.emails import EmailState
from boona_core.errors import IllegalTransition
from boona_core.ids import EmailId, TherapistId
from boona_core.letters import Template
from tests.contract.acts import (
    DAY,
    POLICY,
    add,
    add_for_good,
    claim,
    content,
    count_of_emails,
    draft_content,
    email_of,
    mark,
    may_be_written_to,
    new_email,
    record_failed,
    record_sent,
    record_uncertain,
    return_to_queue,
    state_of,
)
from tests.contract.conftest import Second
from tests.situations import NOW, TODAY, WORKER, Store, message_of

FAR = date(2030, 1, 1)


def colleagues(store: Store) -> tuple[TherapistId, TherapistId]:
    """Two therapists of one mailbox."""
    mailbox = store.seed.mailbox()
    return store.seed.therapist(mailbox_id=mailbox), store.seed.therapist(mailbox_id=mailbox)


def queue(store: Store, email: EmailId, *, day: date = TODAY) -> bool:
    with store.open_unit() as unit:
        queued = unit.emails.queue(email, content(), day=day, now=NOW)
        unit.commit()
    return queued


def marked_email(store: Store, therapist: TherapistId) -> EmailId:
    """An email that was queued, claimed and marked on TODAY."""
    email = store.seed.queued_email(therapist)
    claim(store)
    mark(store, email)
    return email


def test_add_returns_what_was_stored(store: Store) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()

    with store.open_unit() as unit:
        first, another = unit.emails.new_ids(2)
        stored = unit.emails.add({first: new_email(unit, one), another: new_email(unit, two)}, now=NOW)
        unit.commit()

    assert stored == {first, another}
    assert (state_of(store, first), state_of(store, another)) == (EmailState.QUEUED, EmailState.QUEUED)


def test_adding_nothing_stores_nothing(store: Store) -> None:
    with store.open_unit() as unit:
        assert unit.emails.add({}, now=NOW) == frozenset()


def test_a_therapist_who_is_reserved_is_taken_although_the_mailbox_is_free(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.queued_email(therapist)
    other_mailbox = store.seed.mailbox()

    with store.open_unit() as unit:
        assert not add(unit, therapist, mailbox_id=other_mailbox)


def test_a_mailbox_that_is_reserved_is_taken_although_the_therapist_is_free(store: Store) -> None:
    therapist, colleague = colleagues(store)
    store.seed.queued_email(therapist)

    assert not add_for_good(store, colleague)


def test_a_therapist_without_mailbox_is_reserved_all_the_same(store: Store) -> None:
    therapist = store.seed.therapist(mailbox_id=None)
    store.seed.queued_email(therapist)

    assert not add_for_good(store, therapist)


def test_two_therapists_without_mailbox_do_not_stand_in_each_others_way(store: Store) -> None:
    store.seed.queued_email(store.seed.therapist(mailbox_id=None))

    assert add_for_good(store, store.seed.therapist(mailbox_id=None))


def test_nothing_is_left_of_an_email_that_was_refused(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    before = store.seed.queued_email(therapist)
    claim(store)

    with store.open_unit() as unit:
        (refused,) = unit.emails.new_ids(1)
        unit.emails.add({refused: new_email(unit, therapist, (request,))}, now=NOW)
        unit.commit()

    assert count_of_emails(store) == 1
    with store.open_unit() as unit:
        assert not unit.requests.of_email(refused)
        assert [email.id for email in unit.emails.find()] == [before]
        unit.emails.cancel((before,), now=NOW)
        unit.commit()
    assert may_be_written_to(store, therapist, day=TODAY)


def test_the_others_are_stored_when_some_were_taken(store: Store) -> None:
    busy, free = store.seed.therapist(), store.seed.therapist()
    request = store.seed.request(None, free)
    store.seed.queued_email(busy)

    with store.open_unit() as unit:
        refused, kept = unit.emails.new_ids(2)
        stored = unit.emails.add({refused: new_email(unit, busy), kept: new_email(unit, free, (request,))}, now=NOW)
        unit.commit()

    assert stored == {kept}
    assert [item.placement_request_id for item in email_of(store, kept).items] == [request]


def test_of_two_emails_to_one_mailbox_in_one_call_one_is_stored(store: Store) -> None:
    therapist, colleague = colleagues(store)

    with store.open_unit() as unit:
        first, another = unit.emails.new_ids(2)
        stored = unit.emails.add({another: new_email(unit, colleague), first: new_email(unit, therapist)}, now=NOW)
        unit.commit()

    assert stored == {first}


def test_a_refused_email_does_not_spoil_the_unit(store: Store) -> None:
    busy, free = store.seed.therapist(), store.seed.therapist()
    store.seed.queued_email(busy)

    with store.open_unit() as unit:
        add(unit, busy)
        stored = add(unit, free)
        unit.commit()

    assert stored
    assert count_of_emails(store) == 2


@pytest.mark.parametrize("day", [TODAY - 30 * DAY, TODAY, TODAY + 7 * DAY, FAR])
def test_a_window_is_open_ended_while_its_email_is_outstanding(store: Store, day: date) -> None:
    therapist = store.seed.therapist()
    add_for_good(store, therapist)

    assert not may_be_written_to(store, therapist, day=day)


def test_a_second_unit_waits_for_one_about_to_reserve_the_therapist_and_is_refused(
    store: Store, second: Second
) -> None:
    therapist, mailbox = store.seed.therapist(), store.seed.mailbox()

    with store.open_unit() as unit:
        add(unit, therapist)
        other = second.does(add_for_good, store, therapist, mailbox_id=mailbox)
        assert second.waits(other)
        unit.commit()

    assert not other.result()
    assert count_of_emails(store) == 1


def test_a_second_unit_waits_for_one_about_to_reserve_the_mailbox_and_is_refused(store: Store, second: Second) -> None:
    therapist, colleague = colleagues(store)

    with store.open_unit() as unit:
        add(unit, therapist)
        other = second.does(add_for_good, store, colleague)
        assert second.waits(other)
        unit.commit()

    assert not other.result()
    assert count_of_emails(store) == 1


def test_when_the_first_unit_is_undone_the_second_reserves(store: Store, second: Second) -> None:
    therapist, colleague = colleagues(store)

    with store.open_unit() as unit:
        add(unit, therapist)
        other = second.does(add_for_good, store, colleague)
        assert second.waits(other)

    assert other.result()
    assert count_of_emails(store) == 1


def test_another_mailbox_is_not_waited_for(store: Store, second: Second) -> None:
    therapist, stranger = store.seed.therapist(), store.seed.therapist()

    with store.open_unit() as unit:
        add(unit, therapist)

        assert second.does(add_for_good, store, stranger).result()


def test_a_second_unit_waits_for_one_about_to_free_the_therapist(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    email = store.seed.queued_email(therapist)

    with store.open_unit() as unit:
        unit.emails.cancel((email,), now=NOW)
        other = second.does(add_for_good, store, therapist)
        assert second.waits(other)
        unit.commit()

    assert other.result()


def test_one_unit_may_free_a_therapist_and_reserve_anew(store: Store) -> None:
    therapist = store.seed.therapist()
    email = store.seed.queued_email(therapist)

    with store.open_unit() as unit:
        unit.emails.cancel((email,), now=NOW)
        stored = add(unit, therapist)
        unit.commit()

    assert stored


@pytest.mark.parametrize("mine", [True, False])
def test_a_draft_reserves_nothing(store: Store, mine: bool) -> None:
    therapist, colleague = colleagues(store)

    drafted = add_for_good(store, therapist, state=EmailState.DRAFT, content=draft_content())

    assert drafted
    assert add_for_good(store, therapist if mine else colleague)


def test_a_draft_is_stored_for_a_therapist_who_is_reserved(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.queued_email(therapist)

    assert add_for_good(store, therapist, state=EmailState.DRAFT, content=draft_content())


@pytest.mark.parametrize("mine", [True, False])
def test_a_confirmation_reserves_nothing(store: Store, mine: bool) -> None:
    therapist, colleague = colleagues(store)

    confirmed = add_for_good(store, therapist, template=Template.CONFIRMATION)

    assert confirmed
    assert add_for_good(store, therapist if mine else colleague)


def test_a_confirmation_is_stored_for_a_therapist_who_is_reserved(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.queued_email(therapist)

    assert add_for_good(store, therapist, template=Template.CONFIRMATION)


@pytest.mark.parametrize("mine", [True, False])
@pytest.mark.parametrize(("days", "free"), [(6, False), (7, True)])
def test_a_window_is_closed_at_the_day_of_the_marker_plus_the_interval(
    store: Store, mine: bool, days: int, free: bool
) -> None:
    therapist, colleague = colleagues(store)
    email = store.seed.queued_email(therapist)
    claim(store)
    mark(store, email, day=TODAY + 2 * DAY)

    record_sent(store, email, interval_days=7)

    day = TODAY + 2 * DAY + days * DAY
    assert may_be_written_to(store, therapist if mine else colleague, day=day) == free


def test_the_interval_is_the_one_that_was_given(store: Store) -> None:
    therapist = store.seed.therapist()
    email = marked_email(store, therapist)

    record_sent(store, email, interval_days=3)

    assert not may_be_written_to(store, therapist, day=TODAY + 2 * DAY)
    assert may_be_written_to(store, therapist, day=TODAY + 3 * DAY)


@pytest.mark.parametrize("mine", [True, False])
def test_canceling_frees_therapist_and_mailbox(store: Store, mine: bool) -> None:
    therapist, colleague = colleagues(store)
    email = store.seed.queued_email(therapist)

    with store.open_unit() as unit:
        unit.emails.cancel((email,), now=NOW)
        unit.commit()

    assert may_be_written_to(store, therapist if mine else colleague, day=TODAY)


@pytest.mark.parametrize("mine", [True, False])
def test_failing_frees_therapist_and_mailbox(store: Store, mine: bool) -> None:
    therapist, colleague = colleagues(store)
    email = marked_email(store, therapist)

    record_failed(store, email)

    assert may_be_written_to(store, therapist if mine else colleague, day=TODAY)


@pytest.mark.parametrize("mine", [True, False])
def test_an_uncertain_email_keeps_therapist_and_mailbox(store: Store, mine: bool) -> None:
    therapist, colleague = colleagues(store)
    email = marked_email(store, therapist)

    record_uncertain(store, email)

    assert not may_be_written_to(store, therapist if mine else colleague, day=FAR)


def test_an_email_that_goes_back_to_the_queue_keeps_its_window(store: Store) -> None:
    therapist = store.seed.therapist()
    email = marked_email(store, therapist)

    return_to_queue(store, email)

    assert not may_be_written_to(store, therapist, day=FAR)


@pytest.mark.parametrize(("days", "free"), [(6, False), (7, True)])
def test_settled_as_sent_the_window_is_closed_from_the_day_of_the_marker(store: Store, days: int, free: bool) -> None:
    therapist = store.seed.therapist()
    email = marked_email(store, therapist)
    record_uncertain(store, email)

    with store.open_unit() as unit:
        unit.emails.settle(email, EmailState.SENT, now=NOW + 3 * DAY, interval_days=7)
        unit.commit()

    assert may_be_written_to(store, therapist, day=TODAY + days * DAY) == free


def test_settled_as_failed_the_window_is_freed(store: Store) -> None:
    therapist = store.seed.therapist()
    email = marked_email(store, therapist)
    record_uncertain(store, email)

    with store.open_unit() as unit:
        unit.emails.settle(email, EmailState.FAILED, now=NOW, interval_days=7)
        unit.commit()

    assert may_be_written_to(store, therapist, day=TODAY)


def test_ending_windows_lets_an_email_of_that_day_through(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.sent_email(therapist, on=TODAY - 3 * DAY)

    with store.open_unit() as unit:
        unit.emails.end_windows(therapist, unit.therapists.get(therapist).mailbox_id, day=TODAY)
        unit.commit()

    assert may_be_written_to(store, therapist, day=TODAY)
    assert not may_be_written_to(store, therapist, day=TODAY - DAY)


@pytest.mark.parametrize("begins", [TODAY, TODAY + 2 * DAY])
def test_of_a_window_that_begins_no_earlier_nothing_is_left(store: Store, begins: date) -> None:
    therapist = store.seed.therapist()
    store.seed.sent_email(therapist, on=begins)

    with store.open_unit() as unit:
        unit.emails.end_windows(therapist, unit.therapists.get(therapist).mailbox_id, day=TODAY)
        unit.commit()

    assert may_be_written_to(store, therapist, day=TODAY)


def test_windows_of_the_mailbox_end_where_only_the_mailbox_is_reserved(store: Store) -> None:
    therapist, colleague = colleagues(store)
    store.seed.sent_email(colleague, on=TODAY - 3 * DAY)

    with store.open_unit() as unit:
        unit.emails.end_windows(therapist, unit.therapists.get(therapist).mailbox_id, day=TODAY)
        unit.commit()

    assert may_be_written_to(store, therapist, day=TODAY)


def test_windows_of_the_therapist_end_where_only_the_therapist_is_reserved(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.sent_email(therapist, on=TODAY - 3 * DAY, mailbox_id=store.seed.mailbox())

    with store.open_unit() as unit:
        unit.emails.end_windows(therapist, None, day=TODAY)
        unit.commit()

    assert may_be_written_to(store, therapist, day=TODAY)


def test_windows_of_others_do_not_end(store: Store) -> None:
    therapist, stranger = store.seed.therapist(), store.seed.therapist()
    store.seed.sent_email(stranger, on=TODAY - 3 * DAY)

    with store.open_unit() as unit:
        unit.emails.end_windows(therapist, unit.therapists.get(therapist).mailbox_id, day=TODAY)
        unit.commit()

    assert not may_be_written_to(store, stranger, day=TODAY)


def test_open_ended_windows_do_not_end(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.queued_email(therapist)

    with store.open_unit() as unit:
        unit.emails.end_windows(therapist, unit.therapists.get(therapist).mailbox_id, day=TODAY + 9 * DAY)
        unit.commit()

    assert not may_be_written_to(store, therapist, day=FAR)


def test_a_window_that_is_over_before_the_day_stays_as_it_was(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.sent_email(therapist, on=TODAY - 9 * DAY)

    with store.open_unit() as unit:
        unit.emails.end_windows(therapist, unit.therapists.get(therapist).mailbox_id, day=TODAY)
        unit.commit()

    assert not may_be_written_to(store, therapist, day=TODAY - 3 * DAY)
    assert may_be_written_to(store, therapist, day=TODAY - 2 * DAY)


def test_queuing_a_draft_reserves_and_keeps_the_bytes(store: Store) -> None:
    therapist = store.seed.therapist()
    draft = store.seed.email(therapist, state=EmailState.DRAFT)

    with store.open_unit() as unit:
        queued = unit.emails.queue(draft, content(subject="Neu", message=b"neu"), day=TODAY, now=NOW)
        unit.commit()

    assert queued
    email = email_of(store, draft)
    assert (email.state, email.queued_at, email.subject) == (EmailState.QUEUED, NOW, "Neu")
    assert not may_be_written_to(store, therapist, day=FAR)
    with store.open_unit() as unit:
        (claimed,) = unit.sending.claim(token=WORKER, now=NOW, lease=DAY, limit=1)
    assert claimed.message == b"neu"


def test_a_draft_whose_therapist_is_taken_stays_as_it_was(store: Store) -> None:
    therapist = store.seed.therapist()
    draft = store.seed.email(therapist, state=EmailState.DRAFT, mailbox_id=store.seed.mailbox())
    store.seed.queued_email(therapist)
    before = email_of(store, draft)

    assert not queue(store, draft)
    assert email_of(store, draft) == before


def test_a_draft_whose_mailbox_is_taken_stays_as_it_was(store: Store) -> None:
    therapist, colleague = colleagues(store)
    draft = store.seed.email(therapist, state=EmailState.DRAFT)
    store.seed.queued_email(colleague)
    before = email_of(store, draft)

    assert not queue(store, draft)
    assert email_of(store, draft) == before


def test_a_refused_draft_does_not_spoil_the_unit(store: Store) -> None:
    therapist, free = store.seed.therapist(), store.seed.therapist()
    draft = store.seed.email(therapist, state=EmailState.DRAFT)
    store.seed.queued_email(therapist)

    with store.open_unit() as unit:
        unit.emails.queue(draft, content(), day=TODAY, now=NOW)
        stored = add(unit, free)
        unit.commit()

    assert stored


def test_queuing_a_draft_waits_for_one_about_to_reserve(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    draft = store.seed.email(therapist, state=EmailState.DRAFT)

    with store.open_unit() as unit:
        add(unit, therapist)
        other = second.does(queue, store, draft)
        assert second.waits(other)
        unit.commit()

    assert not other.result()
    assert state_of(store, draft) is EmailState.DRAFT


def test_a_confirmation_is_queued_although_the_therapist_is_taken_and_reserves_nothing(store: Store) -> None:
    therapist, colleague = colleagues(store)
    draft = store.seed.email(therapist, state=EmailState.DRAFT, template=Template.CONFIRMATION)
    earlier = store.seed.queued_email(colleague)

    assert queue(store, draft)
    with store.open_unit() as unit:
        unit.emails.cancel((earlier,), now=NOW)
        unit.commit()
    assert may_be_written_to(store, therapist, day=TODAY)


def test_a_failed_email_is_queued_again_with_no_try_used_and_reserves_anew(store: Store) -> None:
    therapist = store.seed.therapist()
    email = marked_email(store, therapist)
    record_failed(store, email)

    assert queue(store, email, day=TODAY + DAY)
    again = email_of(store, email)
    assert (again.state, again.retry_count, again.not_before) == (EmailState.QUEUED, 0, None)
    assert again.marked_at is None
    assert not may_be_written_to(store, therapist, day=FAR)


def test_a_failed_email_is_refused_when_another_has_reserved_meanwhile(store: Store) -> None:
    therapist = store.seed.therapist()
    email = marked_email(store, therapist)
    record_failed(store, email)
    add_for_good(store, therapist)

    assert not queue(store, email)
    assert state_of(store, email) is EmailState.FAILED


def test_an_email_sealed_anew_keeps_the_mailbox_that_its_therapist_has_today(store: Store) -> None:
    therapist = store.seed.therapist()
    draft = store.seed.email(therapist, mailbox_id=store.seed.mailbox(), state=EmailState.DRAFT)

    with store.open_unit() as unit:
        queued = unit.emails.queue(draft, content(), day=TODAY, now=NOW)
        unit.commit()

    with store.open_unit() as unit:
        assert queued
        assert unit.emails.get(draft).mailbox_id == unit.therapists.get(therapist).mailbox_id


def test_an_uncertain_email_is_queued_again_and_keeps_its_window(store: Store) -> None:
    therapist = store.seed.therapist()
    email = marked_email(store, therapist)
    record_uncertain(store, email)

    assert queue(store, email, day=TODAY + 20 * DAY)
    again = email_of(store, email)
    assert (again.state, again.retry_count, again.ever_uncertain) == (EmailState.QUEUED, 0, True)
    assert again.marked_at is None
    assert not may_be_written_to(store, therapist, day=TODAY)
    assert not may_be_written_to(store, therapist, day=FAR)


def test_an_email_that_is_sent_again_can_be_marked_and_sent_on_its_new_day(store: Store) -> None:
    therapist = store.seed.therapist()
    email = marked_email(store, therapist)
    record_uncertain(store, email)
    queue(store, email, day=TODAY + 20 * DAY)
    claim(store)

    assert mark(store, email, day=TODAY + 20 * DAY)
    assert record_sent(store, email)
    assert not may_be_written_to(store, therapist, day=TODAY + 26 * DAY)
    assert may_be_written_to(store, therapist, day=TODAY + 27 * DAY)


def test_without_content_the_stored_bytes_are_sent_again(store: Store) -> None:
    therapist = store.seed.therapist()
    email = marked_email(store, therapist)
    record_failed(store, email)
    before = email_of(store, email)

    with store.open_unit() as unit:
        unit.emails.queue(email, None, day=TODAY, now=NOW)
        unit.commit()

    after = email_of(store, email)
    assert (after.message_id, after.subject, after.body_html) == (before.message_id, before.subject, before.body_html)
    with store.open_unit() as unit:
        (claimed,) = unit.sending.claim(token=WORKER, now=NOW, lease=DAY, limit=1)
    assert claimed.message == message_of(email)


def test_what_a_person_overrode_is_kept_with_the_email(store: Store) -> None:
    therapist = store.seed.therapist()
    draft = store.seed.email(therapist, state=EmailState.DRAFT)
    overridden = frozenset({Reason.EMAIL_INTERVAL, Reason.DAILY_CAP})

    with store.open_unit() as unit:
        unit.emails.queue(draft, content(), day=TODAY, now=NOW, overridden=overridden, override_reason="bat darum")
        unit.commit()

    email = email_of(store, draft)
    assert (email.overridden, email.override_reason) == (overridden, "bat darum")


def test_queued_without_an_override_an_email_keeps_the_one_that_it_has(store: Store) -> None:
    therapist = store.seed.therapist()
    overridden = frozenset({Reason.EMAIL_INTERVAL})
    email = store.seed.email(therapist, state=EmailState.FAILED, overridden=overridden, override_reason="bat darum")

    queue(store, email)

    assert (email_of(store, email).overridden, email_of(store, email).override_reason) == (overridden, "bat darum")


@pytest.mark.parametrize(
    "state", [EmailState.QUEUED, EmailState.CLAIMED, EmailState.HANDOFF, EmailState.SENT, EmailState.CANCELED]
)
def test_only_drafts_and_what_is_to_be_sent_again_can_be_queued(store: Store, state: EmailState) -> None:
    email = store.seed.email(store.seed.therapist(), state=state)

    with pytest.raises(IllegalTransition):
        queue(store, email)

    assert state_of(store, email) is state


def sent_long_ago(store: Store, *, ends: date) -> TherapistId:
    """A therapist with a window that ends on *ends*."""
    therapist = store.seed.therapist()
    email = store.seed.email(therapist, state=EmailState.SENT, marked_on=ends - 7 * DAY)
    store.seed.window(email, ends - 7 * DAY, ends)
    return therapist


def release_before(store: Store, day: date) -> int:
    with store.open_unit() as unit:
        released = unit.emails.release_windows_before(day)
        unit.commit()
    return released


def test_a_window_is_over_on_the_day_on_which_it_ends(store: Store) -> None:
    sent_long_ago(store, ends=TODAY)
    sent_long_ago(store, ends=TODAY + DAY)

    assert release_before(store, TODAY) == 1


def test_a_window_is_released_once(store: Store) -> None:
    sent_long_ago(store, ends=TODAY)

    assert [release_before(store, TODAY), release_before(store, TODAY)] == [1, 0]


def test_a_window_without_an_end_is_never_over(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.queued_email(therapist)

    assert release_before(store, FAR) == 0
    assert not add_for_good(store, therapist)


def test_a_window_that_goes_on_keeps_its_days_when_others_are_released(store: Store) -> None:
    therapist = sent_long_ago(store, ends=TODAY + DAY)
    release_before(store, TODAY)

    assert not may_be_written_to(store, therapist, day=TODAY)


def test_no_fact_changes_when_windows_are_released(store: Store) -> None:
    therapists = [sent_long_ago(store, ends=TODAY + days * DAY) for days in (-30, 0, 1)]
    with store.open_unit() as unit:
        before = unit.therapists.histories(therapists, POLICY, today=TODAY)

    release_before(store, TODAY)

    with store.open_unit() as unit:
        assert unit.therapists.histories(therapists, POLICY, today=TODAY) == before


def test_who_releases_windows_waits_for_nobody(store: Store, second: Second) -> None:
    therapist = sent_long_ago(store, ends=TODAY)
    sent_long_ago(store, ends=TODAY)

    with store.open_unit() as unit:
        unit.emails.end_windows(therapist, None, day=TODAY - DAY)
        other = second.does(release_before, store, TODAY)

        assert not second.waits(other)
        assert other.result() == 1
