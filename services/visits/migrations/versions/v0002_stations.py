"""Which station a visit belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision = "v0001"


def upgrade() -> None:
    """Add the column; visits from before belong to none."""
    op.add_column("visits_visits", sa.Column("station", sa.String(63), nullable=True))
    op.create_index("ix_visits_visits_station", "visits_visits", ["station"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_visits_visits_station", "visits_visits")
    op.drop_column("visits_visits", "station")
