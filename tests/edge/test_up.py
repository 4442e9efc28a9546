"""`boona up`: everything on this machine, and the demo from the first command to the last Ctrl-C."""

import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from attrs import evolve, frozen
from typed_settings.types import Secret

from boona_adapters import wiring
from boona_adapters.demo.agency import InventedAgency
from boona_adapters.demo.files import FILES, write_agency
from boona_adapters.demo.mailbox import Mailbox, running_mail_server
from boona_adapters.demo.paper import demo_settings
from boona_adapters.demo.run import DemoFolders
from boona_adapters.imports import open_file

BOONA = (sys.executable, "-m", "boona_adapters.cli")
PATIENCE_SECONDS = 240
ONE_PAIR = InventedAgency(
    [{"external_id": "T1", "first_name": "Eva", "last_name": "Weber", "email": "praxis@weber.example"}],
    [
        {
            "external_id": "P1",
            "first_name": "Max",
            "last_name": "Ohnenamen",
            "status": "searching",
            "contracts_signed": True,
            "diagnosis": "F41.1",
        }
    ],
    [{"patient_external_id": "P1", "therapist_external_id": "T1", "priority": 1}],
)


def surroundings(**more: str) -> dict[str, str]:
    """The environment of this run without any setting of Boona, and without a terminal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BOONA_")}
    return {**kept, **more}


def run_boona(*arguments: str, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BOONA, *arguments],
        cwd=cwd,
        env=surroundings(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def until(true: Callable[[], bool]) -> None:
    """Wait for a condition; fail after a long while."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


@frozen
class Started:
    """A `boona up` that runs, with what it has written so far in two files."""

    process: subprocess.Popen[bytes]
    folder: Path

    def told(self) -> str:
        """What stands on standard output."""
        return (self.folder / "stdout").read_text(encoding="utf-8")

    def messages(self) -> str:
        """What stands on standard error."""
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def wait_for(self, words: str) -> None:
        """Wait until it has said this; fail when it ends without."""
        until(lambda: words in self.told() + self.messages() or self.process.poll() is not None)
        assert words in self.told() + self.messages(), self.messages()


