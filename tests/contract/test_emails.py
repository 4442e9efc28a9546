"""Emails are kept with their batch rows, found again, changed by nobody else meanwhile, and counted."""

from concurrent.futures import wait
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve

from boona_core.contact import Reason
from boona_core.emails import Email, EmailState
from boona_core.errors import IllegalTransition, UnknownId
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.letters import Template
from tests.contract.acts import (
    DAY,
    LEASE,
    add_for_good,
    claim,
    content,
    count_of_emails,
    draft_content,
    email_of,
    mark,
    new_email,
    record_uncertain,
    request_of,
    state_of,
)
from tests.contract.conftest import Second
from tests.situations import NOW, OTHER_WORKER, TODAY, WORKER, Store

UNKNOWN = EmailId(999_999)
TOO_LATE = [EmailState.HANDOFF, EmailState.SENT, EmailState.FAILED, EmailState.UNCERTAIN, EmailState.CANCELED]


def email_in(store: Store, state: EmailState, **fields: Any) -> EmailId:
    """An email to a therapist of its own that stands in *state*."""
    return store.seed.email(store.seed.therapist(), state=state, **fields)


def found(store: Store, **named: Any) -> list[EmailId]:
    with store.open_unit() as unit:
        return [email.id for email in unit.emails.find(**named)]


def lock(store: Store, email: EmailId) -> Email:
    with store.open_unit() as unit:
        return unit.emails.lock(email)


def cancel(store: Store, *emails: EmailId, words: str | None = None) -> frozenset[EmailId]:
    with store.open_unit() as unit:
        canceled = unit.emails.cancel(emails, now=NOW, words=words)
        unit.commit()
    return canceled


def recompose(
    store: Store, email: EmailId, *left_out: PlacementRequestId, template: Template | None = None, **texts: Any
) -> None:
    with store.open_unit() as unit:
        unit.emails.recompose(email, content(**texts), leaving_out=left_out, template=template)
        unit.commit()


def settle(store: Store, email: EmailId, state: EmailState) -> None:
    with store.open_unit() as unit:
        unit.emails.settle(email, state, now=NOW, interval_days=7)
        unit.commit()


def queued_on(store: Store, day: date) -> int:
    with store.open_unit() as unit:
        return unit.emails.queued_on(day)


def count_queued(store: Store, day: date, count: int) -> int:
    with store.open_unit() as unit:
        before = unit.emails.queued_on(day)
        unit.emails.count_queued(day, count)
        unit.commit()
    return before


def test_a_queued_email_is_kept_with_everything_that_was_given(store: Store) -> None:
    therapist = store.seed.therapist()
    one, two = store.seed.request(None, therapist), store.seed.request(None, therapist)
    letter = content()

    with store.open_unit() as unit:
        (email_id,) = unit.emails.new_ids(1)
        new = new_email(
            unit,
            therapist,
            (two, one),
            content=letter,
            template=Template.BATCH_REQUEST,
            batch_id="lauf-1",
            body_provided=True,
            overridden=frozenset({Reason.DAILY_CAP}),
            override_reason="bat darum",
        )
        unit.emails.add({email_id: new}, now=NOW)
        unit.commit()

    email = email_of(store, email_id)
    assert email == Email(
        id=email_id,
        therapist_id=therapist,
        mailbox_id=new.mailbox_id,
        state=EmailState.QUEUED,
        template=Template.BATCH_REQUEST,
        subject=letter.subject,
        body_html=letter.body_html,
        body_text=letter.body_text,
        recipient_email=letter.recipient_email,
        recipient_name=letter.recipient_name,
        sender_email=letter.sender_email,
        sender_name=letter.sender_name,
        batch_id="lauf-1",
        body_provided=True,
        queued_at=NOW,
        message_id=letter.message_id,
        overridden=frozenset({Reason.DAILY_CAP}),
        override_reason="bat darum",
        items=email.items,
    )


def test_the_first_of_the_letter_has_the_highest_rank_and_the_last_has_one(store: Store) -> None:
    therapist = store.seed.therapist()
    requests = tuple(store.seed.request(None, therapist) for _ in range(3))

    with store.open_unit() as unit:
        (email,) = unit.emails.new_ids(1)
        unit.emails.add({email: new_email(unit, therapist, requests[::-1])}, now=NOW)
        unit.commit()

    items = email_of(store, email).items
    assert [(item.placement_request_id, item.rank) for item in items] == list(
        zip(requests[::-1], (3, 2, 1), strict=True)
    )
    assert {(item.included, item.outcome) for item in items} == {(True, None)}
    assert len({item.id for item in items}) == 3


