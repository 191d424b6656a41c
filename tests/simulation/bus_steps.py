"""Steps about the bus: it is looked at, goes away, is put back, forgets, and has rubbish on it.

Must not: draw chance; each step brings its own numbers.
"""

from __future__ import annotations

from shared.chassis.limits import BUS_DOUBT_S
from tests.simulation.owners import RULES
from tests.simulation.world import World

PEOPLES = ("answer_consent", "change_unit", "act_on_parked", "act_on_hotel", "set_intake",
           "refill_bus", "store_restored", "lodging_changed", "roster_changed")  # fmt: skip
"""What nobody asks again by themselves: a command that fails for ever is never answered, and what a
restored service was answered is not sent again while its word of that stays parked."""


def wipe(world: World, gone: bool = False) -> None:
    """The bus forgets everything; also its consumers, until their processes look."""
    world.bus.wipe(gone)
    world.faults["bus wiped"] += 1


def look(world: World, whole: bool) -> None:
    """Every service looks at the bus, and notes up to where everything was handled; unless `whole`,
    it is still at it when the next step comes."""
    for process in world.processes.values():
        process.look_at_bus()
    _write_all(world, whole)


def _write_all(world: World, whole: bool) -> None:
    """Everybody writes what waits; `whole`: also what was only just begun."""
    if whole:
        world.breathe()
    while world.turn_all():
        pass


def mark(world: World) -> None:
    """Every service notes what the bus has stored."""
    for process in world.processes.values():
        world.run_job(process, "mark")
    world.turn_all()


def keep(world: World) -> None:
    """What is on the bus's disk now."""
    world.kept = world.bus.copy()


def rewind(world: World, whole: bool) -> None:
    """The bus dies and comes back with an older disk; no older than the relay can make good for.

    Whoever was connected sees that it was away; unless `whole`, they are still looking what it has
    lost when the next step comes.
    """
    kept = world.kept
    fresh = kept is not None and world.t - kept.at <= BUS_DOUBT_S / 2
    if kept is None or not fresh or kept.life != world.bus.life or world.faults["clock"]:
        return
    world.bus.rewind(kept)
    world.faults["bus put back"] += 1
    for process in world.processes.values():
        process.wake_up()
    _write_all(world, whole)


def set_bus(world: World, up: bool) -> None:
    """The bus goes away, or comes back."""
    if up and not world.bus.up:
        for process in world.processes.values():
            process.wake_up()
    world.bus.up = up
    world.faults["bus down"] += not up


def ghost(world: World, number: int) -> None:
    """A message from long ago comes once more."""
    if world.bus.old:
        one = world.bus.old.pop(number % len(world.bus.old))
        one.due, one.ghost = world.t, True
        world.bus.waiting.append(one)
        world.faults["ghost"] += 1


def poison(world: World, number: int) -> None:
    """Somebody puts rubbish on a subject."""
    subjects = sorted(world.bus.consumers)
    one = f"poison-{number}-{world.new_id()}"
    body = (b"{", b"\xff\x00", b'{"visit": 7}')[number % 3]
    world.bus.store(subjects[number % len(subjects)], body, {"Nats-Msg-Id": one}, 0)
    world.poisoned.append(one)
    world.faults["poison"] += 1


def curse(world: World, number: int) -> None:
    """A message that waits for an owner or an answer will fail each time it is handled."""
    curable = [
        one
        for one in world.bus.waiting
        if one.consumer in RULES or "holds_changed" in one.subject
        if one.subject.split(".")[2] not in PEOPLES
    ]
    if curable:
        one = curable[number % len(curable)]
        name = one.headers["Nats-Msg-Id"]
        world.processes[one.consumer].cursed.add(name)
        world.foreign.add(name)
        world.faults["handler fails"] += 1
