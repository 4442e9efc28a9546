"""Record what a therapist answered, to an email or by any other way."""

from collections.abc import Collection, Mapping
from datetime import date

from attrs import evolve, field, frozen

from boona_core.answer_ports import EmailAnswer, Standing
from boona_core.answers import check_day, check_outcomes, check_requests, outcomes_by_number, undecided
from boona_core.calls import CallStatus, Outcome
from boona_core.contact import ContactPolicy
from boona_core.emails import Email, EmailState, EmailStep, after
from boona_core.errors import IllegalTransition, InvalidValue
from boona_core.events import EventType
from boona_core.ids import EmailId, PhoneCallId, PlacementRequestId
from boona_core.instants import local_day
from boona_core.ports import Holding, OpenUnit, Unit
from boona_core.requests import RequestStatus
from boona_core.usecases.outcomes import Recorded, RecordOutcomes
from boona_core.usecases.telling import email_event, response_received
from boona_core.usecases.withdrawing_calls import cancel_call

_ANSWERED = "the email was answered"


@frozen(kw_only=True)
class Answered:
    """What became of an answer.

    Attributes:
        email_id: The email that was answered; None: none was.
        day: The local day on which it was given.
        outcomes: What was said about which request.
        recorded: What followed.
        for_person: Nothing in it is an outcome: a person has to look at it.
        confirmation_offered: It accepted somebody, and a confirmation may be released.
    """

    email_id: EmailId | None
    day: date
    outcomes: Mapping[PlacementRequestId, Outcome]
    recorded: Recorded = field(factory=Recorded)
    for_person: bool = False
    confirmation_offered: bool = False


@frozen(kw_only=True)
class RecordAnswer:
    """Record an answer; recorded again with other outcomes, it is corrected."""

    open_unit: OpenUnit
    record: RecordOutcomes

    def __call__(
        self,
        email_id: EmailId,
        *,
        numbers: Mapping[Outcome, Collection[int]] | None = None,
        requests: Mapping[PlacementRequestId, Outcome] | None = None,
        on: date | None = None,
        content: str | None = None,
        notes: str | None = None,
        retry_after: date | None = None,
        dry_run: bool = False,
    ) -> Answered:
        """Record the answer to one email; without any outcome it goes to a person, and all stays in progress.

        Another day or another note for an answer that was recorded before is nothing that a person has to look at.

        Requests of the letter about which it says nothing are open again, once it says something about others.

        Args:
            numbers: What was said about which numbers of the letter.
            requests: What was said about which requests of the letter.
            on: The local day of the answer; None: today.
            content: What it said, in its own words.
            notes: What the staff should know about it.
            retry_after: The first day for the call that a ``needs_follow_up`` asks for; None: the next working day.

        Raises:
            UnknownId: there is no such email.
            IllegalTransition: it has not been sent, or a request cannot be decided.
            InvalidValue: a number or request is not in its letter, or has two outcomes; the day is not possible.
        """
        with self.open_unit() as unit:
            email = unit.emails.get(email_id)
            outcomes = _outcomes(email, numbers or {}, requests or {})
            self.record.lock(unit, email.therapist_id, outcomes)
            email = _arrived(unit, unit.emails.get(email_id), self.record.policy)
            today = self.record.switchboard.today(unit)
            day = on or today
            check_day(day, sent_on=self._day_of(email), today=today)
            for_person = not outcomes and (content is not None or not email.response_received)
            answer = EmailAnswer(
                day=day,
                outcomes=outcomes,
                content=content,
                follow_up_required=for_person or (not outcomes and email.follow_up_required),
                follow_up_notes=notes,
            )
            recorded = self.record(
                unit,
                email.therapist_id,
                {**outcomes, **dict.fromkeys(_left_over(unit, email, outcomes), Outcome.NOT_DISCUSSED)},
                day=day,
                through=Holding(email_id=email.id),
                retry_after=retry_after,
                keep=lambda: unit.answers.write_email(email.id, answer),
            )
            _end_follow_up_of_nothing(unit, email)
            if unit.emails.get(email.id) != email:  # told a second time it is nothing new
                unit.outbox.put([response_received(email.id, email.therapist_id, day)])
            offered = _may_be_confirmed(unit, email.id)
            if not dry_run:
                unit.commit()
        return Answered(
            email_id=email.id,
            day=day,
            outcomes=outcomes,
            recorded=recorded,
            for_person=for_person,
            confirmation_offered=offered,
        )

    def of_request(
        self,
        request_id: PlacementRequestId,
        outcome: Outcome,
        *,
        on: date | None = None,
        words: str | None = None,
        retry_after: date | None = None,
        dry_run: bool = False,
    ) -> Answered:
        """Record what was said about one request, whatever holds it: an email, a call, or nothing.

        Nothing follows for other requests of the email or call that holds it.

        Args:
            words: What was said; kept with the request.

        Raises:
            UnknownId: there is no such request.
            IllegalTransition: it cannot be decided.
            InvalidValue: the day is not over yet, or the outcome is none that can be said.
        """
        with self.open_unit() as unit:
            answered = self.within(unit, request_id, outcome, on=on, words=words, retry_after=retry_after)
            if not dry_run:
                unit.commit()
        return answered

    def within(
        self,
        unit: Unit,
        request_id: PlacementRequestId,
        outcome: Outcome,
        *,
        on: date | None = None,
        words: str | None = None,
        retry_after: date | None = None,
    ) -> Answered:
        """The same in a unit of the caller's, who has locked nothing yet and commits."""
        outcomes = {request_id: outcome}
        check_outcomes(outcomes)
        therapist_id = unit.requests.get(request_id).therapist_id
        self.record.lock(unit, therapist_id, outcomes)
        standing = unit.answers.standings([request_id])[request_id]
        today = self.record.switchboard.today(unit)
        day = on or today
        check_day(day, sent_on=None, today=today)
        recorded = self.record(
            unit,
            therapist_id,
            outcomes,
            day=day,
            through=Holding(),
            retry_after=retry_after,
            words=words,
            keep=lambda: _write_to_its_email(unit, standing, outcome),
        )
        return Answered(email_id=None, day=day, outcomes=outcomes, recorded=recorded)

    def settle(self, email_id: EmailId, *, dry_run: bool = False) -> None:
        """A person has looked at the answer to an email: nothing of it waits any more.

        Raises:
            UnknownId: there is no such email.
            IllegalTransition: it was not answered.
        """
        with self.open_unit() as unit:
            unit.therapists.lock([unit.emails.get(email_id).therapist_id])
            email = unit.emails.get(email_id)
            if not email.response_received:
                raise IllegalTransition(f"email {email_id}", "not answered", "settled as an answer")
            unit.answers.settle(email_id)
            if not dry_run:
                unit.commit()

    def _day_of(self, email: Email) -> date | None:
        return email.marked_at and local_day(email.marked_at, self.record.switchboard.zone)


