"""`make fuzz SECONDS=60`: every reader, each message class among them, under mutations that were
never made before; JSON last.

Owns: how a mutation is started, here and in the tests. What it finds stays in its folder.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.readers import READERS, begin_with
from tests.support.system import ROOT


def mutated(name: str, folder: Path, *, seed: int, bound: str) -> subprocess.CompletedProcess[str]:
    """One reader under mutation in a process of its own, until `bound` or the first finding.

    With the same seed and a number of runs for its bound it does the same every time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for n, body in enumerate(begin_with(name)):
        (folder / f"seed-{n}").write_bytes(body)
    # By way of a shell: a process begins with the peak of memory of the one that started it, and
    # a test worker that has been at it for long would use up the limit by itself.
    return subprocess.run(
        ["sh", "-c", '"$0" "$@"; exit $?',
         sys.executable, "-m", "tests.fuzz.mutate", name, str(folder), bound, f"-seed={seed}",
         "-timeout=60", "-rss_limit_mb=1024", "-max_len=4096",
         f"-artifact_prefix={folder}/found-"],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "0"},
    )  # fmt: skip


def main() -> None:
    """Seconds for each reader; the process ends with an error when anything was found."""
    told = sys.argv[1] if len(sys.argv) > 1 else "60"
    if not told.isdecimal() or not int(told):
        sys.exit(f"{told!r}: write whole seconds for each reader, from 1 on: make fuzz SECONDS=60")
    seconds = int(told)
    seed = secrets.randbelow(2**31 - 1) + 1
    folder = Path(tempfile.mkdtemp(prefix="redcrown-fuzz-"))
    found = {}
    for number, name in enumerate(READERS, 1):
        print(f"{number}/{len(READERS)} {name} for {seconds} s, seed {seed}", flush=True)
        done = mutated(name, folder / name, seed=seed, bound=f"-max_total_time={seconds}")
        if done.returncode:
            found[name] = str(folder / name)
            print(done.stdout[-3_000:] + done.stderr[-2_000:], flush=True)
    print(json.dumps({"readers": len(READERS), "seconds_each": seconds, "seed": seed,
                      "found": found}))  # fmt: skip
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
