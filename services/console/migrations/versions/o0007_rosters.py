"""Rosters that were put, and whom they left out: what a restored guests service has forgotten."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "o0007"
down_revision = "o0006"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "console_rosters",
        sa.Column("visit", sa.String(63), primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("behind", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_console_rosters_heard_at", "console_rosters", ["heard_at"])
    op.create_table(
        "console_left_out",
        sa.Column("guest", sa.String(28), primary_key=True),
        sa.Column("visit", sa.String(63), nullable=False),
        sa.Column("actor", sa.String(210), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_console_left_out_heard_at", "console_left_out", ["heard_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("console_left_out")
    op.drop_table("console_rosters")
