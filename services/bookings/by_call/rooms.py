"""A room that was ordered by AlpineBits: a row in memory, and back.

Must not: decide anything, know what a guest is called, or keep a reason in a hotel's own words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from services.bookings.by_call.tables import ROOMS
from services.bookings.hotels.alpinebits.orders import Status
from services.bookings.hotels.alpinebits.reports import Refusal
from services.bookings.hotels.alpinebits.shelf import Shelf, Slip
from services.bookings.hotels.alpinebits.words import Line, Word
from shared.chassis.work import insertion


@dataclass(frozen=True, slots=True)
class Room:
    """One room of an order, and how it stands with the hotel's system."""

    slip: Slip
    hotel: str
    ours: str
    kind: str
    number: int
    arrival: date
    departure: date
    adults: int
    made_at: datetime
    agreed: bool = False
    """The hotel has said that it is booked, and showed the room line that was ordered."""
    unsaid: bool = False
    """Its newest state could not be put into a message: a person's."""
    modified: bool = False
    """It is booked and goes out as a change of what the hotel has: its guest is another one."""
    guest: str | None = None
    """Opaque id of who has the room, by the roster."""
    told: bool = False
    """The newest revision is for this guest, as the hotel is to know him now."""


def shelf_of(rooms: Iterable[Room]) -> Shelf:
    """The same rooms as orders on the wire, by their ids there."""
    return {one.slip.id: one.slip for one in rooms}


def of_order(connection: Connection, ours: str) -> list[Room]:
    """The rooms of one order, those that were cancelled too."""
    mine = select(ROOMS).where(ROOMS.c.ours == ours).order_by(ROOMS.c.kind, ROOMS.c.number)
    return [room_of(row) for row in connection.execute(mine)]


def room_of(row: Any) -> Room:
    """A row in memory."""
    word = None
    if row.word:
        lines = tuple(Line(code, _day(a), _day(d)) for code, a, d in json.loads(row.lines))
        word = Word(row.room, Status(row.word), row.word_at, lines)
    slip = Slip(
        row.room, row.revision, row.changed_at, row.cancelled, row.handed, row.handed_cancelled,
        row.oldest, row.settled, Refusal(row.room, 0, 0, "") if row.refused else None, word,
        row.word_about,
    )  # fmt: skip
    return Room(slip, row.hotel, row.ours, row.kind, row.number, row.arrival, row.departure,
                row.adults, row.made_at, row.agreed, row.unsaid, row.modified, row.guest,
                row.told)  # fmt: skip


def row_of(room: Room) -> dict[str, Any]:
    """A room as it is stored."""
    slip, word = room.slip, room.slip.word
    said = word.lines if word else ()
    lines = [[one.code, _text(one.arrival), _text(one.departure)] for one in said]
    return {
        "room": slip.id, "hotel": room.hotel, "ours": room.ours, "kind": room.kind,
        "number": room.number, "arrival": room.arrival, "departure": room.departure,
        "adults": room.adults, "made_at": room.made_at, "changed_at": slip.changed_at,
        "revision": slip.revision, "cancelled": slip.cancelled, "handed": slip.handed,
        "handed_cancelled": slip.handed_cancelled, "oldest": slip.oldest,
        "settled": slip.settled, "refused": slip.refusal is not None,
        "word": word.status.value if word else "", "word_at": word.at if word else None,
        "word_about": slip.word_about, "lines": json.dumps(lines), "agreed": room.agreed,
        "unsaid": room.unsaid, "modified": room.modified, "guest": room.guest, "told": room.told,
    }  # fmt: skip


def write(connection: Connection, rooms: Iterable[Room], known: Sequence[Room] = ()) -> None:
    """Keep rooms as they are now. Of those of `known`, only what has changed is written: others
    note beside it that a guest is called otherwise (`marking`)."""
    before = {one.slip.id: one for one in known}
    for room in rooms:
        if room.slip.id not in before:
            connection.execute(insertion(ROOMS), row_of(room))
        elif before[room.slip.id] != room:
            then, now = row_of(before[room.slip.id]), row_of(room)
            changed = {name: now[name] for name in now if now[name] != then[name]}
            mine = ROOMS.c.room == room.slip.id
            connection.execute(update(ROOMS).where(mine).values(**changed))


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
