"""What the use cases ask of the world, as promises.

Each docstring is a promise that a contract test quotes; every adapter keeps all of them.  A unit is one transaction:
what is written through it is undone unless ``commit`` was called.  Ids that do not exist raise ``UnknownId``; a store
that fails raises ``StoreError`` without a word of anybody's data.

Locks are taken in one order everywhere: patients, therapists (by mailbox, then id), requests by id, emails by id, calls
by id, then contact windows, then the outbox.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from attrs import field, frozen

from boona_core.answer_ports import Answers
from boona_core.batching import Candidate
from boona_core.call_ports import Callers, Calls, Closures
from boona_core.contact import ContactHistory, ContactPolicy, Reason
from boona_core.emails import Email, EmailState
from boona_core.events import Event
from boona_core.ids import EmailId, MailboxId, PatientId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.letters import Letter, LetterRequest, Sender, Template
from boona_core.past_contacts import PastContact
from boona_core.patients import Patient
from boona_core.requests import PlacementRequest
from boona_core.texts import check_texts
from boona_core.therapists import Therapist

LONGEST_LINE = 255
"""Characters of a subject, a name, an address or a ``Message-ID``."""

LONGEST_BATCH_ID = 50
"""Characters of the name of a plan run."""


@frozen(kw_only=True)
class Content:
    """What stands in an email: its texts, and once it is queued the bytes that will be sent.

    Attributes:
        message_id: The stable ``Message-ID``, with angle brackets; None: a draft.
        message: The whole message as it will be sent, byte for byte; None: a draft.

    Raises:
        InvalidValues: texts that no store can keep, each with its field and without the text.
    """

    subject: str = field(repr=False)
    body_html: str = field(repr=False)
    body_text: str = field(repr=False)
    recipient_email: str = field(repr=False)
    recipient_name: str = field(repr=False)
    sender_email: str = field(repr=False)
    sender_name: str = field(repr=False)
    message_id: str | None = None
    message: bytes | None = field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        check_texts(
            (
                ("subject", self.subject, LONGEST_LINE),
                ("body_html", self.body_html, None),
                ("body_text", self.body_text, None),
                ("recipient_email", self.recipient_email, LONGEST_LINE),
                ("recipient_name", self.recipient_name, LONGEST_LINE),
                ("sender_email", self.sender_email, LONGEST_LINE),
                ("sender_name", self.sender_name, LONGEST_LINE),
                ("message_id", self.message_id, LONGEST_LINE),
            )
        )


@frozen(kw_only=True)
class NewEmail:
    """An email to be stored.

    Attributes:
        request_ids: In the order of the letter; the first of n gets the rank n, the last 1.
        state: ``draft`` or ``queued``.
        day: The agency's local day; a contact window begins on it.
        batch_id: The plan run that makes it, at most 50 characters; None: none does.
        answered_email_id: Of a confirmation: the email whose answer it confirms; there is one for each.

    Raises:
        InvalidValues: texts that no store can keep, each with its field and without the text.
    """

    therapist_id: TherapistId
    mailbox_id: MailboxId | None
    request_ids: tuple[PlacementRequestId, ...]
    content: Content
    state: EmailState
    day: date
    template: Template | None = None
    batch_id: str | None = None
    body_provided: bool = False
    overridden: frozenset[Reason] = frozenset()
    override_reason: str | None = field(default=None, repr=False)
    answered_email_id: EmailId | None = None

    def __attrs_post_init__(self) -> None:
        check_texts(
            (("batch_id", self.batch_id, LONGEST_BATCH_ID), ("override_reason", self.override_reason, None)),
        )


@frozen(kw_only=True)
class Claimed:
    """An email in the hands of one worker.

    Attributes:
        tries: Temporary failures so far.
    """

    id: EmailId
    therapist_id: TherapistId
    sender_email: str = field(repr=False)
    recipient_email: str = field(repr=False)
    message: bytes = field(repr=False)
    tries: int
    overridden: frozenset[Reason]
    template: Template | None = None


@frozen(kw_only=True)
class Reaped:
    """Emails whose lease ran out: those returned to the queue, and those that nobody knows about."""

    returned: tuple[EmailId, ...] = ()
    uncertain: tuple[EmailId, ...] = ()


@frozen(kw_only=True)
class Pause:
    """The queue rests after a failure of the server as a whole.

    Attributes:
        words: What the server said.
    """

    until: datetime
    words: str


@frozen(kw_only=True)
class Holding:
    """The email or the call through which a request is in progress; neither: through none."""

    email_id: EmailId | None = None
    call_id: PhoneCallId | None = None


@frozen(kw_only=True)
class Held:
    """A request in progress, and through what."""

    request: PlacementRequest
    holding: Holding


@frozen(kw_only=True)
class SilentEmail:
    """A sent email that nobody answered in time and no call has followed up.

    Attributes:
        day: The local day on which it was sent.
    """

    therapist_id: TherapistId
    day: date


@frozen(kw_only=True)
class CallAskedFor:
    """A therapist wants to be called about a request.

    Attributes:
        from_day: Not before this local day.
    """

    therapist_id: TherapistId
    from_day: date


class Therapists(Protocol):
    """The therapists, and the locks that keep decisions about them true until the unit ends."""

    def get(self, therapist_id: TherapistId) -> Therapist:
        """The therapist.

        Raises:
            UnknownId: there is none.
        """

    def get_many(self, therapist_ids: Collection[TherapistId]) -> Mapping[TherapistId, Therapist]:
        """Those of them that exist."""

    def lock(self, therapist_ids: Collection[TherapistId]) -> None:
        """Keep other units from deciding about these therapists until this one ends.

        A second unit that locks one of them waits.  Locks are taken by mailbox, then id, so that two units cannot wait
        for each other.  Unknown ids are passed over.
        """

    def histories(
        self,
        therapist_ids: Collection[TherapistId],
        policy: ContactPolicy,
        *,
        today: date,
        leaving_out: Collection[EmailId] = (),
    ) -> Mapping[TherapistId, ContactHistory]:
        """What decides about a contact with each of them, as of this unit.

        Emails in *leaving_out* count as not there: neither outstanding nor reserving (the decision about an email that
        is asked again leaves out the email itself).  Days of emails, windows and answers that hold nothing any more on
        *today* are as good as none.
        """

    def past_contacts(
        self, therapist_ids: Collection[TherapistId], *, limit: int
    ) -> Mapping[TherapistId, Sequence[PastContact]]:
        """The last emails sent to and calls tried with each of them, as ``past_contacts.newest_first`` orders them.

        At most *limit* for each; therapists without any are left out.  Confirmations, and emails and calls that were
        canceled, are none.
        """


class Patients(Protocol):
    """The patients."""

    def get_many(self, patient_ids: Collection[PatientId]) -> Mapping[PatientId, Patient]:
        """Those of them that exist."""

    def lock(self, patient_ids: Collection[PatientId]) -> None:
        """Keep other units from changing or placing these patients until this one ends; taken by id."""


class Requests(Protocol):
    """The placement requests: each in at most one outstanding email."""

    def get(self, request_id: PlacementRequestId) -> PlacementRequest:
        """The request with the facts that decide about it.

        Raises:
            UnknownId: there is none.
        """

    def by_id(self, request_ids: Collection[PlacementRequestId]) -> Sequence[PlacementRequest]:
        """Those of these requests that exist, by id."""

    def of_therapist(self, therapist_id: TherapistId) -> Sequence[PlacementRequest]:
        """All requests of a therapist that are open or in progress, by id."""

    def of_email(self, email_id: EmailId) -> Sequence[PlacementRequest]:
        """The requests whose batch rows are included in an email, in the order of its letter."""

    def movable(
        self, *, patient_ids: Collection[PatientId] = (), therapist_ids: Collection[TherapistId] = ()
    ) -> Sequence[PlacementRequest]:
        """The requests of these patients and of these therapists that are open or in progress, by id."""

    def cancel(
        self, request_ids: Collection[PlacementRequestId], *, by: PlacementRequestId | None = None
    ) -> Sequence[PlacementRequest]:
        """Cancel those of these requests that are open or in progress; returns them, by id.

        Where they stood is remembered for ``Answers.restore``.

        Args:
            by: The accepted request whose placement cancels them; None: something else does.
        """

    def holder(self, request_id: PlacementRequestId) -> Holding:
        """The email or call through which a request is in progress; neither: it is not, or through none.

        Raises:
            UnknownId: there is no such request.
        """

    def held(
        self,
        *,
        email_ids: Collection[EmailId] = (),
        call_ids: Collection[PhoneCallId] = (),
        request_ids: Collection[PlacementRequestId] = (),
    ) -> Sequence[Held]:
        """The requests in progress through one of these emails or calls, and those of *request_ids*, by id."""

    def candidates(
        self,
        policy: ContactPolicy,
        *,
        today: date,
        therapist_ids: Collection[TherapistId] | None = None,
    ) -> Iterable[Candidate]:
        """A candidate for each therapist with open requests, or for those of *therapist_ids* that have some.

        The same as ``batching.candidate_of`` makes of all the therapist's open requests: the head is ranked likewise
        and holds ``max_requests_per_email`` requests where there are so many.
        """

    def take(self, requests: Mapping[PlacementRequestId, EmailId]) -> frozenset[PlacementRequestId]:
        """Move open requests to in progress through these emails; returns those that were open.

        A request that is not open stays as it is and is not returned: of two units that take the same one, one gets it.
        That a therapist once wanted to talk about it is forgotten.  The emails may be stored later in the same unit.
        """

    def take_for_calls(
        self, requests: Mapping[PlacementRequestId, PhoneCallId], *, held: Mapping[PlacementRequestId, Holding]
    ) -> frozenset[PlacementRequestId]:
        """Move requests to in progress through these calls; returns those that were.

        A request named in *held* is taken over if it is in progress through exactly that email or call, or through
        neither; any other is taken if it is open.  A call about it is then not asked for any more.  The calls may be
        stored later in the same unit.
        """

    def ask_for_call(self, request_ids: Collection[PlacementRequestId], *, from_day: date) -> None:
        """Note that the therapist wants to be called about those of these requests that are in progress."""

    def asked_for_call(
        self, *, until: date, therapist_ids: Collection[TherapistId] | None = None
    ) -> Mapping[PlacementRequestId, CallAskedFor]:
        """The requests that a call is asked for on *until* or earlier; None: of all therapists."""

    def without_address(self, therapist_ids: Collection[TherapistId] | None = None) -> frozenset[TherapistId]:
        """The therapists with open requests who have a number and no usable address (none, or one that bounced)."""

    def give_back(
        self, email_ids: Collection[EmailId] = (), *, call_ids: Collection[PhoneCallId] = ()
    ) -> Sequence[PlacementRequest]:
        """Open every request that is in progress through one of these emails or calls; returns them, by id."""

    def release(self, request_ids: Collection[PlacementRequestId]) -> Sequence[PlacementRequest]:
        """Open those of these requests that are in progress; returns them, by id."""

    def silent_emails(
        self, policy: ContactPolicy, *, today: date, therapist_ids: Collection[TherapistId] | None = None
    ) -> Mapping[EmailId, SilentEmail]:
        """The emails that are silent on *today* and that no call has followed up; None: of all therapists.

        Those that were sent with requests are among them while one of these is in progress through the email.
        """


class Emails(Protocol):
    """The emails, their batch rows and their contact windows."""

    def get(self, email_id: EmailId) -> Email:
        """The email with its batch rows.

        Raises:
            UnknownId: there is none.
        """

    def lock(self, email_id: EmailId) -> Email:
        """The email, and no other unit changes it until this one ends.

        Raises:
            UnknownId: there is none.
        """

    def find(
        self,
        *,
        states: Collection[EmailState] = (),
        therapist_id: TherapistId | None = None,
        batch_id: str | None = None,
        after: EmailId | None = None,
        limit: int = 100,
    ) -> Sequence[Email]:
        """Emails in one of *states* (empty: all), newest first, with ids below *after*, at most *limit*."""

    def counts(self) -> Mapping[EmailState, int]:
        """How many emails stand in each state; states without any are left out."""

    def unsent(
        self, *, therapist_ids: Collection[TherapistId] = (), request_ids: Collection[PlacementRequestId] = ()
    ) -> Sequence[EmailId]:
        """The drafts and the emails queued or sending, not in handoff, to these therapists or with these requests."""

    def new_ids(self, count: int) -> Sequence[EmailId]:
        """So many fresh ids, rising; never given twice, also when the unit is undone."""

    def add(self, emails: Mapping[EmailId, NewEmail], *, now: datetime) -> frozenset[EmailId]:
        """Store emails with their batch rows; the queued ones reserve therapist and mailbox with an open end.

        Returns those that were stored.  An email whose therapist or mailbox is reserved by another is not stored,
        nothing of it, and the others are: who is missing was taken.  Waits for a unit that is about to reserve the
        same. A draft and a confirmation reserve nothing.
        """

    def queue(
        self,
        email_id: EmailId,
        content: Content | None,
        *,
        day: date,
        now: datetime,
        overridden: frozenset[Reason] = frozenset(),
        override_reason: str | None = None,
    ) -> bool:
        """Put a stored email into the queue and reserve with an open end; False, and nothing done, when taken.

        Serves drafts, and failed or uncertain emails that are to be sent again: these start with no try used, and an
        uncertain one keeps the window that it has.

        Args:
            content: What is sent; None: the bytes that are stored.
            overridden: The reasons that a person overrides with *override_reason*; both are kept with the email.
                Without any the email keeps those that it has.
        """

    def end_windows(self, therapist_id: TherapistId, mailbox_id: MailboxId | None, *, day: date) -> None:
        """End the closed windows of this therapist and this mailbox before *day*, possibly leaving nothing of them.

        Open-ended ones stay: an outstanding email is canceled, never overridden.
        """

    def release_windows_before(self, day: date) -> int:
        """Release the closed windows whose last day lies before *day*; returns how many.

        They hold nothing any more, so no fact of *day* or later changes by it: the guard has less to look at.
        Open-ended ones stay, and so do those that another unit holds locked: nobody waits.
        """

    def recompose(
        self,
        email_id: EmailId,
        content: Content,
        *,
        leaving_out: Collection[PlacementRequestId],
        template: Template | None = None,
    ) -> None:
        """Replace the texts of a queued or claimed email and take requests out of it.

        A claim is revoked: the email is queued again, no try used.  The batch rows left out stay, not included.  A
        letter that shrank may be another *template* now; None: it is the same.
        """

    def cancel(self, email_ids: Collection[EmailId], *, now: datetime, words: str | None = None) -> frozenset[EmailId]:
        """Cancel those of these emails that are drafts, queued or claimed, and free their windows; returns them.

        *words* are kept with the email.  Their requests are left to ``Requests.give_back``.
        """

    def delete_drafts_of_earlier_runs(self) -> int:
        """Delete the drafts that a plan run made and nobody has touched since; returns how many."""

    def settle(self, email_id: EmailId, state: EmailState, *, now: datetime, interval_days: int) -> None:
        """Move an uncertain email to ``sent`` or ``failed``, as a person said.

        ``sent`` closes the window at the day of the marker plus *interval_days*, and its requests and its therapist
        were contacted on that day; ``failed`` frees the window.
        """

    def queued_on(self, day: date) -> int:
        """How many emails were queued on a local day, confirmations excepted.

        Locks the day's counter: a second unit that asks for the same day waits until this one ends, so that no two
        units fill the same place under a daily cap.
        """

    def count_queued(self, day: date, count: int) -> None:
        """Add to the day's counter, and keep it locked until this unit ends, as ``queued_on`` does."""


