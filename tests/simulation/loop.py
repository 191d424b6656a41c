"""An event loop without a world: no files, no threads, and a clock that is turned by hand.

What is ready runs in the order in which it became ready, so one history runs one way only.
"""

from __future__ import annotations

import asyncio
from asyncio import events
from collections.abc import Callable
from heapq import heappop


class HandLoop(asyncio.BaseEventLoop):
    """Runs callbacks until none is ready; timers fire by the given clock (seconds)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self.set_debug(False)
        # A task that died with its process has nobody to tell.
        self.set_exception_handler(lambda _loop, _context: None)

    def time(self) -> float:
        """Seconds on the hand-turned clock."""
        return self._clock()

    def timers(self) -> list[asyncio.TimerHandle]:
        """What is to run later."""
        return list(self._scheduled)

    def until_idle(self) -> None:
        """Run everything that is ready now, and what that makes ready."""
        if not self._ready and not self._due():
            return
        before = events._get_running_loop()
        events._set_running_loop(self)
        try:
            self._round()
            while self._ready:
                self._round()
        finally:
            events._set_running_loop(before)

    def _round(self) -> None:
        """What is ready now, timers among it: asyncio's own round without its selector."""
        if self._scheduled:  # type: ignore[has-type]
            self._ring()
        for _ in range(len(self._ready)):
            handle = self._ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _due(self) -> bool:
        """Whether a timer's time has come."""
        timers = self._scheduled  # type: ignore[has-type]
        return bool(timers) and timers[0]._when < self._clock() + self._clock_resolution  # type: ignore[attr-defined]

    def _ring(self) -> None:
        """Timers whose time has come are ready; those that were cancelled are forgotten."""
        end, timers = self._clock() + self._clock_resolution, self._scheduled  # type: ignore[attr-defined,has-type]
        while timers and (timers[0]._cancelled or timers[0]._when < end):
            timer = heappop(timers)
            timer._scheduled = False
            if timer._cancelled:
                self._timer_cancelled_count -= 1  # type: ignore[attr-defined]
            else:
                self._ready.append(timer)

    def _write_to_self(self) -> None:
        """Nobody sleeps."""

    def __del__(self) -> None:
        """There is nothing to close; asyncio would complain of each world."""
