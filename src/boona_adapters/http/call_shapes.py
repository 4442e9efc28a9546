"""What a phone call and its batch rows look like on the wire."""

from datetime import date, time
from typing import Annotated, Any

from attrs import frozen

from boona_adapters.http.texts import Whole
from boona_core.calls import CallItem, CallStatus, Cause, Outcome, PhoneCall
from boona_core.windows import clock

Minutes = Annotated[int, Whole(1, 240)]


@frozen(kw_only=True)
class PhoneCallBatchShape:
    """One placement request in one call.

    Attributes:
        priority: The rank, higher is more important: the first of n has n, the last 1.
        included: False: taken out before the call was made; the row stays.
        discussed: It came up in the call.
        outcome: What the therapist said about it; null: nothing yet.
        follow_up_required: Somebody of the staff has to look at it.
        follow_up_notes: What was promised.
    """

    id: int
    phone_call_id: int
    placement_request_id: int
    priority: int
    included: bool
    discussed: bool
    outcome: Outcome | None
    follow_up_required: bool
    follow_up_notes: str | None


@frozen(kw_only=True)
class PhoneCallShape:
    """A planned or made call; dates and times are local wall time of the agency.

    Attributes:
        caller_id: Who makes it; null: nobody in particular.
        phone: The number that is rung.
        cause: Why it is made.
        outcome: What came of it, in words of the staff.
        retry_after: The first day on which the therapist may be tried again, as a person said.
        exhausted: It failed as the last of its attempts, and a person has not looked at it yet.
        attempt: The first is 1.
        previous_id: The attempt before this one.
        outside_hours: A person chose a time outside of the phone hours.
        batches: Its placement requests, first to be asked first.
    """

    id: int
    therapist_id: int
    caller_id: int | None
    phone: str | None
    scheduled_date: date
    scheduled_time: time
    duration_minutes: int
    status: CallStatus
    cause: Cause
    actual_date: date | None
    actual_time: time | None
    outcome: str | None
    notes: str | None
    retry_after: date | None
    exhausted: bool
    attempt: int
    previous_id: int | None
    outside_hours: bool
    batches: tuple[PhoneCallBatchShape, ...]


def call_shape(call: PhoneCall) -> PhoneCallShape:
    """A call, to be shown."""
    return PhoneCallShape(
        id=call.id,
        therapist_id=call.therapist_id,
        caller_id=call.caller_id,
        phone=call.number,
        scheduled_date=call.time.day,
        scheduled_time=_on_the_clock(call.time.start),
        duration_minutes=call.time.minutes,
        status=call.status,
        cause=call.cause,
        actual_date=call.actual_on,
        actual_time=None if call.actual_at is None else _on_the_clock(call.actual_at),
        outcome=call.outcome,
        notes=call.notes,
        retry_after=call.retry_after,
        exhausted=call.exhausted,
        attempt=call.attempt,
        previous_id=call.previous_id,
        outside_hours=call.outside_hours,
        batches=tuple(batch_shape(call, item) for item in call.items),
    )


def batch_shape(call: PhoneCall, item: CallItem) -> PhoneCallBatchShape:
    """A batch row, to be shown."""
    return PhoneCallBatchShape(
        id=item.id,
        phone_call_id=call.id,
        placement_request_id=item.placement_request_id,
        priority=item.rank,
        included=item.included,
        discussed=item.discussed,
        outcome=item.outcome,
        follow_up_required=item.follow_up_required,
        follow_up_notes=item.follow_up_notes,
    )


def _on_the_clock(minute: int) -> Any:
    """A minute of a day as it is written: the seconds of a ``time`` would be too many."""
    return clock(minute)
