"""The steps of a patient's or a therapist's lifecycle over HTTP, with the conditions that each of them has.

A PUT changes fields; a step says what happened, and is refused where the lifecycle has no such step.
"""

from datetime import date

from attrs import frozen

from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Operation, Outcome, Refused, Shown, Understood
from boona_adapters.http.patients import PatientShape, patient_shape
from boona_adapters.http.problems import ObstacleShape
from boona_adapters.http.shaping import Tried
from boona_adapters.http.texts import Prose
from boona_adapters.http.therapists import TherapistShape, therapist_shape
from boona_core.ids import PatientId, TherapistId
from boona_core.lifecycles import PatientStep, TherapistStep
from boona_core.usecases.moving_people import Moved


@frozen(kw_only=True)
class NewPatientStep(Tried):
    """What happens to a patient.

    Attributes:
        until: Of a pause, which needs it: the first day on which the search goes on.
    """

    step: PatientStep
    until: date | None = UNNAMED


@frozen(kw_only=True)
class NewTherapistStep(Tried):
    """What happens to a therapist.

    Attributes:
        reason: Why, of a block, which needs it, or of whoever becomes inactive; a person sees it.
        until: Of a block, the first day after it; null: for good.
    """

    step: TherapistStep
    reason: Prose | None = UNNAMED
    until: date | None = UNNAMED


def move_patient(asked: Understood) -> Outcome:
    """Take a step with a patient."""
    told, patient_id = named(asked.body), PatientId(asked.number)
    moved = asked.application.move_people.patient(
        patient_id, told["step"], until=told.get("until"), dry_run=asked.body.is_dry
    )
    if moved.missing:
        return _refused(moved)
    return _shown(asked, patient_shape(asked.application.show.patient(patient_id)))


def move_therapist(asked: Understood) -> Outcome:
    """Take a step with a therapist."""
    told, therapist_id = named(asked.body), TherapistId(asked.number)
    asked.application.move_people.therapist(
        therapist_id,
        told["step"],
        reason=told.get("reason"),
        until=told.get("until"),
        dry_run=asked.body.is_dry,
    )
    return _shown(asked, therapist_shape(asked.application.show.therapist(therapist_id)))


def _refused(moved: Moved) -> Outcome:
    obstacles = tuple(ObstacleShape(reason=each.value) for each in moved.missing)
    return Refused(decision=None, detail="the search cannot begin: something is missing", obstacles=obstacles)


def _shown(asked: Understood, shape: PatientShape | TherapistShape) -> Outcome:
    """The record as of this transaction: after a dry run too, which is undone when it has been shown."""
    return Shown(shape, etag=not asked.body.is_dry)


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/patients/{id}/steps",
        name="movePatient",
        summary="Start, pause, resume or abort a search, place somebody, complete or break off a therapy",
        description="As `boona patient`. A search begins with contracts signed and a diagnosis, else what is missing "
        "is told (409), as is a step that does not begin where the patient is. Who found a place without the agency "
        "is placed by `place`; a yes of a therapist does it by itself. Whoever does not search any more leaves unsent "
        "emails and calls that were not made, in the same transaction.",
        tag="patients",
        act=move_patient,
        body=NewPatientStep,
        answer=PatientShape,
        refuses=True,
        example={"step": "pause", "until": "2099-01-15"},
    ),
    Operation(
        method="POST",
        path="/api/therapists/{id}/steps",
        name="moveTherapist",
        summary="Block, unblock, deactivate, activate, or leave a therapist alone",
        description="As `boona therapist`. A block needs a reason and leaves the requests open, the other steps out of "
        "reach cancel them; unsent emails and planned calls are canceled in the same transaction. A step that does "
        "not begin where the therapist is is refused (409).",
        tag="therapists",
        act=move_therapist,
        body=NewTherapistStep,
        answer=TherapistShape,
        refuses=True,
        example={"step": "block", "reason": "Elternzeit", "until": "2099-01-15"},
    ),
)
