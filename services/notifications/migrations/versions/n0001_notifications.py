"""Contacts, visits, what was told, notices and reminders."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import BigInt, UtcDateTime

revision = "n0001"
down_revision = None

VISIBLE = sa.text("state <> 'withheld'")
MOVING = sa.text("state IN ('waiting', 'sending')")


def upgrade() -> None:
    """Make the five tables."""
    op.create_table(
        "notifications_contacts",
        sa.Column("id", sa.String(63), primary_key=True),
        sa.Column("document", sa.JSON(), nullable=False),
    )
    op.create_table(
        "notifications_visits",
        sa.Column("visit", sa.String(63), primary_key=True),
        sa.Column("sequence", BigInt, nullable=False),
        sa.Column("arrangement", sa.Text(), nullable=True),
        sa.Column("closed", sa.JSON(), nullable=False),
    )
    op.create_table(
        "notifications_told",
        sa.Column("recipient", sa.String(63), primary_key=True),
        sa.Column("channel", sa.String(80), primary_key=True),
        sa.Column("visit", sa.String(63), primary_key=True),
        sa.Column("notice", sa.String(64), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
    )
    op.create_index("ix_notifications_told_visit", "notifications_told", ["visit"])
    _notices()
    op.create_table(
        "notifications_reminders",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("visit", sa.String(63), nullable=False),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
    )
    op.create_index("ix_notifications_reminders_visit", "notifications_reminders", ["visit"])
    op.create_index(
        "ix_notifications_reminders_due", "notifications_reminders", ["state", "due_at"]
    )


def _notices() -> None:
    op.create_table(
        "notifications_notices",
        sa.Column("seq", BigInt, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("visit", sa.String(63), nullable=False),
        sa.Column("recipient", sa.String(63), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(80), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("topic", sa.String(300), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("in_doubt", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("superseded_by", sa.String(64), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
    )
    _notices_indexes()


def _notices_indexes() -> None:
    op.create_index("ix_notifications_notices_visit", "notifications_notices", ["visit"])
    op.create_index(
        # One visible notice per recipient, cause and channel; questions and reminders that share
        # the cause of an arrangement are told apart by their topic.
        "uq_notifications_notices_visible",
        "notifications_notices",
        ["recipient", "cause", "channel", "topic", "visit"],
        unique=True,
        sqlite_where=VISIBLE,
        postgresql_where=VISIBLE,
    )
    op.create_index(
        "ix_notifications_notices_moving",
        "notifications_notices",
        ["due_at"],
        sqlite_where=MOVING,
        postgresql_where=MOVING,
    )


def downgrade() -> None:
    """Drop the five tables."""
    for plural in ("reminders", "notices", "told", "visits", "contacts"):
        op.drop_table(f"notifications_{plural}")
