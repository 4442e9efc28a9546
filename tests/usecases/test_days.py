"""Whatever happens on however many days: nobody is written to too often, and nothing gets lost.

The world of the machine: therapists who share mailboxes, plan runs, drains against a server of any mood, a store that
goes away, and persons who queue, settle, cancel and release as they like.
"""
# ruff: noqa: D102 - the name of a rule or an invariant is its sentence

from collections import Counter
from datetime import date, timedelta
from email import message_from_bytes
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from boona_adapters.memory.rows import WindowRow
from boona_core.delivery import NoAnswer, Refused, ServerDown, Step
from boona_core.emails import Email, EmailState, SendingPolicy
from boona_core.errors import BoonaError
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.instants import BERLIN, local_day
from boona_core.requests import RequestStatus
from boona_core.usecases.deciding import Settlement
from tests.usecases.house import House, house
from tests.usecases.mail_server import TAKEN, Turn

INTERVAL = timedelta(days=7)
REFUSALS = [
    Refused(reply="451 later", permanent=False, of_recipient=False),
    Refused(reply="450 busy", permanent=False, of_recipient=True),
    Refused(reply="554 no", permanent=True, of_recipient=False),
]
NOBODY = Refused(reply="550 nobody", permanent=True, of_recipient=True)
SILENCE = NoAnswer("connection lost")
BEFORE_DOT: list[Refused | NoAnswer | ServerDown] = [SILENCE, ServerDown("421 away"), NOBODY, *REFUSALS]

TURNS = st.one_of(
    st.just(Turn()),
    st.sampled_from(BEFORE_DOT).map(lambda answer: Turn(before_dot=answer)),
    st.sampled_from([NOBODY, *REFUSALS]).map(lambda answer: Turn(at_dot=answer)),
    st.booleans().map(lambda taken: Turn(at_dot=SILENCE, taken=taken)),
    st.just(Turn(at_dot=TAKEN)),
)
WAITS_FOR_A_PERSON = (EmailState.UNCERTAIN, EmailState.FAILED, EmailState.DRAFT)
UNDER_WAY = (EmailState.QUEUED, EmailState.CLAIMED, EmailState.HANDOFF)


