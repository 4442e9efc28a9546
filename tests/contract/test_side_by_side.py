"""Memory and Postgres give the same answers whatever is asked of them, and in whatever order."""
# ruff: noqa: D102 - the name of a rule says what happens

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

import pytest
import sqlalchemy as sa
from attrs import evolve
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from boona_core.emails import Email, EmailState
from boona_core.errors import BoonaError
from boona_core.ids import EmailBatchId, EmailId, PlacementRequestId, TherapistId
from boona_core.instants import BERLIN, local_day
from boona_core.letters import Template
from boona_core.ports import Unit
from tests.contract.acts import POLICY, content, draft_content, new_email
from tests.contract.postgres_seeds import empty
from tests.situations import NOW, OTHER_WORKER, WORKER, Seeds, Store, memory_store

Answer = TypeVar("Answer")

LEASE = timedelta(hours=1)
NewKind = tuple[EmailState, Template | None, str | None]
KINDS: list[NewKind] = [
    (EmailState.QUEUED, Template.INITIAL_CONTACT, "lauf-1"),
    (EmailState.QUEUED, Template.BATCH_REQUEST, "lauf-1"),
    (EmailState.QUEUED, None, None),
    (EmailState.QUEUED, Template.CONFIRMATION, None),
    (EmailState.DRAFT, Template.BATCH_REQUEST, "lauf-1"),
    (EmailState.DRAFT, None, None),
    (EmailState.DRAFT, Template.CONFIRMATION, None),
]
tokens = st.sampled_from([WORKER, WORKER, OTHER_WORKER])
places = st.integers(0, 30)
request_places = st.sets(st.integers(0, 2), max_size=3)
committing = st.sampled_from([True, True, True, False])


class SideBySide(RuleBasedStateMachine):
    """Two stores to which the same things happen at the same instants."""

    def __init__(self, postgres: Store) -> None:
        super().__init__()
        self.memory = memory_store()
        self.postgres = postgres
        self.now: datetime = NOW
        self.therapists: list[TherapistId] = []
        self.requests: list[list[PlacementRequestId]] = []
        self.emails: list[EmailId] = []
        self.message_ids = (f"<{number}@example.org>" for number in count())

    @initialize()
    def two_colleagues_and_a_stranger_with_three_requests_each(self) -> None:
        self.therapists, self.requests = _seed(self.memory.seed)
        assert _seed(self.postgres.seed) == (self.therapists, self.requests)

    @property
    def today(self) -> date:
        return local_day(self.now, BERLIN)

    def both(self, act: Callable[[Unit], Answer], *, commit: bool = True) -> Answer | str:
        """The answer that both stores give, or the error that both raise."""
        answers = [_answer(store, act, commit=commit) for store in (self.memory, self.postgres)]
        assert answers[0] == answers[1]
        return answers[0]

    def email(self, place: int) -> EmailId:
        return self.emails[place % len(self.emails)]

    @rule(step=st.sampled_from([timedelta(minutes=30), timedelta(hours=2), timedelta(days=1), timedelta(days=6)]))
    def time_passes(self, step: timedelta) -> None:
        self.now += step

    @invariant()
    def both_look_the_same(self) -> None:
        self.both(self._all_that_can_be_seen, commit=False)

    def _all_that_can_be_seen(self, unit: Unit) -> dict[str, Any]:
        requests = [each for mine in self.requests for each in mine]
        return {
            "emails": [_without_batch_ids(email) for email in unit.emails.find()],
            "counts": unit.emails.counts(),
            "requests": [unit.requests.get(each) for each in requests],
            "holders": [unit.requests.holder(each) for each in requests],
            "silent": dict(unit.requests.silent_emails(POLICY, today=self.today)),
            "candidates": list(unit.requests.candidates(POLICY, today=self.today)),
            "histories": unit.therapists.histories(self.therapists, POLICY, today=self.today),
            "therapists": unit.therapists.get_many(self.therapists),
            "expired": unit.sending.expired(now=self.now),
        }


