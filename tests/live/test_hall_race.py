"""Scenario S04: 200 requests for one hall and its neighbours, a replica killed midway."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from deploy.audit import count
from shared.contracts.spec import VisitSpec
from tests.support.nats import NatsServer
from tests.support.postgres import PostgresServer
from tests.support.specs import hall, spec
from tests.support.system import Planner, System


def contenders() -> list[VisitSpec]:
    """Each excludes every other: same hall, turnaround too short, or the whole against its part."""
    first = [spec(f"a-{n}", hall("expo-hall-a"), starts="10:00", ends="12:00") for n in range(150)]
    next_up = [spec(f"b-{n}", hall("expo-hall-a"), starts="12:15", ends="13:15") for n in range(30)]
    whole = [spec(f"w-{n}", hall("expo-hall"), starts="11:00", ends="12:30") for n in range(20)]
    return [*first, *next_up, *whole]


async def race(system: System, kill_one: bool) -> None:
    planner = await Planner.connect(system.bus_url)
    try:
        specs = contenders()
        await asyncio.gather(*(planner.submit(one) for one in specs))
        if kill_one:
            next(one for one in system.replicas if one.service == "venues").kill()
        phases = await planner.settled([one.visit for one in specs])
        winners = [visit for visit, phase in phases.items() if phase == "ready"]
        assert len(winners) == 1, winners
        counted = count("venues", system.store_of("venues"))
        assert counted.oversold == 0
        assert counted.confirmed == 1
        for one in specs[::17]:
            if one.visit not in winners:
                await check_loser(planner, one.visit)
        await check_winner_again(planner, winners[0])
    finally:
        await planner.close()


async def check_loser(planner: Planner, visit: str) -> None:
    """It says why, and what would fit; not while it tries again."""
    view = await planner.until(visit, lambda view: view["phase"] == "blocked")
    [need] = view["needs"]
    assert view["reasons"]
    assert need["refusal"]["code"] == "no_capacity"
    assert need["refusal"]["alternatives"]


async def check_winner_again(planner: Planner, visit: str) -> None:
    """The same wish again keeps the same booking."""
    before = await planner.visit(visit)
    assert before is not None
    await planner.submit(VisitSpec.model_validate(before["spec"]), revision=1)
    after = await planner.until(visit, lambda view: view["revision"] == 2)
    assert after["needs"][0]["hold"] == before["needs"][0]["hold"]
    assert after["phase"] == "ready"


async def test_three_replicas_on_postgresql_one_killed(
    tmp_path: Path, bus: NatsServer, postgres: PostgresServer
) -> None:
    urls = {name: postgres.create_database() for name in ("visits", "venues")}
    system = System(tmp_path, bus.url, urls.__getitem__)
    try:
        system.start("visits")
        system.start("venues", replicas=3)
        system.await_ready()
        await race(system, kill_one=True)
    finally:
        system.stop()


async def test_one_process_on_sqlite(tmp_path: Path, bus: NatsServer) -> None:
    system = System(tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db")
    try:
        system.start("visits", "venues")
        system.await_ready()
        await race(system, kill_one=False)
    finally:
        system.stop()


@pytest.mark.parametrize("size", [3])
async def test_killed_replica_is_replaced(
    tmp_path: Path, bus: NatsServer, postgres: PostgresServer, size: int
) -> None:
    """With one replica left of several, visits still come together."""
    urls = {name: postgres.create_database() for name in ("visits", "venues")}
    system = System(tmp_path, bus.url, urls.__getitem__)
    try:
        system.start("visits")
        venues = system.start("venues", replicas=size)
        system.await_ready()
        for replica in venues[1:]:
            replica.kill()
        planner = await Planner.connect(bus.url)
        await planner.submit(spec("alone", hall("expo-forum")))
        assert await planner.settled(["alone"]) == {"alone": "ready"}
        await planner.close()
    finally:
        system.stop()
