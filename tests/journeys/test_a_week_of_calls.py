"""A story on a real database: emails on a Monday, silence, a call each, and everything that follows from what is said.

Six therapists get an email on the first Monday.  One answers it with a no.  A week later the others have one call each
in their own hours: two are not answered and are tried again in the next window, one is a no, one a yes, one talks about
some of its patients only.
"""

from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from attrs import define, field

from boona_core.calls import CallStatus, Cause, Moment, Outcome, PhoneCall
from boona_core.contact import Channel, Reason
from boona_core.ids import EmailId, PatientId, PhoneCallId, PlacementRequestId, TherapistId
from boona_core.patients import PatientStatus
from boona_core.requests import RequestStatus
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.journeys.virtual import Agency, agency_on, on_the_wall
from tests.sink import running_sink

MONDAY = date(2026, 6, 8)
"""The Mondays after it are working days in every Land."""
NEXT = MONDAY + timedelta(days=7)
WEEK = timedelta(days=7)
NINE, ELEVEN, TWO = 9 * 60, 11 * 60, 14 * 60

MORNING_AND_AFTERNOON = WeeklyWindows({Weekday.MONDAY: (Window(NINE, ELEVEN), Window(TWO, TWO + 60))})
MONDAYS_AND_THURSDAYS = WeeklyWindows(
    {Weekday.MONDAY: (Window(NINE, NINE + 30),), Weekday.THURSDAY: (Window(TWO, TWO + 60),)}
)


