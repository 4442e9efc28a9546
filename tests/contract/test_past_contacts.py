"""What has passed with a therapist is read for many at once, the newest first."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from attrs import evolve

from boona_core.answer_ports import EmailAnswer
from boona_core.call_ports import NewCall
from boona_core.calls import CallStatus, CallTime, Cause, Outcome, PhoneCall
from boona_core.contact import Channel
from boona_core.emails import EmailState
from boona_core.ids import PhoneCallId, PlacementRequestId, TherapistId
from boona_core.letters import Template
from boona_core.past_contacts import PastContact
from tests.situations import NOW, TODAY, Store

FEBRUARY = date(2026, 2, 2)
LATER = date(2026, 2, 16)


def call(
    store: Store, therapist: TherapistId, requests: Sequence[PlacementRequestId] = (), *, on: date = TODAY
) -> PhoneCall:
    """A planned call, at nine."""
    with store.open_unit() as unit:
        (call_id,) = unit.calls.new_ids(1)
        new = NewCall(
            therapist_id=therapist, time=CallTime(on, 9 * 60, 5), cause=Cause.PERSON, request_ids=tuple(requests)
        )
        unit.calls.add({call_id: new})
        unit.commit()
        return unit.calls.get(call_id)


def put(store: Store, *changed: PhoneCall) -> None:
    with store.open_unit() as unit:
        for each in changed:
            unit.calls.put(each)
        unit.commit()


def past(store: Store, *therapists: TherapistId, limit: int = 10) -> dict[TherapistId, list[PastContact]]:
    with store.open_unit() as unit:
        found = unit.therapists.past_contacts(therapists, limit=limit)
    return {therapist: list(contacts) for therapist, contacts in found.items()}


def test_emails_and_calls_come_together_the_newest_first(store: Store) -> None:
    therapist = store.seed.therapist()
    asked, other = store.seed.request(None, therapist), store.seed.request(None, therapist)
    email = store.seed.sent_email(
        therapist, [asked, other], on=FEBRUARY, response_received=True, response_date=LATER, follow_up_notes="im März"
    )
    planned = call(store, therapist, [other], on=LATER)
    (item,) = planned.items
    noted = evolve(item, outcome=Outcome.NEEDS_FOLLOW_UP, follow_up_notes="ab April fragen")
    put(
        store,
        evolve(
            planned,
            status=CallStatus.COMPLETED,
            actual_on=LATER,
            actual_at=545,
            outcome="freundlich",
            notes="hat wenig Zeit",
            items=(noted,),
        ),
    )

    contacts = past(store, therapist)[therapist]

    assert contacts == [
        PastContact(
            channel=Channel.PHONE,
            id=planned.id,
            day=LATER,
            answered_on=LATER,
            outcomes={other: Outcome.NEEDS_FOLLOW_UP},
            words="freundlich; hat wenig Zeit",
            promises=("ab April fragen",),
        ),
        PastContact(
            channel=Channel.EMAIL,
            id=email,
            day=FEBRUARY,
            answered_on=LATER,
            outcomes={asked: None, other: None},
            promises=("im März",),
        ),
    ]


def test_what_an_answer_said_about_each_request_is_read_in_the_order_of_the_letter(store: Store) -> None:
    therapist = store.seed.therapist()
    first, second, third, gone = (store.seed.request(None, therapist) for _ in range(4))
    email = store.seed.sent_email(therapist, [third, first, second, gone], left_out=[gone], on=FEBRUARY)
    answer = EmailAnswer(day=LATER, outcomes={first: Outcome.REJECTED, third: Outcome.ACCEPTED}, follow_up_notes="Mai")
    with store.open_unit() as unit:
        unit.answers.write_email(email, answer)
        unit.commit()

    (contact,) = past(store, therapist)[therapist]

    assert list(contact.outcomes.items()) == [(third, Outcome.ACCEPTED), (first, Outcome.REJECTED), (second, None)]
    assert (contact.answered_on, contact.promises) == (LATER, ("Mai",))


def test_a_call_that_nobody_answered_reached_nobody(store: Store) -> None:
    therapist = store.seed.therapist()
    planned = call(store, therapist, on=FEBRUARY)
    put(store, evolve(planned, status=CallStatus.FAILED, actual_on=LATER, actual_at=600))

    (contact,) = past(store, therapist)[therapist]

    assert (contact.day, contact.reached, contact.answered_on, contact.words) == (LATER, False, None, None)


def test_an_email_that_bounced_reached_nobody(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.sent_email(therapist, on=FEBRUARY, bounced_at=NOW)

    (contact,) = past(store, therapist)[therapist]

    assert not contact.reached


def test_what_was_not_sent_and_not_made_is_no_contact(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.email(therapist)
    store.seed.email(therapist, state=EmailState.CANCELED)
    store.seed.sent_email(therapist, on=FEBRUARY, template=Template.CONFIRMATION)
    call(store, therapist)
    put(store, evolve(call(store, therapist, on=LATER), status=CallStatus.CANCELED))

    assert past(store, therapist) == {}


def test_of_each_therapist_only_the_last_contacts_are_read(store: Store) -> None:
    one, other = store.seed.therapist(), store.seed.therapist()
    store.seed.sent_email(one, on=FEBRUARY)
    newest = [store.seed.sent_email(each, on=LATER) for each in (one, other)]
    made = call(store, one, on=LATER)
    put(store, evolve(made, status=CallStatus.FAILED))

    found = past(store, one, other, limit=2)

    assert {therapist: [contact.id for contact in contacts] for therapist, contacts in found.items()} == {
        one: [made.id, newest[0]],
        other: [newest[1]],
    }


def test_of_many_calls_the_last_ones_are_read_by_the_day_on_which_they_were_made(store: Store) -> None:
    therapist = store.seed.therapist()
    days = {FEBRUARY: LATER, LATER: TODAY, TODAY: FEBRUARY}
    planned = [call(store, therapist, on=day) for day in days]
    made = [evolve(each, status=CallStatus.FAILED, actual_on=days[each.time.day], actual_at=600) for each in planned]
    put(store, *made)

    (contact,) = past(store, therapist, limit=1)[therapist]

    assert (contact.id, contact.day) == (made[1].id, TODAY)


def test_nobody_is_asked_about_and_nobody_is_found(store: Store) -> None:
    assert past(store) == {}
    assert past(store, TherapistId(999_999)) == {}


def test_requests_are_read_many_at_once(store: Store) -> None:
    therapist = store.seed.therapist()
    requests = [store.seed.request(None, therapist) for _ in range(2)]

    with store.open_unit() as unit:
        found = unit.requests.by_id([requests[1], requests[0], PlacementRequestId(999_999)])

    assert [request.id for request in found] == requests


@pytest.mark.parametrize("store", ["memory"], indirect=True)
def test_a_call_knows_when_it_was_changed(store: Store) -> None:
    planned = call(store, store.seed.therapist())

    assert planned.changed_at == NOW


def test_the_instant_of_a_change_is_in_utc_and_makes_no_other_call(store: Store) -> None:
    planned = call(store, store.seed.therapist())

    with store.open_unit() as unit:
        read = unit.calls.get(PhoneCallId(planned.id))

    assert read.changed_at is not None
    assert read.changed_at.tzinfo is UTC
    assert evolve(read, changed_at=datetime(2020, 1, 1, tzinfo=UTC)) == planned
