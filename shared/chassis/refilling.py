"""Filling the bus again by hand: what the outbox keeps and nobody is known to have handled is sent
once more, as after a loss that the service noticed by itself (`feeding`).

Owns: the table of these acts, the command, and how far each has come.
Must not: delete anything of the bus: no service has the right to, on purpose. Must not: give
messages another identity: to the bus each is a new one, so that it does not swallow it as a repeat,
but receivers' inboxes know it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Update,
    and_,
    bindparam,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session

from shared.chassis import limits
from shared.chassis.choosing import Done, answered
from shared.chassis.feeding import unmarking
from shared.chassis.settled import settled
from shared.chassis.tables import ChassisTables
from shared.chassis.work import Delivery, Work, insertion, row_by
from shared.contracts.refilling import (
    MOST_COUNTED,
    ReadRefill,
    RefillAct,
    RefillBus,
    RefillView,
)

if TYPE_CHECKING:
    from shared.chassis.service import Service


def act(work: Work, some: Sequence[Delivery[RefillBus]]) -> None:
    """The group handler of the command: unmark rows, record the act, answer it; once."""
    work.alone("refill")
    refills = work.tables.refills
    for delivery in some:
        command = delivery.message
        known = work.connection.execute(row_by(refills, "id"), {"id": command.command})
        if known.first() is None:
            row = {"id": command.command, "actor": command.actor, "at": work.now,
                   "reason": command.reason, "messages": _unmark(work)}  # fmt: skip
            work.connection.execute(insertion(refills), row)
        work.send(answered(command, command.command, Done()), delivery)


def _unmark(work: Work) -> int:
    kept = {"horizon": _horizon(work.now)}
    return int(work.connection.execute(_filling(work.tables), kept).rowcount)


@cache
def _filling(tables: ChassisTables) -> Update:
    outbox = tables.outbox
    again = unmarking(outbox).values(again=outbox.c.again + 1)
    return again.where(doubted(tables, bindparam("horizon")))


def _horizon(now: datetime) -> datetime:
    return now - timedelta(seconds=limits.OUTBOX_KEEP_S)


def doubted(tables: ChassisTables, horizon: Any) -> ColumnElement[bool]:
    """Of an outbox row: the bus confirmed it after `horizon`, and nothing says that all its takers
    handled it."""
    return and_(tables.outbox.c.published_at > horizon, ~settled(tables))


def take_part(service: Service) -> None:
    """Let a service be told to fill the bus again, and be asked how far it is."""

    @service.broker.subscriber(**service.takes(RefillBus))
    async def refill_bus(some: list[RefillBus]) -> None:
        """A person has the bus filled again from this service's store."""
        await service.handle(act, some)

    @service.broker.subscriber(**service.answers(ReadRefill))
    async def read_refill(query: ReadRefill) -> RefillView:
        """What it would send again, and how far it is."""
        now = service.clock.now()
        return await service.read(lambda session: view(session, service, query, now))


def view(session: Session, service: Service, query: ReadRefill, now: datetime) -> RefillView:
    """How the outbox stands."""
    tables, connection = service.tables, session.connection()
    outbox, refills = tables.outbox, tables.refills
    newest = select(refills).order_by(refills.c.at.desc(), refills.c.id.desc())
    acts = connection.execute(newest.limit(query.limit)).all()
    unsent = outbox.c.published_at.is_(None)
    return RefillView(
        service=service.name,
        would_send=_count(connection, tables, doubted(tables, _horizon(now))),
        waiting=_count(connection, tables, unsent),
        acts=tuple(_told(connection, tables, row) for row in acts),
    )


def _told(connection: Connection, tables: ChassisTables, row: Any) -> RefillAct:
    outbox = tables.outbox
    then = and_(outbox.c.published_at.is_(None), outbox.c.created_at <= row.at)
    left = min(row.messages, _count(connection, tables, then))
    return RefillAct(command=row.id, actor=row.actor, at=row.at, reason=row.reason,
                     messages=row.messages, left=left)  # fmt: skip


def _count(connection: Connection, tables: ChassisTables, which: ColumnElement[bool]) -> int:
    some = select(literal(1)).select_from(tables.outbox).where(which).limit(MOST_COUNTED)
    return int(connection.execute(select(func.count()).select_from(some.subquery())).scalar_one())
