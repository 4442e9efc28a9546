"""A whole day of the agency: what comes in, whether it is over, and whether everything in it was done once.

Some therapists have open requests and are asked by email; others were silent after an email and are called.  The judge
shares no code with what it judges: it reads tables by its own SQL, the log of the mail server and the streams.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from attrs import evolve, field, frozen

from boona_adapters.settings import ScheduleSettings
from boona_adapters.streams.redis import connect
from boona_core.events import EventType
from tests.chaos.judge import Verdict, judge_sending, query, wait_for_the_dead
from tests.chaos.seeds import run
from tests.chaos.worker import Orders
from tests.sink import Sink

STREAMS = sorted({each.stream for each in EventType})
PATIENTS = 2
_HOURS = json.dumps(
    {day: [{"start": "09:00", "end": "17:00"}] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
)
_PEOPLE = f"""
INSERT INTO therapist_service.mailboxes (id, address)
SELECT n, 'praxis' || n || '@example.org' FROM generate_series(1, %(therapists)s) AS n;
INSERT INTO therapist_service.therapists (id, first_name, last_name, email, mailbox_id, phone, phone_hours)
SELECT n, 'Uta', 'Beispiel' || n, 'praxis' || n || '@example.org', n, '030 ' || 5000000 + n, '{_HOURS}'
  FROM generate_series(1, %(therapists)s) AS n;
INSERT INTO patient_service.patients (id, first_name, last_name, status, registered_on, contracts_signed)
SELECT n, 'Kim', 'Muster' || n, 'searching', '2026-01-01', true FROM generate_series(1, {PATIENTS}) AS n;
INSERT INTO communication_service.callers (id, name, working_hours)
SELECT n, 'Anruferin ' || n, '{_HOURS}' FROM generate_series(1, %(callers)s) AS n;
ANALYZE;
"""
_REQUESTS = """
INSERT INTO matching_service.placement_requests (patient_id, therapist_id)
SELECT p.id, t.id FROM patient_service.patients AS p, therapist_service.therapists AS t
 WHERE t.id BETWEEN %(first)s AND %(last)s ORDER BY p.id, t.id;
"""
_TODAY = "(now() AT TIME ZONE 'Europe/Berlin')::date"
_SILENCE = f"""
{_REQUESTS}
INSERT INTO communication_service.emails (therapist_id, mailbox_id, template, subject, body_html, body_text,
       recipient_email, recipient_name, sender_email, sender_name, status, queued_at, sent_at, marked_at, marked_on,
       message_id)
SELECT t.id, t.mailbox_id, 'initial_contact', 'Anfrage', '<p>Guten Tag</p>', 'Guten Tag', t.email, 'Uta Beispiel',
       'vermittlung@agentur.example', 'Vermittlung', 'sent', now() - interval '10 days', now() - interval '10 days',
       now() - interval '10 days', {_TODAY} - 10, '<silent-' || t.id || '@agentur.example>'
  FROM therapist_service.therapists AS t WHERE t.id BETWEEN %(first)s AND %(last)s ORDER BY t.id;
INSERT INTO communication_service.contact_windows (email_id, therapist_id, mailbox_id, contact_window)
SELECT id, therapist_id, mailbox_id, daterange({_TODAY} - 10, {_TODAY} - 3) FROM communication_service.emails
 WHERE therapist_id BETWEEN %(first)s AND %(last)s;
INSERT INTO communication_service.email_batches (email_id, placement_request_id, priority)
SELECT e.id, r.id, r.patient_id FROM communication_service.emails AS e
  JOIN matching_service.placement_requests AS r USING (therapist_id)
 WHERE therapist_id BETWEEN %(first)s AND %(last)s;
UPDATE matching_service.placement_requests AS r
   SET status = 'in_progress', held_by_email_id = e.id, email_contact_date = e.marked_on
  FROM communication_service.emails AS e
 WHERE e.therapist_id = r.therapist_id AND e.therapist_id BETWEEN %(first)s AND %(last)s;
