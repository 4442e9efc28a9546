"""What becomes of one therapist or patient when somebody names some fields?

Values are plain, as in ``importing``.  None empties a field; one that cannot be empty refuses it.  Only what is named
changes, apart from what follows from it: a patient who begins to search is registered on that day, once; a therapist
who becomes blocked or inactive is so since that day, and one who is active again has no reason or day of it any more.
"""

from collections.abc import Iterator
from datetime import date

from attrs import field, frozen

from boona_core.errors import InvalidValue, InvalidValues
from boona_core.importing import ImportKind, Values
from boona_core.patients import PatientStatus
from boona_core.therapists import TherapistStatus

_NEW: dict[ImportKind, Values] = {
    ImportKind.THERAPISTS: {
        "external_id": None,
        "first_name": "",
        "status": TherapistStatus.ACTIVE.value,
        "do_not_contact": False,
        "potentially_available": False,
    },
    ImportKind.PATIENTS: {
        "external_id": None,
        "status": PatientStatus.OPEN.value,
        "contracts_signed": False,
        "consultation_attended": False,
        "excluded_therapists": [],
    },
}
_NEVER_EMPTY = {
    ImportKind.THERAPISTS: ("last_name", "status", "do_not_contact", "potentially_available"),
    ImportKind.PATIENTS: ("first_name", "last_name", "status", "contracts_signed", "consultation_attended"),
}
_EMPTY: dict[str, object] = {"first_name": "", "excluded_therapists": []}
"""What an emptied field becomes, where that is not None."""


@frozen
class Person:
    """Somebody as stored from now on.

    Attributes:
        changed: The fields that differ from before; of a new one all that were given.
    """

    values: Values = field(repr=False)
    changed: frozenset[str]


def new_person(kind: ImportKind, given: Values, *, today: date) -> Person:
    """A new therapist or patient.

    Raises:
        InvalidValues: a field that is never empty is, or a patient cannot search like this.
    """
    return _person(kind, None, given, today)


def changed_person(kind: ImportKind, stored: Values, given: Values, *, today: date) -> Person:
    """The stored therapist or patient with the fields that are named.

    Raises:
        InvalidValues: a field that is never empty would be, or a patient cannot search like this.
    """
    return _person(kind, stored, given, today)


def _person(kind: ImportKind, stored: Values | None, given: Values, today: date) -> Person:
    before = _NEW[kind] if stored is None else stored
    named = {name: _EMPTY.get(name) if value is None and name in _EMPTY else value for name, value in given.items()}
    if kind is ImportKind.PATIENTS and _kept(before.get("registered_on")) and "registered_on" in named:
        named["registered_on"] = named["registered_on"] or before["registered_on"]
    values = {**before, **named}
    begins = values.get("status") == PatientStatus.SEARCHING.value and kind is ImportKind.PATIENTS
    if begins and values.get("registered_on") is None:
        values["registered_on"] = today.isoformat()
    if kind is ImportKind.THERAPISTS and values["status"] != before["status"]:
        values.update((name, day) for name, day in _since(values["status"], today).items() if name not in named)
    changed = frozenset(
        name for name, value in values.items() if stored is None or _meant(value) != _meant(before.get(name))
    )
    if faults := [*_empty(kind, values), *(_cannot_search(values, changed) if begins else ())]:
        raise InvalidValues(faults)
    return Person(values, changed)


def _since(status: str | None, today: date) -> Values:
    """What follows from another status of a therapist, where nothing else is said."""
    if status == TherapistStatus.ACTIVE.value:
        return {"blocked_reason": None, "blocked_on": None, "blocked_until": None}
    ended = {} if status == TherapistStatus.BLOCKED.value else {"blocked_until": None}
    return {"blocked_on": today.isoformat(), **ended}


def _kept(value: object) -> bool:
    return value is not None


def _meant(value: object) -> object:
    """No names are an empty list, or none at all."""
    return tuple(value) if isinstance(value, list | tuple) else () if value is None else value


def _empty(kind: ImportKind, values: Values) -> Iterator[InvalidValue]:
    for name in _NEVER_EMPTY[kind]:
        value = values.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            yield InvalidValue(name, "must not be empty")


def _cannot_search(values: Values, changed: frozenset[str]) -> Iterator[InvalidValue]:
    if changed.isdisjoint({"status", "contracts_signed", "diagnosis"}):
        return
    if not values.get("contracts_signed"):
        yield InvalidValue("contracts_signed", "must be true before the search begins")
    if not values.get("diagnosis"):
        yield InvalidValue("diagnosis", "must be known before the search begins")
