"""The mailbox page in a real browser: read by a person, by keyboard and on a phone; nothing comes from elsewhere."""

import select
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from attrs import field, frozen

from boona_adapters.demo.mailbox import Mailbox
from tests.demo_mail import ShownMailbox, hostile_html, hostile_letter, letter_to, send_all, shown
from tests.needs import missing, needs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@frozen
class Watched:
    """A page of the browser, and what it asked for and complained of."""

    page: "Page"
    asked: list[str] = field(factory=list)
    complaints: list[str] = field(factory=list)

    def hosts(self) -> set[str | None]:
        """Whom it asked."""
        return {urlsplit(url).hostname for url in self.asked}


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - absent is an answer here
    except ImportError:
        missing("playwright")
    chromium = needs(shutil.which("chromium") or shutil.which("chromium-browser"), "chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield launched
        launched.close()


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[ShownMailbox]:
    mailbox = Mailbox(tmp_path / "mailbox")
    send_all(
        mailbox,
        ("praxis@mueller.example", letter_to("Dr. Eva Müller", "praxis@mueller.example", patients=3)),
        ("info@weber.example", letter_to("Paul Weber", "info@weber.example", patients=1)),
    )
    with shown(mailbox, report=tmp_path / "report.json") as running:
        yield running


def watched(browser: "Browser", *, width: int = 1280, javascript: bool = True) -> Watched:
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=javascript)
    result = Watched(context.new_page())
    result.page.on("request", lambda request: result.asked.append(request.url))
    result.page.on("console", lambda message: result.complaints.append(message.text))
    result.page.on("pageerror", lambda error: result.complaints.append(str(error)))
    return result


@pytest.mark.parametrize("width", [1280, 390])
def test_a_person_opens_the_list_and_reads_a_letter(browser: "Browser", pages: ShownMailbox, width: int) -> None:
    seen = watched(browser, width=width)

    seen.page.goto(pages.url)
    seen.page.get_by_role("link", name="Dr. Eva Müller").click()
    letter = seen.page.frame_locator("iframe").get_by_role("heading", name="3. Person, 33 Jahre")
    letter.wait_for(state="visible")

    assert seen.hosts() == {"127.0.0.1"}
    assert seen.complaints == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "patients"), [(1280, 1), (1280, 3), (390, 1), (390, 3)])
def test_the_frame_is_as_tall_as_its_letter(browser: "Browser", pages: ShownMailbox, width: int, patients: int) -> None:
    seen = watched(browser, width=width)
    email = f"{pages.url}/emails/{pages.mailbox.ids()[0 if patients == 1 else 1]}"

    seen.page.goto(email)
    end = (
        seen.page.frame_locator("iframe")
        .get_by_text("Keine weiteren Anfragen")
        .or_(seen.page.frame_locator("iframe").get_by_role("link", name="Schreiben Sie uns kurz"))
    )
    end.wait_for(state="visible")
    frame, last = seen.page.locator("iframe").bounding_box(), end.bounding_box()

    assert frame is not None
    assert last is not None
    assert last["y"] + last["height"] < frame["y"] + frame["height"] < last["y"] + 900


def test_the_keyboard_alone_leads_from_the_list_to_the_letter_and_back(browser: "Browser", pages: ShownMailbox) -> None:
    seen = watched(browser)

    seen.page.goto(pages.url)
    seen.page.get_by_role("searchbox").focus()
    seen.page.keyboard.type("weber")
    seen.page.keyboard.press("Enter")
    seen.page.get_by_role("link", name="Paul Weber").focus()
    seen.page.keyboard.press("Enter")
    seen.page.get_by_role("link", name="Plain text").focus()
    seen.page.keyboard.press("Enter")
    text = seen.page.locator("pre.text").inner_text()
    seen.page.get_by_role("link", name="All emails").focus()
    seen.page.keyboard.press("Enter")

    assert "1. Person, 31 Jahre" in text
    assert seen.page.get_by_role("searchbox").input_value() == "weber"


def test_it_works_without_scripts(browser: "Browser", pages: ShownMailbox) -> None:
    seen = watched(browser, javascript=False)

    seen.page.goto(f"{pages.url}/?q=müller")
    seen.page.get_by_text("What was not sent, and why").click()
    reason = seen.page.get_by_text("no_email_address")

    assert reason.is_visible()
    assert seen.page.locator("table.list tbody tr").count() == 1


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """A server that is not the mailbox; whoever connects is waiting in its queue."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def address_of(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_hostile_letter_runs_nothing_and_loads_nothing(
    browser: "Browser", pages: ShownMailbox, elsewhere: socket.socket
) -> None:
    letter = hostile_letter("a@a.example", elsewhere=address_of(elsewhere))
    send_all(pages.mailbox, ("a@a.example", letter))
    seen = watched(browser)

    seen.page.goto(f"{pages.url}/emails/{pages.mailbox.ids()[0]}")
    words = seen.page.frame_locator("iframe").get_by_text("harmless words")
    words.wait_for(state="visible")
    seen.page.frame_locator("iframe").get_by_role("button", name="send").click()
    seen.page.wait_for_load_state("networkidle")

    assert words.is_visible()
    assert seen.page.url.startswith(pages.url)
    with pytest.raises(BlockingIOError):
        elsewhere.accept()


def test_the_same_letter_would_do_all_that_outside_of_the_mailbox(browser: "Browser", elsewhere: socket.socket) -> None:
    seen = watched(browser)

    seen.page.set_content(hostile_html(address_of(elsewhere)), wait_until="commit")
    seen.page.get_by_text("taken over").wait_for(state="visible")

    readable, _, _ = select.select([elsewhere], [], [], 30)
    assert readable == [elsewhere]
