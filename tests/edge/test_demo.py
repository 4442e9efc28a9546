"""The invented agency, the mailbox that keeps what it gets, and the pages that show it."""

import smtplib
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from csv import DictReader
from pathlib import Path

import httpx
import pytest
from attrs import evolve
from typed_settings.types import Secret

from boona_adapters import wiring
from boona_adapters.addresses import wire_address
from boona_adapters.cli.printing import progress_of
from boona_adapters.demo.agency import InventedAgency, Sizes, invent
from boona_adapters.demo.calls import CALLERS
from boona_adapters.demo.files import FILES, write_agency
from boona_adapters.demo.mailbox import Mailbox, UnknownMessage, running_mail_server
from boona_adapters.demo.names import TELEPHONES
from boona_adapters.demo.paper import AGENCY_PHONE, demo_settings
from boona_adapters.demo.places import PLACES
from boona_adapters.demo.report import kept_report
from boona_adapters.demo.run import Demo, DemoFolders
from boona_adapters.demo.serving import NoFreePort, listen
from boona_adapters.imports import open_file
from boona_adapters.running import Stop, Stopped
from boona_core.diagnoses import read_diagnoses
from boona_core.importing import ImportKind, RefusedRow
from tests.demo_mail import TODAY, ShownMailbox, hostile_letter, letter_to, send_all, shown

SMALL = Sizes(therapists=60, patients=12, requests=120)


@pytest.fixture(scope="module")
def agency() -> InventedAgency:
    return invent(today=TODAY)


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "mailbox")


# -- the agency --------------------------------------------------------------------------------------------------------


def test_the_agency_has_two_thousand_therapists_and_six_thousand_different_pairs(agency: InventedAgency) -> None:
    pairs = {(each["patient_external_id"], each["therapist_external_id"]) for each in agency.requests}

    assert (len(agency.therapists), len(agency.patients), len(pairs)) == (2_000, 300, 6_000)


def test_the_same_seed_and_day_invent_the_same_agency() -> None:
    first, second, other = (invent(today=TODAY, seed=seed, sizes=SMALL) for seed in (7, 7, 8))

    assert first == second
    assert first != other


def test_no_invented_address_can_reach_anybody(agency: InventedAgency) -> None:
    addresses = {each["email"] for each in [*agency.therapists, *agency.patients] if "email" in each}

    assert {wire_address(address).rpartition(".")[2] for address in addresses} == {"example"}


def test_no_invented_telephone_rings(agency: InventedAgency) -> None:
    numbers = [each["phone"] for each in agency.therapists if "phone" in each] + [AGENCY_PHONE]
    kept_for_films = tuple(TELEPHONES.values())

    assert [number for number in numbers if not number.startswith(kept_for_films)] == []
    assert len(set(numbers)) == len(numbers)


def test_some_therapists_share_a_mailbox_and_some_lack_an_address_or_a_telephone(agency: InventedAgency) -> None:
    mailboxes = Counter(each.get("email") for each in agency.therapists)
    without_telephone = [each for each in agency.therapists if "phone" not in each]

    assert mailboxes.pop(None) > 50
    assert max(mailboxes.values()) >= 3
    assert len(without_telephone) > 20


def test_every_invented_diagnosis_has_words(agency: InventedAgency) -> None:
    diagnoses = {diagnosis for each in agency.patients for diagnosis in read_diagnoses(each["diagnosis"])}

    assert [diagnosis.code for diagnosis in diagnoses if diagnosis.words is None] == []


def test_the_places_are_where_the_post_says(shared_folder: Path) -> None:
    with (shared_folder / "data" / "plz_de.csv").open(encoding="utf-8", newline="") as stream:
        known = {(row["postal_code"], row["state"]) for row in DictReader(stream)}

    assert {(code, place.land) for place in PLACES for code in place.postal_codes} <= known


def test_distances_between_places_are_those_of_the_map() -> None:
    by_name = {place.city: place for place in PLACES}

    assert by_name["Berlin"].kilometres_to(by_name["München"]) == pytest.approx(504, abs=5)


def test_every_row_of_the_written_files_can_be_imported(tmp_path: Path, agency: InventedAgency) -> None:
    write_agency(agency, tmp_path / "agency")

    assert [refused for kind in FILES for refused in refused_rows(tmp_path / "agency" / FILES[kind], kind)] == []


def refused_rows(path: Path, kind: ImportKind) -> list[RefusedRow]:
    with open_file(path, kind) as source:
        return [row for row in source if isinstance(row, RefusedRow)]


