"""How does the invented agency get into the database?  As files, like every other agency."""

import csv
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from boona_adapters.demo.agency import InventedAgency, Row
from boona_adapters.demo.places import postal_codes
from boona_core.importing import ImportKind

FILES: Mapping[ImportKind, str] = {
    ImportKind.THERAPISTS: "therapists.json",
    ImportKind.PATIENTS: "patients.csv",
    ImportKind.REQUESTS: "requests.csv",
}
"""The files, in the order in which they are imported."""


POSTAL_CODES = "postal_codes.csv"
"""Where the postal codes of the invented people lie; imported before everything else."""


def write_agency(agency: InventedAgency, folder: Path) -> None:
    """Write the four files into *folder*, which is there with all of them or not at all."""
    unfinished = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    _write_csv(postal_codes(), unfinished / POSTAL_CODES)
    _write_json(agency.therapists, unfinished / FILES[ImportKind.THERAPISTS])
    _write_csv(agency.patients, unfinished / FILES[ImportKind.PATIENTS])
    _write_csv(agency.requests, unfinished / FILES[ImportKind.REQUESTS])
    unfinished.rename(folder)


def _write_json(rows: Sequence[Row], path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        json.dump(rows, stream, ensure_ascii=False, indent=1, default=date.isoformat)
        stream.write("\n")


def _write_csv(rows: Sequence[Row], path: Path) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)


def _cell(value: Any) -> str:
    """What stands in a cell; nothing known is an empty one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
