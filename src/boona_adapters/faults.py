"""Named points at which a test may end or freeze this very process.

Off unless ``BOONA_FAULTS`` asks: ``marker_committed:kill@3`` kills the process (SIGKILL, nothing is cleaned up) the
third time that it comes to the point ``marker_committed``, ``dot_sent:stop@1`` freezes it (SIGSTOP) the first time;
several are separated by commas.  Nothing is counted or looked up where nothing was asked for.
"""

import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from threading import Lock, get_ident

from attrs import define, field, frozen

from boona_core.errors import InvalidValue

Checkpoint = Callable[[str], None]
"""Told the name of each point that the process comes to."""

_FAULT = re.compile(r"(?P<point>[a-z_]+):(?P<deed>kill|stop)@(?P<times>[1-9][0-9]{0,8})")


class Deed(StrEnum):
    """What is done to the process."""

    KILL = "kill"
    STOP = "stop"


@frozen
class Fault:
    """One deed at one point, the *times*-th time that it is reached, counted from 1 over all threads."""

    point: str
    deed: Deed
    times: int


@define
class Faults:
    """A checkpoint that carries faults out; safe to be called by several threads."""

    faults: Sequence[Fault]
    _reached: Counter[str] = field(factory=Counter)
    _lock: Lock = field(factory=Lock)

    def __call__(self, point: str) -> None:
        """The process has come to *point*."""
        with self._lock:
            self._reached[point] += 1
            reached = self._reached[point]
        for fault in self.faults:
            if (fault.point, fault.times) == (point, reached):
                _carry_out(fault.deed)


def _carry_out(deed: Deed) -> None:
    """End or freeze the process; no line of this thread runs afterwards.

    SIGSTOP sent to the process stops its main thread, and this one a moment later, wherever it is by then.
    """
    if deed is Deed.KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        signal.pthread_kill(get_ident(), signal.SIGSTOP)


def read_faults(text: str) -> tuple[Fault, ...]:
    """The faults that ``BOONA_FAULTS`` asks for; none when it is empty.

    Raises:
        InvalidValue: one of them is not of the form ``point:kill@3``.
    """
    faults = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _FAULT.fullmatch(part)
        if match is None:
            raise InvalidValue("BOONA_FAULTS", f"expected point:kill@N or point:stop@N, got {part[:60]!r}")
        faults.append(Fault(match["point"], Deed(match["deed"]), int(match["times"])))
    return tuple(faults)


def checkpoint_of(text: str) -> Checkpoint:
    """The checkpoint that *text* asks for; it does nothing when *text* is empty.

    Raises:
        InvalidValue: *text* cannot be read.
    """
    faults = read_faults(text)
    return Faults(faults) if faults else unwatched


def unwatched(_: str) -> None:
    """Nobody waits at any point."""
