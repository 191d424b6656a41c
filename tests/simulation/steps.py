"""The steps of histories: what happens to messages, processes, clocks and stores.

Must not: draw chance; each step brings its own numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from shared.chassis.limits import ACK_WAIT_S, OUTBOX_KEEP_S
from tests.simulation import (
    bus_steps,
    call_acts,
    guest_acts,
    guest_desk,
    hotel_acts,
    hotel_letters,
    operating,
    parked_acts,
    reminding,
    unit_acts,
)
from tests.simulation.acts import act, again, answer
from tests.simulation.asking import owner_holds, owners
from tests.simulation.histories import Step, lossy
from tests.simulation.world import World

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


def doom(world: World, number: int | str, point: str, after: int) -> None:
    """A process will die when it passes this point."""
    world.process_at(number).doom = [point, after]


def disk_full(world: World, number: int | str, commits: int) -> None:
    """The next commits of a process fail."""
    world.process_at(number).store.failing = commits
    world.faults["disk full"] += 1


def fate(world: World, number: int | str, fate: str) -> None:
    """The next publication of a process will meet this fate."""
    world.fates.setdefault(world.process_at(number).name, []).append(fate)


def skew(world: World, number: int | str, seconds: float) -> None:
    """A process's clock is off."""
    world.process_at(number).skew = timedelta(seconds=seconds)
    world.faults["clock"] += seconds != 0


def job(world: World, number: int | str, which: int) -> None:
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


def time_passes(world: World, seconds: float) -> None:
    """Hours or days without work. Where the bus loses something no day passes unlooked at: services
    look every few seconds, and no sender keeps longer than a day what it could send again."""
    most = OUTBOX_KEEP_S / 24
    world.pass_time(min(seconds, most) if lossy(world.history) else seconds)


def backup(world: World, number: int | str) -> None:
    """A copy of a store is taken while its service runs."""
    process = world.process_at(number)
    handled = process.store.handled.copy()
    world.backups[process.name] = process.store.image(), world.now(), handled
    if process.name == guest_desk.NAME and world.line is not None:
        world.line.copied()


def restore(world: World, number: int | str) -> None:
    """A service goes on with the older copy of its store, once; the others have come further."""
    process = world.process_at(number)
    if process.name in world.backups and process.name not in world.restored:
        image, as_of, handled = world.backups[process.name]
        if process.name == guest_desk.NAME and not guest_acts.brought_back(world, as_of):
            return
        sent = process.store.ask(f"SELECT id FROM {process.name}_outbox")
        world.forgotten.update(row[0] for row in sent)
        world.restored.add(process.name)
        process.restore(image, as_of)
        process.store.handled = handled.copy()
        world.faults["restored"] += 1


def stands(world: World) -> None:
    """What is ready now must be ready in the end: nothing that follows is a reason to lose it."""
    for (visit,) in world.processes["visits"].store.ask("SELECT visit FROM visits_visits"):
        state, phase = world.state_of(visit)
        if phase == "ready":
            world.stood[visit] = state["revision"]


def agreed(world: World) -> None:
    """By now, and at any moment, a hold is the same thing to who asked for it and to its owner."""
    tags = {one.hold: one.tag for name in owners(world) for one in owner_holds(world, name)}
    for (visit,) in world.processes["visits"].store.ask("SELECT visit FROM visits_visits"):
        for held in world.state_of(visit)[0]["holds"]:
            if tags.get(held["hold"], held["fingerprint"]) != held["fingerprint"]:
                world.wrong.append(f"{held['hold']} is something else at its owner")


def alone(world: World) -> None:
    """Hours pass, and only the owners do their jobs: their holds expire all the same."""
    world.pass_time(4_000.0)
    for name in owners(world):
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
    "remind": reminding.remind,
    "skew": skew,
    "wipe": bus_steps.wipe,
    "look": bus_steps.look,
    "mark": bus_steps.mark,
    "keep": bus_steps.keep,
    "rewind": bus_steps.rewind,
    "bus down": lambda world: bus_steps.set_bus(world, up=False),
    "bus up": lambda world: bus_steps.set_bus(world, up=True),
    "ghost": bus_steps.ghost,
    "poison": bus_steps.poison,
    "curse": bus_steps.curse,
    "alone": alone,
    "backup": backup,
    "restore": restore,
    "stands": stands,
    "agreed": agreed,
    "hotel work": hotel_acts.work,
    "hotel lie": hotel_acts.lie,
    "hotel down": hotel_acts.down,
    "hotel does": hotel_acts.does,
    "hotel doom": hotel_acts.doom,
    "hotel sweep": hotel_acts.sweep,
    "hotel lag": hotel_acts.lag,
    "hotel act": hotel_acts.operate,
    "hotel cut-off": hotel_acts.cut_off,
    "hotel letter": hotel_letters.answer,
    "call fetch": call_acts.fetch,
    "call report": call_acts.report,
    "call says": call_acts.say,
    "call doom": hotel_acts.doom,
    "call roster": call_acts.roster,
    "guest roster": guest_acts.roster,
    "guest look": guest_acts.look,
    "guest stale": guest_acts.stale,
    "guest lose": guest_acts.lose,
    "guest check": guest_acts.check,
    "guest doom": guest_acts.doom,
    "guest end": guest_acts.end,
    "unit change": unit_acts.change,
    "unit settle": unit_acts.settle,
    "parked fail": parked_acts.fail,
    "parked act": parked_acts.operate,
    "intake": operating.set_intake,
    "refill": operating.refill,
}


def do(world: World, step: Step) -> None:
    """One step; whoever died in it lives again afterwards."""
    verb, *rest = step
    _STEPS[verb](world, *rest)
    world.breathe()
