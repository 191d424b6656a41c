"""Visits, sealed guests, totals, the store's keys, and the audit."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import BigInt, UtcDateTime

revision = "g0001"
down_revision = None


def upgrade() -> None:
    """Make the five tables."""
    op.create_table(
        "guests_visits",
        sa.Column("visit", sa.String(63), primary_key=True),
        sa.Column("revision", BigInt, nullable=False),
        sa.Column("put_at", UtcDateTime(), nullable=True),
        sa.Column("sequence", BigInt, nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("present", sa.Integer(), nullable=False),
    )
    op.create_table(
        "guests_guests",
        sa.Column("guest", sa.String(28), primary_key=True),
        sa.Column("visit", sa.String(63), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(64), nullable=True),
        sa.Column("key_id", sa.String(16), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        # Either there is everything, or everything is gone.
        sa.CheckConstraint("(erased_at IS NULL) = (wrapped IS NOT NULL)", "ck_guests_erased"),
        sa.CheckConstraint("(wrapped IS NULL) = (content IS NULL)", "ck_guests_sealed"),
    )
    op.create_index("ix_guests_guests_visit", "guests_guests", ["visit", "number"])
    op.create_index("ix_guests_guests_key_id", "guests_guests", ["key_id"])
    _totals_and_keys()
    _audit()


def _totals_and_keys() -> None:
    op.create_table(
        "guests_totals",
        sa.Column("visit", sa.String(63), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=False),
    )
    op.create_table(
        "guests_keys",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
    )


def _audit() -> None:
    op.create_table(
        "guests_audit",
        sa.Column("seq", BigInt, primary_key=True, autoincrement=False),
        sa.Column("visit", sa.String(63), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        # Two records cannot hang on the same one: the chain has no fork.
        sa.Column("previous", sa.String(64), nullable=False, unique=True),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("ix_guests_audit_visit", "guests_audit", ["visit", "seq"])


def downgrade() -> None:
    """Drop the five tables."""
    for plural in ("audit", "keys", "totals", "guests", "visits"):
        op.drop_table(f"guests_{plural}")
