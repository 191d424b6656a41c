"""What must be true when the noise has stopped and time has run on. Numbers as in `domain.md`.

Reads the stores with plain queries, past the code that wrote them.
Must not: change anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from services.notifications.documents import Contact
from services.notifications.programme import Programme, alike
from services.notifications.rules import part_of
from services.visits.specbook import Reading, read
from shared.contracts.spec import VisitSpec
from shared.contracts.visits import ArrangementChanged
from tests.simulation.cast import RULES
from tests.simulation.process import ERRORS
from tests.simulation.world import World

LIVE = ("pending", "held", "confirmed")
AT_REST = ("ready", "blocked", "cancelled", "closed")


@dataclass(frozen=True, slots=True)
class OwnerHold:
    """A hold as its owner's store has it."""

    hold: str
    visit: str
    need: str
    state: str
    service: str


def violations(world: World) -> list[str]:
    """Everything that is wrong, one sentence each."""
    holds = [hold for service in owners(world) for hold in owner_holds(world, service)]
    found = [*_capacity(world), *_visits(world, holds), *_commands(world), *_delivery(world)]
    if "notifications" in world.processes:
        found += _notices(world)
    found += [f"a background task raised {error!r}" for error in ERRORS]
    ERRORS.clear()
    return found


def owners(world: World) -> list[str]:
    """The resource services that play."""
    return [name for name in RULES if name in world.processes]


def owner_holds(world: World, service: str) -> list[OwnerHold]:
    """All holds of an owner."""
    rows = world.processes[service].store.ask(
        f"SELECT hold, visit, need, state FROM {service}_holds ORDER BY hold"
    )
    return [OwnerHold(*row, service) for row in rows]


def _capacity(world: World) -> Iterator[str]:
    """INV1, INV2: what is taken is what live holds claim, and never more than there is."""
    for service in owners(world):
        ask = world.processes[service].store.ask
        claimed: dict[tuple[str, str], Counter[tuple[str, int]]] = defaultdict(Counter)
        for visit, need, unit, start, stop, quantity, hold in ask(
            f"SELECT h.visit, h.need, c.unit, c.start, c.stop, c.quantity, h.hold"
            f" FROM {service}_claims c JOIN {service}_holds h ON h.hold = c.hold"
            f" WHERE h.state IN {LIVE}"
        ):
            mine: Counter[tuple[str, int]] = Counter()
            for slot in range(start, stop):
                mine[unit, slot] += quantity
            one = claimed[visit, need]
            one |= mine
            del hold
        taken: Counter[tuple[str, int]] = Counter()
        for mine in claimed.values():
            taken.update(mine)
        cells = {
            (unit, slot): (was, most)
            for unit, slot, was, most in ask(
                f"SELECT unit, slot, taken, capacity FROM {service}_cells"
            )
        }
        for cell in sorted(taken.keys() | cells.keys()):
            was, most = cells.get(cell, (0, 0))
            if was != taken[cell] or was > most:
                yield f"{service} {cell}: {was} taken, {taken[cell]} claimed, {most} there are"


def _visits(world: World, holds: list[OwnerHold]) -> Iterator[str]:
    """INV8: every visit is ready, blocked with reasons, or closed; no hold belongs to no visit."""
    store = world.processes["visits"].store
    rows = store.ask("SELECT visit, phase, state FROM visits_visits ORDER BY visit")
    states = {visit: (phase, orjson.loads(state)) for visit, phase, state in rows}
    live = [hold for hold in holds if hold.state in LIVE]
    for hold in live:
        if hold.visit not in states:
            yield f"{hold.hold} is {hold.state} at {hold.service} for a visit that does not exist"
        elif hold.state != "confirmed":
            yield f"{hold.hold} is still {hold.state} at {hold.service}"
    for visit, (phase, state) in states.items():
        reading = reading_of(world, visit, str(state["revision"]))
        mine = {hold.hold: hold for hold in live if hold.visit == visit}
        yield from _visit(phase, state, reading, mine, world.now())


def _visit(
    phase: str,
    state: dict[str, Any],
    reading: Reading,
    mine: dict[str, OwnerHold],
    now: datetime,
) -> Iterator[str]:
    visit = state["visit"]
    if phase not in AT_REST:
        yield f"{visit} is still {phase}"
    known = {
        one["hold"]
        for one in state["holds"]
        if one["wish"] != "release" and (one["seen"] is None or one["seen"]["state"] in LIVE)
    }
    if phase != "closed" and known != set(mine):
        yield f"{visit} counts on {sorted(known)}, owners hold {sorted(mine)}"
    if phase == "cancelled" and mine:
        yield f"{visit} is cancelled and still holds {sorted(mine)}"
    if phase == "ready":
        # What was over before it was asked for can no longer be arranged.
        over = {need.need for need in reading.needs if need.request.window.ends_at <= now}
        wanted = sorted((n.need, n.fingerprint) for n in reading.needs if n.need not in over)
        firm = sorted(
            (one["need"], one["fingerprint"])
            for one in state["holds"]
            if one["hold"] in mine and one["need"] not in over
        )
        if firm != wanted:
            yield f"{visit} is ready with {firm}, wanted {wanted}"
    refused = [o for o in state["holds"] if o["seen"] and o["seen"]["state"] == "refused"]
    if phase == "blocked" and not refused and not reading.barred:
        yield f"{visit} is blocked without a reason"


