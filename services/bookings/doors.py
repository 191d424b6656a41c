"""How hotels reach bookings by themselves: by feeds, by signed calls, by AlpineBits.

The questions that carry their calls are declared whether there are such hotels or not, so that
rights on the bus do not depend on a file of links.
Must not: decide anything, or load an XML library where no hotel needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from shared.chassis.service import Service
from shared.contracts.hotel_calls import (
    AlpineBitsAnswer,
    CallOutcome,
    CarryAlpineBits,
    CheckHotelLogin,
    HotelCallTold,
    HotelLoginChecked,
    TellHotelCall,
)

if TYPE_CHECKING:
    from services.bookings.orders.wiring import Orders


class Doors(Protocol):
    """Where calls of hotels go."""

    async def told(self, call: TellHotelCall) -> CallOutcome:
        """What becomes of a signed call."""

    def hotel(self, login: str) -> str | None:
        """Whose login it is."""

    async def answer(self, call: CarryAlpineBits) -> AlpineBitsAnswer:
        """The answer to an AlpineBits call."""


class Shut:
    """No hotel calls here."""

    async def told(self, call: TellHotelCall) -> CallOutcome:
        """See `Doors`."""
        return CallOutcome.MISSING

    def hotel(self, login: str) -> str | None:
        """See `Doors`."""
        return None

    async def answer(self, call: CarryAlpineBits) -> AlpineBitsAnswer:
        """See `Doors`."""
        return AlpineBitsAnswer(status=401, media="text/plain; charset=utf-8", body="")


def take_part(service: Service, doors: Doors) -> None:
    """Answer what the console carries."""
    broker = service.broker

    @broker.subscriber(**service.answers(TellHotelCall))
    async def tell_hotel_call(query: TellHotelCall) -> HotelCallTold:
        """A hotel's system has called."""
        return HotelCallTold(outcome=await doors.told(query))

    @broker.subscriber(**service.answers(CheckHotelLogin))
    async def check_hotel_login(query: CheckHotelLogin) -> HotelLoginChecked:
        """Whose login it is."""
        return HotelLoginChecked(hotel=doors.hotel(query.login))

    @broker.subscriber(**service.answers(CarryAlpineBits))
    async def carry_alpine_bits(query: CarryAlpineBits) -> AlpineBitsAnswer:
        """A call of a hotel's system by AlpineBits."""
        return await doors.answer(query)


def open_for(service: Service, orders: Orders, feed_s: float, logins: Path | None) -> None:
    """Listen to the hotels of these orders. Raises ValueError for a login that is not right."""
    # Imported here: who has no such hotel needs neither an HTTP client nor an XML library.
    from services.bookings.by_call.opened import opened
    from services.bookings.listening.wiring import join

    take_part(service, opened(service, orders, join(service, orders, feed_s), logins))
