"""Memory and Postgres give the same answers about calls too, beside emails that were sent and in whatever order."""
# ruff: noqa: D102 - the name of a rule says what happens

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import evolve, frozen
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from boona_core.call_ports import NewCall
from boona_core.callers import Absence, CallerHours
from boona_core.calls import Booked, CallStatus, CallStep, CallTime, Cause, Outcome, PhoneCall, after
from boona_core.ids import CallerId, EmailId, PhoneCallBatchId, PhoneCallId
from boona_core.ports import Unit
from boona_core.windows import WeeklyWindows
from tests.contract.acts import POLICY, content, new_email
from tests.contract.postgres_seeds import empty
from tests.contract.test_side_by_side import LEASE, SideBySide, committing, places, request_places
from tests.situations import WORKER, Store

LINES = ["+492411", "+492412", None]
HOURS = CallerHours(working_hours=WeeklyWindows.from_json({"monday": ["09:00-12:00"]}))
YEARS = timedelta(days=1000)


@frozen
class Wish:
    """A call that somebody would like: places of a therapist, a caller and a line, a time, and what it is about."""

    therapist: int
    caller: int
    line: int
    day: int
    start: int
    minutes: int
    requests: frozenset[int]
    taking_over: bool


FIRST_CALLS = [
    Wish(
        therapist=place,
        caller=0,
        line=2,
        day=0,
        start=600,
        minutes=5,
        requests=frozenset({2}),
        taking_over=False,
    )
    for place in range(3)
]
wishes = st.builds(
    Wish,
    therapist=st.integers(0, 2),
    caller=st.integers(0, 2),
    line=st.integers(0, 2),
    day=st.integers(0, 1),
    start=st.sampled_from([150, 540, 545, 550, 1425]),
    minutes=st.sampled_from([5, 10, 15]),
    requests=request_places.map(frozenset),
    taking_over=st.booleans(),
)


