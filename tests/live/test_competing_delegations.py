"""Delegations that compete for two hotels and one divisible hall, watched by direct queries."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from deploy.audit import count
from shared.contracts.spec import VisitSpec
from shared.contracts.visits import CancelVisit
from tests.support.nats import NatsServer
from tests.support.postgres import PostgresServer
from tests.support.specs import hall, spec
from tests.support.system import Planner, System, act

ROOMS = {"nenjiang-hotel": 31, "hecheng-hotel": 30}
"""Twin rooms of the two hotels, as the seed file says."""
EACH = 7
"""Rooms that every delegation wants."""
SERVICES = ("bookings", "venues")


def delegations() -> list[VisitSpec]:
    """Every one wants rooms in one hotel, every third also the hall or a part of it."""
    found = []
    for number in range(24):
        hotel = tuple(ROOMS)[number % 2]
        rooms = {"id": "rooms", "kind": "room", "sharing_pairs": EACH, "hotel": hotel,
                 "hotel_only": True, "min_class": 4}  # fmt: skip
        needs = [rooms]
        if number % 3 == 0:
            needs.append(hall(("expo-hall-a", "expo-hall-b", "expo-hall")[number // 3 % 3]))
        found.append(spec(f"delegation-{number:02}", *needs, guests=2 * EACH, ends="09:00",
                          last_day="2027-09-15"))  # fmt: skip
    return found


class Watch:
    """Looks at the stores again and again, past all code that books."""

    def __init__(self, store_of: Callable[[str], str]) -> None:
        self._store_of = store_of
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.looks, self.most, self.wrong = 0, 0, list[str]()

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        engine = create_engine(self._store_of("bookings"))
        while not self._over.wait(0.005):
            with engine.connect() as connection:
                for hotel, rooms in confirmed_rooms(connection):
                    self.most = max(self.most, rooms)
                    if rooms > ROOMS[hotel]:
                        self.wrong.append(f"{hotel}: {rooms} rooms")
            self.looks += 1
            if self.looks % 5 == 0:
                self._count_cells()
        engine.dispose()

    def _count_cells(self) -> None:
        for service in SERVICES:
            found = count(service, self._store_of(service))
            if found.oversold:
                self.wrong.append(f"{service}: {found.oversold} cells")


def confirmed_rooms(connection: object) -> Iterator[tuple[str, int]]:
    """Rooms confirmed for the one night, by hotel: the claims, not the kernel's count of them."""
    rows = connection.execute(  # type: ignore[attr-defined]
        text(
            "SELECT c.unit, sum(c.quantity) FROM bookings_claims c"
            " JOIN bookings_holds h ON h.hold = c.hold WHERE h.state = 'confirmed' GROUP BY c.unit"
        )
    )
    for unit, rooms in rows:
        yield unit.partition("/")[0], int(rooms)


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_what_is_confirmed_never_exceeds_what_there_is(
    tmp_path: Path, bus: NatsServer, request: pytest.FixtureRequest, store: str
) -> None:
    def sqlite(service: str) -> str:
        return f"sqlite:///{tmp_path / service}.db"

    store_of: Callable[[str], str] = sqlite
    if store == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        store_of = {name: server.create_database() for name in (*SERVICES, "visits")}.__getitem__
    system = System(tmp_path, bus.url, store_of)
    try:
        system.start("visits", *SERVICES)
        if store == "postgresql":
            system.start(*SERVICES)
        system.await_ready()
        planner = await Planner.connect(bus.url)
        specs = delegations()
        with Watch(store_of) as watch:
            await asyncio.gather(*(planner.submit(one) for one in specs))
            await planner.settled([one.visit for one in specs])
            phases = await make_room(planner, [one.visit for one in specs])
        assert watch.wrong == []
        assert watch.looks > 20
        winners = [visit for visit, phase in phases.items() if phase == "ready"]
        losers = [visit for visit, phase in phases.items() if phase == "blocked"]
        assert watch.most >= EACH, "the watch never saw a confirmed room"
        assert 0 < len(winners) <= sum(rooms // EACH for rooms in ROOMS.values())
        said = [await check_loser(planner, visit) for visit in losers]
        assert any(said), "with what was given up not all of them can have moved up"
        await planner.close()
    finally:
        system.stop()


async def make_room(planner: Planner, visits: list[str]) -> dict[str, str]:
    """Half of the winners cancel, and losers move up by themselves."""
    phases = await planner.phases()
    winners = [visit for visit in visits if phases[visit] == "ready"]
    for visit in winners[::2]:
        await planner.send(CancelVisit(**act(), visit=visit, expected_revision=1))
    waiting = [visit for visit in visits if visit not in winners]
    deadline = time.monotonic() + 120
    while not any(phases[visit] == "ready" for visit in waiting):
        assert time.monotonic() < deadline, phases
        await asyncio.sleep(0.1)
        phases = await planner.phases()
    return await planner.settled(visits, ("ready", "blocked", "cancelled"))


async def check_loser(planner: Planner, visit: str) -> bool:
    """It says what is missing, and what would fit; or has moved up meanwhile, then False."""
    view = await planner.until(visit, lambda view: view["phase"] in ("blocked", "ready"))
    if view["phase"] == "ready":
        return False
    refusals = [need["refusal"] for need in view["needs"] if need["refusal"]]
    assert refusals, view["needs"]
    assert view["reasons"]
    for refusal in refusals:
        assert refusal["code"] == "no_capacity"
        assert refusal["alternatives"]
    return True
