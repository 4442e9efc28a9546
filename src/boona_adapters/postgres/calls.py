"""The calls in Postgres: no caller, therapist or number is in two planned ones at once.

Three exclusion constraints over local time decide, whoever races.  Many calls are stored by one statement that gives
way to what is there; no order of its rows suits all three constraints, so whoever stores or moves several takes turns,
or may be refused for a deadlock.  A single call is moved under a savepoint.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, time
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.errors import EXCLUSION_VIOLATION
from boona_adapters.postgres.tables import phone_calls, phone_lines
from boona_core.call_ports import NewCall
from boona_core.calls import Booked, CallItem, CallStatus, CallStep, CallTime, Cause, Outcome, PhoneCall, after
from boona_core.errors import StoreError, UnknownId
from boona_core.ids import CallerId, EmailId, PhoneCallBatchId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.windows import minute_of_day

TURN = 0x626F6F6E6163
"""Whoever plans or moves calls holds this advisory lock until its transaction ends; it spells boonac."""

_TAKE_TURNS = sa.text("SELECT pg_advisory_xact_lock(:turn)")

_CALLS = (
    sa.select(phone_calls, phone_lines.c.number)
    .select_from(phone_calls.outerjoin(phone_lines, phone_lines.c.id == phone_calls.c.line_id))
    .order_by(phone_calls.c.scheduled_date, phone_calls.c.scheduled_time, phone_calls.c.id)
)
_ITEMS = sa.text("""
SELECT id, phone_call_id, placement_request_id, priority AS rank, included, outcome, follow_up_required,
       follow_up_notes
  FROM communication_service.phone_call_batches WHERE phone_call_id = ANY(CAST(:ids AS integer[]))
 ORDER BY phone_call_id, priority DESC, id
""")
_BOOKED = sa.text("""
SELECT c.id, c.therapist_id, c.caller_id, l.number, c.scheduled_date, c.scheduled_time, c.duration_minutes
  FROM communication_service.phone_calls AS c LEFT JOIN therapist_service.phone_lines AS l ON l.id = c.line_id
 WHERE c.status = 'scheduled' AND c.scheduled_date BETWEEN :first AND :last
 ORDER BY c.scheduled_date, c.scheduled_time, c.id
""")
_WITH_REQUESTS = sa.text("""
SELECT DISTINCT c.id
  FROM communication_service.phone_call_batches AS b
  JOIN communication_service.phone_calls AS c ON c.id = b.phone_call_id
 WHERE b.placement_request_id = ANY(CAST(:ids AS integer[])) AND b.included AND c.status = 'scheduled'
 ORDER BY c.id
""")
_NEW_IDS = sa.text(
    "SELECT nextval(pg_get_serial_sequence('communication_service.phone_calls', 'id')) FROM generate_series(1, :count)"
)
_LINES = sa.text("""
INSERT INTO therapist_service.phone_lines (number)
SELECT DISTINCT number FROM unnest(CAST(:numbers AS text[])) AS wanted (number) WHERE number IS NOT NULL ORDER BY number
    ON CONFLICT DO NOTHING
""")
_INSERT = sa.text("""
INSERT INTO communication_service.phone_calls (id, therapist_id, caller_id, line_id, scheduled_date, scheduled_time,
    duration_minutes, cause, attempt, previous_call_id, first_call_id, notes, outside_hours, assumed_hours)
SELECT new.id, new.therapist_id, new.caller_id, l.id, new.day, new.start, new.minutes, new.cause, new.attempt,
       new.previous_id, new.first_id, new.notes, new.outside_hours, new.assumed_hours
  FROM unnest(CAST(:id AS integer[]), CAST(:therapist_id AS integer[]), CAST(:caller_id AS integer[]),
              CAST(:number AS text[]), CAST(:day AS date[]), CAST(:start AS time[]), CAST(:minutes AS integer[]),
              CAST(:cause AS text[]), CAST(:attempt AS integer[]), CAST(:previous_id AS integer[]),
              CAST(:first_id AS integer[]), CAST(:notes AS text[]), CAST(:outside_hours AS boolean[]),
              CAST(:assumed_hours AS boolean[]))
       AS new (id, therapist_id, caller_id, number, day, start, minutes, cause, attempt, previous_id, first_id, notes,
               outside_hours, assumed_hours)
  LEFT JOIN therapist_service.phone_lines AS l ON l.number = new.number
 ORDER BY new.caller_id NULLS LAST, new.day, new.start, new.minutes, new.id
    ON CONFLICT DO NOTHING
