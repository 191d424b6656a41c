"""`make overload`: ten times what this machine can do, for minutes; nothing accepted may be lost.

Measures how many visits a second the system carries through the API, then offers ten times that,
each visit with a key of its own, without waiting for answers. Afterwards every accepted visit must
be there and settled, and every other one must have been told so. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.load import bench_visit
from bench.system import running_system

CALIBRATE_S = 10.0
AT_ONCE = 32
TIMES = 10
CLIENT_S = 30.0
SETTLE_S = 900.0
ASKS = 600
TELL_EVERY_S = 10.0
PENDING, DONE = 202, 201


@dataclass
class Load:
    """Visits offered, and what was answered to each: a status, or 0 for no answer at all."""

    client: httpx.AsyncClient
    answers: dict[int, int] = field(default_factory=dict)
    shrug: Counter[str] = field(default_factory=Counter)
    """Answers that say no, by problem."""

    async def offer(self, number: int) -> int:
        """Submit one visit; the same number is the same visit with the same key."""
        body = bench_visit(number).model_dump_json()
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"overload-{number}"}
        try:
            answer = await self.client.post("/v1/visits", content=body, headers=headers)
        except httpx.HTTPError as error:
            self.answers[number] = 0
            self.shrug[type(error).__name__] += 1
            return 0
        self.answers[number] = answer.status_code
        if answer.is_error:
            self.shrug[str(answer.json().get("type")).rpartition(":")[2]] += 1
            assert answer.status_code in (429, 503) and answer.headers["retry-after"], answer.text
        return answer.status_code

    def numbers(self, *statuses: int) -> list[int]:
        """Visits that were answered so."""
        return [number for number, status in self.answers.items() if status in statuses]


async def calibrate(load: Load) -> float:
    """Visits a second that are carried through while `AT_ONCE` planners wait for each answer."""
    started, number = time.perf_counter(), 0

    async def planner() -> None:
        nonlocal number
        while time.perf_counter() - started < CALIBRATE_S:
            number += 1
            await load.offer(number)

    await asyncio.gather(*(planner() for _ in range(AT_ONCE)))
    return len(load.numbers(DONE, PENDING)) / (time.perf_counter() - started)


async def overload(load: Load, per_s: float, seconds: float) -> None:
    """Offer so many a second, whatever is answered."""
    first = max(load.answers, default=0) + 1
    started = told = time.perf_counter()
    flying: set[asyncio.Task[int]] = set()
    offered = 0
    while (now := time.perf_counter()) - started < seconds:
        while offered < (now - started) * per_s:
            task = asyncio.create_task(load.offer(first + offered))
            flying.add(task)
            task.add_done_callback(flying.discard)
            offered += 1
        if now - told > TELL_EVERY_S:
            told = now
            accepted = len(load.numbers(DONE, PENDING))
            print(f"  {now - started:.0f} s: {offered} offered, {accepted} accepted,"
                  f" {len(flying)} under way, no: {dict(load.shrug)}", flush=True)  # fmt: skip
        await asyncio.sleep(0.01)
    await asyncio.gather(*flying)


async def ask_again(load: Load, number: int) -> None:
    """No answer is no "no": the same key tells how it went, or is let in now."""
    for _ in range(ASKS):
        if await load.offer(number) in (DONE, PENDING):
            return
        await asyncio.sleep(0.5)
    raise TimeoutError(f"visit {number} has no answer")


async def settle(load: Load) -> Counter[str]:
    """Wait until no accepted visit is on its way; how many are in which phase, or missing."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        phases = await _phases(load)
        moving = phases["holding"] + phases["confirming"] + phases["missing"]
        if not moving or time.monotonic() > deadline:
            return phases
        await asyncio.sleep(2)


async def _phases(load: Load) -> Counter[str]:
    found: dict[str, str] = {}
    after: str | None = None
    while True:
        query: dict[str, Any] = {"limit": 200, **({"after": after} if after else {})}
        answer = await load.client.get("/v1/visits", params=query)
        if answer.is_error:
            await asyncio.sleep(1)
            continue
        page = answer.json()
        found |= {line["visit"]: line["phase"] for line in page["visits"]}
        after = page["next_after"]
        if after is None:
            break
    accepted = load.numbers(DONE, PENDING)
    return Counter(found.get(f"bench-{number}", "missing") for number in accepted)


async def run(address: str, headers: dict[str, str], seconds: float) -> dict[str, Any]:
    """Calibrate, overload, settle, count."""
    bounds = httpx.Limits(max_connections=2_000)
    async with httpx.AsyncClient(
        base_url=address, headers=headers, timeout=CLIENT_S, limits=bounds
    ) as client:
        load = Load(client)
        per_s = await calibrate(load)
        print(f"{per_s:.1f} visits a second with {AT_ONCE} at once", flush=True)
        await overload(load, TIMES * per_s, seconds)
        for number in load.numbers(0):
            await ask_again(load, number)
        phases = await settle(load)
    return {
        "capacity_s": round(per_s, 1),
        "offered": len(load.answers),
        "accepted": len(load.numbers(DONE, PENDING)),
        "refused": len(load.numbers(429, 503)),
        "told": dict(load.shrug),
        "phases": dict(phases),
        "lost": phases["missing"],
        "unsettled": phases["holding"] + phases["confirming"],
    }


def main() -> int:
    """0 when nothing accepted was lost and all came to rest."""
    parser = argparse.ArgumentParser(prog="overload")
    parser.add_argument("--seconds", type=float, default=300.0)
    chosen = parser.parse_args()
    with running_system() as system:
        figures = asyncio.run(run(system.address, system.headers, chosen.seconds))
    print(json.dumps(figures))
    return 1 if figures["lost"] or figures["unsettled"] else 0


if __name__ == "__main__":
    sys.exit(main())
