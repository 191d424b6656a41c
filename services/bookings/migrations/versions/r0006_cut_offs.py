"""The cut-offs of orders: what would be lost, and that each counted once."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "r0006"
down_revision = "r0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "bookings_hotel_cuts",
        sa.Column("ours", sa.String(50), primary_key=True),
        sa.Column("hotel", sa.String(63), nullable=False),
        sa.Column("cut_off", sa.Date(), nullable=False),
        sa.Column("at_risk", sa.Integer(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("spare", sa.Integer(), nullable=False),
    )
    op.create_index("ix_bookings_hotel_cuts_hotel", "bookings_hotel_cuts", ["hotel", "done_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("bookings_hotel_cuts")
