"""Whose turn it is to poll a hotel's feed, and since when something may have been missed."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "r0008"
down_revision = "r0007"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "bookings_hotel_feeds",
        sa.Column("hotel", sa.String(63), primary_key=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("polled_at", UtcDateTime(), nullable=True),
        sa.Column("stale_since", UtcDateTime(), nullable=True),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("bookings_hotel_feeds")
