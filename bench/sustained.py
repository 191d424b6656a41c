"""A steady load for minutes: seven tenths of what the system carried a moment before.

Visits are submitted at their moments, whatever became of those before; only when `MOST_FLYING` are
under way the next one waits, and is counted as held back. Must not: judge; `growth` does.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from nats.aio.client import Client

from bench.alone import yardstick_ms
from bench.figures import percentile
from bench.filling import Say
from bench.growth import Reading, growth_of, thirds
from bench.load import steady_number
from bench.ours import Ours, three_needs
from bench.stopwatch import Stopwatch
from bench.system import Running
from bench.usage import memory_mb
from shared.contracts.message import COMMANDS, EVENTS

SHARE = 0.7
MOST_FLYING = 1_000
TELL_EVERY_S = 30.0
SETTLE = 1 / 3
"""So long, as a share of what is judged, the load goes on before that: caches of services, pages of
stores and heaps fill up to their bounds in the first minutes, and nothing else is said by it."""
YARDSTICK_ROUNDS = 20
"""Some milliseconds of one core for each reading of how fast the machine is."""


@dataclass(slots=True)
class Stretch:
    """What was seen so far."""

    began: float
    readings: dict[str, list[Reading]] = field(default_factory=lambda: defaultdict(list))
    waits_ms: list[Reading] = field(default_factory=list)
    yardstick_ms: list[Reading] = field(default_factory=list)
    late: int = 0
    """Visits that did not end in time."""
    wrong: int = 0
    held_back: int = 0

    @property
    def now(self) -> float:
        """Seconds since the beginning, less than none while it settles."""
        return time.perf_counter() - self.began


async def sustain(ours: Ours, per_s: float, seconds: float, say: Say) -> dict[str, Any]:
    """So many visits a second until it has settled and then for so long; growth of memory, backlog
    and waits in that time, and how fast the machine was, since waits grow with that, too."""
    settle_s = seconds * SETTLE
    every_s = min(5.0, seconds / 30)
    async with ours.client() as client:
        watch = Stopwatch(client)
        await watch.listen()
        seen = Stretch(time.perf_counter() + settle_s)
        looking = asyncio.create_task(_look(ours.system, client, seen, every_s, say))
        submitted = await _submit(ours, watch, seen, per_s, settle_s + seconds)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    grown = growth_of(seen.readings, seen.waits_ms, seconds)
    waits = [wait for at, wait in seen.waits_ms if at >= 0]
    memory = seen.readings["memory_mb"]
    machine = [round(median(some), 1) for some in thirds(seen.yardstick_ms, seconds)]
    return {
        "minutes": round(seconds / 60, 2), "settled_after": round(settle_s / 60, 2),
        "offered_s": round(per_s, 1), "visits": submitted,
        "memory_mb_at_first": round(memory[0][1], 1),
        "p50_ms": round(percentile(waits, 0.5), 1), "p99_ms": round(percentile(waits, 0.99), 1),
        "held_back": seen.held_back, "late": seen.late, "wrong": seen.wrong,
        "growth": {name: asdict(one) for name, one in grown.items()},
        "yardstick_ms": dict(zip(("first", "last"), machine, strict=True)),
        "grew": sorted(name for name, one in grown.items() if one.grew),
    }  # fmt: skip


async def _submit(ours: Ours, watch: Stopwatch, seen: Stretch, per_s: float, seconds: float) -> int:
    """Submit each visit at its moment; returns how many, once all have ended."""
    flying: set[asyncio.Task[None]] = set()
    submitted, began, had = 0, seen.now, ours.next
    while (due_s := submitted / per_s) < seconds:
        await asyncio.sleep(max(0.0, began + due_s - seen.now))
        if len(flying) >= MOST_FLYING:
            seen.held_back += 1
            await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
        number = steady_number(submitted, had)
        task = asyncio.create_task(_one(watch, seen, number))
        flying.add(task)
        task.add_done_callback(flying.discard)
        submitted += 1
    await asyncio.gather(*flying)
    return submitted


async def _one(watch: Stopwatch, seen: Stretch, number: int) -> None:
    at = seen.now
    try:
        took, phase = await watch.one(three_needs(number, False))
    except TimeoutError:
        seen.late += 1
        return
    seen.waits_ms.append((at, took * 1000))
    seen.wrong += phase != "ready"


async def _look(system: Running, client: Client, seen: Stretch, every_s: float, say: Say) -> None:
    """Take a reading now and then, until cancelled."""
    told = seen.now
    while True:
        memory, unpublished = await asyncio.to_thread(_of_processes, system)
        found = {"memory_mb": memory, "unpublished": float(unpublished),
                 "pending": float(await _pending(client))}  # fmt: skip
        for name, value in found.items():
            seen.readings[name].append((seen.now, value))
        seen.yardstick_ms.append((seen.now, yardstick_ms(YARDSTICK_ROUNDS)))
        if seen.now - told >= TELL_EVERY_S:
            told = seen.now
            say(f"  {told:>5.0f} s  {len(seen.waits_ms)} visits  "
                + "  ".join(f"{name} {value:.0f}" for name, value in found.items())
                + f"  yardstick_ms {seen.yardstick_ms[-1][1]:.0f}")  # fmt: skip
        await asyncio.sleep(every_s)


def _of_processes(system: Running) -> tuple[float, int]:
    """Proportional MB of the whole system, and outbox rows that the bus does not have."""
    unpublished = 0
    for service in system.layout.services:
        store = sqlite3.connect(f"file:{system.store(service)}?mode=ro", uri=True)
        waiting = f"SELECT count(*) FROM {service}_outbox WHERE published_at IS NULL"
        unpublished += int(store.execute(waiting).fetchone()[0])
        store.close()
    return memory_mb(system.starter), unpublished


async def _pending(client: Client) -> int:
    """Messages that consumers have not acknowledged yet."""
    js = client.jetstream()
    consumers = [one for stream in (COMMANDS, EVENTS) for one in await js.consumers_info(stream)]
    return sum((one.num_pending or 0) + (one.num_ack_pending or 0) for one in consumers)
