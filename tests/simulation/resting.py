"""After the noise: faults stop, time runs on, and every service does its jobs when they are due.

Must not: judge; `invariants` does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.notifications import turns
from shared.chassis.limits import BUS_WATCH_S, SWEEP_AGE_S
from tests.simulation import guest_acts, hotel_acts, parked_acts
from tests.simulation.beginning import START, work_on
from tests.simulation.bus_steps import set_bus
from tests.simulation.operating import operating
from tests.simulation.process import Process
from tests.simulation.world import World

PATIENCE_S = (90.0, 7_300.0, 60.0)
"""After the noise: time for what is due soon; past every expiry of holds, proposals and consent;
and time to settle what those expiries caused."""
MOST_ROUNDS = 6_000
"""A restored service is asked again and again for five minutes, by each message that waits."""


class Stuck(AssertionError):
    """The world did not come to rest."""


def rest(world: World) -> None:
    """The noise stops; time runs on until nothing is left to be done."""
    world.noise_s = world.t
    world.fates.clear()
    for process in world.processes.values():
        process.doom, process.skew, process.store.failing = None, timedelta(), 0
    set_bus(world, up=True)
    hotel_acts.calm_down(world)
    for _ in range(2):
        # The second look sees what the first found not yet marked.
        _look_at_bus(world)
        _run_until(world, world.t + BUS_WATCH_S)
    # Even a message that was on its way for days has arrived.
    _run_until(world, max((one.due for one in world.bus.waiting), default=world.t))
    for seconds in PATIENCE_S:
        _look_at_bus(world)
        hotel_acts.sweep(world)
        _run_until(world, world.t + seconds)
    if parked_acts.work_off(world):
        _run_until(world, world.t + sum(PATIENCE_S))


def _look_at_bus(world: World) -> None:
    """Every service looks whether the bus has lost something; it does so every few seconds."""
    every = world.faults["bus wiped"] or world.faults["bus put back"] or operating(world)
    for process in world.processes.values():
        if every or process.relay.doubtful:
            process.look_at_bus()


def _run_until(world: World, end: float) -> None:
    for _ in range(MOST_ROUNDS):
        if _drain(world):
            continue
        agenda = [(each, *job) for each in world.processes.values() for job in _agenda(each)]
        due = [(process, name) for process, name, when in agenda if when <= world.t]
        for process, name in due:
            world.run_job(process, name)
        if due:
            continue
        guest_acts.at_rest(world)
        moments = [
            *(when for _process, _name, when in agenda),
            *parked_acts.due_at(world),
            *hotel_acts.due_at(world),
        ]
        if _writers_wait(world):
            continue  # To ask for what is due has set somebody to work.
        following = min([*moments, *world.bus.moments()], default=None)
        if following is None or following > end:
            world.pass_time(max(0.0, end - world.t))
            return
        world.pass_time(max(0.001, following - world.t))
    raise Stuck(f"no rest after {MOST_ROUNDS} rounds")


def _drain(world: World) -> bool:
    world.breathe()
    ready = world.bus.ready()
    words = world.newest_words() if world.faults["delay"] and not world.restored else {}
    for one in ready:
        world.hand(one)
    turned = world.turn_all()
    world.watch_words(words)
    return turned or bool(ready) or _writers_wait(world)


def _writers_wait(world: World) -> bool:
    return any(process.writer.busy for process in world.processes.values())


def _agenda(process: Process) -> list[tuple[str, float]]:
    """Which jobs of a process have something to do, and when."""
    if process.agenda[0] != process.store.stamp:
        process.agenda = process.store.stamp, _agenda_of(process)
    found = process.agenda[1]
    return [("mark", 0.0), *found] if process.relay._stored else found


def _agenda_of(process: Process) -> list[tuple[str, float]]:
    """The same as far as the store says it."""
    found: list[tuple[str, float]] = []
    name, queries = process.name, {**process.role.job_queries, **process.part.job_queries}
    unsent = f"SELECT min(created_at) FROM {name}_outbox WHERE published_at IS NULL"
    # All in one statement: to begin one costs more than to look at an index.
    sql = ", ".join(f"({query})" for query in (unsent, *queries.values()))
    waiting, *moments = process.store.ask(f"SELECT {sql}")[0]
    if waiting:
        found.append(("sweep", _seconds(waiting) + SWEEP_AGE_S + 0.001))
    for job, moment in zip(queries, moments, strict=True):
        if moment:
            # While a store is brought up to date, time waits.
            earliest = (process.recovers_until - START).total_seconds()
            found.append((job, max(_seconds(moment), earliest)))
    if process.part.courier is not None:
        letter = turns.next_at(work_on(process.store.connection, name, lambda: ""))
        if letter is not None:
            found.append(("courier", (letter - START).total_seconds()))
    return found


def _seconds(text: str) -> float:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - START).total_seconds()
