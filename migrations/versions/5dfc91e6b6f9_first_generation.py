"""The schema of the first generation of this system, at its revision of the same id.

A database of the first generation is stamped with this revision and starts here; an empty one is made to look exactly
like it.  Its naive times hold UTC.
"""

from alembic import op

revision = "5dfc91e6b6f9"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(FIRST_GENERATION)


def downgrade() -> None:
    """Only ever runs without rows: `boona_adapters.postgres.migrating` refuses before."""
    op.execute("""
        DROP TABLE communication_service.emails, matching_service.placement_requests, patient_service.patients,
            therapist_service.therapists;
        DROP SCHEMA communication_service;
        DROP SCHEMA geocoding_service;
        DROP SCHEMA matching_service;
        DROP SCHEMA patient_service;
        DROP SCHEMA scraping_service;
        DROP SCHEMA therapist_service;
        DROP TYPE public.emailstatus;
        DROP TYPE public.patientstatus;
        DROP TYPE public.placementrequeststatus;
        DROP TYPE public.therapistgenderpreference;
        DROP TYPE public.therapiststatus;
    """)


FIRST_GENERATION = """
CREATE SCHEMA communication_service;

CREATE SCHEMA geocoding_service;

CREATE SCHEMA matching_service;

CREATE SCHEMA patient_service;

CREATE SCHEMA scraping_service;

CREATE SCHEMA therapist_service;

CREATE TYPE public.emailstatus AS ENUM (
    'entwurf',
    'in_warteschlange',
    'wird_gesendet',
    'gesendet',
    'fehlgeschlagen'
);

CREATE TYPE public.patientstatus AS ENUM (
    'OPEN',
    'SEARCHING',
    'IN_THERAPY',
    'THERAPY_COMPLETED',
    'SEARCH_ABORTED',
    'THERAPY_ABORTED'
);

CREATE TYPE public.placementrequeststatus AS ENUM (
    'OPEN',
    'IN_PROGRESS',
    'REJECTED',
    'ACCEPTED'
);

CREATE TYPE public.therapistgenderpreference AS ENUM (
    'MALE',
    'FEMALE',
    'ANY'
);

CREATE TYPE public.therapiststatus AS ENUM (
    'ACTIVE',
    'BLOCKED',
    'INACTIVE'
);

CREATE TABLE communication_service.emails (
    id integer NOT NULL,
    therapist_id integer NOT NULL,
    subject character varying(255) NOT NULL,
    body_html text NOT NULL,
    body_text text NOT NULL,
    recipient_email character varying(255) NOT NULL,
    recipient_name character varying(255) NOT NULL,
    sender_email character varying(255) NOT NULL,
    sender_name character varying(255) NOT NULL,
    placement_request_ids jsonb,
    status public.emailstatus,
    queued_at timestamp without time zone,
    sent_at timestamp without time zone,
    error_message text,
    retry_count integer,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE SEQUENCE communication_service.emails_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE communication_service.emails_id_seq OWNED BY communication_service.emails.id;

CREATE TABLE matching_service.placement_requests (
    id integer NOT NULL,
    patient_id integer NOT NULL,
    therapist_id integer NOT NULL,
    status public.placementrequeststatus,
    created_at date,
    email_contact_date date,
    phone_contact_date date,
    response text,
    response_date date,
    next_contact_after date,
    priority integer,
    notes text
);

CREATE SEQUENCE matching_service.placement_requests_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE matching_service.placement_requests_id_seq OWNED BY matching_service.placement_requests.id;

CREATE TABLE patient_service.patients (
    id integer NOT NULL,
    anrede character varying(10),
    vorname character varying(100) NOT NULL,
    nachname character varying(100) NOT NULL,
    strasse character varying(255),
    plz character varying(10),
    ort character varying(100),
    email character varying(255),
    telefon character varying(50),
    hausarzt character varying(255),
    krankenkasse character varying(100),
    krankenversicherungsnummer character varying(50),
    geburtsdatum date,
    diagnose character varying(50),
    vertraege_unterschrieben boolean,
    psychotherapeutische_sprechstunde boolean,
    startdatum date,
    erster_therapieplatz_am date,
    funktionierender_therapieplatz_am date,
    status public.patientstatus,
    empfehler_der_unterstuetzung text,
    zeitliche_verfuegbarkeit jsonb,
    raeumliche_verfuegbarkeit jsonb,
    verkehrsmittel character varying(50),
    offen_fuer_gruppentherapie boolean,
    offen_fuer_diga boolean,
    letzter_kontakt date,
    psychotherapieerfahrung boolean,
    stationaere_behandlung boolean,
    berufliche_situation text,
    familienstand character varying(50),
    aktuelle_psychische_beschwerden text,
    beschwerden_seit date,
    bisherige_behandlungen text,
    relevante_koerperliche_erkrankungen text,
    aktuelle_medikation text,
    aktuelle_belastungsfaktoren text,
    unterstuetzungssysteme text,
    anlass_fuer_die_therapiesuche text,
    erwartungen_an_die_therapie text,
    therapieziele text,
    fruehere_therapieerfahrungen text,
    ausgeschlossene_therapeuten jsonb,
    bevorzugtes_therapeutengeschlecht public.therapistgenderpreference,
    created_at date,
    updated_at date
);

CREATE SEQUENCE patient_service.patients_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE patient_service.patients_id_seq OWNED BY patient_service.patients.id;

CREATE TABLE therapist_service.therapists (
    id integer NOT NULL,
    anrede character varying(10),
    titel character varying(20),
    vorname character varying(100) NOT NULL,
    nachname character varying(100) NOT NULL,
    strasse character varying(255),
    plz character varying(10),
    ort character varying(100),
    telefon character varying(50),
    fax character varying(50),
    email character varying(255),
    webseite character varying(255),
    kassensitz boolean,
    geschlecht character varying(20),
    telefonische_erreichbarkeit jsonb,
    fremdsprachen jsonb,
    psychotherapieverfahren jsonb,
    zusatzqualifikationen text,
    besondere_leistungsangebote text,
    letzter_kontakt_email date,
    letzter_kontakt_telefon date,
    letztes_persoenliches_gespraech date,
    freie_einzeltherapieplaetze_ab date,
    freie_gruppentherapieplaetze_ab date,
    status public.therapiststatus,
    sperrgrund text,
    sperrdatum date,
    created_at date,
    updated_at date
);

CREATE SEQUENCE therapist_service.therapists_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE therapist_service.therapists_id_seq OWNED BY therapist_service.therapists.id;

ALTER TABLE ONLY communication_service.emails
    ALTER COLUMN id SET DEFAULT nextval('communication_service.emails_id_seq'::regclass);

ALTER TABLE ONLY matching_service.placement_requests
    ALTER COLUMN id SET DEFAULT nextval('matching_service.placement_requests_id_seq'::regclass);

ALTER TABLE ONLY patient_service.patients
    ALTER COLUMN id SET DEFAULT nextval('patient_service.patients_id_seq'::regclass);

ALTER TABLE ONLY therapist_service.therapists
    ALTER COLUMN id SET DEFAULT nextval('therapist_service.therapists_id_seq'::regclass);

ALTER TABLE ONLY communication_service.emails
    ADD CONSTRAINT emails_pkey PRIMARY KEY (id);

ALTER TABLE ONLY matching_service.placement_requests
    ADD CONSTRAINT placement_requests_pkey PRIMARY KEY (id);

ALTER TABLE ONLY patient_service.patients
    ADD CONSTRAINT patients_pkey PRIMARY KEY (id);

ALTER TABLE ONLY therapist_service.therapists
    ADD CONSTRAINT therapists_pkey PRIMARY KEY (id);

CREATE INDEX ix_communication_service_emails_id ON communication_service.emails USING btree (id);

CREATE INDEX ix_communication_service_emails_therapist_id ON communication_service.emails USING btree (therapist_id);

CREATE INDEX ix_matching_service_placement_requests_id ON matching_service.placement_requests USING btree (id);

CREATE INDEX ix_matching_service_placement_requests_patient_id ON matching_service.placement_requests
    USING btree (patient_id);

CREATE INDEX ix_matching_service_placement_requests_therapist_id ON matching_service.placement_requests
    USING btree (therapist_id);

CREATE INDEX ix_patient_service_patients_id ON patient_service.patients USING btree (id);

CREATE INDEX ix_therapist_service_therapists_id ON therapist_service.therapists USING btree (id);
"""
