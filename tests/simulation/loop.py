"""An event loop without a world: no files, no threads, and a clock that is turned by hand.

What is ready runs in the order in which it became ready, so one history runs one way only. It has
what tasks, futures and timers ask of a loop, and nothing else: asyncio's own looks for threads,
slow callbacks and its debug mode at each of a hundred callbacks of a history.
"""

from __future__ import annotations

import asyncio
from asyncio import events
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from heapq import heappop, heappush
from typing import Any

RESOLUTION_S = 1e-9
"""Timers that are due within this ring together."""


class _Handle:
    """A callback that is ready, as asyncio's own has it."""

    __slots__ = ("_args", "_callback", "_cancelled", "_context")

    def __init__(self, callback: Any, args: Any, context: Context | None) -> None:
        self._callback, self._args, self._cancelled = callback, args, False
        self._context = copy_context() if context is None else context

    def cancel(self) -> None:
        """It is not to run."""
        self._cancelled = True


class HandLoop(asyncio.AbstractEventLoop):
    """Runs callbacks until none is ready; timers fire by the given clock (seconds)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ready: deque[Any] = deque()
        self._scheduled: list[asyncio.TimerHandle] = []

    # ------------------------------------------------------------ what asyncio asks for

    get_debug = staticmethod(bool)  # type: ignore[assignment]

    def time(self) -> float:
        """Seconds on the hand-turned clock."""
        return self._clock()

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:
        """Run it in the next round."""
        handle = _Handle(callback, args, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:
        """Run it in so many seconds of the clock."""
        return self.call_at(self._clock() + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> Any:
        """Run it at that time of the clock."""
        timer = events.TimerHandle(when, callback, args, self, context)
        heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]
        return timer

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: Any = None, context: Any = None) -> Any:
        """A task of this loop; it begins in the next round."""
        return asyncio.Task(coro, loop=self, name=name or "", context=context)

    def call_exception_handler(self, context: Any) -> None:
        """A task that died with its process has nobody to tell."""

    def _timer_handle_cancelled(self, handle: Any) -> None:
        """It is forgotten when its time comes."""

    # ------------------------------------------------------------ moved by hand

    def timers(self) -> list[asyncio.TimerHandle]:
        """What is to run later."""
        return list(self._scheduled)

    def until_idle(self) -> None:
        """Run everything that is ready now, and what that makes ready."""
        ready, timers = self._ready, self._scheduled
        if not ready and not (timers and self._due()):
            return
        before = events._get_running_loop()
        events._set_running_loop(self)
        try:
            while True:
                # Round by round, as asyncio does: a timer whose time has come is last in one.
                if timers:
                    self._ring()
                for _ in range(len(ready)):
                    handle = ready.popleft()
                    if not handle._cancelled:
                        self._run(handle)
                if not ready:
                    return
        finally:
            events._set_running_loop(before)

    def _run(self, handle: Any) -> None:
        try:
            handle._context.run(handle._callback, *handle._args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException:
            return  # As `call_exception_handler`.

    def _due(self) -> bool:
        """Whether a timer's time has come."""
        return self._scheduled[0]._when < self._clock() + RESOLUTION_S  # type: ignore[attr-defined]

    def _ring(self) -> None:
        """Timers whose time has come are ready; those that were cancelled are forgotten."""
        end, timers = self._clock() + RESOLUTION_S, self._scheduled
        while timers and (timers[0]._cancelled or timers[0]._when < end):  # type: ignore[attr-defined]
            timer = heappop(timers)
            timer._scheduled = False  # type: ignore[attr-defined]
            if not timer._cancelled:  # type: ignore[attr-defined]
                self._ready.append(timer)
