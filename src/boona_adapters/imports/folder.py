"""Which files have arrived in a folder, and where do they go when they were read?

A file says by the beginning of its name what it is about: ``therapists…``, ``patients…`` or ``requests…``, as CSV or
JSON.  A file that was touched a moment ago may still be on its way and waits for the next look.  One that was read goes
to the folder ``done``, one that was refused as a whole to ``refused``, beside it what became of it.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from boona_core.importing import ImportKind

DONE = "done"
REFUSED = "refused"
_SUFFIXES = frozenset({".csv", ".json"})


def arrived(folder: Path, *, now: datetime, settled: timedelta) -> list[tuple[ImportKind, Path]]:
    """The files in *folder* that nobody has touched for so long: therapists, patients, requests, each by name.

    Raises:
        OSError: the folder cannot be read.
    """
    found = []
    for place, kind in enumerate(ImportKind):
        for path in folder.iterdir():
            fits = path.name.lower().startswith(kind.value) and path.suffix.lower() in _SUFFIXES
            if fits and path.is_file() and now.timestamp() - path.stat().st_mtime >= settled.total_seconds():
                found.append((place, path.name, kind, path))
    return [(kind, path) for _, _, kind, path in sorted(found)]


def put_away(path: Path, where: str, report: Mapping[str, Any], *, now: datetime) -> Path:
    """Move a file out of the way, under a name that no other has, and write beside it what became of it.

    Raises:
        OSError: it cannot be moved.
    """
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    stem = f"{now:%Y%m%dT%H%M%S}-{path.stem}"
    target, number = folder / f"{stem}{path.suffix}", 1
    while target.exists():
        number += 1
        target = folder / f"{stem}-{number}{path.suffix}"
    path.rename(target)
    told = json.dumps(report, ensure_ascii=False, indent=2)
    target.with_name(f"{target.name}.report.json").write_text(f"{told}\n", encoding="utf-8")
    return target