def test_a_draft_was_never_queued_and_has_no_message_id(store: Store) -> None:
    therapist = store.seed.therapist()

    add_for_good(store, therapist, state=EmailState.DRAFT, content=draft_content())

    with store.open_unit() as unit:
        (email,) = unit.emails.find(therapist_id=therapist)
    assert (email.state, email.queued_at, email.message_id) == (EmailState.DRAFT, None, None)


def test_an_email_to_an_unknown_therapist_is_an_error_and_stores_nothing(store: Store) -> None:
    known = store.seed.therapist()

    with store.open_unit() as unit:
        one, two = unit.emails.new_ids(2)
        good = new_email(unit, known)
        bad = evolve(good, therapist_id=TherapistId(999_999))
        with pytest.raises(UnknownId) as caught:
            unit.emails.add({one: good, two: bad}, now=NOW)

    assert (caught.value.kind, caught.value.id) == ("therapist", 999_999)
    assert count_of_emails(store) == 0


def test_an_email_about_an_unknown_request_is_an_error(store: Store) -> None:
    therapist = store.seed.therapist()

    with store.open_unit() as unit:
        (email,) = unit.emails.new_ids(1)
        bad = new_email(unit, therapist, (PlacementRequestId(999_999),))
        with pytest.raises(UnknownId) as caught:
            unit.emails.add({email: bad}, now=NOW)

    assert caught.value.id == 999_999


def test_an_unknown_email_is_an_error_with_the_id(store: Store) -> None:
    with pytest.raises(UnknownId) as caught, store.open_unit() as unit:
        unit.emails.get(UNKNOWN)

    assert (caught.value.kind, caught.value.id) == ("email", UNKNOWN)


def test_locking_an_unknown_email_is_an_error(store: Store) -> None:
    with pytest.raises(UnknownId):
        lock(store, UNKNOWN)


def test_locking_gives_the_email(store: Store) -> None:
    email = email_in(store, EmailState.QUEUED)

    assert lock(store, email) == email_of(store, email)


def test_a_second_unit_waits_for_a_locked_email_and_then_sees_what_the_first_did(store: Store, second: Second) -> None:
    email = email_in(store, EmailState.QUEUED)

    with store.open_unit() as unit:
        unit.emails.lock(email)
        other = second.does(lock, store, email)
        assert second.waits(other)
        unit.emails.cancel((email,), now=NOW)
        unit.commit()

    assert other.result().state is EmailState.CANCELED


def test_canceling_waits_for_a_locked_email(store: Store, second: Second) -> None:
    email = email_in(store, EmailState.QUEUED)

    with store.open_unit() as unit:
        unit.emails.lock(email)
        other = second.does(cancel, store, email)

        assert second.waits(other)
    assert other.result() == {email}


def test_another_email_is_not_waited_for(store: Store, second: Second) -> None:
    email, another = email_in(store, EmailState.QUEUED), email_in(store, EmailState.QUEUED)

    with store.open_unit() as unit:
        unit.emails.lock(email)

        assert second.does(lock, store, another).result().id == another


def test_emails_are_found_newest_first(store: Store) -> None:
    ids = [email_in(store, EmailState.QUEUED) for _ in range(3)]

    assert found(store) == ids[::-1]


def test_emails_are_found_page_by_page(store: Store) -> None:
    ids = [email_in(store, EmailState.QUEUED) for _ in range(5)]

    first = found(store, limit=2)
    then = found(store, limit=2, after=first[-1])
    last = found(store, limit=2, after=then[-1])

    assert [*first, *then, *last] == ids[::-1]


@pytest.mark.parametrize("state", list(EmailState))
def test_emails_are_found_by_their_state(store: Store, state: EmailState) -> None:
    ids = {each: email_in(store, each) for each in EmailState}

    assert found(store, states=[state]) == [ids[state]]


def test_emails_are_found_by_several_states(store: Store) -> None:
    ids = {each: email_in(store, each) for each in EmailState}

    states = (EmailState.CLAIMED, EmailState.HANDOFF, EmailState.SENT)
    assert set(found(store, states=states)) == {ids[state] for state in states}


