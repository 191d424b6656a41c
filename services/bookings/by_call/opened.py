"""The doors of a service that has hotels: signed calls go to listeners, AlpineBits to its desk.

Must not: decide anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.bookings.by_call.desk import StoreDesk
from services.bookings.by_call.door import Door, logins_of
from services.bookings.guestlists.asking import AskGuests
from services.bookings.listening import calling
from services.bookings.listening.listener import Listener
from services.bookings.orders.wiring import Orders
from shared.chassis.service import Service
from shared.contracts.hotel_calls import (
    AlpineBitsAnswer,
    CallOutcome,
    CarryAlpineBits,
    TellHotelCall,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """See `doors.Doors`."""

    listeners: Mapping[str, Listener]
    door: Door

    async def told(self, call: TellHotelCall) -> CallOutcome:
        """See `doors.Doors`."""
        return await calling.told(self.listeners, call)

    def hotel(self, login: str) -> str | None:
        """See `doors.Doors`."""
        return self.door.hotel(login)

    async def answer(self, call: CarryAlpineBits) -> AlpineBitsAnswer:
        """See `doors.Doors`."""
        return await self.door.answer(call)


def opened(
    service: Service, orders: Orders, listeners: Mapping[str, Listener], logins: Path | None
) -> Opened:
    """Raises ValueError when a login is missing or not right."""
    desk = StoreDesk(orders.houses, service.writer.run, orders.ring, AskGuests(service))
    return Opened(listeners, Door(logins_of(orders.houses, logins), desk))
