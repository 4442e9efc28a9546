"""Therapists who turned out to be one: who was merged into whom, what it changed, and which pairs are two people."""

from alembic import op

revision = "b52d1f6c0a83"
down_revision = "a41c0d5e9b72"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE therapist_service.therapists ADD merged_into integer
            CONSTRAINT fk_therapists_merged_into REFERENCES therapist_service.therapists (id);
        CREATE INDEX ix_therapists_merged_into ON therapist_service.therapists (merged_into)
            WHERE merged_into IS NOT NULL;

        CREATE TABLE therapist_service.merges (
            id serial CONSTRAINT merges_pkey PRIMARY KEY,
            merged_id integer NOT NULL CONSTRAINT fk_merges_merged_id REFERENCES therapist_service.therapists (id),
            kept_id integer NOT NULL CONSTRAINT fk_merges_kept_id REFERENCES therapist_service.therapists (id),
            record jsonb NOT NULL,
            undone_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE UNIQUE INDEX uq_merges_merged_id ON therapist_service.merges (merged_id) WHERE undone_at IS NULL;
        CREATE INDEX ix_merges_kept_id ON therapist_service.merges (kept_id);

        CREATE TABLE therapist_service.no_duplicates (
            first_id integer CONSTRAINT fk_no_duplicates_first_id REFERENCES therapist_service.therapists (id),
            second_id integer CONSTRAINT fk_no_duplicates_second_id REFERENCES therapist_service.therapists (id),
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT no_duplicates_pkey PRIMARY KEY (first_id, second_id),
            CONSTRAINT ck_no_duplicates_ordered CHECK (first_id < second_id)
        );
        CREATE INDEX ix_no_duplicates_second_id ON therapist_service.no_duplicates (second_id);
    """)


def downgrade() -> None:
    op.execute("""
        DROP TABLE therapist_service.no_duplicates;
        DROP TABLE therapist_service.merges;
        DROP INDEX therapist_service.ix_therapists_merged_into;
        ALTER TABLE therapist_service.therapists DROP merged_into;
    """)
