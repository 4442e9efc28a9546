"""What is known of a patient is in letters and in rows, and in nothing that is written beside them.

Every field of the patients holds a word that stands nowhere else.  The plan's big insert is cut off in the middle by
killing its backend, when a server is most talkative; then everything is planned and sent.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from attrs import frozen

from boona_adapters.embedded import embedded_postgres, embedded_redis
from boona_adapters.embedded.guarded import guard_of
from boona_adapters.embedded.ports import free_port
from boona_adapters.embedded.postgres import _DEFAULTS, _FIXED, PRIVACY, _Cluster
from boona_adapters.postgres.migrating import upgrade
from tests.chaos.judge import query
from tests.chaos.processes import Crew, until
from tests.chaos.seeds import agency
from tests.chaos.worker import Orders, drain, plan_once
from tests.sink import Sink

pytestmark = pytest.mark.chaos

WORD = "kanari"
BIRTH_DATE = "1903-04-05"
STATEMENT = b"INSERT INTO communication_service.emails"
CANARIES = (WORD, BIRTH_DATE, "05.04.1903")

_FIELDS = """
SELECT column_name FROM information_schema.columns
 WHERE table_schema = 'patient_service' AND table_name = 'patients' AND data_type IN ('character varying', 'text')
   AND column_name NOT IN ('gender', 'status', 'travel_mode', 'preferred_therapist_gender', 'external_id')
 ORDER BY column_name
"""
_WAITING = """
SELECT pid FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock'
   AND ltrim(query, E' \n') LIKE 'INSERT INTO communication_service.emails%'
"""


@frozen
class Server:
    """A running database server and what it writes."""

    url: str
    log: Path


@contextmanager
def boonas_own(folder: Path) -> Iterator[Server]:
    """The server as Boona starts it."""
    with embedded_postgres(folder) as running:
        yield Server(running.url, running.log)


@contextmanager
def talkative(folder: Path) -> Iterator[Server]:
    """The same server with the settings that Postgres comes with."""
    settings = {name: value for name, value in {**_DEFAULTS, **_FIXED}.items() if name not in PRIVACY}
    with guard_of(folder, log=folder / "postgres.log") as guard:
        cluster = _Cluster(guard, folder, settings)
        password = cluster.prepare()
        _, port = cluster.start(free_port)
        yield Server(f"postgresql+psycopg2://boona:{password}@127.0.0.1:{port}/boona", guard.log)


def put_canaries(libpq_url: str) -> int:
    """A word into every text of every patient, another one into each; returns how many fields hold one."""
    fields = [row[0] for row in query(libpq_url, _FIELDS)]
    values = ", ".join(f"{name} = '{WORD}{number}'" for number, name in enumerate(fields))
    query(
        libpq_url, f"UPDATE patient_service.patients SET birth_date = '{BIRTH_DATE}', symptoms_since = NULL, {values}"
    )
    return len(fields)


def kill_in_the_middle_of_the_insert(crew: Crew, orders: Orders, number: signal.Signals) -> int:
    """Let a plan come to its insert, hold it there, and kill its backend; the exit code of the planning process."""
    holder = psycopg2.connect(orders.libpq_url)
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE communication_service.emails IN SHARE MODE")
    planner = crew.start(plan_once, orders)
    until(lambda: bool(query(orders.libpq_url, _WAITING)), "the plan does not come to its insert")
    os.kill(query(orders.libpq_url, _WAITING)[0][0], number)
    ended = planner.end()
    holder.close()
    until(lambda: answers(orders.libpq_url), "the server does not come back")
    return ended


def answers(libpq_url: str) -> bool:
    """Whether the server takes connections (it starts anew when a backend was killed)."""
    try:
        return query(libpq_url, "SELECT 1") == [(1,)]
    except psycopg2.OperationalError:
        return False


def told(files: list[Path]) -> list[tuple[str, str]]:
    """Every file that holds a canary, and which."""
    return [
        (file.name, canary)
        for file in files
        for content in [file.read_bytes().lower()]
        for canary in CANARIES
        if canary.encode() in content
    ]


def run_of(server: Server, crew: Crew, sink: Sink, folder: Path, number: signal.Signals) -> tuple[Orders, list[int]]:
    """The whole run, with a backend killed in the middle of it; the exit codes of its three processes."""
    upgrade(server.url)
    orders = Orders(database_url=server.url, report=folder / "report.jsonl", smtp_port=sink.port)
    agency(orders.libpq_url, therapists=30, patients=3)
    put_canaries(orders.libpq_url)
    killed = kill_in_the_middle_of_the_insert(crew, orders, number)
    return orders, [killed, crew.start(plan_once, orders).end(), crew.start(drain, orders).end()]


def mentions(orders: Orders) -> int:
    """How many emails hold a canary, as letters do."""
    statement = f"SELECT count(*) FROM communication_service.emails WHERE body_text LIKE '%{WORD}%' AND status = 'sent'"
    return int(query(orders.libpq_url, statement)[0][0])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "terminated"])
def test_no_log_and_no_output_tells_of_a_patient(
    sink: Sink, crew: Crew, tmp_path: Path, number: signal.Signals
) -> None:
    with boonas_own(tmp_path / "postgres") as server, embedded_redis(tmp_path / "redis"):
        orders, ended = run_of(server, crew, sink, tmp_path, number)
        events = query(orders.libpq_url, "SELECT string_agg(data::text, ' ') FROM communication_service.outbox")
        letters = mentions(orders)
    (tmp_path / "events.txt").write_text(str(events))
    redis = [path for path in (tmp_path / "redis").rglob("*") if path.is_file()]

    assert ended == [1, 0, 0]
    assert letters == 30
    assert b"terminat" in server.log.read_bytes()
    assert STATEMENT not in server.log.read_bytes()
    assert "Traceback" in crew.outputs()[0].read_text()
    assert told([server.log, *crew.outputs(), orders.report, tmp_path / "events.txt", *redis]) == []


def test_a_server_with_its_usual_settings_writes_the_letters_into_its_log(
    sink: Sink, crew: Crew, tmp_path: Path
) -> None:
    with talkative(tmp_path / "postgres") as server:
        run_of(server, crew, sink, tmp_path, signal.SIGTERM)

    assert told([server.log]) == [(server.log.name, WORD)]


def test_a_server_with_its_usual_settings_writes_the_beginning_of_a_killed_statement(
    sink: Sink, crew: Crew, tmp_path: Path
) -> None:
    with talkative(tmp_path / "postgres") as server:
        run_of(server, crew, sink, tmp_path, signal.SIGKILL)

    assert STATEMENT in server.log.read_bytes()


def test_what_a_process_prints_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "output.txt").write_text("worker: Kanari17 could not be written")

    assert told([tmp_path / "output.txt"]) == [("output.txt", WORD)]
