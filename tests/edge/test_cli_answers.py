"""The commands that record what a therapist said, confirm it and take a placement back."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from boona_core.emails import EmailState
from boona_core.ids import EmailId, PlacementRequestId
from boona_core.therapists import TherapistStatus
from tests.edge.office import Office, office_on

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()
LAST_WEEK = YESTERDAY - timedelta(days=7)


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as ready:
        yield ready


def sent(office: Office, size: int = 3) -> tuple[EmailId, list[PlacementRequestId]]:
    therapist = office.seed.therapist(phone="030 12345")
    requests = [office.seed.request(None, therapist) for _ in range(size)]
    return office.seed.sent_email(therapist, requests, on=LAST_WEEK), requests


def statuses(office: Office, requests: list[PlacementRequestId]) -> list[str]:
    return [office.request_status(request) for request in requests]


def patient_of(office: Office, request: PlacementRequestId) -> int:
    return int(office.one("SELECT patient_id FROM matching_service.placement_requests WHERE id = :id", id=request))


def sent_to_two(office: Office) -> tuple[list[EmailId], list[PlacementRequestId]]:
    therapists = [office.seed.therapist(), office.seed.therapist()]
    patient = office.seed.patient()
    requests = [office.seed.request(patient, each) for each in therapists]
    emails = [office.seed.sent_email(t, [r], on=LAST_WEEK) for t, r in zip(therapists, requests, strict=True)]
    return emails, requests


def test_an_answer_is_recorded_by_the_numbers_of_the_letter(office: Office) -> None:
    email, requests = sent(office, 4)

    said = office.boona("answer", email, "--accept", "1,3", "--reject", "2", "--on", str(YESTERDAY))

    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines() == [
        f"email {email}: answer of {YESTERDAY} recorded",
        f"  request {requests[0]}: accepted",
        f"  request {requests[1]}: rejected",
        f"  request {requests[2]}: accepted",
        f"  request {requests[3]}: open",
        f"  patient {patient_of(office, requests[0])} has a place",
        f"  patient {patient_of(office, requests[2])} has a place",
        f"  to thank for it: `boona confirm {email}`",
    ]
    assert statuses(office, requests) == ["accepted", "rejected", "accepted", "open"]
    assert office.one("SELECT response_date FROM communication_service.emails") == YESTERDAY


def test_an_answer_for_programs_names_all_that_followed(office: Office) -> None:
    email, requests = sent(office, 2)

    said = office.boona("answer", email, "--accept", "1", "--follow-up", "2", "--retry-after", "2030-01-07", "--json")

    answered = json.loads(said.out)
    assert answered["outcomes"] == [
        {"request_id": requests[0], "outcome": "accepted"},
        {"request_id": requests[1], "outcome": "needs_follow_up"},
    ]
    assert answered["moved"] == [{"request_id": requests[0], "status": "accepted"}]
    assert answered["placed"] == [patient_of(office, requests[0])]
    assert (answered["confirmation_offered"], answered["for_person"], answered["dry_run"]) == (True, False, False)
    asked = office.one("SELECT call_asked_from FROM matching_service.placement_requests WHERE id = :id", id=requests[1])
    assert str(asked) == "2030-01-07"


def test_an_answer_that_is_only_shown_changes_nothing(office: Office) -> None:
    email, requests = sent(office, 1)

    said = office.boona("answer", email, "--accept", "1", "--dry-run")

    assert "would be recorded" in said.out
    assert statuses(office, requests) == ["in_progress"]


def test_the_words_of_an_answer_come_from_a_file(office: Office, tmp_path: Path) -> None:
    email, _ = sent(office, 1)
    words = tmp_path / "antwort.txt"
    words.write_text("Schöne Grüße, ich überlege noch.", encoding="utf-8")

    said = office.boona("answer", email, "--text", str(words), "--note", "ruft an")

    assert "it waits for a person" in said.out
    assert "Schöne" not in said.out + said.err
    kept = office.one("SELECT response_content FROM communication_service.emails")
    assert kept == "Schöne Grüße, ich überlege noch."
    assert office.one("SELECT follow_up_notes FROM communication_service.emails") == "ruft an"


def test_a_file_that_is_no_text_is_refused(office: Office, tmp_path: Path) -> None:
    email, _ = sent(office, 1)
    words = tmp_path / "antwort.bin"
    words.write_bytes(b"\xff\xfe\x00\xd8")

    said = office.boona("answer", email, "--text", str(words))

    assert said.status == 2
    assert "is not text in UTF-8" in said.err


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--accept", "eins"), "expected numbers of the letter such as 1,3"),
        (("--accept", "0"), "expected numbers of the letter"),
        (("--accept", "1,"), "expected numbers of the letter"),
        (("--accept", "1", "--on", "gestern"), "expected a day such as 2026-03-02"),
        (("--accept", "1", "--retry-after", "2030-01-07"), "--retry-after needs --follow-up"),
        (("--done", "--accept", "1"), "--done goes alone"),
    ],
)
def test_wrong_usage_of_answer_is_told(office: Office, arguments: tuple[str, ...], fault: str) -> None:
    said = office.boona("answer", 1, *arguments)

    assert said.status == 2
    assert fault in said.err


def test_a_number_that_is_not_in_the_letter_is_named(office: Office) -> None:
    email, requests = sent(office, 2)

    said = office.boona("answer", email, "--accept", "3")

    assert said.status == 1
    assert f"3 is not in the letter of email {email}: it has the numbers 1 to 2" in said.err
    assert statuses(office, requests) == ["in_progress", "in_progress"]


def test_an_answer_to_an_unknown_email_fails(office: Office) -> None:
    said = office.boona("answer", 77, "--accept", "1")

    assert (said.status, said.err) == (1, "boona: no email has the id 77\n")


def test_what_waits_for_a_person_stands_below_the_emails(office: Office) -> None:
    unread, _ = sent(office, 1)
    office.boona("answer", unread)
    emails, requests = sent_to_two(office)
    office.boona("answer", emails[0], "--accept", "1")
    late = office.boona("answer", emails[1], "--accept", "1")

    listed = office.boona("emails")

    assert "accepted too late" in late.err
    assert f"1 answer without an outcome, to be read: emails {unread}" in listed.out
    assert f"(request {requests[1]}, canceled, placed by request {requests[0]})" in listed.out


def test_what_waits_for_a_person_is_told_to_programs(office: Office) -> None:
    unread, _ = sent(office, 1)
    office.boona("answer", unread)
    emails, requests = sent_to_two(office)
    office.boona("answer", emails[0], "--accept", "1")
    office.boona("answer", emails[1], "--accept", "1", "--on", str(YESTERDAY))

    answers = json.loads(office.boona("emails", "--json").out)["answers"]

    (late,) = answers["late_acceptances"]
    assert answers["without_outcome"] == [unread]
    assert (late["request_id"], late["placed_by_request_id"]) == (requests[1], requests[0])
    assert (late["status"], late["answered_on"]) == ("canceled", str(YESTERDAY))


def test_what_a_person_has_seen_waits_no_longer(office: Office) -> None:
    email, _ = sent(office, 1)
    office.boona("answer", email)

    said = office.boona("answer", email, "--done")

    assert said.out == f"email {email}: its answer waits for nobody any more\n"
    assert json.loads(office.boona("emails", "--json").out)["answers"]["without_outcome"] == []


def test_an_answered_email_shows_its_answer(office: Office) -> None:
    email, _ = sent(office, 2)
    office.boona("answer", email, "--accept", "2", "--on", str(YESTERDAY))

    shown = office.boona("emails", email).out
    told = json.loads(office.boona("emails", email, "--json").out)

    assert f"Answered: {YESTERDAY}: 2 accepted" in shown
    assert [batch["response_outcome"] for batch in told["batches"]] == [None, "accepted"]
    assert (told["response_received"], told["response_date"]) == (True, str(YESTERDAY))


def test_a_confirmation_is_released_once(office: Office) -> None:
    email, _ = sent(office, 3)
    office.boona("answer", email, "--accept", "1,3")

    tried = office.boona("confirm", email, "--dry-run")
    released = office.boona("confirm", email)
    again = office.boona("confirm", email)

    own = office.one("SELECT id FROM communication_service.emails WHERE answered_email_id = :id", id=email)
    assert tried.out == f"email {email}: confirmation of numbers 1, 3 would be queued\n"
    assert released.out == f"email {email}: confirmation of numbers 1, 3 queued as email {own}\n"
    assert (again.status, f"confirmed by email {own}" in again.err) == (1, True)
    assert office.state_of(own) is EmailState.QUEUED


def test_a_confirmation_for_programs_names_its_email(office: Office) -> None:
    email, _ = sent(office, 1)
    office.boona("answer", email, "--accept", "1")

    released = json.loads(office.boona("confirm", email, "--json").out)

    own = office.one("SELECT id FROM communication_service.emails WHERE answered_email_id = :id", id=email)
    assert (released["email_id"], released["confirmation_id"], released["numbers"]) == (email, own, [1])
    assert released["queued"]


def test_a_therapist_who_is_not_to_be_written_to_gets_no_confirmation(office: Office) -> None:
    therapist = office.seed.therapist(status=TherapistStatus.INACTIVE)
    request = office.seed.request(None, therapist)
    email = office.seed.sent_email(therapist, [request], on=LAST_WEEK)
    office.boona("answer", email, "--accept", "1")

    said = office.boona("confirm", email)

    assert said.status == 1
    assert said.err == f"boona: email {email}: not confirmed; allowed on no day\nboona:   - the therapist is inactive\n"


def test_a_placement_is_undone(office: Office) -> None:
    emails, requests = sent_to_two(office)
    office.boona("answer", emails[0], "--accept", "1")
    patient = patient_of(office, requests[0])

    tried = office.boona("undo", requests[0], "--dry-run")
    undone = office.boona("undo", requests[0])

    assert tried.out.startswith(f"placement request {requests[0]}: patient {patient} would search again\n")
    assert undone.out == (
        f"placement request {requests[0]}: patient {patient} searches again\n  request {requests[1]}: in_progress\n"
    )
    assert statuses(office, requests) == ["open", "in_progress"]
    assert office.one("SELECT status FROM patient_service.patients WHERE id = :id", id=patient) == "searching"


def test_an_undoing_for_programs_names_what_is_as_before(office: Office) -> None:
    emails, requests = sent_to_two(office)
    office.boona("answer", emails[0], "--accept", "1")

    undone = json.loads(office.boona("undo", requests[0], "--json").out)

    assert undone == {
        "request_id": requests[0],
        "patient_id": patient_of(office, requests[0]),
        "dry_run": False,
        "restored": [{"request_id": requests[1], "status": "in_progress"}],
    }


def test_what_places_nobody_cannot_be_undone(office: Office) -> None:
    _, (request,) = sent(office, 1)

    said = office.boona("undo", request)

    assert said.status == 1
    assert "places nobody: it cannot be undone" in said.err
