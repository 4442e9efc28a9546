"""Reads what a directory of therapists exports: objects with ``basic_info``, ``location`` and ``contact`` inside.

Such an export is a list, or an object with the list under ``therapists``, or an object that tells what is new
(``additions``), other (``modifications``) and gone (``deletions``).  An entry has no id of its own unless it gives one
(``id`` or ``external_id``): names and postal code stand for it then.  Who comes back under another name is a new entry,
which the search for duplicates finds.  What an entry says of more than Boona keeps is passed over.
"""

from collections.abc import Mapping
from typing import Any, TypeGuard

from boona_adapters.imports.columns import LONGEST_COLUMN_NAME
from boona_core.names import words_of

PARTS = ("therapists", "additions", "modifications", "deletions")
"""The lists that an export may hold."""

GONE = "deletions"
"""The one of those who are not in the directory any more."""

_GROUPS: Mapping[str, Mapping[str, str]] = {
    "basic_info": {
        "salutation": "salutation",
        "title": "title",
        "first_name": "first_name",
        "last_name": "last_name",
        "gender": "gender",
    },
    "location": {"street": "street", "postal_code": "postal_code", "city": "city"},
    "contact": {"phone": "phone", "fax": "fax", "email": "email", "website": "website"},
}
_PLAIN = {"telephone_hours": "phone_hours", "languages": "languages", "therapy_methods": "therapy_methods"}
_GENDERS = {"frau": "female", "herr": "male"}
_FRESHEST = ("new", "after", "current", "therapist")
"""Under which names a modification holds the entry as it is now."""


def is_entry(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether a JSON value is an entry of a directory."""
    return isinstance(value, dict) and isinstance(value.get("basic_info"), dict)


def newest(value: object, part: str | None) -> object:
    """The entry as it is now; a modification may hold what it was beside it."""
    if part == "modifications" and isinstance(value, dict) and not is_entry(value):
        return next((value[name] for name in _FRESHEST if is_entry(value.get(name))), value)
    return value


def flattened(entry: Mapping[str, Any]) -> dict[str, object]:
    """An entry as an object with the names of section fields, as any other import has it."""
    flat: dict[str, object] = {}
    locations = _locations(entry)
    for group, names in _GROUPS.items():
        inner = entry.get(group)
        if group == "location":
            inner = locations[0] if locations else None
        if not isinstance(inner, Mapping):
            continue
        flat.update({field: inner[name] for name, field in names.items() if name in inner})
        if group == "location" and flat.get("street"):
            flat["street"] = _street(inner)
    flat.update({field: entry[name] or None for name, field in _PLAIN.items() if name in entry})  # {} says nothing
    for name in ("first_name", "last_name"):
        if isinstance(flat.get(name), str) and not words_of(str(flat[name])):
            flat[name] = None  # "Null", and other words for nobody
    if "locations" in entry or isinstance(entry.get("location"), list):
        flat["other_addresses"] = [_in_one_line(location) for location in locations[1:]] or None
    salutation = flat.get("salutation")
    if "gender" not in flat and isinstance(salutation, str) and salutation.strip().lower() in _GENDERS:
        flat["gender"] = _GENDERS[salutation.strip().lower()]
    if key := _key(entry, flat):
        flat["external_id"] = key
    return flat


def _locations(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Where an entry has sessions, the first place first: ``location`` is one or a list, ``locations`` are more."""
    found: list[Mapping[str, Any]] = []
    for name in ("location", "locations"):
        given = entry.get(name)
        for each in given if isinstance(given, list) else [given]:
            if isinstance(each, Mapping) and each not in found:
                found.append(each)
    return found


def _street(location: Mapping[str, Any]) -> str:
    return " ".join(str(part) for part in (location.get("street"), location.get("house_number")) if part)


def _in_one_line(location: Mapping[str, Any]) -> str:
    town = " ".join(str(location[name]) for name in ("postal_code", "city") if location.get(name))
    return ", ".join(filter(None, (_street(location), town)))


def _key(entry: Mapping[str, Any], flat: Mapping[str, object]) -> str | None:
    """What stands for an entry from one export to the next; None: it says too little of itself."""
    for name in ("external_id", "id"):
        given = entry.get(name)
        if isinstance(given, str | int) and not isinstance(given, bool) and str(given).strip():
            return str(given)
    first, last, code = (flat.get(name) for name in ("first_name", "last_name", "postal_code"))
    words = [*words_of(first if isinstance(first, str) else None), *words_of(last if isinstance(last, str) else None)]
    if not words or not isinstance(code, str | int):
        return None
    return f"{'-'.join(words)}@{code}"[:LONGEST_COLUMN_NAME]
