"""Where may a patient or a therapist go from here, and what becomes of their values by it?

Values are plain, as an import has them; days are local dates of the agency.  A step that the lifecycle does not have is
a misuse; a search that cannot begin yet is an answer, with everything that is missing.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from boona_core.errors import IllegalTransition, InvalidValue
from boona_core.importing import Values
from boona_core.patients import PatientStatus
from boona_core.therapists import TherapistStatus


class PatientStep(StrEnum):
    """What can happen to a patient by a person's hand."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"
    PLACE = "place"
    COMPLETE = "complete"
    BREAK_OFF = "break-off"


class TherapistStep(StrEnum):
    """What can happen to a therapist by a person's hand."""

    BLOCK = "block"
    UNBLOCK = "unblock"
    DEACTIVATE = "deactivate"
    ACTIVATE = "activate"
    SILENCE = "do-not-contact"
    UNSILENCE = "may-contact"


class Missing(StrEnum):
    """What a search cannot begin without."""

    CONTRACTS_SIGNED = "contracts_signed"
    DIAGNOSIS = "diagnosis"


@frozen
class Step:
    """What a step does.

    Attributes:
        fields: The fields that are otherwise from now on.
        missing: Why it is not done; then *fields* is empty.
    """

    fields: Values = field(factory=dict, repr=False)
    missing: tuple[Missing, ...] = ()


_PATIENT: Mapping[PatientStep, tuple[frozenset[PatientStatus], PatientStatus]] = {
    PatientStep.START: (
        frozenset({PatientStatus.OPEN, PatientStatus.SEARCH_ABORTED, PatientStatus.THERAPY_ABORTED}),
        PatientStatus.SEARCHING,
    ),
    PatientStep.PAUSE: (frozenset({PatientStatus.SEARCHING}), PatientStatus.SEARCHING),
    PatientStep.RESUME: (frozenset({PatientStatus.SEARCHING}), PatientStatus.SEARCHING),
    PatientStep.ABORT: (frozenset({PatientStatus.OPEN, PatientStatus.SEARCHING}), PatientStatus.SEARCH_ABORTED),
    PatientStep.PLACE: (frozenset({PatientStatus.OPEN, PatientStatus.SEARCHING}), PatientStatus.IN_THERAPY),
    PatientStep.COMPLETE: (frozenset({PatientStatus.IN_THERAPY}), PatientStatus.THERAPY_COMPLETED),
    PatientStep.BREAK_OFF: (frozenset({PatientStatus.IN_THERAPY}), PatientStatus.THERAPY_ABORTED),
}
"""From which states each step leads to which."""


def step_of_patient(subject: str, stored: Values, step: PatientStep, *, today: date, until: date | None = None) -> Step:
    """What *step* makes of a patient.

    Args:
        subject: Whose step it is, for an error (``patient 17``).
        until: The first day on which the search goes on again; asked for by a pause only.

    Raises:
        IllegalTransition: the patient is not where this step begins.
        InvalidValue: a pause without a day after today, or a day that is no pause's.
    """
    begins, leads_to = _PATIENT[step]
    status = PatientStatus(stored["status"])
    if status not in begins:
        raise IllegalTransition(subject, status.value, _STEPPED[step])
    if (step is PatientStep.PAUSE) != (until is not None):
        raise InvalidValue("until", "belongs to a pause, and a pause needs it")
    if until is not None and until <= today:
        raise InvalidValue("until", "is not after today")
    fields: dict[str, Any] = {"status": leads_to.value}
    if step is PatientStep.START:
        if missing := tuple(each for each in Missing if not stored.get(each.value)):
            return Step(missing=missing)
        fields["registered_on"] = stored.get("registered_on") or today.isoformat()
    if step is PatientStep.PLACE:
        fields["first_place_on"] = stored.get("first_place_on") or today.isoformat()
    if step in (PatientStep.START, PatientStep.RESUME, PatientStep.PAUSE):
        fields["search_paused_until"] = until.isoformat() if until else None
    return Step(fields)


def step_of_therapist(
    subject: str,
    stored: Values,
    step: TherapistStep,
    *,
    today: date,
    reason: str | None = None,
    until: date | None = None,
) -> Step:
    """What *step* makes of a therapist.

    Args:
        subject: Whose step it is, for an error (``therapist 17``).
        reason: Why, for a block or whoever becomes inactive; a person sees it.
        until: The first day after a block; None: for good.

    Raises:
        IllegalTransition: the therapist is not where this step begins.
        InvalidValue: a block without a reason, or with a day that is not after today; a reason or a day for a step that
            has none.
    """
    status = TherapistStatus(stored["status"])
    if reason is not None and step not in (TherapistStep.BLOCK, TherapistStep.DEACTIVATE):
        raise InvalidValue("reason", "belongs to a block, or to whoever becomes inactive")
    if until is not None and (step is not TherapistStep.BLOCK or until <= today):
        raise InvalidValue("until", "belongs to a block, and lies after today")
    if step is TherapistStep.SILENCE or step is TherapistStep.UNSILENCE:
        return Step({"do_not_contact": step is TherapistStep.SILENCE})
    if step is TherapistStep.BLOCK and not reason:
        raise InvalidValue("reason", "is missing: a block needs one")
    begins, leads_to = _THERAPIST[step]
    if status not in begins:
        raise IllegalTransition(subject, status.value, _STEPPED[step])
    stays = leads_to is not TherapistStatus.ACTIVE
    return Step(
        {
            "status": leads_to.value,
            "blocked_reason": reason if stays else None,
            "blocked_on": today.isoformat() if stays else None,
            "blocked_until": until.isoformat() if until else None,
        }
    )


_THERAPIST: Mapping[TherapistStep, tuple[frozenset[TherapistStatus], TherapistStatus]] = {
    TherapistStep.BLOCK: (frozenset({TherapistStatus.ACTIVE, TherapistStatus.BLOCKED}), TherapistStatus.BLOCKED),
    TherapistStep.UNBLOCK: (frozenset({TherapistStatus.BLOCKED}), TherapistStatus.ACTIVE),
    TherapistStep.DEACTIVATE: (frozenset({TherapistStatus.ACTIVE, TherapistStatus.BLOCKED}), TherapistStatus.INACTIVE),
    TherapistStep.ACTIVATE: (frozenset({TherapistStatus.INACTIVE}), TherapistStatus.ACTIVE),
}
_STEPPED: Mapping[PatientStep | TherapistStep, str] = {
    PatientStep.START: "searching",
    PatientStep.PAUSE: "paused",
    PatientStep.RESUME: "resumed",
    PatientStep.ABORT: "aborted",
    PatientStep.PLACE: "placed",
    PatientStep.COMPLETE: "completed",
    PatientStep.BREAK_OFF: "broken off",
    TherapistStep.BLOCK: "blocked",
    TherapistStep.UNBLOCK: "unblocked",
    TherapistStep.DEACTIVATE: "deactivated",
    TherapistStep.ACTIVATE: "activated",
}
"""The words of an error."""
