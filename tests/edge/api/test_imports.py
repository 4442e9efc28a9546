"""Imports over HTTP: files as they are, their differences, what was refused, and taken back."""

import json
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from boona_core.access import Names, Role, Scope
from tests.edge.api.conftest import Api, api_on
from tests.edge.api.test_conversation import paths, problem

CLIENTS = 8
CSV = {"Content-Type": "text/csv; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
TWO = "external_id,last_name,phone\nT1,Ada,030 1\nT2,Ida,030 2\n"


def sent(
    client: httpx.Client, content: str | bytes, kind: str = "therapists", *, headers: dict[str, str] = CSV, **query: Any
) -> httpx.Response:
    return client.post("/api/imports", params={"kind": kind, **query}, content=content, headers=headers)


def sent_json(client: httpx.Client, value: object, kind: str = "therapists", **query: Any) -> httpx.Response:
    return sent(client, json.dumps(value), kind, headers=JSON, **query)


def counts(told: dict[str, Any]) -> tuple[int, ...]:
    return tuple(told[name] for name in ("created", "changed", "unchanged", "refused"))


def therapists(client: httpx.Client) -> list[tuple[str, str | None, str]]:
    rows = client.get("/api/therapists").json()["data"]
    return [(row["last_name"], row["phone"], row["status"]) for row in rows]


# What a file would do, and does


def test_a_dry_run_shows_the_differences_and_does_nothing(client: httpx.Client) -> None:
    sent(client, TWO).raise_for_status()

    answer = sent(client, "external_id;phone\nT1;030 9\nT2;030 2\nT3;\n", dry_run="true")

    told = answer.json()
    assert (answer.status_code, told["import_id"], told["dry_run"]) == (200, None, True)
    assert counts(told) == (0, 1, 1, 1)
    assert told["changes"] == [
        {"row": 2, "id": 1, "created": False, "fields": {"phone": {"old": "030 1", "new": "030 9"}}}
    ]
    assert told["field_counts"] == {"phone": 1}
    assert told["faults"] == [{"row": 4, "field": "last_name", "fault": "is missing: a new row needs it"}]
    assert therapists(client) == [("Ada", "030 1", "active"), ("Ida", "030 2", "active")]
    assert client.get("/api/imports").json()["total"] == 1


def test_a_file_is_applied_once_and_again_changes_nothing(client: httpx.Client) -> None:
    first = sent(client, TWO).json()
    again = sent(client, TWO).json()

    assert (counts(first), counts(again)) == ((2, 0, 0, 0), (0, 0, 2, 0))
    assert [(each["row"], each["created"]) for each in first["changes"]] == [(2, True), (3, True)]
    assert client.get(f"/api/therapists/{first['changes'][0]['id']}").json()["last_name"] == "Ada"
    assert again["changes"] == []


def test_good_rows_are_kept_and_bad_ones_named_by_row_and_field_also_later(client: httpx.Client) -> None:
    rows = ["T1,Ada,ja", "T2,,nein", "T3,Eda,vielleicht", "T4,Oda,ja"]
    answer = sent(client, "external_id,last_name,potentially_available\n" + "\n".join(rows) + "\n")

    told = answer.json()
    assert (answer.status_code, counts(told)) == (200, (2, 0, 0, 2))
    assert [(each["row"], each["field"]) for each in told["faults"]] == [(3, "last_name"), (4, "potentially_available")]
    assert [name for name, _, _ in therapists(client)] == ["Ada", "Oda"]
    kept = client.get(f"/api/imports/{told['import_id']}").json()
    assert (kept["faults"], kept["more_faults"]) == (told["faults"], 0)
    assert client.get(f"/api/imports/{told['import_id']}/faults").json()["data"] == told["faults"]


def test_three_thousand_bad_rows_lose_no_good_one(client: httpx.Client) -> None:
    rows = [f"T{number},{'Ada' if number % 4 == 0 else ''}" for number in range(4000)]

    told = sent(client, "external_id,last_name\n" + "\n".join(rows)).json()

    assert counts(told) == (1000, 0, 0, 3000)
    assert [fault["row"] for fault in told["faults"]] == [number + 2 for number in range(4000) if number % 4]
    kept = client.get(f"/api/imports/{told['import_id']}/faults", params={"page": 30, "limit": 100}).json()
    assert (kept["total"], [fault["row"] for fault in kept["data"]]) == (
        3000,
        [fault["row"] for fault in told["faults"][2900:]],
    )


def test_a_german_file_is_told_in_german(german: httpx.Client) -> None:
    sent(german, "external_id;nachname;telefon\nT1;Ada;030 1\n").raise_for_status()

    told = sent_json(german, [{"external_id": "T1", "telefon": "030 2", "plz": "12345678901"}]).json()
    mended = sent_json(german, [{"external_id": "T1", "telefon": "030 2"}]).json()

    assert [(each["row"], each["field"]) for each in told["faults"]] == [(1, "plz")]
    assert mended["changes"][0]["fields"] == {"telefon": {"old": "030 1", "new": "030 2"}}
    assert mended["field_counts"] == {"telefon": 1}


def test_what_a_directory_exports_is_read_and_whom_it_drops_is_inactive(client: httpx.Client) -> None:
    entry = {"id": "D1", "basic_info": {"first_name": "Uta", "last_name": "Weber"}, "contact": {"phone": "030 1"}}
    sent_json(client, [entry]).raise_for_status()

    added = {"id": "D2", "basic_info": {"last_name": "Neu"}}
    told = sent_json(client, {"additions": [added], "deletions": [entry]}).json()

    assert counts(told) == (1, 1, 0, 0)
    assert therapists(client) == [("Weber", "030 1", "inactive"), ("Neu", None, "active")]


def test_patients_and_requests_are_brought_in(client: httpx.Client) -> None:
    sent(client, TWO).raise_for_status()
    sent(client, "external_id,first_name,last_name\nP1,Kim,Muster\n", "patients").raise_for_status()

    body = "patient_external_id,therapist_external_id,priority\nP1,T1,7\nP1,T9,\n"
    told = sent(client, body, "requests").json()

    assert counts(told) == (1, 0, 0, 1)
    (request,) = client.get("/api/placement-requests").json()["data"]
    assert (request["patient_id"], request["therapist_id"], request["priority"]) == (1, 1, 7)
    assert told["changes"][0]["id"] == request["id"]


def test_what_staff_changed_by_hand_stays_unless_the_file_is_to_win(client: httpx.Client) -> None:
    sent(client, TWO).raise_for_status()
    client.put("/api/therapists/1", json={"phone": "030 77"}).raise_for_status()
    newer = TWO.replace("030 1", "030 5")

    kept = sent(client, newer).json()
    after_keeping = therapists(client)[0]
    won = sent(client, newer.replace("030 5", "030 6"), overwrite="true").json()

    assert (kept["kept_counts"], after_keeping[1]) == ({"phone": 1}, "030 77")
    assert (won["kept_counts"], therapists(client)[0][1]) == ({}, "030 6")


def test_a_column_is_passed_over_when_that_is_asked_for(client: httpx.Client) -> None:
    body = "external_id,last_name,distanz,umkreis\nT1,Ada,3,4\n"

    refused = problem(sent(client, body), 422)
    told = client.post(
        "/api/imports?kind=therapists&ignore_column=distanz&ignore_column=umkreis", content=body, headers=CSV
    )

    assert [fault["fault"] for fault in refused["faults"]] == [
        "column 'distanz' is not known for therapists",
        "column 'umkreis' is not known for therapists",
    ]
    assert counts(told.json()) == (1, 0, 0, 0)


# Files that cannot be read as a whole


@pytest.mark.parametrize(
    ("content", "headers", "words"),
    [
        ('[{"external_id": "T', JSON, "row 1: breaks off at line 1, byte 20: nothing behind it can be read"),
        ('[{"external_id" "T2"}]', JSON, "row 1: is not JSON at line 1, byte 17: nothing behind it can be read"),
        ('{"additions": [{', JSON, "row 1: breaks off at line 1, byte 17: nothing behind it can be read"),
        ('{"last_name": "Ada"}', JSON, "is not a list of objects: it has to begin with ["),
        ("", CSV, "is empty"),
        (TWO.encode("utf-16"), CSV, "is UTF-16: save it as UTF-8"),
        ("external_id;näme".encode("latin-1"), CSV, "row 1: is not UTF-8 text: save the file as UTF-8"),
        ("last_name\nAda\n", CSV, "column 'external_id' is missing"),
    ],
)
def test_a_file_in_which_nothing_can_be_read_stores_nothing_and_the_problem_says_where(
    client: httpx.Client, content: str | bytes, headers: dict[str, str], words: str
) -> None:
    answer = sent(client, content, headers=headers)

    assert words in [fault["fault"] for fault in problem(answer, 422)["faults"]]
    assert (therapists(client), client.get("/api/imports").json()["total"]) == ([], 0)


@pytest.mark.parametrize(
    ("second", "fault"),
    [('{"external_id": "T2", ', "breaks off at line 1, byte 66"), ('{"external_id" "T2"}]', "is not JSON at line 1")],
)
def test_what_is_whole_in_a_damaged_file_is_stored_and_the_place_is_told(
    client: httpx.Client, second: str, fault: str
) -> None:
    told = sent(client, f'[{{"external_id": "T1", "last_name": "Ada"}}, {second}', headers=JSON).json()

    assert [(each["row"], each["fault"].startswith(fault)) for each in told["faults"]] == [(2, True)]
    assert [name for name, _, _ in therapists(client)] == ["Ada"]


def test_of_a_list_that_breaks_off_the_whole_rows_are_kept_and_the_place_is_named(client: httpx.Client) -> None:
    cut_off = '[{"external_id": "T1", "last_name": "Ada"}, {"external_id": "T2", '

    told = sent(client, cut_off, headers=JSON).json()

    assert counts(told) == (1, 0, 0, 1)
    assert told["faults"] == [
        {"row": 2, "field": None, "fault": "breaks off at line 1, byte 66: nothing behind it can be read"}
    ]
    assert client.get(f"/api/imports/{told['import_id']}").json()["faults"] == told["faults"]
    assert therapists(client) == [("Ada", None, "active")]


def test_a_name_that_no_store_could_keep_costs_its_row_and_is_told(client: httpx.Client) -> None:
    rows = ",".join(f'{{"external_id": "T{number}", "last_name": "Ada"}}' for number in range(3))

    told = sent(
        client,
        f'[{rows},{{"external_id": "U", "na\\u0000me": 1}},{{"external_id": "V", "na\\ud800me": 1}}]',
        headers=JSON,
    )

    assert (told.status_code, [fault["row"] for fault in told.json()["faults"]]) == (200, [4, 5])
    assert client.get(f"/api/imports/{told.json()['import_id']}").json()["faults"] == told.json()["faults"]


def test_bytes_that_are_no_text_refuse_their_row_alone(client: httpx.Client) -> None:
    told = sent(client, TWO.replace("Ada", "Äda").encode("latin-1")).json()

    assert [(each["row"], each["field"]) for each in told["faults"]] == [(2, "last_name")]
    assert [name for name, _, _ in therapists(client)] == ["Ida"]


def test_a_file_may_be_larger_than_another_body_and_not_too_large(database_url: str) -> None:
    limits = {"BOONA_API__LARGEST_BODY": "1000", "BOONA_API__LARGEST_IMPORT": "20000"}
    fits = "external_id,last_name\n" + "".join(f"T{number},{'A' * 50}\n" for number in range(200))
    with api_on(database_url, **limits) as api, api.client() as client:
        taken = sent(client, fits)
        refused = sent(client, fits * 2)
        body = client.post("/api/therapists", json={"last_name": "x", "qualifications": "y" * 2000})

        assert (taken.status_code, counts(taken.json())) == (200, (200, 0, 0, 0))
        assert problem(refused, 413)["detail"] == "the body has more than 20000 bytes"
        assert problem(body, 413)["detail"] == "the body has more than 1000 bytes"


@pytest.mark.parametrize("media_type", ["text/plain", "application/octet-stream", ""])
def test_what_is_neither_csv_nor_json_is_not_read(client: httpx.Client, media_type: str) -> None:
    told = problem(sent(client, TWO, headers={"Content-Type": media_type}), 415)

    assert told["detail"] == "the body has to be application/json or text/csv"


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({}, "kind"),
        ({"kind": "doctors"}, "kind"),
        ({"kind": "requests", "overwrite": "true"}, "overwrite"),
        ({"kind": "patients", "dry_run": "perhaps"}, "dry_run"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(client: httpx.Client, query: dict[str, str], path: str) -> None:
    answer = client.post("/api/imports", params=query, content=TWO, headers=CSV)

    assert paths(problem(answer, 422)) == [path]


# Patients


def test_no_value_of_a_patient_is_shown_or_logged(
    client: httpx.Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    header = "external_id,first_name,last_name,diagnosis,birth_date\n"
    first = sent(client, f"{header}P1,Kanarienvogel,Muster,F32.1,1990-05-17\n", "patients")

    changed = sent(client, f"{header}P1,Kanarienvogel,Nachtigall,F41.1,17.13.1990\n", "patients")
    mended = sent(client, f"{header}P1,Kanarienvogel,Nachtigall,F41.1,1990-05-18\n", "patients").json()

    assert [(each["row"], each["field"]) for each in changed.json()["faults"]] == [(2, "birth_date")]
    assert set(mended["changes"][0]["fields"]) == {"last_name", "diagnosis", "birth_date"}
    kept = client.get(f"/api/imports/{mended['import_id']}").json()
    shown = "".join((first.text, changed.text, json.dumps(mended), json.dumps(kept)))
    logged = caplog.text + "".join(capfd.readouterr())
    words = ("Kanarienvogel", "Nachtigall", "F32.1", "F41.1", "17.13.1990", "1990-05-18")
    assert [word for word in words if word in shown or word in logged] == []
    assert "POST" in logged


def test_a_first_row_that_is_no_header_is_not_repeated(client: httpx.Client) -> None:
    answer = sent(client, "P1,Kanarienvogel,F32.1\nP2,Nachtigall,F41.1\n", "patients")

    faults = [fault["fault"] for fault in problem(answer, 422)["faults"]]
    assert faults == [
        "the first row names no column that is known for patients: it has to be a header",
        "column 'external_id' is missing",
    ]


# The history


def test_the_history_is_listed_filtered_and_read(client: httpx.Client) -> None:
    first = sent(client, TWO).json()["import_id"]
    second = sent(client, TWO.replace("030 2", "030 3")).json()["import_id"]
    patients = sent(client, "external_id,first_name,last_name\nP1,Kim,Muster\n", "patients").json()["import_id"]

    told = client.get("/api/imports").json()
    of_patients = client.get("/api/imports", params={"kind": "patients"}).json()
    same = client.get("/api/imports", params={"sha256": told["data"][2]["sha256"]}).json()
    shown = client.get(f"/api/imports/{second}").json()

    assert [run["id"] for run in told["data"]] == [patients, second, first]
    assert [run["id"] for run in of_patients["data"]] == [patients]
    assert [run["id"] for run in same["data"]] == [first]
    assert (counts(shown), shown["undone_by"]) == ((0, 1, 1, 0), None)
    changed = {"row": None, "id": 2, "created": False, "fields": {"phone": {"old": "030 2", "new": "030 3"}}}
    assert (shown["changes"], shown["more_changes"]) == ([changed], 0)
    assert client.get(f"/api/imports/{second}/changes").json()["data"] == [changed]


def test_a_long_import_names_its_first_ten_thousand_changes_and_the_history_all(client: httpx.Client) -> None:
    rows = "".join(f"T{number};Ada\n" for number in range(10_001))

    told = sent(client, f"external_id;last_name\n{rows}").json()
    kept = client.get(f"/api/imports/{told['import_id']}/changes", params={"page": 101, "limit": 100}).json()

    assert (len(told["changes"]), told["more_changes"], told["created"]) == (10_000, 1, 10_001)
    assert (kept["total"], len(kept["data"])) == (10_001, 1)


@pytest.mark.parametrize("path", ["", "/changes", "/faults"])
def test_an_import_that_never_was_is_not_found(client: httpx.Client, path: str) -> None:
    problem(client.get(f"/api/imports/99{path}"), 404)


# Taken back


def test_an_import_is_taken_back_and_the_taking_back_as_well(client: httpx.Client) -> None:
    sent(client, TWO).raise_for_status()
    before = therapists(client)
    run = sent(client, TWO.replace("030 1", "030 5") + "T3,Eda,\n").json()["import_id"]
    after = therapists(client)

    dry = client.post(f"/api/imports/{run}/undo", json={"dry_run": True}).json()
    untouched = therapists(client)
    done = client.post(f"/api/imports/{run}/undo", json={}).json()
    undone = therapists(client)
    client.post(f"/api/imports/{done['undo_id']}/undo", json={}).raise_for_status()

    assert dry == {"import_id": run, "undo_id": None, "dry_run": True, "rows": 2, "kept": 0}
    assert (done["rows"], done["kept"]) == (2, 0)
    assert untouched == after
    assert undone == [*before, ("Eda", None, "inactive")]
    assert therapists(client)[:2] == after[:2]
    assert client.get(f"/api/imports/{run}").json()["undone_by"] == done["undo_id"]
    undoings = client.get("/api/imports", params={"undo": "true"}).json()
    assert undoings["total"] == 2


def test_with_a_key_a_dry_run_of_taking_back_does_nothing(client: httpx.Client) -> None:
    run = sent(client, TWO).json()["import_id"]

    key = {"Idempotency-Key": "undo"}
    client.post(f"/api/imports/{run}/undo", json={"dry_run": True}, headers=key).raise_for_status()

    assert [status for _, _, status in therapists(client)] == ["active", "active"]
    assert client.get("/api/imports").json()["total"] == 1


def test_an_import_that_never_was_is_not_taken_back(client: httpx.Client) -> None:
    problem(client.post("/api/imports/99/undo", json={}), 404)


# Again, and at once


def test_a_key_belongs_to_a_file_and_to_what_is_asked_of_it(client: httpx.Client) -> None:
    headers = {**CSV, "Idempotency-Key": "monday"}

    first = sent(client, TWO, headers=headers)
    again = sent(client, TWO, headers=headers)
    other = sent(client, TWO, headers=headers, dry_run="true")

    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    assert paths(problem(other, 422)) == ["Idempotency-Key"]
    assert client.get("/api/imports").json()["total"] == 1


def test_a_dry_run_with_a_key_keeps_nothing_but_its_answer(client: httpx.Client) -> None:
    sent(client, TWO, headers={**CSV, "Idempotency-Key": "look"}, dry_run="true").raise_for_status()

    assert (therapists(client), client.get("/api/imports").json()["total"]) == ([], 0)


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k"}])
def test_the_same_file_many_times_at_once_creates_each_row_once(client: httpx.Client, key: dict[str, str]) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda _: sent(client, TWO, headers={**CSV, **key}), range(CLIENTS)))

    assert set(Counter(answer.status_code for answer in answers)) <= {200, 409}
    assert [name for name, _, _ in therapists(client)] == ["Ada", "Ida"]
    runs = client.get("/api/imports").json()["data"]
    assert sum(run["created"] for run in runs) == 2


def test_an_import_taken_back_many_times_at_once_is_taken_back_once(client: httpx.Client) -> None:
    sent(client, TWO).raise_for_status()
    run = sent(client, TWO.replace("030 1", "030 5")).json()["import_id"]

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda _: client.post(f"/api/imports/{run}/undo", json={}), range(CLIENTS)))

    assert Counter(answer.status_code for answer in answers) == {200: CLIENTS}
    assert len({answer.json()["undo_id"] for answer in answers}) == 1
    assert sum(answer.json()["rows"] for answer in answers) == 1
    assert therapists(client)[0][1] == "030 1"


def test_a_token_for_therapists_alone_imports_nothing(api: Api) -> None:
    with api.client(Role.COORDINATOR, scopes=(Scope.THERAPISTS,), names=Names.ENGLISH) as narrowed:
        problem(sent(narrowed, TWO), 403)
