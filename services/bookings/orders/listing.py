"""What an operator sees of hotels with systems of their own, and the one thing to be done by hand.

Must not: call a hotel; the running service does, once an order is due again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from services.bookings.hotels.book import INTENTS
from services.bookings.orders.tables import ORDERS, due_now

WAITING = ("asking", "asked", "waiting", "unknown")
"""The hotel has not answered these yet."""
OVER = ("over", "cancelled", "released", "withdrawn")


@dataclass(slots=True)
class HotelLine:
    """One hotel: orders by state, when one last came to something, what is open with it."""

    hotel: str
    last: datetime | None = None
    states: Counter[str] = field(default_factory=Counter)
    open_writes: int = 0
    tries: int = 0
    """Most tries in a row of an order that waits: above 0 the line is in trouble."""

    @property
    def waiting(self) -> int:
        """Orders without an answer."""
        return sum(self.states[one] for one in WAITING)

    @property
    def link(self) -> str:
        """`good`, `no answer` while tries fail, `idle` when nothing was ever asked."""
        if self.tries:
            return "no answer"
        return "good" if self.last else "idle"


def hotel_lines(connection: Connection) -> list[HotelLine]:
    """All hotels that have orders, by name."""
    lines: dict[str, HotelLine] = {}
    by_state = select(
        ORDERS.c.hotel, ORDERS.c.state, func.count().label("orders"),
        func.max(ORDERS.c.changed_at).label("last"), func.max(ORDERS.c.tries).label("tries"),
    ).group_by(ORDERS.c.hotel, ORDERS.c.state)  # fmt: skip
    for row in connection.execute(by_state):
        line = lines.setdefault(row.hotel, HotelLine(row.hotel))
        line.states[row.state] = row.orders
        if row.state in WAITING:
            line.tries = max(line.tries, row.tries)
        if row.state != "asking":
            line.last = max(line.last or row.last, row.last)
    writes = select(INTENTS.c.hotel, func.count().label("open")).group_by(INTENTS.c.hotel)
    for row in connection.execute(writes):
        lines.setdefault(row.hotel, HotelLine(row.hotel)).open_writes = row.open
    return [lines[name] for name in sorted(lines)]


def order_lines(
    connection: Connection, hotel: str | None, every: bool, after: str, limit: int
) -> Sequence[Any]:
    """A page of orders by our reference; without `every` those that are over are left out."""
    wanted = select(ORDERS).where(ORDERS.c.ours > after).order_by(ORDERS.c.ours).limit(limit)
    if hotel is not None:
        wanted = wanted.where(ORDERS.c.hotel == hotel)
    if not every:
        wanted = wanted.where(ORDERS.c.ended.is_(False), ORDERS.c.state.not_in(OVER))
    return connection.execute(wanted).all()


def again(connection: Connection, ours: str, now: datetime) -> bool:
    """Make an order due, whoever owned it: the hotel is read before it is asked. False when there
    is none, or it has ended."""
    mine = (ORDERS.c.ours == ours, ORDERS.c.ended.is_(False))
    values = {**due_now(now), "owned": False, "look": True}
    return connection.execute(update(ORDERS).where(*mine).values(**values)).rowcount == 1
