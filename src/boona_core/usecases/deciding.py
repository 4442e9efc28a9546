"""What a person decides about one email or one request: queue it, settle it, cancel it, give it back."""

from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from boona_core.contact import (
    OVERRIDABLE,
    Channel,
    ContactDecision,
    ContactPolicy,
    Hold,
    Reason,
    decide,
    decide_confirmation,
    decide_contact,
)
from boona_core.emails import Email, EmailState, EmailStep, after
from boona_core.errors import IllegalTransition, InvalidValue
from boona_core.events import EventType
from boona_core.ids import EmailId, PlacementRequestId
from boona_core.instants import days_after, local_day
from boona_core.letters import Template
from boona_core.ports import OpenUnit, Unit
from boona_core.requests import PlacementRequest, RequestStatus, RequestStep, decide_request
from boona_core.requests import after as request_after
from boona_core.usecases.composing import Stationery, letter_of
from boona_core.usecases.telling import email_event, requests_moved
from boona_core.usecases.withdrawing import cancel, take_out
from boona_core.usecases.withdrawing_calls import take_out_of_call


@frozen(kw_only=True)
class Queuing:
    """Whether an email was queued, and if not, why not.

    Attributes:
        decision: Every reason that holds it, those overridden left out.
        closed: The requests in it that are not open any more (``request_closed``).
        overridden: The reasons that were in force and were overridden.
    """

    email_id: EmailId
    decision: ContactDecision
    closed: tuple[PlacementRequestId, ...] = ()
    overridden: frozenset[Reason] = frozenset()

    @property
    def queued(self) -> bool:
        """Whether it is in the queue now."""
        return self.decision.allowed


