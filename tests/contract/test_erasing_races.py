"""Somebody is erased at the instant in which an email about them goes out, on every store."""

import pytest

from boona_core.emails import EmailState
from boona_core.errors import IllegalTransition
from boona_core.importing import ImportKind
from boona_core.usecases.people import KeepPerson
from tests.contract.acts import LEASE, claim, email_of
from tests.contract.conftest import Second
from tests.situations import NOW, TODAY, WORKER, Store
from tests.usecases.house import BOARD, STATIONERY


def test_nobody_is_erased_whose_letter_gets_its_marker_meanwhile(store: Store, second: Second) -> None:
    patient, therapist = store.seed.patient(), store.seed.therapist()
    email = store.seed.queued_email(therapist, [store.seed.request(patient, therapist)])
    claim(store)
    erase = KeepPerson(
        open_unit=store.open_unit, kind=ImportKind.PATIENTS, stationery=STATIONERY, switchboard=BOARD
    ).erase
    with store.open_unit() as unit:
        unit.therapists.lock([therapist])
        marked = unit.sending.mark(email, token=WORKER, now=NOW, day=TODAY, lease=LEASE)
        work = second.does(erase, patient)
        assert second.waits(work)
        unit.commit()

    assert marked
    with pytest.raises(IllegalTransition):
        work.result()
    assert email_of(store, email).state is EmailState.HANDOFF
    with store.open_unit() as unit:
        assert unit.patients.get_many([patient])[patient].erased_at is None
