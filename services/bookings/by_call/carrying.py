"""Carrying out an order at a hotel whose system fetches it: one transaction that lays rooms ready.

Must not: decide; `deciding` does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.bookings.by_call.deciding import Case, asked_anew, decide
from services.bookings.by_call.marking import claim
from services.bookings.by_call.rooms import of_order, write
from services.bookings.hotels.alpinebits.house import House
from services.bookings.orders.carrying import Result
from services.bookings.orders.tables import Order
from shared.chassis.work import Work

Run = Callable[[Callable[[Work], Any]], Awaitable[Any]]
Adults = Callable[[Work, str], Mapping[str, int]]
"""How many sleep in a room of each type of a hotel."""


@dataclass(frozen=True, slots=True)
class CallCarrier:
    """Carries out the orders of one hotel. Nothing goes over a line: its system comes for it."""

    house: House
    adults: Adults
    run: Run

    async def carry_out(self, order: Order) -> Result:
        """As far as it goes now: until the hotel's system has fetched it and says something."""
        result: Result = await self.run(lambda work: carried(work, order, self.house, self.adults))
        return result


def carried(work: Work, order: Order, house: House, adults: Adults) -> Result:
    """What is decided now, written. Done again it changes nothing."""
    claim(work, house.hotel)
    known = of_order(work.connection, order.ours)
    rooms = asked_anew(known) if order.look else known
    case = Case(order.ours, house, order.asks, rooms, adults(work, house.hotel), work.now)
    after, result = decide(case)
    write(work.connection, after, known)
    return result