def test_emails_are_found_by_therapist_and_by_run(store: Store) -> None:
    therapist = store.seed.therapist()
    mine = store.seed.email(therapist, batch_id="lauf-1")
    mine_of_another_run = store.seed.email(therapist, batch_id="lauf-2")
    of_another = email_in(store, EmailState.QUEUED, batch_id="lauf-1")

    assert found(store, therapist_id=therapist) == [mine_of_another_run, mine]
    assert found(store, batch_id="lauf-1") == [of_another, mine]
    assert found(store, therapist_id=therapist, batch_id="lauf-1", states=[EmailState.QUEUED]) == [mine]


def test_found_emails_carry_their_batch_rows(store: Store) -> None:
    therapist = store.seed.therapist()
    requests = [store.seed.request(None, therapist) for _ in range(2)]
    email = store.seed.email(therapist, requests, left_out=requests[:1])

    with store.open_unit() as unit:
        assert list(unit.emails.find()) == [unit.emails.get(email)]
    assert [item.placement_request_id for item in email_of(store, email).included] == requests[1:]


def test_emails_are_counted_by_state_and_empty_states_are_left_out(store: Store) -> None:
    with store.open_unit() as unit:
        assert unit.emails.counts() == {}
    [email_in(store, each) for each in (EmailState.QUEUED, EmailState.QUEUED, EmailState.CLAIMED, EmailState.HANDOFF)]

    with store.open_unit() as unit:
        counts = unit.emails.counts()

    assert counts == {EmailState.QUEUED: 2, EmailState.CLAIMED: 1, EmailState.HANDOFF: 1}


def test_new_ids_rise_and_are_never_given_twice(store: Store) -> None:
    with store.open_unit() as undone:
        first = undone.emails.new_ids(3)
    with store.open_unit() as unit:
        second = unit.emails.new_ids(2)

    assert list(first) == sorted(set(first))
    assert list(second) == sorted(set(second))
    assert set(first).isdisjoint(second)
    assert (len(first), len(second)) == (3, 2)


def test_no_new_ids_are_none(store: Store) -> None:
    with store.open_unit() as unit:
        assert len(unit.emails.new_ids(0)) == 0


def test_recomposing_replaces_the_texts_and_takes_requests_out(store: Store) -> None:
    therapist = store.seed.therapist()
    out, kept = store.seed.request(None, therapist), store.seed.request(None, therapist)
    email = store.seed.queued_email(therapist, (out, kept))

    recompose(store, email, out, subject="Neu", message=b"neu")

    after = email_of(store, email)
    assert after.subject == "Neu"
    assert [(item.placement_request_id, item.included, item.rank) for item in after.items] == [
        (out, False, 2),
        (kept, True, 1),
    ]
    with store.open_unit() as unit:
        (claimed,) = unit.sending.claim(token=WORKER, now=NOW, lease=LEASE, limit=1)
    assert claimed.message == b"neu"


@pytest.mark.parametrize(
    ("template", "after"),
    [(Template.INITIAL_CONTACT, Template.INITIAL_CONTACT), (None, Template.BATCH_REQUEST)],
    ids=["another", "none given"],
)
def test_a_letter_composed_anew_may_be_another_one(store: Store, template: Template | None, after: Template) -> None:
    therapist = store.seed.therapist()
    requests = (store.seed.request(None, therapist), store.seed.request(None, therapist))
    email = store.seed.email(therapist, requests, template=Template.BATCH_REQUEST)

    recompose(store, email, requests[0], template=template)

    assert email_of(store, email).template is after


def test_what_was_taken_out_before_stays_out(store: Store) -> None:
    therapist = store.seed.therapist()
    out, kept = store.seed.request(None, therapist), store.seed.request(None, therapist)
    email = store.seed.email(therapist, (out, kept), left_out=(out,))

    recompose(store, email)

    assert [item.placement_request_id for item in email_of(store, email).included] == [kept]


def test_recomposing_revokes_a_claim_and_uses_up_no_try(store: Store) -> None:
    email = store.seed.email(store.seed.therapist(), retry_count=2)
    claim(store)

    recompose(store, email)

    after = email_of(store, email)
    assert (after.state, after.retry_count) == (EmailState.QUEUED, 2)
    assert not mark(store, email)
    assert claim(store, token=OTHER_WORKER) == [email]


