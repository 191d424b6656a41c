"""Acts without an outcome can be counted at a glance."""

import sqlalchemy as sa
from alembic import op

revision = "o0003"
down_revision = "o0002"

OPEN = sa.text("outcome IS NULL")


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_console_acts_open", "console_acts", ["at"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_console_acts_open")
