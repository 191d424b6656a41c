"""When visits are, in one index: lists by start, and what overlaps a window."""

from alembic import op

revision = "v0005"
down_revision = "v0004"


def upgrade() -> None:
    """The longer index serves what the shorter one served."""
    op.drop_index("ix_visits_visits_starts_at", "visits_visits")
    op.create_index("ix_visits_visits_span", "visits_visits", ["starts_at", "visit", "ends_at"])


def downgrade() -> None:
    """The shorter one again."""
    op.drop_index("ix_visits_visits_span", "visits_visits")
    op.create_index("ix_visits_visits_starts_at", "visits_visits", ["starts_at", "visit"])
