"""Patients get English names, lower-case values and a table of excluded therapists; what cannot be read is set aside.

The gender, which the first generation did not have, follows from `Frau` and `Herr`; nothing else is concluded.  The
reader of weekly windows is a copy, frozen with this revision.
"""

import json
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2b8e51f7ac04"
down_revision = "17c4e0a9d2b3"
branch_labels = None
depends_on = None

CHUNK = 5_000
"""So many rows are read, judged and written at once."""

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
GERMAN_DAYS = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag")
DAY_NAMES = {**{day: day for day in DAYS}, **dict(zip(GERMAN_DAYS, DAYS, strict=True)), "sonnabend": "saturday"}
TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
RANGE = re.compile(r"\s*(\d\d:\d\d)\s*[-–]\s*(\d\d:\d\d)\s*")


def upgrade() -> None:
    set_unreadable_aside()
    op.execute(f"""
        DROP INDEX patient_service.ix_patient_service_patients_id;
        ALTER TABLE patient_service.patients
            ALTER COLUMN anrede TYPE varchar(50),
            ALTER COLUMN vertraege_unterschrieben TYPE boolean USING coalesce(vertraege_unterschrieben, false),
            ALTER COLUMN vertraege_unterschrieben SET DEFAULT false,
            ALTER COLUMN vertraege_unterschrieben SET NOT NULL,
            ALTER COLUMN psychotherapeutische_sprechstunde TYPE boolean
                USING coalesce(psychotherapeutische_sprechstunde, false),
            ALTER COLUMN psychotherapeutische_sprechstunde SET DEFAULT false,
            ALTER COLUMN psychotherapeutische_sprechstunde SET NOT NULL,
            ALTER COLUMN startdatum TYPE date USING CASE WHEN startdatum IS NULL AND status = 'SEARCHING'
                THEN coalesce(created_at, (now() AT TIME ZONE 'Europe/Berlin')::date) ELSE startdatum END,
            ALTER COLUMN status TYPE varchar(20) USING coalesce(lower(status::text), 'open'),
            ALTER COLUMN status SET DEFAULT 'open',
            ALTER COLUMN status SET NOT NULL,
            ALTER COLUMN verkehrsmittel TYPE varchar(50) USING {TRAVEL_MODE},
            ALTER COLUMN bevorzugtes_therapeutengeschlecht TYPE varchar(20)
                USING lower(bevorzugtes_therapeutengeschlecht::text),
            ALTER COLUMN created_at TYPE timestamptz USING coalesce(created_at, updated_at,
                (now() AT TIME ZONE 'Europe/Berlin')::date)::timestamp AT TIME ZONE 'Europe/Berlin',
            ALTER COLUMN created_at SET DEFAULT now(),
            ALTER COLUMN created_at SET NOT NULL,
            ALTER COLUMN updated_at TYPE timestamptz USING coalesce(updated_at, created_at,
                (now() AT TIME ZONE 'Europe/Berlin')::date)::timestamp AT TIME ZONE 'Europe/Berlin',
            ALTER COLUMN updated_at SET DEFAULT now(),
            ALTER COLUMN updated_at SET NOT NULL,
            ADD external_id varchar(100) CONSTRAINT uq_patients_external_id UNIQUE,
            ADD title varchar(50),
            ADD gender varchar(20),
            ADD search_paused_until date,
            ADD erased_at timestamptz,
            ADD CONSTRAINT ck_patients_gender CHECK (gender IN ('female', 'male', 'diverse')),
            ADD CONSTRAINT ck_patients_status CHECK (status IN
                ('open', 'searching', 'in_therapy', 'therapy_completed', 'search_aborted', 'therapy_aborted')),
            ADD CONSTRAINT ck_patients_travel_mode CHECK (verkehrsmittel IN ('car', 'transit', 'bike', 'foot')),
            ADD CONSTRAINT ck_patients_preferred_therapist_gender
                CHECK (bevorzugtes_therapeutengeschlecht IN ('female', 'male', 'diverse', 'any'));
        DROP TYPE public.patientstatus;
        DROP TYPE public.therapistgenderpreference;
        UPDATE patient_service.patients
            SET gender = CASE lower(btrim(anrede)) WHEN 'frau' THEN 'female' WHEN 'herr' THEN 'male' END
            WHERE lower(btrim(anrede)) IN ('frau', 'herr');
        CREATE TABLE patient_service.excluded_therapists (
            patient_id integer NOT NULL CONSTRAINT fk_excluded_therapists_patient_id
                REFERENCES patient_service.patients (id) ON DELETE CASCADE,
            therapist_id integer NOT NULL CONSTRAINT fk_excluded_therapists_therapist_id
                REFERENCES therapist_service.therapists (id) ON DELETE CASCADE,
            CONSTRAINT excluded_therapists_pkey PRIMARY KEY (patient_id, therapist_id)
        );
        CREATE INDEX ix_excluded_therapists_therapist_id ON patient_service.excluded_therapists (therapist_id);
        {EXCLUSIONS}
        ALTER TABLE patient_service.patients DROP ausgeschlossene_therapeuten;
    """)
    for german, english in NAMES.items():
        op.execute(f"ALTER TABLE patient_service.patients RENAME {german} TO {english}")


