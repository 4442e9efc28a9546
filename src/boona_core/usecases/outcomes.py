"""What a therapist said about requests, by whatever way, and all that follows from it, in one unit.

Requests are decided, or open again, or wait for a call; an acceptance places its patient and withdraws their other
requests everywhere; a call with nothing left to ask, or that a cooldown forbids, is canceled.  An acceptance of a
request that is canceled already is kept, and a person sees it.

Whoever records an answer locks first (``lock``), looks again, and then records.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date

from attrs import define, evolve, field, frozen

from boona_core.answer_ports import Standing
from boona_core.answers import SAID, STATUS_OF, is_correction, is_too_late, pair_rests_until, retry_day
from boona_core.calls import CallStatus, Outcome
from boona_core.contact import ContactPolicy
from boona_core.errors import IllegalTransition
from boona_core.ids import PatientId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.lands import land_of
from boona_core.patients import PatientStatus
from boona_core.ports import Holding, Unit
from boona_core.requests import PlacementRequest, RequestStatus, RequestStep
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.composing import Stationery
from boona_core.usecases.displacing import displace
from boona_core.usecases.telling import patient_moved, requests_moved
from boona_core.usecases.withdrawing import Withdrawal, take_out_of_unsent
from boona_core.usecases.withdrawing_calls import cancel_refused_calls, take_out_of_call
from boona_core.windows import Weekday

ANSWERED = "a request in it was answered or canceled"
_WEEKEND = frozenset({Weekday.SATURDAY, Weekday.SUNDAY})


@frozen(kw_only=True)
class Recorded:
    """What recording outcomes did.

    Attributes:
        moved: Where each request stands that moved, those of other therapists included.
        placed: The patients who have a place now.
        displaced: The patients who have none any more, because an answer was corrected.
        too_late: The acceptances of requests that were canceled already.
        canceled_calls: The planned calls that are not made.
    """

    moved: Mapping[PlacementRequestId, RequestStatus] = field(factory=dict)
    placed: tuple[PatientId, ...] = ()
    displaced: tuple[PatientId, ...] = ()
    too_late: tuple[PlacementRequestId, ...] = ()
    canceled_calls: tuple[PhoneCallId, ...] = ()


@frozen(kw_only=True)
class RecordOutcomes:
    """Record what a therapist said about requests; for use cases that have a unit open."""

    stationery: Stationery
    switchboard: Switchboard

    @property
    def policy(self) -> ContactPolicy:
        """The agency's rules."""
        return self.switchboard.policy

    def lock(self, unit: Unit, therapist_id: TherapistId, outcomes: Mapping[PlacementRequestId, Outcome]) -> None:
        """Lock everybody whom these outcomes may touch: the patients first, then the therapists of all their requests.

        What was read before may have changed: look again afterwards.

        Raises:
            UnknownId: there is no such request.
        """
        patients = {request_id: unit.requests.get(request_id).patient_id for request_id in outcomes}
        unit.patients.lock(frozenset(patients.values()))
        standings = unit.answers.standings(outcomes)
        placed = [patients[each] for each, outcome in outcomes.items() if outcome is Outcome.ACCEPTED]
        touched = [request.therapist_id for request in unit.requests.movable(patient_ids=frozenset(placed))]
        for standing in standings.values():
            if standing.places:
                touched += (other.therapist_id for other in unit.answers.canceled_by(standing.id))
        unit.therapists.lock({therapist_id, *touched})

    def __call__(
        self,
        unit: Unit,
        therapist_id: TherapistId,
        outcomes: Mapping[PlacementRequestId, Outcome],
        *,
        day: date,
        through: Holding,
        retry_after: date | None = None,
        words: str | None = None,
        keep: Callable[[], None] = lambda: None,
    ) -> Recorded:
        """Record one answer of a therapist, given on a local *day*; ``lock`` was called before.

        A request that is open is taken up first: a therapist may answer late.  ``not_discussed`` opens a request that
        is in progress.  What decided a request before is taken back where the outcome says otherwise.

        Args:
            through: The email that was answered or the call that was held; neither: it was said some other way.
            retry_after: The first day for the calls that ``needs_follow_up`` asks for; None: the next working day.
            words: Of an answer that came by no email.
            keep: Writes the outcomes where they were said, to the email or the call; called once, when what was said
                there before is not needed any more.

        Raises:
            IllegalTransition: a request cannot be decided, or what decided it cannot be taken back.
        """
        recording = _Recording(self, unit, therapist_id, day, through)
        recording.correct(outcomes)
        said = {each: outcome for each, outcome in outcomes.items() if outcome in SAID}
        recording.decide(said)
        recording.open([each for each, outcome in outcomes.items() if outcome is Outcome.NOT_DISCUSSED])
        recording.ask([each for each, outcome in outcomes.items() if outcome is Outcome.NEEDS_FOLLOW_UP], retry_after)
        recording.note(said, words)
        recording.withdraw()
        keep()
        if said:
            recording.cancel_refused()
        return recording.done()


