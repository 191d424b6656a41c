"""Pick-up by night as a file: contracted, held and taken up, of a hotel or of a visit. No names.

Must not: say 0 where nobody knows; a hotel without a system tells nothing of what is taken up.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, false, select

from services.bookings.by_hand.tables import HAND
from services.bookings.hotels.sheets.pickup import Night, pickup_calendar, pickup_csv, pickup_xlsx
from services.bookings.orders.deciding import contracted, is_open
from services.bookings.orders.tables import ORDERS, view_of
from services.bookings.overview.lines import Known, today_at
from services.bookings.overview.nights import MOST_ORDERS
from shared.contracts.hotel_desk import MAX_SHEET
from shared.contracts.hotel_pickup import (
    MAX_PICKUP_ENTRIES,
    MAX_PICKUP_ROWS,
    PickupFile,
    PickupForm,
    ReadPickup,
)
from shared.contracts.values import Text
from shared.holds.spans import chunks


def file(connection: Connection, known: Known, query: ReadPickup, now: datetime) -> PickupFile:
    """The nights of a hotel or visit, in order, in the form that is asked for."""
    rows = connection.execute(_chosen(query, known, now)).all()
    hands = _by_hand(connection, [row.ours for row in rows])
    start = _start(query, known, now)
    nights = [
        one for row in rows[:MOST_ORDERS] for one in _nights(connection, known, row, hands)
        if one.night >= start
    ]  # fmt: skip
    nights.sort(key=lambda one: (one.hotel, one.night, one.room_type.en, one.visit, one.block))
    shown = nights[: MAX_PICKUP_ENTRIES if query.file is PickupForm.ICS else MAX_PICKUP_ROWS]
    while len(body := _written(query.file, shown, now)) > MAX_SHEET:
        # Names are long there: halves, until it fits into one answer.
        shown = shown[: len(shown) // 2]
    whole = len(rows) <= MOST_ORDERS and len(shown) == len(nights)
    return PickupFile(content=b64encode(body).decode(), rows=len(shown), whole=whole)


def _written(form: PickupForm, nights: Sequence[Night], now: datetime) -> bytes:
    if form is PickupForm.ICS:
        # A file of a later minute replaces an earlier one in a calendar.
        return pickup_calendar(nights, int(now.timestamp()) // 60, now)
    return pickup_csv(nights) if form is PickupForm.CSV else pickup_xlsx(nights)


def _start(query: ReadPickup, known: Known, now: datetime) -> date:
    if query.starts_on is not None:
        return query.starts_on
    return date.min if query.hotel is None else today_at(known, now, query.hotel)


def _chosen(query: ReadPickup, known: Known, now: datetime) -> Any:
    some = select(ORDERS).where(
        ORDERS.c.ended.is_(False), ORDERS.c.standing.is_not(None),
        ORDERS.c.last_night >= _start(query, known, now),
    )  # fmt: skip
    for name in ("hotel", "visit"):
        if (wanted := getattr(query, name)) is not None:
            some = some.where(ORDERS.c[name] == wanted)
    if query.hotel is None and query.visit is None:
        some = some.where(false())
    return some.order_by(ORDERS.c.hotel, ORDERS.c.first_night, ORDERS.c.ours).limit(MOST_ORDERS + 1)


def _nights(connection: Connection, known: Known, row: Any, hands: set[str]) -> list[Night]:
    view = view_of(row.ours, row.first_night, row.standing)
    rooms = contracted(view)
    if view is None or not rooms:
        return []
    names = _names(connection, known, row.hotel)
    return [
        Night(
            row.hotel, row.ours, names.get(one.kind, Text(zh=one.kind, en=one.kind)), one.night,
            rooms.get((one.night, one.kind), 0), one.held if is_open(view) else 0,
            None if row.ours in hands else one.picked, row.visit, one.kind,
        )
        for one in view.nights
        if rooms.get((one.night, one.kind), 0) or one.picked
    ]  # fmt: skip


def _by_hand(connection: Connection, names: list[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(names):
        found |= set(connection.execute(select(HAND.c.ours).where(HAND.c.ours.in_(some))).scalars())
    return found


def _names(connection: Connection, known: Known, hotel: str) -> dict[str, Text]:
    found: Any = known.hotel(connection, hotel)
    return {one.id: one.name for one in found.room_types} if found is not None else {}
