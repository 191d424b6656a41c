"""What must be true of hotels whose systems call us when the noise has stopped: what such a hotel
has booked is what live holds want, or a person owns the difference.

Must not: change anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from tests.simulation.call_acts import DUE
from tests.simulation.hotel_cuts import ZONE
from tests.simulation.hotel_invariants import wanted
from tests.simulation.world import World


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
    known = {row[0] for row in orders}
    for name, one in world.callers.items():
        strange = sorted({str(each.group) for each in one.booked.values()} - known)
        if strange:
            yield f"{name} has booked {strange}, which nobody ordered"
        if ask(DUE, name):
            yield f"{name}: something is still to be fetched"
