"""A store as it is, with somebody beside it who counts its commits, takes it away, or moves its clock.

What is stored is stored by the real adapter; a unit of it is only wrapped.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from attrs import define, field

from boona_core.answer_ports import Answers
from boona_core.call_ports import Callers, Calls, Closures
from boona_core.errors import StoreError, StoreUnavailable
from boona_core.ports import Emails, OpenUnit, Outbox, Patients, Requests, Sending, Therapists, Unit


class WrappedUnit:
    """A unit that passes everything on to the one within."""

    def __init__(self, within: Unit) -> None:
        self.within = within

    @property
    def therapists(self) -> Therapists:
        """Keep the promise of ``ports.Unit``."""
        return self.within.therapists

    @property
    def patients(self) -> Patients:
        """Keep the promise of ``ports.Unit``."""
        return self.within.patients

    @property
    def requests(self) -> Requests:
        """Keep the promise of ``ports.Unit``."""
        return self.within.requests

    @property
    def emails(self) -> Emails:
        """Keep the promise of ``ports.Unit``."""
        return self.within.emails

    @property
    def sending(self) -> Sending:
        """Keep the promise of ``ports.Unit``."""
        return self.within.sending

    @property
    def calls(self) -> Calls:
        """Keep the promise of ``ports.Unit``."""
        return self.within.calls

    @property
    def callers(self) -> Callers:
        """Keep the promise of ``ports.Unit``."""
        return self.within.callers

    @property
    def closures(self) -> Closures:
        """Keep the promise of ``ports.Unit``."""
        return self.within.closures

    @property
    def answers(self) -> Answers:
        """Keep the promise of ``ports.Unit``."""
        return self.within.answers

    @property
    def outbox(self) -> Outbox:
        """Keep the promise of ``ports.Unit``."""
        return self.within.outbox

    def now(self) -> datetime:
        """Keep the promise of ``ports.Unit``."""
        return self.within.now()

    def commit(self) -> None:
        """Keep the promise of ``ports.Unit``."""
        self.within.commit()

    def __enter__(self) -> Self:
        self.within.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.within.__exit__(kind, error, trace)


class WatchedUnit(WrappedUnit):
    """A unit whose commits are counted, and may be lost."""

    def __init__(self, within: Unit, watch: "Watch") -> None:
        super().__init__(within)
        self._watch = watch

    def commit(self) -> None:
        """Keep the promise of ``ports.Unit``, unless the store is away."""
        self._watch.commits += 1
        stored = self._watch.losses.popleft() if self._watch.losses else None
        if stored is not False:
            self.within.commit()
        if stored is not None:
            raise self._watch.error


@define(eq=False)
class Watch:
    """Opens watched units.

    Attributes:
        commits: How many were asked for.
        losses: What becomes of the next commits: False: it is lost; True: it is stored and nobody hears of it.
        error: What they fail with.
        before: What happens before units are opened, one after the other.
    """

    open_within: OpenUnit
    commits: int = 0
    losses: deque[bool] = field(factory=deque)
    error: StoreError = field(factory=lambda: StoreUnavailable(None))
    before: deque[Callable[[], object]] = field(factory=deque)

    def open_unit(self) -> Unit:
        """A watched unit."""
        if self.before:
            self.before.popleft()()
        return WatchedUnit(self.open_within(), self)

    def lose(self, *, times: int = 1) -> None:
        """The next commits fail, and nothing of them is stored."""
        self.losses.extend([False] * times)

    def lose_answer(self) -> None:
        """The next commit is stored, but fails as far as anybody can see."""
        self.losses.append(True)
