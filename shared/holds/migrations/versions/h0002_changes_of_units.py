"""The changes that were made to units while the system ran."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.migrating import service
from shared.chassis.store import UtcDateTime

revision = "h0002"
down_revision = "h0001"


def upgrade() -> None:
    """Make the table."""
    name = service()
    op.create_table(
        f"{name}_changes",
        sa.Column("command", sa.String(200), primary_key=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("unit", sa.String(63), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("look_at", UtcDateTime(), nullable=True),
    )
    op.create_index(f"ix_{name}_changes_unit", f"{name}_changes", ["unit", "revision"])
    op.create_index(f"ix_{name}_changes_look_at", f"{name}_changes", ["look_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table(f"{service()}_changes")
