"""What runs by itself, kept in Postgres: the outbox's other end, leases, other systems' events, periodic work.

Leases are rows with tokens and not locks of a session: a pooler in transaction mode gives every transaction another
session.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from uuid import UUID

import sqlalchemy as sa
from attrs import field, frozen

from boona_adapters.postgres.connection import Connection, Timeouts
from boona_adapters.postgres.imports import PostgresImportUnit
from boona_core.cloud_events import StoredEvent
from boona_core.event_ports import Backlog, PlannedWork, SetAside
from boona_core.events import Event, EventType
from boona_core.ids import PatientId, PlacementRequestId

LONGEST_KEPT = 10_000
"""Characters that are kept of a message that is set aside."""

_TAKE = sa.text("""
INSERT INTO communication_service.leases AS l (name, token, lease_until) VALUES (:name, :token, :until)
    ON CONFLICT (name) DO UPDATE SET token = excluded.token, lease_until = excluded.lease_until
 WHERE l.token = excluded.token OR l.lease_until <= :now
RETURNING name
""")
_RELEASE = sa.text("DELETE FROM communication_service.leases WHERE name = :name AND token = :token")

_UNPUBLISHED = sa.text("""
SELECT id, event_id, type, key, data, created_at FROM communication_service.outbox
 WHERE published_at IS NULL ORDER BY id LIMIT :limit
""")
_PUBLISHED = sa.text("""
WITH mine AS (
    SELECT id FROM communication_service.outbox
     WHERE id = ANY(CAST(:numbers AS bigint[])) AND published_at IS NULL ORDER BY id FOR NO KEY UPDATE
)
UPDATE communication_service.outbox AS o SET published_at = :now FROM mine WHERE o.id = mine.id
""")
_FORGET = sa.text("""
WITH old AS (
    SELECT id FROM communication_service.outbox
     WHERE published_at < :before ORDER BY published_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
)
DELETE FROM communication_service.outbox AS o USING old WHERE o.id = old.id
""")
_BACKLOG = sa.text("""
SELECT count(*) AS count, min(created_at) AS oldest FROM communication_service.outbox WHERE published_at IS NULL
""")

_NOTE = sa.text("""
INSERT INTO communication_service.processed_events (source, event_id) VALUES (:source, :event)
    ON CONFLICT DO NOTHING RETURNING event_id
""")
_REQUEST_OF = sa.text("""
SELECT placement_request_id FROM matching_service.foreign_matches WHERE source = :source AND match_id = :match
""")
_REMEMBER = sa.text("""
INSERT INTO matching_service.foreign_matches (source, match_id, placement_request_id) VALUES (:source, :match, :request)
    ON CONFLICT (source, match_id) DO UPDATE SET placement_request_id = excluded.placement_request_id
""")
_SET_ASIDE = sa.text("""
INSERT INTO communication_service.set_aside (source, reason, row) VALUES (:source, :reason, CAST(:row AS jsonb))
""")
_WAITING = sa.text("""
SELECT id, source, reason, row ->> 'place' AS place, created_at FROM communication_service.set_aside
 WHERE row ? 'place' ORDER BY id DESC LIMIT :limit
""")

_KNOW = sa.text("""
INSERT INTO communication_service.schedule AS s (name, expression, next_at) VALUES (:name, :expression, :following)
    ON CONFLICT (name) DO UPDATE SET expression = excluded.expression, next_at = excluded.next_at
 WHERE s.expression <> excluded.expression
""")
_BEGIN = sa.text("""
UPDATE communication_service.schedule SET token = :token, lease_until = :until
 WHERE name = :name AND next_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
RETURNING next_at
""")
_RENEW = sa.text("""
UPDATE communication_service.schedule SET lease_until = :until WHERE name = :name AND token = :token
""")
_END = sa.text("""
UPDATE communication_service.schedule
   SET next_at = CASE WHEN next_at = :due_since THEN :following ELSE next_at END,
       ended_at = :now, failures = 0, token = NULL, lease_until = NULL
 WHERE name = :name AND token = :token
""")
_FAIL = sa.text("""
UPDATE communication_service.schedule
   SET next_at = :again, failures = failures + 1, token = NULL, lease_until = NULL
 WHERE name = :name AND token = :token
""")
_HASTEN = sa.text("""
UPDATE communication_service.schedule SET next_at = :now WHERE name = :name AND (next_at > :now OR lease_until > :now)
""")
_DROP = sa.text("""
DELETE FROM communication_service.schedule WHERE name = :name AND (lease_until IS NULL OR lease_until <= :now)
""")
_PLANNED = sa.text("""
SELECT next_at, coalesce(lease_until > :now, false) AS in_hand, ended_at
  FROM communication_service.schedule WHERE name = :name
