"""The same visits on every system in one run: ours on both stores, DBOS Transact, bare steps.

Each system is started, loaded and stopped by itself; rounds repeat all of them, so that a machine
that changes its speed meanwhile changes it for all. Must not: compare figures of different runs.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench.bare.__main__ import measure as measure_bare
from bench.bare.__main__ import running as running_bare
from bench.figures import Watch
from bench.ours import Ours
from bench.rival.drive import Driver, Figures
from bench.rival.system import running_rival
from bench.rival.work import STYLES
from bench.system import running_system

OURS = ("sqlite", "postgresql")
TWO = "postgresql_2"
"""Ours on PostgreSQL with two processes of each service."""
RIVAL, BARE = "dbos", "bare"
WARM_UP, WARM_UP_FLYING = 40, 16


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many visits, so many at once, of which a share is refused."""

    visits: int
    flying: int
    refused: float = 0.0


FULL = tuple(
    Stretch(visits, flying, refused)
    for visits, flying in ((40, 1), (200, 16), (512, 128))
    for refused in (0.0, 0.2)
)
QUICK = (Stretch(10, 1), Stretch(32, 16), Stretch(30, 16, 0.2), Stretch(128, 128))
ALONE, CROWD = 1, 128
Line = dict[str, Any]
Key = tuple[str, int, float]
"""System, in flight, share refused."""


async def _ours(
    name: str, stretches: tuple[Stretch, ...], replicas: int = 1
) -> list[tuple[Key, Line]]:
    with running_system(name.partition("_")[0], replicas, one_notice=True) as system:
        ours = Ours(system)
        await ours.measure(WARM_UP, WARM_UP_FLYING)
        return [
            ((name, one.flying, one.refused),
             await ours.measure(one.visits, one.flying, one.refused))
            for one in stretches
        ]  # fmt: skip


async def _rival(stretches: tuple[Stretch, ...]) -> list[tuple[Key, Line]]:
    with running_rival() as rival:
        driver = Driver(rival)
        for style in STYLES:
            await driver.warm_up(style)
        found: list[tuple[Key, Line]] = []
        for one in stretches:
            both = [await driver.measure(one.visits, one.flying, one.refused, s) for s in STYLES]
            best = max(both, key=lambda figures: figures.visits_s)
            found.append(((RIVAL, one.flying, one.refused), _as_line(best)))
        return found


def _as_line(one: Figures) -> Line:
    return {
        "visits": one.visits, "visits_s": one.visits_s,
        "p50_ms": round(one.p50_s * 1000, 1), "p99_ms": round(one.p99_s * 1000, 1),
        "cpu_ms": one.cpu_ms_all, "cpu_ms_by": dict(one.cpu_ms),
        "memory_mb": round(sum(one.memory_mb.values()), 1),
        "commits": one.commits, "written_kb": round(one.wal_bytes / 1024, 1),
        "wrong": one.wrong + one.adrift + one.oversold, "style": one.style,
    }  # fmt: skip


async def _bare(stretches: tuple[Stretch, ...]) -> list[tuple[Key, Line]]:
    found: list[tuple[Key, Line]] = []
    for one in stretches:
        if one.refused:
            continue
        with _bare_system() as (url, pids):
            line = await measure_bare(url, 4 * one.visits, one.flying, Watch(pids))
        found.append(((BARE, one.flying, 0.0), line))
    return found


@contextmanager
def _bare_system() -> Iterator[tuple[str, dict[str, int]]]:
    with (
        tempfile.TemporaryDirectory(prefix="redcrown-bare-") as folder,
        running_bare(Path(folder)) as running,
    ):
        yield running


def compare(stretches: tuple[Stretch, ...], rounds: int, say: Callable[[str], None]) -> list[Line]:
    """A line for each system and stretch: the median of each figure over the rounds."""
    seen: dict[Key, list[Line]] = defaultdict(list)
    for number in range(rounds):
        crowds = tuple(one for one in stretches if one.flying > ALONE and not one.refused)
        plays = [
            *(partial(_ours, store, stretches) for store in OURS), partial(_ours, TWO, crowds, 2),
            partial(_rival, stretches), partial(_bare, stretches),
        ]  # fmt: skip
        for play in plays:
            for key, line in asyncio.run(play()):
                seen[key].append(line)
                say(f"  round {number + 1}  {text_of(key, line)}")
    return [{**middle(lines), "system": key[0], "flying": key[1], "refused": key[2]}
            for key, lines in seen.items()]  # fmt: skip


def middle(lines: Sequence[Line]) -> Line:
    """The median of each figure, those by process among them; what is wrong is summed."""
    found = {name: _median([line[name] for line in lines]) for name in lines[0]}
    return {**found, "wrong": sum(line.get("wrong", 0) for line in lines)}


def _median(values: Sequence[Any]) -> Any:
    first = values[0]
    if isinstance(first, Mapping):
        return {name: _median([value.get(name, 0.0) for value in values]) for name in first}
    return round(median(values), 2) if isinstance(first, int | float) else first


def text_of(key: Key, line: Line) -> str:
    """A line for people."""
    system, flying, refused = key
    each = "  ".join(
        f"{line[name]:>6.1f} {unit}"
        for name, unit in (("messages", "messages"), ("commits", "commits"), ("written_kb", "kB"))
        if name in line
    )
    return (
        f"{system:<12} {flying:>4} in flight {refused:>4.0%} refused  {line['visits_s']:>8.1f}"
        f" visits/s  p50 {line['p50_ms']:>8.1f} ms  p99 {line['p99_ms']:>8.1f} ms"
        f"  {line['cpu_ms']:>7.2f} ms of processor each  {line['memory_mb']:>6.0f} MB"
        f"  {each}"
    )


def ratios(lines: list[Line]) -> dict[str, Any]:
    """Ours (the store that carries more) against DBOS and against the bare ceiling."""
    at = {(one["system"], one["flying"]): one for one in lines if not one["refused"]}
    better = max(OURS, key=lambda store: float(at[store, CROWD]["visits_s"]))
    ours, alone, rival = at[better, CROWD], at[better, ALONE], at[RIVAL, CROWD]
    return {
        "store": better,
        "ratio_visits_s_vs_dbos": round(ours["visits_s"] / rival["visits_s"], 2),
        "ratio_p50_vs_dbos": round(alone["p50_ms"] / at[RIVAL, ALONE]["p50_ms"], 2),
        "ratio_cpu_vs_dbos": round(ours["cpu_ms"] / rival["cpu_ms"], 2),
        "ratio_p99_vs_own_p50": round(ours["p99_ms"] / ours["p50_ms"], 2),
        "ratio_visits_s_two_replicas": round(
            at[TWO, CROWD]["visits_s"] / at["postgresql", CROWD]["visits_s"], 2
        ),
        "share_of_bare_ceiling": round(ours["visits_s"] / at[BARE, CROWD]["visits_s"], 3),
        "wrong": sum(one["wrong"] for one in lines),
    }