class Sending(Protocol):
    """The queue of emails between claim and result.

    The row's state is the job; every step is a write with the token of the claim, so that a worker that lost its
    claim changes nothing any more.
    """

    def pause(self) -> Pause | None:
        """The pause in force or over, None when the last server failure is forgotten."""

    def begin_pause(self, pause: Pause) -> None:
        """Rest until the instant of *pause*; workers ask before they claim."""

    def end_pause(self) -> None:
        """The server works again."""

    def expired(self, *, now: datetime) -> Mapping[EmailId, TherapistId]:
        """The emails that are sending with a lease that ran out, and whose they are.

        A lease runs out at its instant.
        """

    def reap(self, email_ids: Collection[EmailId], *, now: datetime) -> Reaped:
        """Take back those of these emails whose lease ran out: claimed ones are queued, marked ones uncertain."""

    def claim(
        self, *, token: UUID, now: datetime, lease: timedelta, limit: int, only: Collection[EmailId] | None = None
    ) -> Sequence[Claimed]:
        """Claim queued emails that are due, the longest queued first; two claims never share an email.

        Emails that another unit holds locked are passed over, not waited for.
        """

    def renew(self, *, token: UUID, now: datetime, lease: timedelta) -> None:
        """Extend the lease of every email claimed, not marked, with this token."""

    def mark(self, email_id: EmailId, *, token: UUID, now: datetime, day: date, lease: timedelta) -> bool:
        """Set the handoff marker; False when the claim is not this token's any more.

        *day* is the agency's local day of *now*: the day of the email.
        """

    def return_to_queue(
        self, email_id: EmailId, *, token: UUID, not_before: datetime, tries: int, words: str | None
    ) -> bool:
        """Put a claimed or marked email back, not to be claimed before an instant; False when the claim is lost.

        The marker is taken off: the server said for certain that it took nothing.
        """

    def record_sent(self, email_id: EmailId, *, token: UUID, now: datetime, interval_days: int, words: str) -> bool:
        """The server took it: sent, its window closed at the day of the marker plus *interval_days*.

        Its requests were contacted on that day, and so was its therapist.  An email that was given up as uncertain in
        the meantime is sent all the same: the answer is known now.  False when it is neither marked with this token nor
        uncertain.
        """

    def record_failed(
        self, email_id: EmailId, *, token: UUID, now: datetime, tries: int, words: str, bounced: bool
    ) -> bool:
        """The server refused it for good: failed, its window freed; False when the claim is lost.

        *bounced*: it was the recipient that was refused, and the mailbox is not used until it changes.
        """

    def record_uncertain(self, email_id: EmailId, *, token: UUID, words: str) -> bool:
        """Nobody knows whether the server took it; its window stays. False when the marker is not this token's."""


