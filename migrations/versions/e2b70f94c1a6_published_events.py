"""Events that were published long ago are found by when that was, to be forgotten."""

from alembic import op

revision = "e2b70f94c1a6"
down_revision = "d4a26f1b8e93"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE INDEX ix_outbox_published_at ON communication_service.outbox (published_at)
            WHERE published_at IS NOT NULL;
    """)


def downgrade() -> None:
    op.execute("DROP INDEX communication_service.ix_outbox_published_at;")
