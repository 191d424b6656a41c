"""What must be true of messages when the noise has stopped: none is left, none was done twice, none
was lost.

Must not: change anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.asking import sent_by
from tests.simulation.reading import cause_of
from tests.simulation.world import World

RESTORED = "restored-"
"""How the causes begin that a service gives itself when its store was brought back."""


def delivery_violations(world: World) -> Iterator[str]:
    """All of them."""
    yield from _delivery(world)
    yield from _once(world)
    yield from _arrived(world)
    yield from _led_back(world)


def _delivery(world: World) -> Iterator[str]:
    """Nothing is left to be sent or handled; only rubbish was parked."""
    if world.bus.waiting:
        yield f"{len(world.bus.waiting)} messages were never handled"
    known = world.foreign.union(world.poisoned)
    for name, process in world.processes.items():
        unsent = [one for one, _subject, _body, published in sent_by(world, name) if not published]
        if unsent:
            yield f"{name} never sent {unsent}"
        for one, error in process.store.ask(f"SELECT id, error FROM {name}_parked ORDER BY id"):
            if one not in known:
                yield f"{name} parked {one}: {error[:200]}"


def _once(world: World) -> Iterator[str]:
    """INV4: each message that somebody sent had its effect once; rubbish was parked, not lost."""
    sent = {row[0] for name in world.processes for row in sent_by(world, name)}
    parked: set[str] = set()
    for name, process in world.processes.items():
        parked.update(row[0] for row in process.store.ask(f"SELECT id FROM {name}_parked"))
        for one, times in process.store.handled.items():
            if times > 1:
                yield f"{name} handled {one} {times} times"
            own = one.partition("+r")[0]  # What `replay_id` puts behind it.
            if own not in sent | world.forgotten and own not in world.foreign | world.repeated:
                yield f"{name} handled {one}, which nobody has in an outbox"
    put_back = world.faults["bus wiped"] or world.faults["bus put back"]
    if not put_back and not world.restored:  # Nobody sends rubbish twice.
        yield from (f"{one} was dropped" for one in world.poisoned if one not in parked)


def _arrived(world: World) -> Iterator[str]:
    """What one service has sent, the others have handled, whatever the bus forgot."""
    if world.restored:
        return  # What a restored service no longer knows that it handled, `_once` cannot count.
    for name in world.processes:
        for one, subject, _body, _published in sent_by(world, name):
            for taker in world.bus.consumers.get(subject, ()):
                if one not in world.foreign and not world.processes[taker].store.handled[one]:
                    yield f"{taker} never handled {one}, which {name} sent"


def _led_back(world: World) -> Iterator[str]:
    """INV3: every effect on the bus and in a timeline names a command that somebody gave, or the
    restoration of a store."""
    given = {command.cause for _verb, command, _owner in world.sent.values()} | world.asked
    for name in world.processes:
        for one, subject, body, _published in sent_by(world, name):
            if not subject.startswith(("cmd.", "evt.")):
                continue
            cause = cause_of(body)
            if cause not in given and not cause.startswith(RESTORED):
                yield f"{name} sent {one} because of {cause}, which nobody asked for"
    for visit, seq, cause in world.processes["visits"].store.ask(
        "SELECT visit, seq, cause FROM visits_timeline ORDER BY visit, seq"
    ):
        if cause not in given and not cause.startswith(RESTORED):
            yield f"line {seq} of {visit} has the cause {cause}, which nobody asked for"
