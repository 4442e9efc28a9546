"""Where does an email stand, and what may happen to it next?

``draft → queued → sending → sent``, with ``failed``, ``uncertain`` and ``canceled``.  While it is sending, an email is
first *claimed* (by a worker, with a lease and a token) and then, just before the final dot of the SMTP conversation,
marked *handoff*: from the marker on nobody but the server knows whether it went out, so a lost answer makes it
``uncertain`` instead of sending it again.  Nothing here reads a clock.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

from attrs import field, frozen
from attrs.converters import optional

from boona_core.calls import Outcome
from boona_core.contact import Reason
from boona_core.errors import IllegalTransition
from boona_core.ids import EmailBatchId, EmailId, MailboxId, PlacementRequestId, TherapistId
from boona_core.instants import utc
from boona_core.letters import Template


class EmailState(StrEnum):
    """Where an email stands; ``claimed`` and ``handoff`` are the two halves of the status ``sending``."""

    DRAFT = "draft"
    QUEUED = "queued"
    CLAIMED = "claimed"
    HANDOFF = "handoff"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELED = "canceled"

    @property
    def status(self) -> str:
        """The status that callers see."""
        return "sending" if self in (EmailState.CLAIMED, EmailState.HANDOFF) else self.value


OUTSTANDING = frozenset({EmailState.QUEUED, EmailState.CLAIMED, EmailState.HANDOFF, EmailState.UNCERTAIN})
"""The states in which an email reserves its therapist and mailbox with an open end."""


class EmailStep(StrEnum):
    """What can happen to an email."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    RETURNED = "returned to the queue"
    MARKED = "marked for handoff"
    REFUSED = "refused for good"
    ACCEPTED = "accepted by the server"
    DEFERRED = "deferred by the server"
    LOST_SIGHT_OF = "lost sight of"
    FOUND = "found to have arrived"
    DROPPED = "dropped"
    SENT_AGAIN = "sent again"
    CANCELED = "canceled"


_S, _E = EmailState, EmailStep
_STEPS = {
    (_S.DRAFT, _E.QUEUED): _S.QUEUED,
    (_S.QUEUED, _E.CLAIMED): _S.CLAIMED,
    (_S.CLAIMED, _E.RETURNED): _S.QUEUED,
    (_S.CLAIMED, _E.MARKED): _S.HANDOFF,
    (_S.CLAIMED, _E.REFUSED): _S.FAILED,
    (_S.HANDOFF, _E.REFUSED): _S.FAILED,
    (_S.HANDOFF, _E.ACCEPTED): _S.SENT,
    (_S.HANDOFF, _E.DEFERRED): _S.QUEUED,
    (_S.HANDOFF, _E.LOST_SIGHT_OF): _S.UNCERTAIN,
    (_S.UNCERTAIN, _E.FOUND): _S.SENT,
    (_S.UNCERTAIN, _E.DROPPED): _S.FAILED,
    (_S.UNCERTAIN, _E.SENT_AGAIN): _S.QUEUED,
    (_S.FAILED, _E.SENT_AGAIN): _S.QUEUED,
    (_S.DRAFT, _E.CANCELED): _S.CANCELED,
    (_S.QUEUED, _E.CANCELED): _S.CANCELED,
    (_S.CLAIMED, _E.CANCELED): _S.CANCELED,
}


def after(email_id: EmailId, state: EmailState, step: EmailStep) -> EmailState:
    """The state after *step*.

    Raises:
        IllegalTransition: the lifecycle has no such step from *state*.
    """
    try:
        return _STEPS[state, step]
    except KeyError:
        raise IllegalTransition(f"email {email_id}", state.value, step.value) from None


def states_before(step: EmailStep) -> frozenset[EmailState]:
    """The states from which *step* leads somewhere."""
    return frozenset(state for state, possible in _STEPS if possible is step)