def _outcomes(
    email: Email, numbers: Mapping[Outcome, Collection[int]], requests: Mapping[PlacementRequestId, Outcome]
) -> Mapping[PlacementRequestId, Outcome]:
    named = outcomes_by_number(email, numbers)
    for request_id, outcome in named.items():
        if requests.get(request_id, outcome) is not outcome:
            raise InvalidValue("outcomes", f"request {request_id} is named twice, as {outcome.value} by its number")
    outcomes = {**named, **requests}
    check_requests(email, outcomes)
    return outcomes


def _arrived(unit: Unit, email: Email, policy: ContactPolicy) -> Email:
    """The email, which was sent, as its answer proves where nobody knew.

    Raises:
        IllegalTransition: it has not been sent.
    """
    if email.state is EmailState.UNCERTAIN:
        state = after(email.id, email.state, EmailStep.FOUND)
        unit.emails.settle(email.id, state, now=unit.now(), interval_days=policy.email_interval_days)
        unit.outbox.put([email_event(EventType.EMAIL_SENT, email.id, email.therapist_id)])
        return unit.emails.get(email.id)
    if email.state is not EmailState.SENT:
        raise IllegalTransition(f"email {email.id}", email.state.value, "answered")
    return email


def _left_over(
    unit: Unit, email: Email, outcomes: Mapping[PlacementRequestId, Outcome]
) -> Collection[PlacementRequestId]:
    """The requests that the answer says nothing about and that are in progress through the email or its follow-up."""
    call_id = unit.answers.follow_up_calls([email.id]).get(email.id)
    standings = unit.answers.standings(undecided(email, outcomes))
    return [each.id for each in standings.values() if _is_held_for(unit, each, email, call_id)]


def _is_held_for(unit: Unit, standing: Standing, email: Email, follow_up: PhoneCallId | None) -> bool:
    if standing.held_by_email == email.id:
        return True
    if standing.held_by_call is None or follow_up is None:
        return False
    return unit.calls.get(standing.held_by_call).first_id == follow_up


def _end_follow_up_of_nothing(unit: Unit, email: Email) -> None:
    """An email without requests was answered: nothing is left to ask in its follow-up call."""
    call_id = unit.answers.follow_up_calls([email.id]).get(email.id)
    if call_id is None or email.included:
        return
    for call in unit.calls.find(statuses=(CallStatus.SCHEDULED,), therapist_id=email.therapist_id):
        if call.first_id == call_id and not call.included:
            cancel_call(unit, unit.calls.lock(call.id), words=_ANSWERED)
    for due in unit.calls.retries_due([email.therapist_id]):
        if due.first_id == call_id and not due.included:
            unit.calls.put(evolve(unit.calls.lock(due.id), retry_due=False))


def _may_be_confirmed(unit: Unit, email_id: EmailId) -> bool:
    if unit.answers.confirmation_of(email_id) is not None:
        return False
    return bool(accepted_numbers(unit, unit.emails.get(email_id)))


def accepted_numbers(unit: Unit, email: Email) -> tuple[int, ...]:
    """The numbers of a letter whose patients have a place by it."""
    standings = unit.answers.standings([item.placement_request_id for item in email.included])
    return tuple(
        number
        for number, item in enumerate(email.included, start=1)
        if item.outcome is Outcome.ACCEPTED and standings[item.placement_request_id].status is RequestStatus.ACCEPTED
    )


def _write_to_its_email(unit: Unit, standing: Standing, outcome: Outcome) -> None:
    email_id = standing.held_by_email or standing.held_before
    if email_id is not None and unit.emails.get(email_id).state is EmailState.SENT:
        unit.answers.write_outcomes(email_id, {standing.id: outcome})
