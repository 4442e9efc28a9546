"""What an import asks of Postgres: many rows in one statement, as one JSON text.

Values arrive as they are kept in JSON; they were read strictly before, so that no input meets a cast that could refuse
it.  Rows are created in a fixed order, so that two imports cannot wait for each other.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from attrs import field, frozen

from boona_adapters.postgres.connection import Connection, Timeouts, storable
from boona_adapters.postgres.tables import patients, therapists
from boona_adapters.postgres.unit import PostgresUnit
from boona_core.errors import UnknownId
from boona_core.ids import PatientId, PlacementRequestId, TherapistId
from boona_core.import_ports import ImportLine, ImportRun, NewRequest, Pair, StoredRow
from boona_core.importing import Counts, ImportKind, ImportRunId, RowChange, RowFault, Values

TABLES: Mapping[ImportKind, sa.Table] = {ImportKind.THERAPISTS: therapists, ImportKind.PATIENTS: patients}
_NOT_GIVEN = frozenset(
    {"id", "mailbox_id", "last_email_on", "last_call_on", "last_conversation_on"}
    | {"erased_at", "merged_into", "created_at", "updated_at"}
)
_COLUMNS = {
    kind: tuple(column.name for column in table.c if column.name not in _NOT_GIVEN) for kind, table in TABLES.items()
}

_TURN = sa.text("SELECT pg_advisory_xact_lock(hashtext('boona import'))")
_BEGIN = sa.text("""
INSERT INTO matching_service.import_runs (kind, sha256, created, changed, unchanged, refused, undoes)
VALUES (:kind, :sha256, 0, 0, 0, 0, CAST(:undoes AS integer)) RETURNING id
""")
_RUNS = """
SELECT r.id, r.kind, r.sha256, r.created_at, r.created, r.changed, r.unchanged, r.refused, r.undoes,
       (SELECT u.id FROM matching_service.import_runs AS u WHERE u.undoes = r.id) AS undone_by
  FROM matching_service.import_runs AS r
"""
RUNS = sa.text(f"{_RUNS} WHERE r.id = ANY(CAST(:ids AS integer[])) ORDER BY r.id DESC")
_LAST_RUNS = sa.text(f"{_RUNS} ORDER BY r.id DESC LIMIT :limit")
_RUN = sa.text(f"{_RUNS} WHERE r.id = :id")
_LINES = sa.text("""
SELECT row_id, field, CAST(old AS text) AS old, CAST(new AS text) AS new FROM matching_service.import_changes
 WHERE run_id = :run ORDER BY id
""")
_COUNT = sa.text("""
UPDATE matching_service.import_runs
   SET created = created + :created, changed = changed + :changed, unchanged = unchanged + :unchanged,
       refused = refused + :refused, updated_at = now()
 WHERE id = :id
""")
_CREATED = sa.text("""
INSERT INTO matching_service.import_changes (run_id, row_id)
SELECT :run, row_id FROM unnest(CAST(:ids AS integer[])) WITH ORDINALITY AS new (row_id, place) ORDER BY place
""")
_CHANGED = sa.text("""
INSERT INTO matching_service.import_changes (run_id, row_id, field, old, new)
SELECT :run, CAST(change -> 0 AS integer), change ->> 1, nullif(change -> 2, 'null'), nullif(change -> 3, 'null')
  FROM jsonb_array_elements(CAST(:changes AS jsonb)) WITH ORDINALITY AS one (change, place) ORDER BY place
""")
_FAULTS = sa.text("""
INSERT INTO matching_service.import_faults (run_id, file_row, field, fault)
SELECT :run, CAST(fault -> 0 AS integer), fault ->> 1, fault ->> 2
  FROM jsonb_array_elements(CAST(:faults AS jsonb)) WITH ORDINALITY AS one (fault, place) ORDER BY place
""")

_BASES = sa.text("""
SELECT row_id, CAST("values" AS text) AS said FROM matching_service.import_bases
 WHERE kind = :kind AND row_id = ANY(CAST(:ids AS integer[]))
