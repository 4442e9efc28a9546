"""The day of registration that a request carries is its patient's, whoever writes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import sqlalchemy as sa

from boona_core.ids import PatientId, PlacementRequestId
from tests.contract.acts import DAY, POLICY
from tests.contract.conftest import Second
from tests.situations import TODAY, Store

SINCE = date(2026, 1, 1)


def carried(engine: sa.Engine, request: PlacementRequestId) -> date | None:
    query = sa.text("SELECT registered_on FROM matching_service.placement_requests WHERE id = :id")
    with engine.connect() as connection:
        found: date | None = connection.execute(query, {"id": request}).scalar_one()
    return found


def register(engine: sa.Engine, patient: PatientId, day: date | None) -> None:
    change = sa.text("UPDATE patient_service.patients SET registered_on = CAST(:day AS date) WHERE id = :id")
    with engine.begin() as connection:
        connection.execute(change, {"id": patient, "day": day})


def test_a_request_carries_the_day_of_its_patient(postgres_store: Store, contract_engine: sa.Engine) -> None:
    seed = postgres_store.seed
    request = seed.request(seed.patient(registered_on=SINCE), seed.therapist())

    assert carried(contract_engine, request) == SINCE


def test_a_change_of_the_patients_day_reaches_all_its_requests_and_no_other(
    postgres_store: Store, contract_engine: sa.Engine
) -> None:
    seed = postgres_store.seed
    patient, other = seed.patient(registered_on=SINCE), seed.patient(registered_on=SINCE)
    mine = [seed.request(patient, seed.therapist()) for _ in range(2)]
    strange = seed.request(other, seed.therapist())

    register(contract_engine, patient, None)

    assert [carried(contract_engine, request) for request in [*mine, strange]] == [None, None, SINCE]


def test_another_day_written_into_a_request_does_not_stay(postgres_store: Store, contract_engine: sa.Engine) -> None:
    seed = postgres_store.seed
    request = seed.request(seed.patient(registered_on=SINCE), seed.therapist())

    with contract_engine.begin() as connection:
        connection.execute(sa.text("UPDATE matching_service.placement_requests SET registered_on = '2001-01-01'"))

    assert carried(contract_engine, request) == SINCE


def test_who_makes_a_request_waits_for_a_change_of_its_patient(
    postgres_store: Store, contract_engine: sa.Engine
) -> None:
    seed = postgres_store.seed
    patient, therapist = seed.patient(registered_on=SINCE), seed.therapist()

    with ThreadPoolExecutor() as pool, contract_engine.begin() as connection:
        second = Second(postgres_store, pool)
        connection.execute(sa.text("UPDATE patient_service.patients SET registered_on = registered_on + 1"))
        made = second.does(seed.request, patient, therapist)
        waited = second.waits(made)

    assert waited
    assert carried(contract_engine, made.result()) == SINCE + DAY


def test_a_change_of_the_patients_day_changes_the_order_of_the_head(
    postgres_store: Store, contract_engine: sa.Engine
) -> None:
    seed = postgres_store.seed
    therapist, early, late = seed.therapist(), seed.patient(registered_on=SINCE), seed.patient(registered_on=TODAY)
    requests = [seed.request(early, therapist), seed.request(late, therapist)]

    register(contract_engine, late, SINCE - DAY)

    with postgres_store.open_unit() as unit:
        (found,) = unit.requests.candidates(POLICY, today=TODAY)
    assert [request.id for request in found.head] == requests[::-1]
