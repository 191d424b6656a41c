"""`python -m bench.rival`: the comparison alone; the last line is one JSON object.

Nothing else should run meanwhile. Without --flying all of 1, 16 and 128 in flight are measured,
without --refused both 0 and 0.2, without --style both styles; each line is one stretch.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from importlib.metadata import version
from itertools import product

from bench.rival.drive import Driver, Figures
from bench.rival.store import durability
from bench.rival.system import ORCHESTRATOR, Rival, running_rival
from bench.rival.work import STYLES, Style

FLYING, REFUSED = (1, 16, 128), (0.0, 0.2)


async def stretches(
    rival: Rival, visits: int, flying: list[int], refused: list[float], styles: list[Style]
) -> list[Figures]:
    """Warm up, then measure every combination once, the styles taking turns."""
    driver = Driver(rival)
    for style in styles:
        await driver.warm_up(style)
    found = []
    for number, share, style in product(flying, refused, styles):
        figures = await driver.measure(visits, number, share, style)
        found.append(figures)
        print(line(figures), flush=True)
    return found


def line(one: Figures) -> str:
    """A stretch for people."""
    return (
        f"{one.style:>7}  {one.in_flight:>4} in flight  {one.refused_share:>4.0%} refused"
        f"  {one.visits_s:>7.1f} visits/s  p50 {one.p50_s * 1000:>7.0f} ms"
        f"  p99 {one.p99_s * 1000:>7.0f} ms  {one.cpu_ms_all:>6.1f} ms of processor each"
    )


def is_right(one: Figures) -> bool:
    """Whether every visit ended as it had to and the stores say the same."""
    return (one.wrong, one.adrift, one.oversold) == (0, 0, 0)


def main() -> int:
    """Start, measure, stop. The exit status is 1 when an outcome was wrong."""
    parser = argparse.ArgumentParser(prog="bench.rival")
    parser.add_argument("--visits", type=int, default=60, help="in each stretch")
    parser.add_argument("--flying", type=int, action="append")
    parser.add_argument("--refused", type=float, action="append", help="a share, 0 to 1")
    parser.add_argument("--style", choices=STYLES, action="append")
    chosen = parser.parse_args()
    with running_rival() as rival:
        found = asyncio.run(
            stretches(
                rival, chosen.visits, chosen.flying or list(FLYING),
                chosen.refused or list(REFUSED), chosen.style or list(STYLES),
            )
        )  # fmt: skip
        settings = durability(rival.dsns[ORCHESTRATOR])
    right = all(is_right(one) for one in found)
    print(
        json.dumps(
            {"dbos": version("dbos"), "postgres": settings, "outcomes_right": right,
             "stretches": [asdict(one) for one in found]}
        )
    )  # fmt: skip
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
