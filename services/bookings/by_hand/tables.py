"""The table of orders by hand, and a row of it in memory.

Must not: decide anything.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from services.bookings.hotels.book import TABLES
from services.bookings.hotels.model import RoomNight
from services.bookings.orders.tables import rooms_of, rooms_text
from shared.chassis.store import BigInt, UtcDateTime
from shared.chassis.work import Work
from shared.contracts.hotel_desk import DeskState, HotelReason

HAND = Table(
    "bookings_hand_orders",
    TABLES,
    Column("ours", String(50), primary_key=True),
    Column("hotel", String(63), nullable=False),
    Column("visit", String(63), nullable=False),
    Column("first_night", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("sequence", BigInt, nullable=False),
    Column("state", String(16), nullable=False),
    Column("rooms", Text, nullable=False),
    Column("agreed", Text, nullable=False),
    Column("rooms_left", Text, nullable=False),
    Column("firm", Boolean, nullable=False),
    Column("told", Boolean, nullable=False),
    Column("reason", String(16), nullable=True),
    Column("cause", String(200), nullable=False),
    Column("calls", Integer, nullable=False),
    Column("answer_by", UtcDateTime, nullable=True),
    Column("remind_at", UtcDateTime, nullable=True),
    Column("answered_at", UtcDateTime, nullable=True),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("cut_off", Date, nullable=True),
    Index("ix_bookings_hand_orders_remind", "remind_at"),
    comment="What hotels without a system were asked by letter, and what they said.",
)
_ROOMS = ("rooms", "agreed", "rooms_left")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One order at a hotel that answers by hand."""

    ours: str
    hotel: str
    visit: str
    first_night: date
    version: int = 0
    """Grows with each change of what is wanted."""
    generation: int = 0
    """Of the link: counting it up revokes those that are out."""
    sequence: int = 0
    """Of the last letter: grows, and is never used twice."""
    state: DeskState = DeskState.OFF
    rooms: tuple[RoomNight, ...] = ()
    """What is wanted, in this version."""
    agreed: tuple[RoomNight, ...] = ()
    """What the hotel said yes to last; stays until it says yes to more, or takes it back."""
    rooms_left: tuple[RoomNight, ...] = ()
    """What it could give, where it said no for want of rooms."""
    firm: bool = False
    told: bool = True
    """False after a link was revoked: a letter with the new one is due."""
    reason: HotelReason | None = None
    cause: str = "order"
    calls: int = 0
    """Reminders of this version so far."""
    answer_by: datetime | None = None
    remind_at: datetime | None = None
    answered_at: datetime | None = None
    cut_off: date | None = None
    """Guests are named until then, as the letter said that asked; None where it said no date."""


_NAMES = [one.name for one in fields(Sheet)]


def read(connection: Connection, ours: str, lock: bool = False) -> Sheet | None:
    """An order by our reference."""
    wanted = select(HAND).where(HAND.c.ours == ours)
    row = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    return None if row is None else sheet_of(row)


def sheet_of(row: Any) -> Sheet:
    """A row in memory."""
    told = {name: getattr(row, name) for name in _NAMES}
    told |= {name: rooms_of(told[name]) for name in _ROOMS}
    told["state"] = DeskState(told["state"])
    told["reason"] = HotelReason(told["reason"]) if told["reason"] else None
    return Sheet(**told)


def write(work: Work, sheet: Sheet, new: bool = False) -> None:
    """Keep an order as it is now."""
    row: dict[str, Any] = {name: getattr(sheet, name) for name in _NAMES}
    row |= {name: rooms_text(row[name]) for name in _ROOMS}
    row |= {"state": sheet.state.value, "changed_at": work.now}
    row["reason"] = sheet.reason.value if sheet.reason else None
    if new:
        work.connection.execute(insert(HAND).values(**row))
    else:
        work.connection.execute(update(HAND).where(HAND.c.ours == sheet.ours).values(**row))


def write_again(work: Work, ours: str) -> None:
    """Have the hotel told once more that its rooms are definite: kept as if it had not been."""
    work.connection.execute(update(HAND).where(HAND.c.ours == ours).values(firm=False))
