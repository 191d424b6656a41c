"""Acts of planners: idempotency keys with their answers."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "o0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "console_acts",
        sa.Column("command", sa.String(64), primary_key=True),
        sa.Column("print", sa.String(64), nullable=False),
        sa.Column("resource", sa.String(300), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_console_acts_at", "console_acts", ["at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("console_acts")
