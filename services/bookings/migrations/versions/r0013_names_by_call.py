"""Who has a room that a hotel's system fetches, by opaque id, and that it goes out as a change."""

import sqlalchemy as sa
from alembic import op

revision = "r0013"
down_revision = "r0012"
ROOMS = "bookings_call_rooms"


def upgrade() -> None:
    """Make the columns."""
    for name in ("modified", "told"):
        no: sa.Column[bool] = sa.Column(
            name, sa.Boolean(), nullable=False, server_default=sa.false()
        )
        op.add_column(ROOMS, no)
    op.add_column(ROOMS, sa.Column("guest", sa.String(28), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in ("guest", "told", "modified"):
        op.drop_column(ROOMS, name)
