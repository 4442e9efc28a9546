"""What matching asks of a store, and that nobody who fits is lost on the way to the rules."""

from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest

from boona_core.geo import Box, Point, box_around
from boona_core.geocoding import Provenance
from boona_core.ids import PatientId, TherapistId
from boona_core.instants import BERLIN, local_day
from boona_core.matching import Match, decide_match, in_order
from boona_core.pairing import STRANGERS, MatchingPolicy, Pair
from boona_core.patients import Gender, PatientStatus, PreferredGender, TravelLimit, TravelMode
from boona_core.postal_codes import PostalPlace
from boona_core.requests import RequestStatus
from boona_core.therapists import GroupTherapy, TherapistStatus
from boona_core.usecases.matching import FindMatches
from boona_core.ways import NoRoad, Road, Route, Way
from boona_core.windows import WeeklyWindows
from tests.situations import NOW, TODAY, Store

MITTE = PostalPlace("10115", "Berlin", "BE", Point(52.532, 13.3849))
STEGLITZ = PostalPlace("12163", "Berlin", "BE", Point(52.4602, 13.3195))
DRESDEN = PostalPlace("01067", "Dresden", "SN", Point(51.0547, 13.7269))
BERLIN_BOX = Box(52.3, 52.7, 13.0, 13.8)
EVERYWHERE = Box(-90, 90, -180, 180)
POLICY = MatchingPolicy()
UNKNOWN_ID = 999_999


@pytest.fixture(autouse=True)
def places(store: Store) -> None:
    with store.open_unit() as unit:
        unit.postal_codes.put([MITTE, STEGLITZ, DRESDEN])
        unit.commit()


def in_box(store: Store, box: Box) -> list[TherapistId]:
    with store.open_unit() as unit:
        return [practice.therapist.id for practice in unit.matching.practices_in(box)]


# Patients


def test_a_seeker_is_the_patient_at_home(store: Store) -> None:
    patient = store.seed.patient(postal_code="10115", languages=("Farsi",), therapy_methods=("VT",))

    with store.open_unit() as unit:
        seekers = unit.matching.seekers([patient, PatientId(UNKNOWN_ID)])
        known = unit.patients.get_many([patient])

    assert [seeker.patient for seeker in seekers.values()] == list(known.values())
    assert seekers[patient].home == MITTE.point
    assert seekers[patient].languages == {"persisch"}


@pytest.mark.parametrize("written", [None, "99999", "anywhere", "A-1010"])
def test_who_lives_at_no_known_code_has_no_known_home(store: Store, written: str | None) -> None:
    patient = store.seed.patient(postal_code=written)

    with store.open_unit() as unit:
        assert unit.matching.seekers([patient])[patient].home is None


def test_those_who_wait_are_found_in_parts_and_matched_as_all_of_them_at_once(store: Store) -> None:
    patients = [store.seed.patient(postal_code="10115", registered_on=TODAY) for _ in range(5)]
    store.seed.patient(status=PatientStatus.OPEN)
    store.seed.therapist(postal_code="12163")
    find = FindMatches(open_unit=store.open_unit, policy=POLICY, zone=BERLIN)

    with store.open_unit() as unit:
        two = unit.matching.waiting(after=patients[1], limit=2)
        rest = unit.matching.waiting(after=patients[1])
    first, last = find.for_some(after=None, limit=3), find.for_some(after=patients[2], limit=3)

    assert [seeker.patient.id for seeker in two] == patients[2:4]
    assert [seeker.patient.id for seeker in rest] == patients[2:]
    assert (first.next_after, last.next_after) == (patients[2], None)
    in_parts = [(each.patient_id, each.fitting) for each in (*first.patients, *last.patients)]
    assert in_parts == list(find.for_everybody())


def test_those_who_wait_are_those_who_search(store: Store) -> None:
    first = store.seed.patient(search_paused_until=date(2027, 1, 1))
    store.seed.patient(status=PatientStatus.IN_THERAPY)
    store.seed.patient(status=PatientStatus.OPEN)
    last = store.seed.patient(excluded_therapists=frozenset({store.seed.therapist()}))

    with store.open_unit() as unit:
        waiting = unit.matching.waiting()

    assert [seeker.patient.id for seeker in waiting] == [first, last]
    assert len(waiting[1].patient.excluded_therapists) == 1


# Therapists


