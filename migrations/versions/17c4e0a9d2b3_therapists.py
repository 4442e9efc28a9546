"""Therapists get English names, lower-case values and mailboxes; what cannot be read is set aside.

Texts are only read where one reading is possible, and never guessed.  The reader of phone hours is a copy, frozen with
this revision: it writes the form that the next revisions expect, whatever the application reads by then.  The mailbox
is asked of the application: two spellings of one address must not become two mailboxes, and the application spells
the new ones.
"""

import json
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "17c4e0a9d2b3"
down_revision = "5dfc91e6b6f9"
branch_labels = None
depends_on = None

CHUNK = 5_000
"""So many rows are read, judged and written at once."""

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
GERMAN_DAYS = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag")
DAY_NAMES = {**{day: day for day in DAYS}, **dict(zip(GERMAN_DAYS, DAYS, strict=True)), "sonnabend": "saturday"}
LOWER = "translate(lower(btrim(geschlecht)), 'ÄÖÜ', 'äöü')"
"""Lower case also where the database's locale knows no letters beyond ASCII."""

TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
RANGE = re.compile(r"\s*(\d\d:\d\d)\s*[-–]\s*(\d\d:\d\d)\s*")


def upgrade() -> None:
    op.execute("""
        CREATE TABLE communication_service.set_aside (
            id bigserial CONSTRAINT set_aside_pkey PRIMARY KEY,
            source varchar(100) NOT NULL,
            reason varchar(200) NOT NULL,
            row jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        DO $$
        BEGIN
            DROP SCHEMA scraping_service;
        EXCEPTION
            WHEN dependent_objects_still_exist OR invalid_schema_name THEN NULL;
        END
        $$;
        CREATE TABLE therapist_service.mailboxes (
            id serial CONSTRAINT mailboxes_pkey PRIMARY KEY,
            address varchar(320) NOT NULL CONSTRAINT uq_mailboxes_address UNIQUE,
            do_not_contact boolean NOT NULL DEFAULT false,
            bounced_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now()
        );
    """)
    set_unreadable_aside()
    op.execute(f"""
        DROP INDEX therapist_service.ix_therapist_service_therapists_id;
        ALTER TABLE therapist_service.therapists
            ALTER COLUMN anrede TYPE varchar(50),
            ALTER COLUMN titel TYPE varchar(50),
            ALTER COLUMN geschlecht TYPE varchar(20) USING CASE
                WHEN {LOWER} IN ('weiblich', 'w', 'f', 'frau', 'female') THEN 'female'
                WHEN {LOWER} IN ('männlich', 'maennlich', 'm', 'herr', 'mann', 'male') THEN 'male'
                WHEN {LOWER} IN ('divers', 'd', 'diverse') THEN 'diverse'
            END,
            ALTER COLUMN email TYPE varchar(255) USING CASE WHEN btrim(email) <> '' THEN email END,
            ALTER COLUMN status TYPE varchar(20) USING coalesce(lower(status::text), 'active'),
            ALTER COLUMN status SET DEFAULT 'active',
            ALTER COLUMN status SET NOT NULL,
            ALTER COLUMN created_at TYPE timestamptz USING coalesce(created_at, updated_at,
                (now() AT TIME ZONE 'Europe/Berlin')::date)::timestamp AT TIME ZONE 'Europe/Berlin',
            ALTER COLUMN created_at SET DEFAULT now(),
            ALTER COLUMN created_at SET NOT NULL,
            ALTER COLUMN updated_at TYPE timestamptz USING coalesce(updated_at, created_at,
                (now() AT TIME ZONE 'Europe/Berlin')::date)::timestamp AT TIME ZONE 'Europe/Berlin',
            ALTER COLUMN updated_at SET DEFAULT now(),
            ALTER COLUMN updated_at SET NOT NULL,
            ADD external_id varchar(100) CONSTRAINT uq_therapists_external_id UNIQUE,
            ADD mailbox_id integer CONSTRAINT fk_therapists_mailbox_id REFERENCES therapist_service.mailboxes (id),
            ADD potentially_available boolean NOT NULL DEFAULT false,
            ADD potentially_available_notes text,
            ADD blocked_until date,
            ADD do_not_contact boolean NOT NULL DEFAULT false,
            ADD absent_until date,
            ADD erased_at timestamptz,
            ADD CONSTRAINT ck_therapists_gender CHECK (geschlecht IN ('female', 'male', 'diverse')),
            ADD CONSTRAINT ck_therapists_status CHECK (status IN ('active', 'blocked', 'inactive'));
        DROP TYPE public.therapiststatus;
        CREATE INDEX ix_therapists_mailbox_id ON therapist_service.therapists (mailbox_id);
    """)
    for german, english in NAMES.items():
        op.execute(f"ALTER TABLE therapist_service.therapists RENAME {german} TO {english}")
    give_mailboxes()


