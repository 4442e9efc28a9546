"""The other places of a therapist who works in several."""

from alembic import op

revision = "d27e8b41c6f5"
down_revision = "d5e90b27c4f8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE therapist_service.therapists ADD other_addresses jsonb;
        CREATE INDEX ix_therapists_other_addresses ON therapist_service.therapists (id)
            WHERE other_addresses IS NOT NULL;
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE therapist_service.therapists DROP other_addresses")
