"""The command that imports files as they arrive in a folder."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from boona_adapters.cli.opening import opened
from boona_adapters.cli.options import as_json
from boona_adapters.cli.printing import SHORT, counted, print_json, print_line, warn
from boona_adapters.imports import FileChanged, FileRefused, open_file
from boona_adapters.imports.folder import DONE, REFUSED, arrived, put_away
from boona_core.application import Application
from boona_core.importing import ImportKind, ImportReport


@click.command("watch")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--once", is_flag=True, help="Look once, and end.")
@click.option(
    "--every", type=click.IntRange(min=1), default=60, show_default=True, metavar="SECONDS", help="Between two looks."
)
@click.option(
    "--settled",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    metavar="SECONDS",
    help="Pass over files that were touched a shorter while ago: they may still be on their way.",
)
@as_json
@click.pass_context
def watch(context: click.Context, *, folder: Path, once: bool, every: int, settled: int, as_json: bool) -> None:
    """Import files as they arrive in FOLDER: therapists…, patients…, requests…, as CSV or JSON.

    A file that was read goes to FOLDER/done, one that is refused as a whole to FOLDER/refused, each with a report
    beside it.  Ctrl-C ends it; exit status 1 after --once if any row or file was refused.
    """
    if as_json and not once:
        raise click.UsageError("--json goes with --once: one look, one JSON value")
    told = _look(folder, settled, quiet=as_json)
    while not once:
        time.sleep(every)
        _look(folder, settled, quiet=False)
    if as_json:
        print_json({"files": told})
    if any(each["fault"] or each["refused"] for each in told):
        context.exit(1)


def _look(folder: Path, settled: int, *, quiet: bool) -> list[dict[str, Any]]:
    """Bring in what has arrived; what became of each file."""
    with opened() as wired:
        files = arrived(folder, now=datetime.now(UTC), settled=timedelta(seconds=settled))
        return [_bring_in(wired.application, kind, path, quiet=quiet) for kind, path in files]


def _bring_in(application: Application, kind: ImportKind, path: Path, *, quiet: bool) -> dict[str, Any]:
    """One file; what became of it."""
    report, fault = None, None
    try:
        with open_file(path, kind) as source:
            report = application.import_file(source)
    except (FileRefused, FileChanged) as refused:
        fault = str(refused)
    told = _told(path, kind, report, fault)
    put_away(path, DONE if fault is None else REFUSED, told, now=datetime.now(UTC))
    if fault is not None:
        warn(f"{path.name}: {fault}")
    elif not quiet:
        counts = f"{told['created']:,} created, {told['changed']:,} changed, {told['refused']:,} refused"
        print_line(f"{path.name}: {counted(told['rows'], 'row', 'rows')}: {counts}, run {told['run_id']}")
        for each in told["faults"][:SHORT]:
            warn(f"{path.name}: {each}")
    return told


def _told(path: Path, kind: ImportKind, report: ImportReport | None, fault: str | None) -> dict[str, Any]:
    counts = None if report is None else report.counts
    return {
        "file": path.name,
        "kind": kind.value,
        "fault": fault,
        "run_id": report and report.run_id,
        "rows": counts.total if counts else 0,
        "created": counts.created if counts else 0,
        "changed": counts.changed if counts else 0,
        "unchanged": counts.unchanged if counts else 0,
        "refused": counts.refused if counts else 0,
        "faults": [] if report is None else [str(each) for each in report.faults],
        "more_faults": report.more_faults if report else 0,
    }