@frozen(kw_only=True)
class BatchItem:
    """One placement request in one email.

    Attributes:
        rank: The first of n has n, the last 1: the order of the letter.
        included: False: taken out before the email was sent; the row stays.
        outcome: What the therapist said about it; None: nothing yet.
    """

    id: EmailBatchId
    placement_request_id: PlacementRequestId
    rank: int
    included: bool = True
    outcome: Outcome | None = field(default=None, converter=optional(Outcome))
    notes: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Email:
    """One message to one therapist; the representation shows neither person nor text.

    Attributes:
        template: None: the body came with the request.
        batch_id: The plan run that made it; None: none did.
        body_provided: The body came with the request: never composed anew.
        ever_uncertain: Once nobody knew whether it went out: never composed anew.
        retry_count: Tries used up by temporary failures of this email.
        not_before: It is not claimed earlier; None: at once.
        marked_at: The handoff marker; its local day is the day of the email.  None: never handed over.
        message_id: The stable ``Message-ID``; None: a draft.
        overridden: The reasons that a person overrode, with *override_reason*.
        bounced_at: When the address turned out to refuse mail for good; None: it did not.
        response_date: The local day on which it was last answered.
        response_content: What the answer said.
        follow_up_required: Somebody of the staff has to look at the answer.
        follow_up_notes: What the staff should know about it, such as what was promised.
        answered_email_id: Of a confirmation: the email whose answer it confirms.
        items: The batch rows, first of the letter first, those taken out included.
    """

    id: EmailId
    therapist_id: TherapistId
    mailbox_id: MailboxId | None = None
    state: EmailState = EmailState.DRAFT
    template: Template | None = None
    subject: str = field(default="", repr=False)
    body_html: str = field(default="", repr=False)
    body_text: str = field(default="", repr=False)
    recipient_email: str = field(default="", repr=False)
    recipient_name: str = field(default="", repr=False)
    sender_email: str = field(default="", repr=False)
    sender_name: str = field(default="", repr=False)
    batch_id: str | None = None
    body_provided: bool = False
    ever_uncertain: bool = False
    retry_count: int = 0
    not_before: datetime | None = field(default=None, converter=optional(utc))
    queued_at: datetime | None = field(default=None, converter=optional(utc))
    marked_at: datetime | None = field(default=None, converter=optional(utc))
    sent_at: datetime | None = field(default=None, converter=optional(utc))
    message_id: str | None = None
    error_message: str | None = field(default=None, repr=False)
    overridden: frozenset[Reason] = frozenset()
    override_reason: str | None = field(default=None, repr=False)
    bounced_at: datetime | None = field(default=None, converter=optional(utc))
    response_received: bool = False
    response_date: date | None = None
    response_content: str | None = field(default=None, repr=False)
    follow_up_required: bool = False
    follow_up_notes: str | None = field(default=None, repr=False)
    answered_email_id: EmailId | None = None
    items: tuple[BatchItem, ...] = ()

    @property
    def included(self) -> tuple[BatchItem, ...]:
        """The batch rows that are in the letter, in its order."""
        return tuple(item for item in self.items if item.included)

    @property
    def may_be_recomposed(self) -> bool:
        """Whether its text may still change: nobody else wrote it, and it surely never went out."""
        return not self.body_provided and not self.ever_uncertain


@frozen(kw_only=True)
class SendingPolicy:
    """How sending waits and tries.

    Attributes:
        claim_lease: How long a claim holds without renewal.
        handoff_lease: How long a marker waits for the server's answer; longer than the socket's timeout.
        claim_size: Emails claimed at once by one connection; at least 1.
        max_tries: Temporary failures of one email before it fails.
        first_wait: Wait after the first temporary failure; it doubles with each further one.
        longest_wait: Bound of that wait.
        pause: How long the queue rests after a failure of the server as a whole.
    """

    claim_lease: timedelta = timedelta(seconds=60)
    handoff_lease: timedelta = timedelta(minutes=11)
    claim_size: int = 10
    max_tries: int = 8
    first_wait: timedelta = timedelta(minutes=5)
    longest_wait: timedelta = timedelta(hours=6)
    pause: timedelta = timedelta(minutes=2)

    def wait_after(self, tries: int, *, jitter: float) -> timedelta:
        """How long to wait after so many failed *tries* (1: the first), with *jitter* from 0 to 1.

        Exponential with full upper jitter: from half of the doubled wait to the whole, so that what failed together
        does not come back together.
        """
        doubled: timedelta = min(self.first_wait * 2 ** min(tries - 1, 20), self.longest_wait)
        return doubled * (0.5 + 0.5 * jitter)
