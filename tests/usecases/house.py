"""The whole application in one process: the real use cases on the memory adapter, real letters, a scripted mail server.

A test sets the clock, which is the store's; the machine's own clock is read by nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from attrs import define, evolve, field, frozen

from boona_adapters.call_scripts import JinjaCallScripts
from boona_adapters.envelopes import MimeEnvelopes
from boona_adapters.letters import JinjaLetters
from boona_adapters.memory import MemoryStore
from boona_adapters.memory.rows import MailboxRow, RequestRow, WindowRow
from boona_core.call_ports import NewCall
from boona_core.calls import CallTime, Cause, PhoneCall
from boona_core.contact import ContactPolicy
from boona_core.emails import Email, EmailState, SendingPolicy
from boona_core.events import Event, EventType
from boona_core.ids import EmailId, MailboxId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.instants import BERLIN, local_day
from boona_core.lands import Land
from boona_core.letters import Agency, Sender
from boona_core.patients import Patient
from boona_core.ports import Holding, Pause, Unit
from boona_core.requests import PlacementRequest, RequestStatus
from boona_core.usecases.answering import RecordAnswer
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.changing_calls import CancelCall, FailCall, MoveCall, ScheduleCall, SettleExhausted
from boona_core.usecases.completing_calls import CompleteCall
from boona_core.usecases.composing import Stationery
from boona_core.usecases.confirming import ReleaseConfirmation
from boona_core.usecases.deciding import CancelEmail, QueueEmail, ReleaseRequest, SettleEmail
from boona_core.usecases.displacing import UndoPlacement
from boona_core.usecases.explaining import ExplainContact
from boona_core.usecases.finding import FindAnswers, FindEmails
from boona_core.usecases.keeping_callers import CloseDays, KeepCallers, ReplanDay
from boona_core.usecases.listing_calls import ListCalls
from boona_core.usecases.outcomes import RecordOutcomes
from boona_core.usecases.planning import PlanEmails
from boona_core.usecases.planning_calls import PlanCalls
from boona_core.usecases.sending import DrainQueue
from tests.situations import NOW, MemorySeeds
from tests.usecases.mail_server import ScriptedServer
from tests.usecases.watched import Watch

STATIONERY = Stationery(
    letters=JinjaLetters(),
    envelopes=MimeEnvelopes(),
    agency=Agency(name="Vermittlung Beispiel", address="Beispielweg 1, 10115 Berlin"),
    sender=Sender(email="vermittlung@example.org", name="Vermittlung Beispiel"),
)

HOLIDAYS = frozenset({date(2026, 3, 10)})
"""Holidays in every Land, where a test asks for the next working day after an answer."""


def no_holidays(land: Land, year: int) -> frozenset[date]:
    """A Land without holidays."""
    return frozenset()


BOARD = Switchboard(policy=ContactPolicy(), zone=BERLIN, holidays=no_holidays)
"""What calls go by under the rules as they are when nobody says otherwise."""


def eight_o_clock(day: date) -> datetime:
    """Eight in the morning of a day in Berlin."""
    return datetime.combine(day, time(8), tzinfo=BERLIN)


@define(eq=False)
class Clock:
    """The store's clock; it stands still until somebody sets it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """The instant."""
        return self.now

    @property
    def today(self) -> date:
        """The day in Berlin."""
        return local_day(self.now, BERLIN)

    def passes(self, **span: float) -> None:
        """So much time passes (the words of ``timedelta``)."""
        self.now += timedelta(**span)

    def days_pass(self, days: int) -> None:
        """It is eight in the morning, so many days later."""
        self.now = eight_o_clock(self.today + timedelta(days=days))


