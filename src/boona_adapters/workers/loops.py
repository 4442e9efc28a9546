"""The loops of ``boona worker``, ``sweep`` and ``relay``: look, wait, look again, until somebody asks to stop.

A loop outlives everything that passes: a database, a Redis or a bus that is away.
"""

import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import TypeVar

import dramatiq
from attrs import define, field, frozen

from boona_adapters import logs
from boona_adapters.workers.doing import Hands
from boona_adapters.workers.doorbell import AWAY, Doorbell, Rung
from boona_adapters.workers.looks import LookName
from boona_adapters.workers.numbers import Numbers
from boona_core.event_ports import BusDown
from boona_core.usecases.consuming import Consumed, ConsumeMatches
from boona_core.usecases.relaying import Relayed, RelayEvents
from boona_core.workload import Workload

RELAY_EVERY = 0.3
"""Seconds between two looks of a relay that found nothing."""

_Done = TypeVar("_Done")

_WORKER_NOTICES_MS = 200
_LONGEST_STOP_MS = 3_000


@frozen(kw_only=True)
class WorkerLoop:
    """Answers the doorbell with some threads."""

    doorbell: Doorbell
    hands: Hands
    threads: int

    def run(self, ended: Event) -> None:
        """Answer until the end; what is in hand then is finished.

        Dramatiq itself is not waited for: without its Redis it would try to confirm a message for many minutes.
        """
        worker = dramatiq.Worker(self.doorbell.broker, worker_threads=self.threads, worker_timeout=_WORKER_NOTICES_MS)
        worker.start()
        try:
            ended.wait()
        finally:
            while self.hands.in_hand:
                time.sleep(_WORKER_NOTICES_MS / 1000)
            with suppress(*AWAY):
                worker.stop(timeout=_LONGEST_STOP_MS)


@define(kw_only=True)
class SweepLoop:
    """Finds what is due, and rings; what nobody answers it does itself.

    Attributes:
        doorbell: None: there is no Redis, and the sweep does everything itself.
        interval: Seconds between two rounds.
        checkpoint: Told the name of each point that is reached; chaos tests end the process there.
    """

    hands: Hands
    workload: Callable[[], Workload]
    doorbell: Doorbell | None
    interval: float
    checkpoint: Callable[[str], None] = lambda _: None
    _rung: set[LookName] = field(factory=set, init=False)
    _in_hand: "dict[LookName, Future[bool]]" = field(factory=dict, init=False)

    def run(self, ended: Event) -> None:
        """One round after another until the end; what is in hand then is finished."""
        with ThreadPoolExecutor(len(self.hands.looks), thread_name_prefix="sweep") as pool:
            while not ended.is_set():
                try:
                    self.round(pool)
                except Exception as error:  # whatever it is, the next round may do better
                    self.hands.numbers.error(error)
                    logs.logger().warning("the sweep could not look", error=type(error).__name__)
                ended.wait(self.interval)

    def round(self, pool: ThreadPoolExecutor) -> None:
        """Look at everything once.

        Raises:
            StoreError: the database failed or is away.
        """
        load = self.workload()
        self.checkpoint("sweep_looked")
        for name, look in self.hands.looks.items():
            if not look.is_due(load):
                self._rung.discard(name)
            elif not look.is_rung or not self._is_answered(name):
                self._do(name, pool)
            self.checkpoint("sweep_middle")

    def _is_answered(self, name: LookName) -> bool:
        """Ring; False when nobody will hear it, or nobody has heard it since the last round."""
        if self.doorbell is None:
            return False
        rung = self.doorbell.ring(name)
        heard = rung is Rung.RUNG or (rung is Rung.UNANSWERED and name not in self._rung)
        self._rung.add(name)
        return heard

    def _do(self, name: LookName, pool: ThreadPoolExecutor) -> None:
        before = self._in_hand.get(name)
        if before is None or before.done():
            self._in_hand[name] = pool.submit(self.hands.look, name)


@frozen(kw_only=True)
class RelayLoop:
    """Publishes what waits, and waits longer and longer while the bus is away."""

    relay: RelayEvents
    numbers: Numbers
    jitter: Callable[[], float] = random.random

    def run(self, ended: Event) -> None:
        """Relay until the end; then another relay may begin at once."""
        failures = 0
        while not ended.is_set():
            relayed = _tried(self._relay, ended, self.numbers, "the relay failed")
            down = relayed is None or relayed.down is not None
            failures = failures + 1 if down else 0
            if relayed is not None and relayed.down is not None and failures == 1:
                _tell_down(relayed.down)
            wait = self.relay.policy.wait_after(failures, jitter=self.jitter()).total_seconds() if down else RELAY_EVERY
            ended.wait(wait)
        _tried(lambda _: self.relay.release(), ended, self.numbers, "the relay could not say that it ends")

    def _relay(self, ended: Event) -> Relayed:
        relayed = self.relay(stop=ended.is_set)
        self.numbers.published.inc(relayed.published)
        return relayed


@frozen(kw_only=True)
class ConsumerLoop:
    """Takes in what other systems say."""

    consume: ConsumeMatches
    numbers: Numbers
    longest_wait: float

    def run(self, ended: Event) -> None:
        """Consume until the end; then another consumer may begin at once."""
        was_down = False
        while not ended.is_set():
            consumed = _tried(self._consume, ended, self.numbers, "the consumer failed")
            down = None if consumed is None else consumed.down
            if down is not None and not was_down:
                _tell_down(down)
            was_down = down is not None
            if consumed is None or consumed.elsewhere or was_down:
                ended.wait(self.longest_wait)
            elif not consumed.received:
                ended.wait(RELAY_EVERY)
        _tried(lambda _: self.consume.release(), ended, self.numbers, "the consumer could not say that it ends")

    def _consume(self, _: Event) -> Consumed:
        consumed = self.consume()
        self.numbers.consumed.labels("done").inc(consumed.done)
        self.numbers.consumed.labels("set aside").inc(consumed.set_aside)
        if consumed.set_aside:
            logs.logger().warning("events were set aside; see `boona events`", count=consumed.set_aside)
        return consumed


def _tried(work: Callable[[Event], _Done], ended: Event, numbers: Numbers, words: str) -> _Done | None:
    """What *work* answers; None: it failed, and the log says how."""
    try:
        return work(ended)
    except Exception as error:  # whatever it is, the loop goes on
        numbers.error(error)
        logs.logger().warning(words, **logs.places_of(error))
        return None


def _tell_down(down: BusDown) -> None:
    logs.logger().warning("the bus is away; events wait in the outbox", error=down.words)
