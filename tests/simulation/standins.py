"""What stands in for parts of the chassis that have a thread, a clock of their own or an observer.

Must not: know what a service does.
"""

from __future__ import annotations

import queue
from contextlib import nullcontext
from typing import Any

from nats.errors import Error as NatsError
from sqlalchemy.exc import OperationalError

from shared.chassis.writer import Writer
from tests.simulation.bus import Raw
from tests.simulation.stores import Killed

ERRORS: list[Exception] = []
"""What background tasks raised; there should be nothing that a service does not expect."""


class Silent:
    """Metrics nobody looks at."""

    def __getattr__(self, name: str) -> Silent:
        setattr(Silent, name, self)  # Nobody is asked twice; one is as silent as another.
        return self

    def __call__(self, *_args: Any) -> None:
        return None


class NoTracing:
    def span(self, _name: str, _headers: Any) -> nullcontext[dict[str, str]]:
        return nullcontext({})


class HandWriter(Writer):
    """The real writer; its thread is the simulation itself."""

    def turn(self, most: int) -> int:
        """Commit up to `most` waiting jobs as one group; how many there were."""
        jobs = []
        while len(jobs) < most:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is not None:
                jobs.append(job)
        if jobs:
            self._commit(jobs)
        return len(jobs)

    @property
    def busy(self) -> bool:
        return not self._jobs.empty()


class Arrived:
    """What FastStream hands to a middleware."""

    def __init__(self, some: list[Raw]) -> None:
        self.raw_message, self.body = some, [raw.data for raw in some]


async def mark(process: Any) -> None:
    """Write down what the bus has; the process may die as it begins."""
    if process.relay._stored:
        process.pass_point("before mark")
    await process.relay.flush_marks()


async def quietly(work: Any) -> None:
    """A process survives what its background tasks raise; a handler's errors are settled inside."""
    try:
        await work
    except (Killed, NatsError, OperationalError):
        return
    except Exception as error:
        ERRORS.append(error)
