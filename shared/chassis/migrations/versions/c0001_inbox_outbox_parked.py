"""Inbox, outbox and parked messages."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.migrating import service
from shared.chassis.store import BigInt, UtcDateTime

revision = "c0001"
down_revision = None


def upgrade() -> None:
    """Make the three tables."""
    name = service()
    op.create_table(
        f"{name}_inbox",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("handled_at", UtcDateTime(), nullable=False),
    )
    op.create_index(f"ix_{name}_inbox_handled_at", f"{name}_inbox", ["handled_at"])
    op.create_table(
        f"{name}_outbox",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("stream", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("trace", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("stream_seq", BigInt, nullable=True),
        sa.Column("stream_born", UtcDateTime(), nullable=True),
    )
    op.create_index(f"ix_{name}_outbox_published_at", f"{name}_outbox", ["published_at"])
    op.create_table(
        f"{name}_parked",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("consumer", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("history", sa.JSON(), nullable=False),
        sa.Column("parked_at", UtcDateTime(), nullable=False),
    )
    op.create_index(f"ix_{name}_parked_subject", f"{name}_parked", ["subject"])
    op.create_index(f"ix_{name}_parked_parked_at", f"{name}_parked", ["parked_at"])


def downgrade() -> None:
    """Drop the three tables."""
    for plural in ("parked", "outbox", "inbox"):
        op.drop_table(f"{service()}_{plural}")
