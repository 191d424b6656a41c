"""The cut-offs of orders in the store: which are near, which have passed, and each counts once.

Owns: the table of cut-offs; a cut-off is carried out in one transaction, after the block was read,
so that a death before it leaves nothing behind and a death after it nothing to be done again.
Must not: call a hotel; `worker` reads between `passed` and `note`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Index,
    Integer,
    Select,
    String,
    Table,
    and_,
    bindparam,
    or_,
    select,
    update,
)

from services.bookings.hotels.book import TABLES
from services.bookings.hotels.model import BlockView
from services.bookings.hotels.nights import cut_off_passed
from services.bookings.hotels.terms import Terms
from services.bookings.orders.cutting import Cut, Outcome, at_risk, cut, in_lead
from services.bookings.orders.limits import HOTEL_CUT_LEAD_DAYS, HOTEL_CUT_PATIENCE_DAYS
from services.bookings.orders.switching import OF_HOTEL, Switch, by_letter, switch_of
from services.bookings.orders.tables import ORDERS, view_of, view_text
from services.bookings.orders.taking import asks_of, live_asks
from shared.chassis.limits import HOTEL_PAGE, HOTEL_SAID
from shared.chassis.store import UtcDateTime
from shared.chassis.work import Work

CUTS = Table(
    "bookings_hotel_cuts",
    TABLES,
    Column("ours", String(50), primary_key=True),
    Column("hotel", String(63), nullable=False),
    Column("cut_off", Date, nullable=False),
    Column("at_risk", Integer, nullable=False),
    Column("looked_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime, nullable=True),
    Column("outcome", String(16), nullable=False),
    Column("kept", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("spare", Integer, nullable=False),
    Column("named", Integer, nullable=True),
    Index("ix_bookings_hotel_cuts_hotel", "hotel", "done_at"),
    comment="The cut-off of each order that has one near or passed; `done_at` once it counted.",
)
OPEN = CUTS.c.done_at.is_(None)


@dataclass(frozen=True, slots=True)
class Passed:
    """An order whose cut-off has passed and does not count yet."""

    ours: str
    hotel: str
    cut_off: date
    standing: BlockView
    owned: bool
    """It is a person's already: nothing is read, and it stays theirs."""
    overdue: bool
    """It could not be read for so long that a person has to."""


def passed(work: Work, hotel: str, terms: Terms, after: str) -> tuple[Sequence[Passed], str]:
    """A page of orders with a passed cut-off that are at rest, and where the next page begins.

    One that is being asked for waits until it rests: what the hotel says to that comes first.
    """
    if work.recovering or switch_of(work.connection, hotel).paused(work.now):
        return (), ""
    today = terms.today(work.now)
    page = _page_at_rest(bool(terms.days))
    rows = list(work.connection.execute(page, _until(hotel, terms, today, today, after)))
    found = []
    for row in rows:
        standing, cut_off = view_of(row.ours, row.first_night, row.standing), _date(row, terms)
        if standing is not None and cut_off_passed(cut_off, today):
            overdue = (today - cut_off).days > HOTEL_CUT_PATIENCE_DAYS
            found.append(Passed(row.ours, hotel, cut_off, standing, row.owned, overdue))
    return found, rows[-1].ours if rows else ""


def note(work: Work, one: Passed, seen: BlockView | None) -> bool:
    """Have a cut-off count, once: the order goes on by what was read. False when it counted
    already, or the order has moved meanwhile and is looked at another time."""
    if not still(work, one):
        return False
    return counted(work, one, cut(live_asks(work.connection, one.ours), seen), seen)


def counted(work: Work, one: Passed, found: Cut, seen: BlockView | None = None) -> bool:
    """The transaction of `note`, for an order that is `still` as it was; False when its cut-off has
    counted. `seen` is what stands from now on, where it was read anew."""
    outcome = Outcome.OWNED if one.owned else found.outcome
    work.insert_if_missing(CUTS, [none_yet(work, one.ours, one.hotel, one.cut_off)])
    counts: dict[str, Any] = {
        "done_at": work.now, "looked_at": work.now, "cut_off": one.cut_off,
        "outcome": outcome.value, "kept": found.kept, "taken": found.taken, "spare": found.spare,
    }  # fmt: skip
    mine = update(CUTS).where(CUTS.c.ours == one.ours, OPEN).values(**counts)
    if work.connection.execute(mine).rowcount != 1:
        return False
    if one.owned:
        return True
    values: dict[str, Any] = {"changed_at": work.now}
    if found.why is not None:
        values |= {"drift": found.why.en[:HOTEL_SAID], "drift_zh": found.why.zh[:HOTEL_SAID]}
    if seen is not None:
        values |= {"standing": view_text(seen)}
    if outcome is Outcome.OWNED:
        values |= {"owned": True, "state": "owned", "said": found.said}
    if outcome in (Outcome.TAKEN, Outcome.SPARE):
        values |= {"wanted": ORDERS.c.wanted + 1, "due_at": work.now}
    work.connection.execute(update(ORDERS).where(ORDERS.c.ours == one.ours).values(**values))
    return True


