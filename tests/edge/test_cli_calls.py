"""The commands that plan calls, list them for people, programs and calendars, and record what became of them."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import vobject

from boona_core.ids import PlacementRequestId, TherapistId
from boona_core.instants import BERLIN
from boona_core.patients import Gender
from boona_core.windows import WEEK, WeeklyWindows
from tests.edge.office import Office, Said, office_on

NOW = datetime.now(UTC)
TODAY = NOW.astimezone(BERLIN).date()
LAST_WEEK = TODAY - timedelta(days=8)
IN_A_WEEK = TODAY + timedelta(days=7)
ALWAYS = WeeklyWindows.from_json({day.value: ["00:00-24:00"] for day in WEEK})
DAILY = "Mo-So 0:00-24:00"


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as ready:
        yield ready


def therapist(office: Office, **fields: Any) -> TherapistId:
    """Somebody who answers the phone at any time."""
    return office.seed.therapist(**{"phone": "030 / 1234-56", "phone_hours": ALWAYS, **fields})


def silent(office: Office, **fields: Any) -> tuple[TherapistId, PlacementRequestId]:
    """Somebody who has not answered an email about one patient."""
    someone = therapist(office, **fields)
    patient = office.seed.patient(
        first_name="Hildegard", gender=Gender.FEMALE, birth_date=date(1990, 1, 1), diagnosis="F32.1"
    )
    request = office.seed.request(patient, someone)
    office.seed.sent_email(someone, [request], on=LAST_WEEK)
    return someone, request


def planned(office: Office) -> list[dict[str, Any]]:
    """Plan everybody's calls."""
    calls: list[dict[str, Any]] = json.loads(office.boona("plan", "calls", "--json").out)["calls"]
    return calls


def listed(office: Office, *arguments: str | int) -> list[dict[str, Any]]:
    """The calls from today on."""
    said = office.boona("calls", "--days", "30", "--json", *arguments)
    calls: list[dict[str, Any]] = json.loads(said.out)["calls"]
    return calls


def add_caller(office: Office, name: str, *arguments: str) -> int:
    said = office.boona("callers", "add", name, "--json", *(arguments or ("--hours", DAILY)))
    return int(json.loads(said.out)["caller"]["id"])


def events(path: Path) -> list[Any]:
    """The events of a calendar, as another library reads them."""
    return list(getattr(vobject.readOne(path.read_text()), "vevent_list", []))


def words(said: Said) -> str:
    return " ".join(said.out.split())


# -- planning ----------------------------------------------------------------------------------------------------------


def test_a_plan_says_who_is_called_when_and_why(office: Office) -> None:
    someone, request = silent(office)

    said = office.boona("plan", "calls")

    assert (said.status, said.err) == (0, "")
    assert "1 call about 1 patient planned" in said.out
    assert re.search(rf"\d{{4}}-\d\d-\d\d \d\d:\d\d +{someone} +silent email +1 +1", said.out)
    assert office.one("SELECT held_by_call_id FROM matching_service.placement_requests WHERE id = :id", id=request)


def test_a_plan_that_is_only_shown_changes_nothing(office: Office) -> None:
    silent(office)

    people, program = office.boona("plan", "calls", "--dry-run"), office.boona("plan", "calls", "--dry-run", "--json")

    assert "1 call about 1 patient would be planned" in people.out
    assert json.loads(program.out)["calls"][0]["id"] is None
    assert office.one("SELECT count(*) FROM communication_service.phone_calls") == 0


def test_a_plan_for_programs_names_every_call_and_every_refusal(office: Office) -> None:
    someone, request = silent(office)
    nobody, _ = silent(office, phone=None, phone_hours=None)

    plan = json.loads(office.boona("plan", "calls", "--json").out)

    (call,) = plan["calls"]
    assert (call["therapist_id"], call["request_ids"], call["cause"]) == (someone, [request], "silent")
    assert (call["duration_minutes"], call["attempt"], call["caller_id"]) == (5, 1, None)
    assert [each["therapist_id"] for each in plan["refusals"]] == [nobody]
    assert {"reason": "no_phone_number", "until": None} in plan["refusals"][0]["reasons"]
    assert (plan["upper_bound"], plan["unplaced"], plan["taken"]) == (1, [], [])


