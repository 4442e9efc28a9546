"""ICD-10 groups: which codes they hold."""

import pytest

from boona_core.diagnoses import codes_of, read_group


@pytest.mark.parametrize(
    ("group", "code"),
    [
        ("F32.1", "F321"),
        ("F32", "F321"),
        ("F32", "F32"),
        ("F3", "F321"),
        ("F30-F39", "F321"),
        ("f30-39", "F39"),
        ("F30-F39", "F30"),
        ("F45.4", "F4541"),
    ],
)
def test_a_group_holds_its_codes_and_those_below_them(group: str, code: str) -> None:
    read = read_group(group)

    assert read is not None
    assert read.holds(code)


@pytest.mark.parametrize(
    ("group", "code"), [("F32.1", "F320"), ("F32", "F33"), ("F30-F39", "F40"), ("F30-F39", "F3"), ("F32.1", "F32")]
)
def test_a_group_does_not_hold_its_neighbours_nor_what_is_above_it(group: str, code: str) -> None:
    read = read_group(group)

    assert read is not None
    assert not read.holds(code)


def test_a_coarse_code_may_mean_a_finer_group_but_not_another_one() -> None:
    read = read_group("F32.1")

    assert read is not None
    assert read.may_be_meant_by("F32")
    assert read.may_be_meant_by("F3211")
    assert not read.may_be_meant_by("F33")


@pytest.mark.parametrize("text", ["", "Depression", "F", "F321", "F39-F30", "F32.1-F33", "F30-", "32"])
def test_what_is_no_code_and_no_range_is_no_group(text: str) -> None:
    assert read_group(text) is None


def test_the_codes_of_a_field_are_read_without_dots_and_marks() -> None:
    assert codes_of("F32.1 G, Verdacht; f41.0") == ("F321", "F410")
    assert codes_of(None) == ()
