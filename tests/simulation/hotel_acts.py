"""What hotels with their own systems do in the simulation, honestly and otherwise.

Must not: know how it ends.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from shared.contracts.hotels import ActOnHotel, HotelAct
from tests.simulation import call_acts
from tests.simulation.acts import begin, repeat
from tests.simulation.beginning import START
from tests.simulation.hotel_blocks import cut
from tests.simulation.hotel_cuts import FIRST_NIGHT_S, take_back
from tests.simulation.hotel_switches import paused_until
from tests.simulation.hotels import Hotel
from tests.simulation.process import Process
from tests.simulation.world import World


def work(world: World, rounds: int) -> None:
    """The workers of bookings go on, and nobody else."""
    for _ in range(rounds):
        _ring(world)
        if not world.turn_all():
            return


def lie(world: World, number: int, what: str) -> None:
    """The next write at some hotel meets this. Nothing arrives late where clocks are off: a write
    is given up for lost a minute later, by the clock of who wrote it."""
    if world.hotels and not (what == "late" and any(s[0] == "skew" for s in world.history.steps)):
        _some(world, number).lies.append(what)
        world.faults[f"hotel: {what or 'honest'}"] += 1


def down(world: World, number: int, calls: int) -> None:
    """Some hotel does not answer its next calls."""
    if world.hotels:
        _some(world, number).down += calls
        world.faults["hotel: down"] += 1


def does(world: World, number: int, what: str) -> None:
    """A hotel cancels, cuts or loses a block by itself, or sells its rooms to others."""
    if not world.hotels:
        return
    hotel = _some(world, number)
    mine = [one for one in hotel.blocks if one.open]
    if not mine:
        return
    block = mine[number % len(mine)]
    hotel.told[what] += 1
    world.faults[f"hotel {what}"] += 1
    if what == "cancels":
        block.state = type(block.state).CANCELLED
    elif what == "cuts":
        cut(block, number)
    elif what == "loses":
        hotel.blocks.remove(block)
    else:
        night, kind = sorted(block.rooms)[0]
        hotel.sold[night, kind] += max(0, hotel.free(night, kind) - number % 2)


def operate(world: World, number: int, what: str) -> None:
    """Somebody of operations pauses a hotel's link, goes on, or has an order looked at again."""
    if not world.hotels:
        return
    if what == "again":
        acts = [one for one, sent in world.sent.items() if sent[0] == "hotel"]
        repeat(world, acts, number)
        return
    hotel = _some(world, number).name
    orders = world.processes["bookings"].store.ask(
        "SELECT ours FROM bookings_hotel_orders WHERE hotel = ? ORDER BY ours", hotel
    )
    asks = what == "ask_again"
    until = world.now() + timedelta(seconds=(-3, 5, 60, 2_000)[number % 4])
    world.commands += 1
    one = f"c{world.commands}"
    command = ActOnHotel(
        cause=one, actor="ann", command=one, hotel=hotel, act=HotelAct(what), reason="to see",
        paused_until=until if what == "pause" else None,
        order=orders[number % len(orders)][0] if asks and orders else None,
    )  # fmt: skip
    world.faults[f"hotel act: {what}"] += 1
    begin(world, "hotel", one, hotel, command, "bookings")


def doom(world: World, point: str, after: int) -> None:
    """Bookings will die when it passes this point."""
    if "bookings" in world.processes:
        world.processes["bookings"].doom = [point, after]


def sweep(world: World) -> None:
    """All that is held is compared with what the hotels show."""
    front = world.processes["bookings"].front if world.hotels else None
    if front is not None:
        front.sweep()
        while world.turn_all():
            pass


def lag(world: World, number: int) -> None:
    """All is compared while a hotel shows one of its blocks as it was. Nobody is at work on that
    one: a lagging answer to what was just written is another lie (`stale`)."""
    process = world.processes.get("bookings")
    if not world.hotels or process is None or process.front is None:
        return
    hotel = _some(world, number)
    resting = process.store.ask(
        "SELECT ours FROM bookings_hotel_orders WHERE hotel = ? AND due_at IS NULL"
        " AND NOT ended AND NOT owned AND standing IS NOT NULL",
        hotel.name,
    )
    names = {ours for (ours,) in resting}
    changed = [one for one in hotel.blocks if one.ours in names and one.as_it_was()]
    if not changed:
        return
    world.faults["hotel: lags"] += 1
    hotel.lagging = ours = changed[number % len(changed)].ours
    held = _changed_at(process, ours)
    sweep(world)
    work(world, 6)
    hotel.lagging = ""
    if world.processes.get("bookings") is process and _changed_at(process, ours) < held:
        process.wrong.append(f"{hotel.name}: an older answer has won over what is held of {ours}")


def _changed_at(process: Process, ours: str) -> str:
    """When what is held of a block changed there. What is held no more is not older."""
    asked = "SELECT standing FROM bookings_hotel_orders WHERE ours = ?"
    ((standing,),) = process.store.ask(asked, ours)
    return str(json.loads(standing)["changed_at"]) if standing else "over"


def cut_off(world: World, number: int) -> None:
    """The night comes in which blocks are cut off; some hotels take back rooms before we look."""
    if not world.hotels:
        return
    world.faults["hotel: cut-off"] += 1
    world.pass_time(max(0.0, FIRST_NIGHT_S - world.t))
    for hotel in world.hotels.values():
        if hotel.capabilities.cuts_off and number % 3:
            take_back(hotel, strict=number % 2 == 0)
    sweep(world)


def calm_down(world: World) -> None:
    """The noise stops at the hotels too."""
    for hotel in world.hotels.values():
        hotel.calm_down()


def due_at(world: World) -> list[float]:
    """When some order, some answer or some lost write is due, on the world's clock (seconds)."""
    process = world.processes.get("bookings")
    if process is None or process.front is None:
        return []
    call_acts.at_rest(world)
    _ring(world)
    found = [when for hotel in world.hotels.values() for when in hotel.moments()]
    paused = paused_until(process)
    rows = process.store.ask(
        "SELECT hotel, due_at, coalesce(leased_until, due_at) FROM bookings_hotel_orders"
        " WHERE due_at IS NOT NULL"
    )
    for hotel, due, free in rows:
        if hotel not in process.front.busy:
            when = datetime.fromisoformat(max(due, free)).replace(tzinfo=UTC)
            when = max(when, paused.get(hotel, when))
            found.append((when - START).total_seconds() + 0.001)
    found += [
        (when - START).total_seconds() + 0.001
        for hotel, when in process.front.lists_due()
        if world.callers and f"names {hotel}" not in process.front.busy
    ]
    if process.front.busy:
        found += [one.when() for one in world.loop.timers() if not one.cancelled()]
    for hotel in world.hotels.values():
        hotel.arrive()
    return found


def _ring(world: World) -> None:
    process = world.processes.get("bookings")
    if process is not None and process.front is not None:
        process.front.ring()
        world.loop.until_idle()


def _some(world: World, number: int) -> Hotel:
    names = sorted(world.hotels)
    return world.hotels[names[0 if number % 3 else -1]]