def test_a_practice_is_the_therapist_with_what_was_answered(store: Store) -> None:
    therapist = store.seed.therapist(
        postal_code="D-10115 ",
        availability=WeeklyWindows(),
        patient_age_from=18,
        patient_gender=PreferredGender.FEMALE,
        accepted_diagnoses=("F32",),
        group_therapy=GroupTherapy.GROUP,
    )
    day = date(2026, 2, 1)
    store.seed.request(None, therapist, status=RequestStatus.ACCEPTED, response_date=day)
    store.seed.request(None, therapist, status=RequestStatus.REJECTED, response_date=day)
    store.seed.request(None, therapist, status=RequestStatus.CANCELED, response_date=day)
    store.seed.request(None, therapist)

    with store.open_unit() as unit:
        practice = unit.matching.practices([therapist, TherapistId(UNKNOWN_ID)])[therapist]

        assert practice.therapist == unit.therapists.get(therapist)
    assert practice.therapist.availability == WeeklyWindows()
    assert practice.place == MITTE.point
    assert (practice.answered, practice.accepted) == (2, 1)
    assert not practice.mailbox_closed


def test_a_mailbox_that_wishes_no_letters_closes_the_practice(store: Store) -> None:
    closed = store.seed.therapist(mailbox_id=store.seed.mailbox(do_not_contact=True))
    without = store.seed.therapist(mailbox_id=None)

    with store.open_unit() as unit:
        practices = unit.matching.practices([closed, without])

    assert practices[closed].mailbox_closed
    assert not practices[without].mailbox_closed


def test_a_box_holds_those_who_have_another_place_in_it_once(store: Store) -> None:
    both = store.seed.therapist(
        postal_code="10115", other_addresses=("Weg 1, 12163 Berlin", "Weg 2, 01067 Dresden", "Weg 3, 99999 Nirgends")
    )
    elsewhere = store.seed.therapist(
        postal_code="01067", other_addresses=("Weg 12345, D-12163 Berlin", "Haus A99999, 12163")
    )
    store.seed.therapist(postal_code="01067", other_addresses=("Weg 1, 01067 Dresden",))
    store.seed.therapist(postal_code="01067", other_addresses=())

    with store.open_unit() as unit:
        practices = unit.matching.practices_in(BERLIN_BOX)

    assert [practice.therapist.id for practice in practices] == [both, elsewhere]
    assert practices[0].places == (MITTE.point, STEGLITZ.point, DRESDEN.point)
    assert practices[1].places == (DRESDEN.point, STEGLITZ.point)


def test_a_box_holds_those_at_a_code_in_it_however_it_was_written(store: Store) -> None:
    plain = store.seed.therapist(postal_code="10115")
    store.seed.therapist(postal_code="01067")
    store.seed.therapist(postal_code="99999")
    store.seed.therapist(postal_code=None)
    odd = store.seed.therapist(postal_code=" D-12163")
    store.seed.therapist(postal_code="somewhere")
    also_plain = store.seed.therapist(postal_code="12163")

    assert in_box(store, BERLIN_BOX) == [plain, odd, also_plain]


def test_inactive_and_blocked_therapists_are_in_the_box_and_erased_ones_are_not(store: Store) -> None:
    inactive = store.seed.therapist(postal_code="10115", status=TherapistStatus.INACTIVE)
    store.seed.therapist(postal_code="10115", erased_at=datetime(2026, 1, 1, tzinfo=UTC))

    assert in_box(store, BERLIN_BOX) == [inactive]


def test_an_empty_box_holds_nobody(store: Store) -> None:
    store.seed.therapist(postal_code="10115")

    assert in_box(store, Box(0, 1, 0, 1)) == []


def test_a_box_round_the_earth_holds_everybody_at_a_known_place(store: Store) -> None:
    known = store.seed.therapist(postal_code="10115")
    store.seed.therapist(postal_code=None)

    assert in_box(store, EVERYWHERE) == [known]
    assert in_box(store, Box(52, 53, 373, 374)) == [known]


def test_all_are_all_that_were_not_erased(store: Store) -> None:
    at_home = store.seed.therapist(postal_code="10115")
    nowhere = store.seed.therapist(postal_code=None)
    store.seed.therapist(erased_at=datetime(2026, 1, 1, tzinfo=UTC))
    store.seed.request(None, at_home, status=RequestStatus.ACCEPTED, response_date=TODAY)

    with store.open_unit() as unit:
        practices = unit.matching.all_practices()

    assert [(each.therapist.id, each.place, each.accepted) for each in practices] == [
        (at_home, MITTE.point, 1),
        (nowhere, None, 0),
    ]


# Pairs


