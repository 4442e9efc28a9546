"""Find out how long the ways of waiting patients are, to the practices near them that fit.

A router gets to know two places and a means of travel, nobody's name and nobody's street: a patient's home is where
their postal code is.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta
from functools import partial
from hashlib import sha256
from itertools import takewhile
from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.geo import UNKNOWN, box_around
from boona_core.geocoding import GeocodingPolicy, Provenance
from boona_core.geocoding_ports import Router
from boona_core.ids import PatientId
from boona_core.instants import local_day
from boona_core.matching_ports import GeocodingUnit, OpenGeocodingUnit
from boona_core.pairing import MatchingPolicy, Seeker
from boona_core.usecases.asked import Asked, Run
from boona_core.usecases.asking_in_turn import AskInTurn, Became
from boona_core.usecases.matching import routes_from, seeker_of
from boona_core.ways import NoRoad, Road, Route, Way
from boona_core.ways_to_ask import asking_radius, ways_to_ask


@frozen(kw_only=True)
class FindRoutes:
    """Ask a router about the ways that are not known, in small steps.

    Attributes:
        ask_in_turn: For the router's service.
    """

    open_unit: OpenGeocodingUnit
    router: Router
    ask_in_turn: AskInTurn
    policy: GeocodingPolicy
    matching: MatchingPolicy
    zone: ZoneInfo

    def __call__(
        self,
        patient_ids: Collection[PatientId] | None = None,
        *,
        limit: int | None = None,
        dry_run: bool = False,
        on_asked: Callable[[int], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Asked:
        """Ask what is not known about the ways of these patients, or of all who wait (None).

        Args:
            limit: Questions at most, each about several ways; None: all.
            dry_run: Ask nothing, change nothing, say how much would be asked.
            on_asked: Told after each answer how many there were.
            stop: Whether to stop, and leave the rest to the next run; asked between two steps.

        Raises:
            UnknownId: one of these patients does not exist; nothing is asked.
        """
        with self.open_unit() as unit:
            seekers = (
                unit.matching.waiting()
                if patient_ids is None
                else [seeker_of(unit, each) for each in sorted(patient_ids)]
            )
            if not dry_run:
                unit.routes.forget_ended(now=unit.now())
                unit.commit()
        run = Run(
            service=self.ask_in_turn.service,
            limit=limit,
            failures=self.policy.failures,
            on_asked=on_asked,
            stop=stop,
        )
        found: list[Road | NoRoad] = []
        planned: set[Way] = set()
        askable = [each for each in seekers if each.home is not None and each.patient.travel_mode in self.router.modes]
        in_time = takewhile(lambda _: run.goes_on(), askable)
        questions = (ways for seeker in in_time for ways in self._questions(seeker, planned))
        for ways in takewhile(lambda _: run.may_ask(), questions):
            if dry_run:
                planned.update(ways)
                run.questions += 1
            else:
                run.ask(partial(self._one, ways, found, stop))
        return run.asked(
            dry_run=dry_run,
            people=len(seekers),
            without_question=len(seekers) - len(askable),
            answers=[isinstance(each, Road) for each in found],
        )

    def _questions(self, seeker: Seeker, planned: Collection[Way]) -> Iterator[Sequence[Way]]:
        """The ways of a patient that are worth asking about, so many at once as the router takes."""
        with self.open_unit() as unit:
            radius = asking_radius(seeker, self.matching)
            if radius is UNKNOWN:
                practices = unit.matching.all_practices()
            else:
                practices = [] if seeker.home is None else unit.matching.practices_in(box_around(seeker.home, radius))
            ways = ways_to_ask(
                seeker,
                practices,
                unit.matching.pairs(patient_ids=[seeker.patient.id]),
                routes_from(unit, [seeker]),
                policy=self.matching,
                nearest=self.policy.nearest,
                today=local_day(unit.now(), self.zone),
            )
        wanted = [way for way in ways if way not in planned]
        for start in range(0, len(wanted), self.router.largest):
            yield wanted[start : start + self.router.largest]

    def _one(self, ways: Sequence[Way], found: list[Road | NoRoad], stop: Callable[[], bool]) -> Became:
        here, mode = ways[0].here, ways[0].mode

        def is_known(unit: GeocodingUnit) -> bool:
            return set(ways) <= unit.routes.known(homes=[here], now=unit.now()).keys()

        def keep(unit: GeocodingUnit, answers: Sequence[Road | NoRoad]) -> None:
            found.extend(answers)
            unit.routes.put({way: self._route(unit, answer) for way, answer in zip(ways, answers, strict=True)})

        return self.ask_in_turn(
            sha256(repr([(here, way.there, mode) for way in ways]).encode()).hexdigest(),
            is_known=is_known,
            ask=lambda: self.router.roads(here, [way.there for way in ways], mode),
            keep=keep,
            stop=stop,
        )

    def _route(self, unit: GeocodingUnit, answer: Road | NoRoad) -> Route:
        days = self.policy.keep_days if isinstance(answer, Road) else self.policy.keep_unknown_days
        asked_at = unit.now()
        return Route(
            answer, Provenance(source=self.router.source, asked_at=asked_at, ends_at=asked_at + timedelta(days=days))
        )
