"""How much is not known about places and ways, over HTTP, and a run that asks about it soon.

Counts only: nobody's name, nobody's place.
"""

from datetime import datetime
from http import HTTPStatus

from attrs import frozen

from boona_adapters.http.operations import Operation, Outcome, Refused, Shown, Understood
from boona_adapters.http.shaping import Tried
from boona_core.event_ports import PlannedWork


@frozen(kw_only=True)
class AskingRunShape:
    """The work that asks by itself.

    Attributes:
        due_at: When it begins next, or since when it is due.
        in_hand: Somebody is at it.
        ended_at: When it came to its end last; null: never.
    """

    due_at: datetime
    in_hand: bool
    ended_at: datetime | None


@frozen(kw_only=True)
class GeocodingShape:
    """What is not known about places and ways.

    Attributes:
        geocoder: Somebody is named who knows where addresses are.
        router: Somebody is named who knows how long ways are.
        without_place: People of whom no place is known.
        with_unknown_place: People of whom one place is known, and another is not.
        places_without_question: Of both, those about whom too little is known to ask anything.
        place_questions: Questions that would be asked first about the others.
        waiting: Patients who search.
        ways_without_question: Of them, those about whose ways nothing can be asked.
        ways_not_asked: Of the others, those of none of whose ways anything is known.
        run: Null: nobody asks by itself.
    """

    geocoder: bool
    router: bool
    without_place: int
    with_unknown_place: int
    places_without_question: int
    place_questions: int
    waiting: int
    ways_without_question: int
    ways_not_asked: int
    run: AskingRunShape | None


@frozen(kw_only=True)
class NewAskingRun(Tried):
    """A run that is to begin soon."""


def _run_shape(work: PlannedWork) -> AskingRunShape:
    return AskingRunShape(due_at=work.next_at, in_hand=work.in_hand, ended_at=work.ended_at)


def survey(asked: Understood) -> Outcome:
    """Count what is not known."""
    found = asked.application.survey_maps()
    return Shown(
        GeocodingShape(
            geocoder=found.can_locate,
            router=found.can_route,
            without_place=found.without_place,
            with_unknown_place=found.with_unknown_place,
            places_without_question=found.places_without_question,
            place_questions=found.place_questions,
            waiting=found.waiting,
            ways_without_question=found.ways_without_question,
            ways_not_asked=found.ways_not_asked,
            run=None if found.work is None else _run_shape(found.work),
        )
    )


def ask_soon(asked: Understood) -> Outcome:
    """Let the work that asks by itself be due now."""
    work = asked.application.ask_soon(dry_run=asked.body.is_dry)
    if work is None:
        return Refused(decision=None, detail="neither a geocoder nor a router is named in the settings")
    return Shown(_run_shape(work))


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/geocoding",
        name="showGeocoding",
        summary="How much is not known about places and ways?",
        description="As `boona geocode --dry-run` counts it; nobody is asked, and nobody is named.",
        tag="imports",
        act=survey,
        answer=GeocodingShape,
    ),
    Operation(
        method="POST",
        path="/api/geocoding/runs",
        name="startGeocoding",
        summary="Ask soon about what is not known",
        description="The sweep begins within its interval, as it does every night, and asks each service at most once "
        "a second; how it goes is shown by `GET /api/geocoding`. Whoever is at it already begins once more afterwards. "
        "Where neither a geocoder nor a router is named nothing begins (409).",
        tag="imports",
        act=ask_soon,
        body=NewAskingRun,
        answer=AskingRunShape,
        status=HTTPStatus.ACCEPTED,
        refuses=True,
        example={"dry_run": True},
    ),
)
