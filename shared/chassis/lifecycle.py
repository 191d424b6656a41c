"""Small pieces of a service's life: doing something for ever, and ending when it cannot begin.

Must not: know what is done.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog

TURNS, TURN_S = 4, 0.5
"""Moments at which the processes of one machine wake, in turns, and the time between them."""
log = structlog.get_logger(__name__)


def beat_after(now: float, seconds: float) -> float:
    """Seconds from `now` until the next moment that is a multiple of `seconds`; one that is less
    than a twentieth away was meant by a timer that came a little early, and is passed over."""
    if not seconds:
        return 0.0
    wait = seconds - now % seconds
    return wait if wait > seconds / 20 else wait + seconds


def to_next(seconds: float) -> float:
    """How long to sleep for what is done every `seconds`.

    All that a process does at intervals falls on common moments: at rest it wakes a few times a
    second instead of thirty times, and what is written then shares a transaction.
    """
    return beat_after(asyncio.get_running_loop().time() + apart_s(), seconds)


def apart_s() -> float:
    """By how much these moments lie apart from those of other processes, by their ids. All of a
    machine would wake at once otherwise; but two or three may, or the bus wakes for the beat of
    each, and the console with it."""
    return os.getpid() % TURNS * TURN_S


def told_to_end() -> bool:
    """Whether the current task was cancelled, and perhaps does not know.

    In 3.11 `wait_for` loses a cancellation that comes together with its answer; libraries use it
    too. Whatever goes on for ever asks here, or its process waits for it until its grace is over.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def woken(event: asyncio.Event, within_s: float | None) -> bool:
    """Wait for an event, so many seconds at most; whether it came. Loses no cancellation."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
    return event.is_set()


async def repeat(seconds: float, act: Callable[[], Awaitable[Any]], name: str) -> None:
    """Do something for ever, at intervals; an error is logged and the next round comes anyway."""
    while not told_to_end():
        try:
            await act()
        except Exception as error:
            log.warning("round_failed", task=name, error=repr(error))
        await asyncio.sleep(to_next(seconds))
    raise asyncio.CancelledError


def stop_process_on_failure(come_up: asyncio.Task[None]) -> None:
    """A service that cannot come up says why and ends, instead of living on as a shell."""
    error = None if come_up.cancelled() else come_up.exception()
    if error is not None:
        log.error("cannot_run", error=f"{type(error).__name__}: {error}"[:2_000])
        signal.raise_signal(signal.SIGTERM)
