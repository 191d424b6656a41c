"""Links of hotels that operations pause or set aside, and what was ever sent of an order."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "r0004"
down_revision = "r0003"
ORDERS = "bookings_hotel_orders"


def upgrade() -> None:
    """Make two tables and two columns. Of what is there already, all counts as sent."""
    op.create_table(
        "bookings_hotel_switches",
        sa.Column("hotel", sa.String(63), primary_key=True),
        sa.Column("paused_until", UtcDateTime(), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "bookings_hotel_acts",
        sa.Column("command", sa.String(200), primary_key=True),
        sa.Column("hotel", sa.String(63), nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("ours", sa.String(200), nullable=True),
        sa.Column("paused_until", UtcDateTime(), nullable=True),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
    )
    op.create_index("ix_bookings_hotel_acts_hotel", "bookings_hotel_acts", ["hotel", "at"])
    sent: sa.Column[bool] = sa.Column(
        "sent", sa.Boolean(), nullable=False, server_default=sa.true()
    )
    look: sa.Column[bool] = sa.Column(
        "look", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column(ORDERS, sent)
    op.add_column(ORDERS, look)


def downgrade() -> None:
    """Drop them."""
    op.drop_column(ORDERS, "look")
    op.drop_column(ORDERS, "sent")
    op.drop_table("bookings_hotel_acts")
    op.drop_table("bookings_hotel_switches")
