"""Up to where the bus has brought what was sent to all who take it."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.migrating import service
from shared.chassis.store import BigInt, UtcDateTime

revision = "c0004"
down_revision = "c0003"


def upgrade() -> None:
    """Make the two tables, and the column of the outbox: what was sent so far, no look has seen."""
    name = service()
    op.create_table(
        f"{name}_floors",
        sa.Column("subject", sa.String(200), primary_key=True),
        sa.Column("born", UtcDateTime(), primary_key=True),
        sa.Column("seq", BigInt, nullable=False),
        sa.Column("look", sa.Integer(), nullable=False),
        sa.Column("takers", sa.JSON(), nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
    )
    looks = op.create_table(
        f"{name}_looks", sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False)
    )
    op.bulk_insert(looks, [{"number": 0}])
    op.add_column(f"{name}_outbox", sa.Column("look", sa.Integer(), nullable=True))
    outbox = sa.table(f"{name}_outbox", sa.column("look"), sa.column("published_at"))
    sent = outbox.c.published_at.is_not(None)
    op.get_bind().execute(sa.update(outbox).where(sent).values(look=0))


def downgrade() -> None:
    """Drop them."""
    name = service()
    op.drop_column(f"{name}_outbox", "look")
    op.drop_table(f"{name}_looks")
    op.drop_table(f"{name}_floors")
