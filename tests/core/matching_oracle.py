"""Whether a pair fits, asked in another way: minute by minute and name by name."""

from datetime import date, timedelta

from boona_core.geo import ESTIMATES, Point, kilometres
from boona_core.pairing import MatchingPolicy, Pair, Practice, Seeker
from boona_core.patients import TravelMode
from boona_core.ways import NoRoad, Road
from boona_core.windows import WEEK, WeeklyWindows


def sessions_of_a_week(
    patient: WeeklyWindows, therapist: WeeklyWindows, *, session: int, way: int
) -> list[tuple[str, int]]:
    """Every weekday and minute at which a session of both can begin."""

    def free(hours: WeeklyWindows, day: object, minutes: range) -> bool:
        return any(
            window.start <= minutes.start and minutes.stop <= window.end
            for name, windows in hours.days()
            if name == day
            for window in windows
        )

    return [
        (day.value, minute)
        for day in WEEK
        for minute in range(24 * 60)
        if free(therapist, day, range(minute, minute + session))
        and free(patient, day, range(minute - way, minute + session + way))
    ]


def birthdays_until(day: date, born: date) -> int:
    """How often a birthday was kept by *day*."""
    kept = 0
    while True:
        year = born.year + kept + 1
        try:
            birthday = born.replace(year=year)
        except ValueError:
            birthday = date(year, 2, 28) + timedelta(days=1)
        if birthday > day:
            return kept
        kept += 1


BESIDES = {TravelMode.CAR: 6, TravelMode.TRANSIT: 12, TravelMode.BIKE: 2, TravelMode.FOOT: 0}
"""Minutes besides moving."""


def fits(
    seeker: Seeker,
    practice: Practice,
    pair: Pair,
    policy: MatchingPolicy,
    today: date,
    *,
    road: Road | NoRoad | None = None,
) -> bool:
    """Whether nothing speaks against a pair, where a router has said this about the way."""
    patient, therapist = seeker.patient, practice.therapist
    places = [place for place in (practice.place, *practice.elsewhere) if place is not None]
    away = None if seeker.home is None or not places else sorted(_km(seeker.home, place) for place in places)[0]
    way = None if away is None or patient.travel_mode is None else ESTIMATES[patient.travel_mode].minutes(away)
    if away is not None and patient.travel_mode is not None:
        if isinstance(road, Road):
            way = road.minutes + BESIDES[patient.travel_mode]
        elif road is NoRoad.NO_WAY:
            way = None
    max_km = None if patient.travel_limit is None else patient.travel_limit.max_km
    max_minutes = None if patient.travel_limit is None else patient.travel_limit.max_minutes
    if max_km is None and max_minutes is None:
        max_km = policy.assumed_max_km
    gender = {"female": "female", "male": "male", "diverse": "diverse"}
    conditions = {
        "searches": patient.status.value == "searching",
        "goes on": patient.search_paused_until is None or patient.search_paused_until <= today,
        "works": therapist.status.value == "active"
        or (therapist.status.value == "blocked" and (therapist.blocked_until or date.max) <= today),
        "may be written to": not (therapist.do_not_contact or practice.mailbox_closed),
        "is there": (patient.erased_at, therapist.erased_at) == (None, None),
        "is new": not pair.request_open,
        "has rested": (pair.resting_until or date.min) <= today,
        "is not excluded": therapist.id not in patient.excluded_therapists,
        "is near": max_km is None or (policy.allow_unknown_distance if away is None else away <= max_km),
        "is fast": max_minutes is None or (policy.allow_unknown_distance if way is None else way <= max_minutes),
        "is of the gender": gender.get(patient.preferred_therapist_gender or "any", therapist.gender)
        == therapist.gender,
        "takes the gender": gender.get(therapist.patient_gender or "any", patient.gender) == patient.gender,
        "has the method": not patient.therapy_methods
        or set(patient.therapy_methods) & set(therapist.therapy_methods) != set(),
        "speaks": not patient.languages
        or "Deutsch" in patient.languages
        or set(patient.languages) & set(therapist.languages) != set(),
        "is of the age": (therapist.patient_age_from, therapist.patient_age_to) == (None, None)
        or (
            patient.birth_date is not None
            and birthdays_until(today, patient.birth_date)
            in range(therapist.patient_age_from or 0, (therapist.patient_age_to or 200) + 1)
        ),
        "goes into a group": therapist.group_therapy != "group" or patient.open_to_group_therapy is True,
        "is treated": patient.diagnosis not in therapist.refused_diagnoses
        and (not therapist.accepted_diagnoses or patient.diagnosis in therapist.accepted_diagnoses),
        "finds an hour": None in (patient.availability, therapist.availability)
        or _find(patient.availability, therapist.availability, policy.session_minutes, way or 0),
    }
    return all(conditions.values())


def _km(here: Point | None, there: Point | None) -> float:
    assert here is not None
    assert there is not None
    return kilometres(here, there)


def _find(patient: WeeklyWindows | None, therapist: WeeklyWindows | None, session: int, way: int) -> bool:
    assert patient is not None
    assert therapist is not None
    return sessions_of_a_week(patient, therapist, session=session, way=way) != []
