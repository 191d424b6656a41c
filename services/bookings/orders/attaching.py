"""From holds to orders, in the transaction in which the kernel changes the holds.

Owns: which order a hold belongs to, and that an order is due again when one of its holds moves.
Must not: call a hotel, or read what it did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from services.bookings.hotels.model import RoomNight
from services.bookings.hotels.nights import each_night
from services.bookings.orders.tables import ASKS, ORDERS, Key, due_now, key_of, rooms_text
from shared.chassis.work import Work, insertion
from shared.holds.entries import Entry
from shared.holds.spans import chunks


@dataclass(frozen=True, slots=True)
class Part:
    """The rooms of one hold in one linked hotel."""

    hold: str
    key: Key
    rooms: tuple[RoomNight, ...]


def reference(key: Key, generation: int) -> str:
    """Our reference of an order: travels with every write, says nothing about anybody."""
    name = "|".join([*key[:3], key[3].isoformat(), key[4].isoformat(), str(generation)])
    return f"rc{sha256(name.encode()).hexdigest()[:24]}"


def parts_of(entry: Entry, linked: Collection[str]) -> Iterator[Part]:
    """What a hold wants of each linked hotel."""
    allotted = entry.body.allotted
    for one in allotted.get("hotels", ()):
        if one["hotel"] not in linked:
            continue
        arrival = date.fromisoformat(allotted["check_in"])
        departure = date.fromisoformat(allotted["check_out"])
        counts: Counter[str] = Counter()
        for line in one["rooms"]:
            counts[line["type"]] += line["rooms"]
        rooms = tuple(
            RoomNight(night, kind, counts[kind])
            for night in each_night(arrival, departure)
            for kind in sorted(counts)
        )
        last = departure - timedelta(days=1)
        yield Part(entry.hold, (entry.visit, entry.need or "", one["hotel"], arrival, last), rooms)


def attach(work: Work, entries: Sequence[Entry], linked: Collection[str]) -> bool:
    """Note what changed holds mean for orders. True when some order is due."""
    moved = [one.hold for one in entries if one.stored]
    parts = [
        part for one in entries if not one.stored and one.live for part in parts_of(one, linked)
    ]
    for some in chunks(moved):
        work.connection.execute(_MOVED, {"holds": some, "now": work.now})
    if parts:
        _attach_new(work, parts)
    return bool(moved or parts)


_BEHIND = select(ASKS.c.ours).where(ASKS.c.hold.in_(bindparam("holds", expanding=True)))
_MOVED = (
    update(ORDERS)
    .where(ORDERS.c.ours.in_(_BEHIND), ORDERS.c.ended.is_(False))
    .values(**due_now(bindparam("now")))
)


_DUE = (
    update(ORDERS)
    .where(ORDERS.c.ours.in_(bindparam("orders", expanding=True)))
    .values(**due_now(bindparam("now")))
)
_OF_VISITS = select(ORDERS).where(ORDERS.c.visit.in_(bindparam("visits", expanding=True)))


def _attach_new(work: Work, parts: Sequence[Part]) -> None:
    open_now, made = _known(work.connection, sorted({part.key[0] for part in parts}))
    asks: list[dict[str, Any]] = []
    for part in parts:
        if part.key not in open_now:
            made[part.key] += 1
            open_now[part.key] = open_order(work, part.key, made[part.key])
        ask = {"hold": part.hold, "hotel": part.key[2], "ours": open_now[part.key]}
        asks.append({**ask, "rooms": rooms_text(part.rooms), "covered": False})
    work.connection.execute(insertion(ASKS), asks)
    for some in chunks(sorted({ask["ours"] for ask in asks})):
        work.connection.execute(_DUE, {"orders": some, "now": work.now})


def _known(connection: Connection, visits: Sequence[str]) -> tuple[dict[Key, str], Counter[Key]]:
    """The open orders of some visits, and how many there ever were of each."""
    open_now: dict[Key, str] = {}
    made: Counter[Key] = Counter()
    for some in chunks(visits):
        for row in connection.execute(_OF_VISITS, {"visits": some}):
            key = key_of(row)
            made[key] = max(made[key], row.generation)
            if not row.ended:
                open_now[key] = row.ours
    return open_now, made


def open_order(work: Work, key: Key, generation: int) -> str:
    """A new order, due at once; its reference."""
    visit, need, hotel, first, last = key
    row: dict[str, Any] = {
        "ours": reference(key, generation), "hotel": hotel, "visit": visit, "need": need,
        "first_night": first, "last_night": last, "generation": generation, "wanted": 0,
        "due_at": work.now, "leased_until": None, "tries": 0, "asked": "[]", "standing": None,
        "state": "asking", "said": "", "drift": "", "ended": False, "owned": False,
        "changed_at": work.now, "sent": False, "look": False,
    }  # fmt: skip
    work.connection.execute(insertion(ORDERS), row)
    return str(row["ours"])