""")
_DUE = sa.text("""
SELECT name, next_at FROM communication_service.schedule
 WHERE next_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
""")

_END_PAUSES = sa.text("""
WITH over AS (
    SELECT id FROM patient_service.patients WHERE search_paused_until <= :today ORDER BY id FOR NO KEY UPDATE
)
UPDATE patient_service.patients AS p SET search_paused_until = NULL, updated_at = now()
  FROM over WHERE p.id = over.id
RETURNING p.id
""")

_MARK = sa.text("SELECT mark FROM communication_service.high_water")
_RISE = sa.text("""
INSERT INTO communication_service.high_water AS h (id, mark) VALUES (1, CAST(:above AS bigint) + 1)
    ON CONFLICT (id) DO UPDATE SET mark = greatest(h.mark, :above) + 1
RETURNING mark
""")


@frozen
class PostgresLeases:
    """Leases, as ``boona_core.event_ports.Leases`` promises them."""

    _connection: Connection

    def take(self, name: str, *, token: UUID, now: datetime, lease: timedelta) -> bool:
        """Take the lease, or extend it; False: somebody else's is not over yet."""
        values = {"name": name, "token": token, "until": now + lease, "now": now}
        return self._connection.row(_TAKE, values) is not None

    def release(self, name: str, *, token: UUID) -> None:
        """Let go of the lease if it is this token's."""
        self._connection.run(_RELEASE, {"name": name, "token": token})


@frozen
class PostgresRelay:
    """The outbox's other end, as ``boona_core.event_ports.Relay`` promises it."""

    _connection: Connection

    def unpublished(self, limit: int) -> Sequence[StoredEvent]:
        """The first events that are not published, by number."""
        return [
            StoredEvent(
                number=row.id,
                id=row.event_id,
                event=Event(type=EventType(row.type), key=row.key, data=row.data),
                at=row.created_at,
            )
            for row in self._connection.rows(_UNPUBLISHED, {"limit": limit})
        ]

    def mark_published(self, numbers: Collection[int], *, now: datetime) -> None:
        """Never return these again."""
        self._connection.run(_PUBLISHED, {"numbers": sorted(numbers), "now": now})

    def forget(self, *, published_before: datetime, limit: int) -> int:
        """Forget events that were published long ago; what waits has no such instant, and is not among them."""
        return self._connection.run(_FORGET, {"before": published_before, "limit": limit})

    def backlog(self) -> Backlog:
        """What waits."""
        row = self._connection.row(_BACKLOG)
        return Backlog(count=row.count, oldest=None if row.oldest is None else row.oldest.astimezone(UTC))


@frozen
class PostgresInbound:
    """Other systems' events, as ``boona_core.event_ports.Inbound`` promises to remember them."""

    _connection: Connection

    def note(self, source: str, event_id: str) -> bool:
        """Remember an event; False when it was remembered already."""
        return self._connection.row(_NOTE, {"source": source, "event": event_id}) is not None

    def request_of(self, source: str, match_id: str) -> PlacementRequestId | None:
        """The request that stands for another system's match."""
        row = self._connection.row(_REQUEST_OF, {"source": source, "match": match_id})
        return None if row is None else PlacementRequestId(row.placement_request_id)

    def remember_match(self, source: str, match_id: str, request_id: PlacementRequestId) -> None:
        """From now on this request stands for that match."""
        self._connection.run(_REMEMBER, {"source": source, "match": match_id, "request": request_id})

    def set_aside(self, stream: str, reason: str, *, place: str, body: bytes) -> None:
        """Keep a message for a person; what no text of the database can hold is left out of it."""
        text = body.decode("utf-8", "replace").replace("\x00", "")[:LONGEST_KEPT]
        row = json.dumps({"place": place, "body": text})
        self._connection.run(_SET_ASIDE, {"source": stream, "reason": reason[:200], "row": row})

    def waiting(self, limit: int) -> Sequence[SetAside]:
        """The messages kept for a person, newest first."""
        return [
            SetAside(
                id=row.id, source=row.source, reason=row.reason, place=row.place, at=row.created_at.astimezone(UTC)
            )
            for row in self._connection.rows(_WAITING, {"limit": limit})
        ]


