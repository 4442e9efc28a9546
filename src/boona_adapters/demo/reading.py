"""What does a message that arrived say, in the form in which the mailbox page shows it?

The letters are Boona's own: their texts are UTF-8.  The library's older message class is used because it
is several times as fast as the newer one, and more than a thousand messages are read for the first page.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from threading import Lock

from attrs import define, field, frozen

from boona_adapters.demo.mailbox import Mailbox, arrived_at

# A profile begins with its number in the first column; everything else that wraps is indented.
_NUMBERED = re.compile(r"^[0-9]{1,3}\. ", re.MULTILINE)

_FOLD = re.compile(r"\s*[\r\n]+\s*")


@frozen(kw_only=True)
class Summary:
    """A message as one line of the list.

    Attributes:
        name: Whom it is addressed to; may be empty.
        patients: How many patients the letter numbers.
        words: Everything that is searched, folded.
    """

    id: str
    arrived_at: datetime
    name: str = field(repr=False)
    address: str = field(repr=False)
    subject: str = field(repr=False)
    patients: int
    words: str = field(repr=False)


@frozen(kw_only=True)
class Opened:
    """A message in full.

    Attributes:
        html: The letter as HTML; None: there is none.
        text: The letter as plain text; None: there is none.
        headers: Every header in order, unfolded.
        source: What arrived, with the transport encoding still on it.
    """

    summary: Summary
    html: str | None = field(repr=False)
    text: str | None = field(repr=False)
    headers: Sequence[tuple[str, str]] = field(repr=False)
    source: str = field(repr=False)


@define
class Reader:
    """Reads the messages of a mailbox; what does not change is remembered."""

    mailbox: Mailbox
    _known: dict[str, Summary] = field(factory=dict)
    _lock: Lock = field(factory=Lock)

    def all(self) -> Sequence[Summary]:
        """Every message, the newest first."""
        ids = self.mailbox.ids()
        with self._lock:
            for message_id in ids:
                if message_id not in self._known:
                    self._known[message_id] = _summary(message_id, message_from_bytes(self.mailbox.read(message_id)))
            return [self._known[message_id] for message_id in ids]

    def find(self, words: str, *, patients: str = "") -> Sequence[Summary]:
        """Those that hold each of *words*, with ``one`` or ``several`` *patients*; the newest first."""
        wanted = words.casefold().split()
        return [
            each
            for each in self.all()
            if all(word in each.words for word in wanted)
            and (patients != "one" or each.patients == 1)
            and (patients != "several" or each.patients > 1)
        ]

    def open(self, message_id: str) -> Opened:
        """One message in full.

        Raises:
            UnknownMessage: there is none with this id.
        """
        raw = self.mailbox.read(message_id)
        message = message_from_bytes(raw)
        return Opened(
            summary=_summary(message_id, message),
            html=_body(message, "text/html"),
            text=_body(message, "text/plain"),
            headers=[(name, _unfolded(value)) for name, value in message.items()],
            source=raw.decode("utf-8", "replace").replace("\r\n", "\n"),
        )


def _summary(message_id: str, message: Message) -> Summary:
    written, address = parseaddr(_FOLD.sub(" ", str(message.get("To", ""))))
    name, subject = _unfolded(written), _unfolded(message.get("Subject", ""))
    text = _body(message, "text/plain") or ""
    return Summary(
        id=message_id,
        arrived_at=arrived_at(message_id),
        name=name,
        address=address,
        subject=subject,
        patients=len(_NUMBERED.findall(text)),
        words=f"{name} {address} {subject} {text}".casefold(),
    )


def _unfolded(value: object) -> str:
    """A header in words, on one line."""
    return _FOLD.sub(" ", str(make_header(decode_header(str(value)))))


def _body(message: Message, kind: str) -> str | None:
    """The first part of a kind; None: there is none."""
    for part in message.walk():
        content = part.get_payload(decode=True) if part.get_content_type() == kind else None
        if isinstance(content, bytes):
            return content.decode("utf-8", "replace").replace("\r\n", "\n")
    return None
