"""Figures of one measurement: rates, percentiles, processor time and memory of processes.

Owns: how they are computed, so that every system is measured the same way.
Must not: start or load anything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.usage import cpu_ms, memory_mb, written_bytes

REST_LOOK_S, REST_WITHIN_S = 0.5, 20.0
REST_LOOKS = 5
"""In a row: a letter waits two seconds for what may overtake it (`notice_grace_s`), and until then
all is quiet where a stretch was shorter."""
REST_SHARE = 0.1
"""Of a core, which processes that have nothing to do stay below together."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a stretch of time cost."""

    wall_s: float
    cpu_ms: Mapping[str, float]
    """Processor milliseconds by process, their children included."""
    memory_mb: Mapping[str, float]
    """Resident at its end; pages that processes share count once."""
    written: Mapping[str, int]
    """Bytes to disk by process."""


@dataclass(slots=True)
class Watch:
    """Looks at processes (by name, their ids) at the beginning and the end of a measurement."""

    pids: Mapping[str, int]
    _began: float = 0.0
    _wall_s: float | None = None
    _before: dict[str, float] = field(default_factory=dict)
    _at_rest: dict[str, float] = field(default_factory=dict)
    _wrote: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        """From now on."""
        self._before = self._cpu()
        self._wrote = {name: written_bytes(pid) for name, pid in self.pids.items()}
        self._began, self._wall_s, self._at_rest = time.perf_counter(), None, {}

    def over(self) -> None:
        """The clock stands from now on; processes may still have something to do."""
        self._wall_s = time.perf_counter() - self._began

    async def rest(self) -> None:
        """Wait until they have done it: what a visit leaves behind, letters above all, is its cost
        and not that of the next. What they take at rest meanwhile is nobody's, and left out."""
        looks, quiet = [self._cpu()], 0
        while quiet < REST_LOOKS and len(looks) <= REST_WITHIN_S / REST_LOOK_S:
            await asyncio.sleep(REST_LOOK_S)
            looks.append(self._cpu())
            took = sum(looks[-1].values()) - sum(looks[-2].values())
            quiet = quiet + 1 if took < REST_SHARE * REST_LOOK_S * 1000 else 0
        if quiet:
            times = (len(looks) - 1) / quiet
            began, ended = looks[-1 - quiet], looks[-1]
            self._at_rest = {name: (ended[name] - began[name]) * times for name in self.pids}

    def _cpu(self) -> dict[str, float]:
        return {name: cpu_ms(pid) for name, pid in self.pids.items()}

    def stop(self) -> Spent:
        """Until now."""
        wall = time.perf_counter() - self._began if self._wall_s is None else self._wall_s
        after, rest = self._cpu(), self._at_rest
        spent = {
            name: max(0.0, after[name] - self._before[name] - rest.get(name, 0.0))
            for name in self.pids
        }
        wrote = {name: written_bytes(pid) - self._wrote[name] for name, pid in self.pids.items()}
        memory = {name: memory_mb(pid) for name, pid in self.pids.items()}
        return Spent(wall, spent, memory, wrote)


def figures_of(took: Sequence[float], spent: Spent) -> dict[str, Any]:
    """A table line: `took` are seconds of each visit."""
    many = len(took)
    return {
        "visits": many,
        "visits_s": round(many / spent.wall_s, 1),
        "p50_ms": round(percentile(took, 0.50) * 1000, 1),
        "p99_ms": round(percentile(took, 0.99) * 1000, 1),
        "cpu_ms": round(sum(spent.cpu_ms.values()) / many, 2),
        "cpu_ms_by": {name: round(value / many, 2) for name, value in spent.cpu_ms.items()},
        "memory_mb": round(sum(spent.memory_mb.values()), 1),
        "written_kb": round(sum(spent.written.values()) / 1024 / many, 1),
        "written_kb_by": {name: round(n / 1024 / many, 1) for name, n in spent.written.items()},
    }


def carried(figures: Mapping[str, Any], processors: int) -> float:
    """Visits a second that go on for ever, from a line of a moment's load: in a moment visits are
    ready before their letters are sent, so it may tell of more than the processors can do."""
    return min(float(figures["visits_s"]), processors * 1000 / float(figures["cpu_ms"]))


def percentile(some: Sequence[float], share: float) -> float:
    """The value below which this share of them lies; the nearest one there is."""
    ordered = sorted(some)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
