"""What follows from what the server answered, in the unit that stores it.

Accepted: sent, its days reserved from the marker on.  Refused for good: failed, and where it was the recipient the
address is not used any more and the requests are open again.  Withheld by us: back to the queue, with no try used.
Anything else that is certain: back to the queue, later each time, until its tries are used up.  No answer after the
final dot: uncertain, for a person.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import frozen

from boona_core.contact import ContactPolicy
from boona_core.delivery import Accepted, NoAnswer, Refused
from boona_core.emails import SendingPolicy
from boona_core.events import EventType
from boona_core.instants import local_day
from boona_core.ports import Claimed, Unit
from boona_core.requests import RequestStatus
from boona_core.usecases.composing import Stationery
from boona_core.usecases.telling import email_event, requests_moved
from boona_core.usecases.withdrawing import cancel, take_out

_AFTER_A_FAULT_OF_OURS = timedelta(seconds=5)
"""How long an email rests that was withheld: long enough that a failing store does not have the server talk in vain."""


@frozen
class Withheld:
    """The server had the whole message, and we did not send the final dot: our own house was not in order."""

    words: str


@frozen
class Result:
    """What became of an email at the server; *marked*: the final dot may have been sent."""

    email: Claimed
    outcome: Accepted | Refused | NoAnswer | Withheld
    marked: bool


@frozen(kw_only=True)
class RecordResult:
    """Store the result of one email, with all that follows from it; the unit has locked its therapist."""

    stationery: Stationery
    contact: ContactPolicy
    sending: SendingPolicy
    zone: ZoneInfo
    jitter: Callable[[], float]

    def __call__(self, unit: Unit, result: Result, *, token: UUID, now: datetime) -> str | None:
        """Store a result; returns what it was, as a field of ``Drained``, None when the claim was lost."""
        email, outcome = result.email, result.outcome
        if isinstance(outcome, Accepted):
            interval = self.contact.email_interval_days
            stored = unit.sending.record_sent(
                email.id, token=token, now=now, interval_days=interval, words=outcome.reply
            )
            return self._told(unit, email, EventType.EMAIL_SENT, "sent") if stored else None
        if isinstance(outcome, NoAnswer) and result.marked:
            stored = unit.sending.record_uncertain(email.id, token=token, words=outcome.words)
            return self._told(unit, email, EventType.EMAIL_UNCERTAIN, "uncertain") if stored else None
        if isinstance(outcome, Withheld):
            return self._return(unit, email, outcome.words, token, now, tries=email.tries, wait=_AFTER_A_FAULT_OF_OURS)
        words = outcome.reply if isinstance(outcome, Refused) else outcome.words
        if isinstance(outcome, Refused) and outcome.permanent:
            return self._fail(unit, email, words, token, now, bounced=outcome.of_recipient)
        if email.tries + 1 >= self.sending.max_tries:
            return self._fail(unit, email, words, token, now, bounced=False)
        tries = email.tries + 1
        wait = self.sending.wait_after(tries, jitter=self.jitter())
        return self._return(unit, email, words, token, now, tries=tries, wait=wait)

    def _told(self, unit: Unit, email: Claimed, event: EventType, outcome: str) -> str:
        unit.outbox.put([email_event(event, email.id, email.therapist_id)])
        return outcome

    def _fail(self, unit: Unit, email: Claimed, words: str, token: UUID, now: datetime, *, bounced: bool) -> str | None:
        stored = unit.sending.record_failed(
            email.id, token=token, now=now, tries=email.tries + 1, words=words, bounced=bounced
        )
        if not stored:
            return None
        unit.outbox.put([email_event(EventType.EMAIL_FAILED, email.id, email.therapist_id)])
        if bounced:
            unit.outbox.put([email_event(EventType.EMAIL_BOUNCED, email.id, email.therapist_id)])
            unit.outbox.put(requests_moved(unit.requests.give_back([email.id]), RequestStatus.OPEN))
        return "failed"

    def _return(
        self, unit: Unit, email: Claimed, words: str, token: UUID, now: datetime, *, tries: int, wait: timedelta
    ) -> str | None:
        if not unit.sending.return_to_queue(email.id, token=token, not_before=now + wait, tries=tries, words=words):
            return None
        gone = {  # while it was in handoff nothing could be taken out of it
            request.id
            for request in unit.requests.of_email(email.id)
            if request.status is not RequestStatus.IN_PROGRESS or unit.requests.holder(request.id).email_id != email.id
        }
        stored = unit.emails.lock(email.id)
        if not stored.body_provided and stored.mailbox_id != unit.therapists.get(email.therapist_id).mailbox_id:
            cancel(unit, stored, now=now, words="the address has changed")
        elif gone:
            take_out(unit, self.stationery, stored, gone, now=now, today=local_day(now, self.zone))
        return "deferred"
