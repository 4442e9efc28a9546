"""Take back what an import did, as far as it is still so.

A field goes back to what it was before where it still says what the file said; what was changed since then stays.  Who
was created is not deleted: a therapist becomes inactive with the reason, a patient does not search any more, a request
is canceled.  Undoing is a run of its own in the history, so that it can be undone as well; doing it again goes on where
it ended and changes nothing twice.
"""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby, islice

from attrs import frozen

from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from boona_core.import_ports import ImportLine, ImportRun, ImportUnit, OpenImportUnit, StoredRow
from boona_core.importing import (
    Counts,
    FieldChange,
    ImportKind,
    ImportRunId,
    RowChange,
    Values,
)
from boona_core.requests import RequestStatus
from boona_core.taking_back import base_after_undoing, undone_creation, undone_fields
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.changing_people import ChangePeople
from boona_core.usecases.composing import Stationery
from boona_core.usecases.telling import requests_moved
from boona_core.usecases.withdrawing import take_out_of_unsent

TAKEN_BACK = "the import that brought a request in it was undone"

MailboxOf = Callable[[str], str]
"""The mailbox behind an address, as it is compared.

Raises:
    ValueError: it is no address.
"""


@frozen(kw_only=True)
class Undone:
    """What was taken back, or would be.

    Attributes:
        undo_id: The run by which it was taken back; None: a dry run.
        rows: Therapists, patients or requests that are otherwise now.
        kept: Fields that say something else by now than the file said, and stay.
    """

    run_id: ImportRunId
    undo_id: ImportRunId | None
    rows: int
    kept: int


@frozen(kw_only=True)
class UndoImport:
    """Take back one run of the history.

    Attributes:
        rows: Rows in one transaction.
    """

    open_unit: OpenImportUnit
    stationery: Stationery
    switchboard: Switchboard
    mailbox_of: MailboxOf
    rows: int = 500

    def runs(self, *, limit: int = 20) -> Sequence[ImportRun]:
        """The last runs, newest first."""
        with self.open_unit() as unit:
            return unit.imports.runs(limit=limit)

    def one(self, run_id: ImportRunId) -> tuple[ImportRun, Sequence[ImportLine]]:
        """One run, and what it did, in its order.

        Raises:
            UnknownId: the history has no such run.
        """
        with self.open_unit() as unit:
            return unit.imports.run(run_id), unit.imports.lines(run_id)

    def __call__(self, run_id: ImportRunId, *, dry_run: bool = False) -> Undone:
        """Take back what a run did.

        Raises:
            UnknownId: the history has no such run.
        """
        with self.open_unit() as unit:
            unit.imports.take_turns()  # of two at once the second goes on where the first began
            run = unit.imports.run(run_id)
            lines = unit.imports.lines(run_id)
            undo_id = None if dry_run else run.undone_by or unit.imports.begin(run.kind, run.sha256, undoes=run_id)
            if undo_id is not None:
                unit.commit()
        by_row = iter([tuple(each) for _, each in groupby(sorted(lines, key=_row), key=_row)])
        rows = kept = 0
        while chunk := list(islice(by_row, self.rows)):
            with self.open_unit() as unit:
                unit.imports.take_turns()
                changes, stayed = self._take_back(unit, run, chunk)
                rows, kept = rows + len(changes), kept + stayed
                if undo_id is not None:
                    unit.imports.record(undo_id, Counts(changed=len(changes)), changes)
                    unit.commit()
        return Undone(run_id=run_id, undo_id=undo_id, rows=rows, kept=kept)

    def _take_back(
        self, unit: ImportUnit, run: ImportRun, chunk: Sequence[Sequence[ImportLine]]
    ) -> tuple[list[RowChange], int]:
        today = self.switchboard.today(unit)
        if run.kind is ImportKind.REQUESTS:
            return _requests_back(unit, self.stationery, chunk, today=today), 0
        ids = [lines[0].row_id for lines in chunk]
        if run.kind is ImportKind.PATIENTS:
            unit.patients.lock([*map(PatientId, ids)])
        else:
            unit.therapists.lock([*map(TherapistId, ids)])
        stored = unit.imports.stored(run.kind, ids)
        bases = unit.imports.bases(run.kind, ids)
        after: dict[int, Values] = {}
        said: dict[int, Values] = {}
        changes: list[RowChange] = []
        kept = 0
        for lines in chunk:
            row = stored.get(lines[0].row_id)
            if row is None or row.erased or row.merged:
                continue
            fields, stayed = self._fields(run, row, lines, today)
            kept += stayed
            if fields:
                shown = tuple(FieldChange(name, row.values.get(name), new) for name, new in fields.items())
                changes.append(RowChange(len(changes) + 1, row.id, created=False, fields=shown))
                after[row.id] = self._with_mailbox({**row.values, **fields}, fields)
                said[row.id] = base_after_undoing(bases.get(row.id, {}), _changes_of(lines), fields)
        change = ChangePeople(unit=unit, kind=run.kind, stationery=self.stationery, board=self.switchboard, today=today)
        change({number: stored[number].values for number in after}, after)
        unit.imports.keep_bases(run.kind, said)
        return changes, kept

    def _fields(
        self, run: ImportRun, row: StoredRow, lines: Sequence[ImportLine], today: date
    ) -> tuple[dict[str, object], int]:
        if any(line.name is None for line in lines):
            return undone_creation(run.kind, row.values, run_id=run.id, today=today), 0
        fields, kept = undone_fields(row.values, _changes_of(lines))
        if "email" in fields and fields["email"] is not None:
            try:
                self.mailbox_of(str(fields["email"]))
            except ValueError:
                del fields["email"]
                kept += 1
        return fields, kept

    def _with_mailbox(self, values: Values, fields: Values) -> Values:
        """A mailbox follows from its address."""
        if "email" not in fields or "mailbox" not in values:
            return values
        email = fields["email"]
        return {**values, "mailbox": None if email is None else self.mailbox_of(str(email))}


