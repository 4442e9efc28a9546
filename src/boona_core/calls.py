"""Where does a call stand, what may happen to it next, and from when on is a failed one tried again?

``scheduled → completed | failed | canceled``.  A call that nobody answered has failed: the next attempt is linked to it
and made in the therapist's next window, never in the same one; after so many attempts a person decides.  Times are
local wall time: a date, and minutes since midnight.  Nothing here reads a clock.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from attrs import field, frozen

from boona_core.contact import ContactPolicy
from boona_core.errors import IllegalTransition, InvalidValue
from boona_core.ids import CallerId, PhoneCallBatchId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.texts import check_texts
from boona_core.windows import WeeklyWindows, clock, weekday_of

LONGEST_WORDS = 255
"""Characters of what came of a call, or of why there is none on a day."""

_MINUTES_OF_A_DAY = 24 * 60


class CallStatus(StrEnum):
    """Where a call stands."""

    SCHEDULED = "scheduled"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


class CallStep(StrEnum):
    """What can happen to a call; ``corrected`` gives a made call another outcome."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    MOVED = "moved"
    CORRECTED = "corrected"


_STEPS = {
    (CallStatus.SCHEDULED, CallStep.COMPLETED): CallStatus.COMPLETED,
    (CallStatus.SCHEDULED, CallStep.FAILED): CallStatus.FAILED,
    (CallStatus.SCHEDULED, CallStep.CANCELED): CallStatus.CANCELED,
    (CallStatus.SCHEDULED, CallStep.MOVED): CallStatus.SCHEDULED,
    (CallStatus.COMPLETED, CallStep.CORRECTED): CallStatus.COMPLETED,
}


def after(call_id: PhoneCallId, status: CallStatus, step: CallStep) -> CallStatus:
    """The status after *step*.

    Raises:
        IllegalTransition: the lifecycle has no such step from *status*.
    """
    try:
        return _STEPS[status, step]
    except KeyError:
        raise IllegalTransition(f"call {call_id}", status.value, step.value) from None


class Cause(StrEnum):
    """Why a call is made."""

    SILENT = "silent"
    ASKED_FOR = "asked_for"
    RETRY = "retry"
    NO_ADDRESS = "no_address"
    PERSON = "person"


