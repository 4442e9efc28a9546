"""What follows for a request from what its therapist said, and from which days on may what be tried again?

An answer names outcomes for requests, by their numbers in the letter or by themselves.  Days are local dates of the
agency, and an answer counts on the day on which it was given, not on that of its recording.  Nothing here reads a clock
or a store.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

from boona_core.calls import Outcome, PhoneCall
from boona_core.contact import ContactPolicy
from boona_core.emails import Email, EmailState
from boona_core.errors import InvalidValue
from boona_core.ids import PlacementRequestId
from boona_core.instants import days_after
from boona_core.requests import RequestStatus

SAID = (Outcome.ACCEPTED, Outcome.REJECTED, Outcome.NEEDS_FOLLOW_UP)
"""What a therapist can say about a request; ``not_discussed`` is that nothing was said."""

STATUS_OF = {Outcome.ACCEPTED: RequestStatus.ACCEPTED, Outcome.REJECTED: RequestStatus.REJECTED}
"""Where a request goes by the outcomes that decide it."""


def numbers_of(email: Email) -> Mapping[int, PlacementRequestId]:
    """The requests by their numbers in the letter, from 1 on."""
    return {number: item.placement_request_id for number, item in enumerate(email.included, start=1)}


def outcomes_by_number(email: Email, said: Mapping[Outcome, Collection[int]]) -> Mapping[PlacementRequestId, Outcome]:
    """What was said about each request, of which the letter's number was named.

    Raises:
        InvalidValue: a number is not in the letter, or stands under two outcomes.
    """
    return _outcomes(numbers_of(email), said, where=f"the letter of email {email.id}")


def outcomes_of_call(call: PhoneCall, said: Mapping[Outcome, Collection[int]]) -> Mapping[PlacementRequestId, Outcome]:
    """What was said about each request, of which the number in the call was named.

    Raises:
        InvalidValue: a number is not in the call, or stands under two outcomes.
    """
    numbers = {number: item.placement_request_id for number, item in call.numbered.items()}
    return _outcomes(numbers, said, where=f"call {call.id}")


def _outcomes(
    known: Mapping[int, PlacementRequestId], said: Mapping[Outcome, Collection[int]], *, where: str
) -> Mapping[PlacementRequestId, Outcome]:
    outcomes: dict[PlacementRequestId, Outcome] = {}
    for outcome, numbers in said.items():
        for number in numbers:
            if number not in known:
                has = f"it has the numbers {_in_words(known)}" if known else "it has no numbers"
                raise InvalidValue(outcome.value, f"{number} is not in {where}: {has}")
            if outcomes.setdefault(known[number], outcome) is not outcome:
                raise InvalidValue(outcome.value, f"{number} is named as {outcomes[known[number]].value}, too")
    return outcomes


def _in_words(numbers: Collection[int]) -> str:
    """``1 to 3``; one by one where some are missing."""
    whole = max(numbers) == len(numbers)
    return f"1 to {len(numbers)}" if whole else ", ".join(map(str, numbers))


def check_requests(email: Email, outcomes: Mapping[PlacementRequestId, Outcome]) -> None:
    """Make sure that an answer to an email speaks of its requests only, and says something about each.

    Raises:
        InvalidValue: a request is not in its letter, or its outcome is none that can be said in an answer.
    """
    there = frozenset(item.placement_request_id for item in email.included)
    for request_id in outcomes:
        if request_id not in there:
            raise InvalidValue("outcomes", f"request {request_id} is not in the letter of email {email.id}")
    check_outcomes(outcomes)


def check_outcomes(outcomes: Mapping[PlacementRequestId, Outcome]) -> None:
    """Make sure that every outcome can be said in an answer.

    Raises:
        InvalidValue: one is that nothing was said.
    """
    for outcome in outcomes.values():
        if outcome not in SAID:
            raise InvalidValue("outcomes", f"{outcome.value} is nothing that an answer says")


def check_day(day: date, *, sent_on: date | None, today: date) -> None:
    """Make sure that an answer was given neither before its email was sent nor after *today*.

    Args:
        sent_on: None: it answers no email.

    Raises:
        InvalidValue: it was.
    """
    if day > today:
        raise InvalidValue("on", f"{day} is not over: today is {today}")
    if sent_on is not None and day < sent_on:
        raise InvalidValue("on", f"{day} is before the day of the email, {sent_on}")


def pair_rests_until(day: date, policy: ContactPolicy) -> date:
    """The first day on which a patient may be offered again to the therapist who said no on *day*."""
    return days_after(day, policy.cooldown_days)


def retry_day(day: date, *, retry_after: date | None, next_working_day: Callable[[date], date | None]) -> date:
    """From which day on to call a therapist who said on *day* that more has to be talked about.

    Args:
        retry_after: As the therapist wished; None: on the next working day.
        next_working_day: The first working day after a day; None where there is none within a year.
    """
    return retry_after or next_working_day(day) or days_after(day, 1)


def is_too_late(outcome: Outcome, status: RequestStatus) -> bool:
    """Whether an acceptance finds its request canceled: the patient is placed elsewhere, or searches no more."""
    return outcome is Outcome.ACCEPTED and status is RequestStatus.CANCELED


def is_correction(outcome: Outcome, status: RequestStatus) -> bool:
    """Whether what is said now takes back what decided the request."""
    return status in STATUS_OF.values() and STATUS_OF.get(outcome) is not status


def holds_still(email: Email, request_id: PlacementRequestId, *, followed_up: bool) -> bool:
    """Whether a request that was in progress through *email* would be so today, had it not been canceled.

    It would, as long as the email waits for its answer, or its answer waits for a person, or asked for a call about
    this request.

    Args:
        followed_up: A call has followed up the email: what it was about went over to the call.
    """
    if email.state is not EmailState.SENT or email.bounced_at is not None:
        return False
    outcomes = {item.placement_request_id: item.outcome for item in email.included}
    if request_id not in outcomes or outcomes[request_id] is Outcome.NEEDS_FOLLOW_UP:
        return request_id in outcomes
    if not email.response_received:
        return not followed_up
    return not any(outcomes.values())


def undecided(email: Email, outcomes: Mapping[PlacementRequestId, Outcome]) -> Sequence[PlacementRequestId]:
    """The requests of a letter about which neither this answer nor an earlier one says anything.

    None of them while nothing was said about any request: then a person has to look at the answer.
    """
    if not outcomes:
        return ()
    return tuple(
        item.placement_request_id
        for item in email.included
        if item.outcome is None and item.placement_request_id not in outcomes
    )
