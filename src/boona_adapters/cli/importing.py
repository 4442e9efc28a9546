"""The commands that read files of therapists, patients and placement requests, and how an import is told.

Of a patient no value is ever printed: a fault names row and field, a difference row, id and fields.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run
from boona_adapters.cli.printing import SHORT, counted, print_line, progress_of, warn
from boona_adapters.imports import FileRefused, open_file
from boona_core.importing import FieldChange, ImportKind, ImportReport, RowChange

_LONGEST_VALUE = 60

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
_ignored = click.option(
    "--ignore-column",
    "ignored",
    multiple=True,
    metavar="NAME",
    help="Pass over a column that Boona does not know; may be given several times.",
)


@click.group("import")
def importing() -> None:
    """Read therapists, patients and placement requests from files: CSV or JSON, English or German field names.

    Rows that cannot be read are refused, the others are stored; the exit status is 1 if any was refused.
    """


@importing.command
@_file
@_ignored
@dry_run
@as_json
@click.pass_context
def therapists(context: click.Context, *, file: Path, ignored: Sequence[str], dry_run: bool, as_json: bool) -> None:
    """Read therapists, each with its external_id."""
    _run(context, ImportKind.THERAPISTS, file, ignored, dry_run=dry_run, as_json=as_json)


@importing.command
@_file
@_ignored
@dry_run
@as_json
@click.pass_context
def patients(context: click.Context, *, file: Path, ignored: Sequence[str], dry_run: bool, as_json: bool) -> None:
    """Read patients, each with its external_id."""
    _run(context, ImportKind.PATIENTS, file, ignored, dry_run=dry_run, as_json=as_json)


@importing.command
@_file
@_ignored
@dry_run
@as_json
@click.pass_context
def requests(context: click.Context, *, file: Path, ignored: Sequence[str], dry_run: bool, as_json: bool) -> None:
    """Read placement requests: patient_external_id, therapist_external_id, priority (1 where it is missing)."""
    _run(context, ImportKind.REQUESTS, file, ignored, dry_run=dry_run, as_json=as_json)


def _run(
    context: click.Context, kind: ImportKind, file: Path, ignored: Sequence[str], *, dry_run: bool, as_json: bool
) -> None:
    with opened() as wired:
        try:
            with open_file(file, kind, ignored=ignored) as source, progress_of(f"{kind}", source.total) as progress:
                report = wired.application.import_file(
                    source, dry_run=dry_run, every_change=as_json, on_rows=lambda done: progress(done, None)
                )
        except FileRefused as refused:
            for fault in refused.faults[:SHORT]:
                warn(fault)
            _more(len(refused.faults) - SHORT)
            warn("nothing of this file was stored")
            context.exit(1)
    if as_json:
        _print_json(report)
    else:
        _print(report)
    for row_fault in report.faults[:SHORT]:
        warn(str(row_fault))
    _more(len(report.faults) + report.more_faults - SHORT)
    if report.counts.refused:
        context.exit(1)


def _more(faults: int) -> None:
    if faults > 0:
        warn(f"… and {counted(faults, 'more fault', 'more faults')} (--json shows them)")


def _print(report: ImportReport) -> None:
    counts = report.counts
    would = "would be " if report.dry_run else ""
    print_line(
        f"{counted(counts.total, 'row', 'rows')}: {counts.created:,} {would}created, "
        f"{counts.changed:,} {would}changed, {counts.unchanged:,} unchanged, {counts.refused:,} refused"
    )
    if "created" in report.examples:
        first = report.examples["created"]
        print_line(f"first created: row {first.row}" + ("" if report.dry_run else f", id {first.id}"))
    for name, number in sorted(report.field_counts.items()):
        first = report.examples[name]
        print_line(f"{name}: changed in {counted(number, 'row', 'rows')}; first in row {first.row}, id {first.id}")
        if report.kind is not ImportKind.PATIENTS:
            change = next(each for each in first.fields if each.name == name)
            print_line(f"  {_value(change.old)} → {_value(change.new)}")


def _value(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= _LONGEST_VALUE else shown[: _LONGEST_VALUE - 1] + "…"


def _print_json(report: ImportReport) -> None:
    """One JSON value: counts, faults, and every difference; a million of them are written one by one."""
    counts = report.counts
    head: dict[str, Any] = {
        "kind": report.kind.value,
        "dry_run": report.dry_run,
        "run_id": report.run_id,
        "created": counts.created,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "refused": counts.refused,
        "field_counts": dict(sorted(report.field_counts.items())),
        "faults": [{"row": fault.row, "field": fault.field, "fault": fault.fault} for fault in report.faults],
        "more_faults": report.more_faults,
    }
    click.echo(json.dumps(head, ensure_ascii=False, indent=2)[:-2] + ',\n  "changes": [', nl=False)
    for piece in _pieces(report):
        click.echo(piece, nl=False)
    click.echo("\n  ]\n}")


def _pieces(report: ImportReport) -> Iterable[str]:
    shows_values = report.kind is not ImportKind.PATIENTS
    for place, change in enumerate(report.changes):
        yield (",\n    " if place else "\n    ") + json.dumps(
            _change_json(change, report, shows_values), ensure_ascii=False
        )


def _change_json(change: RowChange, report: ImportReport, shows_values: bool) -> dict[str, Any]:
    fields = [_field_json(each, shows_values) for each in change.fields]
    number = None if report.dry_run and change.created else change.id  # what a dry run creates has no id
    return {"row": change.row, "id": number, "created": change.created, "fields": fields}


def _field_json(change: FieldChange, shows_values: bool) -> dict[str, Any]:
    values = {"old": change.old, "new": change.new} if shows_values else {}
    return {"field": change.name, **values}
