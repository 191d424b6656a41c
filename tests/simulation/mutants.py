"""`make mutants`: plant one fault after another and see whether the simulation notices.
`ARGS="--like floor"` plants those whose names have a word in them; `--size tiny` plays tiny worlds.

Each fault is tried in a process of its own, whose import of one module is given changed source;
no file is touched. The last line is one JSON object; exits with 1 when a fault survives.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import ModuleType

from tests.simulation.fault import Fault
from tests.simulation.planted import FAULTS

TIMEOUT_S = 900


class Planter(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Imports one module with one place changed."""

    def __init__(self, fault: Fault) -> None:
        spec = importlib.util.find_spec(fault.module)
        if spec is None or spec.origin is None:
            raise LookupError(f"{fault.name}: there is no module {fault.module}")
        super().__init__(fault.module, spec.origin)
        self._fault = fault

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Only for the module of the fault."""
        if name != self._fault.module:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def get_code(self, fullname: str) -> object:
        """Never from a cache."""
        text = self.get_data(self.path).decode()
        if text.count(self._fault.old) != 1:
            times = text.count(self._fault.old)
            raise LookupError(f"{self._fault.name}: its place occurs {times} times in {fullname}")
        return compile(text.replace(self._fault.old, self._fault.new), self.path, "exec")


def hunt(fault: Fault, size: str) -> int:
    """Plant the fault here and play; print how many histories it took and what was noticed."""
    sys.meta_path.insert(0, Planter(fault))
    from tests.simulation.playing import get_ready, judge
    from tests.simulation.tiny import SIZES

    get_ready()
    for seed in range(fault.within):
        history = SIZES[size](seed)
        if not any(step[0].startswith(fault.deck) for step in history.steps):
            continue
        wrong = judge(history)
        if wrong:
            print(json.dumps({"after": seed + 1, "wrong": " ".join(wrong[0].split())[:160]}))
            return 0
    print(json.dumps({"after": None, "wrong": ""}))
    return 0


def tried(size: str, index: int) -> dict[str, object]:
    """What another process says of a fault."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation.mutants", "--one", str(index), "--size", size],
        capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{FAULTS[index].name}: {done.stderr[-2000:]}")
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> int:
    """All faults, as many at a time as there are cores."""
    parser = argparse.ArgumentParser(prog="mutants")
    parser.add_argument("--one", type=int, default=None, help="plant this fault, here")
    parser.add_argument("--size", choices=("all", "tiny"), default="all", help="what worlds")
    parser.add_argument("--like", default="", help="only faults whose names have this in them")
    chosen = parser.parse_args()
    if chosen.one is not None:
        return hunt(FAULTS[chosen.one], chosen.size)
    wanted = [index for index, fault in enumerate(FAULTS) if chosen.like in fault.name]
    if not wanted:
        parser.error(f"no fault has {chosen.like!r} in its name")
    survived = []
    print(f"{'fault':<52}{'noticed after':>14}{'within':>8}  by")
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for index, result in zip(
            wanted, pool.map(partial(tried, chosen.size), wanted), strict=True
        ):
            fault = FAULTS[index]
            after = result["after"]
            if after is None:
                survived.append(fault.name)
            shown = after if after is not None else "not"
            print(f"{fault.name:<52}{shown:>14}{fault.within:>8}  {result['wrong']}", flush=True)
    caught = len(wanted) - len(survived)
    print(json.dumps({"planted": len(wanted), "caught": caught, "survived": survived}))
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
