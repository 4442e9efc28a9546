"""A placement request is in at most one outstanding email, and carries the facts that decide about it."""

from datetime import date
from typing import Any

import pytest
from attrs import evolve

from boona_core.contact import ContactPolicy
from boona_core.emails import EmailState
from boona_core.errors import UnknownId
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.letters import Template
from boona_core.patients import PatientStatus
from boona_core.requests import PlacementRequest, RequestStatus
from tests.contract.acts import DAY, POLICY, add, content, holder_of, new_email, request_of, status_of, take_for_good
from tests.contract.conftest import Second
from tests.situations import NOW, TODAY, Store

UNKNOWN = PlacementRequestId(999_999)
ENDED = [RequestStatus.ACCEPTED, RequestStatus.REJECTED, RequestStatus.CANCELED]


def silent_on(store: Store, day: date, policy: ContactPolicy = POLICY) -> dict[EmailId, TherapistId]:
    with store.open_unit() as unit:
        silent = unit.requests.silent_emails(policy, today=day)
    return {email_id: email.therapist_id for email_id, email in silent.items()}


def test_an_unknown_request_is_an_error_with_the_id(store: Store) -> None:
    with pytest.raises(UnknownId) as caught, store.open_unit() as unit:
        unit.requests.get(UNKNOWN)

    assert caught.value.id == UNKNOWN


def test_the_holder_of_an_unknown_request_is_an_error(store: Store) -> None:
    with pytest.raises(UnknownId), store.open_unit() as unit:
        unit.requests.holder(UNKNOWN)


def test_a_plain_request_is_open_and_has_the_patients_date(store: Store) -> None:
    therapist, patient = store.seed.therapist(), store.seed.patient(registered_on=date(2026, 1, 7))
    request = store.seed.request(patient, therapist, priority=3)

    assert request_of(store, request) == PlacementRequest(
        id=request, patient_id=patient, therapist_id=therapist, priority=3, registered_on=date(2026, 1, 7)
    )


@pytest.mark.parametrize(
    ("patient_fields", "facts"),
    [
        ({"registered_on": None}, {"registered_on": None}),
        ({"status": PatientStatus.IN_THERAPY}, {"patient_status": PatientStatus.IN_THERAPY}),
        ({"search_paused_until": TODAY + DAY}, {"paused_until": TODAY + DAY}),
    ],
)
def test_a_fact_of_the_patient_is_a_fact_of_the_request(
    store: Store, patient_fields: dict[str, Any], facts: dict[str, Any]
) -> None:
    therapist = store.seed.therapist()
    plain = store.seed.request(None, therapist)
    special = store.seed.request(store.seed.patient(**patient_fields), therapist)

    usual, found = request_of(store, plain), request_of(store, special)

    assert found == evolve(usual, id=special, patient_id=found.patient_id, **facts)


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        ({"email_contact_date": TODAY - 90 * DAY}, {"offered": True}),
        ({"next_contact_after": TODAY + DAY}, {"resting_until": TODAY + DAY}),
        ({"next_contact_after": TODAY - DAY}, {"resting_until": TODAY - DAY}),
        ({"status": RequestStatus.ACCEPTED}, {"status": RequestStatus.ACCEPTED}),
        ({"response_date": TODAY}, {}),
    ],
)
def test_a_field_of_the_request_is_a_fact(store: Store, fields: dict[str, Any], facts: dict[str, Any]) -> None:
    therapist, patient = store.seed.therapist(), store.seed.patient(registered_on=None)
    request = store.seed.request(patient, therapist, **fields)

    plain = PlacementRequest(id=request, patient_id=patient, therapist_id=therapist)
    assert request_of(store, request) == evolve(plain, **facts)


def test_a_therapist_whom_the_patient_excludes_is_excluded_and_no_other(store: Store) -> None:
    unwanted, welcome = store.seed.therapist(), store.seed.therapist()
    patient = store.seed.patient(excluded_therapists=frozenset({unwanted}))

    refused = store.seed.request(patient, unwanted)
    possible = store.seed.request(patient, welcome)

    assert request_of(store, refused).excluded
    assert not request_of(store, possible).excluded