def test_who_finds_no_time_is_told_with_what_would_help(office: Office) -> None:
    add_caller(office, "Anna", "--hours", "")
    someone, _ = silent(office)

    said = office.boona("plan", "calls")

    assert said.status == 0
    assert "Without a time: 1 therapist; they stay due" in said.out
    assert re.search(rf"{someone} +silent email +no free time in the phone hours", said.out)
    assert "With these hours and callers no plan has more calls." in said.out
    assert "1 more caller would make room for all who have phone hours." in said.out


def test_who_must_wait_is_told_by_reason_and_one_by_one(office: Office) -> None:
    someone, _ = silent(office, phone=None)

    said = office.boona("plan", "calls")

    assert "Due and not to be called now: 1 therapist" in said.out
    assert re.search(r"no phone number +1\n", said.out)
    assert re.search(rf"\n *{someone} +no_phone_number +no day", said.out)


def test_follow_ups_are_calls_that_answer_silent_emails_only(office: Office) -> None:
    someone, _ = silent(office)
    office.seed.request(None, therapist(office, mailbox_id=None))

    first, second = office.boona("follow-ups", "--json"), office.boona("follow-ups", "--json")

    assert [call["therapist_id"] for call in json.loads(first.out)["calls"]] == [someone]
    assert json.loads(second.out)["calls"] == []


def test_one_call_is_planned_at_the_earliest_time_or_at_the_one_that_is_told(office: Office) -> None:
    soon, later = therapist(office), therapist(office, phone="030 99", phone_hours=None)
    request = office.seed.request(None, later)

    shown = office.boona("plan", "call", soon, "--dry-run")
    first = json.loads(office.boona("plan", "call", soon, "--json").out)["call"]
    day = json.loads(office.boona("call", first["id"], "failed", "--json").out)["retry"]["scheduled_date"]
    refused = office.boona("plan", "call", soon, "--at", f"{day} 23:00")
    told = office.boona("plan", "call", later, "--at", f"{day} 23:00", "--minutes", "20", "--request", request)

    second = next(each for each in listed(office) if each["therapist_id"] == later)
    assert re.fullmatch(rf"therapist {soon}: would be planned on \S+ \S+\n", shown.out)
    assert (first["cause"], first["outside_hours"]) == ("person", False)
    assert refused.status == 1
    assert "a call is planned soon" in refused.err
    assert told.out == f"therapist {later}: planned on {day} 23:00, outside of the phone hours (call {second['id']})\n"
    assert (second["duration_minutes"], second["patients"][0]["placement_request_id"]) == (20, request)
    assert office.request_status(request) == "in_progress"


def test_a_call_about_a_request_that_is_under_way_is_not_planned(office: Office) -> None:
    someone = therapist(office)
    request = office.seed.request(None, someone)
    office.seed.queued_email(someone, [request])

    said = office.boona("plan", "call", someone, "--request", request)

    assert said.status == 1
    assert f"decided, or under way: placement requests {request}" in said.err


# -- the list ----------------------------------------------------------------------------------------------------------


def test_the_list_shows_whom_about_whom_and_what_has_passed_and_no_name_of_a_patient(office: Office) -> None:
    add_caller(office, "Anna")
    silent(office, title="Dr.", first_name="Uta", last_name="Beispiel", city="Köln")
    (call,) = planned(office)

    said = office.boona("calls", "--on", call["scheduled_date"])

    assert (said.status, said.err) == (0, "")
    assert f"{call['scheduled_date']}, Anna (caller 1): 1 call" in said.out
    assert call["scheduled_time"] in said.out
    assert "Dr. Uta Beispiel" in said.out
    assert "Köln" in said.out
    assert "030 / 1234-56" in said.out
    assert "F32.1 Mittelgradige depressive Episode" in said.out
    assert f"email on {LAST_WEEK}: no answer" in said.out
    assert "Hildegard" not in said.out


