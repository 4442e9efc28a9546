"""A placement request is in at most one outstanding email, and carries the facts that decide about it."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import pytest
from attrs import evolve

from boona_core.call_ports import NewCall
from boona_core.calls import CallStatus, CallTime, Cause
from boona_core.contact import ContactPolicy
from boona_core.emails import EmailState
from boona_core.errors import UnknownId
from boona_core.ids import EmailId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.letters import Template
from boona_core.patients import PatientStatus
from boona_core.ports import CallAskedFor, Holding, SilentEmail
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


def take_for_calls(
    store: Store,
    requests: Mapping[PlacementRequestId, PhoneCallId],
    *,
    held: Mapping[PlacementRequestId, Holding] | None = None,
) -> frozenset[PlacementRequestId]:
    """Take requests for calls in a unit of its own."""
    with store.open_unit() as unit:
        taken = unit.requests.take_for_calls(requests, held=held or {})
        unit.commit()
    return taken


def ask_for_call(store: Store, requests: Collection[PlacementRequestId], *, from_day: date) -> None:
    with store.open_unit() as unit:
        unit.requests.ask_for_call(requests, from_day=from_day)
        unit.commit()


def asked_for_call(store: Store, **wanted: Any) -> Mapping[PlacementRequestId, CallAskedFor]:
    with store.open_unit() as unit:
        return unit.requests.asked_for_call(**wanted)


def without_address(store: Store, therapists: Collection[TherapistId] | None = None) -> frozenset[TherapistId]:
    with store.open_unit() as unit:
        return unit.requests.without_address(therapists)


def holding_of(store: Store, request: PlacementRequestId) -> Holding:
    """Through what the request is in progress."""
    with store.open_unit() as unit:
        return unit.requests.holder(request)


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


# Calls


def test_a_request_is_taken_for_a_call_when_it_is_open_and_then_only_the_call_holds_it(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    call = store.seed.call(therapist)

    assert take_for_calls(store, {request: call}) == {request}

    assert status_of(store, request) is RequestStatus.IN_PROGRESS
    assert holding_of(store, request) == Holding(call_id=call)


@pytest.mark.parametrize("status", [status for status in RequestStatus if status is not RequestStatus.OPEN])
def test_a_request_that_is_not_open_is_not_taken_for_a_call_without_being_named(
    store: Store, status: RequestStatus
) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist, status=status)

    assert take_for_calls(store, {request: store.seed.call(therapist)}) == frozenset()

    assert status_of(store, request) is status
    assert holding_of(store, request) == Holding()


def test_a_request_is_taken_over_from_exactly_the_email_that_is_named(store: Store) -> None:
    therapist = store.seed.therapist()
    mine, others = store.seed.request(None, therapist), store.seed.request(None, therapist)
    email = store.seed.sent_email(therapist, (mine,), on=TODAY)
    other = store.seed.email(therapist, (others,), state=EmailState.SENT, marked_on=TODAY)
    store.seed.hold(other, (others,))
    call = store.seed.call(therapist)

    taken = take_for_calls(
        store, {mine: call, others: call}, held=dict.fromkeys((mine, others), Holding(email_id=email))
    )

    assert taken == {mine}
    assert holding_of(store, mine) == Holding(call_id=call)
    assert holding_of(store, others) == Holding(email_id=other)


def test_a_request_is_taken_over_from_exactly_the_call_that_is_named(store: Store) -> None:
    therapist = store.seed.therapist()
    mine, others = store.seed.request(None, therapist), store.seed.request(None, therapist)
    failed = store.seed.call(therapist, (mine,), status=CallStatus.FAILED)
    other = store.seed.call(therapist, (others,), status=CallStatus.FAILED)
    store.seed.hold_by_call(failed, (mine,))
    store.seed.hold_by_call(other, (others,))
    call = store.seed.call(therapist)

    taken = take_for_calls(
        store, {mine: call, others: call}, held=dict.fromkeys((mine, others), Holding(call_id=failed))
    )

    assert taken == {mine}
    assert holding_of(store, mine) == Holding(call_id=call)
    assert holding_of(store, others) == Holding(call_id=other)


def test_a_request_that_was_to_be_taken_over_and_is_open_meanwhile_is_left(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.email(therapist, (request,), state=EmailState.SENT, marked_on=TODAY)

    taken = take_for_calls(store, {request: store.seed.call(therapist)}, held={request: Holding(email_id=email)})

    assert taken == frozenset()
    assert status_of(store, request) is RequestStatus.OPEN


def test_an_unknown_request_is_not_taken_for_a_call(store: Store) -> None:
    call = store.seed.call(store.seed.therapist())

    assert take_for_calls(store, {UNKNOWN: call, PlacementRequestId(2**40): call}) == frozenset()
    assert take_for_calls(store, {}) == frozenset()


def test_requests_can_be_taken_through_a_call_that_is_stored_later(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)

    with store.open_unit() as unit:
        (call,) = unit.calls.new_ids(1)
        unit.requests.take_for_calls({request: call}, held={})
        new = NewCall(therapist_id=therapist, time=CallTime(TODAY, 540, 5), cause=Cause.SILENT, request_ids=(request,))
        unit.calls.add({call: new})
        unit.commit()

    assert holding_of(store, request) == Holding(call_id=call)


def test_of_an_email_and_a_call_that_take_the_same_request_the_first_gets_it(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email, call = store.seed.email(therapist), store.seed.call(therapist)

    with store.open_unit() as unit:
        unit.requests.take({request: email})
        other = second.does(take_for_calls, store, {request: call})
        assert second.waits(other)
        unit.commit()

    assert other.result() == frozenset()
    assert holding_of(store, request) == Holding(email_id=email)


def test_of_two_calls_that_take_over_the_same_request_the_first_gets_it(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.sent_email(therapist, (request,), on=TODAY)
    call, later = store.seed.call(therapist), store.seed.call(store.seed.therapist())
    held = {request: Holding(email_id=email)}

    with store.open_unit() as unit:
        unit.requests.take_for_calls({request: call}, held=held)
        other = second.does(take_for_calls, store, {request: later}, held=held)
        assert second.waits(other)
        unit.commit()

    assert other.result() == frozenset()
    assert holding_of(store, request) == Holding(call_id=call)


def test_a_request_in_progress_through_a_call_is_not_taken_for_an_email(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    call = store.seed.call(therapist, (request,))
    store.seed.hold_by_call(call, (request,))

    assert not take_for_good(store, (request,), store.seed.email(therapist))
    assert holding_of(store, request) == Holding(call_id=call)


def test_what_is_held_is_found_by_email_call_and_request_by_id_and_once(store: Store) -> None:
    therapist = store.seed.therapist()
    by_email, by_call, is_open = (store.seed.request(None, therapist) for _ in range(3))
    email, call = store.seed.email(therapist, (by_email,)), store.seed.call(therapist, (by_call,))
    store.seed.hold_by_call(call, (by_call,))
    store.seed.hold(email, (by_email,))
    none = store.seed.request(None, therapist, status=RequestStatus.IN_PROGRESS)
    store.seed.request(None, therapist, status=RequestStatus.IN_PROGRESS)

    with store.open_unit() as unit:
        held = unit.requests.held(
            email_ids=(email,),
            call_ids=(call, PhoneCallId(2**40)),
            request_ids=(none, by_call, is_open, UNKNOWN),
        )
        nothing = list(unit.requests.held())

    assert [(each.request.id, each.holding) for each in held] == [
        (by_email, Holding(email_id=email)),
        (by_call, Holding(call_id=call)),
        (none, Holding()),
    ]
    assert held[0].request == request_of(store, by_email)
    assert nothing == []


def test_giving_back_opens_what_is_in_progress_through_calls_too_by_id(store: Store) -> None:
    therapist = store.seed.therapist()
    by_email, by_call, by_another = (store.seed.request(None, therapist) for _ in range(3))
    email, call = store.seed.email(therapist, (by_email,)), store.seed.call(therapist, (by_call,))
    other = store.seed.call(therapist, (by_another,), status=CallStatus.FAILED)
    store.seed.hold_by_call(call, (by_call,))
    store.seed.hold_by_call(other, (by_another,))
    store.seed.hold(email, (by_email,))

    with store.open_unit() as unit:
        opened = unit.requests.give_back((email,), call_ids=(call,))
        unit.commit()

    assert [request.id for request in opened] == [by_email, by_call]
    assert [status_of(store, each) for each in (by_email, by_call)] == [RequestStatus.OPEN, RequestStatus.OPEN]
    assert [holding_of(store, each) for each in (by_email, by_call)] == [Holding(), Holding()]
    assert holding_of(store, by_another) == Holding(call_id=other)


def test_an_email_and_a_call_of_one_number_are_not_mistaken_for_each_other(store: Store) -> None:
    therapist = store.seed.therapist()
    by_email, by_call = store.seed.request(None, therapist), store.seed.request(None, therapist)
    email, call = store.seed.email(therapist, (by_email,)), store.seed.call(therapist, (by_call,))
    store.seed.hold(email, (by_email,))
    store.seed.hold_by_call(call, (by_call,))

    with store.open_unit() as unit:
        opened = unit.requests.give_back(call_ids=(call,))
        unit.commit()

    assert int(email) == int(call)
    assert [request.id for request in opened] == [by_call]
    assert holding_of(store, by_email) == Holding(email_id=email)


def test_releasing_opens_what_a_call_holds(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    store.seed.hold_by_call(store.seed.call(therapist, (request,)), (request,))

    with store.open_unit() as unit:
        unit.requests.release((request,))
        unit.commit()

    assert status_of(store, request) is RequestStatus.OPEN
    assert holding_of(store, request) == Holding()


# Calls that are asked for


@pytest.mark.parametrize(("days", "asked"), [(-1, False), (0, True), (1, True)])
def test_a_call_is_asked_for_from_its_day_on(store: Store, days: int, asked: bool) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist, status=RequestStatus.IN_PROGRESS)
    ask_for_call(store, (request,), from_day=TODAY)

    wanted = {request: CallAskedFor(therapist_id=therapist, from_day=TODAY)}
    assert asked_for_call(store, until=TODAY + days * DAY) == (wanted if asked else {})


def test_a_call_is_asked_for_about_what_is_in_progress_only(store: Store) -> None:
    therapist = store.seed.therapist()
    statuses = list(RequestStatus)
    requests = [store.seed.request(None, therapist, status=status) for status in statuses]

    ask_for_call(store, (*requests, UNKNOWN), from_day=TODAY)

    assert list(asked_for_call(store, until=TODAY)) == [requests[statuses.index(RequestStatus.IN_PROGRESS)]]


def test_calls_that_are_asked_for_can_be_asked_by_therapist(store: Store) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()
    mine = store.seed.request(None, one, status=RequestStatus.IN_PROGRESS)
    others = store.seed.request(None, two, status=RequestStatus.IN_PROGRESS)
    ask_for_call(store, (mine, others), from_day=TODAY)

    assert list(asked_for_call(store, until=TODAY)) == [mine, others]
    assert list(asked_for_call(store, until=TODAY, therapist_ids=(two,))) == [others]
    assert list(asked_for_call(store, until=TODAY, therapist_ids=())) == []


def test_asking_again_changes_the_day(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist, status=RequestStatus.IN_PROGRESS)
    ask_for_call(store, (request,), from_day=TODAY)

    ask_for_call(store, (request,), from_day=TODAY + DAY)

    assert asked_for_call(store, until=TODAY) == {}
    assert list(asked_for_call(store, until=TODAY + DAY)) == [request]


def test_who_asked_for_a_call_keeps_what_holds_the_request(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.sent_email(therapist, (request,), on=TODAY)

    ask_for_call(store, (request,), from_day=TODAY)

    assert holding_of(store, request) == Holding(email_id=email)


def test_a_call_that_takes_a_request_is_not_asked_for_any_more(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.sent_email(therapist, (request,), on=TODAY)
    ask_for_call(store, (request,), from_day=TODAY)

    take_for_calls(store, {request: store.seed.call(therapist)}, held={request: Holding(email_id=email)})

    assert asked_for_call(store, until=TODAY) == {}


def test_a_request_that_is_released_asks_for_no_call(store: Store) -> None:
    request = store.seed.request(None, store.seed.therapist(), status=RequestStatus.IN_PROGRESS)
    ask_for_call(store, (request,), from_day=TODAY)

    with store.open_unit() as unit:
        unit.requests.release((request,))
        unit.commit()

    assert status_of(store, request) is RequestStatus.OPEN
    assert asked_for_call(store, until=TODAY) == {}


def test_a_request_that_is_given_back_asks_for_no_call(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    email = store.seed.sent_email(therapist, (request,), on=TODAY)
    ask_for_call(store, (request,), from_day=TODAY)

    with store.open_unit() as unit:
        unit.requests.give_back((email,))
        unit.commit()

    assert status_of(store, request) is RequestStatus.OPEN
    assert asked_for_call(store, until=TODAY) == {}


# Who is called because there is no other way


def test_who_has_a_number_and_no_address_and_an_open_request_is_without_address(store: Store) -> None:
    therapist = store.seed.therapist(mailbox_id=None, phone="030 1")
    store.seed.request(None, therapist)

    assert without_address(store) == {therapist}


def test_an_address_that_bounced_is_as_good_as_none(store: Store) -> None:
    therapist = store.seed.therapist(mailbox_id=store.seed.mailbox(bounced_at=NOW), phone="030 1")
    store.seed.request(None, therapist)

    assert without_address(store) == {therapist}


@pytest.mark.parametrize("phone", [None, ""])
def test_without_a_number_nobody_is_called_for_want_of_an_address(store: Store, phone: str | None) -> None:
    store.seed.request(None, store.seed.therapist(mailbox_id=None, phone=phone))

    assert without_address(store) == frozenset()


def test_who_has_an_address_is_not_without(store: Store) -> None:
    store.seed.request(None, store.seed.therapist(phone="030 1"))

    assert without_address(store) == frozenset()


@pytest.mark.parametrize("status", [status for status in RequestStatus if status is not RequestStatus.OPEN])
def test_without_an_open_request_nobody_is_called_for_want_of_an_address(store: Store, status: RequestStatus) -> None:
    store.seed.request(None, store.seed.therapist(mailbox_id=None, phone="030 1"), status=status)

    assert without_address(store) == frozenset()


def test_who_is_without_address_can_be_asked_by_therapist(store: Store) -> None:
    one, two = (store.seed.therapist(mailbox_id=None, phone="030 1") for _ in range(2))
    store.seed.request(None, one)
    store.seed.request(None, two)

    assert without_address(store) == {one, two}
    assert without_address(store, (two,)) == {two}
    assert without_address(store, ()) == frozenset()


# Silence and calls


def test_a_silent_email_tells_whose_it_is_and_when_it_was_sent(store: Store) -> None:
    therapist = store.seed.therapist()
    email = store.seed.sent_email(therapist, on=TODAY)

    with store.open_unit() as unit:
        silent = unit.requests.silent_emails(POLICY, today=TODAY + 30 * DAY)

    assert silent == {email: SilentEmail(therapist_id=therapist, day=TODAY)}


def test_an_email_that_was_sent_without_requests_is_silent_too(store: Store) -> None:
    therapist = store.seed.therapist()
    email = store.seed.sent_email(therapist, on=TODAY)

    assert silent_on(store, TODAY + 30 * DAY) == {email: therapist}


@pytest.mark.parametrize("status", list(CallStatus))
def test_an_email_that_a_call_followed_up_is_not_silent_again_whatever_came_of_the_call(
    store: Store, status: CallStatus
) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    call = store.seed.call(therapist, status=status)
    store.seed.sent_email(therapist, (request,), on=TODAY, follow_up_call=call)

    assert silent_on(store, TODAY + 30 * DAY) == {}


def test_an_email_whose_request_a_call_holds_is_not_silent(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    store.seed.sent_email(therapist, (request,), on=TODAY)
    store.seed.hold_by_call(store.seed.call(therapist, (request,)), (request,))

    assert silent_on(store, TODAY + 30 * DAY) == {}


def test_silent_emails_can_be_asked_by_therapist(store: Store) -> None:
    one, two = store.seed.therapist(), store.seed.therapist()
    store.seed.sent_email(one, on=TODAY)
    email = store.seed.sent_email(two, on=TODAY)

    with store.open_unit() as unit:
        assert list(unit.requests.silent_emails(POLICY, today=TODAY + 30 * DAY, therapist_ids=(two,))) == [email]
        assert not unit.requests.silent_emails(POLICY, today=TODAY + 30 * DAY, therapist_ids=())