class CallsSideBySide(SideBySide):
    """Calls in every state, beside emails that were sent."""

    def __init__(self, postgres: Store) -> None:
        super().__init__(postgres)
        self.calls: list[PhoneCallId] = []
        self.callers: list[CallerId] = []

    @initialize()
    def two_colleagues_and_a_stranger_with_three_requests_each(self) -> None:
        """And two callers, an email that was sent to one of them, and a planned call to each."""
        super().two_colleagues_and_a_stranger_with_three_requests_each()
        added = self.both(lambda unit: [unit.callers.add("Ada", HOURS), unit.callers.add("Bo", CallerHours())])
        assert not isinstance(added, str)
        self.callers = added
        self.an_email_is_written_and_sent_at_once(place=0, chosen={0, 1})
        self.calls_are_stored_and_take_their_requests(wanted=FIRST_CALLS, commit=True)

    def call(self, place: int) -> PhoneCallId:
        return self.calls[place % len(self.calls)]

    def caller(self, place: int) -> CallerId | None:
        return [None, *self.callers][place]

    def time(self, wish: Wish) -> CallTime:
        return CallTime(self.today + timedelta(days=wish.day), wish.start, wish.minutes)

    def new_call(self, wish: Wish, **fields: Any) -> NewCall:
        usual: dict[str, Any] = {
            "therapist_id": self.therapists[wish.therapist],
            "time": self.time(wish),
            "caller_id": self.caller(wish.caller),
            "number": LINES[wish.line],
            "cause": Cause.PERSON,
        }
        return NewCall(**{**usual, **fields})

    @rule(place=st.integers(0, 2), chosen=request_places)
    def an_email_is_written_and_sent_at_once(self, place: int, chosen: set[int]) -> None:
        therapist = self.therapists[place]
        texts = content(message_id=next(self.message_ids))

        def act(unit: Unit) -> tuple[EmailId, bool]:
            (email_id,) = unit.emails.new_ids(1)
            wanted = [self.requests[place][each] for each in sorted(chosen)]
            taken = unit.requests.take(dict.fromkeys(wanted, email_id))
            new = new_email(unit, therapist, sorted(taken), day=self.today, content=texts)
            stored = unit.emails.add({email_id: new}, now=self.now)
            unit.requests.give_back(frozenset({email_id}) - stored)
            unit.sending.claim(token=WORKER, now=self.now, lease=LEASE, limit=1, only=stored)
            unit.sending.mark(email_id, token=WORKER, now=self.now, day=self.today, lease=LEASE)
            sent = unit.sending.record_sent(email_id, token=WORKER, now=self.now, interval_days=7, words="250")
            return email_id, sent

        answer = self.both(act)
        assert not isinstance(answer, str)
        self.emails.append(answer[0])

    @rule(email=places, call=places)
    def an_email_is_followed_up(self, email: int, call: int) -> None:
        email_id, call_id = self.email(email), self.call(call)
        self.both(lambda unit: unit.calls.follow_up({email_id: unit.calls.get(call_id).id}))

    @rule(wanted=st.lists(wishes, min_size=1, max_size=3), commit=committing)
    def calls_are_stored_and_take_their_requests(self, wanted: list[Wish], commit: bool) -> None:
        def act(unit: Unit) -> tuple[tuple[object, ...], frozenset[PhoneCallId]]:
            ids = unit.calls.new_ids(len(wanted))
            new, followed = {}, dict[EmailId, PhoneCallId]()
            for call_id, wish in zip(ids, wanted, strict=True):
                requests = [self.requests[wish.therapist][each] for each in sorted(wish.requests)]
                held = {each: unit.requests.holder(each) for each in requests} if wish.taking_over else {}
                taken = unit.requests.take_for_calls(dict.fromkeys(requests, call_id), held=held)
                new[call_id] = self.new_call(wish, request_ids=tuple(sorted(taken)))
                followed |= {each.email_id: call_id for each in held.values() if each.email_id is not None}
            stored = unit.calls.add(new)
            noted = unit.calls.follow_up({email: call for email, call in followed.items() if call in stored})
            back = unit.requests.give_back(call_ids=frozenset(ids) - stored)
            return (noted, list(back)), stored

        answer = self.both(act, commit=commit)
        assert not isinstance(answer, str)
        self.calls += sorted(answer[1]) if commit else []

    @rule(place=places, wish=wishes, commit=committing)
    def the_next_attempt_is_planned(self, place: int, wish: Wish, commit: bool) -> None:
        failed_id = self.call(place)

        def act(unit: Unit) -> tuple[PhoneCallId, frozenset[PhoneCallId]]:
            failed = unit.calls.lock(failed_id)
            (call_id,) = unit.calls.new_ids(1)
            new = self.new_call(
                wish,
                therapist_id=failed.therapist_id,
                cause=Cause.RETRY,
                attempt=failed.attempt + 1,
                previous_id=failed.id,
                first_id=failed.first_id,
            )
            stored = unit.calls.add({call_id: new})
            unit.calls.put(evolve(failed, retry_due=failed.retry_due and not stored))
            return call_id, stored

        answer = self.both(act, commit=commit)
        self.calls += sorted(answer[1]) if commit and not isinstance(answer, str) else []

    @rule(place=places, wish=wishes, commit=committing)
    def a_call_is_moved(self, place: int, wish: Wish, commit: bool) -> None:
        call_id = self.call(place)
        self.both(
            lambda unit: unit.calls.move(
                call_id,
                time=self.time(wish),
                caller_id=self.caller(wish.caller),
                number=LINES[wish.line],
                outside_hours=wish.taking_over,
            ),
            commit=commit,
        )

    @rule(
        place=places,
        step=st.sampled_from([CallStep.COMPLETED, CallStep.FAILED, CallStep.FAILED, CallStep.CANCELED]),
        last=st.booleans(),
        outcome=st.sampled_from(Outcome),
        commit=committing,
    )
    def a_call_is_over(self, place: int, step: CallStep, last: bool, outcome: Outcome, commit: bool) -> None:
        call_id = self.call(place)

        def act(unit: Unit) -> tuple[object, ...]:
            call = unit.calls.lock(call_id)
            over = evolve(call, status=after(call_id, call.status, step), outcome="kurz", notes="Notiz")
            if step is not CallStep.CANCELED:
                over = evolve(over, actual_on=self.today, actual_at=600)
            if step is CallStep.FAILED:
                over = evolve(over, retry_due=not last, exhausted=last, retry_after=self.today)
            if step is CallStep.COMPLETED:
                items = (evolve(each, outcome=outcome, follow_up_notes="zugesagt") for each in call.items)
                over = evolve(over, items=tuple(items))
                asked = [item.placement_request_id for item in over.items if item.discussed]
                unit.calls.contacted(call.therapist_id, asked, on=self.today - timedelta(days=place % 3))
                unit.requests.ask_for_call(asked[:1], from_day=self.today + timedelta(days=place % 3))
            unit.calls.put(over)
            opened = unit.requests.give_back(call_ids=[call_id]) if step is CallStep.CANCELED else ()
            return unit.calls.get(call_id).status, list(opened)

        self.both(act, commit=commit)

    @rule(place=places)
    def a_person_has_looked_at_a_call(self, place: int) -> None:
        call_id = self.call(place)
        self.both(lambda unit: unit.calls.put(evolve(unit.calls.get(call_id), exhausted=False)))

    @rule(place=places)
    def a_request_is_taken_out_of_a_call(self, place: int) -> None:
        call_id = self.call(place)

        def act(unit: Unit) -> None:
            call = unit.calls.lock(call_id)
            gone = [item.placement_request_id for item in call.included][:1]
            unit.requests.release(gone)
            items = (evolve(each, included=each.placement_request_id not in gone) for each in call.items)
            unit.calls.put(evolve(call, items=tuple(items)))

        self.both(act)

    @rule(
        place=st.integers(0, 1),
        active=st.booleans(),
        days=st.integers(0, 3),
        closed=st.booleans(),
        words=st.sampled_from([None, "Betriebsausflug"]),
    )
    def a_caller_and_a_day_change(self, place: int, active: bool, days: int, closed: bool, words: str | None) -> None:
        absences = (Absence(self.today, self.today + timedelta(days=days)),) if days else ()

        def act(unit: Unit) -> bool:
            caller = unit.callers.get(self.callers[place])
            unit.callers.put(evolve(caller, active=active, hours=evolve(caller.hours, absences=absences)))
            return unit.closures.add(self.today, words) if closed else unit.closures.remove(self.today)

        self.both(act)

    @invariant()
    def nobody_is_in_two_planned_calls_in_one_minute(self) -> None:
        booked = self.both(lambda unit: list(unit.calls.booked(first_day=date.min, last_day=date.max)), commit=False)
        assert not isinstance(booked, str)
        taken = [
            (whose, call.time.day, minute)
            for call in booked
            for whose in _who_is_in(call)
            for minute in range(call.time.start, call.time.end)
        ]
        assert len(taken) == len(set(taken))

    def _all_that_can_be_seen(self, unit: Unit) -> dict[str, Any]:
        requests = [each for mine in self.requests for each in mine]
        return super()._all_that_can_be_seen(unit) | {
            "calls": [_without_batch_ids(call) for call in unit.calls.find()],
            "exhausted": [call.id for call in unit.calls.find(statuses=[CallStatus.FAILED], exhausted=True)],
            "booked": unit.calls.booked(first_day=self.today, last_day=self.today + YEARS),
            "retries": [call.id for call in unit.calls.retries_due()],
            "with": {each: list(unit.calls.with_requests([each])) for each in requests},
            "held": list(unit.requests.held(call_ids=self.calls, request_ids=requests[:2])),
            "asked": dict(unit.requests.asked_for_call(until=self.today + YEARS)),
            "without address": unit.requests.without_address(),
            "callers": list(unit.callers.all()),
            "left out": unit.therapists.histories(
                self.therapists, POLICY, today=self.today, leaving_out=self.emails[::2]
            ),
            "closures": dict(unit.closures.days(first=self.today - YEARS, last=self.today)),
        }


def _who_is_in(call: Booked) -> list[tuple[str, object]]:
    """Everybody and everything that is taken while the call lasts."""
    whose = [("caller", call.caller_id), ("therapist", call.therapist_id), ("line", call.number)]
    return [(kind, each) for kind, each in whose if each is not None]


def _without_batch_ids(call: PhoneCall) -> PhoneCall:
    return evolve(call, items=tuple(evolve(item, id=PhoneCallBatchId(0)) for item in call.items))


@pytest.mark.slow
def test_memory_and_postgres_agree_about_calls_step_by_step(postgres_store: Store, contract_engine: sa.Engine) -> None:
    def fresh() -> CallsSideBySide:
        empty(contract_engine)
        return CallsSideBySide(postgres_store)

    run_state_machine_as_test(
        fresh,  # type: ignore[arg-type] # whatever makes a machine will do
        settings=settings(
            max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
