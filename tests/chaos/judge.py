"""Who is right: what the mail server really accepted and what stands in the rows, by nobody's word but theirs.

The judge shares no code with what it judges: it reads tables by its own SQL and the log of the sink.
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg2
from attrs import field, frozen

from tests.chaos.worker import Orders
from tests.sink import AcceptedMessage, Sink

FINAL = frozenset({"sent", "failed", "uncertain", "canceled"})
INTERVAL_DAYS = 7
_ASKED_AGAIN = 4


@frozen(kw_only=True)
class Verdict:
    """What was found.

    Attributes:
        states: How many emails stand in each status.
        accepted: How many messages the mail server took.
        faults: What must never happen and did, by its kind, with the emails.
    """

    states: Counter[str]
    accepted: int
    faults: dict[str, list[Any]] = field(factory=dict)

    @property
    def uncertain(self) -> int:
        """How many wait for a person."""
        return self.states["uncertain"]

    @property
    def sound(self) -> bool:
        """Whether no fault of any kind was found."""
        return not any(self.faults.values())

    def count(self, kind: str) -> int:
        """How many faults of one kind there are."""
        return len(self.faults.get(kind, ()))

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        faults = ", ".join(f"{len(found)} {kind}" for kind, found in self.faults.items() if found) or "no fault"
        return f"{states}; {self.accepted} accepted; {self.states['uncertain']} uncertain; {faults}"


def query(libpq_url: str, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """The rows of one statement, committed; who ends all connections ends the judge's too, and it asks again."""
    for _ in range(_ASKED_AGAIN):
        with suppress(psycopg2.OperationalError):
            return _query(libpq_url, statement, values)
    return _query(libpq_url, statement, values)


