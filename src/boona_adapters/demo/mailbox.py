"""Where does the mail of the demo end?  In a folder of this machine: a local mail server keeps every message as a file.

The folder is laid out like a Maildir (a message is written in ``tmp`` and moved into ``new`` when it is whole), so
that it survives a restart and other programs can read it.  Nothing is ever sent on.
"""

import asyncio
import logging
import re
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from aiosmtpd.smtp import SMTP, Envelope, Session
from attrs import define, field, frozen

from boona_core.errors import BoonaError

_ID = re.compile(r"[0-9]{19,20}", re.ASCII)
_LARGEST_MESSAGE = 10 * 1024 * 1024


class UnknownMessage(BoonaError):
    """The mailbox has no message with this id."""

    def __init__(self, message_id: str) -> None:
        super().__init__(f"no message {message_id[:20]!r}")
        self.message_id = message_id


@frozen
class Mailbox:
    """The messages that arrived.

    Attributes:
        folder: Made when missing.
    """

    folder: Path

    def __attrs_post_init__(self) -> None:
        for name in ("tmp", "new", "cur"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def keep(self, message: bytes, *, sender: str, recipients: Sequence[str]) -> str:
        """Store a message under a new id, with the envelope in front as a mail server writes it; returns the id.

        It is there when this returns, unless the whole machine stops.
        """
        envelope = [f"Return-Path: <{sender}>", *(f"Delivered-To: {recipient}" for recipient in recipients)]
        message_id = str(time.time_ns())
        while self._path(message_id).exists():
            message_id = str(int(message_id) + 1)
        unfinished = self.folder / "tmp" / f"{message_id}.eml"
        unfinished.write_bytes("".join(f"{line}\r\n" for line in envelope).encode("ascii", "replace") + message)
        unfinished.rename(self._path(message_id))
        return message_id

    def ids(self) -> Sequence[str]:
        """The ids of all messages, the newest first."""
        return sorted(path.stem for path in (self.folder / "new").glob("*.eml") if _ID.fullmatch(path.stem))[::-1]

    def read(self, message_id: str) -> bytes:
        """A message as it is stored.

        Raises:
            UnknownMessage: there is none with this id.
        """
        if _ID.fullmatch(message_id) is None:
            raise UnknownMessage(message_id)
        try:
            return self._path(message_id).read_bytes()
        except FileNotFoundError:
            raise UnknownMessage(message_id) from None

    def _path(self, message_id: str) -> Path:
        return self.folder / "new" / f"{message_id}.eml"


def arrived_at(message_id: str) -> datetime:
    """When a message arrived: its id says so, in nanoseconds since 1970."""
    return datetime.fromtimestamp(int(message_id) / 1_000_000_000, UTC)


@frozen
class _Receiver:
    """What the mail server does with what it is given."""

    mailbox: Mailbox

    async def handle_DATA(self, _server: SMTP, _conversation: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message, then say that it was taken."""
        message = envelope.original_content or b""
        message_id = self.mailbox.keep(message, sender=envelope.mail_from or "", recipients=envelope.rcpt_tos)
        return f"250 2.0.0 kept as {message_id}"


@define
class _Server:
    """A mail server for a thread of its own."""

    receiver: _Receiver
    listening: socket.socket
    _started: Event = field(init=False, factory=Event)
    _loop: asyncio.AbstractEventLoop | None = field(init=False, default=None)
    _stopping: asyncio.Event | None = field(init=False, default=None)

    def run(self) -> None:
        """Serve until ``stop`` is called; conversations that are under way then are cut off."""
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # below, it would log every line of every message
        asyncio.run(self._serve())

    def stop(self) -> None:
        """End ``run``."""
        self._started.wait()
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(self._conversation, sock=self.listening)
        self._started.set()
        await self._stopping.wait()
        server.close()

    def _conversation(self) -> SMTP:
        loop = asyncio.get_running_loop()
        return SMTP(self.receiver, hostname="localhost", loop=loop, data_size_limit=_LARGEST_MESSAGE)


@contextmanager
def running_mail_server(mailbox: Mailbox) -> Iterator[int]:
    """Receive mail on a free port of the loopback address for as long as the block lasts; yields the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    port: int = listening.getsockname()[1]
    server = _Server(_Receiver(mailbox), listening)
    thread = Thread(target=server.run, name="boona-demo-mail", daemon=True)
    thread.start()
    try:
        yield port
    finally:
        server.stop()
        thread.join()
        listening.close()
