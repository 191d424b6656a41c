"""Taking up the orders of one hotel that are due: one at a time by one process at a time.

Owns: the lease. Whoever takes an order up has it until the lease ends; one who died gives it back
by that.
Must not: take anything up while a restored store is still being brought up to date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, or_, select, update

from services.bookings.guestlists.noting import kept_back, moved
from services.bookings.hotels.book import INTENTS
from services.bookings.hotels.journal import Intent
from services.bookings.orders.deciding import to_ask
from services.bookings.orders.limits import HOTEL_AGAIN_MOST_S, HOTEL_AT_ONCE, HOTEL_LEASE_S
from services.bookings.orders.switching import OF_HOTEL, Switch, by_letter, switch_of
from services.bookings.orders.tables import (
    ASKS,
    ORDERS,
    Asked,
    Order,
    rooms_of,
    rooms_text,
    view_of,
)
from shared.chassis.work import Work, many_writers
from shared.contracts.holds import LIVE, HoldState
from shared.holds.tables import hold_tables


def take(work: Work, hotel: str) -> tuple[Order, ...]:
    """The oldest orders of a hotel that are due, leased to the caller."""
    if work.recovering:
        return ()
    work.alone(f"hotel-{hotel}")
    switch = switch_of(work.connection, hotel)
    due = _due(switch.by_hand, switch.paused(work.now))
    rows = list(work.connection.execute(due, {"hotel": hotel, "now": work.now}))
    if not rows:
        return ()
    names = [row.ours for row in rows]
    asks, intents = asks_of(work.connection, names), _intents(work.connection, hotel, names)
    rows = _free_to_go(work, [row for row in rows if row.ours not in intents], asks) + [
        row for row in rows if row.ours in intents
    ]
    until = work.now + timedelta(seconds=HOTEL_LEASE_S)
    return tuple(_taken(work, row, asks[row.ours], intents.get(row.ours), until) for row in rows)


# Built once: every hotel is looked at several times a second, and mostly nothing is due.


@cache
def _due(by_hand: bool, paused: bool) -> Select[Any]:
    """The oldest orders of a hotel that are due and nobody's, by how its link is set."""
    way, free_at = by_letter(OF_HOTEL, Switch(by_hand=by_hand)), ORDERS.c.leased_until
    return (
        select(ORDERS, way.label("by_hand"))
        .where(ORDERS.c.hotel == OF_HOTEL, ORDERS.c.due_at <= bindparam("now"))
        .where(or_(free_at.is_(None), free_at <= bindparam("now")), *_open(way, paused))
        .order_by(ORDERS.c.due_at, ORDERS.c.ours)
        .limit(HOTEL_AT_ONCE)
    )


@cache
def _soonest(by_hand: bool, paused: bool) -> Select[Any]:
    """When the next order of a hotel is due, by how its link is set."""
    way = by_letter(OF_HOTEL, Switch(by_hand=by_hand))
    return select(func.min(ORDERS.c.due_at)).where(ORDERS.c.hotel == OF_HOTEL, *_open(way, paused))


def _open(way: ColumnElement[bool], paused: bool) -> tuple[ColumnElement[bool], ...]:
    """While a link is paused, only what goes by letter is taken up."""
    return (way,) if paused else ()


def _free_to_go(work: Work, rows: list[Any], asks: dict[str, list[Asked]]) -> list[Any]:
    """Those that no reservation is in the way of; the others wait for their lists of guests."""
    views = {row.ours: view_of(row.ours, row.first_night, row.standing) for row in rows}
    late = kept_back(work, views, asks)
    if late:
        until = work.now + timedelta(seconds=HOTEL_AGAIN_MOST_S)
        waits = update(ORDERS).where(ORDERS.c.ours.in_(sorted(late)))
        work.connection.execute(waits.values(due_at=until))
        moved(work, late)
    return [row for row in rows if row.ours not in late]


def _taken(
    work: Work,
    row: Any,
    asks: Sequence[Asked],
    intent: tuple[Intent, datetime, bool] | None,
    until: datetime,
) -> Order:
    standing = view_of(row.ours, row.first_night, row.standing)
    # What an open write asked for stays as it was: its outcome is measured by it.
    before = rooms_of(row.asked)
    asked = before if intent else to_ask(asks, standing)
    lease = {"_ours": row.ours, "leased_until": until, "asked": rooms_text(asked or before)}
    work.connection.execute(_LEASE, lease)
    return Order(
        row.ours, row.hotel, row.visit, row.first_night, row.wanted, row.tries, until,
        asked, standing, row.drift, row.state == "asking" and not before, tuple(asks), row.by_hand,
        row.look, intent,
    )  # fmt: skip


_LEASE = (
    update(ORDERS)
    .where(ORDERS.c.ours == bindparam("_ours"))
    .values(leased_until=bindparam("leased_until"), asked=bindparam("asked"))
)


def asks_of(connection: Connection, names: Sequence[str]) -> dict[str, list[Asked]]:
    """The live holds behind some orders, by our reference."""
    found: dict[str, list[Asked]] = defaultdict(list)
    for row in connection.execute(_live_asks(), {"names": names}):
        found[row.ours].append(Asked(row.hold, HoldState(row.state), rooms_of(row.rooms)))
    return found


@cache
def _live_asks() -> Select[Any]:
    holds = hold_tables("bookings").holds
    named = ASKS.c.ours.in_(bindparam("names", expanding=True))
    return (
        select(ASKS.c.ours, ASKS.c.hold, ASKS.c.rooms, holds.c.state)
        .join(holds, holds.c.hold == ASKS.c.hold)
        .where(named, holds.c.state.in_(sorted(one.value for one in LIVE)))
        .order_by(ASKS.c.hold)
    )


def live_asks(connection: Connection, ours: str) -> list[Asked]:
    """The live holds behind one order, as they are now."""
    return asks_of(connection, [ours])[ours]


def _intents(
    connection: Connection, hotel: str, names: Sequence[str]
) -> dict[str, tuple[Intent, datetime, bool]]:
    asked = {"hotel": hotel, "names": names}
    return {
        row.ours: (Intent(hotel, row.operation, row.ours), row.at, row.lost)
        for row in connection.execute(_INTENDED, asked)
    }


_INTENDED = (
    select(INTENTS)
    .where(INTENTS.c.hotel == OF_HOTEL, INTENTS.c.ours.in_(bindparam("names", expanding=True)))
    .order_by(INTENTS.c.at)
)


def next_due(work: Work, hotel: str) -> datetime | None:
    """When the next order of a hotel is due."""
    switch = switch_of(work.connection, hotel)
    soonest = _soonest(switch.by_hand, switch.paused(work.now))
    found: datetime | None = work.connection.execute(soonest, {"hotel": hotel}).scalar()
    return found


_GIVE_BACK = update(ORDERS).values(leased_until=None)


def give_back(work: Work) -> None:
    """At a start: with one process alone, a lease that is left belongs to nobody."""
    if not many_writers(work.connection):
        work.connection.execute(_GIVE_BACK)
