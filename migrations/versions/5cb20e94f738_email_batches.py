"""The list of requests in an email becomes rows, a request knows its email, and a pair is live once.

Entries that are no request of the email's therapist, or repeated, are set aside.  A request in progress that no email
holds is open again.  Of live requests of the same pair the one that an email holds stays, else the oldest; the others
are canceled.
"""

from alembic import op

revision = "5cb20e94f738"
down_revision = "48a1f6b35d27"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE communication_service.email_batches (
            id serial CONSTRAINT email_batches_pkey PRIMARY KEY,
            email_id integer NOT NULL CONSTRAINT fk_email_batches_email_id
                REFERENCES communication_service.emails (id) ON DELETE CASCADE,
            placement_request_id integer NOT NULL CONSTRAINT fk_email_batches_placement_request_id
                REFERENCES matching_service.placement_requests (id) ON DELETE CASCADE,
            priority integer NOT NULL,
            included boolean NOT NULL DEFAULT true,
            response_outcome varchar(20),
            response_notes text,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT uq_email_batches_email_id_placement_request_id UNIQUE (email_id, placement_request_id),
            CONSTRAINT ck_email_batches_response_outcome
                CHECK (response_outcome IN ('accepted', 'rejected', 'needs_follow_up'))
        );
        CREATE INDEX ix_email_batches_placement_request_id
            ON communication_service.email_batches (placement_request_id);
    """)
    op.execute(ENTRIES)
    op.execute("""
        ALTER TABLE communication_service.emails DROP placement_request_ids;
        ALTER TABLE matching_service.placement_requests
            ADD held_by_email_id integer CONSTRAINT fk_placement_requests_held_by_email_id
                REFERENCES communication_service.emails (id) DEFERRABLE INITIALLY DEFERRED,
            ADD CONSTRAINT ck_placement_requests_held CHECK (held_by_email_id IS NULL OR status = 'in_progress');
    """)
    op.execute(REQUESTS)
    op.execute("""
        SET CONSTRAINTS ALL IMMEDIATE;
        CREATE INDEX ix_placement_requests_held ON matching_service.placement_requests (held_by_email_id)
            WHERE held_by_email_id IS NOT NULL;
        CREATE UNIQUE INDEX uq_placement_requests_pair ON matching_service.placement_requests
            (therapist_id, patient_id) WHERE status IN ('open', 'in_progress');
    """)


def downgrade() -> None:
    """The list gets back, at their places, the entries that were set aside."""
    op.execute("""
        DROP INDEX matching_service.ix_placement_requests_held;
        DROP INDEX matching_service.uq_placement_requests_pair;
        ALTER TABLE matching_service.placement_requests
            DROP CONSTRAINT ck_placement_requests_held,
            DROP held_by_email_id;
        UPDATE matching_service.placement_requests r SET status = s.row ->> 'status'
            FROM communication_service.set_aside s
            WHERE s.source = 'matching_service.placement_requests.status' AND (s.row ->> 'id')::integer = r.id
                AND r.status = s.row ->> 'became';
        ALTER TABLE communication_service.emails ADD placement_request_ids jsonb;

        UPDATE communication_service.emails e SET placement_request_ids = listed.entries
            FROM (
                WITH aside AS (
                    SELECT (row ->> 'email_id')::integer AS email_id, (row ->> 'place')::bigint AS place,
                        row -> 'entry' AS entry
                    FROM communication_service.set_aside
                    WHERE source = 'communication_service.emails.placement_request_ids' AND reason <> 'not a list'
                ), kept AS (
                    SELECT email_id, placement_request_id,
                        row_number() OVER (PARTITION BY email_id ORDER BY priority DESC, id) AS turn
                    FROM communication_service.email_batches WHERE included
                ), free AS (
                    SELECT email_id, place, row_number() OVER (PARTITION BY email_id ORDER BY place) AS turn
                    FROM (SELECT email_id, max(place) AS last FROM aside GROUP BY email_id) AS ends
                        CROSS JOIN LATERAL generate_series(1,
                            last + (SELECT count(*) FROM kept k WHERE k.email_id = ends.email_id)) AS place
                    WHERE NOT EXISTS (SELECT FROM aside a WHERE a.email_id = ends.email_id AND a.place = place.place)
                ), placed AS (
                    SELECT k.email_id, coalesce(f.place, k.turn) AS place, to_jsonb(k.placement_request_id) AS entry
                        FROM kept k LEFT JOIN free f ON f.email_id = k.email_id AND f.turn = k.turn
                    UNION ALL
                    SELECT email_id, place, entry FROM aside
                )
                SELECT email_id, jsonb_agg(entry ORDER BY place) AS entries FROM placed GROUP BY email_id
            ) AS listed
            WHERE listed.email_id = e.id;
        UPDATE communication_service.emails e SET placement_request_ids = s.row -> 'entry'
            FROM communication_service.set_aside s
            WHERE s.source = 'communication_service.emails.placement_request_ids' AND s.reason = 'not a list'
                AND (s.row ->> 'email_id')::integer = e.id AND e.placement_request_ids IS NULL;
        DROP TABLE communication_service.email_batches;
        DELETE FROM communication_service.set_aside WHERE source IN
            ('communication_service.emails.placement_request_ids', 'matching_service.placement_requests.status');
    """)


# The rank counts what was kept: the first of n has n, the last 1.
ENTRIES = """
    CREATE TABLE communication_service.entries_of_emails AS
        SELECT email_id, place, entry, request_id, ours, created_at,
            row_number() OVER (PARTITION BY email_id, request_id ORDER BY place) AS time
        FROM (
            SELECT e.id AS email_id, l.place, l.entry, r.id AS request_id, r.therapist_id = e.therapist_id AS ours,
                e.created_at
            FROM communication_service.emails e
                CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(e.placement_request_ids)
                    WHEN 'array' THEN e.placement_request_ids ELSE '[]' END) WITH ORDINALITY AS l (entry, place)
                LEFT JOIN matching_service.placement_requests r ON r.id = CASE
                    WHEN jsonb_typeof(l.entry) = 'number' AND l.entry #>> '{}' ~ '^[0-9]{1,10}$'
                    THEN (l.entry #>> '{}')::bigint END
        ) AS read;
    INSERT INTO communication_service.email_batches (email_id, placement_request_id, priority, created_at, updated_at)
        SELECT email_id, request_id, row_number() OVER (PARTITION BY email_id ORDER BY place DESC),
            created_at, created_at
        FROM communication_service.entries_of_emails WHERE ours AND time = 1 ORDER BY email_id, place;
    INSERT INTO communication_service.set_aside (source, reason, row)
        SELECT 'communication_service.emails.placement_request_ids',
            CASE WHEN ours THEN 'repeated' WHEN request_id IS NOT NULL THEN 'a request of another therapist'
                WHEN jsonb_typeof(entry) <> 'number' OR entry #>> '{}' !~ '^-?[0-9]+$' THEN 'not a whole number'
                ELSE 'no request has this id' END,
            jsonb_build_object('email_id', email_id, 'place', place, 'entry', entry)
        FROM communication_service.entries_of_emails WHERE ours IS NOT TRUE OR time > 1 ORDER BY email_id, place;
    DROP TABLE communication_service.entries_of_emails;
    INSERT INTO communication_service.set_aside (source, reason, row)
        SELECT 'communication_service.emails.placement_request_ids', 'not a list',
            jsonb_build_object('email_id', id, 'entry', placement_request_ids)
        FROM communication_service.emails WHERE jsonb_typeof(placement_request_ids) NOT IN ('array', 'null')
            ORDER BY id;
