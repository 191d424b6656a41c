"""When a list of guests is due: in the transaction of whatever has changed.

Owns: that an order which became definite has a list, that a changed roster is looked at, and that
an order waits while reservations are in the way of what it is to do.
Must not: ask a hotel or the guests service.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, or_, select, update

from services.bookings.by_call import marking
from services.bookings.guestlists.tables import LISTS, ROWS, WATCHED, RowState
from services.bookings.hotels.states import BlockState
from services.bookings.orders.carrying import Result
from services.bookings.orders.deciding import is_open, wanted
from services.bookings.orders.tables import Asked, Order
from shared.chassis.work import Delivery, Work
from shared.contracts.holds import HoldState
from shared.contracts.lodged import LodgingChanged
from shared.holds.spans import chunks

FIRM = frozenset({BlockState.DEFINITE, BlockState.WASHED})
AT_HOTEL = (RowState.ASKING.value, RowState.THERE.value)


def due_now(now: Any) -> dict[str, Any]:
    """What makes a list due at once, and tells whoever is at it that something has moved."""
    return {"wanted": LISTS.c.wanted + 1, "due_at": now, "tries": 0, "owned": False}


# Built once: building a statement costs more than running it.
_SOME: BindParameter[Any] = bindparam("some", expanding=True)
_RESERVED = select(ROWS.c.ours, ROWS.c.kind).where(
    ROWS.c.ours.in_(_SOME), ROWS.c.state.in_(AT_HOTEL)
)
_LEASED = select(LISTS.c.ours).where(
    LISTS.c.ours.in_(_SOME), LISTS.c.leased_until > bindparam("now")
)
_DUE = update(LISTS).where(LISTS.c.ours == bindparam("_ours")).values(**due_now(bindparam("now")))


def rested(work: Work, order: Order, result: Result) -> None:
    """An order has come to rest: its guests may have to be told to the hotel, or taken back."""
    if order.by_hand or result.error is not None:
        return
    standing = result.standing
    firm = any(one.state is HoldState.CONFIRMED for one in order.asks)
    if firm and standing is not None and standing.state in FIRM:
        row: dict[str, Any] = {
            "ours": order.ours, "hotel": order.hotel, "visit": order.visit, "wanted": 0,
            "due_at": None, "leased_until": None, "tries": 0, "owned": False, "unplaced": 0,
            "said": "", "changed_at": work.now,
        }  # fmt: skip
        work.insert_if_missing(LISTS, [row])
    work.connection.execute(_DUE, {"_ours": order.ours, "now": work.now})


def lodging_changed(work: Work, some: Sequence[Delivery[LodgingChanged]]) -> None:
    """The group handler: rosters have changed. Of whom, the hotel is told again."""
    visits = sorted({one.message.visit for one in some})
    # Rooms that hotels' systems fetch are claimed before any list, as whoever hands them out does.
    fetched = marking.claim_of(work, select(LISTS.c.ours).where(LISTS.c.visit.in_(visits)))
    for visit in visits:
        # Lists before rows, as whoever carries a list out writes them: replicas cannot deadlock.
        due = update(LISTS).where(LISTS.c.visit == visit).values(**due_now(work.now))
        work.connection.execute(due)
        lists = select(LISTS.c.ours).where(LISTS.c.visit == visit)
        guests = {name for one in some if one.message.visit == visit for name in one.message.guests}
        for names in chunks(sorted(guests)):
            about = or_(ROWS.c.guest.in_(names), ROWS.c.sharer.in_(names))
            mine = (about, ROWS.c.ours.in_(lists))
            work.connection.execute(update(ROWS).where(*mine).values(told=False))
        if fetched:
            marking.changed(work, lists, guests)


def again(connection: Connection, ours: str, now: datetime) -> bool:
    """Make the list of an order due, whoever owned it. False when nothing is wrong with it."""
    tried = and_(LISTS.c.due_at.is_not(None), LISTS.c.said != "")
    mine = (LISTS.c.ours == ours, or_(LISTS.c.owned.is_(True), tried))
    done = connection.execute(update(LISTS).where(*mine).values(**due_now(now)))
    if done.rowcount == 1:
        marking.again(connection, ours)
    return done.rowcount == 1


def moved(work: Work, ours: Collection[str]) -> None:
    """Reservations differ, or are in the way of an order: lists at rest are looked at, those too
    that are a person's for what ends by itself."""
    free = or_(LISTS.c.owned.is_(False), LISTS.c.said.in_(WATCHED))
    mine = (LISTS.c.ours.in_(sorted(ours)), LISTS.c.due_at.is_(None), free)
    work.connection.execute(update(LISTS).where(*mine).values(**due_now(work.now)))


def kept_back(
    work: Work, standing: Mapping[str, Any], asks: Mapping[str, Sequence[Asked]]
) -> frozenset[str]:
    """Of some orders (block that stands, holds behind), those whose reservations must go first:
    they want fewer rooms than are reserved."""
    smaller = [ours for ours, view in standing.items() if view is not None and is_open(view)]
    if not smaller:
        return frozenset()
    taken: dict[str, Counter[str]] = {ours: Counter() for ours in smaller}
    for row in work.connection.execute(_RESERVED, {"some": smaller}):
        taken[row.ours][row.kind] += 1
    busy = set(work.connection.execute(_LEASED, {"some": smaller, "now": work.now}).scalars())
    return frozenset(
        ours for ours in smaller if _too_many(taken[ours], asks.get(ours, ()), ours in busy)
    )


def _too_many(taken: Counter[str], asks: Sequence[Asked], busy: bool) -> bool:
    """Whether more is reserved on some night than is wanted; a list that is being carried out may
    reserve more at any moment, so nothing is given up under it."""
    if not asks:
        return busy or bool(taken)
    least: dict[str, int] = {}
    for (_night, kind), count in wanted(asks).items():
        least[kind] = min(least.get(kind, count), count)
    return any(count > least.get(kind, 0) for kind, count in taken.items())
