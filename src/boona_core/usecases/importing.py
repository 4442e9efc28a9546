"""Bring in a file of therapists, patients or placement requests.

The rows come in chunks; each chunk is one transaction with its locks, its part of the history, its events and the
withdrawal of whoever leaves by it.  A row that is refused takes no other with it.  A dry run does the same and keeps
nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from attrs import define, evolve, field, frozen

from boona_core.import_ports import ImportSource, ImportUnit, OpenImportUnit
from boona_core.importing import (
    ChunkOutcome,
    Counts,
    ImportKind,
    ImportReport,
    ImportRunId,
    PersonRow,
    RefusedRow,
    RequestRow,
    RowChange,
    RowFault,
    shown,
)
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.composing import Stationery
from boona_core.usecases.importing_people import PeopleChunk
from boona_core.usecases.importing_requests import import_requests

Row = PersonRow | RequestRow | RefusedRow


@frozen(kw_only=True)
class ImportFile:
    """Import one file.

    Attributes:
        people: Therapists or patients in one transaction.
        requests: Placement requests in one transaction.
        max_faults: Faults that a report, and the history, name; the rest is counted.
    """

    open_unit: OpenImportUnit
    stationery: Stationery
    switchboard: Switchboard
    people: int = 500
    requests: int = 10_000
    max_faults: int = 10_000

    def __call__(
        self,
        source: ImportSource,
        *,
        dry_run: bool = False,
        every_change: bool = False,
        most_changes: int | None = None,
        overwrite: bool = False,
        on_rows: Callable[[int], None] = lambda _: None,
    ) -> ImportReport:
        """Read the file through, and unless *dry_run* store what it says.

        Args:
            every_change: The report lists every difference, not the first of each kind only.
            most_changes: How many of them at most, the others are counted; None: all of them.
            overwrite: The file wins over what staff changed by hand.
            on_rows: Called after each chunk with the rows dealt with so far.

        Raises:
            BoonaError: the file changed while it was read, or the store failed; the chunks before stay stored.
        """
        run_id = None if dry_run else self._begin(source)
        tally = _Tally(source.kind, self.max_faults, every_change, most_changes)
        rows = _without_repeats(source)
        while chunk := tuple(islice(rows, self.requests if source.kind is ImportKind.REQUESTS else self.people)):
            with self.open_unit() as unit:
                unit.imports.take_turns()
                done = self._import(unit, source, chunk, overwrite=overwrite)
                if run_id is not None:
                    unit.imports.record(run_id, done.counts, done.changes, done.faults[: tally.room])
                    unit.commit()
            tally.add(done)
            on_rows(tally.counts.total)
        return tally.report(run_id)

    def _begin(self, source: ImportSource) -> ImportRunId:
        with self.open_unit() as unit:
            run_id = unit.imports.begin(source.kind, source.sha256)
            unit.commit()
        return run_id

    def _import(self, unit: ImportUnit, source: ImportSource, chunk: Sequence[Row], *, overwrite: bool) -> ChunkOutcome:
        refused = [fault for row in chunk if isinstance(row, RefusedRow) for fault in row.faults]
        people = [row for row in chunk if isinstance(row, PersonRow)]
        requests = [row for row in chunk if isinstance(row, RequestRow)]
        if source.kind is ImportKind.REQUESTS:
            done = import_requests(unit, requests)
        else:
            today = self.switchboard.today(unit)
            done = PeopleChunk(
                unit, source.kind, self.stationery, self.switchboard, today, overwrite=overwrite
            ).bring_in(people)
        own = (evolve(fault, field=fault.field and source.name_of(fault.field)) for fault in done.faults)
        faults = sorted((*refused, *own), key=lambda fault: fault.row)
        return ChunkOutcome(len(chunk), done.changes, tuple(faults), done.kept)


def _without_repeats(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, with those refused that name again what an earlier row named."""
    people: set[str] = set()
    numbers: dict[str, int] = {}  # ids as small numbers: a million pairs of texts would not fit
    pairs: set[int] = set()
    for row in rows:
        if isinstance(row, PersonRow):
            if row.external_id in people:
                fault = RowFault(row.row, "external_id", "stands in an earlier row as well")
                yield RefusedRow(row.row, (fault,))
                continue
            people.add(row.external_id)
        elif isinstance(row, RequestRow):
            patient, therapist = (
                numbers.setdefault(text, len(numbers)) for text in (f"p{row.patient}", f"t{row.therapist}")
            )
            pair = patient << 32 | therapist
            if pair in pairs:
                yield RefusedRow(row.row, (RowFault(row.row, None, "the same pair stands in an earlier row"),))
                continue
            pairs.add(pair)
        yield row


@define
class _Tally:
    """Adds up what the chunks did."""

    kind: ImportKind
    max_faults: int
    every_change: bool
    most_changes: int | None
    counts: Counts = field(factory=Counts)
    faults: list[RowFault] = field(factory=list)
    more_faults: int = 0
    examples: dict[str, RowChange] = field(factory=dict)
    field_counts: Counter[str] = field(factory=Counter)
    changes: list[RowChange] = field(factory=list)
    more_changes: int = 0
    kept_counts: Counter[str] = field(factory=Counter)

    @property
    def room(self) -> int:
        """How many more faults are named."""
        return self.max_faults - len(self.faults)

    def add(self, done: ChunkOutcome) -> None:
        self.counts += done.counts
        self.more_faults += max(0, len(done.faults) - self.room)
        self.faults += done.faults[: self.room]
        for change in done.changes:
            kinds = ("created",) if change.created else tuple(each.name for each in change.fields)
            for kind in kinds:
                self.examples.setdefault(kind, shown(self.kind, change))
            self.field_counts.update(each.name for each in change.fields)
        self.kept_counts.update(name for _, name in done.kept)
        if self.every_change:
            room = len(done.changes) if self.most_changes is None else self.most_changes - len(self.changes)
            self.more_changes += max(0, len(done.changes) - room)
            self.changes += (shown(self.kind, change) for change in done.changes[:room])

    def report(self, run_id: ImportRunId | None) -> ImportReport:
        return ImportReport(
            kind=self.kind,
            dry_run=run_id is None,
            run_id=run_id,
            counts=self.counts,
            faults=tuple(self.faults),
            more_faults=self.more_faults,
            examples=self.examples,
            field_counts=dict(self.field_counts),
            changes=tuple(self.changes),
            more_changes=self.more_changes,
            kept_counts=dict(self.kept_counts),
        )
