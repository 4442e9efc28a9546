"""May we contact this therapist on a day, and if not, from which day on?

Days are local dates of the agency.  Nothing here reads a clock, a database or the environment: the caller passes
``today`` and the facts.  A refusal names every hold in force, and the first day on which a contact would be allowed if
nothing else happened until then.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from enum import StrEnum

from attrs import field, frozen

from boona_core.errors import InvalidValue
from boona_core.ids import MailboxId, TherapistId
from boona_core.instants import days_after
from boona_core.therapists import TherapistStatus
from boona_core.windows import WeeklyWindows


class Channel(StrEnum):
    """A way to reach a therapist."""

    EMAIL = "email"
    PHONE = "phone"


class Reason(StrEnum):
    """Why a contact or a request has to wait."""

    BLOCKED = "blocked"
    INACTIVE = "inactive"
    DO_NOT_CONTACT = "do_not_contact"
    ERASED = "erased"
    ABSENT = "absent"
    NO_EMAIL_ADDRESS = "no_email_address"
    NO_PHONE_NUMBER = "no_phone_number"
    BOUNCED_ADDRESS = "bounced_address"
    EMAIL_OUTSTANDING = "email_outstanding"
    EMAIL_INTERVAL = "email_interval"
    MAILBOX_INTERVAL = "mailbox_interval"
    RECENT_CALL = "recent_call"
    CALL_PLANNED = "call_planned"
    AWAITING_ANSWER = "awaiting_answer"
    COOLDOWN = "cooldown"
    NO_PHONE_HOURS = "no_phone_hours"
    NO_FREE_SLOT = "no_free_slot"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    DAILY_CAP = "daily_cap"
    EMAIL_FULL = "email_full"
    PATIENT_NOT_SEARCHING = "patient_not_searching"
    PATIENT_EXCLUDED_THERAPIST = "patient_excluded_therapist"
    PAIR_RESTING = "pair_resting"
    REQUEST_CLOSED = "request_closed"


OVERRIDABLE = frozenset(
    {
        Reason.EMAIL_INTERVAL,
        Reason.MAILBOX_INTERVAL,
        Reason.RECENT_CALL,
        Reason.CALL_PLANNED,
        Reason.DAILY_CAP,
    }
)
"""What a person may override for one email, with a reason of their own."""

STOPS_A_CONFIRMATION = frozenset(
    {
        Reason.BLOCKED,
        Reason.INACTIVE,
        Reason.DO_NOT_CONTACT,
        Reason.ERASED,
        Reason.ABSENT,
        Reason.NO_EMAIL_ADDRESS,
        Reason.BOUNCED_ADDRESS,
    }
)
"""All that can hold a confirmation: it answers the therapist's own yes and is limited by no interval."""


ENDS_A_PLANNED_CALL = frozenset(
    {
        Reason.BLOCKED,
        Reason.INACTIVE,
        Reason.DO_NOT_CONTACT,
        Reason.ERASED,
        Reason.ABSENT,
        Reason.COOLDOWN,
        Reason.NO_PHONE_NUMBER,
    }
)
"""What takes a call off the plan when it comes up after the planning; an interval that began meanwhile does not."""


class CooldownTrigger(StrEnum):
    """Which answer begins a cooldown."""

    REJECTION = "rejection"
    ANY_RESPONSE = "any_response"


def _trigger(value: str) -> CooldownTrigger:
    try:
        return CooldownTrigger(value)
    except ValueError:
        raise InvalidValue("cooldown_trigger", f"expected one of {', '.join(CooldownTrigger)}, got {value!r}") from None


