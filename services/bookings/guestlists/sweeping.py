"""Comparing the reservations that should be at a hotel with what it shows, at intervals.

Owns: that a list is due again when one of its reservations is gone or is another one there.
Must not: ask the guests service: nobody's name is needed for it. Must not conclude anything from a
hotel that could not be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from services.bookings.guestlists.settling import NO_SHOW, live_by_ours
from services.bookings.guestlists.tables import LISTS, ROWS, Row, RowState, row_of
from services.bookings.hotels.errors import NotFound
from services.bookings.hotels.model import Ref, StayView
from services.bookings.hotels.port import HotelPort
from services.bookings.orders.switching import switch_of
from services.bookings.orders.tables import ORDERS, view_of
from shared.chassis.limits import HOTEL_PAGE
from shared.chassis.work import Work


@dataclass(frozen=True, slots=True)
class Standing:
    """A list at rest, and the reservations that should be there."""

    ours: str
    block: Ref
    rows: tuple[Row, ...]


def standing_lists(
    work: Work, hotel: str, today: date, after: str
) -> tuple[Sequence[Standing], str]:
    """A page of lists with guests who have not left, and where the next page begins."""
    if switch_of(work.connection, hotel).paused(work.now):
        return (), ""
    page = (
        select(LISTS.c.ours, ORDERS.c.first_night, ORDERS.c.standing)
        .join(ORDERS, ORDERS.c.ours == LISTS.c.ours)
        .where(
            LISTS.c.hotel == hotel, LISTS.c.ours > after, LISTS.c.due_at.is_(None),
            LISTS.c.owned.is_(False), ORDERS.c.ended.is_(False), ORDERS.c.last_night >= today,
        )
        .order_by(LISTS.c.ours)
        .limit(HOTEL_PAGE)
    )  # fmt: skip
    found = list(work.connection.execute(page))
    rows: dict[str, list[Row]] = {one.ours: [] for one in found}
    there = or_(ROWS.c.state == RowState.THERE.value, ROWS.c.said == NO_SHOW)
    mine = (ROWS.c.ours.in_(list(rows)), there)
    for one in work.connection.execute(select(ROWS).where(*mine).order_by(ROWS.c.number)):
        rows[one.ours].append(row_of(one))
    views = {one.ours: view_of(one.ours, one.first_night, one.standing) for one in found}
    lists = [
        Standing(ours, view.ref, tuple(rows[ours]))
        for ours, view in views.items()
        if view is not None and rows[ours]
    ]
    return lists, found[-1].ours if found else ""


async def differing(port: HotelPort, lists: Sequence[Standing]) -> list[str]:
    """Which of these the hotel shows otherwise. Raises the hotel's error, and then nothing is
    known."""
    found = []
    for one in lists:
        try:
            shown = live_by_ours(await port.read_rooming(one.block))
        except NotFound:
            # The block itself is gone: the sweep of orders sees that.
            continue
        if any(_differs(row, shown.get(row.stay)) for row in one.rows):
            found.append(one.ours)
    return found


def _differs(row: Row, view: StayView | None) -> bool:
    if row.said == NO_SHOW:
        # Whoever did not come may come late.
        return view is not None
    return view is None or not row.is_as(view)
