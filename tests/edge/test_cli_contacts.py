"""The commands that plan contacts and explain them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from boona_core.emails import EmailState
from boona_core.therapists import TherapistStatus
from boona_core.windows import WeeklyWindows
from tests.edge.office import Office, office_on

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()
OFFICE_HOURS = WeeklyWindows.from_json({"monday": ["09:00-12:00"], "thursday": ["09:00-12:00"]})


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as ready:
        yield ready


def test_a_plan_says_what_and_what_not_and_why(office: Office) -> None:
    free, blocked = office.seed.therapist(), office.seed.therapist(status=TherapistStatus.BLOCKED)
    office.seed.request(None, free)
    office.seed.request(None, free)
    office.seed.request(None, blocked)

    said = office.boona("plan", "emails")

    lines = [line.split() for line in said.out.splitlines()]
    assert (said.status, said.err) == (0, "")
    assert "1 email with 2 patients queued (plan-" in said.out
    assert [str(free), "2", "batch_request"] in lines
    assert "No email today to 1 therapist with waiting requests:" in said.out
    assert ["the", "therapist", "is", "blocked", "1", "1", "no", "day"] in lines
    assert [str(blocked), "1", "blocked", "no", "day"] in lines


def test_a_plan_for_programs_names_every_email_and_every_refusal(office: Office) -> None:
    free, waiting = office.seed.therapist(), office.seed.therapist()
    requests = [office.seed.request(None, free), office.seed.request(None, free)]
    office.seed.sent_email(waiting, on=YESTERDAY)
    office.seed.request(None, waiting)

    said = office.boona("plan", "emails", "--json")

    plan = json.loads(said.out)
    again_on = str(YESTERDAY + timedelta(days=7))
    assert said.status == 0
    assert plan["emails"] == [{"therapist_id": free, "request_ids": requests, "template": "batch_request"}]
    assert plan["refusals"][0]["therapist_id"] == waiting
    assert {"reason": "email_interval", "until": again_on} in plan["refusals"][0]["reasons"]
    assert plan["refusals"][0]["next_allowed_on"] == again_on
    assert (plan["dry_run"], plan["drafts"], plan["unwritable"], plan["taken"]) == (False, False, [], [])
    assert 1 <= len(plan["batch_id"]) <= 50


def test_a_plan_that_is_only_shown_changes_nothing(office: Office) -> None:
    request = office.seed.request(None, office.seed.therapist())

    said = office.boona("plan", "emails", "--dry-run")

    assert said.status == 0
    assert "1 email with 1 patient would be queued" in said.out
    assert office.request_status(request) == "open"
    assert office.one("SELECT count(*) FROM communication_service.emails") == 0


def test_a_plan_under_approval_lays_drafts_before_a_person(office: Office) -> None:
    office.seed.request(None, office.seed.therapist())

    said = office.boona("plan", "emails", BOONA_APPROVAL="on")

    assert "laid before you as drafts" in said.out
    assert office.one("SELECT status FROM communication_service.emails") == EmailState.DRAFT


def test_a_plan_follows_the_policy_of_the_settings(office: Office) -> None:
    therapist = office.seed.therapist()
    office.seed.request(None, therapist)
    office.seed.request(None, therapist)

    said = office.boona("plan", "emails", "--json", BOONA_POLICY__MAX_REQUESTS_PER_EMAIL="1")

    assert len(json.loads(said.out)["emails"][0]["request_ids"]) == 1
    assert json.loads(said.out)["left_over"] == 1


def test_an_email_that_cannot_be_written_is_named_and_the_others_are_queued(office: Office) -> None:
    good, bad = office.seed.therapist(), office.seed.therapist(email="nobody")
    office.seed.request(None, good)
    office.seed.request(None, bad)

    said = office.boona("plan", "emails")

    assert said.status == 0
    assert said.err == "boona: 1 email could not be written: correct the data named\n"
    assert "Could not be written:" in said.out
    assert office.one("SELECT therapist_id FROM communication_service.emails") == good


def test_a_long_plan_shows_its_beginning_and_how_much_there_is_more(office: Office) -> None:
    therapists = [office.seed.therapist() for _ in range(25)]
    patient = office.seed.patient()
    made = [office.seed.request(patient, therapist) for therapist in therapists]

    short = office.boona("plan", "emails", "--dry-run").out
    whole = office.boona("plan", "emails", "--dry-run", "--all").out

    assert len(made) == 25
    assert short.count("initial_contact") == 20
    assert "… and 5 more (--all shows every one)" in short
    assert whole.count("initial_contact") == 25


def test_why_names_the_decision_of_each_channel_with_all_reasons(office: Office) -> None:
    therapist = office.seed.therapist(status=TherapistStatus.INACTIVE, mailbox_id=None, phone="030 12345")

    said = office.boona("why", therapist)

    assert (said.status, said.err) == (0, "")
    assert "email: not today; next allowed on no day\n  - the therapist is inactive\n  - no email address\n" in said.out
    assert "phone: not today; next allowed on no day" in said.out
    assert "no request could go out" in said.out


def test_why_names_the_next_requests_and_the_others(office: Office) -> None:
    therapist = office.seed.therapist(phone="030 12345", phone_hours=OFFICE_HOURS)
    patient = office.seed.patient()
    excluded = office.seed.request(office.seed.patient(excluded_therapists=(therapist,)), therapist)
    chosen = office.seed.request(patient, therapist)

    said = office.boona("why", therapist)

    assert "email: allowed today" in said.out
    assert "phone: allowed today" in said.out
    assert f"the next email would hold the requests: {chosen}\n" in said.out
    assert f"{excluded}".rjust(7) + "   the patient does not want this therapist" in said.out


def test_why_for_programs(office: Office) -> None:
    therapist = office.seed.therapist()
    request = office.seed.request(None, therapist)
    email = office.seed.queued_email(therapist, [request])

    said = office.boona("why", therapist, "--json")

    answer = json.loads(said.out)
    assert answer["therapist_id"] == therapist
    assert answer["decisions"]["email"] == {
        "allowed": False,
        "next_allowed_on": None,
        "reasons": [{"reason": "email_outstanding", "until": None}],
        "ahead": [],
    }
    assert answer["next_requests"] == []
    assert answer["other_requests"][0]["request_id"] == request
    assert [each["id"] for each in answer["outstanding"]] == [email]


def test_a_terminal_that_knows_few_letters_is_no_fault(office: Office) -> None:
    patient = office.seed.patient()
    made = [office.seed.request(patient, office.seed.therapist()) for _ in range(21)]

    said = office.process("plan", "emails", "--dry-run", PYTHONIOENCODING="latin-1")

    assert len(made) == 21
    assert (said.status, said.err) == (0, "")
    assert "\\u2026 and 1 more" in said.out


def test_why_of_nobody_is_one_line(office: Office) -> None:
    said = office.boona("why", "99999")

    assert (said.status, said.out, said.err) == (1, "", "boona: no therapist has the id 99999\n")