class EmailsSideBySide(SideBySide):
    """Emails in every state, and what is in their hands."""

    @rule(
        place=st.integers(0, 2),
        chosen=request_places,
        kind=st.sampled_from(KINDS),
        commit=committing,
    )
    def an_email_is_stored(self, place: int, chosen: set[int], kind: NewKind, commit: bool) -> None:
        state, template, run = kind
        therapist = self.therapists[place]
        requests = [self.requests[place][each] for each in sorted(chosen)]
        texts = draft_content() if state is EmailState.DRAFT else content(message_id=next(self.message_ids))

        def act(unit: Unit) -> tuple[EmailId, frozenset[EmailId], frozenset[PlacementRequestId]]:
            (email_id,) = unit.emails.new_ids(1)
            taken = frozenset[PlacementRequestId]()
            if state is EmailState.QUEUED:
                taken = unit.requests.take(dict.fromkeys(requests, email_id))
            new = new_email(
                unit,
                therapist,
                requests,
                state=state,
                day=self.today,
                content=texts,
                template=template,
                batch_id=run,
            )
            stored = unit.emails.add({email_id: new}, now=self.now)
            unit.requests.give_back(frozenset({email_id}) - stored)
            return email_id, stored, taken

        answer = self.both(act, commit=commit)
        assert not isinstance(answer, str)
        self.emails.append(answer[0])

    @precondition(lambda self: self.emails)
    @rule(place=places, with_content=st.booleans(), commit=committing)
    def an_email_is_queued(self, place: int, with_content: bool, commit: bool) -> None:
        email_id = self.email(place)
        texts = content(message_id=next(self.message_ids))

        def act(unit: Unit) -> bool:
            kept = with_content or unit.emails.get(email_id).state is EmailState.DRAFT
            return unit.emails.queue(email_id, texts if kept else None, day=self.today, now=self.now)

        self.both(act, commit=commit)

    @precondition(lambda self: self.emails)
    @rule(place=places, commit=committing)
    def an_email_is_canceled_and_its_requests_given_back(self, place: int, commit: bool) -> None:
        email_id = self.email(place)

        def act(unit: Unit) -> tuple[object, ...]:
            canceled = unit.emails.cancel((email_id,), now=self.now, words="abgesagt")
            return canceled, tuple(unit.requests.give_back(canceled))

        self.both(act, commit=commit)

    @precondition(lambda self: self.emails)
    @rule(place=places, commit=committing)
    def an_email_is_composed_anew(self, place: int, commit: bool) -> None:
        email_id = self.email(place)
        texts = content(message_id=next(self.message_ids))

        def act(unit: Unit) -> None:
            gone = [request.id for request in unit.requests.of_email(email_id)][:1]
            unit.requests.release(gone)
            unit.emails.recompose(email_id, texts, leaving_out=gone)

        self.both(act, commit=commit)

    @rule(token=tokens, limit=st.integers(1, 3), commit=committing)
    def emails_are_claimed(self, token: UUID, limit: int, commit: bool) -> None:
        self.both(
            lambda unit: list(unit.sending.claim(token=token, now=self.now, lease=LEASE, limit=limit)), commit=commit
        )

    @precondition(lambda self: self.emails)
    @rule(place=places, token=tokens)
    def an_email_is_marked(self, place: int, token: UUID) -> None:
        email_id = self.email(place)
        self.both(lambda unit: unit.sending.mark(email_id, token=token, now=self.now, day=self.today, lease=LEASE))

    @precondition(lambda self: self.emails)
    @rule(place=places, token=tokens)
    def an_email_is_sent(self, place: int, token: UUID) -> None:
        email_id = self.email(place)
        self.both(
            lambda unit: unit.sending.record_sent(email_id, token=token, now=self.now, interval_days=7, words="250")
        )

    @precondition(lambda self: self.emails)
    @rule(place=places, token=tokens, bounced=st.booleans(), commit=committing)
    def an_email_is_refused(self, place: int, token: UUID, bounced: bool, commit: bool) -> None:
        email_id = self.email(place)
        self.both(
            lambda unit: unit.sending.record_failed(
                email_id, token=token, now=self.now, tries=2, words="550", bounced=bounced
            ),
            commit=commit,
        )

    @precondition(lambda self: self.emails)
    @rule(place=places, token=tokens)
    def an_email_becomes_uncertain(self, place: int, token: UUID) -> None:
        email_id = self.email(place)
        self.both(lambda unit: unit.sending.record_uncertain(email_id, token=token, words="lost"))

    @precondition(lambda self: self.emails)
    @rule(place=places, token=tokens, wait=st.sampled_from([timedelta(), timedelta(hours=5)]))
    def an_email_goes_back_to_the_queue(self, place: int, token: UUID, wait: timedelta) -> None:
        email_id = self.email(place)
        self.both(
            lambda unit: unit.sending.return_to_queue(
                email_id, token=token, not_before=self.now + wait, tries=1, words="451"
            )
        )

    @precondition(lambda self: self.emails)
    @rule(place=places, state=st.sampled_from([EmailState.SENT, EmailState.FAILED]))
    def an_email_is_settled(self, place: int, state: EmailState) -> None:
        email_id = self.email(place)
        self.both(lambda unit: unit.emails.settle(email_id, state, now=self.now, interval_days=7))

    @rule(commit=committing)
    def expired_emails_are_reaped(self, commit: bool) -> None:
        self.both(lambda unit: unit.sending.reap(set(self.emails), now=self.now), commit=commit)

    @rule(token=tokens)
    def claims_are_renewed(self, token: UUID) -> None:
        self.both(lambda unit: unit.sending.renew(token=token, now=self.now, lease=LEASE))

    @rule(place=st.integers(0, 2))
    def windows_are_ended(self, place: int) -> None:
        therapist = self.therapists[place]

        def act(unit: Unit) -> None:
            unit.emails.end_windows(therapist, unit.therapists.get(therapist).mailbox_id, day=self.today)

        self.both(act)

    @rule(commit=committing)
    def drafts_of_earlier_runs_are_deleted(self, commit: bool) -> None:
        self.both(lambda unit: unit.emails.delete_drafts_of_earlier_runs(), commit=commit)

    @rule(more=st.integers(0, 3), commit=committing)
    def queued_emails_are_counted(self, more: int, commit: bool) -> None:
        def act(unit: Unit) -> int:
            before = unit.emails.queued_on(self.today)
            unit.emails.count_queued(self.today, more)
            return before

        self.both(act, commit=commit)


