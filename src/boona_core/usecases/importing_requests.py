"""Bring in some rows that offer patients to therapists, in one unit."""

from collections.abc import Iterator, Sequence

from boona_core.ids import PatientId
from boona_core.import_ports import ImportUnit, NewRequest, Pair
from boona_core.importing import ChunkOutcome, FieldChange, ImportKind, RequestRow, RowChange, RowFault
from boona_core.usecases.telling import match_created


def import_requests(unit: ImportUnit, rows: Sequence[RequestRow]) -> ChunkOutcome:
    """One chunk of placement requests: new ones, and other priorities for those that are not answered yet."""
    patients = unit.imports.ids(ImportKind.PATIENTS, {row.patient for row in rows})
    therapists = unit.imports.kept({row.therapist for row in rows})
    unit.patients.lock([*map(PatientId, patients.values())])
    unit.therapists.lock(therapists.values())
    found = list(zip(rows, unit.imports.pairs([(row.patient, row.therapist) for row in rows]), strict=True))
    faults = [fault for row, pair in found for fault in _unknown(row, pair)]
    new = {
        (pair.patient_id, pair.therapist_id): row
        for row, pair in found
        if pair.patient_id is not None and pair.therapist_id is not None and pair.request_id is None
    }
    wanted = [
        NewRequest(patient, therapist, 1 if row.priority is None else row.priority)
        for (patient, therapist), row in new.items()
    ]
    created = unit.imports.create_requests(wanted)
    moved = {
        pair.request_id: (row.row, FieldChange("priority", pair.priority, row.priority))
        for row, pair in found
        if pair.request_id is not None and pair.movable and row.priority not in (None, pair.priority)
    }
    unit.imports.set_priorities({number: change.new for number, (_, change) in moved.items()})
    unit.outbox.put(
        match_created(
            created[request.patient_id, request.therapist_id],
            request.patient_id,
            request.therapist_id,
            priority=request.priority,
        )
        for request in wanted
        if (request.patient_id, request.therapist_id) in created
    )
    changes = [RowChange(new[pair].row, number, created=True) for pair, number in created.items()]
    changes += (RowChange(row, number, created=False, fields=(change,)) for number, (row, change) in moved.items())
    return ChunkOutcome(len(rows), tuple(sorted(changes, key=lambda change: change.row)), tuple(faults))


def _unknown(row: RequestRow, pair: Pair) -> Iterator[RowFault]:
    if pair.patient_id is None:
        yield RowFault(row.row, "patient_external_id", "no patient has this external id")
    if pair.therapist_id is None:
        yield RowFault(row.row, "therapist_external_id", "no therapist has this external id")