# -- the demo as a whole -----------------------------------------------------------------------------------------------


@pytest.fixture
def stop() -> Stop:
    return Stop()


@pytest.fixture
def demo(tmp_path: Path, database_url: str, stop: Stop) -> Iterator[Demo]:
    with ExitStack() as stack:
        folders = DemoFolders(tmp_path)
        port = stack.enter_context(running_mail_server(Mailbox(folders.mailbox)))
        settings = evolve(demo_settings(mail_port=port), database_url=Secret(database_url))
        wired = stack.enter_context(wiring.build(settings, environ={}))
        yield Demo(
            folders=folders,
            application=wired.application,
            say=lambda _: None,
            progress=progress_of,
            check=stop.check,
            stop=stop.asked,
            sizes=SMALL,
        )


def test_the_demo_sends_everything_that_it_planned_and_nothing_twice(demo: Demo) -> None:
    done = demo(today=TODAY)

    assert done.invented
    assert done.sent == done.emails_planned == len(Mailbox(demo.folders.mailbox).ids()) > 10
    assert (done.report.planned_again, done.report.sent_again) == (0, 0)


def test_the_demo_has_callers_and_shows_whom_they_could_call_without_planning_it(demo: Demo) -> None:
    done = demo(today=TODAY)

    assert [caller.name for caller in demo.application.keep_callers.all()] == list(CALLERS)
    assert (done.calls.callers, done.calls.days) == (2, 14)
    assert done.calls.by_cause == {"no_address": done.calls.possible}
    assert done.calls.possible > 0
    assert demo.application.list_calls(days=30).calls == ()


def test_a_later_start_adds_no_caller_again(demo: Demo) -> None:
    first, second = demo(today=TODAY), demo(today=TODAY)

    assert (first.calls.callers, second.calls.callers) == (2, 2)


def test_a_later_start_invents_nothing_and_sends_nothing(demo: Demo) -> None:
    first = demo(today=TODAY)
    written = (demo.folders.agency / "requests.csv").stat().st_mtime_ns

    second = demo(today=TODAY)

    assert (second.invented, second.emails_planned, second.sent) == (False, 0, 0)
    assert second.report == first.report == kept_report(demo.folders.report)
    assert (demo.folders.agency / "requests.csv").stat().st_mtime_ns == written
    assert len(Mailbox(demo.folders.mailbox).ids()) == first.sent


def test_a_demo_that_was_stopped_goes_on_where_it_ended(demo: Demo, stop: Stop) -> None:
    stop.ask()
    with pytest.raises(Stopped):
        demo(today=TODAY)

    later = evolve(demo, check=lambda: None, stop=lambda: False)(today=TODAY)

    assert later.sent == later.emails_planned == len(Mailbox(demo.folders.mailbox).ids()) > 10


def asked_after(count: int, mailbox: Mailbox, stop: Stop) -> Callable[[], bool]:
    """Somebody who asks to stop when so many emails have arrived."""

    def asked() -> bool:
        if len(mailbox.ids()) >= count:
            stop.ask()
        return stop.asked()

    return asked


def test_a_demo_that_was_stopped_while_it_sent_sends_the_rest_later(demo: Demo, stop: Stop) -> None:
    with pytest.raises(Stopped):
        evolve(demo, stop=asked_after(5, Mailbox(demo.folders.mailbox), stop))(today=TODAY)
    before = len(Mailbox(demo.folders.mailbox).ids())

    later = evolve(demo, check=lambda: None, stop=lambda: False)(today=TODAY)

    assert 5 <= before < later.report.emails_planned
    assert later.sent == later.report.emails_planned == len(Mailbox(demo.folders.mailbox).ids())


# -- the mailbox -------------------------------------------------------------------------------------------------------


def test_a_message_is_kept_byte_for_byte_behind_its_envelope(mailbox: Mailbox) -> None:
    message = letter_to("Dr. Eva Müller", "praxis@mueller.example", patients=2)

    send_all(mailbox, ("praxis@mueller.example", message))

    kept = Mailbox(mailbox.folder).read(mailbox.ids()[0])
    assert kept == (b"Return-Path: <anfragen@lindenhof.example>\r\nDelivered-To: praxis@mueller.example\r\n" + message)


def test_the_newest_message_is_the_first(mailbox: Mailbox) -> None:
    older = mailbox.keep(b"Subject: a\r\n\r\n", sender="a@a.example", recipients=["b@b.example"])
    newer = mailbox.keep(b"Subject: b\r\n\r\n", sender="a@a.example", recipients=["b@b.example"])

    assert mailbox.ids() == [newer, older]


