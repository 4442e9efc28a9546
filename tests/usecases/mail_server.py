"""A mail server in this process, which answers what a test has told it.

It keeps the promises of ``boona_core.delivery``: nothing is taken before the final dot, a prepared message ends with
``finish`` or ``abandon``, and what was taken is on record whatever was answered.
"""

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress

from attrs import define, field, frozen

from boona_core.delivery import Accepted, MailConnection, NoAnswer, Prepared, Refused, ServerDown, Step
from boona_core.errors import BoonaError

TAKEN = Accepted("250 2.0.0 taken")


class OutOfTurn(BoonaError):
    """A connection was used in an order that its promise rules out."""


@frozen(kw_only=True)
class Turn:
    """One conversation about one email.

    Attributes:
        before_dot: Answered instead of waiting for the final dot; None: it waits for it.
        at_dot: Answered to the final dot.
        taken: Whether the message is kept; None: as *at_dot* says.
        meanwhile: What happens in the world when a step is reached, before the sender is told of it.
    """

    before_dot: Refused | NoAnswer | ServerDown | None = None
    at_dot: Accepted | Refused | NoAnswer = TAKEN
    taken: bool | None = None
    meanwhile: Mapping[Step, Callable[[], object]] = field(factory=dict)

    @property
    def keeps_it(self) -> bool:
        """Whether the message is the server's after the dot."""
        return isinstance(self.at_dot, Accepted) if self.taken is None else self.taken

    def reached(self, step: Step, on_step: Callable[[Step], None]) -> None:
        """Let happen what happens at *step*, and tell the sender."""
        with suppress(KeyError):
            self.meanwhile[step]()
        on_step(step)


@frozen(kw_only=True)
class Letterbox:
    """One message that the server took."""

    sender: str
    recipient: str
    message: bytes = field(repr=False)


@define(eq=False)
class ScriptedServer:
    """A mail server that takes everything, unless it was told otherwise for the next conversations.

    Attributes:
        delivered: What it took, in order.
        offered: The recipients of every conversation begun.
        connections: How many were opened.
        open: How many of them are not closed.
        abandoned: How many prepared messages were dropped unsent.
    """

    delivered: list[Letterbox] = field(factory=list)
    offered: list[str] = field(factory=list)
    connections: int = 0
    open: int = 0
    abandoned: int = 0
    _turns: deque[Turn] = field(factory=deque, init=False)
    _closed_doors: deque[ServerDown] = field(factory=deque, init=False)

    def then(self, *turns: Turn) -> None:
        """The next conversations, in order; after them everything is taken."""
        self._turns.extend(turns)

    def forget(self) -> None:
        """Take everything from now on."""
        self._turns.clear()
        self._closed_doors.clear()

    def is_down(self, words: str, *, times: int = 1) -> None:
        """Nobody can connect so many times."""
        self._closed_doors.extend([ServerDown(words)] * times)

    def connect(self) -> MailConnection | ServerDown:
        """Keep the promise of ``MailServer``."""
        if self._closed_doors:
            return self._closed_doors.popleft()
        self.connections += 1
        self.open += 1
        return ScriptedConnection(self)

    def next_turn(self) -> Turn:
        """What was told about the next conversation."""
        return self._turns.popleft() if self._turns else Turn()

    def recipients(self) -> list[str]:
        """To whom went what was taken, in order."""
        return [letter.recipient for letter in self.delivered]


@define(eq=False)
class ScriptedConnection:
    """One connection to a :class:`ScriptedServer`."""

    _server: ScriptedServer
    _prepared: tuple[Turn, Letterbox] | None = None
    _closed: bool = False

    def prepare(
        self, *, sender: str, recipient: str, message: bytes, on_step: Callable[[Step], None]
    ) -> Prepared | Refused | NoAnswer | ServerDown:
        """Keep the promise of ``MailConnection``."""
        if self._prepared is not None or self._closed:
            raise OutOfTurn("an email is prepared already, or the connection is closed")
        turn = self._server.next_turn()
        self._server.offered.append(recipient)
        turn.reached(Step.SENDER_ACCEPTED, on_step)
        if turn.before_dot is not None:
            return turn.before_dot
        turn.reached(Step.RECIPIENT_ACCEPTED, on_step)
        turn.reached(Step.BODY_SENT, on_step)
        self._prepared = (turn, Letterbox(sender=sender, recipient=recipient, message=message))
        return Prepared()

    def finish(self, *, on_step: Callable[[Step], None]) -> Accepted | Refused | NoAnswer:
        """Keep the promise of ``MailConnection``."""
        if self._prepared is None:
            raise OutOfTurn("nothing is prepared")
        (turn, letter), self._prepared = self._prepared, None
        if turn.keeps_it:
            self._server.delivered.append(letter)
        turn.reached(Step.DOT_SENT, on_step)
        turn.reached(Step.REPLY_READ, on_step)
        return turn.at_dot

    def abandon(self) -> None:
        """Keep the promise of ``MailConnection``."""
        if self._prepared is not None:
            self._prepared = None
            self._server.abandoned += 1

    def close(self) -> None:
        """Keep the promise of ``MailConnection``."""
        if not self._closed:
            self._closed, self._prepared = True, None
            self._server.open -= 1
