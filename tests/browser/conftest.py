"""One real system for all tests of a worker, and a browser in which the planner is logged in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from playwright.async_api import Browser, Page

from deploy.client import Client
from deploy.local import service_names
from services.guests.vault import new_master_key
from tests.support.browser import Watch, logged_in, running_browser, session_of
from tests.support.console import token_in
from tests.support.nats import NatsServer
from tests.support.specs import hall, spec
from tests.support.system import READY_WITHIN_S, Replica, System


@dataclass
class World:
    """A running system, its planner, and what stands in it: three visits that want the same hall,
    one of them ready. A blocked one tries again by itself and is `holding` for that moment."""

    folder: Path
    bus: NatsServer
    console: Replica
    client: Client
    replicas: list[Replica]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.console.port}"

    @property
    def password(self) -> str:
        return (self.folder / "access" / "password").read_text().strip()

    async def session(self) -> str:
        return await session_of(self.address, "planner", self.password)

    def submit(self, visit: str, unit: str = "expo-forum", wait: bool = True) -> None:
        """A visit with one hall."""
        made = spec(visit, hall(unit))
        text = yaml.safe_dump(made.model_dump(mode="json", exclude_none=True), allow_unicode=True)
        self.client.submit(text)
        if wait:
            self.client.wait_for(visit, lambda view: view["phase"] in ("ready", "blocked"))

    def cancel(self, visit: str) -> None:
        """Give it up; what it held is given back by the time this returns, so that no later test
        meets the change."""
        self.client.cancel(visit, self.client.visit(visit)["revision"])
        self.client.wait_for(visit, lambda view: view["phase"] == "cancelled")

    async def restart_console(self) -> None:
        """The killed console comes back, which takes a process its time."""
        self.console.start()
        async with asyncio.timeout(READY_WITHIN_S):
            while not self.console.is_ready():
                await asyncio.sleep(0.1)


VISITS = ("first-visit", "second-visit", "third-visit")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All services, each in a process of its own, on a bus of their own."""
    folder = tmp_path_factory.mktemp("world")
    bus = NatsServer(folder / "nats").start()
    system = System(
        folder, bus.url, lambda name: f"sqlite:///{folder / name}.db",
        REDCROWN_ACCESS_DIR=str(folder / "access"), REDCROWN_GUESTS_KEY=new_master_key(),
    )  # fmt: skip
    try:
        replicas = system.start(*service_names())
        system.await_ready()
        console = next(one for one in replicas if one.service == "console")
        client = Client(f"http://127.0.0.1:{console.port}", token_in(folder))
        made = World(folder, bus, console, client, replicas)
        for visit in VISITS:
            made.submit(visit)
        yield made
        client.close()
    finally:
        system.stop()
        bus.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium; a machine that has none fails."""
    async with running_browser() as found:
        yield found


@pytest.fixture
async def session(world: World) -> str:
    """An open session of the planner."""
    return await world.session()


@pytest.fixture
async def watched(
    world: World, browser: Browser, session: str
) -> AsyncIterator[tuple[Page, Watch]]:
    """A page in English and light, where the planner is logged in, with the record of what the
    browser asked for and complained of."""
    async with logged_in(browser, world.address, session) as (context, watch):
        yield await context.new_page(), watch


@pytest.fixture
async def page(watched: tuple[Page, Watch]) -> AsyncIterator[Page]:
    """The same page alone. A test fails that made the browser complain or ask elsewhere."""
    yield watched[0]
    assert watched[1].errors == [] and watched[1].outside == []
