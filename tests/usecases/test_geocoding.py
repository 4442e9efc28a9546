"""What is asked of a geocoder and of a router, in which steps, and that nothing is asked twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from attrs import define, evolve, field

from boona_core.errors import StoreUnavailable, UnknownId
from boona_core.geo import Point
from boona_core.geocoding import Address, GeocodingPolicy, Service
from boona_core.geocoding_ports import ServiceFault
from boona_core.ids import PatientId
from boona_core.instants import BERLIN
from boona_core.pairing import MatchingPolicy
from boona_core.patients import Gender, PatientStatus, PreferredGender, TravelLimit, TravelMode
from boona_core.postal_codes import PostalPlace
from boona_core.therapists import TherapistStatus
from boona_core.usecases.asked import Asked
from boona_core.usecases.asking_in_turn import LEASE, PATIENCE, AskInTurn
from boona_core.usecases.locating import LocatePeople
from boona_core.usecases.matching import FindMatches
from boona_core.usecases.offering import OfferMatches
from boona_core.usecases.routing import FindRoutes
from boona_core.ways import NoRoad, Road, spot
from boona_core.windows import WeeklyWindows
from tests.situations import NOW
from tests.usecases.house import House, house
from tests.usecases.maps import ScriptedGeocoder, ScriptedRouter

MITTE = Point(52.532, 13.3849)
STEGLITZ = Point(52.4602, 13.3195)
POTSDAM = Point(52.4, 13.06)
WUSTERHAUSEN = Point(52.3, 13.63)
DRESDEN = Point(51.0547, 13.7269)

OFFICE = {"street": "Lindenstraße 1", "postal_code": "20095", "city": "Hamburg"}
FINE, COARSE = Address(**OFFICE), Address(postal_code="20095", city="Hamburg")
CODE = Address(postal_code="20095")
HAMBURG = Point(53.5511, 10.0014)

AWAY = ServiceFault(Service.NOMINATIM, "is away")
SECOND = timedelta(seconds=1)


@define
class Office:
    """An agency that may ask two services of maps, in a time that passes only while somebody waits.

    Attributes:
        oversleeps: Seconds that each wait takes longer than it should.
    """

    house: House
    geocoder: ScriptedGeocoder
    router: ScriptedRouter
    oversleeps: list[float] = field(factory=list)
    policy: GeocodingPolicy = field(factory=GeocodingPolicy)

    def in_turn(self, service: Service) -> AskInTurn:
        """What asks one of them in turn."""
        return AskInTurn(
            open_unit=self.house.memory.open_unit,
            service=service,
            new_token=uuid4,
            elapsed=self._elapsed,
            sleep=self._sleep,
        )

    def _elapsed(self) -> float:
        return (self.house.clock.now - NOW).total_seconds()

    def _sleep(self, seconds: float) -> None:
        self.house.clock.passes(seconds=seconds + (self.oversleeps.pop(0) if self.oversleeps else 0))

    def locate(self, **options: Any) -> Asked:
        """Ask about places."""
        return LocatePeople(
            open_unit=self.house.memory.open_unit,
            geocoder=self.geocoder,
            ask_in_turn=self.in_turn(Service.NOMINATIM),
            policy=self.policy,
        )(**options)

    def find_routes(self, *patients: PatientId, **options: Any) -> Asked:
        """Ask about the ways of some patients, or of all who wait."""
        return FindRoutes(
            open_unit=self.house.memory.open_unit,
            router=self.router,
            ask_in_turn=self.in_turn(Service.OSRM),
            policy=self.policy,
            matching=MatchingPolicy(),
            zone=BERLIN,
        )(patients or None, **options)

    @property
    def matches(self) -> FindMatches:
        """Hold patients and therapists against each other."""
        return FindMatches(open_unit=self.house.memory.open_unit, policy=MatchingPolicy(), zone=BERLIN)

    def places(self) -> list[Point | None]:
        """Where the therapists are, by id."""
        with self.house.memory.open_unit() as unit:
            return [practice.place for practice in unit.matching.all_practices()]

    def destinations(self) -> list[tuple[Point, ...]]:
        """Where the ways led that the router was asked about, question by question."""
        return [theres for _, theres, _ in self.router.asked]


@pytest.fixture
def office() -> Office:
    """An agency that has a small table of postal codes."""
    made = house()
    table = {"10115": MITTE, "12163": STEGLITZ, "14467": POTSDAM, "15711": WUSTERHAUSEN, "01067": DRESDEN}
    with made.memory.open_unit() as unit:
        unit.postal_codes.put([PostalPlace(code, "Ort", None, point) for code, point in table.items()])
        unit.commit()
    return Office(made, ScriptedGeocoder(made.clock), ScriptedRouter(made.clock))


# Places


def test_a_practice_is_asked_about_and_is_where_the_answer_says(office: Office) -> None:
    office.house.seed.therapist(**OFFICE)
    office.geocoder.places = {FINE: HAMBURG}

    asked = office.locate()

    assert office.geocoder.asked == [FINE]
    assert office.places() == [HAMBURG]
    assert asked == Asked(dry_run=False, people=1, questions=1, found=1)


def test_a_practice_whose_street_nobody_knows_is_asked_about_by_its_town(office: Office) -> None:
    office.house.seed.therapist(**OFFICE)
    office.geocoder.places = {COARSE: HAMBURG}

    asked = office.locate()

    assert office.geocoder.asked == [FINE, COARSE]
    assert office.places() == [HAMBURG]
    assert (asked.questions, asked.found, asked.unknown) == (2, 1, 1)


def test_a_second_place_is_asked_about_where_the_table_does_not_know_it_and_is_matched_then(office: Office) -> None:
    therapist = office.house.seed.therapist(
        postal_code="10115", other_addresses=("Lindenstraße 1, 20095 Hamburg", "Weg 2, 12163 Berlin")
    )
    patient = office.house.seed.patient(postal_code="20095", travel_limit=TravelLimit(max_km=20))
    office.geocoder.places = {FINE: HAMBURG, CODE: HAMBURG}
    before = office.matches.for_patient(patient).fitting

    asked = office.locate()

    assert office.geocoder.asked == [FINE, CODE]
    assert asked == Asked(dry_run=False, people=2, questions=2, found=2)
    assert before == ()
    assert [match.therapist_id for match in office.matches.for_patient(patient).fitting] == [therapist]
    assert office.locate() == Asked(dry_run=False)


def test_a_second_place_without_a_postal_code_stays_unknown(office: Office) -> None:
    office.house.seed.therapist(postal_code="10115", other_addresses=("Lindenstraße 1, Hamburg",))

    assert office.locate() == Asked(dry_run=False, people=1, without_question=1)
    assert office.geocoder.asked == []


def test_of_a_patient_the_postal_code_leaves_the_house_and_nothing_else(office: Office) -> None:
    office.house.seed.patient(**OFFICE)

    office.locate()

    assert office.geocoder.asked == [CODE]


def test_who_is_at_a_code_of_the_table_is_not_asked_about(office: Office) -> None:
    office.house.seed.therapist(street="Lindenstraße 1", postal_code="10115", city="Berlin")
    office.house.seed.patient(postal_code="12163")

    assert office.locate() == Asked(dry_run=False)
    assert office.geocoder.asked == []


def test_nobody_is_asked_about_who_is_not_matched(office: Office) -> None:
    office.house.seed.therapist(**OFFICE, status=TherapistStatus.INACTIVE)
    office.house.seed.therapist(**OFFICE, erased_at=NOW)
    office.house.seed.patient(postal_code="20095", status=PatientStatus.IN_THERAPY)

    assert office.locate().people == 0


def test_of_whom_too_little_is_known_nothing_is_asked(office: Office) -> None:
    office.house.seed.therapist(street="Lindenstraße 1")
    office.house.seed.patient(city="Hamburg")

    asked = office.locate()

    assert asked == Asked(dry_run=False, people=2, without_question=2)
    assert office.geocoder.asked == []


def test_colleagues_in_one_house_are_asked_about_once(office: Office) -> None:
    office.house.seed.therapist(**OFFICE)
    office.house.seed.therapist(street="LINDENSTR. 1", postal_code="D-20095", city="hamburg")
    office.geocoder.places = {FINE: HAMBURG}

    office.locate()

    assert office.geocoder.asked == [FINE]
    assert office.places() == [HAMBURG, HAMBURG]


def test_what_is_known_is_not_asked_again_until_it_ends(office: Office) -> None:
    office.house.seed.therapist(**OFFICE)
    office.geocoder.places = {FINE: HAMBURG}
    office.locate()

    office.house.clock.days_pass(179)
    before = office.locate().questions
    office.house.clock.days_pass(2)
    gone = office.places()
    after = office.locate().questions

    assert (before, after) == (0, 1)
    assert gone == [None]
    assert office.places() == [HAMBURG]


def test_what_nobody_knows_is_asked_again_sooner(office: Office) -> None:
    office.house.seed.patient(postal_code="20095")
    office.locate()

    office.house.clock.days_pass(13)
    before = office.locate().questions
    office.house.clock.days_pass(2)
    after = office.locate().questions

    assert (before, after) == (0, 1)


def test_an_answer_that_has_ended_is_not_used_although_the_service_is_away(office: Office) -> None:
    office.house.seed.therapist(**OFFICE)
    office.geocoder.places = {FINE: HAMBURG}
    office.locate()
    office.house.clock.days_pass(181)
    office.geocoder.faults = [AWAY]

    asked = office.locate()

    assert asked.failed == 1
    assert office.places() == [None]


def test_a_dry_run_says_what_would_be_asked_first_and_asks_nothing(office: Office) -> None:
    office.house.seed.therapist(**OFFICE)
    office.house.seed.therapist(**OFFICE)
    office.house.seed.patient(postal_code="20095")

    assert office.locate(dry_run=True) == Asked(dry_run=True, people=3, questions=2)
    assert office.locate(dry_run=True, limit=1).limited
    assert office.geocoder.asked == []
    assert office.house.memory.tables.service_turns.rows == {}


def test_a_run_ends_at_its_limit_and_the_next_one_goes_on_there(office: Office) -> None:
    towns = [office.house.seed.therapist(city=f"Stadt {number}") for number in range(5)]
    told: list[int] = []

    first = office.locate(limit=2, on_asked=told.append)
    second = office.locate()

    assert first == Asked(dry_run=False, people=5, questions=2, unknown=2, limited=True)
    assert told == [1, 2]
    assert second == Asked(dry_run=False, people=5, questions=3, unknown=3)
    assert len(set(office.geocoder.asked)) == len(office.geocoder.asked) == len(towns)


def test_a_run_that_asks_as_much_as_it_may_and_has_no_more_to_ask_is_not_limited(office: Office) -> None:
    office.house.seed.therapist(city="Stadt")

    assert not office.locate(limit=1).limited


# Turns


def test_questions_are_a_second_apart_also_from_run_to_run(office: Office) -> None:
    [office.house.seed.therapist(city=f"Stadt {number}") for number in range(6)]

    office.locate(limit=3)
    office.locate()

    gaps = [later - earlier for earlier, later in pairwise(office.geocoder.instants)]
    assert len(gaps) == 5
    assert min(gaps) >= SECOND


def test_who_oversleeps_a_turn_takes_another(office: Office) -> None:
    [office.house.seed.therapist(city=f"Stadt {number}") for number in range(3)]
    office.oversleeps = [0.0, 0.9, 0.0, 0.14]

    asked = office.locate()

    gaps = [later - earlier for earlier, later in pairwise(office.geocoder.instants)]
    assert asked.questions == 3
    assert min(gaps) >= SECOND
    assert max(gaps) > 1.5 * SECOND


def test_who_misses_every_turn_says_so_and_asks_nothing(office: Office) -> None:
    office.house.seed.therapist(city="Stadt")
    office.oversleeps = [5.0] * 5

    asked = office.locate()

    assert office.geocoder.asked == []
    assert asked.failed == 1
    assert office.house.memory.tables.leases.rows == {}


def test_many_who_ask_at_once_ask_everything_once(office: Office) -> None:
    [office.house.seed.therapist(city=f"Stadt {number}") for number in range(8)]
    standing_still = evolve(office.in_turn(Service.NOMINATIM), sleep=lambda _: None, elapsed=lambda: 0.0)
    locate = LocatePeople(
        open_unit=office.house.memory.open_unit,
        geocoder=office.geocoder,
        ask_in_turn=standing_still,
        policy=office.policy,
    )

    with ThreadPoolExecutor(4) as pool:
        runs = [run.result(60) for run in [pool.submit(locate) for _ in range(4)]]

    assert len(office.geocoder.asked) == len(set(office.geocoder.asked)) == 8
    assert sum(run.questions for run in runs) == 8


def test_a_question_that_another_run_asks_is_left_to_it_and_the_others_are_asked(office: Office) -> None:
    office.house.seed.therapist(city="Stadt 0")
    office.house.seed.therapist(city="Stadt 1")
    killed(office, Address(city="Stadt 0"))

    asked = office.locate()

    assert (asked.questions, asked.elsewhere) == (1, 1)
    assert office.geocoder.asked == [Address(city="Stadt 1")]


def test_what_a_killed_run_was_asking_is_asked_once_its_claim_has_ended(office: Office) -> None:
    office.house.seed.therapist(city="Stadt 0")
    killed(office, Address(city="Stadt 0"))

    office.house.clock.now += LEASE
    asked = office.locate()

    assert (asked.questions, asked.elsewhere) == (1, 0)


def killed(office: Office, question: Address) -> None:
    """A process has claimed a question, and is there no more."""
    with office.house.memory.open_unit() as unit:
        unit.leases.take(f"nominatim:{question.key[:40]}", token=uuid4(), now=unit.now(), lease=LEASE)
        unit.commit()


# Faults


def test_a_fault_is_no_answer_and_the_question_is_asked_again_by_the_next_run(office: Office) -> None:
    office.house.seed.therapist(city="Stadt 0")
    office.house.seed.therapist(city="Stadt 1")
    office.geocoder.faults = [AWAY]

    first = office.locate()
    second = office.locate()

    assert first == Asked(dry_run=False, people=2, questions=2, unknown=1, failed=1)
    assert second.questions == 1
    assert office.geocoder.asked[-1] == office.geocoder.asked[0]


def test_a_service_that_fails_three_times_in_a_row_is_not_asked_on(office: Office) -> None:
    [office.house.seed.therapist(city=f"Stadt {number}") for number in range(9)]
    office.geocoder.faults = [AWAY, AWAY, None, AWAY, AWAY, AWAY]

    asked = office.locate()

    assert len(office.geocoder.asked) == 6
    assert (asked.questions, asked.failed) == (6, 5)
    assert asked.stopped == "nominatim: is away"
    assert not asked.limited


def test_a_service_that_wants_to_be_left_alone_is_left_alone_by_everybody(office: Office) -> None:
    [office.house.seed.therapist(city=f"Stadt {number}") for number in range(3)]
    office.geocoder.faults = [left_alone(timedelta(minutes=10))]

    first = office.locate()
    second = office.locate()
    office.house.clock.passes(minutes=10)
    third = office.locate()

    assert first.stopped == "nominatim: was asked too often"
    assert second.stopped == "nominatim is to be left alone for a while"
    assert (first.questions, second.questions, third.questions) == (1, 0, 3)
    assert third.stopped is None


def test_a_short_rest_is_waited_for(office: Office) -> None:
    office.house.seed.therapist(city="Stadt")
    office.geocoder.faults = [left_alone(PATIENCE - SECOND)]
    office.locate()

    asked = office.locate()

    assert asked.unknown == 1
    assert office.geocoder.instants[1] - office.geocoder.instants[0] >= PATIENCE - SECOND


def left_alone(rest: timedelta) -> ServiceFault:
    """A service that wants to be left alone."""
    return ServiceFault(Service.NOMINATIM, "was asked too often", rest)


@pytest.mark.parametrize("end", [KeyboardInterrupt(), MemoryError()])
def test_who_is_interrupted_lets_go_of_the_question_and_keeps_what_was_answered(
    office: Office, end: BaseException
) -> None:
    [office.house.seed.therapist(city=f"Stadt {number}") for number in range(3)]
    office.geocoder.faults = [None, end]

    with pytest.raises(type(end)):
        office.locate()
    asked = office.locate()

    assert (asked.questions, asked.elsewhere) == (2, 0)
    assert office.geocoder.asked.count(office.geocoder.asked[0]) == 1


def test_a_run_that_is_told_to_stop_leaves_the_rest_to_the_next(office: Office) -> None:
    [office.house.seed.therapist(city=f"Stadt {number}") for number in range(5)]

    first = office.locate(stop=lambda: len(office.geocoder.asked) == 2)
    second = office.locate()

    assert first == Asked(dry_run=False, people=5, questions=2, unknown=2, interrupted=True)
    assert second == Asked(dry_run=False, people=5, questions=3, unknown=3)


def test_a_run_that_has_come_to_its_end_was_not_interrupted(office: Office) -> None:
    office.house.seed.therapist(city="Stadt")

    asked = office.locate(stop=lambda: len(office.geocoder.asked) == 1)

    assert asked == Asked(dry_run=False, people=1, questions=1, unknown=1)


def test_who_waits_for_a_turn_notices_within_seconds_that_it_is_to_stop_and_lets_the_question_go(
    office: Office,
) -> None:
    office.house.seed.therapist(city="Stadt")
    office.geocoder.faults = [left_alone(PATIENCE - SECOND)]
    office.locate()
    rests_from = office.house.clock.now

    asked = office.locate(stop=lambda: office.house.clock.now - rests_from > 5 * SECOND)

    assert (asked.questions, asked.interrupted) == (0, True)
    assert office.house.clock.now - rests_from <= 7 * SECOND
    assert office.house.memory.tables.leases.rows == {}
    assert office.locate().unknown == 1


def test_a_store_that_is_away_ends_the_run(office: Office) -> None:
    office.house.seed.therapist(city="Stadt")
    office.geocoder.faults = [StoreUnavailable(None)]

    with pytest.raises(StoreUnavailable):
        office.locate()


# Ways


def seeker(office: Office, **fields: Any) -> PatientId:
    usual = {"postal_code": "10115", "travel_mode": TravelMode.CAR, "travel_limit": TravelLimit(max_minutes=60)}
    return office.house.seed.patient(**{**usual, **fields})


def test_the_ways_to_those_who_fit_are_asked_about_nearest_first(office: Office) -> None:
    patient = seeker(office)
    [office.house.seed.therapist(postal_code=code) for code in ("14467", "15711", "12163", "12163")]

    asked = office.find_routes(patient)

    assert office.router.asked == [
        (spot(MITTE), (spot(STEGLITZ), spot(POTSDAM)), TravelMode.CAR),
        (spot(MITTE), (spot(WUSTERHAUSEN),), TravelMode.CAR),
    ]
    assert asked == Asked(dry_run=False, people=1, questions=2, found=3)


def test_a_way_that_is_known_is_taken_by_matching_and_says_from_whom(office: Office) -> None:
    patient = seeker(office)
    therapist = office.house.seed.therapist(postal_code="12163")
    office.router.answers = {spot(STEGLITZ): Road(12.3, 31)}

    estimated = office.matches.of_pair(patient, therapist)
    office.find_routes(patient)
    match = office.matches.of_pair(patient, therapist)

    assert estimated.route is None
    assert match.way == 31 + 6
    assert match.route is not None
    assert match.route.provenance.source == "osrm at maps.example"
    assert match.route.provenance.asked_at == NOW
    assert match.route.provenance.ends_at == NOW + timedelta(days=180)


def test_what_a_router_says_decides_what_is_offered(office: Office) -> None:
    pair = seeker(office), office.house.seed.therapist(postal_code="12163")
    offer = OfferMatches(open_unit=office.house.memory.open_unit, policy=MatchingPolicy(), zone=BERLIN)
    office.router.answers = {spot(STEGLITZ): Road(12.3, 55)}

    estimated = offer([pair], dry_run=True)
    office.find_routes(pair[0])
    routed = offer([pair], dry_run=True)

    assert list(estimated.request_ids) == [pair]
    assert [match.way for match in routed.refused] == [61]


def test_matching_goes_back_to_the_estimate_when_the_answer_ends(office: Office) -> None:
    patient = seeker(office)
    therapist = office.house.seed.therapist(postal_code="12163")
    estimated = office.matches.of_pair(patient, therapist)
    office.find_routes(patient)

    office.house.clock.passes(days=180)

    assert office.matches.of_pair(patient, therapist) == estimated


def test_whoever_could_be_reached_in_time_after_all_is_asked_about_and_nobody_else(office: Office) -> None:
    patient = seeker(
        office,
        travel_limit=TravelLimit(max_minutes=45),
        preferred_therapist_gender=PreferredGender.FEMALE,
        availability=WeeklyWindows.from_json({"monday": ["09:00-11:00"]}),
    )
    woman = {"gender": Gender.FEMALE}
    office.house.seed.therapist(postal_code="14467", **woman)
    office.house.seed.therapist(postal_code="12163", gender=Gender.MALE)
    office.house.seed.therapist(postal_code="01067", **woman)
    office.house.seed.therapist(postal_code="15711", status=TherapistStatus.INACTIVE, **woman)

    too_late = office.matches.for_patient(patient).fitting
    office.router.answers = {spot(POTSDAM): Road(27.0, 24)}
    office.find_routes(patient)

    assert too_late == ()
    assert office.destinations() == [(spot(POTSDAM),)]
    assert [match.way for match in office.matches.for_patient(patient).fitting] == [30]


def test_a_way_is_asked_about_once_for_all_who_share_it(office: Office) -> None:
    seeker(office)
    seeker(office)
    seeker(office, travel_mode=TravelMode.BIKE)
    office.house.seed.therapist(postal_code="12163")

    would_be = office.find_routes(dry_run=True)
    asked = office.find_routes()

    assert [mode for _, _, mode in office.router.asked] == [TravelMode.CAR, TravelMode.BIKE]
    assert (would_be.questions, asked.questions) == (2, 2)
    assert office.find_routes().questions == 0


def test_next_door_is_no_way(office: Office) -> None:
    patient = seeker(office)
    office.house.seed.therapist(postal_code="10115")

    assert office.find_routes(patient).questions == 0


def test_of_whom_no_home_or_no_fitting_means_is_known_nothing_is_asked(office: Office) -> None:
    seeker(office, postal_code="99999")
    seeker(office, travel_mode=None)
    seeker(office, travel_mode=TravelMode.TRANSIT)
    office.house.seed.therapist(postal_code="12163")

    assert office.find_routes() == Asked(dry_run=False, people=3, without_question=3)


def test_that_there_is_no_way_is_kept_and_the_time_is_unknown(office: Office) -> None:
    patient = seeker(office)
    therapist = office.house.seed.therapist(postal_code="12163")
    office.router.answers = {spot(STEGLITZ): NoRoad.NO_WAY}

    asked = office.find_routes(patient)

    assert asked.unknown == 1
    assert not office.matches.of_pair(patient, therapist).fits
    assert office.find_routes(patient).questions == 0
    office.house.clock.days_pass(15)
    assert office.find_routes(patient).questions == 1


def test_no_more_than_the_nearest_are_asked_about(office: Office) -> None:
    office.policy = GeocodingPolicy(nearest=2)
    patient = seeker(office)
    [office.house.seed.therapist(postal_code=code) for code in ("12163", "14467", "15711")]

    office.find_routes(patient)
    again = office.find_routes(patient)

    assert office.destinations() == [(spot(STEGLITZ), spot(POTSDAM))]
    assert again.questions == 0


def test_a_limit_and_a_fault_leave_the_rest_to_the_next_run(office: Office) -> None:
    patient = seeker(office)
    [office.house.seed.therapist(postal_code=code) for code in ("12163", "14467", "15711")]
    office.router.faults = [ServiceFault(Service.OSRM, "is away")]

    failed = office.find_routes(patient, limit=1)
    rest = office.find_routes(patient)

    assert failed == Asked(dry_run=False, people=1, questions=1, failed=1, limited=True)
    assert rest == Asked(dry_run=False, people=1, questions=2, found=3)


def test_a_run_about_ways_that_is_told_to_stop_leaves_the_rest_to_the_next(office: Office) -> None:
    [seeker(office, postal_code=code) for code in ("10115", "14467", "15711")]
    office.house.seed.therapist(postal_code="12163")

    first = office.find_routes(stop=lambda: len(office.router.asked) == 2)
    second = office.find_routes()

    assert first == Asked(dry_run=False, people=3, questions=2, found=2, interrupted=True)
    assert second == Asked(dry_run=False, people=3, questions=1, found=1)


def test_a_run_stops_between_patients_also_where_nothing_is_left_to_ask(office: Office) -> None:
    [seeker(office) for _ in range(4)]
    asked_whether: list[int] = []

    def stop() -> bool:
        asked_whether.append(1)
        return len(asked_whether) == 3

    assert office.find_routes(stop=stop) == Asked(dry_run=False, people=4, interrupted=True)
    assert len(asked_whether) == 3


def test_somebody_who_is_not_there_is_a_misuse(office: Office) -> None:
    with pytest.raises(UnknownId):
        office.find_routes(PatientId(99))
    assert office.router.asked == []


def test_a_home_that_only_the_geocoder_knows_is_where_the_ways_begin(office: Office) -> None:
    seeker(office, postal_code="20095", street="Kanarienweg 1")
    office.geocoder.places = {CODE: MITTE}
    office.house.seed.therapist(postal_code="12163")

    office.locate()
    office.find_routes()

    assert [here for here, _, _ in office.router.asked] == [spot(MITTE)]


def test_who_pauses_or_rests_is_not_asked_about(office: Office) -> None:
    paused = seeker(office, search_paused_until=date(2027, 1, 1))
    office.house.seed.therapist(postal_code="12163")

    assert office.find_routes(paused).questions == 0
