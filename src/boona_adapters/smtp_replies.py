"""What a mail server's answer means: taken, refused for now or for good, and whose fault it is.

Pure functions over replies.  Blaming the recipient has consequences (the address is not used any more), so a
reply blames it only when it says so: by an enhanced status code (RFC 3463), or by refusing RCPT without
naming another reason.
"""

import re
from email import message_from_bytes
from email.policy import default as modern

from attrs import frozen

from boona_core.delivery import Refused

_ENHANCED = re.compile(r"[245]\.(\d{1,3})\.(\d{1,3})(?!\S)")
_UNKNOWN_MAILBOX = re.compile(
    r"unknown|no such|not (?:found|exist|known)|does ?n.t exist|invalid (?:recipient|mailbox|user|address)"
    r"|mailbox (?:is )?(?:unavailable|full|disabled|inactive)|over ?quota|recipient (?:address )?rejected",
    re.IGNORECASE,
)
_ANOTHER_REASON = re.compile(
    r"\brelay|sender|\bspf\b|\bdkim\b|\bdmarc\b|spam|\bblock|blacklist|blocklist|\blisted\b|\bpolicy|reputation"
    r"|authenti|client host|\bhelo\b|\behlo\b|reverse dns|\bptr\b|\bsize\b|too large|rate limit|too many",
    re.IGNORECASE,
)
_REFUSED_AS_A_WHOLE = frozenset({421, 530, 534, 535, 538})
_WORD = re.compile(r"[^\W_]{4,}")
_RAW_PIECE = 12


@frozen
class Reply:
    """One answer of a server.

    Attributes:
        code: Three digits; anything outside 200 to 599 means that there was none.
        text: Everything behind the codes, lines included.
    """

    code: int
    text: str

    @property
    def ok(self) -> bool:
        """Done (2xx)."""
        return 200 <= self.code <= 299

    @property
    def wants_body(self) -> bool:
        """The server waits for a message, up to the final dot."""
        return self.code == 354

    @property
    def refuses(self) -> bool:
        """For now (4xx) or for good (5xx)."""
        return 400 <= self.code <= 599

    @property
    def refuses_everybody(self) -> bool:
        """Shutting down (421) or asking for a login: it would say the same to any email."""
        return self.code in _REFUSED_AS_A_WHOLE

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


def refused(reply: Reply) -> Refused:
    """A refusal at MAIL or DATA: never the recipient's."""
    return Refused(reply=str(reply), permanent=reply.code >= 500, of_recipient=False)


def refused_at_rcpt(reply: Reply, recipient: str) -> Refused:
    """A refusal of RCPT: the recipient's, unless the answer speaks of the sender, policy or the server."""
    return Refused(reply=str(reply), permanent=reply.code >= 500, of_recipient=_rcpt_blames_recipient(reply, recipient))


def refused_after_body(reply: Reply, message: bytes) -> Refused:
    """A refusal of the whole message: the recipient's only where the enhanced code blames the address.

    What the server's words repeat of the message is left out: it is about patients.
    """
    return Refused(
        reply=f"{reply.code} {_without_content(reply.text, message)}",
        permanent=reply.code >= 500,
        of_recipient=_address_to_blame(_enhanced(reply)),
    )


def _enhanced(reply: Reply) -> tuple[int, int] | None:
    match = _ENHANCED.match(reply.text)
    return (int(match[1]), int(match[2])) if match else None


def _address_to_blame(status: tuple[int, int] | None) -> bool:
    """X.1: the address, but 1.7 and 1.8 are the sender's; X.2: the mailbox, but 2.3 is the message's length."""
    if status is None:
        return False
    subject, detail = status
    return (subject == 1 and detail not in {7, 8}) or (subject == 2 and detail in {0, 1, 2})


def _rcpt_blames_recipient(reply: Reply, recipient: str) -> bool:
    status = _enhanced(reply)
    if status is not None and status[0] != 0:
        return _address_to_blame(status) or status[0] == 4  # X.4: no way to that domain
    if reply.code in range(500, 505) or reply.refuses_everybody:
        return False
    words = reply.text.replace(recipient, "")
    if _UNKNOWN_MAILBOX.search(words):
        return True
    return reply.code != 554 and not _ANOTHER_REASON.search(words)


def _without_content(words: str, message: bytes) -> str:
    parsed = message_from_bytes(message, policy=modern)
    said = [str(parsed["subject"] or "")]
    for part in parsed.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            said.append(payload.decode("utf-8", "replace") if isinstance(payload, bytes) else "")
    spoken = {word.casefold() for text in said for word in _WORD.findall(text)}
    body = message.partition(b"\r\n\r\n")[2]

    def kept(token: str) -> str:
        if len(token) >= _RAW_PIECE and token.encode() in body:
            return "…"
        return _WORD.sub(lambda word: "…" if word[0].casefold() in spoken else word[0], token)

    return " ".join(kept(token) for token in words.split())
