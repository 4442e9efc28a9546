"""What a file said last about each person, so that what staff changed since then is told from what the file changes.

Whoever is erased leaves nothing behind in it, nor in the records of merges.
"""

from alembic import op

revision = "c63e2a7d1b94"
down_revision = "b52d1f6c0a83"
branch_labels = None
depends_on = None

FORGET = """
CREATE FUNCTION matching_service.forget_imported() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM matching_service.import_bases WHERE kind = TG_ARGV[0] AND row_id = NEW.id;
            IF TG_ARGV[0] = 'therapists' THEN
                UPDATE therapist_service.merges SET record = jsonb_set(record, '{filled}', '[]')
                 WHERE NEW.id IN (kept_id, merged_id);
            END IF;
            RETURN NULL;
        END $$;
CREATE TRIGGER forget_imported AFTER UPDATE OF erased_at ON therapist_service.therapists FOR EACH ROW
    WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION matching_service.forget_imported('therapists');
CREATE TRIGGER forget_imported AFTER UPDATE OF erased_at ON patient_service.patients FOR EACH ROW
    WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION matching_service.forget_imported('patients');
"""


def upgrade() -> None:
    op.execute("""
        CREATE TABLE matching_service.import_bases (
            kind varchar(20) NOT NULL,
            row_id integer NOT NULL,
            "values" jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT import_bases_pkey PRIMARY KEY (kind, row_id),
            CONSTRAINT ck_import_bases_kind CHECK (kind IN ('therapists', 'patients'))
        );
        ALTER TABLE matching_service.import_runs ADD undoes integer
            CONSTRAINT fk_import_runs_undoes REFERENCES matching_service.import_runs (id),
            ADD CONSTRAINT uq_import_runs_undoes UNIQUE (undoes);
    """)
    op.execute(FORGET)


def downgrade() -> None:
    op.execute("""
        DROP TRIGGER forget_imported ON patient_service.patients;
        DROP TRIGGER forget_imported ON therapist_service.therapists;
        DROP FUNCTION matching_service.forget_imported();
        ALTER TABLE matching_service.import_runs DROP undoes;
        DROP TABLE matching_service.import_bases;
    """)
