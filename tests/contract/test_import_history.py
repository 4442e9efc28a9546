"""The history of imports can be read again, and says what was taken back."""

import pytest

from boona_adapters.addresses import mailbox_of
from boona_core.api_ports import Cut, ImportFilter
from boona_core.contact import ContactPolicy
from boona_core.errors import UnknownId
from boona_core.import_ports import ImportLine
from boona_core.importing import Counts, FieldChange, ImportKind, ImportRunId, RowChange, RowFault
from boona_core.instants import BERLIN
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.undoing_imports import UndoImport
from tests.contract.conftest import Second
from tests.situations import Store
from tests.usecases.house import STATIONERY, no_holidays

HASH = "a" * 64
CHANGES = [
    RowChange(1, 7, created=True),
    RowChange(2, 8, created=False, fields=(FieldChange("phone", None, "030"), FieldChange("languages", ["A"], None))),
]


FAULTS = [
    RowFault(3, "Telefon", "is longer than 50 characters"),
    RowFault(3, None, "is \\x00 ä"),
    RowFault(5, "plz", "x"),
]


def begin(
    store: Store,
    *,
    undoes: ImportRunId | None = None,
    kind: ImportKind = ImportKind.THERAPISTS,
    sha256: str = HASH,
) -> ImportRunId:
    with store.open_unit() as unit:
        run = unit.imports.begin(kind, sha256, undoes=undoes)
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


def test_who_takes_an_import_back_while_another_does_goes_on_with_the_same_entry(store: Store, second: Second) -> None:
    number = begin(store)
    board = Switchboard(policy=ContactPolicy(), zone=BERLIN, holidays=no_holidays)
    undo = UndoImport(open_unit=store.open_unit, stationery=STATIONERY, switchboard=board, mailbox_of=mailbox_of)

    with store.open_unit() as unit:
        unit.imports.take_turns()
        first = unit.imports.begin(ImportKind.THERAPISTS, HASH, undoes=number)
        other = second.does(undo, number)
        assert second.waits(other)
        unit.commit()

    assert other.result().undo_id == first


# In parts


def test_the_history_is_listed_newest_first_with_how_many_there_are(store: Store) -> None:
    numbers = [begin(store) for _ in range(3)]

    with store.open_unit() as unit:
        first = unit.listings.imports(ImportFilter(), Cut(limit=2))
        rest = unit.listings.imports(ImportFilter(), Cut(limit=2, after=numbers[1]))
        second = unit.listings.imports(ImportFilter(), Cut(limit=2, page=2))

    assert [run.id for run in first.rows] == [numbers[2], numbers[1]]
    assert [run.id for run in rest.rows] == [run.id for run in second.rows] == [numbers[0]]
    assert first.total == rest.total == second.total == 3


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (ImportFilter(), [3, 2, 1, 0]),
        (ImportFilter(kind=ImportKind.PATIENTS), [1]),
        (ImportFilter(sha256="b" * 64), [2]),
        (ImportFilter(undone=True), [0]),
        (ImportFilter(undone=False), [3, 2, 1]),
        (ImportFilter(undo=True), [3]),
        (ImportFilter(undo=False), [2, 1, 0]),
        (ImportFilter(kind=ImportKind.PATIENTS, undone=True), []),
    ],
)
def test_a_filter_lets_through_the_runs_that_fit(store: Store, wanted: ImportFilter, places: list[int]) -> None:
    numbers = [begin(store), begin(store, kind=ImportKind.PATIENTS), begin(store, sha256="b" * 64)]
    numbers.append(begin(store, undoes=numbers[0]))

    with store.open_unit() as unit:
        found = unit.listings.imports(wanted, Cut())

    assert [run.id for run in found.rows] == [numbers[place] for place in places]
    assert found.total == len(places)


def test_what_a_run_did_and_refused_is_listed_in_its_order(store: Store) -> None:
    number, other = begin(store), begin(store)
    with store.open_unit() as unit:
        unit.imports.record(other, Counts(created=1, refused=1), CHANGES[:1], FAULTS[2:])
        unit.imports.record(number, Counts(created=1, changed=1, refused=1), CHANGES, FAULTS[:2])
        unit.imports.record(number, Counts(refused=1), [], FAULTS[2:])
        unit.commit()

    with store.open_unit() as unit:
        lines = unit.listings.import_lines(number, Cut(limit=2))
        last = unit.listings.import_lines(number, Cut(limit=2, page=2))
        faults = unit.listings.import_faults(number, Cut(limit=2))
        rest = unit.listings.import_faults(number, Cut(limit=2, page=2))
        none = unit.listings.import_faults(ImportRunId(99), Cut())

    assert [*lines.rows, *last.rows] == [
        ImportLine(7),
        ImportLine(8, "phone", None, "030"),
        ImportLine(8, "languages", ["A"], None),
    ]
    assert ([*faults.rows], [*rest.rows]) == (FAULTS[:2], FAULTS[2:])
    assert (lines.total, last.total, faults.total, rest.total, none.total) == (3, 3, 3, 3, 0)


def test_what_is_not_committed_is_not_in_the_history(store: Store) -> None:
    number = begin(store)
    with store.open_unit() as unit:
        unit.imports.record(number, Counts(refused=1), [], FAULTS)

    with store.open_unit() as unit:
        assert unit.listings.import_faults(number, Cut()).total == 0
