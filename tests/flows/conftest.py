"""A console over HTTP and a stand-in for the owners behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from tests.support.console import FakeOwner, client_of, running_console, running_owner
from tests.support.identity import Identity, running_identity
from tests.support.nats import NatsServer


@pytest_asyncio.fixture
async def owner(nats_server: NatsServer) -> AsyncIterator[FakeOwner]:
    async with running_owner(nats_server.url) as owner:
        yield owner


@pytest_asyncio.fixture
async def api(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    bus = nats_server.url
    async with running_console(bus, tmp_path) as address, client_of(address) as client:
        yield client


@pytest_asyncio.fixture
async def identity() -> AsyncIterator[Identity]:
    async with running_identity() as identity:
        yield identity
