"""What does a row of a file change, and what of it may be shown?

A row is a mapping from English field names to plain values, the same form in which a store keeps them as JSON: texts,
whole numbers, booleans, dates as ``YYYY-MM-DD``, lists, weekly windows as their JSON.  None is an empty value; a field
that a file has no column for is not in the mapping, and never changes anything.

- An empty value never wipes an email address, nor a field that has no "unknown": the status, the marks (such as
  do-not-contact), the day of registration, a therapist's first name.  It empties every other field.
- Values of patients are never shown: a fault names its row and field, a difference its row, id and fields.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, NewType

from attrs import evolve, field, frozen

from boona_core.patients import PatientStatus
from boona_core.therapists import TherapistStatus

ImportRunId = NewType("ImportRunId", int)

Values = Mapping[str, Any]
"""English field names to plain values."""


class ImportKind(StrEnum):
    """What a file is about."""

    THERAPISTS = "therapists"
    PATIENTS = "patients"
    REQUESTS = "requests"


@frozen
class RowFault:
    """Why a row is refused; never a value of a patient.

    Attributes:
        row: As a spreadsheet counts (the header is row 1); in JSON the place in the list, from 1.
        field: The name as the file has it; None: the row as a whole.
    """

    row: int
    field: str | None
    fault: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.field}: {self.fault}" if self.field else f"row {self.row}: {self.fault}"


@frozen(kw_only=True)
class PersonRow:
    """A row about a therapist or a patient.

    Attributes:
        values: The fields that the row gives, ``external_id`` among them.
        deleted: The file says that this person is not in the directory any more.
    """

    row: int
    external_id: str = field(repr=False)
    values: Values = field(repr=False)
    deleted: bool = False


@frozen(kw_only=True)
class RequestRow:
    """A row that offers a patient to a therapist.

    Attributes:
        priority: None: not given.
    """

    row: int
    patient: str = field(repr=False)
    therapist: str = field(repr=False)
    priority: int | None = None


@frozen
class RefusedRow:
    """A row that could not be read, with all its faults."""

    row: int
    faults: tuple[RowFault, ...]


@frozen
class FieldChange:
    """One field of one row, before and after; *name* is its English name."""

    name: str
    old: Any = field(repr=False)
    new: Any = field(repr=False)


@frozen
class RowChange:
    """What an import does to one stored row.

    Attributes:
        row: The row of the file.
        id: The id of the stored row.
        created: It is new; then *fields* is empty.
    """

    row: int
    id: int
    created: bool
    fields: tuple[FieldChange, ...] = ()


@frozen(kw_only=True)
class Counts:
    """How many rows met which fate."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0

    @property
    def total(self) -> int:
        """All rows."""
        return self.created + self.changed + self.unchanged + self.refused

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            created=self.created + other.created,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            refused=self.refused + other.refused,
        )


@frozen
class ChunkOutcome:
    """What became of some rows: the differences made, and why rows were refused.

    Attributes:
        rows: How many there were.
        kept: Each row and field in which the file says something new, and what staff changed by hand stayed.
    """

    rows: int
    changes: tuple[RowChange, ...] = ()
    faults: tuple[RowFault, ...] = ()
    kept: tuple[tuple[int, str], ...] = ()

    @property
    def counts(self) -> Counts:
        """How many of them met which fate."""
        created = sum(change.created for change in self.changes)
        refused = len({fault.row for fault in self.faults})
        return Counts(
            created=created,
            changed=len(self.changes) - created,
            unchanged=self.rows - len(self.changes) - refused,
            refused=refused,
        )


@frozen(kw_only=True)
class ImportReport:
    """What an import did, or would do; it may be shown to anybody who may import.

    Attributes:
        run_id: The entry in the history; None: a dry run.
        faults: The first faults, in the order of the file.
        more_faults: How many faults are not among them.
        examples: The first difference of each kind: ``created``, and each field that changed.
        field_counts: In how many rows each field changed.
        changes: The differences that were asked for, in the order of the file.
        more_changes: How many of those that were asked for are not among them.
        kept_counts: In how many rows the file says something new of a field that staff changed by hand, and they won.
    """

    kind: ImportKind
    dry_run: bool
    run_id: ImportRunId | None = None
    counts: Counts = field(factory=Counts)
    faults: tuple[RowFault, ...] = ()
    more_faults: int = 0
    examples: Mapping[str, RowChange] = field(factory=dict)
    field_counts: Mapping[str, int] = field(factory=dict)
    changes: tuple[RowChange, ...] = ()
    more_changes: int = 0
    kept_counts: Mapping[str, int] = field(factory=dict)


