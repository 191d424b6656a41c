"""Saying no before work begins: how many requests and commands may be under way at once.

A request that is let in is carried out; one that is not is told so at once and has left no trace.

Owns: the two counts and their bounds.
Must not: know who asks; limits per person are set elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from services.console.problems import ProblemError
from services.console.under_way import UnderWay
from shared.chassis import limits
from shared.chassis.lifecycle import to_next, woken

COUNTED_EVERY = 10
"""So many times as rarely open commands are counted while none is known."""


class Admission:
    """The counts of one process. `open_commands` is of all replicas, looked up now and then."""

    def __init__(self, under_way: UnderWay) -> None:
        self.under_way = under_way
        self._inside = 0
        self._open = 0
        self._begun = 0
        self._stirred = asyncio.Event()

    @contextmanager
    def request(self) -> Iterator[None]:
        """A place for a request until its answer begins. Raises ProblemError (503) without one."""
        if self._inside >= limits.REQUESTS:
            detail = f"{limits.REQUESTS} requests are being answered; nothing of this one was done"
            raise ProblemError("busy", detail, headers=_later(limits.BUSY_AGAIN_S))
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    async def in_doubt(self) -> None:
        """Wait until open commands are to be counted. At rest only now and then, and once some are
        begun: of another console's it matters how many there are only when this one begins some."""
        rest_s = to_next(limits.OPEN_COUNT_S * COUNTED_EVERY)
        if self._open or self._begun or await woken(self._stirred, rest_s):
            await asyncio.sleep(to_next(limits.OPEN_COUNT_S))
        self._stirred.clear()

    def counted(self, open_commands: int) -> None:
        """How many commands have no answer yet, by the store."""
        self._open, self._begun = open_commands, 0

    def command(self, brings_work: bool) -> None:
        """Count one more command. Raises ProblemError (503) when too many have no answer yet, or
        when it brings work and there is too much under way."""
        waiting = self._open + self._begun
        if brings_work and waiting + self.under_way.count() >= limits.VISITS_UNDER_WAY:
            detail = (
                f"{limits.VISITS_UNDER_WAY} visits are coming together; nothing of this one was"
                " done: repeat it with the same Idempotency-Key"
            )
            raise ProblemError("too-many-visits", detail, headers=_later(limits.UNDER_WAY_AGAIN_S))
        if waiting >= limits.OPEN_COMMANDS:
            detail = (
                f"{limits.OPEN_COMMANDS} commands wait for their owners; nothing of this one was"
                " done: repeat it with the same Idempotency-Key"
            )
            raise ProblemError("too-many-commands", detail, headers=_later(limits.OPEN_AGAIN_S))
        self._begun += 1
        self._stirred.set()


def _later(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}
