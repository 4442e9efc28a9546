"""Of a person who was entered twice one entry is kept: the other one comes back by undoing the merge alone."""

from typing import Any

import pytest

from boona_core.errors import IllegalTransition, InvalidValues
from boona_core.ids import TherapistId
from boona_core.importing import ImportKind, RequestRow
from boona_core.instants import BERLIN
from boona_core.lifecycles import TherapistStep
from boona_core.requests import RequestStatus
from boona_core.therapists import Therapist, TherapistStatus
from boona_core.usecases.importing_requests import import_requests
from boona_core.usecases.merging import MergeTherapists
from boona_core.usecases.moving_people import MovePeople
from boona_core.usecases.people import KeepPerson
from boona_core.usecases.requesting import KeepRequest
from tests.situations import Store
from tests.usecases.house import BOARD, STATIONERY


def merge(store: Store) -> MergeTherapists:
    return MergeTherapists(open_unit=store.open_unit, stationery=STATIONERY, switchboard=BOARD)


def merged_into(store: Store, kept: TherapistId, **fields: Any) -> TherapistId:
    """An entry that was merged into another one."""
    therapist = store.seed.therapist(**fields)
    assert merge(store)(kept, therapist).merged
    return therapist


def therapist_of(store: Store, number: TherapistId) -> Therapist:
    with store.open_unit() as unit:
        return unit.therapists.get(number)


def keep(store: Store) -> KeepPerson:
    return KeepPerson(open_unit=store.open_unit, kind=ImportKind.THERAPISTS, stationery=STATIONERY, switchboard=BOARD)


def move(store: Store) -> MovePeople:
    return MovePeople(open_unit=store.open_unit, stationery=STATIONERY, switchboard=BOARD)


def test_no_step_makes_a_merged_entry_active_again(store: Store) -> None:
    merged = merged_into(store, store.seed.therapist())

    with pytest.raises(IllegalTransition):
        move(store).therapist(merged, TherapistStep.ACTIVATE)

    assert therapist_of(store, merged).status is TherapistStatus.INACTIVE


@pytest.mark.parametrize("status", ["active", "blocked"])
def test_no_change_gives_a_merged_entry_another_status(store: Store, status: str) -> None:
    merged = merged_into(store, store.seed.therapist())

    with pytest.raises(IllegalTransition):
        keep(store).change(merged, {"status": status, "blocked_reason": "Umzug"})

    assert therapist_of(store, merged).status is TherapistStatus.INACTIVE


def test_what_is_noted_of_a_merged_entry_may_change(store: Store) -> None:
    merged = merged_into(store, store.seed.therapist())

    keep(store).change(merged, {"fax": "030 9", "status": "inactive"})
    move(store).therapist(merged, TherapistStep.SILENCE)

    changed = therapist_of(store, merged)
    assert (changed.fax, changed.do_not_contact) == ("030 9", True)


def test_nobody_is_offered_to_a_merged_entry(store: Store) -> None:
    kept, patient = store.seed.therapist(), store.seed.patient()
    merged = merged_into(store, kept)
    requests = KeepRequest(open_unit=store.open_unit, stationery=STATIONERY, zone=BERLIN)

    with pytest.raises(InvalidValues) as refused:
        requests.create(patient, merged)

    assert [(fault.place, fault.fault) for fault in refused.value.faults] == [
        ("therapist_id", f"was merged into therapist {kept}")
    ]


def test_a_file_that_names_a_merged_entry_offers_the_patient_to_the_one_that_is_kept(store: Store) -> None:
    last, middle = store.seed.therapist(), store.seed.therapist()
    patient = store.seed.patient(external_id="P1")
    merged_into(store, middle, external_id="T1")
    assert merge(store)(last, middle).merged

    with store.open_unit() as unit:
        done = import_requests(unit, [RequestRow(row=2, patient="P1", therapist="T1", priority=3)])
        again = import_requests(unit, [RequestRow(row=2, patient="P1", therapist="T1", priority=3)])
        found = [(each.therapist_id, each.status) for each in unit.requests.movable(patient_ids=[patient])]

    assert [change.created for change in done.changes] == [True]
    assert (list(again.changes), list(again.faults)) == ([], [])
    assert found == [(last, RequestStatus.OPEN)]
