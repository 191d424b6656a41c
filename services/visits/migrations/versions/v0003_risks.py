"""Since when a visit is not settled, and when mending it must begin at the latest."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "v0003"
down_revision = "v0002"
NOT_SETTLED = ("holding", "waiting", "confirming", "blocked")


def upgrade() -> None:
    """Add the columns. Visits that are open now count from their start, until looked at again."""
    op.add_column("visits_visits", sa.Column("guests", sa.Integer(), server_default="0",
                                             nullable=False))  # fmt: skip
    op.add_column("visits_visits", sa.Column("since", UtcDateTime(), nullable=True))
    op.add_column("visits_visits", sa.Column("act_by", UtcDateTime(), nullable=True))
    op.create_index("ix_visits_visits_act_by", "visits_visits", ["act_by"])
    visits = sa.table("visits_visits", *map(sa.column, ("phase", "act_by", "starts_at")))
    known = sa.update(visits).where(visits.c.phase.in_(NOT_SETTLED))
    op.get_bind().execute(known.values(act_by=visits.c.starts_at))


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_visits_visits_act_by", "visits_visits")
    for column in ("act_by", "since", "guests"):
        op.drop_column("visits_visits", column)
