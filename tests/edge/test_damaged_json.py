"""Damaged JSON loses no object that can be read, names each place that cannot, and takes nobody for gone by it."""

import json
import re
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_adapters.imports import open_file
from boona_adapters.imports.json_rows import Damage, elements
from boona_core.importing import ImportKind, PersonRow, RefusedRow

T1, T2, T3 = (json.dumps({"external_id": f"T{number}"}) for number in (1, 2, 3))
DEEP = '{"a": ' * 100_000 + "1" + "}" * 100_000
DEEP_LISTS = '{"a": [' * 20_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "therapists.json"


def read(file: Path, content: str | bytes) -> list[Any]:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with open_file(file, ImportKind.THERAPISTS) as source:
        rows = list(source)
        assert len(rows) == source.total
    return rows


def ids(rows: list[Any], *, deleted: bool = False) -> list[str]:
    return [row.external_id for row in rows if isinstance(row, PersonRow) and row.deleted is deleted]


def faults(rows: list[Any]) -> list[str]:
    return [str(fault) for row in rows if isinstance(row, RefusedRow) for fault in row.faults]


@pytest.mark.parametrize(
    ("content", "kept", "fault"),
    [
        (f"[{T1}", ["T1"], "row 2: breaks off at line 1, byte 23: nothing behind it can be read"),
        (f"[{T1},", ["T1"], "row 2: breaks off at line 1, byte 24: nothing behind it can be read"),
        (f"[{T1},\n{T2[:-8]}", ["T1"], "row 2: breaks off at line 2, byte 38: nothing behind it can be read"),
        (f"[{T1},\n{T2[:-1]}", ["T1"], "row 2: breaks off at line 2, byte 45: nothing behind it can be read"),
        (f"[{T1}] [{T2}]", ["T1", "T2"], "row 2: goes on after its end at line 1, byte 25, read on at line 1, byte 26"),
        (
            f"[{T1} {T2}]",
            ["T1", "T2"],
            "row 2: is not JSON: expected a comma or ] at line 1, byte 24, read on at line 1, byte 24",
        ),
        (
            f"[{T1},\n{{external_id: 2}},\n{T3}]",
            ["T1", "T3"],
            "row 2: is not JSON at line 2, byte 26, read on at line 3, byte 43",
        ),
        (
            f'[{T1},\n{{"external_id": "T2, "title": "Dr."}},\n{T3}]',
            ["T1", "T3"],
            "row 2: is not JSON at line 2, byte 47, read on at line 3, byte 63",
        ),
        (
            f'[{T1},\n{{"external_id": "T2", "languages": ["Farsi",\n{T3}]',
            ["T1", "T3"],
            "row 2: breaks off at line 3, byte 92, read on at line 3, byte 70",
        ),
        (f'[{T1}, {{"external_id": NaN}}, {T3}]', ["T1", "T3"], "row 2: holds a number that no number can be"),
        (f'[{T1}, {{"external_id": -Infinity}}, {T3}]', ["T1", "T3"], "row 2: holds a number that no number can be"),
        (f'[{T1}, {{"external_id": {"9" * 5_000}}}, {T3}]', ["T1", "T3"], "row 2: holds a number that no number"),
        (f'[{T1}, {{"external_id": "a", "external_id": "b"}}, {T3}]', ["T1", "T3"], "row 2: has a name twice"),
        (f"[{T1}, {'[' * 100_000}, {T3}]", ["T1", "T3"], "row 2: is nested too deeply at line 1, byte 25"),
        (f"[{T1}, {'[' * 100_000}{']' * 100_000}, {T3}]", ["T1", "T3"], "row 2: is nested too deeply"),
        (f"[{T1}, {DEEP}, {T3}]", ["T1", "T3"], "row 2: is nested too deeply"),
        (f"[{T1}, {DEEP_LISTS}, {T3}]", ["T1", "T3"], "row 2: is nested too deeply"),
    ],
)
def test_what_stands_around_a_damaged_place_is_kept(file: Path, content: str, kept: list[str], fault: str) -> None:
    rows = read(file, content)

    assert ids(rows) == kept
    assert len(faults(rows)) == 1
    assert faults(rows)[0].startswith(fault)


