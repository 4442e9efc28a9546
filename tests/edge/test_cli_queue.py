"""The commands that send what is queued, and those by which a person decides about one email."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from boona_core.emails import EmailState
from tests.edge.office import Office
from tests.sink import Rule, Sink

NOW = datetime.now(UTC)
YESTERDAY = (NOW - timedelta(days=1)).date()


def queued(office: Office, number: int) -> None:
    """Plan so many emails."""
    patient = office.seed.patient()
    for _ in range(number):
        office.seed.request(patient, office.seed.therapist())
    assert office.boona("plan", "emails").status == 0


def test_what_is_queued_is_sent_and_a_second_run_sends_nothing(office: Office, sink: Sink) -> None:
    queued(office, 3)

    first = office.boona("send")
    second = office.boona("send", "--json")

    assert (first.status, first.out, first.err) == (0, "3 emails sent\n", "")
    assert second.status == 0
    assert json.loads(second.out) == {
        "sent": 0,
        "failed": 0,
        "deferred": 0,
        "uncertain": 0,
        "canceled": 0,
        "pause": None,
        "hold": None,
    }
    assert len(sink.accepted()) == 3


def test_several_connections_send_every_email_once(office: Office, sink: Sink) -> None:
    queued(office, 12)
    sink.behave(delay_reply=0.05)

    said = office.boona("send", "--connections", "4", "--json", BOONA_SENDING__CLAIM_SIZE="1")

    accepted = sink.accepted()
    assert json.loads(said.out)["sent"] == 12
    assert len({message.message_id for message in accepted}) == len(accepted) == 12
    assert len({message.connection for message in accepted}) > 1


def test_showing_the_queue_sends_nothing(office: Office, sink: Sink) -> None:
    queued(office, 2)

    people, program = office.boona("send", "--dry-run"), office.boona("send", "--dry-run", "--json")

    assert people.out == "2 emails in the queue; nothing was sent\n"
    assert json.loads(program.out) == {"queued": 2, "dry_run": True}
    assert sink.accepted() == []


def test_a_mail_server_that_fails_ends_with_1_and_its_own_words(office: Office, sink: Sink) -> None:
    queued(office, 2)
    sink.behave(rules=(Rule(at="greeting", reply="421 4.3.2 closed for today", close=True),))

    said = office.boona("send")

    assert said.status == 1
    assert said.out == "0 emails sent\n"
    assert "closed for today" in said.err
    assert "boona doctor" in said.err
    assert office.one("SELECT count(*) FROM communication_service.emails WHERE status = 'queued'") == 2


def test_a_person_who_sends_again_does_not_wait_for_the_pause(office: Office, sink: Sink) -> None:
    queued(office, 1)
    sink.behave(rules=(Rule(at="greeting", reply="421 4.3.2 closed for today", close=True, times=1),))

    first, second = office.boona("send"), office.boona("send")

    assert (first.status, second.status) == (1, 0)
    assert len(sink.accepted()) == 1


def test_a_refused_recipient_is_told_and_the_others_are_sent(office: Office, sink: Sink) -> None:
    queued(office, 2)
    sink.behave(rules=(Rule(at="rcpt", reply="550 5.1.1 no such user", times=1),))

    said = office.boona("send")

    assert said.status == 0
    assert said.out.splitlines() == ["1 email sent", "1 refused for good: see `boona emails --status failed`"]
    assert "550 5.1.1 no such user" in office.boona("emails", "--status", "failed").out


def test_all_mail_can_go_to_one_address(office: Office, sink: Sink) -> None:
    queued(office, 2)

    said = office.boona("send", BOONA_SMTP__REDIRECT_TO="me@example.org")

    assert said.status == 0
    assert [message.recipients for message in sink.accepted()] == [("me@example.org",)] * 2


def test_a_process_that_dies_after_the_marker_leaves_the_email_to_the_lease(office: Office, sink: Sink) -> None:
    queued(office, 2)

    died = office.process("send", BOONA_FAULTS="marker_committed:kill@2")

    sink.wait_until_idle()
    assert died.status == -signal.SIGKILL
    assert len(sink.accepted()) == 1
    assert office.one("SELECT count(*) FROM communication_service.emails WHERE status = 'sent'") == 1
    assert office.one("SELECT count(*) FROM communication_service.emails WHERE status = 'sending'") == 1


def test_a_person_who_watches_sees_a_bar(office: Office) -> None:
    queued(office, 2)
    terminal, screen = pty.openpty()
    command = [sys.executable, "-m", "boona_adapters.cli", "send"]

    with subprocess.Popen(command, env=office.plain_environ({}), stdout=subprocess.PIPE, stderr=screen) as process:
        os.close(screen)
        shown = b"".join(iter(lambda: _read(terminal), b""))
        out, _ = process.communicate(timeout=60)
    os.close(terminal)

    assert out == b"2 emails sent\n"
    assert b"sending" in shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # nobody holds the other end any more
        return b""


def test_a_signal_ends_after_the_email_in_hand_and_the_rest_stays_queued(office: Office, sink: Sink) -> None:
    queued(office, 5)
    sink.behave(delay_reply=1.0)
    command = [sys.executable, "-m", "boona_adapters.cli", "send"]

    with subprocess.Popen(command, env=office.plain_environ({}), stderr=subprocess.PIPE, text=True) as process:
        _wait_for_the_first(sink)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)

    sent = office.one("SELECT count(*) FROM communication_service.emails WHERE status = 'sent'")
    waiting = office.one("SELECT count(*) FROM communication_service.emails WHERE status = 'queued'")
    assert process.returncode == 1
    assert err == "boona: stopped; what was not sent stays queued\n"
    assert sent == len(sink.accepted()) < 5
    assert sent + waiting == 5


def _wait_for_the_first(sink: Sink) -> None:
    deadline = time.monotonic() + 60
    while not sink.accepted():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_emails_are_listed_with_what_waits_for_a_person(office: Office) -> None:
    therapist = office.seed.therapist()
    failed = office.seed.email(therapist, state=EmailState.FAILED, error_message="554 too late")
    uncertain = office.seed.email(therapist, state=EmailState.UNCERTAIN)

    said = office.boona("emails")

    assert said.status == 0
    assert "all: 1 failed, 1 uncertain" in said.out
    assert "1 email uncertain, to be settled: `boona settle`" in said.out
    assert "1 email failed, to be looked at" in said.out
    assert "554 too late" in said.out
    rows = [line.split()[0] for line in said.out.splitlines() if "554 too late" in line or "uncertain  " in line]
    assert rows == [str(uncertain), str(failed)]


def test_emails_are_chosen_by_status_therapist_and_plan(office: Office) -> None:
    one, other = office.seed.therapist(), office.seed.therapist()
    mine = office.seed.email(one, state=EmailState.CLAIMED, batch_id="plan-1")
    office.seed.email(other, state=EmailState.CLAIMED, batch_id="plan-1")
    office.seed.email(one, state=EmailState.SENT, batch_id="plan-1")
    office.seed.email(one, state=EmailState.HANDOFF, batch_id="plan-2")

    said = office.boona(
        "emails", "--status", "sending", "--therapist", one, "--batch", "plan-1", "--limit", "10", "--json"
    )

    listed = json.loads(said.out)
    assert [(email["id"], email["status"]) for email in listed["emails"]] == [(mine, "sending")]
    assert listed["counts"] == {"sending": 3, "sent": 1}


def test_a_long_list_goes_on_after_its_last_row(office: Office) -> None:
    therapist = office.seed.therapist()
    first, second, third = (office.seed.email(therapist, state=EmailState.SENT) for _ in range(3))

    page = json.loads(office.boona("emails", "--limit", "2", "--json").out)["emails"]
    rest = json.loads(office.boona("emails", "--after", page[-1]["id"], "--json").out)["emails"]

    assert [email["id"] for email in page] == [third, second]
    assert [email["id"] for email in rest] == [first]


def test_one_email_is_shown_as_it_reads(office: Office) -> None:
    request = office.seed.request(None, therapist := office.seed.therapist())
    email = office.seed.email(therapist, [request], subject="Anfrage", body_text="Guten Tag\x1b[2J")

    people, program = office.boona("emails", email), office.boona("emails", email, "--json")

    assert "Subject: Anfrage" in people.out
    assert f"Requests: {request}" in people.out
    assert "Guten Tag [2J" in people.out
    shown = json.loads(program.out)
    assert (shown["id"], shown["subject"]) == (email, "Anfrage")
    assert shown["batches"][0]["placement_request_id"] == request


def drafts(office: Office, number: int) -> list[int]:
    """So many drafts, each with one open request, of one plan."""
    requests = [office.seed.request(None, office.seed.therapist()) for _ in range(number)]
    assert office.boona("plan", "emails", BOONA_APPROVAL="on").status == 0
    question = "SELECT email_id FROM communication_service.email_batches WHERE placement_request_id = :id"
    return [int(office.one(question, id=request)) for request in requests]


def test_a_draft_is_queued_by_a_person(office: Office) -> None:
    (email,) = drafts(office, 1)

    said = office.boona("queue", email)

    assert (said.status, said.out, said.err) == (0, f"email {email}: queued\n", "")
    assert office.state_of(email) is EmailState.QUEUED


def test_showing_what_queuing_would_do_does_nothing(office: Office) -> None:
    (email,) = drafts(office, 1)

    said = office.boona("queue", email, "--dry-run", "--json")

    answer = json.loads(said.out)
    assert (answer["dry_run"], answer["emails"][0]["queued"]) == (True, True)
    assert office.state_of(email) is EmailState.DRAFT


def test_what_is_not_queued_is_told_with_every_reason_and_the_others_are_queued(office: Office) -> None:
    held, free = drafts(office, 2)
    therapist = office.one("SELECT therapist_id FROM communication_service.emails WHERE id = :id", id=held)
    office.seed.sent_email(therapist, on=YESTERDAY)

    said = office.boona("queue", held, free, "99999")

    again_on = YESTERDAY + timedelta(days=7)
    assert said.status == 1
    assert said.out == f"email {free}: queued\n"
    assert f"email {held}: not queued; allowed on {again_on}" in said.err
    assert f"- an email went out lately (until {again_on})" in said.err
    assert "email 99999: not queued: no email has the id 99999" in said.err
    assert office.state_of(held) is EmailState.DRAFT


def test_a_person_overrides_the_interval_with_a_reason(office: Office) -> None:
    (email,) = drafts(office, 1)
    therapist = office.one("SELECT therapist_id FROM communication_service.emails WHERE id = :id", id=email)
    office.seed.sent_email(therapist, on=YESTERDAY)

    said = office.boona("queue", email, "--override", "sie hat darum gebeten")

    assert said.status == 0
    assert said.out == f"email {email}: queued, overriding email_interval, mailbox_interval\n"
    assert "because: sie hat darum gebeten" in office.boona("emails", email).out


def test_an_override_without_a_reason_is_refused(office: Office) -> None:
    (email,) = drafts(office, 1)

    assert office.boona("queue", email, "--override", " ").status == 1
    assert office.state_of(email) is EmailState.DRAFT


def uncertain(office: Office) -> tuple[int, int]:
    """An email that nobody knows about, and its request."""
    therapist = office.seed.therapist()
    request = office.seed.request(None, therapist)
    email = office.seed.queued_email(
        therapist, [request], state=EmailState.UNCERTAIN, marked_on=YESTERDAY, marked_at=NOW - timedelta(days=1)
    )
    return email, request


def test_an_uncertain_email_is_settled_as_sent(office: Office) -> None:
    email, request = uncertain(office)

    said = office.boona("settle", email, "sent")

    assert (said.status, said.out) == (0, f"email {email}: settled: sent\n")
    assert office.state_of(email) is EmailState.SENT
    assert office.request_status(request) == "in_progress"


def test_an_uncertain_email_is_dropped_and_its_requests_are_open(office: Office) -> None:
    email, request = uncertain(office)

    said = office.boona("settle", email, "drop", "--json")

    assert json.loads(said.out) == {"email_id": email, "settlement": "drop", "dry_run": False, "queuing": None}
    assert office.state_of(email) is EmailState.FAILED
    assert office.request_status(request) == "open"


def test_an_uncertain_email_is_sent_again_under_the_same_message_id(office: Office, sink: Sink) -> None:
    email, _ = uncertain(office)

    said = office.boona("settle", email, "again", "--json")
    office.boona("send")

    assert said.status == 0
    assert json.loads(said.out)["queuing"]["queued"] is True
    assert office.state_of(email) is EmailState.SENT
    assert len(sink.accepted()) == 1


def test_an_email_that_may_not_be_sent_again_stays_and_says_why(office: Office) -> None:
    therapist = office.seed.therapist()
    email = office.seed.email(therapist, state=EmailState.FAILED)
    office.seed.sent_email(therapist, on=YESTERDAY)

    said = office.boona("settle", email, "again")

    assert said.status == 1
    assert f"email {email}: not queued" in said.err
    assert office.state_of(email) is EmailState.FAILED


def test_showing_a_settlement_changes_nothing(office: Office) -> None:
    email, _ = uncertain(office)

    said = office.boona("settle", email, "sent", "--dry-run")

    assert said.out == f"email {email}: would be settled: sent\n"
    assert office.state_of(email) is EmailState.UNCERTAIN


def test_a_sent_email_cannot_be_settled(office: Office) -> None:
    email = office.seed.sent_email(office.seed.therapist(), on=YESTERDAY)

    said = office.boona("settle", email, "sent")

    assert (said.status, said.out) == (1, "")
    assert said.err == f"boona: email {email} is sent: it cannot be found to have arrived\n"


def test_a_queued_email_is_canceled_and_its_requests_are_open(office: Office) -> None:
    request = office.seed.request(None, therapist := office.seed.therapist())
    email = office.seed.queued_email(therapist, [request])

    shown = office.boona("cancel", email, "--dry-run")
    before = office.state_of(email)
    said = office.boona("cancel", email, "--json")

    assert (shown.out, before) == (f"email {email}: would be canceled\n", EmailState.QUEUED)
    assert json.loads(said.out) == {"email_id": email, "canceled": True, "dry_run": False}
    assert office.state_of(email) is EmailState.CANCELED
    assert office.request_status(request) == "open"


def test_a_request_that_is_released_leaves_its_email(office: Office) -> None:
    queued(office, 1)
    request = office.one("SELECT id FROM matching_service.placement_requests")
    email = office.one("SELECT id FROM communication_service.emails")

    shown = office.boona("release", request, "--dry-run")
    before = office.request_status(request)
    said = office.boona("release", request)
    again = office.boona("release", request, "--json")

    assert (shown.out, before) == (f"placement request {request}: would be open again\n", "in_progress")
    assert (said.status, said.out) == (0, f"placement request {request}: open again\n")
    assert (again.status, again.out) == (1, "")
    assert office.request_status(request) == "open"
    assert office.state_of(email) is EmailState.CANCELED
