"""Operations and parked messages: what parks them, the acts on them, and what must be true of both.

Must not: know how it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from shared.chassis.limits import MAX_ATTEMPTS
from shared.chassis.parking_rules import replay_id
from shared.contracts import parking as acts
from shared.contracts.parking import ActOnParked, Chosen
from shared.contracts.restoring import StoreRestored
from tests.simulation.acts import begin, repeat
from tests.simulation.process import Process
from tests.simulation.world import World

DISCARDABLE = ("place_holds", "confirm_holds", "release_holds", "holds_changed")
"""What is asked, or said, again by itself; giving up another message leaves somebody unanswered."""
NEVER_FAILS = (StoreRestored.subject_name(),)


# ---------------------------------------------------------------- steps


def fail(world: World, number: int, cured: bool) -> None:
    """Some message fails until it is parked; when `cured`, a later replay of it will not."""
    some = [one for one in world.bus.ready() if one.subject.split(".")[2] not in NEVER_FAILS]
    if not some:
        return
    one = some[number % len(some)]
    process, name = world.processes[one.consumer], one.headers["Nats-Msg-Id"].partition("~")[0]
    process.cursed.add(name)
    world.foreign.add(name)
    world.faults["handler fails"] += 1
    for _ in range(2 * MAX_ATTEMPTS):
        if one not in world.bus.waiting or not world.bus.up or not world.bus.may_have(one):
            break
        world.pass_time(max(0.0, one.due - world.t))
        world.hand(one)
        world.turn_all()
    if not cured:
        process.cursed.add(replay_id(name, 1))


def operate(world: World, number: int, what: str) -> None:
    """Somebody of operations acts on parked messages through the console."""
    lots = [(process, row) for process in world.processes.values() for row in _rows(process)]
    if not lots:
        return
    process, row = lots[number % len(lots)]
    if what == "again":
        repeat(world, [one for one, sent in world.sent.items() if sent[0] == "parked"], number)
        return
    act = _act(world, process, row, what, number)
    for _ in range(2 if what == "replay twice" else 1):
        if act is not None:
            _send(world, process, act)


def _act(world: World, process: Process, row: Any, what: str, number: int) -> Any:
    one, subject, revision, body, cause = row[:5]
    chosen, per_s = Chosen(messages=(one,)), (500.0, 5.0, 0.2)[number % 3]
    poison = one in world.poisoned
    if what == "discard":
        may = poison or (one in world.foreign and subject.split(".")[2] in DISCARDABLE)
        return acts.Discard(chosen=chosen) if may else None
    if what == "restore":
        return acts.Restore(chosen=chosen)
    if what == "edit":
        new = _another_body(world, subject, number) if poison else f" {body} "
        world.foreign.update([one] if poison else [])
        return acts.Edit(message=one, revision=revision + (number % 5 == 0), body=new)
    if what in ("stop", "pace"):
        known = process.store.ask(f"SELECT id FROM {process.name}_parked_replays ORDER BY id")
        name = known[number % len(known)][0] if known else "nothing"
        stop, pace = acts.Stop(replay=name), acts.Pace(replay=name, per_s=100.0)
        return stop if what == "stop" else pace
    if what == "replay slowly":
        some = tuple(each[0] for each in _rows(process) if each[0] not in world.poisoned)
        return acts.Replay(chosen=Chosen(messages=some), per_s=0.2) if some else None
    if what == "replay all":
        chosen = Chosen(group=cause, as_of=process.now())
    return acts.Replay(chosen=chosen, per_s=per_s, stop_at_first_failure=number % 4 == 0)


def _another_body(world: World, subject: str, number: int) -> str:
    """What came on that subject some other time; rubbish where nothing ever came."""
    found = [
        body
        for name, process in world.processes.items()
        for (body,) in process.store.ask(
            f"SELECT body FROM {name}_outbox WHERE subject = ? ORDER BY id", subject
        )
    ]
    return str(found[number % len(found)]) if found else "{}"


def _send(world: World, process: Process, act: Any) -> None:
    world.commands += 1
    one = f"c{world.commands}"
    command = ActOnParked(cause=one, actor="operations", command=one, reason="to see", act=act)
    world.faults[f"parked: {act.kind}"] += 1
    begin(world, "parked", one, one, command, process.name)


def work_off(world: World) -> bool:
    """At the end operations replay what can still be handled; rubbish stays where it is. True when
    there was something."""
    before = world.commands
    for process in world.processes.values():
        if process.lot is None:
            continue
        process.cursed.clear()
        rubbish = {"", *world.poisoned}
        rows = [row for row in _rows(process) if row[0] not in rubbish and row[5] == "parked"]
        for row in rows:
            _send(world, process, acts.Replay(chosen=Chosen(messages=(row[0],)), per_s=500.0))
    return world.commands > before


def _rows(process: Process) -> list[Any]:
    return process.store.ask(
        f"SELECT id, subject, revision, body, cause, state, resolved_at, replays"
        f" FROM {process.name}_parked ORDER BY parked_at, id"
    )


# ---------------------------------------------------------------- judging


def due_at(world: World) -> list[float]:
    """When a replay goes on, on the world's clock (seconds); nothing when none is under way."""
    if not any(
        process.lot is not None and _running(process) for process in world.processes.values()
    ):
        return []
    timers = [timer.when() for timer in world.loop.timers() if not timer.cancelled()]
    return [min(timers)] if timers else []


def _running(process: Process) -> bool:
    return bool(
        process.store.ask(
            f"SELECT 1 FROM {process.name}_parked_replays WHERE state = 'running' LIMIT 1"
        )
    )


def parked_violations(world: World) -> Iterator[str]:
    """Each act was done once and is recorded; no replay is under way; what counts as handled was,
    once, and nothing else was."""
    for name, process in world.processes.items():
        if process.lot is None or name in world.restored:
            continue
        if _running(process):
            yield f"a replay of {name} never ends"
        for one, _subject, _revision, _body, _cause, state, resolved, replays in _rows(process):
            own = [one, *(replay_id(one, number + 1) for number in range(replays))]
            many = sum(process.store.handled[each] for each in own)
            if many != (state == "done"):
                yield f"{name}: {one} is {state} and was handled {many} times"
            if state == "replaying" or (resolved is None) != (state == "parked"):
                yield f"{name}: {one} is {state}, resolved at {resolved}"
        waiting = process.store.ask(
            f"SELECT act, message FROM {name}_parked_touched WHERE outcome = 'waiting'"
        )
        yield from (f"{name}: {one} waits for {act} for ever" for act, one in waiting)
        yield from _recorded(world, process)


def _recorded(world: World, process: Process) -> Iterator[str]:
    known = dict(process.store.ask(f"SELECT id, outcome FROM {process.name}_parked_acts"))
    for command, answer in world.processes["console"].store.ask(
        "SELECT command, answer FROM console_acts ORDER BY command"
    ):
        verb, _sent, owner = world.sent[command]
        if (verb, owner) == ("parked", process.name) and answer is not None:
            told = orjson.loads(answer)["outcome"]
            if known.get(command) != told:
                yield f"{process.name}: act {command} was {told}, recorded {known.get(command)}"
