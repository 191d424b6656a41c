"""When a hotel last answered a poll of its feed."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "r0010"
down_revision = "r0009"


def upgrade() -> None:
    """Make the column."""
    op.add_column("bookings_hotel_feeds", sa.Column("answered_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("bookings_hotel_feeds", "answered_at")
