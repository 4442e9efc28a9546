"""Calls, who makes them, and when nobody does.

No caller, no therapist and no number is in two planned calls at once: three exclusion constraints over local time say
so.  A number is a row of its own, like a mailbox, because colleagues of one practice may share it.

A request in progress knows the email or the call through which it is; an email knows the first call that followed up
its silence, and so it is followed up once.
"""

from alembic import op

revision = "96c3d5b1a740"
down_revision = "83a6d1f04be7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE therapist_service.phone_lines (
            id serial CONSTRAINT phone_lines_pkey PRIMARY KEY,
            number varchar(50) NOT NULL CONSTRAINT uq_phone_lines_number UNIQUE,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE TABLE communication_service.callers (
            id serial CONSTRAINT callers_pkey PRIMARY KEY,
            name varchar(100) NOT NULL,
            working_hours jsonb NOT NULL DEFAULT '{}',
            breaks jsonb NOT NULL DEFAULT '{}',
            active boolean NOT NULL DEFAULT true,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE TABLE communication_service.caller_absences (
            caller_id integer NOT NULL CONSTRAINT fk_caller_absences_caller_id
                REFERENCES communication_service.callers (id) ON DELETE CASCADE,
            begins date NOT NULL,
            ends date NOT NULL,
            CONSTRAINT caller_absences_pkey PRIMARY KEY (caller_id, begins),
            CONSTRAINT ck_caller_absences_ends CHECK (ends > begins)
        );
        CREATE TABLE communication_service.closures (
            day date NOT NULL CONSTRAINT closures_pkey PRIMARY KEY,
            words varchar(255),
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE TABLE communication_service.phone_calls (
            id serial CONSTRAINT phone_calls_pkey PRIMARY KEY,
            therapist_id integer NOT NULL CONSTRAINT fk_phone_calls_therapist_id
                REFERENCES therapist_service.therapists (id),
            caller_id integer CONSTRAINT fk_phone_calls_caller_id REFERENCES communication_service.callers (id),
            line_id integer CONSTRAINT fk_phone_calls_line_id REFERENCES therapist_service.phone_lines (id),
            scheduled_date date NOT NULL,
            scheduled_time time NOT NULL,
            duration_minutes integer NOT NULL DEFAULT 5,
            local_span tsrange NOT NULL GENERATED ALWAYS AS (tsrange(scheduled_date + scheduled_time,
                scheduled_date + scheduled_time + duration_minutes * interval '1 minute')) STORED,
            actual_date date,
            actual_time time,
            status varchar(20) NOT NULL DEFAULT 'scheduled',
            cause varchar(20) NOT NULL,
            outcome varchar(255),
            notes text,
            retry_after date,
            retry_due boolean NOT NULL DEFAULT false,
            exhausted boolean NOT NULL DEFAULT false,
            attempt integer NOT NULL DEFAULT 1,
            first_call_id integer NOT NULL CONSTRAINT fk_phone_calls_first_call_id
                REFERENCES communication_service.phone_calls (id),
            previous_call_id integer CONSTRAINT fk_phone_calls_previous_call_id
                REFERENCES communication_service.phone_calls (id)
                CONSTRAINT uq_phone_calls_previous_call_id UNIQUE,
            outside_hours boolean NOT NULL DEFAULT false,
            assumed_hours boolean NOT NULL DEFAULT false,
            revision integer NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT ck_phone_calls_status CHECK (status IN ('scheduled', 'completed', 'failed', 'canceled')),
            CONSTRAINT ck_phone_calls_cause
                CHECK (cause IN ('silent', 'asked_for', 'retry', 'no_address', 'person')),
            CONSTRAINT ck_phone_calls_duration CHECK (duration_minutes BETWEEN 1 AND 1440),
            CONSTRAINT ck_phone_calls_attempt
                CHECK (attempt >= 1 AND (attempt = 1) = (previous_call_id IS NULL)
                    AND (attempt = 1) = (first_call_id = id)),
            CONSTRAINT ck_phone_calls_failed CHECK (status = 'failed' OR NOT retry_due AND NOT exhausted),
            CONSTRAINT ex_phone_calls_caller EXCLUDE USING gist
                (int8range(caller_id, caller_id, '[]') WITH &&, local_span WITH &&)
                WHERE (status = 'scheduled' AND caller_id IS NOT NULL),
            CONSTRAINT ex_phone_calls_therapist EXCLUDE USING gist
                (int8range(therapist_id, therapist_id, '[]') WITH &&, local_span WITH &&)
                WHERE (status = 'scheduled'),
            CONSTRAINT ex_phone_calls_line EXCLUDE USING gist
                (int8range(line_id, line_id, '[]') WITH &&, local_span WITH &&)
                WHERE (status = 'scheduled' AND line_id IS NOT NULL)
        );
        CREATE INDEX ix_phone_calls_therapist_id ON communication_service.phone_calls (therapist_id, id);
        CREATE INDEX ix_phone_calls_first_call_id ON communication_service.phone_calls (first_call_id);
        CREATE INDEX ix_phone_calls_scheduled_date
            ON communication_service.phone_calls (scheduled_date, scheduled_time, id);
        CREATE INDEX ix_phone_calls_caller_id ON communication_service.phone_calls (caller_id, scheduled_date);
        CREATE INDEX ix_phone_calls_planned ON communication_service.phone_calls (therapist_id, scheduled_date)
            WHERE status = 'scheduled';
        CREATE INDEX ix_phone_calls_retry ON communication_service.phone_calls (therapist_id) WHERE retry_due;
        CREATE INDEX ix_phone_calls_exhausted ON communication_service.phone_calls (therapist_id) WHERE exhausted;
        CREATE INDEX ix_phone_calls_status ON communication_service.phone_calls (status, id);

        CREATE TABLE communication_service.phone_call_batches (
            id serial CONSTRAINT phone_call_batches_pkey PRIMARY KEY,
            phone_call_id integer NOT NULL CONSTRAINT fk_phone_call_batches_phone_call_id
                REFERENCES communication_service.phone_calls (id) ON DELETE CASCADE,
            placement_request_id integer NOT NULL CONSTRAINT fk_phone_call_batches_placement_request_id
                REFERENCES matching_service.placement_requests (id) ON DELETE CASCADE,
            priority integer NOT NULL,
            included boolean NOT NULL DEFAULT true,
            discussed boolean NOT NULL DEFAULT false,
            outcome varchar(20),
            follow_up_required boolean NOT NULL DEFAULT false,
            follow_up_notes text,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT uq_phone_call_batches_phone_call_id_placement_request_id
                UNIQUE (phone_call_id, placement_request_id),
            CONSTRAINT ck_phone_call_batches_outcome
                CHECK (outcome IN ('accepted', 'rejected', 'needs_follow_up', 'not_discussed'))
        );
        CREATE INDEX ix_phone_call_batches_placement_request_id
            ON communication_service.phone_call_batches (placement_request_id);

        ALTER TABLE communication_service.emails ADD follow_up_call_id integer
            CONSTRAINT fk_emails_follow_up_call_id REFERENCES communication_service.phone_calls (id);
        CREATE INDEX ix_emails_follow_up_call_id ON communication_service.emails (follow_up_call_id)
            WHERE follow_up_call_id IS NOT NULL;
        CREATE INDEX ix_emails_silent ON communication_service.emails (marked_on) WHERE status = 'sent'
            AND NOT response_received AND bounced_at IS NULL AND follow_up_call_id IS NULL;

        ALTER TABLE matching_service.placement_requests
            ADD held_by_call_id integer CONSTRAINT fk_placement_requests_held_by_call_id
                REFERENCES communication_service.phone_calls (id) DEFERRABLE INITIALLY DEFERRED,
            ADD call_asked_from date,
            DROP CONSTRAINT ck_placement_requests_held,
            ADD CONSTRAINT ck_placement_requests_held CHECK (
                (held_by_email_id IS NULL AND held_by_call_id IS NULL AND call_asked_from IS NULL
                    OR status = 'in_progress')
                AND (held_by_email_id IS NULL OR held_by_call_id IS NULL));
        CREATE INDEX ix_placement_requests_held_by_call ON matching_service.placement_requests (held_by_call_id)
            WHERE held_by_call_id IS NOT NULL;
        CREATE INDEX ix_placement_requests_call_asked
            ON matching_service.placement_requests (call_asked_from, therapist_id) WHERE call_asked_from IS NOT NULL;
    """)


def downgrade() -> None:
    """A request that only a call holds is open again."""
    op.execute("""
        UPDATE matching_service.placement_requests SET status = 'open', held_by_call_id = NULL, call_asked_from = NULL
            WHERE held_by_call_id IS NOT NULL;
        DROP INDEX matching_service.ix_placement_requests_call_asked;
        DROP INDEX matching_service.ix_placement_requests_held_by_call;
        SET CONSTRAINTS ALL IMMEDIATE;
        ALTER TABLE matching_service.placement_requests
            DROP CONSTRAINT ck_placement_requests_held,
            DROP held_by_call_id,
            DROP call_asked_from,
            ADD CONSTRAINT ck_placement_requests_held CHECK (held_by_email_id IS NULL OR status = 'in_progress');
        DROP INDEX communication_service.ix_emails_silent;
        DROP INDEX communication_service.ix_emails_follow_up_call_id;
        ALTER TABLE communication_service.emails DROP follow_up_call_id;
        DROP TABLE communication_service.phone_call_batches;
        DROP TABLE communication_service.phone_calls;
        DROP TABLE communication_service.closures;
        DROP TABLE communication_service.caller_absences;
        DROP TABLE communication_service.callers;
        DROP TABLE therapist_service.phone_lines;
    """)
