"""A placement falls through, or was never one: the patient searches again, and what it canceled is as before.

A request that the placement canceled is open again, or in progress where its sent email still waits for an answer or
its therapist for a call.  A confirmation that has not been sent is canceled.
"""

from attrs import frozen

from boona_core.answer_ports import Standing
from boona_core.answers import holds_still
from boona_core.errors import IllegalTransition
from boona_core.ids import PatientId, PlacementRequestId
from boona_core.patients import PatientStatus
from boona_core.ports import OpenUnit, Unit
from boona_core.requests import RequestStatus
from boona_core.usecases.telling import patient_moved, requests_moved
from boona_core.usecases.withdrawing import cancel

PLACEMENT_UNDONE = "the placement was undone"


@frozen(kw_only=True)
class Undone:
    """What undoing a placement did.

    Attributes:
        patient_id: Who searches again.
        restored: Where the requests stand that the placement had canceled, by id.
    """

    patient_id: PatientId
    restored: dict[PlacementRequestId, RequestStatus]


def displace(unit: Unit, placing: Standing) -> Undone:
    """Undo the placement by one request, which stays accepted; the unit has locked everybody in it.

    Raises:
        IllegalTransition: the request places nobody, or its patient has left therapy already.
    """
    patient = unit.patients.get_many([placing.patient_id]).get(placing.patient_id)
    if not placing.places or patient is None or patient.status is not PatientStatus.IN_THERAPY:
        raise IllegalTransition(
            f"placement request {placing.id}", f"{placing.status.value} and places nobody", "undone"
        )
    others = unit.answers.canceled_by(placing.id)
    unit.answers.displace(placing.id, placed_on=placing.answered_on)
    unit.outbox.put([patient_moved(placing.patient_id, PatientStatus.SEARCHING)])
    restored = unit.answers.restore({other.id: _status_again(unit, other) for other in others})
    for request in restored:
        unit.outbox.put(requests_moved([request], request.status))
    _cancel_confirmations(unit, placing)
    return Undone(patient_id=placing.patient_id, restored={request.id: request.status for request in restored})


def _status_again(unit: Unit, other: Standing) -> RequestStatus:
    if other.call_asked_before is not None:  # the therapist waits for a call about it, whatever held it
        return RequestStatus.IN_PROGRESS
    if other.before is not RequestStatus.IN_PROGRESS or other.held_before is None:
        return RequestStatus.OPEN
    email = unit.emails.get(other.held_before)
    followed_up = bool(unit.answers.follow_up_calls([email.id]))
    still = holds_still(email, other.id, followed_up=followed_up)
    return RequestStatus.IN_PROGRESS if still else RequestStatus.OPEN


def _cancel_confirmations(unit: Unit, placing: Standing) -> None:
    for email_id in unit.answers.accepted_in(placing.id):
        confirmation = unit.answers.confirmation_of(email_id)
        if confirmation is not None:
            cancel(unit, unit.emails.lock(confirmation), now=unit.now(), words=PLACEMENT_UNDONE)


def lock_placement(unit: Unit, request_id: PlacementRequestId) -> Standing:
    """Lock the patient of a request, its therapist and those of all requests that its placement canceled.

    Returns:
        How the request stands under the locks.

    Raises:
        UnknownId: there is no such request.
    """
    request = unit.requests.get(request_id)
    unit.patients.lock([request.patient_id])
    others = unit.answers.canceled_by(request_id)
    unit.therapists.lock({request.therapist_id, *(other.therapist_id for other in others)})
    return unit.answers.standings([request_id])[request_id]


@frozen(kw_only=True)
class UndoPlacement:
    """A placement fell through: in one act everything is as it was."""

    open_unit: OpenUnit

    def __call__(self, request_id: PlacementRequestId, *, dry_run: bool = False) -> Undone:
        """Undo the placement by an accepted request, which is open again.

        Raises:
            UnknownId: there is no such request.
            IllegalTransition: it places nobody.
        """
        with self.open_unit() as unit:
            undone = displace(unit, lock_placement(unit, request_id))
            opened = unit.answers.restore({request_id: RequestStatus.OPEN})
            unit.outbox.put(requests_moved(opened, RequestStatus.OPEN))
            if not dry_run:
                unit.commit()
        return undone
