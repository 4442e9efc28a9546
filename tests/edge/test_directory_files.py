"""What a directory of therapists exports, as rows of an import."""

import json
from pathlib import Path
from typing import Any

import pytest

from boona_adapters.imports import FileRefused, open_file
from boona_core.importing import ImportKind, PersonRow, RefusedRow

MARIA: dict[str, Any] = {
    "basic_info": {"salutation": "Frau", "title": "Dr. med.", "first_name": "Maria", "last_name": "Beispiel"},
    "location": {"street": "Lindenstraße", "house_number": "42", "postal_code": "10115", "city": "Berlin"},
    "contact": {"phone": "030 123456", "email": "maria@example.org", "fax": "030 123457"},
    "therapy_methods": ["Verhaltenstherapie (Erwachsene)"],
    "languages": ["Deutsch", "Englisch"],
    "telephone_hours": {"monday": ["10:00-12:00"], "wednesday": [{"start": "14:00", "end": "16:00"}]},
    "distance": "3 km",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "export.json"


def read(file: Path, content: Any) -> list[PersonRow]:
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    with open_file(file, ImportKind.THERAPISTS) as source:
        rows = list(source)
    assert all(isinstance(row, PersonRow) for row in rows)
    return [row for row in rows if isinstance(row, PersonRow)]


def other(first_name: str, **fields: Any) -> dict[str, Any]:
    return {**MARIA, "basic_info": {**MARIA["basic_info"], "first_name": first_name}, **fields}


def test_an_entry_is_read_with_everything_in_its_parts(file: Path) -> None:
    (row,) = read(file, [MARIA])

    assert row.values == {
        "external_id": "maria-beispiel@10115",
        "salutation": "Frau",
        "gender": "female",
        "title": "Dr. med.",
        "first_name": "Maria",
        "last_name": "Beispiel",
        "street": "Lindenstraße 42",
        "postal_code": "10115",
        "city": "Berlin",
        "phone": "030 123456",
        "fax": "030 123457",
        "email": "maria@example.org",
        "mailbox": "maria@example.org",
        "therapy_methods": ["Verhaltenstherapie (Erwachsene)"],
        "languages": ["Deutsch", "Englisch"],
        "phone_hours": {
            "monday": [{"start": "10:00", "end": "12:00"}],
            "wednesday": [{"start": "14:00", "end": "16:00"}],
        },
    }
    assert not row.deleted


def test_an_entry_stands_for_the_same_person_from_one_export_to_the_next(file: Path) -> None:
    spelled = {**MARIA, "basic_info": {"title": None, "first_name": "MARIA", "last_name": " Beispiel"}}

    assert [row.external_id for row in read(file, [MARIA])] == [row.external_id for row in read(file, [spelled])]


@pytest.mark.parametrize("name", ["id", "external_id"])
def test_an_id_of_its_own_comes_before_the_names(file: Path, name: str) -> None:
    assert [row.external_id for row in read(file, [{**MARIA, name: 4711}])] == ["4711"]


def test_an_export_may_be_an_object_with_a_list(file: Path) -> None:
    rows = read(file, {"date": "2026-03-02", "therapists": [MARIA, other("Uta")]})

    assert [row.external_id for row in rows] == ["maria-beispiel@10115", "uta-beispiel@10115"]


def test_an_export_may_tell_what_is_new_other_and_gone(file: Path) -> None:
    modified = {"old": MARIA, "new": other("Maria", languages=["Farsi"])}

    rows = read(file, {"additions": [other("Uta")], "modifications": [modified], "deletions": [other("Ida")]})

    assert [(row.row, row.values["first_name"], row.deleted) for row in rows] == [
        (1, "Uta", False),
        (2, "Maria", False),
        (3, "Ida", True),
    ]
    assert rows[1].values["languages"] == ["Farsi"]


def test_a_modification_may_be_the_entry_itself(file: Path) -> None:
    assert [row.values["first_name"] for row in read(file, {"modifications": [MARIA]})] == ["Maria"]


def test_a_bad_entry_is_named_and_takes_no_other_with_it(file: Path) -> None:
    nobody = {"basic_info": {"first_name": "Null"}, "location": {}}
    file.write_text(json.dumps({"therapists": [nobody, 17, MARIA, other("Uta", telephone_hours={"someday": []})]}))

    with open_file(file, ImportKind.THERAPISTS) as source:
        rows = list(source)

    assert [isinstance(row, RefusedRow) for row in rows] == [True, True, False, True]
    assert [str(fault) for row in rows[:2] if isinstance(row, RefusedRow) for fault in row.faults] == [
        "row 1, external_id: is missing",
        "row 2: is not an object",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"therapists": [{"basic_info": {', "row 1: breaks off at line 1, byte 33: nothing behind it can be read"),
        ('{"results": []}', "has to begin with"),
        ("{}", "has to begin with"),
    ],
)
def test_an_export_that_is_none_is_refused_whole(file: Path, content: str, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        read(file, content)


def test_an_export_without_anybody_is_an_empty_file_of_rows(file: Path) -> None:
    assert read(file, {"additions": [], "modifications": [], "deletions": []}) == []


def test_an_entry_that_has_a_name_twice_is_refused(file: Path) -> None:
    file.write_text('[{"basic_info": {"last_name": "A"}, "basic_info": {"last_name": "B"}}]')

    with open_file(file, ImportKind.THERAPISTS) as source:
        (row,) = list(source)

    assert isinstance(row, RefusedRow)
    assert [str(fault) for fault in row.faults] == ["row 1: has a name twice at line 1, byte 2"]


def test_hours_of_which_nothing_is_said_are_unknown_and_not_none_at_all(file: Path) -> None:
    (row,) = read(file, [{**MARIA, "telephone_hours": {}}])

    assert row.values["phone_hours"] is None


def test_a_word_for_no_name_is_no_name(file: Path) -> None:
    (row,) = read(file, [other("Null")])

    assert row.values["first_name"] is None


def test_who_works_in_several_places_has_other_addresses(file: Path) -> None:
    second = {"street": "Allee", "house_number": 7, "postal_code": "12163", "city": "Berlin"}

    (in_a_list,) = read(file, [{**MARIA, "location": [MARIA["location"], second]}])
    (beside,) = read(file, [{**MARIA, "locations": [MARIA["location"], second]}])

    assert in_a_list.values["street"] == "Lindenstraße 42"
    assert in_a_list.values["other_addresses"] == ["Allee 7, 12163 Berlin"]
    assert beside.values == in_a_list.values


def test_who_works_in_one_place_of_a_list_has_no_other_address_any_more(file: Path) -> None:
    (row,) = read(file, [{**MARIA, "location": [MARIA["location"]]}])

    assert row.values["other_addresses"] is None
