"""Which hotels' links are paused or set aside by a person, and which orders go by letter for that.

Owns: the two tables of what operations did, and the one rule that tells an order's way: what was
written down by letter stays there; what nothing was ever sent of goes by letter while the link is
set aside; all else stays with the link, and is settled by reading.
Must not: decide whether an act is right; `acting` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    String,
    Table,
    Text,
    and_,
    bindparam,
    or_,
    select,
)

from services.bookings.by_hand.tables import HAND
from services.bookings.hotels.book import INTENTS, TABLES
from services.bookings.orders.tables import ORDERS
from shared.chassis.store import UtcDateTime

SWITCHES = Table(
    "bookings_hotel_switches",
    TABLES,
    Column("hotel", String(63), primary_key=True),
    Column("paused_until", UtcDateTime, nullable=True),
    Column("by_hand", Boolean, nullable=False),
    comment="What operations have set a hotel's link to.",
)
ACTS = Table(
    "bookings_hotel_acts",
    TABLES,
    Column("command", String(200), primary_key=True),
    Column("hotel", String(63), nullable=False),
    Column("act", String(16), nullable=False),
    Column("ours", String(200), nullable=True),
    Column("paused_until", UtcDateTime, nullable=True),
    Column("actor", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("problems", JSON, nullable=False),
    Index("ix_bookings_hotel_acts_hotel", "hotel", "at"),
    comment="What operations did about hotels, and why.",
)


OF_HOTEL: BindParameter[Any] = bindparam("hotel")
"""The hotel of a statement that is built once."""
_ONE = select(SWITCHES).where(SWITCHES.c.hotel == OF_HOTEL)


@dataclass(frozen=True, slots=True)
class Switch:
    """How a hotel's link is set."""

    paused_until: datetime | None = None
    by_hand: bool = False

    def paused(self, now: datetime) -> bool:
        """Whether nothing may be asked over the link."""
        return self.paused_until is not None and self.paused_until > now


def switch_of(connection: Connection, hotel: str) -> Switch:
    """As it is set; untouched, it is open."""
    row = connection.execute(_ONE, {"hotel": hotel}).one_or_none()
    return Switch() if row is None else Switch(row.paused_until, row.by_hand)


def switches(connection: Connection) -> dict[str, Switch]:
    """All that were ever touched."""
    rows = connection.execute(select(SWITCHES))
    return {row.hotel: Switch(row.paused_until, row.by_hand) for row in rows}


def by_letter(hotel: str | BindParameter[Any], switch: Switch) -> ColumnElement[bool]:
    """Which orders of a hotel with a system go by letter."""
    written = ORDERS.c.ours.in_(select(HAND.c.ours).where(HAND.c.hotel == hotel))
    if not switch.by_hand:
        return written
    out = select(INTENTS.c.ours).where(INTENTS.c.hotel == hotel)
    unsent = and_(ORDERS.c.sent.is_(False), ORDERS.c.standing.is_(None), ORDERS.c.ours.not_in(out))
    return or_(written, unsent)
