"""Where does a postal code lie, and in which Land?

A code stands for one point: the median of the places that share it.  Codes are German, five digits with their leading
zeros; what is no such code is unknown, not near.
"""

import re
from collections.abc import Sequence
from statistics import median

from attrs import Attribute, field, frozen

from boona_core.errors import InvalidValue
from boona_core.geo import Point
from boona_core.lands import Land

_CODE = re.compile(r"\d{5}", re.ASCII)
_CODE_IN_TEXT = re.compile(r"(?<![\w-])(?:D-)?(\d{5})(?!\w)", re.ASCII)


def is_postal_code(text: str) -> bool:
    """Whether *text* is five digits."""
    return _CODE.fullmatch(text) is not None


def postal_code_of(text: str | None) -> str | None:
    """The code in what was written into an address: ``D-10115 ``, ``10115``; None: none, or not a German one."""
    if text is None:
        return None
    code = text.strip().upper().removeprefix("DE").removeprefix("D").removeprefix("-").strip()
    return code if is_postal_code(code) else None


def postal_code_in(address: str) -> str | None:
    """The code in an address that is written in one line, ``Beispielweg 1, 10115 Berlin``; None: none, or several."""
    found = set(_CODE_IN_TEXT.findall(address))
    return found.pop() if len(found) == 1 else None


def round_the_code(address: str) -> tuple[str, str, str] | None:
    """What stands before the code in such a line, the code, and what stands after it; None: no code, or several."""
    code, found = postal_code_in(address), _CODE_IN_TEXT.search(address)
    if code is None or found is None:
        return None
    return address[: found.start()], code, address[found.end() :]


def _is_code(_: object, attribute: "Attribute[str]", value: str) -> None:
    if not is_postal_code(value):
        raise InvalidValue(attribute.name, "is not a German postal code: five digits, a leading 0 included")


def _is_land(_: object, attribute: "Attribute[str | None]", value: str | None) -> None:
    if value is not None and value not in tuple(Land):
        raise InvalidValue(attribute.name, f"is none of {', '.join(sorted(Land))}")


@frozen
class PostalPlace:
    """What is known about a postal code.

    Attributes:
        code: Five digits.
        name: The town, or one of the places that share the code.
        land: The Land by its two letters; None: unknown.

    Raises:
        InvalidValue: *code* is no German postal code, or *land* none of the sixteen.
    """

    code: str = field(validator=_is_code)
    name: str
    land: str | None = field(validator=_is_land)
    point: Point


def one_of_many(places: Sequence[PostalPlace]) -> PostalPlace:
    """What stands for places that share a code, at least one: the first's name and Land, and the median point."""
    first = places[0]
    if len(places) == 1:
        return first
    latitude, longitude = (
        round(median(values), 6)
        for values in ([place.point.latitude for place in places], [place.point.longitude for place in places])
    )
    return PostalPlace(first.code, first.name, first.land, Point(latitude, longitude))
