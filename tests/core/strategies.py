"""Situations for the laws of the rules: each strategy builds what it promises, none filters for it."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from attrs import evolve, frozen
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from boona_core.batching import Candidate, candidate_of
from boona_core.contact import Channel, ContactHistory, ContactPolicy, Reason
from boona_core.ids import MailboxId, PatientId, PlacementRequestId, TherapistId
from boona_core.patients import PatientStatus
from boona_core.requests import PlacementRequest, RequestStatus
from boona_core.therapists import TherapistStatus
from boona_core.windows import Weekday, WeeklyWindows, Window

TODAY = date(2026, 3, 23)
"""The one day of these tests: a Monday, six days before the clocks go forward."""

HOURS = WeeklyWindows({Weekday.TUESDAY: (Window(9 * 60, 10 * 60),)})

FREE = ContactHistory(therapist_id=TherapistId(1), mailbox_id=MailboxId(1), has_phone=True, phone_hours=HOURS)
"""A therapist about whom nothing speaks against any contact."""

THERAPIST = TherapistId(1)


def day(offset: int) -> date:
    """The day so many days after today."""
    return TODAY + timedelta(days=offset)


past_days = st.integers(-40, 0).map(day)
coming_days = st.integers(1, 40).map(day)
days_around = st.integers(-40, 40).map(day)

channels = st.sampled_from(Channel)


@st.composite
def windows(draw: DrawFn, *, grid: int = 1) -> Window:
    """One window; its times are multiples of *grid* minutes."""
    start = draw(st.integers(0, 1440 // grid - 1))
    end = draw(st.integers(start + 1, 1440 // grid))
    return Window(start * grid, end * grid)


def weekly_windows(*, grid: int = 1) -> SearchStrategy[WeeklyWindows]:
    """Windows of a week, overlapping and touching as they come."""
    lists = st.lists(windows(grid=grid), max_size=4).map(tuple)
    return st.dictionaries(st.sampled_from(Weekday), lists).map(WeeklyWindows)


@st.composite
def policies(draw: DrawFn) -> ContactPolicy:
    """Policies with waiting times short enough to be counted through day by day."""
    return ContactPolicy(
        email_interval_days=draw(st.integers(1, 20)),
        follow_up_after_days=draw(st.integers(1, 20)),
        cooldown_days=draw(st.integers(0, 40)),
        call_interval_days=draw(st.integers(0, 20)),
        quiet_days_before_call=draw(st.integers(0, 20)),
        max_requests_per_email=draw(st.integers(1, 4)),
        max_emails_per_day=draw(st.none() | st.integers(0, 4)),
        call_minutes=draw(st.integers(1, 60)),
        call_grid_minutes=draw(st.integers(1, 60)),
        call_horizon_days=draw(st.integers(1, 14)),
        fallback_phone_hours=draw(st.none() | weekly_windows()),
    )


PASSING_FACTS: Mapping[str, SearchStrategy[Any]] = {
    "absent_until": coming_days,
    "last_email_on": past_days,
    "mailbox_last_email_on": past_days,
    "reserved_until": days_around,
    "mailbox_reserved_until": days_around,
    "last_unanswered_on": past_days,
    "last_call_on": past_days,
    "planned_calls": st.lists(days_around, max_size=4).map(tuple),
    "last_answer_on": past_days,
}
"""Facts that hold for some days at most."""

LASTING_FACTS: Mapping[str, SearchStrategy[Any]] = {
    "mailbox_id": st.none(),
    "do_not_contact": st.just(True),
    "erased": st.just(True),
    "bounced": st.just(True),
    "email_outstanding": st.just(True),
    "mailbox_outstanding": st.just(True),
    "first_unanswered_on": past_days,
    "attempts_exhausted": st.just(True),
}
"""Facts that no day helps against."""

STANDING: SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"status": TherapistStatus.INACTIVE},
        {"status": TherapistStatus.BLOCKED},
        {"status": TherapistStatus.BLOCKED, "blocked_until": TODAY},
        {"status": TherapistStatus.BLOCKED, "blocked_until": day(9)},
    ]
)


def passing_facts() -> SearchStrategy[dict[str, Any]]:
    """Any of the facts that end by themselves."""
    return st.fixed_dictionaries({}, optional=dict(PASSING_FACTS))


def any_facts() -> SearchStrategy[dict[str, Any]]:
    """Any of all facts that can hold a contact."""
    return st.builds(lambda one, two: {**one, **two}, dated_facts(), STANDING)


def dated_facts() -> SearchStrategy[dict[str, Any]]:
    """Any of the facts but the therapist's status."""
    return st.fixed_dictionaries({}, optional={**PASSING_FACTS, **LASTING_FACTS})


