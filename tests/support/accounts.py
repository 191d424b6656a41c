"""Accounts of a console under test, made in its store as an administrator makes them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from services.console import account_store
from services.console.credentials import hash_password, new_token
from services.console.roles import Principal, Role
from shared.chassis.store import open_store


def make_account(
    folder: Path,
    name: str,
    *roles: Role,
    stations: tuple[str, ...] = (),
    units: tuple[str, ...] = (),
    password: str | None = None,
    days: int = 1,
) -> str:
    """An account of the console whose data is in `folder`; returns its token."""
    engine = open_store(f"sqlite:///{folder / 'console.db'}")
    who = Principal(name, frozenset(roles), frozenset(stations), frozenset(units))
    token, now = new_token(), datetime.now(UTC)
    with engine.begin() as connection:
        hashed = hash_password(password) if password else None
        account_store.add_account(connection, who, hashed, now)
        account_store.add_token(connection, name, token, "test", now, days)
    engine.dispose()
    return token.text
