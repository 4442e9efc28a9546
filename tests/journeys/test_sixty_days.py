"""Sixty days of an agency, a run every day: everybody is written to every seventh day, whatever the clocks do."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from boona_core.contact import Channel, Reason
from boona_core.emails import EmailState
from boona_core.ids import TherapistId
from boona_core.usecases.sending import Drained
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.journeys.virtual import Agency, agency_on, on_the_wall, parsed_messages
from tests.sink import Sink, running_sink
from tests.usecases.house import House, house

DAYS = 60
SPRING = date(2026, 2, 27)
"""Thirty days before the clocks go forward, on 29 March."""
AUTUMN = date(2026, 9, 25)
"""Thirty days before they go back, on 25 October."""
NEW_YEAR = date(2026, 12, 2)
"""Thirty days before the first day of 2027."""
EIGHT = time(8)
HOURS = WeeklyWindows({Weekday.TUESDAY: (Window(9 * 60, 12 * 60),)})


def days_of(first: date) -> list[date]:
    """Sixty days from *first* on."""
    return [first + timedelta(days=number) for number in range(DAYS)]


def every_seventh(first: date, last: date) -> list[date]:
    """*first* and each seventh day after it, up to *last*."""
    return [first + timedelta(days=number) for number in range(0, (last - first).days + 1, 7)]


def runs_every_day(agency: House, first: date, hour: time) -> dict[str, list[date]]:
    """A run on each of sixty days; on which days each address got an email."""
    got: dict[str, list[date]] = {}
    for day in days_of(first):
        agency.clock.now = on_the_wall(day, hour)
        agency.plan()
        agency.drain()
        for letter in agency.server.delivered:
            got.setdefault(letter.recipient, []).append(day)
        agency.server.delivered.clear()
    return got


def work_comes_in_every_day(
    agency: House, first: date
) -> tuple[dict[TherapistId, date], dict[TherapistId, list[date]]]:
    """On each day a new therapist has work: the day of each one's first work, and the days of the emails."""
    began: dict[TherapistId, date] = {}
    got: dict[TherapistId, list[date]] = {}
    for day in days_of(first):
        agency.clock.now = on_the_wall(day, EIGHT)
        therapist = agency.seed.therapist()
        agency.seed.request(None, therapist)
        began[therapist] = day
        run = agency.plan()
        sent = agency.drain().sent
        assert sent == len(run.plan.emails)
        for email in run.plan.emails:
            got.setdefault(email.therapist_id, []).append(day)
    return began, got


def runs_that_drift(agency: House, first: date) -> list[date]:
    """Runs that begin some minutes late each day, and take their time; the days of the emails."""
    got: list[date] = []
    for number, day in enumerate(days_of(first)):
        agency.clock.now = on_the_wall(day, time(8, number * 37 % 60))
        agency.plan()
        agency.clock.passes(minutes=number * 13 % 50)
        got += [day] * agency.drain().sent
    return got


# -- on the memory adapter ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hour", [EIGHT, time(0), time(2, 30), time(23, 59, 59)], ids=str)
@pytest.mark.parametrize("first", [SPRING, AUTUMN, NEW_YEAR], ids=str)
def test_everybody_with_work_and_without_phone_hours_is_written_to_every_seventh_day(first: date, hour: time) -> None:
    agency = house()
    kinds: list[dict[str, Any]] = [{}, {"phone": "030 1"}, {"phone": "030 1", "phone_hours": WeeklyWindows()}]
    therapists = [
        agency.seed.therapist(email=f"praxis{number}@example.org", **kinds[number % 3]) for number in range(6)
    ]
    [agency.seed.request(None, therapist) for therapist in therapists for _ in range(2)]

    got = runs_every_day(agency, first, hour)

    expected = every_seventh(first, days_of(first)[-1])
    assert got == {f"praxis{number}@example.org": expected for number in range(6)}


@pytest.mark.parametrize("first", [SPRING, AUTUMN, NEW_YEAR], ids=str)
def test_whatever_the_weekday_on_which_work_came_in_the_week_is_kept_from_there(first: date) -> None:
    agency = house()

    began, got = work_comes_in_every_day(agency, first)

    last = days_of(first)[-1]
    assert got == {therapist: every_seventh(begin, last) for therapist, begin in began.items()}


