"""Postal codes have the Land that the post says, or none."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.lands import Land, land_of


@pytest.mark.parametrize(
    ("code", "land"),
    [
        ("10115", Land.BERLIN),
        ("80331", Land.BAVARIA),
        ("20095", Land.HAMBURG),
        ("28195", Land.BREMEN),
        ("27568", Land.BREMEN),
        ("27570", Land.BREMEN),
        ("66111", Land.SAARLAND),
        ("55116", Land.RHINELAND_PALATINATE),
        ("55246", Land.HESSE),
        ("01067", Land.SAXONY),
        ("01968", Land.BRANDENBURG),
        ("89073", Land.BADEN_WUERTTEMBERG),
        ("89231", Land.BAVARIA),
        ("99998", Land.THURINGIA),
        (" 50667\n", Land.NORTH_RHINE_WESTPHALIA),
    ],
)
def test_a_postal_code_lies_in_a_land(code: str, land: Land) -> None:
    assert land_of(code) is land


@pytest.mark.parametrize("code", ["07919", "21039", "22145", "59969", "63928", "65391", "69434"])
def test_a_code_of_both_sides_of_a_border_has_no_known_land(code: str) -> None:
    assert land_of(code) is None


@pytest.mark.parametrize(
    "code",
    [None, "", "  ", "1067", "D-10115", "101155", "1011a", "\u0661\u0660\u0661\u0661\u0665", "00000", "05123", "99999"],
)
def test_what_is_no_code_of_a_land_has_no_known_land(code: str | None) -> None:
    assert land_of(code) is None


@given(st.text(max_size=8))
def test_any_text_can_be_asked_about(text: str) -> None:
    assert land_of(text) in {None, *Land}


def test_the_post_has_no_code_in_another_land_and_nearly_every_code_has_one(shared_folder: Path) -> None:
    with (shared_folder / "data" / "plz_de.csv").open(encoding="utf-8", newline="") as stream:
        posted = [(row["postal_code"], row["state"]) for row in csv.DictReader(stream)]
    found = [(code, state, land) for code, state in posted if (land := land_of(code)) is not None]

    assert [each for each in found if each[1] != each[2]] == []
    assert len(posted) > 8000
    assert len(found) >= 0.99 * len(posted)
