"""`make sim`: play histories on all cores, say what they reached, and what went wrong.
`ARGS="--size tiny"` plays tiny ones.

The last line is one JSON object. Exits with 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context

from shared.contracts.holds import HoldState
from shared.contracts.refilling import RefillBus
from shared.contracts.restoring import StoreRestored
from shared.contracts.visits import Phase
from tests.simulation import changes, hotel_switches, parked_lot, taking
from tests.simulation.cast import ROLES
from tests.simulation.playing import Tally, get_ready, judge, play_seeds, shrink, timelines
from tests.simulation.tiny import SIZES

CHUNK = 50
SHOW = 3
"""Failing histories that are cut down and printed."""
TELL_EVERY_S = 5.0


def play(first: int, many: int, workers: int, size: str) -> Tally:
    """Play `many` histories from seed `first` on; say how it goes."""
    chunks = [
        range(start, min(start + CHUNK, first + many))
        for start in range(first, first + many, CHUNK)
    ]
    tally, started, told = Tally(), time.perf_counter(), time.perf_counter()
    with get_context("spawn").Pool(workers, get_ready) as pool:
        for part in pool.imap_unordered(partial(play_seeds, size=size), chunks):
            tally.add(part)
            if time.perf_counter() - told > TELL_EVERY_S:
                told = time.perf_counter()
                took = told - started
                print(f"  {tally.histories} of {many} histories, {took:.0f} s,"
                      f" {len(tally.failed)} failed", flush=True)  # fmt: skip
    return tally


def pairs() -> Iterator[tuple[str, str]]:
    """Every (state, message) there could be: phases of a visit, states of a hold."""
    for name, role in ROLES.items():
        if name in ("console", "notifications", "guests"):
            continue
        states = Phase if name == "visits" else HoldState
        for kind in role.takes:
            if kind is StoreRestored:  # It is about no visit.
                continue
            yield from ((state.value, kind.subject_name()) for state in states)
            yield "none", kind.subject_name()
    yield from (*parked_lot.pairs(), *changes.pairs(), *hotel_switches.pairs(), *taking.pairs())
    yield "bus", RefillBus.subject_name()


def report(tally: Tally, seconds: float, workers: int) -> dict[str, object]:
    """Print what was reached; return the figures."""
    missed = sorted(set(pairs()) - set(tally.cover))
    print("faults")
    for fault, many in sorted(tally.faults.items()):
        print(f"  {fault:<24}{many:>10}")
    print(f"(state, message) pairs reached: {len(set(pairs())) - len(missed)}; never reached:")
    for state, kind in missed:
        print(f"  {state} x {kind}")
    return {
        "histories": tally.histories,
        "deliveries": tally.deliveries,
        "faults": sum(tally.faults.values()),
        "faults_by_kind": dict(sorted(tally.faults.items())),
        "violations": len(tally.failed),
        "pairs_reached": len(set(pairs())) - len(missed),
        "pairs_missed": len(missed),
        "small_per_s_core": round(tally.small / tally.small_s, 1) if tally.small_s else 0.0,
        "short_per_s_core": round(tally.short / tally.short_s, 1) if tally.short_s else 0.0,
        "tiny_per_s_core": round(tally.tiny / tally.tiny_s, 1) if tally.tiny_s else 0.0,
        "per_s": round(tally.histories / seconds, 1),
        "workers": workers,
    }


def explain(seed: int, size: str) -> None:
    """The shortest history that still fails, what is wrong, and the visits' timelines."""
    history = shrink(SIZES[size](seed))
    print(f"\nseed {seed}, shortest history that fails:")
    for step in history.steps:
        print(f"  {step}")
    for one in judge(history):
        print(f"  WRONG: {one}")
    for line in timelines(history):
        print(f"    {line}")


def main() -> int:
    """Play, report, explain."""
    parser = argparse.ArgumentParser(prog="sim")
    parser.add_argument("--histories", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--size", choices=sorted(SIZES), default="all", help="what worlds")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    for name, least in (("histories", 1), ("seed", 0), ("workers", 1)):
        if getattr(chosen, name) < least:
            parser.error(f"--{name} {getattr(chosen, name)}: write {least} or more")
    started = time.perf_counter()
    tally = play(chosen.seed, chosen.histories, chosen.workers, chosen.size)
    figures = report(tally, time.perf_counter() - started, chosen.workers)
    if tally.failed:
        get_ready()
        for seed in sorted(tally.failed)[:SHOW]:
            explain(seed, chosen.size)
    print(json.dumps(figures))
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
