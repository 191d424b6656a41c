"""One visit at a time at rest, then some at once; and what a visit of 24 needs costs beside one
of three.

Must not: start the system.
"""

from __future__ import annotations

import asyncio
import time
from statistics import median, quantiles
from typing import Any

from bench.filling import Say
from bench.load import bench_visit
from bench.ours import Ours, real_needs, three_needs
from bench.scale import Scale
from bench.stopwatch import Stopwatch
from services.visits.specbook import read
from shared.contracts.spec import VisitSpec

YARDSTICK_ROUNDS = 200
PROFILES = {"3 needs": three_needs, "24 needs": real_needs}


def yardstick_ms(rounds: int = YARDSTICK_ROUNDS) -> float:
    """Milliseconds of one fixed piece of work on one core: how fast this machine is just now. Fewer
    rounds do a part of it, and what that took is told as if it were the whole.

    Shared machines change their speed by a fifth within minutes; figures of two runs are comparable
    only where this one is the same.
    """
    bodies = [bench_visit(number).model_dump_json() for number in range(rounds)]
    started = time.process_time()
    for body in bodies:
        read(VisitSpec.model_validate_json(body))
    return (time.process_time() - started) * 1000 * YARDSTICK_ROUNDS / rounds


async def latency(ours: Ours, scale: Scale) -> dict[str, Any]:
    """One at a time, at rest, after a warm-up; then `scale.flying` at once."""
    async with ours.client() as client:
        watch = Stopwatch(client)
        await watch.listen()
        for number in ours.numbers(scale.warm_up):
            await watch.one(bench_visit(number))
        alone: list[tuple[float, str]] = []
        yardstick = [yardstick_ms()]
        for number in ours.numbers(scale.alone):
            await asyncio.sleep(scale.rest_s)
            alone.append(await watch.one(bench_visit(number)))
        yardstick.append(yardstick_ms())
        specs = [bench_visit(number) for number in ours.numbers(scale.alone)]
        started = time.perf_counter()
        many = await watch.many(specs, scale.flying)
        took = time.perf_counter() - started
    return {
        "visits": len(alone) + len(many),
        "p50_ms": round(median(t for t, _ in alone) * 1000, 1),
        "p95_ms": round(quantiles((t for t, _ in alone), n=20)[-1] * 1000, 1),
        "in_flight": scale.flying,
        "visits_s": round(len(many) / took, 1),
        "p50_in_flight_ms": round(median(t for t, _ in many) * 1000, 1),
        "yardstick_ms": round(sum(yardstick) / len(yardstick), 1),
        "not_ready": sum(phase != "ready" for _, phase in [*alone, *many]),
    }


async def profiles(ours: Ours, scale: Scale, say: Say) -> dict[str, Any]:
    """Both profiles in turns; the median of each figure, and the ratio of processor time."""
    seen: dict[str, list[dict[str, Any]]] = {name: [] for name in PROFILES}
    for number in range(scale.profile_rounds):
        for name, profile in PROFILES.items():
            line = await ours.measure(scale.profiles, scale.flying, profile=profile)
            seen[name].append(line)
            say(f"  round {number + 1}  {name:<8} {line['visits_s']:>7} visits/s"
                f"  p50 {line['p50_ms']} ms  {line['cpu_ms']} ms of processor each"
                f"  {line['messages']} messages  {line['commits']} commits"
                f"  {line['written_kb']} kB")  # fmt: skip
    keys = ("visits_s", "p50_ms", "p99_ms", "cpu_ms", "messages", "commits", "written_kb")
    found: dict[str, Any] = {
        name: {key: median(line[key] for line in lines) for key in keys}
        | {"written_kb_by": lines[-1]["written_kb_by"], "cpu_ms_by": lines[-1]["cpu_ms_by"]}
        for name, lines in seen.items()
    }
    few, many = (found[name]["cpu_ms"] for name in PROFILES)
    return {
        "profiles": {**found, "in_flight": scale.flying},
        "ratio_cpu_24_needs_vs_3": round(many / few, 2),
        "not_ready": sum(line["wrong"] for lines in seen.values() for line in lines),
    }
