"""The one thread of a service that writes: it commits waiting messages in groups.

Owns: group commit, the inbox check, and falling back to one by one when a group fails.
Must not: know what a handler does, or talk to the bus.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from shared.chassis import limits
from shared.chassis.clock import Clock
from shared.chassis.life import Life
from shared.chassis.prepared import Plans, prepared
from shared.chassis.tables import ChassisTables
from shared.chassis.work import Delivery, GroupHandler, Work

T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class _Job:
    """A delivery for a group handler, or a free-standing piece of work; and who waits for it."""

    handler: GroupHandler | None
    delivery: Delivery[Any] | None
    task: Callable[[Work], Any] | None
    done: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    job: _Job
    value: Any = None
    error: BaseException | None = None


class Writer:
    """Serialises all writes of one process. Start it inside a running event loop."""

    def __init__(
        self,
        service: str,
        engine: Engine,
        tables: ChassisTables,
        clock: Clock,
        new_id: Callable[[], str],
        committed: Callable[[list[dict[str, Any]]], None],
        on_group: Callable[[int], None] = lambda size: None,
        on_commit: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        """`committed` gets the outbox rows of each transaction, in the event loop's thread;
        `on_commit`, in the writer's, how long one with messages took."""
        self._service, self._engine, self._tables = service, engine, tables
        self._clock, self._new_id = clock, new_id
        self._committed, self._on_group, self._on_commit = committed, on_group, on_commit
        self.life = Life()
        """The store's life (ADR 13); set before the first message is taken."""
        self._plans = Plans()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to work through jobs."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Finish the jobs that wait, then end."""
        if self._thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    async def handle(
        self, some: Sequence[tuple[GroupHandler, Delivery[Any]]]
    ) -> list[Exception | None]:
        """Wait until the effect of each is committed, in one transaction where none fails. Returns
        what its handler, or the store, raised of each. Raises nothing of theirs."""
        jobs = [_Job(handler, delivery, None, self._future()) for handler, delivery in some]
        for job in jobs:
            self._jobs.put(job)
        ended = await asyncio.gather(*(job.done for job in jobs), return_exceptions=True)
        return [one if isinstance(one, Exception) else None for one in ended]

    async def run(self, task: Callable[[Work], T]) -> T:
        """Do a piece of work in a transaction, perhaps shared with others; return its result."""
        result: T = await self._enqueue(_Job(None, None, task, self._future()))
        return result

    def now(self) -> datetime:
        """What the clock says by which its transactions go."""
        return self._clock.now()

    def _future(self) -> asyncio.Future[Any]:
        if self._loop is None or self._thread is None:
            raise RuntimeError("the writer is not running")
        return self._loop.create_future()

    async def _enqueue(self, job: _Job) -> Any:
        self._jobs.put(job)
        return await job.done

    def _run(self) -> None:
        running = True
        while running:
            first = self._jobs.get()
            if first is None:
                return
            jobs = [first]
            while len(jobs) < limits.GROUP:
                try:
                    following = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    running = False
                    break
                jobs.append(following)
            self._commit(jobs)

    def _commit(self, jobs: list[_Job]) -> None:
        """Commit the group; when it fails, one by one, so that a bad one fails only itself.

        One that is alone gets a second attempt where a constraint stopped it: another replica was
        faster, what it read is no longer so, and its next attempt decides by what is there now.
        """
        self._on_group(len(jobs))
        try:
            self._attempt(jobs)
        except Exception as error:
            if len(jobs) == 1 and not isinstance(error, IntegrityError):
                self._resolve([_Outcome(jobs[0], error=error)], [])
                return
            log.info("group_failed", service=self._service, size=len(jobs), error=repr(error))
            for job in jobs:
                try:
                    self._attempt([job])
                except Exception as own:
                    self._resolve([_Outcome(job, error=own)], [])

    def _attempt(self, jobs: Sequence[_Job]) -> None:
        """One transaction: take in what is new, handle it, do the tasks, keep what is to send."""
        began = time.perf_counter()
        with self._engine.begin() as connection:
            quick = prepared(connection, self._plans)
            now = self._clock.now()
            work = Work(quick, now, self._service, self._tables, self._new_id, self.life)
            arrived = {job.delivery.id: job for job in jobs if job.delivery is not None}
            new = work.take_in(sorted(arrived))
            groups: dict[GroupHandler, list[Delivery[Any]]] = {}
            for one, job in arrived.items():
                if one in new and job.handler is not None and job.delivery is not None:
                    groups.setdefault(job.handler, []).append(job.delivery)
            for handler, deliveries in groups.items():
                handler(work, deliveries)
            values = {id(job): job.task(work) for job in jobs if job.task is not None}
            work.save_outgoing()
        if arrived or work.outgoing:
            self._on_commit(time.perf_counter() - began)
        self._resolve([_Outcome(job, values.get(id(job))) for job in jobs], work.outgoing)

    def _resolve(self, outcomes: list[_Outcome], outgoing: list[dict[str, Any]]) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._tell, outcomes, outgoing)

    def _tell(self, outcomes: list[_Outcome], outgoing: list[dict[str, Any]]) -> None:
        if outgoing:
            self._committed(outgoing)
        for outcome in outcomes:
            if outcome.job.done.done():
                continue
            if outcome.error is not None:
                outcome.job.done.set_exception(outcome.error)
            else:
                outcome.job.done.set_result(outcome.value)
