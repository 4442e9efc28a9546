"""The commands `boona import …`, as a person and as a program see them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres import tables as t
from boona_adapters.postgres.engine import create_engine

CANARY = "Kanarienvogel"


@frozen
class Terminal:
    """Runs commands against one database, with files in one folder."""

    database_url: str
    folder: Path

    def boona(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one command to its end."""
        settings = {
            "BOONA_ENVIRONMENT": "testing",
            "BOONA_DATABASE_URL": self.database_url,
            "BOONA_SMTP__HOST": "127.0.0.1",
            "BOONA_SMTP__PORT": "1025",
            "BOONA_SMTP__TLS": "none",
            "BOONA_SENDER__EMAIL": "agentur@example.org",
            "BOONA_SENDER__NAME": "Vermittlung",
            "BOONA_AGENCY__NAME": "Vermittlung",
            "BOONA_AGENCY__ADDRESS": "Weg 1, 10115 Berlin",
        }
        command = [sys.executable, "-m", "boona_adapters.cli", *arguments]
        return subprocess.run(command, cwd=self.folder, env=settings, capture_output=True, text=True, check=False)

    def file(self, name: str, content: str) -> None:
        """Lay a file into the folder."""
        (self.folder / name).write_text(content)


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Terminal:
    return Terminal(database_url, tmp_path)


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def count_of(engine: sa.Engine, table: sa.Table) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_files_of_an_agency_are_imported_one_after_the_other(terminal: Terminal, engine: sa.Engine) -> None:
    terminal.file("t.csv", "external_id;nachname;email\nT1;Beispiel;praxis@example.org\n")
    terminal.file("p.csv", "external_id,first_name,last_name\nP1,Eva,Muster\n")
    terminal.file("r.json", '[{"patient_external_id": "P1", "therapist_external_id": "T1"}]')

    done = [
        terminal.boona("import", "therapists", "t.csv"),
        terminal.boona("import", "patients", "p.csv"),
        terminal.boona("import", "requests", "r.json"),
    ]

    assert [(each.returncode, each.stderr) for each in done] == [(0, "")] * 3
    assert done[0].stdout.splitlines()[0] == "1 row: 1 created, 0 changed, 0 unchanged, 0 refused"
    assert count_of(engine, t.placement_requests) == 1


def test_refused_rows_make_the_status_1_and_the_good_ones_stay(terminal: Terminal, engine: sa.Engine) -> None:
    terminal.file("t.csv", "external_id,last_name,phone_hours\nT1,A,Mo 8-12 Uhr\nT2,B,nach Absprache\n")

    done = terminal.boona("import", "therapists", "t.csv")

    assert done.returncode == 1
    assert done.stderr == ("boona: row 3, phone_hours: is understood only in part, or not at all: 'nach Absprache'\n")
    assert count_of(engine, t.therapists) == 1


def test_a_dry_run_shows_the_differences_and_changes_nothing(terminal: Terminal, engine: sa.Engine) -> None:
    terminal.file("t.csv", "external_id,last_name,phone\nT1,A,030 1\n")
    terminal.boona("import", "therapists", "t.csv")
    terminal.file("t.csv", "external_id,phone\nT1,030 2\n")

    done = terminal.boona("import", "therapists", "t.csv", "--dry-run")

    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "1 row: 0 would be created, 1 would be changed, 0 unchanged, 0 refused",
        "phone: changed in 1 row; first in row 2, id 1",
        '  "030 1" → "030 2"',
    ]
    assert count_of(engine, t.import_runs) == 1


def test_a_program_reads_every_difference(terminal: Terminal) -> None:
    terminal.file("t.csv", "external_id,last_name\nT1,A\nT2,B\nT3,\n")

    done = terminal.boona("import", "therapists", "t.csv", "--json")

    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert (report["created"], report["refused"], report["dry_run"]) == (2, 1, False)
    assert [change["row"] for change in report["changes"]] == [2, 3]
    assert report["faults"] == [{"row": 4, "field": "last_name", "fault": "must not be empty"}]


def test_a_program_reads_an_import_without_differences(terminal: Terminal) -> None:
    terminal.file("t.json", "[]")

    assert json.loads(terminal.boona("import", "therapists", "t.json", "--json").stdout)["changes"] == []


def test_a_file_that_does_not_fit_is_refused_with_all_its_faults(terminal: Terminal, engine: sa.Engine) -> None:
    terminal.file("t.csv", "external_id,nachnahme,distanz\nT1,A,3\n")

    done = terminal.boona("import", "therapists", "t.csv")
    mended = terminal.boona("import", "therapists", "t.csv", "--ignore-column", "distanz")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "boona: column 'nachnahme' is not known: did you mean 'nachname'?",
        "boona: column 'distanz' is not known for therapists",
        "boona: nothing of this file was stored",
    ]
    assert "distanz" not in mended.stderr
    assert count_of(engine, t.import_runs) == 0


@pytest.mark.parametrize("arguments", [("therapists",), ("therapists", "nothing.csv"), ("therapists", "."), ("x", "y")])
def test_wrong_usage_has_the_status_2(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    assert terminal.boona("import", *arguments).returncode == 2


def test_nothing_of_a_patient_is_printed(terminal: Terminal) -> None:
    terminal.file("p.csv", f"external_id,first_name,last_name,symptoms\n{CANARY},{CANARY},{CANARY},{CANARY}\n")
    new = terminal.boona("import", "patients", "p.csv", "--json")
    header = "external_id,first_name,last_name,symptoms,geburtsdatum,diagnose,email,plz"
    changed = f"{CANARY},{CANARY}s,{CANARY}s,{CANARY} {CANARY},1.1.1990,{CANARY},{CANARY}@example.org,"
    bad = f"{CANARY}2,{CANARY},{CANARY},{CANARY},{CANARY},{CANARY * 20},{CANARY},{CANARY}"
    terminal.file("p.csv", f"{header}\n{changed}\n{bad}\n")

    done = [
        new,
        terminal.boona("import", "patients", "p.csv", "--json", "--dry-run"),
        terminal.boona("import", "patients", "p.csv"),
    ]

    told = "".join(each.stdout + each.stderr for each in done)
    assert [each.returncode for each in done] == [0, 1, 1]
    assert "row 3, geburtsdatum: is not a date" in told
    assert "symptoms: changed in 1 row" in told
    assert CANARY not in told
