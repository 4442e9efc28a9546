"""Whatever is answered, corrected, undone, sent and called, and in whatever order: these laws hold."""
# ruff: noqa: D102 - the name of a rule says what happens

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from boona_adapters.memory.rows import RequestRow
from boona_core.calls import CallStatus, Outcome
from boona_core.emails import EmailState
from boona_core.errors import IllegalTransition
from boona_core.ids import EmailId, PhoneCallId, PlacementRequestId
from boona_core.patients import PatientStatus
from boona_core.requests import RequestStatus
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.usecases.house import house

HOURS = WeeklyWindows({day: (Window(8 * 60, 18 * 60),) for day in Weekday})
SAID = st.sampled_from([Outcome.ACCEPTED, Outcome.REJECTED, Outcome.NEEDS_FOLLOW_UP])
IN_A_CALL = st.sampled_from(list(Outcome))
UNSENT = (EmailState.QUEUED, EmailState.CLAIMED)
LIVE = (RequestStatus.OPEN, RequestStatus.IN_PROGRESS)


class Answering(RuleBasedStateMachine):
    """An agency with a few patients, each offered to several therapists."""

    def __init__(self) -> None:
        super().__init__()
        self.agency = house(cooldown_days=3, follow_up_after_days=3, email_interval_days=2, max_call_attempts=2)
        therapists = [
            self.agency.seed.therapist(phone=f"030 1000{each}", phone_hours=HOURS, postal_code="10115")
            for each in range(4)
        ]
        self.patients = [self.agency.seed.patient() for _ in range(4)]
        for place, patient in enumerate(self.patients):
            for therapist in therapists[place % 2 :]:
                self.agency.seed.request(patient, therapist)
        self.before = {
            patient: self.agency.memory.tables.patients.rows[patient].registered_on for patient in self.patients
        }

    # -- what is done --------------------------------------------------------------------------------------------------

    @rule(days=st.integers(1, 4))
    def days_pass(self, days: int) -> None:
        self.agency.clock.days_pass(days)

    @rule(sending=st.booleans())
    def emails_are_planned(self, sending: bool) -> None:
        self.agency.plan()
        if sending:
            self.agency.drain()

    @rule()
    def calls_are_planned(self) -> None:
        self.agency.plan_calls()

    @rule(data=st.data())
    @precondition(lambda self: self.emails())
    def an_email_is_answered(self, data: st.DataObject) -> None:
        email = data.draw(st.sampled_from(self.emails()))
        letter = [item.placement_request_id for item in self.agency.email(email).included]
        said = data.draw(st.dictionaries(st.sampled_from(letter), SAID))
        with suppress(IllegalTransition):
            self.agency.answer(email, requests=said)

    @rule(data=st.data(), outcome=SAID)
    def a_request_is_answered(self, data: st.DataObject, outcome: Outcome) -> None:
        request = data.draw(st.sampled_from(sorted(self.rows)))
        with suppress(IllegalTransition):
            self.agency.answer.of_request(request, outcome)

    @rule(data=st.data())
    @precondition(lambda self: self.planned())
    def a_call_is_held(self, data: st.DataObject) -> None:
        call = self.agency.call(data.draw(st.sampled_from(self.planned())))
        said = {item.placement_request_id: data.draw(IN_A_CALL) for item in call.included}
        self.agency.complete_call(call.id, said)

    @rule(data=st.data())
    @precondition(lambda self: self.held())
    def a_call_is_corrected(self, data: st.DataObject) -> None:
        call = self.agency.call(data.draw(st.sampled_from(self.held())))
        there = [item.placement_request_id for item in call.included]
        with suppress(IllegalTransition):
            self.agency.complete_call(call.id, data.draw(st.dictionaries(st.sampled_from(there), IN_A_CALL)))

    @rule(data=st.data())
    @precondition(lambda self: self.planned())
    def a_call_fails(self, data: st.DataObject) -> None:
        call = self.agency.call(data.draw(st.sampled_from(self.planned())))
        self.agency.clock.days_pass(max(0, (call.time.day - self.agency.clock.today).days) + 1)
        self.agency.fail_call(call.id)

    @rule(data=st.data())
    @precondition(lambda self: self.placing())
    def a_placement_falls_through(self, data: st.DataObject) -> None:
        self.agency.undo(data.draw(st.sampled_from(self.placing())))

    @rule(data=st.data())
    def a_request_is_given_back(self, data: st.DataObject) -> None:
        with suppress(IllegalTransition):
            self.agency.release(data.draw(st.sampled_from(sorted(self.rows))))

    # -- what holds ----------------------------------------------------------------------------------------------------

    @invariant()
    def a_patient_is_in_therapy_when_exactly_one_accepted_request_places_them(self) -> None:
        for patient in self.patients:
            theirs = self.of_patient(patient)
            placing = [row for row in theirs if row.places]
            in_therapy = self.agency.memory.tables.patients.rows[patient].status is PatientStatus.IN_THERAPY
            assert len(placing) == int(in_therapy)
            assert [row for row in theirs if row.status is RequestStatus.ACCEPTED] == placing

    @invariant()
    def who_has_a_place_is_offered_to_nobody(self) -> None:
        placed = {row.patient_id for row in self.rows.values() if row.places}
        assert not [row for row in self.rows.values() if row.patient_id in placed and row.status in LIVE]

    @invariant()
    def a_patient_keeps_the_day_since_when_they_search(self) -> None:
        people = self.agency.memory.tables.patients.rows
        assert {patient: people[patient].registered_on for patient in self.patients} == self.before

    @invariant()
    def nothing_unsent_holds_what_is_not_in_progress_through_it(self) -> None:
        for email in self.agency.emails():
            if email.state in UNSENT:
                requests = [item.placement_request_id for item in email.included]
                assert requests
                assert self.agency.holders(requests) == [email.id] * len(requests)

    @invariant()
    def no_planned_call_holds_what_is_not_in_progress_through_it(self) -> None:
        for call in self.planned():
            requests = [item.placement_request_id for item in self.agency.call(call).included]
            assert requests
            assert self.agency.calls_of(requests) == [call] * len(requests)

    @invariant()
    def no_attempt_is_due_about_nothing(self) -> None:
        for call in self.agency.calls():
            if call.retry_due:
                assert call.id in {row.held_by_call for row in self.rows.values()}

    @invariant()
    def what_came_too_late_was_a_yes_that_places_nobody(self) -> None:
        late = [row for row in self.rows.values() if row.too_late]
        assert all(row.answer is Outcome.ACCEPTED and row.status is not RequestStatus.ACCEPTED for row in late)

    @invariant()
    def only_what_is_in_progress_is_held_or_to_be_called_about(self) -> None:
        for row in self.rows.values():
            if row.status is not RequestStatus.IN_PROGRESS:
                assert (row.held_by, row.held_by_call, row.call_asked_from) == (None, None, None)

    # -- how it is looked at -------------------------------------------------------------------------------------------

    @property
    def rows(self) -> Mapping[PlacementRequestId, RequestRow]:
        return self.agency.memory.tables.requests.rows

    def of_patient(self, patient: int) -> list[RequestRow]:
        return [row for row in self.rows.values() if row.patient_id == patient]

    def emails(self) -> list[EmailId]:
        return [email.id for email in self.agency.emails() if email.state is EmailState.SENT and email.included]

    def planned(self) -> list[PhoneCallId]:
        return [call.id for call in self.agency.calls() if call.status is CallStatus.SCHEDULED]

    def held(self) -> list[PhoneCallId]:
        return [call.id for call in self.agency.calls() if call.status is CallStatus.COMPLETED and call.included]

    def placing(self) -> list[PlacementRequestId]:
        return sorted(row.id for row in self.rows.values() if row.places)


TestAnswering = Answering.TestCase
TestAnswering.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=timedelta(seconds=5),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
