"""Who shares a room is named, too: by opaque id, beside the guest in whose name it is."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "r0012"
down_revision = "r0011"
LISTS, ROWS = "bookings_hotel_lists", "bookings_hotel_rows"
INDEX = "ix_bookings_hotel_rows_sharer"


def upgrade() -> None:
    """Make the column. Lists at rest with a room for two are looked at once more: until now one of
    two was named."""
    op.add_column(ROWS, sa.Column("sharer", sa.String(28), nullable=False, server_default=""))
    op.create_index(INDEX, ROWS, ["sharer"])
    lists = sa.table(
        LISTS,
        sa.column("ours", sa.String),
        sa.column("owned", sa.Boolean),
        sa.column("due_at", UtcDateTime()),
    )
    rows = sa.table(ROWS, *(sa.column(name) for name in ("ours", "adults", "state")))
    shared = sa.select(rows.c.ours).where(rows.c.adults > 1, rows.c.state == "there")
    rest = (lists.c.ours.in_(shared), lists.c.due_at.is_(None), lists.c.owned.is_(False))
    op.execute(sa.update(lists).where(*rest).values(due_at=datetime.now(UTC)))


def downgrade() -> None:
    """Drop it. Whoever shares stays named at the hotel."""
    op.drop_index(INDEX, ROWS)
    op.drop_column(ROWS, "sharer")