@pytest.mark.parametrize(
    "place", [b'{"external_id": "T2", "city": "K\xf6ln"}', b'{"external_id"\xff: "T2"}', b"\xff\xfe"]
)
def test_bytes_that_are_not_utf_8_cost_one_object(file: Path, place: bytes) -> None:
    rows = read(file, b"[" + T1.encode() + b",\n" + place + b",\n" + T3.encode() + b"]")

    assert ids(rows) == ["T1", "T3"]
    assert [row.row for row in rows if isinstance(row, RefusedRow)] == [2]


def test_a_place_is_counted_in_bytes_and_not_in_characters(file: Path) -> None:
    rows = read(file, '\ufeff[{"external_id": "T1", "city": "Köln"},\n{"external_id": }]')

    assert faults(rows) == ["row 2: is not JSON at line 2, byte 61: nothing behind it can be read"]


def test_a_place_far_into_a_file_is_counted_from_its_start(file: Path) -> None:
    before = "[" + "".join('{"external_id": "T%", "city": "Köln"},\n'.replace("%", str(n)) for n in range(9_000))

    (fault,) = faults(read(file, f"{before}?{T1}]"))

    assert fault.startswith(
        f"row 9001: is not JSON at line 9001, byte {len(before.encode()) + 1}, read on at line 9001"
    )


WHOLE = '{"external_id": "T#", "last_name": "Ada", "languages": ["Farsi"], "title": null}'
DAMAGES: list[Callable[[str], str]] = [
    lambda text: text.replace('"', "", 1),
    lambda text: text[:-1],
    lambda text: text[: len(text) // 2],
    lambda text: text.replace(":", "", 1),
    lambda text: text.replace('"Ada"', "NaN"),
    lambda text: text.replace('"Ada"', '"Ada'),
]
AT = (1, 2, 2, 1, 1, 1)
BAD = {number: DAMAGES[number % 6] for number in range(7, 50_000, 16)}


def lines() -> Iterator[str]:
    for number in range(50_000):
        yield BAD.get(number, str)(WHOLE.replace("#", str(number)))


def test_three_thousand_damaged_objects_among_fifty_thousand_cost_no_other(file: Path) -> None:
    rows = read(file, "[" + ",\n".join(lines()) + "]")

    assert len(BAD) > 3_000
    assert ids(rows) == [f"T{number}" for number in range(50_000) if number not in BAD]
    told = [re.findall(r"at line (\d+), byte", fault)[0] for fault in faults(rows)]
    assert [int(line) - number for line, number in zip(told, BAD, strict=True)] == [AT[number % 6] for number in BAD]


def long_export() -> Iterator[str]:
    yield '{"note": [' + ", ".join(['"passed over"'] * 50_000) + '], "therapists": ['
    for number in range(8_000):
        yield json.dumps({"id": number, "basic_info": {"last_name": "Ada"}, "about": "x" * 3_000}) + ",\n"


def test_a_long_file_is_read_in_little_memory(file: Path) -> None:
    with file.open("w") as out:
        out.writelines(long_export())

    tracemalloc.start()
    with open_file(file, ImportKind.THERAPISTS) as source:
        read_rows = sum(1 for _ in source)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert read_rows == 8_001
    assert file.stat().st_size > 24_000_000
    assert peak < 8_000_000


def entry(number: int) -> str:
    return json.dumps({"basic_info": {"last_name": "Ada"}, "id": number, "contact": {"phone": "030 1"}})


def test_of_an_export_that_breaks_off_nobody_is_taken_for_gone_who_is_not_named(file: Path) -> None:
    rows = read(file, f'{{"additions": [{entry(1)}], "deletions": [{entry(2)}, {entry(3)[:30]}')

    assert (ids(rows), ids(rows, deleted=True)) == (["1"], ["2"])
    assert len(faults(rows)) == 1


def test_behind_a_damaged_place_among_the_deletions_nobody_is_taken_for_gone(file: Path) -> None:
    rows = read(file, f'{{"deletions": [{entry(1)}, {entry(2)[:40]}, {entry(3)}], "additions": [{entry(4)}]}}')

    assert (ids(rows), ids(rows, deleted=True)) == (["4"], ["1"])
    assert [fault.partition(" at ")[0] for fault in faults(rows)] == [
        "row 2: is not JSON",
        "row 3: stands behind a damaged place: it is not known whether it is gone",
    ]


def test_who_stands_behind_a_lost_beginning_of_the_additions_is_not_taken_for_gone(file: Path) -> None:
    rows = read(file, f'{{"deletions": [{entry(1)}, {entry(2)[:40]}{entry(3)}, {entry(4)}]}}')

    assert (ids(rows), ids(rows, deleted=True)) == ([], ["1"])


def test_the_deletions_behind_a_damaged_addition_are_found(file: Path) -> None:
    rows = read(file, f'{{"additions": [{entry(1)}, {entry(2)[:40]}], "deletions": [{entry(3)}]}}')

    assert (ids(rows), ids(rows, deleted=True)) == (["1"], ["3"])


@pytest.mark.parametrize("note", ['"date": 2026-03-02', '"date" "x"', '"n": tru', '"n": [1, tru]'])
def test_what_is_damaged_before_a_part_costs_nobody_in_it(file: Path, note: str) -> None:
    rows = read(file, f'{{{note}, "therapists": [{entry(1)}], "deletions": [{entry(2)}]}}')

    assert (ids(rows), ids(rows, deleted=True)) == (["1"], ["2"])
    assert len(faults(rows)) == 1


@pytest.mark.parametrize("between", ['"additions" [', '"additions: [', "additions"])
def test_behind_a_damaged_beginning_of_a_part_nobody_is_taken_for_new_or_gone(file: Path, between: str) -> None:
    rows = read(file, f'{{"deletions": [{entry(1)}], {between} {entry(2)}, {entry(3)}]}}')

    assert (ids(rows), ids(rows, deleted=True)) == ([], ["1"])


PEOPLE = st.lists(
    st.builds(
        lambda name, more: {"external_id": name, **more},
        st.text(max_size=8),
        st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=5) | st.lists(st.integers()), max_size=3),
    ),
    min_size=1,
    max_size=12,
)


