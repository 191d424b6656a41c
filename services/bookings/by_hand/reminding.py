"""Reminding a hotel that stays silent, and revoking a link.

Must not: decide when; `deciding` has the shares of the time, and `deciding.REMINDERS` bounds them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from services.bookings.by_hand.deciding import REMINDERS, remind_at
from services.bookings.by_hand.tables import HAND, sheet_of, write
from services.bookings.by_hand.telling import Post
from services.bookings.orders.tables import ORDERS, due_now
from shared.chassis.work import Work
from shared.contracts.hotel_desk import DeskState, HotelLetter

REMIND_S = 5.0
"""How often it is looked whom to remind."""
REMIND_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Reminding:
    """The reminders of all hotels that answer by hand."""

    post: Post

    def remind(self, work: Work) -> bool:
        """Send the reminders that are due. True when there may be more."""
        if work.recovering:
            return False
        due = (
            select(HAND)
            .where(HAND.c.remind_at <= work.now)
            .order_by(HAND.c.remind_at, HAND.c.ours)
            .limit(REMIND_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        rows = work.connection.execute(due).all()
        for row in rows:
            sheet = sheet_of(row)
            if sheet.state is not DeskState.ASKED or sheet.hotel not in self.post.zones:
                write(work, replace(sheet, remind_at=None))
                continue
            calls = sheet.calls + 1
            due_next = remind_at(work.now, sheet.answer_by, calls)
            sheet = replace(sheet, calls=calls, remind_at=due_next)
            last = calls == len(REMINDERS)
            write(work, self.post.send(work, sheet, HotelLetter.REMINDER, urgent=last))
        return len(rows) == REMIND_AT_ONCE


def revoke(connection: Connection, ours: str, now: datetime) -> bool:
    """Make every link to an order open nothing; the running service sends the hotel a new one.

    False when there is no such order, or it has ended.
    """
    mine = (ORDERS.c.ours == ours, ORDERS.c.ended.is_(False))
    values = {"generation": HAND.c.generation + 1, "told": False}
    done = connection.execute(update(HAND).where(HAND.c.ours == ours).values(**values))
    again = connection.execute(update(ORDERS).where(*mine).values(**due_now(now)))
    return done.rowcount == 1 and again.rowcount == 1