RETURNING id
""")
_INSERT_ITEMS = sa.text("""
INSERT INTO communication_service.phone_call_batches (phone_call_id, placement_request_id, priority)
SELECT new.call_id, new.request_id, new.rank
  FROM unnest(CAST(:calls AS integer[]), CAST(:requests AS integer[]), CAST(:ranks AS integer[]))
       WITH ORDINALITY AS new (call_id, request_id, rank, place)
 ORDER BY new.place
""")
_MOVE = sa.text("""
UPDATE communication_service.phone_calls
   SET scheduled_date = :day, scheduled_time = :start, duration_minutes = :minutes, caller_id = :caller,
       line_id = (SELECT id FROM therapist_service.phone_lines WHERE number = CAST(:number AS text)),
       outside_hours = :outside_hours, revision = revision + 1, updated_at = now()
 WHERE id = :id
""")
_PUT_ITEMS = sa.text("""
UPDATE communication_service.phone_call_batches AS b
   SET included = new.included, discussed = new.discussed, outcome = new.outcome,
       follow_up_required = new.follow_up_required, follow_up_notes = new.follow_up_notes, updated_at = now()
  FROM unnest(CAST(:ids AS integer[]), CAST(:included AS boolean[]), CAST(:discussed AS boolean[]),
              CAST(:outcomes AS text[]), CAST(:required AS boolean[]), CAST(:notes AS text[]))
       AS new (id, included, discussed, outcome, follow_up_required, follow_up_notes)
 WHERE b.id = new.id AND b.phone_call_id = :call
""")
_FOLLOW_UP = sa.text("""
UPDATE communication_service.emails AS e SET follow_up_call_id = wanted.call_id
  FROM unnest(CAST(:emails AS integer[]), CAST(:calls AS integer[])) AS wanted (email_id, call_id)
 WHERE e.id = wanted.email_id AND e.follow_up_call_id IS NULL
RETURNING e.id
""")
_THERAPIST_CALLED = sa.text("""
UPDATE therapist_service.therapists
   SET last_call_on = greatest(last_call_on, :day),
       last_conversation_on = CASE WHEN :discussed THEN greatest(last_conversation_on, :day)
                                   ELSE last_conversation_on END,
       updated_at = now()
 WHERE id = :therapist
""")
_REQUESTS_CALLED = sa.text("""
UPDATE matching_service.placement_requests SET phone_contact_date = greatest(phone_contact_date, :day),
       updated_at = now()
 WHERE id = ANY(CAST(:requests AS integer[]))