KEPT_WHEN_EMPTY: Mapping[ImportKind, frozenset[str]] = {
    ImportKind.THERAPISTS: frozenset(
        {"email", "mailbox", "status", "do_not_contact", "potentially_available", "first_name"}
    ),
    ImportKind.PATIENTS: frozenset({"email", "status", "contracts_signed", "consultation_attended", "registered_on"}),
    ImportKind.REQUESTS: frozenset({"priority"}),
}
"""The fields that an empty value leaves as they are."""

REQUIRED: Mapping[ImportKind, tuple[str, ...]] = {
    ImportKind.THERAPISTS: ("last_name",),
    ImportKind.PATIENTS: ("first_name", "last_name"),
    ImportKind.REQUESTS: (),
}
"""The fields that are never empty, beside the ids."""

_DERIVED = frozenset({"mailbox"})
_NEW: Mapping[ImportKind, Values] = {
    ImportKind.THERAPISTS: {
        "first_name": "",
        "status": TherapistStatus.ACTIVE.value,
        "do_not_contact": False,
        "potentially_available": False,
    },
    ImportKind.PATIENTS: {
        "status": PatientStatus.OPEN.value,
        "contracts_signed": False,
        "consultation_attended": False,
        "excluded_therapists": (),
    },
    ImportKind.REQUESTS: {"priority": 1},
}


