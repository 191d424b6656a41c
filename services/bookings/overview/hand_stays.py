"""Definite orders of hotels by hand, night by night: what the hotels said of the guests, in counts.

Who is named is not known here: the console asks the guests service for that count.
Must not: change anything, or name a guest but by opaque id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from services.bookings.by_hand.arrivals import by_night, today_of
from services.bookings.by_hand.arrivals_tables import GUESTS, said_at, told_of
from services.bookings.by_hand.staying import stay_of
from services.bookings.by_hand.tables import HAND, sheet_of
from services.bookings.hotels.nights import each_night
from services.bookings.hotels.states import StayState
from services.bookings.orders.tables import ORDERS
from services.bookings.overview.lines import USUAL_ZONE, Known, today_at
from services.bookings.overview.nights import LAST_DAY
from shared.contracts.guests import MAX_GUESTS
from shared.contracts.hotel_arrivals import (
    MAX_STAYS,
    ArrivalState,
    GuestArrival,
    GuestArrivals,
    HandStay,
    HandStays,
    ListArrivals,
    ReadHandStays,
)
from shared.contracts.hotel_guests import HotelStay


def page(connection: Connection, known: Known, query: ReadHandStays, now: datetime) -> HandStays:
    """Those of a visit, or of a hotel and a span of nights."""
    wanted = (
        select(HAND)
        .join(ORDERS, ORDERS.c.ours == HAND.c.ours)
        .where(HAND.c.firm.is_(True), ORDERS.c.ended.is_(False))
        .order_by(HAND.c.first_night, HAND.c.ours)
        .limit(MAX_STAYS + 1)
    )
    if query.visit is not None:
        wanted = wanted.where(HAND.c.visit == query.visit)
    if query.hotel is not None:
        start = min(query.starts_on or today_at(known, now, query.hotel), LAST_DAY)
        end = start + timedelta(days=query.nights)
        within = (ORDERS.c.first_night < end, ORDERS.c.last_night >= start)
        wanted = wanted.where(HAND.c.hotel == query.hotel, *within)
    rows = connection.execute(wanted).all()
    sheets = [sheet_of(row) for row in rows[:MAX_STAYS]]
    stays = [stay for one in sheets if (stay := stay_of(connection, one, known)) is not None]
    return HandStays(stays=_told(connection, known, stays, now), whole=len(rows) <= MAX_STAYS)


def _told(
    connection: Connection, known: Known, stays: Sequence[HotelStay], now: datetime
) -> tuple[HandStay, ...]:
    orders = [one.order for one in stays]
    told, said = told_of(connection, orders), said_at(connection, orders)
    found = []
    for stay in stays:
        guests = list(told[stay.order].values())
        nights = list(each_night(stay.arrival, stay.departure))
        zone = ZoneInfo(known.zones.get(stay.hotel, USUAL_ZONE))
        found.append(
            HandStay(
                stay=stay, name=known.name(connection, stay.hotel),
                nights=by_night(guests, nights, today_of(now.astimezone(zone))),
                said_at=said.get(stay.order),
                no_shows=sum(one.state is StayState.NO_SHOW for one in guests),
            )
        )  # fmt: skip
    return tuple(found)


def of_visit(connection: Connection, query: ListArrivals) -> GuestArrivals:
    """What was said of each guest of a visit, in orders that have not ended."""
    wanted: Any = (
        select(ORDERS.c.need, ORDERS.c.hotel, GUESTS)
        .join(ORDERS, ORDERS.c.ours == GUESTS.c.ours)
        .where(ORDERS.c.visit == query.visit, ORDERS.c.ended.is_(False))
        .order_by(ORDERS.c.need, ORDERS.c.hotel, GUESTS.c.guest)
        .limit(2 * MAX_GUESTS)
    )
    return GuestArrivals(
        guests=tuple(
            GuestArrival(need=row.need, hotel=row.hotel, guest=row.guest,
                         state=ArrivalState(row.state), number=row.number)
            for row in connection.execute(wanted)
        )
    )  # fmt: skip
