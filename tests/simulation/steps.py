"""The steps of histories: what happens to messages, processes, clocks and the bus.

Must not: draw chance; each step brings its own numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from shared.chassis.limits import ACK_WAIT_S, BUS_DOUBT_S, OUTBOX_KEEP_S
from tests.simulation import hotel_acts, parked_acts, unit_acts
from tests.simulation.acts import act, again, answer
from tests.simulation.cast import RULES
from tests.simulation.histories import Step
from tests.simulation.world import World

PEOPLES = ("answer_consent", "change_unit", "act_on_parked", "act_on_hotel")
"""Commands that nobody asks again by themselves: one that fails for ever is never answered."""
ACTS = ("submit", "propose", "commit", "drop", "cancel", "reconcile")


def flow(world: World, many: int) -> None:
    """Deliver in order, one by one, and let everybody write."""
    for _ in range(many):
        ready = world.bus.ready()
        if not ready:
            return
        world.hand(ready[0])
        world.turn_all()


def give(world: World, number: int, how: str) -> None:
    """Deliver some message, not necessarily the oldest; the writer does not turn yet."""
    ready = world.bus.ready()
    if not ready:
        return
    one = ready[number % len(ready)]
    if how != "ok":
        world.faults[f"delivery {how}"] += 1
    if how == "lost":
        one.due = world.t + ACK_WAIT_S
        return
    world.hand(one, lose_ack=how == "ack lost")
    if how == "twice":
        world.hand(one)


def doom(world: World, number: int, point: str, after: int) -> None:
    """A process will die when it passes this point."""
    world.process_at(number).doom = [point, after]


def disk_full(world: World, number: int, commits: int) -> None:
    """The next commits of a process fail."""
    world.process_at(number).store.failing = commits
    world.faults["disk full"] += 1


def fate(world: World, number: int, fate: str) -> None:
    """The next publication of a process will meet this fate."""
    world.fates.setdefault(world.process_at(number).name, []).append(fate)


def skew(world: World, number: int, seconds: float) -> None:
    """A process's clock is off."""
    world.process_at(number).skew = timedelta(seconds=seconds)
    world.faults["clock"] += seconds != 0


def job(world: World, number: int, which: int) -> None:
    """A process does one of its periodic jobs, in its time or not."""
    process = world.process_at(number)
    names = ["mark", "sweep", *process.jobs()]
    world.run_job(process, names[which % len(names)])
    world.turn_all()


def letters(world: World, point: str, after: int) -> None:
    """The courier goes round, and perhaps dies on its way."""
    world.pass_time(2.5)
    process = world.processes.get("notifications")
    if process is not None:
        process.doom = [point, after] if point else None
        world.run_job(process, "courier")
        while world.turn_all():
            pass


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


def time_passes(world: World, seconds: float) -> None:
    """Hours or days without work. Where the bus loses something no day passes unlooked at: services
    look every few seconds, and no sender keeps longer than a day what it could send again."""
    lossy = any(step[0] in ("wipe", "rewind") for step in world.history.steps)
    world.pass_time(min(seconds, OUTBOX_KEEP_S / 24) if lossy else seconds)


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


def backup(world: World, number: int) -> None:
    """A copy of a store is taken while its service runs."""
    process = world.process_at(number)
    handled = process.store.handled.copy()
    world.backups[process.name] = process.store.image(), world.now(), handled


def restore(world: World, number: int) -> None:
    """A service goes on with the older copy of its store; the others have come further."""
    process = world.process_at(number)
    if process.name in world.backups:
        image, as_of, handled = world.backups[process.name]
        sent = process.store.ask(f"SELECT id FROM {process.name}_outbox")
        world.forgotten.update(row[0] for row in sent)
        world.restored.add(process.name)
        process.restore(image, as_of)
        process.store.handled = handled.copy()
        world.faults["restored"] += 1


def alone(world: World) -> None:
    """Hours pass, and only the owners do their jobs: their holds expire all the same."""
    world.pass_time(4_000.0)
    for name in RULES.keys() & world.processes.keys():
        process = world.processes[name]
        if process.dead or process.doom or process.store.failing:
            continue
        world.run_job(process, "expire")
        process.turn()
        late = process.store.ask(
            f"SELECT hold FROM {name}_holds WHERE state IN ('held', 'pending') AND due_at < ?",
            process.now().replace(tzinfo=None).isoformat(" ", "microseconds"),
        )
        if late:
            world.wrong.append(f"{name} lets {late} outlive their expiry")


def _act(verb: str, world: World, *rest: int) -> None:
    act(world, verb, *rest)


_STEPS: dict[str, Callable[..., Any]] = {
    **{verb: partial(_act, verb) for verb in ACTS},
    "consent": lambda world, visit: answer(world, True, visit),
    "refuse": lambda world, visit: answer(world, False, visit),
    "again": again,
    "flow": flow,
    "give": give,
    "turn": lambda world, process, most: world.process_at(process).turn(most),
    "doom": doom,
    "disk full": disk_full,
    "fate": fate,
    "time": time_passes,
    "job": job,
    "letters": letters,
    "skew": skew,
    "wipe": wipe,
    "look": look,
    "mark": mark,
    "keep": keep,
    "rewind": rewind,
    "bus down": lambda world: set_bus(world, up=False),
    "bus up": lambda world: set_bus(world, up=True),
    "ghost": ghost,
    "poison": poison,
    "curse": curse,
    "alone": alone,
    "backup": backup,
    "restore": restore,
    "hotel work": hotel_acts.work,
    "hotel lie": hotel_acts.lie,
    "hotel down": hotel_acts.down,
    "hotel does": hotel_acts.does,
    "hotel doom": hotel_acts.doom,
    "hotel sweep": hotel_acts.sweep,
    "hotel act": hotel_acts.operate,
    "unit change": unit_acts.change,
    "unit settle": unit_acts.settle,
    "parked fail": parked_acts.fail,
    "parked act": parked_acts.operate,
}


def do(world: World, step: Step) -> None:
    """One step; whoever died in it lives again afterwards."""
    verb, *rest = step
    _STEPS[verb](world, *rest)
    world.breathe()
