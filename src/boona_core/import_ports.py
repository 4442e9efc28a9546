"""What an import asks of a file and of a store, as promises.

A store keeps them in the unit that also keeps ``boona_core.ports``: one transaction over all.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from attrs import field, frozen

from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from boona_core.importing import (
    Counts,
    ImportKind,
    ImportRunId,
    PersonRow,
    RefusedRow,
    RequestRow,
    RowChange,
    RowFault,
    Values,
)
from boona_core.ports import Unit


class ImportSource(Protocol):
    """A file, opened and found to be whole."""

    @property
    def kind(self) -> ImportKind:
        """What it is about."""

    @property
    def sha256(self) -> str:
        """The hash of its bytes, hexadecimal."""

    @property
    def total(self) -> int:
        """How many rows it has."""

    def name_of(self, field_name: str) -> str:
        """A field's English name as the file writes it."""

    def __iter__(self) -> Iterator[PersonRow | RequestRow | RefusedRow]:
        """Its rows in order, once.

        Raises:
            BoonaError: it is not the file any more that it was when it was opened.
        """


@frozen
class StoredRow:
    """A therapist or patient as stored.

    Attributes:
        values: The fields that a file may give; of a therapist ``mailbox`` too, of a patient ``excluded_therapists``
            as ids, rising.  Where there are no names, an empty list or None.
        erased: The personal fields were emptied.
        merged: Somebody who was entered twice, and of whom another entry is kept.
    """

    id: int
    values: Values = field(repr=False)
    erased: bool = False
    merged: bool = False


@frozen
class Pair:
    """What is stored about the two sides of a row that offers a patient to a therapist.

    Attributes:
        patient_id: None: no such patient, or one that was erased.
        therapist_id: Of an entry that was merged the one that is kept; None: no such therapist, or one that was erased.
        request_id: The pair's request, the one that is open or in progress if there is one; None: it never had any.
        movable: The request is open or in progress.
        priority: Of that request.
    """

    patient_id: PatientId | None
    therapist_id: TherapistId | None
    request_id: PlacementRequestId | None = None
    movable: bool = False
    priority: int | None = None


@frozen
class NewRequest:
    """A request to be created."""

    patient_id: PatientId
    therapist_id: TherapistId
    priority: int


@frozen(kw_only=True)
class ImportRun:
    """An entry in the history of imports.

    Attributes:
        begun_at: When, by the store's clock.
        undoes: The run that it takes back; None: it is an import.
        undone_by: The run by which it was taken back; None: it was not.
    """

    id: ImportRunId
    kind: ImportKind
    sha256: str
    begun_at: datetime
    counts: Counts
    undoes: ImportRunId | None = None
    undone_by: ImportRunId | None = None


@frozen
class ImportLine:
    """What a run did to one row.

    Attributes:
        row_id: Of the table that the run's kind names.
        name: The field that changed; None: the row was created.
    """

    row_id: int
    name: str | None = None
    old: Any = field(default=None, repr=False)
    new: Any = field(default=None, repr=False)


class Imports(Protocol):
    """What an import asks of a store, many rows at a time."""

    def take_turns(self) -> None:
        """Keep other imports waiting until this unit ends: two of them could create the same rows in another order."""

    def begin(self, kind: ImportKind, sha256: str, *, undoes: ImportRunId | None = None) -> ImportRunId:
        """Open an entry in the history, with nothing done yet; *undoes* is the run that it takes back."""

    def runs(self, *, limit: int) -> Sequence[ImportRun]:
        """The last entries of the history, newest first."""

    def run(self, run_id: ImportRunId) -> ImportRun:
        """One entry of the history.

        Raises:
            UnknownId: there is no such entry.
        """

    def lines(self, run_id: ImportRunId) -> Sequence[ImportLine]:
        """What a run did, in its order."""

    def record(
        self, run_id: ImportRunId, counts: Counts, changes: Sequence[RowChange], faults: Sequence[RowFault] = ()
    ) -> None:
        """Add to an entry of the history: a line for each row that was created and for each field that changed.

        Of the rows that were refused their *faults* are kept.

        Raises:
            UnknownId: there is no such entry.
        """

    def ids(self, kind: ImportKind, external_ids: Collection[str]) -> Mapping[str, int]:
        """The ids of the therapists or patients that have these external ids."""

    def bases(self, kind: ImportKind, ids: Collection[int]) -> Mapping[int, Values]:
        """What files have said so far of these therapists or patients; of whom none has said anything is left out.

        Of whom was erased nothing is kept.
        """

    def keep_bases(self, kind: ImportKind, rows: Mapping[int, Values]) -> None:
        """Keep what files have said of these therapists or patients, in place of what was kept before."""

    def stored(self, kind: ImportKind, ids: Collection[int]) -> Mapping[int, StoredRow]:
        """The therapists or patients with these ids."""

    def standing_for_others(self, therapist_ids: Collection[int]) -> Collection[int]:
        """Those of these therapists into whom another entry was merged."""

    def kept(self, external_ids: Collection[str]) -> Mapping[str, TherapistId]:
        """Who is meant by these external ids of therapists: of somebody who was merged the entry that is kept.

        Whoever does not exist or was erased is left out.
        """

    def create(self, kind: ImportKind, rows: Sequence[Values]) -> Mapping[str, int]:
        """Create therapists or patients; returns the ids of those created by external id.

        One whose external id somebody else has taken in the meantime is not created and not returned.  Mailboxes that
        are not known yet are created too.
        """

    def update(self, kind: ImportKind, rows: Mapping[int, Values]) -> None:
        """Give therapists or patients these values, of every field that a file may give."""

    def pairs(self, external_ids: Sequence[tuple[str, str]]) -> Sequence[Pair]:
        """What is stored about each pair of external ids (patient, therapist), in the same order.

        A therapist is the one who is meant, as by ``kept``.
        """

    def create_requests(
        self, requests: Sequence[NewRequest]
    ) -> Mapping[tuple[PatientId, TherapistId], PlacementRequestId]:
        """Create open requests; a pair that has one meanwhile gets none, and is not returned."""

    def set_priorities(self, priorities: Mapping[PlacementRequestId, int]) -> None:
        """Give those of these requests that are open or in progress another priority."""


class ImportUnit(Unit, Protocol):
    """A unit that can import as well."""

    @property
    def imports(self) -> Imports:
        """What an import asks for, as of this unit."""


OpenImportUnit = Callable[[], ImportUnit]
"""Opens a unit that can import as well."""
