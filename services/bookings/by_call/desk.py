"""The desk behind the AlpineBits door, in the store of bookings: each act is one transaction.

Owns: that an order, or its list of guests, is looked at again when its hotel's system has said
something about it.
Must not: decide what that means (`deciding`), or keep a reason in a hotel's own words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import update

from services.bookings.by_call import pictures
from services.bookings.by_call.deciding import declined_name, said_no
from services.bookings.by_call.handing import Due, cards_of, due, named_rooms, with_names
from services.bookings.by_call.marking import claim
from services.bookings.by_call.rooms import Room, shelf_of, write
from services.bookings.guestlists import noting
from services.bookings.guestlists.asking import Lodgers
from services.bookings.hotels import contact
from services.bookings.hotels.alpinebits import shelf
from services.bookings.hotels.alpinebits.freerooms import Notice
from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.alpinebits.orders import Order
from services.bookings.hotels.alpinebits.outcomes import Outcome
from services.bookings.hotels.alpinebits.port import Busy, Exchange
from services.bookings.hotels.alpinebits.reports import Report
from services.bookings.hotels.alpinebits.shelf import Shelf
from services.bookings.hotels.alpinebits.words import Word
from services.bookings.hotels.contact import Contact
from services.bookings.orders.tables import ORDERS, due_now
from shared.chassis.work import Work
from shared.holds.spans import chunks

log = structlog.get_logger(__name__)
Run = Callable[[Callable[[Work], Any]], Awaitable[Any]]
LINES = 4
"""Room lines of one word that are kept; one that is as ordered has one."""


@dataclass(frozen=True, slots=True)
class StoreDesk:
    """See `alpinebits.port.Desk`. `ring` tells the workers that some order is due."""

    houses: Mapping[str, House]
    run: Run
    ring: Callable[[], None]
    lodgers: Lodgers | None = None
    """The guests service; without it nobody is named."""

    async def house(self, hotel: str) -> House:
        """The hotel as its system names it."""
        return self.houses[hotel]

    async def take_rooms(self, house: House, notice: Notice) -> Outcome:
        """Keep what a hotel tells of its free rooms."""
        done: Outcome = await self.run(lambda work: pictures.take(_open(work), house, notice))
        return done

    async def hand_out(self, house: House, since: datetime | None) -> Sequence[Order]:
        """Rooms that are due, noted as handed out, with their guests fetched now."""
        some: Due = await self.run(lambda work: due(_open(work), house, since))
        if not some.named or self.lodgers is None:
            return some.orders
        cards = await cards_of(self.lodgers, some)
        more: Sequence[Order] = await self.run(
            lambda work: with_names(_open(work), house, some, cards, since)
        )
        if len(more) < len(some.named):
            log.info("names_wait", hotel=house.hotel, rooms=len(some.named) - len(more))
        return [*some.orders, *more]

    async def take_report(self, house: House, report: Report) -> Outcome:
        """What the hotel's system took over, and what it refused."""
        names = [one.id for one in report.taken] + [one.id for one in report.refused]

        def act(work: Work) -> Outcome:
            claim(_open(work), house.hotel)
            known = named_rooms(work, house, names)
            after, outcome = shelf.take(shelf_of(known), report)
            _keep(work, house, known, after)
            return outcome

        done: Outcome = await self.run(act)
        self.ring()
        return done

    async def take_words(
        self, house: House, words: Sequence[Word]
    ) -> tuple[Sequence[str], Outcome]:
        """What the hotel says of rooms by itself."""
        some = [replace(one, lines=one.lines[:LINES]) for one in words]

        def act(work: Work) -> tuple[Sequence[str], Outcome]:
            claim(_open(work), house.hotel)
            known = named_rooms(work, house, [one.id for one in some])
            after, heard, outcome = shelf.hear(shelf_of(known), some)
            _keep(work, house, known, after)
            return heard, outcome

        done: tuple[Sequence[str], Outcome] = await self.run(act)
        self.ring()
        return done

    async def unsayable(self, house: House, orders: Sequence[str]) -> None:
        """Rooms that could not be put into a message: their orders are looked at for it."""

        def act(work: Work) -> None:
            claim(work, house.hotel)
            known = named_rooms(work, house, orders)
            _due(work, known)
            write(work.connection, [replace(one, unsaid=True) for one in known], known)

        await self.run(act)
        self.ring()

    async def exchanged(self, exchange: Exchange) -> None:
        """When the hotel was heard last."""
        log.info("alpinebits", hotel=exchange.hotel, action=exchange.action,
                 kind=exchange.kind.value, orders=exchange.orders)  # fmt: skip
        await self.run(lambda work: contact.note(work, exchange.hotel, Contact(heard=True)))


def _open(work: Work) -> Work:
    """Raises Busy while a restored store may not know yet what it once knew."""
    if work.recovering:
        raise Busy
    return work


def _keep(work: Work, house: House, known: Sequence[Room], after: Shelf) -> None:
    moved = [replace(one, slip=after[one.slip.id]) for one in known]
    pairs = list(zip(moved, known, strict=True))
    # Orders, lists, rooms, in this order, as everybody does it: replicas cannot deadlock.
    _due(work, [new for new, old in pairs if new != old and _concerns(new, house)])
    no = {new.ours for new, old in pairs if declined_name(new) and not declined_name(old)}
    if no:
        noting.moved(work, no)
    write(work.connection, moved, known)


def _concerns(room: Room, house: House) -> bool:
    """Whether what was heard of a room can be anything to its order: what a hotel makes of the
    guest of a booked room is not."""
    about_guest = room.modified and not room.slip.cancelled
    return not about_guest or said_no(room, house)


def _due(work: Work, rooms: Iterable[Room]) -> None:
    for some in chunks(sorted({one.ours for one in rooms})):
        mine = (ORDERS.c.ours.in_(some), ORDERS.c.ended.is_(False))
        work.connection.execute(update(ORDERS).where(*mine).values(**due_now(work.now)))
