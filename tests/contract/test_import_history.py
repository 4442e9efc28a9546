"""The history of imports can be read again, and says what was taken back."""

import pytest

from boona_core.errors import UnknownId
from boona_core.import_ports import ImportLine
from boona_core.importing import Counts, FieldChange, ImportKind, ImportRunId, RowChange
from tests.situations import Store

HASH = "a" * 64
CHANGES = [
    RowChange(1, 7, created=True),
    RowChange(2, 8, created=False, fields=(FieldChange("phone", None, "030"), FieldChange("languages", ["A"], None))),
]


def begin(store: Store, *, undoes: ImportRunId | None = None) -> ImportRunId:
    with store.open_unit() as unit:
        run = unit.imports.begin(ImportKind.THERAPISTS, HASH, undoes=undoes)
        unit.commit()
    return run


def test_a_run_is_read_with_its_counts_and_lines(store: Store) -> None:
    number = begin(store)
    with store.open_unit() as unit:
        unit.imports.record(number, Counts(created=1, changed=1, refused=3), CHANGES)
        unit.commit()

    with store.open_unit() as unit:
        run, lines = unit.imports.run(number), unit.imports.lines(number)

    assert (run.kind, run.sha256, run.counts) == (ImportKind.THERAPISTS, HASH, Counts(created=1, changed=1, refused=3))
    assert (run.undoes, run.undone_by) == (None, None)
    assert run.begun_at.utcoffset() is not None
    assert list(lines) == [ImportLine(7), ImportLine(8, "phone", None, "030"), ImportLine(8, "languages", ["A"], None)]


def test_a_run_knows_by_which_it_was_taken_back(store: Store) -> None:
    first = begin(store)
    undo = begin(store, undoes=first)

    with store.open_unit() as unit:
        runs = unit.imports.runs(limit=5)

    assert [(run.id, run.undoes, run.undone_by) for run in runs] == [(undo, first, None), (first, None, undo)]


def test_the_last_runs_come_first_and_no_more_than_asked_for(store: Store) -> None:
    numbers = [begin(store) for _ in range(3)]

    with store.open_unit() as unit:
        assert [run.id for run in unit.imports.runs(limit=2)] == [numbers[2], numbers[1]]


def test_a_run_that_never_was_is_unknown_and_did_nothing(store: Store) -> None:
    with store.open_unit() as unit:
        assert list(unit.imports.lines(ImportRunId(99))) == []
        with pytest.raises(UnknownId):
            unit.imports.run(ImportRunId(99))
