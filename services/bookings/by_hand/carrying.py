"""Carrying out an order at a hotel by hand: one transaction that writes the order and its letter.

Must not: decide; `deciding` does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from services.bookings.by_hand.cutting import date_of
from services.bookings.by_hand.deciding import Verdict, decide, remind_at
from services.bookings.by_hand.tables import Sheet, read, write
from services.bookings.by_hand.telling import Post
from services.bookings.orders.carrying import Result
from services.bookings.orders.tables import Asked, Order
from shared.chassis.work import Work
from shared.contracts.holds import HoldState
from shared.contracts.hotel_desk import HotelLetter
from shared.holds.tables import hold_tables

Run = Callable[[Callable[[Work], Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class HandCarrier:
    """Carries out the orders of one hotel. Nothing goes over a line: the store is the hotel's."""

    post: Post
    run: Run

    async def carry_out(self, order: Order) -> Result:
        """As far as it goes now: until somebody at the hotel answers."""
        verdict: Verdict = await self.run(lambda work: carried(work, order, self.post))
        return verdict.result()


def carried(work: Work, order: Order, post: Post) -> Verdict:
    """What is decided now, written, its letter in the outbox. Done again it changes nothing."""
    known = read(work.connection, order.ours, lock=True)
    fresh = Sheet(order.ours, order.hotel, order.visit, order.first_night)
    verdict = decide(order.asks, known or fresh)
    sheet = verdict.sheet
    if verdict.letter is HotelLetter.ASK:
        cause, answer_by = _behind(work, order.asks)
        due = remind_at(work.now, answer_by, 0)
        sheet = replace(sheet, cause=cause, answer_by=answer_by, remind_at=due)
        sheet = replace(sheet, cut_off=date_of(sheet, post.terms.get(sheet.hotel), work.now))
    if verdict.letter is not None:
        sheet = post.send(work, sheet, verdict.letter)
    if sheet != known and (known is not None or verdict.letter is not None):
        write(work, sheet, new=known is None)
    return replace(verdict, sheet=sheet)


def _behind(work: Work, asks: Sequence[Asked]) -> tuple[str, datetime | None]:
    """Which act an order is for, and until when its holds wait for an answer."""
    holds = hold_tables("bookings").holds
    names = [one.hold for one in asks]
    rows = work.connection.execute(
        select(holds.c.cause, holds.c.due_at, holds.c.state)
        .where(holds.c.hold.in_(names))
        .order_by(holds.c.changed_at, holds.c.hold)
    ).all()
    ends = [one.due_at for one in rows if one.state == HoldState.PENDING.value and one.due_at]
    return (rows[-1].cause if rows else "order"), min(ends, default=None)
