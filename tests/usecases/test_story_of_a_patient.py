"""A whole story: a patient registers, is matched, requests go out, one accepts, and the others hear nothing twice."""

from collections import Counter

from boona_core.calls import Outcome
from boona_core.emails import EmailState
from boona_core.geo import Point
from boona_core.instants import BERLIN
from boona_core.lifecycles import PatientStep, TherapistStep
from boona_core.pairing import MatchingPolicy
from boona_core.patients import Gender, PatientStatus, PreferredGender, TravelLimit
from boona_core.postal_codes import PostalPlace
from boona_core.requests import RequestStatus
from boona_core.usecases.matching import FindMatches
from boona_core.usecases.moving_people import MovePeople
from boona_core.usecases.offering import OfferMatches
from tests.situations import TODAY
from tests.usecases.house import STATIONERY, House, house

CODES = {"10115": (52.532, 13.385), "12163": (52.460, 13.320), "01067": (51.055, 13.727)}
POLICY = MatchingPolicy()


def agency() -> House:
    """An agency that knows three postal codes, two of them near each other."""
    office = house()
    with office.memory.open_unit() as unit:
        unit.postal_codes.put([PostalPlace(code, "Town", None, Point(*at)) for code, at in CODES.items()])
        unit.commit()
    return office


def test_a_patient_finds_a_place_and_nobody_is_told_anything_twice() -> None:
    office = agency()
    move = MovePeople(open_unit=office.memory.open_unit, stationery=STATIONERY, switchboard=office.switchboard)
    find = FindMatches(open_unit=office.memory.open_unit, policy=POLICY, zone=BERLIN)
    offer = OfferMatches(open_unit=office.memory.open_unit, policy=POLICY, zone=BERLIN)
    near = [office.seed.therapist(postal_code="10115", gender=Gender.FEMALE) for _ in range(2)]
    nearby = office.seed.therapist(postal_code="12163", gender=Gender.FEMALE)
    man, far, blocked = (
        office.seed.therapist(postal_code="10115", gender=Gender.MALE),
        office.seed.therapist(postal_code="01067", gender=Gender.FEMALE),
        office.seed.therapist(postal_code="10115", gender=Gender.FEMALE),
    )
    move.therapist(blocked, TherapistStep.BLOCK, reason="no places this year")
    patient = office.seed.patient(
        status=PatientStatus.OPEN,
        registered_on=None,
        diagnosis="F32.1",
        postal_code="10115",
        travel_limit=TravelLimit(max_km=15),
        preferred_therapist_gender=PreferredGender.FEMALE,
    )

    # the search begins, and three practices fit
    assert find.for_patient(patient).fitting == ()
    move.patient(patient, PatientStep.START)
    fitting = find.for_patient(patient).fitting
    assert [match.therapist_id for match in fitting] == [*near, nearby]
    assert not {man, far, blocked} & {match.therapist_id for match in fitting}

    # requests are made of them and go out, each to its practice, once
    offered = offer([(match.patient_id, match.therapist_id) for match in fitting])
    requests = list(offered.request_ids.values())
    office.plan()
    office.drain()
    office.plan()
    office.drain()
    assert office.states() == [EmailState.SENT] * 3
    assert Counter(email.therapist_id for email in office.emails()) == Counter([*near, nearby])
    assert offer([(match.patient_id, match.therapist_id) for match in fitting]).request_ids == {}

    # one accepts: the patient is in therapy, and the other requests are canceled
    first = next(email for email in office.emails() if email.therapist_id == near[0])
    office.clock.days_pass(2)
    office.answer(first.id, numbers={Outcome.ACCEPTED: [1]})
    placed = office.memory.tables.patients.rows[patient]
    assert (placed.status, placed.registered_on) == (PatientStatus.IN_THERAPY, TODAY)
    assert Counter(office.statuses(requests)) == Counter({RequestStatus.ACCEPTED: 1, RequestStatus.CANCELED: 2})

    # weeks later nobody has heard anything again, and nobody is matched with who found a place
    office.clock.days_pass(30)
    office.plan()
    office.drain()
    assert len(office.emails()) == 3
    assert find.for_patient(patient).fitting == ()
