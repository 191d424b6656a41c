"""Orders at hotels with systems of their own, and the journal of what was asked of them."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "r0001"
down_revision = None


def upgrade() -> None:
    """Make the five tables."""
    _journal()
    op.create_table(
        "bookings_hotel_orders",
        sa.Column("ours", sa.String(50), primary_key=True),
        sa.Column("hotel", sa.String(63), nullable=False),
        sa.Column("visit", sa.String(63), nullable=False),
        sa.Column("need", sa.String(130), nullable=False),
        sa.Column("first_night", sa.Date(), nullable=False),
        sa.Column("last_night", sa.Date(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("said", sa.String(400), nullable=False),
        sa.Column("drift", sa.String(400), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("owned", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_bookings_hotel_orders_due", "bookings_hotel_orders", ["hotel", "due_at"])
    op.create_index("ix_bookings_hotel_orders_visit", "bookings_hotel_orders", ["visit"])
    op.create_table(
        "bookings_hotel_asks",
        sa.Column("hold", sa.String(200), primary_key=True),
        sa.Column("hotel", sa.String(63), primary_key=True),
        sa.Column("ours", sa.String(50), nullable=False),
        sa.Column("rooms", sa.Text(), nullable=False),
        sa.Column("covered", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_bookings_hotel_asks_ours", "bookings_hotel_asks", ["ours"])


def _journal() -> None:
    op.create_table(
        "bookings_hotel_intents",
        sa.Column("hotel", sa.String(63), primary_key=True),
        sa.Column("operation", sa.String(32), primary_key=True),
        sa.Column("ours", sa.String(80), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("lost", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "bookings_hotel_hints",
        sa.Column("hotel", sa.String(63), primary_key=True),
        sa.Column("event", sa.String(120), primary_key=True),
        sa.Column("entity", sa.String(16), nullable=False),
        sa.Column("theirs", sa.String(120), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
    )
    op.create_index(
        "ix_bookings_hotel_hints_waiting", "bookings_hotel_hints", ["hotel", "done", "at"]
    )
    op.create_table(
        "bookings_hotel_cursors",
        sa.Column("hotel", sa.String(63), primary_key=True),
        sa.Column("cursor", sa.String(200), nullable=False),
    )


def downgrade() -> None:
    """Drop the five tables."""
    for plural in ("asks", "orders", "cursors", "hints", "intents"):
        op.drop_table(f"bookings_hotel_{plural}")