class Outcome(StrEnum):
    """What a therapist said about one request; the last one belongs to calls only."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NEEDS_FOLLOW_UP = "needs_follow_up"
    NOT_DISCUSSED = "not_discussed"


@frozen(order=True)
class CallTime:
    """When a call begins, and how long it lasts.

    Attributes:
        day: Local date of the agency.
        start: Minutes since local midnight, 0 to 1439.
        minutes: Its length, at least 1; it ends on the same day.

    Raises:
        InvalidValue: it does not lie within its day.
    """

    day: date
    start: int
    minutes: int

    def __attrs_post_init__(self) -> None:
        if self.start < 0 or self.minutes < 1 or self.end > _MINUTES_OF_A_DAY:
            raise InvalidValue("time", f"{self.minutes} minutes from minute {self.start} are not within one day")

    @property
    def end(self) -> int:
        """The first minute after it."""
        return self.start + self.minutes

    def overlaps(self, other: "CallTime") -> bool:
        """Whether both take a minute of the same day."""
        return self.day == other.day and self.start < other.end and other.start < self.end

    def __str__(self) -> str:
        return f"{self.day} {clock(self.start)}"


@frozen(kw_only=True)
class CallItem:
    """One placement request in one call.

    Attributes:
        rank: The first of n has n, the last 1: the order in which to ask.
        included: False: taken out before the call was made; the row stays.
        outcome: What the therapist said about it; None: nothing yet.
        follow_up_required: Somebody of the staff has to look at it.
        follow_up_notes: What was promised.

    Raises:
        InvalidValues: notes that no store can keep, without the text.
    """

    id: PhoneCallBatchId
    placement_request_id: PlacementRequestId
    rank: int
    included: bool = True
    outcome: Outcome | None = None
    follow_up_required: bool = False
    follow_up_notes: str | None = field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        check_texts((("follow_up_notes", self.follow_up_notes, None),))

    @property
    def discussed(self) -> bool:
        """Whether it came up in the call."""
        return self.outcome is not None and self.outcome is not Outcome.NOT_DISCUSSED


@frozen(kw_only=True)
class PhoneCall:
    """One planned or made call to one therapist; the representation shows neither number nor text.

    Attributes:
        time: When it is planned.
        caller_id: Who makes it; None: nobody in particular.
        number: The number as :func:`boona_core.phones.line_of` writes it; None: unknown.
        cause: Why it is made.
        actual_on: The local day on which it was made; None: it was not.
        actual_at: Minutes since local midnight at which it was made.
        outcome: What came of it, in words of the staff, at most 255 characters.
        retry_after: The first day on which the therapist may be tried again, as a person said; None: nothing said.
        retry_due: It failed, and the next attempt is not planned yet.
        exhausted: It failed as the last of its attempts, and a person has not looked at it yet.
        attempt: The first is 1.
        first_id: The first call of its chain of attempts, perhaps itself.
        previous_id: The attempt before this one; None: this is the first.
        outside_hours: A person chose a time outside of the phone hours.
        assumed_hours: The phone hours are unknown, those of the policy were used.
        revision: How often it was changed since it was made.
        changed_at: When it was last changed, or made; kept by the store, and no part of what makes two calls equal.
        items: The batch rows, first to be asked first, those taken out included.

    Raises:
        InvalidValues: texts that no store can keep, each with its field and without the text.
    """

    id: PhoneCallId
    therapist_id: TherapistId
    time: CallTime
    caller_id: CallerId | None = None
    number: str | None = field(default=None, repr=False)
    status: CallStatus = CallStatus.SCHEDULED
    cause: Cause
    actual_on: date | None = None
    actual_at: int | None = None
    outcome: str | None = field(default=None, repr=False)
    notes: str | None = field(default=None, repr=False)
    retry_after: date | None = None
    retry_due: bool = False
    exhausted: bool = False
    attempt: int = 1
    first_id: PhoneCallId
    previous_id: PhoneCallId | None = None
    outside_hours: bool = False
    assumed_hours: bool = False
    revision: int = 0
    changed_at: datetime | None = field(default=None, eq=False)
    items: tuple[CallItem, ...] = ()

    def __attrs_post_init__(self) -> None:
        check_texts((("outcome", self.outcome, LONGEST_WORDS), ("notes", self.notes, None)))

    @property
    def included(self) -> tuple[CallItem, ...]:
        """The batch rows that are in the call, in its order."""
        return tuple(item for item in self.items if item.included)

    @property
    def numbered(self) -> Mapping[int, CallItem]:
        """The batch rows that are in the call by the number under which the caller has them, from 1 in their order.

        One that is taken out leaves a gap: a list that somebody has printed stays true.
        """
        return {number: item for number, item in enumerate(self.items, start=1) if item.included}

    @property
    def asked_for(self) -> bool:
        """Whether neither a recent call nor an open answer holds it: the therapist asked for it, or it is a retry."""
        return self.cause in (Cause.ASKED_FOR, Cause.RETRY)


@frozen(kw_only=True)
class Booked:
    """A planned call as others have to go around it."""

    id: PhoneCallId
    therapist_id: TherapistId
    caller_id: CallerId | None
    number: str | None = field(repr=False)
    time: CallTime


@frozen(order=True)
class Moment:
    """A local day and a minute of it: nothing is called earlier."""

    day: date
    minute: int = 0


def call_minutes(requests: int, policy: ContactPolicy) -> int:
    """How long a call about so many requests takes; about none it takes as long as about one."""
    return policy.call_minutes + policy.call_minutes_per_extra_request * max(0, requests - 1)


def is_last_attempt(attempt: int, policy: ContactPolicy) -> bool:
    """Whether a person decides when this attempt fails."""
    return attempt >= policy.max_call_attempts


def earliest_retry(call: PhoneCall, hours: WeeklyWindows | None, *, retry_after: date | None = None) -> Moment:
    """From when on a failed call may be tried again: after the window in which nobody answered.

    A call that was tried outside of the phone hours is tried again any time later.  *retry_after*, or what the call
    has, puts it off to that day.

    Args:
        hours: The phone hours in force; None: unknown.
    """
    tried = [(call.time.day, call.time.start, call.time.end)]
    if call.actual_on is not None and call.actual_at is not None:
        tried.append((call.actual_on, call.actual_at, call.actual_at + 1))
    ends = [Moment(day, _end_of_window(hours, day, start, end)) for day, start, end in tried]
    asked = retry_after or call.retry_after
    latest = max(ends)
    if latest.minute >= _MINUTES_OF_A_DAY:
        latest = Moment(latest.day + timedelta(days=1))
    return latest if asked is None else max(latest, Moment(asked))


def _end_of_window(hours: WeeklyWindows | None, day: date, start: int, end: int) -> int:
    windows = () if hours is None else hours.on(weekday_of(day))
    return max([end, *(w.end for w in windows if w.start <= start < w.end)])


def check_outcomes(
    call: PhoneCall, outcomes: Mapping[PlacementRequestId, Outcome]
) -> Mapping[PlacementRequestId, Outcome]:
    """An outcome for every request of the call: what nobody names was not discussed.

    Raises:
        InvalidValue: a request is named that is not in the call.
    """
    there = [item.placement_request_id for item in call.included]
    for request_id in outcomes:
        if request_id not in there:
            raise InvalidValue("outcomes", f"request {request_id} is not in call {call.id}")
    return {request_id: outcomes.get(request_id, Outcome.NOT_DISCUSSED) for request_id in there}
