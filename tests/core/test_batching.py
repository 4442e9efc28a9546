"""Which emails go out today, with which patients in which order, and what about the rest?"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cmp_to_key, partial
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from boona_core.batching import (
    Candidate,
    EmailPlan,
    PlannedEmail,
    Refusal,
    candidate_of,
    plan_emails,
    select_requests,
    template_for,
)
from boona_core.contact import Channel, ContactDecision, ContactHistory, ContactPolicy, Hold, Reason, decide_contact
from boona_core.errors import InvalidValue
from boona_core.ids import MailboxId, PatientId, PlacementRequestId, TherapistId
from boona_core.letters import Template
from boona_core.patients import PatientStatus
from boona_core.requests import PlacementRequest, RequestStatus, decide_request
from tests.core.contact_oracle import first_free, reasons_by_day
from tests.core.strategies import FREE, THERAPIST, TODAY, Practice, day, policies, practices, request_lists, requests

DEFAULT = ContactPolicy()
FAR = 200


def request(number: int, therapist: int = 1, **fields: Any) -> PlacementRequest:
    return PlacementRequest(
        id=PlacementRequestId(number), patient_id=PatientId(number), therapist_id=TherapistId(therapist), **fields
    )


def practice(number: int, *offered: PlacementRequest, mailbox: int | None = None, available: bool = False) -> Practice:
    history = evolve(FREE, therapist_id=TherapistId(number), mailbox_id=MailboxId(mailbox or number))
    return Practice(history, offered or (request(100 * number, number, registered_on=day(-9)),), available)


def planned(practices: Sequence[Practice], policy: ContactPolicy = DEFAULT, *, queued_today: int = 0) -> EmailPlan:
    return plan_emails([each.candidate(policy) for each in practices], policy, today=TODAY, queued_today=queued_today)


def therapists_of(plan: EmailPlan) -> list[int]:
    return [email.therapist_id for email in plan.emails]


def refused(plan: EmailPlan) -> dict[int, tuple[Reason, ...]]:
    return {refusal.therapist_id: refusal.decision.reasons for refusal in plan.refusals}


# The oracle: stable sorts from the least to the most important, and a plan that looks at everything again for each
# email.


def in_order(some: Sequence[PlacementRequest]) -> list[PlacementRequest]:
    ordered = sorted(some, key=lambda each: each.id)
    ordered.sort(key=lambda each: each.registered_on.toordinal() if each.registered_on else 10**9)
    ordered.sort(key=lambda each: each.priority, reverse=True)
    return [each for each in ordered if not each.offered] + [each for each in ordered if each.offered]


def eligible(some: Sequence[PlacementRequest]) -> list[PlacementRequest]:
    return [
        each
        for each in in_order(some)
        if each.status == "open"
        and each.patient_status == "searching"
        and not each.excluded
        and all(until is None or until <= TODAY for until in (each.paused_until, each.resting_until))
    ]


def comes_before(size: int, one: Practice, two: Practice) -> int:
    if one.potentially_available != two.potentially_available:
        return -1 if one.potentially_available else 1
    since = [
        min((each.registered_on or date.max for each in eligible(practice.requests)[:size]), default=date.max)
        for practice in (one, two)
    ]
    if since[0] != since[1]:
        return -1 if since[0] < since[1] else 1
    return one.history.therapist_id - two.history.therapist_id


@frozen
class Expected:
    """What the plan should be: ids only."""

    emails: list[tuple[int, list[int]]]
    refusals: list[tuple[int, set[Reason], date | None, int]]


def plan_by_looking(some: Sequence[Practice], policy: ContactPolicy, queued_today: int) -> Expected:
    size = policy.max_requests_per_email
    waiting = [practice for practice in some if eligible(practice.requests)]
    expected = Expected([], [])
    written_to: list[MailboxId | None] = []
    while waiting:
        first = min(waiting, key=cmp_to_key(partial(comes_before, size)))
        waiting.remove(first)
        history = first.history
        by_day = reasons_by_day(history, policy, Channel.EMAIL, days=FAR)
        if history.mailbox_id and history.mailbox_id in written_to:
            for reasons in by_day[: policy.email_interval_days]:
                reasons.add(Reason.MAILBOX_INTERVAL)
        if policy.max_emails_per_day is not None and queued_today + len(written_to) + 1 > policy.max_emails_per_day:
            by_day[0].add(Reason.DAILY_CAP)
        offered = [each.id for each in eligible(first.requests)]
        if by_day[0]:
            expected.refusals.append((history.therapist_id, by_day[0], first_free(by_day), len(offered)))
        else:
            expected.emails.append((history.therapist_id, list(offered[:size])))
            written_to.append(history.mailbox_id)
    return expected


queued_counts = st.integers(0, 5)


@given(practices(), policies(), queued_counts)
def test_the_plan_is_the_one_that_a_slow_look_finds(some: list[Practice], policy: ContactPolicy, queued: int) -> None:
    plan = planned(some, policy, queued_today=queued)

    expected = plan_by_looking(some, policy, queued)
    assert [(email.therapist_id, [each.id for each in email.requests]) for email in plan.emails] == expected.emails
    assert [
        (each.therapist_id, set(each.decision.reasons), each.decision.next_allowed_on, each.waiting)
        for each in plan.refusals
    ] == expected.refusals


@given(practices(), policies(), queued_counts, st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(
    some: list[Practice], policy: ContactPolicy, queued: int, random: Any
) -> None:
    mixed = [evolve(each, requests=tuple(random.sample(each.requests, len(each.requests)))) for each in some]

    plan = planned(some, policy, queued_today=queued)
    again = planned(random.sample(mixed, len(mixed)), policy, queued_today=queued)

    assert plan == again
    assert list(plan.held.items()) == list(again.held.items())


@given(practices(), policies(), queued_counts)
def test_no_request_is_lost_and_none_is_in_two_places(some: list[Practice], policy: ContactPolicy, queued: int) -> None:
    plan = planned(some, policy, queued_today=queued)

    every = [each for practice in some for each in practice.requests]
    in_emails = [each.id for email in plan.emails for each in email.requests]
    of_their_own = [each for each in every if not decide_request(each, today=TODAY).allowed]
    refused_with = sum(refusal.waiting for refusal in plan.refusals)
    assert len(in_emails) == len(set(in_emails))
    assert set(in_emails).isdisjoint(each.id for each in of_their_own)
    assert len(in_emails) + plan.left_over + refused_with + len(of_their_own) == len(every)
    assert plan.held == Counter(
        reason for each in of_their_own for reason in set(decide_request(each, today=TODAY).reasons)
    )


@given(practices(), policies(), queued_counts)
def test_every_therapist_with_something_to_offer_is_in_the_plan_once(
    some: list[Practice], policy: ContactPolicy, queued: int
) -> None:
    plan = planned(some, policy, queued_today=queued)

    named = [*therapists_of(plan), *(refusal.therapist_id for refusal in plan.refusals)]
    assert sorted(named) == [each.history.therapist_id for each in some if eligible(each.requests)]


@given(practices(), policies(), queued_counts)
def test_no_mailbox_gets_two_emails_and_no_held_therapist_any(
    some: list[Practice], policy: ContactPolicy, queued: int
) -> None:
    plan = planned(some, policy, queued_today=queued)

    mailboxes = [email.mailbox_id for email in plan.emails]
    known = {each.history.therapist_id: each.history for each in some}
    assert len(mailboxes) == len(set(mailboxes))
    assert mailboxes == [known[email.therapist_id].mailbox_id for email in plan.emails]
    assert all(
        decide_contact(known[email.therapist_id], policy, channel=Channel.EMAIL, today=TODAY).allowed
        for email in plan.emails
    )


@given(practices(), policies(), queued_counts)
def test_no_email_is_empty_or_too_full_and_the_day_never_is(
    some: list[Practice], policy: ContactPolicy, queued: int
) -> None:
    plan = planned(some, policy, queued_today=queued)

    room = len(some) if policy.max_emails_per_day is None else max(0, policy.max_emails_per_day - queued)
    assert all(1 <= len(email.requests) <= policy.max_requests_per_email for email in plan.emails)
    assert len(plan.emails) <= room


@given(practices(), policies(), st.integers(0, 7))
def test_a_cap_keeps_the_first_emails_of_the_plan_without_it(
    some: list[Practice], policy: ContactPolicy, cap: int
) -> None:
    without_cap = planned(some, evolve(policy, max_emails_per_day=None))

    capped = planned(some, evolve(policy, max_emails_per_day=cap))

    assert capped.emails == without_cap.emails[:cap]


@given(practices(), policies())
def test_a_refusal_tells_every_reason_of_its_therapist(some: list[Practice], policy: ContactPolicy) -> None:
    plan = planned(some, policy)

    own = {each.history.therapist_id: decided(each.history, policy) for each in some}
    assert all(set(own[each.therapist_id].holds) <= set(each.decision.holds) for each in plan.refusals)
    assert all(not each.decision.allowed for each in plan.refusals)


def decided(history: ContactHistory, policy: ContactPolicy = DEFAULT) -> ContactDecision:
    return decide_contact(history, policy, channel=Channel.EMAIL, today=TODAY)


# The requests of one email


@given(request_lists(), policies())
def test_an_email_holds_the_first_eligible_requests(some: list[PlacementRequest], policy: ContactPolicy) -> None:
    selection = select_requests(some, policy, today=TODAY)

    assert list(selection.chosen) == eligible(some)[: policy.max_requests_per_email]


@given(request_lists(), policies())
def test_what_is_not_chosen_has_a_decision(some: list[PlacementRequest], policy: ContactPolicy) -> None:
    selection = select_requests(some, policy, today=TODAY)

    full = [each.id for each in eligible(some)[policy.max_requests_per_email :]]
    of_their_own = {each.id: decide_request(each, today=TODAY) for each in some if each not in eligible(some)}
    until = day(policy.email_interval_days)
    assert selection.decisions == {
        **of_their_own,
        **{number: ContactDecision((Hold(Reason.EMAIL_FULL, until),), until) for number in full},
    }


@given(request_lists(), policies(), st.randoms(use_true_random=False))
def test_the_order_of_the_requests_changes_nothing(
    some: list[PlacementRequest], policy: ContactPolicy, random: Any
) -> None:
    shuffled = random.sample(some, len(some))

    assert select_requests(shuffled, policy, today=TODAY) == select_requests(some, policy, today=TODAY)


@given(requests(id=1), requests(id=2))
def test_one_more_request_moves_no_other_two_past_each_other(one: PlacementRequest, two: PlacementRequest) -> None:
    policy = ContactPolicy(max_requests_per_email=3)
    third = request(3, priority=1, registered_on=day(-1))

    pair = select_requests([one, two], policy, today=TODAY).chosen
    three = select_requests([one, third, two], policy, today=TODAY).chosen

    assert tuple(each for each in three if each is not third) == pair


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(
            request(9, priority=0, registered_on=None),
            request(1, offered=True, priority=9, registered_on=day(-900)),
            id="never offered before offered",
        ),
        pytest.param(
            request(9, priority=2, registered_on=day(0)),
            request(1, priority=1, registered_on=day(-900)),
            id="higher priority before older registration",
        ),
        pytest.param(
            request(9, registered_on=day(-2)), request(1, registered_on=day(-1)), id="older registration before id"
        ),
        pytest.param(request(9, registered_on=day(0)), request(1), id="unknown registration last"),
        pytest.param(request(1), request(9), id="id last of all"),
    ],
)
def test_requests_are_ordered(first: PlacementRequest, second: PlacementRequest) -> None:
    assert select_requests([second, first], DEFAULT, today=TODAY).chosen == (first, second)


def test_a_full_email_leaves_the_rest_until_the_interval_is_over() -> None:
    selection = select_requests([request(number) for number in range(1, 8)], DEFAULT, today=TODAY)

    assert [each.id for each in selection.chosen] == [1, 2, 3, 4, 5]
    assert sorted(selection.decisions) == [6, 7]
    assert selection.decisions[PlacementRequestId(6)].reasons == (Reason.EMAIL_FULL,)
    assert selection.decisions[PlacementRequestId(6)].next_allowed_on == day(7)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": RequestStatus.IN_PROGRESS},
        {"patient_status": PatientStatus.IN_THERAPY},
        {"paused_until": day(1)},
        {"excluded": True},
        {"resting_until": day(1)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_held_request_takes_no_room(changes: dict[str, Any]) -> None:
    held = request(1, priority=9, **changes)

    selection = select_requests([held, *(request(number) for number in range(2, 7))], DEFAULT, today=TODAY)

    assert [each.id for each in selection.chosen] == [2, 3, 4, 5, 6]
    assert list(selection.decisions) == [1]


# Twelve requests


@frozen
class Week:
    """One email of the story, and what is left to tell."""

    offered: tuple[int, ...]
    template: Template


def weeks_of(some: list[PlacementRequest], count: int) -> list[Week]:
    """Write every seventh day to a therapist without phone hours: silence gives the requests back each time."""
    history = evolve(FREE, phone_hours=None)
    weeks: list[Week] = []
    for week in range(count):
        today = day(7 * week)
        candidate = candidate_of(history, some, DEFAULT, today=today)
        (email,) = plan_emails([candidate], DEFAULT, today=today).emails
        weeks.append(Week(tuple(each.id for each in email.requests), email.template))
        history = evolve(
            history,
            last_email_on=today,
            mailbox_last_email_on=today,
            first_unanswered_on=history.first_unanswered_on or today,
            last_unanswered_on=today,
        )
        some = [evolve(each, offered=each.offered or each in email.requests) for each in some]
    return weeks


def test_of_twelve_requests_all_have_been_offered_after_three_emails() -> None:
    twelve = [request(number, registered_on=day(-number)) for number in range(1, 13)]

    weeks = weeks_of(twelve, 4)

    assert [week.offered for week in weeks] == [
        (12, 11, 10, 9, 8),
        (7, 6, 5, 4, 3),
        (2, 1, 12, 11, 10),
        (12, 11, 10, 9, 8),
    ]
    assert [week.template for week in weeks] == [*[Template.BATCH_REQUEST] * 3, Template.FOLLOW_UP]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_every_request_has_been_offered_after_as_many_emails_as_it_takes(priorities: list[int]) -> None:
    some = [request(number, priority=priority) for number, priority in enumerate(priorities, start=1)]
    emails = -(-len(some) // DEFAULT.max_requests_per_email)

    weeks = weeks_of(some, emails)

    assert {number for week in weeks for number in week.offered} == {each.id for each in some}


# Templates


@pytest.mark.parametrize(
    ("offered", "template"),
    [
        ([False], Template.INITIAL_CONTACT),
        ([True], Template.FOLLOW_UP),
        ([False, False], Template.BATCH_REQUEST),
        ([False, True], Template.BATCH_REQUEST),
        ([True, True, True], Template.FOLLOW_UP),
    ],
)
def test_the_template_follows_from_the_content(offered: list[bool], template: Template) -> None:
    content = tuple(request(number, offered=each) for number, each in enumerate(offered, start=1))

    assert template_for(content) is template
    assert planned([practice(1, *content)]).emails[0].template is template


# Therapists


def test_a_therapist_who_may_have_places_comes_first() -> None:
    plan = planned([practice(1), practice(2, available=True)])

    assert therapists_of(plan) == [2, 1]


def test_then_the_longest_waiting_patient_decides() -> None:
    long, longer = request(1, 1, registered_on=day(-10)), request(2, 2, registered_on=day(-11))

    assert therapists_of(planned([practice(1, long), practice(2, longer)])) == [2, 1]


def test_then_the_id_decides() -> None:
    assert therapists_of(planned([practice(3), practice(1), practice(2)])) == [1, 2, 3]


def test_only_a_patient_in_the_email_counts_as_waiting() -> None:
    policy = ContactPolicy(max_requests_per_email=1)
    important = request(1, 2, priority=5, registered_on=day(-1))
    old = request(2, 2, priority=1, registered_on=day(-900))

    plan = planned([practice(2, important, old), practice(1, request(3, 1, registered_on=day(-2)))], policy)

    assert therapists_of(plan) == [1, 2]


def test_a_longer_head_from_a_store_changes_neither_email_nor_order() -> None:
    policy = ContactPolicy(max_requests_per_email=1)
    important = request(1, 2, priority=5, registered_on=day(-1))
    old = request(2, 2, priority=1, registered_on=day(-900))
    long_head = Candidate(history=practice(2).history, head=(important, old), eligible=2, held={Reason.PAIR_RESTING: 3})

    plan = plan_emails(
        [long_head, practice(1, request(3, 1, registered_on=day(-2))).candidate(policy)], policy, today=TODAY
    )

    assert therapists_of(plan) == [1, 2]
    assert plan.emails[1].requests == (important,)
    assert (plan.left_over, plan.held) == (1, {Reason.PAIR_RESTING: 3})


def test_a_request_with_two_reasons_counts_for_both_and_once_for_each() -> None:
    held = request(1, patient_status=PatientStatus.SEARCH_ABORTED, paused_until=day(3), resting_until=day(9))

    candidate = candidate_of(FREE, [held], DEFAULT, today=TODAY)

    assert candidate.held == {Reason.PATIENT_NOT_SEARCHING: 1, Reason.PAIR_RESTING: 1}
    assert (candidate.head, candidate.eligible) == ((), 0)


def test_a_therapist_without_eligible_requests_is_neither_written_to_nor_refused() -> None:
    plan = planned([practice(1, request(1, 1, resting_until=day(5)))])

    assert plan == EmailPlan(day=TODAY, held={Reason.PAIR_RESTING: 1})


def test_nobody_to_write_to_is_an_empty_plan() -> None:
    assert planned([]) == EmailPlan(day=TODAY)


def test_a_request_to_somebody_else_is_a_mistake() -> None:
    with pytest.raises(InvalidValue, match=r"\[7\] are not offered to therapist 1"):
        candidate_of(FREE, [request(6, THERAPIST), request(7, 2)], DEFAULT, today=TODAY)


# Colleagues of one mailbox


def test_of_two_colleagues_the_first_in_the_order_is_written_to_and_the_other_waits_out_the_interval() -> None:
    plan = planned([practice(1, mailbox=7), practice(2, mailbox=7, available=True)])

    assert therapists_of(plan) == [2]
    assert plan.refusals == (
        Refusal(
            therapist_id=TherapistId(1),
            decision=ContactDecision((Hold(Reason.MAILBOX_INTERVAL, day(7)),), day(7)),
            waiting=1,
        ),
    )


def test_a_colleague_who_is_held_does_not_take_the_mailbox() -> None:
    resting = practice(1, mailbox=7, available=True)
    resting = evolve(resting, history=evolve(resting.history, last_answer_on=day(-3)))

    plan = planned([resting, practice(2, mailbox=7)])

    assert therapists_of(plan) == [2]
    assert refused(plan) == {1: (Reason.COOLDOWN,)}


def test_a_colleague_without_anything_to_offer_does_not_take_the_mailbox() -> None:
    plan = planned([practice(1, request(1, 1, excluded=True), mailbox=7, available=True), practice(2, mailbox=7)])

    assert therapists_of(plan) == [2]


# The daily cap


@pytest.mark.parametrize(
    ("cap", "queued", "written_to"),
    [
        (None, 1_000_000, [1, 2, 3]),
        (0, 0, []),
        (1, 0, [1]),
        (3, 0, [1, 2, 3]),
        (3, 1, [1, 2]),
        (3, 2, [1]),
        (3, 3, []),
        (3, 4, []),
    ],
)
def test_the_cap_counts_what_was_queued_before(cap: int | None, queued: int, written_to: list[int]) -> None:
    policy = ContactPolicy(max_emails_per_day=cap)

    plan = planned([practice(1), practice(2), practice(3)], policy, queued_today=queued)

    assert therapists_of(plan) == written_to
    assert refused(plan) == {number: (Reason.DAILY_CAP,) for number in (1, 2, 3) if number not in written_to}


def test_what_the_cap_refuses_may_go_out_tomorrow() -> None:
    plan = planned([practice(1), practice(2)], ContactPolicy(max_emails_per_day=1))

    assert plan.refusals[0].decision.next_allowed_on == day(1)


def test_the_plan_tells_its_own_reasons_beside_those_of_the_therapist() -> None:
    colleague = practice(2, mailbox=1)
    colleague = evolve(colleague, history=evolve(colleague.history, last_answer_on=day(-25)))

    plan = planned([practice(1), colleague], ContactPolicy(max_emails_per_day=1))

    assert refused(plan) == {2: (Reason.COOLDOWN, Reason.MAILBOX_INTERVAL, Reason.DAILY_CAP)}
    assert plan.refusals[0].decision.next_allowed_on == day(7)


# Plans as values


def email_to(number: int) -> PlannedEmail:
    return PlannedEmail(
        therapist_id=TherapistId(number),
        mailbox_id=MailboxId(number),
        requests=(request(number, number),),
        template=Template.INITIAL_CONTACT,
    )


def refusal_of(number: int) -> Refusal:
    return Refusal(therapist_id=TherapistId(number), decision=ContactDecision((), None), waiting=1)


def test_two_plans_are_one_with_everything_of_both() -> None:
    one = EmailPlan(
        day=TODAY,
        emails=(email_to(1),),
        refusals=(refusal_of(3),),
        left_over=2,
        held={Reason.PAIR_RESTING: 1, Reason.REQUEST_CLOSED: 4},
    )
    two = EmailPlan(
        day=day(1), emails=(email_to(2),), refusals=(refusal_of(4),), left_over=3, held={Reason.PAIR_RESTING: 5}
    )

    assert one + two == EmailPlan(
        day=TODAY,
        emails=(email_to(1), email_to(2)),
        refusals=(refusal_of(3), refusal_of(4)),
        left_over=5,
        held={Reason.PAIR_RESTING: 6, Reason.REQUEST_CLOSED: 4},
    )
