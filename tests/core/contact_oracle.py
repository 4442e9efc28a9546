"""The oracle of the contact decision: it asks of one day at a time and counts the days that have passed.

It is written otherwise than the rule on purpose: it knows no holds, it jumps nowhere, and it scans minutes.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from boona_core.contact import Channel, ContactHistory, ContactPolicy, Reason
from boona_core.windows import WEEK, Weekday
from tests.core.strategies import TODAY, day


def within(passed: timedelta, span: int) -> bool:
    return passed < timedelta(days=span)


def some_call_fits(history: ContactHistory, policy: ContactPolicy, *, asked_on: date) -> bool:
    """Whether a call fits into the horizon: by trying every start of every day and looking at each minute."""
    hours = policy.fallback_phone_hours if history.phone_hours is None else history.phone_hours
    if hours is None:
        return False
    for ahead in range(policy.call_horizon_days + 1):
        name = (asked_on + timedelta(days=ahead)).strftime("%A").lower()
        open_minutes = {m for w in hours.on(Weekday(name)) for m in range(w.start, w.end)}
        starts = [m for m in open_minutes if m % policy.call_grid_minutes == 0]
        if any(all(start + n in open_minutes for n in range(policy.call_minutes)) for start in starts):
            return True
    return False


def reasons_every_channel(known: ContactHistory, policy: ContactPolicy, on: date) -> Iterator[Reason]:
    if known.status == "blocked" and not (known.blocked_until and known.blocked_until <= on):
        yield Reason.BLOCKED
    if known.status == "inactive":
        yield Reason.INACTIVE
    if known.do_not_contact:
        yield Reason.DO_NOT_CONTACT
    if known.erased:
        yield Reason.ERASED
    if known.absent_until and known.absent_until > on:
        yield Reason.ABSENT
    if known.last_answer_on and within(on - known.last_answer_on, policy.cooldown_days):
        yield Reason.COOLDOWN


def reasons_email(known: ContactHistory, policy: ContactPolicy, on: date, *, call_fits: bool) -> Iterator[Reason]:
    interval = policy.email_interval_days
    if not known.mailbox_id:
        yield Reason.NO_EMAIL_ADDRESS
    if known.bounced:
        yield Reason.BOUNCED_ADDRESS
    if known.email_outstanding or known.mailbox_outstanding:
        yield Reason.EMAIL_OUTSTANDING
    if known.last_email_on and within(on - known.last_email_on, interval):
        yield Reason.EMAIL_INTERVAL
    if known.reserved_until and on < known.reserved_until:
        yield Reason.EMAIL_INTERVAL
    if known.mailbox_last_email_on and within(on - known.mailbox_last_email_on, interval):
        yield Reason.MAILBOX_INTERVAL
    if known.mailbox_reserved_until and on < known.mailbox_reserved_until:
        yield Reason.MAILBOX_INTERVAL
    waited = on - known.first_unanswered_on if known.first_unanswered_on else timedelta(-1)
    if waited.days >= policy.follow_up_after_days and known.has_phone and call_fits:
        yield Reason.AWAITING_ANSWER
    if known.last_call_on and within(on - known.last_call_on, policy.call_interval_days):
        yield Reason.RECENT_CALL
    if any(0 <= (call - on).days <= policy.quiet_days_before_call for call in known.planned_calls):
        yield Reason.CALL_PLANNED


def reasons_phone(known: ContactHistory, policy: ContactPolicy, on: date, *, asked_for: bool) -> Iterator[Reason]:
    if not known.has_phone:
        yield Reason.NO_PHONE_NUMBER
    hours = policy.fallback_phone_hours if known.phone_hours is None else known.phone_hours
    if hours is None or not any(hours.on(each) for each in WEEK):
        yield Reason.NO_PHONE_HOURS
    if known.attempts_exhausted:
        yield Reason.ATTEMPTS_EXHAUSTED
    if any(call >= on for call in known.planned_calls):
        yield Reason.CALL_PLANNED
    if known.email_outstanding and not asked_for:
        yield Reason.EMAIL_OUTSTANDING
    if (
        known.last_unanswered_on
        and not asked_for
        and within(on - known.last_unanswered_on, policy.follow_up_after_days)
    ):
        yield Reason.AWAITING_ANSWER
    if known.last_call_on and not asked_for and within(on - known.last_call_on, policy.call_interval_days):
        yield Reason.RECENT_CALL


def reasons_by_day(
    known: ContactHistory, policy: ContactPolicy, channel: Channel, *, days: int, asked_for: bool = False
) -> list[set[Reason]]:
    """What speaks against a contact on today and each of the following days, if nothing else happens."""
    call_fits = some_call_fits(known, policy, asked_on=TODAY)
    every: list[set[Reason]] = []
    for ahead in range(days):
        on = TODAY + timedelta(days=ahead)
        own = (
            reasons_email(known, policy, on, call_fits=call_fits)
            if channel is Channel.EMAIL
            else reasons_phone(known, policy, on, asked_for=asked_for)
        )
        every.append({*reasons_every_channel(known, policy, on), *own})
    return every


def first_free(by_day: list[set[Reason]]) -> date | None:
    return next((day(ahead) for ahead, reasons in enumerate(by_day) if not reasons), None)
