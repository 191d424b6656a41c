"""Restorations of the store, and rows that are sent again after one elsewhere."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.migrating import service
from shared.chassis.store import UtcDateTime

revision = "c0002"
down_revision = "c0001"


def upgrade() -> None:
    """Make the table, and the column of the outbox."""
    name = service()
    op.create_table(
        f"{name}_lives",
        sa.Column("restored_at", UtcDateTime(), primary_key=True),
        sa.Column("as_of", UtcDateTime(), nullable=False),
        sa.Column("announced_at", UtcDateTime(), nullable=True),
    )
    again = sa.Column("again", sa.Integer(), nullable=False, server_default="0")
    op.add_column(f"{name}_outbox", again)


def downgrade() -> None:
    """Drop them."""
    op.drop_column(f"{service()}_outbox", "again")
    op.drop_table(f"{service()}_lives")