def _changes_of(lines: Sequence[ImportLine]) -> list[FieldChange]:
    return [FieldChange(line.name, line.old, line.new) for line in lines if line.name is not None]


def _row(line: ImportLine) -> int:
    return line.row_id


def _requests_back(
    unit: ImportUnit, stationery: Stationery, chunk: Sequence[Sequence[ImportLine]], *, today: date
) -> list[RowChange]:
    """Cancel the requests of a chunk that are open still, and give back the priorities that nobody else has changed."""
    lines = [line for of_row in chunk for line in of_row]
    created = [PlacementRequestId(line.row_id) for line in lines if line.name is None]
    moved = {PlacementRequestId(line.row_id): line for line in lines if line.name == "priority"}
    concerned = [*created, *moved]
    unit.therapists.lock({request.therapist_id for request in unit.requests.by_id(concerned)})
    now = {request.id: request for request in unit.requests.by_id(concerned)}  # as they are under the locks
    canceled = unit.requests.cancel([n for n in created if n in now and now[n].status is RequestStatus.OPEN])
    unit.outbox.put(requests_moved(canceled, RequestStatus.CANCELED))
    take_out_of_unsent(
        unit, stationery, [request.id for request in canceled], now=unit.now(), today=today, words=TAKEN_BACK
    )
    live = {
        n: request for n, request in now.items() if request.status in (RequestStatus.OPEN, RequestStatus.IN_PROGRESS)
    }
    back = {n: line.old for n, line in moved.items() if n in live and live[n].priority == line.new}
    unit.imports.set_priorities(back)
    changes = [
        RowChange(0, request.id, created=False, fields=(FieldChange("status", "open", "canceled"),))
        for request in canceled
    ]
    changes += (
        RowChange(0, number, created=False, fields=(FieldChange("priority", moved[number].new, old),))
        for number, old in back.items()
    )
    return changes