def downgrade() -> None:
    for german, english in NAMES.items():
        op.execute(f"ALTER TABLE patient_service.patients RENAME {english} TO {german}")
    op.execute("""
        CREATE TYPE public.patientstatus AS ENUM
            ('OPEN', 'SEARCHING', 'IN_THERAPY', 'THERAPY_COMPLETED', 'SEARCH_ABORTED', 'THERAPY_ABORTED');
        CREATE TYPE public.therapistgenderpreference AS ENUM ('MALE', 'FEMALE', 'ANY');
        ALTER TABLE patient_service.patients
            DROP CONSTRAINT ck_patients_gender,
            DROP CONSTRAINT ck_patients_status,
            DROP CONSTRAINT ck_patients_travel_mode,
            DROP CONSTRAINT ck_patients_preferred_therapist_gender,
            DROP external_id,
            DROP title,
            DROP gender,
            DROP search_paused_until,
            DROP erased_at,
            ADD ausgeschlossene_therapeuten jsonb,
            ALTER COLUMN anrede TYPE varchar(10) USING left(anrede, 10),
            ALTER COLUMN vertraege_unterschrieben DROP DEFAULT,
            ALTER COLUMN vertraege_unterschrieben DROP NOT NULL,
            ALTER COLUMN psychotherapeutische_sprechstunde DROP DEFAULT,
            ALTER COLUMN psychotherapeutische_sprechstunde DROP NOT NULL,
            ALTER COLUMN status DROP DEFAULT,
            ALTER COLUMN status DROP NOT NULL,
            ALTER COLUMN status TYPE public.patientstatus USING upper(status)::public.patientstatus,
            ALTER COLUMN verkehrsmittel TYPE varchar(50) USING CASE verkehrsmittel
                WHEN 'car' THEN 'Auto' WHEN 'transit' THEN 'ÖPNV' WHEN 'bike' THEN 'Fahrrad'
                    WHEN 'foot' THEN 'zu Fuß' END,
            ALTER COLUMN bevorzugtes_therapeutengeschlecht TYPE public.therapistgenderpreference
                USING nullif(upper(bevorzugtes_therapeutengeschlecht), 'DIVERSE')::public.therapistgenderpreference,
            ALTER COLUMN created_at DROP DEFAULT,
            ALTER COLUMN created_at DROP NOT NULL,
            ALTER COLUMN created_at TYPE date USING (created_at AT TIME ZONE 'Europe/Berlin')::date,
            ALTER COLUMN updated_at DROP DEFAULT,
            ALTER COLUMN updated_at DROP NOT NULL,
            ALTER COLUMN updated_at TYPE date USING (updated_at AT TIME ZONE 'Europe/Berlin')::date;
        CREATE INDEX ix_patient_service_patients_id ON patient_service.patients USING btree (id);

        UPDATE patient_service.patients p SET ausgeschlossene_therapeuten = listed.entries
            FROM (
                SELECT id, jsonb_agg(entry ORDER BY kind, place) AS entries
                FROM (
                    SELECT patient_id AS id, 1 AS kind, therapist_id AS place, to_jsonb(therapist_id) AS entry
                        FROM patient_service.excluded_therapists
                    UNION ALL
                    SELECT (row ->> 'id')::integer, 2, id, row -> 'entry' FROM communication_service.set_aside
                        WHERE source = 'patient_service.patients.ausgeschlossene_therapeuten'
                            AND reason <> 'not a list'
                ) AS every GROUP BY id
            ) AS listed WHERE listed.id = p.id;
        UPDATE patient_service.patients p SET ausgeschlossene_therapeuten = s.row -> 'entry'
            FROM communication_service.set_aside s
            WHERE s.source = 'patient_service.patients.ausgeschlossene_therapeuten' AND s.reason = 'not a list'
                AND (s.row ->> 'id')::integer = p.id AND p.ausgeschlossene_therapeuten IS NULL;
        DROP TABLE patient_service.excluded_therapists;
    """)
    for column, read in (
        ("zeitliche_verfuegbarkeit", "->"),
        ("raeumliche_verfuegbarkeit", "->"),
        ("verkehrsmittel", "->>"),
    ):
        op.execute(f"""
            UPDATE patient_service.patients p SET {column} = s.row {read} '{column}'
                FROM communication_service.set_aside s
                WHERE s.source = 'patient_service.patients.{column}' AND (s.row ->> 'id')::integer = p.id
                    AND p.{column} IS NULL
        """)
    op.execute("DELETE FROM communication_service.set_aside WHERE source LIKE 'patient_service.patients.%'")


