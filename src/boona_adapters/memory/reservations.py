"""Which days does an email keep free of others, for its therapist and for its mailbox?

Each reserving is whole or absent; it waits for a unit that is about to reserve, or to give up, what stands in its way.
"""

from datetime import date

from attrs import evolve, frozen

from boona_adapters.memory.rows import EmailRow, Tables, WindowRow
from boona_adapters.memory.transactions import Transaction
from boona_core.ids import EmailId, MailboxId, TherapistId
from boona_core.instants import days_after


@frozen
class Reservations:
    """The contact windows of one unit."""

    _tables: Tables
    _transaction: Transaction

    def reserve(self, email_id: EmailId, therapist_id: TherapistId, mailbox_id: MailboxId | None, day: date) -> bool:
        """Keep every day from *day* on; False when another email keeps one of them."""
        own = self._transaction.lock(self._tables.windows, email_id)
        if own is not None and not own.released and own.ends is None:
            return True
        wanted = WindowRow(email_id=email_id, therapist_id=therapist_id, mailbox_id=mailbox_id, begins=day)
        while True:
            visible = self._transaction.where(self._tables.windows, "therapist", therapist_id)
            if mailbox_id is not None:
                visible += self._transaction.where(self._tables.windows, "mailbox", mailbox_id)
            rivals = [row for row in visible if row.is_in_the_way_of(wanted)]
            holders = [self._transaction.other_holder(self._tables.windows, row.email_id) for row in rivals]
            if None in holders:
                return False
            about_to = (
                other
                for other, row in self._transaction.written_by_others(self._tables.windows)
                if row.is_in_the_way_of(wanted)
            )
            other = next((holder for holder in (*holders, *about_to) if holder is not None), None)
            if other is None:
                break
            self._transaction.wait_for(other)
        self._transaction.put(self._tables.windows, email_id, wanted)
        return True

    def close(self, email_id: EmailId, sent_on: date | None, interval_days: int) -> None:
        """End the window *interval_days* after the day of sending; a confirmation has none."""
        row = self._transaction.lock(self._tables.windows, email_id)
        if row is None or row.released or sent_on is None:
            return
        ends = max(row.begins, days_after(sent_on, interval_days))
        self._transaction.put(self._tables.windows, email_id, evolve(row, ends=ends))

    def release(self, email_id: EmailId) -> None:
        """Keep nothing any more."""
        row = self._transaction.lock(self._tables.windows, email_id)
        if row is not None:
            self._transaction.put(self._tables.windows, email_id, evolve(row, released=True))

    def end_before(self, therapist_id: TherapistId, mailbox_id: MailboxId | None, day: date) -> None:
        """End the closed windows of this therapist and this mailbox before *day*."""
        rows = self._transaction.where(self._tables.windows, "therapist", therapist_id)
        if mailbox_id is not None:
            rows += self._transaction.where(self._tables.windows, "mailbox", mailbox_id)
        for email_id in sorted({row.email_id for row in rows}):
            row = self._transaction.lock(self._tables.windows, email_id)
            if row is not None and not row.released and row.ends is not None and row.ends > day:
                self._transaction.put(self._tables.windows, email_id, evolve(row, ends=max(day, row.begins)))

    def release_before(self, day: date) -> int:
        """Release the windows that ended before *day*, but for those that another transaction holds."""
        over = [
            row
            for row in self._transaction.rows(self._tables.windows)
            if not row.released and not row.is_empty and row.ends is not None and row.ends <= day
            if self._transaction.other_holder(self._tables.windows, row.email_id) is None
        ]
        for row in over:
            self._transaction.put(self._tables.windows, row.email_id, evolve(row, released=True))
        return len(over)

    def lock_contacted(self, row: EmailRow) -> None:
        """Take the rows that :meth:`note_contact` writes, before the email's own: that is the order of locks."""
        self._transaction.lock(self._tables.therapists, row.email.therapist_id)
        for request_id in sorted(item.placement_request_id for item in row.email.included):
            self._transaction.lock(self._tables.requests, request_id)

    def note_contact(self, row: EmailRow) -> None:
        """Keep the day of a sent email with its therapist and with the requests that it held."""
        if row.marked_on is None:
            return
        therapist = self._transaction.get(self._tables.therapists, row.email.therapist_id)
        if therapist is not None:
            latest = max(row.marked_on, therapist.last_email_on or row.marked_on)
            self._transaction.put(self._tables.therapists, therapist.id, evolve(therapist, last_email_on=latest))
        for item in row.email.included:
            request = self._transaction.get(self._tables.requests, item.placement_request_id)
            if request is not None:
                latest = max(row.marked_on, request.email_contact_date or row.marked_on)
                self._transaction.put(self._tables.requests, request.id, evolve(request, email_contact_date=latest))
