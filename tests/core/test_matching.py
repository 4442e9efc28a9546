"""Which pairs fit, why others do not, and which come first."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from boona_core.errors import InvalidValue
from boona_core.geo import UNKNOWN, Point, kilometres
from boona_core.geocoding import Provenance
from boona_core.ids import PatientId, TherapistId
from boona_core.matching import Match, decide_match, fitting, in_order, likelihood, search_radius
from boona_core.mismatches import MatchReason as R
from boona_core.mismatches import Mismatch
from boona_core.nearby import Nearby
from boona_core.pairing import STRANGERS, MatchingPolicy, Pair, Practice, Seeker
from boona_core.patients import Gender, Patient, PatientStatus, PreferredGender, TravelLimit, TravelMode
from boona_core.therapists import GroupTherapy, Therapist, TherapistStatus
from boona_core.ways import NoRoad, Road, Route, Routes, Way
from boona_core.windows import WEEK, WeeklyWindows, Window
from boona_core.wishes import age_on, languages_of, methods_of, share_a_session
from tests.core.matching_oracle import birthdays_until, fits, sessions_of_a_week

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
POLICY = MatchingPolicy()
HOME = Point(52.5, 13.4)
NEAR = Point(52.52, 13.42)  # 2.6 km
FAR = Point(53.55, 10.0)
SINCE = date(2026, 1, 1)


def hours(**days: str) -> WeeklyWindows:
    return WeeklyWindows.from_json({day: [window] for day, window in days.items()})


def seeker(home: Point | None = HOME, **fields: Any) -> Seeker:
    usual: dict[str, Any] = {
        "id": PatientId(1),
        "first_name": "Kim",
        "last_name": "Muster",
        "status": PatientStatus.SEARCHING,
        "registered_on": SINCE,
        "travel_mode": TravelMode.CAR,
        "travel_limit": TravelLimit(max_km=20),
        "diagnosis": "F32.1",
        "birth_date": date(1990, 5, 1),
    }
    return Seeker(patient=Patient(**{**usual, **fields}), home=home)


def practice(place: Any = NEAR, number: Any = 1, **fields: Any) -> Practice:
    facts = {
        name: fields.pop(name) for name in ("mailbox_closed", "answered", "accepted", "elsewhere") if name in fields
    }
    return Practice(therapist=Therapist(id=TherapistId(number), **fields), place=place, **facts)


def against(seeker: Seeker, practice: Practice, pair: Pair = STRANGERS, **policy: Any) -> list[Mismatch]:
    return list(decide_match(seeker, practice, pair, policy=MatchingPolicy(**policy), today=TODAY).mismatches)


# Reasons


def test_a_pair_that_nothing_speaks_against_fits() -> None:
    match = decide_match(seeker(), practice(), policy=POLICY, today=TODAY)

    assert match.fits
    assert match.distance == pytest.approx(2.6, abs=0.1)
    assert match.way == 14
    assert match.waiting_since == SINCE
    assert not match.limit_assumed


@pytest.mark.parametrize(
    ("patient", "therapist", "pair", "mismatch"),
    [
        ({"status": PatientStatus.OPEN}, {}, STRANGERS, Mismatch(R.PATIENT_NOT_SEARCHING)),
        (
            {"search_paused_until": date(2026, 3, 3)},
            {},
            STRANGERS,
            Mismatch(R.PATIENT_NOT_SEARCHING, until=date(2026, 3, 3)),
        ),
        ({}, {"status": TherapistStatus.INACTIVE}, STRANGERS, Mismatch(R.INACTIVE)),
        ({}, {"status": TherapistStatus.BLOCKED}, STRANGERS, Mismatch(R.BLOCKED)),
        (
            {},
            {"status": TherapistStatus.BLOCKED, "blocked_until": date(2026, 3, 3)},
            STRANGERS,
            Mismatch(R.BLOCKED, until=date(2026, 3, 3)),
        ),
        ({}, {"do_not_contact": True}, STRANGERS, Mismatch(R.DO_NOT_CONTACT)),
        ({}, {"mailbox_closed": True}, STRANGERS, Mismatch(R.DO_NOT_CONTACT)),
        ({}, {"erased_at": NOW}, STRANGERS, Mismatch(R.ERASED)),
        ({}, {}, Pair(request_open=True), Mismatch(R.REQUEST_OPEN)),
        ({}, {}, Pair(resting_until=date(2026, 3, 3)), Mismatch(R.PAIR_RESTING, until=date(2026, 3, 3))),
        ({"excluded_therapists": frozenset({TherapistId(1)})}, {}, STRANGERS, Mismatch(R.EXCLUDED)),
        ({"travel_limit": TravelLimit(max_km=2)}, {}, STRANGERS, Mismatch(R.DISTANCE)),
        ({"travel_limit": TravelLimit(max_minutes=13)}, {}, STRANGERS, Mismatch(R.TRAVEL_TIME)),
        (
            {"travel_limit": TravelLimit(max_minutes=60), "travel_mode": None},
            {},
            STRANGERS,
            Mismatch(R.TRAVEL_TIME, unknown=True),
        ),
        (
            {"preferred_therapist_gender": PreferredGender.FEMALE},
            {"gender": Gender.MALE},
            STRANGERS,
            Mismatch(R.THERAPIST_GENDER),
        ),
        (
            {"preferred_therapist_gender": PreferredGender.FEMALE},
            {},
            STRANGERS,
            Mismatch(R.THERAPIST_GENDER, unknown=True),
        ),
        ({"therapy_methods": ("VT",)}, {"therapy_methods": ("Psychoanalyse",)}, STRANGERS, Mismatch(R.METHOD)),
        ({"therapy_methods": ("VT",)}, {}, STRANGERS, Mismatch(R.METHOD, unknown=True)),
        ({"languages": ("Türkisch",)}, {"languages": ("Polnisch",)}, STRANGERS, Mismatch(R.LANGUAGE)),
        ({"languages": ("Türkisch",)}, {}, STRANGERS, Mismatch(R.LANGUAGE, unknown=True)),
        (
            {"gender": Gender.MALE},
            {"patient_gender": PreferredGender.FEMALE},
            STRANGERS,
            Mismatch(R.PATIENT_GENDER),
        ),
        ({}, {"patient_gender": PreferredGender.FEMALE}, STRANGERS, Mismatch(R.PATIENT_GENDER, unknown=True)),
        ({}, {"patient_age_from": 36}, STRANGERS, Mismatch(R.AGE)),
        ({}, {"patient_age_to": 34}, STRANGERS, Mismatch(R.AGE)),
        ({"birth_date": None}, {"patient_age_to": 34}, STRANGERS, Mismatch(R.AGE, unknown=True)),
        ({}, {"refused_diagnoses": ("F30-F39",)}, STRANGERS, Mismatch(R.DIAGNOSIS)),
        ({}, {"accepted_diagnoses": ("F4",)}, STRANGERS, Mismatch(R.DIAGNOSIS)),
        ({"diagnosis": None}, {"accepted_diagnoses": ("F4",)}, STRANGERS, Mismatch(R.DIAGNOSIS, unknown=True)),
        (
            {"open_to_group_therapy": False},
            {"group_therapy": GroupTherapy.GROUP},
            STRANGERS,
            Mismatch(R.GROUP),
        ),
        ({}, {"group_therapy": GroupTherapy.GROUP}, STRANGERS, Mismatch(R.GROUP, unknown=True)),
        (
            {"availability": hours(monday="08:00-10:00")},
            {"availability": hours(tuesday="08:00-10:00")},
            STRANGERS,
            Mismatch(R.HOURS),
        ),
    ],
)
def test_each_reason_speaks_by_itself(
    patient: dict[str, Any], therapist: dict[str, Any], pair: Pair, mismatch: Mismatch
) -> None:
    assert against(seeker(**patient), practice(**therapist), pair) == [mismatch]


@pytest.mark.parametrize(
    ("patient", "therapist", "pair"),
    [
        ({"search_paused_until": TODAY}, {}, STRANGERS),
        ({}, {"status": TherapistStatus.BLOCKED, "blocked_until": TODAY}, STRANGERS),
        ({}, {}, Pair(resting_until=TODAY)),
        ({"travel_limit": TravelLimit(max_minutes=14)}, {}, STRANGERS),
        ({"preferred_therapist_gender": PreferredGender.ANY}, {}, STRANGERS),
        ({"preferred_therapist_gender": PreferredGender.MALE}, {"gender": Gender.MALE}, STRANGERS),
        ({}, {"patient_gender": PreferredGender.ANY}, STRANGERS),
        ({}, {"patient_age_from": 35, "patient_age_to": 35}, STRANGERS),
        ({"languages": ("Deutsch", "Farsi")}, {}, STRANGERS),
        ({"languages": ("English",)}, {"languages": ("Englisch",)}, STRANGERS),
        ({"therapy_methods": ("VT", "TP")}, {"therapy_methods": ("Tiefenpsychologisch fundiert",)}, STRANGERS),
        ({}, {"refused_diagnoses": ("F32.3", "F33", "F40-F48")}, STRANGERS),
        ({"diagnosis": "F32"}, {"refused_diagnoses": ("F32.1",)}, STRANGERS),
        ({"diagnosis": "F32"}, {"accepted_diagnoses": ("F32.1",)}, STRANGERS),
        ({"diagnosis": "F90.0 G, F41.1"}, {"accepted_diagnoses": ("F40-F48",)}, STRANGERS),
        ({"open_to_group_therapy": True}, {"group_therapy": GroupTherapy.GROUP}, STRANGERS),
        ({"open_to_group_therapy": False}, {"group_therapy": GroupTherapy.BOTH}, STRANGERS),
        ({"availability": hours(monday="08:00-10:00")}, {}, STRANGERS),
        ({}, {"availability": hours(monday="08:00-10:00")}, STRANGERS),
    ],
)
def test_what_just_fits_is_no_reason(patient: dict[str, Any], therapist: dict[str, Any], pair: Pair) -> None:
    assert against(seeker(**patient), practice(**therapist), pair) == []


def test_every_reason_is_told_and_not_the_first_alone() -> None:
    wished = seeker(preferred_therapist_gender=PreferredGender.FEMALE, therapy_methods=("VT",), birth_date=None)
    offered = practice(FAR, gender=Gender.MALE, therapy_methods=("AP",), patient_age_to=30)

    reasons = [each.reason for each in against(wished, offered)]

    assert reasons == [R.DISTANCE, R.THERAPIST_GENDER, R.METHOD, R.AGE]


@pytest.mark.parametrize(("home", "place"), [(None, NEAR), (HOME, None), (None, None)])
def test_an_unknown_distance_is_no_short_one(home: Point | None, place: Point | None) -> None:
    assert against(seeker(home), practice(place)) == [Mismatch(R.DISTANCE, unknown=True)]


def test_an_unknown_distance_may_be_allowed_and_is_shown() -> None:
    policy = MatchingPolicy(allow_unknown_distance=True)

    match = decide_match(seeker(), practice(None), policy=policy, today=TODAY)

    assert match.fits
    assert match.distance is UNKNOWN
    assert match.way is UNKNOWN


@pytest.mark.parametrize("limit", [None, TravelLimit()])
def test_a_patient_without_a_known_limit_goes_as_far_as_the_agency_assumes(limit: TravelLimit | None) -> None:
    near = decide_match(seeker(travel_limit=limit), practice(), policy=POLICY, today=TODAY)
    far = decide_match(seeker(travel_limit=limit), practice(FAR), policy=POLICY, today=TODAY)

    assert near.fits
    assert near.limit_assumed
    assert far.reasons == (R.DISTANCE,)


def test_the_way_there_and_back_lies_within_the_patients_hours() -> None:
    therapist = practice(availability=hours(monday="08:00-18:00"))

    # a session of 50 minutes and twice 14 on the way
    assert against(seeker(availability=hours(monday="09:00-10:18")), therapist) == []
    assert against(seeker(availability=hours(monday="09:00-10:17")), therapist) == [Mismatch(R.HOURS)]


def test_the_hours_of_an_unknown_way_hold_the_session_alone() -> None:
    therapist = practice(availability=hours(monday="08:00-18:00"))

    assert against(seeker(travel_mode=None, availability=hours(monday="09:00-09:50")), therapist) == []


def test_no_hours_at_all_never_overlap() -> None:
    therapist = practice(availability=WeeklyWindows())

    assert against(seeker(availability=hours(monday="09:00-19:00")), therapist) == [Mismatch(R.HOURS)]


@pytest.mark.parametrize("name", ["session_minutes", "assumed_max_km", "distance_step_km"])
def test_a_policy_knows_its_bounds(name: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        MatchingPolicy(**{name: 0})  # type: ignore[arg-type]

    assert refused.value.place == name


def test_no_value_shows_whose_it_is() -> None:
    assert "Muster" not in repr(seeker())
    assert "52." not in repr(seeker())


# Wishes


def test_the_nearest_of_several_places_counts() -> None:
    match = decide_match(seeker(), practice(FAR, elsewhere=(Point(48.1, 11.6), NEAR)), policy=POLICY, today=TODAY)

    assert match.fits
    assert match.distance == pytest.approx(2.6, abs=0.1)


def test_a_place_that_is_known_is_enough() -> None:
    assert decide_match(seeker(), practice(None, elsewhere=(NEAR,)), policy=POLICY, today=TODAY).fits


def test_methods_are_compared_by_what_they_mean() -> None:
    assert methods_of(["Verhaltenstherapie (Einzel)", " vt "]) == {"vt"}
    assert methods_of(["Tiefenpsychologisch fundierte Psychotherapie", "Systemische Therapie"]) == {"tp", "st"}
    assert methods_of(["Analytische Psychotherapie", "Psychoanalyse"]) == {"ap"}
    assert methods_of(["Hypnose", ""]) == {"hypnose"}


def test_languages_are_compared_in_either_language() -> None:
    assert languages_of(["Turkish", "TÜRKISCH", "Farsi", "Persian"]) == {"türkisch", "persisch"}


@given(st.dates(date(1920, 1, 1), date(2026, 1, 1)), st.integers(0, 30_000))
def test_an_age_is_the_number_of_birthdays(born: date, days: int) -> None:
    day = min(born + timedelta(days=days), date(2100, 1, 1))

    assert age_on(day, born) == birthdays_until(day, born)


@st.composite
def weeks(draw: st.DrawFn) -> WeeklyWindows:
    """Hours on the first two days of a week."""
    days = {}
    for day in WEEK[:2]:
        starts = draw(st.lists(st.integers(0, 23 * 60), max_size=2))
        days[day] = tuple(Window(start, start + draw(st.integers(1, 60))) for start in starts)
    return WeeklyWindows(days)


@given(weeks(), weeks(), st.integers(1, 60), st.integers(0, 20))
def test_a_shared_session_is_one_that_a_scan_of_the_week_finds(
    patient: WeeklyWindows, therapist: WeeklyWindows, session: int, way: int
) -> None:
    found = sessions_of_a_week(patient, therapist, session=session, way=way)

    assert share_a_session(patient, therapist, session=session, way=way) == bool(found)


# Ways that a router knows

KNOWN = Provenance(source="osrm", asked_at=NOW, ends_at=NOW + timedelta(days=1))


def routes(found: Road | NoRoad, one: Seeker, other: Practice) -> Routes:
    """What a router said about the way of a patient to a therapist; nothing where that is no way."""
    mode = one.patient.travel_mode
    if one.home is None or other.place is None or mode is None:
        return {}
    return {Way(one.home, other.place, mode): Route(found, KNOWN)}


def test_a_known_way_is_taken_instead_of_the_estimate_and_says_where_it_comes_from() -> None:
    known = routes(Road(3.4, 9), seeker(), practice())

    match = decide_match(seeker(), practice(), policy=POLICY, today=TODAY, routes=known)

    assert match.way == 9 + 6
    assert match.route == Route(Road(3.4, 9), KNOWN)
    assert match.distance == pytest.approx(2.6, abs=0.1)


def test_an_estimate_names_no_source() -> None:
    off_the_map = routes(NoRoad.OFF_MAP, seeker(), practice())

    match = decide_match(seeker(), practice(), policy=POLICY, today=TODAY, routes=off_the_map)

    assert match.way == 14
    assert match.route is None


def test_the_way_of_another_or_by_other_means_is_not_taken() -> None:
    by_bike = routes(Road(3.4, 9), seeker(travel_mode=TravelMode.BIKE), practice())
    of_another = routes(Road(3.4, 9), seeker(FAR), practice())

    match = decide_match(seeker(), practice(), policy=POLICY, today=TODAY, routes={**by_bike, **of_another})
    found = fitting(seeker(), [practice()], {}, policy=POLICY, today=TODAY, routes={**by_bike, **of_another})

    assert match.route is None
    assert found == [match]


def test_a_known_way_decides_whether_a_patient_gets_there_in_time() -> None:
    hurried = seeker(travel_limit=TravelLimit(max_minutes=14))
    slow, fast = (routes(Road(3.4, minutes), hurried, practice()) for minutes in (9, 8))

    late = decide_match(hurried, practice(), policy=POLICY, today=TODAY, routes=slow)
    in_time = decide_match(hurried, practice(), policy=POLICY, today=TODAY, routes=fast)

    assert late.reasons == (R.TRAVEL_TIME,)
    assert in_time.fits


def test_where_no_way_leads_the_time_is_unknown_and_refused_unless_the_unknown_is_allowed() -> None:
    hurried = seeker(travel_limit=TravelLimit(max_minutes=60))
    none = routes(NoRoad.NO_WAY, hurried, practice())

    refused = decide_match(hurried, practice(), policy=POLICY, today=TODAY, routes=none)
    allowed = decide_match(
        hurried, practice(), policy=evolve(POLICY, allow_unknown_distance=True), today=TODAY, routes=none
    )

    assert refused.mismatches == (Mismatch(R.TRAVEL_TIME, unknown=True),)
    assert refused.way is UNKNOWN
    assert refused.route == Route(NoRoad.NO_WAY, KNOWN)
    assert allowed.fits


def test_the_hours_of_both_are_held_against_the_known_way() -> None:
    free = seeker(availability=hours(monday="09:00-10:20"))
    place = practice(availability=hours(monday="09:15-10:05"))

    near = decide_match(free, place, policy=POLICY, today=TODAY, routes=routes(Road(3.4, 9), free, place))
    far = decide_match(free, place, policy=POLICY, today=TODAY, routes=routes(Road(3.4, 10), free, place))

    assert near.fits
    assert far.reasons == (R.HOURS,)


def test_a_way_that_is_known_to_be_short_enough_is_searched_for_however_long_its_estimate() -> None:
    hurried = seeker(travel_limit=TravelLimit(max_minutes=90))
    known = routes(Road(290.0, 84), hurried, practice(FAR))
    estimated = search_radius(hurried, POLICY)

    assert estimated == pytest.approx(60, abs=1)
    assert search_radius(hurried, POLICY, known) == pytest.approx(kilometres(HOME, FAR), abs=0.1)
    assert search_radius(hurried, POLICY, routes(Road(290.0, 85), hurried, practice(FAR))) == estimated
    assert search_radius(hurried, POLICY, routes(NoRoad.NO_WAY, hurried, practice(FAR))) == estimated
    assert search_radius(
        hurried, evolve(POLICY, allow_unknown_distance=True), routes(NoRoad.NO_WAY, hurried, practice(FAR))
    ) == pytest.approx(kilometres(HOME, FAR), abs=0.1)


# Laws

genders = st.sampled_from([None, *Gender])
preferred = st.sampled_from([None, None, *PreferredGender])
places = st.one_of(st.none(), st.builds(Point, st.floats(52.4, 52.6), st.floats(13.2, 13.6)))
limits = st.one_of(
    st.none(),
    st.builds(
        TravelLimit,
        max_km=st.sampled_from([None, 3, 10, 30]),
        max_minutes=st.sampled_from([None, 15, 30, 60]),
    ),
)
days = st.sampled_from([None, None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)])
week_or_unknown = st.one_of(st.none(), weeks())
methods = st.sampled_from([(), (), ("VT",), ("TP",), ("VT", "AP")])
languages = st.sampled_from([(), (), ("Deutsch",), ("Türkisch",), ("Englisch", "Türkisch")])
codes = st.sampled_from(["F32.1", "F40.1", "F90.0"])
groups = st.sampled_from([(), (), ("F32.1",), ("F40.1", "F90.0")])

seekers = st.builds(
    seeker,
    places,
    status=st.sampled_from([PatientStatus.SEARCHING, PatientStatus.SEARCHING, PatientStatus.IN_THERAPY]),
    search_paused_until=days,
    excluded_therapists=st.sampled_from([frozenset(), frozenset({TherapistId(1)})]),
    travel_limit=limits,
    travel_mode=st.sampled_from([None, *TravelMode]),
    gender=genders,
    preferred_therapist_gender=preferred,
    therapy_methods=methods,
    languages=languages,
    diagnosis=codes,
    birth_date=st.one_of(st.none(), st.dates(date(1950, 1, 1), date(2008, 1, 1))),
    open_to_group_therapy=st.sampled_from([None, True, False]),
    availability=week_or_unknown,
    erased_at=st.sampled_from([None, None, NOW]),
)
others = st.lists(st.builds(Point, st.floats(52.4, 52.6), st.floats(13.2, 13.6)), max_size=2).map(tuple)
practices = st.builds(
    practice,
    places,
    st.integers(1, 3),
    elsewhere=others,
    status=st.sampled_from([TherapistStatus.ACTIVE, *TherapistStatus]),
    blocked_until=days,
    do_not_contact=st.sampled_from([False, False, True]),
    mailbox_closed=st.sampled_from([False, False, True]),
    gender=genders,
    patient_gender=preferred,
    therapy_methods=methods,
    languages=languages,
    accepted_diagnoses=groups,
    refused_diagnoses=groups,
    patient_age_from=st.sampled_from([None, None, 18, 40]),
    patient_age_to=st.sampled_from([None, None, 30, 60]),
    group_therapy=st.sampled_from([None, *GroupTherapy]),
    availability=week_or_unknown,
    erased_at=st.sampled_from([None, None, NOW]),
    potentially_available=st.booleans(),
    answered=st.integers(5, 9),
    accepted=st.integers(0, 5),
)
pairs = st.builds(Pair, st.sampled_from([False, False, True]), days)
policies = st.builds(MatchingPolicy, allow_unknown_distance=st.booleans(), session_minutes=st.sampled_from([20, 50]))


@given(seekers, practices, pairs, policies)
def test_a_pair_fits_exactly_if_a_slow_reading_of_the_rules_says_so(
    one: Seeker, other: Practice, pair: Pair, policy: MatchingPolicy
) -> None:
    assert decide_match(one, other, pair, policy=policy, today=TODAY).fits == fits(one, other, pair, policy, TODAY)


roads = st.one_of(st.sampled_from(NoRoad), st.builds(Road, st.just(7.5), st.integers(0, 60)))


@given(seekers, practices, pairs, policies, roads)
def test_a_pair_whose_way_is_known_fits_exactly_if_a_slow_reading_of_the_rules_says_so(
    one: Seeker, other: Practice, pair: Pair, policy: MatchingPolicy, road: Road | NoRoad
) -> None:
    match = decide_match(one, other, pair, policy=policy, today=TODAY, routes=routes(road, one, other))

    assert match.fits == fits(one, other, pair, policy, TODAY, road=road)


easy = st.builds(seeker, places, travel_limit=limits, travel_mode=st.sampled_from(list(TravelMode)))
easy_practices = st.builds(practice, places, st.integers(1, 50), answered=st.integers(5, 9))


@given(easy, st.lists(st.one_of(practices, easy_practices), max_size=8), pairs, policies, st.data())
def test_those_that_fit_are_those_of_which_the_decision_says_so(
    one: Seeker, others: list[Practice], pair: Pair, policy: MatchingPolicy, data: st.DataObject
) -> None:
    known = {way: each for other in others[::2] for way, each in routes(data.draw(roads), one, other).items()}
    between = {(one.patient.id, TherapistId(1)): pair}
    decided = [
        decide_match(
            one,
            other,
            between.get((one.patient.id, other.therapist.id), STRANGERS),
            policy=policy,
            today=TODAY,
            routes=known,
        )
        for other in others
    ]

    found = fitting(one, others, between, policy=policy, today=TODAY, routes=known)

    assert found == in_order([match for match in decided if match.fits], policy)


@given(easy, easy_practices, policies, st.one_of(st.none(), roads))
def test_nothing_fits_beyond_the_radius_in_which_is_searched(
    one: Seeker, other: Practice, policy: MatchingPolicy, road: Road | NoRoad | None
) -> None:
    known = {} if road is None else routes(road, one, other)
    radius = search_radius(one, policy, known)
    fitting_far_away = (
        radius is not UNKNOWN
        and one.home is not None
        and other.places != ()
        and min(kilometres(one.home, place) for place in other.places) > radius
        and decide_match(one, other, policy=policy, today=TODAY, routes=known).fits
    )

    assert not fitting_far_away


def test_the_radius_is_the_smaller_of_both_limits() -> None:
    near, far = (TravelLimit(max_km=km, max_minutes=60) for km in (3, 9))

    assert search_radius(seeker(travel_limit=near, travel_mode=TravelMode.FOOT), POLICY) == 3
    assert search_radius(seeker(travel_limit=far, travel_mode=TravelMode.FOOT), POLICY) == 4
    assert search_radius(seeker(travel_limit=None), POLICY) == 50


def test_who_travels_by_unknown_means_is_searched_for_nowhere_unless_the_unknown_is_allowed() -> None:
    unknown = seeker(travel_limit=TravelLimit(max_minutes=60), travel_mode=None)

    assert search_radius(unknown, POLICY) == 0
    assert search_radius(unknown, evolve(POLICY, allow_unknown_distance=True)) is UNKNOWN


# Order


def match(**fields: Any) -> Match:
    usual: dict[str, Any] = {
        "patient_id": PatientId(1),
        "therapist_id": TherapistId(1),
        "waiting_since": SINCE,
        "distance": 1.0,
        "way": 5,
        "likelihood": 0.1,
    }
    return Match(**{**usual, **fields})


def test_who_waits_longest_comes_first_then_the_near_then_the_likely() -> None:
    oldest = match(waiting_since=date(2025, 1, 1), distance=19.0)
    likely = match(distance=4.9, likelihood=0.6)
    near = match(distance=0.5)
    nearest_of_the_far = match(distance=5.1, likelihood=0.9)
    unknown = match(distance=UNKNOWN, likelihood=0.9)
    newest = match(waiting_since=None)
    expected = [oldest, likely, near, nearest_of_the_far, unknown, newest]

    assert in_order(reversed(expected), POLICY) == expected


def test_equal_matches_are_ordered_by_their_ids() -> None:
    first, second = match(therapist_id=TherapistId(1)), match(therapist_id=TherapistId(2))

    assert in_order([second, first], POLICY) == [first, second]


def test_a_yes_is_likelier_where_places_were_heard_of_or_a_yes_was_said() -> None:
    stranger = likelihood(practice(), today=TODAY)
    willing = likelihood(practice(answered=4, accepted=3), today=TODAY)
    heard_of = likelihood(practice(potentially_available=True), today=TODAY)
    unwilling = likelihood(practice(answered=20), today=TODAY)

    assert stranger == 0.1
    assert unwilling < stranger < willing < heard_of < 1


@pytest.mark.parametrize("field", ["individual_places_from", "group_places_from"])
def test_places_count_from_their_day_on(field: str) -> None:
    today, tomorrow = ({field: TODAY + timedelta(days=days)} for days in (0, 1))

    assert likelihood(practice(NEAR, 1, **today), today=TODAY) > 0.5
    assert likelihood(practice(NEAR, 1, **tomorrow), today=TODAY) == 0.1


# The index of places


anywhere = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
in_germany = st.builds(Point, st.floats(47.2, 55), st.floats(5.9, 15))


@given(st.lists(in_germany, max_size=20), in_germany, st.floats(0.1, 400))
def test_the_index_leaves_out_nothing_that_is_near(points: list[Point], centre: Point, radius: float) -> None:
    near = [number for number, point in enumerate(points) if kilometres(centre, point) <= radius]

    found = list(Nearby((point, number) for number, point in enumerate(points)).within(centre, radius))

    assert set(near) <= set(found)
    assert len(found) == len(set(found))


@given(st.lists(anywhere, max_size=20), anywhere, st.floats(0.1, 20_000))
def test_the_index_goes_round_the_earth(points: list[Point], centre: Point, radius: float) -> None:
    near = {number for number, point in enumerate(points) if kilometres(centre, point) <= radius}

    assert near <= set(Nearby((point, number) for number, point in enumerate(points)).within(centre, radius))


def test_the_index_leaves_out_what_is_far() -> None:
    others = [(Point(47 + row / 10, 6 + column / 10), "far") for row in range(50) for column in range(10)]
    beside = [(Point(52.9, 13.4), "north"), (Point(52.5, 14.4), "east"), (FAR, "far")]

    assert list(Nearby([(NEAR, "near"), *beside, *others]).within(HOME, 10)) == ["near"]
