"""What runs by itself, each as a look: is there something to do?  Then it is done.

A look carries no data.  Whoever looks, by a message, in the sweep or twice at the same time, does what there is to do
and nothing else; the rows say what that is.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from uuid import uuid4

from attrs import evolve, frozen

from boona_adapters.cron import Cron
from boona_adapters.settings import ScheduleSettings
from boona_core.emails import EmailState
from boona_core.event_ports import OpenRunningUnit
from boona_core.usecases.reaping import reap_leases
from boona_core.usecases.relaying import RelayEvents
from boona_core.usecases.scheduling import Periodic, RunDue
from boona_core.usecases.sending import DrainQueue
from boona_core.usecases.surveying import ASKING
from boona_core.workload import Workload

ShallStop = Callable[[], bool]
"""Whether whoever looks is to stop; asked between two steps."""

LATE_EVENT = 5.0
"""Seconds after which an event that is not published is looked after by somebody else than the relay."""

GIVEN_UP = 3600.0
"""Seconds after which a periodic work that nobody here does is taken for given up by everybody."""

MANY_EMAILS = 20
"""With more in the queue, one more worker is called to help."""


class LookName(StrEnum):
    """Everything that runs by itself."""

    SEND = "send"
    REAP = "reap"
    RELAY = "relay"
    FOLLOW_UPS = "follow_ups"
    CALLS = "calls"
    EMAILS = "emails"
    RETRY_CALLS = "retry_calls"
    PAUSES = "pauses"
    FORGET = "forget"
    GEOCODE = ASKING


@frozen(kw_only=True)
class Look:
    """One thing that runs by itself.

    Attributes:
        do: Looks, and does what there is to do; told what to ask whether to stop.
        is_due: Whether there seems to be something to do; wrong only for a moment.
        is_rung: Workers are told of it; else the sweep does it itself: it may be urgent, or keep a worker for hours.
    """

    name: LookName
    do: Callable[[ShallStop], object]
    is_due: Callable[[Workload], bool]
    is_rung: bool = True


def send_look(drain: DrainQueue, schedule: ScheduleSettings, cron: Cron, call_help: Callable[[], object]) -> Look:
    """Drain the email queue, in the minutes in which workers do."""

    def do(stop: ShallStop) -> object:
        with drain.open_unit() as unit:
            now = unit.now()
            many = len(unit.emails.find(states=[EmailState.QUEUED], limit=MANY_EMAILS + 1)) > MANY_EMAILS
        if not cron.names(schedule.send, now):
            return None
        if many:
            call_help()
        return drain(stop=stop)

    return Look(
        name=LookName.SEND,
        do=do,
        is_due=lambda load: load.due_emails > 0 and not load.pauses and cron.names(schedule.send, load.at),
    )


def reap_look(open_unit: OpenRunningUnit) -> Look:
    """Take back what workers left behind, at any time of the day."""
    return Look(
        name=LookName.REAP,
        do=lambda _: reap_leases(open_unit),
        is_due=lambda load: load.lapsed_leases > 0,
        is_rung=False,
    )


def relay_look(relay: RelayEvents) -> Look:
    """Publish what no relay published, and leave the lease to the relay.

    Each look has a token of its own: two threads of one process must not take the lease for theirs at the same time.
    """

    def do(stop: ShallStop) -> object:
        mine = evolve(relay, token=uuid4())
        try:
            return mine(stop=stop)
        finally:
            mine.release()

    return Look(
        name=LookName.RELAY,
        do=do,
        is_due=lambda load: load.oldest_unpublished_event > LATE_EVENT,
    )


def periodic_look(
    name: LookName,
    expression: str,
    work: Callable[[ShallStop], object],
    run_due: RunDue,
    *,
    after: Sequence[LookName] = (),
    is_rung: bool = True,
) -> Look:
    """Do a periodic work when its time has come.

    Args:
        after: Works that come first where they are due, too, unless they fail.
        is_rung: As of the look.
    """
    periodic = Periodic(name=name.value, expression=expression, work=work)

    def is_due(load: Workload) -> bool:
        known = load.works.get(name.value)
        first = [load.works[each.value] for each in after if each.value in load.works]
        if any((each.is_due or each.in_hand) and not each.failures for each in first):
            return False
        return known is None or (known.is_due and not known.in_hand)

    return Look(name=name, do=lambda stop: run_due(periodic, stop=stop), is_due=is_due, is_rung=is_rung)


def given_up_look(name: LookName, open_unit: OpenRunningUnit) -> Look:
    """Know no more of a periodic work that this installation did before, or it would be late for ever.

    Another process may still do it: it is given up once nobody has begun it for a while.
    """

    def do(_: ShallStop) -> None:
        with open_unit() as unit:
            unit.schedule.drop(name.value, now=unit.now())
            unit.commit()

    def is_due(load: Workload) -> bool:
        known = load.works.get(name.value)
        return known is not None and known.late > GIVEN_UP and not known.in_hand

    return Look(name=name, do=do, is_due=is_due, is_rung=False)


Looks = Mapping[LookName, Look]


def by_name(*looks: Look) -> Looks:
    """The looks by their names, in this order: the order of the day."""
    return {look.name: look for look in looks}
