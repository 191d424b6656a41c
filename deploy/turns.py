"""Who begins when, of the services of one machine: the two that accept a visit before the others.

A visit is accepted once console and visits are up; the others take it in when they come. On two
processors nine that start together are each slowed by all. All are there at once all the same,
and wait inside: whoever started them knows their process ids, and can end them at any moment.
Owns: the order, and for how long it is kept.
Must not: start, ask or end a process.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable

FIRST = ("console", "visits")
WAIT_S = 10.0
"""So long a service waits for its turn at most: one that cannot come up keeps back no other."""


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Turns:
    """As many services as there are processors start at a time, FIRST before the others. Made
    before the forks, and shared with them."""

    def __init__(self, names: Iterable[str], at_once: int) -> None:
        """`at_once` of these services may start at a time; FIRST wait for nobody."""
        first = sum(name in FIRST for name in names)
        self._free = multiprocessing.Semaphore(max(0, at_once - first))

    def take(self, name: str, within_s: float = WAIT_S) -> bool:
        """Called by a service before it begins; returns when it may, or when it has waited long
        enough. Whether it was its turn."""
        return name in FIRST or self._free.acquire(timeout=within_s)

    def up(self, _name: str) -> None:
        """Called by one process for each service that is ready: the next may begin."""
        self._free.release()
