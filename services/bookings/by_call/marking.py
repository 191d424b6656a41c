"""What is noted of the guests of rooms that a hotel's system fetches, and what people see of it.

Must not: know what a guest is called, or load an XML library: pages and the command line read here.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, update

from services.bookings.by_call.tables import ROOMS
from services.bookings.hotels.errors import Declined, MappingMissing
from shared.chassis.work import Work
from shared.contracts.hotel_names import TroubledStay
from shared.holds.spans import chunks


def claim(work: Work, hotel: str) -> None:
    """Be the only one who is at the rooms of a hotel."""
    work.alone(f"call-rooms-{hotel}")


def claim_of(work: Work, orders: Select[tuple[str]]) -> bool:
    """The same for the hotels of some orders; False when none has rooms in anybody's name."""
    named = (ROOMS.c.ours.in_(orders), ROOMS.c.guest.is_not(None))
    hotels = select(ROOMS.c.hotel).where(*named).distinct().order_by(ROOMS.c.hotel)
    found = list(work.connection.execute(hotels).scalars())
    for hotel in found:
        claim(work, hotel)
    return bool(found)


def changed(work: Work, orders: Select[tuple[str]], guests: Collection[str]) -> None:
    """Guests are called or lodged otherwise: what their hotels have of them is out of date."""
    for names in chunks(sorted(guests)):
        mine = (ROOMS.c.guest.in_(names), ROOMS.c.ours.in_(orders))
        work.connection.execute(update(ROOMS).where(*mine).values(told=False))


def again(connection: Connection, ours: str) -> None:
    """What a hotel's system refused about guests of an order is to go out once more."""
    mine = update(ROOMS).where(ROOMS.c.ours == ours, _declined())
    connection.execute(mine.values(told=False))


def counted(connection: Connection, ours: str, most: int) -> tuple[int, int, list[TroubledStay]]:
    """Of an order: rooms that somebody has, those whose guest the hotel's system has taken over,
    and the first `most` of those that it refused."""
    good = and_(ROOMS.c.told, ROOMS.c.settled == ROOMS.c.revision, ~_declined())
    named = (ROOMS.c.ours == ours, ROOMS.c.guest.is_not(None))
    wanted = select(func.count(), func.sum(case((good, 1), else_=0))).where(*named)
    rooms, there = connection.execute(wanted).one()
    wrong = select(ROOMS).where(*named, _declined()).order_by(ROOMS.c.kind, ROOMS.c.number)
    troubled = [
        TroubledStay(stay=row.room, guest=row.guest, said=_why(row.unsaid))
        for row in connection.execute(wrong.limit(most))
    ]
    return int(rooms), int(there or 0), troubled


def _declined() -> ColumnElement[bool]:
    """See `deciding.declined_name`."""
    no = or_(ROOMS.c.unsaid, and_(ROOMS.c.refused, ROOMS.c.settled == ROOMS.c.revision))
    return and_(ROOMS.c.modified, ~ROOMS.c.cancelled, no)


def _why(unsaid: bool) -> str:
    return MappingMissing.code if unsaid else Declined.code
