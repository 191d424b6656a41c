"""`make bench`: how long a visit takes from submit to ready, and how that compares.

First one visit at a time on the embedded default, as `make run` starts it; then the same visits on
both stores, on DBOS Transact and as bare steps, in turns; then what disk, stores and bus can do by
themselves. The last line is one JSON object. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from statistics import median, quantiles
from typing import Any

import nats

from bench.ceilings import ceilings
from bench.compare import FULL, QUICK, compare, ratios, text_of
from bench.load import bench_visit
from bench.stopwatch import Stopwatch
from bench.system import running_system
from deploy.bus.keys import ADMIN, seed_file
from deploy.local import Layout
from services.visits.specbook import read
from shared.chassis.credentials import client_options
from shared.chassis.settings import Settings
from shared.contracts.spec import VisitSpec

WARM_UP, QUICK_VISITS, ROUNDS = 30, 15, 3
REST_S = 1.5
"""Between single visits: the machine is to be idle, the notices of the last one written."""
YARDSTICK_ROUNDS = 200


def yardstick_ms() -> float:
    """Milliseconds of one fixed piece of work on one core: how fast this machine is just now.

    Shared machines change their speed by a fifth within minutes; figures of two runs are comparable
    only where this one is the same.
    """
    bodies = [bench_visit(number).model_dump_json() for number in range(YARDSTICK_ROUNDS)]
    started = time.process_time()
    for body in bodies:
        read(VisitSpec.model_validate_json(body))
    return (time.process_time() - started) * 1000


async def measure(layout: Layout, visits: int, flying: int) -> dict[str, Any]:
    """One at a time, at rest, after a warm-up; then `flying` at once."""
    seed = seed_file(layout.folder / "bus", ADMIN)
    bus = Settings(nats_url=layout.environment["REDCROWN_NATS_URL"], nats_seed_file=seed)
    client = await nats.connect(**client_options(ADMIN, bus))
    watch = Stopwatch(client)
    await watch.listen()
    for number in range(WARM_UP):
        await watch.one(bench_visit(number))
    alone: list[tuple[float, str]] = []
    yardstick = [yardstick_ms()]
    for number in range(visits):
        await asyncio.sleep(REST_S)
        alone.append(await watch.one(bench_visit(WARM_UP + number)))
    yardstick.append(yardstick_ms())
    first = WARM_UP + visits
    specs = [bench_visit(first + number) for number in range(visits)]
    started = time.perf_counter()
    many = await watch.many(specs, flying)
    took = time.perf_counter() - started
    await client.close()
    return {
        "visits": len(alone) + len(many),
        "p50_ms": round(median(t for t, _ in alone) * 1000, 1),
        "p95_ms": round(quantiles((t for t, _ in alone), n=20)[-1] * 1000, 1),
        "in_flight": flying,
        "visits_s": round(len(many) / took, 1),
        "p50_in_flight_ms": round(median(t for t, _ in many) * 1000, 1),
        "yardstick_ms": round(sum(yardstick) / len(yardstick), 1),
        "not_ready": sum(phase != "ready" for _, phase in [*alone, *many]),
    }


def main() -> int:
    """Latency of a visit alone, the comparison, the ceilings. 1 when an outcome was wrong."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--visits", type=int, default=60, help="for the latency of one alone")
    parser.add_argument("--flying", type=int, default=16)
    parser.add_argument("--quick", action="store_true", help="the same shape in a few minutes")
    parser.add_argument("--latency", action="store_true", help="nothing but the latency")
    chosen = parser.parse_args()
    with running_system() as system:
        visits = min(chosen.visits, QUICK_VISITS) if chosen.quick else chosen.visits
        figures = asyncio.run(measure(system.layout, visits, chosen.flying))
    wrong = figures["not_ready"]
    if not chosen.latency:
        stretches, rounds = (QUICK, 1) if chosen.quick else (FULL, ROUNDS)
        lines = compare(stretches, rounds, lambda line: print(line, flush=True))
        print()
        for line in lines:
            print(text_of((line["system"], line["flying"], line["refused"]), line))
        figures |= {**ratios(lines), "ceilings": ceilings(), "lines": lines}
        wrong += figures["wrong"]
    for name, value in figures.items():
        if name != "lines":
            print(f"{name:>22}  {value}")
    print(json.dumps(figures))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
