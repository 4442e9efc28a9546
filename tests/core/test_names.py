"""How names and streets are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.names import fold, one_edit_apart, street_of, words_of

words = st.text("abcd", min_size=0, max_size=5)


@pytest.mark.parametrize("written", ["Müller", "MUELLER", "Muller", "mu\u0308ller"])
def test_umlauts_are_the_same_however_they_are_written(written: str) -> None:
    assert fold(written) == "muller"


@pytest.mark.parametrize(
    ("one", "other"), [("Weiß", "Weiss"), ("Żółć", "Zolc"), ("Øster", "Oster"), ("Çelik", "Celik")]
)
def test_other_letters_are_folded_too(one: str, other: str) -> None:
    assert fold(one).replace("ł", "l") == fold(other)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Tietz -Roder", ("tietz", "roder")),
        ("Tietz-Roder", ("tietz", "roder")),
        ("Dr. med. Anna  Maria", ("anna", "maria")),
        ("Prof. Dr. phil. habil. Weiß, M.Sc.", ("weiss",)),
        ("Null", ()),
        ("n. n.", ()),
        ("-", ()),
        ("", ()),
        (None, ()),
        ("Dr.", ()),
    ],
)
def test_a_name_is_its_words_without_titles(written: str | None, words: tuple[str, ...]) -> None:
    assert words_of(written) == words


@pytest.mark.parametrize(
    "written", ["Beispielstraße 1 a", "Beispielstr. 1A", "BEISPIEL-STRASSE 1a", "Beispielstrasse 1 A"]
)
def test_a_street_is_the_same_however_it_is_written(written: str) -> None:
    assert street_of(written) == "beispielstr1a"


def test_a_street_without_a_house_number_is_no_practice() -> None:
    assert street_of("Beispielstraße") is None
    assert street_of(None) is None


def edits(word: str) -> set[str]:
    """Every word that one edit makes of *word*."""
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    removed = {left + right[1:] for left, right in cuts if right}
    changed = {left + letter + right[1:] for left, right in cuts if right for letter in "abcd"}
    added = {left + letter + right for left, right in cuts for letter in "abcd"}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    return (removed | changed | added | swapped) - {word}


@given(words, words)
def test_one_edit_apart_is_what_one_edit_makes(one: str, other: str) -> None:
    assert one_edit_apart(one, other) == (other in edits(one))
