"""Opens a file, or the bytes of one that was sent, checks its form, and gives its rows.

A file is read twice: first for its form, so that one that is something else is refused before anything is stored, then
for its rows.  Its hash has to be the same both times.  The whole is never in memory.  A damaged place costs the rows in
it and no other; only a file in which nothing can be read is refused as a whole.
"""

import codecs
import hashlib
import stat
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from attrs import evolve, field, frozen

from boona_adapters.imports.columns import MOST_COLUMNS, Row, Rows, faults_of_names, plain_name
from boona_adapters.imports.csv_rows import LONGEST_LINE, delimiter_of, is_blank, read_header, read_row, records
from boona_adapters.imports.directory import GONE, PARTS, flattened, is_entry, newest
from boona_adapters.imports.json_rows import Damage, NotJson, elements
from boona_core.errors import BoonaError
from boona_core.importing import ImportKind, PersonRow, RefusedRow, RowFault

MOST_DAMAGED = 20
"""Damaged places that are told of a file that is refused as a whole."""


class FileRefused(BoonaError, ValueError):
    """A file that cannot be imported as a whole; nothing of it is stored.

    Attributes:
        faults: Everything that is wrong with it, each with its place, without a value of any row.
    """

    def __init__(self, faults: Collection[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class FileChanged(BoonaError):
    """The file is not any more what it was when it was opened; the chunks stored before stay stored."""

    def __init__(self) -> None:
        super().__init__("the file changed while it was read: import it again when it is finished")


@frozen(kw_only=True)
class OpenedFile:
    """A file in which rows can be read: a ``boona_core.import_ports.ImportSource``."""

    kind: ImportKind
    sha256: str
    total: int
    _read: Callable[[Rows, "hashlib._Hash"], Iterator[Row]] = field(repr=False)
    _rows: Rows = field(repr=False)

    def name_of(self, field_name: str) -> str:
        """A field's English name as the file writes it."""
        return self._rows.written.get(field_name, field_name)

    def __iter__(self) -> Iterator[Row]:
        """The rows in order.

        Raises:
            FileChanged: the bytes are not those that were checked.
        """
        digest = hashlib.sha256()
        try:
            yield from self._read(self._rows, digest)
        except FileRefused:
            raise FileChanged from None
        if digest.hexdigest() != self.sha256:
            raise FileChanged


@contextmanager
def open_file(path: Path, kind: ImportKind, *, ignored: Collection[str] = ()) -> Iterator[OpenedFile]:
    """Open a file of *kind*, CSV or JSON, and check its form.

    Args:
        ignored: Names of columns that are passed over.

    Raises:
        FileRefused: it cannot be read, is empty, nothing in it is a row, or it has columns that do not fit.
    """
    with opened(path) as file:
        yield _whole(file, kind, ignored, is_json=path.suffix.lower() == ".json")


def open_bytes(content: bytes, kind: ImportKind, *, is_json: bool, ignored: Collection[str] = ()) -> OpenedFile:
    """The same of a file's bytes.

    Args:
        is_json: The sender says so; a list or an object is read as JSON whatever is said.

    Raises:
        FileRefused: as ``open_file``.
    """
    return _whole(BytesIO(content), kind, ignored, is_json=is_json)


def _whole(file: BinaryIO, kind: ImportKind, ignored: Collection[str], *, is_json: bool) -> OpenedFile:
    names = frozenset(map(plain_name, ignored))
    form = _form_of(file, is_json=is_json)(file, kind, names)
    digest = hashlib.sha256()
    total = form.check(digest)
    return OpenedFile(kind=kind, sha256=digest.hexdigest(), total=total, read=form.read, rows=Rows(kind))


def opened(path: Path) -> BinaryIO:
    """An ordinary file, for reading its bytes.

    Raises:
        FileRefused: it cannot be opened, or is something else than a file.
    """
    try:
        if stat.S_ISREG(path.stat().st_mode):  # asked first: opening a pipe would wait for its other end
            return path.open("rb")
    except OSError as error:
        raise FileRefused([f"cannot be opened: {error.strerror}"]) from None
    raise FileRefused(["is not an ordinary file"])


def _form_of(file: BinaryIO, *, is_json: bool) -> "type[_Form]":
    start = file.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileRefused(["is UTF-16: save it as UTF-8"])
    begun = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if not begun and len(start) < 4096:
        raise FileRefused(["is empty"])
    return _JsonForm if begun[:1] in (b"[", b"{") or is_json else _CsvForm


class _Form(ABC):
    """One way to write rows down."""

    def __init__(self, file: BinaryIO, kind: ImportKind, ignored: frozenset[str]) -> None:
        self._file = file
        self._kind = kind
        self._ignored = ignored

    @abstractmethod
    def check(self, digest: "hashlib._Hash") -> int:
        """Read the file through; returns how many rows it has."""

    @abstractmethod
    def read(self, rows: Rows, digest: "hashlib._Hash") -> Iterator[Row]:
        """Read the file once more, for its rows."""


class _CsvForm(_Form):
    def check(self, digest: "hashlib._Hash") -> int:
        self._file.seek(0)
        self._delimiter = delimiter_of(next(self._lines(hashlib.sha256()), ""), self._kind)
        found = records(self._lines(digest), self._delimiter)
        _, names = next(found, (1, []))
        if isinstance(names, str):
            raise FileRefused([f"row 1: {names}"])
        if any("\udc80" <= character <= "\udcff" for name in names for character in name):
            raise FileRefused(["row 1: is not UTF-8 text: save the file as UTF-8"])
        self._header, faults = read_header(names, self._kind, self._ignored)
        if faults:
            raise FileRefused(faults)
        return sum(not is_blank(cells) for _, cells in found)

    def read(self, rows: Rows, digest: "hashlib._Hash") -> Iterator[Row]:
        rows.written.update((field_name, name) for _, name, field_name in self._header.columns)
        found = records(self._lines(digest), self._delimiter)
        next(found, None)
        for record in found:
            if row := read_row(rows, self._header, record):
                yield row

    def _lines(self, digest: "hashlib._Hash") -> Iterator[str]:
        """The lines from the start; bytes that are not UTF-8 become lone surrogates, which no value may hold."""
        self._file.seek(0)
        number = 0
        while line := self._file.readline(LONGEST_LINE):
            number += 1
            digest.update(line)
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                raise FileRefused([f"line {number} is longer than {LONGEST_LINE} bytes"])
            yield (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).decode("utf-8", "surrogateescape")


class _JsonForm(_Form):
    def check(self, digest: "hashlib._Hash") -> int:
        names: Counter[str] = Counter()
        damaged: list[str] = []
        objects = whole = total = 0
        for number, element, _ in self._entries(digest):
            total = number
            whole += not isinstance(element, Damage) or element.is_element
            if isinstance(element, dict):
                objects += 1
                names.update(name for name in element if name in names or len(names) < MOST_COLUMNS)
            elif isinstance(element, Damage) and len(damaged) < MOST_DAMAGED:
                damaged.append(f"row {number}: {element.fault}")
        usual = [name for name, found in names.items() if found * 2 > objects]  # another one costs its row only
        if faults := list(faults_of_names(self._kind, usual, self._ignored)):
            raise FileRefused(faults)
        if damaged and not whole:
            raise FileRefused(damaged)
        return total

    def read(self, rows: Rows, digest: "hashlib._Hash") -> Iterator[Row]:
        for number, element, gone in self._entries(digest):
            if isinstance(element, Damage):
                yield RefusedRow(number, (RowFault(number, None, element.fault),))
            elif isinstance(element, dict):
                row = rows.named(number, element, self._ignored)
                yield evolve(row, deleted=True) if gone and isinstance(row, PersonRow) else row
            else:
                yield RefusedRow(number, (RowFault(number, None, "is not an object"),))

    def _entries(self, digest: "hashlib._Hash") -> Iterator[tuple[int, object, bool]]:
        """The objects by their number, entries of a directory made plain, and whether each is gone from it."""
        directory = self._kind is ImportKind.THERAPISTS
        for number, part, element in self._elements(digest, PARTS if directory else ()):
            entry = newest(element, part) if directory else element
            yield number, flattened(entry) if directory and is_entry(entry) else entry, part == GONE

    def _elements(self, digest: "hashlib._Hash", parts: Collection[str]) -> Iterator[tuple[int, str | None, object]]:
        self._file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

        def more(count: int) -> str:
            while piece := self._file.read(count):
                digest.update(piece)
                if decoded := decoder.decode(piece):
                    return decoded
            return decoder.decode(b"", final=True)

        try:
            yield from elements(more, parts)
        except NotJson:
            raise FileRefused(["is not a list of objects: it has to begin with ["]) from None