def test_a_day_without_calls_says_so(office: Office) -> None:
    said = office.boona("calls", "--on", "2026-03-04")

    assert (said.status, said.out) == (0, "2026-03-04: no calls\n")


def test_the_list_for_programs_has_everything_that_the_caller_needs(office: Office) -> None:
    _, request = silent(office)
    planned(office)

    (call,) = listed(office)

    assert call["patients"][0] | {"age": None} == {
        "number": 1,
        "placement_request_id": request,
        "age": None,
        "gender": "female",
        "diagnoses": [{"code": "F32.1", "words": "Mittelgradige depressive Episode"}],
        "symptoms_since": None,
        "outcome": None,
        "follow_up_required": False,
        "follow_up_notes": None,
    }
    assert call["history"][0] | {"id": None} == {
        "channel": "email",
        "id": None,
        "on": str(LAST_WEEK),
        "reached": True,
        "answered_on": None,
        "outcomes": [{"placement_request_id": request, "outcome": None}],
        "words": None,
    }
    assert (call["status"], call["cause"], call["attempt"], call["attempts"]) == ("scheduled", "silent", 1, 3)
    assert call["therapist"]["phone"] == "030 / 1234-56"
    assert "Eine Person sucht einen ambulanten Psychotherapieplatz." in call["what_to_say"]
    assert "Hildegard" not in json.dumps(call)


def test_one_call_is_shown_with_what_to_say(office: Office) -> None:
    silent(office)
    (call,) = planned(office)

    people, program = office.boona("calls", call["id"]), office.boona("calls", call["id"], "--json")

    assert f"call {call['id']}, scheduled: {call['scheduled_date']} {call['scheduled_time']}, 5 minutes" in people.out
    assert "„Haben Sie in absehbarer Zeit einen Platz für diese Person frei?“" in words(people)
    assert json.loads(program.out) == listed(office)[0]


