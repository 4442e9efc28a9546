"""How is one cell of a CSV file, or one value of a JSON object, read?

Each reader takes what stands in the file, never empty, and gives the plain value that is stored, or raises
``Unreadable`` with what is wrong with it.  Nothing is guessed.  What is wrong never repeats the value: it may be a
patient's.  Phone hours of therapists are the exception: they are long, and only the bad spot helps.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from boona_adapters.addresses import BadAddress, mailbox_of
from boona_core.diagnoses import read_group
from boona_core.errors import InvalidValue, InvalidValues
from boona_core.phone_hours_text import read_days, read_phone_hours, read_times
from boona_core.postal_codes import postal_code_in
from boona_core.redaction import one_line
from boona_core.windows import WEEK, Weekday, WeeklyWindows, Window

LONGEST_PROSE = 20_000
LONGEST_NAME = 100
LONGEST_ADDRESS = 400
MOST_NAMES = 500
LARGEST_PRIORITY = 1_000_000
OLDEST = 120

Reader = Callable[[object], Any]

_NOT_TEXT = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_BUT_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_GERMAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_FLAGS = {"ja": True, "nein": False, "yes": True, "no": False, "true": True, "false": False, "1": True, "0": False}
_DAYS = dict(zip(("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"), WEEK, strict=True))
_SAFE_PLACE = re.compile(rf"(?:{'|'.join(WEEK)})(?:\[\d{{1,4}}\](?:\.(?:start|end))?)?")
_SEPARATORS_OF_ADDRESSES = re.compile(r"[;|\n]")
_SEPARATORS = re.compile(r"[,;|\n]")


class Unreadable(Exception):
    """A value that cannot be read; its text says why and does not repeat the value."""


def text(longest: int) -> Reader:
    """One line of text, trimmed, of at most *longest* characters."""

    def read(value: object) -> str:
        return _checked(value, longest, _CONTROL)

    return read


def prose(value: object) -> str:
    """Text that may have several lines, trimmed."""
    return _checked(value, LONGEST_PROSE, _CONTROL_BUT_LINES)


def day(value: object) -> str:
    """A date, ``1980-12-31`` or ``31.12.1980``, as ISO writes it."""
    written = _checked(value, LONGEST_NAME, _CONTROL)
    if found := _ISO_DAY.fullmatch(written):
        year, month, number = (int(part) for part in found.groups())
    elif found := _GERMAN_DAY.fullmatch(written):
        number, month, year = (int(part) for part in found.groups())
    else:
        raise Unreadable("is not a date: written as 1980-12-31 or 31.12.1980")
    try:
        return date(year, month, number).isoformat()
    except ValueError:
        raise Unreadable("is not a date of the calendar") from None


def flag(value: object) -> bool:
    """Yes or no: ja, nein, yes, no, true, false, 1, 0."""
    if isinstance(value, bool):
        return value
    written = str(value) if value in (0, 1) and isinstance(value, int) else value
    found = _FLAGS.get(written.strip().lower()) if isinstance(written, str) and len(written) <= LONGEST_NAME else None
    if found is None:
        raise Unreadable("is neither yes nor no: written as ja, nein, true, false, 1 or 0")
    return found


def one_of(values: type[StrEnum]) -> Reader:
    """One of the values of an enumeration, in lower or upper case."""

    known = frozenset(member.value for member in values)

    def read(value: object) -> str:
        written = _checked(value, LONGEST_PROSE, _CONTROL).lower()
        if written not in known:
            raise Unreadable(f"is none of {', '.join(values)}")
        return written

    return read


def whole_number(value: object) -> int:
    """A whole number from 0 to a million."""
    if isinstance(value, str):
        written = value.strip()
        value = int(written) if len(written) <= 9 and written.isascii() and written.isdigit() else None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_PRIORITY:
        raise Unreadable(f"is not a whole number from 0 to {LARGEST_PRIORITY}")
    return value


def years(value: object) -> int:
    """An age in years, 0 to 120."""
    read = whole_number(value)
    if read > OLDEST:
        raise Unreadable(f"is not an age from 0 to {OLDEST}")
    return read


def address(value: object) -> str:
    """An email address, as it was written."""
    written = _checked(value, LONGEST_PROSE, _CONTROL)
    try:
        mailbox_of(written)
    except BadAddress as fault:
        raise Unreadable(str(fault)) from None
    return written


def names(value: object) -> list[str]:
    """Several names: a list, in a cell its JSON, or names between commas, semicolons or bars; each once."""
    return _list_of(value, LONGEST_NAME, _SEPARATORS)


def addresses(value: object) -> list[str]:
    """Several postal addresses, each in one line with its postal code: a list, its JSON, or between semicolons."""
    read = _list_of(value, LONGEST_ADDRESS, _SEPARATORS_OF_ADDRESSES)
    for place, each in enumerate(read, start=1):
        if postal_code_in(each) is None:
            raise Unreadable(f"place {place} of the list has no postal code, or several")
    return read


def _list_of(value: object, longest: int, separators: re.Pattern[str]) -> list[str]:
    if isinstance(value, str):
        written = _checked(value, LONGEST_PROSE, _CONTROL_BUT_LINES)
        value = (
            _json(written) if written.startswith("[") else [part for part in separators.split(written) if part.strip()]
        )
    if not isinstance(value, list):
        raise Unreadable(f"is not a list of names, but {_kind_of(value)}")
    if len(value) > MOST_NAMES:
        raise Unreadable(f"has more than {MOST_NAMES} names")
    read = []
    for place, each in enumerate(value, start=1):
        try:
            read.append(_checked(each, longest, _CONTROL))
        except Unreadable as fault:
            raise Unreadable(f"place {place} of the list {fault}") from None
    return [each for each in dict.fromkeys(read) if each]


def diagnosis_groups(value: object) -> list[str]:
    """Several ICD-10 codes or groups, such as ``F32.1``, ``F4``, ``F30-F39``."""
    read = names(value)
    for place, each in enumerate(read, start=1):
        if read_group(each) is None:
            raise Unreadable(f"place {place} of the list is no ICD-10 code and no group such as F32 or F30-F39")
    return read


def phone_hours(value: object) -> dict[str, Any]:
    """Weekly windows, or a free text about them (``Mo-Do 8-12 Uhr``); a fault says what stands at the bad spot.

    A text of which a part is not understood is refused as a whole: that part may limit what the others say.
    """
    if isinstance(value, str):
        value = _checked(value, LONGEST_PROSE, _CONTROL_BUT_LINES)
        if not value.startswith(("{", "[")):
            return _in_words(value)
        value = _json(value)
    try:
        return _windows(value)
    except InvalidValues as faults:
        hours = _days_in_words(value)
        if hours is None:
            raise Unreadable(one_line(str(faults), longest=1000)) from None
        return hours


def availability(value: object) -> dict[str, Any]:
    """Weekly windows of a patient; a fault names the place only."""
    try:
        return _windows(value)
    except InvalidValues as found:
        places = [fault.place for fault in found.faults if _SAFE_PLACE.fullmatch(fault.place)]
        where = ", ".join(places[:20])
        raise Unreadable(f"cannot be read at {where}" if where else "cannot be read as windows of a week") from None


def travel_limit(value: object) -> dict[str, int]:
    """How far: ``{"max_km": 20, "max_minutes": 45}``, either or both."""
    if isinstance(value, str):
        value = _json(_checked(value, LONGEST_PROSE, _CONTROL_BUT_LINES))
    if not isinstance(value, Mapping) or not value or not set(value) <= {"max_km", "max_minutes"}:
        raise Unreadable('is not written as {"max_km": 20, "max_minutes": 45}')
    for name, number in value.items():
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= LARGEST_PRIORITY:
            raise Unreadable(f"{name} is not a whole number of at least 1")
    return dict(value)


def _checked(value: object, longest: int, forbidden: re.Pattern[str]) -> str:
    if not isinstance(value, str):
        raise Unreadable(f"is not a text, but {_kind_of(value)}")
    written = value.strip(" \t\r\n")
    if len(written) > longest:
        raise Unreadable(f"is longer than {longest} characters")
    if not written.isascii() and _NOT_TEXT.search(written):
        raise Unreadable("is not UTF-8 text: save the file as UTF-8")
    if found := forbidden.search(written):
        what = "a line break" if found[0] in "\r\n\u2028\u2029" else f"a control character (U+{ord(found[0]):04X})"
        raise Unreadable(f"holds {what} at character {found.start() + 1}")
    return written


def _in_words(written: str) -> dict[str, Any]:
    read = read_phone_hours(written)
    if read.not_understood:
        parts = ", ".join(repr(part[:80]) for part in read.not_understood[:10])
        raise Unreadable(one_line(f"is understood only in part, or not at all: {parts}", longest=1000))
    if not read.hours:
        raise Unreadable("names no hours at all")
    return read.hours.to_json()


def _days_in_words(value: object) -> dict[str, Any] | None:
    """Days or times that are written as a person would: ``{"Mo-Do": "8-12 Uhr"}``; None when one is not understood."""
    if not isinstance(value, Mapping):
        return None
    by_day: dict[Weekday, tuple[Window, ...]] = {}
    for name, windows in value.items():
        days = read_days(name) if isinstance(name, str) else None
        texts = windows if isinstance(windows, list) else [windows]
        times = [read_times(text) if isinstance(text, str) else None for text in texts]
        if days is None or any(day in by_day for day in days) or None in times:
            return None
        by_day |= dict.fromkeys(days, tuple(window for each in times for window in each or ()))
    return WeeklyWindows(by_day).to_json()


def _windows(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        value = _json(_checked(value, LONGEST_PROSE, _CONTROL_BUT_LINES))
    if isinstance(value, Mapping):
        by_day: dict[Any, Any] = {}
        for name, windows in value.items():
            known = _DAYS.get(name.strip().lower(), name) if isinstance(name, str) else name
            if known in by_day:
                raise InvalidValues([InvalidValue(str(known), "stands twice")])
            by_day[known] = windows
        value = by_day
    return WeeklyWindows.from_json(value).to_json()


def _json(written: str) -> Any:
    try:
        return json.loads(written, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Unreadable("is not JSON") from None


def _refuse(_: str) -> None:
    raise ValueError


def _kind_of(value: object) -> str:
    kinds: dict[type, str] = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        type(None): "nothing",
    }
    return kinds.get(type(value), "an object")
