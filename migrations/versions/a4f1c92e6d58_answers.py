"""What a therapist said about a request, and what a placement did.

A request keeps what was said about it (``answer``) besides where it stands: a therapist may say something about a
request that was canceled meanwhile.  Its cooldown counts from ``cooldown_from``: the day of the answer, or the day that
settled what the same answer had left to be followed up.

A request that was decided or canceled keeps where it stood before, so that a correction and the undoing of a placement
lead back there.  At most one request of a patient places them: of a patient who is in therapy already, the one that was
accepted last.  Of an answered email there is one confirmation.
"""

from alembic import op

revision = "a4f1c92e6d58"
down_revision = "96c3d5b1a740"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE matching_service.placement_requests
            ADD answer varchar(20),
            ADD cooldown_from date,
            ADD status_before varchar(20),
            ADD held_before_email_id integer CONSTRAINT fk_placement_requests_held_before_email_id
                REFERENCES communication_service.emails (id) ON DELETE SET NULL,
            ADD call_asked_before date,
            ADD canceled_by_request_id integer CONSTRAINT fk_placement_requests_canceled_by_request_id
                REFERENCES matching_service.placement_requests (id),
            ADD places boolean NOT NULL DEFAULT false,
            ADD too_late boolean NOT NULL DEFAULT false,
            ADD CONSTRAINT ck_placement_requests_answer
                CHECK (answer IN ('accepted', 'rejected', 'needs_follow_up')),
            ADD CONSTRAINT ck_placement_requests_status_before CHECK (status_before IN ('open', 'in_progress')),
            ADD CONSTRAINT ck_placement_requests_before CHECK (
                (status_before IS NULL AND held_before_email_id IS NULL AND call_asked_before IS NULL
                    OR status IN ('accepted', 'rejected', 'canceled'))
                AND (canceled_by_request_id IS NULL OR status = 'canceled')
                AND (NOT places OR status = 'accepted'));
        UPDATE matching_service.placement_requests SET cooldown_from = response_date WHERE response_date IS NOT NULL;
        UPDATE matching_service.placement_requests AS r SET places = true
          FROM (SELECT DISTINCT ON (a.patient_id) a.id
                  FROM matching_service.placement_requests AS a
                  JOIN patient_service.patients AS p ON p.id = a.patient_id
                 WHERE a.status = 'accepted' AND p.status = 'in_therapy'
                 ORDER BY a.patient_id, a.response_date DESC NULLS LAST, a.id DESC) AS last_one
         WHERE r.id = last_one.id;
        CREATE UNIQUE INDEX uq_placement_requests_place ON matching_service.placement_requests (patient_id)
            WHERE places;
        CREATE INDEX ix_placement_requests_canceled_by ON matching_service.placement_requests (canceled_by_request_id)
            WHERE canceled_by_request_id IS NOT NULL;
        CREATE INDEX ix_placement_requests_too_late ON matching_service.placement_requests (id) WHERE too_late;
        DROP INDEX matching_service.ix_placement_requests_answers;
        CREATE INDEX ix_placement_requests_answers ON matching_service.placement_requests (therapist_id, cooldown_from)
            WHERE cooldown_from IS NOT NULL;

        CREATE INDEX ix_emails_follow_up_required ON communication_service.emails (id) WHERE follow_up_required;
        CREATE UNIQUE INDEX uq_emails_confirmation ON communication_service.emails (answered_email_id)
            WHERE answered_email_id IS NOT NULL AND status <> 'canceled';
    """)


def downgrade() -> None:
    op.execute("""
        DROP INDEX communication_service.uq_emails_confirmation;
        DROP INDEX communication_service.ix_emails_follow_up_required;
        DROP INDEX matching_service.ix_placement_requests_answers;
        CREATE INDEX ix_placement_requests_answers ON matching_service.placement_requests (therapist_id, response_date)
            WHERE response_date IS NOT NULL;
        DROP INDEX matching_service.ix_placement_requests_too_late;
        DROP INDEX matching_service.ix_placement_requests_canceled_by;
        DROP INDEX matching_service.uq_placement_requests_place;
        ALTER TABLE matching_service.placement_requests
            DROP CONSTRAINT ck_placement_requests_before,
            DROP CONSTRAINT ck_placement_requests_status_before,
            DROP CONSTRAINT ck_placement_requests_answer,
            DROP too_late,
            DROP places,
            DROP canceled_by_request_id,
            DROP call_asked_before,
            DROP held_before_email_id,
            DROP status_before,
            DROP cooldown_from,
            DROP answer;
    """)
