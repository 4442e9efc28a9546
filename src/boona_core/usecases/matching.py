"""Which therapists fit a patient, and which waiting patients fit a therapist?

Nothing is changed here, and nobody outside is asked: what a router said about ways before is taken.  Who is near is
asked of the store, which leaves out nobody who could fit; the rules decide.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import islice
from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.errors import UnknownId
from boona_core.geo import UNKNOWN, Kilometres, box_around
from boona_core.ids import PatientId, TherapistId
from boona_core.instants import local_day
from boona_core.matching import Match, decide_match, fitting, in_order, search_radius
from boona_core.matching_ports import MatchingUnit, OpenMatchingUnit
from boona_core.mismatches import MatchReason
from boona_core.nearby import Nearby
from boona_core.pairing import STRANGERS, MatchingPolicy, Pair, Practice, Seeker
from boona_core.ways import NO_ROUTES, Routes, by_home, spot

_TOO_FAR = frozenset({MatchReason.DISTANCE, MatchReason.TRAVEL_TIME})


@frozen(kw_only=True)
class Matches:
    """What the rules say about one side and everybody within reach of it.

    Attributes:
        place_known: Where this side is; unless it is, nothing is within reach.
        fitting: Those that fit, in order.
        others: Those within reach that do not, each with every reason, in order.
    """

    place_known: bool
    fitting: tuple[Match, ...]
    others: tuple[Match, ...]


@frozen(kw_only=True)
class PatientMatches:
    """A waiting patient and the therapists that fit.

    Attributes:
        place_known: Where the patient lives; unless it is, nothing is within reach.
        fitting: In order.
    """

    patient_id: PatientId
    place_known: bool
    fitting: Sequence[Match]


@frozen(kw_only=True)
class SomeMatches:
    """A part of the waiting patients, by id.

    Attributes:
        next_after: Behind this patient the next part begins; None: there is none.
    """

    patients: tuple[PatientMatches, ...]
    next_after: PatientId | None


@frozen(kw_only=True)
class FindMatches:
    """Hold patients and therapists against each other.

    Attributes:
        patients: Patients whose requests are read at once when all are held against all.
    """

    open_unit: OpenMatchingUnit
    policy: MatchingPolicy
    zone: ZoneInfo
    patients: int = 500

    def for_patient(self, patient_id: PatientId) -> Matches:
        """The therapists for a patient.

        Raises:
            UnknownId: there is no such patient.
        """
        with self.open_unit() as unit:
            today = local_day(unit.now(), self.zone)
            seeker = seeker_of(unit, patient_id)
            pairs = unit.matching.pairs(patient_ids=[patient_id])
            routes = routes_from(unit, [seeker])
            practices = self._within_reach(unit, seeker, routes)
            matches = [self._decide(seeker, practice, pairs, routes, today) for practice in practices]
        return self._sorted(matches, place_known=seeker.home is not None)

    def for_therapist(self, therapist_id: TherapistId) -> Matches:
        """The waiting patients for a therapist.

        Raises:
            UnknownId: there is no such therapist.
        """
        with self.open_unit() as unit:
            today = local_day(unit.now(), self.zone)
            practice = practice_of(unit, therapist_id)
            pairs = unit.matching.pairs(therapist_ids=[therapist_id])
            routes = unit.routes.known(places=practice.places, now=unit.now())
            matches = [self._decide(seeker, practice, pairs, routes, today) for seeker in unit.matching.waiting()]
        return self._sorted(matches, place_known=bool(practice.places))

    def of_pair(self, patient_id: PatientId, therapist_id: TherapistId) -> Match:
        """What the rules say about one pair, near or far.

        Raises:
            UnknownId: there is no such patient, or no such therapist.
        """
        with self.open_unit() as unit:
            today = local_day(unit.now(), self.zone)
            seeker, practice = seeker_of(unit, patient_id), practice_of(unit, therapist_id)
            pairs = unit.matching.pairs(patient_ids=[patient_id])
            return self._decide(seeker, practice, pairs, routes_from(unit, [seeker]), today)

    def for_everybody(self) -> Iterator[tuple[PatientId, Sequence[Match]]]:
        """Each waiting patient, by id, with the therapists that fit, in order.

        All therapists are read once; the time grows with the patients and with how many therapists are near each.
        """
        with self.open_unit() as unit:
            today = local_day(unit.now(), self.zone)
            practices = unit.matching.all_practices()
            near = Nearby((place, practice) for practice in practices for place in practice.places)

            def within(seeker: Seeker, radius: Kilometres) -> Iterable[Practice]:
                if self._reaches_everybody(radius):
                    return practices
                found = () if seeker.home is None or radius is UNKNOWN else near.within(seeker.home, radius)
                return {practice.therapist.id: practice for practice in found}.values()  # several places

            waiting = iter(unit.matching.waiting())
            while chunk := list(islice(waiting, self.patients)):
                for found in self._chunk(unit, chunk, within, today):
                    yield found.patient_id, found.fitting

    def for_some(self, *, after: PatientId | None, limit: int) -> SomeMatches:
        """The same for the first *limit* waiting patients behind *after*; None: for the first of all.

        The time grows with how many therapists are near each of them, and not with all there are.
        """
        with self.open_unit() as unit:
            today = local_day(unit.now(), self.zone)
            seekers = unit.matching.waiting(after=after, limit=limit + 1)
            everybody = cache(unit.matching.all_practices)

            def within(seeker: Seeker, radius: Kilometres) -> Iterable[Practice]:
                return everybody() if self._reaches_everybody(radius) else _in_box(unit, seeker, radius)

            patients = tuple(self._chunk(unit, seekers[:limit], within, today))
        return SomeMatches(
            patients=patients, next_after=patients[-1].patient_id if len(seekers) > len(patients) else None
        )

    def _chunk(
        self,
        unit: MatchingUnit,
        chunk: Sequence[Seeker],
        within: Callable[[Seeker, Kilometres], Iterable[Practice]],
        today: date,
    ) -> Iterator[PatientMatches]:
        pairs = unit.matching.pairs(patient_ids=[seeker.patient.id for seeker in chunk])
        of_home = by_home(routes_from(unit, chunk))
        for seeker in chunk:
            routes = NO_ROUTES if seeker.home is None else of_home.get(spot(seeker.home), NO_ROUTES)
            candidates = within(seeker, search_radius(seeker, self.policy, routes))
            yield PatientMatches(
                patient_id=seeker.patient.id,
                place_known=seeker.home is not None,
                fitting=fitting(seeker, candidates, pairs, policy=self.policy, today=today, routes=routes),
            )

    def _decide(
        self,
        seeker: Seeker,
        practice: Practice,
        pairs: Mapping[tuple[PatientId, TherapistId], Pair],
        routes: Routes,
        today: date,
    ) -> Match:
        pair = pairs.get((seeker.patient.id, practice.therapist.id), STRANGERS)
        return decide_match(seeker, practice, pair, policy=self.policy, today=today, routes=routes)

    def _within_reach(self, unit: MatchingUnit, seeker: Seeker, routes: Routes) -> Sequence[Practice]:
        radius = search_radius(seeker, self.policy, routes)
        return unit.matching.all_practices() if self._reaches_everybody(radius) else _in_box(unit, seeker, radius)

    def _reaches_everybody(self, radius: Kilometres) -> bool:
        """Whether near and far make no difference."""
        return self.policy.allow_unknown_distance or radius is UNKNOWN

    def _sorted(self, matches: Sequence[Match], *, place_known: bool) -> Matches:
        others = (match for match in matches if not match.fits and _TOO_FAR.isdisjoint(match.reasons))
        return Matches(
            place_known=place_known,
            fitting=tuple(in_order((match for match in matches if match.fits), self.policy)),
            others=tuple(in_order(others, self.policy)),
        )


def _in_box(unit: MatchingUnit, seeker: Seeker, radius: Kilometres) -> Sequence[Practice]:
    if seeker.home is None or radius is UNKNOWN:
        return ()
    return unit.matching.practices_in(box_around(seeker.home, radius))


def routes_from(unit: MatchingUnit, seekers: Collection[Seeker]) -> Routes:
    """What a router has said about the ways from these homes."""
    homes = {seeker.home for seeker in seekers if seeker.home is not None}
    return unit.routes.known(homes=homes, now=unit.now())


def seeker_of(unit: MatchingUnit, patient_id: PatientId) -> Seeker:
    """A patient as matching sees them.

    Raises:
        UnknownId: there is no such patient.
    """
    found = unit.matching.seekers([patient_id]).get(patient_id)
    if found is None:
        raise UnknownId("patient", patient_id)
    return found


def practice_of(unit: MatchingUnit, therapist_id: TherapistId) -> Practice:
    """A therapist as matching sees them.

    Raises:
        UnknownId: there is no such therapist.
    """
    found = unit.matching.practices([therapist_id]).get(therapist_id)
    if found is None:
        raise UnknownId("therapist", therapist_id)
    return found
