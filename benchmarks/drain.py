"""Draining the queue, beside django-post_office and beside raw smtplib.

Boona keeps a durable marker and a durable result for each email, asks the contact rules again before each, and tells
of each by an event; raw smtplib sends the same bytes over an open connection and keeps nothing.  The mail server is the
sink of the tests, a process of its own on the same core: Postfix's ``smtp-sink`` is not on every machine.
"""

import smtplib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from benchmarks.agency import Bound, agency
from benchmarks.measuring import Figure, in_turn
from benchmarks.post_office import PostOffice
from tests.sink import running_sink

_EMAILS = 1_000
_REQUEUE = """
UPDATE communication_service.emails
   SET status = 'queued', marked_at = NULL, marked_on = NULL, sent_at = NULL, error_message = NULL;
UPDATE communication_service.contact_windows
   SET contact_window = daterange(lower(contact_window), NULL), released_at = NULL;
UPDATE matching_service.placement_requests SET email_contact_date = NULL WHERE email_contact_date IS NOT NULL;
UPDATE therapist_service.therapists SET last_email_on = NULL WHERE last_email_on IS NOT NULL;
DELETE FROM communication_service.outbox
"""


def requeue(engine: sa.Engine) -> None:
    """Everything that was sent is queued again, as it was."""
    with engine.begin() as connection:
        for statement in _REQUEUE.split(";\n"):
            connection.execute(sa.text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))


def messages(engine: sa.Engine) -> list[tuple[str, str, bytes]]:
    """Sender, recipient and bytes of every email in the queue."""
    with engine.connect() as connection:
        found = connection.execute(
            sa.text("SELECT sender_email, recipient_email, message FROM communication_service.emails ORDER BY id")
        )
        return [(row.sender_email, row.recipient_email, bytes(row.message)) for row in found]


def raw(port: int, mail: list[tuple[str, str, bytes]], connections: int) -> Callable[[], None]:
    """Raw smtplib with so many open connections, each with its share."""

    def share(number: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            for sender, recipient, message in mail[number::connections]:
                server.sendmail(sender, [recipient], message)

    def send() -> None:
        with ThreadPoolExecutor(connections) as pool:
            list(pool.map(share, range(connections)))

    return send


def boona(bound: Bound, connections: int, sent: int) -> Callable[[], None]:
    """One drain for each connection."""

    def send() -> None:
        with ThreadPoolExecutor(connections) as pool:
            drained = list(pool.map(lambda _: bound.drain(), range(connections)))
        assert sum(each.sent for each in drained) == sent, drained

    return send


def rows() -> Iterator[Figure]:
    """Four rows: without delay beside both, and with 20 ms over four and eight connections beside raw smtplib."""
    with (
        TemporaryDirectory() as folder,
        running_sink(Path(folder)) as sink,
        agency(therapists=_EMAILS, each=5, port=sink.port) as bound,
    ):
        bound.plan()
        yield from without_delay(bound, sink.port)
        sink.behave(delay_reply=0.02)
        for connections in (4, 8):
            yield with_delay(bound, sink.port, connections)


def without_delay(bound: Bound, port: int) -> Iterator[Figure]:
    """One connection to a server that answers at once, beside both peers in the same rounds."""
    with bound.open_unit() as unit:
        emails = unit.emails.find(limit=_EMAILS)
    mail = messages(bound.engine)
    with PostOffice(bound.engine.url, port, emails) as post_office:
        peers = {
            "post_office": (post_office.queue, post_office.send),
            "raw smtplib": (lambda: None, raw(port, mail, 1)),
        }
        seconds = against(bound, 1, peers, rounds=5)
    for peer, wanted in (("post_office", 2.0), ("raw smtplib", 0.22)):
        yield Figure(
            work=f"{_EMAILS:,} emails drained, marker and result durable, one connection",
            beside=peer,
            ratio=seconds[peer] / seconds["ours"],
            wanted=wanted,
            seconds={name: seconds[name] for name in ("ours", peer)},
            note=f"ours {_EMAILS / seconds['ours']:,.0f} emails/s",
        )


def with_delay(bound: Bound, port: int, connections: int) -> Figure:
    """Several connections to a server that takes its time, beside raw smtplib with as many."""
    peers = {"raw smtplib": (lambda: None, raw(port, messages(bound.engine), connections))}
    seconds = against(bound, connections, peers, rounds=3)
    return Figure(
        work=f"{_EMAILS:,} emails drained, server takes 20 ms, {connections} connections",
        beside=f"raw smtplib, {connections} connections",
        ratio=seconds["raw smtplib"] / seconds["ours"],
        wanted=0.9,
        seconds=seconds,
        note=f"ours {_EMAILS / seconds['ours']:,.0f} emails/s",
    )


Peer = tuple[Callable[[], None], Callable[[], None]]


def against(bound: Bound, connections: int, peers: dict[str, Peer], *, rounds: int) -> dict[str, float]:
    """Medians with the preparation of each side left out of its time."""
    ready = {"ours": lambda: requeue(bound.engine), **{name: before for name, (before, _) in peers.items()}}
    sides = {"ours": boona(bound, connections, _EMAILS), **{name: send for name, (_, send) in peers.items()}}
    return in_turn(rounds, sides, before=ready)
