"""Files of postal codes, and the command that reads them."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from boona_adapters.imports import FileRefused, read_postal_codes
from boona_adapters.memory import MemoryStore
from boona_core.geo import Point
from boona_core.importing import Counts, RefusedRow
from boona_core.postal_codes import PostalPlace
from boona_core.usecases.importing_postal_codes import ImportPostalCodes, PostalCodeReport
from tests.edge.office import Office, office_on
from tests.situations import NOW

HEADER = "postal_code,place,state,latitude,longitude\n"
BERLIN = "10115,Berlin,BE,52.5320,13.3849\n"
DRESDEN = "01067,Dresden,SN,51.0547,13.7269\n"
GEONAMES = "\n".join(
    [
        "DE\t10115\tBerlin\tBerlin\tBE\t\t00\tBerlin, Stadt\t11000\t52.532\t13.3849\t4",
        "AT\t1010\tWien\tWien\t09\t\t\t\t\t48.2077\t16.3705\t5",
        "DE\t95691\tHohenberg\tBayern\tBY\tOberfranken\t094\tWunsiedel\t09479\t50.1\t12.2\t4",
        "DE\t95691\tNeuhaus\tBayern\tBY\tOberfranken\t094\tWunsiedel\t09479\t50.3\t12.4\t4",
        "",
    ]
)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "plz_de.csv"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "codes"


def read(file: Path, content: str | bytes) -> list[PostalPlace | RefusedRow]:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_postal_codes(file))


def faults(rows: list[PostalPlace | RefusedRow]) -> list[str]:
    return [str(fault) for row in rows if isinstance(row, RefusedRow) for fault in row.faults]


def test_csv_is_read_by_its_header(file: Path) -> None:
    assert read(file, HEADER + BERLIN) == [PostalPlace("10115", "Berlin", "BE", Point(52.532, 13.3849))]


def test_other_columns_other_orders_and_other_delimiters_are_read(file: Path) -> None:
    content = "longitude;latitude;more;state;place;postal_code\n13.3849;52.532;x;;Berlin;10115\n"

    assert read(file, content) == [PostalPlace("10115", "Berlin", None, Point(52.532, 13.3849))]


def test_the_table_of_geonames_is_read_and_other_countries_are_passed_over(file: Path) -> None:
    rows = read(file, GEONAMES)

    assert [row.code for row in rows if isinstance(row, PostalPlace)] == ["10115", "95691", "95691"]
    assert rows[0] == PostalPlace("10115", "Berlin", "BE", Point(52.532, 13.3849))


def test_a_bad_row_is_named_with_its_column_and_takes_no_other_with_it(file: Path) -> None:
    rows = read(
        file,
        HEADER
        + "1067,Dresden,SN,51,13\n"
        + "10115,Berlin,XX,52,13\n"
        + "10117,Berlin,BE,91,13\n"
        + "10119,Berlin,BE,nord,13\n"
        + "10178,,BE,52,13\n"
        + "10179,Berlin,BE,52\n"
        + "10243,Berlin,BE,nan,13\n"
        + DRESDEN,
    )

    assert [fault.split(":")[0] for fault in faults(rows)] == [
        "row 2, postal_code",
        "row 3, state",
        "row 4, latitude",
        "row 5, latitude",
        "row 6, place",
        "row 7",
        "row 8, latitude",
    ]
    assert isinstance(rows[-1], PostalPlace)


def test_a_row_of_geonames_that_breaks_off_is_named(file: Path) -> None:
    assert faults(read(file, GEONAMES + "DE\t10117\tBer")) == ["row 5: has 3 columns, GeoNames has 12"]


def test_bytes_that_are_not_utf_8_are_a_fault_of_their_row(file: Path) -> None:
    rows = read(file, HEADER.encode() + "80331,München,BY,48.1,11.5\n".encode("latin-1") + BERLIN.encode())

    assert faults(rows) == ["row 2, place: holds half of a surrogate pair"]
    assert isinstance(rows[-1], PostalPlace)


@pytest.mark.parametrize("content", ["", "plz,ort\n10115,Berlin\n", "postal_code,place\n"])
def test_what_is_in_neither_form_is_refused_whole(file: Path, content: str) -> None:
    with pytest.raises(FileRefused):
        read(file, content)


def test_a_file_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(FileRefused, match="cannot be opened"):
        list(read_postal_codes(file))


# The use case


def bring_in(store: MemoryStore, file: Path, content: str, *, dry_run: bool = False) -> PostalCodeReport:
    file.write_text(content)
    return ImportPostalCodes(open_unit=store.open_unit)(read_postal_codes(file), dry_run=dry_run)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(lambda: NOW)


def test_the_same_file_twice_changes_nothing(store: MemoryStore, file: Path) -> None:
    first = bring_in(store, file, HEADER + BERLIN + DRESDEN)

    second = bring_in(store, file, HEADER + BERLIN + DRESDEN)

    assert first.counts == Counts(created=2)
    assert second.counts == Counts(unchanged=2)


def test_a_changed_place_is_told_and_the_codes_not_named_stay(store: MemoryStore, file: Path) -> None:
    bring_in(store, file, HEADER + BERLIN + DRESDEN)

    report = bring_in(store, file, HEADER + BERLIN.replace("52.5320", "52.6"))

    assert report.counts == Counts(changed=1)
    assert report.examples == {"changed": "10115"}
    assert sorted(store.tables.postal_codes.rows) == ["01067", "10115"]
    assert store.tables.postal_codes.rows["10115"].point.latitude == 52.6


def test_places_that_share_a_code_become_one(store: MemoryStore, file: Path) -> None:
    report = bring_in(store, file, GEONAMES)

    assert report.counts == Counts(created=2)
    assert store.tables.postal_codes.rows["95691"] == PostalPlace("95691", "Hohenberg", "BY", Point(50.2, 12.3))


def test_a_dry_run_says_the_same_and_stores_nothing(store: MemoryStore, file: Path) -> None:
    report = bring_in(store, file, HEADER + BERLIN + "x,y,z,1,1\n", dry_run=True)

    assert report.counts == Counts(created=1, refused=1)
    assert store.tables.postal_codes.rows == {}


@pytest.mark.skipif(not SHARED.exists() and not os.environ.get("CI"), reason="the table of all codes is not here")
def test_every_code_of_germany_is_read(store: MemoryStore, file: Path) -> None:
    report = bring_in(store, file, SHARED.read_text())

    assert report.counts == Counts(created=8292)


# The command


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as office:
        yield office


def test_the_command_stores_the_good_rows_and_names_the_bad_ones(office: Office, file: Path) -> None:
    file.write_text(HEADER + BERLIN + "1067,Dresden,SN,51,13\n")

    said = office.boona("import", "postal-codes", str(file))

    assert said.status == 1
    assert "1 created" in said.out
    assert "row 3, postal_code: is not a German postal code" in said.err
    assert office.one("SELECT count(*) FROM geocoding_service.postal_codes") == 1


def test_the_command_tells_a_program_and_a_dry_run_stores_nothing(office: Office, file: Path) -> None:
    file.write_text(HEADER + BERLIN + DRESDEN)

    said = office.boona("import", "postal-codes", "--dry-run", "--json", str(file))

    assert said.status == 0
    assert json.loads(said.out) == {
        "dry_run": True,
        "created": 2,
        "changed": 0,
        "unchanged": 0,
        "refused": 0,
        "examples": {"created": "10115"},
        "faults": [],
    }
    assert office.one("SELECT count(*) FROM geocoding_service.postal_codes") == 0


def test_the_command_refuses_what_is_no_table(office: Office, file: Path) -> None:
    file.write_text("nothing of it\n")

    said = office.boona("import", "postal-codes", str(file))

    assert said.status == 1
    assert "neither a table of GeoNames nor CSV" in said.err
