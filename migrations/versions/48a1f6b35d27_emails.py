"""Emails get the lifecycle, mailboxes and instants with a zone; those without their therapist are set aside.

Nothing that waited in the old queue is sent by the new one: it becomes a draft.  What was just being sent is uncertain,
because nobody knows whether it went out.  The text of these emails was composed elsewhere and is never composed anew.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "48a1f6b35d27"
down_revision = "3e97d20c6b15"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        WITH orphans AS (
            DELETE FROM communication_service.emails e
                WHERE NOT EXISTS (SELECT FROM therapist_service.therapists t WHERE t.id = e.therapist_id)
                RETURNING e.*
        )
        INSERT INTO communication_service.set_aside (source, reason, row)
            SELECT 'communication_service.emails', 'its therapist is missing', to_jsonb(o)
                FROM orphans o ORDER BY o.id;
        SELECT setval('communication_service.emails_id_seq', greatest(
            (SELECT last_value FROM communication_service.emails_id_seq),
            (SELECT max((row ->> 'id')::integer) FROM communication_service.set_aside
                WHERE source = 'communication_service.emails'),
            (SELECT max(id) FROM communication_service.emails)))
            WHERE EXISTS (SELECT FROM communication_service.set_aside WHERE source = 'communication_service.emails')
                OR EXISTS (SELECT FROM communication_service.emails);
        INSERT INTO communication_service.set_aside (source, reason, row)
            SELECT 'communication_service.emails.sent_at', 'sent, but not when: the day of its last change counts',
                jsonb_build_object('id', id)
            FROM communication_service.emails WHERE status = 'gesendet' AND sent_at IS NULL ORDER BY id;

        DROP INDEX communication_service.ix_communication_service_emails_id;
        DROP INDEX communication_service.ix_communication_service_emails_therapist_id;
        ALTER TABLE communication_service.emails
            ALTER COLUMN status TYPE varchar(20) USING CASE status::text
                WHEN 'wird_gesendet' THEN 'uncertain' WHEN 'gesendet' THEN 'sent' WHEN 'fehlgeschlagen' THEN 'failed'
                ELSE 'draft' END,
            ALTER COLUMN status SET DEFAULT 'draft',
            ALTER COLUMN status SET NOT NULL,
            ALTER COLUMN retry_count TYPE integer USING coalesce(retry_count, 0),
            ALTER COLUMN retry_count SET DEFAULT 0,
            ALTER COLUMN retry_count SET NOT NULL,
            ALTER COLUMN queued_at TYPE timestamptz USING queued_at AT TIME ZONE 'UTC',
            ALTER COLUMN sent_at TYPE timestamptz USING sent_at AT TIME ZONE 'UTC',
            ALTER COLUMN created_at TYPE timestamptz USING
                coalesce(created_at, queued_at, sent_at, updated_at, now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',
            ALTER COLUMN created_at SET DEFAULT now(),
            ALTER COLUMN created_at SET NOT NULL,
            ALTER COLUMN updated_at TYPE timestamptz USING
                coalesce(updated_at, created_at, queued_at, sent_at, now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',
            ALTER COLUMN updated_at SET DEFAULT now(),
            ALTER COLUMN updated_at SET NOT NULL,
            ADD mailbox_id integer CONSTRAINT fk_emails_mailbox_id REFERENCES therapist_service.mailboxes (id),
            ADD template varchar(20),
            ADD batch_id varchar(50),
            ADD response_received boolean NOT NULL DEFAULT false,
            ADD response_date date,
            ADD response_content text,
            ADD follow_up_required boolean NOT NULL DEFAULT false,
            ADD follow_up_notes text,
            ADD message_id varchar(255) CONSTRAINT uq_emails_message_id UNIQUE,
            ADD message bytea,
            ADD not_before timestamptz,
            ADD claim_token uuid,
            ADD lease_until timestamptz,
            ADD marked_at timestamptz,
            ADD marked_on date,
            ADD body_provided boolean NOT NULL DEFAULT true,
            ADD ever_uncertain boolean NOT NULL DEFAULT false,
            ADD bounced_at timestamptz,
            ADD overridden varchar(30)[] NOT NULL DEFAULT '{}',
            ADD override_reason text,
            ADD answered_email_id integer CONSTRAINT fk_emails_answered_email_id
                REFERENCES communication_service.emails (id),
            ADD CONSTRAINT fk_emails_therapist_id FOREIGN KEY (therapist_id)
                REFERENCES therapist_service.therapists (id),
            ADD CONSTRAINT ck_emails_status
                CHECK (status IN ('draft', 'queued', 'sending', 'sent', 'failed', 'uncertain', 'canceled')),
            ADD CONSTRAINT ck_emails_template
                CHECK (template IN ('initial_contact', 'batch_request', 'follow_up', 'confirmation')),
            ADD CONSTRAINT ck_emails_overridden CHECK (overridden <@ ARRAY['blocked', 'inactive',
                'do_not_contact', 'erased', 'absent', 'no_email_address', 'no_phone_number', 'bounced_address',
                'email_outstanding', 'email_interval', 'mailbox_interval', 'recent_call', 'call_planned',
                'awaiting_answer', 'cooldown', 'no_phone_hours', 'no_free_slot', 'attempts_exhausted', 'daily_cap',
                'email_full', 'patient_not_searching', 'patient_excluded_therapist', 'pair_resting',
                'request_closed']::varchar[]),
            ADD CONSTRAINT ck_emails_claim CHECK ((status = 'sending') = (claim_token IS NOT NULL)),
            ADD CONSTRAINT ck_emails_lease CHECK (status <> 'sending' OR lease_until IS NOT NULL),
            ADD CONSTRAINT ck_emails_message
                CHECK (status NOT IN ('queued', 'sending') OR (message IS NOT NULL AND message_id IS NOT NULL));
        ALTER TABLE communication_service.emails ALTER COLUMN body_provided SET DEFAULT false;
        DROP TYPE public.emailstatus;
    """)
    date_handovers()
    give_mailboxes()
    op.execute("""
        CREATE INDEX ix_emails_batch_id ON communication_service.emails (batch_id) WHERE batch_id IS NOT NULL;
        CREATE INDEX ix_emails_leases ON communication_service.emails (lease_until) WHERE status = 'sending';
        CREATE INDEX ix_emails_mailbox_sent ON communication_service.emails (mailbox_id, marked_on)
            WHERE status = 'sent';
        CREATE INDEX ix_emails_outstanding ON communication_service.emails (mailbox_id, therapist_id)
            WHERE status IN ('queued', 'sending', 'uncertain');
        CREATE INDEX ix_emails_queue ON communication_service.emails (queued_at, id) WHERE status = 'queued';
        CREATE INDEX ix_emails_status ON communication_service.emails (status, id) WHERE status <> 'sent';
        CREATE INDEX ix_emails_therapist_id_status ON communication_service.emails (therapist_id, status);
        CREATE INDEX ix_emails_unanswered ON communication_service.emails (therapist_id, marked_on)
            WHERE status = 'sent' AND NOT response_received AND bounced_at IS NULL;
    """)


