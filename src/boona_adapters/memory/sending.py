"""The queue of emails in memory, between claim and result."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen

from boona_adapters.memory.reservations import Reservations
from boona_adapters.memory.rows import EmailRow, Tables
from boona_adapters.memory.transactions import Transaction
from boona_core.emails import EmailState
from boona_core.ids import EmailId, TherapistId
from boona_core.ports import Claimed, Pause, Reaped

_ONLY = 1  # there is one pause for the whole queue
_SENDING = (EmailState.CLAIMED, EmailState.HANDOFF)


@frozen
class MemorySending:
    """The queue of one unit."""

    _tables: Tables
    _transaction: Transaction
    _reservations: Reservations

    def pause(self) -> Pause | None:
        """Keep the promise of ``ports.Sending``."""
        with self._transaction.turn:
            return self._transaction.get(self._tables.pauses, _ONLY)

    def begin_pause(self, pause: Pause) -> None:
        """Keep the promise of ``ports.Sending``."""
        with self._transaction.turn:
            self._transaction.put(self._tables.pauses, _ONLY, pause)

    def end_pause(self) -> None:
        """Keep the promise of ``ports.Sending``."""
        with self._transaction.turn:
            self._transaction.remove(self._tables.pauses, _ONLY)

    def expired(self, *, now: datetime) -> Mapping[EmailId, TherapistId]:
        """Keep the promise of ``ports.Sending``."""
        with self._transaction.turn:
            sending = [
                row for state in _SENDING for row in self._transaction.where(self._tables.emails, "state", state)
            ]
        return {row.email.id: row.email.therapist_id for row in sending if _is_over(row, now)}

    def reap(self, email_ids: Collection[EmailId], *, now: datetime) -> Reaped:
        """Keep the promise of ``ports.Sending``; emails that another unit holds are passed over."""
        returned: list[EmailId] = []
        uncertain: list[EmailId] = []
        with self._transaction.turn:
            for row in self._free(_SENDING):
                if row.email.id not in email_ids or not _is_over(row, now):
                    continue
                if row.email.state is EmailState.CLAIMED:
                    self._free_of_claim(row, state=EmailState.QUEUED)
                    returned.append(row.email.id)
                else:
                    self._free_of_claim(row, state=EmailState.UNCERTAIN, ever_uncertain=True)
                    uncertain.append(row.email.id)
        return Reaped(returned=tuple(sorted(returned)), uncertain=tuple(sorted(uncertain)))

    def claim(
        self, *, token: UUID, now: datetime, lease: timedelta, limit: int, only: Collection[EmailId] | None = None
    ) -> Sequence[Claimed]:
        """Keep the promise of ``ports.Sending``."""
        with self._transaction.turn:
            due = [
                row
                for row in self._free((EmailState.QUEUED,))
                if (row.email.not_before is None or row.email.not_before <= now)
                and (only is None or row.email.id in only)
            ]
            chosen = sorted(due, key=lambda row: (row.email.queued_at or now, row.email.id))[:limit]
            for row in chosen:
                email = evolve(row.email, state=EmailState.CLAIMED)
                self._put(evolve(row, email=email, token=token, lease_until=now + lease))
        return tuple(_claimed(row) for row in chosen)

    def renew(self, *, token: UUID, now: datetime, lease: timedelta) -> None:
        """Keep the promise of ``ports.Sending``."""
        with self._transaction.turn:
            claimed = self._transaction.where(self._tables.emails, "state", EmailState.CLAIMED)
            for email_id in sorted(row.email.id for row in claimed if row.token == token):
                row = self._of(email_id, token, (EmailState.CLAIMED,))
                if row is not None:
                    self._put(evolve(row, lease_until=now + lease))

    def mark(self, email_id: EmailId, *, token: UUID, now: datetime, day: date, lease: timedelta) -> bool:
        """Keep the promise of ``ports.Sending``."""
        with self._transaction.turn:
            row = self._of(email_id, token, (EmailState.CLAIMED,))
            if row is None:
                return False
            email = evolve(row.email, state=EmailState.HANDOFF, marked_at=now)
            self._put(evolve(row, email=email, lease_until=now + lease, marked_on=day))
            return True

    def return_to_queue(
        self, email_id: EmailId, *, token: UUID, not_before: datetime, tries: int, words: str | None
    ) -> bool:
        """Keep the promise of ``ports.Sending``."""
        with self._transaction.turn:
            row = self._of(email_id, token, _SENDING)
            if row is None:
                return False
            self._free_of_claim(
                evolve(row, marked_on=None),
                state=EmailState.QUEUED,
                marked_at=None,
                not_before=not_before,
                retry_count=tries,
                error_message=words or row.email.error_message,
            )
            return True

    def record_sent(self, email_id: EmailId, *, token: UUID, now: datetime, interval_days: int, words: str) -> bool:  # noqa: ARG002 - of a success the words are not kept
        """Keep the promise of ``ports.Sending``."""
        with self._transaction.turn:
            seen = self._transaction.get(self._tables.emails, email_id)
            if seen is None:
                return False
            self._reservations.lock_contacted(seen)
            row = self._transaction.lock(self._tables.emails, email_id)
            if row is None or not _may_have_been_sent(row, token):
                return False
            self._free_of_claim(row, state=EmailState.SENT, sent_at=now)
            self._reservations.close(email_id, row.marked_on, interval_days)
            self._reservations.note_contact(row)
            return True

    def record_failed(
        self, email_id: EmailId, *, token: UUID, now: datetime, tries: int, words: str, bounced: bool
    ) -> bool:
        """Keep the promise of ``ports.Sending``."""
        with self._transaction.turn:
            row = self._of(email_id, token, _SENDING)
            if row is None:
                return False
            bounced_at = now if bounced else row.email.bounced_at
            self._free_of_claim(
                row, state=EmailState.FAILED, retry_count=tries, error_message=words, bounced_at=bounced_at
            )
            self._reservations.release(email_id)
            if bounced and row.email.mailbox_id is not None:
                mailbox = self._transaction.lock(self._tables.mailboxes, row.email.mailbox_id)
                if mailbox is not None:
                    self._transaction.put(self._tables.mailboxes, mailbox.id, evolve(mailbox, bounced_at=now))
            return True

    def record_uncertain(self, email_id: EmailId, *, token: UUID, words: str) -> bool:
        """Keep the promise of ``ports.Sending``."""
        with self._transaction.turn:
            row = self._of(email_id, token, (EmailState.HANDOFF,))
            if row is None:
                return False
            self._free_of_claim(row, state=EmailState.UNCERTAIN, ever_uncertain=True, error_message=words)
            return True

    def _free(self, states: Collection[EmailState]) -> list[EmailRow]:
        """The emails in these states that no other unit holds."""
        rows = (row for state in states for row in self._transaction.where(self._tables.emails, "state", state))
        return [row for row in rows if self._transaction.other_holder(self._tables.emails, row.email.id) is None]

    def _of(self, email_id: EmailId, token: UUID, states: Collection[EmailState]) -> EmailRow | None:
        """The email, if the claim is still this token's and it stands in one of these states."""
        row = self._transaction.lock(self._tables.emails, email_id)
        if row is None or row.token != token or row.email.state not in states:
            return None
        return row

    def _free_of_claim(self, row: EmailRow, **changes: object) -> None:
        email = evolve(row.email, **changes)  # type: ignore[arg-type] # each caller names fields of Email
        self._put(evolve(row, email=email, token=None, lease_until=None))

    def _put(self, row: EmailRow) -> None:
        self._transaction.put(self._tables.emails, row.email.id, row)


def _is_over(row: EmailRow, now: datetime) -> bool:
    return row.lease_until is not None and row.lease_until <= now


def _may_have_been_sent(row: EmailRow, token: UUID) -> bool:
    marked = row.email.state is EmailState.HANDOFF and row.token == token
    return marked or row.email.state is EmailState.UNCERTAIN


def _claimed(row: EmailRow) -> Claimed:
    email = row.email
    return Claimed(
        id=email.id,
        therapist_id=email.therapist_id,
        sender_email=email.sender_email,
        recipient_email=email.recipient_email,
        message=row.message or b"",
        tries=email.retry_count,
        overridden=email.overridden,
        template=email.template,
    )
