"""The cut-off that a letter named, and how many rooms of an order by hand have a guest."""

import sqlalchemy as sa
from alembic import op

revision = "r0011"
down_revision = "r0010"


def upgrade() -> None:
    """Make the columns. Orders by hand that stand were agreed to without a date, and have none."""
    op.add_column("bookings_hand_orders", sa.Column("cut_off", sa.Date(), nullable=True))
    op.add_column("bookings_hotel_cuts", sa.Column("named", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("bookings_hotel_cuts", "named")
    op.drop_column("bookings_hand_orders", "cut_off")
