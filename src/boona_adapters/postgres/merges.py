"""What merging asks of Postgres.

Every table that points to a therapist goes with them, found by its foreign key: one that joins later is not forgotten.
What a merge moved and changed is kept as JSON beside it, and that is what undoing reads.
"""

import json
from collections.abc import Collection, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from attrs import field, frozen

from boona_adapters.postgres.connection import Connection, Timeouts, storable
from boona_adapters.postgres.matching import PostgresMatchingUnit
from boona_adapters.postgres.tables import (
    excluded_therapists,
    merges,
    metadata,
    no_duplicates,
    therapists,
)
from boona_adapters.postgres.therapists import COLUMNS, therapist_of
from boona_core.emails import OUTSTANDING, EmailState
from boona_core.errors import UnknownId
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.importing import FieldChange
from boona_core.merge_ports import Merge
from boona_core.therapists import Therapist, TherapistStatus

_STAY = (therapists, merges, no_duplicates, excluded_therapists)
_FOLLOWING = tuple(
    (table, next(iter(table.primary_key)).name)
    for table in metadata.sorted_tables
    if table not in _STAY and any(key.column is therapists.c.id for key in table.foreign_keys)
)
"""The tables whose rows go with a therapist, each with its key; requests come before what holds them."""

_UNSETTLED_STATUSES = ", ".join(sorted({f"'{state.status}'" for state in (EmailState.DRAFT, *OUTSTANDING)}))
_CONTACTS = ("last_email_on", "last_call_on", "last_conversation_on")

_CANDIDATES = (
    sa.select(*COLUMNS)
    .where(therapists.c.erased_at.is_(None), therapists.c.merged_into.is_(None))
    .order_by(therapists.c.id)
)
_DISMISSED = sa.text("SELECT first_id, second_id FROM therapist_service.no_duplicates")
_DISMISS = sa.text("""
INSERT INTO therapist_service.no_duplicates (first_id, second_id)
VALUES (least(:one, :other), greatest(:one, :other)) ON CONFLICT DO NOTHING
""")
_UNSETTLED = sa.text(f"""
SELECT id FROM communication_service.emails WHERE therapist_id = :id AND status IN ({_UNSETTLED_STATUSES}) ORDER BY id
""")

_LIVE = "status IN ('open', 'in_progress')"
_LOSERS = sa.text(f"""
SELECT loser.id, loser.status, loser.held_by_email_id, loser.held_by_call_id, loser.call_asked_from
  FROM matching_service.placement_requests AS theirs
  JOIN matching_service.placement_requests AS ours ON ours.patient_id = theirs.patient_id AND ours.{_LIVE}
   AND ours.therapist_id = :kept
  JOIN matching_service.placement_requests AS loser
    ON loser.id = CASE WHEN theirs.status = 'in_progress' AND ours.status = 'open' THEN ours.id ELSE theirs.id END
 WHERE theirs.therapist_id = :merged AND theirs.{_LIVE}
 ORDER BY loser.id FOR NO KEY UPDATE OF loser
""")
_CANCEL = sa.text("""
UPDATE matching_service.placement_requests
   SET status = 'canceled', held_by_email_id = NULL, held_by_call_id = NULL, call_asked_from = NULL, updated_at = now()
 WHERE id = ANY(CAST(:ids AS integer[]))
""")
_RELEASE = sa.text("""
UPDATE communication_service.contact_windows AS w SET released_at = now(), updated_at = now()
 WHERE w.therapist_id = :merged AND w.released_at IS NULL
   AND EXISTS (SELECT 1 FROM communication_service.contact_windows AS k
                WHERE k.therapist_id = :kept AND k.released_at IS NULL AND k.contact_window && w.contact_window)
RETURNING w.email_id
""")
_EXCLUDE = sa.text("""
INSERT INTO patient_service.excluded_therapists (patient_id, therapist_id)
SELECT patient_id, :kept FROM patient_service.excluded_therapists WHERE therapist_id = :merged ORDER BY patient_id
    ON CONFLICT DO NOTHING
RETURNING patient_id
""")
_GIVE = {
    table: sa.text(f"UPDATE {table.fullname} SET therapist_id = :kept WHERE therapist_id = :merged RETURNING {key}")
    for table, key in _FOLLOWING
}
_LATEST = sa.text(f"""
WITH before AS (SELECT * FROM therapist_service.therapists WHERE id = :kept)
UPDATE therapist_service.therapists AS k
   SET {", ".join(f"{name} = greatest(k.{name}, m.{name})" for name in _CONTACTS)}, updated_at = now()
  FROM therapist_service.therapists AS m, before
 WHERE k.id = :kept AND m.id = :merged
RETURNING {", ".join(f"before.{name} AS old_{name}, k.{name} AS new_{name}" for name in _CONTACTS)}
""")
_LEAVE = sa.text("""
WITH before AS (SELECT status FROM therapist_service.therapists WHERE id = :merged)
UPDATE therapist_service.therapists SET status = 'inactive', merged_into = :kept, updated_at = now()
  FROM before WHERE id = :merged
RETURNING before.status
""")
_KEEP = sa.text("""
INSERT INTO therapist_service.merges (merged_id, kept_id, record) VALUES (:merged, :kept, CAST(:record AS jsonb))
""")