def downgrade() -> None:
    """Whoever must not be contacted is blocked there: the first generation knows no other way to say it.

    What the migrations set aside has gone back to its tables by now; what else was set aside goes with its table.
    """
    for german, english in NAMES.items():
        op.execute(f"ALTER TABLE therapist_service.therapists RENAME {english} TO {german}")
    op.execute("""
        CREATE TYPE public.therapiststatus AS ENUM ('ACTIVE', 'BLOCKED', 'INACTIVE');
        UPDATE therapist_service.therapists t
            SET status = 'blocked', sperrgrund = coalesce(sperrgrund, 'do not contact')
            WHERE status = 'active' AND (do_not_contact OR erased_at IS NOT NULL OR EXISTS (
                SELECT FROM therapist_service.mailboxes m WHERE m.id = t.mailbox_id AND m.do_not_contact));
        ALTER TABLE therapist_service.therapists
            DROP CONSTRAINT ck_therapists_gender,
            DROP CONSTRAINT ck_therapists_status,
            DROP external_id,
            DROP mailbox_id,
            DROP potentially_available,
            DROP potentially_available_notes,
            DROP blocked_until,
            DROP do_not_contact,
            DROP absent_until,
            DROP erased_at,
            ALTER COLUMN status DROP DEFAULT,
            ALTER COLUMN status DROP NOT NULL,
            ALTER COLUMN status TYPE public.therapiststatus USING upper(status)::public.therapiststatus,
            ALTER COLUMN anrede TYPE varchar(10) USING left(anrede, 10),
            ALTER COLUMN titel TYPE varchar(20) USING left(titel, 20),
            ALTER COLUMN geschlecht TYPE varchar(20) USING CASE geschlecht
                WHEN 'female' THEN 'weiblich' WHEN 'male' THEN 'männlich' WHEN 'diverse' THEN 'divers' END,
            ALTER COLUMN created_at DROP DEFAULT,
            ALTER COLUMN created_at DROP NOT NULL,
            ALTER COLUMN created_at TYPE date USING (created_at AT TIME ZONE 'Europe/Berlin')::date,
            ALTER COLUMN updated_at DROP DEFAULT,
            ALTER COLUMN updated_at DROP NOT NULL,
            ALTER COLUMN updated_at TYPE date USING (updated_at AT TIME ZONE 'Europe/Berlin')::date;
        CREATE INDEX ix_therapist_service_therapists_id ON therapist_service.therapists USING btree (id);
        DROP TABLE therapist_service.mailboxes;
        CREATE SCHEMA IF NOT EXISTS scraping_service;
    """)
    for column in ("telefonische_erreichbarkeit", "fremdsprachen", "psychotherapieverfahren"):
        op.execute(f"""
            UPDATE therapist_service.therapists t SET {column} = s.row -> '{column}'
                FROM communication_service.set_aside s
                WHERE s.source = 'therapist_service.therapists.{column}' AND (s.row ->> 'id')::integer = t.id
                    AND t.{column} IS NULL
        """)
    op.execute("""
        UPDATE therapist_service.therapists t SET geschlecht = s.row ->> 'geschlecht'
            FROM communication_service.set_aside s
            WHERE s.source = 'therapist_service.therapists.geschlecht' AND (s.row ->> 'id')::integer = t.id
                AND t.geschlecht IS NULL;
        DROP TABLE communication_service.set_aside;
    """)


NAMES = {
    "anrede": "salutation",
    "titel": "title",
    "vorname": "first_name",
    "nachname": "last_name",
    "geschlecht": "gender",
    "strasse": "street",
    "plz": "postal_code",
    "ort": "city",
    "telefon": "phone",
    "webseite": "website",
    "kassensitz": "insurance_seat",
    "telefonische_erreichbarkeit": "phone_hours",
    "fremdsprachen": "languages",
    "psychotherapieverfahren": "therapy_methods",
    "zusatzqualifikationen": "qualifications",
    "besondere_leistungsangebote": "special_services",
    "letzter_kontakt_email": "last_email_on",
    "letzter_kontakt_telefon": "last_call_on",
    "letztes_persoenliches_gespraech": "last_conversation_on",
    "freie_einzeltherapieplaetze_ab": "individual_places_from",
    "freie_gruppentherapieplaetze_ab": "group_places_from",
    "sperrgrund": "blocked_reason",
    "sperrdatum": "blocked_on",
}


def set_unreadable_aside() -> None:
    op.execute(f"""
        INSERT INTO communication_service.set_aside (source, reason, row)
            SELECT 'therapist_service.therapists.geschlecht', 'not a gender',
                jsonb_build_object('id', id, 'geschlecht', geschlecht)
            FROM therapist_service.therapists
            WHERE btrim(geschlecht) <> '' AND {LOWER} NOT IN ('weiblich', 'w', 'f', 'frau', 'female',
                'männlich', 'maennlich', 'm', 'herr', 'mann', 'male', 'divers', 'd', 'diverse')
            ORDER BY id;
    """)
    for column in ("fremdsprachen", "psychotherapieverfahren"):
        op.execute(f"""
            WITH unreadable AS (
                SELECT id, {column} FROM therapist_service.therapists
                WHERE jsonb_typeof({column}) NOT IN ('array', 'null')
                    OR jsonb_path_exists({column}, 'strict $[*] ? (@.type() != "string")', silent => true)
            ), kept AS (
                INSERT INTO communication_service.set_aside (source, reason, row)
                    SELECT 'therapist_service.therapists.{column}', 'not a list of names',
                        jsonb_build_object('id', id, '{column}', {column})
                    FROM unreadable ORDER BY id
            )
            UPDATE therapist_service.therapists SET {column} = NULL
                WHERE id IN (SELECT id FROM unreadable) OR jsonb_typeof({column}) = 'null'
        """)
    read_hours("therapist_service.therapists", "telefonische_erreichbarkeit")