def test_a_pair_is_what_its_requests_left_behind(store: Store) -> None:
    patient, therapist = store.seed.patient(), store.seed.therapist()
    store.seed.request(patient, therapist, status=RequestStatus.REJECTED, next_contact_after=date(2026, 4, 1))
    store.seed.request(patient, therapist, status=RequestStatus.REJECTED, next_contact_after=date(2026, 3, 1))
    store.seed.request(patient, therapist)
    store.seed.request(patient, store.seed.therapist(), status=RequestStatus.CANCELED)

    with store.open_unit() as unit:
        of_patient = unit.matching.pairs(patient_ids=[patient])
        of_therapist = unit.matching.pairs(therapist_ids=[therapist])
        of_nobody = unit.matching.pairs()

    assert of_patient == {(patient, therapist): Pair(request_open=True, resting_until=date(2026, 4, 1))}
    assert of_therapist == of_patient
    assert of_nobody == {}


# Nobody is lost and nobody is invented


def some(chance: Random, *choices: Any) -> Any:
    return chance.choice(choices)


def populated(store: Store, chance: Random) -> None:
    """Many of both, in three towns and nowhere."""
    week = WeeklyWindows.from_json({"monday": ["08:00-12:00"]})
    other_week = WeeklyWindows.from_json({"monday": ["11:00-18:00"], "friday": ["08:00-10:00"]})
    codes = ("10115", "10115", "12163", "12163", "01067", "D-10115", "99999", None)
    patients = [
        store.seed.patient(
            postal_code=some(chance, *codes),
            status=some(chance, PatientStatus.SEARCHING, PatientStatus.SEARCHING, PatientStatus.OPEN),
            travel_limit=some(
                chance, None, TravelLimit(max_km=5), TravelLimit(max_minutes=30), TravelLimit(max_km=400)
            ),
            travel_mode=some(chance, None, *TravelMode),
            gender=some(chance, None, *Gender),
            preferred_therapist_gender=some(chance, None, None, *PreferredGender),
            therapy_methods=some(chance, (), (), ("VT",)),
            languages=some(chance, (), (), ("Farsi",)),
            diagnosis=some(chance, None, "F32.1", "F41.0"),
            birth_date=some(chance, None, date(1980, 1, 1), date(2010, 1, 1)),
            availability=some(chance, None, week, other_week),
            registered_on=date(2025, chance.randint(1, 12), 1),
        )
        for _ in range(40)
    ]
    therapists = [
        store.seed.therapist(
            postal_code=some(chance, *codes),
            status=some(chance, *[TherapistStatus.ACTIVE] * 6, *TherapistStatus),
            gender=some(chance, None, *Gender),
            therapy_methods=some(chance, (), ("VT",), ("TP",)),
            languages=some(chance, (), ("Farsi",)),
            patient_gender=some(chance, None, None, *PreferredGender),
            patient_age_from=some(chance, None, None, 18),
            other_addresses=some(chance, (), (), ("Weg 1, 10115 Berlin", "Weg 2, 12163 Berlin"), ("01067 Dresden",)),
            accepted_diagnoses=some(chance, (), (), ("F3",)),
            availability=some(chance, None, week, other_week),
            potentially_available=some(chance, False, True),
        )
        for _ in range(60)
    ]
    for patient in patients:
        for therapist in chance.sample(therapists, 4):
            store.seed.request(
                patient,
                therapist,
                status=some(chance, RequestStatus.OPEN, RequestStatus.REJECTED, RequestStatus.CANCELED),
                next_contact_after=some(chance, None, date(2100, 1, 1), date(2020, 1, 1)),
                response_date=some(chance, None, TODAY),
            )


def routed(store: Store, chance: Random) -> None:
    """Most ways between the towns are known: short ones, long ones, and that there is none."""
    provenance = Provenance(source="osrm", asked_at=NOW, ends_at=datetime(2126, 1, 1, tzinfo=UTC))
    towns = [MITTE.point, STEGLITZ.point, DRESDEN.point]
    ways = [Way(here, there, mode) for here in towns for there in towns for mode in TravelMode if here != there]
    found = (Road(9.0, 5), Road(9.0, 24), Road(9.0, 90), NoRoad.NO_WAY, NoRoad.OFF_MAP)
    with store.open_unit() as unit:
        unit.routes.put({way: Route(some(chance, *found), provenance) for way in chance.sample(ways, 18)})
        unit.commit()


def every_pair(store: Store, policy: MatchingPolicy) -> list[Match]:
    """The slow check: everybody against everybody, nothing left out beforehand."""
    with store.open_unit() as unit:
        today = local_day(unit.now(), BERLIN)
        seekers = unit.matching.waiting()
        practices = unit.matching.all_practices()
        pairs = unit.matching.pairs(patient_ids=[seeker.patient.id for seeker in seekers])
        homes = [seeker.home for seeker in seekers if seeker.home is not None]
        routes = unit.routes.known(homes=homes, now=unit.now())
    return [
        decide_match(
            seeker,
            practice,
            pairs.get((seeker.patient.id, practice.therapist.id), STRANGERS),
            policy=policy,
            today=today,
            routes=routes,
        )
        for seeker in seekers
        for practice in practices
    ]