def test_the_list_of_one_caller_holds_nobody_elses_calls(office: Office) -> None:
    anna, ben = add_caller(office, "Anna"), add_caller(office, "Ben")
    silent(office)
    silent(office)
    planned(office)

    assert {call["caller_id"] for call in listed(office, "--caller", anna)} == {anna}
    assert {call["caller_id"] for call in listed(office)} == {anna, ben}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--on", "morgen"),
        ("--days", "0"),
        ("1", "--on", "2026-03-04"),
        ("1", "--waiting"),
        ("--waiting", "--ics", "calls.ics"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(office: Office, arguments: Sequence[str]) -> None:
    said = office.boona("calls", *arguments)

    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("Usage: boona calls")


def test_an_unknown_call_fails_with_a_sentence(office: Office) -> None:
    said = office.boona("calls", 999)

    assert (said.status, said.out) == (1, "")
    assert "999" in said.err


# -- calendars ---------------------------------------------------------------------------------------------------------


def test_a_folder_gets_a_calendar_for_every_caller_and_one_without_calls_is_empty(
    office: Office, tmp_path: Path
) -> None:
    anna = add_caller(office, "Anna")
    idle = add_caller(office, "Ben", "--hours", "")
    silent(office)
    (call,) = planned(office)

    said = office.boona("calls", "--days", "30", "--ics", str(tmp_path / "calendars"))

    (event,) = events(tmp_path / "calendars" / f"caller-{anna}.ics")
    start = datetime.fromisoformat(f"{call['scheduled_date']}T{call['scheduled_time']}").replace(tzinfo=BERLIN)
    assert said.status == 0
    assert event.uid.value == f"call-{call['id']}@example.org"
    assert event.dtstart.value == start
    assert event.dtend.value - event.dtstart.value == timedelta(minutes=5)
    assert "030 / 1234-56" in event.summary.value
    assert event.status.value == "CONFIRMED"
    assert events(tmp_path / "calendars" / f"caller-{idle}.ics") == []
    assert sorted(path.name for path in (tmp_path / "calendars").iterdir()) == [
        f"caller-{anna}.ics",
        f"caller-{idle}.ics",
    ]


def test_a_canceled_call_is_canceled_in_the_calendar_with_a_higher_sequence(office: Office, tmp_path: Path) -> None:
    silent(office)
    (call,) = planned(office)
    place = tmp_path / "calls.ics"
    office.boona("calls", "--days", "30", "--ics", str(place))
    (before,) = events(place)

    office.boona("call", call["id"], "canceled")
    said = office.boona("calls", "--days", "30", "--ics", str(place), "--json")

    (after,) = events(place)
    assert json.loads(said.out) == {"files": [{"file": str(place), "calls": 1}]}
    assert (before.status.value, after.status.value) == ("CONFIRMED", "CANCELLED")
    assert before.uid.value == after.uid.value
    assert int(before.sequence.value) < int(after.sequence.value)


def test_one_file_is_not_for_several_callers(office: Office, tmp_path: Path) -> None:
    anna = add_caller(office, "Anna")
    add_caller(office, "Ben")
    silent(office)
    silent(office)
    planned(office)
    place = tmp_path / "calls.ics"

    refused = office.boona("calls", "--days", "30", "--ics", str(place))
    written = office.boona("calls", "--days", "30", "--ics", str(place), "--caller", anna)

    assert refused.status == 2
    assert "name one with --caller, or a folder" in " ".join(refused.err.split())
    assert written.status == 0
    assert len(events(place)) == 1


def test_a_calendar_that_cannot_be_written_is_told_in_a_sentence(office: Office, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    said = office.boona("calls", "--ics", str(tmp_path / "file" / "calls.ics"))

    assert (said.status, said.out) == (1, "")
    assert "calls.ics cannot be written" in " ".join(said.err.split())


# -- what became of a call ---------------------------------------------------------------------------------------------


def test_what_was_said_in_a_call_is_recorded_by_the_numbers_of_the_list(office: Office) -> None:
    someone, taken = silent(office)
    refused, wanted, unspoken = (office.seed.request(None, someone) for _ in range(3))
    planned(office)
    (call,) = listed(office)
    number = {each["placement_request_id"]: each["number"] for each in call["patients"]}

    said = office.boona(
        *("call", call["id"], "completed", "--accept", number[taken], "--reject", number[refused]),
        *("--follow-up", number[wanted], "--promised", "ab Mai gibt es Plätze", "--outcome", "freundlich"),
        *("--notes", "zieht um", "--retry-after", str(IN_A_WEEK), "--json"),
    )

    done = json.loads(said.out)
    (after,) = listed(office)
    assert (said.status, said.err) == (0, "")
    assert {each["request_id"]: each["outcome"] for each in done["outcomes"]} == {
        taken: "accepted",
        refused: "rejected",
        wanted: "needs_follow_up",
        unspoken: "not_discussed",
    }
    assert len(done["placed"]) == 1
    assert (after["status"], after["outcome"], after["notes"]) == ("completed", "freundlich", "zieht um")
    assert {each["follow_up_notes"] for each in after["patients"]} == {None, "ab Mai gibt es Plätze"}
    assert [office.request_status(each) for each in (taken, refused, wanted, unspoken)] == [
        "accepted",
        "rejected",
        "in_progress",
        "open",
    ]


def test_a_person_reads_what_followed_from_a_call(office: Office) -> None:
    _, request = silent(office)
    (call,) = planned(office)

    shown = office.boona("call", call["id"], "completed", "--accept", "1", "--dry-run")
    before = office.request_status(request)
    done = office.boona("call", call["id"], "completed", "--accept", "1")

    assert shown.out.startswith(f"call {call['id']}: would be recorded as held\n  request {request}: accepted\n")
    assert before == "in_progress"
    assert done.out.startswith(f"call {call['id']}: recorded as held\n  request {request}: accepted\n  patient 1 has")


def test_a_call_that_was_recorded_is_corrected(office: Office) -> None:
    _, request = silent(office)
    (call,) = planned(office)
    office.boona("call", call["id"], "completed", "--accept", "1")

    said = office.boona("call", call["id"], "completed", "--reject", "1", "--json")

    assert json.loads(said.out)["moved"] == [{"request_id": request, "status": "rejected"}]
    assert office.request_status(request) == "rejected"


def test_a_promise_stands_before_the_next_call(office: Office) -> None:
    someone, _ = silent(office)
    (call,) = planned(office)
    promise = ("--promised", "1: nach den Ferien anrufen", "--notes", "Praxis zieht um " * 20)
    office.boona("call", call["id"], "completed", "--follow-up", "1", *promise)

    (again,) = planned(office)
    said = office.boona("calls", again["id"])

    assert (again["therapist_id"], again["cause"]) == (someone, "asked_for")
    assert f"promised on {TODAY}: nach den Ferien anrufen" in said.out
    assert f"call on {TODAY}: 1 needs_follow_up (Praxis zieht um Praxis" in said.out
    assert said.out.count("Praxis zieht um") < 8
    assert "„Wir hatten vereinbart, dass wir uns noch einmal bei Ihnen melden.“" in words(said)


@pytest.mark.parametrize(
    ("arguments", "status", "fault"),
    [
        (("--accept", "2"), 1, "2 is not in call 1: it has the numbers 1 to 1"),
        (("--accept", "1", "--reject", "1"), 1, "1 is named as accepted, too"),
        (("--accept", "x"), 2, "expected numbers of the letter such as 1,3"),
        (("--promised", "bald"), 2, "--promised needs a number, 2:TEXT, or --follow-up"),
        (("--promised", "2:bald"), 2, "--promised: 2 is not in call 1"),
        (("--retry-after", "2026-03-04"), 2, "--retry-after needs --follow-up"),
    ],
)
def test_what_cannot_have_been_said_is_not_recorded(
    office: Office, arguments: Sequence[str], status: int, fault: str
) -> None:
    _, request = silent(office)
    planned(office)

    said = office.boona("call", "1", "completed", *arguments)

    assert (said.status, said.out) == (status, "")
    assert fault in " ".join(said.err.split())
    assert office.request_status(request) == "in_progress"


def test_a_call_that_nobody_answered_is_tried_again_in_the_next_window(office: Office) -> None:
    silent(office)
    (call,) = planned(office)

    said = office.boona("call", call["id"], "failed", "--notes", "Band läuft", "--json")

    failing = json.loads(said.out)
    assert said.status == 0
    assert (failing["call"]["status"], failing["call"]["notes"]) == ("failed", "Band läuft")
    assert (failing["retry"]["attempt"], failing["retry"]["previous_call_id"]) == (2, call["id"])
    assert failing["retry"]["scheduled_date"] > failing["call"]["scheduled_date"]
    assert (failing["retry_due"], failing["waits_for_a_person"]) == (False, False)


def test_a_failure_is_told_with_its_next_attempt(office: Office) -> None:
    silent(office)
    (call,) = planned(office)

    shown = office.boona("call", call["id"], "failed", "--dry-run", "--retry-after", str(IN_A_WEEK))
    done = office.boona("call", call["id"], "failed", "--retry-after", str(IN_A_WEEK))

    assert re.search(
        r"would be recorded as failed\nattempt 2: would be planned on \d{4}-\d\d-\d\d \d\d:\d\d$", shown.out.strip()
    )
    assert re.search(r"recorded as failed\nattempt 2: planned on \S+ \S+ \(call \d+\)$", done.out.strip())
    assert min(each["scheduled_date"] for each in listed(office) if each["attempt"] == 2) >= str(IN_A_WEEK)


def test_after_the_last_attempt_a_person_decides(office: Office) -> None:
    someone, request = silent(office)
    (call,) = planned(office)
    only_one = {"BOONA_POLICY__MAX_CALL_ATTEMPTS": "1"}

    failed = office.boona("call", call["id"], "failed", **only_one)
    waiting = office.boona("calls", "--waiting")
    program = office.boona("calls", "--waiting", "--json")
    settled = office.boona("call", call["id"], "again")
    nothing = office.boona("calls", "--waiting")

    assert "that was the last attempt: see `boona calls --waiting`" in failed.out
    assert "1 therapist did not answer in all attempts" in waiting.out
    assert f"email on {LAST_WEEK}: no answer" in words(waiting)
    assert [each["therapist_id"] for each in json.loads(program.out)["calls"]] == [someone]
    assert settled.status == 0
    assert nothing.out == "no call waits for a person\n"
    assert office.request_status(request) == "open"


def test_a_call_that_does_not_wait_for_a_person_is_not_settled(office: Office) -> None:
    silent(office)
    (call,) = planned(office)

    said = office.boona("call", call["id"], "again")

    assert said.status == 1
    assert "does not wait for a person" in said.err


def test_a_time_without_a_date_is_one_of_the_day_of_the_call(office: Office) -> None:
    silent(office)
    (call,) = planned(office)
    yesterday = TODAY - timedelta(days=1)
    put_off(office, call["id"], yesterday)

    said = office.boona("call", call["id"], "failed", "--at", "9:10", "--json")

    failed = json.loads(said.out)["call"]
    assert (failed["actual_date"], failed["actual_time"]) == (str(yesterday), "09:10")


def put_off(office: Office, call: int, day: date) -> None:
    """Let a call be planned for another day, also one that is past."""
    words = sa.text("UPDATE communication_service.phone_calls SET scheduled_date = :day WHERE id = :call")
    with office.engine.begin() as connection:
        connection.execute(words, {"day": day, "call": call})


def test_a_canceled_call_opens_its_requests_and_keeps_the_reason(office: Office) -> None:
    _, request = silent(office)
    (call,) = planned(office)

    shown = office.boona("call", call["id"], "canceled", "--dry-run")
    done = office.boona("call", call["id"], "canceled", "--reason", "krank")

    assert shown.out == f"call {call['id']}: would be canceled\n"
    assert done.out == f"call {call['id']}: canceled\n"
    assert office.request_status(request) == "open"
    assert listed(office)[0]["outcome"] == "krank"


def test_a_canceled_call_cannot_fail(office: Office) -> None:
    silent(office)
    (call,) = planned(office)
    office.boona("call", call["id"], "canceled")

    said = office.boona("call", call["id"], "failed")

    assert (said.status, said.out) == (1, "")
    assert "canceled" in said.err


def test_a_moved_call_has_its_new_time_and_caller(office: Office) -> None:
    anna = add_caller(office, "Anna")
    silent(office)
    (first,) = planned(office)
    call = json.loads(office.boona("call", first["id"], "failed", "--json").out)["retry"]
    ben = add_caller(office, "Ben", "--hours", "")
    to = f"{call['scheduled_date']} 09:10"

    shown = office.boona("call", call["id"], "moved", "--to", to, "--caller", ben, "--dry-run")
    done = office.boona("call", call["id"], "moved", "--to", to, "--caller", ben, "--notes", "Praxis hat umgestellt")

    moved = next(each for each in listed(office) if each["id"] == call["id"])
    assert call["caller_id"] == anna
    assert shown.out == f"call {call['id']}: would be planned on {to}, by caller {ben}\n"
    assert done.out == f"call {call['id']}: planned on {to}, by caller {ben}\n"
    assert (moved["scheduled_time"], moved["caller_id"], moved["notes"]) == ("09:10", ben, "Praxis hat umgestellt")
    assert moved["revision"] > call["revision"]


def test_a_call_is_not_moved_into_another_and_the_reason_is_told(office: Office) -> None:
    first, second = silent(office)[0], silent(office, phone="030 99")[0]
    anna = add_caller(office, "Anna")
    calls = {call["therapist_id"]: call for call in planned(office)}
    taken = f"{calls[first]['scheduled_date']} {calls[first]['scheduled_time']}"

    said = office.boona("call", calls[second]["id"], "moved", "--to", taken, "--caller", anna)

    assert said.status == 1
    assert "not moved" in said.err
    assert "no free time in the phone hours" in said.err


def test_a_move_needs_a_time_or_a_caller_and_a_time_needs_its_date(office: Office) -> None:
    without, undated = office.boona("call", 1, "moved"), office.boona("call", 1, "moved", "--to", "09:10")

    assert (without.status, undated.status) == (2, 2)
    assert "--to" in without.err
    assert "has no date" in undated.err


# -- callers and closures ----------------------------------------------------------------------------------------------


def test_callers_are_added_with_hours_in_words_or_as_json(office: Office) -> None:
    in_words = office.boona("callers", "add", "Anna", "--hours", "Mo-Fr 8-12", "--breaks", "Mo 10-10:15", "--json")
    as_json = office.boona(
        "callers", "add", "Ben", "--hours", '{"monday": ["08:00-12:00"]}', "--absent", "2026-03-04..2026-03-06"
    )

    anna, ben = json.loads(office.boona("callers", "--json").out)["callers"]
    assert (in_words.status, as_json.status, as_json.out) == (0, 0, "caller 2: Ben\n")
    assert list(anna["working_hours"]) == ["monday", "tuesday", "wednesday", "thursday", "friday"]
    assert anna["breaks"] == {"monday": [{"start": "10:00", "end": "10:15"}]}
    assert ben["working_hours"] == {"monday": [{"start": "08:00", "end": "12:00"}]}
    assert ben["absences"] == [{"first": "2026-03-04", "first_day_back": "2026-03-07"}]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--hours", "Mo-Fr außer Feiertags", "not understood: Mo-Fr außer Feiertags"),
        ("--hours", '{"montag": []}', "montag: is not a weekday"),
        ("--hours", "{", "no JSON"),
        ("--absent", "2026-03-06..2026-03-04", "ends before it begins"),
        ("--absent", "bald", "expected a day such as 2026-03-02"),
    ],
)
def test_hours_that_are_not_understood_are_wrong_usage(office: Office, option: str, value: str, words: str) -> None:
    said = office.boona("callers", "add", "Anna", option, value)

    assert said.status == 2
    assert words in said.err
    assert office.one("SELECT count(*) FROM communication_service.callers") == 0