""")


def as_time(minute: int) -> time:
    """A minute of the day as the database keeps it."""
    return time(minute // 60, minute % 60)


def call_of(row: sa.Row[Any], items: Sequence[CallItem]) -> PhoneCall:
    """The value of one row and its batch rows."""
    return PhoneCall(
        id=PhoneCallId(row.id),
        therapist_id=TherapistId(row.therapist_id),
        time=_time_of(row),
        caller_id=None if row.caller_id is None else CallerId(row.caller_id),
        number=row.number,
        status=CallStatus(row.status),
        cause=Cause(row.cause),
        actual_on=row.actual_date,
        actual_at=None if row.actual_time is None else minute_of_day(row.actual_time),
        outcome=row.outcome,
        notes=row.notes,
        retry_after=row.retry_after,
        retry_due=row.retry_due,
        exhausted=row.exhausted,
        attempt=row.attempt,
        first_id=PhoneCallId(row.first_call_id),
        previous_id=None if row.previous_call_id is None else PhoneCallId(row.previous_call_id),
        outside_hours=row.outside_hours,
        assumed_hours=row.assumed_hours,
        revision=row.revision,
        changed_at=row.updated_at.astimezone(UTC),
        items=tuple(items),
    )


@frozen
class PostgresCalls:
    """The calls, as ``boona_core.call_ports.Calls`` promises them."""

    _connection: Connection

    def take_turns(self) -> None:
        """Keep other units that plan or move calls waiting until this one ends."""
        self._connection.run(_TAKE_TURNS, {"turn": TURN})

    def get(self, call_id: PhoneCallId) -> PhoneCall:
        """The call with its batch rows.

        Raises:
            UnknownId: there is none.
        """
        return self._one(call_id, _CALLS)

    def lock(self, call_id: PhoneCallId) -> PhoneCall:
        """The call, and no other unit changes it until this one ends.

        Raises:
            UnknownId: there is none.
        """
        return self._one(call_id, _CALLS.with_for_update(key_share=True, of=phone_calls))

    def find(
        self,
        *,
        statuses: Collection[CallStatus] = (),
        therapist_id: TherapistId | None = None,
        caller_id: CallerId | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
        exhausted: bool | None = None,
        limit: int = 1000,
    ) -> Sequence[PhoneCall]:
        """Calls in one of *statuses* (empty: all), by their planned time, then id, at most *limit*."""
        query = _CALLS.limit(limit)
        if statuses:
            query = query.where(phone_calls.c.status.in_([status.value for status in statuses]))
        if therapist_id is not None:
            query = query.where(phone_calls.c.therapist_id == therapist_id)
        if caller_id is not None:
            query = query.where(phone_calls.c.caller_id == caller_id)
        if first_day is not None:
            query = query.where(phone_calls.c.scheduled_date >= first_day)
        if last_day is not None:
            query = query.where(phone_calls.c.scheduled_date <= last_day)
        if exhausted is not None:
            query = query.where(phone_calls.c.exhausted if exhausted else sa.not_(phone_calls.c.exhausted))
        return self._read(query)

    def many(self, call_ids: Collection[int]) -> Sequence[PhoneCall]:
        """Those of these calls that exist, newest first."""
        found = self._read(_CALLS.where(phone_calls.c.id.in_(list(call_ids)))) if call_ids else ()
        return sorted(found, key=lambda call: -call.id)

    def booked(self, *, first_day: date, last_day: date) -> Sequence[Booked]:
        """The planned calls of these days, by time, then id."""
        rows = self._connection.rows(_BOOKED, {"first": first_day, "last": last_day})
        return [
            Booked(
                id=PhoneCallId(row.id),
                therapist_id=TherapistId(row.therapist_id),
                caller_id=None if row.caller_id is None else CallerId(row.caller_id),
                number=row.number,
                time=_time_of(row),
            )
            for row in rows
        ]

    def retries_due(self, therapist_ids: Collection[TherapistId] | None = None) -> Sequence[PhoneCall]:
        """The failed calls whose next attempt is not planned yet, by id; None: of all therapists."""
        query = _CALLS.where(phone_calls.c.retry_due)
        if therapist_ids is not None:
            query = query.where(phone_calls.c.therapist_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Integer))))
            query = query.params(ids=storable(therapist_ids))
        return sorted(self._read(query), key=lambda call: call.id)

    def with_requests(self, request_ids: Collection[PlacementRequestId]) -> Sequence[PhoneCallId]:
        """The planned calls that hold one of these requests, by id."""
        return [*map(PhoneCallId, self._connection.column(_WITH_REQUESTS, {"ids": storable(request_ids)}))]

    def new_ids(self, count: int) -> Sequence[PhoneCallId]:
        """So many fresh ids, rising; never given twice, also when the unit is undone."""
        return sorted(map(PhoneCallId, self._connection.column(_NEW_IDS, {"count": count})))

    def add(self, calls: Mapping[PhoneCallId, NewCall]) -> frozenset[PhoneCallId]:
        """Store planned calls with their batch rows; returns those whose caller, therapist and number were free."""
        if not calls:
            return frozenset()
        ids = sorted(calls)
        new = [calls[each] for each in ids]
        self._connection.run(_LINES, {"numbers": [call.number for call in new]})
        values = {
            "id": ids,
            "therapist_id": [call.therapist_id for call in new],
            "caller_id": [call.caller_id for call in new],
            "number": [call.number for call in new],
            "day": [call.time.day for call in new],
            "start": [as_time(call.time.start) for call in new],
            "minutes": [call.time.minutes for call in new],
            "cause": [call.cause.value for call in new],
            "attempt": [call.attempt for call in new],
            "previous_id": [call.previous_id for call in new],
            "first_id": [call.first_id or each for each, call in zip(ids, new, strict=True)],
            "notes": [call.notes for call in new],
            "outside_hours": [call.outside_hours for call in new],
            "assumed_hours": [call.assumed_hours for call in new],
        }
        stored = frozenset(map(PhoneCallId, self._connection.column(_INSERT, values)))
        items = [
            (each, request_id, len(calls[each].request_ids) - place)
            for each in sorted(stored)
            for place, request_id in enumerate(calls[each].request_ids)
        ]
        if items:
            call_ids, request_ids, ranks = zip(*items, strict=True)
            self._connection.run(
                _INSERT_ITEMS, {"calls": list(call_ids), "requests": list(request_ids), "ranks": list(ranks)}
            )
        return stored

    def move(
        self,
        call_id: PhoneCallId,
        *,
        time: CallTime,
        caller_id: CallerId | None,
        number: str | None,
        outside_hours: bool = False,
    ) -> bool:
        """Give a planned call another time, caller or number; False, and nothing done, when one of them is taken.

        Raises:
            IllegalTransition: it is not planned any more.
            UnknownId: there is no such call.
        """
        after(call_id, self.lock(call_id).status, CallStep.MOVED)
        self._connection.run(_LINES, {"numbers": [number]})
        try:
            with self._connection.savepoint():
                self._connection.run(
                    _MOVE,
                    {
                        "id": call_id,
                        "day": time.day,
                        "start": as_time(time.start),
                        "minutes": time.minutes,
                        "caller": caller_id,
                        "number": number,
                        "outside_hours": outside_hours,
                    },
                )
        except StoreError as error:
            if error.sqlstate != EXCLUSION_VIOLATION:
                raise
            return False
        return True

    def put(self, call: PhoneCall) -> None:
        """Write a call and its batch rows as they are now, but for when, by whom and under which number it is made.

        Raises:
            UnknownId: there is no such call.
        """
        written = self._connection.run(
            phone_calls.update()
            .where(phone_calls.c.id == call.id)
            .values(
                status=call.status.value,
                cause=call.cause.value,
                actual_date=call.actual_on,
                actual_time=None if call.actual_at is None else as_time(call.actual_at),
                outcome=call.outcome,
                notes=call.notes,
                retry_after=call.retry_after,
                retry_due=call.retry_due,
                exhausted=call.exhausted,
                assumed_hours=call.assumed_hours,
                revision=phone_calls.c.revision + 1,
                updated_at=sa.func.now(),
            )
        )
        if not written:
            raise UnknownId("call", call.id)
        if call.items:
            self._connection.run(
                _PUT_ITEMS,
                {
                    "call": call.id,
                    "ids": [item.id for item in call.items],
                    "included": [item.included for item in call.items],
                    "discussed": [item.discussed for item in call.items],
                    "outcomes": [item.outcome and item.outcome.value for item in call.items],
                    "required": [item.follow_up_required for item in call.items],
                    "notes": [item.follow_up_notes for item in call.items],
                },
            )

    def follow_up(self, emails: Mapping[EmailId, PhoneCallId]) -> frozenset[EmailId]:
        """Note the first call that follows up each of these emails; returns those that none had followed up before."""
        wanted = storable(emails)
        values = {"emails": wanted, "calls": [emails[EmailId(number)] for number in wanted]}
        return frozenset(map(EmailId, self._connection.column(_FOLLOW_UP, values))) if wanted else frozenset()

    def contacted(self, therapist_id: TherapistId, request_ids: Collection[PlacementRequestId], *, on: date) -> None:
        """Keep the day of a call that was held with its therapist and with the requests that came up in it."""
        self._connection.run(_THERAPIST_CALLED, {"therapist": therapist_id, "day": on, "discussed": bool(request_ids)})
        self._connection.run(_REQUESTS_CALLED, {"requests": storable(request_ids), "day": on})

    def _one(self, call_id: PhoneCallId, query: sa.Select[Any]) -> PhoneCall:
        found = self._read(query.where(phone_calls.c.id == call_id)) if storable((call_id,)) else ()
        for call in found:
            return call
        raise UnknownId("call", call_id)

    def _read(self, query: sa.Select[Any]) -> Sequence[PhoneCall]:
        rows = self._connection.rows(query)
        items: dict[int, list[CallItem]] = {row.id: [] for row in rows}
        if items:
            for item in self._connection.rows(_ITEMS, {"ids": list(items)}):
                items[item.phone_call_id].append(_item_of(item))
        return [call_of(row, items[row.id]) for row in rows]


def _time_of(row: sa.Row[Any]) -> CallTime:
    return CallTime(row.scheduled_date, minute_of_day(row.scheduled_time), row.duration_minutes)


def _item_of(row: sa.Row[Any]) -> CallItem:
    return CallItem(
        id=PhoneCallBatchId(row.id),
        placement_request_id=PlacementRequestId(row.placement_request_id),
        rank=row.rank,
        included=row.included,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        follow_up_required=row.follow_up_required,
        follow_up_notes=row.follow_up_notes,
    )