"""

REQUESTS = """
    UPDATE matching_service.placement_requests r SET email_contact_date = offered.day
        FROM (
            SELECT b.placement_request_id, max(e.marked_on) AS day
            FROM communication_service.email_batches b JOIN communication_service.emails e ON e.id = b.email_id
            WHERE e.status = 'sent' GROUP BY b.placement_request_id
        ) AS offered
        WHERE offered.placement_request_id = r.id AND (r.email_contact_date IS NULL
            OR r.email_contact_date < offered.day);

    UPDATE matching_service.placement_requests r SET held_by_email_id = holding.email_id
        FROM (
            SELECT DISTINCT ON (b.placement_request_id) b.placement_request_id, b.email_id
            FROM communication_service.email_batches b JOIN communication_service.emails e ON e.id = b.email_id
            WHERE b.included AND e.status IN ('queued', 'sending', 'uncertain', 'sent')
            ORDER BY b.placement_request_id, coalesce(e.marked_at, e.queued_at, e.created_at) DESC, e.id DESC
        ) AS holding
        WHERE holding.placement_request_id = r.id AND r.status = 'in_progress';

    WITH released AS (
        UPDATE matching_service.placement_requests SET status = 'open'
            WHERE status = 'in_progress' AND held_by_email_id IS NULL RETURNING id
    )
    INSERT INTO communication_service.set_aside (source, reason, row)
        SELECT 'matching_service.placement_requests.status', 'in progress, but no email holds it: it is open again',
            jsonb_build_object('id', id, 'status', 'in_progress', 'became', 'open')
        FROM released ORDER BY id;

    WITH live AS (
        SELECT id, status,
            first_value(id) OVER pair AS first,
            row_number() OVER pair AS turn
        FROM matching_service.placement_requests WHERE status IN ('open', 'in_progress')
        WINDOW pair AS (PARTITION BY therapist_id, patient_id ORDER BY held_by_email_id IS NULL, created_at, id)
    ), repeated AS (
        UPDATE matching_service.placement_requests r SET status = 'canceled', held_by_email_id = NULL
            FROM live WHERE live.id = r.id AND live.turn > 1
            RETURNING r.id, live.status, live.first
    )
    INSERT INTO communication_service.set_aside (source, reason, row)
        SELECT 'matching_service.placement_requests.status',
            'the same pair is live in an earlier request: it is canceled',
            jsonb_build_object('id', id, 'status', status, 'became', 'canceled', 'stays', first)
        FROM repeated ORDER BY id;
"""
