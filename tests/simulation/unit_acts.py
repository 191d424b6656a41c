"""Planners who change units, and what must be true afterwards.

Must not: know how it ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

import orjson

from shared.chassis.limits import HOUSEKEEPING_S
from shared.contracts.changes import TAKEN_BACK, ChangeUnit, Counted, UnitChange
from shared.holds.hitting import DATES_END
from shared.holds.port import QUARTER_S
from tests.simulation.acts import begin
from tests.simulation.changes import state_of
from tests.simulation.owners import RULES
from tests.simulation.planners import DAYS
from tests.simulation.process import Process
from tests.simulation.world import World

REASON = {"zh": "检查", "en": "an inspection"}
UNITS = {
    "bookings": (("big", "twin"), ("small", "king")),
    "catering": (("kitchen", "lunch"),),
    "escorts": (("coach", None),),
    "venues": (("grand", None), ("east", None), ("west", None)),
}
"""What may be changed in the simulation's city, with the part that is counted."""
MANY = (1, 2, 3, 5, 9, 20, 60)


def change(world: World, owner: int, number: int, what: str) -> None:
    """Somebody changes a unit as they saw it, or as they saw it before the last change."""
    names = sorted(RULES.keys() & world.processes.keys())
    if not names:
        return
    some = [(name, *one) for name in names for one in UNITS[name]]
    taken = [one for one in some if state_of(world.processes[one[0]], one[1]) != "none"]
    some = taken if taken and owner % 4 else some
    name, unit, part = some[owner % len(some)]
    seen = world.processes[name].store.ask(
        f"SELECT max(revision) FROM {name}_units WHERE id = ?", unit
    )[0][0]
    world.commands += 1
    one = f"c{world.commands}"
    command = ChangeUnit(
        cause=one, actor="planner", command=one, unit=unit,
        expected_revision=max(1, seen - (number % 11 == 0)),
        change=_change(name, part, number, what),
    )  # fmt: skip
    world.faults[f"unit: {what}"] += 1
    begin(world, "unit", one, unit, command, name)


def _change(name: str, part: str | None, number: int, what: str) -> UnitChange:
    if what == "lift":
        return UnitChange(lift=number % 2)
    if what == "count" and part is not None:
        return UnitChange(count=Counted(part=part, quantity=MANY[number % len(MANY)]))
    day = DAYS[number // 7 % len(DAYS)]
    if name == "bookings":
        closed: dict[str, Any] = {"first_night": day, "last_night": day}
    elif name == "catering":
        closed = {"first_day": day, "last_day": day}
    else:
        closed = {"starts_at": f"{day}T08:00:00+08:00", "ends_at": f"{day}T18:00:00+08:00"}
    return UnitChange(close={**closed, "reason": REASON})


def settle(world: World) -> None:
    """Every owner looks once for holds that a change leaves no room for."""
    for name in sorted(RULES.keys() & world.processes.keys()):
        world.run_job(world.processes[name], "settle")
    world.turn_all()


# ---------------------------------------------------------------- judging


def changed(world: World) -> bool:
    """Whether somebody changes a unit in this history."""
    return any(step[0] == "unit change" for step in world.history.steps)


def taken_back(world: World, visit: str) -> set[str]:
    """The needs of a visit of which an owner, or a hotel, took back a hold."""
    if not changed(world) and not world.hotels and not world.callers:
        return set()
    return {
        need
        for name in sorted(RULES.keys() & world.processes.keys())
        for of, need in _withdrawn(world.processes[name], {*TAKEN_BACK, "hotel_withdrew"})
        if of == visit
    }


def _withdrawn(process: Process, codes: Collection[str] = TAKEN_BACK) -> list[tuple[str, str]]:
    rows = process.store.ask(
        f"SELECT visit, need, body FROM {process.name}_holds WHERE state = 'refused' ORDER BY hold"
    )
    return [
        (visit, need)
        for visit, need, body in rows
        if (orjson.loads(body)["refusal"] or {}).get("code") in codes
    ]


def unit_violations(world: World) -> Iterator[str]:
    """Nobody has more than there is now; each change is saved once, and has been settled."""
    if not changed(world):
        return
    for name in sorted(RULES.keys() & world.processes.keys()):
        process = world.processes[name]
        yield from _beyond(world, process)
        rows = process.store.ask(
            f"SELECT command, revision, withdrawn, look_at, unit FROM {name}_changes"
        )
        yield from (f"{name}: change {row[0]} is not settled" for row in rows if row[3] is not None)
        told, found = sum(row[2] for row in rows), len(_withdrawn(process))
        if told != found and name not in world.restored:
            yield f"{name} says it took back {told} holds, and took back {found}"
        yield from _saved(world, name, {row[0]: row[1] for row in rows})
        yield from _overwritten({row[0]: row for row in rows}, world)


def _beyond(world: World, process: Process) -> Iterator[str]:
    """INV2, by what there is now; what is over stays as it was."""
    assert process.part.kernel is not None
    inventory = process.part.kernel._stock.inventory_on(process.store.connection)  # type: ignore[arg-type]
    now = world.now()
    for unit, slot, taken in process.store.ask(
        f"SELECT unit, slot, taken FROM {process.name}_cells WHERE taken > 0 ORDER BY unit, slot"
    ):
        ahead = (
            date.fromordinal(slot) > now.date()
            if slot < DATES_END
            else slot * QUARTER_S > now.timestamp() + HOUSEKEEPING_S
        )
        most = max(inventory.capacity(unit, slot, now), 0)
        if ahead and taken > most:
            yield f"{process.name} {unit, slot}: {taken} taken, {most} there are since a change"


def _overwritten(rows: dict[str, Any], world: World) -> Iterator[str]:
    """A change is saved on what its planner saw, and on nothing that came since."""
    for command, revision, _withdrawn, _look_at, unit in rows.values():
        sent = world.sent[command][1]
        assert isinstance(sent, ChangeUnit)
        between = [
            other[0] for other in rows.values()
            if other[4] == unit and sent.expected_revision < other[1] < revision
        ]  # fmt: skip
        if between:
            yield f"change {command} of {unit} overwrote {between} unseen"


def _saved(world: World, name: str, rows: dict[str, int]) -> Iterator[str]:
    for command, answer in world.processes["console"].store.ask(
        "SELECT command, answer FROM console_acts ORDER BY command"
    ):
        verb, _sent, owner = world.sent[command]
        if (verb, owner) != ("unit", name) or answer is None:
            continue
        told = orjson.loads(answer)
        revision = told["revision"] if told["outcome"] == "accepted" else None
        if rows.get(command) != revision:
            yield f"{name}: change {command} was {told['outcome']}, saved as {rows.get(command)}"
