"""Taking up lists of guests that are due, and what each is for.

Must not: take anything up while a restored store is being brought up to date, or while the link of
the hotel is paused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update

from services.bookings.by_hand.staying import confirmed_stay
from services.bookings.guestlists.limits import LISTS_AT_ONCE
from services.bookings.guestlists.noting import FIRM
from services.bookings.guestlists.tables import LISTS, ROWS, GuestList, RowState, row_of
from services.bookings.hotels.book import INTENTS
from services.bookings.hotels.journal import Intent
from services.bookings.hotels.model import Ref
from services.bookings.orders.limits import HOTEL_LEASE_S
from services.bookings.orders.switching import switch_of
from services.bookings.orders.tables import ORDERS, view_of
from services.bookings.orders.taking import live_asks
from shared.chassis.work import Work, many_writers
from shared.contracts.holds import HoldState
from shared.contracts.hotel_guests import HotelStay

Prices = Callable[[Work, str], dict[str, int]]
"""Of one room for one night in fen, by room type of a hotel."""


def take(work: Work, hotel: str, prices: Prices) -> tuple[GuestList, ...]:
    """The oldest lists of a hotel that are due, leased to the caller."""
    if work.recovering:
        return ()
    work.alone(f"hotel-lists-{hotel}")
    if switch_of(work.connection, hotel).paused(work.now):
        return ()
    free = or_(LISTS.c.leased_until.is_(None), LISTS.c.leased_until <= work.now)
    due = (
        select(LISTS, ORDERS.c.first_night, ORDERS.c.standing)
        .join(ORDERS, ORDERS.c.ours == LISTS.c.ours)
        .where(LISTS.c.hotel == hotel, LISTS.c.due_at <= work.now, free)
        .order_by(LISTS.c.due_at, LISTS.c.ours)
        .limit(LISTS_AT_ONCE)
    )
    rows = list(work.connection.execute(due))
    return tuple(_taken(work, row, prices) for row in rows)


def _taken(work: Work, row: Any, prices: Prices) -> GuestList:
    until = work.now + timedelta(seconds=HOTEL_LEASE_S)
    mine = update(LISTS).where(LISTS.c.ours == row.ours)
    work.connection.execute(mine.values(leased_until=until))
    view = view_of(row.ours, row.first_night, row.standing)
    block = view.ref if view else Ref(row.ours, None, row.first_night)
    stay = stay_of(work, row, view is not None and view.state in FIRM)
    nights = (stay.departure - stay.arrival).days if stay else 0
    fen = {kind: price * nights for kind, price in prices(work, row.hotel).items()} if stay else {}
    own = select(ROWS).where(ROWS.c.ours == row.ours).order_by(ROWS.c.number)
    rows = [row_of(one) for one in work.connection.execute(own)]
    live = tuple(one for one in rows if one.state is not RowState.OVER)
    return GuestList(
        row.ours, row.hotel, row.wanted, row.tries, until, block, stay,
        stay is None and wants_nobody(work, row.ours), fen, live,
        max((one.number for one in rows), default=0), _intents(work, row.hotel, live),
    )  # fmt: skip


def stay_of(work: Work, row: Any, firm: bool) -> HotelStay | None:
    """What a definite order is for; None when nobody wants it, or it is not definite."""
    if not firm:
        return None
    return confirmed_stay(work.connection, row.ours, row.visit, row.hotel, {})


def wants_nobody(work: Work, ours: str) -> bool:
    """Whether no live hold is confirmed behind an order."""
    return all(one.state is not HoldState.CONFIRMED for one in live_asks(work.connection, ours))


def _intents(
    work: Work, hotel: str, rows: tuple[Any, ...]
) -> tuple[tuple[Intent, datetime, bool], ...]:
    names = [one.stay for one in rows]
    mine = select(INTENTS).where(INTENTS.c.hotel == hotel, INTENTS.c.ours.in_(names))
    return tuple(
        (Intent(hotel, one.operation, one.ours), one.at, one.lost)
        for one in work.connection.execute(mine.order_by(INTENTS.c.at))
    )


def next_due(work: Work, hotel: str) -> datetime | None:
    """When the next list of a hotel is due; None while its link is paused."""
    if switch_of(work.connection, hotel).paused(work.now):
        return None
    soonest = select(func.min(LISTS.c.due_at)).where(LISTS.c.hotel == hotel)
    found: datetime | None = work.connection.execute(soonest).scalar()
    return found


def give_back(work: Work) -> None:
    """At a start: with one process alone, a lease that is left belongs to nobody."""
    if not many_writers(work.connection):
        work.connection.execute(update(LISTS).values(leased_until=None))
