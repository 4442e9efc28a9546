"""Can a text be stored as it is?  Asked before the database is, whose own refusal would repeat the row."""

import re

from attrs import fields

from boona_adapters.postgres.tables import emails
from boona_core.errors import InvalidValue, InvalidValues
from boona_core.ports import Content, NewEmail

_LIMITS: dict[str, int | None] = {column.name: getattr(column.type, "length", None) for column in emails.c}
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXTS = tuple(attribute.name for attribute in fields(Content) if attribute.name != "message")


def check_content(content: Content) -> None:
    """Check every text of an email.

    Raises:
        InvalidValues: texts that Postgres cannot keep, each with its field and without the text.
    """
    _check({name: getattr(content, name) for name in _TEXTS})


def check_new(email: NewEmail) -> None:
    """Check every text of a new email.

    Raises:
        InvalidValues: texts that Postgres cannot keep, each with its field and without the text.
    """
    texts = {name: getattr(email.content, name) for name in _TEXTS}
    _check({**texts, "batch_id": email.batch_id, "override_reason": email.override_reason})


def storable_words(words: str | None) -> str | None:
    """The words of a server or of a person without what Postgres cannot keep: a note is never a reason to fail."""
    if words is None:
        return None
    return words.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _check(texts: dict[str, str | None]) -> None:
    faults = [
        InvalidValue(name, fault) for name, text in texts.items() if text and (fault := _fault(text, _LIMITS[name]))
    ]
    if faults:
        raise InvalidValues(faults)


def _fault(text: str, longest: int | None) -> str | None:
    if "\x00" in text:
        return "holds a NUL character"
    if _LONE_SURROGATE.search(text):
        return "holds half of a surrogate pair"
    if longest is not None and len(text) > longest:
        return f"is longer than {longest} characters"
    return None
