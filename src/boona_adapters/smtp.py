"""The way out: a mail server reached over SMTP, with TLS and a verified name.

``SmtpServer`` holds what is to be known about the server and opens connections to it; how an email is said
over one is the matter of ``smtp_conversation``.  Times are seconds.
"""

import ipaddress
import smtplib
import socket
import ssl
from base64 import b64encode
from enum import StrEnum
from pathlib import Path

from attrs import field, frozen

from boona_adapters.smtp_conversation import SmtpConnection
from boona_adapters.smtp_line import Line, words_of
from boona_core.delivery import ServerDown
from boona_core.errors import InvalidValue


class Tls(StrEnum):
    """How the connection is encrypted; ``none`` is for a loopback address only."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


@frozen
class Secret:
    """A text that does not show when it, or anything that holds it, is printed."""

    _text: str = field(repr=lambda _: "…")

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return self._text


@frozen(kw_only=True)
class SmtpServer:
    """One mail server and how to talk to it.  Keeps the port ``MailServer``.

    Attributes:
        host: The name that the server's certificate must carry.
        port: 1 to 65535; 587 is usual for ``starttls``, 465 for ``implicit``.
        tls: How the connection is encrypted.
        username: For the login; None means no login.
        password: For the login; None exactly when there is no *username*.
        ca_file: Certificates of a private authority (PEM); None means those that this machine trusts.
        hello_name: The name given in EHLO; None means this machine's, or an address where that has no dot.
        conversation_timeout: How long one write or one answer may take, the connecting included.
        answer_timeout: How long the answer to the final dot may take.  The standard asks for ten minutes;
            giving up sooner makes doubts of emails that were taken.
        messages_per_connection: After so many emails the connection is replaced, at least 1.

    Raises:
        InvalidValue: no TLS to a host that is not a loopback address, half a login, a number out of its
            bounds, or a *ca_file* that cannot be read.
    """

    host: str
    port: int
    tls: Tls = field(default=Tls.STARTTLS, converter=Tls)
    username: str | None = None
    password: Secret | None = None
    ca_file: Path | None = None
    hello_name: str | None = None
    conversation_timeout: float = 60.0
    answer_timeout: float = 600.0
    messages_per_connection: int = 100
    _trust: ssl.SSLContext | None = field(init=False, repr=False, eq=False)

    @_trust.default
    def _load_trust(self) -> ssl.SSLContext | None:
        if self.tls is Tls.NONE:
            return None
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as fault:
            words = fault.strerror or type(fault).__name__
            raise InvalidValue("ca_file", f"cannot be read ({words})") from None

    def __attrs_post_init__(self) -> None:
        if self.tls is Tls.NONE and not _is_loopback(self.host):
            raise InvalidValue("tls", f"none is only for a loopback address, and {self.host} is not one")
        if (self.username is None) != (self.password is None):
            raise InvalidValue("password", "a login needs both a user name and a password")
        if not 1 <= self.port <= 65535:
            raise InvalidValue("port", "must be from 1 to 65535")
        if min(self.conversation_timeout, self.answer_timeout) <= 0:
            raise InvalidValue("timeout", "must be more than 0 seconds")
        if self.messages_per_connection < 1:
            raise InvalidValue("messages_per_connection", "must be at least 1")

    def connect(self) -> SmtpConnection | ServerDown:
        """Open a connection, ready for the first email (TLS and login done)."""
        line = self._open()
        if isinstance(line, ServerDown):
            return line
        return SmtpConnection(self._open, line, self.messages_per_connection)

    def _open(self) -> Line | ServerDown:
        try:
            smtp = self._greeted()
        except (OSError, UnicodeError) as fault:
            return ServerDown(f"no connection: {words_of(fault)}")
        try:
            self._enter(smtp)
            return Line.of(smtp, conversation_timeout=self.conversation_timeout, answer_timeout=self.answer_timeout)
        except smtplib.SMTPAuthenticationError as fault:
            smtp.close()
            return ServerDown(f"login: {words_of(fault)}")
        except OSError as fault:
            smtp.close()
            return ServerDown(words_of(fault))

    def _greeted(self) -> smtplib.SMTP:
        name = self.hello_name or _own_name()
        if self.tls is Tls.IMPLICIT:
            return smtplib.SMTP_SSL(self.host, self.port, name, timeout=self.conversation_timeout, context=self._trust)
        return smtplib.SMTP(self.host, self.port, name, timeout=self.conversation_timeout)

    def _enter(self, smtp: smtplib.SMTP) -> None:
        if smtp.sock is not None:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.ehlo_or_helo_if_needed()
        if self.tls is Tls.STARTTLS:
            smtp.starttls(context=self._trust)
            smtp.ehlo_or_helo_if_needed()
        if self.username is not None and self.password is not None:
            _log_in(smtp, self.username, self.password.reveal())


def _log_in(smtp: smtplib.SMTP, username: str, password: str) -> None:
    """AUTH PLAIN in one round trip where it is offered (in UTF-8, RFC 4616), else what the library knows."""
    if "PLAIN" in smtp.esmtp_features.get("auth", "").upper().split():
        token = b64encode(f"\0{username}\0{password}".encode()).decode("ascii")
        code, text = smtp.docmd("AUTH", f"PLAIN {token}")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, text)
        return
    if not (username.isascii() and password.isascii()):
        raise smtplib.SMTPNotSupportedError("a login beyond ASCII needs AUTH PLAIN, which is not offered")
    smtp.login(username, password)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def _own_name() -> str:
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
