"""`make bench`: what a visit costs, how that compares, and how it stays with the years and hours.

Parts, in this order: on the embedded default, as `make run` starts it, one visit at a time, visits
of 3 and of 24 needs, the system at rest, a store full of years of visits, a steady load; then it
with 25 hotels beside it; then the same visits on every system in turns; then what disk, stores and
bus can do by themselves. The last line is one JSON object. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.aims import table
from bench.parts import PARTS, QUICK, Run, flame, measure
from bench.scale import SHORT, WHOLE, Scale
from bench.tables import by_process, compared, shown_shares
from deploy.ending import end_as_by_ctrl_c

MOST_MINUTES = 24 * 60
LARGE = ("lines", "idle_by", "share_of_ceilings")
"""Figures that are not told line by line."""


def main() -> int:
    """Measure what was chosen. 1 when a visit ended otherwise than it had to."""
    chosen = _arguments()
    end_as_by_ctrl_c()
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:>6.0f} s  {line}", flush=True)

    with tempfile.TemporaryDirectory(prefix="redcrown-bench-") as folder:
        run = Run(
            _scale(chosen),
            tuple(chosen.only or (QUICK if chosen.quick else PARTS)),
            Path(folder),
            say,
        )
        if chosen.flame:
            print("\n".join(flame(run, chosen.flame)))
            return 0
        figures = measure(run)
    figures["quick"], figures["seconds"] = run.scale.quick, round(time.monotonic() - began)
    print()
    for name, value in figures.items():
        if name not in LARGE:
            print(f"{name:>30}  {value}")
    for name, line in figures.get("idle_by", {}).items():
        print(f"{'at rest ' + name:>30}  {line[0]} %  {line[1]} MB resident, {line[2]} MB shared")
    for some in _tables(figures):
        print("\n" + "\n".join(some))
    print()
    print(json.dumps(figures))
    return 1 if figures["not_ready"] or figures["wrong"] else 0


def _tables(figures: Mapping[str, Any]) -> list[list[str]]:
    """All that were measured, that of the aims last."""
    lines = figures.get("lines", [])
    found = [compared(lines), by_process(lines)] if lines else []
    if shares := figures.get("share_of_ceilings"):
        found.append(shown_shares(shares))
    return [*found, table(figures)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--quick", action="store_true", help="the same shape in three minutes")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="nothing but these parts")
    parser.add_argument("--aged", type=_visits, metavar="VISITS", help="in the full store")
    parser.add_argument("--sustained", type=_minutes, metavar="MINUTES", help="0 leaves it out")
    parser.add_argument("--flame", type=Path, metavar="FOLDER", help="only flame graphs, into it")
    return parser.parse_args()


def _visits(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r}: write a whole number of visits from 1 on")
    return int(text)


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 <= minutes <= MOST_MINUTES:
        raise argparse.ArgumentTypeError(f"{text}: write 0 to {MOST_MINUTES} minutes")
    return minutes


def _scale(chosen: argparse.Namespace) -> Scale:
    scale = SHORT if chosen.quick else WHOLE
    if chosen.aged is not None:
        scale = replace(scale, aged_visits=chosen.aged)
    if chosen.sustained is not None:
        scale = replace(scale, sustained_minutes=chosen.sustained)
    return scale


if __name__ == "__main__":
    sys.exit(main())
