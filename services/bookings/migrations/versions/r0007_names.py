"""Names at linked hotels: a list for each definite order, and its reservations by opaque ids."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import BigInt, UtcDateTime

revision = "r0007"
down_revision = "r0006"
LISTS, ROWS = "bookings_hotel_lists", "bookings_hotel_rows"


def upgrade() -> None:
    """Make both tables. Orders that are definite already get a list when they next come to rest."""
    op.create_table(
        LISTS,
        sa.Column("ours", sa.String(50), primary_key=True),
        sa.Column("hotel", sa.String(63), nullable=False),
        sa.Column("visit", sa.String(63), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("owned", sa.Boolean(), nullable=False),
        sa.Column("unplaced", sa.Integer(), nullable=False),
        sa.Column("said", sa.String(400), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_bookings_hotel_lists_due", LISTS, ["hotel", "due_at"])
    op.create_index("ix_bookings_hotel_lists_visit", LISTS, ["visit"])
    op.create_table(
        ROWS,
        sa.Column("stay", sa.String(50), primary_key=True),
        sa.Column("ours", sa.String(50), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("guest", sa.String(28), nullable=False),
        sa.Column("adults", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(63), nullable=False),
        sa.Column("arrival", sa.Date(), nullable=False),
        sa.Column("departure", sa.Date(), nullable=False),
        sa.Column("fen", BigInt, nullable=False),
        sa.Column("theirs", sa.String(120), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("said", sa.String(400), nullable=False),
    )
    op.create_index("ix_bookings_hotel_rows_ours", ROWS, ["ours", "number"])
    op.create_index("ix_bookings_hotel_rows_guest", ROWS, ["guest"])


def downgrade() -> None:
    """Drop both."""
    op.drop_table(ROWS)
    op.drop_table(LISTS)