def downgrade() -> None:
    """What was canceled becomes failed: the first generation must not send it."""
    op.execute("""
        DROP INDEX communication_service.ix_emails_batch_id;
        DROP INDEX communication_service.ix_emails_leases;
        DROP INDEX communication_service.ix_emails_mailbox_sent;
        DROP INDEX communication_service.ix_emails_outstanding;
        DROP INDEX communication_service.ix_emails_queue;
        DROP INDEX communication_service.ix_emails_status;
        DROP INDEX communication_service.ix_emails_therapist_id_status;
        DROP INDEX communication_service.ix_emails_unanswered;
        CREATE TYPE public.emailstatus AS ENUM
            ('entwurf', 'in_warteschlange', 'wird_gesendet', 'gesendet', 'fehlgeschlagen');
        ALTER TABLE communication_service.emails
            DROP CONSTRAINT fk_emails_therapist_id,
            DROP CONSTRAINT ck_emails_status,
            DROP CONSTRAINT ck_emails_template,
            DROP CONSTRAINT ck_emails_overridden,
            DROP CONSTRAINT ck_emails_claim,
            DROP CONSTRAINT ck_emails_lease,
            DROP CONSTRAINT ck_emails_message,
            DROP mailbox_id,
            DROP template,
            DROP batch_id,
            DROP response_received,
            DROP response_date,
            DROP response_content,
            DROP follow_up_required,
            DROP follow_up_notes,
            DROP message_id,
            DROP message,
            DROP not_before,
            DROP claim_token,
            DROP lease_until,
            DROP marked_at,
            DROP marked_on,
            DROP body_provided,
            DROP ever_uncertain,
            DROP bounced_at,
            DROP overridden,
            DROP override_reason,
            DROP answered_email_id,
            ALTER COLUMN status DROP DEFAULT,
            ALTER COLUMN status DROP NOT NULL,
            ALTER COLUMN status TYPE public.emailstatus USING CASE status
                WHEN 'draft' THEN 'entwurf' WHEN 'queued' THEN 'in_warteschlange' WHEN 'sent' THEN 'gesendet'
                WHEN 'sending' THEN 'wird_gesendet' WHEN 'uncertain' THEN 'wird_gesendet' ELSE 'fehlgeschlagen'
                END::public.emailstatus,
            ALTER COLUMN retry_count DROP DEFAULT,
            ALTER COLUMN retry_count DROP NOT NULL,
            ALTER COLUMN queued_at TYPE timestamp USING queued_at AT TIME ZONE 'UTC',
            ALTER COLUMN sent_at TYPE timestamp USING sent_at AT TIME ZONE 'UTC',
            ALTER COLUMN created_at DROP DEFAULT,
            ALTER COLUMN created_at DROP NOT NULL,
            ALTER COLUMN created_at TYPE timestamp USING created_at AT TIME ZONE 'UTC',
            ALTER COLUMN updated_at DROP DEFAULT,
            ALTER COLUMN updated_at DROP NOT NULL,
            ALTER COLUMN updated_at TYPE timestamp USING updated_at AT TIME ZONE 'UTC';
        CREATE INDEX ix_communication_service_emails_id ON communication_service.emails USING btree (id);
        CREATE INDEX ix_communication_service_emails_therapist_id ON communication_service.emails
            USING btree (therapist_id);
        INSERT INTO communication_service.emails
            SELECT e.* FROM communication_service.set_aside s
                CROSS JOIN LATERAL jsonb_populate_record(NULL::communication_service.emails, s.row) AS e
            WHERE s.source = 'communication_service.emails'
            ON CONFLICT DO NOTHING;
        DELETE FROM communication_service.set_aside
            WHERE source IN ('communication_service.emails', 'communication_service.emails.sent_at');
    """)


