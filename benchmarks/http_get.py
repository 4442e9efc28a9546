"""GET of one email over HTTP, beside Flask with gunicorn's threads and the ORM."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from selectors import EVENT_READ, DefaultSelector

import sqlalchemy as sa

from benchmarks.agency import database, seed
from benchmarks.measuring import Figure, in_turn
from boona_adapters.postgres.api import OpenPostgresApiUnit
from boona_adapters.postgres.engine import create_engine, driver_url
from boona_adapters.wiring import tokens
from boona_core.access import Role

_REQUESTS = 2_000
_CONNECTIONS = 8
_AGENCY = {
    "BOONA_SENDER__EMAIL": "vermittlung@example.org",
    "BOONA_SENDER__NAME": "Vermittlung Beispiel",
    "BOONA_AGENCY__NAME": "Vermittlung Beispiel",
    "BOONA_AGENCY__ADDRESS": "Beispielweg 1, 10115 Berlin",
    "BOONA_API__REQUESTS_PER_MINUTE": "0",
    "BOONA_API__THREADS": "8",
}
_EMAIL = sa.text("""
INSERT INTO communication_service.emails (therapist_id, template, subject, body_html, body_text, recipient_email,
       recipient_name, sender_email, sender_name, status)
VALUES (1, 'batch_request', 'Anfrage', repeat('<p>Guten Tag</p>', 400), repeat('Guten Tag ', 200),
       'praxis1@praxen.example', 'Andrea Muster1', 'vermittlung@example.org', 'Vermittlung Beispiel', 'draft')
RETURNING id
""")
_BATCHES = sa.text("""
INSERT INTO communication_service.email_batches (email_id, placement_request_id, priority)
SELECT :email, id, 6 - row_number() OVER (ORDER BY id) FROM matching_service.placement_requests
 WHERE therapist_id = 1 ORDER BY id LIMIT 5
""")


def rows() -> Iterator[Figure]:
    """One row."""
    with ExitStack() as stack:
        url = stack.enter_context(database())
        engine = create_engine(url)
        seed(engine, therapists=100)
        with engine.begin() as connection:
            email = connection.scalar(_EMAIL)
            connection.execute(_BATCHES, {"email": email})
        issued = tokens(OpenPostgresApiUnit(engine)).issue("bench", Role.READER, lasts=timedelta(hours=1))
        engine.dispose()
        request = (
            f"GET /api/emails/{email} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {issued.secret}\r\n\r\n"
        ).encode()
        ours, theirs = free_port(), free_port()
        stack.enter_context(
            running([sys.executable, "-m", "boona_adapters.cli", "api", "--port", str(ours)], url, issued.secret, ours)
        )
        peer = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{theirs}", "--worker-class", "gthread"]
        peer += ["--threads", "8", "--keep-alive", "60", "benchmarks.flask_peer:create_app()"]
        stack.enter_context(running(peer, url, issued.secret, theirs))
        seconds = in_turn(
            7,
            {
                "boona": lambda: _ask(ours, request),
                "Flask": lambda: _ask(theirs, request),
            },
        )
    yield Figure(
        work=f"{_REQUESTS:,} GETs of one email over HTTP, {_CONNECTIONS} connections",
        beside="Flask, gunicorn threads, ORM, same query",
        ratio=seconds["Flask"] / seconds["boona"],
        wanted=2.5,
        seconds=seconds,
        note=f"{_REQUESTS / seconds['boona']:,.0f} and {_REQUESTS / seconds['Flask']:,.0f} requests a second",
    )


@contextmanager
def running(command: list[str], url: str, secret: str, port: int) -> Iterator[None]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BOONA_")}
    environ |= {**_AGENCY, "BOONA_DATABASE_URL": url, "PEER_TOKEN": secret}
    environ["PEER_DATABASE_URL"] = driver_url(url).render_as_string(hide_password=False)
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                break
        yield
    finally:
        process.terminate()
        process.wait()


def _ask(port: int, request: bytes) -> None:
    """Send so many requests over a few connections, on each the next one when its answer is there."""
    left = _REQUESTS
    open_sockets: dict[int, socket.socket] = {}
    with DefaultSelector() as selector, ExitStack() as stack:
        for _ in range(_CONNECTIONS):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            selector.register(connection, EVENT_READ, bytearray())
            open_sockets[connection.fileno()] = connection
            connection.sendall(request)
            left -= 1
        open_ones = _CONNECTIONS
        while open_ones:
            for key, _ in selector.select():
                connection = open_sockets[key.fd]
                key.data.extend(connection.recv(65_536))
                if not _is_whole(key.data):
                    continue
                assert key.data.startswith(b"HTTP/1.1 200"), bytes(key.data[:200])
                key.data.clear()
                if left:
                    connection.sendall(request)
                    left -= 1
                else:
                    open_ones -= 1
                    selector.unregister(connection)


def _is_whole(answer: bytearray) -> bool:
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    start = answer.lower().index(b"content-length:") + 15
    length = int(answer[start : answer.index(b"\r", start)])
    return len(answer) >= head + 4 + length


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port