"""
_WORKS = ("follow_ups", "calls", "emails")
_EMAILS = "communication_service.emails"
_SILENT = "message_id LIKE '<silent-%'"


@frozen(kw_only=True)
class Agency:
    """Whom the day is about: the first therapists are asked by email, the others were silent and are called."""

    libpq_url: str = field(repr=False)
    emails: int
    calls: int

    def found(self, *, callers: int = 3) -> None:
        """The people; nothing is to be done yet."""
        run(self.libpq_url, _PEOPLE, {"therapists": self.emails + self.calls, "callers": callers})

    def comes_in(self, share: float, until: float) -> None:
        """What is to be done between two shares of the day, from 0 to 1."""
        for statement, begin, count in ((_REQUESTS, 0, self.emails), (_SILENCE, self.emails, self.calls)):
            first, last = begin + round(share * count) + 1, begin + round(until * count)
            run(self.libpq_url, statement, {"first": first, "last": last})

    def time_comes(self) -> None:
        """The time of every work of the day comes, where nobody is at it."""
        run(
            self.libpq_url,
            "INSERT INTO communication_service.schedule (name, expression, next_at)"
            " SELECT name, expression, now() - interval '2 days'"
            "   FROM unnest(%(names)s::text[], %(expressions)s::text[]) AS work (name, expression)"
            " ON CONFLICT (name) DO UPDATE SET next_at = now() WHERE schedule.token IS NULL",
            {"names": list(_WORKS), "expressions": [getattr(ScheduleSettings(), name) for name in _WORKS]},
        )

    def is_done(self) -> bool:
        """Whether everybody was asked or has a call, and nobody is at it."""
        (found,) = query(
            self.libpq_url,
            "SELECT (SELECT count(*) FROM communication_service.emails"
            f"        WHERE status IN ('sent', 'uncertain') AND NOT {_SILENT}) >= {self.emails}"
            " AND (SELECT count(*) FROM communication_service.phone_calls"
            f"      WHERE status = 'scheduled') >= {self.calls}"
            " AND NOT EXISTS (SELECT FROM communication_service.emails WHERE status IN ('queued', 'sending'))"
            " AND (SELECT bool_and(next_at > now() AND token IS NULL) FROM communication_service.schedule)",
        )
        return bool(found[0])

    def is_over(self) -> bool:
        """Whether it is done, and everything is told."""
        unpublished = "SELECT count(*) FROM communication_service.outbox WHERE published_at IS NULL"
        return self.is_done() and query(self.libpq_url, unpublished) == [(0,)]


def judge_day(told: Orders, agency: Agency, sink: Sink, what: str) -> Verdict:
    """Judge a day once everything has come to rest, and say what was found; events are read from *told*'s Redis."""
    sink.wait_until_idle()
    wait_for_the_dead(told.libpq_url)
    before = {name for (name,) in query(told.libpq_url, f"SELECT message_id FROM {_EMAILS} WHERE {_SILENT}")}
    sending = judge_sending(told.libpq_url, [], sink.accepted(), before=before)
    verdict = evolve(
        sending,
        faults={
            **sending.faults,
            **_faults_of_works(agency),
            **_faults_of_calls(agency.libpq_url),
            **_faults_of_events(agency.libpq_url, _bodies(told.redis_url)),
        },
    )
    calls = query(told.libpq_url, "SELECT count(*) FROM communication_service.phone_calls")[0][0]
    events = query(told.libpq_url, "SELECT count(*) FROM communication_service.outbox")[0][0]
    print(f"\n{what}: {calls} calls, {events} events; {verdict}")  # noqa: T201 - the figures are wanted
    return verdict


def _faults_of_works(agency: Agency) -> dict[str, list[Any]]:
    """Therapists who were not asked, or not called, exactly once."""
    emails = Counter(
        therapist_id
        for (therapist_id,) in query(
            agency.libpq_url,
            f"SELECT therapist_id FROM {_EMAILS} WHERE NOT {_SILENT} AND status IN ('sent', 'uncertain')",
        )
    )
    calls = Counter(
        therapist_id
        for (therapist_id,) in query(
            agency.libpq_url,
            "SELECT therapist_id FROM communication_service.phone_calls WHERE status = 'scheduled'",
        )
    )
    asked = range(1, agency.emails + 1)
    called = range(agency.emails + 1, agency.emails + agency.calls + 1)
    return {
        "not asked": [each for each in asked if emails[each] == 0],
        "asked twice": [each for each, times in emails.items() if times > 1 or each not in asked],
        "not called": [each for each in called if calls[each] == 0],
        "called twice": [each for each, times in calls.items() if times > 1 or each not in called],
    }


