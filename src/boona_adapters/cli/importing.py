"""The commands that read files of therapists, patients and placement requests, and how an import is told.

Of a patient no value is ever printed: a fault names row and field, a difference row, id and fields.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from attrs import evolve, frozen

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json, dry_run, id_of
from boona_adapters.cli.printing import SHORT, counted, print_json, print_line, print_table, progress_of, warn
from boona_adapters.cli.watching import watch
from boona_adapters.imports import FileRefused, open_file, read_postal_codes
from boona_core.importing import Counts, FieldChange, ImportKind, ImportReport, ImportRunId, RowChange, RowFault

_LONGEST_VALUE = 60

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
_ignored = click.option(
    "--ignore-column",
    "ignored",
    multiple=True,
    metavar="NAME",
    help="Pass over a column that Boona does not know; may be given several times.",
)


_overwrite = click.option(
    "--overwrite", is_flag=True, help="Let the file win over what staff changed by hand since the last import."
)


_ask = click.option("--ask", is_flag=True, help="Show what would change, and ask before it is stored.")


@click.group("import")
def importing() -> None:
    """Read therapists, patients, placement requests and postal codes from files.

    CSV or JSON, with English or German field names.

    Rows that cannot be read are refused, the others are stored; the exit status is 1 if any was refused.
    """


@importing.command
@_file
@_ignored
@_overwrite
@_ask
@dry_run
@as_json
@click.pass_context
def therapists(
    context: click.Context,
    *,
    file: Path,
    ignored: Sequence[str],
    overwrite: bool,
    ask: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Read therapists, each with its external_id, or what a directory exports as JSON.

    An entry of a directory (with basic_info, location, contact inside) is known by its id, or by names and postal code.
    Who is among its deletions becomes inactive, and is never deleted.
    """
    how = _How(overwrite=overwrite, ask=ask, dry_run=dry_run, as_json=as_json)
    _run(context, ImportKind.THERAPISTS, file, ignored, how)


