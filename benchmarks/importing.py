"""An import of 50,000 therapists with 1,000 differences, beside the first import of the same file."""

import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.agency import BERLIN, POLICY, Bound, database
from benchmarks.measuring import Figure
from boona_adapters.holidays import german_holidays
from boona_adapters.imports import open_file
from boona_adapters.postgres.engine import create_engine
from boona_adapters.postgres.matching import OpenPostgresMatchingUnit
from boona_core.importing import Counts, ImportKind, ImportReport
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.importing import ImportFile

_ROWS = 50_000
_DIFFERENCES = 1_000
_COLUMNS = ("external_id", "first_name", "last_name", "street", "postal_code", "city", "phone", "email", "languages")


def _write(path: Path, *, changed: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_COLUMNS)
        for number in range(_ROWS):
            phone = f"030 {number:07}" if number >= changed else f"040 {number:07}"
            row = (f"T{number}", "Andrea", f"Muster{number}", f"Weg {number}", f"{number % 90_000 + 1_000:05}", "Stadt")
            writer.writerow((*row, phone, f"praxis{number}@praxen.example", "Englisch"))


def rows() -> Iterator[Figure]:
    """One row: the differences are shown, applied once, and again change nothing."""
    with database() as url, TemporaryDirectory() as folder:
        engine = create_engine(url, connections=2)
        use = ImportFile(
            open_unit=OpenPostgresMatchingUnit(engine),
            stationery=Bound(engine=engine).stationery,
            switchboard=Switchboard(policy=POLICY, zone=BERLIN, holidays=german_holidays),
        )
        first, second = Path(folder) / "first.csv", Path(folder) / "second.csv"
        _write(first, changed=0)
        _write(second, changed=_DIFFERENCES)
        created, created_in = _timed(lambda: _bring_in(use, first))
        shown, shown_in = _timed(lambda: _bring_in(use, second, dry_run=True))
        applied, applied_in = _timed(lambda: _bring_in(use, second))
        again, _ = _timed(lambda: _bring_in(use, second))
        engine.dispose()
    differences = Counts(changed=_DIFFERENCES, unchanged=_ROWS - _DIFFERENCES)
    assert created.counts == Counts(created=_ROWS)
    assert shown.counts == applied.counts == differences
    assert shown.field_counts == applied.field_counts == {"phone": _DIFFERENCES}
    assert again.counts == Counts(unchanged=_ROWS)
    yield Figure(
        work="50,000 therapists from a file with 1,000 differences",
        beside="the first import of them",
        ratio=created_in / applied_in,
        wanted=None,
        seconds={"applied": applied_in, "dry run": shown_in, "first import": created_in},
        note="exactly 1,000 shown, applied once, and none the third time",
    )


def _bring_in(use: ImportFile, path: Path, *, dry_run: bool = False) -> ImportReport:
    with open_file(path, ImportKind.THERAPISTS) as source:
        return use(source, dry_run=dry_run)


def _timed(work: Callable[[], ImportReport]) -> tuple[ImportReport, float]:
    begun = time.perf_counter()
    report = work()
    return report, time.perf_counter() - begun
