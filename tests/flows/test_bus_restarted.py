"""A bus that starts again has forgotten who takes its commands: it is told, and nothing is lost."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from nats.js.api import ConsumerConfig, ConsumerInfo
from sqlalchemy.exc import OperationalError

from shared.chassis import bus as buses
from shared.chassis import limits
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.chassis.work import Delivery, Work
from shared.contracts.holds import HoldsChanged, ReleaseHolds
from shared.contracts.message import COMMANDS, EVENTS
from tests.support.nats import NatsServer

SOON_S = 30.0
KEY = "dinner.1"


class Taker:
    """A service that takes one command and one event, and counts the effect of each visit."""

    def __init__(self, url: str, store_url: str, replicas: int = 1) -> None:
        settings = Settings(
            _env_file=None, nats_url=url, store_url=store_url, stream_replicas=replicas
        )
        self.service = Service("scratch", settings)
        self.done: Counter[str] = Counter()

        @self.service.broker.subscriber(**self.service.takes(ReleaseHolds))
        async def release(some: list[ReleaseHolds]) -> None:
            await self.service.handle(self._note, some)

        @self.service.broker.subscriber(**self.service.takes(HoldsChanged))
        async def changed(some: list[HoldsChanged]) -> None:
            await self.service.handle(self._note, some)

    def _note(self, work: Work, some: Sequence[Delivery[ReleaseHolds]]) -> None:
        self.done.update(one.message.visit for one in some)

    async def has_done(self, visits: set[str]) -> None:
        async with asyncio.timeout(SOON_S):
            while set(self.done) != visits:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def taking(url: str, store_url: str, away: int = 0) -> AsyncIterator[Taker]:
    """`away`: so many times the store takes nothing of what the first looks at the bus find."""
    taker = Taker(url, store_url)
    recall, misses = taker.service.feeder.recall, iter(range(away))

    async def recalling(streams: Sequence[str], broken: bool = False) -> int:
        if next(misses, None) is not None:
            raise OperationalError("UPDATE", None, sqlite3.OperationalError("disk is full"))
        return await recall(streams, broken)

    taker.service.feeder.recall = recalling  # type: ignore[method-assign]
    async with taker.service.running():
        async with asyncio.timeout(SOON_S):
            while not taker.service.ready:
                await asyncio.sleep(0.02)
        yield taker


async def publish(url: str, *visits: str) -> None:
    client = await nats.connect(url)
    js = client.jetstream()
    for visit in visits:
        command = ReleaseHolds(
            cause="test", actor="test", visit=visit, holds=[KEY], command=visit
        )  # fmt: skip
        body = command.model_dump_json().encode()
        headers = {"Nats-Msg-Id": visit, "content-type": "application/json"}
        await js.publish(command.subject("scratch"), body, stream=COMMANDS, headers=headers)
    await client.close()


async def consumer(url: str, stream: str, durable: str) -> ConsumerInfo:
    client = await nats.connect(url)
    try:
        return await client.jetstream().consumer_info(stream, durable)
    finally:
        await client.close()


async def test_commands_go_on_after_the_bus_started_again(bus: NatsServer, store_url: str) -> None:
    command, event = ReleaseHolds.consumer("scratch"), HoldsChanged.consumer("scratch")
    async with taking(bus.url, store_url) as taker:
        await publish(bus.url, "one", "two")
        await taker.has_done({"one", "two"})
        assert (await consumer(bus.url, COMMANDS, command)).config.mem_storage
        assert not (await consumer(bus.url, EVENTS, event)).config.mem_storage
        taker.service.relay.untaken.missed(EVENTS, None)
        bus.kill()
        bus.start()
        await publish(bus.url, "three")
        await taker.has_done({"one", "two", "three"})
        assert taker.service.relay.untaken.beats() == (), "this one was not tried yet"
        assert set(taker.done.values()) == {1}
    # What comes while nobody is there, and the bus forgets who was, waits for its taker.
    await publish(bus.url, "four")
    bus.kill()
    bus.start()
    async with taking(bus.url, store_url) as taker:
        await taker.has_done({"four"})


async def test_a_full_disk_does_not_end_a_service_that_comes_up(
    bus: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be started again into the same, and be given up after some times."""
    monkeypatch.setattr(limits, "STORE_RETRY_S", 0.05)
    async with taking(bus.url, f"sqlite:///{tmp_path / 'store.db'}", away=2) as taker:
        await publish(bus.url, "one")
        await taker.has_done({"one"})


async def test_a_consumer_that_exists_stays_where_it_is(bus: NatsServer, store_url: str) -> None:
    """A server refuses to move one: a system that was there before goes on as it was."""
    made = buses.Consumer(
        COMMANDS, ReleaseHolds.consumer("scratch"), ReleaseHolds.subject("scratch")
    )
    client = await nats.connect(bus.url)
    js = client.jetstream()
    for config in buses.stream_configs(1):
        await js.add_stream(config)
    await js.add_consumer(COMMANDS, buses.consumer_config(made, replicas=3))
    await client.close()
    async with taking(bus.url, store_url) as taker:
        await publish(bus.url, "one")
        await taker.has_done({"one"})
        assert not (await consumer(bus.url, COMMANDS, made.durable)).config.mem_storage


async def test_a_consumer_of_an_older_version_goes_by_ranks_from_now_on(
    bus: NatsServer, store_url: str
) -> None:
    """It would refuse every request that names a rank."""
    made = buses.Consumer(
        COMMANDS, ReleaseHolds.consumer("scratch"), ReleaseHolds.subject("scratch")
    )
    older = ConsumerConfig(**dataclasses.asdict(buses.consumer_config(made, replicas=1)))
    client = await nats.connect(bus.url)
    js = client.jetstream()
    for config in buses.stream_configs(1):
        await js.add_stream(config)
    await js.add_consumer(COMMANDS, older)
    await client.close()
    await publish(bus.url, "one")
    async with taking(bus.url, store_url) as taker:
        await taker.has_done({"one"})
