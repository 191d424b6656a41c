"""The faults: each does its harm, waits, and heals it; when it returns, recovery may begin.

Must not: judge what comes of it.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import time
import urllib.request
from collections.abc import Awaitable, Callable, Sequence

import psycopg

from tests.chaos.bus import Node, copy_disks
from tests.chaos.campaign import SERVICES, Strike
from tests.chaos.poison import Poisoner
from tests.chaos.proxy import Proxy
from tests.chaos.units import Unit
from tests.chaos.world import World

HOUR_S = 3_600
FILL_AGAIN_S = 0.1
"""How often room is taken that somebody has given up meanwhile."""
PUT_BACK_S = 8.0
"""A bus is put back by no more: the relay makes good for `BUS_DOUBT_S` before a break."""
COPIES = 4
"""Attempts to do so; only one other fault strikes at the same time."""
LAG_S, LOSS = 0.2, 0.05
"""Each way; and of all chunks."""
UNWELL_S = 3.0
"""A nats-server that is not healthy so long after it could be is started again."""


class Faults:
    """One campaign's faults. Two may strike at once, but only one of them the bus's servers."""

    def __init__(self, world: World, poisoner: Poisoner) -> None:
        self._world, self._poisoner = world, poisoner
        self._bus_turn, self._store_turn = asyncio.Lock(), asyncio.Lock()

    async def strike(self, one: Strike) -> None:
        """Do it and heal it."""
        await acts()[one.kind](self, one)

    def _units(self, one: Strike) -> list[Unit]:
        if not one.target:
            return list(self._world.services)
        return self._world.replicas(one.target)

    def _node(self, one: Strike) -> Node:
        return next(node for node in self._world.bus if node.name == one.target)

    # ---------------------------------------------------------------- processes

    async def kill_one(self, one: Strike) -> None:
        await self._kill([random.Random(one.chance).choice(self._units(one))])

    async def kill_all(self, one: Strike) -> None:
        await self._kill(self._units(one))

    async def _kill(self, units: list[Unit]) -> None:
        for unit in units:
            unit.kill()
        await self._world.started(units)

    async def stop_one(self, one: Strike) -> None:
        unit = random.Random(one.chance).choice(self._units(one))
        unit.pause()
        await asyncio.sleep(one.lasts_s)
        unit.resume()

    async def clock_ahead(self, one: Strike) -> None:
        await self._clock(one, HOUR_S)

    async def clock_behind(self, one: Strike) -> None:
        await self._clock(one, -HOUR_S)

    async def _clock(self, one: Strike, off_s: int) -> None:
        file = self._world.clock(one.target)
        file.write_text(str(off_s))
        await asyncio.sleep(one.lasts_s)
        file.unlink(missing_ok=True)

    async def disk_full(self, one: Strike) -> None:
        await _filled(self._units(one), one.lasts_s)

    # ---------------------------------------------------------------- the bus

    async def kill_bus(self, one: Strike) -> None:
        await self._down(one, [self._node(one)], _nothing)

    async def kill_leader(self, one: Strike) -> None:
        await self._down(one, await self._leader(), _nothing)

    async def stop_leader(self, one: Strike) -> None:
        await self._stop(one, await self._leader())

    async def _leader(self) -> list[Node]:
        leader = await asyncio.to_thread(_leader, self._world.bus)
        return [node for node in self._world.bus if node.name == leader] or self._world.bus[:1]

    async def wipe_bus(self, one: Strike) -> None:
        await self._down(one, self._world.bus, Node.wipe)

    async def wipe_node(self, one: Strike) -> None:
        await self._down(one, [self._node(one)], Node.wipe)

    async def rewind_bus(self, one: Strike) -> None:
        """Put back by `lasts_s`; copied anew when another fault had the bus for too long since."""
        bus, copied_at = self._world.bus, -math.inf
        for _ in range(COPIES):
            async with self._bus_turn:
                if time.monotonic() - copied_at <= PUT_BACK_S:
                    return await self._fall(bus, 0, Node.rewind)
                await asyncio.to_thread(copy_disks, bus)
                copied_at = time.monotonic()
            await asyncio.sleep(one.lasts_s)
        raise TimeoutError(f"the bus was never free within {PUT_BACK_S} s of a copy")

    async def _down(
        self, one: Strike, nodes: list[Node], meanwhile: Callable[[Node], None]
    ) -> None:
        async with self._bus_turn:
            await self._fall(nodes, one.lasts_s, meanwhile)

    async def _fall(
        self, nodes: list[Node], lasts_s: float, meanwhile: Callable[[Node], None]
    ) -> None:
        for node in nodes:
            node.kill(hold=True)
        await asyncio.sleep(lasts_s)
        for node in nodes:
            await asyncio.to_thread(meanwhile, node)
        await self._world.started([*nodes])

    async def stop_bus(self, one: Strike) -> None:
        await self._stop(one, [self._node(one)] if one.target else self._world.bus)

    async def _stop(self, one: Strike, nodes: list[Node]) -> None:
        async with self._bus_turn:
            for node in nodes:
                node.pause()
            await asyncio.sleep(one.lasts_s)
            for node in nodes:
                node.resume()

    async def disk_of_bus_full(self, one: Strike) -> None:
        node = self._node(one)
        async with self._bus_turn:
            node.doomed = True
            await _filled([node], one.lasts_s)
            await self._world.started([node])
            await asyncio.sleep(UNWELL_S)
            if not await node.is_ready():
                # It does not write again by itself when there is room again.
                node.kill()
                await self._world.started([node])

    # ---------------------------------------------------------------- the wires

    async def partition_node(self, one: Strike) -> None:
        await self._cut(one, self._world.routes.around(one.target))

    async def partition_leader(self, one: Strike) -> None:
        (leader,) = await self._leader()
        await self._cut(one, self._world.routes.around(leader.name))

    async def partition_two(self, one: Strike) -> None:
        """Two do not see each other, and the third sees both."""
        others = [node.name for node in self._world.bus if node.name != one.target]
        other = random.Random(one.chance).choice(others)
        await self._cut(one, self._world.routes.between([one.target], [other]))

    async def partition_all(self, one: Strike) -> None:
        await self._cut(one, self._world.routes.all())

    async def _cut(self, one: Strike, ways: list[Proxy]) -> None:
        """Services stay connected to whomever they were. Half of the times the servers notice that
        their connections are gone, as in a longer partition; else these go on where they were."""
        async with self._bus_turn:
            await _parted(ways, one.lasts_s, reset=bool(one.chance % 2))

    async def lag_node(self, one: Strike) -> None:
        async with self._bus_turn:
            await _lagged(self._world.routes.around(one.target), one.lasts_s)

    async def partition_from_bus(self, one: Strike) -> None:
        await _parted(self._world.to_bus[one.target], one.lasts_s)

    async def partition_from_store(self, one: Strike) -> None:
        await _parted([self._world.to_store[one.target]], one.lasts_s)

    async def slow_network(self, one: Strike) -> None:
        half = random.Random(one.chance).sample(SERVICES, len(SERVICES) // 2)
        proxies = [proxy for service in half for proxy in self._world.to_bus[service]]
        await _lagged(proxies, one.lasts_s)

    async def reset(self, one: Strike) -> None:
        stores = self._world.to_store
        for proxy in [*self._world.to_bus[one.target], *filter(None, [stores.get(one.target)])]:
            proxy.reset()

    # ---------------------------------------------------------------- the rest

    async def restart_store(self, one: Strike) -> None:
        postgres = self._world.postgres
        assert postgres is not None
        async with self._store_turn:
            await asyncio.to_thread(postgres.kill)
            await asyncio.sleep(one.lasts_s)
            await asyncio.to_thread(postgres.start)

    async def cut_store(self, one: Strike) -> None:
        async with self._store_turn:
            await asyncio.to_thread(self._terminate_backends)

    def _terminate_backends(self) -> None:
        url = self._world.stores["visits"].replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    async def poison(self, one: Strike) -> None:
        await self._poisoner.poison(one.chance)

    async def mail_away(self, one: Strike) -> None:
        await asyncio.to_thread(self._world.mail.stop)
        await asyncio.sleep(one.lasts_s)
        await asyncio.to_thread(self._world.mail.start)


def _nothing(_node: Node) -> None:
    """Only down for a while."""


async def _filled(units: Sequence[Unit], lasts_s: float) -> None:
    until = time.monotonic() + lasts_s
    while time.monotonic() < until:
        for unit in units:
            await asyncio.to_thread(unit.fill_disk)
        await asyncio.sleep(FILL_AGAIN_S)
    for unit in units:
        unit.empty_disk()


async def _parted(proxies: list[Proxy], lasts_s: float, reset: bool = False) -> None:
    for proxy in proxies:
        proxy.part()
    for proxy in proxies if reset else ():
        proxy.reset()
    await asyncio.sleep(lasts_s)
    for proxy in proxies:
        proxy.heal()


async def _lagged(proxies: list[Proxy], lasts_s: float) -> None:
    for proxy in proxies:
        proxy.delay_s, proxy.loss = LAG_S, LOSS
    await asyncio.sleep(lasts_s)
    for proxy in proxies:
        proxy.heal()


def _leader(bus: list[Node]) -> str:
    """Which server leads the stream of commands; `` when none says so."""
    for node in bus:
        address = node.ready_url.replace("/healthz", "/jsz?accounts=true&streams=true")
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                found = json.load(answer)
        except OSError:
            continue
        for account in found.get("account_details") or []:
            for stream in account.get("stream_detail") or []:
                leader = (stream.get("cluster") or {}).get("leader")
                if stream["name"] == "COMMANDS" and leader:
                    return str(leader)
    return ""


def acts() -> dict[str, Callable[[Faults, Strike], Awaitable[None]]]:
    """What each kind of fault does."""
    return {
        "kill service": Faults.kill_one,
        "kill every replica": Faults.kill_all,
        "kill all services": Faults.kill_all,
        "stop service": Faults.stop_one,
        "kill bus": Faults.kill_bus,
        "kill stream leader": Faults.kill_leader,
        "stop stream leader": Faults.stop_leader,
        "stop bus": Faults.stop_bus,
        "stop whole bus": Faults.stop_bus,
        "wipe bus": Faults.wipe_bus,
        "wipe node": Faults.wipe_node,
        "rewind bus": Faults.rewind_bus,
        "partition from bus": Faults.partition_from_bus,
        "partition from store": Faults.partition_from_store,
        "partition node": Faults.partition_node,
        "partition stream leader": Faults.partition_leader,
        "partition two nodes": Faults.partition_two,
        "partition all nodes": Faults.partition_all,
        "lag node": Faults.lag_node,
        "slow network": Faults.slow_network,
        "connections reset": Faults.reset,
        "restart store": Faults.restart_store,
        "cut store connections": Faults.cut_store,
        "disk full": Faults.disk_full,
        "disk of bus full": Faults.disk_of_bus_full,
        "poison": Faults.poison,
        "clock ahead": Faults.clock_ahead,
        "clock behind": Faults.clock_behind,
        "mail away": Faults.mail_away,
    }


FORGETTING = frozenset({"wipe bus", "wipe node", "rewind bus", "disk of bus full"})
"""After these the bus may have forgotten what no outbox keeps."""
