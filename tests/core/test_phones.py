"""However a number is written, it is one line; two numbers are two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.phones import line_of


@pytest.mark.parametrize(
    "written",
    [
        "030 1234-56",
        "030/123456",
        "(030) 12 34 56",
        "030.123456",
        " 030123456 ",
        "+49 30 123456",
        "+49 (0)30 123456",
        "+49 (0) 30 123456",
        "(+49) 30 123456",
        "+49 030 123456",
        "0049 30 123456",
        "0049 (0)30/1234-56",
        "30 123456",
        "Tel. 030 123456",
    ],
)
def test_many_spellings_are_one_line(written: str) -> None:
    assert line_of(written) == "+4930123456"


def test_another_number_is_another_line() -> None:
    assert line_of("030 123457") == "+4930123457"


@pytest.mark.parametrize("written", ["+43 1 234567", "0043 1 234567", "0043 (0)1 234567"])
def test_a_number_of_another_country_keeps_it(written: str) -> None:
    assert line_of(written) == "+431234567"


@pytest.mark.parametrize("written", [None, "", "   ", "auf Anfrage", "+", "٠٣٠"])
def test_without_a_digit_there_is_no_line(written: str | None) -> None:
    assert line_of(written) is None


def test_at_most_fifty_characters_are_kept() -> None:
    assert line_of("030" + "1" * 100) == "+4930" + "1" * 45


digits = st.text("0123456789", min_size=1, max_size=11)
separators = st.sampled_from(["", " ", "-", "/", " / ", ".", "  ", ") "])
prefixes = st.sampled_from(["0", "+49", "+49 (0)", "0049", "0049 (0)", "(+49) ", "(0", "+49 0"])


@given(st.integers(1, 9), digits, prefixes, st.lists(separators, min_size=12, max_size=12))
def test_neither_prefix_nor_separators_make_another_line_of_a_german_number(
    first: int, rest: str, prefix: str, between: list[str]
) -> None:
    number = f"{first}{rest}"
    written = prefix + "".join(digit + gap for digit, gap in zip(number, between, strict=False))

    assert line_of(written) == f"+49{number}"


@given(st.text(st.sampled_from("0123456789+-/() ax"), max_size=70))
def test_a_line_is_its_own_line(written: str) -> None:
    line = line_of(written)

    assert line_of(line) == line


@given(st.text(max_size=70))
def test_a_line_is_nothing_or_a_plus_and_digits(written: str) -> None:
    line = line_of(written)

    assert line is None or (line[0] == "+" and set(line[1:]) <= set("0123456789") and 1 < len(line) <= 50)
