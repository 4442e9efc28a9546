"""Two hundred requests a second for a minute, beside a running drain: how long do they take?

The requests come at their times whatever the answers do, and a request's time is counted from when it was due, so that
one slow answer shows in all that wait behind it.  Everything runs on all cores of the machine: the API, the database,
the drain, the mail server, and whoever asks.
"""

import http.client
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.agency import Bound, agency
from benchmarks.http_get import free_port, running
from benchmarks.measuring import Figure
from boona_adapters.postgres.api import OpenPostgresApiUnit
from boona_adapters.postgres.engine import create_engine
from boona_adapters.wiring import tokens
from boona_core.access import Role
from tests.sink import running_sink

_A_SECOND = 200
_SECONDS = 60
_CONNECTIONS = 24
_DRAINS = 2
_EMAILS = 7_000
_LIMIT_MS = 100
_PATHS = ("/api/emails/1", "/api/therapists/1", "/api/emails?limit=20&status=queued", "/api/placement-requests/1")


def rows() -> Iterator[Figure]:
    """One row."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield _measured()
    finally:
        os.sched_setaffinity(0, cores)


def _measured() -> Figure:
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        sink = stack.enter_context(running_sink(Path(folder), delay_reply=0.02))
        bound = stack.enter_context(agency(therapists=_EMAILS, each=5, port=sink.port))
        bound.plan()
        url = bound.engine.url.render_as_string(hide_password=False)
        secret = tokens(OpenPostgresApiUnit(bound.engine)).issue("bench", Role.READER, lasts=timedelta(hours=1)).secret
        port = free_port()
        command = [sys.executable, "-m", "boona_adapters.cli", "api", "--port", str(port)]
        stack.enter_context(running(command, url.replace("+psycopg2", "", 1), secret, port))
        drains = [
            multiprocessing.get_context("spawn").Process(target=_drain, args=(url, sink.port)) for _ in range(_DRAINS)
        ]
        for drain in drains:
            drain.start()
        while not sink.accepted():
            time.sleep(0.05)
        before = len(sink.accepted())
        times = sorted(_ask(port, secret))
        sent = len(sink.accepted()) - before
        still_at_it = all(drain.is_alive() for drain in drains)
        for drain in drains:
            drain.terminate()
            drain.join()
    p99 = times[len(times) * 99 // 100]
    return Figure(
        work=f"{_A_SECOND} GETs a second for {_SECONDS} s beside a running drain, the 99th of 100",
        beside=f"{_LIMIT_MS} ms",
        ratio=_LIMIT_MS / 1000 / p99,
        wanted=1,
        seconds={"p99": p99, "median": statistics.median(times), "longest": times[-1]},
        note=f"{len(times):,} answers, {sent:,} emails sent meanwhile by {_DRAINS} drains"
        + ("" if still_at_it else ", which ended before"),
    )


def _drain(url: str, port: int) -> None:
    """Drain over one connection until nothing is left."""
    Bound(engine=create_engine(url, connections=2), port=port).drain()


def _ask(port: int, secret: str) -> list[float]:
    """Ask at the given rate over some connections; the seconds of each answer from when it was due."""
    wanted = _A_SECOND * _SECONDS
    begun = time.perf_counter() + 0.5
    paths = list(islice(cycle(_PATHS), wanted))

    def share(number: int) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        took = []
        for place in range(number, wanted, _CONNECTIONS):
            due = begun + place / _A_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.request("GET", paths[place], headers={"Authorization": f"Bearer {secret}"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, (paths[place], answer.status)
            took.append(time.perf_counter() - due)
        connection.close()
        return took

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        return [seconds for each in pool.map(share, range(_CONNECTIONS)) for seconds in each]