@frozen(kw_only=True)
class ContactPolicy:
    """How often, how much and how long: the agency's rules as data.

    Attributes:
        email_interval_days: Days from one email to the next, per therapist and per mailbox; at least 1.
        follow_up_after_days: Days after which an unanswered email is silent; at least 1.
        cooldown_days: Days of rest after a no, on every channel; 0 means none.
        cooldown_trigger: Which answer begins the rest.
        call_interval_days: Days after a completed call without call or email; 0 means none.
        quiet_days_before_call: A call planned within so many days holds emails back; 0: only on its day.
        max_requests_per_email: At least 1; the rest waits for the next email.
        max_requests_per_call: At least 1.
        max_emails_per_day: Emails queued on one day in the whole agency; None: no limit.
        call_minutes: Length of a call about one request; at least 1.
        call_minutes_per_extra_request: Added for each further request; at least 0.
        call_grid_minutes: Calls start at multiples of it after midnight; 1 to 60.
        call_lead_minutes: No slot earlier than now plus this; at least 0.
        call_horizon_days: No slot later than today plus this; at least 1.
        max_call_attempts: Failed attempts before a person decides; at least 1.
        retry_gap: ``next_window``: a failed call is tried in the next window, never in the same one.
        fallback_phone_hours: Used, and marked as assumed, where hours are unknown; None: nobody is called then.

    Raises:
        InvalidValue: a field is out of its bounds.
    """

    email_interval_days: int = 7
    follow_up_after_days: int = 7
    cooldown_days: int = 28
    cooldown_trigger: CooldownTrigger = field(default=CooldownTrigger.REJECTION, converter=_trigger)
    call_interval_days: int = 7
    quiet_days_before_call: int = 7
    max_requests_per_email: int = 5
    max_requests_per_call: int = 5
    max_emails_per_day: int | None = None
    call_minutes: int = 5
    call_minutes_per_extra_request: int = 0
    call_grid_minutes: int = 5
    call_lead_minutes: int = 0
    call_horizon_days: int = 14
    max_call_attempts: int = 3
    retry_gap: str = "next_window"
    fallback_phone_hours: WeeklyWindows | None = None

    def __attrs_post_init__(self) -> None:
        for name, least, most in _BOUNDS:
            value = getattr(self, name)
            if value is None and name == "max_emails_per_day":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                raise InvalidValue(name, f"expected a whole number from {least} to {most}, got {value!r}")
        if self.retry_gap != "next_window":
            raise InvalidValue("retry_gap", f"expected next_window, got {self.retry_gap!r}")


_YEARS = 3_660
_BOUNDS = (
    ("email_interval_days", 1, _YEARS),
    ("follow_up_after_days", 1, _YEARS),
    ("cooldown_days", 0, _YEARS),
    ("call_interval_days", 0, _YEARS),
    ("quiet_days_before_call", 0, _YEARS),
    ("max_requests_per_email", 1, 100),
    ("max_requests_per_call", 1, 100),
    ("max_emails_per_day", 0, 1_000_000_000),
    ("call_minutes", 1, 240),
    ("call_minutes_per_extra_request", 0, 240),
    ("call_grid_minutes", 1, 60),
    ("call_lead_minutes", 0, 60 * 24 * 365),
    ("call_horizon_days", 1, 366),
    ("max_call_attempts", 1, 100),
)


@frozen(kw_only=True)
class ContactHistory:
    """What is known of one therapist on the day of the question.

    Attributes:
        mailbox_id: None: no email address.
        blocked_until: The first day after a block; None: for good.
        do_not_contact: Of the therapist, or of the mailbox.
        absent_until: The first day back; None: not absent.
        bounced: The mailbox refused mail for good.
        email_outstanding: An email to this therapist is queued, sending or uncertain.
        mailbox_outstanding: The same of a colleague's email to the same mailbox.
        last_email_on: Day of the last email to this therapist, by its handoff marker, confirmations excepted.
        mailbox_last_email_on: The same of the mailbox.
        reserved_until: First day after the last closed contact window of the therapist; None: there is none.
        mailbox_reserved_until: The same of the mailbox.
        first_unanswered_on: Day of the oldest unanswered email whose follow-up call is not over; None: there is none.
        last_unanswered_on: Day of the newest unanswered email.
        last_call_on: Day of the last completed call.
        planned_calls: Days of the calls that are planned.
        last_answer_on: Day of the last answer that begins a cooldown under the policy; None: there is none.
        attempts_exhausted: The last chain of calls has used up its attempts.
    """

    therapist_id: TherapistId
    mailbox_id: MailboxId | None = None
    has_phone: bool = False
    phone_hours: WeeklyWindows | None = None
    status: TherapistStatus = TherapistStatus.ACTIVE
    blocked_until: date | None = None
    do_not_contact: bool = False
    erased: bool = False
    absent_until: date | None = None
    bounced: bool = False
    email_outstanding: bool = False
    mailbox_outstanding: bool = False
    last_email_on: date | None = None
    mailbox_last_email_on: date | None = None
    reserved_until: date | None = None
    mailbox_reserved_until: date | None = None
    first_unanswered_on: date | None = None
    last_unanswered_on: date | None = None
    last_call_on: date | None = None
    planned_calls: tuple[date, ...] = ()
    last_answer_on: date | None = None
    attempts_exhausted: bool = False


