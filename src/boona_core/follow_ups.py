"""Who is due for a call, why, and about which requests?

A call answers a silent email, or was asked for, or is tried again, or reaches a therapist who has no usable address.  A
flag such as *potentially available* puts those who are due into an order; it makes nobody due.  Days are local dates of
the agency; nothing here reads a clock or a store.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from attrs import evolve, frozen

from boona_core.calls import Cause, Moment, PhoneCall, call_minutes, earliest_retry
from boona_core.contact import (
    Channel,
    ContactDecision,
    ContactHistory,
    ContactPolicy,
    Hold,
    decide_contact,
    hours_of,
)
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.instants import days_after
from boona_core.requests import PlacementRequest
from boona_core.windows import WeeklyWindows

_POTENTIALLY_AVAILABLE = 0
_WANTED = 1
_WITHOUT_ADDRESS = 2
_FIRST_SILENT = 3


@frozen(kw_only=True)
class Silence:
    """A silent email.

    Attributes:
        day: The local day on which it was sent.
        requests: Those in progress through it, in the order of the letter; an email of another system may have none.
    """

    email_id: EmailId
    day: date
    requests: tuple[PlacementRequest, ...] = ()


@frozen(kw_only=True)
class Wanted:
    """A request about which the therapist wants to be called, not before *from_day*."""

    request: PlacementRequest
    from_day: date


@frozen(kw_only=True)
class Retry:
    """A failed call whose next attempt is due, and the requests that are in progress through it."""

    call: PhoneCall
    requests: tuple[PlacementRequest, ...] = ()


@frozen(kw_only=True)
class CallCandidate:
    """What could make a therapist due for a call.

    Attributes:
        silences: Their silent emails.
        wanted: The requests about which they want to be called.
        retry: Their failed call, if its next attempt is due.
        open_requests: Those that may go out, in the order of ``batching.rank``; they fill a call up, and are the
            reason for one where there is no usable address.
        without_address: An email cannot reach them.
    """

    history: ContactHistory
    potentially_available: bool = False
    silences: tuple[Silence, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    retry: Retry | None = None
    open_requests: tuple[PlacementRequest, ...] = ()
    without_address: bool = False


@frozen(kw_only=True)
class CallDue:
    """A call to be planned.

    Attributes:
        requests: In the order in which to ask.
        email_ids: The silent emails that it follows up.
        surplus: Requests of these emails that find no room in the call: they are open again.
        retry: The call that it tries again.
        priority_class: 0 is the most important; silent emails come last, the oldest first.
        earliest: Nothing is called before.
        latest_day: Nor after this day.
        minutes: Its length.
        hours: The phone hours in force.
        assumed_hours: They are the policy's, because the therapist's are unknown.
    """

    therapist_id: TherapistId
    cause: Cause
    requests: tuple[PlacementRequest, ...]
    email_ids: tuple[EmailId, ...] = ()
    surplus: tuple[PlacementRequest, ...] = ()
    retry: PhoneCall | None = None
    priority_class: int
    earliest: Moment
    latest_day: date
    minutes: int
    hours: WeeklyWindows
    assumed_hours: bool = False

    @property
    def attempt(self) -> int:
        """Which attempt it is, 1 the first."""
        return 1 if self.retry is None else self.retry.attempt + 1


@frozen(kw_only=True)
class CallRefusal:
    """A therapist who is due and cannot be called: every reason, and the first day on which it would be allowed."""

    therapist_id: TherapistId
    decision: ContactDecision


@frozen(kw_only=True)
class DueCalls:
    """Who is to be called, and who is due and must wait.

    Attributes:
        calls: By class, then therapist.
        refusals: By therapist.
    """

    calls: tuple[CallDue, ...] = ()
    refusals: tuple[CallRefusal, ...] = ()


def due_calls(candidates: Iterable[CallCandidate], policy: ContactPolicy, *, today: date) -> DueCalls:
    """Sort out who is due on *today*; the same input gives the same answer, whatever its order."""
    due: list[tuple[CallCandidate, CallDue]] = []
    refusals: list[CallRefusal] = []
    for candidate in candidates:
        found = _due(candidate, policy, today=today)
        if isinstance(found, CallDue):
            due.append((candidate, found))
        elif found is not None:
            refusals.append(found)
    classes = _silent_classes(candidate for candidate, _ in due)
    calls = (evolve(call, priority_class=_class_of(candidate, call, classes)) for candidate, call in due)
    return DueCalls(
        calls=tuple(sorted(calls, key=lambda call: (call.priority_class, call.therapist_id))),
        refusals=tuple(sorted(refusals, key=lambda refusal: refusal.therapist_id)),
    )


def _due(candidate: CallCandidate, policy: ContactPolicy, *, today: date) -> CallDue | CallRefusal | None:
    cause = _cause_of(candidate)
    if cause is None:
        return None
    history = candidate.history
    decision = decide_call(history, policy, cause=cause, today=today)
    last_day = days_after(today, policy.call_horizon_days)
    hours = hours_of(history, policy)
    if decision.next_allowed_on is None or decision.next_allowed_on > last_day or hours is None:
        return CallRefusal(therapist_id=history.therapist_id, decision=decision)
    earliest = max(Moment(decision.next_allowed_on), _asked_from(candidate, cause, hours))
    if earliest.day > last_day:
        return None  # it is wanted later: due when that day comes nearer
    requests, email_ids, surplus = _content(candidate, policy)
    return CallDue(
        therapist_id=history.therapist_id,
        cause=cause,
        requests=requests,
        email_ids=email_ids,
        surplus=surplus,
        retry=candidate.retry.call if candidate.retry else None,
        priority_class=_WANTED,
        earliest=earliest,
        latest_day=last_day,
        minutes=call_minutes(len(requests), policy),
        hours=hours,
        assumed_hours=history.phone_hours is None,
    )


def decide_call(
    history: ContactHistory,
    policy: ContactPolicy,
    *,
    cause: Cause,
    today: date,
    leaving_out: date | None = None,
    also: Iterable[Hold] = (),
) -> ContactDecision:
    """Decide whether a call for this *cause* may be held on *today*.

    A person who plans a call has seen that the attempts are used up: that does not hold theirs.

    Args:
        leaving_out: The day of the planned call that is asked about: it does not hold itself.
    """
    if leaving_out is not None and leaving_out in history.planned_calls:
        days = list(history.planned_calls)
        days.remove(leaving_out)
        history = evolve(history, planned_calls=tuple(days))
    if cause in (Cause.PERSON, Cause.RETRY):
        history = evolve(history, attempts_exhausted=False)
    asked_for = cause in (Cause.ASKED_FOR, Cause.RETRY)
    return decide_contact(history, policy, channel=Channel.PHONE, today=today, asked_for=asked_for, also=also)


def _cause_of(candidate: CallCandidate) -> Cause | None:
    if candidate.retry is not None:
        return Cause.RETRY
    if candidate.wanted:
        return Cause.ASKED_FOR
    if candidate.silences:
        return Cause.SILENT
    if candidate.without_address and candidate.open_requests:
        return Cause.NO_ADDRESS
    return None


def _asked_from(candidate: CallCandidate, cause: Cause, hours: WeeklyWindows) -> Moment:
    if candidate.retry is not None:
        return earliest_retry(candidate.retry.call, hours)
    if cause is Cause.ASKED_FOR:
        return Moment(min(wanted.from_day for wanted in candidate.wanted))
    return Moment(date.min)


def _content(
    candidate: CallCandidate, policy: ContactPolicy
) -> tuple[tuple[PlacementRequest, ...], tuple[EmailId, ...], tuple[PlacementRequest, ...]]:
    """The requests of the call, the emails that it follows up, and what of these emails finds no room.

    An email is followed up as a whole: a second one whose requests do not all find room stays silent for the next call.
    """
    room = policy.max_requests_per_call
    chosen: dict[PlacementRequestId, PlacementRequest] = {}
    emails: list[EmailId] = []
    surplus: list[PlacementRequest] = []
    for request in candidate.retry.requests if candidate.retry else ():
        chosen[request.id] = request
    for wanted in sorted(candidate.wanted, key=lambda each: (each.from_day, each.request.id)):
        if len(chosen) < room:
            chosen[wanted.request.id] = wanted.request
    for silence in sorted(candidate.silences, key=lambda each: (each.day, each.email_id)):
        free = room - len(chosen)
        if (emails or chosen) and len(silence.requests) > free:
            break
        emails.append(silence.email_id)
        chosen |= {request.id: request for request in silence.requests[:free]}
        surplus += silence.requests[free:]
    for request in candidate.open_requests:
        if len(chosen) < room:
            chosen.setdefault(request.id, request)
    return tuple(chosen.values()), tuple(emails), tuple(surplus)


def _silent_classes(candidates: Iterable[CallCandidate]) -> Mapping[date, int]:
    """A class for each day of silent emails: the older, the more important."""
    days = sorted({min(each.day for each in candidate.silences) for candidate in candidates if candidate.silences})
    return {day: _FIRST_SILENT + place for place, day in enumerate(days)}


def _class_of(candidate: CallCandidate, call: CallDue, silent_classes: Mapping[date, int]) -> int:
    if candidate.potentially_available:
        return _POTENTIALLY_AVAILABLE
    if call.cause in (Cause.RETRY, Cause.ASKED_FOR):
        return _WANTED
    if call.cause is Cause.NO_ADDRESS:
        return _WITHOUT_ADDRESS
    return silent_classes[min(each.day for each in candidate.silences)]
