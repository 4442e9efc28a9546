"""Bring in some rows of therapists or patients, in one unit."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from attrs import define, evolve

from boona_core.events import Event, EventType
from boona_core.ids import PatientId, TherapistId
from boona_core.import_ports import ImportUnit, StoredRow
from boona_core.importing import (
    ChunkOutcome,
    ImportKind,
    Merged,
    PersonRow,
    RowChange,
    RowFault,
    Values,
    dropped_from_directory,
    merge,
    returned_to_directory,
)
from boona_core.taking_back import returned_otherwise
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.changing_people import ChangePeople
from boona_core.usecases.composing import Stationery

_STANDS_FOR_ANOTHER = "is gone, but another entry was merged into it: a person decides whether it is inactive"


@define
class PeopleChunk:
    """One chunk of therapists or patients, in one unit.

    Attributes:
        overwrite: The file wins over what staff changed by hand.
    """

    unit: ImportUnit
    kind: ImportKind
    stationery: Stationery
    board: Switchboard
    today: date
    overwrite: bool = False

    def bring_in(self, rows: Sequence[PersonRow]) -> ChunkOutcome:
        """Create and change what the rows say, and withdraw who leaves by it."""
        stored = self._locked(rows)
        rows, unknown = self._with_exclusions(rows)
        merged: dict[int, tuple[PersonRow, Merged]] = {}
        faults = list(unknown)
        refused = {fault.row for fault in unknown}
        bases = self.unit.imports.bases(self.kind, [each.id for each in stored.values()])
        dropped = [stored[row.external_id].id for row in rows if row.deleted and row.external_id in stored]
        joined = self.unit.imports.standing_for_others(dropped)
        for row in rows:
            before = stored.get(row.external_id)
            if before is not None and row.deleted and before.id in joined:
                faults.append(RowFault(row.row, None, _STANDS_FOR_ANOTHER))
                continue
            if before is None and row.deleted:
                continue  # the directory drops somebody whom it never told of
            if before is not None and before.merged:
                continue  # of this person another entry is kept, and a directory knows nothing of it
            becomes = self._merged(row, before, bases)
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
        changes = [RowChange(row.row, number, created=True) for row, number in created]
        changes += (
            RowChange(row.row, number, created=False, fields=new.changes) for number, (row, new) in changed.items()
        )
        new_rows = {row.row for row, _ in merged.values() if row.external_id not in stored}
        faults += (
            RowFault(row, "external_id", "somebody else created it at the same moment: import again")
            for row in sorted(new_rows - {row.row for row, _ in created})
        )
        self.unit.outbox.put(self._created(number) for _, number in created)
        change = ChangePeople(
            unit=self.unit, kind=self.kind, stationery=self.stationery, board=self.board, today=self.today
        )
        change(
            {each.id: each.values for each in stored.values()},
            {number: new.values for number, (_, new) in changed.items()},
        )
        ids = {external_id: each.id for external_id, each in stored.items()}
        ids |= {row.external_id: number for row, number in created}
        self._remember(merged.values(), ids, bases)
        kept = [(row.row, name) for row, new in merged.values() for name in new.kept]
        return ChunkOutcome(
            len(rows), tuple(sorted(changes, key=lambda change: change.row)), tuple(faults), tuple(kept)
        )

    def _merged(self, row: PersonRow, before: StoredRow | None, bases: Mapping[int, Values]) -> Merged:
        if before is None:
            return merge(self.kind, None, row.values, today=self.today)
        if row.deleted:
            given: Values = dropped_from_directory(before.values)
        else:
            returned = returned_to_directory(before.values) or returned_otherwise(before.values, row.values)
            given = {**returned, **row.values}
        base = None if self.overwrite else bases.get(before.id)
        return merge(self.kind, before.values, given, today=self.today, base=base)

    def _remember(
        self, merged: Collection[tuple[PersonRow, Merged]], ids: Mapping[str, int], bases: Mapping[int, Values]
    ) -> None:
        """Keep what the file said last, where it says something else than before."""
        said = {ids[row.external_id]: new.base for row, new in merged if row.external_id in ids}
        self.unit.imports.keep_bases(self.kind, {n: base for n, base in said.items() if base != bases.get(n)})

    def _locked(self, rows: Sequence[PersonRow]) -> Mapping[str, StoredRow]:
        ids = self.unit.imports.ids(self.kind, [row.external_id for row in rows])
        if self.kind is ImportKind.PATIENTS:
            self.unit.patients.lock([PatientId(number) for number in ids.values()])
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

    def _created(self, number: int) -> Event:
        if self.kind is ImportKind.PATIENTS:
            return Event(type=EventType.PATIENT_CREATED, key=number, data={"patient_id": number})
        return Event(type=EventType.THERAPIST_CREATED, key=number, data={"therapist_id": number})


def _excluding(row: PersonRow, ids: Mapping[str, int]) -> PersonRow:
    if "excluded_therapists" not in row.values:
        return row
    names = row.values["excluded_therapists"] or ()
    return evolve(row, values={**row.values, "excluded_therapists": sorted({ids[n] for n in names if n in ids})})
