"""Imports over HTTP: a file is sent as it is, its differences are shown or applied, and can be taken back.

Of a patient no value is shown: a fault names row and field, a difference row, id and fields.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from attrs import frozen

from boona_adapters.http.codec import UNNAMED, named
from boona_adapters.http.operations import Operation, Outcome, Sent, Shown, Understood
from boona_adapters.http.responses import JSON
from boona_adapters.http.shaping import NumberedPageQuery, PageQuery, Tried, list_of, part
from boona_adapters.http.texts import Line100, Text
from boona_adapters.imports import FileRefused, open_bytes
from boona_core.api_ports import MOST_ROWS, Cut, ImportFilter
from boona_core.errors import InvalidValue, InvalidValues
from boona_core.import_ports import ImportLine, ImportRun
from boona_core.importing import FieldChange, ImportKind, ImportReport, ImportRunId, RowChange, RowFault

CSV = "text/csv"
_MOST_FAULTS = 100
_MOST_CHANGES = 10_000
"""A file may have millions of rows: an answer that named them all would hold hundreds of megabytes."""


@frozen(kw_only=True)
class ImportRunShape:
    """An entry in the history of imports.

    Attributes:
        sha256: The hash of the file's bytes.
        undoes: The entry that it takes back; null: it is an import.
        undone_by: The entry by which it was taken back; null: it was not.
        created: Rows that were new.
        changed: Rows that changed something.
        unchanged: Rows that said nothing new.
        refused: Rows that could not be read or stored.
    """

    id: int
    kind: ImportKind
    begun_at: datetime
    sha256: str
    undoes: int | None
    undone_by: int | None
    created: int
    changed: int
    unchanged: int
    refused: int


@frozen(kw_only=True)
class FieldChangeShape:
    """One field, before and after; both null where it is a patient's: those values are not shown."""

    old: Any
    new: Any


@frozen(kw_only=True)
class ImportChangeShape:
    """What an import does to a therapist, a patient or a placement request, by the kind of the import.

    Attributes:
        row: As a spreadsheet counts (the header is row 1), in JSON the place in the list; null in the history.
        id: The id; null: a dry run would create it.
        created: It is new; then there are no fields.
        fields: Each field that changes; the history tells one at a time.
    """

    row: int | None
    id: int | None
    created: bool
    fields: dict[str, FieldChangeShape]


@frozen(kw_only=True)
class RowFaultShape:
    """Why a row was refused; never a value of a patient.

    Attributes:
        row: As a spreadsheet counts (the header is row 1), in JSON the place in the list.
        field: The name as the file has it; null: the row as a whole.
    """

    row: int
    field: str | None
    fault: str


@frozen(kw_only=True)
class ImportShape(ImportRunShape):
    """An entry in the history of imports, with what it did and why it refused rows.

    Attributes:
        changes: The first of them.
        more_changes: How many are not among them.
        faults: The first of them.
        more_faults: How many are not among them.
    """

    changes: tuple[ImportChangeShape, ...]
    more_changes: int
    faults: tuple[RowFaultShape, ...]
    more_faults: int


@frozen(kw_only=True)
class ImportReportShape:
    """What an import did, or would do.

    Attributes:
        import_id: The entry in the history; null: a dry run.
        created: Rows that are new.
        changed: Rows that change something.
        unchanged: Rows that say nothing new.
        refused: Rows that cannot be read or stored; they hold up no other.
        field_counts: In how many rows each field changes.
        kept_counts: In how many rows the file says something new of a field that staff changed by hand; that stays.
        changes: The first ten thousand differences; what was applied has all of them in the history.
        more_changes: How many are not among them.
        faults: Why rows are refused.
        more_faults: How many faults are not named.
    """

    kind: ImportKind
    dry_run: bool
    import_id: int | None
    created: int
    changed: int
    unchanged: int
    refused: int
    field_counts: dict[str, int]
    kept_counts: dict[str, int]
    changes: tuple[ImportChangeShape, ...]
    more_changes: int
    faults: tuple[RowFaultShape, ...]
    more_faults: int


@frozen(kw_only=True)
class ImportsQuery(PageQuery):
    """Which imports.

    Attributes:
        sha256: Of the file with this hash.
        undone: Whether it was taken back.
        undo: Whether it takes another one back.
    """

    kind: ImportKind = UNNAMED
    sha256: Annotated[str, Text(64)] = UNNAMED
    undone: bool = UNNAMED
    undo: bool = UNNAMED