_IN_FORCE = sa.text("""
SELECT id, merged_id, kept_id, CAST(record AS text) AS record FROM therapist_service.merges
 WHERE merged_id = :merged AND undone_at IS NULL
""")
_TAKE_BACK = {
    table.fullname: sa.text(
        f"UPDATE {table.fullname} SET therapist_id = :merged"
        f" WHERE {key} = ANY(CAST(:ids AS integer[])) AND therapist_id = :kept"
    )
    for table, key in _FOLLOWING
}
_REOPEN = sa.text(f"""
UPDATE matching_service.placement_requests AS r
   SET status = :status, held_by_email_id = CAST(:held_by_email_id AS integer),
       held_by_call_id = CAST(:held_by_call_id AS integer), call_asked_from = CAST(:call_asked_from AS date),
       updated_at = now()
 WHERE r.id = :id AND r.status = 'canceled'
   AND NOT EXISTS (SELECT 1 FROM matching_service.placement_requests AS o
                    WHERE o.patient_id = r.patient_id AND o.therapist_id = r.therapist_id AND o.{_LIVE})
RETURNING r.id
""")
_RESERVE_AGAIN = sa.text("""
UPDATE communication_service.contact_windows AS w SET released_at = NULL, updated_at = now()
 WHERE w.email_id = :id
   AND NOT EXISTS (SELECT 1 FROM communication_service.contact_windows AS o
                    WHERE o.email_id <> w.email_id AND o.released_at IS NULL AND o.contact_window && w.contact_window
                      AND (o.therapist_id = w.therapist_id OR o.mailbox_id = w.mailbox_id))
""")
_INCLUDE = sa.text("""
DELETE FROM patient_service.excluded_therapists
 WHERE therapist_id = :kept AND patient_id = ANY(CAST(:ids AS integer[]))
""")
_EARLIER = sa.text(f"""
UPDATE therapist_service.therapists
   SET {
    ", ".join(
        f"{name} = CASE WHEN {name} IS NOT DISTINCT FROM CAST(:new_{name} AS date)"
        f" THEN CAST(:old_{name} AS date) ELSE {name} END"
        for name in _CONTACTS
    )
}, updated_at = now()
 WHERE id = :kept
""")
_COME_BACK = sa.text("""
UPDATE therapist_service.therapists
   SET status = CASE WHEN status = 'inactive' THEN :status ELSE status END, merged_into = NULL, updated_at = now()
 WHERE id = :merged
""")
_UNDONE = sa.text("UPDATE therapist_service.merges SET undone_at = now(), updated_at = now() WHERE id = :id")