def date_handovers() -> None:
    """Say when an email was handed over: when it was sent, else, as the careful guess, at its last change.

    Never in the future: a clock that was wrong once would keep the therapist waiting until then.
    """
    op.execute("""
        UPDATE communication_service.emails e
            SET marked_at = handed, marked_on = (handed AT TIME ZONE 'Europe/Berlin')::date,
                ever_uncertain = (status = 'uncertain')
            FROM (
                SELECT id, CASE WHEN status = 'sent' AND sent_at <= now() THEN sent_at
                    ELSE least(now(), greatest(updated_at, queued_at, created_at)) END AS handed
                FROM communication_service.emails WHERE status IN ('sent', 'uncertain')
            ) AS known
            WHERE known.id = e.id
    """)


def give_mailboxes() -> None:
    """An email keeps the mailbox of the address that it was written to; without a readable one it has none."""
    connection = op.get_bind()
    addresses = connection.scalars(sa.text("SELECT DISTINCT recipient_email FROM communication_service.emails")).all()
    if not addresses:
        return
    # Here, because a database without rows does without what it needs.
    from boona_adapters.addresses import BadAddress, mailbox_of  # noqa: PLC0415

    read: dict[str, str] = {}
    for address in addresses:
        try:
            read[address] = mailbox_of(address)
        except BadAddress:
            continue  # the text stays in the email's own column
    connection.execute(
        sa.text("""
            INSERT INTO therapist_service.mailboxes (address)
                SELECT DISTINCT value FROM jsonb_each_text(CAST(:read AS jsonb))
                WHERE value NOT IN (SELECT address FROM therapist_service.mailboxes) ORDER BY value
        """),
        {"read": json.dumps(read)},
    )
    connection.execute(
        sa.text("""
            UPDATE communication_service.emails e SET mailbox_id = m.id
                FROM jsonb_each_text(CAST(:read AS jsonb)) AS read
                    JOIN therapist_service.mailboxes m ON m.address = read.value
                WHERE e.recipient_email = read.key
        """),
        {"read": json.dumps(read)},
    )
