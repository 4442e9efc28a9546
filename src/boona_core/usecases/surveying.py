"""How much is not known about places and ways, and let it be asked about soon.

Counts only: nobody's name, nobody's place.  Nothing here asks a service.
"""

from collections.abc import Collection

from attrs import frozen

from boona_core.event_ports import PlannedWork
from boona_core.geocoding import next_question
from boona_core.matching_ports import GeocodingUnit, OpenGeocodingUnit
from boona_core.patients import TravelMode
from boona_core.ways import spot

ASKING = "geocode"
"""The periodic work that asks by itself, as the schedule knows it."""


@frozen(kw_only=True)
class Surveyed:
    """What is not known.

    Attributes:
        can_locate: Somebody is named who knows where addresses are.
        can_route: Somebody is named who knows how long ways are.
        without_place: People of whom no place is known.
        with_unknown_place: People of whom one place is known, and another is not.
        places_without_question: Of both, those about whose unknown places nothing can be asked: too little is known.
        place_questions: Questions that would be asked first about the others; more follow where nobody knows an answer.
        waiting: Patients who search.
        ways_without_question: Of them, those without a known home, or by no means that somebody named knows.
        ways_not_asked: Of the others, those of none of whose ways anything is known.
        work: How the work stands that asks by itself; None: nobody does it.
    """

    can_locate: bool
    can_route: bool
    without_place: int
    with_unknown_place: int
    places_without_question: int
    place_questions: int
    waiting: int
    ways_without_question: int
    ways_not_asked: int
    work: PlannedWork | None


@frozen(kw_only=True)
class SurveyMaps:
    """Count what is not known.

    Attributes:
        can_locate: Somebody is named who knows where addresses are.
        modes: The means of travel whose ways somebody named knows.
    """

    open_unit: OpenGeocodingUnit
    can_locate: bool
    modes: Collection[TravelMode]

    def __call__(self) -> Surveyed:
        """As of now."""
        with self.open_unit() as unit:
            people, seekers = unit.matching.sought(), unit.matching.waiting()
            begun = unit.routes.begun(now=unit.now())
            places = [addresses for each in people for addresses in each.places if addresses]
            known = unit.addresses.get_many({each.key for asked in places for each in asked}, now=unit.now())
            work = planned_asking(unit)
        firsts = {question.key for each in places if (question := next_question(each, known)) is not None}
        askable = [
            (spot(each.home), each.patient.travel_mode)
            for each in seekers
            if each.home is not None and each.patient.travel_mode in self.modes
        ]
        return Surveyed(
            can_locate=self.can_locate,
            can_route=bool(self.modes),
            without_place=sum(not each.is_somewhere for each in people),
            with_unknown_place=sum(each.is_somewhere for each in people),
            places_without_question=sum(not each.can_be_asked_about for each in people),
            place_questions=len(firsts),
            waiting=len(seekers),
            ways_without_question=len(seekers) - len(askable),
            ways_not_asked=sum(each not in begun for each in askable),
            work=work,
        )


@frozen(kw_only=True)
class AskSoon:
    """Let the work that asks by itself be due now.

    Attributes:
        can_ask: Somebody is named who may be asked.
        expression: When it is due else, as the schedule is told it.
    """

    open_unit: OpenGeocodingUnit
    can_ask: bool
    expression: str

    def __call__(self, *, dry_run: bool = False) -> PlannedWork | None:
        """How the work stands from now on; None: there is nobody to ask, and nothing is done.

        Whoever is in the middle of it begins it once more afterwards.
        """
        if not self.can_ask:
            return None
        with self.open_unit() as unit:
            unit.schedule.know(ASKING, self.expression, following=unit.now())
            unit.schedule.hasten(ASKING, now=unit.now())
            work = planned_asking(unit)
            if not dry_run:
                unit.commit()
        return work


def planned_asking(unit: GeocodingUnit) -> PlannedWork | None:
    """How the work stands that asks by itself; None: nobody knows of it."""
    return unit.schedule.planned(ASKING, now=unit.now())
