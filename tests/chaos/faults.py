"""The faults: each does its harm, waits, and heals it; when it returns, recovery may begin.

Must not: judge what comes of it.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import psycopg

from tests.chaos import store
from tests.chaos.bus import Node, copy_disks
from tests.chaos.campaign import Strike
from tests.chaos.poison import Poisoner
from tests.chaos.units import Unit
from tests.chaos.wires import Wires
from tests.chaos.world import World

HOUR_S = 3_600
FILL_AGAIN_S = 0.1
"""How often room is taken that somebody has given up meanwhile."""
PUT_BACK_S = 8.0
"""A bus is put back by no more: the relay makes good for `BUS_DOUBT_S` before a break."""
COPIES = 4
"""Attempts to do so; only one other fault strikes at the same time."""
UNWELL_S = 3.0
"""A nats-server that is not healthy so long after it could be is started again."""


class Faults(Wires):
    """One campaign's faults. Two may strike at once, but only one of them the bus's servers."""

    def __init__(self, world: World, poisoner: Poisoner) -> None:
        super().__init__(world)
        self._poisoner, self._store_turn = poisoner, asyncio.Lock()

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
        await self._down(one, await self.leading(), _nothing)

    async def stop_leader(self, one: Strike) -> None:
        await self._stop(one, await self.leading())

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

    # ---------------------------------------------------------------- the rest

    async def restart_store(self, one: Strike) -> None:
        postgres = self._world.postgres
        assert postgres is not None
        async with self._store_turn:
            await asyncio.to_thread(postgres.kill)
            await asyncio.sleep(one.lasts_s)
            await asyncio.to_thread(postgres.start)

    async def disk_of_store_full(self, one: Strike) -> None:
        """Statements that need room fail. Half of the times its log of writes needs some, too: then
        PostgreSQL ends, and cannot come up while it lasts; as it does where no disk can be full."""
        postgres, disk = self._world.postgres, self._world.store_disk
        assert postgres is not None and disk is not None
        if not disk.real:
            await self.restart_store(one)
            return
        async with self._store_turn:
            until = time.monotonic() + one.lasts_s
            while time.monotonic() < until:
                await asyncio.to_thread(disk.fill)
                if one.chance % 2:
                    with suppress(psycopg.Error):
                        await asyncio.to_thread(
                            store.ask, self._world.stores["visits"], store.SWITCH_LOG
                        )
                await asyncio.sleep(FILL_AGAIN_S)
            disk.empty()
            await asyncio.to_thread(store.well, postgres)

    async def cut_store(self, one: Strike) -> None:
        async with self._store_turn:
            await asyncio.to_thread(store.ask, self._world.stores["visits"], store.END_CONNECTIONS)

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
        "one way from bus": Faults.one_way_from_bus,
        "one way from store": Faults.one_way_from_store,
        "one way of node": Faults.one_way_of_node,
        "slow network": Faults.slow_network,
        "connections reset": Faults.reset,
        "restart store": Faults.restart_store,
        "cut store connections": Faults.cut_store,
        "disk full": Faults.disk_full,
        "disk of bus full": Faults.disk_of_bus_full,
        "disk of store full": Faults.disk_of_store_full,
        "poison": Faults.poison,
        "clock ahead": Faults.clock_ahead,
        "clock behind": Faults.clock_behind,
        "mail away": Faults.mail_away,
    }
