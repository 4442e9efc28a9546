"""What a person does at the command line, killed just before and just after its commit: not done, or done once."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from attrs import frozen

from boona_adapters.cli import main
from boona_core.emails import EmailState
from boona_core.ids import EmailId, PlacementRequestId
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.chaos.processes import Crew
from tests.chaos.worker import Orders
from tests.contract.contents import contents_of
from tests.edge.office import Office, office_on
from tests.situations import Store

pytestmark = pytest.mark.chaos

KILLED = -9
REFUSED = 1
LAST_WEEK = (datetime.now(UTC) - timedelta(days=8)).date()
ALWAYS = WeeklyWindows({day: (Window(0, 24 * 60),) for day in Weekday})
Arguments = Sequence[str | int]


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_on(database_url) as ready:
        yield ready


def command(arguments: Arguments, environ: Mapping[str, str], _: Orders) -> None:
    """`boona` with these arguments, as a process of its own."""
    os.environ.update(environ)
    sys.exit(main([str(argument) for argument in arguments]))


@frozen
class Desk:
    """Where a person types commands, each a process."""

    office: Office
    crew: Crew
    orders: Orders

    def types(self, arguments: Arguments, faults: str = "") -> int:
        """Run one; its status, below zero the signal that killed it."""
        environ = self.office.plain_environ({"BOONA_FAULTS": faults})
        return self.crew.start(partial(command, arguments, environ), self.orders).end()


@pytest.fixture
def desk(office: Office, crew: Crew, orders: Orders) -> Desk:
    return Desk(office, crew, orders)


@frozen
class Records:
    """What a database holds, and how many events were told."""

    rows: object
    events: int


def records(office: Office) -> Records:
    """Everything that stands in the rows."""
    return Records(contents_of(_as_store(office)), office.one("SELECT count(*) FROM communication_service.outbox"))


def _as_store(office: Office) -> Store:
    def opened() -> None:
        raise AssertionError("rows are read, no unit is opened")

    return Store(open_unit=opened, seed=office.seed)  # type: ignore[arg-type]


def silent(office: Office) -> tuple[EmailId, PlacementRequestId]:
    """An email that nobody has answered for a week."""
    therapist = office.seed.therapist(phone="030 1234", phone_hours=ALWAYS)
    request = office.seed.request(office.seed.patient(), therapist)
    return office.seed.sent_email(therapist, [request], on=LAST_WEEK), request


def accepted(office: Office) -> tuple[EmailId, PlacementRequestId]:
    """An email whose only patient has a place by it."""
    email, request = silent(office)
    assert office.boona("answer", email, "--accept", "1").status == 0
    return email, request


def queued(office: Office) -> PlacementRequestId:
    """A planned email about one request."""
    request = office.seed.request(office.seed.patient(), office.seed.therapist())
    assert office.boona("plan", "emails").status == 0
    return request


def draft(office: Office) -> int:
    """An email that waits to be queued by a person."""
    office.seed.request(office.seed.patient(), office.seed.therapist())
    assert office.boona("plan", "emails", BOONA_APPROVAL="on").status == 0
    return int(office.one("SELECT max(id) FROM communication_service.emails"))


def uncertain(office: Office) -> EmailId:
    """An email that nobody knows about."""
    therapist = office.seed.therapist()
    request = office.seed.request(None, therapist)
    marked_at = datetime.now(UTC) - timedelta(days=1)
    return office.seed.queued_email(
        therapist, [request], state=EmailState.UNCERTAIN, marked_on=marked_at.date(), marked_at=marked_at
    )


def planned_call(office: Office) -> int:
    """A call about a silent email."""
    silent(office)
    assert office.boona("plan", "calls").status == 0
    return int(office.one("SELECT max(id) FROM communication_service.phone_calls"))


def a_file(office: Office, folder: Path) -> str:
    """Two therapists, one of them new."""
    known = office.seed.therapist(external_id="T1")
    assert known
    file = folder / "therapists.csv"
    file.write_text("external_id,last_name\nT1,Neumann\nT2,Vogel\n")
    return str(file)


def due(office: Office) -> Arguments:
    """Somebody to be written to."""
    office.seed.request(office.seed.patient(), office.seed.therapist())
    return ("plan", "emails")


def due_for_a_call(office: Office) -> Arguments:
    """Somebody to be called."""
    silent(office)
    return ("plan", "calls")


ACTS: dict[str, Callable[[Office, Path], Arguments]] = {
    "an answer": lambda office, _: ("answer", silent(office)[0], "--accept", "1"),
    "a confirmation": lambda office, _: ("confirm", accepted(office)[0]),
    "the undoing of a placement": lambda office, _: ("undo", accepted(office)[1]),
    "a cancellation": lambda office, _: ("cancel", queued(office) and 1),
    "a release": lambda office, _: ("release", queued(office)),
    "the queuing of a draft": lambda office, _: ("queue", draft(office)),
    "a settlement": lambda office, _: ("settle", uncertain(office), "drop"),
    "a call that is off": lambda office, _: ("call", planned_call(office), "canceled"),
    "a plan of calls": lambda office, _: due_for_a_call(office),
    "a pause": lambda office, _: ("patient", office.seed.patient(), "pause", "--until", "2030-01-01"),
    "a block": lambda office, _: ("therapist", office.seed.therapist(), "block", "--reason", "no places"),
}

LONGER: dict[str, Callable[[Office, Path], Arguments]] = {
    "an import": lambda office, folder: ("import", "therapists", a_file(office, folder)),
    "a plan of emails": lambda office, _: due(office),
}
"""What commits more than once."""


@pytest.mark.parametrize("act", [*ACTS.values(), *LONGER.values()], ids=[*ACTS, *LONGER])
def test_what_dies_before_its_commit_has_changed_nothing_and_can_be_done_again(
    desk: Desk, tmp_path: Path, act: Callable[[Office, Path], Arguments]
) -> None:
    arguments = act(desk.office, tmp_path)
    before = records(desk.office)

    died = desk.types(arguments, "commit_begun:kill@1")
    between = records(desk.office)
    again = desk.types(arguments)

    assert (died, again) == (KILLED, 0)
    assert between == before
    assert records(desk.office) != before


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_what_dies_after_its_commit_is_done_and_has_no_effect_a_second_time(
    desk: Desk, tmp_path: Path, act: Callable[[Office, Path], Arguments]
) -> None:
    arguments = act(desk.office, tmp_path)
    before = records(desk.office)

    died = desk.types(arguments, "commit_done:kill@1")
    between = records(desk.office)
    again = desk.types(arguments)

    assert died == KILLED
    assert again in (0, REFUSED)
    assert between.events > before.events
    assert records(desk.office) == between


@pytest.mark.parametrize("act", LONGER.values(), ids=LONGER.keys())
def test_what_dies_between_two_commits_is_finished_by_doing_it_again(
    desk: Desk, tmp_path: Path, act: Callable[[Office, Path], Arguments]
) -> None:
    arguments = act(desk.office, tmp_path)
    before = records(desk.office)

    died = desk.types(arguments, "commit_done:kill@1")
    again = desk.types(arguments)
    finished = records(desk.office)
    once_more = desk.types(arguments)

    assert (died, again, once_more) == (KILLED, 0, 0)
    assert finished.events > before.events
    assert records(desk.office).events == finished.events
