"""The programs that chaos tests kill: the real use cases on the real adapters, told what to do by one value.

Each program is a function of ``Orders`` that runs in a process of its own.  What a program has seen committed it tells
in its report, one JSON line at a time: a line is whole or absent, also when the process is killed.
"""

import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg2
from attrs import field, frozen

from boona_adapters.envelopes import MimeEnvelopes
from boona_adapters.faults import checkpoint_of
from boona_adapters.holidays import german_holidays
from boona_adapters.letters import JinjaLetters
from boona_adapters.postgres.engine import create_engine
from boona_adapters.smtp import SmtpServer, Tls
from boona_core.contact import ContactPolicy, Reason
from boona_core.emails import EmailState, SendingPolicy
from boona_core.errors import IllegalTransition, StoreError, StoreUnavailable
from boona_core.ids import EmailId
from boona_core.instants import local_day
from boona_core.letters import Agency, Letter, Sender
from boona_core.ports import NewEmail, OpenUnit
from boona_core.usecases.composing import Stationery
from boona_core.usecases.deciding import CancelEmail, QueueEmail
from boona_core.usecases.planning import PlanEmails
from boona_core.usecases.sending import DrainQueue
from tests.chaos.variants import Variant, open_unit_of

ZONE = ZoneInfo("Europe/Berlin")
DEADLOCK = "40P01"
LETTER = Letter(subject="Anfrage", body_html="<p>Guten Tag</p>", body_text="Guten Tag\n")
UNFINISHED = (EmailState.QUEUED, EmailState.CLAIMED, EmailState.HANDOFF)

# Leases and timeout are shortened together: the marker's lease stays longer than the wait for an answer.
ANSWER_TIMEOUT = 2.0
SENDING = SendingPolicy(
    claim_lease=timedelta(seconds=0.8),
    handoff_lease=timedelta(seconds=2.5),
    claim_size=5,
    max_tries=1000,
    first_wait=timedelta(milliseconds=20),
    longest_wait=timedelta(milliseconds=100),
    pause=timedelta(milliseconds=50),
)


@frozen(kw_only=True)
class Orders:
    """What one process is told.

    Attributes:
        report: The file that takes what it has seen committed.
        redis_url: Empty: there is none.
        kafka: The servers of a Kafka; empty: events go to Redis.
        rate: Things that happen in a second.
        role: Of a process that runs by itself: ``worker``, ``sweep``, ``relay``.
        more: Settings of such a process.
        smtp_port: Of the sink, on 127.0.0.1.
        connections: How many connections to the mail server, each with a thread of its own.
        faults: As in ``BOONA_FAULTS``.
        drop_at: The point at which all connections to the database are broken; empty: nowhere.
        drop_times: Up to how often.
        tells_points: Report each point that is reached.
        hurried: The clock for the leases leaps, so that they are renewed at every step.
        variant: What is broken on purpose.
        checks: Ask the rules first, without a lock, where a program reserves directly.
        cap: Emails per day; None: no limit.
        chunk: Emails that a plan stores in one transaction.
        begin_at: By the machine's monotonic clock, so that several begin together.
    """

    database_url: str = field(repr=False)
    report: Path
    redis_url: str = field(default="", repr=False)
    kafka: str = ""
    rate: float = 100.0
    role: str = ""
    more: dict[str, str] = field(factory=dict)
    seed: int = 0
    smtp_port: int = 0
    connections: int = 1
    faults: str = ""
    drop_at: str = ""
    drop_times: int = 3
    tells_points: bool = False
    hurried: bool = False
    variant: Variant = Variant.SOUND
    checks: bool = False
    cap: int | None = None
    chunk: int = 25
    begin_at: float = 0.0

    @property
    def libpq_url(self) -> str:
        """The database as psycopg2 itself takes it."""
        return self.database_url.replace("+psycopg2", "", 1)

    def told(self) -> int:
        """How many lines the report has."""
        return self.report.read_bytes().count(b"\n") if self.report.exists() else 0

    @property
    def policy(self) -> ContactPolicy:
        """The contact policy of this process."""
        return ContactPolicy(max_emails_per_day=self.cap)


def stationery() -> Stationery:
    """The agency's letters, as real ones."""
    return Stationery(
        letters=JinjaLetters(),
        envelopes=MimeEnvelopes(),
        agency=Agency(name="Vermittlung", address="Weg 1, 10115 Berlin", phone="030 1234"),
        sender=Sender(email="vermittlung@agentur.example", name="Vermittlung"),
    )


# -- sending ---------------------------------------------------------------------------------------------------------


