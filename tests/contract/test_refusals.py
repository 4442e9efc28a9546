"""What a store refuses by a rule of its own, and that it keeps whatever the rules of the core allow."""

import pytest

from boona_core.emails import EmailState
from boona_core.errors import StoreError
from boona_core.ports import LONGEST_BATCH_ID, LONGEST_LINE
from boona_core.requests import RequestStatus
from tests.contract.acts import (
    add,
    add_for_good,
    content,
    count_of_emails,
    draft_content,
    email_of,
    refusal_of,
)
from tests.contract.conftest import Second
from tests.situations import Store

SAME = "<same@example.org>"
UNIQUE_VIOLATION = "23505"


def test_no_two_emails_have_the_same_message_id(store: Store) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()
    add_for_good(store, one, content=content(message_id=SAME))

    with pytest.raises(StoreError) as caught:
        add_for_good(store, two, content=content(message_id=SAME))

    assert (caught.value.sqlstate, caught.value.constraint) == (UNIQUE_VIOLATION, "uq_emails_message_id")
    assert count_of_emails(store) == 1


def test_no_two_emails_of_one_unit_have_the_same_message_id(store: Store) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()

    with store.open_unit() as unit:
        add(unit, one, content=content(message_id=SAME))
        with pytest.raises(StoreError) as caught:
            add(unit, two, content=content(message_id=SAME))

    assert (caught.value.sqlstate, caught.value.constraint) == (UNIQUE_VIOLATION, "uq_emails_message_id")


def test_an_email_does_not_take_over_the_message_id_of_another(store: Store) -> None:
    first = store.seed.email(store.seed.therapist())
    another = store.seed.email(store.seed.therapist())
    taken = email_of(store, first).message_id

    with store.open_unit() as unit, pytest.raises(StoreError) as caught:
        unit.emails.recompose(another, content(message_id=taken), leaving_out=())

    assert caught.value.constraint == "uq_emails_message_id"
    assert email_of(store, another).message_id != taken


def test_an_email_keeps_its_own_message_id(store: Store) -> None:
    email = store.seed.email(store.seed.therapist())
    own = email_of(store, email).message_id

    with store.open_unit() as unit:
        unit.emails.recompose(email, content(message_id=own, subject="Neu"), leaving_out=())
        unit.commit()

    assert (email_of(store, email).message_id, email_of(store, email).subject) == (own, "Neu")


def test_drafts_without_a_message_id_are_not_in_each_others_way(store: Store) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()

    add_for_good(store, one, content=draft_content(), state=EmailState.DRAFT)
    add_for_good(store, two, content=draft_content(), state=EmailState.DRAFT)

    assert count_of_emails(store) == 2


def test_a_second_unit_waits_for_who_is_about_to_use_a_message_id_and_is_then_refused(
    store: Store, second: Second
) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()

    with store.open_unit() as unit:
        add(unit, one, content=content(message_id=SAME))
        work = second.does(refusal_of, lambda: add_for_good(store, two, content=content(message_id=SAME)))
        waited = second.waits(work)
        unit.commit()

    assert waited
    assert work.result() == UNIQUE_VIOLATION


def test_a_message_id_that_was_not_used_in_the_end_is_free(store: Store, second: Second) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()

    with store.open_unit() as unit:
        add(unit, one, content=content(message_id=SAME))
        work = second.does(add_for_good, store, two, content=content(message_id=SAME))
        waited = second.waits(work)

    assert waited
    assert work.result()
    assert count_of_emails(store) == 1


def test_a_unit_that_was_refused_cannot_be_committed(store: Store) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()
    twice = content(message_id=SAME)

    with store.open_unit() as unit:
        add(unit, one, content=twice)
        with pytest.raises(StoreError):
            add(unit, two, content=twice)
        with pytest.raises(StoreError):
            unit.commit()

    assert count_of_emails(store) == 0


@pytest.mark.parametrize("status", [RequestStatus.OPEN, RequestStatus.IN_PROGRESS])
def test_a_pair_has_one_request_that_is_open_or_in_progress(store: Store, status: RequestStatus) -> None:
    therapist, patient = store.seed.therapist(), store.seed.patient()
    store.seed.request(patient, therapist, status=status)

    with pytest.raises(StoreError) as caught:
        store.seed.request(patient, therapist)

    assert (caught.value.sqlstate, caught.value.constraint) == (UNIQUE_VIOLATION, "uq_placement_requests_pair")


@pytest.mark.parametrize("status", [RequestStatus.ACCEPTED, RequestStatus.REJECTED, RequestStatus.CANCELED])
def test_a_request_that_has_ended_leaves_room_for_another_of_its_pair(store: Store, status: RequestStatus) -> None:
    therapist, patient = store.seed.therapist(), store.seed.patient()
    ended = store.seed.request(patient, therapist, status=status)
    again = store.seed.request(patient, therapist)

    with store.open_unit() as unit:
        alive = unit.requests.of_therapist(therapist)

    assert [request.id for request in alive] == [again] != [ended]


def test_texts_as_long_as_they_may_be_are_kept(store: Store) -> None:
    therapist = store.seed.therapist()
    line = "ü" * LONGEST_LINE
    texts = dict.fromkeys(
        ["subject", "recipient_email", "recipient_name", "sender_email", "sender_name", "message_id"], line
    )

    with store.open_unit() as unit:
        add(unit, therapist, content=content(**texts), batch_id="x" * LONGEST_BATCH_ID)
        unit.commit()
        (kept,) = unit.emails.find()

    assert {name: getattr(kept, name) for name in texts} == texts
    assert kept.batch_id == "x" * LONGEST_BATCH_ID
