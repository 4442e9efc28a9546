"""What are the bytes of an email?

``assemble`` gives the message as it is stored and sent: RFC 5322 with CRLF, two alternatives, plain text and
HTML, ready for SMTP's DATA before dot-stuffing.  Headers are written by the standard library; the two encoded
parts are joined by hand, because ``EmailMessage`` costs more than everything else in sending.  The same input
gives the same bytes.  There is one recipient and no way to name another.
"""

import re
from binascii import b2a_qp
from datetime import datetime
from email.charset import Charset
from email.header import Header
from email.utils import format_datetime, formataddr
from functools import lru_cache
from urllib.parse import quote

from attrs import frozen

from boona_adapters.addresses import BadAddress, wire_address
from boona_core.errors import InvalidValue
from boona_core.instants import utc

LONGEST_NAME = 255
LONGEST_SUBJECT = 255
LONGEST_URL = 900
LONGEST_LINE = 78
LONGEST_WORD = 72  # an encoded word on its own line, after the name of a header
LONGEST_BODY = 1_000_000

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,120}@[A-Za-z0-9.-]{1,120}>")
_URL = re.compile(r"https://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+;=%]+")
_PLAIN = re.compile(r"(?=.{1,60}\Z)[A-Za-z0-9.,:;!?()/+'&-]+(?: [A-Za-z0-9.,:;!?()/+'&-]+)*")
_UTF8 = Charset("utf-8")

# "=_" cannot come out of quoted-printable, where "=" is followed by two hex digits or the end of the line.
_BOUNDARY = "=_boona_alternative_="
_HEAD_OF_PARTS = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n\r\n'
_HEAD_OF_PART = (
    "--{boundary}\r\nContent-Type: text/{form}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
)
_TEXT_HEAD = _HEAD_OF_PART.format(boundary=_BOUNDARY, form="plain").encode()
_HTML_HEAD = b"\r\n" + _HEAD_OF_PART.format(boundary=_BOUNDARY, form="html").encode()
_END = f"\r\n--{_BOUNDARY}--\r\n".encode()


class RefusedHeader(InvalidValue):
    """A header value that must not go out; the error names the header, never the value."""


class RefusedBody(InvalidValue):
    """A body that cannot go out; the error names the body, never what is in it."""


@frozen(kw_only=True)
class Unsubscribe:
    """How a therapist ends the letters by a press in the mail program.

    Attributes:
        mailto: The address that takes the wish.
        one_click_url: ``https://…`` that takes a POST without a question (RFC 8058); None where the service has
            no public address.
    """

    mailto: str
    one_click_url: str | None = None


def assemble(
    *,
    sender: tuple[str, str],
    recipient: tuple[str, str],
    subject: str,
    body_text: str,
    body_html: str,
    message_id: str,
    date: datetime,
    list_unsubscribe: Unsubscribe,
    in_reply_to: str | None = None,
) -> bytes:
    """The bytes of one email.

    Args:
        sender: Name and address; an empty name leaves the bare address.
        recipient: Name and address of the one recipient.
        subject: At most 255 characters.
        body_text: At most 1,000,000 characters; line ends of any kind become CRLF.
        body_html: As *body_text*.
        message_id: With its angle brackets; it stays the same however often the email is assembled.
        date: An aware instant, written in UTC.
        list_unsubscribe: The mailto way always, the one-click way where there is an address for it.
        in_reply_to: The Message-ID of the email that this one answers; None starts a conversation.

    Raises:
        RefusedHeader: a header value has a control character, is too long, or is not what the header takes.
        RefusedBody: a body is too long or cannot be written in UTF-8.
        NaiveInstant: *date* has no UTC offset.
    """
    head = (
        f"Date: {format_datetime(utc(date))}\r\n"
        f"{_sender_header(*sender)}"
        f"{_mailbox_header('To', *recipient)}"
        f"{_subject_header(subject)}"
        f"Message-ID: {_checked_id('Message-ID', message_id)}\r\n"
        f"{_reply_headers(in_reply_to)}"
        f"{_unsubscribe_headers(list_unsubscribe)}"
        f"{_HEAD_OF_PARTS}"
    )
    return b"".join(
        (
            head.encode("ascii"),
            _TEXT_HEAD,
            _encoded("body_text", body_text),
            _HTML_HEAD,
            _encoded("body_html", body_html),
            _END,
        )
    )


