"""Plan the calls of everybody who is due, and store what was planned.

The plan is made once over everybody, because only so is it the best.  It is stored a few therapists at a time: each
chunk locks its therapists and asks the rules again, because an answer may have come in meanwhile.  Who is not due any
more is passed over; who was taken in between stays due.
"""

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve, frozen

from boona_core.call_planning import Relief
from boona_core.call_ports import NewCall
from boona_core.calls import PhoneCall
from boona_core.events import EventType
from boona_core.follow_ups import CallDue, CallRefusal, DueCalls, due_calls
from boona_core.ids import EmailId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.planned_calls import PlannedCall, Practice, UnplacedCall, plan_due_calls
from boona_core.ports import Holding, OpenUnit, Unit
from boona_core.requests import RequestStatus
from boona_core.usecases.calling import Switchboard, practice_of, read_candidates, surroundings
from boona_core.usecases.telling import call_event, requests_moved


@frozen(kw_only=True)
class CallPlanRun:
    """What one run did, or would do.

    Attributes:
        planned: The calls made, by time.
        unplaced: Who is due and found no time.
        refusals: Who is due and must not be called now.
        upper_bound: No plan of those who are due has more calls.
        relief: What more callers would do for those without a time.
        taken: Therapists who were called off, or whose time was taken, in the same moment; they may still be due.
        call_ids: The ids of the calls, in the order of *planned*; empty for a dry run.
    """

    planned: tuple[PlannedCall, ...] = ()
    unplaced: tuple[UnplacedCall, ...] = ()
    refusals: tuple[CallRefusal, ...] = ()
    upper_bound: int
    relief: Relief
    taken: tuple[TherapistId, ...] = ()
    call_ids: tuple[PhoneCallId, ...] = ()
    dry_run: bool = False


@frozen(kw_only=True)
class PlanCalls:
    """Give everybody who is due for a call a time, as far as there is one.

    Attributes:
        only_silent: Silent emails only are followed up (``boona follow-ups``).
        chunk: Calls stored in one transaction.
        checkpoint: Told the name of each point that is reached; chaos tests end the process there.
    """

    open_unit: OpenUnit
    switchboard: Switchboard
    only_silent: bool = False
    chunk: int = 200
    checkpoint: Callable[[str], None] = lambda _: None

    def __call__(
        self, *, dry_run: bool = False, on_stored: Callable[[int, int], None] = lambda *_: None
    ) -> CallPlanRun:
        """Plan, and unless *dry_run* store.

        Args:
            on_stored: Called after each chunk with the calls dealt with so far and in all.
        """
        with self.open_unit() as unit:
            due = self._due(unit)
            practices = self._practices(unit, due.calls)
            plan = plan_due_calls(due.calls, practices, surroundings(unit, self.switchboard))
        run = CallPlanRun(
            planned=plan.placed,
            unplaced=plan.unplaced,
            refusals=due.refusals,
            upper_bound=plan.upper_bound,
            relief=plan.relief,
            dry_run=dry_run,
        )
        return run if dry_run else self._stored(run, on_stored)

    def _due(self, unit: Unit, therapist_ids: Sequence[TherapistId] | None = None) -> DueCalls:
        today = self.switchboard.today(unit)
        policy = self.switchboard.policy
        candidates = read_candidates(
            unit, policy, today=today, only_silent=self.only_silent, therapist_ids=therapist_ids
        )
        return due_calls(candidates, policy, today=today)

    def _practices(self, unit: Unit, calls: Sequence[CallDue]) -> Mapping[TherapistId, Practice]:
        therapists = unit.therapists.get_many([call.therapist_id for call in calls])
        return {therapist_id: practice_of(therapist) for therapist_id, therapist in therapists.items()}

    def _stored(self, run: CallPlanRun, on_stored: Callable[[int, int], None]) -> CallPlanRun:
        stored: dict[PhoneCallId, PlannedCall] = {}
        for start in range(0, len(run.planned), self.chunk):
            part = run.planned[start : start + self.chunk]
            with self.open_unit() as unit:
                stored |= self._store(unit, part)
                self.checkpoint("calls_written")
                unit.commit()
            self.checkpoint("calls_committed")
            on_stored(min(start + self.chunk, len(run.planned)), len(run.planned))
        missing = {call.due.therapist_id for call in run.planned} - {c.due.therapist_id for c in stored.values()}
        return evolve(run, planned=tuple(stored.values()), call_ids=tuple(stored), taken=tuple(sorted(missing)))

    def _store(self, unit: Unit, planned: Sequence[PlannedCall]) -> Mapping[PhoneCallId, PlannedCall]:
        ids = [call.due.therapist_id for call in planned]
        unit.therapists.lock(ids)
        unit.calls.take_turns()
        still = {call.therapist_id: call for call in self._due(unit, ids).calls}
        fitting = [
            evolve(call, due=still[call.due.therapist_id])
            for call in planned
            if call.due.therapist_id in still and _still_fits(call, still[call.due.therapist_id])
        ]
        practices = self._practices(unit, [call.due for call in fitting])
        return store_calls(unit, fitting, {t: practice.number for t, practice in practices.items()})


