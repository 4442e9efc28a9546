"""Everything once more behind a real PgBouncer that gives every transaction another session."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from attrs import evolve
from sqlalchemy import make_url

from boona_adapters.embedded.ports import free_port
from tests.chaos.judge import query, settled_verdict
from tests.chaos.outbox import happen, judge_delivery, keys, redis_bodies, relay_all, relay_on
from tests.chaos.processes import Crew, kill_at_random, moments_along, stop_all, until
from tests.chaos.roles import run_role
from tests.chaos.seeds import agency, queue_of
from tests.chaos.worker import Orders, drain
from tests.needs import needs
from tests.sink import Sink

pytestmark = pytest.mark.chaos

SESSIONS = 4
"""So few that processes share them all the time."""


@contextmanager
def pooled(orders: Orders) -> Iterator[Orders]:
    """The same orders through a PgBouncer in transaction mode."""
    program = needs(shutil.which("pgbouncer"), "pgbouncer")
    server, port = make_url(orders.database_url), free_port()
    with tempfile.TemporaryDirectory(prefix="boona-pooler-") as folder:
        configuration = Path(folder) / "pgbouncer.ini"
        configuration.write_text(
            "[databases]\n"
            f"* = host={server.host} port={server.port} user={server.username} password={server.password}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
            f"pool_mode = transaction\ndefault_pool_size = {SESSIONS}\n"
        )
        command = [program, str(configuration)]
        if os.geteuid() == 0:  # it refuses to run as root
            Path(folder).chmod(0o755)
            shutil.chown(configuration, "nobody")
            command += ["-u", "nobody"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        url = server.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
        through = evolve(orders, database_url=url)
        try:
            until(lambda: process.poll() is not None or answers(through), "the pooler does not answer")
            assert process.poll() is None, "the pooler ended"
            yield through
        finally:
            process.kill()
            process.wait()


def answers(orders: Orders) -> bool:
    try:
        return query(orders.libpq_url, "SELECT 1") == [(1,)]
    except psycopg2.OperationalError:
        time.sleep(0.05)
        return False


def test_emails_are_sent_once_behind_a_pooler_under_random_kills(
    orders: Orders, sink: Sink, crew: Crew, chaos_length: int
) -> None:
    emails, kills = 150 * chaos_length, 20 * chaos_length
    queued = queue_of(orders.libpq_url, emails=emails)
    sink.behave(delay_reply=0.01)
    with pooled(evolve(orders, smtp_port=sink.port)) as through:
        posts = [(drain, evolve(through, connections=3, seed=seed)) for seed in range(3)]
        moments = moments_along(kills, lambda: len(sink.accepted()), end=emails * 4 // 5, seed=1)
        for worker in kill_at_random(crew, posts, moments=moments, seed=1):
            worker.end()
        crew.start(drain, through).end()
    verdict = settled_verdict(orders, sink, queued, f"{emails} emails behind PgBouncer, {kills} kills")

    assert verdict.sound, verdict
    assert verdict.states["sent"] + verdict.uncertain == emails


def test_events_arrive_in_order_behind_a_pooler_under_random_kills(
    orders: Orders, crew: Crew, redis_url: str, chaos_length: int
) -> None:
    keys(orders.libpq_url)
    with pooled(evolve(orders, redis_url=redis_url)) as through:
        makers = [crew.start(happen, evolve(through, seed=number, rate=30.0)) for number in range(3)]
        posts = [(relay_on, evolve(through, seed=number)) for number in range(2)]
        moments = moments_along(10 * chaos_length, lambda: len(redis_bodies(redis_url)), end=200 * chaos_length, seed=2)
        relays = kill_at_random(crew, posts, moments=moments, seed=2)
        stop_all(makers)
        crew.start(relay_all, through).end()
        stop_all(relays)
    verdict = judge_delivery(orders.libpq_url, redis_bodies(redis_url), "relays behind PgBouncer")

    assert verdict.sound, verdict
    assert verdict.happened > 100


def test_the_day_happens_once_behind_a_pooler(orders: Orders, sink: Sink, crew: Crew, redis_url: str) -> None:
    agency(orders.libpq_url, therapists=20, patients=1)
    query(
        orders.libpq_url,
        "INSERT INTO communication_service.schedule (name, expression, next_at)"
        " VALUES ('emails', '30 7 * * 1-5', now() - interval '2 days')",
    )
    sent = "SELECT count(*) FROM communication_service.emails WHERE status = 'sent'"
    with pooled(evolve(orders, smtp_port=sink.port, redis_url=redis_url)) as through:
        team = [crew.start(run_role, evolve(through, role=role)) for role in ("sweep", "worker", "relay")]
        until(lambda: query(orders.libpq_url, sent) == [(20,)], "the day does not end")
        stop_all(team)
    verdict = settled_verdict(orders, sink, [], "the day behind PgBouncer")

    assert verdict.sound, verdict
    assert verdict.accepted == 20
