"""One service, assembled: store, writer, relay, FastStream broker, sweeps and probes.

Owns: the order in which these come up, wait for what they need, and go down.
Must not: hide FastStream: handlers subscribe on `service.broker` with `service.takes(…)`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

import structlog
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from sqlmodel import Session
from ulid import ULID

from shared.chassis import bus, desks, intake, limits, migrations, restoring, vitals
from shared.chassis.bus_use import BusUse
from shared.chassis.clock import Clock, SystemClock
from shared.chassis.connection import reader_of
from shared.chassis.delivery import delivery_middleware
from shared.chassis.feeding import Feeder
from shared.chassis.gathering import AT_ONCE, Gathering
from shared.chassis.grouped import handle_group, reader_of_group
from shared.chassis.lifecycle import repeat, stop_process_on_failure
from shared.chassis.link import Link
from shared.chassis.observe import Metrics, Tracing
from shared.chassis.outbox import Relay
from shared.chassis.quiet import Due, Job, Quiet, StoreMark, rounds
from shared.chassis.settings import Settings
from shared.chassis.store import migrate_when_there, open_store, read
from shared.chassis.tables import chassis_tables
from shared.chassis.vitals import Vitals
from shared.chassis.work import GroupHandler
from shared.chassis.writer import Writer
from shared.contracts.message import Command, Event, Message, Query, Signal

M = TypeVar("M", bound=Message)
T = TypeVar("T")
log = structlog.get_logger(__name__)


class Service:
    """A service before, while and after it runs. Everything a `main.py` wires is a method here."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        clock: Clock | None = None,
        layers: tuple[ModuleType, ...] = (),
        new_id: Callable[[], str] = lambda: str(ULID()),
    ) -> None:
        """`layers` are migration packages on top of the chassis', oldest dependency first."""
        self.name, self.settings, self.new_id = name, settings, new_id
        self.clock: Clock = clock or SystemClock()
        self.metrics, self.tracing = Metrics(name), Tracing(name, settings.traces)
        self.tables = chassis_tables(name)
        self.engine = open_store(settings.store_for(name))
        self.store_mark = StoreMark(self.engine.url)
        self.relay = Relay(self.tables, lambda: self.writer, self.metrics)
        self.writer = Writer(
            name, self.engine, self.tables, self.clock, new_id, self.relay.offer,
            self.metrics.groups.observe, self.metrics.pulse.committed,
        )  # fmt: skip
        self.use = BusUse(name)
        self.feeder = Feeder(self.tables, lambda: self.writer, self.relay)
        self._link = Link(self.use, settings, delivery_middleware(self), self.feeder, self.metrics)
        self.layers = (migrations, *layers)
        self.kinds: dict[str, type[Message]] = {}
        """Which class each durable consumer takes."""
        self.spared: restoring.Spared | None = None
        """Outbox rows that a restored service is not sent again."""
        self.reminds: restoring.Reminding | None = None
        """What else a restored service is told again."""
        self._on_start: list[Callable[[], Awaitable[None]]] = []
        self._background: list[Callable[[], Coroutine[Any, Any, Any]]] = []
        self.every(limits.HOUSEKEEPING_S, self.relay.forget_old)
        self._readers = ThreadPoolExecutor(limits.READERS, thread_name_prefix="reader")
        self._up = False
        desks.take_part(self)
        self.vitals = Vitals(self)
        self._link.saw, self._link.stirred = self.vitals.saw, self.vitals.stirred
        self._link.back = self.relay.untaken.forget
        vitals.take_part(self)
        self.intake = intake.take_part(self)

    # ---------------------------------------------------------------- wiring

    @property
    def broker(self) -> NatsBroker:
        """FastStream's broker, for subscribing handlers."""
        return self._link.broker

    def takes(
        self, message: type[Command | Event], owner: str | None = None,
        gather: Gathering = AT_ONCE,
    ) -> dict[str, Any]:  # fmt: skip
        """Arguments of `@service.broker.subscriber(…)` for a stored message.

        A command without an owner of its own is taken as addressed to this service; an event
        without one is taken from every owner. `gather` says how long the first may wait for others.
        The handler is given a list of those that are there, for `handle`.
        """
        default = self.name if issubclass(message, Command) else "*"
        subject, replicas = message.subject(owner or default), self.settings.stream_replicas
        consumer = bus.Consumer(message.stream, message.consumer(self.name), subject, gather)
        if consumer not in self.use.takes:
            self.use.takes.append(consumer)
        self.kinds[consumer.durable] = message
        return {
            "subject": subject,
            "stream": JStream(message.stream, declare=False),
            "durable": consumer.durable,
            "config": bus.consumer_config(consumer, replicas),
            # What arrives while a group is at work is the next (`pulling`); one fills a batch.
            "pull_sub": PullSub(batch_size=1, timeout=self._link.stands_s, batch=True),
            "ack_policy": AckPolicy.MANUAL,
            "decoder": reader_of_group(message),
        }

    def answers(self, query: type[Query]) -> dict[str, Any]:
        """Arguments of `@service.broker.subscriber(…)` for a question, shared among replicas."""
        subject = query.subject(self.name)
        self.use.answers.add(subject)
        return {"subject": subject, "queue": self.name, "decoder": reader_of(query),
                "max_workers": limits.READERS, "pending_msgs_limit": limits.QUESTIONS}  # fmt: skip

    def hears(self, event: type[Event | Signal]) -> dict[str, Any]:
        """Arguments of `@service.broker.subscriber(…)` for an event or signal of any owner that may
        be missed: every replica hears it while it is connected, and nothing is kept."""
        subject = event.subject("*")
        self.use.hears.add(subject)
        return {"subject": subject, "no_reply": True, "decoder": reader_of(event)}

    def asks(self, *queries: type[Query], of: Iterable[str] = ()) -> None:
        """Declare which questions this service asks; `of` names the services that shared ones
        go to."""
        owned = {query.subject() for query in queries if query.owner}
        self.use.asks |= owned | {one.subject(to) for one in queries if not one.owner for to in of}

    def sends(self, *messages: type[Command | Event], to: Iterable[str] = ()) -> None:
        """Declare what the outbox carries, for documents and permissions; the relay sends it. `to`
        names the services that commands without an owner of their own go to."""
        for message in messages:
            shared = issubclass(message, Command) and message.owner is None
            for owner in sorted(set(to)) if shared else (self.name,):
                self.use.sends.add(message.subject(owner))
                self.broker.publisher(message.subject(owner), schema=message)

    def signals(self, *signals: type[Signal]) -> None:
        """Declare what this service says and nobody stores."""
        for signal in signals:
            self.use.signals.add(signal.subject(self.name))
            self.broker.publisher(signal.subject(self.name), schema=signal)

    def every(self, seconds: float, job: Job, due: Due | None = None) -> None:
        """Run `job` in the writer at intervals; at once again while it says there is more. With
        `due` it is left out while there is nothing for it (`quiet`)."""
        name = getattr(job, "__name__", "job")
        one_round = rounds(self.quiet(), self.writer.run, job, due)
        self.background(lambda: repeat(seconds, one_round, name))

    def quiet(self) -> Quiet:
        """For something that need not be done while the store stays as it is."""
        return Quiet(self.store_mark, self.clock)

    def background(self, task: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Run a long-lived coroutine from when the service is up until it stops."""
        self._background.append(task)

    def on_start(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do something once the store is there, before the first message is taken."""
        self._on_start.append(act)

    # ---------------------------------------------------------------- at work

    async def handle(self, handler: GroupHandler, some: Sequence[M]) -> list[M]:
        """Wait until each of the messages that arrived together is committed or has failed, and
        return those committed. One that fails harms no other: `delivery` ends each by itself."""
        return await handle_group(self.writer, handler, some)

    async def read(self, reading: Callable[[Session], T]) -> T:
        """Run a read in a reader thread, on a snapshot of the store."""
        run = partial(read, self.engine, reading)
        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    @property
    def ready(self) -> bool:
        """True when the store is migrated, the bus connected and every consumer subscribed."""
        return self._up and self._link.connected

    # ---------------------------------------------------------------- up and down

    def run(self) -> None:
        """Serve probes and consume until SIGTERM or SIGINT."""
        from shared.chassis.probes import run

        run(self)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Come up in the background, waiting for store and bus; go down cleanly at the end."""
        come_up = asyncio.create_task(self._come_up(), name="come-up")
        come_up.add_done_callback(stop_process_on_failure)
        try:
            yield
        finally:
            await self._go_down(come_up)

    async def _come_up(self) -> None:
        await migrate_when_there(self.engine, self.name, self.layers)
        self.writer.life = await self.read(partial(restoring.life_in, tables=self.tables))
        self.writer.start()
        taken = [consumer.subject for consumer in self.use.takes]
        await self.writer.run(lambda work: restoring.announce(work, taken))
        for act in self._on_start:
            await act()
        await self._link.open()
        self._up = True
        log.info("up", consumers=[consumer.durable for consumer in self.use.takes])
        async with asyncio.TaskGroup() as group:
            group.create_task(self.relay.mark_published())
            group.create_task(self.relay.sweep_again_and_again(self.quiet()))
            group.create_task(self._link.watch())
            for task in self._background:
                group.create_task(task())

    async def _go_down(self, come_up: asyncio.Task[None]) -> None:
        self._up = False
        come_up.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await come_up
        await self._link.close()
        with suppress(Exception):
            await self.relay.drain()
        await self.writer.stop()
        self._readers.shutdown(wait=False, cancel_futures=True)
        self.store_mark.close()
        self.engine.dispose()
        self.tracing.close()
        log.info("down")
