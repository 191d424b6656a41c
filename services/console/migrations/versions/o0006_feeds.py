"""Calendar feeds: what a secret address shows, and what it can be recognised by."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "o0006"
down_revision = "o0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "console_feeds",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("account", sa.String(210), nullable=False),
        sa.Column("stations", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(210), nullable=True),
    )
    op.create_index("ix_console_feeds_account", "console_feeds", ["account", "id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("console_feeds")
