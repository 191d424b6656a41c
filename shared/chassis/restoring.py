"""A store that was brought back from an older copy: marked, announced, and fed by the others.

Owns: the table of lives, and sending again what a restored service may have forgotten.
Must not: copy stores; `deploy.backup` does. Must not: know what the messages mean.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Table, Update, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from shared.chassis.feeding import unmarking
from shared.chassis.life import Life
from shared.chassis.tables import ChassisTables
from shared.chassis.work import Delivery, Work, insertion
from shared.contracts.restoring import StoreRestored

if TYPE_CHECKING:
    from shared.chassis.service import Service

KNOWN = 400
"""Statements that feed restored services are kept: one for each outbox and list of subjects."""
Reminding = Callable[[StoreRestored], Awaitable[None]]
"""Asks a restored service again for what no message carried. Raises TooEarlyError while it is away;
it comes again then."""
Spared = Callable[[], Select[Any]]
"""Selects ids of outbox rows that are not to be sent again."""


def mark(connection: Connection, tables: ChassisTables, as_of: datetime, now: datetime) -> None:
    """Note in a restored store that it is one: its content is as it was at `as_of`.

    Every replica of its service must be stopped: a life is read when a process starts.
    """
    row = {"restored_at": now, "as_of": as_of, "announced_at": None}
    connection.execute(insertion(tables.lives), row)


def life_of(connection: Connection, tables: ChassisTables) -> Life:
    """The present life of a store."""
    return Life(connection.execute(_newest(tables.lives)).scalar())


def life_in(session: Session, tables: ChassisTables) -> Life:
    """The present life of the store that a session reads."""
    return life_of(session.connection(), tables)


@cache
def _newest(lives: Table) -> Select[Any]:
    return select(func.max(lives.c.restored_at))


def announce(work: Work, subjects: Sequence[str]) -> None:
    """Tell the others of restorations that they have not been told of."""
    lives = work.tables.lives
    for row in work.connection.execute(_untold(lives)).all():
        event = StoreRestored(
            cause=f"restored-{row.restored_at:%Y%m%dT%H%M%S}",
            actor=work.service,
            service=work.service,
            as_of=row.as_of,
            restored_at=row.restored_at,
            subjects=tuple(sorted(subjects)),
        )
        work.send(event)
    work.connection.execute(_telling(lives), {"now": work.now})


@cache
def _untold(lives: Table) -> Select[Any]:
    return select(lives).where(lives.c.announced_at.is_(None)).with_for_update()


@cache
def _telling(lives: Table) -> Update:
    told = update(lives).where(lives.c.announced_at.is_(None))
    return told.values(announced_at=bindparam("now"))


def feed(work: Work, some: Sequence[Delivery[StoreRestored]], spared: Spared | None = None) -> None:
    """Send again all that the outbox still keeps for restored services, in its order.

    Whatever its age: a message may have been on its way for long when it was handled.
    """
    for delivery in some:
        # Of its own restoration, too: what it sent to itself and handled it has forgotten.
        if delivery.message.subjects:
            again = _feeding(work.tables.outbox, delivery.message.subjects, spared)
            work.connection.execute(again)


@lru_cache(KNOWN)
def _feeding(outbox: Table, subjects: tuple[str, ...], spared: Spared | None) -> Update:
    """Forget that the bus had what is on these subjects: it is to be sent once more."""
    again = (
        unmarking(outbox)
        .where(or_(*(outbox.c.subject.like(_pattern(one)) for one in subjects)))
        .values(again=outbox.c.again + 1)
    )
    return again if spared is None else again.where(outbox.c.id.not_in(spared()))


def take_part(service: Service) -> None:
    """Let a service send again what others have forgotten."""

    def feed_them(work: Work, some: Sequence[Delivery[Any]]) -> None:
        feed(work, some, service.spared)

    @service.broker.subscriber(**service.takes(StoreRestored))
    async def feed_the_restored(some: list[StoreRestored]) -> None:
        """A store is an older one now: its service is sent again what it has forgotten."""
        for event in await service.handle(feed_them, some):
            if service.reminds is not None:
                await service.reminds(event)

    service.sends(StoreRestored)


def _pattern(subject: str) -> str:
    return subject.replace("*", "%")
