"""Scenario S12: fifty visits in flight, the orchestrator killed and back later."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from deploy.audit import count
from shared.contracts.spec import VisitSpec
from tests.support.nats import NatsServer
from tests.support.postgres import PostgresServer
from tests.support.specs import spec
from tests.support.system import Planner, System

VISITS = 50
RESOURCES = ("bookings", "venues", "catering")
DOWN_S = 3.0


def visits() -> list[VisitSpec]:
    """Hall, rooms and a meal each; more than the city can take, so some must lose."""
    return [
        spec(
            f"visit-{number:02d}",
            {"id": "hall", "kind": "hall", "setup": "theatre", "attendance": 20},
            {"id": "rooms", "kind": "room", "singles": 4, "sharing_pairs": 8, "split": True,
             "starts_at": "2027-09-14T14:00", "ends_at": "2027-09-16T12:00"},
            {"id": "meal", "kind": "meal", "style": "buffet", "covers": 20,
             "starts_at": "2027-09-14T12:00", "ends_at": "2027-09-14T13:00"},
        )
        for number in range(VISITS)
    ]  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def system(request: pytest.FixtureRequest, tmp_path: Path, bus: NatsServer) -> System:
    """All that the scenario needs, on one database or the other."""
    if request.param == "sqlite":
        return System(tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    urls = {name: server.create_database() for name in ("visits", *RESOURCES)}
    return System(tmp_path, bus.url, urls.__getitem__)


async def test_every_visit_is_whole_or_holds_nothing(system: System) -> None:
    try:
        [orchestrator] = system.start("visits")
        system.start(*RESOURCES)
        system.await_ready()
        planner = await Planner.connect(system.bus_url)
        specs = visits()
        for one in specs:
            await planner.submit(one)
        await _some_hall_is_held(system)
        orchestrator.kill()
        await asyncio.sleep(DOWN_S)
        system.start("visits")
        phases = await planner.settled([one.visit for one in specs], within_s=200)
        await planner.close()
        await _nothing_moves(system)
        check(system, phases)
    finally:
        system.stop()


async def _some_hall_is_held(system: System) -> None:
    """The kill must fall into the work, not before or after it."""
    async with asyncio.timeout(60):
        while True:
            seen = count("venues", system.store_of("venues"))
            if seen.unconfirmed + seen.confirmed:
                return
            await asyncio.sleep(0.005)


async def _nothing_moves(system: System) -> None:
    """Blocked visits try again for a while: wait until a moment at which nothing is unconfirmed."""
    async with asyncio.timeout(60):
        while sum(count(name, system.store_of(name)).unconfirmed for name in RESOURCES):
            await asyncio.sleep(0.1)


def check(system: System, phases: dict[str, str]) -> None:
    """Stores agree with phases; no orphan; one chain of causes per visit."""
    ready = {visit for visit, phase in phases.items() if phase == "ready"}
    assert ready, phases
    for name in RESOURCES:
        assert count(name, system.store_of(name)).oversold == 0
        firm = _rows(system, name, f"SELECT visit FROM {name}_holds WHERE state = 'confirmed'")
        assert {row[0] for row in firm} >= ready
        assert len(firm) == len({row[0] for row in firm}), "a need was booked twice"
    told = _rows(
        system, "visits",
        "SELECT visit, count(DISTINCT cause) FROM visits_timeline GROUP BY visit",
    )  # fmt: skip
    assert {row[1] for row in told} == {1}, "one cause per visit"


def _rows(system: System, service: str, query: str) -> list[tuple]:  # type: ignore[type-arg]
    engine = create_engine(system.store_of(service))
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]
    finally:
        engine.dispose()