@define
class _Recording:
    """One answer on its way into the unit."""

    use: RecordOutcomes
    unit: Unit
    therapist_id: TherapistId
    day: date
    through: Holding
    before: Mapping[PlacementRequestId, Standing] = field(factory=dict)
    corrected: frozenset[PlacementRequestId] = frozenset()
    moved: dict[PlacementRequestId, RequestStatus] = field(factory=dict)
    placed: list[PatientId] = field(factory=list)
    displaced: list[PatientId] = field(factory=list)
    too_late: list[PlacementRequestId] = field(factory=list)
    canceled_calls: list[PhoneCallId] = field(factory=list)
    therapists: set[TherapistId] = field(factory=set)

    @property
    def today(self) -> date:
        """The local day of the recording."""
        return self.use.switchboard.today(self.unit)

    def correct(self, outcomes: Mapping[PlacementRequestId, Outcome]) -> None:
        """Take back what decided these requests and is said otherwise now."""
        self.before = self.unit.answers.standings(outcomes)
        wrong = [each for each in self.before.values() if is_correction(outcomes[each.id], each.status)]
        for standing in wrong:
            if standing.places:
                undone = displace(self.unit, standing)
                self.displaced.append(undone.patient_id)
                self.moved |= undone.restored
            restored = self.unit.answers.restore({standing.id: RequestStatus.IN_PROGRESS})
            if not restored:  # the pair has another request by now
                raise IllegalTransition(
                    f"placement request {standing.id}", standing.status.value, RequestStep.CORRECTED
                )
            self._tell(restored, RequestStatus.IN_PROGRESS)
        self.corrected = frozenset(standing.id for standing in wrong)
        self.unit.answers.forget(self.corrected)
        self._cancel_if_placed([standing for standing in wrong if outcomes[standing.id] not in STATUS_OF])

    def decide(self, outcomes: Mapping[PlacementRequestId, Outcome]) -> None:
        """Accept and reject."""
        self._take(outcomes)
        standings = self.unit.answers.standings(outcomes)
        self._accept([each for each in standings.values() if outcomes[each.id] is Outcome.ACCEPTED])
        self._move([each for each in standings.values() if outcomes[each.id] is Outcome.REJECTED], Outcome.REJECTED)

    def note(self, outcomes: Mapping[PlacementRequestId, Outcome], words: str | None) -> None:
        """Keep what was said, with the requests and for their cooldowns."""
        self.unit.answers.note(
            outcomes, day=self.day, pair_rests_until=pair_rests_until(self.day, self.use.policy), words=words
        )
        settled = [
            each
            for each, outcome in outcomes.items()
            if outcome in STATUS_OF and self.before[each].answer is Outcome.NEEDS_FOLLOW_UP
        ]
        self.unit.answers.count_from(self.day, settled=settled)
        self.unit.answers.mark_too_late(outcomes.keys() - self.too_late, too_late=False)
        self.unit.answers.mark_too_late(self.too_late, too_late=True)

    def open(self, request_ids: Collection[PlacementRequestId]) -> None:
        """Open requests about which nothing was said; not those that another email or call holds by now."""
        held = self.unit.requests.held(request_ids=request_ids)
        free = [
            each.request.id
            for each in held
            if self.through.call_id is None
            or each.holding in (self.through, Holding())
            or each.request.id in self.corrected
        ]
        self._tell(self.unit.requests.release(free), RequestStatus.OPEN)

    def ask(self, request_ids: Collection[PlacementRequestId], retry_after: date | None) -> None:
        """Ask for a call about requests; one that is planned for then or later will do."""
        if not request_ids:
            return
        from_day = retry_day(self.day, retry_after=retry_after, next_working_day=self._next_working_day)
        for held in self.unit.requests.held(request_ids=request_ids):
            call_id = held.holding.call_id
            if held.holding.email_id not in (None, self.through.email_id):
                self._take_out_of_unsent([held.request.id])
                self._take({held.request.id: Outcome.NEEDS_FOLLOW_UP})
            if call_id is not None and call_id != self.through.call_id:
                call = self.unit.calls.lock(call_id)
                if call.status is CallStatus.SCHEDULED and call.time.day >= from_day:
                    continue
                if take_out_of_call(self.unit, call, [held.request.id]) is Withdrawal.CANCELED:
                    self.canceled_calls.append(call_id)
                self.unit.requests.release([held.request.id])
                self._take({held.request.id: Outcome.NEEDS_FOLLOW_UP})
            self.unit.requests.ask_for_call([held.request.id], from_day=from_day)

    def withdraw(self) -> None:
        """Take what was decided, opened or canceled out of everything unsent and uncalled."""
        gone = [each for each, status in self.moved.items() if status is not RequestStatus.IN_PROGRESS]
        self._take_out_of_unsent(gone)
        for call_id in self.unit.calls.with_requests(gone):
            call = self.unit.calls.lock(call_id)
            if call_id != self.through.call_id and take_out_of_call(self.unit, call, gone) is Withdrawal.CANCELED:
                self.canceled_calls.append(call_id)
        for due in self.unit.calls.retries_due(self.therapists):
            if due.included and not self.unit.requests.held(call_ids=[due.id]):
                self.unit.calls.put(evolve(self.unit.calls.lock(due.id), retry_due=False))

    def cancel_refused(self) -> None:
        """Cancel the planned calls that a cooldown forbids."""
        self.canceled_calls += cancel_refused_calls(self.unit, self.use.policy, [self.therapist_id], today=self.today)

    def done(self) -> Recorded:
        """What became of it."""
        return Recorded(
            moved=self.moved,
            placed=tuple(self.placed),
            displaced=tuple(self.displaced),
            too_late=tuple(self.too_late),
            canceled_calls=tuple(dict.fromkeys(self.canceled_calls)),
        )

    def _take_out_of_unsent(self, request_ids: Collection[PlacementRequestId]) -> None:
        take_out_of_unsent(
            self.unit, self.use.stationery, request_ids, now=self.unit.now(), today=self.today, words=ANSWERED
        )

    def _take(self, outcomes: Mapping[PlacementRequestId, Outcome]) -> None:
        """Take up those of these requests that are open, through what was answered."""
        if self.through.email_id is not None:
            taken = self.unit.requests.take(dict.fromkeys(outcomes, self.through.email_id))
        elif self.through.call_id is not None:
            taken = self.unit.requests.take_for_calls(dict.fromkeys(outcomes, self.through.call_id), held={})
        else:
            taken = self.unit.answers.take(outcomes)
        self._tell([self.unit.requests.get(each) for each in sorted(taken)], RequestStatus.IN_PROGRESS)

    def _accept(self, standings: Collection[Standing]) -> None:
        patients = self.unit.patients.get_many([standing.patient_id for standing in standings])
        for standing in standings:
            if standing.status is RequestStatus.ACCEPTED:
                continue
            if standing.status is not RequestStatus.CANCELED:
                if patients[standing.patient_id].status is PatientStatus.SEARCHING:
                    self._place(standing)
                    continue
                self._cancel_if_placed([standing])
            if is_too_late(Outcome.ACCEPTED, RequestStatus.CANCELED):
                self.too_late.append(standing.id)

    def _cancel_if_placed(self, standings: Collection[Standing]) -> None:
        """Cancel requests whose patients do not search any more."""
        patient_ids = [standing.patient_id for standing in standings]
        patients = self.unit.patients.get_many(patient_ids)
        placing = self.unit.answers.placing(patient_ids)
        for standing in standings:
            if patients[standing.patient_id].status is not PatientStatus.SEARCHING:
                canceled = self.unit.requests.cancel([standing.id], by=placing.get(standing.patient_id))
                self._tell(canceled, RequestStatus.CANCELED)

    def _place(self, standing: Standing) -> None:
        self._move([standing], Outcome.ACCEPTED)
        self.unit.answers.place(standing.id, on=self.day)
        self.placed.append(standing.patient_id)
        self.unit.outbox.put([patient_moved(standing.patient_id, PatientStatus.IN_THERAPY)])
        others = self.unit.requests.movable(patient_ids=[standing.patient_id])
        canceled = self.unit.requests.cancel([other.id for other in others], by=standing.id)
        self._tell(canceled, RequestStatus.CANCELED)

    def _move(self, standings: Collection[Standing], outcome: Outcome) -> None:
        """Decide requests that are in progress; those canceled or decided so already stay."""
        status = STATUS_OF[outcome]
        wanted = {each.id for each in standings if each.status not in (status, RequestStatus.CANCELED)}
        decided = self.unit.answers.decide(wanted, status)
        self._tell(decided, status)
        for stubborn in sorted(wanted - {request.id for request in decided}):
            raise IllegalTransition(f"placement request {stubborn}", "not in progress", outcome.value)

    def _tell(self, requests: Collection[PlacementRequest], status: RequestStatus) -> None:
        self.unit.outbox.put(requests_moved(requests, status))
        self.moved |= {request.id: status for request in requests}
        self.therapists |= {request.therapist_id for request in requests}

    def _next_working_day(self, day: date) -> date | None:
        calendar = evolve(self.use.switchboard.calendar(self.unit), rest_days=_WEEKEND)
        return calendar.next_working_day(day, land_of(self.unit.therapists.get(self.therapist_id).postal_code))
