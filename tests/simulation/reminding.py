"""Reminders in the simulation: their moment comes, and what must be true of them at rest.

Reads the store with plain queries, past the code that wrote it.
Must not: know how it ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import orjson

from shared.contracts.visits import ArrangementChanged
from tests.simulation.asking import announcements
from tests.simulation.process import Process
from tests.simulation.world import World

LEADS = (timedelta(hours=24), timedelta(hours=2))
"""Before the final count is due, the desk is reminded of it."""


def remind(world: World, at_s: float, point: str) -> None:
    """It is so late, at least; reminders are looked at, and who does it may die there."""
    process = world.processes.get("notifications")
    if process is None:
        return
    world.wrong += _called_for(world)
    world.pass_time(max(0.0, at_s - world.t))
    sound = not (point or process.doom or process.store.failing)
    process.doom = [point, 0] if point else process.doom
    world.faults["reminders looked at"] += 1
    world.run_job(process, "remind")
    while world.turn_all():
        pass
    if sound:
        world.wrong += _left(process)


def _left(process: Process) -> Iterator[str]:
    """Whoever has just looked has left nothing that there is still time for."""
    now = process.now()
    for one, due_at, state in process.store.ask(
        "SELECT id, due_at, state FROM notifications_reminders WHERE state != 'cancelled'"
    ):
        due = datetime.fromisoformat(f"{due_at}+00:00")
        if due <= now < due + LEADS[-1] and state != "sent":
            yield f"reminder {one} was due at {due}, and at {now} it is {state}"


def reminder_violations(world: World) -> Iterator[str]:
    """Each reminder is sent once; none is of what was changed or called off; none is forgotten."""
    if "notifications" not in world.processes or world.restored:
        return
    ask, now = world.processes["notifications"].store.ask, world.now()
    letters = Counter(
        (topic.removeprefix("reminder/"), state)
        for topic, state in ask(
            "SELECT topic, state FROM notifications_notices WHERE topic LIKE 'reminder/%'"
        )
    )
    for one, visit, due_at, state in ask(
        "SELECT id, visit, due_at, state FROM notifications_reminders ORDER BY id"
    ):
        sent, made = letters[one, "sent"], sum(n for (x, _), n in letters.items() if x == one)
        due = datetime.fromisoformat(f"{due_at}+00:00")
        if state == "waiting" and due < now:
            yield f"reminder {one} of {visit} was due at {due} and waits"
        if made != 1 if state == "sent" else sent:
            yield f"reminder {one} of {visit} is {state}, {made} letters of it were made"
    yield from _called_for(world)


def _called_for(world: World) -> Iterator[str]:
    """What waits is what the last arrangement calls for, once that was heard of; and nothing of it
    is missing whose moment is to come."""
    process = world.processes["notifications"]
    waits: dict[str, set[tuple[str, datetime]]] = {}
    for visit, due_at, content in process.store.ask(
        "SELECT visit, due_at, content FROM notifications_reminders WHERE state = 'waiting'"
    ):
        due = datetime.fromisoformat(f"{due_at}+00:00")
        waits.setdefault(visit, set()).add((orjson.loads(content)["subject"], due))
    heard = dict(process.store.ask("SELECT visit, sequence FROM notifications_visits"))
    for visit, events in announcements(world).items():
        if heard.get(visit) == max(events):
            wanted, known = _wanted(events[max(events)]), waits.get(visit, set())
            if strange := sorted(known - wanted):
                yield f"{visit} is to be reminded of {strange}, which nobody wants any more"
            # A clock may be a minute ahead.
            soon = world.now() + timedelta(minutes=2)
            if missing := sorted(one for one in wanted - known if one[1] > soon):
                yield f"{visit} is not reminded of {missing}"


def _wanted(last: ArrangementChanged) -> set[tuple[str, datetime]]:
    """Needs of the kitchen, and when the desk is to be reminded of them."""
    return {
        (need.need, datetime.fromisoformat(need.allotted["guarantee_by"]) - lead)
        for need in (() if last.cancelled else last.needs)
        if need.allotted.get("guarantee_by")
        for lead in LEADS
    }
