"""Files as they come: two languages, three delimiters, wrong encodings, and what is hostile."""

import csv
import io
import json
import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies

from boona_adapters import vocabulary
from boona_adapters.imports import FileChanged, FileRefused, open_file
from boona_adapters.imports.csv_rows import MOST_LINES, records
from boona_adapters.imports.fields import FIELDS
from boona_adapters.imports.json_rows import elements
from boona_adapters.postgres.tables import patients, therapists
from boona_core.errors import InvalidValues
from boona_core.importing import ImportKind, PersonRow, RefusedRow, RequestRow

THERAPISTS, PATIENTS, REQUESTS = ImportKind.THERAPISTS, ImportKind.PATIENTS, ImportKind.REQUESTS
UNREAD = frozenset({"id", "mailbox_id", "last_email_on", "last_call_on", "last_conversation_on"}) | {
    "erased_at",
    "merged_into",
    "created_at",
    "updated_at",
}
NO_PLAIN_TEXTS = frozenset(
    {"email", "status", "gender", "travel_mode", "preferred_therapist_gender", "patient_gender", "group_therapy"}
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows"


def read(file: Path, kind: ImportKind, content: str | bytes, *, ignored: Sequence[str] = ()) -> list[Any]:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with open_file(file, kind, ignored=ignored) as source:
        rows = list(source)
        assert len(rows) == source.total
    return rows


def values_of(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [dict(row.values) for row in rows]


def faults_of(rows: Sequence[Any]) -> list[str]:
    return [str(fault) for row in rows if isinstance(row, RefusedRow) for fault in row.faults]


def refusal(file: Path, kind: ImportKind, content: str | bytes) -> tuple[str, ...]:
    with pytest.raises(FileRefused) as refused:
        read(file, kind, content)
    return refused.value.faults


def therapist(**fields: object) -> str:
    return json.dumps([{"external_id": "T1", "last_name": "Beispiel", **fields}])


def patient(**fields: object) -> str:
    return json.dumps([{"external_id": "P1", "last_name": "Muster", **fields}])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(file: Path, delimiter: str) -> None:
    rows = read(file, THERAPISTS, f"external_id{delimiter}last_name\nT1{delimiter}Beispiel\n")

    assert values_of(rows) == [{"external_id": "T1", "last_name": "Beispiel"}]


def test_german_names_are_read(file: Path) -> None:
    rows = read(file, PATIENTS, "external_id;Nachname;GEBURTSDATUM;plz\nP1;Muster;31.12.1980;01067\n")

    assert values_of(rows) == [
        {"external_id": "P1", "last_name": "Muster", "birth_date": "1980-12-31", "postal_code": "01067"}
    ]


def test_a_byte_order_mark_and_other_line_ends_are_no_part_of_the_names(file: Path) -> None:
    rows = read(file, THERAPISTS, b"\xef\xbb\xbfexternal_id,last_name\r\nT1,Beispiel\r\n")

    assert values_of(rows) == [{"external_id": "T1", "last_name": "Beispiel"}]


def test_a_byte_order_mark_before_json_is_passed_over(file: Path) -> None:
    assert values_of(read(file, THERAPISTS, b"\xef\xbb\xbf" + therapist().encode()))[0]["external_id"] == "T1"


def test_quoted_line_breaks_stay_in_a_text(file: Path) -> None:
    rows = read(file, PATIENTS, 'external_id,symptoms\nP1,"Schlaf\nAngst, ""Panik"""\n')

    assert values_of(rows) == [{"external_id": "P1", "symptoms": 'Schlaf\nAngst, "Panik"'}]


def test_rows_are_counted_as_a_spreadsheet_does(file: Path) -> None:
    rows = read(file, PATIENTS, 'external_id,symptoms\nP1,"a\nb"\n\n,\nP2,c\n')

    assert [row.row for row in rows] == [2, 5]


def test_empty_cells_and_null_are_empty_values(file: Path) -> None:
    from_csv = read(file, THERAPISTS, "external_id,email,phone\nT1,,  \n")
    from_json = read(file, THERAPISTS, therapist(email=None, phone=""))

    assert from_csv[0].values == {"external_id": "T1", "email": None, "mailbox": None, "phone": None}
    assert from_json[0].values["phone"] is None


def test_requests_have_two_ids_and_perhaps_a_priority(file: Path) -> None:
    rows = read(file, REQUESTS, "patient_external_id,therapist_external_id,priority\nP1,T1,3\nP2,T2,\n")

    assert rows == [
        RequestRow(row=2, patient="P1", therapist="T1", priority=3),
        RequestRow(row=3, patient="P2", therapist="T2"),
    ]


def test_an_address_keeps_its_spelling_and_names_its_mailbox(file: Path) -> None:
    row = read(file, THERAPISTS, therapist(email=" Praxis@Müller-Köln.de "))[0]

    assert row.values["email"] == "Praxis@Müller-Köln.de"
    assert row.values["mailbox"] == "praxis@xn--mller-kln-67a3d.de"


@pytest.mark.parametrize(
    "hours",
    [
        {"monday": [{"start": "09:00", "end": "12:00"}]},
        {"Montag": ["09:00-10:30", "10:30-12:00"]},
        '{"montag": ["09:00-12:00"]}',
        {"Mo": ["9-10.30", "10.30-12 Uhr"], "Di": []},
        '{"Mo.": "9-12 Uhr"}',
        "Mo 9-12 Uhr",
        "Montag:<br>09:00&nbsp;–&nbsp;10:30\n10:30–12:00 Uhr; Di geschlossen",
    ],
)
def test_phone_hours_are_read_in_each_form(file: Path, hours: object) -> None:
    row = read(file, THERAPISTS, therapist(phone_hours=hours))[0]

    assert row.values["phone_hours"] == {"monday": [{"start": "09:00", "end": "12:00"}]}


def test_phone_hours_that_cannot_be_read_name_the_place(file: Path) -> None:
    hours = {"monday": [{"start": "08:00", "end": "09:00"}, {"start": "09:00", "end": "25:00"}]}

    rows = read(file, THERAPISTS, therapist(telefonische_erreichbarkeit=hours))

    assert faults_of(rows) == ["row 1, telefonische_erreichbarkeit: monday[1].end: '25:00' is not a time"]


@pytest.mark.parametrize(
    ("hours", "fault"),
    [
        ("[", "is not JSON"),
        ("[" * 15_000, "is not JSON"),
        ('{"monday": NaN}', "is not JSON"),
        ("17", "is understood only in part, or not at all: '17'"),
        (17, "expected days with windows, got int"),
        ("Mo geschlossen", "names no hours at all"),
        ("Mo 8-12 Uhr; Di n. V.", "is understood only in part, or not at all: 'Di n. V.'"),
        ("Mo 8-12 Uhr\nMi ab 9", "is understood only in part, or not at all: 'Mi ab 9'"),
        ({"Mo": "8-12", "Mo-Di": "14-16"}, "Mo: is not a weekday; Mo-Di: is not a weekday"),
        ({"montag": "ab 8"}, "monday: expected a list of windows"),
        ({"werktags": ["08:00-12:00"]}, "werktags: is not a weekday"),
    ],
)
def test_phone_hours_that_are_not_understood_are_reported_and_not_guessed(
    file: Path, hours: object, fault: str
) -> None:
    rows = read(file, THERAPISTS, therapist(phone_hours=hours))

    assert faults_of(rows) == [f"row 1, phone_hours: {fault}"]


def test_the_availability_of_a_patient_is_not_read_from_words(file: Path) -> None:
    row = json.dumps([{"external_id": "P1", "last_name": "B", "availability": "Mo 8-12 Uhr"}])

    assert "row 1, availability: is not JSON" in faults_of(read(file, PATIENTS, row))


@pytest.mark.parametrize(
    ("name", "value", "read_as"),
    [
        ("contracts_signed", "Ja", True),
        ("contracts_signed", "0", False),
        ("contracts_signed", 1, True),
        ("contracts_signed", False, False),
        ("gender", "FEMALE", "female"),
        ("status", "Searching", "searching"),
        ("birth_date", "1.2.1980", "1980-02-01"),
        ("birth_date", "1980-02-01", "1980-02-01"),
        ("excluded_therapists", "T1; T2", ["T1", "T2"]),
        ("excluded_therapists", ["T1", "T1"], ["T1"]),
        ("excluded_therapists", '["T1"]', ["T1"]),
        ("travel_limit", '{"max_km": 20}', {"max_km": 20}),
        ("symptoms", "<script>alert('x')</script>", "<script>alert('x')</script>"),
    ],
)
def test_a_value_is_read_as(file: Path, name: str, value: object, read_as: object) -> None:
    assert read(file, PATIENTS, patient(**{name: value}))[0].values[name] == read_as


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("contracts_signed", "vielleicht", "is neither yes nor no: written as ja, nein, true, false, 1 or 0"),
        ("contracts_signed", 2, "is neither yes nor no: written as ja, nein, true, false, 1 or 0"),
        ("gender", "weiblich", "is none of female, male, diverse"),
        ("birth_date", "31.12.80", "is not a date: written as 1980-12-31 or 31.12.1980"),
        ("birth_date", "1980-02-30", "is not a date of the calendar"),
        ("birth_date", 19800101, "is not a text, but a number"),
        ("postal_code", 1067, "is not a text, but a number"),
        ("last_name", ["Muster"], "is not a text, but a list"),
        ("last_name", {"a": 1}, "is not a text, but an object"),
        ("last_name", "Mus\nter", "holds a line break at character 4"),
        ("last_name", "Mus\x1bter", "holds a control character (U+001B) at character 4"),
        ("symptoms", "a\x00b", "holds a control character (U+0000) at character 2"),
        ("last_name", "Mus\ud800ter", "is not UTF-8 text: save the file as UTF-8"),
        ("last_name", "M" * 100_000, "is longer than 100 characters"),
        ("symptoms", "M" * 5_000_000, "is longer than 20000 characters"),
        ("email", "muster", "not an email address: it has no @"),
        ("travel_limit", {"max_km": 0}, "max_km is not a whole number of at least 1"),
        ("travel_limit", "30 km", "is not JSON"),
        ("availability", {"monday": ["9-12"]}, "cannot be read at monday[0]"),
        ("availability", {"Canary": []}, "cannot be read as windows of a week"),
        ("excluded_therapists", ["T1", 2], "place 2 of the list is not a text, but a number"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_and_not_repeated(
    file: Path, name: str, value: object, fault: str
) -> None:
    assert faults_of(read(file, PATIENTS, patient(**{name: value}))) == [f"row 1, {name}: {fault}"]


def test_other_addresses_are_read_with_their_commas(file: Path) -> None:
    addresses = ["Weg 1, 12163 Berlin", "Weg 2, 01067 Dresden"]

    from_csv = read(file, THERAPISTS, 'external_id;other_addresses\nT1;"Weg 1, 12163 Berlin; Weg 2, 01067 Dresden"\n')
    from_json = read(file, THERAPISTS, therapist(other_addresses=addresses))
    refused = read(file, THERAPISTS, therapist(other_addresses=["Weg 1, 12163 Berlin", "Weg 2, Dresden"]))

    assert from_csv[0].values["other_addresses"] == from_json[0].values["other_addresses"] == addresses
    assert faults_of(refused) == ["row 1, other_addresses: place 2 of the list has no postal code, or several"]


def test_every_fault_of_a_row_is_told_at_once(file: Path) -> None:
    rows = read(file, PATIENTS, "external_id,last_name,birth_date,gender\n,Muster,gestern,x\nP2,Gut,1.1.1990,male\n")

    assert faults_of(rows) == [
        "row 2, birth_date: is not a date: written as 1980-12-31 or 31.12.1980",
        "row 2, gender: is none of female, male, diverse",
        "row 2, external_id: must not be empty",
    ]
    assert isinstance(rows[1], PersonRow)


def test_bytes_that_are_not_utf_8_refuse_their_row_and_no_other(file: Path) -> None:
    rows = read(file, THERAPISTS, "external_id,last_name\nT1,Müller\nT2,Maier\n".encode("latin-1"))

    assert faults_of(rows) == ["row 2, last_name: is not UTF-8 text: save the file as UTF-8"]
    assert rows[1].external_id == "T2"


def test_json_that_is_not_utf_8_refuses_its_row_and_no_other(file: Path) -> None:
    objects = [{"external_id": "T1", "last_name": "Müller"}, {"external_id": "T2", "last_name": "Maier"}]

    rows = read(file, THERAPISTS, json.dumps(objects, ensure_ascii=False).encode("latin-1"))

    assert faults_of(rows) == ["row 1, last_name: is not UTF-8 text: save the file as UTF-8"]
    assert rows[1].external_id == "T2"


def test_a_row_with_too_few_or_too_many_cells_is_refused(file: Path) -> None:
    rows = read(file, THERAPISTS, "external_id,last_name\nT1\nT2,a,b\nT3,c,\n")

    assert faults_of(rows) == ["row 2: has 1 cells, the header has 2", "row 3: has 3 cells, the header has 2"]
    assert rows[2].external_id == "T3"


@pytest.mark.parametrize("last", ["T3,x", 'T3,"x"', 'T3,"x\ny"'])
def test_a_quotation_mark_that_is_not_closed_costs_its_row_and_no_other(file: Path, last: str) -> None:
    rows = read(file, THERAPISTS, f'external_id,qualifications\nT1,Beispiel\nT2,"offen\n{last}\n')

    assert faults_of(rows) == ["row 3: a quotation mark is opened and not closed in its row"]
    assert [row.external_id for row in rows if isinstance(row, PersonRow)] == ["T1", "T3"]


def test_an_open_quotation_mark_is_looked_behind_for_some_lines_only() -> None:
    lines = iter(['T1,"Dr.\n', *["T2,Dr.\n"] * 5_000])

    found = list(islice(records(lines, ","), 2))

    assert [number for number, _ in found] == [1, 2]
    assert len(list(lines)) >= 5_000 - 2 * MOST_LINES


def test_three_thousand_open_quotation_marks_cost_no_other_row(file: Path) -> None:
    rows = read(file, THERAPISTS, "external_id,title\n" + 'T1,"Dr.\n' * 3_000 + "T2,Dr.\n" * 2_000)

    assert len(faults_of(rows)) == 3_000
    assert [row.external_id for row in rows if isinstance(row, PersonRow)] == ["T2"] * 2_000


def test_a_cell_of_five_megabytes_is_refused_and_the_next_row_is_not(file: Path) -> None:
    rows = read(file, PATIENTS, f'external_id,last_name\nP1,"{"x" * 5_000_000}"\nP2,Muster\n')

    assert faults_of(rows) == ["row 2, last_name: is longer than 100 characters"]
    assert rows[1].external_id == "P2"


def test_a_line_without_end_is_refused_at_its_place(file: Path) -> None:
    assert refusal(file, PATIENTS, b"external_id,last_name\nP1," + b"x" * (17 * 1024 * 1024)) == (
        "line 2 is longer than 16777216 bytes",
    )


@pytest.mark.parametrize(
    ("header", "faults"),
    [
        ("last_name", ("column 'external_id' is missing",)),
        ("external_id,lastname", ("column 'lastname' is not known: did you mean 'last_name'?",)),
        ("external_id,nachnahme", ("column 'nachnahme' is not known: did you mean 'nachname'?",)),
        ("external_id,xyz", ("column 'xyz' is not known for therapists",)),
        ("external_id,email,email", ("column 'email' stands twice",)),
        ("external_id,last_name,nachname", ("column 'nachname' is named last_name as well: one of the two",)),
        ("external_id,,email", ("column 2 of the header has no name",)),
        (
            "T1,Kanarienvogel",
            (
                "the first row names no column that is known for therapists: it has to be a header",
                "column 'external_id' is missing",
            ),
        ),
        (
            "external_id,letzter_kontakt_email",
            ("column 'letzter_kontakt_email' is kept by the service itself and cannot be imported",),
        ),
    ],
)
def test_a_header_that_does_not_fit_refuses_the_file(file: Path, header: str, faults: tuple[str, ...]) -> None:
    assert refusal(file, THERAPISTS, f"{header}\n") == faults


def test_a_column_that_is_to_be_ignored_is_passed_over(file: Path) -> None:
    from_csv = read(file, THERAPISTS, "external_id,Distanz\nT1,17\n", ignored=["distanz"])
    from_json = read(file, THERAPISTS, '[{"external_id": "T1", "Distanz": {"km": 17}}]', ignored=["distanz"])

    assert values_of(from_csv) == values_of(from_json) == [{"external_id": "T1"}]


def test_a_header_of_a_hundred_thousand_columns_is_refused(file: Path) -> None:
    header = ",".join(f"c{number}" for number in range(100_000))

    assert refusal(file, THERAPISTS, header) == ("the header has 100000 columns, more than 500",)


def test_a_column_name_of_a_hundred_thousand_characters_is_cut_in_the_fault(file: Path) -> None:
    faults = refusal(file, THERAPISTS, f"external_id,{'x' * 100_000}\n")

    assert len(faults) == 1
    assert len(faults[0]) < 200


def test_both_names_of_one_field_in_an_object_refuse_the_row(file: Path) -> None:
    rows = read(file, THERAPISTS, therapist(nachname="Beispiel"))

    assert faults_of(rows) == ["row 1, nachname: is named last_name as well: one of the two"]


def test_one_name_twice_in_an_object_refuses_the_row(file: Path) -> None:
    rows = read(file, THERAPISTS, '[{"external_id": "T1", "external_id": "T2"}]')

    assert faults_of(rows) == ["row 1: has a name twice at line 1, byte 2"]


def test_one_day_twice_in_phone_hours_refuses_the_row(file: Path) -> None:
    rows = read(file, THERAPISTS, '[{"external_id": "T1", "phone_hours": {"monday": [], "monday": ["8:00-9:00"]}}]')

    assert faults_of(rows) == ["row 1: has a name twice at line 1, byte 2"]


def test_an_unknown_name_in_most_objects_refuses_the_file(file: Path) -> None:
    content = '[{"external_id": "T1"}, {"external_id": "T2", "nachnahme": "x"}, {"nachnahme": "y"}]'

    assert refusal(file, THERAPISTS, content) == ("column 'nachnahme' is not known: did you mean 'nachname'?",)


def test_an_unknown_name_in_one_of_many_objects_refuses_its_row_and_no_other(file: Path) -> None:
    rows = read(file, THERAPISTS, '[{"external_id": "T1"}, {"external_id": "T2", "nachnahme": "x"}]')

    assert faults_of(rows) == ["row 2: column 'nachnahme' is not known: did you mean 'nachname'?"]
    assert rows[0].external_id == "T1"


def test_of_a_patient_no_unknown_name_is_repeated(file: Path) -> None:
    objects = [{"external_id": "P1"}, {"external_id": "P2"}, {"external_id": "P3", "laEva Muster": "x"}]

    rows = read(file, PATIENTS, json.dumps(objects))

    assert faults_of(rows) == ["row 3: the name at place 2 of the object is not known"]


def test_of_an_object_with_very_many_unknown_names_twenty_are_told(file: Path) -> None:
    strange = {f"c{number}": number for number in range(1_000)}

    rows = read(file, THERAPISTS, json.dumps([{"external_id": f"T{number}"} for number in range(5)] + [strange]))

    assert len(faults_of(rows)) == 20
    assert len(rows) == 6


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('[{"external_id": "T', "row 1: breaks off at line 1, byte 20: nothing behind it can be read"),
        ("[{external_id: 2}]", "row 1: is not JSON at line 1, byte 3: nothing behind it can be read"),
        (
            f'[{{"external_id": {"[" * 200_000}',
            "row 1: is nested too deeply at line 1, byte 2: nothing behind it can be read",
        ),
        ('{"external_id": "T1"}', "is not a list of objects: it has to begin with ["),
        ("", "is empty"),
        ("\ufeff \n", "is empty"),
        ("external_id".encode("utf-16"), "is UTF-16: save it as UTF-8"),
    ],
)
def test_a_file_in_which_nothing_can_be_read_is_refused_as_a_whole(
    file: Path, content: str | bytes, fault: str
) -> None:
    assert refusal(file, THERAPISTS, content) == (fault,)


def test_elements_that_are_no_objects_are_refused_rows(file: Path) -> None:
    rows = read(file, THERAPISTS, '["T1", 2, {"external_id": "T3"}, null]')

    assert faults_of(rows) == ["row 1: is not an object", "row 2: is not an object", "row 4: is not an object"]


def test_a_list_longer_than_what_is_read_at_once_is_read_whole(file: Path) -> None:
    objects = [{"patient_external_id": f"P{n}", "therapist_external_id": "T" * 90} for n in range(9_000)]

    rows = read(file, REQUESTS, json.dumps(objects, indent=1))

    assert [row.patient for row in rows] == [f"P{n}" for n in range(9_000)]


def test_an_empty_list_and_a_header_alone_have_no_rows(file: Path) -> None:
    assert read(file, THERAPISTS, "[]") == []
    assert read(file, THERAPISTS, "external_id\n") == []


def test_a_folder_and_a_pipe_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(FileRefused, match="not an ordinary file"), open_file(tmp_path, THERAPISTS):
        pass
    with pytest.raises(FileRefused, match="not an ordinary file"), open_file(tmp_path / "pipe", THERAPISTS):
        pass
    with pytest.raises(FileRefused, match="cannot be opened"), open_file(tmp_path / "nothing", THERAPISTS):
        pass


@pytest.mark.parametrize("later", ["external_id\nT2\n", "external_id\nT1\nT2\n", "[]"])
def test_a_file_that_changes_while_it_is_read_is_noticed(file: Path, later: str) -> None:
    file.write_text("external_id\nT1\n")

    with open_file(file, THERAPISTS) as source:
        file.write_text(later)
        with pytest.raises(FileChanged):
            list(source)


def test_a_list_that_is_cut_off_while_it_is_read_is_noticed(file: Path) -> None:
    file.write_text(therapist())

    with open_file(file, THERAPISTS) as source:
        os.truncate(file, 10)
        with pytest.raises(FileChanged):
            list(source)


@pytest.mark.parametrize(("kind", "table"), [(THERAPISTS, therapists), (PATIENTS, patients)])
def test_every_column_that_a_file_may_give_has_a_reader(kind: ImportKind, table: Any) -> None:
    columns = {column.name for column in table.c} - UNREAD

    assert set(FIELDS[kind]) - {"excluded_therapists"} == columns


@pytest.mark.parametrize(("kind", "table"), [(THERAPISTS, therapists), (PATIENTS, patients)])
def test_no_text_that_is_read_is_too_long_for_its_column(file: Path, kind: ImportKind, table: Any) -> None:
    lengths = {column.name: length for column in table.c if (length := getattr(column.type, "length", None))}
    texts = sorted(set(lengths) & set(FIELDS[kind]) - NO_PLAIN_TEXTS)

    longest = {name: "x" * lengths[name] for name in texts}
    longer = {name: "x" * (lengths[name] + 1) for name in texts}

    assert isinstance(read(file, kind, json.dumps([longest]))[0], PersonRow)
    assert len(faults_of(read(file, kind, json.dumps([longer])))) == len(texts)


def test_every_name_has_one_translation_and_back() -> None:
    assert len(vocabulary.ENGLISH) == len(vocabulary.GERMAN)
    assert not vocabulary.ENGLISH.keys() & vocabulary.GERMAN.keys()
    assert {vocabulary.english(vocabulary.german(name)) for name in vocabulary.GERMAN} == set(vocabulary.GERMAN)


# -- laws, beside the standard library as the oracle -------------------------------------------------------------------

CELLS = strategies.text(strategies.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=30)


@given(strategies.lists(strategies.lists(CELLS, min_size=1, max_size=4), max_size=5), strategies.sampled_from(",;\t"))
def test_csv_is_read_as_the_standard_library_wrote_it(rows: list[list[str]], delimiter: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)

    read_back = [cells for _, cells in records(io.StringIO(written.getvalue(), newline=""), delimiter)]

    assert read_back == rows


@given(
    strategies.lists(
        strategies.recursive(
            CELLS | strategies.none() | strategies.floats(allow_nan=False, allow_infinity=False), strategies.lists
        )
    ),
    strategies.integers(1, 7),
)
def test_a_list_is_read_in_pieces_as_the_standard_library_reads_it_whole(values: list[Any], size: int) -> None:
    text = io.StringIO(json.dumps(values, indent=1))

    read_back = [element for _, _, element in elements(lambda _: text.read(size))]

    assert read_back == values


def test_names_in_both_languages_become_english_ones() -> None:
    assert vocabulary.in_english({"nachname": "A", "phone": "1", "email": None}) == {
        "last_name": "A",
        "phone": "1",
        "email": None,
    }
    with pytest.raises(InvalidValues, match="nachname: is named last_name as well"):
        vocabulary.in_english({"last_name": "A", "nachname": "B"})
