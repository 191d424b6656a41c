"""What must be true of hotels whose systems call us when the noise has stopped: what such a hotel
has booked is what live holds want, or a person owns the difference.

Must not: change anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import orjson

from tests.simulation.call_acts import DUE
from tests.simulation.hotel_cuts import ZONE
from tests.simulation.hotel_invariants import wanted
from tests.simulation.rosters import sleeps_at
from tests.simulation.world import World

NAMED = (
    "SELECT r.room, r.hotel, r.ours, r.guest, l.visit, l.owned, l.unplaced"
    " FROM bookings_call_rooms r JOIN bookings_hotel_lists l ON l.ours = r.ours"
    " WHERE r.agreed AND NOT r.cancelled AND r.departure > ? AND EXISTS (SELECT 1"
    " FROM bookings_hotel_asks a JOIN bookings_holds h ON h.hold = a.hold"
    " WHERE a.ours = r.ours AND h.state = 'confirmed')"
)
"""Booked rooms of orders that are confirmed."""


def call_violations(world: World) -> Iterator[str]:
    """Every order is over, or stands at its hotel as its holds want it, or a person's; nothing is
    left to be fetched; nothing is booked that nobody wants."""
    if not world.callers:
        return
    ask = world.processes["bookings"].store.ask
    today = world.now().astimezone(ZoneInfo(ZONE)).date()
    orders = ask(
        "SELECT ours, hotel, first_night, due_at, ended, owned, state FROM bookings_hotel_orders"
        " ORDER BY ours"
    )
    wants, _firm = wanted(world)
    for ours, hotel, first, due, ended, owned, state in orders:
        one = world.callers[hotel]
        if owned and not one.told.total():
            yield f"{hotel} is honest, and a person has to look at {ours}"
        if due is not None:
            yield f"{hotel}: {ours} is still {state}, due at {due}"
        if date.fromisoformat(first) > today and not owned:
            most: Counter[str] = Counter()
            for (_night, kind), many in ({} if ended else wants[ours]).items():
                most[kind] = max(most[kind], many)
            has = Counter(each.room_type for each in one.booked.values() if each.group == ours)
            if has != most:
                yield f"{hotel} has {dict(has)} for {ours}, its holds want {dict(most)}"
    yield from _names(world)
    known = {row[0] for row in orders}
    for name, one in world.callers.items():
        strange = sorted({str(each.group) for each in one.booked.values()} - known)
        if strange:
            yield f"{name} has booked {strange}, which nobody ordered"
        if ask(DUE, name):
            yield f"{name}: something is still to be fetched"


def _names(world: World) -> Iterator[str]:
    """Whoever has a booked room is known to its hotel as he is called now, nobody twice, and nobody
    is without while a room is free; or the hotel refused it, and a person owns that."""
    today = world.now().astimezone(ZoneInfo(ZONE)).date().isoformat()
    here: dict[str, list[str]] = {}
    free: Counter[str] = Counter()
    lists: dict[str, tuple[str, str, bool, int]] = {}
    assert world.planner is not None
    rosters = {visit: roster.kept for visit, roster in world.planner.rosters.items()}
    called = {row.guest: row.family_name for kept in rosters.values() for row in kept}
    alone = _alone(world)
    for room, hotel, ours, guest, visit, owned, unplaced in world.processes["bookings"].store.ask(
        NAMED, today
    ):
        one = world.callers[hotel]
        lists[ours] = visit, hotel, owned, unplaced
        here.setdefault(ours, []).extend([guest] if guest else ())
        free[ours] += guest is None
        wanted = called.get(guest) if guest else None
        if one.names.get(room) != wanted and not owned:
            yield f"{hotel} has {one.names.get(room)} in {room} of {ours}, who has it is {wanted}"
        if owned and not one.told.total():
            yield f"{hotel} is honest, and a person has to look at the guests of {ours}"
    for ours, (visit, hotel, owned, unplaced) in lists.items():
        kept = rosters.get(visit, [])
        roster = [str(one.guest) for one in kept if sleeps_at(one, hotel, ours in alone)]
        if len(set(here[ours])) != len(here[ours]) or not set(here[ours]) <= set(roster):
            yield f"{ours} has rooms for {here[ours]}, lodged there are {roster}"
        if not owned and len(roster) != len(here[ours]) + unplaced:
            yield f"{ours} has {len(here[ours])} guests in rooms and {unplaced} in none of {roster}"


def _alone(world: World) -> set[str]:
    """Orders of needs that have rooms in no other hotel, by the newest hold behind each."""
    found: dict[str, bool] = {}
    for ours, body in world.processes["bookings"].store.ask(
        "SELECT a.ours, h.body FROM bookings_hotel_asks a JOIN bookings_holds h ON h.hold = a.hold"
        " WHERE h.state = 'confirmed' ORDER BY h.changed_at, h.hold"
    ):
        found[ours] = len(orjson.loads(body)["allotted"]["hotels"]) == 1
    return {ours for ours, one in found.items() if one}
