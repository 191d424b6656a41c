"""What must be true when the noise has stopped and time has run on. Numbers as in `domain.md`.

Reads the stores with plain queries, past the code that wrote them.
Must not: change anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from services.visits import views
from services.visits.pacing import Pacing
from services.visits.specbook import Reading
from shared.contracts.message import CommandAnswered
from tests.simulation.asking import (
    OwnerHold,
    Stores,
    announcements,
    owner_holds,
    owners,
    reading_of,
    sent_by,
)
from tests.simulation.call_invariants import call_violations
from tests.simulation.delivery_invariants import delivery_violations
from tests.simulation.guest_invariants import guest_violations
from tests.simulation.hotel_invariants import hotel_violations
from tests.simulation.notice_invariants import notice_violations
from tests.simulation.operating import operating, operating_violations
from tests.simulation.parked_acts import parked_violations
from tests.simulation.reading import state_of
from tests.simulation.reminding import reminder_violations
from tests.simulation.standins import ERRORS
from tests.simulation.unit_acts import changed, unit_violations
from tests.simulation.world import World

LIVE = ("pending", "held", "confirmed")
HOLD_FOR_S = Pacing().hold_for_s / 2
"""While the noise lasts no longer, nothing has expired between hold and confirmation."""
VISITS = "SELECT visit, phase, state FROM visits_visits ORDER BY visit"
AT_REST = ("ready", "blocked", "cancelled", "closed")


def violations(world: World) -> list[str]:
    """Everything that is wrong, one sentence each."""
    holds = [hold for service in owners(world) for hold in owner_holds(world, service)]
    found = [
        *capacity(world),
        *_visits(world, holds),
        *_commands(world),
        *delivery_violations(world),
    ]
    found += [*world.wrong, *announced(world)]
    found += [*_refusals(world), *parked_violations(world), *unit_violations(world)]
    found += [*hotel_violations(world), *call_violations(world), *operating_violations(world)]
    found += [one for process in world.processes.values() for one in process.wrong]
    found += guest_violations(world)
    if "notifications" in world.processes:
        found += [*notice_violations(world), *reminder_violations(world)]
    found += [f"a background task raised {error!r}" for error in ERRORS]
    ERRORS.clear()
    return found


def capacity(world: Stores) -> Iterator[str]:
    """INV1, INV2: what is taken is what live holds claim, and never more than there is."""
    for service in owners(world):
        ask = world.processes[service].store.ask
        claimed: dict[tuple[str, str], Counter[tuple[str, int]]] = defaultdict(Counter)
        for visit, need, unit, start, stop, quantity in ask(
            f"SELECT h.visit, h.need, c.unit, c.start, c.stop, c.quantity"
            f" FROM {service}_claims c JOIN {service}_holds h ON h.hold = c.hold"
            f" WHERE h.state IN {LIVE}"
        ):
            mine: Counter[tuple[str, int]] = Counter()
            for slot in range(start, stop):
                mine[unit, slot] += quantity
            one = claimed[visit, need]
            one |= mine
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
    rows = store.ask(VISITS)
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
        specs = store.ask("SELECT count(*) FROM visits_specs WHERE visit = ?", visit)[0][0]
        taken = changed(world) or bool(world.hotels or world.callers) or operating(world)
        in_time = world.noise_s < HOLD_FOR_S and not world.faults["delay"] and not taken
        if phase == "blocked" and specs == 1 and mine and in_time:
            yield f"{visit} was never whole and something was confirmed: {sorted(mine)}"
        yield from standing(phase, state, reading, mine, world.now())


def standing(
    phase: str,
    state: dict[str, Any],
    reading: Reading,
    mine: dict[str, OwnerHold],
    now: datetime,
) -> Iterator[str]:
    """A visit at rest is what it should be, and its holds (`mine`) are what it counts on."""
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


def _commands(world: World) -> Iterator[str]:
    """INV3, INV4: every command is answered once, and what was accepted had one effect."""
    accepted: Counter[str] = Counter()
    for command, about, answer in world.processes["console"].store.ask(
        "SELECT command, resource, answer FROM console_acts ORDER BY command"
    ):
        if answer is None:
            yield f"command {command} was never answered"
            continue
        told = orjson.loads(answer)
        verb, sent, _owner = world.sent[command]
        if told["outcome"] == "accepted" and verb in ("submit", "commit"):
            accepted[about] += 1
            if told["revision"] != sent.expected_revision + 1:  # type: ignore[attr-defined]
                yield f"command {command} was accepted although its planner saw an old revision"
    for visit, _phase, state in world.processes["visits"].store.ask(VISITS):
        revision = orjson.loads(state)["revision"]
        # A restored console has forgotten acts; what they did stands.
        fewer = "console" in world.restored and revision > accepted[visit]
        if revision != accepted[visit] and not fewer:
            yield f"{visit} is at revision {revision} after {accepted[visit]} accepted changes"
    yield from _contradictions(world)
    yield from _kept(world)
    yield from timelines(world)


def _contradictions(world: World) -> Iterator[str]:
    """A command that comes again is told what it was told before."""
    if "visits" in world.restored:
        return
    told: dict[str, set[str]] = defaultdict(set)
    for _one, subject, body, _published in sent_by(world, "visits"):
        if subject == CommandAnswered.subject("visits"):
            answer = orjson.loads(body)
            told[answer["command"]].add(answer["outcome"])
    for command, outcomes in told.items():
        if len(outcomes) > 1:
            yield f"command {command} was answered {' and '.join(sorted(outcomes))}"


def _kept(world: World) -> Iterator[str]:
    """Who was there before a store was brought back keeps what it had."""
    for visit, revision in world.stood.items():
        state, phase = world.state_of(visit)
        if (phase, state.get("revision")) != ("ready", revision):
            yield f"{visit} was ready at revision {revision} and is {phase or 'forgotten'}"


def timelines(world: Stores) -> Iterator[str]:
    """INV3: the timeline has no gap, and names actor and cause."""
    ask = world.processes["visits"].store.ask
    for visit, lines, last in ask(
        "SELECT visit, count(*), max(seq) FROM visits_timeline GROUP BY visit ORDER BY visit"
    ):
        if lines != last:
            yield f"the timeline of {visit} has {lines} lines and ends with {last}"
    for (nobody,) in ask("SELECT count(*) FROM visits_timeline WHERE actor = '' OR cause = ''"):
        if nobody:
            yield f"{nobody} lines of the timeline name no actor or no cause"


def announced(world: Stores) -> Iterator[str]:
    """The last announced arrangement of a visit is the firm one; of a cancelled one, none."""
    told = announcements(world)
    for visit, phase, text in world.processes["visits"].store.ask(VISITS):
        events = told.get(visit, {})
        last = events[max(events)] if events else None
        if phase == "cancelled" and last is not None and not last.cancelled:
            yield f"{visit} is cancelled and nobody was told"
        if phase != "ready":
            continue
        state = state_of(text)
        firm = views.firm_needs(state, reading_of(world, visit, str(state.revision)))
        if last is None or last.needs != firm:
            yield f"{visit} is ready and was announced otherwise, or not at all"


def _refusals(world: World) -> Iterator[str]:
    """Where one visit is alone in the world, nothing is ever full."""
    visits = {hold.visit for owner in owners(world) for hold in owner_holds(world, owner)}
    if len(visits) != 1 or changed(world):
        return
    for owner in owners(world):
        for hold, body in world.processes[owner].store.ask(
            f"SELECT hold, body FROM {owner}_holds WHERE state = 'refused'"
        ):
            if orjson.loads(body)["refusal"]["code"] == "no_capacity":
                yield f"{hold} was refused for want of room that only its own visit takes"