def reading_of(world: World, visit: str, key: str) -> Reading:
    """The spec of a revision, read."""
    document = world.processes["visits"].store.ask(
        "SELECT document FROM visits_specs WHERE visit = ? AND key = ?", visit, key
    )[0][0]
    return read(VisitSpec.model_validate_json(document))


def _commands(world: World) -> Iterator[str]:
    """INV3, INV4: every command is answered once, and what was accepted had one effect."""
    accepted: Counter[str] = Counter()
    for command, about, answer in world.processes["console"].store.ask(
        "SELECT command, resource, answer FROM console_acts ORDER BY command"
    ):
        if answer is None:
            yield f"command {command} was never answered"
        elif orjson.loads(answer)["outcome"] == "accepted" and command in world.revising:
            accepted[about] += 1
    ask = world.processes["visits"].store.ask
    for visit, state in ask("SELECT visit, state FROM visits_visits ORDER BY visit"):
        revision = orjson.loads(state)["revision"]
        if revision != accepted[visit]:
            yield f"{visit} is at revision {revision} after {accepted[visit]} accepted changes"
    for visit, lines, last in ask(
        "SELECT visit, count(*), max(seq) FROM visits_timeline GROUP BY visit ORDER BY visit"
    ):
        if lines != last:
            yield f"the timeline of {visit} has {lines} lines and ends with {last}"
    for (nobody,) in ask("SELECT count(*) FROM visits_timeline WHERE actor = '' OR cause = ''"):
        if nobody:
            yield f"{nobody} lines of the timeline name no actor or no cause"


def _delivery(world: World) -> Iterator[str]:
    """Nothing is left to be sent or handled; only rubbish was parked."""
    if world.bus.waiting:
        yield f"{len(world.bus.waiting)} messages were never handled"
    for name, process in world.processes.items():
        unsent = process.store.ask(f"SELECT id FROM {name}_outbox WHERE published_at IS NULL")
        if unsent:
            yield f"{name} never sent {[row[0] for row in unsent]}"
        for one, error in process.store.ask(f"SELECT id, error FROM {name}_parked ORDER BY id"):
            if one not in world.poisoned:
                yield f"{name} parked {one}: {error[:200]}"


def _notices(world: World) -> Iterator[str]:
    """INV5: each recipient saw the last committed truth, once; nothing that was not committed."""
    store = world.processes["notifications"].store
    told = dict(store.ask("SELECT visit, programme FROM notifications_told ORDER BY visit"))
    document = store.ask("SELECT document FROM notifications_contacts")[0][0]
    contact = Contact.model_validate_json(document)
    announced = announcements(world)
    for visit, events in announced.items():
        expected = part_of(events[max(events)], contact)
        seen = Programme.model_validate_json(told[visit]) if visit in told else None
        if not alike(seen, expected):
            yield f"{visit}: the desk was last told {seen}, true is {expected}"
    sent = store.ask(
        "SELECT id, visit, recipient, channel, cause, topic, content, state"
        " FROM notifications_notices ORDER BY seq"
    )
    once: Counter[tuple[str, ...]] = Counter()
    for one, visit, recipient, channel, cause, topic, content, state in sent:
        if state not in ("sent", "withheld"):
            yield f"notice {one} is still {state}"
        if state == "sent":
            once[recipient, channel, cause, topic, visit] += 1
            sequence = orjson.loads(content).get("sequence")
            if sequence is not None and sequence not in announced.get(visit, {}):
                yield f"notice {one} tells of {visit} #{sequence}, which was never announced"
    yield from (f"{key} was told {n} times" for key, n in once.items() if n > 1)
    yield from _mailbox(world, {row[0]: row[7] for row in sent})


def _mailbox(world: World, states: dict[str, str]) -> Iterator[str]:
    got = Counter(letter.id for letter in world.mailbox.letters)
    for one, state in states.items():
        if state == "sent" and not got[one]:
            yield f"notice {one} counts as sent and never arrived"
        if state == "withheld" and got[one]:
            yield f"notice {one} was withheld and arrived"
    crashed = any(fault.startswith("killed") for fault in world.faults)
    for one, many in got.items():
        if many > 1 and not crashed:
            yield f"notice {one} arrived {many} times and nobody had died"


def announcements(world: World) -> dict[str, dict[int, ArrangementChanged]]:
    """Every firm arrangement that the orchestrator committed to tell, by visit and sequence."""
    found: dict[str, dict[int, ArrangementChanged]] = defaultdict(dict)
    for (body,) in world.processes["visits"].store.ask(
        "SELECT body FROM visits_outbox WHERE subject = ?", ArrangementChanged.subject()
    ):
        event = ArrangementChanged.model_validate_json(body)
        found[event.visit][event.sequence] = event
    return found


def firm_needs(world: World) -> dict[str, set[str]]:
    """Needs with a confirmed hold at their owner, by visit."""
    firm: dict[str, set[str]] = defaultdict(set)
    for service in owners(world):
        for visit, need in world.processes[service].store.ask(
            f"SELECT visit, need FROM {service}_holds WHERE state = 'confirmed'"
        ):
            firm[visit].add(need)
    return firm
