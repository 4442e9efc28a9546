"""Do this patient and this therapist fit, and which of those that fit come first?

Distances are kilometres or ``UNKNOWN``, ways are minutes one way, days are local dates.  The answer carries every
reason against the pair.  Nothing here looks anybody up.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from math import inf

from attrs import frozen

from boona_core.geo import UNKNOWN, Kilometres, Minutes, distance, kilometres, reach_km
from boona_core.ids import PatientId, TherapistId
from boona_core.mismatches import MatchReason, Mismatch, mismatches
from boona_core.pairing import (
    STRANGERS,
    MatchingPolicy,
    Pair,
    Practice,
    Seeker,
    has_no_limit,
    limit_of,
    nearest_place,
)
from boona_core.ways import NO_ROUTES, Road, Route, Routes, by_place, route_between, spot, way_minutes

ESTIMATE = "estimate"
"""Who says how long a way is where no router has said it."""

_ROUNDING_KM = 0.01
"""A known way begins and ends within a metre of where it is asked about."""


@frozen(kw_only=True)
class Match:
    """What the rules say about a pair.

    Attributes:
        waiting_since: The patient's registration; None: unknown, counts as the newest.
        distance: Kilometres as the crow flies, to the nearest place at which there are sessions.
        way: Minutes one way by the patient's means, door to door.
        route: What a router said about the way, and *way* rests on; None: it is estimated.
        likelihood: How likely a yes is beside others, 0 to 1; good for an order and for nothing else.
        limit_assumed: The patient's limit is not known, and the agency's was taken.
        mismatches: Every reason against it; empty: they fit.
    """

    patient_id: PatientId
    therapist_id: TherapistId
    waiting_since: date | None
    distance: Kilometres
    way: Minutes
    route: Route | None = None
    likelihood: float
    limit_assumed: bool = False
    mismatches: tuple[Mismatch, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.mismatches

    @property
    def way_source(self) -> str | None:
        """Who says how long the way is: ``estimate``, or which router; None: nobody says anything."""
        if self.route is not None:
            return self.route.provenance.source
        return None if self.way is UNKNOWN else ESTIMATE

    @property
    def road_km(self) -> float | None:
        """Kilometres along the road, by the router; None: none was asked, or it knows no way."""
        return self.route.found.km if self.route is not None and isinstance(self.route.found, Road) else None

    @property
    def reasons(self) -> tuple[MatchReason, ...]:
        """The reasons alone."""
        return tuple(each.reason for each in self.mismatches)


def decide_match(
    seeker: Seeker,
    practice: Practice,
    pair: Pair = STRANGERS,
    *,
    policy: MatchingPolicy,
    today: date,
    routes: Routes = NO_ROUTES,
) -> Match:
    """Everything that the rules say about a pair on *today*.

    Args:
        routes: What is known of ways, this one's among them or not.
    """
    place = nearest_place(seeker.home, practice)
    far = distance(seeker.home, place)
    route = route_between(seeker.home, place, seeker.patient.travel_mode, routes)
    against = tuple(mismatches(seeker, practice, pair, far, policy=policy, today=today, route=route))
    return _match(seeker, practice, far, route, against, today=today)


def fitting(
    seeker: Seeker,
    practices: Iterable[Practice],
    pairs: Mapping[tuple[PatientId, TherapistId], Pair],
    *,
    policy: MatchingPolicy,
    today: date,
    routes: Routes = NO_ROUTES,
) -> list[Match]:
    """Those of *practices* that fit, in order; the same that ``decide_match`` says, without the reasons against."""
    found = []
    patient_id = seeker.patient.id
    known = by_place(seeker.home, seeker.patient.travel_mode, routes)
    for practice in practices:
        place = nearest_place(seeker.home, practice)
        far = distance(seeker.home, place)
        pair = pairs.get((patient_id, practice.therapist.id), STRANGERS)
        route = known.get(spot(place)) if known and place is not None else None
        if next(mismatches(seeker, practice, pair, far, policy=policy, today=today, route=route), None) is None:
            found.append(_match(seeker, practice, far, route, (), today=today))
    return in_order(found, policy)


def in_order(matches: Iterable[Match], policy: MatchingPolicy) -> list[Match]:
    """Who waits longest first, then the nearer ones, among equally near ones the likelier, then by distance and ids."""

    def place(match: Match) -> tuple[date, float, float, float, int, int]:
        far = inf if match.distance is UNKNOWN else match.distance
        step = far if far == inf else far // policy.distance_step_km
        waiting = match.waiting_since or date.max
        return waiting, step, -match.likelihood, far, match.patient_id, match.therapist_id

    return sorted(matches, key=place)


def search_radius(seeker: Seeker, policy: MatchingPolicy, routes: Routes = NO_ROUTES) -> Kilometres:
    """Beyond so many kilometres nothing fits; ``UNKNOWN``: near and far make no difference.

    A way that is known to be short enough lies within, however long it was estimated.
    """
    limit = limit_of(seeker.patient, policy)
    reaches = [] if limit.max_km is None else [float(limit.max_km)]
    if limit.max_minutes is not None:
        reach = reach_km(limit.max_minutes, seeker.patient.travel_mode)
        if reach is not UNKNOWN:
            reaches.append(max(reach, _known_reach(seeker, limit.max_minutes, routes, policy)))
        elif not policy.allow_unknown_distance:
            return 0.0  # no way is known to be short enough
    return min(reaches, default=UNKNOWN)


def likelihood(practice: Practice, *, today: date) -> float:
    """How likely a yes is: one in ten for strangers, by the answers so far, and more where places were heard of."""
    therapist = practice.therapist
    share = (practice.accepted + 1) / (practice.answered + 10)
    places = (therapist.individual_places_from, therapist.group_places_from)
    heard = therapist.potentially_available or any(day is not None and day <= today for day in places)
    return share + (1 - share) / 2 if heard else share


def _known_reach(seeker: Seeker, max_minutes: int, routes: Routes, policy: MatchingPolicy) -> float:
    """As the crow flies, of the ways from this home that take no more than so many minutes, or may."""
    if not routes or seeker.home is None:
        return 0.0
    mode = seeker.patient.travel_mode
    near = (
        kilometres(seeker.home, there) + _ROUNDING_KM
        for there, route in by_place(seeker.home, mode, routes).items()
        if (
            policy.allow_unknown_distance
            if (taken := way_minutes(UNKNOWN, mode, route)) is UNKNOWN
            else taken <= max_minutes
        )
    )
    return max(near, default=0.0)


def _match(
    seeker: Seeker,
    practice: Practice,
    far: Kilometres,
    route: Route | None,
    against: tuple[Mismatch, ...],
    *,
    today: date,
) -> Match:
    patient = seeker.patient
    return Match(
        patient_id=patient.id,
        therapist_id=practice.therapist.id,
        waiting_since=patient.registered_on,
        distance=far,
        way=way_minutes(far, patient.travel_mode, route),
        route=route,
        likelihood=likelihood(practice, today=today),
        limit_assumed=has_no_limit(patient),
        mismatches=against,
    )
