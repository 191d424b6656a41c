"""How hotels that answer by hand become part of the running service.

Their questions are declared whether there are such hotels or not, so that rights on the bus do not
depend on a file of links.
Must not: decide anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from services.bookings.by_hand.arrivals_desk import NOBODY, ArrivalDesk
from services.bookings.by_hand.desk import NOTHING, HandDesk
from services.bookings.by_hand.reminding import REMIND_S, Reminding
from services.bookings.by_hand.staying import GuestDesk
from services.bookings.by_hand.telling import Post
from services.bookings.hotels.links import HandLink, Link
from services.bookings.hotels.sheets.link import read_keys
from services.bookings.rules import BookingRules
from shared.chassis.service import Service
from shared.contracts.hotel_arrivals import (
    Arrivals,
    ArrivalsSaid,
    PreviewArrivals,
    ReadArrivals,
    SayArrivals,
)
from shared.contracts.hotel_desk import (
    AnswerHotelPage,
    HotelAsked,
    HotelPage,
    HotelPageAnswered,
    HotelSheet,
    HotelSheetRead,
    PreviewHotelSheet,
    ReadHotelPage,
    ReadHotelSheet,
)
from shared.contracts.hotel_guests import HotelStayShown, ReadHotelStay, ReadRoomingSheet
from shared.holds.stock import Stock
from shared.holds.tables import hold_tables

MAX_CONSOLE_URL = 300


def hand_post(links: Iterable[Link], keys: Path | None, console: str | None) -> Post:
    """Who writes to these hotels. Raises ValueError when keys or the console's address are not
    there or not right."""
    if keys is None:
        raise ValueError("REDCROWN_HOTEL_LINK_KEYS_FILE: links to hotels cannot be signed")
    read_keys(keys)
    address = urlsplit(console or "")
    if address.scheme not in ("http", "https") or not address.netloc or address.query:
        raise ValueError("REDCROWN_CONSOLE_URL: write https://visits.example.org")
    if len(console or "") > MAX_CONSOLE_URL:
        raise ValueError("REDCROWN_CONSOLE_URL: too long")
    stock = Stock("bookings", BookingRules(), hold_tables("bookings"))
    some = tuple(links)
    zones = {one.hotel: one.zone for one in some}
    terms = {one.hotel: one.terms for one in some if isinstance(one, HandLink)}
    return Post(keys, (console or "").rstrip("/"), zones, stock, terms)


def take_part(
    service: Service, post: Post | None = None, ring: Callable[[], None] = lambda: None
) -> None:
    """Answer what the console asks for a hotel; with a `post`, write and remind, too. `ring` tells
    the workers that some order is due."""
    desk = HandDesk(post)
    service.sends(HotelAsked)

    async def shown(token: str) -> HotelPage:
        now = service.clock.now()
        return await service.read(lambda session: desk.show(session.connection(), token, now))

    @service.broker.subscriber(**service.answers(ReadHotelPage))
    async def read_hotel_page(query: ReadHotelPage) -> HotelPage:
        """What the holder of a link sees."""
        return await shown(query.token)

    @service.broker.subscriber(**service.answers(AnswerHotelPage))
    async def answer_hotel_page(query: AnswerHotelPage) -> HotelPageAnswered:
        """A hotel's word."""
        # What opens nothing never reaches the writer.
        if not (await shown(query.token)).found:
            return HotelPageAnswered(outcome="missing", page=NOTHING)
        done: HotelPageAnswered = await service.writer.run(lambda work: desk.answer(work, query))
        ring()
        return done

    _sheets(service, desk)
    _guests(service, GuestDesk(desk))
    _arrivals(service, ArrivalDesk(GuestDesk(desk)))
    if post is not None:
        service.every(REMIND_S, Reminding(post).remind)


def _sheets(service: Service, desk: HandDesk) -> None:
    broker, clock = service.broker, service.clock

    @broker.subscriber(**service.answers(ReadHotelSheet))
    async def read_hotel_sheet(query: ReadHotelSheet) -> HotelSheet:
        """An order as a workbook to be filled in."""
        now = clock.now()
        return await service.read(lambda one: desk.sheet(one.connection(), query.token, now))

    @broker.subscriber(**service.answers(PreviewHotelSheet))
    async def preview_hotel_sheet(query: PreviewHotelSheet) -> HotelSheetRead:
        """What a workbook that came back would say."""
        now = clock.now()
        return await service.read(lambda one: desk.preview(one.connection(), query, now))


def _guests(service: Service, desk: GuestDesk) -> None:
    broker, clock = service.broker, service.clock

    @broker.subscriber(**service.answers(ReadHotelStay))
    async def read_hotel_stay(query: ReadHotelStay) -> HotelStayShown:
        """What a definite order is for."""
        now = clock.now()
        return await service.read(lambda one: desk.show(one.connection(), query.token, now))

    @broker.subscriber(**service.answers(ReadRoomingSheet))
    async def read_rooming_sheet(query: ReadRoomingSheet) -> HotelSheet:
        """Its guests as a workbook without names."""
        now = clock.now()
        return await service.read(lambda one: desk.sheet(one.connection(), query, now))


def _arrivals(service: Service, desk: ArrivalDesk) -> None:
    broker, clock = service.broker, service.clock

    @broker.subscriber(**service.answers(ReadArrivals))
    async def read_arrivals(query: ReadArrivals) -> Arrivals:
        """How the guests of a definite order stand."""
        now = clock.now()
        return await service.read(lambda one: desk.show(one.connection(), query, now))

    @broker.subscriber(**service.answers(PreviewArrivals))
    async def preview_arrivals(query: PreviewArrivals) -> ArrivalsSaid:
        """What a hotel's word on them would come to."""
        now = clock.now()
        return await service.read(lambda one: desk.preview(one.connection(), query, now))

    @broker.subscriber(**service.answers(SayArrivals))
    async def say_arrivals(query: SayArrivals) -> ArrivalsSaid:
        """A hotel's word on its guests."""
        now = clock.now()
        # What opens nothing never reaches the writer.
        shown = await service.read(lambda one: desk.preview(one.connection(), query, now))
        if not shown.found:
            return NOBODY
        done: ArrivalsSaid = await service.writer.run(lambda work: desk.say(work, query))
        return done