@frozen
class PostgresMerges:
    """The merges, as ``boona_core.merge_ports.Merges`` promises them."""

    _connection: Connection

    def candidates(self) -> Sequence[Therapist]:
        """Every therapist who was neither erased nor merged, by id."""
        return [therapist_of(row) for row in self._connection.rows(_CANDIDATES)]

    def dismissed(self) -> Collection[tuple[TherapistId, TherapistId]]:
        """The pairs of which a person said that they are two, the lower id first."""
        return {(row.first_id, row.second_id) for row in self._connection.rows(_DISMISSED)}

    def dismiss(self, one: TherapistId, other: TherapistId) -> None:
        """Remember that these are two; doing it twice is harmless."""
        self._connection.run(_DISMISS, {"one": one, "other": other})

    def unsettled(self, therapist_id: TherapistId) -> Sequence[EmailId]:
        """The emails to a therapist that are drafts, queued, sending or uncertain, by id."""
        return [EmailId(number) for number in self._connection.column(_UNSETTLED, {"id": therapist_id})]

    def move(self, merged_id: TherapistId, kept_id: TherapistId, *, filled: Collection[FieldChange]) -> Merge:
        """Let everything of one therapist be the other's, and remember it; the unit has locked both."""
        both = {"merged": merged_id, "kept": kept_id}
        losers = self._connection.rows(_LOSERS, both)
        if losers:
            self._connection.run(_CANCEL, {"ids": [row.id for row in losers]})
        released = sorted(self._connection.column(_RELEASE, both))
        moved = {table.fullname: sorted(self._connection.column(_GIVE[table], both)) for table, _ in _FOLLOWING}
        excluded = sorted(self._connection.column(_EXCLUDE, both))
        contacts = self._connection.row(_LATEST, both)
        status = self._connection.column(_LEAVE, both)[0]
        record = {
            "status": status,
            "filled": [[each.name, each.old, each.new] for each in filled],
            "losers": [{**row._mapping, "call_asked_from": _day(row.call_asked_from)} for row in losers],
            "released": released,
            "moved": moved,
            "excluded": excluded,
            "contacts": {name: _day(day) for name, day in contacts._mapping.items()},
        }
        self._connection.run(_KEEP, {**both, "record": json.dumps(record)})
        return _merge(merged_id, kept_id, record, [row.id for row in losers])

    def merge_of(self, merged_id: TherapistId) -> Merge | None:
        """The merge in force by which a therapist was merged; None: there is none."""
        found = self._in_force(merged_id)
        if found is None:
            return None
        record = json.loads(found.record)
        return _merge(merged_id, TherapistId(found.kept_id), record, [loser["id"] for loser in record["losers"]])

    def move_back(self, merged_id: TherapistId) -> Merge:
        """Undo the merge in force: everything that it moved or changed and that is still so is as it was before.

        Raises:
            UnknownId: the therapist was not merged.
        """
        found = self._in_force(merged_id)
        if found is None:
            raise UnknownId("merged therapist", merged_id)
        record, both = json.loads(found.record), {"merged": merged_id, "kept": found.kept_id}
        for table, ids in record["moved"].items():
            if ids:
                self._connection.run(_TAKE_BACK[table], {**both, "ids": ids})
        reopened = [loser["id"] for loser in record["losers"] if self._connection.rows(_REOPEN, loser)]
        for email_id in record["released"]:
            self._connection.run(_RESERVE_AGAIN, {"id": email_id})
        self._connection.run(_INCLUDE, {"kept": found.kept_id, "ids": record["excluded"]})
        self._connection.run(_EARLIER, {"kept": found.kept_id, **record["contacts"]})
        self._connection.run(_COME_BACK, {"merged": merged_id, "status": record["status"]})
        self._connection.run(_UNDONE, {"id": found.id})
        return _merge(merged_id, TherapistId(found.kept_id), record, reopened)

    def _in_force(self, merged_id: TherapistId) -> Any:
        ids = storable([merged_id])
        return self._connection.row(_IN_FORCE, {"merged": merged_id}) if ids else None


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _merge(merged_id: TherapistId, kept_id: TherapistId, record: Any, canceled: Collection[int]) -> Merge:
    return Merge(
        merged_id=merged_id,
        kept_id=kept_id,
        status=TherapistStatus(record["status"]),
        filled=tuple(FieldChange(*each) for each in record["filled"]),
        canceled=tuple(PlacementRequestId(number) for number in sorted(canceled)),
    )


class PostgresMergeUnit(PostgresMatchingUnit):
    """A unit, as ``boona_core.merge_ports.MergeUnit`` promises it."""

    @cached_property
    def merges(self) -> PostgresMerges:
        """The merges."""
        return PostgresMerges(self._connection)


@frozen
class OpenPostgresMergeUnit:
    """Opens units that can merge: a ``boona_core.merge_ports.OpenMergeUnit``."""

    engine: sa.Engine
    timeouts: Timeouts = field(factory=Timeouts)

    def __call__(self) -> PostgresMergeUnit:
        """A unit, to be entered once."""
        return PostgresMergeUnit(self.engine, self.timeouts)
