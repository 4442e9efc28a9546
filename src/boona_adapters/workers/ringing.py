"""Tell workers at once of what a change made due, without anybody waiting for it.

What a transaction put into the outbox says what it made due; it is told after the commit, from a thread of its own.  A
ring may be lost: the sweep finds the work.  While Redis is away nobody asks it for a while, and nothing is kept for
later.
"""

import time
from collections.abc import Callable, Collection, Iterable
from threading import Condition, Thread
from types import TracebackType
from typing import Any, Self, cast

from attrs import define, field, frozen

from boona_adapters import logs
from boona_adapters.workers.looks import LookName
from boona_core.api_ports import ApiUnit, OpenApiUnit
from boona_core.events import Event, EventType
from boona_core.ports import Outbox

Bell = Callable[[LookName], bool]
"""Rings for one look; False: nobody can hear it now, Redis is away."""

APART = 0.1
"""Seconds between two rings: what comes in between is told together."""

REST = 5.0
"""Seconds for which a Redis that was away is not asked."""

_LONGEST_END = 3.0


@define(kw_only=True)
class Ringer:
    """Rings for what it is told of.

    Attributes:
        open_bell: Makes the bell, in the ringer's own thread and when it is first needed.
        elapsed: Seconds that never run backwards.
        rest: Seconds for which nobody asks after the bell was not heard.
    """

    open_bell: Callable[[], Bell]
    elapsed: Callable[[], float] = time.monotonic
    rest: float = REST
    _pending: set[LookName] = field(factory=set, init=False)
    _rests_until: float | None = field(default=None, init=False)
    _ending: bool = field(default=False, init=False)
    _changed: Condition = field(factory=Condition, init=False, repr=False)
    _thread: Thread | None = field(default=None, init=False, repr=False)

    @property
    def rests(self) -> bool:
        """Whether nobody asks at the moment, because the bell was not heard."""
        return self._rests_until is not None and self.elapsed() < self._rests_until

    def tell(self, names: Collection[LookName]) -> None:
        """There seems to be something to do; returns at once, whatever becomes of it."""
        with self._changed:
            if self._ending or self.rests:
                return
            self._pending.update(names)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="ringer", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Ring for what was told, unless it takes longer than a moment, and end; doing it twice is harmless."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(_LONGEST_END)

    def _run(self) -> None:
        bell: Bell | None = None
        while names := self._next():
            try:
                bell = bell or self.open_bell()
                heard = all(bell(name) for name in names)
            except Exception as error:  # whatever it is, a change is done and nobody waits for this
                logs.logger().warning("the doorbell failed", **logs.places_of(error))
                heard = False
            self._after(heard=heard)

    def _next(self) -> list[LookName]:
        """What to ring for now; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._pending or self._ending)
            names, self._pending = self._pending, set()
        return [name for name in LookName if name in names]

    def _after(self, *, heard: bool) -> None:
        with self._changed:
            if not heard:
                self._rests_until = self.elapsed() + self.rest
                self._pending.clear()
            self._changed.wait_for(lambda: self._ending, APART)


def due_after(types: Iterable[EventType], *, relayed: bool) -> frozenset[LookName]:
    """What a transaction that put these events into the outbox made due.

    Args:
        relayed: Whether events go anywhere.
    """
    found = set(types)
    looks = {LookName.RELAY} if found and relayed else set()
    return frozenset(looks | ({LookName.SEND} if EventType.EMAIL_QUEUED in found else set()))


def ringing_units(open_unit: OpenApiUnit, ringer: Ringer, *, relayed: bool) -> OpenApiUnit:
    """Units that tell *ringer* after each commit what it made due."""

    def opened() -> ApiUnit:
        return cast(ApiUnit, _RingingUnit(open_unit(), ringer, relayed))  # it has whatever the unit has

    return opened


@frozen
class _ListeningOutbox:
    """The outbox of one unit, and the types of what was put into it since the last commit."""

    _outbox: Outbox
    _heard: set[EventType]

    def put(self, events: Iterable[Event]) -> None:
        stored = tuple(events)
        self._outbox.put(stored)
        self._heard.update(event.type for event in stored)


class _RingingUnit:
    """A unit as whoever asked for one sees it."""

    def __init__(self, unit: ApiUnit, ringer: Ringer, relayed: bool) -> None:
        self._unit = unit
        self._ringer = ringer
        self._relayed = relayed
        self._heard: set[EventType] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    @property
    def outbox(self) -> Outbox:
        return _ListeningOutbox(self._unit.outbox, self._heard)

    def commit(self) -> None:
        self._unit.commit()
        due = due_after(self._heard, relayed=self._relayed)
        self._heard.clear()
        if due:
            self._ringer.tell(due)

    def __enter__(self) -> Self:
        self._unit.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unit.__exit__(kind, error, trace)
