"""Follow-ups at the same instant, and answers that come meanwhile: each silent email is followed up once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from boona_core.answer_ports import EmailAnswer
from boona_core.calls import CallStatus, Outcome
from boona_core.contact import ContactPolicy
from boona_core.ids import EmailId, PlacementRequestId, TherapistId
from boona_core.instants import BERLIN
from boona_core.ports import Holding
from boona_core.usecases.answering import RecordAnswer
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.outcomes import RecordOutcomes
from boona_core.usecases.planning_calls import CallPlanRun, PlanCalls
from boona_core.windows import Weekday, WeeklyWindows, Window
from tests.contract.conftest import Second
from tests.situations import TODAY, Store
from tests.usecases.house import STATIONERY, no_holidays

ALWAYS = WeeklyWindows({day: (Window(0, 24 * 60),) for day in Weekday})
BOARD = Switchboard(policy=ContactPolicy(), zone=BERLIN, holidays=no_holidays)
RECORD = RecordOutcomes(stationery=STATIONERY, switchboard=BOARD)
A_WEEK_AGO = TODAY - timedelta(days=7)
PLANS = 4


def follow_up(store: Store, *, chunk: int = 200) -> CallPlanRun:
    return PlanCalls(open_unit=store.open_unit, switchboard=BOARD, only_silent=True, chunk=chunk)()


def silent(store: Store) -> tuple[TherapistId, EmailId, PlacementRequestId]:
    """A therapist who always answers the phone, and has not answered an email."""
    therapist = store.seed.therapist(phone="030 1", phone_hours=ALWAYS)
    request = store.seed.request(None, therapist)
    return therapist, store.seed.sent_email(therapist, [request], on=A_WEEK_AGO), request


def planned_calls(store: Store) -> Counter[TherapistId]:
    """How many calls each therapist has on the plan."""
    with store.open_unit() as unit:
        return Counter(call.therapist_id for call in unit.calls.find(statuses=[CallStatus.SCHEDULED]))


def test_a_follow_up_waits_for_an_answer_that_is_being_recorded_and_then_calls_nobody(
    store: Store, second: Second
) -> None:
    therapist, email, request = silent(store)
    with store.open_unit() as unit:
        RECORD.lock(unit, therapist, {request: Outcome.REJECTED})
        work = second.does(follow_up, store)
        assert second.waits(work)
        answer = EmailAnswer(day=TODAY, outcomes={request: Outcome.REJECTED})
        RECORD(
            unit,
            therapist,
            {request: Outcome.REJECTED},
            day=TODAY,
            through=Holding(email_id=email),
            keep=lambda: unit.answers.write_email(email, answer),
        )
        unit.commit()

    run = work.result()

    assert run.planned == ()
    assert planned_calls(store) == Counter()


def test_of_follow_ups_at_the_same_instant_each_email_gets_one_call(postgres_store: Store) -> None:
    store = postgres_store
    therapists = [silent(store)[0] for _ in range(30)]
    together = Barrier(PLANS)

    def plan() -> CallPlanRun:
        together.wait()
        return follow_up(store, chunk=3)

    with ThreadPoolExecutor(PLANS) as pool:
        runs = [work.result() for work in [pool.submit(plan) for _ in range(PLANS)]]

    assert planned_calls(store) == Counter(therapists)
    assert sum(len(run.planned) for run in runs) == len(therapists)


def test_while_answers_are_recorded_an_email_is_answered_or_followed_up_and_never_both(postgres_store: Store) -> None:
    store = postgres_store
    made = [silent(store) for _ in range(20)]
    answered = made[::2]
    together = Barrier(2)

    def answer() -> None:
        together.wait()
        record = RecordAnswer(open_unit=store.open_unit, record=RECORD)
        for _, email, _ in answered:
            record(email, numbers={Outcome.REJECTED: [1]})

    def plan() -> None:
        together.wait()
        follow_up(store, chunk=1)

    with ThreadPoolExecutor(2) as pool:
        _ = [work.result() for work in [pool.submit(answer), pool.submit(plan)]]

    assert planned_calls(store) == Counter(therapist for therapist, _, _ in made[1::2])
