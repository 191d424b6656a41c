"""Stores copied while everything runs; one brought back older than the rest, and made whole."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from deploy import backup
from deploy.audit import count
from deploy.copies import CopyError
from deploy.differences import Difference, differences
from shared.contracts.catalog import resource_services
from shared.contracts.spec import VisitSpec
from tests.support.nats import NatsServer
from tests.support.postgres import PostgresServer
from tests.support.specs import spec
from tests.support.system import Planner, Replica, System

OWNERS = tuple(sorted(resource_services()))
EVERYONE = ("visits", *OWNERS)


def visit(name: str, day: int) -> VisitSpec:
    """A hall and a meal, on a day of its own."""
    return spec(
        name,
        {"id": "hall", "kind": "hall", "setup": "theatre", "attendance": 20,
         "starts_at": f"2027-09-{day}T09:00", "ends_at": f"2027-09-{day}T11:00"},
        {"id": "meal", "kind": "meal", "style": "buffet", "covers": 20,
         "starts_at": f"2027-09-{day}T12:00", "ends_at": f"2027-09-{day}T13:00"},
    )  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def system(
    request: pytest.FixtureRequest, tmp_path: Path, bus: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> System:
    if request.param == "sqlite":
        return System(tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    monkeypatch.setenv("REDCROWN_PG_BIN", str(server.binaries))
    urls = {name: server.create_database() for name in EVERYONE}
    return System(tmp_path, bus.url, urls.__getitem__)


def seen(system: System) -> list[Difference]:
    return list(differences({name: system.store_of(name) for name in EVERYONE}))


async def everyone(system: System) -> tuple[Replica, Planner]:
    """All services up: the one that will forget, and a planner."""
    system.start("visits", *(one for one in OWNERS if one != "venues"))
    [venues] = system.start("venues")
    system.await_ready()
    return venues, await Planner.connect(system.bus_url)


async def agreed(system: System) -> None:
    async with asyncio.timeout(120):
        while seen(system):
            await asyncio.sleep(0.2)


async def test_an_owner_that_forgot_is_told_again(system: System, tmp_path: Path) -> None:
    stores = [f"{name}={system.store_of(name)}" for name in EVERYONE]
    copy = tmp_path / "copy"
    try:
        venues, planner = await everyone(system)
        await planner.submit(visit("before", 14))
        await planner.settled(["before"], ("ready",))
        await agreed(system)
        backup.create(copy, backup.store_urls(EVERYONE, stores))
        await planner.submit(visit("since", 15))
        await planner.settled(["since"], ("ready",))
        await agreed(system)
        with pytest.raises(CopyError, match="stop its service"):
            backup.restore(copy, ["venues"], stores)
        venues.stop()
        backup.restore(copy, ["venues"], stores)
        [lost] = seen(system)
        assert (lost.visit, lost.other_says, lost.owner_says) == ("since", "confirmed", "absent")
        system.await_ready(system.start("venues"))
        await agreed(system)
        await planner.settled(["before", "since"], ("ready",))
        await planner.close()
        found = count("venues", system.store_of("venues"))
        assert (found.confirmed, found.oversold) == (2, 0)
    finally:
        system.stop()


async def test_a_forgotten_release_is_done_again(system: System, tmp_path: Path) -> None:
    """The copy has a hold that its visit has given up since: nobody may be kept out by it."""
    stores = [f"{name}={system.store_of(name)}" for name in EVERYONE]
    copy = tmp_path / "copy"
    try:
        venues, planner = await everyone(system)
        await planner.submit(visit("v", 14))
        await planner.settled(["v"], ("ready",))
        backup.create(copy, backup.store_urls(["venues"], stores))
        await planner.cancel("v", 1)
        await planner.settled(["v"], ("cancelled",))
        await agreed(system)
        venues.stop()
        backup.restore(copy, [], stores)
        [kept] = seen(system)
        assert (kept.other_says, kept.owner_says) == ("absent", "confirmed")
        system.await_ready(system.start("venues"))
        await agreed(system)
        await planner.close()
        assert count("venues", system.store_of("venues")).confirmed == 0
    finally:
        system.stop()


def test_a_damaged_or_foreign_copy_is_refused(tmp_path: Path) -> None:
    stores = {"venues": f"sqlite:///{tmp_path / 'venues.db'}"}
    given = [f"venues={stores['venues']}"]
    with pytest.raises(CopyError, match="there is no store"):
        backup.create(tmp_path / "a", stores)
    (tmp_path / "venues.db").touch()
    backup.create(tmp_path / "copy", stores)
    with pytest.raises(CopyError, match="there already"):
        backup.create(tmp_path / "copy", stores)
    with pytest.raises(CopyError, match="no copy of catering"):
        backup.restore(tmp_path / "copy", ["catering"], [])
    with pytest.raises(CopyError, match="another kind"):
        backup.restore(tmp_path / "copy", ["venues"], ["venues=postgresql+psycopg://x@y/z"])
    with pytest.raises(CopyError, match="no such service"):
        backup.store_urls(["venues"], ["nonsense=sqlite://"])
    with (tmp_path / "copy" / "venues.copy").open("ab") as file:
        file.write(b"!")
    with pytest.raises(CopyError, match="damaged"):
        backup.restore(tmp_path / "copy", ["venues"], given)
    with pytest.raises(CopyError, match="is no backup"):
        backup.restore(tmp_path / "nowhere", [], [])
    manifest = tmp_path / "copy" / backup.MANIFEST
    assert set(json.loads(manifest.read_text())) == {"venues"}
