"""Faults of what lies between processes: cut, cut in one direction, slow, reset.

Must not: hurt a process or a disk; `faults` does.
"""

from __future__ import annotations

import asyncio
import json
import random
import urllib.request
from collections.abc import Iterable, Sequence

from tests.chaos.bus import Node
from tests.chaos.campaign import SERVICES, Strike
from tests.chaos.proxy import Proxy
from tests.chaos.world import World

LAG_S, LOSS = 0.2, 0.05
"""Each way; and of all chunks."""


class Wires:
    """Those of one campaign. Only one fault at a time strikes the bus's servers or their routes."""

    def __init__(self, world: World) -> None:
        self._world, self._bus_turn = world, asyncio.Lock()

    async def leading(self) -> list[Node]:
        """Which server leads the stream of commands; the first where none says so."""
        leader = await asyncio.to_thread(_leader, self._world.bus)
        return [node for node in self._world.bus if node.name == leader] or self._world.bus[:1]

    # ---------------------------------------------------------------- among nats-servers

    async def partition_node(self, one: Strike) -> None:
        await self._cut(one, self._world.routes.around(one.target))

    async def partition_leader(self, one: Strike) -> None:
        (leader,) = await self.leading()
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

    async def one_way_of_node(self, one: Strike) -> None:
        """A server hears the others and is not heard, or the other way round."""
        unheard = bool(one.chance % 2)
        ways = [(way, unheard == forth) for way, forth in self._world.routes.out_of(one.target)]
        async with self._bus_turn:
            await _parted_one_way(ways, one.lasts_s)

    async def lag_node(self, one: Strike) -> None:
        async with self._bus_turn:
            await _lagged(self._world.routes.around(one.target), one.lasts_s)

    # ---------------------------------------------------------------- between services and the rest

    async def partition_from_bus(self, one: Strike) -> None:
        await _parted(self._world.to_bus[one.target], one.lasts_s)

    async def partition_from_store(self, one: Strike) -> None:
        await _parted([self._world.to_store[one.target]], one.lasts_s)

    async def one_way_from_bus(self, one: Strike) -> None:
        forth = bool(one.chance % 2)
        await _parted_one_way([(way, forth) for way in self._world.to_bus[one.target]], one.lasts_s)

    async def one_way_from_store(self, one: Strike) -> None:
        """What commits may have done so unheard."""
        way = self._world.to_store[one.target]
        await _parted_one_way([(way, bool(one.chance % 2))], one.lasts_s)

    async def slow_network(self, one: Strike) -> None:
        half = random.Random(one.chance).sample(SERVICES, len(SERVICES) // 2)
        proxies = [proxy for service in half for proxy in self._world.to_bus[service]]
        await _lagged(proxies, one.lasts_s)

    async def reset(self, one: Strike) -> None:
        stores = self._world.to_store
        for proxy in [*self._world.to_bus[one.target], *filter(None, [stores.get(one.target)])]:
            proxy.reset()


async def _parted(proxies: Sequence[Proxy], lasts_s: float, reset: bool = False) -> None:
    for proxy in proxies:
        proxy.part()
    for proxy in proxies if reset else ():
        proxy.reset()
    await _healed(proxies, lasts_s)


async def _parted_one_way(ways: Sequence[tuple[Proxy, bool]], lasts_s: float) -> None:
    """Of each way what goes forth is held up where it says so, else what comes back."""
    for proxy, forth in ways:
        proxy.part(forth=forth, back=not forth)
    await _healed([proxy for proxy, _ in ways], lasts_s)


async def _lagged(proxies: Sequence[Proxy], lasts_s: float) -> None:
    for proxy in proxies:
        proxy.delay_s, proxy.loss = LAG_S, LOSS
    await _healed(proxies, lasts_s)


async def _healed(proxies: Iterable[Proxy], lasts_s: float) -> None:
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