""")
_KEEP_BASES = sa.text("""
INSERT INTO matching_service.import_bases (kind, row_id, "values")
SELECT :kind, CAST(said -> 0 AS integer), said -> 1
  FROM jsonb_array_elements(CAST(:rows AS jsonb)) WITH ORDINALITY AS one (said, place) ORDER BY place
    ON CONFLICT (kind, row_id) DO UPDATE SET "values" = excluded."values", updated_at = now()
""")

_IDS = {
    kind: sa.text(
        f"SELECT id, external_id, erased_at IS NOT NULL AS erased FROM {table.fullname}"
        " WHERE external_id = ANY(CAST(:external_ids AS text[]))"
    )
    for kind, table in TABLES.items()
}
_STANDING_FOR_OTHERS = sa.text("""
SELECT DISTINCT merged_into FROM therapist_service.therapists WHERE merged_into = ANY(CAST(:ids AS integer[]))
""")
_KEPT = sa.text("""
WITH RECURSIVE meant AS (
    SELECT external_id AS written, id, merged_into, erased_at FROM therapist_service.therapists
     WHERE external_id = ANY(CAST(:external_ids AS text[]))
    UNION ALL
    SELECT meant.written, t.id, t.merged_into, t.erased_at
      FROM meant JOIN therapist_service.therapists AS t ON t.id = meant.merged_into
)
SELECT written, id FROM meant WHERE merged_into IS NULL AND erased_at IS NULL
""")
_STORED = {
    ImportKind.THERAPISTS: sa.text("""
SELECT t.id, CAST(to_jsonb(t) AS text) AS row, m.address AS mailbox
  FROM therapist_service.therapists AS t LEFT JOIN therapist_service.mailboxes AS m ON m.id = t.mailbox_id
 WHERE t.id = ANY(CAST(:ids AS integer[]))
"""),
    ImportKind.PATIENTS: sa.text("""
SELECT p.id, CAST(to_jsonb(p) AS text) AS row,
       ARRAY(SELECT x.therapist_id FROM patient_service.excluded_therapists AS x
              WHERE x.patient_id = p.id ORDER BY x.therapist_id) AS excluded_therapists
  FROM patient_service.patients AS p WHERE p.id = ANY(CAST(:ids AS integer[]))
"""),
}

_MAILBOXES = sa.text("""
INSERT INTO therapist_service.mailboxes (address)
SELECT DISTINCT address FROM jsonb_array_elements_text(CAST(:addresses AS jsonb)) AS wanted (address) ORDER BY address
    ON CONFLICT (address) DO NOTHING
""")
_MAILBOX_IDS = sa.text("""
SELECT address, id FROM therapist_service.mailboxes
  JOIN jsonb_array_elements_text(CAST(:addresses AS jsonb)) AS wanted (address) USING (address)
""")

_EXCLUDE = sa.text("""
INSERT INTO patient_service.excluded_therapists (patient_id, therapist_id)
SELECT * FROM unnest(CAST(:patients AS integer[]), CAST(:therapists AS integer[])) AS x (patient_id, therapist_id)
 ORDER BY patient_id, therapist_id
    ON CONFLICT DO NOTHING
""")
_INCLUDE = sa.text("DELETE FROM patient_service.excluded_therapists WHERE patient_id = ANY(CAST(:ids AS integer[]))")

_REQUESTS_OF_PAIRS = sa.text("""
SELECT r.patient_id, r.therapist_id, r.id, r.status IN ('open', 'in_progress') AS movable, r.priority
  FROM unnest(CAST(:patients AS integer[]), CAST(:therapists AS integer[])) AS wanted (patient_id, therapist_id)
  JOIN matching_service.placement_requests AS r USING (patient_id, therapist_id)
 ORDER BY movable, r.id
""")
_CREATE_REQUESTS = sa.text("""
INSERT INTO matching_service.placement_requests (patient_id, therapist_id, priority)
SELECT * FROM unnest(CAST(:patients AS integer[]), CAST(:therapists AS integer[]), CAST(:priorities AS integer[]))
           AS new (patient_id, therapist_id, priority)
 ORDER BY therapist_id, patient_id
    ON CONFLICT DO NOTHING