def test_callers_are_listed_in_a_table_and_without_any_a_sentence_says_what_that_means(office: Office) -> None:
    before = office.boona("callers")
    add_caller(office, "Anna", "--hours", "Mo 8-12", "--absent", "2026-03-04")

    after = office.boona("callers")

    assert "calls are planned for nobody in particular" in before.out
    assert re.search(r"1 +Anna +mon 08:00-12:00 +2026-03-04, back on 2026-03-05", after.out)


def test_an_absence_gives_the_planned_calls_to_somebody_else(office: Office) -> None:
    anna = add_caller(office, "Anna")
    silent(office)
    (call,) = planned(office)
    ben = add_caller(office, "Ben")
    day = call["scheduled_date"]

    shown = office.boona("callers", "change", anna, "--absent", day, "--dry-run")
    unchanged = listed(office)
    done = office.boona("callers", "change", anna, "--absent", day)

    assert shown.out == f"caller {anna}: would be changed\nwould be moved: call {call['id']}\n"
    assert [each["caller_id"] for each in unchanged] == [anna]
    assert done.out == f"caller {anna}: changed\nmoved: call {call['id']}\n"
    assert [each["caller_id"] for each in listed(office)] == [ben]


def test_what_is_not_told_about_a_caller_stays(office: Office) -> None:
    anna = add_caller(office, "Anna", "--hours", "Mo 8-12", "--absent", "2026-03-04")

    office.boona("callers", "change", anna, "--name", "Anna B.", "--absent", "2026-05-04")
    added = json.loads(office.boona("callers", "--json").out)["callers"]
    office.boona("callers", "change", anna, "--present", "--hours", "Di 8-12")
    (present,) = json.loads(office.boona("callers", "--json").out)["callers"]

    assert (added[0]["name"], len(added[0]["absences"])) == ("Anna B.", 2)
    assert list(added[0]["working_hours"]) == ["monday"]
    assert (list(present["working_hours"]), present["absences"]) == (["tuesday"], [])