@pytest.mark.parametrize("state", [EmailState.DRAFT, *TOO_LATE])
def test_only_a_queued_or_claimed_email_is_recomposed(store: Store, state: EmailState) -> None:
    email = email_in(store, state)
    before = email_of(store, email)

    with pytest.raises(IllegalTransition):
        recompose(store, email, subject="Neu")

    assert email_of(store, email) == before


@pytest.mark.parametrize("state", [EmailState.DRAFT, EmailState.QUEUED, EmailState.CLAIMED])
def test_drafts_queued_and_claimed_emails_are_canceled_and_the_words_are_kept(store: Store, state: EmailState) -> None:
    email = email_in(store, state)

    assert cancel(store, email, words="vermittelt") == {email}
    after = email_of(store, email)
    assert (after.state, after.error_message) == (EmailState.CANCELED, "vermittelt")


@pytest.mark.parametrize("state", TOO_LATE)
def test_what_has_gone_too_far_is_not_canceled(store: Store, state: EmailState) -> None:
    email = email_in(store, state)
    before = email_of(store, email)

    assert cancel(store, email, UNKNOWN, words="zu spät") == frozenset()
    assert email_of(store, email) == before


def test_canceling_revokes_a_claim(store: Store) -> None:
    email = email_in(store, EmailState.QUEUED)
    claim(store)

    cancel(store, email)

    assert not mark(store, email)
    assert state_of(store, email) is EmailState.CANCELED


