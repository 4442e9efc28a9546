"""About which ways is it worth asking a router?

Those of a patient to the practices that fit, or would if the way were shorter than it is estimated.  The nearest ones
come first.  Nothing here asks anybody.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from math import inf

from boona_core.geo import UNKNOWN, Kilometres
from boona_core.ids import PatientId, TherapistId
from boona_core.matching import decide_match, search_radius
from boona_core.mismatches import MatchReason
from boona_core.pairing import STRANGERS, MatchingPolicy, Pair, Practice, Seeker, nearest_place
from boona_core.ways import Routes, Way

_OF_THE_WAY = frozenset({MatchReason.TRAVEL_TIME, MatchReason.HOURS})
"""Reasons that another time on the way may take away."""

_MARGIN = 1.5
"""So many times as far as the estimate reaches is asked about."""


def asking_radius(seeker: Seeker, policy: MatchingPolicy) -> Kilometres:
    """Beyond so many kilometres nothing is worth asking about; ``UNKNOWN``: near and far make no difference."""
    radius = search_radius(seeker, policy)
    return UNKNOWN if radius is UNKNOWN else radius * _MARGIN


def ways_to_ask(
    seeker: Seeker,
    practices: Iterable[Practice],
    pairs: Mapping[tuple[PatientId, TherapistId], Pair],
    known: Routes,
    *,
    policy: MatchingPolicy,
    nearest: int,
    today: date,
) -> list[Way]:
    """The ways to the *nearest* so many practices that are worth it, nearest first, without those that are known.

    A way to next door is none; practices in one place are one.
    """
    home, mode = seeker.home, seeker.patient.travel_mode
    if home is None or mode is None:
        return []
    far: dict[Way, float] = {}
    for practice in practices:
        place = nearest_place(home, practice)
        if place is None:
            continue
        way = Way(home, place, mode)
        if way.here == way.there or way in far:
            continue
        pair = pairs.get((seeker.patient.id, practice.therapist.id), STRANGERS)
        match = decide_match(seeker, practice, pair, policy=policy, today=today)
        if _OF_THE_WAY.issuperset(match.reasons):
            far[way] = inf if match.distance is UNKNOWN else match.distance
    chosen = sorted(far, key=lambda way: (far[way], way.there.latitude, way.there.longitude))[:nearest]
    return [way for way in chosen if way not in known]