RETURNING id, patient_id, therapist_id
""")
_PRIORITIES = sa.text("""
WITH locked AS (
    SELECT id FROM matching_service.placement_requests
     WHERE id = ANY(CAST(:ids AS integer[])) AND status IN ('open', 'in_progress') ORDER BY id FOR NO KEY UPDATE
)
UPDATE matching_service.placement_requests AS r SET priority = wanted.priority, updated_at = now()
  FROM locked JOIN unnest(CAST(:ids AS integer[]), CAST(:priorities AS integer[])) AS wanted (id, priority) USING (id)
 WHERE r.id = locked.id
""")


@frozen
class PostgresImports:
    """The imports, as ``boona_core.import_ports.Imports`` promises them."""

    _connection: Connection

    def take_turns(self) -> None:
        """Keep other imports waiting until this unit ends."""
        self._connection.rows(_TURN)

    def begin(self, kind: ImportKind, sha256: str, *, undoes: ImportRunId | None = None) -> ImportRunId:
        """Open an entry in the history, with nothing done yet; *undoes* is the run that it takes back."""
        values = {"kind": kind.value, "sha256": sha256, "undoes": undoes}
        return ImportRunId(self._connection.column(_BEGIN, values)[0])

    def runs(self, *, limit: int) -> Sequence[ImportRun]:
        """The last entries of the history, newest first."""
        return [run_of(row) for row in self._connection.rows(_LAST_RUNS, {"limit": limit})]

    def run(self, run_id: ImportRunId) -> ImportRun:
        """One entry of the history.

        Raises:
            UnknownId: there is no such entry.
        """
        row = self._connection.row(_RUN, {"id": run_id}) if storable([run_id]) else None
        if row is None:
            raise UnknownId("import run", run_id)
        return run_of(row)

    def lines(self, run_id: ImportRunId) -> Sequence[ImportLine]:
        """What a run did, in its order."""
        return [line_of(row) for row in self._connection.rows(_LINES, {"run": run_id})]

    def record(
        self, run_id: ImportRunId, counts: Counts, changes: Sequence[RowChange], faults: Sequence[RowFault] = ()
    ) -> None:
        """Add to an entry of the history: a line for each row that was created and for each field that changed.

        Raises:
            UnknownId: there is no such entry.
        """
        numbers = {
            "created": counts.created,
            "changed": counts.changed,
            "unchanged": counts.unchanged,
            "refused": counts.refused,
        }
        if not self._connection.run(_COUNT, {"id": run_id, **numbers}):
            raise UnknownId("import run", run_id)
        if created := [change.id for change in changes if change.created]:
            self._connection.run(_CREATED, {"run": run_id, "ids": created})
        if changed := [(change.id, each.name, each.old, each.new) for change in changes for each in change.fields]:
            self._connection.run(_CHANGED, {"run": run_id, "changes": json.dumps(changed)})
        if faults:
            refused = [(each.row, each.field, each.fault) for each in faults]
            self._connection.run(_FAULTS, {"run": run_id, "faults": json.dumps(refused)})

    def ids(self, kind: ImportKind, external_ids: Collection[str]) -> Mapping[str, int]:
        """The ids of the therapists or patients that have these external ids."""
        return {row.external_id: row.id for row in self._known(kind, external_ids)}

    def bases(self, kind: ImportKind, ids: Collection[int]) -> Mapping[int, Values]:
        """What files have said so far of these therapists or patients; of whom none has said anything is left out."""
        rows = self._connection.rows(_BASES, {"kind": kind.value, "ids": storable(ids)}) if ids else ()
        return {row.row_id: json.loads(row.said) for row in rows}

    def keep_bases(self, kind: ImportKind, rows: Mapping[int, Values]) -> None:
        """Keep what files have said of these therapists or patients, in place of what was kept before."""
        if rows:
            said = [[number, rows[number]] for number in sorted(rows)]
            self._connection.run(_KEEP_BASES, {"kind": kind.value, "rows": json.dumps(said)})

    def stored(self, kind: ImportKind, ids: Collection[int]) -> Mapping[int, StoredRow]:
        """The therapists or patients with these ids."""
        return {row.id: _stored(kind, row) for row in self._connection.rows(_STORED[kind], {"ids": storable(ids)})}

    def standing_for_others(self, therapist_ids: Collection[int]) -> Collection[int]:
        """Those of these therapists into whom another entry was merged."""
        if not therapist_ids:
            return ()
        return frozenset(self._connection.column(_STANDING_FOR_OTHERS, {"ids": storable(therapist_ids)}))

    def kept(self, external_ids: Collection[str]) -> Mapping[str, TherapistId]:
        """Who is meant by these external ids of therapists: of somebody who was merged the entry that is kept."""
        rows = self._connection.rows(_KEPT, {"external_ids": sorted(external_ids)}) if external_ids else ()
        return {row.written: TherapistId(row.id) for row in rows}

    def create(self, kind: ImportKind, rows: Sequence[Values]) -> Mapping[str, int]:
        """Create therapists or patients; returns the ids of those created by external id."""
        if not rows:
            return {}
        ordered = sorted(rows, key=lambda row: str(row["external_id"]))
        found = self._connection.rows(creation(kind), {"rows": self.rows_as_json(kind, ordered)})
        created = {row.external_id: row.id for row in found}
        if kind is ImportKind.PATIENTS:
            self.exclude({created[row["external_id"]]: row for row in rows if row["external_id"] in created})
        return created

    def update(self, kind: ImportKind, rows: Mapping[int, Values]) -> None:
        """Give therapists or patients these values, of every field that a file may give."""
        if not rows:
            return
        self._connection.run(
            _update(kind), {"rows": self.rows_as_json(kind, [{**rows[n], "id": n} for n in sorted(rows)])}
        )
        if kind is ImportKind.PATIENTS:
            self._connection.run(_INCLUDE, {"ids": sorted(rows)})
            self.exclude(rows)

    def pairs(self, external_ids: Sequence[tuple[str, str]]) -> Sequence[Pair]:
        """What is stored about each pair of external ids (patient, therapist), in the same order."""
        patients = self._living_patients({patient for patient, _ in external_ids})
        therapists = self.kept({therapist for _, therapist in external_ids})
        ids = [(patients.get(patient), therapists.get(therapist)) for patient, therapist in external_ids]
        known = [pair for pair in ids if None not in pair]
        values = {"patients": [patient for patient, _ in known], "therapists": [therapist for _, therapist in known]}
        rows = self._connection.rows(_REQUESTS_OF_PAIRS, values) if known else ()
        found = {(row.patient_id, row.therapist_id): row for row in rows}  # the last of a pair: the movable one
        return [_pair(patient, therapist, found.get((patient, therapist))) for patient, therapist in ids]

    def create_requests(
        self, requests: Sequence[NewRequest]
    ) -> Mapping[tuple[PatientId, TherapistId], PlacementRequestId]:
        """Create open requests; a pair that has one meanwhile gets none, and is not returned."""
        if not requests:
            return {}
        values = {
            "patients": [request.patient_id for request in requests],
            "therapists": [request.therapist_id for request in requests],
            "priorities": [request.priority for request in requests],
        }
        rows = self._connection.rows(_CREATE_REQUESTS, values)
        return {(row.patient_id, row.therapist_id): row.id for row in rows}

    def set_priorities(self, priorities: Mapping[PlacementRequestId, int]) -> None:
        """Give those of these requests that are open or in progress another priority."""
        if priorities:
            values = {"ids": list(priorities), "priorities": list(priorities.values())}
            self._connection.run(_PRIORITIES, values)

    def _known(self, kind: ImportKind, external_ids: Collection[str]) -> Sequence[sa.Row[Any]]:
        if not external_ids:
            return ()
        return self._connection.rows(_IDS[kind], {"external_ids": sorted(external_ids)})

    def _living_patients(self, external_ids: Collection[str]) -> Mapping[str, int]:
        return {row.external_id: row.id for row in self._known(ImportKind.PATIENTS, external_ids) if not row.erased}

    def rows_as_json(self, kind: ImportKind, rows: Sequence[Values]) -> str:
        """The rows as one JSON text; of a therapist's mailbox the id."""
        if kind is not ImportKind.THERAPISTS:
            return json.dumps(rows)
        addresses = {row["mailbox"] for row in rows if row.get("mailbox")}
        values = {"addresses": json.dumps(sorted(addresses))}
        if addresses:
            self._connection.run(_MAILBOXES, values)
        found = {row.address: row.id for row in self._connection.rows(_MAILBOX_IDS, values)} if addresses else {}
        return json.dumps([{**row, "mailbox_id": found.get(row.get("mailbox"))} for row in rows])

    def exclude(self, rows: Mapping[int, Values]) -> None:
        """Write which therapists patients do not want."""
        pairs = [
            (patient, therapist) for patient, row in rows.items() for therapist in row.get("excluded_therapists", ())
        ]
        if pairs:
            self._connection.run(_EXCLUDE, {"patients": [p for p, _ in pairs], "therapists": [t for _, t in pairs]})