@pytest.mark.parametrize("first", [SPRING, AUTUMN, NEW_YEAR], ids=str)
def test_a_mailbox_that_colleagues_share_is_written_to_every_seventh_day(first: date) -> None:
    agency = house()
    mailbox = agency.seed.mailbox()
    colleagues = [agency.seed.therapist(mailbox_id=mailbox, email="praxis@example.org") for _ in range(3)]
    [agency.seed.request(None, therapist) for therapist in colleagues]

    got = runs_every_day(agency, first, EIGHT)

    assert got == {"praxis@example.org": every_seventh(first, days_of(first)[-1])}


@pytest.mark.parametrize("first", [SPRING, AUTUMN, NEW_YEAR], ids=str)
def test_runs_that_drift_by_minutes_do_not_slip_a_day(first: date) -> None:
    agency = house()
    agency.seed.request(None, agency.seed.therapist())

    got = runs_that_drift(agency, first)

    assert got == every_seventh(first, days_of(first)[-1])


@pytest.mark.parametrize("first", [SPRING, AUTUMN, NEW_YEAR], ids=str)
def test_of_twelve_requests_all_twelve_have_been_offered_after_three_emails(first: date) -> None:
    agency = house()
    therapist = agency.seed.therapist()
    twelve = [agency.seed.request(None, therapist) for _ in range(12)]

    runs_every_day(agency, first, EIGHT)

    letters = [[item.placement_request_id for item in email.included] for email in agency.emails()]
    assert [len(letter) for letter in letters] == [5] * 9
    assert {request for letter in letters[:3] for request in letter} == set(twelve)
    assert [email.state for email in agency.emails()] == [EmailState.SENT] * 9


def test_a_worker_whose_stopwatch_and_dice_are_wrong_keeps_the_week_too() -> None:
    agency = house()
    agency.seed.request(None, agency.seed.therapist(email="praxis@example.org"))
    agency.ticks[0] = 86_400.0 * 365
    agency.jitter[0] = 0.0

    got = runs_every_day(agency, SPRING, EIGHT)

    assert got == {"praxis@example.org": every_seventh(SPRING, days_of(SPRING)[-1])}


# -- on the real services ----------------------------------------------------------------------------------------------


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with running_sink(tmp_path / "sink", contents=True) as ready:
        yield ready


@pytest.fixture
def agency(database_url: str, sink: Sink) -> Iterator[Agency]:
    with agency_on(database_url, smtp_port=sink.port) as ready:
        yield ready


@contextmanager
def worker_ahead(url: str, sink: Sink, *, days: int) -> Iterator["subprocess.Popen[str]"]:
    """A worker in a process of its own whose clock is so many days ahead."""
    command = [sys.executable, "-m", "tests.journeys.wrong_clock", str(days), url, str(sink.port)]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told_to_run(worker: "subprocess.Popen[str]", instant: datetime) -> dict[str, Any]:
    """Let the worker run at *instant*; what it did."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(instant.isoformat() + "\n")
    worker.stdin.flush()
    said: dict[str, Any] = json.loads(worker.stdout.readline())
    return said


@frozen
class Turns:
    """What two machines did: the days on which the server took an email, and what the wrong machine said."""

    emails: list[date]
    said: list[dict[str, Any]]


def both_run_every_day(agency: Agency, worker: "subprocess.Popen[str]", sink: Sink, first: date) -> Turns:
    """On each of sixty days both machines run at eight, in turns the one and the other first."""
    emails: list[date] = []
    said: list[dict[str, Any]] = []
    for number, day in enumerate(days_of(first)):
        before = len(sink.accepted())
        if number % 2:
            agency.run_at(on_the_wall(day, EIGHT))
        said.append(told_to_run(worker, on_the_wall(day, EIGHT)))
        agency.run_at(on_the_wall(day, EIGHT))
        emails += [day] * (len(sink.accepted()) - before)
    return Turns(emails, said)


@pytest.mark.parametrize("first", [SPRING, AUTUMN, NEW_YEAR], ids=str)
def test_on_postgres_a_worker_whose_clock_is_a_day_ahead_keeps_the_same_week(
    first: date, agency: Agency, database_url: str, sink: Sink
) -> None:
    therapists = [agency.seed.therapist() for _ in range(3)]
    twelve = [agency.seed.request(None, therapists[0]) for _ in range(12)]
    [agency.seed.request(None, therapist) for therapist in therapists[1:]]

    with worker_ahead(database_url, sink, days=1) as worker:
        turns = both_run_every_day(agency, worker, sink, first)

    days = every_seventh(first, days_of(first)[-1])
    assert turns.emails == [day for day in days for _ in therapists]
    assert Counter(message.recipients[0] for message in sink.accepted()) == dict.fromkeys(addresses(agency), len(days))
    assert [message["Date"].datetime.date() for message in parsed_messages(sink)] == turns.emails
    assert offered(agency, therapists[0], emails=3) == set(twelve)
    # and the worker was wrong indeed, took part, and worked by the database's day
    assert {said["days_ahead"] for said in turns.said} == {1}
    assert {said["named"] for said in turns.said} & {f"plan-{datetime.now(UTC) + timedelta(days=1):%Y%m%d}"}
    assert sum(said["sent"] for said in turns.said) in range(1, len(turns.emails))
    assert [said["day"] for said in turns.said] == [str(day) for day in days_of(first)]


def addresses(agency: Agency) -> list[str]:
    """Every therapist's address."""
    return [address for (address,) in agency.rows("SELECT email FROM therapist_service.therapists")]


