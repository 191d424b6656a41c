"""Small pieces of a service's life: doing something for ever, and ending when it cannot begin.

Must not: know what is done.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

log = structlog.get_logger(__name__)


async def repeat(seconds: float, act: Callable[[], Awaitable[Any]], name: str) -> None:
    """Do something for ever, at intervals; an error is logged and the next round comes anyway."""
    task = asyncio.current_task()
    # In 3.11 `wait_for` loses a cancellation that comes together with its answer; the process would
    # wait for this task until the end of its grace.
    while not (task and task.cancelling()):
        try:
            await act()
        except Exception as error:
            log.warning("round_failed", task=name, error=repr(error))
        await asyncio.sleep(seconds)
    raise asyncio.CancelledError


def stop_process_on_failure(come_up: asyncio.Task[None]) -> None:
    """A service that cannot come up says why and ends, instead of living on as a shell."""
    error = None if come_up.cancelled() else come_up.exception()
    if error is not None:
        log.error("cannot_run", error=f"{type(error).__name__}: {error}"[:2_000])
        signal.raise_signal(signal.SIGTERM)