def look_ahead(work: Work, hotel: str, terms: Terms, cuts_off: bool, after: str) -> str:
    """Keep what would be lost at each cut-off that is near, as the hotel was last read; a page,
    and where the next one begins."""
    today = terms.today(work.now)
    last = today + timedelta(days=HOTEL_CUT_LEAD_DAYS)
    page, asked = _page(bool(terms.days)), _until(hotel, terms, today, last, after)
    rows = [] if work.recovering else work.connection.execute(page, asked).all()
    near = [row for row in rows if in_lead(_date(row, terms), today, HOTEL_CUT_LEAD_DAYS)]
    asks = asks_of(work.connection, [row.ours for row in near])
    for row in near:
        view = view_of(row.ours, row.first_night, row.standing)
        risk = at_risk(asks[row.ours], view, cuts_off)
        work.insert_if_missing(CUTS, [none_yet(work, row.ours, hotel, _date(row, terms))])
        told = {"at_risk": risk, "looked_at": work.now, "cut_off": _date(row, terms)}
        work.connection.execute(_LOOKED_AT, {"_ours": row.ours, **told})
    return str(rows[-1].ours) if rows else ""


# Built once: every hotel is looked at several times a minute, and mostly nothing is near.


@cache
def _page(by_terms: bool) -> Select[Any]:
    """Blocks of a hotel that stand, have not begun, and have a cut-off before their first night
    and not after a date; with `by_terms` one is agreed on where the hotel shows none."""
    dated = ORDERS.c.cut_off < ORDERS.c.first_night
    if by_terms:
        dated = or_(dated, ORDERS.c.cut_off.is_(None))
    return (
        select(ORDERS)
        .where(
            ORDERS.c.hotel == OF_HOTEL, ORDERS.c.ended.is_(False), ORDERS.c.standing.is_not(None),
            ORDERS.c.first_night > bindparam("today"), ~by_letter(OF_HOTEL, Switch()), dated,
            ORDERS.c.ours > bindparam("after"), _dated(),
        )
        .order_by(ORDERS.c.ours)
        .limit(HOTEL_PAGE)
    )  # fmt: skip


@cache
def _page_at_rest(by_terms: bool) -> Select[Any]:
    """Those of them that are at rest, or a person's, and whose cut-off does not count yet."""
    at_rest = or_(ORDERS.c.due_at.is_(None), ORDERS.c.owned.is_(True))
    done = select(CUTS.c.ours).where(CUTS.c.hotel == OF_HOTEL, ~OPEN)
    return _page(by_terms).where(at_rest, ORDERS.c.ours.not_in(done))


def _dated() -> ColumnElement[bool]:
    """Cut-offs on a date or before it: as the hotel shows them, else as they were agreed."""
    agreed = ORDERS.c.first_night <= bindparam("agreed")
    return or_(ORDERS.c.cut_off <= bindparam("last"), and_(ORDERS.c.cut_off.is_(None), agreed))


def _until(hotel: str, terms: Terms, today: date, last: date, after: str) -> dict[str, Any]:
    """What a page of cut-offs up to `last` is asked with."""
    agreed = last + timedelta(days=terms.days)
    return {"hotel": hotel, "today": today, "after": after, "last": last, "agreed": agreed}


_LOOKED_AT = (
    update(CUTS)
    .where(CUTS.c.ours == bindparam("_ours"), OPEN)
    .values({name: bindparam(name) for name in ("at_risk", "looked_at", "cut_off")})
)


def _date(row: Any, terms: Terms) -> date:
    shown: date | None = row.cut_off
    return shown or row.first_night - timedelta(days=terms.days)


def still(work: Work, one: Passed) -> bool:
    """Whether the order is as it was when its block was read; nobody changes it until we commit."""
    same = (
        select(ORDERS.c.ours)
        .where(ORDERS.c.ours == one.ours, ORDERS.c.ended.is_(False))
        .where(ORDERS.c.standing == view_text(one.standing), ORDERS.c.owned.is_(one.owned))
    )
    if not one.owned:
        same = same.where(ORDERS.c.due_at.is_(None))
    return work.connection.execute(same.with_for_update()).scalar() is not None


def none_yet(work: Work, ours: str, hotel: str, cut_off: date) -> dict[str, Any]:
    """The row of a cut-off of which nothing is known."""
    return {
        "ours": ours, "hotel": hotel, "cut_off": cut_off, "at_risk": 0, "looked_at": work.now,
        "done_at": None, "outcome": "", "kept": 0, "taken": 0, "spare": 0,
        "named": None,
    }  # fmt: skip
