"""What files have said of somebody is kept, until they are erased."""

from datetime import UTC, datetime
from typing import cast

import sqlalchemy as sa
from attrs import evolve

from boona_core.ids import PatientId
from boona_core.importing import ImportKind, Values
from tests.contract.postgres_seeds import PostgresSeeds
from tests.situations import MemorySeeds, Store

PATIENTS, THERAPISTS = ImportKind.PATIENTS, ImportKind.THERAPISTS
SAID: Values = {"last_name": "Muster", "travel_limit": {"max_km": 5}, "languages": ["Farsi"], "email": None}


def keep(store: Store, kind: ImportKind, number: int, said: Values) -> None:
    with store.open_unit() as unit:
        unit.imports.keep_bases(kind, {number: said})
        unit.commit()


def kept(store: Store, kind: ImportKind, *ids: int) -> dict[int, Values]:
    with store.open_unit() as unit:
        return dict(unit.imports.bases(kind, ids))


def erase(store: Store, patient: PatientId) -> None:
    """Write the day of an erasure, as whoever erases does."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    if isinstance(store.seed, MemorySeeds):
        table = store.seed._store.tables.patients
        table.put(patient, evolve(table.rows[patient], erased_at=now))
        return
    with cast("PostgresSeeds", store.seed)._engine.begin() as connection:
        erasing = sa.text("UPDATE patient_service.patients SET erased_at = :now WHERE id = :id")
        connection.execute(erasing, {"now": now, "id": patient})


def test_what_a_file_said_is_kept_as_it_was_said(store: Store) -> None:
    patient = store.seed.patient()

    keep(store, PATIENTS, patient, SAID)

    assert kept(store, PATIENTS, patient, 999_999) == {patient: SAID}


def test_what_is_said_later_takes_its_place(store: Store) -> None:
    patient = store.seed.patient()
    keep(store, PATIENTS, patient, SAID)

    keep(store, PATIENTS, patient, {"last_name": "Other"})

    assert kept(store, PATIENTS, patient) == {patient: {"last_name": "Other"}}


def test_therapists_and_patients_are_told_apart(store: Store) -> None:
    patient, therapist = store.seed.patient(), store.seed.therapist()
    keep(store, PATIENTS, patient, SAID)

    assert kept(store, THERAPISTS, therapist) == {}


def test_of_whom_was_erased_nothing_is_kept(store: Store) -> None:
    patient, other = store.seed.patient(), store.seed.patient()
    keep(store, PATIENTS, patient, SAID)
    keep(store, PATIENTS, other, SAID)

    erase(store, patient)

    assert kept(store, PATIENTS, patient, other) == {other: SAID}


def test_leaving_without_commit_keeps_nothing(store: Store) -> None:
    patient = store.seed.patient()
    with store.open_unit() as unit:
        unit.imports.keep_bases(PATIENTS, {patient: SAID})

    assert kept(store, PATIENTS, patient) == {}
