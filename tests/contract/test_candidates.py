"""Candidates are what the rule makes of the same facts, in whatever way a store computes them."""

from datetime import date
from itertools import product

import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boona_core.batching import Candidate, candidate_of
from boona_core.contact import ContactPolicy, Reason
from boona_core.ids import TherapistId
from boona_core.patients import PatientStatus
from boona_core.requests import PlacementRequest, RequestStatus
from tests.contract.acts import DAY, POLICY, take_for_good
from tests.situations import TODAY, Store

near_days = st.integers(-2, 2).map(lambda days: TODAY + days * DAY)
statuses = st.sampled_from([RequestStatus.OPEN] * 5 + list(RequestStatus))


@frozen
class SeededRequest:
    """A request to be put in place."""

    status: RequestStatus
    priority: int
    offered_on: date | None
    next_contact_after: date | None


@frozen
class SeededPatient:
    """A patient to be put in place, with at most one request to each therapist."""

    status: PatientStatus
    registered_on: date | None
    paused_until: date | None
    excludes: frozenset[int]
    requests: tuple[SeededRequest | None, ...]
    earlier_rest: date | None


@frozen
class Situation:
    """Therapists (True: potentially available), patients, and how many requests an email holds."""

    therapists: tuple[bool, ...]
    patients: tuple[SeededPatient, ...]
    size: int


seeded_requests = st.builds(
    SeededRequest,
    status=statuses,
    priority=st.integers(-1, 2),
    offered_on=st.none() | near_days,
    next_contact_after=st.none() | near_days,
)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    therapists = draw(st.lists(st.booleans(), min_size=1, max_size=3))
    places = range(len(therapists))
    patients = st.builds(
        SeededPatient,
        status=st.sampled_from([PatientStatus.SEARCHING] * 5 + list(PatientStatus)),
        registered_on=st.none() | near_days,
        paused_until=st.none() | near_days,
        excludes=st.frozensets(st.sampled_from(places), max_size=1),
        requests=st.tuples(*(st.none() | seeded_requests for _ in places)),
        earlier_rest=st.none() | near_days,
    )
    return Situation(tuple(therapists), tuple(draw(st.lists(patients, max_size=5))), draw(st.integers(1, 3)))


def put_in_place(store: Store, situation: Situation) -> tuple[list[TherapistId], list[PlacementRequest]]:
    """Seed a situation; returns its therapists, and the open requests as values that no store has computed."""
    therapists = [store.seed.therapist(potentially_available=flag) for flag in situation.therapists]
    open_requests = []
    for seeded in situation.patients:
        patient = store.seed.patient(
            status=seeded.status,
            registered_on=seeded.registered_on,
            search_paused_until=seeded.paused_until,
            excluded_therapists=frozenset(therapists[place] for place in seeded.excludes),
        )
        for place, (therapist, request) in enumerate(zip(therapists, seeded.requests, strict=True)):
            if request is None:
                continue
            rests = [request.next_contact_after]
            if place == 0 and seeded.earlier_rest:
                rests.append(seeded.earlier_rest)
                store.seed.request(
                    patient, therapist, status=RequestStatus.REJECTED, next_contact_after=seeded.earlier_rest
                )
            request_id = store.seed.request(
                patient,
                therapist,
                status=request.status,
                priority=request.priority,
                email_contact_date=request.offered_on,
                next_contact_after=request.next_contact_after,
            )
            if request.status is RequestStatus.OPEN:
                open_requests.append(
                    PlacementRequest(
                        id=request_id,
                        patient_id=patient,
                        therapist_id=therapist,
                        priority=request.priority,
                        registered_on=seeded.registered_on,
                        offered=request.offered_on is not None,
                        patient_status=seeded.status,
                        paused_until=seeded.paused_until,
                        excluded=place in seeded.excludes,
                        resting_until=max((day for day in rests if day), default=None),
                    )
                )
    return therapists, open_requests


def candidates(
    store: Store, therapists: list[TherapistId] | None = None, policy: ContactPolicy = POLICY
) -> list[Candidate]:
    with store.open_unit() as unit:
        found = unit.requests.candidates(policy, today=TODAY, therapist_ids=therapists)
        return sorted(found, key=lambda candidate: candidate.history.therapist_id)


