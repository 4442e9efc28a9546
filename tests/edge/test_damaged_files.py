"""A damaged file loses no good row, and names each bad one."""

from pathlib import Path

import pytest

from boona_adapters.imports import open_file
from boona_adapters.memory import MemoryStore
from boona_core.importing import Counts, ImportKind, ImportReport
from boona_core.therapists import TherapistStatus
from boona_core.usecases.importing import ImportFile
from tests.situations import NOW
from tests.usecases.house import BOARD, STATIONERY

GOOD, BAD = 3_000, 3_000
HEADER = "external_id,last_name,blocked_on\n"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(lambda: NOW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "therapists.csv"


def bring_in(store: MemoryStore, file: Path, content: bytes) -> ImportReport:
    file.write_bytes(content)
    use = ImportFile(open_unit=store.open_unit, stationery=STATIONERY, switchboard=BOARD)
    with open_file(file, ImportKind.THERAPISTS) as source:
        return use(source)


def names(store: MemoryStore) -> set[str | None]:
    return {therapist.external_id for therapist in store.tables.therapists.rows.values()}


def test_three_thousand_bad_rows_cost_no_good_one(store: MemoryStore, file: Path) -> None:
    rows = "".join(f"G{number},Ada,\nB{number},Ida,31.02.2026\n" for number in range(GOOD))

    report = bring_in(store, file, (HEADER + rows).encode())

    assert report.counts == Counts(created=GOOD, refused=BAD)
    assert names(store) == {f"G{number}" for number in range(GOOD)}
    assert [fault.row for fault in report.faults] == list(range(3, 2 * GOOD + 3, 2))
    assert {(fault.field, fault.fault) for fault in report.faults} == {("blocked_on", "is not a date of the calendar")}


def test_an_id_that_comes_again_is_named_and_the_first_stays(store: MemoryStore, file: Path) -> None:
    report = bring_in(store, file, (HEADER + "T1,Ada,\nT2,Ida,\nT1,Eva,\n").encode())

    assert [str(fault) for fault in report.faults] == ["row 4, external_id: stands in an earlier row as well"]
    assert [each.last_name for each in store.tables.therapists.rows.values()] == ["Ada", "Ida"]


def test_rows_in_another_encoding_are_named_and_the_others_are_read(store: MemoryStore, file: Path) -> None:
    content = HEADER.encode() + b"T1,M\xfcller,\n" + "T2,Müller,\n".encode()

    report = bring_in(store, file, content)

    assert [fault.row for fault in report.faults] == [2]
    assert names(store) == {"T2"}


def test_a_last_row_that_is_cut_off_is_named_and_the_others_are_read(store: MemoryStore, file: Path) -> None:
    report = bring_in(store, file, (HEADER + "T1,Ada,\nT2,Id").encode())

    assert [str(fault) for fault in report.faults] == ["row 3: has 2 cells, the header has 3"]
    assert names(store) == {"T1"}


def test_of_a_list_that_breaks_off_what_is_whole_is_stored_and_the_place_is_told(
    store: MemoryStore, file: Path
) -> None:
    report = bring_in(store, file, b'[{"external_id": "T1", "last_name": "Ada"}, {"external_id": "T')

    assert names(store) == {"T1"}
    assert report.counts == Counts(created=1, refused=1)
    assert [str(fault) for fault in report.faults] == [
        "row 2: breaks off at line 1, byte 63: nothing behind it can be read"
    ]


def test_who_is_missing_in_a_file_that_breaks_off_stays_active(store: MemoryStore, file: Path) -> None:
    bring_in(store, file, b'[{"external_id": "T1", "last_name": "Ada"}, {"external_id": "T2", "last_name": "Eva"}]')

    bring_in(store, file, b'[{"external_id": "T1", "last_name": "Ada"}, {"external_')

    assert {each.status for each in store.tables.therapists.rows.values()} == {TherapistStatus.ACTIVE}
