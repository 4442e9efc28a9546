"""The commands `boona import undo`, `history` and `watch`."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from boona_core.windows import WEEK, WeeklyWindows
from tests.edge.office import Office, office_on


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as office:
        yield office


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "arrivals"
    made.mkdir()
    return made


def lay(folder: Path, name: str, content: str, *, seconds_ago: int = 3600) -> Path:
    """A file that arrived a while ago."""
    path = folder / name
    path.write_text(content)
    then = path.stat().st_mtime - seconds_ago
    os.utime(path, (then, then))
    return path


def phone(office: Office) -> object:
    return office.one("SELECT phone FROM therapist_service.therapists")


def test_an_import_is_listed_and_undone(office: Office, folder: Path) -> None:
    office.boona("import", "therapists", str(lay(folder, "a.csv", "external_id,last_name,phone\nT1,Ada,030 1\n")))
    office.boona("import", "therapists", str(lay(folder, "b.csv", "external_id,phone\nT1,030 2\n")))

    dry = office.boona("import", "undo", 2, "--dry-run")
    said = office.boona("import", "undo", 2)
    listed = json.loads(office.boona("import", "history", "--json").out)["runs"]

    assert "1 row would be as before" in dry.out
    assert "run 2: 1 row as before, as run 3" in said.out
    assert phone(office) == "030 1"
    assert [(run["run_id"], run["undoes"], run["undone_by"]) for run in listed] == [
        (3, 2, None),
        (2, None, 3),
        (1, None, None),
    ]
    assert "undoes 2" in office.boona("import", "history").out


def test_undoing_what_never_was_fails(office: Office) -> None:
    said = office.boona("import", "undo", 99)

    assert said.status == 1
    assert "no import run has the id 99" in said.err


def test_what_staff_changed_wins_and_it_is_told(office: Office, folder: Path) -> None:
    first = lay(folder, "a.csv", "external_id,last_name,phone\nT1,Ada,030 1\n")
    second = lay(folder, "b.csv", "external_id,phone\nT1,030 3\n")
    office.boona("import", "therapists", str(first))
    with office.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE therapist_service.therapists SET phone = '030 2'")

    kept = office.boona("import", "therapists", str(second))
    by_hand = phone(office)
    office.boona("import", "therapists", str(second), "--overwrite")

    assert "phone: the file says something new in 1 row" in kept.out
    assert (by_hand, phone(office)) == ("030 2", "030 3")


@pytest.mark.parametrize(("types", "status", "stored"), [("y\n", 0, "030 2"), ("n\n", 1, "030 1"), ("", 1, "030 1")])
def test_differences_are_shown_and_stored_when_a_person_says_so(
    office: Office, folder: Path, types: str, status: int, stored: str
) -> None:
    office.boona("import", "therapists", str(lay(folder, "a.csv", "external_id,last_name,phone\nT1,Ada,030 1\n")))
    second = str(lay(folder, "b.csv", "external_id,phone\nT1,030 2\n"))

    said = office.answered(types, "import", "therapists", second, "--ask")

    assert said.status == status
    assert "phone: changed in 1 row" in said.out.partition("store this?")[0]
    assert phone(office) == stored


def every_day(window: str) -> dict[str, list[str]]:
    return {day.value: [window] for day in WEEK}


def test_a_file_with_other_phone_hours_moves_a_planned_call_into_them(office: Office, folder: Path) -> None:
    hours = WeeklyWindows.from_json(every_day("08:00-09:00"))
    therapist = office.seed.therapist(external_id="T1", phone="030 1234567", phone_hours=hours)
    office.seed.request(None, therapist)
    planned = office.boona("plan", "call", therapist)
    row = {"external_id": "T1", "last_name": "Ada", "phone_hours": every_day("15:00-16:00")}

    said = office.boona("import", "therapists", str(lay(folder, "therapists.json", json.dumps([row]))))

    assert (planned.status, said.status) == (0, 0)
    assert office.one("SELECT status FROM communication_service.phone_calls") == "scheduled"
    assert office.one("SELECT scheduled_time FROM communication_service.phone_calls").hour == 15


def test_what_a_run_did_is_shown(office: Office, folder: Path) -> None:
    office.boona("import", "therapists", str(lay(folder, "a.csv", "external_id,last_name,phone\nT1,Ada,030 1\n")))
    office.boona("import", "therapists", str(lay(folder, "b.csv", "external_id,phone\nT1,030 2\n")))
    office.boona("import", "patients", str(lay(folder, "p.csv", "external_id,first_name,last_name\nP1,Eva,Muster\n")))
    office.boona("import", "patients", str(lay(folder, "q.csv", "external_id,last_name\nP1,Geheim\n")))

    created, changed, of_patient = (office.boona("import", "history", run) for run in (1, 2, 4))
    told = json.loads(office.boona("import", "history", 2, "--json").out)

    assert "created" in created.out
    assert '"030 1" → "030 2"' in changed.out
    assert "last_name" in of_patient.out
    assert "Geheim" not in of_patient.out
    assert told["changes"] == [{"id": 1, "field": "phone", "old": "030 1", "new": "030 2"}]
    assert office.boona("import", "history", 99).status == 1


def test_a_program_is_not_asked(office: Office, folder: Path) -> None:
    file = str(lay(folder, "a.csv", "external_id,last_name\nT1,Ada\n"))

    assert office.boona("import", "therapists", file, "--ask", "--json").status == 2
    assert office.boona("import", "therapists", file, "--ask", "--dry-run").status == 2


def test_files_that_arrived_are_read_in_order_and_put_away(office: Office, folder: Path) -> None:
    lay(folder, "requests.csv", "patient_external_id,therapist_external_id\nP1,T1\n")
    lay(folder, "patients.csv", "external_id,first_name,last_name\nP1,Eva,Muster\n")
    lay(folder, "Therapists-2026.json", '[{"external_id": "T1", "last_name": "Ada"}, {"last_name": "Nobody"}]')
    lay(folder, "notes.txt", "nothing for us")

    said = office.boona("import", "watch", str(folder), "--once")

    assert said.status == 1
    assert office.one("SELECT count(*) FROM matching_service.placement_requests") == 1
    assert sorted(path.name for path in folder.iterdir()) == ["done", "notes.txt"]
    reports = [json.loads(path.read_text()) for path in sorted((folder / "done").glob("*Therapists*.report.json"))]
    assert [(each["created"], each["refused"], each["faults"]) for each in reports] == [
        (1, 1, ["row 2, external_id: is missing"])
    ]


def test_a_damaged_file_is_put_aside_and_the_others_are_read(office: Office, folder: Path) -> None:
    lay(folder, "therapists-1.json", '[{"external_id": "T1", "last_name": "A')
    lay(folder, "therapists-2.csv", "external_id,last_name\nT2,Ada\n")

    said = office.boona("import", "watch", str(folder), "--once", "--json")

    told = json.loads(said.out)["files"]
    assert said.status == 1
    assert [(each["file"], each["created"], each["fault"] is None) for each in told] == [
        ("therapists-1.json", 0, False),
        ("therapists-2.csv", 1, True),
    ]
    assert len(list((folder / "refused").glob("*therapists-1.json"))) == 1


def test_of_a_file_that_breaks_off_what_is_whole_is_read_and_the_damage_is_told(office: Office, folder: Path) -> None:
    lay(folder, "therapists.json", '[{"external_id": "T1", "last_name": "Ada"}, {"external_id": "T2", "la')

    said = office.boona("import", "watch", str(folder), "--once")

    assert said.status == 1
    assert "therapists.json: row 2: breaks off at line 1, byte 70" in said.err
    assert office.one("SELECT external_id FROM therapist_service.therapists") == "T1"


def test_a_file_that_is_still_on_its_way_waits(office: Office, folder: Path) -> None:
    path = lay(folder, "therapists.csv", "external_id,last_name\nT1,Ada\n", seconds_ago=0)

    said = office.boona("import", "watch", str(folder), "--once")

    assert said.status == 0
    assert path.exists()
    assert office.one("SELECT count(*) FROM therapist_service.therapists") == 0
