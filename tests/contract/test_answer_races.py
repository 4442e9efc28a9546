"""Two answers at the same instant, on every store: one waits for the other, and then looks again."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from boona_core.calls import Outcome
from boona_core.contact import ContactPolicy
from boona_core.emails import EmailState
from boona_core.ids import EmailId, PatientId, PlacementRequestId, TherapistId
from boona_core.instants import BERLIN
from boona_core.patients import PatientStatus
from boona_core.ports import Holding
from boona_core.requests import RequestStatus
from boona_core.usecases.answering import Answered, RecordAnswer
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.displacing import UndoPlacement
from boona_core.usecases.outcomes import RecordOutcomes
from tests.contract.acts import email_of, status_of
from tests.contract.conftest import Second
from tests.situations import TODAY, Store
from tests.usecases.house import STATIONERY, no_holidays

YES, NO = Outcome.ACCEPTED, Outcome.REJECTED
ACCEPTED, CANCELED = RequestStatus.ACCEPTED, RequestStatus.CANCELED


def record(store: Store) -> RecordAnswer:
    board = Switchboard(policy=ContactPolicy(), zone=BERLIN, holidays=no_holidays)
    return RecordAnswer(open_unit=store.open_unit, record=RecordOutcomes(stationery=STATIONERY, switchboard=board))


def offered(store: Store, patient: PatientId, *, to: int = 2) -> list[tuple[EmailId, PlacementRequestId]]:
    """One patient, in sent emails to so many therapists."""
    made = []
    for _ in range(to):
        therapist = store.seed.therapist()
        request = store.seed.request(patient, therapist)
        made.append((store.seed.sent_email(therapist, [request], on=TODAY), request))
    return made


def accept(store: Store, email: EmailId) -> Answered:
    return record(store)(email, numbers={YES: [1]}, on=None)


def status_of_patient(store: Store, patient: PatientId) -> PatientStatus:
    with store.open_unit() as unit:
        return unit.patients.get_many([patient])[patient].status


def late_ones(store: Store) -> list[PlacementRequestId]:
    with store.open_unit() as unit:
        return [late.id for late in unit.answers.late_acceptances()]


def test_an_acceptance_waits_for_another_one_of_the_same_patient_and_comes_too_late(
    store: Store, second: Second
) -> None:
    patient = store.seed.patient()
    (_, mine), (their_email, theirs) = offered(store, patient)
    use = record(store).record
    with store.open_unit() as unit:
        therapist = unit.requests.get(mine).therapist_id
        use.lock(unit, therapist, {mine: YES})
        work = second.does(accept, store, their_email)
        assert second.waits(work)
        use(unit, therapist, {mine: YES}, day=TODAY, through=Holding())
        unit.commit()

    answered = work.result()

    assert answered.recorded.too_late == (theirs,)
    assert [status_of(store, each) for each in (mine, theirs)] == [ACCEPTED, CANCELED]
    assert late_ones(store) == [theirs]
    assert email_of(store, their_email).included[0].outcome is YES


def test_a_no_does_not_wait_for_a_yes_about_another_patient(store: Store, second: Second) -> None:
    (mine_email, mine), (_, _) = offered(store, store.seed.patient())
    (their_email, theirs), _ = offered(store, store.seed.patient())
    use = record(store).record
    with store.open_unit() as unit:
        use.lock(unit, unit.requests.get(mine).therapist_id, {mine: YES})
        work = second.does(record(store), their_email, numbers={NO: [1]})
        assert work.result(timeout=20).recorded.moved == {theirs: RequestStatus.REJECTED}

    assert email_of(store, mine_email).state is EmailState.SENT


def test_an_undoing_waits_for_an_acceptance_and_then_finds_it(store: Store, second: Second) -> None:
    patient = store.seed.patient()
    (_, mine), (_, theirs) = offered(store, patient)
    use = record(store).record
    with store.open_unit() as unit:
        therapist: TherapistId = unit.requests.get(mine).therapist_id
        use.lock(unit, therapist, {mine: YES})
        work = second.does(UndoPlacement(open_unit=store.open_unit), mine)
        assert second.waits(work)
        use(unit, therapist, {mine: YES}, day=TODAY, through=Holding())
        unit.commit()

    undone = work.result()

    assert undone.restored == {theirs: RequestStatus.IN_PROGRESS}
    assert status_of_patient(store, patient) is PatientStatus.SEARCHING


def test_taking_a_yes_back_waits_for_whoever_decides_about_a_therapist_of_what_it_canceled(
    store: Store, second: Second
) -> None:
    (email, mine), (_, theirs) = offered(store, store.seed.patient())
    accept(store, email)
    with store.open_unit() as unit:
        unit.therapists.lock([unit.requests.get(theirs).therapist_id])
        work = second.does(record(store), email, numbers={NO: [1]})
        assert second.waits(work)

    assert work.result().recorded.moved == {theirs: RequestStatus.IN_PROGRESS, mine: RequestStatus.REJECTED}


def test_of_acceptances_at_the_same_instant_exactly_one_places(postgres_store: Store) -> None:
    store = postgres_store
    patients = [store.seed.patient() for _ in range(8)]
    made = {patient: offered(store, patient, to=4) for patient in patients}
    emails = [made[patient][place][0] for place in range(4) for patient in patients]
    start = Barrier(4)

    def answer_some(mine: list[EmailId]) -> list[Answered]:
        start.wait()
        return [accept(store, email) for email in mine]

    with ThreadPoolExecutor(4) as pool:
        answered = [
            one for part in pool.map(answer_some, [emails[8 * n : 8 * n + 8] for n in range(4)]) for one in part
        ]

    placed = [patient for one in answered for patient in one.recorded.placed]
    statuses = {patient: sorted(status_of(store, request) for _, request in made[patient]) for patient in patients}
    assert sorted(placed) == sorted(patients)
    assert set(map(tuple, statuses.values())) == {(ACCEPTED, CANCELED, CANCELED, CANCELED)}
    assert len(late_ones(store)) == 3 * len(patients)