@frozen
class Merged:
    """A stored row as it will be.

    Attributes:
        faults: Why it may not be so; then nothing is done.
        changes: The fields that differ, in the order of the file; of a new row none are listed.
        kept: The fields of which the file says something new, and that staff changed by hand: they stay.
        base: What files have said of it so far, as it was stored then.
    """

    values: Values = field(repr=False)
    changes: tuple[FieldChange, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    kept: tuple[str, ...] = ()
    base: Values = field(factory=dict, repr=False)


def merge(kind: ImportKind, stored: Values | None, given: Values, *, today: date, base: Values | None = None) -> Merged:
    """What becomes of a stored row, or of a new one (None), by the fields that a file gives.

    A searching patient without a day of registration is registered today.

    Args:
        base: What files have said so far: a field that is stored otherwise was changed by hand since then, and stays.
            None: nothing is known to have been changed by hand.
    """
    told = given
    edited = _edited(stored or {}, given, base or {})
    given = {name: value for name, value in given.items() if name not in edited}
    kept = KEPT_WHEN_EMPTY[kind]
    news = {name: value for name, value in given.items() if value is not None or name not in kept}
    before = _NEW[kind] if stored is None else stored
    values = {**before, **news}
    if kind is ImportKind.PATIENTS and _searches(values) and values.get("registered_on") is None:
        values["registered_on"] = today.isoformat()
    changes = tuple(
        FieldChange(name, before.get(name), values[name])
        for name in dict.fromkeys((*news, *values))
        if stored is not None and name not in _DERIVED and differs(values[name], before.get(name))
    )
    changed = {change.name for change in changes}
    faults = tuple(_faults(kind, values, given, changed, new=stored is None))
    return Merged(
        values,
        changes,
        faults,
        kept=tuple(
            name
            for name in told
            if name in edited - _DERIVED
            and differs(told[name], (base or {}).get(name))
            and differs(told[name], values[name])
        ),
        base={**(base or {}), **{name: values.get(name) for name in given}},
    )


def _edited(stored: Values, given: Values, base: Values) -> frozenset[str]:
    """The fields that were changed since a file said something of them, or taken back, and that the file wants so."""
    taken_back = base.get(TAKEN_BACK, {})
    edited = {
        name
        for name in given
        if name in base and name not in _DERIVED
        if differs(given[name], stored.get(name))
        if differs(stored.get(name), base[name]) or (name in taken_back and not differs(given[name], taken_back[name]))
    }
    return frozenset(edited | _DERIVED if "email" in edited else edited)


TAKEN_BACK = "taken back"
"""Where what files have said holds, by field, what a person has taken back: no file brings it in again by itself."""


def changed_fields(before: Values, after: Values) -> frozenset[str]:
    """The fields that mean something else from now on; what follows from others is not among them."""
    return frozenset(name for name in after if name not in _DERIVED and differs(after[name], before.get(name)))


NOT_IN_DIRECTORY = "not in the directory any more"
"""Why a therapist is inactive whom a directory has dropped; when it lists them again, so are they."""


def dropped_from_directory(stored: Values) -> dict[str, Any]:
    """What becomes of a therapist whom a directory has dropped: inactive, and a person sees why; never deleted."""
    if stored.get("status") == TherapistStatus.INACTIVE.value:
        return {}
    return {
        "status": TherapistStatus.INACTIVE.value,
        "blocked_reason": stored.get("blocked_reason") or NOT_IN_DIRECTORY,
    }


def returned_to_directory(stored: Values) -> dict[str, Any]:
    """What becomes of a therapist whom a directory lists again: active, if it was a directory that had dropped them."""
    inactive = stored.get("status") == TherapistStatus.INACTIVE.value
    if inactive and stored.get("blocked_reason") == NOT_IN_DIRECTORY:
        return {"status": TherapistStatus.ACTIVE.value, "blocked_reason": None}
    return {}


def differs(new: Any, old: Any) -> bool:
    """Whether two values mean something else; no names are an empty list, or none at all."""
    return bool(new != old and (new or old or not {type(new), type(old)} <= {list, tuple, type(None)}))


def _faults(
    kind: ImportKind, values: Values, given: Values, changed: Collection[str], *, new: bool
) -> Iterator[tuple[str, str]]:
    for name in REQUIRED[kind]:
        if values.get(name) in (None, "") and (new or name in given):
            yield name, "must not be empty" if name in given else "is missing: a new row needs it"
    if kind is ImportKind.PATIENTS and _searches(values):
        asked = new or not {"status", "contracts_signed", "diagnosis"}.isdisjoint(changed)
        if asked and not values.get("contracts_signed"):
            yield "status", "searching needs contracts_signed"
        if asked and not values.get("diagnosis"):
            yield "status", "searching needs a diagnosis"


class Departure(StrEnum):
    """Whether somebody is out of reach from now on, and what that means for the requests."""

    NONE = "none"
    RESTS = "rests"
    LEAVES = "leaves"


def departure_of_patient(before: Values, after: Values, *, today: date) -> Departure:
    """A pause lets the requests rest; who stops searching leaves, and the requests are canceled."""
    if _searches(before) and not _searches(after):
        return Departure.LEAVES
    if _searches(after) and _is_later(after.get("search_paused_until"), today):
        was_paused = _is_later(before.get("search_paused_until"), today)
        return Departure.NONE if was_paused else Departure.RESTS
    return Departure.NONE


def departure_of_therapist(before: Values, after: Values, *, today: date) -> Departure:
    """A block lets the requests rest; who is inactive or not to be contacted leaves, and the requests are canceled."""
    if _is_gone(after):
        return Departure.NONE if _is_gone(before) else Departure.LEAVES
    if _is_blocked(after, today):
        return Departure.NONE if _is_blocked(before, today) else Departure.RESTS
    return Departure.NONE


def moves_mailbox(before: Values, after: Values) -> bool:
    """Whether another mailbox is written to from now on."""
    return before.get("mailbox") != after.get("mailbox")


def is_out_of_reach(values: Values, *, today: date) -> bool:
    """Whether a therapist is gone, blocked or absent: nobody calls them."""
    return _is_gone(values) or _is_blocked(values, today) or _is_later(values.get("absent_until"), today)


def _searches(values: Values) -> bool:
    return values.get("status") == PatientStatus.SEARCHING.value


def _is_gone(values: Values) -> bool:
    return values.get("status") == TherapistStatus.INACTIVE.value or bool(values.get("do_not_contact"))


def _is_blocked(values: Values, today: date) -> bool:
    if values.get("status") != TherapistStatus.BLOCKED.value:
        return False
    return values.get("blocked_until") is None or _is_later(values["blocked_until"], today)


def _is_later(day: str | None, today: date) -> bool:
    return day is not None and date.fromisoformat(day) > today


def shown(kind: ImportKind, change: RowChange) -> RowChange:
    """The difference without what must not be read: of a patient the fields, not their values."""
    if kind is not ImportKind.PATIENTS:
        return change
    return evolve(change, fields=tuple(FieldChange(each.name, None, None) for each in change.fields))
