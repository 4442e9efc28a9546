"""Postal codes with their places, and what each side of a match wishes.

Nothing of it was known to the first generation: the columns begin empty, and go down with what stands in them.
"""

from alembic import op

revision = "a41c0d5e9b72"
down_revision = "9d04b7e3f1c8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE geocoding_service.postal_codes (
            postal_code varchar(10) CONSTRAINT postal_codes_pkey PRIMARY KEY,
            place varchar(200) NOT NULL,
            land varchar(2),
            latitude double precision NOT NULL,
            longitude double precision NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX ix_postal_codes_latitude ON geocoding_service.postal_codes (latitude, longitude);

        ALTER TABLE therapist_service.therapists
            ADD availability jsonb,
            ADD patient_age_from integer,
            ADD patient_age_to integer,
            ADD patient_gender varchar(20),
            ADD accepted_diagnoses jsonb,
            ADD refused_diagnoses jsonb,
            ADD group_therapy varchar(20),
            ADD CONSTRAINT ck_therapists_patient_gender
                CHECK (patient_gender IN ('female', 'male', 'diverse', 'any')),
            ADD CONSTRAINT ck_therapists_group_therapy CHECK (group_therapy IN ('individual', 'group', 'both'));
        CREATE INDEX ix_therapists_postal_code ON therapist_service.therapists (postal_code);
        CREATE INDEX ix_therapists_odd_postal_code ON therapist_service.therapists (id)
            WHERE postal_code !~ '^[0-9]{5}$';

        ALTER TABLE patient_service.patients ADD languages jsonb, ADD therapy_methods jsonb;
        CREATE INDEX ix_patients_searching ON patient_service.patients (id) WHERE status = 'searching';
    """)


def downgrade() -> None:
    op.execute("""
        DROP INDEX patient_service.ix_patients_searching;
        ALTER TABLE patient_service.patients DROP languages, DROP therapy_methods;

        DROP INDEX therapist_service.ix_therapists_odd_postal_code;
        DROP INDEX therapist_service.ix_therapists_postal_code;
        ALTER TABLE therapist_service.therapists
            DROP availability,
            DROP patient_age_from,
            DROP patient_age_to,
            DROP patient_gender,
            DROP accepted_diagnoses,
            DROP refused_diagnoses,
            DROP group_therapy;

        DROP TABLE geocoding_service.postal_codes;
    """)