@frozen(kw_only=True)
class NewImportQuery(Tried):
    """What the file is about, and what is to become of it.

    Attributes:
        overwrite: The file wins over what staff changed by hand since the last import.
        ignore_column: A column that is passed over; may be given several times.
    """

    kind: ImportKind
    overwrite: bool = UNNAMED
    ignore_column: tuple[Line100, ...] = UNNAMED


@frozen(kw_only=True)
class NewUndo(Tried):
    """An import to be taken back."""


@frozen(kw_only=True)
class UndoneShape:
    """What was taken back, or would be.

    Attributes:
        undo_id: The entry in the history by which it was; null: a dry run.
        rows: Therapists, patients or requests that are otherwise now.
        kept: Fields that say something else by now than the file said, and stay.
    """

    import_id: int
    undo_id: int | None
    dry_run: bool
    rows: int
    kept: int


def _run(run: ImportRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "kind": run.kind,
        "begun_at": run.begun_at,
        "sha256": run.sha256,
        "undoes": run.undoes,
        "undone_by": run.undone_by,
        "created": run.counts.created,
        "changed": run.counts.changed,
        "unchanged": run.counts.unchanged,
        "refused": run.counts.refused,
    }


def _fields(kind: ImportKind, changes: Iterable[FieldChange]) -> dict[str, FieldChangeShape]:
    shows_values = kind is not ImportKind.PATIENTS
    return {
        each.name: FieldChangeShape(old=each.old, new=each.new)
        if shows_values
        else FieldChangeShape(old=None, new=None)
        for each in changes
    }


def _line(kind: ImportKind, line: ImportLine) -> ImportChangeShape:
    changes = [] if line.name is None else [FieldChange(line.name, line.old, line.new)]
    return ImportChangeShape(row=None, id=line.row_id, created=line.name is None, fields=_fields(kind, changes))


def _change(report: ImportReport, change: RowChange) -> ImportChangeShape:
    number = None if report.dry_run and change.created else change.id  # what a dry run creates has no id
    return ImportChangeShape(
        row=change.row, id=number, created=change.created, fields=_fields(report.kind, change.fields)
    )


def fault_shape(fault: RowFault) -> RowFaultShape:
    """Why a row was refused, to be shown."""
    return RowFaultShape(row=fault.row, field=fault.field, fault=fault.fault)


def report_shape(report: ImportReport) -> ImportReportShape:
    """A report, to be shown."""
    return ImportReportShape(
        kind=report.kind,
        dry_run=report.dry_run,
        import_id=report.run_id,
        created=report.counts.created,
        changed=report.counts.changed,
        unchanged=report.counts.unchanged,
        refused=report.counts.refused,
        field_counts=dict(sorted(report.field_counts.items())),
        kept_counts=dict(sorted(report.kept_counts.items())),
        changes=tuple(_change(report, change) for change in report.changes),
        more_changes=report.more_changes,
        faults=tuple(map(fault_shape, report.faults)),
        more_faults=report.more_faults,
    )


def faults_of(refused: FileRefused) -> InvalidValues:
    """What is wrong with a file as a whole: rows and columns are named, never a value."""
    return InvalidValues([InvalidValue("", fault) for fault in refused.faults[:_MOST_FAULTS]])


def find(asked: Understood) -> Outcome:
    """List the history."""
    wanted = {name: value for name, value in named(asked.query).items() if name not in {"page", "limit", "after"}}
    cut = asked.query.cut()
    found = asked.application.show.imports(ImportFilter(**wanted), cut)
    return Shown(part(ImportRunShape, [ImportRunShape(**_run(run)) for run in found.rows], cut, found.total))


def show(asked: Understood) -> Outcome:
    """Show one entry of the history."""
    records, run_id, first = asked.application.show, ImportRunId(asked.number), Cut(limit=MOST_ROWS)
    run = records.import_run(run_id)
    lines, faults = records.import_lines(run_id, first), records.import_faults(run_id, first)
    return Shown(
        ImportShape(
            **_run(run),
            changes=tuple(_line(run.kind, line) for line in lines.rows),
            more_changes=lines.total - len(lines.rows),
            faults=tuple(map(fault_shape, faults.rows)),
            more_faults=faults.total - len(faults.rows),
        )
    )


def list_changes(asked: Understood) -> Outcome:
    """List what an import did."""
    records, run_id, cut = asked.application.show, ImportRunId(asked.number), asked.query.cut()
    kind = records.import_run(run_id).kind
    found = records.import_lines(run_id, cut)
    return Shown(part(ImportChangeShape, [_line(kind, line) for line in found.rows], cut, found.total))


