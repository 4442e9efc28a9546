"""Migrations only widen: the version before the newest migration goes on under load while the schema is widened.

The version before is built as a wheel from the history and runs beside this one, out of a folder of its own.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from attrs import evolve

from boona_adapters.postgres import migrating
from tests.chaos.judge import query, settled_verdict
from tests.chaos.processes import Crew, until
from tests.chaos.roles import AGENCY, QUICK
from tests.chaos.seeds import agency
from tests.chaos.worker import Orders, drain
from tests.needs import missing, needs
from tests.sink import Sink

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent.parent
THERAPISTS = 300

# What runs from the wheel of the version before: it plans and sends again and again, and tells how often it did.
OLD_PROGRAM = """
import os, sys, time
from boona_adapters import wiring
from boona_adapters.settings import read_settings
with wiring.build(read_settings(os.environ), environ={}) as wired:
    print("running", flush=True)
    while True:
        wired.application.plan_emails()
        drained = wired.application.drain_queue()
        print("sent", drained.sent, flush=True)
        time.sleep(0.2)
"""
OLD_UPGRADE = "import os; from boona_adapters.postgres.migrating import upgrade; upgrade(os.environ['OLD_DATABASE'])"


def git(*arguments: str) -> str:
    ended = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.stdout.strip() if ended.returncode == 0 else ""


@pytest.fixture(scope="module")
def version_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the commit before the newest migration, unpacked."""
    (newest,) = (ROOT / "migrations" / "versions").glob(f"{migrating.head()}_*.py")
    added = git("log", "--format=%H", "--diff-filter=A", "-1", "--", str(newest.relative_to(ROOT)))
    before = needs(git("rev-parse", f"{added}^") if added else None, "the history of the checkout")
    folder = tmp_path_factory.mktemp("before")
    archive = subprocess.run(["git", "archive", before], cwd=ROOT, capture_output=True, check=True).stdout
    source, package = folder / "source", folder / "package"
    source.mkdir()
    subprocess.run(["tar", "-x", "-C", str(source)], input=archive, check=True)
    build = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    built = subprocess.run([*build, "--target", str(package), str(source)], capture_output=True, text=True, check=False)
    if built.returncode:
        missing("a wheel of the version before", built.stderr[-500:])
    return package


def environment(orders: Orders, package: Path) -> dict[str, str]:
    """Of a process that imports the version before."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BOONA_")}
    known = {name: value for name, value in QUICK.items() if name.startswith(("BOONA_SENDING", "BOONA_SMTP"))}
    return {
        **kept,
        **AGENCY,
        **known,
        "PYTHONPATH": str(package),
        "OLD_DATABASE": orders.database_url,
        "BOONA_DATABASE_URL": orders.database_url,
        "BOONA_SMTP__PORT": str(orders.smtp_port),
    }


@pytest.fixture
def fresh(orders: Orders, empty_database_url: str, sink: Sink) -> Orders:
    """Orders with a database that has nothing in it."""
    return evolve(orders, database_url=empty_database_url, smtp_port=sink.port)


def sent_count(orders: Orders) -> int:
    found = query(orders.libpq_url, "SELECT count(*) FROM communication_service.emails WHERE status = 'sent'")
    return int(found[0][0])


def test_the_version_before_sends_on_while_and_after_the_schema_is_widened(
    fresh: Orders, sink: Sink, crew: Crew, version_before: Path, tmp_path: Path
) -> None:
    orders = fresh
    sink.behave(delay_reply=0.02)
    told = environment(orders, version_before)
    subprocess.run([sys.executable, "-c", OLD_UPGRADE], env=told, cwd=tmp_path, check=True)
    before = migrating.current(orders.database_url)
    agency(orders.libpq_url, therapists=THERAPISTS, patients=1)
    with (tmp_path / "output").open("wb") as output:
        old = subprocess.Popen(
            [sys.executable, "-c", OLD_PROGRAM], env=told, cwd=tmp_path, stdout=output, stderr=output
        )
    try:
        until(lambda: old.poll() is not None or sent_count(orders) > 20, "the version before sends nothing")
        migrating.upgrade(orders.database_url)
        when_widened = sent_count(orders)
        until(lambda: old.poll() is not None or sent_count(orders) >= min(when_widened + 50, THERAPISTS), "it stopped")
        ended = old.poll()
    finally:
        old.kill()
        old.wait()
    time.sleep(1)  # its claims run out
    crew.start(drain, orders).end()
    verdict = settled_verdict(orders, sink, [], f"the version before, widened after {when_widened} emails")

    assert before != migrating.head() == migrating.current(orders.database_url)
    assert ended is None, (tmp_path / "output").read_text()[-2000:]
    assert when_widened < THERAPISTS - 50
    assert verdict.sound, verdict