def test_canceling_leaves_the_requests_to_others(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.queued_email(therapist, (request,))

    cancel(store, email)

    assert request_of(store, request).status.value == "in_progress"


def test_untouched_drafts_of_a_run_are_deleted_with_their_batch_rows(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    drafts = [store.seed.email(therapist, (request,), state=EmailState.DRAFT, batch_id=run) for run in "ab"]

    with store.open_unit() as unit:
        deleted = unit.emails.delete_drafts_of_earlier_runs()
        unit.commit()

    assert deleted == 2
    assert found(store) == []
    with store.open_unit() as unit:
        assert not unit.requests.of_email(drafts[0])


def test_a_draft_that_a_person_touched_stays(store: Store) -> None:
    draft = email_in(store, EmailState.DRAFT, batch_id="lauf-1", touched=True)

    with store.open_unit() as unit:
        assert unit.emails.delete_drafts_of_earlier_runs() == 0
        unit.commit()

    assert found(store) == [draft]


def test_a_draft_that_a_person_made_stays(store: Store) -> None:
    draft = email_in(store, EmailState.DRAFT)

    with store.open_unit() as unit:
        assert unit.emails.delete_drafts_of_earlier_runs() == 0
        unit.commit()

    assert found(store) == [draft]


@pytest.mark.parametrize("state", [state for state in EmailState if state is not EmailState.DRAFT])
def test_what_is_no_draft_stays(store: Store, state: EmailState) -> None:
    email = email_in(store, state, batch_id="lauf-1")

    with store.open_unit() as unit:
        assert unit.emails.delete_drafts_of_earlier_runs() == 0
        unit.commit()

    assert found(store) == [email]


def test_drafts_that_were_added_through_the_port_are_drafts_of_a_run(store: Store) -> None:
    therapist = store.seed.therapist()
    add_for_good(store, therapist, state=EmailState.DRAFT, content=draft_content(), batch_id="lauf-1")

    with store.open_unit() as unit:
        assert unit.emails.delete_drafts_of_earlier_runs() == 1


def test_settled_as_sent_an_uncertain_email_contacted_on_the_day_of_its_marker(store: Store) -> None:
    therapist = store.seed.therapist()
    included, left_out = store.seed.request(None, therapist), store.seed.request(None, therapist)
    email = store.seed.email(therapist, (included, left_out), left_out=(left_out,))
    claim(store)
    mark(store, email, day=TODAY - DAY)
    record_uncertain(store, email)

    settle(store, email, EmailState.SENT)

    assert (state_of(store, email), email_of(store, email).sent_at) == (EmailState.SENT, NOW)
    assert request_of(store, included).offered
    assert not request_of(store, left_out).offered
    with store.open_unit() as unit:
        assert unit.therapists.get(therapist).last_email_on == TODAY - DAY


def test_settled_as_failed_an_uncertain_email_contacted_nobody(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.email(therapist, (request,))
    claim(store)
    mark(store, email)
    record_uncertain(store, email)

    settle(store, email, EmailState.FAILED)

    assert state_of(store, email) is EmailState.FAILED
    assert not request_of(store, request).offered
    with store.open_unit() as unit:
        assert unit.therapists.get(therapist).last_email_on is None


@pytest.mark.parametrize("state", [state for state in EmailState if state is not EmailState.UNCERTAIN])
@pytest.mark.parametrize("to", [EmailState.SENT, EmailState.FAILED])
def test_only_an_uncertain_email_is_settled(store: Store, state: EmailState, to: EmailState) -> None:
    email = email_in(store, state, marked_on=TODAY)
    before = email_of(store, email)

    with pytest.raises(IllegalTransition):
        settle(store, email, to)

    assert email_of(store, email) == before


def test_an_email_is_settled_as_sent_or_failed_and_as_nothing_else(store: Store) -> None:
    email = email_in(store, EmailState.UNCERTAIN)

    with pytest.raises(IllegalTransition):
        settle(store, email, EmailState.CANCELED)


def test_settling_an_unknown_email_is_an_error(store: Store) -> None:
    with pytest.raises(UnknownId):
        settle(store, UNKNOWN, EmailState.SENT)


def test_a_day_begins_with_nothing_queued(store: Store) -> None:
    assert queued_on(store, TODAY) == 0


def test_the_counter_of_a_day_adds_up_and_leaves_other_days_alone(store: Store) -> None:
    count_queued(store, TODAY, 3)
    count_queued(store, TODAY, 4)

    assert queued_on(store, TODAY) == 7
    assert queued_on(store, TODAY + DAY) == 0


@pytest.mark.parametrize("already", [0, 3])
def test_a_second_unit_waits_for_the_counter_and_then_sees_what_the_first_added(
    store: Store, second: Second, already: int
) -> None:
    count_queued(store, TODAY, already)

    with store.open_unit() as unit:
        unit.emails.queued_on(TODAY)
        other = second.does(count_queued, store, TODAY, 1)
        assert second.waits(other)
        unit.emails.count_queued(TODAY, 5)
        unit.commit()

    assert other.result() == already + 5
    assert queued_on(store, TODAY) == already + 6


def test_a_second_unit_waits_for_the_first_count_of_a_new_day(store: Store, second: Second) -> None:
    with store.open_unit() as unit:
        unit.emails.queued_on(TODAY)
        other = second.does(queued_on, store, TODAY)

        assert second.waits(other)
    assert other.result() == 0


def test_the_counter_of_another_day_is_not_waited_for(store: Store, second: Second) -> None:
    with store.open_unit() as unit:
        unit.emails.queued_on(TODAY)

        assert second.does(count_queued, store, TODAY + DAY, 1).result() == 0


def test_under_a_cap_two_units_never_fill_the_same_place(store: Store, second: Second) -> None:
    def fills_a_place() -> bool:
        with store.open_unit() as unit:
            free = unit.emails.queued_on(TODAY) < 5
            unit.emails.count_queued(TODAY, int(free))
            unit.commit()
        return free

    runs = [second.does(fills_a_place) for _ in range(12)]
    wait(runs)

    assert [run.result() for run in runs].count(True) == 5
    assert queued_on(store, TODAY) == 5


def test_instants_come_back_as_they_went_in(store: Store) -> None:
    instant = NOW + timedelta(microseconds=123_456)
    email = email_in(store, EmailState.SENT, queued_at=instant, marked_at=instant, sent_at=instant, not_before=instant)

    after = email_of(store, email)

    assert {after.queued_at, after.marked_at, after.sent_at, after.not_before} == {instant}


def test_texts_come_back_as_they_went_in(store: Store) -> None:
    texts = {"subject": "Straße “1” %s :id", "body_html": "<p>'; DROP</p>", "body_text": "a\r\n\tb\N{PILE OF POO}"}
    email = email_in(store, EmailState.QUEUED, **texts)

    after = email_of(store, email)

    assert {name: getattr(after, name) for name in texts} == texts


def test_an_email_to_nobody_we_know_is_found_for_nobody(store: Store) -> None:
    email_in(store, EmailState.QUEUED)

    assert found(store, therapist_id=TherapistId(999_999)) == []


def test_who_counts_without_having_asked_keeps_the_counter_locked_too(store: Store, second: Second) -> None:
    with store.open_unit() as unit:
        unit.emails.count_queued(TODAY, 5)
        other = second.does(count_queued, store, TODAY, 1)

        assert second.waits(other)
        unit.commit()

    assert other.result() == 5