def run_of(row: sa.Row[Any]) -> ImportRun:
    """An entry of the history, as it was read."""
    return ImportRun(
        id=ImportRunId(row.id),
        kind=ImportKind(row.kind),
        sha256=row.sha256,
        begun_at=row.created_at.astimezone(UTC),
        counts=Counts(created=row.created, changed=row.changed, unchanged=row.unchanged, refused=row.refused),
        undoes=None if row.undoes is None else ImportRunId(row.undoes),
        undone_by=None if row.undone_by is None else ImportRunId(row.undone_by),
    )


def line_of(row: sa.Row[Any]) -> ImportLine:
    """What a run did to a row, as it was read."""
    old, new = (None if text is None else json.loads(text) for text in (row.old, row.new))
    return ImportLine(row.row_id, row.field, old, new)


def _pair(patient_id: int | None, therapist_id: int | None, request: sa.Row[Any] | None) -> Pair:
    return Pair(
        None if patient_id is None else PatientId(patient_id),
        None if therapist_id is None else TherapistId(therapist_id),
        request and PlacementRequestId(request.id),
        movable=request is not None and request.movable,
        priority=request and request.priority,
    )


def _stored(kind: ImportKind, row: sa.Row[Any]) -> StoredRow:
    everything = json.loads(row.row)
    values = {name: everything[name] for name in _COLUMNS[kind]}
    if kind is ImportKind.THERAPISTS:
        values["mailbox"] = row.mailbox
    else:
        values["excluded_therapists"] = row.excluded_therapists
    return StoredRow(
        row.id,
        values,
        erased=everything["erased_at"] is not None,
        merged=everything.get("merged_into") is not None,
    )