@frozen(kw_only=True)
class QueueEmail:
    """Put a draft into the queue, or send an email again that failed or that nobody knows about."""

    open_unit: OpenUnit
    stationery: Stationery
    policy: ContactPolicy
    zone: ZoneInfo

    def __call__(
        self,
        email_id: EmailId,
        *,
        override: str | None = None,
        step: EmailStep = EmailStep.QUEUED,
        dry_run: bool = False,
    ) -> Queuing:
        """Queue one email under the policy.

        Args:
            override: A person's own reason to override what may be overridden; recorded, shown and counted.
            step: ``QUEUED`` for a draft, ``SENT_AGAIN`` for a failed or uncertain one.

        Raises:
            UnknownId: there is no such email.
            IllegalTransition: the email does not stand where *step* begins, or its text may not change any more and the
                therapist's address has.
            InvalidValue: an override without words.
        """
        if override is not None and not override.strip():
            raise InvalidValue("override", "needs a reason in words")
        with self.open_unit() as unit:
            unit.therapists.lock([unit.emails.get(email_id).therapist_id])
            email = unit.emails.lock(email_id)
            after(email.id, email.state, step)
            _refuse_another_address(unit, email, step)
            queuing = self._decide(unit, email, overriding=override is not None)
            if queuing.queued and not dry_run:
                queuing = self._queue(unit, email, queuing, override)
                if queuing.queued:
                    unit.commit()
        return queuing

    def _decide(self, unit: Unit, email: Email, *, overriding: bool) -> Queuing:
        today = local_day(unit.now(), self.zone)
        requests = unit.requests.of_email(email.id)
        closed = tuple(request.id for request in requests if not _takes(unit, email, request))
        history = unit.therapists.histories([email.therapist_id], self.policy, today=today, leaving_out=[email.id])[
            email.therapist_id
        ]
        if email.template is Template.CONFIRMATION:
            decision = decide_confirmation(history, self.policy, today=today)
        else:
            decision = decide_contact(history, self.policy, channel=Channel.EMAIL, today=today)
            cap = self.policy.max_emails_per_day
            if cap is not None and email.state is not EmailState.UNCERTAIN and unit.emails.queued_on(today) >= cap:
                decision = decide((*decision.holds, Hold(Reason.DAILY_CAP, days_after(today, 1))), today=today)
        if email.state is EmailState.DRAFT and len(requests) > self.policy.max_requests_per_email:
            decision = decide((*decision.holds, Hold(Reason.EMAIL_FULL)), today=today)
        if closed:
            decision = decide((*decision.holds, Hold(Reason.REQUEST_CLOSED)), today=today)
        if resting := [hold for request in requests for hold in _own_holds(request, today)]:
            decision = decide(dict.fromkeys((*decision.holds, *resting)), today=today)
        overridden = OVERRIDABLE.intersection(decision.reasons) if overriding else frozenset()
        remaining = decide((hold for hold in decision.holds if hold.reason not in overridden), today=today)
        return Queuing(email_id=email.id, decision=remaining, closed=closed, overridden=overridden)

    def _queue(self, unit: Unit, email: Email, queuing: Queuing, override: str | None) -> Queuing:
        now = unit.now()
        today = local_day(now, self.zone)
        therapist = unit.therapists.get(email.therapist_id)
        requests = [request for request in unit.requests.of_email(email.id) if request.status is RequestStatus.OPEN]
        got = unit.requests.take({request.id: email.id for request in requests})
        if lost := tuple(request.id for request in requests if request.id not in got):
            return evolve(queuing, decision=decide((Hold(Reason.REQUEST_CLOSED),), today=today), closed=lost)
        if queuing.overridden & {Reason.EMAIL_INTERVAL, Reason.MAILBOX_INTERVAL}:
            unit.emails.end_windows(email.therapist_id, therapist.mailbox_id, day=today)
        sealed = email.ever_uncertain and email.message_id is not None  # it may have arrived: not a byte changes
        content = (
            None
            if sealed
            else self.stationery.seal(
                letter_of(email),
                therapist,
                now=now,
                message_id=email.message_id,
                recipient_name=email.recipient_name if email.body_provided else None,
            )
        )
        if not unit.emails.queue(
            email.id,
            content,
            day=today,
            now=now,
            overridden=email.overridden | queuing.overridden,
            override_reason=override or email.override_reason,
        ):
            return evolve(queuing, decision=decide((Hold(Reason.EMAIL_OUTSTANDING),), today=today))
        if email.template is not Template.CONFIRMATION and email.state is not EmailState.UNCERTAIN:
            unit.emails.count_queued(today, 1)
        unit.outbox.put([email_event(EventType.EMAIL_QUEUED, email.id, email.therapist_id)])
        unit.outbox.put(requests_moved(requests, RequestStatus.IN_PROGRESS))
        return queuing


class Settlement(StrEnum):
    """What a person says about an email that nobody knows about, or that failed."""

    SENT = "sent"
    AGAIN = "again"
    DROP = "drop"


@frozen(kw_only=True)
class SettleEmail:
    """Record what a person found out: it arrived, it shall be sent again, it shall be dropped."""

    open_unit: OpenUnit
    queue_email: QueueEmail
    policy: ContactPolicy

    def __call__(self, email_id: EmailId, settlement: Settlement, *, dry_run: bool = False) -> Queuing | None:
        """Settle one email; the answer to ``again`` says whether it was queued, otherwise None.

        Raises:
            UnknownId: there is no such email.
            IllegalTransition: it is neither uncertain nor (for ``again`` and ``drop``) failed.
        """
        if settlement is Settlement.AGAIN:
            return self.queue_email(email_id, step=EmailStep.SENT_AGAIN, dry_run=dry_run)
        with self.open_unit() as unit:
            unit.therapists.lock([unit.emails.get(email_id).therapist_id])
            email = unit.emails.lock(email_id)
            if settlement is Settlement.SENT:
                self._sent(unit, email)
            else:
                self._dropped(unit, email)
            if not dry_run:
                unit.commit()
        return None

    def _sent(self, unit: Unit, email: Email) -> None:
        state = after(email.id, email.state, EmailStep.FOUND)
        unit.emails.settle(email.id, state, now=unit.now(), interval_days=self.policy.email_interval_days)
        unit.outbox.put([email_event(EventType.EMAIL_SENT, email.id, email.therapist_id)])

    def _dropped(self, unit: Unit, email: Email) -> None:
        if email.state is not EmailState.FAILED:
            state = after(email.id, email.state, EmailStep.DROPPED)
            unit.emails.settle(email.id, state, now=unit.now(), interval_days=self.policy.email_interval_days)
            unit.outbox.put([email_event(EventType.EMAIL_FAILED, email.id, email.therapist_id)])
        opened = unit.requests.give_back([email.id])
        unit.outbox.put(requests_moved(opened, RequestStatus.OPEN))


