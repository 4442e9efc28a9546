"""Therapists and patients in memory, and what is known of a therapist on the day of a question."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from attrs import frozen

from boona_adapters.memory.past_contacts import past_contacts_of
from boona_adapters.memory.rows import EmailRow, RequestRow, Tables, WindowRow
from boona_adapters.memory.transactions import Transaction
from boona_core.calls import CallStatus, Outcome
from boona_core.contact import ContactHistory, ContactPolicy, CooldownTrigger
from boona_core.emails import OUTSTANDING, EmailState
from boona_core.errors import UnknownId
from boona_core.ids import EmailId, PatientId, TherapistId
from boona_core.instants import days_after
from boona_core.letters import Template
from boona_core.past_contacts import PastContact
from boona_core.patients import Patient
from boona_core.requests import RequestStatus
from boona_core.therapists import Therapist

_ANSWERED = {
    CooldownTrigger.REJECTION: frozenset({"rejected"}),
    CooldownTrigger.ANY_RESPONSE: frozenset({"rejected", "accepted", "needs_follow_up"}),
}


@frozen
class MemoryTherapists:
    """The therapists of one unit."""

    _tables: Tables
    _transaction: Transaction

    def get(self, therapist_id: TherapistId) -> Therapist:
        """Keep the promise of ``ports.Therapists``."""
        with self._transaction.turn:
            found = self._transaction.get(self._tables.therapists, therapist_id)
        if found is None:
            raise UnknownId("therapist", therapist_id)
        return found

    def get_many(self, therapist_ids: Collection[TherapistId]) -> Mapping[TherapistId, Therapist]:
        """Keep the promise of ``ports.Therapists``."""
        with self._transaction.turn:
            found = (self._transaction.get(self._tables.therapists, wanted) for wanted in set(therapist_ids))
            return {therapist.id: therapist for therapist in found if therapist is not None}

    def lock(self, therapist_ids: Collection[TherapistId]) -> None:
        """Keep the promise of ``ports.Therapists``; without a mailbox they come last."""
        with self._transaction.turn:
            known = self.get_many(therapist_ids).values()
            for therapist in sorted(known, key=lambda one: (one.mailbox_id is None, one.mailbox_id or 0, one.id)):
                self._transaction.lock(self._tables.therapists, therapist.id)

    def histories(
        self,
        therapist_ids: Collection[TherapistId],
        policy: ContactPolicy,
        *,
        today: date,
        leaving_out: Collection[EmailId] = (),
    ) -> Mapping[TherapistId, ContactHistory]:
        """Keep the promise of ``ports.Therapists``."""
        with self._transaction.turn:
            known = self.get_many(therapist_ids)
            left_out = frozenset(leaving_out)
            return {each: self._history(one, policy, today, left_out) for each, one in known.items()}

    def past_contacts(
        self, therapist_ids: Collection[TherapistId], *, limit: int
    ) -> Mapping[TherapistId, Sequence[PastContact]]:
        """Keep the promise of ``ports.Therapists``."""
        with self._transaction.turn:
            found = {
                therapist_id: past_contacts_of(self._tables, self._transaction, therapist_id, limit=limit)
                for therapist_id in sorted(self.get_many(therapist_ids))
            }
        return {therapist_id: contacts for therapist_id, contacts in found.items() if contacts}

    def _history(
        self, therapist: Therapist, policy: ContactPolicy, today: date, leaving_out: frozenset[EmailId]
    ) -> ContactHistory:
        to_therapist = self._emails("therapist", therapist.id, leaving_out)
        windows = self._windows("therapist", therapist.id, leaving_out)
        mailbox = None
        to_mailbox: list[EmailRow] = []
        windows_of_mailbox: list[WindowRow] = []
        if therapist.mailbox_id is not None:
            mailbox = self._transaction.get(self._tables.mailboxes, therapist.mailbox_id)
            to_mailbox = self._emails("mailbox", therapist.mailbox_id, leaving_out)
            windows_of_mailbox = self._windows("mailbox", therapist.mailbox_id, leaving_out)
        unanswered = _days_sent(row for row in to_therapist if self.is_unanswered(row))
        calls = self._transaction.where(self._tables.calls, "therapist", therapist.id)
        emails_after = days_after(today, -policy.email_interval_days)
        answers_after = days_after(today, -policy.cooldown_days)
        return ContactHistory(
            therapist_id=therapist.id,
            mailbox_id=therapist.mailbox_id,
            has_phone=bool(therapist.phone),
            phone_hours=therapist.phone_hours,
            status=therapist.status,
            blocked_until=therapist.blocked_until,
            do_not_contact=therapist.do_not_contact or (mailbox is not None and mailbox.do_not_contact),
            erased=therapist.erased_at is not None,
            absent_until=therapist.absent_until,
            bounced=mailbox is not None and mailbox.bounced_at is not None,
            email_outstanding=any(row.email.state in OUTSTANDING for row in to_therapist),
            mailbox_outstanding=any(
                row.email.state in OUTSTANDING and row.email.therapist_id != therapist.id for row in to_mailbox
            ),
            last_email_on=_last(_days_sent(to_therapist), after=emails_after),
            mailbox_last_email_on=_last(_days_sent(to_mailbox), after=emails_after),
            reserved_until=_last(_ends(windows), after=today),
            mailbox_reserved_until=_last(_ends(windows_of_mailbox), after=today),
            first_unanswered_on=min(unanswered, default=None),
            last_unanswered_on=max(unanswered, default=None),
            last_call_on=therapist.last_call_on,
            planned_calls=tuple(sorted(call.time.day for call in calls if call.status is CallStatus.SCHEDULED)),
            attempts_exhausted=any(
                call.exhausted and not any(day > (call.actual_on or call.time.day) for day in _days_sent(to_therapist))
                for call in calls
            ),
            last_answer_on=_last(self._answers(therapist.id, policy.cooldown_trigger), after=answers_after),
        )

    def _emails(self, index: str, value: int, leaving_out: frozenset[EmailId]) -> list[EmailRow]:
        rows = self._transaction.where(self._tables.emails, index, value)
        return [
            row for row in rows if row.email.id not in leaving_out and row.email.template is not Template.CONFIRMATION
        ]

    def _windows(self, index: str, value: int, leaving_out: frozenset[EmailId]) -> list[WindowRow]:
        rows = self._transaction.where(self._tables.windows, index, value)
        return [row for row in rows if row.email_id not in leaving_out]

    def _answers(self, therapist_id: TherapistId, trigger: CooldownTrigger) -> list[date]:
        """The days of the answers that begin a cooldown."""
        requests = self._transaction.where(self._tables.requests, "therapist", therapist_id)
        return [
            row.cooldown_from
            for row in requests
            if row.cooldown_from is not None
            and (row.answer or row.status).value in _ANSWERED[trigger]
            and not self._is_half_decided(row)
        ]

    def _is_half_decided(self, request: RequestRow) -> bool:
        """Whether the answer about this request left one that it holds to be followed up, and that one still is."""
        if _waits_for_a_call(request):
            return True
        where = self._transaction.where
        emails = where(self._tables.emails, "request", request.id)
        calls = where(self._tables.calls, "request", request.id)
        by_email = [{item.placement_request_id: item.outcome for item in row.email.items} for row in emails]
        by_call = [{item.placement_request_id: item.outcome for item in call.items} for call in calls]
        for said in (*by_email, *by_call):
            if said[request.id] in (None, Outcome.NOT_DISCUSSED):
                continue
            asked = [each for each, outcome in said.items() if outcome is Outcome.NEEDS_FOLLOW_UP]
            others = (self._transaction.get(self._tables.requests, each) for each in asked)
            if any(other is not None and _waits_for_a_call(other) for other in others):
                return True
        return False

    def is_unanswered(self, row: EmailRow) -> bool:
        """Whether a sent email still waits for an answer: a confirmation never does.

        An email that holds requests waits while one of them is in progress through it; one that a call follows up,
        while an attempt at it is planned or due.
        """
        email = row.email
        waits = email.state is EmailState.SENT and not email.response_received and email.bounced_at is None
        if not waits or email.template is Template.CONFIRMATION:
            return False
        if row.follow_up_call is not None:
            chain = self._transaction.where(self._tables.calls, "chain", row.follow_up_call)
            return any(call.status is CallStatus.SCHEDULED or call.retry_due for call in chain)
        return not email.included or bool(self._transaction.where(self._tables.requests, "held_by", email.id))

    def has_address(self, therapist: Therapist) -> bool:
        """Whether there is a mailbox that does not refuse mail."""
        if therapist.mailbox_id is None:
            return False
        mailbox = self._transaction.get(self._tables.mailboxes, therapist.mailbox_id)
        return mailbox is None or mailbox.bounced_at is None


def _waits_for_a_call(request: RequestRow) -> bool:
    """Whether the therapist wanted to talk about it, and nobody has decided it since."""
    return request.status is RequestStatus.IN_PROGRESS and request.answer is Outcome.NEEDS_FOLLOW_UP


def _days_sent(rows: Iterable[EmailRow]) -> list[date]:
    return [row.marked_on for row in rows if row.email.state is EmailState.SENT and row.marked_on is not None]


def _ends(windows: Iterable[WindowRow]) -> list[date]:
    return [row.ends for row in windows if row.ends is not None and not row.released and not row.is_empty]


def _last(days: Iterable[date], *, after: date) -> date | None:
    """The last of the days that still hold something: earlier ones are as good as none."""
    return max((day for day in days if day > after), default=None)


@frozen
class MemoryPatients:
    """The patients of one unit."""

    _tables: Tables
    _transaction: Transaction

    def get_many(self, patient_ids: Collection[PatientId]) -> Mapping[PatientId, Patient]:
        """Keep the promise of ``ports.Patients``."""
        with self._transaction.turn:
            found = (self._transaction.get(self._tables.patients, wanted) for wanted in set(patient_ids))
            return {patient.id: patient for patient in found if patient is not None}

    def lock(self, patient_ids: Collection[PatientId]) -> None:
        """Keep the promise of ``ports.Patients``."""
        with self._transaction.turn:
            for patient_id in sorted(set(patient_ids)):
                if self._transaction.get(self._tables.patients, patient_id) is not None:
                    self._transaction.lock(self._tables.patients, patient_id)
