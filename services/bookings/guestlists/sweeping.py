"""Comparing the reservations that should be at a hotel with what it shows, at intervals.

Owns: that a list is due again when one of its reservations is gone, is another one there or is
there twice, and when what made it a person's is over.
Must not: ask the guests service: nobody's name is needed for it. Must not conclude anything from a
hotel that could not be read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from services.bookings.guestlists.settling import differences
from services.bookings.guestlists.tables import (
    DOUBLED,
    LISTS,
    ROWS,
    WATCHED,
    Row,
    RowState,
    row_of,
)
from services.bookings.hotels.errors import NotFound
from services.bookings.hotels.model import Ref
from services.bookings.hotels.port import HotelPort
from services.bookings.orders.switching import switch_of
from services.bookings.orders.tables import ORDERS, view_of
from shared.chassis.limits import HOTEL_PAGE
from shared.chassis.work import Work


@dataclass(frozen=True, slots=True)
class Standing:
    """A list at rest, and its reservations as they are held."""

    ours: str
    block: Ref
    rows: tuple[Row, ...]
    told: str = ""
    """Which of `WATCHED` makes it a person's; empty for a list that is nobody's."""


def standing_lists(
    work: Work, hotel: str, today: date, after: str
) -> tuple[Sequence[Standing], str]:
    """A page of lists with guests who have not left, and where the next page begins."""
    if switch_of(work.connection, hotel).paused(work.now):
        return (), ""
    watched = or_(LISTS.c.owned.is_(False), LISTS.c.said.in_(WATCHED))
    page = (
        select(LISTS.c.ours, LISTS.c.owned, LISTS.c.said, ORDERS.c.first_night, ORDERS.c.standing)
        .join(ORDERS, ORDERS.c.ours == LISTS.c.ours)
        .where(
            LISTS.c.hotel == hotel, LISTS.c.ours > after, LISTS.c.due_at.is_(None),
            watched, ORDERS.c.ended.is_(False), ORDERS.c.last_night >= today,
        )
        .order_by(LISTS.c.ours)
        .limit(HOTEL_PAGE)
    )  # fmt: skip
    found = list(work.connection.execute(page))
    rows: dict[str, list[Row]] = {one.ours: [] for one in found}
    mine = (ROWS.c.ours.in_(list(rows)), ROWS.c.state != RowState.OVER.value)
    for one in work.connection.execute(select(ROWS).where(*mine).order_by(ROWS.c.number)):
        rows[one.ours].append(row_of(one))
    lists = []
    for one in found:
        view = view_of(one.ours, one.first_night, one.standing)
        if view is not None and rows[one.ours]:
            told = one.said if one.owned else ""
            lists.append(Standing(one.ours, view.ref, tuple(rows[one.ours]), told))
    return lists, found[-1].ours if found else ""


async def differing(port: HotelPort, lists: Sequence[Standing]) -> list[str]:
    """Which of these the hotel shows otherwise. Raises the hotel's error, and then nothing is
    known."""
    found = []
    for one in lists:
        try:
            stays = await port.read_rooming(one.block)
        except NotFound:
            # The block itself is gone: the sweep of orders sees that.
            continue
        kinds = {each.kind for each in differences(one.ours, one.rows, stays)}
        if _is_news(kinds, one.told):
            found.append(one.ours)
    return found


def _is_news(kinds: Collection[str], told: str) -> bool:
    """Whether a list with these findings has to be looked at; a person's when that is over, or
    something worse has come."""
    if not told:
        return bool(kinds)
    return told not in kinds or (told != DOUBLED and DOUBLED in kinds)
