"""200 people look at the operators' page while something changes every second.

Each is a stream as a browser holds it that has the list of visits in another tab, eight of one
login. A visit is submitted each second. Measured is the console's process, which serves them all.

Must not: judge what the page shows; the browser tests do.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.load import bench_document
from bench.ours import Ours
from bench.usage import cpu_ms, resident_mb
from shared.chassis.limits import FRAGMENT_STREAMS_OF_SESSION

VIEWERS = 200
TOPICS = ("now:en", "alarms_first:en", "risks_first:en", "visits:en")
"""What lives on the page Now, and on the list of visits."""
EVERY_S = 1.0
OPEN_WITHIN_S, SETTLED_S = 60.0, 5.0
ACCOUNT = "planner"
CONSOLE = "console"
WRITTEN = (201, 202)


@dataclass(slots=True)
class Audience:
    """Open streams, and what came on them."""

    heard: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    open: int = 0
    all_open: asyncio.Event = field(default_factory=asyncio.Event)

    async def look(self, client: httpx.AsyncClient) -> None:
        """Hold a stream until cancelled. Raises httpx.HTTPError when it cannot be had, or ends."""
        async with client.stream("GET", "/stream", params={"topic": TOPICS}) as answer:
            answer.raise_for_status()
            self.open += 1
            if self.open == VIEWERS:
                self.all_open.set()
            async for line in answer.aiter_lines():
                self.bytes += len(line) + 1
                if line.startswith("event: "):
                    self.heard[line[7:]] += 1
        raise httpx.RemoteProtocolError("the stream has ended")


async def watched(ours: Ours, seconds: float) -> dict[str, Any]:
    """What `VIEWERS` cost the console beyond what the same visits cost it with nobody looking:
    processor share in percent of a core, resident MB; and how many patches each got a second."""
    system, audience = ours.system, Audience()
    pid = system.pids[CONSOLE]
    async with AsyncExitStack() as stack:
        writer = await stack.enter_async_context(
            httpx.AsyncClient(base_url=system.address, headers=system.headers, trust_env=False)
        )
        alone = await _share(ours, writer, pid, seconds)
        before_mb = resident_mb(pid)
        browsers = []
        for _ in range(-(-VIEWERS // FRAGMENT_STREAMS_OF_SESSION)):
            browsers.append(await _browser(ours))
            stack.push_async_callback(browsers[-1].aclose)
        async with asyncio.TaskGroup() as looking:
            streams = [
                looking.create_task(audience.look(browsers[number % len(browsers)]))
                for number in range(VIEWERS)
            ]
            async with asyncio.timeout(OPEN_WITHIN_S):
                await audience.all_open.wait()
            await asyncio.sleep(SETTLED_S)
            patches, size = audience.heard["patch"], audience.bytes
            crowd = await _share(ours, writer, pid, seconds)
            patches, size = audience.heard["patch"] - patches, audience.bytes - size
            after_mb = resident_mb(pid)
            for stream in streams:
                stream.cancel()
    return {
        "viewers": VIEWERS,
        "viewers_cpu_percent": round(crowd, 1),
        "viewers_none_cpu_percent": round(alone, 1),
        "viewers_console_mb": round(after_mb, 1),
        "viewers_kb_each": round((after_mb - before_mb) * 1024 / VIEWERS, 1),
        "viewers_patches_s_each": round(patches / VIEWERS / seconds, 2),
        "viewers_kb_s_each": round(size / 1024 / VIEWERS / seconds, 1),
    }


async def _browser(ours: Ours) -> httpx.AsyncClient:
    """Somebody who is logged in."""
    layout = ours.system.layout
    none = httpx.Limits(max_connections=None)
    client = httpx.AsyncClient(
        base_url=layout.address, trust_env=False, limits=none, timeout=OPEN_WITHIN_S
    )
    password = (layout.access / "password").read_text().strip()
    answer = await client.post("/login", data={"name": ACCOUNT, "password": password})
    if not client.cookies:
        raise RuntimeError(f"nobody could log in: {answer.status_code} {answer.text[:200]}")
    return client


async def _share(ours: Ours, writer: httpx.AsyncClient, pid: int, seconds: float) -> float:
    """Percent of a core that the console takes while a visit is submitted each second."""
    before, began = cpu_ms(pid), time.perf_counter()
    for turn, number in enumerate(ours.numbers(round(seconds / EVERY_S)), 1):
        body = bench_document(number)
        key = {"Idempotency-Key": str(body["visit"])}
        answer = await writer.post("/v1/visits", json=body, headers=key)
        if answer.status_code not in WRITTEN:
            raise RuntimeError(f"a visit was refused: {answer.status_code} {answer.text[:200]}")
        await asyncio.sleep(max(0.0, began + turn * EVERY_S - time.perf_counter()))
    return (cpu_ms(pid) - before) / 10 / (time.perf_counter() - began)
