"""Which message carried an act, and how it ended: what a restored service is not sent again."""

import sqlalchemy as sa
from alembic import op

revision = "o0002"
down_revision = "o0001"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("console_acts", sa.Column("message", sa.String(200), nullable=True))
    op.add_column("console_acts", sa.Column("outcome", sa.String(40), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("console_acts", "outcome")
    op.drop_column("console_acts", "message")
