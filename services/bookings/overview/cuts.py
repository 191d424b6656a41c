"""The cut-offs of one hotel: those to come with what would be lost, and what came of the others.

Must not: change anything, or know a guest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select, tuple_

from services.bookings.by_hand.tables import HAND
from services.bookings.hotels.model import BlockView
from services.bookings.orders.cut_offs import CUTS
from services.bookings.orders.deciding import Rooms, contracted, wanted
from services.bookings.orders.tables import ORDERS, Asked, view_of
from services.bookings.orders.taking import asks_of
from shared.contracts.hotel_pickup import CutOutcome, HotelCut, HotelCuts, ReadHotelCuts

DATE = func.coalesce(ORDERS.c.cut_off, CUTS.c.cut_off)
"""As the hotel shows it; else as it was agreed."""
BY_HAND = select(HAND.c.ours).where(HAND.c.ours == ORDERS.c.ours).exists()
"""It is an order of a person at the hotel, by letter."""
OUTCOMES = {one.value: one for one in CutOutcome}


def page(connection: Connection, query: ReadHotelCuts) -> HotelCuts:
    """A page of one hotel's cut-offs."""
    rows = connection.execute((_done if query.done else _coming)(query)).all()
    shown = rows[: query.limit]
    asks = asks_of(connection, [row.ours for row in shown])
    cuts = tuple(_cut(row, asks[row.ours]) for row in shown)
    if len(rows) == len(shown):
        return HotelCuts(cuts=cuts)
    last = cuts[-1]
    place = last.done_at.isoformat() if query.done and last.done_at else last.cut_off.isoformat()
    return HotelCuts(cuts=cuts, next=f"{place}|{last.order}")


def _both(hotel: str) -> Select[Any]:
    kept = (CUTS.c.at_risk, CUTS.c.looked_at, CUTS.c.named, CUTS.c.done_at, CUTS.c.outcome,
            CUTS.c.kept, CUTS.c.taken, CUTS.c.spare)  # fmt: skip
    both = select(ORDERS, DATE.label("date"), BY_HAND.label("by_hand"), *kept)
    both = both.outerjoin(CUTS, CUTS.c.ours == ORDERS.c.ours)
    return both.where(ORDERS.c.hotel == hotel)


def _coming(query: ReadHotelCuts) -> Select[Any]:
    some = _both(query.hotel).where(
        ORDERS.c.ended.is_(False), CUTS.c.done_at.is_(None), ORDERS.c.first_night > DATE
    )
    if (at := _place(query.after, date.fromisoformat)) is not None:
        some = some.where(tuple_(DATE, ORDERS.c.ours) > tuple_(*at))
    return some.order_by(DATE, ORDERS.c.ours).limit(query.limit + 1)


def _done(query: ReadHotelCuts) -> Select[Any]:
    some = _both(query.hotel).where(CUTS.c.done_at.is_not(None))
    if (at := _place(query.after, datetime.fromisoformat)) is not None:
        some = some.where(
            (CUTS.c.done_at < at[0]) | ((CUTS.c.done_at == at[0]) & (ORDERS.c.ours > at[1]))
        )
    return some.order_by(CUTS.c.done_at.desc(), ORDERS.c.ours).limit(query.limit + 1)


def _place(cursor: str | None, read: Any) -> tuple[Any, str] | None:
    """Where a page begins; None for a cursor that names no place: then it is the first."""
    first, _, ours = (cursor or "").partition("|")
    try:
        found = read(first)
    except ValueError:
        return None
    aware = not isinstance(found, datetime) or found.tzinfo is not None
    return (found, ours) if aware else None


def _cut(row: Any, asks: Sequence[Asked]) -> HotelCut:
    view = view_of(row.ours, row.first_night, row.standing)
    picked, done = picked_of(row, view), row.done_at is not None
    return HotelCut(
        order=row.ours, visit=row.visit, need=row.need, first_night=row.first_night,
        cut_off=row.date, wanted=_sum(wanted(asks)), contracted=_sum(contracted(view)),
        picked=picked, at_risk=None if done or picked is None else row.at_risk,
        looked_at=row.looked_at, done_at=row.done_at,
        outcome=OUTCOMES.get(row.outcome, CutOutcome.OTHER) if done else None,
        kept=row.kept or 0, taken=row.taken or 0, spare=row.spare or 0, changed_at=row.changed_at,
    )  # fmt: skip


def picked_of(row: Any, view: BlockView | None) -> int | None:
    """Room nights that are taken up: as the hotel's system showed, or as they were counted for a
    hotel by hand, whose block shows nobody."""
    if row.by_hand:
        return None if row.named is None else int(row.named)
    return sum(one.picked for one in view.nights) if view is not None else 0


def _sum(rooms: Rooms) -> int:
    return sum(rooms.values())
