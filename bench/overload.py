"""`make overload`: ten times what this machine can do, for minutes; nothing accepted may be lost.

Measures how many visits a second the system carries through the API, then offers ten times that,
each visit at its moment and with a key of its own, whatever became of those before. Afterwards
every accepted visit must be there and settled, every other one must have been told so with a
Retry-After, and must have left no trace. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.lanes import Answer, Lane
from bench.load import THREE, bench_document
from bench.system import running_system
from deploy.ending import end_as_by_ctrl_c

CALIBRATE_S = 10.0
MOST_S = 3_600
"""Seconds of overload."""
AT_ONCE = 32
TIMES = 10
LANES = 2_000
"""Connections, and so requests under way, at most."""
CLIENT_S = 30.0
SETTLE_S = 900.0
ASKS = 600
TELL_EVERY_S = 10.0
TICK_S = 0.005
LOOK_EVERY_S = 5.0
PENDING, DONE = 202, 201
NO = (429, 503)
UNDER_WAY = "request-under-way"
"""What the same request hears while the first one, which its planner gave up, is still in work."""
MOVING = ("holding", "confirming", "missing")


@dataclass
class Load:
    """Visits offered, and what was answered to each: a status, or 0 for no answer at all."""

    lanes: Sequence[Lane]
    answers: dict[int, int] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)
    """Answers that say no, by problem."""
    wrong: Counter[str] = field(default_factory=Counter)
    """Answers that may not be, by status; a "no" without Retry-After is one."""
    unoffered: int = 0
    """Visits whose moment passed without a free connection: the load was too small then."""

    async def offer(self, lane: Lane, number: int) -> int:
        """Submit one visit; the same number is the same visit with the same key."""
        body = json.dumps(bench_document(number, THREE)).encode()
        answer = await lane.post("/v1/visits", f"overload-{number}", body)
        self.answers[number] = answer.status
        self._judge(answer)
        return answer.status

    def _judge(self, answer: Answer) -> None:
        if answer.status in (DONE, PENDING):
            return
        if answer.status == 0:
            self.told["no answer"] += 1
            return
        problem = _problem(answer)
        if answer.status in NO or problem == UNDER_WAY:
            self.told[f"{answer.status} {problem}"] += 1
            if not answer.headers.get("retry-after", "").isdigit():
                self.wrong[f"{answer.status} without Retry-After"] += 1
        else:
            self.wrong[f"{answer.status} {problem}".rstrip()] += 1

    def numbers(self, *statuses: int) -> list[int]:
        """Visits that were answered so."""
        return [number for number, status in self.answers.items() if status in statuses]


def _problem(answer: Answer) -> str:
    """Its type, in short; empty where it is no problem document."""
    try:
        return str(json.loads(answer.body)["type"]).rpartition(":")[2]
    except (ValueError, KeyError, TypeError):
        return ""


async def calibrate(load: Load) -> float:
    """Visits a second that are carried through while `AT_ONCE` planners wait for each answer."""
    started, number = time.perf_counter(), 0

    async def planner(lane: Lane) -> None:
        nonlocal number
        while time.perf_counter() - started < CALIBRATE_S:
            number += 1
            await load.offer(lane, number)

    await asyncio.gather(*(planner(lane) for lane in load.lanes[:AT_ONCE]))
    return len(load.numbers(DONE, PENDING)) / (time.perf_counter() - started)


async def overload(load: Load, per_s: float, seconds: float) -> float:
    """Offer so many a second, whatever is answered; returns how many a second were sent."""
    first = max(load.answers, default=0) + 1
    free, flying = list(load.lanes), set[asyncio.Task[None]]()
    started = told = time.perf_counter()
    due = sent = 0

    async def one(lane: Lane, number: int) -> None:
        await load.offer(lane, number)
        free.append(lane)

    while (now := time.perf_counter()) - started < seconds:
        while due < (now - started) * per_s:
            due += 1
            if not free:
                load.unoffered += 1
                continue
            task = asyncio.create_task(one(free.pop(), first + sent))
            sent += 1
            flying.add(task)
            task.add_done_callback(flying.discard)
        if now - told > TELL_EVERY_S:
            told = now
            _tell(load, now - started, sent, len(flying))
        await asyncio.sleep(TICK_S)
    took = time.perf_counter() - started
    await asyncio.gather(*flying)
    return sent / took


def _tell(load: Load, at: float, sent: int, flying: int) -> None:
    accepted = len(load.numbers(DONE, PENDING))
    print(f"  {at:.0f} s: {sent} offered, {accepted} accepted, {flying} under way,"
          f" {load.unoffered} not offered, no: {dict(load.told)}", flush=True)  # fmt: skip


async def ask_again(load: Load) -> None:
    """No answer is no "no": the same key tells how it went, or is let in now."""
    left = load.numbers(0)

    async def planner(lane: Lane) -> None:
        while left:
            await until_accepted(load, lane, left.pop())

    await asyncio.gather(*(planner(lane) for lane in load.lanes[:AT_ONCE]))


async def until_accepted(load: Load, lane: Lane, number: int) -> None:
    """Raises TimeoutError."""
    for _ in range(ASKS):
        if await load.offer(lane, number) in (DONE, PENDING):
            return
        await asyncio.sleep(0.5)
    raise TimeoutError(f"visit {number} has no answer")


async def settle(load: Load, client: httpx.AsyncClient) -> tuple[Counter[str], int]:
    """Wait until no accepted visit is on its way; how many are in which phase, or missing, and how
    many are there although their planners were told no."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        found = await _listed(client)
        accepted = load.numbers(DONE, PENDING)
        phases = Counter(found.get(f"bench-{number}", "missing") for number in accepted)
        if not any(phases[one] for one in MOVING) or time.monotonic() > deadline:
            return phases, sum(f"bench-{number}" in found for number in load.numbers(*NO))
        print(f"  settling: {dict(phases)}", flush=True)
        await asyncio.sleep(LOOK_EVERY_S)


