"""Play one campaign and tell what came of it; the last line is one JSON object.

Exits with 1 when anything was not as promised. The logs and copies of the stores stay in the
printed folder then.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from tests.chaos.campaign import campaign
from tests.chaos.conductor import Conductor
from tests.chaos.disks import own_mounts
from tests.chaos.load import Load
from tests.chaos.logs import unthought_of
from tests.chaos.verdict import Verdict, judge
from tests.chaos.world import World

SHOWN = 40
TARGET_S = 10.0
"""Any process is to be back in service within that. Rounds that took longer are told, and fail
nothing: a campaign shares its machine."""
RATES = {"embedded": 1.0, "cluster": 0.4}
"""Visits begun a second: a third of what two cores carry. A campaign measures faults, not load."""


def say(line: str) -> None:
    print(line, flush=True)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--mode", choices=("embedded", "cluster"), default="embedded")
    parser.add_argument("--seconds", type=float, default=math.inf, help="no new fault after these")
    parser.add_argument("--rate", type=float, help="visits begun a second")
    parser.add_argument("--calm", type=float, default=8.0, help="seconds before and after faults")
    parser.add_argument("--only", action="append", default=[], help="a kind of fault; repeatable")
    given = parser.parse_args()
    given.rate = RATES[given.mode] if given.rate is None else given.rate
    for name in ("faults", "seconds", "rate"):
        if not getattr(given, name) > 0:
            parser.error(f"--{name} {getattr(given, name)}: write more than 0")
    if not 0 <= given.calm < math.inf:
        parser.error(f"--calm {given.calm}: write 0 or more seconds")
    try:
        given.rounds = campaign(given.seed, given.faults, given.mode, given.only)
    except ValueError as error:
        parser.error(str(error))
    return given


async def play(given: argparse.Namespace, folder: Path, real_disks: bool) -> bool:
    """The whole campaign; True when all was well."""
    world = World(folder, given.mode, given.seed, real_disks)
    ours = asyncio.current_task()
    assert ours is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        # Whoever ends us early must not leave twenty processes behind.
        asyncio.get_running_loop().add_signal_handler(number, ours.cancel)
    try:
        begun = time.monotonic()
        await world.start()
        say(f"up after {time.monotonic() - begun:.1f} s")
        load = Load(world.consoles, world.token, given.seed, given.rate)
        conductor = Conductor(world, load, say)
        times = f"{'ready':>6} {'probe':>6} {'load':>6}   (s after healing)"
        say(f"{'':4} {'since (UTC)':11} {'fault':58} {times}")
        evidence = await conductor.play(given.rounds, given.calm, given.seconds)
        await load.close()
        ended_badly = await world.stop_services()
    finally:
        await world.stop()
    verdict = judge(evidence)
    own_deaths = [f"{unit.name} died by itself: {unit.deaths}" for unit in world.units
                  if unit.deaths]  # fmt: skip
    wrong = [*verdict.violations, *conductor.wrong, *load.broken, *own_deaths, *ended_badly,
             *unthought_of(folder)]  # fmt: skip
    for line in wrong[:SHOWN]:
        say(f"VIOLATION {line}")
    if wrong:
        for name, copy in evidence.processes.items():
            copy.save(folder / f"copy-{name}.db")
    say(json.dumps(summary(given, conductor, verdict, len(wrong))))
    return not wrong


def summary(
    given: argparse.Namespace, conductor: Conductor, verdict: Verdict, violations: int
) -> dict[str, object]:
    """The figures of a campaign."""
    rounds, spans = conductor.rounds, conductor.load.spans
    calm, hurt = [], []
    for span in spans:
        apart = all(span.ended < one.begun or span.begun > one.ended for one in rounds)
        (calm if apart else hurt).append(span.ended - span.begun)
    return {
        "mode": given.mode,
        "seed": given.seed,
        "disks": "tmpfs" if conductor.world.disks.real else "limit",
        "faults": sum(len(one.strikes) for one in rounds),
        "visits": len({call.visit for call in conductor.load.calls}),
        "calls": len(conductor.load.calls),
        "letters": len(conductor.world.mail.got),
        "poisoned": len(conductor.poisoner.sent),
        "violations": violations,
        "lost": len(verdict.lost),
        "doubled": len(verdict.doubled),
        "doubled_after_kill": verdict.doubled_after_kill,
        "p99_calm_s": _p99(calm),
        "p99_faults_s": _p99(hurt),
        "longest_recovery_s": round(max((one.recovery_s for one in rounds), default=0.0), 2),
        "beyond_target": {
            f"{one.strikes[-1].number} {one.what}": round(one.recovery_s, 2)
            for one in rounds
            if one.recovery_s > TARGET_S
        },
        "longest_probe_s": round(max((one.probe_s for one in rounds), default=0.0), 2),
        "in_flight_done_s": round(conductor.landed_s, 2),
    }


def _p99(some: list[float]) -> float | None:
    if not some:
        return None
    return round(sorted(some)[min(len(some) - 1, math.ceil(len(some) * 0.99) - 1)], 3)


def main() -> int:
    given = options()
    folder = Path(tempfile.mkdtemp(prefix="redcrown-chaos-"))
    say(f"{given.mode}, seed {given.seed}, {given.faults} faults; in {folder}")
    why_not = own_mounts()
    if why_not:
        say(f"disks: a limit on the size of files stands in for full ones (mounts: {why_not})")
    else:
        say(f"disks: each a small tmpfs; seen meanwhile below /proc/{os.getpid()}/root")
    well = uvloop.run(play(given, folder, not why_not))
    if well:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
