"""What planners and others do with rosters in the simulation: put them, look at them, have guests
erased, while the guests service is away, dies, or its answers are lost.

Must not: know how it ends.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Any

from nats.errors import Error as NatsError

from shared.chassis.limits import OUTBOX_KEEP_S
from shared.contracts.guests import Lodging, LookAtRoster, PutRoster, RosterPut, RosterView
from tests.simulation.guest_desk import KEEP_DAYS, NAME
from tests.simulation.histories import VISITS, lossy
from tests.simulation.rosters import CANARY, NEED, Row
from tests.simulation.world import World

HOTELS = (None, None, None, "big", "small")
LOOKS = (
    ("desk", "planner"), ("rooming", "unit_liaison"), ("kitchen", "unit_liaison"),
    ("hotel-registration", "hotel"), ("transport", "station_lead"), ("desk", "auditor"),
    ("gossip", "planner"),
)  # fmt: skip
"""Purposes and who looks for them; the last two may not."""
NAMELESS = ("kitchen",)
KEPT_FOR = timedelta(days=KEEP_DAYS)
OLDEST = timedelta(seconds=OUTBOX_KEEP_S)
"""Of a copy."""


def roster(world: World, number: int, how: str) -> None:
    """The roster of some visit is to be another one; or nobody answers for a while."""
    if world.planner is None or world.line is None:
        return
    world.faults[f"roster: {how}"] += 1
    world.line.away = how == "away"
    if how != "away":
        change(world, VISITS[number % 7 % len(VISITS)], number, how)


def change(world: World, visit: str, number: int, how: str) -> None:
    """Change one roster, and have the service told; now and then everybody else goes on first."""
    assert world.planner is not None
    hotel = HOTELS[number // 7 % len(HOTELS)]
    # Whoever comes to a hotel whose system calls us has a room for himself.
    world.planner.change(visit, how, number, hotel, share=not world.callers)
    carry(world, "console", world.planner.settle(visit), at_once=number % 4 > 0)


def look(world: World, number: int) -> None:
    """Somebody looks at a roster for some purpose, or tries to."""
    if world.planner is not None and world.planner.rosters:
        visits = sorted(world.planner.rosters)
        some = LOOKS[number % len(LOOKS)]
        carry(world, "console", _look(world, visits[number % len(visits)], *some))


async def _look(world: World, visit: str, purpose: str, role: str) -> None:
    planner = world.planner
    assert planner is not None
    kept = planner.rosters[visit]
    where = Lodging(need=NEED, hotel="big", alone=True) if role == "hotel" else None
    query = LookAtRoster(
        **planner.who() | {"roles": (role,), "actor": f"some-{role}"}, visit=visit,
        purpose=purpose, lodging=where,
    )  # fmt: skip
    settled, before = kept.settled, list(kept.kept)
    try:
        view = await planner.ask(query, RosterView)
    except NatsError:
        return
    may = (purpose, role) in LOOKS[:-2]
    if may == (view.outcome == "refused"):
        world.wrong.append(f"a {role} looked at {visit} for {purpose}: {view.outcome}")
    if purpose in NAMELESS and CANARY in view.model_dump_json():
        world.wrong.append(f"a {role} saw a name of {visit} for {purpose}")
    sure = settled and kept.settled and NAME not in world.restored
    if purpose == "desk" and may and sure and kept.kept == before:
        seen = [(one["guest"], one["family_name"]) for one in view.guests]
        if seen and seen != [(row.guest, row.family_name) for row in before]:
            world.wrong.append(f"the roster of {visit} is {before}, shown is {seen}")


def stale(world: World, number: int) -> None:
    """Another planner puts a roster without having seen the one that there is."""
    if world.planner is not None and world.planner.rosters:
        visits = sorted(world.planner.rosters)
        carry(world, "console", _stale(world, visits[number % len(visits)]))


async def _stale(world: World, visit: str) -> None:
    planner = world.planner
    assert planner is not None
    query = PutRoster(
        **planner.who() | {"actor": "another"}, visit=visit, expected_revision=1_000,
        rows=(Row(0).sent(),),
    )  # fmt: skip
    try:
        told = await planner.ask(query, RosterPut)
    except NatsError:
        return
    if told.outcome != "conflict":
        world.wrong.append(f"a roster of {visit} that nobody had seen was {told.outcome}")


def lose(world: World, many: int) -> None:
    """The next answers of the guests service do not arrive."""
    if world.line is not None:
        world.line.losing += many
        world.faults["roster: answer lost"] += many


def doom(world: World, point: str, after: int) -> None:
    """The guests service will die when it passes this point."""
    if NAME in world.processes:
        world.processes[NAME].doom = [point, after]


def end(world: World) -> None:
    """Days pass, and whoever's visit is over is erased."""
    if NAME in world.processes and not lossy(world.history):
        world.pass_time(KEPT_FOR.total_seconds() + 1)
        world.run_job(world.processes[NAME], "retire")
        while world.turn_all():
            pass


def brought_back(world: World, as_of: datetime) -> bool:
    """The guests service is to go on with an older store; False: nobody brings one so old back."""
    if world.line is None or world.now() - as_of > OLDEST:
        return False
    world.line.went_back()
    return True


def check(world: World) -> None:
    """The console asks for rosters that are in doubt."""
    if world.planner is not None:
        carry(world, "console", world.planner.memory.look())


def at_rest(world: World) -> None:
    """The noise is over: every planner has his roster put, also where an alarm says that it went
    back, and what is due is erased."""
    if world.planner is None or world.line is None:
        return
    world.line.away, world.line.losing = False, 0
    if world.planner.memory.doubts():
        check(world)
    for visit in world.planner.memory.went_back():
        world.planner.rosters[visit].kept = []
    for visit, one in sorted(world.planner.rosters.items()):
        if not one.settled and not one.busy:
            carry(world, "console", world.planner.settle(visit))
    if overdue(world):
        world.run_job(world.processes[NAME], "retire")


def overdue(world: World) -> list[str]:
    """Visits that were over, or that nobody heard of, long enough ago, and still have guests."""
    found = world.processes[NAME].store.ask(
        "SELECT visit, sequence, put_at, closed_at FROM guests_visits WHERE present > 0"
        " ORDER BY visit"
    )
    before = (world.now() - KEPT_FOR).replace(tzinfo=None)
    ends = {visit: closed if heard else put for visit, heard, put, closed in found}
    return [visit for visit, end in ends.items() if end and datetime.fromisoformat(end) < before]


def carry(world: World, name: str, call: Awaitable[Any], at_once: bool = True) -> None:
    """A question, as long as whoever asks it lives; then nothing comes back."""
    world.processes[name].spawn(call)
    world.loop.until_idle()
    while at_once and world.turn_all():
        pass