@contextmanager
def started(*arguments: str, cwd: Path, **settings: str) -> Iterator[Started]:
    with (cwd / "stdout").open("wb") as out, (cwd / "stderr").open("wb") as err:
        process = subprocess.Popen(
            [*BOONA, *arguments],
            cwd=cwd,
            env=surroundings(**settings),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        try:
            yield Started(process, cwd)
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


@frozen
class Performed:
    """The demo, run once to its end in a folder of its own."""

    folder: Path
    counts: Mapping[str, Any]
    messages: str

    @property
    def kept(self) -> DemoFolders:
        """Where it keeps what it made."""
        return DemoFolders(self.folder / "boona-data" / "demo")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Performed:
    folder = tmp_path_factory.mktemp("demo")

    done = run_boona("up", "--demo", "--once", "--json", cwd=folder)

    assert done.returncode == 0, done.stderr
    return Performed(folder, json.loads(done.stdout), done.stderr)


@pytest.mark.slow
def test_the_demo_sends_what_it_planned_and_its_second_run_sends_nothing(demo: Performed) -> None:
    report = demo.counts["first_runs"]

    assert demo.counts["sent"] == demo.counts["emails_planned"] == report["sent"] > 1_000
    assert (report["therapists"], report["patients"], report["requests"]) == (2_000, 300, 6_000)
    assert (report["planned_again"], report["sent_again"], report["not_sent"]) == (0, 0, {})


@pytest.mark.slow
def test_the_demo_says_why_others_got_no_email(demo: Performed) -> None:
    report = demo.counts["first_runs"]

    assert {"mailbox_interval", "no_email_address", "inactive", "absent"} <= set(report["not_written_to"])
    assert {"patient_not_searching", "email_full"} <= set(report["not_offered"])


@pytest.mark.slow
def test_a_later_start_sends_nothing(demo: Performed) -> None:
    done = run_boona("up", "--demo", "--once", cwd=demo.folder)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("emails planned: 0\nemails sent: 0\n")


@pytest.mark.slow
def test_nothing_that_is_told_names_a_patient(demo: Performed) -> None:
    with (demo.kept.agency / "patients.csv").open(encoding="utf-8", newline="") as stream:
        patients = list(csv.DictReader(stream))
    logs = "".join(path.read_text("utf-8", "replace") for path in demo.kept.servers.glob("*.log"))
    told = demo.messages + json.dumps(demo.counts) + logs

    private = [patient[name] for patient in patients for name in ("last_name", "email", "insurance_number", "symptoms")]
    assert [value for value in private if re.search(rf"\b{re.escape(value)}\b", told)] == []


@pytest.mark.slow
def test_a_person_opens_the_page_reads_a_letter_and_stops_everything(demo: Performed) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        started("up", "--demo", "--port", str(port := taken.getsockname()[1]), cwd=demo.folder) as up,
    ):
        up.wait_for("Ctrl-C stops everything")
        url = re.findall(r"http://127\.0\.0\.1:\d+", up.told())[-1]
        listed = httpx.get(url).text
        email = re.findall(r"/emails/\d+", listed)[0]
        letter = httpx.get(f"{url}{email}/letter.html").text
        settings = demo.kept.root / "boona.toml"
        why = run_boona("why", "1", "--json", cwd=demo.folder, BOONA_SETTINGS=str(settings))
        private = settings.stat().st_mode & 0o077

        up.process.send_signal(signal.SIGINT)
        status = up.process.wait(PATIENCE_SECONDS)

    assert f"port {port} is taken" in up.messages()
    assert "Vermittlung Lindenhof" in letter
    assert json.loads(why.stdout)["therapist_id"] == 1
    assert (status, private, settings.exists()) == (0, 0, False)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_without_a_demo_everything_runs_and_what_is_missing_for_sending_is_said_at_once(tmp_path: Path) -> None:
    done = run_boona("up", "--once", "--data", "data", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    missing = re.findall(r"^ +(BOONA_\w+)", done.stderr, re.MULTILINE)
    assert missing == [
        "BOONA_SENDER__EMAIL", "BOONA_SENDER__NAME", "BOONA_AGENCY__NAME", "BOONA_AGENCY__ADDRESS",
    ]  # fmt: skip
    assert "Postgres: embedded" in done.stderr
    assert "Redis: embedded" in done.stderr


def test_it_stops_cleanly_when_it_is_told_to_end(tmp_path: Path) -> None:
    with started("up", cwd=tmp_path) as up:
        up.wait_for("Ctrl-C stops everything")
        servers = [int(port) for port in re.findall(r"on 127\.0\.0\.1:(\d+), with its data", up.messages())]

        up.process.send_signal(signal.SIGTERM)
        status = up.process.wait(PATIENCE_SECONDS)

    assert status == 0
    assert len(servers) == 2
    assert [port for port in servers if listens(port)] == []


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_database_that_the_settings_name_is_used(tmp_path: Path, empty_database_url: str) -> None:
    done = run_boona("up", "--once", cwd=tmp_path, BOONA_DATABASE_URL=empty_database_url)
    checked = run_boona("db", "check", cwd=tmp_path, BOONA_DATABASE_URL=empty_database_url)

    assert done.returncode == 0, done.stderr
    assert "Postgres: the one that the settings name" in done.stderr
    assert checked.returncode == 0


def test_the_queue_is_drained(tmp_path: Path, database_url: str) -> None:
    mailbox = Mailbox(tmp_path / "mailbox")
    with running_mail_server(mailbox) as port:
        queue_one_email(database_url, port)

        done = run_boona("up", "--once", "--json", cwd=tmp_path, **told(database_url, port))

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sent"] == len(mailbox.ids()) == 1


def test_a_mail_server_that_fails_is_a_failure(tmp_path: Path, database_url: str) -> None:
    with running_mail_server(Mailbox(tmp_path / "mailbox")) as port:
        queue_one_email(database_url, port)

    done = run_boona("up", "--once", "--json", cwd=tmp_path, **told(database_url, port))

    assert done.returncode == 1
    assert json.loads(done.stdout)["sent"] == 0
    assert "the mail server failed" in done.stderr


def told(database_url: str, mail_port: int) -> dict[str, str]:
    """The settings of an agency on this database and this mail server."""
    return {
        "BOONA_DATABASE_URL": database_url,
        "BOONA_SMTP__PORT": str(mail_port),
        "BOONA_SENDER__EMAIL": "anfragen@agency.example",
        "BOONA_SENDER__NAME": "Jana Beispiel",
        "BOONA_AGENCY__NAME": "Agency",
        "BOONA_AGENCY__ADDRESS": "Musterstraße 12, 10115 Berlin",
    }


def queue_one_email(database_url: str, mail_port: int) -> None:
    """One therapist, one patient, one request, imported and planned."""
    settings = evolve(demo_settings(mail_port=mail_port), database_url=Secret(database_url))
    with TemporaryDirectory() as folder, wiring.build(settings, environ={}) as wired:
        write_agency(ONE_PAIR, Path(folder) / "agency")
        importer = wired.application.import_file
        for kind, name in FILES.items():
            with open_file(Path(folder) / "agency" / name, kind) as source:
                importer(source)
        assert len(wired.application.plan_emails().plan.emails) == 1


def test_bad_settings_are_told_and_nothing_is_started(tmp_path: Path) -> None:
    done = run_boona("up", "--once", cwd=tmp_path, BOONA_ZONE="Nowhere/Land", BOONA_APPROVAL="perhaps")

    assert done.returncode == 1
    assert {"BOONA_ZONE", "BOONA_APPROVAL"} <= set(re.findall(r"BOONA_\w+", done.stderr))
    assert not (tmp_path / "boona-data").exists()


def test_two_on_one_folder_are_refused_with_the_reason(tmp_path: Path) -> None:
    with started("up", cwd=tmp_path) as up:
        up.wait_for("Ctrl-C stops everything")

        second = run_boona("up", "--once", cwd=tmp_path)

    assert second.returncode == 1
    assert f"started by process {up.process.pid}" in second.stderr
