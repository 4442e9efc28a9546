"""What the API asks of the memory: lists, single people, drafts, tokens and answers to be given again."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from boona_adapters.memory.emails import with_content
from boona_adapters.memory.imports import MemoryImports
from boona_adapters.memory.rows import EmailRow, ImportChangeRow, RequestRow, Tables, TokenRow
from boona_adapters.memory.transactions import Table, Transaction
from boona_core.access import AccessToken, NewToken
from boona_core.api_ports import (
    CallFilter,
    Cut,
    EmailFilter,
    ImportFilter,
    Listing,
    PatientFilter,
    Place,
    RequestFilter,
    StoredAnswer,
    TherapistFilter,
)
from boona_core.calls import CallStatus, PhoneCall
from boona_core.emails import BatchItem, Email, EmailState
from boona_core.errors import IllegalTransition, UnknownId
from boona_core.ids import (
    AccessTokenId,
    EmailBatchId,
    EmailId,
    MailboxId,
    PatientId,
    PhoneCallBatchId,
    PhoneCallId,
    PlacementRequestId,
    TherapistId,
)
from boona_core.import_ports import ImportLine, ImportRun
from boona_core.importing import ImportKind, ImportRunId, RowFault, Values
from boona_core.instants import local_day
from boona_core.letters import Template
from boona_core.patients import Patient
from boona_core.ports import Content
from boona_core.requests import RequestRecord
from boona_core.therapists import Therapist

KEPT = timedelta(days=1)
_ON_THE_WAY = (EmailState.QUEUED, EmailState.CLAIMED, EmailState.HANDOFF)

T = TypeVar("T")
Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")


@frozen
class MemoryListings:
    """Parts of lists of one unit."""

    _tables: Tables
    _transaction: Transaction
    _imports: MemoryImports

    def emails(self, wanted: EmailFilter, cut: Cut) -> Listing[Email]:
        """Keep the promise of ``api_ports.Listings``."""
        rows = [row for row in self._rows(self._tables.emails) if _fits_email(wanted, row)]
        return _part([row.email for row in rows], cut, falling=True)

    def therapists(self, wanted: TherapistFilter, cut: Cut) -> Listing[Therapist]:
        """Keep the promise of ``api_ports.Listings``."""
        names = ("status", "postal_code", "potentially_available", "external_id")
        found = [row for row in self._rows(self._tables.therapists) if _fits(wanted, row, names)]
        return _part([row for row in found if row.erased_at is None], cut)

    def patients(self, wanted: PatientFilter, cut: Cut) -> Listing[Patient]:
        """Keep the promise of ``api_ports.Listings``."""
        found = [row for row in self._rows(self._tables.patients) if _fits(wanted, row, ("status", "external_id"))]
        return _part([row for row in found if row.erased_at is None], cut)

    def requests(self, wanted: RequestFilter, cut: Cut) -> Listing[RequestRecord]:
        """Keep the promise of ``api_ports.Listings``."""
        names = ("patient_id", "therapist_id", "status")
        found = [row for row in self._rows(self._tables.requests) if _fits(wanted, row, names)]
        part = _part(found, cut)
        return Listing([self._record(row) for row in part.rows], part.total)

    def calls(self, wanted: CallFilter, cut: Cut) -> Listing[PhoneCall]:
        """Keep the promise of ``api_ports.Listings``."""
        names = ("therapist_id", "caller_id", "status")
        found = [row for row in self._rows(self._tables.calls) if _fits(wanted, row, names)]
        return _part([row for row in found if wanted.day in (None, row.time.day)], cut, falling=True)

    def call_of_batch(self, batch_id: PhoneCallBatchId) -> PhoneCallId:
        """Keep the promise of ``api_ports.Listings``."""
        for row in self._rows(self._tables.calls):
            if any(item.id == batch_id for item in row.items):
                return row.id
        raise UnknownId("phone call batch", batch_id)

    def contacts(self, therapist_id: TherapistId, cut: Cut, *, zone: ZoneInfo) -> Listing[Email | PhoneCall]:
        """Keep the promise of ``api_ports.Listings``."""
        emails = [row for row in self._rows(self._tables.emails) if row.email.therapist_id == therapist_id]
        calls = [row for row in self._rows(self._tables.calls) if row.therapist_id == therapist_id]
        found: list[tuple[date, int, int, Email | PhoneCall]] = []
        found += [(_day_of(row, zone), 0, row.email.id, row.email) for row in emails]
        found += [(call.time.day, 1, call.id, call) for call in calls]
        ordered = sorted(found, key=lambda each: each[:3], reverse=True)
        return _page([contact for *_, contact in ordered], cut)

    def imports(self, wanted: ImportFilter, cut: Cut) -> Listing[ImportRun]:
        """Keep the promise of ``api_ports.Listings``."""
        found = [run for run in self._imports.all_runs() if _fits(wanted, run, ("kind", "sha256"))]
        found = [run for run in found if wanted.undone in (None, run.undone_by is not None)]
        return _part([run for run in found if wanted.undo in (None, run.undoes is not None)], cut, falling=True)

    def import_lines(self, run_id: ImportRunId, cut: Cut) -> Listing[ImportLine]:
        """Keep the promise of ``api_ports.Listings``."""
        return _page(self._imports.lines(run_id), cut)

    def import_faults(self, run_id: ImportRunId, cut: Cut) -> Listing[RowFault]:
        """Keep the promise of ``api_ports.Listings``."""
        return _page(self._imports.faults(run_id), cut)

    def hold(self, subject: str, number: int) -> None:
        """Keep the promise of ``api_ports.Listings``."""
        with self._transaction.turn:
            self._transaction.lock(self._tables.turns, f"{subject} {number}")

    def request(self, request_id: PlacementRequestId) -> RequestRecord:
        """Keep the promise of ``api_ports.Listings``."""
        with self._transaction.turn:
            row = self._transaction.get(self._tables.requests, request_id)
        if row is None:
            raise UnknownId("placement request", request_id)
        return self._record(row)

    def email_of_batch(self, batch_id: EmailBatchId) -> EmailId:
        """Keep the promise of ``api_ports.Listings``."""
        for row in self._rows(self._tables.emails):
            if any(item.id == batch_id for item in row.email.items):
                return row.email.id
        raise UnknownId("email batch", batch_id)

    def _rows(self, table: Table[Key, Row]) -> list[Row]:
        with self._transaction.turn:
            return self._transaction.rows(table)

    def _record(self, row: RequestRow) -> RequestRecord:
        with self._transaction.turn:
            emails = self._transaction.where(self._tables.emails, "request", row.id)
        return RequestRecord(
            id=row.id,
            patient_id=row.patient_id,
            therapist_id=row.therapist_id,
            status=row.status,
            priority=row.priority,
            email_contact_date=row.email_contact_date,
            phone_contact_date=row.phone_contact_date,
            response=row.response,
            response_date=row.response_date,
            next_contact_after=row.next_contact_after,
            notes=row.notes,
            email_ids=tuple(sorted(each.email.id for each in emails)),
            phone_call_ids=tuple(
                sorted(
                    call.id
                    for call in self._rows(self._tables.calls)
                    if row.id in {item.placement_request_id for item in call.items}
                )
            ),
        )


def _fits(wanted: object, row: object, names: Iterable[str]) -> bool:
    return all(getattr(wanted, name) in (None, getattr(row, name)) for name in names)


def _fits_email(wanted: EmailFilter, row: EmailRow) -> bool:
    if not _fits(wanted, row.email, ("therapist_id", "response_received", "batch_id")):
        return False
    if wanted.statuses and row.email.state.status not in wanted.statuses:
        return False
    if wanted.sent_from is not None and (row.marked_on is None or row.marked_on < wanted.sent_from):
        return False
    return wanted.sent_to is None or (row.marked_on is not None and row.marked_on <= wanted.sent_to)


def _day_of(row: EmailRow, zone: ZoneInfo) -> date:
    """The day of an email in the list of contacts; one without a day comes first."""
    queued = row.email.queued_at
    return row.marked_on or (date.max if queued is None else local_day(queued, zone))


def _page(ordered: Sequence[T], cut: Cut) -> Listing[T]:
    return Listing(ordered[cut.offset : cut.offset + cut.limit], len(ordered))


def _part(found: list[T], cut: Cut, *, falling: bool = False) -> Listing[T]:
    sign = -1 if falling else 1
    ordered = sorted(found, key=lambda row: sign * _id_of(row))
    after = cut.after
    rest = ordered[cut.offset :] if after is None else [row for row in ordered if sign * _id_of(row) > sign * after]
    return Listing(rest[: cut.limit], len(found))


def _id_of(row: object) -> int:
    number: int = getattr(row, "id")  # noqa: B009 - whatever is listed has one
    return number


@frozen
class MemoryPeople:
    """Single people of one unit."""

    _tables: Tables
    _transaction: Transaction
    _imports: MemoryImports

    def create(self, kind: ImportKind, values: Values) -> int | None:
        """Keep the promise of ``api_ports.People``."""
        return self._imports.create_one(kind, values)

    def erase(self, kind: ImportKind, number: int, *, now: datetime) -> None:
        """Keep the promise of ``api_ports.People``."""
        with self._transaction.turn:
            if kind is ImportKind.THERAPISTS:
                self._erase_therapist(TherapistId(number), now)
            else:
                self._erase_patient(PatientId(number), now)
            for row in self._requests(kind, number):
                self._transaction.lock(self._tables.requests, row.id)
                self._transaction.put(self._tables.requests, row.id, evolve(row, response=None, notes=None))
            for email in self._emails(kind, number):
                self._empty(kind, email, {row.id for row in self._requests(kind, number)})
            for call in self._calls(kind, number):
                self._transaction.put(self._tables.calls, call.id, call)
            for key, change in self._changes(kind, number):
                self._transaction.put(self._tables.import_changes, key, evolve(change, old=None, new=None))
            self._transaction.remove(self._tables.import_bases, (kind, number))
            self._forget_merges(kind, number)
            self._empty_answers()

    def being_handed_over(self, kind: ImportKind, number: int) -> bool:
        """Keep the promise of ``api_ports.People``."""
        with self._transaction.turn:
            return any(row.email.state is EmailState.HANDOFF for row in self._emails(kind, number))

    def _erase_therapist(self, therapist_id: TherapistId, now: datetime) -> None:
        known = self._transaction.lock(self._tables.therapists, therapist_id)
        if known is None:
            return
        kept = {"status", "do_not_contact", "last_email_on", "last_call_on", "last_conversation_on", "mailbox_id"}
        kept |= {"merged_into"}
        emptied = Therapist(id=therapist_id, erased_at=now, **{name: getattr(known, name) for name in kept})
        self._transaction.put(self._tables.therapists, therapist_id, emptied)
        self._forget_mailbox(known.mailbox_id)

    def _forget_merges(self, kind: ImportKind, number: int) -> None:
        """What a merge filled in is a person's data, too."""
        for key, row in list(self._tables.merges.rows.items()):
            if kind is ImportKind.THERAPISTS and number in (row.merge.merged_id, row.merge.kept_id):
                self._transaction.put(self._tables.merges, key, evolve(row, merge=evolve(row.merge, filled=())))

    def _empty_answers(self) -> None:
        for key in sorted(self._tables.answers.rows):
            kept = self._transaction.lock(self._tables.answers, key)
            if kept is not None:
                self._transaction.put(self._tables.answers, key, (kept[0], evolve(kept[1], headers={}, body=b"")))

    def _forget_mailbox(self, mailbox_id: MailboxId | None) -> None:
        """Unless somebody else has it, or asked not to be written to."""
        row = None if mailbox_id is None else self._transaction.lock(self._tables.mailboxes, mailbox_id)
        others = (each for each in self._transaction.rows(self._tables.therapists) if each.erased_at is None)
        if row is not None and not row.do_not_contact and row.id not in {each.mailbox_id for each in others}:
            self._transaction.put(self._tables.mailboxes, row.id, evolve(row, address=f"erased-{row.id}"))

    def _erase_patient(self, patient_id: PatientId, now: datetime) -> None:
        known = self._transaction.lock(self._tables.patients, patient_id)
        if known is None:
            return
        emptied = Patient(
            id=patient_id,
            first_name="",
            last_name="",
            status=known.status,
            contracts_signed=False,
            consultation_attended=False,
            registered_on=known.registered_on,
            first_place_on=known.first_place_on,
            lasting_place_on=known.lasting_place_on,
            erased_at=now,
        )
        self._transaction.put(self._tables.patients, patient_id, emptied)

    def _requests(self, kind: ImportKind, number: int) -> list[RequestRow]:
        index = "therapist" if kind is ImportKind.THERAPISTS else "patient"
        return self._transaction.where(self._tables.requests, index, number)

    def _emails(self, kind: ImportKind, number: int) -> list[EmailRow]:
        if kind is ImportKind.THERAPISTS:
            return self._transaction.where(self._tables.emails, "therapist", number)
        found = {
            row.email.id: row
            for request in self._requests(kind, number)
            for row in self._transaction.where(self._tables.emails, "request", request.id)
        }
        return [found[email_id] for email_id in sorted(found)]

    def _empty(self, kind: ImportKind, row: EmailRow, requests: set[PlacementRequestId]) -> None:
        items = tuple(
            evolve(item, notes=None) if item.placement_request_id in requests else item for item in row.email.items
        )
        email = evolve(row.email, items=items)
        if row.email.state not in _ON_THE_WAY:
            email = evolve(
                email,
                subject="",
                body_html="",
                body_text="",
                response_content=None,
                follow_up_notes=None,
                override_reason=None,
            )
            if kind is ImportKind.THERAPISTS:
                email = evolve(email, recipient_email="", recipient_name="")
            row = evolve(row, message=None)
        self._transaction.put(self._tables.emails, email.id, evolve(row, email=email))

    def _calls(self, kind: ImportKind, number: int) -> list[PhoneCall]:
        """The calls of this therapist, or about this patient, without what was said in them."""
        requests = {row.id for row in self._requests(kind, number)}
        return [
            evolve(
                call,
                notes=None,
                outcome=None,
                number=None if kind is ImportKind.THERAPISTS else call.number,
                items=tuple(evolve(item, follow_up_notes=None) for item in call.items),
            )
            for call in self._transaction.rows(self._tables.calls)
            if call.status is not CallStatus.SCHEDULED
            and (
                call.therapist_id == number
                if kind is ImportKind.THERAPISTS
                else any(item.placement_request_id in requests for item in call.items)
            )
        ]

    def _changes(self, kind: ImportKind, number: int) -> list[tuple[int, ImportChangeRow]]:
        runs = {run.id for run in self._transaction.rows(self._tables.import_runs) if run.kind is kind}
        return [
            (key, change)
            for key, change in self._tables.import_changes.rows.items()
            if change.run_id in runs and change.row_id == number
        ]


