"""Reads a table of postal codes: that of GeoNames, tab separated and without a header, or CSV with one.

GeoNames writes ``country, postal code, place, Land, letters of the Land, …, latitude, longitude, accuracy``; of its
rows those about other countries are passed over.  CSV has the columns ``postal_code, place, state, latitude,
longitude`` in any order, and others beside them.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from boona_adapters.imports.csv_rows import Record, delimiter_among, is_blank, records
from boona_adapters.imports.files import FileRefused, opened
from boona_core.errors import InvalidValue
from boona_core.geo import Point
from boona_core.importing import RefusedRow, RowFault
from boona_core.postal_codes import PostalPlace
from boona_core.texts import fault_of

COUNTRY = "DE"
LONGEST_PLACE = 200
_GEONAMES = {"postal_code": 1, "place": 2, "state": 4, "latitude": 9, "longitude": 10}
_GEONAMES_WIDTH = 12
_NEEDED = ("postal_code", "place", "state", "latitude", "longitude")

Row = PostalPlace | RefusedRow


def read_postal_codes(path: Path) -> Iterator[Row]:
    """The rows of a file, one after the other; several may be about one code.

    Raises:
        FileRefused: it cannot be opened, is empty, or is in neither form.
    """
    with opened(path) as file:
        content = file.read()
    yield from postal_codes_in(content)


def postal_codes_in(content: bytes) -> Iterator[Row]:
    """The same of a file's bytes.

    Raises:
        FileRefused: as ``read_postal_codes``.
    """
    text = content.decode("utf-8-sig", "surrogateescape")
    lines = text.splitlines(keepends=True)
    if not lines:
        raise FileRefused(["is empty"])
    first = lines[0].rstrip("\r\n").split("\t")
    if len(first) == _GEONAMES_WIDTH and len(first[0]) == 2:
        for number, line in enumerate(lines, start=1):
            yield from _geonames(number, line.rstrip("\r\n").split("\t"))
        return
    yield from _csv(lines)


def _geonames(number: int, cells: Sequence[str]) -> Iterator[Row]:
    if cells == [""]:
        return
    if len(cells) != _GEONAMES_WIDTH:
        yield _refused(number, None, f"has {len(cells)} columns, GeoNames has {_GEONAMES_WIDTH}")
    elif cells[0] == COUNTRY:
        yield _row(number, {name: cells[place] for name, place in _GEONAMES.items()})


def _csv(lines: Sequence[str]) -> Iterator[Row]:
    delimiter = delimiter_among(lines[0], _NEEDED)
    header = [name.strip().lower() for name in next(csv.reader([lines[0]], delimiter=delimiter), [])]
    if missing := [name for name in _NEEDED if name not in header]:
        raise FileRefused(
            [f"is neither a table of GeoNames nor CSV with a header: no column {', '.join(missing)}"],
        )
    found: Iterator[Record] = records(lines, delimiter)
    next(found)
    for number, cells in found:
        if isinstance(cells, str):
            yield _refused(number, None, cells)
        elif len(cells) != len(header) and not is_blank(cells):
            yield _refused(number, None, f"has {len(cells)} cells, the header has {len(header)}")
        elif not is_blank(cells):
            yield _row(number, dict(zip(header, cells, strict=True)))


def _row(number: int, cells: dict[str, str]) -> Row:
    name = cells["place"].strip()
    if fault := "is empty" if not name else fault_of(name, LONGEST_PLACE):
        return _refused(number, "place", fault)
    try:
        point = Point(_degrees(cells, "latitude"), _degrees(cells, "longitude"))
        return PostalPlace(cells["postal_code"].strip(), name, cells["state"].strip().upper() or None, point)
    except InvalidValue as bad:
        return _refused(number, _COLUMNS.get(bad.place, bad.place), bad.fault)


_COLUMNS = {"code": "postal_code", "land": "state"}


def _degrees(cells: dict[str, str], name: str) -> float:
    try:
        return float(cells[name])
    except ValueError:
        raise InvalidValue(name, "is not a number of degrees, such as 52.5200") from None


def _refused(number: int, column: str | None, fault: str) -> RefusedRow:
    return RefusedRow(number, (RowFault(number, column, fault),))
