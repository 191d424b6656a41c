"""What must be true of guests when the noise has stopped: rosters are as planners were told,
whoever was erased is gone, each answer stands in the audit, and no name lies anywhere but sealed.

Reads the store with plain queries, past the code that wrote it; what is sealed it opens.
Must not: change anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from services.guests import audit, counting
from services.guests.vault import Sealed
from shared.contracts.guests import CountLodged, Lodging, VerifyAudit
from shared.contracts.lodged import CountRooming, LodgedAt
from tests.simulation.guest_acts import overdue
from tests.simulation.guest_desk import NAME
from tests.simulation.guest_line import Act
from tests.simulation.process import Process
from tests.simulation.rosters import CANARY, NEED, Row, numbers, sleeps_at
from tests.simulation.world import World

OVER = ("cancelled", "closed")
GONE = "identity IS NULL AND key_id IS NULL AND wrapped IS NULL AND content IS NULL"
WHO: Any = {"cause": "judging", "actor": "judge", "roles": ("auditor",)}


def guest_violations(world: World) -> Iterator[str]:
    """All of them."""
    if world.planner is None or world.line is None:
        return
    yield from world.line.wrong
    yield from _rosters(world)
    yield from _erased(world)
    yield from _audited(world)
    yield from _canaries(world)
    yield from (f"{visit} is long over and still has guests" for visit in overdue(world))


def _rosters(world: World) -> Iterator[str]:
    """What planners want is what the service has, and counts; but where a visit is over, nobody."""
    assert world.planner is not None
    process = world.processes[NAME]
    for visit, roster in world.planner.rosters.items():
        if not roster.settled:
            yield f"the roster of {visit} was never put: {roster}"
        found = _people(process, visit)
        over = world.state_of(visit)[1] in (*OVER, "")
        if over and not found:
            continue
        if found != numbers(roster.kept):
            yield f"{visit} has the guests {found}, its planner was told {numbers(roster.kept)}"
        # Once a visit is over, others are struck out, too. Who was struck out, forgotten, and left
        # out by the next roster is counted no more.
        sure = not over and NAME not in world.restored
        yield from _counted(process, visit, roster.kept, roster.struck if sure else None)


def _people(process: Process, visit: str) -> list[tuple[str | None, str]]:
    """Ids and names of the guests who are there, in order."""
    assert process.part.desk is not None
    vault, found = process.part.desk.keys.vault, []
    for guest, *sealed in process.store.ask(
        "SELECT guest, key_id, wrapped, content FROM guests_guests"
        " WHERE visit = ? AND erased_at IS NULL ORDER BY number",
        visit,
    ):
        person = orjson.loads(vault.open(f"{visit}\n{guest}", Sealed(*sealed)))
        found.append((guest, person["family_name"]))
    return found


def _counted(process: Process, visit: str, kept: list[Row], struck: int | None) -> Iterator[str]:
    """Whoever counts guests counts these, and as many as were `struck` out, where that is known."""
    told = {
        (kind, name): (present, erased)
        for kind, name, present, erased in process.store.ask(
            "SELECT kind, name, present, erased FROM guests_totals WHERE visit = ?", visit
        )
    }
    diets = Counter(diet for row in kept for diet in row.diets)
    counted = {name: present for (kind, name), (present, _) in told.items() if kind == "diet"}
    present, erased = told.get(("guests", "all"), (0, 0))
    if (present, erased) != (len(kept), erased if struck is None else struck) or (
        +Counter(counted) != diets
    ):
        yield f"{visit} counts {told}, there are {len(kept)}, {struck} struck out, diets {diets}"
    assert process.part.desk is not None
    store: Any = process.store.connection
    ring = process.part.desk.keys
    lodged = counting.count_lodged(store, ring, CountLodged(**WHO, visits=(visit,))).counts
    if {one.hotel: one.guests for one in lodged} != Counter(row.hotel for row in kept):
        yield f"{visit} lodges {lodged}, there are {kept}"
    place = LodgedAt(visit=visit, lodging=Lodging(need=NEED, hotel="big", alone=True))
    query = CountRooming(cause="judging", actor="judge", places=(place,))
    (rooming,) = counting.count_rooming(store, ring, query).counts
    here = [row for row in kept if sleeps_at(row, "big", alone=True)]
    sizes = Counter(row.group or f"alone {row.number}" for row in here)
    if (rooming.alone, rooming.pairs) != tuple(
        sum(size == many for size in sizes.values()) for many in (1, 2)
    ):
        yield f"{visit}: {rooming} share, there are {here}"


def _erased(world: World) -> Iterator[str]:
    """Of whoever was erased the id is left, and nothing else."""
    assert world.line is not None
    ask = world.processes[NAME].store.ask
    there = {guest for (guest,) in ask("SELECT guest FROM guests_guests WHERE erased_at IS NULL")}
    if still := sorted(world.line.erased & there):
        yield f"{still} were erased, and are there"
    for (guest,) in ask(
        f"SELECT guest FROM guests_guests WHERE erased_at IS NOT NULL AND NOT ({GONE})"
    ):
        yield f"{guest} is erased, and data or a key is left"


def _audited(world: World) -> Iterator[str]:
    """Every answer stands in the audit, which is whole, and names every guest who ever was."""
    assert world.line is not None
    process = world.processes[NAME]
    assert process.part.desk is not None
    records = [orjson.loads(row[0]) for row in process.store.ask("SELECT record FROM guests_audit")]
    noted = Counter(
        Act(one["actor"], one["cause"], one["act"], one["purpose"], one["visit"],
            tuple(one["guests"]), one["outcome"])
        for one in records
    )  # fmt: skip
    for act in Counter(world.line.answered) - noted:
        yield f"nobody noted {act}"
    named = {guest for one in records for guest in one["guests"]}
    for (guest,) in process.store.ask("SELECT guest FROM guests_guests ORDER BY guest"):
        if guest not in named:
            yield f"no record names {guest}"
    store: Any = process.store.connection
    verdict = audit.verify(store, process.part.desk.keys.chain, VerifyAudit(**WHO))
    if not verdict.whole or verdict.checked != len(records):
        yield f"the audit is not whole: {verdict}"


def _canaries(world: World) -> Iterator[str]:
    """No name, and no number of a document, lies open in a store, so on the bus, or in a letter."""
    for name, process in world.processes.items():
        image = process.store.image()
        if CANARY.encode() in image or CANARY.upper().encode() in image:
            yield f"{name} has a guest's name or document in its store"
    if CANARY in repr(world.mailbox.letters):
        yield "a letter has a guest's name in it"