@frozen
class MemoryDrafting:
    """What people change in one unit."""

    _tables: Tables
    _transaction: Transaction

    def rewrite(
        self,
        email_id: EmailId,
        content: Content,
        *,
        template: Template | None,
        body_provided: bool,
        batch_id: str | None,
    ) -> None:
        """Keep the promise of ``api_ports.Drafting``."""
        with self._transaction.turn:
            row = self._locked(email_id)
            if row.email.state not in (EmailState.DRAFT, EmailState.QUEUED):
                raise IllegalTransition(f"email {email_id}", row.email.state.value, "written anew")
            email = evolve(
                with_content(row.email, content), template=template, body_provided=body_provided, batch_id=batch_id
            )
            written = evolve(row, email=email, message=content.message, touched=True)
            self._transaction.put(self._tables.emails, email_id, written)

    def arrange(self, email_id: EmailId, places: Mapping[PlacementRequestId, Place]) -> None:
        """Keep the promise of ``api_ports.Drafting``."""
        with self._transaction.turn:
            row = self._locked(email_id)
            there = {item.placement_request_id: item for item in row.email.items}
            items = [
                evolve(there[request_id], rank=place.rank, included=place.included)
                if request_id in there
                else BatchItem(
                    id=EmailBatchId(next(self._tables.batch_ids)),
                    placement_request_id=request_id,
                    rank=place.rank,
                    included=place.included,
                )
                for request_id, place in sorted(places.items(), key=lambda entry: (-entry[1].rank, entry[0]))
            ]
            ordered = tuple(sorted(items, key=lambda item: (-item.rank, item.id)))
            email = evolve(row.email, items=ordered)
            self._transaction.put(self._tables.emails, email_id, evolve(row, email=email, touched=True))

    def note_batch(self, batch_id: EmailBatchId, notes: str | None) -> None:
        """Keep the promise of ``api_ports.Drafting``."""
        with self._transaction.turn:
            for row in self._transaction.rows(self._tables.emails):
                if any(item.id == batch_id for item in row.email.items):
                    items = tuple(evolve(i, notes=notes) if i.id == batch_id else i for i in row.email.items)
                    email = evolve(row.email, items=items)
                    self._transaction.put(self._tables.emails, email.id, evolve(row, email=email))
                    return
        raise UnknownId("email batch", batch_id)

    def note(self, request_id: PlacementRequestId, notes: str | None) -> None:
        """Keep the promise of ``api_ports.Drafting``."""
        with self._transaction.turn:
            row = self._transaction.lock(self._tables.requests, request_id)
            if row is None:
                raise UnknownId("placement request", request_id)
            self._transaction.put(self._tables.requests, request_id, evolve(row, notes=notes))

    def _locked(self, email_id: EmailId) -> EmailRow:
        row = self._transaction.lock(self._tables.emails, email_id)
        if row is None:
            raise UnknownId("email", email_id)
        return row


