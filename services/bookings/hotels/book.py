"""The journal in a database: intents, hints and cursors, each act in one transaction.

Owns: three tables; `services.bookings.migrations` makes them.
Must not: hold guest data, or forget an intent whose outcome is unknown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    delete,
    select,
    update,
)

from services.bookings.hotels.journal import Intent
from services.bookings.hotels.model import Hint
from shared.chassis.limits import HOTEL_PAGE
from shared.chassis.store import UtcDateTime
from shared.chassis.work import if_missing, insertion

T = TypeVar("T")
TABLES = MetaData()
LONGEST_ID = 120
"""Characters of a hotel's id of an event or an entity."""
INTENTS = Table(
    "bookings_hotel_intents",
    TABLES,
    Column("hotel", String(63), primary_key=True),
    Column("operation", String(32), primary_key=True),
    Column("ours", String(80), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("lost", Boolean, nullable=False),
    comment="Writes whose outcome is not known: asked a moment ago, or lost.",
)
HINTS = Table(
    "bookings_hotel_hints",
    TABLES,
    Column("hotel", String(63), primary_key=True),
    Column("event", String(LONGEST_ID), primary_key=True),
    Column("entity", String(16), nullable=False),
    Column("theirs", String(LONGEST_ID), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("done", Boolean, nullable=False),
    Index("ix_bookings_hotel_hints_waiting", "hotel", "done", "at"),
)
CURSORS = Table(
    "bookings_hotel_cursors",
    TABLES,
    Column("hotel", String(63), primary_key=True),
    Column("cursor", String(200), nullable=False),
)


class Book:
    """A `Journal`; `run` runs a function in one transaction of the service's writer."""

    def __init__(self, run: Callable[[Callable[[Connection], object]], Awaitable[object]]) -> None:
        self._run = run

    async def _in(self, act: Callable[[Connection], T]) -> T:
        done: list[T] = []
        await self._run(lambda connection: done.append(act(connection)))
        return done[-1]

    async def intend(self, intent: Intent, at: datetime) -> None:
        """See `Journal`. The same intent again takes the place of the older one."""

        await self._in(lambda connection: intended(connection, intent, at))

    async def outcome(self, intent: Intent, code: str, at: datetime) -> None:
        """See `Journal`. Only `unknown` keeps the intent open."""

        def act(connection: Connection) -> None:
            if code == "unknown":
                connection.execute(_LOST, {**_key(intent), "since": at})
            else:
                connection.execute(_FORGET, _key(intent))

        await self._in(act)

    async def open_intents(self, hotel: str) -> Sequence[tuple[Intent, datetime]]:
        """See `Journal`. At most a page, the oldest."""
        wanted = select(INTENTS).where(INTENTS.c.hotel == hotel).order_by(INTENTS.c.at)
        rows = await self._in(lambda c: list(c.execute(wanted.limit(HOTEL_PAGE))))
        return [(Intent(row.hotel, row.operation, row.ours), row.at) for row in rows]

    async def store(self, hotel: str, hints: Sequence[Hint], cursor: str) -> Sequence[Hint]:
        """See `Journal`."""
        return await self._in(lambda connection: _stored(connection, hotel, hints, cursor))

    async def cursor(self, hotel: str) -> str:
        """See `Journal`."""
        wanted = select(CURSORS.c.cursor).where(CURSORS.c.hotel == hotel)
        return await self._in(lambda c: c.execute(wanted).scalar()) or ""

    async def waiting(self, hotel: str, most: int) -> Sequence[Hint]:
        """See `Journal`."""
        wanted = (
            select(HINTS)
            .where(HINTS.c.hotel == hotel, HINTS.c.done.is_(False))
            .order_by(HINTS.c.at, HINTS.c.event)
            .limit(most)
        )
        rows = await self._in(lambda c: list(c.execute(wanted)))
        return [Hint(row.event, row.entity, row.theirs, row.at) for row in rows]

    async def handled(self, hotel: str, events: Sequence[str]) -> None:
        """See `Journal`. The hint itself is kept, so that it is known when it comes again."""
        await self._in(lambda connection: dealt_with(connection, hotel, events))


def intended(connection: Connection, intent: Intent, at: datetime) -> None:
    """Write an intent down."""
    connection.execute(_FORGET, _key(intent))
    row = {"hotel": intent.hotel, "operation": intent.operation, "ours": intent.ours}
    connection.execute(insertion(INTENTS), {**row, "at": at, "lost": False})


def dealt_with(connection: Connection, hotel: str, events: Sequence[str]) -> None:
    """These hints were acted on."""
    mine = (HINTS.c.hotel == hotel, HINTS.c.event.in_(list(events)))
    connection.execute(update(HINTS).where(*mine).values(done=True))


def _key(intent: Intent) -> dict[str, str]:
    return {"_hotel": intent.hotel, "_operation": intent.operation, "_ours": intent.ours}


# Built once: building a statement costs more than running it.
_THIS = and_(
    INTENTS.c.hotel == bindparam("_hotel"),
    INTENTS.c.operation == bindparam("_operation"),
    INTENTS.c.ours == bindparam("_ours"),
)
_FORGET = delete(INTENTS).where(_THIS)
_LOST = update(INTENTS).where(_THIS).values(at=bindparam("since"), lost=True)


def _stored(
    connection: Connection, hotel: str, hints: Sequence[Hint], cursor: str
) -> Sequence[Hint]:
    new = if_missing(HINTS, connection.dialect.name, "event")
    rows = {
        one.event: {
            "hotel": hotel,
            "event": one.event,
            "entity": one.entity,
            "theirs": one.theirs,
            "at": one.at,
            "done": False,
        }
        for one in hints
    }
    fresh = set(connection.execute(new, list(rows.values())).scalars()) if rows else set()
    known = {"hotel": hotel, "cursor": cursor}
    connection.execute(if_missing(CURSORS, connection.dialect.name), [known])
    moved = update(CURSORS).where(CURSORS.c.hotel == hotel).values(cursor=cursor)
    connection.execute(moved)
    return [one for one in hints if one.event in fresh]
