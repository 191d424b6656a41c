"""The last hour in steps of ten seconds: bounded numbers for small trend lines.

Must not: grow: a name more than `MOST` is not kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

STEP_S = 10.0
STEPS = 360
POINTS = 60
"""Points of a trend line: the largest of each six steps."""
MOST = 2_000


class Rings:
    """Numbers by name; each step adds one to every ring, 0 where nothing was said."""

    def __init__(self) -> None:
        self._rings: dict[str, deque[float]] = {}
        self._taken = 0

    def step(self, values: Mapping[str, float]) -> None:
        """Close a step."""
        self._taken = min(STEPS, self._taken + 1)
        for name in values:
            if name not in self._rings and len(self._rings) < MOST:
                self._rings[name] = deque(maxlen=STEPS)
        for name, ring in list(self._rings.items()):
            ring.append(values.get(name, 0.0))
            if not any(ring):
                # Nothing in an hour, or never: it comes again when there is something.
                del self._rings[name]

    def trend(self, name: str) -> tuple[float, ...]:
        """The last hour in at most `POINTS` points, oldest first; empty where all was 0."""
        ring = self._rings.get(name)
        if ring is None:
            return ()
        # A ring that began late had nothing before: all lines show the same time.
        return coarse([0.0] * (self._taken - len(ring)) + list(ring))


def coarse(values: Iterable[float]) -> tuple[float, ...]:
    """The largest of each few values, so that a short peak stays visible."""
    some = list(values)
    each = STEPS // POINTS
    # From the newest on, so that a point does not change its steps at each look.
    first = len(some) % each
    starts = [0, *range(first, len(some), each)] if first else range(0, len(some), each)
    ends = [*list(starts)[1:], len(some)]
    return tuple(round(max(some[a:b]), 2) for a, b in zip(starts, ends, strict=True))
