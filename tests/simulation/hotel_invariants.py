"""What must be true of hotels with their own systems when the noise has stopped.

What we hold is what the hotel shows, or a person owns the difference. Nights that have begun are
left out: nobody compares them any more.
Must not: change anything.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from tests.simulation.hotel_blocks import Block
from tests.simulation.hotel_cuts import forgotten
from tests.simulation.hotel_letters import letter_violations
from tests.simulation.hotels import Hotel
from tests.simulation.unit_acts import changed
from tests.simulation.world import World

Rooms = dict[tuple[date, str], int]
STRANGE = ("cancels", "cuts", "loses", "sells", "ignores", "half", "stale", "cancels at once",
           "lost request", "late", "lost answer", "slow", "twice", "down")  # fmt: skip


def hotel_violations(world: World) -> Iterator[str]:
    """Every order is over, or stands at its hotel as its holds want it, or a person's; nothing is
    reserved twice; nothing stands that nobody wants."""
    if not world.hotels:
        return
    ask = world.processes["bookings"].store.ask
    today = world.now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    orders = ask(
        "SELECT ours, hotel, first_night, due_at, ended, owned, state FROM bookings_hotel_orders"
        " ORDER BY ours"
    )
    owned = {row[0] for row in orders if row[5]}
    for hotel, operation, ours in ask("SELECT hotel, operation, ours FROM bookings_hotel_intents"):
        if ours not in owned:
            yield f"{hotel}: nobody knows what became of {operation} {ours}"
    wants, firm = wanted(world)
    written = {row[0] for row in ask("SELECT ours FROM bookings_hand_orders")}
    for ours, hotel, first, due, ended, own, state in orders:
        place = world.hotels[hotel]
        if own and _honest(place):
            yield f"{hotel} is honest, and a person has to look at {ours}"
        if due is not None:
            yield f"{hotel}: {ours} is still {state}, due at {due}"
        if date.fromisoformat(first) > today and not own and ours not in written:
            mine = [one for one in place.blocks if one.ours == ours and one.open]
            yield from _as_wanted(hotel, ours, mine, {} if ended else wants[ours], ours in firm)
    yield from forgotten(ask, world.now())
    yield from letter_violations(world, wants)
    yield from _unknown(world, {row[0] for row in orders}, owned)
    yield from _full(world)
    yield from _withdrawn(world)


def wanted(world: World) -> tuple[dict[str, Rooms], set[str]]:
    """The rooms that the live holds behind each order want, and the orders with a firm one."""
    wants: dict[str, Rooms] = defaultdict(dict)
    firm: set[str] = set()
    for ours, rooms, state in world.processes["bookings"].store.ask(
        "SELECT a.ours, a.rooms, h.state FROM bookings_hotel_asks a"
        " JOIN bookings_holds h ON h.hold = a.hold"
        " WHERE h.state IN ('pending', 'held', 'confirmed')"
    ):
        for night, kind, many in json.loads(rooms):
            key = date.fromisoformat(night), kind
            wants[ours][key] = max(wants[ours].get(key, 0), many)
        if state == "confirmed":
            firm.add(ours)
    return wants, firm


def _as_wanted(
    hotel: str, ours: str, mine: list[Block], wanted: Rooms, firm: bool
) -> Iterator[str]:
    if len(mine) > 1:
        yield f"{hotel} has {len(mine)} blocks for {ours}"
    has = {key: many for one in mine for key, many in one.rooms.items() if many}
    if has != wanted:
        yield f"{hotel} keeps {_told(has)} for {ours}, its holds want {_told(wanted)}"
    if firm and any(one.state == "tentative" for one in mine):
        yield f"{hotel}: {ours} is confirmed here and tentative there"


def _unknown(world: World, known: set[str], owned: set[str]) -> Iterator[str]:
    for name, hotel in world.hotels.items():
        for block in hotel.blocks:
            if block.open and block.ours not in known | owned:
                yield f"{name} keeps {block.theirs} for {block.ours}, which nobody ordered"


def _full(world: World) -> Iterator[str]:
    """An honest hotel has what we have: where one visit is alone in the world, it is never full."""
    ask = world.processes["bookings"].store.ask
    alone = len(ask("SELECT DISTINCT visit FROM bookings_holds")) == 1
    if not alone or changed(world) or not all(map(_honest, world.hotels.values())):
        return
    for hold, body in ask("SELECT hold, body FROM bookings_holds WHERE state = 'refused'"):
        if json.loads(body)["refusal"]["code"] == "hotel_full":
            yield f"{hold} was refused for want of rooms that only its own visit takes"


def _withdrawn(world: World) -> Iterator[str]:
    """A hotel that takes nothing back by itself takes nothing back."""
    hotels = world.hotels.values()
    if any(not _honest(one) or one.told["took back"] or one.said for one in hotels):
        return
    ask = world.processes["bookings"].store.ask
    for hold, body in ask("SELECT hold, body FROM bookings_holds WHERE state = 'refused'"):
        if json.loads(body)["refusal"]["code"] == "hotel_withdrew":
            yield f"{hold} was withdrawn, and no hotel has taken anything back"


def _told(rooms: Rooms) -> list[Any]:
    return [(night.isoformat(), kind, many) for (night, kind), many in sorted(rooms.items())]


def _honest(hotel: Hotel) -> bool:
    return not any(hotel.told[one] for one in STRANGE)
