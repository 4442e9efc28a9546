"""What stands behind ``boona worker``, ``sweep`` and ``relay`` in this installation?

One process may have one role or all of them; each is a loop that ends when it is told to.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from typing import Protocol
from uuid import uuid4

from attrs import field, frozen

from boona_adapters.cron import Cron
from boona_adapters.faults import checkpoint_of
from boona_adapters.outside import kafka_configuration, redis_client
from boona_adapters.postgres.workload import workload_of
from boona_adapters.settings import FAULTS_VARIABLE, BadSettings, Bus, Need, Settings, missing_in
from boona_adapters.streams.redis import RedisBus, RedisSource
from boona_adapters.wiring import Wired, stationery_of
from boona_adapters.workers.doing import Hands
from boona_adapters.workers.doorbell import Doorbell, open_doorbell
from boona_adapters.workers.looks import (
    Look,
    LookName,
    ShallStop,
    by_name,
    given_up_look,
    periodic_look,
    reap_look,
    relay_look,
    send_look,
)
from boona_adapters.workers.loops import ConsumerLoop, RelayLoop, SweepLoop, WorkerLoop
from boona_adapters.workers.maps import ask_maps
from boona_adapters.workers.numbers import Numbers
from boona_core.calls import Outcome
from boona_core.event_ports import EventBus, EventSource, RunningUnit
from boona_core.ids import PlacementRequestId
from boona_core.requests import RequestStatus
from boona_core.usecases.consuming import STREAM, ConsumeMatches, ConsumerPolicy
from boona_core.usecases.forgetting import ForgetAnswers, ForgetEvents
from boona_core.usecases.planning import PlanRun
from boona_core.usecases.planning_calls import CallPlanRun
from boona_core.usecases.relaying import RelayEvents, RelayPolicy
from boona_core.usecases.resting import EndRests
from boona_core.usecases.scheduling import RunDue

_DOORBELL_SECONDS = 5.0
_LONGEST_WAIT_FOR_A_MESSAGE = 1.0


class Loop(Protocol):
    """Something that goes on until it is told to end."""

    def run(self, ended: Event) -> None:
        """Go on until *ended* is set; what is in hand then is finished."""


@frozen(kw_only=True)
class Roles:
    """The loops of one process.

    Attributes:
        doorbell: None: no Redis is named.
        bus: None: events go nowhere.
    """

    settings: Settings
    wired: Wired
    numbers: Numbers
    ended: Event
    hands: Hands
    doorbell: Doorbell | None
    bus: EventBus | None
    _checkpoint: Callable[[str], None] = field(repr=False)

    def worker(self, threads: int) -> Loop:
        """Answers the doorbell.

        Raises:
            BadSettings: no Redis is named.
        """
        if self.doorbell is None:
            raise BadSettings(missing_in(self.settings, {Need.REDIS}), self.settings)
        return WorkerLoop(doorbell=self.doorbell, hands=self.hands, threads=threads)

    def sweep(self) -> Loop:
        """Finds what no message told of."""
        return SweepLoop(
            hands=self.hands,
            workload=lambda: workload_of(self.wired.engine),
            doorbell=self.doorbell,
            interval=self.settings.schedule.sweep.total_seconds(),
            checkpoint=self._checkpoint,
        )

    def relay(self) -> Sequence[Loop]:
        """Relays, and takes in; nothing where there is no bus."""
        if self.bus is None:
            return ()
        told = self.settings.events
        consume = ConsumeMatches(
            open_unit=self.wired.open_unit,
            source=event_source(self.settings),
            record=self._record,
            stationery=stationery_of(self.settings),
            zone=self.settings.zone,
            policy=ConsumerPolicy(lease=told.lease),
            token=uuid4(),
            own_source=told.source,
            checkpoint=self._checkpoint,
        )
        return (
            RelayLoop(
                relay=relay_events(self.settings, self.wired, self.bus, self._checkpoint),
                numbers=self.numbers,
                jitter=random.random,
            ),
            ConsumerLoop(consume=consume, numbers=self.numbers, longest_wait=told.longest_wait.total_seconds()),
        )

    def _record(self, unit: RunningUnit, request_id: PlacementRequestId, outcome: RequestStatus) -> str | None:
        """What another system says about a request is an answer like any other."""
        self.wired.application.record_answer.within(unit, request_id, Outcome(outcome.value))
        return None

    def show(self) -> None:
        """Show the numbers of this process where the settings say."""
        high_water = self.wired.high_water
        self.numbers.watch(
            lambda: workload_of(self.wired.engine), lambda: high_water is not None and high_water.hold() is not None
        )
        if self.settings.metrics.port is not None:
            self.numbers.show(self.settings.metrics.host, self.settings.metrics.port)


@contextmanager
def roles_of(
    wired: Wired, *, environ: Mapping[str, str] = os.environ, checkpoint: Callable[[str], None] | None = None
) -> Iterator[Roles]:
    """Everything that runs by itself, on an application; connections to bus and Redis end with the block.

    Args:
        environ: Tells the named fault points of tests, nothing else.
        checkpoint: Told the points instead.
    """
    settings = wired.settings
    checkpoint = checkpoint or checkpoint_of(environ.get(FAULTS_VARIABLE, ""))
    ended = Event()
    numbers = Numbers()
    bell = settings.redis_url and open_doorbell(
        redis_client(settings, patience=_DOORBELL_SECONDS), checkpoint=checkpoint
    )
    doorbell = bell or None
    bus = event_bus(settings)
    ring: Callable[[LookName], object] = doorbell.ring if doorbell else lambda _: None
    looks = by_name(*_looks(wired, bus, ring, numbers.count_refusals, checkpoint))
    hands = Hands(looks=looks, numbers=numbers, stop=ended.is_set)
    if doorbell is not None:
        doorbell.declare(looks, hands.look)
    try:
        yield Roles(
            settings=settings,
            wired=wired,
            numbers=numbers,
            ended=ended,
            hands=hands,
            doorbell=doorbell,
            bus=bus,
            checkpoint=checkpoint,
        )
    finally:
        if bus is not None:
            bus.close()


@contextmanager
def running(loops: Sequence[Loop], ended: Event) -> Iterator[Callable[[], bool]]:
    """Run loops, each in a thread of its own, for as long as the block lasts; yields whether all of them go on."""
    threads = [Thread(target=loop.run, args=(ended,), name=type(loop).__name__) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield lambda: all(thread.is_alive() for thread in threads)
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _looks(
    wired: Wired,
    bus: EventBus | None,
    ring: Callable[[LookName], object],
    counted: Callable[[PlanRun | CallPlanRun], None],
    checkpoint: Callable[[str], None],
) -> Iterator[Look]:
    """Every look, in the order of the day."""
    settings, application = wired.settings, wired.application
    told, cron = settings.schedule, Cron(settings.zone)
    run_due = RunDue(
        open_unit=wired.open_unit,
        next_time=cron,
        new_token=uuid4,
        elapsed=time.monotonic,
        lease=told.lease,
        again_after=told.again_after,
        checkpoint=checkpoint,
    )
    end_rests = EndRests(open_unit=wired.open_unit, zone=settings.zone)
    forget_events = ForgetEvents(open_unit=wired.open_unit, keep=settings.events.kept, checkpoint=checkpoint)
    forget_answers = ForgetAnswers(open_unit=wired.open_unit)

    def forget(stop: ShallStop) -> None:
        forget_answers(stop=stop)
        forget_events(stop=stop)

    def plan_emails() -> None:
        counted(application.plan_emails())
        ring(LookName.SEND)

    yield reap_look(wired.open_unit)
    yield periodic_look(LookName.PAUSES, told.pauses, lambda _: end_rests(), run_due)
    yield periodic_look(LookName.FORGET, told.forget, forget, run_due)
    yield periodic_look(LookName.FOLLOW_UPS, told.follow_ups, lambda _: counted(application.follow_up()), run_due)
    first: tuple[LookName, ...] = (LookName.FOLLOW_UPS,)
    yield periodic_look(LookName.CALLS, told.calls, lambda _: counted(application.plan_calls()), run_due, after=first)
    yield periodic_look(LookName.RETRY_CALLS, told.retry_calls, lambda _: application.plan_calls(), run_due)
    first = (*first, LookName.CALLS)
    yield periodic_look(LookName.EMAILS, told.emails, lambda _: plan_emails(), run_due, after=first)
    if settings.geocoding.is_on:
        ask = partial(ask_maps, application)
        yield periodic_look(LookName.GEOCODE, told.geocode, ask, run_due, is_rung=False)
    else:
        yield given_up_look(LookName.GEOCODE, wired.open_unit)
    yield send_look(application.drain_queue, told, cron, lambda: ring(LookName.SEND))
    if bus is not None:
        yield relay_look(relay_events(settings, wired, bus, checkpoint))


def relay_events(
    settings: Settings, wired: Wired, bus: EventBus, checkpoint: Callable[[str], None] = lambda _: None
) -> RelayEvents:
    """The relay, with a token of its own."""
    told = settings.events
    return RelayEvents(
        open_unit=wired.open_unit,
        bus=bus,
        policy=RelayPolicy(lease=told.lease, batch=told.batch, longest_wait=told.longest_wait),
        token=uuid4(),
        source=told.source,
        checkpoint=checkpoint,
    )


def event_bus(settings: Settings) -> EventBus | None:
    """The bus that is chosen; None: there is none, or it is Redis and none is named."""
    told = settings.events
    if told.bus is Bus.KAFKA:
        from boona_adapters.streams.kafka import KafkaBus  # noqa: PLC0415 - an extra

        return KafkaBus(kafka_configuration(settings), told.patience)
    if told.bus is Bus.REDIS and settings.redis_url is not None:
        return RedisBus(redis_client(settings, patience=told.patience), told.keep)
    return None


def event_source(settings: Settings) -> EventSource:
    """Where other systems' events come from; asked for only where there is a bus."""
    told = settings.events
    if told.bus is Bus.KAFKA:
        from boona_adapters.streams.kafka import KafkaSource  # noqa: PLC0415 - an extra

        return KafkaSource(kafka_configuration(settings), STREAM)
    wait = min(_LONGEST_WAIT_FOR_A_MESSAGE, told.patience / 2)
    return RedisSource(redis_client(settings, patience=told.patience), STREAM, wait_seconds=wait)
