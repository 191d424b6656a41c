"""When each hotel was last heard, and when a block's rooms are the hotel's again."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "r0003"
down_revision = "r0002"


def upgrade() -> None:
    """Make the table and the column."""
    op.add_column("bookings_hotel_orders", sa.Column("cut_off", sa.Date(), nullable=True))
    zh = sa.Column("drift_zh", sa.String(400), nullable=False, server_default="")
    op.add_column("bookings_hotel_orders", zh)
    op.create_table(
        "bookings_hotel_contact",
        sa.Column("hotel", sa.String(63), primary_key=True),
        sa.Column("heard_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_column("bookings_hotel_orders", "drift_zh")
    op.drop_column("bookings_hotel_orders", "cut_off")
    op.drop_table("bookings_hotel_contact")
