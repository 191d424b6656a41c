"""What hotels whose systems call us do in the simulation: they ask late, twice or in vain, report
late, refuse, say something else than was ordered, and call off.

Must not: know how it ends.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from services.bookings.by_call.desk import StoreDesk
from tests.simulation import guest_acts
from tests.simulation.callers import Caller
from tests.simulation.world import World

DUE = (
    "SELECT 1 FROM bookings_call_rooms r WHERE hotel = ? AND settled < revision AND NOT unsaid"
    " AND NOT (cancelled AND handed = 0)"
    # Names of an order that is not confirmed any more wait until it is.
    " AND (guest IS NULL OR EXISTS (SELECT 1 FROM bookings_hotel_asks a JOIN bookings_holds h"
    " ON h.hold = a.hold WHERE a.ours = r.ours AND h.state = 'confirmed')) LIMIT 1"
)


def fetch(world: World, number: int, how: str) -> None:
    """Some hotel's system asks what is due; once, twice, or its answer is lost."""
    one = _some(world, number)
    if one is None:
        return
    _note(world, one, f"fetch {how}", how != "ok")
    for _ in range(2 if how == "twice" else 1):
        _carry(world, one.fetch(_desk(world), how == "lost"))


def report(world: World, number: int, how: str) -> None:
    """It reports what it fetched; twice, or without hearing that it did, or that it refuses one."""
    one = _some(world, number)
    if one is None or not one.report:
        return
    _note(world, one, f"report {how}", how == "refuses")
    if how == "refuses":
        one.refuses(sorted(one.report)[number % len(one.report)])
    for last in (False, True) if how == "twice" else (how != "lost",):
        _carry(world, one.send_report(_desk(world), lost=not last))


def say(world: World, number: int, what: str) -> None:
    """It says of rooms that they are booked, as ordered or otherwise; calls one off; says an old
    word again."""
    one = _some(world, number)
    if one is None:
        return
    unsaid, old = one.unsaid(), one.history
    _note(world, one, f"says {what}", what in ("otherwise", "calls off"))
    if what == "again":
        words = old[number % len(old) :][:1] if old else []
    elif what == "calls off":
        for room in sorted(one.booked)[number % 3 :][:1]:
            one.calls_off(room)
        words = list(one.words.values())
    else:
        for room in unsaid[:1] if what in ("one", "otherwise") else unsaid:
            one.books(room, otherwise=what == "otherwise")
        words = list(one.words.values())
    if words:
        _carry(world, one.say(_desk(world), words, lost=what == "lost"))


def roster(world: World, number: int, how: str) -> None:
    """The roster of some visit at a hotel is another one; or nobody answers for it for a while."""
    if not world.callers:
        return
    assert world.line is not None
    world.faults[f"roster: {how}"] += 1
    world.line.away = how == "away"
    ask = world.processes["bookings"].store.ask
    firm = ask("SELECT DISTINCT visit FROM bookings_hotel_lists ORDER BY visit")
    visits = firm or ask("SELECT DISTINCT visit FROM bookings_hotel_orders ORDER BY visit")
    if visits and how != "away":
        guest_acts.change(world, visits[number % len(visits)][0], number, how)


def at_rest(world: World) -> None:
    """The noise is over: every system that has something to do asks, reports and says how things
    stand."""
    for name, one in world.callers.items():
        if one.waits or world.processes["bookings"].store.ask(DUE, name):
            _carry(world, one.settle(_desk(world)))


def _desk(world: World) -> StoreDesk:
    process = world.processes["bookings"]
    assert process.front is not None
    return StoreDesk(process.front.orders.houses, process.writer.run, process.front.ring,
                     next(iter(world.callers.values())).lodgers)  # fmt: skip


def _carry(world: World, call: Awaitable[Any]) -> None:
    """A call, as long as bookings live; then nothing comes back."""
    guest_acts.carry(world, "bookings", call)


def _note(world: World, one: Caller, what: str, odd: bool) -> None:
    world.faults[f"caller: {what}"] += odd
    one.told[what] += odd


def _some(world: World, number: int) -> Caller | None:
    names = sorted(world.callers)
    return world.callers[names[0 if number % 3 else -1]] if names else None
