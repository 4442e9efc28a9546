"""An import of requests is taken back at the instant in which one of them goes into an email, on every store."""

from boona_adapters.addresses import mailbox_of
from boona_core.emails import EmailState
from boona_core.importing import Counts, FieldChange, ImportKind, ImportRunId, RowChange
from boona_core.requests import RequestStatus
from boona_core.usecases.undoing_imports import UndoImport
from tests.contract.acts import email_of, holder_of, status_of
from tests.contract.conftest import Second
from tests.situations import Store
from tests.usecases.house import BOARD, STATIONERY


def undo(store: Store) -> UndoImport:
    return UndoImport(open_unit=store.open_unit, stationery=STATIONERY, switchboard=BOARD, mailbox_of=mailbox_of)


def imported(store: Store, *changes: RowChange) -> ImportRunId:
    """A run of the history that did this to requests."""
    with store.open_unit() as unit:
        run = unit.imports.begin(ImportKind.REQUESTS, "0" * 64)
        unit.imports.record(run, Counts(), changes)
        unit.commit()
    return run


def test_a_request_that_an_email_takes_meanwhile_stays_in_it(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(store.seed.patient(), therapist)
    run = imported(store, RowChange(2, request, created=True))
    email = store.seed.email(therapist, [request])
    with store.open_unit() as unit:
        unit.therapists.lock([therapist])
        taken = unit.requests.take({request: email})
        work = second.does(undo(store), run)
        assert second.waits(work)
        unit.commit()

    assert taken == {request}
    assert work.result().rows == 0
    assert (status_of(store, request), holder_of(store, request)) == (RequestStatus.IN_PROGRESS, email)


def test_a_priority_that_a_person_gives_meanwhile_stays(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(store.seed.patient(), therapist, priority=5)
    run = imported(store, RowChange(2, request, created=False, fields=(FieldChange("priority", 1, 5),)))
    with store.open_unit() as unit:
        unit.therapists.lock([therapist])
        unit.imports.set_priorities({request: 9})
        work = second.does(undo(store), run)
        assert second.waits(work)
        unit.commit()

    assert work.result().rows == 0
    with store.open_unit() as unit:
        assert unit.requests.get(request).priority == 9


def test_a_priority_of_a_request_that_was_answered_since_is_not_said_to_be_given_back(store: Store) -> None:
    request = store.seed.request(None, store.seed.therapist(), priority=5, status=RequestStatus.REJECTED)
    run = imported(store, RowChange(2, request, created=False, fields=(FieldChange("priority", 1, 5),)))

    assert undo(store)(run).rows == 0


def test_a_draft_that_holds_a_request_that_is_taken_back_is_canceled(store: Store) -> None:
    therapist = store.seed.therapist()
    request = store.seed.request(store.seed.patient(), therapist)
    run = imported(store, RowChange(2, request, created=True))
    draft = store.seed.email(therapist, [request], state=EmailState.DRAFT)

    done = undo(store)(run)

    assert done.rows == 1
    assert status_of(store, request) is RequestStatus.CANCELED
    assert email_of(store, draft).state is EmailState.CANCELED
