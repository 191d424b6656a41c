"""Stretches of visits on the system itself: rates, waits, and what each visit cost.

Must not: start the system; `system` does.
"""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import nats
from nats.aio.client import Client

from bench.figures import Watch, figures_of
from bench.load import MOST_VISITS, THREE, bench_visit, real_visit
from bench.stopwatch import Stopwatch
from bench.system import Running
from deploy.bus.keys import ADMIN
from shared.chassis.credentials import client_options
from shared.contracts.message import COMMANDS, EVENTS
from shared.contracts.spec import VisitSpec

REFUSE_EVERY = {0.0: 0, 0.2: 5}
"""Of how many visits one is refused, by their share."""
GROUPS = "redcrown_group_size_count"
"""The metric of a service that counts its transactions."""
Profile = Callable[[int, bool], VisitSpec]
"""A visit by its number, and whether it is to be refused."""


def three_needs(number: int, refused: bool) -> VisitSpec:
    """The visit that is compared with other systems."""
    return bench_visit(number, THREE, refused=refused)


def real_needs(number: int, refused: bool) -> VisitSpec:
    """24 needs; none of them is ever refused."""
    assert not refused
    return real_visit(number)


@dataclass(slots=True)
class Ours:
    """A system that is ready. Visits are numbered on from stretch to stretch."""

    system: Running
    next: int = 0

    def numbers(self, many: int) -> range:
        """So many numbers that no visit of this system has had. Raises ValueError at the end."""
        self.next += many
        if self.next > MOST_VISITS:
            raise ValueError(f"the city has halls for {MOST_VISITS} visits")
        return range(self.next - many, self.next)

    async def measure(
        self, visits: int, flying: int, refused: float = 0.0, profile: Profile = three_needs
    ) -> dict[str, Any]:
        """Figures of so many visits, so many at once, of which a share (0 or 0.2) is refused."""
        every = REFUSE_EVERY[refused]
        numbers = self.numbers(visits)
        refusing = [every > 0 and number % every == 0 for number in numbers]
        specs = [profile(number, no) for number, no in zip(numbers, refusing, strict=True)]
        async with self.client() as client:
            watch = Stopwatch(client)
            await watch.listen()
            spent, before = Watch(self.system.pids), await self._counts(client)
            spent.start()
            ended = await watch.many(specs, flying)
            spent.over()
            await spent.rest()
            found = figures_of([took for took, _ in ended], spent.stop())
            after = await self._counts(client)
        blocked = [phase == "blocked" for _, phase in ended]
        wrong = sum(was != no for was, no in zip(blocked, refusing, strict=True))
        each = {name: round((after[name] - before[name]) / visits, 1) for name in before}
        return {**found, **each, "blocked": sum(blocked), "wrong": wrong}

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """A connection to the bus as its administrator."""
        client = await nats.connect(**client_options(ADMIN, self.system.bus))
        try:
            yield client
        finally:
            await client.close()

    async def _counts(self, client: Client) -> dict[str, int]:
        """What only grows: messages that the bus stored, and transactions of all services.

        Transactions of timers, a handful a second whatever the load, are among them.
        """
        js = client.jetstream()
        messages = sum([(await js.stream_info(one)).state.last_seq for one in (COMMANDS, EVENTS)])
        layout = self.system.layout
        probes = [layout.probe(name, "/metrics") for name in layout.services]
        counted = await asyncio.gather(*(asyncio.to_thread(_groups, one) for one in probes))
        return {"messages": messages, "commits": sum(counted)}


def _groups(address: str) -> int:
    with urllib.request.urlopen(address, timeout=10) as answer:
        text = answer.read().decode()
    lines = [line for line in text.splitlines() if line.startswith(f"{GROUPS}{{")]
    return sum(int(float(line.rpartition(" ")[2])) for line in lines)