NAMES = {
    "anrede": "salutation",
    "vorname": "first_name",
    "nachname": "last_name",
    "strasse": "street",
    "plz": "postal_code",
    "ort": "city",
    "telefon": "phone",
    "hausarzt": "general_practitioner",
    "krankenkasse": "insurer",
    "krankenversicherungsnummer": "insurance_number",
    "geburtsdatum": "birth_date",
    "diagnose": "diagnosis",
    "vertraege_unterschrieben": "contracts_signed",
    "psychotherapeutische_sprechstunde": "consultation_attended",
    "startdatum": "registered_on",
    "erster_therapieplatz_am": "first_place_on",
    "funktionierender_therapieplatz_am": "lasting_place_on",
    "empfehler_der_unterstuetzung": "referred_by",
    "zeitliche_verfuegbarkeit": "availability",
    "raeumliche_verfuegbarkeit": "travel_limit",
    "verkehrsmittel": "travel_mode",
    "offen_fuer_gruppentherapie": "open_to_group_therapy",
    "offen_fuer_diga": "open_to_digital_therapy",
    "letzter_kontakt": "last_contact_on",
    "psychotherapieerfahrung": "therapy_experience",
    "stationaere_behandlung": "inpatient_treatment",
    "berufliche_situation": "occupation",
    "familienstand": "family_status",
    "aktuelle_psychische_beschwerden": "symptoms",
    "beschwerden_seit": "symptoms_since",
    "bisherige_behandlungen": "earlier_treatments",
    "relevante_koerperliche_erkrankungen": "physical_illnesses",
    "aktuelle_medikation": "medication",
    "aktuelle_belastungsfaktoren": "stressors",
    "unterstuetzungssysteme": "support",
    "anlass_fuer_die_therapiesuche": "reason_for_search",
    "erwartungen_an_die_therapie": "expectations",
    "therapieziele": "goals",
    "fruehere_therapieerfahrungen": "earlier_therapies",
    "bevorzugtes_therapeutengeschlecht": "preferred_therapist_gender",
}

# Lower case also where the database's locale knows no letters beyond ASCII.
TRAVEL_MODE = """CASE
    WHEN lower(btrim(verkehrsmittel)) IN ('auto', 'pkw', 'car') THEN 'car'
    WHEN translate(lower(btrim(verkehrsmittel)), 'Ö', 'ö') IN ('öpnv', 'oepnv', 'transit') THEN 'transit'
    WHEN lower(btrim(verkehrsmittel)) IN ('fahrrad', 'rad', 'bike') THEN 'bike'
    WHEN lower(btrim(verkehrsmittel)) IN ('zu fuß', 'zu fuss', 'fuß', 'fuss', 'foot') THEN 'foot'
END"""