@given(situation=situations())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_candidates_are_what_the_rule_makes_of_all_open_requests(store: Store, situation: Situation) -> None:
    therapists, requests = put_in_place(store, situation)
    policy = evolve(POLICY, max_requests_per_email=situation.size)
    with store.open_unit() as unit:
        histories = unit.therapists.histories(therapists, policy, today=TODAY)

    found = candidates(store, therapists, policy)

    assert found == [
        candidate_of(histories[therapist], mine, policy, today=TODAY, potentially_available=flag)
        for therapist, flag in zip(therapists, situation.therapists, strict=True)
        if (mine := [request for request in requests if request.therapist_id == therapist])
    ]


@given(situation=situations())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_the_requests_of_a_therapist_have_the_facts_that_were_put_in_place(store: Store, situation: Situation) -> None:
    therapists, requests = put_in_place(store, situation)

    with store.open_unit() as unit:
        found = [request for therapist in therapists for request in unit.requests.of_therapist(therapist)]

    opened = [request for request in found if request.status is RequestStatus.OPEN]
    assert sorted(opened, key=lambda one: one.id) == sorted(requests, key=lambda one: one.id)


def test_without_therapists_named_all_that_have_open_requests_are_candidates(store: Store) -> None:
    first, another, idle = store.seed.therapist(), store.seed.therapist(), store.seed.therapist()
    store.seed.request(None, first)
    store.seed.request(None, another)
    store.seed.request(None, idle, status=RequestStatus.IN_PROGRESS)

    assert [candidate.history.therapist_id for candidate in candidates(store)] == [first, another]


def test_of_therapists_named_only_those_with_open_requests_are_candidates(store: Store) -> None:
    first, another, idle = store.seed.therapist(), store.seed.therapist(), store.seed.therapist()
    store.seed.request(None, first)
    store.seed.request(None, another)

    assert [candidate.history.therapist_id for candidate in candidates(store, [idle, first])] == [first]


def test_naming_no_therapist_gives_no_candidate(store: Store) -> None:
    store.seed.request(None, store.seed.therapist())

    assert not candidates(store, [])


def test_a_therapist_none_of_whose_requests_is_eligible_is_a_candidate_without_head(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.request(store.seed.patient(search_paused_until=TODAY + DAY), therapist)

    (found,) = candidates(store)

    assert (found.head, found.eligible, dict(found.held)) == ((), 0, {Reason.PATIENT_NOT_SEARCHING: 1})


@pytest.mark.parametrize("size", [1, 3, 12])
def test_the_head_holds_as_many_requests_as_an_email_and_the_rest_is_counted(store: Store, size: int) -> None:
    therapist = store.seed.therapist()
    requests = [store.seed.request(None, therapist) for _ in range(12)]

    (found,) = candidates(store, policy=ContactPolicy(max_requests_per_email=size))

    assert [request.id for request in found.head] == requests[:size]
    assert found.eligible == 12


def test_the_head_is_ranked_by_offered_then_priority_then_registration_then_id(store: Store) -> None:
    therapist = store.seed.therapist()
    keys = list(product([True, False], [1, 2], [None, date(2026, 2, 1), date(2026, 1, 1)]))
    ids = {
        (offered, -priority, registered_on or date.max): store.seed.request(
            store.seed.patient(registered_on=registered_on),
            therapist,
            priority=priority,
            email_contact_date=TODAY if offered else None,
        )
        for offered, priority, registered_on in keys
    }
    last = store.seed.request(store.seed.patient(registered_on=None), therapist, email_contact_date=TODAY)

    (found,) = candidates(store, policy=ContactPolicy(max_requests_per_email=20))

    assert [request.id for request in found.head] == [ids[key] for key in sorted(ids)] + [last]


def test_candidates_carry_the_history_of_their_therapist(store: Store) -> None:
    therapist = store.seed.therapist()
    store.seed.request(None, therapist)
    store.seed.queued_email(therapist)

    (found,) = candidates(store)

    assert found.history.email_outstanding


def test_candidates_see_what_their_unit_has_done(store: Store) -> None:
    therapist = store.seed.therapist()
    email = store.seed.email(therapist)
    one, two = store.seed.request(None, therapist), store.seed.request(None, therapist)

    with store.open_unit() as unit:
        unit.requests.take({one: email})
        (found,) = unit.requests.candidates(POLICY, today=TODAY)

    assert [request.id for request in found.head] == [two]


def test_a_therapist_whose_last_open_request_was_taken_is_no_candidate(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(None, therapist)
    take_for_good(store, (request,), store.seed.email(therapist))

    assert not candidates(store)
