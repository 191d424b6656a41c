"""A system of some services on both databases, and a planner who uses it.

A module says in `SERVICES` which services it is, and makes it in a fixture named `system`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.postgres import PostgresServer
from tests.support.system import Planner, System


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """The address of each service's own store."""
    if request.param == "sqlite":
        return lambda name: f"sqlite:///{tmp_path / name}.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return {name: server.create_database() for name in request.module.SERVICES}.__getitem__


@pytest_asyncio.fixture
async def planner(request: pytest.FixtureRequest, system: System) -> AsyncIterator[Planner]:
    """Connected, and everything is up."""
    try:
        system.start(*request.module.SERVICES)
        system.await_ready()
        made = await Planner.connect(system.bus_url)
        yield made
        await made.close()
    finally:
        system.stop()
