"""Why an import refused rows is kept in its history; and tokens may be narrowed to imports."""

from alembic import op

revision = "d5e90b27c4f8"
down_revision = "e2b70f94c1a6"
branch_labels = None
depends_on = None

SCOPES = "'emails', 'calls', 'therapists', 'patients', 'requests', 'plans', 'metrics'"


def upgrade() -> None:
    op.execute(f"""
        CREATE TABLE matching_service.import_faults (
            id bigserial CONSTRAINT import_faults_pkey PRIMARY KEY,
            run_id integer NOT NULL CONSTRAINT fk_import_faults_run_id
                REFERENCES matching_service.import_runs (id) ON DELETE CASCADE,
            file_row integer NOT NULL,
            field text,
            fault text NOT NULL
        );
        CREATE INDEX ix_import_faults_run_id ON matching_service.import_faults (run_id);
        {_scopes("'emails', 'calls', 'therapists', 'patients', 'requests', 'plans', 'imports', 'metrics'")}
    """)


def downgrade() -> None:
    # a token without scopes may do everything: one that was narrowed to imports alone ends instead
    op.execute(f"""
        UPDATE communication_service.access_tokens
           SET revoked_at = coalesce(revoked_at, now()), updated_at = now() WHERE scopes = '{{imports}}';
        UPDATE communication_service.access_tokens SET scopes = array_remove(scopes, 'imports')
         WHERE 'imports' = ANY(scopes);
        {_scopes(SCOPES)}
        DROP TABLE matching_service.import_faults;
    """)


def _scopes(names: str) -> str:
    return f"""
        ALTER TABLE communication_service.access_tokens DROP CONSTRAINT ck_access_tokens_scopes,
            ADD CONSTRAINT ck_access_tokens_scopes CHECK (scopes <@ ARRAY[{names}]::varchar[]);
    """