@frozen(kw_only=True)
class CancelEmail:
    """Cancel an email that has not been handed over; its requests are open again."""

    open_unit: OpenUnit

    def __call__(self, email_id: EmailId, *, dry_run: bool = False) -> None:
        """Cancel one email.

        Raises:
            UnknownId: there is no such email.
            IllegalTransition: it is neither a draft, queued nor claimed.
        """
        with self.open_unit() as unit:
            unit.therapists.lock([unit.emails.get(email_id).therapist_id])
            email = unit.emails.lock(email_id)
            after(email.id, email.state, EmailStep.CANCELED)
            cancel(unit, email, now=unit.now())
            if not dry_run:
                unit.commit()


@frozen(kw_only=True)
class ReleaseRequest:
    """Give a request that is in progress back: it may go out again, to this therapist in a later email."""

    open_unit: OpenUnit
    stationery: Stationery
    zone: ZoneInfo

    def __call__(self, request_id: PlacementRequestId, *, dry_run: bool = False) -> None:
        """Open one request; an email not yet sent is written anew without it, or canceled when nothing is left.

        So is a call that has not been made.

        Raises:
            UnknownId: there is no such request.
            IllegalTransition: it is not in progress, or its email is being handed over at this moment.
        """
        with self.open_unit() as unit:
            unit.therapists.lock([unit.requests.get(request_id).therapist_id])
            request = unit.requests.get(request_id)
            request_after(request.id, request.status, RequestStep.GIVEN_BACK)
            holding = unit.requests.holder(request_id)
            holder = holding.email_id
            if holding.call_id is not None:
                take_out_of_call(unit, unit.calls.lock(holding.call_id), [request_id])
            if holder is not None:
                email = unit.emails.lock(holder)
                if email.state is EmailState.HANDOFF:
                    raise IllegalTransition(
                        f"placement request {request_id}", f"in email {holder}, in handoff", RequestStep.GIVEN_BACK
                    )
                now = unit.now()
                today = local_day(now, self.zone)
                take_out(unit, self.stationery, email, [request_id], now=now, today=today)
            unit.outbox.put(requests_moved(unit.requests.release([request_id]), RequestStatus.OPEN))
            if not dry_run:
                unit.commit()


def _refuse_another_address(unit: Unit, email: Email, step: EmailStep) -> None:
    """What was ever uncertain goes out as it is stored, and so to no address but its own."""
    if email.ever_uncertain and unit.therapists.get(email.therapist_id).mailbox_id != email.mailbox_id:
        raise IllegalTransition(f"email {email.id}", f"{email.state.value}, and its address has changed", step.value)


def _takes(unit: Unit, email: Email, request: PlacementRequest) -> bool:
    """Whether *email* may hold *request*: it is open, or in progress through this very email."""
    if request.status is RequestStatus.IN_PROGRESS:
        return unit.requests.holder(request.id).email_id == email.id
    return request.status is RequestStatus.OPEN and email.state is not EmailState.UNCERTAIN


def _own_holds(request: PlacementRequest, today: date) -> tuple[Hold, ...]:
    """What holds an open request by itself: its patient does not search, or does not want this therapist."""
    return decide_request(request, today=today).holds if request.status is RequestStatus.OPEN else ()
