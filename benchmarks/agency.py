"""An agency of any size, made by the database itself, and Boona bound to it."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from attrs import frozen

from boona_adapters.embedded import embedded_postgres
from boona_adapters.envelopes import MimeEnvelopes
from boona_adapters.holidays import german_holidays
from boona_adapters.letters import JinjaLetters
from boona_adapters.postgres.engine import create_engine
from boona_adapters.postgres.migrating import upgrade
from boona_adapters.postgres.unit import OpenPostgresUnit
from boona_adapters.smtp import SmtpServer, Tls
from boona_core.contact import ContactPolicy
from boona_core.emails import SendingPolicy
from boona_core.letters import Agency, Sender
from boona_core.usecases.composing import Stationery
from boona_core.usecases.planning import PlanEmails
from boona_core.usecases.sending import DrainQueue

BERLIN = ZoneInfo("Europe/Berlin")
POLICY = ContactPolicy()

_SEED = """
INSERT INTO therapist_service.mailboxes (address)
SELECT 'praxis' || n || '@praxen.example' FROM generate_series(1, :therapists) n;
INSERT INTO therapist_service.therapists (first_name, last_name, gender, email, mailbox_id, postal_code)
SELECT 'Andrea', 'Muster' || n, 'female', m.address, m.id, lpad((n % 90000 + 1000)::text, 5, '0')
  FROM generate_series(1, :therapists) n
  JOIN therapist_service.mailboxes m ON m.address = 'praxis' || n || '@praxen.example';
INSERT INTO patient_service.patients (first_name, last_name, gender, birth_date, diagnosis, symptoms, symptoms_since,
       expectations, insurer, availability, status, registered_on, contracts_signed, open_to_group_therapy)
SELECT 'Vorname' || n, 'Nachname' || n, (ARRAY['female', 'male', 'diverse'])[n % 3 + 1], date '1960-01-01' + n % 15000,
       'F' || (30 + n % 15) || '.1',
       'Anhaltende Niedergeschlagenheit, Schlafstörungen und Antriebslosigkeit (' || n || ')',
       date '2024-01-01' + n % 600, 'Wünscht sich eine Verhaltenstherapie und verlässliche Termine', 'AOK Nordost',
       '{"monday": [{"start": "09:00", "end": "12:00"}], "thursday": [{"start": "15:00", "end": "19:00"}]}',
       'searching', date '2025-06-01' + n % 400, true, n % 2 = 0
  FROM generate_series(1, :patients) n;
INSERT INTO matching_service.placement_requests (patient_id, therapist_id, priority)
SELECT (t.id * 7 + k * 131) % :patients + 1, t.id, 1 + k % 3
  FROM therapist_service.therapists t, generate_series(1, :each) k ON CONFLICT DO NOTHING;
"""


@contextmanager
def database() -> Iterator[str]:
    """A fresh, migrated, durable Postgres of its own."""
    with TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "postgres") as server:
        upgrade(server.url)
        yield server.url


def seed(engine: sa.Engine, *, therapists: int, each: int = 20) -> None:
    """Therapists with a mailbox of their own, so many open requests for *each*, and the patients behind these."""
    values = {"therapists": therapists, "each": each, "patients": max(1_000, therapists // 10)}
    with engine.begin() as connection:
        for statement in _SEED.split(";\n"):
            if statement.strip():
                connection.execute(sa.text(statement), values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))


def forget_everything_sent(engine: sa.Engine) -> None:
    """Back to the state after :func:`seed`."""
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE matching_service.placement_requests SET status = 'open', held_by_email_id = NULL,"
                " email_contact_date = NULL WHERE status <> 'open' OR email_contact_date IS NOT NULL"
            )
        )
        for table in ("outbox", "contact_windows", "email_batches", "email_days", "emails"):
            connection.execute(sa.text(f"DELETE FROM communication_service.{table}"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))


@frozen(kw_only=True)
class Bound:
    """Boona on one database, with a mail server at *port*."""

    engine: sa.Engine
    port: int = 25

    @property
    def open_unit(self) -> OpenPostgresUnit:
        return OpenPostgresUnit(self.engine)

    @property
    def stationery(self) -> Stationery:
        return Stationery(
            letters=_LETTERS,
            envelopes=MimeEnvelopes(),
            agency=Agency(name="Vermittlung Beispiel", address="Musterstraße 1, 10115 Berlin", phone="030 1234567"),
            sender=Sender(email="vermittlung@agentur.example", name="Vermittlung Beispiel"),
        )

    @property
    def plan(self) -> PlanEmails:
        return PlanEmails(
            open_unit=self.open_unit,
            stationery=self.stationery,
            policy=POLICY,
            zone=BERLIN,
            holidays=german_holidays,
            new_batch_id=lambda: "benchmark",
        )

    @property
    def drain(self) -> DrainQueue:
        return DrainQueue(
            open_unit=self.open_unit,
            server=SmtpServer(host="127.0.0.1", port=self.port, tls=Tls.NONE, messages_per_connection=1_000_000),
            stationery=self.stationery,
            contact=POLICY,
            sending=SendingPolicy(),
            zone=BERLIN,
            new_token=uuid4,
            jitter=random.random,
            elapsed=time.monotonic,
            sleep=time.sleep,
        )


_LETTERS = JinjaLetters()


@contextmanager
def agency(*, therapists: int, each: int = 20, port: int = 25, connections: int = 10) -> Iterator[Bound]:
    """A seeded agency on a database of its own."""
    with database() as url:
        engine = create_engine(url, connections=connections)
        try:
            seed(engine, therapists=therapists, each=each)
            yield Bound(engine=engine, port=port)
        finally:
            engine.dispose()