@frozen
class Hold:
    """One reason to wait, from *since* up to, not including, *until*.

    Attributes:
        since: The first day in force; None: from the beginning of time.
        until: The first day without it; None: no day helps.
    """

    reason: Reason
    until: date | None = None
    since: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on *day*."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@frozen
class ContactDecision:
    """Allowed or not, why, and from when.

    Attributes:
        holds: Every hold in force; empty: allowed.
        next_allowed_on: The first day from today on without any hold, if nothing else happens; None: no day helps.
        ahead: Holds that are not in force yet and put that day off.
    """

    holds: tuple[Hold, ...]
    next_allowed_on: date | None
    ahead: tuple[Hold, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether nothing holds it."""
        return not self.holds

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons in force, in the order of the holds."""
        return tuple(hold.reason for hold in self.holds)


def decide(holds: Iterable[Hold], *, today: date) -> ContactDecision:
    """The decision that follows from all the holds that there are, in force or to come."""
    every = tuple(holds)
    in_force = tuple(hold for hold in every if hold.holds_on(today))
    ahead: list[Hold] = []
    day: date | None = today
    while day is not None and (held := [hold for hold in every if hold.holds_on(day)]):
        ahead += [hold for hold in held if hold not in in_force and hold not in ahead]
        day = None if any(hold.until is None for hold in held) else max(hold.until for hold in held if hold.until)
    return ContactDecision(in_force, day, tuple(ahead))


def decide_contact(
    history: ContactHistory,
    policy: ContactPolicy,
    *,
    channel: Channel,
    today: date,
    asked_for: bool = False,
    overridden: frozenset[Reason] = frozenset(),
    also: Iterable[Hold] = (),
) -> ContactDecision:
    """Decide whether one contact may take place on *today*.

    A hold lifts exactly on its day: a contact on ``next_allowed_on`` is allowed, the day before it is not.

    Args:
        asked_for: The therapist asked for this call, or it is a retry: neither a recent call nor an open answer holds
            it.
        overridden: Reasons that a person has overridden for this contact.
        also: Holds that follow from more than this therapist's history (the plan's, the daily cap).

    Raises:
        InvalidValue: a reason in *overridden* can never be overridden.
    """
    if stubborn := sorted(overridden - OVERRIDABLE):
        raise InvalidValue("overridden", f"{', '.join(stubborn)} cannot be overridden")
    if channel is Channel.EMAIL:
        holds = _email_holds(history, policy, today)
    else:
        holds = _call_holds(history, policy, asked_for)
    every = (*_holds_on_every_channel(history, policy), *holds, *also)
    return decide((hold for hold in every if hold.reason not in overridden), today=today)


def decide_confirmation(history: ContactHistory, policy: ContactPolicy, *, today: date) -> ContactDecision:
    """Decide whether a confirmation may go out: it is limited by no interval, cooldown or cap."""
    every = (*_holds_on_every_channel(history, policy), *_email_holds(history, policy, today))
    return decide((hold for hold in every if hold.reason in STOPS_A_CONFIRMATION), today=today)


def awaits_call(
    history: ContactHistory, policy: ContactPolicy, *, today: date, works: Callable[[date], bool] = lambda _: True
) -> bool:
    """Whether a silent email can be followed by a call at all.

    Without a number, or without a single block of phone hours on a working day within the horizon, nobody waits for the
    call: the silence is over and the requests are open again.

    Args:
        works: Whether there are calls on a day.  A decision about an email asks without it: the requests of an email
            that cannot be followed up are opened before, with it, and then there is nothing left to wait for.
    """
    hours = hours_of(history, policy)
    if not history.has_phone or hours is None:
        return False
    days = (days_after(today, ahead) for ahead in range(policy.call_horizon_days + 1))
    return any(
        hours.has_block_on(day, minutes=policy.call_minutes, grid=policy.call_grid_minutes) and works(day)
        for day in days
    )


def _holds_on_every_channel(history: ContactHistory, policy: ContactPolicy) -> Iterator[Hold]:
    if history.status is TherapistStatus.BLOCKED:
        yield Hold(Reason.BLOCKED, history.blocked_until)
    if history.status is TherapistStatus.INACTIVE:
        yield Hold(Reason.INACTIVE)
    if history.do_not_contact:
        yield Hold(Reason.DO_NOT_CONTACT)
    if history.erased:
        yield Hold(Reason.ERASED)
    if history.absent_until:
        yield Hold(Reason.ABSENT, history.absent_until)
    if history.last_answer_on:
        yield Hold(Reason.COOLDOWN, days_after(history.last_answer_on, policy.cooldown_days))


def _email_holds(history: ContactHistory, policy: ContactPolicy, today: date) -> Iterator[Hold]:
    if history.mailbox_id is None:
        yield Hold(Reason.NO_EMAIL_ADDRESS)
    if history.bounced:
        yield Hold(Reason.BOUNCED_ADDRESS)
    if history.email_outstanding or history.mailbox_outstanding:
        yield Hold(Reason.EMAIL_OUTSTANDING)
    if until := _interval_end(history.last_email_on, history.reserved_until, policy):
        yield Hold(Reason.EMAIL_INTERVAL, until)
    if until := _interval_end(history.mailbox_last_email_on, history.mailbox_reserved_until, policy):
        yield Hold(Reason.MAILBOX_INTERVAL, until)
    if history.first_unanswered_on and awaits_call(history, policy, today=today):
        silent_on = days_after(history.first_unanswered_on, policy.follow_up_after_days)
        yield Hold(Reason.AWAITING_ANSWER, None, since=silent_on)
    if history.last_call_on:
        yield Hold(Reason.RECENT_CALL, days_after(history.last_call_on, policy.call_interval_days))
    for day in history.planned_calls:
        quiet_from = days_after(day, -policy.quiet_days_before_call)
        yield Hold(Reason.CALL_PLANNED, days_after(day, 1), since=quiet_from)


def _call_holds(history: ContactHistory, policy: ContactPolicy, asked_for: bool) -> Iterator[Hold]:
    if not history.has_phone:
        yield Hold(Reason.NO_PHONE_NUMBER)
    if not hours_of(history, policy):
        yield Hold(Reason.NO_PHONE_HOURS)
    if history.attempts_exhausted:
        yield Hold(Reason.ATTEMPTS_EXHAUSTED)
    for day in history.planned_calls:
        yield Hold(Reason.CALL_PLANNED, days_after(day, 1))
    if asked_for:
        return
    if history.email_outstanding:
        yield Hold(Reason.EMAIL_OUTSTANDING)
    if history.last_unanswered_on:
        yield Hold(Reason.AWAITING_ANSWER, days_after(history.last_unanswered_on, policy.follow_up_after_days))
    if history.last_call_on:
        yield Hold(Reason.RECENT_CALL, days_after(history.last_call_on, policy.call_interval_days))


def hours_of(history: ContactHistory, policy: ContactPolicy) -> WeeklyWindows | None:
    """The known hours, though they be empty (never); those of the policy where they are unknown."""
    return policy.fallback_phone_hours if history.phone_hours is None else history.phone_hours


def _interval_end(last_on: date | None, reserved_until: date | None, policy: ContactPolicy) -> date | None:
    """The first day after the interval: by the policy of today and by the reservation, whichever is later."""
    by_policy = days_after(last_on, policy.email_interval_days) if last_on else None
    return max((day for day in (by_policy, reserved_until) if day), default=None)
