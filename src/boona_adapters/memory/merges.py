"""What merging asks of the memory."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from attrs import evolve, frozen

from boona_adapters.memory.rows import ALIVE, MergeRow, RequestRow, Tables
from boona_adapters.memory.transactions import Table, Transaction
from boona_core.emails import OUTSTANDING, EmailState
from boona_core.errors import UnknownId
from boona_core.ids import EmailId, PatientId, TherapistId
from boona_core.importing import FieldChange
from boona_core.merge_ports import Merge
from boona_core.requests import RequestStatus
from boona_core.therapists import Therapist, TherapistStatus

_CONTACTS = ("last_email_on", "last_call_on", "last_conversation_on")
_HELD_BY_NOTHING: Mapping[str, Any] = {"held_by": None, "held_by_call": None, "call_asked_from": None}
_UNSETTLED = (EmailState.DRAFT, *OUTSTANDING)


@frozen
class MemoryMerges:
    """The merges of one unit."""

    _tables: Tables
    _transaction: Transaction
    _now: Callable[[], datetime]

    def candidates(self) -> Sequence[Therapist]:
        """Keep the promise of ``merge_ports.Merges``."""
        with self._transaction.turn:
            rows = self._transaction.rows(self._tables.therapists)
            found = [each for each in rows if each.erased_at is None and each.merged_into is None]
            return sorted(found, key=lambda each: each.id)

    def dismissed(self) -> Collection[tuple[TherapistId, TherapistId]]:
        """Keep the promise of ``merge_ports.Merges``."""
        with self._transaction.turn:
            return frozenset(self._transaction.rows(self._tables.no_duplicates))

    def dismiss(self, one: TherapistId, other: TherapistId) -> None:
        """Keep the promise of ``merge_ports.Merges``."""
        with self._transaction.turn:
            pair = (min(one, other), max(one, other))
            self._transaction.put(self._tables.no_duplicates, pair, pair)

    def unsettled(self, therapist_id: TherapistId) -> Sequence[EmailId]:
        """Keep the promise of ``merge_ports.Merges``."""
        with self._transaction.turn:
            rows = self._transaction.where(self._tables.emails, "therapist", therapist_id)
            return sorted(row.email.id for row in rows if row.email.state in _UNSETTLED)

    def move(self, merged_id: TherapistId, kept_id: TherapistId, *, filled: Collection[FieldChange]) -> Merge:
        """Keep the promise of ``merge_ports.Merges``."""
        with self._transaction.turn:
            merged, kept = self._therapist(merged_id), self._therapist(kept_id)
            losers = self._losers(merged_id, kept_id)
            for loser in losers:
                canceled = evolve(loser, status=RequestStatus.CANCELED, **_HELD_BY_NOTHING)
                self._transaction.put(self._tables.requests, loser.id, canceled)
            released = self._release(merged_id, kept_id)
            row = MergeRow(
                id=next(self._tables.merge_ids),
                merge=Merge(
                    merged_id=merged_id,
                    kept_id=kept_id,
                    status=merged.status,
                    filled=tuple(filled),
                    canceled=tuple(sorted(loser.id for loser in losers)),
                ),
                losers=tuple(losers),
                requests=tuple(self._give(self._tables.requests, merged_id, kept_id)),
                emails=tuple(self._give_emails(merged_id, kept_id)),
                calls=tuple(self._give(self._tables.calls, merged_id, kept_id)),
                windows=tuple(self._give(self._tables.windows, merged_id, kept_id)),
                released=released,
                excluded=self._exclude(merged_id, kept_id),
                contacts={name: (getattr(kept, name), _later(kept, merged, name)) for name in _CONTACTS},
            )
            self._transaction.put(self._tables.merges, row.id, row)
            latest: dict[str, Any] = {name: new for name, (_, new) in row.contacts.items()}
            self._transaction.put(self._tables.therapists, kept_id, evolve(kept, **latest))
            gone = evolve(merged, status=TherapistStatus.INACTIVE, merged_into=kept_id)
            self._transaction.put(self._tables.therapists, merged_id, gone)
            return row.merge

    def merge_of(self, merged_id: TherapistId) -> Merge | None:
        """Keep the promise of ``merge_ports.Merges``."""
        with self._transaction.turn:
            found = self._in_force(merged_id)
            return None if found is None else found.merge

    def move_back(self, merged_id: TherapistId) -> Merge:
        """Keep the promise of ``merge_ports.Merges``."""
        with self._transaction.turn:
            row = self._in_force(merged_id)
            if row is None:
                raise UnknownId("merged therapist", merged_id)
            kept_id = row.merge.kept_id
            self._take_back(self._tables.requests, row.requests, kept_id, merged_id)
            self._take_back(self._tables.calls, row.calls, kept_id, merged_id)
            self._take_back(self._tables.windows, row.windows, kept_id, merged_id)
            for email_id in row.emails:
                self._give_email(email_id, kept_id, merged_id)
            reopened = [loser.id for loser in row.losers if self._reopen(loser)]
            for email_id in row.released:
                self._reserve_again(email_id)
            for patient_id in row.excluded:
                patient = self._transaction.lock(self._tables.patients, patient_id)
                if patient is not None:
                    others = patient.excluded_therapists - {kept_id}
                    self._transaction.put(
                        self._tables.patients, patient_id, evolve(patient, excluded_therapists=others)
                    )
            kept, merged = self._therapist(kept_id), self._therapist(merged_id)
            before: Mapping[str, Any] = {
                name: old for name, (old, new) in row.contacts.items() if getattr(kept, name) == new
            }
            self._transaction.put(self._tables.therapists, kept_id, evolve(kept, **before))
            status = row.merge.status if merged.status is TherapistStatus.INACTIVE else merged.status
            self._transaction.put(self._tables.therapists, merged_id, evolve(merged, status=status, merged_into=None))
            self._transaction.put(self._tables.merges, row.id, evolve(row, undone_at=self._now()))
            return evolve(row.merge, canceled=tuple(sorted(reopened)))

    def _therapist(self, therapist_id: TherapistId) -> Therapist:
        found = self._transaction.lock(self._tables.therapists, therapist_id)
        if found is None:
            raise UnknownId("therapist", therapist_id)
        return found

    def _in_force(self, merged_id: TherapistId) -> MergeRow | None:
        rows = self._transaction.where(self._tables.merges, "merged", merged_id)
        return next((row for row in rows if row.undone_at is None), None)

    def _losers(self, merged_id: TherapistId, kept_id: TherapistId) -> list[RequestRow]:
        live: dict[tuple[TherapistId, PatientId], RequestRow] = {
            (row.therapist_id, row.patient_id): row
            for each in (merged_id, kept_id)
            for row in self._transaction.where(self._tables.requests, "therapist", each)
            if row.status in ALIVE
        }
        losers = []
        for (therapist_id, patient_id), row in live.items():
            other = live.get((kept_id, patient_id))
            if therapist_id == merged_id and other is not None:
                stays = row.status is RequestStatus.IN_PROGRESS and other.status is RequestStatus.OPEN
                losers.append(other if stays else row)
        return losers

    def _release(self, merged_id: TherapistId, kept_id: TherapistId) -> tuple[EmailId, ...]:
        released = []
        kept = self._transaction.where(self._tables.windows, "therapist", kept_id)
        for row in self._transaction.where(self._tables.windows, "therapist", merged_id):
            if any(evolve(row, therapist_id=kept_id).is_in_the_way_of(other) for other in kept):
                self._transaction.put(self._tables.windows, row.email_id, evolve(row, released=True))
                released.append(row.email_id)
        return tuple(sorted(released))

    def _give(self, table: Table[Any, Any], merged_id: TherapistId, kept_id: TherapistId) -> list[Any]:
        keys = sorted(
            getattr(row, "email_id", None) or row.id for row in self._transaction.where(table, "therapist", merged_id)
        )
        self._take_back(table, keys, merged_id, kept_id)
        return keys

    def _take_back(
        self, table: Table[Any, Any], keys: Collection[Any], from_id: TherapistId, to_id: TherapistId
    ) -> None:
        for key in keys:
            row = self._transaction.lock(table, key)
            if row is not None and row.therapist_id == from_id:
                self._transaction.put(table, key, evolve(row, therapist_id=to_id))

    def _give_emails(self, merged_id: TherapistId, kept_id: TherapistId) -> list[EmailId]:
        rows = self._transaction.where(self._tables.emails, "therapist", merged_id)
        ids = sorted(row.email.id for row in rows)
        for email_id in ids:
            self._give_email(email_id, merged_id, kept_id)
        return ids

    def _give_email(self, email_id: EmailId, from_id: TherapistId, to_id: TherapistId) -> None:
        row = self._transaction.lock(self._tables.emails, email_id)
        if row is not None and row.email.therapist_id == from_id:
            moved = evolve(row, email=evolve(row.email, therapist_id=to_id))
            self._transaction.put(self._tables.emails, email_id, moved)

    def _exclude(self, merged_id: TherapistId, kept_id: TherapistId) -> tuple[PatientId, ...]:
        excluding = [
            patient
            for patient in self._transaction.rows(self._tables.patients)
            if merged_id in patient.excluded_therapists and kept_id not in patient.excluded_therapists
        ]
        for patient in excluding:
            more = patient.excluded_therapists | {kept_id}
            self._transaction.put(self._tables.patients, patient.id, evolve(patient, excluded_therapists=more))
        return tuple(sorted(patient.id for patient in excluding))

    def _reopen(self, loser: RequestRow) -> bool:
        now = self._transaction.lock(self._tables.requests, loser.id)
        if now is None or now.status is not RequestStatus.CANCELED:
            return False
        pair = self._transaction.where(self._tables.requests, "pair", (now.patient_id, now.therapist_id))
        if any(row.status in ALIVE for row in pair):
            return False
        again = evolve(
            now,
            status=loser.status,
            held_by=loser.held_by,
            held_by_call=loser.held_by_call,
            call_asked_from=loser.call_asked_from,
        )
        self._transaction.put(self._tables.requests, loser.id, again)
        return True

    def _reserve_again(self, email_id: EmailId) -> None:
        row = self._transaction.lock(self._tables.windows, email_id)
        if row is None or not row.released:
            return
        armed = evolve(row, released=False)
        others = self._transaction.where(self._tables.windows, "therapist", row.therapist_id)
        if row.mailbox_id is not None:
            others += self._transaction.where(self._tables.windows, "mailbox", row.mailbox_id)
        if not any(armed.is_in_the_way_of(other) for other in others):
            self._transaction.put(self._tables.windows, email_id, armed)


def _later(kept: Therapist, merged: Therapist, name: str) -> date | None:
    days: list[date] = [day for day in (getattr(kept, name), getattr(merged, name)) if day is not None]
    return max(days, default=None)
