"""What becomes of somebody when a person takes back what an import did, and of the files that come later?

A file that says again what was taken back changes nothing; one that says something new is not held by it.  Nobody is
deleted: who was created is put out of the way with the reason, and comes back with a file that says something else.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from boona_core.importing import TAKEN_BACK, FieldChange, ImportKind, ImportRunId, Values, differs
from boona_core.patients import PatientStatus
from boona_core.therapists import TherapistStatus

_CREATION_UNDONE = re.compile(r"import \d+ was undone")


def undone_fields(stored: Values, changes: Sequence[FieldChange]) -> tuple[dict[str, Any], int]:
    """The fields that go back to what they were before an import, and how many say something else by now and stay."""
    back = {each.name: each.old for each in changes if not differs(stored.get(each.name), each.new)}
    return back, len(changes) - len(back)


def base_after_undoing(base: Values, changes: Sequence[FieldChange], back: Values) -> dict[str, Any]:
    """What files have said so far, once a person has taken back some of these changes.

    A file that says the same again changes nothing; one that says something new is not held by what was taken back.
    """
    taken_back = {each.name: each.new for each in changes if each.name in back and each.name in base}
    before = dict(base.get(TAKEN_BACK, {}))
    return {**base, **{name: back[name] for name in taken_back}, TAKEN_BACK: {**before, **taken_back}}


def undone_creation(kind: ImportKind, stored: Values, *, run_id: ImportRunId, today: date) -> dict[str, Any]:
    """What becomes of somebody whose creation is undone: out of the way with the reason, not deleted."""
    if kind is ImportKind.THERAPISTS:
        if stored.get("status") == TherapistStatus.INACTIVE.value:
            return {}
        reason = f"import {run_id} was undone"
        return {"status": TherapistStatus.INACTIVE.value, "blocked_reason": reason, "blocked_on": today.isoformat()}
    if stored.get("status") not in (PatientStatus.OPEN.value, PatientStatus.SEARCHING.value):
        return {}
    return {"status": PatientStatus.SEARCH_ABORTED.value}


def returned_otherwise(stored: Values, given: Values) -> dict[str, Any]:
    """What becomes of a therapist whose creation was undone, when a file says something else of them: active again."""
    inactive = stored.get("status") == TherapistStatus.INACTIVE.value
    undone = _CREATION_UNDONE.fullmatch(stored.get("blocked_reason") or "") is not None
    if inactive and undone and any(differs(value, stored.get(name)) for name, value in given.items()):
        return {"status": TherapistStatus.ACTIVE.value, "blocked_reason": None, "blocked_on": None}
    return {}
