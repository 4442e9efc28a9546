"""May a therapist be contacted on a day, why not, and from which day on?"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from boona_core.contact import (
    OVERRIDABLE,
    STOPS_A_CONFIRMATION,
    Channel,
    ContactDecision,
    ContactHistory,
    ContactPolicy,
    CooldownTrigger,
    Hold,
    Reason,
    awaits_call,
    decide,
    decide_confirmation,
    decide_contact,
)
from boona_core.errors import BoonaError, InvalidValue
from boona_core.instants import BERLIN, local_day, start_of_day
from boona_core.therapists import TherapistStatus
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.core.contact_oracle import first_free, reasons_by_day, some_call_fits
from tests.core.strategies import (
    FREE,
    TODAY,
    any_facts,
    channels,
    coming_days,
    day,
    days_around,
    held_for_some_days,
    histories,
    override_sets,
    passing_histories,
    past_days,
    policies,
    two_histories_one_with_more,
)

EMAIL, PHONE = Channel.EMAIL, Channel.PHONE
BOTH = (EMAIL, PHONE)
ONE_DAY = timedelta(days=1)
DEFAULT = ContactPolicy()
FAR = 200
"""No hold of the strategies that ends at all lasts for so many days."""


def decided(known: ContactHistory, channel: Channel, policy: ContactPolicy = DEFAULT, **more: Any) -> ContactDecision:
    return decide_contact(known, policy, channel=channel, today=TODAY, **more)


# Against the oracle


@given(histories(), policies(), channels, st.booleans())
def test_the_reasons_are_those_that_hold_today(
    history: ContactHistory, policy: ContactPolicy, channel: Channel, asked_for: bool
) -> None:
    decision = decided(history, channel, policy, asked_for=asked_for)

    assert set(decision.reasons) == reasons_by_day(history, policy, channel, days=1, asked_for=asked_for)[0]
    assert decision.allowed == (not decision.reasons)


@given(histories() | passing_histories(), policies(), channels, st.booleans())
def test_the_next_allowed_day_is_the_one_that_counting_through_the_days_finds(
    history: ContactHistory, policy: ContactPolicy, channel: Channel, asked_for: bool
) -> None:
    decision = decided(history, channel, policy, asked_for=asked_for)

    by_day = reasons_by_day(history, policy, channel, days=FAR, asked_for=asked_for)
    assert decision.next_allowed_on == first_free(by_day)


@given(held_for_some_days())
def test_next_allowed_on_is_the_first_allowed_day(situation: tuple[ContactHistory, ContactPolicy, Channel]) -> None:
    history, policy, channel = situation

    first = decided(history, channel, policy).next_allowed_on

    assert first is not None
    assert first > TODAY
    assert decide_contact(history, policy, channel=channel, today=first).allowed
    assert not decide_contact(history, policy, channel=channel, today=first - ONE_DAY).allowed


@given(histories(), policies(), channels)
def test_what_is_allowed_is_allowed_from_today_on(
    history: ContactHistory, policy: ContactPolicy, channel: Channel
) -> None:
    decision = decided(history, channel, policy)

    assert decision.allowed == (decision.next_allowed_on == TODAY)
    assert decision.allowed == (decision.holds == ())


@given(histories(), policies(), channels)
def test_a_hold_that_never_ends_leaves_no_next_day(
    history: ContactHistory, policy: ContactPolicy, channel: Channel
) -> None:
    decision = decided(evolve(history, do_not_contact=True), channel, policy)

    assert decision.next_allowed_on is None


@given(two_histories_one_with_more(), policies(), channels)
def test_more_facts_never_free_anybody(
    pair: tuple[ContactHistory, ContactHistory], policy: ContactPolicy, channel: Channel
) -> None:
    fewer, more = (decided(history, channel, policy) for history in pair)

    assert set(fewer.reasons) <= set(more.reasons)
    assert (more.next_allowed_on or date.max) >= (fewer.next_allowed_on or date.max)


@given(any_facts(), policies(), channels, st.randoms(use_true_random=False))
def test_the_order_of_the_planned_calls_changes_nothing(
    facts: dict[str, Any], policy: ContactPolicy, channel: Channel, random: Any
) -> None:
    calls = tuple(day(offset) for offset in (-3, 0, 4, 11))
    shuffled = tuple(random.sample(calls, len(calls)))

    decisions = [
        decided(evolve(FREE, **{**facts, "planned_calls": planned}), channel, policy) for planned in (calls, shuffled)
    ]

    assert set(decisions[0].holds) == set(decisions[1].holds)
    assert decisions[0].next_allowed_on == decisions[1].next_allowed_on


@given(st.lists(st.tuples(st.none() | days_around, st.none() | days_around), max_size=6))
def test_the_day_of_any_holds_is_the_first_that_none_of_them_covers(
    spans: list[tuple[date | None, date | None]],
) -> None:
    holds = [Hold(Reason.COOLDOWN, until, since) for since, until in spans]
    covered = [
        {h for h in holds if (h.since or date.min) <= day(ahead) < (h.until or date.max)} for ahead in range(FAR)
    ]

    decision = decide(holds, today=TODAY)

    assert decision.next_allowed_on == next((day(ahead) for ahead, some in enumerate(covered) if not some), None)
    assert set(decision.holds) == covered[0]


# One reason at a time


def situation(changes: dict[str, Any], channel: Channel, reason: Reason, until: date | None) -> Any:
    return pytest.param(changes, channel, reason, until, id=f"{channel}-{reason}-{'-'.join(changes)}")


SILENT = {"first_unanswered_on": day(-7), "last_unanswered_on": day(-7)}
ON_EVERY_CHANNEL: list[tuple[dict[str, Any], Reason, date | None]] = [
    ({"status": TherapistStatus.BLOCKED}, Reason.BLOCKED, None),
    ({"status": TherapistStatus.BLOCKED, "blocked_until": day(9)}, Reason.BLOCKED, day(9)),
    ({"status": TherapistStatus.INACTIVE}, Reason.INACTIVE, None),
    ({"do_not_contact": True}, Reason.DO_NOT_CONTACT, None),
    ({"erased": True}, Reason.ERASED, None),
    ({"absent_until": day(3)}, Reason.ABSENT, day(3)),
    ({"last_answer_on": day(-27)}, Reason.COOLDOWN, day(1)),
    ({"last_answer_on": TODAY}, Reason.COOLDOWN, day(28)),
    ({"last_call_on": day(-6)}, Reason.RECENT_CALL, day(1)),
    ({"last_call_on": TODAY}, Reason.RECENT_CALL, day(7)),
    ({"planned_calls": (TODAY,)}, Reason.CALL_PLANNED, day(1)),
    ({"planned_calls": (day(7),)}, Reason.CALL_PLANNED, day(8)),
    ({"email_outstanding": True}, Reason.EMAIL_OUTSTANDING, None),
]
ALONE = [
    *(situation(changes, channel, reason, until) for channel in BOTH for changes, reason, until in ON_EVERY_CHANNEL),
    situation({"mailbox_id": None}, EMAIL, Reason.NO_EMAIL_ADDRESS, None),
    situation({"bounced": True}, EMAIL, Reason.BOUNCED_ADDRESS, None),
    situation({"mailbox_outstanding": True}, EMAIL, Reason.EMAIL_OUTSTANDING, None),
    situation({"last_email_on": day(-6)}, EMAIL, Reason.EMAIL_INTERVAL, day(1)),
    situation({"last_email_on": TODAY}, EMAIL, Reason.EMAIL_INTERVAL, day(7)),
    situation({"reserved_until": day(4)}, EMAIL, Reason.EMAIL_INTERVAL, day(4)),
    situation({"mailbox_last_email_on": day(-6)}, EMAIL, Reason.MAILBOX_INTERVAL, day(1)),
    situation({"mailbox_reserved_until": day(4)}, EMAIL, Reason.MAILBOX_INTERVAL, day(4)),
    situation(SILENT, EMAIL, Reason.AWAITING_ANSWER, None),
    situation({"has_phone": False}, PHONE, Reason.NO_PHONE_NUMBER, None),
    situation({"phone_hours": None}, PHONE, Reason.NO_PHONE_HOURS, None),
    situation({"phone_hours": WeeklyWindows()}, PHONE, Reason.NO_PHONE_HOURS, None),
    situation({"attempts_exhausted": True}, PHONE, Reason.ATTEMPTS_EXHAUSTED, None),
    situation({"last_unanswered_on": day(-6)}, PHONE, Reason.AWAITING_ANSWER, day(1)),
    situation({"last_unanswered_on": TODAY}, PHONE, Reason.AWAITING_ANSWER, day(7)),
]


@pytest.mark.parametrize(("changes", "channel", "reason", "until"), ALONE)
def test_each_fact_alone_holds_for_its_own_reason(
    changes: dict[str, Any], channel: Channel, reason: Reason, until: date | None
) -> None:
    decision = decided(evolve(FREE, **changes), channel)

    assert decision.reasons == (reason,)
    assert decision.holds[0].until == until
    assert decision.next_allowed_on == until


OVER = [
    ({"status": TherapistStatus.BLOCKED, "blocked_until": TODAY}, EMAIL),
    ({"blocked_until": day(9)}, EMAIL),
    ({"absent_until": TODAY}, EMAIL),
    ({"last_answer_on": day(-28)}, EMAIL),
    ({"last_email_on": day(-7)}, EMAIL),
    ({"reserved_until": TODAY}, EMAIL),
    ({"mailbox_last_email_on": day(-7)}, EMAIL),
    ({"mailbox_reserved_until": TODAY}, EMAIL),
    ({"last_call_on": day(-7)}, EMAIL),
    ({"planned_calls": (day(-1),)}, EMAIL),
    ({"planned_calls": (day(8),)}, EMAIL),
    ({"first_unanswered_on": day(-6), "last_unanswered_on": day(-6)}, EMAIL),
    ({"last_answer_on": day(-28)}, PHONE),
    ({"last_call_on": day(-7)}, PHONE),
    ({"last_unanswered_on": day(-7)}, PHONE),
    ({"planned_calls": (day(-1),)}, PHONE),
]


@pytest.mark.parametrize(("changes", "channel"), OVER)
def test_a_hold_lifts_exactly_on_its_day(changes: dict[str, Any], channel: Channel) -> None:
    decision = decided(evolve(FREE, **changes), channel)

    assert decision.allowed
    assert decision.next_allowed_on == TODAY


def test_the_longer_of_interval_and_reservation_counts() -> None:
    by_policy = decided(evolve(FREE, last_email_on=day(-1), reserved_until=day(2)), EMAIL)
    by_reservation = decided(evolve(FREE, last_email_on=day(-1), reserved_until=day(12)), EMAIL)

    assert by_policy.holds == (Hold(Reason.EMAIL_INTERVAL, day(6)),)
    assert by_reservation.holds == (Hold(Reason.EMAIL_INTERVAL, day(12)),)


EVERYTHING = evolve(
    FREE,
    status=TherapistStatus.BLOCKED,
    do_not_contact=True,
    erased=True,
    absent_until=day(5),
    bounced=True,
    email_outstanding=True,
    last_email_on=day(-1),
    mailbox_last_email_on=day(-1),
    first_unanswered_on=day(-9),
    last_unanswered_on=day(-1),
    last_call_on=day(-1),
    planned_calls=(day(1),),
    last_answer_on=day(-1),
    attempts_exhausted=True,
)


def test_all_reasons_against_an_email_are_told_at_once() -> None:
    decision = decided(evolve(EVERYTHING, mailbox_id=None), EMAIL)

    assert sorted(decision.reasons) == sorted(
        [
            Reason.BLOCKED,
            Reason.DO_NOT_CONTACT,
            Reason.ERASED,
            Reason.ABSENT,
            Reason.COOLDOWN,
            Reason.NO_EMAIL_ADDRESS,
            Reason.BOUNCED_ADDRESS,
            Reason.EMAIL_OUTSTANDING,
            Reason.EMAIL_INTERVAL,
            Reason.MAILBOX_INTERVAL,
            Reason.AWAITING_ANSWER,
            Reason.RECENT_CALL,
            Reason.CALL_PLANNED,
        ]
    )


def test_all_reasons_against_a_call_are_told_at_once() -> None:
    decision = decided(evolve(EVERYTHING, has_phone=False, phone_hours=None), PHONE)

    assert sorted(decision.reasons) == sorted(
        [
            Reason.BLOCKED,
            Reason.DO_NOT_CONTACT,
            Reason.ERASED,
            Reason.ABSENT,
            Reason.COOLDOWN,
            Reason.NO_PHONE_NUMBER,
            Reason.NO_PHONE_HOURS,
            Reason.ATTEMPTS_EXHAUSTED,
            Reason.CALL_PLANNED,
            Reason.EMAIL_OUTSTANDING,
            Reason.AWAITING_ANSWER,
            Reason.RECENT_CALL,
        ]
    )


def test_holds_of_the_caller_are_told_with_the_others() -> None:
    cap = Hold(Reason.DAILY_CAP, day(1))

    decision = decided(evolve(FREE, last_email_on=day(-2)), EMAIL, also=[cap])

    assert decision.reasons == (Reason.EMAIL_INTERVAL, Reason.DAILY_CAP)
    assert decision.next_allowed_on == day(5)


def test_a_day_between_two_planned_calls_is_found() -> None:
    policy = ContactPolicy(quiet_days_before_call=2)

    decision = decided(evolve(FREE, planned_calls=(day(9), day(1))), EMAIL, policy)

    assert decision.reasons == (Reason.CALL_PLANNED,)
    assert decision.next_allowed_on == day(2)


def test_quiet_days_that_overlap_are_one_quiet_time() -> None:
    decision = decided(evolve(FREE, planned_calls=(day(9), day(1))), EMAIL)

    assert decision.next_allowed_on == day(10)


def test_a_call_that_is_planned_later_than_the_quiet_days_holds_no_email_yet() -> None:
    decision = decided(evolve(FREE, planned_calls=(day(8),), last_email_on=day(-6)), EMAIL)

    assert decision.reasons == (Reason.EMAIL_INTERVAL,)
    assert decision.next_allowed_on == day(9)


def test_what_puts_the_day_off_later_is_told_beside_what_holds_today() -> None:
    decision = decided(evolve(FREE, planned_calls=(day(8),), last_email_on=day(-6)), EMAIL)

    assert decision.ahead == (Hold(Reason.CALL_PLANNED, day(9), day(1)),)


def test_what_begins_only_after_the_day_is_not_told() -> None:
    decision = decided(evolve(FREE, planned_calls=(day(30),), last_email_on=day(-6)), EMAIL)

    assert (decision.next_allowed_on, decision.ahead) == (day(1), ())


@pytest.mark.parametrize("offset", [0, -1])
def test_without_a_cooldown_no_answer_holds(offset: int) -> None:
    assert decided(evolve(FREE, last_answer_on=day(offset)), EMAIL, ContactPolicy(cooldown_days=0)).allowed


@pytest.mark.parametrize("channel", BOTH)
def test_without_a_call_interval_no_call_holds(channel: Channel) -> None:
    assert decided(evolve(FREE, last_call_on=TODAY), channel, ContactPolicy(call_interval_days=0)).allowed


def test_without_quiet_days_only_the_day_of_the_call_is_quiet() -> None:
    policy = ContactPolicy(quiet_days_before_call=0)

    assert decided(evolve(FREE, planned_calls=(day(1),)), EMAIL, policy).allowed
    assert not decided(evolve(FREE, planned_calls=(TODAY,)), EMAIL, policy).allowed


# Channels


@pytest.mark.parametrize(
    "changes",
    [
        {"mailbox_id": None},
        {"bounced": True},
        {"mailbox_outstanding": True},
        {"last_email_on": TODAY, "reserved_until": day(7)},
        {"mailbox_last_email_on": TODAY, "mailbox_reserved_until": day(7)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_wrong_with_email_does_not_hold_a_call(changes: dict[str, Any]) -> None:
    assert decided(evolve(FREE, **changes), PHONE).allowed


@pytest.mark.parametrize(
    "changes",
    [{"has_phone": False}, {"phone_hours": None}, {"attempts_exhausted": True}],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_wrong_with_the_phone_does_not_hold_an_email(changes: dict[str, Any]) -> None:
    assert decided(evolve(FREE, **changes), EMAIL).allowed


def test_a_call_is_held_while_an_email_may_still_be_answered_and_an_email_from_then_on() -> None:
    unanswered = evolve(FREE, first_unanswered_on=TODAY, last_unanswered_on=TODAY)

    calls = [decide_contact(unanswered, DEFAULT, channel=PHONE, today=day(n)).allowed for n in (0, 6, 7, 30)]
    emails = [decide_contact(unanswered, DEFAULT, channel=EMAIL, today=day(n)).allowed for n in (0, 6, 7, 30)]

    assert calls == [False, False, True, True]
    assert emails == [True, True, False, False]


@pytest.mark.parametrize(
    "changes",
    [{"last_unanswered_on": TODAY}, {"last_call_on": TODAY}, {"email_outstanding": True}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_call_that_the_therapist_asked_for_waits_for_no_answer_and_no_interval(changes: dict[str, Any]) -> None:
    history = evolve(FREE, **changes)

    assert not decided(history, PHONE).allowed
    assert decided(history, PHONE, asked_for=True).allowed


@given(past_days)
def test_a_call_that_the_therapist_asked_for_still_keeps_the_cooldown(answered_on: date) -> None:
    history = evolve(FREE, last_answer_on=answered_on)

    assert decided(history, PHONE, asked_for=True) == decided(history, PHONE)


# Who waits for a call


AT_NIGHT = WeeklyWindows({Weekday.WEDNESDAY: (Window(1436, 1440),)})
ON_SUNDAYS = WeeklyWindows({Weekday.SUNDAY: (Window(600, 660),)})


@pytest.mark.parametrize(
    ("changes", "policy", "waits"),
    [
        ({}, DEFAULT, True),
        ({"has_phone": False}, DEFAULT, False),
        ({"phone_hours": None}, DEFAULT, False),
        ({"phone_hours": WeeklyWindows()}, DEFAULT, False),
        ({"phone_hours": None}, ContactPolicy(fallback_phone_hours=ON_SUNDAYS), True),
        ({"phone_hours": None, "has_phone": False}, ContactPolicy(fallback_phone_hours=ON_SUNDAYS), False),
        ({"phone_hours": WeeklyWindows()}, ContactPolicy(fallback_phone_hours=ON_SUNDAYS), False),
        ({"phone_hours": AT_NIGHT}, DEFAULT, False),
        ({"phone_hours": AT_NIGHT}, ContactPolicy(fallback_phone_hours=ON_SUNDAYS), False),
        ({"phone_hours": AT_NIGHT}, ContactPolicy(call_minutes=4, call_grid_minutes=1), True),
        ({"phone_hours": ON_SUNDAYS}, ContactPolicy(call_horizon_days=5), False),
        ({"phone_hours": ON_SUNDAYS}, ContactPolicy(call_horizon_days=6), True),
    ],
)
def test_silence_waits_for_a_call_only_where_one_is_possible(
    changes: dict[str, Any], policy: ContactPolicy, waits: bool
) -> None:
    history = evolve(FREE, **{**SILENT, **changes})

    decision = decided(history, EMAIL, policy)

    assert awaits_call(history, policy, today=TODAY) is waits
    assert decision.reasons == ((Reason.AWAITING_ANSWER,) if waits else ())


@given(histories(), policies())
def test_a_call_is_possible_where_a_scan_of_the_horizon_finds_room(
    history: ContactHistory, policy: ContactPolicy
) -> None:
    possible = history.has_phone and some_call_fits(history, policy, asked_on=TODAY)

    assert awaits_call(history, policy, today=TODAY) == possible


def test_known_hours_count_before_assumed_ones() -> None:
    policy = ContactPolicy(fallback_phone_hours=ON_SUNDAYS)

    assert decided(evolve(FREE, phone_hours=WeeklyWindows()), PHONE, policy).reasons == (Reason.NO_PHONE_HOURS,)
    assert decided(evolve(FREE, phone_hours=None), PHONE, policy).allowed


# Overrides


@pytest.mark.parametrize("reason", sorted(set(Reason) - OVERRIDABLE))
def test_other_reasons_can_never_be_overridden(reason: Reason) -> None:
    with pytest.raises(InvalidValue, match=f"overridden: {reason} cannot be overridden"):
        decided(FREE, EMAIL, overridden=frozenset({reason, Reason.EMAIL_INTERVAL}))


def test_five_reasons_can_be_overridden() -> None:
    assert sorted(OVERRIDABLE) == ["call_planned", "daily_cap", "email_interval", "mailbox_interval", "recent_call"]


@given(histories(), policies(), override_sets)
def test_an_override_takes_away_its_reasons_and_no_other(
    history: ContactHistory, policy: ContactPolicy, overridden: frozenset[Reason]
) -> None:
    cap = Hold(Reason.DAILY_CAP, day(1))
    plain = decided(history, EMAIL, policy, also=[cap])

    freed = decided(history, EMAIL, policy, also=[cap], overridden=overridden)

    by_day = reasons_by_day(history, policy, EMAIL, days=FAR)
    by_day[0] |= {Reason.DAILY_CAP}
    assert freed.holds == tuple(hold for hold in plain.holds if hold.reason not in overridden)
    assert freed.next_allowed_on == first_free([reasons - overridden for reasons in by_day])


# Confirmations


@given(histories(), policies())
def test_a_confirmation_is_stopped_by_its_seven_reasons_and_nothing_else(
    history: ContactHistory, policy: ContactPolicy
) -> None:
    decision = decide_confirmation(history, policy, today=TODAY)

    by_day = reasons_by_day(history, policy, EMAIL, days=FAR)
    assert set(decision.reasons) == by_day[0] & STOPS_A_CONFIRMATION
    assert decision.next_allowed_on == first_free([reasons & STOPS_A_CONFIRMATION for reasons in by_day])


def test_the_seven_reasons_are_written_down() -> None:
    assert sorted(STOPS_A_CONFIRMATION) == [
        "absent",
        "blocked",
        "bounced_address",
        "do_not_contact",
        "erased",
        "inactive",
        "no_email_address",
    ]


def test_a_confirmation_may_go_out_although_everything_else_holds() -> None:
    history = evolve(
        EVERYTHING, status=TherapistStatus.ACTIVE, do_not_contact=False, erased=False, absent_until=None, bounced=False
    )

    assert decide_confirmation(history, DEFAULT, today=TODAY).allowed


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": TherapistStatus.BLOCKED}, Reason.BLOCKED),
        ({"status": TherapistStatus.INACTIVE}, Reason.INACTIVE),
        ({"do_not_contact": True}, Reason.DO_NOT_CONTACT),
        ({"erased": True}, Reason.ERASED),
        ({"absent_until": day(1)}, Reason.ABSENT),
        ({"mailbox_id": None}, Reason.NO_EMAIL_ADDRESS),
        ({"bounced": True}, Reason.BOUNCED_ADDRESS),
    ],
    ids=lambda value: str(value) if isinstance(value, Reason) else "",
)
def test_each_of_the_seven_stops_a_confirmation(changes: dict[str, Any], reason: Reason) -> None:
    assert decide_confirmation(evolve(FREE, **changes), DEFAULT, today=TODAY).reasons == (reason,)


# Days and instants


@pytest.mark.parametrize(
    ("sent_on", "hours_in_between"),
    [(date(2026, 3, 23), 167), (date(2026, 10, 19), 169), (date(2026, 6, 1), 168), (date(2026, 12, 28), 168)],
    ids=["clocks go forward", "clocks go back", "an ordinary week", "the end of the year"],
)
def test_an_email_on_monday_14_37_frees_the_therapist_on_the_next_monday_at_midnight(
    sent_on: date, hours_in_between: int
) -> None:
    marked_at = datetime(sent_on.year, sent_on.month, sent_on.day, 14, 37, tzinfo=BERLIN).astimezone(UTC)
    history = evolve(FREE, last_email_on=local_day(marked_at, BERLIN))

    free_at = start_of_day(sent_on + timedelta(days=7), BERLIN)

    last_held = local_day(free_at - timedelta(microseconds=1), BERLIN)
    first_free_day = local_day(free_at, BERLIN)
    assert free_at - start_of_day(sent_on, BERLIN) == timedelta(hours=hours_in_between)
    assert decide_contact(history, DEFAULT, channel=EMAIL, today=last_held).reasons == (Reason.EMAIL_INTERVAL,)
    assert decide_contact(history, DEFAULT, channel=EMAIL, today=first_free_day).allowed
    assert decide_contact(history, DEFAULT, channel=EMAIL, today=last_held).next_allowed_on == first_free_day


@given(coming_days, st.times())
def test_the_hour_of_an_email_never_matters(on: date, at: Any) -> None:
    marked_at = datetime.combine(on, at.replace(fold=0), tzinfo=BERLIN).astimezone(UTC)
    history = evolve(FREE, last_email_on=local_day(marked_at, BERLIN))

    assert decide_contact(history, DEFAULT, channel=EMAIL, today=on).next_allowed_on == on + timedelta(days=7)


# The policy


def test_the_defaults_are_the_agencys() -> None:
    written_down = ContactPolicy(
        email_interval_days=7,
        follow_up_after_days=7,
        cooldown_days=28,
        cooldown_trigger=CooldownTrigger.REJECTION,
        call_interval_days=7,
        quiet_days_before_call=7,
        max_requests_per_email=5,
        max_requests_per_call=5,
        max_emails_per_day=None,
        call_minutes=5,
        call_minutes_per_extra_request=0,
        call_grid_minutes=5,
        call_lead_minutes=0,
        call_horizon_days=14,
        max_call_attempts=3,
        retry_gap="next_window",
        fallback_phone_hours=None,
    )

    assert ContactPolicy() == written_down


BOUNDS = {
    "email_interval_days": (1, 3660),
    "follow_up_after_days": (1, 3660),
    "cooldown_days": (0, 3660),
    "call_interval_days": (0, 3660),
    "quiet_days_before_call": (0, 3660),
    "max_requests_per_email": (1, 100),
    "max_requests_per_call": (1, 100),
    "max_emails_per_day": (0, 1_000_000_000),
    "call_minutes": (1, 240),
    "call_minutes_per_extra_request": (0, 240),
    "call_grid_minutes": (1, 60),
    "call_lead_minutes": (0, 525_600),
    "call_horizon_days": (1, 366),
    "max_call_attempts": (1, 100),
}


@pytest.mark.parametrize(("name", "value"), [(name, bound) for name, bounds in BOUNDS.items() for bound in bounds])
def test_a_field_may_reach_its_bounds(name: str, value: int) -> None:
    fields: dict[str, Any] = {name: value}

    assert getattr(ContactPolicy(**fields), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name, (least, most) in BOUNDS.items()
        for value in (
            least - 1,
            most + 1,
            -1_000_000,
            "7",
            7.0,
            True,
            *(() if name == "max_emails_per_day" else (None,)),
        )
    ],
)
def test_a_field_beyond_its_bounds_is_an_error_that_names_it(name: str, value: object) -> None:
    fields: dict[str, Any] = {name: value}

    with pytest.raises(InvalidValue) as caught:
        ContactPolicy(**fields)

    assert caught.value.place == name
    assert caught.value.fault.startswith("expected a whole number from ")


@pytest.mark.parametrize("name", ["cooldown_trigger", "retry_gap"])
def test_an_unknown_choice_is_an_error_that_names_its_field(name: str) -> None:
    fields: dict[str, Any] = {name: "sometimes"}

    with pytest.raises(InvalidValue) as caught:
        ContactPolicy(**fields)

    assert isinstance(caught.value, BoonaError)
    assert caught.value.place == name
    assert "'sometimes'" in caught.value.fault


def test_a_trigger_may_be_given_as_its_word() -> None:
    word: Any = "any_response"

    assert ContactPolicy(cooldown_trigger=word).cooldown_trigger is CooldownTrigger.ANY_RESPONSE
