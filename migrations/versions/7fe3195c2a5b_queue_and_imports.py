"""What the queue, the events and the imports remember; the first generation had nothing of it."""

from alembic import op

revision = "7fe3195c2a5b"
down_revision = "61d4a87b0c49"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE communication_service.email_days (
            day date CONSTRAINT email_days_pkey PRIMARY KEY,
            queued integer NOT NULL DEFAULT 0
        );
        CREATE TABLE communication_service.dispatch (
            id smallint CONSTRAINT dispatch_pkey PRIMARY KEY,
            paused_until timestamptz,
            words text,
            CONSTRAINT ck_dispatch_one_row CHECK (id = 1)
        );
        CREATE TABLE communication_service.outbox (
            id bigserial CONSTRAINT outbox_pkey PRIMARY KEY,
            event_id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT uq_outbox_event_id UNIQUE,
            type varchar(50) NOT NULL,
            key integer NOT NULL,
            data jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            published_at timestamptz
        );
        CREATE INDEX ix_outbox_unpublished ON communication_service.outbox (id) WHERE published_at IS NULL;
        CREATE TABLE matching_service.import_runs (
            id serial CONSTRAINT import_runs_pkey PRIMARY KEY,
            kind varchar(20) NOT NULL,
            sha256 varchar(64) NOT NULL,
            created integer NOT NULL,
            changed integer NOT NULL,
            unchanged integer NOT NULL,
            refused integer NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT ck_import_runs_kind CHECK (kind IN ('therapists', 'patients', 'requests'))
        );
        CREATE TABLE matching_service.import_changes (
            id bigserial CONSTRAINT import_changes_pkey PRIMARY KEY,
            run_id integer NOT NULL CONSTRAINT fk_import_changes_run_id
                REFERENCES matching_service.import_runs (id) ON DELETE CASCADE,
            row_id integer NOT NULL,
            field varchar(50),
            old jsonb,
            new jsonb
        );
        CREATE INDEX ix_import_changes_run_id ON matching_service.import_changes (run_id);
    """)


def downgrade() -> None:
    op.execute("""
        DROP TABLE matching_service.import_changes;
        DROP TABLE matching_service.import_runs;
        DROP TABLE communication_service.outbox;
        DROP TABLE communication_service.dispatch;
        DROP TABLE communication_service.email_days;
    """)