@st.composite
def histories(draw: DrawFn) -> ContactHistory:
    """Anything that may be known of a therapist, phone and phone hours included."""
    phone: dict[str, Any] = {"has_phone": draw(st.booleans()), "phone_hours": draw(st.none() | weekly_windows())}
    return evolve(FREE, **phone, **draw(any_facts()))


@st.composite
def passing_histories(draw: DrawFn) -> ContactHistory:
    """A therapist whose every hold ends by itself: some day is free."""
    return evolve(FREE, **draw(passing_facts()))


@st.composite
def held_for_some_days(draw: DrawFn) -> tuple[ContactHistory, ContactPolicy, Channel]:
    """A therapist who is held today, and not for ever."""
    policy = draw(policies())
    history = draw(passing_histories())
    back_on = draw(coming_days)
    return evolve(history, absent_until=back_on), policy, draw(channels)


@st.composite
def two_histories_one_with_more(draw: DrawFn) -> tuple[ContactHistory, ContactHistory]:
    """Two histories: the second knows all the facts of the first and perhaps some that the first does not."""
    facts = draw(any_facts())
    more = {**draw(dated_facts()), **({} if "status" in facts else draw(STANDING))}
    return evolve(FREE, **facts), evolve(FREE, **{**more, **facts})


@st.composite
def requests(draw: DrawFn, *, id: int, therapist_id: TherapistId = THERAPIST) -> PlacementRequest:  # noqa: A002
    """A request in any condition; every second one may go out."""
    plain = draw(st.booleans())
    condition: dict[str, Any] = {} if plain else draw(_conditions)
    return PlacementRequest(
        id=PlacementRequestId(id),
        patient_id=PatientId(id),
        therapist_id=therapist_id,
        priority=draw(st.integers(0, 2)),
        registered_on=draw(st.none() | st.integers(-3, 0).map(day)),
        offered=draw(st.booleans()),
        **condition,
    )


_conditions = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(RequestStatus),
        "patient_status": st.sampled_from(PatientStatus),
        "paused_until": days_around,
        "excluded": st.booleans(),
        "resting_until": days_around,
    },
)


@st.composite
def request_lists(draw: DrawFn, *, therapist_id: TherapistId = THERAPIST, longest: int = 12) -> list[PlacementRequest]:
    """The requests of one therapist, in no order."""
    size = draw(st.integers(0, longest))
    offset = 100 * therapist_id
    made = [draw(requests(id=offset + number, therapist_id=therapist_id)) for number in range(size)]
    return draw(st.permutations(made))


@frozen
class Practice:
    """One therapist as a store knows it: the history, every request, the flag."""

    history: ContactHistory
    requests: tuple[PlacementRequest, ...]
    potentially_available: bool

    def candidate(self, policy: ContactPolicy) -> Candidate:
        """What the plan is given of it."""
        return candidate_of(
            self.history, self.requests, policy, today=TODAY, potentially_available=self.potentially_available
        )


@st.composite
def practices(draw: DrawFn) -> list[Practice]:
    """Some therapists with their requests; some share a mailbox, some are held."""
    return [
        Practice(
            evolve(FREE, **{**draw(_what_is_known), "mailbox_id": draw(_mailboxes)}, therapist_id=TherapistId(number)),
            tuple(draw(request_lists(therapist_id=TherapistId(number), longest=6))),
            draw(st.booleans()),
        )
        for number in range(1, draw(st.integers(0, 5)) + 1)
    ]


_what_is_known: SearchStrategy[dict[str, Any]] = st.just({}) | any_facts() | st.just({"phone_hours": None})
_mailboxes = st.sampled_from([MailboxId(1), MailboxId(2), MailboxId(3), MailboxId(4), None])

override_sets = st.frozensets(
    st.sampled_from(
        [
            Reason.EMAIL_INTERVAL,
            Reason.MAILBOX_INTERVAL,
            Reason.RECENT_CALL,
            Reason.CALL_PLANNED,
            Reason.DAILY_CAP,
        ]
    )
)