def _checked(header: str, value: str, longest: int) -> str:
    """*value*, if it may stand in a header at all."""
    if len(value) > longest:
        raise RefusedHeader(header, f"longer than {longest} characters")
    if _CONTROL.search(value) is not None:
        raise RefusedHeader(header, "has a control character")
    return value


def _mailbox_header(header: str, name: str, address: str) -> str:
    _checked(header, name, LONGEST_NAME)
    try:
        wire = wire_address(_checked(header, address, LONGEST_NAME))
    except BadAddress as refused:
        raise RefusedHeader(header, refused.fault) from None
    if _PLAIN.fullmatch(name):
        mailbox = formataddr((name, wire))
    else:
        mailbox = f"{_UTF8.header_encode(name)} <{wire}>" if name else wire
    line = f"{header}: {mailbox}"
    if len(line) <= LONGEST_LINE or not name:
        return f"{line}\r\n"
    word = _UTF8.header_encode(name)
    words = word if len(word) <= LONGEST_WORD else _encoded_words(header, name)
    return f"{header}: {words}\r\n <{wire}>\r\n"


@lru_cache(maxsize=64)
def _sender_header(name: str, address: str) -> str:
    return _mailbox_header("From", name, address)


@lru_cache(maxsize=256)
def _subject_header(subject: str) -> str:
    _checked("Subject", subject, LONGEST_SUBJECT)
    return f"Subject: {subject if _PLAIN.fullmatch(subject) else _encoded_words('Subject', subject)}\r\n"


def _encoded_words(header: str, text: str) -> str:
    """*text* as encoded words, in lines of at most 76 characters."""
    return Header(text, charset=_UTF8, maxlinelen=76, header_name=header).encode(linesep="\r\n")


def _checked_id(header: str, message_id: str) -> str:
    if _MESSAGE_ID.fullmatch(message_id) is None:
        raise RefusedHeader(header, "is not of the form <unique@domain>")
    return message_id


def _reply_headers(in_reply_to: str | None) -> str:
    if in_reply_to is None:
        return ""
    answered = _checked_id("In-Reply-To", in_reply_to)
    return f"In-Reply-To: {answered}\r\nReferences: {answered}\r\n"


@lru_cache(maxsize=64)
def _mailto(address: str) -> str:
    """The address as a link: what has a meaning in a link is percent-encoded."""
    try:
        wire = wire_address(_checked("List-Unsubscribe", address, LONGEST_NAME))
    except BadAddress as refused:
        raise RefusedHeader("List-Unsubscribe", refused.fault) from None
    return f"<mailto:{quote(wire, safe='@')}?subject=Abmelden>"


def _unsubscribe_headers(way: Unsubscribe) -> str:
    """A long address stays on one line: up to 998 characters are allowed, and folding inside would break it."""
    mailto = _mailto(way.mailto)
    if way.one_click_url is None:
        return f"List-Unsubscribe: {mailto}\r\n"
    url = _checked("List-Unsubscribe", way.one_click_url, LONGEST_URL)
    if _URL.fullmatch(url) is None:
        raise RefusedHeader("List-Unsubscribe", "one-click needs an address that starts with https://")
    return f"List-Unsubscribe: <{url}>,\r\n {mailto}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def _encoded(place: str, body: str) -> bytes:
    """*body* in quoted-printable: readable as it is, lines of at most 76 characters."""
    if len(body) > LONGEST_BODY:
        raise RefusedBody(place, f"longer than {LONGEST_BODY} characters")
    try:
        written = body.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode()
    except UnicodeEncodeError:  # the error would carry the body
        raise RefusedBody(place, "cannot be written in UTF-8") from None
    encoded = b2a_qp(written, istext=True)
    # b2a_qp breaks long lines as the first line of its input ends: with LF when it is the only one
    return encoded if b"\r\n" in written else encoded.replace(b"\n", b"\r\n")
