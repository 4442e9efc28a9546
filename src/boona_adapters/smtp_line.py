"""An open connection to a mail server: bytes out, answers in, every failure of it as one kind of error."""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence

from attrs import frozen

from boona_adapters.smtp_replies import Reply

_PIECE = 256 * 1024


class Lost(Exception):
    """The connection ended, timed out or brought no reply; the text says how."""


@frozen(kw_only=True)
class Line:
    """An open connection: greeted, encrypted and logged in.

    Attributes:
        conversation_timeout: Seconds for one write or one answer.
        answer_timeout: Seconds for the answer to the final dot.
    """

    _smtp: smtplib.SMTP
    _socket: socket.socket
    pipelining: bool
    sizes: bool
    conversation_timeout: float
    answer_timeout: float

    @classmethod
    def of(cls, smtp: smtplib.SMTP, *, conversation_timeout: float, answer_timeout: float) -> "Line":
        """The line over a connection that the library has opened.

        Raises:
            smtplib.SMTPServerDisconnected: it is closed again.
        """
        if smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        return cls(
            smtp=smtp,
            socket=smtp.sock,
            pipelining=smtp.has_extn("pipelining"),
            sizes=smtp.has_extn("size"),
            conversation_timeout=conversation_timeout,
            answer_timeout=answer_timeout,
        )

    def wait_at_most(self, seconds: float) -> None:
        """Set the bound for every following write and answer."""
        self._socket.settimeout(seconds)

    def send(self, data: bytes) -> None:
        """Write all of *data*, a large one in pieces, so that the time is for a piece and not for the whole.

        Raises:
            Lost: the connection ended, or a piece took too long.
        """
        try:
            if len(data) <= _PIECE:
                self._socket.sendall(data)
                return
            view = memoryview(data)
            for start in range(0, len(data), _PIECE):
                self._socket.sendall(view[start : start + _PIECE])
        except OSError as fault:
            raise Lost(words_of(fault)) from None

    def reply(self) -> Reply:
        """Read one answer.

        Raises:
            Lost: there was none in time.
        """
        try:
            code, text = self._smtp.getreply()
        except OSError as fault:
            raise Lost(words_of(fault)) from None
        return Reply(code, text.decode("utf-8", "replace"))

    def ask(self, commands: Sequence[str]) -> Iterator[Reply]:
        """Yield the answers, one for each command.

        With PIPELINING all commands go out together; without, a command goes out when its answer is asked
        for.

        Raises:
            Lost: an answer did not come.
        """
        encoded = [f"{command}\r\n".encode("ascii") for command in commands]
        if self.pipelining:
            self.send(b"".join(encoded))
            for _ in encoded:
                yield self.reply()
        else:
            for command in encoded:
                self.send(command)
                yield self.reply()

    def unasked_answer(self) -> Reply | None:
        """What the server said without being asked (code 0: it hung up); None: it waits, as it should."""
        try:
            self._socket.settimeout(0)
            said = self._smtp.file is not None and self._smtp.file.peek(1)
            if not said and self._socket.recv(1) == b"":
                return Reply(0, "")
            self._socket.settimeout(self.conversation_timeout)
            return self.reply()
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        except (OSError, Lost):
            return Reply(0, "")

    def quit(self) -> None:
        """Say goodbye and hang up; the answer is not waited for."""
        with contextlib.suppress(OSError):  # it ends either way
            self._socket.sendall(b"QUIT\r\n")
        self._smtp.close()

    def hang_up(self) -> None:
        """End the connection without a word: the one way to unsay a message after DATA."""
        self._smtp.close()


def words_of(fault: OSError | UnicodeError) -> str:
    """The words of a failure of the connection; a reply of the server in full."""
    if isinstance(fault, smtplib.SMTPResponseException):
        text = fault.smtp_error
        return f"{fault.smtp_code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
    return str(fault) or type(fault).__name__
