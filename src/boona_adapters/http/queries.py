"""How do the parameters of a query become a value?

A query is all text: numbers and flags are read by the type of their field, everything else as a body is read.
"""

from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from boona_adapters.http.codec import read_body
from boona_adapters.http.schemas import fields_of
from boona_adapters.vocabulary import english
from boona_core.errors import InvalidValue, InvalidValues

T = TypeVar("T")

_FLAGS = {"true": True, "false": False}


def read_query(kind: type[T], pairs: Sequence[tuple[str, str]]) -> T:
    """The parameters as a value of the attrs class *kind*; a list is a parameter given several times.

    Raises:
        InvalidValues: every fault, each with the parameter's name.
    """
    types = {name: type_ for name, type_, _ in fields_of(kind)}
    reserved = {name.removesuffix("_"): name for name in types if name.endswith("_")}
    given: dict[str, Any] = {}
    faults = []
    for written, text in pairs:
        name = reserved.get(written, written)
        type_ = types.get(english(name))
        if type_ is not None and get_origin(type_) is tuple:
            given.setdefault(name, []).append(_read(get_args(type_)[0], text))
        elif name in given:
            faults.append(InvalidValue(name, "stands twice"))
        else:
            given[name] = text if type_ is None else _read(type_, text)
    if faults:
        raise InvalidValues(faults)
    try:
        return read_body(kind, given)
    except InvalidValues as found:
        written_as = {name: plain for plain, name in reserved.items()}
        raise InvalidValues([InvalidValue(written_as.get(f.place, f.place), f.fault) for f in found.faults]) from None


def _read(type_: Any, text: str) -> Any:
    """The text as the type's own kind of value where it is one; else as it is, and refused later."""
    plain = _plain_type(type_)
    if plain is int and text.isascii() and text.removeprefix("-").isdigit() and len(text) <= 18:
        return int(text)
    if plain is bool:
        return _FLAGS.get(text.lower(), text)
    return text


def _plain_type(type_: Any) -> Any:
    if get_origin(type_) is Annotated:
        return get_args(type_)[0]
    if get_origin(type_) in (Union, UnionType):
        return _plain_type(next(each for each in get_args(type_) if each is not NoneType))
    return type_
