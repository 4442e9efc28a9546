"""What do the values of the API look like, as JSON schemas?

A schema follows from the type that reads or writes the value, so that it cannot say anything else.  Descriptions come
from the docstrings of the classes: the first paragraph, and a line for each attribute.
"""

import inspect
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from boona_adapters.http.codec import UNNAMED
from boona_adapters.http.texts import WINDOW, Text, Whole
from boona_adapters.vocabulary import german
from boona_core.windows import WEEK, WeeklyWindows

Schema = dict[str, Any]

_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    date: {"type": "string", "format": "date"},
    time: {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
    datetime: {"type": "string", "format": "date-time"},
    Any: {},
}
_ATTRIBUTE = re.compile(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", re.MULTILINE)


@attrs.define
class Schemas:
    """Collects the schemas of classes under their names, each once.

    Attributes:
        german: Fields are named in German.
    """

    german: bool = False
    components: dict[str, Schema] = attrs.field(factory=dict)

    def of(self, kind: Any) -> Schema:  # noqa: PLR0911 - one line for each kind of type
        """The schema of a type; of a class a reference to it."""
        if kind in _PLAIN:
            return dict(_PLAIN[kind])
        origin = get_origin(kind)
        if origin is Annotated:
            return self._annotated(kind)
        if origin in (Union, UnionType):
            return self._optional([each for each in get_args(kind) if each is not NoneType])
        if origin in (tuple, frozenset, list):
            return {"type": "array", "items": self.of(get_args(kind)[0])}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(get_args(kind)[1])}
        if origin is Literal:
            return {"enum": list(get_args(kind))}
        if kind is WeeklyWindows:
            return self._component("WeeklyWindows", self._weekly)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return self._component(kind.__name__, lambda: _enumerated(kind))
        return self._component(kind.__name__, lambda: self._object(kind))

    def name_of(self, field_name: str) -> str:
        """A field's name on the wire."""
        plain = field_name.removesuffix("_")  # a name that is a word of Python has an underscore more there
        return german(plain) if self.german else plain

    def _component(self, name: str, make: Any) -> Schema:
        if name not in self.components:
            self.components[name] = {}
            self.components[name] = make()
        return {"$ref": f"#/components/schemas/{name}"}

    def _annotated(self, kind: Any) -> Schema:
        inner, *told = get_args(kind)
        for each in told:
            if isinstance(each, Text | Whole):
                return each.schema()
        return self.of(inner)

    def _optional(self, kinds: list[Any]) -> Schema:
        schema = self.of(kinds[0])
        if isinstance(schema.get("type"), str):
            return {**schema, "type": [schema["type"], "null"]}
        return {"anyOf": [schema, {"type": "null"}]}

    def _object(self, kind: Any) -> Schema:
        told = descriptions_of(kind)
        properties = {}
        required = []
        for name, type_, needed in fields_of(kind):
            properties[self.name_of(name)] = self.of(type_)
            if name in told:
                properties[self.name_of(name)] = _described(properties[self.name_of(name)], told[name])
            if needed:
                required.append(self.name_of(name))
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if required:
            schema["required"] = required
        if first := first_paragraph(kind):
            schema["description"] = first
        return schema

    def _weekly(self) -> Schema:
        return {
            "type": "object",
            "description": "Windows of a week in local wall time, by day; days without any are left out.",
            "properties": {day.value: {"type": "array", "items": dict(WINDOW)} for day in WEEK},
            "additionalProperties": False,
            "examples": [{"monday": [{"start": "09:00", "end": "12:00"}]}],
        }


def fields_of(kind: Any) -> Iterator[tuple[str, Any, bool]]:
    """Each field of a class: its name, its type, and whether it is always there."""
    hints = get_type_hints(kind, include_extras=True)
    for each in attrs.fields(kind):
        yield each.name, hints[each.name], each.default is not UNNAMED


def descriptions_of(kind: Any) -> dict[str, str]:
    """What the docstrings of a class and of those that it is made of say about each attribute."""
    docs = [each.__doc__ or "" for each in reversed(kind.__mro__) if attrs.has(each)]
    return {name: re.sub(r"\s+", " ", text).strip() for doc in docs for name, text in _ATTRIBUTE.findall(doc)}


def first_paragraph(thing: Any) -> str:
    """What the docstring says first."""
    doc = inspect.cleandoc(thing.__doc__ or "")
    return re.sub(r"\s+", " ", doc.split("\n\n")[0]).strip()


def _described(schema: Schema, text: str) -> Schema:
    return {**schema, "description": text}


def _enumerated(kind: type[Enum]) -> Schema:
    return {"type": "string", "enum": [member.value for member in kind], "description": first_paragraph(kind)}
