"""A request knows since when its patient searches, so that an index ranks the requests of a therapist.

The database copies the day, whoever writes: when a request is made, and when the patient's day changes.  Whoever makes
a request waits for a change of its patient, so that neither of both misses the other.

Windows that are over are found by an index of their own, and the emails of the last days by their therapist's.
"""

from alembic import op

revision = "83a6d1f04be7"
down_revision = "7fe3195c2a5b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        DROP INDEX matching_service.ix_placement_requests_waiting;
        ALTER TABLE matching_service.placement_requests ADD registered_on date;
        UPDATE matching_service.placement_requests AS r SET registered_on = p.registered_on
            FROM patient_service.patients AS p WHERE p.id = r.patient_id AND p.registered_on IS NOT NULL;
        CREATE INDEX ix_placement_requests_waiting ON matching_service.placement_requests
            (therapist_id, (email_contact_date IS NOT NULL), priority DESC, registered_on, id)
            INCLUDE (patient_id, email_contact_date) WHERE status = 'open';

        CREATE FUNCTION matching_service.take_registered_on() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            SELECT registered_on INTO NEW.registered_on FROM patient_service.patients WHERE id = NEW.patient_id
               FOR SHARE;
            RETURN NEW;
        END $$;
        CREATE TRIGGER take_registered_on BEFORE INSERT OR UPDATE OF patient_id, registered_on
            ON matching_service.placement_requests
            FOR EACH ROW EXECUTE FUNCTION matching_service.take_registered_on();

        CREATE FUNCTION matching_service.pass_on_registered_on() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE matching_service.placement_requests AS r SET registered_on = moved.registered_on
              FROM (SELECT stale.id, after.registered_on
                      FROM before JOIN after USING (id)
                      JOIN matching_service.placement_requests AS stale ON stale.patient_id = after.id
                     WHERE after.registered_on IS DISTINCT FROM before.registered_on
                     ORDER BY stale.id FOR NO KEY UPDATE OF stale) AS moved
             WHERE r.id = moved.id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER pass_on_registered_on AFTER UPDATE ON patient_service.patients
            REFERENCING OLD TABLE AS before NEW TABLE AS after
            FOR EACH STATEMENT EXECUTE FUNCTION matching_service.pass_on_registered_on();

        DROP INDEX communication_service.ix_emails_therapist_id_status;
        CREATE INDEX ix_emails_therapist_id_status
            ON communication_service.emails (therapist_id, status, marked_on);
        CREATE INDEX ix_contact_windows_over ON communication_service.contact_windows (upper(contact_window))
            WHERE released_at IS NULL;
    """)


def downgrade() -> None:
    op.execute("""
        DROP INDEX communication_service.ix_contact_windows_over;
        DROP INDEX communication_service.ix_emails_therapist_id_status;
        CREATE INDEX ix_emails_therapist_id_status ON communication_service.emails (therapist_id, status);
        DROP TRIGGER pass_on_registered_on ON patient_service.patients;
        DROP TRIGGER take_registered_on ON matching_service.placement_requests;
        DROP FUNCTION matching_service.pass_on_registered_on();
        DROP FUNCTION matching_service.take_registered_on();
        DROP INDEX matching_service.ix_placement_requests_waiting;
        ALTER TABLE matching_service.placement_requests DROP registered_on;
        CREATE INDEX ix_placement_requests_waiting ON matching_service.placement_requests (therapist_id)
            WHERE status = 'open';
    """)
