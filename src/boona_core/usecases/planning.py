"""Plan the day's emails, and store what was planned.

The plan is made once over everybody, for the order and for those who look first (``dry_run``).  It is stored a few
therapists at a time: each chunk locks its therapists and asks the rules again, because an answer may have come in
meanwhile.  Who was taken by somebody else in between is reported, and the others are stored.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from boona_core.batching import EmailPlan, plan_emails
from boona_core.calendar import PublicHolidays
from boona_core.contact import ContactPolicy, awaits_call
from boona_core.emails import EmailState
from boona_core.errors import BoonaError
from boona_core.events import EventType
from boona_core.ids import EmailId, TherapistId
from boona_core.instants import local_day
from boona_core.lands import land_of
from boona_core.ports import NewEmail, OpenUnit, Unit
from boona_core.requests import RequestStatus
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.composing import Stationery
from boona_core.usecases.telling import email_event, requests_moved


@frozen(kw_only=True)
class Unwritable:
    """A planned email that could not be written: the place of the fault, never its value."""

    therapist_id: TherapistId
    fault: str


@frozen(kw_only=True)
class PlanRun:
    """What one run did, or would do.

    Attributes:
        batch_id: The name of the run, kept with its emails.
        plan: The emails made, and about everything else why not.
        reopened: Requests whose silence was over with no call possible.
        unwritable: Emails that were planned and could not be written.
        taken: Therapists whom somebody else reserved in the same moment.
        drafts: The emails wait for a person; the drafts of earlier runs are replaced.
        dry_run: Nothing was done.
    """

    batch_id: str
    plan: EmailPlan
    reopened: int = 0
    unwritable: tuple[Unwritable, ...] = ()
    taken: tuple[TherapistId, ...] = ()
    drafts: bool = False
    dry_run: bool = False


@frozen
class _Stored:
    """What became of the emails of one chunk."""

    ids: frozenset[EmailId] = frozenset()
    unwritable: tuple[Unwritable, ...] = ()
    taken: tuple[TherapistId, ...] = ()


@frozen(kw_only=True)
class PlanEmails:
    """Plan the day's emails and put them into the queue, or lay them before a person as drafts.

    Attributes:
        holidays: Who knows the public holidays: a call on one cannot end a silence.
        approval: True: the emails stay drafts until a person queues them.
        new_batch_id: Names a run; at most 50 characters.
        chunk: Emails stored in one transaction.
        checkpoint: Told the name of each point that is reached; chaos tests end the process there.
    """

    open_unit: OpenUnit
    stationery: Stationery
    policy: ContactPolicy
    zone: ZoneInfo
    holidays: PublicHolidays
    new_batch_id: Callable[[], str]
    approval: bool = False
    chunk: int = 200
    checkpoint: Callable[[str], None] = lambda _: None

    def __call__(self, *, dry_run: bool = False, on_stored: Callable[[int, int], None] = lambda *_: None) -> PlanRun:
        """Plan, and unless *dry_run* store.

        Args:
            on_stored: Called after each chunk with the emails dealt with so far and in all.
        """
        batch_id = self.new_batch_id()
        with self.open_unit() as unit:
            today = local_day(unit.now(), self.zone)
            if not dry_run:
                unit.emails.release_windows_before(today)
                unit.commit()
            reopened = reopen_silent(unit, Switchboard(policy=self.policy, zone=self.zone, holidays=self.holidays))
            if not dry_run:
                unit.commit()
            queued = unit.emails.queued_on(today) if self.policy.max_emails_per_day is not None else 0
            plan = plan_emails(
                unit.requests.candidates(self.policy, today=today), self.policy, today=today, queued_today=queued
            )
        run = PlanRun(batch_id=batch_id, plan=plan, reopened=reopened, drafts=self.approval, dry_run=dry_run)
        if dry_run:
            return self._tried(run)
        return self._drafted(run, on_stored) if self.approval else self._queued(run, on_stored)

    def _tried(self, run: PlanRun) -> PlanRun:
        """The run as it would be stored: every letter is written, for only so is it known which cannot be."""
        emails = run.plan.emails
        state = EmailState.DRAFT if self.approval else EmailState.QUEUED
        unwritable: tuple[Unwritable, ...] = ()
        with self.open_unit() as unit:
            for start in range(0, len(emails), self.chunk):
                part = evolve(run.plan, emails=emails[start : start + self.chunk])
                unwritable += self._written(unit, run.batch_id, part, state)[1]
        unwritten = {u.therapist_id for u in unwritable}
        kept = tuple(email for email in emails if email.therapist_id not in unwritten)
        return evolve(run, plan=evolve(run.plan, emails=kept), unwritable=unwritable)

    def _queued(self, run: PlanRun, on_stored: Callable[[int, int], None]) -> PlanRun:
        planned = [email.therapist_id for email in run.plan.emails]
        done = evolve(run, plan=evolve(run.plan, emails=(), left_over=0, held={}))
        for start in range(0, len(planned), self.chunk):
            with self.open_unit() as unit:
                part, stored = self._queue_chunk(unit, run.batch_id, planned[start : start + self.chunk])
                self.checkpoint("plan_written")
                unit.commit()
            self.checkpoint("plan_committed")
            done = evolve(
                done,
                plan=done.plan + part,
                unwritable=done.unwritable + stored.unwritable,
                taken=done.taken + stored.taken,
            )
            on_stored(min(start + self.chunk, len(planned)), len(planned))
        return evolve(done, plan=evolve(done.plan, held=run.plan.held))

    def _queue_chunk(
        self, unit: Unit, batch_id: str, therapist_ids: Sequence[TherapistId]
    ) -> tuple[EmailPlan, _Stored]:
        unit.therapists.lock(therapist_ids)
        today = local_day(unit.now(), self.zone)
        queued = unit.emails.queued_on(today) if self.policy.max_emails_per_day is not None else 0
        plan = plan_emails(
            unit.requests.candidates(self.policy, today=today, therapist_ids=therapist_ids),
            self.policy,
            today=today,
            queued_today=queued,
        )
        stored = self._store(unit, batch_id, plan, EmailState.QUEUED)
        unit.emails.count_queued(today, len(stored.ids))
        unstored = {u.therapist_id for u in stored.unwritable} | set(stored.taken)
        kept = tuple(email for email in plan.emails if email.therapist_id not in unstored)
        return evolve(plan, emails=kept), stored

    def _drafted(self, run: PlanRun, on_stored: Callable[[int, int], None]) -> PlanRun:
        emails = run.plan.emails
        done = run
        with self.open_unit() as unit:
            unit.emails.delete_drafts_of_earlier_runs()
            for start in range(0, len(emails), self.chunk):
                part = evolve(run.plan, emails=emails[start : start + self.chunk])
                stored = self._store(unit, run.batch_id, part, EmailState.DRAFT)
                done = evolve(done, unwritable=done.unwritable + stored.unwritable)
                on_stored(min(start + self.chunk, len(emails)), len(emails))
            self.checkpoint("plan_written")
            unit.commit()
        self.checkpoint("plan_committed")
        unwritable = {u.therapist_id for u in done.unwritable}
        kept = tuple(email for email in emails if email.therapist_id not in unwritable)
        return evolve(done, plan=evolve(run.plan, emails=kept))

    def _store(self, unit: Unit, batch_id: str, plan: EmailPlan, state: EmailState) -> _Stored:
        """Write and store the emails of *plan*; a queued one takes its requests, and is whole or absent."""
        new, unwritable = self._written(unit, batch_id, plan, state)
        ids = dict(zip(unit.emails.new_ids(len(new)), new, strict=True))
        if state is EmailState.QUEUED:
            holders = {request_id: email_id for email_id, email in ids.items() for request_id in email.request_ids}
            got = unit.requests.take(holders)
            ids = {email_id: email for email_id, email in ids.items() if got.issuperset(email.request_ids)}
        else:
            holders = {}
        stored = unit.emails.add(ids, now=unit.now())
        unit.requests.give_back(frozenset(holders.values()) - stored)
        taken = {email.therapist_id for email in new} - {ids[email_id].therapist_id for email_id in stored}
        kept = {email_id: ids[email_id] for email_id in sorted(stored)}
        self._tell(unit, kept, plan, state)
        return _Stored(stored, unwritable, tuple(sorted(taken)))

    def _written(
        self, unit: Unit, batch_id: str, plan: EmailPlan, state: EmailState
    ) -> tuple[list[NewEmail], tuple[Unwritable, ...]]:
        now = unit.now()
        therapists = unit.therapists.get_many([email.therapist_id for email in plan.emails])
        patients = unit.patients.get_many({request.patient_id for email in plan.emails for request in email.requests})
        new: list[NewEmail] = []
        unwritable: list[Unwritable] = []
        for email in plan.emails:
            therapist = therapists[email.therapist_id]
            try:
                letter = self.stationery.write(
                    email.template,
                    therapist,
                    [patients[request.patient_id] for request in email.requests],
                    today=plan.day,
                )
                if state is EmailState.QUEUED:
                    content = self.stationery.seal(letter, therapist, now=now)
                else:
                    content = self.stationery.draft(letter, therapist)
            except BoonaError as fault:
                unwritable.append(Unwritable(therapist_id=therapist.id, fault=str(fault)))
                continue
            new.append(
                NewEmail(
                    therapist_id=email.therapist_id,
                    mailbox_id=email.mailbox_id,
                    request_ids=tuple(request.id for request in email.requests),
                    content=content,
                    state=state,
                    day=plan.day,
                    template=email.template,
                    batch_id=batch_id,
                )
            )
        return new, tuple(unwritable)

    def _tell(self, unit: Unit, emails: Mapping[EmailId, NewEmail], plan: EmailPlan, state: EmailState) -> None:
        requests = {request.id: request for email in plan.emails for request in email.requests}
        kinds = [EventType.EMAIL_CREATED] + [EventType.EMAIL_QUEUED] * (state is EmailState.QUEUED)
        events = [
            email_event(kind, email_id, email.therapist_id) for email_id, email in emails.items() for kind in kinds
        ]
        if state is EmailState.QUEUED:
            moved = (requests[request_id] for email in emails.values() for request_id in email.request_ids)
            events += requests_moved(moved, RequestStatus.IN_PROGRESS)
        unit.outbox.put(events)


def reopen_silent(unit: Unit, board: Switchboard) -> int:
    """Open the requests of silent emails to therapists who cannot be called; returns how many.

    Without a number, or without a block of phone hours on a working day within the horizon, no call will end the
    silence: it is over.
    """
    policy, today, calendar = board.policy, board.today(unit), board.calendar(unit)
    silent = unit.requests.silent_emails(policy, today=today)
    whose = frozenset(email.therapist_id for email in silent.values())
    histories = unit.therapists.histories(whose, policy, today=today)
    lands = {number: land_of(therapist.postal_code) for number, therapist in unit.therapists.get_many(whose).items()}
    unreachable = {
        therapist_id
        for therapist_id, history in histories.items()
        if not awaits_call(
            history, policy, today=today, works=partial(calendar.is_working_day, land=lands[therapist_id])
        )
    }
    if not unreachable:
        return 0
    unit.therapists.lock(unreachable)
    # an answer may have come before the lock
    still_silent = unit.requests.silent_emails(policy, today=today, therapist_ids=unreachable)
    opened = unit.requests.give_back(still_silent)
    unit.outbox.put(requests_moved(opened, RequestStatus.OPEN))
    return len(opened)