def drain(orders: Orders) -> None:
    """Drain until no email is queued or sending."""
    with store(orders, connections=orders.connections + 1) as open_unit:
        queue = drain_queue(orders, open_unit)
        if orders.connections == 1:  # in the main thread: a fault stops it exactly where it is
            _drain_until_empty(queue, open_unit, orders)
            return
        with ThreadPoolExecutor(orders.connections) as pool:
            list(pool.map(lambda _: _drain_until_empty(queue, open_unit, orders), range(orders.connections)))


def drain_on(orders: Orders) -> None:
    """Drain whatever others queue, until told to stop; what is in hand then is finished."""
    told = told_to_stop()
    with store(orders) as open_unit:
        queue = drain_queue(orders, open_unit)
        while not told.wait(0.02):
            with refusals(orders):
                queue(stop=told.is_set)


def drain_queue(orders: Orders, open_unit: OpenUnit) -> DrainQueue:
    """The use case, with its real parts and short times."""
    return DrainQueue(
        open_unit=open_unit,
        server=SmtpServer(host="127.0.0.1", port=orders.smtp_port, tls=Tls.NONE, answer_timeout=ANSWER_TIMEOUT),
        stationery=stationery(),
        contact=orders.policy,
        sending=SENDING,
        zone=ZONE,
        new_token=uuid4,
        jitter=random.Random(orders.seed).random,  # noqa: S311 - a test may be repeatable
        elapsed=partial(next, count(step=60.0)) if orders.hurried else time.monotonic,
        sleep=time.sleep,
        checkpoint=checkpoint_of_orders(orders),
    )


def _drain_until_empty(queue: DrainQueue, open_unit: OpenUnit, orders: Orders) -> None:
    while True:
        try:
            queue()
            with open_unit() as unit:
                if not any(state in unit.emails.counts() for state in UNFINISHED):
                    return
        except StoreError as error:
            _tell_of(error, orders)
        time.sleep(0.02)


def checkpoint_of_orders(orders: Orders) -> Callable[[str], None]:
    faults = checkpoint_of(orders.faults)
    left = [orders.drop_times]

    def reach(point: str) -> None:
        if orders.tells_points:
            tell(orders, point=point)
        if point == orders.drop_at and left[0]:
            left[0] -= 1
            drop_connections(orders.libpq_url)
        faults(point)

    return reach


def drop_connections(libpq_url: str, *, share: float = 1.0) -> None:
    """Let the server end every connection to this database, or a share of them, but the one that asks for it."""
    connection = psycopg2.connect(libpq_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            "   AND random() < %s",
            (share,),
        )
    connection.close()


# -- queuing ---------------------------------------------------------------------------------------------------------


def plan(orders: Orders) -> None:
    """Plan, store, take some back, and again, until told to stop."""
    rng = random.Random(orders.seed)  # noqa: S311 - a test may be repeatable
    with store(orders) as open_unit:
        planning = _planning(orders, open_unit)
        for _ in until_told_to_stop():
            with refusals(orders):
                done = planning()
                emails = [int(email.therapist_id) for email in done.plan.emails]
                tell(orders, batch=done.batch_id, therapists=emails)
            _take_some_back(orders, open_unit, rng)


def reserve(orders: Orders) -> None:
    """Reserve for thirty therapists at once, by the store's own guard alone, until told to stop."""
    rng = random.Random(orders.seed)  # noqa: S311 - a test may be repeatable
    therapists = _therapists(orders)
    paper = stationery()
    with store(orders) as open_unit:
        for _ in until_told_to_stop():
            with refusals(orders):
                chosen = rng.sample(therapists, 30)
                stored = _reserve(open_unit, chosen, paper, orders)
                tell(orders, queued=stored)
            _take_some_back(orders, open_unit, rng)


def _reserve(open_unit: OpenUnit, chosen: Sequence[tuple[Any, ...]], paper: Stationery, orders: Orders) -> list[int]:
    with open_unit() as unit:
        now = unit.now()
        today = local_day(now, ZONE)
        ids = [row[0] for row in chosen]
        known = unit.therapists.get_many(ids)
        held: set[int] = set()
        if orders.checks:
            histories = unit.therapists.histories(ids, orders.policy, today=today)
            held = {each for each, seen in histories.items() if seen.email_outstanding or seen.mailbox_outstanding}
        new: dict[EmailId, NewEmail] = {}
        for email_id, (therapist_id, mailbox_id, requests) in zip(
            unit.emails.new_ids(len(chosen)), chosen, strict=True
        ):
            if therapist_id not in held:
                new[email_id] = NewEmail(
                    therapist_id=therapist_id,
                    mailbox_id=mailbox_id,
                    request_ids=(requests[orders.seed % len(requests)],),
                    content=paper.seal(LETTER, known[therapist_id], now=now),
                    state=EmailState.QUEUED,
                    day=today,
                )
        got = unit.requests.take({new[each].request_ids[0]: each for each in new})
        wanted = {each: email for each, email in new.items() if got.issuperset(email.request_ids)}
        stored = unit.emails.add(wanted, now=now)
        unit.requests.give_back(wanted.keys() - stored)
        unit.commit()
    return sorted(stored)


