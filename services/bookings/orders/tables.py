"""The tables of orders, and what a row of them is in memory.

Must not: be read or written outside this package; nothing here decides.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Boolean, Column, Date, Index, Integer, String, Table, Text

from services.bookings.hotels.book import TABLES
from services.bookings.hotels.journal import Intent
from services.bookings.hotels.model import BlockView, NightCount, Ref, RoomNight
from services.bookings.hotels.states import BlockState
from shared.chassis.store import UtcDateTime
from shared.contracts.holds import HoldState

ORDERS = Table(
    "bookings_hotel_orders",
    TABLES,
    Column("ours", String(50), primary_key=True),
    Column("hotel", String(63), nullable=False),
    Column("visit", String(63), nullable=False),
    Column("need", String(130), nullable=False),
    Column("first_night", Date, nullable=False),
    Column("last_night", Date, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=True),
    Column("leased_until", UtcDateTime, nullable=True),
    Column("tries", Integer, nullable=False),
    Column("asked", Text, nullable=False),
    Column("standing", Text, nullable=True),
    Column("state", String(16), nullable=False),
    Column("said", String(400), nullable=False),
    Column("drift", String(400), nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("owned", Boolean, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("cut_off", Date, nullable=True),
    Column("drift_zh", String(400), nullable=False, server_default=""),
    Column("sent", Boolean, nullable=False),
    Column("look", Boolean, nullable=False),
    Index("ix_bookings_hotel_orders_due", "hotel", "due_at"),
    Index("ix_bookings_hotel_orders_visit", "visit"),
    comment="One block at one hotel: `wanted` grows with each change of the holds behind it.",
)
ASKS = Table(
    "bookings_hotel_asks",
    TABLES,
    Column("hold", String(200), primary_key=True),
    Column("hotel", String(63), primary_key=True),
    Column("ours", String(50), nullable=False),
    Column("rooms", Text, nullable=False),
    Column("covered", Boolean, nullable=False),
    Index("ix_bookings_hotel_asks_ours", "ours"),
    comment="Which holds an order is for, and the rooms of each by type and night.",
)


Key = tuple[str, str, str, date, date]
"""Visit, need, hotel, first and last night: holds that agree in these share an order."""


def key_of(row: Any) -> Key:
    """Of a row of orders."""
    return row.visit, row.need, row.hotel, row.first_night, row.last_night


def due_now(now: datetime | BindParameter[Any]) -> dict[str, Any]:
    """What makes an order due at once, and tells whoever is at it that something has moved."""
    return {"wanted": ORDERS.c.wanted + 1, "due_at": now, "tries": 0}


@dataclass(frozen=True, slots=True)
class Asked:
    """A live hold behind an order."""

    hold: str
    state: HoldState
    rooms: tuple[RoomNight, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it was when somebody took it up, until `leased_until`."""

    ours: str
    hotel: str
    visit: str
    first_night: date
    wanted: int
    tries: int
    leased_until: datetime
    asked: tuple[RoomNight, ...]
    standing: BlockView | None
    drift: str
    """How the hotel was seen to differ by itself; empty when it was not."""
    fresh: bool
    """Nothing was ever asked of the hotel for it."""
    asks: tuple[Asked, ...]
    by_hand: bool = False
    """It goes by letter, though the hotel may have a link."""
    look: bool = False
    """Somebody asked to have it looked at: the hotel is read before anything else."""
    intent: tuple[Intent, datetime, bool] | None = None
    """A write whose outcome is open, since when, and whether its answer is known to be lost."""

    @property
    def ref(self) -> Ref:
        """Of the block at the hotel."""
        theirs = self.standing.ref.theirs if self.standing else None
        return Ref(self.ours, theirs, self.first_night)


def rooms_text(rooms: Sequence[RoomNight]) -> str:
    """Rooms as they are stored."""
    return json.dumps([[one.night.isoformat(), one.kind, one.rooms] for one in rooms])


def rooms_of(text: str) -> tuple[RoomNight, ...]:
    """Rooms from the store."""
    rows = json.loads(text)
    return tuple(RoomNight(date.fromisoformat(day), kind, rooms) for day, kind, rooms in rows)


def view_text(view: BlockView) -> str:
    """A block as it was read back, as it is stored."""
    nights = [[n.night.isoformat(), n.kind, n.contracted, n.held, n.picked] for n in view.nights]
    told: dict[str, Any] = {"theirs": view.ref.theirs, "state": view.state, "nights": nights}
    if view.cut_off is not None:
        told["cut_off"] = view.cut_off.isoformat()
    if view.changed_at is not None:
        told["changed_at"] = view.changed_at.isoformat()
    return json.dumps(told)


def view_of(ours: str, first_night: date, text: str | None) -> BlockView | None:
    """A block from the store."""
    if text is None:
        return None
    data: dict[str, Any] = json.loads(text)
    nights = tuple(
        NightCount(date.fromisoformat(day), kind, contracted, held, picked)
        for day, kind, contracted, held, picked in data["nights"]
    )
    cut_off = date.fromisoformat(data["cut_off"]) if "cut_off" in data else None
    at = datetime.fromisoformat(data["changed_at"]) if "changed_at" in data else None
    ref = Ref(ours, data["theirs"], first_night)
    return BlockView(ref, BlockState(data["state"]), nights, cut_off, at)
