"""Placement requests get lower-case values and foreign keys; those without their patient or therapist are set aside."""

from alembic import op

revision = "3e97d20c6b15"
down_revision = "2b8e51f7ac04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        WITH orphans AS (
            DELETE FROM matching_service.placement_requests r
                WHERE NOT EXISTS (SELECT FROM patient_service.patients p WHERE p.id = r.patient_id)
                    OR NOT EXISTS (SELECT FROM therapist_service.therapists t WHERE t.id = r.therapist_id)
                RETURNING r.*
        )
        INSERT INTO communication_service.set_aside (source, reason, row)
            SELECT 'matching_service.placement_requests', 'its patient or its therapist is missing', to_jsonb(o)
            FROM orphans o ORDER BY o.id;
        SELECT setval('matching_service.placement_requests_id_seq', greatest(
            (SELECT last_value FROM matching_service.placement_requests_id_seq),
            (SELECT max((row ->> 'id')::integer) FROM communication_service.set_aside
                WHERE source = 'matching_service.placement_requests'),
            (SELECT max(id) FROM matching_service.placement_requests)))
            WHERE EXISTS (SELECT FROM communication_service.set_aside
                WHERE source = 'matching_service.placement_requests')
                OR EXISTS (SELECT FROM matching_service.placement_requests);

        DROP INDEX matching_service.ix_matching_service_placement_requests_id;
        DROP INDEX matching_service.ix_matching_service_placement_requests_patient_id;
        DROP INDEX matching_service.ix_matching_service_placement_requests_therapist_id;
        ALTER TABLE matching_service.placement_requests
            ALTER COLUMN status TYPE varchar(20) USING coalesce(lower(status::text), 'open'),
            ALTER COLUMN status SET DEFAULT 'open',
            ALTER COLUMN status SET NOT NULL,
            ALTER COLUMN priority TYPE integer USING coalesce(priority, 1),
            ALTER COLUMN priority SET DEFAULT 1,
            ALTER COLUMN priority SET NOT NULL,
            ALTER COLUMN created_at TYPE timestamptz USING coalesce(created_at,
                (now() AT TIME ZONE 'Europe/Berlin')::date)::timestamp AT TIME ZONE 'Europe/Berlin',
            ALTER COLUMN created_at SET DEFAULT now(),
            ALTER COLUMN created_at SET NOT NULL,
            ADD updated_at timestamptz NOT NULL DEFAULT now(),
            ADD CONSTRAINT fk_placement_requests_patient_id FOREIGN KEY (patient_id)
                REFERENCES patient_service.patients (id),
            ADD CONSTRAINT fk_placement_requests_therapist_id FOREIGN KEY (therapist_id)
                REFERENCES therapist_service.therapists (id),
            ADD CONSTRAINT ck_placement_requests_status
                CHECK (status IN ('open', 'in_progress', 'accepted', 'rejected', 'canceled'));
        DROP TYPE public.placementrequeststatus;
        CREATE INDEX ix_placement_requests_answers
            ON matching_service.placement_requests (therapist_id, response_date)
            WHERE response_date IS NOT NULL;
        CREATE INDEX ix_placement_requests_patient_id ON matching_service.placement_requests (patient_id);
        CREATE INDEX ix_placement_requests_resting ON matching_service.placement_requests (therapist_id, patient_id)
            WHERE next_contact_after IS NOT NULL;
        CREATE INDEX ix_placement_requests_waiting ON matching_service.placement_requests (therapist_id)
            WHERE status = 'open';
    """)


def downgrade() -> None:
    """A canceled request becomes rejected: the first generation must not offer it again."""
    op.execute("""
        DROP INDEX matching_service.ix_placement_requests_answers;
        DROP INDEX matching_service.ix_placement_requests_patient_id;
        DROP INDEX matching_service.ix_placement_requests_resting;
        DROP INDEX matching_service.ix_placement_requests_waiting;
        CREATE TYPE public.placementrequeststatus AS ENUM ('OPEN', 'IN_PROGRESS', 'REJECTED', 'ACCEPTED');
        ALTER TABLE matching_service.placement_requests
            DROP CONSTRAINT fk_placement_requests_patient_id,
            DROP CONSTRAINT fk_placement_requests_therapist_id,
            DROP CONSTRAINT ck_placement_requests_status,
            DROP updated_at,
            ALTER COLUMN status DROP DEFAULT,
            ALTER COLUMN status DROP NOT NULL,
            ALTER COLUMN status TYPE public.placementrequeststatus
                USING CASE status WHEN 'canceled' THEN 'REJECTED'
                    ELSE upper(status) END::public.placementrequeststatus,
            ALTER COLUMN priority DROP DEFAULT,
            ALTER COLUMN priority DROP NOT NULL,
            ALTER COLUMN created_at DROP DEFAULT,
            ALTER COLUMN created_at DROP NOT NULL,
            ALTER COLUMN created_at TYPE date USING (created_at AT TIME ZONE 'Europe/Berlin')::date;
        CREATE INDEX ix_matching_service_placement_requests_id
            ON matching_service.placement_requests USING btree (id);
        CREATE INDEX ix_matching_service_placement_requests_patient_id
            ON matching_service.placement_requests USING btree (patient_id);
        CREATE INDEX ix_matching_service_placement_requests_therapist_id
            ON matching_service.placement_requests USING btree (therapist_id);
        INSERT INTO matching_service.placement_requests
            SELECT r.* FROM communication_service.set_aside s
                CROSS JOIN LATERAL jsonb_populate_record(NULL::matching_service.placement_requests, s.row) AS r
            WHERE s.source = 'matching_service.placement_requests'
            ON CONFLICT DO NOTHING;
        DELETE FROM communication_service.set_aside WHERE source = 'matching_service.placement_requests';
    """)
