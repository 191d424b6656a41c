"""A simulated process: the real writer, relay and delivery rules of a service, without threads.

Owns: one life after another over one store.
Must not: know what the service does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from services.bookings.orders.taking import give_back
from shared.chassis import restoring
from shared.chassis.delivery import delivery_middleware
from shared.chassis.feeding import Feeder
from shared.chassis.grouped import handle_group
from shared.chassis.life import EPOCH
from shared.chassis.limits import RECOVERY_S
from shared.chassis.outbox import Relay
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Delivery, GroupHandler, Work
from shared.contracts.message import COMMANDS, EVENTS, PARKED, Message
from shared.contracts.parking import ActOnParked
from shared.contracts.restoring import StoreRestored
from shared.contracts.vitals import SetIntake
from tests.simulation import besides
from tests.simulation.bus import Bus, Raw
from tests.simulation.bus_client import JetStream
from tests.simulation.callers import Caller
from tests.simulation.cast import Part, Role
from tests.simulation.decks import Kinds
from tests.simulation.front import Front
from tests.simulation.hotels import Hotel
from tests.simulation.loop import HandLoop
from tests.simulation.mortal import Mortal
from tests.simulation.parked_lot import Lot
from tests.simulation.reading import reader_of
from tests.simulation.standins import Arrived, HandWriter, NoTracing, Silent, quietly
from tests.simulation.stores import Killed, Store
from tests.simulation.taking import Taking

if TYPE_CHECKING:
    from tests.simulation.guest_memory import Memory

STREAMS = (COMMANDS, EVENTS, PARKED)


class Process(Mortal):
    """Everything the chassis gives a service, under the simulation's thumb."""

    def __init__(
        self,
        role: Role,
        store: Store,
        bus: Bus,
        loop: HandLoop,
        now: Callable[[], datetime],
        fate: Callable[[Process], str],
        channel: Any,
        new_id: Callable[[], str],
        more: Kinds = frozenset(),
        hotels: Mapping[str, Hotel | Caller] | None = None,
    ) -> None:
        """`more`: what it takes besides, where there are steps for it; `hotels` that it asks."""
        super().__init__()
        self.role, self.name, self.loop = role, role.name, loop
        self.tables = chassis_tables(role.name)
        self.metrics, self.tracing, self.clock = Silent(), NoTracing(), self
        self.skew = timedelta()
        self.wrong: list[str] = []
        """What it was seen to do wrong on the way."""
        self.cursed: set[str] = set()
        """Messages on which every handler fails."""
        self._now, self._fate, self._bus, self._channel = now, fate, bus, channel
        self.new_id = new_id
        self._tasks: set[asyncio.Task[Any]] = set()
        self._more, self._kinds = more, role.subjects(more)
        self.durables = role.durables(more)
        """The consumer of each subject."""
        self.memory: Memory | None = None
        """A console's, of rosters."""
        self.lot: Lot | None = None
        self.taking: Taking | None = None
        self._hotels, self.front = hotels, cast(Front | None, None)
        self.store = store
        self.agenda: tuple[tuple[int, int], list[tuple[str, float]]] = (-1, -1), []
        """Its jobs and when they are due, as a state of the store says (`resting`)."""
        store.crash = self.pass_point
        self.boot()

    # ------------------------------------------------------------ clock

    def now(self) -> datetime:
        """What this process thinks the time is."""
        return self._now() + self.skew

    # ------------------------------------------------------------ life and death

    def boot(self) -> None:
        """A new life: nothing is known but what the store has."""
        self.dead, self.doom = False, None
        self.relay = Relay(self.tables, lambda: self.writer, self.metrics)  # type: ignore[arg-type]
        self.writer = HandWriter(
            self.name, self.store, self.tables, self, self.new_id, self.relay.offer  # type: ignore[arg-type]
        )  # fmt: skip
        self.writer.life = restoring.life_of(self.store.connection, self.tables)  # type: ignore[arg-type]
        self.writer._loop, self.writer._thread = self.loop, True  # type: ignore[assignment]
        self.part: Part = self.role.enter(lambda: self.writer, self, self._channel)
        if self._hotels:
            self.front = Front(self, self._hotels, self.wrong.append)
        handlers = {**self.part.handlers, StoreRestored: self._feed}
        handlers |= besides.take_part(self, self._more, self._kinds, self._bus)
        self._handlers = {kind: self._watched(each) for kind, each in handlers.items()}
        self._delivery = delivery_middleware(self)  # type: ignore[arg-type]
        if self.lot is not None:
            self.spawn(self.lot.replaying.run())
        if self.front is not None:
            self.spawn(self.writer.run(give_back))
        self.feeder = Feeder(self.tables, lambda: self.writer, self.relay)
        stored = partial(self.pass_point, "after publish")
        self.feeder.connect(JetStream(self._bus, self._publish_fate, stored))  # type: ignore[arg-type]
        # A service looks at the bus before it takes part; its store is as the bus left it.
        self.relay.lives = dict.fromkeys(STREAMS, self._bus.born)

    @property
    def recovers_until(self) -> datetime:
        """When it goes on as if it had forgotten nothing; long ago for most."""
        restored = self.writer.life.restored_at
        return EPOCH if restored is None else restored + timedelta(seconds=RECOVERY_S)

    def _publish_fate(self) -> str:
        self.pass_point("before publish")
        return self._fate(self)

    @property
    def connected(self) -> bool:
        """Whether there is a bus that carries its questions and answers."""
        return self._bus.up

    def restore(self, image: bytes, as_of: datetime) -> None:
        """Die, come back with an older store, and say so."""
        self.doom, self.store.failing, self.dead = None, 0, False
        self.store.load(image)
        with self.store.begin() as connection:
            restoring.mark(connection, self.tables, as_of, self._now())
        self.dead = True

    def reap(self) -> None:
        """Sweep up after a death, and live again."""
        self.dead = True
        for task in list(self._tasks):
            task.cancel()
        for flying in set(self.relay._flying.values()):
            flying.cancel()
        self.loop.until_idle()
        self._tasks.clear()
        self.boot()
        self.wake_up()

    def wake_up(self) -> None:
        """What a service does when it comes up, or sees the bus again."""
        self.look_at_bus(broken=True)
        if self.writer.life.restored_at is not None:
            self.spawn(self.writer.run(lambda work: restoring.announce(work, list(self._kinds))))

    def look_at_bus(self, broken: bool = False) -> None:
        """Whether the bus has lost something; and, unless it was away, how far its takers are. A
        look after it was away that could not write what it found is made again."""
        if broken:
            self.feeder.broke()
        if self._bus.up:
            self._bus.away.discard(self.name)

        async def look() -> None:
            away = broken or self.relay.doubtful
            await self.feeder.recall(STREAMS, away)
            if not away:
                await self.feeder.settle()
            await self._bring()

        self.spawn(look())

    async def _bring(self) -> None:
        """Pauses on the bus, as the acts say; what is otherwise then is wrong."""
        if self.taking is not None and self._bus.up:
            self.taking.look()
            await self.taking.bring()
            self.wrong += self.taking.wrong()

    def spawn(self, work: Any) -> None:
        """Run a coroutine as long as this life lasts."""
        task = self.loop.create_task(quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ------------------------------------------------------------ work

    def take(self, raw: Raw) -> None:
        """A message arrives."""
        raw.before_ack = lambda: self.pass_point("before ack")
        if self.lot is not None:
            raw.metadata = replace(raw.metadata, consumer=self.durables[raw.subject])
        message = Arrived([raw])
        self.spawn(self._delivery(message, context=None).consume_scope(self._consume, message))

    async def _consume(self, message: Arrived) -> None:
        kind = self._kinds[message.raw_message[0].subject]
        some = await reader_of(kind)(message)  # type: ignore[arg-type]
        done = await handle_group(self.writer, self._handlers[kind], some)
        if kind is StoreRestored and self.memory is not None:
            await self.memory.repeat(done)
        if kind is ActOnParked and self.lot is not None:
            self.lot.replaying.wake()
        if kind is SetIntake and self.taking is not None:
            await self.taking.bring()

    def handler_of(self, kind: type[Message]) -> GroupHandler:
        """What a message of this class is handled by."""
        return self._handlers[kind]

    def _feed(self, work: Work, some: Sequence[Delivery[Any]]) -> None:
        restoring.feed(work, some, self.part.spared)

    def _watched(self, handler: GroupHandler) -> GroupHandler:
        """The handler, failing on cursed messages, and counted when it commits."""

        def handle(work: Work, some: Sequence[Delivery[Any]]) -> None:
            if any(delivery.id in self.cursed for delivery in some):
                raise RuntimeError("a cursed message")
            handler(work, some)
            self.store.handling += [delivery.id for delivery in some]

        return handle

    def turn(self, most: int = 256) -> bool:
        """Let the writer commit one group; True when it did."""
        if not self.writer.busy:
            return False
        try:
            self.writer.turn(most)
        except Killed:
            self.dead = True
        if self.front is not None:
            self.front.ring()
        return True

    def job(self, name: str) -> None:
        """Do a periodic job once."""
        self.spawn(self.writer.run(self.part.jobs[name]))

    def jobs(self) -> Mapping[str, Any]:
        """Its periodic jobs."""
        return self.part.jobs