class Outbox(Protocol):
    """Events, stored in the transaction of the change that they tell of."""

    def put(self, events: Iterable[Event]) -> None:
        """Store events, in order.  The caller holds the lock on the row that their key names."""


class Unit(Protocol):
    """One transaction over all stores; leaving it without ``commit`` undoes everything."""

    @property
    def therapists(self) -> Therapists:
        """The therapists, as of this unit."""

    @property
    def patients(self) -> Patients:
        """The patients, as of this unit."""

    @property
    def requests(self) -> Requests:
        """The placement requests, as of this unit."""

    @property
    def emails(self) -> Emails:
        """The emails, as of this unit."""

    @property
    def sending(self) -> Sending:
        """The queue, as of this unit."""

    @property
    def calls(self) -> Calls:
        """The calls, as of this unit."""

    @property
    def callers(self) -> Callers:
        """Who makes calls, as of this unit."""

    @property
    def closures(self) -> Closures:
        """The days without calls, as of this unit."""

    @property
    def answers(self) -> Answers:
        """What therapists said, as of this unit."""

    @property
    def outbox(self) -> Outbox:
        """The events that become lasting with this unit."""

    def now(self) -> datetime:
        """The instant of the store's clock, UTC, the same throughout the unit, also after a commit.

        It is the store's and not the machine's, so that a machine whose clock is a day ahead changes nothing.
        """

    def commit(self) -> None:
        """Make everything lasting, all of it or nothing; the unit may go on with a new transaction."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


OpenUnit = Callable[[], Unit]
"""Opens a unit; units opened at the same time do not see each other's uncommitted work."""


class Letters(Protocol):
    """Turns what is to be said into words."""

    def compose(self, request: LetterRequest) -> Letter:
        """The letter, in both forms; the same request gives the same letter."""


class Envelopes(Protocol):
    """Turns words into the bytes that are sent."""

    def seal(
        self,
        letter: Letter,
        *,
        sender: Sender,
        recipient_email: str,
        recipient_name: str,
        now: datetime,
        message_id: str | None = None,
    ) -> Content:
        """The letter as the whole message, dated *now*, with a fresh ``Message-ID`` unless one is given.

        Raises:
            BoonaError: the address cannot be written to, or a header value holds a control character; the place is
                named, the value is not.
        """
