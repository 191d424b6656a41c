"""What hotels by hand say of their guests, by opaque id."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "r0005"
down_revision = "r0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "bookings_hand_guests",
        sa.Column("ours", sa.String(50), primary_key=True),
        sa.Column("guest", sa.String(40), primary_key=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("number", sa.String(15), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("was", sa.String(24), nullable=True),
        sa.Column("moved_on", sa.Date(), nullable=True),
        sa.Column("came_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "bookings_hand_words",
        sa.Column("ours", sa.String(50), primary_key=True),
        sa.Column("guest", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("number", sa.String(15), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("bookings_hand_words")
    op.drop_table("bookings_hand_guests")
