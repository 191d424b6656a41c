"""What people see of lists of guests: with each order, and all reservations from the command line.

Must not: change anything, or know what a guest is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from services.bookings.by_call import marking
from services.bookings.guestlists.limits import ROWS_SHOWN
from services.bookings.guestlists.noting import AT_HOTEL
from services.bookings.guestlists.tables import LISTS, ROWS, WATCHED, RowState
from services.bookings.hotels.drift import WHY
from shared.contracts.hotel_names import HotelNames, TroubledStay


def names_of(connection: Connection, orders: Sequence[str], today: date) -> dict[str, HotelNames]:
    """Of those of some orders that have a list with anything to say."""
    found: dict[str, HotelNames] = {}
    for row in connection.execute(select(LISTS).where(LISTS.c.ours.in_(orders))):
        rooms, there, troubled = _counted(connection, row.ours)
        unnamed = _unnamed(connection, row.ours, today)
        if rooms or row.unplaced or row.said:
            found[row.ours] = HotelNames(
                rooms=rooms, there=there, unplaced=row.unplaced, unnamed=unnamed,
                owned=row.owned, said=row.said, due_at=row.due_at, troubled=troubled,
                differs=WHY[row.said] if row.said in WATCHED else None,
            )  # fmt: skip
    return found


def _counted(connection: Connection, ours: str) -> tuple[int, int, tuple[TroubledStay, ...]]:
    mine = (ROWS.c.ours == ours, ROWS.c.state != RowState.OVER.value)
    good = (ROWS.c.state == RowState.THERE.value, ROWS.c.told.is_(True), ROWS.c.said == "")
    rooms = connection.execute(select(func.count()).where(*mine)).scalar_one()
    there = connection.execute(select(func.count()).where(*mine, *good)).scalar_one()
    if not rooms:
        rooms, there, declined = marking.counted(connection, ours, ROWS_SHOWN)
        return rooms, there, tuple(declined)
    if rooms == there:
        return rooms, there, ()
    wrong = select(ROWS).where(*mine, ROWS.c.said != "").order_by(ROWS.c.number)
    rows = connection.execute(wrong.limit(ROWS_SHOWN))
    shown = (_troubled(row) for row in rows)
    return rooms, there, tuple(shown)


def _troubled(row: Any) -> TroubledStay:
    return TroubledStay(stay=row.stay, guest=row.guest, sharer=row.sharer or None, said=row.said)


def _unnamed(connection: Connection, ours: str, today: date) -> int:
    """Guests who share a room, have not left, and of whom the hotel is not told."""
    mine = (ROWS.c.ours == ours, ROWS.c.state.in_(AT_HOTEL), ROWS.c.departure > today)
    alone = select(func.count()).where(*mine, ROWS.c.adults > 1, ROWS.c.sharer == "")
    return int(connection.execute(alone).scalar_one())


def owned_by_hotel(connection: Connection) -> dict[str, int]:
    """How many lists a person must decide about, by hotel."""
    mine = select(LISTS.c.hotel, func.count().label("lists")).where(LISTS.c.owned.is_(True))
    rows = connection.execute(mine.group_by(LISTS.c.hotel))
    return {row.hotel: row.lists for row in rows}


def stay_lines(connection: Connection, ours: str, after: int, limit: int) -> Sequence[Any]:
    """A page of the reservations of an order by number, those that are over among them."""
    wanted = select(ROWS).where(ROWS.c.ours == ours, ROWS.c.number > after)
    return connection.execute(wanted.order_by(ROWS.c.number).limit(limit)).all()
