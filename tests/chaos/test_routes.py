"""What is cut among real nats-servers is cut: they find no way past the proxies, and come back."""

from __future__ import annotations

import asyncio
import json
import random
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import StreamConfig
from nats.js.errors import Error as JetStreamError

from deploy.bus.keys import ADMIN, seed_file
from shared.chassis.bus_use import inbox_of
from tests.chaos.bus import Node, keys, nodes, routes
from tests.chaos.disks import Disks
from tests.chaos.routes import NOWHERE, Routes
from tests.chaos.units import await_all

WITHIN_S = 90.0


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[tuple[Routes, dict[str, Node]]]:
    wires = await routes(True, random.Random(1)).start()
    servers = {
        node.name: node for node in nodes(tmp_path, wires, Disks(tmp_path / "disks", real=False))
    }
    try:
        for node in servers.values():
            node.start()
        _took, _last, never = await await_all([*servers.values()], WITHIN_S)
        assert not never
        yield wires, servers
    finally:
        for node in servers.values():
            node.kill()
        await wires.stop()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not await asyncio.to_thread(true):
            await asyncio.sleep(0.05)


def seen(node: Node) -> set[str]:
    """Whom a server has a route to."""
    address = node.ready_url.replace("/healthz", "/routez")
    with urllib.request.urlopen(address, timeout=10) as answer:
        return {one["remote_name"] for one in json.load(answer)["routes"]}


async def client_of(folder: Path, node: Node) -> Client:
    return await nats.connect(
        f"nats://127.0.0.1:{node.port}", nkeys_seed=str(seed_file(keys(folder), ADMIN)),
        inbox_prefix=inbox_of(ADMIN), allow_reconnect=False,
    )  # fmt: skip


async def leader_of_stream(client: Client) -> str:
    """Make the stream; who leads it. Asked again: a cluster that is choosing who leads the cluster,
    as it may while all its servers count as healthy, answers nothing."""
    wanted = StreamConfig(name="T", subjects=["t"], num_replicas=3)
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                made = await client.jetstream(timeout=5).add_stream(wanted)
            except (NatsError, JetStreamError):
                await asyncio.sleep(0.05)
                continue
            if made.cluster is not None and made.cluster.leader:
                return made.cluster.leader
            await asyncio.sleep(0.05)


async def stored(client: Client, body: bytes) -> int:
    """Publish until the stream, which may have no leader for a while, has it; its place."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                return (await client.jetstream(timeout=5).publish("t", body)).seq
            except (NatsError, JetStreamError):
                await asyncio.sleep(0.05)


async def test_a_cut_holds_until_it_heals(
    tmp_path: Path, cluster: tuple[Routes, dict[str, Node]]
) -> None:
    wires, servers = cluster
    async with AsyncExitStack() as stack:
        clients = {name: await client_of(tmp_path, node) for name, node in servers.items()}
        for client in clients.values():
            stack.push_async_callback(client.close)
        leader = await leader_of_stream(clients["nats-1"])
        cut, third = sorted(servers.keys() - {leader})
        before = await stored(clients[cut], b"before")
        ways = wires.around(cut)
        for way in ways:
            way.part()
        # Its client is told nothing: what it sends waits, and the others go on without it.
        cut_off = clients[cut].jetstream().publish("t", b"late", timeout=WITHIN_S)
        late = asyncio.create_task(cut_off)
        await clients[cut].flush()
        meanwhile = await stored(clients[third], b"meanwhile")
        assert not late.done() and meanwhile > before
        for way in ways:
            way.heal()
        assert (await late).seq > meanwhile
        await two_stay_apart(wires, servers, cut, leader, third)
        assert await stored(clients[cut], b"after") > meanwhile


async def test_a_server_that_is_not_heard_still_hears_the_others(
    cluster: tuple[Routes, dict[str, Node]],
) -> None:
    """What leaves it is held up on ways that it has dialled and on those that others have."""
    wires, servers = cluster
    ways = wires.out_of("nats-1")
    assert {(way in wires.around("nats-1"), forth) for way, forth in ways} == {
        (True, True), (True, False),
    }  # fmt: skip
    for way, forth in ways:
        way.part(forth=forth, back=not forth)
    others = (servers["nats-2"], servers["nats-3"])
    await more(servers["nats-1"], servers["nats-3"])  # what was under way has arrived
    unheard = [came(node, "nats-1") for node in others]
    await more(servers["nats-1"], servers["nats-3"])
    assert all(came(node, "nats-1") <= was for node, was in zip(others, unheard, strict=True))
    for way, _forth in ways:
        way.heal()
    await until(lambda: all(came(node, "nats-1") > was
                            for node, was in zip(others, unheard, strict=True)))  # fmt: skip


async def more(*some: Node) -> None:
    """Wait until each of these has had more from nats-2."""
    before = [came(node, "nats-2") for node in some]
    await until(lambda: all(came(node, "nats-2") > was
                            for node, was in zip(some, before, strict=True)))  # fmt: skip


def came(node: Node, other: str) -> int:
    """Bytes that a server has had from another over its routes."""
    address = node.ready_url.replace("/healthz", "/routez")
    with urllib.request.urlopen(address, timeout=10) as answer:
        routes_ = json.load(answer)["routes"]
    return sum(int(one["in_bytes"]) for one in routes_ if one["remote_name"] == other)


async def two_stay_apart(
    wires: Routes, servers: dict[str, Node], one: str, other: str, third: str
) -> None:
    """Two that see only the third are told by it where the other is, and do not get there."""
    ways = wires.between([one], [other])
    for way in ways:
        way.part()
        way.reset()
    await until(lambda: seen(servers[one]) == {third} == seen(servers[other]))
    told = servers[one].log.read_text().count(f"dial tcp {NOWHERE}")
    for way in wires.between([other], [third]):
        way.reset()
    await until(lambda: servers[one].log.read_text().count(f"dial tcp {NOWHERE}") > told)
    await until(lambda: seen(servers[third]) == {one, other})
    assert seen(servers[one]) == {third}
    for way in ways:
        way.heal()
    await until(lambda: seen(servers[one]) == {other, third})
