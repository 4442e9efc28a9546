"""Bring in some rows of therapists or patients, in one unit."""

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import define, evolve

from boona_core.contact import ContactPolicy
from boona_core.events import Event, EventType
from boona_core.ids import PatientId, TherapistId
from boona_core.import_ports import ImportUnit, StoredRow
from boona_core.importing import (
    ChunkOutcome,
    Departure,
    ImportKind,
    Merged,
    PersonRow,
    RowChange,
    RowFault,
    Values,
    departure_of_patient,
    departure_of_therapist,
    is_out_of_reach,
    merge,
    moves_mailbox,
)
from boona_core.usecases.composing import Stationery
from boona_core.usecases.leaving import withdraw_calls, withdraw_patients, withdraw_therapists


@define
class PeopleChunk:
    """One chunk of therapists or patients, in one unit."""

    unit: ImportUnit
    kind: ImportKind
    stationery: Stationery
    policy: ContactPolicy
    today: date

    def bring_in(self, rows: Sequence[PersonRow]) -> ChunkOutcome:
        """Create and change what the rows say, and withdraw who leaves by it."""
        stored = self._locked(rows)
        rows, unknown = self._with_exclusions(rows)
        merged: dict[int, tuple[PersonRow, Merged]] = {}
        faults = list(unknown)
        refused = {fault.row for fault in unknown}
        for row in rows:
            before = stored.get(row.external_id)
            becomes = merge(self.kind, None if before is None else before.values, row.values, today=self.today)
            if before is not None and before.merged:
                continue  # of this person another entry is kept, and a directory knows nothing of it
            if before is not None and before.erased:
                faults.append(RowFault(row.row, "external_id", "belongs to somebody whose data was erased"))
            elif becomes.faults:
                faults += (RowFault(row.row, name, fault) for name, fault in becomes.faults)
            elif row.row not in refused:
                merged[row.row] = row, becomes
        created = self._create([(row, new) for row, new in merged.values() if row.external_id not in stored])
        changed = {
            stored[row.external_id].id: (row, new)
            for row, new in merged.values()
            if row.external_id in stored and new.changes
        }
        self.unit.imports.update(self.kind, {number: new.values for number, (_, new) in changed.items()})
        changes = [RowChange(row.row, number, created=True) for row, number in created]
        changes += (
            RowChange(row.row, number, created=False, fields=new.changes) for number, (row, new) in changed.items()
        )
        new_rows = {row.row for row, _ in merged.values() if row.external_id not in stored}
        faults += (
            RowFault(row, "external_id", "somebody else created it at the same moment: import again")
            for row in sorted(new_rows - {row.row for row, _ in created})
        )
        self._tell(changes, {number: new.values for number, (_, new) in changed.items()})
        self._withdraw({each.id: each for each in stored.values()}, {n: new.values for n, (_, new) in changed.items()})
        return ChunkOutcome(len(rows), tuple(sorted(changes, key=lambda change: change.row)), tuple(faults))

    def _locked(self, rows: Sequence[PersonRow]) -> Mapping[str, StoredRow]:
        ids = self.unit.imports.ids(self.kind, [row.external_id for row in rows])
        if self.kind is ImportKind.PATIENTS:
            self.unit.imports.lock_patients([PatientId(number) for number in ids.values()])
        else:
            self.unit.therapists.lock([TherapistId(number) for number in ids.values()])
        found = self.unit.imports.stored(self.kind, ids.values())
        return {external_id: found[number] for external_id, number in ids.items() if number in found}

    def _with_exclusions(self, rows: Sequence[PersonRow]) -> tuple[Sequence[PersonRow], list[RowFault]]:
        """The rows with ids in place of external ids in ``excluded_therapists``; unknown ones are faults."""
        if self.kind is not ImportKind.PATIENTS:
            return rows, []
        named = {name for row in rows for name in row.values.get("excluded_therapists") or ()}
        ids = self.unit.imports.ids(ImportKind.THERAPISTS, named)
        faults = [
            RowFault(row.row, "excluded_therapists", f"no therapist has the external id at place {place} of the list")
            for row in rows
            for place, name in enumerate(row.values.get("excluded_therapists") or (), start=1)
            if name not in ids
        ]
        return [_excluding(row, ids) for row in rows], faults

    def _create(self, rows: Sequence[tuple[PersonRow, Merged]]) -> list[tuple[PersonRow, int]]:
        ids = self.unit.imports.create(self.kind, [new.values for _, new in rows])
        return [(row, ids[row.external_id]) for row, _ in rows if row.external_id in ids]

    def _tell(self, changes: Sequence[RowChange], values: Mapping[int, Values]) -> None:
        patients = self.kind is ImportKind.PATIENTS
        name = "patient_id" if patients else "therapist_id"
        created = EventType.PATIENT_CREATED if patients else EventType.THERAPIST_CREATED
        updated = EventType.PATIENT_UPDATED if patients else EventType.THERAPIST_UPDATED
        moved = EventType.PATIENT_STATUS_CHANGED if patients else EventType.THERAPIST_STATUS_CHANGED
        events: list[Event] = []
        for change in changes:
            data: dict[str, int | str] = {name: change.id}
            fields = {each.name for each in change.fields}
            if change.created:
                events.append(Event(type=created, key=change.id, data=data))
            if fields - {"status"}:
                events.append(Event(type=updated, key=change.id, data=data))
            if "status" in fields:
                status = {**data, "new_status": str(values[change.id]["status"])}
                events.append(Event(type=moved, key=change.id, data=status))
        self.unit.outbox.put(events)

    def _withdraw(self, stored: Mapping[int, StoredRow], values: Mapping[int, Values]) -> None:
        decide = departure_of_patient if self.kind is ImportKind.PATIENTS else departure_of_therapist
        departures = {
            number: decide(stored[number].values, after, today=self.today) for number, after in values.items()
        }
        leaving = [number for number, departure in departures.items() if departure is Departure.LEAVES]
        resting = [number for number, departure in departures.items() if departure is Departure.RESTS]
        now = self.unit.now()
        if self.kind is ImportKind.PATIENTS:
            withdraw_patients(
                self.unit,
                self.stationery,
                leaving=[*map(PatientId, leaving)],
                resting=[*map(PatientId, resting)],
                now=now,
                today=self.today,
            )
        else:
            withdraw_therapists(
                self.unit,
                leaving=[*map(TherapistId, leaving)],
                resting=[*map(TherapistId, resting)],
                moved=[TherapistId(n) for n, after in values.items() if moves_mailbox(stored[n].values, after)],
                now=now,
            )
            withdraw_calls(
                self.unit,
                self.policy,
                out_of_reach=[
                    TherapistId(n) for n, after in values.items() if is_out_of_reach(after, today=self.today)
                ],
                elsewhere=[
                    TherapistId(n) for n, after in values.items() if stored[n].values["phone"] != after["phone"]
                ],
                today=self.today,
            )


def _excluding(row: PersonRow, ids: Mapping[str, int]) -> PersonRow:
    if "excluded_therapists" not in row.values:
        return row
    names = row.values["excluded_therapists"] or ()
    return evolve(row, values={**row.values, "excluded_therapists": sorted({ids[n] for n in names if n in ids})})
