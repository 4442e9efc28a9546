"""How one email after another is said to a mail server, cut in two before the final dot.

Where the server offers PIPELINING (RFC 2920), MAIL, RCPT and DATA travel together and cost one round trip.
Nothing here waits for a clock or retries an email: the caller decides.
"""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from attrs import define, field

from boona_adapters.smtp_line import Line, Lost
from boona_adapters.smtp_replies import Reply, refused, refused_after_body, refused_at_rcpt
from boona_core.delivery import Accepted, NoAnswer, Prepared, Refused, ServerDown, Step
from boona_core.errors import BoonaError, InvalidValue

_Outcome = TypeVar("_Outcome")
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")  # printable ASCII without spaces and angle brackets
_ADDRESS_LIMIT = 254


class ConversationMisused(BoonaError):
    """The halves of a conversation were called out of order."""


@define(eq=False, kw_only=True)
class _Errand:
    """One email on its way."""

    sender: str
    recipient: str
    message: bytes = field(repr=False)
    on_step: Callable[[Step], None]


@define(eq=False)
class SmtpConnection:
    """One conversation after another, over a line that is opened anew when it has to be.

    Keeps the port ``MailConnection``, whose words are not repeated here.
    """

    _open: Callable[[], Line | ServerDown] = field(repr=False)
    _line: Line | None = field(repr=False)
    _messages_per_line: int
    _messages: int = field(default=0, init=False)
    _reset_due: bool = field(default=False, init=False)
    _prepared: bytes | None = field(default=None, init=False, repr=False)

    def prepare(
        self, *, sender: str, recipient: str, message: bytes, on_step: Callable[[Step], None]
    ) -> Prepared | Refused | NoAnswer | ServerDown:
        """Talk up to the end of the body, not the final dot.

        Raises:
            ConversationMisused: an email is prepared already.
            InvalidValue: *sender* is no address.
        """
        if self._prepared is not None:
            raise ConversationMisused("an email is prepared already: finish or abandon it first")
        if not _sayable(sender):
            raise InvalidValue("sender", "is no address that SMTP can express")
        fault = _fault_of(recipient, message)
        if fault is not None:
            return fault
        try:
            return self._prepare(_Errand(sender=sender, recipient=recipient, message=message, on_step=on_step))
        except BaseException:
            self._drop()
            raise

    def finish(self, *, on_step: Callable[[Step], None]) -> Accepted | Refused | NoAnswer:
        """Send the final dot and read the answer.

        Raises:
            ConversationMisused: nothing is prepared.
        """
        line, message, self._prepared = self._line, self._prepared, None
        if line is None or message is None:
            raise ConversationMisused("no email is prepared")
        try:
            return self._finish(line, message, on_step)
        except Lost as lost:
            return self._drop_for(NoAnswer(str(lost)))
        except BaseException:
            self._drop()
            raise

    def abandon(self) -> None:
        """Drop a prepared message unsent."""
        if self._prepared is not None:
            self._drop()

    def close(self) -> None:
        """End the connection, politely where nothing is prepared."""
        if self._line is not None and self._prepared is None:
            self._line.quit()
        self._drop()

    def _prepare(self, errand: _Errand) -> Prepared | Refused | NoAnswer | ServerDown:
        if self._messages >= self._messages_per_line:
            self.close()
        line, fresh = self._line, False
        while True:
            if line is None:
                opened = self._open()
                if isinstance(opened, ServerDown):
                    return opened
                line, fresh = self._adopt(opened), True
            answers = line.ask(self._commands(line, errand))
            first = self._first_answer(line, answers)
            if isinstance(first, Reply):
                try:
                    return self._offer(line, errand, first, answers)
                except Lost as lost:
                    return self._drop_for(NoAnswer(str(lost)))
            self._drop()
            if fresh:
                return first
            line = None  # a kept line that the server has closed meanwhile: once more, on a fresh one

    def _adopt(self, line: Line) -> Line:
        self._line, self._messages, self._reset_due = line, 0, False
        return line

    def _commands(self, line: Line, errand: _Errand) -> list[str]:
        size = f" SIZE={len(errand.message)}" if line.sizes else ""
        reset = ["RSET"] if self._reset_due else []
        return [*reset, f"MAIL FROM:<{errand.sender}>{size}", f"RCPT TO:<{errand.recipient}>", "DATA"]

    def _first_answer(self, line: Line, answers: Iterator[Reply]) -> Reply | ServerDown:
        """The answer to MAIL; where the server hangs up, shuts down or wants a login, that is not about MAIL."""
        try:
            line.wait_at_most(line.conversation_timeout)
            reply = next(answers)
            if self._reset_due and reply.ok:
                reply = next(answers)
            elif self._reset_due:
                return ServerDown(str(reply))
        except Lost as lost:
            return ServerDown(str(lost))
        self._reset_due = False
        return ServerDown(str(reply)) if reply.refuses_everybody else reply

    def _offer(
        self, line: Line, errand: _Errand, mail: Reply, answers: Iterator[Reply]
    ) -> Prepared | Refused | NoAnswer:
        if not mail.ok:
            return self._turned_down(line, mail, refused(mail), answers)
        errand.on_step(Step.SENDER_ACCEPTED)
        rcpt = next(answers)
        if not rcpt.ok:
            return self._turned_down(line, rcpt, refused_at_rcpt(rcpt, errand.recipient), answers)
        errand.on_step(Step.RECIPIENT_ACCEPTED)
        data = next(answers)
        if not data.wants_body:
            return self._turned_down(line, data, refused(data), answers)
        line.send(_stuffed(errand.message))
        errand.on_step(Step.BODY_SENT)
        self._prepared = errand.message
        return Prepared()

    def _turned_down(self, line: Line, reply: Reply, verdict: Refused, answers: Iterator[Reply]) -> Refused | NoAnswer:
        """Keep the line usable after a refusal, or drop it."""
        if not reply.refuses:
            return self._drop_for(NoAnswer(f"not understood: {reply}"))
        if reply.code == 421:
            return self._drop_for(verdict)
        self._reset_due = True
        try:
            if line.pipelining and [rest.wants_body for rest in answers][-1:] == [True]:
                line.send(b".\r\n")  # DATA travelled along and was accepted: end it without a body
                line.reply()
        except Lost:
            self._drop()
        return verdict

    def _finish(self, line: Line, message: bytes, on_step: Callable[[Step], None]) -> Accepted | Refused | NoAnswer:
        unasked = line.unasked_answer()
        if unasked is not None:
            return self._drop_for(_ended_before_the_dot(unasked, message))
        line.wait_at_most(line.answer_timeout)
        line.send(b".\r\n")
        on_step(Step.DOT_SENT)
        reply = line.reply()
        on_step(Step.REPLY_READ)
        self._messages += 1
        if reply.ok:
            return Accepted(str(reply))
        if not reply.refuses:
            return self._drop_for(NoAnswer(f"not understood: {reply}"))
        if reply.code == 421:
            self._drop()
        return refused_after_body(reply, message)

    def _drop_for(self, outcome: _Outcome) -> _Outcome:
        self._drop()
        return outcome

    def _drop(self) -> None:
        """Hang up; what was not ended by a dot is not taken."""
        line, self._line, self._prepared = self._line, None, None
        if line is not None:
            line.hang_up()


