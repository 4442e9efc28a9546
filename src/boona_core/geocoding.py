"""What is asked about an address or a way, and what is an answer worth?

A place is asked for where the table of postal codes knows none: of a practice by its street, code and town, of a
patient by the postal code alone.  A patient's street is in no question, whatever is set: what a patient's home gives
away is never worth the few hundred metres that it would make a distance better.

An answer says who gave it, when it was asked for, and from when on it counts no more; "not known" is an answer.  An
answer that has ended is none.  Distances are kilometres, ways whole minutes one way.  Nothing here asks anybody.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from attrs import Attribute, field, frozen

from boona_core.errors import InvalidValue
from boona_core.geo import Point
from boona_core.instants import utc
from boona_core.postal_codes import postal_code_of, round_the_code


class Service(StrEnum):
    """Who may be asked, at most once a second each."""

    NOMINATIM = "nominatim"
    OSRM = "osrm"


def _plain(text: str | None) -> str | None:
    return " ".join((text or "").split()) or None


@frozen(kw_only=True)
class Address:
    """What is asked about a place; where two spell the same one differently they ask the same.

    Attributes:
        postal_code: Five digits; None: not known, or not a German one.

    Raises:
        InvalidValue: there is neither a code nor a town: a street alone is anywhere.
    """

    street: str | None = field(default=None, converter=_plain, repr=False)
    postal_code: str | None = field(default=None, converter=postal_code_of, repr=False)
    city: str | None = field(default=None, converter=_plain, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.postal_code is None and self.city is None:
            raise InvalidValue("address", "has neither a postal code nor a town")

    @property
    def key(self) -> str:
        """The hash under which the answer is kept, hexadecimal: nothing that was written can be read in it."""
        parts = (self.street, self.postal_code, self.city)
        return sha256("\n".join(_folded(part or "") for part in parts).encode()).hexdigest()


def _folded(text: str) -> str:
    """``Karl-Marx-Straße 5`` and ``karl marx  str. 5`` are one."""
    words = re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()
    return re.sub(r"strasse\b", "str", words)


def addresses_of_practice(street: str | None, postal_code: str | None, city: str | None) -> tuple[Address, ...]:
    """What may be asked about a practice, the finest first; empty: too little is known about where it is."""
    if postal_code_of(postal_code) is None and _plain(city) is None:
        return ()
    coarse = Address(postal_code=postal_code, city=city)
    return (coarse,) if _plain(street) is None else (Address(street=street, postal_code=postal_code, city=city), coarse)


def addresses_of_line(line: str) -> tuple[Address, ...]:
    """The same about a practice whose address is written in one line, ``Hof 2, Beispielweg 1, 10115 Berlin``.

    The street is the last part before the code that has a number, or the last one; where nothing stands before the
    code, the part after the town.  Empty: there is no postal code in it, or several.
    """
    parts = round_the_code(line)
    if parts is None:
        return ()
    before, code, after = parts
    city, *behind = _parts(after) or [""]
    places = _parts(before) or behind
    street = next((part for part in reversed(places) if any(map(str.isdecimal, part))), places[-1] if places else None)
    return addresses_of_practice(street, code, city)


def _parts(text: str) -> list[str]:
    return [part for each in re.split(r"[,;\n]", text) if (part := each.strip())]


def addresses_of_home(postal_code: str | None) -> tuple[Address, ...]:
    """What may be asked about where a patient lives; empty: nothing."""
    return () if postal_code_of(postal_code) is None else (Address(postal_code=postal_code),)


@frozen(kw_only=True)
class Provenance:
    """Where an answer comes from.

    Attributes:
        source: The service, and where it was asked.
        asked_at: Aware; UTC inside.
        ends_at: From this instant on the answer counts no more.
    """

    source: str
    asked_at: datetime = field(converter=utc)
    ends_at: datetime = field(converter=utc)


@frozen
class Located:
    """What a geocoder said about an address.

    Attributes:
        point: None: it knows no such place.
    """

    point: Point | None = field(repr=False)
    provenance: Provenance


@frozen(kw_only=True)
class Sought:
    """Somebody of whom a place is not known; who it is makes no difference.

    Attributes:
        places: What may be asked about each place that is not known, the finest first; empty: nothing.
        is_somewhere: Another of their places is known.
    """

    places: tuple[tuple[Address, ...], ...] = field(repr=False)
    is_somewhere: bool = False

    @property
    def can_be_asked_about(self) -> bool:
        """Whether enough is known about one of these places to ask."""
        return any(self.places)


def place_of(addresses: Iterable[Address], known: Mapping[str, Located]) -> Point | None:
    """Where the first of *addresses* lies that has a known place, by what is *known* under their keys."""
    answers = (known.get(address.key) for address in addresses)
    return next((answer.point for answer in answers if answer is not None and answer.point is not None), None)


def next_question(addresses: Iterable[Address], known: Mapping[str, Located]) -> Address | None:
    """The address to ask about next; None: the place is known, or nobody knows it.

    A coarser one is asked about only once the finer ones are known to be unknown.
    """
    for address in addresses:
        answer = known.get(address.key)
        if answer is None:
            return address
        if answer.point is not None:
            return None
    return None


def _at_least_one(_: object, attribute: "Attribute[int]", value: int) -> None:
    if value < 1:
        raise InvalidValue(attribute.name, "must be at least 1")


@frozen(kw_only=True)
class GeocodingPolicy:
    """How long answers count, and how much is asked.

    Attributes:
        keep_days: Days for which a place or a road counts.
        keep_unknown_days: Days for which "not known" counts; maps grow.
        nearest: Practices about whose way is asked for one patient, at most.
        failures: So many in a row end a run.

    Raises:
        InvalidValue: a number is below 1.
    """

    keep_days: int = field(default=180, validator=_at_least_one)
    keep_unknown_days: int = field(default=14, validator=_at_least_one)
    nearest: int = field(default=100, validator=_at_least_one)
    failures: int = field(default=3, validator=_at_least_one)