def _faults_of_calls(libpq_url: str) -> dict[str, list[Any]]:
    """Calls that share a caller or a number at a time, stand outside of the hours, hold the wrong, or were not told."""
    rows = query(
        libpq_url,
        "SELECT id, caller_id, line_id, lower(local_span), upper(local_span) FROM communication_service.phone_calls"
        " WHERE status = 'scheduled'",
    )
    of: dict[tuple[str, int | None], list[tuple[Any, Any, int]]] = defaultdict(list)
    for call, caller, line, begins, ends in rows:
        of["caller", caller].append((begins, ends, call))
        of["line", line].append((begins, ends, call))
    return {
        "calls at once": [
            (kind, earlier[2], later[2])
            for (kind, number), spans in of.items()
            if number is not None
            for earlier, later in pairwise(sorted(spans))
            if later[0] < earlier[1]
        ],
        "calls outside of the hours": [
            call
            for call, _, _, begins, ends in rows
            if begins.weekday() > 4 or not (begins.hour, begins.minute) >= (9, 0) or (ends.hour, ends.minute) > (17, 0)
        ],
        "silences followed up by nothing": query(
            libpq_url,
            "SELECT e.id FROM communication_service.emails AS e LEFT JOIN communication_service.phone_calls AS c"
            f" ON c.id = e.follow_up_call_id AND c.therapist_id = e.therapist_id WHERE {_SILENT} AND c.id IS NULL",
        ),
        "requests of a call held by something else": query(
            libpq_url,
            "SELECT r.id FROM communication_service.emails AS e"
            " JOIN matching_service.placement_requests AS r ON r.therapist_id = e.therapist_id"
            " LEFT JOIN communication_service.phone_call_batches AS b ON b.placement_request_id = r.id"
            "  AND b.phone_call_id = r.held_by_call_id"
            f" WHERE {_SILENT} AND (r.status <> 'in_progress' OR b.id IS NULL OR r.held_by_email_id IS NOT NULL)",
        ),
        "calls not told once": query(
            libpq_url,
            "SELECT c.id FROM communication_service.phone_calls AS c WHERE (SELECT count(*)"
            " FROM communication_service.outbox AS o WHERE o.type = 'communication.call_scheduled'"
            "  AND o.key = c.therapist_id AND (o.data ->> 'call_id')::int = c.id) <> 1",
        ),
    }


def _faults_of_events(libpq_url: str, bodies: Mapping[str, Sequence[bytes]]) -> dict[str, list[Any]]:
    """Events that are in no stream, or came for the first time after a later one of their key.

    Numbers are given under the lock of the key's row, so among events of one key they are the order of what happened.
    """
    numbers = dict(query(libpq_url, "SELECT event_id::text, id FROM communication_service.outbox"))
    arrived: set[str] = set()
    disordered = []
    for stream, read in bodies.items():
        latest: dict[str, int] = defaultdict(int)
        for body in read:
            event = json.loads(body)
            number = numbers.get(event["id"], 0)
            if event["id"] not in arrived and number < latest[event["subject"]]:
                disordered.append((stream, event["subject"], number))
            arrived.add(event["id"])
            latest[event["subject"]] = max(latest[event["subject"]], number)
    return {
        "events lost": sorted(numbers.keys() - arrived),
        "events out of order": disordered,
        "events of nothing": sorted(arrived - numbers.keys()),
    }


def _bodies(redis_url: str) -> dict[str, list[bytes]]:
    client: Any = connect(redis_url, patience=30)
    return {stream: [fields[b"event"] for _, fields in client.xrange(stream)] for stream in STREAMS}
