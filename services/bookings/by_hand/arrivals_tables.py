"""The tables of what hotels by hand said of their guests: how each stands, and every word of it.

Rows hold opaque ids of guests, never a name, and outlive an erasure, as the guests service's own
record does. Must not: decide anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Integer,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

from services.bookings.by_hand.arrivals import Told
from services.bookings.by_hand.tables import Sheet
from services.bookings.hotels.book import TABLES
from services.bookings.hotels.states import StayState
from shared.chassis.store import UtcDateTime
from shared.chassis.work import Work

GUESTS = Table(
    "bookings_hand_guests",
    TABLES,
    Column("ours", String(50), primary_key=True),
    Column("guest", String(40), primary_key=True),
    Column("state", String(24), nullable=False),
    Column("number", String(15), nullable=False),
    Column("version", Integer, nullable=False),
    Column("was", String(24), nullable=True),
    Column("moved_on", Date, nullable=True),
    Column("came_on", Date, nullable=True),
    Column("left_on", Date, nullable=True),
    Column("changed_at", UtcDateTime, nullable=False),
    comment="How each guest of a definite order by hand stands, by opaque id.",
)
WORDS = Table(
    "bookings_hand_words",
    TABLES,
    Column("ours", String(50), primary_key=True),
    Column("guest", String(40), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("state", String(24), nullable=False),
    Column("number", String(15), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    comment="Every word of a hotel on a guest, and under which generation of its link. Only grows.",
)
_FIELDS = ("guest", "state", "number", "version", "was", "moved_on", "came_on", "left_on")
_CHANGE = (
    update(GUESTS)
    .where(GUESTS.c.ours == bindparam("_ours"), GUESTS.c.guest == bindparam("_guest"))
    .values({name: bindparam(name) for name in (*_FIELDS[1:], "changed_at")})
)


def told_of(connection: Connection, orders: Sequence[str]) -> dict[str, dict[str, Told]]:
    """What was said, by order and guest; at most as many orders as one statement takes."""
    found: dict[str, dict[str, Told]] = {one: {} for one in orders}
    rows = connection.execute(select(GUESTS).where(GUESTS.c.ours.in_(orders)))
    for row in rows:
        found[row.ours][row.guest] = _told(row)
    return found


def said_at(connection: Connection, orders: Sequence[str]) -> dict[str, datetime]:
    """When each order last heard something."""
    latest = func.max(GUESTS.c.changed_at, type_=UtcDateTime).label("at")
    wanted = select(GUESTS.c.ours, latest).where(GUESTS.c.ours.in_(orders)).group_by(GUESTS.c.ours)
    return {row.ours: row.at for row in connection.execute(wanted)}


def keep(work: Work, sheet: Sheet, changed: Iterable[Told]) -> None:
    """Write how guests stand now, and the words that say so: three statements at most."""
    some = list(changed)
    rows = [_row(work, sheet, one) for one in some]
    new = [row for row in rows if row["version"] == 1]
    known = [{f"_{name}": row.pop(name) for name in ("ours", "guest")} | row
             for row in rows if row["version"] > 1]  # fmt: skip
    if new:
        work.connection.execute(insert(GUESTS), new)
    if known:
        work.connection.execute(_CHANGE, known)
    if some:
        work.connection.execute(insert(WORDS), [_word(work, sheet, one) for one in some])


def _row(work: Work, sheet: Sheet, one: Told) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(one, name) for name in _FIELDS}
    row |= {"ours": sheet.ours, "state": one.state.value, "changed_at": work.now}
    return row | {"was": one.was.value if one.was else None}


def _word(work: Work, sheet: Sheet, one: Told) -> dict[str, Any]:
    return {
        "ours": sheet.ours, "guest": one.guest, "version": one.version, "state": one.state.value,
        "number": one.number, "generation": sheet.generation, "at": work.now,
    }  # fmt: skip


def _told(row: Any) -> Told:
    was = StayState(row.was) if row.was else None
    return Told(
        row.guest, StayState(row.state), row.number, row.version, was, row.moved_on, row.came_on,
        row.left_on,
    )  # fmt: skip
