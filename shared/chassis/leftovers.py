"""What work has left free of a process's memory is given back once it rests.

The C library keeps freed pieces of its heap for the work to come; after a load that is some
megabytes in each process, which it gives back when it is asked to.

Owns: when it is asked. Must not: ask while there is work, which would want it back at once.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.chassis.lifecycle import repeat

if TYPE_CHECKING:
    from shared.chassis.service import Service

LOOK_S = 15.0
AGAIN_S = 60.0
"""What is done now and then through a day is no load that leaves much: not more often than this."""


class Leftovers:
    """Whether now is the moment; `moves` grows while anything goes on, as `pulse.Pulse` counts."""

    def __init__(self, moves: Callable[[], int], now: Callable[[], float]) -> None:
        """`now` is in seconds, of a clock that nobody sets."""
        self._moves, self._now = moves, now
        self._seen: int | None = None
        self._given: int | None = None
        self._given_at = float("-inf")

    def due(self) -> bool:
        """Asked now and then: nothing has moved since it was asked last, and something has since
        it said so last. Once for each rest."""
        moves, now = self._moves(), self._now()
        rests, self._seen = moves == self._seen, moves
        if not rests or moves == self._given or now - self._given_at < AGAIN_S:
            return False
        self._given, self._given_at = moves, now
        return True


def give_back() -> None:
    """Some milliseconds, in which nothing else is done here. Nothing where the C library knows no
    such request: only that of GNU does."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def take_part(service: Service) -> None:
    """Let a service do it."""
    leftovers = Leftovers(lambda: service.metrics.pulse.moves, time.monotonic)

    async def look() -> None:
        if leftovers.due():
            give_back()

    service.background(lambda: repeat(LOOK_S, look, "leftovers"))
