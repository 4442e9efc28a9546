"""Matches become placement requests, and never two at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from attrs import evolve

from boona_core.errors import UnknownId
from boona_core.events import Event, EventType
from boona_core.geo import Point
from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from boona_core.instants import BERLIN
from boona_core.mismatches import MatchReason
from boona_core.pairing import MatchingPolicy
from boona_core.patients import Gender, PatientStatus, PreferredGender
from boona_core.postal_codes import PostalPlace
from boona_core.requests import RequestStatus
from boona_core.therapists import TherapistStatus
from boona_core.usecases.matching import FindMatches
from boona_core.usecases.offering import OfferMatches
from tests.situations import TODAY, MemorySeeds
from tests.usecases.house import House, house

POLICY = MatchingPolicy()
NOBODY = 99


@pytest.fixture
def office() -> House:
    """An agency that knows where 10115 is."""
    made = house()
    with made.memory.open_unit() as unit:
        unit.postal_codes.put([PostalPlace("10115", "Berlin", "BE", Point(52.532, 13.3849))])
        unit.commit()
    return made


def find(office: House) -> FindMatches:
    return FindMatches(open_unit=office.memory.open_unit, policy=POLICY, zone=BERLIN)


def offer(office: House) -> OfferMatches:
    return OfferMatches(open_unit=office.memory.open_unit, policy=POLICY, zone=BERLIN)


def patient(seed: MemorySeeds, **fields: object) -> PatientId:
    return seed.patient(**{"postal_code": "10115", **fields})


def therapist(seed: MemorySeeds, **fields: object) -> TherapistId:
    return seed.therapist(**{"postal_code": "10115", **fields})


def statuses(office: House) -> list[RequestStatus]:
    return [row.status for _, row in sorted(office.memory.tables.requests.rows.items())]


def test_a_pair_that_fits_is_offered_and_told(office: House) -> None:
    pair = patient(office.seed), therapist(office.seed)

    offered = offer(office)([pair], priority=3)

    assert offered.request_ids == {pair: PlacementRequestId(1)}
    assert office.memory.tables.requests.rows[PlacementRequestId(1)].priority == 3
    assert office.events() == [
        Event(
            type=EventType.MATCH_CREATED,
            key=pair[1],
            data={"match_id": 1, "patient_id": pair[0], "therapist_id": pair[1], "priority": 3},
        )
    ]


def test_a_pair_is_never_offered_twice_at_once(office: House) -> None:
    pair = patient(office.seed), therapist(office.seed)
    offer(office)([pair])

    again = offer(office)([pair, pair])

    assert again.request_ids == {}
    assert [match.reasons for match in again.refused] == [(MatchReason.REQUEST_OPEN,)]
    assert statuses(office) == [RequestStatus.OPEN]


def test_two_who_offer_the_same_pair_at_once_offer_it_once(office: House) -> None:
    pair = patient(office.seed), therapist(office.seed)

    with ThreadPoolExecutor() as pool:
        offers = list(pool.map(lambda _: offer(office)([pair]), range(8)))

    assert sum(len(each.request_ids) for each in offers) == 1
    assert statuses(office) == [RequestStatus.OPEN]


def test_a_rejected_pair_may_be_offered_again_after_its_rest(office: House) -> None:
    pair = patient(office.seed), therapist(office.seed)
    rests = date(2026, 3, 30)
    office.seed.request(*pair, status=RequestStatus.REJECTED, response_date=TODAY, next_contact_after=rests)

    too_early = offer(office)([pair])
    office.clock.days_pass((rests - TODAY).days)
    in_time = offer(office)([pair])

    assert [mismatch.until for match in too_early.refused for mismatch in match.mismatches] == [rests]
    assert list(in_time.request_ids) == [pair]


def test_what_does_not_fit_is_refused_with_every_reason_and_the_others_are_offered(office: House) -> None:
    wishes = patient(office.seed, preferred_therapist_gender=PreferredGender.FEMALE)
    woman = therapist(office.seed, gender=Gender.FEMALE)
    blocked_man = therapist(office.seed, gender=Gender.MALE, status=TherapistStatus.BLOCKED)

    offered = offer(office)([(wishes, blocked_man), (wishes, woman)])

    assert list(offered.request_ids) == [(wishes, woman)]
    assert [match.reasons for match in offered.refused] == [(MatchReason.BLOCKED, MatchReason.THERAPIST_GENDER)]


def test_what_changed_since_the_list_was_made_is_not_offered(office: House) -> None:
    pair = patient(office.seed), therapist(office.seed)
    (listed,) = find(office).for_patient(pair[0]).fitting
    table = office.memory.tables.patients
    table.put(pair[0], evolve(table.rows[pair[0]], status=PatientStatus.IN_THERAPY))

    offered = offer(office)([(listed.patient_id, listed.therapist_id)])

    assert offered.request_ids == {}
    assert statuses(office) == []


def test_a_dry_run_says_the_same_and_creates_nothing(office: House) -> None:
    pair = patient(office.seed), therapist(office.seed)

    offered = offer(office)([pair], dry_run=True)

    assert list(offered.request_ids) == [pair]
    assert statuses(office) == []
    assert office.events() == []


def test_an_unknown_side_is_a_misuse_and_nothing_is_created(office: House) -> None:
    known = patient(office.seed), therapist(office.seed)

    with pytest.raises(UnknownId, match="no patient has the id 99"):
        offer(office)([known, (PatientId(NOBODY), known[1])])
    with pytest.raises(UnknownId, match="no therapist has the id 99"):
        offer(office)([known, (known[0], TherapistId(NOBODY))])

    assert statuses(office) == []


def test_nobody_unknown_is_matched(office: House) -> None:
    with pytest.raises(UnknownId):
        find(office).for_patient(PatientId(NOBODY))
    with pytest.raises(UnknownId):
        find(office).for_therapist(TherapistId(NOBODY))
    with pytest.raises(UnknownId):
        find(office).of_pair(patient(office.seed), TherapistId(NOBODY))


def test_a_patient_at_an_unknown_place_fits_nobody_and_it_is_told(office: House) -> None:
    lost = patient(office.seed, postal_code=None)
    therapist(office.seed)

    matches = find(office).for_patient(lost)

    assert not matches.place_known
    assert matches.fitting == matches.others == ()


def test_a_pair_can_be_asked_about_however_far_it_is(office: House) -> None:
    lost = therapist(office.seed, postal_code="99999")

    match = find(office).of_pair(patient(office.seed), lost)

    assert match.reasons == (MatchReason.DISTANCE,)
    assert match.mismatches[0].unknown


def test_the_longest_waiting_patient_is_the_first_for_a_therapist(office: House) -> None:
    newest = patient(office.seed, registered_on=date(2026, 2, 1))
    oldest = patient(office.seed, registered_on=date(2025, 2, 1))

    matches = find(office).for_therapist(therapist(office.seed))

    assert [match.patient_id for match in matches.fitting] == [oldest, newest]


def test_the_requests_that_were_created_go_out_with_the_next_plan(office: House) -> None:
    pairs = [(patient(office.seed), therapist(office.seed)) for _ in range(2)]
    offer(office)(pairs)

    run = office.plan()

    assert [[request.patient_id for request in email.requests] for email in run.plan.emails] == [[p] for p, _ in pairs]
