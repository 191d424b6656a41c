"""Visits, specs, answers and timelines."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "v0001"
down_revision = None


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "visits_visits",
        sa.Column("visit", sa.String(63), primary_key=True),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("line", sa.String(16), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("wake_at", UtcDateTime(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("trace", sa.JSON(), nullable=False),
    )
    for column in ("phase", "starts_at", "wake_at"):
        op.create_index(f"ix_visits_visits_{column}", "visits_visits", [column])
    _documents()
    _timeline()


def _documents() -> None:
    op.create_table(
        "visits_specs",
        sa.Column("visit", sa.String(63), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "visits_answers",
        sa.Column("command", sa.String(200), primary_key=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_visits_answers_at", "visits_answers", ["at"])


def _timeline() -> None:
    op.create_table(
        "visits_timeline",
        sa.Column("visit", sa.String(63), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
    )
    op.create_index("ix_visits_timeline_cause", "visits_timeline", ["cause"])


def downgrade() -> None:
    """Drop the four tables."""
    for plural in ("timeline", "answers", "specs", "visits"):
        op.drop_table(f"visits_{plural}")