def test_a_caller_who_is_removed_makes_no_calls_and_can_come_back(office: Office) -> None:
    anna = add_caller(office, "Anna")
    silent(office)
    (call,) = planned(office)

    removed = office.boona("callers", "remove", anna, "--json")
    gone = json.loads(office.boona("callers", "--json").out)["callers"]
    office.boona("callers", "change", anna, "--back")

    assert json.loads(removed.out)["caller"]["active"] is False
    assert [*json.loads(removed.out)["moved"], *json.loads(removed.out)["due_again"]] == [call["id"]]
    assert gone == []
    assert [each["id"] for each in json.loads(office.boona("callers", "--json").out)["callers"]] == [anna]


def test_the_calls_of_somebody_who_is_late_are_planned_anew(office: Office) -> None:
    anna = add_caller(office, "Anna")
    silent(office)
    (call,) = planned(office)

    said = office.boona("callers", "late", anna, "--until", f"{call['scheduled_date']} 23:59", "--json")

    assert said.status == 0
    assert [*json.loads(said.out)["moved"], *json.loads(said.out)["due_again"]] == [call["id"]]


def test_a_closed_day_has_no_calls_until_it_is_opened(office: Office) -> None:
    silent(office)
    (call,) = planned(office)
    day = call["scheduled_date"]

    shown = office.boona("closures", "add", day, "--dry-run")
    closed = office.boona("closures", "add", day, "--reason", "Betriebsausflug", "--json")
    days = office.boona("closures")
    opened = office.boona("closures", "remove", day)
    again = office.boona("closures", "remove", day)

    assert shown.out == f"{day}: would be closed\nwould be moved: call {call['id']}\n"
    assert json.loads(closed.out)["moved"] == [call["id"]]
    assert listed(office)[0]["scheduled_date"] > day
    assert re.search(rf"{day} +Betriebsausflug", days.out)
    assert (opened.status, opened.out) == (0, f"{day}: open for calls again\n")
    assert (again.status, again.err) == (1, f"boona: {day} is not closed by the agency\n")


