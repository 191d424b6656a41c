"""What came of a list, written in one transaction: its rows, and when it is looked at again.

The same rules as for orders: what passes is tried again, later and later, so many times; a "no" is
a person's.
Must not: call a hotel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from services.bookings.guestlists.sending import Outcome
from services.bookings.guestlists.tables import LISTS, ROWS, GuestList, Row, columns_of
from services.bookings.orders.finishing import LeaseLostError
from services.bookings.orders.limits import (
    HOTEL_AGAIN_MOST_S,
    HOTEL_ORDER_TRIES,
    HOTEL_SETTLE_LOOK_S,
)
from services.bookings.orders.tables import ORDERS
from services.bookings.orders.tables import due_now as order_due_now
from shared.chassis.limits import HOTEL_SAID
from shared.chassis.work import Work


def save(work: Work, some: GuestList, rows: Sequence[Row]) -> None:
    """Rows as they are about to be sent. Raises LeaseLostError."""
    mine = (LISTS.c.ours == some.ours, LISTS.c.leased_until == some.leased_until)
    held = select(LISTS.c.ours).where(*mine).with_for_update()
    if work.connection.execute(held).scalar() is None:
        raise LeaseLostError(some.ours)
    _write(work, some.ours, rows)


def finish(work: Work, some: GuestList, outcome: Outcome) -> None:
    """The list as it is now. Raises LeaseLostError."""
    # The order first, as whoever closes an order does it.
    order = select(ORDERS.c.ours).where(ORDERS.c.ours == some.ours).with_for_update()
    work.connection.execute(order)
    locked = select(LISTS.c.wanted).where(LISTS.c.ours == some.ours).with_for_update()
    moved = int(work.connection.execute(locked).scalar_one()) != some.wanted
    row = _row(some, outcome, moved, work.now)
    mine = (LISTS.c.ours == some.ours, LISTS.c.leased_until == some.leased_until)
    if work.connection.execute(update(LISTS).where(*mine).values(**row)).rowcount != 1:
        raise LeaseLostError(some.ours)
    _write(work, some.ours, list(outcome.rows.values()), moved)
    if row["due_at"] is None and not row["owned"]:
        _let_go(work, some.ours)


def _row(some: GuestList, outcome: Outcome, moved: bool, now: datetime) -> dict[str, Any]:
    tries = some.tries + 1 if outcome.later and not outcome.unknown else 0
    owned = outcome.error is not None and (not outcome.later or tries >= HOTEL_ORDER_TRIES)
    due_at: datetime | None = None
    if outcome.later and not owned:
        due_at = now + timedelta(seconds=_again_s(outcome, tries))
    elif outcome.more and not owned:
        due_at = now
    if moved:
        owned, due_at = False, now
    said = "" if outcome.error is None else outcome.error.code
    return {
        "due_at": due_at, "leased_until": None, "tries": tries, "owned": owned,
        "unplaced": outcome.unplaced, "said": said[:HOTEL_SAID], "changed_at": now,
    }  # fmt: skip


def _again_s(outcome: Outcome, tries: int) -> float:
    if outcome.unknown:
        return HOTEL_SETTLE_LOOK_S
    return float(min(2 ** min(tries - 1, 16), HOTEL_AGAIN_MOST_S))


def _write(work: Work, ours: str, rows: Sequence[Row], moved: bool = False) -> None:
    wanted = select(ROWS.c.stay, ROWS.c.told).where(ROWS.c.ours == ours)
    known = {row.stay: row.told for row in work.connection.execute(wanted)}
    for row in rows:
        # A roster that changed meanwhile may be about this one: its name is compared again.
        again = moved and not known.get(row.stay, True)
        columns = columns_of(replace(row, told=row.told and not again), ours)
        if row.stay in known:
            work.connection.execute(update(ROWS).where(ROWS.c.stay == row.stay).values(**columns))
        else:
            work.connection.execute(insert(ROWS).values(**columns))


def _let_go(work: Work, ours: str) -> None:
    """An order that waits until reservations are out of its way looks again."""
    waits = (ORDERS.c.ours == ours, ORDERS.c.due_at > work.now, ORDERS.c.ended.is_(False))
    work.connection.execute(update(ORDERS).where(*waits).values(**order_due_now(work.now)))
