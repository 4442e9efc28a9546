"""The therapists in Postgres, and the locks on their rows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.postgres.connection import Connection, storable
from boona_adapters.postgres.histories import read_histories
from boona_adapters.postgres.past_contacts import read_past_contacts
from boona_adapters.postgres.planned import Planned
from boona_adapters.postgres.readings import weekly_windows
from boona_adapters.postgres.tables import therapists
from boona_core.contact import ContactHistory, ContactPolicy
from boona_core.errors import UnknownId
from boona_core.ids import EmailId, MailboxId, TherapistId
from boona_core.past_contacts import PastContact
from boona_core.patients import Gender, PreferredGender
from boona_core.therapists import GroupTherapy, Therapist, TherapistStatus

COLUMNS = (
    *(
        column
        for column in therapists.c
        if column.name not in {"phone_hours", "availability", "created_at", "updated_at"}
    ),
    sa.cast(therapists.c.phone_hours, sa.Text).label("phone_hours"),
    sa.cast(therapists.c.availability, sa.Text).label("availability"),
)
"""What :func:`therapist_of` reads."""

_NAMES = tuple(column.name for column in COLUMNS)

THERAPISTS = sa.select(*COLUMNS).where(therapists.c.id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Integer))))

_LOCK = Planned(
    """
SELECT id FROM therapist_service.therapists WHERE id = ANY(CAST(:ids AS integer[]))
 ORDER BY mailbox_id, id FOR NO KEY UPDATE
""",
    {"ids": "integer[]"},
)


def therapist_of(row: sa.Row[Any]) -> Therapist:
    """The value of one row, which may have more columns behind its own."""
    values = dict(zip(_NAMES, row, strict=False))
    values["id"] = TherapistId(row.id)
    values["mailbox_id"] = None if row.mailbox_id is None else MailboxId(row.mailbox_id)
    values["merged_into"] = None if row.merged_into is None else TherapistId(row.merged_into)
    values["gender"] = None if row.gender is None else Gender(row.gender)
    values["status"] = TherapistStatus(row.status)
    values["phone_hours"] = weekly_windows(row.phone_hours)
    values["availability"] = weekly_windows(row.availability)
    values["patient_gender"] = row.patient_gender and PreferredGender(row.patient_gender)
    values["accepted_diagnoses"] = tuple(row.accepted_diagnoses or ())
    values["refused_diagnoses"] = tuple(row.refused_diagnoses or ())
    values["group_therapy"] = row.group_therapy and GroupTherapy(row.group_therapy)
    values["languages"] = tuple(row.languages or ())
    values["other_addresses"] = tuple(row.other_addresses or ())
    values["therapy_methods"] = tuple(row.therapy_methods or ())
    return Therapist(**values)


@frozen
class PostgresTherapists:
    """The therapists, as ``boona_core.ports.Therapists`` promises them."""

    _connection: Connection

    def get(self, therapist_id: TherapistId) -> Therapist:
        """The therapist.

        Raises:
            UnknownId: there is none.
        """
        found = self.get_many((therapist_id,))
        if therapist_id not in found:
            raise UnknownId("therapist", therapist_id)
        return found[therapist_id]

    def get_many(self, therapist_ids: Collection[TherapistId]) -> Mapping[TherapistId, Therapist]:
        """Those of them that exist."""
        rows = self._connection.rows(THERAPISTS, {"ids": storable(therapist_ids)})
        return {therapist.id: therapist for therapist in map(therapist_of, rows)}

    def lock(self, therapist_ids: Collection[TherapistId]) -> None:
        """Keep other units from deciding about these therapists until this one ends."""
        self._connection.begin_with(_LOCK, {"ids": storable(therapist_ids)})

    def histories(
        self,
        therapist_ids: Collection[TherapistId],
        policy: ContactPolicy,
        *,
        today: date,
        leaving_out: Collection[EmailId] = (),
    ) -> Mapping[TherapistId, ContactHistory]:
        """What decides about a contact with each of them, as of this unit."""
        return read_histories(self._connection, therapist_ids, policy, today=today, leaving_out=leaving_out)

    def past_contacts(
        self, therapist_ids: Collection[TherapistId], *, limit: int
    ) -> Mapping[TherapistId, Sequence[PastContact]]:
        """The last emails sent to and calls tried with each of them, as ``past_contacts.newest_first`` orders them."""
        return read_past_contacts(self._connection, therapist_ids, limit=limit)
