"""Matches over HTTP: who fits whom and why others do not, and the requests that are made of it.

Of a patient nothing is shown but the id and how long the search goes on.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated

from attrs import frozen

from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Operation, Outcome, Shown, Understood
from boona_adapters.http.shaping import ListShape, NumberedPageQuery, Tried
from boona_adapters.http.texts import Id, Priority, Whole
from boona_core.errors import InvalidValue, InvalidValues, UnknownId
from boona_core.geo import UNKNOWN
from boona_core.ids import PatientId, TherapistId
from boona_core.matching import Match
from boona_core.mismatches import MatchReason
from boona_core.usecases.matching import Matches
from boona_core.usecases.offering import Offered, PairOfIds

MOST_AT_ONCE = 100
"""Pairs of one call."""


@frozen(kw_only=True)
class MismatchShape:
    """One reason against a pair.

    Attributes:
        unknown: It is not known to fit; it may.
        until: The first day without it; null: no day helps by itself.
    """

    reason: MatchReason
    unknown: bool
    until: date | None


@frozen(kw_only=True)
class MatchShape:
    """What the rules say about one patient and one therapist.

    Attributes:
        fits: Nothing speaks against it.
        distance_km: As the crow flies; null: unknown.
        way_minutes: One way by the patient's means, door to door; null: unknown.
        way_source: Who says how long the way is: ``estimate``, or which router; null: nobody says anything.
        way_asked_at: When the router was asked; null: it is an estimate.
        road_km: Along the road, by the router; null: none was asked, or it knows no way.
        likelihood: How likely a yes is beside others, 0 to 1; good for an order and for nothing else.
        waiting_since: The patient's day of registration; null: unknown.
        limit_assumed: How far the patient goes is not known, and the agency's assumption was taken.
        reasons: Every reason against it.
    """

    patient_id: int
    therapist_id: int
    fits: bool
    distance_km: float | None
    way_minutes: int | None
    way_source: str | None
    way_asked_at: datetime | None
    road_km: float | None
    likelihood: float
    waiting_since: date | None
    limit_assumed: bool
    reasons: tuple[MismatchShape, ...]


@frozen(kw_only=True)
class MatchList(ListShape):
    """A part of the matches of one patient or therapist.

    Attributes:
        data: The rows: who waits longest first, then the nearer ones, among equally near ones the likelier.
        total: How many rows there are in all.
        place_known: Whether it is known where this side is; unless it is, nothing is within reach. Null: one pair
            alone was asked for.
    """

    data: tuple[MatchShape, ...]
    place_known: bool | None


@frozen(kw_only=True)
class _MatchQuery(NumberedPageQuery):
    """Which matches.

    Attributes:
        fits: False: those within reach that do not fit, each with every reason; true where nothing is said.
    """

    fits: bool = UNNAMED


@frozen(kw_only=True)
class PatientMatchQuery(_MatchQuery):
    """Which therapists.

    Attributes:
        therapist_id: This one alone, near or far, whether it fits or not.
    """

    therapist_id: Id = UNNAMED


@frozen(kw_only=True)
class TherapistMatchQuery(_MatchQuery):
    """Which patients.

    Attributes:
        patient_id: This one alone, waiting or not, whether it fits or not.
    """

    patient_id: Id = UNNAMED


@frozen(kw_only=True)
class _NewMatches(Tried):
    """Whom to offer to whom.

    Attributes:
        first: Instead, the first so many of those that fit.
        priority: Of the requests; 1 where nothing is said, higher is more important.
    """

    first: Annotated[int, Whole(1, MOST_AT_ONCE)] = UNNAMED
    priority: Priority = UNNAMED


@frozen(kw_only=True)
class NewPatientMatches(_NewMatches):
    """To whom a patient is to be offered: to therapists that are named, or to the first that fit.

    Attributes:
        therapist_ids: These, at most 100.
    """

    therapist_ids: tuple[Id, ...] = UNNAMED


@frozen(kw_only=True)
class NewTherapistMatches(_NewMatches):
    """Who is to be offered to a therapist: patients that are named, or the first that fit.

    Attributes:
        patient_ids: These, at most 100.
    """

    patient_ids: tuple[Id, ...] = UNNAMED


@frozen(kw_only=True)
class OfferedPairShape:
    """A pair that has an open placement request from now on, or would have.

    Attributes:
        placement_request_id: The request; null: a dry run.
    """

    patient_id: int
    therapist_id: int
    placement_request_id: int | None


@frozen(kw_only=True)
class OfferedShape:
    """What was created, or would be.

    Attributes:
        refused: The other pairs, each with every reason.
    """

    dry_run: bool
    created: tuple[OfferedPairShape, ...]
    refused: tuple[MatchShape, ...]


def match_shape(match: Match) -> MatchShape:
    """What the rules say about a pair, to be shown."""
    return MatchShape(
        patient_id=match.patient_id,
        therapist_id=match.therapist_id,
        fits=match.fits,
        distance_km=None if match.distance is UNKNOWN else round(match.distance, 3),
        way_minutes=None if match.way is UNKNOWN else match.way,
        way_source=match.way_source,
        way_asked_at=None if match.route is None else match.route.provenance.asked_at,
        road_km=match.road_km,
        likelihood=round(match.likelihood, 4),
        waiting_since=match.waiting_since,
        limit_assumed=match.limit_assumed,
        reasons=tuple(
            MismatchShape(reason=each.reason, unknown=each.unknown, until=each.until) for each in match.mismatches
        ),
    )


def find_for_patient(asked: Understood) -> Outcome:
    """List the therapists for a patient."""
    patient_id = asked.application.show.patient(PatientId(asked.number)).id
    find, other = asked.application.find_matches, named(asked.query).get("therapist_id")
    if other is not None:
        return _pair(asked, lambda: find.of_pair(patient_id, TherapistId(other)))
    return _matches(asked, find.for_patient(patient_id))


def find_for_therapist(asked: Understood) -> Outcome:
    """List the waiting patients for a therapist."""
    therapist_id = asked.application.show.therapist(TherapistId(asked.number)).id
    find, other = asked.application.find_matches, named(asked.query).get("patient_id")
    if other is not None:
        return _pair(asked, lambda: find.of_pair(PatientId(other), therapist_id))
    return _matches(asked, find.for_therapist(therapist_id))


def _matches(asked: Understood, found: Matches) -> Outcome:
    rows = found.others if asked.query.fits is False else found.fitting
    return _listed(asked, rows, place_known=found.place_known)


def _pair(asked: Understood, decide: Callable[[], Match]) -> Outcome:
    """A list of one pair, or of none where the other side is not known or the filter does not let it through."""
    try:
        match = decide()
    except UnknownId:
        return _listed(asked, (), place_known=None)
    return _listed(asked, [match] if asked.query.fits in (UNNAMED, match.fits) else (), place_known=None)


def _listed(asked: Understood, rows: Sequence[Match], *, place_known: bool | None) -> Outcome:
    cut = asked.query.cut()
    shown = tuple(map(match_shape, rows[cut.offset : cut.offset + cut.limit]))
    return Shown(MatchList(data=shown, page=cut.page, limit=cut.limit, total=len(rows), place_known=place_known))


def offer_patient(asked: Understood) -> Outcome:
    """Offer a patient to therapists."""
    patient_id = asked.application.show.patient(PatientId(asked.number)).id
    others = _others(asked, "therapist_ids", lambda: asked.application.find_matches.for_patient(patient_id))
    return _offer(asked, [(patient_id, TherapistId(each)) for each in others], "therapist_ids")


def offer_to_therapist(asked: Understood) -> Outcome:
    """Offer patients to a therapist."""
    therapist_id = asked.application.show.therapist(TherapistId(asked.number)).id
    others = _others(asked, "patient_ids", lambda: asked.application.find_matches.for_therapist(therapist_id))
    return _offer(asked, [(PatientId(each), therapist_id) for each in others], "patient_ids")


def _others(asked: Understood, name: str, find: Callable[[], Matches]) -> Sequence[int]:
    """The ids of the other side that the body asks for.

    Raises:
        InvalidValues: it names none and no number, or both, or too many.
    """
    told = named(asked.body)
    if (name in told) == ("first" in told):
        raise InvalidValues([InvalidValue(name, "is needed, or first instead: one of the two")])
    if name not in told:
        side = "therapist_id" if name == "therapist_ids" else "patient_id"
        return [getattr(match, side) for match in find().fitting[: told["first"]]]
    if len(told[name]) > MOST_AT_ONCE:
        raise InvalidValues([InvalidValue(name, f"has more than {MOST_AT_ONCE} ids")])
    return [*told[name]]


def _offer(asked: Understood, pairs: Sequence[PairOfIds], name: str) -> Outcome:
    told = named(asked.body)
    offer = asked.application.offer_matches
    try:
        offered = offer(pairs, priority=told.get("priority", 1), dry_run=asked.body.is_dry)
    except UnknownId as unknown:
        place = told[name].index(unknown.id)
        raise InvalidValues([InvalidValue(f"{name}[{place}]", f"no {unknown.kind} has this id")]) from None
    return Shown(offered_shape(offered))


def offered_shape(offered: Offered) -> OfferedShape:
    """What was created, or would be, to be shown."""
    created = [
        OfferedPairShape(
            patient_id=patient_id,
            therapist_id=therapist_id,
            placement_request_id=None if offered.dry_run else request_id,
        )
        for (patient_id, therapist_id), request_id in offered.request_ids.items()
    ]
    return OfferedShape(
        dry_run=offered.dry_run, created=tuple(created), refused=tuple(map(match_shape, offered.refused))
    )


_FOUND = (
    "As `boona match`: distance or travel time, exclusions, genders, method, languages, diagnoses, hours, status, and "
    "an open request of the same pair. With `fits=false` those within reach that do not fit, each with every reason."
)
_OFFERED = (
    "Creates an open placement request for each pair that fits, all of them in one transaction. Each pair is judged by "
    "itself, at this moment: one that does not fit any more, or has a request already, is refused with every reason "
    "and holds up no other. An id that nobody has refuses the whole (422)."
)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/patients/{id}/matches",
        name="listMatchesOfPatient",
        summary="Which therapists fit this patient?",
        description=_FOUND,
        tag="matches",
        act=find_for_patient,
        query=PatientMatchQuery,
        answer=MatchList,
    ),
    Operation(
        method="POST",
        path="/api/patients/{id}/matches",
        name="offerPatient",
        summary="Offer this patient to therapists that fit",
        description=_OFFERED,
        tag="matches",
        act=offer_patient,
        body=NewPatientMatches,
        answer=OfferedShape,
        example={"first": 3},
    ),
    Operation(
        method="GET",
        path="/api/therapists/{id}/matches",
        name="listMatchesOfTherapist",
        summary="Which waiting patients fit this therapist?",
        description=_FOUND,
        tag="matches",
        act=find_for_therapist,
        query=TherapistMatchQuery,
        answer=MatchList,
    ),
    Operation(
        method="POST",
        path="/api/therapists/{id}/matches",
        name="offerToTherapist",
        summary="Offer patients that fit to this therapist",
        description=_OFFERED,
        tag="matches",
        act=offer_to_therapist,
        body=NewTherapistMatches,
        answer=OfferedShape,
        example={"patient_ids": [1]},
    ),
)
