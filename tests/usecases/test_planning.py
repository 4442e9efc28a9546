"""A plan run: what it stores, what it reports, and that looking first shows exactly what doing does."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from boona_core.contact import Reason
from boona_core.emails import EmailState
from boona_core.events import EventType
from boona_core.lands import Land
from boona_core.letters import Template
from boona_core.requests import RequestStatus
from boona_core.therapists import TherapistStatus
from boona_core.usecases.planning import PlanRun
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.situations import NOW, TODAY
from tests.usecases.house import House, house

OPEN, IN_PROGRESS = RequestStatus.OPEN, RequestStatus.IN_PROGRESS
HOURS = WeeklyWindows({Weekday.TUESDAY: (Window(9 * 60, 12 * 60),)})
A_WEEK_AGO = TODAY - timedelta(days=7)
UNWRITABLE = "Uta\r\nBcc: everybody@example.org"


def planned(run: PlanRun) -> list[tuple[int, list[int]]]:
    """The emails of a run: to whom, and with which requests in which order."""
    return [(email.therapist_id, [request.id for request in email.requests]) for email in run.plan.emails]


def reasons(run: PlanRun) -> dict[int, set[Reason]]:
    """Who was refused, and why."""
    return {refusal.therapist_id: set(refusal.decision.reasons) for refusal in run.plan.refusals}


# -- what a run stores -------------------------------------------------------------------------------------------------


def test_a_planned_email_is_queued_and_holds_its_requests_and_its_therapist() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    requests = agency.requests_to(therapist, "Sorge", "Kummer")

    run = agency.plan()

    (email,) = agency.emails()
    assert planned(run) == [(therapist, requests)]
    assert (email.state, email.template, email.batch_id) == (EmailState.QUEUED, Template.BATCH_REQUEST, run.batch_id)
    assert [item.placement_request_id for item in email.included] == requests
    assert [item.rank for item in email.included] == [2, 1]
    assert agency.statuses(requests) == [IN_PROGRESS, IN_PROGRESS]
    assert agency.holders(requests) == [email.id, email.id]
    assert agency.reserves(email.id)


def test_the_letter_names_the_patients_in_the_order_of_the_plan() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    later = agency.seed.request(agency.seed.patient(symptoms="Kummer", registered_on=date(2026, 2, 1)), therapist)
    earlier = agency.seed.request(agency.seed.patient(symptoms="Sorge", registered_on=date(2025, 2, 1)), therapist)

    run = agency.plan()

    (email,) = agency.emails()
    assert planned(run) == [(therapist, [earlier, later])]
    assert 0 < email.body_text.index("Sorge") < email.body_text.index("Kummer")


def test_every_change_is_told_in_the_transaction_that_makes_it() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    first, second = agency.requests_to(therapist, "Sorge", "Kummer")

    agency.plan()

    (email,) = agency.emails()
    events = agency.events()
    assert [event.type for event in events] == [
        EventType.EMAIL_CREATED,
        EventType.EMAIL_QUEUED,
        EventType.MATCH_STATUS_CHANGED,
        EventType.MATCH_STATUS_CHANGED,
    ]
    assert {event.key for event in events} == {therapist}
    assert [event.data["email_id"] for event in events[:2]] == [email.id, email.id]
    assert [(event.data["match_id"], event.data["new_status"]) for event in events[2:]] == [
        (first, "in_progress"),
        (second, "in_progress"),
    ]


def test_a_second_run_plans_nothing_and_says_why() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    agency.requests_to(therapist, *"abcdefg")
    agency.plan()
    told = len(agency.events())

    again = agency.plan()

    assert planned(again) == []
    assert reasons(again) == {therapist: {Reason.EMAIL_OUTSTANDING}}
    assert [refusal.waiting for refusal in again.plan.refusals] == [2]
    assert agency.events(since=told) == []


def test_a_dry_run_stores_nothing_at_all() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone=None)
    silent = agency.seed.request(None, therapist)
    agency.seed.sent_email(therapist, [silent], on=A_WEEK_AGO)
    agency.requests_to(therapist, "Sorge")

    run = agency.plan(dry_run=True)

    assert run.dry_run
    assert len(run.plan.emails) == 1
    assert run.reopened == 1
    assert agency.statuses([silent]) == [IN_PROGRESS]
    assert agency.states() == [EmailState.SENT]
    assert agency.events() == []


def test_those_who_may_have_places_come_first_then_the_longest_wait_then_the_id() -> None:
    agency = house()
    late, long_waiting, also_long = agency.seed.therapist(), agency.seed.therapist(), agency.seed.therapist()
    willing = agency.seed.therapist(potentially_available=True)
    old = agency.seed.patient(registered_on=date(2024, 1, 1))
    new = agency.seed.patient(registered_on=date(2026, 2, 1))
    agency.seed.request(new, late)
    agency.seed.request(old, also_long)
    agency.seed.request(old, long_waiting)
    agency.seed.request(new, willing)

    run = agency.plan()

    assert [therapist for therapist, _ in planned(run)] == [willing, long_waiting, also_long, late]


# -- limits ------------------------------------------------------------------------------------------------------------


def test_the_daily_cap_counts_over_all_runs_of_a_day() -> None:
    agency = house(max_emails_per_day=2)
    therapists = [agency.seed.therapist() for _ in range(3)]
    [agency.seed.request(None, therapist) for therapist in therapists[:1]]
    first = agency.plan()
    [agency.seed.request(None, therapist) for therapist in therapists[1:]]

    second = agency.plan()

    assert [therapist for therapist, _ in planned(first)] == therapists[:1]
    assert [therapist for therapist, _ in planned(second)] == therapists[1:2]
    assert reasons(second) == {therapists[2]: {Reason.DAILY_CAP}}


def test_the_next_day_has_a_cap_of_its_own() -> None:
    agency = house(max_emails_per_day=1)
    first, second = agency.seed.therapist(), agency.seed.therapist()
    [agency.seed.request(None, therapist) for therapist in (first, second)]
    agency.plan()
    agency.clock.days_pass(1)

    run = agency.plan()

    assert [therapist for therapist, _ in planned(run)] == [second]


def test_of_colleagues_who_share_a_mailbox_one_is_written_to() -> None:
    agency = house()
    mailbox = agency.seed.mailbox()
    one, other = agency.seed.therapist(mailbox_id=mailbox), agency.seed.therapist(mailbox_id=mailbox)
    [agency.seed.request(None, therapist) for therapist in (one, other)]

    run = agency.plan()

    assert [therapist for therapist, _ in planned(run)] == [one]
    assert reasons(run) == {other: {Reason.MAILBOX_INTERVAL}}
    assert [refusal.decision.next_allowed_on for refusal in run.plan.refusals] == [TODAY + timedelta(days=7)]


def test_who_was_written_to_on_a_monday_is_free_on_the_next_monday_and_not_on_sunday() -> None:
    agency = house(now=datetime(2026, 3, 2, 13, 37, tzinfo=NOW.tzinfo))
    therapist = agency.seed.therapist()
    agency.requests_to(therapist, *"abcdefg")
    agency.plan()
    agency.drain()
    agency.clock.days_pass(6)
    on_sunday = agency.plan()
    agency.clock.days_pass(1)

    on_monday = agency.plan()

    assert planned(on_sunday) == []
    assert [therapist for therapist, _ in planned(on_monday)] == [therapist]


# -- letters that cannot be written ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_header_that_cannot_be_sent_is_found_by_looking_and_by_doing(dry_run: bool) -> None:
    agency = house()
    bad = agency.seed.therapist(first_name=UNWRITABLE)
    request = agency.seed.request(None, bad)

    run = agency.plan(dry_run=dry_run)

    assert planned(run) == []
    assert [(each.therapist_id, each.fault) for each in run.unwritable] == [(bad, "To: has a control character")]
    assert agency.statuses([request]) == [OPEN]
    assert agency.emails() == []


def test_what_cannot_be_written_is_reported_and_the_others_are_stored() -> None:
    agency = house()
    bad, good = agency.seed.therapist(first_name=UNWRITABLE), agency.seed.therapist()
    requests = [agency.seed.request(None, therapist) for therapist in (bad, good)]

    run = agency.plan()

    assert planned(run) == [(good, requests[1:])]
    assert [each.therapist_id for each in run.unwritable] == [bad]
    assert agency.statuses(requests) == [OPEN, IN_PROGRESS]


def test_what_cannot_be_written_takes_no_place_under_the_daily_cap() -> None:
    agency = house(max_emails_per_day=1)
    mended = agency.seed.therapist(first_name=UNWRITABLE)
    request = agency.seed.request(None, mended)
    agency.plan()
    agency.change_therapist(mended, first_name="Uta")

    run = agency.plan()

    assert planned(run) == [(mended, [request])]


# -- other units in between --------------------------------------------------------------------------------------------


def test_who_was_taken_by_somebody_else_in_the_same_moment_is_reported_and_the_others_are_stored() -> None:
    agency = house()
    therapists = [agency.seed.therapist() for _ in range(2)]
    requests = [agency.seed.request(None, therapist) for therapist in therapists]
    mailbox = agency.memory.tables.therapists.rows[therapists[0]].mailbox_id
    stranger = agency.seed.therapist()
    rival = agency.seed.email(stranger, state=EmailState.CANCELED, mailbox_id=mailbox)
    agency.seed.window(rival, TODAY)  # reserved, and seen by nobody before the reserving itself

    run = agency.plan()

    assert run.taken == (therapists[0],)
    assert planned(run) == [(therapists[1], requests[1:])]
    assert agency.statuses(requests) == [OPEN, IN_PROGRESS]


def test_an_answer_that_came_in_after_the_plan_is_respected_when_it_is_stored() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    (request,) = agency.requests_to(therapist, "Sorge")
    agency.watch.before.extend([lambda: None, lambda: agency.change_therapist(therapist, do_not_contact=True)])

    run = agency.plan()

    assert planned(run) == []
    assert reasons(run) == {therapist: {Reason.DO_NOT_CONTACT}}
    assert agency.statuses([request]) == [OPEN]


def test_a_request_that_left_after_the_plan_is_not_in_the_email() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    left, stays = agency.requests_to(therapist, "Sorge", "Kummer")
    gone = {"status": RequestStatus.CANCELED}
    agency.watch.before.extend([lambda: None, lambda: agency.change_request(left, **gone)])

    run = agency.plan()

    assert planned(run) == [(therapist, [stays])]
    assert agency.emails()[0].template is Template.INITIAL_CONTACT


@pytest.mark.parametrize(("emails", "told"), [(0, []), (1, [(1, 1)]), (3, [(3, 3)]), (4, [(3, 4), (4, 4)])])
def test_emails_are_stored_a_chunk_at_a_time(emails: int, told: list[tuple[int, int]]) -> None:
    agency = house(chunk=3)
    therapists = [agency.seed.therapist() for _ in range(emails)]
    requests = [agency.seed.request(None, therapist) for therapist in therapists]
    heard: list[tuple[int, int]] = []
    nothing_to_store = house()
    nothing_to_store.plan()

    run = agency.plan(on_stored=lambda *counts: heard.append(counts))

    assert heard == told
    assert planned(run) == [(one, [two]) for one, two in zip(therapists, requests, strict=True)]
    assert agency.states() == [EmailState.QUEUED] * emails
    assert agency.watch.commits - nothing_to_store.watch.commits == len(told)


def test_a_run_that_dies_between_two_chunks_leaves_whole_emails_and_the_next_run_makes_the_rest() -> None:
    agency = house(chunk=1)
    therapists = [agency.seed.therapist() for _ in range(3)]
    requests = [agency.seed.request(None, therapist) for therapist in therapists]
    agency.watch.before.extend([lambda: None, lambda: None, agency.watch.lose])
    with pytest.raises(Exception, match="the store failed"):
        agency.plan()
    halfway = agency.statuses(requests)

    run = agency.plan()

    assert halfway == [IN_PROGRESS, OPEN, OPEN]
    assert planned(run) == [(one, [two]) for one, two in zip(therapists[1:], requests[1:], strict=True)]


# -- drafts ------------------------------------------------------------------------------------------------------------


def test_under_approval_the_emails_stay_drafts_and_move_nothing() -> None:
    agency = house(approval=True)
    therapist = agency.seed.therapist()
    requests = agency.requests_to(therapist, "Sorge")

    run = agency.plan()

    (draft,) = agency.emails()
    assert run.drafts
    assert (draft.state, draft.message_id, agency.message(draft.id)) == (EmailState.DRAFT, None, None)
    assert "Sorge" in draft.body_text
    assert agency.statuses(requests) == [OPEN]
    assert not agency.reserves(draft.id)
    assert agency.told() == [EventType.EMAIL_CREATED]


def test_drafts_that_nobody_touched_are_replaced_and_touched_ones_stay() -> None:
    agency = house(approval=True)
    therapist = agency.seed.therapist()
    agency.requests_to(therapist, "Sorge")
    agency.plan()
    touched = agency.seed.email(therapist, state=EmailState.DRAFT, batch_id="plan-0", touched=True)
    by_hand = agency.seed.email(therapist, state=EmailState.DRAFT)

    run = agency.plan()

    drafts = {email.id: email.batch_id for email in agency.emails()}
    assert sorted(drafts.items()) == [(touched, "plan-0"), (by_hand, None), (max(drafts), run.batch_id)]


def test_drafts_are_replaced_in_one_transaction_however_many_chunks_there_are() -> None:
    agency = house(approval=True, chunk=1)
    [agency.seed.request(None, agency.seed.therapist()) for _ in range(3)]
    agency.plan()
    before = agency.emails()
    agency.watch.before.extend([lambda: None, agency.watch.lose])
    with pytest.raises(Exception, match="the store failed"):
        agency.plan()

    after = agency.emails()

    assert len(before) == 3
    assert after == before


def test_a_dry_run_under_approval_keeps_the_drafts_that_are_there() -> None:
    agency = house(approval=True)
    [agency.seed.request(None, agency.seed.therapist()) for _ in range(2)]
    agency.plan()
    before = agency.emails()

    run = agency.plan(dry_run=True)

    assert len(run.plan.emails) == 2
    assert agency.emails() == before


# -- silence -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phone", [{}, {"phone": "030 1"}, {"phone": "030 1", "phone_hours": WeeklyWindows()}])
def test_the_silence_of_who_cannot_be_called_ends_and_a_reminder_goes_out(phone: dict[str, Any]) -> None:
    agency = house()
    therapist = agency.seed.therapist(**phone)
    request = agency.seed.request(None, therapist)
    agency.seed.sent_email(therapist, [request], on=A_WEEK_AGO)

    run = agency.plan()

    assert run.reopened == 1
    assert planned(run) == [(therapist, [request])]
    assert agency.emails()[-1].template is Template.FOLLOW_UP
    assert [event.data["new_status"] for event in agency.events() if "new_status" in event.data] == [
        "open",
        "in_progress",
    ]


def test_the_silence_of_who_can_be_called_waits_for_the_call() -> None:
    agency = house()
    therapist = agency.seed.therapist(phone="030 1", phone_hours=HOURS)
    request = agency.seed.request(None, therapist)
    agency.seed.sent_email(therapist, [request], on=A_WEEK_AGO)
    agency.requests_to(therapist, "Sorge")

    run = agency.plan()

    assert run.reopened == 0
    assert reasons(run) == {therapist: {Reason.AWAITING_ANSWER}}
    assert agency.statuses([request]) == [IN_PROGRESS]


def close(agency: House, *days: int) -> None:
    """No calls on these days of March."""
    for day in days:
        agency.close_days.close(date(2026, 3, day))


@pytest.mark.parametrize(("closed", "reopened"), [((2, 9), 0), ((2, 9, 16), 1)])
def test_a_silence_ends_where_every_day_of_the_horizon_with_phone_hours_is_closed(
    closed: tuple[int, ...], reopened: int
) -> None:
    agency = house()
    on_mondays = WeeklyWindows.from_json({"monday": ["09:00-10:00"]})
    therapist = agency.seed.therapist(phone="030 1", phone_hours=on_mondays)
    request = agency.seed.request(None, therapist)
    agency.seed.sent_email(therapist, [request], on=A_WEEK_AGO)
    close(agency, *closed)

    run = agency.plan()

    assert run.reopened == reopened
    assert [planned_for for planned_for, _ in planned(run)] == [therapist] * reopened


def test_a_public_holiday_is_no_day_for_the_call_that_a_silence_waits_for() -> None:
    agency = house()
    on_mondays = WeeklyWindows.from_json({"monday": ["09:00-10:00"]})
    therapist = agency.seed.therapist(phone="030 1", phone_hours=on_mondays, postal_code="10115")
    agency.seed.sent_email(therapist, [agency.seed.request(None, therapist)], on=A_WEEK_AGO)
    holidays = {Land.BERLIN: frozenset(date(2026, 3, day) for day in (2, 9, 16))}

    run = evolve(agency.plan, holidays=lambda land, _: holidays.get(land, frozenset()))()

    assert run.reopened == 1


def test_an_email_is_not_silent_the_day_before() -> None:
    agency = house()
    therapist = agency.seed.therapist()
    request = agency.seed.request(None, therapist)
    agency.seed.sent_email(therapist, [request], on=A_WEEK_AGO + timedelta(days=1))

    run = agency.plan()

    assert run.reopened == 0
    assert agency.statuses([request]) == [IN_PROGRESS]


# -- the law -----------------------------------------------------------------------------------------------------------


@st.composite
def agencies(draw: DrawFn) -> House:
    """An agency with colleagues, silences, blocks, letters that cannot be written, and small limits."""
    agency = house(
        approval=draw(st.booleans()),
        chunk=draw(st.integers(1, 3)),
        max_requests_per_email=draw(st.integers(1, 3)),
        max_emails_per_day=draw(st.none() | st.integers(0, 4)),
    )
    mailboxes = [agency.seed.mailbox() for _ in range(3)]
    patients = [agency.seed.patient(registered_on=date(2026, 1, day)) for day in (3, 1, 2)]
    for _ in range(draw(st.integers(1, 6))):
        therapist = agency.seed.therapist(
            mailbox_id=draw(st.sampled_from([*mailboxes, None])),
            first_name=draw(st.sampled_from(["Uta", "Uta", UNWRITABLE])),
            potentially_available=draw(st.booleans()),
            status=draw(st.sampled_from([TherapistStatus.ACTIVE, TherapistStatus.ACTIVE, TherapistStatus.BLOCKED])),
        )
        requests = [agency.seed.request(patient, therapist) for patient in patients[: draw(st.integers(0, 3))]]
        days_ago = draw(st.none() | st.integers(1, 9))
        if days_ago is not None:
            agency.seed.sent_email(therapist, requests[:1], on=TODAY - timedelta(days=days_ago))
    return agency


@given(agencies())
def test_looking_first_shows_exactly_what_doing_does(agency: House) -> None:
    shown = agency.plan(dry_run=True)

    done = agency.plan()

    assert evolve(shown, dry_run=False, batch_id=done.batch_id) == done
    made = [email for email in agency.emails() if email.batch_id == done.batch_id]
    assert sorted(
        (email.therapist_id, [item.placement_request_id for item in email.items]) for email in made
    ) == sorted(planned(done))