def test_closures_are_listed_for_programs_within_the_days_that_are_asked_for(office: Office) -> None:
    office.boona("closures", "add", "2030-12-24")
    office.boona("closures", "add", "2030-12-31", "--reason", "Silvester")

    said = office.boona("closures", "list", "--from", "2030-12-25", "--to", "2030-12-31", "--json")

    assert json.loads(said.out) == {"closures": [{"day": "2030-12-31", "reason": "Silvester"}]}
    assert office.boona("closures", "list", "--to", "2030-12-01").out == "no closed days besides public holidays\n"


# -- why ---------------------------------------------------------------------------------------------------------------


def test_why_says_when_the_next_call_could_be(office: Office) -> None:
    anna = add_caller(office, "Anna")
    someone = therapist(office)

    people, program = office.boona("why", someone), office.boona("why", someone, "--json")

    found = json.loads(program.out)["next_call"]
    assert found["caller_ids"] == [anna]
    assert found["duration_minutes"] == 5
    assert re.search(rf"the next call could be on \d{{4}}-\d\d-\d\d \d\d:\d\d, by caller {anna}\n", people.out)


def test_why_says_that_no_time_is_free(office: Office) -> None:
    add_caller(office, "Anna", "--hours", "")
    someone = therapist(office)

    people, program = office.boona("why", someone), office.boona("why", someone, "--json")

    assert "no call within the horizon of the plan: no free time in the phone hours" in people.out
    assert json.loads(program.out)["next_call"] == {"reason": "no_free_slot"}


def test_why_names_the_call_that_is_planned(office: Office) -> None:
    someone, _ = silent(office)
    (call,) = planned(office)

    people, program = office.boona("why", someone), office.boona("why", someone, "--json")

    explained = json.loads(program.out)
    assert [each["id"] for each in explained["planned_calls"]] == [call["id"]]
    assert explained["next_call"]["scheduled_date"] >= explained["decisions"]["phone"]["next_allowed_on"]
    assert re.search(rf"{call['id']} +{call['scheduled_date']} {call['scheduled_time']} +silent email +1", people.out)


def test_why_has_no_next_call_where_no_day_helps(office: Office) -> None:
    said = office.boona("why", therapist(office, phone=None), "--json")

    assert json.loads(said.out)["next_call"] is None
