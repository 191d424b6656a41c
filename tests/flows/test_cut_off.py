"""A service that is connected to a server without the others of its cluster turns to another."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from shared.chassis import limits
from shared.chassis.link import Silence
from tests.chaos.routes import Routes
from tests.flows.test_bus_restarted import Taker, publish
from tests.support.nats import NatsServer
from tests.support.ports import free_port

LATE_S = 120.0


def test_a_server_is_mute_when_it_has_answered_nothing_for_long() -> None:
    silence = Silence()
    assert not silence.lasts(0.0, 5.0)
    silence.ends()
    assert not silence.lasts(limits.BUS_MUTE_S, limits.BUS_MUTE_S + 5.0)
    assert not silence.lasts(2 * limits.BUS_MUTE_S - 1.0, 2 * limits.BUS_MUTE_S - 1.0)
    assert silence.lasts(2 * limits.BUS_MUTE_S - 0.5, 2 * limits.BUS_MUTE_S)


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[tuple[Routes, dict[str, NatsServer]]]:
    names = ("n1", "n2", "n3")
    wires = await Routes({name: free_port() for name in names}, random.Random(1)).start()
    servers = {name: NatsServer(tmp_path / name, name, wires.config(name)) for name in names}
    try:
        for server in servers.values():
            await asyncio.to_thread(server.start)
        yield wires, servers
    finally:
        for server in servers.values():
            server.kill()
        await wires.stop()


async def test_a_service_leaves_a_server_that_is_cut_off(
    cluster: tuple[Routes, dict[str, NatsServer]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wires, servers = cluster
    url = ",".join(server.url for server in servers.values())
    taker = Taker(url, f"sqlite:///{tmp_path / 'store.db'}", replicas=3)
    async with taker.service.running(), asyncio.timeout(LATE_S):
        while not taker.service.ready:
            await asyncio.sleep(0.05)
        # Not before: a new cluster takes its time to make streams.
        monkeypatch.setattr(limits, "BUS_MUTE_S", 1.0)
        monkeypatch.setattr(limits, "BUS_WATCH_S", 0.5)
        client = taker.service.broker._connection
        assert client is not None and client.connected_url is not None
        (cut,) = (
            one for one, server in servers.items() if server.port == client.connected_url.port
        )
        ways = wires.around(cut)
        for way in ways:
            way.part()
        # None between two servers.
        while (at := client.connected_url) is None or at.port == servers[cut].port:
            await asyncio.sleep(0.05)
        for way in ways:
            way.heal()
        await sent(servers[cut].url)
        while not taker.done:
            await asyncio.sleep(0.05)


async def sent(url: str) -> None:
    """A command, as soon as the cluster takes one."""
    while True:
        try:
            return await publish(url, "one")
        except (NatsError, JetStreamError, TimeoutError):
            await asyncio.sleep(0.1)
