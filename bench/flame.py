"""Where the processor time of the busiest processes goes: flame graphs, and the top as a table.

Only samples of threads that hold Python's lock count: what waits for a queue or a disk is left
out, and so is what SQLite does by itself. The same load is played twice, once for the graphs and
once for the tables. The profiler stops a process for a moment at each sample, so no rate of such a
stretch is a figure.

Must not: start the system.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.filling import Say
from bench.ours import Ours
from bench.system import BUS, POSTGRES
from bench.usage import cpu_ms

PROFILER = Path(sys.executable).parent / "py-spy"
RATE, SHOWN, BUSIEST = 200, 15, 3
SECONDS = 15
FLYING, WARM_UP = 128, 200
PIECE = 64
"""Visits that are submitted together while profilers look."""
FORMS = {"flamegraph": "svg", "raw": "txt"}


async def flames(ours: Ours, folder: Path, seconds: int, say: Say) -> list[str]:
    """Write `<process>.svg` and `top.md` into the folder; returns the tables."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = await _busiest(ours)
    for form, ending in FORMS.items():
        say(f"  {form} of {', '.join(chosen)}, {seconds} s")
        paths = {name: folder / f"{name}.{ending}" for name in chosen}
        looking = [_record(pid, seconds, form, paths[name]) for name, pid in chosen.items()]
        while any(one.poll() is None for one in looking):
            await ours.measure(PIECE, min(FLYING, PIECE))
        failed = [one.args for one in looking if one.wait() != 0]
        if failed:
            raise RuntimeError(f"the profiler failed: {failed}")
    lines: list[str] = []
    for name in chosen:
        raw = folder / f"{name}.txt"
        lines += top_table(name, raw.read_text().splitlines())
        raw.unlink()
    (folder / "top.md").write_text("\n".join(lines) + "\n")
    return lines


async def _busiest(ours: Ours) -> dict[str, int]:
    """The Python processes that use most under load, busiest first."""
    pids = {name: pid for name, pid in ours.system.pids.items() if name not in (BUS, POSTGRES)}
    before = {name: cpu_ms(pid) for name, pid in pids.items()}
    await ours.measure(WARM_UP, FLYING)
    used = {name: cpu_ms(pid) - before[name] for name, pid in pids.items()}
    return {name: pids[name] for name in sorted(used, key=used.__getitem__)[::-1][:BUSIEST]}


def _record(pid: int, seconds: int, form: str, path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [PROFILER, "record", "--pid", str(pid), "--duration", str(seconds), "--rate", str(RATE),
         "--format", form, "--function", "--gil", "--output", str(path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def top_of(stacks: Iterable[str]) -> tuple[Counter[str], Counter[str], int]:
    """Samples by function, its own and with all it calls, and of all together.

    A stack is `outermost;…;innermost count`; a function that calls itself counts once in it.
    """
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    total = 0
    for line in stacks:
        names, _, many = line.rpartition(" ")
        frames, count = names.split(";"), int(many)
        own[frames[-1]] += count
        whole.update(dict.fromkeys(frames, count))
        total += count
    return own, whole, total


def top_table(name: str, stacks: Sequence[str], shown: int = SHOWN) -> list[str]:
    """A table in Markdown: functions with most samples of their own."""
    own, whole, total = top_of(stacks)
    lines = [
        f"`{name}`, {total} samples",
        "",
        "| own % | with callees % | function |",
        "|---|---|---|",
    ]
    lines += [
        f"| {_percent(count, total)} | {_percent(whole[one], total)} | `{one}` |"
        for one, count in own.most_common(shown)
    ]
    return [*lines, ""]


def _percent(count: int, total: int) -> str:
    return f"{100 * count / total:.1f}"