def test_a_pair_rests_as_long_as_any_earlier_request_of_it_says(store: Store) -> None:
    therapist, patient = store.seed.therapist(), store.seed.patient()
    ended = {"status": RequestStatus.REJECTED}
    store.seed.request(patient, therapist, next_contact_after=TODAY + 9 * DAY, **ended)
    store.seed.request(patient, therapist, next_contact_after=TODAY + 3 * DAY, **ended)
    request = store.seed.request(patient, therapist)

    assert request_of(store, request).resting_until == TODAY + 9 * DAY


def test_other_pairs_do_not_rest_with_it(store: Store) -> None:
    therapist, patient = store.seed.therapist(), store.seed.patient()
    store.seed.request(patient, therapist, status=RequestStatus.REJECTED, next_contact_after=TODAY + DAY)
    same_patient = store.seed.request(patient, store.seed.therapist())
    same_therapist = store.seed.request(None, therapist)

    assert request_of(store, same_patient).resting_until is None
    assert request_of(store, same_therapist).resting_until is None


def test_the_requests_of_a_therapist_are_those_open_or_in_progress_by_id(store: Store) -> None:
    therapist = store.seed.therapist()
    first = store.seed.request(None, therapist)
    taken = store.seed.request(None, therapist, status=RequestStatus.IN_PROGRESS)
    [store.seed.request(None, therapist, status=status) for status in ENDED]
    store.seed.request(None, store.seed.therapist())
    last = store.seed.request(None, therapist)

    with store.open_unit() as unit:
        assert [request.id for request in unit.requests.of_therapist(therapist)] == [first, taken, last]


def test_the_requests_of_an_email_are_those_included_in_the_order_of_the_letter(store: Store) -> None:
    therapist = store.seed.therapist()
    one, two, three = (store.seed.request(None, therapist) for _ in range(3))
    email = store.seed.email(therapist, (three, one, two), left_out=(one,))

    with store.open_unit() as unit:
        assert [request.id for request in unit.requests.of_email(email)] == [three, two]


def test_taking_moves_open_requests_into_progress_through_their_emails(store: Store) -> None:
    therapist = store.seed.therapist()
    one, two = store.seed.request(None, therapist), store.seed.request(None, therapist)
    first, another = store.seed.email(therapist), store.seed.email(therapist)

    with store.open_unit() as unit:
        taken = unit.requests.take({one: first, two: another})
        unit.commit()

    assert taken == {one, two}
    assert (status_of(store, one), holder_of(store, one)) == (RequestStatus.IN_PROGRESS, first)
    assert (status_of(store, two), holder_of(store, two)) == (RequestStatus.IN_PROGRESS, another)


@pytest.mark.parametrize("status", [RequestStatus.IN_PROGRESS, *ENDED])
def test_a_request_that_is_not_open_stays_and_is_not_taken(store: Store, status: RequestStatus) -> None:
    therapist = store.seed.therapist()
    closed, free = store.seed.request(None, therapist, status=status), store.seed.request(None, therapist)
    email = store.seed.email(therapist)

    assert take_for_good(store, (closed, free, UNKNOWN), email) == {free}
    assert (status_of(store, closed), holder_of(store, closed)) == (status, None)


