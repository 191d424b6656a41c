"""The embedded system at rest, and how fast it is there after a start.

Must not: load it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.load import bench_document
from bench.system import STARTER, Running, starting_system
from bench.usage import cpu_ms, family, memory_mb, resident_mb

ACCEPTED, KEPT = 201, 202
ACCEPTED_WITHIN_S, ASK_AGAIN_S = 120.0, 0.02
FIRST_VISIT = "bench-first"
CALM_S = 3.0
"""Before a rest is measured: letters and marks of the last visit have been written."""


def idle(system: Running, seconds: float) -> dict[str, Any]:
    """Processor share in percent of one core, and memory in MB, of all processes together and by
    process: `[percent, resident, proportional]`. In the proportional sum a shared page counts
    once; in the resident sum it counts for each process that has it."""
    time.sleep(CALM_S)
    pids = {STARTER: system.starter, **system.pids}
    before = {name: cpu_ms(pid) for name, pid in pids.items()}
    began = time.perf_counter()
    time.sleep(seconds)
    wall = time.perf_counter() - began
    used = {name: cpu_ms(pid) - before[name] for name, pid in pids.items()}
    percent = {name: used[name] / 10 / wall for name in pids}
    shared = {name: memory_mb(pid) for name, pid in pids.items()}
    resident = {
        name: sum(resident_mb(one.pid) for one in family(pid)) for name, pid in pids.items()
    }
    return resting(percent, resident, shared)


def resting(
    percent: dict[str, float], resident: dict[str, float], proportional: dict[str, float]
) -> dict[str, Any]:
    """Sums and a line for each process. What is given of the starter is of it and of all that it
    started, which is the whole system."""
    found = {
        "idle_cpu_percent": round(percent[STARTER], 2),
        "idle_rss_mb": round(resident[STARTER], 1),
        "idle_pss_mb": round(proportional[STARTER], 1),
    }
    sources = (percent, resident, proportional)
    lines = {name: [round(one[name], 2) for one in sources] for name in percent if name != STARTER}
    rest = [round(one[STARTER] - sum(one[name] for name in lines), 2) for one in sources]
    return {**found, "idle_by": {STARTER: rest, **lines}}


@contextmanager
def started_warm(folder: Path) -> Iterator[tuple[Running, float]]:
    """Start on stores that are there; the system, and seconds until a first visit was accepted.

    Raises TimeoutError.
    """
    began = time.perf_counter()
    with starting_system(folder) as system:
        _first_visit(system, began)
        yield system, time.perf_counter() - began


def _first_visit(system: Running, began: float) -> None:
    """Submit until there is an answer, then wait until the orchestrator has accepted."""
    body = bench_document(0) | {"visit": f"{FIRST_VISIT}-{time.time_ns()}"}
    headers = {**system.headers, "Idempotency-Key": str(body["visit"])}
    answers: list[str] = []
    with httpx.Client(
        base_url=system.address, headers=headers, trust_env=False, timeout=ACCEPTED_WITHIN_S
    ) as client:
        while time.perf_counter() - began < ACCEPTED_WITHIN_S:
            try:
                answer = client.post("/v1/visits", json=body)
                if answer.status_code == ACCEPTED:
                    return
                if answer.status_code == KEPT:
                    told = client.get(answer.json()["status"]).json()
                    if told.get("outcome") == "accepted":
                        return
                answers.append(f"{answer.status_code} {answer.text[:200]}")
            except httpx.TransportError as error:
                answers.append(repr(error))  # nobody listens yet
            time.sleep(ASK_AGAIN_S)
    raise TimeoutError(f"no visit was accepted: {answers[-1]}")