@pytest.mark.parametrize("message_id", ["1", "../../report", "1" * 19, "", "%2e%2e"])
def test_nothing_but_a_message_can_be_read(mailbox: Mailbox, message_id: str) -> None:
    with pytest.raises(UnknownMessage):
        mailbox.read(message_id)


def test_the_mail_server_is_gone_after_its_block(mailbox: Mailbox) -> None:
    with running_mail_server(mailbox) as port, smtplib.SMTP("127.0.0.1", port) as smtp:
        assert smtp.noop()[0] == 250

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


# -- the pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def pages(mailbox: Mailbox, tmp_path: Path) -> Iterator[ShownMailbox]:
    send_all(
        mailbox,
        ("praxis@mueller.example", letter_to("Dr. Eva Müller", "praxis@mueller.example", patients=3)),
        ("info@weber.example", letter_to("Paul Weber", "info@weber.example", patients=1)),
    )
    with shown(mailbox, report=tmp_path / "report.json") as running:
        yield running


def test_the_list_shows_every_email_and_what_was_not_sent(pages: ShownMailbox) -> None:
    page = httpx.get(pages.url).text

    assert [word in page for word in ("Dr. Eva Müller", "praxis@mueller.example", "Paul Weber")] == [True] * 3
    assert "no_email_address" in page


def test_a_search_finds_by_name_by_letter_and_by_number_of_patients(pages: ShownMailbox) -> None:
    by_name, by_number = (httpx.get(f"{pages.url}/?{query}").text for query in ("q=MÜLLER", "patients=one"))

    assert ("Dr. Eva Müller" in by_name, "Paul Weber" in by_name) == (True, False)
    assert ("Dr. Eva Müller" in by_number, "Paul Weber" in by_number) == (False, True)


def test_a_page_beyond_the_last_is_the_last(pages: ShownMailbox) -> None:
    assert "Paul Weber" in httpx.get(f"{pages.url}/?page=99").text


def test_an_email_is_shown_as_letter_as_text_with_its_headers_and_its_source(pages: ShownMailbox) -> None:
    email = f"{pages.url}/emails/{pages.mailbox.ids()[1]}"

    views = [httpx.get(f"{email}{view}").text for view in ("", "/text", "/headers", "/source", "/letter.html")]

    assert [
        mark in view
        for mark, view in zip(
            ('sandbox=""', "3. Person, 33 Jahre", "List-Unsubscribe", "quoted-printable", "Vermittlung Lindenhof"),
            views,
            strict=True,
        )
    ] == [True] * 5


@pytest.mark.parametrize("path", ["/emails/1", "/emails/1/text", "/emails/1/nothing", "/nothing", "/?page=x"])
def test_what_is_not_there_is_said_on_a_page(pages: ShownMailbox, path: str) -> None:
    answer = httpx.get(f"{pages.url}{path}")

    assert answer.status_code in {400, 404}
    assert "Show all emails" in answer.text


def test_a_hostile_letter_stays_words(pages: ShownMailbox) -> None:
    send_all(pages.mailbox, ("a@a.example", hostile_letter("a@a.example")))
    email = f"{pages.url}/emails/{pages.mailbox.ids()[0]}"

    everywhere = [httpx.get(f"{where}").text for where in (pages.url, email, f"{email}/text", f"{email}/headers")]

    assert [page.count("<script") + page.count("<img src=x") for page in everywhere] == [0] * 4


def test_a_letter_may_do_nothing_and_load_nothing(pages: ShownMailbox) -> None:
    answer = httpx.get(f"{pages.url}/emails/{pages.mailbox.ids()[0]}/letter.html")

    rules = answer.headers["content-security-policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "form-action 'none'"} <= set(rules)


def test_a_foreign_name_for_this_machine_is_refused(pages: ShownMailbox) -> None:
    answer = httpx.get(pages.url, headers={"Host": f"elsewhere.example:{pages.port}"})

    assert answer.status_code == 400
    assert "Müller" not in answer.text


def test_the_next_free_port_is_taken() -> None:
    with listen(19_000) as first, listen(first.getsockname()[1]) as second:
        assert second.getsockname()[1] > first.getsockname()[1]


def test_no_port_beyond_the_last_is_tried() -> None:
    with listen(65_535), pytest.raises(NoFreePort, match="65535"):
        listen(65_535)
