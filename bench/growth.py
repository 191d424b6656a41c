"""Whether something grew under a steady load: the first third of its readings against the last.

Pure. Must not: measure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.figures import percentile

Reading = tuple[float, float]
"""Seconds since the beginning, and the value then; before it while caches still fill."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What still counts as steady: the last third may be this share above the first, and beside
    that so much more in the value's own unit, which is what it swings by anyway."""

    share: float
    swing: float


BOUNDS: Mapping[str, Bound] = {
    "memory_mb": Bound(0.05, 10.0),
    "unpublished": Bound(0.5, 200.0),
    "pending": Bound(0.5, 200.0),
    "p50_ms": Bound(0.2, 20.0),
    "p99_ms": Bound(0.3, 100.0),
}


@dataclass(frozen=True, slots=True)
class Growth:
    """A value in the first third of a stretch and in the last one."""

    first: float
    last: float
    grew: bool


def thirds(readings: Sequence[Reading], seconds: float) -> tuple[list[float], list[float]]:
    """The values of the first and of the last third of a stretch. Raises ValueError without any."""
    first = [value for at, value in readings if 0 <= at < seconds / 3]
    last = [value for at, value in readings if at >= seconds * 2 / 3]
    if not first or not last:
        raise ValueError("no readings in the first or in the last third")
    return first, last


def judge(name: str, first: float, last: float) -> Growth:
    """Raises KeyError for a value that has no bound."""
    bound = BOUNDS[name]
    grew = last > first * (1 + bound.share) + bound.swing
    return Growth(round(first, 1), round(last, 1), grew)


def growth_of(
    readings: Mapping[str, Sequence[Reading]], waits_ms: Sequence[Reading], seconds: float
) -> dict[str, Growth]:
    """Of each value the medians of both thirds; of the visits' waits p50 and p99."""
    found = {}
    for name, some in readings.items():
        first, last = thirds(some, seconds)
        found[name] = judge(name, median(first), median(last))
    early, late = thirds(waits_ms, seconds)
    for name, share in (("p50_ms", 0.50), ("p99_ms", 0.99)):
        found[name] = judge(name, percentile(early, share), percentile(late, share))
    return found