@define
class Story:
    """Six therapists, and two patients each; the first patient is offered to everybody."""

    agency: Agency
    wanted_by_all: PatientId
    therapists: list[TherapistId] = field(factory=list)
    shared: dict[TherapistId, PlacementRequestId] = field(factory=dict)
    own: dict[TherapistId, PlacementRequestId] = field(factory=dict)

    def status(self, request: PlacementRequestId) -> RequestStatus:
        """Where a request stands."""
        with self.agency.store() as unit:
            return unit.requests.get(request).status

    def call_of(self, therapist: TherapistId, attempt: int = 1) -> PhoneCall:
        """Their only call of this attempt."""
        with self.agency.store() as unit:
            (call,) = [each for each in unit.calls.find(therapist_id=therapist) if each.attempt == attempt]
            return call

    def email_of(self, therapist: TherapistId) -> EmailId:
        """The only email that they have."""
        (email,) = self.agency.application.find_emails(therapist_id=therapist)
        return email.id

    def reasons(self, therapist: TherapistId, channel: Channel, day: date) -> tuple[Reason, ...]:
        """What holds a contact on this channel at noon of a day."""
        self.agency.store.set_to(on_the_wall(day, time(12)))
        return self.agency.application.explain_contact(therapist).decisions[channel].reasons

    def completes(self, call: PhoneCallId, outcomes: dict[PlacementRequestId, Outcome], *, at: int) -> None:
        """Somebody says what came of a call, when it was held."""
        self.agency.store.set_to(on_the_wall(NEXT, time(at // 60, at % 60)))
        self.agency.application.complete_call(call, outcomes)


@pytest.fixture
def agency(database_url: str, tmp_path: Path) -> Iterator[Agency]:
    """An agency in its own database, where nobody in particular makes the calls."""
    with running_sink(tmp_path / "sink") as sink, agency_on(database_url, smtp_port=sink.port) as ready:
        yield ready


@pytest.fixture
def story(agency: Agency) -> Story:
    """The first Monday is over: everybody was written to, and one has said no."""
    story = Story(agency, agency.seed.patient(registered_on=date(2026, 1, 2)))
    for number, hours in enumerate([MORNING_AND_AFTERNOON] * 4 + [MONDAYS_AND_THURSDAYS] * 2):
        therapist = agency.seed.therapist(phone=f"030 55 {number}", phone_hours=hours, postal_code="10115")
        story.therapists.append(therapist)
        story.shared[therapist] = agency.seed.request(story.wanted_by_all, therapist)
        story.own[therapist] = agency.seed.request(None, therapist)
    agency.run_at(on_the_wall(MONDAY, time(8)))
    agency.store.set_to(on_the_wall(MONDAY, time(16)))
    quick = story.therapists[0]
    agency.application.record_answer(story.email_of(quick), numbers={Outcome.REJECTED: [1, 2]})
    agency.store.set_to(on_the_wall(NEXT, time(6, 30)))
    return story


def test_a_week_later_the_silent_ones_have_one_call_each_in_their_own_window(story: Story) -> None:
    run = story.agency.application.plan_calls()
    again = story.agency.application.plan_calls()

    assert [call.due.therapist_id for call in run.planned] == story.therapists[1:]
    assert {call.due.cause for call in run.planned} == {Cause.SILENT}
    assert all(call.time.day == NEXT and call.time.start == NINE for call in run.planned)
    assert again.planned == ()


def test_two_that_fail_are_tried_again_in_the_next_window_and_never_in_the_same(story: Story) -> None:
    application = story.agency.application
    application.plan_calls()
    same_day, other_day = story.therapists[1], story.therapists[4]
    story.agency.store.set_to(on_the_wall(NEXT, time(9, 3)))

    application.fail_call(story.call_of(same_day).id, at=Moment(NEXT, NINE + 1))
    application.fail_call(story.call_of(other_day).id, at=Moment(NEXT, NINE + 2))

    first, second = story.call_of(same_day, 2), story.call_of(other_day, 2)
    assert (first.time.day, first.time.start) == (NEXT, TWO)
    assert (second.time.day, second.time.start) == (NEXT + timedelta(days=3), TWO)
    assert story.status(story.own[same_day]) is RequestStatus.IN_PROGRESS
    assert first.previous_id == story.call_of(same_day).id


def test_who_says_no_in_a_call_is_left_alone_for_four_weeks_on_every_channel(story: Story) -> None:
    story.agency.application.plan_calls()
    therapist = story.therapists[2]
    outcomes = dict.fromkeys([story.shared[therapist], story.own[therapist]], Outcome.REJECTED)

    story.completes(story.call_of(therapist).id, outcomes, at=NINE + 4)

    last, free = NEXT + timedelta(days=27), NEXT + timedelta(days=28)
    assert [story.status(each) for each in outcomes] == [RequestStatus.REJECTED] * 2
    assert [story.reasons(therapist, channel, last) for channel in Channel] == [(Reason.COOLDOWN,)] * 2
    assert [story.reasons(therapist, channel, free) for channel in Channel] == [()] * 2


def test_who_says_yes_places_the_patient_who_is_withdrawn_everywhere_else(story: Story) -> None:
    story.agency.application.plan_calls()
    therapist = story.therapists[3]
    others = [each for each in story.therapists[1:] if each != therapist]

    story.completes(story.call_of(therapist).id, {story.shared[therapist]: Outcome.ACCEPTED}, at=NINE + 4)

    with story.agency.store() as unit:
        patient = unit.patients.get_many([story.wanted_by_all])[story.wanted_by_all]
    assert (patient.status, patient.first_place_on) == (PatientStatus.IN_THERAPY, NEXT)
    assert story.status(story.shared[therapist]) is RequestStatus.ACCEPTED
    assert {story.status(story.shared[each]) for each in others} == {RequestStatus.CANCELED}
    assert story.status(story.shared[story.therapists[0]]) is RequestStatus.REJECTED
    calls = [story.call_of(each) for each in others]
    assert {call.status for call in calls} == {CallStatus.SCHEDULED}
    assert [[item.placement_request_id for item in call.included] for call in calls] == [
        [story.own[each]] for each in others
    ]


def test_those_not_discussed_are_open_again(story: Story) -> None:
    story.agency.application.plan_calls()
    therapist = story.therapists[5]

    story.completes(story.call_of(therapist).id, {story.shared[therapist]: Outcome.REJECTED}, at=NINE + 4)

    assert story.status(story.own[therapist]) is RequestStatus.OPEN
    assert story.status(story.shared[therapist]) is RequestStatus.REJECTED


def test_a_placement_that_falls_through_leaves_the_others_as_they_were(story: Story) -> None:
    story.agency.application.plan_calls()
    therapist, other = story.therapists[3], story.therapists[2]
    story.completes(story.call_of(therapist).id, {story.shared[therapist]: Outcome.ACCEPTED}, at=NINE + 4)

    story.agency.application.undo_placement(story.shared[therapist])

    with story.agency.store() as unit:
        patient = unit.patients.get_many([story.wanted_by_all])[story.wanted_by_all]
    assert (patient.status, patient.registered_on) == (PatientStatus.SEARCHING, date(2026, 1, 2))
    assert story.status(story.shared[other]) is RequestStatus.OPEN


def test_while_calls_are_under_way_nobody_of_them_is_written_to(story: Story) -> None:
    story.agency.application.plan_calls()

    run, drained = story.agency.run_at(on_the_wall(NEXT, time(7, 30)))

    assert run.plan.emails == ()
    assert drained.sent == 0


def test_all_of_it_is_told_in_order_and_nothing_of_it_twice(story: Story) -> None:
    application = story.agency.application
    application.plan_calls()
    failed, yes = story.therapists[1], story.therapists[3]
    story.agency.store.set_to(on_the_wall(NEXT, time(9, 3)))
    application.fail_call(story.call_of(failed).id)
    story.completes(story.call_of(yes).id, {story.shared[yes]: Outcome.ACCEPTED}, at=NINE + 4)

    told = story.agency.rows(
        f"SELECT type, count(*) FROM communication_service.outbox WHERE key = {failed} GROUP BY type ORDER BY 1"
    )

    assert dict(told)["communication.call_scheduled"] == 2
    assert dict(told)["communication.call_failed"] == 1
    assert dict(told)["communication.email_sent"] == 1