@frozen
class MemoryTokens:
    """The tokens of one unit."""

    _tables: Tables
    _transaction: Transaction
    _now: Callable[[], datetime]

    def add(self, token: NewToken) -> AccessToken:
        """Keep the promise of ``api_ports.Tokens``."""
        with self._transaction.turn:
            kept = AccessToken(
                id=AccessTokenId(next(self._tables.token_ids)),
                name=token.name,
                role=token.role,
                scopes=token.scopes,
                names=token.names,
                caller=token.caller,
                created_at=self._now(),
                expires_at=token.expires_at,
            )
            self._transaction.put(self._tables.tokens, kept.id, TokenRow(kept, token.digest))
            return kept

    def find(self, digest: bytes) -> AccessToken | None:
        """Keep the promise of ``api_ports.Tokens``."""
        with self._transaction.turn:
            rows = self._transaction.where(self._tables.tokens, "digest", digest)
        return rows[0].token if rows else None

    def all(self) -> Sequence[AccessToken]:
        """Keep the promise of ``api_ports.Tokens``."""
        with self._transaction.turn:
            tokens = [row.token for row in self._transaction.rows(self._tables.tokens)]
        return sorted(tokens, key=lambda token: token.id)

    def end(self, token_id: AccessTokenId, *, at: datetime) -> AccessToken:
        """Keep the promise of ``api_ports.Tokens``."""
        with self._transaction.turn:
            row = self._locked(token_id)
            if row is None:
                raise UnknownId("token", token_id)
            ends = at if row.token.revoked_at is None else min(at, row.token.revoked_at)
            token = evolve(row.token, revoked_at=ends)
            self._transaction.put(self._tables.tokens, token_id, evolve(row, token=token))
            return token

    def used(self, token_id: AccessTokenId, *, at: datetime) -> None:
        """Keep the promise of ``api_ports.Tokens``."""
        with self._transaction.turn:
            row = self._locked(token_id)
            if row is not None and (row.token.last_used_at is None or row.token.last_used_at < at):
                token = evolve(row.token, last_used_at=at)
                self._transaction.put(self._tables.tokens, token_id, evolve(row, token=token))

    def _locked(self, token_id: AccessTokenId) -> TokenRow | None:
        return self._transaction.lock(self._tables.tokens, token_id)