class Days(RuleBasedStateMachine):
    """Days of an agency in which anything may happen."""

    agency: House

    @initialize(
        cap=st.sampled_from([None, None, 3]), approval=st.sampled_from([False, False, True]), size=st.integers(1, 3)
    )
    def opens(self, cap: int | None, approval: bool, size: int) -> None:
        self.agency = house(
            approval=approval,
            max_emails_per_day=cap,
            max_requests_per_email=2,
            sending=SendingPolicy(max_tries=2, claim_size=size),
        )
        shared = self.agency.seed.mailbox()
        practice = {"mailbox_id": shared, "email": "praxis@example.org"}
        self.therapists = [self.agency.seed.therapist(**practice) for _ in range(2)]
        self.therapists += [self.agency.seed.therapist() for _ in range(2)]
        patients = [self.agency.seed.patient() for _ in range(5)]
        self.requests = [self.agency.seed.request(one, two) for two in self.therapists for one in patients]
        self.accepted: list[tuple[str, date]] = []
        self.taken: Counter[EmailId] = Counter()
        self.overridden_after: set[tuple[str, date]] = set()

    # -- what the agency does ------------------------------------------------------------------------------------------

    @rule(turns=st.lists(TURNS, max_size=4))
    def a_working_day_begins(self, turns: list[Turn]) -> None:
        self.agency.clock.days_pass(1)
        self.agency.plan()
        self._drain(turns)

    @rule(turns=st.lists(TURNS, max_size=2), days=st.integers(6, 8))
    def a_week_later_a_working_day_begins(self, turns: list[Turn], days: int) -> None:
        self.agency.clock.days_pass(days)
        self.agency.plan()
        self._drain(turns)

    @rule(days=st.integers(1, 8))
    def days_pass(self, days: int) -> None:
        self.agency.clock.days_pass(days)

    @rule(minutes=st.sampled_from([1, 3, 12, 400]))
    def time_passes(self, minutes: int) -> None:
        self.agency.clock.passes(minutes=minutes)

    @rule()
    def plans(self) -> None:
        self.agency.plan()

    @rule(turns=st.lists(TURNS, max_size=4), down=st.integers(0, 1), despite_pause=st.booleans())
    def drains(self, turns: list[Turn], down: int, despite_pause: bool) -> None:
        self.agency.server.is_down("no connection", times=down)
        self._drain(turns, despite_pause=despite_pause)

    @rule(
        turn=TURNS,
        at=st.sampled_from([Step.SENDER_ACCEPTED, Step.BODY_SENT, Step.DOT_SENT, Step.REPLY_READ]),
        stored=st.booleans(),
        times=st.sampled_from([1, 3, 30]),
    )
    def drains_while_the_store_goes_away(self, turn: Turn, at: Step, stored: bool, times: int) -> None:
        losses = self.agency.watch.losses
        goes_away = {at: lambda: losses.extend([stored] * times)}
        self._drain([Turn(before_dot=turn.before_dot, at_dot=turn.at_dot, taken=turn.taken, meanwhile=goes_away)])

    @rule(at=st.sampled_from([Step.SENDER_ACCEPTED, Step.BODY_SENT, Step.DOT_SENT]), minutes=st.sampled_from([2, 12]))
    def one_worker_sleeps_while_another_drains(self, at: Step, minutes: int) -> None:
        def sleeps() -> None:
            self.agency.clock.passes(minutes=minutes)
            self.agency.drain()

        self._drain([Turn(meanwhile={at: sleeps})])

    # -- what persons do -----------------------------------------------------------------------------------------------

    @rule(data=st.data(), override=st.none() | st.just("auf Wunsch"))
    @precondition(lambda self: self._in(EmailState.DRAFT))
    def somebody_queues_a_draft(self, data: st.DataObject, override: str | None) -> None:
        draft = data.draw(st.sampled_from(self._in(EmailState.DRAFT)))
        self.agency.queue(draft, override=override)

    @rule(therapist=st.integers(0, 3))
    def somebody_insists_on_one_more_email(self, therapist: int) -> None:
        rows = self.agency.memory.tables.requests.rows.values()
        mine = [row for row in rows if row.therapist_id == self.therapists[therapist]]
        waiting = [row.id for row in mine if row.status is RequestStatus.OPEN]
        draft = self.agency.seed.email(self.therapists[therapist], waiting[:1], state=EmailState.DRAFT)
        self.agency.queue(draft, override="auf Wunsch")

    @rule(data=st.data(), settlement=st.sampled_from(Settlement))
    @precondition(lambda self: self._in(EmailState.UNCERTAIN, EmailState.FAILED))
    def somebody_settles(self, data: st.DataObject, settlement: Settlement) -> None:
        email = self.agency.email(data.draw(st.sampled_from(self._in(EmailState.UNCERTAIN, EmailState.FAILED))))
        truth = settlement if email.state is EmailState.UNCERTAIN else Settlement.AGAIN
        self.agency.settle(email.id, self._honest(email, truth))

    @rule(data=st.data())
    @precondition(lambda self: self._in(EmailState.QUEUED, EmailState.CLAIMED))
    def somebody_cancels(self, data: st.DataObject) -> None:
        self.agency.cancel(data.draw(st.sampled_from(self._in(EmailState.QUEUED, EmailState.CLAIMED))))

    @rule(data=st.data())
    @precondition(lambda self: self._releasable())
    def somebody_releases(self, data: st.DataObject) -> None:
        self.agency.release(data.draw(st.sampled_from(self._releasable())))

    @rule(data=st.data(), status=st.sampled_from([RequestStatus.REJECTED, RequestStatus.ACCEPTED]))
    @precondition(lambda self: self._in_sent_emails())
    def somebody_answers(self, data: st.DataObject, status: RequestStatus) -> None:
        request = data.draw(st.sampled_from(self._in_sent_emails()))
        self.agency.change_request(
            request,
            status=status,
            held_by=None,
            response_date=self.agency.clock.today,
            cooldown_from=self.agency.clock.today,
        )

    # -- what is always true -------------------------------------------------------------------------------------------

    @invariant()
    def no_mailbox_gets_two_emails_within_the_interval(self) -> None:
        days: dict[str, list[date]] = {}
        for recipient, day in self.accepted:
            days.setdefault(recipient, []).append(day)
        close = [
            (recipient, later)
            for recipient, each in days.items()
            for earlier, later in pairwise(sorted(each))
            if later - earlier < INTERVAL
        ]
        assert set(close) <= self.overridden_after

    @invariant()
    def no_message_is_taken_twice(self) -> None:
        assert [times for times in self.taken.values() if times > 1] == []

    @invariant()
    def windows_never_overlap(self) -> None:
        windows: list[WindowRow] = list(self.agency.memory.tables.windows.rows.values())
        assert [(one, two) for one in windows for two in windows if one.is_in_the_way_of(two)] == []

    @invariant()
    def what_is_outstanding_reserves_and_nothing_else_does(self) -> None:
        for email in self.agency.emails():
            outstanding = email.state in (*UNDER_WAY, EmailState.UNCERTAIN)
            assert self.agency.reserves(email.id) == outstanding

    @invariant()
    def a_request_has_a_holder_exactly_when_it_is_in_progress(self) -> None:
        for row in self.agency.memory.tables.requests.rows.values():
            assert (row.status is RequestStatus.IN_PROGRESS) == (row.held_by is not None)

    @invariant()
    def the_holder_of_a_request_has_it_in_its_letter_and_may_still_be_answered_or_settled(self) -> None:
        for row in self.agency.memory.tables.requests.rows.values():
            if row.held_by is not None:
                email = self.agency.email(row.held_by)
                assert row.id in [item.placement_request_id for item in email.included]
                assert email.state not in (EmailState.DRAFT, EmailState.CANCELED)

    @invariant()
    def every_email_that_did_not_end_is_under_way_or_seen_by_a_person(self) -> None:
        listed = self.agency.find(states=(*WAITS_FOR_A_PERSON, *UNDER_WAY), limit=10_000)
        ended = (EmailState.SENT, EmailState.CANCELED)
        assert {email.id for email in listed} == {e.id for e in self.agency.emails() if e.state not in ended}

    @invariant()
    def what_is_sent_was_taken_and_what_was_taken_is_sent_or_in_doubt(self) -> None:
        for email in self.agency.emails():
            taken = self.taken[email.id]
            if email.state is EmailState.SENT:
                assert taken
            if taken:
                assert email.state in (EmailState.SENT, EmailState.UNCERTAIN, EmailState.HANDOFF)

    def teardown(self) -> None:
        """However the days went: the queue can be emptied, and then nothing is under way any more."""
        if not hasattr(self, "agency"):
            return
        self.agency.watch.losses.clear()
        self.agency.server.forget()
        for _ in range(3):
            self.agency.clock.days_pass(1)
            self._drain([], despite_pause=True)
        assert self._in(*UNDER_WAY) == []
        assert self.agency.server.open == 0

    # -- small words ---------------------------------------------------------------------------------------------------

    def _drain(self, turns: list[Turn], *, despite_pause: bool = False) -> None:
        before = len(self.agency.server.delivered)
        self.agency.server.then(*turns)
        try:
            self.agency.drain(despite_pause=despite_pause)
        except BoonaError as error:
            assert "the store failed" in str(error)  # noqa: PT017 - any other error is a fault
        self.agency.server.forget()
        self.agency.watch.losses.clear()
        sealed = {email.message_id: email for email in self.agency.emails() if email.message_id}
        for letter in self.agency.server.delivered[before:]:
            email = sealed[str(message_from_bytes(letter.message)["Message-ID"])]
            day = local_day(email.marked_at or self.agency.clock.now, BERLIN)
            self.accepted.append((letter.recipient, day))
            self.taken[email.id] += 1
            if email.overridden:
                self.overridden_after.add((letter.recipient, day))

    def _honest(self, email: Email, settlement: Settlement) -> Settlement:
        """What a person says who has looked: sent when it arrived, and anything else when it did not."""
        arrived = self.taken[email.id] > 0
        if arrived:
            return Settlement.SENT
        return Settlement.DROP if settlement is Settlement.SENT else settlement

    def _in(self, *states: EmailState) -> list[EmailId]:
        return [email.id for email in self.agency.emails() if email.state in states]

    def _releasable(self) -> list[PlacementRequestId]:
        handed_over = self._in(EmailState.HANDOFF)
        rows = self.agency.memory.tables.requests.rows.values()
        return [row.id for row in rows if row.held_by is not None and row.held_by not in handed_over]

    def _in_sent_emails(self) -> list[PlacementRequestId]:
        sent = self._in(EmailState.SENT)
        return [row.id for row in self.agency.memory.tables.requests.rows.values() if row.held_by in sent]

    therapists: list[TherapistId]
    requests: list[PlacementRequestId]


TestDays = Days.TestCase
TestDays.settings = settings(stateful_step_count=50)
