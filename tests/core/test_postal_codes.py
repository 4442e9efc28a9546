"""Postal codes as values."""

from typing import Any

import pytest

from boona_core.errors import InvalidValue
from boona_core.geo import Point
from boona_core.postal_codes import PostalPlace, one_of_many, postal_code_in, postal_code_of


def place(latitude: float = 52.5, longitude: float = 13.4, **fields: Any) -> PostalPlace:
    usual: dict[str, Any] = {"code": "10115", "name": "Berlin", "land": "BE"}
    return PostalPlace(**{**usual, **fields}, point=Point(latitude, longitude))


@pytest.mark.parametrize("written", ["10115", " 10115 ", "D-10115", "d 10115", "DE-10115"])
def test_a_postal_code_is_read_out_of_an_address(written: str) -> None:
    assert postal_code_of(written) == "10115"


@pytest.mark.parametrize("written", [None, "", "1011", "101150", "A-1010", "1011X", "١٠١١٥"])  # noqa: RUF001
def test_what_is_no_german_postal_code_is_unknown(written: str | None) -> None:
    assert postal_code_of(written) is None


@pytest.mark.parametrize(
    "address",
    ["Beispielweg 1, 10115 Berlin", "10115 Berlin", "Beispielweg 1, D-10115 Berlin", "10115", "10115 | 10115"],
)
def test_a_postal_code_is_found_in_an_address_of_one_line(address: str) -> None:
    assert postal_code_in(address) == "10115"


@pytest.mark.parametrize(
    "address", ["Beispielweg 1", "Weg 10117, 10115 Berlin", "tel. 0301234567", "A10115", "1-10115x"]
)
def test_an_address_without_one_code_alone_has_none(address: str) -> None:
    assert postal_code_in(address) is None


def test_a_code_without_its_leading_zero_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"code: .* leading 0"):
        place(code="1067")


def test_a_land_is_one_of_sixteen() -> None:
    with pytest.raises(InvalidValue, match="land"):
        place(land="XX")


def test_an_unknown_land_is_allowed() -> None:
    assert place(land=None).land is None


def test_places_that_share_a_code_stand_in_their_middle() -> None:
    far_off = place(48.0, 9.0)

    shared = one_of_many([place(52.0, 13.0), place(52.2, 13.4), far_off])

    assert shared.point == Point(52.0, 13.0)


def test_one_place_stands_for_itself() -> None:
    assert one_of_many([place()]) == place()