def in_pieces(text: str, size: int) -> list[Any]:
    left = iter(text[at : at + size] for at in range(0, len(text), size))
    return [element for _, _, element in elements(lambda _: next(left, ""))]


@given(PEOPLE, st.data())
def test_a_list_that_is_cut_off_anywhere_keeps_what_was_whole(
    people: list[dict[str, Any]], data: st.DataObject
) -> None:
    written = [json.dumps(person) for person in people]
    ends = [end - 1 for end in accumulate(len(text) + 2 for text in written)]
    text = "[" + ", ".join(written)
    cut = data.draw(st.integers(1, len(text)))

    found = in_pieces(text[:cut], data.draw(st.integers(1, 50)))

    assert [each for each in found if not isinstance(each, Damage)] == people[: sum(end <= cut for end in ends)]
    assert isinstance(found[-1], Damage)


ROWS = [json.dumps({"external_id": f"T{n}", "last_name": "Ada", "languages": ["Farsi", "x"]}) for n in range(6)]
LIST = "[" + ", ".join(ROWS) + "]"


@given(st.integers(1, len(LIST) - 1), st.binary(min_size=1, max_size=1))
def test_one_byte_that_is_wrong_costs_no_more_than_the_object_that_it_is_in(place: int, wrong: bytes) -> None:
    damaged = LIST[:place] + wrong.decode("utf-8", "surrogateescape") + LIST[place + 1 :]
    hit = LIST[: place + 1].count("{") - 1

    found = [element for element in in_pieces(damaged, 11) if isinstance(element, dict)]

    untouched = [json.loads(row) for number, row in enumerate(ROWS) if number != hit]
    assert [row for row in untouched if row not in found] == []


@given(PEOPLE, st.integers(0), st.binary(min_size=1, max_size=3))
def test_no_damage_ends_reading_with_an_error(people: list[dict[str, Any]], place: int, garbage: bytes) -> None:
    text = json.dumps(people)
    place %= len(text)
    damaged = text[:place] + garbage.decode("utf-8", "surrogateescape") + text[place + 1 :]

    found = in_pieces("[" + damaged[1:], 7)

    assert len(found) <= len(people) + damaged.count("{") + 2