def _query(libpq_url: str, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(libpq_url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def wait_for_the_dead(libpq_url: str) -> None:
    """Wait until the database has noticed that nobody is connected any more: what a killed client asked for is done."""
    deadline = time.monotonic() + 60
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    while query(libpq_url, others) != [(0,)]:
        assert time.monotonic() < deadline, "somebody stays connected"
        time.sleep(0.01)


def judge_sending(
    libpq_url: str, queued: Collection[str], accepted: Sequence[AcceptedMessage], *, before: Collection[str] = ()
) -> Verdict:
    """Hold every email that was queued (by its Message-ID) against what was accepted; not those sent *before*."""
    every = query(
        libpq_url,
        "SELECT e.id, e.message_id, e.status, e.marked_on, w.released_at IS NULL, lower(w.contact_window),"
        " upper(w.contact_window), (SELECT count(*) FROM communication_service.outbox AS o"
        "   WHERE o.type = 'communication.email_sent' AND (o.data ->> 'email_id')::int = e.id)"
        " FROM communication_service.emails AS e LEFT JOIN communication_service.contact_windows AS w"
        " ON w.email_id = e.id",
    )
    rows = [row for row in every if row[1] not in before]
    taken = Counter(message.message_id for message in accepted)
    status = {message_id: state for _, message_id, state, *_ in rows}
    return Verdict(
        states=Counter(status.values()),
        accepted=len(accepted),
        faults={
            "lost": sorted(set(queued) - status.keys()),
            "unfinished": [each for each, _, state, *_ in rows if state not in FINAL],
            "doubled": [each for each, message_id, *_ in rows if taken[message_id] > 1],
            "sent without being accepted": [
                each for each, message_id, state, *_ in rows if state == "sent" and not taken[message_id]
            ],
            "accepted and denied": [
                each for each, message_id, state, *_ in rows if taken[message_id] and state not in ("sent", "uncertain")
            ],
            "not told once": [each for each, _, state, *_, told in rows if told != (state == "sent")],
            "strange": sorted(taken.keys() - status.keys()),
            "with a wrong window": [
                each
                for each, _, state, marked_on, kept, begins, ends, _ in rows
                if not _right_window(state, marked_on, kept, begins, ends)
            ],
            "overlapping": overlaps(libpq_url),
            "deadlocks": ["deadlock"] * deadlocks_in(libpq_url),
        },
    )


def deadlocks_in(libpq_url: str) -> int:
    """How many deadlocks the database has had to break."""
    found = query(libpq_url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int(found[0][0])


def settled_verdict(orders: Orders, sink: Sink, queued: Collection[str], what: str) -> Verdict:
    """Judge the sending once everything has come to rest, and say what was found."""
    sink.wait_until_idle()
    wait_for_the_dead(orders.libpq_url)
    verdict = judge_sending(orders.libpq_url, queued, sink.accepted())
    print(f"\n{what}: {verdict}")  # noqa: T201 - the figures are wanted
    return verdict


def _right_window(state: str, marked_on: date | None, kept: bool, begins: date | None, ends: date | None) -> bool:
    if state == "sent":
        return kept and marked_on is not None and ends is not None and (ends - marked_on).days == INTERVAL_DAYS
    if state == "uncertain":
        return kept and begins is not None and ends is None
    return not kept or begins is None


def overlaps(libpq_url: str) -> list[tuple[str, int, int, int]]:
    """Pairs of windows of one therapist, or of one mailbox, that share a day."""
    rows = query(
        libpq_url,
        "SELECT email_id, therapist_id, mailbox_id, lower(contact_window), upper(contact_window)"
        " FROM communication_service.contact_windows WHERE released_at IS NULL AND NOT isempty(contact_window)",
    )
    of: dict[tuple[str, int], list[tuple[date, date, int]]] = defaultdict(list)
    for email_id, therapist_id, mailbox_id, begins, ends in rows:
        span = (begins or date.min, ends or date.max, email_id)
        of["therapist", therapist_id].append(span)
        if mailbox_id is not None:
            of["mailbox", mailbox_id].append(span)
    return [
        (kind, number, earlier[2], later[2])
        for (kind, number), spans in of.items()
        for earlier, later in _neighbours(sorted(spans))
        if later[0] < earlier[1]
    ]


def _neighbours(spans: list[tuple[date, date, int]]) -> Iterable[tuple[tuple[date, date, int], ...]]:
    return pairwise(spans)


@frozen(kw_only=True)
class Reports:
    """What the processes said they had seen committed."""

    queued: frozenset[int] = frozenset()
    batches: dict[str, frozenset[int]] = field(factory=dict)
    refused: Counter[str] = field(factory=Counter)


def read_reports(file: Path) -> Reports:
    """Every whole line of a report."""
    lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return Reports(
        queued=frozenset(each for line in lines for each in line.get("queued", ())),
        batches={line["batch"]: frozenset(line["therapists"]) for line in lines if "batch" in line},
        refused=Counter(str(line["refused"]) for line in lines if "refused" in line),
    )


def judge_queuing(libpq_url: str, reports: Reports) -> Verdict:
    """Hold what was acknowledged, and the rows among themselves, against the rules of queuing."""
    rows = query(libpq_url, "SELECT id, therapist_id, batch_id, status FROM communication_service.emails")
    known = {each for each, *_ in rows}
    of_batch: dict[str, set[int]] = defaultdict(set)
    for _, therapist_id, batch_id, _ in rows:
        of_batch[batch_id].add(therapist_id)
    return Verdict(
        states=Counter(state for *_, state in rows),
        accepted=0,
        faults={
            "acknowledged and missing": [
                *sorted(reports.queued - known),
                *((batch, sorted(said - of_batch[batch])) for batch, said in reports.batches.items()),
            ]
            if reports.queued - known or any(said - of_batch[batch] for batch, said in reports.batches.items())
            else [],
            "overlapping": overlaps(libpq_url),
            "deadlocks": ["deadlock"] * max(deadlocks_in(libpq_url), reports.refused["40P01"]),
            "in two emails": query(
                libpq_url,
                "SELECT b.placement_request_id FROM communication_service.email_batches AS b"
                " JOIN communication_service.emails AS e ON e.id = b.email_id"
                " WHERE e.status IN ('queued', 'sending', 'uncertain') AND b.included"
                " GROUP BY 1 HAVING count(*) > 1",
            ),
            "without its window": query(
                libpq_url,
                "SELECT e.id FROM communication_service.emails AS e"
                " LEFT JOIN communication_service.contact_windows AS w ON w.email_id = e.id AND w.released_at IS NULL"
                " WHERE (e.status = 'queued') <> (w.email_id IS NOT NULL AND upper_inf(w.contact_window))",
            ),
            "held by nothing": query(
                libpq_url,
                "SELECT r.id FROM matching_service.placement_requests AS r"
                " LEFT JOIN communication_service.emails AS e ON e.id = r.held_by_email_id AND e.status = 'queued'"
                " WHERE (r.status = 'in_progress') <> (e.id IS NOT NULL)",
            ),
        },
    )
