"""Rooms that hotels' systems fetch by AlpineBits, and what hotels tell of their free rooms."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "r0009"
down_revision = "r0008"


def upgrade() -> None:
    """Make two tables."""
    op.create_table(
        "bookings_call_rooms",
        sa.Column("room", sa.String(32), primary_key=True),
        sa.Column("hotel", sa.String(63), nullable=False),
        sa.Column("ours", sa.String(50), nullable=False),
        sa.Column("kind", sa.String(63), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("arrival", sa.Date(), nullable=False),
        sa.Column("departure", sa.Date(), nullable=False),
        sa.Column("adults", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("handed", sa.Integer(), nullable=False),
        sa.Column("handed_cancelled", sa.Boolean(), nullable=False),
        sa.Column("oldest", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("word", sa.String(16), nullable=False),
        sa.Column("word_at", UtcDateTime(), nullable=True),
        sa.Column("word_about", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("unsaid", sa.Boolean(), nullable=False),
    )
    hotel = ["hotel", "departure"]
    op.create_index("ix_bookings_call_rooms_hotel", "bookings_call_rooms", hotel)
    op.create_index("ix_bookings_call_rooms_ours", "bookings_call_rooms", ["ours"])
    op.create_table(
        "bookings_free_rooms",
        sa.Column("hotel", sa.String(63), primary_key=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("complete_at", UtcDateTime(), nullable=True),
        sa.Column("rooms", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("bookings_free_rooms")
    op.drop_table("bookings_call_rooms")
