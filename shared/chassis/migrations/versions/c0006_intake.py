"""Acts on what a service takes in: pauses begun and ended."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.migrating import service
from shared.chassis.store import UtcDateTime

revision = "c0006"
down_revision = "c0005"


def upgrade() -> None:
    """Make the table."""
    name = f"{service()}_intake"
    op.create_table(
        name,
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("consumer", sa.String(200), nullable=False),
        sa.Column("paused_until", UtcDateTime(), nullable=True),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
    )
    op.create_index(f"ix_{name}_at", name, ["at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table(f"{service()}_intake")