def _seed(seed: Seeds) -> tuple[list[TherapistId], list[list[PlacementRequestId]]]:
    shared = seed.mailbox()
    therapists = [seed.therapist(mailbox_id=shared), seed.therapist(mailbox_id=shared), seed.therapist(phone="0241 1")]
    patients = [seed.patient() for _ in range(3)]
    return therapists, [[seed.request(patient, therapist) for patient in patients] for therapist in therapists]


def _answer(store: Store, act: Callable[[Unit], Answer], *, commit: bool) -> Answer | str:
    with store.open_unit() as unit:
        try:
            answer = act(unit)
        except BoonaError as error:
            return f"{type(error).__name__}: {error}"
        if commit:
            unit.commit()
    return answer


def _without_batch_ids(email: Email) -> Email:
    return evolve(email, items=tuple(evolve(item, id=EmailBatchId(0)) for item in email.items))


@pytest.mark.slow
def test_memory_and_postgres_agree_step_by_step(postgres_store: Store, contract_engine: sa.Engine) -> None:
    def fresh() -> EmailsSideBySide:
        empty(contract_engine)
        return EmailsSideBySide(postgres_store)

    run_state_machine_as_test(
        fresh,  # type: ignore[arg-type] # whatever makes a machine will do
        settings=settings(
            max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
