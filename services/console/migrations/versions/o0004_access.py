"""Accounts, tokens, sessions and the audit; whose act an act is."""

import sqlalchemy as sa
from alembic import op

from shared.chassis.store import UtcDateTime

revision = "o0004"
down_revision = "o0003"


def upgrade() -> None:
    """Make the tables; the audit refuses changes by itself."""
    op.add_column("console_acts", sa.Column("actor", sa.String(210), nullable=True))
    _accounts()
    _audit()
    for statement in _GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def _accounts() -> None:
    op.create_table(
        "console_accounts",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("password", sa.String(200), nullable=True),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("stations", sa.JSON(), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "console_tokens",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("account", sa.String(100), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_console_tokens_account", "console_tokens", ["account"])
    op.create_table(
        "console_sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(210), nullable=False),
        sa.Column("given", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_console_sessions_expires_at", "console_sessions", ["expires_at"])


def _audit() -> None:
    op.create_table(
        "console_audit",
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("principal", sa.String(210), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("route", sa.String(200), nullable=False),
        sa.Column("resource", sa.String(600), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("before", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )


_SAYS = "the audit only grows"
_GUARDS = {
    "sqlite": [
        f"CREATE TRIGGER console_audit_{act} BEFORE {act} ON console_audit "
        f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
        for act in ("update", "delete")
    ],
    "postgresql": [
        "CREATE FUNCTION console_audit_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_SAYS}'; END $$",
        "CREATE TRIGGER console_audit_grows BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON console_audit EXECUTE FUNCTION console_audit_grows()",
    ],
}


def downgrade() -> None:
    """Drop them."""
    for name in ("audit", "sessions", "tokens", "accounts"):
        op.drop_table(f"console_{name}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION console_audit_grows()")
    op.drop_column("console_acts", "actor")
