"""What a geocoder and a router said, until when that counts, and whose turn it is to ask them."""

from alembic import op

revision = "d4a26f1b8e93"
down_revision = "c3f1a95d7e20"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE geocoding_service.addresses (
            address_key varchar(64) NOT NULL,
            postal_code varchar(10),
            latitude double precision,
            longitude double precision,
            source varchar(200) NOT NULL,
            asked_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT addresses_pkey PRIMARY KEY (address_key),
            CONSTRAINT ck_addresses_place CHECK ((latitude IS NULL) = (longitude IS NULL))
        );
        CREATE INDEX ix_addresses_latitude ON geocoding_service.addresses (latitude, longitude)
            WHERE latitude IS NOT NULL;
        CREATE INDEX ix_addresses_ends_at ON geocoding_service.addresses (ends_at);
        CREATE TABLE geocoding_service.routes (
            from_latitude double precision NOT NULL,
            from_longitude double precision NOT NULL,
            to_latitude double precision NOT NULL,
            to_longitude double precision NOT NULL,
            travel_mode varchar(20) NOT NULL,
            outcome varchar(20) NOT NULL,
            km double precision,
            minutes integer,
            source varchar(200) NOT NULL,
            asked_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT routes_pkey PRIMARY KEY
                (from_latitude, from_longitude, to_latitude, to_longitude, travel_mode),
            CONSTRAINT ck_routes_travel_mode CHECK (travel_mode IN ('car', 'transit', 'bike', 'foot')),
            CONSTRAINT ck_routes_outcome CHECK (outcome IN ('road', 'no_way', 'off_map')),
            CONSTRAINT ck_routes_road CHECK
                ((outcome = 'road') = (km IS NOT NULL) AND (outcome = 'road') = (minutes IS NOT NULL)),
            CONSTRAINT ck_routes_amount CHECK (km >= 0 AND minutes >= 0)
        );
        CREATE INDEX ix_routes_to_latitude ON geocoding_service.routes (to_latitude, to_longitude);
        CREATE INDEX ix_routes_ends_at ON geocoding_service.routes (ends_at);
        CREATE TABLE geocoding_service.service_turns (
            service varchar(20) NOT NULL,
            next_at timestamptz NOT NULL,
            CONSTRAINT service_turns_pkey PRIMARY KEY (service),
            CONSTRAINT ck_service_turns_service CHECK (service IN ('nominatim', 'osrm'))
        );
    """)


def downgrade() -> None:
    op.execute("""
        DROP TABLE geocoding_service.service_turns;
        DROP TABLE geocoding_service.routes;
        DROP TABLE geocoding_service.addresses;
    """)
