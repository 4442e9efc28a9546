"""The patients in Postgres."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.readings import weekly_windows
from boona_adapters.postgres.tables import excluded_therapists, patients
from boona_core.ids import PatientId, TherapistId
from boona_core.patients import Gender, Patient, PatientStatus, PreferredGender, TravelLimit, TravelMode

_EXCLUDED = (
    sa.select(sa.func.array_agg(excluded_therapists.c.therapist_id))
    .where(excluded_therapists.c.patient_id == patients.c.id)
    .scalar_subquery()
)
COLUMNS = (
    *(column for column in patients.c if column.name not in {"availability", "created_at", "updated_at"}),
    sa.cast(patients.c.availability, sa.Text).label("availability"),
    _EXCLUDED.label("excluded_therapists"),
)
"""What :func:`patient_of` reads."""

PATIENTS = sa.select(*COLUMNS).where(patients.c.id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Integer))))

_LOCK = sa.text("""
SELECT id FROM patient_service.patients WHERE id = ANY(CAST(:ids AS integer[])) ORDER BY id FOR NO KEY UPDATE
""")


def patient_of(row: sa.Row[Any]) -> Patient:
    """The value of one row."""
    values = dict(row._mapping)
    values["id"] = PatientId(row.id)
    values["status"] = PatientStatus(row.status)
    values["gender"] = row.gender and Gender(row.gender)
    values["travel_mode"] = row.travel_mode and TravelMode(row.travel_mode)
    values["travel_limit"] = row.travel_limit and TravelLimit(
        max_km=row.travel_limit.get("max_km"), max_minutes=row.travel_limit.get("max_minutes")
    )
    values["preferred_therapist_gender"] = row.preferred_therapist_gender and PreferredGender(
        row.preferred_therapist_gender
    )
    values["availability"] = weekly_windows(row.availability)
    values["languages"] = tuple(row.languages or ())
    values["therapy_methods"] = tuple(row.therapy_methods or ())
    values["excluded_therapists"] = frozenset(map(TherapistId, row.excluded_therapists or ()))
    return Patient(**values)


@frozen
class PostgresPatients:
    """The patients, as ``boona_core.ports.Patients`` promises them."""

    _connection: Connection

    def get_many(self, patient_ids: Collection[PatientId]) -> Mapping[PatientId, Patient]:
        """Those of them that exist."""
        rows = self._connection.rows(PATIENTS, {"ids": storable(patient_ids)})
        return {patient.id: patient for patient in map(patient_of, rows)}

    def lock(self, patient_ids: Collection[PatientId]) -> None:
        """Keep other units from changing or placing these patients until this one ends; taken by id."""
        self._connection.rows(_LOCK, {"ids": storable(patient_ids)})
