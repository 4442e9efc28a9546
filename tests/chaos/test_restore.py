"""A database that is restored from before a sending sends nothing until a person says so."""

import io
import os
import shutil
from pathlib import Path

import psycopg2
import pytest
from attrs import evolve

from boona_adapters.embedded import embedded_postgres
from boona_adapters.postgres.migrating import upgrade
from boona_adapters.postgres.tables import metadata
from boona_adapters.wiring import build
from boona_core.usecases.holding import Hold
from boona_core.usecases.sending import Drained
from tests.chaos.judge import query
from tests.chaos.roles import settings_of
from tests.chaos.seeds import queue_of
from tests.chaos.worker import Orders
from tests.databases import FORGETFUL
from tests.sink import Sink

pytestmark = pytest.mark.chaos

EMAILS = 12


def dumped(orders: Orders) -> dict[str, bytes]:
    """Every row of every table, as of one instant: what a dump holds of the data."""
    rows: dict[str, bytes] = {}
    connection = psycopg2.connect(orders.libpq_url)
    connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
    with connection.cursor() as cursor:
        for table in metadata.sorted_tables:
            stream = io.BytesIO()
            cursor.copy_expert(f"COPY {table.fullname} TO STDOUT", stream)
            rows[table.fullname] = stream.getvalue()
    connection.close()
    return rows


def restore(orders: Orders, dump: dict[str, bytes]) -> None:
    """Put a dump into a fresh database at the newest revision."""
    upgrade(orders.database_url)
    connection = psycopg2.connect(orders.libpq_url)
    with connection, connection.cursor() as cursor:
        for table, rows in dump.items():
            cursor.copy_expert(f"COPY {table} FROM STDIN", io.BytesIO(rows))
    connection.close()


def drained(orders: Orders, mark: Path) -> Drained:
    """Drain the queue once."""
    told = evolve(orders, more={"BOONA_HIGH_WATER_FILE": str(mark)})
    with build(settings_of(told), environ={}) as wired:
        return wired.application.drain_queue()


def released(orders: Orders, mark: Path) -> Hold | None:
    """Let a person release the hold."""
    told = evolve(orders, more={"BOONA_HIGH_WATER_FILE": str(mark)})
    with build(settings_of(told), environ={}) as wired:
        assert wired.high_water is not None
        return wired.high_water.release()


def state_counts(orders: Orders) -> list[tuple[object, ...]]:
    return query(
        orders.libpq_url, "SELECT status, count(*)::int FROM communication_service.emails GROUP BY 1 ORDER BY 1"
    )


def test_a_dump_from_before_a_sending_sends_nothing_until_released(
    tmp_path: Path, sink: Sink, orders: Orders, empty_database_url: str
) -> None:
    orders = evolve(orders, smtp_port=sink.port)
    restored = evolve(orders, database_url=empty_database_url)
    queue_of(orders.libpq_url, emails=EMAILS)
    dump = dumped(orders)
    first = drained(orders, tmp_path / "mark")
    restore(restored, dump)

    held = drained(restored, tmp_path / "mark")
    states = state_counts(restored)
    after_held = len(sink.accepted())
    released(restored, tmp_path / "mark")
    after = drained(restored, tmp_path / "mark")

    assert (first.sent, held.sent, after.sent) == (EMAILS, 0, EMAILS)
    assert held.hold is not None
    assert states == [("queued", EMAILS)]
    assert after_held == EMAILS


def test_an_older_copy_of_the_data_folder_sends_nothing_until_released(tmp_path: Path, sink: Sink) -> None:
    folder, copy, mark = tmp_path / "servers", tmp_path / "copy", tmp_path / "mark"
    with embedded_postgres(folder, settings=FORGETFUL) as server:
        upgrade(server.url)
        orders = Orders(database_url=server.url, report=tmp_path / "report", smtp_port=sink.port)
        queue_of(orders.libpq_url, emails=EMAILS)
    copied(folder, copy)
    with embedded_postgres(folder, settings=FORGETFUL) as server:
        first = drained(evolve(orders, database_url=server.url), mark)
    shutil.rmtree(folder)
    copied(copy, folder)

    with embedded_postgres(folder, settings=FORGETFUL) as server:
        orders = evolve(orders, database_url=server.url)
        held = drained(orders, mark)
        states = state_counts(orders)
        sent_before = len(sink.accepted())
        hold = released(orders, mark)
        after = drained(orders, mark)

    assert (first.sent, held.sent, after.sent) == (EMAILS, 0, EMAILS)
    assert held.hold == hold is not None
    assert states == [("queued", EMAILS)]
    assert sent_before == EMAILS


def test_without_a_mark_outside_the_old_emails_would_leave_again(tmp_path: Path, sink: Sink) -> None:
    folder, copy = tmp_path / "servers", tmp_path / "copy"
    with embedded_postgres(folder, settings=FORGETFUL) as server:
        upgrade(server.url)
        orders = Orders(database_url=server.url, report=tmp_path / "report", smtp_port=sink.port)
        queue_of(orders.libpq_url, emails=EMAILS)
    copied(folder, copy)
    with embedded_postgres(folder, settings=FORGETFUL) as server:
        drained(evolve(orders, database_url=server.url), tmp_path / "mark")
    shutil.rmtree(folder)
    copied(copy, folder)

    with embedded_postgres(folder, settings=FORGETFUL) as server:
        again = drained(evolve(orders, database_url=server.url), tmp_path / "another mark")

    assert again.sent == EMAILS


def copied(folder: Path, to: Path) -> None:
    """A copy of a folder with the same owners and rights, as a backup has it."""
    shutil.copytree(folder, to, symlinks=True, copy_function=shutil.copy2)
    for source in [folder, *folder.rglob("*")]:
        seen = source.lstat()
        os.chown(to / source.relative_to(folder), seen.st_uid, seen.st_gid, follow_symlinks=False)
