"""What runs by itself remembers: leases, other systems' events, periodic work, how far the store has come."""

from alembic import op

revision = "9d04b7e3f1c8"
down_revision = "a4f1c92e6d58"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE communication_service.leases (
            name varchar(50) CONSTRAINT leases_pkey PRIMARY KEY,
            token uuid NOT NULL,
            lease_until timestamptz NOT NULL
        );
        CREATE TABLE communication_service.processed_events (
            source varchar(200) NOT NULL,
            event_id varchar(200) NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT processed_events_pkey PRIMARY KEY (source, event_id)
        );
        CREATE TABLE matching_service.foreign_matches (
            source varchar(200) NOT NULL,
            match_id varchar(200) NOT NULL,
            placement_request_id integer NOT NULL CONSTRAINT fk_foreign_matches_placement_request_id
                REFERENCES matching_service.placement_requests (id) ON DELETE CASCADE,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT foreign_matches_pkey PRIMARY KEY (source, match_id)
        );
        CREATE INDEX ix_foreign_matches_placement_request_id
            ON matching_service.foreign_matches (placement_request_id);
        CREATE TABLE communication_service.schedule (
            name varchar(50) CONSTRAINT schedule_pkey PRIMARY KEY,
            expression varchar(200) NOT NULL,
            next_at timestamptz NOT NULL,
            token uuid,
            lease_until timestamptz,
            ended_at timestamptz,
            failures integer NOT NULL DEFAULT 0,
            CONSTRAINT ck_schedule_lease CHECK ((token IS NULL) = (lease_until IS NULL))
        );
        CREATE TABLE communication_service.high_water (
            id smallint CONSTRAINT high_water_pkey PRIMARY KEY,
            mark bigint NOT NULL,
            CONSTRAINT ck_high_water_one_row CHECK (id = 1)
        );
    """)


def downgrade() -> None:
    op.execute("""
        DROP TABLE communication_service.high_water;
        DROP TABLE communication_service.schedule;
        DROP TABLE matching_service.foreign_matches;
        DROP TABLE communication_service.processed_events;
        DROP TABLE communication_service.leases;
    """)
