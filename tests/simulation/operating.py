"""What operations do about services as a whole: stop what they take in, begin it again, and have
the bus filled again; and what must be true of it.

Must not: know how it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import orjson

from shared.contracts.refilling import RefillBus
from shared.contracts.vitals import SetIntake
from tests.simulation.acts import begin, repeat
from tests.simulation.bus import Stored
from tests.simulation.world import World

ENDS_S = (-3, 5, 60, 2_000)
"""When a pause ends, from now."""


# ---------------------------------------------------------------- steps


def set_intake(world: World, number: int, what: str) -> None:
    """Somebody pauses or resumes a consumer of a service, or the whole service."""
    if what == "again":
        repeat(world, [one for one, sent in world.sent.items() if sent[0] == "intake"], number)
        return
    process = world.process_at(number)
    verb, _space, whole = what.partition(" ")
    names = [*sorted(set(process.durables.values())), "nothing"]
    until = world.now() + timedelta(seconds=ENDS_S[number % len(ENDS_S)])
    world.commands += 1
    # Real ids of commands are in no order either.
    one = f"i{number % 10}-{world.commands}"
    command = SetIntake(
        cause=one, actor="ann", command=one, reason="to see",
        durable=None if whole else names[number // len(ENDS_S) % len(names)],
        paused_until=until if verb == "pause" else None,
    )  # fmt: skip
    world.faults[f"intake: {what}"] += 1
    begin(world, "intake", one, one, command, process.name)


def refill(world: World, number: int, lost: bool) -> None:
    """Somebody has every service fill the bus again. `lost`: it has lost what waits in its middle,
    which no service can see, and they are quick: once its takers have passed over the gap, it is
    not filled any more (ADR 26)."""
    lost = lost and _quiet(world)
    if lost:
        _lose(world, number)
    for name in world.processes:
        world.commands += 1
        one = f"c{world.commands}"
        command = RefillBus(cause=one, actor="ann", command=one, reason="to see")
        begin(world, "refill", one, one, command, name)
    world.faults["bus filled again"] += 1
    for told in world.bus.ready() if lost else ():
        if told.subject.split(".")[2] == RefillBus.subject_name():
            world.hand(told)
    while world.turn_all():
        pass


def _quiet(world: World) -> bool:
    """Whether nothing keeps services from doing at once what they are told, and none forgets it."""
    return (
        world.bus.up
        and not any(step[0] == "restore" for step in world.history.steps)
        and not (world.bus.away or world.bus.paused or any(world.fates.values()))
        and not any(one.doom or one.store.failing for one in world.processes.values())
    )


def _lose(world: World, number: int) -> None:
    """What waits and is known to be stored is gone; the bus still knows its id, and its place."""
    stored: set[str] = set()
    for process in world.processes.values():
        world.run_job(process, "mark")
    while world.turn_all():
        pass
    for name, process in world.processes.items():
        rows = process.store.ask(f"SELECT id FROM {name}_outbox WHERE published_at IS NOT NULL")
        stored.update(row[0] for row in rows)
    gone = [one for one in world.bus.waiting if not one.ghost and _id(one) in stored]
    for one in gone[number % 3 :]:
        world.bus.waiting.remove(one)
        world.faults["lost in the middle"] += 1


def _id(one: Stored) -> str:
    return one.headers["Nats-Msg-Id"].partition("~")[0]


# ---------------------------------------------------------------- judging


def operating(world: World) -> bool:
    """Whether somebody stops what services take in, in this history."""
    return any(step[0] == "intake" for step in world.history.steps)


def operating_violations(world: World) -> Iterator[str]:
    """Each act on what is taken in was answered as it is recorded."""
    for command, answer in world.processes["console"].store.ask(
        "SELECT command, answer FROM console_acts ORDER BY command"
    ):
        verb, _sent, owner = world.sent[command]
        if verb != "intake" or answer is None or owner in world.restored:
            continue
        told = orjson.loads(answer)["outcome"]
        known = world.processes[str(owner)].store.ask(
            f"SELECT outcome FROM {owner}_intake WHERE id = ?", command
        )
        if [row[0] for row in known] != [told]:
            yield f"{owner}: act {command} was {told}, recorded {known}"
