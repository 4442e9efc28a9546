"""Reads CSV: commas, semicolons or tabs, quoted line breaks, bad lines named and passed over.

A quotation mark that is never closed, or closed in another row, costs its own row: the lines behind it are read again.
"""

import csv
from collections import deque
from collections.abc import Collection, Iterable, Iterator

from attrs import frozen

from boona_adapters.imports.columns import Row, Rows, faults_of_header, plain_name
from boona_adapters.imports.fields import FIELDS
from boona_adapters.vocabulary import english
from boona_core.importing import ImportKind, RefusedRow, RowFault

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of one line, and characters of one cell, that are read at all."""

MOST_LINES = 1_000
"""Lines of one record that are read at all."""

csv.field_size_limit(LONGEST_LINE)  # the module's own limit, which is for the whole process

_DELIMITERS = ",;\t"
Record = tuple[int, list[str] | str]
"""The number of the row, and its cells or what is wrong with it."""


class _EndlessCell(csv.Error):
    """A record goes on for more lines than any record has."""


class _Lines:
    """Lines that can be read again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._taken: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self._taken) > MOST_LINES:
            raise _EndlessCell
        line = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(line)
        return line

    def begin(self) -> None:
        """A record begins here."""
        self._taken.clear()

    def take_first_only(self) -> int:
        """Let the record have been one line; returns how many lines are read again."""
        again = self._taken[1:]
        self._again.extendleft(reversed(again))
        return len(again)


def records(lines: Iterable[str], delimiter: str) -> Iterator[Record]:
    """Every record, the header as number 1; empty lines count and come as no cells."""
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        source.begin()
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            again = source.take_first_only()
            reader = csv.reader(source, delimiter=delimiter, strict=True)
            yield number, _fault(str(error), is_open=again > 0 or isinstance(error, _EndlessCell))


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


def _fault(words: str, *, is_open: bool) -> str:
    if is_open or "end of data" in words:
        return "a quotation mark is opened and not closed in its row"
    if "expected after" in words:
        return "a quoted cell goes on after its closing quotation mark: marks inside of it are doubled"
    if "field limit" in words:
        return f"a cell is longer than {LONGEST_LINE} characters"
    return "cannot be read as CSV: a line break that is none"