@pytest.mark.parametrize("allowed", [False, True])
def test_those_found_are_exactly_those_of_every_pair_that_fit(store: Store, allowed: bool) -> None:
    populated(store, Random(6))  # noqa: S311
    routed(store, Random(8))  # noqa: S311
    policy = MatchingPolicy(allow_unknown_distance=allowed)
    find = FindMatches(open_unit=store.open_unit, policy=policy, zone=BERLIN, patients=7)
    fits = [match for match in every_pair(store, policy) if match.fits]
    patients = sorted({match.patient_id for match in fits})
    therapists = sorted({match.therapist_id for match in fits})
    assert len(fits) > 50
    assert sum(match.route is not None for match in fits) > 10

    for_patients = [match for each in patients for match in find.for_patient(each).fitting]
    for_therapists = [match for each in therapists for match in find.for_therapist(each).fitting]
    for_everybody = [match for _, matches in find.for_everybody() for match in matches]

    wanted = [match for each in patients for match in in_order([m for m in fits if m.patient_id == each], policy)]
    assert for_patients == wanted
    assert for_everybody == wanted
    assert for_therapists == [
        match for each in therapists for match in in_order([m for m in fits if m.therapist_id == each], policy)
    ]


def test_who_is_reached_in_time_is_found_however_far_the_estimate_puts_them(store: Store) -> None:
    patient = store.seed.patient(
        postal_code="10115", travel_mode=TravelMode.CAR, travel_limit=TravelLimit(max_minutes=30)
    )
    therapist = store.seed.therapist(postal_code="01067")
    find = FindMatches(open_unit=store.open_unit, policy=POLICY, zone=BERLIN)
    before = find.for_patient(patient).fitting
    provenance = Provenance(source="osrm", asked_at=NOW, ends_at=datetime(2126, 1, 1, tzinfo=UTC))
    route = Route(Road(193.0, 24), provenance)
    with store.open_unit() as unit:
        unit.routes.put({Way(MITTE.point, DRESDEN.point, TravelMode.CAR): route})
        unit.commit()

    ((_, for_everybody),) = find.for_everybody()

    assert before == ()
    assert [(match.therapist_id, match.way, match.route) for match in for_everybody] == [(therapist, 30, route)]
    assert list(find.for_patient(patient).fitting) == for_everybody
    assert list(find.for_therapist(therapist).fitting) == for_everybody
    assert find.of_pair(patient, therapist) == for_everybody[0]


def test_the_others_within_reach_come_with_every_reason(store: Store) -> None:
    populated(store, Random(7))  # noqa: S311
    routed(store, Random(9))  # noqa: S311
    find = FindMatches(open_unit=store.open_unit, policy=POLICY, zone=BERLIN)
    decided = every_pair(store, POLICY)
    patient = next(match.patient_id for match in decided if match.fits)
    far = {"distance", "travel_time"}
    wanted = [m for m in decided if m.patient_id == patient and not m.fits and far.isdisjoint(m.reasons)]

    others = find.for_patient(patient).others

    assert list(others) == in_order(wanted, POLICY)


def test_the_store_narrows_by_the_box_and_the_box_is_narrow(store: Store) -> None:
    near = store.seed.therapist(postal_code="10115")
    store.seed.therapist(postal_code="12163")

    assert in_box(store, box_around(MITTE.point, 5)) == [near]


def test_all_against_all_finds_who_has_another_place_near(store: Store) -> None:
    many = [PostalPlace(f"{20_000 + n}", "Ort", None, Point(48 + n / 10, 9.0)) for n in range(60)]
    with store.open_unit() as unit:
        unit.postal_codes.put(many)
        unit.commit()
    patient = store.seed.patient(postal_code="10115", travel_limit=TravelLimit(max_km=5))
    therapists = [store.seed.therapist(postal_code=place.code) for place in many]
    elsewhere = store.seed.therapist(postal_code="20000", other_addresses=("Weg 1, 10115 Berlin",))

    find = FindMatches(open_unit=store.open_unit, policy=POLICY, zone=BERLIN)
    found = {patient_id: [match.therapist_id for match in matches] for patient_id, matches in find.for_everybody()}

    assert len(therapists) == 60
    assert found == {patient: [elsewhere]}
