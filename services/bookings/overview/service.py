"""How the service answers what operations ask about its hotels.

Declared whether there are such hotels or not, so that rights on the bus do not depend on a file.
Must not: decide anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from services.bookings.hotels.links import HandLink, HotelLink
from services.bookings.overview import lines, nights, orders
from services.bookings.overview.lines import Known
from services.bookings.rules import BookingRules
from shared.chassis.service import Service
from shared.contracts.hotels import (
    HotelLines,
    HotelNights,
    HotelOrders,
    ReadHotelNights,
    ReadHotelOrders,
    ReadHotels,
)
from shared.holds.stock import Stock
from shared.holds.tables import hold_tables

USUAL_ZONE = "Asia/Shanghai"
"""Of a hotel in no file of links."""


def known_of(links: Iterable[HotelLink | HandLink]) -> Known:
    """What a file of links says of hotels."""
    some = tuple(links)
    stock = Stock("bookings", BookingRules(), hold_tables("bookings"))
    return Known({one.hotel: one.system for one in some}, {one.hotel: one.zone for one in some},
                 stock)  # fmt: skip


def take_part(service: Service, known: Known) -> None:
    """Answer the questions."""
    broker, clock = service.broker, service.clock

    def today(hotel: str = "") -> date:
        return clock.now().astimezone(ZoneInfo(known.zones.get(hotel, USUAL_ZONE))).date()

    @broker.subscriber(**service.answers(ReadHotels))
    async def read_hotels(query: ReadHotels) -> HotelLines:
        """Hotels that must agree, those with problems first."""
        return await service.read(
            lambda session: lines.page(session.connection(), known, query, today())
        )

    @broker.subscriber(**service.answers(ReadHotelOrders))
    async def read_hotel_orders(query: ReadHotelOrders) -> HotelOrders:
        """One hotel and a page of its orders."""
        day = today(query.hotel)
        return await service.read(
            lambda session: orders.page(session.connection(), known, query, day)
        )

    @broker.subscriber(**service.answers(ReadHotelNights))
    async def read_hotel_nights(query: ReadHotelNights) -> HotelNights:
        """Rooms by night at one hotel."""
        day = today(query.hotel)
        return await service.read(
            lambda session: nights.page(session.connection(), known, query, day)
        )