def read_hours(table: str, column: str) -> None:
    """Write every weekly window in the strict form; set aside what has none."""
    connection = op.get_bind()
    last = -(2**31) - 1
    op.execute(f"UPDATE {table} SET {column} = NULL WHERE jsonb_typeof({column}) = 'null'")
    while rows := connection.execute(
        sa.text(f"""
            SELECT id, {column}::text FROM {table} WHERE id > :last AND {column} IS NOT NULL ORDER BY id LIMIT :chunk
        """),
        {"last": last, "chunk": CHUNK},
    ).all():
        last = rows[-1][0]
        read = [{"id": row_id, "hours": strict_hours(json.loads(text))} for row_id, text in rows]
        connection.execute(
            sa.text(f"""
                WITH read AS (SELECT * FROM jsonb_to_recordset(CAST(:read AS jsonb)) AS r (id integer, hours jsonb)),
                kept AS (
                    INSERT INTO communication_service.set_aside (source, reason, row)
                        SELECT '{table}.{column}', 'not weekly windows',
                            jsonb_build_object('id', t.id, '{column}', t.{column})
                        FROM {table} t JOIN read USING (id)
                            WHERE jsonb_typeof(read.hours) = 'null' OR read.hours IS NULL
                        ORDER BY t.id
                )
                UPDATE {table} t SET {column} = nullif(read.hours, 'null') FROM read
                    WHERE read.id = t.id AND t.{column} IS DISTINCT FROM read.hours
            """),
            {"read": json.dumps(read)},
        )


def strict_hours(value: object) -> dict[str, list[dict[str, str]]] | None:
    """The stored form of weekly windows, days in order, windows sorted and merged; None: it cannot be read."""
    if not isinstance(value, dict):
        return None
    read: dict[str, list[tuple[str, str]]] = {}
    for name, windows in value.items():
        day = DAY_NAMES.get(name.strip().lower())
        if day is None or day in read or not isinstance(windows, list):
            return None
        found = [strict_window(window) for window in windows]
        read[day] = [window for window in found if window is not None]
        if len(read[day]) < len(found):
            return None
    return {day: [{"start": start, "end": end} for start, end in merged(read[day])] for day in DAYS if read.get(day)}


def strict_window(value: Any) -> tuple[str, str] | None:
    if isinstance(value, str) and (parts := RANGE.fullmatch(value)):
        value = {"start": parts[1], "end": parts[2]}
    if not isinstance(value, dict) or set(value) != {"start", "end"}:
        return None
    start, end = value["start"], value["end"]
    times = isinstance(start, str) and isinstance(end, str) and TIME.fullmatch(start) and TIME.fullmatch(end)
    return (start, end) if times and start < end else None


def merged(windows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """`HH:MM` sorts as text."""
    found: list[tuple[str, str]] = []
    for start, end in sorted(windows):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def give_mailboxes() -> None:
    connection = op.get_bind()
    addresses = connection.scalars(
        sa.text("SELECT DISTINCT email FROM therapist_service.therapists WHERE email IS NOT NULL")
    ).all()
    if not addresses:
        return
    # Here, because a database without rows does without what it needs.
    from boona_adapters.addresses import BadAddress, mailbox_of  # noqa: PLC0415

    read: dict[str, str] = {}
    for address in addresses:
        try:
            read[address] = mailbox_of(address)
        except BadAddress:
            continue  # set aside below: it gets no mailbox
    connection.execute(
        sa.text("""
            WITH read AS (SELECT key AS email, value AS address FROM jsonb_each_text(CAST(:read AS jsonb)))
            INSERT INTO therapist_service.mailboxes (address) SELECT DISTINCT address FROM read ORDER BY address
        """),
        {"read": json.dumps(read)},
    )
    connection.execute(
        sa.text("""
            UPDATE therapist_service.therapists t SET mailbox_id = m.id
                FROM jsonb_each_text(CAST(:read AS jsonb)) AS read
                    JOIN therapist_service.mailboxes m ON m.address = read.value
                WHERE t.email = read.key
        """),
        {"read": json.dumps(read)},
    )
    op.execute("""
        INSERT INTO communication_service.set_aside (source, reason, row)
            SELECT 'therapist_service.therapists.email', 'not an email address: it stays as text, without a mailbox',
                jsonb_build_object('id', id, 'email', email)
            FROM therapist_service.therapists WHERE email IS NOT NULL AND mailbox_id IS NULL ORDER BY id
    """)
