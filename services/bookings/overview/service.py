"""How the service answers what operations ask about its hotels.

Declared whether there are such hotels or not, so that rights on the bus do not depend on a file.
Must not: decide anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from services.bookings.hotels.links import HandLink, HotelLink, Link
from services.bookings.orders.acting import Acting
from services.bookings.orders.acting import page as page_of_acts
from services.bookings.overview import cuts, hand_stays, lines, nights, orders, pickup, troubles
from services.bookings.overview.lines import Known
from services.bookings.rules import BookingRules
from shared.chassis.service import Service
from shared.contracts.hotel_arrivals import GuestArrivals, HandStays, ListArrivals, ReadHandStays
from shared.contracts.hotel_pickup import HotelCuts, PickupFile, ReadHotelCuts, ReadPickup
from shared.contracts.hotel_troubles import HotelTroubles, ReadHotelTroubles
from shared.contracts.hotels import (
    ActOnHotel,
    HotelActs,
    HotelLines,
    HotelNights,
    HotelOrders,
    ListHotelActs,
    ReadHotelNights,
    ReadHotelOrders,
    ReadHotels,
)
from shared.holds.stock import Stock
from shared.holds.tables import hold_tables


def known_of(links: Iterable[Link], letters: bool = False, fed: Iterable[str] = ()) -> Known:
    """What a file of links says of hotels, and which of them are `fed`: polled."""
    some = tuple(links)
    stock = Stock("bookings", BookingRules(), hold_tables("bookings"))
    terms = {one.hotel: one.terms for one in some if isinstance(one, HotelLink | HandLink)}
    return Known({one.hotel: one.system for one in some}, {one.hotel: one.zone for one in some},
                 stock, letters, terms, frozenset(fed))  # fmt: skip


def take_acts(service: Service, acting: Acting) -> None:
    """Let operations act on hotels, and be told who did what."""
    broker = service.broker

    @broker.subscriber(**service.takes(ActOnHotel))
    async def act_on_hotel(some: list[ActOnHotel]) -> None:
        """A person pauses a hotel's link, sets it aside, or has an order looked at again."""
        await service.handle(acting.act, some)
        acting.told()

    @broker.subscriber(**service.answers(ListHotelActs))
    async def list_hotel_acts(query: ListHotelActs) -> HotelActs:
        """What was done about a hotel."""
        return await service.read(lambda session: page_of_acts(session.connection(), query))


def take_part(service: Service, known: Known) -> None:
    """Answer the questions."""
    broker, clock = service.broker, service.clock
    service.vitals.undecided = orders.undecided

    @broker.subscriber(**service.answers(ReadHotels))
    async def read_hotels(query: ReadHotels) -> HotelLines:
        """Hotels that must agree, those with problems first."""
        return await service.read(
            lambda session: lines.page(session.connection(), known, query, clock.now())
        )

    @broker.subscriber(**service.answers(ReadHotelOrders))
    async def read_hotel_orders(query: ReadHotelOrders) -> HotelOrders:
        """One hotel and a page of its orders."""
        now = clock.now()
        return await service.read(
            lambda session: orders.page(session.connection(), known, query, now)
        )

    @broker.subscriber(**service.answers(ReadHotelNights))
    async def read_hotel_nights(query: ReadHotelNights) -> HotelNights:
        """Rooms by night at one hotel."""
        now = clock.now()
        return await service.read(
            lambda session: nights.page(session.connection(), known, query, now)
        )

    _files(service, known)
    _hands(service, known)


def _files(service: Service, known: Known) -> None:
    broker, clock = service.broker, service.clock

    @broker.subscriber(**service.answers(ReadHotelCuts))
    async def read_hotel_cuts(query: ReadHotelCuts) -> HotelCuts:
        """A page of one hotel's cut-offs."""
        return await service.read(lambda session: cuts.page(session.connection(), query))

    @broker.subscriber(**service.answers(ReadPickup))
    async def read_pickup(query: ReadPickup) -> PickupFile:
        """Pick-up by night of a hotel or a visit, as a file."""
        now = clock.now()
        return await service.read(
            lambda session: pickup.file(session.connection(), known, query, now)
        )


def _hands(service: Service, known: Known) -> None:
    broker, clock = service.broker, service.clock

    @broker.subscriber(**service.answers(ReadHotelTroubles))
    async def read_hotel_troubles(query: ReadHotelTroubles) -> HotelTroubles:
        """Rooms that would be lost, and guests who did not come."""
        now = clock.now()
        return await service.read(lambda one: troubles.page(one.connection(), known, query, now))

    @broker.subscriber(**service.answers(ReadHandStays))
    async def read_hand_stays(query: ReadHandStays) -> HandStays:
        """Who has come to hotels by hand, in counts."""
        now = clock.now()
        return await service.read(lambda one: hand_stays.page(one.connection(), known, query, now))

    @broker.subscriber(**service.answers(ListArrivals))
    async def list_arrivals(query: ListArrivals) -> GuestArrivals:
        """What hotels by hand said of the guests of a visit."""
        return await service.read(lambda one: hand_stays.of_visit(one.connection(), query))
