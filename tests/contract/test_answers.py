"""What every store promises about answers: what was said, where requests stood before, and who places whom."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from boona_core.answer_ports import EmailAnswer, Standing
from boona_core.call_ports import NewCall
from boona_core.calls import CallTime, Cause, Outcome
from boona_core.contact import ContactPolicy
from boona_core.emails import EmailState
from boona_core.errors import InvalidValues, StoreError, UnknownId
from boona_core.ids import EmailId, PatientId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.letters import Template
from boona_core.patients import Patient, PatientStatus
from boona_core.ports import Holding, Unit
from boona_core.requests import RequestStatus
from tests.contract.acts import (
    DAY,
    POLICY,
    add,
    content,
    email_of,
    history_of,
    holder_of,
    new_email,
    request_of,
    status_of,
)
from tests.contract.conftest import Second
from tests.situations import NOW, TODAY, Store

YES, NO, MORE = Outcome.ACCEPTED, Outcome.REJECTED, Outcome.NEEDS_FOLLOW_UP
OPEN, IN_PROGRESS, CANCELED = RequestStatus.OPEN, RequestStatus.IN_PROGRESS, RequestStatus.CANCELED
ACCEPTED, REJECTED = RequestStatus.ACCEPTED, RequestStatus.REJECTED
UNKNOWN = 4_000
RESTS = TODAY + 28 * DAY


def standing(store: Store, request: PlacementRequestId) -> Standing:
    with store.open_unit() as unit:
        return unit.answers.standings([request])[request]


def patient_of(store: Store, request: PlacementRequestId) -> Patient:
    patient = standing(store, request).patient_id
    with store.open_unit() as unit:
        return unit.patients.get_many([patient])[patient]


def decide(store: Store, status: RequestStatus, *requests: PlacementRequestId) -> list[PlacementRequestId]:
    with store.open_unit() as unit:
        decided = unit.answers.decide(requests, status)
        unit.commit()
    assert {request.status for request in decided} <= {status}
    return [request.id for request in decided]


def cancel(store: Store, *requests: PlacementRequestId, by: PlacementRequestId | None = None) -> None:
    with store.open_unit() as unit:
        unit.requests.cancel(requests, by=by)
        unit.commit()


def restore(store: Store, requests: Mapping[PlacementRequestId, RequestStatus]) -> list[PlacementRequestId]:
    with store.open_unit() as unit:
        restored = unit.answers.restore(requests)
        unit.commit()
    return [request.id for request in restored]


def note(store: Store, outcomes: Mapping[PlacementRequestId, Outcome], **named: Any) -> None:
    with store.open_unit() as unit:
        unit.answers.note(outcomes, **{"day": TODAY, "pair_rests_until": RESTS, **named})
        unit.commit()


def write(store: Store, email: EmailId, **fields: Any) -> None:
    with store.open_unit() as unit:
        unit.answers.write_email(email, EmailAnswer(**{"day": TODAY, **fields}))
        unit.commit()


def count_from(store: Store, day: Any, *settled: PlacementRequestId) -> None:
    with store.open_unit() as unit:
        unit.answers.count_from(day, settled=settled)
        unit.commit()


def place(store: Store, request: PlacementRequestId, *, on: Any = TODAY) -> None:
    with store.open_unit() as unit:
        unit.answers.place(request, on=on)
        unit.commit()


def mark_too_late(store: Store, requests: Collection[PlacementRequestId], *, too_late: bool) -> None:
    with store.open_unit() as unit:
        unit.answers.mark_too_late(requests, too_late=too_late)
        unit.commit()


def accepted(store: Store, patient: PatientId | None = None) -> PlacementRequestId:
    return store.seed.request(patient, store.seed.therapist(), status=ACCEPTED)


def sent(store: Store, size: int = 1) -> tuple[TherapistId, EmailId, list[PlacementRequestId]]:
    therapist = store.seed.therapist()
    requests = [store.seed.request(None, therapist) for _ in range(size)]
    return therapist, store.seed.sent_email(therapist, requests, on=TODAY), requests


def held_call(store: Store, therapist: TherapistId, *requests: PlacementRequestId) -> PhoneCallId:
    with store.open_unit() as unit:
        (call,) = unit.calls.new_ids(1)
        unit.requests.take_for_calls(dict.fromkeys(requests, call), held={})
        time = CallTime(TODAY, 600 + 10 * call, 5)
        unit.calls.add({call: NewCall(therapist_id=therapist, time=time, cause=Cause.PERSON, request_ids=requests)})
        unit.commit()
    return call


# -- what was said -----------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_with_its_email_and_its_batch_rows(store: Store) -> None:
    _, email, (first, second) = sent(store, 2)

    write(
        store,
        email,
        outcomes={first: YES},
        content="Ja, gern.",
        follow_up_required=True,
        follow_up_notes="ruft an",
    )

    kept = email_of(store, email)
    assert (kept.response_received, kept.response_date, kept.response_content) == (True, TODAY, "Ja, gern.")
    assert (kept.follow_up_required, kept.follow_up_notes) == (True, "ruft an")
    assert {item.placement_request_id: item.outcome for item in kept.items} == {first: YES, second: None}


def test_a_later_answer_keeps_what_it_does_not_say(store: Store) -> None:
    _, email, (first, second) = sent(store, 2)
    write(store, email, outcomes={first: YES}, content="Ja, gern.", follow_up_required=True, follow_up_notes="ruft an")

    write(store, email, day=TODAY + DAY, outcomes={second: NO})

    kept = email_of(store, email)
    assert (kept.response_date, kept.response_content) == (TODAY + DAY, "Ja, gern.")
    assert (kept.follow_up_required, kept.follow_up_notes) == (False, "ruft an")
    assert [item.outcome for item in kept.items] == [YES, NO]


def test_the_answer_to_an_unknown_email_is_a_misuse(store: Store) -> None:
    with store.open_unit() as unit, pytest.raises(UnknownId):
        unit.answers.write_email(EmailId(UNKNOWN), EmailAnswer(day=TODAY))


def test_an_answer_that_no_store_can_keep_is_refused_without_its_text() -> None:
    with pytest.raises(InvalidValues, match="response_content: holds a NUL character"):
        EmailAnswer(day=TODAY, content="geheim\x00")


def test_outcomes_can_be_written_to_batch_rows_alone(store: Store) -> None:
    _, email, (request,) = sent(store)

    with store.open_unit() as unit:
        unit.answers.write_outcomes(email, {request: NO})
        unit.commit()

    assert [item.outcome for item in email_of(store, email).items] == [NO]
    assert not email_of(store, email).response_received


def test_what_was_said_is_kept_with_the_request_wherever_it_stands(store: Store) -> None:
    canceled = store.seed.request(None, store.seed.therapist(), status=CANCELED)

    note(store, {canceled: YES}, words="am Telefon")

    kept = standing(store, canceled)
    assert (kept.status, kept.answer, kept.answered_on) == (CANCELED, YES, TODAY)


@pytest.mark.parametrize(("outcome", "until"), [(NO, RESTS), (YES, None), (MORE, None)])
def test_a_no_lets_the_pair_rest(store: Store, outcome: Outcome, until: Any) -> None:
    request = store.seed.request(None, store.seed.therapist())

    note(store, {request: outcome})

    assert request_of(store, request).resting_until == until


def test_what_was_not_said_after_all_is_forgotten(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist, status=REJECTED)
    note(store, {request: NO})

    with store.open_unit() as unit:
        unit.answers.forget([request])
        unit.commit()

    assert (standing(store, request).answer, standing(store, request).answered_on) == (None, None)
    assert request_of(store, request).resting_until is None
    assert history_of(store, therapist).last_answer_on is None


# -- deciding, canceling and the way back ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [ACCEPTED, REJECTED])
def test_only_what_is_in_progress_is_decided(store: Store, status: RequestStatus) -> None:
    therapist, email, (held,) = sent(store)
    others = [store.seed.request(None, therapist, status=each) for each in (OPEN, CANCELED, ACCEPTED, REJECTED)]
    before = [status_of(store, each) for each in others]

    decided = decide(store, status, held, *others, PlacementRequestId(UNKNOWN))

    assert decided == [held]
    assert status_of(store, held) is status
    assert [status_of(store, each) for each in others] == before
    assert holder_of(store, held) is None
    assert email_of(store, email).state is EmailState.SENT


def test_where_a_decided_request_stood_is_remembered(store: Store) -> None:
    _, email, (request,) = sent(store)
    with store.open_unit() as unit:
        unit.requests.ask_for_call([request], from_day=TODAY + DAY)
        unit.commit()

    decide(store, REJECTED, request)

    kept = standing(store, request)
    assert (kept.before, kept.held_before, kept.call_asked_before) == (IN_PROGRESS, email, TODAY + DAY)
    assert (kept.held_by_email, kept.held_by_call) == (None, None)


def test_where_canceled_requests_stood_is_remembered_and_who_canceled_them(store: Store) -> None:
    _, email, (held,) = sent(store)
    waiting = store.seed.request(None, store.seed.therapist())
    placing = accepted(store)

    cancel(store, held, waiting, by=placing)

    with store.open_unit() as unit:
        found = unit.answers.canceled_by(placing)
    assert [(each.id, each.before, each.held_before) for each in found] == [
        (held, IN_PROGRESS, email),
        (waiting, OPEN, None),
    ]


def test_a_request_in_a_call_is_canceled_too(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    call = held_call(store, therapist, request)
    assert standing(store, request).held_by_call == call

    cancel(store, request)

    kept = standing(store, request)
    assert (kept.status, kept.held_by_call, kept.before, kept.canceled_by) == (CANCELED, None, IN_PROGRESS, None)


def test_a_request_led_back_into_progress_is_so_through_the_email_that_held_it(store: Store) -> None:
    _, email, (request,) = sent(store)
    with store.open_unit() as unit:
        unit.requests.ask_for_call([request], from_day=TODAY + DAY)
        unit.commit()
    decide(store, REJECTED, request)

    assert restore(store, {request: IN_PROGRESS}) == [request]

    kept = standing(store, request)
    assert (kept.status, kept.held_by_email) == (IN_PROGRESS, email)
    assert (kept.before, kept.held_before, kept.call_asked_before) == (None, None, None)
    with store.open_unit() as unit:
        assert unit.requests.asked_for_call(until=TODAY + DAY)[request].from_day == TODAY + DAY


def test_a_request_led_back_to_open_is_held_by_nothing(store: Store) -> None:
    _, _, (request,) = sent(store)
    placing = accepted(store)
    cancel(store, request, by=placing)

    assert restore(store, {request: OPEN}) == [request]

    kept = standing(store, request)
    assert (kept.status, kept.held_by_email, kept.canceled_by) == (OPEN, None, None)


@pytest.mark.parametrize("status", [OPEN, IN_PROGRESS])
def test_what_has_not_ended_is_not_led_back(store: Store, status: RequestStatus) -> None:
    request = store.seed.request(None, store.seed.therapist(), status=status)

    assert restore(store, {request: OPEN, PlacementRequestId(UNKNOWN): OPEN}) == []

    assert status_of(store, request) is status


def test_a_request_whose_pair_has_a_live_one_is_not_led_back(store: Store) -> None:
    patient, therapist = store.seed.patient(), store.seed.therapist()
    ended = store.seed.request(patient, therapist, status=CANCELED)
    store.seed.request(patient, therapist)

    assert restore(store, {ended: OPEN}) == []

    assert status_of(store, ended) is CANCELED


def test_open_requests_can_be_taken_up_through_nothing(store: Store) -> None:
    therapist, _, (held,) = sent(store)
    waiting = store.seed.request(None, therapist)

    with store.open_unit() as unit:
        taken = unit.answers.take([held, waiting])
        unit.commit()

    assert taken == {waiting}
    assert (status_of(store, waiting), holder_of(store, waiting)) == (IN_PROGRESS, None)


# -- places ------------------------------------------------------------------------------------------------------------


def test_a_place_is_by_one_request_and_its_patient_is_in_therapy(store: Store) -> None:
    request = accepted(store)

    place(store, request)

    assert standing(store, request).places
    patient = patient_of(store, request)
    assert (patient.status, patient.first_place_on) == (PatientStatus.IN_THERAPY, TODAY)


def test_a_new_place_takes_over_from_an_old_one(store: Store) -> None:
    patient = store.seed.patient()
    old, new = accepted(store, patient), accepted(store, patient)
    place(store, old)

    place(store, new, on=TODAY + 9 * DAY)

    assert [standing(store, each).places for each in (old, new)] == [False, True]
    assert patient_of(store, new).first_place_on == TODAY


def test_a_patient_without_the_place_after_all_searches_again(store: Store) -> None:
    request = accepted(store)
    before = patient_of(store, request)
    place(store, request)

    with store.open_unit() as unit:
        unit.answers.displace(request, placed_on=TODAY)
        unit.commit()

    assert patient_of(store, request) == before
    assert not standing(store, request).places


def test_the_day_of_an_earlier_place_stays(store: Store) -> None:
    request = accepted(store, store.seed.patient(first_place_on=TODAY - 400 * DAY))
    place(store, request)

    with store.open_unit() as unit:
        unit.answers.displace(request, placed_on=TODAY)
        unit.commit()

    assert patient_of(store, request).first_place_on == TODAY - 400 * DAY


def test_an_unknown_request_places_nobody(store: Store) -> None:
    with store.open_unit() as unit, pytest.raises(UnknownId):
        unit.answers.place(PlacementRequestId(UNKNOWN), on=TODAY)


def test_no_two_requests_place_one_patient(store: Store) -> None:
    patient = store.seed.patient()
    store.seed.request(patient, store.seed.therapist(), status=ACCEPTED, places=True)

    with pytest.raises(StoreError) as refused:
        store.seed.request(patient, store.seed.therapist(), status=ACCEPTED, places=True)

    assert refused.value.constraint == "uq_placement_requests_place"


def test_a_unit_that_locks_a_patient_keeps_another_one_waiting(store: Store, second: Second) -> None:
    patient = store.seed.patient()

    def lock() -> None:
        with store.open_unit() as unit:
            unit.patients.lock([patient])

    with store.open_unit() as unit:
        unit.patients.lock([patient])
        work = second.does(lock)
        assert second.waits(work)
    work.result()


# -- what waits for a person -------------------------------------------------------------------------------------------


def test_emails_whose_answers_wait_are_found_by_id(store: Store) -> None:
    emails = [sent(store)[1] for _ in range(3)]
    write(store, emails[2], follow_up_required=True)
    write(store, emails[0], follow_up_required=True)
    write(store, emails[1])

    with store.open_unit() as unit:
        assert unit.answers.waiting_emails() == [emails[0], emails[2]]
        assert unit.answers.waiting_emails(limit=1) == [emails[0]]


def test_acceptances_that_came_too_late_are_found_by_id(store: Store) -> None:
    requests = [store.seed.request(None, store.seed.therapist(), status=CANCELED) for _ in range(3)]
    note(store, {requests[0]: YES, requests[2]: YES})

    mark_too_late(store, requests, too_late=True)
    mark_too_late(store, requests[1:2], too_late=False)

    with store.open_unit() as unit:
        assert [each.id for each in unit.answers.late_acceptances()] == [requests[0], requests[2]]
        assert [each.id for each in unit.answers.late_acceptances(limit=1)] == requests[:1]


def test_an_answer_that_was_looked_at_waits_for_nobody(store: Store) -> None:
    _, email, (first, second) = sent(store, 2)
    write(store, email, follow_up_required=True)
    mark_too_late(store, [first, second], too_late=True)

    with store.open_unit() as unit:
        unit.answers.settle(email)
        unit.commit()

    with store.open_unit() as unit:
        assert (unit.answers.waiting_emails(), unit.answers.late_acceptances()) == ([], [])
    assert email_of(store, email).response_received


# -- confirmations -----------------------------------------------------------------------------------------------------


def confirm(unit: Unit, email: EmailId, therapist: TherapistId) -> EmailId:
    (own,) = unit.emails.new_ids(1)
    new = new_email(unit, therapist, template=Template.CONFIRMATION, answered_email_id=email)
    assert unit.emails.add({own: new}, now=NOW) == {own}
    return own


def test_a_confirmation_points_to_the_email_whose_answer_it_confirms(store: Store) -> None:
    therapist, email, _ = sent(store)

    with store.open_unit() as unit:
        own = confirm(unit, email, therapist)
        unit.commit()

    with store.open_unit() as unit:
        assert unit.answers.confirmation_of(email) == own
        assert unit.answers.confirmation_of(own) is None
    assert email_of(store, own).answered_email_id == email


def test_a_canceled_confirmation_makes_room_for_another(store: Store) -> None:
    therapist, email, _ = sent(store)
    with store.open_unit() as unit:
        unit.emails.cancel([confirm(unit, email, therapist)], now=NOW)
        assert unit.answers.confirmation_of(email) is None
        again = confirm(unit, email, therapist)
        unit.commit()

    with store.open_unit() as unit:
        assert unit.answers.confirmation_of(email) == again


def test_an_answer_is_not_confirmed_twice(store: Store) -> None:
    therapist, email, _ = sent(store)
    with store.open_unit() as unit:
        confirm(unit, email, therapist)
        unit.commit()

    with pytest.raises(StoreError) as refused, store.open_unit() as unit:
        confirm(unit, email, therapist)

    assert refused.value.constraint == "uq_emails_confirmation"


def test_the_emails_whose_answers_accepted_a_request_are_found(store: Store) -> None:
    therapist, first, (request, other) = sent(store, 2)
    second = store.seed.email(therapist, [request], state=EmailState.SENT, mailbox_id=None)
    third = store.seed.email(therapist, [request, other], state=EmailState.SENT, mailbox_id=None)
    write(store, first, outcomes={request: YES})
    write(store, second, outcomes={request: NO})
    write(store, third, outcomes={request: YES, other: YES})

    with store.open_unit() as unit:
        assert unit.answers.accepted_in(request) == [first, third]
        assert unit.answers.accepted_in(other) == [third]


def test_the_calls_that_followed_up_emails_are_known(store: Store) -> None:
    therapist, email, _ = sent(store)
    _, other, _ = sent(store)
    call = held_call(store, therapist)
    with store.open_unit() as unit:
        unit.calls.follow_up({email: call})
        unit.commit()

    with store.open_unit() as unit:
        assert unit.answers.follow_up_calls([email, other, EmailId(UNKNOWN)]) == {email: call}


# -- cooldowns ---------------------------------------------------------------------------------------------------------

ANY = ContactPolicy(cooldown_trigger="any_response")


def half_decided(store: Store) -> tuple[TherapistId, PlacementRequestId, PlacementRequestId]:
    """An answer of TODAY that rejected one request and left another to be followed up."""
    therapist, email, (no, more) = sent(store, 2)
    decide(store, REJECTED, no)
    note(store, {no: NO, more: MORE})
    write(store, email, outcomes={no: NO, more: MORE})
    return therapist, no, more


def test_a_no_counts_from_its_day(store: Store) -> None:
    therapist, email, (request,) = sent(store)
    decide(store, REJECTED, request)
    note(store, {request: NO}, day=TODAY - 3 * DAY)
    write(store, email, outcomes={request: NO})

    assert history_of(store, therapist).last_answer_on == TODAY - 3 * DAY


def test_a_follow_up_holds_the_cooldown_up(store: Store) -> None:
    therapist, _, _ = half_decided(store)

    assert history_of(store, therapist).last_answer_on is None
    assert history_of(store, therapist, ANY).last_answer_on is None


@pytest.mark.parametrize("outcome", [YES, NO])
def test_the_cooldown_counts_from_the_day_that_settles_a_follow_up(store: Store, outcome: Outcome) -> None:
    therapist, _, more = half_decided(store)
    decide(store, ACCEPTED if outcome is YES else REJECTED, more)
    note(store, {more: outcome}, day=TODAY + 4 * DAY)

    count_from(store, TODAY + 4 * DAY, more)

    assert history_of(store, therapist).last_answer_on == TODAY + 4 * DAY


def test_the_cooldown_never_counts_from_an_earlier_day_than_before(store: Store) -> None:
    therapist, no, more = half_decided(store)
    decide(store, ACCEPTED, more)

    count_from(store, TODAY - 2 * DAY, more)

    assert history_of(store, therapist).last_answer_on == TODAY
    assert standing(store, no).answered_on == TODAY


def test_settling_one_answer_leaves_those_of_others_alone(store: Store) -> None:
    therapist, email, (request,) = sent(store)
    decide(store, REJECTED, request)
    note(store, {request: NO})
    write(store, email, outcomes={request: NO})
    _, _, more = half_decided(store)

    count_from(store, TODAY + 4 * DAY, more)

    assert history_of(store, therapist).last_answer_on == TODAY


def test_a_follow_up_that_is_open_again_holds_nothing_up(store: Store) -> None:
    therapist, _, more = half_decided(store)

    with store.open_unit() as unit:
        unit.requests.release([more])
        unit.commit()

    assert history_of(store, therapist).last_answer_on == TODAY


@pytest.mark.parametrize("anew", ["by an email", "by a call", "by nothing"])
def test_a_follow_up_of_an_earlier_round_holds_nothing_up_when_its_request_is_taken_anew(
    store: Store, anew: str
) -> None:
    therapist, _, more = half_decided(store)
    email = store.seed.email(therapist, [more], mailbox_id=None)
    ways = {
        "by an email": lambda unit: unit.requests.take({more: email}),
        "by a call": lambda unit: unit.requests.take_for_calls({more: unit.calls.new_ids(1)[0]}, held={}),
        "by nothing": lambda unit: unit.answers.take([more]),
    }
    with store.open_unit() as unit:
        unit.requests.release([more])
        assert ways[anew](unit) == {more}

        assert unit.answers.standings([more])[more].answer is None
        assert unit.therapists.histories([therapist], POLICY, today=TODAY)[therapist].last_answer_on == TODAY


def test_a_follow_up_that_a_call_takes_over_still_waits(store: Store) -> None:
    therapist, email, (no, more) = sent(store, 2)
    decide(store, REJECTED, no)
    note(store, {no: NO, more: MORE})
    write(store, email, outcomes={no: NO, more: MORE})

    with store.open_unit() as unit:
        (call,) = unit.calls.new_ids(1)
        taken = unit.requests.take_for_calls({more: call}, held={more: Holding(email_id=email)})

        assert taken == {more}
        assert unit.therapists.histories([therapist], POLICY, today=TODAY)[therapist].last_answer_on is None


def half_decided_in_a_call(store: Store) -> tuple[TherapistId, PlacementRequestId]:
    """A call of TODAY that rejected one request and left another to be followed up."""
    therapist = store.seed.therapist()
    no, more = (store.seed.request(None, therapist) for _ in range(2))
    call = held_call(store, therapist, no, more)
    decide(store, REJECTED, no)
    note(store, {no: NO, more: MORE})
    said(store, call, {no: NO, more: MORE})
    return therapist, more


def said(store: Store, call: PhoneCallId, outcomes: Mapping[PlacementRequestId, Outcome]) -> None:
    with store.open_unit() as unit:
        kept = unit.calls.lock(call)
        items = tuple(evolve(item, outcome=outcomes.get(item.placement_request_id)) for item in kept.items)
        unit.calls.put(evolve(kept, items=items))
        unit.commit()


def test_a_follow_up_of_a_call_holds_the_cooldown_up(store: Store) -> None:
    therapist, _ = half_decided_in_a_call(store)

    assert history_of(store, therapist).last_answer_on is None


def test_a_follow_up_of_a_call_is_settled_like_that_of_an_email(store: Store) -> None:
    therapist, more = half_decided_in_a_call(store)
    decide(store, ACCEPTED, more)
    note(store, {more: YES}, day=TODAY + 2 * DAY)

    count_from(store, TODAY + 2 * DAY, more)

    assert history_of(store, therapist).last_answer_on == TODAY + 2 * DAY


def test_what_was_said_about_a_canceled_request_counts(store: Store) -> None:
    therapist = store.seed.therapist()
    canceled = store.seed.request(None, therapist, status=CANCELED)

    note(store, {canceled: NO})

    assert history_of(store, therapist).last_answer_on == TODAY


@pytest.mark.parametrize(("outcome", "status"), [(YES, OPEN), (YES, CANCELED), (MORE, OPEN), (MORE, CANCELED)])
def test_anything_that_was_said_counts_under_any_response(
    store: Store, outcome: Outcome, status: RequestStatus
) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist, status=status)

    note(store, {request: outcome})

    assert history_of(store, therapist, ANY).last_answer_on == TODAY
    assert history_of(store, therapist).last_answer_on is None


def test_a_wish_for_a_call_that_waits_begins_no_cooldown(store: Store) -> None:
    therapist, _, (request,) = sent(store)

    note(store, {request: MORE})

    assert history_of(store, therapist, ANY).last_answer_on is None


def test_an_answered_email_still_reserves_what_it_reserved(store: Store) -> None:
    therapist, email, (request,) = sent(store)
    write(store, email, outcomes={request: NO})

    with store.open_unit() as unit:
        assert not add(unit, therapist, day=TODAY + timedelta(days=1), content=content())
        assert unit.requests.holder(request) == Holding(email_id=email)
