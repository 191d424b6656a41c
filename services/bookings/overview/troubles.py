"""Orders that want somebody's eyes: rooms that a hotel would take back, guests who did not come,
or were sent to another house.

Owns: which of them are told, and until when.
Must not: change anything, or say who a guest is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select, union_all

from services.bookings.by_hand.arrivals_tables import GUESTS
from services.bookings.guestlists.tables import ROWS
from services.bookings.hotels.states import StayState
from services.bookings.hotels.terms import Terms
from services.bookings.orders.cut_offs import CUTS, OPEN
from services.bookings.orders.deciding import contracted
from services.bookings.orders.tables import ORDERS, view_of
from services.bookings.overview.cuts import BY_HAND, DATE, picked_of
from services.bookings.overview.lines import USUAL_ZONE, Known, today_at
from shared.contracts.hotel_troubles import (
    MAX_TROUBLES,
    GuestsMissing,
    GuestsWalked,
    HotelTroubles,
    ReadHotelTroubles,
    RoomsAtRisk,
)

DAY = timedelta(days=1)


def page(
    connection: Connection, known: Known, query: ReadHotelTroubles, now: datetime
) -> HotelTroubles:
    """All there is, or what is of one visit."""
    return HotelTroubles(
        at_risk=_at_risk(connection, known, query.visit),
        missing=tuple(
            GuestsMissing(**_about(connection, known, row), guests=row.guests)
            for row in _said(connection, known, query.visit, now, StayState.NO_SHOW)
        ),
        walked=tuple(
            GuestsWalked(**_about(connection, known, row), walked=row.guests)
            for row in _said(connection, known, query.visit, now, StayState.WALKED)
        ),
    )


def _at_risk(connection: Connection, known: Known, visit: str | None) -> tuple[RoomsAtRisk, ...]:
    some = (
        select(ORDERS, DATE.label("date"), BY_HAND.label("by_hand"), CUTS.c.at_risk, CUTS.c.named)
        .join(CUTS, CUTS.c.ours == ORDERS.c.ours)
        .where(OPEN, CUTS.c.at_risk > 0, ORDERS.c.ended.is_(False), ORDERS.c.first_night > DATE)
        .order_by(DATE, ORDERS.c.ours)
    )
    return tuple(_risk(connection, known, row) for row in _rows(connection, some, visit))


def _risk(connection: Connection, known: Known, row: Any) -> RoomsAtRisk:
    view = view_of(row.ours, row.first_night, row.standing)
    terms = known.terms.get(row.hotel, Terms(known.zones.get(row.hotel, USUAL_ZONE)))
    return RoomsAtRisk(
        hotel=row.hotel, name=known.name(connection, row.hotel), visit=row.visit, need=row.need,
        cut_off=row.date, passes_at=terms.passes_at(row.date),
        contracted=sum(contracted(view).values()),
        picked=picked_of(row, view), at_risk=row.at_risk,
    )  # fmt: skip


def _about(connection: Connection, known: Known, row: Any) -> dict[str, Any]:
    name = known.name(connection, row.hotel)
    return {"hotel": row.hotel, "name": name, "visit": row.visit, "need": row.need}


def _said(
    connection: Connection, known: Known, visit: str | None, now: datetime, state: StayState
) -> Sequence[Any]:
    """Orders of which the hotel says so of guests, and of how many."""
    by_hand = select(GUESTS.c.ours).where(GUESTS.c.state == state.value)
    by_link = select(ROWS.c.ours).where(ROWS.c.said == state.value)
    told = union_all(by_hand, by_link).subquery()
    # A day earlier than any hotel's: each is looked at by its own date below.
    earliest = now.date() - 2 * DAY
    some = (
        select(ORDERS.c.ours, ORDERS.c.hotel, ORDERS.c.visit, ORDERS.c.need, ORDERS.c.first_night,
               ORDERS.c.last_night, func.count().label("guests"))
        .join(told, told.c.ours == ORDERS.c.ours)
        .where(ORDERS.c.ended.is_(False), ORDERS.c.last_night >= earliest)
        .group_by(ORDERS.c.ours, ORDERS.c.hotel, ORDERS.c.visit, ORDERS.c.need,
                  ORDERS.c.first_night, ORDERS.c.last_night)
        .order_by(ORDERS.c.first_night, ORDERS.c.ours)
    )  # fmt: skip
    return [
        row
        for row in _rows(connection, some, visit)
        if not over(row.last_night, today_at(known, now, row.hotel))
    ]


def over(last_night: date, today: date) -> bool:
    """Whether the day of departure has passed there: who did not come is nobody's concern now."""
    return last_night + DAY < today


def _rows(connection: Connection, some: Select[Any], visit: str | None) -> Sequence[Any]:
    if visit is not None:
        some = some.where(ORDERS.c.visit == visit)
    return connection.execute(some.limit(MAX_TROUBLES)).all()
