"""Drain the queue of emails over one connection to the mail server.

No transaction is open while SMTP talks.  An email is claimed and committed; the conversation goes up to the end of its
body; the handoff marker is committed; only then the final dot is sent and the answer recorded.  So a process that dies
leaves either a claim that runs out (safe to send again) or a marker without an answer (uncertain, for a person).  The
result of one email and the marker of the next share a commit.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from boona_core.contact import (
    Channel,
    ContactDecision,
    ContactHistory,
    ContactPolicy,
    decide_confirmation,
    decide_contact,
)
from boona_core.delivery import (
    MailConnection,
    MailServer,
    Prepared,
    ServerDown,
    Step,
)
from boona_core.emails import SendingPolicy
from boona_core.errors import StoreError
from boona_core.ids import EmailId
from boona_core.instants import local_day
from boona_core.letters import Template
from boona_core.ports import Claimed, OpenUnit, Pause, Unit
from boona_core.usecases.composing import Stationery
from boona_core.usecases.holding import Hold, WatchHighWater
from boona_core.usecases.reaping import reap_leases
from boona_core.usecases.results import RecordResult, Result, Withheld
from boona_core.usecases.withdrawing import cancel

_COMMIT_TRIES = 10
_FIRST_RETRY_SECONDS = 0.1  # then doubled: about fifty seconds in all, a database restarts in less
_LONGEST_WAIT_OF_A_RESULT = 1.0  # seconds


@frozen(kw_only=True)
class Drained:
    """What one call of ``DrainQueue`` did.

    Attributes:
        sent: The server took them.
        failed: Refused for good, or out of tries.
        deferred: Back in the queue, to be tried later.
        uncertain: Nobody knows; a person decides.
        canceled: The rules did not allow them any more.
        pause: The server as a whole does not work, or did not lately; None: it does.
        hold: The store was restored, and nothing leaves until a person says so; None: it was not.
    """

    sent: int = 0
    failed: int = 0
    deferred: int = 0
    uncertain: int = 0
    canceled: int = 0
    pause: Pause | None = None
    hold: Hold | None = None


@frozen(kw_only=True)
class DrainQueue:
    """Send what is queued and due, until nothing is left or the server fails.

    Attributes:
        new_token: A token that no other claim has.
        jitter: A number from 0 to 1, evenly spread.
        elapsed: Seconds of a clock that never goes back; used for the renewal of leases only.
        sleep: Waits so many seconds before a failed commit is tried again.
        high_water: Knows whether the store was restored; None: nobody watches.
        checkpoint: Told the name of each point that is reached; chaos tests end the process there.
    """

    open_unit: OpenUnit
    server: MailServer
    stationery: Stationery
    contact: ContactPolicy
    sending: SendingPolicy
    zone: ZoneInfo
    new_token: Callable[[], UUID]
    jitter: Callable[[], float]
    elapsed: Callable[[], float]
    sleep: Callable[[float], None]
    high_water: WatchHighWater | None = None
    checkpoint: Callable[[str], None] = lambda _: None

    @property
    def record_result(self) -> RecordResult:
        """How a result is stored."""
        return RecordResult(
            stationery=self.stationery, contact=self.contact, sending=self.sending, zone=self.zone, jitter=self.jitter
        )

    def __call__(
        self,
        *,
        only: Collection[EmailId] | None = None,
        despite_pause: bool = False,
        stop: Callable[[], bool] = lambda: False,
        on_result: Callable[[], None] = lambda: None,
    ) -> Drained:
        """Send one email after another.

        Args:
            only: These emails and no others; None: all.
            despite_pause: Try at once although the server failed lately: somebody has mended it.
            stop: Asked between emails; what is in hand is finished.
            on_result: Called after each email.
        """
        drain = _Drain(self, only=only, despite_pause=despite_pause, on_result=on_result)
        try:
            while not stop() and (claims := drain.claim()):
                drain.send(claims, stop)
        finally:
            drain.end()
        return drain.drained()


@define
class _Drain:
    """The state of one drain: a connection, a claim, and the result that waits for the next commit."""

    use: DrainQueue
    only: Collection[EmailId] | None
    despite_pause: bool
    on_result: Callable[[], None]
    token: UUID = field(init=False)
    counts: dict[str, int] = field(
        factory=lambda: dict.fromkeys(("sent", "failed", "deferred", "uncertain", "canceled"), 0)
    )
    pause: Pause | None = None
    hold: Hold | None = None
    connection: MailConnection | None = None
    pending: Result | None = None
    renewed_at: float = 0.0
    answered_at: float = 0.0

    def __attrs_post_init__(self) -> None:
        self.token = self.use.new_token()

    def drained(self) -> Drained:
        return Drained(**self.counts, pause=self.pause, hold=self.hold)

    # -- claim -------------------------------------------------------------------------------------------------------

    def claim(self) -> Sequence[Claimed]:
        """Claim the next emails that may be sent; none when the queue is empty, or rests."""
        claims = self._claims()
        while claims and not any(allowed for _, allowed in claims):
            claims = self._claims()
        return [email for email, allowed in claims if allowed]

    def _claims(self) -> Sequence[tuple[Claimed, bool]]:
        """Claim emails, and whether each of them may be sent; those that may not are canceled."""
        self.flush()
        if self.pause is not None:
            return ()
        reap_leases(self.use.open_unit)
        if self._held():
            return ()
        with self.use.open_unit() as unit:
            now = unit.now()
            pause = unit.sending.pause()
            if pause and now < pause.until and not self.despite_pause:
                self.pause = pause
                return ()
            claims = unit.sending.claim(
                token=self.token,
                now=now,
                lease=self.use.sending.claim_lease,
                limit=self.use.sending.claim_size,
                only=self.only,
            )
            decisions = self._decide(unit, claims, self._day(now))
            unit.commit()
        self.renewed_at = self.use.elapsed()
        self.use.checkpoint("claimed")
        if claims and self.use.high_water is not None:
            self.use.high_water.rise()
        for email in claims:
            if not decisions[email.id].allowed:
                self._cancel_if_refused(email)
        return [(email, decisions[email.id].allowed) for email in claims]

    def _held(self) -> bool:
        """Whether the store was restored, and nobody has said yet that emails may leave."""
        if self.use.high_water is not None:
            self.hold = self.use.high_water.hold()
        return self.hold is not None

    def _cancel_if_refused(self, email: Claimed) -> None:
        with self.use.open_unit() as unit:
            unit.therapists.lock([email.therapist_id])
            now = unit.now()
            decision = self._decide(unit, [email], self._day(now))[email.id]
            if not decision.allowed:
                self._cancel(unit, email, decision, now)
            unit.commit()

    # -- send --------------------------------------------------------------------------------------------------------

    def send(self, claims: Sequence[Claimed], stop: Callable[[], bool]) -> None:
        """Send the claimed emails in order; what is not begun when the server fails or *stop* says so goes back."""
        for place, email in enumerate(claims):
            if stop():
                self._give_back(claims[place:], None)
                return
            down = self._send_one(email)
            if down is not None:
                self._give_back(claims[place:], down)
                return

    def _send_one(self, email: Claimed) -> ServerDown | None:
        connection = self._connected()
        if isinstance(connection, ServerDown):
            return connection
        prepared = connection.prepare(
            sender=email.sender_email, recipient=email.recipient_email, message=email.message, on_step=self._step
        )
        if isinstance(prepared, ServerDown):
            return prepared
        if not isinstance(prepared, Prepared):
            self.flush()
            self.pending = Result(email, prepared, marked=False)
            self.flush()
            return None
        if not self._mark(email):
            connection.abandon()
            return None
        self.use.checkpoint("marker_committed")
        self.pending = Result(email, connection.finish(on_step=self._step), marked=True)
        self.answered_at = self.use.elapsed()
        return None

    def _mark(self, email: Claimed) -> bool:
        """Store the result of the email before and the marker of this one, in one commit; False: do not send it."""
        before = self.pending
        outcome: str | None = None
        try:
            with self.use.open_unit() as unit:
                therapists = {email.therapist_id} | ({before.email.therapist_id} if before else set())
                unit.therapists.lock(therapists)
                now = unit.now()
                if before is not None:
                    outcome = self.use.record_result(unit, before, token=self.token, now=now)
                decision = self._decide(unit, [email], self._day(now))[email.id]
                marked = decision.allowed and unit.sending.mark(
                    email.id, token=self.token, now=now, day=self._day(now), lease=self.use.sending.handoff_lease
                )
                if not decision.allowed:
                    self._cancel(unit, email, decision, now)
                unit.commit()
        except StoreError as error:
            if not error.passing:
                raise
            # Whether the marker was stored is unknown, but the dot was certainly not sent.
            self.flush(outcome)
            self.pending = Result(email, Withheld("the store was away before the final dot"), marked=False)
            return False
        self._settled(outcome)
        return marked

    def _step(self, step: Step) -> None:
        self.use.checkpoint(step.value)
        if step in (Step.DOT_SENT, Step.REPLY_READ):  # were the store away now, the answer would be lost with it
            return
        if self.pending is not None and self.use.elapsed() - self.answered_at > _LONGEST_WAIT_OF_A_RESULT:
            self.flush()  # the server is slow: a process that died now would leave a known answer in doubt
        if self.use.elapsed() - self.renewed_at > self.use.sending.claim_lease.total_seconds() / 3:
            self.renewed_at = self.use.elapsed()
            with self.use.open_unit() as unit:
                unit.sending.renew(token=self.token, now=unit.now(), lease=self.use.sending.claim_lease)
                unit.commit()

    def _connected(self) -> MailConnection | ServerDown:
        if self.connection is None:
            opened = self.use.server.connect()
            if isinstance(opened, ServerDown):
                return opened
            self.connection = opened
        return self.connection

    # -- results -----------------------------------------------------------------------------------------------------

    def flush(self, outcome: str | None = None) -> None:
        """Store the result that waits, on a fresh connection where the store was away for a moment.

        Args:
            outcome: What a commit stored that failed as far as anybody could see; asked again, it changes nothing.
        """
        if self.pending is None:
            return
        for tried in range(1, _COMMIT_TRIES + 1):
            try:
                with self.use.open_unit() as unit:
                    unit.therapists.lock([self.pending.email.therapist_id])
                    outcome = self.use.record_result(unit, self.pending, token=self.token, now=unit.now()) or outcome
                    unit.commit()
                break
            except StoreError as error:
                if not error.passing or tried == _COMMIT_TRIES:
                    raise
                self.use.sleep(_FIRST_RETRY_SECONDS * 2 ** (tried - 1))
        self._settled(outcome)

    def _settled(self, outcome: str | None) -> None:
        """The result that waited is stored."""
        if self.pending is None:
            return
        self.pending = None
        if outcome is not None:
            self.counts[outcome] += 1
        self.use.checkpoint("result_committed")
        self.on_result()

    def _cancel(self, unit: Unit, email: Claimed, decision: ContactDecision, now: datetime) -> None:
        stored = unit.emails.lock(email.id)
        if cancel(unit, stored, now=now, words=", ".join(decision.reasons)):
            self.counts["canceled"] += 1

    def _give_back(self, claims: Sequence[Claimed], down: ServerDown | None) -> None:
        """Put claims back with no try used; a server that is down pauses the queue."""
        self.flush()
        with self.use.open_unit() as unit:
            now = unit.now()
            unit.therapists.lock({email.therapist_id for email in claims})
            for email in claims:
                unit.sending.return_to_queue(
                    email.id, token=self.token, not_before=now, tries=email.tries, words=down.words if down else None
                )
            if down is not None:
                self.pause = Pause(until=now + self.use.sending.pause, words=down.words)
                unit.sending.begin_pause(self.pause)
            unit.commit()

    def end(self) -> None:
        """Store what waits, and close the connection."""
        try:
            self.flush()
            if self.counts["sent"] and self.pause is None:
                with self.use.open_unit() as unit:
                    if unit.sending.pause() is not None:
                        unit.sending.end_pause()
                        unit.commit()
            if self.counts["sent"] and self.use.high_water is not None:
                self.use.high_water.rise()  # a copy made between the claim and now is an older one
        finally:
            if self.connection is not None:
                self.connection.close()

    # -- the rules, asked again ----------------------------------------------------------------------------------------

    def _decide(self, unit: Unit, emails: Sequence[Claimed], today: date) -> dict[EmailId, ContactDecision]:
        """The decisions as of this unit, leaving out the emails themselves and what a person overrode for each."""
        histories = unit.therapists.histories(
            [email.therapist_id for email in emails],
            self.use.contact,
            today=today,
            leaving_out=[email.id for email in emails],
        )
        return {email.id: self._decide_one(email, histories[email.therapist_id], today) for email in emails}

    def _decide_one(self, email: Claimed, history: ContactHistory, today: date) -> ContactDecision:
        if email.template is Template.CONFIRMATION:
            return decide_confirmation(history, self.use.contact, today=today)
        return decide_contact(
            history, self.use.contact, channel=Channel.EMAIL, today=today, overridden=email.overridden
        )

    def _day(self, now: datetime) -> date:
        return local_day(now, self.use.zone)