async def _listed(client: httpx.AsyncClient) -> dict[str, str]:
    """The phase of every visit."""
    found: dict[str, str] = {}
    after: str | None = None
    while True:
        query: dict[str, Any] = {"limit": 200, **({"after": after} if after else {})}
        answer = await client.get("/v1/visits", params=query)
        if answer.is_error:
            await asyncio.sleep(1)
            continue
        page = answer.json()
        found |= {line["visit"]: line["phase"] for line in page["visits"]}
        after = page["next_after"]
        if after is None:
            return found


async def run(address: str, headers: dict[str, str], seconds: float) -> dict[str, Any]:
    """Calibrate, overload, settle, count."""
    load = Load([Lane(address, headers, CLIENT_S) for _ in range(LANES)])
    per_s = await calibrate(load)
    print(f"{per_s:.1f} visits a second with {AT_ONCE} at once", flush=True)
    sent_s = await overload(load, TIMES * per_s, seconds)
    unanswered = len(load.numbers(0))
    await ask_again(load)
    async with httpx.AsyncClient(
        base_url=address, headers=headers, timeout=CLIENT_S, trust_env=False
    ) as client:
        phases, uninvited = await settle(load, client)
    for lane in load.lanes:
        lane.close()
    return {
        "capacity_s": round(per_s, 1),
        "offered_s": round(sent_s, 1),
        "offered_times_capacity": round(sent_s / per_s, 1),
        "seconds": seconds,
        "offered": len(load.answers),
        "accepted": len(load.numbers(DONE, PENDING)),
        "refused": len(load.numbers(*NO)),
        "unanswered_at_first": unanswered,
        "not_offered": load.unoffered,
        "told": dict(load.told),
        "wrong_answers": dict(load.wrong),
        "phases": dict(phases),
        "lost": phases["missing"],
        "unsettled": phases["holding"] + phases["confirming"],
        "there_although_refused": uninvited,
    }


def main() -> int:
    """0 when nothing accepted was lost, all came to rest, and every "no" was one."""
    parser = argparse.ArgumentParser(prog="overload")
    parser.add_argument("--seconds", type=float, default=300.0)
    chosen = parser.parse_args()
    if not 0 < chosen.seconds <= MOST_S:
        parser.error(f"--seconds {chosen.seconds:g}: write more than 0, {MOST_S} at most")
    end_as_by_ctrl_c()
    with running_system() as system:
        figures = asyncio.run(run(system.address, system.headers, chosen.seconds))
    print(json.dumps(figures))
    bad = ("lost", "unsettled", "there_although_refused", "wrong_answers")
    return 1 if any(figures[name] for name in bad) else 0


if __name__ == "__main__":
    sys.exit(main())
