"""Emails in memory, with their batch rows and their contact windows."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from attrs import evolve, frozen

from boona_adapters.memory.reservations import Reservations
from boona_adapters.memory.rows import EmailRow, Tables
from boona_adapters.memory.transactions import Transaction
from boona_core.contact import Reason
from boona_core.emails import BatchItem, Email, EmailState, EmailStep, after, states_before
from boona_core.errors import IllegalTransition, InvalidValue, UnknownId
from boona_core.ids import EmailBatchId, EmailId, MailboxId, PlacementRequestId, TherapistId
from boona_core.letters import Template
from boona_core.ports import Content, NewEmail

_SETTLED_BY = {EmailState.SENT: EmailStep.FOUND, EmailState.FAILED: EmailStep.DROPPED}


@frozen
class MemoryEmails:
    """The emails of one unit."""

    _tables: Tables
    _transaction: Transaction
    _reservations: Reservations

    def get(self, email_id: EmailId) -> Email:
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            row = self._transaction.get(self._tables.emails, email_id)
        return _known(row, email_id).email

    def lock(self, email_id: EmailId) -> Email:
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            return self._locked(email_id).email

    def find(
        self,
        *,
        states: Collection[EmailState] = (),
        therapist_id: TherapistId | None = None,
        batch_id: str | None = None,
        after: EmailId | None = None,
        limit: int = 100,
    ) -> Sequence[Email]:
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            emails = [row.email for row in self._transaction.rows(self._tables.emails)]
        found = [
            email
            for email in emails
            if (not states or email.state in states)
            and (therapist_id is None or email.therapist_id == therapist_id)
            and (batch_id is None or email.batch_id == batch_id)
            and (after is None or email.id < after)
        ]
        return tuple(sorted(found, key=lambda email: -email.id)[:limit])

    def counts(self) -> Mapping[EmailState, int]:
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            return dict(Counter(row.email.state for row in self._transaction.rows(self._tables.emails)))

    def unsent(
        self, *, therapist_ids: Collection[TherapistId] = (), request_ids: Collection[PlacementRequestId] = ()
    ) -> Sequence[EmailId]:
        """Keep the promise of ``ports.Emails``."""
        table, where = self._tables.emails, self._transaction.where
        with self._transaction.turn:
            found = [row.email for each in set(therapist_ids) for row in where(table, "therapist", each)]
            for each in set(request_ids):
                emails = (row.email for row in where(table, "request", each))
                found += (email for email in emails if each in {item.placement_request_id for item in email.included})
            return sorted({email.id for email in found if email.state in states_before(EmailStep.CANCELED)})

    def new_ids(self, count: int) -> Sequence[EmailId]:
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            return tuple(EmailId(next(self._tables.email_ids)) for _ in range(count))

    def add(self, emails: Mapping[EmailId, NewEmail], *, now: datetime) -> frozenset[EmailId]:
        """Keep the promise of ``ports.Emails``; reserves in the order of mailbox, therapist, id."""
        stored = set()
        with self._transaction.turn:
            for new in emails.values():
                self._refuse_strangers(new)
            for email_id, new in sorted(emails.items(), key=_reserving_order):
                if self._reserve(email_id, new):
                    self._put(EmailRow(email=self._made(email_id, new, now), message=new.content.message))
                    stored.add(email_id)
        return frozenset(stored)

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
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            row = self._locked(email_id)
            email = row.email
            step = EmailStep.QUEUED if email.state is EmailState.DRAFT else EmailStep.SENT_AGAIN
            state = after(email_id, email.state, step)
            if content is not None:  # it is written to the address that the therapist has today
                therapist = self._transaction.get(self._tables.therapists, email.therapist_id)
                email = evolve(email, mailbox_id=therapist.mailbox_id if therapist else None)
            if email.template is not Template.CONFIRMATION and not self._reservations.reserve(
                email_id, email.therapist_id, email.mailbox_id, day
            ):
                return False
            queued = evolve(
                email if content is None else with_content(email, content),
                state=state,
                queued_at=now,
                not_before=None,
                retry_count=0,
                marked_at=None,
                error_message=None,
                overridden=overridden or email.overridden,
                override_reason=override_reason if overridden else email.override_reason,
            )
            message = row.message if content is None else content.message
            self._put(evolve(row, email=queued, message=message, marked_on=None))
            return True

    def end_windows(self, therapist_id: TherapistId, mailbox_id: MailboxId | None, *, day: date) -> None:
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            self._reservations.end_before(therapist_id, mailbox_id, day)

    def release_windows_before(self, day: date) -> int:
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            return self._reservations.release_before(day)

    def recompose(
        self,
        email_id: EmailId,
        content: Content,
        *,
        leaving_out: Collection[PlacementRequestId],
        template: Template | None = None,
    ) -> None:
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            row = self._locked(email_id)
            if row.email.state not in (EmailState.QUEUED, EmailState.CLAIMED):
                raise IllegalTransition(f"email {email_id}", row.email.state.value, "composed anew")
            items = tuple(
                evolve(item, included=item.included and item.placement_request_id not in leaving_out)
                for item in row.email.items
            )
            email = evolve(
                with_content(row.email, content),
                state=EmailState.QUEUED,
                items=items,
                template=template or row.email.template,
            )
            self._put(evolve(row, email=email, message=content.message, token=None, lease_until=None))

    def cancel(self, email_ids: Collection[EmailId], *, now: datetime, words: str | None = None) -> frozenset[EmailId]:  # noqa: ARG002 - nothing here keeps when it was
        """Keep the promise of ``ports.Emails``."""
        canceled = set()
        with self._transaction.turn:
            for email_id in sorted(set(email_ids)):
                row = self._transaction.lock(self._tables.emails, email_id)
                if row is None or row.email.state not in states_before(EmailStep.CANCELED):
                    continue
                self._reservations.release(email_id)
                email = evolve(row.email, state=EmailState.CANCELED, error_message=words or row.email.error_message)
                self._put(evolve(row, email=email, token=None, lease_until=None))
                canceled.add(email_id)
        return frozenset(canceled)

    def delete_drafts_of_earlier_runs(self) -> int:
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            drafts = self._transaction.where(self._tables.emails, "state", EmailState.DRAFT)
            deleted = 0
            for email_id in sorted(row.email.id for row in drafts):
                row = self._transaction.lock(self._tables.emails, email_id)
                if row and row.email.state is EmailState.DRAFT and row.email.batch_id and not row.touched:
                    self._transaction.remove(self._tables.emails, email_id)
                    deleted += 1
            return deleted

    def settle(self, email_id: EmailId, state: EmailState, *, now: datetime, interval_days: int) -> None:
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            self._reservations.lock_contacted(_known(self._transaction.get(self._tables.emails, email_id), email_id))
            row = self._locked(email_id)
            if state not in _SETTLED_BY:
                raise IllegalTransition(f"email {email_id}", row.email.state.value, f"settled as {state.value}")
            after(email_id, row.email.state, _SETTLED_BY[state])
            if state is EmailState.SENT:
                self._put(evolve(row, email=evolve(row.email, state=state, sent_at=now)))
                self._reservations.close(email_id, row.marked_on, interval_days)
                self._reservations.note_contact(row)
            else:
                self._put(evolve(row, email=evolve(row.email, state=state)))
                self._reservations.release(email_id)

    def queued_on(self, day: date) -> int:
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            return self._transaction.lock(self._tables.email_days, day) or 0

    def count_queued(self, day: date, count: int) -> None:
        """Keep the promise of ``ports.Emails``."""
        with self._transaction.turn:
            self._transaction.put(self._tables.email_days, day, self.queued_on(day) + count)

    def _locked(self, email_id: EmailId) -> EmailRow:
        return _known(self._transaction.lock(self._tables.emails, email_id), email_id)

    def _put(self, row: EmailRow) -> None:
        self._transaction.put(self._tables.emails, row.email.id, row)

    def _reserve(self, email_id: EmailId, new: NewEmail) -> bool:
        if new.state is EmailState.DRAFT or new.template is Template.CONFIRMATION:
            return True
        return self._reservations.reserve(email_id, new.therapist_id, new.mailbox_id, new.day)

    def _refuse_strangers(self, new: NewEmail) -> None:
        if new.state not in (EmailState.DRAFT, EmailState.QUEUED):
            raise InvalidValue("state", f"an email begins as draft or queued, not as {new.state.value}")
        if self._transaction.get(self._tables.therapists, new.therapist_id) is None:
            raise UnknownId("therapist", new.therapist_id)
        for request_id in new.request_ids:
            if self._transaction.get(self._tables.requests, request_id) is None:
                raise UnknownId("placement request", request_id)

    def _made(self, email_id: EmailId, new: NewEmail, now: datetime) -> Email:
        items = tuple(
            BatchItem(
                id=EmailBatchId(next(self._tables.batch_ids)),
                placement_request_id=request_id,
                rank=len(new.request_ids) - place,
            )
            for place, request_id in enumerate(new.request_ids)
        )
        email = Email(
            id=email_id,
            therapist_id=new.therapist_id,
            mailbox_id=new.mailbox_id,
            state=new.state,
            template=new.template,
            batch_id=new.batch_id,
            body_provided=new.body_provided,
            queued_at=now if new.state is EmailState.QUEUED else None,
            overridden=new.overridden,
            override_reason=new.override_reason,
            answered_email_id=new.answered_email_id,
            items=items,
        )
        return with_content(email, new.content)


def _known(row: EmailRow | None, email_id: EmailId) -> EmailRow:
    if row is None:
        raise UnknownId("email", email_id)
    return row


def _reserving_order(entry: tuple[EmailId, NewEmail]) -> tuple[bool, int, TherapistId, EmailId]:
    email_id, new = entry
    return (new.mailbox_id is None, new.mailbox_id or 0, new.therapist_id, email_id)


def with_content(email: Email, content: Content) -> Email:
    """The email with what stands in it from now on."""
    return evolve(
        email,
        subject=content.subject,
        body_html=content.body_html,
        body_text=content.body_text,
        recipient_email=content.recipient_email,
        recipient_name=content.recipient_name,
        sender_email=content.sender_email,
        sender_name=content.sender_name,
        message_id=content.message_id,
    )