def plan_once(orders: Orders) -> None:
    """Plan and store once, together with others."""
    with store(orders) as open_unit:
        _wait_for_the_others(orders)
        done = _planning(orders, open_unit)()
        tell(orders, batch=done.batch_id, therapists=[int(email.therapist_id) for email in done.plan.emails])


def queue_drafts(orders: Orders) -> None:
    """Put one draft after another into the queue, together with others, until the cap says no."""
    rng = random.Random(orders.seed)  # noqa: S311 - a test may be repeatable
    with store(orders) as open_unit:
        use = QueueEmail(open_unit=open_unit, stationery=stationery(), policy=orders.policy, zone=ZONE)
        with open_unit() as unit:
            drafts = [email.id for email in unit.emails.find(states=[EmailState.DRAFT], limit=1000)]
        _wait_for_the_others(orders)
        for email_id in rng.sample(drafts, len(drafts)):
            try:
                done = use(email_id)
            except IllegalTransition:  # another process has queued it
                continue
            if Reason.DAILY_CAP in done.decision.reasons:
                return
            if done.queued:
                tell(orders, queued=[int(email_id)])


def _planning(orders: Orders, open_unit: OpenUnit) -> PlanEmails:
    return PlanEmails(
        open_unit=open_unit,
        stationery=stationery(),
        policy=orders.policy,
        zone=ZONE,
        holidays=german_holidays,
        new_batch_id=lambda: str(uuid4()),
        chunk=orders.chunk,
    )


def _take_some_back(orders: Orders, open_unit: OpenUnit, rng: random.Random) -> None:
    """Cancel some of what is queued, whoever queued it, so that there is something to race for."""
    with refusals(orders), open_unit() as unit:
        queued = [email.id for email in unit.emails.find(states=[EmailState.QUEUED], limit=200)]
    for email_id in rng.sample(queued, min(len(queued), 20)):
        with refusals(orders):
            try:
                CancelEmail(open_unit=open_unit)(email_id)
            except IllegalTransition:  # another process was faster
                continue


# -- how a program lives ---------------------------------------------------------------------------------------------


def tell(orders: Orders, **fact: Any) -> None:
    """Write one line into the report: it survives a kill, and is never half a line."""
    file = os.open(orders.report, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, json.dumps(fact).encode() + b"\n")
    finally:
        os.close(file)


@contextmanager
def store(orders: Orders, *, connections: int = 1) -> Iterator[OpenUnit]:
    """The store as the orders say, sound or broken."""
    engine = create_engine(orders.database_url, connections=connections)
    try:
        yield open_unit_of(engine, orders.variant)
    finally:
        engine.dispose()


@contextmanager
def refusals(orders: Orders) -> Iterator[None]:
    """Tell of a refusal that passes, and go on."""
    try:
        yield
    except StoreError as error:
        _tell_of(error, orders)


def _tell_of(error: StoreError, orders: Orders) -> None:
    """Tell of a deadlock or of a database that is away; anything else ends the program."""
    if not isinstance(error, StoreUnavailable) and error.sqlstate != DEADLOCK:
        raise error
    tell(orders, refused=error.sqlstate)


def told_to_stop() -> Event:
    told = Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    return told


def until_told_to_stop() -> Iterator[None]:
    """Go round and round until somebody says stop."""
    told = told_to_stop()
    while not told.is_set():
        yield


def _wait_for_the_others(orders: Orders) -> None:
    time.sleep(max(0.0, orders.begin_at - time.monotonic()))


def _therapists(orders: Orders) -> list[tuple[Any, ...]]:
    """Every therapist: id, mailbox, requests."""
    connection = psycopg2.connect(orders.libpq_url)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id, t.mailbox_id, array_agg(r.id ORDER BY r.id)"
            " FROM therapist_service.therapists AS t"
            " JOIN matching_service.placement_requests AS r ON r.therapist_id = t.id GROUP BY t.id ORDER BY t.id"
        )
        rows = cursor.fetchall()
    connection.close()
    return rows
