"""The cut-offs of orders by hand in the store: which are near, which have passed; each counts once.

Rows are those of `orders.cut_offs`, and so is the one transaction in which a cut-off counts.
Must not: ask the guests service; `cutting_off` does, between `near` and `note`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select, update

from services.bookings.by_hand.cutting import Sharers, judged, taken_up
from services.bookings.by_hand.staying import confirmed_stay, definite
from services.bookings.by_hand.tables import HAND, read
from services.bookings.hotels.model import BlockView
from services.bookings.hotels.nights import cut_off_passed
from services.bookings.hotels.terms import Terms
from services.bookings.orders.cut_offs import CUTS, OPEN, Passed, counted, none_yet, still
from services.bookings.orders.cutting import at_risk, in_lead
from services.bookings.orders.limits import HOTEL_CUT_LEAD_DAYS, HOTEL_CUT_PATIENCE_DAYS
from services.bookings.orders.tables import ORDERS, Asked, view_of
from services.bookings.orders.taking import asks_of
from shared.chassis.limits import HOTEL_PAGE
from shared.chassis.work import Work
from shared.contracts.hotel_desk import DeskState
from shared.contracts.hotel_guests import HotelStay

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Near:
    """An order by hand whose cut-off is near, or has passed and does not count yet."""

    order: Passed
    over: bool
    """The cut-off has passed."""
    rests: bool
    """Nothing is being asked of the hotel, and nothing about it is due."""
    stay: HotelStay | None
    """What its guests are asked for with; None while its rooms are not definite."""


def near(work: Work, terms: Mapping[str, Terms], after: str) -> tuple[Sequence[Near], str]:
    """A page of orders, and where the next one begins. `terms` are of the hotels that are asked."""
    if work.recovering:
        return (), ""
    # A day wider than any hotel's own date: each is looked at by that below.
    today = work.now.date()
    asked = {"after": after, "last": today + (HOTEL_CUT_LEAD_DAYS + 1) * DAY,
             "today": today - 2 * DAY}  # fmt: skip
    rows = list(work.connection.execute(_page(), asked))
    found = [one for row in rows if (one := _near(work, row, terms.get(row.hotel))) is not None]
    return found, rows[-1].ours if rows else ""


@cache
def _page() -> Select[Any]:
    done = select(CUTS.c.ours).where(CUTS.c.ours == ORDERS.c.ours, ~OPEN).exists()
    return (
        select(ORDERS, HAND.c.state.label("desk"))
        .join(HAND, HAND.c.ours == ORDERS.c.ours)
        .where(
            ORDERS.c.ended.is_(False), ORDERS.c.standing.is_not(None),
            ORDERS.c.first_night > bindparam("today"), ORDERS.c.cut_off < ORDERS.c.first_night,
            ORDERS.c.cut_off <= bindparam("last"), ORDERS.c.ours > bindparam("after"),
            ~done,
        )
        .order_by(ORDERS.c.ours)
        .limit(HOTEL_PAGE)
    )  # fmt: skip


def _near(work: Work, row: Any, terms: Terms | None) -> Near | None:
    standing = view_of(row.ours, row.first_night, row.standing)
    if terms is None or standing is None:
        return None
    today: date = terms.today(work.now)
    over = cut_off_passed(row.cut_off, today)
    if row.first_night <= today or not (over or in_lead(row.cut_off, today, HOTEL_CUT_LEAD_DAYS)):
        return None
    overdue = (today - row.cut_off).days > HOTEL_CUT_PATIENCE_DAYS
    asked = row.desk == DeskState.ASKED.value
    rests = row.owned or (row.due_at is None and (overdue or not asked))
    sheet, stay = read(work.connection, row.ours), None
    if sheet is not None and definite(sheet):
        stay = confirmed_stay(work.connection, row.ours, row.visit, row.hotel, {})
    order = Passed(row.ours, row.hotel, row.cut_off, standing, row.owned, overdue)
    return Near(order, over, rests, stay)


def note(work: Work, some: Sequence[Near], told: Mapping[str, Sharers] | None) -> None:
    """Keep what was counted, and have the cut-offs that have passed count. `told` by our reference;
    None where the guests service did not answer: that is not nobody."""
    asks = asks_of(work.connection, [one.order.ours for one in some])
    rows = [none_yet(work, one.order.ours, one.order.hotel, one.order.cut_off) for one in some]
    work.insert_if_missing(CUTS, rows)
    for one in some:
        order, mine = one.order, asks[one.order.ours]
        seen = None
        if told is not None or one.stay is None:
            sharers = (told or {}).get(order.ours, Sharers())
            seen = taken_up(order.standing, one.stay, sharers)
        decides = seen is not None or order.overdue or order.owned
        counts = one.over and one.rests and decides
        if counts and not still(work, order):
            continue
        _looked_at(work, order, mine, seen)
        if counts:
            counted(work, order, judged(mine, seen))


def _looked_at(work: Work, one: Passed, asks: Sequence[Asked], seen: BlockView | None) -> None:
    told: dict[str, Any] = {"looked_at": work.now, "cut_off": one.cut_off, "named": None}
    if seen is not None:
        # Where nobody tells, what was known to be at risk stays: an alarm does not end by that.
        told |= {"named": sum(night.picked for night in seen.nights),
                 "at_risk": at_risk(asks, seen, cuts_off=True)}  # fmt: skip
    work.connection.execute(update(CUTS).where(CUTS.c.ours == one.ours, OPEN).values(**told))
