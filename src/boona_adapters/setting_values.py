"""How does the text of one setting become a value?

typed-settings merges files and environment and knows the options; reading the texts is done here, between its loading
and its building, because its own errors repeat the texts and end at the first class that refuses one.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin
from zoneinfo import ZoneInfo

import attrs
from attrs import field, frozen
from typed_settings.dict_utils import get_path, set_path
from typed_settings.types import LoadedSettings, LoaderMeta, OptionInfo, OptionList, Secret, SettingsDict

from boona_core.errors import BoonaError, InvalidValue, InvalidValues
from boona_core.letters import LetterDetail
from boona_core.windows import WeeklyWindows

_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,9})?")
_YES_NO = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}


@frozen
class FromMapping:
    """A loader for typed-settings: the environment, or what stands for it, as a mapping."""

    values: Mapping[str, str]
    name_of: Callable[[str], str]

    def __call__(self, settings_cls: type, options: OptionList) -> LoadedSettings:
        """The settings that the mapping names."""
        found: SettingsDict = {}
        for option in options:
            if (name := self.name_of(option.path)) in self.values:
                set_path(found, option.path, self.values[name])
        return LoadedSettings(found, LoaderMeta(settings_cls.__name__))


@frozen
class Reader:
    """A processor for typed-settings: reads every text, and notes the faults of all of them.

    Attributes:
        checks: By the path of a setting, what else must be true of its value: raises a ``BoonaError`` if it is not.
        faults: What could not be read, with the name of each setting; such a setting keeps its default.
        options: The settings that there are.
    """

    checks: Mapping[str, Callable[[Any], object]]
    name_of: Callable[[str], str]
    faults: list[InvalidValue] = field(factory=list)
    options: list[OptionInfo] = field(factory=list)

    def __call__(self, settings_dict: SettingsDict, settings_cls: type, options: OptionList) -> SettingsDict:  # noqa: ARG002
        """The same settings as values."""
        self.options[:] = options
        for option in options:
            try:
                given = get_path(settings_dict, option.path)
            except KeyError:
                continue
            if given is not option.default:
                set_path(settings_dict, option.path, self._read(option, given))
        return settings_dict

    def _read(self, option: OptionInfo, given: object) -> Any:
        name = self.name_of(option.path)
        try:
            value = read_value(_text(given), option.cls)
            self.checks.get(option.path, lambda _: None)(value)
        except InvalidValues as refused:
            self.faults.extend(InvalidValue(name, str(fault)) for fault in refused.faults)
        except InvalidValue as refused:
            self.faults.append(InvalidValue(name, refused.fault))
        except BoonaError as refused:
            self.faults.append(InvalidValue(name, str(refused)))
        else:
            return value
        return option.default


class BuiltAsGiven:
    """A converter for typed-settings: values are values already, and classes are made of them."""

    def structure(self, obj: Any, cl: type) -> Any:
        """An instance of *cl* made of a mapping; anything else as it is."""
        if not (isinstance(obj, dict) and attrs.has(cl)):
            return obj
        types = {each.name: each.type for each in attrs.fields(cl)}
        return cl(**{name: self.structure(value, types[name]) for name, value in obj.items()})

    def get_structure_hook(self, cl: type) -> Callable[[Any, type], Any]:  # noqa: ARG002
        """How one value is built."""
        return self.structure


def read_value(text: str, kind: Any) -> Any:
    """The value that *text* writes, of the type *kind* (None is left out of a union with it).

    Raises:
        InvalidValue: it does not write one; the text is not repeated.
        InvalidValues: the same, with several faults.
    """
    kinds = [each for each in get_args(kind) if each is not NoneType] if NoneType in get_args(kind) else [kind]
    chosen = kinds[0]
    if get_origin(chosen) is Secret:
        return Secret(text)
    if isinstance(chosen, type) and issubclass(chosen, StrEnum):
        return _member(text, chosen)
    return _READERS[chosen](text)


def _text(given: object) -> str:
    """A value of a TOML file as an environment would write it."""
    if isinstance(given, bool):
        return "on" if given else "off"
    if isinstance(given, int | float | str):
        return str(given).strip()
    raise InvalidValue("", "expected a text or a number")


def _member(text: str, kind: type[StrEnum]) -> StrEnum:
    if kind is LetterDetail and text == "link":
        raise InvalidValue("", "link needs the answer page, which this version does not have: only full is possible")
    try:
        return kind(text)
    except ValueError:
        raise InvalidValue("", f"expected {' or '.join(kind)}") from None


def _whole(text: str) -> int:
    if _WHOLE.fullmatch(text) is None:
        raise InvalidValue("", "expected a whole number")
    return int(text)


def _decimal(text: str) -> float:
    if _DECIMAL.fullmatch(text) is None:
        raise InvalidValue("", "expected a number")
    return float(text)


def _yes_no(text: str) -> bool:
    if text.lower() not in _YES_NO:
        raise InvalidValue("", "expected on or off")
    return _YES_NO[text.lower()]


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (OSError, ValueError, LookupError):
        raise InvalidValue("", "is not the name of a time zone, such as Europe/Berlin") from None


def _windows(text: str) -> WeeklyWindows:
    try:
        raw = json.loads(text)
    except ValueError:
        raise InvalidValue("", 'expected JSON such as {"monday": ["09:00-12:00"]}') from None
    return WeeklyWindows.from_json(raw)


def _own_name(text: str) -> str:
    if not text.isprintable():
        raise InvalidValue("", "has a control character")
    return text


_READERS: Mapping[Any, Callable[[str], Any]] = {
    str: _own_name,
    int: _whole,
    float: _decimal,
    bool: _yes_no,
    timedelta: lambda text: timedelta(seconds=_decimal(text)),
    Path: Path,
    ZoneInfo: _zone,
    WeeklyWindows: _windows,
}
