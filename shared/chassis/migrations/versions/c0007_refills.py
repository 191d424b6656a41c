"""Acts that had the bus filled again."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.migrating import service
from shared.chassis.store import UtcDateTime

revision = "c0007"
down_revision = "c0006"


def upgrade() -> None:
    """Make the table."""
    name = f"{service()}_refills"
    op.create_table(
        name,
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
    )
    op.create_index(f"ix_{name}_at", name, ["at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table(f"{service()}_refills")
