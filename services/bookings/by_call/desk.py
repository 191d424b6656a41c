"""The desk behind the AlpineBits door, in the store of bookings: each act is one transaction.

Owns: that rooms are noted as handed out before they leave, and that an order is looked at again
when its hotel's system has said something about it.
Must not: decide what that means (`deciding`), or keep a reason in a hotel's own words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select, update

from services.bookings.by_call import pictures
from services.bookings.by_call.deciding import request
from services.bookings.by_call.limits import KEPT_DAYS, ROOMS_OF_HOTEL
from services.bookings.by_call.rooms import Room, room_of, write
from services.bookings.by_call.tables import ROOMS
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

    async def house(self, hotel: str) -> House:
        """The hotel as its system names it."""
        return self.houses[hotel]

    async def take_rooms(self, house: House, notice: Notice) -> Outcome:
        """Keep what a hotel tells of its free rooms."""
        done: Outcome = await self.run(lambda work: pictures.take(_open(work), house, notice))
        return done

    async def hand_out(self, house: House, since: datetime | None) -> Sequence[Order]:
        """Rooms that are due, noted as handed out."""
        found: Sequence[Order] = await self.run(lambda work: _handed(_open(work), house, since))
        return found

    async def take_report(self, house: House, report: Report) -> Outcome:
        """What the hotel's system took over, and what it refused."""
        names = [one.id for one in report.taken] + [one.id for one in report.refused]

        def act(work: Work) -> Outcome:
            known = _named(_open(work), house, names)
            after, outcome = shelf.take(_shelf(known), report)
            _keep(work, known, after)
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
            known = _named(_open(work), house, [one.id for one in some])
            after, heard, outcome = shelf.hear(_shelf(known), some)
            _keep(work, known, after)
            return heard, outcome

        done: tuple[Sequence[str], Outcome] = await self.run(act)
        self.ring()
        return done

    async def unsayable(self, house: House, orders: Sequence[str]) -> None:
        """Rooms that could not be put into a message: their orders are looked at for it."""

        def act(work: Work) -> None:
            known = _named(work, house, orders)
            write(work.connection, [replace(one, unsaid=True) for one in known], known)
            _due(work, known)

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


def _handed(work: Work, house: House, since: datetime | None) -> list[Order]:
    work.alone(f"call-rooms-{house.hotel}")
    oldest = work.now.date() - timedelta(days=KEPT_DAYS)
    wanted = select(ROOMS).where(ROOMS.c.hotel == house.hotel, ROOMS.c.departure >= oldest)
    wanted = wanted.where(ROOMS.c.unsaid.is_(False))
    if since is None:
        wanted = wanted.where(ROOMS.c.settled < ROOMS.c.revision)
    newest = wanted.order_by(ROOMS.c.changed_at.desc(), ROOMS.c.room).limit(ROOMS_OF_HOTEL)
    known = {one.slip.id: one for one in map(room_of, work.connection.execute(newest))}
    rooms = _shelf(known)
    out = [one.id for one in shelf.due(rooms, since)]
    after = shelf.hand_out(rooms, out)
    moved = [replace(known[one], slip=after[one]) for one in out]
    write(work.connection, moved, [known[one] for one in out])
    return [request(one) for one in moved]


def _named(work: Work, house: House, names: Iterable[str]) -> list[Room]:
    work.alone(f"call-rooms-{house.hotel}")
    found: list[Room] = []
    for some in chunks(sorted(set(names))):
        mine = (ROOMS.c.hotel == house.hotel, ROOMS.c.room.in_(some))
        found += [room_of(row) for row in work.connection.execute(select(ROOMS).where(*mine))]
    return found


def _shelf(known: Mapping[str, Room] | Iterable[Room]) -> Shelf:
    rooms = known.values() if isinstance(known, Mapping) else known
    return {one.slip.id: one.slip for one in rooms}


def _keep(work: Work, known: Sequence[Room], after: Shelf) -> None:
    moved = [replace(one, slip=after[one.slip.id]) for one in known]
    write(work.connection, moved, known)
    _due(work, [new for new, old in zip(moved, known, strict=True) if new != old])


def _due(work: Work, rooms: Iterable[Room]) -> None:
    for some in chunks(sorted({one.ours for one in rooms})):
        mine = (ORDERS.c.ours.in_(some), ORDERS.c.ended.is_(False))
        work.connection.execute(update(ORDERS).where(*mine).values(**due_now(work.now)))
