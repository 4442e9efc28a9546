"""How does a body become a value, with every fault of it at once?

One cattrs converter.  Unknown keys are refused, nothing is guessed or trimmed, and each fault names its place as the
client wrote it (``availability.monday[1].end``) and never the value.  A field that a body does not name stays apart
from one that it empties: the first is ``UNNAMED``, the second None.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from enum import Enum, StrEnum
from functools import cache
from typing import Any, Final, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn

from boona_adapters.http.texts import Text, Whole
from boona_adapters.vocabulary import GERMAN, english, named_twice
from boona_core.errors import InvalidValue, InvalidValues
from boona_core.windows import WeeklyWindows

T = TypeVar("T")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_MOST_FAULTS = 100


class _Unnamed(Enum):
    """What a body does not say anything about."""

    UNNAMED = "unnamed"

    def __repr__(self) -> str:
        return "UNNAMED"


UNNAMED: Final[Any] = _Unnamed.UNNAMED
"""The value of a field that the body does not name."""


def read_body(kind: type[T], body: object) -> T:
    """What *body* says, as a value of the attrs class *kind*; field names may be English or German.

    Raises:
        InvalidValues: every fault, each with its place.
    """
    try:
        read: T = _CONVERTER.structure(body, kind)
    except InvalidValues as found:
        raise InvalidValues(found.faults[:_MOST_FAULTS]) from None
    except InvalidValue as fault:
        raise InvalidValues([fault]) from None
    return read


def read_value(kind: Any, value: object) -> Any:
    """One value of this type, as it stands in a query or a path.

    Raises:
        InvalidValue: it cannot be read; its place is left empty.
    """
    try:
        return _CONVERTER.structure(value, kind)
    except InvalidValue:
        raise
    except (BaseValidationError, ValueError, TypeError):
        raise InvalidValue("", "cannot be read") from None


def named(value: Any) -> dict[str, Any]:
    """The fields that a body named, None for those that it empties."""
    return {
        each.name: getattr(value, each.name)
        for each in attrs.fields(type(value))
        if getattr(value, each.name) is not UNNAMED
    }


def in_german(value: Any) -> Any:
    """The same plain value with German names, at every depth."""
    if isinstance(value, dict):
        return {GERMAN.get(name, name): in_german(each) for name, each in value.items()}
    if isinstance(value, list):
        return [in_german(each) for each in value]
    return value


# -- faults ------------------------------------------------------------------------------------------------------------


def _as_written(faults: Iterator[InvalidValue], spelt: Mapping[str, str]) -> Iterator[InvalidValue]:
    for fault in faults:
        first = re.match(r"[^.\[]*", fault.place)
        name = first[0] if first else ""
        yield InvalidValue(spelt.get(name, name) + fault.place[len(name) :], fault.fault)


def _faults(error: BaseException, place: str) -> Iterator[InvalidValue]:
    if isinstance(error, BaseValidationError):
        for each in error.exceptions:
            yield from _faults(each, _place_of(each, place))
    elif isinstance(error, InvalidValues):
        for fault in error.faults:
            yield InvalidValue(_joined(place, fault.place), fault.fault)
    elif isinstance(error, InvalidValue):
        yield InvalidValue(_joined(place, error.place), error.fault)
    elif isinstance(error, ForbiddenExtraKeysError):
        for name in sorted(map(str, error.extra_fields)):
            yield InvalidValue(_joined(place, _shortened(name)), "is not known")
    elif isinstance(error, KeyError):
        yield InvalidValue(place, "is missing")
    else:
        yield InvalidValue(place, "cannot be read")


def _place_of(error: BaseException, place: str) -> str:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return _joined(place, note.name)
        if isinstance(note, IterableValidationNote):
            return f"{place}[{note.index}]"
    return place


def _joined(place: str, name: str) -> str:
    return f"{place}{'.' if place and name and not name.startswith('[') else ''}{name}"


def _shortened(name: str) -> str:
    """A key that nobody knows, as far as it may be repeated: it may be anything."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,60}", name) else "a key"


# -- kinds of values ---------------------------------------------------------------------------------------------------


def _day(value: object, _: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise InvalidValue("", "is not a date, written as 2026-12-31")


def _time(value: object, _: Any) -> time:
    if isinstance(value, str) and _TIME.fullmatch(value):
        return time.fromisoformat(value)
    raise InvalidValue("", "is not a time, written as 09:30")


def _flag(value: object, _: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidValue("", "is neither true nor false")
    return value


def _enum(value: object, kind: Any) -> Any:
    if isinstance(value, str):
        try:
            return kind(value.lower())
        except ValueError:
            pass
    raise InvalidValue("", f"is none of {', '.join(member.value for member in kind)}")


def _windows(value: object, _: Any) -> WeeklyWindows:
    try:
        return WeeklyWindows.from_json(value)
    except InvalidValues as faults:
        # what stands at a place may be a patient's: only places and our own words are told
        known = [InvalidValue(f.place if _SAFE.fullmatch(f.place) else "a key", _plain(f.fault)) for f in faults.faults]
        raise InvalidValues(known) from None


_SAFE = re.compile(r"[a-z]*day(\[\d{1,4}\](\.(start|end))?)?|")


def _plain(fault: str) -> str:
    return "is not a time, written as 09:30" if fault.endswith("is not a time") else fault


def _several(converter: cattrs.Converter, kind: Any) -> Any:
    """A list as a tuple or a set; each fault with its place in the list."""
    into: Any = get_origin(kind)
    listed = list.__class_getitem__(get_args(kind)[0])
    structure = converter.get_structure_hook(listed)

    def read(value: object, _: Any) -> Any:
        if not isinstance(value, list):
            raise InvalidValue("", "is not a list")
        return into(structure(value, listed))

    return read


def _annotated(kind: Any) -> Any:
    told = next((each for each in kind.__metadata__ if isinstance(each, Text | Whole)), None)
    if told is None:
        inner = kind.__origin__
        return lambda value, _: _CONVERTER.structure(value, inner)
    return lambda value, _: told.read(value)


_SEVERAL: tuple[Any, ...] = (tuple, frozenset)


@cache
def _make() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook(date, _day)
    converter.register_structure_hook(time, _time)
    converter.register_structure_hook(bool, _flag)
    converter.register_structure_hook(WeeklyWindows, _windows)
    converter.register_structure_hook(StrEnum, _enum)  # before what cattrs does with a str
    converter.register_structure_hook_factory(lambda kind: hasattr(kind, "__metadata__"), _annotated)
    converter.register_structure_hook_factory(
        lambda kind: get_origin(kind) in _SEVERAL, lambda kind: _several(converter, kind)
    )
    converter.register_structure_hook_factory(attrs.has, lambda kind: _object(converter, kind))
    return converter


def _object(converter: cattrs.Converter, kind: Any) -> Any:
    structure = make_dict_structure_fn(
        kind, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True
    )

    def read(value: object, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise InvalidValue("", "is not an object")
        twice = list(named_twice(value))
        spelt = {english(name): name for name in value}
        try:
            made = structure({english(name): each for name, each in value.items()}, kind)
        except BaseValidationError as error:
            raise InvalidValues([*twice, *_as_written(_faults(error, ""), spelt)]) from None
        if twice:
            raise InvalidValues(twice)
        return made

    return read


_CONVERTER = _make()
