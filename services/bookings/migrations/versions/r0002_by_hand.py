"""Orders at hotels where a person answers."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "r0002"
down_revision = "r0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "bookings_hand_orders",
        sa.Column("ours", sa.String(50), primary_key=True),
        sa.Column("hotel", sa.String(63), nullable=False),
        sa.Column("visit", sa.String(63), nullable=False),
        sa.Column("first_night", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("rooms", sa.Text(), nullable=False),
        sa.Column("agreed", sa.Text(), nullable=False),
        sa.Column("rooms_left", sa.Text(), nullable=False),
        sa.Column("firm", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(16), nullable=True),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("answer_by", UtcDateTime(), nullable=True),
        sa.Column("remind_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_bookings_hand_orders_remind", "bookings_hand_orders", ["remind_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("bookings_hand_orders")
