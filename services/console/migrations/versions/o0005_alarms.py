"""Alarms: raised, acknowledged, silenced, cleared. Of one key at most one stands."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "o0005"
down_revision = "o0004"

STANDS = sa.text("cleared_at IS NULL")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "console_alarms",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("rule", sa.String(60), nullable=False),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("about", sa.String(200), nullable=False),
        sa.Column("service", sa.String(60), nullable=False),
        sa.Column("consumer", sa.String(200), nullable=True),
        sa.Column("stream", sa.String(200), nullable=True),
        sa.Column("visit", sa.String(63), nullable=True),
        sa.Column("sentence", sa.JSON(), nullable=False),
        sa.Column("harm", sa.JSON(), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("cleared_at", UtcDateTime(), nullable=True),
        sa.Column("acknowledged_by", sa.String(210), nullable=True),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.Column("silenced_until", UtcDateTime(), nullable=True),
        sa.Column("silenced_by", sa.String(210), nullable=True),
        sa.Column("silence_reason", sa.String(1000), nullable=False, server_default=""),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("called_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_console_alarms_cleared_at", "console_alarms", ["cleared_at"])
    op.create_index("ix_console_alarms_key", "console_alarms", ["key", "id"])
    op.create_index(
        "uq_console_alarms_standing", "console_alarms", ["key"], unique=True,
        sqlite_where=STANDS, postgresql_where=STANDS,
    )  # fmt: skip


def downgrade() -> None:
    """Drop it."""
    op.drop_table("console_alarms")