def offered(agency: Agency, therapist: TherapistId, *, emails: int) -> set[int]:
    """The requests in the first so many emails to a therapist."""
    first = agency.application.find_emails(therapist_id=therapist)[-emails:]
    return {item.placement_request_id for email in first for item in email.included}


# -- one story ---------------------------------------------------------------------------------------------------------


def test_a_week_of_an_agency_from_the_plan_to_the_letters_in_the_mailboxes(agency: Agency, sink: Sink) -> None:
    monday = date(2026, 3, 2)
    mailbox = agency.seed.mailbox()
    one, colleague = [agency.seed.therapist(mailbox_id=mailbox, email="praxis@example.org") for _ in range(2)]
    called = agency.seed.therapist(phone="030 1", phone_hours=HOURS)
    patients = [agency.seed.patient(symptoms=f"Sorge{number}") for number in range(7)]
    [agency.seed.request(patient, one) for patient in patients]
    [agency.seed.request(patients[0], therapist) for therapist in (colleague, called)]

    first = agency.run_at(on_the_wall(monday, EIGHT))
    again = agency.run_at(on_the_wall(monday, time(9)))
    on_sunday = agency.run_at(on_the_wall(monday + timedelta(days=6), time(23, 59)))
    next_monday = agency.run_at(on_the_wall(monday + timedelta(days=7), time(0)))

    assert [drained for _, drained in (first, again, on_sunday, next_monday)] == [
        Drained(sent=2),
        Drained(),
        Drained(),
        Drained(sent=1),
    ]
    letters = parsed_messages(sink)
    assert [letter["To"].addresses[0].addr_spec for letter in letters][::2] == ["praxis@example.org"] * 2
    assert [letter["Subject"] for letter in letters] == [
        "Anfrage für 5 Therapieplätze",
        "Anfrage für einen Therapieplatz",
        "Anfrage für 5 Therapieplätze",
    ]
    # the two that found no room come first in the next letter, and then the oldest again
    assert patients_in(letters[0]) == ["Sorge0", "Sorge1", "Sorge2", "Sorge3", "Sorge4"]
    assert patients_in(letters[2]) == ["Sorge5", "Sorge6", "Sorge0", "Sorge1", "Sorge2"]
    # the practice with phone hours waits for its call
    assert [refusal.therapist_id for refusal in next_monday[0].plan.refusals] == [colleague]
    assert agency.application.explain_contact(called).decisions[Channel.EMAIL].reasons == (Reason.AWAITING_ANSWER,)
    assert agency.rows("SELECT count(*) FROM communication_service.emails WHERE status = 'sent'") == [(3,)]


def patients_in(letter: EmailMessage) -> list[str]:
    """The concerns in a letter, in its order."""
    text = letter.get_body(("plain",))
    assert text is not None
    return re.findall(r"Sorge\d", text.get_content())