def store_calls(
    unit: Unit, planned: Sequence[PlannedCall], numbers: Mapping[TherapistId, str | None]
) -> Mapping[PhoneCallId, PlannedCall]:
    """Store calls whose therapists the unit has locked, each whole or not at all; returns those that found their time.

    A call takes over the requests of its silent emails, of the failed call that it tries again and of those that it was
    asked for; an open request that fills it up is in progress from now on.
    """
    new = {
        call_id: _new_call(call, numbers.get(call.due.therapist_id))
        for call_id, call in zip(unit.calls.new_ids(len(planned)), planned, strict=True)
    }
    made = dict(zip(new, planned, strict=True))
    stored = unit.calls.add(new)
    kept = {call_id: made[call_id] for call_id in sorted(stored)}
    _take_requests(unit, kept)
    follows: dict[EmailId, PhoneCallId] = {}
    for call_id, call in kept.items():
        follows |= dict.fromkeys(call.due.email_ids, call_id if call.due.retry is None else call.due.retry.first_id)
        if call.due.retry is not None:
            unit.calls.put(evolve(unit.calls.lock(call.due.retry.id), retry_due=False))
    unit.calls.follow_up(follows)
    unit.outbox.put(call_event(EventType.CALL_SCHEDULED, _as_planned(call_id, call)) for call_id, call in kept.items())
    return kept


def _take_requests(unit: Unit, calls: Mapping[PhoneCallId, PlannedCall]) -> None:
    wanted: dict[PlacementRequestId, PhoneCallId] = {}
    for call_id, call in calls.items():
        wanted |= {request.id: call_id for request in call.due.requests}
    held = {each.request.id: each.holding for each in unit.requests.held(request_ids=wanted)}
    unit.requests.take_for_calls(wanted, held=held)
    opened = [
        request
        for call in calls.values()
        for request in call.due.requests
        if held.get(request.id, Holding()) == Holding()
    ]
    unit.outbox.put(requests_moved(opened, RequestStatus.IN_PROGRESS))
    surplus = unit.requests.release([request.id for call in calls.values() for request in call.due.surplus])
    unit.outbox.put(requests_moved(surplus, RequestStatus.OPEN))


def _still_fits(planned: PlannedCall, due: CallDue) -> bool:
    """Whether the time that was planned serves what is due by now: nothing about it has become longer or later."""
    begins = (planned.time.day, planned.time.start)
    return due.minutes <= planned.time.minutes and (due.earliest.day, due.earliest.minute) <= begins


def _new_call(call: PlannedCall, number: str | None) -> NewCall:
    retry = call.due.retry
    return NewCall(
        therapist_id=call.due.therapist_id,
        time=call.time,
        cause=call.due.cause,
        caller_id=call.caller_id,
        number=number,
        request_ids=tuple(request.id for request in call.due.requests),
        attempt=call.due.attempt,
        previous_id=None if retry is None else retry.id,
        first_id=None if retry is None else retry.first_id,
        assumed_hours=call.due.assumed_hours,
    )


def _as_planned(call_id: PhoneCallId, call: PlannedCall) -> PhoneCall:
    return PhoneCall(
        id=call_id,
        therapist_id=call.due.therapist_id,
        time=call.time,
        caller_id=call.caller_id,
        cause=call.due.cause,
        first_id=call_id,
    )
