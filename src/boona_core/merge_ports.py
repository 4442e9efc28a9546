"""What merging asks of a store, as promises.

A store keeps them in the unit that also keeps ``boona_core.ports``: one transaction over all.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from attrs import frozen

from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.importing import FieldChange
from boona_core.matching_ports import MatchingUnit
from boona_core.therapists import Therapist, TherapistStatus


@frozen(kw_only=True)
class Merge:
    """A merge as it is kept until it is undone.

    Attributes:
        status: The merged one's status before it.
        filled: The fields of the kept one that were filled.
        canceled: The requests that were canceled because the same patient had another one to the same therapist.
    """

    merged_id: TherapistId
    kept_id: TherapistId
    status: TherapistStatus
    filled: tuple[FieldChange, ...] = ()
    canceled: tuple[PlacementRequestId, ...] = ()


class Merges(Protocol):
    """The merges, and what goes with a therapist from one entry to another.

    What goes with a therapist: requests, emails, windows, calls, and the patients who do not want them.
    """

    def candidates(self) -> Sequence[Therapist]:
        """Every therapist who was neither erased nor merged, by id."""

    def dismissed(self) -> Collection[tuple[TherapistId, TherapistId]]:
        """The pairs of which a person said that they are two, the lower id first."""

    def dismiss(self, one: TherapistId, other: TherapistId) -> None:
        """Remember that these are two; doing it twice is harmless."""

    def unsettled(self, therapist_id: TherapistId) -> Sequence[EmailId]:
        """The emails to a therapist that are drafts, queued, sending or uncertain, by id."""

    def move(self, merged_id: TherapistId, kept_id: TherapistId, *, filled: Collection[FieldChange]) -> Merge:
        """Let everything of one therapist be the other's, and remember it; the unit has locked both.

        Of two live requests of one patient the one in progress stays, else the kept one's; the other is canceled.
        Windows that would overlap are released.  The last contacts of the kept one are the later of both.  The merged
        one is inactive, and points to the kept one.
        """

    def merge_of(self, merged_id: TherapistId) -> Merge | None:
        """The merge in force by which a therapist was merged; None: there is none."""

    def move_back(self, merged_id: TherapistId) -> Merge:
        """Undo the merge in force: everything that it moved or changed and that is still so is as it was before.

        Requests are live again unless the pair has another one meanwhile, windows unless somebody else has reserved.

        Raises:
            UnknownId: the therapist was not merged.
        """


class MergeUnit(MatchingUnit, Protocol):
    """A unit that can merge as well."""

    @property
    def merges(self) -> Merges:
        """The merges, as of this unit."""


OpenMergeUnit = Callable[[], MergeUnit]
"""Opens a unit that can merge as well."""
