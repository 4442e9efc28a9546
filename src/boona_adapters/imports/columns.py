"""Which field does a column name mean, and what does a row of named values say?"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any

from boona_adapters.addresses import BadAddress, mailbox_of
from boona_adapters.imports.fields import FIELDS, IDS, KEPT_BY_THE_SYSTEM
from boona_adapters.imports.values import Unreadable
from boona_adapters.vocabulary import ENGLISH, english, named_twice, spellings
from boona_core.importing import ImportKind, PersonRow, RefusedRow, RequestRow, RowFault
from boona_core.redaction import one_line

MOST_COLUMNS = 500
LONGEST_COLUMN_NAME = 100
MOST_FAULTS = 20
"""Names that are told of one object that has unknown ones."""

Row = PersonRow | RequestRow | RefusedRow
Cell = tuple[str, str, object]
"""The name as the file has it, the English name of the field, and what stands there."""


def plain_name(name: str) -> str:
    """A column's name as it is compared: trimmed, in lower case."""
    return name.strip().lower()


def quoted(name: str) -> str:
    """A column's name as a fault shows it: one harmless line, cut."""
    return f"{one_line(name, longest=60)!r}"


def faults_of_names(kind: ImportKind, names: Iterable[str], ignored: frozenset[str]) -> Iterator[str]:
    """What is wrong with the names of columns: unknown ones with a suggestion, and those that may not be given."""
    fields = FIELDS[kind]
    known = [spelling for name in fields for spelling in spellings(name)]
    for name in names:
        if len(name) > LONGEST_COLUMN_NAME:
            yield f"a column name is longer than {LONGEST_COLUMN_NAME} characters: {quoted(name)}"
            continue
        plain = plain_name(name)
        if plain in ignored or english(plain) in fields:
            continue
        if english(plain) in KEPT_BY_THE_SYSTEM and kind is ImportKind.THERAPISTS:
            yield f"column {quoted(name)} is kept by the service itself and cannot be imported"
        elif close := get_close_matches(plain, known, n=1):
            yield f"column {quoted(name)} is not known: did you mean {close[0]!r}?"
        else:
            yield f"column {quoted(name)} is not known for {kind}"


def faults_of_header(kind: ImportKind, names: list[str], ignored: frozenset[str]) -> Iterator[str]:
    """What is wrong with the header of a CSV file.

    Where it names nothing that is known it is perhaps no header but somebody's row, and is not repeated.
    """
    if len(names) > MOST_COLUMNS:
        yield f"the header has {len(names)} columns, more than {MOST_COLUMNS}"
        return
    plain = [plain_name(name) for name in names]
    if "" in plain:
        yield f"column {plain.index('') + 1} of the header has no name"
    used = [name for name in plain if name and name not in ignored and len(name) <= LONGEST_COLUMN_NAME]
    if any(english(name) in FIELDS[kind] for name in used):
        yield from faults_of_names(kind, [name for name in names if plain_name(name)], ignored)
        yield from (f"column {quoted(fault.place)} {fault.fault}" for fault in named_twice(used))
    else:
        yield f"the first row names no column that is known for {kind}: it has to be a header"
    present = {english(name) for name in used}
    yield from (f"column {name!r} is missing" for name in IDS[kind] if name not in present)


class Rows:
    """Makes rows of one kind out of named values.

    Attributes:
        written: The English name of each field met to the name that the file uses.
    """

    def __init__(self, kind: ImportKind) -> None:
        self.written: dict[str, str] = {}
        self._kind = kind
        self._known: set[str] = set()  # names that need no other look
        self._fields = FIELDS[kind]
        self._make: Callable[[int, dict[str, Any]], PersonRow | RequestRow] = (
            _request if kind is ImportKind.REQUESTS else _person
        )

    def row(self, number: int, cells: Iterable[Cell]) -> Row:
        """The row, or all that is wrong with it."""
        values: dict[str, Any] = {}
        faults: list[RowFault] = []
        fields = self._fields
        for name, field, cell in cells:
            if cell is None or (isinstance(cell, str) and (not cell or cell.isspace())):
                values[field] = None
                continue
            try:
                values[field] = fields[field](cell)
            except Unreadable as fault:
                faults.append(RowFault(number, name, str(fault)))
        seen = {fault.field for fault in faults}
        for field in IDS[self._kind]:
            name = self.written.get(field, field)
            if not values.get(field) and name not in seen:
                faults.append(RowFault(number, name, "must not be empty" if field in values else "is missing"))
        if self._kind is ImportKind.THERAPISTS and "email" in values:
            try:
                values["mailbox"] = values["email"] and mailbox_of(values["email"])
            except BadAddress as bad:
                faults.append(RowFault(number, "email", str(bad)))
        return RefusedRow(number, tuple(faults)) if faults else self._make(number, values)

    def _unknown(self, values: Iterable[str], ignored: frozenset[str]) -> Iterator[str]:
        """Which names cannot be; of a patient their places only: in a damaged file a value may stand there."""
        for place, name in enumerate(values, start=1):
            for fault in faults_of_names(self._kind, (name,), ignored):
                is_shown = self._kind is ImportKind.THERAPISTS
                yield fault if is_shown else f"the name at place {place} of the object is not known"

    def named(self, number: int, values: Mapping[str, object], ignored: frozenset[str]) -> Row:
        """The row that a JSON object is."""
        if not self._known.issuperset(values):
            if unknown := [*islice(self._unknown(values, ignored), MOST_FAULTS)]:
                return RefusedRow(number, tuple(RowFault(number, None, fault) for fault in unknown))
            if len(self._known) < MOST_COLUMNS:
                self._known.update(values)
        names = [plain for name in values if (plain := plain_name(name)) not in ignored]
        if len(set(map(english, names))) < len(names):
            return RefusedRow(number, tuple(RowFault(number, f.place, f.fault) for f in named_twice(names)))
        for name in names:
            if name in ENGLISH:
                self.written[ENGLISH[name]] = name
        return self.row(
            number,
            (
                (name, english(plain), cell)
                for name, cell in values.items()
                if (plain := plain_name(name)) not in ignored
            ),
        )


def _person(number: int, values: dict[str, Any]) -> PersonRow:
    return PersonRow(row=number, external_id=values["external_id"], values=values)


def _request(number: int, values: dict[str, Any]) -> RequestRow:
    return RequestRow(
        row=number,
        patient=values["patient_external_id"],
        therapist=values["therapist_external_id"],
        priority=values.get("priority"),
    )
