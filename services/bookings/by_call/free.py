"""Free rooms by night as a hotel's system told them last, for people.

Must not: show 0 where nobody knows.
"""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy import Connection, select

from services.bookings.by_call.tables import PICTURES, ROOMS


def free_rooms(
    connection: Connection, hotel: str, start: date, end: date
) -> dict[tuple[date, str], int]:
    """By night and room type, from `start` to before `end`; a night on which the hotel takes nobody
    has none. What it never told about is not there."""
    kept = select(PICTURES.c.rooms).where(PICTURES.c.hotel == hotel)
    told = json.loads(connection.execute(kept).scalar() or "{}")
    closed = {
        night
        for first, last in told.get("closed", [])
        for night in _within(first, last, start, end)
    }
    return {
        (date.fromordinal(night), kind): 0 if night in closed else free
        for kind, first, last, free, *_rest in told.get("cells", [])
        for night in _within(first, last, start, end)
    }


def _within(first: int, last: int, start: date, end: date) -> range:
    return range(max(first, start.toordinal()), min(last + 1, end.toordinal()))


def fetched(connection: Connection, hotel: str) -> set[str]:
    """Orders of a hotel whose system fetches them: nothing tells what of them is taken up."""
    mine = select(ROOMS.c.ours).where(ROOMS.c.hotel == hotel).distinct()
    return set(connection.execute(mine).scalars())