@frozen
class MemoryReplays:
    """Answers to be given again, of one unit."""

    _tables: Tables
    _transaction: Transaction

    def take(self, token_id: AccessTokenId, key: str) -> bool:
        """Keep the promise of ``api_ports.Replays``."""
        with self._transaction.turn:
            if self._transaction.other_holder(self._tables.turns, f"answer {token_id} {key}") is not None:
                return False
            self._transaction.lock(self._tables.turns, f"answer {token_id} {key}")
            return True

    def get(self, token_id: AccessTokenId, key: str, *, now: datetime) -> StoredAnswer | None:
        """Keep the promise of ``api_ports.Replays``."""
        with self._transaction.turn:
            found = self._transaction.get(self._tables.answers, (token_id, key))
        return found[1] if found is not None and found[0] > now - KEPT else None

    def put(self, token_id: AccessTokenId, key: str, answer: StoredAnswer, *, now: datetime) -> None:
        """Keep the promise of ``api_ports.Replays``."""
        with self._transaction.turn:
            self._transaction.put(self._tables.answers, (token_id, key), (now, answer))

    def forget(self, *, now: datetime, limit: int) -> int:
        """Keep the promise of ``api_ports.Replays``."""
        answers = self._tables.answers
        with self._transaction.turn:
            seen = ((key, self._transaction.get(answers, key)) for key in list(answers.rows))
            old = sorted(
                (kept[0], key)
                for key, kept in seen
                if kept is not None and kept[0] <= now - KEPT and self._transaction.other_holder(answers, key) is None
            )[:limit]
            for _, key in old:
                self._transaction.remove(answers, key)
        return len(old)