def _sayable(address: str) -> bool:
    return len(address) <= _ADDRESS_LIMIT and _ADDRESS.fullmatch(address) is not None


def _fault_of(recipient: str, message: bytes) -> Refused | None:
    """Why this email cannot even be offered: no server could answer otherwise, or answer safely."""
    if not _sayable(recipient):
        fault = "the recipient's address cannot be expressed in SMTP"
    elif not message.isascii():
        fault = "the message is not plain ASCII"
    elif not message.count(b"\r\n") == message.count(b"\r") == message.count(b"\n"):
        fault = "the message has line ends other than CRLF"
    else:
        return None
    return Refused(reply=f"not offered to the server: {fault}", permanent=True, of_recipient=not _sayable(recipient))


def _stuffed(message: bytes) -> bytes:
    """The message as it travels: lines that begin with a dot get a second one, the last line an end."""
    if message.startswith(b"."):
        message = b"." + message
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    return stuffed if stuffed.endswith(b"\r\n") or not stuffed else stuffed + b"\r\n"


def _ended_before_the_dot(unasked: Reply, message: bytes) -> Refused:
    """Certain in any case: without a dot nothing was taken."""
    if unasked.refuses:
        return refused_after_body(unasked, message)
    return Refused(reply="the connection ended before the final dot", permanent=False, of_recipient=False)
