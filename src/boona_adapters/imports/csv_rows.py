"""Reads CSV: commas, semicolons or tabs, quoted line breaks, bad lines named and passed over."""

import csv
from collections.abc import Collection, Iterable, Iterator

from attrs import frozen

from boona_adapters.imports.columns import Row, Rows, faults_of_header, plain_name
from boona_adapters.imports.fields import FIELDS
from boona_adapters.vocabulary import english
from boona_core.importing import ImportKind, RefusedRow, RowFault

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of one line, and characters of one cell, that are read at all."""

csv.field_size_limit(LONGEST_LINE)  # the module's own limit, which is for the whole process

_DELIMITERS = ",;\t"
Record = tuple[int, list[str] | str]
"""The number of the row, and its cells or what is wrong with it."""


def records(lines: Iterable[str], delimiter: str) -> Iterator[Record]:
    """Every record, the header as number 1; empty lines count and come as no cells."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, _fault(str(error))


def is_blank(cells: list[str] | str) -> bool:
    """Whether a record has nothing in any of its cells."""
    return not isinstance(cells, str) and not any(map(str.strip, cells))


def delimiter_of(header: str, kind: ImportKind) -> str:
    """The delimiter under which the header names the most known fields; a comma when none does."""
    return delimiter_among(header, FIELDS[kind])


def delimiter_among(header: str, known: Collection[str]) -> str:
    """The delimiter under which the header names most of the *known* English names; a comma when none does."""
    return max(_DELIMITERS, key=lambda delimiter: _known(header, delimiter, known))


@frozen
class Header:
    """The columns of a file.

    Attributes:
        columns: Place, name as the file has it, and field, of the columns that are read.
        width: How many cells each row has.
    """

    columns: tuple[tuple[int, str, str], ...]
    width: int


def read_header(names: list[str], kind: ImportKind, ignored: frozenset[str]) -> tuple[Header, list[str]]:
    """The header, and what is wrong with it."""
    while names and not names[-1].strip():  # a delimiter at the end of the line
        names = names[:-1]
    faults = list(faults_of_header(kind, names, ignored))
    columns = tuple(
        (place, name.strip(), english(plain))
        for place, name in enumerate(names)
        if not faults and (plain := plain_name(name)) not in ignored
    )
    return Header(columns, len(names)), faults


def read_row(rows: Rows, header: Header, record: Record) -> Row | None:
    """The row that a record is; None: an empty line."""
    number, cells = record
    if isinstance(cells, str):
        return RefusedRow(number, (RowFault(number, None, cells),))
    if is_blank(cells):
        return None
    if len(cells) != header.width and (len(cells) < header.width or not is_blank(cells[header.width :])):
        fault = f"has {len(cells)} cells, the header has {header.width}"
        return RefusedRow(number, (RowFault(number, None, fault),))
    return rows.row(number, [(name, field, cells[place]) for place, name, field in header.columns])


def _known(header: str, delimiter: str, known: Collection[str]) -> int:
    try:
        names = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return 0
    return sum(english(plain_name(name)) in known for name in names)


def _fault(words: str) -> str:
    if "end of data" in words:
        return "a quotation mark is opened and never closed: the rest of the file was taken for one cell"
    if "expected after" in words:
        return "a quoted cell goes on after its closing quotation mark: marks inside of it are doubled"
    if "field limit" in words:
        return f"a cell is longer than {LONGEST_LINE} characters"
    return "cannot be read as CSV: a line break that is none"
