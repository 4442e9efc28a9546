"""What can become of one email at the mail server, and what a way out to it must promise.

Values and two ports, nothing else: which state an email takes after each outcome is decided elsewhere.  The
conversation is cut in two at the only point that matters.  Before the final dot the server has taken nothing,
and whatever happens it is safe to send again.  From the dot on only the server's answer tells, and without
one nobody knows.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen

WORDS_LIMIT = 500
"""How many characters of a server's words are kept at most."""


def bounded_words(raw: str) -> str:
    """The words of a server, fit to be stored and shown: one line without control characters, bounded."""
    return "".join(c if c.isprintable() else " " for c in raw[:WORDS_LIMIT]).strip()


@frozen
class Accepted:
    """The server answered 2xx after the final dot: the email is now its responsibility.

    Attributes:
        reply: The answer, code first; often holds the server's own queue number.
    """

    reply: str = field(converter=bounded_words)


@frozen(kw_only=True)
class Refused:
    """The server did not take the email, and that is certain.

    Attributes:
        reply: The server's answer, code first; in our own words where the connection ended before the dot, or
            where the message could not even be offered.
        permanent: Trying again cannot help (5xx); otherwise (4xx) it may.
        of_recipient: The answer blames the recipient's address, not us, the message or the server.
    """

    reply: str = field(converter=bounded_words)
    permanent: bool
    of_recipient: bool


@frozen
class NoAnswer:
    """The connection was lost, timed out, or brought an answer that means nothing.

    Out of ``prepare``: nothing was taken, it is safe to send again.  Out of ``finish``: nobody knows.
    """

    words: str = field(converter=bounded_words)


@frozen
class ServerDown:
    """The server as a whole cannot be used: no connection, TLS, login or greeting, or a 421 at the start.

    It says nothing about any email: the queue pauses, and nobody's tries are used up.
    """

    words: str = field(converter=bounded_words)


@frozen
class Prepared:
    """The server has the whole message and waits for the final dot."""


class Step(StrEnum):
    """The points of a conversation, in their order, at which the caller is told that it moves on."""

    SENDER_ACCEPTED = "sender_accepted"
    RECIPIENT_ACCEPTED = "recipient_accepted"
    BODY_SENT = "body_sent"
    DOT_SENT = "dot_sent"
    REPLY_READ = "reply_read"


class MailConnection(Protocol):
    """One conversation after another with one mail server.  Not for two threads at once."""

    def prepare(
        self, *, sender: str, recipient: str, message: bytes, on_step: Callable[[Step], None]
    ) -> Prepared | Refused | NoAnswer | ServerDown:
        """Talk up to the end of the body, not the final dot.

        After ``Prepared`` the caller ends with ``finish`` or ``abandon``; after everything else the next
        email can be prepared at once, on this same connection.  A connection that the server has closed
        meanwhile is replaced by a fresh one without a word; only when that fails too, it is ``ServerDown``.

        Args:
            sender: The envelope's sender, a bare address in ASCII.
            recipient: The envelope's recipient, a bare address.  One that SMTP cannot express is refused,
                permanently and as the recipient's, without asking the server.
            message: Headers and body with CRLF line ends, ASCII only; goes out byte for byte (CRLF is added
                where the end lacks it).  Anything else is refused, permanently, without asking the server.
            on_step: Called when a step is done.  An exception from it drops the connection, with nothing
                taken, and passes through.

        Raises:
            BoonaError: an email is prepared already, or *sender* is no address.
        """

    def finish(self, *, on_step: Callable[[Step], None]) -> Accepted | Refused | NoAnswer:
        """Send the final dot and read the answer.

        Where the connection is seen to have ended before the dot was sent, that is a temporary refusal: for
        certain, nothing was taken.
        An exception from *on_step* passes through; what became of the email is then unknown to the caller.

        Raises:
            BoonaError: nothing is prepared.
        """

    def abandon(self) -> None:
        """Drop a prepared message unsent: only closing the connection does that after DATA.

        The next ``prepare`` opens a fresh one.  Without a prepared message nothing happens.
        """

    def close(self) -> None:
        """End the connection; a prepared message is dropped unsent.  Closing twice is harmless."""


class MailServer(Protocol):
    """A mail server that can be reached, or not."""

    def connect(self) -> MailConnection | ServerDown:
        """Open a connection, ready for the first email (TLS and login done)."""
