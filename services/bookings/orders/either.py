"""The two ways of an order at a hotel with a system: over its link, or by letter.

Owns: that what may go out over a link is noted before it goes, so that it is never asked by letter.
Must not: choose the way; `taking` tells it with each order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, update

from services.bookings.by_hand.carrying import HandCarrier
from services.bookings.hotels.book import Book, intended
from services.bookings.hotels.journal import Intent
from services.bookings.orders.carrying import Carrier, Result
from services.bookings.orders.deciding import Step
from services.bookings.orders.tables import ORDERS, Order

_SENT = update(ORDERS).where(ORDERS.c.ours == bindparam("_ours")).values(sent=True)


class OrderBook(Book):
    """A book that notes with an intent that something of its order was sent."""

    async def intend(self, intent: Intent, at: datetime) -> None:
        """See `Journal`."""

        def act(connection: Connection) -> None:
            connection.execute(_SENT, {"_ours": intent.ours})
            intended(connection, intent, at)

        await self._in(act)


@dataclass(frozen=True, slots=True)
class ByEither:
    """Carries out the orders of one hotel that has a link."""

    link: Carrier
    letters: HandCarrier | None
    """None where letters cannot be signed."""

    async def carry_out(self, order: Order) -> Result:
        """See `worker.Carries`."""
        if not order.by_hand:
            return await self.link.carry_out(order)
        if self.letters is None:
            # It went out when letters could be signed: it waits until they can be again.
            return Result(order.standing, Step.AWAIT)
        return await self.letters.carry_out(order)
