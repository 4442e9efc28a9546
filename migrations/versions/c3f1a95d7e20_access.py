"""Tokens of the API, and the answers that a call with a key gets when it is repeated.

Of a token only the hash is kept.  Answers are kept for a day, in the transaction of their effect.
"""

from alembic import op

revision = "c3f1a95d7e20"
down_revision = "c63e2a7d1b94"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE communication_service.access_tokens (
            id serial PRIMARY KEY,
            name varchar(100) NOT NULL,
            digest bytea NOT NULL CONSTRAINT uq_access_tokens_digest UNIQUE,
            role varchar(20) NOT NULL
                CONSTRAINT ck_access_tokens_role CHECK (role IN ('reader', 'caller', 'coordinator', 'admin')),
            scopes varchar(20)[] NOT NULL DEFAULT '{}'
                CONSTRAINT ck_access_tokens_scopes CHECK (scopes <@ ARRAY['emails', 'calls', 'therapists', 'patients',
                    'requests', 'plans', 'metrics']::varchar[]),
            names varchar(2) NOT NULL DEFAULT 'en' CONSTRAINT ck_access_tokens_names CHECK (names IN ('en', 'de')),
            caller integer,
            expires_at timestamptz NOT NULL,
            last_used_at timestamptz,
            revoked_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE TABLE communication_service.api_answers (
            token_id integer NOT NULL CONSTRAINT fk_api_answers_token_id
                REFERENCES communication_service.access_tokens ON DELETE CASCADE,
            key varchar(255) NOT NULL,
            request_hash bytea NOT NULL,
            status smallint NOT NULL,
            headers jsonb NOT NULL,
            body bytea NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT api_answers_pkey PRIMARY KEY (token_id, key)
        );
        CREATE INDEX ix_api_answers_created_at ON communication_service.api_answers (created_at);
    """)


def downgrade() -> None:
    op.execute("""
        DROP TABLE communication_service.api_answers;
        DROP TABLE communication_service.access_tokens;
    """)