@importing.command
@_file
@_ignored
@_overwrite
@_ask
@dry_run
@as_json
@click.pass_context
def patients(
    context: click.Context,
    *,
    file: Path,
    ignored: Sequence[str],
    overwrite: bool,
    ask: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Read patients, each with its external_id."""
    how = _How(overwrite=overwrite, ask=ask, dry_run=dry_run, as_json=as_json)
    _run(context, ImportKind.PATIENTS, file, ignored, how)


@importing.command
@_file
@_ignored
@_ask
@dry_run
@as_json
@click.pass_context
def requests(
    context: click.Context, *, file: Path, ignored: Sequence[str], ask: bool, dry_run: bool, as_json: bool
) -> None:
    """Read placement requests: patient_external_id, therapist_external_id, priority (1 where it is missing)."""
    how = _How(overwrite=False, ask=ask, dry_run=dry_run, as_json=as_json)
    _run(context, ImportKind.REQUESTS, file, ignored, how)


@importing.command("postal-codes")
@_file
@dry_run
@as_json
@click.pass_context
def postal_codes(context: click.Context, *, file: Path, dry_run: bool, as_json: bool) -> None:
    """Read where postal codes lie: the table of GeoNames for a country, or CSV.

    CSV has the columns postal_code, place, state (two letters), latitude, longitude.  Codes that the file does not name
    stay as they are.
    """
    with opened() as wired:
        try:
            report = wired.application.import_postal_codes(read_postal_codes(file), dry_run=dry_run)
        except FileRefused as refused:
            for fault in refused.faults:
                warn(fault)
            context.exit(1)
    counts = report.counts
    if as_json:
        print_json(
            {
                "dry_run": dry_run,
                **_counts_json(counts),
                "examples": dict(report.examples),
                "faults": [_fault_json(fault) for fault in report.faults],
            }
        )
    else:
        _print_counts(counts, "postal code", "postal codes", dry_run=dry_run)
        for kind, code in report.examples.items():
            print_line(f"first {kind}: {code}")
    _warn_of(report.faults)
    if counts.refused:
        context.exit(1)


@importing.command
@click.argument("run", type=id_of("RUN"))
@dry_run
@as_json
def undo(*, run: int, dry_run: bool, as_json: bool) -> None:
    """Take back what an import did, as far as it is still so; RUN as in `boona import history`.

    What was changed since then stays.  Who was created is not deleted: a therapist becomes inactive, a patient does not
    search any more, an open request is canceled.  Undoing is a run of its own, and can be undone.
    """
    with opened() as wired:
        done = wired.application.undo_import(ImportRunId(run), dry_run=dry_run)
    if as_json:
        print_json({"run_id": run, "undo_id": done.undo_id, "dry_run": dry_run, "rows": done.rows, "kept": done.kept})
        return
    would = "would be " if dry_run else ""
    by = "" if done.undo_id is None else f", as run {done.undo_id}"
    print_line(f"run {run}: {counted(done.rows, 'row', 'rows')} {would}as before{by}")
    if done.kept:
        stay = "it stays" if done.kept == 1 else "they stay"
        print_line(f"{counted(done.kept, 'field', 'fields')} changed since then: {stay}")


@importing.command
@click.argument("run", type=id_of("RUN"), required=False)
@click.option(
    "--limit", type=click.IntRange(min=1, max=1000), default=20, show_default=True, help="So many runs, or changes."
)
@as_json
def history(*, run: int | None, limit: int, as_json: bool) -> None:
    """List the last imports, newest first, and by which run each was undone; of one RUN, what it did.

    Of patients the fields are shown, not what stands in them.
    """
    if run is not None:
        _show_run(ImportRunId(run), limit, as_json=as_json)
        return
    with opened() as wired:
        runs = wired.application.undo_import.runs(limit=limit)
    if as_json:
        print_json(
            {
                "runs": [
                    {
                        "run_id": run.id,
                        "kind": run.kind.value,
                        "begun_at": run.begun_at.isoformat(),
                        "sha256": run.sha256,
                        "undoes": run.undoes,
                        "undone_by": run.undone_by,
                        **_counts_json(run.counts),
                    }
                    for run in runs
                ]
            }
        )
        return
    rows = [
        (
            run.id,
            f"undoes {run.undoes}" if run.undoes else run.kind.value,
            f"{run.begun_at:%Y-%m-%d %H:%M} UTC",
            run.counts.created,
            run.counts.changed,
            run.counts.refused,
            f"by {run.undone_by}" if run.undone_by else "",
        )
        for run in runs
    ]
    print_table(("run", "what", "when", "created", "changed", "refused", "undone"), rows)


def _show_run(run_id: ImportRunId, limit: int, *, as_json: bool) -> None:
    with opened() as wired:
        run, lines = wired.application.undo_import.one(run_id)
    shows_values = run.kind is not ImportKind.PATIENTS
    if as_json:
        changes = [
            {"id": line.row_id, "field": line.name, **({"old": line.old, "new": line.new} if shows_values else {})}
            for line in lines
        ]
        print_json({"run_id": run.id, "kind": run.kind.value, **_counts_json(run.counts), "changes": changes})
        return
    rows = [
        (
            line.row_id,
            line.name or "created",
            f"{_value(line.old)} → {_value(line.new)}" if line.name and shows_values else "",
        )
        for line in lines[:limit]
    ]
    print_table((run.kind.value.removesuffix("s"), "field", "change"), rows)
    if len(lines) > limit:
        print_line(f"… and {counted(len(lines) - limit, 'more change', 'more changes')} (--limit, --json)")


importing.add_command(watch)


@frozen(kw_only=True)
class _How:
    """How a file is brought in, as the command line says."""

    overwrite: bool
    ask: bool
    dry_run: bool
    as_json: bool


def _run(context: click.Context, kind: ImportKind, file: Path, ignored: Sequence[str], how: _How) -> None:
    if how.ask and (how.dry_run or how.as_json):
        raise click.UsageError("--ask goes neither with --dry-run nor with --json")
    if how.ask and not _wants(context, kind, file, ignored, evolve(how, dry_run=True)):
        warn("nothing of this file was stored")
        context.exit(1)
    report = _bring_in(context, kind, file, ignored, how)
    if how.as_json:
        _print_json(report)
    else:
        _print(report)
    _warn_of(report.faults, more=report.more_faults)
    if report.counts.refused:
        context.exit(1)


def _wants(context: click.Context, kind: ImportKind, file: Path, ignored: Sequence[str], how: _How) -> bool:
    """Whether a person who sees what a file would change wants it so."""
    report = _bring_in(context, kind, file, ignored, how)
    _print(report)
    _warn_of(report.faults, more=report.more_faults)
    return click.confirm("store this?", default=False)


def _bring_in(context: click.Context, kind: ImportKind, file: Path, ignored: Sequence[str], how: _How) -> ImportReport:
    with opened() as wired:
        try:
            with open_file(file, kind, ignored=ignored) as source, progress_of(f"{kind}", source.total) as progress:
                return wired.application.import_file(
                    source,
                    dry_run=how.dry_run,
                    every_change=how.as_json,
                    overwrite=how.overwrite,
                    on_rows=lambda done: progress(done, None),
                )
        except FileRefused as refused:
            for fault in refused.faults[:SHORT]:
                warn(fault)
            _more(len(refused.faults) - SHORT)
            warn("nothing of this file was stored")
            context.exit(1)


def _warn_of(faults: Sequence[RowFault], *, more: int = 0) -> None:
    """The first faults, and that there are more."""
    for fault in faults[:SHORT]:
        warn(str(fault))
    _more(len(faults) + more - SHORT)


def _more(faults: int) -> None:
    if faults > 0:
        warn(f"… and {counted(faults, 'more fault', 'more faults')} (--json shows them)")


def _print(report: ImportReport) -> None:
    _print_counts(report.counts, "row", "rows", dry_run=report.dry_run)
    if "created" in report.examples:
        first = report.examples["created"]
        print_line(f"first created: row {first.row}" + ("" if report.dry_run else f", id {first.id}"))
    for name, number in sorted(report.field_counts.items()):
        first = report.examples[name]
        print_line(f"{name}: changed in {counted(number, 'row', 'rows')}; first in row {first.row}, id {first.id}")
        if report.kind is not ImportKind.PATIENTS:
            change = next(each for each in first.fields if each.name == name)
            print_line(f"  {_value(change.old)} → {_value(change.new)}")
    _print_kept(report)


def _print_kept(report: ImportReport) -> None:
    for name, number in sorted(report.kept_counts.items()):
        rows = counted(number, "row", "rows")
        print_line(f"{name}: the file says something new in {rows}; what staff changed by hand stays (--overwrite)")


def _print_counts(counts: Counts, one: str, many: str, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    print_line(
        f"{counted(counts.total, one, many)}: {counts.created:,} {would}created, "
        f"{counts.changed:,} {would}changed, {counts.unchanged:,} unchanged, {counts.refused:,} refused"
    )


def _value(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= _LONGEST_VALUE else shown[: _LONGEST_VALUE - 1] + "…"


def _print_json(report: ImportReport) -> None:
    """One JSON value: counts, faults, and every difference; a million of them are written one by one."""
    head: dict[str, Any] = {
        "kind": report.kind.value,
        "dry_run": report.dry_run,
        "run_id": report.run_id,
        **_counts_json(report.counts),
        "field_counts": dict(sorted(report.field_counts.items())),
        "kept_counts": dict(sorted(report.kept_counts.items())),
        "faults": [_fault_json(fault) for fault in report.faults],
        "more_faults": report.more_faults,
    }
    click.echo(json.dumps(head, ensure_ascii=False, indent=2)[:-2] + ',\n  "changes": [', nl=False)
    for piece in _pieces(report):
        click.echo(piece, nl=False)
    click.echo("\n  ]\n}")


def _counts_json(counts: Counts) -> dict[str, int]:
    return {
        "created": counts.created,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "refused": counts.refused,
    }


def _fault_json(fault: RowFault) -> dict[str, Any]:
    return {"row": fault.row, "field": fault.field, "fault": fault.fault}


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
