"""What a parked message is about, so that groups can say whom they concern."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.migrating import service
from shared.contracts.naming import named_in

revision = "c0005"
down_revision = "c0004"
ROWS = 500


def upgrade() -> None:
    """Add the column, and read the messages that are there."""
    name = f"{service()}_parked"
    op.add_column(name, sa.Column("about", sa.String(63), nullable=True))
    op.create_index(f"ix_{name}_group", name, ["state", "cause", "about"])
    parked = sa.table(name, *map(sa.column, ("id", "subject", "body", "about")))
    connection, last = op.get_bind(), ""
    found = sa.select(parked.c.id, parked.c.subject, parked.c.body).order_by(parked.c.id)
    while rows := connection.execute(found.where(parked.c.id > last).limit(ROWS)).all():
        for row in rows:
            named = named_in(row.subject, row.body)
            if named is not None:
                mine = sa.update(parked).where(parked.c.id == row.id)
                connection.execute(mine.values(about=named.visit))
        last = rows[-1].id


def downgrade() -> None:
    """Drop it."""
    name = f"{service()}_parked"
    op.drop_index(f"ix_{name}_group", name)
    op.drop_column(name, "about")
