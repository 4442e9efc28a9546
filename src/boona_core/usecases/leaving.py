"""Whoever leaves is withdrawn, in the same transaction: out of unsent emails, and out of calls that were not made.

A pause of a patient and a block of a therapist let their requests rest: open, and refused by their reason.  Who stops
searching, is inactive or not to be contacted leaves: the requests are canceled, wherever they are.  An email in handoff
is not touched.  Who has another number is called under that one.
"""

from collections.abc import Collection
from datetime import date, datetime

from boona_core.calls import CallStatus
from boona_core.contact import ContactPolicy
from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from boona_core.instants import days_after
from boona_core.phones import line_of
from boona_core.ports import Unit
from boona_core.requests import RequestStatus
from boona_core.usecases.composing import Stationery
from boona_core.usecases.telling import requests_moved
from boona_core.usecases.withdrawing import WITHDRAWN, Withdrawal, cancel, take_out_of_unsent
from boona_core.usecases.withdrawing_calls import cancel_call, cancel_refused_calls, take_out_of_call

PATIENT_LEFT = "a patient in it is not searching any more"
THERAPIST_LEFT = "the therapist is not to be written to any more"
NEW_ADDRESS = "the address has changed"
LINE_TAKEN = "somebody else is called under the new number at that time"


def withdraw_patients(
    unit: Unit,
    stationery: Stationery,
    *,
    leaving: Collection[PatientId],
    resting: Collection[PatientId],
    now: datetime,
    today: date,
) -> None:
    """Take the requests of patients that leave or rest out of unsent emails; those of who leaves are canceled.

    The unit has locked the patients; their therapists are locked here.
    """
    patient_ids = frozenset(leaving) | frozenset(resting)
    if not patient_ids:
        return
    therapist_ids = {request.therapist_id for request in unit.requests.movable(patient_ids=patient_ids)}
    unit.therapists.lock(therapist_ids)
    requests = [
        request
        for request in unit.requests.movable(patient_ids=patient_ids)  # as they are under the locks
        if request.therapist_id in therapist_ids
    ]
    leaving_requests = [request.id for request in requests if request.patient_id in leaving]
    _withdraw(
        unit,
        stationery,
        leaving_requests,
        frozenset(request.id for request in requests),
        now=now,
        today=today,
        words=PATIENT_LEFT,
    )


def withdraw_requests(
    unit: Unit,
    stationery: Stationery,
    request_ids: Collection[PlacementRequestId],
    *,
    now: datetime,
    today: date,
) -> None:
    """Cancel those of these requests that are open or in progress, and take them out of unsent emails.

    The unit has locked their patients and therapists.
    """
    _withdraw(unit, stationery, request_ids, frozenset(request_ids), now=now, today=today, words=WITHDRAWN)


def _withdraw(
    unit: Unit,
    stationery: Stationery,
    canceled: Collection[PlacementRequestId],
    taken_out: frozenset[PlacementRequestId],
    *,
    now: datetime,
    today: date,
    words: str,
) -> None:
    gone = unit.requests.cancel(canceled)
    unit.outbox.put(requests_moved(gone, RequestStatus.CANCELED))
    take_out_everywhere(unit, stationery, taken_out, now=now, today=today, words=words)


def take_out_everywhere(
    unit: Unit,
    stationery: Stationery,
    taken_out: frozenset[PlacementRequestId],
    *,
    now: datetime,
    today: date,
    words: str,
) -> None:
    """Take requests out of unsent emails and calls that were not made; those in progress through them are open.

    The unit has locked the therapists of these emails and calls.

    Args:
        words: Why, kept with a draft.
    """
    take_out_of_unsent(unit, stationery, taken_out, now=now, today=today, words=words)
    for call_id in unit.calls.with_requests(taken_out):
        call = unit.calls.lock(call_id)
        theirs = [item.placement_request_id for item in call.included if item.placement_request_id in taken_out]
        if take_out_of_call(unit, call, theirs) is Withdrawal.RECOMPOSED:
            unit.outbox.put(requests_moved(unit.requests.release(theirs), RequestStatus.OPEN))


def withdraw_therapists(
    unit: Unit,
    *,
    leaving: Collection[TherapistId],
    resting: Collection[TherapistId],
    moved: Collection[TherapistId],
    now: datetime,
) -> None:
    """Cancel the unsent emails of therapists that leave, rest or have a new address, all locked by the unit.

    The requests of who leaves are canceled, those of the others are open again.
    """
    therapist_ids = frozenset(leaving) | frozenset(resting) | frozenset(moved)
    if not therapist_ids:
        return
    open_ones = unit.requests.movable(therapist_ids=leaving)
    gone = unit.requests.cancel([request.id for request in open_ones])
    unit.outbox.put(requests_moved(gone, RequestStatus.CANCELED))
    out_of_reach = frozenset(leaving) | frozenset(resting)
    for email_id in unit.emails.unsent(therapist_ids=therapist_ids):
        email = unit.emails.lock(email_id)
        cancel(unit, email, now=now, words=THERAPIST_LEFT if email.therapist_id in out_of_reach else NEW_ADDRESS)


def withdraw_calls(
    unit: Unit,
    policy: ContactPolicy,
    *,
    out_of_reach: Collection[TherapistId],
    elsewhere: Collection[TherapistId],
    today: date,
) -> None:
    """Cancel the planned calls that a change of their therapists forbids; all of them are locked by the unit.

    Args:
        out_of_reach: Blocked, gone, not to be contacted, or absent from now on.
        elsewhere: Those who have another number: they are called under it, and who has none any more is not called.
    """
    if not out_of_reach and not elsewhere:
        return
    unit.calls.take_turns()
    cancel_refused_calls(unit, policy, frozenset(out_of_reach) | frozenset(elsewhere), today=today)
    for therapist_id, therapist in sorted(unit.therapists.get_many(elsewhere).items()):
        for planned in unit.calls.find(statuses=(CallStatus.SCHEDULED,), therapist_id=therapist_id):
            call = unit.calls.lock(planned.id)
            number = line_of(therapist.phone)
            if not unit.calls.move(call.id, time=call.time, caller_id=call.caller_id, number=number):
                cancel_call(unit, call, words=LINE_TAKEN, due_again_from=days_after(today, 1))
