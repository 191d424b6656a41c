"""Holds, claims, cells and units."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.migrating import service
from shared.chassis.store import BigInt, UtcDateTime

revision = "h0001"
down_revision = None


def upgrade() -> None:
    """Make the four tables."""
    name = service()
    op.create_table(
        f"{name}_holds",
        sa.Column("hold", sa.String(200), primary_key=True),
        sa.Column("visit", sa.String(63), nullable=False),
        sa.Column("need", sa.String(130), nullable=True),
        sa.Column("kind", sa.String(64), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_index(f"ix_{name}_holds_visit", f"{name}_holds", ["visit"])
    op.create_index(f"ix_{name}_holds_due_at", f"{name}_holds", ["due_at"])
    op.create_table(
        f"{name}_claims",
        sa.Column("hold", sa.String(200), primary_key=True),
        sa.Column("unit", sa.String(150), primary_key=True),
        sa.Column("start", BigInt, primary_key=True, autoincrement=False),
        sa.Column("stop", BigInt, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
    )
    op.create_index(f"ix_{name}_claims_unit", f"{name}_claims", ["unit"])
    _stock(name)


def _stock(name: str) -> None:
    op.create_table(
        f"{name}_cells",
        sa.Column("unit", sa.String(150), primary_key=True),
        sa.Column("slot", BigInt, primary_key=True, autoincrement=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.CheckConstraint("0 <= taken AND taken <= capacity", name="never_oversold"),
    )
    op.create_table(
        f"{name}_units",
        sa.Column("kind", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(63), primary_key=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.create_index(f"ix_{name}_units_revision", f"{name}_units", ["revision"])


def downgrade() -> None:
    """Drop the four tables."""
    for plural in ("units", "cells", "claims", "holds"):
        op.drop_table(f"{service()}_{plural}")
