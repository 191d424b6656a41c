"""Submits visits to the comparison and measures: rates, waits, processor time, memory, outcomes.

Must not: start the processes; `system` does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from bench.figures import percentile
from bench.rival import store
from bench.rival.system import Rival
from bench.rival.work import (
    MOST_VISITS,
    NOTIFICATIONS,
    RESOURCES,
    SERVICES,
    Outcome,
    Style,
    Wish,
    wish,
    wrong,
)  # fmt: skip
from bench.usage import cpu_ms, memory_mb

ENDED_WITHIN_S = 120.0
WARM_UP = 40
"""Visits before the first that counts: connections, prepared statements, threads, imports."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One stretch of visits.

    Seconds are from submit to the answer that the visit is ready or blocked. `cpu_ms` is per visit
    by process, `postgres` being the server of all databases; `cpu_ms_all` is its sum. The driver's
    own `cpu_ms_driver` is not among it. `commits` (transactions that wrote) and `wal_bytes` are per
    visit, of all databases together. `memory_mb` is at the end, by process. `wrong` counts visits
    that ended otherwise than they had to; `adrift` what the stores hold too much or too little;
    `oversold` days of a service of which more is taken than there is.
    """

    style: Style
    visits: int
    in_flight: int
    refused_share: float
    visits_s: float
    p50_s: float
    p99_s: float
    cpu_ms: Mapping[str, float]
    cpu_ms_all: float
    cpu_ms_driver: float
    commits: float
    wal_bytes: float
    memory_mb: Mapping[str, float]
    ready: int
    blocked: int
    wrong: int
    adrift: int
    oversold: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that only grows, at one moment."""

    wall_s: float
    driver_ms: float
    cpu_ms: Mapping[str, float]
    commits: int
    wal_bytes: int


class Driver:
    """Submits visits over kept connections; numbers them on from stretch to stretch."""

    def __init__(self, rival: Rival) -> None:
        self._rival, self._next, self._ready = rival, 0, 0

    async def play(self, wishes: Sequence[Wish], flying: int, style: Style) -> list[Outcome]:
        """Submit in order, at most `flying` at once. Raises httpx.HTTPError.

        What took long is heard of at once: the answer comes when the visit has ended.
        """
        slots = asyncio.Semaphore(flying)
        limits = httpx.Limits(max_connections=flying, max_keepalive_connections=flying)
        async with httpx.AsyncClient(
            base_url=self._rival.address, limits=limits, timeout=ENDED_WITHIN_S, trust_env=False
        ) as client:

            async def one(asked: Wish) -> Outcome:
                async with slots:
                    started = time.perf_counter()
                    answer = await client.post(f"/visits/{style}", json=asked.model_dump())
                    answer.raise_for_status()
                    took = time.perf_counter() - started
                return Outcome(asked.visit, answer.json()["state"], took)

            return list(await asyncio.gather(*(one(asked) for asked in wishes)))

    async def warm_up(self, style: Style) -> None:
        """Play WARM_UP visits that do not count."""
        await self.measure(WARM_UP, 16, 0.0, style)

    async def measure(self, visits: int, flying: int, share: float, style: Style) -> Figures:
        """Play so many new visits of which `share` (0 to 1) are to be refused.

        Raises ValueError when the stores' capacities would not last, httpx.HTTPError.
        """
        if self._next + visits > MOST_VISITS:
            raise ValueError(f"the stores have room for {MOST_VISITS} visits")
        wishes = [wish(number, share) for number in range(self._next, self._next + visits)]
        self._next += visits
        before = self._read()
        outcomes = await self.play(wishes, flying, style)
        after = self._read()
        self._ready += sum(one.phase == "ready" for one in outcomes)
        adrift, oversold = self._check_stores()
        return Figures(
            style=style, visits=visits, in_flight=flying, refused_share=share,
            **_rates(before, after, visits), **_waits([one.seconds for one in outcomes]),
            memory_mb={name: round(memory_mb(pid), 1) for name, pid in self._rival.pids.items()},
            ready=sum(one.phase == "ready" for one in outcomes),
            blocked=sum(one.phase == "blocked" for one in outcomes),
            wrong=len(wrong(wishes, outcomes)), adrift=adrift, oversold=oversold,
        )  # fmt: skip

    def _read(self) -> Reading:
        with psycopg.connect(self._rival.dsns[NOTIFICATIONS]) as connection:
            commits, wal_bytes = store.written(connection)
        cpu = {name: cpu_ms(pid) for name, pid in self._rival.pids.items()}
        return Reading(time.perf_counter(), time.process_time() * 1000, cpu, commits, wal_bytes)

    def _check_stores(self) -> tuple[int, int]:
        """How many holds and notices are too many or too few, and how many days are oversold."""
        found = {name: store.counts(self._rival.dsns[name], name) for name in SERVICES}
        adrift = abs(found[NOTIFICATIONS]["notices"] - self._ready)
        for name in RESOURCES:
            adrift += abs(found[name]["confirmed"] - self._ready) + found[name]["held"]
        return adrift, sum(found[name]["oversold"] for name in RESOURCES)


def _waits(seconds: Sequence[float]) -> dict[str, Any]:
    return {
        "p50_s": round(percentile(seconds, 0.50), 4),
        "p99_s": round(percentile(seconds, 0.99), 4),
    }


def _rates(before: Reading, after: Reading, visits: int) -> dict[str, Any]:
    cpu = {name: (after.cpu_ms[name] - spent) / visits for name, spent in before.cpu_ms.items()}
    return {
        "visits_s": round(visits / (after.wall_s - before.wall_s), 2),
        "cpu_ms": {name: round(spent, 2) for name, spent in cpu.items()},
        "cpu_ms_all": round(sum(cpu.values()), 2),
        "cpu_ms_driver": round((after.driver_ms - before.driver_ms) / visits, 2),
        "commits": round((after.commits - before.commits) / visits, 2),
        "wal_bytes": round((after.wal_bytes - before.wal_bytes) / visits),
    }
