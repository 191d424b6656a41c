"""Whose turn it is can be found at a glance, however many notices were sent before."""

import sqlalchemy as sa
from alembic import op

revision = "n0002"
down_revision = "n0001"

OPEN = sa.text("state IN ('waiting', 'sending')")


def upgrade() -> None:
    """Order open notices as they take their turns; the index by due time served no query."""
    op.create_index(
        "ix_notifications_notices_open",
        "notifications_notices",
        ["seq"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.drop_index("ix_notifications_notices_moving", "notifications_notices")


def downgrade() -> None:
    """As it was."""
    op.create_index(
        "ix_notifications_notices_moving",
        "notifications_notices",
        ["due_at"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.drop_index("ix_notifications_notices_open", "notifications_notices")