def test_a_request_in_progress_through_one_email_is_not_taken_for_another(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    holder = store.seed.queued_email(therapist, (request,))
    late = store.seed.email(therapist)

    assert not take_for_good(store, (request,), late)
    assert holder_of(store, request) == holder


def test_of_two_units_that_take_the_same_request_the_first_gets_it(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email, late = store.seed.email(therapist), store.seed.email(therapist)

    with store.open_unit() as unit:
        unit.requests.take({request: email})
        other = second.does(take_for_good, store, (request,), late)
        assert second.waits(other)
        unit.commit()

    assert not other.result()
    assert holder_of(store, request) == email


def test_when_the_first_unit_is_undone_the_second_gets_the_request(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email, late = store.seed.email(therapist), store.seed.email(therapist)

    with store.open_unit() as unit:
        unit.requests.take({request: email})
        other = second.does(take_for_good, store, (request,), late)
        assert second.waits(other)

    assert other.result() == {request}
    assert holder_of(store, request) == late


def test_another_request_of_the_therapist_is_not_waited_for(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    one, two = store.seed.request(None, therapist), store.seed.request(None, therapist)
    email = store.seed.email(therapist)

    with store.open_unit() as unit:
        unit.requests.take({one: email})

        assert second.does(take_for_good, store, (two,), email).result() == {two}


def test_requests_are_taken_by_id_so_that_two_units_do_not_wait_for_each_other(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    low, high = store.seed.request(None, therapist), store.seed.request(None, therapist)
    email = store.seed.email(therapist)

    with store.open_unit() as unit:
        unit.requests.take({low: email})
        other = second.does(take_for_good, store, (high, low), email)
        assert second.waits(other)
        both = unit.requests.take({high: email})
        unit.commit()

    assert both == {high}
    assert not other.result()


def test_requests_can_be_taken_through_an_email_that_is_stored_later(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)

    with store.open_unit() as unit:
        (email,) = unit.emails.new_ids(1)
        unit.requests.take({request: email})
        unit.emails.add({email: new_email(unit, therapist, (request,))}, now=NOW)
        unit.commit()

    assert holder_of(store, request) == email


def test_requests_taken_through_an_email_that_was_then_refused_are_given_back(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    store.seed.queued_email(therapist)

    with store.open_unit() as unit:
        (email,) = unit.emails.new_ids(1)
        unit.requests.take({request: email})
        unit.emails.add({email: new_email(unit, therapist, (request,))}, now=NOW)
        unit.requests.give_back((email,))
        unit.commit()

    assert (status_of(store, request), holder_of(store, request)) == (RequestStatus.OPEN, None)


def test_giving_back_opens_what_is_in_progress_through_these_emails_by_id(store: Store) -> None:
    therapist = store.seed.therapist()
    one, two, three = (store.seed.request(None, therapist) for _ in range(3))
    first = store.seed.email(therapist, (two, one))
    another = store.seed.email(therapist, (three,))
    store.seed.hold(first, (one, two))
    store.seed.hold(another, (three,))

    with store.open_unit() as unit:
        opened = unit.requests.give_back((first,))
        unit.commit()

    assert [(request.id, request.status) for request in opened] == [
        (one, RequestStatus.OPEN),
        (two, RequestStatus.OPEN),
    ]
    assert [status_of(store, each) for each in (one, two)] == [RequestStatus.OPEN, RequestStatus.OPEN]
    assert holder_of(store, one) is None
    assert (status_of(store, three), holder_of(store, three)) == (RequestStatus.IN_PROGRESS, another)


def test_giving_back_leaves_a_request_of_the_email_that_is_in_progress_through_another(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    earlier = store.seed.email(therapist, (request,), state=EmailState.SENT)
    holder = store.seed.queued_email(therapist, (request,))

    with store.open_unit() as unit:
        opened = unit.requests.give_back((earlier,))
        unit.commit()

    assert not opened
    assert holder_of(store, request) == holder


def test_what_was_given_back_can_be_taken_again(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.queued_email(therapist, (request,))

    with store.open_unit() as unit:
        unit.requests.give_back((email,))
        unit.commit()

    assert take_for_good(store, (request,), email) == {request}


def test_a_given_back_request_carries_its_facts(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist, email_contact_date=TODAY, priority=4)
    email = store.seed.queued_email(therapist, (request,))

    with store.open_unit() as unit:
        (opened,) = unit.requests.give_back((email,))
        unit.commit()

    assert opened == request_of(store, request)


def test_releasing_opens_those_in_progress_by_id_whatever_holds_them(store: Store) -> None:
    therapist = store.seed.therapist()
    through_none = store.seed.request(None, therapist, status=RequestStatus.IN_PROGRESS)
    through_one = store.seed.request(None, therapist)
    store.seed.queued_email(therapist, (through_one,))
    opened_before = store.seed.request(None, therapist)
    over = store.seed.request(None, therapist, status=RequestStatus.ACCEPTED)
    untouched = store.seed.request(None, therapist, status=RequestStatus.IN_PROGRESS)

    with store.open_unit() as unit:
        opened = unit.requests.release((over, through_one, opened_before, through_none, UNKNOWN))
        unit.commit()

    assert [request.id for request in opened] == [through_none, through_one]
    assert (status_of(store, through_one), holder_of(store, through_one)) == (RequestStatus.OPEN, None)
    assert status_of(store, over) is RequestStatus.ACCEPTED
    assert status_of(store, untouched) is RequestStatus.IN_PROGRESS


def test_a_request_that_is_in_progress_through_no_email_has_no_holder(store: Store) -> None:
    request = store.seed.request(None, store.seed.therapist(), status=RequestStatus.IN_PROGRESS)

    assert holder_of(store, request) is None


@pytest.mark.parametrize(("days", "silent"), [(6, False), (7, True), (8, True)])
def test_a_sent_email_is_silent_from_the_day_of_its_marker_plus_the_wait(store: Store, days: int, silent: bool) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.sent_email(therapist, (request,), on=TODAY)

    assert silent_on(store, TODAY + days * DAY) == ({email: therapist} if silent else {})


def test_how_long_the_wait_is_says_the_policy(store: Store) -> None:
    therapist = store.seed.therapist()
    email = store.seed.sent_email(therapist, (store.seed.request(None, therapist),), on=TODAY)

    assert silent_on(store, TODAY + DAY, ContactPolicy(follow_up_after_days=1)) == {email: therapist}


@pytest.mark.parametrize(
    "fields", [{"response_received": True}, {"bounced_at": NOW}, {"template": Template.CONFIRMATION}]
)
def test_an_email_that_waits_for_no_answer_is_not_silent(store: Store, fields: dict[str, Any]) -> None:
    therapist = store.seed.therapist()
    store.seed.sent_email(therapist, (store.seed.request(None, therapist),), on=TODAY, **fields)

    assert not silent_on(store, TODAY + 30 * DAY)


def test_an_email_without_requests_in_progress_is_not_among_the_silent(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.sent_email(therapist, (request,), on=TODAY)

    with store.open_unit() as unit:
        unit.requests.give_back((email,))
        unit.commit()

    assert not silent_on(store, TODAY + 30 * DAY)


@pytest.mark.parametrize("state", [state for state in EmailState if state is not EmailState.SENT])
def test_an_email_that_is_not_sent_is_not_silent(store: Store, state: EmailState) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.email(therapist, (request,), state=state, marked_on=TODAY)
    store.seed.hold(email, (request,))

    assert not silent_on(store, TODAY + 30 * DAY)


def test_giving_back_waits_for_who_holds_the_request(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.queued_email(therapist, (request,))

    def gives_back() -> int:
        with store.open_unit() as unit:
            opened = unit.requests.give_back((email,))
            unit.commit()
        return len(opened)

    with store.open_unit() as unit:
        unit.requests.release((request,))
        other = second.does(gives_back)
        assert second.waits(other)
        unit.commit()

    assert other.result() == 0


def test_giving_back_leaves_what_another_email_took_while_it_waited(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email, next_email = store.seed.queued_email(therapist, (request,)), store.seed.email(therapist)

    def gives_back() -> int:
        with store.open_unit() as unit:
            opened = unit.requests.give_back((email,))
            unit.commit()
        return len(opened)

    with store.open_unit() as unit:
        unit.requests.release((request,))
        unit.requests.take({request: next_email})
        other = second.does(gives_back)
        assert second.waits(other)
        unit.commit()

    assert other.result() == 0
    assert holder_of(store, request) == next_email


def test_an_email_that_is_composed_anew_keeps_the_hold_on_its_requests(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.queued_email(therapist, (request,))

    with store.open_unit() as unit:
        unit.emails.recompose(email, content(), leaving_out=())
        unit.commit()

    assert holder_of(store, request) == email


def test_storing_an_email_takes_no_request_by_itself(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)

    with store.open_unit() as unit:
        add(unit, therapist, (request,))
        unit.commit()

    assert status_of(store, request) is RequestStatus.OPEN
