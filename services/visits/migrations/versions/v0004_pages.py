"""Pages of the list come from an index in their order, however many visits there are."""

from alembic import op

revision = "v0004"
down_revision = "v0003"

ORDER = ["starts_at", "visit"]
WIDER = {"phase": ["phase", *ORDER], "station": ["station", *ORDER], "starts_at": ORDER}
"""Columns of each index, by the one column that it had."""


def upgrade() -> None:
    """Let the three indexes end with the order of the list."""
    for name, columns in WIDER.items():
        op.drop_index(f"ix_visits_visits_{name}", "visits_visits")
        op.create_index(f"ix_visits_visits_{name}", "visits_visits", columns)


def downgrade() -> None:
    """As they were."""
    for name in WIDER:
        op.drop_index(f"ix_visits_visits_{name}", "visits_visits")
        op.create_index(f"ix_visits_visits_{name}", "visits_visits", [name])