def _written(kind: ImportKind) -> tuple[str, ...]:
    return _COLUMNS[kind] + (("mailbox_id",) if kind is ImportKind.THERAPISTS else ())


def _rows(kind: ImportKind) -> str:
    return f"jsonb_populate_recordset(CAST(NULL AS {TABLES[kind].fullname}), CAST(:rows AS jsonb))"


def creation(kind: ImportKind) -> sa.TextClause:
    """The statement that creates rows, but for those whose external id is taken."""
    columns = ", ".join(_written(kind))
    return sa.text(f"""
INSERT INTO {TABLES[kind].fullname} ({columns}) SELECT {columns} FROM {_rows(kind)} AS new
    ON CONFLICT (external_id) DO NOTHING
RETURNING id, external_id
""")


def _update(kind: ImportKind) -> sa.TextClause:
    values = ", ".join(f"{name} = new.{name}" for name in _written(kind))
    return sa.text(f"""
UPDATE {TABLES[kind].fullname} AS t SET {values}, updated_at = now() FROM {_rows(kind)} AS new WHERE t.id = new.id
""")


class PostgresImportUnit(PostgresUnit):
    """A unit that can import as well."""

    @cached_property
    def imports(self) -> PostgresImports:
        """What an import asks for."""
        return PostgresImports(self._connection)


@frozen
class OpenPostgresImportUnit:
    """Opens units that can import: a ``boona_core.import_ports.OpenImportUnit``."""

    engine: sa.Engine
    timeouts: Timeouts = field(factory=Timeouts)

    def __call__(self) -> PostgresImportUnit:
        """A unit, to be entered once."""
        return PostgresImportUnit(self.engine, self.timeouts)
