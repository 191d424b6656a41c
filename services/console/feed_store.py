"""Calendar feeds in the console's own store: what each shows, for whom it was made.

Owns: the table and every read and write of it.
Must not: store an address, only what it can be recognised by.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, func, select, update
from sqlmodel import Field, Session, SQLModel

from services.console import bounds
from services.console.account_store import ACCOUNTS
from shared.chassis import limits
from shared.chassis.store import UtcDateTime, table
from shared.chassis.tables import core
from shared.chassis.work import Work
from shared.contracts.values import Instant, Value


class Kind(StrEnum):
    """What a feed is about."""

    VISIT = "visit"
    HALL = "hall"
    ESCORT = "escort"
    HOTEL = "hotel"
    """The cut-offs of the blocks there."""


class Feed(Value):
    """A feed as it is shown; its address is not known any more."""

    id: str
    kind: Kind
    target: str
    """A visit, a hall, somebody who accompanies, or a hotel."""
    language: str
    account: str
    """Who made it."""
    made_at: Instant
    used_at: Instant | None = None
    revoked_at: Instant | None = None
    revoked_by: str | None = None


class Served(Value):
    """What a feed shows when it is asked for."""

    id: str
    kind: Kind
    target: str
    language: str
    stations: tuple[str, ...] | None
    """Only visits of these; None for all: as far as who made it could see."""
    stale: bool
    """Its last use should be written down."""


class FeedRow(SQLModel):
    """One feed."""

    id: str = Field(primary_key=True, max_length=64)
    digest: str = Field(max_length=64, unique=True)
    kind: str = Field(max_length=10)
    target: str = Field(max_length=200)
    language: str = Field(max_length=2)
    account: str = Field(max_length=210)
    stations: list[str] | None = Field(default=None, sa_type=JSON)
    made_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: str | None = Field(default=None, max_length=210)


FEEDS = core(table(FeedRow, "console", "feeds"))
_SHOWN = tuple(FEEDS.c[name] for name in Feed.model_fields)


def by_digest(session: Session, digest: str, now: datetime) -> Served | None:
    """The feed of an address, unless it was revoked or whoever made it may not log in any more."""
    row = session.execute(
        select(FEEDS, ACCOUNTS.c.disabled)
        .outerjoin(ACCOUNTS, ACCOUNTS.c.name == FEEDS.c.account)
        .where(FEEDS.c.digest == digest, FEEDS.c.revoked_at.is_(None))
    ).one_or_none()
    if row is None or row.disabled:
        return None
    stale = row.used_at is None or now - row.used_at > timedelta(seconds=limits.SEEN_S)
    return Served(id=row.id, kind=row.kind, target=row.target, language=row.language,
                  stations=row.stations, stale=stale)  # fmt: skip


def add(work: Work, row: dict[str, Any]) -> Feed | None:
    """Keep a new feed; None when its account has too many."""
    mine = select(func.count()).where(FEEDS.c.account == row["account"],
                                      FEEDS.c.revoked_at.is_(None))  # fmt: skip
    if work.connection.execute(mine).scalar_one() >= bounds.FEEDS_PER_ACCOUNT:
        return None
    made = {"id": f"feed-{work.new_id().lower()}", "made_at": work.now, **row}
    work.connection.execute(FEEDS.insert(), made)
    return Feed.model_validate(made)


def page(
    session: Session, account: str | None, after: str | None, limit: int
) -> tuple[list[Feed], str | None]:
    """Feeds, newest first: those of one account, or all; and the cursor of the next page."""
    wanted = select(*_SHOWN).order_by(FEEDS.c.id.desc()).limit(limit + 1)
    if account is not None:
        wanted = wanted.where(FEEDS.c.account == account)
    if after is not None:
        wanted = wanted.where(FEEDS.c.id < after)
    found = [Feed.model_validate(dict(row._mapping)) for row in session.execute(wanted)]
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def revoke(work: Work, feed: str, who: str, of: str | None) -> Feed | None:
    """End a feed at once; of one account only, unless `of` is None. None when there is none."""
    mine = [FEEDS.c.id == feed] + ([FEEDS.c.account == of] if of is not None else [])
    work.connection.execute(
        update(FEEDS).where(*mine, FEEDS.c.revoked_at.is_(None))
        .values(revoked_at=work.now, revoked_by=who)
    )  # fmt: skip
    row = work.connection.execute(select(*_SHOWN).where(*mine)).one_or_none()
    return Feed.model_validate(dict(row._mapping)) if row is not None else None


def mark_used(work: Work, feed: str) -> None:
    """It was asked for now."""
    work.connection.execute(update(FEEDS).where(FEEDS.c.id == feed).values(used_at=work.now))
