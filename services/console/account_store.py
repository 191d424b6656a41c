"""Accounts, tokens and sessions in the console's own store.

Owns: the three tables and every read and write of them.
Must not: store a secret, only what it can be checked by.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Connection, delete, func, select, update
from sqlmodel import Field, Session, SQLModel

from services.console.credentials import Token
from services.console.roles import Principal, Role
from shared.chassis import limits
from shared.chassis.store import UtcDateTime, table
from shared.chassis.tables import core
from shared.chassis.work import Work

FORGET_ROWS = 1_000


class AccountRow(SQLModel):
    """Someone who may log in, or a program that has tokens only."""

    name: str = Field(primary_key=True, max_length=100)
    password: str | None = Field(default=None, max_length=200)
    """An argon2id string; None when only tokens are used."""
    roles: list[str] = Field(sa_type=JSON)
    stations: list[str] = Field(sa_type=JSON)
    units: list[str] = Field(sa_type=JSON)
    disabled: bool = False
    made_at: datetime = Field(sa_type=UtcDateTime)


class TokenRow(SQLModel):
    """An API token: its public id, and what its text is checked by."""

    id: str = Field(primary_key=True, max_length=16)
    digest: str = Field(max_length=64)
    account: str = Field(max_length=100, index=True)
    label: str = Field(max_length=200)
    made_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked: bool = False


class SessionRow(SQLModel):
    """A browser that is logged in. A person from a provider carries the roles it was given."""

    digest: str = Field(primary_key=True, max_length=64)
    account: str = Field(max_length=210)
    given: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """Roles, stations and units from a provider; None for a local account."""
    seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


ACCOUNTS = core(table(AccountRow, "console", "accounts"))
TOKENS = core(table(TokenRow, "console", "tokens"))
SESSIONS = core(table(SessionRow, "console", "sessions"))


@dataclass(frozen=True, slots=True)
class Found:
    """A caller that was recognised; `stale` when its last use should be written down."""

    principal: Principal
    stale: bool


def scope_of(principal: Principal) -> dict[str, list[str]]:
    """Roles, stations and units as they are stored."""
    return {
        "roles": sorted(principal.roles),
        "stations": sorted(principal.stations),
        "units": sorted(principal.units),
    }


def principal_of(
    name: str, roles: Iterable[str], stations: Iterable[str], units: Iterable[str]
) -> Principal:
    """The principal of a stored scope. A role that is no longer known gives no right."""
    known = frozenset(Role(one) for one in roles if one in set(Role))
    return Principal(name, known, frozenset(stations), frozenset(units))


def password_of(session: Session, name: str) -> str | None:
    """The argon2id string of an account that may log in."""
    wanted = select(ACCOUNTS.c.password).where(ACCOUNTS.c.name == name, ~ACCOUNTS.c.disabled)
    return session.execute(wanted).scalar_one_or_none()


def by_token(session: Session, digest: str, id_: str, now: datetime) -> Found | None:
    """Who has this token, if it is good now."""
    row = session.execute(
        select(ACCOUNTS, TOKENS.c.used_at)
        .join(TOKENS, TOKENS.c.account == ACCOUNTS.c.name)
        .where(TOKENS.c.id == id_, TOKENS.c.digest == digest, ~TOKENS.c.revoked)
        .where(TOKENS.c.expires_at > now, ~ACCOUNTS.c.disabled)
    ).one_or_none()
    if row is None:
        return None
    who = principal_of(row.name, row.roles, row.stations, row.units)
    return Found(who, row.used_at is None or _old(row.used_at, now))


def by_session(session: Session, digest: str, now: datetime) -> Found | None:
    """Who is logged in by this cookie, if its time is not over and it was used of late."""
    idle = now - timedelta(seconds=limits.SESSION_IDLE_S)
    row = session.execute(
        select(SESSIONS).where(
            SESSIONS.c.digest == digest, SESSIONS.c.expires_at > now, SESSIONS.c.seen_at > idle
        )
    ).one_or_none()
    if row is None:
        return None
    scope = row.given or _scope(session, row.account)
    if scope is None:
        return None
    return Found(principal_of(row.account, **scope), _old(row.seen_at, now))


def _scope(session: Session, name: str) -> dict[str, Any] | None:
    row = session.execute(
        select(ACCOUNTS.c.roles, ACCOUNTS.c.stations, ACCOUNTS.c.units).where(
            ACCOUNTS.c.name == name, ~ACCOUNTS.c.disabled
        )
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def _old(seen: datetime, now: datetime) -> bool:
    return now - seen > timedelta(seconds=limits.SEEN_S)


def mark_used(work: Work, digest: str) -> None:
    """Note that a token or a session was used now."""
    with_token = update(TOKENS).where(TOKENS.c.digest == digest).values(used_at=work.now)
    with_session = update(SESSIONS).where(SESSIONS.c.digest == digest).values(seen_at=work.now)
    work.connection.execute(with_token)
    work.connection.execute(with_session)


def open_session(work: Work, digest: str, who: Principal, given: bool) -> None:
    """Begin a session; `given` when the scope came from a provider."""
    row = {
        "digest": digest,
        "account": who.name,
        "given": scope_of(who) if given else None,
        "seen_at": work.now,
        "expires_at": work.now + timedelta(seconds=limits.SESSION_S),
    }
    work.connection.execute(SESSIONS.insert(), row)


def close_session(work: Work, digest: str) -> None:
    """End a session at once."""
    work.connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == digest))


def forget_sessions(work: Work) -> bool:
    """Delete sessions that are over. True when there may be more."""
    old = select(SESSIONS.c.digest).where(SESSIONS.c.expires_at < work.now).limit(FORGET_ROWS)
    gone = work.connection.execute(delete(SESSIONS).where(SESSIONS.c.digest.in_(old)))
    return gone.rowcount >= FORGET_ROWS


def is_empty(connection: Connection) -> bool:
    """Whether there is no account at all."""
    return not connection.execute(select(func.count()).select_from(ACCOUNTS)).scalar_one()


def add_account(
    connection: Connection, who: Principal, password: str | None, now: datetime
) -> None:
    """Make an account. Raises IntegrityError when the name is taken."""
    row = {"name": who.name, "password": password, **scope_of(who), "disabled": False,
           "made_at": now}  # fmt: skip
    connection.execute(ACCOUNTS.insert(), row)


def add_token(
    connection: Connection, account: str, token: Token, label: str, now: datetime, days: int
) -> None:
    """Keep what a new token is checked by."""
    row = {"id": token.id, "digest": token.digest, "account": account, "label": label,
           "made_at": now, "expires_at": now + timedelta(days=days), "used_at": None,
           "revoked": False}  # fmt: skip
    connection.execute(TOKENS.insert(), row)