def list_faults(asked: Understood) -> Outcome:
    """List why an import refused rows."""
    cut = asked.query.cut()
    found = asked.application.show.import_faults(ImportRunId(asked.number), cut)
    return Shown(part(RowFaultShape, [fault_shape(row) for row in found.rows], cut, found.total))


def bring_in(asked: Understood) -> Outcome:
    """Show what a file would change, or apply it."""
    sent: Sent = asked.body
    told = named(asked.query)
    kind, overwrite = told["kind"], told.get("overwrite", False)
    if overwrite and kind is ImportKind.REQUESTS:
        raise InvalidValues([InvalidValue("overwrite", "has a meaning for therapists and patients only")])
    try:
        source = open_bytes(sent.content, kind, is_json=sent.media_type == JSON, ignored=told.get("ignore_column", ()))
    except FileRefused as refused:
        raise faults_of(refused) from None
    report = asked.application.import_file(
        source, dry_run=asked.query.is_dry, every_change=True, most_changes=_MOST_CHANGES, overwrite=overwrite
    )
    return Shown(report_shape(report))


def undo(asked: Understood) -> Outcome:
    """Take an import back."""
    dry_run = asked.body.is_dry
    done = asked.application.undo_import(ImportRunId(asked.number), dry_run=dry_run)
    return Shown(
        UndoneShape(import_id=done.run_id, undo_id=done.undo_id, dry_run=dry_run, rows=done.rows, kept=done.kept)
    )


_FILES: dict[str, dict[str, Any]] = {
    JSON: {
        "schema": {
            "anyOf": [{"type": "array", "items": {}}, {"type": "object"}],
            "description": "A list of objects with the names of fields in either language, or what a directory of "
            "therapists exports: a list of entries, or an object with lists of what is new (`additions`), other "
            "(`modifications`) and gone (`deletions`).",
        },
        "example": [{"external_id": "T-1", "last_name": "Beispiel", "phone": "030 1234567"}],
    },
    CSV: {
        "schema": {
            "type": "string",
            "description": "CSV in UTF-8 with a header, parted by commas, semicolons or tabs.",
        },
        "example": "external_id;nachname;telefon\nT-1;Beispiel;030 1234567\n",
    },
}


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/imports",
        name="listImports",
        summary="List the history of imports",
        tag="imports",
        act=find,
        query=ImportsQuery,
        answer=list_of(ImportRunShape),
    ),
    Operation(
        method="POST",
        path="/api/imports",
        name="importFile",
        summary="Import a file, or see what it would change",
        description="As `boona import`: the body is the file. Rows that cannot be read are refused, each with row and "
        "field, and hold up no other; so are the places at which a file is damaged. A file of which nothing can be "
        "read stores nothing (422). The same file twice changes nothing. Rows are stored some hundred at a time; with "
        "an Idempotency-Key all of it is one transaction. A file may have more bytes than another body: "
        "`BOONA_API__LARGEST_IMPORT`.",
        tag="imports",
        act=bring_in,
        query=NewImportQuery,
        files=_FILES,
        answer=ImportReportShape,
        whole=False,
    ),
    Operation(
        method="GET",
        path="/api/imports/{id}",
        name="getImport",
        summary="Show an import",
        description="With the first hundred changes and faults; the lists below it have them all.",
        tag="imports",
        act=show,
        answer=ImportShape,
    ),
    Operation(
        method="GET",
        path="/api/imports/{id}/changes",
        name="listImportChanges",
        summary="What an import changed",
        tag="imports",
        act=list_changes,
        query=NumberedPageQuery,
        answer=list_of(ImportChangeShape),
    ),
    Operation(
        method="GET",
        path="/api/imports/{id}/faults",
        name="listImportFaults",
        summary="Why an import refused rows",
        tag="imports",
        act=list_faults,
        query=NumberedPageQuery,
        answer=list_of(RowFaultShape),
    ),
    Operation(
        method="POST",
        path="/api/imports/{id}/undo",
        name="undoImport",
        summary="Take an import back, as far as it is still so",
        description="As `boona import undo`: what was changed since then stays. Who was created is not deleted: a "
        "therapist becomes inactive, a patient does not search any more, an open request is canceled. Undoing is an "
        "import of its own in the history, and can be undone; doing it again changes nothing twice.",
        tag="imports",
        act=undo,
        body=NewUndo,
        answer=UndoneShape,
        whole=False,
        example={"dry_run": True},
    ),
)
