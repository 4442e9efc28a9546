"""Two who put the same request into something at the same instant, on every store: one gets it, the other is told."""

from boona_core.contact import ContactPolicy, Reason
from boona_core.emails import EmailState
from boona_core.ids import EmailBatchId, EmailId, PlacementRequestId
from boona_core.instants import BERLIN
from boona_core.usecases.arranging import ArrangeEmail
from tests.contract.acts import email_of
from tests.contract.conftest import Second
from tests.situations import TODAY, Store
from tests.usecases.house import STATIONERY


def arrange(store: Store) -> ArrangeEmail:
    return ArrangeEmail(open_unit=store.open_unit, stationery=STATIONERY, policy=ContactPolicy(), zone=BERLIN)


def batch_of(store: Store, email: EmailId, request: PlacementRequestId) -> EmailBatchId:
    return next(item.id for item in email_of(store, email).items if item.placement_request_id == request)


def holder(store: Store, request: PlacementRequestId) -> EmailId | None:
    with store.open_unit() as unit:
        return unit.requests.holder(request).email_id


def test_a_request_that_another_email_takes_meanwhile_is_not_taken_back_in(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    kept, wanted = (store.seed.request(store.seed.patient(), therapist) for _ in range(2))
    email = store.seed.email(therapist, [kept, wanted], left_out=[wanted])
    store.seed.window(email, TODAY)
    store.seed.hold(email, [kept])
    other = store.seed.email(therapist, state=EmailState.DRAFT)
    with store.open_unit() as unit:
        taken = unit.requests.take({wanted: other})
        work = second.does(arrange(store).move, batch_of(store, email, wanted), included=True)
        assert second.waits(work)
        unit.commit()

    assert taken == {wanted}
    assert work.result().decision.reasons == (Reason.REQUEST_CLOSED,)
    assert [item.placement_request_id for item in email_of(store, email).included] == [kept]
    assert holder(store, wanted) == other


def test_a_request_that_another_email_takes_meanwhile_is_not_put_in(store: Store, second: Second) -> None:
    therapist = store.seed.therapist()
    kept, wanted = (store.seed.request(store.seed.patient(), therapist) for _ in range(2))
    email = store.seed.queued_email(therapist, [kept])
    other = store.seed.email(therapist, state=EmailState.DRAFT)
    with store.open_unit() as unit:
        taken = unit.requests.take({wanted: other})
        work = second.does(arrange(store).put_in, email, wanted)
        assert second.waits(work)
        unit.commit()

    assert taken == {wanted}
    assert work.result().decision.reasons == (Reason.REQUEST_CLOSED,)
    assert [item.placement_request_id for item in email_of(store, email).included] == [kept]
    assert holder(store, wanted) == other
