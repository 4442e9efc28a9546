"""All waiting patients against all therapists over HTTP, a part at a time, as ``boona match --all``."""

from typing import Annotated

from attrs import frozen

from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.matches import OfferedShape, offered_shape
from boona_adapters.http.operations import Operation, Outcome, Shown, Understood
from boona_adapters.http.shaping import Tried
from boona_adapters.http.texts import Id, Priority, Whole
from boona_core.ids import PatientId
from boona_core.usecases.matching import SomeMatches

MOST_PATIENTS = 50
"""Of one call: beside 50,000 therapists each of them takes up to a tenth of a second."""

MOST_EACH = 20
"""Requests that one call makes for one patient."""

_USUAL = 20


@frozen(kw_only=True)
class EverybodyQuery:
    """Which part of the waiting patients, by id.

    Attributes:
        after: The ``next_after`` of the part before; the first part where nothing is said.
        limit: Patients of a part.
    """

    after: Id = UNNAMED
    limit: Annotated[int, Whole(1, MOST_PATIENTS)] = UNNAMED


@frozen(kw_only=True)
class NewMatchesOfAll(Tried):
    """Offer a part of the waiting patients, by id, each to the first therapists that fit.

    Attributes:
        first: To so many, each of them.
        after: The ``next_after`` of the part before; the first part where nothing is said.
        limit: Patients of a part.
        priority: Of the requests; 1 where nothing is said, higher is more important.
    """

    first: Annotated[int, Whole(1, MOST_EACH)]
    after: Id | None = UNNAMED
    limit: Annotated[int, Whole(1, MOST_PATIENTS)] = UNNAMED
    priority: Priority = UNNAMED


@frozen(kw_only=True)
class WaitingShape:
    """A waiting patient.

    Attributes:
        place_known: Whether it is known where the patient lives; unless it is, nobody is within reach.
        fitting: How many therapists fit.
    """

    patient_id: int
    place_known: bool
    fitting: int


@frozen(kw_only=True)
class WaitingPartShape:
    """A part of the waiting patients.

    Attributes:
        data: By id.
        next_after: What to name as ``after`` for the next part; null: this was the last one.
    """

    data: tuple[WaitingShape, ...]
    next_after: int | None


@frozen(kw_only=True)
class OfferedPartShape(OfferedShape):
    """What was created, or would be, for a part of the waiting patients.

    Attributes:
        patients: Those of this part, as they were before.
        next_after: What to name as ``after`` for the next part; null: this was the last one.
    """

    patients: tuple[WaitingShape, ...]
    next_after: int | None


def find_for_all(asked: Understood) -> Outcome:
    """Count who fits, for a part of the waiting patients."""
    found = _part(asked, asked.query)
    return Shown(WaitingPartShape(data=_waiting(found), next_after=found.next_after))


def offer_all(asked: Understood) -> Outcome:
    """Offer a part of the waiting patients to the first therapists that fit."""
    told = named(asked.body)
    found = _part(asked, asked.body)
    pairs = [
        (match.patient_id, match.therapist_id) for each in found.patients for match in each.fitting[: told["first"]]
    ]
    offered = offered_shape(
        asked.application.offer_matches(pairs, priority=told.get("priority", 1), dry_run=asked.body.is_dry)
    )
    return Shown(
        OfferedPartShape(
            dry_run=offered.dry_run,
            created=offered.created,
            refused=offered.refused,
            patients=_waiting(found),
            next_after=found.next_after,
        )
    )


def _part(asked: Understood, wanted: EverybodyQuery | NewMatchesOfAll) -> SomeMatches:
    told = named(wanted)
    after = told.get("after")
    return asked.application.find_matches.for_some(
        after=None if after is None else PatientId(after), limit=told.get("limit", _USUAL)
    )


def _waiting(found: SomeMatches) -> tuple[WaitingShape, ...]:
    return tuple(
        WaitingShape(patient_id=each.patient_id, place_known=each.place_known, fitting=len(each.fitting))
        for each in found.patients
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/matches",
        name="listMatchesOfAll",
        summary="How many therapists fit each waiting patient?",
        description="As `boona match --all`, a part of the waiting patients at a time: name the `next_after` of one "
        "part as `after` of the next, until it is null. Who waits later than the first part began may be missed, and "
        "nobody is shown twice.",
        tag="matches",
        act=find_for_all,
        query=EverybodyQuery,
        answer=WaitingPartShape,
    ),
    Operation(
        method="POST",
        path="/api/matches",
        name="offerAll",
        summary="Offer waiting patients to the first therapists that fit each of them",
        description="As `boona match --all --create N`, a part of the waiting patients at a time, all requests of a "
        "part in one transaction. Each pair is judged once more at this moment: one that does not fit any more, or has "
        "a request already, is refused with every reason and holds up no other.",
        tag="matches",
        act=offer_all,
        body=NewMatchesOfAll,
        answer=OfferedPartShape,
        example={"first": 3, "limit": 20},
    ),
)