# An entry is kept where it is a whole number and a therapist's id, the first time that it is named.
EXCLUSIONS = """
    CREATE TABLE patient_service.entries_of_exclusions AS
        SELECT id, place, entry, therapist_id,
            row_number() OVER (PARTITION BY id, therapist_id ORDER BY place) AS time
        FROM (
            SELECT p.id, e.place, e.entry, t.id AS therapist_id
            FROM patient_service.patients p
                CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(p.ausgeschlossene_therapeuten)
                    WHEN 'array' THEN p.ausgeschlossene_therapeuten ELSE '[]' END) WITH ORDINALITY AS e (entry, place)
                LEFT JOIN therapist_service.therapists t
                    ON jsonb_typeof(e.entry) = 'number' AND t.id::text = e.entry #>> '{}'
        ) AS read;
    INSERT INTO patient_service.excluded_therapists (patient_id, therapist_id)
        SELECT id, therapist_id FROM patient_service.entries_of_exclusions
            WHERE therapist_id IS NOT NULL AND time = 1;
    INSERT INTO communication_service.set_aside (source, reason, row)
        SELECT 'patient_service.patients.ausgeschlossene_therapeuten',
            CASE WHEN therapist_id IS NOT NULL THEN 'repeated' ELSE 'no therapist has this id' END,
            jsonb_build_object('id', id, 'entry', entry)
        FROM patient_service.entries_of_exclusions WHERE therapist_id IS NULL OR time > 1 ORDER BY id, place;
    DROP TABLE patient_service.entries_of_exclusions;
    INSERT INTO communication_service.set_aside (source, reason, row)
        SELECT 'patient_service.patients.ausgeschlossene_therapeuten', 'not a list',
            jsonb_build_object('id', id, 'entry', ausgeschlossene_therapeuten)
        FROM patient_service.patients WHERE jsonb_typeof(ausgeschlossene_therapeuten) NOT IN ('array', 'null')
            ORDER BY id;
"""


def set_unreadable_aside() -> None:
    op.execute(f"""
        INSERT INTO communication_service.set_aside (source, reason, row)
            SELECT 'patient_service.patients.verkehrsmittel', 'not a way to travel',
                jsonb_build_object('id', id, 'verkehrsmittel', verkehrsmittel)
            FROM patient_service.patients WHERE btrim(verkehrsmittel) <> '' AND {TRAVEL_MODE} IS NULL ORDER BY id;
    """)
    # Kept are objects that hold nothing but whole kilometres and minutes of at least 1.
    op.execute("""
        WITH unreadable AS (
            SELECT id, raeumliche_verfuegbarkeit FROM patient_service.patients p
            WHERE jsonb_typeof(raeumliche_verfuegbarkeit) NOT IN ('object', 'null') OR EXISTS (
                SELECT FROM jsonb_each(CASE jsonb_typeof(raeumliche_verfuegbarkeit)
                    WHEN 'object' THEN raeumliche_verfuegbarkeit ELSE '{}' END) AS e (key, value)
                WHERE e.key NOT IN ('max_km', 'max_minutes')
                    OR NOT (jsonb_typeof(e.value) = 'null'
                        OR jsonb_typeof(e.value) = 'number' AND e.value #>> '{}' ~ '^[1-9][0-9]{0,5}$'))
        ), kept AS (
            INSERT INTO communication_service.set_aside (source, reason, row)
                SELECT 'patient_service.patients.raeumliche_verfuegbarkeit', 'not a travel limit',
                    jsonb_build_object('id', id, 'raeumliche_verfuegbarkeit', raeumliche_verfuegbarkeit)
                FROM unreadable ORDER BY id
        )
        UPDATE patient_service.patients SET raeumliche_verfuegbarkeit = NULL
            WHERE id IN (SELECT id FROM unreadable) OR jsonb_typeof(raeumliche_verfuegbarkeit) = 'null'
    """)
    read_hours("patient_service.patients", "zeitliche_verfuegbarkeit")


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
