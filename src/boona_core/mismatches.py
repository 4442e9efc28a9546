"""What speaks against a pair of patient and therapist?

A wish is met by what is known: where the therapist's gender is not known, a wish for a woman is not met, and the reason
says that it is unknown.  Two things are lenient: the hours, which are asked for only where both sides' are known, and a
coarse diagnosis (``F32``), which may be the one that is taken (``F32.1``).  Days are local dates, distances kilometres,
ways minutes one way.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from math import inf

from attrs import frozen

from boona_core.geo import UNKNOWN, Kilometres, Minutes, Unknown
from boona_core.pairing import MatchingPolicy, Pair, Practice, Seeker, limit_of
from boona_core.patients import Patient, PatientStatus, PreferredGender
from boona_core.therapists import GroupTherapy, Therapist, TherapistStatus
from boona_core.ways import Route, way_minutes
from boona_core.wishes import GERMAN, age_on, share_a_session


class MatchReason(StrEnum):
    """Why a pair does not fit."""

    PATIENT_NOT_SEARCHING = "patient_not_searching"
    INACTIVE = "inactive"
    BLOCKED = "blocked"
    DO_NOT_CONTACT = "do_not_contact"
    ERASED = "erased"
    REQUEST_OPEN = "request_open"
    PAIR_RESTING = "pair_resting"
    EXCLUDED = "patient_excluded_therapist"
    DISTANCE = "distance"
    TRAVEL_TIME = "travel_time"
    THERAPIST_GENDER = "therapist_gender"
    METHOD = "therapy_method"
    LANGUAGE = "language"
    PATIENT_GENDER = "patient_gender"
    AGE = "patient_age"
    DIAGNOSIS = "diagnosis"
    GROUP = "group_therapy"
    HOURS = "availability"


@frozen
class Mismatch:
    """One reason.

    Attributes:
        unknown: It is not known to fit; it may.
        until: The first day without it; None: no day helps by itself.
    """

    reason: MatchReason
    unknown: bool = False
    until: date | None = None


def mismatches(
    seeker: Seeker,
    practice: Practice,
    pair: Pair,
    far: Kilometres,
    *,
    policy: MatchingPolicy,
    today: date,
    route: Route | None = None,
) -> Iterator[Mismatch]:
    """Every reason against a pair that is *far* apart; what is cheap to ask and refuses much comes first.

    Args:
        route: What a router said about the way; None: the way is estimated.
    """
    yield from _places(seeker.patient, far, route, policy)
    yield from _standings(seeker.patient, practice, today)
    yield from _history(seeker.patient, practice.therapist, pair, today)
    yield from _wishes_of_patient(seeker, practice)
    yield from _wishes_of_therapist(seeker, practice, today)
    yield from _hours(seeker.patient, practice.therapist, far, route, policy)


def _places(patient: Patient, far: Kilometres, route: Route | None, policy: MatchingPolicy) -> Iterator[Mismatch]:
    limit = limit_of(patient, policy)
    if limit.max_km is not None:
        yield from _beyond(MatchReason.DISTANCE, far, limit.max_km, policy)
    if limit.max_minutes is not None:
        way = way_minutes(far, patient.travel_mode, route)
        yield from _beyond(MatchReason.TRAVEL_TIME, way, limit.max_minutes, policy)


def _beyond(reason: MatchReason, value: Kilometres | Minutes, limit: int, policy: MatchingPolicy) -> Iterator[Mismatch]:
    if isinstance(value, Unknown):
        if not policy.allow_unknown_distance:
            yield Mismatch(reason, unknown=True)
    elif value > limit:
        yield Mismatch(reason)


def _standings(patient: Patient, practice: Practice, today: date) -> Iterator[Mismatch]:
    if patient.status is not PatientStatus.SEARCHING:
        yield Mismatch(MatchReason.PATIENT_NOT_SEARCHING)
    elif patient.is_paused_on(today):
        yield Mismatch(MatchReason.PATIENT_NOT_SEARCHING, until=patient.search_paused_until)
    therapist = practice.therapist
    if therapist.status is TherapistStatus.INACTIVE:
        yield Mismatch(MatchReason.INACTIVE)
    if therapist.status is TherapistStatus.BLOCKED and (
        therapist.blocked_until is None or today < therapist.blocked_until
    ):
        yield Mismatch(MatchReason.BLOCKED, until=therapist.blocked_until)
    if therapist.do_not_contact or practice.mailbox_closed:
        yield Mismatch(MatchReason.DO_NOT_CONTACT)
    if therapist.erased_at is not None or patient.erased_at is not None:
        yield Mismatch(MatchReason.ERASED)


def _history(patient: Patient, therapist: Therapist, pair: Pair, today: date) -> Iterator[Mismatch]:
    if pair.request_open:
        yield Mismatch(MatchReason.REQUEST_OPEN)
    if pair.resting_until is not None and today < pair.resting_until:
        yield Mismatch(MatchReason.PAIR_RESTING, until=pair.resting_until)
    if therapist.id in patient.excluded_therapists:
        yield Mismatch(MatchReason.EXCLUDED)


def _wishes_of_patient(seeker: Seeker, practice: Practice) -> Iterator[Mismatch]:
    gender = practice.therapist.gender
    wanted = seeker.patient.preferred_therapist_gender
    if wanted not in (None, PreferredGender.ANY) and (gender is None or gender.value != wanted.value):
        yield Mismatch(MatchReason.THERAPIST_GENDER, unknown=gender is None)
    if seeker.methods and seeker.methods.isdisjoint(practice.methods):
        yield Mismatch(MatchReason.METHOD, unknown=not practice.methods)
    if seeker.languages and GERMAN not in seeker.languages and seeker.languages.isdisjoint(practice.languages):
        yield Mismatch(MatchReason.LANGUAGE, unknown=not practice.languages)


def _wishes_of_therapist(seeker: Seeker, practice: Practice, today: date) -> Iterator[Mismatch]:
    patient, therapist = seeker.patient, practice.therapist
    wanted = therapist.patient_gender
    if wanted not in (None, PreferredGender.ANY) and (patient.gender is None or patient.gender.value != wanted.value):
        yield Mismatch(MatchReason.PATIENT_GENDER, unknown=patient.gender is None)
    lowest, highest = therapist.patient_age_from, therapist.patient_age_to
    if lowest is not None or highest is not None:
        if patient.birth_date is None:
            yield Mismatch(MatchReason.AGE, unknown=True)
        elif not (lowest or 0) <= age_on(today, patient.birth_date) <= (inf if highest is None else highest):
            yield Mismatch(MatchReason.AGE)
    if any(group.holds(code) for group in practice.refuses for code in seeker.codes):
        yield Mismatch(MatchReason.DIAGNOSIS)
    elif practice.accepts and not any(group.may_be_meant_by(c) for group in practice.accepts for c in seeker.codes):
        yield Mismatch(MatchReason.DIAGNOSIS, unknown=not seeker.codes)
    if therapist.group_therapy is GroupTherapy.GROUP and not patient.open_to_group_therapy:
        yield Mismatch(MatchReason.GROUP, unknown=patient.open_to_group_therapy is None)


def _hours(
    patient: Patient, therapist: Therapist, far: Kilometres, route: Route | None, policy: MatchingPolicy
) -> Iterator[Mismatch]:
    if patient.availability is None or therapist.availability is None:
        return
    way = way_minutes(far, patient.travel_mode, route)
    minutes = 0 if way is UNKNOWN else way
    if not share_a_session(patient.availability, therapist.availability, session=policy.session_minutes, way=minutes):
        yield Mismatch(MatchReason.HOURS)
