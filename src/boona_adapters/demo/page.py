"""How does a person read what the demo sent?  On pages of this machine, without scripts and without remote content.

A letter is shown in a frame without any rights, and its own policy keeps it from loading anything.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from attrs import field, frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar, MediaType, Request, Response, get
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery, SkipValidation

from boona_adapters import logs
from boona_adapters.demo.mailbox import Mailbox, UnknownMessage
from boona_adapters.demo.reading import Opened, Reader, Summary
from boona_adapters.demo.report import kept_report
from boona_adapters.resources import resource_folder

_EMAILS_PER_PAGE = 50
_LONGEST_SEARCH = 200
_LINES_PER_STEP = 4
_STEPS = range(8, 61)

View = Literal["letter", "text", "headers", "source"]
_VIEWS = (("letter", "Letter"), ("text", "Plain text"), ("headers", "Headers"), ("source", "Source"))

_TITLES = {400: "That is no address of this mailbox", 404: "There is no such page"}

_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_LETTER_HEADERS = {
    **_PAGE_HEADERS,
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'"
    ),
}


def _bounded(words: str) -> str:
    return words.strip()[:_LONGEST_SEARCH]


def _known_number(patients: str) -> str:
    return patients if patients in {"one", "several"} else ""


@frozen
class Search:
    """What the list is narrowed to.

    Attributes:
        words: Each must occur; empty: any.
        patients: ``one``, ``several``, or empty for any number.
    """

    words: str = field(default="", converter=_bounded)
    patients: str = field(default="", converter=_known_number)

    @property
    def narrowed(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.words or self.patients)

    def query(self, page: int = 1) -> str:
        """As the end of an address, with its question mark; empty when there is nothing to say."""
        told = {"q": self.words, "patients": self.patients, "page": str(page) if page > 1 else ""}
        written = urlencode({name: value for name, value in told.items() if value})
        return f"?{written}" if written else ""


@frozen
class Pages:
    """Renders the pages of one mailbox.

    Attributes:
        report: The file that tells what the demo did; may be missing.
        zone: In which times are shown.
    """

    reader: Reader
    report: Path
    zone: ZoneInfo
    folder: Path = field(factory=lambda: resource_folder("templates") / "mailbox")
    _environment: Environment = field(init=False, repr=False, eq=False)

    @_environment.default
    def _make_environment(self) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(self.folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        environment.filters["grouped"] = lambda number: f"{number:,}"
        environment.globals["local"] = lambda instant: instant.astimezone(self.zone)
        return environment

    def list(self, search: Search, page: int) -> str:
        """One page of the emails that fit; a page beyond the last is the last."""
        found = self.reader.find(search.words, patients=search.patients)
        pages = max(1, -(-len(found) // _EMAILS_PER_PAGE))
        page = min(max(page, 1), pages)
        return self._render(
            "list.html",
            emails=found[(page - 1) * _EMAILS_PER_PAGE : page * _EMAILS_PER_PAGE],
            found=len(found),
            page=page,
            pages=pages,
            search=search,
            report=kept_report(self.report),
        )

    def email(self, message_id: str, view: View, search: Search) -> str:
        """One email in one of its views, with the ways to its neighbours among those that fit.

        Raises:
            UnknownMessage: there is none with this id.
        """
        opened = self.reader.open(message_id)
        newer, older, page = _neighbours(self.reader.find(search.words, patients=search.patients), message_id)
        return self._render(
            "email.html",
            opened=opened,
            view=view,
            views=_VIEWS,
            view_path="" if view == "letter" else f"/{view}",
            tallness=_tallness(opened),
            newer=newer,
            older=older,
            page=page,
            search=search,
        )

    def letter(self, message_id: str) -> str:
        """The HTML letter alone, for its frame; empty when the email has none.

        Raises:
            UnknownMessage: there is none with this id.
        """
        return self.reader.open(message_id).html or ""

    def missing(self, title: str) -> str:
        """The page that stands where there is nothing."""
        return self._render("missing.html", title=title)

    def style(self) -> str:
        """The style sheet."""
        return self._render("style.css", steps=_STEPS)

    def icon(self) -> bytes:
        """The icon."""
        return (self.folder / "icon.svg").read_bytes()

    def _render(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(values)


def _neighbours(found: Sequence[Summary], message_id: str) -> tuple[str | None, str | None, int]:
    """The newer and the older neighbour of a message, and the page of the list on which it stands."""
    ids = [each.id for each in found]
    if message_id not in ids:
        return None, None, 1
    place = ids.index(message_id)
    newer = ids[place - 1] if place else None
    older = ids[place + 1] if place + 1 < len(ids) else None
    return newer, older, place // _EMAILS_PER_PAGE + 1


def _tallness(opened: Opened) -> int:
    """In which of the style sheet's steps a frame is about as tall as the letter: the lines of its text tell."""
    lines = (opened.text or "").count("\n")
    return min(max(-(-lines // _LINES_PER_STEP), _STEPS[0]), _STEPS[-1])


# -- the addresses -----------------------------------------------------------------------------------------------------


# What a handler is given needs no check.
GivenPages = NamedDependency[SkipValidation[Pages]]


def _html(page: str) -> Response[str]:
    return Response(page, media_type=MediaType.HTML, headers=_PAGE_HEADERS)


@get("/", sync_to_thread=True)
def list_emails(
    pages: GivenPages,
    q: FromQuery[str] = "",
    patients: FromQuery[str] = "",
    page: FromQuery[int] = 1,
) -> Response[str]:
    """The list."""
    return _html(pages.list(Search(q, patients), page))


@get("/emails/{message_id:str}", sync_to_thread=True)
def show_letter(
    pages: GivenPages,
    message_id: FromPath[str],
    q: FromQuery[str] = "",
    patients: FromQuery[str] = "",
) -> Response[str]:
    """One email, as its letter."""
    return _html(pages.email(message_id, "letter", Search(q, patients)))


@get("/emails/{message_id:str}/{view:str}", sync_to_thread=True)
def show_view(
    pages: GivenPages,
    message_id: FromPath[str],
    view: FromPath[View],
    q: FromQuery[str] = "",
    patients: FromQuery[str] = "",
) -> Response[str]:
    """One email, in another view."""
    return _html(pages.email(message_id, view, Search(q, patients)))


@get("/emails/{message_id:str}/letter.html", sync_to_thread=True)
def frame_letter(pages: GivenPages, message_id: FromPath[str]) -> Response[str]:
    """The letter, for its frame."""
    return Response(pages.letter(message_id), media_type=MediaType.HTML, headers=_LETTER_HEADERS)


@get("/style.css", sync_to_thread=True)
def style(pages: GivenPages) -> Response[str]:
    """The style sheet."""
    return Response(pages.style(), media_type=MediaType.CSS, headers=_PAGE_HEADERS)


@get("/icon.svg", sync_to_thread=True)
def icon(pages: GivenPages) -> Response[bytes]:
    """The icon."""
    return Response(pages.icon(), media_type="image/svg+xml", headers=_PAGE_HEADERS)


def mailbox_app(mailbox: Mailbox, *, report: Path, port: int, zone: ZoneInfo) -> Litestar:
    """The pages of *mailbox*, for whoever calls this machine by its loopback name and *port*.

    Other names are refused, so that no page of the net can read it by giving its own name this address.
    """
    pages = Pages(Reader(mailbox), report, zone)
    pages.reader.all()  # now, so that the first look does not wait

    def missing(status: int, title: str) -> Response[str]:
        return Response(pages.missing(title), status_code=status, media_type=MediaType.HTML, headers=_PAGE_HEADERS)

    def refused(_: Request[Any, Any, Any], fault: HTTPException) -> Response[str]:
        return missing(fault.status_code, _TITLES.get(fault.status_code, "This cannot be shown"))

    def unknown(_: Request[Any, Any, Any], __: UnknownMessage) -> Response[str]:
        return missing(404, "There is no such email")

    def failed(_: Request[Any, Any, Any], fault: Exception) -> Response[str]:
        logs.logger().error("the mailbox page failed", **logs.places_of(fault))
        return missing(500, "Something went wrong; the terminal says where")

    return Litestar(
        route_handlers=[list_emails, show_letter, show_view, frame_letter, style, icon],
        dependencies={"pages": Provide(lambda: pages, sync_to_thread=False)},
        exception_handlers={HTTPException: refused, UnknownMessage: unknown, Exception: failed},
        allowed_hosts=AllowedHostsConfig(allowed_hosts=[f"127.0.0.1:{port}", f"localhost:{port}"]),
        openapi_config=None,
        logging_config=None,
    )