@frozen
class PostgresSchedule:
    """Periodic work, as ``boona_core.event_ports.Schedule`` promises it."""

    _connection: Connection

    def know(self, name: str, expression: str, *, following: datetime) -> None:
        """Know of a work from now on."""
        self._connection.run(_KNOW, {"name": name, "expression": expression, "following": following})

    def begin(self, name: str, *, token: UUID, now: datetime, lease: timedelta) -> datetime | None:
        """Begin the work if it is due and nobody is at it."""
        row = self._connection.row(_BEGIN, {"name": name, "token": token, "until": now + lease, "now": now})
        return None if row is None else row.next_at.astimezone(UTC)

    def renew(self, name: str, *, token: UUID, now: datetime, lease: timedelta) -> bool:
        """Let the lease begin at *now*; False when another has the work, or nobody."""
        return self._connection.run(_RENEW, {"name": name, "token": token, "until": now + lease}) == 1

    def end(self, name: str, *, token: UUID, due_since: datetime, following: datetime, now: datetime) -> bool:
        """The work is done; False when another has it now."""
        values = {"name": name, "token": token, "due_since": due_since, "following": following, "now": now}
        return self._connection.run(_END, values) == 1

    def fail(self, name: str, *, token: UUID, again: datetime) -> None:
        """The work failed, and is due again."""
        self._connection.run(_FAIL, {"name": name, "token": token, "again": again})

    def hasten(self, name: str, *, now: datetime) -> None:
        """Let a work that is known be due at *now*, at the latest."""
        self._connection.run(_HASTEN, {"name": name, "now": now})

    def drop(self, name: str, *, now: datetime) -> None:
        """Know no more of a work, unless somebody is at it."""
        self._connection.run(_DROP, {"name": name, "now": now})

    def planned(self, name: str, *, now: datetime) -> PlannedWork | None:
        """How the work stands; None: nobody knows of it."""
        row = self._connection.row(_PLANNED, {"name": name, "now": now})
        if row is None:
            return None
        ended_at = None if row.ended_at is None else row.ended_at.astimezone(UTC)
        return PlannedWork(next_at=row.next_at.astimezone(UTC), in_hand=row.in_hand, ended_at=ended_at)

    def due(self, *, now: datetime) -> Mapping[str, datetime]:
        """The works that are due and that nobody is at, and since when."""
        return {row.name: row.next_at.astimezone(UTC) for row in self._connection.rows(_DUE, {"now": now})}


@frozen
class PostgresRests:
    """What rested until a day, as ``boona_core.event_ports.Rests`` promises it."""

    _connection: Connection

    def end_pauses(self, today: date) -> Sequence[PatientId]:
        """Take away the pauses that are over."""
        return sorted(map(PatientId, self._connection.column(_END_PAUSES, {"today": today})))


@frozen
class PostgresHighWater:
    """How far the store has come, as ``boona_core.event_ports.HighWater`` promises it."""

    _connection: Connection

    def mark(self) -> int:
        """The number as of this unit."""
        row = self._connection.row(_MARK)
        return 0 if row is None else int(row.mark)

    def rise(self, *, above: int = 0) -> int:
        """Make it higher than it was, and higher than *above*."""
        return int(self._connection.row(_RISE, {"above": above}).mark)


class PostgresRunningUnit(PostgresImportUnit):
    """A unit that also remembers what runs by itself."""

    @cached_property
    def leases(self) -> PostgresLeases:
        """Who does what only one may do."""
        return PostgresLeases(self._connection)

    @cached_property
    def relay(self) -> PostgresRelay:
        """The outbox from its other end."""
        return PostgresRelay(self._connection)

    @cached_property
    def inbound(self) -> PostgresInbound:
        """Other systems' events."""
        return PostgresInbound(self._connection)

    @cached_property
    def schedule(self) -> PostgresSchedule:
        """Periodic work."""
        return PostgresSchedule(self._connection)

    @cached_property
    def rests(self) -> PostgresRests:
        """What rested until a day."""
        return PostgresRests(self._connection)

    @cached_property
    def high_water(self) -> PostgresHighWater:
        """How far the store has come."""
        return PostgresHighWater(self._connection)


@frozen
class OpenPostgresRunningUnit:
    """Opens units that remember what runs by itself: a ``boona_core.event_ports.OpenRunningUnit``."""

    engine: sa.Engine
    timeouts: Timeouts = field(factory=Timeouts)

    def __call__(self) -> PostgresRunningUnit:
        """A unit, to be entered once."""
        return PostgresRunningUnit(self.engine, self.timeouts)
