"""How does a letter get its words?  From the templates in ``templates/emails``, by Jinja2.

Two environments: one escapes every value for HTML, the other writes plain text.  In both an undefined name
is an error, so that a letter is never sent with a hole in it.  All templates are compiled when ``JinjaLetters``
is made.
"""

from collections import OrderedDict
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from threading import Lock
from typing import Any

from attrs import field, fields, frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2 import Template as Compiled

from boona_adapters.resources import resource_folder
from boona_core.letters import Letter, LetterPatient, LetterRequest, Template

LONGEST_LINE = 78
LONGEST_SUBJECT = 255


def _dialled(phone: str) -> str:
    """What a telephone dials: digits and a leading plus, without the ``(0)`` of ``+49 (0)30 …``."""
    if phone.lstrip().startswith("+"):
        return "+" + "".join(filter(str.isdecimal, phone.replace("(0)", "")))
    return "".join(filter(str.isdecimal, phone))


def environment_of(*folders: Path, html: bool) -> Environment:
    """Templates from *folders*, the first that has one; an undefined name is an error.

    Args:
        html: Every value is escaped for HTML; otherwise the templates are plain text.
    """
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=html,  # noqa: S701 - what is not HTML is plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["dialled"] = _dialled
    return environment


def _compiled(environment: Environment, form: str) -> dict[Template, Compiled]:
    return {template: environment.get_template(f"{template.value}.{form}") for template in Template}


@frozen
class _Card:
    """One patient as a letter shows it, in one form."""

    number: int
    person: str
    profile: str


@frozen(eq=False)
class _Cards:
    """Renders what a letter says of a patient, once for all letters: a patient is offered to many therapists.

    At most ``_REMEMBERED`` profiles are kept, the latest used.
    """

    _partial: Any
    _known: OrderedDict[tuple[Any, ...], tuple[str, str]] = field(init=False, factory=OrderedDict)
    _lock: Lock = field(init=False, factory=Lock)

    def of(self, patient: LetterPatient) -> _Card:
        key = _PROFILE(patient)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return _Card(patient.number, *self._known[key])
        rendered = (self._partial.who(patient), self._partial.known(patient))
        with self._lock:
            self._known[key] = rendered
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return _Card(patient.number, *rendered)


_REMEMBERED = 2_000
_PROFILE = attrgetter(*(attribute.name for attribute in fields(LetterPatient) if attribute.name != "number"))


@frozen
class JinjaLetters:
    """Writes letters in German, as HTML and as plain text.

    Attributes:
        folder: Where the templates lie; the ones that ship with Boona unless told otherwise.

    Raises:
        jinja2.TemplateError: a template is missing or cannot be compiled.
    """

    folder: Path = field(factory=lambda: resource_folder("templates") / "emails")
    _html: dict[Template, Compiled] = field(init=False, repr=False, eq=False)
    _text: dict[Template, Compiled] = field(init=False, repr=False, eq=False)
    _html_cards: _Cards = field(init=False, repr=False, eq=False)
    _text_cards: _Cards = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        html, text = environment_of(self.folder, html=True), environment_of(self.folder, html=False)
        object.__setattr__(self, "_html", _compiled(html, "html"))
        object.__setattr__(self, "_text", _compiled(text, "txt"))
        object.__setattr__(self, "_html_cards", _Cards(html.get_template("patient.html").module))
        object.__setattr__(self, "_text_cards", _Cards(text.get_template("patient.txt").module))

    def compose(self, request: LetterRequest) -> Letter:
        """Write the letter.

        The text form starts with the subject on a line of its own and an empty line: it becomes the subject of
        both forms.  Lines of the text are at most 78 characters long, a web address on its own line excepted.

        Raises:
            jinja2.UndefinedError: a template names something that the letter does not have.
        """
        values: dict[str, Any] = {
            "addressee": request.addressee,
            "agency": request.agency,
            "sender": request.sender,
            "count": len(request.patients) or len(request.accepted_numbers),
            "accepted_numbers": request.accepted_numbers,
            "answered_on": request.answered_on,
        }
        text_cards = [self._text_cards.of(patient) for patient in request.patients]
        html_cards = [self._html_cards.of(patient) for patient in request.patients]
        subject, _, text = self._text[request.template].render(values, cards=text_cards).partition("\n")
        subject = subject.strip()[:LONGEST_SUBJECT]
        html = self._html[request.template].render(values, cards=html_cards, subject=subject)
        return Letter(subject=subject, body_html=html, body_text=wrapped(text.lstrip("\n")))


def wrapped(text: str) -> str:
    """*text* with its lines broken at spaces so that none is longer than 78 characters.

    What continues a line is indented as far as the line itself, and by two more where the line is an item
    (``label: value``).  A longer word is cut, except a web address that stands alone on its line: a cut address
    leads nowhere.
    """
    return "\n".join(part for line in text.split("\n") for part in _parts(line))


def _parts(line: str) -> Iterator[str]:
    rest = line
    indent = " " * (len(line) - len(line.lstrip(" ")))
    if len(line) > LONGEST_LINE and line[len(indent) :].startswith("https://") and " " not in line.strip():
        yield line
        return
    if indent:
        indent += "  "
    while len(rest) > LONGEST_LINE:
        end = rest.rfind(" ", len(indent) + 1, LONGEST_LINE + 1)
        if end < 0 or not rest[:end].strip():
            yield rest[:LONGEST_LINE]
            rest = indent + rest[LONGEST_LINE:]
        else:
            yield rest[:end].rstrip()
            rest = indent + rest[end + 1 :].lstrip(" ")
    yield rest