@frozen
class House:
    """All use cases on one store.

    Attributes:
        watch: Counts the commits of the use cases, and takes the store away from them.
        slept: How long a use case has waited before it tried a commit again.
        reached: The names of the points that were reached in sending.
        ticks: Seconds of the clock for leases, in its one element.
        jitter: From 0 to 1, in its one element.
    """

    memory: MemoryStore
    clock: Clock
    seed: MemorySeeds
    watch: Watch
    server: ScriptedServer
    policy: ContactPolicy
    sending: SendingPolicy
    approval: bool
    chunk: int
    slept: list[float] = field(factory=list)
    reached: list[str] = field(factory=list)
    ticks: list[float] = field(factory=lambda: [0.0])
    jitter: list[float] = field(factory=lambda: [1.0])
    _numbers: Any = field(factory=lambda: count(1))

    # -- the use cases -----------------------------------------------------------------------------------------------

    @property
    def plan(self) -> PlanEmails:
        """Plan the day's emails."""
        return PlanEmails(
            open_unit=self.watch.open_unit,
            stationery=STATIONERY,
            policy=self.policy,
            zone=BERLIN,
            holidays=no_holidays,
            new_batch_id=lambda: f"plan-{next(self._numbers)}",
            approval=self.approval,
            chunk=self.chunk,
        )

    @property
    def drain(self) -> DrainQueue:
        """Send what is queued and due."""
        return self.worker(self.server)

    def worker(self, server: ScriptedServer) -> DrainQueue:
        """A worker with a connection to *server*."""
        return DrainQueue(
            open_unit=self.watch.open_unit,
            server=server,
            stationery=STATIONERY,
            contact=self.policy,
            sending=self.sending,
            zone=BERLIN,
            new_token=lambda: UUID(int=next(self._numbers) + 2**64),
            jitter=lambda: self.jitter[0],
            elapsed=lambda: self.ticks[0],
            sleep=self.slept.append,
            checkpoint=self.reached.append,
        )

    @property
    def queue(self) -> QueueEmail:
        """Put a draft into the queue."""
        return QueueEmail(open_unit=self.watch.open_unit, stationery=STATIONERY, policy=self.policy, zone=BERLIN)

    @property
    def settle(self) -> SettleEmail:
        """Record what a person found out."""
        return SettleEmail(open_unit=self.watch.open_unit, queue_email=self.queue, policy=self.policy)

    @property
    def cancel(self) -> CancelEmail:
        """Cancel an email."""
        return CancelEmail(open_unit=self.watch.open_unit)

    @property
    def release(self) -> ReleaseRequest:
        """Give a request back."""
        return ReleaseRequest(open_unit=self.watch.open_unit, stationery=STATIONERY, zone=BERLIN)

    @property
    def switchboard(self) -> Switchboard:
        """What calls go by; there are no holidays but those that a test adds as closures."""
        return Switchboard(policy=self.policy, zone=BERLIN, holidays=no_holidays)

    @property
    def plan_calls(self) -> PlanCalls:
        """Plan the calls of everybody who is due."""
        return PlanCalls(open_unit=self.watch.open_unit, switchboard=self.switchboard, chunk=self.chunk)

    @property
    def follow_up(self) -> PlanCalls:
        """Plan the calls that answer silent emails."""
        return evolve(self.plan_calls, only_silent=True)

    @property
    def schedule_call(self) -> ScheduleCall:
        """Plan one call."""
        return ScheduleCall(open_unit=self.watch.open_unit, switchboard=self.switchboard)

    @property
    def move_call(self) -> MoveCall:
        """Move a call."""
        return MoveCall(open_unit=self.watch.open_unit, switchboard=self.switchboard)

    @property
    def cancel_call(self) -> CancelCall:
        """Cancel a call."""
        return CancelCall(open_unit=self.watch.open_unit)

    @property
    def fail_call(self) -> FailCall:
        """Record that nobody answered."""
        return FailCall(open_unit=self.watch.open_unit, switchboard=self.switchboard)

    @property
    def complete_call(self) -> CompleteCall:
        """Record what was said in a call."""
        return CompleteCall(open_unit=self.watch.open_unit, record=self.record_outcomes)

    @property
    def settle_exhausted(self) -> SettleExhausted:
        """Say that somebody has looked at it."""
        return SettleExhausted(open_unit=self.watch.open_unit)

    @property
    def keep_callers(self) -> KeepCallers:
        """Add and change callers."""
        return KeepCallers(open_unit=self.watch.open_unit, switchboard=self.switchboard)

    @property
    def close_days(self) -> CloseDays:
        """Close and open days."""
        return CloseDays(open_unit=self.watch.open_unit, switchboard=self.switchboard)

    @property
    def replan_day(self) -> ReplanDay:
        """Make the rest of a day fit again."""
        return ReplanDay(open_unit=self.watch.open_unit, switchboard=self.switchboard)

    @property
    def list_calls(self) -> ListCalls:
        """List the calls of a day."""
        return ListCalls(
            open_unit=self.watch.open_unit,
            switchboard=self.switchboard,
            scripts=JinjaCallScripts(),
            agency=STATIONERY.agency,
        )

    @property
    def explain(self) -> ExplainContact:
        """Say why."""
        return ExplainContact(open_unit=self.watch.open_unit, switchboard=self.switchboard)

    @property
    def answer(self) -> RecordAnswer:
        """Record an answer."""
        return RecordAnswer(open_unit=self.watch.open_unit, record=self.record_outcomes)

    @property
    def record_outcomes(self) -> RecordOutcomes:
        """The step that every answer shares."""
        return RecordOutcomes(
            stationery=STATIONERY, switchboard=evolve(self.switchboard, holidays=lambda _land, _year: HOLIDAYS)
        )

    @property
    def undo(self) -> UndoPlacement:
        """Undo a placement."""
        return UndoPlacement(open_unit=self.watch.open_unit)

    @property
    def confirm(self) -> ReleaseConfirmation:
        """Release a confirmation."""
        return ReleaseConfirmation(
            open_unit=self.watch.open_unit, stationery=STATIONERY, policy=self.policy, zone=BERLIN
        )

    @property
    def waiting_answers(self) -> FindAnswers:
        """List the answers that wait for a person."""
        return FindAnswers(open_unit=self.watch.open_unit)

    @property
    def find(self) -> FindEmails:
        """List emails."""
        return FindEmails(open_unit=self.watch.open_unit)

    # -- what stands in the store --------------------------------------------------------------------------------------

    def open_unit(self) -> Unit:
        """A unit that nobody watches."""
        return self.memory.open_unit()

    def email(self, email: EmailId) -> Email:
        """The email as it was committed."""
        return self.memory.tables.emails.rows[email].email

    def state(self, email: EmailId) -> EmailState:
        """Where the email stands."""
        return self.email(email).state

    def message(self, email: EmailId) -> bytes | None:
        """The stored bytes."""
        return self.memory.tables.emails.rows[email].message

    def emails(self) -> list[Email]:
        """Every email there is, by id."""
        return [row.email for _, row in sorted(self.memory.tables.emails.rows.items())]

    def states(self) -> list[EmailState]:
        """Where every email stands, by id."""
        return [email.state for email in self.emails()]

    def request(self, request: PlacementRequestId) -> PlacementRequest:
        """The request as it was committed."""
        with self.open_unit() as unit:
            return unit.requests.get(request)

    def call(self, call: PhoneCallId) -> PhoneCall:
        """The call as it was committed."""
        return self.memory.tables.calls.rows[call]

    def calls(self) -> list[PhoneCall]:
        """Every call there is, by id."""
        return [call for _, call in sorted(self.memory.tables.calls.rows.items())]

    def statuses(self, requests: Sequence[PlacementRequestId]) -> list[RequestStatus]:
        """Where each of these requests stands."""
        return [self.memory.tables.requests.rows[request].status for request in requests]

    def holders(self, requests: Sequence[PlacementRequestId]) -> list[EmailId | None]:
        """The email through which each of these requests is in progress."""
        return [self.memory.tables.requests.rows[request].held_by for request in requests]

    def calls_of(self, requests: Sequence[PlacementRequestId]) -> list[PhoneCallId | None]:
        """The call through which each of these requests is in progress."""
        return [self.memory.tables.requests.rows[request].held_by_call for request in requests]

    def patient_of(self, request: PlacementRequestId) -> Patient:
        """The patient whom the request offers, as committed."""
        return self.memory.tables.patients.rows[self.memory.tables.requests.rows[request].patient_id]

    def row(self, request: PlacementRequestId) -> RequestRow:
        """The request with what only the store knows."""
        return self.memory.tables.requests.rows[request]

    def planned_call(
        self, therapist: TherapistId, requests: Mapping[PlacementRequestId, Holding], day: date, **fields: Any
    ) -> PhoneCallId:
        """A planned call that has taken over requests from what held them; those that nothing held were open."""
        held = {request: holding for request, holding in requests.items() if holding != Holding()}
        with self.open_unit() as unit:
            (call,) = unit.calls.new_ids(1)
            unit.requests.take_for_calls(dict.fromkeys(requests, call), held=held)
            usual: dict[str, Any] = {"time": CallTime(day, 600, 5), "cause": Cause.SILENT}
            new = NewCall(therapist_id=therapist, request_ids=tuple(requests), **{**usual, **fields})
            assert unit.calls.add({call: new}) == {call}
            unit.calls.follow_up({h.email_id: call for h in requests.values() if h.email_id is not None})
            unit.commit()
        return call

    def window(self, email: EmailId) -> WindowRow:
        """The days that the email keeps free of others."""
        return self.memory.tables.windows.rows[email]

    def reserves(self, email: EmailId) -> bool:
        """Whether the email keeps days free with an open end."""
        window = self.memory.tables.windows.rows.get(email)
        return window is not None and not window.released and window.ends is None

    def mailbox(self, mailbox: MailboxId) -> MailboxRow:
        """The mailbox as it was committed."""
        return self.memory.tables.mailboxes.rows[mailbox]

    def pause(self) -> Pause | None:
        """The pause of the queue, in force or over."""
        with self.open_unit() as unit:
            return unit.sending.pause()

    def events(self, *, since: int = 0) -> list[Event]:
        """The events that were committed, without the first *since* of them."""
        return list(self.memory.events()[since:])

    def told(self, *, since: int = 0) -> list[EventType]:
        """Their types."""
        return [event.type for event in self.events(since=since)]

    # -- what a test changes past the ports ------------------------------------------------------------------------

    def change_request(self, request: PlacementRequestId, **fields: Any) -> None:
        """Let a request be otherwise, as some other part of the system leaves it."""
        table = self.memory.tables.requests
        table.put(request, evolve(table.rows[request], **fields))

    def change_call(self, call: PhoneCallId, **fields: Any) -> None:
        """Let a call be otherwise."""
        table = self.memory.tables.calls
        table.put(call, evolve(table.rows[call], **fields))

    def change_therapist(self, therapist: TherapistId, **fields: Any) -> None:
        """Let a therapist be otherwise."""
        table = self.memory.tables.therapists
        table.put(therapist, evolve(table.rows[therapist], **fields))

    def change_patient_of(self, request: PlacementRequestId, **fields: Any) -> None:
        """Let a request's patient be otherwise."""
        patient = self.memory.tables.requests.rows[request].patient_id
        table = self.memory.tables.patients
        table.put(patient, evolve(table.rows[patient], **fields))

    def requests_to(self, therapist: TherapistId, *concerns: str) -> list[PlacementRequestId]:
        """Open requests, each of a patient with these concerns."""
        return [self.seed.request(self.seed.patient(symptoms=each), therapist) for each in concerns]


def house(
    *,
    now: datetime = NOW,
    sending: SendingPolicy | None = None,
    approval: bool = False,
    chunk: int = 200,
    **policy: Any,
) -> House:
    """An empty house whose clock shows *now*; *policy* as in ``ContactPolicy``."""
    clock = Clock(now)
    memory = MemoryStore(clock)
    return House(
        memory=memory,
        clock=clock,
        seed=MemorySeeds(memory),
        watch=Watch(memory.open_unit),
        server=ScriptedServer(),
        policy=ContactPolicy(**policy),
        sending=sending or SendingPolicy(),
        approval=approval,
        chunk=chunk,
    )
