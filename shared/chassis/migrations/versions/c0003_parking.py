"""What a person does with parked messages: their state, acts, and replays."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.migrating import service
from shared.chassis.parking_rules import cause_of
from shared.chassis.store import UtcDateTime

revision = "c0003"
down_revision = "c0002"
COLUMNS = ("state", "revision", "cause", "error_class", "error_line", "raw", "edited", "replays",
           "replay", "failed_at", "resolved_at")  # fmt: skip
INDEXED = ("state", "cause", "resolved_at")
ROWS = 500


def upgrade() -> None:
    """Extend the parked table, name the causes of what it has, and make the others."""
    parked = f"{service()}_parked"
    long_ago = sa.text("'1970-01-01 00:00:00'")
    for column in (
        sa.Column("state", sa.String(16), nullable=False, server_default="parked"),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("cause", sa.String(16), nullable=False, server_default=""),
        sa.Column("error_class", sa.String(100), nullable=False, server_default=""),
        sa.Column("error_line", sa.String(300), nullable=False, server_default=""),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("edited", sa.Text(), nullable=True),
        sa.Column("replays", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("replay", sa.String(200), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=False, server_default=long_ago),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
    ):
        op.add_column(parked, column)
    for name in INDEXED:
        op.create_index(f"ix_{parked}_{name}", parked, [name])
    _name_causes(parked)
    _make_tables(parked)


def _name_causes(name: str) -> None:
    connection = op.get_bind()
    columns = ("id", "error", "consumer", "parked_at", *COLUMNS)
    parked = sa.table(name, *map(sa.column, columns))
    found = sa.select(parked.c.id, parked.c.error, parked.c.consumer).where(parked.c.cause == "")
    while rows := connection.execute(found.limit(ROWS)).all():
        for row in rows:
            cause = cause_of(row.error, row.consumer)
            connection.execute(
                sa.update(parked)
                .where(parked.c.id == row.id)
                .values(cause=cause.group, error_class=cause.error_class,
                        error_line=cause.line, failed_at=parked.c.parked_at)
            )  # fmt: skip


def _make_tables(parked: str) -> None:
    op.create_table(
        f"{parked}_acts",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
    )
    op.create_index(f"ix_{parked}_acts_at", f"{parked}_acts", ["at"])
    op.create_table(
        f"{parked}_touched",
        sa.Column("act", sa.String(200), primary_key=True),
        sa.Column("message", sa.String(200), primary_key=True),
        sa.Column("outcome", sa.String(16), nullable=False),
    )
    op.create_index(f"ix_{parked}_touched_message", f"{parked}_touched", ["message"])
    op.create_table(
        f"{parked}_replays",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("per_s", sa.Float(), nullable=False),
        sa.Column("stop_at_first_failure", sa.Boolean(), nullable=False),
        sa.Column("holder", sa.String(64), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
    )
    op.create_index(f"ix_{parked}_replays_state", f"{parked}_replays", ["state"])


def downgrade() -> None:
    """Drop them."""
    parked = f"{service()}_parked"
    for suffix in ("replays", "touched", "acts"):
        op.drop_table(f"{parked}_{suffix}")
    for name in INDEXED:
        op.drop_index(f"ix_{parked}_{name}", parked)
    for name in COLUMNS:
        op.drop_column(parked, name)
