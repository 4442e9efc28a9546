"""What becomes of two entries that are one therapist?

One entry is kept, the other is merged into it.  The kept one's values stay; what it does not know is filled from the
other.  Values are plain, as an import has them.  Everything that is done can be undone.
"""

from collections.abc import Iterator
from enum import StrEnum

from boona_core.importing import FieldChange, Values
from boona_core.names import words_of
from boona_core.therapists import TherapistStatus

_NEVER_FILLED = frozenset(
    {"external_id", "mailbox", "status", "do_not_contact", "blocked_reason", "blocked_on", "blocked_until"}
)


class MergeRefusal(StrEnum):
    """Why two entries cannot be merged as they are."""

    ERASED = "erased"
    MERGED_ALREADY = "merged_already"
    UNSETTLED = "unsettled"
    STANDING = "standing"
    KEPT_INACTIVE = "kept_inactive"


def refusals_of_standing(kept: Values, merged: Values) -> Iterator[MergeRefusal]:
    """A wish for no contact, or a block, would get lost, or come over somebody unasked: a person settles it first.

    That the merged one is inactive is no reason: a directory drops the old entry when a name changes.  That the kept
    one is and the other is not is one: nobody would be left to be written to.
    """
    silenced = merged.get("do_not_contact") and not kept.get("do_not_contact")
    is_blocked = merged.get("status") == TherapistStatus.BLOCKED.value
    if silenced or (is_blocked and kept.get("status") == TherapistStatus.ACTIVE.value):
        yield MergeRefusal.STANDING
    if kept.get("status") == TherapistStatus.INACTIVE.value and merged.get("status") == TherapistStatus.ACTIVE.value:
        yield MergeRefusal.KEPT_INACTIVE


def filled_from(merged: Values, kept: Values) -> tuple[FieldChange, ...]:
    """The fields of the kept entry that the other one fills, in a fixed order; a mailbox goes with its address."""
    changes = []
    for name in sorted(merged.keys() - _NEVER_FILLED):
        before, after = kept.get(name), merged[name]
        is_empty = not words_of(before) if name == "first_name" else before in (None, "", [], (), False)
        if is_empty and after not in (None, "", [], (), False) and before != after:
            changes.append(FieldChange(name, before, after))
    if any(change.name == "email" for change in changes):
        changes.append(FieldChange("mailbox", kept.get("mailbox"), merged.get("mailbox")))
    return tuple(changes)
